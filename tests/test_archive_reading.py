"""What is read of a slug, held against GNU tar and git."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from slugtrim.archive.entries import AnomalyKind, Format, Packed
from slugtrim.archive.limits import DEFAULT
from slugtrim.archive.reading import open_slug
from slugtrim.errors import SlugError, SourceError
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File, SourceKind
from slugtrim.sizer import Sizer
from slugtrim.sources import open_tree
from tests.builders import Content, git, make_slug, make_tree
from tests.real_files import real_files
from tests.rows import each_row

needs_tar = pytest.mark.skipif(
    b"GNU tar" not in subprocess.run(["tar", "--version"], capture_output=True, check=False).stdout,
    reason="GNU tar is not installed",
)
pytestmark = needs_tar

FILES: dict[bytes | str, Content] = {
    "Procfile": "web: run\n",
    "app/models/user.rb": "class User\nend\n" * 200,
    "bin/run*": "#!/bin/sh\n",
    "node_modules/.bin/cli": Path("../pkg/cli.js"),
    "node_modules/pkg/cli.js*": "#!/usr/bin/env node\n",
    "node_modules/pkg/package.json": '{"name": "pkg"}',
    ".heroku/python": Path("/app/.heroku/python3"),
    "public/random.bin": os.urandom(200_000),
    "public/empty": "",
    "tmp": None,
    b"caf\xe9/\xff": "not UTF-8",
    "caf\u00e9/" + "long" * 60: "a name longer than its field",
}
ROOTS = ["./", "./app/", "app/", "/app/"]


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_tree(tmp_path_factory.mktemp("tree") / "build", FILES)


def listed_by_tar(slug: Path) -> list[tuple[str, int]]:
    """Type and size of every entry, as `tar tvf` prints them."""
    env = {**os.environ, "LC_ALL": "C"}
    out = subprocess.run(["tar", "-tvf", str(slug), "-P"], capture_output=True, check=True, env=env).stdout
    return [(line[:1].decode(), int(line.split()[2])) for line in out.splitlines()]


def adds_up(packed: Packed) -> bool:
    return sum(packed.shares.values()) + packed.structure_bytes == packed.compressed_bytes


def git_ids(tree: Path, repository: Path) -> dict[bytes, bytes]:
    """Path to the id git gives to what it holds."""
    git(repository.parent, "init", "-q", str(repository))
    shutil.copytree(tree, repository, symlinks=True, dirs_exist_ok=True)
    git(repository, "add", "-A", "-f")
    staged = git(repository, "ls-files", "-s", "-z").split(b"\0")[:-1]
    return {record.partition(b"\t")[2]: record.split()[1] for record in staged}


@pytest.mark.parametrize("root", ROOTS)
def test_a_slug_holds_what_was_packed_whatever_its_root(tree: Path, tmp_path: Path, root: str) -> None:
    slug = make_slug(tmp_path / "slug.tgz", tree, root=root)
    packed = open_slug(str(slug))
    ids = git_ids(tree, tmp_path / "repository")
    assert {file.path: file.blob for file in packed.tree.files} == ids
    assert {file.path: file.size_bytes for file in packed.tree.files if file.mode != SYMLINK} == {
        os.path.relpath(path, os.fsencode(tree)): os.path.getsize(path)
        for path in map(os.fsencode, tree.rglob("*"))
        if os.path.isfile(path) and not os.path.islink(path)
    }
    modes = {file.path: file.mode for file in packed.tree.files}
    assert (modes[b"Procfile"], modes[b"bin/run"], modes[b"node_modules/.bin/cli"]) == (REGULAR, EXECUTABLE, SYMLINK)
    assert packed.tree.links == {
        b"node_modules/.bin/cli": b"../pkg/cli.js",
        b".heroku/python": b"/app/.heroku/python3",
    }
    assert packed.root == root.encode()
    assert (packed.tree.source.kind, packed.format, packed.estimated) == (SourceKind.ARCHIVE, Format.GZIP, False)
    assert [anomaly.id for anomaly in packed.anomalies] == ["name-not-utf-8"] * 2


@pytest.mark.parametrize("options", [("--format=gnu",), ("--format=pax",), ("--format=posix", "--sort=name")])
@pytest.mark.parametrize("name", ["slug.tgz", "slug.tar"])
def test_the_totals_are_those_of_tar(tree: Path, tmp_path: Path, name: str, options: tuple[str, ...]) -> None:
    slug = make_slug(tmp_path / name, tree, root="./app/", options=options)
    packed = open_slug(str(slug))
    entries = listed_by_tar(slug)
    assert packed.entries == len(entries)
    assert packed.directories == sum(1 for kind, _ in entries if kind == "d")
    assert packed.listed_bytes == sum(size for kind, size in entries if kind == "-")
    assert sum(file.size_bytes for file in packed.tree.files if file.mode != SYMLINK) == packed.listed_bytes
    if packed.format is Format.GZIP:
        assert packed.compressed_bytes == slug.stat().st_size
    else:
        assert packed.estimated
    assert adds_up(packed)


@pytest.mark.parametrize("format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_what_python_packs_is_read_as_well(tmp_path: Path, format: int) -> None:
    name = "app/" + "deep/" * 30 + "file"  # too long for the field of the name alone
    tree = make_tree(tmp_path / "tree", {name: "content", "app/link": Path("deep")})
    with tarfile.open(tmp_path / "slug.tar", "w", format=format) as tar:
        tar.add(tree, ".")
    packed = open_slug(str(tmp_path / "slug.tar"))
    assert [file.path for file in packed.tree.files] == [name[4:].encode(), b"link"]
    assert (packed.anomalies, packed.root) == ((), b"./app/")


@pytest.mark.full
@pytest.mark.skipif(shutil.which("bsdtar") is None, reason="bsdtar is not installed")
@each_row("format", ["ustar", "pax", "gnutar", "v7"])
def test_what_bsdtar_packs_is_read_as_well(tmp_path: Path, format: str) -> None:
    tree = make_tree(tmp_path / "tree", {"app/lib/a.rb": "a" * 5000, "app/Procfile": "web: a\n"})
    slug = tmp_path / "slug.tgz"
    subprocess.run(["bsdtar", "-czf", str(slug), "--format", format, "-C", str(tree), "."], check=True)
    packed = open_slug(str(slug))
    assert [(file.path, file.size_bytes) for file in packed.tree.files] == [(b"Procfile", 7), (b"lib/a.rb", 5000)]
    assert (packed.anomalies, packed.root, adds_up(packed)) == ((), b"./app/", True)


def test_an_application_whose_code_is_in_app_keeps_it(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", {"app/a.rb": "a", "Gemfile": "b"})
    packed = open_slug(str(make_slug(tmp_path / "slug.tgz", tree)))
    assert ([file.path for file in packed.tree.files], packed.root) == ([b"Gemfile", b"app/a.rb"], b"./")


def test_a_hard_link_weighs_nothing_but_its_header(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", {"a": os.urandom(50_000), "c": "x"})
    os.link(tree / "a", tree / "b")
    slug = tmp_path / "slug.tgz"
    subprocess.run(["tar", "-czf", str(slug), "--sort=name", "-C", str(tree), "."], check=True)
    packed = open_slug(str(slug))
    first, second, _ = packed.tree.files
    assert packed.hard_links == {b"b": b"a"}
    assert (first.blob, first.size_bytes, second.size_bytes) == (second.blob, 50_000, 0)
    assert packed.shares[b"b"] < 100
    assert packed.shares[b"a"] > 50_000
    assert (packed.listed_bytes, adds_up(packed)) == (50_001, True)


def test_shares_follow_what_compresses(tmp_path: Path) -> None:
    """Text of a megabyte beside noise of 50 KB: the noise weighs nearly all there is."""
    tree = make_tree(tmp_path / "tree", {"noise": os.urandom(50_000), "text": "the same line\n" * 75_000})
    for name in ("slug.tgz", "slug.tar"):
        packed = open_slug(str(make_slug(tmp_path / name, tree)))
        assert 49_000 < packed.shares[b"noise"] < 51_500
        assert 1_000 < packed.shares[b"text"] < 6_000


def test_the_size_of_a_plain_archive_is_that_of_gzip(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", real_files(300))
    slug = make_slug(tmp_path / "slug.tar", tree)
    compressed = len(subprocess.run(["gzip", "-6", "-c", str(slug)], capture_output=True, check=True).stdout)
    packed = open_slug(str(slug))
    assert abs(packed.compressed_bytes / compressed - 1) < 0.02


def test_a_directory_is_measured_as_audit_measures_it(tree: Path) -> None:
    packed = open_slug(str(tree))
    measured = open_tree(os.fsencode(tree), use_git=False)
    sizing = Sizer(measured.contents).measure(measured.files)
    assert (packed.compressed_bytes, packed.estimated, packed.format) == (
        sizing.compressed_bytes,
        True,
        Format.DIRECTORY,
    )
    assert (packed.shares, adds_up(packed), packed.root) == (sizing.shares, True, b"")
    assert packed.tree.links == measured.links
    assert packed.directories == sum(1 for path in tree.rglob("*") if path.is_dir() and any(path.iterdir()))


def test_a_directory_and_its_archive_hold_the_same(tree: Path, tmp_path: Path) -> None:
    archived = open_slug(str(make_slug(tmp_path / "slug.tgz", tree)))
    assert open_slug(str(tree)).tree.files == archived.tree.files


def test_an_unpacked_slug_has_its_application_in_app(tree: Path, tmp_path: Path) -> None:
    (tmp_path / "unpacked").mkdir()
    shutil.copytree(tree, tmp_path / "unpacked" / "app", symlinks=True)
    packed = open_slug(str(tmp_path / "unpacked"))
    assert packed.root == b"app/"
    assert packed.tree.files == open_slug(str(tree)).tree.files


def test_a_directory_that_is_not_there_is_no_slug(tmp_path: Path) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may read everything")
    (tmp_path / "locked").mkdir(mode=0)
    with pytest.raises(SourceError, match="cannot be read"):
        open_slug(str(tmp_path / "locked"))


@pytest.mark.parametrize("packing", ["slug.tgz", "slug.tar", "directory"])
def test_looks_see_contents_as_they_pass(tree: Path, tmp_path: Path, packing: str) -> None:
    source = tmp_path / packing
    if packing == "directory":
        shutil.copytree(tree, source / "app", symlinks=True)
    else:
        make_slug(source, tree, root="./app/")
    seen: dict[bytes, list[bytes]] = {}

    def look(file: File) -> Callable[[bytes], None] | None:
        assert (file.blob, file.mode == SYMLINK) == (None, False)
        return seen.setdefault(file.path, []).append if b"ignored" not in file.path else None

    packed = open_slug(str(source), looks=[look, lambda file: None])
    assert {packed.path_of(path) for path in seen} == {file.path for file in packed.tree.files if file.mode != SYMLINK}
    assert all(pieces[-1] == b"" and b"" not in pieces[:-1] for pieces in seen.values())
    found = {packed.path_of(path): b"".join(pieces) for path, pieces in seen.items()}
    assert found[b"public/random.bin"] == FILES["public/random.bin"]
    assert found[b"public/empty"] == b""


def test_contents_of_an_archive_are_gone_and_say_so(tree: Path, tmp_path: Path) -> None:
    packed = open_slug(str(make_slug(tmp_path / "slug.tgz", tree)))
    file = packed.tree.files[0]
    with packed.tree.contents.open() as reader:
        assert (list(reader.batch([file])), list(reader.pieces(file, 10))) == ([None], [])
        assert {gone.reason for gone in reader.unreadable} == {"an archive is read once, and its contents are not kept"}
    assert packed.tree.contents.deflated_bytes([file]) == {}


def test_a_sparse_file_is_what_it_stands_for(tmp_path: Path) -> None:
    content = b"start" + bytes(300_000) + b"middle" + bytes(300_000) + b"end" + bytes(5_000)
    tree = make_tree(tmp_path / "tree", {"sparse": content, "behind": "x"})
    whole = open_slug(str(make_slug(tmp_path / "whole.tar", tree, options=("--sort=name",))))
    with open(tree / "sparse", "r+b") as file:
        file.truncate(0)
        for at, data in ((0, b"start"), (300_005, b"middle"), (600_011, b"end")):
            file.seek(at)
            file.write(data)
        file.truncate(len(content))
    for version in ("--format=gnu", "--sparse-version=0.0", "--sparse-version=0.1", "--sparse-version=1.0"):
        options = (version,) if version == "--format=gnu" else ("--format=pax", version)
        slug = make_slug(tmp_path / "sparse.tar", tree, options=(*options, "-S", "--sort=name"))
        packed = open_slug(str(slug))
        assert (packed.tree.files, packed.listed_bytes) == (whole.tree.files, len(content) + 1), version
        assert [anomaly.kind for anomaly in packed.anomalies] == [AnomalyKind.SPARSE_FILE], version
        assert slug.stat().st_size < 100_000, version


def test_an_archive_of_git_is_read(tmp_path: Path) -> None:
    """It begins with a pax header for all entries."""
    repository = make_tree(tmp_path / "repository", {"Procfile": "web: a\n"})
    git(repository, "init", "-q")
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "first")
    (tmp_path / "slug.tgz").write_bytes(git(repository, "archive", "--format=tgz", "--prefix=app/", "HEAD"))
    packed = open_slug(str(tmp_path / "slug.tgz"))
    assert ([file.path for file in packed.tree.files], packed.root, packed.anomalies) == ([b"Procfile"], b"app/", ())


def test_the_limits_have_one_table() -> None:
    assert (DEFAULT.unpacked_bytes, DEFAULT.entries, DEFAULT.header_bytes) == (16 << 30, 500_000, 1 << 20)


def test_a_large_plain_archive_is_weighed_in_several_threads(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree", {"noise": os.urandom(9 << 20), "zeros": bytes(9 << 20)})
    packed = open_slug(str(make_slug(tmp_path / "slug.tar", tree)))
    assert packed.shares[b"noise"] > 9_400_000
    assert packed.shares[b"zeros"] < 1 << 17
    assert adds_up(packed)


def test_a_file_that_cannot_be_opened_or_read_gets_one_line(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(SlugError) as caught:
        open_slug(str(tmp_path / "loop"))
    assert str(caught.value).startswith(f"{tmp_path}/loop: cannot be read ({os.strerror(errno.ELOOP)}); name a slug ")
    if not Path("/proc/self/mem").exists():
        pytest.skip("there is no file here that opens and does not read")
    with pytest.raises(SlugError) as caught:
        open_slug("/proc/self/mem")
    assert str(caught.value) == (
        f"/proc/self/mem: cannot be read ({os.strerror(errno.EIO)}); fix that, or fetch it again"
    )
