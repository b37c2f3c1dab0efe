"""Tried as a new user would: one recorded deploy, and the audit predicts what the next one weighs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sysconfig
from pathlib import Path

import pytest

from slugtrim.units import MIB, format_size
from tests.builders import Content, commit_all, git, make_tree
from tests.deploys import build_log, make_deployed, says
from tests.pushes import Application
from tests.real_files import real_files

pytestmark = pytest.mark.full

PACKAGES = ("click", "hypothesis", "humanize", "jsonschema", "pathspec", "pygments", "yaml")
"""What a buildpack would install: packages of the environment that the tests run in."""
PUSH = ("builds", "record", "--", "git", "push", "heroku", "main")


def compile_slug(app: Application, place: Path) -> int:
    """What a build packs: the commit without what its rules name, with packages; bytes of the archive."""
    git(app.root, "worktree", "add", "-q", "--detach", str(place), "main")
    (place / ".git").unlink()
    git(app.root, "worktree", "prune")
    shutil.rmtree(place / "spec")
    installed = Path(sysconfig.get_paths()["purelib"])
    for name in PACKAGES:
        shutil.copytree(
            installed / name, place / ".heroku/python/lib" / name, ignore=shutil.ignore_patterns("__pycache__", "*.so")
        )
    archive = place.with_suffix(".tgz")
    subprocess.run(["tar", "czf", str(archive), "--owner=root", "-C", str(place), "."], check=True)
    return archive.stat().st_size


@pytest.mark.skipif(shutil.which("tar") is None, reason="there is no tar to pack a slug with")
def test_after_one_recorded_deploy_the_next_is_predicted_within_two_percent(tmp_path: Path) -> None:
    sources = list(real_files(400).items())
    files: dict[bytes | str, Content] = {".slugignore": "/spec\n", "spec/a.rb": "it\n", "requirements.txt": "click\n"}
    files |= {f"app/{os.fsdecode(name)}": content for name, content in sources[:200]}
    app = make_deployed(tmp_path, files)
    first = compile_slug(app, tmp_path / "first")
    says(app, build_log(format_size(first), deleting=1))
    assert app.slugtrim(*PUSH).code == 0
    # Half as much source again, and some of what was there is gone.
    make_tree(app.root, {f"app/more/{os.fsdecode(name)}": content for name, content in sources[200:350]})
    shutil.rmtree(next(path for path in sorted((app.root / "app").iterdir()) if path.is_dir()))
    commit_all(app.root)
    data = json.loads(app.slugtrim("--format", "json").stdout)
    second = compile_slug(app, tmp_path / "second")
    predicted = data["compiled"]["compressed_bytes"]
    assert second > 1.05 * first  # as if nothing had changed would be off by more than that
    assert abs(predicted - second) <= 0.02 * second
    assert data["compiled"]["changed"] == []
    says(app, build_log(format_size(second), release=2, deleting=1))
    assert app.slugtrim(*PUSH).code == 0
    listed = json.loads(app.slugtrim("builds", "list", "--format", "json").stdout)["builds"]
    assert [each["fits"] for each in listed] == ["both", "both"]
    # Both logs round the slug to a tenth of a megabyte.
    assert abs(listed[0]["overhead_bytes"] - listed[1]["overhead_bytes"]) <= 0.02 * second + MIB / 20
    print(f"first {first:,}, second {second:,}, predicted {predicted:,} ({predicted / second - 1:+.2%})")
