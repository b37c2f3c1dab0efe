"""Run git so that a repository's configuration can never make it run a program, fetch or write.

Only releases of git since May 2024 know ``GIT_NO_LAZY_FETCH``. For older ones, ``GIT_ALLOW_PROTOCOL`` names a protocol
that does not exist, which prevents fetching as well.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import BinaryIO

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.lean import FILTERS_ASKED, PLACE_ASKED, Learnt, common_dir, emptied, environment, is_promisor

_PIPE_BYTES = 1 << 20


class GitError(Exception):
    """git ended with an error. ``stderr`` holds its message, in English."""

    def __init__(self, arguments: Sequence[str | bytes], status: int, stderr: bytes) -> None:
        super().__init__(f"git {_text(arguments[0])} ended with status {status}")
        self.status = status
        self.stderr = stderr.decode("utf-8", "replace").strip()

    @property
    def first_line(self) -> str:
        """Return git's fatal error or its first line, or the exit status if it printed nothing. It is safe to print."""
        lines = self.stderr.splitlines()
        line = next((line for line in lines if line.startswith("fatal: ")), lines[0] if lines else "")
        line = line.removeprefix("fatal: ").removeprefix("error: ")
        return "".join(char if char.isprintable() else "?" for char in line) or str(self)


def _text(argument: str | bytes) -> str:
    return os.fsdecode(argument)


def run(
    arguments: Sequence[str | bytes], env: Mapping[str, str], stdin: bytes = b"", ok: tuple[int, ...] = (0,)
) -> bytes:
    """Return git's output. Raise ``GitError`` if the status is not in ``ok``; ``SourceError`` without git."""
    try:
        done = subprocess.run(["git", *arguments], input=stdin, capture_output=True, env=env, check=False)
    except OSError as error:
        raise _no_git(error) from error
    if done.returncode not in ok:
        raise GitError(arguments, done.returncode, done.stderr)
    return done.stdout


def run_together(
    commands: Sequence[Sequence[str | bytes]], env: Mapping[str, str], watch: Callable[[bytes], None] | None = None
) -> list[bytes]:
    """Return what each of several commands prints, run at the same time. Raise as ``run`` does.

    ``watch`` receives what the first one prints, as it prints it. If ``watch`` raises, all of them end. The first
    command must print few warnings, since nobody reads its stderr meanwhile.
    """
    processes = [start(arguments, env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) for arguments in commands]
    try:
        watched = _watched(processes[0], watch) if watch is not None else b""
        outputs = [process.communicate() for process in processes]
    except BaseException:
        for process in processes:
            process.kill()
            process.communicate()
        raise
    for arguments, process, (_, stderr) in zip(commands, processes, outputs, strict=True):
        if process.returncode:
            raise GitError(arguments, process.returncode, stderr)
    first, *others = (stdout for stdout, _ in outputs)
    return [watched + first, *others]


def _watched(process: subprocess.Popen[bytes], watch: Callable[[bytes], None]) -> bytes:
    assert process.stdout is not None
    pieces = []
    while piece := os.read(process.stdout.fileno(), _PIPE_BYTES):
        watch(piece)
        pieces.append(piece)
    return b"".join(pieces)


def stream(
    arguments: Sequence[str | bytes], env: Mapping[str, str], watch: Callable[[list[bytes]], None]
) -> Iterator[list[bytes]]:
    """Yield the NUL-terminated records that git prints, as it prints them. Raise as ``run`` does, without git's
    message.

    ``watch`` receives them first. If it raises, git ends.
    """
    process = start(arguments, env, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    read = partial(os.read, process.stdout.fileno(), _PIPE_BYTES)
    try:
        yield from records_of(iter(read, b""), watch)
        if process.wait():
            raise GitError(arguments, process.returncode, b"")
    finally:
        process.kill()
        process.communicate()


def records_of(pieces: Iterable[bytes], watch: Callable[[list[bytes]], None]) -> Iterator[list[bytes]]:
    """The NUL-terminated records of what git prints in pieces. ``watch`` gets all of them first."""
    rest = b""
    for data in pieces:
        *found, rest = (rest + data).split(b"\0")
        watch(found)
        yield found


def start(
    arguments: Sequence[str | bytes],
    env: Mapping[str, str],
    stdin: BinaryIO | int = subprocess.PIPE,
    stderr: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """Return a git process to write to, or one that reads from the file ``stdin``.

    Raise ``SourceError`` without git.
    """
    try:
        process = subprocess.Popen(
            ["git", *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=env, bufsize=_PIPE_BYTES
        )
    except OSError as error:
        raise _no_git(error) from error
    assert process.stdout is not None
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        # Waiting costs more than reading, so make the pipe larger. Users have a limit for such pipes.
        with contextlib.suppress(OSError):
            fcntl.fcntl(process.stdout.fileno(), fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
    return process


def _no_git(error: OSError) -> SourceError:
    if isinstance(error, FileNotFoundError):
        return SourceError("git: not found on PATH; install git, or measure a plain directory with --no-git")
    return SourceError(f"git: cannot be run ({error.strerror}); fix that, or measure a plain directory with --no-git")


OLDEST_GIT = "2.31"
"""The first git with ``GIT_CONFIG_COUNT`` and ``rev-parse --path-format``."""


class Location(Struct, frozen=True, kw_only=True):
    """A git directory, and what every git command needs to work in it."""

    git_dir: bytes
    common_dir: bytes
    """The git directory of the main work tree, which linked ones share."""
    top: bytes | None
    """Absolute path of the work tree; None for a bare repository."""
    object_format: str
    """The hash of object ids: ``sha1`` or ``sha256``."""
    arguments: tuple[bytes, ...]
    """The arguments that select this repository."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What a repository's configuration means for running git in it."""

    promisor: bool
    """True for a partial clone: objects may be missing, and asking for one would make git fetch."""
    environment: Mapping[str, str]
    """The environment, with every configured filter turned off."""


def locate(path: bytes) -> Location | None:
    """Return the repository that holds ``path``; None if there is none. Raise ``SourceError`` if git refuses it."""
    try:
        return _locate((b"-C", path), path)
    except GitError as error:
        if "not a git repository" in error.stderr and not _has_git_entry(path):
            return None
        raise SourceError(_refusal(error, path)) from error


def locate_git_dir(git_dir: bytes) -> Location | None:
    """Return the repository in ``git_dir`` itself, as a bare one; None if git finds none there."""
    try:
        # With a work tree named, git does not look for the one in the repository's configuration.
        return _locate((b"-C", git_dir, b"--git-dir=.", b"--work-tree=."), git_dir, bare=True)
    except GitError:
        return None


def locate_named(git_dir: bytes, work_tree: bytes | None) -> Location:
    """Return the repository that git named to a hook, which runs in the top of the work tree or in a bare repository.

    Raise ``SourceError`` if git refuses it.
    """
    at = os.path.abspath(work_tree or b".")
    named = (b"--work-tree=" + at,) if work_tree else ()
    try:
        return _locate((b"-C", at, b"--git-dir=" + os.path.abspath(git_dir), *named), at)
    except GitError as error:
        raise SourceError(_refusal(error, at)) from error


def _locate(arguments: tuple[bytes, ...], path: bytes, *, bare: bool = False) -> Location:
    env = environment()
    answer = run([*arguments, *PLACE_ASKED], env)
    is_bare, inside, object_format, up, git_dir = _answers(answer, env)
    top = None if bare or inside != b"true" else os.path.realpath(os.path.join(path, up))
    if not bare and is_bare != b"true" and top is None:
        raise SourceError(f"{quoted(path)}: is in no working tree of its repository; name that, or use --no-git")
    work_tree = git_dir if bare else top
    named = (b"--work-tree=" + work_tree,) if work_tree is not None else ()
    return Location(
        git_dir=git_dir,
        common_dir=common_dir(git_dir),
        top=top,
        object_format=object_format.decode("ascii"),
        arguments=(b"-C", work_tree or git_dir, b"--git-dir=" + git_dir, *named),
    )


def located(learnt: Learnt) -> Location:
    """The repository that a lean start has seen."""
    place = learnt.place
    return Location(
        git_dir=place.git_dir,
        common_dir=place.common_dir,
        top=place.top,
        object_format=place.object_format,
        arguments=learnt.arguments,
    )


def _answers(answer: bytes, env: Mapping[str, str]) -> list[bytes]:
    if answer.startswith(b"--"):
        version = run(["version"], env).decode("utf-8", "replace").strip().removeprefix("git version ")
        raise SourceError(f"git: version {version} is too old; install git {OLDEST_GIT} or newer")
    # The git directory comes last, since it alone can hold a newline. Outside a work tree no other path precedes it.
    *first, rest = answer.removesuffix(b"\n").split(b"\n", 3)
    if len(first) != 3:
        raise SourceError("git: does not answer as git does; see what git rev-parse --git-dir prints")
    up, _, git_dir = rest.partition(b"\n") if first[1] == b"true" else (b"", b"", rest.lstrip(b"\n"))
    return [*first, up, git_dir]


def _refusal(error: GitError, path: bytes) -> str:
    if "dubious ownership" in error.stderr:
        return (
            f"{quoted(path)}: the repository belongs to somebody else, so git will not read it; if you trust it, run "
            f"git config --global --add safe.directory with its path"
        )
    return f"{quoted(path)}: git cannot read this repository ({error.first_line}); mend it, or use --no-git"


def _has_git_entry(path: bytes) -> bool:
    """Return True if there is a ``.git`` where git looks for one: here or above, on the same file system."""
    at = os.path.realpath(path)
    device = os.lstat(at).st_dev
    while not os.path.lexists(os.path.join(at, b".git")):
        parent = os.path.dirname(at)
        if parent == at or os.lstat(parent).st_dev != device:
            return False
        at = parent
    return True


def surroundings(location: Location, listed: bytes | None = None) -> Surroundings:
    """Read the configuration, unless it is known what git says of ``FILTERS_ASKED``. Raises ``GitError``."""
    if listed is None:
        listed = run([*location.arguments, "config", "-z", "--get-regexp", FILTERS_ASKED], environment(), ok=(0, 1))
    return Surroundings(promisor=is_promisor(listed), environment=environment(emptied(listed)))
