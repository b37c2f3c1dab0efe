"""A work tree as a source: what git tracks, as a push of it would arrive.

A file that the index calls clean counts as its blob, so that line endings, LFS, ident and encodings measure as they are
pushed. A changed one counts its bytes on disk, or the pointer that git-lfs would make of it. No filter is ever run.
"""

from __future__ import annotations

from functools import partial
from hashlib import blake2b

from slugtrim.errors import RulesError, SourceError
from slugtrim.files import MAX_FILES, FileCount, Found, Note, Source, SourceKind, Tree, quoted
from slugtrim.git import Repository, Survey
from slugtrim.sources.changes import Changes
from slugtrim.sources.slugignore import slugignore_on_disk


def find_worktree(repository: Repository, prefix: bytes = b"", most: int = MAX_FILES) -> Found:
    """The tracked files of the work tree.

    Raises ``SourceError`` when there is no work tree, nothing is tracked, or more than ``most`` files are.
    """
    if repository.top is None:
        raise SourceError(f"{quoted(repository.git_dir)}: is a bare repository; name the commit to measure with --rev")
    source = Source(kind=SourceKind.WORKTREE, root=repository.top, prefix=prefix, rev=repository.commit_id("HEAD"))
    count = FileCount(quoted(source.path), most)
    survey = repository.survey(prefix, count)
    if not survey.index or (prefix and not survey.entries()):
        raise SourceError(_nothing_tracked(source))
    changes = Changes(repository, survey)
    notes = _untracked(survey)
    rules = _rules_on_disk(source)
    return Found(
        source=source,
        git_dir=repository.common_dir,
        fingerprint=_fingerprint(repository, survey, changes, rules) if rules is not None else None,
        notes=notes,
        is_unchanged=partial(_has_same_rules, source, rules),
        load=partial(_load, repository, source, survey, changes, notes, most),
        most_files=most,
    )


def read_worktree(repository: Repository, prefix: bytes = b"") -> Tree:
    """The same, read at once."""
    return find_worktree(repository, prefix).load()


def _load(
    repository: Repository, source: Source, survey: Survey, changes: Changes, notes: tuple[Note, ...], most: int
) -> Tree:
    from slugtrim.sources.worktree_tree import worktree_tree  # 10 ms that a known tree does without

    return worktree_tree(repository, source, survey, changes, notes, most)


def _rules_on_disk(source: Source) -> bytes | None:
    """What tells the rules in the directory from others, or from none; None for what cannot be rules."""
    try:
        slugignore = slugignore_on_disk(source.path)
    except RulesError:
        return None
    return b"none" if slugignore is None else b"=" + slugignore


def _has_same_rules(source: Source, before: bytes | None) -> bool:
    """Whether an editor has not saved the rules in the meantime. Of all that is read twice, only they go unhashed."""
    return _rules_on_disk(source) == before


def _fingerprint(repository: Repository, survey: Survey, changes: Changes, rules: bytes) -> bytes:
    parts = (survey.prefix, survey.index, *changes.identity(), rules, repository.packs())
    return b"".join(blake2b(part, digest_size=16).digest() for part in parts)


def _untracked(survey: Survey) -> tuple[Note, ...]:
    cut = len(survey.prefix) + 1 if survey.prefix else 0
    paths = tuple(path[cut:] for path in survey.untracked)
    return (Note(id="untracked", message="untracked: not pushed, so not counted", paths=paths),) if paths else ()


def _nothing_tracked(source: Source) -> str:
    if source.prefix:
        return f"{quoted(source.prefix)}: git tracks nothing below it; name a tracked directory for --prefix"
    if source.rev is None:
        return f"{quoted(source.root)}: no commits yet and nothing is tracked; git add your files, or use --no-git"
    return f"{quoted(source.root)}: git tracks no file here; git add your files, or use --no-git"
