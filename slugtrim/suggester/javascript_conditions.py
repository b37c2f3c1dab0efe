"""Say what a condition of JavaScript tells about its branches: a test environment, development, a file that exists."""

from __future__ import annotations

import re

from tree_sitter import Node

from slugtrim.suggester.edges import Excuse
from slugtrim.suggester.harmless import words_of

_MAX_BYTES = 400
"""A longer condition says nothing."""
_MAX_DEPTH = 20
_ENVIRONMENT = re.compile(rb"(?i)env|mode\b|stage\b")
_ASKS = re.compile(
    rb"\b(?:existsSync|exists|pathExists|pathExistsSync|accessSync|statSync|lstatSync|isFile|isDirectory|file\.exists)\("
)
_STATES = {
    **dict.fromkeys(("test", "tests", "testing", "jest", "vitest", "cypress", "e2e"), Excuse.TESTS),
    **dict.fromkeys(("dev", "develop", "development", "local"), Excuse.DEVELOPMENT),
    **dict.fromkeys(("prod", "production"), Excuse.NONE),
}
_FILLING = frozenset("is in mode env environment node process import meta app config running".split())

Excuses = tuple[Excuse, Excuse]
"""Of what runs if the condition is true, and if it is false."""
_NOTHING: Excuses = (Excuse.NONE, Excuse.NONE)


def excuses_of(condition: Node, content: bytes, depth: int = 0) -> Excuses:
    """Return the excuses of what runs if a condition is true, and of what runs if it is false."""
    if depth > _MAX_DEPTH or condition.end_byte - condition.start_byte > _MAX_BYTES:
        return _NOTHING
    if condition.type == "parenthesized_expression":
        inner = condition.named_children
        return excuses_of(inner[0], content, depth + 1) if len(inner) == 1 else _NOTHING
    if condition.type == "unary_expression":
        return _of_unary(condition, content, depth)
    if condition.type == "binary_expression":
        return _of_binary(condition, content, depth)
    text = content[condition.start_byte : condition.end_byte]
    if condition.type in ("call_expression", "await_expression"):
        return (Excuse.GUARDED, Excuse.NONE) if _ASKS.search(text) else _NOTHING
    if condition.type in ("identifier", "member_expression"):
        return _of_name(text.decode("utf-8", "replace"))
    return _NOTHING


def _of_unary(condition: Node, content: bytes, depth: int) -> Excuses:
    argument = condition.child_by_field_name("argument")
    if argument is None or not content.startswith(b"!", condition.start_byte):
        return _NOTHING
    if_true, if_false = excuses_of(argument, content, depth + 1)
    return if_false, if_true


def _of_binary(condition: Node, content: bytes, depth: int) -> Excuses:
    left, right = condition.child_by_field_name("left"), condition.child_by_field_name("right")
    operator = condition.child_by_field_name("operator")
    if left is None or right is None or operator is None:
        return _NOTHING
    if operator.type in ("&&", "||"):
        first, second = excuses_of(left, content, depth + 1), excuses_of(right, content, depth + 1)
        if operator.type == "&&":
            return first[0] or second[0], _both(first[1], second[1])
        return _both(first[0], second[0]), first[1] or second[1]
    if operator.type not in ("==", "===", "!=", "!=="):
        return _NOTHING
    compared = _of_comparison(left, right, content) or _of_comparison(right, left, content) or _NOTHING
    return (compared[1], compared[0]) if operator.type.startswith("!") else compared


def _both(first: Excuse, second: Excuse) -> Excuse:
    return first if first and second else Excuse.NONE


def _of_comparison(variable: Node, value: Node, content: bytes) -> Excuses | None:
    """Return what ``process.env.NODE_ENV === "test"`` tells; None if this compares anything else."""
    if value.type != "string" or not _ENVIRONMENT.search(content, variable.start_byte, variable.end_byte):
        return None
    state = content[value.start_byte + 1 : value.end_byte - 1].decode("utf-8", "replace")
    return _of_state(state)


def _of_name(name: str) -> Excuses:
    """Return what ``isTest``, ``config.isProduction`` or ``__DEV__`` tells."""
    words = set(words_of(name)) - _FILLING
    return (_of_state(words.pop()) or _NOTHING) if len(words) == 1 else _NOTHING


def _of_state(state: str) -> Excuses | None:
    excuse = _STATES.get(state.lower())
    if excuse is None:
        return None
    return (excuse, Excuse.NONE) if excuse is not Excuse.NONE else (Excuse.NONE, Excuse.DEVELOPMENT)
