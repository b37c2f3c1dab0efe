"""The advice: the entries that name what a deploy never reaches, and what each saves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from operator import itemgetter
from threading import Thread
from typing import Generic, TypeVar

from msgspec.structs import replace

from slugtrim.files import File, Tree, directories_above
from slugtrim.ignore import Dialect
from slugtrim.scanner import Slug, scan
from slugtrim.sizer import Progress, Sizer, Sizing
from slugtrim.store import CacheTable
from slugtrim.suggester.examine import Examined, examine
from slugtrim.suggester.patterns import Entry, Wanted, cover_each
from slugtrim.suggester.record import (
    Advice,
    Candidate,
    Evidence,
    EvidenceKind,
    Grade,
    Suggestion,
    Tier,
    Withheld,
)
from slugtrim.suggester.remembered import remember
from slugtrim.suggester.verdicts import Judgement
from slugtrim.suggester.weighing import slug_size, weigh

T = TypeVar("T")

_KEEPERS = (b".gitkeep", b".keep")
"""Files that are there to have git keep a directory, and for nothing else."""


def suggest_tree(
    tree: Tree,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    cache: CacheTable | None = None,
    evidence: CacheTable | None = None,
    known: CacheTable | None = None,
    progress: Progress | None = None,
    min_saving_bytes: int | None = None,
) -> Advice:
    """What to leave out of the slug of ``tree`` beyond what its rules do. Raises ``RulesError``.

    Entries that save less than ``min_saving_bytes`` are folded: by default less than 1 % of the slug and 64 KiB.
    ``known`` remembers the best entries for other reports.
    """
    slug = scan(tree, dialect)
    sizer = Sizer(tree.contents, cache=cache, progress=progress)
    examining = _Aside(lambda: examine(slug, evidence))
    whole = sizer.measure(slug.kept)
    examined = examining.result()
    found = entries(slug, examined, whole)
    if known is not None and not whole.unreadable:
        remember(slug.kept, found, known)
    weighed = weigh(sizer, slug.kept, found, min_saving_bytes)
    return Advice(
        source=tree.source,
        dialect=dialect,
        before=slug_size(slug.kept, whole),
        after=weighed.after,
        suggestions=weighed.suggestions,
        withheld=_withheld(examined.verdicts, whole),
        searched_files=examined.files,
        unsearched=examined.unread,
        unreadable=(*tree.unreadable, *whole.unreadable),
        notes=(*tree.notes, *examined.notes),
        slugignore=tree.slugignore,
    )


class _Aside(Generic[T]):
    """Work that a thread of its own does, while this one waits for git and for what compresses.

    Nobody waits for it where this one is interrupted.
    """

    def __init__(self, work: Callable[[], T]) -> None:
        """Begin."""
        self._work = work
        self._done: list[T] = []
        self._raised: list[BaseException] = []
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._done.append(self._work())
        except BaseException as error:  # for whoever asks for the result
            self._raised.append(error)

    def result(self) -> T:
        """Return what the work returns, or raise what it raises."""
        self._thread.join()
        for error in self._raised:
            raise error
        return self._done[0]


def entries(slug: Slug, examined: Examined, whole: Sizing) -> list[Suggestion]:
    """Return the entries for all that may go, the heaviest first; what no pattern can name stays."""
    groups = _groups(examined.verdicts)
    covers = cover_each([_wanted(group) for group in groups], slug.kept, slug.tree.links)
    written = [entry for cover in covers for entry in cover.entries]
    taken = {file.path for entry in written for file in entry.files}
    holding = {above for file in slug.kept if file.path not in taken for above in directories_above(file.path)}
    found = [entry for entry in written if not _only_keeps(entry, holding)]
    gone = {file.path for entry in found for file in entry.files}
    stays = {file.blob: file.path for file in slug.kept if file.blob is not None and file.path not in gone}
    unread = Evidence(
        kind=EvidenceKind.UNREAD, text=f"none of the {examined.files:,} files that a deploy reaches needs it"
    )
    leading = [_leading(group) for group in groups]
    suggestions = [
        replace(
            _suggestion(entry, [leading[number] for number in entry.sets], _grade(entry, groups)),
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


def _groups(lots: Iterable[Judgement]) -> list[list[Judgement]]:
    """What nothing reads, each by itself; but the directories that a rule finds anywhere by one name go together."""
    groups: dict[tuple[str, bytes], list[Judgement]] = {}
    for lot in lots:
        if lot.gone:
            place = b"" if lot.candidate.forms else lot.candidate.path
            groups.setdefault((lot.candidate.rule, place), []).append(lot)
    return list(groups.values())


def _wanted(group: Sequence[Judgement]) -> Wanted:
    first = group[0].candidate
    paths = {path for lot in group for path in lot.gone}
    return Wanted(paths=paths, top=first.path if len(group) == 1 else b"", forms=first.forms)


def _leading(group: Sequence[Judgement]) -> tuple[int, Candidate]:
    """The heaviest of a group, with its bytes."""
    weights = [(lot.candidate.size_bytes, lot.candidate) for lot in group]
    return max(weights, key=itemgetter(0))


def _known(entry: Entry, groups: Sequence[Sequence[Judgement]]) -> Iterable[Evidence]:
    verdicts = [verdict for number in entry.sets for verdict in groups[number]]
    return dict.fromkeys(item for each in verdicts for item in (*each.candidate.evidence, *each.evidence))


def _grade(entry: Entry, groups: Sequence[Sequence[Judgement]]) -> Grade:
    """Return the weakest grade of what the entry takes."""
    grades = {verdict.grade for number in entry.sets for verdict in groups[number]}
    return next(grade for grade in Grade if grade in grades)


def _suggestion(entry: Entry, weighed: Sequence[tuple[int, Candidate]], grade: Grade) -> Suggestion:
    """An entry, without its saving and evidence; it goes by the heaviest of the candidates that it takes."""
    _, heaviest = max(weighed, key=itemgetter(0))
    of_one_kind = all(each.category == heaviest.category for _, each in weighed)
    is_safe = heaviest.tier is Tier.SAFE and (of_one_kind or all(each.tier is Tier.SAFE for _, each in weighed))
    return Suggestion(
        pattern=entry.pattern,
        rule=heaviest.rule,
        tier=Tier.SAFE if is_safe and grade is not Grade.GUARDED else Tier.CONDITIONAL,
        grade=grade,
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


def _withheld(lots: Sequence[Judgement], whole: Sizing) -> tuple[Withheld, ...]:
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
