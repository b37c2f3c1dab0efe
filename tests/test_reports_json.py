"""Every command's JSON against its published schema."""

from __future__ import annotations

import base64
import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from slugtrim.audit import audit_tree
from slugtrim.files import Tree
from slugtrim.ignore import Dialect
from slugtrim.listing import explain, list_slug
from slugtrim.reports.documents.fields import path_fields
from slugtrim.reports.formats import render
from slugtrim.sources import open_tree
from tests.builders import Content, commit_all, git, make_repo
from tests.rows import each_row

FILES: dict[bytes | str, Content] = {
    ".slugignore": b"/spec\n*.md\ndocs/*\n!x\n/nothing\n\xff*\n",
    ".gitattributes": "*.bin filter=lfs\n",
    "app/main.rb": "x" * 100,
    "docs/.hidden": "h",
    "caf\u00e9\u202e.rb": "c",
    b"bad\xe9": "b",
    b"dir\xff/new\nline": "n",
    "heroku.yml": "build: {docker: {web: Dockerfile}}\n",
    "link": Path("app"),
    "p.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 5\n",
    "spec/a_spec.rb": "s" * 50,
    "tmp/x": "t",
}

CONTRACT = {
    "": "schema complete source dialect checkout slug compiled left_out compiler_removed rules other_dialect largest "
    "directories limits predicted_log findings suggestions unreadable notes",
    "source": "kind rev path",
    "checkout": "files bytes",
    "slug": "files bytes compressed_bytes estimated class average_side includes_buildpacks",
    "left_out": "files bytes saves_compressed_bytes",
    "compiler_removed": "files bytes",
    "rules": "line text files bytes saves_compressed_bytes",
    "other_dialect": "dialect files bytes compressed_bytes only_here only_there",
    "largest": "path bytes compressed_bytes",
    "directories": "path files bytes compressed_bytes",
    "limits": "id bytes used_bytes status date source",
    "predicted_log": "deleting",
    "findings": "id level path line message",
    "unreadable": "path reason",
}
"""What design.md promises, key by key."""


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_repo(tmp_path_factory.mktemp("repository"), FILES)


@pytest.fixture
def tree(repository: Path) -> Tree:
    return open_tree(bytes(repository), rev="HEAD")


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((resources.files("slugtrim") / "schemas" / f"{name}.json").read_text("utf-8"))
    return loaded


def checked(text: str, name: str) -> dict[str, Any]:
    assert text.endswith("}\n")
    text.encode("utf-8")  # valid Unicode: no surrogates
    data: dict[str, Any] = json.loads(text)
    Draft202012Validator(schema(name)).validate(data)
    return data


def objects(node: object) -> list[dict[str, Any]]:
    """Every object schema in a schema, at any depth."""
    found = []
    if isinstance(node, dict):
        found = [node] if node.get("type") == "object" else []
        found += [item for child in node.values() for item in objects(child)]
    elif isinstance(node, list):
        found = [item for child in node for item in objects(child)]
    return found


@pytest.mark.parametrize("name", ["audit", "check", "ls", "explain", "diff"])
def test_a_schema_is_one_and_closed(name: str) -> None:
    Draft202012Validator.check_schema(schema(name))
    for item in objects(schema(name)):
        assert item["additionalProperties"] is False
        assert set(item["properties"]) - set(item["required"]) <= {"path_b64"}


def test_the_audit_has_every_key_of_the_contract(tree: Tree) -> None:
    report = audit_tree(tree)
    data = checked(render("audit", "json", report), "audit")
    assert data["schema"] == 3
    for section, keys in CONTRACT.items():
        part = data[section] if section else data
        for item in part if isinstance(part, list) else [part]:
            assert set(keys.split()) <= set(item), section
    assert data["compiled"] is None
    assert len(data["rules"]) == 6
    assert [finding["id"] for finding in data["findings"]] == [
        "no-slug",
        "negation",
        "dialects-differ",
        "not-utf-8",
        "lfs-pointers",
    ]
    assert [note["id"] for note in data["notes"]] == ["lfs-pointers"]


@pytest.mark.parametrize("dialect", Dialect)
def test_the_numbers_of_the_audit_are_those_of_the_record(tree: Tree, dialect: Dialect) -> None:
    report = audit_tree(tree, dialect)
    data = checked(render("audit", "json", report), "audit")
    assert data["dialect"] == dialect.value
    assert data["slug"]["compressed_bytes"] == report.compressed_bytes
    assert (
        data["slug"]["bytes"] + data["left_out"]["bytes"] + data["compiler_removed"]["bytes"]
        == (data["checkout"]["bytes"])
    )
    assert sum(rule["bytes"] for rule in data["rules"]) == data["left_out"]["bytes"]
    assert sum(rule["saves_compressed_bytes"] for rule in data["rules"]) == data["left_out"]["saves_compressed_bytes"]
    assert data["predicted_log"]["deleting"] == report.deleting
    assert len(data["directories"]) == len(report.directories)


def test_a_name_that_is_no_unicode_is_there_in_both_forms(tree: Tree) -> None:
    data = checked(render("audit", "json", audit_tree(tree)), "audit")
    exact = {item["path"]: item.get("path_b64") for item in data["largest"]}
    assert exact["bad\ufffd"] == base64.b64encode(b"bad\xe9").decode()
    assert exact["dir\ufffd/new\nline"] == base64.b64encode(b"dir\xff/new\nline").decode()
    assert exact["caf\u00e9\u202e.rb"] is None
    assert {item["path"] for item in data["directories"] if "path_b64" in item} == {"dir\ufffd"}


def test_an_incomplete_audit_says_what_is_missing(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x", b"\xff": "gone"})
    commit = commit_all(tmp_path)
    blob = git(tmp_path, "rev-parse", b"HEAD:\xff").decode().strip()
    (tmp_path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    data = checked(render("audit", "json", audit_tree(open_tree(bytes(tmp_path), rev=commit))), "audit")
    assert data["complete"] is False
    assert data["unreadable"] == [{"path": "\ufffd", "path_b64": "/w==", "reason": "its object is missing or damaged"}]


def test_an_audit_of_nothing_is_valid(tmp_path: Path) -> None:
    data = checked(render("audit", "json", audit_tree(open_tree(bytes(tmp_path), use_git=False))), "audit")
    assert data["source"] == {"kind": "directory", "rev": None, "path": str(tmp_path)}
    assert (data["rules"], data["largest"], data["directories"]) == ([], [], [])


@pytest.mark.parametrize("long", [False, True])
@pytest.mark.parametrize("ignored", [False, True])
def test_a_listing_is_valid(tree: Tree, ignored: bool, long: bool) -> None:
    record = list_slug(tree, Dialect.GITIGNORE, ignored=ignored, long=long)
    data = checked(render("ls", "json", record), "ls")
    assert (data["ignored"], data["complete"], data["dialect"]) == (ignored, True, "gitignore")
    assert all((item["compressed_bytes"] is not None) == long for item in data["files"])
    rules = {item["path"]: item["rule"] for item in data["files"]}
    if ignored:
        assert rules["spec/a_spec.rb"] == {"line": 1, "text": "/spec"}
        assert rules["tmp/x"] is None
    else:
        assert set(rules.values()) == {None}
        assert {item.get("path_b64") for item in data["files"]} == {None, "YmFk6Q==", "ZGly/y9uZXcKbGluZQ=="}


def test_an_explanation_is_valid(tree: Tree) -> None:
    paths = [b"spec", b"app/main.rb", b"bad\xe9", b"absent\xff", b"", b"tmp/x"]
    data = checked(render("explain", "json", explain(tree, paths, Dialect.GLOB)), "explain")
    assert [item["kind"] for item in data["paths"]] == ["directory", "file", "file", "absent", "directory", "file"]
    assert [item["verdicts"][0]["dialect"] for item in data["paths"]] == ["glob"] * 6
    assert data["paths"][0]["verdicts"][0] == {
        "dialect": "glob",
        "files": 1,
        "left_out": 1,
        "by_compiler": False,
        "rule": {"line": 1, "text": "/spec"},
    }
    assert data["paths"][3]["path_b64"] == base64.b64encode(b"absent\xff").decode()
    assert data["paths"][5]["verdicts"][0]["by_compiler"] is True


@each_row(
    "path, name",
    [
        (b"app/main.rb", {"path": "app/main.rb"}),
        (b"a\nb", {"path": "a\nb"}),
        ("日本".encode(), {"path": "日本"}),
        (b"caf\xe9", {"path": "caf\ufffd", "path_b64": base64.b64encode(b"caf\xe9").decode()}),
        (b"\xed\xa0\x80", {"path": "\ufffd" * 3, "path_b64": base64.b64encode(b"\xed\xa0\x80").decode()}),
    ],
)
def test_a_name_in_json_is_unicode_and_exact_beside_it_where_it_is_not(path: bytes, name: dict[str, str]) -> None:
    assert path_fields(path) == name
