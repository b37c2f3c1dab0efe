"""The configuration: a file, the environment and what a call asks for, merged into one frozen ``Config``."""

from slugtrim.config.asked import Flags
from slugtrim.config.load import load_config
from slugtrim.config.record import Config, Target, Terms

__all__ = ["Config", "Flags", "Target", "Terms", "load_config"]
