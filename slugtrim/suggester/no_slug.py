"""Files that ask the platform for another kind of build than one that makes a slug."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.files import Note, Tree
from slugtrim.platforms import PLATFORM, NoSlugBuild

NO_SLUG = "no-slug"
"""The kind of such a note."""
_LIMIT_BYTES = 1 << 20


def no_slug_notes(tree: Tree) -> tuple[Note, ...]:
    """Return what makes all advice idle: a build that reads no ignore file."""
    return tuple(
        Note(id=NO_SLUG, message=f"{build.file.decode()} {build.message}", paths=(build.file,))
        for build in no_slug_builds(tree)
        if build.is_certain
    )


def no_slug_builds(tree: Tree) -> tuple[NoSlugBuild, ...]:
    """Return the kinds of builds without a slug that files in the root ask for."""
    asking = {build.file for build in PLATFORM.no_slug}
    files = [file for file in tree.files if file.path in asking and file.size_bytes <= _LIMIT_BYTES]
    texts = tree.read(files)
    return tuple(build for build in PLATFORM.no_slug if build.file in texts and _has_any(texts[build.file], build))


def _has_any(text: bytes, build: NoSlugBuild) -> bool:
    """Return True if the file has one of the keys that ask for this kind of build."""
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
    import tomllib  # 4 ms that only a repository with such a file pays

    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return False
    for *tables, last in paths:
        table: object = data
        for name in tables:
            table = table.get(name) if isinstance(table, dict) else None
        if isinstance(table, dict) and last in table:
            return True
    return False
