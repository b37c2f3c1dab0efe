"""Evaluate paths and texts in a syntax tree as far as one file tells them, and say what a value names where it is used.

Shared by the languages that are parsed.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from typing import Any, ClassVar

import tree_sitter
from msgspec import Struct
from msgspec.structs import astuple, replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, words_of
from slugtrim.suggester.literals import written

MAX_TEXT = 1000
NAMES = EdgeKind.NAMES
"""A member of an enumeration is found slowly."""

UNKNOWN = "*"
_MAX_REMEMBERED = 200
SELF = "\0"
"""The last component of the referring file's own path."""

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_MODULE_AND_NAME = re.compile(r"(?:[\w.-]+ *= *)?([A-Za-z_][\w.]*):[A-Za-z_][\w.]*(?:\(\))?\Z")
_TOKEN = re.compile(r"[\w.@+~*/-]+")
_WORD = re.compile(r"[\w@+.-]*[A-Za-z][\w@+.-]*\Z")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,9}\Z")
_HOLE = re.compile(r"%(?:\(\w{1,40}\))?[-+#0-9.]{0,9}[sdrif]|\{[\w.!:\[\]]{0,60}\}")
_LIST = re.compile(r"\{[^{}]*,[^{}]*\}")
FORMATTED = re.compile(r"%(?:\(\w{1,40}\)|<\w{1,40}>)?[-+#0-9.]{0,9}[sdrif]|%\{\w{1,40}\}")
"""What a value is put into, in Python or Ruby."""
_SCHEME_OF_FILES = re.compile(r"(?:sqlite[\w+]{0,20}|file|jdbc:\w{1,20}):(?:///?)")
_SUFFIXES = frozenset(mimetypes.MimeTypes(()).types_map[True]) | {".md", ".yml", ".yaml", ".toml", ".ini", ".cfg"}
_AMBIGUOUS = frozenset(
    "spec specs story stories docs documentation out report reports local guard artifact dump clean without reject "
    "except skip preview previews emit destination dest output".split()
)
"""Words that are also about the subject of an application: ``report = "docs/report.docx"``."""
_OUTPUTS = frozenset(("outdir", "outfile", "output_dir", "output_path", "output_file"))

MAX_DEPTH = 12
"""Of an expression that is evaluated; what is deeper is unknown."""
MAX_OPERANDS = 64
"""Of a sum or a path that is evaluated."""
_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
}
CHAINS = frozenset(("binary_operator", "boolean_operator", "binary", "binary_expression"))
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


class Evaluated(Struct, frozen=True, gc=False):
    """A string or path as far as the text of one file tells it. ``*`` stands for the unknown."""

    text: str
    base: Anchor = Anchor.ANY
    is_path: bool = False


Evaluator = Callable[[Any, Node], Evaluated | None]


def joined(left: Evaluated, right: Evaluated) -> Evaluated | None:
    """Return a path joined to another; a later absolute part does not start anew, as most code means it."""
    if right.base is not Anchor.ANY:
        return right
    text = f"{left.text.rstrip('/')}/{right.text.lstrip('/')}" if left.text else right.text
    return Evaluated(text, left.base, True) if len(text) <= MAX_TEXT else None


def concatenated(left: Evaluated, right: Evaluated) -> Evaluated | None:
    """Return one text after the other."""
    if right.base is not Anchor.ANY and not left.text.strip(UNKNOWN):
        return right
    if len(left.text) + len(right.text) > MAX_TEXT:
        return None
    return Evaluated(left.text + right.text, left.base, left.is_path)


def joined_all(values: Sequence[Evaluated]) -> Evaluated | None:
    """Return the path of all values, one below the other."""
    result: Evaluated | None = replace(values[0], is_path=True) if values else None
    for value in values[1:]:
        result = joined(result, value) if result is not None else None
    return result


def concatenated_all(values: Iterable[Evaluated]) -> Evaluated | None:
    """Return the text of all values, one after the other."""
    result: Evaluated | None = Evaluated("")
    for value in values:
        result = concatenated(result, value) if result is not None and (result.text or result.base) else value
        if result is None:
            return None
    return result


def parent(value: Evaluated | None, count: int = 1) -> Evaluated | None:
    """Return the directory above, ``count`` times; None for a value that is not known."""
    if value is None:
        return None
    above = [".."] * min(count, 50)
    return replace(value, text="/".join([value.text, *above] if value.text else above), is_path=True)


def normal(value: Evaluated) -> str:
    """Return the text without ``.``, and without ``..`` where a component is known before it."""
    parts: list[str] = []
    for part in value.text.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and parts and parts[-1] not in ("..", UNKNOWN, "**"):
            parts.pop()
        else:
            parts.append(part)
    is_absolute = value.text.startswith("/") and value.base is Anchor.ANY
    ends = "/" if value.text.endswith("/") and parts else ""
    return ("/" if is_absolute else "") + "/".join(parts) + ends


@lru_cache(maxsize=8)
def parser_of(language: str) -> tree_sitter.Parser:
    """Return the parser of a language; its grammar is loaded when it is first asked for."""
    module, function = _GRAMMARS[language]
    return tree_sitter.Parser(tree_sitter.Language(getattr(import_module(module), function)()))


@lru_cache(maxsize=8)
def field_ids(language: str) -> dict[str, int]:
    """Return the numbers of the fields of a grammar by their names."""
    grammar = parser_of(language).language
    names = (
        [(grammar.field_name_for_id(number), number) for number in range(1, grammar.field_count + 1)] if grammar else []
    )
    return {name: number for name, number in names if name is not None}


class Evaluating:
    """A text and the nodes of its syntax tree; expressions are evaluated by the type of the node."""

    language: str
    plain_string: ClassVar[re.Pattern[bytes]]
    """A string whose text is what is written: one of the groups."""
    evaluators: ClassVar[Mapping[str, Evaluator]]

    def __init__(self, content: bytes) -> None:
        """Begin with a text."""
        self.content = content
        self.unknown: list[Node] = []
        """The unknown parts of the expression that is evaluated."""
        self._depth = 0
        self._fields = field_ids(self.language)

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
        if kind not in CHAINS:
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


class Use(Struct, frozen=True, gc=False, eq=False):
    """What the code does with the value at one place. Compared by identity, which takes no time."""

    kind: EdgeKind = EdgeKind.NAMES
    excuse: Excuse = Excuse.NONE
    is_muted: bool = False
    """A literal here names no file: a key, a message, a route."""
    takes_words: bool = False
    """A single word may name a file or directory."""
    is_path: bool = False
    """Every string here is a path."""
    is_directory: bool = False
    is_registry: bool = False
    """A dotted string here is a module that the framework imports."""
    is_glob: bool = False
    is_module: bool = False
    """Every string here is a module of JavaScript."""
    is_address: bool = False
    """What begins with a slash here, and has no extension, names no file."""


_USES: dict[tuple[object, ...], Use] = {}


def interned(use: Use) -> Use:
    """Return the one record with these fields."""
    return _USES.setdefault(astuple(use), use)


PLAIN = interned(Use())
MUTED = interned(Use(is_muted=True))
ARGUMENTS = [interned(Use(excuse=excuse, takes_words=True)) for excuse in Excuse]
"""What may name anything, even by a word, with each excuse."""
ARGUMENT = ARGUMENTS[Excuse.NONE]
LOADED = interned(Use(kind=EdgeKind.LOADS, is_path=True))
LISTED = interned(Use(kind=EdgeKind.LOADS, is_path=True, is_directory=True))
EXECUTED = interned(Use(kind=EdgeKind.EXECUTES, is_path=True))
COMMAND = interned(Use(kind=EdgeKind.EXECUTES))
GUARD = interned(Use(excuse=Excuse.GUARDED, is_path=True))
WRITTEN = interned(Use(excuse=Excuse.WRITTEN, is_path=True))
GLOBBED = interned(Use(kind=EdgeKind.LOADS, is_path=True, is_glob=True))


@lru_cache(maxsize=8192)
def excuse_of_value(name: str) -> Excuse:
    """Return what a keyword or an assignment target says about its value, without words of an application's subject."""
    if name.lower() in _OUTPUTS:
        return Excuse.WRITTEN
    words = words_of(name)
    plain = [word for word in words if word not in _AMBIGUOUS]
    if plain != list(words) and "dir" in plain and excuse_of_name(name) is Excuse.WRITTEN:
        return Excuse.WRITTEN
    if any(word.startswith(("testpath", "testdir", "testmatch")) for word in plain):
        return Excuse.TESTS
    return excuse_of_name(" ".join(plain))


def references_of_value(value: Evaluated, use: Use, line: int) -> list[Reference]:
    """Return what a value names at a place that is used so. Short texts are remembered: the same names come often."""
    if use.is_muted or not value.text:
        return []
    references = _references if len(value.text) > _MAX_REMEMBERED else _remembered_references
    found = references(value.text, value.base, value.is_path, use)
    return [replace(reference, line=line + reference.line) for reference in found]


def _references(text: str, base: Anchor, is_path: bool, use: Use) -> tuple[Reference, ...]:
    """Return what a value names, with lines from the first of the value."""
    if use.is_path or is_path or base:
        return tuple(_of_path(Evaluated(text, base, is_path), use, 0))
    return tuple(_of_literal(text, use, 0))


_remembered_references = lru_cache(maxsize=8192)(_references)


def _of_path(value: Evaluated, use: Use, line: int) -> Iterator[Reference]:
    text = normal(value) if value.is_path or value.base is not Anchor.ANY else value.text.strip()
    while text.startswith("*/") and value.base is Anchor.ANY and not use.is_glob:
        text = text[2:]
    rooted = _rooted(text) if ":" in text else text
    if not rooted and use.is_directory and value.base is not Anchor.ANY:
        yield Reference(".", line, How.PATH, use.kind, value.base, use.excuse, is_directory=True)
    if not rooted or SELF in rooted or "\n" in rooted or len(rooted) > MAX_TEXT:
        return
    has_name = any(c.isalnum() for c in rooted)
    if (
        not has_name
        and not (use.is_directory and value.base is not Anchor.ANY)
        and not (use.is_glob and value.base is Anchor.HERE)
    ):
        return
    text = _HOLE.sub(UNKNOWN, rooted)
    is_glob = UNKNOWN in text or _LIST.search(text) is not None or (use.is_glob and any(c in text for c in "?["))
    how = How.GLOB if is_glob else How.PATH
    if how is How.GLOB and use.kind is EdgeKind.NAMES and not any(c.isalnum() for c in text.rpartition("/")[0]):
        return
    yield Reference(text, line, how, use.kind, value.base, use.excuse, use.is_directory)


def _rooted(text: str) -> str:
    """Return the path in an address of a file; empty for any other address."""
    found = _SCHEME_OF_FILES.match(text)
    if found:
        return text[found.end() :].partition("?")[0]
    return "" if "://" in text else text


def _of_literal(text: str, use: Use, line: int) -> Iterator[Reference]:
    text = text.strip()
    if len(text) > MAX_TEXT or "\n" in text:
        yield from _of_tokens(text, use, line)
    elif found := _MODULE_AND_NAME.match(text):
        yield from _of_module(found[1], use, line, is_surely_module=True)
    elif _DOTTED.match(text):
        yield from _of_module(text, use, line)
    elif use.is_registry and use.is_directory and text.isidentifier():
        yield Reference(text, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE, use.excuse, True)
    else:
        named = written(text)
        if named is None or " " in text:
            yield from _of_tokens(text, use, line)
        if named is not None and named[1] is not How.WORD:
            yield from _of_path(Evaluated(named[0]), use, line)
        elif named is not None and use.takes_words:
            yield Reference(text, line, How.WORD, use.kind, Anchor.ANY, use.excuse, use.is_directory)


def _of_module(text: str, use: Use, line: int, *, is_surely_module: bool = False) -> Iterator[Reference]:
    """A dotted string is a module, or a file's name: ``app.urls``, ``data.csv``."""
    suffix = "." + text.rpartition(".")[2]  # not in lower case: `a.b.C` is a class
    if not is_surely_module and suffix in _SUFFIXES:
        yield Reference(text, line, How.PATH, use.kind, Anchor.ANY, use.excuse, use.is_directory)
        return
    if use.is_registry:
        yield Reference(text, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE, use.excuse, use.is_directory)
        package, _, last = text.rpartition(".")
        if use.is_directory and package and last[:1].isupper():
            package = package.removesuffix(".apps")
            yield Reference(package, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE, use.excuse, True)
        return
    if "." in text or is_surely_module:
        yield Reference(text, line, How.MODULE, use.kind, Anchor.ANY, use.excuse)
    if not is_surely_module and text.count(".") <= 2 and len(suffix) <= 9:
        yield Reference(text, line, How.PATH, use.kind, Anchor.ANY, use.excuse)


_LEFT_OUT = re.compile(
    r"--(?:ignore|exclude)(?:-(?:pattern|dir|path))?(?:=|[ \t]{1,9})"
    r"(?:\"[^\"\n]{1,400}\"|'[^'\n]{1,400}'|[^\s\"']{1,400})"
)
"""Of a command, what it is told to leave out."""


def _of_tokens(text: str, use: Use, line: int) -> Iterator[Reference]:
    """Yield the paths with an extension in a text: a template, a query, a document."""
    seen: set[str] = set()
    if "--" in text:
        text = _LEFT_OUT.sub(lambda option: " " * len(option[0]), text)
    for found in _TOKEN.finditer(text):
        token = found[0].rstrip(".")
        if not _has_suffix(token) or len(token) > MAX_TEXT or token in seen or token.startswith("//"):
            continue
        if not any(c.isalpha() for c in token) or token.replace(".", "").isdigit():
            continue
        seen.add(token)
        at = line + text.count("\n", 0, found.start()) if len(seen) < 200 else line
        how = How.GLOB if UNKNOWN in token else How.PATH
        if how is How.PATH or any(c.isalnum() for c in token.rpartition("/")[0]):
            yield Reference(token, at, how, use.kind, Anchor.ANY, use.excuse)


def _has_suffix(text: str) -> bool:
    stem, dot, suffix = text.rpartition("/")[2].rpartition(".")
    return bool(dot and stem.strip(".")) and _EXTENSION.match(suffix) is not None and not suffix.isdigit()
