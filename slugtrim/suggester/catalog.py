"""The catalog: what usually can go, what never can, what is served, who reads without needing (``catalog.toml``).

The data is trusted here; ``tests/test_suggester_catalog.py`` says what is wrong with a row, and where.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from enum import Enum, EnumType
from functools import cache
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

from msgspec import Struct

from slugtrim.ignore.gitignore import name_regex
from slugtrim.suggester.records import Tier
from slugtrim.suggester.tables import Made, read_table


class Kind(Struct, frozen=True, kw_only=True):
    """Files by their extensions."""

    id: str
    category: str
    extensions: frozenset[bytes]
    reason: str


class KindTable(Struct, frozen=True):
    """The whole of ``kinds.toml``."""

    conventional: frozenset[bytes]
    kinds: tuple[Kind, ...]


@cache
def _table() -> KindTable:
    return read_table("kinds", Made[KindTable], kinds_from_data)


def kinds_from_data(data: Mapping[str, Any]) -> KindTable:
    """Return the table in the data of a TOML file."""
    found = tuple(Kind(**{**row, "extensions": _words(row["extensions"])}) for row in data["kind"])
    return KindTable(_words(data["conventional"]), found)


def _words(text: str) -> frozenset[bytes]:
    return frozenset(text.encode("ascii").split())


def conventional() -> frozenset[bytes]:
    """Names without their extensions that frameworks look for: nothing need mention such a file."""
    return _table().conventional


def is_text(path: bytes) -> bool:
    """Whether the file is a text that pages may be made of."""
    return path.lower().endswith((b".md", b".markdown", b".rst", b".adoc", b".tex"))


@cache
def kinds() -> Mapping[bytes, Kind]:
    """Extension, in lower case and without its dot, to its kind."""
    return {extension: kind for kind in _table().kinds for extension in kind.extensions}


T = TypeVar("T")

_EXTENSION = re.compile(rb"\*(\.[^*?\[]+)")
_SET = re.compile(rb"\[([a-z]+|0-9)\]")
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
        self._hint: Callable[[bytes], object] | None = None
        self._known: dict[bytes, tuple[Node[T], ...]] = _NOTHING_KNOWN
        """Names to what follows them: most are asked for twice or more."""

    def add(self, pattern: Pattern, value: T) -> None:
        """Let ``pattern`` name ``value``."""
        nodes = [self]
        for part in pattern.parts:
            forms = spelled_out(part) if b"[" in part else (part,)
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
            known = self._found(name)
            if self._known is _NOTHING_KNOWN:
                self._known = {}
            if len(self._known) < _KNOWN_NAMES:
                self._known[name] = known
        return known

    def _found(self, name: bytes) -> tuple[Node[T], ...]:
        found = []
        if self._by_name is not None and name in self._by_name:
            found.append(self._by_name[name])
        if self._by_extension is not None:
            at = name.find(b".")
            while at >= 0:
                node = self._by_extension.get(name[at:])
                if node is not None:
                    found.append(node)
                at = name.find(b".", at + 1)
        if self._forms is not None and self._may_have(self._forms)(name):
            for form, (literal, node) in self._forms.items():
                if literal in name and form_regex(form).fullmatch(name) is not None:
                    found.append(node)
        return tuple(found)

    def _may_have(self, forms: Mapping[bytes, tuple[bytes, Node[T]]]) -> Callable[[bytes], object]:
        """Return what finds out fast that a name has none of the forms, as nearly all: one pattern for all literals."""
        if self._hint is None:
            literals = sorted({literal for literal, _ in forms.values()})
            self._hint = re.compile(b"|".join(map(re.escape, literals))).search
        return self._hint


_NOTHING_KNOWN: dict[bytes, tuple[Any, ...]] = {}
"""Of the nodes that nobody has asked yet; never written to."""


def _literals(form: bytes) -> list[bytes]:
    """What stands between the wildcards."""
    return re.split(rb"\[.*?\]|[*?]", form)


form_regex = cache(name_regex)
"""Compiled when a name is nearly of the form: most forms never are."""


def spelled_out(part: bytes) -> Iterator[bytes]:
    """Yield the forms that short sets stand for, so that ``*.test.[jt]s`` is two extensions to look up."""
    found = _SET.search(part)
    if found is None:
        yield part
        return
    for sign in found[1] if found[1] != b"0-9" else b"0123456789":
        yield from spelled_out(part[: found.start()] + bytes([sign]) + part[found.end() :])


ALL = "all"
"""The ecosystem that every project is of."""


class Delivery(Enum):
    """What becomes of the files in a directory that nobody names one by one."""

    SERVED = "served"
    """Sent to browsers, or put whole into a bundle."""
    LOADED = "loaded"
    """Loaded as code or templates; its media is named by whoever uses it."""


class Ecosystem(Struct, frozen=True, kw_only=True):
    """A language or framework, and how a project of it is recognised."""

    id: str
    name: str
    detected_by: tuple[Pattern, ...]
    detected_at_root_by: tuple[Pattern, ...] = ()
    """Names that tell of the slug's root only: what many a directory has one of."""
    """Names of files in the project's directory."""
    anywhere: bool = False
    """Such files tell of the whole slug, and make no project of the directory they are in."""


class Category(Struct, frozen=True, kw_only=True):
    """A kind of waste."""

    id: str
    name: str
    settled: bool = False
    """Only what the deploy reaches could need such files: nobody starts or loads them by hand."""


class CatalogRule(Struct, frozen=True, kw_only=True):
    """Names that usually can go."""

    id: str
    ecosystems: tuple[str, ...]
    tier: Tier
    category: str
    reason: str
    patterns: tuple[Pattern, ...] = ()
    holds: tuple[bytes, ...] = ()
    """Instead of a name: a directory that holds one of these paths."""
    exceptions: tuple[Pattern, ...] = ()
    minimum_bytes: int = 0
    """Of each file, or of a directory in all."""
    inside: tuple[Delivery, ...] = ()
    """Where it holds although the directory is served or loaded whole: there it is conditional at best."""
    advice: str | None = None
    """What to do beside leaving it out."""
    settled: bool | None = None
    """As the category's, where it differs."""
    only_files: bool = False
    """Its patterns name no directories: ``TODO`` is a text, ``todo/`` an application."""
    never_needed: bool = False
    """No build and no start needs its files, not even those below a directory that is needed."""
    rank: int = 0
    """The rule of lower rank wins a file that two rules name: safe ones first, then as the data has them."""


class Needed(Struct, frozen=True, kw_only=True):
    """What a build or a start needs, whatever else happens."""

    ecosystems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    reason: str
    only_at_root: bool = False
    """Only in the root of the slug, not in that of every project."""
    unless_named: bool = False
    """Not below a directory that a rule names: tests and installed packages have such files of their own."""


class ServedWhole(Struct, frozen=True, kw_only=True):
    """Directories that a framework serves or loads whole."""

    ecosystems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    delivery: Delivery
    reason: str


class NotAReader(Struct, frozen=True, kw_only=True):
    """Files that may name a path although the running application does not read it."""

    ecosystems: tuple[str, ...]
    patterns: tuple[Pattern, ...]
    reason: str
    unless_called: bool = False
    """What a command of the deployed application calls by its path is a reader all the same."""
    only_files: bool = False
    """Its patterns name no directories."""


class Catalog(Struct, frozen=True, kw_only=True):
    """The whole of ``catalog.toml``, in its order."""

    ecosystems: tuple[Ecosystem, ...]
    foreign: frozenset[bytes]
    """Names, in lower case, of directories in which a manifest is not of a project of this application."""
    categories: tuple[Category, ...]
    rules: Mapping[str, CatalogRule]
    """By id."""
    needed: tuple[Needed, ...]
    served: tuple[ServedWhole, ...]
    not_a_reader: tuple[NotAReader, ...]


def is_settled(rule: str, category: str) -> bool:
    """Return True if a conditional file of this rule is safe once nothing that a deploy reaches needs it."""
    row = catalog().rules.get(rule)
    if row is not None and row.settled is not None:
        return row.settled
    return any(each.settled for each in catalog().categories if each.id == category)


@cache
def catalog() -> Catalog:
    """The catalog, read once."""
    return read_table("catalog", Made[Catalog], from_data)


def from_data(data: Mapping[str, Any]) -> Catalog:
    """The catalog in the data of a TOML file. Raises ``ValueError`` for a bad pattern, ``TypeError`` for a bad key."""
    ranked = sorted(data["rule"], key=lambda row: row["tier"] != Tier.SAFE.value)
    ranks = {row["id"]: rank for rank, row in enumerate(ranked)}
    return Catalog(
        ecosystems=tuple(record_of(Ecosystem, row) for row in data["ecosystem"]),
        foreign=frozenset(name.lower().encode() for name in data["foreign"]["names"]),
        categories=tuple(record_of(Category, row) for row in data["category"]),
        rules={row["id"]: record_of(CatalogRule, {**row, "rank": ranks[row["id"]]}) for row in data["rule"]},
        needed=tuple(record_of(Needed, row) for row in data["needed"]),
        served=tuple(record_of(ServedWhole, row) for row in data["served"]),
        not_a_reader=tuple(record_of(NotAReader, row) for row in data["not_a_reader"]),
    )


def record_of(kind: type[T], row: Mapping[str, Any]) -> T:
    """Return the record of a row of a TOML file. Raises as ``from_data`` does."""
    types = get_type_hints(kind)
    return kind(**{key: _converted(value, types.get(key)) for key, value in row.items()})


def _converted(value: Any, wanted: Any) -> Any:
    """Return what TOML has no words for: patterns, bytes, members of enums, tuples and sets of them."""
    if get_origin(wanted) in (tuple, frozenset):
        return get_origin(wanted)(_converted(each, get_args(wanted)[0]) for each in value)
    if wanted is Pattern:
        return Pattern.parse(value)
    if isinstance(wanted, EnumType):
        return wanted(value)
    return value.encode() if bytes in (wanted, *get_args(wanted)) else value
