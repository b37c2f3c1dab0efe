"""Find the waste in a slug by name, content or package. Each file counts as one kind of waste."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from fnmatch import translate
from functools import cached_property
from typing import NamedTuple

from slugtrim.anatomy.binaries import Bytecode, bytecode_of
from slugtrim.anatomy.catalog import Bulk, Sign, Walk, Waste, WastePlace, WasteRule, waste_rules
from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.packages import Installed, Placed, development_roots, same_name
from slugtrim.anatomy.removal import Claimed
from slugtrim.files import SYMLINK, directories_above
from slugtrim.suggester.candidates import catalog_candidates
from slugtrim.suggester.places import find_projects
from slugtrim.suggester.records import Tier


class WasteClaim(NamedTuple):
    """A file that is waste in whole or part."""

    at: int
    """Index of the file in ``placed``."""
    place: bytes
    """The directory or file to show."""
    goes_bytes: int | None = None
    """Bytes of it that go; None for all."""


class Ground:
    """One slug, with all that is known about its files."""

    def __init__(
        self,
        placed: Sequence[Placed],
        seen: Seen,
        *,
        links: Mapping[bytes, bytes],
        hard_links: Mapping[bytes, bytes],
    ) -> None:
        """``links`` and ``hard_links`` map a path to its target."""
        self.placed = placed
        self.seen = seen
        self.links = links
        self.hard_links = hard_links

    def within(self, rule: WasteRule) -> Iterator[tuple[int, Placed]]:
        """Yield the files of the groups that ``rule`` covers, with their indexes."""
        for at in self._of_groups(rule) if rule.groups else range(len(self.placed)):
            yield at, self.placed[at]

    def fits(self, rule: WasteRule) -> bool:
        """Return True if the slug has what ``rule`` needs beside its waste, and nothing that explains it."""
        if not rule.beside and not rule.lacks:
            return True
        has_beside = not rule.beside or any(path.startswith(rule.beside) for path in self.paths)
        return has_beside and not any(path.startswith(rule.lacks) for path in self.paths)

    def _of_groups(self, rule: WasteRule) -> list[int]:
        return sorted(at for group in rule.groups for at in self._by_group.get(group, ()))

    @cached_property
    def _by_group(self) -> Mapping[str, Sequence[int]]:
        numbers: dict[str, list[int]] = defaultdict(list)
        for at, placed in enumerate(self.placed):
            numbers[placed.group.id].append(at)
        return numbers

    @cached_property
    def compiled(self) -> Mapping[int, Bytecode]:
        """Return index to kind of the compiled Python files."""
        return {
            at: bytecode_of(placed.file.path, self.paths)
            for at, placed in enumerate(self.placed)
            if placed.file.path.endswith(b".pyc")
        }

    @cached_property
    def commands(self) -> Sequence[bytes]:
        """Return the commands that start processes, with those of ``npm start``."""
        lines = (self.seen.procfile or b"").splitlines()
        named = {
            name.strip(): command.strip() for name, colon, command in (line.partition(b":") for line in lines) if colon
        }
        manifest = self.seen.manifests.get(b"")
        start = manifest.start.encode("utf-8", "surrogateescape") if manifest is not None else b""
        named.setdefault(b"web", b"npm start")
        return [_NPM_START.sub(lambda _: start, command) for command in named.values()]

    @cached_property
    def started(self) -> frozenset[bytes]:
        """Return the files that these commands name."""
        words = {word for command in self.commands for word in re.split(rb"[^\w./@-]+", command)}
        return self.paths.intersection(word.removeprefix(b"./") for word in words)

    @cached_property
    def homes(self) -> tuple[bytes, ...]:
        """Return the directories of these files, each with a slash, without the root: they have what runs."""
        return tuple(sorted({path.rpartition(b"/")[0] + b"/" for path in self.started if b"/" in path}))

    @cached_property
    def paths(self) -> frozenset[bytes]:
        """Return the paths of all files."""
        return frozenset(placed.file.path for placed in self.placed)


_Mark = tuple[WasteRule, bool]
"""A rule, and True if one of its exceptions matches."""


_NPM_START = re.compile(rb"\b(?:npm|yarn|pnpm|bun)(?: run)? start\b")


_CACHE = re.compile(rb"(?:.*/)?node_modules/\.cache/([^/]+)", re.DOTALL)


class NamedWaste:
    """Finds waste for all rules by name, walking each path once."""

    def __init__(self, ground: Ground) -> None:
        rules = [rule for rule in waste_rules() if rule.sign is Sign.NAMES]
        patterns = [((rule, False), rule.patterns) for rule in rules]
        patterns += [((rule, True), rule.exceptions) for rule in rules if rule.exceptions]
        walk: Walk[_Mark] = Walk(patterns)
        self._found: dict[str, list[WasteClaim]] = defaultdict(list)
        caches = ground.seen.caches
        for at, placed in enumerate(ground.placed):
            path = placed.file.path
            named = walk.named(path, placed.root)
            done = {rule.id for (rule, is_exception), _ in named if is_exception}
            for (rule, _), what in named:  # the topmost directory comes first
                if rule.id not in done and (not rule.groups or placed.group.id in rule.groups):
                    done.add(rule.id)
                    if caches and rule.unless_mentioned and (cache := _CACHE.match(path)) is not None:
                        if not caches.isdisjoint((cache[1], b"")):
                            continue
                        what = cache[0]
                    self._found[rule.id].append(WasteClaim(at, placed.home or path if what == path else what))

    def claims(self, rule: WasteRule) -> list[WasteClaim]:
        """Return the waste that ``rule`` names."""
        return self._found.get(rule.id, [])


def rivals(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield files in the root of which there should be only one."""
    found = [WasteClaim(at, each.file.path) for at, each in enumerate(ground.placed) if each.file.path in rule.names]
    if len(found) > 1:
        yield from found


def source(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield what the suggester's catalog lists as safe. References are not searched, since the contents have passed."""
    at = {placed.file.path: at for at, placed in ground.within(rule)}
    own = [placed.file for _, placed in ground.within(rule)]
    for candidate in catalog_candidates(own, find_projects(own)):
        if candidate.tier is Tier.SAFE:
            yield from (WasteClaim(at[file.path], candidate.path or file.path) for file in candidate.files)


_COMPILED = b"__pycache__"


def foreign_bytecode(ground: Ground, _: WasteRule) -> Iterator[WasteClaim]:
    """Yield compiled Python that no interpreter here loads."""
    yield from _compiled(ground, Bytecode.FOREIGN)


def optimized_bytecode(ground: Ground, _: WasteRule) -> Iterator[WasteClaim]:
    """Yield compiled Python that only ``python -O`` loads."""
    yield from _compiled(ground, Bytecode.OPTIMIZED)


def bytecode(ground: Ground, _: WasteRule) -> Iterator[WasteClaim]:
    """Yield compiled Python whose source exists."""
    yield from _compiled(ground, Bytecode.DOUBLE)


def symbols(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield the parts of programs and shared objects that ``strip`` removes."""
    for at, placed in ground.within(rule):
        size = ground.seen.debug_bytes.get(placed.file.path, 0)
        if size >= max(rule.minimum_bytes, 1):
            yield WasteClaim(at, placed.file.path, size)


def duplicates(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield files of a group with the same content, except the first, or the first beside what is started.

    Hard links take no space in an archive.
    """
    kept: set[tuple[str, bytes]] = set()
    for at, placed in sorted(ground.within(rule), key=lambda each: not each[1].file.path.startswith(ground.homes)):
        file = placed.file
        if file.blob is None or file.mode == SYMLINK or file.path in ground.hard_links:
            continue
        if file.size_bytes < max(rule.minimum_bytes, 1):
            continue
        key = placed.group.id, file.blob
        if key in kept:
            yield WasteClaim(at, file.path)
        kept.add(key)


def _compiled(ground: Ground, kind: Bytecode) -> Iterator[WasteClaim]:
    for at, what in ground.compiled.items():
        if what is kind:
            file, *_, home = ground.placed[at]
            is_of_package = home and not home.endswith(_COMPILED)
            yield WasteClaim(at, home if is_of_package else file.path.rpartition(b"/")[0] or file.path)


_MODULES = b"node_modules"


def packages(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield packages with certain names."""
    form = re.compile("|".join(map(translate, rule.packages)))
    is_meant: dict[Installed, bool] = {}
    names = set()
    claims = []
    for at, placed in ground.within(rule):
        package = placed.package
        if package is None:
            continue
        if package not in is_meant:
            name = same_name(package).lower()
            names.add(name)
            is_meant[package] = form.match(name) is not None
        if is_meant[package]:
            claims.append(WasteClaim(at, package.root))
    if not rule.needs or not names.isdisjoint(rule.needs):
        yield from claims


def development(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield packages that were installed for development only."""
    copies = {placed.package for _, placed in ground.within(rule) if placed.package is not None}
    roots = development_roots(copies, ground.seen, ground.links)
    yield from _rooted(ground, rule, roots)


def copies(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield all copies of a package version, except the one nearest to the root, and those beside what is started."""
    found: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for _, placed in ground.within(rule):
        package = placed.package
        if package is not None and package.version and not package.root.startswith(ground.homes):
            found[package.name, package.version].add(package.root)
    spare = {root for roots in found.values() for root in sorted(roots, key=_nearness)[1:]}
    yield from _rooted(ground, rule, spare)


def build_only(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield the ``node_modules`` of an application in another language if none of its processes runs Node.

    ``rule.names`` identify the other language; ``rule.packages`` are the programs that would run Node.
    """
    procfile = ground.seen.procfile
    if procfile is None or _mentions(procfile, rule.packages) or ground.paths.isdisjoint(rule.names):
        return
    for at, placed in ground.within(rule):
        above, found, _ = placed.file.path.partition(_MODULES + b"/")
        if found:
            yield WasteClaim(at, above + _MODULES)


_STANDALONE = re.compile(rb"(?:.*/)?\.next/standalone/(?:.*/)?server\.js", re.DOTALL)


def beside_standalone(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield ``node_modules`` if Node runs nothing but a server of Next.js that has packages of its own.

    ``rule.packages`` are the programs that would run something else.
    """
    servers = [path for path in ground.started if _STANDALONE.fullmatch(path)]
    if not servers or any(_mentions(command, rule.packages) for command in ground.commands):
        return
    scripts = [path for path in ground.started if path.endswith((b".js", b".mjs", b".cjs", b".ts"))]
    if len(scripts) > len(servers):
        return
    for at, placed in ground.within(rule):
        path = placed.file.path
        above, found, _ = path.partition(_MODULES + b"/")
        if found and b".next/standalone/" not in path:
            yield WasteClaim(at, above + _MODULES)


_ABI_HOME = re.compile(rb"((?:.*/)?vendor/bundle/ruby/(\d+\.\d+)\.\d+/)gems/", re.DOTALL)
_ABI_LIBRARY = re.compile(rb"(.*/)(\d+\.\d+)(/[^/]+\.so)", re.DOTALL)


def ruby_abis(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield libraries in a directory named after another Ruby, beside that of the Ruby which has the gems."""
    for at, placed in ground.within(rule):
        path = placed.file.path
        home, library = _ABI_HOME.match(path), _ABI_LIBRARY.fullmatch(path)
        if home is None or library is None or library[2] == home[2]:
            continue
        if library[1] + home[2] + library[3] in ground.paths:
            yield WasteClaim(at, library[1] + library[2])


def unpacked(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield zip files of ``rule.names``, directories, beside what they were unpacked to."""
    homes = tuple(b"/" + name + b"/" for name in rule.names)
    directories = {above for path in ground.paths if b"/" in path for above in directories_above(path)}
    for at, placed in ground.within(rule):
        path = placed.file.path
        if path.endswith(b".zip") and any(home in b"/" + path for home in homes) and path[:-4] in directories:
            yield WasteClaim(at, path)


def images(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield pictures that would be half as large at most, with what would go."""
    for at, placed in ground.within(rule):
        file = placed.file
        pixels = ground.seen.pixels.get(file.path, 0)
        goes = file.size_bytes - int(pixels * ground.seen.bytes_per_pixel)
        if pixels and goes >= max(rule.minimum_bytes, file.size_bytes // 2):
            yield WasteClaim(at, file.path, goes)


_FONT = re.compile(rb"(.*?)(?:[-.][0-9a-f]{8,64})?\.(eot|ttf|otf|woff|woff2)", re.DOTALL | re.IGNORECASE)


def old_fonts(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Yield fonts in older formats if the same font exists as WOFF2."""
    fonts = [(at, match) for at, placed in ground.within(rule) if (match := _FONT.fullmatch(placed.file.path))]
    new = {match[1] for _, match in fonts if match[2].lower() == b"woff2"}
    for at, match in fonts:
        if match[2].lower() != b"woff2" and match[1] in new:
            yield WasteClaim(at, match[0])


def _rooted(ground: Ground, rule: WasteRule, roots: Iterable[bytes]) -> Iterator[WasteClaim]:
    wanted = frozenset(roots)
    for at, placed in ground.within(rule):
        if placed.package is not None and placed.package.root in wanted:
            yield WasteClaim(at, placed.package.root)


def _mentions(procfile: bytes, programs: Iterable[str]) -> bool:
    words = {word.rpartition(b"/")[2] for word in re.split(rb"[^\w./-]+", procfile)}
    return not words.isdisjoint(program.encode() for program in programs)


def _nearness(root: bytes) -> tuple[int, bytes]:
    return root.count(b"/"), root


SIGNS: Mapping[Sign, Callable[[Ground, WasteRule], Iterable[WasteClaim]]] = {
    Sign.PACKAGES: packages,
    Sign.DEVELOPMENT: development,
    Sign.BUILD_ONLY: build_only,
    Sign.COPIES: copies,
    Sign.BESIDE_STANDALONE: beside_standalone,
    Sign.RUBY_ABIS: ruby_abis,
    Sign.UNPACKED: unpacked,
    Sign.IMAGES: images,
    Sign.OLD_FONTS: old_fonts,
    Sign.FOREIGN_BYTECODE: foreign_bytecode,
    Sign.OPTIMIZED_BYTECODE: optimized_bytecode,
    Sign.BYTECODE: bytecode,
    Sign.SYMBOLS: symbols,
    Sign.DUPLICATES: duplicates,
    Sign.RIVALS: rivals,
    Sign.SOURCE: source,
}
"""The function for each sign. All names are found at once (``NamedWaste``)."""


def find_waste(ground: Ground, shares: Mapping[bytes, int], removed: list[Claimed] | None = None) -> tuple[Waste, ...]:
    """Return the waste, largest saving first, unknown savings last. ``shares`` maps paths to compressed bytes.

    ``removed`` gets the files of each kind that is safe.
    """
    named = NamedWaste(ground)
    gone: set[int] = set()
    found = []
    for rule in waste_rules():
        if not ground.fits(rule):
            continue
        claims = list(named.claims(rule) if rule.sign is Sign.NAMES else SIGNS[rule.sign](ground, rule))
        if rule.saves:
            claims = [claim for claim in claims if claim.at not in gone]
            gone.update(claim.at for claim in claims)
        if claims:
            found.append(_waste(rule, claims, ground.placed, shares))
        if removed is not None and rule.tier is Tier.SAFE:
            places = {ground.placed[claim.at].file.path: claim.place for claim in claims if claim.goes_bytes is None}
            removed.append(Claimed(rule=rule, places=places))
    return tuple(sorted(found, key=_rank))


def _rank(waste: Waste) -> tuple[bool, int, str]:
    weight = waste.bulk if waste.saves is None else waste.saves
    return waste.saves is None, -weight.compressed_bytes, waste.id


def _waste(
    rule: WasteRule, claims: Sequence[WasteClaim], placed: Sequence[Placed], shares: Mapping[bytes, int]
) -> Waste:
    places: dict[bytes, Bulk] = defaultdict(Bulk)
    for claim in claims:
        file = placed[claim.at].file
        places[claim.place] += _goes(claim, file.size_bytes, shares[file.path])
    heaviest = sorted(places.items(), key=lambda item: (-item[1].compressed_bytes, item[0]))
    return Waste(
        id=rule.id,
        tier=rule.tier,
        lever=rule.lever,
        reason=rule.reason,
        cure=rule.cure,
        bulk=Bulk.of((placed[claim.at].file for claim in claims), shares),
        saves=sum(places.values(), Bulk()) if rule.saves else None,
        places=tuple(WastePlace(path=path, saves=saves) for path, saves in heaviest),
    )


def _goes(claim: WasteClaim, size_bytes: int, share_bytes: int) -> Bulk:
    """Return the part of a file that goes, with its proportion of the file's compressed share."""
    if claim.goes_bytes is None:
        return Bulk(files=1, size_bytes=size_bytes, compressed_bytes=share_bytes)
    compressed = share_bytes * claim.goes_bytes // max(size_bytes, 1)
    return Bulk(files=1, size_bytes=claim.goes_bytes, compressed_bytes=compressed)
