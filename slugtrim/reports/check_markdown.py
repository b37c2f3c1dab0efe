"""The check as Markdown: a comment on a pull request, or the summary of a step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import quote

from slugtrim.budget import Result, Verdict
from slugtrim.check import Base, Check, Growth
from slugtrim.files import quoted
from slugtrim.reports import markdown
from slugtrim.reports.blocks import joined, safe
from slugtrim.reports.budget_words import (
    NO_COMMIT,
    allowed,
    amount,
    change,
    compiled_words,
    cures,
    headline,
    name,
    signed,
    used,
    where,
)
from slugtrim.reports.diagnostics import located
from slugtrim.reports.markdown import code, details, table, text
from slugtrim.reports.style import plural, size

_MARKS = {Verdict.OK: "✅", Verdict.WARN: "⚠️", Verdict.FAIL: "❌"}
_MOST = 20
"""So many rows has a list; GitHub takes no comment of more than 65,536 characters."""


def render(check: Check) -> str:
    """The comment. Its first line is the marker by which the next run finds it."""
    return f"{marker(check)}\n\n{render_summary(check)}"


def marker(check: Check) -> str:
    """A hidden line, the same for every check of the same target and subdirectory."""
    about = [
        ("target", quote(check.target or "", safe="", errors="surrogateescape")),
        ("prefix", quote(check.source.prefix, safe="/")),
    ]
    return f"<!-- slugtrim check{''.join(f' {key}={value}' for key, value in about if value)} -->"


def render_summary(check: Check) -> str:
    """The same without the marker."""
    blocks = [
        _head(check),
        _sizes(check),
        _exceeded(check),
        _kept([result for result in check.results if result.verdict is Verdict.OK]),
        _grown(check.base) if check.base is not None else (),
        _suggestions(check),
        _findings(check),
        _unreadable(check),
    ]
    return joined(blocks)


def _mark(check: Check) -> str:
    if not check.complete and check.verdict is not Verdict.FAIL:
        return "❓"
    return _MARKS[check.verdict]


def _head(check: Check) -> Iterator[str]:
    yield f"### {_mark(check)} {text(headline(check))}"
    if not check.complete:
        gone = plural(len(check.unreadable), "path")
        yield ""
        yield "> [!WARNING]"
        yield f"> {gone} could not be read: every size here is too small."


def _sizes(check: Check) -> Iterator[str]:
    base = check.base
    what = f"slug, {check.size_class.value}"
    if base is None:
        rows = [[what, size(check.compressed_bytes)], ["files", f"{check.files:,}"]]
        yield from table(["", "size"], rows, right=(1,))
    else:
        grown = check.compressed_bytes - base.compressed_bytes
        more = check.files - base.files
        rows = [
            [what, size(base.compressed_bytes), size(check.compressed_bytes), signed(grown) if grown else "unchanged"],
            ["files", f"{base.files:,}", f"{check.files:,}", f"{more:+,}" if more else "unchanged"],
        ]
        yield from table(["", "base", "now", "change"], rows, right=(1, 2, 3))
        yield ""
        yield f"{text(change(base, check.compressed_bytes))}."
    yield ""
    if check.compiled is not None:
        yield f"{text(compiled_words(check.compiled, check.source_compressed_bytes))}."
    else:
        yield "This is your code, compressed (predicted). Buildpacks add to it."
    if check.target is not None:
        yield ""
        yield f"Target: {code(safe(check.target))}"


def _exceeded(check: Check) -> Iterator[str]:
    over = [*check.over(Verdict.FAIL), *check.over(Verdict.WARN)]
    if not over:
        return
    yield from _results(over)
    yield ""
    for step in cures(over):
        yield f"- Next: {text(step)}."


def _kept(results: Sequence[Result]) -> Iterator[str]:
    if results:
        yield from details(f"{plural(len(results), 'limit')} kept", list(_results(results)))


def _results(results: Sequence[Result]) -> Iterator[str]:
    rows = [
        [
            _MARKS[result.verdict],
            code(name(result)),
            text(used(result)),
            text(allowed(result)),
            amount(result, result.over) if result.over else "",
            code(where(result)),
        ]
        for result in results[:_MOST]
    ]
    yield from table(["", "what", "used", "allowed", "over", "where it is written"], rows, right=(2, 3, 4))
    if len(results) > _MOST:
        yield ""
        yield f"… and {len(results) - _MOST:,} more."


def _grown(base: Base) -> Iterator[str]:
    unchanged = plural(base.unchanged_files, "file") + " unchanged"
    if not base.grown:
        yield f"{unchanged}."
        return
    rows = [
        [code(quoted(growth.path)), *_before_and_after(growth), _brought_by(growth)] for growth in base.grown[:_MOST]
    ]
    changed = plural(len(base.grown), "file that grew or shrank most", "files that grew or shrank most")
    listed = list(table(["file", "base", "now", "change", "commit"], rows, right=(1, 2, 3)))
    yield from details(f"{changed}; {unchanged}", listed, is_open=any(each.grown_bytes > 0 for each in base.grown))


def _before_and_after(growth: Growth) -> list[str]:
    before = size(growth.before_bytes) if growth.before_bytes else "new"
    after = size(growth.after_bytes) if growth.after_bytes else "gone"
    return [before, after, signed(growth.grown_bytes)]


def _brought_by(growth: Growth) -> str:
    if growth.commit is None:
        return NO_COMMIT
    # Bare, so that the platform makes a link of it.
    return f"{growth.commit} {code(safe(growth.subject))}".rstrip()


def _suggestions(check: Check) -> Iterator[str]:
    if not check.suggestions:
        return
    rows = [
        [
            f"~{size(entry.saves_compressed_bytes)}",
            f"{entry.files:,}",
            code(quoted(entry.pattern)),
            text(entry.reason) + ("" if entry.is_checked else " (not checked: run slugtrim suggest)"),
        ]
        for entry in check.suggestions[:_MOST]
    ]
    listed = list(table(["saves", "files", "entry for .slugignore", "why"], rows, right=(0, 1)))
    yield from details("What could be left out as well", listed, is_open=True)


def _findings(check: Check) -> Iterator[str]:
    if not check.findings:
        return
    shown = located(check.source, check.findings[:_MOST], check.slugignore)
    lines = markdown.problems(list(shown))
    if len(check.findings) > _MOST:
        lines += ["", f"… and {len(check.findings) - _MOST:,} more."]
    yield from details(f"{plural(len(check.findings), 'finding')} of slugtrim lint", lines)


def _unreadable(check: Check) -> Iterator[str]:
    if not check.unreadable:
        return
    rows = [[code(quoted(gone.path)), text(gone.reason)] for gone in check.unreadable[:_MOST]]
    lines = list(table(["path", "why"], rows))
    if len(check.unreadable) > _MOST:
        lines += ["", f"… and {len(check.unreadable) - _MOST:,} more."]
    yield from details(f"{plural(len(check.unreadable), 'path')} could not be read", lines, is_open=True)
