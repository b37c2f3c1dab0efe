"""The JSON of each command as structs of its own: what a field is called here is a promise to whoever reads it.

A document is made from a record, and written with a line for each key, and a line for each item of a list. The order of
fields is the order of keys. The schemas in ``slugtrim/schemas`` say the same with descriptions;
``tests/test_reports_schemas.py`` holds both together.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

_encode = msgspec.json.Encoder().encode
_MARK = msgspec.Raw(b'{"\\u0000":0}')
"""Stands before each item while all of them are written at once. No document has such an object, and no text can be
taken for it: quotes in a text are escaped."""
_SPACED_MARK = b'{"\\u0000": 0}, '


def dumps(document: msgspec.Struct) -> str:
    """Return a document as an object that ends in a newline."""
    keys = zip(document.__struct_encode_fields__, document.__struct_fields__, strict=True)
    values = [(key, getattr(document, name)) for key, name in keys]
    lines = [f'  "{key}": {_value(value)}' for key, value in values if value is not msgspec.UNSET]
    return "{\n" + ",\n".join(lines) + "\n}\n"


def array(items: Sequence[msgspec.Struct]) -> str:
    """Return a document that is a list, ending in a newline."""
    return _lines(items, "  ") + "]\n" if items else "[]\n"


def _value(value: object) -> str:
    if isinstance(value, list) and value:
        return _lines(value, "    ") + "  ]"
    return _one_line(value)


def _lines(items: Sequence[object], indent: str) -> str:
    # One call for thousands of items, which takes a third of the time of a call for each.
    marked: list[object] = [_MARK] * (2 * len(items))
    marked[1::2] = items
    data = msgspec.json.format(_encode(marked), indent=0)
    between = b",\n" + indent.encode()
    return f"[\n{indent}" + data[1 + len(_SPACED_MARK) : -1].replace(b", " + _SPACED_MARK, between).decode() + "\n"


def _one_line(value: object) -> str:
    return msgspec.json.format(_encode(value), indent=0).decode()
