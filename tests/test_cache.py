"""The cache of sizes and results: whatever happens to it, numbers stay right."""

from __future__ import annotations

import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path
from zlib import crc32

import pytest

from slugtrim.cache import ResultCache, SizeCache, cache_directory, cache_info, clear_cache, prune, repository_folder
from tests.command_line import run

KEY = b"k" * 16
OTHER = b"o" * 16


def size_cache(folder: Path, version: str = "zlib-6-m1") -> SizeCache:
    return SizeCache(str(folder), version)


def the_file(folder: Path) -> Path:
    return folder / "sizes-zlib-6-m1"


def test_what_was_put_is_there_the_next_time(tmp_path: Path) -> None:
    first = size_cache(tmp_path)
    assert first.get(KEY) is None
    first.put(KEY, (12345,))
    first.save()
    assert size_cache(tmp_path).get(KEY) == (12345,)


def test_what_is_new_is_appended(tmp_path: Path) -> None:
    first = size_cache(tmp_path)
    first.put(KEY, (1,))
    first.save()
    before = the_file(tmp_path).read_bytes()
    second = size_cache(tmp_path)
    second.put(KEY, (1,))
    second.put(OTHER, (2**40,))
    second.save()
    assert the_file(tmp_path).read_bytes().startswith(before)
    third = size_cache(tmp_path)
    assert (third.get(KEY), third.get(OTHER)) == ((1,), (2**40,))


def test_without_a_folder_it_lasts_for_the_run() -> None:
    cache = SizeCache()
    cache.put(KEY, (7,))
    cache.save()
    assert cache.get(KEY) == (7,)


def test_another_version_is_not_seen(tmp_path: Path) -> None:
    first = size_cache(tmp_path, "libdeflate-6-m1")
    first.put(KEY, (1,))
    first.save()
    assert size_cache(tmp_path).get(KEY) is None
    os.replace(tmp_path / "sizes-libdeflate-6-m1", the_file(tmp_path))
    renamed = size_cache(tmp_path)
    assert renamed.get(KEY) is None
    renamed.put(KEY, (2,))
    renamed.save()
    assert size_cache(tmp_path).get(KEY) == (2,)


@pytest.mark.parametrize("damage", ["truncate", "flip", "garbage behind", "empty", "header only", "noise"])
def test_a_damaged_file_loses_entries_but_gives_no_wrong_ones(tmp_path: Path, damage: str) -> None:
    for number in range(3):
        cache = size_cache(tmp_path)
        cache.put(bytes([number]) * 16, (number + 100,))
        cache.save()
    data = the_file(tmp_path).read_bytes()
    header = data.index(b"\n") + 1
    damaged = {
        "truncate": data[:-5],
        "flip": data[: header + 50] + bytes([data[header + 50] ^ 1]) + data[header + 51 :],
        "garbage behind": data + b"\xff\xff\xff\xff garbage",
        "empty": b"",
        "header only": data[:header],
        "noise": os.urandom(1000),
    }[damage]
    the_file(tmp_path).write_bytes(damaged)
    cache = size_cache(tmp_path)
    assert {cache.get(bytes([number]) * 16) for number in range(3)} <= {None, (100,), (101,), (102,)}
    for number in range(3):
        assert cache.get(bytes([number]) * 16) in (None, (number + 100,))
        cache.put(bytes([number]) * 16, (number + 100,))
    cache.put(KEY, (1,))
    cache.save()
    mended = size_cache(tmp_path)
    assert [mended.get(key) for key in (b"\0" * 16, b"\1" * 16, b"\2" * 16, KEY)] == [(100,), (101,), (102,), (1,)]


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = size_cache(tmp_path / "file" / "below")
    cache.put(KEY, (1,))
    cache.save()
    results = ResultCache(str(tmp_path / "file"))
    results.put("key", b"text")
    assert results.get("key") is None


FULL = """
import resource, sys
from slugtrim.cache import ResultCache, SizeCache
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (60, unlimited[1]))
cache = SizeCache(sys.argv[1], "zlib-6-m1")
cache.put(b"o" * 16, (1,))
cache.save()
ResultCache(sys.argv[1]).put("key", b"x" * 100)
print(cache.get(b"o" * 16))
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
"""


def test_a_full_disk_is_no_error(tmp_path: Path) -> None:
    cache = size_cache(tmp_path)
    cache.put(KEY, (1,))
    cache.save()
    for folder in (tmp_path, tmp_path / "new"):
        run = subprocess.run([sys.executable, "-c", FULL, str(folder)], capture_output=True, check=True)
        assert run.stdout == b"(1,)\n"
        assert run.stderr == b""
    assert size_cache(tmp_path).get(KEY) == (1,)
    assert ResultCache(str(tmp_path)).get("key") is None
    assert [path.name for path in tmp_path.rglob("*.new")] == []


def test_a_device_in_place_of_the_file_is_not_read(tmp_path: Path) -> None:
    the_file(tmp_path).symlink_to("/dev/zero")
    cache = size_cache(tmp_path)
    cache.put(KEY, (1,))
    cache.save()
    assert size_cache(tmp_path).get(KEY) == (1,)


WRITER = """
import sys
from slugtrim.cache import SizeCache
for number in range(200):
    cache = SizeCache(sys.argv[1], "zlib-6-m1")
    cache.put(bytes([int(sys.argv[2])]) * 8 + number.to_bytes(8), (number,))
    cache.save()
"""


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    size_cache(tmp_path).put(KEY, (1,))
    first = size_cache(tmp_path)
    first.put(KEY, (1,))
    first.save()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(number)], stderr=subprocess.PIPE)
        for number in (1, 2)
    ]
    for writer in writers:
        assert writer.communicate()[1] == b""
    cache = size_cache(tmp_path)
    assert cache.get(KEY) == (1,)
    for process in (1, 2):
        assert [cache.get(bytes([process]) * 8 + number.to_bytes(8)) for number in range(200)] == [
            (number,) for number in range(200)
        ]


def test_a_file_over_the_limit_begins_anew_with_what_was_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slugtrim.cache.sizes._SIZES_LIMIT_BYTES", 2000)
    for number in range(40):
        cache = size_cache(tmp_path)
        cache.get(KEY)
        cache.put(KEY if number == 0 else number.to_bytes(16), (number,))
        cache.save()
    assert the_file(tmp_path).stat().st_size <= 2000
    assert size_cache(tmp_path).get(KEY) == (0,)


def test_results_are_kept_whole_or_not_at_all(tmp_path: Path) -> None:
    results = ResultCache(str(tmp_path))
    results.put("a", b"text\nof lines\n")
    assert results.get("a") == b"text\nof lines\n"
    assert results.get("b") is None
    path = tmp_path / "results" / "a"
    path.write_bytes(path.read_bytes()[:-1])
    assert results.get("a") is None
    assert ResultCache().get("a") is None
    ResultCache().put("a", b"")


@pytest.mark.parametrize("payload", [b"k" * 7, KEY, KEY + b"\xff\xff\xff\xff", KEY + b"\2\0\0\0" + bytes(15)])
def test_a_block_whose_entries_are_not_whole_is_forgotten(tmp_path: Path, payload: bytes) -> None:
    """Its checksum holds: whoever wrote it did not write what this version does."""
    first = size_cache(tmp_path)
    first.put(KEY, (1,))
    first.save()
    with the_file(tmp_path).open("ab") as file:
        file.write(struct.pack("<II", len(payload), crc32(payload)) + payload)
    second = size_cache(tmp_path)
    assert (second.get(KEY), second.get(OTHER)) == ((1,), None)
    second.put(OTHER, (2,))
    second.save()
    third = size_cache(tmp_path)
    assert (third.get(KEY), third.get(OTHER)) == ((1,), (2,))


def used(folder: Path) -> tuple[SizeCache, ResultCache]:
    """Both caches of a folder, after something was put into them."""
    sizes, results = size_cache(folder), ResultCache(str(folder))
    sizes.put(KEY, (1,))
    sizes.save()
    results.put("a", b"text")
    results.discard("b")
    return sizes, results


def state(directory: Path) -> dict[str, bytes | None]:
    return {str(path): None if path.is_dir() else path.read_bytes() for path in sorted(directory.rglob("*"))}


@pytest.mark.parametrize("name", ["", "results", "results/a", "sizes-zlib-6-m1"])
def test_nothing_is_read_or_written_through_a_symlink(tmp_path: Path, name: str) -> None:
    """The symlink leads to what another repository has, where all of it would be found."""
    folder, other = tmp_path / "folder", tmp_path / "other"
    used(folder)
    (folder / "results/b").write_bytes(b"not to be deleted")
    shutil.move(folder / name, other)
    (folder / name).symlink_to(other)
    before = other.read_bytes() if other.is_file() else state(other)
    sizes, results = size_cache(folder), ResultCache(str(folder))
    is_sizes, is_results = name in ("", "sizes-zlib-6-m1"), name in ("", "results", "results/a")
    assert (sizes.get(KEY), results.get("a")) == (None if is_sizes else (1,), None if is_results else b"text")
    sizes.put(OTHER, (2,))
    sizes.save()
    results.put("a", b"new")
    results.put("c", b"new")
    if name != "results/a":
        results.discard("b")
    assert (other.read_bytes() if other.is_file() else state(other)) == before


def test_a_scratch_file_is_not_written_through_a_symlink(tmp_path: Path) -> None:
    (tmp_path / "other").write_bytes(b"mine")
    (tmp_path / "results").mkdir()
    (tmp_path / f"results/a.{os.getpid()}.new").symlink_to(tmp_path / "other")
    ResultCache(str(tmp_path)).put("a", b"text")
    assert (tmp_path / "other").read_bytes() == b"mine"


def test_the_directory_of_all_caches_may_be_a_symlink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "cache").symlink_to("elsewhere")
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path / "cache"))
    folder = Path(repository_folder(b"/a/.git"))
    used(folder)
    assert (size_cache(folder).get(KEY), ResultCache(str(folder)).get("a")) == ((1,), b"text")


def test_info_names_symlinks_and_clearing_goes_through_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path / "cache"))
    folder, linked = Path(repository_folder(b"/a/.git")), Path(repository_folder(b"/b/.git"))
    used(folder)
    used(tmp_path / "other")
    linked.symlink_to(tmp_path / "other")
    (folder / "results/x").symlink_to(tmp_path / "other/results/a")
    assert (cache_info().repositories, cache_info().files) == (1, 2)
    assert set(cache_info().refused) == {str(linked), str(folder / "results/x")}
    said = run("cache", "info", cwd=tmp_path).stdout.decode()
    assert f"  {linked}: is a symlink, so it is not used; delete it\n" in said
    before = state(tmp_path / "other")
    assert clear_cache().repositories == 1
    assert state(tmp_path / "other") == before


def test_only_the_newest_results_stay(tmp_path: Path) -> None:
    results = ResultCache(str(tmp_path))
    for number in range(70):
        results.put(str(number), b"x")
        os.utime(tmp_path / "results" / str(number), ns=(number, number))
    results.put("last", b"x")
    assert len(list((tmp_path / "results").iterdir())) == 64
    assert results.get("0") is None
    assert results.get("last") == b"x"


def test_folders_used_longest_ago_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slugtrim.cache.place._FOLDERS_LIMIT_BYTES", 2500)
    for number in range(4):
        folder = tmp_path / f"slugtrim-{number:024x}"
        folder.mkdir()
        (folder / "sizes").write_bytes(b"x" * 1000)
        os.utime(folder, ns=(number, number))
    (tmp_path / "other").mkdir()
    prune(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", f"slugtrim-{2:024x}", f"slugtrim-{3:024x}"]


def test_the_directory_follows_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path))
    assert cache_directory() == str(tmp_path)
    assert repository_folder(b"/a/.git") != repository_folder(b"/b/.git")
    monkeypatch.delenv("SLUGTRIM_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/xdg")
    monkeypatch.setattr(sys, "platform", "linux")
    assert cache_directory() == "/xdg/slugtrim"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert cache_directory().endswith("/Library/Caches/slugtrim")


def test_info_and_clear_tell_what_is_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path / "cache"))
    assert (cache_info().repositories, cache_info().files, cache_info().size_bytes) == (0, 0, 0)
    assert clear_cache().files == 0
    results = ResultCache(repository_folder(b"/a/.git"))
    results.put("a", b"text")
    info = clear_cache()
    assert (info.repositories, info.files, info.size_bytes) == (1, 1, len(b"00000000\ntext"))
    assert not (tmp_path / "cache").exists()


def test_clearing_leaves_what_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path))
    (tmp_path / "documents").mkdir()
    (tmp_path / f"{1:024x}").mkdir()
    (tmp_path / "documents" / "novel.txt").write_bytes(b"chapter one")
    ResultCache(repository_folder(b"/a/.git")).put("a", b"text")
    assert clear_cache().repositories == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{1:024x}", "documents"]
