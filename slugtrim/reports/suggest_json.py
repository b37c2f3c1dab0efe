"""Suggestions as JSON, schema 1 (``schemas/suggest.json``). Sizes are bytes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from slugtrim.files import Note, json_path
from slugtrim.reports.audit_json import evidence_object, source_object, unreadable_object
from slugtrim.reports.json_text import dumps
from slugtrim.suggester.record import Advice, Evidence, SlugSize, Suggestion, Withheld
from slugtrim.suggester.verification import Failure, Verification

SCHEMA = 1


def render(advice: Advice, *, with_withheld: bool = False) -> str:
    """One object, indented; ``withheld`` is null unless asked for."""
    data = {
        "schema": SCHEMA,
        "complete": advice.complete,
        "source": source_object(advice.source),
        "dialect": advice.dialect.value,
        "slug": _slug(advice.before),
        "after": _slug(advice.after),
        "suggestions": [_suggestion(suggestion) for suggestion in advice.suggestions],
        "withheld": [_withheld(withheld) for withheld in advice.withheld] if with_withheld else None,
        "searched_files": advice.searched_files,
        "unsearched": [unreadable_object(gone) for gone in advice.unsearched],
        "unreadable": [unreadable_object(gone) for gone in advice.unreadable],
        "notes": [_note(note) for note in advice.notes],
        "verification": _verification(advice.verification) if advice.verification is not None else None,
    }
    return dumps(data)


def _slug(slug: SlugSize) -> dict[str, Any]:
    return {
        "files": slug.files,
        "bytes": slug.size_bytes,
        "compressed_bytes": slug.compressed_bytes,
        "estimated": True,
        "class": slug.size_class.value,
    }


def _suggestion(suggestion: Suggestion) -> dict[str, Any]:
    return {
        "pattern": _text(suggestion.pattern),
        "rule": suggestion.rule,
        "category": suggestion.category,
        "tier": suggestion.tier.value,
        "files": len(suggestion.files),
        "bytes": suggestion.size_bytes,
        "saves_compressed_bytes": suggestion.saves_compressed_bytes,
        "reason": suggestion.reason,
        "evidence": _evidence(suggestion.evidence),
        "folded": suggestion.folded,
        "paths": [json_path(file.path) for file in suggestion.files],
    }


def _withheld(withheld: Withheld) -> dict[str, Any]:
    return {
        **json_path(withheld.path),
        "pattern": _text(withheld.pattern) if withheld.pattern is not None else None,
        "rule": withheld.rule,
        "category": withheld.category,
        "tier": withheld.tier.value,
        "files": len(withheld.files),
        "bytes": withheld.size_bytes,
        "compressed_bytes": withheld.compressed_bytes,
        "reason": withheld.reason,
        "evidence": _evidence(withheld.evidence),
    }


def _evidence(evidence: Sequence[Evidence]) -> list[dict[str, Any]]:
    return [evidence_object(item) for item in evidence]


def _note(note: Note) -> dict[str, Any]:
    return {"id": note.id, "message": note.message, "paths": [json_path(path) for path in note.paths]}


def _verification(verification: Verification) -> dict[str, Any]:
    baseline = verification.baseline
    return {
        "command": _text(verification.command.encode("utf-8", "surrogateescape")),
        "complete": verification.complete,
        "runs": verification.runs,
        "max_runs": verification.most_runs,
        "limit_seconds": verification.limit_seconds,
        "baseline_seconds": round(baseline.seconds, 3) if baseline is not None else None,
        "failures": [_failure(failure) for failure in verification.failures],
        "unverified": [_text(pattern) for pattern in verification.unverified],
        "withheld": [_text(pattern) for pattern in verification.withheld],
    }


def _failure(failure: Failure) -> dict[str, Any]:
    ending = failure.ending
    return {
        "patterns": [_text(pattern) for pattern in failure.patterns],
        "status": ending.status,
        "signal": ending.signal,
        "timed_out": ending.timed_out,
        "seconds": round(ending.seconds, 3),
        "lines": list(ending.lines),
    }


def _text(text: bytes) -> str:
    return text.decode("utf-8", "replace")
