"""Which package each file belongs to, for the groups that have packages."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from slugtrim.anatomy.distributions import Distributions
from slugtrim.anatomy.groups import GroupRule
from slugtrim.anatomy.looks import Seen
from slugtrim.anatomy.names import gem_of, jar, node_package_directory, node_package_name, normalized, yarn_zip

PYTHON = "python-packages"
"""The group whose packages are distributions."""


class Installed(Struct, frozen=True, kw_only=True, eq=False):
    """One copy of a package. Told by identity: there is one object for each copy, and thousands of files ask for it."""

    group: str
    name: str
    version: str
    """Empty where nobody says."""
    root: bytes
    """The directory that it is, or the file. A copy may have parts elsewhere."""


class Packages:
    """Tells the package of each path of one slug. Every copy is one object, however often it is asked for."""

    def __init__(self, distributions: Distributions, seen: Seen) -> None:
        self._distributions = distributions
        self._seen = seen
        self._copies: dict[tuple[str, bytes], Installed] = {}
        self._composed = {
            (vendor, each.name.encode("utf-8", "surrogateescape").lower()): each.version
            for vendor, packages in seen.composed.items()
            for each in packages
        }
        self._ways: dict[str, Callable[[str, bytes], Installed | None]] = {
            "python": self._python,
            "gems": self._gem,
            "node": self._node,
            "composer": self._composer,
            "elixir": self._elixir,
            "jars": self._jar,
        }

    def of(self, group: GroupRule, path: bytes) -> Installed | None:
        """The copy that ``path``, which is in ``group``, is a part of; None for what belongs to no package."""
        return self._ways[group.packages](group.id, path) if group.packages is not None else None

    def _copy(self, group: str, root: bytes, name: bytes | str, version: bytes | str) -> Installed:
        copy = self._copies.get((group, root))
        if copy is None:
            copy = Installed(group=group, name=_text(name), version=_text(version), root=root)
            self._copies[group, root] = copy
        return copy

    def _python(self, group: str, path: bytes) -> Installed | None:
        found = self._distributions.of(path)
        if found is None:
            return None
        return self._copy(group, found.root, found.name, found.version)

    def _gem(self, group: str, path: bytes) -> Installed | None:
        found = gem_of(path)
        if found is None:
            return None
        named, root = found
        return self._copy(group, root, *named)

    def _node(self, group: str, path: bytes) -> Installed | None:
        directory = node_package_directory(path)
        if directory is None:
            zipped = yarn_zip(path.rpartition(b"/")[2])
            return self._copy(group, path, *zipped) if zipped is not None else None
        copy = self._copies.get((group, directory))
        if copy is not None:
            return copy
        manifest = self._seen.manifests.get(directory)
        name = manifest.name if manifest is not None and manifest.name else node_package_name(directory)
        version = manifest.version if manifest is not None and manifest.version else ""
        return self._copy(group, directory, name, version)

    def _composer(self, group: str, path: bytes) -> Installed | None:
        vendor, found, rest = path.partition(b"vendor/")
        parts = rest.split(b"/")
        name = b"/".join(parts[:2])
        version = self._composed.get((vendor + b"vendor", name.lower()))
        if version is None or len(parts) < 3:
            return None
        return self._copy(group, vendor + found + name, name, version)

    def _elixir(self, group: str, path: bytes) -> Installed | None:
        parts = path.split(b"/")
        at = 1 if parts[0] == b"deps" else 3  # _build/prod/lib/NAME
        return self._copy(group, b"/".join(parts[: at + 1]), parts[at], b"") if len(parts) > at + 1 else None

    def _jar(self, group: str, path: bytes) -> Installed | None:
        return self._copy(group, path, *jar(path.rpartition(b"/")[2]))


def _text(name: bytes | str) -> str:
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


def same_name(copy: Installed) -> str:
    """The name by which copies are of the same package."""
    return normalized(copy.name) if copy.group == PYTHON else copy.name
