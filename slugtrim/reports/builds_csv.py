"""``slugtrim builds list`` as CSV (RFC 4180), for a spreadsheet."""

from __future__ import annotations

import csv
import io

from slugtrim.builds.history import BuildRow, History
from slugtrim.reports.blocks import safe

_COLUMNS = (
    "date outcome app target remote release commit commit_assumed buildpacks slug_bytes precision_bytes class "
    "change_bytes source_bytes overhead_bytes deleting fits"
).split()
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(history: History, most: int | None) -> str:
    """A line for the names of the columns, and one for each build, the newest first."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    writer.writerows(_row(row) for row in history.rows[:most])
    return out.getvalue()


def _row(row: BuildRow) -> list[str | int | None]:
    build = row.build
    source = build.sources.get(build.dialect)
    return [
        build.date,
        build.outcome.value,
        *(_cell(name) for name in (build.app, build.target, build.remote)),
        build.release,
        build.commit,
        "yes" if build.is_assumed else "no",
        _cell(" ".join(build.buildpacks)),
        build.slug.size_bytes,
        build.slug.precision_bytes,
        row.size_class.value,
        row.change_bytes,
        source.compressed_bytes if source is not None else None,
        build.overhead_bytes(build.dialect),
        build.deleting,
        build.fit.value if build.fit is not None else None,
    ]


def _cell(text: str | None) -> str | None:
    """A name, which no spreadsheet shall take for a formula."""
    if text is None:
        return None
    shown = safe(text)
    return f"'{shown}" if shown.startswith(_FORMULA) else shown
