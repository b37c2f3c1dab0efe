#!/usr/bin/env python3
"""How much of what owners leave out slugtrim finds without their `.slugignore`.

usage: benchmarks/recall.py [--cases FILE]... [--rev REV] [--json FILE] REPOSITORY...

Takes git repositories with a `.slugignore` (bare or not; they are only read), and prints a row for each:

- the bytes that the owner's file removes: tracked files, in the gitignore dialect, without what the platform rebuilds
  or deletes (`node_modules`, virtual environments, caches);
- the share of them that slugtrim suggests once the `.slugignore` is taken away: safe entries only, then all entries;
- the share that a fixed list of ten patterns finds;
- the floor: the share that those patterns find whose removal breaks nothing, as `tests/broken_references` checks it;
- the number of lines that slugtrim writes for each whole test directory that the owner removes.

The row of means is per repository. A `!` marks a repository where slugtrim finds less than the floor. In brackets are
the harmless patterns of the fixed list of whose files slugtrim suggests only a part.

FILE is gzipped JSON Lines, one object with `name`, `commit` and `slugignore` a line. A repository is known by its
directory: `owner+name`, or `owner+name/repo`. Its commit and rules are then those of FILE; else those of REV.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from statistics import mean

import msgspec
from msgspec import Struct
from msgspec.structs import replace

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from slugtrim.errors import SlugtrimError
from slugtrim.files import SYMLINK, File, Tree, directories_above
from slugtrim.scanner import scan
from slugtrim.sources import open_tree
from slugtrim.suggester.advice import suggest_tree
from slugtrim.suggester.records import Suggestion, Tier
from tests.broken_references import Checker

FIXED = (b"/spec", b"/test", b"/tests", b"/docs", b"/doc", b"*.psd", b"*.ai", b"*.sketch", b"/features", b"/design")
REBUILT = frozenset(
    b"node_modules bower_components jspm_components .git __pycache__ .cache .npm .pytest_cache .mypy_cache .ruff_cache "
    b".sass-cache .parcel-cache .bundle .gradle venv .venv .virtualenv site-packages .heroku".split()
)
"""Names of directories that Heroku deletes or its buildpacks make again."""
COLUMNS = ("safe", "all", "fixed", "floor")
TESTS = frozenset(b"test tests spec specs __tests__ features cypress e2e testing".split())


class Case(Struct):
    """A commit of a repository, and the rules of its owner."""

    name: str
    commit: str
    slugignore: str


class FixedRow(Struct):
    """What one pattern of the fixed list removes."""

    pattern: str
    bytes: int
    found_bytes: int
    """Of these, what slugtrim suggests."""
    owner_bytes: int
    """Of these, what the owner removes."""
    breaks: list[str]
    """References that break at deploy: `reader:line target`."""

    @property
    def is_short(self) -> bool:
        """Return True if nothing breaks without its files and slugtrim suggests only a part of them."""
        return not self.breaks and self.found_bytes < self.bytes


class TestsRow(Struct):
    """How slugtrim writes a whole test directory that the owner removes."""

    __test__ = False

    directory: str
    bytes: int
    found_bytes: int
    lines: int
    tiers: list[str]


class Row(Struct):
    """The figures of one repository."""

    name: str
    commit: str
    files: int
    owner_bytes: int
    safe_bytes: int
    all_bytes: int
    fixed_bytes: int
    floor_bytes: int
    suggested_bytes: int
    """All that slugtrim suggests, whether the owner removes it or not."""
    entries: int
    seconds: float
    fixed: list[FixedRow]
    tests: list[TestsRow]
    missed: list[tuple[str, int]]
    """The heaviest paths that the owner removes and slugtrim leaves."""

    def share(self, found_bytes: int) -> float:
        """Return the share of the owner's bytes."""
        return found_bytes / self.owner_bytes if self.owner_bytes else 0.0

    @property
    def is_below_floor(self) -> bool:
        """Return True if the harmless part of the fixed list finds more than slugtrim."""
        return self.all_bytes < self.floor_bytes


def measured(name: str, tree: Tree) -> Row:
    """Return the figures of a tree that has its owner's rules."""
    owner = removed_by_owner(tree)
    bare = replace(tree, slugignore=None, files=tuple(file for file in tree.files if file.path != b".slugignore"))
    start = time.perf_counter()
    entries = suggest_tree(bare).suggestions
    seconds = time.perf_counter() - start
    safe, every = paths_of(entries, {Tier.SAFE}), paths_of(entries, set(Tier))
    fixed = list(fixed_rows(bare, owner, every))
    harmless = [left_out(bare, (row.pattern.encode(),)) for row in fixed if not row.breaks]
    return Row(
        name=name,
        commit=tree.source.rev or "",
        files=len(tree.files),
        owner_bytes=total(owner.values()),
        safe_bytes=total(owner[path] for path in owner.keys() & safe),
        all_bytes=total(owner[path] for path in owner.keys() & every),
        fixed_bytes=total(owner[path] for path in owner.keys() & left_out(bare, FIXED).keys()),
        floor_bytes=total(owner[path] for path in owner.keys() & {path for found in harmless for path in found}),
        suggested_bytes=sum(entry.size_bytes for entry in entries),
        entries=len(entries),
        seconds=round(seconds, 2),
        fixed=fixed,
        tests=list(tests_rows(bare, owner, entries)),
        missed=heaviest(tree, owner, every),
    )


def removed_by_owner(tree: Tree) -> dict[bytes, File]:
    """Return the files that the owner's rules remove and that nothing rebuilds or deletes anyway."""
    markers = (b"/pyvenv.cfg", b"/bin/activate", b"/Scripts/activate")
    environments = {
        file.path.removesuffix(marker) for file in tree.files for marker in markers if file.path.endswith(marker)
    }
    files = [left.file for left in scan(tree).left_out]
    return {file.path: file for file in files if not is_rebuilt(file.path, environments)}


def is_rebuilt(path: bytes, environments: Collection[bytes]) -> bool:
    """Return True if Heroku deletes the file or makes it again."""
    above = directories_above(path)
    return (
        path.startswith(b"tmp/")
        or path.endswith((b".pyc", b".DS_Store"))
        or any(each.rpartition(b"/")[2] in REBUILT or each.endswith(b"vendor/bundle") for each in above)
        or any(each in environments for each in above)
    )


def total(files: Iterable[File]) -> int:
    """Return the raw bytes of the files."""
    return sum(file.size_bytes for file in files)


def paths_of(entries: Iterable[Suggestion], tiers: Collection[Tier]) -> set[bytes]:
    """Return the paths of the files in the entries of these tiers."""
    return {file.path for entry in entries if entry.tier in tiers for file in entry.files}


def left_out(tree: Tree, patterns: Sequence[bytes]) -> dict[bytes, File]:
    """Return the files that the patterns match in the gitignore dialect."""
    slug = scan(replace(tree, slugignore=b"\n".join(patterns) + b"\n"))
    return {left.file.path: left.file for left in slug.left_out}


def fixed_rows(tree: Tree, owner: Mapping[bytes, File], found: Collection[bytes]) -> Iterator[FixedRow]:
    """Yield a row for each fixed pattern that matches a file."""
    matched = {pattern: left_out(tree, (pattern,)) for pattern in FIXED}
    if not any(matched.values()):
        return
    contents = tree.read([file for file in tree.files if file.mode != SYMLINK])
    checker = Checker(contents)
    for pattern, files in matched.items():
        if not files:
            continue
        breaks = [each for each in checker.broken(files.keys()) if each.at_deploy]
        yield FixedRow(
            pattern=shown(pattern),
            bytes=total(files.values()),
            found_bytes=total(files[path] for path in files if path in found),
            owner_bytes=total(files[path] for path in files if path in owner),
            breaks=[f"{shown(each.path)}:{each.line} {shown(each.target)}" for each in breaks],
        )


def tests_rows(tree: Tree, owner: Mapping[bytes, File], entries: Sequence[Suggestion]) -> Iterator[TestsRow]:
    """Yield a row for each topmost directory of tests that the owner removes as a whole."""
    files_of = by_directory(tree.files)
    whole = {path for path, files in files_of.items() if all(file.path in owner for file in files)}
    for directory in sorted(whole):
        is_topmost = not any(above in whole for above in directories_above(directory) if above != directory)
        if not is_topmost or directory.rpartition(b"/")[2] not in TESTS:
            continue
        inside = {file.path: file for file in files_of[directory]}
        lines = [entry for entry in entries if any(file.path in inside for file in entry.files)]
        yield TestsRow(
            directory=shown(directory),
            bytes=total(inside.values()),
            found_bytes=total(inside[path] for path in inside.keys() & paths_of(lines, set(Tier))),
            lines=len(lines),
            tiers=sorted({entry.tier.value for entry in lines}),
        )


def by_directory(files: Iterable[File]) -> dict[bytes, list[File]]:
    """Return the files below each directory."""
    found: dict[bytes, list[File]] = {}
    for file in files:
        for above in directories_above(file.path):
            found.setdefault(above, []).append(file)
    return found


def heaviest(
    tree: Tree, owner: Mapping[bytes, File], found: Collection[bytes], most: int = 12
) -> list[tuple[str, int]]:
    """Return what is missed, by its topmost directory without a found or kept file, the heaviest first."""
    missed = {path: file for path, file in owner.items() if path not in found}
    whole = {path for path, files in by_directory(tree.files).items() if all(file.path in missed for file in files)}
    sums: dict[bytes, int] = {}
    for path, file in missed.items():
        tops = [above for above in directories_above(path) if above in whole]
        top = min(tops, key=len) if tops else path
        sums[top] = sums.get(top, 0) + file.size_bytes
    return [(shown(path), size) for path, size in sorted(sums.items(), key=lambda row: -row[1])[:most]]


def shown(path: bytes) -> str:
    """Return a path as text."""
    return path.decode("utf-8", "backslashreplace")


def cases_of(files: Iterable[Path]) -> dict[str, Case]:
    """Return the cases by the name of the repository; of several commits the last."""
    found: dict[str, Case] = {}
    for file in files:
        for line in gzip.decompress(file.read_bytes()).splitlines():
            case = msgspec.json.decode(line, type=Case)
            name, _, variant = case.name.partition("@")
            if not variant.startswith("synth"):
                found[name.replace("/", "+")] = case
    return found


def opened(path: Path, case: Case | None, rev: str) -> Tree:
    """Return the tree of a repository with its owner's rules. Raise `SlugtrimError` if it cannot be read."""
    if case is None:
        return open_tree(os.fsencode(path), rev=rev)
    return replace(open_tree(os.fsencode(path), rev=case.commit), slugignore=case.slugignore.encode())


def known_as(path: Path) -> str:
    """Return the name of a repository by its directory."""
    parts = [part for part in path.resolve().parts if part not in ("repo", ".git")]
    return parts[-1]


def report(rows: Sequence[Row]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield f"{'repository':40} {'files':>6} {'owner':>10} {' '.join(f'{each:>6}' for each in COLUMNS)}   tests"
    for row in rows:
        shares = [row.share(getattr(row, f"{each}_bytes")) for each in COLUMNS]
        lines = ", ".join(f"{each.directory}: {written(each)}" for each in row.tests)
        mark = "!" if row.is_below_floor else " "
        percents = " ".join(f"{share:6.0%}" for share in shares)
        short = "".join(
            f" [{each.pattern}: {each.found_bytes / each.bytes:.0%}]" for each in row.fixed if each.is_short
        )
        yield f"{row.name[:40]:40} {row.files:6} {row.owner_bytes:10,} {percents} {mark} {lines}{short}"
    counted = [row for row in rows if row.owner_bytes]
    if counted:
        shares = [mean(row.share(getattr(row, f"{each}_bytes")) for row in counted) for each in COLUMNS]
        percents = " ".join(f"{share:6.1%}" for share in shares)
        below = sum(row.is_below_floor for row in counted)
        yield f"{f'mean of {len(counted)}':40} {'':6} {'':10} {percents}   {below} below the floor"
    directories = [each for row in rows for each in row.tests]
    one = sum(each.lines == 1 and each.found_bytes == each.bytes for each in directories)
    two = sum(each.lines == 2 and each.found_bytes == each.bytes for each in directories)
    harmless = [each for row in rows for each in row.fixed if not each.breaks]
    yield f"{len(harmless)} harmless entries of the fixed list, {sum(each.is_short for each in harmless)} found in part"
    yield f"{len(directories)} whole test directories: {one} as one line, {two} as two"


def written(row: TestsRow) -> str:
    """Return how many lines stand for a test directory, and how much of it they name."""
    if not row.lines:
        return "none"
    lines = "1 line" if row.lines == 1 else f"{row.lines} lines"
    part = "" if row.found_bytes == row.bytes else f" ({row.found_bytes / max(row.bytes, 1):.0%})"
    return f"{lines}{part} {'+'.join(row.tiers)}"


def main(arguments: Sequence[str]) -> int:
    """Print the table; return 1 if a repository cannot be read."""
    parser = argparse.ArgumentParser(description="How much of what owners leave out slugtrim finds.")
    parser.add_argument("--cases", type=Path, action="append", default=[], metavar="FILE")
    parser.add_argument("--rev", default="HEAD")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("repositories", type=Path, nargs="+", metavar="REPOSITORY")
    given = parser.parse_args(arguments)
    cases, rows, failed = cases_of(given.cases), [], False
    for path in given.repositories:
        name = known_as(path)
        try:
            tree = opened(path, cases.get(name), given.rev)
            if tree.slugignore is None:
                raise SlugtrimError("has no .slugignore")
            rows.append(measured(name, tree))
        except SlugtrimError as error:
            print(f"{name}: {error}", file=sys.stderr)
            failed = True
    print("\n".join(report(rows)))
    if given.json:
        given.json.write_text(json.dumps(msgspec.to_builtins(rows), indent=2) + "\n")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
