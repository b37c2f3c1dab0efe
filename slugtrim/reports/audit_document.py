"""The audit's JSON in parts: what follows from a tree and its rules alone, and what is looked at anew every time.

The first part is kept as text, so that a known tree costs neither reading a report of thousands of directories nor
rendering it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from slugtrim.files import Note, Source, Unreadable, json_path
from slugtrim.reports.json_text import fields, item, listed

SCHEMA = 1


class Document(Struct, frozen=True, kw_only=True):
    """The JSON of a report without its source and the notes on what lies beside the tree."""

    body: str
    """The fields that follow from files and rules."""
    notes: tuple[str, ...]
    """Those that do as well, each as JSON."""

    @classmethod
    def decode(cls, data: bytes) -> Document | None:
        """What ``encode`` made; None if it did not make this."""
        try:
            body, *notes = data.decode("utf-8").split("\0")
        except UnicodeDecodeError:
            return None
        return cls(body=body, notes=tuple(notes)) if body.startswith('  "dialect": ') else None

    def value(self, key: str) -> Any:
        """What stands under a key of the body."""
        begin, end = self._span(key)
        return json.loads(self.body[begin:end].partition(":")[2])

    def replaced(self, values: Mapping[str, Any]) -> Document:
        """The same with other values under keys that it has."""
        body = self.body
        for key, value in values.items():
            begin, end = Document(body=body, notes=())._span(key)
            body = body[:begin] + fields({key: value}) + body[end:]
        return Document(body=body, notes=self.notes)

    def _span(self, key: str) -> tuple[int, int]:
        """From where to where a field goes: what is in it is indented further, and no string holds a newline."""
        begin = self.body.index(f'\n  "{key}": ') + 1
        end = self.body.find(',\n  "', begin)
        return begin, end if end >= 0 else len(self.body)

    def encode(self) -> bytes:
        """As it is kept. JSON escapes every NUL, so that one can stand between the parts."""
        return "\0".join((self.body, *self.notes)).encode("utf-8")

    def text(self, source: Source, notes: Sequence[Note], *, complete: bool = True) -> str:
        """The whole document. ``notes`` are those on what lies beside the tree."""
        head = fields({"schema": SCHEMA, "complete": complete, "source": source_object(source)})
        tail = listed([*self.notes, *map(note_item, notes)])
        return f'{{\n{head},\n{self.body},\n  "notes": {tail}\n}}\n'


def source_object(source: Source) -> dict[str, Any]:
    """``kind``, ``rev`` and ``path`` of what was measured."""
    return {"kind": source.kind.value, "rev": source.rev, **json_path(source.path)}


def unreadable_object(gone: Unreadable) -> dict[str, str]:
    """``path`` and ``reason``."""
    return {**json_path(gone.path), "reason": gone.reason}


def note_object(note: Note) -> dict[str, Any]:
    """``id``, ``message`` and ``paths``."""
    return {"id": note.id, "message": note.message, "paths": [json_path(path) for path in note.paths]}


def note_item(note: Note) -> str:
    """A note as one line of JSON."""
    return item(note_object(note))
