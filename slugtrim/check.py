"""Check a slug against its budgets, and compare it with the slug of another commit."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

from msgspec import Struct

from slugtrim.budget import Budgets, Result, Sizes, Verdict, judge
from slugtrim.buildpacks.packages import PackageGrowth, Prediction
from slugtrim.diff.changes import compare_files
from slugtrim.diff.difference import Change, ChangeKind, Listed
from slugtrim.errors import SourceError
from slugtrim.files import Directory, Note, SortedPaths, Source, SourceKind, Tree, Unreadable
from slugtrim.findings import Finding
from slugtrim.git import GitError, Repository
from slugtrim.ignore import Dialect, matcher
from slugtrim.lint.findings import look_quickly
from slugtrim.measurement import Depth, Measurement, measure_each
from slugtrim.platforms import PLATFORMS, platform_of
from slugtrim.sizer import Compiled, Overhead, Progress, SizeClass, classify, with_overhead
from slugtrim.sources.revision import shown_revision
from slugtrim.store import CacheTable
from slugtrim.suggester.records import Advised
from slugtrim.suggester.remembered import files_digest, open_suggestion_cache, remembered


class Growth(Struct, frozen=True, kw_only=True):
    """A file that weighs more, or less, than in the base. There its name may have another version in it."""

    path: bytes
    before_bytes: int
    """Compressed share in the base; 0 where it was not in the slug."""
    after_bytes: int
    commit: str | None
    """Short id of the newest commit since the base that touched it; None where none did: what changed on
    disk only, what other rules or attributes let in, and what is in a submodule."""
    subject: str
    """First line of that commit's message; empty without one."""

    @property
    def grown_bytes(self) -> int:
        """Negative for a file that shrank."""
        return self.after_bytes - self.before_bytes


class Base(Struct, frozen=True, kw_only=True):
    """What the slug is compared with."""

    rev: str
    """Full id of the commit."""
    name: str
    """How it was named: ``origin/main``, or where it was found: ``merge-base with origin/main``."""
    files: int
    compressed_bytes: int
    """The same headline as the check's: with what buildpacks add, where that is known."""
    grown: tuple[Growth, ...]
    """The files that grew, most first, then those that shrank, most last; ten of each at most."""
    unchanged_files: int
    changed_files: int
    """Added, changed, moved or gone."""
    changed_bytes: int
    """Compressed bytes that the changed files grew or shrank, without the sign."""
    complete: bool


class Check(Struct, frozen=True, kw_only=True):
    """All that the report says."""

    source: Source
    dialect: Dialect
    target: str | None
    """Name of the target whose budgets were used."""
    files: int
    size_bytes: int
    """Raw bytes of the files in the slug."""
    source_compressed_bytes: int
    """Predicted, before buildpacks."""
    compiled: Compiled | None
    """With what buildpacks add, where that is known or predicted."""
    size_class: SizeClass
    """Of the headline."""
    base: Base | None
    results: tuple[Result, ...]
    findings: tuple[Finding, ...]
    """Errors and warnings about `.slugignore` and what ships, as the audit has them."""
    suggestions: tuple[Advised, ...] | None
    """The best entries that `.slugignore` could have, only if a budget or limit is exceeded. None if one is, and
    `slugtrim suggest` has not seen this tree."""
    unreadable: tuple[Unreadable, ...]
    notes: tuple[Note, ...]
    slugignore: bytes | None = None
    """Content of the root ``.slugignore``; None when there is none."""
    prediction: Prediction | None = None
    """What the buildpacks add, if that is predicted."""
    counts_prediction: bool = False
    """Budgets and limits are about the slug as it is predicted, by the owner's word."""
    packages: PackageGrowth | None = None
    """What lock files that are others than in the base bring; None without a base, and where nothing changes."""
    budgeted: Mapping[bytes, Sequence[range]] = {}
    """Pattern of a budget to the rows of files that it names, among the files of the slug in order of their paths."""

    @property
    def compressed_bytes(self) -> int:
        """The headline: what budgets and limits are about."""
        if self.compiled is None or (self.compiled.is_predicted and not self.counts_prediction):
            return self.source_compressed_bytes
        return self.compiled.compressed_bytes

    @property
    def complete(self) -> bool:
        """Whether every file of the slug could be measured."""
        return not self.unreadable

    @property
    def verdict(self) -> Verdict:
        """The worst of the results."""
        verdicts = {result.verdict for result in self.results}
        return next((verdict for verdict in (Verdict.FAIL, Verdict.WARN) if verdict in verdicts), Verdict.OK)

    def over(self, verdict: Verdict) -> Sequence[Result]:
        """The results with this verdict."""
        return [result for result in self.results if result.verdict is verdict]


_EVENT_LIMIT_BYTES = 4 << 20


class Ci(Struct, frozen=True, kw_only=True):
    """What a CI's environment says of the base."""

    name: str
    branches: tuple[str, ...] = ()
    """Where the target branch may be found; the base is the merge-base with it."""
    commit: str | None = None
    """The base itself, where the CI names it."""
    is_certain: bool = False
    """There is a base: the run is for a merge request. Else a base that is not found is none."""
    head: str | None = None
    """The commit that the run is for, where that is not what is checked out."""
    deepen: str = "fetch the whole history"
    """How to have this CI fetch the base."""


class BaseCommit(Struct, frozen=True, kw_only=True):
    """The commit that was found."""

    rev: str
    """Full id."""
    name: str
    """How it was named, or where it was found."""


def detect(environ: Mapping[str, str], read_event: bytes = b"") -> Ci | None:
    """The CI that this runs in, None for none. ``read_event`` is the content of GitHub's event file."""
    if environ.get("PRE_COMMIT_TO_REF"):
        commit = _real(environ.get("PRE_COMMIT_FROM_REF", ""))
        return Ci(name="pre-commit", commit=commit, head=environ["PRE_COMMIT_TO_REF"])
    if environ.get("GITHUB_ACTIONS") == "true":
        branch = environ.get("GITHUB_BASE_REF", "")
        return Ci(
            name="GitHub Actions",
            branches=_remote(branch),
            commit=None if branch else _pushed_over(read_event),
            is_certain=bool(branch),
            deepen="set fetch-depth: 0 for actions/checkout",
        )
    if environ.get("GITLAB_CI") == "true":
        branch = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
        commit = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA") or environ.get("CI_COMMIT_BEFORE_SHA", "")
        return Ci(
            name="GitLab CI",
            branches=_remote(branch),
            commit=_real(commit),
            is_certain=bool(branch),
            deepen='set GIT_DEPTH: "0" for the job',
        )
    if environ.get("CIRCLECI") == "true":
        return Ci(name="CircleCI", branches=("origin/HEAD",), deepen="check out with method: full")
    for platform in PLATFORMS:
        if platform.ci and environ.get(platform.ci_variable):
            return Ci(name=platform.ci)
    if environ.get("CI", "").lower() in ("true", "1"):
        return Ci(name="CI", branches=("origin/HEAD",))
    return None


def _remote(branch: str) -> tuple[str, ...]:
    return (f"refs/remotes/origin/{branch}", f"refs/heads/{branch}") if branch else ()


def _pushed_over(event: bytes) -> str | None:
    """What a push found on the branch; a new branch has none."""
    import json  # only who runs in CI needs it

    try:
        data = json.loads(event) if len(event) <= _EVENT_LIMIT_BYTES else None
    except (ValueError, RecursionError):
        return None
    before = data.get("before") if isinstance(data, dict) else None
    return _real(before) if isinstance(before, str) else None


def _real(commit: str) -> str | None:
    """An id, or None for one that is all zeros or none at all."""
    return commit if commit.strip("0") else None


def named_base(repository: Repository, rev: str) -> BaseCommit:
    """The commit that ``--base REV`` names. Raises ``SourceError``."""
    commit = repository.commit_id(rev)
    if commit is None:
        is_remote = repository.commit_id(f"refs/remotes/origin/{rev}") is not None
        remedy = f"did you mean origin/{shown_revision(rev)}?" if is_remote else _remedy(repository, "git fetch it")
        raise SourceError(f"--base {shown_revision(rev)}: not a commit in this repository; {remedy}")
    return BaseCommit(rev=commit, name=rev)


def found_base(repository: Repository, ci: Ci, head: str, *, must: bool = True) -> BaseCommit | None:
    """The base of a run in a CI, None where it has none. Raises ``SourceError`` for one that is not here.

    ``head`` is the commit that is checked. Without ``must`` what is not here is none.
    """
    for branch in ci.branches:
        if repository.commit_id(branch) is None:
            continue
        commit = repository.merge_base(branch, head)
        if commit is not None:
            return BaseCommit(rev=commit, name=f"merge-base with {branch.removeprefix('refs/remotes/')}")
    if ci.commit is not None and (commit := repository.commit_id(ci.commit)) is not None:
        return BaseCommit(rev=commit, name=f"as {ci.name} says")
    if not ci.is_certain or not must:
        return None
    what = shown_revision(ci.branches[0].removeprefix("refs/remotes/"))
    raise SourceError(f"the base of this run ({what}) is not in this clone; {_remedy(repository, ci.deepen)}")


def _remedy(repository: Repository, deepen: str) -> str:
    is_shallow = repository.git(["rev-parse", "--is-shallow-repository"]).strip() == b"true"
    return f"the clone is shallow: {deepen}" if is_shallow else deepen


def touching_commits(
    repository: Repository, base: str, head: str, paths: Sequence[bytes]
) -> dict[bytes, tuple[str, str]]:
    """Path to short id and subject of the newest commit since ``base`` that touched it. Paths are from the top."""
    if not paths:
        return {}
    # Without --no-show-signature a repository could have git run a program to verify with.
    arguments = ["log", "-z", "--no-show-signature", "--no-renames", "--name-only", "--format=%x01%h%x02%s"]
    try:
        listed = repository.git([*arguments, f"{base}..{head}", "--", *paths])
    except GitError:
        return {}
    found: dict[bytes, tuple[str, str]] = {}
    commit = ("", "")
    is_first = False
    for record in listed.split(b"\0"):
        if record.startswith(b"\x01"):
            short, _, subject = record[1:].partition(b"\x02")
            commit = (short.decode("ascii"), subject.decode("utf-8", "replace"))
            is_first = True
        elif record:
            found.setdefault(record.removeprefix(b"\n") if is_first else record, commit)
            is_first = False
    return found


_GROWN = 10
"""So many files that grew are told, and as many that shrank."""


class Asked(Struct, frozen=True, kw_only=True):
    """What a slug is held against."""

    budgets: Budgets
    known_overhead: Overhead | None = None
    """What buildpacks add, where that is configured or a build showed it."""
    target: str | None = None
    ignored: frozenset[str] = frozenset()
    """Ids of findings that the owner accepts."""
    prediction: Prediction | None = None
    """What buildpacks are predicted to add, where nobody knows."""
    base_prediction: Prediction | None = None
    """The same for the base."""
    packages: PackageGrowth | None = None
    """What changes between the two."""

    @property
    def counts_prediction(self) -> bool:
        """Whether what is held against budgets is the predicted slug."""
        return self.known_overhead is None and self.prediction is not None and bool(self.budgets.of_compiled)

    @property
    def added_to_base(self) -> int:
        """Bytes that buildpacks add to the base, as far as they count."""
        if self.known_overhead is not None:
            return self.known_overhead.size_bytes
        is_both = self.counts_prediction and self.base_prediction is not None
        return self.base_prediction.range.expected_bytes if is_both and self.base_prediction is not None else 0


class BaseTree(Struct, frozen=True, kw_only=True):
    """The tree of the base, and how it was found."""

    tree: Tree
    commit: BaseCommit


def check_tree(
    tree: Tree,
    dialect: Dialect,
    asked: Asked,
    *,
    base: BaseTree | None = None,
    cache: CacheTable | None = None,
    git_dir: bytes | None = None,
    progress: Progress | None = None,
) -> Check:
    """The check of a tree. Raises ``RulesError``, also for the rules of the base, and ``SourceError``.

    ``git_dir`` is the repository whose remembered suggestions are shown; None for no suggestions.
    """
    wanted = [(tree, Depth.READINGS), *([(base.tree, Depth.SIZE)] if base is not None else [])]
    measured, *before = measure_each(wanted, dialect, cache=cache, progress=progress)
    assert measured.other is not None
    findings = look_quickly(measured.slug, measured.other).findings
    counts_prediction = asked.counts_prediction
    overhead = asked.known_overhead or (asked.prediction.overhead if asked.prediction is not None else None)
    compiled = with_overhead(measured.compressed_bytes, overhead) if overhead is not None else None
    compared = _compare(measured, before[0], base.commit, asked.added_to_base) if base is not None else None
    counted = compiled if compiled is not None and (counts_prediction or not compiled.is_predicted) else None
    total = counted.compressed_bytes if counted is not None else measured.compressed_bytes
    path_bytes, budgeted = _path_bytes(measured, [budget.pattern for budget in asked.budgets.paths])
    sizes = Sizes(
        platform=platform_of(dialect),
        total_bytes=total,
        checkout_bytes=measured.checkout.size_bytes,
        largest_file_bytes=measured.largest_file_bytes,
        files=measured.kept.files,
        path_bytes=path_bytes,
        base_bytes=compared.compressed_bytes if compared is not None else None,
        unsure_bytes=(total - counted.low_bytes, counted.high_bytes - total) if counted is not None else (0, 0),
    )
    results = judge(sizes, asked.budgets)
    suggestions: tuple[Advised, ...] | None = ()
    if any(result.verdict is not Verdict.OK for result in results):
        suggestions = remembered(files_digest(measured.slug.kept, dialect), open_suggestion_cache(git_dir))
    return Check(
        source=tree.source,
        dialect=dialect,
        target=asked.target,
        files=measured.kept.files,
        size_bytes=measured.kept.size_bytes,
        source_compressed_bytes=measured.compressed_bytes,
        compiled=compiled,
        size_class=classify(total),
        base=compared,
        results=results,
        findings=tuple(each for each in findings if each.id not in asked.ignored),
        suggestions=suggestions,
        unreadable=measured.unreadable,
        notes=(*tree.notes, *_notes(asked.budgets, sizes, budgeted)),
        slugignore=tree.slugignore,
        prediction=asked.prediction if asked.known_overhead is None else None,
        counts_prediction=counts_prediction,
        packages=asked.packages,
        budgeted=budgeted,
    )


def _notes(budgets: Budgets, sizes: Sizes, budgeted: Mapping[bytes, Sequence[range]]) -> Iterator[Note]:
    """What somebody limits, and nothing is held to."""
    if budgets.max_growth is not None and sizes.base_bytes is None:
        message = f"growth is not checked ({budgets.max_growth.written}): no base; name one with --base"
        yield Note(id="no-base", message=message)
    idle = tuple(pattern for pattern, rows in budgeted.items() if not rows)
    if idle:
        yield Note(
            id="idle-budget",
            message="budgets that match no file in the slug: misspelled, or the files are gone",
            paths=idle,
        )


def _path_bytes(
    measured: Measurement, patterns: Sequence[bytes]
) -> tuple[Mapping[bytes, int], Mapping[bytes, Sequence[range]]]:
    """Pattern to the shares of what it names, as git reads a line of a gitignore; and to the rows of those files."""
    if not patterns:
        return {}, {}
    slug = measured.slug
    on = matcher(Dialect.GITIGNORE, Directory.from_files(slug.kept), slug.tree.links)
    paths = SortedPaths(file.path for file in slug.kept)
    before = list(accumulate((measured.shares[path] for path in paths.paths), initial=0))
    budgeted = {pattern: paths.covered(on.alone(pattern)) for pattern in patterns}
    shares = {pattern: sum(before[row.stop] - before[row.start] for row in rows) for pattern, rows in budgeted.items()}
    return shares, budgeted


def _compare(measured: Measurement, before: Measurement, commit: BaseCommit, overhead: int) -> Base:
    compared = compare_files(Listed.from_measurement(commit.name, before), Listed.from_measurement("", measured))
    return Base(
        rev=commit.rev,
        name=commit.name,
        files=before.kept.files,
        compressed_bytes=max(0, before.compressed_bytes + overhead),
        grown=_with_commits(_most_grown(compared.changes), measured.source, commit),
        unchanged_files=compared.unchanged.files,
        changed_files=len(compared.changes),
        changed_bytes=sum(abs(change.grown_bytes) for change in compared.changes),
        complete=not before.unreadable,
    )


def _most_grown(changes: Sequence[Change]) -> list[Change]:
    """What grew most first, what shrank most last; nothing that only moved."""
    rows = sorted(
        (change for change in changes if change.kind is not ChangeKind.MOVED),
        key=lambda change: (-change.grown_bytes, change.path),
    )
    more = [row for row in rows if row.grown_bytes > 0][:_GROWN]
    less = [row for row in rows if row.grown_bytes < 0][-_GROWN:]
    return [*more, *less]


def _with_commits(changes: Sequence[Change], source: Source, base: BaseCommit) -> tuple[Growth, ...]:
    repository = Repository.discover(source.path) if source.kind is not SourceKind.DIRECTORY else None
    commits: Mapping[bytes, tuple[str, str]] = {}
    at = source.prefix + b"/" if source.prefix else b""
    if repository is not None and source.rev is not None:
        commits = touching_commits(repository, base.rev, source.rev, [at + change.path for change in changes])
    return tuple(
        Growth(
            path=change.path,
            before_bytes=change.before_bytes,
            after_bytes=change.after_bytes,
            commit=commits[at + change.path][0] if at + change.path in commits else None,
            subject=commits[at + change.path][1] if at + change.path in commits else "",
        )
        for change in changes
    )
