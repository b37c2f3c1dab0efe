"""The configuration: a file, the environment and what a call asks for, merged into one frozen ``Config``."""

from slugtrim.config.asked import Flags
from slugtrim.config.load import load_config
from slugtrim.config.record import Config, DeployTarget, Terms

__all__ = ["Config", "DeployTarget", "Flags", "Terms", "load_config"]
