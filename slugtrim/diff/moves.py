"""Which of the files that are gone is which of those that are new: by content, or by a name that only counts on."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial

from slugtrim.files import SYMLINK, File

_MOST_PARTS = 16
"""So many names at the end of a path are held against another's, to tell which of several twins moved where."""
_COUNTED = re.compile(rb"(?<=[^/])(?:(?:[-_+~@]|\.(?=[0-9]|[0-9A-Za-z]{6}))[0-9A-Za-z]*[0-9][0-9A-Za-z]*)+")
"""What follows a name and has digits: a version, a date, the digest that tools put into the names of assets.

Not what a name like ``film.mp4`` ends in.
"""


def moves(gone: Iterable[File], come: Iterable[File]) -> dict[bytes, bytes]:
    """New path to old path of files with the same content; each path is there once."""
    sources: dict[object, list[bytes]] = defaultdict(list)
    for file in gone:
        if file.blob is not None:
            sources[_content(file)].append(file.path)
    targets: dict[object, list[bytes]] = defaultdict(list)
    for file in come:
        if _content(file) in sources:
            targets[_content(file)].append(file.path)
    return {now: was for content, paths in targets.items() for now, was in _paired(sources[content], paths)}


def _content(file: File) -> object:
    return file.blob, file.size_bytes, file.mode == SYMLINK


def _paired(gone: Sequence[bytes], come: Sequence[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """New and old path: of several files with one content, those whose paths are most alike belong together.

    First those that are alike but for versions, then those that end alike.
    """
    left, wanted = sorted(gone, reverse=True), sorted(come)
    if len(left) == len(wanted) == 1:
        yield wanted[0], left[0]
        return
    keys: list[Callable[[bytes], bytes]] = [_uncounted]
    keys += [partial(_end, parts) for parts in range(_MOST_PARTS, -1, -1)]
    for alike in keys:
        sources: dict[bytes, list[bytes]] = defaultdict(list)
        for path in left:
            sources[alike(path)].append(path)
        rest = []
        for path in wanted:
            found = sources.get(alike(path))
            if found:
                yield path, found.pop()
            else:
                rest.append(path)
        left, wanted = sorted((path for paths in sources.values() for path in paths), reverse=True), rest


def _uncounted(path: bytes) -> bytes:
    """A path without what tells versions apart."""
    return _COUNTED.sub(b"\0", path)


def _end(parts: int, path: bytes) -> bytes:
    """The last ``parts`` names of a path; of a shorter one all of it."""
    return b"/".join((b"/" + path).rsplit(b"/", parts)[1:]) if parts else b""


def successors(gone: Iterable[bytes], come: Iterable[bytes]) -> dict[bytes, bytes]:
    """New path to old path where the two are alike but for versions, dates and digests, and nobody else is."""
    old, new = _by_name(gone), _by_name(come)
    return {paths[0]: old[name][0] for name, paths in new.items() if len(paths) == 1 and len(old.get(name, ())) == 1}


def _by_name(paths: Iterable[bytes]) -> dict[bytes, list[bytes]]:
    names: dict[bytes, list[bytes]] = defaultdict(list)
    for path in paths:
        name = _uncounted(path)
        if name != path:
            names[name].append(path)
    return names
