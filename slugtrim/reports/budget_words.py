"""What a budget, and a check as a whole, says in words: the same ones in every format."""

from __future__ import annotations

from typing import assert_never

from slugtrim.budget import Measure, Result, Verdict
from slugtrim.check import Base, Check, Compiled
from slugtrim.files import quoted
from slugtrim.reports.blocks import safe
from slugtrim.reports.style import plural, size
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
        return f"platform: {result.text}"
    return _NAMES[result.measure]


def amount(result: Result, value: int) -> str:
    """A number of what the result counts."""
    return f"{value:,}" if result.counts_files else size(value)


def used(result: Result) -> str:
    """What there is; growth has a sign."""
    return signed(result.used) if result.measure is Measure.GROWTH else amount(result, result.used)


def signed(grown_bytes: int) -> str:
    """A change in size."""
    return ("-" if grown_bytes < 0 else "+") + size(abs(grown_bytes))


def allowed(result: Result) -> str:
    """The limit as it was written, and in bytes where that does not say how many."""
    if result.measure is Measure.PLATFORM:
        return size(result.limit)
    text = safe(result.text)
    if text[:1].isdigit() and not text.endswith("%"):
        return text
    return f"{text} ({amount(result, result.limit)})"


def sentence(result: Result) -> str:
    """A result that is over: the size, the overrun, the limit, and where the limit is written."""
    over = f"{amount(result, result.over)} over"
    at = f"({safe(str(result.written))})"
    match result.measure:
        case Measure.TOTAL:
            mark = "total" if result.verdict is Verdict.FAIL else "mark for a warning"
            return f"{used(result)} is {over} the {mark} of {allowed(result)} {at}"
        case Measure.PATH:
            return f"{name(result)} weighs {used(result)}, {over} its {allowed(result)} {at}"
        case Measure.LARGEST_FILE:
            return f"the largest file has {used(result)}, {over} the {allowed(result)} that a file may have {at}"
        case Measure.FILES:
            return f"{plural(result.used, 'file')} in the slug, {over} the {allowed(result)} that it may have {at}"
        case Measure.CHECKOUT:
            return f"the checkout has {used(result)}, {over} its {allowed(result)} {at}"
        case Measure.GROWTH:
            return f"{used(result)} since the base is {over} the growth of {allowed(result)} {at}"
        case Measure.PLATFORM:
            what = "a checkout" if _is_of_checkout(result) else "a slug"
            effect = "the push is rejected" if result.verdict is Verdict.FAIL else "the build warns"
            return f"{used(result)} is {over} the {size(result.limit)} that {what} may have: {effect} {at}"
        case _:
            assert_never(result.measure)


def cure(result: Result) -> str:
    """What to do about a result that is over, without the point."""
    if result.measure is Measure.PLATFORM:
        if _is_of_checkout(result):
            return "Take large files out of the repository: the platform counts them before .slugignore does"
        return "Make the slug smaller: slugtrim suggest says what could go"
    match result.measure:
        case Measure.TOTAL | Measure.GROWTH:
            make = "Make the slug smaller (slugtrim suggest says what could go)"
        case Measure.PATH | Measure.LARGEST_FILE | Measure.FILES:
            make = "Leave out what the application does without (slugtrim ls --long lists what weighs)"
        case Measure.CHECKOUT:
            make = "Take large files out of the repository (.slugignore leaves the checkout as it is)"
        case _:
            assert_never(result.measure)
    return f"{make}, or raise the limit: {safe(str(result.written))}"


def _is_of_checkout(result: Result) -> bool:
    return any(limit.id == result.text and limit.of_checkout for limit in table().limits)


def headline(check: Check) -> str:
    """The verdict in one line: what is over, or how far the slug is from its limit."""
    over = [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]
    more = f", and {len(over) - 1:,} more" if len(over) > 1 else ""
    if check.verdict is Verdict.FAIL:
        short = "" if check.complete else " at least, for not everything could be read"
        return f"Over: {sentence(over[0])}{more}{short}"
    if not check.complete:
        gone = plural(len(check.unreadable), "path")
        return f"Incomplete: {gone} could not be read; the slug has {size(check.compressed_bytes)} at least"
    if over:
        return f"Warning: {sentence(over[0])}{more}"
    total = next((result for result in check.results if result.measure is Measure.TOTAL), None)
    weight = size(check.compressed_bytes)
    if total is None:
        return f"Within: {weight} is within every limit"
    room = size(total.limit - total.used)
    return f"Within: {weight} is {room} under the total of {allowed(total)} ({safe(str(total.written))})"


def compiled_words(compiled: Compiled, source_bytes: int) -> str:
    """How the size of the compiled slug comes about."""
    age = f", {plural(compiled.age_days, 'day')} old" if compiled.age_days is not None else ""
    overhead = f"{size(compiled.overhead_bytes)} of buildpacks ({safe(compiled.origin)}{age})"
    return f"{size(source_bytes)} of your code + {overhead} = {size(compiled.compressed_bytes)}, an estimate"


def change(base: Base, compressed_bytes: int) -> str:
    """How the slug changed, and since what."""
    grown = compressed_bytes - base.compressed_bytes
    since = f"since {base.rev[:10]} ({safe(base.name)})"
    if not base.complete:
        since += ", which could not be read whole"
    if not grown:
        return f"No change in size {since}"
    percent = f" ({grown / base.compressed_bytes * 100:+.1f} %)" if base.compressed_bytes else ""
    return f"{signed(grown)}{percent} {since}"
