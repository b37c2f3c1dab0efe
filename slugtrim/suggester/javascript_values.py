"""Evaluate paths of JavaScript in part: ``path.join(__dirname, "views", name)`` is ``views/*`` of the file's directory.

Unknown parts are ``*``. Constants of the same file are put in. Depth and number of parts are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tree_sitter import Node

from slugtrim.suggester.edges import Anchor
from slugtrim.suggester.syntax import text_of

_MAX_DEPTH = 12
_MAX_PARTS = 64
_MAX_STEPS = 200
"""Of one expression. Constants that are sums of constants would double the work with each."""
_MAX_ALL_STEPS = 100_000
_MAX_TEXT = 1024
_MAX_NAME_BYTES = 120

_JOINS = frozenset("join resolve".split())
_PASSES = frozenset(
    "normalize fileURLToPath pathToFileURL String encodeURI slash toPath normalizePath realpathSync".split()
)
"""Calls that return the path of their only argument."""
_LASTS = frozenset(["relative"])
_HERE_NAMES = frozenset(["__dirname", "import.meta.dirname"])
_FILE_NAMES = frozenset(["__filename", "import.meta.url", "import.meta.filename", "module.filename"])
_ROOT_NAMES = frozenset(["process.env.PWD", "process.env.INIT_CWD", "process.env.HOME", "require.main.path"])
_WRAPPERS = frozenset(
    "parenthesized_expression await_expression as_expression satisfies_expression non_null_expression".split()
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_STARS = re.compile(r"\*{3,}|(?<=[^/])\*\*|\*\*(?=[^/])")


class ScriptValue(NamedTuple):
    """A text that an expression may have."""

    text: str
    base: Anchor = Anchor.ANY
    rest: tuple[Node, ...] = ()
    """Nodes whose values are unknown."""
    is_plain: bool = True
    """Written as one string literal."""

    @property
    def is_known(self) -> bool:
        """Return True if the text says more than a wildcard."""
        return bool(self.text.strip("*./ ")) or (self.base is not Anchor.ANY and bool(self.text))


def string_of(node: Node, content: bytes) -> str:
    """Return the text of a string node without its quotes; escapes are resolved simply."""
    if node.end_byte - node.start_byte > _MAX_TEXT * 64:
        return ""
    text = content[node.start_byte + 1 : node.end_byte - 1].decode("utf-8", "surrogateescape")
    return _unescaped(text)


def _unescaped(text: str) -> str:
    """Return a text with its escapes resolved; a line break or a tab is a line break."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nrtbfv\n" else match[1], text) if "\\" in text else text


def called(node: Node, content: bytes) -> tuple[str, str]:
    """Return the last name of what a call calls, and the whole name if it is short: ``readFile``, ``fs.readFile``."""
    function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
    if function is None:
        return "", ""
    full = text_of(function, content) if function.end_byte - function.start_byte <= _MAX_NAME_BYTES else ""
    full = full.replace("?.", ".")
    if function.type == "member_expression":
        last = function.child_by_field_name("property")
        return (text_of(last, content) if last is not None else ""), full
    return full, full


class Evaluator:
    """Evaluates the expressions of one file."""

    def __init__(self, content: bytes, root: Node) -> None:
        """Remember the constants of the module, wherever they are used."""
        self.content = content
        self._constants: dict[str, Node] = {}
        self._steps = self._all_steps = 0
        for statement in root.named_children:
            if statement.type == "export_statement":
                statement = statement.child_by_field_name("declaration") or statement
            if statement.type in ("lexical_declaration", "variable_declaration"):
                for child in statement.named_children:
                    name, value = child.child_by_field_name("name"), child.child_by_field_name("value")
                    if name is not None and value is not None:
                        self.remember(name, value)

    def remember(self, name: Node, value: Node) -> None:
        """Remember what a name stands for from here on."""
        if name.type != "identifier":
            return
        known = self.name_of(name)
        self._constants[known] = value
        if value.type == "object":
            for pair in value.named_children[:_MAX_PARTS]:
                key, inner = pair.child_by_field_name("key"), pair.child_by_field_name("value")
                if key is not None and inner is not None:
                    self._constants[f"{known}.{self.name_of(key)}"] = inner

    def forget(self, function: Node) -> None:
        """Forget the names that the parameters of a function hide."""
        parameters = function.child_by_field_name("parameters") or function.child_by_field_name("parameter")
        if parameters is None:
            return
        for node in [parameters] if parameters.type == "identifier" else parameters.named_children:
            name = node.child_by_field_name("pattern") or node
            if name.type == "identifier":
                self._constants.pop(self.name_of(name), None)

    def name_of(self, node: Node) -> str:
        """Return the name of a key, a variable or the last property of a member expression."""
        if node.type == "member_expression":
            last = node.child_by_field_name("property")
            return self.name_of(last) if last is not None else ""
        if node.type == "computed_property_name" or node.end_byte - node.start_byte > _MAX_NAME_BYTES:
            return ""
        text = text_of(node, self.content)
        return string_of(node, self.content) if node.type == "string" else text

    def is_path_call(self, node: Node) -> bool:
        """Return True for a call that puts a path together."""
        name, full = called(node, self.content)
        if node.type == "new_expression":
            return name == "URL"
        return name in _JOINS or name in _PASSES or name in ("dirname", "cwd") or full == "require.resolve"

    def terms_of(self, node: Node) -> list[Node]:
        """Return the terms of a sum, however long it is."""
        terms: list[Node] = []
        current: Node | None = node
        while current is not None and current.type == "binary_expression":
            left, right = current.child_by_field_name("left"), current.child_by_field_name("right")
            operator = current.child_by_field_name("operator")
            if operator is None or operator.type != "+" or left is None or right is None:
                break
            terms.append(right)
            current = left
        if current is not None:
            terms.append(current)
        return terms[::-1]

    def value_of(self, node: Node, depth: int = 0) -> ScriptValue:
        """Return what is known of the value of an expression."""
        self._steps = self._steps + 1 if depth else 0
        self._all_steps += 1
        is_bounded = depth <= _MAX_DEPTH and self._steps <= _MAX_STEPS and self._all_steps <= _MAX_ALL_STEPS
        value = self._value(node, depth) if is_bounded else None
        return value if value is not None and len(value.text) <= _MAX_TEXT else _unknown(node)

    def _value(self, node: Node, depth: int) -> ScriptValue | None:
        kind = node.type
        if kind == "string":
            return ScriptValue(string_of(node, self.content))
        if kind == "template_string":
            return self._template(node, depth)
        if kind == "binary_expression":
            return self._sum(node, depth)
        if kind in ("identifier", "member_expression"):
            return self._named(node, depth)
        if kind in ("call_expression", "new_expression"):
            return self._call(node, depth)
        if kind in _WRAPPERS:
            inner = node.named_children
            return self.value_of(inner[0], depth + 1) if inner else None
        return None

    def _template(self, node: Node, depth: int) -> ScriptValue | None:
        parts: list[ScriptValue] = []
        at = node.start_byte + 1
        children = node.named_children
        if len(children) > _MAX_PARTS:
            return None
        for child in children:
            if child.type == "template_substitution":
                parts.append(ScriptValue(self._between(at, child.start_byte)))
                inner = child.named_children
                parts.append(self.value_of(inner[0], depth + 1) if inner else _unknown(child))
                at = child.end_byte
        parts.append(ScriptValue(self._between(at, node.end_byte - 1)))
        return _concatenated(parts)

    def _between(self, start: int, end: int) -> str:
        return _unescaped(self.content[start : min(end, start + _MAX_TEXT + 1)].decode("utf-8", "surrogateescape"))

    def _sum(self, node: Node, depth: int) -> ScriptValue | None:
        operator = node.child_by_field_name("operator")
        sign = operator.type if operator is not None else ""
        if sign == "+":
            terms = self.terms_of(node)
            few = terms if len(terms) <= _MAX_PARTS else []
            return _concatenated([self.value_of(term, depth + 1) for term in few]) if few else None
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if sign in ("||", "??") and left is not None and right is not None:
            value = self.value_of(left, depth + 1)
            return value if value.is_known else self.value_of(right, depth + 1)
        return None

    def _named(self, node: Node, depth: int) -> ScriptValue | None:
        if node.end_byte - node.start_byte > _MAX_NAME_BYTES:
            return None
        name = text_of(node, self.content)
        if name in _HERE_NAMES:
            return ScriptValue(".", Anchor.HERE, is_plain=False)
        if name in _FILE_NAMES:
            return ScriptValue("./_", Anchor.HERE, is_plain=False)
        if name in _ROOT_NAMES:
            return ScriptValue(".", Anchor.ROOT, is_plain=False)
        known = self._constants.get(name)
        if known is None:
            url = node.child_by_field_name("object") if name.endswith((".href", ".pathname")) else None
            return self.value_of(url, depth + 1) if url is not None else None
        value = self.value_of(known, depth + 1)
        # The declaration itself is visited on its own.
        return value._replace(rest=(), is_plain=False) if value.is_known or value.base is not Anchor.ANY else None

    def _call(self, node: Node, depth: int) -> ScriptValue | None:
        name, full = called(node, self.content)
        arguments = node.child_by_field_name("arguments")
        function = node.child_by_field_name("function")
        if full == "process.cwd":
            return ScriptValue(".", Anchor.ROOT, is_plain=False)
        given = (
            [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
        )
        array = function.child_by_field_name("object") if function is not None and name == "join" else None
        if array is not None and array.type == "array":
            return self._joined(array.named_children, depth)
        if not given or len(given) > _MAX_PARTS:
            return None
        if node.type == "new_expression":
            return self._url(given, depth) if name == "URL" else None
        if name in _JOINS or name == "dirname":
            return self._joined(given, depth, above=name == "dirname")
        if name in _LASTS or name in _PASSES or full == "require.resolve":
            return self.value_of(given[-1] if name in _LASTS else given[0], depth + 1)
        return None

    def _url(self, given: Sequence[Node], depth: int) -> ScriptValue:
        value = self.value_of(given[0], depth + 1)
        is_here = len(given) > 1 and self.value_of(given[1], depth + 1).base is Anchor.HERE
        return value._replace(base=Anchor.HERE, text=normal(value.text)) if is_here else value

    def _joined(self, given: Sequence[Node], depth: int, *, above: bool = False) -> ScriptValue:
        parts = [self.value_of(child, depth + 1) for child in given]
        slash = ScriptValue("/")
        separated = [part for value in parts for part in (value, slash)][:-1]
        return _concatenated([*separated, slash, ScriptValue("..")] if above else separated)


def _unknown(node: Node) -> ScriptValue:
    return ScriptValue("*", rest=(node,), is_plain=False)


def _concatenated(parts: Sequence[ScriptValue]) -> ScriptValue:
    """Join texts as they are. The last part that has a base, or that has a whole unknown beginning, begins the path."""
    start = max((at for at, part in enumerate(parts) if part.base is not Anchor.ANY), default=0)
    base = parts[start].base if parts else Anchor.ANY
    text = "".join(part.text for part in parts[start:])
    rest = tuple(node for part in parts for node in part.rest)
    is_single = len(parts) == 1 and parts[0].is_plain
    text = _STARS.sub("*", text)
    if base is Anchor.ANY:
        while text.startswith("*/"):  # an unknown directory
            text = text[2:]
        is_relative = text.startswith(("./", "../"))
        return ScriptValue(
            ("./" if text.startswith("./") and is_relative else "") + normal(text), base, rest, is_single
        )
    return ScriptValue(normal(text.lstrip("/")), base, rest, is_plain=False)


def normal(text: str) -> str:
    """Return a path without ``.``, empty parts and ``x/..``. A text that is no path stays as it is."""
    if "/" not in text or "://" in text:
        return text
    parts: list[str] = []
    for part in text.split("/"):
        if part == ".." and parts and parts[-1] not in ("..", ""):
            parts.pop()
        elif part not in (".", "") or (part == "" and not parts and text.startswith("/")):
            parts.append(part)
    end = "/" if text.endswith("/") and parts and parts != [""] else ""
    return ("/".join(parts) if parts != [""] else "/") + end if parts else "."
