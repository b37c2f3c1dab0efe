"""The environment variables that slugtrim heeds. It heeds no other of its name."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from slugtrim.config.asked import Asked, Setting


class Variable(Struct, frozen=True, kw_only=True):
    """One variable. Empty counts as not set."""

    name: str
    says: str
    """For the README."""
    setting: Setting | None
    """What it asks for; None for one that is no part of the configuration and is read elsewhere."""


VARIABLES = (
    Variable(name="SLUGTRIM_CONFIG", says="as `--config FILE`", setting=Setting.FILE),
    Variable(name="SLUGTRIM_DIALECT", says="as `--dialect`", setting=Setting.DIALECT),
    Variable(name="SLUGTRIM_TARGET", says="which of the `targets` it is about", setting=Setting.TARGET),
    Variable(name="SLUGTRIM_BUDGET", says="`budgets.total`, of whatever target", setting=Setting.TOTAL),
    Variable(name="SLUGTRIM_MAX_GROWTH", says="`budgets.max-growth`, of whatever target", setting=Setting.MAX_GROWTH),
    Variable(
        name="SLUGTRIM_BUILDPACK_OVERHEAD",
        says="`buildpack-overhead`, of whatever target",
        setting=Setting.OVERHEAD,
    ),
    # slugtrim.cli.pre_push
    Variable(name="SLUGTRIM_SKIP", says="whatever it is: the git hook lets every push pass", setting=None),
    # slugtrim.store
    Variable(name="SLUGTRIM_CACHE_DIR", says="where sizes are remembered", setting=None),
)


def asked_of(environ: Mapping[str, str]) -> Mapping[Setting, Asked]:
    """What an environment asks for."""
    return {
        variable.setting: Asked(name=variable.name, text=environ[variable.name])
        for variable in VARIABLES
        if variable.setting is not None and environ.get(variable.name)
    }
