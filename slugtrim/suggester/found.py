"""The advice on what was found: the one kept, if the tree is known, else a new one, which is kept."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from slugtrim.files import Found, Source, SourceKind, Tree
from slugtrim.ignore import Dialect
from slugtrim.measurement import KeptRecord
from slugtrim.sizer.progress import Progress
from slugtrim.suggester.record import DEFAULT_TERMS, Advice, AdviceTerms, is_too_large

if TYPE_CHECKING:
    from slugtrim.store import CacheTable

_FORMAT = 9
"""Raise it whenever the suggestions for a tree change, or what is kept of them."""
_HERE = Source(kind=SourceKind.DIRECTORY, root=b"")


def suggest_found(
    found: Found,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    asked: AdviceTerms = DEFAULT_TERMS,
) -> Advice:
    """Return the advice on what was found. Raises as ``suggest_tree`` does."""
    about = msgspec.json.encode((_FORMAT, asked)).decode()
    record = KeptRecord(found, dialect, use_cache=use_cache, about=f"advice {about}")
    kept = record.read(Advice)
    if kept is not None:
        return replace(kept, source=found.source, notes=(*kept.notes, *found.notes))
    from slugtrim.sizer import open_size_cache  # with the search: 150 ms that a known tree does without
    from slugtrim.suggester.advice import suggest_tree
    from slugtrim.suggester.facts import open_evidence_cache
    from slugtrim.suggester.remembered import open_suggestion_cache

    tree = found.load()
    git_dir = found.git_dir if use_cache else None
    cache, evidence, known = open_size_cache(git_dir), open_evidence_cache(git_dir), open_suggestion_cache(git_dir)
    tables: tuple[CacheTable, ...] = (cache, evidence, known)
    advice = suggest_tree(
        tree,
        dialect,
        cache=cache,
        evidence=evidence,
        known=known,
        progress=progress,
        asked=asked,
    )
    for table in tables:
        table.save()
    _keep(advice, record, found, tree)
    return advice


def _keep(advice: Advice, record: KeptRecord, found: Found, tree: Tree) -> None:
    """Keep an advice that is complete."""
    if advice.complete and all(map(is_too_large, advice.unsearched)):
        own = tuple(note for note in advice.notes if note not in found.notes)
        with contextlib.suppress(UnicodeEncodeError):  # a name that is not UTF-8 is quoted somewhere
            record.keep(replace(advice, source=_HERE, notes=own), tree)
