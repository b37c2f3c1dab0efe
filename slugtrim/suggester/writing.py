"""Adding entries to a ``.slugignore``, and putting it in its place."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping, Sequence

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import Source, SourceKind, quoted
from slugtrim.suggester.record import Suggestion
from slugtrim.suggester.sections import in_order, section_of
from slugtrim.writing import replace_file

_NAME = b".slugignore"
_MARK = b"\xef\xbb\xbf"
_SILENCE = b"# slugtrim: ignore "
"""Begins the comment above a rule whose findings its owner knows; ``lint`` reads it."""


def with_entries(content: bytes | None, entries: Sequence[Suggestion], comments: Mapping[str, str]) -> bytes:
    """Return a ``.slugignore`` (None: there is none) with those of the entries that are no line of it yet.

    They stand in sections, each under its comment, which is found again: a later call adds to the same lines.
    ``comments`` has them by section. All else stays as it is, byte for byte. Lines end as most of them do.
    """
    content = content or b""
    lines = content.split(b"\n")
    # Behind a byte-order mark a line is another one to the glob dialect.
    known = {line.removesuffix(b"\r").rstrip(b" ") for line in lines}
    ordered = {entry.pattern: entry for entry in in_order(entries) if entry.pattern not in known}
    if not ordered:
        return content
    end = b"\r" if content.count(b"\r\n") * 2 > content.count(b"\n") else b""
    if lines[-1]:
        lines[-1] = lines[-1].removesuffix(end) + end
        lines.append(b"")
    sections: dict[str, list[bytes]] = {}
    for pattern, entry in ordered.items():
        silenced = [_SILENCE + entry.silences.encode() + end] if entry.silences else []
        sections.setdefault(section_of(entry.category).id, []).extend((*silenced, pattern + end))
    added: list[bytes] = []
    for id_, section in sections.items():
        heading = b"# " + comments[id_].encode() if comments.get(id_) else b""
        at = _end_of_section(lines, heading) if heading else None
        if at is not None:
            lines[at:at] = section
        elif heading:
            added += [heading + end, *section]
        else:  # apart from what is above, whose comment is about something else
            added += [*([end] if added else []), *section]
    gap = [end] if added and len(lines) > 1 and lines[-2].strip() else []
    return b"\n".join([*lines[:-1], *gap, *added, b""])


def _end_of_section(lines: Sequence[bytes], heading: bytes) -> int | None:
    """Return where the lines below a heading end; None if the file has no such heading."""
    # A byte-order mark belongs to the file, not to the line, at its beginning only.
    bare = [line.removeprefix(_MARK if not at else b"").rstrip() for at, line in enumerate(lines)]
    if heading not in bare:
        return None
    at = bare.index(heading) + 1
    while bare[at] and (not bare[at].startswith(b"#") or bare[at].startswith(_SILENCE)):
        at += 1
    return at


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
