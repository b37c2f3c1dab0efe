"""What each entry takes out by itself: an entry's files are only those that no entry before it takes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from slugtrim.files import Directory, directories_above
from slugtrim.ignore import Dialect, decide, parse
from slugtrim.scanner import Slug


class Reach:
    """Answers for the files that a slug keeps."""

    def __init__(self, slug: Slug) -> None:
        self._slug = slug
        self._paths = {file.path for file in slug.kept}
        self._below: dict[bytes, list[bytes]] = defaultdict(list)
        for path in self._paths:
            for above in directories_above(path):
                self._below[above].append(path)
        self._root: Directory | None = None

    def of(self, pattern: bytes) -> frozenset[bytes]:
        """The paths that ``pattern`` takes in either dialect: both are right about most, and neither is known."""
        if pattern.startswith(b"/") and not any(sign in pattern for sign in (b"*", b"?", b"[", b"\\", b"{")):
            return self._with_all_below([pattern[1:]])
        if self._root is None:
            self._root = Directory.from_files(self._slug.kept)
        taken: set[bytes] = set()
        for dialect in Dialect:
            rules = parse(pattern, dialect)
            taken |= self._with_all_below(decide(rules, dialect, self._root, self._slug.tree.links).removed)
        return frozenset(taken)

    def _with_all_below(self, paths: Iterable[bytes]) -> frozenset[bytes]:
        found: set[bytes] = set()
        for path in paths:
            found.update([path] if path in self._paths else self._below.get(path, ()))
        return frozenset(found)
