"""Report on a push, and on the state of the hook."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slugtrim.budget import Verdict
from slugtrim.files import quoted
from slugtrim.hook.installation import Installation, State
from slugtrim.hook.pushed import Pushed
from slugtrim.platforms import NAMES, PLATFORM, PLATFORMS, platform_of
from slugtrim.reports.blocks import Line, Paragraph, Report, Section, Verbatim, safe
from slugtrim.sizer import Overhead, table
from slugtrim.units import MIB, format_size

if TYPE_CHECKING:
    from slugtrim.buildpacks.packages import Prediction
    from slugtrim.check import Check  # 10 ms that a push within its budgets does without
    from slugtrim.reports.blocks import Report

_TOLD_BYTES = 1 << 20
"""Packages that weigh so much more or less are worth a line."""
ANYWAY = "To push anyway: git push --no-verify, or SLUGTRIM_SKIP=1 git push"


def line(pushed: Pushed) -> str:
    """Return the size, the class and the change, and a line for each warning."""
    lost = len({gone.path for gone in pushed.totals.unreadable})
    at_least = " at least" if lost else ""
    size = f"{_size(pushed.total_bytes)} {pushed.size_class.value}{at_least}{_buildpacks(pushed)}{_change(pushed)}"
    platform = platform_of(pushed.dialect)
    where = f" on {platform.name}" if platform is not PLATFORM else ""
    lines = [f"{quoted(pushed.update.branch)}{where}: {size}"]
    if pushed.prediction is not None:
        lines += _predicted(pushed, pushed.prediction)
    if lost:
        paths = "1 path" if lost == 1 else f"{lost:,} paths"
        lines.append(f"{paths} could not be read; slugtrim --rev {pushed.update.local[:10]} says which")
    warnings = [result for result in pushed.results if result.verdict is Verdict.WARN]
    if warnings:
        from slugtrim.reports.parts import sentence  # with all that has to do with a check, for few pushes

        lines += [f"warning: {sentence(result)}" for result in warnings]
    return "\n".join(lines)


def _predicted(pushed: Pushed, prediction: Prediction) -> list[str]:
    compiled = prediction.compiled(pushed.totals.compressed_bytes)
    class_ = " to ".join(each.value for each in prediction.classes(compiled))
    range_ = f"likely {_size(compiled.low_bytes)} to {_size(compiled.high_bytes)}"
    lines = [f"with buildpacks ≈ {_size(compiled.compressed_bytes)} ({range_}) {class_}, predicted"]
    if compiled.low_bytes > min(limit.limit_bytes for limit in table().limits if not limit.of_checkout):
        from slugtrim.reports.parts import over_limits  # as above

        lines += over_limits(compiled)
    if pushed.packages is not None and abs(pushed.packages.compressed_bytes) >= _TOLD_BYTES:
        from slugtrim.reports.parts import growth_sentences  # few pushes change what is installed

        lines += growth_sentences(pushed.packages)
    return lines


def _buildpacks(pushed: Pushed) -> str:
    overhead = pushed.overhead
    if overhead is None:
        return ""
    less = "less " if overhead.size_bytes < 0 else ""
    added = f" with {_size(abs(overhead.size_bytes))} {less}of buildpacks"
    if overhead.age_days is None:
        return added
    from slugtrim.reports.parts import doubt, origin  # most pushes do without

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


_NO_BUDGET = "No budget is set: without one, the hook stops only pushes that the platform would reject."
_NONE_WATCHED = (
    f"The hook is inactive: this clone has no {NAMES} remote. Add one: "
    + " or ".join(each.add_remote for each in PLATFORMS),
    "Or name the remote that you push to in slugtrim.toml, in the remotes of a target.",
)


def no_budget() -> Report:
    """Return what to say if no budget is set, and the slug can't be measured."""
    return (Paragraph(text=f"{_NO_BUDGET} Set one with slugtrim hook install --budget 50MB.", depth=0),)


def offered(size_bytes: int, overhead: Overhead | None, total_bytes: int, file: bytes | None) -> Report:
    """Return an offer of a budget, with the lines to write to the settings file.

    ``size_bytes`` is the last commit's slug, with ``overhead`` if that is known; ``file`` is the settings file, if any.
    """
    is_shared = file is not None and os.path.basename(file) == b"pyproject.toml"
    name = quoted(file) if file is not None else "slugtrim.toml"
    table_name = "tool.slugtrim.budgets" if is_shared else "budgets"
    basis = "without buildpacks" if overhead is None else "with buildpacks"
    now = (
        f"The last commit is {_size(size_bytes)}, {basis}. To stop pushes above {_size(total_bytes)} (that size plus "
        f"at least 20%, rounded up), add to {name}:"
    )
    return (
        Paragraph(text=f"{_NO_BUDGET} {now}", depth=0),
        Verbatim(lines=(f"[{table_name}]", f'total = "{total_bytes / MIB:g}MB"'), depth=1),
    )


def installed(found: Installation, watched: Sequence[str], more: Report, *, is_new: bool) -> Report:
    """Return what was done; ``found`` is how it was before. Pushes to the remotes in ``watched`` are checked."""
    if not is_new:
        return _lines(f"{quoted(found.path)}: already installed; nothing changed.", more=more)
    if found.state is State.INSTALLED:
        return _lines(f"{quoted(found.path)}: updated.", more=more)
    has_kept = found.state is State.FOREIGN or found.before is not None
    kept = [f"Your earlier hook runs first, as {quoted(found.path)}.before-slugtrim."] if has_kept else []
    return _lines(f"{quoted(found.path)}: installed.", *kept, *_what(watched), more=more)


def _what(watched: Sequence[str]) -> Sequence[str]:
    if not watched:
        return _NONE_WATCHED
    return (f"It checks pushes to main or master of {', '.join(map(safe, watched))}.",)


def uninstalled(found: Installation, *, is_gone: bool) -> Report:
    """Return what was done; ``found`` is how it was before."""
    if not is_gone:
        return _lines(f"{quoted(found.path)}: not slugtrim's hook; nothing changed.")
    back = "the earlier hook is restored" if found.before is not None else "there was no earlier hook"
    return _lines(f"{quoted(found.path)}: uninstalled; {back}.")


def status(found: Installation) -> Report:
    """Return its state."""
    path = quoted(found.path)
    match found.state:
        case State.INSTALLED:
            first = f"; {quoted(found.before)} runs first" if found.before is not None else ""
            return _lines(f"{path}: installed{first}.")
        case State.EDITED:
            kept = f"; the earlier hook is {quoted(found.before)}" if found.before is not None else ""
            return _lines(f"{path}: installed, but edited since{kept}.")
        case State.MANAGED if not found.calls_slugtrim:
            return _lines(f"{managed(found)}:", _line_to_add(found))
        case State.MANAGED | State.FOREIGN if found.calls_slugtrim:
            return _lines(_runs_it(found))
        case State.FOREIGN:
            return _lines(f"{path}: another hook is installed; slugtrim hook install keeps it and runs after it.")
        case _:
            return _lines(f"{path}: not installed; run slugtrim hook install.")


def runs_already(found: Installation, more: Report) -> Report:
    """Return what to say of somebody else's hook that has the line."""
    return _lines(_runs_it(found), more=more)


def _runs_it(found: Installation) -> str:
    return f"{quoted(found.path)}: not slugtrim's own hook, but it runs slugtrim."


def managed(found: Installation) -> str:
    """Return who looks after the hooks, and where the line goes."""
    assert found.manager is not None
    return f"hooks are managed by {found.manager.name} and were not changed; add this line to {found.manager.place}"


def managed_line(found: Installation) -> Report:
    """Return the line to add."""
    return (Verbatim(lines=(_line_to_add(found),)),)


def _line_to_add(found: Installation) -> str:
    assert found.manager is not None
    return found.manager.line


def _lines(*lines: str, more: Report = ()) -> Report:
    return (Section(blocks=(*(Line(text=line, depth=0) for line in lines), *more)),)
