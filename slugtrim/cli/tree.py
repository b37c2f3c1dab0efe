"""The tree that a command measures, its configuration, and what is predicted or drawn of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from slugtrim.builds import has_journal
from slugtrim.cli.asked import TreeOptions
from slugtrim.config import load_config
from slugtrim.config.settings import Config, Flags
from slugtrim.files import Found, Source
from slugtrim.platforms import platform_of
from slugtrim.sources import find_tree

if TYPE_CHECKING:
    from slugtrim.buildpacks.packages import PackageGrowth, Prediction
    from slugtrim.lean import Learnt
    from slugtrim.listing import SlugMap
    from slugtrim.sizer import Overhead, Progress


def named_tree(path: str, options: TreeOptions, learnt: Learnt | None = None) -> Found:
    """Find the tree that ``path`` and the options name. Raises as ``find_tree`` does.

    ``learnt`` is what a lean start has seen of it.
    """
    return find_tree(
        os.fsencode(path),
        rev=options.rev,
        prefix=options.prefix,
        use_git=options.use_git,
        most_files=options.most_files,
        learnt=learnt,
    )


def part_of(path: str, found: Found) -> bytes:
    """Return the directory below the root of the slug that ``path`` names, from there; empty for all of the slug.

    The default, the current directory, stands for all of it wherever that is.
    """
    if path == ".":
        return b""
    here, root = os.path.realpath(os.fsencode(path)), os.path.realpath(found.source.path)
    return here[len(root) + 1 :] if here.startswith(root + b"/") else b""


def configured(
    options: TreeOptions,
    source: Source,
    git_dir: bytes | None,
    flags: Flags | None = None,
    learnt: Learnt | None = None,
) -> Config:
    """Return the configuration, with the options of every command and the ``flags`` of some."""
    asked = replace(flags or Flags(), file=options.config, use_file=options.use_config)
    asked = replace(asked, platform=options.platform, dialect=options.dialect)
    return load_config(source, asked, os.environ, git_dir=git_dir, learnt=learnt)


def overhead_of(found: Found, config: Config, *, use_cache: bool) -> Overhead | None:
    """Return what buildpacks add: as configured, else as recorded; None if unknown.

    It may read the source to find the recorded value.
    """
    terms = config.for_target() if config.says_budgets else None
    if terms is not None and terms.known_overhead is not None:
        return terms.known_overhead
    if not (platform_of(config.reading).has_known_buildpacks and has_journal(found.git_dir)):
        return None
    from slugtrim.builds.learned import overhead_of_found, wanted_target

    wanted = wanted_target(config, terms.target if terms is not None else None)
    return overhead_of_found(found, config.reading, wanted, use_cache=use_cache)


def prediction_of(found: Found, config: Config, *, use_installed: bool, use_cache: bool) -> Prediction | None:
    """What buildpacks are predicted to add to what was found; None where none is detected, or nobody knows them.

    Raises as its ``load``. With ``use_installed`` packages that are installed on this machine are measured.
    """
    if not platform_of(config.reading).has_known_buildpacks:
        return None
    from slugtrim.buildpacks.prediction import predict_found  # 3 ms that a known overhead does without

    configured = config.for_target().buildpacks if config.says_budgets else ()
    prediction = predict_found(found, config.reading, configured, use_installed=use_installed, use_cache=use_cache)
    return prediction if prediction.parts else None


def package_growth_of(before: Found, after: Found, config: Config) -> PackageGrowth | None:
    """What changed lock files bring; None where the packages are the same, or rules cannot be read."""
    if not platform_of(config.reading).has_known_buildpacks:
        return None
    from slugtrim.buildpacks.prediction import package_growth_found  # as above

    configured = config.for_target().buildpacks if config.says_budgets else ()
    return package_growth_found(before, after, config.reading, configured)


def mapped(
    found: Found,
    config: Config,
    *,
    use_cache: bool,
    progress: Progress | None,
    part: bytes = b"",
) -> dict[str, Any]:
    """Return what the HTML of a tree takes beside the record, by name.

    It measures the tree, which takes little where the command has just done so with the cache. Raises ``RulesError``.
    """
    from slugtrim.suggester.records import AdviceTerms, Overrules
    from slugtrim.suggester.remembered import suggest_found

    overrules = Overrules(include=config.include, exclude=config.exclude)
    asked = AdviceTerms(overrules=overrules, part=part)
    advice = suggest_found(found, config.reading, use_cache=use_cache, progress=progress, asked=asked)
    budget = config.for_target().budgets.total if config.says_budgets else None
    slug_map = map_of(found, config, use_cache=use_cache, progress=progress, part=part)
    return {"slug_map": slug_map, "advice": advice, "budget": budget}


def map_of(found: Found, config: Config, *, use_cache: bool, progress: Progress | None, part: bytes = b"") -> SlugMap:
    """Return every file of the tree with its share. Raises ``RulesError``."""
    from slugtrim.listing import map_tree
    from slugtrim.measurement import Depth, measure
    from slugtrim.sizer import open_size_cache

    cache = open_size_cache(found.git_dir if use_cache else None)
    measured = measure(found.load(), config.reading, depth=Depth.REPORT, cache=cache, progress=progress)
    cache.save()
    return map_tree(measured, part)
