"""Real files to measure: the sources and data that come with the running Python."""

from __future__ import annotations

import random
import sysconfig
from pathlib import Path

from slugtrim.files import Directory


def real_files(count: int, seed: int = 1) -> dict[bytes | str, bytes]:
    """So many files of the standard library by their paths in it; the same ones for the same Python and seed."""
    root = Path(sysconfig.get_paths()["stdlib"])
    paths = sorted(path for path in root.rglob("*.py") if "site-packages" not in path.parts and path.is_file())
    chosen = random.Random(seed).sample(paths, min(count, len(paths)))
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(chosen)}


def names_of(root: Directory) -> list[bytes]:
    """The paths of all files below a directory, sorted."""
    return sorted(file.path for directory in root.walk() for file in directory.files.values())
