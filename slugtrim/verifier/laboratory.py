"""Lay out fresh checkouts in a private directory, one at a time, for the runs of the user's command."""

from __future__ import annotations

import os
import stat
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
from slugtrim.suggester.records import Ending
from slugtrim.verifier.trial import run

LIMIT_SECONDS = (PLATFORM.build_minutes or 0) * 60.0
"""The default limit of a run, in seconds: as long as the platform allows a build."""
MOST_RUNS = 30
"""The default limit of runs. To find one needed entry among a hundred takes about 15 runs; to find three, about 40."""


class VerifyTerms(Struct, frozen=True, kw_only=True):
    """The command to run, and the limits that the user set."""

    command: str
    limit_seconds: float = LIMIT_SECONDS
    """For each run."""
    most_runs: int = MOST_RUNS


class Watcher(Protocol):
    """Receives progress: before the first run, and before and after each run."""

    def plan(self, terms: VerifyTerms, entries: int) -> None:
        """Report that ``entries`` entries will be tried."""

    def begin(self, run: int, without: int) -> None:
        """Report that run ``run``, counted from 1, begins without ``without`` entries."""

    def end(self, ending: Ending) -> None:
        """Report how the run ended."""


_PIECE_BYTES = 1 << 20
_SMALL_BYTES = 1 << 20
"""Larger files are copied in pieces."""
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_ATTEMPTS = 5
_PAUSE_SECONDS = 0.1


def lay_out(contents: Contents, files: Sequence[File], root: bytes, check: Callable[[], None]) -> None:
    """Write ``files`` into the new directory ``root``. ``check`` is called often, and may raise to stop.

    Raise ``SourceError`` for a file that can't be read or written, for a name that leads out of the directory or into
    ``.git``, and for two files that can't both exist.
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
    """Raise ``SourceError`` for paths that git refuses to check out as well."""
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
    return f"{quoted(path)}: exists twice, and --verify cannot write both; rename one of them"


def _make_directories(files: Iterable[File], root: bytes) -> None:
    """Make all directories first, so that no symlink can take the place of one."""
    paths = {path for file in files for path in directories_above(file.path)}
    for path in sorted(paths):
        os.mkdir(os.path.join(root, path))


def _write_all(reader: Reader, files: Sequence[File], root: bytes, check: Callable[[], None]) -> None:
    """Write the files, symlinks last: nothing is written through a link."""
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
    """Return why a tree with an unreadable file is not tried."""
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
    """Delete the directory ``root`` with all its contents, whatever permissions a build set. Do nothing if it is
    missing.

    Follow no symlink, and enter no mount. Try several times, because a process that is still ending may write there.
    Raise ``OSError``.
    """
    for attempt in range(_ATTEMPTS):
        with suppress(OSError):
            _remove(root)
            return
        time.sleep(_PAUSE_SECONDS * attempt)
    _remove(root)


def _remove(root: bytes) -> None:
    if not os.path.isdir(root) or os.path.islink(root):
        _unlink([root])  # the command deleted or replaced it
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
    """Return the commit of a work tree; return anything else unchanged. Raise ``SourceError`` without a commit."""
    source = found.source
    if source.kind is not SourceKind.WORKTREE:
        return found
    if source.rev is None:
        todo = "make a commit, or add --no-git"
        raise SourceError(f"{quoted(source.root)}: no commits yet, and --verify tests a commit; {todo}")
    return find_tree(source.root, rev=source.rev, prefix=source.prefix, most_files=found.most_files)


def uncommitted(found: Found, commit: Found) -> int:
    """Return how many paths of a work tree differ from its commit, untracked paths included, ignored ones not."""
    here = set(found.load().files)
    there = set(commit.load().files)
    changed = {file.path for file in here ^ there}
    untracked = {path for note in found.notes if note.id == "untracked" for path in note.paths}
    # A directory that was removed from the index is one untracked path, but its files are counted already.
    return len(changed) + sum(not any(path.startswith(each) for path in changed) for each in untracked)


_CHECKOUT = b"app"


class Laboratory:
    """Runs the command on the slug's files without those of some entries."""

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
        """Run the command once without the entries with these numbers, in a fresh checkout: a build leaves files
        behind.
        """
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
    """Yield a laboratory, and delete all its files at the end, even after Ctrl-C.

    ``reaches`` has, for each entry, the paths that it leaves out. Raise ``SourceError``.
    """
    with Interrupts() as interrupts:
        try:
            import tempfile  # 10 ms that suggest without --verify does without

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
            f"{quoted(path)}: the command left files that cannot be deleted ({error.strerror}); delete it by hand"
        ) from error
