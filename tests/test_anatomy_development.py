"""What only development needs, where nobody marks it: as Node finds modules."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slugtrim.inspection import inspect_slug
from tests.builders import Content, make_tree

Files = dict[bytes | str, Content]


def manifest(**fields: object) -> str:
    return json.dumps({"version": "1.0.0", **fields})


def development(root: Path, files: Files) -> set[str]:
    anatomy = inspect_slug(str(make_tree(root, files))).anatomy
    found = [waste for waste in anatomy.waste if waste.id == "node-dev-dependencies"]
    return {place.path.decode() for waste in found for place in waste.places}


BOTH: Files = {
    "package.json": manifest(dependencies={"run": "1"}, devDependencies={"dev": "1"}),
    "node_modules/run/package.json": manifest(dependencies={"shared": "1"}),
    "node_modules/shared/package.json": manifest(),
    "node_modules/dev/package.json": manifest(
        dependencies={"shared": "1", "own": "1"}, optionalDependencies={"may": "1"}
    ),
    "node_modules/own/package.json": manifest(dependencies={"dev": "1"}),
    "node_modules/may/index.js": "x",
}


def test_what_runs_as_well_is_needed(tmp_path: Path) -> None:
    assert development(tmp_path, {**BOTH}) == {"node_modules/dev", "node_modules/may", "node_modules/own"}


def test_nothing_is_for_development_without_dev_dependencies(tmp_path: Path) -> None:
    assert development(tmp_path, {**BOTH, "package.json": manifest(dependencies={"run": "1"})}) == set()


def test_what_npm_marks_is_believed(tmp_path: Path) -> None:
    lock = json.dumps({"packages": {"node_modules/shared": {"dev": True}, "node_modules/own": {}}})
    assert development(tmp_path, {**BOTH, "node_modules/.package-lock.json": lock}) == {"node_modules/shared"}


def test_the_nearest_copy_is_meant(tmp_path: Path) -> None:
    files: Files = {
        **BOTH,
        "node_modules/dev/node_modules/shared/package.json": manifest(),
        "node_modules/dev/lib/node_modules/shared/package.json": manifest(),
    }
    assert "node_modules/dev/node_modules/shared" in development(tmp_path, files)


def test_links_of_pnpm_are_followed(tmp_path: Path) -> None:
    store = "node_modules/.pnpm"
    files: Files = {
        "package.json": manifest(dependencies={"@s/run": "1"}, devDependencies={"dev": "1"}),
        "node_modules/@s/run": Path("../.pnpm/run@1/node_modules/@s/run"),
        "node_modules/dev": Path(".pnpm/dev@1/node_modules/dev"),
        f"{store}/run@1/node_modules/@s/run/package.json": manifest(dependencies={"shared": "1"}),
        f"{store}/run@1/node_modules/shared": Path("../../shared@1/node_modules/shared"),
        f"{store}/shared@1/node_modules/shared/package.json": manifest(),
        f"{store}/dev@1/node_modules/dev/package.json": manifest(dependencies={"own": "1", "shared": "1"}),
        f"{store}/dev@1/node_modules/own": Path("../../own@1/node_modules/own"),
        f"{store}/dev@1/node_modules/shared": Path("../../shared@1/node_modules/shared"),
        f"{store}/own@1/node_modules/own/package.json": manifest(),
    }
    assert development(tmp_path, files) == {f"{store}/dev@1/node_modules/dev", f"{store}/own@1/node_modules/own"}


@pytest.mark.parametrize("workspace", ["packages/web", "client"])
def test_a_workspace_needs_what_its_own_manifest_says(tmp_path: Path, workspace: str) -> None:
    files: Files = {**BOTH, f"{workspace}/package.json": manifest(dependencies={"own": "1"})}
    assert development(tmp_path, files) == set()  # own needs dev, and dev the rest


def test_names_that_nobody_installed_are_passed_over(tmp_path: Path) -> None:
    files: Files = {
        "package.json": manifest(dependencies={"gone": "1", "../../etc": "1"}, devDependencies={"dev": "1", "": "1"}),
        "node_modules/dev/index.js": "x",
    }
    assert development(tmp_path, files) == {"node_modules/dev"}
