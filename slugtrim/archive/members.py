"""The members of a tar archive as they pass: TarSafe, made to stream and to be frugal.

As it stands, TarSafe 0.0.6 keeps every member, and reads extended headers of any size, as Python's tarfile does: one of
a gigabyte takes two of memory, a chain of small ones ends in a recursion. It takes the target of a symlink as standing
from the root, which refuses `node_modules/.bin/x -> ../x/cli.js`. tests/test_archive_members.py holds what is
overridden here against that version.
"""

from __future__ import annotations

import os
import sys
import tarfile
from collections.abc import Callable, Iterator
from typing import Self
from zlib import adler32

from tarsafe.tarsafe import TarSafe

from slugtrim.archive.bounds import Bounds
from slugtrim.archive.extended import EXTENDED, Extended
from slugtrim.archive.numbers import field
from slugtrim.archive.sparse import BLOCK_BYTES, Map
from slugtrim.archive.stream import Stream
from slugtrim.errors import SlugError

_ENCODING, _ERRORS = sys.getfilesystemencoding(), "surrogateescape"
"""Names are bytes here; tarfile has them as text, from which the system gets the same bytes back."""
_LATEST = 1 << 33
"""The year 2242. No later time stamp is set: system calls do not take all that a header can hold."""
_ADLER_MODULUS = 65521
_OF_BLANKS = 8 * ord(" ")
"""A checksum is taken with its own field full of blanks."""
_POSIX = b"ustar\0"
_DIRECTORIES = frozenset((tarfile.DIRTYPE, b"D"))
_NO_CONTENT = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_SPOKEN_OF = EXTENDED | {tarfile.GNUTYPE_SPARSE}
_NO_FILE = _NO_CONTENT | {b"D", b"M", b"N", b"V"}
"""Beside links, devices, directories and FIFOs: what GNU tar writes into incremental and divided archives."""


class EndMark(tarfile.HeaderError):
    """A block of zeros, where a header would be."""


class EndOfFile(tarfile.HeaderError):
    """Nothing, where a header would be."""


class Member(tarfile.TarInfo):
    """A member of an archive; ``size`` is that of its file, which is larger than what is archived of a sparse one."""

    __slots__ = ("archived_bytes", "path_bytes", "stretches")

    archived_bytes: int
    """Bytes of content in the archive."""
    path_bytes: bytes
    """The name as archived."""
    stretches: Map | None
    """Where those belong, in a sparse file."""

    def rename(self, name: bytes) -> None:
        """Gives it another name."""
        self.path_bytes = name
        self.name = os.fsdecode(name)

    @property
    def target_bytes(self) -> bytes:
        """What a link leads to, as archived."""
        return os.fsencode(self.linkname)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file. One of a type that nobody knows is: tar unpacks it as one."""
        return self.type not in _NO_FILE

    def isdir(self) -> bool:
        """Whether it is a directory; one of an incremental archive, where a list of names follows, is one as well."""
        return self.type in _DIRECTORIES

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """A member from its header, in a third of the time tarfile takes. Raises ``tarfile.HeaderError``."""
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
        """The next member, with what extended headers say of it. Raises ``tarfile.HeaderError`` and ``SlugError``."""
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
    # Adler-32 has the sum of the bytes in its lower half, plus one, modulo a prime that few headers reach.
    return adler32(data[156:], adler32(data[:148])) & 0xFFFF == (checksum - _OF_BLANKS + 1) % _ADLER_MODULUS


def _read_odd_numbers(member: Member, data: bytes) -> None:
    """Numbers in binary, or between blanks; and checksums over signed bytes, as some old programs made them."""
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
    """An archive whose members are iterated once, forward, and forgotten."""

    tarinfo = Member
    extraction_filter = staticmethod(tarfile.data_filter)
    firstmember: Member | None

    def __init__(self, stream: Stream, bounds: Bounds) -> None:
        self.source = stream
        self.shown = stream.shown
        self.bounds = bounds
        self.for_all: dict[bytes, bytes] = {}
        """What global pax headers say of every member behind them."""
        self.has_end = True
        """Whether the archive ends as one should, and not just with the file; known when it has been iterated."""
        self._is_over = False
        # Past TarSafe's own, which asks for the current directory: there may be none, and nothing uses it.
        super(TarSafe, self).__init__(fileobj=stream, encoding=_ENCODING, errors=_ERRORS)  # type: ignore[arg-type]

    def __iter__(self) -> Iterator[Member]:
        """Every member once. Raises ``SlugError``."""
        while (member := self.next()) is not None:
            yield member

    def next(self) -> Member | None:
        """The next member; None at the end. Raises ``SlugError``, and ``tarfile.ReadError`` for what is no archive."""
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
        """The next ``size`` bytes of a content. Raises ``SlugError`` when they are not all there."""
        data = self.source.read(size)
        if len(data) < size:
            raise self.cut_off()
        return data

    def skip_rest(self) -> None:
        """Passes over what is left of a member. Raises ``SlugError`` when it is not all there."""
        left = self.offset - self.source.tell()
        if self.source.skip(left) < left:
            raise self.cut_off()

    def unpack(self, member: Member, root: str) -> None:
        """Writes the member below ``root``, a real path. Raises ``OSError``, and ``TarError`` for what is not safe.

        ``member`` has its path from there for a name, and so has the target of a hard link. What is in its place is
        removed, so that no link is followed; its directories are real ones, for the whole archive was checked before.
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
        # Past TarSafe's own, which goes through the whole archive for every member.
        super(TarSafe, self).extract(member, root)

    def _is_unsafe_symlink(self, tarinfo: tarfile.TarInfo, root: str) -> bool:
        """Whether a symlink leads out of ``root``, from the directory that it is in."""
        target = os.path.join(root, os.path.dirname(tarinfo.name), tarinfo.linkname)
        contained: Callable[..., bool] = self._is_contained
        return tarinfo.issym() and not contained(root, os.path.abspath(target))

    def damaged(self, what: str) -> SlugError:
        """The archive is not what an archive can be, at the place that it was read up to."""
        return SlugError(
            f"{self.shown}: is damaged at byte {self.source.tell():,} of the archive: {what}; fetch it again"
        )

    def cut_off(self) -> SlugError:
        """The archive ends within an entry."""
        return SlugError(f"{self.shown}: is cut off at byte {self.source.tell():,} of the archive; fetch it again")
