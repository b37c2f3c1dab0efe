"""How the hook stands, in words."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.files import quoted
from slugtrim.hook.installation import Installation, State
from slugtrim.platforms import PLATFORM

NO_BUDGET = (
    "No budget is set, so only what the platform rejects is stopped; slugtrim hook install --budget 50MB sets one."
)
_WHAT = f"Pushes to main or master of a {PLATFORM.name} remote, or of a target's, are held against their budgets."


def installed(found: Installation, more: Sequence[str], *, is_new: bool) -> str:
    """What was done; ``found`` is how it was before."""
    if not is_new:
        return _lines(f"{quoted(found.path)}: is installed already; nothing changed.", *more)
    if found.state is State.INSTALLED:
        return _lines(f"{quoted(found.path)}: brought up to date.", *more)
    has_kept = found.state is State.FOREIGN or found.before is not None
    kept = [f"The hook that was there runs first, as {quoted(found.path)}.before-slugtrim."] if has_kept else []
    return _lines(f"{quoted(found.path)}: installed.", *kept, _WHAT, *more)


def uninstalled(found: Installation, *, is_gone: bool) -> str:
    """What was done; ``found`` is how it was before."""
    if not is_gone:
        return _lines(f"{quoted(found.path)}: is not slugtrim's hook; nothing changed.")
    back = "the hook before it is back" if found.before is not None else "there was no hook before"
    return _lines(f"{quoted(found.path)}: uninstalled; {back}.")


def status(found: Installation) -> str:
    """How it stands."""
    path = quoted(found.path)
    match found.state:
        case State.INSTALLED:
            first = f"; {quoted(found.before)} runs first" if found.before is not None else ""
            return _lines(f"{path}: installed{first}.")
        case State.EDITED:
            kept = f"; the hook before it is {quoted(found.before)}" if found.before is not None else ""
            return _lines(f"{path}: installed, and edited since{kept}.")
        case State.MANAGED if not found.calls_slugtrim:
            return _lines(f"{managed(found)}:", managed_line(found).rstrip("\n"))
        case State.MANAGED | State.FOREIGN if found.calls_slugtrim:
            return _lines(runs_it(found))
        case State.FOREIGN:
            return _lines(f"{path}: is another hook; slugtrim hook install keeps it and adds its own.")
        case _:
            return _lines(f"{path}: not installed; slugtrim hook install does it.")


def runs_it(found: Installation) -> str:
    """What to say of somebody else's hook that has the line."""
    return f"{quoted(found.path)}: is not slugtrim's own, and runs slugtrim."


def managed(found: Installation) -> str:
    """Who looks after the hooks, and where the line goes."""
    assert found.manager is not None
    return f"hooks are managed by {found.manager.name}, and left as they are; add this line to {found.manager.place}"


def managed_line(found: Installation) -> str:
    """The line to add."""
    assert found.manager is not None
    return _lines(found.manager.line)


def _lines(*lines: str) -> str:
    return "".join(f"{line}\n" for line in lines)
