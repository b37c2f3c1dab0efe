"""Candidates that no catalog names: files that only a mention could make needed, and projects of their own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from slugtrim.files import SYMLINK, Directory, File, directories_above
from slugtrim.suggester.catalog import Kind, conventional, kinds
from slugtrim.suggester.edges import Phase
from slugtrim.suggester.entry_points import EntryPoints
from slugtrim.suggester.places import Grounds, Project, grounds_of, is_needed, is_project
from slugtrim.suggester.records import Candidate, Tier

_LEAST_BYTES = 8 * 1024
"""A single file below this is not worth a line."""
_LEAST_DIRECTORY_BYTES = 16 * 1024

_ENTRY_POINTS = {b"Procfile", b"config.ru", b"manage.py", b"heroku.yml"}
_BUILDS = frozenset([b"app.json", b"heroku.yml", b".buildpacks", b"project.toml"])
"""Files that name buildpacks, or images."""
_PACKAGE_JSON = b"package.json"
BUILT = frozenset([b"dist", b"build", b"out"])
"""Directories of a project that its build writes."""
_USUAL_CODE = {b"app", b"src", b"lib", b"backend", b"server", b"api", b"web"}


def unread_candidates(files: Iterable[File]) -> tuple[Candidate, ...]:
    """What of ``files`` is of a kind that has to be named to be read: whole directories, then single files."""
    by_kind: dict[str, list[File]] = defaultdict(list)
    found = []
    root = Directory.from_files(files)
    telling = {directory.path: directory for directory in _whole_directories(root)}
    for directory in telling.values():
        inside = tuple(sorted(file for below in directory.walk() for file in below.files.values()))
        if sum(file.size_bytes for file in inside) >= _LEAST_DIRECTORY_BYTES:
            found.append(_directory(directory.path, inside))
    for directory in _outside(root, telling):
        for file in directory.files.values():
            kind = _kind(file)
            if kind is not None and file.size_bytes >= _LEAST_BYTES:
                by_kind[kind.id].append(file)
    known = {kind.id: kind for kind in kinds().values()}
    found += [_scattered(known[id_], members) for id_, members in by_kind.items()]
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


def _directory(path: bytes, files: tuple[File, ...]) -> Candidate:
    weights: dict[str, int] = defaultdict(int)
    found: dict[str, Kind] = {}
    for file in files:
        kind = _kind(file)
        assert kind is not None
        weights[kind.id] += file.size_bytes
        found[kind.id] = kind
    heaviest = found[max(sorted(weights), key=lambda id_: weights[id_])]
    return Candidate(
        path=path,
        files=files,
        rule=heaviest.id,
        tier=Tier.CONDITIONAL,
        category=heaviest.category,
        reason=heaviest.reason,
    )


def _scattered(kind: Kind, files: Sequence[File]) -> Candidate:
    return Candidate(
        path=b"",
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
    deployed = (root for root in entries.roots if root.source and root.phase is not Phase.DEV)
    starts = [*(root.path for root in deployed), *entries.search_paths, *_started(projects)]
    entered = {above for path in starts for above in (path, *directories_above(path))}
    deployed_apart = {file.path.rpartition(b"/")[0] for file in kept if file.path.endswith(b"/Procfile")}
    usual = _USUAL_CODE - deployed_apart
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


def _started(projects: Iterable[Project]) -> Iterator[bytes]:
    return (project.root for project in projects if project.is_started)


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
    starts = [*deployed, *entries.search_paths, *_started(projects)]
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
