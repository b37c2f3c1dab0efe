"""The ``filepath`` dialects against Go itself: random patterns and names, given to its ``filepath.Match``."""

from __future__ import annotations

import base64
import os
import random
import shutil
import subprocess
from collections.abc import Iterator, Sequence

import pytest

from slugtrim.ignore.filepath import compiled
from tests.fuzzing import rounds

pytestmark = [pytest.mark.full, pytest.mark.skipif(shutil.which("go") is None, reason="go is not on PATH")]

SEED = 20260214
NAMES_EACH = 20

DRIVER = r"""
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

func decoded(text string) string {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		panic(err)
	}
	return string(data)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(make([]byte, 1<<20), 1<<24)
	out := bufio.NewWriter(os.Stdout)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), " ")
		pattern := decoded(fields[0])
		for _, name := range fields[1:] {
			matched, err := filepath.Match(pattern, decoded(name))
			switch {
			case err != nil:
				fmt.Fprint(out, "!")
			case matched:
				fmt.Fprint(out, "1")
			default:
				fmt.Fprint(out, "0")
			}
		}
		fmt.Fprintln(out)
		out.Flush()
	}
}
"""
LETTERS = "a b c x / - ] [ ^ \\ * ? é 日 😀 . ! { } \ufffd".split()
PATTERN_PARTS = [
    *LETTERS,
    *"* ** ? a b / [a-c] [^a] [^/] [!a] [a-] []a] [\\]] [é-日] [^é] [a-😀] [\\--a] [] [a \\ \\* *? ?*".split(),
    *"[^^] [--a]".split(),
    "[\ufffd]", "[^\ufffd]", "[\ue000-\uffff]", "[\x01-\uffff]",
]  # fmt: skip
STRAY = [b"\xff", b"\xe6", b"\x97", b"\xed\xa0\x80", b"\xc0\x80", b"\xf4\x90\x80\x80"]


@pytest.fixture(scope="module")
def go(tmp_path_factory: pytest.TempPathFactory) -> Iterator[subprocess.Popen[bytes]]:
    """A Go program that answers a line of pattern and names with a mark for each name."""
    directory = tmp_path_factory.mktemp("go")
    (directory / "main.go").write_text(DRIVER)
    own = {"GOCACHE": str(directory / "cache"), "GO111MODULE": "off", "GOFLAGS": "", "GOPATH": str(directory / "path")}
    subprocess.run(["go", "build", "-o", "driver", "main.go"], cwd=directory, env={**os.environ, **own}, check=True)
    with subprocess.Popen([directory / "driver"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def random_text(random_: random.Random, parts: Sequence[str], longest: int) -> bytes:
    text = bytearray()
    for _ in range(random_.randrange(longest)):
        text += random_.choice(STRAY) if random_.random() < 0.04 else random_.choice(parts).encode()
    return bytes(text)


def random_name(random_: random.Random, pattern: bytes) -> bytes:
    """A name that is like the pattern as often as not."""
    if random_.random() < 0.5:
        return random_text(random_, LETTERS, 7)
    text = bytearray()
    for byte in pattern:
        if byte in b"*?[]^\\" and random_.random() < 0.8:
            text += random_text(random_, LETTERS, 3)
        elif random_.random() < 0.95:
            text.append(byte)
    return bytes(text)


def compare(go: subprocess.Popen[bytes], pattern: bytes, names: Sequence[bytes]) -> int:
    """Compare one pattern with names, and return how many it matches.

    A malformed pattern matches nothing. Whether Go also says that it is malformed depends on how far it read.
    """
    assert go.stdin is not None
    assert go.stdout is not None
    go.stdin.write(b" ".join(map(base64.b64encode, [pattern, *names])) + b"\n")
    go.stdin.flush()
    said = go.stdout.readline().decode().strip()
    expression = compiled(pattern)
    for name, mark in zip(names, said, strict=True):
        own = expression is not None and expression.fullmatch(name) is not None
        assert own == (mark == "1"), (pattern, name)
        assert expression is None or mark != "!", (pattern, name)
    return said.count("1")


def run(go: subprocess.Popen[bytes], random_: random.Random, cases: int) -> None:
    matched = 0
    for _ in range(cases // NAMES_EACH):
        pattern = random_text(random_, PATTERN_PARTS, 7)
        matched += compare(go, pattern, [random_name(random_, pattern) for _ in range(NAMES_EACH)])
    assert matched * 20 > cases, "too few names match: the cases say nothing"


def test_random_patterns_match_as_in_go(go: subprocess.Popen[bytes]) -> None:
    run(go, random.Random(SEED), 20_000)


@pytest.mark.long
def test_many_random_patterns_match_as_in_go(go: subprocess.Popen[bytes]) -> None:
    for random_ in rounds(20_000, 200_000):
        run(go, random_, 20_000)


CASES = [
    (b"a[^b]c", [b"a/c", b"abc", b"axc"]),  # a class takes a slash
    (b"*", [b"a", b"a/b", b""]),
    (b"**", [b"a", b"a/b"]),
    (b"a/**/b", [b"a/b", b"a/x/b", b"a/x/y/b"]),
    (b"*??", ["日".encode(), "é".encode(), b"ab"]),  # a star may end within a character
    (b"{a,b}", [b"a", b"{a,b}"]),
    (b"!a", [b"a", b"!a"]),
    (b"a/", [b"a", b"a/"]),
    (b"[a-f]*.log", [b"a.log", b"f1.log", b"g.log", b"x/a.log"]),
]


@pytest.mark.parametrize(("pattern", "names"), CASES, ids=lambda value: repr(value)[:20])
def test_odd_patterns_match_as_in_go(go: subprocess.Popen[bytes], pattern: bytes, names: list[bytes]) -> None:
    compare(go, pattern, names)
