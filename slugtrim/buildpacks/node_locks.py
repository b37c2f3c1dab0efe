"""What the Node.js buildpack installs: by the lock file of npm, Yarn 1, Yarn 2 and later, pnpm or Bun.

Pruning as of 2026-08: github.com/heroku/heroku-buildpack-nodejs, ``lib/package_managers/*.sh``.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cache
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.buildpacks.formats import (
    decoded,
    environment,
    indented,
    json_object,
    mapping,
    names,
    text,
)
from slugtrim.buildpacks.packages import Dependencies, LockedPackage, PackageEcosystem, Read
from slugtrim.buildpacks.workspaces import started_members

MAX_WORKSPACES = 500
MAX_PLACE = 2000
MAX_DEPTH = 20
MAX_COPIES = 3
"""How often a package lies in node_modules at most, in the mean. Real applications stay below 1.3."""
MAX_STEPS = 500_000
"""Needs that are placed. The largest lock files of real applications have some 50,000."""
_HERE = {"os": "linux", "cpu": "x64", "libc": "glibc"}
_ELSEWHERE = re.compile(
    r"(?<![a-z0-9])(?:darwin|macos|osx|win32|windows|freebsd|openbsd|netbsd|android|androideabi|sunos|aix|openharmony"
    r"|arm64|aarch64|arm|armv7|ia32|i686|s390x|ppc64|ppc64le|powerpc64le|riscv64|riscv64gc|loong64|mips64el|mips64le"
    r"|wasm32|wasi)(?![a-z0-9])"
)
"""Words in the name of an optional package that is for another platform, for lock files that don't list platforms."""
_FOR_MAC_ONLY = frozenset({"fsevents"})
_UNREADABLE = "{} can't be read, so the packages that it lists are not counted."
_NO_LOCK = "No lock file: only the direct dependencies of package.json are known."
_LIFECYCLE = ("pnpm:devPreinstall", "preinstall", "install", "postinstall", "prepare")
_BUN = "The Node.js buildpack doesn't read bun.lock. Without another lock file, npm chooses the versions."

Find = Callable[[str, str, str], str]
"""Returns the key of what is installed for the key above, a name and a range. Empty if nothing is."""


def node_dependencies(paths: Collection[bytes], read: Read) -> Dependencies:
    """Return what the buildpack installs by the lock file that it takes, or by ``package.json``."""
    there = {name for name in _READERS if name in paths}
    lock = next((name for name in _READERS if name in there), b"package.json")
    root = _Manifest.of(json_object(read(b"package.json")))
    notes = [] if root.is_read else ["package.json can't be read."]
    if len(there - {b"bun.lock"}) > 1:
        notes.append("There are several lock files. The buildpack refuses to build until one is left.")
    content, project = read(lock), _Project(paths, read)
    manager, listed = "npm", None
    if lock == b"package.json":
        notes.append(_NO_LOCK)
    else:
        manager, listed = _READERS[lock](content, root, project)
        if listed is None:
            notes.append(_UNREADABLE.format(lock.decode()))
    found = listed or _direct(root)
    if lock == b"bun.lock":
        notes.append(_BUN)
    notes += found.notes
    if len(found.members) > 1:
        notes.append(
            f"The workspace has {len(found.members)} members. The buildpack installs the packages of all of them."
        )
    is_pruned, why = _pruning(manager, environment(json_object(read(b"app.json"))))
    if manager == "pnpm" and is_pruned:
        is_pruned, why = _pnpm_pruning(found.members, read)
    if why:
        notes.append(why)
    kept = {id(package) for package in found.production}
    manifests = {directory: project.manifest(directory) for directory in islice(found.members, MAX_WORKSPACES)}
    asked = {name for each in (root, *manifests.values()) for name in (*each.production, *each.optional)}
    packages = tuple(_asked_for(package, asked) for package in found.production)
    started = () if found.needed_by is None else _started(manifests, read)
    needed = found.needed_by(started) if found.needed_by is not None and started else ()
    return Dependencies(
        ecosystem=PackageEcosystem.NPM,
        manager=manager,
        lock=lock,
        packages=packages,
        development=tuple(package for package in found.all if id(package) not in kept),
        is_pruned=is_pruned,
        pinned=found.pinned,
        started=started,
        needed_by_started=tuple(package for package in packages if (package.name, package.version) in needed),
        notes=tuple(notes),
    )


def _started(manifests: Mapping[str, _Manifest], read: Read) -> tuple[str, ...]:
    """Return the directories of the members that are started, if there are others."""
    members = {directory: each for directory, each in manifests.items() if directory not in ("", ".")}
    names = {directory: each.where for directory, each in members.items()}
    needs = {directory: [*each.production, *each.optional] for directory, each in members.items()}
    started = started_members(read, names, needs)
    return tuple(started) if len(started) < len(members) else ()


def _asked_for(package: LockedPackage, names: Collection[str]) -> LockedPackage:
    """Return the package, marked if it is among the names and lies in no other package."""
    is_inner = package.place.count("node_modules/") > 1
    return replace(package, is_direct=True) if package.name in names and not is_inner else package


class _Manifest(Struct):
    """What a package.json needs, or a member of a workspace as its lock file says it."""

    production: dict[str, str]
    optional: dict[str, str]
    development: dict[str, str]
    workspaces: list[str]
    resolutions: dict[str, str]
    is_read: bool
    where: str

    @classmethod
    def of(cls, found: Mapping[str, object] | None) -> _Manifest:
        said = mapping(found)
        workspaces = said.get("workspaces")
        return cls(
            production=_ranges(said.get("dependencies")),
            optional=_ranges(said.get("optionalDependencies")),
            development=_ranges(said.get("devDependencies")),
            workspaces=names(mapping(workspaces).get("packages") if isinstance(workspaces, dict) else workspaces),
            resolutions=_ranges(said.get("resolutions")),
            is_read=found is not None,
            where=text(said.get("name")),
        )


class _Found(Struct):
    """What a lock file lists. Production packages are a part of all, the same objects."""

    all: Sequence[LockedPackage]
    production: Sequence[LockedPackage]
    notes: Sequence[str] = ()
    pinned: bool = True
    kept: Collection[str] = ()
    """Keys of the production packages of a graph."""
    members: Sequence[str] = ()
    """Directories of the workspace, that of the application among them."""
    needed_by: Callable[[Collection[str]], set[tuple[str, str]]] | None = None
    """Returns names and versions of the packages that some members need."""


class _Project:
    """The files of the application beside the lock file."""

    def __init__(self, paths: Collection[bytes], read: Read) -> None:
        self.paths, self.read = paths, read

    def manifest(self, directory: str) -> _Manifest:
        inside = "" if directory in ("", ".") else directory.removeprefix("./") + "/"
        return _Manifest.of(json_object(self.read(f"{inside}package.json".encode("utf-8", "surrogateescape"))))

    def members(self, patterns: Sequence[str]) -> Iterator[str]:
        """Yield the directories that the patterns of a workspace name."""
        wanted = [pattern.removeprefix("./").rstrip("/").split("/") for pattern in patterns[:100]]
        for path in self.paths if wanted else ():
            if path.endswith(b"/package.json") and b"node_modules/" not in path:
                parts = path.decode("utf-8", "surrogateescape").split("/")[:-1]
                if any(_fits(parts, pattern) for pattern in wanted):
                    yield "/".join(parts)


def _fits(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    if "**" in pattern:
        pattern = pattern[: pattern.index("**")]
        parts = parts[: len(pattern)]
    return len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))


def _ranges(value: object) -> dict[str, str]:
    found = {}
    for name, wanted in mapping(value).items():
        version = mapping(wanted).get("version", "") if isinstance(wanted, dict) else wanted
        if text(name):
            found[name] = version if isinstance(version, str) else ""
    return found


def _direct(root: _Manifest) -> _Found:
    production = [_package(name, "") for name in root.production | root.optional]
    return _Found([*production, *(_package(name, "") for name in root.development)], production, pinned=False)


def _package(name: str, version: str, place: str = "") -> LockedPackage:
    return LockedPackage(ecosystem=PackageEcosystem.NPM, name=name, version=version, place=place)


# -- pruning ----------------------------------------------------------------------------------------------------------


def _pruning(manager: str, variables: Mapping[str, str]) -> tuple[bool, str]:
    """Return if development packages go, and a sentence on what ``app.json`` sets about it."""
    production = {"npm": "NPM_CONFIG_PRODUCTION", "yarn": "YARN_PRODUCTION"}.get(manager, "")
    skip = {"yarn-berry": "YARN2_SKIP_PRUNING", "pnpm": "PNPM_SKIP_PRUNING"}.get(manager, "")
    if variables.get("NODE_ENV", "production") != "production":
        return False, "app.json sets NODE_ENV, so the buildpack keeps development packages."
    if variables.get(production):
        kept = variables[production] != "true"
        return (
            not kept,
            f"app.json sets {production}, so the buildpack {'keeps' if kept else 'skips'} development packages.",
        )
    if variables.get(skip) == "true":
        return False, f"app.json sets {skip}, so the buildpack keeps development packages."
    return True, ""


_PNPM_VERSION = re.compile(r"pnpm@(\d{1,4})\.(\d{1,4})\.(\d{1,4})")


def _pnpm_pruning(members: Sequence[str], read: Read) -> tuple[bool, str]:
    """Return as ``_pruning`` does: pnpm before 8.15.6, and any in a workspace, would run scripts of an installation."""
    said = mapping(json_object(read(b"package.json")))
    version = _PNPM_VERSION.match(text(said.get("packageManager")))
    runs_scripts = version is not None and tuple(map(int, version.groups())) < (8, 15, 6)
    is_workspace = bool(mapping(indented(read(b"pnpm-workspace.yaml"))).get("packages"))
    for directory in members[:MAX_WORKSPACES] if is_workspace else ["."][:runs_scripts]:
        path = "package.json" if directory == "." else f"{directory}/package.json"
        scripts = mapping(mapping(json_object(read(path.encode("utf-8", "surrogateescape")))).get("scripts"))
        if not scripts.keys().isdisjoint(_LIFECYCLE):
            return False, f"{text(path)} has an install script, so the buildpack doesn't prune development packages."
    return True, ""


# -- which packages are for this platform, and which are reached ------------------------------------------------------


def _runs_here(entry: Mapping[str, object]) -> bool:
    """Return True if ``os``, ``cpu`` and ``libc`` of a package allow Linux on x86-64 with glibc."""
    for key, here in _HERE.items():
        allowed = names(entry.get(key)) if key in entry else ()
        wanted = [name for name in allowed if not name.startswith("!")]
        if f"!{here}" in allowed or (wanted and here not in wanted and "any" not in wanted):
            return False
    return True


def _name_runs_here(name: str) -> bool:
    return name not in _FOR_MAC_ONLY and not _ELSEWHERE.search(name)


def _reached(start: Iterable[str], needed: Callable[[str], Iterable[str]], known: Collection[str] = ()) -> set[str]:
    """Return the keys that are reached, and the known ones. What those need isn't looked at again."""
    seen = set(known)
    stack = list(start)
    while stack:
        key = stack.pop()
        if key not in seen:
            seen.add(key)
            stack.extend(needed(key))
    return seen


class _Entry(Struct):
    """A package of a lock file that is a graph."""

    key: str
    """The first of its keys."""
    name: str = ""
    version: str = ""
    needs: Mapping[str, object] = {}
    may_need: Mapping[str, object] = {}
    optional: Collection[str] = ()
    """Names among the needs that may be missing."""
    runs: bool = True


class _Graph:
    """What packages of a lock file need. A package for another platform that may be missing is not needed."""

    def __init__(self, entries: Mapping[str, _Entry], find: Find, runs: Callable[[str], bool] | None = None) -> None:
        self.entries, self.find = entries, find
        self.runs = runs or (lambda key: entries[key].runs)
        self.needed = cache(self._needed)

    def _needed(self, key: str) -> dict[str, str]:
        """Return the key of what is installed for each name that a package needs."""
        entry = self.entries[key]
        found = self._asked(key, entry.needs, entry.optional or entry.may_need) if entry.needs else {}
        return found | self._asked(key, entry.may_need, entry.may_need) if entry.may_need else found

    def direct(self, manifest: _Manifest) -> dict[str, str]:
        found = self._asked(manifest.where, manifest.production)
        return found | self._asked(manifest.where, manifest.optional, manifest.optional)

    def development(self, manifest: _Manifest) -> dict[str, str]:
        return self._asked(manifest.where, manifest.development)

    def _asked(self, above: str, ranges: Mapping[str, object], optional: Collection[str] = ()) -> dict[str, str]:
        return {
            name: key
            for name, wanted in ranges.items()
            if isinstance(wanted, str)
            and (key := self.find(above, name, wanted))
            and not (name in optional and not self.runs(key))
        }

    def needed_by(self, manifests: Mapping[str, _Manifest]) -> Callable[[Collection[str]], set[tuple[str, str]]]:
        """Return what tells the packages that some of the manifests reach, by directory."""

        def needed(directories: Collection[str]) -> set[tuple[str, str]]:
            start = [key for directory in directories for key in self.direct(manifests[directory]).values()]
            reached = _reached(start, lambda key: self.needed(key).values())
            return {(self.entries[key].name, self.entries[key].version) for key in reached}

        return needed

    def found(self, manifests: Iterable[_Manifest]) -> _Found:
        """Return the packages that the manifests reach, and those that they reach without development."""
        start: list[str] = []
        development: list[str] = []
        for manifest in manifests:
            start += self.direct(manifest).values()
            development += self.development(manifest).values()
        kept = _reached(start, lambda key: self.needed(key).values())
        reached = {
            key: self.entries[key] for key in sorted(_reached(development, lambda key: self.needed(key).values(), kept))
        }
        packages = {key: _package(entry.name, entry.version) for key, entry in reached.items() if entry.name}
        production = [package for key, package in packages.items() if key in kept]
        return _Found(list(packages.values()), production, kept={key for key in kept if key in packages})


def _hoisted(found: _Found, entries: Mapping[str, _Entry], manifests: Mapping[str, _Manifest], graph: _Graph) -> _Found:
    """Return the production packages where Yarn puts them: as high as no other version of the name is in the way.

    The version that most packages need lies at the top. Others lie below packages that need them, maybe several times.
    """
    needed = graph.needed
    asked: dict[str, Counter[str]] = defaultdict(Counter)
    for key in found.kept:
        for name, inner in needed(key).items():
            asked[name][inner] += 1
    direct = {place: graph.direct(manifest) for place, manifest in manifests.items()}
    for wanted in direct.values():
        for name, inner in wanted.items():
            asked[name][inner] += 1
    for name, inner in direct.get("", {}).items():
        asked[name][inner] = len(entries) + 1  # the application itself decides first
    placed = {f"node_modules/{name}": max(sorted(keys), key=keys.__getitem__) for name, keys in asked.items()}
    waiting = [(place, wanted) for place, wanted in direct.items() if place]
    waiting += [(place, needed(key)) for place, key in placed.items()]
    left = MAX_STEPS
    for place, wanted in waiting:  # which grows
        left -= len(wanted)
        if left < 0:
            break  # no lock file that Yarn wrote: what is placed by now has to do
        for name, inner in wanted.items():
            new = _free_place(place, name, inner, placed, needed)
            if new and len(placed) < MAX_COPIES * (len(found.kept) + 100):
                placed[new] = inner
                waiting.append((new, needed(inner)))
    production = [_package(entries[key].name, entries[key].version, place) for place, key in placed.items()]
    kept = {id(package) for package in found.production}
    return _Found([*production, *(package for package in found.all if id(package) not in kept)], production)


def _free_place(
    place: str, name: str, key: str, placed: Mapping[str, str], needed: Callable[[str], Mapping[str, str]]
) -> str:
    """Return the highest place for a package that one at a place needs, or nothing if it finds it already."""
    free = ""
    while place:
        candidate = f"{place}/node_modules/{name}"
        there = placed.get(candidate) or (needed(placed[place]).get(name) if free and place in placed else None)
        if there == key and candidate in placed:
            return ""
        if there not in (None, key):
            return free
        free = candidate
        place = place.rpartition("/node_modules/")[0] if "/node_modules/" in place else ""
    return "" if placed.get(f"node_modules/{name}") == key else free


# -- npm --------------------------------------------------------------------------------------------------------------


def _npm(content: bytes | None, root: _Manifest, project: _Project) -> tuple[str, _Found | None]:
    lock = json_object(content)
    if lock is None:
        return "npm", None
    packages = mapping(lock.get("packages"))
    return "npm", _npm_flat(packages) if packages else _npm_nested(lock)


def _npm_flat(packages: Mapping[str, object]) -> _Found:
    """Return the packages of versions 2 and 3, where each place has its flags."""
    found: dict[str, LockedPackage] = {}
    production, optional, elsewhere = [], set(), False
    for place, entry in packages.items():
        if not isinstance(entry, dict) or entry.get("link") or "extraneous" in entry:
            continue
        inside = place.rpartition("node_modules/")[2]
        if inside == place or not text(inside) or _is_too_deep(place):  # the application, or a member of its workspace
            continue
        if (entry.get("optional") or entry.get("devOptional")) and not _runs_here(entry):
            elsewhere = elsewhere or bool(entry.get("dependencies"))
            continue
        found[place] = _package(text(entry.get("name")) or inside, text(entry.get("version")), place)
        if not entry.get("dev"):
            production.append(place)
            if entry.get("optional"):
                optional.add(place)
    if elsewhere:  # what only a package for another platform needs goes with it
        used = _reached_places(packages, found, [place for place in packages if "node_modules/" not in place])
        production = [place for place in production if place not in optional or place in used]
    members = [place for place in packages if "node_modules/" not in place]

    def needed_by(directories: Collection[str]) -> set[tuple[str, str]]:
        return {
            (found[place].name, found[place].version)
            for place in _reached_places(packages, found, directories)
            if place in found
        }

    kept = [found[place] for place in production]
    return _Found(list(found.values()), kept, members=members, needed_by=needed_by)


def _is_too_deep(place: str) -> bool:
    """Return True for a place that no package manager makes: its directories would take long to look through."""
    return len(place) > MAX_PLACE or place.count("node_modules/") > MAX_DEPTH


def _reached_places(
    packages: Mapping[str, object], found: Mapping[str, LockedPackage], members: Iterable[str]
) -> set[str]:
    def needed(place: str) -> Iterator[str]:
        entry = mapping(packages.get(place))
        for key in ("dependencies", "optionalDependencies", "peerDependencies"):
            for name in mapping(entry.get(key)):
                inner = _resolved(place, name, found)
                if inner:
                    yield inner

    return _reached((place for place in members if not _is_too_deep(place)), needed)


def _resolved(place: str, name: str, found: Collection[str]) -> str:
    """Return where Node finds a package that is required from a place: there, or in a directory above."""
    while True:
        candidate = f"{place}/node_modules/{name}" if place else f"node_modules/{name}"
        if candidate in found or not place:
            return candidate if candidate in found else ""
        place = place.rpartition("/node_modules/")[0] if "/node_modules/" in place else ""


def _npm_nested(lock: Mapping[str, object]) -> _Found:
    """Return the packages of version 1, where they lie in each other. It doesn't list platforms."""
    found: list[LockedPackage] = []
    production: list[LockedPackage] = []
    waiting = [("", mapping(lock.get("dependencies")))]
    while waiting:
        above, entries = waiting.pop()
        for name, entry in entries.items():
            if not isinstance(entry, dict) or not text(name) or _is_too_deep(above):
                continue
            if entry.get("optional") and not _name_runs_here(name):
                continue
            version, place = text(entry.get("version")), f"{above}node_modules/{name}"
            if version.startswith("npm:"):
                package = _package(*_name_and_version(version[4:]), place)
            else:
                package = _package(name, "" if ":" in version else version, place)
            found.append(package)
            if not entry.get("dev"):
                production.append(package)
            if "dependencies" in entry:
                waiting.append((f"{place}/", mapping(entry.get("dependencies"))))
    return _Found(found, production)


def _name_and_version(specifier: str) -> tuple[str, str]:
    """Return the parts of ``@scope/name@version``."""
    at = specifier.find("@", 1)
    return (specifier, "") if at < 0 else (specifier[:at], specifier[at + 1 :])


# -- Yarn -------------------------------------------------------------------------------------------------------------


def _yarn(content: bytes | None, root: _Manifest, project: _Project) -> tuple[str, _Found | None]:
    whole = decoded(content)
    if whole is not None and (whole.startswith("__metadata:") or "\n__metadata:" in whole):
        return "yarn-berry", _berry(content, root, project)
    return "yarn", None if whole is None else _yarn_classic(whole, root, project)


_UNUSED = re.compile(r"\n  (?:resolved|integrity) [^\n]*")
_SPECIFIERS = re.compile(r'"([^"]*)"|([^\s,":][^\s,"]*)')


def _yarn_classic(whole: str, root: _Manifest, project: _Project) -> _Found:
    """Return the packages of Yarn 1. It doesn't list platforms, and ignores the kind of libc."""
    entries: dict[str, _Entry] = {}
    entry = _Entry("")
    into: dict[str, object] = {}
    for line in _UNUSED.sub("", whole).split("\n"):
        if line[:4] == "    ":
            name, _, wanted = line.strip().partition(" ")
            into[name.strip('"')] = wanted.strip('"')
        elif line.startswith("  version "):
            entry.version = text(line[10:].strip().strip('"'))
        elif line.startswith("  "):
            if line.endswith("ependencies:"):
                into = {}
                if line.startswith("  o"):
                    entry.may_need = into
                else:
                    entry.needs = into
        elif line and line[0] != "#":
            keys = [quoted or plain for quoted, plain in _SPECIFIERS.findall(line.rstrip(":"))]
            entry = _Entry(keys[0], text(_real_name(keys[0]))) if keys else _Entry("")
            entries.update(dict.fromkeys(keys, entry))
    members = ["", *islice(project.members(root.workspaces), MAX_WORKSPACES)]
    manifests = [root, *map(project.manifest, members[1:])]
    find = _Keys(entries, root.resolutions, ("",)).key
    graph = _Graph(entries, find, lambda key: _name_runs_here(entries[key].name))
    of_members = dict(zip(members, manifests, strict=True))
    found = _hoisted(graph.found(manifests), entries, of_members, graph)
    found.members, found.needed_by = members, graph.needed_by(of_members)
    return found


def _real_name(specifier: str) -> str:
    """Return the name of the package that is installed for ``alias@npm:name@range``."""
    name, wanted = _name_and_version(specifier)
    if wanted.startswith("npm:") and "@" in wanted[5:]:
        return _name_and_version(wanted[4:])[0]
    return name


def _berry(content: bytes | None, root: _Manifest, project: _Project) -> _Found | None:
    """Return the packages of Yarn 2 and later, from the members of the workspace on."""
    lock = indented(content)
    if lock is None:
        return None
    entries: dict[str, _Entry] = {}
    members: list[str] = []
    for keys, value in lock.items():
        if not isinstance(value, dict) or keys == "__metadata":
            continue
        resolution = text(value.get("resolution"))
        if "@workspace:" in resolution:
            members.append(resolution.partition("@workspace:")[2])
            entry = _Entry(keys.partition(", ")[0])
        else:
            meta = mapping(value.get("dependenciesMeta"))
            entry = _Entry(
                keys.partition(", ")[0],
                _name_and_version(resolution)[0],
                text(value.get("version")),
                mapping(value.get("dependencies")),
                optional={name for name in meta if mapping(meta[name]).get("optional") == "true"},
                runs=_condition_holds(text(value.get("conditions"))),
            )
        for key in keys.split(", "):
            entries[key] = entry
    manifests = {directory.removeprefix("."): project.manifest(directory) for directory in members[:MAX_WORKSPACES]}
    graph = _Graph(entries, _Keys(entries, root.resolutions, ("npm:", "")).key)
    found = _hoisted(graph.found(manifests.values() or [root]), entries, manifests or {"": root}, graph)
    found.members, found.needed_by = members, graph.needed_by(manifests)
    settings = mapping(indented(project.read(b".yarnrc.yml")))
    if settings.get("nodeLinker", "pnp") == "pnp":
        found.notes = (*found.notes, "Yarn keeps packages as zip archives here: nodeLinker isn't set to node-modules.")
    return found


def _condition_holds(condition: str) -> bool:
    """Return True if Linux on x86-64 with glibc meets a condition such as ``(os=linux | os=darwin) & cpu=x64``."""
    for term in condition.split("&") if condition else ():
        options = [option.strip(" ()").partition("=") for option in term.split("|")]
        if not any(_HERE.get(key, value) == value for key, _, value in options):
            return False
    return True


class _Keys:
    """Finds the key of a lock file for a name and the range that is asked for."""

    def __init__(self, entries: Mapping[str, _Entry], resolutions: Mapping[str, str], prefixes: Sequence[str]) -> None:
        self.entries, self.prefixes = entries, prefixes
        self.forced = {pattern.rpartition("**/")[2]: wanted for pattern, wanted in resolutions.items()}
        self.last: dict[str, str] = {}
        """One key of each name, for a range that isn't listed."""
        same: dict[tuple[str, str], str] = {}
        for key, entry in entries.items():
            if entry.name:
                entry.key = same.setdefault((entry.name, entry.version), entry.key)  # Yarn installs a version once
                self.last[_name_and_version(key)[0]] = entry.key

    def key(self, above: str, name: str, wanted: str) -> str:
        for version in (wanted, self.forced.get(name)):
            for prefix in self.prefixes if version is not None else ():
                entry = self.entries.get(f"{name}@{prefix}{version}")
                if entry is not None:
                    return entry.key if entry.name else ""  # a member of the workspace has none
        if wanted.startswith(("workspace:", "link:", "portal:")):
            return ""
        return self.last.get(name, "")


# -- pnpm -------------------------------------------------------------------------------------------------------------

_PEERS_5 = re.compile(r"/?(?:@[^/]+/)?[^/@][^/]*/[^/_@]+_")


def _pnpm(content: bytes | None, root: _Manifest, project: _Project) -> tuple[str, _Found | None]:
    """Return the packages of lock files 5, 6 and 9. Each set of peers has a copy of its own."""
    lock = indented(content)
    if lock is None:
        return "pnpm", None
    listed = mapping(lock.get("packages"))
    snapshots = mapping(lock.get("snapshots"))
    entries: dict[str, _Entry] = {}
    for key, value in (snapshots or listed).items():
        name, version = _pnpm_name(key)
        said = mapping(value)
        facts = mapping(listed.get(key.partition("(")[0])) if snapshots else said
        entries[key] = _Entry(
            key,
            text(facts.get("name")) or text(name),
            text(facts.get("version")) or text(version),
            mapping(said.get("dependencies")),
            mapping(said.get("optionalDependencies")),
            runs=_runs_here(facts),
        )
    importers = mapping(lock.get("importers")) or {".": lock}

    def find(above: str, name: str, wanted: str) -> str:
        keys = (f"{name}@{wanted}", f"/{name}@{wanted}", f"/{name}/{wanted}", wanted)
        return next((key for key in keys if key in entries), "")

    manifests = {directory: _Manifest.of(mapping(importer)) for directory, importer in importers.items()}
    graph = _Graph(entries, find)
    found = graph.found(manifests.values())
    found.members, found.needed_by = list(importers), graph.needed_by(manifests)
    return "pnpm", found


def _pnpm_name(key: str) -> tuple[str, str]:
    """Return name and version of ``/name/1.0.0_peers``, ``/name@1.0.0(peers)`` or ``name@1.0.0(peers)``."""
    plain = key.partition("(")[0]
    if "@" in plain.lstrip("/")[1:] and not _PEERS_5.match(plain):
        return _name_and_version(plain.lstrip("/"))
    name, _, version = plain.partition("_")[0].rpartition("/")
    if not plain.startswith("/"):  # the address of a registry comes first
        name = name.partition("/")[2]
    return name.lstrip("/"), version


# -- Bun --------------------------------------------------------------------------------------------------------------

_TRAILING = re.compile(r'("(?:[^"\\]|\\.)*+(?:"|\\?\Z))|,(?=\s*[}\]])', re.DOTALL)


def _bun(content: bytes | None, root: _Manifest, project: _Project) -> tuple[str, _Found | None]:
    """Return the packages of ``bun.lock``. A key such as ``a/b`` is a package that lies in another one."""
    whole = decoded(content)
    lock = json_object(_TRAILING.sub(r"\1", whole).encode()) if whole is not None else None
    if lock is None:
        return "bun", None
    entries = _bun_entries(mapping(lock.get("packages")))

    def find(above: str, name: str, wanted: str) -> str:
        while above and f"{above}/{name}" not in entries:
            above = above.rpartition("/")[0]
        key = f"{above}/{name}" if above else name
        return key if key in entries else ""

    members = [_Manifest.of(mapping(member)) for member in mapping(lock.get("workspaces")).values()]
    return "bun", _Graph(entries, find).found(members)


def _bun_entries(packages: Mapping[str, object]) -> Mapping[str, _Entry]:
    entries: dict[str, _Entry] = {}
    for key, value in packages.items():
        parts = value if isinstance(value, list) and value else [""]
        name, version = _name_and_version(text(parts[0]))
        if not text(key) or ":" in version:  # workspaces and links
            continue
        said: Mapping[str, object] = next((part for part in parts if isinstance(part, dict)), {})
        needs, may_need = mapping(said.get("dependencies")), mapping(said.get("optionalDependencies"))
        entries[key] = _Entry(key, name, version, needs, may_need, runs=_runs_here(said))
    return entries


_READERS = {
    b"yarn.lock": _yarn,
    b"pnpm-lock.yaml": _pnpm,
    b"npm-shrinkwrap.json": _npm,
    b"package-lock.json": _npm,
    b"bun.lock": _bun,
}
"""In the order in which the buildpack, and then npm, prefers them."""
