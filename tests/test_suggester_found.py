"""Advice on trees that were searched before: the same lines, without reading a file, and only while they are true."""

from __future__ import annotations

import os
from pathlib import Path
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from slugtrim.files import Found, Tree
from slugtrim.ignore import Dialect
from slugtrim.sources import find_tree
from slugtrim.suggester import tables
from slugtrim.suggester.records import Advice, AdviceTerms, Overrule, Overrules
from slugtrim.suggester.remembered import suggest_found
from tests.applications import LARGE, NODE
from tests.builders import Content, commit_all, git, make_repo, make_tree

FILES: dict[bytes | str, Content] = {
    **NODE,
    "design/logo.psd": LARGE,
    "docs/a.md": Random(7).randbytes(2000).hex(),
    ".slugignore": "/log\n",
}


def unread(found: Found) -> Found:
    """The same source, which must not be read."""

    def load() -> Tree:
        raise AssertionError("a known tree should not be read")

    return replace(found, load=load)


def lines(advice: Advice) -> list[bytes]:
    return [entry.pattern for entry in advice.suggestions]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "shop", FILES)


def is_kept(root: Path, rev: str | None = None) -> bool:
    try:
        suggest_found(unread(find_tree(bytes(root), rev=rev)))
    except AssertionError:
        return False
    return True


@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_a_second_run_reads_no_file(root: Path, rev: str | None) -> None:
    first = suggest_found(find_tree(bytes(root), rev=rev))
    assert lines(first) == [b"/design/logo.psd", b"/docs"]
    assert suggest_found(unread(find_tree(bytes(root), rev=rev))) == first
    assert suggest_found(find_tree(bytes(root), rev=rev), use_cache=False) == first


def test_a_changed_file_gives_another_advice(root: Path) -> None:
    before = suggest_found(find_tree(bytes(root)))
    (root / "lib/app.js").write_text('require("fs").readFileSync("docs/a.md");\n')
    assert lines(suggest_found(find_tree(bytes(root)))) == [b"/design/logo.psd"]
    git(root, "checkout", "-q", ".")
    assert suggest_found(unread(find_tree(bytes(root)))) == before


def test_rules_that_changed_give_another_advice(root: Path) -> None:
    suggest_found(find_tree(bytes(root)))
    make_tree(root, {".slugignore": "/design\n"})
    assert lines(suggest_found(find_tree(bytes(root)))) == [b"/docs"]


@pytest.mark.parametrize("name", tables.NAMES)
def test_a_changed_table_needs_another_advice(root: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    room = root.parent / "tables"
    room.mkdir()
    for each in tables.NAMES:
        (room / f"{each}.toml").write_bytes(tables.table_content(f"{each}.toml"))
    suggest_found(find_tree(bytes(root)))
    monkeypatch.setattr(tables, "__file__", str(room / "tables.py"))
    assert is_kept(root)
    with (room / f"{name}.toml").open("a") as file:
        file.write("# another row\n")
    assert not is_kept(root)


def test_each_dialect_and_threshold_has_an_advice_of_its_own(root: Path) -> None:
    for dialect in Dialect.GITIGNORE.pair:
        for least, expected in ((0, 2), (1024, 2), (400_000, 0)):
            for found in (find_tree(bytes(root)), unread(find_tree(bytes(root)))):
                advice = suggest_found(found, dialect, asked=AdviceTerms(min_saving_bytes=least))
                assert (advice.dialect, len(advice.suggestions), advice.small.entries) == (
                    dialect,
                    expected,
                    2 - expected,
                )


def test_what_the_owner_decides_has_an_advice_of_its_own(root: Path) -> None:
    kept = AdviceTerms(overrules=Overrules(exclude=(Overrule(pattern=b"/design", origin="here"),)), min_saving_bytes=0)
    for found in (find_tree(bytes(root)), unread(find_tree(bytes(root)))):
        assert lines(suggest_found(found, asked=kept)) == [b"/docs"]
    part = AdviceTerms(part=b"design", min_saving_bytes=0)
    assert lines(suggest_found(find_tree(bytes(root)), asked=part)) == [b"/design/logo.psd"]


def test_the_source_and_untracked_files_are_looked_at_anew(root: Path) -> None:
    assert suggest_found(find_tree(bytes(root))).notes == ()
    (root / "new").touch()
    assert [note.paths for note in suggest_found(unread(find_tree(bytes(root)))).notes] == [(b"new",)]
    (root / "new").unlink()
    commit = commit_all(root, "the same tree")
    assert suggest_found(unread(find_tree(bytes(root)))).source.rev == commit


@pytest.mark.parametrize("damage", [b"", b"\xc1", msgspec.msgpack.encode({"suggestions": 1})])
def test_a_damaged_record_is_ignored(root: Path, monkeypatch: pytest.MonkeyPatch, damage: bytes) -> None:
    first = suggest_found(find_tree(bytes(root)))
    with monkeypatch.context() as patch:
        patch.setattr("slugtrim.store.Store.get", lambda *_: damage)
        assert suggest_found(find_tree(bytes(root))) == first


def test_an_advice_with_unreadable_files_is_not_kept(tmp_path: Path) -> None:
    root = make_repo(tmp_path, FILES)
    (blob,) = git(root, "rev-parse", "HEAD:lib/app.js").split()
    (root / ".git/objects" / os.fsdecode(blob[:2]) / os.fsdecode(blob[2:])).unlink()
    advice = suggest_found(find_tree(bytes(root), rev="HEAD"))
    assert [each.path for each in advice.unreadable] == [b"lib/app.js"]
    assert not is_kept(root, "HEAD")


def test_without_a_cache_nothing_is_kept(root: Path) -> None:
    suggest_found(find_tree(bytes(root)), use_cache=False)
    assert not is_kept(root)


def test_names_that_are_not_utf_8_are_advised_on_twice(tmp_path: Path) -> None:
    reader = b'<img src="caf\xe9.png">\n<a href="../docs/a.md">'
    root = make_repo(
        tmp_path, {**FILES, "views/page.html": reader, b"docs/caf\xe9.md": Random(8).randbytes(2000).hex()}
    )
    first = suggest_found(find_tree(bytes(root)))
    assert lines(first) == [b"/design/logo.psd"]
    assert suggest_found(find_tree(bytes(root))) == first
