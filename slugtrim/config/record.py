"""The records of a configuration: what is configured, and what that means for one target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from slugtrim.config.asked import Asked, Setting
from slugtrim.errors import ConfigError
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM

if TYPE_CHECKING:
    from slugtrim.budget import Amount, Budgets  # 5 ms that a known tree with no configuration does without
    from slugtrim.sizer import Overhead


class DeployTarget(Struct, frozen=True, kw_only=True):
    """An application on the platform, and what holds for it."""

    name: str
    remotes: tuple[str, ...]
    """The git remotes that a push to it goes to."""
    overhead: Amount | None
    """What buildpacks add to its slug."""
    budgets: Budgets


class Terms(Struct, frozen=True, kw_only=True):
    """What holds for one target, or where none is named."""

    target: str | None
    budgets: Budgets
    overhead: Amount | None

    @property
    def buildpacks(self) -> Overhead | None:
        """What buildpacks add, as it is configured; None where nobody says."""
        from slugtrim.sizer import Overhead

        if self.overhead is None:
            return None
        return Overhead(size_bytes=self.overhead.value, origin=str(self.overhead.written))


class Config(Struct, frozen=True, kw_only=True):
    """All that is configured; nothing else of a file, the environment or the options is looked at after the merge."""

    dialect: Dialect | None = None
    """None: nobody says how rules are read."""
    target: Asked | None = None
    """The target that was asked for."""
    asked: Terms | None = None
    """What options and environment say of budgets and overhead, over any target's; None where they say nothing."""
    overhead: Amount | None = None
    budgets: Budgets | None = None
    """For every target that does not say otherwise; None without a file. ``for_target`` says what holds."""
    targets: tuple[DeployTarget, ...] = ()
    path: bytes | None = None
    """The file that was read, from the root of the repository, or as it was named; None without one."""

    @property
    def says_budgets(self) -> bool:
        """Whether anything is said of budgets, targets or buildpacks."""
        return self != Config(dialect=self.dialect, path=self.path)

    @property
    def reading(self) -> Dialect:
        """How rules are read."""
        return self.dialect or PLATFORM.ignore_file.dialects[0]

    def for_target(self, name: str | None = None) -> Terms:
        """What holds for this target, or without a name for the one that was asked for, or in general.

        Raises ``ConfigError`` where there is no such target.
        """
        from slugtrim.budget import Budgets

        wanted = Asked(name=Setting.TARGET.value, text=name) if name is not None else self.target
        target = self._target(wanted) if wanted is not None else None
        budgets, overhead = Budgets(), None
        for layer in (self.asked, target, self):
            if layer is not None:
                budgets = budgets.over(layer.budgets or Budgets())
                overhead = overhead or layer.overhead
        return Terms(target=target.name if target is not None else None, budgets=budgets, overhead=overhead)

    def _target(self, wanted: Asked) -> DeployTarget:
        for target in self.targets:
            if target.name == wanted.text:
                return target
        from slugtrim.config.spelling import hint, spelled

        problem = f"{wanted.name} {spelled(wanted.text)}: no such target; "
        if self.targets:
            known = {target.name: spelled(target.name) for target in self.targets}
            raise ConfigError([problem + hint(wanted.text, known, "targets")])
        raise ConfigError([problem + f"none is configured, so write [targets.{spelled(wanted.text)}]"])
