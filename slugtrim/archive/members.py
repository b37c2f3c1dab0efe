"""Read the members of a tar archive as a stream, with extended headers and sparse files: TarSafe without seeking."""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable, Iterator, Sequence
from typing import Self
from zlib import adler32

from tarsafe.tarsafe import TarSafe

from slugtrim.archive.limits import Bounds, beyond
from slugtrim.archive.stream import Stream
from slugtrim.errors import SlugError
from slugtrim.units import format_size

DIGITS = 20
"""Digits of the largest 64-bit number."""


def decimal(digits: bytes) -> int:
    """Return a number from a pax record. Raise ``ValueError`` for anything else, and for impossible sizes."""
    if not digits.isdigit() or len(digits) > DIGITS:
        raise ValueError
    return int(digits)


def field(data: bytes) -> int:
    """Return a number from a header: octal, or binary after a first byte that is not a digit. Raise ``ValueError``."""
    if data[0] in (0x80, 0xFF):
        return int.from_bytes(data[1:]) - (256 ** (len(data) - 1) if data[0] == 0xFF else 0)
    return int(data.partition(b"\0")[0].strip() or b"0", 8)


BLOCK_BYTES = 512
_PAIR_BYTES = 24
PAIRS_PER_BLOCK = 21
"""Pairs in a block after a header of the old format; a block of format 1.0 has up to six times as many."""
_IN_HEADER = 386
"""Offset of the four pairs in a header of the old format. A flag for more pairs, and the file's size, follow."""

Map = list[tuple[int, int]]
"""Offset and length in bytes of each stretch of data, in order."""


def old_map(header: bytes, read_block: Callable[[], bytes]) -> tuple[Map, int]:
    """Return the map of a member of type ``S``, and the size of its file. ``read_block`` returns the next block.

    Raise ``ValueError``.
    """
    found = list(_pairs(header[_IN_HEADER : _IN_HEADER + 4 * _PAIR_BYTES]))
    has_more = header[482]
    while has_more:
        block = read_block()
        found += _pairs(block[: PAIRS_PER_BLOCK * _PAIR_BYTES])
        has_more = block[504]
    return found, field(header[483:495])


def _pairs(fields: bytes) -> Iterator[tuple[int, int]]:
    for at in range(0, len(fields), _PAIR_BYTES):
        length = field(fields[at + _PAIR_BYTES // 2 : at + _PAIR_BYTES])
        if length:
            yield field(fields[at : at + _PAIR_BYTES // 2]), length


def written_map(numbers: Sequence[bytes]) -> Map:
    """Return the map of pax formats 0.0 and 0.1: alternating offsets and lengths in decimal. Raise ``ValueError``."""
    values = [decimal(each) for each in numbers]
    return [pair for pair in zip(values[::2], values[1::2], strict=True) if pair[1]]


def map_in_data(read_block: Callable[[], bytes]) -> tuple[Map, int]:
    """Return the map of pax format 1.0, which precedes the data, and its size in bytes. Raise ``ValueError``."""
    blocks = [read_block()]
    first, _, rest = blocks[0].partition(b"\n")
    lines = 2 * decimal(first)
    found = rest.count(b"\n")
    while found < lines:
        blocks.append(read_block())
        found += blocks[-1].count(b"\n")
    return written_map(b"".join(blocks).split(b"\n")[1 : lines + 1]), BLOCK_BYTES * len(blocks)


def is_sound(found: Map, size: int, archived_bytes: int) -> bool:
    """Return True if the stretches are in order within ``size`` bytes, and add up to ``archived_bytes``."""
    end = 0
    for offset, length in found:
        if offset < end or length < 0:
            return False
        end = offset + length
    return end <= size and sum(length for _, length in found) == archived_bytes


EXTENDED = frozenset((b"L", b"K", b"x", b"X", b"g"))
"""Types of members that describe the next member, or (``g``) all that follow."""

_SIZE = b"size"
_SPARSE_SIZES = (b"GNU.sparse.realsize", b"GNU.sparse.size")
_KEYS = frozenset((b"path", b"linkpath", _SIZE, b"GNU.sparse.name", b"GNU.sparse.map", b"GNU.sparse.major"))
_KEYS |= frozenset(_SPARSE_SIZES)
_PLACES = frozenset((b"GNU.sparse.offset", b"GNU.sparse.numbytes"))


class Extended:
    """The extended headers before one member."""

    def __init__(self, tar: SlugTar) -> None:
        self._tar = tar
        self._left_bytes = tar.bounds.limits.header_bytes
        self._records: dict[bytes, bytes] = dict(tar.for_all)
        self._places: list[bytes] = []

    def read(self, kind: bytes, size: int) -> None:
        """Read the content of an extended header. Raise ``SlugError``; a header that is too large is not read."""
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
        """Apply these headers to ``member``, and read a map that follows its header. Raise ``SlugError``."""
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
        """Return the map of a sparse file, and set its real name and size."""
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
    """Yield the keys and values of a pax header. Raise ``ValueError``."""
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + DIGITS + 1)
        end = at + decimal(data[at : max(space, at)])
        if not space < end <= len(data) or data[end - 1] != ord("\n"):
            raise ValueError
        key, _, value = data[space + 1 : end - 1].partition(b"=")
        yield key, value
        at = end


_ENCODING, _ERRORS = sys.getfilesystemencoding(), "surrogateescape"
"""Names are bytes here. tarfile decodes them; the system gets the same bytes back."""
_LATEST = 1 << 33
"""The year 2242. Later time stamps are not set, since system calls reject some that headers can hold."""
_ADLER_MODULUS = 65521
_OF_BLANKS = 8 * ord(" ")
"""A checksum counts its own field as blanks."""
_POSIX = b"ustar\0"
_DIRECTORIES = frozenset((tarfile.DIRTYPE, b"D"))
_NO_CONTENT = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_SPOKEN_OF = EXTENDED | {tarfile.GNUTYPE_SPARSE}
_NO_FILE = _NO_CONTENT | {b"D", b"M", b"N", b"V"}
"""Besides links, devices, directories and FIFOs: types in incremental and split archives of GNU tar."""


class EndMark(tarfile.HeaderError):
    """There is a block of zeros instead of a header."""


class EndOfFile(tarfile.HeaderError):
    """There is nothing instead of a header."""


class Member(tarfile.TarInfo):
    """A member of an archive. ``size`` is that of its file; of a sparse file less is archived."""

    __slots__ = ("archived_bytes", "path_bytes", "stretches")

    archived_bytes: int
    """Bytes of content in the archive."""
    path_bytes: bytes
    """The name as archived."""
    stretches: Map | None
    """The map of a sparse file: where its content belongs."""

    def rename(self, name: bytes) -> None:
        """Set another name."""
        self.path_bytes = name
        self.name = os.fsdecode(name)

    @property
    def target_bytes(self) -> bytes:
        """Return a link's target as archived."""
        return os.fsencode(self.linkname)

    @property
    def is_file(self) -> bool:
        """Return True for a regular file. An unknown type counts as one, since tar unpacks it as one."""
        return self.type not in _NO_FILE

    def isdir(self) -> bool:
        """Return True for a directory, also for one of an incremental archive, which is followed by a list of names."""
        return self.type in _DIRECTORIES

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Return the member of a header, three times as fast as tarfile. Raise ``tarfile.HeaderError``."""
        data = bytes(buf)
        if not data:
            raise EndOfFile
        if len(data) != BLOCK_BYTES:
            raise tarfile.HeaderError("it is cut off")
        member = cls()
        try:
            if not _is_sum(data, int(data[148:154], 8)):
                raise ValueError
            member.mode = int(data[100:107], 8)
            member.size = int(data[124:135], 8)
            member.mtime = int(data[136:147], 8)
        except ValueError:
            _read_odd_numbers(member, data)
        name = data[:100].partition(b"\0")[0]
        if data[345] and data[257:263] == _POSIX:
            name = data[345:500].partition(b"\0")[0] + b"/" + name
        member.path_bytes = name
        member.name = name.decode(encoding, errors)
        member.type = data[156:157]
        if data[157]:
            member.linkname = data[157:257].partition(b"\0")[0].decode(encoding, errors)
        if member.type == tarfile.AREGTYPE and name.endswith(b"/"):
            member.type = tarfile.DIRTYPE
        member.archived_bytes, member.stretches = member.size, None
        return member

    @classmethod
    def fromtarfile(cls, tarfile: tarfile.TarFile) -> Self:
        """Return the next member with its extended headers applied. Raise ``tarfile.HeaderError`` and ``SlugError``."""
        assert isinstance(tarfile, SlugTar)
        tar, stream = tarfile, tarfile.source
        begin = stream.tell()
        header = stream.read(BLOCK_BYTES)
        member = cls.frombuf(header, _ENCODING, _ERRORS)
        if member.type in _SPOKEN_OF or tar.for_all:
            extended = Extended(tar)
            while member.type in EXTENDED:
                extended.read(member.type, member.size)
                header = stream.read(BLOCK_BYTES)
                member = cls.frombuf(header, _ENCODING, _ERRORS)
            extended.apply(member, header)
        if member.type in _NO_CONTENT:
            member.archived_bytes = 0
        if member.size < 0 or member.archived_bytes < 0:
            raise tar.damaged("an entry of a negative size")
        if not 0 <= member.mtime <= _LATEST:
            member.mtime = 0
        member.offset, member.offset_data = begin, stream.tell()
        tar.offset = member.offset_data + member.archived_bytes + -member.archived_bytes % BLOCK_BYTES
        return member


def _is_sum(data: bytes, checksum: int) -> bool:
    # The lower half of Adler-32 is the sum of the bytes plus one, modulo a prime that few headers reach.
    return adler32(data[156:], adler32(data[:148])) & 0xFFFF == (checksum - _OF_BLANKS + 1) % _ADLER_MODULUS


def _read_odd_numbers(member: Member, data: bytes) -> None:
    """Read binary numbers, numbers between blanks, and checksums over signed bytes, as some old programs write them."""
    if not any(data):
        raise EndMark
    try:
        checksum = field(data[148:156])
        member.mode, member.size, member.mtime = field(data[100:108]), field(data[124:136]), field(data[136:148])
    except ValueError:
        raise tarfile.HeaderError("bad number") from None
    negative = sum(byte > 127 for byte in data[:148] + data[156:])
    if not _is_sum(data, checksum) and not _is_sum(data, checksum + 256 * negative):
        raise tarfile.HeaderError("bad checksum")


class SlugTar(TarSafe):
    """An archive whose members are read once, in order, and not kept."""

    tarinfo = Member
    extraction_filter = staticmethod(tarfile.data_filter)
    firstmember: Member | None

    def __init__(self, stream: Stream, bounds: Bounds) -> None:
        self.source = stream
        self.shown = stream.shown
        self.bounds = bounds
        self.for_all: dict[bytes, bytes] = {}
        """Values of global pax headers for all later members."""
        self.has_end = True
        """False if the archive ends without an end mark. Known after iterating."""
        self._is_over = False
        # Not TarSafe's own, which needs a current directory: there may be none.
        super(TarSafe, self).__init__(fileobj=stream, encoding=_ENCODING, errors=_ERRORS)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Member]:
        """Yield every member once. Raise ``SlugError``."""
        while (member := self.next()) is not None:
            yield member

    def next(self) -> Member | None:
        """Return the next member; None at the end. Raise ``SlugError``, and ``tarfile.ReadError`` if this is no
        archive.
        """
        if self.firstmember is not None:
            member, self.firstmember = self.firstmember, None
            return member
        if self._is_over:
            return None
        self.skip_rest()
        try:
            member = Member.fromtarfile(self)
        except (EndMark, EndOfFile) as end:
            self._is_over = True
            self.has_end = isinstance(end, EndMark)
            return None
        except tarfile.HeaderError as error:
            if self.source.tell() <= BLOCK_BYTES:
                raise tarfile.ReadError("not an archive") from None
            raise self.damaged(f"where an entry should begin there is none ({error})") from None
        return member

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes of a content. Raise ``SlugError`` if some are missing."""
        data = self.source.read(size)
        if len(data) < size:
            raise self.cut_off()
        return data

    def skip_rest(self) -> None:
        """Skip the rest of a member. Raise ``SlugError`` if some of it is missing."""
        left = self.offset - self.source.tell()
        if self.source.skip(left) < left:
            raise self.cut_off()

    def unpack(self, member: Member, root: str) -> None:
        """Write the member below ``root``, a real path. Raise ``OSError``, and ``TarError`` if it is unsafe.

        The names of ``member`` and of a hard link's target are relative to ``root``. An existing file is removed first,
        so that no link is followed. Its directories are real ones, since the whole archive was checked before.
        """
        check: Callable[..., bool]
        for check in (self._is_traversal_attempt, self._is_unsafe_symlink, self._is_unsafe_link):
            if check(tarinfo=member, root=root):
                raise tarfile.TarError("an entry leads outside")
        place = os.path.join(root, member.name)
        if os.path.lexists(place) and not member.isdir():
            os.unlink(place)
        if member.islnk():
            os.makedirs(os.path.dirname(place), exist_ok=True)
            os.link(os.path.join(root, member.linkname), place, follow_symlinks=False)
            return
        # Not TarSafe's own, which reads the whole archive for every member.
        super(TarSafe, self).extract(member, root)

    def _is_unsafe_symlink(self, tarinfo: tarfile.TarInfo, root: str) -> bool:
        """Return True if a symlink leads out of ``root``, seen from its own directory."""
        target = os.path.join(root, os.path.dirname(tarinfo.name), tarinfo.linkname)
        contained: Callable[..., bool] = self._is_contained
        return tarinfo.issym() and not contained(root, os.path.abspath(target))

    def damaged(self, what: str) -> SlugError:
        """Return the error for a damaged archive, with the current position."""
        return SlugError(
            f"{self.shown}: is damaged at byte {self.source.tell():,} of the archive: {what}; fetch it again"
        )

    def cut_off(self) -> SlugError:
        """Return the error for an archive that ends within an entry."""
        return SlugError(f"{self.shown}: is truncated at byte {self.source.tell():,} of the archive; fetch it again")
