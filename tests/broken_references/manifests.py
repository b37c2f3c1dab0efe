"""Files that manifests and build configurations name."""

from __future__ import annotations

import fnmatch
import posixpath
import re
import tomllib
from collections.abc import Callable, Iterator

from msgspec.structs import replace

from tests.broken_references.javascript import forms
from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, joined


def manifest_references(repository: Repository, path: str) -> References:
    """What a manifest names that is known by its path."""
    for pattern, read in _READERS:
        if fnmatch.fnmatchcase(f"/{path}", f"*/{pattern}"):
            yield from read(repository, path)


def _package_json(repository: Repository, path: str) -> References:
    manifest, here = repository.json(path), posixpath.dirname(path)
    lines = Lines(repository.text(path), Kind.MANIFEST)
    entries = [manifest.get("main"), *_strings(manifest.get("bin"))]
    for written in (entry for entry in entries if isinstance(entry, str)):
        if base := joined(here, written):
            yield lines.at(_at(lines.text, written), written, [*forms(repository, base), base], in_order=True)
    for group in ("dependencies", "devDependencies", "optionalDependencies", "resolutions"):
        wanted = manifest.get(group)
        for name, version in wanted.items() if isinstance(wanted, dict) else ():
            yield lines.at(
                _at(lines.text, name), f"{name}: {version}", _dependency(repository, here, name, str(version))
            )


def _dependency(repository: Repository, here: str, name: str, version: str) -> list[str | None]:
    if match := re.match(r"(?:file|link|portal):(.+)", version):
        return [joined(here, match[1])]
    if version.startswith("workspace:") or (name in repository.packages and version == "*"):
        return [posixpath.join(repository.packages[name], "package.json")] if name in repository.packages else []
    return []


def _requirements(repository: Repository, path: str) -> References:
    lines = Lines(repository.text(path), Kind.MANIFEST)
    here = posixpath.dirname(path)
    included, installed = r"(?:-r|-c|--requirement|--constraint)[ \t=]*([^\s#]+)", r"(?:-e[ \t]+)?(\.{1,2}/[^\s#;\[]*)"
    pattern = rf"^[ \t]*(?:{included}|{installed}|-e[ \t]+(\w[\w./-]*)(?=\s|$))"
    for match in re.finditer(pattern, lines.text, re.MULTILINE):
        written = match[1] or match[2] or match[3]
        yield lines.at(match.start(), written, [joined(here, written)])


def _pyproject(repository: Repository, path: str) -> References:
    lines = Lines(repository.text(path), Kind.MANIFEST)
    try:
        data = tomllib.loads(lines.text)
    except tomllib.TOMLDecodeError:
        return
    project, tool = _table(data, "project"), _table(data, "tool")
    poetry = _table(tool, "poetry")
    written = [*_files(project.get("readme")), *_files(project.get("license")), *_files(poetry.get("readme"))]
    for value in _table(_table(tool, "setuptools"), "dynamic").values():
        written += _files(value)
    for table in (*_tables(poetry, "dependencies"), *_tables(_table(tool, "uv"), "sources")):
        written += _strings(table.get("path"))
    packages = poetry.get("packages")
    for include in packages if isinstance(packages, list) else []:
        if isinstance(include, dict):
            written += [posixpath.join(str(include.get("from", "")), str(include.get("include", "")))]
    for each in written:
        yield lines.at(_at(lines.text, each), each, [joined(posixpath.dirname(path), each)])


def _tsconfig(repository: Repository, path: str) -> References:
    config, here = repository.json(path), posixpath.dirname(path)
    lines = Lines(repository.text(path), Kind.MANIFEST)
    for written in _strings(config.get("extends")):
        if written.startswith(".") and (base := joined(here, written)):
            yield lines.at(_at(lines.text, written), written, [base, f"{base}.json"], in_order=True)
    references = config.get("references")
    for entry in references if isinstance(references, list) else []:
        for written in _strings(entry.get("path") if isinstance(entry, dict) else None):
            base = joined(here, written)
            yield lines.at(_at(lines.text, written), written, [f"{base}/tsconfig.json", base], in_order=True)
    for written in _strings(config.get("files")):
        yield lines.at(_at(lines.text, written), written, [joined(here, written)])


def _composer(repository: Repository, path: str) -> References:
    lines = Lines(repository.text(path), Kind.MANIFEST)
    manifest, here = repository.json(path), posixpath.dirname(path)
    for group in ("autoload", "autoload-dev"):
        for key, value in _table(manifest, group).items():
            for written in _strings(value):
                if key != "exclude-from-classmap" and written.strip("/"):
                    found = lines.at(_at(lines.text, written), written, [joined(here, written)])
                    yield replace(found, at_deploy=group == "autoload")
    repositories = manifest.get("repositories")
    for entry in repositories if isinstance(repositories, list) else []:
        if isinstance(entry, dict) and entry.get("type") == "path" and isinstance(url := entry.get("url"), str):
            yield lines.at(_at(lines.text, url), url, [joined(here, url.rstrip("*"))])


def _by_pattern(pattern: str, *ends: str, at_deploy: bool = True) -> Callable[[Repository, str], References]:
    """References that one regular expression finds; what it names may want one of ``ends``."""
    expression = re.compile(pattern, re.MULTILINE)

    def read(repository: Repository, path: str) -> References:
        lines = Lines(repository.text(path), Kind.MANIFEST)
        for match in expression.finditer(lines.text):
            written = next(group for group in match.groups() if group)
            for each in re.split(r"['\"\s]*,['\"\s]*", written):
                base = joined(posixpath.dirname(path), each.replace(":", "/").strip("/") if "gradle" in path else each)
                found = lines.at(match.start(), each, [base + end for end in ends or ("",)] if base else [])
                yield replace(found, at_deploy=at_deploy)

    return read


def _targets(pattern: str, *places: str) -> Callable[[Repository, str], References]:
    """Targets that a manifest declares by their names, each in one of some places."""
    expression = re.compile(pattern, re.MULTILINE)

    def read(repository: Repository, path: str) -> References:
        lines, here = Lines(repository.text(path), Kind.MANIFEST), posixpath.dirname(path)
        for match in expression.finditer(lines.text):
            yield lines.at(match.start(), match[1], [joined(here, place.format(match[1])) for place in places])

    return read


def _go_module(repository: Repository, path: str) -> References:
    """Packages of the own module, and embedded files."""
    lines = Lines(repository.text(path), Kind.IMPORT)
    here = posixpath.dirname(path)
    module = re.search(r"^module\s+(\S+)", repository.text("go.mod"), re.MULTILINE) if "go.mod" in repository else None
    for match in re.finditer(rf'"{re.escape(module[1])}/([^"\n]+)"', lines.text) if module else ():
        yield lines.at(match.start(), match[1], [match[1]])
    for match in re.finditer(r"^//go:embed\s+(.+)$", lines.text, re.MULTILINE):
        for pattern in match[1].split():
            wanted = posixpath.join(here, pattern.removeprefix("all:").strip('"`'))
            yield lines.at(match.start(), pattern, [wanted, *fnmatch.filter(repository.contents, wanted)])


def _at(text: str, written: str) -> int:
    return max(text.find(f'"{written}"'), text.find(written), 0)


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [each for inner in value.values() for each in _strings(inner)]
    return [each for inner in value for each in _strings(inner)] if isinstance(value, list) else []


def _table(data: object, key: str) -> dict[str, object]:
    found = data.get(key) if isinstance(data, dict) else None
    return found if isinstance(found, dict) else {}


def _tables(data: dict[str, object], key: str) -> Iterator[dict[str, object]]:
    yield from (value for value in _table(data, key).values() if isinstance(value, dict))


def _files(value: object) -> list[str]:
    """A file written as a string, as ``{file = …}``, or as a list of them."""
    if isinstance(value, dict):
        return _strings(value.get("file"))
    return [each for each in _strings(value) if re.fullmatch(r"[\w./-]+", each)]


_READERS: tuple[tuple[str, Callable[[Repository, str], References]], ...] = (
    ("package.json", _package_json),
    ("*requirements*.txt", _requirements),
    ("pyproject.toml", _pyproject),
    ("tsconfig*.json", _tsconfig),
    ("jsconfig.json", _tsconfig),
    ("composer.json", _composer),
    ("setup.cfg", _by_pattern(r"=\s*file:\s*([\w./, -]+)")),
    ("MANIFEST.in", _by_pattern(r"^\s*(?:include|graft|recursive-include)\s+([\w./-]+)", at_deploy=False)),
    ("pom.xml", _by_pattern(r"<module>\s*([^<\s]+)\s*</module>", "/pom.xml", "")),
    ("settings.gradle*", _by_pattern(r"^\s*include\s*\(?\s*['\"]([^)\n]+)['\"]")),
    ("*.gradle", _by_pattern(r"\bapply\s+from:\s*['\"](?:\$rootDir/)?([^'\"$]+)['\"]")),
    ("mix.exs", _by_pattern(r"\bpath:\s*\"([^\"]+)\"")),
    ("go.mod", _by_pattern(r"=>\s*(\.{1,2}/\S+)")),
    ("*.go", _go_module),
    ("Cargo.toml", _by_pattern(r"\bpath\s*=\s*\"([^\"]+)\"")),
    ("Cargo.toml", _targets(r"^\[\[test\]\]\s*name\s*=\s*\"([^\"]+)\"", "tests/{}.rs", "tests/{}/main.rs")),
    ("Cargo.toml", _targets(r"^\[\[bench\]\]\s*name\s*=\s*\"([^\"]+)\"", "benches/{}.rs", "benches/{}/main.rs")),
    ("Cargo.toml", _targets(r"^\[\[example\]\]\s*name\s*=\s*\"([^\"]+)\"", "examples/{}.rs", "examples/{}/main.rs")),
    ("Package.swift", _targets(r"\.testTarget\(\s*name:\s*\"([^\"]+)\"", "Tests/{}")),
    ("*.rs", _by_pattern(r"\binclude_(?:str|bytes)!\(\s*\"([^\"]+)\"")),
    (
        "*.php",
        _by_pattern(
            r"\b(?:require|include)(?:_once)?\s*\(?\s*(?:__DIR__|dirname\(__FILE__\))\s*\.\s*['\"]/?([^'\"\n$]+)['\"]"
        ),
    ),
)
