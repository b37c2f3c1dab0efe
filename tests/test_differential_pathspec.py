"""The ``gitignore`` dialect against pathspec, for the patterns that pathspec reads as git does.

slugtrim compares a pattern with all names of a tree at once, in bounded time; pathspec tries one path after the other.
"""

from __future__ import annotations

import random

from pathspec import GitIgnoreSpec

from slugtrim.files import REGULAR, Directory, File
from slugtrim.ignore import Dialect, decide, parse

PARTS = ("spec", "test", "docs", "a.psd", "b.psd", "c.md", "lib", "x1", "x2")
PATTERNS = (
    "spec",
    "/spec",
    "docs/",
    "*.psd",
    "/docs/*.md",
    "x?",
    "**/lib",
    "lib/**",
    "docs/**/c.md",
    "*",
    "/x*",
    "t*t",
)


def test_patterns_that_both_read_take_the_same_files() -> None:
    chance = random.Random(20261129)
    for _ in range(300):
        paths = {
            "/".join([*chance.choices(PARTS[:7], k=chance.randrange(3)), "f" + chance.choice(PARTS)]) for _ in range(12)
        }
        lines = chance.sample(PATTERNS, chance.randrange(1, 4))
        expected = set(GitIgnoreSpec.from_lines(lines).match_files(paths))
        root = Directory.from_files(File(path.encode(), 1, REGULAR, None) for path in paths)
        removed = decide(parse("\n".join(lines).encode(), Dialect.GITIGNORE), Dialect.GITIGNORE, root, {}).removed
        taken = {path for path in paths if any(is_in(path.encode(), gone) for gone in removed)}
        assert taken == expected, (sorted(paths), lines)


def is_in(path: bytes, directory: bytes) -> bool:
    return path == directory or path.startswith(directory + b"/")
