"""The slug of each commit of a range, in real repositories."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from slugtrim.files import REGULAR, File
from slugtrim.git import Repository
from slugtrim.history.range import HistoryRequest, slug_history
from slugtrim.ignore import Dialect
from slugtrim.reports.blocks import View
from slugtrim.reports.history_report import report
from slugtrim.reports.text import printed
from slugtrim.scanner import scan
from slugtrim.sizer import Sizer
from slugtrim.sizer.course import Course
from slugtrim.sizer.stream import is_large, segments, segments_with
from slugtrim.sources import open_tree
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import COMMAND, Run, run, run_process
from tests.rows import each_row

LARGE = 20 << 20


def noise(size_bytes: int, seed: int = 0) -> bytes:
    """Bytes that no codec makes smaller."""
    return random.Random(seed).randbytes(size_bytes)


def text(lines: int, seed: int = 0) -> str:
    choose = random.Random(seed)
    return "".join(f"value_{choose.randrange(10**6)} = {choose.randrange(10**9)}\n" for _ in range(lines))


def step(root: Path, files: Mapping[bytes | str, Content], message: str = "more", gone: tuple[str, ...] = ()) -> str:
    make_tree(root, files)
    for name in gone:
        (root / name).unlink()
    return commit_all(root, message)


def history(root: Path, *arguments: str) -> dict[str, Any]:
    done = run("history", "--json", *arguments, cwd=root)
    assert (done.code, done.stderr) == (0, b""), done
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def audited(root: Path, rev: str, *arguments: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(run("audit", "--rev", rev, "--json", *arguments, cwd=root).stdout)
    return loaded


def assert_audit_agrees(root: Path, found: Mapping[str, Any], *arguments: str) -> None:
    for commit in found["commits"]:
        audit = audited(root, commit["commit"], *arguments)
        ours = (commit["compressed_bytes"], commit["margin_bytes"], commit["class"], commit["files"], commit["bytes"])
        slug = audit["slug"]
        assert ours == (
            slug["compressed_bytes"],
            slug["margin_bytes"],
            slug["class"],
            slug["files"],
            slug["bytes"],
        ), commit


@pytest.fixture(scope="module")
def grown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application with a history of all that may happen to files."""
    root = make_repo(tmp_path_factory.mktemp("grown"), {"Procfile": "web: ./run\n", "run*": "#!/bin/sh\n"})
    step(root, {f"app/{n}.rb": text(40, n) for n in range(30)}, "code")
    step(root, {"app/film.mp4": noise(200_000), "docs/a.md": text(20), "link": Path("app/1.rb"), "empty": ""}, "a film")
    step(root, {".slugignore": "/docs\n"}, "leave out docs")
    step(root, {"docs/b.md": text(500), "app/1.rb": text(90, 1), "empty": text(300, 3)}, "more docs")
    git(root, "mv", "app/film.mp4", "app/intro.mp4")
    commit_all(root, "rename the film")
    step(root, {"run": "#!/bin/sh\nexec ruby\n"}, "run", gone=("app/2.rb",))
    (root / "app/3.rb").unlink()
    step(root, {"app/3.rb/inner.rb": text(5), "tmp/cache": "x"}, "a file that becomes a directory")
    git(root, "tag", "v1")
    step(root, {".slugignore": "*.rb\n!/app/1*.rb\n"}, "other rules")
    git(root, "mv", "app", "lib")
    commit_all(root, "rename a directory")
    step(root, {"lib/data.json": text(9000, 7)}, "data")
    return root


def test_each_commit_has_the_size_that_audit_has_to_the_byte(grown: Path) -> None:
    found = history(grown)
    assert len(found["commits"]) == 11
    assert_audit_agrees(grown, found)
    assert sum(commit["change_bytes"] for commit in found["commits"]) == found["commits"][0]["compressed_bytes"]


def test_with_the_other_dialects_as_well(grown: Path) -> None:
    assert_audit_agrees(grown, history(grown, "--dialect", "glob"), "--dialect", "glob")
    found = history(grown, "HEAD~3..", "--dialect", "filepath")
    assert_audit_agrees(grown, found, "--dialect", "filepath")


def test_a_subdirectory_that_is_deployed(grown: Path) -> None:
    found = history(grown, "--prefix", "app", "HEAD~2")
    missing, measured = found["commits"][-1], {**found, "commits": found["commits"][:-1]}
    assert missing["problem"] == "app: is no directory of this commit"
    assert_audit_agrees(grown, measured, "--prefix", "app")
    assert measured["commits"][-1]["change_bytes"] == measured["commits"][-1]["compressed_bytes"]


def test_what_was_measured_is_remembered_and_the_same(grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = history(grown, "--blame")
    monkeypatch.setattr("slugtrim.history.measuring.TreeWalk", None)  # whoever measures anew fails
    assert history(grown, "--blame") == first
    monkeypatch.undo()
    assert history(grown, "--blame", "--no-cache") == first


def test_packs_that_others_sent_change_nothing(grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    git(tmp_path, "clone", "-q", grown.as_uri(), "clone")
    root = tmp_path / "clone"
    first = history(root)
    step(root, {"lib/new.json": text(9000, 8)}, "loose, then packed")
    git(root, "repack", "-q")
    monkeypatch.setattr("slugtrim.history.measuring.TreeWalk", None)
    assert history(root, "HEAD~1")["commits"] == first["commits"]
    monkeypatch.undo()
    found = history(root)
    git(root, "repack", "-q", "-a", "-d", "-f")
    assert_audit_agrees(root, {"commits": found["commits"][:1] + history(root)["commits"][:3]})


def test_files_that_are_missing_count_as_for_audit(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a.py": text(30), "b.py": text(40)})
    step(root, {"c.py": text(50)}, "more")
    blob = git(root, "rev-parse", "HEAD:b.py").decode().strip()
    (root / ".git/objects" / blob[:2] / blob[2:]).unlink()
    found = history(root)
    assert [each["unreadable"] for each in found["commits"]] == [1, 1]
    assert found["notes"] == ["in 2 commits, some files could not be read, so these sizes are too small"]
    assert_audit_agrees(root, found)
    tree = git(root, "rev-parse", "HEAD~1^{tree}").decode().strip()
    (root / ".git/objects" / tree[:2] / tree[2:]).unlink()
    newest, oldest = history(root)["commits"]
    assert (newest["files"], newest["change_bytes"]) == (2, newest["compressed_bytes"])
    assert "list of files is missing" in oldest["problem"]


def test_a_range_begins_at_the_commit_before(grown: Path) -> None:
    whole, part = history(grown), history(grown, "HEAD~3..HEAD")
    assert part["commits"] == whole["commits"][:3]
    assert history(grown, "HEAD~3...HEAD")["commits"] == part["commits"]
    assert history(grown, "HEAD..HEAD")["notes"] == ["no commits in HEAD..HEAD"]


def test_a_rename_counts_once(grown: Path) -> None:
    renamed = next(each for each in history(grown)["commits"] if each["subject"] == "rename the film")
    (change,) = renamed["changes"]
    assert (change["was"]["path"], change["path"]) == ("app/film.mp4", "app/intro.mp4")
    assert abs(renamed["change_bytes"]) < 100
    film = next(each for each in history(grown, "--blame")["blame"]["files"] if each["path"] == "lib/intro.mp4")
    brought = next(each for each in history(grown)["commits"] if each["subject"] == "a film")
    assert film["commit"] == brought["commit"]  # and not the one that renamed it, or its directory


def test_only_some_commits(grown: Path) -> None:
    whole = history(grown)["commits"]
    every = history(grown, "--every", "4")["commits"]
    assert [each["commit"] for each in every] == [whole[0]["commit"], whole[4]["commit"], whole[8]["commit"]]
    assert every[0]["change_bytes"] == whole[0]["compressed_bytes"] - whole[4]["compressed_bytes"]
    assert every[-1]["change_bytes"] is None
    (tagged,) = history(grown, "--tags")["commits"]
    assert (tagged["tags"], tagged["compressed_bytes"]) == (["v1"], whole[3]["compressed_bytes"])
    assert history(grown, "--since", "2030-01-01")["notes"] == ["no commits in HEAD since 2030-01-01"]


def test_one_part_of_the_slug(grown: Path) -> None:
    part = history(grown, "--path", "*.mp4")["commits"]
    assert [each["files"] for each in part] == [1] * 9 + [0] * 2
    assert part[-3]["change_bytes"] == part[-3]["compressed_bytes"] > 200_000
    assert {each["change_bytes"] for each in part[:7] if not each["changes"]} <= set(range(-20, 21))
    listed = run("ls", "--rev", "HEAD", "--long", cwd=grown).stdout.decode()
    assert "lib/intro.mp4" in listed


def test_an_estimate_says_that_it_is_one(grown: Path) -> None:
    found, measured = history(grown, "--fast"), history(grown)
    assert found["estimated"] is True
    ours, true = (each["commits"][0]["compressed_bytes"] for each in (found, measured))
    assert abs(ours - true) < 0.2 * true
    shown = run("history", "--fast", "-n", "1", "--top", "0", cwd=grown).stdout.decode()
    assert "Rough estimate (--fast): totals may be off by 40%" in shown
    assert "data.json +" in shown
    assert ".rb +" in run("history", "HEAD~9", cwd=grown).stdout.decode()
    assert ".rb +" not in run("history", "--fast", "HEAD~9", cwd=grown).stdout.decode()


@pytest.mark.full
def test_a_planted_file_is_found_with_its_commit(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {f"app/{n}.py": text(20, n) for n in range(20)})
    for number in range(3):
        step(root, {"app/1.py": text(20 + number)}, f"before {number}")
    planted = step(root, {"vendor/model.bin": noise(LARGE)}, "a small fix")
    step(root, {"app/2.py": text(30)}, "after")
    found = history(root, "--blame", "--top", "1")
    (largest,) = found["largest"]
    assert (largest["commit"], largest["left_bytes"]) == (planted, largest["added_bytes"])
    assert LARGE < largest["change_bytes"] < LARGE + 10_000
    for kind, path in (("files", "vendor/model.bin"), ("directories", "vendor/")):
        first = found["blame"][kind][0]
        assert (first["path"], first["commit"]) == (path, planted)
    assert sum(each["compressed_bytes"] for each in found["blame"]["files"]) == found["commits"][0]["compressed_bytes"]
    step(root, {}, "remove it", gone=("vendor/model.bin",))
    shown = run("history", "--top", "1", cwd=root).stdout.decode()
    assert f"gone  2026-01-02  {planted[:10]} a small fix" in shown


def test_a_merge_is_one_commit_and_counts_once(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a.py": text(20)})
    git(root, "checkout", "-q", "-b", "side")
    brought = step(root, {"side.bin": noise(300_000)}, "on the side")
    git(root, "checkout", "-q", "main")
    step(root, {"main.bin": noise(100_000, 1)}, "on main")
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "side")
    straight, all_ = history(root)["commits"], history(root, "--all-parents", "--blame")
    assert [each["subject"] for each in straight] == ["merge", "on main", "first"]
    assert straight[0]["change_bytes"] > 300_000
    assert_audit_agrees(root, all_)
    by_subject = {each["subject"]: each for each in all_["commits"]}
    assert set(by_subject) == {"merge", "on main", "on the side", "first"}
    assert by_subject["merge"]["change_bytes"] == 0
    assert by_subject["on the side"]["change_bytes"] > 300_000
    assert all_["largest"][0]["commit"] == all_["blame"]["files"][0]["commit"] == brought


def test_a_merge_that_changes_something_itself(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a.py": text(20)})
    git(root, "checkout", "-q", "-b", "side")
    step(root, {"side.py": text(10)}, "on the side")
    git(root, "checkout", "-q", "main")
    step(root, {"main.py": text(10, 1)}, "on main")
    git(root, "merge", "-q", "--no-ff", "--no-commit", "side")
    step(root, {"evil.bin": noise(50_000)}, "merge")
    merge = history(root, "--all-parents")["commits"][0]
    assert [each["path"] for each in merge["changes"]] == ["evil.bin"]
    assert 50_000 < merge["change_bytes"] < 51_000


def test_the_blame_of_any_part_adds_up_to_it(grown: Path) -> None:
    for arguments in (["--path", "*.rb"], ["--all-parents"], ["--every", "3"], ["--tags"], ["HEAD~3..", "--no-cache"]):
        found = history(grown, "--blame", *arguments)
        whole = sum(each["compressed_bytes"] for each in found["blame"]["files"])
        assert whole == found["commits"][0]["compressed_bytes"], arguments
    assert history(grown, "--blame", "--fast", "--top", "0")["largest"] == []
    for arguments in (["--since", "2030-01-01", "--fast"], ["HEAD..HEAD"]):
        assert history(grown, "--blame", *arguments)["blame"] is None


def test_rules_that_cannot_be_read_cost_one_commit(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a.py": text(20), "b.py": text(30)})
    broken = step(root, {".slugignore": b"b\0\n", "c.py": text(40)}, "broken")
    step(root, {".slugignore": "/b.py\n"}, "mended")
    found = history(root)
    mended, problem, first = found["commits"]
    assert (problem["commit"], problem["compressed_bytes"]) == (broken, None)
    assert problem["problem"].startswith(".slugignore:1: has a NUL byte")
    assert mended["change_bytes"] == mended["compressed_bytes"] - first["compressed_bytes"]
    assert {each["path"] for each in mended["changes"]} == {".slugignore", "b.py", "c.py"}
    assert_audit_agrees(root, {"commits": [mended, first]})
    assert found["notes"][0].startswith(f"1 commit could not be measured, the newest {broken[:10]}")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nothing", "nothing: not a commit here; run git log to find one"),
        ("HEAD..nothing", "HEAD..nothing: nothing: not a commit here; run git log to find one"),
    ],
)
def test_a_range_that_names_nothing(tmp_path: Path, name: str, message: str) -> None:
    root = make_repo(tmp_path, {"a": "a"})
    assert run("history", name, cwd=root) == Run(2, b"", f"slugtrim: {message}\n".encode())


def test_without_a_commit_or_a_repository(tmp_path: Path) -> None:
    message = "HEAD: the repository has no commits yet; make one, then ask for its history"
    root = make_repo(tmp_path / "empty", {"a": "a"}, commit=False)
    assert run("history", cwd=root) == Run(2, b"", f"slugtrim: {message}\n".encode())
    message = "history: not a git repository; run it in one, or use -C DIR"
    assert run("history", cwd=tmp_path) == Run(2, b"", f"slugtrim: {message}\n".encode())


@each_row(
    "arguments, message",
    [
        (["docs"], "history: RANGE is a revision; did you mean --path docs/?"),
        (["."], "history: RANGE is a revision; did you mean slugtrim history -C .?"),
        (["--path", "nothere/"], "--path nothere/: matches no file of the slug in 1 commit; check the pattern"),
        (["--path", "a", "--path", "b"], "--path: takes one pattern; run slugtrim history once for each"),
        (["--blame", "--format", "csv"], "--blame: CSV has no place for it; use another --format"),
        (
            ["--since", "nonsense"],
            '--since nonsense: git can\'t read this date; write 2026-01-31 or "2 weeks ago"',
        ),
    ],
)
def test_a_question_that_means_nothing(tmp_path: Path, arguments: list[str], message: str) -> None:
    root = make_repo(tmp_path, {"docs/a": "a"})
    assert run("history", *arguments, cwd=root) == Run(2, b"", f"slugtrim: {message}\n".encode())


def test_a_repository_in_place_of_a_range(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {"a": "a"})
    message = b"slugtrim: history: RANGE is a revision; did you mean slugtrim history -C app?\n"
    assert run("history", "app", cwd=tmp_path) == Run(2, b"", message)


def test_the_headline_names_the_base_of_a_range(grown: Path) -> None:
    def headline(*arguments: str) -> str:
        return run("history", "-n", "1", "--top", "0", *arguments, cwd=grown).stdout.decode().splitlines()[0]

    assert headline("HEAD~1..").endswith(" since HEAD~1, in 1 commit")
    assert headline("HEAD~3...HEAD").endswith(f" since {git(grown, 'rev-parse', 'HEAD~3').decode()[:10]}, in 3 commits")
    assert headline("--path", "*.mp4").startswith("*.mp4: 195.")
    assert run("history", "--since", "2030-01-01", cwd=grown).stdout == b"No commits in HEAD since 2030-01-01\n"
    assert run("history", "--since", "now", cwd=grown).code == 0


def test_a_file_that_rules_leave_out_is_not_called_deleted(grown: Path) -> None:
    shown = run("history", "--top", "0", "-v", cwd=grown).stdout.decode()
    assert "left out: docs/a.md -" in shown
    (deleted,) = [line for line in shown.splitlines() if "app/2.rb -" in line]
    assert "left out" not in deleted
    assert "[v1] a file that becomes" in run("history", "--tags", cwd=grown).stdout.decode()


def test_names_and_subjects_do_nothing_to_a_terminal(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a": "a"})
    git(root, "tag", "v\u202e1")
    step(root, {b"\x1b[31m\xff\n.py": noise(3000)}, "\x1b]0;title\x07 =cmd() \u202e<img>")
    for arguments in ((), ("-v", "--blame"), ("--tags",), ("--format", "csv")):
        shown = run("history", *arguments, cwd=root).stdout
        assert not any(mark in shown for mark in (b"\x1b", b"\x07", "\u202e".encode())), arguments
    assert rb'"\033[31m' in run("history", cwd=root).stdout
    (change,) = history(root)["commits"][0]["changes"]
    assert change["path_b64"] == "G1szMW3/Ci5weQ=="


def test_csv_has_a_line_for_each_commit_and_no_formula(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"a": "a"})
    head = step(root, {"=b": "b"}, "=1+1")
    rows = list(csv.DictReader(io.StringIO(run("history", "--format", "csv", cwd=root).stdout.decode())))
    assert [(row["subject"], row["largest_path"]) for row in rows] == [("'=1+1", "'=b"), ("first", "a")]
    assert (rows[0]["commit"], rows[0]["class"], rows[0]["files"]) == (head, "small", "2")


def test_a_shallow_clone_says_where_it_ends(grown: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--depth", "2", grown.as_uri(), "shallow")
    found = history(tmp_path / "shallow")
    end = found["commits"][-1]
    assert end["change_bytes"] is None
    message = f"the clone is shallow: its history ends at {end['commit'][:10]}; git fetch --unshallow brings the rest"
    assert found["notes"] == [message]
    assert_audit_agrees(tmp_path / "shallow", found)


def test_a_partial_clone_says_what_it_lacks(grown: Path, tmp_path: Path) -> None:
    git(grown, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "-q", "--filter=blob:none", "--no-checkout", grown.as_uri(), "partial")
    found = history(tmp_path / "partial", "HEAD~9")
    assert found["commits"][0]["unreadable"] == 32
    assert found["notes"] == ["in 2 commits, this partial clone lacks some files, so these sizes are too small"]


def test_submodules_count_as_in_any_other_measurement(tmp_path: Path) -> None:
    part = make_repo(tmp_path / "part", {"part.py": text(50)})
    root = make_repo(tmp_path / "app", {"a.py": text(10)})
    git(root, "submodule", "add", "-q", part.as_uri(), "vendor")
    commit_all(root, "a submodule")
    step(part, {"part.py": text(90), "data.bin": noise(70_000)}, "grow")
    git(root / "vendor", "pull", "-q", "origin", "main")
    commit_all(root, "a newer one")
    git(root, "rm", "-q", "-f", "vendor")
    commit_all(root, "without it")
    found = history(root)
    assert [each["files"] for each in found["commits"]] == [2, 4, 3, 1]
    assert_audit_agrees(root, found)


@pytest.mark.full
def test_a_thousand_merges(tmp_path: Path) -> None:
    """By fast-import, since each merge by git itself takes three processes."""
    root = make_repo(tmp_path, {"a": "a"})
    stream = []
    for number in range(1000):
        for kind, branch in (("side", "side"), ("merge", "main")):
            mark = 2 * number + (1 if kind == "side" else 2)
            stream.append(f"commit refs/heads/{branch}\nmark :{mark}\ncommitter C <c@example.com> {mark} +0000\n")
            stream.append(f"data {len(kind)}\n{kind}\n")
            before = f":{mark - 2}" if number else "refs/heads/main^0"
            stream.append(f"from {before if kind == 'merge' or number else 'refs/heads/main^0'}\n")
            if kind == "merge":
                stream.append(f"merge :{mark - 1}\n")
            stream.append(f"M 100644 inline n\ndata {len(str(number))}\n{number}\n")
    git(root, "fast-import", "--quiet", "--force", stdin="".join(stream).encode())
    assert len(history(root, "--fast", "main")["commits"]) == 1001


def test_recorded_builds_stand_beside_their_commits(tmp_path: Path) -> None:
    from slugtrim.builds.build import Build, BuildOutcome, CommitOrigin, PrintedSize
    from slugtrim.builds.journal import append, append_starts
    from slugtrim.builds.starts import Start

    root = make_repo(tmp_path, {"a": "a"})
    head = step(root, {"b": "b"}, "second")
    build = Build(
        date="2026-01-02T03:04:05Z",
        outcome=BuildOutcome.RELEASED,
        slug=PrintedSize(size_bytes=45 << 20, precision_bytes=1 << 19),
        commit=head,
        commit_origin=CommitOrigin.LOG,
        is_assumed=False,
        app="shop",
        target=None,
        remote="heroku",
        release=42,
        buildpacks=(),
        deleting=None,
        dialect=Dialect.GITIGNORE,
    )
    append(os.fsencode(root / ".git"), build)
    append_starts(os.fsencode(root / ".git"), build, {"web": (Start(1000, 1, 4200),)})
    second, first = history(root)["commits"]
    assert first["builds"] == []
    (built,) = second["builds"]
    assert (built["release"], built["slug_bytes"], built["start"]["median_seconds"]) == (42, 45 << 20, 4.2)
    assert f"45M  4.2 s  2026-01-02  {head[:10]} v42 second" in run("history", cwd=root).stdout.decode()


# The measuring itself, without a command.


def test_a_stream_cut_anew_is_the_one_cut_from_all_files() -> None:
    choose = random.Random(4)

    def some(path: str) -> File:
        size_bytes = choose.choice((10, 3000, 60_000, 90_000))
        return File(path.encode(), size_bytes, REGULAR, b"%040x" % choose.getrandbits(160))

    paths = [f"d{n % 7}/e{n % 3}/f{n}" for n in range(400)]
    files = {path: some(path) for path in paths}
    cut = list(segments(sorted(files.values())))
    for _ in range(30):
        changed = choose.sample(paths, choose.randrange(1, 9))
        gone = {path.encode() for path in changed if path in files}
        come = {path: some(path) for path in changed if choose.random() < 0.6}
        files = {path: file for path, file in files.items() if path.encode() not in gone} | come
        before, cut = cut, list(segments_with(cut, gone, list(come.values())))
        assert cut == list(segments(sorted(files.values())))
        assert len({id(each) for each in cut} - {id(each) for each in before}) <= 3 * len(changed)


def test_a_course_has_the_shares_and_the_margin_of_each_slug(grown: Path) -> None:
    course: Course | None = None
    before: dict[bytes, File] = {}
    for number in range(10, -1, -2):
        tree = open_tree(os.fsencode(grown), rev=f"HEAD~{number}")
        slug = scan(tree)
        whole = Sizer(tree.contents).measure(slug.kept)
        now = {file.path: file for file in slug.kept}
        course = course or Course(tree.contents)
        gone = [file for path, file in before.items() if now.get(path) != file]
        come = [file for path, file in now.items() if before.get(path) != file]
        course.step(gone, come, tree.contents.deflated_bytes(list(filter(is_large, slug.kept))))
        assert (course.compressed_bytes, course.margin_bytes) == (whole.compressed_bytes, whole.margin_bytes)
        assert course.shares() == whole.shares
        assert all(course.share(path) == share for path, share in whole.shares.items())
        before = now


def test_what_was_measured_before_an_interrupt_is_the_report(grown: Path) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 4:
            raise KeyboardInterrupt

    repository = Repository.discover(os.fsencode(grown))
    assert repository is not None
    found = slug_history(repository, HistoryRequest(), Dialect.GITIGNORE, use_cache=False, done=interrupt)
    assert ([row.commit.subject for row in found.rows], found.expected_rows) == (
        ["first", "code", "a film", "leave out docs"],
        11,
    )
    shown = printed(report(found, View(), None))
    assert "Interrupted: 7 newer commits of 11 not measured." in " ".join(shown.split())


@pytest.mark.full
def test_ctrl_c_prints_what_was_measured_and_the_next_run_goes_on(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a.bin": noise(100)})
    commit = "commit refs/heads/new\ncommitter C <c@example.com> {n} +0000\ndata 1\nc\nM 100644 inline a\n"
    commits = "".join(f"{commit.format(n=n)}data 200000\n{f'{n:09} ' * 20_000}\n" for n in range(150))
    git(root, "fast-import", "--quiet", "--force", stdin=commits.encode())
    environment = {**os.environ, "SLUGTRIM_CACHE_DIR": str(tmp_path / "cache")}
    command = [*COMMAND, "history", "--json", "--progress", "new"]
    process = subprocess.Popen(command, cwd=root, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stderr is not None
    shown = b""
    while not re.search(rb"measured [1-9]\d* of 150 commits", shown):  # before, it may show the files of the first one
        more = process.stderr.read(1)
        assert more, "it ended before a commit was measured, or showed no progress"
        shown += more
    process.send_signal(signal.SIGINT)
    found = json.loads(process.communicate()[0])
    assert (process.returncode, found["complete"], found["expected_commits"]) == (130, False, 150)
    measured = {each["commit"]: each for each in found["commits"]}
    assert 0 < len(measured) < 150
    whole = json.loads(run_process(*command[3:], cwd=root, SLUGTRIM_CACHE_DIR=environment["SLUGTRIM_CACHE_DIR"]).stdout)
    assert whole["complete"]
    assert [each for each in whole["commits"] if each["commit"] in measured] == found["commits"]
