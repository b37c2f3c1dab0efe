"""Lay out fresh checkouts in a private directory, one at a time, for the runs of the user's command."""

from __future__ import annotations

import os
import stat
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Protocol

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.files import EXECUTABLE, SYMLINK, Contents, File, Found, Reader, SourceKind, directories_above, quoted
from slugtrim.interrupts import Interrupts
from slugtrim.platforms import PLATFORM
from slugtrim.scanner import Slug
from slugtrim.sources import find_tree
from slugtrim.suggester.entry import Ending
from slugtrim.verifier.trial import run

LIMIT_SECONDS = PLATFORM.build_minutes * 60.0
"""A run takes no longer unless the user says otherwise: the platform gives a build as much."""
MOST_RUNS = 30
"""One entry among a hundred that a command fails without takes about fifteen runs to find, three take about forty."""


class VerifyTerms(Struct, frozen=True, kw_only=True):
    """What the user agreed to."""

    command: str
    limit_seconds: float = LIMIT_SECONDS
    """Of each run."""
    most_runs: int = MOST_RUNS


class Watcher(Protocol):
    """Is told what happens while it happens. Called before the first run, and before and after each."""

    def plan(self, terms: VerifyTerms, entries: int) -> None:
        """So many entries will be tried."""

    def begin(self, run: int, without: int) -> None:
        """Run number ``run``, from 1, begins, without so many entries."""

    def end(self, ending: Ending) -> None:
        """It has ended."""


_PIECE_BYTES = 1 << 20
_SMALL_BYTES = 1 << 20
"""Larger files are not held in memory whole."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.1


def lay_out(contents: Contents, files: Sequence[File], root: bytes, check: Callable[[], None]) -> None:
    """Writes ``files`` into the new directory ``root``; ``check`` is called often, and may raise.

    Raises ``SourceError`` for a name that leads out of the directory or into a ``.git``, for two files that cannot both
    be there, for what cannot be read, and for what cannot be written.
    """
    refuse(files)
    try:
        os.mkdir(root)
        _make_directories(files, root)
        with contents.open() as reader:
            _write_all(reader, files, root, check)
    except OSError as error:
        where = os.fsencode(error.filename or root)
        raise SourceError(
            f"{quoted(where)}: cannot be written for --verify ({error.strerror}); make room, or set TMPDIR"
        ) from error


def refuse(files: Iterable[File]) -> None:
    """Raises ``SourceError`` for paths that no honest tree has: git refuses to check them out as well."""
    seen: set[bytes] = set()
    above: set[bytes] = set()
    for file in files:
        parts = file.path.split(b"/")
        if b"\0" in file.path or any(part in (b"", b".", b"..") or part.lower() == b".git" for part in parts):
            why = "leads out of the tree or into a .git, and --verify does not write that"
            raise SourceError(f"{quoted(file.path)}: {why}; rename it")
        if file.path in seen:
            raise SourceError(_twice(file.path))
        seen.add(file.path)
        above.update(directories_above(file.path))
    for path in sorted(seen & above):
        raise SourceError(_twice(path))


def _twice(path: bytes) -> str:
    return f"{quoted(path)}: is there twice, and --verify cannot write both; rename one of them"


def _make_directories(files: Iterable[File], root: bytes) -> None:
    """All there are to be, so that no link can stand in for one."""
    paths = {path for file in files for path in directories_above(file.path)}
    for path in sorted(paths):
        os.mkdir(os.path.join(root, path))


def _write_all(reader: Reader, files: Sequence[File], root: bytes, check: Callable[[], None]) -> None:
    """Links last: nothing is written once there is one."""
    links = [file for file in files if file.mode == SYMLINK]
    small = [file for file in files if file.mode != SYMLINK and file.size_bytes <= _SMALL_BYTES]
    for file, content in zip(small, reader.batch(small), strict=True):
        check()
        _complain(reader)
        _write(os.path.join(root, file.path), file, [content or b""])
    for file in files:
        if file.mode != SYMLINK and file.size_bytes > _SMALL_BYTES:
            _write(os.path.join(root, file.path), file, _checked(reader.pieces(file, _PIECE_BYTES), check))
            _complain(reader)
    for file, target in zip(links, reader.batch(links), strict=True):
        check()
        _complain(reader)
        os.symlink(target or b"", os.path.join(root, file.path))
    check()
    _complain(reader)


def _checked(pieces: Iterable[bytes], check: Callable[[], None]) -> Iterator[bytes]:
    for piece in pieces:
        check()
        yield piece
    check()


def _complain(reader: Reader) -> None:
    for gone in reader.unreadable:
        raise SourceError(unreadable(gone.path, gone.reason))


def unreadable(path: bytes, reason: str) -> str:
    """Why a tree with a file that cannot be read is not tried."""
    return f"{quoted(path)}: cannot be read ({reason}), and --verify needs every file; fix that, or drop --verify"


def _write(path: bytes, file: File, pieces: Iterable[bytes]) -> None:
    descriptor = os.open(path, _FLAGS, 0o777 if file.mode == EXECUTABLE else 0o666)
    with open(descriptor, "wb", buffering=0) as written:
        for piece in pieces:
            try:
                _write_piece(written.fileno(), piece)
            except OSError as error:
                raise OSError(error.errno, error.strerror, path) from error


def _write_piece(descriptor: int, piece: bytes) -> None:
    left = memoryview(piece)
    while left:
        left = left[os.write(descriptor, left) :]


def remove(root: bytes) -> None:
    """Deletes the directory ``root``, if it is there, with all below it, whatever permissions a build gave.

    No link is followed, and nothing that was mounted there is entered. What still runs there may write on for a moment,
    so it tries a few times. Raises ``OSError``.
    """
    for attempt in range(_ATTEMPTS):
        with suppress(OSError):
            _remove(root)
            return
        time.sleep(_PAUSE_SECONDS * attempt)
    _remove(root)


def _remove(root: bytes) -> None:
    if not os.path.isdir(root) or os.path.islink(root):
        _unlink([root])  # the command deleted it, or put something in its place
        return
    device = os.lstat(root).st_dev
    directories = []
    stack = [root]
    while stack:
        directory = stack.pop()
        directories.append(directory)
        with suppress(FileNotFoundError):
            if os.lstat(directory).st_dev != device:
                continue
            os.chmod(directory, stat.S_IRWXU)
            with os.scandir(directory) as entries:
                found = {entry.path: entry.is_dir(follow_symlinks=False) for entry in entries}
            stack.extend(path for path, is_directory in found.items() if is_directory)
            _unlink([path for path, is_directory in found.items() if not is_directory])
    for directory in reversed(directories):
        with suppress(FileNotFoundError):
            os.rmdir(directory)


def _unlink(paths: Iterable[bytes]) -> None:
    for path in paths:
        with suppress(FileNotFoundError):
            os.unlink(path)


def committed(found: Found) -> Found:
    """The commit that a work tree stands on; anything else as it was found. Raises ``SourceError`` without a commit."""
    source = found.source
    if source.kind is not SourceKind.WORKTREE:
        return found
    if source.rev is None:
        todo = "make a commit, or add --no-git"
        raise SourceError(f"{quoted(source.root)}: no commits yet, and --verify tries what is committed; {todo}")
    return find_tree(source.root, rev=source.rev, prefix=source.prefix, most_files=found.most_files)


def uncommitted(found: Found, commit: Found) -> int:
    """How many paths of a work tree are not as in its commit; untracked ones count, ignored ones do not."""
    here = set(found.load().files)
    there = set(commit.load().files)
    changed = {file.path for file in here ^ there}
    untracked = {path for note in found.notes if note.id == "untracked" for path in note.paths}
    # A directory that was taken out of the index is one untracked path, and its files count already.
    return len(changed) + sum(not any(path.startswith(each) for path in changed) for each in untracked)


_CHECKOUT = b"app"


class Laboratory:
    """Runs the command on the files that a slug keeps, less those of some entries."""

    def __init__(
        self,
        slug: Slug,
        reaches: Sequence[frozenset[bytes]],
        terms: VerifyTerms,
        watcher: Watcher,
        *,
        root: bytes,
        interrupts: Interrupts,
    ) -> None:
        self._slug = slug
        self._reaches = reaches
        self._terms = terms
        self._watcher = watcher
        self._path = os.path.join(root, _CHECKOUT)
        self._interrupts = interrupts
        self._runs = 0

    def run(self, without: frozenset[int]) -> Ending:
        """One run without the entries of these numbers. In a fresh checkout: a build leaves things behind."""
        self._runs += 1
        self._watcher.begin(self._runs, len(without))
        gone = frozenset[bytes]().union(*(self._reaches[number] for number in without))
        files = [file for file in self._slug.kept if file.path not in gone]
        lay_out(self._slug.tree.contents, files, self._path, self._interrupts.check)
        ending = run(self._terms.command, self._path, self._terms.limit_seconds, self._interrupts.check)
        _remove_directory(self._path)
        self._watcher.end(ending)
        return ending


@contextmanager
def laboratory(
    slug: Slug, reaches: Sequence[frozenset[bytes]], terms: VerifyTerms, watcher: Watcher
) -> Iterator[Laboratory]:
    """A laboratory of which nothing is left at the end, whatever ends it: Ctrl-C counts once all is cleaned up.

    ``reaches`` are the paths that each entry takes out. Raises ``SourceError``.
    """
    with Interrupts() as interrupts:
        try:
            root = os.path.realpath(os.fsencode(tempfile.mkdtemp(prefix="slugtrim-")))
        except OSError as error:
            raise SourceError(
                f"--verify: no temporary directory can be made ({error.strerror}); make room, or set TMPDIR"
            ) from error
        try:
            yield Laboratory(slug, reaches, terms, watcher, root=root, interrupts=interrupts)
        finally:
            _remove_directory(root)


def _remove_directory(path: bytes) -> None:
    try:
        remove(path)
    except OSError as error:
        raise SourceError(
            f"{quoted(path)}: the command left what cannot be deleted ({error.strerror}); delete it by hand"
        ) from error
