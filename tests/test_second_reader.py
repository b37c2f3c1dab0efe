"""Other processes read a share of the files and measure the slug: the advice is the same, whatever happens to them."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from slugtrim.scanner import scan
from slugtrim.sizer import Progress, Sizer
from slugtrim.sources import open_tree
from slugtrim.store import CacheTable
from slugtrim.suggester.advice import suggest_tree
from slugtrim.suggester.facts import FactReader, Facts, SecondReader
from slugtrim.suggester.languages import may_refer
from slugtrim.suggester.measuring import MeasuredElsewhere, measuring
from slugtrim.suggester.references import Sought
from slugtrim.suggester.second_process import ForkedWork, SecondProcess, may_fork
from tests.builders import commit_all, git

pytestmark = [pytest.mark.full, pytest.mark.skipif(not hasattr(os, "fork"), reason="this system cannot fork")]

SOUGHT = Sought(frozenset([b"logo", b"logo.png", b".png"]), frozenset([b"tests"]))


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """An application of some 900 KB, a third of whose files names something."""
    git(tmp_path, "init", "-q")
    for number in range(300):
        directory = tmp_path / "app" / f"part{number % 7}"
        directory.mkdir(parents=True, exist_ok=True)
        named = f'image_tag "logo.png"\nrequire "./part{number}"\n' if number % 3 == 0 else ""
        (directory / f"file{number}.rb").write_text(named + f"# {number}\nx = {number}\n" * 150)
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests/a_test.rb").write_text("# " + random.Random(1).randbytes(3000).hex())
    (tmp_path / "app/odd.rb").write_bytes(b'require "./odd-\xff/a"\nopen("logo.png")\n')
    commit_all(tmp_path)
    return tmp_path


def facts(repository: Path, *, with_second: bool, killed_after: int | None = None) -> list[tuple[bytes, Facts]]:
    tree = open_tree(os.fsencode(repository), rev="HEAD")
    files = [file for file in tree.files if may_refer(file)]
    found: list[tuple[bytes, Facts]] = []
    with tree.contents.open() as reader:
        if not with_second:
            return [(file.path, each) for file, each in FactReader(reader, CacheTable(), SOUGHT).all(files)]
        with SecondReader(tree.files, tree.contents) as second:
            for file, each in FactReader(reader, CacheTable(), SOUGHT, second).all(files):
                found.append((file.path, each))
                if len(found) == killed_after:
                    os.kill(second._process.process, signal.SIGKILL)
    return found


def test_two_processes_find_what_one_finds_in_the_same_order(repository: Path) -> None:
    alone = facts(repository, with_second=False)
    assert any(each.references for _, each in alone)
    assert facts(repository, with_second=True) == alone


@pytest.mark.parametrize("after", [1, 30, 150])
def test_what_a_process_that_died_owes_is_read_here(repository: Path, after: int) -> None:
    assert facts(repository, with_second=True, killed_after=after) == facts(repository, with_second=False)


def test_the_advice_does_not_depend_on_it(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = open_tree(os.fsencode(repository), rev="HEAD")
    given = []
    for forks in (True, False):
        for room in ("facts", "measuring"):
            monkeypatch.setattr(f"slugtrim.suggester.{room}.may_fork", lambda forks=forks: forks)
        given.append(suggest_tree(tree))
    assert given[0] == given[1]
    assert given[0].suggestions


class Counting(Progress):
    """Adds up what it is told."""

    def __init__(self) -> None:
        self.expected = self.done = 0

    def expect(self, files: int, size_bytes: int) -> None:
        self.expected += size_bytes

    def advance(self, files: int, size_bytes: int) -> None:
        self.done += size_bytes


@pytest.mark.parametrize("dies", ["not", "at once", "once it has measured"])
def test_what_another_process_measures_is_known_here(dies: str, repository: Path) -> None:
    slug = scan(open_tree(os.fsencode(repository), rev="HEAD"))
    here, there = CacheTable(), CacheTable()
    alone = Sizer(slug.tree.contents, cache=here)
    expected = alone.measure(slug.kept)
    progress = Counting()
    asset = b"app/image/logo.png"
    with measuring(slug, Sizer(slug.tree.contents, cache=there), progress) as measured:
        assert isinstance(measured, MeasuredElsewhere)
        if dies == "at once":
            os.kill(measured.process, signal.SIGKILL)
        assert measured.whole() == expected
        if dies == "once it has measured":
            os.kill(measured.process, signal.SIGKILL)
        names = measured.names_of([asset])()
    assert names == {file.path: {b"logo.png"} for file in slug.kept if b"logo.png" in slug.tree.read([file])[file.path]}
    assert there.changes() == here.changes()
    assert dies == "at once" or (progress.expected and progress.done == progress.expected)


def test_a_message_that_is_cut_off_is_none() -> None:
    def work(requests: Iterator[bytes], send: Callable[[bytes], None]) -> None:
        send(b"whole")
        send(bytes(1 << 20))  # more than a pipe holds

    with ForkedWork(work) as forked:
        messages = forked.messages()
        assert next(messages) == b"whole"
        os.kill(forked.process, signal.SIGKILL)
        assert list(messages) == []


@pytest.fixture
def upper() -> Iterator[SecondProcess]:
    with SecondProcess(bytes.upper) as process:
        yield process


def test_answers_come_in_the_order_of_the_requests(upper: SecondProcess) -> None:
    for request in (b"a", b"b" * 200_000, b""):
        upper.ask(request)
    assert [upper.next_answer() for _ in range(4)] == [b"A", b"B" * 200_000, b"", None]


def test_an_error_ends_the_process_and_its_answers(capfd: pytest.CaptureFixture[str]) -> None:
    with SecondProcess(lambda request: bytes(10 // len(request))) as process:
        process.ask(b"")
        assert process.next_answer() is None
        assert not process.is_alive
        process.ask(b"again")
        assert process.next_answer() is None
    assert capfd.readouterr() == ("", "")


def test_no_process_is_left(upper: SecondProcess) -> None:
    with SecondProcess(bytes.lower) as other:
        number = other.process
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


def test_a_process_with_threads_does_not_fork(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1}, raising=False)
    assert may_fork() is (threading.active_count() == 1)
    done = threading.Event()
    thread = threading.Thread(target=done.wait)
    thread.start()
    assert not may_fork()
    done.set()
    thread.join()


def test_one_core_is_not_shared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0}, raising=False)
    assert not may_fork()
