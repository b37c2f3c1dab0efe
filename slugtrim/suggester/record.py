"""The records of the suggester: what could go, what speaks for it, and what came of it."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from slugtrim.files import File, Note, Source, Unreadable
from slugtrim.ignore import Dialect
from slugtrim.sizer import SizeClass
from slugtrim.suggester.verification import Verification


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
    """It stands in a directory that a framework serves or loads whole."""
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


class Evidence(Struct, frozen=True, kw_only=True):
    """One thing that speaks for or against an entry."""

    kind: EvidenceKind
    text: str
    """One sentence, without the place."""
    path: bytes | None = None
    """The file that says so; None where it is no single one."""
    line: int | None = None
    """Line in ``path``, from 1."""


class Candidate(Struct, frozen=True, kw_only=True, eq=False):
    """Files of the slug that may be able to go, as one thing to its owner: a directory, a file, files of a kind.

    Told by identity: some have thousands of files.
    """

    path: bytes
    """The directory or file; for a scattered kind, the directory that all of them are in (empty for the root)."""
    files: tuple[File, ...]
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
    is_rebuilt: bool = False
    """The platform puts it back, so that readers find it."""
    forms: tuple[bytes, ...] = ()
    """Patterns without a slash that its rule has, as ``*.psd``."""

    @property
    def size_bytes(self) -> int:
        """Raw bytes of the files."""
        return sum(file.size_bytes for file in self.files)


class Suggestion(Struct, frozen=True, kw_only=True):
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
    folded: bool = False
    """It saves less than the threshold."""

    @property
    def size_bytes(self) -> int:
        """Raw bytes of the files."""
        return sum(file.size_bytes for file in self.files)


class Withheld(Struct, frozen=True, kw_only=True):
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

    @property
    def size_bytes(self) -> int:
        """Raw bytes of the files."""
        return sum(file.size_bytes for file in self.files)


class Advised(Struct, frozen=True, kw_only=True):
    """A suggestion as other reports mention it: without its files."""

    pattern: bytes
    tier: Tier
    files: int
    size_bytes: int
    saves_compressed_bytes: int
    """Estimated by shares."""
    reason: str
    evidence: tuple[Evidence, ...]


class SlugSize(Struct, frozen=True, kw_only=True):
    """A slug before or after the suggestions."""

    files: int
    size_bytes: int
    compressed_bytes: int
    size_class: SizeClass


class Advice(Struct, frozen=True, kw_only=True):
    """All that `slugtrim suggest` says."""

    source: Source
    dialect: Dialect
    before: SlugSize
    after: SlugSize
    """With every suggestion in force, folded ones as well."""
    suggestions: tuple[Suggestion, ...]
    """In rank order, the largest saving first; folded ones last."""
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
    verification: Verification | None = None
    """None where none was asked for."""

    @property
    def complete(self) -> bool:
        """Whether every total saw all of its files."""
        return not self.unreadable


_TOO_LARGE = "too large to be searched for references"


def too_large(path: bytes) -> Unreadable:
    """Return the record of a file that nobody searches, whoever asks."""
    return Unreadable(path=path, reason=_TOO_LARGE)


def is_too_large(gone: Unreadable) -> bool:
    """Return True if the file could have been read."""
    return gone.reason == _TOO_LARGE
