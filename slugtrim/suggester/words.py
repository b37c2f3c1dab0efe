"""Words of a text as parts of paths."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import unquote_to_bytes

WORD_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.@~+%*$/\\") | set(
    range(128, 256)
)
_SPLIT = bytes(byte if byte in WORD_BYTES else 0x20 for byte in range(256))
_SPLIT_BUT_NUL = b"\0" + _SPLIT[1:]
_WILD = re.compile(rb"[*$%]")
_OF_A_TEST = re.compile(rb"\.(?:test|spec|stories|story|cy|e2e|snap|mock)\.")
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")


def words(text: bytes) -> set[bytes]:
    """The runs of characters that unquoted paths are made of, slashes of both kinds among them."""
    return set(text.translate(_SPLIT).split())


def split_words(text: bytes) -> bytes:
    """``text`` with a space for whatever is in no word; a NUL stays."""
    return text.translate(_SPLIT_BUT_NUL)


def words_around(text: bytes, mark: bytes) -> Iterator[bytes]:
    """The runs without a space that ``mark`` stands in."""
    at = text.find(mark)
    while at >= 0:
        start, end = text.rfind(b" ", 0, at) + 1, text.find(b" ", at)
        end = end if end >= 0 else len(text)
        yield text[start:end]
        at = text.find(mark, end)


class Sieve:
    """The words that pass each of some tests. A word is tested once: most words of a file have been seen in others."""

    def __init__(self, *tests: Callable[[bytes], bool]) -> None:
        self._seen: set[bytes] = set()
        self._passed: list[tuple[Callable[[bytes], bool], set[bytes]]] = [(test, set()) for test in tests]

    def among(self, found: set[bytes]) -> list[set[bytes]]:
        """Those of the words that pass, for each test."""
        new = found - self._seen
        self._seen |= new
        for test, passed in self._passed:
            passed.update(filter(test, new))
        return [found & passed for _, passed in self._passed]


def parts(word: bytes) -> list[bytes]:
    """A word as the parts of a path: without what only says where it begins (``./``, ``@/``, ``~/``), decoded."""
    if b"%" in word and _ENCODED.search(word):
        word = unquote_to_bytes(word)
    return [part for part in word.replace(b"\\", b"/").rstrip(b".").split(b"/") if part not in (b"", b".", b"~", b"@")]


def is_wild(part: bytes) -> bool:
    """Whether a part of a path stands for many names: a glob, or something put in at run time."""
    return _WILD.search(part) is not None


def is_expression(word: bytes) -> bool:
    r"""Whether a word is of a regular expression about directories: ``\/docs\/``."""
    return b"\\/" in word and b"." not in word.rstrip(b"\\/").rpartition(b"/")[2]


def stem(name: bytes) -> bytes:
    """A name as a program calls it that leaves out the extension, and Rails' and Sass' underscore of a partial.

    The test of a module is not called by the module's name.
    """
    if b"." not in name:
        return name.removeprefix(b"_")
    if name.startswith(b"."):
        return name
    if _OF_A_TEST.search(name):
        return name.rpartition(b".")[0]
    return name.partition(b".")[0].removeprefix(b"_")


def stems(name: bytes) -> set[bytes]:
    """All that a program may call a file which leaves out the extension: ``a.service.ts`` is ``a.service`` to most."""
    found = {stem(name)}
    if not name.startswith(b"."):
        found |= {name.partition(b".")[0], name.rpartition(b".")[0] or name}
        if _OF_A_TEST.search(name):
            found.discard(name.partition(b".")[0])
    return found


def last_word(name: bytes) -> bytes:
    """The last word of a name as a text has it: ``b.png`` of ``a b.png``."""
    runs = name.translate(_SPLIT).split()
    return runs[-1] if runs else b""
