"""Real files to measure: the sources and data that come with the running Python."""

from __future__ import annotations

import os
import random
import sysconfig
from functools import cache
from pathlib import Path

from slugtrim.files import Directory

STDLIB = Path(sysconfig.get_paths()["stdlib"])


def real_files(count: int, seed: int = 1) -> dict[bytes | str, bytes]:
    """So many files of the standard library by their paths in it; the same ones for the same Python and seed."""
    paths = _paths()
    chosen = random.Random(seed).sample(paths, min(count, len(paths)))
    return {str(path.relative_to(STDLIB)): path.read_bytes() for path in sorted(chosen)}


@cache
def _paths() -> list[Path]:
    """All of them, but for what is installed beside the library."""
    found = []
    for directory, directories, names in os.walk(STDLIB):
        directories[:] = [name for name in directories if name not in ("site-packages", "__pycache__")]
        found += [Path(directory, name) for name in names if name.endswith(".py")]
    return sorted(path for path in found if path.is_file())


def names_of(root: Directory) -> list[bytes]:
    """The paths of all files below a directory, sorted."""
    return sorted(file.path for directory in root.walk() for file in directory.files.values())
