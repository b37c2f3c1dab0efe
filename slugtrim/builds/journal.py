"""Store builds: one line of JSON for each, in an append-only file that linked work trees share."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from enum import Enum
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.builds import journal_path
from slugtrim.builds.build import Build, BuildOutcome, CommitOrigin, PrintedSize, SourcePart, Tool
from slugtrim.builds.starts import MAX_PROCESSES, MAX_STARTS, Start, Starts, joined
from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.git import Repository
from slugtrim.ignore import Dialect
from slugtrim.interrupts import Interrupts
from slugtrim.sizer import SizeClass, classify

SCHEMA = 1
_STARTS_SCHEMA = 2
"""Of a line with starts of a build of another line: a version that knows only builds skips it, and says why."""
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")  # fromisoformat accepts more forms
_COMMIT = re.compile("[0-9a-f]{4,64}")
_MOST = 1 << 60
"""Larger than any size, so that no number from a damaged line is accepted."""

_Kind = TypeVar("_Kind", bound=Enum)


class NoBuild(Exception):
    """The line is no build that this version can read; the message says why."""


def encode(build: Build) -> bytes:
    """Return the line with its newline. JSON escapes the surrogates that stand for bytes other than UTF-8."""
    data = {
        "schema": SCHEMA,
        "date": build.date,
        "outcome": build.outcome.value,
        "slug_bytes": build.slug.size_bytes,
        "precision_bytes": build.slug.precision_bytes,
        "commit": build.commit,
        "commit_from": build.commit_origin.value,
        "assumed": build.is_assumed,
        "app": build.app,
        "target": build.target,
        "remote": build.remote,
        "release": build.release,
        "buildpacks": list(build.buildpacks),
        "deleting": build.deleting,
        "dialect": build.dialect.value,
        "sources": {dialect.value: [part.compressed_bytes, part.deleting] for dialect, part in build.sources.items()},
        "locks": {_text(path): _text(blob) for path, blob in build.locks.items()},
        "tools": build.tools,
    }
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Build:
    """Return the build. Raise ``NoBuild``."""
    return _decoded(_loaded(line))


def _loaded(line: bytes) -> dict[str, Any]:
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise NoBuild("is not JSON") from None
    if not isinstance(data, dict) or type(data.get("schema")) is not int:
        raise NoBuild("is no build")
    return data


def _decoded(data: Mapping[str, Any]) -> Build:
    if data["schema"] > SCHEMA:
        raise NoBuild(f"is of a newer slugtrim (schema {min(data['schema'], _MOST)})")
    try:
        return _build(data)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise NoBuild("is no build") from None


_BuildKey = tuple[str, str | None, int | None, str | None]
"""By which a line with starts names its build: when it was recorded, its application, release and commit."""


def _key(build: Build) -> _BuildKey:
    return build.date, build.app, build.release, build.commit


def encode_starts(build: Build, starts: Starts) -> bytes:
    """The line with starts of a build, with its newline."""
    data = {"schema": _STARTS_SCHEMA, "of": _key(build), "starts": starts}
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def _decoded_starts(data: Mapping[str, Any]) -> tuple[_BuildKey, Starts]:
    try:
        date, app, release, commit = data["of"]
        release = None if release is None else _number(release)
        starts = {
            _text_of(name): tuple(Start(*map(_number, each)) for each in given[:MAX_STARTS])
            for name, given in list(data["starts"].items())[:MAX_PROCESSES]
        }
        return (_text_of(date), _name(app), release, _name(commit)), starts
    except (KeyError, ValueError, TypeError, AttributeError):
        raise NoBuild("has no starts of a build") from None


def _build(data: Mapping[str, Any]) -> Build:
    datetime.fromisoformat(data["date"])
    size = PrintedSize(size_bytes=_number(data["slug_bytes"]), precision_bytes=_number(data["precision_bytes"]))
    return Build(
        date=_matching(_DATE, data["date"]),
        outcome=_member(BuildOutcome, data["outcome"]),
        slug=size,
        commit=None if data["commit"] is None else _matching(_COMMIT, data["commit"]),
        commit_origin=_member(CommitOrigin, data["commit_from"]),
        is_assumed=data["assumed"] is True,
        app=_name(data["app"]),
        target=_name(data["target"]),
        remote=_name(data["remote"]),
        release=None if data["release"] is None else _number(data["release"]),
        buildpacks=tuple(name for name in map(_name, data["buildpacks"]) if name is not None),
        deleting=None if data["deleting"] is None else _number(data["deleting"]),
        dialect=_member(Dialect, data["dialect"]),
        sources={
            _member(Dialect, name): SourcePart(compressed_bytes=_number(size), deleting=_number(deleting))
            for name, (size, deleting) in data["sources"].items()
        },
        locks={_bytes(path): _bytes(blob) for path, blob in data["locks"].items()},
        # Lines of older versions have none.
        tools=tuple(Tool(*map(_text_of, each)) for each in data.get("tools", ())),
    )


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise ValueError
    return value


def _name(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _matching(pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or pattern.fullmatch(value) is None:
        raise ValueError
    return value


def _member(kind: type[_Kind], value: Any) -> _Kind:
    return kind(value)


def _text(path: bytes) -> str:
    return path.decode("utf-8", "surrogateescape")


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")


_LIMIT_BYTES = 16 << 20
_NEWEST_BYTES = 256 << 10
"""Bytes read from the end to find the newest builds: enough for several hundred."""
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TRIES = 200
_WAIT_SECONDS = 0.01


class Skipped(Struct, frozen=True, kw_only=True):
    """A line that is skipped."""

    line: int
    """Line number, from 1."""
    reason: str


class Journal(Struct, frozen=True, kw_only=True):
    """All recorded builds, oldest first."""

    builds: tuple[Build, ...]
    skipped: tuple[Skipped, ...]


def append(git_dir: bytes, build: Build) -> None:
    """Append a build. Raise ``SourceError``."""
    _append_line(git_dir, encode(build))


def append_starts(git_dir: bytes, build: Build, starts: Starts) -> None:
    """Append starts of a build that the journal has. Raise ``SourceError``."""
    _append_line(git_dir, encode_starts(build, starts))


def _append_line(git_dir: bytes, line: bytes) -> None:
    """Append a line. Raise ``SourceError``.

    It is one write at the end, under a lock: concurrent writes never mix, and a half-written line stays separate.
    """
    path = journal_path(git_dir)
    try:
        with Interrupts():
            _append(path, line)
    except OSError as error:
        raise SourceError(f"{quoted(path)}: cannot be written ({_why(error)}); make it a file that can") from error


def _append(path: bytes, line: bytes) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | _FLAGS, 0o666)
    try:
        _lock(descriptor)
        _write(descriptor, line)
    finally:
        os.close(descriptor)


def _lock(descriptor: int) -> None:
    """Wait at most two seconds for the lock. Raise ``OSError`` after that, and for anything but a regular file."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise OSError(0, "not a regular file")
    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        time.sleep(_WAIT_SECONDS)
    raise OSError(0, "another process holds it")


def _write(descriptor: int, line: bytes) -> None:
    before = os.fstat(descriptor).st_size
    is_torn = before > 0 and os.pread(descriptor, 1, before - 1) != b"\n"
    data = b"\n" * is_torn + line
    if os.write(descriptor, data) != len(data):
        os.ftruncate(descriptor, before)
        raise OSError(0, "no room for a line")


def read_journal(git_dir: bytes) -> Journal:
    """Return all builds of the repository; none without a journal. Raise ``SourceError`` if it can't be read."""
    builds: list[Build] = []
    places: dict[_BuildKey, int] = {}
    skipped = []
    for number, line in enumerate(_read(git_dir, _LIMIT_BYTES).split(b"\n"), 1):
        if not line:
            continue
        try:
            data = _loaded(line)
            if data["schema"] == _STARTS_SCHEMA and "starts" in data:
                key, starts = _decoded_starts(data)
                if key in places:
                    build = builds[places[key]]
                    builds[places[key]] = replace(build, starts=joined(build.starts, starts))
                continue
            build = _decoded(data)
            places[_key(build)] = len(builds)
            builds.append(build)
        except NoBuild as reason:
            skipped.append(Skipped(line=number, reason=str(reason)))
    return Journal(builds=tuple(builds), skipped=tuple(skipped))


def newest_builds(git_dir: bytes) -> Iterator[Build]:
    """Yield the newest builds first, and read only as far as needed. Skip lines that are no builds.

    Raise ``SourceError``.
    """
    for line in reversed(_read(git_dir, _NEWEST_BYTES).split(b"\n")):
        with contextlib.suppress(NoBuild):
            yield decode(line)


def _read(git_dir: bytes, most_bytes: int) -> bytes:
    """Return the end of the journal. The first line is cut, so it is skipped."""
    path = journal_path(git_dir)
    try:
        with open(os.open(path, os.O_RDONLY | _FLAGS), "rb") as file:
            info = os.fstat(file.fileno())
            if not stat.S_ISREG(info.st_mode):
                raise OSError(0, "not a regular file")
            file.seek(max(0, info.st_size - most_bytes))
            return file.read(most_bytes)
    except FileNotFoundError:
        return b""
    except OSError as error:
        raise SourceError(f"{quoted(path)}: cannot be read ({_why(error)}); make it a file that can") from error


def _why(error: OSError) -> str:
    return error.strerror or str(error)


class BuildRow(Struct, frozen=True, kw_only=True):
    """A build in a list."""

    build: Build
    size_class: SizeClass
    change_bytes: int | None
    """Bytes since the previous build of the same application; None for the first one."""
    before: Build | None = None
    """That previous build."""


class History(Struct, frozen=True, kw_only=True):
    """What `builds list` shows."""

    path: bytes
    """Top of the repository; the git directory of a bare one."""
    rows: tuple[BuildRow, ...]
    """Newest first."""
    skipped: tuple[Skipped, ...]
    """Lines of the journal that are no builds."""

    @property
    def by_destination(self) -> Mapping[str | None, list[BuildRow]]:
        """Return the builds of each application, newest first; key None if the application is unknown."""
        found: dict[str | None, list[BuildRow]] = {}
        for row in self.rows:
            found.setdefault(row.build.destination, []).append(row)
        return found


def build_history(repository: Repository) -> History:
    """Return all recorded builds of a repository. Raise ``SourceError``."""
    journal = read_journal(repository.common_dir)
    before: dict[str | None, Build] = {}
    rows = []
    for build in journal.builds:
        last = before.get(build.destination)
        change = build.slug.size_bytes - last.slug.size_bytes if last is not None else None
        rows.append(BuildRow(build=build, size_class=classify(build.slug.size_bytes), change_bytes=change, before=last))
        before[build.destination] = build
    path = repository.top or repository.git_dir
    return History(path=path, rows=tuple(reversed(rows)), skipped=journal.skipped)
