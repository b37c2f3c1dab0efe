"""The ``gitignore`` dialect: what git says of the file, without its ``!`` lines.

Rules without wildcards are looked up. Those with wildcards are compared with all names of the tree at once. Then the
tree is walked from the root down, as git does: below a directory that is left out nothing is tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from slugtrim.files import Directory, directories_above
from slugtrim.ignore.at_once import Block, Token, blocks
from slugtrim.ignore.rules import Outcome, Rule, by_name, check_wildcards, paths_of, without_escapes
from slugtrim.ignore.wildmatch import name_tokens, path_tokens

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"
_WILDCARD = re.compile(rb"[*?\[]")


def parse(content: bytes) -> tuple[Rule, ...]:
    """Return the rules in the content of a ``.slugignore``, in the order of their lines.

    Raises ``RulesError`` for more rules with wildcards than ``MAX_WILDCARDS``.
    """
    rules = []
    for number, line in enumerate(content.split(b"\n"), 1):
        text = line.removesuffix(b"\r")
        read = text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text
        pattern = _without_trailing_spaces(read)
        if pattern and not read.startswith(b"#"):
            rules.append(Rule(line=number, text=text, pattern=pattern, negated=read.startswith(b"!")))
    check_wildcards(rules, _WILDCARD)
    return tuple(rules)


def _without_trailing_spaces(line: bytes) -> bytes:
    """Spaces at the end do not count, unless a backslash stands before one: it and all up to it are kept."""
    bare = line.rstrip(b" ")
    backslashes = len(bare) - len(bare.rstrip(b"\\"))
    return line[: len(bare) + 1] if backslashes % 2 else bare


class _Shape(NamedTuple):
    """What a pattern says before its wildcards are read."""

    only_directories: bool
    in_path: bool
    """It is compared with paths from the root, else with names."""
    body: bytes

    @classmethod
    def of(cls, pattern: bytes) -> _Shape:
        only_directories = pattern.endswith(b"/")
        pattern = pattern.removesuffix(b"/")
        return cls(only_directories, b"/" in pattern, pattern.removeprefix(b"/"))

    @property
    def literal(self) -> bytes | None:
        """The only name or path that it matches; None for a pattern with wildcards, or one that matches nothing."""
        if _WILDCARD.search(self.body) is not None:
            return None
        if b"\\" not in self.body:
            return self.body
        ends_in_escape = (len(self.body) - len(self.body.rstrip(b"\\"))) % 2
        return None if ends_in_escape else without_escapes(self.body)

    @property
    def tokens(self) -> list[Token]:
        return path_tokens(self.body) if self.in_path else name_tokens(self.body)


class GitMatcher:
    """Tries rules on the tree under one directory. What it learns of the tree serves all rules."""

    def __init__(self, root: Directory) -> None:
        self._root = root

    def decide(self, rules: Sequence[Rule]) -> Outcome:
        """Return what ``rules`` take out; the last rule that matches an entry gets the credit."""
        last = _LastMatch(rules, self)
        removed: dict[bytes, Rule] = {}
        stack = [self._root]
        while stack:
            directory = stack.pop()
            at = directory.path + b"/" if directory.path else b""
            for name in directory.files:
                index = last.match(name, at, is_directory=False)
                if index >= 0:
                    removed[at + name] = rules[index]
            for name, child in directory.directories.items():
                index = last.match(name, at, is_directory=True)
                if index < 0:
                    stack.append(child)
                else:
                    removed[child.path] = rules[index]
        return Outcome(rules=tuple(rules), removed=removed, deletions={})

    def alone(self, pattern: bytes) -> frozenset[bytes]:
        """Return what a rule with this pattern takes when it is the only one."""
        taken = set(self._matches(pattern))
        return frozenset(path for path in taken if taken.isdisjoint(directories_above(path)))

    def takes_any(self, pattern: bytes) -> bool:
        """Return True if a rule with this pattern takes anything when it is the only one."""
        return next(self._matches(pattern), None) is not None

    def _matches(self, pattern: bytes) -> Iterator[bytes]:
        shape = _Shape.of(pattern)
        for text in self._texts(shape):
            for path in (text,) if shape.in_path else self._paths_by_name.get(text, ()):
                is_directory = self._is_directory.get(path)
                if is_directory or (is_directory is not None and not shape.only_directories):
                    yield path

    def _texts(self, shape: _Shape) -> Iterator[bytes]:
        literal = shape.literal
        if literal is not None:
            yield literal
            return
        tokens = shape.tokens
        for block in self.path_blocks if shape.in_path else self.name_blocks:
            for _, text in block.texts_at(block.find(tokens)):
                yield text.encode("latin-1")

    @cached_property
    def name_blocks(self) -> list[Block]:
        """Every name in the tree, once."""
        names: dict[bytes, None] = {}
        for directory in self._root.walk():
            names.update(dict.fromkeys(directory.files))
            names.update(dict.fromkeys(directory.directories))
        return blocks(name.decode("latin-1") for name in names)

    @cached_property
    def path_blocks(self) -> list[Block]:
        """Every path in the tree."""
        return blocks(path.decode("latin-1") for path in self._is_directory)

    @cached_property
    def _is_directory(self) -> Mapping[bytes, bool]:
        return paths_of(self._root)

    @cached_property
    def _paths_by_name(self) -> Mapping[bytes, Sequence[bytes]]:
        return by_name(self._is_directory)


class _LastMatch:
    """Finds the last rule that matches an entry: every rule is looked up by the name or the path that it matches."""

    def __init__(self, rules: Sequence[Rule], matcher: GitMatcher) -> None:
        # Name or path, and whether only a directory counts, to the index of the last such rule.
        self._names: dict[tuple[bytes, bool], int] = {}
        self._paths: dict[tuple[bytes, bool], int] = {}
        wildcards: list[tuple[int, _Shape]] = []
        for pattern, index in {rule.pattern: index for index, rule in enumerate(rules) if not rule.negated}.items():
            shape = _Shape.of(pattern)
            literal = shape.literal
            if literal is not None:
                key = literal, shape.only_directories
                known = self._paths if shape.in_path else self._names
                known[key] = max(known.get(key, -1), index)
            else:
                wildcards.append((index, shape))
        wildcards.sort(reverse=True)
        names = [(index, shape) for index, shape in wildcards if not shape.in_path]
        paths = [(index, shape) for index, shape in wildcards if shape.in_path]
        if names:
            _look_up_wildcards(self._names, names, matcher.name_blocks)
        if paths:
            _look_up_wildcards(self._paths, paths, matcher.path_blocks)

    def match(self, name: bytes, at: bytes, *, is_directory: bool) -> int:
        """Return the index of the rule for ``name`` in the directory ``at`` (empty, or ending in a slash), or -1."""
        best = self._names.get((name, False), -1)
        if is_directory:
            best = max(best, self._names.get((name, True), -1))
        if self._paths:
            path = at + name
            best = max(best, self._paths.get((path, False), -1))
            if is_directory:
                best = max(best, self._paths.get((path, True), -1))
        return best


def _look_up_wildcards(
    known: dict[tuple[bytes, bool], int], wildcards: Sequence[tuple[int, _Shape]], all_texts: Sequence[Block]
) -> None:
    """Enter into ``known`` what ``wildcards``, the last of them first, match."""
    tokens = [shape.tokens for _, shape in wildcards]
    for block in all_texts:
        # What a later rule has is not asked for again. A rule for anything is one for directories as well.
        open_ends = {False: block.ends, True: block.ends}
        for (index, shape), each in zip(wildcards, tokens, strict=True):
            for_directories = shape.only_directories
            found = block.find(each) & open_ends[for_directories]
            if found:
                open_ends[True] &= ~found
                if not for_directories:
                    open_ends[False] &= ~found
                for _, text in block.texts_at(found):
                    key = text.encode("latin-1"), for_directories
                    known[key] = max(known.get(key, -1), index)
            if not open_ends[False]:
                break
