"""Adding entries to a ``.slugignore``, and putting it in its place."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Sequence
from datetime import date

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.writing import replace_file

_NAME = b".slugignore"
_MARK = b"\xef\xbb\xbf"
_HEADING = re.compile(rb"# Suggested by slugtrim, \d{4}-\d\d-\d\d\s*")
_DATE = re.compile(rb"\d{4}-\d\d-\d\d")


def with_entries(content: bytes | None, patterns: Sequence[bytes], today: date) -> bytes:
    """The content of a ``.slugignore`` (None: there is none) with those of ``patterns`` that are no line of it yet.

    They stand under one comment with the date, which is found again: a later call adds to the same lines. All else
    stays as it is, byte for byte; where there is nothing to add, all does. Lines end as most of them do.
    """
    content = content or b""
    lines = content.split(b"\n")
    # Behind a byte-order mark a line is another one to the glob dialect.
    known = {line.removesuffix(b"\r").rstrip(b" ") for line in lines}
    new = [pattern for pattern in dict.fromkeys(patterns) if pattern not in known]
    if not new:
        return content
    end = b"\r" if content.count(b"\r\n") * 2 > content.count(b"\n") else b""
    added = [pattern + end for pattern in new]
    if lines[-1]:
        lines[-1] = lines[-1].removesuffix(end) + end
        lines.append(b"")
    # A byte-order mark belongs to the file, not to the line, at its beginning only.
    headings = [at for at, line in enumerate(lines) if _HEADING.fullmatch(line.removeprefix(_MARK if not at else b""))]
    if headings:
        heading = headings[-1]
        lines[heading] = _DATE.sub(today.isoformat().encode(), lines[heading])
        at = heading + 1
        while lines[at].strip() and not lines[at].startswith(b"#"):
            at += 1
        return b"\n".join([*lines[:at], *added, *lines[at:]])
    gap = [end] if len(lines) > 1 and lines[-2].strip() else []
    heading_line = b"# Suggested by slugtrim, " + today.isoformat().encode() + end
    return b"\n".join([*lines[:-1], *gap, heading_line, *added, b""])


def check_writable(source: Source, option: str = "--write") -> None:
    """Whether ``option`` can change the ``.slugignore`` of what was measured.

    Raises ``UsageError`` for a tree that is not on disk, ``SourceError`` for a ``.slugignore`` that is no file.
    """
    if source.kind is SourceKind.COMMIT:
        raise UsageError(f"{option}: changes the .slugignore on disk, and --rev measures a commit; drop one of them")
    path = os.path.join(source.path, _NAME)
    top = os.path.realpath(source.root)
    if os.path.realpath(source.path) != (top + b"/" + source.prefix if source.prefix else top):
        raise SourceError(f"{quoted(source.path)}: is reached through a symlink; name the directory it leads to")
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return
    if stat.S_ISLNK(mode):
        raise SourceError(f"{quoted(path)}: is a symlink, which {option} does not follow; make it a file")
    if not stat.S_ISREG(mode):
        raise SourceError(f"{quoted(path)}: is not a file, so {option} cannot change it; make it one")


def write_slugignore(source: Source, before: bytes | None, content: bytes) -> None:
    """Puts ``content`` in the place of ``before`` (None: there was no file), all of it or nothing.

    Mode and, where that is permitted, owner stay. Raises ``UsageError`` and ``SourceError``, and has changed nothing
    then.
    """
    check_writable(source)
    path = os.path.join(source.path, _NAME)
    try:
        if _read(path) != before:
            raise SourceError(f"{quoted(path)}: was changed meanwhile, and is left as it is; run the command again")
        replace_file(path, content)
    except OSError as error:
        why = error.strerror or str(error)
        raise SourceError(
            f"{quoted(path)}: cannot be written ({why}) and is as it was; mend that, or use --diff"
        ) from error


def _read(path: bytes) -> bytes | None:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
