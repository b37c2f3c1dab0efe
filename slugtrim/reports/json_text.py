"""JSON as every report prints it: a line for each key, and a line for each item of a list.

Python's own indentation is written in Python, and takes ten times as long as one line after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

item = json.JSONEncoder(ensure_ascii=False).encode
"""One value on one line."""


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
    return listed([item(each) for each in value])
