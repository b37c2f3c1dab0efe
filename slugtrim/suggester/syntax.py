"""Parse source text with tree-sitter within bounds of size, depth and steps.

A grammar is loaded when the first file of its language is parsed. A text that is too large, too deep or too broken has
no tree.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

import tree_sitter

MAX_PARSED_BYTES = 512 << 10
_LEAST_MINIFIED_BYTES = 8 << 10
_MINIFIED_LINE_BYTES = 400
"""The mean length of the lines from which a script counts as minified."""
"""A tree takes up to 400 times the bytes of its text."""
MAX_NODES = 300_000
MAX_DEPTH = 1000
"""Of brackets. The parser recurses in C on some deep texts, and would overflow the stack."""
MAX_STEPS = 2500
"""Of the parser, in hundreds of its operations. The longest source code seen (250 KB) takes 2,200, of 20 µs
each; other text takes up to 450 µs a step."""
MAX_STEPS_AFTER_ERROR = 800
"""The parser looks for the best repair, which takes up to 1.5 ms a step: random bytes take 15 seconds a megabyte."""
_UNCOUNTED_BYTES = 8 << 10
"""A text of this size takes half a second at most, and counting takes a third of the time of a short one."""
MAX_TEXT_BYTES = 1024
"""No path is longer; a longer string is prose or data."""

_CHUNK_BYTES = 64 << 10
_GRAMMARS = {
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
}
_BRACKET = re.compile(rb"[()\[\]{}]")
_NO_BRACKETS = bytes(set(range(256)) - set(b"()[]{}"))
_SAME_BRACKETS = bytes.maketrans(b"[]{}", b"()()")
_OPENING = b"([{"

_EXTENSION = re.compile(r"[A-Za-z][A-Za-z0-9_~+-]{0,14}\Z")
_ADDRESS = re.compile(r"(?:[a-z][a-z0-9+.-]{1,20}:)?//|(?:data|mailto|tel|javascript|node|blob|about):", re.IGNORECASE)
_NO_PATH = re.compile(r"[<>\t\n|;\0]|[,:] ")
_LETTER = re.compile(r"[^\W_]")


@lru_cache(maxsize=8)
def _parser(language: str) -> tree_sitter.Parser:
    module, function = _GRAMMARS[language]
    return tree_sitter.Parser(tree_sitter.Language(getattr(import_module(module), function)()))


@lru_cache(maxsize=8)
def field_ids(language: str) -> dict[str, int]:
    """Return the numbers of the fields of a grammar by their names."""
    grammar = _parser(language).language
    names = (
        [(grammar.field_name_for_id(number), number) for number in range(1, grammar.field_count + 1)] if grammar else []
    )
    return {name: number for name, number in names if name is not None}


def is_minified(content: bytes) -> bool:
    """Return True for a bundle in long lines: its names are those of a build, and no syntax around them says more."""
    return len(content) > _LEAST_MINIFIED_BYTES and len(content) > _MINIFIED_LINE_BYTES * (content.count(b"\n") + 1)


def parse(content: bytes, language: str) -> tree_sitter.Node | None:
    """Return the root of the syntax tree; None if the text exceeds a bound of this module or holds a NUL byte.

    ``language`` is python, ruby, javascript, typescript or tsx. JSX is part of javascript.
    """
    if len(content) > MAX_PARSED_BYTES or b"\0" in content or is_minified(content) or _is_deep(content):
        return None
    root = _root(content, _parser(language))
    return root if root is not None and root.descendant_count <= MAX_NODES else None


def _root(content: bytes, parser: tree_sitter.Parser) -> tree_sitter.Node | None:
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
        if brackets.count(b"(") <= MAX_DEPTH - 32:
            return False
        brackets = brackets.replace(b"()", b"")
    depth = 0
    for match in _BRACKET.finditer(content):
        depth = depth + 1 if match[0] in _OPENING else max(depth - 1, 0)
        if depth > MAX_DEPTH:
            return True
    return False


def line_of(node: tree_sitter.Node) -> int:
    """Return the line that a node begins on, from 1."""
    return node.start_point[0] + 1


def is_path(text: str) -> bool:
    """Return True for a text that can be a path: with a slash or an extension, in one line, not an address."""
    if not text or len(text) > MAX_TEXT_BYTES or _NO_PATH.search(text) or text.count(" ") > 3:
        return False
    if (":" in text or "//" in text) and _ADDRESS.match(text):
        return False
    if "/" in text:
        return _LETTER.search(text) is not None
    stem, _, extension = text.rpartition(".")
    return bool(stem) and _EXTENSION.match(extension) is not None


def line_counter(content: bytes) -> Callable[[int], int]:
    """Return a function from an offset to its line. It counts on from the last offset, which may only grow."""
    last, line = 0, 1

    def line_at(offset: int) -> int:
        nonlocal last, line
        line += content.count(b"\n", last, offset)
        last = max(last, offset)
        return line

    return line_at
