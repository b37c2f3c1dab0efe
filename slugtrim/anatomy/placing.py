"""Where each file of a slug belongs: its group, its package, and the place to name when it is waste."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from slugtrim.anatomy.distributions import Distributions
from slugtrim.anatomy.groups import GroupRule, Groups, group_rules
from slugtrim.anatomy.installed import PYTHON, Installed, Packages
from slugtrim.anatomy.looks import Seen
from slugtrim.files import File

_SCRIPTS = "python-runtime"


class Placed(NamedTuple):
    """A file of the slug, and where it belongs."""

    file: File
    group: GroupRule
    package: Installed | None
    root: bytes
    """Where patterns about the insides of packages begin; empty for the root of the slug."""
    home: bytes
    """The directory that stands for the package; empty outside any."""


def place(files: Sequence[File], seen: Seen) -> list[Placed]:
    """The files in their order."""
    paths = {file.path for file in files}
    groups = Groups(paths)
    distributions = Distributions(paths, seen)
    packages = Packages(distributions, seen)
    of_python = next(rule for rule in group_rules() if rule.id == PYTHON)
    placed = []
    for file in files:
        group = groups.of(file.path)
        if group.id == _SCRIPTS and distributions.is_listed(file.path):
            group = of_python
        package = packages.of(group, file.path)
        placed.append(Placed(file, group, package, *_root(file.path, group, package)))
    return placed


def _root(path: bytes, group: GroupRule, package: Installed | None) -> tuple[bytes, bytes]:
    """Root and home."""
    if group.id == PYTHON:
        root = Distributions.home(path) or b""
        end = path.find(b"/", len(root) + 1)
        return (root, path[:end]) if root and end >= 0 else (root, b"")
    if package is not None and path.startswith(package.root + b"/"):
        return package.root, package.root
    return b"", b""
