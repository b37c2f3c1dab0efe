"""What a budget, and a check as a whole, says in words: the same ones in every format."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.budget import Measure, Remedy, Result, Verdict
from slugtrim.check import Base, Check
from slugtrim.files import quoted
from slugtrim.reports.blocks import safe
from slugtrim.reports.overhead_words import doubt, origin
from slugtrim.reports.style import plural, size
from slugtrim.sizer import Compiled

NO_COMMIT = "in no commit since the base"
"""Of a file that grew or shrank though no commit touched it."""


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


def signed(grown_bytes: int) -> str:
    """A change in size."""
    return ("-" if grown_bytes < 0 else "+") + size(abs(grown_bytes))


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
    return f"Within: {weight} is {room} under the total of {allowed(total)} ({where(total)})"


def compiled_words(compiled: Compiled, source_bytes: int) -> str:
    """How the size of the compiled slug comes about."""
    overhead = compiled.overhead
    sign, what = ("+", "of buildpacks") if overhead.size_bytes >= 0 else ("-", "that buildpacks take out")
    added = f"{sign} {size(abs(overhead.size_bytes))} {what} ({origin(overhead)})"
    estimate = f"{size(source_bytes)} of your code {added} = {size(compiled.compressed_bytes)}, an estimate"
    why = doubt(overhead)
    return f"{estimate}; {why}, so it may be more by now, or less" if why else estimate


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
