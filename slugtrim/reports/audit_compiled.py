"""The compiled slug in JSON: as an object of its own, and put into a document that was rendered without it."""

from __future__ import annotations

from typing import Any

from slugtrim.files import json_path
from slugtrim.reports.audit_document import Document
from slugtrim.reports.json_text import valid_text
from slugtrim.sizer import Compiled, Limit, Overhead, table, with_overhead


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


def with_buildpacks(document: Document, overhead: Overhead) -> Document:
    """A document of the source part alone, of the compiled slug: nothing else in it is read or rendered."""
    checkout_bytes = document.value("checkout")["bytes"]
    compiled = with_overhead(document.value("slug")["compressed_bytes"], overhead)
    limits = [
        limit_object(limit, checkout_bytes if limit.of_checkout else compiled.compressed_bytes)
        for limit in table().limits
    ]
    return document.replaced({"compiled": compiled_object(compiled), "limits": limits})
