"""What a push says: one line when all is well, the check and how to push all the same when it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from slugtrim.budget import Verdict
from slugtrim.files import quoted
from slugtrim.hook.pushed import Pushed
from slugtrim.sizer import table
from slugtrim.units import format_size

if TYPE_CHECKING:
    from slugtrim.check.record import Check  # 10 ms that a push within its budgets does without
    from slugtrim.reports.blocks import Report

ANYWAY = "To push all the same: git push --no-verify, or SLUGTRIM_SKIP=1 git push"


def line(pushed: Pushed) -> str:
    """The size, the class and the change, with what is worth a warning on lines of its own."""
    lost = len({gone.path for gone in pushed.totals.unreadable})
    at_least = " at least" if lost else ""
    size = f"{_size(pushed.total_bytes)} {pushed.size_class.value}{at_least}{_buildpacks(pushed)}{_change(pushed)}"
    lines = [f"{quoted(pushed.update.branch)}: {size}"]
    if lost:
        paths = "1 path" if lost == 1 else f"{lost:,} paths"
        lines.append(f"{paths} could not be read; slugtrim --rev {pushed.update.local[:10]} says which")
    warnings = [result for result in pushed.results if result.verdict is Verdict.WARN]
    if warnings:
        from slugtrim.reports.budget_words import sentence  # with all that has to do with a check, for few pushes

        lines += [f"warning: {sentence(result)}" for result in warnings]
    return "\n".join(lines)


def _buildpacks(pushed: Pushed) -> str:
    overhead = pushed.overhead
    if overhead is None:
        return ""
    less = "less " if overhead.size_bytes < 0 else ""
    added = f" with {_size(abs(overhead.size_bytes))} {less}of buildpacks"
    if overhead.age_days is None:
        return added
    from slugtrim.reports.overhead_words import doubt, origin  # most pushes do without

    return f"{added} ({'; '.join(filter(None, (origin(overhead), doubt(overhead))))})"


def _change(pushed: Pushed) -> str:
    if pushed.before is None:
        return ""
    grown = pushed.total_bytes - pushed.before.total_bytes
    since = f"since {quoted(pushed.before.name.encode('utf-8', 'surrogateescape'))}"
    return f", {'+' if grown > 0 else '-'}{_size(abs(grown))} {since}" if grown else f", no change {since}"


def _size(size_bytes: int) -> str:
    return format_size(size_bytes, table().thresholds_bytes)


def blocked(check: Check, pushed: Pushed, remote: str) -> Report:
    """Return the report on a push that is stopped."""
    from slugtrim.reports import check_report  # with all that has to do with a check, for few pushes
    from slugtrim.reports.blocks import Line, Section, View, path

    branch, remote_name = path(pushed.update.branch), path(remote.encode("utf-8", "surrogateescape"))
    what = Line(text=("Blocked: ", branch, " was not pushed to ", remote_name, "."), depth=0)
    return (*check_report.report(check, View()), Section(blocks=(what, Line(text=ANYWAY, depth=0))))
