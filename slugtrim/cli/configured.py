"""What is configured for the tree that a command measures."""

from __future__ import annotations

import os
from dataclasses import replace

from slugtrim.cli.options import TreeOptions
from slugtrim.config import Config, Flags, load_config
from slugtrim.files import Found


def configured(options: TreeOptions, found: Found, flags: Flags | None = None) -> Config:
    """The configuration, with what the options that every command has say, and ``flags`` that only some have."""
    asked = replace(flags or Flags(), file=options.config, use_file=options.use_config, dialect=options.dialect)
    return load_config(found, asked, os.environ)
