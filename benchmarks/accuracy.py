#!/usr/bin/env python3
"""How near the predicted size of a slug is to that of a real one.

usage: benchmarks/accuracy.py [--json] [--shuffles N] REPOSITORY...

Takes real repositories (bare or not; they are only read). Of each, HEAD is checked out into a directory `app` without
what its `.slugignore` leaves out, and packed as Heroku's documentation packs a slug by hand: `tar czf slug.tgz ./app`.
That is the true size. The prediction is that of `slugtrim audit --rev HEAD`, with an empty cache.

A true size depends on the order in which the file system lists directories. With --shuffles, tar gets that order N
times at random instead, and the true size is the mean of the N.

Prints the error of each repository with what slugtrim says of its own uncertainty, then mean, root mean square and
worst of those of 1 MB and more, and of those below. A repository that cannot be checked out whole is skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct, structs

from slugtrim.files import Directory, File, Tree
from slugtrim.scanner import scan
from slugtrim.sizer import Sizer
from slugtrim.sources import open_tree

MEGABYTE = 1 << 20


class Result(Struct, frozen=True, kw_only=True):
    """One repository."""

    repository: str
    files: int
    true_bytes: int
    predicted_bytes: int
    error_percent: float
    margin_percent: float
    """What slugtrim states: about 19 in 20 errors should be below it."""
    deviation_percent: float | None
    """Standard deviation of the true sizes over shuffled directories; None without them."""
    inside: float
    """Share of the true sizes that are within the margin."""


class Summary(Struct, frozen=True, kw_only=True):
    """Several repositories."""

    repositories: int
    mean_percent: float
    rms_percent: float
    worst_percent: float
    within_one_percent: int
    inside: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repositories", nargs="+", type=Path, metavar="REPOSITORY")
    parser.add_argument("--shuffles", type=int, default=0, metavar="N", help="pack in N random orders instead")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    results = []
    for repository in args.repositories:
        with tempfile.TemporaryDirectory(prefix="slugtrim-accuracy-") as scratch:
            result = measured(repository, Path(scratch), args.shuffles)
        if result is None:
            print(f"{repository}: skipped, HEAD is not whole", file=sys.stderr)
            continue
        results.append(result)
        if not args.json:
            print(line(result), flush=True)
    groups = {
        "1 MB and more": [each for each in results if each.true_bytes >= MEGABYTE],
        "below 1 MB": [each for each in results if each.true_bytes < MEGABYTE],
    }
    summaries = {name: summary(group) for name, group in groups.items() if group}
    if args.json:
        document = {
            "results": [structs.asdict(each) for each in results],
            "summaries": {name: structs.asdict(each) for name, each in summaries.items()},
        }
        print(json.dumps(document, indent=2))
        return 0
    for name, each in summaries.items():
        print(
            f"{name}: {each.repositories} repositories, mean {each.mean_percent:+.2f} %, rms {each.rms_percent:.2f} %, "
            f"worst {each.worst_percent:+.2f} %, {each.within_one_percent} within 1 %, "
            f"{each.inside:.0%} within their margin"
        )
    return 0


def measured(repository: Path, area: Path, shuffles: int) -> Result | None:
    """Return the result for a repository; None if HEAD cannot be checked out whole."""
    tree = open_tree(os.fsencode(repository), rev="HEAD")
    kept = scan(tree).kept
    if tree.has_submodules or not check_out(repository, area / "app", tree, kept):
        return None
    sizing = Sizer(tree.contents).measure(kept)
    if shuffles:
        true_sizes = [packed_bytes(area, shuffled(kept, seed)) for seed in range(shuffles)]
    else:
        true_sizes = [packed_bytes(area)]
    true_bytes = round(statistics.fmean(true_sizes))
    margin = sizing.margin_bytes
    return Result(
        repository=repository.parent.name if repository.name == "repo" else repository.name,
        files=len(kept),
        true_bytes=true_bytes,
        predicted_bytes=sizing.compressed_bytes,
        error_percent=(sizing.compressed_bytes / true_bytes - 1) * 100,
        margin_percent=margin / sizing.compressed_bytes * 100,
        deviation_percent=statistics.stdev(true_sizes) / true_bytes * 100 if shuffles > 1 else None,
        inside=statistics.fmean(abs(sizing.compressed_bytes - size) <= margin for size in true_sizes),
    )


def check_out(repository: Path, app: Path, tree: Tree, kept: Sequence[File]) -> bool:
    """Write the files of a slug; return False if git lacks one of them."""
    app.mkdir()
    git_dir = subprocess.run(
        ["git", "-C", str(repository), "rev-parse", "--absolute-git-dir"], capture_output=True, check=True
    )
    env = {**os.environ, "GIT_INDEX_FILE": str(app.with_name("index")), "GIT_ATTR_NOSYSTEM": "1"}
    git = ["git", f"--git-dir={os.fsdecode(git_dir.stdout.strip())}", f"--work-tree={app}", "-c", "core.autocrlf=false"]
    subprocess.run([*git, "read-tree", "HEAD"], env=env, cwd=app, check=True)
    paths = b"".join(file.path + b"\0" for file in kept)
    checkout = [*git, "checkout-index", "-q", "-z", "--stdin"]
    done = subprocess.run(checkout, input=paths, env=env, cwd=app, capture_output=True, check=False)
    return done.returncode == 0


def packed_bytes(area: Path, entries: Sequence[bytes] = ()) -> int:
    """Return the size of the archive of ``app``; with ``entries``, in that order."""
    command = ["tar", "cz", "-C", str(area)]
    if entries:
        command += ["--no-recursion", "--null", "-T", "-"]
    else:
        command.append("./app")
    environment = {name: value for name, value in os.environ.items() if name != "GZIP"}
    with tempfile.TemporaryFile() as archive:
        subprocess.run(command, input=b"\0".join(entries), stdout=archive, env=environment, check=True)
        return os.fstat(archive.fileno()).st_size


def shuffled(files: Sequence[File], seed: int) -> list[bytes]:
    """Return what tar meets on a file system that lists each directory in some order of its own."""
    rng = random.Random(seed)
    entries = []
    stack: list[tuple[bytes, Directory | None]] = [(b"", Directory.from_files(files))]
    while stack:
        path, directory = stack.pop()
        entries.append(b"./app/" + path if path else b"./app")
        if directory is not None:
            children: list[tuple[bytes, Directory | None]] = [
                *((child.path, child) for child in directory.directories.values()),
                *((file.path, None) for file in directory.files.values()),
            ]
            rng.shuffle(children)
            stack += children
    return entries


def line(result: Result) -> str:
    spread = f"  orders ±{result.deviation_percent:.2f} %" if result.deviation_percent is not None else ""
    return (
        f"{result.repository[:44]:44} {result.files:7,} files {result.true_bytes:12,} bytes "
        f"{result.error_percent:+6.2f} %  stated ±{result.margin_percent:.2f} %  inside {result.inside:.0%}{spread}"
    )


def summary(results: Sequence[Result]) -> Summary:
    errors = [each.error_percent for each in results]
    return Summary(
        repositories=len(results),
        mean_percent=statistics.fmean(errors),
        rms_percent=statistics.fmean(error * error for error in errors) ** 0.5,
        worst_percent=max(errors, key=abs),
        within_one_percent=sum(abs(error) <= 1 for error in errors),
        inside=statistics.fmean(each.inside for each in results),
    )


if __name__ == "__main__":
    sys.exit(main())
