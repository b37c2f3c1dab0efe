"""Choose which contents to examine while a slug is read, and parse the metadata of packages."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from msgspec import Struct

from slugtrim.anatomy.binaries import ElfLook, Images
from slugtrim.archive.entries import Feed
from slugtrim.files import EXECUTABLE, File, Note
from slugtrim.platforms import PLATFORM

_GEM = re.compile(rb"(.+?)-([0-9]+(?:\.[0-9A-Za-z]+)*)(?:-(.+))?", re.DOTALL)
_GIT_GEM = re.compile(rb"(.+)-([0-9a-f]{12}|[0-9a-f]{40})", re.DOTALL)
_JAR = re.compile(rb"(.+?)-v?([0-9][0-9A-Za-z.+_-]*)", re.DOTALL)
_YARN_ZIP = re.compile(rb"(?:(@[^-]+)-)?(.+)-npm-([0-9][^/]*?)-[0-9a-f]{10}-[0-9a-z]+\.zip", re.DOTALL)
_DISTRIBUTION = re.compile(rb"(.+?)-([0-9][^-]*)(?:-py[0-9.]+)?(?:-[^-]+)?", re.DOTALL)
_GEM_PARTS = re.compile(
    rb"""
    (?P<base>(?:.*?/)?(?:j?ruby|truffleruby|rbx)/[0-9][^/]*/)(?:
        (?:gems|doc|build_info)/(?P<gem>[^/]+)
      | extensions/[^/]+/[^/]+/(?P<extension>[^/]+)
      | specifications/(?P<specification>[^/]+)\.gemspec
      | cache/(?P<cached>[^/]+)\.gem
      | bundler/gems/extensions/[^/]+/[^/]+/(?P<git_extension>[^/]+)
      | bundler/gems/(?P<git>[^/]+)
    )(?:/.*)?
    """,
    re.VERBOSE | re.DOTALL,
)

_LONGEST = 255
"""Bytes of a name, at most, as file systems allow. Longer names are not parsed."""


class PackageName(NamedTuple):
    """What a path says about a package."""

    name: bytes
    version: bytes


def node_package_directory(path: bytes) -> bytes | None:
    """Return the directory of the innermost package in ``node_modules`` that holds ``path``; None outside packages."""
    at = path.rfind(b"/node_modules/")
    begin = (
        at + len(b"/node_modules/") if at >= 0 else len(b"node_modules/") if path.startswith(b"node_modules/") else 0
    )
    if not begin or path[begin : begin + 1] == b".":
        return None
    end = path.find(b"/", begin)
    if path[begin : begin + 1] == b"@" and end >= 0:
        end = path.find(b"/", end + 1)
    return path[:end] if end >= 0 else None


def node_package_name(directory: bytes) -> bytes:
    """Return the name, with its scope, of a package's directory in ``node_modules``."""
    above, _, name = directory.rpartition(b"/")
    scope = above.rpartition(b"/")[2]
    return scope + b"/" + name if scope.startswith(b"@") else name


def yarn_zip(name: bytes) -> PackageName | None:
    """Return the package of a file in ``.yarn/cache``: ``@babel-core-npm-7.1.2-0123456789-0123.zip``."""
    match = _match(_YARN_ZIP, name)
    if match is None:
        return None
    scope = match[1] + b"/" if match[1] else b""
    return PackageName(scope + match[2], match[3])


def gem_of(path: bytes) -> tuple[PackageName, bytes] | None:
    """Return the gem of a path below ``vendor/bundle``, and the directory of the gem.

    Its extensions, specification and cached file belong to it. Return None outside gems, and for the clones that
    bundler keeps, which are named by address rather than commit.
    """
    match = _GEM_PARTS.fullmatch(path)
    if match is None:
        return None
    kind = match.lastgroup
    assert kind is not None
    full = match[kind].removesuffix(b".info")
    base = match["base"]
    if kind.startswith("git"):
        git = _match(_GIT_GEM, full)
        if git is None:
            return PackageName(full, b""), base + b"bundler/gems/" + full
        commit = git[2][:12]
        return PackageName(git[1], b"git " + commit), base + b"bundler/gems/" + git[1] + b"-" + commit
    gem = _match(_GEM, full)
    return PackageName(gem[1], gem[2]) if gem is not None else PackageName(full, b""), base + b"gems/" + full


def jar(name: bytes) -> PackageName:
    """Return name and version of ``spring-core-5.3.1.jar``."""
    stem = name.rpartition(b".")[0]
    match = _match(_JAR, stem)
    return PackageName(match[1], match[2]) if match is not None else PackageName(stem, b"")


def distribution(name: bytes) -> PackageName:
    """Return name and version of ``Django-4.2.dist-info``, ``six-1.16.0-py3.9.egg-info``,
    ``a-1.0-py3.9-linux-x86_64.egg``.
    """
    stem = name.rpartition(b".")[0]
    match = _match(_DISTRIBUTION, stem)
    return PackageName(match[1], match[2]) if match is not None else PackageName(stem, b"")


def _match(form: re.Pattern[bytes], name: bytes) -> re.Match[bytes] | None:
    return form.fullmatch(name) if len(name) <= _LONGEST else None


def normalized(name: str) -> str:
    """Return a distribution's name in the form for comparison (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


_REQUIRED = re.compile(r"\s*([A-Za-z0-9][\w.-]*)", re.ASCII)


class Manifest(Struct, frozen=True, kw_only=True):
    """A ``package.json``."""

    name: str | None
    version: str | None
    runs_with: frozenset[str]
    """Names of the packages that it needs at run time, including optional ones."""
    developed_with: frozenset[str]
    start: str = ""
    """The command of its script ``start``."""


class Composed(Struct, frozen=True, kw_only=True):
    """A package in ``vendor/composer/installed.json``."""

    name: str
    version: str
    is_development: bool


class Metadata(Struct, frozen=True, kw_only=True):
    """Name and version of a Python distribution."""

    name: str
    version: str
    requires: frozenset[str] = frozenset()
    """Normalized names of what it requires, extras included."""


def read_manifest(content: bytes) -> Manifest | None:
    """Parse a ``package.json``; return None if it is invalid."""
    data = _object(content)
    if data is None:
        return None
    needed = ("dependencies", "optionalDependencies", "peerDependencies")
    return Manifest(
        name=_text(data.get("name")),
        version=_text(data.get("version")),
        runs_with=frozenset(name for key in needed for name in _keys(data.get(key))),
        developed_with=frozenset(_keys(data.get("devDependencies"))),
        start=_text(scripts.get("start")) or "" if isinstance(scripts := data.get("scripts"), dict) else "",
    )


def read_hidden_lock(content: bytes) -> frozenset[bytes] | None:
    """Return the directories of development packages in npm's ``node_modules/.package-lock.json``; None if it is
    invalid.

    They are relative to the parent of ``node_modules``
    (https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json#hidden-lockfiles).
    """
    data = _object(content)
    packages = data.get("packages") if data is not None else None
    if not isinstance(packages, dict):
        return None
    return frozenset(
        path.encode("utf-8", "surrogateescape")
        for path, about in packages.items()
        if isinstance(about, dict) and about.get("dev") is True
    )


def read_composer(content: bytes) -> tuple[Composed, ...] | None:
    """Parse Composer's ``installed.json``; return None if it is invalid."""
    data = _object(content)
    rows = data.get("packages") if data is not None else None
    if data is None or not isinstance(rows, list):
        return None
    development = set(_texts(data.get("dev-package-names")))
    found = []
    for row in rows:
        name = _text(row.get("name")) if isinstance(row, dict) else None
        if name is not None:
            version = _text(row.get("version")) or ""
            found.append(Composed(name=name, version=version, is_development=name in development))
    return tuple(found)


def read_metadata(content: bytes) -> Metadata | None:
    """Parse ``METADATA`` or ``PKG-INFO``: header fields as in mail, up to the first empty line."""
    fields: dict[str, str] = {}
    requires: set[str] = set()
    for line in content.decode("utf-8", "surrogateescape").splitlines():
        if not line:
            break
        key, colon, value = line.partition(":")
        if colon and key.lower() in ("name", "version"):
            fields.setdefault(key.lower(), value.strip())
        elif colon and key.lower() == "requires-dist" and (required := _REQUIRED.match(value)) is not None:
            requires.add(normalized(required[1]))
    if not fields.get("name"):
        return None
    return Metadata(name=fields["name"], version=fields.get("version", ""), requires=frozenset(requires))


def read_record(content: bytes) -> tuple[str, ...] | None:
    """Return the paths in ``RECORD``, relative to the directory that the distribution is installed in.

    (https://packaging.python.org/en/latest/specifications/recording-installed-packages/)
    """
    try:
        rows = csv.reader(content.decode("utf-8", "surrogateescape").splitlines())
        return tuple(row[0] for row in rows if row)
    except csv.Error:
        return None


def read_lines(content: bytes) -> tuple[str, ...]:
    """Return the names in ``top_level.txt`` or ``installed-files.txt``, one a line."""
    return tuple(line.strip() for line in content.decode("utf-8", "surrogateescape").splitlines() if line.strip())


def _object(content: bytes) -> dict[str, Any] | None:
    try:
        data = json.loads(content)
    except (ValueError, RecursionError):
        return None
    return data if isinstance(data, dict) else None


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _texts(values: object) -> Iterable[str]:
    return (value for value in values if isinstance(value, str)) if isinstance(values, list) else ()


def _keys(value: object) -> Iterable[str]:
    return value if isinstance(value, dict) else ()


T = TypeVar("T")

_DOCUMENT_BYTES = 1 << 20
_LIST_BYTES = 8 << 20
"""Bytes of a lock file or list of files. The largest real ones have four megabytes."""
_ALL_BYTES = 128 << 20
"""Bytes examined in all, since what is parsed stays in memory."""
_STRIPPED_LEAST_BYTES = 16 << 10
_METADATA = (b".dist-info", b".egg-info", b".egg/EGG-INFO")
_CODE = re.compile(rb"(?<!\.config)\.[cm]?[jt]sx?\Z")
"""Settings of a bundler say where it keeps its cache, which only the next build reads."""
_INSTALLED = re.compile(rb"(?:\A|/)(?:node_modules|vendor|\.[^/]+)/")
_CACHE = re.compile(
    rb"""node_modules(?:/|['"`]\s{0,9},\s{0,9}['"`])\.cache(?:(?:/|['"`]\s{0,9},\s{0,9}['"`])([\w@][\w@.-]*))?"""
)
_SHARED_OBJECT = re.compile(rb"\.so(?:\.[0-9.]+)?$|\.node$")


class Seen(Struct, frozen=True, kw_only=True):
    """What was collected, by path in the slug."""

    manifests: Mapping[bytes, Manifest]
    """Directory to its ``package.json``, in packages and in the application."""
    development: Mapping[bytes, frozenset[bytes]]
    """Parent of ``node_modules`` to the directories of packages that npm marks as for development."""
    distributions: Mapping[bytes, Metadata]
    """``*.dist-info`` or ``*.egg-info``, a directory or file, to its name and version."""
    records: Mapping[bytes, tuple[str, ...]]
    """The same to the paths of its files, relative to its parent; with ``egg-info`` relative to itself."""
    top_levels: Mapping[bytes, tuple[str, ...]]
    """The same to its importable names."""
    composed: Mapping[bytes, tuple[Composed, ...]]
    """Composer's ``vendor`` directory to its packages."""
    debug_bytes: Mapping[bytes, int]
    """Path of a program or shared object to the bytes that ``strip`` would remove, if any."""
    pixels: Mapping[bytes, int]
    """Path of a large picture to its number of pixels."""
    bytes_per_pixel: float
    """How many bytes a pixel would need."""
    caches: frozenset[bytes]
    """Names in ``node_modules/.cache`` that the application's own code mentions; empty for all of them."""
    procfile: bytes | None
    is_incomplete: bool
    """True if something was not examined because it, or all of it together, is too large."""

    @property
    def required(self) -> frozenset[str]:
        """Return the names of all Python distributions that another one requires."""
        return frozenset(name for each in self.distributions.values() for name in each.requires)

    def notes(self) -> tuple[Note, ...]:
        """Return notes for readers of packages and versions."""
        if not self.is_incomplete:
            return ()
        message = "manifests or lock files are too large to be read: some packages go by the names of their directories"
        return (Note(id="metadata-too-large", message=message),)


class Looks:
    """Examines the contents that the analysis needs. Paths may begin with the archive's own root."""

    def __init__(self) -> None:
        self._manifests: dict[bytes, Manifest] = {}
        self._locks: dict[bytes, frozenset[bytes]] = {}
        self._distributions: dict[bytes, Metadata] = {}
        self._records: dict[bytes, tuple[str, ...]] = {}
        self._top_levels: dict[bytes, tuple[str, ...]] = {}
        self._composed: dict[bytes, tuple[Composed, ...]] = {}
        self._procfiles: dict[bytes, bytes] = {}
        self._debug_bytes: dict[bytes, int] = {}
        self._caches: set[bytes] = set()
        self._images = Images()
        self._is_incomplete = False
        self._left_bytes = _ALL_BYTES

    def __call__(self, file: File) -> Feed | None:
        """Return what receives the content of ``file``; None to ignore it."""
        directory, _, name = file.path.rpartition(b"/")
        if directory.endswith(_METADATA):
            return self._distribution(file, name)
        match name:
            case b"package.json":
                # Deeper ones in a package only say how its modules are read.
                inside = node_package_directory(file.path)
                return self._document(file, self._manifests, read_manifest) if inside in (None, directory) else None
            case b".package-lock.json" if _name(directory) == b"node_modules":
                return self._document(file, self._locks, read_hidden_lock, _LIST_BYTES)
            case b"installed.json" if _name(directory) == b"composer":
                return self._document(file, self._composed, read_composer, _LIST_BYTES)
            case PLATFORM.process_file:
                return self._document(file, self._procfiles, bytes)
        if name.endswith(b".egg-info"):
            return self._document(file, self._distributions, read_metadata)
        return self._content(file, name)

    def _content(self, file: File, name: bytes) -> Feed | None:
        if file.size_bytes <= _DOCUMENT_BYTES and _CODE.search(name) and not _INSTALLED.search(file.path):
            return self._code()
        if file.size_bytes >= _STRIPPED_LEAST_BYTES and _may_be_program(file, name):
            return ElfLook(file.size_bytes, lambda size: self._debug_bytes.update({file.path: size}))
        return self._images(file)

    def _code(self) -> Feed:
        pieces: list[bytes] = []

        def take(piece: bytes) -> None:
            if piece:
                pieces.append(piece)
            else:
                self._caches.update(found[1] or b"" for found in _CACHE.finditer(b"".join(pieces)))

        return take

    def _distribution(self, file: File, name: bytes) -> Feed | None:
        match name:
            case b"METADATA" | b"PKG-INFO":
                return self._document(file, self._distributions, read_metadata)
            case b"RECORD":
                return self._document(file, self._records, read_record, _LIST_BYTES)
            case b"installed-files.txt":
                return self._document(file, self._records, read_lines, _LIST_BYTES)
            case b"top_level.txt":
                return self._document(file, self._top_levels, read_lines)
        return None

    def seen(self, path_of: Callable[[bytes], bytes]) -> Seen:
        """Return all that was collected. ``path_of`` maps an archived path to the slug."""
        return Seen(
            manifests={_above(path_of(path), 1): found for path, found in self._manifests.items()},
            development={_above(path_of(path), 2): found for path, found in self._locks.items()},
            distributions={_distribution(path_of(path)): found for path, found in self._distributions.items()},
            records={_distribution(path_of(path)): found for path, found in self._records.items()},
            top_levels={_distribution(path_of(path)): found for path, found in self._top_levels.items()},
            composed={_above(path_of(path), 2): found for path, found in self._composed.items()},
            debug_bytes={path_of(path): size for path, size in self._debug_bytes.items() if size},
            pixels={path_of(path): number for path, number in self._images.pixels.items()},
            bytes_per_pixel=self._images.ratio,
            caches=frozenset(self._caches),
            procfile=next(
                (text for path, text in self._procfiles.items() if path_of(path) == PLATFORM.process_file), None
            ),
            is_incomplete=self._is_incomplete,
        )

    def _document(
        self,
        file: File,
        into: dict[bytes, T],
        read: Callable[[bytes], T | None],
        most_bytes: int = _DOCUMENT_BYTES,
    ) -> Feed | None:
        if file.size_bytes > min(most_bytes, self._left_bytes):
            self._is_incomplete = True
            return None
        self._left_bytes -= file.size_bytes
        pieces: list[bytes] = []

        def take(piece: bytes) -> None:
            if piece:
                pieces.append(piece)
            elif (found := read(b"".join(pieces))) is not None:
                into[file.path] = found

        return take


def _may_be_program(file: File, name: bytes) -> bool:
    return _SHARED_OBJECT.search(name) is not None or (file.mode == EXECUTABLE and b"." not in name)


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]


def _above(path: bytes, levels: int) -> bytes:
    for _ in range(levels):
        path = path.rpartition(b"/")[0]
    return path


def _distribution(document: bytes) -> bytes:
    """Return the directory of a distribution's metadata, or the file that is all of it."""
    if document.endswith(b".egg-info"):
        return document
    return _above(document, 1).removesuffix(b"/EGG-INFO")
