"""Find the ``.slugignore`` in the root, on disk or in a tree. A symlink to a file of the tree is followed."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping

from slugtrim.errors import RulesError
from slugtrim.files import SYMLINK, Contents, File, Unreadable, between_nuls
from slugtrim.platforms import PLATFORM
from slugtrim.sources.disk import read_whole

SLUGIGNORE = PLATFORM.ignore_file.name
_LIMIT_BYTES = 1 << 20
_LINKS_IN_A_ROW = 40

_NOT_A_FILE = ".slugignore: is not a file; the platform reads rules from a file of that name only"
_TOO_LARGE = ".slugignore: is larger than 1 MB, so it is not a list of patterns; shorten it"


def slugignore_on_disk(root: bytes) -> bytes | None:
    """Return the ``.slugignore`` in a directory; None if it is missing. Raise ``RulesError`` if it can't be one."""
    path = os.path.join(root, SLUGIGNORE)
    if not os.path.lexists(path):
        return None
    target = os.path.realpath(path)
    top = os.path.realpath(root)
    if os.path.commonpath([target, top]) != top:
        raise RulesError(".slugignore: is a symlink out of the tree; put the rules themselves into the file")
    try:
        info = os.stat(target)
        if not stat.S_ISREG(info.st_mode):
            raise RulesError(_NOT_A_FILE)
        if info.st_size > _LIMIT_BYTES:
            raise RulesError(_TOO_LARGE)
        return read_whole(target)
    except OSError as error:
        raise RulesError(f".slugignore: cannot be read ({error.strerror}); make it a readable file") from error


def slugignore_in_tree(
    files: Mapping[bytes, File],
    links: Mapping[bytes, bytes],
    contents: Contents,
    unreadable: Mapping[bytes, Unreadable],
) -> bytes | None:
    """Return the ``.slugignore`` of a tree, given its files by path. Raise ``RulesError`` if it can't be one."""
    path = _followed(SLUGIGNORE, links)
    if path in unreadable:
        raise RulesError(f".slugignore: cannot be read ({unreadable[path].reason}); its rules would be missing")
    if path in files and files[path].mode != SYMLINK:
        return _content(files[path], contents)
    if path != SLUGIGNORE or path in files:
        raise RulesError(".slugignore: is a symlink to no file of this commit; put the rules themselves into the file")
    if b"\0" + SLUGIGNORE + b"/" in between_nuls(files.values()):
        raise RulesError(_NOT_A_FILE)
    return None


def _content(file: File, contents: Contents) -> bytes:
    if file.size_bytes > _LIMIT_BYTES:
        raise RulesError(_TOO_LARGE)
    with contents.open() as reader:
        (content,) = reader.batch([file])
        if content is None:
            why = reader.unreadable[-1].reason
            raise RulesError(f".slugignore: cannot be read ({why}); its rules would be missing")
    return content


def _followed(path: bytes, links: Mapping[bytes, bytes]) -> bytes:
    """Return where ``path`` leads after following every symlink; empty if that is outside the tree."""
    done: list[bytes] = []
    left = path.split(b"/")
    hops = 0
    while left:
        part = left.pop(0)
        if part in (b"", b"."):
            continue
        if part == b"..":
            if not done:
                return b""
            done.pop()
            continue
        done.append(part)
        target = links.get(b"/".join(done))
        if target is None:
            continue
        hops += 1
        if hops > _LINKS_IN_A_ROW or target.startswith(b"/"):
            return b""
        done.pop()
        left = target.split(b"/") + left
    return b"/".join(done)
