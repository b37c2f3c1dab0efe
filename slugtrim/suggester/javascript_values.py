"""Say what expressions of JavaScript are known to be: paths that are put together, and conditions.

``path.join(__dirname, "views", name)`` is ``views/*`` of the file's directory. Unknown parts are ``*``, and constants
of the same file are put in. A condition tells about its branches: a test environment, development, a file that exists.
Depth and number of parts are bounded.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, Excuse
from slugtrim.suggester.harmless import words_of
from slugtrim.suggester.syntax import text_of

_MAX_DEPTH = 12
_MAX_PARTS = 64
_MAX_STEPS = 200
"""Of one expression. Constants that are sums of constants would double the work with each."""
_MAX_ALL_STEPS = 100_000
_MAX_TEXT = 1024
_MAX_NAME_BYTES = 120

_JOINS = frozenset("join resolve dirname".split())
_PASSES = frozenset(
    "normalize fileURLToPath pathToFileURL String encodeURI slash toPath normalizePath realpathSync".split()
)
"""Calls that return the path of their only argument."""
PATH_CALLS = _JOINS | _PASSES | {"cwd", "URL"}
_HERE_NAMES = frozenset(["__dirname", "import.meta.dirname"])
_FILE_NAMES = frozenset(["__filename", "import.meta.url", "import.meta.filename", "module.filename"])
_ROOT_NAMES = frozenset(["process.env.PWD", "process.env.INIT_CWD", "process.env.HOME", "require.main.path"])
_WRAPPERS = frozenset(
    "parenthesized_expression await_expression as_expression satisfies_expression non_null_expression".split()
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_STARS = re.compile(r"\*{3,}|(?<=[^/])\*\*|\*\*(?=[^/])")
_NAME = re.compile(rb"[\w$]+")

field = Node.child_by_field_name


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


_HERE = ScriptValue(".", Anchor.HERE, is_plain=False)
_ROOT = ScriptValue(".", Anchor.ROOT, is_plain=False)


def _unescaped(text: str) -> str:
    """Return a text with its escapes resolved; a line break or a tab is a line break."""
    return _ESCAPED.sub(lambda match: "\n" if match[1] in "nrtbfv\n" else match[1], text) if "\\" in text else text


def called(function: Node, content: bytes) -> tuple[str, str]:
    """Return the last name of what a call calls, and the whole name if it is short: ``readFile``, ``fs.readFile``."""
    start, end = function.start_byte, function.end_byte
    full = content[max(start, end - _MAX_NAME_BYTES) : end].decode("utf-8", "surrogateescape").replace("?.", ".")
    name = full.rpartition(".")[2].lstrip() if function.type == "member_expression" else full
    is_short = end - start <= _MAX_NAME_BYTES
    return (name if is_short or name is not full else ""), (full if is_short else "")


def is_path_call(node: Node, name: str, full: str) -> bool:
    """Return True for a call that puts a path together."""
    if name in PATH_CALLS or full == "require.resolve":
        return (name == "URL") == (node.type == "new_expression")
    return False


def nodes_within(node: Node) -> list[Node]:
    """Return the named children of a node without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def terms_of(node: Node) -> list[Node]:
    """Return the terms of a sum, however long it is."""
    terms: list[Node] = []
    while node.type == "binary_expression":
        left, right, operator = field(node, "left"), field(node, "right"), field(node, "operator")
        if operator is None or operator.type != "+" or left is None or right is None:
            break
        terms.append(right)
        node = left
    return [node, *reversed(terms)]


class Evaluator:
    """Evaluates the expressions of one file."""

    def __init__(self, content: bytes, root: Node) -> None:
        """Remember the constants of the module, wherever they are used."""
        self._content = content
        self._constants: dict[str, Node] = {}
        self._steps = self._all_steps = 0
        for statement in root.named_children:
            kind = statement.type
            if kind == "export_statement":
                statement = field(statement, "declaration") or statement
                kind = statement.type
            if kind in ("lexical_declaration", "variable_declaration"):
                for child in statement.named_children:
                    name, value = field(child, "name"), field(child, "value")
                    if name is not None and value is not None:
                        self.remember(name, value)

    def string_of(self, node: Node) -> str:
        """Return the text of a string node without its quotes; escapes are resolved simply."""
        start, end = node.start_byte, node.end_byte
        if end - start > _MAX_TEXT * 64:
            return ""
        return _unescaped(self._content[start + 1 : end - 1].decode("utf-8", "surrogateescape"))

    def name_of(self, node: Node) -> str:
        """Return the name of a key, a variable or the last property of a member expression."""
        if node.type == "member_expression":
            last = field(node, "property")
            return self.name_of(last) if last is not None else ""
        if node.type == "computed_property_name" or node.end_byte - node.start_byte > _MAX_NAME_BYTES:
            return ""
        return self.string_of(node) if node.type == "string" else text_of(node, self._content)

    def remember(self, name: Node, value: Node) -> None:
        """Remember what a name stands for from here on."""
        if name.type != "identifier":
            return
        known = self.name_of(name)
        self._constants[known] = value
        if value.type == "object":
            for pair in value.named_children[:_MAX_PARTS]:
                key, inner = field(pair, "key"), field(pair, "value")
                if key is not None and inner is not None:
                    self._constants[f"{known}.{self.name_of(key)}"] = inner

    def forget(self, function: Node) -> None:
        """Forget the names that the parameters of a function hide."""
        parameters = field(function, "parameters") or field(function, "parameter")
        if parameters is None or not self._constants:
            return
        words = _NAME.findall(self._content, parameters.start_byte, parameters.end_byte)
        if self._constants.keys().isdisjoint(word.decode("utf-8", "surrogateescape") for word in words):
            return
        for node in [parameters] if parameters.type == "identifier" else parameters.named_children:
            name = field(node, "pattern") or node
            if name.type == "identifier":
                self._constants.pop(self.name_of(name), None)

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
            return ScriptValue(self.string_of(node))
        if kind == "template_string":
            return self._template(node, depth)
        if kind == "binary_expression":
            return self._binary(node, depth)
        if kind in ("identifier", "member_expression"):
            return self._named(node, depth)
        if kind in ("call_expression", "new_expression"):
            return self._call(node, depth)
        inner = node.named_children if kind in _WRAPPERS else None
        return self.value_of(inner[0], depth + 1) if inner else None

    def _template(self, node: Node, depth: int) -> ScriptValue | None:
        parts: list[ScriptValue] = []
        at = node.start_byte + 1
        children = node.named_children
        if len(children) > _MAX_PARTS:
            return None
        for child in children:
            if child.type == "template_substitution":
                parts.append(self._between(at, child.start_byte))
                inner = child.named_children
                parts.append(self.value_of(inner[0], depth + 1) if inner else _unknown(child))
                at = child.end_byte
        return _concatenated([*parts, self._between(at, node.end_byte - 1)])

    def _between(self, start: int, end: int) -> ScriptValue:
        text = self._content[start : min(end, start + _MAX_TEXT + 1)].decode("utf-8", "surrogateescape")
        return ScriptValue(_unescaped(text))

    def _binary(self, node: Node, depth: int) -> ScriptValue | None:
        operator, left, right = field(node, "operator"), field(node, "left"), field(node, "right")
        sign = operator.type if operator is not None else ""
        if sign == "+":
            terms = terms_of(node)
            few = len(terms) <= _MAX_PARTS
            return _concatenated([self.value_of(term, depth + 1) for term in terms]) if few else None
        if sign not in ("||", "??") or left is None or right is None:
            return None
        value = self.value_of(left, depth + 1)
        return value if value.is_known else self.value_of(right, depth + 1)

    def _named(self, node: Node, depth: int) -> ScriptValue | None:
        if node.end_byte - node.start_byte > _MAX_NAME_BYTES:
            return None
        name = text_of(node, self._content)
        if name in _HERE_NAMES:
            return _HERE
        if name in _FILE_NAMES:
            return ScriptValue("./_", Anchor.HERE, is_plain=False)
        if name in _ROOT_NAMES:
            return _ROOT
        known = self._constants.get(name)
        if known is None:
            url = field(node, "object") if name.endswith((".href", ".pathname")) else None
            return self.value_of(url, depth + 1) if url is not None else None
        value = self.value_of(known, depth + 1)
        # The declaration itself is visited on its own.
        return value._replace(rest=(), is_plain=False) if value.is_known or value.base is not Anchor.ANY else None

    def _call(self, node: Node, depth: int) -> ScriptValue | None:
        function, arguments = field(node, "function") or field(node, "constructor"), field(node, "arguments")
        if function is None:
            return None
        name, full = called(function, self._content)
        if full == "process.cwd":
            return _ROOT
        array = field(function, "object") if name == "join" else None
        if array is not None and array.type == "array":
            return self._joined(array.named_children, depth)
        if not (is_path_call(node, name, full) or name == "relative") or arguments is None:
            return None
        given = nodes_within(arguments)
        if not given or len(given) > _MAX_PARTS:
            return None
        if name == "URL":
            value = self.value_of(given[0], depth + 1)
            is_here = len(given) > 1 and self.value_of(given[1], depth + 1).base is Anchor.HERE
            return value._replace(base=Anchor.HERE, text=normal(value.text)) if is_here else value
        if name in _JOINS and full != "require.resolve":
            return self._joined(given, depth, above=name == "dirname")
        return self.value_of(given[-1 if name == "relative" else 0], depth + 1) if name != "cwd" else None

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
    text = _STARS.sub("*", "".join(part.text for part in parts[start:]))
    rest = tuple(node for part in parts for node in part.rest)
    if base is not Anchor.ANY:
        return ScriptValue(normal(text.lstrip("/")), base, rest, is_plain=False)
    while text.startswith("*/"):  # an unknown directory
        text = text[2:]
    is_single = len(parts) == 1 and parts[0].is_plain
    return ScriptValue(("./" if text.startswith("./") else "") + normal(text), base, rest, is_single)


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


# Conditions

_MAX_CONDITION_BYTES = 400
"""A longer condition says nothing."""
_MAX_CONDITION_DEPTH = 20
_ENVIRONMENT = re.compile(rb"(?i)env|mode\b|stage\b")
_ASKS = re.compile(
    rb"\b(?:existsSync|exists|pathExists|pathExistsSync|accessSync|statSync|lstatSync|isFile|isDirectory|file\.exists)\("
)
_STATES = {
    **dict.fromkeys(("test", "tests", "testing", "jest", "vitest", "cypress", "e2e"), Excuse.TESTS),
    **dict.fromkeys(("dev", "develop", "development", "local"), Excuse.DEVELOPMENT),
    **dict.fromkeys(("prod", "production"), Excuse.NONE),
}
_TELLING = re.compile(rb"(?i)test|jest|cypress|e2e|dev|local|prod|exists|access|stat|isFile|isDirectory")
"""What every condition has that tells anything."""
_FILLING = frozenset("is in mode env environment node process import meta app config running".split())

Excuses = tuple[Excuse, Excuse]
"""Of what runs if the condition is true, and if it is false."""
_NOTHING: Excuses = (Excuse.NONE, Excuse.NONE)


def excuses_of(condition: Node, content: bytes, depth: int = 0) -> Excuses:
    """Return the excuses of what runs if a condition is true, and of what runs if it is false."""
    start, end = condition.start_byte, condition.end_byte
    if depth > _MAX_CONDITION_DEPTH or end - start > _MAX_CONDITION_BYTES or not _TELLING.search(content, start, end):
        return _NOTHING
    kind = condition.type
    if kind == "parenthesized_expression":
        inner = condition.named_children
        return excuses_of(inner[0], content, depth + 1) if len(inner) == 1 else _NOTHING
    if kind == "unary_expression" and content.startswith(b"!", start):
        argument = field(condition, "argument")
        return excuses_of(argument, content, depth + 1)[::-1] if argument is not None else _NOTHING
    if kind == "binary_expression":
        return _of_binary(condition, content, depth)
    if kind in ("call_expression", "await_expression"):
        return (Excuse.GUARDED, Excuse.NONE) if _ASKS.search(content, start, end) else _NOTHING
    if kind in ("identifier", "member_expression"):  # `isTest`, `config.isProduction`, `__DEV__`
        words = set(words_of(content[start:end].decode("utf-8", "replace"))) - _FILLING
        return (_of_state(words.pop()) or _NOTHING) if len(words) == 1 else _NOTHING
    return _NOTHING


def _of_binary(condition: Node, content: bytes, depth: int) -> Excuses:
    left, right, operator = field(condition, "left"), field(condition, "right"), field(condition, "operator")
    sign = operator.type if operator is not None else ""
    if left is None or right is None:
        return _NOTHING
    if sign in ("&&", "||"):
        first, second = excuses_of(left, content, depth + 1), excuses_of(right, content, depth + 1)
        if sign == "&&":
            return first[0] or second[0], second[1] if first[1] else Excuse.NONE
        return second[0] if first[0] else Excuse.NONE, first[1] or second[1]
    if sign not in ("==", "===", "!=", "!=="):
        return _NOTHING
    compared = _of_comparison(left, right, content) or _of_comparison(right, left, content) or _NOTHING
    return compared[::-1] if sign.startswith("!") else compared


def _of_comparison(variable: Node, value: Node, content: bytes) -> Excuses | None:
    """Return what ``process.env.NODE_ENV === "test"`` tells; None if this compares anything else."""
    if value.type != "string" or not _ENVIRONMENT.search(content, variable.start_byte, variable.end_byte):
        return None
    return _of_state(content[value.start_byte + 1 : value.end_byte - 1].decode("utf-8", "replace"))


def _of_state(state: str) -> Excuses | None:
    excuse = _STATES.get(state.lower())
    if excuse is None:
        return None
    return (excuse, Excuse.NONE) if excuse is not Excuse.NONE else (Excuse.NONE, Excuse.DEVELOPMENT)
