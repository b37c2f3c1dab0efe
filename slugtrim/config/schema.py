"""Which keys a configuration may have, and what each of them takes: the one place that knows."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from slugtrim import budget


class Kind(Enum):
    """What a key takes; the values say so in the README."""

    DIALECT = "`gitignore` or `glob`"
    SIZE = "a size"
    TOTAL = "a size, or a class (`small`, `average`): that class or a lighter one"
    GROWTH = "a size, or a percentage of the base (`5%`)"
    FILES = "a whole number"
    REMOTES = "a list of names"
    PATTERNS = "a table of pattern (gitignore's language, from the root of the slug) to size"
    TABLE = "a table"


class Key(Struct, frozen=True, kw_only=True):
    """One key of a table."""

    name: str
    kind: Kind
    says: str
    """What it is about, for the README."""


BUDGETS = tuple(Key(name=kind.key, kind=Kind[kind.notation.name], says=kind.says) for kind in budget.BUDGETS)
_OVERHEAD = Key(name="buildpack-overhead", kind=Kind.SIZE, says="what buildpacks add to the compressed slug")
TARGET = (
    Key(name="remotes", kind=Kind.REMOTES, says="the git remotes that a push to this target goes to"),
    _OVERHEAD,
    Key(name="budgets", kind=Kind.TABLE, says="budgets of this target, over the general ones"),
)
TOP = (
    Key(name="dialect", kind=Kind.DIALECT, says="how `.slugignore` is read; `gitignore` where nobody says"),
    _OVERHEAD,
    Key(name="budgets", kind=Kind.TABLE, says="budgets of every target"),
    Key(name="targets", kind=Kind.TABLE, says="a table for each application on the platform, by a name of yours"),
)


def elsewhere(name: str) -> str | None:
    """Where a key of this name does belong, as a path; None if nowhere."""
    homes = (("", TOP), ("budgets.", BUDGETS), ("targets.NAME.", TARGET))
    return next((home + key.name for home, keys in homes for key in keys if key.name == name), None)
