"""Run the user's command as if slugtrim were not there, and read what it prints.

Output passes on unchanged and at once. If it goes to a terminal, the command gets a terminal of the same kind and size;
otherwise a pipe. The command shares our stdin and stays in our process group, so it is in the foreground: it can ask
for a password, and Ctrl-C and Ctrl-Z reach it directly.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import stat
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Sequence

from msgspec import Struct

from slugtrim.builds.log import check_stdin
from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.interrupts import ENDING, Handled

STDIN, STDOUT, STDERR = 0, 1, 2
_READ_BYTES = 1 << 16
_LOOK_SECONDS = 0.1
"""Seconds between checks whether the command has ended: processes that it left may hold its output open."""
_REST_SECONDS = 0.1
"""Seconds to wait in all for output of an ended command, which a terminal may deliver late."""
_REST_BYTES = 2 << 20
"""More than two pipes hold. Anything later was printed by processes that the command left running."""
_OUTPUT_FLAGS = 1
"""Index in the answer of ``tcgetattr``."""

Listen = Callable[[bytes, int], None]
"""Receives output, cut anywhere, and its descriptor: 1 or 2."""


class _Channel(Struct, frozen=True, kw_only=True):
    """Connects the command with one of our outputs, or with both if they are the same."""

    ours: int
    """Where to read what the command prints."""
    its: int
    """Where the command prints."""
    target: int
    """Where the output goes."""
    is_terminal: bool


def relay(command: Sequence[str], listen: Listen) -> int:
    """Run ``command`` and return its exit status, as a shell would: 128 plus the number of a signal.

    Raise ``UsageError`` if it can't be run.
    """
    by_target = _open_channels()
    channels = list({channel.ours: channel for channel in by_target.values()}.values())
    signals = _Signals(channels)
    with signals:
        try:
            process = subprocess.Popen(
                list(command), stdout=_its(by_target.get(STDOUT)), stderr=_its(by_target.get(STDERR))
            )
        except (OSError, ValueError) as error:
            for channel in channels:
                os.close(channel.ours)
            why = getattr(error, "strerror", None) or str(error)
            name = quoted(os.fsencode(command[0]))
            raise UsageError(f"{name}: cannot be run ({why}); write the command as in a shell") from error
        finally:
            for channel in channels:
                os.close(channel.its)
        signals.aim(process)
        _pass_on(process, channels, listen)
        status = process.wait()
    return status if status >= 0 else 128 - status


def _its(channel: _Channel | None) -> int | None:
    return channel.its if channel is not None else None


def pass_through(listen: Listen) -> None:
    """Copy stdin to stdout. Go on reading to the end if stdout is closed."""
    if not _is_open(STDIN):
        raise UsageError("stdin: is closed; pipe a log into it, or name the file of one")
    check_stdin(STDIN)
    is_open = _is_open(STDOUT)
    while data := _read(STDIN):
        is_open = is_open and _write(STDOUT, data)
        listen(data, STDOUT)


def _open_channels() -> dict[int, _Channel]:
    """Return the channel of each output: one for both if they are the same terminal or pipe, to keep the order.

    A closed output has none.
    """
    channels: dict[int, _Channel] = {}
    places: dict[tuple[int, int, int], int] = {}
    for target in filter(_is_open, (STDOUT, STDERR)):
        info = os.fstat(target)
        place = (stat.S_IFMT(info.st_mode), info.st_dev if not info.st_rdev else info.st_rdev, info.st_ino)
        if place in places:
            channels[target] = channels[places[place]]
            continue
        places[place] = target
        channels[target] = _open(target)
    return channels


def _is_open(descriptor: int) -> bool:
    """Return True if the descriptor was open at the start; by now it may be a file of ours."""
    return (sys.__stdin__, sys.__stdout__, sys.__stderr__)[descriptor] is not None


def _open(target: int) -> _Channel:
    if not os.isatty(target):
        ours, its = os.pipe()
        return _Channel(ours=ours, its=its, target=target, is_terminal=False)
    ours, its = os.openpty()
    attributes = termios.tcgetattr(target)
    # The real terminal turns newlines into carriage returns as well; once is enough.
    attributes[_OUTPUT_FLAGS] &= ~termios.OPOST
    termios.tcsetattr(its, termios.TCSANOW, attributes)
    termios.tcsetwinsize(its, termios.tcgetwinsize(target))
    return _Channel(ours=ours, its=its, target=target, is_terminal=True)


def _pass_on(process: subprocess.Popen[bytes], channels: Sequence[_Channel], listen: Listen) -> None:
    """Copy output until all writers have closed it, or until all that the command printed before its end is read."""
    with selectors.DefaultSelector() as selector:
        for channel in channels:
            selector.register(channel.ours, selectors.EVENT_READ, channel)
        has_ended = False
        left_seconds, left_bytes = _REST_SECONDS, _REST_BYTES
        while selector.get_map() and left_bytes > 0:
            begin = time.monotonic()
            ready = selector.select(left_seconds if has_ended else _LOOK_SECONDS)
            if has_ended and not ready:
                break
            if has_ended:
                left_seconds = max(0.0, left_seconds - (time.monotonic() - begin))
            has_ended = has_ended or process.poll() is not None
            for key, _ in ready:
                channel = key.data
                data = _read(channel.ours)
                if has_ended:
                    left_bytes -= len(data)
                if data:
                    listen(data, channel.target)
                if not data or not _write(channel.target, data):
                    selector.unregister(channel.ours)
                    # A process that still prints then learns that nobody reads, as it would without us.
                    os.close(channel.ours)
        for key in selector.get_map().values():
            os.close(key.fd)


def _read(descriptor: int) -> bytes:
    """Return what is available, at least one byte; nothing at the end, which a terminal reports as an error."""
    while True:
        try:
            return os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            _wait_for(descriptor, selectors.EVENT_READ)
        except OSError:
            return b""


def _write(descriptor: int, data: bytes) -> bool:
    """Write all of it; return False if nobody reads."""
    left = memoryview(data)
    while left:
        try:
            left = left[os.write(descriptor, left) :]
        except BlockingIOError:
            _wait_for(descriptor, selectors.EVENT_WRITE)
        except OSError:
            return False
    return True


def _wait_for(descriptor: int, event: int) -> None:
    """Wait until a shared descriptor is ready: another process has made it non-blocking."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, event)
        selector.select()


class _Signals(Handled):
    """Forwards signals to the command within its ``with`` statement; we end after the command.

    Signals from the terminal reach the command directly, since it is in our process group.
    """

    def __init__(self, channels: Sequence[_Channel]) -> None:
        super().__init__((*ENDING, signal.SIGQUIT, signal.SIGWINCH), self._pass_on)
        self._terminals = [channel for channel in channels if channel.is_terminal]
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def aim(self, process: subprocess.Popen[bytes]) -> None:
        """Send the signals that arrived before the command started."""
        self._process = process
        for number in self._waiting:
            process.send_signal(number)

    def _pass_on(self, number: int) -> None:
        if number == signal.SIGWINCH:
            for channel in self._terminals:
                with contextlib.suppress(OSError, termios.error):
                    termios.tcsetwinsize(channel.ours, termios.tcgetwinsize(channel.target))
        elif number in (signal.SIGINT, signal.SIGQUIT) and _is_in_foreground():
            return
        if self._process is None:
            self._waiting.append(number)
        else:
            self._process.send_signal(number)


def _is_in_foreground() -> bool:
    """Return True if keys on the terminal signal our process group. Nothing else sends these two signals there."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
