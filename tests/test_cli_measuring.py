"""Options of what takes time: the cache, progress, the exact size."""

from __future__ import annotations

import io
import json
import os
import pty
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import jsonschema
import pytest

from slugtrim.cli.output import ProgressLine
from slugtrim.store import cache_directory
from tests.builders import Content, make_repo, make_tree
from tests.command_line import COMMAND, run
from tests.real_files import real_files

FILES: dict[bytes | str, Content] = {".slugignore": "/spec\n", "app/a.rb": "puts 1\n" * 200, "spec/a": "it\n"}


def test_exact_is_shown_beside_the_prediction(tmp_path: Path) -> None:
    make_repo(tmp_path, dict(real_files(60)))
    text = " ".join(run("--exact", cwd=tmp_path).stdout.decode().split())
    match = re.search(
        r"Compressed for real it is (\S+): ([\d,]+) bytes, predicted ([\d,]+) bytes\s+\(([+-]\d\.\d\d)%\)", text
    )
    assert match is not None
    exact, predicted = (int(match[group].replace(",", "")) for group in (2, 3))
    assert abs(predicted - exact) <= 0.02 * exact
    assert f"{(predicted - exact) / exact * 100:+.2f}" == match[4]
    slug = json.loads(run("--exact", "--format", "json", cwd=tmp_path).stdout)["slug"]
    assert (slug["exact_compressed_bytes"], slug["compressed_bytes"]) == (exact, predicted)
    assert json.loads(run("--format", "json", cwd=tmp_path).stdout)["slug"]["exact_compressed_bytes"] is None


def test_the_second_run_prints_the_same(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    for arguments in (["--format", "json"], [], ["ls", "--long"], ["ls", "--long", "--ignored"]):
        first = run(*arguments, cwd=tmp_path)
        assert run(*arguments, cwd=tmp_path) == first
        assert run(*arguments, "--no-cache", cwd=tmp_path) == first


@pytest.mark.parametrize("arguments", [["--no-cache"], ["ls", "--long", "--no-cache"], ["ls"], ["explain", "app"]])
def test_nothing_is_remembered_where_nothing_should_be(tmp_path: Path, arguments: list[str]) -> None:
    make_repo(tmp_path, FILES)
    assert run(*arguments, cwd=tmp_path).code == 0
    assert not Path(cache_directory()).exists()


def test_a_cache_that_cannot_be_written_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_repo(tmp_path, FILES)
    expected = run("--format", "json", cwd=tmp_path)
    (tmp_path.parent / "file").write_bytes(b"")
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path.parent / "file" / "below"))
    assert run("--format", "json", cwd=tmp_path) == expected


def test_cache_info_and_clear(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    assert run("cache", "info", cwd=tmp_path).stdout.decode() == (
        f"{cache_directory()}\n  holds 0B in 0 files, for 0 repositories\n"
    )
    run(cwd=tmp_path)
    schema = json.loads((resources.files("slugtrim") / "schemas/cache.json").read_text("utf-8"))
    info = json.loads(run("cache", "info", "--format", "json", cwd=tmp_path).stdout)
    jsonschema.validate(info, schema)
    assert (info["repositories"], info["files"], info["cleared"]) == (1, 1, False)
    cleared = json.loads(run("cache", "clear", "--format", "json", cwd=tmp_path).stdout)
    assert cleared == {**info, "cleared": True}
    assert not Path(cache_directory()).exists()


def test_a_cache_that_cannot_be_cleared_is_one_line(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    run(cwd=tmp_path)
    above = Path(cache_directory()).parents
    for path in (Path(cache_directory()), *above[:6]):
        path.chmod(0o755)
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    else:
        next(Path(cache_directory()).iterdir()).chmod(0o555)
    try:
        code, stdout, stderr = run("cache", "clear", cwd=Path("/"))
    finally:
        os.seteuid(was)
    assert (code, stdout) == (2, b"")
    assert re.fullmatch(rb"slugtrim: .*: cannot be deleted \(Permission denied\); delete it by hand\n", stderr)


def test_an_unknown_action_is_one_line(tmp_path: Path) -> None:
    code, stdout, stderr = run("cache", "shrink", cwd=tmp_path)
    assert (code, stdout, stderr.count(b"\n")) == (2, b"", 1)
    assert b"Unknown action 'shrink': expected info or clear" in stderr


class Clock:
    """A clock that goes on by a fixed step whenever it is read."""

    def __init__(self, step_seconds: float) -> None:
        self.now = 0.0
        self._step = step_seconds

    def monotonic(self) -> float:
        self.now += self._step
        return self.now


def drawn(monkeypatch: pytest.MonkeyPatch, *, step_seconds: float, shown: bool | None) -> str:
    monkeypatch.setattr("slugtrim.cli.output.time", Clock(step_seconds))
    screen = io.TextIOWrapper(io.BytesIO())
    monkeypatch.setattr(sys, "stderr", screen)
    with ProgressLine(shown=shown) as line:
        line.expect(1000, 5 << 20)
        for _ in range(10):
            line.advance(100, 512 << 10)
    assert isinstance(screen.buffer, io.BytesIO)
    return screen.buffer.getvalue().decode()


def test_progress_shows_files_and_bytes_and_is_wiped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    text = drawn(monkeypatch, step_seconds=0.3, shown=True)
    lines = text.split("\r")
    assert lines[1] == "slugtrim: measured 200 of 1,000 files, 1M of 5M"
    assert "slugtrim: measured 1,000 of 1,000 files, 5M of 5M" in lines
    assert lines[-1] == ""
    assert set(lines[-2]) == {" "}


def test_no_progress_before_half_a_second_nor_off_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert drawn(monkeypatch, step_seconds=0.01, shown=True) == ""
    assert drawn(monkeypatch, step_seconds=0.3, shown=False) == ""
    assert drawn(monkeypatch, step_seconds=0.3, shown=None) == ""


def on_a_terminal(*arguments: str, cwd: Path) -> tuple[bytes, bytes]:
    """What a run prints with its stderr on a terminal: stdout, and what the terminal saw."""
    control, terminal = pty.openpty()
    with subprocess.Popen([*COMMAND, *arguments], cwd=cwd, stdout=subprocess.PIPE, stderr=terminal) as process:
        os.close(terminal)
        stdout = process.communicate()[0]
    seen = b""
    try:
        while part := os.read(control, 4096):
            seen += part
    except OSError:
        pass  # Linux says so when the other end of a terminal is closed
    os.close(control)
    return stdout, seen


@pytest.mark.full
def test_a_long_measurement_shows_its_progress_on_a_terminal(tmp_path: Path) -> None:
    large = b"".join(real_files(200).values())
    make_tree(tmp_path, {f"{number}.txt": large + bytes([number]) * 100 for number in range(20)})
    stdout, seen = on_a_terminal("--no-git", "-q", cwd=tmp_path)
    assert stdout.endswith(b" small\n")
    assert re.search(rb"\rslugtrim: measured \d+ of 20 files, [\d.]+[KM] of [\d.]+M", seen)
    assert on_a_terminal("--no-git", "-q", "--no-progress", cwd=tmp_path) == (stdout, b"")
