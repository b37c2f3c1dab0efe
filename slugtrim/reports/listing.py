"""``slugtrim ls``: a line for each path, or a NUL behind each."""

from __future__ import annotations

from slugtrim.files import quoted
from slugtrim.listing import ListedFile, SlugListing
from slugtrim.reports.blocks import Report, Verbatim, View


def report(listing: SlugListing, view: View, *, long: bool) -> Report:
    """Return one record a line, names quoted. ``view`` changes nothing."""
    if not long:
        return (Verbatim(lines=tuple(quoted(line.file.path) for line in listing.lines)),)
    rows = [(_fields(line, listing), quoted(line.file.path)) for line in listing.lines]
    widths = [max((len(fields[column]) for fields, _ in rows), default=0) for column in range(3)]
    return (Verbatim(lines=tuple(_long_line(fields, widths, path) for fields, path in rows)),)


def _long_line(fields: list[str], widths: list[int], path: str) -> str:
    size, compressed, rule = fields
    rule_column = f"{rule:<{widths[2]}}  " if widths[2] else ""
    return f"{size:>{widths[0]}}  {compressed:>{widths[1]}}  {rule_column}{path}"


def records(listing: SlugListing, *, long: bool) -> str:
    """Return names as they are, with a NUL behind each and tabs between the fields."""
    return "".join(_record(line, listing, long=long) + "\0" for line in listing.lines)


def _record(line: ListedFile, listing: SlugListing, *, long: bool) -> str:
    name = line.file.path.decode("utf-8", "surrogateescape")
    return "\t".join([*_fields(line, listing), name]) if long else name


def _fields(line: ListedFile, listing: SlugListing) -> list[str]:
    """Bytes, compressed bytes (``~`` before an estimate), and what leaves it out: ``LINE:TEXT``, or ``compiler``."""
    estimated = "~" if listing.ignored else ""
    compressed = "" if line.compressed_bytes is None else f"{estimated}{line.compressed_bytes}"
    by = f"{line.rule.line}:{quoted(line.rule.text)}" if line.rule is not None else "compiler"
    return [str(line.file.size_bytes), compressed, by if listing.ignored else ""]
