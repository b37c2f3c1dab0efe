"""Whether the search for references could see all that may use a file, so that its word settles the matter."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.files import File
from slugtrim.suggester.entry_points import SKIPPED_LINE, EntryPoints
from slugtrim.suggester.path_index import parent
from slugtrim.suggester.places import Grounds

_STARTS = frozenset([b"Procfile", b"heroku.yml"])
"""Files that say what a dyno starts."""
_STARTED_BY_DEFAULT = frozenset(["ruby", "node", "java", "scala", "clojure", "go", "elixir"])
"""Ecosystems whose buildpacks say what a dyno starts, if no file does."""
_SENT_WHOLE = frozenset(["php"])
"""Ecosystems whose web server sends whatever lies beside the code."""


class Sight:
    """What the search could see in one slug."""

    def __init__(self, kept: Sequence[File], grounds: Grounds, entries: EntryPoints, *, is_complete: bool) -> None:
        """``is_complete`` says that each file that a deploy reaches was read."""
        self._grounds = grounds
        is_started = any(file.path in _STARTS for file in kept) or not _STARTED_BY_DEFAULT.isdisjoint(
            grounds.root.ecosystems
        )
        self._is_clear = is_complete and is_started and all(note.id == SKIPPED_LINE for note in entries.notes)

    def reaches(self, path: bytes) -> bool:
        """Return True if only a reference could make a deploy use the file, and no reference could be missed."""
        if not self._is_clear:
            return False
        place = self._grounds.at(parent(path))
        return place.delivery is None and _SENT_WHOLE.isdisjoint(place.ecosystems)
