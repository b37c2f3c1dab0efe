"""The journal: appended to by several at a time, read whatever stands in it, and shown."""

from __future__ import annotations

import csv
import io
import json
import os
import resource
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slugtrim.builds import has_journal, journal_path
from slugtrim.builds.build import Build, BuildOutcome, CommitOrigin, PrintedSize, SourcePart
from slugtrim.builds.journal import (
    BuildRow,
    History,
    NoBuild,
    Skipped,
    append,
    decode,
    encode,
    newest_builds,
    read_journal,
)
from slugtrim.errors import SourceError
from slugtrim.ignore import Dialect
from slugtrim.reports import builds_report
from slugtrim.reports.builds_report import sparkline
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style
from slugtrim.sizer import classify
from slugtrim.units import MIB
from tests.builders import make_repo, unprivileged
from tests.command_line import run
from tests.rows import each_row

HEAD = "1a2b3c4d5e" + "0" * 30


def build(size: float = 50.3, **changes: Any) -> Build:
    facts: dict[str, Any] = {
        "date": "2026-01-02T03:04:05Z",
        "outcome": BuildOutcome.RELEASED,
        "slug": PrintedSize(size_bytes=round(size * MIB), precision_bytes=52428),
        "commit": HEAD,
        "commit_origin": CommitOrigin.LOG,
        "is_assumed": False,
        "app": "shop",
        "target": None,
        "remote": "heroku",
        "release": 24,
        "buildpacks": ("heroku/ruby",),
        "deleting": 3,
        "dialect": Dialect.GITIGNORE,
        "sources": {
            Dialect.GITIGNORE: SourcePart(compressed_bytes=14 * MIB, deleting=3),
            Dialect.GLOB: SourcePart(compressed_bytes=14 * MIB, deleting=3),
        },
        "locks": {b"Gemfile.lock": b"a" * 40, b"requirements-\xff\n.txt": b"b" * 40},
    }
    return Build(**{**facts, **changes})


BARE = build(commit=None, app=None, remote=None, release=None, deleting=None, sources={}, locks={}, buildpacks=())


@pytest.mark.parametrize(
    "each", [build(), BARE, build(outcome=BuildOutcome.TOO_LARGE, target="caf\udce9\x1b", is_assumed=True)]
)
def test_a_line_reads_as_it_was_written(each: Build) -> None:
    line = encode(each)
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert decode(line) == each


WRITER = """
import sys
from slugtrim.builds.journal import append
from tests.test_builds_journal import build
sys.stdin.readline()
for release in range(40):
    append(sys.argv[1].encode(), build(release=release, remote=sys.argv[2], app="x" * 3000))
"""


@pytest.mark.full
def test_several_writers_at_a_time_lose_nothing(tmp_path: Path) -> None:
    gate, opener = os.pipe()
    command = [sys.executable, "-c", WRITER, str(tmp_path)]
    top = Path(__file__).parent.parent
    writers = [subprocess.Popen([*command, str(number)], stdin=gate, cwd=top) for number in range(4)]
    os.close(gate)
    os.close(opener)  # all at once
    assert [writer.wait() for writer in writers] == [0] * 4
    found = read_journal(bytes(tmp_path))
    assert found.skipped == ()
    for number in range(4):
        releases = [each.release for each in found.builds if each.remote == str(number)]
        assert releases == list(range(40))


def test_a_line_that_somebody_left_half_written_stays_one(tmp_path: Path) -> None:
    append(bytes(tmp_path), build(release=1))
    path = Path(os.fsdecode(journal_path(bytes(tmp_path))))
    whole = path.read_bytes()
    path.write_bytes(whole + whole[: len(whole) // 2])
    append(bytes(tmp_path), build(release=2))
    found = read_journal(bytes(tmp_path))
    assert [each.release for each in found.builds] == [1, 2]
    assert found.skipped == (Skipped(line=2, reason="is not JSON"),)
    assert [each.release for each in newest_builds(bytes(tmp_path))] == [2, 1]


def damaged(**changes: Any) -> bytes:
    return json.dumps({**json.loads(encode(build())), **changes}).encode()


LINES = [
    (b"nonsense", "is not JSON"),
    (b"\xff\xfe", "is not JSON"),
    (b"[" * 100_000, "is not JSON"),
    (b"[1]", "is no build"),
    (b"{}", "is no build"),
    (b'{"schema":1}', "is no build"),
    (damaged(schema=2), "is of a newer slugtrim (schema 2)"),
    (damaged(schema=True), "is no build"),
    (damaged(slug_bytes="9"), "is no build"),
    (damaged(slug_bytes=-1), "is no build"),
    (damaged(slug_bytes=True), "is no build"),
    (damaged(slug_bytes=1 << 70), "is no build"),
    (damaged(date="2026-99-99T03:04:05Z"), "is no build"),
    (damaged(date=7), "is no build"),
    (damaged(date="2026-01-02"), "is no build"),
    (damaged(commit="; rm -rf"), "is no build"),
    (damaged(outcome="great"), "is no build"),
    (damaged(outcome=[]), "is no build"),
    (damaged(app=5), "is no build"),
    (damaged(sources={"gitignore": 5}), "is no build"),
    (damaged(sources=[]), "is no build"),
    (damaged(locks=["a"]), "is no build"),
    (damaged(locks={"a": 1}), "is no build"),
    (damaged(buildpacks=[1]), "is no build"),
    (damaged(buildpacks=None), "is no build"),
]


@each_row("line, reason", LINES)
def test_a_line_that_is_no_build_says_why(line: bytes, reason: str) -> None:
    with pytest.raises(NoBuild) as raised:
        decode(line)
    assert str(raised.value) == reason


@settings(max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) | inner, max_leaves=3
    )
)
def test_no_value_of_a_line_breaks_the_reader(value: Any) -> None:
    for key in json.loads(encode(build())):
        try:
            decode(damaged(**{key: value}))
        except NoBuild:
            continue


def test_a_list_wants_a_directory_that_is_there(tmp_path: Path) -> None:
    hint = b"slugtrim: nope: not a directory; name one in the repository\n"
    assert run("builds", "list", "nope", cwd=make_repo(tmp_path, {"a": "x"})) == (2, b"", hint)


def test_lines_that_are_no_builds_are_passed_over_and_named(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x"})
    journal = tmp_path / ".git/slugtrim/builds.jsonl"
    journal.parent.mkdir()
    journal.write_bytes(encode(build()) + b"nonsense\n\n" + damaged(schema=7) + b"\n" + encode(build(51, release=25)))
    done = run("builds", "list", cwd=tmp_path)
    assert done.code == 0
    assert done.stderr.decode().splitlines() == [
        f"slugtrim: {journal}:2: is not JSON, so it is skipped",
        f"slugtrim: {journal}:4: is of a newer slugtrim (schema 7), so it is skipped",
    ]
    assert b"v25" in done.stdout
    assert run("builds", "list", "-q", cwd=tmp_path) == (0, b"51M average\n", b"")


def test_a_journal_that_is_no_file_is_one_line(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x"})
    journal = tmp_path / ".git/slugtrim/builds.jsonl"
    journal.mkdir(parents=True)
    assert not has_journal(bytes(tmp_path / ".git"))
    expected = "slugtrim: {}: cannot be read ({}); make it a file that can\n"
    said = expected.format(journal, "Is a directory").encode()
    assert run("builds", "list", cwd=tmp_path) == (2, b"", said)
    journal.rmdir()
    os.mkfifo(journal)
    said = expected.format(journal, "not a regular file").encode()
    assert run("builds", "list", cwd=tmp_path) == (2, b"", said)
    with pytest.raises(SourceError, match="cannot be written"):
        append(bytes(tmp_path / ".git"), build())
    journal.unlink()
    journal.symlink_to("elsewhere")
    with pytest.raises(SourceError, match="cannot be written"):
        append(bytes(tmp_path / ".git"), build())
    assert not (journal.parent / "elsewhere").exists()


def test_a_journal_that_somebody_holds_is_waited_for_no_longer_than_two_seconds(tmp_path: Path) -> None:
    import fcntl

    append(bytes(tmp_path), build())
    with open(journal_path(bytes(tmp_path)), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(SourceError, match="another process holds it"):
            append(bytes(tmp_path), build())
    assert len(read_journal(bytes(tmp_path)).builds) == 1


def test_a_line_for_which_there_is_no_room_is_not_there(tmp_path: Path) -> None:
    append(bytes(tmp_path), build(release=1))
    path = journal_path(bytes(tmp_path))
    whole = os.stat(path).st_size
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (whole + 10, limits[1]))
    try:
        with pytest.raises(SourceError, match="no room for a line"):
            append(bytes(tmp_path), build(release=2))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert os.stat(path).st_size == whole


def test_a_directory_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    tmp_path.chmod(0o555)
    with unprivileged(tmp_path), pytest.raises(SourceError, match="Permission denied"):
        append(bytes(tmp_path), build())


# Lists


def history(*builds: Build) -> History:
    """Newest first, as given oldest first."""
    rows = []
    before: dict[str | None, Build] = {}
    for each in builds:
        size = each.slug.size_bytes
        last = before.get(each.destination)
        change = size - last.slug.size_bytes if last is not None else None
        rows.append(BuildRow(build=each, size_class=classify(size), change_bytes=change, before=last))
        before[each.destination] = each
    return History(path=b"/home/you/shop", rows=tuple(reversed(rows)), skipped=(Skipped(line=9, reason="is no build"),))


HOSTILE = '=HYPERLINK("x")\x1b[31m\u202e'
SOME = history(
    build(46.1, release=21),
    build(46.1, release=22, is_assumed=True),
    build(515.2, release=None, outcome=BuildOutcome.TOO_LARGE),
    build(13, app=HOSTILE, target=HOSTILE, buildpacks=("@SUM(1)", "-x"), deleting=9),
    build(12.5, release=23),
    BARE,
)


def as_text(builds: History, style: Style, most: int | None) -> str:
    return render("builds", "text", builds, style=style, most=most)


def test_the_table() -> None:
    odd = '"=HYPERLINK(\\"x\\")\\033[31m\\342\\200\\256"'
    assert as_text(SOME, Style(), 5) == (
        f"""\
Builds of /home/you/shop

  ▁  50.3M in 1 build
  ▁▁█▁  12.5M to 515.2M in 4 builds of shop
  ▁  13M in 1 build of {odd}

    slug    class   change  code  buildpacks    recorded
   50.3M  average                             2026-01-02
   12.5M    small  -502.7M   14M       -1.5M  2026-01-02  v23 1a2b3c4d5e shop
     13M    small            14M         -1M  2026-01-02  v24 1a2…m\\342\\200\\256"
  515.2M  weighty  +469.1M   14M      501.2M  2026-01-02  too lar…a2b3c4d5e shop
   46.1M  average     none   14M       32.1M  2026-01-02  v22 1a2b3c4d5e? shop

  … and 1 older build (-n 0 shows all)

Builds that deleted more or fewer files than predicted
  "v24 of {odd[1:]}: the build deleted 9 files by
  .slugignore, which matches neither reading (3 read as gitignore, 3 read as
  glob).
"""
    )
    many = as_text(history(*(build(deleting=9) for _ in range(5))), Style(color=True), None)
    assert "  … and 2 more builds (-v shows all)\n" in many
    assert "\033[33maverage\033[0m" in many


def test_no_build_says_how_to_remember_one(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x"})
    text = run("builds", "list", cwd=tmp_path).stdout.decode()
    assert "No builds recorded. Record one with slugtrim builds record -- git push heroku main." in " ".join(
        text.split()
    )
    assert run("builds", "list", "--format", "csv", cwd=tmp_path).stdout.count(b"\n") == 1
    assert json.loads(run("builds", "list", "--format", "json", cwd=tmp_path).stdout)["builds"] == []


def test_the_json_follows_its_schema() -> None:
    schema = json.loads((resources.files("slugtrim") / "schemas/builds.json").read_text("utf-8"))
    data = json.loads(render("builds", "json", SOME, most=None))
    jsonschema.validate(data, schema, jsonschema.Draft202012Validator)
    assert len(data["builds"]) == 6
    newest, small, odd, large, assumed, first = data["builds"]
    assert (newest["commit"], newest["source_bytes"], newest["fits"], newest["predicted_deleting"]) == (None,) * 4
    assert (small["change_bytes"], small["overhead_bytes"]) == (-527119155, -1572864)
    assert (odd["fits"], odd["predicted_deleting"]) == ("neither", {"gitignore": 3, "glob": 3})
    assert (large["outcome"], assumed["commit_assumed"], first["fits"]) == ("too-large", True, "both")
    assert first["lock_files"][1] == {"path": "requirements-\ufffd\n.txt", "path_b64": "cmVxdWlyZW1lbnRzLf8KLnR4dA=="}
    assert data["skipped"] == [{"line": 9, "reason": "is no build"}]
    assert len(json.loads(render("builds", "json", SOME, most=2))["builds"]) == 2


def test_no_cell_of_the_csv_is_a_formula() -> None:
    header, *rows = csv.reader(io.StringIO(builds_report.as_csv(SOME, None), newline=""))
    assert {len(row) for row in rows} == {len(header)}
    odd = dict(zip(header, rows[2], strict=True))
    quoted_name = '"=HYPERLINK(\\"x\\")\\033[31m\\342\\200\\256"'
    assert (odd["app"], odd["buildpacks"], odd["fits"]) == (quoted_name, "'@SUM(1) -x", "neither")
    assert dict(zip(header, rows[1], strict=True))["change_bytes"] == "-527119155"
    assert [row[0] for row in rows] == ["2026-01-02T03:04:05Z"] * 6


@each_row("sizes, bars", [([1], "▁"), ([5, 5], "▁▁"), ([0, 7, 3], "▁█▄"), ([100, 200, 150, 199], "▁█▄▇")])
def test_a_sparkline_goes_from_the_least_to_the_largest(sizes: list[int], bars: str) -> None:
    assert sparkline(sizes) == bars
