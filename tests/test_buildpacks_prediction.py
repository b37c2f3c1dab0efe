"""What buildpacks will add: by the lock file and the table, by what is installed here, and between two commits."""

from __future__ import annotations

import base64
import gzip
import hashlib
import io
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate
from msgspec.structs import replace

from slugtrim.buildpacks.installed import InstalledHere
from slugtrim.buildpacks.packages import Dependencies, LockedPackage, PackageEcosystem, PackageWeight, WeightOrigin
from slugtrim.buildpacks.prediction import Plan, package_growth, plan_of, predict, with_installed
from slugtrim.buildpacks.python_locks import python_dependencies
from slugtrim.buildpacks.weights import known_table, looked_up, mean_weight, measured_weight, together
from slugtrim.ignore import Dialect
from tests.applications import Files, memory_tree
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import run

SCHEMAS = Path(__file__).parent.parent / "slugtrim/schemas"


def locked(*packages: tuple[str, str], dev: tuple[tuple[str, str], ...] = ()) -> str:
    """Return a package-lock.json."""
    rows: dict[str, Any] = {"": {"name": "app", "version": "1.0.0"}}
    rows |= {f"node_modules/{name}": {"version": version} for name, version in packages}
    rows |= {f"node_modules/{name}": {"version": version, "dev": True} for name, version in dev}
    return json.dumps({"name": "app", "lockfileVersion": 3, "packages": rows})


def node_app(*packages: tuple[str, str], dev: tuple[tuple[str, str], ...] = ()) -> dict[bytes | str, Content]:
    return {
        "package.json": '{"name": "app", "engines": {"node": "22.x"}}',
        "package-lock.json": locked(*packages, dev=dev),
        "Procfile": "web: node server.js",
        "server.js": "require('http')",
    }


def package(name: str, version: str = "1.0.0", **more: Any) -> LockedPackage:
    return LockedPackage(ecosystem=PackageEcosystem.NPM, name=name, version=version, **more)


def a_known() -> tuple[str, str]:
    """Return a package of npm that the table has, and a version of the first major version that it has."""
    name = next(iter(known_table().npm))
    return name, known_table().rows(package(name))[0].version + ".9.9"


def audited(repository: Path, *options: str) -> dict[str, Any]:
    done = run("audit", "--json", *options, cwd=repository)
    assert done.code == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    validate(document, json.loads((SCHEMAS / "audit.json").read_text()))
    return document


# The table.


def test_a_known_version_has_the_weight_of_its_row() -> None:
    name, version = a_known()
    row = known_table().rows(package(name))[0]
    weight = looked_up(package(name, version))
    assert (weight.compressed_bytes, weight.raw_bytes, weight.files) == (row.compressed_bytes, row.raw_bytes, row.files)
    assert weight.origin is WeightOrigin.KNOWN


def test_another_version_of_a_known_package_is_less_sure() -> None:
    name, version = a_known()
    same, other = looked_up(package(name, version)), looked_up(package(name, "999.0.0"))
    assert other.origin is WeightOrigin.KNOWN
    assert other.spread > same.spread


def test_a_package_that_is_not_known_has_the_mean_of_its_ecosystem() -> None:
    weight = looked_up(package("no-such-package-anywhere"))
    assert weight.origin is WeightOrigin.ESTIMATED
    assert weight.compressed_bytes == mean_weight(package("no-such-package-anywhere")).compressed_bytes


def test_a_version_between_two_known_ones_weighs_something_between() -> None:
    name, (older, newer) = next(
        (name, rows)
        for name in known_table().npm
        if len(rows := known_table().rows(package(name))) == 2
        and int(rows[1].version or 0) > int(rows[0].version or 0) + 1
    )
    weight = looked_up(package(name, f"{int(older.version) + 1}.0.0"))
    assert weight.origin is WeightOrigin.KNOWN
    low, high = sorted((older.compressed_bytes, newer.compressed_bytes))
    assert low <= weight.compressed_bytes <= high


def test_an_unknown_package_that_the_application_asks_for_weighs_more_than_what_others_need() -> None:
    asked = node_app(("our-a", "1.0.0"))
    asked["package.json"] = '{"dependencies": {"our-a": "^1.0.0"}}'
    (direct,) = plan_of(memory_tree(asked), Dialect.GITIGNORE).packages()
    assert direct.is_direct
    other, binary = package("our-a"), package("our-a-linux-x64-gnu")
    weights = [looked_up(each).compressed_bytes for each in (other, direct, binary)]
    assert weights == sorted(set(weights))


def test_the_size_in_a_lock_file_counts_more_than_the_table() -> None:
    weight = looked_up(package(a_known()[0], compressed_bytes=5_000_000))
    assert weight.origin is WeightOrigin.LOCK
    assert 5_000_000 <= weight.compressed_bytes < 6_500_000


def test_a_sum_is_surer_than_its_parts() -> None:
    one = looked_up(package("no-such-package-anywhere"))
    factors = []
    for count in (1, 10, 100):
        sum_ = together([one] * count)
        assert sum_.low_bytes < sum_.expected_bytes == count * one.compressed_bytes < sum_.high_bytes
        factors.append(sum_.high_bytes / sum_.low_bytes)
    assert factors == sorted(factors, reverse=True)


def test_nothing_weighs_nothing() -> None:
    sum_ = together([])
    assert (sum_.low_bytes, sum_.expected_bytes, sum_.high_bytes) == (0, 0, 0)


# A plan, and its prediction.


def test_development_packages_do_not_count() -> None:
    plan = plan_of(memory_tree(node_app(("our-a", "1.0.0"), dev=(("our-b", "1.0.0"),))), Dialect.GITIGNORE)
    assert [each.name for each in plan.packages()] == ["our-a"]
    prediction = predict(plan)
    assert [part.what.split()[0] for part in prediction.parts] == ["Node", "npm"]
    assert (prediction.packages, prediction.unknown, prediction.unknown_names) == (1, 1, ("our-a",))


def test_where_an_image_is_built_no_buildpack_runs() -> None:
    app = {**node_app(a_known()), "heroku.yml": "build: {docker: {web: Dockerfile}}\n", ".slugignore": "/heroku.yml\n"}
    assert not predict(plan_of(memory_tree(app), Dialect.GITIGNORE)).parts
    assert predict(plan_of(memory_tree(app), Dialect.FILEPATH)).parts, "another platform reads no heroku.yml"


def test_what_other_buildpacks_add_is_said_to_be_missing() -> None:
    app = {**node_app(("a", "1.0.0")), "app.json": json.dumps({"buildpacks": [{"url": "heroku/nodejs"}]})}
    assert not predict(plan_of(memory_tree(app), Dialect.GITIGNORE)).notes
    for listed, told in (
        (["heroku-community/apt"], "What heroku-community/apt adds beside"),
        (["heroku/jvm", "a/b", "c/d"], "What heroku/jvm, a/b and c/d add beside"),
    ):
        prediction = predict(plan_of(memory_tree(app), Dialect.GITIGNORE, ["heroku/nodejs", *listed]))
        assert prediction.notes == (f"{told} runtimes isn't predicted, so it isn't counted.",)


def test_what_the_rules_leave_out_no_buildpack_sees() -> None:
    files: Files = {**node_app(("a", "1.0.0")), "requirements.txt": "flask==3.0.0\n"}
    assert [each.id for each in plan_of(memory_tree(files), Dialect.GITIGNORE).detected.buildpacks] == ["heroku/nodejs"]
    without: Files = {**files, ".slugignore": "package.json\n"}
    plan = plan_of(memory_tree(without), Dialect.GITIGNORE)
    assert [each.id for each in plan.detected.buildpacks] == ["heroku/python"]


def test_packages_in_the_source_do_not_count_twice() -> None:
    files: Files = {**node_app(("a", "1.0.0")), "node_modules/a/index.js": "x"}
    prediction = predict(plan_of(memory_tree(files), Dialect.GITIGNORE))
    assert prediction.packages == 0
    assert prediction.notes == ("node_modules is part of the source, so its packages are counted there.",)
    without: Files = {**files, ".slugignore": "/node_modules\n"}
    assert predict(plan_of(memory_tree(without), Dialect.GITIGNORE)).packages == 1


def test_configured_buildpacks_all_run() -> None:
    files: Files = {**node_app(("a", "1.0.0")), "requirements.txt": "flask==3.0.0\n"}
    plan = plan_of(memory_tree(files), Dialect.GITIGNORE, ["heroku/nodejs", "heroku/python"])
    names = [each.name for each in plan.packages()]
    assert names[:2] == ["a", "flask"]
    # No lock file says what flask needs, but the table does.
    assert "werkzeug" in names


def test_little_known_is_a_range_of_classes(tmp_path: Path) -> None:
    unknown = tuple((f"no-such-package-{number}", "1.0.0") for number in range(2000))
    compiled = audited(make_repo(tmp_path, node_app(*unknown)), "--no-installed")["compiled"]
    prediction = compiled["prediction"]
    assert prediction["coverage"] < 0.8
    assert compiled["low_bytes"] < compiled["compressed_bytes"] < compiled["high_bytes"]
    text = run("audit", "--no-installed", cwd=tmp_path).stdout.decode()
    if prediction["low_class"] != prediction["high_class"]:
        assert f"{prediction['low_class']} to {prediction['high_class']}" in text
    assert "Run npm ci, then slugtrim again" in " ".join(text.split())


def test_an_application_without_a_buildpack_has_no_prediction(tmp_path: Path) -> None:
    assert audited(make_repo(tmp_path, {"index.html": "<p>"}))["compiled"] is None


def test_a_configured_overhead_is_no_prediction(tmp_path: Path) -> None:
    files: Files = {**node_app(("a", "1.0.0")), "slugtrim.toml": 'buildpack-overhead = "38MB"\n'}
    compiled = audited(make_repo(tmp_path, files))["compiled"]
    assert compiled["prediction"] is None
    assert compiled["low_bytes"] == compiled["high_bytes"] == compiled["compressed_bytes"]


# What is installed here.


def words(random_: random.Random, count: int) -> str:
    return " ".join(
        random_.choice("alpha beta gamma delta epsilon zeta eta theta iota kappa".split()) + str(random_.randrange(500))
        for _ in range(count)
    )


def make_modules(root: Path, count: int = 40) -> list[tuple[str, str]]:
    random_ = random.Random(4)
    found = []
    for number in range(count):
        name = f"@scope/p{number}" if number % 5 == 0 else f"p{number}"
        files: dict[bytes | str, Any] = {
            "package.json": json.dumps({"name": name, "version": f"1.{number}.0"}),
            "index.js": words(random_, 400 + 100 * number),
            "lib/deep/more.js": words(random_, 20_000),
            "README.md": words(random_, 200),
        }
        make_tree(root / "node_modules" / name, files)
        found.append((name, f"1.{number}.0"))
    return found


def packed(directory: Path, name: str) -> int:
    """Return the size that tar and gzip make of it."""
    tar = subprocess.run(
        ["tar", "-C", os.fspath(directory), "--owner=root", "-c", name], capture_output=True, check=True
    ).stdout
    return len(subprocess.run(["gzip", "-6"], input=tar, capture_output=True, check=True).stdout)


@pytest.mark.full
def test_installed_packages_are_measured_as_tar_and_gzip_pack_them(tmp_path: Path) -> None:
    found = make_modules(tmp_path)
    packages = [package(name, version, place=f"node_modules/{name}") for name, version in found]
    weights = InstalledHere(os.fsencode(tmp_path), {}).weights(packages)
    assert set(weights) == set(packages)
    assert all(weight.origin is WeightOrigin.INSTALLED for weight in weights.values())
    sum_ = sum(weight.compressed_bytes for weight in weights.values())
    assert sum_ == pytest.approx(packed(tmp_path, "node_modules"), rel=0.03)
    raw = sum(path.stat().st_size for path in (tmp_path / "node_modules").rglob("*") if path.is_file())
    assert sum(weight.raw_bytes for weight in weights.values()) == raw


def test_only_the_very_version_counts_and_packages_inside_count_apart(tmp_path: Path) -> None:
    make_tree(
        tmp_path / "node_modules",
        {
            "a/package.json": '{"name": "a", "version": "1.0.0"}',
            "a/node_modules/b/package.json": '{"name": "b", "version": "2.0.0"}',
            "a/node_modules/b/large.bin": random.Random(1).randbytes(50_000),
            "b/package.json": '{"name": "b", "version": "3.0.0"}',
        },
    )
    wanted = [package("a"), package("b", "2.0.0"), package("b", "4.0.0"), package("c")]
    weights = InstalledHere(os.fsencode(tmp_path), {}).weights(wanted)
    assert set(weights) == set(wanted[:2])
    assert weights[wanted[0]].compressed_bytes < 2000
    assert weights[wanted[1]].compressed_bytes > 50_000


def test_the_store_of_pnpm_is_seen(tmp_path: Path) -> None:
    inside = tmp_path / "node_modules/.pnpm/a@1.0.0/node_modules/a"
    make_tree(inside, {"package.json": '{"name": "a", "version": "1.0.0"}'})
    (tmp_path / "node_modules/a").symlink_to(inside)
    assert InstalledHere(os.fsencode(tmp_path), {}).weights([package("a")]).keys() == {package("a")}


def test_a_virtual_environment_is_seen(tmp_path: Path) -> None:
    home = tmp_path / ".venv/lib/python3.12/site-packages"
    make_tree(
        home,
        {
            "flask/__init__.py": "x = 1\n" * 3000,
            "Flask_Login-0.6.3.dist-info/RECORD": "flask/__init__.py,,\n../../../bin/flask,,\n"
            "Flask_Login-0.6.3.dist-info/RECORD,,\n",
        },
    )
    (tmp_path / ".venv/pyvenv.cfg").touch()
    wanted = LockedPackage(ecosystem=PackageEcosystem.PYPI, name="flask-login", version="0.6.3")
    weights = InstalledHere(os.fsencode(tmp_path), {}).weights([wanted])
    assert weights[wanted].files == 2
    moved = tmp_path / "elsewhere"
    (tmp_path / ".venv").rename(moved)
    assert InstalledHere(os.fsencode(tmp_path), {"VIRTUAL_ENV": os.fspath(moved)}).weights([wanted]).keys() == {wanted}
    assert not InstalledHere(os.fsencode(tmp_path), {}).weights([wanted])


def test_gems_are_seen(tmp_path: Path) -> None:
    make_tree(
        tmp_path / "vendor/bundle/ruby/3.3.0",
        {"gems/rack-3.0.8/lib/rack.rb": "x\n", "gems/nokogiri-1.16.0-x86_64-linux/lib/n.so": "y" * 9000},
    )
    wanted = [
        LockedPackage(ecosystem=PackageEcosystem.RUBYGEMS, name=name, version=version)
        for name, version in (("rack", "3.0.8"), ("nokogiri", "1.16.0"), ("rails", "7.1.0"))
    ]
    assert InstalledHere(os.fsencode(tmp_path), {}).weights(wanted).keys() == set(wanted[:2])


def test_gems_that_are_a_part_of_ruby_weigh_nothing(tmp_path: Path) -> None:
    ruby = tmp_path / "ruby"
    make_tree(ruby, {"gems/words-2.6.1/exe/words": "", "specifications/default/words-2.6.1.gemspec": ""})
    same, newer = (
        LockedPackage(ecosystem=PackageEcosystem.RUBYGEMS, name="words", version=version)
        for version in ("2.6.1", "2.9.1")
    )
    here = InstalledHere(os.fsencode(tmp_path), {"GEM_HOME": str(ruby)})
    assert here.weights([same, newer]) == {same: measured_weight(0, 0, 0)}
    make_tree(tmp_path / "vendor/bundle/ruby/3.3.0", {"gems/words-2.6.1/lib/words.rb": "x\n"})
    assert here.weights([same])[same].files == 1


def test_packages_of_composer_are_seen(tmp_path: Path) -> None:
    make_tree(
        tmp_path / "vendor",
        {
            "composer/installed.json": '{"packages": [{"name": "monolog/monolog", "version": "v3.5.0"}]}',
            "monolog/monolog/src/Logger.php": "<?php",
        },
    )
    wanted = LockedPackage(ecosystem=PackageEcosystem.PACKAGIST, name="monolog/monolog", version="3.5.0")
    assert InstalledHere(os.fsencode(tmp_path), {}).weights([wanted]).keys() == {wanted}


def npm_cache(cache: Path, name: str, version: str, archive: bytes) -> list[Path]:
    """Write an archive as npm keeps it; return where its entry is, and itself."""
    key = f"make-fetch-happen:request-cache:https://registry.npmjs.org/{name}/-/{name}-{version}.tgz"
    content = hashlib.sha512(archive)
    integrity = f"sha512-{base64.b64encode(content.digest()).decode()}"
    lines = "".join(f"\n{0:040}\t{json.dumps({'integrity': each})}" for each in ("sha512-old=", integrity))
    places = [hashlib.sha256(key.encode()).hexdigest(), content.hexdigest()]
    index, kept = (f"{place[:2]}/{place[2:4]}/{place[4:]}" for place in places)
    make_tree(cache / "_cacache", {f"index-v5/{index}": lines, f"content-v2/sha512/{kept}": archive})
    return [cache / "_cacache/index-v5" / index, cache / "_cacache/content-v2/sha512" / kept]


def archive_of(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def test_an_archive_in_the_cache_of_npm_is_measured(tmp_path: Path) -> None:
    code = random.Random(1).randbytes(50_000)
    npm_cache(tmp_path, "a", "1.0.0", archive_of({"package/package.json": b"{}", "package/index.js": code}))
    wanted = [package("a"), package("b")]
    here = InstalledHere(bytes(tmp_path), {"HOME": "/nowhere", "npm_config_cache": str(tmp_path)})
    (weight,) = here.weights(wanted).values()
    assert (weight.raw_bytes, weight.files, weight.origin) == (50_002, 2, WeightOrigin.INSTALLED)
    assert 50_000 < weight.compressed_bytes < 51_000
    # What is installed counts first, and the archive of another version never does.
    make_tree(tmp_path / "app", {"node_modules/a/package.json": '{"name": "a", "version": "1.0.0"}'})
    here = InstalledHere(os.fsencode(tmp_path / "app"), {"npm_config_cache": str(tmp_path)})
    assert here.weights([package("a")])[package("a")].files == 1
    assert not here.weights([replace(package("a"), version="1.0.1")])
    assert not InstalledHere(bytes(tmp_path), {}).weights(wanted)


def test_damaged_archives_in_the_cache_of_npm_count_as_unknown(tmp_path: Path) -> None:
    whole = archive_of({"package/index.js": random.Random(1).randbytes(50_000)})
    stream = bytearray(gzip.decompress(whole))
    sizes = (b"77777777777\0", b"-0000000001\0", b"no number..\0")
    liars = [gzip.compress(bytes(stream[:124] + size + stream[136:512] + bytes(1024))) for size in sizes]
    damaged = [b"", b"\0" * 2000, whole[:-9_000], gzip.compress(b""), gzip.compress(b"\xff" * 900), *liars]
    for number, archive in enumerate(damaged):
        npm_cache(tmp_path, f"p{number}", "1.0.0", archive)
    entry, _ = npm_cache(tmp_path, "deep", "1.0.0", whole)
    entry.write_text('\n0\t{"key":' + "[" * 100_000)
    _, kept = npm_cache(tmp_path, "pipe", "1.0.0", whole)
    kept.unlink()
    os.mkfifo(kept)
    names = [*(f"p{number}" for number in range(len(damaged))), "deep", "pipe"]
    here = InstalledHere(bytes(tmp_path), {"HOME": "/nowhere", "NPM_CONFIG_CACHE": str(tmp_path)})
    assert not here.weights([package(name) for name in names])


def test_what_is_installed_is_measured_once_and_anew_after_a_change(tmp_path: Path) -> None:
    found = make_modules(tmp_path / "elsewhere", 3)
    repository = make_repo(tmp_path / "app", {**node_app(*found), ".gitignore": "node_modules\n"})
    (tmp_path / "elsewhere/node_modules").rename(repository / "node_modules")
    first = audited(repository)["compiled"]
    assert (first["origin"], first["prediction"]["unknown"]) == ("installed", 0)
    assert audited(repository)["compiled"] == first
    # Only what a package manager also touches tells of a change: the directory, or the file that it keeps there.
    modules = repository / "node_modules"
    (modules / "p1/index.js").write_bytes(random.Random(1).randbytes(300_000))
    (modules / "p1").touch()
    time.sleep(0.01)
    (modules / ".package-lock.json").write_text("{}")
    assert audited(repository)["compiled"]["compressed_bytes"] > first["compressed_bytes"] + 250_000
    assert audited(repository, "--no-installed")["compiled"]["origin"] == "predicted"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFOs here")
def test_hostile_packages_are_measured_calmly(tmp_path: Path) -> None:
    make_tree(tmp_path / "node_modules/a", {"package.json": '{"name": "a", "version": "1.0.0"}'})
    inside = tmp_path / "node_modules/a"
    os.mkfifo(inside / "pipe")
    (inside / "loop").symlink_to(inside)
    (inside / "outside").symlink_to("/")
    with (inside / "bomb").open("wb") as file:
        file.truncate(10 << 30)
    make_tree(tmp_path / "node_modules/b", {"package.json": "[" * 100_000})
    make_tree(tmp_path / "node_modules/c", {"package.json": b"\xff\0"})
    wanted = [package("a"), package("b"), package("c"), package("d", place="../../etc"), package("e", place="x\0y")]
    weights = InstalledHere(os.fsencode(tmp_path), {}).weights(wanted)
    assert weights.keys() == {wanted[0]}
    assert weights[wanted[0]].raw_bytes > 10 << 30
    assert weights[wanted[0]].files == 2


def test_check_and_hook_do_not_look_at_what_is_installed(tmp_path: Path) -> None:
    found = make_modules(tmp_path / "elsewhere", 3)
    repository = make_repo(tmp_path / "app", {**node_app(*found), ".gitignore": "node_modules\n"})
    (tmp_path / "elsewhere/node_modules").rename(repository / "node_modules")
    assert json.loads(run("check", "--json", cwd=repository).stdout)["compiled"]["origin"] == "predicted"
    asked = run("check", "--json", "--installed", cwd=repository)
    assert json.loads(asked.stdout)["compiled"]["origin"] == "installed"


# Between two commits.


def plan(*packages: LockedPackage) -> Plan:
    before = plan_of(memory_tree(node_app()), Dialect.GITIGNORE)
    found = Dependencies(ecosystem=PackageEcosystem.NPM, manager="npm", lock=b"package-lock.json", packages=packages)
    return Plan(detected=before.detected, dependencies=(found,))


def test_growth_is_what_is_new_less_what_is_gone() -> None:
    assert package_growth(plan(package("our-a")), plan(package("our-a"))) is None
    growth = package_growth(plan(package("our-a"), package("our-b")), plan(package("our-b", "2.0.0"), package("our-c")))
    assert growth is not None
    assert {(change.name, change.before, change.after) for change in growth.changes} == {
        ("our-a", "1.0.0", ""),
        ("our-b", "1.0.0", "2.0.0"),
        ("our-c", "", "1.0.0"),
    }
    assert growth.compressed_bytes == sum(change.compressed_bytes for change in growth.changes) == 0
    assert growth.locks == (b"package-lock.json",)


def test_check_says_what_a_changed_lock_file_brings(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"requirements.txt": "flask==3.0.0\n", "app.py": "x"})
    (tmp_path / "requirements.txt").write_text("flask==3.0.0\ntorch==2.5.0\nnvidia-cublas-cu12==12.4.5.8\n")
    commit_all(repository)
    done = run("check", "--base", "HEAD~1", "--json", "--rev", "HEAD", cwd=repository)
    document = json.loads(done.stdout)
    validate(document, json.loads((SCHEMAS / "check.json").read_text()))
    growth = document["packages"]
    assert {change["name"] for change in growth["changes"]} == {"torch", "nvidia-cublas-cu12"}
    assert growth["locks"] == [{"path": "requirements.txt"}]
    assert growth["compressed_bytes"] > growth["cuda_compressed_bytes"] > 0
    text = " ".join(run("check", "--base", "HEAD~1", "--rev", "HEAD", cwd=repository).stdout.decode().split())
    assert "Packages for graphics cards are" in text
    assert "torch" in text
    page = run("check", "--base", "HEAD~1", "--rev", "HEAD", "--format", "markdown", cwd=repository).stdout.decode()
    assert "torch" in page


def test_diff_says_what_a_changed_lock_file_brings(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, node_app(("a", "1.0.0")))
    (tmp_path / "package-lock.json").write_text(locked(("a", "1.0.0"), ("b", "1.0.0")))
    commit_all(repository)
    document = json.loads(run("diff", "HEAD~1", "HEAD", "--json", cwd=repository).stdout)
    validate(document, json.loads((SCHEMAS / "diff.json").read_text()))
    assert [change["name"] for change in document["installs"]["changes"]] == ["b"]
    sizes = [document[side]["compiled"]["compressed_bytes"] for side in ("before", "after")]
    assert sizes[0] < sizes[1]
    assert "b" in run("diff", "HEAD~1", "HEAD", cwd=repository).stdout.decode()


def test_a_version_of_no_known_difference_is_counted_and_not_listed(tmp_path: Path) -> None:
    repository = make_repo(tmp_path, node_app(("our-a", "1.0.0"), ("our-b", "1.0.0")))
    (tmp_path / "package-lock.json").write_text(locked(("our-a", "1.0.1"), ("our-b", "1.0.0"), ("our-c", "1.0.0")))
    commit_all(repository)
    text = run("diff", "HEAD~1", "HEAD", cwd=repository).stdout.decode()
    _, _, listed = text.partition("Packages that the lock files change (predicted)\n")
    assert "1 package changed only in version, with no known difference in size." in listed
    assert "our-a" not in listed
    assert re.search(r"≈ \+[\d.]+K +\+[\d.]+K +new 1\.0\.0 +our-c", listed)


# Gates.


@pytest.mark.parametrize(
    ("limit", "of", "code", "verdict"),
    [
        ("1MB", "source", 0, "pass"),
        ("1MB", "compiled", 1, "fail"),
        ("between", "compiled", 0, "warn"),
        ("900MB", "compiled", 0, "pass"),
    ],
)
def test_a_prediction_gates_only_where_the_owner_says_so(
    tmp_path: Path, limit: str, of: str, code: int, verdict: str
) -> None:
    files = node_app(*((f"no-such-package-{number}", "1.0.0") for number in range(50)))
    repository = make_repo(tmp_path, files)
    compiled = json.loads(run("check", "--json", cwd=repository).stdout)["compiled"]
    if limit == "between":
        limit = f"{(compiled['compressed_bytes'] + compiled['high_bytes']) // 2}B"
    (tmp_path / "slugtrim.toml").write_text(f'[budgets]\ntotal = "{limit}"\nof = "{of}"\n')
    done = run("check", "--json", cwd=repository)
    document = json.loads(done.stdout)
    total = next(result for result in document["results"] if result["measure"] == "total")
    assert (done.code, total["verdict"]) == (code, verdict)
    assert (document["compressed_bytes"] == compiled["compressed_bytes"]) is (of == "compiled")


def test_growth_of_the_compiled_slug_is_held_where_the_owner_says_so(tmp_path: Path) -> None:
    settings = '[budgets]\nmax-growth = "10KB"\nof = "compiled"\n'
    repository = make_repo(tmp_path, {**node_app(("a", "1.0.0")), "slugtrim.toml": settings})
    (tmp_path / "package-lock.json").write_text(locked(("a", "1.0.0"), ("no-such-package", "1.0.0")))
    commit_all(repository)
    assert run("check", "--base", "HEAD~1", "--rev", "HEAD", cwd=repository).code == 1
    (tmp_path / "slugtrim.toml").write_text(settings.replace("compiled", "source"))
    assert run("check", "--base", "HEAD~1", "--rev", "HEAD", cwd=repository).code == 0


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('[budgets]\nof = "compild"\n', "did you mean compiled?"),
        ("[budgets]\nof = 3\n", "write source or compiled"),
        ('buildpacks = "heroku/nodejs"\n', 'write ["heroku/nodejs"]'),
        ("buildpacks = [3]\n", 'write one as "heroku/nodejs"'),
    ],
)
def test_mistakes_in_settings_say_what_to_write(tmp_path: Path, settings: str, message: str) -> None:
    repository = make_repo(tmp_path, {"a": "x", "slugtrim.toml": settings})
    done = run("audit", cwd=repository)
    assert done.code == 2
    assert message in done.stderr.decode()


def test_a_target_names_its_own_buildpacks(tmp_path: Path) -> None:
    settings = 'buildpacks = ["heroku/nodejs"]\n[targets.api]\nbuildpacks = ["heroku/python"]\n'
    files: Files = {**node_app(("a", "1.0.0")), "requirements.txt": "flask==3.0.0\n", "slugtrim.toml": settings}
    repository = make_repo(tmp_path, files)
    ran = [
        json.loads(run("check", "--json", *options, cwd=repository).stdout)["compiled"]["prediction"]["buildpacks"]
        for options in ((), ("--target", "api"))
    ]
    assert [[each["id"] for each in one] for one in ran] == [["heroku/nodejs"], ["heroku/python"]]


def test_a_push_says_what_it_brings(tmp_path: Path) -> None:
    remote = tmp_path / "remote.git"
    git(tmp_path, "init", "-q", "--bare", "remote.git")
    repository = make_repo(tmp_path / "app", {"requirements.txt": "flask==3.0.0\n", "app.py": "x"})
    (repository / "slugtrim.toml").write_text('[targets.app]\nremotes = ["heroku"]\n')
    commit_all(repository)
    git(repository, "remote", "add", "heroku", os.fspath(remote))
    assert run("hook", "install", cwd=repository).code == 0
    first = pushed(repository)
    assert "with buildpacks ≈" in first
    (repository / "requirements.txt").write_text("flask==3.0.0\ntorch==2.5.0\n")
    commit_all(repository)
    assert "torch 2.5.0" in pushed(repository)


def pushed(repository: Path) -> str:
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["git", "-C", os.fspath(repository), "push", "heroku", "HEAD:refs/heads/main"],
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
    )
    return " ".join(done.stderr.decode().split())


def test_weights_of_many_packages_are_together_in_linear_time() -> None:
    weight = PackageWeight(compressed_bytes=10, raw_bytes=20, files=1, origin=WeightOrigin.KNOWN, spread=0.2)
    assert together([weight] * 200_000).expected_bytes == 2_000_000


def test_what_installed_packages_require_in_turn_counts_where_pip_has_no_lock_file(tmp_path: Path) -> None:
    home = "lib/python3.11/site-packages"
    needs = {
        "server": "Requires-Dist: Wire_Format>=1\nRequires-Dist: speed; extra == 'standard'\n"
        "Requires-Dist: tests; extra == 'dev'\nRequires-Dist: win; sys_platform == 'win32'\n",
        "wire_format": "Requires-Dist: server\nRequires-Dist: not a requirement\n",
        "speed": "",
    }
    files: dict[bytes | str, Content] = {"venv/pyvenv.cfg": "home = /usr\n"}
    for name, head in needs.items():
        files[f"venv/{home}/{name}-1.0.dist-info/METADATA"] = f"Name: {name}\n{head}\nRequires-Dist: words\n"
        files[f"venv/{home}/{name}-1.0.dist-info/RECORD"] = f"{name}/a.py,,\n"
        files[f"venv/{home}/{name}/a.py"] = random.Random(name).randbytes(9_000)
    make_tree(tmp_path, files)
    here = InstalledHere(os.fsencode(tmp_path), {})
    (asked,) = python_dependencies_of("server[standard]==1.0\n").packages
    assert asked.extras == ("standard",)
    assert [package.name for package in here.with_required([asked])] == ["server", "speed", "wire-format"]
    assert [package.name for package in here.with_required([replace(asked, extras=())])] == ["server", "wire-format"]
    # An extra counts of a package that was named before, whoever asks for it.
    make_tree(tmp_path / f"venv/{home}/app-1.0.dist-info", {"METADATA": "Requires-Dist: server[standard]\n"})
    both = python_dependencies_of("app==1.0\nserver==1.0\n").packages
    assert [package.name for package in here.with_required(both)] == ["app", "server", "speed", "wire-format"]
    repository = make_repo(tmp_path / "app", {"requirements.txt": "server[standard]==1.0\n"})
    shutil.copytree(tmp_path / "venv", repository / "venv")
    (repository / ".git/info/exclude").write_text("venv\n")
    prediction = audited(repository)["compiled"]["prediction"]
    assert {each["name"] for each in prediction["heaviest"]} >= {"server", "wire-format", "speed"}


def test_what_the_table_says_is_required_gives_way_to_what_is_installed(tmp_path: Path) -> None:
    home = "venv/lib/python3.8/site-packages"
    metadata = "Requires-Dist: pytz\nRequires-Dist: backports.zoneinfo; python_version < '3.9'\n"
    make_tree(tmp_path, {"venv/pyvenv.cfg": "", f"{home}/django-2.2.dist-info/METADATA": metadata})
    plan = plan_of(memory_tree({"requirements.txt": "django==2.2\n", ".python-version": "3.8"}), Dialect.GITIGNORE)
    assert [package.name for package in plan.packages()] == ["django", "asgiref", "sqlparse"]
    here = with_installed(plan, InstalledHere(os.fsencode(tmp_path), {}))
    assert [package.name for package in here.packages()] == ["django", "backports-zoneinfo", "pytz"]


def test_a_large_file_is_sampled_all_over_and_equal_files_count_once(tmp_path: Path) -> None:
    inside = tmp_path / "node_modules/a"
    make_tree(inside, {"package.json": '{"name": "a", "version": "1.0.0"}', "one": random.Random(1).randbytes(90_000)})
    (inside / "two").hardlink_to(inside / "one")
    # The beginning of every fourth megabyte packs badly, as the tables of programs pack otherwise than their code.
    with (inside / "large").open("wb") as file:
        for megabyte in range(0, 16, 4):
            file.seek(megabyte << 20)
            file.write(random.Random(megabyte).randbytes(1 << 20))
        file.truncate(16 << 20)
    (weight,) = InstalledHere(os.fsencode(tmp_path), {}).weights([package("a")]).values()
    assert weight.compressed_bytes == pytest.approx((4 << 20) + 90_000, rel=0.03)
    assert weight.raw_bytes == pytest.approx((16 << 20) + 90_000, abs=100)


def python_dependencies_of(requirements: str) -> Dependencies:
    found = python_dependencies([b"requirements.txt"], lambda _: requirements.encode(), "")
    assert found is not None
    return found
