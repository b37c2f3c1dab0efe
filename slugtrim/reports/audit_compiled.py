"""The compiled slug and the limits of the platform in JSON."""

from __future__ import annotations

from typing import Any

from slugtrim.files import json_path
from slugtrim.reports.json_text import valid_text
from slugtrim.sizer import Compiled, Limit


def compiled_object(compiled: Compiled | None) -> dict[str, Any] | None:
    """The slug with what buildpacks add, in every report that has it."""
    if compiled is None:
        return None
    return {
        "compressed_bytes": compiled.compressed_bytes,
        "overhead_bytes": compiled.overhead.size_bytes,
        "origin": valid_text(compiled.overhead.origin),
        "age_days": compiled.overhead.age_days,
        "changed": [json_path(path) for path in compiled.overhead.changed],
        "class": compiled.size_class.value,
        "estimated": True,
    }


def limit_object(limit: Limit, used_bytes: int) -> dict[str, Any]:
    """A limit of the platform and how much of it is used."""
    return {
        "id": limit.id,
        "bytes": limit.limit_bytes,
        "used_bytes": used_bytes,
        "status": limit.status(used_bytes).value,
        "date": limit.date,
        "source": limit.source,
    }
