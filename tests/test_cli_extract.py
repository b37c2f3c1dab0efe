"""``slugtrim inspect --extract`` as a user runs it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from pathlib import Path

import pytest

from tests.archives import PROCFILE, entry, packed
from tests.builders import make_tree
from tests.command_line import COMMAND, run, run_process
from tests.test_archive_hostile import link

PYTHON = link("./app/.heroku/python", "/app/.heroku/python3")
WHY = (
    "\nLinks into /app were skipped. On a dyno the slug is there; here they would point\n"
    "into this machine's own files:\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    (tmp_path / "slug.tgz").write_bytes(packed(PROCFILE, entry("./app/a.rb", b"a" * 2000), PYTHON))
    (tmp_path / "hostile.tgz").write_bytes(packed(PROCFILE, link("./app/x", "../../etc/passwd")))
    return make_tree(tmp_path, {"full/mine": "x", "empty": None})


def test_what_was_written_and_what_was_not_is_said(place: Path) -> None:
    code, stdout, stderr = run("inspect", "slug.tgz", "--extract", "out", cwd=place)
    assert stdout.decode() == (
        "Unpacked 2 files, 2K, into out\n" + WHY + "  app/.heroku/python -> /app/.heroku/python3\n"
    )
    assert (code, stderr) == (0, b"")
    assert (place / "out/app/Procfile").read_bytes() == b"web: run\n"
    assert not os.path.lexists(place / "out/app/.heroku")


def test_only_the_line_that_counts_is_said_when_quiet(place: Path) -> None:
    assert run("inspect", "-q", "slug.tgz", "--extract", "empty", cwd=place) == (
        0,
        b"Unpacked 2 files, 2K, into empty\n",
        b"",
    )


def test_many_skipped_links_are_shown_whole_when_asked(place: Path) -> None:
    links = (link(f"./app/bin/{number:02}", "/app/bin/run") for number in range(20))
    (place / "slug.tgz").write_bytes(packed(PROCFILE, *links))
    short = run("inspect", "slug.tgz", "--extract", "short", cwd=place).stdout.decode().splitlines()
    whole = run("inspect", "-v", "slug.tgz", "--extract", "whole", cwd=place).stdout.decode().splitlines()
    assert short[-1].endswith(" more (-v shows all)")
    assert len(whole) == 4 + 20
    assert whole[-1] == "  app/bin/19 -> /app/bin/run"


def test_a_slug_comes_through_a_pipe(place: Path) -> None:
    with subprocess.Popen(["cat", str(place / "slug.tgz")], stdout=subprocess.PIPE) as cat:
        command = [*COMMAND, "inspect", "-", "--extract", "out", "-q"]
        done = subprocess.run(command, stdin=cat.stdout, cwd=place, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Unpacked 2 files, 2K, into out\n", b"")


def test_a_file_on_stdin_needs_no_copy(place: Path) -> None:
    with open(place / "slug.tgz", "rb") as file:
        command = [*COMMAND, "inspect", "-", "--extract", "out", "-q"]
        done = subprocess.run(command, stdin=file, cwd=place, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"Unpacked 2 files, 2K, into out\n", b"")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            "hostile.tgz --extract out",
            "hostile.tgz: ./app/x: it leads out of the archive (../../etc/passwd); nothing was written",
        ),
        ("slug.tgz --extract full", "--extract full: is not empty; name a new or an empty directory"),
        ("slug.tgz --extract full/mine", "--extract full/mine: is not a directory; name a new or an empty one"),
        ("full --extract out", "--extract: full is a directory already; name the file of a slug"),
        ("slug.tgz --extract out --format json", "--extract: reports as text only; run inspect again for json"),
        (
            "slug.tgz --limit files=9",
            "--limit files=9: unknown limit files; the limits are unpacked, entries, names, header",
        ),
        (
            "slug.tgz --limit entries=2",
            "slug.tgz: has more than 2 entries; if you trust it, raise the limit with --limit entries=NUMBER",
        ),
        (
            "slug.tgz --limit unpacked=1KB --extract out",
            "slug.tgz: holds more than 1K uncompressed; if you trust it, raise the limit with --limit unpacked=SIZE",
        ),
        ("missing.tgz", "missing.tgz: does not exist; name a slug (.tgz, .tar.gz, .tar) or a directory"),
        ("--extract out missing.tgz", "missing.tgz: does not exist; name a slug (.tgz, .tar.gz, .tar) or a directory"),
    ],
)
def test_a_mistake_gets_one_line_and_writes_nothing(place: Path, arguments: str, message: str) -> None:
    before = sorted(place.rglob("*"))
    assert run("inspect", *arguments.split(), cwd=place) == (2, b"", f"slugtrim: {message}\n".encode())
    assert sorted(place.rglob("*")) == before


def test_a_terminal_is_no_slug(place: Path) -> None:
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run([*COMMAND, "inspect", "-"], stdin=theirs, cwd=place, capture_output=True, check=False)
    finally:
        os.close(ours)
        os.close(theirs)
    message = b"slugtrim: stdin: is a terminal or closed; pipe a slug into it, or name its file\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", message)


def test_a_closed_stdin_is_no_slug(place: Path) -> None:
    command = f"{COMMAND[0]} -m slugtrim inspect - <&-"
    done = subprocess.run(["sh", "-c", command], cwd=place, capture_output=True, check=False)
    message = b"slugtrim: stdin: is a terminal or closed; pipe a slug into it, or name its file\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, b"", message)


def test_the_options_may_stand_before_the_command(place: Path) -> None:
    assert run_process("--extract", "out", "inspect", "slug.tgz", "-q", cwd=place).code == 0
    assert (place / "out/app/a.rb").exists()


def test_a_slug_is_inspected_as_it_comes_through_a_pipe(place: Path) -> None:
    named = json.loads(run("inspect", "slug.tgz", "--format", "json", cwd=place).stdout)
    with subprocess.Popen(["cat", str(place / "slug.tgz")], stdout=subprocess.PIPE) as cat:
        command = [*COMMAND, "inspect", "-", "--format", "json"]
        done = subprocess.run(command, stdin=cat.stdout, cwd=place, capture_output=True, check=False)
    piped = json.loads(done.stdout)
    assert (done.returncode, done.stderr) == (0, b"")
    assert piped["source"].pop("path") == "-"
    assert named["source"].pop("path") == "slug.tgz"
    assert piped == named
    assert piped["slug"]["compressed_bytes"] == (place / "slug.tgz").stat().st_size
