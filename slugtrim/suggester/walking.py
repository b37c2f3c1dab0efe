"""Walking a syntax tree from the top with a stack, so that the depth of a file never is the depth of a call."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence, Set
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.syntax import MAX_PARSED_BYTES, line_of, literal_references, parse
from slugtrim.suggester.values import PLAIN, Evaluated, Use, merged, references_of_value

MAX_DEPTH = 12
"""Of an expression that is evaluated; what is deeper is unknown."""

MAX_VISITS = 60_000
"""Of nodes. In 512 KiB of source code fewer hold anything; of a table of strings the literals count."""

Names = dict[str, Evaluated | None]
Handler = Callable[[Any, Node, "Scope", Use], None]


class Scope(Struct, frozen=True):
    """What holds for all of a block: excuses, and the values of names."""

    names: Names
    excuse: Excuse = Excuse.NONE
    excuse_of_imports: Excuse = Excuse.NONE
    excuse_of_loads: Excuse = Excuse.NONE


def within(scope: Scope, excuse: Excuse) -> Scope:
    """Return the scope of a block that has an excuse; an inner excuse replaces an outer one."""
    return replace(scope, excuse=excuse) if excuse is not Excuse.NONE else scope


class Walker:
    """A stack of nodes, each with its scope and its use, and the references found."""

    def __init__(self, content: bytes) -> None:
        """Begin with an empty stack."""
        self.content = content
        self.places: list[int] = []
        self.seen: set[tuple[Evaluated, Use]] = set()
        self.handlers: Mapping[str, Handler] = {}
        self.found: list[Reference] = []
        self.stack: list[tuple[Node, Scope, Use]] = []
        self.module: Names = {}

    def walk(self, root: Node, interesting: re.Pattern[bytes], statements: Set[str], transparent: Set[str]) -> int:
        """Look at each node that holds anything of interest. Return the first byte that is not looked at.

        ``interesting`` finds a string, an import, a call that opens files. ``statements`` are left out without these.
        Children of ``transparent`` nodes are used as the node itself is.
        """
        self.places = [found.start() for found in interesting.finditer(self.content, 0, root.end_byte)]
        self.push(root, Scope(self.module), PLAIN)
        for _ in range(MAX_VISITS):
            if not self.stack:
                return root.end_byte
            node, scope, use = self.stack.pop()
            kind = node.type
            if kind in statements and self.is_dull(node):
                continue
            handler = self.handlers.get(kind)
            if handler is not None:
                handler(self, node, scope, use)
            else:
                self.push_all(node.named_children, scope, use if kind in transparent else PLAIN)
        return min((node.start_byte for node, _, _ in self.stack), default=root.end_byte)

    def is_dull(self, node: Node) -> bool:
        """Return True if nothing of interest begins within a node."""
        start, end = node.byte_range
        at = bisect_left(self.places, start)
        return at == len(self.places) or self.places[at] >= end

    def text(self, node: Node | None) -> str:
        """Return the source text of a node. The node's own attribute reads the whole file each time."""
        if node is None:
            return ""
        return self.content[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape")

    def push(self, node: Node | None, scope: Scope, use: Use) -> None:
        """Look at a node later."""
        if node is not None:
            self.stack.append((node, scope, use))

    def push_all(self, nodes: Sequence[Node], scope: Scope, use: Use) -> None:
        """Look at nodes later, in their order."""
        self.stack.extend((node, scope, use) for node in reversed(nodes))

    def emit(self, value: Evaluated, node: Node, scope: Scope, use: Use) -> None:
        """Add what a value names."""
        other = scope.excuse_of_imports if use.kind is EdgeKind.EXECUTES else scope.excuse_of_loads
        excuse = merged(merged(use.excuse, scope.excuse), other)
        used = use if excuse is use.excuse else replace(use, excuse=excuse)
        if (value, used) in self.seen:
            return
        self.seen.add((value, used))
        self.found.extend(references_of_value(value, used, line_of(node)))

    def emit_import(self, reference: Reference, scope: Scope) -> None:
        """Add a module that is imported."""
        excuse = merged(merged(reference.excuse, scope.excuse), scope.excuse_of_imports)
        self.found.append(replace(reference, excuse=excuse))


def tree_of(content: bytes, language: str) -> Node | None:
    """Return the syntax tree of a file's beginning, up to the end of a line; None if it has none."""
    end = len(content)
    if end > MAX_PARSED_BYTES:
        end = content.rfind(b"\n", 0, MAX_PARSED_BYTES) + 1 or MAX_PARSED_BYTES
    return parse(content[:end], language)


def references_of_rest(content: bytes, begin: int, imports: re.Pattern[bytes], to_here: bytes) -> list[Reference]:
    """Return what the imports and string literals name in the part of a file that has no tree."""
    if begin >= len(content):
        return []
    rest, line = content[begin:], content.count(b"\n", 0, begin)
    found: dict[tuple[str, Anchor], Reference] = {}
    at = 0
    number = line + 1
    for match in imports.finditer(rest):
        number += rest.count(b"\n", at, match.start())
        at = match.start()
        word, names = match.groups()
        for name in names.decode("utf-8", "surrogateescape").split(","):
            module = name.strip()
            base = Anchor.HERE if word == to_here or (word == b"from" and module[:1] == ".") else Anchor.PACKAGE
            found.setdefault((module, base), Reference(module, number, How.MODULE, EdgeKind.EXECUTES, base))
    literals = literal_references(rest, hash_comments=True)
    return [*found.values(), *(replace(reference, line=reference.line + line) for reference in literals)]
