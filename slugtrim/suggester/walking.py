"""Parse source text within bounds of size, depth and steps, and walk its syntax tree: for all languages with a grammar.

A text that is too large, too deep or too broken has no tree.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import tree_sitter
from msgspec import Struct
from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.commands import add_commands
from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.imports import MAX_PARSED_BYTES, imports_in
from slugtrim.suggester.literals import HASH, SLASHES_BOTH, Collector, Literals, add_strings
from slugtrim.suggester.values import (
    CHAINS,
    EXECUTED,
    MAX_DEPTH,
    MUTED,
    NAMES,
    PLAIN,
    UNKNOWN,
    Evaluated,
    Evaluating,
    Use,
    interned,
    parser_of,
    references_of_value,
)

_LEAST_MINIFIED_BYTES = 8 << 10
_MINIFIED_LINE_BYTES = 400
"""The mean length of the lines from which a script counts as minified."""
MAX_NODES = 300_000
MAX_BRACKETS = 1000
"""Of brackets. The parser recurses in C on some deep texts, and would overflow the stack."""
MAX_STEPS = 2500
"""Of the parser, in hundreds of its operations. The longest source code seen (250 KB) takes 2,200, of 20 µs
each; other text takes up to 450 µs a step."""
MAX_STEPS_AFTER_ERROR = 800
"""The parser looks for the best repair, which takes up to 1.5 ms a step: random bytes take 15 seconds a megabyte."""
_UNCOUNTED_BYTES = 8 << 10
"""A text of this size takes half a second at most, and counting takes a third of the time of a short one."""
_CHUNK_BYTES = 64 << 10
_BRACKET = re.compile(rb"[()\[\]{}]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_SAME_BRACKETS = bytes.maketrans(b"[]{}", b"()()")
_OPENING = b"([{"

MAX_VISITS = 60_000
"""Of nodes. In 512 KiB of source code fewer hold anything; of a table of strings the literals count."""
MAX_CONDITIONS = 16

EXECUTES = EdgeKind.EXECUTES
MODULE = How.MODULE
GLOB = How.GLOB

_FROM_UNKNOWN = re.compile(r"(?<!\S)\*/")
"""The beginning of a path below a directory that is not known."""
_MAY_BE_PATH = re.compile(rb"[./:]")

_STATES = {
    **dict.fromkeys("test tests testing ci jest vitest cypress e2e".split(), Excuse.TESTS),
    **dict.fromkeys("dev develop development local debug".split(), Excuse.DEVELOPMENT),
    **dict.fromkeys(("prod", "production"), Excuse.NONE),
}
"""States of an environment, with what they excuse."""
_STATE = re.compile(r"""["':](\w{1,40}+)(?!["']?\])|%[wi]\W([\w ]{1,80})""")
"""A string or symbol that is no key of a variable, or words of Ruby."""

Names = dict[str, Evaluated | None]
Handler = Callable[[Any, Node, Use], None]
Excuses = tuple[Excuse, Excuse]
"""Of what runs if a condition is true, and of what runs if it is false."""
NO_EXCUSES: Excuses = (Excuse.NONE, Excuse.NONE)


def is_minified(content: bytes) -> bool:
    """Return True for a bundle in long lines: its names are those of a build, and no syntax around them says more."""
    return len(content) > _LEAST_MINIFIED_BYTES and len(content) > _MINIFIED_LINE_BYTES * (content.count(b"\n") + 1)


def parse(content: bytes, language: str) -> Node | None:
    """Return the root of the syntax tree; None if the text exceeds a bound of this module or holds a NUL byte.

    ``language`` is python, ruby, javascript, typescript or tsx. JSX is part of javascript.
    """
    if len(content) > MAX_PARSED_BYTES or b"\0" in content or is_minified(content) or _is_deep(content):
        return None
    root = _root(content, parser_of(language))
    return root if root is not None and root.descendant_count <= MAX_NODES else None


def _root(content: bytes, parser: tree_sitter.Parser) -> Node | None:
    """Return the root of the syntax tree; None if that takes too many steps, which is the same on every machine."""
    if len(content) <= _UNCOUNTED_BYTES:
        return parser.parse(content).root_node
    steps, allowed = 0, MAX_STEPS

    def read(offset: int, point: object) -> bytes:
        return content[offset : offset + _CHUNK_BYTES]

    def is_enough(offset: int, has_error: bool) -> bool:
        nonlocal steps, allowed
        steps += 1
        if has_error:
            allowed = min(allowed, steps + MAX_STEPS_AFTER_ERROR)
        return steps > allowed

    try:
        return parser.parse(read, encoding="utf8", progress_callback=is_enough).root_node
    except ValueError:  # the callback stopped it
        parser.reset()
        return None


def _is_deep(content: bytes) -> bool:
    brackets = content.translate(_SAME_BRACKETS, _NO_BRACKETS)
    # Each round takes the innermost brackets away, in less time than a loop takes for one of them.
    for _ in range(32):
        if brackets.count(b"(") <= MAX_BRACKETS - 32:
            return False
        brackets = brackets.replace(b"()", b"")
    depth = 0
    for match in _BRACKET.finditer(content):
        depth = depth + 1 if match[0] in _OPENING else max(depth - 1, 0)
        if depth > MAX_BRACKETS:
            return True
    return False


def line_of(node: Node) -> int:
    """Return the line that a node begins on, from 1."""
    return node.start_point[0] + 1


class Scope(Struct, frozen=True):
    """What holds for all of a block: excuses, and the values of names."""

    names: Names
    excuse: Excuse = Excuse.NONE
    excuse_of_imports: Excuse = Excuse.NONE
    excuse_of_loads: Excuse = Excuse.NONE


class Walker(Evaluating):
    """A stack of nodes, each with its scope and its use, and the references found.

    A handler looks at nodes of a type that are used in some way, and pushes the parts that it does not look at.
    """

    interesting: ClassVar[Sequence[re.Pattern[bytes]]] = ()
    """Patterns for strings, imports, calls that open files. A statement without any of these is left out."""
    statements: ClassVar[frozenset[str]]
    """Nodes that are left out if they hold nothing of interest."""
    transparent: ClassVar[frozenset[str]]
    """Nodes whose children are used as the node itself is."""
    handlers: ClassVar[Mapping[str, Handler]]

    def __init__(self, content: bytes) -> None:
        """Begin with an empty stack."""
        super().__init__(content)
        self.found: list[Reference] = []
        self.module: Names = {}
        self.scope = Scope(self.module)
        """Of the node that is looked at."""
        self._places: list[int] = []
        self._seen: set[tuple[str, Anchor, bool, Use, Excuse]] = set()
        self._stack: list[tuple[Node, Scope, Use]] = []

    def places(self, end: int) -> list[int]:
        """Return where anything of interest stands before ``end``, in any order."""
        return [found.start() for pattern in self.interesting for found in pattern.finditer(self.content, 0, end)]

    def walk(self, root: Node) -> bool:
        """Look at each node that holds anything of interest; return False if there are too many."""
        self._places = sorted(self.places(root.end_byte))
        stack, handlers, statements, places = self._stack, self.handlers, self.statements, self._places
        places.append(root.end_byte + 1)
        self.push(root)
        for _ in range(MAX_VISITS):
            if not stack:
                return True
            node, self.scope, use = stack.pop()
            kind = node.type
            if kind in statements and places[bisect_left(places, node.start_byte)] >= node.end_byte:
                continue
            handler = handlers.get(kind)
            if handler is not None:
                handler(self, node, use)
            else:
                is_plain = use is PLAIN or kind in self.transparent
                self.push_all(node.named_children, use if is_plain else self.beside(use))
        return False

    def beside(self, use: Use) -> Use:
        """Return the use of what is no value itself, in a node that is used so."""
        return PLAIN

    def is_dull(self, node: Node) -> bool:
        """Return True if nothing of interest begins within a node."""
        return self._places[bisect_left(self._places, node.start_byte)] >= node.end_byte

    def push(self, node: Node | None, use: Use = PLAIN, scope: Scope | None = None) -> None:
        """Look at a node later."""
        if node is not None:
            self._stack.append((node, scope or self.scope, use))

    def push_all(self, nodes: Sequence[Node], use: Use = PLAIN, scope: Scope | None = None) -> None:
        """Look at nodes later, in their order."""
        scope = scope or self.scope
        self._stack.extend([(node, scope, use) for node in reversed(nodes)])

    def within(self, excuse: Excuse) -> Scope:
        """Return the scope of a block that has an excuse; an inner excuse replaces an outer one."""
        return replace(self.scope, excuse=excuse) if excuse else self.scope

    def emit(self, value: Evaluated, node: Node, use: Use) -> None:
        """Add what a value names."""
        if use.is_muted or not value.text:
            return
        scope = self.scope
        excuse = use.excuse or scope.excuse
        excuse = excuse or (scope.excuse_of_imports if use.kind is EXECUTES else scope.excuse_of_loads)
        key = (value.text, value.base, value.is_path, use, excuse)
        if key not in self._seen:
            self._seen.add(key)
            used = use if excuse is use.excuse else interned(replace(use, excuse=excuse))
            self.found.extend(references_of_value(value, used, line_of(node)))

    def emit_import(self, text: str, node: Node, base: Anchor, how: How = MODULE) -> None:
        """Add a module that is imported, or a glob over the modules that may be."""
        excuse = self.scope.excuse or self.scope.excuse_of_imports
        self.found.append(Reference(text, line_of(node), how, EXECUTES, base, excuse))

    def emit_command(self, items: Sequence[Node], node: Node, *, are_words: bool = False) -> None:
        """Add what a command names: strings, each of words or one word."""
        texts: list[str] = []
        for item in items[:200]:
            value = self.value_of(item)
            if value is None or value.base:
                texts.append(UNKNOWN)
                self.push(item) if value is None else self.emit(value, item, EXECUTED)
            else:
                text = _FROM_UNKNOWN.sub("", value.text)
                texts.append(f"'{text}'" if are_words and " " in text else text)
        found = Collector(None)
        add_commands(found, " ".join(texts), line_of(node), self.scope.excuse, Anchor.ROOT, EXECUTES)
        self.found.extend(found.references)

    # Handlers

    def skipped(self, node: Node, use: Use) -> None:
        """Comments, types, patterns, regular expressions."""

    def muted(self, node: Node, use: Use) -> None:
        """Comparisons: their strings name no files."""
        self.push_all(node.named_children, MUTED)

    def name(self, node: Node, use: Use) -> None:
        """A variable counts where it is opened or run; its value counts where it is assigned."""
        if use.kind is not NAMES and (value := self.value_of(node)) is not None:
            self.emit(value, node, use)

    def expression(self, node: Node, use: Use) -> None:
        """A string or a sum: its value, or else its parts."""
        if not self.emits_value(node, use):
            self.push_all(self.operands(node), use)

    def string(self, node: Node, use: Use) -> None:
        """A string, or its unknown parts."""
        plain = self.plain_string.fullmatch(self.content, node.start_byte, node.end_byte)
        if plain is not None and (use.is_muted or (use is PLAIN and _MAY_BE_PATH.search(plain[0]) is None)):
            return  # as most
        if not self.emits_value(node, use):
            self.push_all(node.named_children, use)

    def if_statement(self, node: Node, use: Use) -> None:
        """``if``, ``elif``, ``unless``: a condition may excuse what depends on it."""
        condition = self.part(node, "condition")
        yes, no = self.excuses_of_condition(condition)
        if node.type.startswith("unless"):
            yes, no = no, yes
        self.push(condition, MUTED)
        self.push(self.part(node, "consequence") or self.part(node, "body"), use, self.within(yes))
        self.push_all(self.parts(node, "alternative"), use, self.within(no))

    def function(self, node: Node, use: Use) -> None:
        """A function has names of its own, of which the parameters are unknown."""
        is_test = self.text_of(node, "name").startswith("test_")
        inner = replace(self.within(Excuse.TESTS if is_test else Excuse.NONE), names={})
        parameters = self.part(node, "parameters")
        for child in parameters.named_children if parameters is not None else ():
            named = self.part(child, "name") or child
            if named.type == "identifier":
                inner.names[self.text(named)] = None
        self.push(self.part(node, "body"), PLAIN, inner)
        self.push(parameters, PLAIN, inner)

    def emits_value(self, node: Node, use: Use) -> bool:
        """Emit the value of an expression, if it has one, and look at the parts that are unknown."""
        unknown: list[Node] = []
        self.unknown = unknown
        value = self.value_of(node)
        if value is None:
            return False
        self.emit(value, node, use)
        if unknown:
            self.push_all(unknown, MUTED if use.is_muted else self.beside(use))
        return True

    # Conditions

    def excuses_of_condition(self, node: Node | None) -> Excuses:
        """Return the excuses of what runs if the condition is true, and if it is false."""
        swapped = False
        for _ in range(MAX_DEPTH):
            if node is None:
                return NO_EXCUSES
            inner = self._negated(node)
            if inner is not None:
                node, swapped = inner, not swapped
            elif node.type.startswith("parenthesized_") and node.named_child_count == 1:
                node = node.named_children[0]
            else:
                break
        pair = self._excuses_of_parts(node) if node is not None else NO_EXCUSES
        return (pair[1], pair[0]) if swapped else pair

    def _negated(self, node: Node) -> Node | None:
        """Return the operand of ``not``."""
        begin = node.start_byte
        is_not = node.type in ("not_operator", "unary", "unary_expression") and self.content[
            begin : begin + 3
        ].startswith((b"!", b"not"))
        return node.named_children[-1] if is_not and node.named_child_count else None

    def _excuses_of_parts(self, node: Node) -> Excuses:
        """Return the excuses of a chain of one operator: of ``and`` one part is enough, of ``or`` all agree."""
        operator = self.text_of(node, "operator") if node.type in CHAINS else ""
        if operator not in ("and", "&&", "or", "||"):
            return self.excuses_of_atom(node)
        pairs: list[Excuses] = []
        for part in self.operands(node)[-MAX_CONDITIONS - 1 :]:
            inner = self._negated(part)
            yes, no = self.excuses_of_atom(part if inner is None else inner)
            pairs.append((yes, no) if inner is None else (no, yes))
        all_yes, all_no = zip(*pairs, strict=True)
        if operator in ("and", "&&"):
            return max(all_yes), (min(all_no) if all(all_no) else Excuse.NONE)
        return (min(all_yes) if all(all_yes) else Excuse.NONE), max(all_no)

    def excuses_of_atom(self, node: Node) -> Excuses:
        """Return the excuses of a condition without ``not``, ``and``, ``or``."""
        raise NotImplementedError


def references_in(content: bytes, reader: Walker) -> list[Reference]:
    """Return what a reader finds; where there is no whole tree, all imports and string literals as well."""
    root = parse(content, reader.language)
    is_whole = root is not None and reader.walk(root) and not root.has_error
    found = reader.found
    if not is_whole:
        known = {reference.text for reference in found}
        imports = [each for each in imports_in(reader.language, content) if each.text not in known]
        known.update(each.text for each in imports)
        literals = Collector(content)
        add_strings(literals, content, known=known)
        if len(content) <= MAX_PARSED_BYTES:
            Literals(content, HASH if reader.language in ("python", "ruby") else SLASHES_BOTH).add_to(literals)
        found = [*found, *imports, *(each for each in literals.references if each.text not in known)]
    return list(dict.fromkeys(found))


def excuses_of_state(state: str) -> Excuses:
    """Return the excuses of what runs in a state of the environment, and of what runs in others."""
    excuse = _STATES.get(state.lower())
    if excuse is None:
        return NO_EXCUSES
    return (excuse, Excuse.NONE) if excuse else (Excuse.NONE, Excuse.DEVELOPMENT)


def excuses_of_comparison(text: str) -> Excuses:
    """Return the excuses of a comparison of the environment's state with one state, or with some that excuse alike."""
    found = [(one or several).lower() for one, several in _STATE.findall(text[:300])]
    states = [state for each in found for state in each.split()]
    known = {excuses_of_state(state) for state in states if state in _STATES}
    if len(known) != 1 or "staging" in states:
        return NO_EXCUSES
    yes, no = known.pop()
    if len(states) > 1 and "==" not in text and not yes:  # one of several states, production among them
        no = Excuse.NONE
    return (no, yes) if "!=" in text or "not in" in text or text.startswith("!") else (yes, no)
