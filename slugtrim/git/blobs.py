"""Read many blobs through one `git cat-file --batch`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from itertools import islice

from slugtrim.files import File, Unreadable
from slugtrim.git.command import start
from slugtrim.git.listing import OBJECT_MISSING
from slugtrim.git.repository import Repository
from slugtrim.writing import temporary_file

_AT_ONCE = 60
"""Requests written to a pipe before the first answer is read. With ids of 64 characters they fit into the smallest
pipe.

That is 4 KB. A full pipe would block us while git blocks on answers that nobody reads.
"""
_SKIP_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 18
"""Bytes of answers read from the pipe together, since three calls for each answer cost more than the bytes."""


class BlobReader:
    """Reads files by blob id. A git process runs from the first read to the end of the ``with`` statement."""

    def __init__(self, repository: Repository) -> None:
        self.unreadable: list[Unreadable] = []
        self._repository = repository
        self._arguments: list[str | bytes] = [*repository.command_prefix, "cat-file", "--batch"]
        self._process: subprocess.Popen[bytes] | None = None
        self._owed = 0
        """Answers that were requested and not read. The next request must skip them."""

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield the whole content of each file in order; None for a missing one."""
        many = len(files) > _AT_ONCE
        if many:
            self._ask_for_many(files)
            read = 0
            for content in self._in_blocks(files):
                yield content
                read += 1
            # After an unexpected answer, start again from that file, one by one.
            files = files[read:]
        for number, file in enumerate(files):
            # At the start, and again if git ended at the previous file.
            if number == 0 or self._process is None:
                (self._ask_for_many if many else self._ask)(files[number:])
            yield self._whole(file)

    def _in_blocks(self, files: Sequence[File]) -> Iterator[bytes]:
        """Yield contents while git answers as listed: with a blob of the expected size for every file."""
        assert self._process is not None
        assert self._process.stdout is not None
        begin = 0
        while begin < len(files):
            size = 0
            headers = []
            for file in islice(files, begin, None):
                header = b"%b blob %d\n" % (file.blob or b"-", file.size_bytes)
                headers.append(header)
                size += len(header) + file.size_bytes + 1
                if size >= _BLOCK_BYTES:
                    break
            block = self._process.stdout.read(size)
            at = 0
            for header in headers:
                start = at + len(header)
                at = start + files[begin].size_bytes + 1
                if at > len(block) or not block.startswith(header, start - len(header)):
                    self._stop()
                    return
                begin += 1
                yield block[start : at - 1]
        self._owed = 0

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield the content of one file in pieces."""
        self._ask([file])
        left = self._size(file)
        if left is None:
            return
        while left:
            piece = self._take(min(left, piece_bytes))
            left -= len(piece)
            if piece:
                yield piece
            else:
                self._give_up(file)
                return
        self._take(1)
        self._owed -= 1

    def _ask_for_many(self, files: Sequence[File]) -> None:
        """Request all files through a temporary file, so that git need not wait after each, and no pipe can fill up."""
        self._stop()
        with temporary_file([_requests(files)]) as requests:
            self._process = start([*self._arguments, "--buffer"], self._repository.environment, stdin=requests)
        self._owed = len(files)

    def _ask(self, files: Sequence[File]) -> None:
        if self._owed or (self._process is not None and self._process.stdin is None):
            self._stop()
        if self._process is None:
            self._process = start(self._arguments, self._repository.environment)
        assert self._process.stdin is not None
        self._owed = len(files)
        try:
            self._process.stdin.write(_requests(files))
            self._process.stdin.flush()
        except BrokenPipeError:
            pass  # git has ended; _size gets no answer and reports it

    def _whole(self, file: File) -> bytes | None:
        size = self._size(file)
        if size is None:
            return None
        data = self._take(size + 1)  # with the newline that ends the answer
        if len(data) <= size:
            self._give_up(file)
            return None
        self._owed -= 1
        return data[:-1]

    def _size(self, file: File) -> int | None:
        """Return the size of the content that follows in the pipe; None if the blob is missing."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        about, _, size = line.rpartition(b" ")
        if about.endswith(b" blob"):
            return int(size)
        parts = line.split()
        if not line:
            self._give_up(file)
            return None
        self.unreadable.append(Unreadable(path=file.path, reason=OBJECT_MISSING))
        left = int(parts[2]) + 1 if len(parts) == 3 else 0
        while left and (skipped := self._take(min(left, _SKIP_BYTES))):
            left -= len(skipped)
        self._owed -= 1
        return None

    def _take(self, size: int) -> bytes:
        assert self._process is not None
        assert self._process.stdout is not None
        return self._process.stdout.read(size)

    def _give_up(self, file: File) -> None:
        self.unreadable.append(Unreadable(path=file.path, reason=OBJECT_MISSING))
        self._stop()

    def _stop(self) -> None:
        process, self._process = self._process, None
        self._owed = 0
        if process is not None:
            process.kill()
            process.communicate()


def _requests(files: Sequence[File]) -> bytes:
    return b"".join(b"%s\n" % (file.blob or b"-") for file in files)
