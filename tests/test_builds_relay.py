"""A command that is run while somebody listens behaves as it does without: what it sees, what is seen of it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import termios
from contextlib import suppress
from pathlib import Path

import pytest

from tests.builders import make_tree
from tests.deploys import Terminal
from tests.pushes import PROGRAM

pytestmark = pytest.mark.full

RECORD = (str(PROGRAM), "builds", "record", "-q", "--")
# Every byte, on both streams, in pieces.
PRINTER = """
import os
data = bytes(range(256)) * 40 + b"\\x1b[31mred\\x1b[m\\r\\n\\n\\r"
for begin in range(0, len(data), 1000):
    os.write(1, data[begin : begin + 1000])
    os.write(2, data[begin : begin + 1000][::-1])
"""
DATA = bytes(range(256)) * 40 + b"\x1b[31mred\x1b[m\r\n\n\r"
REVERSED = b"".join(DATA[begin : begin + 1000][::-1] for begin in range(0, len(DATA), 1000))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return make_tree(tmp_path, {"printer.py": PRINTER})


def drained(control: int) -> bytes:
    seen = b""
    try:
        while piece := os.read(control, 65536):
            seen += piece
    except OSError:
        pass  # how Linux says that nobody holds the terminal any more
    return seen


def test_pipes_get_every_byte_apart(place: Path) -> None:
    done = subprocess.run([*RECORD, sys.executable, "printer.py"], cwd=place, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, DATA, REVERSED)


def test_one_pipe_for_both_keeps_their_order(place: Path) -> None:
    script = "for n in 1 2 3 4 5 6 7 8 9; do echo out$n; echo err$n >&2; done"
    command = [*RECORD, "sh", "-c", script]
    done = subprocess.run(command, cwd=place, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    assert done.stdout == b"".join(b"out%d\nerr%d\n" % (n, n) for n in range(1, 10))


@pytest.mark.parametrize("shared", [True, False])
def test_a_terminal_gets_every_byte_as_without_us(place: Path, shared: bool) -> None:
    def seen(*command: str) -> tuple[bytes, bytes]:
        control, terminal = os.openpty()
        attributes = termios.tcgetattr(terminal)
        attributes[1] &= ~termios.OPOST  # what comes out is what went in
        termios.tcsetattr(terminal, termios.TCSANOW, attributes)
        stdout = terminal if shared else subprocess.PIPE
        with subprocess.Popen(command, cwd=place, stdout=stdout, stderr=terminal) as process:
            os.close(terminal)
            on_terminal = drained(control)
            piped = process.stdout.read() if process.stdout is not None else b""
        os.close(control)
        return on_terminal, piped

    plain = seen(sys.executable, "printer.py")
    assert seen(*RECORD, sys.executable, "printer.py") == plain
    assert plain[1] == (b"" if shared else DATA)


@pytest.mark.parametrize(
    ("stdout", "stderr"), [("terminal", "pipe"), ("pipe", "terminal"), ("pipe", "pipe"), ("terminal", "terminal")]
)
def test_the_command_sees_what_we_have(place: Path, stdout: str, stderr: str) -> None:
    control, terminal = os.openpty()
    termios.tcsetwinsize(terminal, (33, 111))
    script = "import os; print([os.isatty(n) and os.get_terminal_size(n) for n in (1, 2)], file=open('seen', 'w'))"
    ends = {"terminal": terminal, "pipe": subprocess.PIPE}
    with subprocess.Popen(
        [*RECORD, sys.executable, "-c", script], cwd=place, stdout=ends[stdout], stderr=ends[stderr]
    ) as process:
        os.close(terminal)
        process.communicate()
    os.close(control)
    size = repr(os.terminal_size((111, 33)))
    kinds = [size if kind == "terminal" else "False" for kind in (stdout, stderr)]
    assert (place / "seen").read_text() == f"[{', '.join(kinds)}]\n"


def test_stdin_passes_through(place: Path) -> None:
    done = subprocess.run([*RECORD, "cat"], input=DATA, cwd=place, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, DATA, b"")


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 1", 1), ("exit 77", 77), ("kill -9 $$", 137), ("kill -TERM $$", 143)]
)
def test_the_exit_status_is_the_command_s(place: Path, script: str, status: int) -> None:
    done = subprocess.run([*RECORD, "sh", "-c", script], cwd=place, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (status, b"", b"")


def test_a_command_that_cannot_be_run_is_one_line(place: Path) -> None:
    for name, why in (("no-such-program", "No such file or directory"), ("./printer.py", "Permission denied")):
        done = subprocess.run([*RECORD, name], cwd=place, capture_output=True, check=False)
        line = f"slugtrim: {name}: cannot be run ({why}); write the command as in a shell\n"
        assert (done.returncode, done.stdout, done.stderr) == (2, b"", line.encode())


def test_what_the_command_leaves_running_is_not_waited_for(place: Path) -> None:
    os.mkfifo(place / "gate")
    script = "(read line <gate; echo late) & echo begun; exit 3"
    done = subprocess.run([*RECORD, "sh", "-c", script], cwd=place, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (3, b"begun\n")
    (place / "gate").write_text("\n")


def background_process(place: Path) -> int:
    """The process that the command left; it is ended here."""
    pid = int((place / "pid").read_text())
    with suppress(ProcessLookupError):  # it may have ended, because nobody reads what it prints
        os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.parametrize("left", ["sleep 1000", "yes", "while sleep 0.02; do echo tick; done"])
@pytest.mark.parametrize("kind", ["pipe", "terminal"])
def test_it_ends_with_the_command_whatever_is_left_running(place: Path, left: str, kind: str) -> None:
    """Not even a process that prints for ever, or holds the terminal open, is waited for."""
    words = ["sh", "-c", f"sh -c 'echo $$ >pid; {left}' & echo begun; until test -s pid; do sleep 0.02; done; exit 3"]
    if kind == "pipe":
        done = subprocess.run([*RECORD, *words], cwd=place, stdout=subprocess.PIPE, timeout=60, check=False)
        status, seen = done.returncode, done.stdout
    else:
        with Terminal(["builds", "record", "-q", "--", *words], place, os.environ) as terminal:
            terminal.read_until(b"begun")
            status, seen = terminal.process_ended(), terminal.seen
    assert background_process(place) > 0
    assert status == 3
    assert b"begun" in seen


def test_all_that_the_command_printed_is_passed_on_although_others_print(place: Path) -> None:
    script = "yes no & head -c 60000 /dev/zero | tr '\\0' x; echo the end"
    done = subprocess.run([*RECORD, "sh", "-c", script], cwd=place, stdout=subprocess.PIPE, timeout=60, check=False)
    assert done.stdout.count(b"x") == 60_000
    assert b"the end\n" in done.stdout


def test_a_reader_that_leaves_ends_the_command_as_without_us(place: Path) -> None:
    with subprocess.Popen([*RECORD, "yes"], cwd=place, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.read(2) == b"y\n"
        process.stdout.close()
        assert process.wait() == 128 + signal.SIGPIPE


def test_an_output_that_is_closed_stays_closed(place: Path) -> None:
    script = "echo out; echo err >&2"
    command = f'"$@" sh -c "{script}" >&-'
    done = subprocess.run(["sh", "-c", command, "sh", *RECORD], cwd=place, capture_output=True, check=False)
    assert done.stdout == b""
    assert done.stderr.endswith(b"err\n")


def test_an_output_that_does_not_block_gets_every_byte(place: Path) -> None:
    ours, its = os.pipe()
    os.set_blocking(its, False)
    script = "import os; os.write(1, b'ready\\n'); os.write(1, bytes(1_000_000))"
    with subprocess.Popen([*RECORD, sys.executable, "-c", script], cwd=place, stdout=its) as process:
        os.close(its)
        assert os.read(ours, 6) == b"ready\n"
        assert drained(ours) == bytes(1_000_000)
        assert process.wait() == 0
    os.close(ours)


def test_a_stdin_that_is_closed_is_no_log(place: Path) -> None:
    command = f"'{PROGRAM}' builds record - <&-"
    done = subprocess.run(["sh", "-c", command], cwd=place, capture_output=True, check=False)
    line = b"slugtrim: stdin: is closed; pipe a log into it, or name the file of one\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", line)


@pytest.mark.parametrize("script", ["true", "echo '-----> Compiled slug size: 9MB'"])
def test_a_stderr_that_nobody_reads_does_not_change_the_exit_status(place: Path, script: str) -> None:
    command = [str(PROGRAM), "builds", "record", "--", "sh", "-c", f"read line; {script}"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=place, **pipes) as process:  # type: ignore[call-overload]
        process.stderr.close()
        process.stdin.write(b"go\n")
        process.stdin.close()
        process.stdout.read()
    assert process.returncode == 0


COUNTER = """
import os, signal, sys
got = []
signal.signal({signal}, lambda number, frame: got.append(number))
print("ready", flush=True)
while not got:
    signal.pause()
signal.sigtimedwait([], 0.3)
print(len(got), "times", flush=True)
sys.exit(5)
"""


@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT", "SIGQUIT"])
def test_a_signal_to_us_goes_on_to_the_command(place: Path, name: str) -> None:
    script = COUNTER.format(signal=f"signal.{name}")
    command = [*RECORD, sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=place, stdout=subprocess.PIPE, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(getattr(signal, name))
        assert process.stdout.read() == b"1 times\n"
    assert process.returncode == 5


@pytest.mark.parametrize(("key", "name"), [(b"\x03", "SIGINT"), (b"\x1c", "SIGQUIT")])
def test_a_key_of_the_terminal_reaches_the_command_once(place: Path, key: bytes, name: str) -> None:
    script = COUNTER.format(signal=f"signal.{name}")
    with Terminal(["builds", "record", "-q", "--", sys.executable, "-c", script], place, os.environ) as terminal:
        terminal.read_until(b"ready")
        terminal.type(key)
        assert terminal.end() == 5
    assert b"1 times" in terminal.seen


def test_ctrl_c_ends_a_command_that_does_not_handle_it(place: Path) -> None:
    with Terminal(["builds", "record", "--", "sh", "-c", "echo begun; sleep 60"], place, os.environ) as terminal:
        terminal.read_until(b"begun")
        terminal.type(b"\x03")
        assert terminal.end() == 130


def test_another_size_of_the_terminal_reaches_the_command(place: Path) -> None:
    script = """
import os, signal
signal.signal(signal.SIGWINCH, lambda number, frame: None)
print("ready", flush=True)
while os.get_terminal_size(2) != (99, 55):
    signal.sigtimedwait([], 0.02)
print("larger", flush=True)
"""
    with Terminal(["builds", "record", "-q", "--", sys.executable, "-c", script], place, os.environ) as terminal:
        terminal.read_until(b"ready")
        termios.tcsetwinsize(terminal.control, (55, 99))
        terminal.read_until(b"larger")
        assert terminal.end() == 0


def test_a_password_can_be_asked_for_on_the_terminal(place: Path) -> None:
    script = 'printf "Password: " >/dev/tty; read word </dev/tty; test "$word" = secret'
    with Terminal(["builds", "record", "-q", "--", "sh", "-c", script], place, os.environ) as terminal:
        terminal.read_until(b"Password: ")
        terminal.type(b"secret\n")
        assert terminal.end() == 0


def test_a_signal_that_is_ignored_stays_ignored(place: Path) -> None:
    script = "trap '' TERM; exec \"$@\" sh -c 'kill -TERM $PPID; echo still here'"
    done = subprocess.run(["sh", "-c", script, "sh", *RECORD], cwd=place, capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (0, b"still here\n")
