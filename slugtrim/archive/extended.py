"""Extended headers: what stands before a member because its own header has no room for it.

GNU tar's long names, and the records of pax
(https://pubs.opengroup.org/onlinepubs/9799919799/utilities/pax.html).
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from slugtrim.archive.limits import beyond
from slugtrim.archive.numbers import DIGITS, decimal
from slugtrim.archive.sparse import BLOCK_BYTES, PAIRS_PER_BLOCK, Map, is_sound, map_in_data, old_map, written_map
from slugtrim.errors import SlugError
from slugtrim.units import format_size

if TYPE_CHECKING:
    from slugtrim.archive.members import Member, SlugTar

EXTENDED = frozenset((b"L", b"K", b"x", b"X", b"g"))
"""Types of members that only speak of the next one, or (``g``) of all that follow."""

_SIZE = b"size"
_SPARSE_SIZES = (b"GNU.sparse.realsize", b"GNU.sparse.size")
_KEYS = frozenset((b"path", b"linkpath", _SIZE, b"GNU.sparse.name", b"GNU.sparse.map", b"GNU.sparse.major"))
_KEYS |= frozenset(_SPARSE_SIZES)
_PLACES = frozenset((b"GNU.sparse.offset", b"GNU.sparse.numbytes"))


class Extended:
    """What the extended headers before one member say."""

    def __init__(self, tar: SlugTar) -> None:
        self._tar = tar
        self._left_bytes = tar.bounds.limits.header_bytes
        self._records: dict[bytes, bytes] = dict(tar.for_all)
        self._places: list[bytes] = []

    def read(self, kind: bytes, size: int) -> None:
        """Reads the content of an extended header. Raises ``SlugError``: for what is too large, before it is read."""
        if size < 0:
            raise self._tar.damaged("an extended header of a negative size")
        self._take(BLOCK_BYTES + size)
        self._tar.bounds.count_records(1)
        data = self._tar.source.read(size)
        if len(data) < size or self._tar.source.skip(-size % BLOCK_BYTES) < -size % BLOCK_BYTES:
            raise self._tar.cut_off()
        if kind in (b"L", b"K"):
            self._records[b"path" if kind == b"L" else b"linkpath"] = data.partition(b"\0")[0]
            return
        try:
            for key, value in _records(data):
                self._keep(kind, key, value)
        except ValueError as error:
            raise self._tar.damaged("an extended header that cannot be read") from error

    def _keep(self, kind: bytes, key: bytes, value: bytes) -> None:
        self._tar.bounds.count_records(1)
        if key in _PLACES:
            self._places.append(value)
        elif key in _KEYS:
            self._records[key] = value
            if kind == b"g":
                self._tar.for_all[key] = value

    def _take(self, size: int) -> None:
        self._left_bytes -= size
        if self._left_bytes < 0:
            limit = format_size(self._tar.bounds.limits.header_bytes)
            what = f"has extended headers of more than {limit} before one entry, at byte {self._tar.source.tell():,}"
            raise beyond(self._tar.shown, what, "header=SIZE")

    def _block(self) -> bytes:
        self._take(BLOCK_BYTES)
        self._tar.bounds.count_records(PAIRS_PER_BLOCK)
        block = self._tar.source.read(BLOCK_BYTES)
        if len(block) < BLOCK_BYTES:
            raise self._tar.cut_off()
        return block

    def apply(self, member: Member, header: bytes) -> None:
        """Makes ``member`` what these headers say it is. Reads a map behind its header. Raises ``SlugError``."""
        records = self._records
        if b"path" in records:
            member.rename(records[b"path"])
        if b"linkpath" in records:
            member.linkname = os.fsdecode(records[b"linkpath"])
        try:
            if _SIZE in records:
                member.size = member.archived_bytes = decimal(records[_SIZE])
            found = self._map(member, header)
        except ValueError as error:
            raise self._damaged_map() from error
        if found is not None:
            if not is_sound(found, member.size, member.archived_bytes):
                raise self._damaged_map()
            self._tar.bounds.count_hole(member.size - member.archived_bytes)
            self._tar.source.fill_in(member.size - member.archived_bytes)
            member.stretches = found
            member.sparse = found  # type: ignore[assignment]  # typeshed has it wrong

    def _damaged_map(self) -> SlugError:
        return self._tar.damaged("a size or the map of a sparse file that cannot be")

    def _map(self, member: Member, header: bytes) -> Map | None:
        """The map of a sparse file, which then has its real name and size."""
        records = self._records
        if member.type == tarfile.GNUTYPE_SPARSE:
            found, member.size = old_map(header, self._block)
            return found
        real_size = next((records[key] for key in _SPARSE_SIZES if key in records), None)
        if real_size is None or not member.is_file:
            return None
        if b"GNU.sparse.map" in records:
            numbers = records[b"GNU.sparse.map"].split(b",")
            self._tar.bounds.count_records(len(numbers) // 2)
            found = written_map(numbers)
        elif records.get(b"GNU.sparse.major") == b"1":
            found, map_bytes = map_in_data(self._block)
            member.archived_bytes -= map_bytes
        else:
            found = written_map(self._places)
        if b"GNU.sparse.name" in records:
            member.rename(records[b"GNU.sparse.name"])
        member.size = decimal(real_size)
        return found


def _records(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The keys and values of a pax header. Raises ``ValueError``."""
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + DIGITS + 1)
        end = at + decimal(data[at : max(space, at)])
        if not space < end <= len(data) or data[end - 1] != ord("\n"):
            raise ValueError
        key, _, value = data[space + 1 : end - 1].partition(b"=")
        yield key, value
        at = end
