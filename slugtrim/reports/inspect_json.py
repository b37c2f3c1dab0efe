"""The report on a compiled slug as JSON, schema 1 (``schemas/inspect.json``). Sizes are bytes."""

from __future__ import annotations

from typing import Any

from slugtrim.anatomy import Bulk, Group, Origin, Package, Waste, WastePlace
from slugtrim.archive import Anomaly
from slugtrim.files import json_path
from slugtrim.inspection import Inspection
from slugtrim.notes import Level
from slugtrim.reports.anomaly_words import MESSAGES
from slugtrim.reports.audit_compiled import limit_object
from slugtrim.reports.audit_document import note_object
from slugtrim.reports.audit_json import (
    directory_weight_object,
    file_weight_object,
    source_object,
    unreadable_object,
)
from slugtrim.reports.json_text import dumps, valid_text
from slugtrim.suggester.record import Tier

SCHEMA = 1


def render(inspection: Inspection) -> str:
    """One object, indented."""
    return dumps(
        {
            "schema": SCHEMA,
            "complete": inspection.complete,
            "source": source_object(inspection.source),
            "format": inspection.format.value,
            "root": json_path(inspection.root),
            "slug": _slug(inspection),
            "origins": {origin.value: bulk_object(inspection.anatomy.of_origin(origin)) for origin in Origin},
            "groups": [_group(group) for group in inspection.anatomy.groups],
            "packages": [_package(package) for group in inspection.anatomy.groups for package in group.packages],
            "savings": {tier.value: _saves(inspection.anatomy.saves(tier)) for tier in Tier},
            "findings": [_finding(waste) for waste in inspection.anatomy.waste],
            "largest": [file_weight_object(weight) for weight in inspection.largest],
            "directories": [directory_weight_object(weight) for weight in inspection.directories],
            "limits": [limit_object(use.limit, use.used_bytes) for use in inspection.limits],
            "anomalies": [_anomaly(anomaly) for anomaly in inspection.anomalies],
            "unreadable": [unreadable_object(gone) for gone in inspection.unreadable],
            "notes": [note_object(note) for note in inspection.notes],
        }
    )


def _slug(inspection: Inspection) -> dict[str, Any]:
    return {
        "files": inspection.slug.files,
        "bytes": inspection.slug.size_bytes,
        "entries": inspection.entries,
        "compressed_bytes": inspection.compressed_bytes,
        "structure_compressed_bytes": inspection.structure_bytes,
        "estimated": inspection.estimated,
        "class": inspection.size_class.value,
        "average_side": inspection.average_side.value,
        "includes_buildpacks": True,
    }


def bulk_object(bulk: Bulk) -> dict[str, int]:
    """How much something weighs."""
    return {"files": bulk.files, "bytes": bulk.size_bytes, "compressed_bytes": bulk.compressed_bytes}


def _saves(bulk: Bulk) -> dict[str, int]:
    return {"files": bulk.files, "saves_bytes": bulk.size_bytes, "saves_compressed_bytes": bulk.compressed_bytes}


def _group(group: Group) -> dict[str, Any]:
    return {
        "id": group.id,
        "name": group.name,
        "origin": group.origin.value,
        **bulk_object(group.bulk),
        "packages": len(group.packages),
    }


def _package(package: Package) -> dict[str, Any]:
    return {
        "name": valid_text(package.name),
        "versions": [valid_text(version) for version in package.versions],
        "copies": package.copies,
        "group": package.group,
        **bulk_object(package.bulk),
        "paths": [json_path(path) for path in package.paths],
    }


def _finding(waste: Waste) -> dict[str, Any]:
    saves = waste.saves
    return {
        "id": waste.id,
        "level": (Level.WARNING if waste.tier is Tier.SAFE else Level.NOTE).value,
        **json_path(waste.places[0].path),
        "line": None,
        "tier": waste.tier.value,
        "lever": waste.lever.value,
        "message": waste.reason,
        "cure": waste.cure,
        **bulk_object(waste.bulk),
        "saves_bytes": saves.size_bytes if saves is not None else None,
        "saves_compressed_bytes": saves.compressed_bytes if saves is not None else None,
        "places": [_place(place) for place in waste.places],
    }


def _place(place: WastePlace) -> dict[str, Any]:
    return {**json_path(place.path), **_saves(place.saves)}


def _anomaly(anomaly: Anomaly) -> dict[str, Any]:
    detail = anomaly.detail.decode("utf-8", "replace") if anomaly.detail is not None else None
    return {"id": anomaly.id, **json_path(anomaly.path), "message": MESSAGES[anomaly.kind], "detail": detail}
