"""The patterns of the catalog, tried on a path part by part from the root down.

They are a small part of gitignore's language, so that thousands of names can be looked up in dictionaries: `name`,
`*.ext` and other wildcards at any depth; `**/a/b` for a path at any depth; a leading slash anchors; a trailing one asks
for a directory. Capitals do not count (`Docs/`, `Screenshots/`), as they do in git: this is the one difference, held by
a test against `slugtrim.ignore`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, Generic, TypeVar

from msgspec import Struct

from slugtrim.ignore.wildmatch import name_regex

T = TypeVar("T")

_EXTENSION = re.compile(rb"\*(\.[^*?\[]+)")
_LETTERS = re.compile(rb"\[([a-z]+)\]")
_KNOWN_NAMES = 50_000
_FORBIDDEN = re.compile(r"[\\{}\s#!]|[^\x20-\x7e]")


class Pattern(Struct, frozen=True, kw_only=True, array_like=True):
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
        # Most nodes are ends: a container of their own would be most of what they cost.
        self.marks: tuple[tuple[T, bool], ...] = ()
        """What is named by the patterns that end here, and whether only a directory counts."""
        self._by_name: dict[bytes, Node[T]] | None = None
        self._by_extension: dict[bytes, Node[T]] | None = None
        self._forms: dict[bytes, tuple[bytes, Node[T]]] | None = None
        """Form to its longest literal, and the node."""
        self._hint: _Hint | None = None
        self._known: dict[bytes, tuple[Node[T], ...]] = _NOTHING_KNOWN
        """Names to what follows them: most are asked for twice or more."""

    def add(self, pattern: Pattern, value: T) -> None:
        """Let ``pattern`` name ``value``."""
        nodes = [self]
        for part in pattern.parts:
            forms = _spelled_out(part) if b"[" in part else (part,)
            nodes = [node._child(form) for form in forms for node in nodes]
        for node in nodes:
            node.marks += ((value, pattern.only_directories),)

    def _child(self, part: bytes) -> Node[T]:
        self._known = _NOTHING_KNOWN
        if not (b"*" in part or b"?" in part or b"[" in part):
            if self._by_name is None:
                self._by_name = {}
            return self._by_name.get(part) or self._by_name.setdefault(part, Node())
        if extension := _EXTENSION.fullmatch(part):
            if self._by_extension is None:
                self._by_extension = {}
            return self._by_extension.get(extension[1]) or self._by_extension.setdefault(extension[1], Node())
        if self._forms is None:
            self._forms = {}
        self._hint = None
        return self._forms.setdefault(part, (max(_literals(part), key=len), Node()))[1]

    @property
    def has_children(self) -> bool:
        """Whether any pattern goes on."""
        return bool(self._by_name or self._by_extension or self._forms)

    def after(self, name: bytes) -> tuple[Node[T], ...]:
        """Where the patterns stand after ``name``, which is in lower case."""
        known = self._known.get(name)
        if known is None:
            known = tuple(self._found(name))
            if self._known is _NOTHING_KNOWN:
                self._known = {}
            if len(self._known) < _KNOWN_NAMES:
                self._known[name] = known
        return known

    def _found(self, name: bytes) -> Iterator[Node[T]]:
        if self._by_name is not None and name in self._by_name:
            yield self._by_name[name]
        if self._by_extension is not None:
            at = name.find(b".")
            while at >= 0:
                extension = name[at:]
                if extension in self._by_extension:
                    yield self._by_extension[extension]
                at = name.find(b".", at + 1)
        if self._forms is not None and (self._hint or self._make_hint(self._forms)).may_have(name):
            for form, (literal, node) in self._forms.items():
                if literal in name and _regex(form).fullmatch(name) is not None:
                    yield node

    def _make_hint(self, forms: Iterable[bytes]) -> _Hint:
        self._hint = _Hint(forms)
        return self._hint


_NOTHING_KNOWN: dict[bytes, tuple[Any, ...]] = {}
"""Of the nodes that nobody has asked yet; never written to."""


def _literals(form: bytes) -> list[bytes]:
    """What stands between the wildcards."""
    return re.split(rb"\[.*?\]|[*?]", form)


_regex = cache(name_regex)
"""Compiled when a name is nearly of the form: most forms never are."""


class _Hint:
    """Finds out fast that a name has none of the forms, as nearly all: by a part of each that has no wildcard."""

    def __init__(self, forms: Iterable[bytes]) -> None:
        beginnings: dict[bytes, list[bytes]] = defaultdict(list)
        ends: list[bytes] = []
        parts: set[bytes] = set()
        for form in forms:
            literals = _literals(form)
            longest = max(literals, key=len)
            if not longest:
                parts.add(longest)  # in every name
            elif longest is literals[0]:
                beginnings[longest[:1]].append(longest)
            elif longest is literals[-1]:
                ends.append(longest)
            else:
                parts.add(longest)
        self._beginnings = {first: tuple(group) for first, group in beginnings.items()}
        """By their first letter."""
        self._ends = tuple(ends)
        # One pattern for all: to look for each costs ten times as much.
        self._has_part = re.compile(b"|".join(map(re.escape, sorted(parts))) if parts else b"(?!)").search

    def may_have(self, name: bytes) -> bool:
        """Whether to try the forms on ``name``."""
        return (
            name.startswith(self._beginnings.get(name[:1], ()))
            or name.endswith(self._ends)
            or self._has_part(name) is not None
        )


def _spelled_out(part: bytes) -> Iterator[bytes]:
    """The forms that short brackets stand for, so that `*.test.[jt]s` is two extensions to look up."""
    bracket = _LETTERS.search(part)
    if bracket is None:
        yield part
        return
    for letter in bracket[1]:
        yield from _spelled_out(part[: bracket.start()] + bytes([letter]) + part[bracket.end() :])
