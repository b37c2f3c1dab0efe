#!/usr/bin/env python3
"""Make the table of package sizes, slugtrim/buildpacks/known.json.

usage: tools/package_sizes.py [--names NAMES.txt] [--add KNOWN.json] [-o KNOWN.json] [INSTALL...]

Measures every package found below the INSTALL directories: in `node_modules`, in `site-packages`, and in directories of
gems and Composer packages. Each line of NAMES.txt adds a package that is not installed: `npm NAME[@RANGE]` or
`pypi REQUIREMENT`, with the sizes that the registries publish. npm's library and uv ask for these; no code of a package
runs. A measured row replaces a published one. `--add` keeps the rows of an older table that are missing from this run.

The table holds for each name one row per major version:

    {"date": "2026-11-29", "sources": ["measured", "published"],
     "npm": {"express": [["4", 214000, 60000, 16, 0]]}, "pypi": {...}, "rubygems": {...}, "packagist": {...},
     "requires": {"npm": {"express": ["accepts", ...]}, "pypi": {...}}}

A row is: major version, raw bytes, compressed bytes, files (0 if not known), source (an index into `sources`). Several
versions of one major version count with their mean. A row that weighs what both its neighbours weigh is left out. A
package is measured without packages inside it, as a tar stream compressed as in a slug. A Python package includes its
`.dist-info` and its compiled bytecode. What a package requires is that of its newest version, as far as it weighs much.
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
import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from packaging.requirements import Requirement

from slugtrim.sizer.codec import default_codec
from slugtrim.sizer.stream import PIECE_BYTES

ECOSYSTEMS = ("npm", "pypi", "rubygems", "packagist")
SOURCES = ("measured", "published")
MEASURED, PUBLISHED = range(2)

PYTHON = "3.12"

# What a byte of a wheel becomes once installed: raw, and compressed in the slug. Bytecode adds to the size of modules.
# Large wheels without native code hold mostly data.
PURE = (7.8, 2.14)
DATA = (5.0, 1.2)
LEAST_DATA_BYTES = 3_000_000
NATIVE = (2.7, 1.06)


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
    source: int = MEASURED


Weights = dict[tuple[str, str, str], Weight]
"""Weights by ecosystem, name and version."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("installs", nargs="*", type=Path, metavar="INSTALL")
    parser.add_argument("--names", type=Path, metavar="NAMES.txt", help="packages to fetch")
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
    if args.names:
        lines = args.names.read_text().splitlines()
        named = {
            prefix: [line[len(prefix) :] for line in lines if line.startswith(prefix)] for prefix in ("npm ", "pypi ")
        }
        weights = {**from_npm(named["npm "]), **from_pypi(named["pypi "]), **weights}
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
                yield re.sub(r"[-_.]+", "-", requirement.name).lower()
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


def from_pypi(requirements: Sequence[str]) -> Weights:
    """Return the weights of distributions as PyPI publishes the sizes of their wheels."""
    weights: Weights = {}
    while requirements:
        # One version of each distribution at a time.
        batch = {distribution(each): each for each in requirements}
        requirements = [each for each in requirements if each not in batch.values()]
        weights.update(resolved([*batch.values()]))
    return weights


def resolved(requirements: Sequence[str]) -> Weights:
    """Return the weights of distributions; leave out those that have no wheel."""
    flags = ["--no-deps", "--format", "pylock.toml", "--only-binary", ":all:"]
    platform = ["--python-version", PYTHON, "--python-platform", "x86_64-manylinux_2_28"]
    try:
        found = output(["uv", "pip", "compile", "--quiet", *flags, *platform, "-"], "\n".join(requirements))
    except ValueError as error:
        if len(requirements) == 1:
            print(f"{requirements[0]}: {str(error)[-200:]}", file=sys.stderr, flush=True)
            return {}
        middle = len(requirements) // 2
        return {**resolved(requirements[:middle]), **resolved(requirements[middle:])}
    weights: Weights = {}
    for package in tomllib.loads(found)["packages"]:
        (wheel, *_) = package["wheels"]
        pure = DATA if wheel["size"] > LEAST_DATA_BYTES else PURE
        ratios = pure if wheel["url"].endswith("-none-any.whl") else NATIVE
        raw, compressed = (round(wheel["size"] * ratio) for ratio in ratios)
        weights["pypi", package["name"], package["version"]] = Weight(raw, compressed, 0, PUBLISHED)
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

Row = list[str | int]
Table = dict[str, dict[str, list[Row]]]
Required = dict[str, dict[str, tuple[int, set[str]]]]
"""By ecosystem and name, the newest major version of a package, and the names of what it requires."""


def table(weights: Weights) -> Table:
    """Return one row for each name and major version, sorted."""
    grouped: dict[tuple[str, str, str], list[Weight]] = defaultdict(list)
    for (ecosystem, name, version), each in weights.items():
        grouped[ecosystem, name, version[: len(version) - len(version.lstrip("0123456789"))]].append(each)
    document: Table = {ecosystem: {} for ecosystem in ECOSYSTEMS}
    for (ecosystem, name, major), each_of in sorted(grouped.items()):
        numbers = [round(statistics.fmean(column)) for column in zip(*(each[:3] for each in each_of), strict=True)]
        document[ecosystem].setdefault(name, []).append([major, *numbers, max(each.source for each in each_of)])
    for rows in document.values():
        for of_name in rows.values():
            of_name.sort(key=row_key)
    return document


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
    return abs(int(one[2]) - int(other[2])) <= max(SAME_BYTES, SAME_SHARE * int(other[2]))


def add_older(document: Table, required: Required, older: dict[str, Any]) -> None:
    """Add the rows of an older table that are missing, and what packages require that were not found newer."""
    for ecosystem in ECOSYSTEMS:
        rows = document[ecosystem]
        for name, old in older[ecosystem].items():
            majors = {row[0] for row in rows.get(name, ())}
            rows[name] = sorted([*rows.get(name, ()), *(row for row in old if row[0] not in majors)], key=row_key)
        document[ecosystem] = dict(sorted(rows.items()))
    for ecosystem, names in older.get("requires", {}).items():
        for name, needs in names.items():
            major, _ = required[ecosystem].get(name, (-1, set()))
            if major < row_key(document[ecosystem][name][-1]):
                required[ecosystem][name] = major, set(needs)


def row_key(row: Row) -> int:
    return int(row[0] or 0)


def text(document: Table, required: Required) -> str:
    """Return the table as JSON with a line for each name, so that a change of it can be read."""
    parts = [f'"date":"{datetime.now(UTC).date()}"', f'"sources":{json.dumps(SOURCES)}']
    for ecosystem in ECOSYSTEMS:
        lines = (
            f"{json.dumps(name, ensure_ascii=False)}:{json.dumps(without_repeats(rows), separators=(',', ':'))}"
            for name, rows in document[ecosystem].items()
        )
        parts.append(f'"{ecosystem}":{{\n' + ",\n".join(lines) + "}")
    known = {ecosystem: named_needs(document[ecosystem], names) for ecosystem, names in required.items()}
    lines = (
        f"{json.dumps(ecosystem)}:{{\n"
        + ",\n".join(f"{json.dumps(name)}:{json.dumps(needs, separators=(',', ':'))}" for name, needs in names.items())
        + "}"
        for ecosystem, names in known.items()
    )
    parts.append('"requires":{\n' + ",\n".join(lines) + "}")
    return "{" + ",\n".join(parts) + "}\n"


LEAST_NEED_BYTES = 5000


def named_needs(rows: dict[str, list[Row]], required: dict[str, tuple[int, set[str]]]) -> dict[str, list[str]]:
    """Return what each package of the table requires, without what weighs little with all that it requires itself."""
    weights = {name: int(of_name[-1][2]) for name, of_name in rows.items()}
    found = {}
    for name, (_, needs) in sorted(required.items()):
        heavy = [need for need in sorted(needs) if weight_with_needs(need, weights, required) >= LEAST_NEED_BYTES]
        if heavy and name in rows:
            found[name] = heavy
    return found


def weight_with_needs(name: str, weights: dict[str, int], required: dict[str, tuple[int, set[str]]]) -> int:
    seen = {name}
    waiting = [name]
    while waiting:
        for need in required.get(waiting.pop(), (0, set()))[1] - seen:
            seen.add(need)
            waiting.append(need)
    return sum(weights.get(each, LEAST_NEED_BYTES) for each in seen)


if __name__ == "__main__":
    sys.exit(main())
