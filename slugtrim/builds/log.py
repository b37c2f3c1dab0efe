"""Read the log of a build line by line, from a file, stdin or a running command."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from typing import NamedTuple

from slugtrim.builds.build import BuildOutcome, PrintedSize, PushLines, Told, app_of_url
from slugtrim.builds.starts import StartReader
from slugtrim.builds.tools import MAY_MATTER as MAY_MATTER_TOOLS
from slugtrim.builds.tools import ToolReader
from slugtrim.errors import UsageError
from slugtrim.files import quoted
from slugtrim.platforms import BUILD_LOG, RUNNING_LOG
from slugtrim.units import GIB, KIB, MIB

_LINE_LIMIT_BYTES = 2000
"""Bytes of a line that are read; no useful line is longer."""
_END = re.compile(rb"[\r\n]")
"""A carriage return ends a line as well, since progress bars overwrite a line."""

# Control sequences (ECMA-48): CSI, the strings that OSC and others begin, and sequences of two characters.
_CODES = re.compile(
    rb"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\r\n]*(?:\x07|\x1b\\)?|[ -/]*[0-~])|[\0-\x08\x0e-\x1f\x7f]"
)
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x1f\x7f]")
# Prefixes that CI systems write before each line: date and time, or time; GitLab adds number and kind of a stream.
_TIME = re.compile(
    rb"\[?(?:\d{4}-\d\d-\d\d[T ])?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?\]?(?: \d\d[OE]\+?)?(?:[ \t]|$)"
)
_REMOTE = re.compile(rb"remote:(?:[ \t]|$)")


class LogLine(NamedTuple):
    """One line without its surroundings."""

    text: bytes
    is_remote: bool
    """True if git passed it on from the remote, after ``remote:``."""
    time: bytes = b""
    """The last of the times before it, as printed."""


class LogLines:
    """Cuts output into lines and passes on those that matter to ``take``; all of them while ``wants_all`` is true.

    A line matters if ``may_matter`` matches in it, after removing terminal codes. The pattern must not match across
    lines. It is searched in each chunk as a whole, so that most output costs no more than that.
    """

    def __init__(
        self, take: Callable[[LogLine], None], may_matter: re.Pattern[bytes], wants_all: Callable[[], bool]
    ) -> None:
        self._take = take
        self._may_matter = may_matter
        self._wants_all = wants_all
        self._begun = b""

    def feed(self, data: bytes) -> None:
        """Add output, cut anywhere."""
        end = max(data.rfind(b"\n"), data.rfind(b"\r")) + 1
        begin = 0
        if end and self._begun:
            begin = _end_of_line(data, 0) + 1
            self._end(data[: begin - 1])
        self._take_whole(data[begin:end])
        self._begun += data[end : end + _LINE_LIMIT_BYTES - len(self._begun)]

    def end(self) -> None:
        """Finish: the last line may lack a newline."""
        self._end(b"")

    def _take_whole(self, lines: bytes) -> None:
        has_codes = _CONTROL.search(lines) is not None
        # A line is cut to the limit with its codes, so those of a long line stay until then.
        is_each_taken = has_codes and _may_hold_a_long_line(lines)
        if has_codes and not is_each_taken:
            lines = _CODES.sub(b"", lines)
        at = 0
        while at < len(lines):
            stop = at
            if not is_each_taken and not self._wants_all():
                match = self._may_matter.search(lines, at)
                if match is None:
                    return
                at = max(at, lines.rfind(b"\n", at, match.start()) + 1, lines.rfind(b"\r", at, match.start()) + 1)
                stop = match.end()
            stop = _end_of_line(lines, stop)
            self._take(bare(lines[at : min(stop, at + _LINE_LIMIT_BYTES)]))
            at = stop + 1

    def _end(self, part: bytes) -> None:
        line, self._begun = (self._begun + part)[:_LINE_LIMIT_BYTES], b""
        self._take(bare(line))


def _end_of_line(lines: bytes, at: int) -> int:
    """Return the end of the line that holds ``at``; there is one."""
    match = _END.search(lines, at)
    assert match is not None
    return match.start()


def _may_hold_a_long_line(lines: bytes) -> bool:
    """Return True if a line may exceed the limit: it would cover one of these stretches."""
    half = _LINE_LIMIT_BYTES // 2
    return any(_END.search(lines, at, at + half) is None for at in range(0, len(lines), half))


def bare(line: bytes) -> LogLine:
    """Return a line without terminal codes, leading time and ``remote:``."""
    text = _CODES.sub(b"", line)
    time = b""
    while (match := _TIME.match(text)) is not None:
        text, time = text[match.end() :], match[0]
    is_remote = False
    while (match := _REMOTE.match(text)) is not None:
        text = text[match.end() :]
        is_remote = True
    return LogLine(text.rstrip(), is_remote, time.rstrip())


def open_log(name: str) -> int:
    """Open the file of a log and return its descriptor.

    Raises ``UsageError`` if it cannot be read or is not a regular file.
    """
    shown = quoted(os.fsencode(name))
    try:
        # Non-blocking, since opening a FIFO would wait for a writer.
        descriptor = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"{shown}: cannot be read ({why}); name the file of a log, or - for stdin") from error
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise UsageError(f"{shown}: is {_kind(mode)}; name the file of a log, or - for stdin")
    return descriptor


def check_stdin(descriptor: int) -> None:
    """Raise ``UsageError`` if stdin is a device that may never end. Terminals and the null device are fine."""
    info = os.fstat(descriptor)
    is_finite = os.isatty(descriptor) or info.st_rdev == os.stat(os.devnull).st_rdev
    if stat.S_ISBLK(info.st_mode) or (stat.S_ISCHR(info.st_mode) and not is_finite):
        raise UsageError("stdin: is a device; pipe a log into it, or name the file of one")


def _kind(mode: int) -> str:
    if stat.S_ISDIR(mode):
        return "a directory"
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    return "a device" if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else "not a regular file"


_UNITS = {"": 1, "K": KIB, "M": MIB, "G": GIB}
_MOST_BYTES = 1024 * GIB
"""A log with a larger size is ignored."""
_MOST_BUILDPACKS = 20
_NAME_CHARACTERS = 200

# A build step has an arrow before it; the patterns below write it as ``>``.
_ARROW = re.compile(rb"[-=]{3,7}>\s+")
_LOG = BUILD_LOG
_BEGIN = re.compile(_LOG.begin)
_USING = re.compile(_LOG.using_buildpack)
_LISTED = re.compile(_LOG.listed_buildpack)
_DETECTED = re.compile(_LOG.detected)
_FRAMEWORK = re.compile(_LOG.framework)
_DELETING = re.compile(_LOG.deleting)
_COMPRESSING = re.compile(_LOG.compressing)
_DONE = re.compile(_LOG.done)
_COMPILED = re.compile(_LOG.compiled)
_SOFT = re.compile(_LOG.soft_limit)
_RELEASED = re.compile(_LOG.released)
_DEPLOYED = re.compile(_LOG.deployed)
_FAILED = re.compile(_LOG.failed)
_ADDRESS = re.compile(_LOG.address)
_ADDRESS_SUFFIX = re.compile(_LOG.address_suffix)
_TELLING = re.compile(_LOG.telling)


_MAY_MATTER = re.compile(
    _LOG.may_matter
    + rb"|"
    + RUNNING_LOG.may_matter
    + rb"|"
    + MAY_MATTER_TOOLS
    + rb"|Everything up-to-date|:(?<=error:) failed|:(?<=fatal:) |To \S|\t(?<=[ +*=!t-]\t)[^\t\r\n]"
)
"""Matches every line that changes what is known, except lines of lists: a superset of the patterns below."""


class LogReader:
    """Parses a log with several streams, each cut into lines separately. It keeps only a few facts.

    The last statement counts. When another build begins after one has ended, only the failure of a push is kept.
    """

    def __init__(self) -> None:
        self._streams: dict[int, LogLines] = {}
        self._push = PushLines()
        self._starts = StartReader()
        self._is_failed = False
        self._forget()

    def _forget(self) -> None:
        self._tools = ToolReader()
        self._is_built = False
        self._is_refused = False
        self._is_too_large = False
        self._is_listing = False
        self._is_compressing = False
        self._named: list[str] = []
        self._detected: list[str] = []
        self._deleting: int | None = None
        self._slug: PrintedSize | None = None
        self._release: int | None = None
        self._deployed: str | None = None

    def feed(self, data: bytes, stream: int = 1) -> None:
        """Add output of a stream, cut anywhere."""
        if stream not in self._streams:
            self._streams[stream] = LogLines(self._take, _MAY_MATTER, self._wants_all)
        self._streams[stream].feed(data)

    def _wants_all(self) -> bool:
        return self._is_listing or self._tools.is_listing

    def end(self) -> Told:
        """Return what the log says."""
        for lines in self._streams.values():
            lines.end()
        self._streams = {}
        push = self._push
        pushed_to = app_of_url(push.url) if push.url is not None else None
        return Told(
            outcome=self._outcome(),
            slug=self._slug,
            buildpacks=tuple(self._named or self._detected),
            deleting=self._deleting,
            release=self._release,
            app=pushed_to or _app_of_address(self._deployed),
            url=push.url,
            ref=push.ref,
            is_built=self._is_built,
            is_failed=self._is_failed or self._is_refused or push.is_failed,
            is_up_to_date=push.is_up_to_date,
            tools=self._tools.end(),
            starts=self._starts.end(),
            has_running=self._starts.is_found,
        )

    def _outcome(self) -> BuildOutcome | None:
        if self._slug is None:
            return None
        if self._is_too_large:
            return BuildOutcome.TOO_LARGE
        if self._is_refused or (self._push.ref is not None and self._push.is_refused):
            return BuildOutcome.FAILED
        is_released = self._release is not None or self._deployed is not None
        return BuildOutcome.RELEASED if is_released else BuildOutcome.BUILT

    def _take(self, line: LogLine) -> None:
        if not line.is_remote:
            if self._starts.take(line.text, line.time):
                return
            self._push.take(line.text)
        text = line.text.strip()
        arrow = _ARROW.match(text)
        if arrow is not None:
            text = b"> " + text[arrow.end() :]
        is_telling = _TELLING.search(line.text) is not None
        if is_telling and _BEGIN.match(text):
            self._begin()
        self._tools.take(text)
        if not is_telling:
            self._is_listing = self._is_listing and not text
            return
        if arrow is not None:
            self._is_listing = self._is_compressing = False
        for pattern, take in self._facts:
            match = pattern.match(text)
            if match is not None:
                take(self, match)
                return

    def _begin(self) -> None:
        if self._slug is not None or self._is_refused or self._push.url is not None:
            self._is_failed = self._is_failed or self._is_refused or self._push.is_failed
            self._push = PushLines()
            self._forget()
        self._is_built = True

    def _use(self, match: re.Match[bytes]) -> None:
        self._is_built = True
        self._named = [_name(match[1])] if match[1] else []
        self._is_listing = not match[1]

    def _list(self, match: re.Match[bytes]) -> None:
        if self._is_listing and len(self._named) < _MOST_BUILDPACKS:
            self._named.append(_name(match[1]))

    def _detect(self, match: re.Match[bytes]) -> None:
        self._is_built = True
        name = _name(match[1])
        if name != "Multipack" and name not in self._detected and len(self._detected) < _MOST_BUILDPACKS:
            self._detected.append(name)

    def _delete(self, match: re.Match[bytes]) -> None:
        self._deleting = int(match[1])

    def _compress(self, match: re.Match[bytes]) -> None:
        self._is_compressing = True
        done = _DONE.search(match.string)
        if done is not None:
            self._done(done)

    def _done(self, match: re.Match[bytes]) -> None:
        if self._is_compressing:
            self._weigh(match[1])

    def _compiled(self, match: re.Match[bytes]) -> None:
        self._weigh(match[1])
        if match[2]:
            self._is_too_large = self._is_refused = True

    def _warn(self, match: re.Match[bytes]) -> None:
        """The warning has whole megabytes, so it counts only without a better number."""
        if self._slug is None:
            self._weigh(match[1], is_whole=True)

    def _weigh(self, text: bytes, *, is_whole: bool = False) -> None:
        size = _printed(text, is_whole=is_whole)
        if size is not None:
            self._is_built = True
            self._slug = size

    def _released(self, match: re.Match[bytes]) -> None:
        self._release = int(match[1] or match[2])

    def _deploy(self, match: re.Match[bytes]) -> None:
        self._deployed = _name(match[1])

    def _refuse(self, match: re.Match[bytes]) -> None:
        self._is_refused = True

    _facts: tuple[tuple[re.Pattern[bytes], Callable[[LogReader, re.Match[bytes]], None]], ...] = (
        (_USING, _use),
        (_LISTED, _list),
        (_DETECTED, _detect),
        (_FRAMEWORK, _detect),
        (_DELETING, _delete),
        (_COMPRESSING, _compress),
        (_DONE, _done),
        (_COMPILED, _compiled),
        (_SOFT, _warn),
        (_RELEASED, _released),
        (_DEPLOYED, _deploy),
        (_FAILED, _refuse),
    )


def _name(text: bytes) -> str:
    """Return a name from a log, cut to the length of real names."""
    return text.decode("utf-8", "replace")[:_NAME_CHARACTERS].strip()


def _app_of_address(address: str | None) -> str | None:
    """Return the name in the platform's address of an application; None for a custom domain."""
    match = _ADDRESS.fullmatch(address) if address is not None else None
    return _ADDRESS_SUFFIX.sub("", match[1]) if match is not None else None


def _printed(text: bytes, *, is_whole: bool) -> PrintedSize | None:
    """Return the size, and half of its last digit as precision; None for impossible sizes.

    The log drops a trailing ``.0``, so ``102M`` is as precise as ``102.0M`` unless ``is_whole``. Kilobytes may be
    whole.
    """
    number, unit = re.match(r"([\d.]+) ?([KMG]?)", text.decode("ascii")).groups()  # type: ignore[union-attr]  # the pattern has it so
    unit_bytes = _UNITS[unit]
    size = round(float(number) * unit_bytes)
    if not 0 < size <= _MOST_BYTES:
        return None
    decimals = len(number.partition(".")[2])
    if not decimals and not is_whole and unit in ("M", "G"):
        decimals = 1
    return PrintedSize(size_bytes=size, precision_bytes=unit_bytes // (2 * 10**decimals))
