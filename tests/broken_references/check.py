"""The check: every reference of every file that stays, before and after."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Set
from functools import cached_property

from msgspec import Struct

from tests.broken_references.commands import procfile_references, script_references, shell_references
from tests.broken_references.conventions import convention_references
from tests.broken_references.javascript import javascript_references
from tests.broken_references.literals import literal_references
from tests.broken_references.manifests import manifest_references
from tests.broken_references.markup import asset_references, markdown_references, template_references
from tests.broken_references.paths import path_references
from tests.broken_references.python_code import python_references
from tests.broken_references.reference import Kind, Reference, References
from tests.broken_references.repository import Repository, named
from tests.broken_references.ruby import ruby_references, sprockets_references
from tests.broken_references.served import migration_references, served_by_commands, served_references
from tests.broken_references.styles import style_references, url_references
from tests.broken_references.workspaces import workspace_references

_PAGES = ("html", "htm", "xhtml", "ejs", "erb", "haml", "slim", "hbs", "handlebars", "mustache", "pug", "jade", "jinja")
_TEMPLATES = (
    *_PAGES,
    "jinja2",
    "j2",
    "njk",
    "twig",
    "liquid",
    "php",
    "vue",
    "svelte",
    "astro",
    "heex",
    "eex",
    "leex",
    "tmpl",
)
_SCRIPTS = ("js", "jsx", "ts", "tsx", "mjs", "cjs", "mts", "cts", "es6")
_COMPONENTS = ("vue", "svelte", "astro", "mdx")
_RUBY = ("rb", "rake", "ru", "gemspec", "thor", "jbuilder")
_STYLES = ("css", "scss", "sass", "less", "styl", "pcss")
_CODE = (
    "py",
    "coffee",
    "php",
    "ex",
    "exs",
    "go",
    "java",
    "kt",
    "scala",
    "rs",
    "groovy",
    "gradle",
    "r",
    "lua",
    "pl",
    "toml",
    "yml",
    "yaml",
)

_READERS: tuple[tuple[frozenset[str], Callable[[Repository, str], References]], ...] = (
    (frozenset({"py"}), python_references),
    (frozenset({*_SCRIPTS, *_COMPONENTS}), javascript_references),
    (frozenset(_RUBY), ruby_references),
    (frozenset({"js", "coffee", *_STYLES}), sprockets_references),
    (frozenset({*_TEMPLATES, *_COMPONENTS, *_SCRIPTS, *_RUBY, "py", "php", "svg"}), asset_references),
    (frozenset({*_TEMPLATES, *_RUBY, "py", "js", "ts"}), template_references),
    (frozenset({*_STYLES, *_TEMPLATES, *_COMPONENTS, *_SCRIPTS}), url_references),
    (frozenset({*_STYLES, "vue", "svelte"}), style_references),
    (frozenset({"md", "markdown", "mdx", "mkd"}), markdown_references),
    (frozenset({*_CODE, *_SCRIPTS, *_RUBY, *_COMPONENTS}), literal_references),
    (frozenset({*_CODE, *_SCRIPTS, *_RUBY}), path_references),
    (frozenset({*_CODE, *_SCRIPTS, *_RUBY}), served_references),
    (frozenset({"sh", "bash"}), shell_references),
)
_RUBY_NAMES = re.compile(r"(Gemfile|Rakefile|Guardfile|Capfile|Thorfile|Vagrantfile)$")
_APART = re.compile(
    r"""(?x) (^|/)(\.github|\.circleci|\.gitlab|\.buildkite|\.storybook|\.devcontainer|\.vscode|\.husky|\.semaphore)/
    | (^|/)(tests?|specs?|__tests__|__mocks__|e2e|cypress|features|testing|playwright|benchmarks?|examples?|stories)/
    | (^|/)(docs?|documentation)/.*\.(md|markdown|rst|mdx)$
    | (^|/)(README|CONTRIBUTING|CHANGELOG|HISTORY|SECURITY|CODE_OF_CONDUCT)[^/]*$ | ^[^/]*\.(md|markdown|rst)$
    | (^|/)(jest|karma|vitest|playwright|cypress|protractor|wdio|nightwatch|codecept)[\w.-]*$
    | (^|/)(storybook|stryker|lighthouserc)[\w.-]*$
    | (^|/)(conftest\.py|noxfile\.py|pytest\.ini|tox\.ini|\.rspec|\.mocharc.*|\.nycrc.*)$
    | (^|/)(Guardfile|Vagrantfile|Capfile|Dangerfile)$ | ^bin/(dev|setup|test|rubocop)$
    | (^|/)(test_[^/]*|[^/]*[._-](test|spec|stories|cy))\.\w+$
    | (^|/)(\.travis|\.gitlab-ci|\.pre-commit-config|appveyor|azure-pipelines|codecov|\.credo|\.formatter)[^/]*$
    | (^|/)(\.rubocop|\.eslintrc|\.stylelintrc|\.lintstagedrc)[^/]*$
    | (^|/)config/(environments/)?(development|dev|test)\.(rb|exs|ya?ml)$ | (^|/)seeds/development/
    | (^|/)settings/(local|dev|development|test|testing|ci)\.py$ | (^|/)tests?\.py$
    | (^|/)(docker-compose|compose)[^/]*\.ya?ml$ | (^|/)(mkdocs|\.readthedocs|netlify|render|fly|vercel)\.\w+$"""
)
"""Readers that do not run when the application is built or runs: tests and their settings, CI, documents."""
_SCRIPT = re.compile(r"(^|/)(bin|scripts?|tools?|dev|hack|utils/scripts)/[^/]+$|^[^/]+\.(sh|bat|ps1)$")
_HOOK = re.compile(
    r"(^|/)bin/(pre_compile|post_compile|compile|detect|release|go-[^/]+|rails|rake|bundle|start[^/]*|web|worker)$"
)
_PROSE = (
    ".md",
    ".markdown",
    ".rst",
    ".txt",
    ".svg",
    ".lock",
    ".gitignore",
    ".dockerignore",
    ".yml",
    "Makefile",
    "Dockerfile",
)
_ENDS_AT_ONCE = re.compile(rb"(?:\s|#[^\n]*\n)*+(return (unless|if !)|if)\s*Rails\.env\.(test|development)\?")
_DEVELOPS = re.compile(rb"\[+tool\.((ruff|black|isort|mypy|pyright|pylint|pytest|coverage|bandit)\b|[\w.-]*\bsdist\])")
"""Tables of pyproject.toml for checkers and for the archive of the sources, which no deploy makes."""
_LARGEST_SPEAKER = 256 * 1024
_LARGEST_READER = 4 * 1024 * 1024


class Break(Struct, frozen=True, order=True, kw_only=True):
    """A reference that led somewhere and no longer does."""

    path: bytes
    """The file that stays."""
    line: int
    reference: str
    """As it is written."""
    target: bytes
    """What was left out; a directory when all of its files were."""
    kind: Kind
    at_deploy: bool
    """False where the reader does not run at deployment."""


def broken(files: Mapping[bytes, bytes], left_out: Set[bytes]) -> list[Break]:
    """References of the files that stay, from all files with their contents, that only what was left out could meet."""
    return Checker(files).broken(left_out)


class Checker:
    """The references of a repository, each file read once, to try several things that may be left out."""

    def __init__(self, files: Mapping[bytes, bytes]) -> None:
        self._files = files
        self._before = Repository(files)
        self._known: dict[bytes, list[Reference]] = {}

    @cached_property
    def _by_hand(self) -> frozenset[str]:
        return frozenset(_started_by_hand(self._before))

    def _references(self, path: bytes) -> list[Reference]:
        """Those of a file that lead somewhere."""
        if path not in self._known:
            found = _once(references(self._before, named(path)))
            self._known[path] = [each for each in found if _leads(each, self._before)]
        return self._known[path]

    def broken(self, left_out: Set[bytes]) -> list[Break]:
        """References of the files that stay that only what was left out could meet."""
        after = Repository({path: content for path, content in self._files.items() if path not in left_out})
        found = set()
        for path in self._files.keys() - left_out:
            reader = named(path)
            is_apart = bool(_APART.search(reader)) or "node_modules/" in reader or reader in self._by_hand
            is_apart = is_apart or bool(_ENDS_AT_ONCE.match(self._files[path]))
            for reference in self._references(path):
                target = _lost(reference, self._before, after)
                if target is not None:
                    found.add(
                        Break(
                            path=path,
                            line=reference.line,
                            reference=reference.written,
                            target=target.encode("utf-8", "surrogateescape"),
                            kind=reference.kind,
                            at_deploy=reference.at_deploy
                            and not is_apart
                            and not (
                                reader.endswith("pyproject.toml") and _develops(self._files[path], reference.line)
                            ),
                        )
                    )
        return sorted(found, key=lambda each: (each.path, each.line, each.reference, each.target, each.kind.value))


def _develops(project: bytes, line: int) -> bool:
    tables = [each for each in project.splitlines()[:line] if each.startswith(b"[")]
    return bool(tables and _DEVELOPS.match(tables[-1]))


def _leads(reference: Reference, repository: Repository) -> bool:
    return any(target in repository for target in reference.targets)


def _started_by_hand(repository: Repository) -> Iterator[str]:
    """Scripts that no file names that may run at deploy."""
    texts = [
        content
        for path, content in repository.contents.items()
        if len(content) < _LARGEST_SPEAKER and not _APART.search(path) and not path.endswith(_PROSE)
    ]
    everything = b"\0".join(texts)
    for path, content in repository.contents.items():
        if not _SCRIPT.search(path) or _HOOK.search(path):
            continue
        directory, name = posixpath.split(path)
        stem = posixpath.join(posixpath.basename(directory), name.partition(".")[0])
        names = {name.encode("utf-8", "surrogateescape"), stem.encode("utf-8", "surrogateescape")}
        names |= {each.replace(b"/", b".") for each in names}
        own = content if not _APART.search(path) and len(content) < _LARGEST_SPEAKER else b""
        if all(everything.count(each) <= own.count(each) for each in names):
            yield path


def _once(found: Iterator[Reference]) -> Iterator[Reference]:
    """Without the strings that another way of reading has understood."""
    every = [reference for reference in found if reference.targets]
    understood = {(each.line, each.written) for each in every if each.kind is not Kind.LITERAL}
    for each in every:
        if each.kind is not Kind.LITERAL or (each.line, each.written) not in understood:
            yield each


def _lost(reference: Reference, before: Repository, after: Repository) -> str | None:
    there = [target for target in reference.targets if target in before]
    if reference.in_order:
        there = there[:1]
    return there[0] if there and not any(target in after for target in there) else None


def references(repository: Repository, path: str) -> Iterator[Reference]:
    """All that a file refers to."""
    content = repository.contents[path]
    if len(content) > _LARGEST_READER or b"\0" in content[:8000]:
        return
    name = posixpath.basename(path)
    ending = name.rpartition(".")[2].lower() if "." in name else ""
    if _RUBY_NAMES.match(name):
        ending = "rb"
    elif not ending and content.startswith(b"#!"):
        ending = _interpreter(content)
    for endings, read in _READERS:
        if ending in endings:
            yield from read(repository, path)
    if name == "Procfile":
        yield from procfile_references(repository, path)
    elif name in ("package.json", "app.json"):
        yield from script_references(repository, path)
    yield from manifest_references(repository, path)
    if name in ("Procfile", "static.json"):
        yield from served_by_commands(repository, path)
    yield from workspace_references(repository, path)
    yield from convention_references(repository, path)
    yield from migration_references(repository, path)


def _interpreter(content: bytes) -> str:
    first = content.partition(b"\n")[0]
    for word, ending in ((b"ruby", "rb"), (b"python", "py"), (b"node", "js"), (b"sh", "sh")):
        if word in first:
            return ending
    return ""
