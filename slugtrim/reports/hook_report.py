"""The state of the hook, and what was done to it."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.files import quoted
from slugtrim.hook.installation import Installation, State
from slugtrim.platforms import PLATFORM
from slugtrim.reports.blocks import Line, Report, Section, Verbatim

NO_BUDGET = (
    "No budget is set, so only what the platform rejects is stopped; slugtrim hook install --budget 50MB sets one."
)
_WHAT = f"Pushes to main or master of a {PLATFORM.name} remote, or of a target's, are held against their budgets."


def installed(found: Installation, more: Sequence[str], *, is_new: bool) -> Report:
    """Return what was done; ``found`` is how it was before."""
    if not is_new:
        return _lines(f"{quoted(found.path)}: is installed already; nothing changed.", *more)
    if found.state is State.INSTALLED:
        return _lines(f"{quoted(found.path)}: brought up to date.", *more)
    has_kept = found.state is State.FOREIGN or found.before is not None
    kept = [f"The hook that was there runs first, as {quoted(found.path)}.before-slugtrim."] if has_kept else []
    return _lines(f"{quoted(found.path)}: installed.", *kept, _WHAT, *more)


def uninstalled(found: Installation, *, is_gone: bool) -> Report:
    """Return what was done; ``found`` is how it was before."""
    if not is_gone:
        return _lines(f"{quoted(found.path)}: is not slugtrim's hook; nothing changed.")
    back = "the hook before it is back" if found.before is not None else "there was no hook before"
    return _lines(f"{quoted(found.path)}: uninstalled; {back}.")


def status(found: Installation) -> Report:
    """Return its state."""
    path = quoted(found.path)
    match found.state:
        case State.INSTALLED:
            first = f"; {quoted(found.before)} runs first" if found.before is not None else ""
            return _lines(f"{path}: installed{first}.")
        case State.EDITED:
            kept = f"; the hook before it is {quoted(found.before)}" if found.before is not None else ""
            return _lines(f"{path}: installed, and edited since{kept}.")
        case State.MANAGED if not found.calls_slugtrim:
            return _lines(f"{managed(found)}:", _line_to_add(found))
        case State.MANAGED | State.FOREIGN if found.calls_slugtrim:
            return _lines(_runs_it(found))
        case State.FOREIGN:
            return _lines(f"{path}: is another hook; slugtrim hook install keeps it and adds its own.")
        case _:
            return _lines(f"{path}: not installed; slugtrim hook install does it.")


def runs_already(found: Installation, more: Sequence[str]) -> Report:
    """Return what to say of somebody else's hook that has the line."""
    return _lines(_runs_it(found), *more)


def _runs_it(found: Installation) -> str:
    return f"{quoted(found.path)}: is not slugtrim's own, and runs slugtrim."


def managed(found: Installation) -> str:
    """Return who looks after the hooks, and where the line goes."""
    assert found.manager is not None
    return f"hooks are managed by {found.manager.name}, and left as they are; add this line to {found.manager.place}"


def managed_line(found: Installation) -> Report:
    """Return the line to add."""
    return (Verbatim(lines=(_line_to_add(found),)),)


def _line_to_add(found: Installation) -> str:
    assert found.manager is not None
    return found.manager.line


def _lines(*lines: str) -> Report:
    return (Section(blocks=tuple(Line(text=line, depth=0) for line in lines)),)
