"""JSON as every report prints it: a line for each key, and a line for each item of a list.

Python's own indentation is written in Python, and takes ten times as long as one line after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

item = json.JSONEncoder(ensure_ascii=False).encode
"""One value on one line."""

_marked = json.JSONEncoder(ensure_ascii=False, separators=(",\0", ": ")).encode
_NESTS = frozenset((dict, list))


def valid_text(text: str) -> str:
    """``text``, which may quote a name, as valid Unicode: U+FFFD for bytes that are not UTF-8."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def dumps(data: Mapping[str, Any]) -> str:
    """The object, ending in a newline."""
    return "{\n" + fields(data) + "\n}\n"


def fields(data: Mapping[str, Any]) -> str:
    """The same without the braces around it."""
    return ",\n".join(f"  {item(key)}: {_value(value)}" for key, value in data.items())


def listed(items: Sequence[str]) -> str:
    """A list of items that are JSON already."""
    return "[\n" + ",\n".join("    " + text for text in items) + "\n  ]" if items else "[]"


def _value(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return item(value)
    if all(isinstance(each, dict) and not _NESTS.intersection(map(type, each.values())) for each in value):
        # All at once, a third of the time. JSON has no NUL that is not escaped: those left mark where values end.
        return "[\n    " + _marked(value)[1:-1].replace("},\0{", "},\n    {").replace(",\0", ", ") + "\n  ]"
    return listed([item(each) for each in value])
