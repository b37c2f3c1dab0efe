"""What one file of the slug reads, or may read, of what could go."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slugtrim.suggester.implied import Implied, conventions, implied_targets
from slugtrim.suggester.mentions import (
    joined_strings,
    joins_strings,
    lists_directories,
    mentions,
    names_in_full,
    python_imports,
    speaks_shell,
)
from slugtrim.suggester.paths import Paths
from slugtrim.suggester.resolve import Resolver, Target
from slugtrim.suggester.sought import Sought
from slugtrim.suggester.speaking import speaking
from slugtrim.suggester.words import words

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
        self._paths = paths
        self._sought = sought
        self._seeks_python = any(path.endswith(b".py") for path in sought.files)
        self._roots = roots
        self._resolvers: dict[bytes, Resolver] = {}
        self._implied = [*implied, *conventions()]

    def hits(self, path: bytes, content: bytes) -> list[Hit]:
        """The lines of the file ``path`` that lead to what could go, one for each way they can be read."""
        if b"\0" in content[:_BINARY_BYTES]:
            return []
        implied = [*implied_targets(path, content, self._implied, self._paths)]
        resolver = self._resolver(path.rpartition(b"/")[0])
        found = words(content)
        is_written = bool(self._leading(found, resolver))
        is_in_parts = self._sought.has_part(found) and joins_strings(content)
        imports = self._seeks_python and path.endswith(b".py")
        is_code = imports or speaks_shell(path) or lists_directories(path)
        if not (implied or is_written or is_in_parts or (is_code and self._sought.has_part(_pieces(found)))):
            return []
        text = speaking(path, content)
        hits = dict.fromkeys(self._by_words(path, text, resolver))
        if implied:
            in_text = implied_targets(path, text, self._implied, self._paths)
            hits |= dict.fromkeys(Hit(target, line, alone=True) for target, line in in_text)
        if speaks_shell(path) or lists_directories(path):
            plain = lists_directories(path)
            hits |= dict.fromkeys(self._by_packages(path, text, resolver, with_plain=plain))
        if imports:
            hits |= dict.fromkeys(self._by_imports(text, resolver))
        return list(hits)

    def _resolver(self, directory: bytes) -> Resolver:
        resolver = self._resolvers.get(directory)
        if resolver is None:
            resolver = self._resolvers[directory] = Resolver(
                self._paths, self._sought, directory, self._roots, self._modules
            )
        return resolver

    def _leading(self, found: set[bytes], resolver: Resolver) -> list[tuple[bytes, list[Target]]]:
        """The words that lead to something sought, and where to."""
        led = ((word, resolver.targets(word)) for word in self._sought.telling(found))
        return [(word, targets) for word, targets in led if targets]

    def _by_words(self, path: bytes, text: bytes, resolver: Resolver) -> Iterator[Hit]:
        plain = words(text)
        joined = joined_strings(text)
        parts_read: set[tuple[int, bytes]] = set()
        # Strings in a list are no path when one of them holds a variable.
        put_together = {word for word in words(joined) - plain if b"$" not in word and b"%" not in word}
        for word, targets in self._leading(put_together, resolver):
            for hit in _hits(path, joined, word, targets):
                parts_read.update((hit.line, part) for part in word.split(b"/"))
                yield hit
        for word, targets in self._leading(plain, resolver):
            for hit in _hits(path, text, word, targets):
                # "data" in join("data", "a.csv") is a.csv's directory, and not read itself.
                if (hit.line, word) not in parts_read:
                    yield hit

    def _by_imports(self, text: bytes, resolver: Resolver) -> Iterator[Hit]:
        for module, line in python_imports(text):
            yield from (Hit(target, line, alone=True) for target in resolver.module(module))
        yield from self._by_packages(b"", text, resolver, with_plain=b"INSTALLED_APPS" in text)

    def _by_packages(self, path: bytes, text: bytes, resolver: Resolver, *, with_plain: bool) -> Iterator[Hit]:
        """Dotted names in quotes or commands: a framework loads what they name. Django's settings have plain ones."""
        for word in words(text):
            targets = resolver.package(word) if b"." in word.strip(b".") else []
            if with_plain and not targets:
                targets = resolver.targets(word.rstrip(b"/") + b"/")
            yield from (hit for hit in _hits(path, text, word, targets) if hit.alone)


def _hits(path: bytes, text: bytes, word: bytes, targets: list[Target]) -> Iterator[Hit]:
    full = [each for each in targets if each.is_directory or names_in_full(each.path.rpartition(b"/")[2], text)]
    if full:
        for mention in mentions(path, text, word):
            yield from (Hit(target, mention.line, mention.alone, mention.imported) for target in full)


def _pieces(found: set[bytes]) -> set[bytes]:
    """The parts of dotted words: ``a`` and ``b`` of ``a.b``."""
    return {piece for word in found if b"." in word for piece in word.split(b".")} | found
