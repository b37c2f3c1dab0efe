"""What every source yields: files with byte-safe paths, and the tree they form.

Paths are bytes, relative to the root of the slug, with ``/`` between the parts: any name git can hold is a path here.
"""

# No `from __future__ import annotations` here: msgspec would evaluate every annotation at import.

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import NamedTuple, Protocol

from msgspec import Struct, field

from slugtrim.errors import SourceError

REGULAR = 0o100644
EXECUTABLE = 0o100755
SYMLINK = 0o120000

MAX_FILES = 500_000
"""Files and directories that a tree may have, unless a limit is set. Each takes up to 300 bytes of memory."""
_NAME_BYTES = 512
"""Of their paths, on average."""

LFS_VERSION = b"version https://git-lfs.github.com/spec/v1\n"
"""How a Git LFS pointer begins."""


class File(NamedTuple):
    """One entry of a slug that is not a directory.

    A named tuple, unlike the other records: a tree has tens of thousands of them, and making a frozen dataclass
    took six times as long.
    """

    path: bytes
    size_bytes: int
    """Bytes of content; for a symlink, of its target."""
    mode: int
    """As git stores it: ``REGULAR``, ``EXECUTABLE`` or ``SYMLINK``."""
    blob: bytes | None
    """Hexadecimal id of git's blob with this content; None where no git knows the file."""


class Directory:
    """A directory of a tree, with what is in it by name. Only directories that hold a file, at any depth, exist."""

    __slots__ = ("directories", "files", "parent", "path")

    def __init__(self, path: bytes, parent: "Directory | None") -> None:
        self.path = path
        self.parent = parent
        self.directories: dict[bytes, Directory] = {}
        self.files: dict[bytes, File] = {}

    @classmethod
    def from_files(cls, files: Iterable[File]) -> "Directory":
        """The root directory over these files."""
        root = cls(b"", None)
        known = {b"": root}
        for file in files:
            parent, _, name = file.path.rpartition(b"/")
            directory = known.get(parent)
            if directory is None:
                directory = _make_directory(parent, known)
            directory.files[name] = file
        return root

    def walk(self) -> Iterator["Directory"]:
        """This directory and all below it, parents first. Iterative: a path may be deeper than Python recurses."""
        stack = [self]
        while stack:
            directory = stack.pop()
            yield directory
            stack.extend(directory.directories.values())


def _make_directory(path: bytes, known: dict[bytes, Directory]) -> Directory:
    missing = []
    while path not in known:
        parent, _, name = path.rpartition(b"/")
        missing.append((path, name))
        path = parent
    directory = known[path]
    for path, name in reversed(missing):
        child = Directory(path, directory)
        directory.directories[name] = child
        known[path] = directory = child
    return directory


class SortedPaths:
    """The paths of files in byte order, where all that is below a directory is in one row."""

    def __init__(self, paths: Iterable[bytes]) -> None:
        self.paths = sorted(paths)

    def covered(self, taken: Iterable[bytes]) -> list[range]:
        """Return the indexes of the files that ``taken`` names, or that are below a directory that it names.

        The ranges are in order, and no two of them touch.
        """
        found: list[range] = []
        for start, stop in sorted(filter(None, map(self._of, taken))):
            if found and start <= found[-1].stop:
                found[-1] = range(found[-1].start, max(stop, found[-1].stop))
            else:
                found.append(range(start, stop))
        return found

    def _of(self, path: bytes) -> tuple[int, int] | None:
        """Return where the row of one path begins and ends; None if there is no such file or directory."""
        if not path:
            return (0, len(self.paths)) if self.paths else None
        at = bisect_left(self.paths, path)
        if self.paths[at : at + 1] == [path]:
            return at, at + 1
        start, stop = bisect_left(self.paths, path + b"/"), bisect_left(self.paths, path + b"0")
        return (start, stop) if start < stop else None


def between_nuls(files: Iterable[File]) -> bytes:
    """Return each path between two NULs: to find a piece of one takes a tenth of a look at each."""
    return b"\0".join([b"", *[file.path for file in files], b""])


def is_within(path: bytes, directory: bytes) -> bool:
    """Return True if ``path`` is the directory or is in it; everything is in the root."""
    return not directory or path == directory or path.startswith(directory + b"/")


def directories_above(path: bytes) -> list[bytes]:
    """The directories that ``path`` is in, the nearest first, without the root."""
    found = []
    while path := path.rpartition(b"/")[0]:
        found.append(path)
    return found


def add_up(sums: dict[bytes, list[int]]) -> None:
    """Adds the numbers of each directory to those of every directory above it, the root (empty) included.

    ``sums`` has them by path, with as many numbers for each.
    """
    paths = list(sums)
    for path in paths:  # grows while it is walked, by the directories that hold directories only
        parent = path.rpartition(b"/")[0]
        if parent not in sums:
            sums[parent] = [0] * len(sums[path])
            paths.append(parent)
    # A longer path first: all that is below a directory is in its numbers before they go into its parent's.
    for path in sorted(filter(None, paths), key=len, reverse=True):
        above = sums[path.rpartition(b"/")[0]]
        for column, number in enumerate(sums[path]):
            above[column] += number


class FileCount:
    """Counts the files and directories of a tree while it is read: a few objects of git make a tree of any number."""

    def __init__(self, shown: str, most: int = MAX_FILES) -> None:
        """``shown`` is what the tree is called in messages, ``most`` the number that it may have."""
        self.found = self.names_bytes = 0
        self._shown = shown
        self._most = most

    def add(self, found: int, names_bytes: int) -> None:
        """Count what was found. Raises ``SourceError`` beyond the limit."""
        self.found += found
        self.names_bytes += names_bytes
        if self.found > self._most or self.names_bytes > _NAME_BYTES * self._most:
            what = f"has more than {self._most:,} files and directories"
            if self.found <= self._most:
                what = f"has paths of more than {_NAME_BYTES * self._most:,} bytes in all"
            raise SourceError(f"{self._shown}: {what}; if you trust it, raise the limit with --limit entries=NUMBER")


class SourceKind(Enum):
    """Where a tree comes from."""

    COMMIT = "commit"
    WORKTREE = "worktree"
    DIRECTORY = "directory"
    ARCHIVE = "archive"


class Source(Struct, frozen=True, kw_only=True):
    """Which tree was measured."""

    kind: SourceKind
    root: bytes
    """Absolute path of the repository's top or of the directory; of the git directory for a bare repository.

    For an archive, its name as it was given.
    """
    prefix: bytes = b""
    """The subdirectory of ``root`` that is the root of the slug; empty when it is the top itself."""
    rev: str | None = None
    """Full id of the commit measured, or of the one a work tree stands on; None where there is none."""

    @property
    def path(self) -> bytes:
        """The root of the slug as a path: ``root`` and ``prefix`` joined."""
        return self.root + b"/" + self.prefix if self.prefix else self.root


class Unreadable(Struct, frozen=True, kw_only=True):
    """Something that belongs to the tree and could not be read, so that every total is too small by it."""

    path: bytes
    reason: str


class Note(Struct, frozen=True, kw_only=True):
    """Something a reader of the totals should know. ``id`` is stable and kebab-case; ``message`` is one sentence."""

    id: str
    message: str
    paths: tuple[bytes, ...] = ()
    """What it is about, where it is about paths."""


class Reader(Protocol):
    """Reads contents while it is open. What cannot be read is None, and a reason in ``unreadable``."""

    unreadable: list[Unreadable]

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """The whole content of each file, in order. For small files: each is held in memory."""

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """The content of one file in pieces of ``piece_bytes`` (the last may be shorter); empty if unreadable."""

    def __enter__(self) -> "Reader": ...

    def __exit__(self, *exc: object) -> None: ...


class Contents(Protocol):
    """Where the contents of a tree's files come from."""

    def open(self) -> Reader:
        """A reader, to be used in a ``with`` statement: it may hold a git process."""

    def deflated_bytes(self, files: Sequence[File]) -> Mapping[bytes, int]:
        """Blob id to the size that git keeps it deflated in, for files whose blobs are packed whole."""


class Tree(Struct, frozen=True, kw_only=True):
    """The files of one source before any rule."""

    source: Source
    files: tuple[File, ...]
    contents: Contents
    slugignore: bytes | None = None
    """Content of the root ``.slugignore``; None when there is none."""
    links: Mapping[bytes, bytes] = field(default_factory=dict)
    """Path to target, for every symlink whose target is known."""
    unreadable: tuple[Unreadable, ...] = ()
    notes: tuple[Note, ...] = ()
    has_submodules: bool = False

    def read(self, files: Sequence[File]) -> dict[bytes, bytes]:
        """Path to content of small files; those that cannot be read are missing."""
        with self.contents.open() as reader:
            contents = zip(files, reader.batch(files), strict=True)
            return {file.path: content for file, content in contents if content is not None}


class Found(Struct, frozen=True, kw_only=True):
    """A source that was found and not read yet."""

    source: Source
    git_dir: bytes | None
    """The repository's (common) git directory; None outside git."""
    fingerprint: bytes | None
    """Two trees with the same fingerprint have the same files and rules. None where it takes reading them to know."""
    notes: tuple[Note, ...]
    """Notes on what is beside the tree; ``load`` adds them to the tree's."""
    load: Callable[[], Tree]
    """Reads it, once however often it is called."""
    is_unchanged: Callable[[], bool] = lambda: True
    """Asked after ``load``: whether what was read is what the fingerprint stands for."""
    most_files: int = MAX_FILES
    """Files and directories that it may have."""


_C_ESCAPES = {7: "\\a", 8: "\\b", 9: "\\t", 10: "\\n", 11: "\\v", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}

# Marks that reorder text on a screen (Unicode bidi controls) or hide in it (byte-order mark), separators that end a
# line, and the C1 controls, which some terminals obey like ESC.
_DECEIVING = frozenset("\ufeff\u061c\u200e\u200f\u2028\u2029\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069") | {
    chr(code) for code in range(0x80, 0xA0)
}


def is_utf_8(name: bytes) -> bool:
    """Return True if a name is UTF-8, so that text can have it letter by letter."""
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def quoted(path: bytes) -> str:
    """Return a name as a person may safely read it: as git prints it with ``core.quotePath=false``.

    A name with a control character, a double quote or a backslash is put in double quotes with C escapes. Characters
    that deceive a terminal or a reader are escaped as well. Other bytes that are not UTF-8 stay, as surrogates.
    """
    text = path.decode("utf-8", "surrogateescape")
    if text.isprintable() and '"' not in text and "\\" not in text:
        return text
    out = "".join(_C_ESCAPES.get(ord(char)) or printable(char) for char in text)
    return f'"{out}"' if out != text else text


def printable(text: str) -> str:
    """Return text that does nothing to a terminal, in octal escapes where it would: it may be of several lines."""
    if text.isprintable():
        return text
    return "".join(char if char == "\n" or not _is_deceiving(char) else _escaped(char) for char in text)


def _is_deceiving(char: str) -> bool:
    return char < " " or char == "\x7f" or char in _DECEIVING or "\udc80" <= char < "\udca0"


def _escaped(char: str) -> str:
    return "".join(f"\\{byte:03o}" for byte in char.encode("utf-8", "surrogateescape"))
