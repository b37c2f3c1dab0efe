"""What of a work tree is committed: that, and nothing else, a push sends."""

from __future__ import annotations

from slugtrim.errors import SourceError
from slugtrim.files import Found, SourceKind, quoted
from slugtrim.sources import find_tree


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
