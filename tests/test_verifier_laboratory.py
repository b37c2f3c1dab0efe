"""The place of the runs: one fresh checkout at a time, and nothing left whatever ends it."""

from __future__ import annotations

import os
import signal
import stat
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from slugtrim.errors import SourceError
from slugtrim.files import File, Tree
from slugtrim.scanner import scan
from slugtrim.sources import open_tree
from slugtrim.sources.directory import DiskContents, DiskReader
from slugtrim.suggester.records import Ending
from slugtrim.verifier.laboratory import VerifyTerms, laboratory
from tests.builders import make_tree


class Silent:
    """Watches, and says nothing."""

    def plan(self, terms: VerifyTerms, entries: int) -> None: ...

    def begin(self, run: int, without: int) -> None: ...

    def end(self, ending: Ending) -> None: ...


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The temporary directory."""
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "tmp"))
    return tmp_path / "tmp"


def tree_of(root: Path) -> Tree:
    return open_tree(os.fsencode(make_tree(root, {"a/x": "1", "a/y": "2", "b": "3"})), use_git=False)


def test_each_run_has_what_its_entries_leave(tmp_path: Path, place: Path) -> None:
    slug = scan(tree_of(tmp_path / "tree"))
    reaches = [frozenset({b"a/x"}), frozenset({b"a/x", b"a/y"})]
    with laboratory(
        slug, reaches, VerifyTerms(command="find * | sort; touch mine; echo > ../beside"), Silent()
    ) as rooms:
        assert rooms.run(frozenset()).lines == ("a", "a/x", "a/y", "b")
        assert rooms.run(frozenset({0})).lines == ("a", "a/y", "b")
        assert rooms.run(frozenset({0, 1})).lines == ("b",)
        (root,) = place.iterdir()
        assert stat.S_IMODE(root.stat().st_mode) == 0o700
    assert list(place.iterdir()) == []


def test_a_command_that_deletes_its_checkout_does_no_harm(tmp_path: Path, place: Path) -> None:
    slug = scan(tree_of(tmp_path / "tree"))
    with laboratory(slug, [], VerifyTerms(command="rm -rf ../app"), Silent()) as rooms:
        assert rooms.run(frozenset()).passed
    with laboratory(slug, [], VerifyTerms(command='rm -rf "$PWD" "${PWD%/app}"'), Silent()) as rooms:
        assert rooms.run(frozenset()).passed
    assert list(place.iterdir()) == []


def test_an_error_leaves_nothing(tmp_path: Path, place: Path) -> None:
    slug = scan(tree_of(tmp_path / "tree"))
    (tmp_path / "tree/b").unlink()
    with (
        pytest.raises(SourceError, match=r"^b: cannot be read"),
        laboratory(slug, [], VerifyTerms(command=":"), Silent()) as rooms,
    ):
        rooms.run(frozenset())
    assert list(place.iterdir()) == []


class Interrupting(DiskReader):
    """Reads, and is interrupted twice while it does."""

    def batch(self, files: Sequence[File]) -> Iterator[bytes | None]:
        for number, content in enumerate(super().batch(files)):
            if number < 2:
                signal.raise_signal(signal.SIGINT)
            yield content


class InterruptingContents(DiskContents, frozen=True):
    def open(self) -> DiskReader:
        return Interrupting(self.root)


def test_ctrl_c_while_files_are_laid_out_counts_once_all_is_removed(tmp_path: Path, place: Path) -> None:
    tree = tree_of(tmp_path / "tree")
    slug = scan(replace(tree, contents=InterruptingContents(root=tree.source.path)))
    with pytest.raises(KeyboardInterrupt), laboratory(slug, [], VerifyTerms(command="true"), Silent()) as rooms:
        rooms.run(frozenset())
    assert list(place.iterdir()) == []
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL


def test_it_works_in_another_thread(tmp_path: Path, place: Path) -> None:
    """Where no handler of signals may be set."""
    slug = scan(tree_of(tmp_path / "tree"))
    endings = []

    def work() -> None:
        with laboratory(slug, [], VerifyTerms(command="cat b"), Silent()) as rooms:
            endings.append(rooms.run(frozenset()))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert [ending.lines for ending in endings] == [("3",)]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may mark a file as one that cannot be deleted")
def test_what_cannot_be_deleted_is_said(tmp_path: Path, place: Path) -> None:
    import shutil
    import subprocess

    slug = scan(tree_of(tmp_path / "tree"))
    chattr = shutil.which("chattr")
    probe = tmp_path / "probe"
    probe.touch()
    if chattr is None or subprocess.run([chattr, "+i", str(probe)], capture_output=True, check=False).returncode:
        pytest.skip("no chattr, or a file system that does not know it")
    subprocess.run([chattr, "-i", str(probe)], check=True)
    with (
        pytest.raises(SourceError) as caught,
        laboratory(slug, [], VerifyTerms(command="chattr +i b"), Silent()) as rooms,
    ):
        rooms.run(frozenset())
    (root,) = place.iterdir()
    why = "the command left files that cannot be deleted (Operation not permitted); delete it by hand"
    assert str(caught.value) == f"{root.resolve()}: {why}"
    subprocess.run([chattr, "-i", str(root / "app/b")], check=True)
