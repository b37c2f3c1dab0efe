"""The builds that are remembered, each beside the one before it of the same application."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from slugtrim.builds.journal import Skipped, read_journal
from slugtrim.builds.record import Build
from slugtrim.git import Repository
from slugtrim.sizer import SizeClass, classify


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
