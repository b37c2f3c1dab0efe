"""The patterns of the catalog, tried on a path part by part from the root down.

They are a small part of gitignore's language, so that thousands of names can be looked up in dictionaries: `name`,
`*.ext` and other wildcards at any depth; `**/a/b` for a path at any depth; a leading slash anchors; a trailing one asks
for a directory. Capitals do not count (`Docs/`, `Screenshots/`), as they do in git: this is the one difference, held by
a test against `slugtrim.ignore`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Generic, TypeVar

from msgspec import Struct

from slugtrim.ignore.wildmatch import name_regex

T = TypeVar("T")

_WILD = re.compile(rb"[*?\[]")
_EXTENSION = re.compile(rb"\*(\.[^*?\[]+)")
_LETTERS = re.compile(rb"\[([a-z]+)\]")
_KNOWN_NAMES = 10_000
_FORBIDDEN = re.compile(r"[\\{}\s#!]|[^\x20-\x7e]")


class Pattern(Struct, frozen=True, kw_only=True):
    """One pattern, read."""

    parts: tuple[bytes, ...]
    """In lower case."""
    text: bytes
    """As written."""
    anchored: bool
    only_directories: bool

    @classmethod
    def parse(cls, text: str) -> Pattern:
        """Raises ``ValueError`` with what is wrong with it."""
        if found := _FORBIDDEN.search(text.replace(" ", "-")):
            raise ValueError(f"{text!r}: {found[0]!r} has no meaning in the catalog's patterns")
        body = text.removesuffix("/")
        anchored = body.startswith("/")
        parts = body.removeprefix("/" if anchored else "**/").split("/")
        if not all(parts):
            raise ValueError(f"{text!r}: has an empty part")
        if any("**" in part for part in parts):
            raise ValueError(f"{text!r}: `**` stands only at the beginning, as `**/`")
        if "/" in body and not anchored and not body.startswith("**/"):
            raise ValueError(f"{text!r}: begin it with `/` (from a project's root) or `**/` (at any depth)")
        return cls(
            parts=tuple(part.lower().encode() for part in parts),
            text=text.encode(),
            anchored=anchored,
            only_directories=text.endswith("/"),
        )


class Node(Generic[T]):
    """Where patterns stand after some of their parts: what they ask of the next one, and what ends here."""

    __slots__ = ("_by_extension", "_by_name", "_forms", "_hint", "_known", "marks")

    def __init__(self) -> None:
        self.marks: list[tuple[T, bool]] = []
        """What is named by the patterns that end here, and whether only a directory counts."""
        self._by_name: dict[bytes, Node[T]] = {}
        self._by_extension: dict[bytes, Node[T]] = {}
        self._forms: dict[bytes, tuple[bytes, Node[T]]] = {}
        """Form to its longest literal, and the node."""
        self._hint: _Hint | None = None
        self._known: dict[bytes, list[Node[T]]] = {}
        """Names to the forms that they have: most are asked for twice or more."""

    def add(self, pattern: Pattern, value: T) -> None:
        """Let ``pattern`` name ``value``."""
        nodes = [self]
        for part in pattern.parts:
            nodes = [node._child(form) for node in nodes for form in _spelled_out(part)]
        for node in nodes:
            node.marks.append((value, pattern.only_directories))

    def _child(self, part: bytes) -> Node[T]:
        if _WILD.search(part) is None:
            return self._by_name.setdefault(part, Node())
        if extension := _EXTENSION.fullmatch(part):
            return self._by_extension.setdefault(extension[1], Node())
        self._hint = None
        self._known.clear()
        return self._forms.setdefault(part, (max(_literals(part), key=len), Node()))[1]

    @property
    def has_children(self) -> bool:
        """Whether any pattern goes on."""
        return bool(self._by_name or self._by_extension or self._forms)

    def after(self, name: bytes) -> list[Node[T]]:
        """Where the patterns stand after ``name``, which is in lower case."""
        found = []
        if name in self._by_name:
            found.append(self._by_name[name])
        if self._by_extension:
            at = name.find(b".")
            while at >= 0:
                extension = name[at:]
                if extension in self._by_extension:
                    found.append(self._by_extension[extension])
                at = name.find(b".", at + 1)
        if self._forms:
            found += self._by_forms(name)
        return found

    def _by_forms(self, name: bytes) -> list[Node[T]]:
        known = self._known.get(name)
        if known is None:
            known = []
            if (self._hint or self._make_hint()).may_have(name):
                for form, (literal, node) in self._forms.items():
                    if literal in name and _regex(form).fullmatch(name) is not None:
                        known.append(node)
            if len(self._known) < _KNOWN_NAMES:
                self._known[name] = known
        return known

    def _make_hint(self) -> _Hint:
        self._hint = _Hint(self._forms)
        return self._hint


def _literals(form: bytes) -> list[bytes]:
    """What stands between the wildcards."""
    return re.split(rb"\[.*?\]|[*?]", form)


_regex = cache(name_regex)
"""Compiled when a name is nearly of the form: most forms never are."""


class _Hint:
    """Finds out fast that a name has none of the forms, as nearly all: by a part of each that has no wildcard."""

    def __init__(self, forms: Iterable[bytes]) -> None:
        beginnings, ends, parts = [], [], []
        for form in forms:
            literals = _literals(form)
            longest = max(literals, key=len)
            if longest is literals[0]:
                beginnings.append(longest)
            elif longest is literals[-1]:
                ends.append(longest)
            else:
                parts.append(longest)
        self._beginnings = tuple(beginnings)
        self._ends = tuple(ends)
        self._parts = tuple(parts)

    def may_have(self, name: bytes) -> bool:
        """Whether to try the forms on ``name``."""
        if name.startswith(self._beginnings) or name.endswith(self._ends):
            return True
        for part in self._parts:  # noqa: SIM110 - half the time of any(): this is asked of every name
            if part in name:
                return True
        return False


def _spelled_out(part: bytes) -> Iterator[bytes]:
    """The forms that short brackets stand for, so that `*.test.[jt]s` is two extensions to look up."""
    bracket = _LETTERS.search(part)
    if bracket is None:
        yield part
        return
    for letter in bracket[1]:
        yield from _spelled_out(part[: bracket.start()] + bytes([letter]) + part[bracket.end() :])
