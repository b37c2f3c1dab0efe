"""The comparison as JSON, schema 1 (``schemas/diff.json``). Sizes are bytes; what shrank is negative."""

from __future__ import annotations

from typing import Any

from slugtrim.diff.record import Change, Diff, GroupChange, Place, RuleChange, Side, Sum
from slugtrim.files import File, json_path
from slugtrim.reports.audit_compiled import compiled_object, limit_object
from slugtrim.reports.audit_json import note_object, source_object, unreadable_object
from slugtrim.reports.json_text import dumps, valid_text
from slugtrim.sizer import average_side

SCHEMA = 1


def render(diff: Diff) -> str:
    """One object, indented; what is not known is null."""
    before, after = diff.before, diff.after
    data = {
        "schema": SCHEMA,
        "complete": diff.complete,
        "dialect": diff.dialect.value,
        "before": _side(before),
        "after": _side(after),
        "grown_files": after.total.files - before.total.files,
        "grown_bytes": after.total.size_bytes - before.total.size_bytes,
        "grown_compressed_bytes": diff.grown_bytes,
        "changes": [{"what": kind.value, **_sum(total)} for kind, total in diff.sums.items()],
        "unchanged": {
            "files": diff.unchanged.files,
            "bytes": diff.unchanged.size_bytes,
            "grown_compressed_bytes": diff.rest_bytes,
        },
        "compared_by_size": diff.by_size,
        "reasons": [_place(place) for place in diff.reasons],
        "files": [_change(change) for change in diff.changes],
        "directories": [_place(place) for place in diff.directories],
        "groups": [_group(change) for change in diff.groups],
        "packages": [_package(change) for change in diff.packages],
        "rules": [_rule(change) for change in diff.rules],
    }
    return dumps(data)


def _side(side: Side) -> dict[str, Any]:
    return {
        "name": valid_text(side.name),
        "source": source_object(side.source),
        "complete": side.complete,
        "files": side.total.files,
        "bytes": side.total.size_bytes,
        "compressed_bytes": side.compressed_bytes,
        "estimated": side.estimated,
        "class": side.size_class.value,
        "average_side": average_side(side.headline_bytes).value,
        "includes_buildpacks": side.includes_buildpacks,
        "compiled": compiled_object(side.compiled),
        "checkout": None if side.checkout is None else _total(side.checkout.files, side.checkout.size_bytes),
        "limits": [limit_object(use.limit, use.used_bytes) for use in side.limits],
        "unreadable": [unreadable_object(gone) for gone in side.unreadable],
        "notes": [note_object(note) for note in side.notes],
    }


def _total(files: int, size_bytes: int) -> dict[str, int]:
    return {"files": files, "bytes": size_bytes}


def _sum(total: Sum) -> dict[str, int]:
    return {
        "files": total.files,
        "grown_bytes": total.grown_size_bytes,
        "grown_compressed_bytes": total.grown_bytes,
    }


def _place(place: Place) -> dict[str, Any]:
    kinds = [{"what": kind.value, "files": count} for kind, count in place.sum.kinds.items()]
    package = None if place.package is None else valid_text(place.package.package)
    path = {"path": None} if place.package is not None else json_path(place.path)
    return {**path, "package": package, **_sum(place.sum), "changes": kinds}


def _change(change: Change) -> dict[str, Any]:
    return {
        **json_path(change.path),
        "what": change.kind.value,
        "before": _file(change.before, change.before_bytes),
        "after": _file(change.after, change.after_bytes),
        "grown_bytes": change.grown_size_bytes,
        "grown_compressed_bytes": change.grown_bytes,
        "rule": _rule_object(change),
    }


def _file(file: File | None, compressed_bytes: int) -> dict[str, Any] | None:
    if file is None:
        return None
    sizes = {"bytes": file.size_bytes, "compressed_bytes": compressed_bytes}
    return {**json_path(file.path), **sizes, "mode": f"{file.mode:06o}"}


def _rule_object(change: Change | RuleChange) -> dict[str, Any] | None:
    rule = change.rule
    return None if rule is None else {"line": rule.line, "text": rule.text.decode("utf-8", "replace")}


def _group(change: GroupChange) -> dict[str, Any]:
    return {
        "group": valid_text(change.group),
        "before": {**_total(change.before.files, change.before.size_bytes), "compressed_bytes": change.before_bytes},
        "after": {**_total(change.after.files, change.after.size_bytes), "compressed_bytes": change.after_bytes},
        "grown_bytes": change.after.size_bytes - change.before.size_bytes,
        "grown_compressed_bytes": change.grown_bytes,
    }


def _package(change: GroupChange) -> dict[str, Any]:
    versions = {
        "versions_before": [valid_text(version) for version in change.versions_before],
        "versions_after": [valid_text(version) for version in change.versions_after],
    }
    return {"package": valid_text(change.package), **versions, **_group(change)}


def _rule(change: RuleChange) -> dict[str, Any]:
    (kind,) = change.sum.kinds
    return {"rule": _rule_object(change), "what": kind.value, **_sum(change.sum)}
