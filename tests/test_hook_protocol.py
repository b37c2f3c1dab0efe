"""What git says of a push, and where it goes."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from slugtrim.errors import UsageError
from slugtrim.hook import Update, building_updates, pushed_platform
from slugtrim.platforms import HEROKU
from tests.builders import make_repo
from tests.command_line import run_process
from tests.rows import each_row

A, B, NONE = "a" * 40, "b" * 40, "0" * 40


def test_only_the_local_id_and_the_remote_ref_count() -> None:
    lines = [
        f"refs/heads/topic {A} refs/heads/main {B}\n",
        f"HEAD@{{1 day ago}} {B} refs/heads/master {NONE}\n",
        f"(delete) {NONE} refs/heads/main {B}\n",
        f"refs/heads/main {A} refs/heads/topic {B}\n",
        f"refs/tags/v1 {A} refs/tags/main {NONE}\n",
        f"refs/heads/main {A} refs/heads/main/x {NONE}\n",
        f"refs/heads/main {A * 2}".replace("a" * 80, "c" * 64) + f" refs/heads/main {'0' * 64}\n",
    ]
    assert building_updates("".join(lines).encode()) == (
        Update(ref=b"refs/heads/main", local=A, remote=B),
        Update(ref=b"refs/heads/master", local=B, remote=None),
        Update(ref=b"refs/heads/main", local="c" * 64, remote=None),
    )
    assert building_updates(lines[0].rstrip("\n").encode()) == building_updates(lines[0].encode()) != ()
    assert building_updates(b"") == ()
    assert building_updates(f"x {'0' * 64} refs/heads/main {'0' * 64}\n".encode()) == ()


GOOD = f"refs/heads/main {A} refs/heads/main {B}\n"


@each_row(
    "text, shown",
    [
        ("\n", "an empty line"),
        (GOOD + "\n", "an empty line"),
        (GOOD.rstrip()[:-1], GOOD.rstrip()[:-1]),
        (f"refs/heads/main {A} refs/heads/main\n", f"refs/heads/main {A} refs/heads/main"),
        (f" {A} refs/heads/main {B}\n", f" {A} refs/heads/main {B}"),
        (f"x {A} refs/heads/main {B * 2}\n", f"x {A} refs/heads/main {B * 2}"),
        (f"x {A} refs/heads/main {B}{'b' * 24}\n", f"x {A} refs/heads/main {B}{'b' * 24}"),
        (f"x {A[1:]} refs/heads/main {B}\n", f"x {A[1:]} refs/heads/main {B}"),
        (f"x {A.upper()} refs/heads/main {B}\n", f"x {A.upper()} refs/heads/main {B}"),
        (f"x  {A}  refs/heads/main {B}\n", f"x  {A}  refs/heads/main {B}"),
        (f"x {A} refs/heads/main {B} \n", f"x {A} refs/heads/main {B} "),
        (f"x {A} refs/heads/main {B}\r\n", f'"x {A} refs/heads/main {B}\\r"'),
        (f"x {A} refs/heads/\x1b {B}\n", f'"x {A} refs/heads/\\033 {B}"'),
    ],
)
def test_what_is_not_gits_form_is_refused(text: str, shown: str) -> None:
    message = f"stdin: {shown}: is not LOCAL-REF LOCAL-ID REMOTE-REF REMOTE-ID; let git call the hook"
    with pytest.raises(UsageError, match=f"^{re.escape(message)}$"):
        building_updates(text.encode())


@each_row(
    "url",
    [
        "git@heroku.com:app.git",
        "heroku.com:app.git",
        "git@HEROKU.com:app.git",
        "https://git.heroku.com/app.git",
        "https://user:p%40ss@git.heroku.com:443/app.git",
        "http://git.heroku.com",
        "ssh://git@heroku.com/app.git",
        "ssh://git@ssh.heroku.com:22/app.git",
        "git+ssh://git@heroku.com/app.git",
        "HTTPS://git.heroku.com/app.git",
        "git@heroku.com:a://b",
    ],
)
def test_these_are_of_the_platform(url: str) -> None:
    assert pushed_platform(url) is HEROKU


@each_row(
    "url",
    [
        "",
        "heroku",
        "heroku.com",
        "heroku.com/app.git",
        "./heroku.com:app.git",
        "/srv/git@heroku.com:app.git",
        "git@notheroku.com:app.git",
        "git@heroku.com.example.com:app.git",
        "git@example.com:heroku.com/app.git",
        "git@heroku.com@example.com:app.git",
        "https://heroku.com@example.com/app.git",
        "https://example.com/heroku.com:app.git",
        "https://example.com#@heroku.com/",
        "https://example.com?@heroku.com/",
        "https://example.com/https://git.heroku.com/app.git",
        "https://.heroku.com/app.git",
        "https://heroku.com./app.git",
        "file://heroku.com/srv/app.git",
        "ext::ssh git@heroku.com:app.git",
        "heroku.com::app",
        "git@heroku.community:app.git",
        "git@xheroku.com:app.git",
        "git@heroku.com\n.example.com:app.git",
    ],
)
def test_these_are_not(url: str) -> None:
    assert pushed_platform(url) is None


def test_a_call_by_hand_is_told_what_to_do(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": ""})
    assert run_process("pre-push", "heroku", "git@heroku.com:a.git", cwd=tmp_path).code == 0
    missing = run_process("pre-push", "heroku", cwd=tmp_path)
    message = b"slugtrim: Missing argument 'URL'; see slugtrim pre-push --help\n"
    assert missing == (2, b"", message)
