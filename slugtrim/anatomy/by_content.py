"""Waste told by what files hold: compiled Python, symbols, the same content twice."""

from __future__ import annotations

from collections.abc import Iterator

from slugtrim.anatomy.bytecode import Bytecode
from slugtrim.anatomy.catalog import WasteRule
from slugtrim.anatomy.claims import Ground, WasteClaim
from slugtrim.files import SYMLINK

_COMPILED = b"__pycache__"


def foreign_bytecode(ground: Ground, _: WasteRule) -> Iterator[WasteClaim]:
    """What no interpreter here loads."""
    yield from _compiled(ground, Bytecode.FOREIGN)


def optimized_bytecode(ground: Ground, _: WasteRule) -> Iterator[WasteClaim]:
    """What only ``python -O`` loads."""
    yield from _compiled(ground, Bytecode.OPTIMIZED)


def bytecode(ground: Ground, _: WasteRule) -> Iterator[WasteClaim]:
    """What is there as source as well."""
    yield from _compiled(ground, Bytecode.DOUBLE)


def symbols(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """What ``strip`` takes out of programs and shared objects."""
    for at, placed in ground.within(rule):
        size = ground.seen.debug_bytes.get(placed.file.path, 0)
        if size >= max(rule.minimum_bytes, 1):
            yield WasteClaim(at, placed.file.path, size)


def duplicates(ground: Ground, rule: WasteRule) -> Iterator[WasteClaim]:
    """Of the files of a group with the same content all but the first. A hard link takes no room in an archive."""
    kept: set[tuple[str, bytes]] = set()
    for at, placed in ground.within(rule):
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
