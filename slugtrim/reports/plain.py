"""Reports without tables: ``explain``, ``ls`` and ``cache``."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import assert_never

from slugtrim.files import quoted
from slugtrim.listing import Explanation, Explanations, ListedFile, PathKind, PathVerdict, SlugListing
from slugtrim.platforms import PLATFORM, platform_of
from slugtrim.reports.blocks import Line, Look, Report, Section, Span, Verbatim, View, name, safe
from slugtrim.reports.text import plural, size
from slugtrim.store import CacheInfo
from slugtrim.suggester.records import Grade, Link, Trace


def of_explanations(explanations: Explanations, view: View) -> Report:
    """Return each path from the root of the slug, with a line per dialect. ``view`` changes nothing."""
    return (Section(blocks=tuple(line for item in explanations.items for line in _lines(item))),)


def _lines(item: Explanation) -> Iterator[Line]:
    absent = " doesn't exist yet. If you add it:" if item.kind is PathKind.ABSENT else ""
    platform = platform_of(item.verdicts[0].dialect)
    where = f", on {platform.name}" if platform is not PLATFORM else ""
    yield Line(text=(name(quoted(item.path) or ".", Look.BOLD), where, absent), depth=0)
    width = max(len(verdict.dialect.value) for verdict in item.verdicts)
    for verdict in item.verdicts:
        look = Look.YELLOW if verdict.left_out else Look.GREEN
        yield Line(text=(f"{verdict.dialect.value:<{width}}  ", Span(text=_sentence(item, verdict), looks=(look,))))
    if item.reach is not None:
        yield Line(text=(f"{'deploy':<{width}}  ", name(_reach(item.path, item.reach))))


def _reach(path: bytes, reach: Trace) -> str:
    """Return how the deploy comes to the file: ``Procfile:1 web → server.js:3 → data/a.csv``."""
    if reach.grade is Grade.READ and all(link.path is None for link in reach.chain):
        return "; ".join(link.text for link in reach.chain)
    chain = " → ".join((*map(_link, reach.chain), quoted(path)))
    excuse = f" ({reach.excuse})" if reach.excuse is not None else ""
    match reach.grade:
        case Grade.READ:
            return f"uses it: {chain}"
        case Grade.BUILT:
            return f"uses it in the build only, and drops it after that: {chain}"
        case Grade.GUARDED:
            return f"runs without it: {chain}{excuse}"
        case Grade.IDLE:
            return f"does not use it: only {_named_by(reach)}"
        case Grade.UNREACHED:
            place = next((link.text for link in reach.chain if link.path is None), "")
            if place:
                return f"may use it: nothing refers to it, but it is {place}"
            return f"does not use it: nothing refers to it{excuse}"
        case _:
            assert_never(reach.grade)


def _named_by(reach: Trace) -> str:
    """Return which file names this one, and why that doesn't count."""
    where = _link(reach.chain[-1]) if reach.chain else "a file of developers"
    return f"{where} names it{f', {reach.excuse}' if reach.excuse is not None else ', and no deploy reads that'}"


def _link(link: Link) -> str:
    if link.path is None:
        return link.text
    line = f":{link.line}" if link.line is not None else ""
    return f"{quoted(link.path)}{line} {link.text}".rstrip()


def _sentence(item: Explanation, verdict: PathVerdict) -> str:
    if verdict.by_compiler:
        return "removed by the slug compiler, before any rule"
    if verdict.rule is not None:
        return f"left out by line {verdict.rule.line}: {quoted(verdict.rule.text)}"
    if not verdict.left_out:
        return "in the slug" if item.kind is not PathKind.DIRECTORY else f"in the slug: {plural(verdict.files, 'file')}"
    several = ", by several rules" if verdict.left_out == verdict.files else ""
    return f"{verdict.left_out:,} of {plural(verdict.files, 'file')} left out{several}"


def of_listing(listing: SlugListing, view: View, *, long: bool) -> Report:
    """Return one record a line, names quoted. With ``long``, a heading names the fields. ``view`` changes nothing."""
    if not long:
        return (Verbatim(lines=tuple(quoted(line.file.path) for line in listing.lines)),)
    compressed = "~compressed" if listing.ignored else "compressed"
    head = (["raw", compressed, "rule" if listing.ignored else ""], "path (sizes in bytes)")
    rows = [(_fields(line, listing), quoted(line.file.path)) for line in listing.lines]
    rows = [head, *rows] if rows else []
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


def of_cache(info: CacheInfo, view: View, *, cleared: bool) -> Report:
    """Return where it is, and how much is or was in it. ``view`` changes nothing."""
    held = f"{size(info.size_bytes)} in {plural(info.files, 'file')}"
    repositories = plural(info.repositories, "repository", "repositories")
    lines = [Line(text=name(safe(info.directory)), depth=0)]
    lines.append(Line(text=f"{'held' if cleared else 'holds'} {held}, for {repositories}"))
    for path in info.refused:
        lines.append(Line(text=(name(quoted(os.fsencode(path))), ": is a symlink, so it is ignored; delete it")))
    return (Section(blocks=tuple(lines)),)
