"""An archive that is not compressed as steps: what gzip would make of it."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from functools import partial

from slugtrim.archive.gunzip import Readable
from slugtrim.archive.stream import Step
from slugtrim.sizer.codec import GZIP_FRAME_BYTES, WINDOW_BYTES, Codec, default_codec
from slugtrim.sizer.jobs import Jobs
from slugtrim.sizer.measure import apportion

_SEGMENT_BYTES = 1 << 20
"""Compressed on its own, behind the window before it."""
_STEP_BYTES = 4096


def predicted(file: Readable) -> Iterator[Step]:
    """The whole of ``file``, in its order, with the size of every stretch in `gzip -6` of it."""
    codec = default_codec()
    done: deque[list[Step]] = deque()
    with Jobs(os.cpu_count() or 1) as jobs:
        before = b""
        while data := file.read(_SEGMENT_BYTES):
            jobs.submit(partial(_steps, codec, data, before), done.append)
            before = data[-WINDOW_BYTES:]
            while done:
                yield from done.popleft()
    while done:
        yield from done.popleft()
    yield Step(b"", GZIP_FRAME_BYTES)


def _steps(codec: Codec, data: bytes, before: bytes) -> list[Step]:
    pieces = [data[at : at + _STEP_BYTES] for at in range(0, len(data), _STEP_BYTES)]
    sizes = apportion(codec.compressed_bytes(data, before), [codec.weight(piece) for piece in pieces])
    return [Step(piece, size) for piece, size in zip(pieces, sizes, strict=True)]
