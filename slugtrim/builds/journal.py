"""Remember builds: one JSON line each in an append-only file that linked work trees share."""

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

from slugtrim.builds.build import Build, BuildOutcome, CommitOrigin, PrintedSize, SourcePart
from slugtrim.builds.place import journal_path
from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.git import Repository
from slugtrim.ignore import Dialect
from slugtrim.interrupts import Interrupts
from slugtrim.sizer import SizeClass, classify

SCHEMA = 1
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")  # fromisoformat takes more
_COMMIT = re.compile("[0-9a-f]{4,64}")
_MOST = 1 << 60
"""Above any size, so that no number of a damaged line is taken for one."""

_Kind = TypeVar("_Kind", bound=Enum)


class NoBuild(Exception):
    """A line is none that this version can use; the words say why."""


def encode(build: Build) -> bytes:
    """The line, with its newline. Names are text with surrogates for what is not UTF-8, which JSON escapes."""
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
    }
    return json.dumps(data, separators=(",", ":")).encode("ascii") + b"\n"


def decode(line: bytes) -> Build:
    """The build. Raises ``NoBuild``."""
    try:
        data = json.loads(line)
    except (ValueError, RecursionError):
        raise NoBuild("is not JSON") from None
    if not isinstance(data, dict) or type(data.get("schema")) is not int:
        raise NoBuild("is no build")
    if data["schema"] > SCHEMA:
        raise NoBuild(f"is of a newer slugtrim (schema {min(data['schema'], _MOST)})")
    try:
        return _build(data)
    except (KeyError, ValueError, TypeError, AttributeError):
        raise NoBuild("is no build") from None


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
    )


def _number(value: Any) -> int:
    if type(value) is not int or not 0 <= value < _MOST:
        raise ValueError
    return value


def _name(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
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
"""So much of the end is looked at for the newest builds: some hundreds of them."""
_FLAGS = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_TRIES = 200
_WAIT_SECONDS = 0.01


class Skipped(Struct, frozen=True, kw_only=True):
    """A line that is passed over."""

    line: int
    """Its number, from 1."""
    reason: str


class Journal(Struct, frozen=True, kw_only=True):
    """All that is remembered, oldest first."""

    builds: tuple[Build, ...]
    skipped: tuple[Skipped, ...]


def append(git_dir: bytes, build: Build) -> None:
    """Remembers a build. Raises ``SourceError``.

    In one write behind the end, alone among those that write: two at a time never mix, and a line that somebody left
    half written stays one line.
    """
    path = journal_path(git_dir)
    line = encode(build)
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
    """Waits two seconds at the most for another that writes. Raises ``OSError`` then, and for what is no file."""
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
    """All builds of the repository; none where there is no journal. Raises ``SourceError`` for one it cannot read."""
    builds = []
    skipped = []
    for number, line in enumerate(_read(git_dir, _LIMIT_BYTES).split(b"\n"), 1):
        if not line:
            continue
        try:
            builds.append(decode(line))
        except NoBuild as reason:
            skipped.append(Skipped(line=number, reason=str(reason)))
    return Journal(builds=tuple(builds), skipped=tuple(skipped))


def newest_builds(git_dir: bytes) -> Iterator[Build]:
    """The newest first, no more read of them than is asked for. A line that is none is passed over.

    Raises ``SourceError``.
    """
    for line in reversed(_read(git_dir, _NEWEST_BYTES).split(b"\n")):
        with contextlib.suppress(NoBuild):
            yield decode(line)


def _read(git_dir: bytes, most_bytes: int) -> bytes:
    """The end of the journal; the line that it begins in is cut, so that it is none."""
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
    """One build."""

    build: Build
    size_class: SizeClass
    change_bytes: int | None
    """Since the build before it of the same application; None for the first."""


class History(Struct, frozen=True, kw_only=True):
    """What `builds list` is about."""

    path: bytes
    """The repository's top, or its git directory where it is bare."""
    rows: tuple[BuildRow, ...]
    """Newest first."""
    skipped: tuple[Skipped, ...]
    """Lines of the journal that are no builds."""

    @property
    def by_destination(self) -> Mapping[str | None, list[BuildRow]]:
        """The builds of each application, newest first; None for those of which nobody knows whose they are."""
        found: dict[str | None, list[BuildRow]] = {}
        for row in self.rows:
            found.setdefault(row.build.destination, []).append(row)
        return found


def build_history(repository: Repository) -> History:
    """All that is remembered in a repository. Raises ``SourceError``."""
    journal = read_journal(repository.common_dir)
    before: dict[str | None, Build] = {}
    rows = []
    for build in journal.builds:
        last = before.get(build.destination)
        change = build.slug.size_bytes - last.slug.size_bytes if last is not None else None
        rows.append(BuildRow(build=build, size_class=classify(build.slug.size_bytes), change_bytes=change))
        before[build.destination] = build
    path = repository.top or repository.git_dir
    return History(path=path, rows=tuple(reversed(rows)), skipped=journal.skipped)
