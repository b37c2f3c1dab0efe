"""One run of a command: how it ended is told, and nothing of it is left."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from slugtrim.errors import SourceError
from slugtrim.interrupts import Interrupted
from slugtrim.suggester.records import Ending
from slugtrim.verifier.trial import Tail, environment, run
from tests.builders import git, make_repo
from tests.rows import each_row


def ending(command: str, directory: Path, limit_seconds: float = 20.0) -> Ending:
    return run(command, os.fsencode(directory), limit_seconds, lambda: None)


def is_running(pid: int) -> bool:
    """Whether there is such a process, and it is not one that only waits to be buried."""
    if sys.platform == "linux":
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in ("Z", "X")
        except OSError:
            return False
    return subprocess.run(["ps", "-p", str(pid)], capture_output=True, check=False).returncode == 0


def is_gone_soon(pid: int) -> bool:
    until = time.monotonic() + 5
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)


@each_row(
    "command, status, signal_number, told",
    [
        ("true", 0, None, "exit status 0"),
        ("exit 3", 3, None, "exit status 3"),
        ("kill -9 $$", None, 9, "ended by signal 9 (SIGKILL)"),
        ("kill -40 $$", None, 40, "ended by signal 40 (a real-time one)"),
        ("no-such-command", 127, None, "exit status 127"),
    ],
)
def test_how_it_ended_is_told(
    command: str, status: int | None, signal_number: int | None, told: str, tmp_path: Path
) -> None:
    found = ending(command, tmp_path)
    assert (found.status, found.signal, found.timed_out) == (status, signal_number, False)
    assert found.passed == (status == 0)
    assert found.told(900) == told


def test_both_outputs_are_kept_in_their_order(tmp_path: Path) -> None:
    found = ending("echo one; echo two >&2; echo; printf three", tmp_path)
    assert found.lines == ("one", "two", "three")


def test_it_runs_there_without_an_input(tmp_path: Path) -> None:
    found = ending('cat; pwd -P; echo "$PWD"; ls', tmp_path)
    assert found.lines == (".", ".")
    assert ending('test "$PWD" = "$(pwd -P)"', tmp_path.resolve()).passed


def test_a_directory_is_not_shown_where_names_in_it_are(tmp_path: Path) -> None:
    assert ending('echo "$PWD/a.py:3: no"; exit 1', tmp_path).lines == ("a.py:3: no",)


def test_after_its_time_all_of_it_is_ended(tmp_path: Path) -> None:
    begin = time.monotonic()
    found = ending("sh -c 'echo $$ > inner; sleep 60' & echo begun; wait", tmp_path, 0.5)
    assert time.monotonic() - begin < 5
    assert (found.timed_out, found.passed, found.lines) == (True, False, ("begun",))
    assert found.told(90) == "no end within 1m30s"
    assert is_gone_soon(int((tmp_path / "inner").read_text()))


def test_what_will_not_end_is_ended(tmp_path: Path) -> None:
    found = ending("trap '' TERM; echo $$ > pid; while :; do sleep 1; done", tmp_path, 0.3)
    assert found.timed_out
    assert is_gone_soon(int((tmp_path / "pid").read_text()))


def test_a_script_may_clean_up_after_itself(tmp_path: Path) -> None:
    assert ending("trap 'touch cleaned; exit 1' TERM; sleep 60 & wait", tmp_path, 0.3).timed_out
    assert (tmp_path / "cleaned").exists()


def test_what_it_left_in_the_background_is_ended_and_not_waited_for(tmp_path: Path) -> None:
    begin = time.monotonic()
    found = ending("sleep 60 & echo $! > pid; echo done", tmp_path)
    assert time.monotonic() - begin < 5
    assert (found.status, found.lines) == (0, ("done",))
    assert is_gone_soon(int((tmp_path / "pid").read_text()))


@pytest.mark.skipif(sys.platform != "linux", reason="what left the session is known by its environment in /proc")
def test_a_server_that_left_the_session_is_ended_as_well(tmp_path: Path) -> None:
    script = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
    found = ending(f'setsid {sys.executable} -c "{script}" & while ! test -s pid; do sleep 0.05; done', tmp_path)
    assert found.passed
    assert is_gone_soon(int((tmp_path / "pid").read_text()))


DAEMON = """
import os, time
if os.fork():
    os._exit(0)
os.setsid()
if os.fork():
    os._exit(0)
os.execve("/bin/sh", ["sh", "-c", "echo $$ > pid; sleep 60 & echo $! > child; wait"], {"PATH": os.environ["PATH"]})
"""
LINUX = pytest.mark.skipif(sys.platform != "linux", reason="Linux makes the orphans of a command our children")


def is_subreaper() -> bool:
    value = ctypes.c_int()
    ctypes.CDLL(None).prctl(37, ctypes.byref(value), *(ctypes.c_ulong(),) * 3)
    return bool(value.value)


@LINUX
@pytest.mark.parametrize("ended", ["by itself", "by its time"])
def test_a_daemon_without_session_and_environment_is_ended_as_well(tmp_path: Path, ended: str) -> None:
    (tmp_path / "daemon.py").write_text(DAEMON)
    rest = "sleep 60" if ended == "by its time" else "exit 0"
    command = f"{sys.executable} daemon.py; while ! test -s child; do sleep 0.02; done; {rest}"
    found = ending(command, tmp_path, 3 if ended == "by its time" else 20)
    assert found.timed_out == (ended == "by its time")
    for name in ("pid", "child"):
        assert not is_running(int((tmp_path / name).read_text()))
    with pytest.raises(ChildProcessError):  # nor does it wait to be buried
        os.waitpid(int((tmp_path / "pid").read_text()), os.WNOHANG)
    assert not is_subreaper()


@LINUX
def test_a_shell_that_cleared_the_environment_of_many_is_rid_of_all(tmp_path: Path) -> None:
    script = "for n in 1 2 3 4 5 6 7 8 9; do env -i setsid sh -c 'echo $$ >> pids; exec sleep 60' & done"
    assert ending(f"{script}; while test $(cat pids | wc -l) -lt 9; do sleep 0.02; done", tmp_path).passed
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert (len(pids), [pid for pid in pids if is_running(pid)]) == (9, [])


@LINUX
def test_orphans_that_end_by_themselves_do_not_pile_up(tmp_path: Path) -> None:
    script = "for n in 1 2 3 4 5; do (sh -c 'exit 0' &) ; done; sleep 0.5; grep -l '^State:.Z' /proc/[0-9]*/status"
    found = ending(f"{script} | xargs -r grep '^PPid:' | grep -c ':.'$PPID", tmp_path)
    assert found.lines[-1:] == ("0",)


@LINUX
def test_children_of_ours_are_not_the_command_s(tmp_path: Path) -> None:
    with subprocess.Popen(["sh", "-c", "sleep 60 & echo $!; wait"], stdout=subprocess.PIPE) as mine:
        assert mine.stdout is not None
        inner = int(mine.stdout.readline())
        with subprocess.Popen(["true"]) as ended:
            os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
            assert ending("setsid sleep 60 & exit 0", tmp_path).passed
            assert ended.wait() == 0
        assert mine.poll() is None
        assert is_running(inner)
        os.kill(inner, signal.SIGKILL)
    assert mine.returncode == 0


def test_a_command_that_closes_its_output_is_waited_for(tmp_path: Path) -> None:
    found = ending("echo last; exec >&- 2>&-; sleep 0.4; exit 7", tmp_path)
    assert (found.status, found.lines) == (7, ("last",))
    assert found.seconds > 0.3


def test_a_hundred_megabytes_of_output_take_no_memory(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = ending("head -c 100000000 /dev/zero | tr '\\0' x; echo; echo the end; exit 1", tmp_path)
    assert found.lines[-1] == "the end"
    assert all(len(line) <= 300 for line in found.lines)
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown * (1 if sys.platform == "darwin" else 1024) < 20 << 20


def test_it_is_ended_when_the_user_wants_it(tmp_path: Path) -> None:
    def check() -> None:
        if (tmp_path / "pid").exists() and (tmp_path / "pid").read_text():
            raise Interrupted

    with pytest.raises(Interrupted):
        run("echo $$ > pid; sleep 60", os.fsencode(tmp_path), 60, check)
    assert is_gone_soon(int((tmp_path / "pid").read_text()))


def test_without_a_shell_it_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SourceError) as caught:
        ending("true", tmp_path)
    why = "the command cannot be run (No such file or directory); fix that, or name another"
    assert str(caught.value) == f"--verify: {why}"


def test_a_command_no_system_takes_is_one_line(tmp_path: Path) -> None:
    for command in ("a\0b", "x" * (4 << 20)):
        with pytest.raises(SourceError, match=r"^--verify: the command cannot be run \("):
            ending(command, tmp_path)


def test_its_git_never_finds_another_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither that of the variables, nor one that the temporary directory lies in."""
    outer = make_repo(tmp_path / "outer", {"a": "x"})
    place = outer / "tmp/app"
    place.mkdir(parents=True)
    monkeypatch.setenv("GIT_DIR", str(outer / ".git"))
    monkeypatch.setenv("GIT_WORK_TREE", str(outer))
    monkeypatch.setenv("GIT_INDEX_FILE", str(outer / ".git/index"))
    monkeypatch.setenv("GIT_AUTHOR_NAME", "Me")
    found = ending("git rev-parse --git-dir", place)
    assert found.status == 128
    assert "not a git repository" in found.lines[0]
    assert ending('test "$GIT_AUTHOR_NAME" = Me', place).passed
    assert ending("git init -q . && git rev-parse --git-dir", place).lines[-1] == ".git"


def test_all_that_git_calls_local_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    names = git(make_repo(tmp_path / "repo", {}), "rev-parse", "--local-env-vars").decode().split()
    assert len(names) > 10
    for name in names:
        monkeypatch.setenv(name, "x")
    assert set(names) & set(environment(os.fsencode(tmp_path), "mark")) == set()


@each_row(
    "printed, lines",
    [
        (b"", ()),
        (b"\n\n  \n", ()),
        (b"\x1b[1;31mred\x1b[0m\n", ("red",)),
        (b"\x1b]0;title\x07x\x1b]8;;http://a\x1b\\y\n", ("xy",)),
        (b"a\x00b\x07c\x7f\x9b\n", ("a?b?c?\ufffd",)),
        ("\u202eevil \u200b\x85 caf\u00e9\n".encode(), ("?evil ?? caf\u00e9",)),
        (b"10 %\r50 %\r100 %\r\ndone\r\n", ("100 %", "done")),
        (b"a\tb", ("a   b",)),
        (b"\xff\xfe\n", ("\ufffd\ufffd",)),
        (b"x" * 400 + b"\n", ("x" * 299 + "\u2026",)),
        (b"at /the/place/a.rb in /the/place\n", ("at a.rb in .",)),
        (b"".join(b"%d\n" % number for number in range(30)), tuple(str(number) for number in range(10, 30))),
        (b"y" * 70_000 + b"\nend\n", ("end",)),
    ],
)
def test_the_last_lines_are_fit_to_be_shown(printed: bytes, lines: tuple[str, ...]) -> None:
    tail = Tail(b"/the/place")
    for at in range(0, len(printed), 1000):
        tail.add(printed[at : at + 1000])
    assert tail.lines() == lines
    whole = Tail(b"/the/place")
    whole.add(printed)
    assert whole.lines() == lines


def test_an_ignored_interrupt_stays_ignored(tmp_path: Path) -> None:
    """As in a job in the background of a script."""
    script = "import signal; from slugtrim.interrupts import Interrupts\n"
    script += "with Interrupts() as found:\n    signal.raise_signal(signal.SIGINT); found.check(); print('on')\n"
    ignoring = f"trap '' INT; exec {sys.executable} -c \"$1\""
    done = subprocess.run(["sh", "-c", ignoring, "sh", script], capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"on\n", b"")
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
