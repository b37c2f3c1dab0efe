"""In which order the files stand in the slug, and where that stream is cut for compression.

`tar -C DIR .` follows the file system's hashed order: children of a directory as good as shuffled, subdirectories
between the files. A stream sorted by name would bring like files together and come out up to 15 % too small. So the
children of each directory are ordered by a hash of the name.

The stream is cut into segments of about 1 MiB, compressed each on its own. Whether a cut may fall behind a member
depends on the member's path alone, so a changed file moves the cuts around itself and no others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from zlib import crc32

from msgspec import Struct

from slugtrim.files import SYMLINK, Directory, File
from slugtrim.sizer.tar import BLOCK_BYTES, entry_bytes

LARGE_BYTES = 64 * 1024
"""From this size a file is compressed on its own: what stands around it no longer matters to its size."""

PIECE_BYTES = 1 << 20
"""A larger file is read and compressed in pieces of this size."""

_LEAST_BYTES = 768 * 1024
_MOST_BYTES = 1536 * 1024
_CUT_EVERY = 16
"""One member in so many may end a segment."""

Member = File | bytes
"""A file, or the path of a directory (empty for the root)."""


class Segment(Struct, frozen=True, kw_only=True):
    """A stretch of the tar stream. Of large files it holds the header only."""

    members: tuple[Member, ...]
    small_files: tuple[File, ...]
    """Those of them whose contents are in it as well."""
    last: bool
    """The end of the archive follows."""

    def files(self) -> Iterator[File]:
        """The files whose headers are in this stretch."""
        return (member for member in self.members if isinstance(member, File))


def is_large(file: File) -> bool:
    """Whether the content is compressed on its own, outside any segment."""
    return file.size_bytes >= LARGE_BYTES and file.mode != SYMLINK


def ordered(files: Iterable[File]) -> Iterator[Member]:
    """Files and their directories as the stream has them, a directory before what is in it."""
    stack: list[Member | Directory] = [Directory.from_files(files)]
    while stack:
        member = stack.pop()
        if not isinstance(member, Directory):
            yield member
            continue
        yield member.path
        children: list[tuple[int, bytes, Member | Directory]] = [
            (crc32(name), name, child) for name, child in member.directories.items()
        ]
        children += [(crc32(name), name, child) for name, child in member.files.items()]
        # No two have the same name, so that what they are is never compared.
        children.sort(reverse=True)
        stack.extend(child for _, _, child in children)


def segments(files: Sequence[File]) -> Iterator[Segment]:
    """The stream over these files, cut."""
    members: list[Member] = []
    small: list[File] = []
    size = 0
    for member in ordered(files):
        members.append(member)
        if isinstance(member, bytes):
            size += BLOCK_BYTES
        elif is_large(member):
            size += entry_bytes(member) - member.size_bytes
        else:
            small.append(member)
            size += entry_bytes(member)
        if size >= _LEAST_BYTES and (size >= _MOST_BYTES or _may_cut_behind(member)):
            yield Segment(members=tuple(members), small_files=tuple(small), last=False)
            members, small, size = [], [], 0
    yield Segment(members=tuple(members), small_files=tuple(small), last=True)


def _may_cut_behind(member: Member) -> bool:
    return crc32(member if isinstance(member, bytes) else member.path) % _CUT_EVERY == 0
