"""A slug held against budgets and compared with that of another commit, on real histories."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from slugtrim.budget import Amount, Budgets, Measure, PathBudget, Verdict, Written
from slugtrim.check import Asked, BaseCommit, BaseTree, Check, check_tree
from slugtrim.ignore import Dialect
from slugtrim.scanner import scan
from slugtrim.sizer import Overhead, Sizer
from slugtrim.sources import find_tree, open_tree
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.suggested import advised, remember_for, suggestion

NOISE = random.Random(5)
HERE = Written(name="slugtrim.toml", line=3)


def limit(value: int) -> Amount:
    return Amount(value=value, text=str(value), written=HERE)


def noise(size_bytes: int) -> bytes:
    return NOISE.randbytes(size_bytes)


FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n",
    "app/a.bin": noise(40_000),
    "app/b.bin": noise(20_000),
    "lib/c.bin": noise(10_000),
    "spec/d.bin": noise(30_000),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", FILES)


def check(
    repository: Path, budgets: Budgets, base: str | None = None, prefix: bytes = b"", overhead: Overhead | None = None
) -> Check:
    found = find_tree(bytes(repository), prefix=prefix)
    compared = None
    if base is not None:
        before = open_tree(bytes(repository), rev=base, prefix=prefix)
        assert before.source.rev is not None
        compared = BaseTree(tree=before, commit=BaseCommit(rev=before.source.rev, name=base))
    return check_tree(
        found.load(),
        Dialect.GITIGNORE,
        Asked(budgets=budgets, known_overhead=overhead),
        base=compared,
        git_dir=found.git_dir,
    )


def size(repository: Path, rev: str | None = None) -> int:
    tree = open_tree(bytes(repository), rev=rev)
    return Sizer(tree.contents).measure(scan(tree).kept).compressed_bytes


def verdicts(report: Check) -> list[tuple[Measure, Verdict]]:
    return [(each.measure, each.verdict) for each in report.results if each.measure is not Measure.PLATFORM]


def test_a_slug_at_its_budget_passes_and_one_byte_over_fails(repository: Path) -> None:
    total = size(repository)
    at = check(repository, Budgets(total=limit(total)))
    assert (at.verdict, at.compressed_bytes, at.suggestions) == (Verdict.OK, total, ())
    over = check(repository, Budgets(total=limit(total - 1)))
    assert (over.verdict, over.over(Verdict.FAIL)[0].over, over.suggestions) == (Verdict.FAIL, 1, None)


def test_a_warning_level_warns(repository: Path) -> None:
    report = check(repository, Budgets(total=limit(10**9), warn=limit(1000)))
    assert report.verdict is Verdict.WARN
    assert verdicts(report) == [(Measure.TOTAL, Verdict.OK), (Measure.TOTAL, Verdict.WARN)]


def test_what_a_pattern_names_has_a_budget_of_its_own(repository: Path) -> None:
    budgets = Budgets(
        paths=(
            PathBudget(pattern=b"app/**", limit=limit(50_000)),
            PathBudget(pattern=b"*.bin", limit=limit(80_000)),
            PathBudget(pattern=b"/spec", limit=limit(0)),
        )
    )
    results = {each.pattern: each for each in check(repository, budgets).results if each.pattern is not None}
    assert results[b"app/**"].verdict is Verdict.FAIL
    assert 60_000 < results[b"app/**"].used < 62_000
    assert 70_000 < results[b"*.bin"].used < 73_000
    assert (results[b"/spec"].used, results[b"/spec"].verdict) == (0, Verdict.OK)  # it is left out


def test_counts_and_raw_sizes_have_budgets(repository: Path) -> None:
    report = check(repository, Budgets(files=limit(4), largest_file=limit(39_999), checkout=limit(10**6)))
    assert verdicts(report) == [
        (Measure.LARGEST_FILE, Verdict.FAIL),
        (Measure.FILES, Verdict.OK),
        (Measure.CHECKOUT, Verdict.OK),
    ]
    assert (report.files, report.size_bytes) == (4, 70_006)


def test_what_buildpacks_add_counts_for_the_total_and_not_for_growth(repository: Path) -> None:
    total = size(repository)
    overhead = Overhead(size_bytes=5_000_000, origin="slugtrim.toml:9")
    report = check(repository, Budgets(total=limit(4_000_000), max_growth=limit(0)), base="HEAD", overhead=overhead)
    assert report.compiled is not None
    assert (report.compiled.compressed_bytes, report.compiled.overhead) == (total + 5_000_000, overhead)
    assert report.source_compressed_bytes == total
    assert verdicts(report) == [(Measure.TOTAL, Verdict.FAIL), (Measure.GROWTH, Verdict.OK)]


def test_growth_is_that_since_the_base(repository: Path) -> None:
    before = size(repository)
    make_tree(repository, {"app/new.bin": noise(50_000), "app/a.bin": noise(60_000)})
    first = commit_all(repository, "a logo")
    (repository / "lib/c.bin").unlink()
    commit_all(repository, "away with it")
    (repository / "app/b.bin").write_bytes(noise(25_000))
    report = check(repository, Budgets(max_growth=limit(10)), base="HEAD~2")
    base = report.base
    assert base is not None
    assert (base.compressed_bytes, base.name, base.files, base.complete) == (before, "HEAD~2", 4, True)
    (growth,) = [each for each in report.results if each.measure is Measure.GROWTH]
    assert growth.used == size(repository) - before
    assert growth.verdict is Verdict.FAIL
    rows = [(each.path, each.commit, each.subject) for each in base.grown]
    assert rows == [
        (b"app/new.bin", git(repository, "rev-parse", "--short", first).decode().strip(), "a logo"),
        (b"app/a.bin", git(repository, "rev-parse", "--short", first).decode().strip(), "a logo"),
        (b"app/b.bin", None, ""),  # the change is not committed
        (b"lib/c.bin", git(repository, "rev-parse", "--short", "HEAD").decode().strip(), "away with it"),
    ]
    assert [each.grown_bytes > 0 for each in base.grown] == [True, True, True, False]
    assert (base.unchanged_files, base.changed_files) == (1, 4)


def test_the_base_is_read_by_its_own_rules(repository: Path) -> None:
    make_tree(repository, {".slugignore": ""})
    commit_all(repository, "specs ship")
    report = check(repository, Budgets(), base="HEAD~1")
    assert report.base is not None
    assert [each.path for each in report.base.grown if each.grown_bytes > 1000] == [b"spec/d.bin"]
    assert report.base.grown[0].commit is None  # the file is as it was; a rule went


def test_below_a_prefix_commits_are_told_as_well(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"web/a.bin": noise(20_000), "other/a.bin": noise(20_000)})
    make_tree(repository, {"web/a.bin": noise(30_000), "other/a.bin": noise(90_000)})
    commit_all(repository, "more")
    report = check(repository, Budgets(), base="HEAD~1", prefix=b"web")
    assert report.base is not None
    assert [(each.path, each.subject) for each in report.base.grown] == [(b"a.bin", "more")]


def test_a_tree_that_cannot_be_read_whole_is_incomplete(repository: Path) -> None:
    blob = git(repository, "rev-parse", "HEAD:app/a.bin").decode().strip()
    (repository / ".git/objects" / blob[:2] / blob[2:]).unlink()
    tree = open_tree(bytes(repository), rev="HEAD")
    report = check_tree(tree, Dialect.GITIGNORE, Asked(budgets=Budgets(total=limit(1000))))
    assert not report.complete
    assert [gone.path for gone in report.unreadable] == [b"app/a.bin"]
    assert report.verdict is Verdict.FAIL


def test_what_is_over_comes_with_the_suggestions_and_the_findings(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {**FILES, ".slugignore": "!x\n", "design/a.psd": noise(300_000)}
    root = make_repo(tmp_path, files)
    entry = suggestion(b"/design/a.psd")
    remember_for(find_tree(bytes(root), rev="HEAD"), entry)
    report = check(root, Budgets(total=limit(1000)))
    assert report.suggestions == (advised(entry),)
    assert [finding.id for finding in report.findings] == ["negation"]
