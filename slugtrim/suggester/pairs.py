"""Keys and values of settings files, with lines: JSON, YAML, TOML and the many kinds of INI.

Read token by token or line by line: what does not parse gives the values that there are.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

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


Matters = Callable[[str, str], bool]
"""Whether a value may count, by the last key around it and its text."""

_PLAIN = r"[^\"/{}\[\]]"
_JSON = re.compile(
    rf'(?:{_PLAIN}++|\[{_PLAIN}*+\]|"[^"\\\n/]*+"\s*+:\s*+[-\dtfn]|//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)|/)*+'
    r'(?:([{\[])|([}\]])|"([^"\\\n]*+(?:\\.[^"\\\n]*+)*+)"?(\s*+:)?|\Z)'
)
"""What has no string or only the key of a number, and then a bracket or a string, with a colon after it."""
_OPEN, _CLOSE, _STRING, _COLON = range(1, 5)


def _always(key: str, text: str) -> bool:
    return True


def json_values(text: str, matters: Matters = _always) -> Iterator[Pair]:
    """Yield the strings of JSON, with or without comments and trailing commas; of keys, those with a slash."""
    keys: list[str | None] = []
    """One for each open object or array: the last key, or None in an array."""
    line, counted = 1, 0
    for token in _JSON.finditer(text):
        group = token.lastindex
        if group == _OPEN:
            keys.append("" if token[_OPEN] == "{" else None)
        elif group == _CLOSE:
            del keys[-1:]
        elif group is not None and (piece := token[_STRING]):
            if "\\" in piece:
                piece = _unescaped(piece)
            is_key = group == _COLON and bool(keys) and keys[-1] is not None
            if is_key:
                keys[-1] = piece
            if ("/" in piece) if is_key else matters(_last(keys), piece):
                start = token.start(_STRING)
                line, counted = line + text.count("\n", counted, start), start
                yield Pair(_path(keys, len(keys) - is_key), piece, line, is_key)


def _last(keys: list[str | None]) -> str:
    return (keys and keys[-1]) or "".join(_path(keys)[-1:])


def _path(keys: list[str | None], depth: int = _MAX_KEYS) -> tuple[str, ...]:
    return tuple(key for key in keys[: min(depth, _MAX_KEYS)] if key)


def _unescaped(text: str) -> str:
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
_TAGS = re.compile(r"(?:[&!*][^\s]{0,80}+(?:[ \t]+|\Z))+")
_PIECE = re.compile(r"\"(?:[^\"\\]|\\.)*+\"?|'[^']*+'?|[\[\]{},]|:(?=\s)|#(?<=\s#).*+|[^\[\]{},:\"'#]++|.", re.S)


def yaml_values(text: str, matters: Matters = _always) -> Iterator[Pair]:
    """Yield the scalars of YAML with the keys around them, by indentation; each line of a block by itself.

    Of keys, yield those with a slash. What stands in quotes or brackets is yielded even if it does not matter.
    """
    stack: list[tuple[int, str]] = []
    """The keys around a line, each with its indentation."""
    block: int | None = None
    """How far the key of an open block is indented."""
    depth = 0
    """How many brackets are open."""
    for number, line in enumerate(text.split("\n"), 1):
        bare = line.strip()
        indent = len(line) - len(line.lstrip(" \t"))
        if bare and block is not None and indent > block:
            if matters(stack[-1][1] if stack else "", bare):
                yield Pair(_keys(stack), bare, number)
            continue
        if not bare or bare[0] in "#%":
            block = None if bare else block
            continue
        block = None
        if depth > 0:
            depth += _depth(bare)
            yield from _flow(bare, _keys(stack), number)
            continue
        key, level, rest = _entered(line, indent, stack)
        if "/" in key:
            yield Pair(_keys(stack[:-1]), key, number, is_key=True)
        if _BLOCK.match(rest):
            block = level
        elif rest:
            depth = max(_depth(rest), 0) if rest[0] in "[{" else 0
            yield from _flow(rest, _keys(stack), number, matters)


def _entered(line: str, indent: int, stack: list[tuple[int, str]]) -> tuple[str, int, str]:
    """Return the key of a line, how far it is indented, and what follows; put the key on the stack of keys.

    Take off the keys that the line is not below. A list may stand below its key without being indented.
    """
    match = _YAML_LINE.match(line)
    assert match is not None
    while stack and (stack[-1][0] > indent or (stack[-1][0] == indent and not match[2])):
        stack.pop()
    key = ""
    if match[3] is not None:
        key = match[3].strip("\"' \t")
        indent += len(match[2])
        stack.append((indent, key))
    rest = match[4].strip()
    tags = _TAGS.match(rest)
    return key, indent, rest[tags.end() :] if tags is not None else rest


def _keys(stack: list[tuple[int, str]]) -> tuple[str, ...]:
    return tuple(key for _, key in stack[:_MAX_KEYS])


def _depth(text: str) -> int:
    return text.count("[") + text.count("{") - text.count("]") - text.count("}")


def _flow(text: str, keys: tuple[str, ...], line: int, matters: Matters = _always) -> Iterator[Pair]:
    """Yield the scalars of the rest of a line: one, or those between brackets."""
    if text[0] not in "[{\"'" and "," not in text[-1:] and text[-1:] not in "]}":
        text = text.partition(" #")[0].strip()
        if matters(keys[-1] if keys else "", text):
            yield Pair(keys, text, line)
        return
    key = scalar = ""
    for piece in [*_PIECE.findall(text), ","]:
        if piece in ("[", "]", "{", "}", ","):
            if scalar.strip():
                yield Pair((*keys, key)[: _MAX_KEYS + 1] if key else keys, scalar.strip(), line)
            scalar = ""
            if piece != "[":
                key = ""
        elif piece == ":":
            key, scalar = scalar.strip(), ""
        elif piece[0] in "\"'" and len(piece) > 1 and piece[-1] == piece[0]:
            scalar += piece[1:-1]
        elif piece[0] != "#" or len(piece) == 1 or (scalar and not scalar[-1].isspace()):
            scalar += piece


_SECTION = re.compile(r"[ \t]*\[+[ \t]*([^\[\]\n]{1,200}?)[ \t]*\]+[ \t]*(?:[#;].*)?\Z")
_PAIR = re.compile(
    r"[ \t]*+(?:export[ \t]+)?(\"[^\"\n]{1,100}\"|'[^'\n]{1,100}'|[\w.@*?/${}\- \t]{1,120}?)"
    r"[ \t]{0,40}[=:](?![=:])[ \t]*(.*)",
    re.S,
)


def ini_values(text: str, _: Matters = _always) -> Iterator[Pair]:
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
