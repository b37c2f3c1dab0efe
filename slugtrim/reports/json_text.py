"""JSON as every report prints it: a line for each key, and a line for each item of a list.

Python's own indentation is written in Python, and takes ten times as long as one line after the other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_encode = json.JSONEncoder(ensure_ascii=False).encode


def dumps(data: Mapping[str, Any]) -> str:
    """The object, ending in a newline."""
    return "{\n" + ",\n".join(f"  {_encode(key)}: {_value(value)}" for key, value in data.items()) + "\n}\n"


def _value(value: Any) -> str:
    if not isinstance(value, list) or not value:
        return _encode(value)
    return "[\n" + ",\n".join("    " + _encode(item) for item in value) + "\n  ]"
