"""Builds that are remembered: out of real pushes, on pipes and on terminals, and out of logs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from slugtrim.builds.build import Build, BuildOutcome, CommitOrigin, Fit
from slugtrim.ignore import Dialect
from tests.builders import Content, commit_all, git
from tests.command_line import run
from tests.deploys import LOGS, Terminal, build_log, hook_lines, journal, make_deployed, remember, says
from tests.pushes import PROGRAM, Application, environment

pytestmark = pytest.mark.full

FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n",
    "app/a.bin": os.urandom(30_000),
    "spec/a.rb": "it\n" * 90,
    "requirements.txt": "django\n",
}
PUSH = ("builds", "record", "--", "git", "push", "heroku", "main")


@pytest.fixture
def app(tmp_path: Path) -> Application:
    return make_deployed(tmp_path, FILES)


def only(app: Application) -> Build:
    (build,) = journal(app.root).builds
    return build


def last_line(data: bytes) -> str:
    return data.decode().splitlines()[-1]


# Real pushes


def test_a_push_on_pipes_is_as_without_us_and_remembered(app: Application, tmp_path: Path) -> None:
    log = hook_lines("ruby.log").replace("Deleting 14 files", "Deleting 1 files")
    says(app, log)
    plain = make_deployed(tmp_path / "plain", FILES)
    says(plain, log)
    expected = subprocess.run(
        ["git", "push", "heroku", "main"],
        cwd=plain.root,
        env=environment(plain.root.parent),
        capture_output=True,
        check=False,
    )
    done = app.slugtrim(*PUSH)
    *lines, line = done.stderr.splitlines(keepends=True)
    assert (done.code, done.stdout, b"".join(lines)) == (0, expected.stdout, expected.stderr)
    size = only(app).sources[Dialect.GITIGNORE].compressed_bytes
    assert 30_000 < size < 31_000
    assert line.decode() == (
        f"slugtrim: v24 of app: 50.3M average, {size / 1024:.1f}K of your code + 50.3M of buildpacks; remembered\n"
    )
    build = only(app)
    assert (build.commit, build.commit_origin, build.is_assumed) == (app.head(), CommitOrigin.REF, False)
    assert (build.app, build.remote, build.target, build.release) == ("app", "heroku", None, 24)
    assert (build.outcome, build.buildpacks, build.deleting) == (BuildOutcome.RELEASED, ("heroku/ruby",), 1)
    assert list(build.locks) == [b"requirements.txt"]
    assert build.locks[b"requirements.txt"].decode() == app.head("HEAD:requirements.txt")


def test_a_push_on_a_terminal_has_colours_and_progress(app: Application) -> None:
    says(app, hook_lines("python.log"))
    with Terminal.of(app, *PUSH) as terminal:
        assert terminal.end() == 0
    assert b"Writing objects: 100%" in terminal.seen
    assert b"remote:        Released v131\x1b[K\r\n" in terminal.seen
    assert b"To heroku.com:app.git\r\n * [new branch]      main -> main\r\nslugtrim: v131 of app: 102M" in terminal.seen
    assert only(app).slug.size_bytes == 102 << 20


def test_a_push_that_is_refused_on_pipes_is_remembered_as_such(app: Application) -> None:
    says(app, hook_lines("too-large.log"), status=1)
    done = app.slugtrim(*PUSH)
    assert done.code == 1
    assert b"remote:  !     Compiled slug size: 515.2M is too large (max is 500M)." in done.stderr
    assert b"error: failed to push some refs to 'heroku.com:app.git'\nslugtrim: too large: build of " in done.stderr
    assert (only(app).outcome, only(app).commit, app.arrived()) == (BuildOutcome.TOO_LARGE, app.head(), None)


def test_a_push_that_fails_on_a_terminal_ends_so(app: Application) -> None:
    says(app, hook_lines("failed-to-compile.log"), status=1)
    with Terminal.of(app, *PUSH) as terminal:
        assert terminal.end() == 1
    assert b"[remote rejected]" in terminal.seen
    line = b"slugtrim: the build failed before a slug was packed, so there is no size to record\r\n"
    assert terminal.seen.endswith(line)
    assert journal(app.root).builds == ()


def test_ids_in_the_log_name_the_commit_whatever_is_checked_out(app: Application) -> None:
    says(app, build_log("9M"))
    assert app.push("heroku", "main").code == 0
    (app.root / "app/b.rb").write_text("puts 1\n")
    pushed = commit_all(app.root)
    (app.root / "app/c.rb").write_text("puts 2\n")
    commit_all(app.root)
    assert app.slugtrim(*PUSH[:-1], "HEAD~1:main").code == 0
    assert (only(app).commit, only(app).commit_origin) == (pushed, CommitOrigin.LOG)
    git(app.root, "reset", "-q", "--hard", "HEAD~2")
    (app.root / "app/d.rb").write_text("puts 3\n")
    forced = commit_all(app.root)
    says(app, build_log("9.5M", release=2))
    done = app.slugtrim(*PUSH[:-2], "--force", "heroku", "main")
    assert journal(app.root).builds[-1].commit == forced
    assert last_line(done.stderr).endswith(", +512K since v1 of app; remembered")


def test_nothing_to_push_is_nothing_to_remember(app: Application) -> None:
    assert app.push("heroku", "main").code == 0
    line = b"Everything up-to-date\nslugtrim: everything was up to date, so there is no build to record\n"
    assert app.slugtrim(*PUSH) == (0, b"", line)
    assert app.slugtrim(*PUSH[:2], "-q", *PUSH[2:]) == (0, b"", b"Everything up-to-date\n")


# What goes wrong afterwards


def broken_journal(app: Application) -> None:
    (app.root / ".git/slugtrim").write_text("")


def broken_rules(app: Application) -> None:
    (app.root / ".slugignore").write_bytes(b"/spec\0")
    commit_all(app.root)


def broken_configuration(app: Application) -> None:
    (app.root / "slugtrim.toml").write_text("[budget]\n")


@pytest.mark.parametrize(
    ("trouble", "said", "status"),
    [
        (
            broken_journal,
            r"the build was not recorded: \S+/builds.jsonl: cannot be read \(Not a directory\); make it",
            0,
        ),
        (
            broken_journal,
            r"the build was not recorded: \S+/builds.jsonl: cannot be read \(Not a directory\); make it",
            1,
        ),
        (broken_rules, r"\.slugignore:1: has a NUL byte, so it is not a text file; save it as UTF-8 text", 0),
        (broken_configuration, r"slugtrim.toml:1: budget: unknown key; did you mean budgets\?", 1),
    ],
)
def test_what_goes_wrong_afterwards_does_not_change_how_the_push_ended(
    app: Application, trouble: Any, said: str, status: int
) -> None:
    trouble(app)
    says(app, build_log("9M"), status)
    done = app.slugtrim(*PUSH)
    assert done.code == status
    assert re.search(f"^slugtrim: {said}", done.stderr.decode(), re.MULTILINE), done.stderr
    assert b"Traceback" not in done.stderr


def test_a_push_from_nowhere_is_not_remembered(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(build_log("9M"))
    command = [str(PROGRAM), "builds", "record", "--", "sh", "-c", "cat log; exit 4"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stdout.decode()) == (4, build_log("9M"))
    assert done.stderr == (
        b"slugtrim: the build was not recorded: .: not in a git repository, where builds are recorded; name one\n"
    )


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            "LookupError('bug')",
            "LookupError: bug\nslugtrim: this is a bug in slugtrim; please report it with the traceback",
        ),
        ("KeyboardInterrupt", "slugtrim: the build was not recorded: interrupted\n"),
    ],
)
def test_a_bug_or_ctrl_c_afterwards_changes_nothing(app: Application, error: str, said: str) -> None:
    (app.root.parent / "sitecustomize.py").write_text(
        f"import slugtrim.builds.recording as room\ndef failing(*_): raise {error}\nroom.measure_built = failing\n"
    )
    says(app, build_log("9M"))
    done = app.slugtrim(*PUSH, env={"PYTHONPATH": str(app.root.parent)})
    assert (done.code, app.arrived()) == (0, app.head())
    assert said in done.stderr.decode()


# Logs


def test_a_filter_passes_on_as_it_comes_and_ends_by_what_the_log_says(app: Application) -> None:
    lines = (LOGS / "multi-buildpack.log").read_bytes().splitlines(keepends=True)
    command = [str(PROGRAM), "builds", "record", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=app.root, bufsize=0, **pipes) as process:  # type: ignore[call-overload]
        for line in lines[:20]:
            process.stdin.write(line)
            seen = b""
            while len(seen) < len(line):
                seen += process.stdout.read(len(line) - len(seen))
            assert seen == line
        rest = b"".join(lines[20:])
        stdout, stderr = process.communicate(rest)
    assert (process.returncode, stdout) == (0, rest)
    assert b"slugtrim: v1044 of shop-production: 341.7M weighty; remembered\n" in stderr
    assert b"slugtrim: commit cdcdcdcdcd is not here, so its source part is not known\n" in stderr
    assert (only(app).commit, only(app).sources, only(app).overhead_bytes(Dialect.GLOB)) == ("cdcdcdcdcd", {}, None)


@pytest.mark.parametrize(
    ("name", "code"),
    [("too-large.log", 1), ("failed-to-compile.log", 1), ("rejected-by-git.log", 1), ("up-to-date.log", 0)],
)
def test_a_filter_exits_with_one_where_the_push_failed(app: Application, name: str, code: int) -> None:
    with (LOGS / name).open("rb") as log:
        command = [str(PROGRAM), "builds", "record", "-"]
        done = subprocess.run(command, stdin=log, cwd=app.root, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (code, (LOGS / name).read_bytes())


def test_a_filter_reads_on_where_nobody_reads_it(app: Application) -> None:
    log = b"x" * 100_000 + b"\n" + build_log("9M").encode()
    command = ["sh", "-c", f"'{PROGRAM}' builds record - | true"]
    done = subprocess.run(command, input=log, cwd=app.root, capture_output=True, check=False)
    assert done.stderr.startswith(b"slugtrim: v1 of shop: 9M small")


def test_a_file_with_a_log_is_read_and_not_printed(app: Application) -> None:
    log = app.root.parent / "a.log"
    log.write_text(build_log("9M"))
    head = app.head()[:10]
    done = run("builds", "record", str(log), cwd=app.root)
    assert (done.code, done.stdout) == (0, b"")
    assert done.stderr.decode().splitlines()[1:] == [
        f"slugtrim: the log has no commit id, so {head} is assumed (HEAD); pass it with --commit"
    ]
    assert (only(app).commit_origin, only(app).is_assumed) == (CommitOrigin.HEAD, True)
    remember(app, build_log("9M"), "--commit", "main")
    build = journal(app.root).builds[-1]
    assert (build.commit, build.commit_origin, build.is_assumed) == (app.head(), CommitOrigin.OPTION, False)
    log.write_text(build_log("9M") + "To git@heroku.com:shop.git\n * [new branch]      main -> main\n")
    assert b"is assumed (its branch in this clone)" in run("builds", "record", str(log), cwd=app.root).stderr
    log.write_text("To git@heroku.com:shop.git\n")
    line = b"slugtrim: no build in the log, so there is nothing to record\n"
    assert run("builds", "record", str(log), cwd=app.root) == (0, b"", line)
    log.write_text("-----> Python app detected\n")
    line = b"slugtrim: the log has no slug size, so there is nothing to record\n"
    assert run("builds", "record", str(log), cwd=app.root) == (0, b"", line)
    line = b"slugtrim: the push failed before anything was built, so there is nothing to record\n"
    assert run("builds", "record", str(LOGS / "rejected-by-git.log"), cwd=app.root) == (0, b"", line)


def test_a_repository_without_commits_remembers_a_size(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    (tmp_path / "log").write_text(build_log("9M"))
    command = [str(PROGRAM), "builds", "record", "log"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.stderr.decode().splitlines() == [
        "slugtrim: v1 of shop: 9M small; remembered",
        "slugtrim: there is no commit, so its source part is not known",
        "slugtrim: the log doesn't name the commit; pass it with --commit",
    ]
    assert [build.commit for build in journal(tmp_path).builds] == [None]


def test_a_commit_that_is_not_whole_has_no_source_part(app: Application) -> None:
    id_ = app.head("HEAD:app/a.bin")
    (app.root / ".git/objects" / id_[:2] / id_[2:]).unlink()
    remember(app, build_log("9M"))
    assert (only(app).sources, only(app).slug.size_bytes) == ({}, 9 << 20)


def test_bare_repositories_and_linked_work_trees_remember_as_well(app: Application, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(app.root, "worktree", "add", "-q", "-b", "other", str(linked))
    (tmp_path / "log").write_text(build_log("9M"))
    assert app.slugtrim("builds", "record", "-q", "../log", cwd=linked).code == 0
    assert len(journal(app.root).builds) == 1
    assert run("builds", "record", "-q", "../log", "--commit", "main", cwd=app.remote).code == 2
    assert app.push("heroku", "main").code == 0
    assert run("builds", "record", "-q", "../log", cwd=app.remote).code == 0
    assert b"9M small" in run("builds", "list", "-q", cwd=app.remote).stdout
    ref = "To git@heroku.com:shop.git\n   1a2b3c4..{} -> main\n"
    for named in ("5d6e7f8  main", "5d6e7f8  gone"):
        (tmp_path / "log").write_text(build_log("9M") + ref.format(named))
        assert run("builds", "record", "-q", "../log", cwd=app.remote).code == 0
    empty = tmp_path / "empty.git"
    git(tmp_path, "init", "-q", "--bare", str(empty))
    assert run("builds", "record", "-q", "../log", cwd=empty).code == 0


def test_a_branch_that_is_not_here_is_no_commit(app: Application) -> None:
    remember(app, build_log("9M") + "To git@heroku.com:shop.git\n * [new branch]      gone -> main\n")
    assert (only(app).commit, only(app).commit_origin) == (app.head(), CommitOrigin.HEAD)


# Targets


def test_the_remote_tells_the_target(app: Application) -> None:
    text = '[targets.staging]\nremotes = ["heroku"]\n[targets.live]\nremotes = ["live", "git@heroku.com:odd.git"]\n'
    (app.root / "slugtrim.toml").write_text(text)
    git(app.root, "remote", "add", "live", "https://user:key@git.heroku.com/shop-live.git")
    says(app, build_log("9M"))
    assert app.slugtrim(*PUSH).code == 0
    to = "To {}\n   1a2b3c4..5d6e7f8  main -> main\n"
    remember(app, build_log("9M") + to.format("https://git.heroku.com/shop-live.git"))
    remember(app, build_log("9M", app="shop-live"))
    remember(app, build_log("9M") + to.format("git@heroku.com:odd.git"))
    remember(app, build_log("9M") + to.format("https://git.heroku.com/third.git"))
    remember(app, build_log("9M"), "--target", "live")
    (app.root.parent / "build.log").write_text(build_log("9M"))
    for name in ("staging", "unknown"):
        arguments = ("builds", "record", "-q", "../build.log")
        assert app.slugtrim(*arguments, env={"SLUGTRIM_TARGET": name}).code == 0
    found = [(build.target, build.remote, build.app) for build in journal(app.root).builds]
    assert found == [
        ("staging", "heroku", "app"),
        ("live", "live", "shop-live"),
        ("live", "live", "shop-live"),
        ("live", None, "odd"),
        (None, None, "third"),
        ("live", None, "shop"),
        ("staging", None, "shop"),
        (None, None, "shop"),
    ]


def test_a_mistake_in_the_call_is_told_before_anything_runs(app: Application) -> None:
    touch = ("--", "touch", "ran")
    for arguments, said in (
        (("--commit", "nowhere", *touch), "nowhere: not a commit in this repository; run git log to find one"),
        (("--target", "live", *touch), "--target live: no such target; none is configured, so write [targets.live]"),
        (("a.log", *touch), "builds record: takes one FILE, or -- and a command; write record -- git push heroku main"),
        (("--",), "builds record: takes one FILE, or -- and a command; write record -- git push heroku main"),
        ((), "builds record: takes one FILE, - for stdin, or -- and a command, as record -- git push heroku main"),
        (
            ("git", "push", "heroku"),
            "builds record: takes one FILE, - for stdin, or -- and a command; did you mean record -- git push heroku?",
        ),
        (("gone.log",), "gone.log: cannot be read (No such file or directory); name the file of a log, or - for stdin"),
    ):
        assert run("builds", "record", *arguments, cwd=app.root) == (2, b"", f"slugtrim: {said}\n".encode()), arguments
    for action, wrong in (
        ("record", ("-n", "3", *touch)),
        ("record", ("--format", "json", *touch)),
        ("list", ("--commit", "HEAD")),
        ("list", ("--target", "x")),
        ("list", ("a", "b")),
    ):
        done = run("builds", action, *wrong, cwd=app.root)
        assert (done.code, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
        assert f"see slugtrim builds {action} --help".encode() in done.stderr
    assert not (app.root / "ran").exists()


@pytest.mark.parametrize(
    ("name", "kind"), [("/dev/zero", "a device"), ("fifo", "a FIFO"), ("dir", "a directory"), ("link", "a device")]
)
def test_only_a_regular_file_is_a_log(app: Application, name: str, kind: str) -> None:
    os.mkfifo(app.root / "fifo")
    (app.root / "link").symlink_to("/dev/urandom")
    (app.root / "dir").mkdir()
    line = f"slugtrim: {name}: is {kind}; name the file of a log, or - for stdin\n"
    assert app.slugtrim("builds", "record", name) == (2, b"", line.encode())


@pytest.mark.parametrize(("name", "kind"), [("/dev/zero", "a device"), ("/dev/null", None)])
def test_a_device_on_stdin_is_no_log(app: Application, name: str, kind: str | None) -> None:
    descriptor = os.open(name, os.O_RDONLY)
    command = [str(PROGRAM), "builds", "record", "-q", "-"]
    done = subprocess.run(command, stdin=descriptor, cwd=app.root, capture_output=True, check=False)
    os.close(descriptor)
    line = f"slugtrim: stdin: is {kind}; pipe a log into it, or name the file of one\n" if kind is not None else ""
    assert (done.returncode, done.stdout, done.stderr) == (0 if kind is None else 2, b"", line.encode())


def test_options_of_ours_before_the_dashes_and_of_the_command_behind_them(app: Application) -> None:
    for arguments in (("builds", "record", "-q", "-C", "app"), ("-C", "app", "builds", "-q", "record")):
        done = app.slugtrim(
            *arguments, "--", sys.executable, "-c", "import os, sys; print(os.getcwd(), sys.argv)", "-q", "--", "-C"
        )
        expected = f"{app.root / 'app'} ['-c', '-q', '--', '-C']\n"
        assert done == (0, expected.encode(), b"")


# What the build deleted


@pytest.mark.parametrize(
    ("deleting", "fit", "said"),
    [
        (2, Fit.GITIGNORE, "as predicted for gitignore (2 read as gitignore, 1 read as glob)"),
        (1, Fit.GLOB, 'as predicted for glob (2 read as gitignore, 1 read as glob); dialect = "glob" in slugtrim.toml'),
        (7, Fit.NEITHER, "which matches neither reading (2 read as gitignore, 1 read as glob)"),
    ],
)
def test_what_was_deleted_tells_how_the_platform_reads(tmp_path: Path, deleting: int, fit: Fit, said: str) -> None:
    files: dict[bytes | str, Content] = {".slugignore": "doc/\n", "doc/a": "x", "app/doc/b": "y", "app/c": "z"}
    app = make_deployed(tmp_path, files)
    says(app, build_log("9M", deleting=deleting))
    done = app.slugtrim(*PUSH)
    assert only(app).fit is fit
    files_ = "1 file" if deleting == 1 else f"{deleting} files"
    assert last_line(done.stderr).startswith(f"slugtrim: the build deleted {files_} by .slugignore, {said}")
    listed = " ".join(run("builds", "list", cwd=app.root).stdout.decode().split())
    assert f"than predicted v1 of app: the build deleted {files_} by .slugignore, {said}" in listed
    (app.root / "slugtrim.toml").write_text('dialect = "glob"\n')
    (app.root.parent / "a.log").write_text(build_log("9M", deleting=deleting))
    as_glob = run("builds", "record", "../a.log", cwd=app.root).stderr
    assert (b"the build deleted" in as_glob) is (fit is not Fit.GLOB)


def test_what_both_readings_predict_is_not_worth_a_word(app: Application) -> None:
    says(app, build_log("9M", deleting=1))
    assert app.slugtrim(*PUSH).stderr.decode().splitlines()[-1].endswith("; remembered")
    assert only(app).fit is Fit.BOTH
    assert b"Deleted" not in run("builds", "list", cwd=app.root).stdout


def test_a_slug_smaller_than_the_source_is_told_so(app: Application) -> None:
    log = app.root.parent / "a.log"
    log.write_text(build_log("20K"))
    said = run("builds", "record", str(log), cwd=app.root).stderr.decode()
    assert re.match(
        r"slugtrim: v1 of shop: 20K small, [\d.]+K less than your code \([\d.]+K\): buildpacks remove", said
    )
    assert (only(app).overhead_bytes(Dialect.GITIGNORE) or 0) < 0
    assert b"that buildpacks remove (v1 of shop, less than a day old) = 20K (estimated)." in b" ".join(
        run(cwd=app.root).stdout.split()
    )


def test_the_line_in_the_journal_is_json_with_a_schema(app: Application) -> None:
    remember(app, build_log("9M", deleting=1), "--commit", "HEAD")
    (line,) = (app.root / ".git/slugtrim/builds.jsonl").read_bytes().splitlines(keepends=True)
    assert line.endswith(b"}\n")
    data = json.loads(line)
    assert (data["schema"], data["slug_bytes"], data["commit"]) == (1, 9 << 20, app.head())
