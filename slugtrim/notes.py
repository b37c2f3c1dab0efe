"""What a reader of the totals should know about a tree: no slug is built at all, LFS pointers ship."""

from __future__ import annotations

from enum import Enum

from msgspec import Struct

from slugtrim.files import LFS_VERSION, SYMLINK, File, Note, Tree

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
    roots = {file.path: file for file in tree.files if file.path in (b"heroku.yml", b"project.toml")}
    texts = tree.read([file for file in roots.values() if file.size_bytes <= _CONFIG_LIMIT_BYTES])
    findings = []
    if b"heroku.yml" in texts and _builds_docker(texts[b"heroku.yml"]):
        message = (
            "builds a Docker image (build.docker): on the container stack no slug is made, and .slugignore is not read"
        )
        cure = "Name in .dockerignore what shall not be in the image"
        findings.append(
            Finding(id="no-slug", level=Level.ERROR, path=b"heroku.yml", line=None, message=message, cure=cure)
        )
    if b"project.toml" in texts and _configures_buildpacks(texts[b"project.toml"]):
        # Cedar ignores the file and builds a slug all the same, hence no more than a warning.
        message = "configures Cloud Native Buildpacks: on Fir they build an image, no slug, and .slugignore is not read"
        cure = "On Fir, exclude in project.toml: slugtrim suggest --format project-toml prints what"
        findings.append(
            Finding(id="no-slug", level=Level.WARNING, path=b"project.toml", line=None, message=message, cure=cure)
        )
    return tuple(findings)


def _builds_docker(text: bytes) -> bool:
    import yaml  # 15 ms that only a repository with a heroku.yml pays

    try:
        # Nodes, not values: constructing those raises half a dozen kinds of error on odd tags, and merge keys multiply.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return False
    node = root
    for wanted in ("build", "docker"):
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for key, value in pairs if key.value == wanted), None)
    return isinstance(node, yaml.MappingNode) and bool(node.value)


def _configures_buildpacks(text: bytes) -> bool:
    import tomllib

    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return False
    io = data.get("io")
    has_project = isinstance(data.get("_"), dict) and "schema-version" in data["_"]
    return has_project or (isinstance(io, dict) and "buildpacks" in io)


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
