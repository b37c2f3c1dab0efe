"""The compiled slug before a push: what buildpacks will add, by runtime and package, as a range.

A tree's manifests and lock files say which buildpacks run and what they install (``plan_of``). Each package is weighed
by the best source at hand (``weights``, ``installed``), and the sum is a range: it is never surer than its sources.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.buildpacks.images import no_slug_builds
from slugtrim.buildpacks.packages import (
    Dependencies,
    Detected,
    LockedPackage,
    PackageChange,
    PackageEcosystem,
    PackageGrowth,
    PackageWeight,
    PredictedPart,
    Prediction,
    Range,
    WeighedPackage,
    WeightOrigin,
)
from slugtrim.buildpacks.weights import looked_up, table_digest, together, with_required
from slugtrim.errors import RulesError
from slugtrim.files import SYMLINK, File, Found, Tree
from slugtrim.ignore import Dialect
from slugtrim.installs import installed_state
from slugtrim.platforms import platform_of
from slugtrim.store import Store, digest, open_store

if TYPE_CHECKING:
    from slugtrim.buildpacks.installed import InstalledHere

_FORMAT = 7
"""Raised when predictions change for the same tree."""
HEAVIEST = 10
"""So many packages are named."""
_NAMED = 3
"""So many members of a workspace are named."""
LOCK_BYTES = 24 << 20
"""A larger lock file isn't read."""
_MOST_MANIFESTS = 2000
_LOADER_BYTES = 14_000, 23
"""Of Composer, compressed: in any case, and by file."""
_LOADER_RAW_BYTES = 60_000, 220
_SIGNS = (b"project", b".sbt", b"Godeps")
"""In these directories every file may tell a buildpack."""
_DEEPEST = 4
_MANIFEST = (
    rb"(?s)(?:.*/)?(?:package\.json|package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|"
    rb"pnpm-workspace\.yaml|bun\.lock|\.yarnrc\.yml|\.npmrc|[^/]*requirements[^/]*\.(?:txt|in)|requirements/[^/]+\.txt|"
    rb"constraints[^/]*\.txt|Pipfile(?:\.lock)?|poetry\.lock|uv\.lock|pyproject\.toml|Gemfile(?:\.lock)?|[^/]+\.gemspec|"
    rb"composer\.(?:json|lock)|go\.mod)"
)
_MANIFEST_ENDINGS = (
    *(b".json", b".lock", b".yaml", b".yml", b".npmrc", b".txt", b".in", b".toml", b".gemspec", b".mod"),
    *(b"Pipfile", b"Gemfile"),
)


class Plan(Struct, frozen=True, kw_only=True):
    """What a build installs."""

    detected: Detected
    dependencies: tuple[Dependencies, ...]

    def packages(self) -> Iterator[LockedPackage]:
        """Yield every package that stays in the slug."""
        for each in self.dependencies:
            yield from each.packages
            if not each.is_pruned:
                yield from each.development


class _RuntimeRow(Struct, frozen=True):
    """What a buildpack puts into the slug beside packages: a runtime, or a package manager that stays."""

    language: str
    versions: list[str]
    """The beginnings of versions that it is about; ``*`` for any other."""
    raw_bytes: int
    """0 if it is not known."""
    compressed_bytes: int
    low: int
    high: int
    date: str
    source: str


def plan_of(tree: Tree, dialect: Dialect, configured: Sequence[str] = ()) -> Plan:
    """Return what a build of the tree installs. ``configured`` are the buildpacks that somebody set.

    Where the platform builds an image instead of a slug, no buildpack runs. Raises ``RulesError``. What cannot be read
    is a note of the dependencies.
    """
    if any(build.is_certain for build in no_slug_builds(tree, platform_of(dialect))):
        return Plan(detected=Detected(buildpacks=(), origin="detected", others=(), runtimes=()), dependencies=())
    from slugtrim.buildpacks.detection import dependencies, detected  # with parsers that a known tree does without
    from slugtrim.scanner import scan  # as above

    wanted = list(_wanted(tree.files))
    # Rules come first: what they leave out no buildpack sees. Only these few files are held against them.
    kept = scan(replace(tree, files=tuple(wanted)), dialect).kept
    files = {file.path: file for file in kept[:_MOST_MANIFESTS]}
    read = partial(_read, tree, files, {})
    found = detected(files.keys(), read, configured)
    installed = dependencies(found, files.keys(), read)
    plans = (_beside_source(_whole(each), files) for each in installed)
    return Plan(detected=found, dependencies=tuple(plans))


def _whole(dependencies: Dependencies) -> Dependencies:
    """Return them with what they require in turn, where no lock file lists it."""
    if dependencies.manager == "pipenv":
        return replace(dependencies, packages=_beside_runtime(dependencies.packages))
    if dependencies.manager != "pip" and (dependencies.pinned or dependencies.ecosystem is not PackageEcosystem.NPM):
        return dependencies
    packages = with_required(dependencies.packages, dependencies.ecosystem)
    return replace(dependencies, packages=_beside_runtime(packages) if dependencies.manager == "pip" else packages)


def _beside_runtime(packages: Iterable[LockedPackage]) -> tuple[LockedPackage, ...]:
    """Return Python packages without pip, which counts with the runtime."""
    return tuple(package for package in packages if package.name != "pip")


def with_installed(plan: Plan, here: InstalledHere) -> Plan:
    """Return a plan with what requirements of pip require in turn, as far as it is installed here."""
    python = next((runtime.version for runtime in plan.detected.runtimes if runtime.language == "python"), "")

    def whole(each: Dependencies) -> Dependencies:
        asked = [package for package in each.packages if package.is_direct]
        return replace(each, packages=_beside_runtime(here.with_required(asked, python)))

    dependencies = (whole(each) if each.manager == "pip" else each for each in plan.dependencies)
    return replace(plan, dependencies=tuple(dependencies))


def _beside_source(dependencies: Dependencies, files: Iterable[bytes]) -> Dependencies:
    """Return what is installed beside the source: packages that lie in it are counted there."""
    is_node = dependencies.ecosystem is PackageEcosystem.NPM
    if not is_node or not any(path.startswith(b"node_modules/") for path in files):
        return dependencies
    note = "node_modules is part of the source, so its packages are counted there."
    return replace(dependencies, packages=(), development=(), notes=(*dependencies.notes, note))


def _wanted(files: Iterable[File]) -> Iterator[File]:
    """Yield the files that say what is installed, and one for each directory of the root: some are a sign as well."""
    seen = set()
    for file in files:
        path = file.path
        top, slash, _ = path.partition(b"/")
        # Most names have none of the endings.
        is_one = path.endswith(_MANIFEST_ENDINGS) and _is_manifest(path)
        if is_one or not slash or top not in seen or top in _SIGNS:
            yield file
        if slash:
            seen.add(top)


def _is_manifest(path: bytes) -> bool:
    return path.count(b"/") <= _DEEPEST and re.fullmatch(_MANIFEST, path) is not None


def _read(tree: Tree, files: Mapping[bytes, File], known: dict[bytes, bytes | None], path: bytes) -> bytes | None:
    if path not in known:
        file = files.get(path)
        known[path] = None
        if file is not None and file.mode != SYMLINK and file.size_bytes <= LOCK_BYTES:
            with tree.contents.open() as reader:
                known[path] = next(iter(reader.batch([file])), None)
    return known[path]


def predict(plan: Plan, here: InstalledHere | None = None) -> Prediction:
    """Return what the buildpacks of a plan add; with ``here`` what is installed on this machine is measured."""
    packages = tuple(dict.fromkeys(plan.packages()))
    measured = here.weights(packages) if here is not None else {}
    parts = list(_runtime_parts(plan))
    weighed: list[tuple[LockedPackage, PackageWeight]] = []
    for each in plan.dependencies:
        own = [*each.packages, *(() if each.is_pruned else each.development)]
        weights = [(package, measured.get(package) or looked_up(package)) for package in own]
        if weights:
            part = _packages_part(each.manager, [weight for _, weight in weights])
            part = _with_loader(part) if each.manager == "composer" else part
            parts.append(_with_started(part, each, weights))
        weighed += weights
    unknown = sorted({package.name for package, weight in weighed if weight.origin is WeightOrigin.ESTIMATED})
    total = _sum([part.range for part in parts])
    estimated = sum(weight.compressed_bytes for _, weight in weighed if weight.origin is WeightOrigin.ESTIMATED)
    by_packages = sum(weight.compressed_bytes for _, weight in weighed)
    by_machine = sum(weight.compressed_bytes for _, weight in weighed if weight.origin is WeightOrigin.INSTALLED)
    return Prediction(
        buildpacks=plan.detected.buildpacks,
        buildpacks_origin=plan.detected.origin,
        others=plan.detected.others,
        parts=tuple(parts),
        range=total,
        raw_bytes=sum(part.raw_bytes for part in parts),
        files=sum(part.files for part in parts),
        packages=len(weighed),
        unknown=sum(part.unknown for part in parts),
        unknown_names=tuple(unknown[:HEAVIEST]),
        known_share=1 - estimated / total.expected_bytes if total.expected_bytes else 1.0,
        heaviest=heaviest(weighed),
        is_installed=2 * by_machine > by_packages,
        notes=(*dict.fromkeys(note for each in plan.dependencies for note in each.notes), *_not_predicted(plan)),
    )


_PREDICTED = frozenset(f"heroku/{name}" for name in ("nodejs", "python", "ruby", "php", "go"))


def _not_predicted(plan: Plan) -> Iterator[str]:
    """Yield what the sum lacks: of other buildpacks at most a runtime is known."""
    others = [each.id for each in plan.detected.buildpacks if each.id not in _PREDICTED]
    if others:
        listed = " and ".join(filter(None, (", ".join(others[:-1]), others[-1])))
        adds = "adds" if len(others) == 1 else "add"
        yield f"What {listed} {adds} beside runtimes isn't predicted, so it isn't counted."


def heaviest(weighed: Iterable[tuple[LockedPackage, PackageWeight]]) -> tuple[WeighedPackage, ...]:
    """Return the heaviest packages, copies of one version together."""
    found: dict[tuple[str, str], PackageWeight] = {}
    for package, weight in weighed:
        key = package.name, package.version
        found[key] = _added(found.get(key), weight)
    rows = [WeighedPackage(name=name, version=version, weight=weight) for (name, version), weight in found.items()]
    told = [row for row in rows if row.weight.origin is not WeightOrigin.ESTIMATED]
    return tuple(sorted(told, key=lambda row: (-row.weight.compressed_bytes, row.name, row.version))[:HEAVIEST])


def _packages_part(manager: str, weights: Sequence[PackageWeight]) -> PredictedPart:
    return PredictedPart(
        what=manager,
        is_runtime=False,
        range=together(weights),
        raw_bytes=sum(weight.raw_bytes for weight in weights),
        files=sum(weight.files for weight in weights),
        packages=len(weights),
        unknown=sum(weight.origin is WeightOrigin.ESTIMATED for weight in weights),
    )


def _with_loader(part: PredictedPart) -> PredictedPart:
    """Return the part with what Composer writes: its loader, the place of each class, and what is installed.

    Two applications have 14,000 bytes, and 21 and 24 more for each file of a package.
    """
    compressed, raw = (own + by_file * part.files for own, by_file in (_LOADER_BYTES, _LOADER_RAW_BYTES))
    low, expected, high = (
        size + compressed for size in (part.range.low_bytes, part.range.expected_bytes, part.range.high_bytes)
    )
    whole = Range(low_bytes=low, expected_bytes=expected, high_bytes=high)
    return replace(part, range=whole, raw_bytes=part.raw_bytes + raw)


def _with_started(
    part: PredictedPart, dependencies: Dependencies, weights: Iterable[tuple[LockedPackage, PackageWeight]]
) -> PredictedPart:
    """Return the part with what the started members of a workspace need of it."""
    needed = set(dependencies.needed_by_started)
    own = [weight for package, weight in weights if package in needed]
    if not own:
        return part
    sizes = sum(weight.compressed_bytes for weight in own), sum(weight.raw_bytes for weight in own)
    more = f" and {len(dependencies.started) - _NAMED} more" if len(dependencies.started) > _NAMED else ""
    return replace(part, started=", ".join(dependencies.started[:_NAMED]) + more, started_bytes=sizes)


def _sum(ranges: Sequence[Range]) -> Range:
    """Return the range of independent parts: errors add up as their squares do."""
    expected = sum(each.expected_bytes for each in ranges)
    down = sum((each.expected_bytes - each.low_bytes) ** 2 for each in ranges) ** 0.5
    up = sum((each.high_bytes - each.expected_bytes) ** 2 for each in ranges) ** 0.5
    return Range(low_bytes=round(expected - down), expected_bytes=expected, high_bytes=round(expected + up))


# What changes.

_CUDA = r"nvidia-|cuda-|triton$|pytorch-triton"


def package_growth(before: Plan, after: Plan) -> PackageGrowth | None:
    """Return what other lock files add; None where the packages are the same. This machine isn't looked at."""
    was, now = _by_name(before), _by_name(after)
    changes = []
    for key in was.keys() | now.keys():
        old, new = was.get(key, {}), now.get(key, {})
        if old.keys() == new.keys():
            continue
        gone = [weight for version, weight in old.items() if version not in new]
        added = [weight for version, weight in new.items() if version not in old]
        changes.append(
            PackageChange(
                name=key[1],
                before=", ".join(sorted(version or "unpinned" for version in old)),
                after=", ".join(sorted(version or "unpinned" for version in new)),
                compressed_bytes=sum(each.compressed_bytes for each in added)
                - sum(each.compressed_bytes for each in gone),
                raw_bytes=sum(each.raw_bytes for each in added) - sum(each.raw_bytes for each in gone),
                origin=max((each.origin for each in (*added, *gone)), key=list(WeightOrigin).index),
            )
        )
    changes += _runtime_changes(before, after)
    if not changes:
        return None
    changes.sort(key=lambda change: (-abs(change.compressed_bytes), change.name))
    cuda = [change for change in changes if not change.before and re.match(_CUDA, change.name)]
    locks = {each.lock for each in (*before.dependencies, *after.dependencies)}
    same = {each.lock for each in before.dependencies for other in after.dependencies if each == other}
    return PackageGrowth(
        compressed_bytes=sum(change.compressed_bytes for change in changes),
        raw_bytes=sum(change.raw_bytes for change in changes),
        locks=tuple(sorted(locks - same)),
        changes=tuple(changes),
        cuda_bytes=(sum(each.compressed_bytes for each in cuda), sum(each.raw_bytes for each in cuda))
        if cuda
        else None,
    )


def _runtime_changes(before: Plan, after: Plan) -> Iterator[PackageChange]:
    """Yield the runtimes that are others: a new version of one may weigh more than all that changes beside it."""
    was, now = ({part.what.partition(" ")[0]: part for part in _runtime_parts(plan)} for plan in (before, after))
    for name in sorted(was.keys() | now.keys()):
        old, new = was.get(name), now.get(name)
        if (old.what if old is not None else "") != (new.what if new is not None else ""):
            yield PackageChange(
                name=name,
                before=old.what.partition(" ")[2] if old is not None else "",
                after=new.what.partition(" ")[2] if new is not None else "",
                compressed_bytes=(new.range.expected_bytes if new is not None else 0)
                - (old.range.expected_bytes if old is not None else 0),
                raw_bytes=(new.raw_bytes if new is not None else 0) - (old.raw_bytes if old is not None else 0),
                origin=WeightOrigin.KNOWN,
            )


def _by_name(plan: Plan) -> dict[tuple[str, str], dict[str, PackageWeight]]:
    """Return ecosystem and name to version to the weight of all copies of it."""
    found: dict[tuple[str, str], dict[str, PackageWeight]] = {}
    for package in plan.packages():
        versions = found.setdefault((package.ecosystem.value, package.name), {})
        weight = looked_up(package)
        versions[package.version] = _added(versions.get(package.version), weight)
    return found


def _added(one: PackageWeight | None, other: PackageWeight) -> PackageWeight:
    if one is None:
        return other
    return replace(
        one,
        compressed_bytes=one.compressed_bytes + other.compressed_bytes,
        raw_bytes=one.raw_bytes + other.raw_bytes,
        files=one.files + other.files,
    )


# Runtimes.


@cache
def _runtime_rows() -> tuple[_RuntimeRow, ...]:
    import tomllib  # only who predicts anew needs it

    data = tomllib.loads(_runtime_table().decode("utf-8"))
    return tuple(msgspec.convert(data["runtime"], list[_RuntimeRow]))


@cache
def _runtime_table() -> bytes:
    with open(os.path.join(os.path.dirname(__file__), "runtimes.toml"), "rb") as file:
        return file.read()


_LANGUAGES = {
    **dict.fromkeys(("node", "node-alone"), "Node"),
    "python": "Python",
    "ruby": "Ruby",
    "php": "PHP",
    "java": "Java",
    "jdk": "JDK",
}
_ROWS_OF = {"java": "jdk", "node-with-yarn": "node-alone"}
_BESIDE = {"yarn": "yarn", "yarn-berry": "yarn", "pnpm": "pnpm"}
_RAW_FACTOR = 3
"""How far runtimes pack whose raw size nobody has measured."""


def _runtime_parts(plan: Plan) -> Iterator[PredictedPart]:
    """Yield a part for each runtime, with the package managers that stay in the slug."""
    managers = {each.manager for each in plan.dependencies}
    for runtime in plan.detected.runtimes:
        language = _ROWS_OF.get(runtime.language, runtime.language)
        row, version = _runtime_row(language, runtime.version)
        if row is None or not row.compressed_bytes:
            continue  # a program of Go has no runtime beside it
        tools = []
        if language == "node":
            tools = ["npm", *(_BESIDE[manager] for manager in sorted(managers) if manager in _BESIDE)]
        elif language == "python":
            tools = [] if managers & {"uv", "poetry"} else ["pip"]
            tools += ["pipenv"] if "pipenv" in managers else []
        elif language == "node-alone" and runtime.language != language:
            tools = ["yarn"]
        rows = [row, *(tool for name in tools if (tool := _runtime_row(name, "")[0]) is not None)]
        with_ = f" with {' and '.join(tools)}" if tools else ""
        yield PredictedPart(
            what=f"{_LANGUAGES.get(language, language)} {version}".rstrip() + with_,
            is_runtime=True,
            range=Range(
                low_bytes=sum(each.low for each in rows),
                expected_bytes=sum(each.compressed_bytes for each in rows),
                high_bytes=sum(each.high for each in rows),
            ),
            raw_bytes=sum(each.raw_bytes or each.compressed_bytes * _RAW_FACTOR for each in rows),
            files=0,
            packages=0,
            unknown=0,
        )


def _runtime_row(language: str, version: str) -> tuple[_RuntimeRow | None, str]:
    """Return the row of a version, and the version as far as the row is about it; None for no such language."""
    rows = [row for row in _runtime_rows() if row.language == language]
    for number in re.findall(r"\d+(?:\.\d+)*", version[:200]):
        for row in rows:
            for beginning in row.versions:
                if number == beginning or number.startswith(beginning + "."):
                    return row, beginning
    return next((row for row in rows if "*" in row.versions), None), ".".join(re.findall(r"\d+", version[:200])[:2])


# What was found, and what is kept of it.


def predict_found(
    found: Found,
    dialect: Dialect,
    configured: Sequence[str] = (),
    *,
    use_installed: bool = False,
    use_cache: bool = True,
) -> Prediction:
    """Return what buildpacks add to what was found; of a known tree as it is kept. Raises as its ``load`` does.

    With ``use_installed`` packages that are installed on this machine are measured.
    """
    store = open_store(found.git_dir if use_cache else None)
    root = found.source.path
    state = installed_state(root, os.environ) if use_installed else b""
    names = [name.encode("utf-8", "surrogateescape") for name in configured]
    about = (b"compiled %d" % _FORMAT, dialect.value.encode(), digest(state), *names)
    tables = (table_digest(), digest(_runtime_table()))
    key = digest(b"\0".join((*about, found.fingerprint, *tables))) if found.fingerprint is not None else None
    kept = _kept(store, key)
    if kept is not None:
        return kept
    tree = found.load()
    # Most changes leave manifests and lock files alone: then the prediction is that of another tree.
    wanted = list(_wanted(tree.files))
    of_files = [b"%b %b" % (file.path, file.blob) for file in wanted if file.blob is not None]
    rules = b"none" if tree.slugignore is None else b"=" + tree.slugignore
    files_key = digest(b"\0".join((*about, *map(digest, (rules, *of_files)), *tables)))
    has_ids = key is not None and len(of_files) == len(wanted)
    kept = _kept(store, files_key) if has_ids else None
    if kept is not None and key is not None:
        store.put(key, msgspec.msgpack.encode(kept))
        return kept
    plan = plan_of(replace(tree, files=tuple(wanted)), dialect, configured)
    if use_installed and plan.dependencies:
        from slugtrim.buildpacks.installed import InstalledHere  # with all that it takes to measure
        from slugtrim.sizer import open_size_cache  # as above

        cache = open_size_cache(found.git_dir if use_cache else None)
        here = InstalledHere(root, os.environ, cache)
        prediction = predict(with_installed(plan, here), here)
        cache.save()
    else:
        prediction = predict(plan)
    if key is not None and found.is_unchanged():
        store.put(key, msgspec.msgpack.encode(prediction))
        if has_ids:
            store.put(files_key, msgspec.msgpack.encode(prediction))
    return prediction


def _kept(store: Store, key: bytes | None) -> Prediction | None:
    data = store.get(key) if key is not None else None
    try:
        return msgspec.msgpack.decode(data, type=Prediction) if data is not None else None
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None  # somebody else wrote it


def package_growth_found(
    before: Found, after: Found, dialect: Dialect, configured: Sequence[str] = ()
) -> PackageGrowth | None:
    """Return what other lock files add to what was found. Raises as both their ``load`` does, but for rules.

    Of a base whose rules cannot be read nothing is said: the change may be what mends them.
    """
    try:
        return package_growth(plan_of(before.load(), dialect, configured), plan_of(after.load(), dialect, configured))
    except RulesError:
        return None
