"""What somebody asks for outside a file: by the options of one call, or by the environment."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from msgspec import Struct


class Setting(Enum):
    """What can be asked for; the values are the options of the command line."""

    FILE = "--config"
    DIALECT = "--dialect"
    TARGET = "--target"
    TOTAL = "--budget"
    WARN = "--warn"
    MAX_GROWTH = "--max-growth"
    OVERHEAD = "--buildpack-overhead"


class Asked(Struct, frozen=True, kw_only=True):
    """A setting as it was typed."""

    name: str
    """Where: ``--max-growth``, ``SLUGTRIM_MAX_GROWTH``."""
    text: str


class Flags(Struct, frozen=True, kw_only=True):
    """What the options of one call ask for, as typed; None for those that were not given."""

    file: str | None = None
    use_file: bool = True
    """False: no file is read, whoever names one."""
    dialect: str | None = None
    target: str | None = None
    total: str | None = None
    warn: str | None = None
    max_growth: str | None = None
    overhead: str | None = None

    def asked(self) -> Mapping[Setting, Asked]:
        """What was given."""
        given = {
            Setting.FILE: self.file,
            Setting.DIALECT: self.dialect,
            Setting.TARGET: self.target,
            Setting.TOTAL: self.total,
            Setting.WARN: self.warn,
            Setting.MAX_GROWTH: self.max_growth,
            Setting.OVERHEAD: self.overhead,
        }
        return {setting: Asked(name=setting.value, text=text) for setting, text in given.items() if text is not None}
