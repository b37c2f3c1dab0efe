"""The report on a tree that was measured before: looked up by fingerprint, and composed only when it is not there.

A report is kept as JSON in arrays, names as Latin-1 text, so that any byte comes back as it was. Where it came from
(the path, the commit's id) and notes on what lies beside the tree are not part of it: they are looked at anew every
time.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Sequence
from importlib import import_module
from threading import Thread
from typing import Any

from msgspec.structs import replace

from slugtrim.audit.kept import Kept
from slugtrim.audit.record import Audit, OtherReading, RuleEffect, Total, Weight, limit_uses
from slugtrim.files import REGULAR, File, Found, Note, Source
from slugtrim.ignore import Dialect, Rule, RuleState
from slugtrim.notes import Finding, Level
from slugtrim.sizer import Progress, average_side, classify
from slugtrim.suggester.record import Advised, Evidence, EvidenceKind, Tier


def audit_found(
    found: Found,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    exact: bool = False,
) -> Audit:
    """The report on what was found: the one kept, if its tree is known, else a new one, which is kept.

    With ``exact`` the slug is also compressed for real, which is never looked up. Raises ``RulesError``.
    """
    return audit_kept(found, dialect, Kept(found, dialect, use_cache=use_cache), progress=progress, exact=exact)


def audit_kept(
    found: Found, dialect: Dialect, kept: Kept, *, progress: Progress | None = None, exact: bool = False
) -> Audit:
    """The same, for a caller who keeps something beside the report."""
    data = kept.report() if not exact else None
    known = _decode(data, found.source) if data is not None else None
    if known is not None:
        return replace(known, notes=(*known.notes, *found.notes))
    imports = Thread(target=_import_early)
    imports.start()
    try:
        tree = found.load()
    finally:
        imports.join()
    from slugtrim.audit.compose import audit_tree  # with all it takes to measure: 40 ms that a known tree does without
    from slugtrim.sizer import is_codec_whole, open_size_cache
    from slugtrim.suggester.remembered import open_evidence_cache

    cache, evidence = open_size_cache(kept.git_dir), open_evidence_cache(kept.git_dir)
    report = audit_tree(tree, dialect, cache=cache, evidence=evidence, progress=progress, exact=exact)
    cache.save()
    evidence.save()
    own = tuple(note for note in report.notes if note not in found.notes)
    report = replace(report, notes=(*own, *found.notes))
    # Of a tree with submodules the packs that its sizes rest on are not all in the fingerprint.
    if report.complete and not tree.has_submodules and found.is_unchanged() and is_codec_whole():
        kept.keep_report(_encode(replace(report, notes=own, exact_compressed_bytes=None)))
    return report


def _import_early() -> None:
    """Imports what it takes to measure while git lists the tree."""
    with contextlib.suppress(Exception):  # raised again by whoever needs the module
        import_module("slugtrim.audit.compose")
        import_module("slugtrim.sizer.measure")


def _encode(report: Audit) -> bytes:
    other = report.other
    data = {
        "dialect": report.dialect.value,
        "has_slugignore": report.has_slugignore,
        "checkout": _total(report.checkout),
        "slug": _total(report.slug),
        "compressed_bytes": report.compressed_bytes,
        "left_out": _total(report.left_out),
        "compiler_removed": _total(report.compiler_removed),
        "rules": [_effect(effect) for effect in report.rules],
        "other": [other.dialect.value, _total(other.total), other.compressed_bytes],
        "only_here": [_file(file) for file in other.only_here],
        "only_there": [_file(file) for file in other.only_there],
        "largest": [_weight(weight) for weight in report.largest],
        "directories": [_weight(weight) for weight in report.directories],
        "deleting": report.deleting,
        "findings": [_finding(finding) for finding in report.findings],
        "suggestions": [_advised(entry) for entry in report.suggestions],
        "notes": [[note.id, note.message, [_text(path) for path in note.paths]] for note in report.notes],
    }
    return json.dumps(data, separators=(",", ":")).encode("ascii")


def _decode(kept: bytes, source: Source) -> Audit | None:
    try:
        return _report(json.loads(kept), source)
    except (ValueError, LookupError, TypeError, AttributeError):
        return None  # whoever wrote it, it is no report of this version


def _report(data: dict[str, Any], source: Source) -> Audit:
    checkout = Total(files=data["checkout"][0], size_bytes=data["checkout"][1])
    rules = tuple(_read_effect(row) for row in data["rules"])
    dialect, total, compressed_bytes = data["other"]
    return Audit(
        source=source,
        dialect=Dialect(data["dialect"]),
        has_slugignore=data["has_slugignore"],
        checkout=checkout,
        slug=_read_total(data["slug"]),
        compressed_bytes=data["compressed_bytes"],
        exact_compressed_bytes=None,
        size_class=classify(data["compressed_bytes"]),
        average_side=average_side(data["compressed_bytes"]),
        left_out=_read_total(data["left_out"]),
        estimated_saves_bytes=sum(effect.estimated_saves_bytes for effect in rules),
        compiler_removed=_read_total(data["compiler_removed"]),
        rules=rules,
        other=OtherReading(
            dialect=Dialect(dialect),
            total=_read_total(total),
            compressed_bytes=compressed_bytes,
            only_here=tuple(_read_file(row) for row in data["only_here"]),
            only_there=tuple(_read_file(row) for row in data["only_there"]),
        ),
        largest=_read_weights(data["largest"]),
        directories=_read_weights(data["directories"]),
        limits=limit_uses(data["compressed_bytes"], checkout),
        deleting=data["deleting"],
        findings=tuple(_read_finding(row) for row in data["findings"]),
        suggestions=tuple(_read_advised(row) for row in data["suggestions"]),
        unreadable=(),
        notes=tuple(
            Note(id=id_, message=message, paths=tuple(_bytes(path) for path in paths))
            for id_, message, paths in data["notes"]
        ),
    )


def _text(path: bytes) -> str:
    return path.decode("latin-1")


def _bytes(text: str) -> bytes:
    return text.encode("latin-1")


def _total(total: Total) -> list[int]:
    return [total.files, total.size_bytes]


def _read_total(row: Sequence[int]) -> Total:
    files, size_bytes = row
    return Total(files=files, size_bytes=size_bytes)


def _file(file: File) -> list[str | int]:
    return [_text(file.path), file.size_bytes]


def _read_file(row: Sequence[Any]) -> File:
    path, size_bytes = row
    return File(_bytes(path), size_bytes, REGULAR, None)


def _weight(weight: Weight) -> list[str | int]:
    return [_text(weight.path), weight.files, weight.size_bytes, weight.compressed_bytes]


def _read_weights(rows: Sequence[Sequence[Any]]) -> tuple[Weight, ...]:
    return tuple(
        Weight(path=_bytes(path), files=files, size_bytes=size_bytes, compressed_bytes=compressed_bytes)
        for path, files, size_bytes, compressed_bytes in rows
    )


def _effect(effect: RuleEffect) -> list[Any]:
    rule = effect.rule
    written = [rule.line, _text(rule.text), _text(rule.pattern), rule.negated]
    return [*written, effect.state.value, _total(effect.total), effect.estimated_saves_bytes]


def _read_effect(row: Sequence[Any]) -> RuleEffect:
    line, text, pattern, negated, state, total, saves = row
    return RuleEffect(
        rule=Rule(line=line, text=_bytes(text), pattern=_bytes(pattern), negated=negated),
        state=RuleState(state),
        total=_read_total(total),
        estimated_saves_bytes=saves,
    )


def _finding(finding: Finding) -> list[Any]:
    texts = [_text(os.fsencode(text)) for text in (finding.message, finding.cure)]
    paths = [_text(path) for path in finding.paths]
    return [finding.id, finding.level.value, _text(finding.path), finding.line, *texts, paths, finding.fixable]


def _read_finding(row: Sequence[Any]) -> Finding:
    id_, level, path, line, message, cure, paths, fixable = row
    return Finding(
        id=id_,
        level=Level(level),
        path=_bytes(path),
        line=line,
        message=os.fsdecode(_bytes(message)),
        cure=os.fsdecode(_bytes(cure)),
        paths=tuple(_bytes(path) for path in paths),
        fixable=fixable,
    )


def _advised(entry: Advised) -> list[Any]:
    evidence = [
        [item.kind.value, item.text, None if item.path is None else _text(item.path), item.line]
        for item in entry.evidence
    ]
    total = [entry.files, entry.size_bytes, entry.saves_compressed_bytes]
    return [_text(entry.pattern), entry.tier.value, *total, entry.reason, evidence]


def _read_advised(row: Sequence[Any]) -> Advised:
    pattern, tier, files, size_bytes, saves, reason, evidence = row
    return Advised(
        pattern=_bytes(pattern),
        tier=Tier(tier),
        files=files,
        size_bytes=size_bytes,
        saves_compressed_bytes=saves,
        reason=reason,
        evidence=tuple(
            Evidence(kind=EvidenceKind(kind), text=text, path=None if path is None else _bytes(path), line=line)
            for kind, text, path, line in evidence
        ),
    )
