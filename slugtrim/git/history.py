"""List commits, and what differs between trees: any number in a few processes."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from msgspec import Struct

from slugtrim.files import FileCount
from slugtrim.git.repository import Repository
from slugtrim.lean import is_id

_EMPTY_TREES = {
    "sha1": "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    "sha256": "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}
"""git knows the id of a tree without entries, whether or not a repository has that object."""
_FIELDS = 5


class Commit(Struct, frozen=True, kw_only=True):
    """A commit as ``git log`` tells it."""

    id: str
    parents: tuple[str, ...]
    authored_seconds: int
    """Since 1970, of the author's date."""
    subject: str
    """First line of the message, with whatever is in it; bytes other than UTF-8 are surrogates."""
    tree: str
    """Of its root directory."""


class TreeChange(Struct, frozen=True, kw_only=True):
    """A path whose entry is not the same in two trees."""

    path: bytes
    before_mode: int
    """0 where the first one has no such entry."""
    before_id: bytes
    mode: int
    """0 where the second one has no such entry."""
    id: bytes


def empty_tree(repository: Repository) -> str:
    """Return the id of a tree without entries."""
    return _EMPTY_TREES[repository.object_format]


def commits(
    repository: Repository, tip: str, base: str | None, *, all_parents: bool = False, since: str | None = None
) -> list[Commit]:
    """Return the commits that ``tip`` leads to and ``base`` doesn't, each behind its parents.

    Without ``all_parents``, only first parents are followed. ``since`` is a date, as git reads it. Raise ``GitError``.
    """
    arguments: list[str | bytes] = ["log", "-z", "--no-show-signature", "--topo-order", "--reverse", "--no-color"]
    arguments += ["--encoding=UTF-8", "--format=%H%n%P%n%at%n%T%n%s"]
    if not all_parents:
        arguments.append("--first-parent")
    if since is not None:
        arguments.append(b"--since=" + os.fsencode(since))
    arguments += [tip, *([f"^{base}"] if base is not None else []), "--"]
    listed = repository.git(arguments)
    return [_commit(record) for record in listed.split(b"\0") if record]


def since_seconds(repository: Repository, since: str) -> int:
    """Return the time since 1970 that git reads in a date; the current one for a text that is no date."""
    printed = repository.git([b"rev-parse", b"--since=" + os.fsencode(since)])
    return int(printed.strip().rpartition(b"=")[2])


def _commit(record: bytes) -> Commit:
    id_, parents, authored, tree, subject = record.split(b"\n", _FIELDS - 1)
    return Commit(
        id=id_.decode("ascii"),
        parents=tuple(parents.decode("ascii").split()),
        authored_seconds=int(authored or b"0"),
        subject=subject.partition(b"\n")[0].decode("utf-8", "surrogateescape"),
        tree=tree.decode("ascii"),
    )


def tags(repository: Repository) -> dict[str, list[bytes]]:
    """Return the id of each tagged commit with the names of its tags."""
    found: dict[str, list[bytes]] = {}
    format_ = "--format=%(objectname) %(*objectname) %(refname:strip=2)"
    for line in repository.git(["for-each-ref", format_, "refs/tags"]).splitlines():
        id_, peeled, name = line.split(b" ", 2)
        found.setdefault((peeled or id_).decode("ascii"), []).append(name)
    return found


def shallow_commits(repository: Repository) -> frozenset[str]:
    """Return the commits whose parents a shallow clone lacks."""
    try:
        with open(os.path.join(repository.common_dir, b"shallow"), "rb") as file:
            return frozenset(line.decode("ascii", "replace") for line in file.read().split())
    except OSError:
        return frozenset()


def trees_at(repository: Repository, commit_ids: Sequence[str], prefix: bytes = b"") -> dict[str, str]:
    """Return commit to the id of its tree at directory ``prefix``. Those without such a directory are missing."""
    # NUL-terminated input came with git 2.38; no name with a newline gets here.
    suffix = b":" + prefix if prefix else b"^{tree}"
    asked = b"".join(commit.encode("ascii") + suffix + b"\n" for commit in commit_ids)
    listed = repository.git(["cat-file", "--batch-check=%(objecttype) %(objectname)"], asked, (0, 128)).splitlines()
    found = {}
    for commit, line in zip(commit_ids, listed, strict=False):
        kind, _, id_ = line.partition(b" ")
        if kind == b"tree" and is_id(id_):
            found[commit] = id_.decode("ascii")
    return found


def missing_blobs(repository: Repository, commit_ids: Sequence[str]) -> frozenset[bytes]:
    """Return the ids of objects of these commits that a partial clone left on the server; empty for other clones."""
    if not repository.promisor:
        return frozenset()
    asked = b"".join(commit.encode("ascii") + b"\n" for commit in commit_ids)
    command = ["rev-list", "--objects", "--no-walk", "--missing=print", "--stdin"]
    return frozenset(line[1:] for line in repository.git(command, asked).splitlines() if line.startswith(b"?"))


def tree_changes(
    repository: Repository, pairs: Iterable[tuple[str, str]], count: FileCount
) -> dict[tuple[str, str], list[TreeChange]]:
    """Return what differs between the trees of each pair; pairs of which one can't be read are missing.

    A rename is one path gone and one come. Raise ``GitError`` for a directory that can't be read, ``SourceError`` as
    ``count`` does.
    """
    asked = list(dict.fromkeys(pairs))
    found: dict[tuple[str, str], list[TreeChange]] = {pair: [] for pair in asked if pair[0] == pair[1]}
    lines = "".join(f"{before} {after}\n" for before, after in asked if before != after)
    command = ["diff-tree", "--stdin", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-color"]
    listed = repository.git(command, lines.encode("ascii")) if lines else b""
    count.add(listed.count(b"\0") // 2, 0)
    changes: list[TreeChange] = []
    fields = iter(listed.split(b"\0"))
    for field in fields:
        # The ids of two trees are a line before the first entry that differs, or before the next such line.
        *heads, entry = field.split(b"\n")
        for head in heads:
            before, after = head.decode("ascii").split(" ")
            changes = found[before, after] = []
        if entry:
            before_mode, mode, before_id, id_, _ = entry[1:].split(b" ")
            changes.append(
                TreeChange(
                    path=next(fields),
                    before_mode=int(before_mode, 8),
                    before_id=before_id,
                    mode=int(mode, 8),
                    id=id_,
                )
            )
    return found
