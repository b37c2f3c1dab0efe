#!/usr/bin/env python3
"""Make the table of package sizes, slugtrim/buildpacks/known.json.

usage: tools/package_sizes.py [--names NAMES.txt] [--locks LOCK...] [--debs DIRECTORY] [--add KNOWN.json]
                              [-o KNOWN.json] [INSTALL...]

Measures every package found below the INSTALL directories: in `node_modules`, in `site-packages`, and in directories of
gems and Composer packages. Each line of NAMES.txt adds a package that is not installed: `npm NAME[@RANGE]` or `pypi
REQUIREMENT`, with the sizes that the registries publish. npm's library and uv ask for these; no code of a package runs.
Lines `rubygems NAME VERSION MIB [RAW MIB]` have the size that rubygems.org publishes for the archive of a gem with
programs or libraries. A `uv.lock` has the sizes of wheels and what distributions require, a `poetry.lock` the latter.
DIRECTORY has Debian's packages (`apt-get download`) of gems, known by their gemspecs, and of Composer's, which lines
`packagist NAME DEB` name. These lack tests and documents that the gem brings, and C programs in the gem's own
directory: sizes count them by what bundled gems of Ruby have besides. A measured row replaces a published one. `--add`
keeps the rows of an older table that are missing from this run.

The table holds for each name a string, with a row for each major version:

    {"date": "2026-11-29", "sources": {"": "measured", "~": "published", ...},
     "npm": {"express": "3 1500 420 80,4 2140 600 16"}, "pypi": {...}, "rubygems": {...}, "packagist": {...},
     "requires": {"npm": {"express": "accepts body-parser"}, "pypi": {"pyjwt[crypto]": "cryptography", ...}}}

A row is: version, raw bytes and compressed bytes in hundreds, files (0 if not known), and the mark of its source.
Several versions of one major version count with their mean. If they differ by much, and the package is heavy, there is
a row for each minor version (`1.7`). A row that weighs what both its neighbours weigh is left out. A package is
measured without packages inside it, as a tar stream compressed as in a slug. A Python package includes its `.dist-info`
and its compiled bytecode. Where another version of it was measured, a wheel's size is scaled as that one's. What a
package requires is that of its newest version, as far as it weighs much; what an extra requires besides stands below
`NAME[EXTRA]`.
"""

from __future__ import annotations

import argparse
import csv
import email.message
import email.parser
import json
import os
import re
import statistics
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from packaging.markers import Marker
from packaging.requirements import Requirement

from slugtrim.buildpacks.python_locks import wheel_rank
from slugtrim.buildpacks.weights import UNIT
from slugtrim.sizer.codec import default_codec
from slugtrim.sizer.stream import PIECE_BYTES

ECOSYSTEMS = ("npm", "pypi", "rubygems", "packagist")
SOURCES = {"": "measured", "~": "published", "^": "scaled", "*": "debian"}
MEASURED, PUBLISHED, SCALED, DEBIAN = SOURCES

PYTHONS = ("3.12", "3.9", "3.7")
"""The first one that has a wheel counts."""

# What a byte of a wheel becomes once installed: raw, and compressed in the slug. Bytecode adds to the size of modules.
# Large wheels without native code hold mostly data.
PURE = (7.8, 2.14)
DATA = (5.0, 1.2)
LEAST_DATA_BYTES = 3_000_000
NATIVE = (2.7, 1.06)
MIB = 1 << 20

UNLIKE_GEM = r"./usr/(?:share/(?!rubygems-integration|php|[^/]+/[^/]+\.php)|bin|lib/systemd)"
"""What Debian's packages have that gems and Composer's packages lack."""
GEM_GROWTH = 1.2
COMPOSER_GROWTH = 1.05
"""What gems and Composer's packages weigh beside Debian's: tests, documents, sources of programs.

Measured with the own files of 30 gems (1.2 in sum, 1.0 to 5.4 each, the lightest differ most; Rails' own 1.0) and of 62
Composer packages (1.04 in sum, 1.0 to 1.9 each). Left out are those of which Debian packages a part only, and those of
which it repacks data: laravel/framework, dompdf.
"""


class Found(NamedTuple):
    """One version of a package."""

    ecosystem: str
    name: str
    version: str
    files: tuple[tuple[str, Path], ...]
    """Names in the archive, and where the files are."""
    needs: tuple[str, ...] = ()
    """Names of the packages that it requires on Linux, without extras."""


class Weight(NamedTuple):
    """What a package weighs."""

    raw_bytes: int
    compressed_bytes: int
    files: int
    source: str = MEASURED


Weights = dict[tuple[str, str, str], Weight]
"""Weights by ecosystem, name and version."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("installs", nargs="*", type=Path, metavar="INSTALL")
    parser.add_argument("--names", type=Path, metavar="NAMES.txt", help="packages to fetch")
    parser.add_argument("--locks", nargs="*", type=Path, default=[], metavar="LOCK", help="uv.lock, poetry.lock")
    parser.add_argument(
        "--debs", type=Path, metavar="DIRECTORY", help="Debian packages of gems and of Composer packages"
    )
    parser.add_argument("--add", type=Path, metavar="KNOWN.json", help="keep the other rows of this table")
    parser.add_argument("-o", "--output", type=Path, default=Path("slugtrim/buildpacks/known.json"))
    args = parser.parse_args()
    weights: Weights = {}
    required: Required = {"npm": {}, "pypi": {}}
    for install in args.installs:
        found = list(packages(install))
        add(weights, found)
        for each in found:
            if each.ecosystem in required:
                note_needs(required[each.ecosystem], each)
    wheels: Wheels = {}
    for lock in args.locks:
        locked(lock, wheels, required["pypi"])
    if args.names:
        lines = args.names.read_text().splitlines()
        named = {
            prefix: [line[len(prefix) :] for line in lines if line.startswith(prefix)] for prefix in ("npm ", "pypi ")
        }
        weights = {**from_npm(named["npm "]), **from_rubygems(lines), **weights}
        wheels |= from_pypi(named["pypi "])
    weights = {**weights_of(wheels, weights), **weights}
    if args.debs:
        lines = args.names.read_text().splitlines() if args.names else []
        composer = [line.split()[1:] for line in lines if line.startswith("packagist ")]
        weights = {**of_debian(args.debs, composer), **weights}
    document = table(weights)
    if args.add:
        add_older(document, required, json.loads(args.add.read_text()))
    args.output.write_text(text(document, required))
    print({ecosystem: len(document[ecosystem]) for ecosystem in ECOSYSTEMS}, args.output.stat().st_size, "bytes")
    return 0


# Finding


def packages(directory: Path) -> Iterator[Found]:
    """Yield the packages installed below a directory."""
    for path, directories, names in os.walk(directory):
        here = Path(path)
        if here.name == "node_modules":
            yield from node_packages(here)
        elif here.name == "site-packages":
            directories.clear()
            yield from distributions(here)
        elif here.name == "gems" and (here.parent / "specifications").is_dir():
            directories.clear()
            yield from gems(here)
        elif here.name == "composer" and "installed.json" in names:
            yield from composer_packages(here)


def node_packages(modules: Path) -> Iterator[Found]:
    """Yield the packages that lie directly in a `node_modules` directory."""
    for entry in sorted(modules.iterdir()):
        for package in sorted(entry.iterdir()) if entry.name.startswith("@") and entry.is_dir() else (entry,):
            if package.is_symlink() or not (package / "package.json").is_file():
                continue
            try:
                manifest = json.loads((package / "package.json").read_bytes())
                name, version = manifest["name"], manifest["version"]
            except (ValueError, KeyError, TypeError):
                continue
            needs = manifest.get("dependencies")
            names = tuple(map(str, needs)) if isinstance(needs, dict) else ()
            yield Found("npm", str(name), str(version), tuple(tree_files(package, skipped="node_modules")), names)


def tree_files(directory: Path, skipped: str = "") -> Iterator[tuple[str, Path]]:
    for path, directories, names in os.walk(directory):
        directories[:] = sorted(each for each in directories if each != skipped)
        for name in sorted(names):
            file = Path(path, name)
            yield f"./{file.relative_to(directory.parent)}", file


def distributions(site: Path) -> Iterator[Found]:
    """Yield the Python distributions of a `site-packages` directory, with the files that RECORD names."""
    for info in sorted(site.glob("*.dist-info")):
        try:
            metadata = email.parser.BytesHeaderParser().parsebytes((info / "METADATA").read_bytes())
            with (info / "RECORD").open(newline="", encoding="utf-8") as record:
                names = {row[0] for row in csv.reader(record) if row}
        except (OSError, ValueError):
            continue
        names |= {each for name in names if name.endswith(".py") for each in bytecode(site, name)}
        files = [(f"./{name}", site / name) for name in sorted(names) if not name.startswith(("../", "/"))]
        name = re.sub(r"[-_.]+", "-", str(metadata["Name"])).lower()
        yield Found("pypi", name, str(metadata["Version"]), tuple(files), tuple(required_names(metadata)))


def required_names(metadata: email.message.Message) -> Iterator[str]:
    """Yield what a distribution requires on Linux, without its extras."""
    for line in metadata.get_all("Requires-Dist", []):
        try:
            requirement = Requirement(line)
            if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
                name = re.sub(r"[-_.]+", "-", requirement.name).lower()
                yield from (name, *(f"{name}[{distribution(extra)}]" for extra in sorted(requirement.extras)))
        except ValueError:
            continue


def bytecode(site: Path, name: str) -> Iterator[str]:
    """Yield the compiled files of a module; RECORD omits them if pip did not compile them itself."""
    module = Path(name)
    for file in (site / module.parent / "__pycache__").glob(f"{module.stem}.*.pyc"):
        yield str(file.relative_to(site))


def gems(directory: Path) -> Iterator[Found]:
    for gem in sorted(directory.iterdir()):
        name, _, version = gem.name.rpartition("-")
        if gem.is_dir() and name and version[:1].isdigit():
            yield Found("rubygems", name, version, tuple(tree_files(gem)))


def composer_packages(directory: Path) -> Iterator[Found]:
    document = json.loads((directory / "installed.json").read_bytes())
    for package in document["packages"] if isinstance(document, dict) else document:
        path = (directory / package.get("install-path", f"../{package['name']}")).resolve()
        yield Found("packagist", package["name"].lower(), package["version"].lstrip("v"), tuple(tree_files(path)))


def note_needs(required: dict[str, tuple[int, set[str]]], found: Found) -> None:
    """Note what the newest major version of a package needs: where no lock file pins another, it is installed."""
    major = int("0" + found.version[: len(found.version) - len(found.version.lstrip("0123456789"))])
    known, needs = required.get(found.name, (-1, set()))
    if major >= known:
        required[found.name] = major, (needs if major == known else set()) | set(found.needs)


# Weighing


def add(weights: Weights, found: Iterable[Found]) -> None:
    """Measure the packages that have not been measured yet."""
    for package in found:
        key = package.ecosystem, package.name, package.version
        if key not in weights:
            weights[key] = weight(package.files)


def weight(files: Iterable[tuple[str, Path]]) -> Weight:
    raw = compressed = count = 0
    stream = bytearray()
    for name, path in files:
        if not path.is_file() and not path.is_symlink():
            continue
        info = tarfile.TarInfo(name)
        content = b""
        if path.is_symlink():
            info.type, info.linkname = tarfile.SYMTYPE, os.readlink(path)
        else:
            content = path.read_bytes()
            info.size = len(content)
            raw += len(content)
            count += 1
        stream += info.tobuf(tarfile.GNU_FORMAT) + content + b"\0" * (-len(content) % tarfile.BLOCKSIZE)
        if len(stream) > PIECE_BYTES:
            compressed += default_codec().compressed_bytes(bytes(stream), b"")
            stream.clear()
    return Weight(raw, compressed + default_codec().compressed_bytes(bytes(stream), b""), count)


def of_debian(debs: Path, composer: Iterable[Sequence[str]]) -> Weights:
    """Return the weights of the gems and Composer packages in Debian's packages."""
    weights: Weights = {}
    names = {deb: name for name, deb in composer}
    for deb in sorted(debs.glob("*.deb")):
        package, version, _ = deb.name.split("_")
        with tempfile.TemporaryDirectory() as place:
            subprocess.run(["dpkg-deb", "-x", str(deb), place], check=True)
            specs = list(Path(place).glob("usr/**/specifications/*.gemspec"))
            files = [file for file in tree_files(Path(place, "usr")) if not re.match(UNLIKE_GEM, file[0])]
            if len(specs) == 1 and files:
                name, _, number = specs[0].name.removesuffix(".gemspec").rpartition("-")
                # A program is in the gem's own directory as well.
                measured = weight([*files, *(file for file in files if file[0].endswith(".so"))])
                weights["rubygems", name, number] = grown(measured, GEM_GROWTH)
            elif package in names and files:
                number = re.sub(r"^\d+%3a|[-+~].*", "", version)
                weights["packagist", names[package], number] = grown(weight(files), COMPOSER_GROWTH)
    return weights


def grown(measured: Weight, growth: float) -> Weight:
    raw, compressed, files, _ = measured
    return Weight(round(raw * growth), round(compressed * growth), files, DEBIAN)


# Fetching

NPM_SIZES = """
const pacote = require(require("path").join(process.argv[1], "npm/node_modules/pacote"));
(async () => {
  for (const spec of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
    try {
      const { name, version } = await pacote.manifest(spec);
      const archive = await pacote.tarball(`${name}@${version}`);
      const tar = require("zlib").gunzipSync(archive);
      let raw = 0, files = 0;
      for (let at = 0; at + 512 <= tar.length && tar[at]; ) {
        const size = parseInt(tar.toString("latin1", at + 124, at + 136), 8) || 0;
        if ("0\\0".includes(String.fromCharCode(tar[at + 156]))) { raw += size; files += 1; }
        at += 512 + Math.ceil(size / 512) * 512;
      }
      console.log(JSON.stringify([name, version, raw, archive.length, files]));
    } catch (error) {
      console.error(`${spec}: ${error.message}`);
    }
  }
})();
"""


def from_npm(specs: Sequence[str]) -> Weights:
    """Return the weights of packages as npm's registry publishes them."""
    modules = output(["npm", "root", "--global"]).strip()
    lines = output(["node", "-e", NPM_SIZES, modules], json.dumps(specs)).splitlines()
    weights: Weights = {}
    for name, version, raw, compressed, files in map(json.loads, lines):
        weights["npm", name, version] = Weight(raw, compressed, files, PUBLISHED)
    return weights


def from_rubygems(lines: Iterable[str]) -> Weights:
    """Return the weights of gems whose archives lines of NAMES.txt give: what is in them packs as well in a slug."""
    weights: Weights = {}
    for line in lines:
        if line.startswith("rubygems "):
            _, name, version, packed, *raw = line.split()
            compressed_bytes = round(float(packed) * MIB)
            raw_bytes = round(float(raw[0]) * MIB) if raw else round(compressed_bytes * NATIVE[0])
            weights["rubygems", name, version] = Weight(raw_bytes, compressed_bytes, 0, PUBLISHED)
    return weights


Wheels = dict[tuple[str, str], tuple[int, bool]]
"""By name and version, the size of a wheel, and whether it is for any platform."""


def from_pypi(requirements: Sequence[str]) -> Wheels:
    """Return the wheels of distributions as PyPI publishes them."""
    wheels: Wheels = {}
    while requirements:
        # One version of each distribution at a time.
        batch = {distribution(each): each for each in requirements}
        requirements = [each for each in requirements if each not in batch.values()]
        wheels.update(resolved([*batch.values()]))
    return wheels


def resolved(requirements: Sequence[str], pythons: Sequence[str] = PYTHONS) -> Wheels:
    """Return the wheels of distributions; leave out those that have none."""
    flags = ["--no-deps", "--format", "pylock.toml", "--only-binary", ":all:"]
    platform = ["--python-version", pythons[0], "--python-platform", "x86_64-manylinux_2_28"]
    try:
        found = output(["uv", "pip", "compile", "--quiet", *flags, *platform, "-"], "\n".join(requirements))
    except ValueError as error:
        if len(requirements) > 1:
            middle = len(requirements) // 2
            return {**resolved(requirements[:middle]), **resolved(requirements[middle:])}
        if len(pythons) > 1:
            return resolved(requirements, pythons[1:])
        print(f"{requirements[0]}: {str(error)[-200:]}", file=sys.stderr, flush=True)
        return {}
    packages = tomllib.loads(found)["packages"]
    return {(each["name"], each["version"]): wheel_of(each["wheels"][0]) for each in packages}


def wheel_of(wheel: dict[str, Any]) -> tuple[int, bool]:
    return wheel["size"], wheel["url"].endswith("-none-any.whl")


def locked(lock: Path, wheels: Wheels, required: dict[str, tuple[int, set[str]]]) -> None:
    """Note the wheels that a lock file names, and what distributions require for Linux."""
    for package in tomllib.loads(lock.read_text()).get("package", []):
        name, version = distribution(package["name"]), package.get("version", "")
        fitting = [
            (rank, wheel["size"], rank[1] == 0)
            for wheel in package.get("wheels", [])
            if "size" in wheel and (rank := wheel_rank(wheel["url"].rpartition("/")[2], int(PYTHONS[0][2:])))
        ]
        if fitting:
            wheels[name, version] = max(fitting)[1:]
        needs = required_by(package, package.get("dependencies", []))
        extras = package.get("optional-dependencies", {}) or package.get("extras", {})
        of_extras = {f"{name}[{distribution(extra)}]": required_by(package, needed) for extra, needed in extras.items()}
        for each, names in {name: needs, **of_extras}.items():
            major = int(leading(version, 1) or 0)
            if major > required.get(each, (-1, set()))[0]:
                required[each] = major, names


def required_by(package: dict[str, Any], needs: Any) -> set[str]:
    """Return the names that an entry of a lock file requires, each with its extras."""
    lines = []
    if isinstance(needs, dict):  # poetry
        for name, said in needs.items():
            for one in said if isinstance(said, list) else [said]:
                options = one if isinstance(one, dict) else {}
                if not options.get("optional"):
                    lines.append((name, options.get("extras", ()), options.get("markers", "")))
    for each in needs if isinstance(needs, list) else ():
        if isinstance(each, str):  # an extra of poetry
            requirement = Requirement(each)
            lines.append((requirement.name, requirement.extras, str(requirement.marker or "")))
        else:
            lines.append((each["name"], each.get("extra", ()), each.get("marker", "")))
    own = distribution(package["name"])
    found: set[str] = set()
    for name, extras, marker in lines:
        if not marker or holds(marker):
            needed = distribution(name)
            found |= {needed, *(f"{needed}[{distribution(extra)}]" for extra in extras)}
    return found - {own}


def holds(marker: str) -> bool:
    python = {"python_version": PYTHONS[0], "python_full_version": PYTHONS[0] + ".99"}
    return Marker(marker).evaluate({"extra": "", **python})


def weights_of(wheels: Wheels, measured: Weights) -> Weights:
    """Return the weights of distributions by their wheels, where they were not measured."""
    ratios: dict[tuple[str, bool], list[tuple[float, float, int]]] = defaultdict(list)
    for (name, version), (size, is_portable) in wheels.items():
        known = measured.get(("pypi", name, version))
        if known is not None:
            ratios[name, is_portable].append((known.raw_bytes / size, known.compressed_bytes / size, known.files))
    weights: Weights = {}
    for (name, version), (size, is_portable) in wheels.items():
        if (name, is_portable) in ratios:
            raw, compressed, files = map(statistics.fmean, zip(*ratios[name, is_portable], strict=True))
            weights["pypi", name, version] = Weight(round(size * raw), round(size * compressed), round(files), SCALED)
        else:
            pure = DATA if size > LEAST_DATA_BYTES else PURE
            raw, compressed = (round(size * ratio) for ratio in (pure if is_portable else NATIVE))
            weights["pypi", name, version] = Weight(raw, compressed, 0, PUBLISHED)
    return weights


def distribution(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement)[0]).lower()


def output(command: Sequence[str], given: str = "") -> str:
    done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=3600, check=False)
    if done.returncode:
        raise ValueError(done.stderr or done.stdout)
    print(done.stderr, end="", file=sys.stderr, flush=True)
    return done.stdout


# Writing

Row = tuple[str, int, int, int, str]
"""Version, raw and compressed bytes, files, source."""
Table = dict[str, dict[str, list[Row]]]
Required = dict[str, dict[str, tuple[int, set[str]]]]
"""By ecosystem and name, the newest major version of a package, and the names of what it requires."""

DIFFERENT_SHARE = 0.25
LEAST_HEAVY_BYTES = 400_000


def table(weights: Weights) -> Table:
    """Return one row for each name and major version, or minor version where these differ much; sorted."""
    grouped: dict[tuple[str, str], dict[str, list[tuple[str, Weight]]]] = defaultdict(lambda: defaultdict(list))
    for (ecosystem, name, version), each in weights.items():
        grouped[ecosystem, name][leading(version, 1)].append((version, each))
    document: Table = {ecosystem: {} for ecosystem in ECOSYSTEMS}
    for (ecosystem, name), of_majors in sorted(grouped.items()):
        rows = []
        for major, each_of in of_majors.items():
            sizes = [each.compressed_bytes for _, each in each_of]
            differ = max(sizes) - min(sizes) > DIFFERENT_SHARE * max(sizes) and max(sizes) > LEAST_HEAVY_BYTES
            parts: dict[str, list[Weight]] = defaultdict(list)
            for version, each in each_of:
                parts[leading(version, 2) if differ else major].append(each)
            rows += [mean_row(version, group) for version, group in parts.items()]
        document[ecosystem][name] = sorted(rows, key=row_key)
    return document


def leading(version: str, count: int) -> str:
    """Return the first numbers of a version."""
    match = re.match(r"\d+(?:\.\d+)*", version)
    return ".".join(match[0].split(".")[:count]) if match else ""


def mean_row(version: str, weights: Sequence[Weight]) -> Row:
    best = [each for each in weights if each.source == MEASURED] or weights
    columns = zip(*(each[:3] for each in best), strict=True)
    raw, compressed, files = (round(statistics.fmean(column)) for column in columns)
    return version, raw, compressed, files, best[0].source


SAME_BYTES = 1500
SAME_SHARE = 0.12


def without_repeats(rows: Sequence[Row]) -> list[Row]:
    """Return the rows without those that weigh what both their neighbours weigh."""
    kept = [*rows[:1]]
    for row, following in pairwise(rows[1:]):
        if not (is_same(kept[-1], row) and is_same(row, following)):
            kept.append(row)
    return [*kept, *rows[1:][-1:]]


def is_same(one: Row, other: Row) -> bool:
    return abs(one[2] - other[2]) <= max(SAME_BYTES, SAME_SHARE * other[2])


def row_text(row: Row) -> str:
    version, raw, compressed, files, source = row
    return f"{version} {-(-raw // UNIT)} {-(-compressed // UNIT)} {files}{' ' * bool(source)}{source}"


def rows_of(text: str) -> list[Row]:
    """Return the rows that a line of the table has."""
    rows = []
    for row in text.split(","):
        version, raw, compressed, files, *source = row.split(" ")
        rows.append((version, int(raw) * UNIT, int(compressed) * UNIT, int(files), source[0] if source else MEASURED))
    return rows


def add_older(document: Table, required: Required, older: dict[str, Any]) -> None:
    """Add the rows of an older table that are missing, and what packages require that were not found newer."""
    for ecosystem in ECOSYSTEMS:
        rows = document[ecosystem]
        for name, old in older[ecosystem].items():
            rows[name] = with_older(rows.get(name, ()), rows_of(old))
        document[ecosystem] = dict(sorted(rows.items()))
    for ecosystem, names in older.get("requires", {}).items():
        for name, needs in names.items():
            major, _ = required[ecosystem].get(name, (-1, set()))
            newest = row_key(document[ecosystem][name.partition("[")[0]][-1])[0]
            if major < newest:
                required[ecosystem][name] = newest, set(needs.split())


def with_older(rows: Sequence[Row], older: Sequence[Row]) -> list[Row]:
    """Return rows and the older ones of other major versions. What was measured tells how far published sizes go."""
    of_majors: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        of_majors[leading(row[0], 1)].append(row)
    known: dict[str, list[Row]] = defaultdict(list)
    for row in older:
        known[leading(row[0], 1)].append(row)
    for major, before in known.items():
        now = of_majors[major]
        if any(row[4] == MEASURED for row in now):
            continue
        if now and (len(now) > 1 or before[0][4] == DEBIAN) and before[0][4] != MEASURED:
            continue
        if len(now) < 2 or len(before) > 1:
            of_majors[major] = before
            continue
        _, raw, compressed, files, _ = before[0]
        factors = [whole / statistics.fmean(int(row[at]) for row in now) for at, whole in ((1, raw), (2, compressed))]
        of_majors[major] = [
            (row[0], round(row[1] * factors[0]), round(row[2] * factors[1]), row[3] or files, SCALED) for row in now
        ]
    return sorted((row for each in of_majors.values() for row in each), key=row_key)


def row_key(row: Row) -> tuple[int, ...]:
    return tuple(int(number or 0) for number in row[0].split("."))


def text(document: Table, required: Required) -> str:
    """Return the table as JSON with a line for each name, so that a change of it can be read."""
    parts = [f'"date":"{datetime.now(UTC).date()}"', f'"sources":{json.dumps(SOURCES)}']
    for ecosystem in ECOSYSTEMS:
        lines = (
            f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(','.join(map(row_text, without_repeats(rows))))}"
            for name, rows in document[ecosystem].items()
        )
        parts.append(f'"{ecosystem}":{{\n' + ",\n".join(lines) + "}")
    known = {ecosystem: named_needs(document[ecosystem], names) for ecosystem, names in required.items()}
    lines = (
        f"{json.dumps(ecosystem)}:{{\n"
        + ",\n".join(f"{json.dumps(name)}:{json.dumps(' '.join(needs))}" for name, needs in names.items())
        + "}"
        for ecosystem, names in known.items()
    )
    parts.append('"requires":{\n' + ",\n".join(lines) + "}")
    return "{" + ",\n".join(parts) + "}\n"


LEAST_NEED_BYTES = 5000


def named_needs(rows: dict[str, list[Row]], required: dict[str, tuple[int, set[str]]]) -> dict[str, list[str]]:
    """Return what each package of the table requires, without what weighs little with all that it requires itself."""
    weights = {name: of_name[-1][2] for name, of_name in rows.items()}
    found = {}
    for name, (_, needs) in sorted(required.items()):
        heavy = [need for need in sorted(needs) if weight_with_needs(need, weights, required) >= LEAST_NEED_BYTES]
        # An extra comes with its package, which stands for itself.
        named = [need for need in heavy if need not in {other.partition("[")[0] for other in heavy if "[" in other}]
        if named and name.partition("[")[0] in rows:
            found[name] = named
    return found


def weight_with_needs(name: str, weights: dict[str, int], required: dict[str, tuple[int, set[str]]]) -> int:
    seen = {name, name.partition("[")[0]}
    waiting = [*seen]
    while waiting:
        for need in required.get(waiting.pop(), (0, set()))[1]:
            new = {need, need.partition("[")[0]} - seen
            seen |= new
            waiting += new
    return sum(weights.get(each, LEAST_NEED_BYTES) for each in seen if "[" not in each)


if __name__ == "__main__":
    sys.exit(main())
