"""What a deploy builds, and the repository has committed all the same: Django's STATIC_ROOT, the output of a bundler.

Both are conditional at best. Whether collectstatic runs may depend on a config variable that no file shows.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

from slugtrim.files import File, Tree
from slugtrim.platforms import BuildOutput, platform_of
from slugtrim.scanner import Slug
from slugtrim.suggester.entry_points import EntryPoints
from slugtrim.suggester.places import Project
from slugtrim.suggester.records import Candidate, Evidence, EvidenceKind, Grade, Suggestion, Tier

_LIMIT_BYTES = 1 << 20
_SETTINGS = re.compile(rb"(?:\A|/)(?:[^/]*settings[^/]*\.py|(?:settings|config|conf)/[^/]+\.py)\Z")
_STATIC_ROOT = re.compile(rb"(?m)^[ \t]*STATIC_ROOT[ \t]*(?::[^=\n]{0,80})?=(?!=)([^#\n]{1,300})")
_LITERAL = re.compile(rb"\"([^\"\n]*)\"|'([^'\n]*)'")
_DISABLED = b"DISABLE_COLLECTSTATIC"
_HASHED = re.compile(rb"\.[0-9a-f]{8,20}(?=\.[^./]+\Z)")
_COMPRESSED = (b".gz", b".br")
_MANIFESTS = (b"staticfiles.json", b"manifest.json")
_PACKAGE = re.compile(rb"[\"']((?:[a-z_]\w{0,60}\.){0,6}(?:django_)?([a-z]\w{1,60}))[\"'.]")
"""A package that settings install: its static files are in a directory of its name, without `django_` or parents."""

_OUTPUTS = {
    "next build": (b".next",),
    "nuxt build": (b".nuxt", b".output"),
    "vite build": (b"dist",),
    "react-scripts build": (b"build",),
    "ng build": (b"dist",),
    "vue-cli-service build": (b"dist",),
    "gatsby build": (b"public",),
    "parcel build": (b"dist",),
    "remix build": (b"build", b"public/build"),
    "astro build": (b"dist",),
    "webpack": (b"dist",),
    "rollup": (b"dist",),
    "tsc": (b"dist",),
    "svelte-kit build": (b".svelte-kit", b"build"),
}
"""Commands of build tools, with the directories that they write unless told otherwise."""


def rebuilt_candidates(
    tree: Tree, kept: Sequence[File], projects: Sequence[Project], entries: EntryPoints
) -> tuple[Candidate, ...]:
    """Return the directories that the deploy builds again, each as a whole."""
    return (*_static_roots(tree, kept), *_bundles(kept, projects, entries))


def left_by_build(slug: Slug) -> tuple[Suggestion, ...]:
    """Return entries for what the build makes and no process needs, where the ignore file is applied after the build.

    None of it is in the source, so nobody knows its size.
    """
    platform = platform_of(slug.dialect)
    if not platform.build_output:
        return ()
    named = {rule.pattern.strip(b"/") for rule in slug.rules}
    files = {file.path: file for file in slug.tree.files if b"/" not in file.path}
    procfile = files.get(platform.process_file)
    text = slug.tree.read([procfile]).get(procfile.path) if procfile is not None else None
    found = []
    for output in platform.build_output:
        maker = next((name for name in output.made_by if name in files), None)
        is_needed = bool(output.unless) and (text is None or re.search(output.unless, text) is not None)
        if maker is not None and not is_needed and output.pattern.strip(b"/") not in named:
            found.append(_left_behind(output, maker))
    return tuple(found)


def _left_behind(output: BuildOutput, maker: bytes) -> Suggestion:
    made = Evidence(
        kind=EvidenceKind.COMMITTED,
        text="with this file the build makes it; it isn't in git, so its size is unknown",
        path=maker,
    )
    return Suggestion(
        pattern=output.pattern,
        rule="left-by-build",
        tier=Tier.CONDITIONAL,
        grade=Grade.BUILT,
        category="build-output",
        files=(),
        saves_compressed_bytes=0,
        reason=output.reason,
        evidence=(made,),
    )


def _static_roots(tree: Tree, kept: Sequence[File]) -> Iterator[Candidate]:
    """Yield the directory that collectstatic fills, if every file of it comes from a source that it collects."""
    paths = {file.path for file in kept}
    if not any(path.rpartition(b"/")[2] == b"manage.py" for path in paths):
        return
    small = [file for file in kept if file.size_bytes <= _LIMIT_BYTES]
    texts = tree.read([file for file in small if _SETTINGS.search(file.path)])
    steering = [file for file in small if file.path in (b"app.json", b"Procfile", b"heroku.yml")]
    if any(_DISABLED in text for text in (*texts.values(), *tree.read(steering).values())):
        return
    for settings, text in sorted(texts.items()):
        match = _STATIC_ROOT.search(text)
        directory = _directory(match[1], paths) if match is not None else None
        if match is None or directory is None:
            continue
        inside = tuple(file for file in kept if file.path.startswith(directory + b"/"))
        if not _has_sources(directory, inside, kept, text):
            continue
        line = text.count(b"\n", 0, match.start()) + 1
        evidence = Evidence(
            kind=EvidenceKind.COMMITTED,
            text="is STATIC_ROOT, and the build's collectstatic makes it again unless the config variable "
            f"DISABLE_COLLECTSTATIC is set: git rm -r --cached {directory.decode('utf-8', 'replace')}",
            path=settings,
            line=line,
        )
        yield _candidate(directory, inside, "static-root", "collectstatic makes it again", evidence)
        return


def _directory(expression: bytes, paths: Collection[bytes]) -> bytes | None:
    """Return the directory of the slug that the literals of an expression name, joined; None if there is none."""
    literals = [one or other for one, other in _LITERAL.findall(expression)]
    parts = [part for literal in literals for part in literal.split(b"/") if part not in (b"", b".", b"..")]
    if not parts:
        return None
    end = b"/".join(parts)
    found = {path[: at + len(end)] for path in paths if (at := (b"/" + path).find(b"/" + end + b"/")) >= 0}
    return found.pop() if len(found) == 1 else None


def _has_sources(directory: bytes, inside: Sequence[File], kept: Sequence[File], settings: bytes) -> bool:
    blobs = {file.blob for file in kept if file.blob is not None and not file.path.startswith(directory + b"/")}
    below = {file.path for file in inside}
    own = {file.path.split(b"/")[-2] for file in kept if file.path.endswith(b"/__init__.py")}
    packages = {name for found in _PACKAGE.finditer(settings) for name in found.groups()} - own
    collected = {file.path for file in inside if file.blob in blobs or _by_package(file.path, directory, packages)}
    return bool(collected) and all(
        file.path in collected or _is_derived(file.path, directory, collected, below) for file in inside
    )


def _by_package(path: bytes, directory: bytes, packages: Collection[bytes]) -> bool:
    """Return True for a file of a package that settings install: ``admin`` is of ``django.contrib.admin``."""
    return path[len(directory) + 1 :].partition(b"/")[0] in packages


def _is_derived(path: bytes, directory: bytes, collected: Collection[bytes], below: Collection[bytes]) -> bool:
    """Return True for what the storage makes beside a collected file: hashed and compressed copies, a manifest."""
    if path[len(directory) + 1 :] in _MANIFESTS:
        return True
    if path.endswith(_COMPRESSED):
        path = path.rpartition(b".")[0]
    plain = _HASHED.sub(b"", path)
    return path in collected or plain in collected or (plain != path and plain in below)


def _bundles(kept: Sequence[File], projects: Sequence[Project], entries: EntryPoints) -> Iterator[Candidate]:
    """Yield the output directories of the build tools that the deploy's build calls."""
    roots = {project.root for project in projects}
    manifest = b".sprockets-manifest"
    written = {
        (root + b"/" if root else b"") + output
        for root, commands in entries.build_commands.items()
        if root in roots
        for command in commands
        for tool, outputs in _OUTPUTS.items()
        if _calls(command, tool)
        for output in outputs
    }
    for directory in sorted(written):
        inside = tuple(file for file in kept if file.path.startswith(directory + b"/"))
        if inside and not any(manifest in file.path for file in inside):
            reason = "The build script writes it again at every deploy"
            text = f"remove it from git: git rm -r --cached {directory.decode('utf-8', 'replace')}"
            evidence = Evidence(kind=EvidenceKind.COMMITTED, text=text)
            yield _candidate(directory, inside, "build-output", reason, evidence)


def _calls(command: str, tool: str) -> bool:
    words = command.split()
    wanted = tool.split()
    return any(words[at : at + len(wanted)] == wanted for at in range(len(words)))


def _candidate(directory: bytes, inside: tuple[File, ...], rule: str, reason: str, evidence: Evidence) -> Candidate:
    return Candidate(
        path=directory,
        files=inside,
        rule=rule,
        tier=Tier.CONDITIONAL,
        category="build-output",
        reason=reason,
        evidence=(evidence,),
        is_whole=True,
        is_rebuilt=True,
    )
