"""Running git so that a repository's own configuration can never make it run a program, fetch, or write.

``GIT_NO_LAZY_FETCH`` is only known to git since its releases of May 2024; ``GIT_ALLOW_PROTOCOL`` with a name that is
no protocol keeps older ones from fetching, too.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import BinaryIO

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.git.listing import settings
from slugtrim.lean import FILTERS_ASKED, PLACE_ASKED, common_dir, emptied, environment

_PIPE_BYTES = 1 << 20


class GitError(Exception):
    """git ended with an error. ``stderr`` holds its words, in English."""

    def __init__(self, arguments: Sequence[str | bytes], status: int, stderr: bytes) -> None:
        super().__init__(f"git {_text(arguments[0])} ended with status {status}")
        self.status = status
        self.stderr = stderr.decode("utf-8", "replace").strip()

    @property
    def first_line(self) -> str:
        """What git ended for, or the first line it said; the status where it said nothing. Fit to be printed."""
        lines = self.stderr.splitlines()
        line = next((line for line in lines if line.startswith("fatal: ")), lines[0] if lines else "")
        line = line.removeprefix("fatal: ").removeprefix("error: ")
        return "".join(char if char.isprintable() else "?" for char in line) or str(self)


def _text(argument: str | bytes) -> str:
    return os.fsdecode(argument)


def run(
    arguments: Sequence[str | bytes], env: Mapping[str, str], stdin: bytes = b"", ok: tuple[int, ...] = (0,)
) -> bytes:
    """What ``git ARGUMENTS`` prints. Raises ``GitError`` on a status not in ``ok``, ``SourceError`` without git."""
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
    """What each of several commands prints that run at the same time. Raises as ``run`` does.

    ``watch`` gets what the first one prints, while it prints. What it raises ends all of them. That command must be one
    that prints few warnings, or it waits for somebody to read them.
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
    """The NUL-terminated records of what git prints, while it prints. Raises as ``run`` does, without git's words.

    ``watch`` gets all of them first. What it raises ends git.
    """
    process = start(arguments, env, stdin=subprocess.DEVNULL)
    assert process.stdout is not None
    try:
        rest = b""
        while data := os.read(process.stdout.fileno(), _PIPE_BYTES):
            *found, rest = (rest + data).split(b"\0")
            watch(found)
            yield found
        if process.wait():
            raise GitError(arguments, process.returncode, b"")
    finally:
        process.kill()
        process.communicate()


def start(
    arguments: Sequence[str | bytes],
    env: Mapping[str, str],
    stdin: BinaryIO | int = subprocess.PIPE,
    stderr: int = subprocess.DEVNULL,
) -> subprocess.Popen[bytes]:
    """A git process to talk to, or to read from with a file as ``stdin``.

    Raises ``SourceError`` without git.
    """
    try:
        process = subprocess.Popen(
            ["git", *arguments], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, env=env, bufsize=_PIPE_BYTES
        )
    except OSError as error:
        raise _no_git(error) from error
    assert process.stdout is not None
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        # Reading costs more for how often it waits than for how much it reads. Users have a limit of such pipes.
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
    """One git directory, and what every call of git in it needs."""

    git_dir: bytes
    common_dir: bytes
    """What linked work trees share: the git directory of the main one."""
    top: bytes | None
    """Absolute path of the work tree; None for a bare repository."""
    object_format: str
    """``sha1`` or ``sha256``: how ids are made."""
    arguments: tuple[bytes, ...]
    """The arguments that name this repository to git."""


class Surroundings(Struct, frozen=True, kw_only=True):
    """What the configuration of a repository means for running git in it."""

    promisor: bool
    """A partial clone: objects may be missing on purpose, and asking git for one would make it fetch."""
    environment: Mapping[str, str]
    """With every configured filter emptied."""


def locate(path: bytes) -> Location | None:
    """The repository that ``path`` lies in, None if it lies in none. Raises ``SourceError`` when git refuses it."""
    try:
        return _locate((b"-C", path), path)
    except GitError as error:
        if "not a git repository" in error.stderr and not _has_git_entry(path):
            return None
        raise SourceError(_refusal(error, path)) from error


def locate_git_dir(git_dir: bytes) -> Location | None:
    """The repository in the directory ``git_dir`` itself, seen as a bare one; None if git sees none there."""
    try:
        # With a work tree named, git does not go looking for the one in the repository's configuration.
        return _locate((b"-C", git_dir, b"--git-dir=.", b"--work-tree=."), git_dir, bare=True)
    except GitError:
        return None


def locate_named(git_dir: bytes, work_tree: bytes | None) -> Location:
    """The repository that git itself named to a hook, which runs in the top of the work tree or in a bare repository.

    Raises ``SourceError`` when git refuses it.
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
        raise SourceError(f"{quoted(path)}: is in no work tree of its repository; name the work tree, or use --no-git")
    work_tree = git_dir if bare else top
    named = (b"--work-tree=" + work_tree,) if work_tree is not None else ()
    return Location(
        git_dir=git_dir,
        common_dir=common_dir(git_dir),
        top=top,
        object_format=object_format.decode("ascii"),
        arguments=(b"-C", work_tree or git_dir, b"--git-dir=" + git_dir, *named),
    )


def _answers(answer: bytes, env: Mapping[str, str]) -> list[bytes]:
    if answer.startswith(b"--"):
        version = run(["version"], env).decode("utf-8", "replace").strip().removeprefix("git version ")
        raise SourceError(f"git: version {version} is too old; install git {OLDEST_GIT} or newer")
    # The git directory comes last: only it can hold a newline. Outside a work tree there may be no way up before it.
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
    """Whether there is a ``.git`` where git looks for one: here or above, on the same file system."""
    at = os.path.realpath(path)
    device = os.lstat(at).st_dev
    while not os.path.lexists(os.path.join(at, b".git")):
        parent = os.path.dirname(at)
        if parent == at or os.lstat(parent).st_dev != device:
            return False
        at = parent
    return True


def surroundings(location: Location) -> Surroundings:
    """Read the configuration. Raises ``GitError``."""
    listed = run([*location.arguments, "config", "-z", "--get-regexp", FILTERS_ASKED], environment(), ok=(0, 1))
    promisor = any(
        (key.endswith(b".promisor") and value != b"false") or key == b"extensions.partialclone"
        for key, value in settings(listed).items()
    )
    return Surroundings(promisor=promisor, environment=environment(emptied(listed)))
