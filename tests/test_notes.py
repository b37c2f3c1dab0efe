"""What the files of a tree say about the platform: no slug at all, LFS pointers."""

from __future__ import annotations

from pathlib import Path

import pytest

from slugtrim.files import Note
from slugtrim.findings import Finding, Level
from slugtrim.lint.ships import no_slug_findings
from slugtrim.lint.view import lfs_note
from slugtrim.platforms import HEROKU
from slugtrim.sources import open_tree
from tests.builders import Content, make_repo, make_tree
from tests.rows import each_row

POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"a" * 64 + b"\nsize 12345\n"

DOCKER = Finding(
    id="no-slug",
    level=Level.ERROR,
    path=b"heroku.yml",
    line=None,
    message="builds a Docker image (build.docker): on the container stack no slug is made, and .slugignore is not read",
    cure="List in .dockerignore what the image should leave out",
)
BUILDPACKS = Finding(
    id="no-slug",
    level=Level.WARNING,
    path=b"project.toml",
    line=None,
    message="configures Cloud Native Buildpacks: on Fir they build an image, no slug, and .slugignore is not read",
    cure="On Fir, exclude in project.toml: slugtrim suggest --format project-toml prints what",
)


def findings(root: Path, files: dict[bytes | str, Content]) -> tuple[Finding, ...]:
    return no_slug_findings(open_tree(bytes(make_tree(root, files)), use_git=False), HEROKU)


@each_row(
    "text",
    [
        "build:\n  docker:\n    web: Dockerfile\n",
        "build: {docker: {web: Dockerfile}}\n",
        '"build":\n  "docker":\n    "web": "Dockerfile"\n',
        "setup:\n  addons: []\nbuild:\n  config: {A: 1}\n  docker:\n    web: a\n    worker: b\nrun:\n  web: x\n",
        "---\nbuild:\n  docker:\n    web: Dockerfile\n...\n",
        "common: &d\n  web: Dockerfile\nbuild:\n  docker: *d\n",
        "when: !!timestamp never\nbuild:\n  docker:\n    web: Dockerfile\n",
        "odd: !ruby/object:Thing {}\nbuild:\n  docker:\n    web: Dockerfile\n",
        "? [a, list]\n: 1\nbuild:\n  docker:\n    web: Dockerfile\n",
        "\ufeffbuild:\r\n  docker:\r\n    web: Dockerfile\r\n",
    ],
)
def test_a_docker_build_makes_no_slug(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, {"heroku.yml": text}) == (DOCKER,)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# build:\n#   docker:\n#     web: Dockerfile\n",
        "build:\n#  docker:\n#    web: Dockerfile\n  config: {}\n",
        "build:\n  docker:\n",
        "build:\n  docker: {}\n",
        "build:\n  docker: true\n",
        "build:\n  languages: [ruby]\n",
        "build:\n",
        "build: docker\n",
        "docker:\n  web: Dockerfile\n",
        "run:\n  docker:\n    web: Dockerfile\n",
        "- build\n- docker\n",
        "just words",
        "build: {docker: {web: Dockerfile}\n",
        "build:\n\tdocker:\n",
        "a: 1\n---\nbuild: {docker: {web: Dockerfile}}\n",
        b"build: \xff\xfe\xfd",
        b"build: \0",
        "[" * 2000,
        "!!timestamp x",
        "!!int ''",
    ],
)
def test_any_other_heroku_yml_says_nothing(tmp_path: Path, text: str | bytes) -> None:
    assert findings(tmp_path, {"heroku.yml": text}) == ()


@each_row(
    "text",
    [
        '[_]\nschema-version = "0.2"\n',
        '[_]\nschema-version = "0.2"\nid = "x"\n\n[io.buildpacks]\nexclude = ["spec"]\n',
        '[[io.buildpacks.group]]\nid = "heroku/ruby"\n',
        'io = { buildpacks = { builder = "heroku/builder:24" } }\n',
    ],
)
def test_a_project_toml_may_make_no_slug(tmp_path: Path, text: str) -> None:
    assert findings(tmp_path, {"project.toml": text}) == (BUILDPACKS,)


@each_row(
    "text",
    [
        "",
        '[tool.thing]\nname = "x"\n',
        '# [_]\n# schema-version = "0.2"\n',
        '[_]\nname = "no schema"\n',
        '_ = "a string"\nio = 3\n',
        "[io]\nother = 1\n",
        "[_\n",
        b"\xff\xfe",
        "a = " + "[" * 5000,
    ],
)
def test_any_other_project_toml_says_nothing(tmp_path: Path, text: str | bytes) -> None:
    assert findings(tmp_path, {"project.toml": text}) == ()


def test_only_the_root_counts_and_both_are_named(tmp_path: Path) -> None:
    heroku, project = "build: {docker: {web: Dockerfile}}\n", '[_]\nschema-version = "0.2"\n'
    assert findings(tmp_path / "below", {"sub/heroku.yml": heroku, "sub/project.toml": project}) == ()
    assert findings(tmp_path / "root", {"heroku.yml": heroku, "project.toml": project}) == (DOCKER, BUILDPACKS)


def test_a_heroku_yml_of_megabytes_is_not_read(tmp_path: Path) -> None:
    text = "build: {docker: {web: Dockerfile}}\n" + "# padding\n" * 110_000
    assert findings(tmp_path, {"heroku.yml": text}) == ()


def lfs(root: Path, files: dict[bytes | str, Content]) -> Note | None:
    tree = open_tree(bytes(make_repo(root, files)), rev="HEAD")
    return lfs_note(tree, tree.files)


def test_lfs_pointers_are_noted(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        ".gitattributes": "*.psd filter=lfs diff=lfs merge=lfs -text\n",
        "a.psd": POINTER,
        "real.bin": b"\0" * 300,
        "link": Path("a" * 120),
    }
    assert lfs(tmp_path, files) == Note(
        id="lfs-pointers",
        message="Git LFS pointers: the platform ships the pointer files, not what they point to",
        paths=(b"a.psd",),
    )


def test_a_nested_gitattributes_counts(tmp_path: Path) -> None:
    note = lfs(tmp_path, {"media/.gitattributes": "* filter=lfs\n", "media/a.psd": POINTER, "x": "1"})
    assert note is not None
    assert note.paths == (b"media/a.psd",)


@pytest.mark.parametrize(
    "files",
    [
        {"a.psd": POINTER},
        {".gitattributes": "*.psd binary\n", "a.psd": POINTER},
        {".gitattributes": "*.psd filter=lfs\n", "a.psd": b"\x89PNG" + b"\0" * 200},
        {".gitattributes": "*.psd filter=lfs\n", "a.psd": POINTER + b"x" * 1000},
    ],
)
def test_no_pointer_no_note(tmp_path: Path, files: dict[bytes | str, Content]) -> None:
    assert lfs(tmp_path, files) is None


def test_a_pointer_that_is_left_out_is_not_noted(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {".gitattributes": "*.psd filter=lfs\n", "a.psd": POINTER})
    tree = open_tree(bytes(root), rev="HEAD")
    assert lfs_note(tree, tuple(file for file in tree.files if file.path != b"a.psd")) is None
