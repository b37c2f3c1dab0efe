"""What a reader of the totals should know about a tree: no slug is built at all, LFS pointers ship."""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from msgspec import Struct

from slugtrim.files import LFS_VERSION, SYMLINK, File, Note, Tree
from slugtrim.platforms import PLATFORM, NoSlugBuild

_LFS_POINTER_BYTES = range(100, 1024)
_CONFIG_LIMIT_BYTES = 1 << 20
_ATTRIBUTES = b".gitattributes"


class Level(Enum):
    """How much a finding matters."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


class Finding(Struct, frozen=True, kw_only=True):
    """Something to act on. ``id`` is stable and kebab-case."""

    id: str
    level: Level
    path: bytes
    """The file that it is about."""
    line: int | None
    """The line in it, from 1; None where it is about the file as a whole."""
    message: str
    """What is the matter, as one sentence without a point."""
    cure: str = ""
    """What to do, likewise."""
    paths: tuple[bytes, ...] = ()
    """What else it is about: the paths that a rule takes, those that should not ship."""
    fixable: bool = False
    """Whether ``lint --fix`` mends it."""


def no_slug_findings(tree: Tree) -> tuple[Finding, ...]:
    """Why the platform would build no slug of this tree: a Docker build, Cloud Native Buildpacks."""
    asking = {build.file for build in PLATFORM.no_slug}
    files = [file for file in tree.files if file.path in asking and file.size_bytes <= _CONFIG_LIMIT_BYTES]
    texts = tree.read(files)
    return tuple(
        Finding(
            id="no-slug",
            level=Level.ERROR if build.is_certain else Level.WARNING,
            path=build.file,
            line=None,
            message=build.message,
            cure=build.cure,
        )
        for build in PLATFORM.no_slug
        if build.file in texts and _has_any(texts[build.file], build)
    )


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


def lfs_note(tree: Tree, kept: tuple[File, ...]) -> Note | None:
    """The LFS pointers among ``kept``: the platform does not fetch what they point to."""
    attributes = [file for file in tree.files if file.path.endswith(_ATTRIBUTES)]
    small = [
        file
        for file in attributes
        if file.path.rpartition(b"/")[2] == _ATTRIBUTES and file.size_bytes <= _CONFIG_LIMIT_BYTES
    ]
    if not any(b"lfs" in text for text in tree.read(small).values()):
        return None
    candidates = [file for file in kept if file.size_bytes in _LFS_POINTER_BYTES and file.mode != SYMLINK]
    texts = tree.read(candidates)
    pointers = tuple(path for path, text in texts.items() if text.startswith(LFS_VERSION))
    if not pointers:
        return None
    message = "Git LFS pointers: the platform ships the pointer files, not what they point to"
    return Note(id="lfs-pointers", message=message, paths=pointers)
