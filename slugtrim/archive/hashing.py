"""Contents as they pass: their blob ids, and whoever wants to see them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha1

from slugtrim.archive.record import ContentLook, Feed
from slugtrim.files import File


def blob_id(content: bytes) -> bytes:
    """What git calls a blob of this content."""
    return sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False).hexdigest().encode("ascii")


def passed(file: File, pieces: Iterable[bytes], looks: Sequence[ContentLook]) -> bytes:
    """The blob id of a file whose content passes before ``looks``."""
    digest = sha1(b"blob %d\0" % file.size_bytes, usedforsecurity=False)
    feeds: list[Feed] = [feed for look in looks if (feed := look(file)) is not None] if looks else []
    for piece in pieces:
        digest.update(piece)
        for feed in feeds:
            feed(piece)
    for feed in feeds:
        feed(b"")
    return digest.hexdigest().encode("ascii")
