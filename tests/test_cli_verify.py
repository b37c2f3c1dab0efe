"""``slugtrim suggest --verify``: real commands on real trees, of which nothing is left behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from slugtrim.cli.group import with_command
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import COMMAND, Run, run, run_process
from tests.test_cli_suggest import NOISE, snapshot
from tests.test_reports_json import checked
from tests.test_verifier_trial import is_gone_soon

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("quick_python")]

READS = "import pathlib\nprint(len(pathlib.Path('da' + 'ta', 'wor' + 'ld.geo' + 'json').read_bytes()))\n"
"""Reads a file by a name that no search finds."""
FILES: dict[bytes | str, Content] = {
    "Procfile": "web: python3 app.py\n",
    "app.py": READS,
    "data/world.geojson": NOISE.randbytes(40_000).hex(),
    "design/a.psd": NOISE.randbytes(100_000),
    "docs/x.md": NOISE.randbytes(9_000).hex(),
    "media/film.mp4": NOISE.randbytes(20_000),
    "requirements.txt": "",
    "tests/test_a.py": "# " + NOISE.randbytes(5_000).hex(),
}
ENTRIES = ["/data", "/design/a.psd", "/docs", "/media", "/tests"]
BOOT = "python3 app.py"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An application whose boot needs what is suggested; the temporary directory is one to look into."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    monkeypatch.setattr("tempfile.tempdir", None)
    return make_repo(tmp_path / "repo", FILES)


def left(repository: Path) -> list[str]:
    return os.listdir(repository.parent / "tmp")


def verified(cwd: Path, command: str, *arguments: str) -> dict[str, Any]:
    code, stdout, stderr = run("suggest", "-q", "--format", "json", "--verify", command, *arguments, cwd=cwd)
    assert (code, stderr) == (0, b"")
    return checked(stdout.decode(), "suggest")


def patterns(data: dict[str, Any]) -> list[str]:
    return sorted(entry["pattern"] for entry in data["suggestions"])


def failures(data: dict[str, Any]) -> list[list[str]]:
    return [failure["patterns"] for failure in data["verification"]["failures"]]


def without(*entries: str) -> list[str]:
    return [entry for entry in ENTRIES if entry not in entries]


def test_what_the_command_fails_without_is_withheld_with_its_last_lines(repository: Path) -> None:
    code, stdout, stderr = run("suggest", "--verify", BOOT, cwd=repository)
    assert code == 0
    text = stdout.decode()
    block = text.partition("Withheld: the command fails without\n")[2].partition("\n\n")[0].splitlines()
    assert block[0] == "  /data"
    assert block[1].startswith("      Exit status 1 after ")
    assert " ".join("".join(block[-2:]).split()) == (
        "FileNotFoundError: [Errno 2] No such file or directory: 'data/world.geojson'"
    )
    words = " ".join(text.split())
    assert "this command passes without all 4 entries below together: python3 app.py Not verified: anything" in words
    assert not any(line.endswith("  /data") for line in text.partition("Withheld")[0].splitlines())
    lines = stderr.decode().splitlines()
    assert lines[0] == "slugtrim: --verify runs in a temporary checkout, at most 30 times and 25m each: python3 app.py"
    assert lines[1].startswith("slugtrim: run 1 of at most 30: with all files ... passed in ")
    assert lines[2].startswith("slugtrim: run 2 of at most 30: without 5 of 5 entries ... failed (exit status 1) in ")
    assert lines[-1].startswith(f"slugtrim: run {len(lines) - 1} of at most 30: without 4 of 5 entries ... passed in ")
    assert left(repository) == []


def test_json_has_the_runs_and_what_came_of_them(repository: Path) -> None:
    data = verified(repository, BOOT, "--all")
    assert patterns(data) == without("/data")
    verification = data["verification"]
    assert verification["command"] == BOOT
    assert (verification["complete"], verification["max_runs"], verification["limit_seconds"]) == (True, 30, 1500)
    assert 4 <= verification["runs"] <= 9
    assert verification["baseline_seconds"] > 0
    assert (verification["withheld"], verification["unverified"]) == (["/data"], [])
    (failure,) = verification["failures"]
    assert (failure["status"], failure["signal"], failure["timed_out"]) == (1, None, False)
    assert failure["lines"][0] == "Traceback (most recent call last):"
    assert failure["lines"][1] == '  File "app.py", line 2, in <module>'
    (data_,) = [item for item in data["withheld"] if item["pattern"] is not None]
    assert (data_["path"], data_["pattern"], data_["files"]) == ("data", "/data", 1)
    assert data_["evidence"][0] == {
        "kind": "failed",
        "text": "the command failed without it: exit status 1",
        "path": None,
        "line": None,
    }
    for entry in data["suggestions"]:
        assert entry["evidence"][-1]["text"] == "the command passed without it"
    # What is saved adds up, and so do the files.
    saved = sum(entry["saves_compressed_bytes"] for entry in data["suggestions"])
    assert data["slug"]["compressed_bytes"] - data["after_all"]["compressed_bytes"] == saved
    files = sum(entry["files"] for entry in data["suggestions"])
    assert data["slug"]["files"] - data["after_all"]["files"] == files
    assert json.loads(run("suggest", "--format", "json", cwd=repository).stdout)["verification"] is None


def test_two_that_are_needed_only_together_are_found_as_a_pair(repository: Path) -> None:
    command = "test -e design/a.psd || test -e tests/test_a.py || { echo neither >&2; exit 9; }"
    data = verified(repository, command)
    assert failures(data) == [["/design/a.psd", "/tests"]]
    assert data["verification"]["failures"][0]["lines"] == ["neither"]
    assert patterns(data) == without("/design/a.psd", "/tests")
    text = run("suggest", "-v", "--all", "--verify", command, cwd=repository).stdout.decode()
    assert "  /design/a.psd\n  /tests\n      Exit status 9 after 0" in text
    assert ", but only when all of these are missing:\n        neither\n" in text
    assert "The command failed without it and 1 more entry: exit status 9.\n" in text


def test_three_that_are_needed_each_for_itself_are_found_one_by_one(repository: Path) -> None:
    command = "cat data/* docs/* tests/* > all"
    data = verified(repository, command)
    assert sorted(failures(data)) == [["/data"], ["/docs"], ["/tests"]]
    assert patterns(data) == ["/design/a.psd", "/media"]


def test_what_another_pattern_takes_as_well_counts_there(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {"Procfile": "web: python3 app.py\n", "app.py": "", "requirements.txt": ""}
    files |= {f"{place}.psd": NOISE.randbytes(20_000) for place in ("tests/a", "web/b", "mail/c", "pics/d")}
    files |= {"tests/test_a.py": "x" * 400, "web/i.html": "", "mail/x.txt": "", "pics/e.py": ""}
    data = verified(make_repo(tmp_path / "repo", files), "test -e tests/test_a.py", "--all")
    (entry,) = data["suggestions"]
    assert entry["pattern"] == "*.psd"
    paths = [item["path"] for item in entry["paths"]]
    assert paths == ["mail/c.psd", "pics/d.psd", "tests/a.psd", "web/b.psd"]
    assert data["slug"]["files"] - data["after"]["files"] == 4
    (tests,) = [item for item in data["withheld"] if item["pattern"] == "/tests"]
    assert (tests["files"], tests["bytes"]) == (1, 400)


def test_what_passes_without_them_takes_two_runs(repository: Path) -> None:
    data = verified(repository, "python3 -m compileall -q . && ls __pycache__", "--verify-runs", "2")
    assert (patterns(data), data["verification"]["runs"], failures(data)) == (ENTRIES, 2, [])


def test_a_failing_baseline_is_an_error_with_its_last_lines(repository: Path) -> None:
    command = "printf '\\033[31mone\\033[0m\\n'; echo two >&2; exit 4"
    code, stdout, stderr = run("suggest", "--no-progress", "--verify", command, cwd=repository)
    assert (code, stdout) == (2, b"")
    why = "the command fails in a checkout with all files (exit status 4); it must install what it needs"
    assert stderr.decode().splitlines()[1:] == [f"slugtrim: --verify: {why}", "  one", "  two"]
    assert left(repository) == []


def test_a_baseline_that_takes_too_long_is_an_error(repository: Path) -> None:
    code, stdout, stderr = run("suggest", "-q", "--verify", "sleep 60", "--verify-timeout", "0.3s", cwd=repository)
    why = "the command fails in a checkout with all files (no end within 0.3s)"
    todo = "allow it more with --verify-timeout, or name a quicker one"
    assert (code, stdout, stderr.decode()) == (2, b"", f"slugtrim: --verify: {why}; {todo}\n")


def test_to_take_too_long_is_to_fail(repository: Path) -> None:
    data = verified(repository, "test -e docs/x.md || sleep 60", "--verify-timeout", "0.5s")
    assert failures(data) == [["/docs"]]
    (failure,) = data["verification"]["failures"]
    assert (failure["status"], failure["timed_out"], failure["lines"]) == (None, True, [])


def test_where_the_runs_end_what_is_not_verified_is_not_suggested(repository: Path) -> None:
    code, stdout, _ = run("suggest", "-v", "--verify", BOOT, "--verify-runs", "2", cwd=repository)
    text = stdout.decode()
    assert (code, "Nothing to suggest" in text) == (0, True)
    block = text.partition("Withheld: not verified in 2 runs (see --verify-runs)\n")[2].partition("\n\n")[0]
    assert sorted(block.split()) == ENTRIES
    data = verified(repository, BOOT, "--verify-runs=4", "--all")
    verification = data["verification"]
    assert (verification["complete"], verification["runs"]) == (False, 4)
    assert sorted(patterns(data) + verification["withheld"]) == ENTRIES
    assert "/data" in verification["unverified"]
    told = {item["pattern"]: item["evidence"][0]["text"] for item in data["withheld"] if item["pattern"]}
    assert told["/data"] == "not verified: none of 4 runs was left for it"


def test_with_nothing_to_suggest_nothing_is_run(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "repo", {"app.rb": "puts 1\n"})
    code, stdout, stderr = run("suggest", "--verify", f"touch {tmp_path}/ran", cwd=root)
    assert (code, stderr, b"Nothing to suggest" in stdout) == (0, b"", True)
    assert not (tmp_path / "ran").exists()
    assert verified(root, "false")["verification"]["runs"] == 0


def test_nothing_in_the_tree_is_touched(repository: Path, tmp_path: Path) -> None:
    """Not even by a command that does its best, with the user's variables of git set."""
    make_tree(repository, {"data/world.geojson": "changed", "untracked": "x"})
    before = snapshot(repository)
    command = "rm -rf data/../app.py; git add -A; git commit -qm evil; git clean -fdx; chmod -R 0 .; exit 0"
    variables = {"GIT_DIR": str(repository / ".git"), "GIT_WORK_TREE": str(repository), "GIT_PREFIX": ""}
    done = run_process("suggest", "-q", "--verify", command, str(repository), cwd=tmp_path, **variables)
    assert (done.code, done.stderr) == (0, b"")
    assert snapshot(repository) == before
    assert left(repository) == []


def test_what_is_not_committed_is_not_in_the_checkout_and_that_is_said(repository: Path) -> None:
    make_tree(
        repository, {"app.py": READS + "print(1)\n", "new.py": "", "ignored.log": "", ".git/info/exclude": "*.log\n"}
    )
    git(repository, "rm", "-q", "--cached", "docs/x.md")
    command = "test ! -e new.py -a ! -e ignored.log -a -e app.py && ! grep -q 'print(1)' app.py"
    code, stdout, stderr = run("suggest", "--no-progress", "--verify", command, cwd=repository)
    assert code == 0
    head = git(repository, "rev-parse", "HEAD").decode()[:10]
    first = f"slugtrim: 3 paths have uncommitted changes: --verify tests commit {head} without them"
    assert stderr.decode().splitlines()[0] == first
    assert f"\n\nCommit {head} of " in stdout.decode()
    assert b"  /docs\n" in stdout


@pytest.mark.parametrize("commit", [True, False])
def test_without_a_commit_it_is_one_line(tmp_path: Path, commit: bool) -> None:
    root = make_repo(tmp_path / "repo", FILES, commit=False)
    if commit:
        git(root, "commit", "-q", "-m", "first")
    code, _, stderr = run("suggest", "--no-progress", "--verify", "true", cwd=root)
    todo = "make a commit, or add --no-git"
    why = f"slugtrim: {root}: no commits yet, and --verify tests a commit; {todo}\n"
    assert (code, stderr.decode()) == ((2, why) if not commit else (0, stderr.decode()))
    assert run("suggest", "-q", "--no-git", "--verify", "test -e data/world.geojson", cwd=root).code == 0


def test_another_commit_a_prefix_and_a_plain_directory_are_tried_as_well(repository: Path, tmp_path: Path) -> None:
    git(repository, "mv", "app.py", "other.py")
    commit_all(repository)
    assert patterns(verified(repository, BOOT, "--rev", "HEAD~1")) == without("/data")
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    assert patterns(verified(tmp_path / "bare", BOOT, "--rev", "HEAD~1")) == without("/data")
    plain = make_tree(tmp_path / "plain", FILES)
    assert patterns(verified(plain, BOOT, "--no-git")) == without("/data")
    nested = make_repo(tmp_path / "nested", {f"web/{os.fsdecode(path)}": content for path, content in FILES.items()})
    assert patterns(verified(nested, BOOT, "--prefix", "web")) == without("/data")


def test_what_the_rules_leave_out_is_not_in_the_checkout(repository: Path) -> None:
    make_tree(repository, {".slugignore": "/docs\n", "tmp/cache": "x"})
    commit_all(repository)
    data = verified(repository, "test ! -e docs -a ! -e tmp -a -e .slugignore && python3 app.py")
    assert patterns(data) == without("/data", "/docs")


def test_only_what_is_verified_is_written(repository: Path) -> None:
    git(repository, "config", "core.autocrlf", "true")
    (repository / ".slugignore").write_bytes(b"/log\r\n")
    code, _, stderr = run("suggest", "--no-progress", "--write", "--conditional", "--verify", BOOT, cwd=repository)
    assert code == 0
    added = f"slugtrim: {repository}/.slugignore: added 4 entries; commit it, since a push sends only commits"
    assert stderr.decode().splitlines()[-1] == added
    written = (repository / ".slugignore").read_bytes().split(b"\r\n")
    assert written[0] == b"/log"
    assert sorted(line.decode() for line in written[1:] if line.startswith(b"/")) == without("/data")


def test_a_conditional_entry_that_passed_is_written_when_it_is_asked_for(repository: Path) -> None:
    make_tree(repository, {"exports/towns.csv": NOISE.randbytes(20_000).hex()})
    commit_all(repository)
    code, _, stderr = run("suggest", "--no-progress", "--write", "--verify", BOOT, cwd=repository)
    assert (code, stderr.decode().splitlines()[-1].partition(" (")[0]) == (
        0,
        "slugtrim: 1 conditional entry not written",
    )
    written = (repository / ".slugignore").read_text().splitlines()
    assert sorted(line for line in written if line.startswith("/")) == without("/data")


def test_the_diff_and_the_project_toml_have_only_what_is_verified(repository: Path) -> None:
    (repository / ".slugignore").write_bytes(b"/log\n")
    diff = run("suggest", "-q", "--diff", "--conditional", "--verify", BOOT, cwd=repository).stdout.decode()
    assert sorted(line[1:] for line in diff.splitlines() if line.startswith("+/")) == without("/data")
    assert " /log\n" in diff
    wanted = ("--format", "project-toml", "--conditional")
    toml = run("suggest", "-q", *wanted, "--verify", BOOT, cwd=repository).stdout.decode()
    assert sorted(line.strip(' ",') for line in toml.splitlines() if line.startswith('  "')) == without("/data")


def test_every_run_has_a_fresh_checkout_and_what_it_locks_is_removed(repository: Path) -> None:
    command = "test ! -e built && mkdir -p built/deep && touch built/deep/x && chmod 0555 built/deep && chmod 0 built"
    data = verified(repository, f"{command}; python3 app.py")
    assert failures(data) == [["/data"]]
    assert left(repository) == []


def test_progress_can_be_turned_off(repository: Path) -> None:
    quiet = run("suggest", "-q", "--verify", BOOT, cwd=repository)
    assert (quiet.code, quiet.stderr) == (0, b"")
    _, _, stderr = run("suggest", "--no-progress", "--verify", BOOT, cwd=repository)
    assert stderr.decode().splitlines() == [
        "slugtrim: --verify runs in a temporary checkout, at most 30 times and 25m each: python3 app.py"
    ]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--verify", " "], "--verify: the command is empty; name what builds or tests your app, such as 'make test'"),
        (["--verify"], "Option '--verify' requires an argument; see slugtrim suggest --help"),
        (
            ["--verify-timeout", "5m"],
            "--verify-timeout: needs --verify; add --verify COMMAND, or drop it",
        ),
        (["--verify-runs", "5"], "--verify-runs: needs --verify; add --verify COMMAND, or drop it"),
        (["--verify=true", "--verify-timeout", "15"], '--verify-timeout: "15" has no unit; did you mean 15m?'),
        (["--verify=true", "--verify-timeout", "x"], '--verify-timeout: "x" is not a time; write 90s, 15m or 1h'),
        (
            ["--verify=true", "--verify-runs", "1"],
            "Invalid value for '--verify-runs': 1 is not in the range 2<=x<=10000; see slugtrim suggest --help",
        ),
        (
            ["--verify=true", "--write", "--rev=HEAD"],
            "--write: changes the .slugignore on disk, and --rev measures a commit; drop one of them",
        ),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], line: str, repository: Path) -> None:
    assert run("suggest", *arguments, cwd=repository) == Run(2, b"", f"slugtrim: {line}\n".encode())


def test_options_may_stand_before_the_command() -> None:
    for option in ("--verify", "--verify-timeout", "--verify-runs"):
        assert with_command([option, "ls", "suggest"]) == ["suggest", option, "ls"]


def test_a_tree_that_cannot_be_read_whole_is_not_tried(repository: Path) -> None:
    make_tree(repository, {".gitmodules": '[submodule "sub"]\n\tpath = lib/sub\n\turl = https://example.com/sub\n'})
    commit_all(repository)
    git(repository, "update-index", "--add", "--cacheinfo", "160000," + "1" * 40 + ",lib/sub")
    git(repository, "commit", "-q", "-m", "a submodule that is not here")
    code, stdout, stderr = run("suggest", "-q", "--verify", "true", cwd=repository)
    assert (code, stdout) == (2, b"")
    assert stderr.decode().startswith("slugtrim: lib/sub: cannot be read (")
    assert stderr.decode().endswith("), and --verify needs every file; fix that, or drop --verify\n")


def test_without_room_for_a_checkout_it_is_one_line(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository.parent / "tmp").rmdir()
    monkeypatch.setattr("tempfile.tempdir", str(repository.parent / "tmp"))
    code, _, stderr = run("suggest", "-q", "--verify", "true", cwd=repository)
    why = "no temporary directory can be made (No such file or directory); make room, or set TMPDIR"
    assert (code, stderr.decode()) == (2, f"slugtrim: --verify: {why}\n")


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_an_interrupt_leaves_no_checkout_and_no_process(repository: Path, number: int, code: int) -> None:
    pids = repository.parent / "pids"
    command = f"chmod 0555 data; sleep 77 & echo $! >> {pids}; echo $$ >> {pids}; echo ready >> {pids}; sleep 77"
    env = {**os.environ, "PYTHONWARNINGS": "error"}
    process = subprocess.Popen(
        [*COMMAND, "suggest", "--verify", command],
        cwd=repository,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    wait_for(lambda: pids.exists() and b"ready" in pids.read_bytes())
    assert len(left(repository)) == 1
    process.send_signal(number)
    process.send_signal(number)  # nobody waits after a first one
    stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (code, b"")
    (run_line,) = stderr.decode().splitlines()[1:]
    assert run_line == "slugtrim: run 1 of at most 30: with all files ... "
    assert left(repository) == []
    assert all(is_gone_soon(int(pid)) for pid in pids.read_text().split()[:2])


def wait_for(condition: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)
