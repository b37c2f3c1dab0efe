"""Real things to test with: directory trees, git repositories, tarballs."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from slugtrim.files import Tree

GIT_ENVIRONMENT = {
    "GIT_AUTHOR_NAME": "A U Thor",
    "GIT_AUTHOR_EMAIL": "author@example.com",
    "GIT_AUTHOR_DATE": "2026-01-02T03:04:05+00:00",
    "GIT_COMMITTER_NAME": "C O Mitter",
    "GIT_COMMITTER_EMAIL": "committer@example.com",
    "GIT_COMMITTER_DATE": "2026-01-02T03:04:05+00:00",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
}
"""A clean, repeatable git for building repositories. slugtrim itself runs under the test's own environment."""

_SETTINGS = tuple(
    word
    for setting in ("protocol.file.allow=always", "gc.auto=0", "maintenance.auto=false", "core.fsync=none")
    for word in ("-c", setting)
)
"""Neither the disk nor the size of a repository of a test is worth waiting for."""

Content = bytes | str | Path | None
"""Bytes; text; a path to which to make a symlink; None for an empty directory."""


def make_tree(root: Path, files: Mapping[bytes | str, Content]) -> Path:
    """Files under ``root`` by their paths from it. A path that ends in ``*`` becomes executable, without the star."""
    root.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        raw = os.fsencode(name)
        full = os.path.join(os.fsencode(root), raw.removesuffix(b"*"))
        os.makedirs(full if content is None else os.path.dirname(full), exist_ok=True)
        if isinstance(content, Path):
            os.symlink(content, full)
        elif content is not None:
            with open(full, "wb") as file:
                file.write(content.encode() if isinstance(content, str) else content)
            if raw.endswith(b"*"):
                os.chmod(full, 0o755)
    return root


def make_slug(slug: Path, tree: Path, *, root: str = "./", options: tuple[str, ...] = ()) -> Path:
    """An archive of everything below ``tree``, as the compiler packs it with GNU tar; every name begins with ``root``.

    It is compressed if its name says so.
    """
    start = root.removesuffix("/")
    command = ["tar", "-c", "-a", "-f", str(slug), "--owner=root", "--hard-dereference", "-P", *options]
    subprocess.run([*command, f"--transform=flags=rh;s,^\\.,{start},", "-C", str(tree), "."], check=True)
    return slug


def git(repository: Path, *arguments: str | bytes, stdin: bytes = b"") -> bytes:
    """What git prints; an error raises."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | GIT_ENVIRONMENT
    command = ["git", "-C", str(repository), *_SETTINGS, *arguments]
    return subprocess.run(command, input=stdin, capture_output=True, env=env, check=True).stdout


@cache
def _new_repository(options: tuple[str, ...]) -> Mapping[bytes | str, Content]:
    """What `git init` writes into ``.git``, without its samples of hooks. Writing it again costs a tenth of that."""
    with tempfile.TemporaryDirectory() as name:
        git(Path(name), "init", "-q", "-b", "main", "--template=", *options)
        top = Path(name) / ".git"
        found: dict[bytes | str, Content] = {
            str(path.relative_to(top)): path.read_bytes() if path.is_file() else None for path in top.rglob("*")
        }
    return {**found, "hooks": None, "info": None}


def make_repo(
    root: Path, files: Mapping[bytes | str, Content], *, commit: bool = True, options: tuple[str, ...] = ()
) -> Path:
    """A repository with ``files`` in it, committed unless told otherwise (they are staged then)."""
    root.mkdir(parents=True, exist_ok=True)
    make_tree(root / ".git", _new_repository(options))
    make_tree(root, files)
    git(root, "add", "-A", "-f")
    if commit:
        git(root, "commit", "-q", "--allow-empty", "-m", "first")
    return root


def make_bare(place: Path) -> Path:
    """Make an empty bare repository."""
    return _bare(make_tree(place, _new_repository(())))


def copy_bare(root: Path, place: Path) -> Path:
    """Copy a repository without its work tree, in a quarter of the time that `git clone --bare` takes."""
    shutil.copytree(root / ".git", place)
    (place / "index").unlink()
    return _bare(place)


def _bare(place: Path) -> Path:
    config = place / "config"
    config.write_text(config.read_text().replace("bare = false", "bare = true"))
    return place


def commit_all(root: Path, message: str = "more") -> str:
    """Commits everything in the work tree and returns the commit's id."""
    git(root, "add", "-A", "-f")
    git(root, "commit", "-q", "--allow-empty", "-m", message)
    return git(root, "rev-parse", "HEAD").decode().strip()


def make_twins(root: Path) -> str:
    """Makes commits until the ids of two begin alike, and returns what those have in common."""
    tree = git(root, "rev-parse", "HEAD^{tree}").decode().strip()
    template = "commit refs/heads/c%d\ncommitter C <c@example.com> %d +0000\ndata 1\nx\nM 040000 " + tree + " \n\n"
    git(root, "fast-import", "--quiet", stdin="".join(template % (n, n) for n in range(700)).encode())
    seen: dict[str, int] = {}
    for line in git(root, "rev-list", "--all").decode().split():
        seen[line[:4]] = seen.get(line[:4], 0) + 1
    return next(prefix for prefix, count in seen.items() if count > 1)


def recorded(repository: Path, rev: str = "HEAD") -> dict[bytes, tuple[int, bytes, int]]:
    """Path to mode, blob id and size of every file of a commit or tree, as `git ls-tree` tells them."""
    found = {}
    for record in git(repository, "ls-tree", "-r", "-l", "-z", "--full-tree", rev).split(b"\0")[:-1]:
        about, _, path = record.partition(b"\t")
        mode, type_, id_, size = about.split()
        if type_ == b"blob":
            found[path] = (int(mode, 8), id_, int(size))
    return found


def blobs(repository: Path, ids: list[bytes]) -> list[bytes]:
    """The contents of these blobs, by one process of git."""
    printed = git(repository, "cat-file", "--batch", stdin=b"".join(id_ + b"\n" for id_ in ids))
    contents = []
    while printed:
        head, _, rest = printed.partition(b"\n")
        size = int(head.split()[2])
        contents.append(rest[:size])
        printed = rest[size + 1 :]
    return contents


def as_added(repository: Path) -> dict[bytes, tuple[int, bytes, int]]:
    """What `git add --update` would record of the work tree now, found out in a copy."""
    copy = repository.with_name(repository.name + "-as-added")
    shutil.copytree(repository, copy, symlinks=True)
    git(copy, "add", "--update", "--sparse")
    return recorded(copy, git(copy, "write-tree").decode().strip())


def listed(tree: Tree) -> dict[bytes, tuple[int, bytes | None, int]]:
    """What slugtrim found, in the form of ``recorded``."""
    return {file.path: (file.mode, file.blob, file.size_bytes) for file in tree.files}


def in_batches(tree: Tree) -> dict[bytes, bytes | None]:
    """Path to content of every file, read as small ones are."""
    with tree.contents.open() as reader:
        return {file.path: data for file, data in zip(tree.files, reader.batch(tree.files), strict=True)}


def in_pieces(tree: Tree, piece_bytes: int = 1000) -> dict[bytes, bytes | None]:
    """Path to content of every file, read as large ones are."""
    with tree.contents.open() as reader:
        return {file.path: b"".join(reader.pieces(file, piece_bytes)) for file in tree.files}


def lfs_pointer(content: bytes) -> bytes:
    """What git-lfs commits for a file (https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md)."""
    oid = hashlib.sha256(content).hexdigest()
    return f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(content)}\n".encode()


@contextmanager
def unprivileged(root: Path) -> Iterator[None]:
    """Gives ``root`` to nobody and acts as nobody, if the tests run as root, whom no permission stops."""
    if os.geteuid() != 0:
        yield
        return
    nobody = 65534
    for directory, _, names in os.walk(os.fsencode(root)):
        for path in (directory, *(os.path.join(directory, name) for name in names)):
            os.chown(path, nobody, nobody, follow_symlinks=False)
    os.seteuid(nobody)
    try:
        yield
    finally:
        os.seteuid(0)
