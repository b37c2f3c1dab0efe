"""Compiled slugs compared, against what tar lists; and a slug with the commit that it was built from."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.builders import Content, commit_all, git, make_repo, make_slug, make_tree
from tests.command_line import COMMAND, Run, run
from tests.diffs import distribution
from tests.slugs import build_node_application, build_python_application

needs_tar = pytest.mark.skipif(shutil.which("tar") is None, reason="GNU tar is not installed")
pytestmark = needs_tar

FILES: dict[bytes | str, Content] = {
    "app.py": "print(1)\n" * 50,
    "bin/start*": "#!/bin/sh\n",
    "lib/same.py": "same\n" * 99,
    "lib/grows.py": "a\n",
    "lib/shrinks.py": os.urandom(3000),
    "lib/goes.py": "goes\n",
    "lib/moves.py": "moves\n" * 9,
    "link": Path("app.py"),
    "other-link": Path("app.py"),
    "caf\u00e9 bar.txt": "c",
    "lib/twin": os.urandom(500),
    "lib/mode.sh": "x",
}


@pytest.fixture(scope="module")
def slugs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two slugs; what is the same in both has the same times as well."""
    root = tmp_path_factory.mktemp("slugs")
    old, new = root / "old", root / "new"
    make_tree(old / "app", FILES)
    for path in (old / "app").rglob("*"):
        os.utime(path, (1_700_000_000, 1_700_000_000), follow_symlinks=False)
    shutil.copytree(old, new, symlinks=True)
    app = new / "app"
    for name in ("lib/goes.py", "other-link"):
        (app / name).unlink()
    (app / "lib/moves.py").rename(app / "lib/moved.py")
    (app / "lib/mode.sh").chmod(0o755)
    make_tree(
        app,
        {
            "lib/grows.py": os.urandom(5000),
            "lib/shrinks.py": "s",
            "lib/new.py": os.urandom(900),
            "other-link": Path("bin/start"),
        },
    )
    return make_slug(root / "old.tgz", old / "app", root="./app/"), make_slug(
        root / "new.tgz", new / "app", root="./app/"
    )


def compared(*words: str | Path, cwd: Path) -> dict[str, Any]:
    done = run("diff", *map(str, words), "--format", "json", cwd=cwd)
    assert (done.code, done.stderr) == (0, b"")
    loaded: dict[str, Any] = json.loads(done.stdout)
    return loaded


def kinds(found: dict[str, Any]) -> dict[str, str]:
    return {item["path"]: item["what"] for item in found["files"]}


def names(found: dict[str, Any]) -> set[str]:
    """Every path that is another on one side or the other."""
    return {item[side]["path"] for item in found["files"] for side in ("before", "after") if item[side] is not None}


def tar_diff(old: Path, new: Path) -> set[str]:
    """The names of files in the lines that differ in what tar lists of both."""
    script = 'diff <(tar tvf "$0" --full-time --quoting-style=literal | sort) <(tar tvf "$1" --full-time \
--quoting-style=literal | sort)'
    done = subprocess.run(
        ["bash", "-c", script, str(old), str(new)], capture_output=True, check=False, env={**os.environ, "LC_ALL": "C"}
    )
    listed = re.findall(r"^[<>] [-lh]\S+ +\S+ +\d+ \S+ \S+ \./app/(.*)$", done.stdout.decode(), re.MULTILINE)
    return {name.partition(" -> ")[0] for name in listed}


def test_two_slugs_differ_where_tar_says_so(slugs: tuple[Path, Path]) -> None:
    found = compared(*slugs, cwd=slugs[0].parent)
    assert names(found) == tar_diff(*slugs)
    assert kinds(found) == {
        "lib/grows.py": "grew",
        "lib/shrinks.py": "shrank",
        "lib/new.py": "added",
        "lib/goes.py": "removed",
        "lib/moved.py": "moved",
        "lib/mode.sh": kinds(found)["lib/mode.sh"],  # its share may be a byte more or less
        "other-link": kinds(found)["other-link"],
    }
    assert {item["before"]["mode"] for item in found["files"] if item["path"] == "lib/mode.sh"} == {"100644"}
    assert {item["after"]["mode"] for item in found["files"] if item["path"] == "lib/mode.sh"} == {"100755"}


def test_the_sizes_are_those_of_the_files(slugs: tuple[Path, Path]) -> None:
    found = compared(*slugs, cwd=slugs[0].parent)
    for side, slug in zip(("before", "after"), slugs, strict=True):
        assert found[side]["compressed_bytes"] == slug.stat().st_size
        assert (found[side]["estimated"], found[side]["includes_buildpacks"]) == (False, True)
        assert found[side]["checkout"] is None
        listing = subprocess.run(["tar", "tvf", str(slug)], capture_output=True, check=True).stdout.decode()
        assert found[side]["files"] == sum(1 for line in listing.splitlines() if line[0] in "-l")
    assert found["grown_compressed_bytes"] == slugs[1].stat().st_size - slugs[0].stat().st_size


def test_a_directory_is_an_unpacked_slug(slugs: tuple[Path, Path]) -> None:
    root = slugs[0].parent
    found = compared(slugs[0], root / "old" / "app", cwd=root)
    assert (kinds(found), found["after"]["source"]["kind"], found["after"]["estimated"]) == ({}, "directory", True)
    found = compared("old/app", "new/app", cwd=root)
    assert names(found) == tar_diff(*slugs)


def test_a_slug_may_come_from_stdin(slugs: tuple[Path, Path]) -> None:
    command = [*COMMAND, "diff", str(slugs[0]), "-", "-q"]
    with open(slugs[1], "rb") as file:
        done = subprocess.run(command, stdin=file, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert re.fullmatch(rb"\+[\d.]+[BK] \(\+[\d.]+%\): [\d.]+[BK] small \xe2\x86\x92 [\d.]+[BK] small\n", done.stdout)


def test_a_slug_is_the_commit_and_what_buildpacks_added(slugs: tuple[Path, Path], tmp_path: Path) -> None:
    repository = make_repo(tmp_path / "repo", {**FILES, ".slugignore": "/docs\n", "docs/a": "x", "public/app.js": "1"})
    rules: dict[bytes | str, Content] = {".slugignore": "/docs\n/public/app.js\n"}
    make_tree(repository, rules)
    commit_all(repository)
    build = tmp_path / "build"
    make_tree(build / "app", {**FILES, **rules, "public/app.js": "built", "node_modules/x/index.js": "y"})
    slug = make_slug(tmp_path / "slug.tgz", build / "app", root="./app/")
    found = compared("HEAD", slug, cwd=repository)
    # What the build made anew is not the file that a rule has left out.
    assert kinds(found) == {"public/app.js": "added", "node_modules/x/index.js": "added"}
    assert (found["compared_by_size"], found["unchanged"]["files"]) == (0, len(FILES) + 1)
    back = compared(slug, "HEAD", cwd=repository)
    assert kinds(back) == {"public/app.js": "removed", "node_modules/x/index.js": "removed"}
    ships = compared("HEAD~1", slug, cwd=repository)
    assert kinds(ships)["public/app.js"] in ("grew", "changed", "shrank")


def test_a_file_that_ships_against_a_rule_is_let_in(tmp_path: Path) -> None:
    repository = make_repo(tmp_path / "repo", {"a": "1", "lib/spec/b": "2", ".slugignore": "spec/\n"})
    make_tree(tmp_path / "build/app", {"a": "1", "lib/spec/b": "2", ".slugignore": "spec/\n"})
    slug = make_slug(tmp_path / "slug.tgz", tmp_path / "build" / "app", root="./app/")
    # The published compiler takes spec/ for the one in the root.
    assert kinds(compared("HEAD", slug, cwd=repository)) == {"lib/spec/b": "let-in"}
    assert kinds(compared("HEAD", slug, "--dialect", "glob", cwd=repository)) == {}


def test_a_repository_with_other_ids_is_compared_by_size(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {"a": "1", "b": "22"}
    repository = make_repo(tmp_path / "repo", files, options=("--object-format=sha256",))
    make_tree(tmp_path / "build/app", {"a": "9", "b": "333"})
    slug = make_slug(tmp_path / "slug.tgz", tmp_path / "build" / "app", root="./app/")
    found = compared("HEAD", slug, cwd=repository)
    assert (found["compared_by_size"], set(kinds(found))) == (2, {"b"})
    text = run("diff", "HEAD", str(slug), cwd=repository).stdout.decode()
    assert "2 files compared by size only" in " ".join(text.split())


def test_overhead_that_is_configured_is_not_added_beside_a_slug(slugs: tuple[Path, Path], tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"a": "1", "slugtrim.toml": 'buildpack-overhead = "20MB"\n'})
    found = compared("HEAD", slugs[0], cwd=repository)
    assert (found["before"]["compiled"], found["before"]["class"]) == (None, "small")


def test_a_slug_has_no_subdirectory_to_deploy(slugs: tuple[Path, Path]) -> None:
    done = run("diff", *map(str, slugs), "--prefix", "lib", cwd=slugs[0].parent)
    message = b"slugtrim: --prefix: names a directory of a repository, but both sides are compiled slugs; drop it\n"
    assert done == Run(2, b"", message)


def test_what_is_no_slug_is_one_line(slugs: tuple[Path, Path], tmp_path: Path) -> None:
    make_tree(tmp_path, {"x.tgz": "no slug", "cut.tgz": slugs[0].read_bytes()[:900]})
    for name in ("x.tgz", "cut.tgz"):
        done = run("diff", str(slugs[0]), name, cwd=tmp_path)
        assert (done.code, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
        assert done.stderr.startswith(f"slugtrim: {name}: ".encode())


def test_odd_entries_are_mentioned(tmp_path: Path) -> None:
    make_tree(tmp_path / "build/app", {"a": "1"})
    os.mkfifo(tmp_path / "build/app/pipe")
    slug = make_slug(tmp_path / "slug.tgz", tmp_path / "build" / "app", root="./app/")
    done = run("diff", str(slug), str(slug), cwd=tmp_path)
    assert done.code == 0
    assert "1 path: entries of the archive that no slug should have" in done.stdout.decode()


def test_a_file_and_a_revision_of_one_name_are_told_apart(slugs: tuple[Path, Path], tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"a": "1"})
    shutil.copy(slugs[0], repository / "v1")
    git(repository, "tag", "v1")
    done = run("diff", "v1", "HEAD", cwd=repository)
    assert done == Run(2, b"", b"slugtrim: v1: is both a path here and a revision; write ./v1 or v1~0\n")
    assert compared("./v1", "v1~0", cwd=repository)["before"]["source"]["kind"] == "archive"


@pytest.fixture(scope="module")
def packaged(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Two slugs with a package in two versions, and a new one."""
    root = tmp_path_factory.mktemp("packaged")
    newer = {**distribution("django", "4.2.7", 52_000), **distribution("brotli", "1.2.1", 9000)}
    old = make_tree(root / "old", {"manage.py": "x", **distribution("Django", "4.2.1", 40_000)})
    new = make_tree(root / "new", {"manage.py": "x", **newer})
    return make_slug(root / "old.tgz", old), make_slug(root / "new.tgz", new)


def test_a_package_has_its_versions(packaged: tuple[Path, Path]) -> None:
    found = compared(*packaged, cwd=packaged[0].parent)
    assert [(item["package"], item["versions_before"], item["versions_after"]) for item in found["packages"]] == [
        ("django", ["4.2.1"], ["4.2.7"]),
        ("brotli", [], ["1.2.1"]),
    ]
    assert [item["group"] for item in found["groups"]] == ["Python packages"]
    assert [(item["package"], item["path"]) for item in found["reasons"]] == [("django", None), ("brotli", None)]
    lines = run("diff", *map(str, packaged), cwd=packaged[0].parent).stdout.decode().splitlines()
    assert re.match(r"  django 4\.2\.1 → 4\.2\.7 \+[\d.]+K, brotli 1\.2\.1 \(new\) \+[\d.]+K$", lines[1])


def test_beside_a_slug_the_files_of_a_commit_are_in_groups_as_well(packaged: tuple[Path, Path], tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"manage.py": "x", "node_modules/a/index.js": "a"})
    found = compared("HEAD", packaged[0], cwd=repository)
    before = {item["group"]: item["before"]["files"] for item in found["groups"]}
    assert set(before.values()) == {0, 1}
    assert before["Python packages"] == 0
    assert all(item["after"]["files"] != 0 or item["before"]["files"] == 1 for item in found["groups"])
    assert [(item["package"], item["versions_before"]) for item in found["packages"]] == [("django", []), ("a", [])]


def test_a_limit_on_archives_may_be_raised(slugs: tuple[Path, Path]) -> None:
    words = ["diff", *map(str, slugs)]
    done = run(*words, "--limit", "entries=3", cwd=slugs[0].parent)
    assert (done.code, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)
    assert b"--limit entries" in done.stderr
    assert run(*words, "--limit", "entries=300", cwd=slugs[0].parent).code == 0
    done = run(*words, "--limit", "colours=3", cwd=slugs[0].parent)
    assert (done.code, done.stderr.count(b"\n")) == (2, 1)


# Slugs of applications that package managers have installed


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Path]]:
    """Two builds of a Python application and two of a Node one, unpacked, with other versions in the later."""
    root = tmp_path_factory.mktemp("releases")
    old = build_python_application(root / "python-old/app", ("six==1.15.0", "pycodestyle==2.11.1"))
    new = build_python_application(root / "python-new/app", ("six==1.16.0", "pycodestyle==2.11.1", "idna==3.7"))
    python = (old, new)
    old = build_node_application(root / "node-old/app", {"strip-ansi": "6.0.1", "ms": "2.1.2"}, {})
    new = build_node_application(root / "node-new/app", {"strip-ansi": "7.1.0", "string-width": "4.2.3"}, {})
    return {"python": python, "node": (old, new)}


EXPECTED_PACKAGES = {
    "python": {"six": (["1.15.0"], ["1.16.0"]), "idna": ([], ["3.7"])},
    "node": {
        "ansi-regex": (["5.0.1"], ["5.0.1", "6"]),
        "emoji-regex": ([], ["8.0.0"]),
        "is-fullwidth-code-point": ([], ["3.0.0"]),
        "ms": (["2.1.2"], []),
        "string-width": ([], ["4.2.3"]),
        "strip-ansi": (["6.0.1"], ["6.0.1", "7.1.0"]),
    },
}


@pytest.mark.full
@pytest.mark.parametrize("kind", ["python", "node"])
def test_two_builds_differ_where_tar_and_diff_say_so(
    releases: dict[str, tuple[Path, Path]], kind: str, tmp_path: Path
) -> None:
    apps = releases[kind]
    slugs = [make_slug(tmp_path / f"{number}.tgz", app, root="./app/") for number, app in enumerate(apps)]
    found = compared(*slugs, cwd=tmp_path)
    # Names, modes and sizes; every time is another one in another build.
    assert listed_in(slugs[0]) ^ listed_in(slugs[1]) == {
        entry for side in ("before", "after") for entry in entries_of(found, side) if entry not in both(found)
    }
    assert names(found) == differing(*apps)
    packages = {item["package"]: (item["versions_before"], item["versions_after"]) for item in found["packages"]}
    for name, (before, after) in EXPECTED_PACKAGES[kind].items():
        assert packages[name][0] == before
        assert [version.startswith(start) for version, start in zip(packages[name][1], after, strict=True)] == [
            True for _ in after
        ]


def entries_of(found: dict[str, Any], side: str) -> set[tuple[str, str, int]]:
    """Path, mode and size of every file that is not the same, as the side has it."""
    items = (item[side] for item in found["files"] if item[side] is not None)
    return {(item["path"], item["mode"], item["bytes"] if item["mode"] != "120000" else 0) for item in items}


def both(found: dict[str, Any]) -> set[tuple[str, str, int]]:
    """Those that tar lists alike on both sides: only their contents differ."""
    return entries_of(found, "before") & entries_of(found, "after")


def listed_in(slug: Path) -> set[tuple[str, str, int]]:
    """The same of every file in a slug, as tar lists it."""
    command = ["tar", "tvf", str(slug), "--quoting-style=literal"]
    lines = subprocess.run(command, capture_output=True, check=True).stdout.decode().splitlines()
    found = set()
    for line in lines:
        rights, _, size, _, _, name = line.split(None, 5)
        path = name.partition(" -> ")[0].removeprefix("./app/")
        if rights[0] != "d":
            mode = "120000" if rights[0] == "l" else "100755" if rights[3] == "x" else "100644"
            found.add((path, mode, int(size)))
    return found


def differing(old: Path, new: Path) -> set[str]:
    """The paths of files that are not in both directories with the same content and mode."""
    there = [
        {path.relative_to(app) for path in app.rglob("*") if path.is_symlink() or path.is_file()} for app in (old, new)
    ]
    changed = {path for path in there[0] & there[1] if state(old / path) != state(new / path)}
    return {str(path) for path in (there[0] ^ there[1]) | changed}


def state(path: Path) -> tuple[bytes, bool]:
    if path.is_symlink():
        return os.fsencode(path.readlink()), False
    return path.read_bytes(), bool(path.stat().st_mode & 0o100)


def test_what_is_too_large_to_tell_a_version_is_mentioned(tmp_path: Path) -> None:
    app = make_tree(
        tmp_path / "app", {"node_modules/x/package.json": '{"name": "x", "version": "1"}' + " " * (1 << 20)}
    )
    slug = make_slug(tmp_path / "slug.tgz", app)
    assert [note["id"] for note in compared(slug, slug, cwd=tmp_path)["after"]["notes"]] == ["metadata-too-large"]
