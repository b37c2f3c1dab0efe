"""Which slugs were searched for readers: of those the evidence is whole."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b
from itertools import chain

from slugtrim import __version__
from slugtrim.scanner import Slug
from slugtrim.store import KEY_BYTES, CacheTable


def slug_key(parts: Iterable[bytes]) -> bytes:
    """A key for all of ``parts``, in their order."""
    found = blake2b(digest_size=KEY_BYTES)
    for part in parts:
        found.update(b"%d:" % len(part))
        found.update(part)
    return found.digest()


def is_searched(slug: Slug, evidence: CacheTable) -> bool:
    """Whether a slug of the same files was searched."""
    key = _key(slug)
    return key is not None and evidence.get(key) is not None


def remember_searched(slug: Slug, evidence: CacheTable) -> None:
    """Says that the evidence holds all that was read in this slug."""
    key = _key(slug)
    if key is not None:
        evidence.put(key, b"")


def _key(slug: Slug) -> bytes | None:
    """None where the content of some file has no name."""
    if any(file.blob is None for file in slug.kept):
        return None
    parts = (part for file in slug.kept for part in (file.path, file.blob or b""))
    return slug_key(chain([__version__.encode()], parts))
