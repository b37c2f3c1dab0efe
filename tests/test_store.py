"""The store of what was measured: whatever happens to it, numbers stay right."""

from __future__ import annotations

import os
import subprocess
import sys
from hashlib import blake2b
from pathlib import Path
from zlib import crc32

import msgspec
import pytest

from slugtrim.store import (
    CacheTable,
    Store,
    cache_directory,
    cache_info,
    clear_cache,
    digest,
    open_store,
    prune,
    repository_folder,
    table_key,
)
from tests.command_line import run
from tests.rows import each_row

KEY = b"k" * 16
OTHER = b"o" * 16


def table(folder: Path, name: str = "zlib-6-m1") -> CacheTable:
    return CacheTable(Store(str(folder)), name)


def the_file(folder: Path) -> Path:
    return folder / "store"


def record(key: bytes, payload: bytes, *, is_table: bool = False) -> bytes:
    """A record as the file has it, with right checksums whatever the payload."""
    head = bytes([is_table]) + len(payload).to_bytes(4, "little") + crc32(payload).to_bytes(4, "little") + key
    return head + crc32(head).to_bytes(4, "little") + payload


# Tables


def test_what_was_put_is_there_the_next_time(tmp_path: Path) -> None:
    first = table(tmp_path)
    assert first.get(KEY) is None
    first.put(KEY, b"12345")
    first.save()
    assert table(tmp_path).get(KEY) == b"12345"


def test_what_is_new_is_appended(tmp_path: Path) -> None:
    first = table(tmp_path)
    first.put(KEY, b"1")
    first.save()
    before = the_file(tmp_path).read_bytes()
    second = table(tmp_path)
    second.put(KEY, b"1")
    second.put(OTHER, b"2" * 40)
    second.save()
    assert the_file(tmp_path).read_bytes().startswith(before)
    third = table(tmp_path)
    assert (third.get(KEY), third.get(OTHER)) == (b"1", b"2" * 40)
    third.put(KEY, b"3")
    third.save()
    assert table(tmp_path).get(KEY) == b"3"


def test_what_is_known_already_is_not_written_again(tmp_path: Path) -> None:
    for _ in range(2):
        again = table(tmp_path)
        again.put(KEY, b"1")
        again.save()
        again.save()
    assert the_file(tmp_path).stat().st_size < 200


def test_without_a_store_it_lasts_for_the_run() -> None:
    cache = CacheTable()
    cache.put(KEY, b"7")
    cache.save()
    assert cache.get(KEY) == b"7"


def test_another_version_is_not_seen(tmp_path: Path) -> None:
    first = table(tmp_path, "libdeflate-6-m1")
    first.put(KEY, b"1")
    first.save()
    other = table(tmp_path)
    assert other.get(KEY) is None
    other.put(KEY, b"2")
    other.save()
    assert table(tmp_path).get(KEY) == b"2"
    assert table(tmp_path, "libdeflate-6-m1").get(KEY) == b"1"


# Payloads


def test_the_latest_payload_counts(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    assert store.get(KEY) is None
    store.put(KEY, b"text\nof lines\n")
    store.put(OTHER, b"")
    assert (store.get(KEY), store.get(OTHER)) == (b"text\nof lines\n", b"")
    store.put(KEY, b"other")
    assert Store(str(tmp_path)).get(KEY) == b"other"
    Store().put(KEY, b"")
    assert Store().get(KEY) is None


def test_a_table_is_no_payload_and_a_payload_no_table(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.extend(KEY, {OTHER: b"1"})
    assert store.get(KEY) is None
    store.put(OTHER, msgspec.msgpack.encode({KEY: b"2"}))
    assert (store.load(OTHER), store.load(KEY)) == ({}, {OTHER: b"1"})


def test_a_payload_is_found_beside_large_tables_without_reading_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(str(tmp_path))
    for number in range(3):
        store.extend(OTHER, {number.to_bytes(16): bytes(2_000_000)})
    store.put(KEY, b"small")
    read: list[int] = []
    real = os.pread

    def counted(descriptor: int, length: int, at: int) -> bytes:
        read.append(length)
        return real(descriptor, length, at)

    monkeypatch.setattr(os, "pread", counted)
    assert store.get(KEY) == b"small"
    assert sum(read) < 1000


# Damage


@each_row(
    "damage", ["truncate", "flip a payload", "flip a head", "garbage behind", "empty", "header only", "noise", "older"]
)
def test_a_damaged_file_loses_entries_but_gives_no_wrong_ones(tmp_path: Path, damage: str) -> None:
    for number in range(3):
        cache = table(tmp_path)
        cache.put(bytes([number]) * 16, b"%d" % number)
        cache.save()
    data = the_file(tmp_path).read_bytes()
    header = data.index(b"\n") + 1
    length = (len(data) - header) // 3

    def flipped(at: int) -> bytes:
        return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    damaged = {
        "truncate": data[:-5],
        "flip a payload": flipped(header + 2 * length - 1),
        "flip a head": flipped(header + length + 2),
        "garbage behind": data + b"\xff\xff\xff\xff garbage",
        "empty": b"",
        "header only": data[:header],
        "noise": os.urandom(1000),
        "older": b"slugtrim store 0\n" + data[header:],
    }[damage]
    the_file(tmp_path).write_bytes(damaged)
    cache = table(tmp_path)
    for number in range(3):
        assert cache.get(bytes([number]) * 16) in (None, b"%d" % number)
        cache.put(bytes([number]) * 16, b"%d" % number)
    cache.put(KEY, b"1")
    cache.save()
    mended = table(tmp_path)
    assert [mended.get(key) for key in (b"\0" * 16, b"\1" * 16, b"\2" * 16, KEY)] == [b"0", b"1", b"2", b"1"]


@each_row(
    "payload",
    [
        b"",
        b"\xc1",
        b"\x81",
        b"nonsense",
        msgspec.msgpack.encode([1]),
        msgspec.msgpack.encode({"a": 1}),
        b"\x81\xa1\xff",
    ],
)
def test_malformed_entries_with_a_right_checksum_are_forgotten(tmp_path: Path, payload: bytes) -> None:
    cache = table(tmp_path)
    cache.put(KEY, b"1")
    cache.save()
    with the_file(tmp_path).open("ab") as file:
        file.write(record(table_key("zlib-6-m1"), payload, is_table=True))
    cache = table(tmp_path)
    assert cache.get(KEY) == b"1"
    cache.put(OTHER, b"2")
    cache.save()
    assert table(tmp_path).get(OTHER) == b"2"


def test_a_damaged_payload_is_missing(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.put(KEY, b"text")
    data = the_file(tmp_path).read_bytes()
    the_file(tmp_path).write_bytes(data[:-1] + b"T")
    assert store.get(KEY) is None
    store.put(KEY, b"text")
    assert store.get(KEY) == b"text"


def test_files_of_older_versions_are_removed(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "abc.json").write_bytes(b"{}")
    (tmp_path / "sizes-libdeflate-6-m1").write_bytes(b"slugtrim sizes 2")
    (tmp_path / "elsewhere").symlink_to("/nowhere")
    (tmp_path / "store.new").write_bytes(b"what a killed writer left")
    Store(str(tmp_path)).put(KEY, b"text")
    assert [path.name for path in tmp_path.iterdir()] == ["store"]
    assert Store(str(tmp_path)).get(KEY) == b"text"


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for folder in (tmp_path / "file" / "below", tmp_path / "file"):
        cache = table(folder)
        cache.put(KEY, b"1")
        cache.save()
        store = Store(str(folder))
        store.put(KEY, b"text")
        assert store.get(KEY) is None


FULL = """
import resource, sys
from slugtrim.store import CacheTable, Store
unlimited = resource.getrlimit(resource.RLIMIT_FSIZE)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, unlimited[1]))
cache = CacheTable(Store(sys.argv[1]), "zlib-6-m1")
cache.put(b"o" * 16, b"1" * 100)
cache.save()
Store(sys.argv[1]).put(b"p" * 16, b"x" * 100)
print(len(cache.get(b"o" * 16)))
resource.setrlimit(resource.RLIMIT_FSIZE, unlimited)
"""


def test_a_full_disk_is_no_error(tmp_path: Path) -> None:
    cache = table(tmp_path)
    cache.put(KEY, b"1")
    cache.save()
    for folder in (tmp_path, tmp_path / "new"):
        run = subprocess.run([sys.executable, "-c", FULL, str(folder)], capture_output=True, check=True)
        assert run.stdout == b"100\n"
        assert run.stderr == b""
    assert table(tmp_path).get(KEY) == b"1"
    assert Store(str(tmp_path)).get(b"p" * 16) is None
    assert [path.name for path in tmp_path.rglob("*.new")] == []


# What lies where the file or its folder should


@pytest.mark.parametrize("target", ["/dev/zero", "elsewhere", "/nowhere"])
def test_a_symlink_in_place_of_the_file_is_not_followed(tmp_path: Path, target: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    elsewhere = folder / "elsewhere"
    sound = b"slugtrim store 1\n" + record(KEY, b"strange")
    elsewhere.write_bytes(sound)
    the_file(folder).symlink_to(target)
    store = Store(str(folder))
    assert store.get(KEY) is None
    store.put(KEY, b"1")
    assert Store(str(folder)).get(KEY) == b"1"
    assert not the_file(folder).is_symlink()


def test_a_symlink_in_place_of_the_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    Store(str(tmp_path / "elsewhere")).put(KEY, b"strange")
    before = the_file(tmp_path / "elsewhere").read_bytes()
    (tmp_path / "folder").symlink_to("elsewhere")
    store = Store(str(tmp_path / "folder"))
    assert store.get(KEY) is None
    store.put(KEY, b"1")
    assert store.get(KEY) is None
    assert the_file(tmp_path / "elsewhere").read_bytes() == before
    assert [path.name for path in (tmp_path / "elsewhere").iterdir()] == ["store"]


def test_the_users_own_cache_directory_may_be_a_symlink(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "large-disk").mkdir()
    (tmp_path / "cache").symlink_to("large-disk")
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path / "cache"))
    open_store(b"/a/.git").put(KEY, b"1")
    assert open_store(b"/a/.git").get(KEY) == b"1"
    assert cache_info().files == 1


@pytest.mark.parametrize("kind", ["fifo", "directory"])
def test_what_is_no_file_is_not_read(tmp_path: Path, kind: str) -> None:
    (os.mkfifo if kind == "fifo" else os.mkdir)(the_file(tmp_path))
    store = Store(str(tmp_path))
    assert store.get(KEY) is None
    store.put(KEY, b"1")
    assert store.get(KEY) == (b"1" if kind == "fifo" else None)


# Many writers


WRITER = """
import sys
from slugtrim.store import CacheTable, Store
for number in range(200):
    cache = CacheTable(Store(sys.argv[1]), "zlib-6-m1")
    cache.put(bytes([int(sys.argv[2])]) * 8 + number.to_bytes(8), b"%d" % number)
    cache.save()
"""


def test_two_processes_may_write_at_once(tmp_path: Path) -> None:
    first = table(tmp_path)
    first.put(KEY, b"1")
    first.save()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), str(number)], stderr=subprocess.PIPE)
        for number in (1, 2)
    ]
    for writer in writers:
        assert writer.communicate()[1] == b""
    cache = table(tmp_path)
    assert cache.get(KEY) == b"1"
    for process in (1, 2):
        assert [cache.get(bytes([process]) * 8 + number.to_bytes(8)) for number in range(200)] == [
            b"%d" % number for number in range(200)
        ]


HOLDER = """
import fcntl, os, sys
fcntl.flock(os.open(sys.argv[1], os.O_RDONLY), fcntl.LOCK_EX)
print(flush=True)
input()
"""


def test_a_locked_folder_is_not_written_to_and_still_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slugtrim.store._LOCK_SECONDS", 0.01)
    Store(str(tmp_path)).put(KEY, b"1")
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        Store(str(tmp_path)).put(KEY, b"2")
        assert Store(str(tmp_path)).get(KEY) == b"1"
        process.communicate(b"\n")


# Limits


def test_a_file_over_the_limit_begins_anew_with_what_was_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slugtrim.store.MAX_STORE_BYTES", 1000)
    for number in range(40):
        cache = table(tmp_path)
        cache.get(KEY)
        cache.put(KEY if number == 0 else number.to_bytes(16), b"%d" % number)
        cache.save()
    assert the_file(tmp_path).stat().st_size <= 1000
    assert table(tmp_path).get(KEY) == b"0"
    assert table(tmp_path).get((39).to_bytes(16)) == b"39"


def test_what_has_no_room_is_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = Store(str(tmp_path))
    store.put(OTHER, b"2")
    monkeypatch.setattr("slugtrim.store.MAX_STORE_BYTES", 1000)
    store.put(KEY, bytes(2000))
    assert (store.get(KEY), store.get(OTHER)) == (None, b"2")


def test_only_the_newest_payloads_stay_and_tables_are_joined(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    for number in range(130):
        store.extend(OTHER, {number.to_bytes(16): b"x"})
        store.put(number.to_bytes(16), b"%d" % number)
    size = the_file(tmp_path).stat().st_size
    assert [number for number in range(130) if store.get(number.to_bytes(16)) is not None] == list(range(64, 130))
    assert len(store.load(OTHER)) == 130
    store.put(KEY, b"")
    assert the_file(tmp_path).stat().st_size == size + len(record(KEY, b""))


def test_folders_used_longest_ago_go_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slugtrim.store._MAX_FOLDERS_BYTES", 2500)
    for number in range(4):
        folder = tmp_path / f"slugtrim-{number:024x}"
        folder.mkdir()
        (folder / "store").write_bytes(b"x" * 1000)
        os.utime(folder, ns=(number, number))
    (tmp_path / "other").mkdir()
    prune(str(tmp_path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", f"slugtrim-{2:024x}", f"slugtrim-{3:024x}"]


def test_what_is_read_counts_as_used(tmp_path: Path) -> None:
    store = Store(str(tmp_path))
    store.put(KEY, b"1")
    os.utime(tmp_path, ns=(1, 1))
    store.get(OTHER)
    assert tmp_path.stat().st_mtime_ns == 1
    store.get(KEY)
    assert tmp_path.stat().st_mtime_ns > 1


def test_keys_are_those_of_hashlib() -> None:
    assert digest(b"x") == blake2b(b"x", digest_size=16).digest()
    assert digest(b"x", 12) == blake2b(b"x", digest_size=12).digest()


# All repositories


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
    open_store(b"/a/.git").put(KEY, b"text")
    info = clear_cache()
    assert (info.repositories, info.files) == (1, 1)
    assert info.size_bytes == len(b"slugtrim store 1\n" + record(KEY, b"text"))
    assert not (tmp_path / "cache").exists()


def test_info_names_symlinks_and_clearing_goes_through_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path / "cache"))
    folder, linked = Path(repository_folder(b"/a/.git")), Path(repository_folder(b"/b/.git"))
    for place in (folder, tmp_path / "other"):
        Store(str(place)).put(KEY, b"kept")
    linked.symlink_to(tmp_path / "other")
    (folder / "x").symlink_to(tmp_path / "other/store")
    assert (cache_info().repositories, cache_info().files) == (1, 1)
    assert set(cache_info().refused) == {str(linked), str(folder / "x")}
    said = run("cache", "info", cwd=tmp_path).stdout.decode()
    assert f"  {linked}: is a symlink, so it is ignored; delete it\n" in said
    before = [(path.name, path.read_bytes()) for path in (tmp_path / "other").iterdir()]
    assert clear_cache().repositories == 1
    assert [(path.name, path.read_bytes()) for path in (tmp_path / "other").iterdir()] == before


def test_clearing_leaves_what_is_not_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(tmp_path))
    (tmp_path / "documents").mkdir()
    (tmp_path / f"{1:024x}").mkdir()
    (tmp_path / "documents" / "novel.txt").write_bytes(b"chapter one")
    open_store(b"/a/.git").put(KEY, b"text")
    assert clear_cache().repositories == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"{1:024x}", "documents"]
