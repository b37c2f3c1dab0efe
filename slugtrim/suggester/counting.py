"""Which mentions count as reading, and which are words that mean something else."""

from __future__ import annotations

from collections.abc import Collection

from slugtrim.suggester.mentions import lists_directories, speaks_shell
from slugtrim.suggester.reading import Hit
from slugtrim.suggester.record import Candidate, Tier
from slugtrim.suggester.resolve import Target
from slugtrim.suggester.words import stem

_CALLED_BY_STEM = frozenset(
    b"png jpg jpeg gif svg webp ico mp3 mp4 wav ogg json yml yaml csv tsv sql xml txt html erb haml slim hbs".split()
)

_TELLING = (b".json", b".md", b".markdown", b".rst", b".xml", b".svg", b".sample", b".example")
"""Files that list code without running it, but for those a build reads."""

_MANIFESTS = frozenset(
    b"package.json app.json composer.json pom.xml deno.json nx.json lerna.json pnpm-workspace.yaml pyproject.toml "
    b"Cargo.toml heroku.yml".split()
)

_SETTINGS = (b".json", b".toml", b".cfg", b".ini", b".yml", b".yaml")

_APART = "sub-projects"
"""The category of what belongs to another application."""

_DOCS = "docs"
_BUILT = "build-output"
_BUILDERS = (b"webpack", b"rollup", b"gulpfile", b"gruntfile", b"tsconfig", b"jsconfig", b"angular.json", b"esbuild")
"""How the names of files begin that say where a build writes to; `*.config.*` are others."""

_COMMON = frozenset(
    b"favicon.ico index.html index.md style.css styles.css main.css logo.png logo.svg robots.txt".split()
)
_LABELS = frozenset(b"production development staging local default".split())
"""Words in quotes that name where a program runs, not a directory."""
_LEAST_STEM = 4
"""A shorter word in quotes is no name of a file."""


def counts(hit: Hit, candidate: Candidate, reader: bytes, whole: Collection[bytes]) -> bool:
    """Whether the hit is a reader of this candidate, and not a word that means something else.

    ``whole`` are the directories of which all could go.
    """
    target = hit.target
    # Beside its code or its pages a directory has tests and notes that whoever names it does not mean.
    is_beside = candidate.is_code or candidate.category in (_DOCS, _BUILT)
    if candidate.is_rebuilt or (target.is_directory and is_beside and target.path not in whole):
        return False
    if candidate.category == _DOCS and (_is_prose(hit, reader) or _is_anywhere(target)):
        return False
    if candidate.category == _BUILT:
        return _runs(hit, reader) or _serves(hit, candidate, reader)
    if candidate.is_code:
        return _runs(hit, reader)
    if candidate.category == _APART:
        # Applications are alike: `api/v1` is the reader's own, although another one has such a directory as well.
        is_named = target.is_sure or (hit.alone and target.path == candidate.path)
        return is_named and target.is_exact and not only_tells(reader)
    if candidate.tier is Tier.SAFE or target.is_sure:
        return target.is_sure
    if candidate.category == _DOCS or candidate.is_whole:
        return hit.alone and target.is_exact and target.path == candidate.path
    return hit.alone and ((target.is_directory and _name(target.path) not in _LABELS) or _is_called(target.path))


def _is_prose(hit: Hit, reader: bytes) -> bool:
    """Whether a text is named to people: in a sentence, or by a word as LICENSE, which code has in many a comment."""
    is_word = not hit.target.is_directory and b"." not in hit.target.path.rpartition(b"/")[2]
    return hit.told or (is_word and not hit.alone and not reader.endswith(b".gemspec"))


def _is_anywhere(target: Target) -> bool:
    """Whether many a directory has a file of the name, so that it tells nothing by itself."""
    return not target.is_exact and _name(target.path) in _COMMON


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]


def _serves(hit: Hit, candidate: Candidate, reader: bytes) -> bool:
    """Whether code names the result of a build by its one word, as in ``static("dist")``: it may send that to browsers.

    A command that bears the name (``npm run build``) and the settings of what builds it do not.
    """
    name = reader.rpartition(b"/")[2].lower()
    is_builder = name.startswith(_BUILDERS) or b".config." in name or speaks_shell(reader)
    is_it = hit.target.is_directory and hit.target.is_exact and hit.target.path == candidate.path
    return hit.alone and is_it and not is_builder and not reader.endswith((*_SETTINGS, *_TELLING))


def _runs(hit: Hit, reader: bytes) -> bool:
    """Whether the hit runs or loads code: by its path from a root, or by an import."""
    target = hit.target
    name = reader.rpartition(b"/")[2]
    if only_tells(reader):
        return False
    if lists_directories(reader) and hit.alone and target.is_exact:
        return True
    is_setting = reader.endswith(_SETTINGS) and name not in _MANIFESTS
    is_hidden = target.is_directory and hit.alone and target.path.rpartition(b"/")[2].startswith(b".")
    is_meant = target.is_exact or hit.imported
    return (target.is_sure or is_hidden) and is_meant and not (target.is_directory and is_setting)


def only_tells(reader: bytes) -> bool:
    """Whether a file lists code without running it."""
    name = reader.rpartition(b"/")[2]
    return reader.endswith(_TELLING) and name not in _MANIFESTS and not name.startswith((b"tsconfig", b"jsconfig"))


def _is_called(path: bytes) -> bool:
    """Whether a single word may stand for the file: its whole name at the root, or a stem that names something."""
    name = path.rpartition(b"/")[2]
    called = stem(name)
    by_stem = name.rpartition(b".")[2].lower() in _CALLED_BY_STEM
    return name == path or (by_stem and len(called) >= _LEAST_STEM and not called.isdigit())
