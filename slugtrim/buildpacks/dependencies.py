"""What the buildpacks that run install, each by its own files."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from slugtrim.buildpacks.node_locks import node_dependencies
from slugtrim.buildpacks.other_locks import go_dependencies, php_dependencies, ruby_dependencies
from slugtrim.buildpacks.packages import Dependencies, Detected, Read
from slugtrim.buildpacks.python_locks import python_dependencies


def dependencies(detected: Detected, paths: Collection[bytes], read: Read) -> tuple[Dependencies, ...]:
    """Return what the buildpacks install, in their order. Those whose packages no file lists are left out.

    Paths are the files that the build sees, fastest as a set. Nothing raises, for any content.
    """
    if not isinstance(paths, set | frozenset | dict):
        paths = frozenset(paths)
    return tuple(_installed(detected, paths, read))


def _installed(detected: Detected, paths: Collection[bytes], read: Read) -> Iterator[Dependencies]:
    python = next((runtime.version for runtime in detected.runtimes if runtime.language == "python"), "")
    for id_ in dict.fromkeys(buildpack.id for buildpack in detected.buildpacks):
        found = None
        if id_ == "heroku/nodejs" and b"package.json" in paths:
            found = node_dependencies(paths, read)
        elif id_ == "heroku/python":
            found = python_dependencies(paths, read, python)
        elif id_ == "heroku/ruby":
            found = ruby_dependencies(paths, read)
        elif id_ == "heroku/php":
            found = php_dependencies(paths, read)
        elif id_ == "heroku/go":
            found = go_dependencies(paths)
        if found is not None:
            yield found
