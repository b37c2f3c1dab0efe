"""What `inspect --cleanup` writes, what that removes, and what it is said to save."""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from slugtrim.anatomy.catalog import Sign, waste_rules
from slugtrim.anatomy.removal import PLACES, PRUNE, command_of
from slugtrim.cleanup import _manifest, with_script
from slugtrim.inspection import inspect_slug
from slugtrim.suggester.records import Tier
from tests.builders import Content, make_slug, make_tree
from tests.command_line import run
from tests.test_anatomy_waste import CASES

Files = dict[bytes | str, Content]

NOISE = random.Random(23)
CACHE: Files = {f"node_modules/.cache/babel/{n}.json": NOISE.randbytes(3000).hex() for n in range(40)}
PACKAGE = """\
{
    "name": "shop",
    "scripts": {
        "start": "node index.js"
    }
}
"""
NODE: Files = {
    "package.json": PACKAGE,
    "index.js": "x" * 4000,
    "node_modules/a/index.js": NOISE.randbytes(40_000).hex(),
    "node_modules/a/prebuilds/darwin-arm64/a.node": NOISE.randbytes(9000),
    **CACHE,
}
GEMS = "vendor/bundle/ruby/3.2.0"
RUBY: Files = {
    "Gemfile": "x",
    "Rakefile": "task :default\n",
    f"{GEMS}/gems/a-1.0/lib/a.rb": "x",
    f"{GEMS}/gems/a-1.0/ext/a.o": NOISE.randbytes(5000),
}
PYTHON: Files = {
    "app.py": "x",
    ".heroku/python/lib/libpython3.11.a": NOISE.randbytes(9000),
    ".heroku/python/lib/python3.11/os.py": "x",
}


def cleaned(tmp_path: Path, files: Files, *options: str, code: int = 0) -> tuple[Path, dict[str, Any]]:
    """Return the application, cured by a slug of it, and what is said of that."""
    app = make_tree(tmp_path / "app", files)
    slug = make_slug(tmp_path / "slug.tgz", app, root="./app/")
    done = run("inspect", str(slug), "--cleanup", *(options or (str(app),)), "--format", "json", cwd=tmp_path)
    assert done.code == code, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)["cleanup"]
    return app, document


def test_a_script_is_written_into_the_manifest_and_does_what_was_measured(tmp_path: Path) -> None:
    app, said = cleaned(tmp_path, NODE)
    before = (tmp_path / "slug.tgz").stat().st_size
    text = (app / "package.json").read_text()
    script = json.loads(text)["scripts"]["heroku-cleanup"]
    assert text == PACKAGE.replace('index.js"\n', f'index.js",\n        "heroku-cleanup": {json.dumps(script)}\n')
    subprocess.run(["sh", "-c", script], cwd=app, check=True)
    assert not (app / "node_modules/.cache").exists()
    assert not (app / "node_modules/a/prebuilds/darwin-arm64").exists()
    saved = before - make_slug(tmp_path / "after.tgz", app, root="./app/").stat().st_size
    assert said["saves_compressed_bytes"] == pytest.approx(saved, rel=0.02)
    assert (said["measured"], said["written"], said["left"]) == (True, True, [])


def test_a_second_run_changes_nothing_and_new_waste_joins(tmp_path: Path) -> None:
    app, _ = cleaned(tmp_path, NODE)
    first = (app / "package.json").read_bytes()
    _, said = cleaned(tmp_path, {})
    assert (app / "package.json").read_bytes() == first
    assert said["files"] == []
    subprocess.run(["rm", "-rf", "node_modules/.cache", "node_modules/a/prebuilds"], cwd=app, check=True)
    cleaned(tmp_path, {"node_modules/a/x.a": "x"})
    script = json.loads((app / "package.json").read_text())["scripts"]["heroku-cleanup"]
    assert "rm -rf node_modules/.cache; " in script
    assert "-name '*.a'" in script
    assert script.endswith(" # slugtrim")


def test_no_command_is_written_whose_files_another_takes(tmp_path: Path) -> None:
    caches: Files = {f"apps/web/.next/cache/{place}": "x" * 900 for place in ("webpack/0.pack", "x.json")}
    app, said = cleaned(tmp_path, NODE | caches)
    (row,) = (each for each in said["removals"] if each["id"] == "node-build-caches")
    assert row["commands"] == ["rm -rf node_modules/.cache", "rm -rf apps/web/.next/cache"]
    script = json.loads((app / "package.json").read_text())["scripts"]["heroku-cleanup"]
    assert "find . -path" not in script
    subprocess.run(["sh", "-c", script], cwd=app, check=True)
    assert not (app / "apps/web/.next/cache").exists()


def test_a_command_below_a_deleted_directory_leaves_the_script() -> None:
    own = "rm -rf a b; rm -rf node_modules/x; find node_modules -name '*.a' -prune; rm -rf node_modules2 # slugtrim"
    text = _manifest(json.dumps({"scripts": {"heroku-cleanup": own}}), "heroku-cleanup", ["rm -rf node_modules"])
    script = json.loads(text)["scripts"]["heroku-cleanup"]
    assert script == "rm -rf a b; rm -rf node_modules2; rm -rf node_modules # slugtrim"


def test_a_script_of_the_owner_stays(tmp_path: Path) -> None:
    own = json.dumps({"scripts": {"heroku-cleanup": "rm -rf src"}})
    app, said = cleaned(tmp_path, NODE | {"package.json": own}, code=2)
    assert (app / "package.json").read_text() == own
    (refused,) = said["files"]
    assert refused["what"] == "refused"
    assert "already" in refused["reason"]
    assert refused["add"].startswith("rm -rf node_modules/.cache; find ")


def test_shown_only_writes_nothing(tmp_path: Path) -> None:
    app, said = cleaned(tmp_path, NODE, "-")
    assert (app / "package.json").read_text() == PACKAGE
    assert said["written"] is False
    text = run("inspect", "slug.tgz", "--cleanup", "-", cwd=tmp_path).stdout.decode()
    assert '\n+        "heroku-cleanup": "rm -rf' in text
    assert "Change package.json:" in text


@pytest.mark.parametrize("files", [NODE, NODE | {"package.json": '{"name": "x"}'}, RUBY, PYTHON])
def test_git_applies_what_is_printed(tmp_path: Path, files: Files) -> None:
    app, _ = cleaned(tmp_path, files, "-")
    printed = run("inspect", "slug.tgz", "--cleanup", "-", cwd=tmp_path).stdout
    subprocess.run(["git", "apply"], input=printed, cwd=app, check=True)
    assert cleaned(tmp_path, {})[1]["files"] == []


def test_the_first_line_says_what_was_written(tmp_path: Path) -> None:
    cleaned(tmp_path, NODE, "-")
    (tmp_path / "other").mkdir()
    done = run("inspect", "slug.tgz", "--cleanup", "other", cwd=tmp_path)
    assert done.code == 2
    assert re.match(
        r"Nothing written: other has no package\.json\. \S+ \(\d+%\) could be saved\.\n", done.stdout.decode()
    )
    assert run("inspect", "slug.tgz", "--cleanup", "app", cwd=tmp_path).stdout.startswith(b"Saves ")
    done = run("inspect", "slug.tgz", "--cleanup", "app", cwd=tmp_path)
    assert (done.code, done.stdout.partition(b" saves ")[0]) == (0, b"Already set up: the next build")


def test_a_rake_task_removes_it_on_the_platform_only(tmp_path: Path) -> None:
    app, _ = cleaned(tmp_path, RUBY)
    assert (app / "Rakefile").read_text() == 'task :default\n\nload "lib/tasks/slugtrim.rake"\n'
    task = (app / "lib/tasks/slugtrim.rake").read_text()
    assert "find vendor/bundle -name '*.o'" in task
    _, said = cleaned(tmp_path, {})
    assert said["files"] == []


def test_rails_loads_the_task_by_itself(tmp_path: Path) -> None:
    app, _ = cleaned(tmp_path, RUBY | {"config/application.rb": "x"})
    assert (app / "Rakefile").read_text() == "task :default\n"
    assert (app / "lib/tasks/slugtrim.rake").exists()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (None, "#!/usr/bin/env bash\n{}"),
        ("#!/bin/sh\necho a\n", "#!/bin/sh\necho a\n{}"),
        ("#!/bin/sh\necho a\n\nexit 0\n", "#!/bin/sh\necho a\n{}\nexit 0\n"),
    ],
)
def test_post_compile_gets_a_block(tmp_path: Path, before: str | None, after: str) -> None:
    app, _ = cleaned(tmp_path, PYTHON | ({"bin/post_compile*": before} if before is not None else {}))
    script = app / "bin/post_compile"
    block = "".join(script.read_text().partition("# slugtrim inspect")[1:])
    begin = block.partition("# End of what slugtrim wrote.\n")[0]
    assert script.read_text() == after.format(begin + "# End of what slugtrim wrote.\n")
    assert os.access(script, os.X_OK)
    subprocess.run([script], cwd=app, check=True, stdout=subprocess.DEVNULL)
    assert not (app / ".heroku/python/lib/libpython3.11.a").exists()
    assert (app / ".heroku/python/lib/python3.11/os.py").exists()


@pytest.mark.parametrize("own", ["#!/usr/bin/env python\n", "#!/bin/sh\nexec bin/more\n"])
def test_what_is_no_plain_shell_script_stays(tmp_path: Path, own: str) -> None:
    app, said = cleaned(tmp_path, PYTHON | {"bin/post_compile": own}, code=2)
    assert (app / "bin/post_compile").read_text() == own
    assert [each["what"] for each in said["files"]] == ["refused"]


MANIFESTS = {
    "{}": '{"scripts": {"a": "b"}}',
    '{"name": "x"}': '{"name": "x", "scripts": {"a": "b"}}',
    '{"scripts": {}}': '{"scripts": {"a": "b"}}',
    '{"scripts": {"c": "d, } \\" {"}, "x": [{"scripts": {}}]}': None,
    '{"scripts": {"a": 1, "c": "d"}}': '{"scripts": {"a": "b", "c": "d"}}',
    '{\n\t"name": "x"\n}\n': '{\n\t"name": "x",\n\t"scripts": {\n\t\t"a": "b"\n\t}\n}\n',
    '{\n  "scripts": {}\n}': '{\n  "scripts": {\n    "a": "b"\n  }\n}',
    '{\r\n  "scripts": {\r\n    "c": "d"\r\n  }\r\n}': None,
    '{"x": {"scripts": 1}, "scripts": {"c": null}}': None,
}
"""Before and after; None if only a member is added, in the form of the one before it."""


def test_a_manifest_keeps_its_formatting() -> None:
    for before, after in MANIFESTS.items():
        now = with_script(before, "a", "b")
        assert json.loads(now) == json.loads(before) | {"scripts": json.loads(before).get("scripts", {}) | {"a": "b"}}
        assert after in (now, None)
        if after is None:
            added = re.sub(r',\s*"a": "b"', "", now)
            assert added == before
            assert now.count("\n") - now.count("\r\n") == before.count("\n") - before.count("\r\n")


def test_torch_is_taken_from_the_index_of_cpu_wheels(tmp_path: Path) -> None:
    site = ".heroku/python/lib/python3.11/site-packages"
    files: Files = {"requirements.txt": "flask\ntorch==2.5.1\n"}
    for name in ("torch", "nvidia_cublas_cu12"):
        files[f"{site}/{name}-1.0.dist-info/METADATA"] = f"Name: {name}\nVersion: 1.0\n\n"
        files[f"{site}/{name}-1.0.dist-info/RECORD"] = f"{name}/a.so,,\n"
        files[f"{site}/{name}/a.so"] = NOISE.randbytes(30_000)
    app, said = cleaned(tmp_path, files)
    index = "--extra-index-url https://download.pytorch.org/whl/cpu\n"
    assert (app / "requirements.txt").read_text() == f"flask\n{index}torch==2.5.1\n"
    assert said["saves_compressed_bytes"] == pytest.approx(30_000, rel=0.05)
    assert cleaned(tmp_path, {})[1]["files"] == []


def test_a_list_with_hashes_is_refused(tmp_path: Path) -> None:
    site = ".heroku/python/lib/python3.11/site-packages"
    _, said = cleaned(
        tmp_path,
        {
            "requirements.txt": "torch==2.5.1 --hash=sha256:00\n",
            f"{site}/torch-1.dist-info/METADATA": "Name: torch\nVersion: 1\n\n",
            f"{site}/triton-1.dist-info/METADATA": "Name: triton\nVersion: 1\n\n",
        },
    )
    assert [each["what"] for each in said["files"]] == ["refused"]
    assert said["left"] == ["cuda"]


def test_a_directory_and_a_plain_archive_are_measured_as_well(tmp_path: Path) -> None:
    app = make_tree(tmp_path / "app", NODE)
    packed = inspect_slug(str(make_slug(tmp_path / "slug.tgz", app)), cleanup="-").cleanup
    tar = tmp_path / "slug.tar"
    subprocess.run(["tar", "cf", tar, "-C", app, "."], check=True)
    for slug in (app, tar):
        other = inspect_slug(str(slug), cleanup="-").cleanup
        assert packed is not None
        assert other is not None
        assert other.saves_bytes == pytest.approx(packed.saves_bytes, rel=0.02)
        assert other.plan.gone == packed.plan.gone


def test_no_command_takes_what_is_not_waste(tmp_path: Path) -> None:
    app, _ = cleaned(tmp_path, NODE | {"vendor/bundle/x.o": "", "Gemfile": "x", "Rakefile": ""})
    assert (app / "vendor/bundle/x.o").exists()
    own: Files = {"package.json": PACKAGE, ".npm/_cacache/a": "x", "deep/.next/cache/webpack/a": "x", "x/a.a": "x"}
    app, _ = cleaned(tmp_path / "own", own)
    subprocess.run(
        ["sh", "-c", json.loads((app / "package.json").read_text())["scripts"]["heroku-cleanup"]], cwd=app, check=True
    )
    assert sorted(str(path.relative_to(app)) for path in app.rglob("*") if path.is_file()) == ["package.json", "x/a.a"]


ENTRIES = {
    "node_modules/.cache": (["node_modules/.cache/a"], ["x/node_modules/.cache/a", "node_modules/.cachex"]),
    "vendor/bundle/*/*/cache/bundler/git": (
        ["vendor/bundle/ruby/3.2.0/cache/bundler/git/a"],
        ["vendor/bundle/ruby/.3/cache/bundler/git/a", "vendor/bundle/3.2.0/cache/bundler/git/a"],
    ),
    "node_modules//*.a": (
        ["node_modules/a.a", "node_modules/a/b.a", "node_modules/b/.a"],
        ["a.a", "node_modules/b.ab"],
    ),
    ".heroku//share/doc": ([".heroku/share/doc/a", ".heroku/x/y/share/doc/a"], [".heroku/share/docs", "share/doc/a"]),
    "node_modules//prebuilds/darwin-*": (
        ["node_modules/a/prebuilds/darwin-x64/b"],
        ["node_modules/a/prebuilds/linux-x64/b", "node_modules/a/xprebuilds/darwin-x64/b"],
    ),
    ".//.next/cache/swc": ([".next/cache/swc/a", "web/.next/cache/swc/a"], ["next/cache/swc/a"]),
    "vendor/ruby-*//share/ri": (["vendor/ruby-3.2.2/share/ri/a"], ["vendor/ruby/share/ri/a"]),
}


def test_the_shell_takes_what_the_pattern_matches(tmp_path: Path) -> None:
    for number, (entry, (taken, kept)) in enumerate(ENTRIES.items()):
        root = make_tree(tmp_path / str(number), dict.fromkeys((*taken, *kept), "x"))
        command, form = command_of(entry)
        subprocess.run(["sh", "-ec", command], cwd=root, check=True)
        subprocess.run(["sh", "-ec", command], cwd=root, check=True, capture_output=True)  # nothing is left
        assert [path for path in (*taken, *kept) if (root / path).exists()] == kept
        assert [path for path in (*taken, *kept) if form.match(os.fsencode(path))] == taken


def test_safe_waste_says_how_it_goes() -> None:
    by_hand = {rule.id for rule in waste_rules() if rule.tier is Tier.SAFE and not (rule.remove or rule.requirement)}
    assert by_hand == {"composer-dev-packages", "foreign-bytecode"}
    assert not [
        rule.id for rule in waste_rules() if rule.tier is Tier.CONDITIONAL and (rule.remove or rule.requirement)
    ]


def test_all_of_each_kind_goes(tmp_path: Path) -> None:
    for rule in waste_rules():
        if not rule.remove or rule.id not in CASES:
            continue
        files, _ = CASES[rule.id]
        app = make_tree(tmp_path / rule.id, {"package.json": PACKAGE, "Rakefile": "", **files})
        cleanup = inspect_slug(str(app), cleanup="-").cleanup
        assert cleanup is not None
        (removal,) = [each for each in cleanup.plan.removals if each.id == rule.id]
        assert removal.left.files == 0, (rule.id, removal.commands)


def test_each_place_that_a_pattern_names_has_a_command() -> None:
    """A pattern of the root stands for one path, so a command has to take it."""
    for rule in waste_rules():
        forms = [command_of(entry)[1] for entry in rule.remove if entry not in (PLACES, PRUNE)]
        if rule.sign is not Sign.NAMES or not forms or rule.packages or rule.id in ("runtime-docs", "git-directories"):
            continue
        for pattern in rule.patterns:
            if pattern.anchored and rule.groups and not set(rule.groups) & {"ruby-gems", "node-packages"}:
                path = b"/".join(pattern.parts).replace(b"*", b"x") + b"/a"
                assert any(form.match(path) for form in forms), (rule.id, path)
