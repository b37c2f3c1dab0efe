"""Python distributions: which installed file is whose.

A distribution lists its files (``RECORD``). What nobody lists belongs to whoever has most in its top directory, as
modules compiled later do, or to whoever says that one can import it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from posixpath import normpath
from typing import NamedTuple

from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.names import distribution

_PACKAGES = b"-packages/"
_HOMES = (b"site-packages", b"dist-packages")
_METADATA = (b".dist-info", b".egg-info", b".egg")
_COMPILED = b"/__pycache__"


class Distribution(NamedTuple):
    """A distribution in one place."""

    name: str
    version: str
    root: bytes
    """Its metadata, a directory or file; for what has none, the top directory or file that it is."""


class Distributions:
    """Tells the distribution of each path of one slug."""

    def __init__(self, paths: Iterable[bytes], seen: Seen) -> None:
        self._seen = seen
        self._by_path: dict[bytes, Distribution] = {}
        self._by_top: dict[bytes, Distribution] = {}
        self._unnamed: dict[bytes, Distribution] = {}
        tops: dict[bytes, Counter[Distribution]] = {}
        for found in self._found(paths):
            home = found.root.rpartition(b"/")[0]
            for path in self._listed(found, home):
                self._by_path[path] = found
                tops.setdefault(_top(path, home), Counter())[found] += 1
            for name in seen.top_levels.get(found.root, ()):
                for ending in (b"", b".py"):
                    self._by_top.setdefault(home + b"/" + _encoded(name) + ending, found)
            self._by_top[found.root] = found
        for top, counts in tops.items():
            ((most, _),) = counts.most_common(1)
            self._by_top.setdefault(top, most)

    @staticmethod
    def home(path: bytes) -> bytes | None:
        """The ``site-packages`` that ``path`` is in; None outside any."""
        at = path.find(_PACKAGES)
        while at >= 0:  # not a regular expression: it is asked three times for every file
            home = path[: at + len(_PACKAGES) - 1]
            if home.rpartition(b"/")[2] in _HOMES:
                return home
            at = path.find(_PACKAGES, at + 1)
        return None

    def of(self, path: bytes) -> Distribution | None:
        """Whose file ``path`` is; None for what lies beside all of them, as in a directory of scripts."""
        listed = self._by_path.get(path)
        if listed is not None:
            return listed
        home = self.home(path)
        if home is None:
            return None
        top = _top(path, home)
        if top == home + _COMPILED:
            module = path.rpartition(b"/")[2].partition(b".")[0]
            return self._by_top.get(home + b"/" + module + b".py")
        return self._by_top.get(top) or self._without_metadata(top, is_directory=len(top) < len(path))

    def is_listed(self, path: bytes) -> bool:
        """Whether some distribution lists it, wherever it is: scripts lie outside ``site-packages``."""
        return path in self._by_path

    def _without_metadata(self, top: bytes, *, is_directory: bool) -> Distribution | None:
        if not is_directory:
            return None
        if top not in self._unnamed:
            self._unnamed[top] = Distribution(_decoded(top.rpartition(b"/")[2]), "", top)
        return self._unnamed[top]

    def _found(self, paths: Iterable[bytes]) -> Iterator[Distribution]:
        roots: dict[bytes, None] = {}
        for path in paths:
            home = self.home(path)
            if home is not None:
                top = _top(path, home)
                if top.endswith(_METADATA):
                    roots[top] = None
        for root in roots:
            told = self._seen.distributions.get(root)
            if told is not None:
                yield Distribution(told.name, told.version, root)
            else:
                name, version = (_decoded(part) for part in distribution(root.rpartition(b"/")[2]))
                yield Distribution(name, version, root)

    def _listed(self, found: Distribution, home: bytes) -> Iterator[bytes]:
        start = found.root if found.root.endswith(b".egg-info") else home
        for name in self._seen.records.get(found.root, ()):
            if not name.startswith("/"):
                yield normpath(start + b"/" + _encoded(name))


def _top(path: bytes, home: bytes) -> bytes:
    end = path.find(b"/", len(home) + 1)
    return path[:end] if end >= 0 else path


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")


def _decoded(name: bytes) -> str:
    return name.decode("utf-8", "surrogateescape")
