"""SIGTERM, SIGHUP and SIGKILL at twenty points of the work: the old or the new state, and nothing left behind."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from slugtrim.builds.journal import read_journal
from slugtrim.cli import main
from slugtrim.interrupts import Interrupts, Raised, Terminated
from tests.archives import entry, packed
from tests.builders import Content, make_repo, make_tree
from tests.command_line import COMMAND
from tests.deploys import build_log
from tests.struck import MARK, POINTS, Outcome, strike

FOREIGN = "#!/bin/sh\nexit 0\n"
LINES = "/log\r\n/log\r\n/spec\n!README.md\n"
APPLICATION: dict[bytes | str, Content] = {
    "Procfile": "web: ruby app.rb\n",
    "app.rb": "puts 1\n",
    "design/a.psd": os.urandom(300_000),
    "docs/x.md": os.urandom(150_000).hex(),
    "spec/a_spec.rb": "x" * 9000,
}
Look = Callable[[Path], object]
"""What is to be seen of the work in a directory."""


def files(root: Path) -> dict[str, bytes | None]:
    """All below a directory, but for what git itself keeps."""
    found: dict[str, bytes | None] = {}
    for path in sorted(root.rglob("*")):
        name = str(path.relative_to(root))
        if not name.startswith(".git/") or name.startswith((".git/hooks", ".git/slugtrim")):
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def copies(original: Path, count: int) -> list[Path]:
    roots = []
    for number in range(count):
        root = original.parent / f"run{number}" / original.name
        shutil.copytree(original, root, symlinks=True)
        (root.parent / "tmp").mkdir()
        roots.append(root)
    return roots


def struck(
    original: Path, arguments: Sequence[str], look: Look, number: int, *, is_repeated: bool = False
) -> tuple[object, object, list[tuple[Outcome, Path, object]]]:
    """What is seen before and after an undisturbed run, and each struck run with its directory and what is seen."""
    roots = copies(original, POINTS + 2)
    old = look(roots[-1])
    whole, *outcomes = strike(arguments, roots, number, is_repeated=is_repeated)
    assert whole.status in (0, 1), whole
    assert whole.points >= POINTS
    new = look(roots[1])
    assert old != new
    runs = [(outcome, root, look(root)) for outcome, root in zip(outcomes, roots[2:], strict=True)]
    return old, new, runs


def left_running(marks: set[bytes]) -> list[str]:
    """The process ids of what was started with one of these marks."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            if not marks.isdisjoint(path.read_bytes().split(b"\0")):
                found.append(path.parent.name)
        except OSError:
            pass
    return found


def assert_nothing_left(roots: Sequence[Path]) -> None:
    assert [root for root in roots if os.listdir(root.parent / "tmp")] == []
    marks = {f"{MARK}={root.parent}".encode() for root in roots}
    until = time.monotonic() + 10
    while left_running(marks):
        assert time.monotonic() < until
        time.sleep(0.02)


def assert_old_or_new(original: Path, arguments: Sequence[str], number: int, look: Look = files) -> None:
    old, new, runs = struck(original, arguments, look, number, is_repeated=number == signal.SIGHUP)
    for outcome, _, state in runs:
        assert outcome.status == -number, outcome
        assert "Traceback" not in outcome.stderr
        assert state in (old, new), outcome
    assert_nothing_left([root for _, root, _ in runs])
    assert old in [state for *_, state in runs]


SIGNALS = pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGTERM, id="SIGTERM", marks=pytest.mark.full),
        pytest.param(signal.SIGHUP, id="SIGHUP, then more", marks=pytest.mark.long),
    ],
)
"""The second takes the same way through the code, and twice the time."""


@pytest.fixture
def application(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "app", {**APPLICATION, ".slugignore": LINES})


@SIGNALS
@pytest.mark.parametrize("is_new", [True, False])
def test_extract(tmp_path: Path, number: int, is_new: bool) -> None:
    contents = (entry(f"./app/lib/{n % 7}/{n}.rb", b"x" * 3000) for n in range(72))
    root = make_tree(tmp_path / "place", {} if is_new else {"out": None})
    (root / "slug.tgz").write_bytes(packed(entry("./app/Procfile", b"web: run\n"), *contents))
    assert_old_or_new(root, ["inspect", "slug.tgz", "--extract", "out"], number)


@SIGNALS
def test_inspect_cleanup(tmp_path: Path, number: int) -> None:
    manifest = b'{"name": "shop"}\n'
    root = make_tree(tmp_path / "place", {"app/package.json": manifest})
    cache = entry("./app/node_modules/.cache/a", b"x" * 3000)
    (root / "slug.tgz").write_bytes(packed(entry("./app/package.json", manifest), cache))
    assert_old_or_new(root, ["inspect", "slug.tgz", "--cleanup", "app"], number)


@SIGNALS
def test_suggest_write(application: Path, number: int) -> None:
    assert_old_or_new(application, ["suggest", "--write"], number)


@SIGNALS
def test_lint_fix(application: Path, number: int) -> None:
    assert_old_or_new(application, ["lint", "--fix"], number)


@SIGNALS
@pytest.mark.parametrize(
    ("budget", "before"), [([], FOREIGN), (["--budget", "50MB"], None)], ids=["beside another", "with a budget"]
)
def test_hook_install(application: Path, number: int, budget: list[str], before: str | None) -> None:
    if before is not None:
        make_tree(application, {".git/hooks/pre-push*": before})
    assert_old_or_new(application, ["hook", "install", *budget], number)


def remembered(root: Path) -> int:
    others = {name for name in files(root) if name.startswith(".git/slugtrim/")}
    assert others <= {".git/slugtrim/builds.jsonl"}
    journal = read_journal(bytes(root / ".git"))
    assert journal.skipped == ()
    return len(journal.builds)


@SIGNALS
def test_builds_record(application: Path, number: int) -> None:
    make_tree(application, {"build.log": build_log("9MB")})
    assert_old_or_new(application, ["builds", "record", "build.log"], number, remembered)


@SIGNALS
def test_builds_record_of_a_command(application: Path, number: int) -> None:
    """While the command runs, the signal is the command's: it may end by it, or have ended."""
    make_tree(application, {"build.log": build_log("9MB")})
    command = ["builds", "record", "--", "cat", "build.log"]
    old, new, runs = struck(application, command, remembered, number)
    assert (old, new) == (0, 1)
    for outcome, _, state in runs:
        assert outcome.status in (0, -number, 128 + number), outcome
        assert state in (old, new), outcome
    assert_nothing_left([root for _, root, _ in runs])


@SIGNALS
def test_suggest_verify(application: Path, number: int) -> None:
    command = ["suggest", "--write", "--verify", "sleep 60 & env -i setsid sleep 61 & cat app.rb"]
    assert_old_or_new(application, command, number)


@pytest.mark.full
@pytest.mark.parametrize(
    "arguments",
    [
        ["suggest", "--write"],
        ["lint", "--fix"],
        ["hook", "install", "--budget", "50MB"],
        ["builds", "record", "build.log"],
    ],
    ids=" ".join,
)
def test_after_sigkill_each_file_is_whole(application: Path, arguments: list[str]) -> None:
    make_tree(application, {"build.log": build_log("9MB"), ".git/hooks/pre-push*": FOREIGN})

    def changed(root: Path) -> tuple[bytes | None, ...]:
        found = files(root)
        names = (".slugignore", "slugtrim.toml", ".git/hooks/pre-push", ".git/slugtrim/builds.jsonl")
        return *(found.get(name) for name in names[:-1]), bytes([remembered(root)])

    old, new, runs = struck(application, arguments, changed, signal.SIGKILL)
    assert isinstance(old, tuple)
    assert isinstance(new, tuple)
    for outcome, _, state in runs:
        assert outcome.status == -signal.SIGKILL
        assert isinstance(state, tuple)
        for each, before, after in zip(state, old, new, strict=True):
            assert each in (before, after), outcome


# Handlers


def test_handlers_are_as_before_when_main_returns(tmp_path: Path) -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    assert main(["--version"]) == 0
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_signal_that_is_ignored_stays_ignored(application: Path) -> None:
    """As with nohup."""
    script = f"trap '' HUP; exec {sys.executable} -c \"$1\""
    inner = "import os; from slugtrim.interrupts import Raised\nwith Raised(): os.kill(os.getpid(), 1); print(1)"
    done = subprocess.run(["sh", "-c", script, "sh", inner], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"1\n", b"")


def test_a_further_signal_does_not_cut_the_clean_up_short() -> None:
    cleaned = []
    with pytest.raises(Terminated) as caught, Raised():  # noqa: PT012  # the signals are what is raised
        try:
            signal.raise_signal(signal.SIGTERM)
        finally:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGHUP)
            cleaned.append(True)
    assert (caught.value.number, cleaned) == (signal.SIGTERM, [True])


def test_a_signal_that_was_swallowed_is_not_the_last() -> None:
    reached: list[int] = []
    with Raised():
        for number, kind in ((signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Terminated)):
            with suppress(kind):
                signal.raise_signal(number)
                reached.append(number)
    assert reached == []


def test_what_is_put_off_comes_afterwards_and_the_first_counts() -> None:
    reached = []
    with pytest.raises(Terminated) as caught, Raised(), Interrupts():  # noqa: PT012  # the same
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(signal.SIGINT)
        reached.append(True)
    assert (caught.value.number, reached) == (signal.SIGHUP, [True])


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, -15), (signal.SIGHUP, -1)])
def test_the_parent_process_sees_the_signal(tmp_path: Path, number: int, code: int) -> None:
    with subprocess.Popen([*COMMAND, "builds", "record", "-"], cwd=tmp_path, stdin=-1, stdout=-1, stderr=-1) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"begun\n")
        process.stdin.flush()
        assert process.stdout.readline() == b"begun\n"
        process.send_signal(number)
        _, stderr = process.communicate()
    assert (process.returncode, stderr) == (code, b"")
