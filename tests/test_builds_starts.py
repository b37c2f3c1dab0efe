"""How long processes took to start: logs of running applications, the builds they are of, and what is shown."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import resource
import signal
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.builds import journal_path
from slugtrim.builds.build import Told
from slugtrim.builds.journal import NoBuild, append, append_starts, decode, encode, encode_starts, read_journal
from slugtrim.builds.log import LogReader
from slugtrim.builds.starts import MAX_PROCESSES, MAX_STARTS, Start, joined, start_times
from tests.builders import commit_all, make_repo
from tests.command_line import run
from tests.deploys import build_log
from tests.pushes import PROGRAM
from tests.rows import each_row
from tests.test_builds_journal import build
from tests.test_builds_log import read, read_line_by_line

LOGS = Path(__file__).parent.parent / "fixtures/running-logs"
NAMES = sorted(path.name for path in LOGS.glob("*.log"))
Took = Mapping[str, list[int]]


def log(name: str) -> bytes:
    return (LOGS / name).read_bytes()


def taken(told: Told) -> list[tuple[int | None, str | None, int | None, Took]]:
    """Release, commit, latest release, and milliseconds by process type."""
    return [
        (
            each.release,
            each.commit,
            each.latest,
            {process: [start.took_ms for start in starts] for process, starts in each.starts.items()},
        )
        for each in told.starts
    ]


EXPECTED: dict[str, list[tuple[int | None, str | None, int | None, Took]]] = {
    "deploys.log": [
        (None, None, 23, {"web": [6800]}),
        # Its processes start until the release command of the next deploy has ended; v25 and v27 have this slug too.
        (24, "4c1e09d2", None, {"worker": [600], "web": [8200, 9000, 7000, 7500, 7600]}),
        (26, "9b77aa01", None, {"web": [11500]}),
    ],
    "old.log": [(7, "1f2e3d4", None, {"worker": [1000], "web": [25000]})],
    "tail.log": [(None, None, None, {"web": [4500, 5500]})],
}


def test_every_log_is_expected() -> None:
    assert sorted(EXPECTED) == NAMES


@each_row("name", NAMES)
@each_row("form", ["as it is", "byte by byte", "CRLF", "coloured", "twice", "not UTF-8", "dated"])
def test_a_whole_log_is_read_in_every_form(name: str, form: str) -> None:
    data = log(name)
    parts = [data]
    match form:
        case "byte by byte":
            parts = [bytes([byte]) for byte in data]
        case "CRLF":
            parts = [data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")]
        case "coloured":
            parts = [re.sub(rb"(heroku\[[^\]]*\]:)", b"\x1b[1;36m\\1\x1b[m", data)]
        case "twice":
            parts = [data, b"\n", data]
        case "not UTF-8":
            parts = [re.sub(rb"(?m)^", b"\xff\xfe\x80\n", data)]
        case "dated":
            parts = [re.sub(rb"(?m)^(?=[\x1b\d])", b"[2026-01-02 03:04:05] ", data)]
    told = read(*parts)
    assert told.has_running
    assert told.outcome is None
    assert taken(told) == EXPECTED[name]


def line(second: float, text: str) -> str:
    return f"2026-03-01T12:{int(second // 60):02d}:{second % 60:09.6f}+00:00 {text}\n"


def start(second: float, took: float, dyno: str = "web.1") -> str:
    return line(second, f"heroku[{dyno}]: Starting process with command `x`") + line(
        second + took, f"heroku[{dyno}]: State changed from starting to up"
    )


@each_row(
    "lines",
    [
        line(1, "heroku[web.1]: State changed from starting to up"),
        line(1, "heroku[web.1]: Starting process with command `x`"),
        line(1, "heroku[web.1]: Starting process with command `x`")
        + line(4, "heroku[web.2]: State changed from starting to up"),
        line(1, "heroku[web.1]: Starting process with command `x`")
        + line(2, "heroku[web.1]: State changed from starting to crashed")
        + line(4, "heroku[web.1]: State changed from starting to up"),
        line(1, "heroku[web.1]: Starting process with command `x`")
        + line(2, "heroku[web.1]: State changed from up to starting")
        + line(4, "heroku[web.1]: State changed from starting to up"),
        start(1, 5, "run.1234") + start(1, 5, "scheduler.9999") + start(1, 5, "release.12"),
        start(1, 5).replace("+00:00", ""),
        start(1, 5).replace("2026-03-01", "2026-02-30"),
        start(1, 5).replace("2026", "1969"),
        start(1, 601),
        start(1, 5).replace("heroku[", "app[web.1]: heroku["),
        start(1, 5).replace("web.1", "web.x"),
        start(1, 5).replace("web.1", "w\udceb.1"),
    ],
)
def test_what_is_no_start(lines: str) -> None:
    assert read(lines.encode("utf-8", "surrogateescape")).starts == ()


def test_a_process_that_is_started_anew_counts_from_then() -> None:
    lines = line(1, "heroku[web.1]: Starting process with command `x`") + start(30, 5)
    assert taken(read(lines.encode())) == [(None, None, None, {"web": [5000]})]


def test_a_start_before_its_release_is_of_another_log() -> None:
    lines = line(600, "app[api]: Deploy 1234567 by user a") + line(600, "app[api]: Release v3 created by user a")
    assert read((lines + start(10, 5)).encode()).starts == ()


@each_row(
    "lines, expected",
    [
        ("Deploy 1234567 by user a\nRelease v3 created by user a", (3, "1234567", None)),
        ("Release v3 created by user a\nDeploy 1234567 by user a", (3, "1234567", None)),
        ("Release v3 created by user a\nDeploy 0.1-SNAPSHOT by user a", (3, None, None)),
        ("Promote shop-staging v9 1234567 by user a\nRelease v3 created by user a", (3, "1234567", None)),
        ("Set A config vars by user a\nRelease v3 created by user a", (None, None, 3)),
        ("Release v3 created by user a\nRollback to v1 by user a", (None, None, 1)),
        # A release command that failed: what comes next has the slug from before.
        (
            "Deploy 1234567 by user a\nRunning release v3 commands by user a\nRelease v4 created by user a",
            (None, None, 4),
        ),
        ("Release v99999999999 created by user a", (None, None, None)),
    ],
)
def test_the_slug_is_that_of_the_release_before(lines: str, expected: tuple[Any, ...]) -> None:
    api = "".join(line(1, f"app[api]: {text}") for text in lines.splitlines())
    ((*slug, _),) = taken(read((api + start(10, 5)).encode()))
    assert tuple(slug) == expected


def test_the_bounds_hold() -> None:
    many = "".join(start(second, 1 + second / 1000) for second in range(3 * MAX_STARTS))
    names = "".join(start(5, 1, f"type{number}.1") for number in range(MAX_PROCESSES + 9))
    (slug,) = read((many + names).encode()).starts
    assert len(slug.starts) == MAX_PROCESSES
    assert [each.took_ms for each in slug.starts["web"]] == [1000 + second for second in range(200, 300)]


PIECES = st.sampled_from(sorted({line for name in NAMES for line in re.split(rb"(?<=[\r\n])", log(name)) if line}))


@given(st.lists(st.one_of(PIECES, st.binary(max_size=40)), max_size=60), st.randoms(use_true_random=False))
def test_nothing_that_looks_like_a_log_breaks_the_reader(pieces: list[bytes], rng: random.Random) -> None:
    data = bytearray(b"".join(pieces))
    for _ in range(rng.randrange(6)):
        if data:
            data[rng.randrange(len(data))] = rng.randrange(256)
    whole = read(bytes(data))
    assert read_line_by_line(bytes(data)) == whole
    for each in whole.starts:
        for starts in each.starts.values():
            assert all(0 <= start.took_ms <= 600_000 for start in starts)


@pytest.mark.full
def test_a_long_log_takes_linear_time_and_bounded_memory() -> None:
    router = line(7, 'heroku[router]: at=info method=GET path="/" host=shop.example.com dyno=web.1 status=200') * 600
    reader = LogReader()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    begin = time.process_time()
    for number in range(1500):
        reader.feed((router + start(8, 2, f"web.{number}")).encode())
    assert time.process_time() - begin < 60  # 100 MB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 << 10
    assert len(reader.end().starts[0].starts["web"]) == MAX_STARTS


# The journal

SOME = {"web": (Start(1000, 1, 8200), Start(2000, 2, 9000)), "worker": (Start(1000, 1, 600),)}
TRIPLES = st.builds(Start, st.integers(0, 300), st.integers(1, 3), st.integers(0, 9))
STARTS = st.dictionaries(st.sampled_from("abc"), st.lists(TRIPLES, max_size=150).map(tuple), max_size=3)


@pytest.mark.full
@given(STARTS, STARTS, STARTS)
def test_joining_again_changes_nothing(one: Any, two: Any, three: Any) -> None:
    both = joined(one, two)
    assert joined(both, one) == joined(both, two) == joined(both, both) == both == joined(two, one)
    assert joined(joined(one, two), three) == joined(one, joined(two, three))


def test_the_median_and_the_longest() -> None:
    assert start_times(()) is None
    times = start_times(Start(0, 1, took) for took in (9000, 1000, 2000, 3000))
    assert times is not None
    assert (times.count, times.median_seconds, times.max_seconds) == (4, 2.5, 9.0)


def test_starts_are_lines_of_their_own(tmp_path: Path) -> None:
    git_dir = bytes(tmp_path)
    first, second = build(release=23), build(release=24)
    append(git_dir, first)
    append(git_dir, second)
    append_starts(git_dir, first, {"web": SOME["web"][:1]})
    append_starts(git_dir, first, SOME)
    found = read_journal(git_dir)
    assert found.skipped == ()
    assert [dict(each.starts) for each in found.builds] == [SOME, {}]


def test_a_version_that_knows_only_builds_skips_them() -> None:
    with pytest.raises(NoBuild, match=r"is of a newer slugtrim \(schema 2\)"):
        decode(encode_starts(build(), SOME))
    assert decode(encode(build())).starts == {}


@each_row(
    "changes",
    [
        {"of": None},
        {"of": [1, 2, 3, 4]},
        {"of": ["a", "b", "c"]},
        {"starts": []},
        {"starts": {"web": 5}},
        {"starts": {"web": {"a": 1}}},
        {"starts": {"web": [[1, 2]]}},
        {"starts": {"web": [[1, 2, -3]]}},
        {"starts": {"web": [[1, 2, True]]}},
        {"starts": {"web": ["abc"]}},
    ],
)
def test_a_damaged_line_is_skipped(tmp_path: Path, changes: dict[str, Any]) -> None:
    append(bytes(tmp_path), build())
    with open(journal_path(bytes(tmp_path)), "ab") as file:
        file.write(json.dumps({**json.loads(encode_starts(build(), SOME)), **changes}).encode() + b"\n")
    found = read_journal(bytes(tmp_path))
    assert [each.reason for each in found.skipped] == ["has no starts of a build"]
    assert [dict(each.starts) for each in found.builds] == [{}]


# The command


def recorded(root: Path, *releases: int, app: str = "shop") -> None:
    for release in releases:
        (root.parent / "build.log").write_text(build_log("50.3M", release=release, app=app))
        assert run("builds", "record", "-q", "../build.log", cwd=root).code == 0


def said(root: Path, *arguments: str) -> list[str]:
    done = run("builds", "record", *arguments, cwd=root)
    assert done.code == 0, done
    return lines_of(done.stderr)


def lines_of(stderr: bytes) -> list[str]:
    return [each.removeprefix("slugtrim: ") for each in stderr.decode().splitlines()]


def piped(root: Path, data: bytes, *arguments: str) -> list[str]:
    command = [str(PROGRAM), "builds", "record", *arguments]
    done = subprocess.run(command, cwd=root, input=data, capture_output=True, check=True)
    assert done.stdout == data
    return lines_of(done.stderr)


def listed(root: Path) -> dict[int, list[dict[str, Any]]]:
    data = json.loads(run("builds", "list", "--json", cwd=root).stdout)
    return {each["release"]: each["starts"] for each in data["builds"]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    return make_repo(tmp_path / "shop", {"a.rb": "x\n"})


DEPLOYS = str(LOGS / "deploys.log")


def test_a_log_teaches_each_build_its_starts_once(root: Path) -> None:
    recorded(root, 23, 24, 26)
    lines = [
        "v23 of shop: web starts in 6.8 s (1 start)",
        "the log has no release, so v23 of shop is assumed; pass it with --release",
        "v24 of shop: web starts in 7.6 s (median of 5), worker in 0.6 s (1 start)",
        "v26 of shop: web starts in 11.5 s (1 start)",
    ]
    assert said(root, DEPLOYS) == lines
    journal = (root / ".git/slugtrim/builds.jsonl").read_bytes()
    again = [each if "assumed" in each else f"{each}; nothing new" for each in lines]
    assert said(root, DEPLOYS) == again
    assert said(root, "--logs", DEPLOYS) == again
    assert (root / ".git/slugtrim/builds.jsonl").read_bytes() == journal
    assert listed(root)[24] == [
        {"process": "web", "count": 5, "median_seconds": 7.6, "max_seconds": 9.0},
        {"process": "worker", "count": 1, "median_seconds": 0.6, "max_seconds": 0.6},
    ]
    text = run("builds", "list", cwd=root).stdout.decode()
    assert "   slug   start    class" in text
    assert "  50.3M  11.5 s  average" in text
    rows = list(csv.DictReader(io.StringIO(run("builds", "list", "--format", "csv", cwd=root).stdout.decode())))
    assert [(row["starts"], row["start_seconds"], row["max_start_seconds"]) for row in rows] == [
        ("1", "11.500", "11.500"),
        ("5", "7.600", "9.000"),
        ("1", "6.800", "6.800"),
    ]


def test_where_nothing_is_known_nothing_is_shown(root: Path) -> None:
    recorded(root, 24)
    assert "start" not in run("builds", "list", cwd=root).stdout.decode()
    assert listed(root) == {24: []}
    recorded(root, 25)
    said(root, DEPLOYS)
    (row,) = [each for each in run("builds", "list", cwd=root).stdout.decode().splitlines() if "v25" in each]
    assert " s " not in row


def test_a_release_that_is_not_recorded_is_not_kept(root: Path) -> None:
    recorded(root, 24)
    assert said(root, DEPLOYS) == [
        "v23 or earlier isn't recorded, so its starts are not kept (web starts in 6.8 s (1 start))",
        "v26 isn't recorded, so its starts are not kept (web starts in 11.5 s (1 start))",
        "v24 of shop: web starts in 7.6 s (median of 5), worker in 0.6 s (1 start)",
    ]


def test_a_log_without_release_is_of_the_newest_build_or_of_the_one_that_is_named(root: Path) -> None:
    recorded(root, 24, 25)
    tail = str(LOGS / "tail.log")
    assert said(root, "--logs", tail, "--release", "v24") == ["v24 of shop: web starts in 5.0 s (median of 2)"]
    assert said(root, tail) == [
        "v25 of shop: web starts in 5.0 s (median of 2)",
        "the log has no release, so v25 of shop is assumed; pass it with --release",
    ]
    for wrong in ("24x", "", "v-1", "9" * 40):
        done = run("builds", "record", tail, "--release", wrong, cwd=root)
        assert done.code == 2
        assert b"isn't a release; write it as v24" in done.stderr


def test_of_two_applications_the_target_tells(root: Path) -> None:
    (root / "slugtrim.toml").write_text('[targets.live]\nremotes = ["live"]\n')
    recorded(root, 24)
    recorded(root, 24, app="shop-staging")
    (root.parent / "live.log").write_text(build_log("50.3M", release=24, app="shop-live"))
    assert run("builds", "record", "-q", "--target", "live", "../live.log", cwd=root).code == 0
    lines = said(root, DEPLOYS)
    assert "v24 may be of shop and shop-staging and live, so its starts are not kept; pass --target" in lines
    assert said(root, DEPLOYS, "--target", "live")[-1].startswith("v24 of shop-live: web starts in 7.6 s (median of 5)")


def test_one_call_reads_a_build_and_a_log(root: Path) -> None:
    (root.parent / "build.log").write_text(build_log("50.3M", release=24))
    lines = said(root, "../build.log", "--logs", DEPLOYS)
    assert lines[0].startswith("v24 of shop: 50.3M average")
    assert lines[-1].startswith("v24 of shop: web starts in 7.6 s")
    (root.parent / "both.log").write_bytes(build_log("50.3M", release=26).encode() + log("deploys.log"))
    assert "v26 of shop: web starts in 11.5 s (1 start)" in said(root, "../both.log")


@pytest.mark.full
def test_stdin_goes_on_and_decides_nothing(root: Path) -> None:
    recorded(root, 24)
    for arguments in (["-"], ["--logs", "-"]):
        assert piped(root, log("tail.log"), "-q", *arguments) == []
    assert listed(root)[24][0]["count"] == 2


def test_a_log_without_a_whole_start_says_so(root: Path) -> None:
    path = root.parent / "app.log"
    path.write_text(line(1, "heroku[web.1]: Starting process with command `x`"))
    text = "the log has no start of a process from its beginning to its end, so there is nothing to record"
    assert said(root, str(path)) == [text]
    path.write_text(line(1, "app[web.1]: hello"))
    assert said(root, str(path)) == ["no build in the log, so there is nothing to record"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["record", "--logs", "a", "--", "true"],
        ["record", "a", "b", "--logs", "c"],
        ["record", "-", "--logs", "-"],
        ["list", "--logs", "a"],
        ["list", "--release", "v2"],
    ],
)
def test_what_does_not_go_together_is_refused(root: Path, arguments: list[str]) -> None:
    assert run("builds", *arguments, cwd=root).code == 2


@pytest.mark.full
def test_a_log_that_is_followed_ends_with_ctrl_c(root: Path) -> None:
    recorded(root, 24)
    command = [str(PROGRAM), "builds", "record", "-"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, cwd=root, **pipes) as process:  # type: ignore[call-overload]
        data = log("tail.log")
        os.write(process.stdin.fileno(), data)
        seen = b""
        while len(seen) < len(data):
            seen += os.read(process.stdout.fileno(), 1 << 16)
        time.sleep(0.5)  # it is passed on before it is read
        process.send_signal(signal.SIGINT)
        assert process.wait() == 130
        assert b"v24 of shop: web starts in 5.0 s (median of 2)" in process.stderr.read()
    assert listed(root)[24][0]["count"] == 2


def test_diff_shows_what_both_commits_have(root: Path) -> None:
    first = build_log("50.3M", release=24)
    (root.parent / "build.log").write_text(first)
    assert said(root, "../build.log", "--logs", DEPLOYS)
    (root / "b.rb").write_text("y\n")
    commit_all(root)
    assert "starts in" not in run("diff", "HEAD~1", "HEAD", cwd=root).stdout.decode()
    assert json.loads(run("diff", "HEAD~1", "HEAD", "--json", cwd=root).stdout)["starts"] == []
    (root.parent / "build.log").write_text(build_log("60M", release=26))
    assert said(root, "../build.log", "--logs", DEPLOYS)
    text = run("diff", "HEAD~1", "HEAD", cwd=root).stdout.decode()
    assert "  web starts in 7.6 s → 11.5 s (medians of 5 and 1)\n" in text
    assert json.loads(run("diff", "HEAD~1", "HEAD", "--json", cwd=root).stdout)["starts"] == [
        {
            "process": "web",
            "before": {"count": 5, "median_seconds": 7.6, "max_seconds": 9.0},
            "after": {"count": 1, "median_seconds": 11.5, "max_seconds": 11.5},
        }
    ]
    assert "web starts in" in run("diff", "HEAD~1", "HEAD", "--format", "markdown", cwd=root).stdout.decode()
