"""Unpacking: held against GNU tar, and nothing written where anything is not safe."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from slugtrim.archive.extraction import extract_slug
from slugtrim.archive.reading import open_slug
from slugtrim.errors import SlugError, UsageError
from tests.archives import PROCFILE, entry, packed, pax, record
from tests.builders import make_slug, make_tree
from tests.rows import each_row
from tests.test_archive_hostile import FOUND, link
from tests.test_archive_reading import FILES, ROOTS, needs_tar

Entry = tuple[int, bytes]


def everything(root: Path) -> dict[bytes, Entry]:
    """Path to type with permissions, and content or target, of all there is below ``root``; of directories the type."""
    found: dict[bytes, Entry] = {}
    top = os.fsencode(root)
    for directory, directories, files in os.walk(top):
        for name in [*directories, *files]:
            path = os.path.join(directory, name)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                found[os.path.relpath(path, top)] = (stat.S_IFLNK, os.readlink(path))
            elif stat.S_ISDIR(mode):
                found[os.path.relpath(path, top)] = (stat.S_IFDIR, b"")
            else:
                with open(path, "rb") as file:
                    found[os.path.relpath(path, top)] = (mode, file.read())
    return found


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {path: content for path, content in FILES.items() if path != ".heroku/python"}
    return make_tree(tmp_path_factory.mktemp("tree") / "build", files)


@needs_tar
@pytest.mark.parametrize("root", ROOTS)
@pytest.mark.parametrize("name", ["slug.tgz", "slug.tar"])
def test_what_is_unpacked_is_what_tar_unpacks(tree: Path, tmp_path: Path, root: str, name: str) -> None:
    slug = make_slug(tmp_path / name, tree, root=root)
    (tmp_path / "by-tar").mkdir()
    subprocess.run(
        ["tar", "-xf", str(slug), "-C", str(tmp_path / "by-tar"), "--no-same-owner"], capture_output=True, check=True
    )
    done = extract_slug(str(slug), str(tmp_path / "out"))
    assert everything(tmp_path / "out") == everything(tmp_path / "by-tar")
    tree_read = open_slug(str(slug)).tree
    assert (done.files, done.skipped) == (len(tree_read.files), {})
    assert done.written_bytes == sum(len(c) for _, c in everything(tmp_path / "out").values()) - len(b"../pkg/cli.js")
    assert (tmp_path / "out" / ("" if root == "./" else "app") / "Procfile").stat().st_mtime == int(
        (tree / "Procfile").stat().st_mtime
    )


@needs_tar
def test_a_slug_may_come_through_a_pipe(tree: Path, tmp_path: Path) -> None:
    slug = make_slug(tmp_path / "slug.tgz", tree)
    script = "import sys; from slugtrim.archive.extraction import *; print(extract_slug('-', sys.argv[1]).files)"
    with subprocess.Popen(["cat", str(slug)], stdout=subprocess.PIPE) as cat:
        command = [sys.executable, "-c", script, str(tmp_path / "out")]
        done = subprocess.run(command, stdin=cat.stdout, capture_output=True, check=False)
    assert done.stderr == b""
    assert int(done.stdout) == len(open_slug(str(slug)).tree.files)
    assert len(everything(tmp_path / "out")) > 10


def test_what_comes_through_a_pipe_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "slug.tar").write_bytes(bytes(3 << 20))
    script = (
        "import sys; from slugtrim.archive.extraction import *; "
        "extract_slug('-', sys.argv[1], limits=Limits(unpacked_bytes=9))"
    )
    with subprocess.Popen(["cat", str(tmp_path / "slug.tar")], stdout=subprocess.PIPE) as cat:
        command = [sys.executable, "-c", script, str(tmp_path / "out")]
        done = subprocess.run(command, stdin=cat.stdout, capture_output=True, check=False)
    assert done.stderr.endswith(
        b"SlugError: stdin: is larger than 9B; if you trust it, raise the limit with --limit unpacked=SIZE\n"
    )
    assert not (tmp_path / "out").exists()


REASONS = {
    "dot-dot-name": "its name climbs out of its directory",
    "no-name": "it has no name",
    "name-too-long": "its name is too long",
    "name-with-nul": "its name holds a NUL byte",
    "link-out": "it leads out of the archive",
    "link-without-target": "it is a link that leads nowhere",
    "hard-link-to-nothing": "it is a hard link to a missing file",
    "path-through-link": "it is a link, and others would be written through it",
    "path-through-file": "it is a file, and others would be written below it",
    "device": "it is a device",
    "fifo": "it is a FIFO",
    "unknown-type": "its type is unknown",
}


@each_row("data, expected", [case[1:] for case in FOUND])
def test_what_is_not_safe_is_named_and_nothing_written(
    tmp_path: Path, data: bytes, expected: list[tuple[str, bytes]]
) -> None:
    (tmp_path / "slug.tgz").write_bytes(data)
    (tmp_path / "around").mkdir()
    out = tmp_path / "around" / "out"
    fatal = [REASONS[id_] for id_, _ in expected if id_ in REASONS]
    if not fatal:
        extract_slug(str(tmp_path / "slug.tgz"), str(out))
        assert os.listdir(tmp_path / "around") == ["out"]
        assert sorted(os.listdir(tmp_path)) == ["around", "slug.tgz"]
        return
    with pytest.raises(SlugError) as caught:
        extract_slug(str(tmp_path / "slug.tgz"), str(out))
    assert f": {fatal[0]}" in str(caught.value)
    assert str(caught.value).endswith("; nothing was written")
    assert os.listdir(tmp_path / "around") == []


def test_the_message_names_the_entry_and_where_it_leads(tmp_path: Path) -> None:
    slug = tmp_path / "slug.tgz"
    slug.write_bytes(packed(PROCFILE, link("./app/\x1b[0m", "../../etc/passwd")))
    with pytest.raises(SlugError) as caught:
        extract_slug(str(slug), str(tmp_path / "out"))
    assert str(caught.value) == (
        rf'{slug}: "./app/\033[0m": it leads out of the archive (../../etc/passwd); nothing was written'
    )


def test_links_into_the_place_on_a_dyno_are_skipped_and_named(tmp_path: Path) -> None:
    entries = (
        PROCFILE,
        link("./app/.heroku/python", "/app/.heroku/python3"),
        link("./app/hard", "./app/.heroku/python", tarfile.LNKTYPE),
        link("./app/all", "/app"),
        entry("./app/all2", b"x"),
    )
    (tmp_path / "slug.tgz").write_bytes(packed(*entries))
    done = extract_slug(str(tmp_path / "slug.tgz"), str(tmp_path / "out"))
    assert done.skipped == {
        b"app/.heroku/python": b"/app/.heroku/python3",
        b"app/hard": b"./app/.heroku/python",
        b"app/all": b"/app",
    }
    assert everything(tmp_path / "out").keys() == {b"app", b"app/Procfile", b"app/all2"}
    assert open_slug(str(tmp_path / "slug.tgz")).anomalies == ()


def test_the_later_of_two_entries_stays(tmp_path: Path) -> None:
    entries = (
        entry("a", b"first"),
        link("b", "a"),
        link("c", "a", tarfile.LNKTYPE),
        entry("b", b"no link any more"),
        entry("c", b"no hard link any more"),
        link("d", "a"),
        link("d", "b"),
        link("e", "a"),
        link("e", "b", tarfile.LNKTYPE),
    )
    (tmp_path / "slug.tgz").write_bytes(packed(*entries))
    extract_slug(str(tmp_path / "slug.tgz"), str(tmp_path / "out"))
    found = {name: content for name, (_, content) in everything(tmp_path / "out").items()}
    assert found == {
        b"a": b"first",
        b"b": b"no link any more",
        b"c": b"no hard link any more",
        b"d": b"b",
        b"e": b"no link any more",
    }


def test_rights_and_owners_are_not_lent(tmp_path: Path) -> None:
    entries = (
        entry("set-user", b"x", mode=0o6755, uid=12345, gid=12345),
        entry("locked", b"x", mode=0),
        entry("open", b"x", mode=0o777),
        entry("directory", kind=tarfile.DIRTYPE, mode=0o7000),
        entry("directory/x", b"x"),
        entry("late", b"x", mtime=1 << 70),
        entry("D", b"Yx\0\0", b"D"),
    )
    (tmp_path / "slug.tgz").write_bytes(packed(*entries))
    extract_slug(str(tmp_path / "slug.tgz"), str(tmp_path / "out"))
    modes = {name: oct(mode & 0o7777) for name, (mode, _) in everything(tmp_path / "out").items() if stat.S_ISREG(mode)}
    assert modes == {
        b"set-user": "0o755",
        b"locked": "0o600",
        b"open": "0o755",
        b"directory/x": "0o644",
        b"late": "0o644",
    }
    assert (tmp_path / "out" / "set-user").stat().st_uid == os.geteuid()
    assert (tmp_path / "out" / "directory").stat().st_mode & 0o7700 == 0o700


@needs_tar
def test_a_sparse_file_is_written_whole(tmp_path: Path) -> None:
    content = b"start" + bytes(300_000) + b"end"
    tree = make_tree(tmp_path / "tree", {"sparse": ""})
    with open(tree / "sparse", "wb") as file:
        file.write(b"start")
        file.seek(300_005)
        file.write(b"end")
    extract_slug(str(make_slug(tmp_path / "slug.tgz", tree, options=("-S",))), str(tmp_path / "out"))
    assert (tmp_path / "out" / "sparse").read_bytes() == content


def test_an_empty_directory_may_be_there(tmp_path: Path) -> None:
    (tmp_path / "slug.tgz").write_bytes(packed(PROCFILE))
    (tmp_path / "out").mkdir()
    extract_slug(str(tmp_path / "slug.tgz"), str(tmp_path / "out"))
    assert everything(tmp_path / "out").keys() == {b"app", b"app/Procfile"}


@each_row(
    "destination, message",
    [
        ("full", "--extract {place}/full: is not empty; name a new or an empty directory"),
        ("full/file", "--extract {place}/full/file: is not a directory; name a new or an empty one"),
        ("dangling", "--extract {place}/dangling: is not a directory; name a new or an empty one"),
        (
            "no/such",
            "--extract {place}/no/such: cannot be made (No such file or directory); name a directory that can",
        ),
    ],
)
def test_a_place_that_cannot_be_one_gets_one_line(tmp_path: Path, destination: str, message: str) -> None:
    make_tree(tmp_path, {"full/file": "mine", "dangling": Path("nowhere")})
    (tmp_path / "slug.tgz").write_bytes(packed(PROCFILE))
    before = everything(tmp_path)
    with pytest.raises(UsageError) as caught:
        extract_slug(str(tmp_path / "slug.tgz"), str(tmp_path / destination))
    assert str(caught.value) == message.replace("{place}", str(tmp_path))
    assert everything(tmp_path) == before


@pytest.mark.parametrize("is_new", [True, False])
def test_what_cannot_be_written_whole_is_removed(tmp_path: Path, is_new: bool) -> None:
    """A name of 300 bytes fits into an archive, and into no file system."""
    entries = (
        PROCFILE,
        entry("./app/deep/er/x", b"y"),
        link("top", "app"),
        pax(record("path", b"n" * 300)) + entry("x"),
    )
    (tmp_path / "slug.tgz").write_bytes(packed(*entries))
    out = tmp_path / "out"
    if not is_new:
        out.mkdir()
    with pytest.raises(SlugError) as caught:
        extract_slug(str(tmp_path / "slug.tgz"), str(out))
    assert str(caught.value) == (
        f"--extract {out}: cannot be written ({os.strerror(errno.ENAMETOOLONG)}); nothing was left; make room or "
        "name another place"
    )
    assert sorted(os.listdir(tmp_path)) == (["slug.tgz"] if is_new else ["out", "slug.tgz"])
    assert is_new or os.listdir(out) == []


FULL = """
import resource, signal, sys
from slugtrim.archive.extraction import extract_slug
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
extract_slug(sys.argv[1], sys.argv[2])
"""


def test_a_file_that_does_not_fit_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "slug.tgz").write_bytes(packed(PROCFILE, entry("./app/large", os.urandom(2 << 20))))
    command = [sys.executable, "-c", FULL, str(tmp_path / "slug.tgz"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.stderr.splitlines()[-1].endswith(
        b"cannot be written (File too large); nothing was left; make room or name another place"
    )
    assert os.listdir(tmp_path) == ["slug.tgz"]


INTERRUPTED = """
import os, signal, sys, threading
from slugtrim.archive.extraction import extract_slug
def interrupt():
    while not os.path.exists(sys.argv[2] + "/app/Procfile"):
        pass
    os.kill(os.getpid(), signal.SIGINT)
threading.Thread(target=interrupt, daemon=True).start()
extract_slug(sys.argv[1], sys.argv[2])
"""


@pytest.mark.full
def test_an_interruption_leaves_nothing_behind(tmp_path: Path) -> None:
    content = bytes(1 << 20)
    (tmp_path / "slug.tgz").write_bytes(packed(PROCFILE, *(entry(f"./app/{n}", content) for n in range(200))))
    command = [sys.executable, "-c", INTERRUPTED, str(tmp_path / "slug.tgz"), str(tmp_path / "out")]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.stderr.splitlines()[-1] == b"KeyboardInterrupt"
    assert os.listdir(tmp_path) == ["slug.tgz"]


def test_links_that_lead_out_only_when_all_are_there_are_refused(tmp_path: Path) -> None:
    """The order does not matter: what a link seems to be when it is written is not what it is in the end."""
    first, second = link("app/x", "a/b/up/../../etc/passwd"), link("app/a/b/up", "../..")
    for entries in ((first, second), (second, first)):
        (tmp_path / "slug.tgz").write_bytes(packed(PROCFILE, *entries))
        with pytest.raises(SlugError, match="app/x: it leads out of the archive"):
            extract_slug(str(tmp_path / "slug.tgz"), str(tmp_path / "out"))
    assert os.listdir(tmp_path) == ["slug.tgz"]


def test_a_directory_is_unpacked_already(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        extract_slug(str(tmp_path), str(tmp_path / "out"))
    assert str(caught.value) == f"--extract: {tmp_path} is a directory already; name the file of a slug"
