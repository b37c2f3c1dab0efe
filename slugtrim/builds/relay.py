"""Running the user's command as if it ran by itself, while somebody listens to what it prints.

What it prints goes on unchanged, byte for byte, as it comes. Where that is a terminal, the command sees one of the same
kind and size; where it is a pipe or a file, a pipe. Its stdin is ours. It stays in our process group, so that it is in
the foreground as we are: it can ask for a password on the terminal, and Ctrl-C and Ctrl-Z reach it without us.
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
"""Between looks at whether the command has ended: what it left behind may hold its output open."""
_REST_SECONDS = 0.1
"""Spent in all on waiting for what an ended command printed: a terminal may hand that on a moment later."""
_REST_BYTES = 2 << 20
"""No two pipes hold more. Whatever comes behind that was printed by what the command left running."""
_OUTPUT_FLAGS = 1
"""Their place in what ``tcgetattr`` answers."""

Listen = Callable[[bytes, int], None]
"""Gets what is printed, cut anywhere, and to which of the two."""


class _Channel(Struct, frozen=True, kw_only=True):
    """Between the command and one of our outputs, or both where they are the same."""

    ours: int
    """Where to read what the command prints."""
    its: int
    """What it prints to."""
    target: int
    """Where that goes on to."""
    is_terminal: bool


def relay(command: Sequence[str], listen: Listen) -> int:
    """Runs ``command`` to its end. The exit status, as a shell has it: 128 more than its number after a signal.

    Raises ``UsageError`` where it cannot be run.
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
    """Everything on stdin goes to stdout as it comes. Where nobody reads that any more, it is listened to the end."""
    if not _is_open(STDIN):
        raise UsageError("stdin: is closed; pipe a log into it, or name the file of one")
    check_stdin(STDIN)
    is_open = _is_open(STDOUT)
    while data := _read(STDIN):
        is_open = is_open and _write(STDOUT, data)
        listen(data, STDOUT)


def _open_channels() -> dict[int, _Channel]:
    """By output: one for both where these are one terminal or one pipe, so that the order is kept.

    An output that is closed has none.
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
    """Whether it was, when this began: by now a file of ours may have the number."""
    return (sys.__stdin__, sys.__stdout__, sys.__stderr__)[descriptor] is not None


def _open(target: int) -> _Channel:
    if not os.isatty(target):
        ours, its = os.pipe()
        return _Channel(ours=ours, its=its, target=target, is_terminal=False)
    ours, its = os.openpty()
    attributes = termios.tcgetattr(target)
    # The terminal behind it makes carriage returns of newlines; one is enough.
    attributes[_OUTPUT_FLAGS] &= ~termios.OPOST
    termios.tcsetattr(its, termios.TCSANOW, attributes)
    termios.tcsetwinsize(its, termios.tcgetwinsize(target))
    return _Channel(ours=ours, its=its, target=target, is_terminal=True)


def _pass_on(process: subprocess.Popen[bytes], channels: Sequence[_Channel], listen: Listen) -> None:
    """Until nobody holds the other ends open, or all is read that the command printed before it ended."""
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
                    # Whoever goes on printing is told by that that nobody reads, as he would be without us.
                    os.close(channel.ours)
        for key in selector.get_map().values():
            os.close(key.fd)


def _read(descriptor: int) -> bytes:
    """What is there, at least a byte; none at the end, which a terminal reports as an error."""
    while True:
        try:
            return os.read(descriptor, _READ_BYTES)
        except BlockingIOError:
            _wait_for(descriptor, selectors.EVENT_READ)
        except OSError:
            return b""


def _write(descriptor: int, data: bytes) -> bool:
    """All of it; False where nobody takes it."""
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
    """Somebody else made what we share not block."""
    with selectors.DefaultSelector() as selector:
        selector.register(descriptor, event)
        selector.select()


class _Signals(Handled):
    """In its ``with`` statement signals are the command's to act on: they go on to it, and we end when it has.

    What the terminal sends has reached it already, for it is in our group.
    """

    def __init__(self, channels: Sequence[_Channel]) -> None:
        super().__init__((*ENDING, signal.SIGQUIT, signal.SIGWINCH), self._pass_on)
        self._terminals = [channel for channel in channels if channel.is_terminal]
        self._process: subprocess.Popen[bytes] | None = None
        self._waiting: list[int] = []

    def aim(self, process: subprocess.Popen[bytes]) -> None:
        """The command runs: what came before goes to it now."""
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
    """Whether a key of the terminal sends signals to our process group: nobody else sends these two there."""
    try:
        terminal = os.open("/dev/tty", os.O_RDONLY | os.O_NOCTTY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return os.tcgetpgrp(terminal) == os.getpgrp()
    finally:
        os.close(terminal)
