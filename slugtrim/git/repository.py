"""A repository as slugtrim sees it: what it tracks, at a commit or in the index. Nothing of its own is ever run."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain

from msgspec import Struct

from slugtrim.files import FileCount, Unreadable
from slugtrim.git import listing
from slugtrim.git.command import (
    GitError,
    Location,
    Surroundings,
    locate,
    locate_git_dir,
    locate_named,
    run,
    run_together,
    stream,
    surroundings,
)
from slugtrim.git.listing import NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, TREE, GitEntry, Listing, Survey, records
from slugtrim.lean import environment, object_directories, pack_names

_ZLIB_FRAME_BYTES = 6
_ID = re.compile(rb"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_LONGEST_REVISION = 4096
"""Characters. The system refuses to start a program with a much longer argument."""
_NEEDS_ESCAPE = re.compile(rb'[\x00-\x1f"\\\x7f-\xff]')


class Repository:
    """One git directory, opened for reading. ``discover`` finds it from a path, ``at`` takes it as named."""

    __slots__ = ("_location", "_surroundings")

    def __init__(self, location: Location) -> None:
        self._location = location
        self._surroundings: Surroundings | None = None

    @classmethod
    def discover(cls, path: bytes) -> Repository | None:
        """The repository that ``path`` lies in, None if it lies in none.

        Raises ``SourceError`` when git refuses it.
        """
        location = locate(path)
        return cls(location) if location is not None else None

    @classmethod
    def at(cls, git_dir: bytes) -> Repository | None:
        """The repository in the directory ``git_dir`` itself, seen as a bare one; None if there is none."""
        location = locate_git_dir(git_dir)
        return cls(location) if location is not None else None

    @classmethod
    def of_hook(cls, environ: Mapping[str, str]) -> Repository | None:
        """The repository for which git runs a hook: as the ``GIT_DIR`` and ``GIT_WORK_TREE`` that it set have it.

        Without them the one that the current directory lies in, None if it lies in none. Raises ``SourceError``.
        """
        git_dir = environ.get("GIT_DIR")
        if not git_dir:
            return cls.discover(b".")
        work_tree = environ.get("GIT_WORK_TREE")
        return cls(locate_named(os.fsencode(git_dir), os.fsencode(work_tree) if work_tree else None))

    @property
    def git_dir(self) -> bytes:
        """Absolute path of the git directory."""
        return self._location.git_dir

    @property
    def common_dir(self) -> bytes:
        """Absolute path of the git directory that linked work trees share."""
        return self._location.common_dir

    @property
    def top(self) -> bytes | None:
        """Absolute path of the work tree; None for a bare repository."""
        return self._location.top

    @property
    def object_format(self) -> str:
        """``sha1`` or ``sha256``: how ids are made."""
        return self._location.object_format

    @property
    def promisor(self) -> bool:
        """Whether it is a partial clone: objects may be missing on purpose."""
        return self._configured().promisor

    @property
    def command_prefix(self) -> tuple[bytes, ...]:
        """The arguments that name this repository to git."""
        return self._location.arguments

    @property
    def environment(self) -> Mapping[str, str]:
        """The environment git must be run with here."""
        return self._configured().environment

    def _configured(self) -> Surroundings:
        # Not before it matters: naming a commit runs no filter, and a known one is done with that.
        if self._surroundings is None:
            self._surroundings = surroundings(self._location)
        return self._surroundings

    def git(self, arguments: Sequence[str | bytes], stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
        """What git prints in this repository. Raises ``GitError`` on a status not in ``ok``."""
        return run([*self.command_prefix, *arguments], self.environment, stdin, ok)

    def commit_id(self, rev: str) -> str | None:
        """Full id of the commit that ``rev`` names, None if it names none here."""
        name = _revision(rev)
        if name is None:
            return None
        # Behind a colon everything is a path or a message, the peeling suffix included: so that goes on afterwards.
        found = self._object_id(name) if b":" in name else name
        found = self._object_id(found + b"^{commit}") if found else None
        return found.decode("ascii") if found else None

    def _object_id(self, name: bytes) -> bytes | None:
        found = self._ask(["rev-parse", "--verify", "--quiet", "--end-of-options", name], ok=(0, 1, 128)).strip()
        return found if _ID.fullmatch(found) else None

    def _ask(self, arguments: Sequence[str | bytes], stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
        """``git`` for questions that no filter has a part in."""
        return run([*self.command_prefix, *arguments], environment(), stdin, ok)

    def commit_and_fingerprint(self, rev: str, prefix: bytes) -> tuple[str | None, bytes | None]:
        """``commit_id``, and ``tree_fingerprint`` of that: mostly in one process, where those take two."""
        name = _revision(rev)
        if name is None or b":" in name or b"\n" in name + prefix:
            commit = self.commit_id(rev)
            return commit, self.tree_fingerprint(commit, prefix) if commit is not None else None
        names = (name + b"^{commit}", name + b"^{commit}" + (b":" + prefix if prefix else b"^{tree}"))
        asked = b"".join(each + b"\n" for each in names)
        answers = self._ask(["cat-file", "--batch-check=%(objectname)"], asked, ok=(0, 128)).splitlines()
        found = [answer if _ID.fullmatch(answer) else None for answer in answers] + [None, None]
        return found[0].decode("ascii") if found[0] else None, found[1]

    def merge_base(self, one: str, other: str) -> str | None:
        """Full id of the best common ancestor of two revisions; None where there is none, or one of them is not."""
        found = self._ask(["merge-base", one, other], ok=(0, 1, 128)).strip()
        return found.decode("ascii") if _ID.fullmatch(found) else None

    def is_unborn(self) -> bool:
        """Whether there is no first commit yet on the branch in use."""
        return self._object_id(b"HEAD") is None

    def is_ambiguous(self, rev: str) -> bool:
        """Whether several objects have ids that begin with ``rev``."""
        if not re.fullmatch("[0-9a-f]{4,64}", rev):
            return False
        return len(self.git(["rev-parse", f"--disambiguate={rev}"], ok=(0, 1, 128)).split()) > 1

    def tree_id(self, commit: str, prefix: bytes) -> str | None:
        """What names the tree at directory ``prefix`` of a commit, or its root; None if that is no directory."""
        if not prefix:
            # Not ^{tree}, which needs the tree itself; a partial clone may have the commit alone.
            return commit
        found = self._object_id(commit.encode() + b":" + prefix)
        if found is None or self.git(["cat-file", "-t", found], ok=(0, 128)).strip() != b"tree":
            return None
        return found.decode("ascii")

    def tree_fingerprint(self, commit: str, prefix: bytes) -> bytes | None:
        """Id of what stands at directory ``prefix`` of a commit, or of its root tree; None if it is not here."""
        return self._object_id(commit.encode() + (b":" + prefix if prefix else b"^{tree}"))

    def missing_objects(self, tree: str) -> frozenset[bytes]:
        """Ids below ``tree`` that a partial clone left on the server; empty for any other repository."""
        if not self.promisor:
            return frozenset()
        listed = self.git(["rev-list", "--objects", "--no-walk", "--missing=print", tree])
        return frozenset(line[1:] for line in listed.splitlines() if line.startswith(b"?"))

    def list_tree(self, tree: str, count: FileCount) -> Listing:
        """Everything below ``tree``, in git's order. Raises ``SourceError`` as ``count`` does, and git ends with it.

        Where ``tree`` itself is not here, the one unreadable path is empty.
        """
        # With -t directories are listed, so that those that hold no file are counted: there may be any number.
        command = ["ls-tree", "-r", "-t", "-z", "--full-tree", tree]
        if not self.promisor:  # in a partial clone git would go and fetch what it shall tell the size of
            command.insert(1, "-l")
        before = count.found, count.names_bytes
        records = stream(
            [*self.command_prefix, *command],
            self.environment,
            lambda found: count.add(len(found), sum(map(len, found))),
        )
        try:
            if not self.promisor:
                return listing.sized_entries(records)
            entries = listing.tree_entries(chain.from_iterable(records))
            return Listing(entries=tuple(entry for entry in entries if entry.mode != TREE))
        except GitError:
            count.found, count.names_bytes = before
            return self._list_what_is_here(tree, count)

    def entries_at(self, commit: str, paths: Sequence[bytes]) -> list[GitEntry]:
        """What a commit has at these paths, directories as themselves. Raises ``GitError``."""
        return list(
            listing.tree_entries(
                listing.records(self.git(["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", *paths]))
            )
        )

    def _list_what_is_here(self, tree: str, count: FileCount) -> Listing:
        missing = self.missing_objects(tree)
        known: dict[bytes, list[GitEntry] | None] = {}
        """By id: the same tree may be there any number of times."""
        entries: list[GitEntry] = []
        unreadable: list[Unreadable] = []
        stack = [(b"", tree.encode())]
        while stack:
            at, id_ = stack.pop()
            if id_ not in known:
                known[id_] = self._entries(id_) if id_ not in missing else None
            found = known[id_]
            if found is None:
                reason = NOT_IN_PARTIAL_CLONE if self.promisor else OBJECT_MISSING
                unreadable.append(Unreadable(path=at.removesuffix(b"/"), reason=reason))
                continue
            for entry in found:
                count.add(1, len(at) + len(entry.path))
                if entry.mode == TREE:
                    stack.append((at + entry.path + b"/", entry.id))
                else:
                    entries.append(entry._replace(path=at + entry.path))
        return Listing(entries=tuple(sorted(entries)), unreadable=tuple(sorted(unreadable, key=lambda lost: lost.path)))

    def _entries(self, tree: bytes) -> list[GitEntry] | None:
        """What is in one tree; None if it cannot be read."""
        try:
            listed = self.git(["ls-tree", "-z", "--full-tree", tree])
        except GitError:
            return None
        return list(listing.tree_entries(listing.records(listed)))

    def survey(self, prefix: bytes, count: FileCount) -> Survey:
        """How the work tree stands below directory ``prefix``. Reads no content that a filter would have to convert.

        Raises ``SourceError`` as ``count`` does.
        """
        commands = (
            ["ls-files", "--stage", "-z"],
            ["diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"],
            ["ls-files", "--others", "--exclude-standard", "--directory", "--no-empty-directory", "-z"],
        )
        index, changes, untracked = run_together(
            [[*self.command_prefix, *command, *_below(prefix)] for command in commands],
            self.environment,
            lambda listed: count.add(listed.count(b"\0"), len(listed)),
        )
        return Survey(
            index=index, prefix=prefix, changes=listing.changes(changes), untracked=tuple(listing.records(untracked))
        )

    def sizes(self, ids: Iterable[bytes], missing: frozenset[bytes] = frozenset()) -> dict[bytes, int]:
        """Size in bytes of each blob that is here."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in missing]
        sizes: dict[bytes, int] = {}
        while wanted:
            arguments = ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", "--buffer"]
            listed = self.git(arguments, stdin=b"\n".join(wanted) + b"\n", ok=(0, 128)).splitlines()
            sizes.update((id_, int(size)) for id_, type_, size in map(_three, listed) if type_ == b"blob")
            # git ends at a damaged object, and in a partial clone at one it would have to fetch: go on behind that one.
            wanted = wanted[len(listed) + 1 :]
            if wanted and self.promisor:
                here = self._ids_here()
                wanted = [id_ for id_ in wanted if id_ in here]
        return sizes

    def _ids_here(self) -> frozenset[bytes]:
        arguments = ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)", "--buffer"]
        return frozenset(self.git(arguments, ok=(0, 128)).splitlines())

    def deflated_bytes(self, ids: Iterable[bytes]) -> dict[bytes, int]:
        """Size of the bare deflate stream of each blob that is packed whole: neither loose nor as a delta."""
        format_ = "%(objectname) %(objectsize) %(objectsize:disk) %(deltabase)"
        listed = self.git(["cat-file", f"--batch-check={format_}", "--buffer"], b"\n".join(ids) + b"\n", (0, 128))
        sizes = {}
        for line in listed.splitlines():
            id_, *numbers = line.split(b" ")
            if len(numbers) != 3 or numbers[2].strip(b"0") or self._is_loose(id_, int(numbers[1])):
                continue
            # In the pack the stream has a header that holds the size, four bits, then seven to a byte, and zlib's own.
            header = 1 + max(0, -(-(int(numbers[0]).bit_length() - 4) // 7))
            sizes[id_] = int(numbers[1]) - header - _ZLIB_FRAME_BYTES
        return sizes

    def _is_loose(self, id_: bytes, stored_bytes: int) -> bool:
        """Whether what git said of an object is said of a loose copy: then that is as large as git said."""
        for objects in object_directories(self.common_dir):
            with contextlib.suppress(OSError):
                if os.lstat(b"%s/%s/%s" % (objects, id_[:2], id_[2:])).st_size == stored_bytes:
                    return True
        return False

    def packs(self) -> bytes:
        """The names of all packs: while they stay, so do the sizes that objects are stored in."""
        return pack_names(self.common_dir)

    def blob(self, id_: bytes) -> bytes:
        """The whole content of a blob. Raises ``GitError``."""
        return self.git(["cat-file", "blob", id_])

    def attribute(self, name: str, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        """The value of a git attribute for each path, as the work tree's ``.gitattributes`` give it."""
        listed = self.git(["check-attr", "-z", "--stdin", name], stdin=b"".join(path + b"\0" for path in paths))
        fields = listing.records(listed)
        return dict(zip(fields[::3], fields[2::3], strict=True))

    def ids_as_added(self, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        """Path to the id that a regular file would get by ``git add`` without filters: line ends, ident, encoding."""
        lines = [b'"' + _NEEDS_ESCAPE.sub(lambda match: b"\\%03o" % match[0][0], path) + b'"\n' for path in paths]
        # git ends at the first file that went away in the meantime; those behind it have no id then.
        listed = self.git(["hash-object", "--stdin-paths"], stdin=b"".join(lines), ok=(0, 128))
        return dict(zip(paths, listed.split(), strict=False))

    def submodule_names(self, gitmodules: bytes) -> dict[bytes, bytes]:
        """Path to name of every submodule in the content of a ``.gitmodules``; empty where git cannot read it."""
        arguments = ["config", "-z", "-f", "-", "--get-regexp", r"^submodule\..*\.path$"]
        found = listing.settings(self.git(arguments, stdin=gitmodules, ok=(0, 1, 3, 128)))
        return {path: listing.key_parts(key)[1] for key, path in found.items()}


def _three(line: bytes) -> tuple[bytes, bytes, bytes]:
    id_, _, rest = line.partition(b" ")
    type_, _, size = rest.partition(b" ")
    return id_, type_, size


def _revision(rev: str) -> bytes | None:
    """What a user called a commit, as git may be given it; None for what cannot name one."""
    try:
        name = os.fsencode(rev)
    except UnicodeEncodeError:
        return None
    return None if not name or name.startswith(b"-") or b"\0" in name or len(name) > _LONGEST_REVISION else name


def _below(prefix: bytes) -> list[bytes]:
    return [b"--", prefix + b"/"] if prefix else []


_OWN_SCOPES = (b"local", b"worktree")


class HooksDirectory(Struct, frozen=True, kw_only=True):
    """The directory that git uses; it need not exist."""

    path: bytes
    """Absolute."""
    is_shared: bool
    """A configuration beyond the repository's own names it: hooks in it are for every repository of the user."""
    is_tracked: bool
    """The repository tracks files in it: hooks in it are everybody's who works on it."""


def hooks_directory(repository: Repository) -> HooksDirectory:
    """As ``core.hooksPath`` has it, else the one in the git directory that linked work trees share.

    Raises ``GitError``.
    """
    scope, value = _configured(repository)
    path = os.path.join(repository.common_dir, b"hooks")
    if scope:
        # A relative one is taken from where hooks are run.
        path = os.path.normpath(os.path.join(repository.top or repository.git_dir, value))
    is_shared = bool(scope) and scope not in _OWN_SCOPES
    return HooksDirectory(path=path, is_shared=is_shared, is_tracked=_is_tracked(repository, path))


def _configured(repository: Repository) -> tuple[bytes, bytes]:
    """Scope and value of ``core.hooksPath``, empty where it is not set."""
    # The hardening sets the same key for the call: what is asked for stands before it.
    question = ["config", "-z", "--show-scope", "--type=path", "--get-all", "core.hooksPath"]
    fields = repository.git(question, ok=(0, 1)).split(b"\0")
    found = [pair for pair in zip(fields[::2], fields[1::2], strict=False) if pair[0] != b"command"]
    return found[-1] if found else (b"", b"")


def _is_tracked(repository: Repository, path: bytes) -> bool:
    if repository.top is None:
        return False
    inside = os.path.relpath(os.path.realpath(path), repository.top)
    if inside == b".." or inside.startswith(b"../"):
        return False
    try:
        return bool(repository.git(["--literal-pathspecs", "ls-files", "-z", "--", inside]))
    except GitError:
        return False  # within the git directory


class Ignored(Struct, frozen=True, kw_only=True):
    """Paths from the repository's top that git ignores."""

    untracked: tuple[bytes, ...]
    """Not tracked, so no push sends them; of a directory with nothing tracked in it, the directory and a slash."""
    tracked: tuple[bytes, ...]
    """Tracked all the same."""


def ignored_paths(repository: Repository, prefix: bytes = b"") -> Ignored:
    """What is ignored below directory ``prefix`` of a work tree. Raises ``GitError``."""
    below = [b"--", prefix + b"/"] if prefix else []
    kinds = (["--others", "--directory"], ["--cached"])
    commands: list[list[str | bytes]] = [
        [*repository.command_prefix, "ls-files", "--ignored", "--exclude-standard", "-z", *kind, *below]
        for kind in kinds
    ]
    untracked, tracked = run_together(commands, repository.environment)
    return Ignored(untracked=tuple(records(untracked)), tracked=tuple(records(tracked)))
