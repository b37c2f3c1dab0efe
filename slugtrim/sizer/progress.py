"""Being told how far a measurement has come."""

from __future__ import annotations


class Progress:
    """Is told what has been measured. This one does not listen; ``cli`` has one that draws a line."""

    def expect(self, files: int, size_bytes: int) -> None:
        """So much is going to be measured, beside what was said before."""

    def advance(self, files: int, size_bytes: int) -> None:
        """So many files more are done, of so many bytes."""
