"""A repository as slugtrim sees it: what it tracks, in a commit or the index. Nothing in it is ever run."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    located,
    records_of,
    run,
    run_together,
    stream,
    surroundings,
)
from slugtrim.git.listing import NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, TREE, GitEntry, Listing, Survey, records
from slugtrim.lean import Learnt, Unknown, environment, is_id, object_directories, pack_names

_ZLIB_FRAME_BYTES = 6
_NAMED_AT_MOST = 100
"""Paths that a command line names; of more the whole work tree is asked about."""
_LONGEST_REVISION = 4096
"""Characters. The system refuses to start a program with a much longer argument."""
_NEEDS_ESCAPE = rb'[\x00-\x1f"\\\x7f-\xff]'


class Repository:
    """A git directory, opened for reading. ``discover`` searches from a path, ``at`` takes the directory itself."""

    __slots__ = ("_learnt", "_location", "_surroundings")

    def __init__(self, location: Location, learnt: Learnt | None = None) -> None:
        """``learnt`` is what a lean start has seen there."""
        self._location = location
        self._surroundings: Surroundings | None = None
        self._learnt = learnt

    @classmethod
    def learnt(cls, learnt: Learnt) -> Repository:
        """The repository that a lean start has seen: what git said to that is not asked again."""
        return cls(located(learnt), learnt)

    @classmethod
    def discover(cls, path: bytes) -> Repository | None:
        """Return the repository that holds ``path``; None if there is none.

        Raise ``SourceError`` if git refuses it.
        """
        location = locate(path)
        return cls(location) if location is not None else None

    @classmethod
    def at(cls, git_dir: bytes) -> Repository | None:
        """Return the repository in ``git_dir`` itself, as a bare one; None if there is none."""
        location = locate_git_dir(git_dir)
        return cls(location) if location is not None else None

    @classmethod
    def of_hook(cls, environ: Mapping[str, str]) -> Repository | None:
        """Return the repository of a running hook, from the ``GIT_DIR`` and ``GIT_WORK_TREE`` that git set.

        Without them, return the one that holds the current directory; None if there is none. Raise ``SourceError``.
        """
        git_dir = environ.get("GIT_DIR")
        if not git_dir:
            return cls.discover(b".")
        work_tree = environ.get("GIT_WORK_TREE")
        return cls(locate_named(os.fsencode(git_dir), os.fsencode(work_tree) if work_tree else None))

    @property
    def git_dir(self) -> bytes:
        """Return the absolute path of the git directory."""
        return self._location.git_dir

    @property
    def common_dir(self) -> bytes:
        """Return the absolute path of the git directory that linked work trees share."""
        return self._location.common_dir

    @property
    def top(self) -> bytes | None:
        """Return the absolute path of the work tree; None for a bare repository."""
        return self._location.top

    @property
    def object_format(self) -> str:
        """Return the hash of object ids: ``sha1`` or ``sha256``."""
        return self._location.object_format

    @property
    def promisor(self) -> bool:
        """Return True for a partial clone, where objects may be missing on purpose."""
        return self._configured().promisor

    @property
    def command_prefix(self) -> tuple[bytes, ...]:
        """Return the arguments that select this repository."""
        return self._location.arguments

    @property
    def environment(self) -> Mapping[str, str]:
        """Return the environment that git must have here."""
        return self._configured().environment

    def _configured(self) -> Surroundings:
        # Read only when needed: naming a commit runs no filter, and often nothing else is asked.
        if self._surroundings is None:
            listed = self._learnt.filters if self._learnt is not None else None
            self._surroundings = surroundings(self._location, listed)
        return self._surroundings

    def git(self, arguments: Sequence[str | bytes], stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
        """Return what git prints in this repository. Raise ``GitError`` on a status not in ``ok``."""
        return run([*self.command_prefix, *arguments], self.environment, stdin, ok)

    def commit_id(self, rev: str) -> str | None:
        """Return the full id of the commit that ``rev`` names; None if there is none."""
        name = _revision(rev)
        if name is None:
            return None
        # After a colon, all is a path or a message, even the suffix for peeling. So peel in a second step.
        found = self._object_id(name) if b":" in name else name
        found = self._object_id(found + b"^{commit}") if found else None
        return found.decode("ascii") if found else None

    def _object_id(self, name: bytes) -> bytes | None:
        found = self._ask(["rev-parse", "--verify", "--quiet", "--end-of-options", name], ok=(0, 1, 128)).strip()
        return found if is_id(found) else None

    def _ask(self, arguments: Sequence[str | bytes], stdin: bytes = b"", ok: tuple[int, ...] = (0,)) -> bytes:
        """Run ``git`` for questions that involve no filter."""
        return run([*self.command_prefix, *arguments], environment(), stdin, ok)

    def head(self) -> str | None:
        """Full id of the commit that the work tree stands on; None before the first one."""
        if self._learnt is not None and self._learnt.listed is not None:
            return self._learnt.place.ids[0].decode()
        return self.commit_id("HEAD")

    def commit_and_fingerprint(self, rev: str, prefix: bytes) -> tuple[str | None, bytes | None]:
        """``commit_id``, and ``tree_fingerprint`` of that: mostly in one process, where those take two."""
        if self._learnt is not None and not prefix:
            commit_, tree = self._learnt.place.ids
            return commit_.decode(), tree
        name = _revision(rev)
        if name is None or b":" in name or b"\n" in name + prefix:
            commit = self.commit_id(rev)
            return commit, self.tree_fingerprint(commit, prefix) if commit is not None else None
        names = (name + b"^{commit}", name + b"^{commit}" + (b":" + prefix if prefix else b"^{tree}"))
        asked = b"".join(each + b"\n" for each in names)
        answers = self._ask(["cat-file", "--batch-check=%(objectname)"], asked, ok=(0, 128)).splitlines()
        found = [answer if is_id(answer) else None for answer in answers] + [None, None]
        return found[0].decode("ascii") if found[0] else None, found[1]

    def merge_base(self, one: str, other: str) -> str | None:
        """Return the full id of the best common ancestor of two revisions; None if there is none, or one is missing."""
        found = self._ask(["merge-base", one, other], ok=(0, 1, 128)).strip()
        return found.decode("ascii") if is_id(found) else None

    def is_unborn(self) -> bool:
        """Return True if the current branch has no commit yet."""
        return self._object_id(b"HEAD") is None

    def is_ambiguous(self, rev: str) -> bool:
        """Return True if the ids of several objects begin with ``rev``."""
        if not re.fullmatch("[0-9a-f]{4,64}", rev):
            return False
        return len(self.git(["rev-parse", f"--disambiguate={rev}"], ok=(0, 1, 128)).split()) > 1

    def tree_id(self, commit: str, prefix: bytes) -> str | None:
        """Return the name of the tree at directory ``prefix`` of a commit; None if that is not a directory."""
        if not prefix:
            # Not ^{tree}, which needs the tree itself; a partial clone may have only the commit.
            return commit
        found = self._object_id(commit.encode() + b":" + prefix)
        if found is None or self.git(["cat-file", "-t", found], ok=(0, 128)).strip() != b"tree":
            return None
        return found.decode("ascii")

    def tree_fingerprint(self, commit: str, prefix: bytes) -> bytes | None:
        """Return the id of the object at directory ``prefix`` of a commit, or of its root tree; None if missing."""
        return self._object_id(commit.encode() + (b":" + prefix if prefix else b"^{tree}"))

    def missing_objects(self, tree: str) -> frozenset[bytes]:
        """Return the ids below ``tree`` that a partial clone left on the server; empty for other repositories."""
        if not self.promisor:
            return frozenset()
        listed = self.git(["rev-list", "--objects", "--no-walk", "--missing=print", tree])
        return frozenset(line[1:] for line in listed.splitlines() if line.startswith(b"?"))

    def list_tree(self, tree: str, count: FileCount) -> Listing:
        """Return everything below ``tree``, in git's order. Raise ``SourceError`` as ``count`` does; then git ends.

        If ``tree`` itself is missing, the one unreadable path is empty.
        """
        # With -t, directories are listed too, so that any number of empty ones is counted.
        command = ["ls-tree", "-r", "-t", "-z", "--full-tree", tree]
        if not self.promisor:  # in a partial clone, git would fetch objects to report their sizes
            command.insert(1, "-l")
        before = count.found, count.names_bytes
        begun = self._begun_listing(tree)

        def watch(found: list[bytes]) -> None:
            count.add(len(found), sum(map(len, found)))

        if begun is not None:
            records = records_of(begun, watch)
        else:
            records = stream([*self.command_prefix, *command], self.environment, watch)
        try:
            if not self.promisor:
                return listing.sized_entries(records)
            entries = listing.tree_entries(chain.from_iterable(records))
            return Listing(entries=tuple(entry for entry in entries if entry.mode != TREE))
        except (GitError, Unknown):
            count.found, count.names_bytes = before
            return self._list_what_is_here(tree, count)

    def _begun_listing(self, commit: str) -> Iterator[bytes] | None:
        """What lists a commit with sizes, if a lean start has begun that; once."""
        if self._learnt is None or self._learnt.listing is None or self._learnt.place.ids[0] != commit.encode():
            return None
        listing_, self._learnt.listing = self._learnt.listing, None
        return listing_.pieces()

    def entries_at(self, commit: str, paths: Sequence[bytes]) -> list[GitEntry]:
        """Return what a commit has at these paths; a directory is one entry. Raise ``GitError``."""
        return list(
            listing.tree_entries(
                listing.records(
                    self._ask(["--literal-pathspecs", "ls-tree", "-z", "--full-tree", commit, "--", *paths])
                )
            )
        )

    def _list_what_is_here(self, tree: str, count: FileCount) -> Listing:
        missing = self.missing_objects(tree)
        known: dict[bytes, list[GitEntry] | None] = {}
        """Entries by tree id: the same tree may occur any number of times."""
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
        """Return the entries of one tree; None if it can't be read."""
        try:
            listed = self.git(["ls-tree", "-z", "--full-tree", tree])
        except GitError:
            return None
        return list(listing.tree_entries(listing.records(listed)))

    def survey(self, prefix: bytes, count: FileCount) -> Survey:
        """Compare the work tree below ``prefix`` with the index. Read no content that a filter would convert.

        Raise ``SourceError`` as ``count`` does.
        """
        if self._learnt is not None and self._learnt.listed is not None and not prefix:
            survey = self._survey_learnt(self._learnt.listed, count)
            if survey is not None:
                return survey
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

    def _survey_learnt(self, listed: bytes, count: FileCount) -> Survey | None:
        """The same by what a lean start has read; None if that has not all of it."""
        found = listing.listed_at_once(listed)
        if found is None:
            return None
        index, untracked, paths = found
        count.add(index.count(b"\0"), len(index))
        if not paths:
            return Survey(index=index, prefix=b"", changes=(), untracked=untracked)
        # git knows what it would record for them
        diff: list[str | bytes] = ["diff-files", "--raw", "-z", "--no-renames", "--ignore-submodules=all"]
        if len(paths) > _NAMED_AT_MOST:
            return Survey(index=index, prefix=b"", changes=listing.changes(self.git(diff)), untracked=untracked)
        only = ["--", *sorted(paths)]
        asked = [[*self.command_prefix, *command, *only] for command in (diff, ["check-attr", "-z", "filter"])]
        changed, filters = run_together(asked, self.environment)
        return Survey(
            index=index,
            prefix=b"",
            changes=listing.changes(changed),
            untracked=untracked,
            filters=listing.attributes(filters),
        )

    def sizes(self, ids: Iterable[bytes], missing: frozenset[bytes] = frozenset()) -> dict[bytes, int]:
        """Return the size in bytes of each blob that is present."""
        wanted = [id_ for id_ in dict.fromkeys(ids) if id_ not in missing]
        sizes: dict[bytes, int] = {}
        begun = self._begun_listing(self._learnt.place.ids[0].decode()) if self._learnt is not None else None
        if begun is not None:
            with contextlib.suppress(Unknown):  # it says nothing of what is behind a damaged object
                sizes = listing.sizes_of(b"".join(begun))
            wanted = [id_ for id_ in wanted if id_ not in sizes]
        while wanted:
            arguments = ["cat-file", "--batch-check=%(objectname) %(objecttype) %(objectsize)", "--buffer"]
            listed = self.git(arguments, stdin=b"\n".join(wanted) + b"\n", ok=(0, 128)).splitlines()
            sizes.update((id_, int(size)) for id_, type_, size in map(_three, listed) if type_ == b"blob")
            # git ends at a damaged object, and in a partial clone at a missing one: continue after it.
            wanted = wanted[len(listed) + 1 :]
            if wanted and self.promisor:
                here = self._ids_here()
                wanted = [id_ for id_ in wanted if id_ in here]
        return sizes

    def _ids_here(self) -> frozenset[bytes]:
        arguments = ["cat-file", "--batch-all-objects", "--unordered", "--batch-check=%(objectname)", "--buffer"]
        return frozenset(self.git(arguments, ok=(0, 128)).splitlines())

    def deflated_bytes(self, ids: Iterable[bytes]) -> dict[bytes, int]:
        """Return the size of the bare deflate stream of each blob that is packed whole: not loose, not a delta."""
        format_ = "%(objectname) %(objectsize) %(objectsize:disk) %(deltabase)"
        listed = self.git(["cat-file", f"--batch-check={format_}", "--buffer"], b"\n".join(ids) + b"\n", (0, 128))
        loose = self._loose_directories()
        sizes = {}
        for line in listed.splitlines():
            id_, *numbers = line.split(b" ")
            if len(numbers) != 3 or numbers[2].strip(b"0") or _is_loose(loose, id_, int(numbers[1])):
                continue
            # In the pack, the stream follows a header with the size (four bits, then seven a byte) and zlib's header.
            header = 1 + max(0, -(-(int(numbers[0]).bit_length() - 4) // 7))
            sizes[id_] = int(numbers[1]) - header - _ZLIB_FRAME_BYTES
        return sizes

    def _loose_directories(self) -> dict[bytes, list[bytes]]:
        """Return the directories of loose objects by name: what ids begin with. Most repositories have few."""
        found: dict[bytes, list[bytes]] = {}
        for objects in object_directories(self.common_dir):
            with contextlib.suppress(OSError):
                for name in os.listdir(objects):
                    found.setdefault(name, []).append(os.path.join(objects, name))
        return found

    def packs(self) -> bytes:
        """Return the names of all packs. Stored sizes can change only if these do."""
        return pack_names(self.common_dir)

    def blob(self, id_: bytes) -> bytes:
        """Return the whole content of a blob. Raise ``GitError``."""
        return self.git(["cat-file", "blob", id_])

    def attribute(self, name: str, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return a git attribute of each path, according to the work tree's ``.gitattributes``."""
        listed = self.git(["check-attr", "-z", "--stdin", name], stdin=b"".join(path + b"\0" for path in paths))
        return listing.attributes(listed)

    def ids_as_added(self, paths: Sequence[bytes]) -> dict[bytes, bytes]:
        """Return path to the id that ``git add`` would give a regular file without filters, but with line endings and
        ident.
        """
        escape = re.compile(_NEEDS_ESCAPE).sub
        lines = [b'"' + escape(lambda match: b"\\%03o" % match[0][0], path) + b'"\n' for path in paths]
        # git ends at the first file that has disappeared; later ones then have no id.
        listed = self.git(["hash-object", "--stdin-paths"], stdin=b"".join(lines), ok=(0, 128))
        return dict(zip(paths, listed.split(), strict=False))

    def submodule_names(self, gitmodules: bytes) -> dict[bytes, bytes]:
        """Return path to name of every submodule in the content of a ``.gitmodules``; empty if git can't parse it."""
        arguments = ["config", "-z", "-f", "-", "--get-regexp", r"^submodule\..*\.path$"]
        found = listing.settings(self.git(arguments, stdin=gitmodules, ok=(0, 1, 3, 128)))
        return {path: listing.key_parts(key)[1] for key, path in found.items()}


def _is_loose(directories: Mapping[bytes, Sequence[bytes]], id_: bytes, stored_bytes: int) -> bool:
    """Return True if git reported a loose copy, whose file is then as large as git said."""
    for directory in directories.get(id_[:2], ()):
        with contextlib.suppress(OSError):
            if os.lstat(os.path.join(directory, id_[2:])).st_size == stored_bytes:
                return True
    return False


def _three(line: bytes) -> tuple[bytes, bytes, bytes]:
    id_, _, rest = line.partition(b" ")
    type_, _, size = rest.partition(b" ")
    return id_, type_, size


def _revision(rev: str) -> bytes | None:
    """Return a user's revision as an argument for git; None if it can't be one."""
    try:
        name = os.fsencode(rev)
    except UnicodeEncodeError:
        return None
    return None if not name or name.startswith(b"-") or b"\0" in name or len(name) > _LONGEST_REVISION else name


def _below(prefix: bytes) -> list[bytes]:
    return [b"--", prefix + b"/"] if prefix else []


_OWN_SCOPES = (b"local", b"worktree")


class HooksDirectory(Struct, frozen=True, kw_only=True):
    """The directory that git runs hooks from; it may be missing."""

    path: bytes
    """Absolute."""
    is_shared: bool
    """True if a configuration outside the repository names it: its hooks run for all of the user's repositories."""
    is_tracked: bool
    """True if the repository tracks files in it, so that everybody who works on it shares its hooks."""


def hooks_directory(repository: Repository) -> HooksDirectory:
    """Return the directory in ``core.hooksPath``, else the one in the git directory that linked work trees share.

    Raise ``GitError``.
    """
    scope, value = _configured(repository)
    path = os.path.join(repository.common_dir, b"hooks")
    if scope:
        # A relative one starts where hooks run.
        path = os.path.normpath(os.path.join(repository.top or repository.git_dir, value))
    is_shared = bool(scope) and scope not in _OWN_SCOPES
    return HooksDirectory(path=path, is_shared=is_shared, is_tracked=_is_tracked(repository, path))


def _configured(repository: Repository) -> tuple[bytes, bytes]:
    """Return scope and value of ``core.hooksPath``; empty if it is not set."""
    # The hardening sets the same key for this command, so the value that counts is the one before it.
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
    """Paths that git ignores, relative to the repository's top."""

    untracked: tuple[bytes, ...]
    """Untracked, so no push sends them. A directory without tracked files is one path with a slash."""
    tracked: tuple[bytes, ...]
    """Tracked although they are ignored."""


def ignored_paths(repository: Repository, prefix: bytes = b"") -> Ignored:
    """Return what git ignores below directory ``prefix`` of a work tree. Raise ``GitError``."""
    below = [b"--", prefix + b"/"] if prefix else []
    kinds = (["--others", "--directory"], ["--cached"])
    commands: list[list[str | bytes]] = [
        [*repository.command_prefix, "ls-files", "--ignored", "--exclude-standard", "-z", *kind, *below]
        for kind in kinds
    ]
    untracked, tracked = run_together(commands, repository.environment)
    return Ignored(untracked=tuple(records(untracked)), tracked=tuple(records(tracked)))
