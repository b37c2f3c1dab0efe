"""Files that are read without their path being written: by a library's convention, or by the name of a module."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import resources

from msgspec import Struct

from slugtrim.suggester.paths import Paths
from slugtrim.suggester.resolve import Target

_ELIXIR = (".ex", ".exs")
_MODULE = re.compile(rb"(?m)^module\s+(\S+)")
_DEFINES = re.compile(rb"(?m)^\s*defmodule\s+([A-Z][\w.]*)")


class Implied(Struct, frozen=True, kw_only=True):
    """Words that stand for paths in files with these endings."""

    words: tuple[bytes, ...]
    endings: tuple[bytes, ...]
    reads: tuple[bytes, ...]


@cache
def conventions() -> tuple[Implied, ...]:
    """What ``implied.toml`` holds."""
    text = resources.files("slugtrim.suggester").joinpath("implied.toml").read_text("utf-8")
    return tuple(
        Implied(
            words=tuple(map(str.encode, row["words"])),
            endings=tuple(map(str.encode, row["extensions"])),
            reads=tuple(map(str.encode, row["reads"])),
        )
        for row in tomllib.loads(text)["implied"]
    )


def elixir_modules(contents: Mapping[bytes, bytes]) -> tuple[Implied, ...]:
    """The modules that these files define: Elixir finds a module by its name, wherever its file is."""
    endings = tuple(map(str.encode, _ELIXIR))
    return tuple(
        Implied(words=tuple(names), endings=endings, reads=(path,))
        for path, text in sorted(contents.items())
        if (names := _DEFINES.findall(text))
    )


def go_modules(contents: Mapping[bytes, bytes]) -> dict[bytes, bytes]:
    """Name of each module to its directory, from the content of each ``go.mod``."""
    found = {}
    for path, text in contents.items():
        module = _MODULE.search(text)
        if module is not None:
            found[module[1]] = path.rpartition(b"/")[0]
    return found


def implied_targets(path: bytes, text: bytes, known: Iterable[Implied], paths: Paths) -> Iterator[tuple[Target, int]]:
    """What the file ``path`` reads so, and the line."""
    for each in known:
        if not path.endswith(each.endings):
            continue
        word = next((word for word in each.words if word in text), None)
        end = rb"(?!\w)" if word is not None and word[-1:].isalnum() else b""
        found = re.search(rb"(?<![\w.])%b%b" % (re.escape(word), end), text) if word is not None else None
        if found is None:
            continue
        line = text.count(b"\n", 0, found.start()) + 1
        beside = path.rpartition(b"/")[0] + b"/"
        for read in each.reads:
            for at in (read, beside + read) if beside != b"/" else (read,):
                if at in paths.files:
                    yield Target(at, False, b"", True), line
                elif at in paths.directories:
                    yield from ((Target(below, True, b"", True), line) for below in paths.directories_below(at))
