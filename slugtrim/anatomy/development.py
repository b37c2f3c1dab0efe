"""Which packages only development needs.

npm marks them in the lock file that it keeps in ``node_modules``; Composer lists them. For yarn and pnpm, and where
nobody marks anything, what the manifests of the application need when it runs is followed as Node looks for modules.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from posixpath import normpath

from slugtrim.anatomy.installed import Installed
from slugtrim.anatomy.looks import Seen

_MODULES = b"node_modules"


def development_roots(copies: Collection[Installed], seen: Seen, links: Mapping[bytes, bytes]) -> frozenset[bytes]:
    """The directories of those copies that only development needs. ``links``: symlinks to their targets."""
    return frozenset(_composer_roots(seen)) | frozenset(_marked(seen)) | frozenset(_unreached(copies, seen, links))


def _composer_roots(seen: Seen) -> Iterator[bytes]:
    for vendor, packages in seen.composed.items():
        for each in packages:
            if each.is_development:
                yield vendor + b"/" + _encoded(each.name)


def _marked(seen: Seen) -> Iterator[bytes]:
    for directory, roots in seen.development.items():
        yield from (_joined(directory, root) for root in roots)


def _unreached(copies: Collection[Installed], seen: Seen, links: Mapping[bytes, bytes]) -> Iterator[bytes]:
    """What some manifest of the application needs for development, and none when it runs."""
    projects = [directory for directory in seen.manifests if not _is_in_modules(directory)]
    marked = tuple(_joined(directory, _MODULES) for directory in seen.development)
    tree = _Modules(frozenset(copy.root for copy in copies if _is_in_modules(copy.root)), seen, links)
    developing = tree.reached((project, seen.manifests[project].developed_with) for project in projects)
    running = tree.reached((project, seen.manifests[project].runs_with) for project in projects)
    return (root for root in developing - running if not root.startswith(marked))


class _Modules:
    """All packages in ``node_modules``, as Node finds them (https://nodejs.org/api/modules.html#all-together)."""

    def __init__(self, roots: frozenset[bytes], seen: Seen, links: Mapping[bytes, bytes]) -> None:
        self._roots = roots
        self._seen = seen
        self._links = links

    def reached(self, starts: Iterable[tuple[bytes, Iterable[str]]]) -> set[bytes]:
        """The directories of everything that runs when these names are required from these directories."""
        stack = list(starts)
        found: set[bytes] = set()
        while stack:
            directory, names = stack.pop()
            for name in names:
                root = self._resolved(directory, _encoded(name))
                if root is not None and root not in found:
                    found.add(root)
                    manifest = self._seen.manifests.get(root)
                    if manifest is not None:
                        stack.append((root, manifest.runs_with))
        return found

    def _resolved(self, directory: bytes, name: bytes) -> bytes | None:
        while True:
            if directory.rpartition(b"/")[2] != _MODULES:
                at = _joined(directory, _MODULES + b"/" + name)
                if at in self._links:  # pnpm keeps packages elsewhere
                    at = normpath(_joined(at.rpartition(b"/")[0], self._links[at]))
                if at in self._roots:
                    return at
            if not directory:
                return None
            directory = directory.rpartition(b"/")[0]


def _is_in_modules(directory: bytes) -> bool:
    return directory.startswith(_MODULES + b"/") or b"/" + _MODULES + b"/" in directory


def _joined(directory: bytes, path: bytes) -> bytes:
    return directory + b"/" + path if directory else path


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
