"""What a budget says in words: the same ones in every format, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.budget import Measure, Remedy, Result, Verdict
from slugtrim.files import quoted
from slugtrim.reports.blocks import safe
from slugtrim.reports.style import plural, signed, size


def name(result: Result) -> str:
    """What is limited, in a word or two."""
    if result.kind is None:
        return f"platform: {result.text} limit"
    return result.kind.name or quoted(result.pattern or b"")


def amount(result: Result, value: int) -> str:
    """A number of what the result counts."""
    return f"{value:,}" if result.counts_files else size(value)


def used(result: Result) -> str:
    """What there is; growth has a sign."""
    return signed(result.used) if result.measure is Measure.GROWTH else amount(result, result.used)


def allowed(result: Result) -> str:
    """The limit as it was written, in bytes where that is a word or a share."""
    return safe(result.text) if _is_number(result) else amount(result, result.limit)


def where(result: Result) -> str:
    """Where the limit is written, behind what is written there if ``allowed`` does not say it."""
    at = safe(str(result.written))
    return at if _is_number(result) or result.measure is Measure.PLATFORM else f"{safe(result.text)}; {at}"


def _is_number(result: Result) -> bool:
    return result.text[:1].isdigit() and not result.text.endswith("%")


def sentence(result: Result) -> str:
    """A result that is over: the size, the overrun, the limit, and where the limit is written."""
    over, limit = amount(result, result.over), f"{allowed(result)} ({where(result)})"
    if result.kind is None:
        what = "a checkout" if result.remedy is Remedy.CHECKOUT else "a slug"
        effect = "the push is rejected" if result.verdict is Verdict.FAIL else "the build warns"
        return f"{used(result)} is {over} over what the platform lets {what} have, so {effect}: {limit}"
    count = plural(result.used, "file")
    return result.kind.sentence.format(used=used(result), count=count, over=over, limit=limit, name=name(result))


def cure(results: Sequence[Result]) -> str:
    """What to do about results that are over and alike, without the point."""
    written = list(dict.fromkeys(safe(str(result.written)) for result in results if not _is_fixed(result)))
    raising = f", or raise the limit: {', '.join(written)}" if written else ""
    return _REMEDIES[results[0].remedy] + raising


def cures(results: Sequence[Result]) -> Iterator[str]:
    """What to do about all of them, each thing once."""
    alike: dict[Remedy, list[Result]] = {}
    for result in results:
        alike.setdefault(result.remedy, []).append(result)
    yield from map(cure, alike.values())


_REMEDIES = {
    Remedy.SMALLER: "Make the slug smaller (slugtrim suggest says what could go)",
    Remedy.FEWER: "Leave out what the application does without (slugtrim ls --long lists what weighs)",
    Remedy.CHECKOUT: "Take large files out of the repository (.slugignore leaves the checkout as it is)",
}


def _is_fixed(result: Result) -> bool:
    return result.measure is Measure.PLATFORM
