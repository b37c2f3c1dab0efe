"""Suggestions, as `slugtrim suggest` leaves them for the reports of other commands."""

from __future__ import annotations

from slugtrim.files import REGULAR, File, Found
from slugtrim.scanner import scan
from slugtrim.suggester.records import Advised, Evidence, EvidenceKind, Suggestion, Tier
from slugtrim.suggester.remembered import open_suggestion_cache, remember

UNREAD = Evidence(kind=EvidenceKind.UNREAD, text="nothing reads it")


def suggestion(pattern: bytes, saves: int = 2000, reason: str = "A design source", text: str = "") -> Suggestion:
    """Return an entry for one file, with evidence that says ``text``."""
    evidence = Evidence(kind=EvidenceKind.READER, text=text, path=b"Makefile", line=3) if text else UNREAD
    return Suggestion(
        pattern=pattern,
        rule="design",
        tier=Tier.SAFE,
        category="design",
        files=(File(pattern.strip(b"/"), 5000, REGULAR, b"0" * 40),),
        saves_compressed_bytes=saves,
        reason=reason,
        evidence=(evidence,),
    )


def advised(entry: Suggestion) -> Advised:
    """Return what another report shows of the entry."""
    return Advised(
        pattern=entry.pattern,
        tier=entry.tier,
        files=len(entry.files),
        size_bytes=entry.size_bytes,
        saves_compressed_bytes=entry.saves_compressed_bytes,
        reason=entry.reason,
        evidence=entry.evidence,
    )


def remember_for(found: Found, *entries: Suggestion) -> None:
    """Remember entries for the slug of a source, as `slugtrim suggest` does."""
    table = open_suggestion_cache(found.git_dir)
    remember(scan(found.load()).kept, entries, table)
    table.save()
