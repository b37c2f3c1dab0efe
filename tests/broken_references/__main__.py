"""List what would break in a repository.

usage: python -m tests.broken_references REPOSITORY... [--with-suggestions] [--rev REV] [--all]

Without --with-suggestions, the files that the repository's own `.slugignore` removes are left out. With it, those that
slugtrim suggests as if there were no such file: first the safe entries, then all of them.

Each line is `reader:line [kind] reference -> target`, and `safe` or `conditional` for the entry that takes the target.
--entries lists the entries as well. --all adds references that do not run at deploy.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from slugtrim.errors import SlugtrimError
from slugtrim.files import SYMLINK, Tree
from slugtrim.scanner import scan
from slugtrim.sources import open_tree
from tests.broken_references.check import Break, Checker


def suggested(tree: Tree) -> tuple[dict[bytes, str], list[str]]:
    """Return the tier of each file that slugtrim suggests, and a line for each entry."""
    from slugtrim.suggester.advice import suggest_tree

    files = tuple(file for file in tree.files if file.path != b".slugignore")
    entries = suggest_tree(replace(tree, files=files, slugignore=None)).suggestions
    tiers = {file.path: entry.tier.value for entry in entries for file in entry.files}
    return tiers, [f"  {entry.tier.value:11} {entry.size_bytes:>12,} {shown(entry.pattern)}" for entry in entries]


def flags(contents: Mapping[bytes, bytes], tiers: Mapping[bytes, str], *, is_all: bool) -> Iterator[str]:
    """Yield a line for each reference that breaks, in what is safe alone and then in all."""
    safe = {path for path, tier in tiers.items() if tier == "safe"}
    seen = set()
    checker = Checker(contents)
    for left_out in ([safe] if safe else []) + [set(tiers)]:
        for each in checker.broken(left_out):
            if (each.at_deploy or is_all) and each not in seen:
                seen.add(each)
                yield line(each, tiers)


def line(found: Break, tiers: Mapping[bytes, str]) -> str:
    """Return a flag as a person reads it."""
    inside = {tier for path, tier in tiers.items() if path == found.target or path.startswith(found.target + b"/")}
    where = f"{shown(found.path)}:{found.line} [{found.kind.value}]"
    apart = "" if found.at_deploy else " (not at deploy)"
    return f"{where} {found.reference!r} -> {shown(found.target)} {'+'.join(sorted(inside))}{apart}"


def shown(path: bytes) -> str:
    """Return a path as text."""
    return path.decode("utf-8", "backslashreplace")


def main(arguments: Sequence[str]) -> int:
    """Print the flags of each repository. Return 1 if one cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m tests.broken_references")
    parser.add_argument("repositories", nargs="+", metavar="REPOSITORY")
    parser.add_argument("--with-suggestions", action="store_true")
    parser.add_argument("--entries", action="store_true", help="list the entries as well")
    parser.add_argument("--rev", default="HEAD")
    parser.add_argument("--all", action="store_true", help="add references that do not run at deploy")
    given = parser.parse_args(arguments)
    failed = False
    for repository in given.repositories:
        try:
            tree = open_tree(os.fsencode(repository), rev=given.rev)
            if given.with_suggestions:
                tiers, entries = suggested(tree)
            else:
                tiers, entries = {left.file.path: "removed" for left in scan(tree).left_out}, []
            contents = tree.read([file for file in tree.files if file.mode != SYMLINK])
        except SlugtrimError as error:
            print(f"{repository}: {error}", file=sys.stderr)
            failed = True
            continue
        found = list(flags(contents, tiers, is_all=given.all))
        print(f"== {repository}: {len(tree.files)} files, {len(tiers)} left out, {len(found)} flags")
        for each in (entries if given.entries else []) + found:
            print(each)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
