"""Patterns held against the two engines that will read them: what they take must be what they are meant for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slugtrim.errors import RulesError
from slugtrim.files import Directory
from slugtrim.ignore import Dialect, Rule, decide, parse
from slugtrim.suggester.outline import Outline, written


class Piece(NamedTuple):
    """A pattern and the files it is meant for."""

    pattern: bytes
    paths: tuple[bytes, ...]
    set: int
    """The number of the set they belong to."""


def proven(pieces: Sequence[Piece], outline: Outline, links: Mapping[bytes, bytes]) -> list[tuple[Piece, list[bytes]]]:
    """The pieces with what each takes first, in both dialects; one that takes anything else is written out by file.

    A piece that takes nothing is left out. ``outline`` has the sets marked as taken.
    """
    while True:
        try:
            by_git, by_glob = (_taken(pieces, dialect, outline, links) for dialect in Dialect)
            wrong = _wrong(by_git, by_glob, pieces, outline)
        except RulesError:  # a symlink to its own directory that a `?` goes through, again and again
            wrong = {index for index, piece in enumerate(pieces) if b"?" in piece.pattern}
        if not wrong:
            return _credited(pieces, by_glob)
        pieces = [
            finer for index, piece in enumerate(pieces) for finer in (_finer(piece) if index in wrong else (piece,))
        ]


def _wrong(
    by_git: Mapping[bytes, int], by_glob: Mapping[bytes, int], pieces: Sequence[Piece], outline: Outline
) -> set[int]:
    """The pieces that take what is to stay or what is meant for others, or take it in one dialect only."""
    meant = {path: index for index, piece in enumerate(pieces) for path in piece.paths}
    wrong = {by_git[path] for path in by_git if path not in by_glob}
    wrong.update(by_glob[path] for path in by_glob if path not in by_git)
    wrong.update(index for path, index in (*by_git.items(), *by_glob.items()) if path not in outline.taken)
    wrong.update(min(index, meant[path]) for path, index in by_glob.items() if meant.get(path, index) != index)
    return wrong


def _finer(piece: Piece) -> Iterator[Piece]:
    """The files of a piece one by one, those whose names are plain; nothing for a piece that is one file."""
    if piece.pattern == b"/" + written(piece.paths[0]):
        return
    for path in sorted(piece.paths):
        if written(path) == path:
            yield Piece(b"/" + path, (path,), piece.set)


def _credited(pieces: Sequence[Piece], credits: Mapping[bytes, int]) -> list[tuple[Piece, list[bytes]]]:
    files: dict[int, list[bytes]] = defaultdict(list)
    for path, index in credits.items():
        files[index].append(path)
    return [(piece, files[index]) for index, piece in enumerate(pieces) if index in files]


def _taken(
    pieces: Sequence[Piece], dialect: Dialect, outline: Outline, links: Mapping[bytes, bytes]
) -> dict[bytes, int]:
    """Path to the index of the piece that takes it. Raises ``RulesError``."""
    rules = parse(b"\n".join(piece.pattern for piece in pieces), dialect)
    removed: dict[bytes, Rule] = {}
    for directory, group in _groups(rules, dialect, outline):
        removed.update(decide(group, dialect, directory, links).removed)
    taken = {}
    stack: list[tuple[Directory, Rule | None]] = [(outline.root, removed.get(b""))]
    while stack:
        directory, above = stack.pop()
        for file in directory.files.values():
            rule = removed.get(file.path, above)
            if rule is not None:
                taken[file.path] = rule.line - 1
        stack.extend((child, removed.get(child.path, above)) for child in directory.directories.values())
    return taken


def _groups(rules: Sequence[Rule], dialect: Dialect, outline: Outline) -> list[tuple[Directory, list[Rule]]]:
    """The rules with the directory to try them on.

    Git's reading has one outcome whatever the order, and tries a path with wildcards on every path of the tree: it is
    only shown the directory that the path leads to without them.
    """
    if dialect is Dialect.GLOB:
        return [(outline.root, list(rules))]
    groups: dict[bytes, list[Rule]] = defaultdict(list)
    for rule in rules:
        plain = min(at for at in (rule.pattern.find(b"*"), rule.pattern.find(b"?"), len(rule.pattern)) if at >= 0)
        is_path = b"/" in rule.pattern and plain < len(rule.pattern)
        groups[rule.pattern[1:plain].rpartition(b"/")[0] if is_path else b""].append(rule)
    return [(outline.start(top), group) for top, group in groups.items()]
