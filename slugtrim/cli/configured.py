"""What is configured for the tree that a command measures."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from slugtrim.builds.place import has_journal
from slugtrim.cli.asked import TreeOptions
from slugtrim.config import Config, Flags, load_config
from slugtrim.files import Found, Source
from slugtrim.sources import find_tree

if TYPE_CHECKING:
    from slugtrim.sizer import Overhead


def named_tree(path: str, options: TreeOptions) -> Found:
    """Find the tree that ``path`` and the options name. Raises as ``find_tree`` does."""
    return find_tree(
        os.fsencode(path),
        rev=options.rev,
        prefix=options.prefix,
        use_git=options.use_git,
        most_files=options.most_files,
    )


def part_of(path: str, found: Found) -> bytes:
    """Return the directory below the root of the slug that ``path`` names, from there; empty for all of the slug.

    The default, the current directory, stands for all of it wherever that is.
    """
    if path == ".":
        return b""
    here, root = os.path.realpath(os.fsencode(path)), os.path.realpath(found.source.path)
    return here[len(root) + 1 :] if here.startswith(root + b"/") else b""


def configured(options: TreeOptions, source: Source, git_dir: bytes | None, flags: Flags | None = None) -> Config:
    """The configuration, with what the options that every command has say, and ``flags`` that only some have."""
    asked = replace(flags or Flags(), file=options.config, use_file=options.use_config, dialect=options.dialect)
    return load_config(source, asked, os.environ, git_dir=git_dir)


def overhead_of(found: Found, config: Config, *, use_cache: bool) -> Overhead | None:
    """What buildpacks add to what was found: as it is configured, else as a build showed it; None where nobody knows.

    For the latter the source may be read.
    """
    terms = config.for_target() if config.says_budgets else None
    if terms is not None and terms.buildpacks is not None:
        return terms.buildpacks
    if not has_journal(found.git_dir):
        return None
    from slugtrim.builds.learned import overhead_of_found, wanted_target

    wanted = wanted_target(config, terms.target if terms is not None else None)
    return overhead_of_found(found, config.reading, wanted, use_cache=use_cache)
