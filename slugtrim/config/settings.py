"""The records of a configuration: what a call or the environment asks for, and what is configured in the end.

A tree without a settings file needs only this room and the package itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.errors import ConfigError
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM, Platform

if TYPE_CHECKING:
    from slugtrim.budget import Amount, Budgets
    from slugtrim.sizer import Overhead
    from slugtrim.suggester.records import Overrule


class Setting(Enum):
    """What can be asked for outside a file; the values are the options of the command line."""

    FILE = "--config"
    PLATFORM = "--platform"
    DIALECT = "--dialect"
    TARGET = "--target"
    TOTAL = "--budget"
    WARN = "--warn"
    MAX_GROWTH = "--max-growth"
    OVERHEAD = "--buildpack-overhead"


class TypedSetting(Struct, frozen=True, kw_only=True):
    """A setting as it was typed."""

    name: str
    """Where: ``--max-growth``, ``SLUGTRIM_MAX_GROWTH``."""
    text: str


class Flags(Struct, frozen=True, kw_only=True):
    """What the options of one call ask for, as typed; None for those that were not given."""

    file: str | None = None
    use_file: bool = True
    """False: no file is read, whoever names one."""
    platform: str | None = None
    dialect: str | None = None
    target: str | None = None
    total: str | None = None
    warn: str | None = None
    max_growth: str | None = None
    overhead: str | None = None

    def asked(self) -> Mapping[Setting, TypedSetting]:
        """Return what was given."""
        given = {
            Setting.FILE: self.file,
            Setting.PLATFORM: self.platform,
            Setting.DIALECT: self.dialect,
            Setting.TARGET: self.target,
            Setting.TOTAL: self.total,
            Setting.WARN: self.warn,
            Setting.MAX_GROWTH: self.max_growth,
            Setting.OVERHEAD: self.overhead,
        }
        return {
            setting: TypedSetting(name=setting.value, text=text) for setting, text in given.items() if text is not None
        }


class Variable(Struct, frozen=True, kw_only=True):
    """An environment variable that slugtrim reads. Empty variables count as unset."""

    name: str
    says: str
    """For ``docs/configuration.md``."""
    setting: Setting | None
    """What it asks for; None if it is no part of the configuration and is read elsewhere."""


VARIABLES = (
    Variable(name="SLUGTRIM_CONFIG", says="same as `--config FILE`", setting=Setting.FILE),
    Variable(name="SLUGTRIM_PLATFORM", says="same as `--platform`", setting=Setting.PLATFORM),
    Variable(name="SLUGTRIM_DIALECT", says="same as `--dialect`", setting=Setting.DIALECT),
    Variable(name="SLUGTRIM_TARGET", says="which of the `targets` to use", setting=Setting.TARGET),
    Variable(name="SLUGTRIM_BUDGET", says="`budgets.total`, for any target", setting=Setting.TOTAL),
    Variable(name="SLUGTRIM_MAX_GROWTH", says="`budgets.max-growth`, for any target", setting=Setting.MAX_GROWTH),
    Variable(
        name="SLUGTRIM_BUILDPACK_OVERHEAD",
        says="`buildpack-overhead`, for any target",
        setting=Setting.OVERHEAD,
    ),
    # slugtrim.cli.pre_push
    Variable(name="SLUGTRIM_SKIP", says="any value: the git hook lets every push pass", setting=None),
    # slugtrim.store
    Variable(name="SLUGTRIM_CACHE_DIR", says="where measured sizes are cached", setting=None),
)
"""slugtrim reads no other variable of its name."""


def asked_of(environ: Mapping[str, str]) -> Mapping[Setting, TypedSetting]:
    """Return what an environment asks for."""
    return {
        variable.setting: TypedSetting(name=variable.name, text=environ[variable.name])
        for variable in VARIABLES
        if variable.setting is not None and environ.get(variable.name)
    }


class DeployTarget(Struct, frozen=True, kw_only=True):
    """An application on the platform, and what holds for it."""

    name: str
    remotes: tuple[str, ...]
    """The git remotes that a push to it goes to."""
    overhead: Amount | None
    """What buildpacks add to its slug."""
    budgets: Budgets
    buildpacks: tuple[str, ...] = ()
    """Those that are set on it; empty if nobody says."""


class Terms(Struct, frozen=True, kw_only=True):
    """What holds for one target, or in general if none is named."""

    target: str | None
    budgets: Budgets
    overhead: Amount | None
    buildpacks: tuple[str, ...] = ()
    """Those that are set; empty if nobody says."""

    @property
    def known_overhead(self) -> Overhead | None:
        """What buildpacks add, as it is configured; None if it is not configured."""
        from slugtrim.sizer import Overhead  # 3 ms that a known tree without a configured overhead does without

        if self.overhead is None:
            return None
        return Overhead(size_bytes=self.overhead.value, origin=str(self.overhead.written))


class IgnoredFinding(Struct, frozen=True, kw_only=True):
    """A kind of finding that is left out."""

    id: str
    origin: str
    """Who says so: ``slugtrim.toml:7``."""
    reason: str = ""

    @property
    def words(self) -> str:
        """Origin and reason in one line."""
        return f"{self.origin}: {self.reason}" if self.reason else self.origin


class Config(Struct, frozen=True, kw_only=True):
    """All that is configured; nothing else of a file, the environment or the options is looked at after the merge."""

    platform: Platform = PLATFORM
    """The one that is asked for or configured, else the one that the repository shows signs of."""
    beside: tuple[Platform, ...] = ()
    """Others that the repository shows signs of; empty where one is asked for or configured."""
    dialect: Dialect | None = None
    """Of that platform; None if it is not configured."""
    target: TypedSetting | None = None
    """The target that was asked for."""
    asked: Terms | None = None
    """Budgets and overhead by options and environment, over any target's; None if they have none."""
    overhead: Amount | None = None
    budgets: Budgets | None = None
    """For every target that has no budget of its own; None without a file. ``for_target`` says what holds."""
    buildpacks: tuple[str, ...] = ()
    """Those of every target that names none; empty if nobody says."""
    targets: tuple[DeployTarget, ...] = ()
    include: tuple[Overrule, ...] = ()
    """Patterns that are left out of the slug, whatever uses them."""
    exclude: tuple[Overrule, ...] = ()
    """Patterns that are never suggested."""
    ignored: tuple[IgnoredFinding, ...] = ()
    """Findings of ``lint`` that are left out."""
    path: bytes | None = None
    """The file that was read, from the root of the repository, or as it was named; None without one."""

    @property
    def ignored_ids(self) -> frozenset[str]:
        """Ids of the findings that are left out."""
        return frozenset(each.id for each in self.ignored)

    @property
    def says_budgets(self) -> bool:
        """Whether anything is said of budgets, targets or buildpacks."""
        return bool(self.target or self.asked or self.overhead or self.budgets or self.targets or self.buildpacks)

    @property
    def reading(self) -> Dialect:
        """How rules are read."""
        return self.dialect or self.platform.ignore_file.dialects[0]

    def on(self, platform: Platform | None) -> Config:
        """Return what holds for a push to a platform; for None, as it is."""
        if platform is None or platform is self.platform:
            return self
        return replace(self, platform=platform, beside=(), dialect=None)

    def for_target(self, name: str | None = None) -> Terms:
        """Return what holds for this target; without a name for the one that was asked for, or in general.

        Raises ``ConfigError`` if there is no such target.
        """
        from slugtrim.budget import Budgets  # 5 ms that a known tree without a configuration does without

        wanted = TypedSetting(name=Setting.TARGET.value, text=name) if name is not None else self.target
        target = self._target(wanted) if wanted is not None else None
        budgets, overhead = Budgets(), None
        for layer in (self.asked, target, self):
            if layer is not None:
                budgets = budgets.over(layer.budgets or Budgets())
                overhead = overhead or layer.overhead
        return Terms(
            target=target.name if target is not None else None,
            budgets=budgets,
            overhead=overhead,
            buildpacks=(target.buildpacks if target is not None else ()) or self.buildpacks,
        )

    def _target(self, wanted: TypedSetting) -> DeployTarget:
        for target in self.targets:
            if target.name == wanted.text:
                return target
        from slugtrim.config.keys import hint, spelled  # 8 ms that only a mistake pays

        problem = f"{wanted.name} {spelled(wanted.text)}: no such target; "
        if self.targets:
            known = {target.name: spelled(target.name) for target in self.targets}
            raise ConfigError([problem + hint(wanted.text, known, "targets")])
        raise ConfigError([problem + f"none is configured, so write [targets.{spelled(wanted.text)}]"])
