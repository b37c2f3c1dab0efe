"""Composing the advice: the entries that name what nothing reads, and what each saves."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from operator import itemgetter

from msgspec.structs import replace

from slugtrim.files import File, Found, Tree, directories_above
from slugtrim.ignore import Dialect
from slugtrim.scanner import Slug, scan
from slugtrim.sizer import Progress, Sizer, Sizing, open_size_cache
from slugtrim.store import CacheTable
from slugtrim.suggester.examine import examine
from slugtrim.suggester.patterns import Entry, Wanted, cover_each
from slugtrim.suggester.record import (
    Advice,
    Candidate,
    Evidence,
    EvidenceKind,
    Suggestion,
    Tier,
    Withheld,
)
from slugtrim.suggester.remembered import open_evidence_cache
from slugtrim.suggester.search import Lot, Searched
from slugtrim.suggester.searched import remember_searched
from slugtrim.suggester.weighing import slug_size, weigh

_KEEPERS = (b".gitkeep", b".keep")
"""Files that are there to have git keep a directory, and for nothing else."""


def suggest_found(
    found: Found,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    min_saving_bytes: int | None = None,
) -> Advice:
    """The advice on what was found. Raises ``RulesError``."""
    tree = found.load()
    git_dir = found.git_dir if use_cache else None
    cache, evidence = open_size_cache(git_dir), open_evidence_cache(git_dir)
    advice = suggest_tree(
        tree, dialect, cache=cache, evidence=evidence, progress=progress, min_saving_bytes=min_saving_bytes
    )
    cache.save()
    evidence.save()
    return advice


def suggest_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    cache: CacheTable | None = None,
    evidence: CacheTable | None = None,
    progress: Progress | None = None,
    min_saving_bytes: int | None = None,
) -> Advice:
    """What to leave out of the slug of ``tree`` beyond what its rules do. Raises ``RulesError``.

    Entries that save less than ``min_saving_bytes`` are folded: by default less than 1 % of the slug and 64 KiB.
    """
    slug = scan(tree, dialect)
    sizer = Sizer(tree.contents, cache=cache, progress=progress)
    whole = sizer.measure(slug.kept)
    searched = examine(slug, evidence)
    if evidence is not None:
        remember_searched(slug, evidence)
    weighed = weigh(sizer, slug.kept, entries(slug, searched, whole), min_saving_bytes)
    return Advice(
        source=tree.source,
        dialect=dialect,
        before=slug_size(slug.kept, whole),
        after=weighed.after,
        suggestions=weighed.suggestions,
        withheld=_withheld(searched.lots, whole),
        searched_files=searched.files,
        unsearched=searched.unsearched,
        unreadable=(*tree.unreadable, *whole.unreadable),
        notes=tree.notes,
        slugignore=tree.slugignore,
    )


def entries(slug: Slug, searched: Searched, whole: Sizing) -> list[Suggestion]:
    """The entries for all that nothing reads, the heaviest first; what no pattern can name stays."""
    groups = _groups(searched.lots)
    covers = cover_each([_wanted(group) for group in groups], slug.kept, slug.tree.links)
    written = [entry for cover in covers for entry in cover.entries]
    taken = {file.path for entry in written for file in entry.files}
    holding = {above for file in slug.kept if file.path not in taken for above in directories_above(file.path)}
    found = [entry for entry in written if not _only_keeps(entry, holding)]
    gone = {file.path for entry in found for file in entry.files}
    stays = {file.blob: file.path for file in slug.kept if file.blob is not None and file.path not in gone}
    unread = Evidence(kind=EvidenceKind.UNREAD, text=f"none of the {searched.files:,} files searched reads it")
    leading = [_leading(group) for group in groups]
    suggestions = [
        replace(
            _suggestion(entry, [leading[number] for number in entry.sets]),
            saves_compressed_bytes=sum(whole.shares[file.path] for file in entry.files),
            evidence=(*_known(entry, groups), *_same_bytes(entry.files, stays), unread),
        )
        for entry in found
    ]
    return sorted(suggestions, key=lambda entry: (-entry.saves_compressed_bytes, entry.pattern))


def _only_keeps(entry: Entry, holding: Collection[bytes]) -> bool:
    """Whether all it takes is there to have git keep a directory; ``holding`` are those with files that stay."""
    return all(_keeps(file.path, holding) for file in entry.files)


def _keeps(path: bytes, holding: Collection[bytes]) -> bool:
    directory, slash, name = path.rpartition(b"/")
    return bool(slash) and (name in _KEEPERS or (name == b".gitignore" and directory not in holding))


def _groups(lots: Iterable[Lot]) -> list[list[Lot]]:
    """What nothing reads, each by itself; but the directories that a rule finds anywhere by one name go together."""
    groups: dict[tuple[str, bytes], list[Lot]] = {}
    for lot in lots:
        if lot.gone:
            place = b"" if lot.candidate.forms else lot.candidate.path
            groups.setdefault((lot.candidate.rule, place), []).append(lot)
    return list(groups.values())


def _wanted(group: Sequence[Lot]) -> Wanted:
    first = group[0].candidate
    paths = {path for lot in group for path in lot.gone}
    return Wanted(paths=paths, top=first.path if len(group) == 1 else b"", forms=first.forms)


def _leading(group: Sequence[Lot]) -> tuple[int, Candidate]:
    """The heaviest of a group, with its bytes."""
    weights = [(lot.candidate.size_bytes, lot.candidate) for lot in group]
    return max(weights, key=itemgetter(0))


def _known(entry: Entry, groups: Sequence[Sequence[Lot]]) -> Iterable[Evidence]:
    return dict.fromkeys(item for number in entry.sets for lot in groups[number] for item in lot.candidate.evidence)


def _suggestion(entry: Entry, weighed: Sequence[tuple[int, Candidate]]) -> Suggestion:
    """An entry, without its saving and evidence; it goes by the heaviest of the candidates that it takes."""
    _, heaviest = max(weighed, key=itemgetter(0))
    of_one_kind = all(each.category == heaviest.category for _, each in weighed)
    is_safe = heaviest.tier is Tier.SAFE and (of_one_kind or all(each.tier is Tier.SAFE for _, each in weighed))
    return Suggestion(
        pattern=entry.pattern,
        rule=heaviest.rule,
        tier=Tier.SAFE if is_safe else Tier.CONDITIONAL,
        category=heaviest.category,
        files=entry.files,
        saves_compressed_bytes=0,
        reason=heaviest.reason,
        evidence=(),
    )


def _same_bytes(files: Sequence[File], stays: Mapping[bytes, bytes]) -> tuple[Evidence, ...]:
    same = [stays[file.blob] for file in files if file.blob is not None and file.blob in stays and file.size_bytes]
    if len(same) < len(files):
        return ()
    return (Evidence(kind=EvidenceKind.SAME_BYTES, text="a file that stays has the same bytes", path=same[0]),)


def _withheld(lots: Sequence[Lot], whole: Sizing) -> tuple[Withheld, ...]:
    """Each file once, and none that goes by another candidate."""
    found = []
    told = {path for lot in lots for path in lot.gone}
    for lot in lots:
        stays = tuple(file for file in lot.candidate.files if file.path not in told)
        told.update(file.path for file in stays)
        if stays:
            found.append(
                Withheld(
                    path=lot.candidate.path or (stays[0].path if len(stays) == 1 else b""),
                    rule=lot.candidate.rule,
                    tier=lot.candidate.tier,
                    category=lot.candidate.category,
                    files=stays,
                    compressed_bytes=sum(whole.shares[file.path] for file in stays),
                    reason=lot.candidate.reason,
                    evidence=tuple(lot.readers),
                )
            )
    return tuple(sorted(found, key=lambda each: (-each.compressed_bytes, each.path, each.rule)))
