"""The sections of a ``.slugignore``: which entries stand together, in which order, under which comment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from slugtrim.files import File
from slugtrim.suggester.record import Suggestion


class IgnoreSection(Struct, frozen=True, kw_only=True):
    """Entries of kinds that go for one reason."""

    id: str
    categories: tuple[str, ...]
    """Of the catalog."""
    comments: tuple[str, ...]
    """The reason in several wordings, the best first. Old compilers took each word of a comment for a pattern."""


INCLUDED = "included"
"""The category of what its owner includes."""
SECTIONS = (
    IgnoreSection(
        id="tests",
        categories=("tests",),
        comments=("Tests: only developers and CI run them", "Specs and checks, never started after deploying"),
    ),
    IgnoreSection(
        id="docs",
        categories=("docs", "examples", "notebooks"),
        comments=("Documents for whoever works on the code", "Written for people, not opened while serving"),
    ),
    IgnoreSection(
        id="design",
        categories=("design",),
        comments=("Design sources, of which exports are served", "Originals whose exported copies are served"),
    ),
    IgnoreSection(
        id="media",
        categories=("media",),
        comments=("Media that nothing deployed names", "Recordings which nothing deployed names"),
    ),
    IgnoreSection(
        id="settings",
        categories=("ci", "editor", "lint"),
        comments=("Settings of CI, editors and linters", "Configures tooling, unused while serving"),
    ),
    IgnoreSection(
        id="data",
        categories=("data", "models", "archives", "duplicates", "unread"),
        comments=("Data that nothing deployed opens", "Files which nothing deployed opens"),
    ),
    IgnoreSection(
        id="personal",
        categories=("dumps", "backups", "logs"),
        comments=("Dumps, logs and leftovers: better removed from git", "Leftovers, better removed altogether"),
    ),
    IgnoreSection(
        id="built",
        categories=("dependencies", "build-output", "caches"),
        comments=("Made again by each build", "Regenerated whenever deploying"),
    ),
    IgnoreSection(
        id="tools",
        categories=("infrastructure", "scripts"),
        comments=("For development and other platforms", "Tooling, unused while serving"),
    ),
    IgnoreSection(
        id="projects",
        categories=("sub-projects",),
        comments=("Projects that this deploy does not start", "Deployed elsewhere, or never"),
    ),
    IgnoreSection(
        id=INCLUDED,
        categories=(INCLUDED,),
        comments=("Left out on purpose", "Deliberately omitted"),
    ),
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
