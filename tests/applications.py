"""Applications that tests of suggestions start from, trees in memory, and questions about an advice.

This is the one place that says where the function that makes suggestions is.
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File, Source, SourceKind, Tree, Unreadable
from slugtrim.ignore import Dialect
from slugtrim.suggester import advice as suggesting
from slugtrim.suggester.records import Advice, AdviceTerms, Withheld
from tests.builders import Content

__all__ = ["DJANGO", "ELIXIR", "FLASK", "IMAGE", "LARGE", "NODE", "PHP", "RAILS", "advise", "suggest_tree"]

Files = Mapping[bytes | str, Content]

CASES = Path(__file__).parent / "cases"

LARGE = bytes(2 << 20)
"""Large enough for every rule, and read as binary: it mentions nothing."""
IMAGE = b"\x89PNG\0" + bytes(200_000)


def _applications() -> dict[str, Files]:
    read = tomllib.loads((CASES / "applications.toml").read_text("utf-8"))
    return {name: dict(files) for name, files in read.items()}


APPLICATIONS = _applications()
"""Small applications by the names that a case gives as its ``base``."""
RAILS, DJANGO, FLASK, NODE, ELIXIR, PHP = (
    APPLICATIONS[name] for name in ("rails", "django", "flask", "node", "elixir", "php")
)


class MemoryContents(Struct, frozen=True):
    """The contents of a tree that is on no disk."""

    by_path: dict[bytes, bytes]

    @property
    def unreadable(self) -> list[Unreadable]:
        """Return no file: all can be read."""
        return []

    @unreadable.setter
    def unreadable(self, value: list[Unreadable]) -> None:
        raise AttributeError

    def open(self) -> MemoryContents:
        """Return itself: nothing has to be opened."""
        return self

    def deflated_bytes(self, files: Sequence[File]) -> Mapping[bytes, int]:
        """Return no sizes: no git has packed these."""
        return {}

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        """Yield the whole content of each file."""
        return (self.by_path[file.path] for file in files)

    def pieces(self, file: File, piece_bytes: int) -> Iterator[bytes]:
        """Yield the content of one file in pieces."""
        content = self.by_path[file.path]
        return (content[at : at + piece_bytes] for at in range(0, len(content), piece_bytes))

    def __enter__(self) -> MemoryContents:
        return self

    def __exit__(self, *exc: object) -> None:
        return None


def memory_tree(files: Files) -> Tree:
    """Return the tree that ``make_tree`` would write for ``files``, with blob ids as git gives them."""
    made = [_file(path.encode() if isinstance(path, str) else path, content) for path, content in files.items()]
    made = [(file, content) for file, content in made if file.mode]
    contents = {file.path: content for file, content in made}
    return Tree(
        source=Source(kind=SourceKind.DIRECTORY, root=b"/application"),
        files=tuple(sorted(file for file, _ in made)),
        contents=MemoryContents(contents),
        slugignore=contents.get(b".slugignore"),
        links={file.path: content for file, content in made if file.mode == SYMLINK},
    )


def _file(path: bytes, content: Content) -> tuple[File, bytes]:
    mode = EXECUTABLE if path.endswith(b"*") else REGULAR
    match content:
        case None:
            mode, data = 0, b""
        case Path():
            mode, data = SYMLINK, bytes(content)
        case str():
            data = content.encode()
        case _:
            data = content
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest().encode()
    return File(path.removesuffix(b"*"), len(data), mode, blob), data


ALL_ENTRIES = AdviceTerms(min_saving_bytes=0)
"""Files of tests are small."""


def suggest_tree(
    tree: Tree, dialect: Dialect = Dialect.GITIGNORE, asked: AdviceTerms = ALL_ENTRIES, **more: Any
) -> Advice:
    """Return the advice on a tree, with the entries that save little."""
    return suggesting.suggest_tree(tree, dialect, asked=asked, **more)


def advise(files: Files, dialect: Dialect = Dialect.GITIGNORE) -> Advice:
    """Return the advice on a tree with these files."""
    return suggest_tree(memory_tree(files), dialect)


def suggested(advice: Advice) -> set[str]:
    """Return the paths of all files that would go, undecodable bytes as surrogate escapes."""
    entries = [*(file for entry in advice.suggestions for file in entry.files), *advice.assets.files]
    return {file.path.decode(errors="surrogateescape") for file in entries}


def withheld(advice: Advice, path: str) -> list[Withheld]:
    """Return the candidates that stay and have the file ``path``, or files below it."""
    names = path.encode(errors="surrogateescape")
    return [
        each
        for each in advice.withheld
        if any(file.path == names or file.path.startswith(names + b"/") for file in each.files)
    ]


def against(advice: Advice, path: str) -> list[tuple[str, str | None, int | None]]:
    """Return the evidence for keeping it: kind, file and line."""
    return [
        (item.kind.value, item.path.decode() if item.path is not None else None, item.line)
        for each in withheld(advice, path)
        for item in each.evidence
    ]
