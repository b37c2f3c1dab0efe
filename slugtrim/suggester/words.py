"""Words of a text as parts of paths."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

WORD_BYTES = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.@~+%*$/\\") | set(
    range(128, 256)
)
_SPLIT = bytes(byte if byte in WORD_BYTES else 0x20 for byte in range(256))
_WILD = re.compile(rb"[*$%]")
_OF_A_TEST = re.compile(rb"\.(?:test|spec|stories|story|cy|e2e|snap|mock)\.")
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")


def words(text: bytes) -> set[bytes]:
    """The runs of characters that unquoted paths are made of, slashes of both kinds among them."""
    return set(text.translate(_SPLIT).split())


def parts(word: bytes) -> list[bytes]:
    """A word as the parts of a path: without what only says where it begins (``./``, ``@/``, ``~/``), decoded."""
    if _ENCODED.search(word):
        word = unquote_to_bytes(word)
    return [part for part in word.replace(b"\\", b"/").rstrip(b".").split(b"/") if part not in (b"", b".", b"~", b"@")]


def is_wild(part: bytes) -> bool:
    """Whether a part of a path stands for many names: a glob, or something put in at run time."""
    return _WILD.search(part) is not None


def stem(name: bytes) -> bytes:
    """A name as a program calls it that leaves out the extension, and Rails' and Sass' underscore of a partial.

    The test of a module is not called by the module's name.
    """
    if name.startswith(b"."):
        return name
    if _OF_A_TEST.search(name):
        return name.rpartition(b".")[0]
    return name.partition(b".")[0].removeprefix(b"_")


def last_word(name: bytes) -> bytes:
    """The last word of a name as a text has it: ``b.png`` of ``a b.png``."""
    runs = name.translate(_SPLIT).split()
    return runs[-1] if runs else b""
