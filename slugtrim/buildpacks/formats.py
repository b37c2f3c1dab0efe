"""Lock files and manifests as plain data: JSON, TOML, the indented text of pnpm and Yarn, the commands of a Procfile.

Nothing raises, for any bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

MAX_BYTES = 32_000_000
MAX_TEXT = 300
"""Longest name or version that counts. npm allows 214 characters for a name."""
MAX_DOTS = 20_000_000
"""Sum over all lines of the squared number of dots: tomllib takes that long for keys such as ``a.a.a``."""
_EMPTY: Mapping[str, object] = {}
_DOUBLE = re.compile(r'"((?:[^"\\]|\\.)*)"')
_SINGLE = re.compile(r"'((?:[^']|'')*)'")


def json_object(content: bytes | None) -> Mapping[str, object] | None:
    """Return the object of a JSON document, or None if it can't be read."""
    if content is None or len(content) > MAX_BYTES:
        return None
    try:
        found = msgspec.json.decode(content.removeprefix(b"\xef\xbb\xbf"))
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def toml_table(content: bytes | None) -> Mapping[str, object] | None:
    """Return the table of a TOML document, or None if it can't be read."""
    if content is None or len(content) > MAX_BYTES:
        return None
    if sum(line.count(b".") ** 2 for line in content.split(b"\n")) > MAX_DOTS:
        return None
    import tomllib  # 5 ms that only such a file pays

    try:
        return tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        return None


def decoded(content: bytes | None) -> str | None:
    """Return a text with plain line ends and without a byte-order mark, or None if it isn't UTF-8."""
    if content is None or len(content) > MAX_BYTES:
        return None
    try:
        whole = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return None
    return whole.replace("\r\n", "\n").replace("\r", "\n") if "\r" in whole else whole


def process_commands(procfile: bytes | None) -> Iterator[str]:
    """Yield the command of each process of a ``Procfile``."""
    for line in (decoded(procfile) or "").split("\n"):
        process, colon, command = line.partition(":")
        if colon and process.replace("-", "").replace("_", "").strip().isalnum():
            yield command


def mapping(value: object) -> Mapping[str, object]:
    """Return the value if it is a mapping, or an empty one."""
    return value if isinstance(value, dict) else _EMPTY


def tables(value: object) -> Iterator[Mapping[str, object]]:
    """Yield the mappings of a list."""
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def text(value: object) -> str:
    """Return the value if it is a text of sensible length, or an empty one."""
    return value if isinstance(value, str) and len(value) <= MAX_TEXT else ""


def names(value: object) -> list[str]:
    """Return the texts of a list: of JSON, of lines with a dash, or as ``[a, b]``."""
    if isinstance(value, str) and value.startswith("["):
        value = [unquoted(item.strip()) for item in value[1:-1].split(",")]
    elif isinstance(value, str):
        value = [value] if value else []
    return [name for item in value if (name := text(item))] if isinstance(value, list | dict) else []


def unquoted(value: str) -> str:
    """Return a scalar of YAML as it reads."""
    if value[:1] == "'" and value[-1:] == "'":
        return value[1:-1].replace("''", "'")
    if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
        if "\\" not in value:
            return value[1:-1]
        try:
            return msgspec.json.decode(value, type=str)
        except ValueError:
            return value[1:-1]
    return value


def indented(content: bytes | None) -> Mapping[str, object] | None:
    """Return the mapping of a lock file of pnpm or Yarn 2, or None if it isn't text.

    It reads the part of YAML that these two write: mappings by indentation, and scalars. Values in braces and
    brackets stay text (see ``names``), and items of a list are keys. There are no aliases, so no text grows.
    Of several documents, the last one counts.
    """
    whole = decoded(content)
    if whole is None:
        return None
    root: dict[str, object] = {}
    within: list[tuple[int, dict[str, object]]] = [(-1, root)]  # mappings that are open, with the indent of their keys
    for indent, key, rest in _pairs(whole):
        while (within[-1][0] >= indent and len(within) > 1 and key is not None) or within[-1][0] > indent:
            within.pop()
        if key is None:
            within[-1][1][rest] = ""
        elif not rest:
            opened: dict[str, object] = {}
            within[-1][1][key] = opened
            within.append((indent, opened))
        else:
            within[-1][1][key] = "" if rest[0] in "|>" else unquoted(rest)
    return root


def _pairs(whole: str) -> Iterator[tuple[int, str | None, str]]:
    """Yield indent, key and value of each line of the last document. Items of lists have no key."""
    scalar = 1 << 30  # deeper lines continue the scalar of this indent
    long_key = ""
    start = whole.rfind("\n---\n")
    for line in whole[start + 5 if start >= 0 else 0 :].split("\n"):
        stripped = line.strip()
        if not stripped or stripped[0] == "#":
            continue
        indent = len(line) - len(line.lstrip(" "))
        if indent > scalar:
            continue
        scalar = 1 << 30
        mark = stripped[:2]
        if mark == "- ":
            yield indent, None, unquoted(stripped[2:].strip())
            continue
        if mark == "? ":
            long_key = unquoted(stripped[2:].strip())
            continue
        if long_key and mark in (":", ": "):  # its mapping may begin on the same line
            yield indent, long_key, ""
            stripped, indent, long_key = stripped[2:].strip(), indent + 2, ""
        key, rest = _key_and_rest(stripped)
        if key is not None:
            yield indent, key, rest
            if rest:
                scalar = indent


def _key_and_rest(stripped: str) -> tuple[str | None, str]:
    quote = stripped[:1]
    if quote in ('"', "'"):
        match = (_DOUBLE if quote == '"' else _SINGLE).match(stripped)
        if match is None or stripped[match.end() : match.end() + 1] != ":":
            return None, ""
        return unquoted(match[0]), stripped[match.end() + 1 :].strip()
    key, colon, rest = stripped.partition(": ")
    if colon:
        return key, rest.strip()
    return (stripped[:-1], "") if stripped[-1:] == ":" else (None, "")


def environment(app_json: Mapping[str, object] | None) -> Mapping[str, str]:
    """Return the configuration variables that ``app.json`` sets, with their values."""
    said = {}
    for name, value in mapping(mapping(app_json).get("env")).items():
        if isinstance(value, dict):
            value = value.get("value")
        if isinstance(value, str):
            said[name] = value
    return said
