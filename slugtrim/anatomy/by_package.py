"""Waste that is whole packages."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from fnmatch import translate

from slugtrim.anatomy.catalog import WasteRule
from slugtrim.anatomy.claims import Ground, WasteClaim
from slugtrim.anatomy.development import development_roots
from slugtrim.anatomy.installed import Installed, same_name

_MODULES = b"node_modules"


def packages(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Packages of certain names."""
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
    """What was installed for development only."""
    copies = {placed.package for _, placed in ground.within(rule) if placed.package is not None}
    roots = development_roots(copies, ground.seen, ground.links)
    yield from _rooted(ground, rule, roots)


def copies(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """All copies of a version of a package but the one nearest to the root."""
    found: dict[tuple[str, str], set[bytes]] = defaultdict(set)
    for _, placed in ground.within(rule):
        if placed.package is not None and placed.package.version:
            found[placed.package.name, placed.package.version].add(placed.package.root)
    spare = {root for roots in found.values() for root in sorted(roots, key=_nearness)[1:]}
    yield from _rooted(ground, rule, spare)


def build_only(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """``node_modules`` of an application in another language, none of whose processes runs Node.

    ``rule.names`` tell the other language, ``rule.packages`` are the programs by which a process would run Node.
    """
    procfile = ground.seen.procfile
    if procfile is None or _mentions(procfile, rule.packages) or ground.paths.isdisjoint(rule.names):
        return
    for at, placed in ground.within(rule):
        above, found, _ = placed.file.path.partition(_MODULES + b"/")
        if found:
            yield WasteClaim(at, above + _MODULES)


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
