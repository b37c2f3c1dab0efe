"""Where the applications in a slug begin: its root, and every directory with a manifest of its own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from slugtrim.files import File
from slugtrim.suggester.catalog import Ecosystem, catalog
from slugtrim.suggester.matching import Node


class Project(Struct, frozen=True, kw_only=True):
    """A directory that holds the manifest of an ecosystem; the root of the slug is always one."""

    root: bytes
    """Path of the directory; empty for the root of the slug."""
    ecosystems: frozenset[str]
    """Ids of the catalog's ecosystems."""


def find_projects(files: Sequence[File]) -> tuple[Project, ...]:
    """The root of the slug first, then the nested ones by path. Names tell, no file is read.

    Where no manifest stands at the root, a buildpack deploys a subdirectory, and nobody knows which: the root is then
    of every ecosystem found below it.
    """
    manifests = _manifests()
    at_root = _manifests(at_root=True)
    found: dict[bytes, set[str]] = defaultdict(set)
    everywhere: set[str] = set()
    for file in files:
        directory, _, name = file.path.rpartition(b"/")
        for ended in (manifests if directory else at_root).after(name.lower()):
            if not _is_foreign(directory):
                for ecosystem, _ in ended.marks:
                    (everywhere if ecosystem.anywhere else found[directory]).add(ecosystem.id)
    own = found.pop(b"", None) or set().union(*found.values())
    root = Project(root=b"", ecosystems=frozenset(own | everywhere))
    return root, *(Project(root=path, ecosystems=frozenset(ids)) for path, ids in sorted(found.items()))


def is_project(files: Sequence[File]) -> bool:
    """Whether a manifest stands at the root of the slug itself."""
    manifests = _manifests(at_root=True)
    roots = (file.path for file in files if b"/" not in file.path)
    return any(
        not ecosystem.anywhere
        for name in roots
        for ended in manifests.after(name.lower())
        for ecosystem, _ in ended.marks
    )


def _manifests(*, at_root: bool = False) -> Node[Ecosystem]:
    node: Node[Ecosystem] = Node()
    for ecosystem in catalog().ecosystems:
        for pattern in (*ecosystem.detected_by, *(ecosystem.detected_at_root_by if at_root else ())):
            node.add(pattern, ecosystem)
    return node


def _is_foreign(directory: bytes) -> bool:
    return bool(directory) and not catalog().foreign.isdisjoint(directory.lower().split(b"/"))
