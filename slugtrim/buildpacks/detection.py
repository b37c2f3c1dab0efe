"""Which buildpacks run, as Heroku's own ``bin/detect`` scripts decide; the versions of their runtimes, and what each
installs.

Rules as of 2026-08: github.com/heroku/heroku-buildpack-{ruby,nodejs,clojure,python,java,gradle,scala,php,go,dotnet},
and their order by devcenter.heroku.com/articles/buildpacks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from slugtrim.buildpacks.formats import decoded, json_object, mapping, process_commands, text
from slugtrim.buildpacks.node_locks import node_dependencies
from slugtrim.buildpacks.other_locks import go_dependencies, locked_gems, php_dependencies, ruby_dependencies
from slugtrim.buildpacks.packages import Buildpack, BuildpacksSaidBy, Dependencies, Detected, Read, Runtime
from slugtrim.buildpacks.python_locks import python_dependencies

_PYTHON = (
    b"requirements.txt Pipfile.lock poetry.lock uv.lock .python-version __init__.py app.py main.py manage.py pdm.lock "
    b"Pipfile pyproject.toml runtime.txt server.py setup.cfg setup.py requeriments.txt requirement.txt requirements "
    b"requirements.text Requirements.txt requirements.txt.txt requirments.txt __pycache__ .venv venv"
).split()
_JAVA = [b"pom." + extension for extension in b"xml atom clj groovy rb scala yaml yml".split()]
_GRADLE = b"gradlew build.gradle build.gradle.kts settings.gradle settings.gradle.kts".split()
_GO = b"go.mod Gopkg.lock Godeps/Godeps.json vendor/vendor.json glide.yaml".split()
_SCALA = re.compile(
    rb"[^/.][^/]*\.sbt|\.sbtrc|project/build\.properties|project/[^/.][^/]*\.scala|\.sbt/[^/.][^/]*\.scala"
)
_GO_SOURCE = re.compile(rb"src/(?:[^/]+/)+[^/]*\.go")
_DOTNET = re.compile(rb"[^/]*\.(?:sln|slnx|csproj|vbproj|fsproj|cs)")

_DEFAULTS = {"node": "24", "python": "3.14", "ruby": "3.3.9", "go": "1.25"}
"""What the buildpacks take where no file says a version (2026-08; their repositories)."""
_LANGUAGES = {
    "heroku/nodejs": "node",
    "heroku/python": "python",
    "heroku/ruby": "ruby",
    "heroku/php": "php",
    "heroku/go": "go",
    **dict.fromkeys("heroku/java heroku/jvm heroku/gradle heroku/scala heroku/clojure".split(), "java"),
}
_PROGRAMS = {
    "heroku/nodejs": "node npm npx yarn pnpm".split(),
    "heroku/python": "python python3 gunicorn uvicorn hypercorn daphne waitress-serve uwsgi celery flask".split(),
    "heroku/ruby": "bundle ruby rails rake puma unicorn thin sidekiq rackup".split(),
    "heroku/php": "php heroku-php-apache2 heroku-php-nginx".split(),
}
"""Programs that only one of these brings."""
_MOST_WORDS = 100
_MULTI = re.compile(r"[^/]+/(?:heroku-buildpack-)?(?:multi|compose|multi-procfile-compose)")
_OFFICIAL = re.compile(r"heroku/heroku-buildpack-([a-z]+)")
_ADDRESS = re.compile(r"(?:urn:buildpack:|(?:git|https?|ssh)://(?:[^@/\s]*@)?[^/\s]+/|git@[^:/\s]+:)")


def detected(paths: Collection[bytes], read: Read, configured: Sequence[str] = ()) -> Detected:
    """Return the buildpacks that run: as configured, as ``app.json`` or ``.buildpacks`` say, or the first detected.

    Paths are the files that the build sees. ``.buildpacks`` counts if no other source names a buildpack, or if one
    names the multi buildpack, which alone reads that file.
    """
    found = tuple(_found(paths))
    said = tuple(Buildpack(id=normalized(name), decided_by="configuration") for name in configured)
    origin: BuildpacksSaidBy = "configured"
    if not said:
        said, origin = tuple(_of_app_json(json_object(read(b"app.json")))), "app.json"
    composed = tuple(_of_list(read(b".buildpacks")))
    if not said and composed:
        said, origin = composed, ".buildpacks"
    elif composed:
        said = tuple(inner for outer in said for inner in (composed if _MULTI.fullmatch(outer.id) else (outer,)))
    if not said:
        said, origin = tuple(_needed(found, read)), "detected"
    running = {buildpack.id for buildpack in said}
    others = tuple(buildpack for buildpack in found if buildpack.id not in running)
    languages = dict.fromkeys(_LANGUAGES[buildpack.id] for buildpack in said if buildpack.id in _LANGUAGES)
    runtimes = (*(_runtime(language, read) for language in languages), *_for_ruby(said, paths, read))
    return Detected(buildpacks=said, origin=origin, others=others, runtimes=runtimes)


def _for_ruby(said: Sequence[Buildpack], paths: Collection[bytes], read: Read) -> Iterator[Runtime]:
    """Yield the program of Node that Ruby's buildpack puts into the slug where no other brings Node before it.

    github.com/heroku/heroku-buildpack-ruby, lib/language_pack/ruby.rb and helpers/nodebin.rb at 0c80c93d (2026-07-20).
    """
    ids = [buildpack.id for buildpack in said]
    if "heroku/ruby" not in ids or "heroku/nodejs" in ids[: ids.index("heroku/ruby")]:
        return
    gems, _ = locked_gems(decoded(read(b"Gemfile.lock")) or "")
    if b"package.json" in paths or "execjs" in gems or "webpacker" in gems:
        has_yarn = b"yarn.lock" in paths or "webpacker" in gems
        yield Runtime(language="node-with-yarn" if has_yarn else "node-alone", version="24.13.0", said_by="heroku/ruby")


def _needed(found: Sequence[Buildpack], read: Read) -> Iterator[Buildpack]:
    """Yield the buildpack that the platform takes, and those without which the processes of the Procfile cannot start.

    Where the first is Node's, and neither starts nor builds anything, somebody must have set others in its place.
    """
    words = [
        word.rpartition("/")[2]
        for command in process_commands(read(b"Procfile"))
        for word in command.split(None, _MOST_WORDS)
    ]
    starts = {each.id: next((word for word in words if word in _PROGRAMS.get(each.id, ())), "") for each in found}
    needed = [each for each in found[1:] if starts[each.id]]
    for first in found[:1]:
        if not needed or starts[first.id] or first.id != "heroku/nodejs" or _builds(read):
            yield first
    for each in needed:
        yield Buildpack(id=each.id, decided_by=f"Procfile: {starts[each.id]}")


def _builds(read: Read) -> bool:
    scripts = mapping(mapping(json_object(read(b"package.json"))).get("scripts"))
    return not scripts.keys().isdisjoint(("build", "heroku-postbuild", "heroku-prebuild"))


def normalized(name: str) -> str:
    """Return ``heroku/nodejs`` for each of its names and addresses, ``owner/repository`` for others."""
    name = name.strip()[:1000]
    match = _ADDRESS.match(name)
    if match:
        name = name[match.end() :]
    name = name.partition("#")[0].rstrip("/").removesuffix(".git").removesuffix(".tgz").removeprefix("buildpacks/")
    official = _OFFICIAL.fullmatch(name.lower())
    if official:
        return f"heroku/{official[1]}"
    return name if "/" in name else f"heroku/{name}"


def _found(paths: Collection[bytes]) -> Iterator[Buildpack]:
    """Yield the buildpacks whose ``bin/detect`` succeeds, in the order in which Heroku tries them."""
    there = set()
    scala = go = dotnet = b""
    for path in paths:
        top, slash, _ = path.partition(b"/")
        there.add(top)
        if slash and top not in (b"src", b"project", b".sbt", b"vendor", b"Godeps"):
            continue
        there.add(path)
        if not scala and _SCALA.fullmatch(path):
            scala = path
        if not go and _GO_SOURCE.fullmatch(path):
            go = path
        if not dotnet and _DOTNET.fullmatch(path):
            dotnet = path
    files: list[tuple[str, Sequence[bytes]]] = [
        ("heroku/ruby", [b"Gemfile"]),
        ("heroku/nodejs", [b"package.json"]),
        ("heroku/clojure", [b"project.clj"]),
        ("heroku/python", _PYTHON),
        ("heroku/java", _JAVA),
        ("heroku/gradle", _GRADLE),
        ("heroku/scala", [scala]),
        ("heroku/php", [b"composer.json", b"index.php"]),
        ("heroku/go", [*_GO, go]),
        ("heroku/dotnet", [dotnet]),
    ]
    for id_, candidates in files:
        decided_by = next((path for path in candidates if path in there), None)
        if decided_by:
            yield Buildpack(id=id_, decided_by=decided_by.decode("utf-8", "backslashreplace"))


def _of_app_json(app_json: Mapping[str, object] | None) -> Iterator[Buildpack]:
    listed = mapping(app_json).get("buildpacks")
    for item in listed if isinstance(listed, list) else []:
        name = text(mapping(item).get("url")) or text(item)
        if name:
            yield Buildpack(id=normalized(name), decided_by="app.json")


def _of_list(content: bytes | None) -> Iterator[Buildpack]:
    for line in (decoded(content) or "").split("\n"):
        name = text(line.partition(" #")[0].strip())
        if name and not name.startswith("#"):
            yield Buildpack(id=normalized(name), decided_by=".buildpacks")


def _runtime(language: str, read: Read) -> Runtime:
    for version, said_by in _SAYS[language](read):
        if version:
            return Runtime(language=language, version=version, said_by=said_by)
    return Runtime(language=language, version=_DEFAULTS.get(language, ""), said_by="default")


def _node(read: Read) -> Iterator[tuple[str, str]]:
    engines = mapping(mapping(json_object(read(b"package.json"))).get("engines"))
    yield text(engines.get("node")).strip(), "package.json engines"


def _python(read: Read) -> Iterator[tuple[str, str]]:
    yield _first_line(read(b"runtime.txt")).removeprefix("python-"), "runtime.txt"
    yield _first_line(read(b".python-version")).removeprefix("python-"), ".python-version"
    requires = mapping(mapping(mapping(json_object(read(b"Pipfile.lock"))).get("_meta")).get("requires"))
    yield text(requires.get("python_full_version")) or text(requires.get("python_version")), "Pipfile.lock"


def _ruby(read: Read) -> Iterator[tuple[str, str]]:
    lines = iter((decoded(read(b"Gemfile.lock")) or "").split("\n"))
    for line in lines:
        if line == "RUBY VERSION":
            match = re.match(r"\s*ruby (\d[\w.]{0,30}?)(?:p\d+)?(?:\s|$)", next(lines, ""))
            yield match[1] if match else "", "Gemfile.lock"


def _php(read: Read) -> Iterator[tuple[str, str]]:
    yield text(mapping(mapping(json_object(read(b"composer.json"))).get("require")).get("php")), "composer.json require"


def _go(read: Read) -> Iterator[tuple[str, str]]:
    plain = ""
    for line in (decoded(read(b"go.mod")) or "").split("\n"):
        words = line.split(None, 4)
        if words[:3] == ["//", "+heroku", "goVersion"] and len(words) > 3:
            yield text(words[3]).removeprefix("go"), "go.mod"
        if words[:1] == ["go"] and len(words) > 1:
            plain = plain or text(words[1])
    yield plain, "go.mod"


def _java(read: Read) -> Iterator[tuple[str, str]]:
    for line in (decoded(read(b"system.properties")) or "").split("\n"):
        key, equals, value = line.partition("=")
        if equals and key.strip() == "java.runtime.version":
            yield text(value.strip()), "system.properties"


_SAYS = {"node": _node, "python": _python, "ruby": _ruby, "php": _php, "go": _go, "java": _java}


def _first_line(content: bytes | None) -> str:
    """Return the first line that is neither empty nor a comment."""
    lines = (line.strip() for line in (decoded(content) or "").split("\n"))
    return text(next((line for line in lines if line and line[0] != "#"), ""))


def dependencies(detected: Detected, paths: Collection[bytes], read: Read) -> tuple[Dependencies, ...]:
    """Return what the buildpacks install, in their order. Those whose packages no file lists are left out.

    Paths are the files that the build sees, fastest as a set. Nothing raises, for any content.
    """
    if not isinstance(paths, set | frozenset | dict):
        paths = frozenset(paths)
    python = next((runtime.version for runtime in detected.runtimes if runtime.language == "python"), "")
    found: list[Dependencies | None] = []
    for id_ in dict.fromkeys(buildpack.id for buildpack in detected.buildpacks):
        if id_ == "heroku/nodejs" and b"package.json" in paths:
            found.append(node_dependencies(paths, read))
        elif id_ == "heroku/python":
            found.append(python_dependencies(paths, read, python))
        elif id_ == "heroku/ruby":
            found.append(ruby_dependencies(paths, read))
        elif id_ == "heroku/php":
            found.append(php_dependencies(paths, read))
        elif id_ == "heroku/go":
            found.append(go_dependencies(paths))
    return tuple(each for each in found if each is not None)
