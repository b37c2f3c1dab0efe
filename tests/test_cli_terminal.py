"""Nothing that slugtrim prints as text does anything to a terminal, whatever names, rules and words it is about."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.files import printable, quoted
from tests.archives import END, PROCFILE, entry
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import run

SPECIAL = "\u0080\u0085\u009b\u061c\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff"
RAW = [bytes([byte]) for byte in (*range(1, 47), *b":;?[\\]_`a{|}~", *range(127, 162), 0xAD, 0xC0, 0xFF)]
"""Of letters and of bytes that begin or go on in a character, one or two stand for all."""
ODD = [
    *RAW,
    *(char.encode() for char in SPECIAL),
    b"\x9b31m",
    b"\x1b[31m",
    b"\xc2",
    b"\xe2\x80",
    b"\r\x1b[2K",
    b"\x1b]0;x\a",
]
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
ACTIVE = re.compile(f"[\x00-\x09\x0b-\x1f\x7f-\x9f\udc80-\udc9f{SPECIAL}\u202b-\u202d\u2067\u2068]")
TARGET = "\x1b[31m\u009b\u0085\u2028\u202e"
WORD = "\x1b[31m\x9b\x85\u2028\u202e\x07"


def active(printed: bytes) -> list[str]:
    """What a terminal would obey, or a reader be deceived by, line by line."""
    lines = COLOUR.sub("", printed.decode("utf-8", "surrogateescape")).split("\n")
    return [line for line in lines if ACTIVE.search(line)]


@given(st.binary(max_size=30) | st.text(alphabet=st.characters(codec="utf-8"), max_size=30).map(str.encode))
def test_a_name_that_is_quoted_is_harmless(name: bytes) -> None:
    shown = quoted(name)
    assert ACTIVE.search(shown) is None
    assert "\n" not in shown
    assert active(printable(os.fsdecode(name)).encode("utf-8", "surrogateescape")) == []


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Names, rules, settings, branches and subjects of commits with everything that bytes can be."""
    root = tmp_path_factory.mktemp("odd") / "a\x9b\u2028b"
    files: dict[bytes | str, Content] = {b"app/%b-%d.rb" % (odd, number): b"x" * 50 for number, odd in enumerate(ODD)}
    files |= {b"docs/%b-%d.mp4" % (odd, number): os.urandom(500) for number, odd in enumerate(ODD)}
    files["docs/demo.psd"] = os.urandom(900)
    files |= {b"left/%b-%d" % (odd, number): b"x" for number, odd in enumerate(ODD)}
    rules = [b"/left/%b-%d" % (odd, number) for number, odd in enumerate(ODD) if odd not in (b"\n", b"\r")]
    dead = [b"/nowhere/%b" % odd for odd in ODD if odd != b"\n"]
    files[".slugignore"] = b"\n".join([*rules, *dead, b"!%b" % WORD.encode(), b"*%b# comment" % WORD.encode()])
    odd = "\\u001b[31m\\u009b\\u0085\\u2028\\u202e"
    budgets = f'total = "1B"\n[budgets.paths]\n"/docs/*{odd}" = "1B"\n"/app" = "1B"\n'
    files["slugtrim.toml"] = f'[budgets]\n{budgets}[targets."{odd}"]\nremotes = ["x"]\nbudgets.total = "2B"\n'
    make_repo(root, {"app/old.rb": b"x", "app/.keep": b""})
    git(root, "branch", "base\u009b\u2028")
    make_tree(root, files)
    commit_all(root, f"Subject {WORD}")
    git(root, "remote", "add", "heroku", "https://git.heroku.com/odd.git")
    (root / os.fsdecode(b"app/untracked-\x9b\xc2\x85")).write_bytes(b"x")
    slug = PROCFILE + b"".join(
        entry(b"./app/%b-%d" % (odd.replace(b"\n", b"n"), number), b"x", linkname="") for number, odd in enumerate(ODD)
    )
    links = entry(b"./app/\x9b-link", kind=b"2", linkname="/etc/\x9b\u2028\x1b[31m")
    package = entry("./app/node_modules/x/package.json", f'{{"name": "x{WORD}", "version": "1{WORD}"}}'.encode())
    (root.parent / "sound.tar").write_bytes(slug + END)
    (root.parent / "slug.tar").write_bytes(slug + links + package + END)
    return root


REPORTS = [
    "audit",
    "audit -v",
    "audit -v --dialect glob --rev HEAD",
    "audit -v --no-git",
    "suggest -v --all",
    "suggest -v --verify 'test -e docs/demo.psd || {{ printf \"{word}\"; exit 1; }}'",
    "lint -v",
    "lint -v --dialect glob",
    "lint --format github",
    "check -v --base {base}",
    "check -v --target {target}",
    "check --format github --base {base}",
    "check --format markdown --base {base}",
    "diff {base} HEAD -v",
    "diff {base} HEAD --format markdown",
    "diff {base} ../slug.tar -v",
    "diff HEAD ../slug.tar --format markdown",
    "inspect -v ../slug.tar",
    "inspect --format markdown ../slug.tar",
    "inspect --extract ../{word} ../sound.tar",
    "ls",
    "ls --long --ignored",
    "explain left/{word} app/old.rb",
    "hook install",
    "hook status",
    "builds list",
    "cache info",
]
REFUSED = [
    "suggest -v --verify 'printf \"{word}\\200\\n\"; exit 1'",
    "inspect --extract ../new ../slug.tar",
    "{word}",
    "--{word}",
    "audit --rev {word}",
    "audit --prefix {word}",
    "audit --config {word}",
    "audit -o {word}/x",
    "audit -C {word}",
    "audit --report {word}=x",
    "lint --explain {word}",
    "lint --ignore {word}",
    "suggest --min-saving {word}",
    "check --target x{word}",
    "check --budget {word}",
    "check --base {word}",
    "inspect {word}",
    "inspect --limit {word}=1 ../slug.tar",
    "diff {word} HEAD",
    "builds record {word}",
    "builds record -- {word}",
    "hook install --budget {word}",
]


@pytest.mark.parametrize(
    ("line", "codes"), [*((line, (0, 1)) for line in REPORTS), *((line, (2,)) for line in REFUSED)]
)
def test_nothing_that_is_printed_does_anything_to_a_terminal(
    line: str, codes: tuple[int, ...], repository: Path
) -> None:
    fields = {"word": WORD, "base": "base\u009b\u2028", "target": TARGET}
    arguments = [word.format(**fields) for word in shlex.split(line)]
    done = run(*arguments, *([] if "--" in arguments else ["--color", "always"]), cwd=repository)
    assert done.code in codes, done.stderr
    assert done.stdout or done.stderr
    assert active(done.stdout) == []
    assert active(done.stderr) == []
