"""Builds that make an image and no slug: no buildpack of the platform runs then, and no ignore file is read."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.buildpacks.formats import mapping, toml_table
from slugtrim.files import Tree
from slugtrim.platforms import NoSlugBuild, Platform

_LIMIT_BYTES = 1 << 20
"""A larger manifest is not read."""


def no_slug_builds(tree: Tree, platform: Platform) -> tuple[NoSlugBuild, ...]:
    """Return the kinds of builds without a slug that files in the root ask for, whatever the ignore file says."""
    asking = {build.file for build in platform.no_slug}
    files = [file for file in tree.files if file.path in asking and file.size_bytes <= _LIMIT_BYTES]
    if not files:
        return ()
    texts = tree.read(files)
    return tuple(build for build in platform.no_slug if build.file in texts and _has_any(texts[build.file], build))


def _has_any(text: bytes, build: NoSlugBuild) -> bool:
    return _yaml_has(text, build.keys) if build.file.endswith(b".yml") else _toml_has(text, build.keys)


def _yaml_has(text: bytes, paths: Sequence[Sequence[str]]) -> bool:
    """Return True if one of the paths of keys leads to a table with something in it."""
    import yaml  # 15 ms that only a repository with such a file pays

    try:
        # Nodes, not values: constructing those raises half a dozen kinds of error on odd tags, and merge keys multiply.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return False
    for path in paths:
        node = root
        for wanted in path:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            node = next((value for key, value in pairs if key.value == wanted), None)
        if isinstance(node, yaml.MappingNode) and node.value:
            return True
    return False


def _toml_has(text: bytes, paths: Sequence[Sequence[str]]) -> bool:
    """Return True if one of the paths of keys leads to anything."""
    data = mapping(toml_table(text))
    for *tables, last in paths:
        table = data
        for name in tables:
            table = mapping(table.get(name))
        if last in table:
            return True
    return False
