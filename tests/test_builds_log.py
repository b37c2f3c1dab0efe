"""Logs of builds: whole ones of every kind, single lines of every form, and anything at all."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.builds.build import BuildOutcome, PrintedSize, RefLine, Told, Tool, app_of_url
from slugtrim.builds.log import LogLine, LogLines, LogReader, bare
from slugtrim.units import GIB, KIB, MIB, format_size
from tests.rows import each_row

LOGS = Path(__file__).parent.parent / "fixtures/build-logs"
NAMES = sorted(path.name for path in LOGS.glob("*.log"))


def read(*parts: bytes) -> Told:
    reader = LogReader()
    for part in parts:
        reader.feed(part)
    return reader.end()


def read_line_by_line(log: bytes) -> Told:
    """As before there was a search for the lines that matter: what comes byte by byte is read so."""
    reader = LogReader()
    for line in re.split(rb"(?<=[\r\n])", log):
        reader.feed(line[:-1])
        reader.feed(line[-1:])
    return reader.end()


def told(**facts: Any) -> Told:
    nothing = dict.fromkeys(("outcome", "slug", "deleting", "release", "app", "url", "ref"))
    flags = {"is_built": True, "is_failed": False, "is_up_to_date": False}
    return Told(**{**nothing, **flags, "buildpacks": (), **facts})


def mib(number: float, unit: int = MIB, precision: float = 0.05) -> PrintedSize:
    return PrintedSize(size_bytes=round(number * unit), precision_bytes=int(unit * precision))


def ref(new: str | None, source: bytes = b"main", destination: bytes = b"main") -> RefLine:
    return RefLine(new=new, source=source, destination=destination)


def made_with(*tools: str) -> tuple[Tool, ...]:
    return tuple(Tool(*each.split(": ")) for each in tools)


REFUSED = {"is_failed": True, "ref": ref(None)}
EXPECTED = {
    "ruby.log": told(
        tools=made_with("stack: Heroku-22", "Bundler: 2.3.25", "Ruby: 3.2.2", "Node: 20.9.0"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(50.3),
        buildpacks=("heroku/ruby",),
        deleting=14,
        release=24,
        app="bookshop",
        url="https://git.heroku.com/bookshop.git",
        ref=ref("a9d7f7b"),
    ),
    "python.log": told(
        tools=made_with("stack: Heroku-24", "Python: 3.12.1", "cache: restored", "cache: saved"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(102),
        buildpacks=("heroku/python",),
        release=131,
        app="polls",
        url="ssh://git@heroku.com/polls.git",
        ref=ref(None, b"HEAD"),
    ),
    "node.log": told(
        tools=made_with("stack: Heroku-24", "Node: 20.19.0", "pruning: on"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(688, KIB, 0.5),
        buildpacks=("heroku/nodejs",),
        deleting=1,
        release=3,
        app="tiny",
        url="git@heroku.com:tiny.git",
        ref=ref("2222222"),
    ),
    "multi-buildpack.log": told(
        tools=made_with("stack: Heroku-24"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(341.7),
        buildpacks=("heroku/nodejs", "https://github.com/heroku/heroku-buildpack-apt.git", "heroku/ruby"),
        deleting=3,
        release=1044,
        app="shop-production",
        url="https://git.heroku.com/shop-production.git",
        ref=ref("cdcdcdcdcd", b"release"),
    ),
    "too-large.log": told(
        tools=made_with("stack: Heroku-22"),
        outcome=BuildOutcome.TOO_LARGE,
        slug=mib(515.2),
        buildpacks=("heroku/python",),
        app="recogniser",
        url="https://git.heroku.com/recogniser.git",
        **REFUSED,
    ),
    "failed-to-compile.log": told(
        tools=made_with("stack: Heroku-24", "Bundler: 2.5.6"),
        buildpacks=("heroku/ruby",),
        app="bookshop",
        url="https://git.heroku.com/bookshop.git",
        **REFUSED,
    ),
    "release-failed.log": told(
        tools=made_with("stack: Heroku-24"),
        outcome=BuildOutcome.FAILED,
        slug=mib(12.1),
        buildpacks=("heroku/go",),
        app="gopher",
        url="https://git.heroku.com/gopher.git",
        **REFUSED,
    ),
    "rejected-by-git.log": told(is_built=False, app="bookshop", url="https://git.heroku.com/bookshop.git", **REFUSED),
    "up-to-date.log": told(is_built=False, is_up_to_date=True),
    "book-2013.log": told(
        outcome=BuildOutcome.RELEASED,
        slug=mib(8.3),
        buildpacks=("Ruby/Rails",),
        release=5,
        app="quiet-meadow-7421",
        url="git@heroku.com:quiet-meadow-7421.git",
        ref=ref(None, b"master", b"master"),
    ),
    "elixir-2018.log": told(
        tools=made_with("cache: discarded", "Erlang: 20.1", "Elixir: 1.5.0"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(33.1),
        buildpacks=("https://github.com/HashNuke/heroku-buildpack-elixir.git",),
        release=4,
        app="choir",
        url="https://git.heroku.com/choir.git",
        ref=ref("2f2f2f2", b"master", b"master"),
    ),
    "node-2013.log": told(
        tools=made_with("Node: 0.10.5", "npm: 1.2.18"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(18.4),
        buildpacks=("Node.js",),
        release=12,
        app="notes",
        url="git@heroku.com:notes.git",
        ref=ref("2b2b2b2", b"master", b"master"),
    ),
    "node-pnpm-2026.log": told(
        tools=made_with(
            "stack: Heroku-24",
            "Node: 22.12.0",
            "pnpm: 9.15.4",
            "cache: restored",
            "cache: saved",
            "cached: pnpm cache",
            "pruning: off as it is not supported",
        ),
        outcome=BuildOutcome.RELEASED,
        slug=mib(168.3),
        buildpacks=("https://github.com/heroku/heroku-buildpack-nodejs#v327",),
        release=640,
        app="planner",
        url="https://git.heroku.com/planner.git",
        ref=ref("6f6f6f6"),
    ),
    "node-prune-skipped-2018.log": told(
        tools=made_with(
            "stack: Heroku-16",
            "Node: 9.0.0",
            "npm: 5.5.1",
            "cache: restored",
            "cache: saved",
            "cached: node_modules",
            "pruning: off as npm 5.5.1 may fail",
        ),
        outcome=BuildOutcome.RELEASED,
        slug=mib(61.7),
        buildpacks=("heroku/nodejs",),
        release=77,
        app="board",
        url="https://git.heroku.com/board.git",
        ref=ref("4d4d4d4", b"master", b"master"),
    ),
    "php-2021.log": told(
        tools=made_with("stack: Heroku-20", "PHP: 8.0.3", "Composer: 2.0.12"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(24.5),
        buildpacks=("heroku/php",),
        release=210,
        app="basket",
        url="https://git.heroku.com/basket.git",
        ref=ref("0d0d0d0", b"master", b"master"),
    ),
    "rails-2021.log": told(
        tools=made_with("stack: Heroku-20", "Bundler: 2.2.16", "Ruby: 3.0.1", "Node: 12.16.2", "Yarn: 1.22.4"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(82.4),
        buildpacks=("heroku/ruby",),
        release=11,
        app="gallery",
    ),
    "multipack-2014.log": told(
        outcome=BuildOutcome.RELEASED, slug=mib(43.4), buildpacks=("Node.js", "Ruby"), release=88, app="both"
    ),
    "yarn-cache-discarded.log": told(
        outcome=BuildOutcome.RELEASED,
        slug=mib(214.6),
        buildpacks=("heroku/nodejs",),
        release=61,
        app="board",
        url="https://git.heroku.com/board.git",
        ref=ref("6b6b6b6"),
        tools=made_with(
            "stack: Heroku-20",
            "Node: 14.21.3",
            "npm: 6.14.17",
            "Yarn: 1.22.19",
            "cache: discarded",
            "pruning: off as YARN_PRODUCTION is 'false'",
            "cache: saved",
            "cached: yarn cache",
        ),
    ),
    "python-uv.log": told(
        outcome=BuildOutcome.RELEASED,
        slug=mib(71.2),
        buildpacks=("heroku/python",),
        release=12,
        app="ledger",
        url="https://git.heroku.com/ledger.git",
        ref=ref("8d8d8d8"),
        tools=made_with("stack: Heroku-24", "cache: discarded", "Python: 3.13.5", "uv: 0.8.3", "cache: saved"),
    ),
    "clojure-2025.log": told(
        tools=made_with("JDK: 21.0.9", "Leiningen: 2.9.1"),
        outcome=BuildOutcome.BUILT,
        slug=mib(115.5),
        buildpacks=("Clojure (Leiningen 2)",),
    ),
    "dotnet-2025.log": told(
        tools=made_with(".NET: 9.0.201"), buildpacks=("https://github.com/heroku/heroku-buildpack-dotnet",)
    ),
    "go-2020.log": told(
        tools=made_with("cache: discarded", "Go: 1.12.17"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(3.6),
        buildpacks=("Go",),
        release=3,
        app="quiet-creek-10482",
        url="https://git.heroku.com/quiet-creek-10482.git",
        ref=ref(None, b"master", b"master"),
    ),
    "gradle-2020.log": told(
        tools=made_with("JDK: 1.8", "Gradle: 6.2.2"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(71.5),
        buildpacks=("Gradle",),
        release=3,
        app="doorbell-dev",
        url="https://git.heroku.com/doorbell-dev.git",
        ref=ref(None, b"7d7d7d8", b"master"),
    ),
    "java-2023.log": told(
        tools=made_with("stack: Heroku-22", "JDK: 11"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(117.7),
        buildpacks=(
            "https://github.com/lstoll/heroku-buildpack-monorepo",
            "https://github.com/heroku/heroku-buildpack-java.git",
            "heroku-community/inline",
        ),
        release=12,
        app="invoices",
        url="https://git.heroku.com/invoices.git",
        ref=ref("6d6d6d7"),
    ),
    "node-2026.log": told(
        tools=made_with(
            "stack: Heroku-24",
            "Node: 24.13.0",
            "npm: 11.6.2",
            "cache: saved",
            "cached: npm cache",
            "pruning: on",
        ),
        outcome=BuildOutcome.RELEASED,
        slug=mib(56.7),
        buildpacks=("Node.js",),
        release=6,
        app="journal",
        url="https://git.heroku.com/journal.git",
        ref=ref(None),
    ),
    "node-python-2025.log": told(
        tools=made_with(
            "stack: Heroku-24",
            "Node: 18.20.6",
            "npm: 10.8.2",
            "cache: restored",
            "cache: saved",
            "cached: client/node_modules",
            "pruning: on",
            "Python: 3.12.9",
            "pip: 24.3.1",
        ),
        outcome=BuildOutcome.RELEASED,
        slug=mib(122.5),
        buildpacks=("heroku/nodejs", "heroku/python"),
        release=76,
        app="kitchen-eu",
        url="https://git.heroku.com/kitchen-eu.git",
        ref=ref("7c7c7c8"),
    ),
    "php-2018.log": told(
        tools=made_with("PHP: 7.2.11", "Composer: 1.7.2"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(19.2),
        buildpacks=("PHP",),
        release=5,
        app="basket",
        url="https://git.heroku.com/basket.git",
        ref=ref("8b8b8b8", b"master", b"master"),
    ),
    "python-2025.log": told(
        tools=made_with("stack: Heroku-24", "cache: discarded", "Python: 3.13.1", "pip: 24.3.1"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(21.2),
        buildpacks=("heroku/python",),
        release=6,
        app="guestbook",
        url="https://git.heroku.com/guestbook.git",
        ref=ref("4d4d4d5", b"master", b"master"),
    ),
    "python-pipenv-2019.log": told(
        tools=made_with("Python: 3.7.3", "Pipenv: 2018.5.18"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(129.7),
        buildpacks=("Python",),
        deleting=2,
        release=3,
        app="timesheet",
    ),
    "rust-2021.log": told(
        tools=made_with("stack: Heroku-20", "Rust: 1.57.0"),
        buildpacks=("https://github.com/emk/heroku-buildpack-rust.git",),
        is_failed=True,
    ),
    "scala-2025.log": told(tools=made_with("JDK: 21.0.9", "sbt: 1.11.7"), buildpacks=("Scala",)),
    "yarn-berry-2023.log": told(
        tools=made_with(
            "stack: Heroku-22",
            "Node: 20.10.0",
            "npm: 10.2.3",
            "Yarn: 3.2.2",
            "cache: off as NODE_MODULES_CACHE=false",
        ),
        buildpacks=("heroku/nodejs",),
        is_failed=True,
    ),
    "porcelain.log": told(
        tools=made_with("stack: Heroku-24"),
        outcome=BuildOutcome.RELEASED,
        slug=mib(1.1, GIB),
        buildpacks=("heroku/php",),
        release=9,
        app="blog",
        url="https://git.heroku.com/blog.git",
        ref=ref("5d6e7f8", b"refs/heads/main", b"refs/heads/main"),
    ),
}


def test_every_log_is_expected() -> None:
    assert sorted(EXPECTED) == NAMES


@each_row("name", NAMES)
@each_row("form", ["as it is", "byte by byte", "CRLF", "without remote:", "coloured", "dated"])
def test_a_whole_log_is_read_in_every_form(name: str, form: str) -> None:
    log = (LOGS / name).read_bytes()
    parts: Sequence[bytes] = [log]
    expected = EXPECTED[name]
    match form:
        case "byte by byte":
            parts = [bytes([byte]) for byte in log]
        case "CRLF":
            parts = [log.replace(b"\n", b"\r\n")]
        case "without remote:":
            parts = [re.sub(rb"remote: ?", b"", log)]
        case "coloured":
            parts = [re.sub(rb"(Push|Done|Released|Compiled)", b"\x1b[1;31m\\1\x1b[m", log)]
        case "dated":
            parts = [re.sub(rb"(?m)^", b"[2026-01-02 03:04:05] ", log)]
    assert read(*parts) == expected


@each_row(
    "line, size",
    [
        ("-----> Compiled slug size: 43.4MB", mib(43.4)),
        ("-----> Compiled slug size: 688K", mib(688, KIB, 0.5)),
        ("-----> Compiled slug size is 8.3MB", mib(8.3)),
        ("-----> Compressing...\n       Done: 50.3M", mib(50.3)),
        ("-----> Compressing...\n       Done: 102M", mib(102)),
        ("-----> Compressing... done, 32.4MB", mib(32.4)),
        ("-----> Compressing...\n       Done: 1.12G", mib(1.12, GIB, 0.005)),
        ("-----> Compressing...\n       Done: 900B", mib(900, 1, 0.5)),
        (" !     Compiled slug size: 515.2M is too large (max is 500M).", mib(515.2)),
        (
            " !     Warning: Your slug size (367 MB) exceeds our soft limit (300 MB) which may affect",
            mib(367, MIB, 0.5),
        ),
        ("       Done: 50.3M", None),
        ("-----> Compressing...\n-----> Launching...\n       Done: 50.3M", None),
        ("-----> Compressing...\n       Done: 0M", None),
        ("-----> Compressing...\n       Done: 99999999999G", None),
        ("-----> Compressing...\n       Done: 1.2.3M", None),
        ("Compressing objects: 100% (3/3), done.", None),
    ],
)
def test_a_size_is_read_with_what_its_rounding_leaves_open(line: str, size: PrintedSize | None) -> None:
    assert read(line.encode()).slug == size


@given(st.integers(1, 999 * MIB))
def test_what_heroku_prints_of_a_size_is_within_its_precision(size_bytes: int) -> None:
    size = read(f"-----> Compressing...\n       Done: {format_size(size_bytes)}\n".encode()).slug
    assert size is not None
    assert abs(size.size_bytes - size_bytes) <= size.precision_bytes + 1


@each_row(
    "line, failed",
    [
        (" !     Push failed", True),
        (" !     Push rejected, failed to compile Python app.", True),
        ("remote: !\tPush rejected to shop.", True),
        ("error: failed to push some refs to 'heroku'", True),
        ("fatal: 'heroku' does not appear to be a git repository", True),
        ("fatal: not a git repository\nEverything up-to-date", False),
        ("remote:        fatal: not a git repository", False),
        ("       npm error: failed to push some refs", False),
        (" ! [remote rejected] main -> main (pre-receive hook declined)", True),
        ("   1a2b3c4..5d6e7f8  main -> main", False),
        ("Push failed", False),
    ],
)
def test_whether_the_push_failed(line: str, failed: bool) -> None:
    assert read(line.encode()).is_failed is failed


@each_row(
    "lines, expected",
    [
        ("   1a2b3c4..5d6e7f8  main -> main", ref("5d6e7f8")),
        ("1a2b3c4..5d6e7f8  main -> main", ref("5d6e7f8")),
        (" + 1a2b3c4...5d6e7f8 work -> main (forced update)", ref("5d6e7f8", b"work")),
        (" * [new branch]      HEAD@{1 day ago} -> master", ref(None, b"HEAD@{1 day ago}", b"master")),
        (" = [up to date]      main -> main", None),
        (" - [deleted]         main", None),
        (" t [tag update]      v1 -> v1", None),
        ("   1111111..2222222  docs -> docs\n   3333333..4444444  main -> main", ref("4444444")),
        ("   3333333..4444444  main -> main\n   1111111..2222222  master -> master", ref("4444444")),
        ("remote:    1111111..2222222  docs -> docs", None),
        (f"   {'1' * 64}..{'2' * 64}  main -> main", ref("2" * 64)),
    ],
)
def test_the_ref_that_builds_counts(lines: str, expected: RefLine | None) -> None:
    assert read(lines.encode()).ref == expected


@each_row(
    "url, app",
    [
        ("https://git.heroku.com/shop.git", "shop"),
        ("https://heroku:key@git.heroku.com/shop.git", "shop"),
        ("git@heroku.com:shop.git", "shop"),
        ("ssh://git@heroku.com/shop", "shop"),
        ("https://github.com/you/shop.git", None),
        ("https://git.heroku.com.example.org/shop.git", None),
        ("../remote.git", None),
    ],
)
def test_the_application_in_an_address(url: str, app: str | None) -> None:
    assert app_of_url(url) == app


def test_where_another_build_begins_the_first_is_forgotten_but_for_its_failing() -> None:
    both = read((LOGS / "too-large.log").read_bytes(), (LOGS / "python.log").read_bytes())
    assert both == told(
        **{name: getattr(EXPECTED["python.log"], name) for name in Told.__struct_fields__} | {"is_failed": True}
    )
    assert read((LOGS / "ruby.log").read_bytes(), (LOGS / "python.log").read_bytes()) == EXPECTED["python.log"]


def test_streams_do_not_mix() -> None:
    reader = LogReader()
    for data, stream in ((b"-----> Compressing", 2), (b"To git@heroku.com:a.git\n   1a2b3c4..5d6e", 1), (b"...\n", 2)):
        reader.feed(data, stream)
    reader.feed(b"7f8  main -> main", 1)
    reader.feed(b"       Done: 9M", 2)
    both = reader.end()
    assert (both.slug, both.ref, both.app) == (mib(9), ref("5d6e7f8"), "a")


@each_row(
    "before",
    [
        "",
        "remote: ",
        "2026-01-02T03:04:05.1234567Z ",
        "2026-01-02T03:04:05.123456Z 01O remote: ",
        "[03:04:05] remote: ",
        "2026-01-02T03:04:05+00:00 ",
        "\x1b[0K\x1b]0;title\x07",
        "remote: remote: ",
        "\x1b(B\x1b[1m",
    ],
)
def test_what_stands_before_a_line_is_taken_off(before: str) -> None:
    assert bare(f"{before}       Done: 9M\x1b[K   ".encode()).text == b"       Done: 9M"


def test_a_line_without_end_is_not_held() -> None:
    reader = LogReader()
    for _ in range(300):
        reader.feed(b"x" * 100_000)
    reader.feed(b"\n-----> Compiled slug size: 9MB")
    assert reader.end().slug == mib(9)


MUTATED_CASES = 20_000
WORDS = (
    b"> |----->  |Done: 9M|done, 8K|Using buildpack|1. a|\n2. b\n|Heroku|!|Released v3|To x|fatal: | -> |*\ta:b\t[c]|"
    b"error: failed to push some refs|remote: |03:04:05 |\x1b[m"
).split(b"|")

PIECES = st.sampled_from(
    sorted({line for name in NAMES for line in re.split(rb"(?<=[\r\n])", (LOGS / name).read_bytes()) if line})
)


@given(
    st.lists(st.one_of(PIECES, st.sampled_from(WORDS), st.binary(max_size=60)), max_size=40),
    st.randoms(use_true_random=False),
)
def test_nothing_that_looks_like_a_log_breaks_the_reader(pieces: list[bytes], rng: random.Random) -> None:
    log = bytearray(b"".join(pieces))
    for _ in range(rng.randrange(6)):
        if log:
            log[rng.randrange(len(log))] = rng.randrange(256)
    whole = read(bytes(log))
    cuts = sorted(rng.randrange(len(log) + 1) for _ in range(3))
    assert read(*(bytes(log[begin:end]) for begin, end in zip([0, *cuts], [*cuts, len(log)], strict=True))) == whole
    assert read_line_by_line(bytes(log)) == whole
    assert (whole.slug is None) == (whole.outcome is None)


@each_row("name", NAMES)
@each_row(
    "noise",
    [
        b"x" * 3000 + b"Released v9\n",
        b"\x1b[1m" + b"\x1b[m" * 700 + b"Released v9\n",
        b"a\r\x1b]0;b\rc\n",
        b"Rel\x1b[meased v77 of gems",
        b"> Done: 9M, fatal: To a\t=\t[x]\n",
        b" \n\n\x1b[K\n",
        b"remote: \n",
        b"\0",
    ],
)
def test_reading_in_bulk_is_reading_line_by_line(name: str, noise: bytes) -> None:
    lines = (LOGS / name).read_bytes().splitlines(keepends=True)
    for log in (noise.join([b"", *lines, b""]), b"".join(lines) + noise * 40, noise * 40 + b"".join(lines)):
        assert read(log) == read_line_by_line(log)


@pytest.mark.parametrize(
    "line",
    [
        b"y\n",
        b"\r",
        b"remote:        Fetching gem metadata from https://rubygems.org/...\n",
        b"remote:        \x1b[32mFetching\x1b[0m gem metadata\x1b[K\n",
        b"2026-01-02T03:04:05.1234567Z compiled\n",
    ],
)
def test_lines_that_do_not_matter_are_not_taken_one_by_one(line: bytes) -> None:
    taken: list[LogLine] = []
    lines = LogLines(taken.append, re.compile(b"Released v"), lambda: False)
    piece = line * (60_000 // len(line))
    for _ in range(100):
        lines.feed(piece)
    lines.feed(b"Released v1\n")
    assert [each.text for each in taken] == [b"Released v1"]


@pytest.mark.long
def test_mutated_logs_break_nothing() -> None:
    seed = random.randrange(1 << 32)
    print("seed", seed)
    rng = random.Random(seed)
    logs = [(LOGS / name).read_bytes() for name in NAMES]
    cases = 0
    until = time.monotonic() + float(os.environ.get("SLUGTRIM_FUZZ_SECONDS", "0"))
    while cases < MUTATED_CASES or time.monotonic() < until:
        cases += 1
        log = bytearray(b"".join(rng.choices(logs, k=rng.randrange(1, 3))))
        for _ in range(rng.randrange(1, 20)):
            at = rng.randrange(len(log))
            log[at : at + rng.randrange(30)] = rng.choice(
                [rng.randbytes(rng.randrange(9)), b"\x1b[", b"9" * 99, b"\r", b"\n", b" " * 2001, rng.choice(WORDS)]
            )
            log = log or bytearray(b"x")
        whole = read(bytes(log))
        assert read_line_by_line(bytes(log)) == whole
        cut = rng.randrange(len(log))
        assert read(bytes(log[:cut]), bytes(log[cut:])) == whole
    print("cases", cases)
