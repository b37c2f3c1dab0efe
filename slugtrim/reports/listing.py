"""``slugtrim ls``: a path a line, a path a NUL, or JSON."""

from __future__ import annotations

from typing import Any

from slugtrim.files import json_path, quoted
from slugtrim.listing import ListedFile, SlugListing
from slugtrim.reports.audit_json import source_object, unreadable_object
from slugtrim.reports.json_text import dumps

SCHEMA = 1


def render_text(listing: SlugListing, *, long: bool, nul: bool) -> str:
    """One record a line, names quoted; with ``nul`` names as they are, NUL behind each and tabs between the fields."""
    if nul:
        return "".join(_nul_record(line, listing, long=long) + "\0" for line in listing.lines)
    if not long:
        return "".join(quoted(line.file.path) + "\n" for line in listing.lines)
    rows = [(_fields(line, listing), quoted(line.file.path)) for line in listing.lines]
    widths = [max((len(fields[column]) for fields, _ in rows), default=0) for column in range(3)]
    return "".join(_long_line(fields, widths, path) for fields, path in rows)


def _long_line(fields: list[str], widths: list[int], path: str) -> str:
    size, compressed, rule = fields
    rule_column = f"{rule:<{widths[2]}}  " if widths[2] else ""
    return f"{size:>{widths[0]}}  {compressed:>{widths[1]}}  {rule_column}{path}\n"


def _nul_record(line: ListedFile, listing: SlugListing, *, long: bool) -> str:
    name = line.file.path.decode("utf-8", "surrogateescape")
    return "\t".join([*_fields(line, listing), name]) if long else name


def _fields(line: ListedFile, listing: SlugListing) -> list[str]:
    """Bytes, compressed bytes (``~`` before an estimate), and what leaves it out: ``LINE:TEXT``, or ``compiler``."""
    estimated = "~" if listing.ignored else ""
    compressed = "" if line.compressed_bytes is None else f"{estimated}{line.compressed_bytes}"
    by = f"{line.rule.line}:{quoted(line.rule.text)}" if line.rule is not None else "compiler"
    return [str(line.file.size_bytes), compressed, by if listing.ignored else ""]


def render_json(listing: SlugListing) -> str:
    """One object, schema 1 (``schemas/ls.json``)."""
    data = {
        "schema": SCHEMA,
        "complete": not listing.unreadable,
        "source": source_object(listing.source),
        "dialect": listing.dialect.value,
        "ignored": listing.ignored,
        "files": [_file(line) for line in listing.lines],
        "unreadable": [unreadable_object(gone) for gone in listing.unreadable],
    }
    return dumps(data)


def _file(line: ListedFile) -> dict[str, Any]:
    rule = line.rule
    return {
        **json_path(line.file.path),
        "bytes": line.file.size_bytes,
        "compressed_bytes": line.compressed_bytes,
        "rule": None if rule is None else {"line": rule.line, "text": rule.text.decode("utf-8", "replace")},
    }
