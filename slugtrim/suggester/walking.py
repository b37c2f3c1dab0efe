"""Walking a syntax tree with a stack, and evaluating expressions: for all languages with a grammar."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.imports import imports_in
from slugtrim.suggester.literals import HASH, SLASHES_BOTH, Collector, Literals, add_strings
from slugtrim.suggester.syntax import MAX_PARSED_BYTES, field_ids, line_of, parse
from slugtrim.suggester.values import (
    COMMAND,
    EXECUTED,
    FORMATTED,
    MUTED,
    NAMES,
    PLAIN,
    UNKNOWN,
    Evaluated,
    Use,
    concatenated,
    concatenated_all,
    interned,
    joined_all,
    parent,
    references_of_command,
    references_of_value,
)

MAX_DEPTH = 12
"""Of an expression that is evaluated; what is deeper is unknown."""
MAX_VISITS = 60_000
"""Of nodes. In 512 KiB of source code fewer hold anything; of a table of strings the literals count."""
MAX_OPERANDS = 64
"""Of a sum or a path that is evaluated."""
MAX_CONDITIONS = 16

EXECUTES = EdgeKind.EXECUTES
MODULE = How.MODULE
GLOB = How.GLOB

_CHAINS = frozenset(("binary_operator", "boolean_operator", "binary", "binary_expression"))
_MAY_BE_PATH = re.compile(rb"[./:]")
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)

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
Evaluator = Callable[[Any, Node], Evaluated | None]
Excuses = tuple[Excuse, Excuse]
"""Of what runs if a condition is true, and of what runs if it is false."""
NO_EXCUSES: Excuses = (Excuse.NONE, Excuse.NONE)


class Scope(Struct, frozen=True):
    """What holds for all of a block: excuses, and the values of names."""

    names: Names
    excuse: Excuse = Excuse.NONE
    excuse_of_imports: Excuse = Excuse.NONE
    excuse_of_loads: Excuse = Excuse.NONE


class Walker:
    """A stack of nodes, each with its scope and its use, and the references found.

    A handler looks at a node that is used in some way, and pushes the parts that it does not look at. An evaluator
    returns the value of an expression. Both go by the type of the node.
    """

    language: str
    interesting: ClassVar[Sequence[re.Pattern[bytes]]] = ()
    """Patterns for strings, imports, calls that open files. A statement without any of these is left out."""
    plain_string: ClassVar[re.Pattern[bytes]]
    """A string whose text is what is written: one of the groups."""
    statements: ClassVar[frozenset[str]]
    """Nodes that are left out if they hold nothing of interest."""
    transparent: ClassVar[frozenset[str]]
    """Nodes whose children are used as the node itself is."""
    handlers: ClassVar[Mapping[str, Handler]]
    evaluators: ClassVar[Mapping[str, Evaluator]]

    def __init__(self, content: bytes) -> None:
        """Begin with an empty stack."""
        self.content = content
        self.found: list[Reference] = []
        self.module: Names = {}
        self.scope = Scope(self.module)
        """Of the node that is looked at."""
        self.unknown: list[Node] = []
        """The unknown parts of the expression that is evaluated."""
        self._depth = 0
        self._fields = field_ids(self.language)
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

    def part(self, node: Node, name: str) -> Node | None:
        """Return the child of a node in a field of the grammar. By number it is found in half the time."""
        return node.child_by_field_id(self._fields.get(name, 0))

    def parts(self, node: Node, name: str) -> list[Node]:
        """Return the children of a node in a field of the grammar."""
        return node.children_by_field_id(self._fields.get(name, 0))

    def text(self, node: Node | None) -> str:
        """Return the source text of a node. The node's own attribute reads the whole file each time."""
        if node is None:
            return ""
        return self.content[node.start_byte : node.end_byte].decode("utf-8", "surrogateescape")

    def text_of(self, node: Node, name: str) -> str:
        """Return the source text of the child of a node in a field of the grammar."""
        return self.text(node.child_by_field_id(self._fields.get(name, 0)))

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
        """Add what a command runs: strings, each of words or one word."""
        words: list[str] = []
        for item in items[:200]:
            value = self.value_of(item)
            if value is None or value.base:
                words.append("x")
                self.push(item) if value is None else self.emit(value, item, EXECUTED)
            else:
                words.extend([value.text] if are_words else value.text.split())
        use = replace(COMMAND, excuse=self.scope.excuse)
        self.found.extend(references_of_command(words, use, line_of(node)))

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
        operator = self.text_of(node, "operator") if node.type in _CHAINS else ""
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

    # Evaluation

    def value_of(self, node: Node | None) -> Evaluated | None:
        """Return the value of an expression, None if unknown. Parts that are unknown go to ``unknown``."""
        evaluate = self.evaluators.get(node.type) if node is not None else None
        if node is None or evaluate is None or self._depth > MAX_DEPTH:
            return None
        before = len(self.unknown)
        self._depth += 1
        value = evaluate(self, node)
        self._depth -= 1
        if value is None:
            del self.unknown[before:]
        return value

    def known(self, node: Node) -> Evaluated:
        """Return the value of an expression, ``*`` if unknown."""
        value = self.value_of(node)
        if value is None:
            self.unknown.append(node)
            return Evaluated(UNKNOWN)
        return value

    def of_string(self, node: Node) -> Evaluated | None:
        """Evaluate a string: what is put into it may be known."""
        found = self.plain_string.fullmatch(self.content, node.start_byte, node.end_byte)
        if found is not None:
            return Evaluated(found[found.lastindex or 0].decode("utf-8", "surrogateescape"))
        value = Evaluated("")
        for child in node.named_children:
            kind = child.type
            if kind in ("interpolation", "template_substitution"):
                inner = child.named_children
                piece = self.known(inner[0]) if inner else Evaluated(UNKNOWN)
            elif kind in ("string_content", "heredoc_content", "string_fragment", "escape_sequence"):
                piece = Evaluated(self.unescaped(child))
            else:
                continue
            longer = concatenated(value, piece) if value.text or value.base else piece
            if longer is None:
                return Evaluated(self.text(node)[1:-1])  # a long text: its words count
            value = longer
        return value

    def unescaped(self, node: Node) -> str:
        """Return the text of a part of a string; a backslash and its character are that character or a blank."""
        text = self.text(node)
        if "\\" not in text or (node.child_count == 0 and node.type != "escape_sequence"):
            return text
        return _ESCAPE.sub(lambda found: "\n" if found[1] in "nrt" else found[1], text)

    def of_strings(self, node: Node) -> Evaluated | None:
        """Evaluate strings that stand side by side."""
        return concatenated_all([self.known(child) for child in node.named_children if child.type == "string"])

    def of_first(self, node: Node) -> Evaluated | None:
        """Evaluate what is in parentheses, or what a type is given to."""
        children = node.named_children
        return self.value_of(children[0]) if children else None

    def of_binary(self, node: Node) -> Evaluated | None:
        """Evaluate a sum of texts, a path put together with ``/``, a format with ``%``."""
        operator = self.text_of(node, "operator")
        operands = self.operands(node) if operator in ("+", "/", "%", "-") else []
        if not 1 < len(operands) <= MAX_OPERANDS:
            return None
        values = [self.value_of(operand) for operand in operands]
        first = values[0]
        if not any(values):
            return None
        if operator == "-":  # `environ.Path(__file__) - 2` is the directory two levels above
            count = self.text(operands[1])
            return parent(first, int(count)) if first and first.is_path and re.fullmatch("[0-9]", count) else None
        if operator == "/" and not (first and (first.is_path or first.base)) and not self.divides(values):
            return None
        self.unknown.extend(operand for operand, value in zip(operands, values, strict=True) if value is None)
        if operator == "%":
            return replace(first, text=FORMATTED.sub(UNKNOWN, first.text)) if first is not None else None
        full = [value if value is not None else Evaluated(UNKNOWN) for value in values]
        return joined_all(full) if operator == "/" else self.sum(full)

    def divides(self, values: Sequence[Evaluated | None]) -> bool:
        """Return True if ``/`` after an unknown value joins a path."""
        return False

    def sum(self, values: Sequence[Evaluated]) -> Evaluated | None:
        """Return the value of ``a + b``."""
        return concatenated_all(values)

    def operands(self, node: Node) -> list[Node]:
        """Return the operands of a chain of one operator, however long: ``a + b + c``."""
        kind = node.type
        if kind not in _CHAINS:
            return node.named_children
        operator = self.text_of(node, "operator")
        operands: list[Node] = []
        current: Node | None = node
        while current is not None and current.type == kind and self.text_of(current, "operator") == operator:
            operands.extend(self.parts(current, "right")[:1])
            current = self.part(current, "left")
        if current is not None:
            operands.append(current)
        return operands[::-1]


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
