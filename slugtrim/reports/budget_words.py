"""What a budget says in words: the same ones in every format, for people and for programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import assert_never

from slugtrim.budget import Measure, Result, Verdict
from slugtrim.files import quoted
from slugtrim.reports.blocks import safe
from slugtrim.reports.style import plural, signed, size
from slugtrim.sizer import table

_NAMES = {
    Measure.TOTAL: "total",
    Measure.LARGEST_FILE: "largest file",
    Measure.FILES: "files",
    Measure.CHECKOUT: "checkout",
    Measure.GROWTH: "growth",
}


def name(result: Result) -> str:
    """What is limited, in a word or two."""
    if result.measure is Measure.PATH:
        return quoted(result.pattern or b"")
    if result.measure is Measure.PLATFORM:
        return f"platform: {result.text} limit"
    is_mark = result.measure is Measure.TOTAL and result.above is Verdict.WARN
    return "warn" if is_mark else _NAMES[result.measure]


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
    over = f"{amount(result, result.over)} over"
    limit = f"{allowed(result)} ({where(result)})"
    match result.measure:
        case Measure.TOTAL:
            mark = "total" if result.verdict is Verdict.FAIL else "mark for a warning"
            return f"{used(result)} is {over} the {mark} of {limit}"
        case Measure.PATH:
            return f"{name(result)} weighs {used(result)}, {over} its {limit}"
        case Measure.LARGEST_FILE:
            return f"the largest file has {used(result)}, {over} what a file may have: {limit}"
        case Measure.FILES:
            return f"{plural(result.used, 'file')} in the slug, {over} what it may have: {limit}"
        case Measure.CHECKOUT:
            return f"the checkout has {used(result)}, {over} its {limit}"
        case Measure.GROWTH:
            return f"{used(result)} since the base is {over} the growth of {limit}"
        case Measure.PLATFORM:
            what = "a checkout" if _is_of_checkout(result) else "a slug"
            effect = "the push is rejected" if result.verdict is Verdict.FAIL else "the build warns"
            return f"{used(result)} is {over} what the platform lets {what} have, so {effect}: {limit}"
        case _:
            assert_never(result.measure)


def cure(results: Sequence[Result]) -> str:
    """What to do about results that are over and alike, without the point."""
    written = list(dict.fromkeys(safe(str(result.written)) for result in results if not _is_fixed(result)))
    raising = f", or raise the limit: {', '.join(written)}" if written else ""
    return _MAKES[_make(results[0])] + raising


def cures(results: Sequence[Result]) -> Iterator[str]:
    """What to do about all of them, each thing once."""
    alike: dict[str, list[Result]] = {}
    for result in results:
        alike.setdefault(_make(result), []).append(result)
    yield from map(cure, alike.values())


_MAKES = {
    "smaller": "Make the slug smaller (slugtrim suggest says what could go)",
    "lighter": "Leave out what the application does without (slugtrim ls --long lists what weighs)",
    "checkout": "Take large files out of the repository (.slugignore leaves the checkout as it is)",
}


def _make(result: Result) -> str:
    match result.measure:
        case Measure.TOTAL | Measure.GROWTH:
            return "smaller"
        case Measure.PATH | Measure.LARGEST_FILE | Measure.FILES:
            return "lighter"
        case Measure.CHECKOUT:
            return "checkout"
        case Measure.PLATFORM:
            return "checkout" if _is_of_checkout(result) else "smaller"
        case _:
            assert_never(result.measure)


def _is_fixed(result: Result) -> bool:
    return result.measure is Measure.PLATFORM


def _is_of_checkout(result: Result) -> bool:
    return any(limit.id == result.text and limit.of_checkout for limit in table().limits)
