"""The contents of an archive's files, for whoever asks for them later: they are gone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.files import File, Unreadable

_PASSED = "an archive is read once, and its contents are not kept"


class PassedContents:
    """Contents that were read in passing."""

    def open(self) -> PassedReader:
        """A reader that can read nothing."""
        return PassedReader()

    def deflated_bytes(self, files: Sequence[File]) -> dict[bytes, int]:
        """None: no git keeps these files."""
        return {}


class PassedReader:
    """Says of every file that its content has passed."""

    def __init__(self) -> None:
        self.unreadable: list[Unreadable] = []

    def __enter__(self) -> PassedReader:
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """None for each."""
        for file in files:
            self._miss(file)
            yield None

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """None."""
        self._miss(file)
        yield from ()

    def _miss(self, file: File) -> None:
        self.unreadable.append(Unreadable(path=file.path, reason=_PASSED))
