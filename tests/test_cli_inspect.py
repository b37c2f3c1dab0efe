"""`slugtrim inspect` as a user runs it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from tests.builders import make_repo, make_slug, make_tree
from tests.command_line import COMMAND, run, run_process


@pytest.fixture
def slug(tmp_path: Path) -> Path:
    app = make_tree(
        tmp_path / "app", {"Procfile": "web: a\n", "node_modules/.cache/a": "x" * 1000, "bin/a*": "#!/bin/sh\n"}
    )
    return make_slug(tmp_path / "slug.tgz", app, root="./app/")


def test_the_report_comes_in_three_formats_in_one_run(slug: Path, tmp_path: Path) -> None:
    reports = ("--report", "json=a.json", "--report", "markdown=a.md")
    code, stdout, stderr = run("inspect", *reports, "slug.tgz", cwd=tmp_path)
    assert (code, stderr) == (0, b"")
    assert b"\n\nCompiled slug slug.tgz\n" in stdout
    assert b"node-build-caches" in stdout
    document = json.loads((tmp_path / "a.json").read_text())
    assert document["source"] == {"kind": "archive", "rev": None, "path": "slug.tgz"}
    assert document["root"] == {"path": "./app/"}
    assert document["slug"]["compressed_bytes"] == slug.stat().st_size
    assert (tmp_path / "a.md").read_text().startswith("### Compiled slug: ")


def test_stdin_is_read(slug: Path, tmp_path: Path) -> None:
    from_file = json.loads(run("inspect", "--format", "json", "slug.tgz", cwd=tmp_path).stdout)
    with slug.open("rb") as file:
        command = [*COMMAND, "inspect", "--format", "json", "-"]
        done = subprocess.run(command, stdin=file, capture_output=True, check=True, cwd=tmp_path)
    from_stdin = json.loads(done.stdout)
    assert from_stdin.pop("source") == {"kind": "archive", "rev": None, "path": "-"}
    from_file.pop("source")
    assert from_stdin == from_file


def test_a_directory_is_predicted(slug: Path, tmp_path: Path) -> None:
    document = json.loads(run("inspect", "--format", "json", "app", cwd=tmp_path).stdout)
    assert (document["source"]["kind"], document["slug"]["estimated"]) == ("directory", True)
    assert [row["id"] for row in document["findings"]] == ["node-build-caches"]


def test_quiet_is_one_line(slug: Path, tmp_path: Path) -> None:
    assert run("inspect", "-q", "slug.tgz", cwd=tmp_path).stdout.endswith(b" small\n")
    assert run("inspect", "-q", "slug.tgz", cwd=tmp_path).stdout.count(b"\n") == 1


def test_what_is_no_slug_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.tgz").write_bytes(b"no slug at all, and no archive either" * 100)
    code, stdout, stderr = run_process("inspect", "a.tgz", cwd=tmp_path)
    assert (code, stdout) == (2, b"")
    assert stderr.startswith(b"slugtrim: a.tgz: ")
    assert stderr.count(b"\n") == 1


def test_a_name_is_needed(tmp_path: Path) -> None:
    code, stdout, stderr = run("inspect", cwd=tmp_path)
    assert (code, stdout) == (2, b"")
    assert stderr == b"slugtrim: Missing argument 'SLUG'; see slugtrim inspect --help\n"


def test_what_is_found_decides_nothing(slug: Path, tmp_path: Path) -> None:
    assert run("inspect", "slug.tgz", cwd=tmp_path).code == 0


def test_a_checkout_is_told_from_a_slug(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", {"app.rb": "puts 1\n"})
    document = json.loads(run("inspect", "--format", "json", "app", cwd=tmp_path).stdout)
    assert [note["id"] for note in document["notes"]] == ["looks-like-checkout"]
