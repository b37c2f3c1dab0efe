"""Records of a check to render: one with everything in it, one with next to nothing."""

from __future__ import annotations

from fractions import Fraction

from msgspec.structs import replace

from slugtrim.budget import Amount, Budgets, PathBudget, Sizes, Written, judge
from slugtrim.check import Base, Check, Growth
from slugtrim.files import Note, Source, SourceKind, Unreadable
from slugtrim.findings import Finding, Level
from slugtrim.ignore import Dialect
from slugtrim.sizer import Compiled, Overhead, classify
from slugtrim.suggester.records import Advised, Evidence, EvidenceKind, Tier
from slugtrim.units import MIB

KIB = 1024
BASE_REV = "1a2b3c4d5e" + "0" * 30
HEAD_REV = "f" * 40


def in_file(line: int) -> Written:
    return Written(name="slugtrim.toml", line=line)


def mib(number: float) -> int:
    return round(number * MIB)


MINIMAL = Check(
    source=Source(kind=SourceKind.DIRECTORY, root=b"/home/you/app"),
    dialect=Dialect.GITIGNORE,
    target=None,
    files=1,
    size_bytes=4,
    source_compressed_bytes=120,
    compiled=None,
    size_class=classify(120),
    base=None,
    results=judge(
        Sizes(total_bytes=120, checkout_bytes=4, largest_file_bytes=4, files=1, path_bytes={}),
        Budgets(),
    ),
    findings=(),
    suggestions=(),
    unreadable=(),
    notes=(),
)
"""One small file, no budget, nothing to compare with."""

_BUDGETS = Budgets(
    total=Amount(value=mib(50), text="50MB", written=in_file(3)),
    warn=Amount(value=mib(45), text="45MB", written=in_file(4)),
    largest_file=Amount(value=mib(10), text="10MB", written=in_file(5)),
    files=Amount(value=2000, text="2000", written=in_file(6)),
    checkout=Amount(value=mib(200), text="200MB", written=Written(name="SLUGTRIM_BUDGET_CHECKOUT")),
    max_growth=Amount(percent=Fraction(5), text="5%", written=Written(name="--max-growth")),
    paths=(
        PathBudget(pattern=b"app/assets/**", limit=Amount(value=mib(8), text="8MB", written=in_file(9))),
        PathBudget(pattern=b"/caf\xe9|`@everyone`", limit=Amount(value=mib(1), text="1MB", written=in_file(10))),
    ),
)

RICH = Check(
    source=Source(kind=SourceKind.WORKTREE, root=b"/home/you/mono", prefix=b"apps/web", rev=HEAD_REV),
    dialect=Dialect.GITIGNORE,
    target="production",
    files=2310,
    size_bytes=mib(61),
    source_compressed_bytes=mib(14.1),
    compiled=Compiled(
        compressed_bytes=mib(52.1),
        overhead=Overhead(size_bytes=mib(38), origin="slugtrim.toml:14", age_days=3),
        size_class=classify(mib(52.1)),
        low_bytes=mib(52.1),
        high_bytes=mib(52.1),
    ),
    size_class=classify(mib(52.1)),
    base=Base(
        rev=BASE_REV,
        name="merge-base with origin/main",
        files=2200,
        compressed_bytes=mib(48.9),
        grown=(
            Growth(
                path=b"public/intro.mp4",
                before_bytes=0,
                after_bytes=mib(2.1),
                commit="0dec0de123",
                subject="Show the intro | closes #12, thanks @everyone",
            ),
            Growth(path=b"new\nline|`x`.js", before_bytes=mib(1), after_bytes=mib(2.1), commit=None, subject=""),
            Growth(path=b"old.zip", before_bytes=40 * KIB, after_bytes=0, commit="badc0ffee0", subject="Tidy up"),
        ),
        unchanged_files=2190,
        changed_files=3,
        changed_bytes=3 * MIB,
        complete=True,
    ),
    results=judge(
        Sizes(
            total_bytes=mib(52.1),
            checkout_bytes=mib(150),
            largest_file_bytes=mib(12),
            files=2310,
            path_bytes={b"app/assets/**": mib(7), b"/caf\xe9|`@everyone`": mib(1.5)},
            base_bytes=mib(48.9),
        ),
        _BUDGETS,
    ),
    findings=(
        Finding(
            id="negation",
            level=Level.ERROR,
            path=b".slugignore",
            line=2,
            message="!README.md does nothing: Heroku doesn't support negation",
            cure="Remove the line",
            fixable=True,
        ),
        Finding(
            id="secret-ships",
            level=Level.WARNING,
            path=b"caf\xe9: <b>@me</b>.pem",
            line=None,
            message="holds a private key",
            cure="Take it out of the repository",
        ),
    ),
    suggestions=(
        Advised(
            pattern=b"/design",
            tier=Tier.SAFE,
            files=10,
            size_bytes=mib(4),
            saves_compressed_bytes=mib(3.5),
            reason="Design source; pages use exported copies",
            evidence=(Evidence(kind=EvidenceKind.UNREAD, text="nothing reads it"),),
        ),
        Advised(
            pattern=b"*.psd",
            tier=Tier.CONDITIONAL,
            files=1,
            size_bytes=2000,
            saves_compressed_bytes=900,
            reason="A design source",
            evidence=(Evidence(kind=EvidenceKind.READER, text="names it", path=b"gulpfile.js", line=3),),
        ),
    ),
    unreadable=(),
    notes=(Note(id="untracked", message="not tracked by git, so not pushed and not counted", paths=(b"notes.txt",)),),
    slugignore=b"/spec\n!README.md\n",
)
"""Over its total and more, grown, with findings and suggestions."""

INCOMPLETE = replace(
    MINIMAL,
    unreadable=(
        Unreadable(path=b"a\xff", reason="its object is missing or damaged"),
        *(Unreadable(path=b"b%d" % number, reason="permission denied") for number in range(4)),
    ),
)
"""Five files are missing in the sizes."""
