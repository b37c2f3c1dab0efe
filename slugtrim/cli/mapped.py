"""What a report in HTML has beside the record of its command: every file of the slug, and what could be left out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from slugtrim.config import Config
from slugtrim.files import Found
from slugtrim.suggester.records import AdviceTerms, Overrules

if TYPE_CHECKING:
    from slugtrim.sizer import Progress
    from slugtrim.slug_map import SlugMap


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
    from slugtrim.suggester.remembered import suggest_found

    overrules = Overrules(include=config.include, exclude=config.exclude)
    asked = AdviceTerms(overrules=overrules, part=part)
    advice = suggest_found(found, config.reading, use_cache=use_cache, progress=progress, asked=asked)
    budget = config.for_target().budgets.total if config.says_budgets else None
    slug_map = map_of(found, config, use_cache=use_cache, progress=progress, part=part)
    return {"slug_map": slug_map, "advice": advice, "budget": budget}


def map_of(found: Found, config: Config, *, use_cache: bool, progress: Progress | None, part: bytes = b"") -> SlugMap:
    """Return every file of the tree with its share. Raises ``RulesError``."""
    from slugtrim.measurement import Depth, measure
    from slugtrim.sizer import open_size_cache
    from slugtrim.slug_map import map_tree

    cache = open_size_cache(found.git_dir if use_cache else None)
    measured = measure(found.load(), config.reading, depth=Depth.REPORT, cache=cache, progress=progress)
    cache.save()
    return map_tree(measured, part)
