"""What each sign of waste finds. A claim says which file, where to show it, and how much of it goes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from typing import NamedTuple, assert_never

from slugtrim.anatomy.bytecode import Bytecode, bytecode_of
from slugtrim.anatomy.catalog import Sign, WasteRule, waste_rules
from slugtrim.anatomy.development import development_roots, runs_any
from slugtrim.anatomy.installed import Installed
from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.names import normalized
from slugtrim.anatomy.placing import Placed
from slugtrim.anatomy.walking import Walk
from slugtrim.files import SYMLINK
from slugtrim.suggester.candidates import catalog_candidates
from slugtrim.suggester.projects import find_projects
from slugtrim.suggester.record import Tier


class Claim(NamedTuple):
    """A file that is waste, or partly so."""

    at: int
    """Which of the files placed."""
    place: bytes
    """The directory or file to show."""
    goes_bytes: int | None = None
    """How much of it goes; None for all."""


class Claims:
    """Looks for waste in one slug."""

    def __init__(
        self, placed: Sequence[Placed], seen: Seen, links: Mapping[bytes, bytes], hard_links: Mapping[bytes, bytes]
    ) -> None:
        self._placed = placed
        self._seen = seen
        self._links = links
        self._hard_links = hard_links

    def of(self, rule: WasteRule) -> Iterable[Claim]:
        """Everything that ``rule`` finds, whoever else claims it."""
        match rule.sign:
            case Sign.NAMES:
                return self._named.get(rule.id, ())
            case Sign.PACKAGES:
                return self._packages(rule)
            case Sign.DEVELOPMENT:
                return self._development(rule)
            case Sign.BUILD_ONLY:
                return self._build_only(rule)
            case Sign.FOREIGN_BYTECODE:
                return self._compiled(Bytecode.FOREIGN)
            case Sign.OPTIMIZED_BYTECODE:
                return self._compiled(Bytecode.OPTIMIZED)
            case Sign.BYTECODE:
                return self._compiled(Bytecode.DOUBLE)
            case Sign.SYMBOLS:
                return self._symbols(rule)
            case Sign.COPIES:
                return self._copies(rule)
            case Sign.DUPLICATES:
                return self._duplicates(rule)
            case Sign.RIVALS:
                return self._rivals(rule)
            case Sign.SOURCE:
                return self._source(rule)
            case _:
                assert_never(rule.sign)

    def _in(self, rule: WasteRule) -> Iterator[tuple[int, Placed]]:
        for at, placed in enumerate(self._placed):
            if not rule.groups or placed.group.id in rule.groups:
                yield at, placed

    @cached_property
    def paths(self) -> frozenset[bytes]:
        """Those of all files."""
        return frozenset(placed.file.path for placed in self._placed)

    @cached_property
    def _named(self) -> dict[str, list[Claim]]:
        """All at once, so that each path is walked once."""
        rules = [rule for rule in waste_rules() if rule.sign is Sign.NAMES]
        patterns = [((rule, False), rule.patterns) for rule in rules]
        patterns += [((rule, True), rule.exceptions) for rule in rules if rule.exceptions]
        walk: Walk[tuple[WasteRule, bool]] = Walk(patterns)
        found: dict[str, list[Claim]] = defaultdict(list)
        for at, placed in enumerate(self._placed):
            named = walk.named(placed.file.path, placed.root)
            excepted = {rule.id for (rule, is_exception), _ in named if is_exception}
            claimed = set()
            for (rule, is_exception), what in named:
                is_here = not rule.groups or placed.group.id in rule.groups
                if is_here and not is_exception and rule.id not in excepted and rule.id not in claimed:
                    claimed.add(rule.id)
                    is_file = what == placed.file.path
                    found[rule.id].append(Claim(at, placed.home or what if is_file else what))
        return found

    def _packages(self, rule: WasteRule) -> Iterator[Claim]:
        is_meant: dict[Installed, bool] = {}
        claims = []
        others = set()
        for at, placed in self._in(rule):
            if placed.package is None:
                continue
            if placed.package not in is_meant:
                name = _comparable(placed.package)
                is_meant[placed.package] = any(fnmatchcase(name, form) for form in rule.packages)
                others.add(name)
            if is_meant[placed.package]:
                claims.append(Claim(at, _shown(placed)))
        if not rule.needs or not others.isdisjoint(rule.needs):
            yield from claims

    def _development(self, rule: WasteRule) -> Iterator[Claim]:
        roots = self._development_roots
        for at, placed in self._in(rule):
            if placed.package is not None and placed.package.root in roots:
                yield Claim(at, placed.package.root)

    @cached_property
    def _development_roots(self) -> frozenset[bytes]:
        copies = {placed.package for placed in self._placed if placed.package is not None}
        return development_roots(copies, self._seen, self._links)

    def _build_only(self, rule: WasteRule) -> Iterator[Claim]:
        if self._seen.procfile is None or runs_any(self._seen.procfile, rule.packages):
            return
        if self.paths.isdisjoint(rule.names):
            return
        for at, placed in self._in(rule):
            head, found, _ = placed.file.path.partition(b"node_modules/")
            if found:
                yield Claim(at, head + b"node_modules")

    def _compiled(self, kind: Bytecode) -> Iterator[Claim]:
        for at, placed in enumerate(self._placed):
            path = placed.file.path
            if path.endswith(b".pyc") and bytecode_of(path, self.paths) is kind:
                yield Claim(at, placed.home or path.rpartition(b"/")[0] or path)

    def _symbols(self, rule: WasteRule) -> Iterator[Claim]:
        for at, placed in self._in(rule):
            size = self._seen.debug_bytes.get(placed.file.path, 0)
            if size >= max(rule.minimum_bytes, 1):
                yield Claim(at, placed.file.path, size)

    def _copies(self, rule: WasteRule) -> Iterator[Claim]:
        """All copies of a version but the one nearest to the root."""
        copies: dict[tuple[str, str], set[bytes]] = defaultdict(set)
        for _, placed in self._in(rule):
            if placed.package is not None and placed.package.version:
                copies[placed.package.name, placed.package.version].add(placed.package.root)
        gone = {root for roots in copies.values() if len(roots) > 1 for root in sorted(roots, key=_nearness)[1:]}
        for at, placed in self._in(rule):
            if placed.package is not None and placed.package.root in gone:
                yield Claim(at, placed.package.root)

    def _duplicates(self, rule: WasteRule) -> Iterator[Claim]:
        """In each group, all files with a content but the first. A hard link takes no room in an archive."""
        kept: set[tuple[str, str]] = set()
        for at, placed in self._in(rule):
            file = placed.file
            if file.blob is None or file.mode == SYMLINK or file.path in self._hard_links:
                continue
            if file.size_bytes < max(rule.minimum_bytes, 1):
                continue
            key = placed.group.id, file.blob
            if key in kept:
                yield Claim(at, file.path)
            kept.add(key)

    def _rivals(self, rule: WasteRule) -> Iterator[Claim]:
        found = [Claim(at, each.file.path) for at, each in enumerate(self._placed) if each.file.path in rule.names]
        if len(found) > 1:
            yield from found

    def _source(self, rule: WasteRule) -> Iterator[Claim]:
        own = [placed.file for _, placed in self._in(rule)]
        at = {placed.file.path: at for at, placed in self._in(rule)}
        for candidate in catalog_candidates(own, find_projects(own)):
            if candidate.tier is Tier.SAFE:
                yield from (Claim(at[file.path], candidate.path) for file in candidate.files)


def _comparable(package: Installed) -> str:
    return normalized(package.name) if package.group == "python-packages" else package.name.lower()


def _shown(placed: Placed) -> bytes:
    assert placed.package is not None
    return placed.home or placed.package.root


def _nearness(root: bytes) -> tuple[int, bytes]:
    return root.count(b"/"), root
