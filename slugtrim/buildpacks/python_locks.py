"""What the Python buildpack installs: by requirements.txt, Pipfile.lock, poetry.lock or uv.lock.

Choice as of 2026-08: github.com/heroku/heroku-buildpack-python, ``lib/package_manager.sh`` and its neighbours.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.buildpacks.formats import decoded, json_object, mapping, names, tables, text, toml_table
from slugtrim.buildpacks.packages import Dependencies, LockedPackage, PackageEcosystem, Read

if TYPE_CHECKING:
    from packaging.requirements import Requirement

NEWEST_MINOR = 14
"""Python that the buildpack takes where no file says a version (2026-08)."""
NEWEST_PATCH = 99
"""The buildpack takes the newest patch of a minor version, which no marker excludes."""
MAX_MARKER = 1000
MAX_FILES = 100
MAX_EXTRAS = 20
GLIBC_MINOR = 39
"""Of the newest stack, heroku-24: a wheel for a newer glibc isn't taken."""
_UNREADABLE = "{} can't be read, so the packages that it lists are not counted."
_CANONICAL = re.compile(r"[-_.]+")
_VERSION = re.compile(r"\D{0,20}(\d)\.(\d{1,3})(?:\.(\d{1,3}))?")
_WHEELS = re.compile(rb"(?m)^ *\{ ?(?:url|file|path) = \"[^\"\n]*\"[^\n]*\n")
_FOREIGN = re.compile(
    rb"macosx|win_amd64|win32|win_arm64|musllinux|aarch64|ppc64|s390x|armv7|i686|riscv64|pyodide|_arm64"
)

Ask = tuple[str, frozenset[str]]
"""A package that is wanted, with its extras."""


def python_dependencies(paths: Collection[bytes], read: Read, python: str) -> Dependencies | None:
    """Return what the buildpack installs for this version of Python, or None if no file says."""
    there = [name for name in _READERS if name in paths and (name != b"pyproject.toml" or _asked_by_project(read))]
    if not there:
        return None
    markers = Markers(python)
    found = _READERS[there[0]](there[0], read, markers)
    notes = list(found.notes)
    if len(set(there) - {b"pyproject.toml"}) > 1:
        notes.append("There are files of several package managers. The buildpack refuses to build until one is left.")
    if markers.unreadable:
        notes.append(f"Not every marker could be read: {markers.unreadable} were taken to hold.")
    manager = _MANAGERS[there[0]]
    kept = {package.name for package in found.packages}
    return Dependencies(
        ecosystem=PackageEcosystem.PYPI,
        manager=manager,
        lock=there[0],
        packages=_sorted(found.packages),
        development=_sorted(package for package in found.development if package.name not in kept),
        pinned=found.pinned and all(package.version for package in found.packages),
        notes=tuple(notes),
    )


class _Found(Struct):
    packages: Sequence[LockedPackage] = ()
    development: Sequence[LockedPackage] = ()
    notes: Sequence[str] = ()
    pinned: bool = True


def _sorted(packages: Iterable[LockedPackage]) -> tuple[LockedPackage, ...]:
    return tuple(sorted({package.name: package for package in packages}.values(), key=lambda package: package.name))


def canonical(name: str) -> str:
    """Return the name as PEP 503 normalizes it."""
    return _CANONICAL.sub("-", name).lower()


def _package(name: str, version: str, download: tuple[int | None, bool] = (None, False)) -> LockedPackage:
    return LockedPackage(
        ecosystem=PackageEcosystem.PYPI,
        name=canonical(name),
        version=version,
        compressed_bytes=download[0],
        is_portable=download[1],
    )


class Markers:
    """Environment markers of Linux on x86-64, for one version of Python. A marker that can't be read holds."""

    def __init__(self, python: str) -> None:
        match = _VERSION.match(python)
        self.minor = int(match[2]) if match and match[1] == "3" else NEWEST_MINOR
        full = f"3.{self.minor}.{match[3] if match and match[3] else NEWEST_PATCH}"
        self.environment = {
            "implementation_name": "cpython",
            "implementation_version": full,
            "os_name": "posix",
            "platform_machine": "x86_64",
            "platform_python_implementation": "CPython",
            "platform_release": "",
            "platform_system": "Linux",
            "platform_version": "",
            "python_full_version": full,
            "python_version": f"3.{self.minor}",
            "sys_platform": "linux",
        }
        self.known: dict[tuple[str, frozenset[str]], bool] = {}
        self.unreadable = 0

    @cached_property
    def _marker(self) -> Callable[[str], object]:
        from packaging.markers import Marker  # 20 ms that only a lock file with markers pays

        return Marker

    def holds(self, marker: object, extras: frozenset[str] = frozenset()) -> bool:
        """Return if a marker is true, with one of the extras or without any."""
        if isinstance(marker, dict):  # poetry 2: a marker for each group
            marker = marker.get("main", "")
        if not isinstance(marker, str) or not marker:
            return True
        if "extra" not in marker:
            extras = frozenset()
        known = self.known.get((marker, extras))
        if known is None:
            known = self.known[marker, extras] = self._evaluated(marker, extras)
        return known

    def _evaluated(self, marker: str, extras: frozenset[str]) -> bool:
        if len(marker) > MAX_MARKER:
            self.unreadable += 1
            return True
        try:
            parsed = self._marker(marker)
            return any(
                parsed.evaluate({**self.environment, "extra": extra})  # type: ignore[attr-defined]
                for extra in ("", *sorted(extras)[:MAX_EXTRAS])
            )
        except (ValueError, RecursionError, TypeError, KeyError):
            self.unreadable += 1
            return True

    def requirement(self, line: str, extras: frozenset[str] = frozenset()) -> Requirement | None:
        """Return a requirement of PEP 508, or None if it can't be read or its marker doesn't hold.

        ``extras`` are those that are asked for of the package that requires it.
        """
        from packaging.requirements import InvalidRequirement, Requirement  # 20 ms that only pip's files pay

        try:
            found = Requirement(line[:MAX_MARKER])
        except (InvalidRequirement, RecursionError):
            return None
        return found if found.marker is None or self.holds(str(found.marker), extras) else None


# -- pip --------------------------------------------------------------------------------------------------------------

_COMMENT = re.compile(r"(?:^|(?<=\s))#.*")
_INCLUDES = re.compile(r"(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,200}")
_OWN_PROJECT = re.compile(r"(?:(?:-e|--editable)[ =]?)?\.(?:/|\[[^\]]*\])?")
_NO_LOCK = (
    "No lock file: only what pyproject.toml asks for is known. The buildpack refuses to build without "
    "requirements.txt, uv.lock, poetry.lock or Pipfile.lock."
)


class _Requirements(Struct):
    """What requirements files list."""

    pins: dict[str, str] = {}
    """The version of each name, empty if it isn't pinned."""
    constraints: dict[str, str] = {}
    extras: dict[str, set[str]] = {}
    """Those that each name is asked for with."""
    missing: int = 0
    links: int = 0
    odd: int = 0
    is_compiled: bool = False


def _pip(path: bytes, read: Read, markers: Markers) -> _Found:
    listed = _requirements(path, read, markers)
    notes = []
    if listed.missing:
        notes.append(f"{listed.missing} of the requirements files can't be read.")
    if listed.links:
        if listed.links == 1:
            notes.append("1 requirement is a URL or a path, so its size isn't known.")
        else:
            notes.append(f"{listed.links:,} requirements are URLs or paths, so their sizes aren't known.")
    if listed.odd:
        notes.append(f"{listed.odd} lines of the requirements can't be read.")
    if listed.pins and not listed.is_compiled:
        notes.append("The requirements may not list every dependency of these packages.")
    return _Found(_asked(listed), notes=notes)


def _asked(listed: _Requirements) -> list[LockedPackage]:
    return [
        replace(
            _package(name, version or listed.constraints.get(name, "")),
            extras=tuple(sorted(map(canonical, listed.extras.get(name, ())))),
            is_direct=True,
        )
        for name, version in listed.pins.items()
    ]


def _requirements(path: bytes, read: Read, markers: Markers) -> _Requirements:
    """Return what a requirements file lists, with the files that it includes."""
    listed = _Requirements()
    seen = {path}
    waiting = [(path, listed.pins)]
    while waiting:
        file, into = waiting.pop()
        whole = decoded(read(file))
        if whole is None:
            listed.missing += 1
            continue
        listed.is_compiled |= "# via" in whole or "--hash=" in whole or "pip-compile" in whole[:500]
        for line in _logical_lines(whole):
            own = _OWN_PROJECT.fullmatch(line)
            include = _INCLUDES.match(line)
            if include:
                inner = posixpath.normpath(posixpath.join(posixpath.dirname(file), include[1][:MAX_MARKER].encode()))
                if inner not in seen and len(seen) < MAX_FILES:
                    seen.add(inner)
                    waiting.append((inner, listed.constraints if line.startswith(("-c", "--c")) else into))
            elif own and (asked := _asked_by_project(read)):
                for wanted in asked:
                    _pin(wanted, markers, into, listed.extras)
            elif line.startswith(("-e", "--editable")):
                listed.links += 1
            elif not line.startswith("-"):
                kind = _pin(line, markers, into, listed.extras)
                listed.links += kind == "link"
                listed.odd += kind == "odd"
    return listed


def _asked_by_project(read: Read) -> list[str]:
    """Return the requirements of the application's own ``pyproject.toml``."""
    return names(mapping(mapping(toml_table(read(b"pyproject.toml"))).get("project")).get("dependencies"))


def _project(path: bytes, read: Read, markers: Markers) -> _Found:
    listed = _Requirements()
    for line in _asked_by_project(read):
        _pin(line, markers, listed.pins, listed.extras)
    return _Found(_asked(listed), notes=[_NO_LOCK], pinned=False)


def _logical_lines(whole: str) -> Iterator[str]:
    """Yield requirements and options, with continued lines joined and comments dropped."""
    for line in whole.replace("\\\n", " ").split("\n"):
        line = _COMMENT.sub("", line).strip()
        if line:
            yield line


def _pin(line: str, markers: Markers, into: dict[str, str], extras: dict[str, set[str]]) -> str:
    """Note the version that a requirement pins, and its ``extras``.

    Return ``link`` or ``odd`` for one that has no name on PyPI.
    """
    line = line.partition(" --")[0].strip()
    if "://" in line.partition("@")[0] or line.startswith((".", "/")) or line.endswith((".whl", ".tar.gz", ".zip")):
        return "link"
    match = _NAME.match(line)
    name, equals, version = line.partition("==")
    if match and match[0] == name and equals and version and not set(version) & set("*;,=<>!~ []()"):
        into[canonical(name)] = text(version)  # nearly every line, without packaging
        return ""
    found = markers.requirement(line)
    if found is None:
        return "" if match and ";" in line else "odd"
    if found.url:
        return "link"
    if found.extras:
        extras.setdefault(canonical(found.name), set()).update(found.extras)
    versions = [spec.version for spec in found.specifier if spec.operator in ("==", "===") and "*" not in spec.version]
    into[canonical(found.name)] = text(versions[0]) if versions else into.get(canonical(found.name), "")
    return ""


# -- Pipenv -----------------------------------------------------------------------------------------------------------


def _pipenv(path: bytes, read: Read, markers: Markers) -> _Found:
    lock = json_object(read(path))
    if lock is None:
        return _Found(notes=[_UNREADABLE.format(path.decode())], pinned=False)
    default = list(_of_pipenv(lock.get("default"), markers))
    return _Found(default, list(_of_pipenv(lock.get("develop"), markers)))


def _of_pipenv(section: object, markers: Markers) -> Iterator[LockedPackage]:
    for name, entry in mapping(section).items():
        said = mapping(entry)
        if text(name) and markers.holds(said.get("markers")) and not said.get("editable"):
            yield _package(name, text(said.get("version")).lstrip("="))


# -- Poetry -----------------------------------------------------------------------------------------------------------


class _Locked(Struct):
    """A package of poetry.lock or uv.lock, with what it needs."""

    name: str
    version: str
    needs: Sequence[tuple[str, Mapping[str, object]]]
    """Name and conditions of each dependency."""
    extras: Mapping[str, object]
    entry: Mapping[str, object]


def _poetry(path: bytes, read: Read, markers: Markers) -> _Found:
    lock = toml_table(_without_files(read(path)))
    if lock is None:
        return _Found(notes=[_UNREADABLE.format(path.decode())], pinned=False)
    locked: dict[str, _Locked] = {}
    for entry in tables(lock.get("package")):
        name = canonical(text(entry.get("name")))
        if name and (name not in locked or markers.holds(entry.get("markers"))):
            needs = list(_of_poetry(entry.get("dependencies")))
            locked[name] = _Locked(name, text(entry.get("version")), needs, mapping(entry.get("extras")), entry)
    project = toml_table(read(b"pyproject.toml"))
    notes = []
    if project is None:
        notes.append("pyproject.toml can't be read, so every package counts that isn't marked as development.")
        chosen = {name for name, package in locked.items() if _is_main(package.entry)}
    else:
        chosen = _poetry_reached(project, locked, markers)
    packages = {name: _package(name, package.version) for name, package in locked.items()}
    return _Found(
        [package for name, package in packages.items() if name in chosen],
        [
            package
            for name, package in packages.items()
            if name not in chosen and not locked[name].entry.get("optional")
        ],
        notes,
    )


def _is_main(entry: Mapping[str, object]) -> bool:
    groups = names(entry.get("groups")) or [text(entry.get("category")) or "main"]
    return "main" in groups and not entry.get("optional")


def _of_poetry(section: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield name and conditions. Several conditions for one name are alternatives."""
    for name, said in mapping(section).items():
        if canonical(name) != "python":
            for one in said if isinstance(said, list) else [said]:
                yield canonical(text(name)), mapping(one)


def _poetry_reached(project: Mapping[str, object], locked: Mapping[str, _Locked], markers: Markers) -> set[str]:
    start: list[Ask] = []
    for line in names(mapping(project.get("project")).get("dependencies")):
        found = markers.requirement(line)
        if found is not None:
            start.append((canonical(found.name), frozenset(map(canonical, found.extras))))
    main = mapping(mapping(mapping(project.get("tool")).get("poetry")).get("dependencies"))
    start += [
        (name, frozenset(map(canonical, names(said.get("extras")))))
        for name, said in _of_poetry(main)
        if not said.get("optional") and markers.holds(said.get("markers"))
    ]

    def needed(name: str, extras: frozenset[str]) -> Iterator[Ask]:
        package = locked[name]
        chosen = {
            canonical(match[0])
            for extra, lines in package.extras.items()
            if canonical(extra) in extras
            for line in names(lines)
            if (match := _NAME.match(line))
        }
        for inner, said in package.needs:
            if (not said.get("optional") or inner in chosen) and markers.holds(said.get("markers"), extras):
                yield inner, frozenset(map(canonical, names(said.get("extras"))))

    return _closure(start, locked, needed)


def _closure(
    start: Iterable[Ask], locked: Collection[str], needed: Callable[[str, frozenset[str]], Iterable[Ask]]
) -> set[str]:
    """Return the packages that are reached. One is looked at again only for extras that are new."""
    seen: dict[str, frozenset[str]] = {}
    stack = list(start)
    while stack:
        name, extras = stack.pop()
        known = seen.get(name)
        if name in locked and (known is None or (len(known) < MAX_EXTRAS and not extras <= known)):
            seen[name] = (known or frozenset()) | frozenset(sorted(extras)[:MAX_EXTRAS])
            stack.extend(needed(name, seen[name]))
    return set(seen)


# -- uv ---------------------------------------------------------------------------------------------------------------


def _uv(path: bytes, read: Read, markers: Markers) -> _Found:
    lock = toml_table(_without_files(read(path)))
    if lock is None:
        return _Found(notes=[_UNREADABLE.format(path.decode())], pinned=False)
    locked: dict[str, _Locked] = {}
    versions: dict[str, list[str]] = {}
    root = ""
    for entry in tables(lock.get("package")):
        name, version = canonical(text(entry.get("name"))), text(entry.get("version"))
        source = mapping(entry.get("source"))
        key = f"{name} {version}"
        needs = list(_of_uv(entry.get("dependencies")))
        locked[key] = _Locked(name, version, needs, mapping(entry.get("optional-dependencies")), entry)
        forks = names(entry.get("resolution-markers"))
        if not forks or any(markers.holds(fork) for fork in forks):
            versions.setdefault(name, []).append(key)
        if "." in (source.get("virtual"), source.get("editable")):
            root = key
    if not root:
        chosen = set(locked)
        notes = ["uv.lock doesn't say which package is the application, so every package counts."]
    else:
        chosen, notes = _uv_reached(root, locked, versions, markers), []
    found = {
        key: _package(package.name, package.version, _download(package.entry, markers.minor))
        for key, package in locked.items()
        if package.name and not mapping(package.entry.get("source")).keys() & {"virtual", "editable", "directory"}
    }
    return _Found(
        [package for key, package in found.items() if key in chosen],
        [package for key, package in found.items() if key not in chosen],
        notes,
    )


def _of_uv(section: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    for said in tables(section):
        yield canonical(text(said.get("name"))), said


def _uv_reached(
    root: str, locked: Mapping[str, _Locked], versions: Mapping[str, Sequence[str]], markers: Markers
) -> set[str]:
    def needed(key: str, extras: frozenset[str]) -> Iterator[Ask]:
        package = locked[key]
        sections = [package.needs]
        sections += [list(_of_uv(said)) for extra, said in package.extras.items() if canonical(extra) in extras]
        for section in sections:
            for name, said in section:
                if markers.holds(said.get("marker")):
                    version = text(said.get("version"))
                    exact = f"{name} {version}"
                    wanted = [exact] if version and exact in locked else versions.get(name, ())[:1]
                    chosen = frozenset(map(canonical, names(said.get("extra"))))
                    yield from ((one, chosen) for one in wanted)

    return _closure([(root, frozenset())], locked, needed)


def _download(entry: Mapping[str, object], minor: int) -> tuple[int | None, bool]:
    """Return the size of the wheel that this Python takes, and whether it is for any platform.

    Where there is no such wheel, the size is None: what the source comes to when it is built, its size doesn't tell.
    """
    best: tuple[int, int] = (-1, -1)
    size: object = None
    for wheel in tables(entry.get("wheels")):
        address = wheel.get("url") or wheel.get("filename") or wheel.get("path")
        rank = wheel_rank(address.rpartition("/")[2][:MAX_MARKER], minor) if isinstance(address, str) else None
        if rank is not None and rank > best:
            best, size = rank, wheel.get("size")
    if not isinstance(size, int) or isinstance(size, bool) or not 0 <= size < 1 << 50:
        return None, False
    return size, best[1] == 0


def wheel_rank(filename: str, minor: int) -> tuple[int, int] | None:
    """Return how well a wheel fits CPython 3.MINOR on Linux x86-64 with glibc: higher is better. None if it doesn't."""
    parts = filename.removesuffix(".whl").split("-")
    if len(parts) < 5:
        return None
    platform = max((_platform_rank(tag) for tag in parts[-1].split(".")), default=-1)
    python = max((_python_rank(tag, set(parts[-2].split(".")), minor) for tag in parts[-3].split(".")), default=-1)
    return (python, platform) if platform >= 0 and python >= 0 else None


def _platform_rank(tag: str) -> int:
    if tag == "any":
        return 0
    match = re.fullmatch(r"manylinux_2_(\d{1,3})_x86_64", tag)
    if match:
        return int(match[1]) if int(match[1]) <= GLIBC_MINOR else -1
    return {"linux_x86_64": 1, "manylinux1_x86_64": 5, "manylinux2010_x86_64": 12, "manylinux2014_x86_64": 17}.get(
        tag, -1
    )


def _python_rank(tag: str, abis: Collection[str], minor: int) -> int:
    match = re.fullmatch(r"(cp|py)3(\d{0,3})", tag)
    if match is None:
        return -1
    least = int(match[2] or 0)
    if tag == f"cp3{minor}" and tag in abis:
        return 1000
    if match[1] == "cp" and "abi3" in abis and least <= minor:
        return 500 + least
    return least if "none" in abis and least <= minor else -1


def _without_files(content: bytes | None) -> bytes | None:
    """Drop the lines of files for other platforms, which are most of such a lock file."""
    if content is None:
        return None
    return _WHEELS.sub(
        lambda line: b"" if line[0].lstrip().startswith(b"{file") or _FOREIGN.search(line[0]) else line[0], content
    )


_READERS = {
    b"uv.lock": _uv,
    b"poetry.lock": _poetry,
    b"Pipfile.lock": _pipenv,
    b"requirements.txt": _pip,
    b"pyproject.toml": _project,
}
"""The buildpack refuses to choose between several: here the one that says most comes first.

The last one is no lock file: the buildpack doesn't take it.
"""
_MANAGERS = {
    b"Pipfile.lock": "pipenv",
    b"requirements.txt": "pip",
    b"poetry.lock": "poetry",
    b"uv.lock": "uv",
    b"pyproject.toml": "pip",
}
