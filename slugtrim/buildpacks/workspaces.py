"""Which members of a Node.js workspace the application starts. The buildpack installs the packages of all members."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from slugtrim.buildpacks.formats import json_object, mapping, process_commands
from slugtrim.buildpacks.packages import Read

MAX_COMMANDS = 100
MAX_COMMAND = 2000
_WORD = re.compile(r"""[^\s=;&|'"()]+""")


def started_members(read: Read, names: Mapping[str, str], needs: Mapping[str, Collection[str]]) -> list[str]:
    """Return the directories of the members that are started, and of those that these need. Empty if no file says.

    The commands are those of the Procfile, or else the start script, and the scripts that they run. They name a member,
    or a file below it. ``names`` are the packages of the members by directory, ``needs`` what each depends on by name.
    """
    directories = {name: directory for directory, name in names.items() if name}
    said = mapping(mapping(json_object(read(b"package.json"))).get("scripts"))
    scripts = {name: command for name, command in said.items() if isinstance(command, str)}
    waiting = [*process_commands(read(b"Procfile"))] or [scripts.get("start", "")]
    seen: set[str] = set()
    found: list[str] = []
    while waiting and len(seen) < MAX_COMMANDS:
        command = waiting.pop()
        if command not in seen:
            seen.add(command)
            words = _WORD.findall(command[:MAX_COMMAND])
            named = [directories.get(word.rstrip(".")) or _member_above(word, names) for word in words]
            found += filter(None, named)
            waiting += [scripts[word] for word in words if word in scripts and not any(named)]
    kept: dict[str, None] = {}
    while found:
        directory = found.pop()
        if directory not in kept:
            kept[directory] = None
            found += [directories[name] for name in needs.get(directory, ()) if name in directories]
    return sorted(kept)


def _member_above(word: str, members: Collection[str]) -> str:
    """Return the member that a path names, or that it is below."""
    path = word.removeprefix("./").rstrip("/")
    while path and path not in members:
        path = path.rpartition("/")[0]
    return path
