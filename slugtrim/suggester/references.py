"""Find what a file refers to, by its language. Depends on the file's name and content only, so it can be cached."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator
from importlib import import_module
from operator import itemgetter

from msgspec.structs import replace

from slugtrim.suggester.edges import EdgeKind, How, Reference
from slugtrim.suggester.harmless import excuse_of_file
from slugtrim.suggester.imports import SCRIPTS, imports_in, imports_otherwise, script_imports
from slugtrim.suggester.syntax import MAX_PARSED_BYTES, line_counter

_LANGUAGES = {
    **dict.fromkeys((b"py", b"pyw", b"pyi"), "python"),
    **dict.fromkeys((b"rb", b"rake", b"ru", b"gemspec", b"jbuilder", b"builder", b"arb", b"thor", b"podspec"), "ruby"),
    **dict.fromkeys((b"js", b"mjs", b"cjs", b"jsx", b"es6"), "javascript"),
    **dict.fromkeys((b"ts", b"mts", b"cts"), "typescript"),
    b"tsx": "tsx",
    **dict.fromkeys((b"vue", b"svelte", b"astro"), "component"),
    **dict.fromkeys(
        b"json json5 jsonc yml yaml toml ini cfg conf properties env in lock mk mak dockerfile mod editorconfig "
        b"webmanifest sh bash zsh ksh bat cmd ps1 fish command nginx vhost htaccess service".split(),
        "settings",
    ),
}
"""Languages by the extension of a file."""
SCRIPT_EXTENSIONS = frozenset(
    extension
    for extension, language in _LANGUAGES.items()
    if language in ("javascript", "typescript", "tsx", "component")
)
_NAMES = {
    **dict.fromkeys(b"gemfile rakefile guardfile capfile vagrantfile brewfile appraisals thorfile".split(), "ruby"),
    **dict.fromkeys(b"jakefile cakefile".split(), "javascript"),
    **dict.fromkeys(
        b"procfile makefile gnumakefile dockerfile justfile aptfile codeowners pipfile manifest.in .env .buildpacks "
        b".npmrc .yarnrc .babelrc .eslintrc .prettierrc .stylelintrc .swcrc .nycrc .mocharc .dockerignore .npmignore "
        b".gitignore .slugignore .gitattributes .profile .rspec .yardopts .coveragerc .flake8".split(),
        "settings",
    ),
}
"""Languages by the whole name, in lower case."""
_OF_SETTINGS = re.compile(
    rb"(?:dockerfile|containerfile|procfile|makefile)\.|[\w.-]{0,80}(?:requirements|constraints)[\w.-]{0,80}\.(?:txt|in|pip)\Z"
)
_INTERPRETERS = (
    (re.compile(rb"\A#![^\n]{0,100}\b(?:node|nodejs|bun|deno|tsx|ts-node)\b"), "javascript"),
    (re.compile(rb"\A#![^\n]{0,100}\bpython[0-9.]*\b"), "python"),
    (re.compile(rb"\A#![^\n]{0,100}\bruby\b"), "ruby"),
    (re.compile(rb"\A#![^\n]{0,100}\b(?:ba|z|da|k)?sh\b"), "settings"),
)

_MIGRATION = re.compile(rb"(?:\A|/)(?:migrations?|migrate|alembic)/")
"""Where migrations are. A word in one is a table, a column or an index."""
_TABLE = re.compile(rb"[Tt]able\w{0,40}+[\"']?+[ \t]{0,10}+(?:=>|[(=:,])?+[ \t(]{0,10}+[:\"'`](\w{1,80}+)(?![./-])")
"""The name of a table behind a name that says so."""
_QUOTES = tuple(b"\" ' ` % << ?".split())
"""What begins a string in Ruby."""
_VALUE = re.compile(
    rb"(?:[\"'`/\\}*]|\w[@+])([\w.\x80-\xff-]++)(?![/\\](?:[\w.@+\x80-\xff-]{1,100}+[/\\]?+){1,8}+[\"'`)\s,;])"
)
"""A word that begins a string, or the last part of a path; any part of a path that is unknown in part."""
_BEFORE_VALUES = b"\"'`/\\}*@+"
_IN_VALUES = re.compile(rb"[\w.\x80-\xff-]")
_FEW_WORDS = 8
_MOST_PLACES = 200


_SCANNED = (*SCRIPTS, "python", "ruby")
"""Languages with a scan for imports."""
STYLES = frozenset(b"css scss sass less pcss postcss styl".split())
_STYLE_IMPORTS = re.compile(
    rb"@(?:import|use|forward|config|plugin|reference|require)|=[ \t]*+(?:require|link|depend|stub)"
)
"""A style sheet without these loads no other."""
_QUOTED = frozenset(b"php java kt scala go rs cs twig erb jinja jinja2 j2 vue svelte astro".split())
"""Extensions of other languages and templates that write paths in quotes."""
_QUOTED_TEXTS = _QUOTED | frozenset(b"json map webmanifest html htm xhtml svg css po gexf".split())
"""As before, with texts that may load others. A name without quotes has its extension: ``url(a.png)``."""


def _extension(path: bytes) -> bytes:
    return path.rpartition(b".")[2].lower()


def syntax_of(path: bytes) -> str | None:
    """Return the language of a file: python, ruby, javascript, typescript, tsx, component, settings; None for others.

    A component is a file of Vue, Svelte or Astro with scripts in it.
    """
    name = path.rpartition(b"/")[2].lower()
    known = _NAMES.get(name)
    if known is not None or _OF_SETTINGS.match(name):
        return known or "settings"
    stem, dot, extension = name.rpartition(b".")
    return _LANGUAGES.get(extension) if dot and (stem or extension == b"env") else None


def _language(path: bytes, content: bytes) -> str | None:
    """Return the language by the name, or by the first line of a script without an extension."""
    language = syntax_of(path)
    if language is None and content.startswith(b"#!") and b"." not in path.rpartition(b"/")[2]:
        return next((name for pattern, name in _INTERPRETERS if pattern.match(content)), None)
    return language


def references_of(path: bytes, content: bytes) -> tuple[Reference, ...]:
    """Return all references of a file. Raises nothing, whatever the bytes are."""
    language = _language(path, content)
    if language in SCRIPTS:
        found = _reader("syntax_javascript")(content, language)
    elif language in _SCANNED:
        found = _reader(f"syntax_{language}")(content)
    else:
        found = _reader("settings" if language == "settings" else "texts")(path, content)
    excuse = excuse_of_file(path)
    if excuse:  # what they import or read by its path is needed where a build runs the tool
        found = [replace(each, excuse=excuse) if each.how is How.GLOB else each for each in found]
    return tuple(_put_in(content, _without_tables(path, content, found)))


def _put_in(content: bytes, found: Iterable[Reference]) -> Iterator[Reference]:
    """Yield the references, those with a value put in so that it may have slashes: ``f"{name}.pdf"``.

    Where the text itself writes the star, it is a glob, in which a star stands for one part.
    """
    for each in found:
        if each.how is How.GLOB and "*" in each.text:
            text = _across(each.text, content)
            each = each if text == each.text else replace(each, text=text)
        yield each


def _across(text: str, content: bytes) -> str:
    """Return a glob in which each star that is put in, below a directory that is known, may be several parts."""
    *above, last = text.split("/")
    found: list[str] = []
    is_known = False
    for part in above:
        found.append("**" if is_known and part == "*" and b"*/" not in content else part)
        is_known = is_known or (bool(part.strip(".~@")) and "*" not in part)
    is_put_in = last[:1] == "*" and last.strip("*") and last.encode("utf-8", "surrogateescape") not in content
    if is_known and is_put_in and found[-1] != "**":
        found.append("**")
    return "/".join([*found, last])


def _without_tables(path: bytes, content: bytes, found: Iterable[Reference]) -> Iterable[Reference]:
    """Return the references but for single words that name a table of a database.

    Those are all of a migration, and elsewhere those behind a name with ``table`` in it: ``tableName: "docs"``.
    """
    if _MIGRATION.search(path):
        return (each for each in found if not is_mere_word(each))
    tables = {(match[1], match.start(1)) for match in _TABLE.finditer(content)} if b"able" in content else None
    if not tables:
        return found
    line_of = line_counter(content)
    named = {(word.decode(), line_of(at)) for word, at in sorted(tables, key=itemgetter(1))}
    return (each for each in found if not is_mere_word(each) or (each.text, each.line) not in named)


def is_mere_word(reference: Reference) -> bool:
    """Return True for a single word that may be the name of a file, or anything else."""
    return reference.how is How.WORD and reference.kind is EdgeKind.NAMES


def imports_of(path: bytes, content: bytes) -> tuple[Reference, ...]:
    """Return the references of a file that propagate, found by a scan.

    Every EXECUTES reference of ``references_of`` is among them. Imports in comments may be, too, and nothing excuses
    them. A file that imports in other ways than by name is parsed. Raises nothing.
    """
    language = _language(path, content)
    if _extension(path) in _QUOTED:
        return tuple(script_imports(content)) if language == "component" else ()  # what they include is live anyway
    if _extension(path) in STYLES and _STYLE_IMPORTS.search(content) is None:
        return ()
    if language == "ruby" and not any(map(content.__contains__, _QUOTES)):
        return ()  # it names no file
    if language not in _SCANNED or (len(content) <= MAX_PARSED_BYTES and imports_otherwise(language, content)):
        return tuple(found for found in references_of(path, content) if found.kind is EdgeKind.EXECUTES)
    return tuple(imports_in(language, content))


def writes_strings(path: bytes) -> bool:
    """Return True if a file is in a language that writes paths in strings only, and the words of one with a slash."""
    return _extension(path) in _QUOTED_TEXTS or syntax_of(path) in (*_SCANNED, "component")


def may_name(path: bytes, content: bytes, words: Collection[bytes]) -> bool:
    """Return True if a file may name a path that ends with one of the words; each word is somewhere in it.

    In a language with a grammar a word names a path in a string only. A name with an extension counts anywhere.
    """
    language = _language(path, content)
    if any(b"." in word[1:] for word in words):
        return True
    if _extension(path) in _QUOTED_TEXTS:
        return _has_value(content, words)
    if language not in _SCANNED:
        return True
    if (language == "ruby" and b"%" in content) or imports_otherwise(language, content):
        return True
    return _has_value(content, words)


def _has_value(content: bytes, words: Collection[bytes]) -> bool:
    """Return True if the pattern of values finds one of the words."""
    # The pattern takes as long as ten searches for a word, and most words are where it cannot begin.
    if len(words) <= _FEW_WORDS and not any(_may_be_value(content, word) for word in words):
        return False
    return not frozenset(words).isdisjoint(_VALUE.findall(content))


def _may_be_value(content: bytes, word: bytes) -> bool:
    """Return True if the word stands where a value may begin, or is too frequent to tell."""
    at = -1
    for _ in range(_MOST_PLACES):
        at = content.find(word, at + 1)
        if at < 0:
            return False
        if at and content[at - 1] in _BEFORE_VALUES and not _IN_VALUES.match(content, at + len(word)):
            return True
    return True


def load_readers() -> None:
    """Import what reads each language, which otherwise happens for the first file of it."""
    for module in ("texts", "settings", "syntax_javascript", "syntax_python", "syntax_ruby"):
        _reader(module)


def _reader(module: str) -> Callable[..., list[Reference]]:
    """Return the function of the module that reads a language."""
    reader: Callable[..., list[Reference]] = import_module(f"slugtrim.suggester.{module}").references
    return reader
