"""The package can be published: its metadata, what its archives hold, and the workflow that does it."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
import yaml

from slugtrim import __version__
from tests.examples import TOP

WORKFLOW = TOP / ".github/workflows/release.yml"
PROJECT = tomllib.loads((TOP / "pyproject.toml").read_text())["project"]


def test_the_metadata_has_what_an_index_shows() -> None:
    assert PROJECT["name"] == "slugtrim"
    assert PROJECT["readme"] == "README.md"
    assert PROJECT["license"] == "MIT"
    assert set(PROJECT["urls"]) == {"Documentation", "Source", "Changelog", "Issues"}
    assert len(PROJECT["description"]) < 120
    pythons = [row.rpartition(" ")[2] for row in PROJECT["classifiers"] if row.startswith("Programming Language")]
    assert PROJECT["requires-python"].startswith(f">={pythons[pythons.index('Only') + 1]}")


@pytest.mark.full
def test_archives_have_what_the_pages_need(tmp_path: Path) -> None:
    flit = pytest.importorskip("flit_core.buildapi", reason="flit_core is not installed")
    del flit
    script = "import sys, flit_core.buildapi as b; b.build_sdist(sys.argv[1]); b.build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], cwd=TOP, check=True)
    with tarfile.open(tmp_path / f"slugtrim-{__version__}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    for needed in ("README.md", "CHANGELOG.md", "mkdocs.yml", "docs/index.md", "tests/examples.py"):
        assert needed in names
    with zipfile.ZipFile(tmp_path / f"slugtrim-{__version__}-py3-none-any.whl") as wheel:
        tops = {name.partition("/")[0] for name in wheel.namelist()}
        (metadata,) = [name for name in wheel.namelist() if name.endswith("/METADATA")]
        assert "Project-URL: Documentation, " in wheel.read(metadata).decode()
    assert tops == {"slugtrim", f"slugtrim-{__version__}.dist-info"}


def test_the_workflow_publishes_what_it_built_and_checked() -> None:
    workflow = yaml.safe_load(WORKFLOW.read_text())
    assert workflow[True] == {"push": {"tags": ["v*"]}}  # YAML 1.1 reads the key "on" as true
    assert workflow["permissions"] == {"contents": "read"}
    build, publish = workflow["jobs"]["build"], workflow["jobs"]["publish"]
    commands = [step.get("run", "") for step in build["steps"]]
    order = ["-m build", "twine check --strict", "${TAG#v}", "bin/slugtrim"]
    places = [next(place for place, run in enumerate(commands) if part in run) for part in order]
    assert places == sorted(places)
    assert publish["needs"] == "build"
    assert publish["permissions"] == {"id-token": "write"}
    assert "secrets." not in WORKFLOW.read_text()


def test_the_workflow_follows_the_published_schema() -> None:
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed")
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.github-workflows", str(WORKFLOW)]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()


@pytest.mark.skipif(shutil.which("actionlint") is None, reason="actionlint is not installed")
def test_actionlint_finds_nothing() -> None:
    done = subprocess.run(["actionlint", str(WORKFLOW)], capture_output=True, check=False)
    assert done.returncode == 0, done.stdout.decode()
