"""Say what becomes of paths: the records of ``ls``, ``explain``, and the map that a page draws."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import REGULAR, File, Source, Tree, Unreadable, is_within
from slugtrim.ignore import Dialect, Rule
from slugtrim.measurement import Measurement, measure
from slugtrim.scanner import Slug, check_part, scan
from slugtrim.sizer import Progress, Sizer, estimated_shares
from slugtrim.store import CacheTable
from slugtrim.suggester.records import Trace

if TYPE_CHECKING:
    from slugtrim.diff.difference import Part


class ListedFile(Struct, frozen=True, kw_only=True):
    """One file of the listing."""

    file: File
    rule: Rule | None
    """What leaves it out; None for what is in the slug and for what the compiler removes by itself."""
    compressed_bytes: int | None
    """Its share of the compressed slug, or an estimate for what is left out; None when not asked for."""


class SlugListing(Struct, frozen=True, kw_only=True):
    """A listing, in byte order of the paths."""

    source: Source
    dialect: Dialect
    ignored: bool
    """It lists what is left out."""
    lines: tuple[ListedFile, ...]
    unreadable: tuple[Unreadable, ...]
    part: bytes = b""
    """The directory that it lists; empty for all of the slug."""


def list_slug(
    tree: Tree,
    dialect: Dialect,
    *,
    ignored: bool = False,
    long: bool = False,
    part: bytes = b"",
    cache: CacheTable | None = None,
    progress: Progress | None = None,
) -> SlugListing:
    """Return the files in the slug, or with ``ignored`` those left out; with ``long`` what each weighs.

    ``part`` is the directory to list; empty for all. Raises ``RulesError`` if the ``.slugignore`` cannot be read, and
    ``SourceError`` for a part without files.
    """
    check_part(tree, part)
    unreadable = tree.unreadable
    shares: Mapping[bytes, int] = {}
    if long and not ignored:
        measured = measure(tree, dialect, cache=cache, progress=progress)
        slug, shares, unreadable = measured.slug, measured.shares, measured.unreadable
    else:
        slug = scan(tree, dialect)
        if long:
            files = [*(left.file for left in slug.left_out), *slug.compiler_removed]
            shares = estimated_shares(Sizer(tree.contents, cache=cache, progress=progress), files)
    lines = _ignored_lines(slug, shares) if ignored else _kept_lines(slug, shares)
    return SlugListing(
        source=tree.source,
        dialect=dialect,
        ignored=ignored,
        lines=tuple(each for each in lines if is_within(each.file.path, part)),
        unreadable=unreadable,
        part=part,
    )


def _kept_lines(slug: Slug, shares: Mapping[bytes, int]) -> list[ListedFile]:
    return [ListedFile(file=file, rule=None, compressed_bytes=shares.get(file.path)) for file in slug.kept]


def _ignored_lines(slug: Slug, shares: Mapping[bytes, int]) -> list[ListedFile]:
    left_out = [(left.file, left.rule) for left in slug.left_out]
    everything: list[tuple[File, Rule | None]] = [*left_out, *((file, None) for file in slug.compiler_removed)]
    everything.sort(key=lambda item: item[0].path)
    return [ListedFile(file=file, rule=rule, compressed_bytes=shares.get(file.path)) for file, rule in everything]


_PLACEHOLDER = b"\0"
"""Name of a file that stands for the content of a directory that is not there. NUL is in no real name."""


class PathKind(Enum):
    """What a path is in the tree."""

    FILE = "file"
    DIRECTORY = "directory"
    ABSENT = "absent"
    """Not there: the verdict says what would become of it."""


class PathVerdict(Struct, frozen=True, kw_only=True):
    """What one dialect makes of the path."""

    dialect: Dialect
    files: int
    """How many files the path stands for: 1, or all those below a directory."""
    left_out: int
    """How many of them are left out."""
    by_compiler: bool
    """The compiler removes all of it by itself, before any rule."""
    rule: Rule | None
    """The rule that decided, where it decided about the path as a whole."""


class Explanation(Struct, frozen=True, kw_only=True):
    """One path."""

    path: bytes
    kind: PathKind
    verdicts: tuple[PathVerdict, ...]
    """The chosen dialect first."""
    reach: Trace | None = None
    """How a deploy comes to a file; None for anything else, and for what the compiler removes."""


class Explanations(Struct, frozen=True, kw_only=True):
    """What was asked about one tree."""

    source: Source
    items: tuple[Explanation, ...]


def explain(
    tree: Tree, paths: Sequence[bytes], dialect: Dialect, *, evidence: CacheTable | None = None
) -> Explanations:
    """Return what becomes of each path. One that ends in a slash and does not exist is taken for a directory.

    For files this takes as long as the suggestions; ``evidence`` remembers what files refer to. Raises ``RulesError``
    if the ``.slugignore`` cannot be read.
    """
    known = {file.path for file in tree.files}
    kinds = {path: _kind(path, known) for path in paths}
    added = [_stand_in(path) for path, kind in kinds.items() if kind is PathKind.ABSENT]
    with_added = replace(tree, files=tuple(sorted((*tree.files, *added))))
    dialects = (dialect, dialect.other)
    slugs = [scan(tree, each) for each in dialects]
    slugs_with_added = [scan(with_added, each) for each in dialects] if added else slugs
    reaches = explain_reach(slugs[0], [path for path, kind in kinds.items() if kind is PathKind.FILE], evidence)
    items = []
    for path in paths:
        if kinds[path] is PathKind.ABSENT:
            verdicts = tuple(_verdict(_stand_in(path).path, slug) for slug in slugs_with_added)
        else:
            verdicts = tuple(_verdict(path.removesuffix(b"/"), slug) for slug in slugs)
        items.append(
            Explanation(path=path.removesuffix(b"/"), kind=kinds[path], verdicts=verdicts, reach=reaches.get(path))
        )
    return Explanations(source=tree.source, items=tuple(items))


def explain_reach(slug: Slug, paths: Collection[bytes], evidence: CacheTable | None = None) -> Mapping[bytes, Trace]:
    """Return how a deploy comes to each of the files. What the compiler itself removes is missing."""
    from slugtrim.suggester.tracing import trace  # with all that parses code: a directory does without

    return trace(slug, paths, evidence) if paths else {}


def _kind(path: bytes, known: set[bytes]) -> PathKind:
    if path in known:
        return PathKind.FILE
    below = path.removesuffix(b"/") + b"/"
    return PathKind.DIRECTORY if path == b"" or any(other.startswith(below) for other in known) else PathKind.ABSENT


def _stand_in(path: bytes) -> File:
    return File(path + _PLACEHOLDER if path.endswith(b"/") else path, 0, REGULAR, None)


def _verdict(path: bytes, slug: Slug) -> PathVerdict:
    below = path + b"/" if path else b""
    left_out = [left for left in slug.left_out if left.file.path == path or left.file.path.startswith(below)]
    removed = [file for file in slug.compiler_removed if file.path == path or file.path.startswith(below)]
    kept = sum(file.path == path or file.path.startswith(below) for file in slug.kept)
    rules = {left.rule.line: left.rule for left in left_out}
    return PathVerdict(
        dialect=slug.dialect,
        files=len(left_out) + len(removed) + kept,
        left_out=len(left_out) + len(removed),
        by_compiler=bool(removed) and not left_out and not kept,
        rule=next(iter(rules.values())) if len(rules) == 1 and not kept and not removed else None,
    )


class FateKind(Enum):
    """What becomes of a file."""

    KEPT = "kept"
    LEFT_OUT = "left-out"
    """A rule leaves it out."""
    COMPILER = "compiler"
    """The slug compiler removes it, before any rule."""
    GROUP = "group"
    """It is in a compiled slug, in a group of its anatomy."""


class Fate(NamedTuple):
    """What becomes of a file, and why."""

    kind: FateKind
    text: str = ""
    """The rule as it is written, or the name of the group."""
    line: int = 0
    """Of the rule in ``.slugignore``, from 1."""
    package: str = ""
    """Name and version of the package that the file belongs to."""


class MappedFile(NamedTuple):
    """One file of the map. A named tuple for the same reason as ``File``."""

    path: bytes
    size_bytes: int
    compressed_bytes: int
    """Its share of the slug. For a file that is left out, an estimate; 0 where nobody estimates."""
    fate: Fate


class SlugMap(Struct, frozen=True, kw_only=True):
    """The files in byte order of their paths. The shares of those in the slug add up to its compressed size."""

    files: tuple[MappedFile, ...]


_KEPT = Fate(FateKind.KEPT)
_COMPILER = Fate(FateKind.COMPILER)


def map_tree(measured: Measurement, part: bytes = b"") -> SlugMap:
    """Return the map of a tree that was measured with ``Depth.REPORT``; ``part`` is the directory to show."""
    slug, shares, estimates = measured.slug, measured.shares, measured.left_out_shares
    files = [MappedFile(file.path, file.size_bytes, shares.get(file.path, 0), _KEPT) for file in slug.kept]
    rules = {
        rule.line: Fate(FateKind.LEFT_OUT, rule.text.decode("utf-8", "surrogateescape"), rule.line)
        for rule in slug.rules
    }
    for file, rule in slug.left_out:
        files.append(MappedFile(file.path, file.size_bytes, estimates.get(file.path, 0), rules[rule.line]))
    files += [MappedFile(file.path, file.size_bytes, 0, _COMPILER) for file in slug.compiler_removed]
    return SlugMap(files=_sorted(file for file in files if is_within(file.path, part)))


def map_compiled(files: Sequence[File], shares: Mapping[bytes, int], parts: Mapping[bytes, Part]) -> SlugMap:
    """Return the map of a compiled slug. ``parts`` has the group and the package of every path."""
    fates: dict[Part, Fate] = {}  # a few hundred, of tens of thousands of files
    mapped = []
    for file in files:
        part = parts[file.path]
        fate = fates.get(part)
        if fate is None:
            fate = fates[part] = Fate(FateKind.GROUP, part.group, package=f"{part.package} {part.version}".strip())
        mapped.append(MappedFile(file.path, file.size_bytes, shares[file.path], fate))
    return SlugMap(files=_sorted(mapped))


def _sorted(files: Iterable[MappedFile]) -> tuple[MappedFile, ...]:
    """Return the files so that everything below a directory is in one row."""
    return tuple(sorted(files, key=lambda file: file.path))
