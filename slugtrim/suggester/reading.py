"""What one file of the slug reads, or may read, of what could go."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from slugtrim.suggester.implied import Implied, conventions, implied_targets
from slugtrim.suggester.mentions import (
    import_statements,
    imported_modules,
    joined_strings,
    joined_words,
    lists_directories,
    mentions,
    names_in_full,
    speaks_shell,
    starred_words,
    with_stars,
)
from slugtrim.suggester.paths import Paths
from slugtrim.suggester.resolve import Resolver, Target
from slugtrim.suggester.sought import Sought
from slugtrim.suggester.speaking import speaking
from slugtrim.suggester.words import Sieve, is_expression, words

_ESCAPING = (b".json", b".map", b".php")
"""Here a slash in a string may have a backslash before it; elsewhere that is a regular expression."""
_BINARY_BYTES = 8000
"""git's own measure: a NUL in so many bytes makes a file binary."""


class Hit(NamedTuple):
    """A line that leads to a path."""

    target: Target
    line: int
    alone: bool
    """The word is all of a string or value."""
    imported: bool = False
    """The line imports or requires it."""
    told: bool = False
    """The word stands in a sentence, and nowhere else in the file."""


class _Led(NamedTuple):
    """A word, and what it leads to."""

    word: bytes
    targets: list[Target]
    only_alone: bool = False
    """Nothing, unless it is all of a string or value."""


class Reading:
    """Finds what files read. What it says of a file depends on its path and content, and on nothing searched before."""

    def __init__(
        self,
        paths: Paths,
        sought: Sought,
        roots: Sequence[bytes],
        implied: Sequence[Implied],
        modules: Mapping[bytes, bytes],
    ) -> None:
        self._modules = modules
        self.called: frozenset[str] = frozenset()
        """Scripts of manifests that are called by name."""
        self._paths = paths
        self._sought = sought
        # What a dotted name may begin with: `self` and its like are looked up nowhere.
        self._tops = {path.rpartition(b"/")[2] for path in paths.directories}
        self._tops |= {path.rpartition(b"/")[2][:-3] for path in paths.files if path.endswith(b".py")}
        self._seeks_python = any(path.endswith(b".py") for path in sought.files)
        self._sieve = Sieve(sought.may_name, self._may_load, self._may_import)
        self._imports: dict[bytes, tuple[bytes, ...]] = {}
        self._roots = roots
        self._resolvers: dict[bytes, Resolver] = {}
        self._implied = [*implied, *conventions()]

    def hits(self, path: bytes, content: bytes) -> list[Hit]:
        """The lines of the file ``path`` that lead to what could go, one for each way they can be read."""
        if b"\0" in content[:_BINARY_BYTES]:
            return []
        resolver = self._resolver(path.rpartition(b"/")[0])
        found = words(content)
        telling, dotted, importing = self._sieve.among(found)
        if not path.endswith(_ESCAPING):
            telling = {word for word in telling if not is_expression(word)}
        implied = [*implied_targets(path, content, self._implied, self._paths)]
        together = self._together(content, found, resolver)
        led = [*_leading(telling, resolver), *self._packages(path, content, found, dotted, resolver)]
        wild = self._leading(starred_words(path, content) - found, resolver)
        hits = self._by_imports(content, resolver) if importing and path.endswith(b".py") else {}
        if implied or together or led or wild:
            text = speaking(path, content, self.called)  # only now: it takes longer than all of the above
            hits |= dict.fromkeys(_by_words(path, text, led, together))
            hits |= dict.fromkeys(_by_words(path, with_stars(path, text), wild, ())) if wild else {}
            in_text = implied_targets(path, text, self._implied, self._paths) if implied else ()
            hits |= dict.fromkeys(Hit(target, line, alone=True) for target, line in in_text)
        return list(hits)

    def _resolver(self, directory: bytes) -> Resolver:
        resolver = self._resolvers.get(directory)
        if resolver is None:
            resolver = self._resolvers[directory] = Resolver(
                self._paths, self._sought, directory, self._roots, self._modules
            )
        return resolver

    def _leading(self, found: set[bytes], resolver: Resolver) -> list[_Led]:
        """The words that lead to something sought, and where to."""
        return _leading(filter(self._sought.may_name, found), resolver)

    def _together(self, content: bytes, found: set[bytes], resolver: Resolver) -> list[_Led]:
        """The same for strings that are put together to a path."""
        if not self._sought.has_part(found):
            return []
        new = joined_words(content) - found
        # Strings in a list are no path when one of them holds a variable.
        plain = {word for word in new if b"$" not in word and b"%" not in word}
        led = self._leading(plain, resolver)
        # What leads to a path that stays anyway says as well that its parts are none by themselves.
        others = sorted(word for word in plain - {each.word for each in led} if resolver.is_path(word))
        return [*led, *(_Led(word, []) for word in others)]

    def _packages(
        self, path: bytes, content: bytes, found: set[bytes], dotted: set[bytes], resolver: Resolver
    ) -> Iterator[_Led]:
        """Dotted names in quotes or commands: a framework loads what they name. Manifests have plain ones as well."""
        with_plain = lists_directories(path) or b"INSTALLED_APPS" in content
        if not (with_plain or speaks_shell(path) or path.endswith(b".py")):
            return
        if path.endswith(b".py"):
            dotted = dotted.intersection(content.replace(b"'", b'"').split(b'"')) if dotted else dotted
        for word in sorted(found) if with_plain else sorted(dotted):
            targets = resolver.package(word) if word in dotted else []
            if with_plain and not targets:
                targets = resolver.targets(word.rstrip(b"/") + b"/")
                if path.endswith(b".py"):
                    targets = [read for target in targets for read in resolver.application(target)]
            if targets:
                yield _Led(word, targets, only_alone=True)

    def _may_load(self, word: bytes) -> bool:
        """Whether a dotted name may be a module or package that could go."""
        return b"." in word and word.partition(b".")[0] in self._tops and self._sought.may_load(word)

    def _may_import(self, word: bytes) -> bool:
        """Whether a word of an import statement may be part of a module's name that could go."""
        return self._seeks_python and self._sought.has_module(word)

    def _by_imports(self, content: bytes, resolver: Resolver) -> dict[Hit, None]:
        return {
            Hit(target, content.count(b"\n", 0, start) + 1, alone=True): None
            for start, statement in import_statements(content)
            for module in self._imported(statement)
            for target in resolver.module(module)
        }

    def _imported(self, statement: re.Match[bytes]) -> tuple[bytes, ...]:
        """The modules of a statement that may be sought. Files import the same over and over."""
        known = self._imports.get(statement[0])
        if known is None:
            known = self._imports[statement[0]] = tuple(
                module
                for module in imported_modules(statement)
                if (module.startswith(b".") or module.partition(b".")[0] in self._tops)
                and self._sought.may_import(module)
            )
        return known


def _leading(telling: Iterable[bytes], resolver: Resolver) -> list[_Led]:
    led = ((word, resolver.targets(word)) for word in sorted(telling))
    return [_Led(word, targets) for word, targets in led if targets]


def _by_words(path: bytes, text: bytes, led: Sequence[_Led], together: Sequence[_Led]) -> Iterator[Hit]:
    joined = joined_strings(text) if together else b""
    parts_read: set[tuple[int, bytes]] = set()
    for word, targets, _ in together:
        for mention in mentions(path, joined, word):
            parts_read.update((mention.line, part) for part in word.split(b"/"))
        yield from _hits(path, joined, word, targets)
    for word, targets, only_alone in led:
        for hit in _hits(path, text, word, targets):
            # "data" in join("data", "a.csv") is a.csv's directory, and not read itself.
            if (hit.alone or not only_alone) and (hit.line, word) not in parts_read:
                yield hit


def _hits(path: bytes, text: bytes, word: bytes, targets: list[Target]) -> Iterator[Hit]:
    full = [each for each in targets if each.is_directory or names_in_full(each.path.rpartition(b"/")[2], text)]
    if full:
        for mention in mentions(path, text, word):
            _, line, alone, imported, told = mention
            yield from (Hit(target, line, alone, imported, told) for target in full)
