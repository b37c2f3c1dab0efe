"""Keys and values of settings files, with lines: JSON, YAML, TOML and the many kinds of INI.

Read token by token or line by line: what does not parse gives the values that there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from msgspec import Struct

_MAX_KEYS = 12
"""Keys of deeper levels are dropped: they say nothing that the outer ones have not said."""


class Pair(Struct, frozen=True, gc=False):
    """A string with the keys that lead to it."""

    keys: tuple[str, ...]
    text: str
    line: int
    is_key: bool = False
    """A key itself, of an object."""


_JSON = re.compile(r'"(?:[^"\\\n]|\\.)*+"?|//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)|[{}\[\],:\n]')


def json_values(text: str) -> Iterator[Pair]:
    """Yield the strings of JSON, with or without comments and trailing commas; keys too."""
    keys: list[str | None] = []
    """One for each open object or array: the last key, or None in an array."""
    line = 1
    pending: str | None = None
    """A string that is a key if a colon follows."""
    started = 1
    """The line of that string."""
    for token in _JSON.finditer(text):
        piece = token[0]
        first = piece[0]
        if first in "\n/":
            line += piece.count("\n")
            continue
        if pending is not None:
            is_key = first == ":" and bool(keys) and keys[-1] is not None
            if pending:
                yield Pair(_path(keys, len(keys) - is_key), pending, started, is_key)
            if is_key:
                keys[-1] = pending
            pending = None
        if first == '"':
            pending, started = _unescaped(piece), line
        elif first in "{[":
            keys.append("" if first == "{" else None)
        elif first in "}]":
            del keys[-1:]
    if pending is not None:
        yield Pair(_path(keys), pending, started)


def _path(keys: list[str | None], depth: int = _MAX_KEYS) -> tuple[str, ...]:
    return tuple(key for key in keys[: min(depth, _MAX_KEYS)] if key)


def _unescaped(piece: str) -> str:
    text = piece[1:-1] if len(piece) > 1 and piece[-1] == '"' else piece[1:]
    if "\\" not in text:
        return text
    try:
        return str(json.loads(f'"{text}"'))
    except ValueError:
        return text.replace("\\/", "/")


_YAML_KEY = (
    r"\"[^\"\n]{1,300}\"|'[^'\n]{1,300}'|[^\s#:\"'{\[\-][^#:\n]{0,200}|-[^\s#:][^#:\n]{0,200}"
    r"|[^\s\"'{\[]{1,200}(?=:[ \t]|:\Z)"
)
_YAML_LINE = re.compile(r"([ \t]*)((?:-[ \t]+|\?[ \t]+)*)(?:(" + _YAML_KEY + r"):(?:[ \t]+|\Z))?(.*)", re.S)
_BLOCK = re.compile(r"(?:[&!][^\s]{1,80}[ \t]+)*[|>][+-]?\d?[+-]?[ \t]*(?:#.*)?\Z")
_TAGS = re.compile(r"(?:[&!*][^\s]{0,80}(?:[ \t]+|\Z))+")
_PIECE = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?|'[^']*+'?|[\[\]{},]|:(?=\s)|#(?<=\s#).*+|[^\[\]{},:\"'#]++|.", re.S)


def yaml_values(text: str) -> Iterator[Pair]:
    """Yield the scalars of YAML with the keys around them, by indentation; each line of a block by itself."""
    stack: list[tuple[int, str]] = []
    """The keys around a line, each with its indentation."""
    block: int | None = None
    """How far the key of an open block is indented."""
    depth = 0
    """How many brackets are open."""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        indent = len(line) - len(line.lstrip(" \t"))
        if not bare:
            continue
        if block is not None and indent > block:
            yield Pair(_keys(stack), bare, number)
            continue
        block = None
        if bare[0] in "#%":
            continue
        if depth > 0:
            depth += _depth(bare)
            yield from _flow(bare, _keys(stack), number)
            continue
        match = _YAML_LINE.match(line)
        assert match is not None
        level = indent + len(match[2])
        _close(stack, indent, is_item=bool(match[2]))
        if match[3] is not None:
            name = match[3].strip("\"' \t")
            yield Pair(_keys(stack), name, number, is_key=True)
            stack.append((level, name))
        rest = _TAGS.sub("", match[4].strip(), count=1) if match[4][:1] in ("&", "!", "*") else match[4].strip()
        if _BLOCK.match(rest):
            block = level if match[3] is not None else indent
        elif rest:
            depth = max(_depth(rest), 0) if rest[0] in "[{" else 0
            yield from _flow(rest, _keys(stack), number)


def _close(stack: list[tuple[int, str]], indent: int, *, is_item: bool) -> None:
    """Take off the keys that a line is not below. A list may stand below its key without being indented."""
    while stack:
        last = stack[-1][0]
        if last < indent or (is_item and last == indent):
            return
        stack.pop()


def _keys(stack: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(key for _, key in stack[:_MAX_KEYS])


def _depth(text: str) -> int:
    return text.count("[") + text.count("{") - text.count("]") - text.count("}")


def _flow(text: str, keys: tuple[str, ...], line: int) -> Iterator[Pair]:
    """Yield the scalars of the rest of a line: one, or those between brackets."""
    if text[0] not in "[{\"'" and "," not in text[-1:] and text[-1:] not in "]}":
        yield Pair(keys, text.partition(" #")[0].strip(), line)
        return
    key = ""
    scalar = ""
    for piece in _PIECE.findall(text):
        if piece in ("[", "]", "{", "}", ","):
            if scalar.strip():
                yield Pair((*keys, key)[: _MAX_KEYS + 1] if key else keys, scalar.strip(), line)
            scalar = ""
            if piece != "[":
                key = ""
        elif piece == ":":
            key, scalar = scalar.strip(), ""
        elif piece[0] == "#" and (not scalar or scalar[-1].isspace()) and len(piece) > 1:
            break
        elif piece[0] in "\"'" and len(piece) > 1 and piece[-1] == piece[0]:
            scalar += piece[1:-1]
        else:
            scalar += piece
    if scalar.strip():
        yield Pair((*keys, key) if key else keys, scalar.strip(), line)


_SECTION = re.compile(r"[ \t]*\[+[ \t]*([^\[\]\n]{1,200}?)[ \t]*\]+[ \t]*(?:[#;].*)?\Z")
_PAIR = re.compile(
    r"[ \t]*+(?:export[ \t]+)?(\"[^\"\n]{1,100}\"|'[^'\n]{1,100}'|[\w.@*?/${}\- \t]{1,120}?)"
    r"[ \t]{0,40}[=:](?![=:])[ \t]*(.*)",
    re.S,
)


def ini_values(text: str) -> Iterator[Pair]:
    """Yield the values of TOML, INI, properties and environment files; the section is the first key."""
    section: tuple[str, ...] = ()
    key = ""
    depth = 0
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        if not bare or bare[0] in "#;!":
            continue
        if depth > 0:
            depth += _depth(bare)
            yield from _pieces(bare, (*section, key), number)
            continue
        match = _SECTION.match(line)
        if match is not None and not (key and line[0] in " \t"):
            section, key = (match[1].strip("\"' "),), ""
            continue
        pair = _PAIR.match(line)
        is_continued = key and line[0] in " \t" and (pair is None or pair[2].startswith("/"))
        if pair is not None and not is_continued:
            key = pair[1].strip("\"' \t")
            bare = pair[2].strip()
            if bare:
                depth = max(_depth(bare), 0) if bare[0] in "[{" else 0
                yield from _pieces(bare, (*section, key), number)
        else:
            yield from _pieces(bare, (*section, key) if key else section, number)


_INI_PIECE = re.compile(
    r"\s++|([\w-]{1,60})[ \t]*=[ \t]*(?=[\"'\[{])|\"(?:[^\"\\]|\\.)*+\"?|'[^']*+'?|#(?<![^\s]#).*+|[^\"'#\[\]{},]++|.",
    re.S,
)


def _pieces(text: str, keys: tuple[str, ...], line: int) -> Iterator[Pair]:
    """Yield the values of a line: what is in quotes, or all of it."""
    if text[0] not in "\"'[{" and text[-1:] not in "\"',]}":
        text = re.split(r"[ \t][#;]", text, maxsplit=1)[0].strip()
        if text:
            yield Pair(keys, text, line)
        return
    key = ""
    for match in _INI_PIECE.finditer(text):
        piece = match[0]
        if match[1] is not None:
            key = match[1]
        elif piece[0] in "\"'" and len(piece) > 1 and piece[-1] == piece[0]:
            yield Pair((*keys, key) if key else keys, piece[1:-1], line)
        elif piece[0] == "#":
            break
        elif piece.strip() and piece not in "[]{},":
            yield Pair((*keys, key) if key else keys, piece.strip(), line)
        elif piece == "}":
            key = ""
