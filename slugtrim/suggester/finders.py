"""Candidates that no catalog names: unread files, projects of their own, what a deploy builds."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from slugtrim.files import SYMLINK, Directory, File, Tree, directories_above
from slugtrim.platforms import BuildOutput, platform_of
from slugtrim.scanner import Slug
from slugtrim.suggester.candidates import common_path
from slugtrim.suggester.catalog import Kind, conventional, kinds
from slugtrim.suggester.edges import Phase
from slugtrim.suggester.entry_points import EntryPoints
from slugtrim.suggester.harmless import OLD_BUILD
from slugtrim.suggester.manifests import calls
from slugtrim.suggester.outline import files_below
from slugtrim.suggester.places import Grounds, Project, grounds_of, is_needed, is_project
from slugtrim.suggester.records import Candidate, Evidence, EvidenceKind, Grade, Suggestion, Tier
from slugtrim.suggester.root_table import root_table

_LEAST_BYTES = 8 * 1024
"""A single file below this is not worth a line."""
_LEAST_DIRECTORY_BYTES = 16 * 1024

_ENTRY_POINTS = {b"Procfile", b"config.ru", b"manage.py", b"mix.exs", b"heroku.yml"}
_BUILDS = frozenset([b"app.json", b"heroku.yml", b".buildpacks", b"project.toml"])
"""Files that name buildpacks, or images."""
_PACKAGE_JSON = b"package.json"
BUILT = frozenset([b"dist", b"build", b"out"])
"""Directories of a project that its build writes."""
_USUAL_CODE = {b"app", b"src", b"lib", b"backend", b"server", b"api", b"web", b"assets"}
_UMBRELLA = b"mix.exs"
_APP_OF_UMBRELLA = re.compile(rb"apps/[^/]+/mix\.exs")
"""The manifest of an application that Mix builds with that at the root."""


def unread_candidates(files: Iterable[File]) -> tuple[Candidate, ...]:
    """What of ``files`` is of a kind that has to be named to be read: whole directories, then single files."""
    by_kind: dict[str, list[File]] = defaultdict(list)
    found = []
    root = Directory.from_files(files)
    telling = {directory.path: directory for directory in _whole_directories(root)}
    for directory in telling.values():
        inside = [*files_below(directory)]
        if sum(file.size_bytes for file in inside) >= _LEAST_DIRECTORY_BYTES:
            found.append(_of_kind(_heaviest(inside), directory.path, inside))
    for directory in _outside(root, telling):
        for file in directory.files.values():
            kind = _kind(file)
            if kind is not None and file.size_bytes >= _LEAST_BYTES:
                by_kind[kind.id].append(file)
    known = {kind.id: kind for kind in kinds().values()}
    found += [_of_kind(known[id_], b"", members) for id_, members in by_kind.items()]
    return tuple(sorted(found, key=lambda candidate: (candidate.path, candidate.rule)))


def _kind(file: File) -> Kind | None:
    if file.mode == SYMLINK:
        return None
    stem, dot, extension = file.path.rpartition(b"/")[2].rpartition(b".")
    return kinds().get(extension.lower()) if stem and dot and stem not in conventional() else None


def _whole_directories(root: Directory) -> Iterator[Directory]:
    """The uppermost directories that hold nothing but such files."""
    whole: dict[bytes, bool] = {}
    for directory in reversed(list(root.walk())):
        below = all(whole[child.path] for child in directory.directories.values())
        whole[directory.path] = below and all(_kind(file) is not None for file in directory.files.values())
    for directory in root.walk():
        parent = directory.parent
        if directory.path and whole[directory.path] and (parent is None or not parent.path or not whole[parent.path]):
            yield directory


def _outside(root: Directory, inner: Collection[bytes]) -> Iterator[Directory]:
    stack = [root]
    while stack:
        directory = stack.pop()
        if directory.path not in inner:
            yield directory
            stack.extend(directory.directories.values())


def _heaviest(files: Iterable[File]) -> Kind:
    """Return the kind of which most bytes of the files are; each has one."""
    kinds_of = {file: kind for file in files if (kind := _kind(file)) is not None}
    weights: Counter[str] = Counter()
    for file, kind in kinds_of.items():
        weights[kind.id] += file.size_bytes
    return min(kinds_of.values(), key=lambda kind: (-weights[kind.id], kind.id))


def _of_kind(kind: Kind, path: bytes, files: Iterable[File]) -> Candidate:
    return Candidate(
        path=path,
        files=tuple(sorted(files)),
        rule=kind.id,
        tier=Tier.CONDITIONAL,
        category=kind.category,
        reason=kind.reason,
    )


def apart_candidates(kept: Sequence[File], projects: Sequence[Project], entries: EntryPoints) -> tuple[Candidate, ...]:
    """Return what may belong to another application: nested projects, and directories in which nothing is started.

    Only if the slug says what is started; otherwise the command stands in a dashboard, and may start any of them.
    """
    if not _says_what_starts(kept, entries) or not (is_project(kept) or _is_entered(kept, entries)):
        return ()
    deployed = (root.path for root in entries.roots if root.source and root.phase is not Phase.DEV)
    starts = [*deployed, *entries.search_paths, *(project.root for project in projects if project.is_started)]
    entered = {above for path in starts for above in (path, *directories_above(path))}
    deployed_apart = {file.path.rpartition(b"/")[0] for file in kept if file.path.endswith(b"/Procfile")}
    usual = _USUAL_CODE - deployed_apart
    paths = {file.path for file in kept}
    is_umbrella = _UMBRELLA in paths
    usual |= {path.rpartition(b"/")[0] for path in paths if is_umbrella and _APP_OF_UMBRELLA.fullmatch(path)}
    nested = {project.root for project in projects if project.root and project.root not in usual} - entered
    # The output of a build inside a project may be all that the others read of it.
    upper = {root for root in nested if nested.isdisjoint(directories_above(root))}
    tops = _beside_started(kept, projects, entries) - upper
    files: dict[bytes, list[File]] = defaultdict(list)
    for file in kept:
        for directory in directories_above(file.path):
            if directory in tops or (directory in upper and not _is_built(file.path, directory)):
                files[directory].append(file)
    return tuple(
        Candidate(
            path=directory,
            files=tuple(files[directory]),
            rule="unused-project" if directory in upper else "other-directory",
            tier=Tier.CONDITIONAL,
            category="sub-projects",
            reason=(
                "A separate project that your app doesn't use"
                if directory in upper
                else "Nothing that the Procfile starts uses this directory"
            ),
            is_whole=True,
            is_named=True,
        )
        for directory in sorted(upper | tops)
        if files[directory] and not any(above in tops for above in directories_above(directory))
    )


def _is_entered(kept: Sequence[File], entries: EntryPoints) -> bool:
    """Return True if each process of a Procfile without a manifest beside it starts inside a directory.

    What says how the slug is built may build the other directories as well.
    """
    return bool(entries.started_directories) and all(file.path not in _BUILDS for file in kept)


def _says_what_starts(kept: Sequence[File], entries: EntryPoints) -> bool:
    """Return True if a file says what a dyno starts. Without a Procfile, Heroku runs `npm start`."""
    is_started = any(root.phase is Phase.RUN and root.source == _PACKAGE_JSON for root in entries.roots)
    return is_started or any(file.path in _ENTRY_POINTS for file in kept)


def _beside_started(kept: Sequence[File], projects: Sequence[Project], entries: EntryPoints) -> set[bytes]:
    """Return the directories at the root in which nothing is started, if every process starts inside another."""
    if not entries.started_directories:
        return set()
    grounds = grounds_of(projects)
    deployed = (root.path for root in entries.roots if root.phase is not Phase.DEV)
    starts = [*deployed, *entries.search_paths, *(project.root for project in projects if project.is_started)]
    used = {path.partition(b"/")[0] for path in starts} | entries.started_directories
    # A directory without any code is no application: what is in it is judged by its kind.
    tops = {file.path.partition(b"/")[0] for file in kept if b"/" in file.path and _kind(file) is None}
    return {top for top in tops - used if _may_be_apart(top, grounds, projects)}


def _may_be_apart(top: bytes, grounds: Grounds, projects: Sequence[Project]) -> bool:
    place = grounds.at(top)
    is_usual = top.startswith(b".") or place.is_named or place.delivery is not None
    return not is_usual and is_needed(top, projects) is None


def _is_built(path: bytes, project: bytes) -> bool:
    return path[len(project) + 1 :].partition(b"/")[0] in BUILT


# What a deploy builds, and the repository has committed all the same: Django's STATIC_ROOT, the output of a bundler.
# Both are conditional at best: whether collectstatic runs may depend on a config variable that no file shows.

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


def rebuilt_candidates(
    tree: Tree, kept: Sequence[File], projects: Sequence[Project], entries: EntryPoints
) -> tuple[Candidate, ...]:
    """Return the directories that the deploy builds again, each as a whole."""
    return (*_static_roots(tree, kept), *_bundles(kept, projects, entries), *_precompiled(kept))


def message_candidates(
    kept: Sequence[File], projects: Sequence[Project], entries: EntryPoints
) -> tuple[Candidate, ...]:
    """Return the sources of gettext's messages that are compiled beside them: a running application opens those only.

    One that is compiled nowhere may be read.
    """
    sources = [file for file in kept if file.path.endswith(b".po")] if not entries.uses_messages else []
    compiled = {file.path[:-3] for file in kept if file.path.endswith(b".mo")} if sources else set()
    grounds = grounds_of(projects)
    found = [
        file
        for file in sources
        if file.path[:-3] in compiled
        and file.mode != SYMLINK
        and "python" in grounds.at(file.path.rpartition(b"/")[0]).ecosystems
    ]
    candidate = Candidate(
        path=common_path(found) if found else b"",
        files=tuple(sorted(found)),
        rule="message-sources",
        tier=Tier.CONDITIONAL,
        category="translations",
        reason="The app reads only the .mo files beside them; check that no buildpack or script compiles messages",
        is_source=True,
        forms=(b"*.po",),
    )
    return (candidate,) if found else ()


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
    """Yield the directory that collectstatic fills, or those in it of which every file comes from what it collects."""
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
        directory = _named_directory(match[1], paths) if match is not None else None
        if match is None or directory is None:
            continue
        inside = tuple(file for file in kept if file.path.startswith(directory + b"/"))
        line = text.count(b"\n", 0, match.start()) + 1
        is_found = False
        for made in _made_again(directory, inside, kept, text):
            is_found = True
            within = "is" if made == directory else "is in"
            evidence = Evidence(
                kind=EvidenceKind.COMMITTED,
                text=f"{within} STATIC_ROOT, and the build's collectstatic makes it again unless the config variable "
                f"DISABLE_COLLECTSTATIC is set: git rm -r --cached {made.decode('utf-8', 'replace')}",
                path=settings,
                line=line,
            )
            files = tuple(file for file in inside if file.path.startswith(made + b"/"))
            yield _candidate(made, files, "static-root", "collectstatic makes it again", evidence)
        if is_found:
            return


def _named_directory(expression: bytes, paths: Collection[bytes]) -> bytes | None:
    """Return the directory of the slug that the literals of an expression name, joined; None if there is none."""
    literals = [one or other for one, other in _LITERAL.findall(expression)]
    parts = [part for literal in literals for part in literal.split(b"/") if part not in (b"", b".", b"..")]
    if not parts:
        return None
    end = b"/".join(parts)
    found = {path[: at + len(end)] for path in paths if (at := (b"/" + path).find(b"/" + end + b"/")) >= 0}
    return found.pop() if len(found) == 1 else None


def _made_again(directory: bytes, inside: Sequence[File], kept: Sequence[File], settings: bytes) -> Iterator[bytes]:
    """Yield the directory if all in it has a source, or else the directories directly in it that do."""
    outside = [file for file in kept if not file.path.startswith(directory + b"/")]
    blobs = {file.blob for file in outside if file.blob is not None}
    below = {file.path for file in inside}
    own = {file.path.split(b"/")[-2] for file in kept if file.path.endswith(b"/__init__.py")}
    packages = {name for found in _PACKAGE.finditer(settings) for name in found.groups()} - own
    # `admin` in it is of `django.contrib.admin`.
    collected = {
        file.path
        for file in inside
        if file.blob in blobs or file.path[len(directory) + 1 :].partition(b"/")[0] in packages
    }
    is_made = {path: path in collected or _is_derived(path, directory, collected, below) for path in below}
    if collected and all(is_made.values()):
        yield directory
        return
    parts: dict[bytes, bool] = {}
    for path in sorted(below):
        name, slash, _ = path[len(directory) + 1 :].partition(b"/")
        if slash:
            part = directory + b"/" + name
            parts[part] = parts.get(part, True) and is_made[path]
    yield from (part for part, is_whole in parts.items() if is_whole)


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
        for tool, outputs in root_table().outputs.items()
        if calls(command.split(), tool)
        for output in outputs
    }
    for directory in sorted(written):
        inside = tuple(file for file in kept if file.path.startswith(directory + b"/"))
        if inside and not any(manifest in file.path for file in inside):
            reason = "The build script writes it again at every deploy"
            text = f"remove it from git: git rm -r --cached {directory.decode('utf-8', 'replace')}"
            evidence = Evidence(kind=EvidenceKind.COMMITTED, text=text)
            yield _candidate(directory, inside, "build-output", reason, evidence)


_BUILT_NAME = re.compile(rb"(.+[._-])((?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{16,64})((?:\.\w{1,12}){1,3})")
"""A name with a digest (group 2), as ``app.f3cedfb63b87.js``."""


def old_build_candidates(kept: Sequence[File]) -> tuple[Candidate, ...]:
    """Return files of which several have a digest in their names, beside the one without: builds have left them.

    A manifest, a page or a service worker that needs one of them names it. Django computes its digests of 12 digits.
    """
    paths = {file.path for file in kept}
    found: dict[tuple[bytes, bytes, bytes], list[File]] = defaultdict(list)
    for file in kept:
        directory, _, name = file.path.rpartition(b"/")
        built = _BUILT_NAME.fullmatch(name)
        if built is not None and file.mode != SYMLINK:
            plain = built[1][:-1] + built[3]
            if (directory + b"/" + plain if directory else plain) in paths:
                found[directory, built[1], built[3]].append(file)
    return tuple(
        Candidate(
            path=files[0].path if len(files) == 1 else directory,
            files=tuple(sorted(files)),
            rule=OLD_BUILD,
            tier=Tier.CONDITIONAL,
            category="build-output",
            reason="Left by an earlier build; the file without the digest is beside it",
            near_forms=(stem + b"*" + ending,),
        )
        for (directory, stem, ending), files in sorted(found.items())
        if len(files) > 1
    )


_RAILS = b"config/application.rb"
_ASSETS = b"public/assets"
_DIGEST = re.compile(rb"-[0-9a-f]{32,64}\.")


def _precompiled(kept: Sequence[File]) -> Iterator[Candidate]:
    """Yield the assets that Rails precompiles, where nothing can find the committed ones.

    Each name has a digest, and no manifest says which is whose. With one the Ruby buildpack skips the precompile.
    """
    inside = tuple(file for file in kept if file.path.startswith(_ASSETS + b"/"))
    names = [file.path.rpartition(b"/")[2] for file in inside]
    is_lost = names and all(_DIGEST.search(name) and b"manifest" not in name for name in names)
    if is_lost and any(file.path == _RAILS for file in kept):
        reason = "assets:precompile writes them again at every deploy, and no manifest leads to these"
        text = f"remove it from git: git rm -r --cached {_ASSETS.decode()}"
        yield _candidate(_ASSETS, inside, "build-output", reason, Evidence(kind=EvidenceKind.COMMITTED, text=text))


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
