"""The ``gitignore`` dialect against git itself: random patterns over a real repository with awkward names."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from slugtrim.files import REGULAR, Directory, File
from slugtrim.ignore import Dialect, decide, parse
from tests.fuzzing import rounds

pytestmark = pytest.mark.full

NAMES = [
    *(b"a", b"b", b"ab", b"abc", b"foo", b"foobar", b"docs", b"spec", b"README.md", b"x.md", b".env", b".a", b"A"),
    *(b"a b", b"a ", b" a", b"a\tb", b"a\nb", b"x\n", b"[a]", b"a]", b"a\\b", b"a*b", b"a?", b"{a,b}", b"#a", b"!a"),
    *(b"\xc3\xa9", b"caf\xc3\xa9", b"\xff\xfe", b"a\xe9", b"-", b"a-b", b"^", b"a#b", b"a,b", b"\x1b", b"~", b"z"),
]
PIECES = [
    *(b"*", b"*", b"**", b"**/", b"/**", b"/", b"/", b"?", b"a", b"b", b"foo", b"bar", b"docs", b".", b".md", b"ab"),
    *(b"[ab]", b"[!a]", b"[^a]", b"[a-c]", b"[]a]", b"[a", b"]", b"[[:alpha:]]", b"[[:space:]]", b"[[:punct:]b]"),
    *(b"[\\]]", b"[a\\-z]", b"[--z]", b"[a-]", b"[[:foo:]]", b"[[:]", b"[!]a]", b"[/]", b"[+-0]", b"[z-a]"),
    *(b"\\", b"\\*", b"\\a", b"\\ ", b"\\[", b" ", b"\t", b"#", b"!", b"-", b"{a,b}", b"\xc3\xa9", b"\xff", b"\\/"),
    *(b"***", b"./", b"../", b"~", b"\x0b", b"\x85", b"\xc3\xa0", b"\r", b"$", b"^", b"+", b"(", b"|", b","),
]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Directory]:
    """A repository whose index holds a few hundred awkward paths. Nothing is checked out: git matches the index."""
    rng = random.Random(7)
    paths = set(NAMES)
    while len(paths) < 400:
        path = b"/".join(rng.choice(NAMES) for _ in range(rng.randint(1, 4)))
        ancestors = [path[:at] for at in range(len(path)) if path[at : at + 1] == b"/"]
        if not paths.intersection(ancestors) and not any(other.startswith(path + b"/") for other in paths):
            paths.add(path)
        elif len(paths) % 3 == 0:
            paths -= set(ancestors)
    top = tmp_path_factory.mktemp("repository")
    git = ["git", "-C", str(top), "-c", "core.ignorecase=false"]
    subprocess.run([*git, "init", "-q"], check=True)
    empty = subprocess.run([*git, "hash-object", "-w", "--stdin"], input=b"", capture_output=True, check=True)
    lines = b"".join(b"100644 %s\t%s\0" % (empty.stdout.strip(), path) for path in sorted(paths))
    subprocess.run([*git, "update-index", "-z", "--index-info"], input=lines, check=True)
    return top, Directory.from_files(File(path, 0, REGULAR, None) for path in sorted(paths))


def git_leaves_out(top: Path, content: bytes) -> set[bytes]:
    exclude = top / "exclude"
    exclude.write_bytes(content)
    run = subprocess.run(
        ["git", "-C", str(top), "-c", "core.ignorecase=false", "ls-files", "-ciz", f"--exclude-from={exclude}"],
        capture_output=True,
        check=True,
    )
    return {path for path in run.stdout.split(b"\0") if path}


def slugtrim_leaves_out(root: Directory, content: bytes) -> set[bytes]:
    outcome = decide(parse(content, Dialect.GITIGNORE), Dialect.GITIGNORE, root, {})
    return {
        file.path
        for directory in root.walk()
        for file in directory.files.values()
        if any(file.path == gone or file.path.startswith(gone + b"/") for gone in outcome.removed)
    }


def random_lines(rng: random.Random) -> bytes:
    lines = []
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        line = b"".join(rng.choice(PIECES) for _ in range(rng.randint(1, 6)))
        if rng.random() < 0.3:
            line = rng.choice(NAMES) + line
        lines.append(line.removeprefix(b"!"))
    end = rng.choice([b"", b"\n", b"\r\n"])
    content = rng.choice([b"", b"", b"", b"\xef\xbb\xbf"]) + rng.choice([b"\n", b"\r\n"]).join(lines) + end
    return b"a" + content if content.startswith(b"\xff\xfe") else content  # as it was, a UTF-16 file


def compare(repository: tuple[Path, Directory], rng: random.Random, cases: int) -> None:
    top, root = repository
    for _ in range(cases):
        content = random_lines(rng)
        without_negation = b"\n".join(line for line in content.split(b"\n") if not line.startswith(b"!"))
        expected = git_leaves_out(top, without_negation)
        assert slugtrim_leaves_out(root, content) == expected, content


def test_random_patterns_leave_out_what_git_leaves_out(repository: tuple[Path, Directory]) -> None:
    compare(repository, random.Random(20261123), 300)


@pytest.mark.long
def test_many_more_random_patterns_leave_out_what_git_leaves_out(repository: tuple[Path, Directory]) -> None:
    for rng in rounds(500, least_cases=60_000):
        compare(repository, rng, 500)
