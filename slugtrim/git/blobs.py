"""Reading many blobs through one `git cat-file --batch`."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Sequence
from itertools import islice

from slugtrim.files import File, Unreadable
from slugtrim.git.command import start
from slugtrim.git.listing import OBJECT_MISSING
from slugtrim.git.repository import Repository

_AT_ONCE = 60
"""Requests written to a pipe before the first answer is read: with ids of 64 characters they fit into the smallest one.

That is 4 KB. The writer would block in a full one, while git blocks in writing answers nobody reads.
"""
_SKIP_BYTES = 1 << 20
_BLOCK_BYTES = 1 << 18
"""Answers of about so many bytes are taken out of the pipe together: three calls for each cost more than the bytes."""


class BlobReader:
    """Reads files by their blob ids. A git process runs from the first read to the end of the ``with`` statement."""

    def __init__(self, repository: Repository) -> None:
        self.unreadable: list[Unreadable] = []
        self._repository = repository
        self._arguments: list[str | bytes] = [*repository.command_prefix, "cat-file", "--batch"]
        self._process: subprocess.Popen[bytes] | None = None
        self._owed = 0
        """Answers asked for and not read. Whoever asks next must not take them for its own."""

    def __enter__(self) -> BlobReader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stop()

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """The whole content of each file, in order."""
        many = len(files) > _AT_ONCE
        if many:
            self._ask_for_many(files)
            read = 0
            for content in self._in_blocks(files):
                yield content
                read += 1
            # Behind an answer that is not the one expected, from there on again, and one by one.
            files = files[read:]
        for number, file in enumerate(files):
            # At the beginning, and again where git ended at the file before.
            if number == 0 or self._process is None:
                (self._ask_for_many if many else self._ask)(files[number:])
            yield self._whole(file)

    def _in_blocks(self, files: Sequence[File]) -> Iterator[bytes]:
        """Contents, as long as git answers with what was listed: a blob of that size for every file."""
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
        """The content of one file in pieces."""
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
        """All at once, out of a file: git need not stop after each to hand it over, and no pipe can run full."""
        import tempfile  # 6 ms that a known tree does without

        self._stop()
        with tempfile.TemporaryFile() as requests:
            requests.write(_requests(files))
            requests.seek(0)
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
            pass  # git has ended; _size finds no answer and says so

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
        """Size of the content that follows in the pipe, None where there is none."""
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
