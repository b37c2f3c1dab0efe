"""The lean start: what it parses, click parses alike; what it prints is what a run without it prints."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from slugtrim import lean
from slugtrim.builds import journal_path
from slugtrim.cli.group import slugtrim, with_command
from slugtrim.files import MAX_FILES
from slugtrim.hook import BUILDING_REFS
from slugtrim.lean import CommandLine, parse, parse_push
from slugtrim.platforms import PLATFORMS
from slugtrim.sources.slugignore import SLUGIGNORE
from slugtrim.store import Store, repository_folder
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import COMMAND, run, run_lean, run_process
from tests.rows import each_row

KNOWN = [
    "",
    "audit",
    ".",
    "audit .",
    "audit /app",
    "./app",
    "app/web",
    "--rev HEAD",
    "audit --rev HEAD --format json",
    "--rev=v1.2.3 --format=json /app",
    "audit /app --rev feature/x-1",
    "--format text --color never",
    "--color=always",
    "--json",
    "audit --json -v",
    "-q",
    "-v",
    "--quiet --verbose",
    "--no-progress",
    "--progress audit/",
    "-q --rev HEAD~2 ./",
    "audit --rev 80865901e6 -v --no-progress --format json --color auto .",
]
OTHER = [
    "app",
    "ls",
    "audit ls",
    "ls audit",
    "--rev HEAD audit",
    "-q audit",
    "check",
    "suggest --format json",
    "--format text --json",
    "--json --json",
    "--rev",
    "--rev -x",
    "--rev HEAD:app",
    "--rev main..HEAD",
    "--rev HEAD^{tree}",
    "--rev HEAD@{1}",
    "--rev --format json",
    "--rev= --format=json",
    "--rev HEAD --rev HEAD",
    "--format xml",
    "--format=",
    "--forma json",
    "--color sometimes",
    "-qv",
    "-q -q",
    "-q --quiet",
    "-C /app",
    "-o -",
    "--output=x",
    "--report json=x",
    "--exact",
    "--tree",
    "--open",
    "--no-installed",
    "--no-cache",
    "--no-git",
    "--prefix app",
    "--dialect glob",
    "--platform scalingo",
    "--no-config",
    "-h",
    "--version",
    "-- .",
    "/a /b",
    "--quiet=1",
    "--progress --no-progress",
]


@each_row("typed", KNOWN)
def test_what_is_parsed_is_what_click_makes_of_it(typed: str) -> None:
    line = parse(typed.split())
    assert line is not None
    assert as_click_has_it(typed.split()) == fields(line)


@each_row("typed", OTHER)
def test_what_is_not_known_exactly_goes_to_click(typed: str) -> None:
    assert parse(typed.split()) is None


def test_random_lines_are_parsed_as_click_parses_them() -> None:
    rng = random.Random(20)
    words = sorted({word for line in (*KNOWN, *OTHER) for word in line.split()} | {"", "-", "--rev=", "é/x", "\udcff/"})
    known = 0
    for _ in range(1500):
        arguments = rng.choices(words, k=rng.randrange(5))
        line = parse(arguments)
        if line is not None:
            known += 1
            assert as_click_has_it(arguments) == fields(line), arguments
    assert known > 50


@each_row("typed", ["pre-push", "pre-push a", "pre-push a b c", "pre-push -h b", "pre-push a --", "audit a b", ""])
def test_other_pushes_go_to_click(typed: str) -> None:
    assert parse_push(typed.split()) is None


def test_a_push_is_parsed_as_click_does() -> None:
    for arguments in (["pre-push", "heroku", "git@heroku.com:app.git"], ["pre-push", "--", "a b", ""]):
        command = slugtrim.get_command(click.Context(slugtrim), "pre-push")
        assert command is not None
        with command.make_context("pre-push", arguments[1:]) as context:
            assert parse_push(arguments) == (context.params["remote"], context.params["url"])


def fields(line: CommandLine) -> dict[str, object]:
    return {name: getattr(line, name) for name in CommandLine.__slots__}


def as_click_has_it(arguments: list[str]) -> dict[str, object]:
    """What click makes of a command line. All other options have to be what they are by default."""
    name, *rest = with_command(arguments)
    assert name == "audit"
    command = slugtrim.get_command(click.Context(slugtrim), name)
    assert command is not None
    with command.make_context(name, rest) as context:
        params = dict(context.params)
    others = {
        "exact": False,
        "tree": False,
        "opens": False,
        "use_installed": True,
        "prefix": "",
        "no_git": False,
        "platform": None,
        "dialect": None,
        "config": None,
        "no_config": False,
        "most_files": MAX_FILES,
        "no_cache": False,
        "output": "-",
        "report": (),
    }
    assert {name: params.pop(name) for name in others} == others
    if params.pop("as_json"):
        params["format"] = "json"
    return params


FILES: dict[bytes | str, Content] = {
    ".slugignore": "/spec\n*.psd\n",
    "app/a.rb": "puts 1\n" * 50,
    b"app/\xff\n\x1b.rb": "odd",
    "spec/a_spec.rb": "it\n" * 90,
    "link": Path("app/a.rb"),
}

LOADED = """
import sys
before = set(sys.modules)
from slugtrim.lean import answer
print(answer(sys.argv[1:]) == 0, *sorted(set(sys.modules) - before), file=sys.stderr)
"""


def is_answered(root: Path, *arguments: str, stdin: bytes | None = None) -> bool:
    """Return True if the lean start knows the answer. It must be the bytes that a run without the store prints."""
    command = [sys.executable, "-c", LOADED, *arguments]
    done = subprocess.run(command, cwd=root, input=stdin or b"", capture_output=True, check=True)
    answered, *modules = done.stderr.decode().splitlines()[-1].split()
    if answered == "True":
        assert {module.partition(".")[0] for module in modules} <= {
            "__future__",
            "slugtrim",
            "_blake2",
            "zlib",
            "struct",
            "_struct",
        }
        assert {module for module in modules if module.startswith("slugtrim")} <= {
            "slugtrim",
            "slugtrim.installs",
            "slugtrim.lean",
        }
        if stdin is None:
            assert done.stdout == anew(root, *arguments)
    return answered == "True"


def anew(root: Path, *arguments: str) -> bytes:
    done = run(*arguments, "--no-cache", cwd=root)
    assert done.code == 0
    return done.stdout


def printed(root: Path, *arguments: str) -> bytes:
    done = run_lean(*arguments, cwd=root)
    assert (done.code, done.stderr) == (0, b"")
    return done.stdout


def printed_by_a_process(root: Path, *arguments: str, **environment: str) -> bytes:
    done = run_process(*arguments, cwd=root, **environment)
    assert (done.code, done.stderr) == (0, b"")
    return done.stdout


@pytest.mark.parametrize(
    "typed", ["", "--format json", "--rev HEAD", "audit --rev HEAD --format json ./", "-v --color always"]
)
def test_an_answer_is_given_again_without_click(tmp_path: Path, typed: str) -> None:
    make_repo(tmp_path, FILES)
    make_tree(tmp_path, {b"new \xff": "x"})
    assert not is_answered(tmp_path, *typed.split())
    first = printed_by_a_process(tmp_path, *typed.split())
    assert is_answered(tmp_path, *typed.split())
    assert printed_by_a_process(tmp_path, *typed.split()) == first


def edited(name: str, text: str) -> Callable[[Path], object]:
    return lambda root: make_tree(root, {name: text})


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file": edited("app/a.rb", "puts 2\n" * 50),
    "a file, its size and its time stamps kept": lambda root: edit_unseen(root / "app/a.rb"),
    "a file deleted": lambda root: (root / "app/a.rb").unlink(),
    "a mode": lambda root: (root / "app/a.rb").chmod(0o755),
    "an untracked file": edited("new", "x"),
    "the rules": edited(".slugignore", "/app\n"),
    "settings": edited("slugtrim.toml", 'dialect = "glob"\n'),
    "other settings": edited("pyproject.toml", '[tool.slugtrim.budgets]\ntotal = "1KB"\n'),
    "a file in a link's place": lambda root: put_in_place(root / "link"),
    "a conflict": lambda root: make_conflict(root, b"app/a.rb"),
    "the index": lambda root: git(root, "rm", "-q", "--cached", "app/a.rb"),
    "a commit": lambda root: git(root, "commit", "-q", "--allow-empty", "-m", "the same tree"),
    "a commit of a file": lambda root: (make_tree(root, {"c": "x" * 90}), commit_all(root)),
    "packs": lambda root: git(root, "repack", "-q", "-a", "-d"),
    "suggestions": lambda root: run("suggest", cwd=root),
}
SEEN_IN_A_COMMIT = {"settings", "other settings", "a commit", "a commit of a file", "packs", "suggestions"}


def put_in_place(link: Path) -> None:
    link.unlink()
    link.write_text("app/a.rb")


def make_conflict(root: Path, path: bytes) -> None:
    blob = git(root, "rev-parse", "HEAD:app/a.rb").strip()
    stages = b"".join(b"100644 %b %d\t%b\n" % (blob, stage, path) for stage in (1, 2, 3))
    gone = b"0 %b\t%b\n" % (b"0" * 40, path)
    command = ["git", "-C", str(root), "update-index", "--index-info"]
    subprocess.run(command, input=gone + stages, check=True)


def edit_unseen(path: Path) -> None:
    """Git tells such a file by its change time only."""
    content = path.read_bytes()
    path.write_bytes(content.replace(b"1", b"3"))


@each_row("change", CHANGES)
def test_no_answer_outlives_a_change(tmp_path: Path, change: str) -> None:
    make_repo(tmp_path, {**FILES, "docs/guide.md": "# how\n" * 9000})
    lines = ((), ("--rev", "HEAD", "--format", "json"))
    for arguments in lines:
        printed(tmp_path, *arguments)
        assert change != "a file" or is_answered(tmp_path, *arguments)  # all begin alike
    CHANGES[change](tmp_path)
    assert not is_answered(tmp_path)
    assert is_answered(tmp_path, *lines[1]) is (change not in SEEN_IN_A_COMMIT)
    if change != "suggestions":  # without the store there are none
        for arguments in lines:
            assert printed(tmp_path, *arguments) == anew(tmp_path, *arguments)


def test_suggestions_appear_in_an_answer_once_they_are_known(tmp_path: Path) -> None:
    make_repo(tmp_path, {"app.rb": "puts 1\n", "docs/guide.md": "".join(f"# {number**7}\n" for number in range(9000))})
    arguments = ("--format", "json")
    assert json.loads(printed(tmp_path, *arguments))["suggestions"] is None
    run("suggest", cwd=tmp_path)
    assert json.loads(printed(tmp_path, *arguments))["suggestions"]


@pytest.mark.parametrize("variable", ["SLUGTRIM_DIALECT", "SLUGTRIM_CONFIG", "SLUGTRIM_BUDGET", "SLUGTRIM_TARGET"])
def test_settings_of_the_environment_are_left_to_click(
    tmp_path: Path, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_repo(tmp_path, FILES)
    printed(tmp_path)
    assert is_answered(tmp_path)
    monkeypatch.setenv(variable, "glob")
    assert not is_answered(tmp_path)
    monkeypatch.setenv(variable, "")
    assert is_answered(tmp_path)


def test_colour_is_part_of_what_is_asked(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    for _ in range(2):
        assert b"\x1b[" not in printed(tmp_path)
        assert b"\x1b[" in printed_by_a_process(tmp_path, FORCE_COLOR="1")
        assert b"\x1b[" in printed(tmp_path, "--color", "always")


def test_what_changes_by_itself_is_never_kept(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES)
    journal = Path(journal_path(bytes(root / ".git")).decode())
    journal.parent.mkdir()
    journal.touch()
    printed(root)
    assert not is_answered(root)
    directory = make_tree(tmp_path / "plain", {"a": "x"})
    printed(directory)
    assert not is_answered(directory)
    assert not is_answered(root / "app", "--rev", "HEAD", "./")


def test_a_bare_repository_and_a_linked_work_tree_are_answered(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES)
    git(root, "clone", "-q", "--bare", ".", str(tmp_path / "bare.git"))
    git(root, "worktree", "add", "-q", str(tmp_path / "linked"))
    for place in (tmp_path / "bare.git", tmp_path / "linked", root):
        printed(place, "--rev", "HEAD")
        assert is_answered(place, "--rev", "HEAD")
    printed(tmp_path / "linked")
    assert is_answered(tmp_path / "linked")
    assert not is_answered(tmp_path / "bare.git")


def test_a_filter_of_the_repository_is_never_run(tmp_path: Path) -> None:
    make_repo(tmp_path, {**FILES, ".gitattributes": "*.rb filter=evil\n"})
    git(tmp_path, "config", "filter.evil.clean", f"touch {tmp_path}/.git/ran; cat")
    (tmp_path / "app/a.rb").write_bytes((tmp_path / "app/a.rb").read_bytes())
    printed(tmp_path)
    is_answered(tmp_path)
    assert not (tmp_path / ".git/ran").exists()


@pytest.mark.parametrize(
    "payload",
    [b"", b"\n", b"1\0zz\0\n", b"1\0\0\nno state", b"9\0" + b"0" * 32 + b"\0" + b"0" * 32 + b"\nno stream", b"x" * 99],
)
def test_an_answer_that_no_version_writes_is_not_given(tmp_path: Path, payload: bytes) -> None:
    make_repo(tmp_path, FILES)
    first = printed(tmp_path)
    store = Store(repository_folder(bytes(tmp_path / ".git")))
    question = asked(tmp_path)
    store.put(question, payload)
    assert printed(tmp_path) == first


def asked(root: Path) -> bytes:
    """The key of what ``slugtrim`` asks there."""
    script = "from slugtrim import lean; lean._kept_answer = lambda asked: print(asked.key.hex()); lean.answer([])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=root, capture_output=True, check=True, stdin=subprocess.DEVNULL
    )
    return bytes.fromhex(done.stdout.decode())


def test_a_push_of_a_known_commit_is_answered(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    head = git(tmp_path, "rev-parse", "HEAD").decode().strip()
    line = f"refs/heads/main {head} refs/heads/main {head}\n".encode()
    words = ("pre-push", "--", "heroku", "git@heroku.com:app.git")
    said = []
    for _ in range(2):
        done = subprocess.run([*COMMAND, *words], cwd=tmp_path, input=line, capture_output=True, check=True)
        said.append(done.stderr)
    assert said[0] == said[1]
    assert said[0].startswith(b"slugtrim: main: ")
    assert is_answered(tmp_path, *words, stdin=line)
    make_tree(tmp_path, {"slugtrim.toml": '[budgets]\ntotal = "10B"\n'})
    assert not is_answered(tmp_path, *words, stdin=line)
    blocked = subprocess.run([*COMMAND, *words], cwd=tmp_path, input=line, capture_output=True, check=False)
    assert blocked.returncode == 1
    assert not is_answered(tmp_path, *words, stdin=line)


def test_a_push_that_builds_nothing_is_over_at_once(tmp_path: Path) -> None:
    ids = f"{'1' * 40} refs/heads/topic {'2' * 40}"
    words = ("pre-push", "heroku", "git@heroku.com:app.git")
    assert is_answered(tmp_path, *words, stdin=f"refs/heads/topic {ids}\n".encode())
    assert is_answered(tmp_path, *words, stdin=b"")
    assert not is_answered(tmp_path, *words, stdin=b"odd\n")


def test_a_push_to_elsewhere_is_over_at_once_unless_settings_name_it(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    head = git(tmp_path, "rev-parse", "HEAD").decode().strip()
    line = f"refs/heads/main {head} refs/heads/main {'0' * 40}\n".encode()
    words = ("pre-push", "origin", "git@example.com:app.git")
    assert is_answered(tmp_path, *words, stdin=line)
    make_tree(tmp_path, {"pyproject.toml": "[project]\n"})
    assert is_answered(tmp_path, *words, stdin=line)
    make_tree(tmp_path, {"pyproject.toml": "[tool.slugtrim.targets.app]\nremotes = ['origin']\n"})
    assert not is_answered(tmp_path, *words, stdin=line)
    done = subprocess.run([*COMMAND, *words], cwd=tmp_path, input=line, capture_output=True, check=True)
    assert done.stderr.startswith(b"slugtrim: main: ")


def test_what_is_known_of_the_platform_is_known_here() -> None:
    assert lean.BUILDING_REFS == BUILDING_REFS
    assert tuple(platform.host for platform in PLATFORMS) == lean.HOSTS
    assert lean.RULES == SLUGIGNORE
    assert journal_path(b"/app/.git") == b"/app/.git/" + lean.JOURNAL
