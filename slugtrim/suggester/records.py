"""The records of suggestions: what could go, what speaks for it, what holds it, what a verification showed."""

from __future__ import annotations

import signal
from collections.abc import Mapping
from enum import Enum
from typing import NamedTuple

from msgspec import Struct

from slugtrim.files import File, Note, Source, Unreadable
from slugtrim.ignore import Dialect
from slugtrim.sizer import SizeClass
from slugtrim.units import format_duration


class Ending(Struct, frozen=True, kw_only=True):
    """How a run of the user's command ended."""

    status: int | None
    """Exit status; None where a signal or the time limit ended it."""
    signal: int | None
    """Number of the signal that ended it, the time limit's aside."""
    seconds: float
    lines: tuple[str, ...]
    """The last it printed, fit to be shown: no control characters, and no line too long."""

    @property
    def passed(self) -> bool:
        """Whether it said that all is well."""
        return self.status == 0

    @property
    def timed_out(self) -> bool:
        """Whether the time limit ended it."""
        return self.status is None and self.signal is None

    def told(self, limit_seconds: float) -> str:
        """How it ended, in a few words."""
        if self.timed_out:
            return f"no end within {format_duration(limit_seconds)}"
        if self.signal is not None:
            return f"ended by signal {self.signal} ({_signal_name(self.signal)})"
        return f"exit status {self.status}"


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return "a real-time one"


class Failure(Struct, frozen=True, kw_only=True):
    """Entries without which the command fails; it passes with any one of them back."""

    patterns: tuple[bytes, ...]
    ending: Ending


class Verification(Struct, frozen=True, kw_only=True):
    """What running the user's command without the suggestions showed."""

    command: str
    limit_seconds: float
    """Of each run."""
    most_runs: int
    runs: int
    baseline: Ending | None
    """With everything there; None where there was nothing to verify."""
    failures: tuple[Failure, ...]
    unverified: tuple[bytes, ...]
    """Patterns for which no run was left."""

    @property
    def complete(self) -> bool:
        """Whether the runs sufficed to tell of every entry."""
        return not self.unverified

    @property
    def withheld(self) -> tuple[bytes, ...]:
        """Patterns that are not suggested for what came of it."""
        return (*(pattern for failure in self.failures for pattern in failure.patterns), *self.unverified)


MIN_SAVING_BYTES = 1024
"""An entry that saves so much is worth a line in any slug."""


class Tier(Enum):
    """How sure it is that the running application does without."""

    SAFE = "safe"
    """What it is tells: tests, design sources, settings of a CI."""
    CONDITIONAL = "conditional"
    """It may be read; only what no file that stays reads is suggested."""


class Grade(Enum):
    """What the reachability graph says about a file, the weakest first."""

    READ = "read"
    """The build or the running application uses it."""
    BUILT = "build"
    """Only the build uses it, and the platform applies the ignore file after that."""
    GUARDED = "guarded"
    """A running file names it, and runs without it."""
    IDLE = "idle"
    """Only development files name it."""
    UNREACHED = "unreached"
    """Nothing names it."""


class EvidenceKind(Enum):
    """What a piece of evidence says."""

    UNREAD = "unread"
    """Nothing that stays reads it."""
    READER = "reader"
    """A file that stays reads it."""
    SERVED = "served"
    """It stands in a directory that a framework serves or loads whole, and withholds it."""
    INSIDE = "inside"
    """It stands in such a directory, where its kind is hardly ever served or loaded: a reason to look at it."""
    NEEDED = "needed"
    """The build or the start of the application needs it."""
    HEROKU_CI = "heroku-ci"
    """`app.json` has a test environment, and Heroku CI applies `.slugignore` too."""
    SAME_BYTES = "same-bytes"
    """A file that stays has the same content."""
    COMMITTED = "committed"
    """It should not be in git at all: the platform rebuilds or refuses it."""
    VERIFIED = "verified"
    """The user's own command passed without it."""
    FAILED = "failed"
    """The user's own command failed without it."""
    UNVERIFIED = "unverified"
    """No run was left to try the user's own command without it."""
    OVERRULED = "overruled"
    """Its owner decided: an option or the configuration includes or excludes it."""


BARS = (EvidenceKind.SERVED, EvidenceKind.NEEDED, EvidenceKind.HEROKU_CI)
"""Evidence that keeps a candidate whatever the graph says."""


class Evidence(Struct, frozen=True, kw_only=True):
    """One thing that speaks for or against an entry."""

    kind: EvidenceKind
    text: str
    """One sentence, without the place."""
    path: bytes | None = None
    """The file that says so; None where it is no single one."""
    line: int | None = None
    """Line in ``path``, from 1."""


class Link(Struct, frozen=True, kw_only=True):
    """One step of a chain of references."""

    path: bytes | None
    """The file that names the next one; None for a convention."""
    line: int | None
    """In ``path``, from 1."""
    text: str
    """The name as it is written there. At the beginning of a chain it is the entry point or the convention: ``web``,
    ``Rails loads app/``."""


class Overrule(Struct, frozen=True, kw_only=True):
    """A pattern by which the owner decides instead of the graph."""

    pattern: bytes
    origin: str
    """Who says so: ``--include /tests``, ``slugtrim.toml:4``."""
    reason: str = ""
    """Why, in the owner's words; empty if none is given."""

    @property
    def words(self) -> str:
        """Origin and reason in one line."""
        return f"{self.origin}: {self.reason}" if self.reason else self.origin


class Overrules(Struct, frozen=True, kw_only=True):
    """All that the owner decides instead of the graph."""

    include: tuple[Overrule, ...] = ()
    """To be left out of the slug, even if the deploy reaches it."""
    exclude: tuple[Overrule, ...] = ()
    """To stay, although the deploy does not reach it."""


class Overruled(Struct, frozen=True, kw_only=True):
    """The files that the owner decides about."""

    included: Mapping[bytes, Overrule]
    """Path to the first pattern that takes it out."""
    excluded: Mapping[bytes, Overrule]
    """Path to the first pattern that keeps it."""
    notes: tuple[Note, ...]

    @property
    def decided(self) -> frozenset[bytes]:
        """The paths that the graph has no say in."""
        return frozenset((*self.included, *self.excluded))


NOT_OVERRULED = Overruled(included={}, excluded={}, notes=())


class AdviceTerms(Struct, frozen=True, kw_only=True):
    """What suggestions are asked for."""

    min_saving_bytes: int | None = None
    """Entries that save less are only counted. By default it depends on the size of the tree."""
    overrules: Overrules = Overrules()
    part: bytes = b""
    """The directory of the slug that the entries are about; empty for all of it."""


DEFAULT_TERMS = AdviceTerms()


class OfFiles(Struct, frozen=True, kw_only=True):
    """What is about some files."""

    files: tuple[File, ...]

    @property
    def size_bytes(self) -> int:
        """Raw bytes of the files."""
        return sum(file.size_bytes for file in self.files)


class Candidate(OfFiles, frozen=True, kw_only=True, eq=False):
    """Files of the slug that may be able to go, as one thing to its owner: a directory, a file, files of a kind.

    Told by identity: some have thousands of files.
    """

    path: bytes
    """The directory or file; for a scattered kind, the directory that all of them are in (empty for the root)."""
    rule: str
    """Id of the catalog's rule or of the finder that named it."""
    tier: Tier
    category: str
    """One of the catalog's categories."""
    reason: str
    """Why the running application does without, as one sentence."""
    evidence: tuple[Evidence, ...] = ()
    """What is known beside the search for readers."""
    is_whole: bool = False
    """All of it goes, or none: code whose parts call each other."""
    is_code: bool = False
    """Its readers import it or write its path; a single word that equals its name (``test``) means something else."""
    is_named: bool = False
    """A rule takes the directory ``path`` by its name, with all that is in it."""
    is_rebuilt: bool = False
    """The platform puts it back, so that readers find it."""
    is_source: bool = False
    """What is compiled from it lies beside it, so that only who names it by its extension reads it."""
    forms: tuple[bytes, ...] = ()
    """Patterns without a slash that its rule has, as ``*.psd``; for what is of its kind without doubt."""
    near_forms: tuple[bytes, ...] = ()
    """Those of other rules, which are only written with a directory before them."""


class Suggestion(OfFiles, frozen=True, kw_only=True):
    """One entry for `.slugignore`."""

    pattern: bytes
    """As both dialects read alike."""
    rule: str
    tier: Tier
    category: str
    files: tuple[File, ...]
    """What the entry takes out that no entry before it does."""
    saves_compressed_bytes: int
    """On top of the entries before it, so that savings add up."""
    reason: str
    evidence: tuple[Evidence, ...]
    grade: Grade = Grade.UNREACHED
    """The weakest grade of its files."""
    chain: tuple[Link, ...] = ()
    """From the entry point to what names a file of this grade; empty if nothing does."""
    silences: str = ""
    """The findings of ``lint`` that its owner accepts with it, ids with commas between; empty if there is none."""
    is_bound: bool = False
    """It is written whatever it saves: without another entry's files, the build would break on one of its own."""


class Withheld(OfFiles, frozen=True, kw_only=True):
    """A candidate that stays, and who needs it."""

    path: bytes
    rule: str
    tier: Tier
    category: str
    files: tuple[File, ...]
    compressed_bytes: int
    """Its share of the slug."""
    reason: str
    evidence: tuple[Evidence, ...]
    pattern: bytes | None = None
    """The entry that it would be, where only a verification speaks against it."""
    grade: Grade = Grade.READ
    """The weakest grade of its files."""
    chain: tuple[Link, ...] = ()
    """From the entry point to what names a file of it; empty if no reference does."""
    is_whole: bool = False
    """No other file at ``path`` stays."""
    is_deployed: bool = False
    """An entry point leads to some of it. Otherwise a file names it of which nobody knows whether it runs, so that its
    owner may leave all of it out."""


class Advised(Struct, frozen=True, kw_only=True):
    """A suggestion as other reports mention it: without its files."""

    pattern: bytes
    tier: Tier
    files: int
    size_bytes: int
    saves_compressed_bytes: int
    """On top of the entries before it, as ``suggest`` counts it."""
    reason: str
    evidence: tuple[Evidence, ...]


class SlugSize(Struct, frozen=True, kw_only=True):
    """A slug before or after the suggestions."""

    files: int
    size_bytes: int
    compressed_bytes: int
    size_class: SizeClass


class UnusedAssets(OfFiles, frozen=True, kw_only=True):
    """Committed pictures, icons and fonts that nothing names: they belong out of the repository."""

    files: tuple[File, ...] = ()
    """By path."""
    compressed_bytes: int = 0
    """Their share of the slug."""


class SmallEntries(Struct, frozen=True, kw_only=True):
    """Entries that are not worth a line."""

    entries: int = 0
    compressed_bytes: int = 0
    """Their share of the slug."""
    min_saving_bytes: int = 0
    """Each saves less than this."""


class PersonalData(OfFiles, frozen=True, kw_only=True):
    """Dumps, logs and backups, which may hold data of people: leaving them out of the slug does not take them out of
    the repository.
    """

    files: tuple[File, ...] = ()
    """The heaviest first."""


class Advice(Struct, frozen=True, kw_only=True):
    """All that `slugtrim suggest` says."""

    source: Source
    dialect: Dialect
    before: SlugSize
    after: SlugSize
    """With every safe suggestion in force."""
    after_all: SlugSize
    """With the conditional ones as well."""
    suggestions: tuple[Suggestion, ...]
    """Safe ones first, then the largest saving first."""
    withheld: tuple[Withheld, ...]
    """Heaviest first."""
    searched_files: int
    """Files that stay and were searched for readers."""
    unsearched: tuple[Unreadable, ...]
    """Files that stay and could not be searched: a reader may hide there."""
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]
    slugignore: bytes | None
    """Content of the root `.slugignore`; None when there is none."""
    small: SmallEntries = SmallEntries()
    assets: UnusedAssets = UnusedAssets()
    personal: PersonalData = PersonalData()
    comments: dict[str, str] = {}
    """Id of a section of `.slugignore` to its comment, of which no word names anything in the tree."""
    part: bytes = b""
    """The directory of the slug that the suggestions are about; empty for all of it."""
    verification: Verification | None = None
    """None where none was asked for."""
    ways: bytes = b""
    """How a deploy comes to each file of the slug, in ``part``, as ``packed_ways`` packs it. Empty if unknown."""

    @property
    def complete(self) -> bool:
        """Whether every total saw all of its files."""
        return not self.unreadable

    def written(self, *, conditional: bool = False) -> tuple[Suggestion, ...]:
        """Return the entries that go into a file: the safe ones, and with ``conditional`` all."""
        return tuple(each for each in self.suggestions if conditional or each.tier is Tier.SAFE)


_TOO_LARGE = "too large to be searched for references"


def too_large(path: bytes) -> Unreadable:
    """Return the record of a file that nobody searches, whoever asks."""
    return Unreadable(path=path, reason=_TOO_LARGE)


def is_too_large(gone: Unreadable) -> bool:
    """Return True if the file could have been read."""
    return gone.reason == _TOO_LARGE


class Trace(Struct, frozen=True, kw_only=True):
    """How a deploy comes to a file."""

    grade: Grade
    chain: tuple[Link, ...]
    """From the entry point to whatever names the file; only the latter if no deploy reaches it.

    If nothing names the file, a link without a path says why a framework may still use it.
    """
    excuse: str | None = None
    """Why the reference is harmless if the file is absent, in a few words: ``for tests only``. None if it is not.

    If nothing names the file, what could start it all the same.
    """


class Way(NamedTuple):
    """What is known of one file. A named tuple for the same reason as ``File``."""

    grade: Grade
    link: Link | None
    """The reference that leads to the file, or its entry point, which alone has a text. None if nothing leads there.

    The reference names the file before it, so that ways add up to the chain of any file."""


NO_WAY = Way(Grade.UNREACHED, None)
