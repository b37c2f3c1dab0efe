"""Tell whether a file may refer to a candidate, by the words in it, without parsing it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from hashlib import blake2b
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from slugtrim.store import KEY_BYTES
from slugtrim.suggester.modules import is_setting
from slugtrim.suggester.references import SCRIPT_EXTENSIONS, STYLES, may_name, writes_strings

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
    insiders: Collection[bytes] = frozenset()
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
    return blake2b(b"\n".join(b"\0".join(sorted(part)) for part in parts), digest_size=KEY_BYTES).digest()


def _directory_pattern(names: Collection[bytes]) -> re.Pattern[bytes]:
    """Return a pattern that finds one of the names as a part of a path or as a string."""
    either = b"|".join(map(re.escape, sorted(names))) or rb"(?!)"
    return re.compile(rb"[\"'`/\\}*](?:%b)(?![\w.-])|(?<![\w.-])(?:%b)[/\\]" % (either, either))


def _may_load_directory(path: bytes, content: bytes) -> bool:
    """Return True if a file may load all of a directory without writing the name of any file in it."""
    calls = _LOADINGS.get(path.rpartition(b".")[2].lower(), _LOADING)
    return any(re.search(re.escape(part) + rest, content) for part, rest in calls.items() if part in content)


def _decoded(content: bytes) -> bytes:
    """Return a text with the names in its addresses as files have them: ``a%20photo.png``."""
    return unquote_to_bytes(content) if 0 < content.count(b"%") < _MOST_ENCODED else content
