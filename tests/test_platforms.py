"""The platform is one record: what it says, and that nothing else in the package says it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import slugtrim
from slugtrim.ignore import Dialect
from slugtrim.lean import SIGNS
from slugtrim.platforms import HEROKU, PLATFORM, PLATFORMS, SCALINGO, Platform, platform_of
from tests.command_line import run

PACKAGE = Path(slugtrim.__file__).parent
OWN = {"platforms.py"}
ALLOWED = {
    "__init__.py": "says in the package's description what it is for",
    "cleanup.py": "writes scripts by the names that the platform's buildpacks run",
    "lint/findings.py": "imports slugtrim.suggester.notices",
    "lean.py": "tells the push to a platform from others without its record: test_lean holds them together",
    "reports/documents/fields.py": "lists the suggester's kinds of searches, one of which is heroku-ci",
}
"""Modules that say the platform's name although they are not its record, each with the reason."""


def test_only_the_record_says_the_name_of_a_platform() -> None:
    word = re.compile("|".join(platform.id for platform in PLATFORMS), re.IGNORECASE)
    saying = {
        path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if word.search(path.read_text("utf-8"))
    }
    assert {path for path in saying if not path.startswith(("suggester/", "buildpacks/"))} - OWN == set(ALLOWED)


def test_what_is_special_to_another_platform_stands_in_its_row_and_its_dialect() -> None:
    """The suggester's catalog of files of other platforms knows its manifest as well."""
    files = (path for path in PACKAGE.rglob("*") if path.suffix in (".py", ".toml"))
    saying = {path.relative_to(PACKAGE).as_posix() for path in files if b"scalingo" in path.read_bytes().lower()}
    assert saying == {"platforms.py", "lean.py", "suggester/catalog.toml"}


def test_heroku_is_the_platform_unless_something_says_another() -> None:
    assert PLATFORMS == (HEROKU, SCALINGO)
    assert PLATFORM is HEROKU
    assert (HEROKU.id, HEROKU.name, HEROKU.push_command) == ("heroku", "Heroku", "git push heroku main")
    assert (HEROKU.ignore_file.name, HEROKU.ignore_file.precedes_build) == (b".slugignore", True)


def test_every_dialect_belongs_to_a_platform_and_the_documented_one_is_first() -> None:
    assert HEROKU.ignore_file.dialects == (Dialect.GITIGNORE, Dialect.GLOB)
    assert all(
        platform.ignore_file.dialects == dialect.pair for dialect in Dialect for platform in (platform_of(dialect),)
    )
    assert all(len(platform.ignore_file.readings) == len(platform.ignore_file.dialects) for platform in PLATFORMS)
    assert {dialect for platform in PLATFORMS for dialect in platform.ignore_file.dialects} == set(Dialect)


def test_platforms_are_told_apart() -> None:
    for name in ("id", "name", "host", "ci_variable"):
        assert len({getattr(platform, name) for platform in PLATFORMS}) == len(PLATFORMS)


@pytest.mark.parametrize("platform", PLATFORMS, ids=lambda platform: str(platform.id))
def test_each_pattern_of_a_platform_is_one(platform: Platform) -> None:
    for name in platform.log.__struct_fields__ if platform.log is not None else ():
        re.compile(getattr(platform.log, name))
    for output in platform.build_output:
        re.compile(output.unless)
    assert "app" in re.compile(platform.app_address).groupindex


def test_what_the_lean_start_repeats_is_what_the_record_says() -> None:
    assert tuple((each.remote.encode(), each.sign_files, each.host.encode()) for each in PLATFORMS) == SIGNS
    assert [each.id for each in PLATFORMS] == [each.remote for each in PLATFORMS]


@pytest.mark.parametrize("words", [["--help"], ["pre-push", "--help"], ["builds", "--help"]])
def test_help_names_the_platform(words: list[str], tmp_path: Path) -> None:
    done = run(*words, cwd=tmp_path)
    assert (done.code, done.stderr) == (0, b"")
    assert PLATFORM.name.encode() in done.stdout or PLATFORM.push_command.encode() in done.stdout


def test_the_page_of_the_platforms_says_what_their_rows_say() -> None:
    page = (Path(__file__).parent.parent / "docs/platforms.md").read_text("utf-8")
    for platform in PLATFORMS:
        assert all(dialect.value in page for dialect in platform.ignore_file.dialects)
        assert platform.build_minutes is None or f"{platform.build_minutes} minutes" in page
        assert {name.decode() for name in (platform.app_file, platform.process_file)} <= set(
            re.findall(r"`([^`]+)`", page)
        )
