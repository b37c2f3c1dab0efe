"""``slugtrim builds list`` as JSON, schema 1 (``schemas/builds.json``). Sizes are bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from slugtrim.builds.history import History, Row
from slugtrim.builds.record import SourcePart
from slugtrim.files import json_path
from slugtrim.ignore import Dialect
from slugtrim.reports.json_text import dumps, valid_text

SCHEMA = 1


def render(history: History, most: int | None) -> str:
    """One object; the newest build is first."""
    data = {
        "schema": SCHEMA,
        **json_path(history.path),
        "builds": [_build(row) for row in history.rows[:most]],
        "skipped": [{"line": each.line, "reason": each.reason} for each in history.skipped],
    }
    return dumps(data)


def _build(row: Row) -> dict[str, Any]:
    build = row.build
    source = build.sources.get(build.dialect)
    return {
        "date": build.date,
        "outcome": build.outcome.value,
        "app": _text(build.app),
        "target": _text(build.target),
        "remote": _text(build.remote),
        "release": build.release,
        "commit": build.commit,
        "commit_from": build.commit_origin.value,
        "commit_assumed": build.is_assumed,
        "buildpacks": [valid_text(name) for name in build.buildpacks],
        "slug_bytes": build.slug.size_bytes,
        "precision_bytes": build.slug.precision_bytes,
        "class": row.size_class.value,
        "change_bytes": row.change_bytes,
        "dialect": build.dialect.value,
        "source_bytes": source.compressed_bytes if source is not None else None,
        "overhead_bytes": build.overhead_bytes(build.dialect),
        "deleting": build.deleting,
        "predicted_deleting": _deleting(build.sources),
        "fits": build.fit.value if build.fit is not None else None,
        "lock_files": [json_path(path) for path in build.locks],
    }


def _deleting(sources: Mapping[Dialect, SourcePart]) -> dict[str, int] | None:
    return {dialect.value: part.deleting for dialect, part in sources.items()} or None


def _text(name: str | None) -> str | None:
    return None if name is None else valid_text(name)
