"""Write entries as an owner would: in sections with a comment each, added to a ``.slugignore``."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import File, Source, SourceKind, quoted
from slugtrim.suggester.records import Suggestion
from slugtrim.writing import replace_file


class IgnoreSection(Struct, frozen=True, kw_only=True):
    """Entries of kinds that go for one reason."""

    id: str
    categories: tuple[str, ...]
    """Of the catalog."""
    comments: tuple[str, ...]
    """The reason in several wordings, the best first. Old compilers took each word of a comment for a pattern."""


INCLUDED = "included"
"""The category of what its owner includes."""
_SECTIONS = {
    "tests": ("tests", "Tests: only developers and CI run them", "Specs and checks, not used on dynos"),
    "docs": (
        "docs examples notebooks",
        "Documentation for developers",
        "Text about the project, not used on dynos",
    ),
    "design": (
        "design",
        "Design sources: only their exports are served",
        "Originals: only exported copies are served",
    ),
    "translations": (
        "translations",
        "Sources of messages: gettext opens what is compiled of them",
        "Translators' files, not used on dynos",
    ),
    "media": ("media", "Media that nothing uses", "Pictures and recordings, not used on dynos"),
    "settings": (
        "ci editor lint",
        "Settings for CI, editors and linters",
        "Configuration of developer tooling",
    ),
    "data": ("data models archives duplicates unread", "Data that nothing reads", "Files not used on dynos"),
    "personal": (
        "dumps backups logs",
        "Dumps, logs and leftovers: better removed from git",
        "Leftovers, better removed altogether",
    ),
    "built": (
        "dependencies build-output caches",
        "Installed or generated, not written by hand",
        "Generated elsewhere, never edited",
    ),
    "tools": ("infrastructure scripts", "For development and other platforms", "Tooling, not used on dynos"),
    "projects": ("sub-projects", "Projects that this deploy never starts", "Deployed elsewhere, or never"),
    INCLUDED: (INCLUDED, "Left out on purpose", "Deliberately omitted"),
}
"""Id to the categories of a section and its comments."""
SECTIONS = tuple(
    IgnoreSection(id=id_, categories=tuple(categories.split()), comments=tuple(comments))
    for id_, (categories, *comments) in _SECTIONS.items()
)
"""In the order in which they are written."""
_OTHER = next(section for section in SECTIONS if section.id == "data")
_PLACES = {category: place for place, section in enumerate(SECTIONS) for category in section.categories}
_STRIPPED = "/.,;:()'\"`"


def section_of(category: str) -> IgnoreSection:
    """Return the section of a category; one that no section names goes with the data."""
    return SECTIONS[_PLACES[category]] if category in _PLACES else _OTHER


def in_order(entries: Iterable[Suggestion]) -> list[Suggestion]:
    """Return entries as an owner writes them: by section, directories before files, then by path."""
    return sorted(entries, key=lambda each: (SECTIONS.index(section_of(each.category)), _is_file(each), each.pattern))


def _is_file(entry: Suggestion) -> bool:
    """Return True if the pattern names files, not a directory that holds them."""
    last = entry.pattern.rpartition(b"/")[2]
    if b"*" in last:
        return True
    if not entry.pattern.startswith(b"/"):
        return any(file.path.rpartition(b"/")[2] == last for file in entry.files)
    return all(file.path.count(b"/") + 1 == entry.pattern.count(b"/") for file in entry.files)


def comments_for(files: Sequence[File]) -> Mapping[str, str]:
    """Return the comment of each section, by its id: the first of which no word is a name in the tree.

    Without such a wording the first with no word that is a whole path; empty if there is none.
    """
    paths: set[bytes] = set()
    for file in files:
        path = file.path
        while path and path not in paths:
            paths.add(path)
            path = path.rpartition(b"/")[0]
    names = {path.rpartition(b"/")[2] for path in paths}
    return {section.id: _chosen(section, names) or _chosen(section, paths) for section in SECTIONS}


def _chosen(section: IgnoreSection, taken: set[bytes]) -> str:
    free = (comment for comment in section.comments if taken.isdisjoint(map(str.encode, _words(comment))))
    return next(free, "")


def _words(comment: str) -> set[str]:
    """Return the words of a comment, as they stand and without what surrounds them."""
    words = set(comment.split())
    return words | {word.strip(_STRIPPED) for word in words}


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
            f"{quoted(path)}: cannot be written ({why}) and is unchanged; fix that, or use --diff"
        ) from error


def _read(path: bytes) -> bytes | None:
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None
