"""What files read, remembered by content: while the names in the slug are the same, the same file reads the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from hashlib import blake2b

from slugtrim import __version__
from slugtrim.cache import KEY_BYTES, SizeCache, repository_folder
from slugtrim.files import File
from slugtrim.suggester.paths import Paths
from slugtrim.suggester.reading import Hit
from slugtrim.suggester.resolve import Target

_FORMAT = "evidence-6"
"""Raised whenever the reading of files or what is kept of it changes."""

_EXTENSION_BYTES = 8
_NUMBERS_PER_HIT = 3
_FLAGS = 5
"""So many bits of the first number are flags."""


def open_evidence_cache(git_dir: bytes | None) -> SizeCache:
    """What is remembered for the repository with this (common) git directory; for None, nothing that lasts."""
    if git_dir is None:
        return SizeCache()
    return SizeCache(repository_folder(git_dir), _FORMAT)


class Remembered:
    """The hits of files, for one set of names to look for."""

    def __init__(self, cache: SizeCache, paths: Paths, sought: Iterable[bytes], roots: Sequence[bytes]) -> None:
        """``sought`` are the paths that are looked for among ``paths``."""
        self._cache = cache
        self._names = sorted(paths.files) + sorted(paths.directories)
        self._numbers = {path: number for number, path in enumerate(self._names)}
        self._first_directory = len(paths.files)
        self._numbers_of_directories = {
            path: number for number, path in enumerate(self._names[self._first_directory :], self._first_directory)
        }
        about = [
            __version__.encode(),
            _FORMAT.encode(),
            *self._names,
            b"",
            *sorted(sought),
            b"",
            *roots,
        ]
        self._names_only = blake2b(b"\0".join(about), digest_size=KEY_BYTES).digest()
        self._about = self._names_only

    def about(self, called: Iterable[str]) -> Remembered:
        """The same while scripts of these names are called, of what was found without any."""
        other = copy(self)
        names = [name.encode("utf-8", "surrogatepass") for name in called]
        other._about = blake2b(b"\0".join([self._names_only, *sorted(names)]), digest_size=KEY_BYTES).digest()
        return other

    def get(self, file: File) -> list[Hit] | None:
        """What ``file`` reads; None if that is not known."""
        numbers = self._cache.get(self._key(file)) if file.blob is not None else None
        if numbers is None:
            return None
        rows = range(0, len(numbers), _NUMBERS_PER_HIT)
        try:
            return [self._hit(*numbers[at : at + _NUMBERS_PER_HIT]) for at in rows]
        except (TypeError, IndexError):
            return None  # whoever wrote it, it is nothing of this version

    def put(self, file: File, hits: Sequence[Hit]) -> None:
        """Remembers what ``file`` reads, if its content has a name."""
        if file.blob is None or any(len(hit.target.extension) > _EXTENSION_BYTES for hit in hits):
            return
        numbers = (number for hit in hits for number in self._row(hit))
        self._cache.put(self._key(file), tuple(numbers))

    def _key(self, file: File) -> bytes:
        about = b"\0".join((self._about, file.path, file.blob or b""))
        return blake2b(about, digest_size=KEY_BYTES).digest()

    def _row(self, hit: Hit) -> tuple[int, int, int]:
        target = hit.target
        numbers = self._numbers_of_directories if target.is_directory else self._numbers
        flags = target.is_sure | target.is_exact << 1 | hit.alone << 2 | hit.imported << 3 | hit.told << 4
        extension = int.from_bytes(target.extension.ljust(_EXTENSION_BYTES, b"\0"), "little")
        return numbers[target.path] << _FLAGS | flags, hit.line, extension

    def _hit(self, about: int, line: int, extension: int) -> Hit:
        number = about >> _FLAGS
        target = Target(
            path=self._names[number],
            is_directory=number >= self._first_directory,
            extension=extension.to_bytes(_EXTENSION_BYTES, "little").rstrip(b"\0"),
            is_sure=bool(about & 1),
            is_exact=bool(about & 2),
        )
        return Hit(target, line, alone=bool(about & 4), imported=bool(about & 8), told=bool(about & 16))
