"""The check: every reference of every file that stays, before and after."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Set

from msgspec import Struct

from tests.broken_references.commands import procfile_references, script_references, shell_references
from tests.broken_references.conventions import convention_references
from tests.broken_references.javascript import javascript_references
from tests.broken_references.literals import literal_references
from tests.broken_references.manifests import manifest_references
from tests.broken_references.markup import asset_references, markdown_references, template_references
from tests.broken_references.python_code import python_references
from tests.broken_references.reference import Kind, Reference, References
from tests.broken_references.repository import Repository, named
from tests.broken_references.ruby import ruby_references, sprockets_references
from tests.broken_references.styles import style_references, url_references

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
    | (^|/)(\.travis|\.gitlab-ci|\.pre-commit-config|appveyor|azure-pipelines|codecov)[^/]*$
    | (^|/)(\.rubocop|\.eslintrc|\.stylelintrc|\.lintstagedrc)[^/]*$
    | (^|/)config/(environments/)?(development|dev|test)\.(rb|exs|ya?ml)$ | (^|/)seeds/development/
    | (^|/)settings/(local|dev|development|test|testing|ci)\.py$ | (^|/)tests?\.py$
    | (^|/)(docker-compose|compose)[^/]*\.ya?ml$ | (^|/)(mkdocs|\.readthedocs|netlify|render|fly|vercel)\.\w+$"""
)
"""Readers that do not run when the application is built or runs: tests and their settings, CI, documents."""
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
    before = Repository(files)
    after = Repository({path: content for path, content in files.items() if path not in left_out})
    found = set()
    for path in files.keys() - left_out:
        reader = named(path)
        is_apart = bool(_APART.search(reader)) or "node_modules/" in reader
        for reference in _once(references(before, reader)):
            target = _lost(reference, before, after)
            if target is not None:
                found.add(
                    Break(
                        path=path,
                        line=reference.line,
                        reference=reference.written,
                        target=target.encode("utf-8", "surrogateescape"),
                        kind=reference.kind,
                        at_deploy=reference.at_deploy and not is_apart,
                    )
                )
    return sorted(found, key=lambda each: (each.path, each.line, each.reference, each.target, each.kind.value))


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
    yield from convention_references(repository, path)


def _interpreter(content: bytes) -> str:
    first = content.partition(b"\n")[0]
    for word, ending in ((b"ruby", "rb"), (b"python", "py"), (b"node", "js"), (b"sh", "sh")):
        if word in first:
            return ending
    return ""
