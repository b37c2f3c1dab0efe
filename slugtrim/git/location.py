"""Where a repository lies, and how git must be called there so that nothing of its own is ever run."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.git.command import GitError, environment, run
from slugtrim.git.listing import key_parts, settings

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
    questions = ["--path-format=absolute", "--is-bare-repository", "--is-inside-work-tree", "--show-object-format"]
    env = environment()
    answer = run([*arguments, "rev-parse", *questions, "--show-cdup", "--git-dir"], env)
    is_bare, inside, object_format, up, git_dir = _answers(answer, env)
    top = None if bare or inside != b"true" else os.path.realpath(os.path.join(path, up))
    if not bare and is_bare != b"true" and top is None:
        raise SourceError(f"{quoted(path)}: is in no work tree of its repository; name the work tree, or use --no-git")
    work_tree = git_dir if bare else top
    named = (b"--work-tree=" + work_tree,) if work_tree is not None else ()
    return Location(
        git_dir=git_dir,
        common_dir=os.path.realpath(os.path.join(git_dir, _common_dir(git_dir))),
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


def _common_dir(git_dir: bytes) -> bytes:
    """What a linked worktree's git directory names as the one it shares; ``.`` in any other."""
    try:
        with open(os.path.join(git_dir, b"commondir"), "rb") as file:
            return file.read().removesuffix(b"\n")
    except OSError:
        return b"."


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
    """Reads the configuration. Raises ``GitError``.

    `git diff-files` compares a file whose time stamp is as young as the index by content, and would run the clean
    filter that the repository's configuration names. An empty command is none.
    """
    question = ["config", "-z", "--get-regexp", r"^(filter|remote|extensions)\."]
    known = settings(run([*location.arguments, *question], environment(), ok=(0, 1)))
    emptied = {}
    for key in known:
        section, name, variable = key_parts(key)
        if section == b"filter" and variable in (b"clean", b"smudge", b"process", b"required"):
            setting = os.fsdecode(b"filter." + name + b"." + variable)
            emptied[setting] = "false" if variable == b"required" else ""
    promisor = any(
        (key.endswith(b".promisor") and value != b"false") or key == b"extensions.partialclone"
        for key, value in known.items()
    )
    return Surroundings(promisor=promisor, environment=environment(emptied))
