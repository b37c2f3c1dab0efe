"""The ``gitignore`` dialect: what git says of the file, without its ``!`` lines.

pathspec translates the usual wildcards; ``wildmatch`` those that pathspec reads differently from git. The rules are
tried directory by directory, from the root down, as git does: below a directory that is left out nothing is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct

from slugtrim.files import Directory
from slugtrim.ignore.rules import Outcome, Rule
from slugtrim.ignore.wildmatch import name_regex, path_regex

_BYTE_ORDER_MARK = b"\xef\xbb\xbf"

_Matcher = Callable[[bytes], object]


def parse(content: bytes) -> tuple[Rule, ...]:
    """The rules in the content of a ``.slugignore``, in the order of their lines."""
    rules = []
    for number, line in enumerate(content.split(b"\n"), 1):
        text = line.removesuffix(b"\r")
        read = text.removeprefix(_BYTE_ORDER_MARK) if number == 1 else text
        pattern = _without_trailing_spaces(read)
        if pattern and not read.startswith(b"#"):
            rules.append(Rule(line=number, text=text, pattern=pattern, negated=read.startswith(b"!")))
    return tuple(rules)


def decide(rules: Sequence[Rule], root: Directory, links: Mapping[bytes, bytes]) -> Outcome:
    """What ``rules`` take out of the tree under ``root``; the last rule that matches an entry gets the credit.

    ``links`` plays no part: to git a symlink is a file, wherever it points.
    """
    matcher = _RuleMatcher(rules)
    removed: dict[bytes, Rule] = {}
    stack = [root]
    while stack:
        directory = stack.pop()
        at = directory.path + b"/" if directory.path else b""
        for name in directory.files:
            rule = matcher.match(name, at, is_directory=False)
            if rule is not None:
                removed[at + name] = rule
        for name, child in directory.directories.items():
            rule = matcher.match(name, at, is_directory=True)
            if rule is None:
                stack.append(child)
            else:
                removed[child.path] = rule
    return Outcome(rules=tuple(rules), removed=removed, deletions={})


def _without_trailing_spaces(line: bytes) -> bytes:
    """Spaces at the end do not count, unless a backslash stands before one: it and all up to it are kept."""
    end = len(line)
    while end and line[end - 1 : end] == b" ":
        backslashes = len(line[: end - 1]) - len(line[: end - 1].rstrip(b"\\"))
        if backslashes % 2:
            break
        end -= 1
    return line[:end]


class _Wildcard(Struct, frozen=True, kw_only=True):
    index: int
    only_directories: bool
    matches: _Matcher


class _RuleMatcher:
    """Finds the last rule that matches an entry: literal rules by look-up, the others one by one from the last."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        # Literal name or path, and whether only a directory counts, to the index of the last such rule.
        self._names: dict[tuple[bytes, bool], int] = {}
        self._paths: dict[tuple[bytes, bool], int] = {}
        self._name_wildcards: list[_Wildcard] = []
        self._path_wildcards: list[_Wildcard] = []
        self._known_names: dict[tuple[bytes, bool], int] = {}
        for index, rule in enumerate(rules):
            if not rule.negated:
                self._add(index, rule.pattern)
        self._name_wildcards.reverse()
        self._path_wildcards.reverse()

    def _add(self, index: int, pattern: bytes) -> None:
        only_directories = pattern.endswith(b"/")
        pattern = pattern.removesuffix(b"/")
        in_path = b"/" in pattern
        pattern = pattern.removeprefix(b"/")
        if re.search(rb"[*?\[\\]", pattern) is None:
            (self._paths if in_path else self._names)[pattern, only_directories] = index
        else:
            wildcard = _Wildcard(
                index=index, only_directories=only_directories, matches=_matcher(pattern, in_path=in_path)
            )
            (self._path_wildcards if in_path else self._name_wildcards).append(wildcard)

    def match(self, name: bytes, at: bytes, *, is_directory: bool) -> Rule | None:
        """The rule that leaves out ``name`` in the directory ``at`` (empty, or ending in a slash)."""
        best = self._known_names.get((name, is_directory))
        if best is None:
            best = self._literal(self._names, name, is_directory=is_directory)
            best = self._last_match(self._name_wildcards, name, best, is_directory=is_directory)
            self._known_names[name, is_directory] = best
        if self._paths:
            best = max(best, self._literal(self._paths, at + name, is_directory=is_directory))
        if self._path_wildcards:
            best = self._last_match(self._path_wildcards, at + name, best, is_directory=is_directory)
        return self._rules[best] if best >= 0 else None

    @staticmethod
    def _literal(known: Mapping[tuple[bytes, bool], int], key: bytes, *, is_directory: bool) -> int:
        index = known.get((key, False), -1)
        return max(index, known.get((key, True), -1)) if is_directory else index

    @staticmethod
    def _last_match(wildcards: Sequence[_Wildcard], text: bytes, best: int, *, is_directory: bool) -> int:
        for wildcard in wildcards:
            if wildcard.index < best:
                break
            if (is_directory or not wildcard.only_directories) and wildcard.matches(text):
                return wildcard.index
        return best


_PLAIN = re.compile(rb"[ -Z\]-~]+")


def _matcher(pattern: bytes, *, in_path: bool) -> _Matcher:
    if not _pathspec_agrees(pattern):
        return (path_regex(pattern) if in_path else name_regex(pattern)).fullmatch
    from pathspec.patterns.gitignore.spec import GitIgnoreSpecPattern  # 30 ms that a file of plain paths does without

    regex = GitIgnoreSpecPattern(b"/" + pattern if in_path else pattern).regex
    assert regex is not None, pattern
    search = regex.search
    # To pathspec's regular expressions a newline ends the text. NUL is in no name, and as good as any other byte.
    return lambda text: search(text.replace(b"\n", b"\0"))


def _pathspec_agrees(pattern: bytes) -> bool:
    """Whether pathspec reads ``pattern`` as git does, in bounded time.

    So it does for printable ASCII without brackets and backslashes, ``**`` only as a whole component. Its regular
    expressions go back over every way to place each star, hence at most two of them.
    """
    components = pattern.split(b"/")
    return (
        _PLAIN.fullmatch(pattern) is not None
        and not pattern.endswith(b" ")
        and all(component == b"**" or (component and b"**" not in component) for component in components)
        and len(re.findall(rb"\*+", pattern)) <= 2
    )
