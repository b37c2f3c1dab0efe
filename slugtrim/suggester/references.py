"""Find what a file refers to, by its language, and tell which files need not be parsed for it.

What is found depends on the file's name and content only, so it can be cached.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from importlib import import_module
from operator import itemgetter
from urllib.parse import unquote_to_bytes

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.store import digest
from slugtrim.suggester.edges import EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_file, is_mere_word, lines_of_tests
from slugtrim.suggester.imports import MAX_PARSED_BYTES, imports_in, imports_otherwise, line_counter
from slugtrim.suggester.languages import SCRIPT_EXTENSIONS, SCRIPTS, STYLES, extension_of, syntax_in, syntax_of
from slugtrim.suggester.modules import is_setting

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
_OF_RUBY = (b".erb", b".haml", b".slim")
"""Templates with code in Ruby."""
_STYLE_IMPORTS = re.compile(
    rb"@(?:import|use|forward|config|plugin|reference|require)|=[ \t]*+(?:require|link|depend|stub)"
)
"""A style sheet without these loads no other."""
_QUOTED = frozenset(b"php java kt scala go rs cs twig erb jinja jinja2 j2 vue svelte astro".split())
"""Extensions of other languages and templates that write paths in quotes."""
_QUOTED_TEXTS = _QUOTED | frozenset(b"json map webmanifest html htm xhtml svg css po gexf".split())
"""As before, with texts that may load others. A name without quotes has its extension: ``url(a.png)``."""


def references_of(path: bytes, content: bytes) -> tuple[Reference, ...]:
    """Return all references of a file. Raises nothing, whatever the bytes are."""
    language = syntax_in(path, content)
    if language in SCRIPTS:
        found = _reader("syntax_javascript")(content, language)
    elif language in _SCANNED:
        found = _reader(f"syntax_{language}")(content)
    else:
        found = _reader("settings" if language == "settings" else "texts")(path, content)
    excuse = excuse_of_file(path)
    if excuse:  # what they import or read by its path is needed where a build runs the tool
        found = [replace(each, excuse=excuse) if each.how is How.GLOB else each for each in found]
    if path.endswith(_OF_RUBY) and (tested := lines_of_tests(content)):
        found = [replace(each, excuse=each.excuse or Excuse.TESTS) if each.line in tested else each for each in found]
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


def imports_of(path: bytes, content: bytes) -> tuple[Reference, ...]:
    """Return the references of a file that propagate, found by a scan.

    Every EXECUTES reference of ``references_of`` is among them. Imports in comments may be, too, and nothing excuses
    them. A file that imports in other ways than by name is parsed. Raises nothing.
    """
    language = syntax_in(path, content)
    if extension_of(path) in _QUOTED:
        return (
            tuple(imports_in(language, content)) if language == "component" else ()
        )  # what they include is live anyway
    if extension_of(path) in STYLES and _STYLE_IMPORTS.search(content) is None:
        return ()
    if language == "ruby" and not any(map(content.__contains__, _QUOTES)):
        return ()  # it names no file
    if language not in _SCANNED or (len(content) <= MAX_PARSED_BYTES and imports_otherwise(language, content)):
        return tuple(found for found in references_of(path, content) if found.kind is EdgeKind.EXECUTES)
    return tuple(imports_in(language, content))


def writes_strings(path: bytes) -> bool:
    """Return True if a file is in a language that writes paths in strings only, and the words of one with a slash."""
    return extension_of(path) in _QUOTED_TEXTS or syntax_of(path) in (*_SCANNED, "component")


def may_name(path: bytes, content: bytes, words: Collection[bytes]) -> bool:
    """Return True if a file may name a path that ends with one of the words; each word is somewhere in it.

    In a language with a grammar a word names a path in a string only. A name with an extension counts anywhere.
    """
    language = syntax_in(path, content)
    if any(b"." in word[1:] for word in words):
        return True
    if extension_of(path) in _QUOTED_TEXTS:
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


# What need not be parsed

_MOST_ENCODED = 100_000
"""A text with more percent signs holds no addresses of files."""
_APART = bytes(byte if byte in b"-._" or byte >= 128 or bytes([byte]).isalnum() else 0x20 for byte in range(256))
_DOTTED = re.compile(rb"(?m)^[ \t]*+(?:from|import)[ \t]++([\w.]++)|[\"']([A-Za-z_]\w{0,80}+\.[\w.]{1,200}+)")
"""Modules of Python are dotted names, imported or in a string; each of their parts may be a directory."""
_IMPORTED = frozenset(b"js mjs cjs jsx ts mts cts tsx vue svelte py rb rake go java kt rs".split())
"""Extensions of modules, which are imported by their whole names: ``./price.service``."""

_LISTS = {
    b"listdir": b"",
    b"scandir": b"",
    b"readdir": b"",
    b"lob": rb"(?<=[Gg]lob)(?!al|e\b|es\b|in)",
    b"walk": rb"(?<=\bwalk)",
    b"iterdir": b"",
}
"""Parts of calls that may load a whole directory without writing the name of any file in it, and what stands there.

Patterns that begin with a literal are fast. They are compiled when the first text has the part: `re` remembers them.
"""
_IMPORTS = {b"require(": rb"\s*[`\w]", b"import(": rb"\s*[`\w]"}
_LOADING = {
    **_LISTS,
    **_IMPORTS,
    **dict.fromkeys(
        b"static send_from_directory require.context sendFile require_all autoload eager_load sourceDir "
        b"import_module".split(),
        b"",
    ),
    b"Dir": rb"[.\[]",
    b"root": rb"(?<=\broot)\b",
}
_SCRIPT_LOADING = {
    **_LISTS,
    **_IMPORTS,
    **dict.fromkeys(b"require.context sendFile sourceDir".split(), b""),
    b"tatic": rb"(?:(?<=[Ss]tatic)[\"'\])]*\s*\(|(?<=[Ss]erve[Ss]tatic)|(?<=[Ss]erve-[Ss]tatic))",
    b"root": rb"(?<=\broot)[\"']?\s*:",
}
_PHP_LOADING = {
    **_LISTS,
    **dict.fromkeys(
        b"opendir DirectoryIterator Finder allFiles files( directories( loadFrom autoload".split(),
        b"",
    ),
}
_JSON_LOADING = dict.fromkeys(b"root static glob autoload sourceDir walk".split(), rb"[^\"\n]{0,80}\"\s*:")
_NO_LOADING: Mapping[bytes, bytes] = {}
_LOADINGS: Mapping[bytes, Mapping[bytes, bytes]] = {
    **dict.fromkeys([*STYLES, *b"svg md markdown rst html htm xhtml map".split()], _NO_LOADING),
    **dict.fromkeys(SCRIPT_EXTENSIONS, _SCRIPT_LOADING),
    b"php": _PHP_LOADING,
    b"json": _JSON_LOADING,
}
"""By the extension; all others may use any of the calls. Styles, pages and pictures call nothing."""


_LAST = re.compile(rb"[/\\*}]([\w.\x80-\xff-]++)(?![/\\])")
"""The last part of a path, or what follows the star or the value in it: ``/*.md``, ``/#{page}.md``."""


class Sought(Struct, frozen=True):
    """The words without which a file refers to no candidate."""

    words: frozenset[bytes]
    """Names, alone or at the end of a path."""
    after_slash: frozenset[bytes] = frozenset()
    """Names that mean a candidate at the end of a longer path only."""
    directories: frozenset[bytes] = frozenset()
    """Names of directories of tests and their like. What is in one is referred to by its path from outside."""
    within: frozenset[bytes] = frozenset()
    """More words, by which the files in such a directory refer to each other."""
    insiders: frozenset[bytes] = frozenset()
    """The paths of those files."""


class Seeker:
    """Looks for the words of ``sought`` in files."""

    def __init__(self, sought: Sought) -> None:
        """Prepare the patterns."""
        self._sought = sought
        self._inside = sought.words | sought.within
        self._after_slash = sought.after_slash - sought.words
        outside_words = sought.words | sought.after_slash | sought.directories
        self._any = (outside_words, outside_words | self._inside)
        self._directories = _directory_pattern(sought.directories)
        outside = _digest(sought.words, sought.after_slash, sought.directories)
        self._digests = (outside, _digest([outside], sought.within, sought.insiders))

    def digest(self, path: bytes) -> bytes:
        """Return what tells the words that are sought in this file from others."""
        return self._digests[path in self._sought.insiders]

    def is_dull(self, path: bytes, content: bytes) -> bool:
        """Return True if a file has none of the words where it could mean a path by them.

        Manifests never are: ``"workspaces": ["*"]`` names all projects.
        """
        if is_setting(path):
            return False
        decoded = _decoded(content)
        is_inside = path in self._sought.insiders
        present = self._any[is_inside].intersection(decoded.translate(_APART).split())
        words = present & (self._inside if is_inside else self._sought.words)
        if words and may_name(path, decoded, words):
            return False
        if not self._after_slash.isdisjoint(present) and not self._after_slash.isdisjoint(_LAST.findall(decoded)):
            return False
        directories = present & self._sought.directories
        if directories and (self._directories.search(decoded) or not writes_strings(path)):
            return False
        if path.endswith(b".py") and self._has_part(content, is_inside):
            return False
        return not _may_load_directory(path, content)

    def _has_part(self, content: bytes, is_inside: bool) -> bool:
        names = {one or other for one, other in _DOTTED.findall(content)}
        parts = {part for name in names for part in name.split(b".")}
        sought = self._inside if is_inside else self._sought.words
        return not (sought.isdisjoint(parts) and self._sought.directories.isdisjoint(parts))


def words_of_path(path: bytes, *, only_whole: bool = False) -> Iterator[bytes]:
    """Yield the words of which a file has one if it refers to the file ``path`` by its name.

    These are the name, and unless ``only_whole``, the name without its extension and the extension with its dot
    (``name + ".csv"``). A view ``_row.html.erb`` is called ``row`` as well.
    """
    name = path.rpartition(b"/")[2].translate(_APART).split()[-1:]
    for word in name:
        yield word
        stem, dot, extension = word.rpartition(b".")
        if stem and dot and not only_whole:
            yield stem
            if extension not in _IMPORTED:
                yield stem.partition(b".")[0].removeprefix(b"_")
            yield dot + extension


def _digest(*parts: Collection[bytes]) -> bytes:
    return digest(b"\n".join(b"\0".join(sorted(part)) for part in parts))


def _directory_pattern(names: Collection[bytes]) -> re.Pattern[bytes]:
    """Return a pattern that finds one of the names as a part of a path or as a string."""
    either = b"|".join(map(re.escape, sorted(names))) or rb"(?!)"
    return re.compile(rb"[\"'`/\\}*](?:%b)(?![\w.-])|(?<![\w.-])(?:%b)[/\\]" % (either, either))


def _may_load_directory(path: bytes, content: bytes) -> bool:
    """Return True if a file may load all of a directory without writing the name of any file in it."""
    calls = _LOADINGS.get(extension_of(path), _LOADING)
    return any(re.search(re.escape(part) + rest, content) for part, rest in calls.items() if part in content)


def _decoded(content: bytes) -> bytes:
    """Return a text with the names in its addresses as files have them: ``a%20photo.png``."""
    return unquote_to_bytes(content) if 0 < content.count(b"%") < _MOST_ENCODED else content
