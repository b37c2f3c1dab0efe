"""``slugtrim builds list`` as a table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.builds.history import History, Row
from slugtrim.builds.record import BuildOutcome
from slugtrim.files import quoted
from slugtrim.platforms import PLATFORM
from slugtrim.reports.blocks import safe, wrapped
from slugtrim.reports.budget_words import signed
from slugtrim.reports.builds_words import difference
from slugtrim.reports.style import Style, columns, cut, plural, size
from slugtrim.sizer import SizeClass

_LOOKS = {SizeClass.SMALL: "green", SizeClass.AVERAGE: "yellow", SizeClass.WEIGHTY: "red"}
_BARS = "▁▂▃▄▅▆▇█"
_MOST_BARS = 40
_TROUBLES = {BuildOutcome.TOO_LARGE: "too large", BuildOutcome.FAILED: "failed"}
_DIFFERENCES = 3
"""So many builds that deleted other than predicted are told of."""


def render(history: History, style: Style, most: int | None) -> str:
    """The table, newest first, ``most`` rows of it; every line ends in a newline."""
    shown = history.rows[:most]
    if style.brief:
        return "".join(f"{size(row.build.slug.size_bytes)} {row.size_class.value}\n" for row in shown[:1])
    blocks = [
        _head(history, style),
        _table(shown, style, several=len(history.by_destination) > 1),
        _more(len(history.rows) - len(shown)),
        _differences(shown, style),
    ]
    return "\n".join("".join(line + "\n" for line in block) for block in map(list, blocks) if block)


def _head(history: History, style: Style) -> Iterator[str]:
    yield cut(f"Builds of {quoted(history.path)}", style.width)
    if not history.rows:
        yield ""
        yield from wrapped(
            f"None is remembered: slugtrim builds record -- {PLATFORM.push_command} remembers one.", style
        )
        return
    yield ""
    for name, rows in history.by_destination.items():
        sizes = [row.build.slug.size_bytes for row in reversed(rows)]
        span = size(sizes[0]) if min(sizes) == max(sizes) else f"{size(min(sizes))} to {size(max(sizes))}"
        about = f"{span} in {plural(len(sizes), 'build')}"
        yield cut(
            f"  {sparkline(sizes[-_MOST_BARS:])}  {about}{'' if name is None else f' of {safe(name)}'}", style.width
        )


def sparkline(sizes: Sequence[int]) -> str:
    """A bar for each, from the least to the largest; all alike are low."""
    least, span = min(sizes), max(sizes) - min(sizes)
    return "".join(_BARS[(each - least) * (len(_BARS) - 1) // span if span else 0] for each in sizes)


def _table(rows: Sequence[Row], style: Style, *, several: bool) -> Iterator[str]:
    if not rows:
        return
    names = ["slug", "class", "change", "code", "buildpacks", "recorded", ""]
    header, *lines = columns([names, *(_row(row, several=several) for row in rows)], style.width)
    yield header
    for row, line in zip(rows, lines, strict=True):
        name = row.size_class.value
        yield line.replace(name, style.paint(name, _LOOKS[row.size_class]), 1)


def _row(row: Row, *, several: bool) -> list[str]:
    build = row.build
    source = build.sources.get(build.dialect)
    overhead = build.overhead_bytes(build.dialect)
    change = "" if row.change_bytes is None else signed(row.change_bytes) if row.change_bytes else "none"
    what = [
        _TROUBLES.get(build.outcome, ""),
        f"v{build.release}" if build.release is not None else "",
        "" if build.commit is None else build.commit[:10] + "?" * build.is_assumed,
        safe(build.destination or "") if several else "",
    ]
    return [
        size(build.slug.size_bytes),
        row.size_class.value,
        change,
        size(source.compressed_bytes) if source is not None else "",
        ("-" if overhead < 0 else "") + size(abs(overhead)) if overhead is not None else "",
        build.date[:10],
        " ".join(filter(None, what)),
    ]


def _more(count: int) -> Iterator[str]:
    if count:
        yield f"  … and {plural(count, 'older build')} (-n 0 shows all)"


def _differences(rows: Sequence[Row], style: Style) -> Iterator[str]:
    told = [(row.build, text) for row in rows if (text := difference(row.build))]
    if not told:
        return
    yield style.paint("Deleted other than predicted", "bold")
    for build, text in told if style.full else told[:_DIFFERENCES]:
        yield from wrapped(f"{safe(build.name)}: {text}.", style)
    if not style.full and len(told) > _DIFFERENCES:
        yield f"  … and {plural(len(told) - _DIFFERENCES, 'more build', 'more builds')} (-v shows all)"
