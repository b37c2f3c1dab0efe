"""The text of the hook, and how it is told from any other and from one that somebody edited."""

from __future__ import annotations

import os
import re
from enum import Enum
from hashlib import blake2b

_TEMPLATE = os.path.join(os.path.dirname(__file__), "pre-push.sh")
_HEAD = b"#!/bin/sh\n# The pre-push hook of slugtrim, %s\n"
_MARK = re.compile(rb"#!/bin/sh\n# The pre-push hook of slugtrim, ([0-9a-f]{32})\n")


class Script(Enum):
    """What a hook is."""

    OURS = "ours"
    EDITED = "edited"
    """Ours once, and changed since."""
    FOREIGN = "foreign"


def script(recorded: bytes) -> bytes:
    """The hook that looks for slugtrim at the path ``recorded`` first."""
    with open(_TEMPLATE, "rb") as file:
        body = file.read().replace(b"@RECORDED@", _shell_word(recorded))
    return _HEAD % _checksum(body) + body


def recognised(content: bytes) -> Script:
    """What a hook with this content is."""
    match = _MARK.match(content)
    if match is None:
        return Script.FOREIGN
    return Script.OURS if match[1] == _checksum(content[match.end() :]) else Script.EDITED


def _checksum(body: bytes) -> bytes:
    return blake2b(body, digest_size=16).hexdigest().encode("ascii")


def _shell_word(path: bytes) -> bytes:
    """A path that the shell takes for itself, whatever is in it."""
    return b"'" + path.replace(b"'", b"'\\''") + b"'"
