"""Look into programs, bytecode and pictures while a slug is read."""

from __future__ import annotations

import importlib
import io
import re
import struct
from collections.abc import Callable
from collections.abc import Set as AbstractSet
from enum import Enum
from typing import Any, NamedTuple

from slugtrim.archive.entries import Feed
from slugtrim.files import File

_HEADER_BYTES = 64
_MAGIC = b"\x7fELF"
_NAMES_BYTES = 1 << 20
"""Bytes before the section table that are kept to find the names; those of symbols may lie between."""
_PROGRAM_TYPES = (2, 3)
"""ET_EXEC and ET_DYN. Object files (ET_REL) lose nothing, since their symbols are their purpose."""
_PROGBITS, _SYMTAB, _STRTAB = 1, 2, 3
_ALLOC = 2
_DEBUG = (b".debug", b".zdebug", b".gdb_index", b".stab")


class _Layout(NamedTuple):
    """The layout of numbers in files of a class (32 or 64 bits), as ``struct`` formats without byte order."""

    header: str
    """After the identification: type, …, offset of the table, …, size and number of its entries, index of names."""
    entry: str
    """Name, type, flags, …, offset, size, link."""


_LAYOUTS = {1: _Layout("H14xI10xHHH", "III4xIII"), 2: _Layout("H22xQ10xHHH", "IIQ8xQQI")}
_ORDERS = {1: "<", 2: ">"}


class _Table(NamedTuple):
    order: str
    layout: _Layout
    begin: int
    entry_bytes: int
    entries: int
    names_index: int

    @property
    def end(self) -> int:
        return self.begin + self.entry_bytes * self.entries


class ElfSection(NamedTuple):
    """An entry of the section table."""

    name: int
    type: int
    flags: int
    offset: int
    size_bytes: int
    link: int


class ElfLook:
    """Reads one file in pieces, and reports at the end how many bytes ``strip`` would remove."""

    def __init__(self, size_bytes: int, done: Callable[[int], None]) -> None:
        """``done`` is called once, for programs and shared objects only."""
        self._size_bytes = size_bytes
        self._done = done
        self._at = 0
        self._kept = bytearray()
        """Bytes from offset ``_kept_from`` on."""
        self._kept_from = 0
        self._table: _Table | None = None
        self._has_enough = False

    def __call__(self, piece: bytes) -> None:
        if not piece:
            if self._table is not None and self._at >= self._table.end:
                self._done(self._count(self._table))
        elif not self._has_enough:
            self._take(piece)

    def _take(self, piece: bytes) -> None:
        self._at += len(piece)
        self._kept += piece
        if self._table is None and self._at >= _HEADER_BYTES:
            self._table = _read_header(bytes(self._kept[:_HEADER_BYTES]), self._size_bytes)
        if self._table is None:
            self._has_enough = self._at >= _HEADER_BYTES
        elif self._at <= self._table.begin:
            self._forget(self._at - _NAMES_BYTES)
        else:
            self._has_enough = self._at >= self._table.end + _NAMES_BYTES  # no linker puts names further behind

    def _forget(self, before: int) -> None:
        """Drop bytes in large steps, since each step moves the rest."""
        surplus = before - self._kept_from
        if surplus >= _NAMES_BYTES:
            del self._kept[:surplus]
            self._kept_from += surplus

    def _count(self, table: _Table) -> int:
        at = table.begin - self._kept_from
        entry = struct.Struct(table.order + table.layout.entry)
        sections = [
            ElfSection(*entry.unpack_from(self._kept, at + number * table.entry_bytes))
            for number in range(table.entries)
        ]
        names = self._names(sections, table)
        gone = {number for number, section in enumerate(sections) if _is_for_debuggers(section, names)}
        for number, section in enumerate(sections):
            if section.type == _SYMTAB:
                gone |= {number, section.link}
        going = (sections[number].size_bytes for number in gone if number < len(sections))
        return min(sum(going), self._size_bytes)  # a file may claim anything

    def _names(self, sections: list[ElfSection], table: _Table) -> bytes | None:
        """Return the section names; None if they are too far from the table."""
        if table.names_index >= len(sections):
            return None
        section = sections[table.names_index]
        at = section.offset - self._kept_from
        if section.type != _STRTAB or at < 0 or section.size_bytes > _NAMES_BYTES:
            return None
        names = bytes(self._kept[at : at + section.size_bytes])
        return names if len(names) == section.size_bytes else None


def _read_header(header: bytes, size_bytes: int) -> _Table | None:
    """Return the section table's place; None if this is no program or shared object, or has no table."""
    layout, order = _LAYOUTS.get(header[4]), _ORDERS.get(header[5])
    if not header.startswith(_MAGIC) or layout is None or order is None:
        return None
    kind, begin, entry_bytes, entries, names_index = struct.unpack_from(order + layout.header, header, 16)
    table = _Table(order, layout, begin, entry_bytes, entries, names_index)
    is_sound = entry_bytes >= struct.calcsize(order + layout.entry) and 0 < begin < table.end <= size_bytes
    return table if is_sound and kind in _PROGRAM_TYPES and entry_bytes <= _HEADER_BYTES else None


def _is_for_debuggers(section: ElfSection, names: bytes | None) -> bool:
    if section.type != _PROGBITS or section.flags & _ALLOC:
        return False
    if names is None:
        return True  # sections that are not loaded are for debuggers, except a comment of a few bytes
    return names[section.name : section.name + 12].startswith(_DEBUG)


_COMPILED = re.compile(rb"(.*/)?__pycache__/([^/]+?)\.([a-z]+)-([0-9]+)(\.opt-[12])?\.pyc", re.DOTALL)
_LIBRARY = re.compile(rb"(?:.*/)?lib/python([0-9])\.([0-9]+)/", re.DOTALL)


class Bytecode(Enum):
    """What a ``.pyc`` is for."""

    FOREIGN = "foreign"
    """No interpreter loads it: it is for another version, in the wrong place, or its source is missing."""
    OPTIMIZED = "optimized"
    """For ``python -O`` only."""
    DOUBLE = "double"
    """Its source exists as well."""
    ALONE = "alone"
    """Outside ``__pycache__``, and loaded without a source."""


def bytecode_of(path: bytes, paths: AbstractSet[bytes]) -> Bytecode:
    """Return what the ``.pyc`` at ``path`` is for, in a slug with these ``paths``."""
    compiled = _COMPILED.fullmatch(path)
    if compiled is None:
        return Bytecode.FOREIGN if path[:-1] in paths else Bytecode.ALONE
    above, module, interpreter, version, level = compiled.groups()
    if (above or b"") + module + b".py" not in paths:
        return Bytecode.FOREIGN
    library = _LIBRARY.match(path)
    if library is not None and (interpreter, version) != (b"cpython", library[1] + library[2]):
        return Bytecode.FOREIGN
    return Bytecode.OPTIMIZED if level else Bytecode.DOUBLE


_SUFFIX = re.compile(rb"\.(?:png|jpe?g)", re.IGNORECASE)
_LEAST_BYTES = 128 << 10
_MOST_BYTES = 32 << 20
_MOST_PIXELS = 40_000_000
_SAMPLES = 8
_SAMPLED_BYTES = 8 << 20
USUAL = 0.35
"""Bytes for each pixel of a photo as JPEG of quality 80, without a sample."""
_QUALITY = 80
_PNG = b"\x89PNG\r\n\x1a\n"
_NO_FRAME = frozenset((0xC4, 0xC8, 0xCC))


class Images:
    """Looks at large pictures while a slug is read."""

    def __init__(self) -> None:
        self.pixels: dict[bytes, int] = {}
        """Path to the number of pixels."""
        self._ratios: list[float] = []
        self._encode = _encoder()

    @property
    def ratio(self) -> float:
        """Return how many bytes a pixel needs: as the sample says if Pillow is installed."""
        return sorted(self._ratios)[len(self._ratios) // 2] if self._ratios else USUAL

    def __call__(self, file: File) -> Feed | None:
        """Return what receives the content of ``file``; None to ignore it."""
        if not _LEAST_BYTES <= file.size_bytes <= _MOST_BYTES or not _SUFFIX.fullmatch(
            file.path[file.path.rfind(b".") :]
        ):
            return None
        is_sample = self._encode is not None and file.size_bytes <= _SAMPLED_BYTES and len(self._ratios) < _SAMPLES
        most = file.size_bytes if is_sample else _LEAST_BYTES
        content = bytearray()

        def take(piece: bytes) -> None:
            content.extend(piece[: most - len(content)])
            if piece:
                return
            pixels = pixels_of(bytes(content))
            if not 0 < pixels <= _MOST_PIXELS:
                return
            self.pixels[file.path] = pixels
            if is_sample and self._encode is not None and (size := self._encode(bytes(content))):
                self._ratios.append(size / pixels)

        return take


def pixels_of(content: bytes) -> int:
    """Return the number of pixels that the header of a PNG or JPEG file names; 0 if it has none."""
    if content.startswith(_PNG):
        return int.from_bytes(content[16:20], "big") * int.from_bytes(content[20:24], "big")
    if not content.startswith(b"\xff\xd8"):
        return 0
    at = 2
    while at + 9 <= len(content) and content[at] == 0xFF:
        marker, length = content[at + 1], int.from_bytes(content[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in _NO_FRAME:
            return int.from_bytes(content[at + 5 : at + 7], "big") * int.from_bytes(content[at + 7 : at + 9], "big")
        at += 2 + max(length, 2)
    return 0


def _encoder() -> Callable[[bytes], int] | None:
    """Return what says how large a picture is once compressed again, 0 if it can't be; None without Pillow."""
    try:
        pillow: Any = importlib.import_module("PIL.Image")
    except ImportError:
        return None

    def encode(content: bytes) -> int:
        packed = io.BytesIO()
        try:
            with pillow.open(io.BytesIO(content)) as image:
                image.convert("RGB").save(packed, "JPEG", quality=_QUALITY, optimize=True)
        except Exception:  # whatever a damaged picture does to Pillow
            return 0
        return packed.tell()

    return encode
