"""The configuration: a file, the environment and what a call asks for, merged into one frozen ``Config``."""

from slugtrim.config.places import load_config
from slugtrim.config.settings import Config, DeployTarget, Flags, Terms

__all__ = ["Config", "DeployTarget", "Flags", "Terms", "load_config"]
