"""Tools of developers that always stay, as `bin/setup`: what they mention is read only if something calls them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from slugtrim.files import File, Tree
from slugtrim.suggester.manifests import may_call
from slugtrim.suggester.places import is_no_reader
from slugtrim.suggester.projects import Project

_LIMIT_BYTES = 256 << 10


def idle_tools(tree: Tree, kept: Sequence[File], projects: Sequence[Project]) -> frozenset[bytes]:
    """Those of them that no command and no script which stays calls by its path."""
    idle = {file.path for file in kept if is_no_reader(file.path, projects, unless_called=True)}
    if not idle:
        return frozenset()
    in_container = any(file.path == b"heroku.yml" for file in kept)
    calling = [
        file
        for file in kept
        if may_call(file.path)
        and file.size_bytes <= _LIMIT_BYTES
        and (in_container or file.path != b"Dockerfile")
        and not is_no_reader(file.path, projects)
    ]
    texts = tree.read(calling)
    waiting = [path for path in texts if path not in idle]
    while waiting and idle:
        said = texts[waiting.pop()]
        called = [path for path in idle if _calls(said, path)]
        idle.difference_update(called)
        waiting += [path for path in called if path in texts]
    return frozenset(idle)


def _calls(text: bytes, path: bytes) -> bool:
    return re.search(rb"(?<![\w.-])" + re.escape(path) + rb"(?![\w-])", text) is not None
