"""What `slugtrim suggest` found is remembered, and shown by reports that build no graph."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace

from slugtrim.audit import audit_found
from slugtrim.files import REGULAR, SYMLINK, File
from slugtrim.sources import find_tree
from slugtrim.store import CacheTable, Store
from slugtrim.suggester.records import Tier
from slugtrim.suggester.remembered import BEST, LEAST_BYTES, files_digest, remember, remembered
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import run
from tests.rows import each_row
from tests.suggested import advised, remember_for, suggestion
from tests.test_audit_known import modules_after, unread
from tests.test_reports_json import checked

FILES: dict[bytes | str, Content] = {"app.py": "print(1)\n", "design/a.psd": "8BPS" * 900, "docs/a.md": "# a\n"}
KEPT = (File(b"a.py", 9, REGULAR, b"1" * 40), File(b"b.psd", 9, REGULAR, b"2" * 40))
ENTRY = suggestion(b"/design")
NO_GRAPH = {"tree_sitter", "slugtrim.suggester.graph", "slugtrim.suggester.facts", "slugtrim.suggester.references"}
RUN_SUGGEST = b"\nRun slugtrim suggest to see what could be left out.\n"


def test_the_best_entries_come_back_as_they_were() -> None:
    table = CacheTable()
    many = [suggestion(b"/%d" % number, saves=9000 - number) for number in range(5)]
    remember(KEPT, many, table)
    assert remembered(files_digest(KEPT), table) == tuple(map(advised, many[:BEST]))


def test_entries_that_save_next_to_nothing_are_not_worth_a_line() -> None:
    table = CacheTable()
    remember(KEPT, [suggestion(b"/a", LEAST_BYTES), suggestion(b"/b", LEAST_BYTES - 1)], table)
    assert remembered(files_digest(KEPT), table) == (advised(suggestion(b"/a", LEAST_BYTES)),)


def test_conditional_entries_are_no_part_of_it() -> None:
    """Reports say that ``suggest --write`` adds what they list."""
    table = CacheTable()
    remember(KEPT, [replace(ENTRY, tier=Tier.CONDITIONAL), suggestion(b"/b")], table)
    assert remembered(files_digest(KEPT), table) == (advised(suggestion(b"/b")),)


def test_nothing_to_leave_out_differs_from_nobody_looked() -> None:
    table = CacheTable()
    assert remembered(files_digest(KEPT), table) is None
    remember(KEPT, [], table)
    assert remembered(files_digest(KEPT), table) == ()


def test_names_that_are_not_utf_8_come_back_as_they_were() -> None:
    table = CacheTable()
    entry = suggestion(b"/\xff\xfe", text="names \udcff\u2603.psd")
    remember(KEPT, [entry], table)
    assert remembered(files_digest(KEPT), table) == (advised(entry),)


@each_row(
    "other",
    [
        KEPT[:1],
        (KEPT[0], KEPT[1]._replace(path=b"c.psd")),
        (KEPT[0], KEPT[1]._replace(blob=b"3" * 40)),
        (KEPT[0], KEPT[1]._replace(mode=SYMLINK)),
        (KEPT[0], KEPT[1]._replace(blob=None)),
    ],
)
def test_of_other_files_nothing_is_known(other: tuple[File, ...]) -> None:
    table = CacheTable()
    remember(KEPT, [ENTRY], table)
    assert remembered(files_digest(other), table) is None


def test_files_without_an_id_are_not_remembered() -> None:
    table = CacheTable()
    remember((KEPT[0]._replace(blob=None),), [ENTRY], table)
    assert files_digest((KEPT[0]._replace(blob=None),)) is None
    assert remembered(None, table) is None


STRANGE = [{"pattern": b"/a", "tier": "safe", "files": 1, "size_bytes": 1, "saves_compressed_bytes": 1}]


@each_row(
    "entry",
    [
        b"",
        b"\xff" * 9,
        b"\x91" * 100_000,
        msgspec.msgpack.encode(STRANGE),
        msgspec.msgpack.encode([{**STRANGE[0], "reason": "\N{SNOWMAN}", "evidence": []}]),
    ],
)
def test_entries_that_no_version_writes_are_not_believed(entry: bytes) -> None:
    table = CacheTable()
    key = files_digest(KEPT)
    assert key is not None
    table.put(key, entry)
    assert remembered(key, table) is None


@pytest.mark.parametrize("rev", [None, "HEAD"])
@pytest.mark.parametrize("is_known", [True, False])
def test_the_audit_shows_what_suggest_found_before_or_after(tmp_path: Path, rev: str | None, is_known: bool) -> None:
    """Whatever of the same files it looked at: a commit, or the work tree of it."""
    make_repo(tmp_path, FILES)
    if is_known:
        assert audit_found(find_tree(bytes(tmp_path), rev=rev)).suggestions is None
        assert audit_found(unread(find_tree(bytes(tmp_path), rev=rev))).suggestions is None
    remember_for(find_tree(bytes(tmp_path), rev="HEAD"), ENTRY)
    for _ in range(2):
        found = find_tree(bytes(tmp_path), rev=rev)
        assert audit_found(unread(found) if is_known else found).suggestions == (advised(ENTRY),)


def test_suggestions_are_of_this_very_tree(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    remember_for(find_tree(bytes(tmp_path)), ENTRY)
    (tmp_path / ".slugignore").write_text("/design\n")
    assert audit_found(find_tree(bytes(tmp_path))).suggestions is None
    (tmp_path / ".slugignore").unlink()
    assert audit_found(find_tree(bytes(tmp_path))).suggestions == (advised(ENTRY),)
    (tmp_path / "app.py").write_text("open('design/a.psd')\n")
    assert audit_found(find_tree(bytes(tmp_path))).suggestions is None


def test_a_commit_of_the_same_files_is_known(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    remember_for(find_tree(bytes(tmp_path)), ENTRY)
    git(tmp_path, "commit", "-q", "--allow-empty", "-m", "nothing")
    assert audit_found(find_tree(bytes(tmp_path), rev="HEAD")).suggestions == (advised(ENTRY),)
    make_tree(tmp_path, {"new.py": "x\n"})
    commit_all(tmp_path)
    assert audit_found(find_tree(bytes(tmp_path), rev="HEAD")).suggestions is None


def test_without_the_cache_and_outside_git_nothing_is_known(tmp_path: Path) -> None:
    make_repo(tmp_path / "app", FILES)
    remember_for(find_tree(bytes(tmp_path / "app")), ENTRY)
    assert audit_found(find_tree(bytes(tmp_path / "app")), use_cache=False).suggestions is None
    make_tree(tmp_path / "plain", FILES)
    remember_for(find_tree(bytes(tmp_path / "plain"), use_git=False), ENTRY)
    assert audit_found(find_tree(bytes(tmp_path / "plain"), use_git=False)).suggestions is None


def test_the_report_says_who_looks_for_suggestions_until_somebody_has(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    for _ in range(2):
        assert json.loads(run("--format", "json", cwd=tmp_path).stdout)["suggestions"] is None
        assert RUN_SUGGEST.strip() in run(cwd=tmp_path).stdout
    remember_for(find_tree(bytes(tmp_path)), suggestion(b"/\xff", text="names \udcff"))
    text = run(cwd=tmp_path).stdout
    assert RUN_SUGGEST not in text
    assert b"Could also be left out (slugtrim suggest shows all)\n" in text
    data = checked(run("--format", "json", cwd=tmp_path).stdout.decode(), "audit")
    assert [(each["pattern"], each["evidence"][0]["text"]) for each in data["suggestions"]] == [
        ("/\N{REPLACEMENT CHARACTER}", "names \N{REPLACEMENT CHARACTER}")
    ]


def test_neither_audit_nor_check_nor_hook_builds_a_graph(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    (tmp_path / "slugtrim.toml").write_text('[budgets]\ntotal = "1MB"\nwarn = "1B"\n')
    for command in ("audit", "audit", "check"):
        assert modules_after(command, cwd=tmp_path) & NO_GRAPH == set()


def test_a_known_tree_with_suggestions_reads_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What files refer to is kept in a table of its own, which may be large: no report loads it."""
    make_repo(tmp_path, FILES)
    found = find_tree(bytes(tmp_path))
    remember_for(found, ENTRY)
    audit_found(found)
    loaded: list[bytes] = []
    load = Store.load

    def counted(self: Store, table: bytes) -> dict[bytes, bytes]:
        loaded.append(table)
        return load(self, table)

    monkeypatch.setattr(Store, "load", counted)
    assert audit_found(unread(found)).suggestions == (advised(ENTRY),)
    assert len(loaded) == 1
