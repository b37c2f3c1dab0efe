"""The command line: what it prints, where, and how it ends."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import slugtrim
from slugtrim.cli.group import with_command
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import COMMAND, Run, run, run_process
from tests.rows import each_row

FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n*.md\nbin/\n",
    "app/main.rb": "puts 1\n" * 100,
    "lib/bin/tool*": "#!/bin/sh\n",
    "ls/inside.txt": "a directory named like a command\n",
    "README.md": "# Read me\n",
    "spec/a_spec.rb": "expect\n" * 50,
    "we ird\n": "x",
    b"\xff": "x",
}


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repo(tmp_path_factory.mktemp("cli") / "repo", FILES)


@each_row(
    "typed, parsed",
    [
        ("", "audit"),
        ("DIR", "audit DIR"),
        ("ls", "ls"),
        ("./ls", "audit ./ls"),
        ("ls ls", "ls ls"),
        ("-- ls", "audit -- ls"),
        ("-", "audit -"),
        ("-q", "audit -q"),
        ("-q ls", "ls -q"),
        ("-C DIR ls", "ls -C DIR"),
        ("-CDIR ls", "ls -CDIR"),
        ("-qC DIR ls", "ls -qC DIR"),
        ("-vqo FILE ls", "ls -vqo FILE"),
        ("-oC ls", "ls -oC"),
        ("-C ls", "audit -C ls"),
        ("-C ls ls", "ls -C ls"),
        ("--rev ls", "audit --rev ls"),
        ("--rev HEAD explain F", "explain --rev HEAD F"),
        ("--rev=HEAD explain F", "explain --rev=HEAD F"),
        ("--format json -v ls --long", "ls --format json -v --long"),
        ("--no-git audit DIR", "audit --no-git DIR"),
        ("-h", "-h"),
        ("-V", "-V"),
        ("-q --help", "--help"),
        ("--format json -V", "-V"),
        ("-h ls", "ls -h"),
        ("-C ls -h", "-h"),
        ("ls -h", "ls -h"),
        ("DIR -h", "audit DIR -h"),
    ],
)
def test_the_first_word_is_the_command_if_it_names_one(typed: str, parsed: str) -> None:
    assert with_command(typed.split()) == parsed.split()


def test_without_a_command_it_audits(repository: Path) -> None:
    default = run(cwd=repository)
    assert b"B small\n\nTracked files, at " in default.stdout
    assert (default.code, default.stderr) == (0, b"")
    assert default == run("audit", cwd=repository) == run(str(repository), cwd=repository.parent)
    assert default == run_process(cwd=repository)


def test_a_directory_named_like_a_command_is_written_as_a_path(repository: Path) -> None:
    """Anywhere in a repository stands for its top, so only --no-git tells them apart."""
    of_directory = json.loads(run("./ls", "--no-git", "--format", "json", cwd=repository).stdout)
    assert of_directory["source"] == {"kind": "directory", "rev": None, "path": f"{repository}/ls"}
    assert of_directory["slug"]["files"] == 1
    assert run("ls", "ls", "--no-git", cwd=repository).stdout == b"inside.txt\n"


def test_options_may_stand_before_the_command(repository: Path) -> None:
    after = run("ls", "--ignored", cwd=repository)
    assert after == Run(0, b"README.md\nlib/bin/tool\nspec/a_spec.rb\n", b"")
    assert run("-C", str(repository), "ls", "--ignored", cwd=Path("/")) == after
    assert run("-qC", str(repository), "ls", "--ignored", cwd=Path("/")) == after
    assert run("--dialect=glob", "ls", "--ignored", cwd=repository).stdout == b"README.md\nspec/a_spec.rb\n"


@each_row("command", [[], ["audit"], ["ls"], ["explain"], ["builds"], ["builds", "list"]])
@each_row("option", ["-h", "--help"])
def test_help_is_there_for_every_command(command: list[str], option: str, tmp_path: Path) -> None:
    code, stdout, stderr = run(*command, option, cwd=tmp_path)
    assert (code, stderr) == (0, b"")
    assert stdout.decode().splitlines()[0].split()[:2] == ["Usage:", "slugtrim"]
    assert [line for line in stdout.decode().splitlines() if len(line) > 80] == []
    assert run(option, *command, cwd=tmp_path) == (0, stdout, b"")


@each_row("arguments", [["-V"], ["--version"], ["ls", "-V"], ["-V", "explain"], ["audit", "--version"]])
def test_the_version_is_there_for_every_command(arguments: list[str], tmp_path: Path) -> None:
    assert run(*arguments, cwd=tmp_path) == (0, f"slugtrim {slugtrim.__version__}\n".encode(), b"")


def test_the_help_lists_every_command_and_exit_code(tmp_path: Path) -> None:
    text = run("--help", cwd=tmp_path).stdout.decode()
    listed = [line.split()[0] for line in text.partition("Commands:\n")[2].partition("\n\n")[0].splitlines()]
    assert listed == [
        "audit",
        "suggest",
        "lint",
        "check",
        "inspect",
        "diff",
        "history",
        "hook",
        "pre-push",
        "builds",
        "ls",
        "explain",
        "cache",
    ]
    assert "..." not in text.partition("Commands:")[2]
    for code in ("0 success", "1 over budget or findings", "2 usage", "3 a bug", "130 interrupted"):
        assert code in text


def test_json_is_one_object(repository: Path) -> None:
    code, stdout, stderr = run("--format", "json", cwd=repository)
    assert (code, stderr) == (0, b"")
    assert json.loads(stdout)["slug"]["files"] == 5


def test_a_report_may_go_to_a_file(repository: Path, tmp_path: Path) -> None:
    assert run("ls", "-o", str(tmp_path / "out"), cwd=repository) == (0, b"", b"")
    assert (tmp_path / "out").read_bytes() == run("ls", "-o", "-", cwd=repository).stdout


def test_several_reports_come_from_one_run(repository: Path, tmp_path: Path) -> None:
    reports = [f"--report=json={tmp_path}/a.json", "--report", f"text={tmp_path}/b=c.txt"]
    assert run(*reports, cwd=repository) == run(cwd=repository)
    assert (tmp_path / "a.json").read_bytes() == run("--format", "json", cwd=repository).stdout
    assert (tmp_path / "b=c.txt").read_bytes() == run(cwd=repository).stdout


def test_a_relative_output_is_relative_to_the_directory_of_c(repository: Path, tmp_path: Path) -> None:
    assert run("-C", str(tmp_path), str(repository), "-o", "out.txt", cwd=repository) == (0, b"", b"")
    assert (tmp_path / "out.txt").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "environment", "colored"),
    [
        ([], {}, False),
        (["--color", "always"], {}, True),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color=never"], {"FORCE_COLOR": "1"}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": ""}, False),
        ([], {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
    ],
)
@pytest.mark.parametrize("command", [["audit"], ["explain", "README.md"]])
def test_colour_follows_the_option_then_the_environment(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: list[str],
    arguments: list[str],
    environment: dict[str, str],
    colored: bool,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (b"\033[" in run(*command, *arguments, cwd=repository).stdout) == colored


def test_a_file_gets_no_colour_from_the_environment(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    run("-o", str(tmp_path / "out"), cwd=repository)
    assert b"\033" not in (tmp_path / "out").read_bytes()


@pytest.mark.parametrize(
    ("columns", "no_color", "longest", "colored"), [(200, "", 200, True), (40, "", 40, True), (100, "1", 100, False)]
)
def test_a_terminal_gets_colour_and_its_own_width(
    repository: Path, columns: int, no_color: str, longest: int, colored: bool
) -> None:
    """A real terminal, a pseudo one; the root is too long a name for any of the widths."""
    deep = repository / ("d" * 200)
    make_tree(deep, {"x": "y"})
    leader, follower = pty.openpty()
    env = {**os.environ, "COLUMNS": str(columns), "NO_COLOR": no_color, "PYTHONIOENCODING": "utf-8"}
    with subprocess.Popen([*COMMAND, str(deep), "--no-git"], stdout=follower, env=env) as process:
        os.close(follower)
        output = b""
        try:
            while piece := os.read(leader, 65536):
                output += piece
        except OSError:
            pass  # how Linux says that nobody writes any more
    os.close(leader)
    assert process.returncode == 0
    assert (b"\033[1m" in output) == colored
    assert len(output.decode().splitlines()[2]) == longest
    assert ("█" in output.decode()) == (columns > 40)


def test_quiet_prints_the_result_only(repository: Path) -> None:
    size = run("-q", cwd=repository)
    assert (size.code, size.stderr) == (0, b"")
    assert size.stdout.endswith(b"B small\n")
    assert size.stdout.count(b"\n") == 1


def test_verbose_shows_long_lists_whole(tmp_path: Path) -> None:
    make_tree(tmp_path, {f"f{number:02}": "x" * number for number in range(30)})
    assert run("--no-git", cwd=tmp_path).stdout.count(b"  f") == 11
    assert run("--no-git", "-v", cwd=tmp_path).stdout.count(b"  f") == 21


def test_ls_lists_the_slug(repository: Path) -> None:
    listed = b'.slugignore\napp/main.rb\nls/inside.txt\n"we ird\\n"\n\xff\n'
    assert run("ls", cwd=repository) == (0, listed, b"")
    assert run("ls", "-0", cwd=repository).stdout == b".slugignore\0app/main.rb\0ls/inside.txt\0we ird\n\0\xff\0"
    assert run_process("ls", "-0", cwd=repository).stdout == run("ls", "-0", cwd=repository).stdout


def test_ls_long_adds_what_each_weighs_and_its_rule(repository: Path) -> None:
    lines = run("ls", "--long", "--ignored", cwd=repository).stdout.decode().splitlines()
    assert lines.pop(0).split()[:4] == ["raw", "~compressed", "rule", "path"]
    assert [line.split()[::2] for line in lines] == [["10", "2:*.md"], ["10", "3:bin/"], ["350", "1:/spec"]]
    fields = run("ls", "-0", "--long", "--ignored", cwd=repository).stdout.split(b"\0")[0].split(b"\t")
    assert (fields[0], fields[1][:1], fields[2:]) == (b"10", b"~", [b"2:*.md", b"README.md"])


def test_ls_names_what_could_not_be_read_on_stderr(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x", "b\n": "gone"})
    commit = commit_all(tmp_path)
    blob = git(tmp_path, "rev-parse", "HEAD:b\n").decode().strip()
    (tmp_path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    result = run("ls", "--rev", commit, cwd=tmp_path)
    reason = b"its object is missing or damaged"
    assert (result.code, result.stderr) == (0, b'slugtrim: 1 path could not be read, first "b\\n": ' + reason + b"\n")
    assert run("ls", "-q", "--rev", commit, cwd=tmp_path) == (0, result.stdout, b"")


def test_explain_takes_files_from_the_current_directory(repository: Path) -> None:
    expected = (
        b"app/main.rb\n  gitignore  in the slug\n  glob       in the slug\n"
        b"  deploy     counts as used: no file says what starts the application\n"
        b"spec\n  gitignore  left out by line 1: /spec\n  glob       left out by line 1: /spec\n"
        b"app/new.md doesn't exist yet. If you add it:\n"
        b"  gitignore  left out by line 2: *.md\n  glob       left out by line 2: *.md\n"
    )
    assert run("explain", "app/main.rb", "spec", "app/new.md", cwd=repository) == (0, expected, b"")
    assert run("explain", "main.rb", "../spec/", "./new.md", cwd=repository / "app") == (0, expected, b"")
    paths = [str(repository / name) for name in ("app/main.rb", "app/../spec", "app/new.md")]
    assert run("explain", *paths, cwd=repository).stdout == expected


def test_explain_has_json(repository: Path) -> None:
    data = json.loads(run("explain", "--format", "json", "spec", cwd=repository).stdout)
    assert [(item["path"], item["kind"]) for item in data["paths"]] == [("spec", "directory")]


def test_explain_sees_through_a_link_to_the_directory(repository: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(repository)
    assert run("explain", "main.rb", cwd=tmp_path / "link/app").stdout.startswith(b"app/main.rb\n  gitignore  in the")
    elsewhere = run("explain", str(tmp_path / "link/app/main.rb"), cwd=repository)
    assert elsewhere.stdout.startswith(b"app/main.rb\n  gitignore  in the slug\n")


def test_explain_says_which_reading_differs(repository: Path) -> None:
    assert run("explain", "lib/bin/tool", "--dialect", "glob", cwd=repository).stdout == (
        b"lib/bin/tool\n  glob       in the slug\n  gitignore  left out by line 3: bin/\n"
        b"  deploy     counts as used: references alone do not tell which files of its kind are\n"
    )


def test_explain_of_the_root_and_of_a_link_itself(tmp_path: Path) -> None:
    make_repo(tmp_path, {".slugignore": "link\n", "a": "x", "link": Path("/etc")})
    assert run("explain", ".", cwd=tmp_path).stdout.decode().splitlines()[:2] == [
        ".",
        "  gitignore  1 of 3 files left out",
    ]
    assert run("explain", "link", cwd=tmp_path).stdout.startswith(b"link\n  gitignore  left out by line 1: link\n")


def test_explain_takes_paths_below_the_prefix(tmp_path: Path) -> None:
    make_repo(tmp_path, {"web/.slugignore": "/spec\n", "web/spec/a": "x", "web/b": "x", "spec/c": "x"})
    expected = (
        b"spec/a\n  gitignore  left out by line 1: /spec\n  glob       left out by line 1: /spec\n"
        b"  deploy     does not use it: nothing refers to it\n"
    )
    assert run("explain", "--prefix", "web", "web/spec/a", cwd=tmp_path).stdout == expected
    assert run("explain", "--prefix", "web", "spec/a", cwd=tmp_path / "web").stdout == expected


def test_explain_in_a_bare_repository_takes_paths_from_the_root(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare.git")
    result = run("explain", "--rev", "HEAD", "app/main.rb", "./spec", cwd=tmp_path / "bare.git")
    assert result == run("explain", "app/main.rb", "spec", cwd=repository)
    assert run("--rev", "main", "ls", cwd=tmp_path / "bare.git") == run("ls", cwd=repository)


def test_a_commit_is_measured_instead_of_the_work_tree(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x"})
    first = git(tmp_path, "rev-parse", "HEAD").decode().strip()
    make_tree(tmp_path, {"b": "y", "untracked": "z"})
    git(tmp_path, "add", "b")
    assert run("ls", cwd=tmp_path).stdout == b"a\nb\n"
    assert run("ls", "--rev", first[:8], cwd=tmp_path).stdout == b"a\n"
    assert f"\n\nCommit {first[:10]} of ".encode() in run("--rev", "HEAD", cwd=tmp_path).stdout
    assert run("ls", "--no-git", cwd=tmp_path).stdout == b"a\nb\nuntracked\n"
    assert b"  1 path: not tracked by git, so not pushed and not counted\n    untracked\n" in run(cwd=tmp_path).stdout


@pytest.mark.full
def test_a_reader_that_leaves_early_is_no_error(tmp_path: Path) -> None:
    make_tree(tmp_path, {f"{'n' * 200}{number}": "" for number in range(1500)})
    for arguments in (["ls"], ["ls", "--format", "json"], ["-v"]):
        command = [*COMMAND, *arguments, "--no-git", str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert process.stdout is not None
            assert process.stderr is not None
            if arguments == ["ls"]:
                assert process.stdout.readline() == b"n" * 200 + b"0\n"
            process.stdout.close()
            assert process.stderr.read() == b""
        assert process.returncode == 0


def test_a_closed_stdout_is_no_bug(repository: Path) -> None:
    shell = "exec " + " ".join(f"'{word}'" for word in COMMAND)
    closed = subprocess.run(["/bin/sh", "-c", f"{shell} ls >&-"], cwd=repository, capture_output=True, check=False)
    assert (closed.returncode, closed.stderr) == (
        2,
        b"slugtrim: stdout: is closed; open it, or name a file with --output\n",
    )


def interrupted(process: subprocess.Popen[bytes]) -> Run:
    process.send_signal(signal.SIGINT)
    stdout, stderr = process.communicate(timeout=10)
    return Run(process.returncode, stdout, stderr)


def test_ctrl_c_while_git_runs_ends_quietly(tmp_path: Path) -> None:
    make_tree(tmp_path, {"bin/git*": f"#!/bin/sh\necho > '{tmp_path}/started'\nexec sleep 60\n", "tree/a": "x"})
    env = {**os.environ, "PATH": f"{tmp_path}/bin:{os.environ['PATH']}"}
    command = [*COMMAND, str(tmp_path / "tree")]
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for((tmp_path / "started").exists)
    code, stdout, stderr = interrupted(process)
    assert (code, stdout, stderr.strip()) == (130, b"", b"")


@pytest.mark.skipif(sys.platform != "linux", reason="open files are seen in /proc")
def test_ctrl_c_while_a_large_file_is_measured_ends_quietly(tmp_path: Path) -> None:
    film = tmp_path / "film.mov"
    film.touch()
    os.truncate(film, 200 << 30)
    command = [*COMMAND, "--no-git", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        wait_for(lambda: film in open_files(process.pid))
        code, stdout, stderr = interrupted(process)
    finally:
        process.kill()  # it would read for an hour
    assert (code, stdout, stderr.strip()) == (130, b"", b"")


def open_files(pid: int) -> set[Path]:
    """Return what a process has open; a file may be closed while this looks."""
    found = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):
            found.add(link.readlink())
    return found


def wait_for(condition: object) -> None:
    assert callable(condition)
    until = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_bug_ends_with_its_own_code_and_asks_for_a_report(tmp_path: Path) -> None:
    """A broken dependency stands in for a bug."""
    make_tree(tmp_path, {"broken/humanize.py": "raise RuntimeError('broken on purpose')\n", "tree/a": "x"})
    code, stdout, stderr = run_process("--no-git", "tree", cwd=tmp_path, PYTHONPATH=str(tmp_path / "broken"))
    first, *_, error, last = stderr.decode().splitlines()
    assert (code, stdout, first) == (3, b"", "Traceback (most recent call last):")
    assert error == "RuntimeError: broken on purpose"
    assert last == "slugtrim: this is a bug in slugtrim; please report it with the traceback above"
