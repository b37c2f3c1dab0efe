"""What is called waste in real slugs: the application runs without it, and other tools say the same of it."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import sysconfig
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from slugtrim.anatomy.catalog import Anatomy, Waste
from slugtrim.inspection import inspect_slug
from slugtrim.suggester.records import Tier
from tests.builders import make_slug, make_tree
from tests.slugs import SITE_PACKAGES, Built, build_node_application, run_tool

pytestmark = pytest.mark.full

PYTHON = f"python{sys.version_info[0]}.{sys.version_info[1]}"
LIBRARY = f".heroku/python/lib/{PYTHON}"


def copied(built: Built, root: Path) -> Path:
    return Path(shutil.copytree(built.app, root / "app", symlinks=True))


def packed(app: Path) -> Anatomy:
    return inspect_slug(str(make_slug(app.with_suffix(".tgz"), app, root="./app/"))).anatomy


def named(anatomy: Anatomy, id_: str) -> Waste:
    (waste,) = [waste for waste in anatomy.waste if waste.id == id_]
    return waste


def places(waste: Waste) -> set[str]:
    return {place.path.decode() for place in waste.places}


def without(app: Path, waste: Iterable[Waste]) -> None:
    """Deletes the places of kinds of waste that are whole directories or files."""
    for place in {place for each in waste for place in places(each)}:
        path = app / place
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)  # a place may lie in another that has gone


def said_by(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What the application prints. It fails where ``run_tool`` skips: that it runs is what is tested."""
    done = subprocess.run(command, cwd=cwd, env=os.environ | environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def copy_runtime(app: Path) -> None:
    """The interpreter that runs the tests, where the buildpack has it: what starts, and some parts that rules name."""
    base, home = Path(sys.base_prefix), app / ".heroku/python"
    library = Path(sysconfig.get_path("stdlib"))
    (home / "bin").mkdir(parents=True, exist_ok=True)
    shutil.copy(base / "bin" / PYTHON, home / "bin" / PYTHON)
    (home / "bin/python3").symlink_to(PYTHON)
    kept = {"encodings", "collections", "json", "importlib", "re", "idlelib", "turtledemo", "ensurepip", "lib-dynload"}
    for path in library.iterdir():
        target = app / LIBRARY / path.name
        if path.is_dir() and (path.name in kept or path.name.startswith("config-")):
            shutil.copytree(path, target, symlinks=True)
        elif path.suffix == ".py":
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
    for shared in (base / "lib").glob("libpython*.so*"):
        shutil.copy(shared, home / "lib" / shared.name, follow_symlinks=False)
    include = Path(sysconfig.get_path("include"))
    if include.is_dir():
        shutil.copytree(include, home / "include" / PYTHON)


@pytest.fixture(scope="module")
def runtime(python_slug: Built, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Anatomy]:
    if not (Path(sys.base_prefix) / "bin" / PYTHON).is_file():
        pytest.skip(f"{PYTHON} is not at the place of its own prefix")
    app = copied(python_slug, tmp_path_factory.mktemp("runtime"))
    copy_runtime(app)
    return app, packed(app)


def test_the_parts_of_a_real_python(runtime: tuple[Path, Anatomy]) -> None:
    """What no distribution lists is the runtime's: scripts and headers of packages lie among its own."""
    app, anatomy = runtime
    (group,) = [group for group in anatomy.groups if group.id == "python-runtime"]
    site = app / SITE_PACKAGES
    listed = {
        Path(os.path.normpath(str(each.locate_file(file))))
        for each in importlib.metadata.distributions(path=[str(site)])
        for file in each.files or ()
    }
    own = [path for path in (app / ".heroku/python").rglob("*") if path.is_symlink() or path.is_file()]
    own = [path for path in own if site not in path.parents and path not in listed]
    assert group.bulk.files == len(own)
    assert group.bulk.size_bytes == sum(path.lstat().st_size for path in own)
    assert places(named(anatomy, "python-runtime-parts")) == {
        f"{LIBRARY}/{part}" for part in ("idlelib", "turtledemo", "ensurepip")
    }


def test_static_libraries_are_archives_of_objects(runtime: tuple[Path, Anatomy]) -> None:
    app, anatomy = runtime
    built = {str(path.relative_to(app)) for path in app.rglob("*.a")}
    if not built:
        pytest.skip("this Python comes without its static library")
    assert places(named(anatomy, "static-libraries")) == built
    for path in built:
        assert run_tool("ar", "t", app / path, cwd=app).decode().split()[0].endswith(".o")


def test_a_python_application_runs_without_safe_waste(runtime: tuple[Path, Anatomy], tmp_path: Path) -> None:
    app, anatomy = runtime
    copy = Path(shutil.copytree(app, tmp_path / "app", symlinks=True))
    safe = [waste for waste in anatomy.waste if waste.tier is Tier.SAFE]
    without(copy, [*safe, named(anatomy, "python-runtime-parts")])
    assert not (copy / LIBRARY / "idlelib").exists()
    home = copy / ".heroku/python"
    script = "import sys, greenlet, app; print(sys.prefix, greenlet.getcurrent() is not None, sep=chr(10))"
    libraries = {"LD_LIBRARY_PATH": str(home / "lib"), "PYTHONHOME": str(home)}
    said = said_by(home / "bin/python3", "-B", "-c", script, cwd=copy, **libraries)
    assert said.splitlines() == ["1.16.0", str(home), "True"]


def test_a_node_application_runs_without_safe_waste(node_slug: Built, tmp_path: Path) -> None:
    app = copied(node_slug, tmp_path)
    make_tree(
        app,
        {"node_modules/.cache/babel-loader/a.json": "{}", "index.js": "console.log(require('wrap-ansi')('a', 9))\n"},
    )
    anatomy = packed(app)
    safe = [waste for waste in anatomy.waste if waste.tier is Tier.SAFE]
    assert {waste.id for waste in safe} >= {"node-build-caches", "node-dev-dependencies", "foreign-prebuilds"}
    without(app, [*safe, named(anatomy, "type-packages")])
    assert not (app / "node_modules/.cache").exists()
    assert said_by("node", "index.js", cwd=app) == "a\n"
    is_compiled = "require('bufferutil') !== require('bufferutil/fallback')"  # what it takes where nothing is compiled
    assert said_by("node", "-p", is_compiled, cwd=app) == "true\n"


def test_npm_installs_under_another_name(tmp_path: Path) -> None:
    """An alias: npm tells the package that it is, and so does its manifest."""
    wanted = {"old-strip": "npm:strip-ansi@6.0.1", "strip-ansi": "7.1.0"}
    app = build_node_application(tmp_path / "app", wanted, {})
    listed = json.loads(run_tool("npm", "ls", "--all", "--json", "--long", cwd=app))["dependencies"]
    versions: dict[str, set[str]] = defaultdict(set)
    stack = list(listed.values())
    while stack:
        about = stack.pop()
        versions[about["name"]].add(about["version"])
        stack.extend(about.get("dependencies", {}).values())
    (group,) = [group for group in packed(app).groups if group.id == "node-packages"]
    assert {package.name: set(package.versions) for package in group.packages} == versions
    assert {path.decode() for package in group.packages for path in package.paths} >= {"node_modules/old-strip"}


def test_pip_lists_the_same_distributions(python_slug: Built) -> None:
    command = (sys.executable, "-m", "pip", "list", "--disable-pip-version-check", "--format=json", "--path")
    listed = json.loads(run_tool(*command, python_slug.app / SITE_PACKAGES, cwd=python_slug.app))
    (group,) = [each for each in inspect_slug(str(python_slug.slug)).anatomy.groups if each.id == "python-packages"]
    assert {(each["name"], each["version"]) for each in listed} == {
        (package.name, *package.versions) for package in group.packages
    }
    assert all(package.copies == 1 for package in group.packages)


@pytest.mark.parametrize("slug", ["python_slug", "node_slug", "ruby_slug"])
def test_duplicates_have_the_same_digest(slug: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """The application's own data, twice, in what package managers have built."""
    app = copied(request.getfixturevalue(slug), tmp_path)
    content = b"".join(b"%d," % number for number in range(3000))
    make_tree(app, {"data/a.csv": content, "data/b.csv": content, "data/c.csv": content[:-1] + b";"})
    anatomy = packed(app)
    digests: dict[str, list[str]] = defaultdict(list)
    for path in app.rglob("*"):
        if path.is_file() and not path.is_symlink():
            digests[hashlib.sha256(path.read_bytes()).hexdigest()].append(str(path.relative_to(app)))
    found = places(named(anatomy, "duplicate-files"))
    assert "data/b.csv" in found
    for same in digests.values():
        assert len(found.intersection(same)) < len(same), "one has to stay"
    assert found <= {path for same in digests.values() if len(same) > 1 for path in same}


def test_fonts_of_a_package(tmp_path: Path) -> None:
    app = build_node_application(tmp_path / "app", {"@fontsource/abel": "5.3.0"}, {})
    assert places(named(packed(app), "package-fonts")) == {"node_modules/@fontsource/abel"}


def test_a_sample_of_pictures_is_compressed_again(tmp_path: Path) -> None:
    pillow = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    (tmp_path / "app/public").mkdir(parents=True)
    picture = pillow.linear_gradient("L").resize((1200, 1200)).convert("RGB")
    picture.save(tmp_path / "app/public/a.png", compress_level=0)
    waste = named(packed(tmp_path / "app"), "heavy-images")
    assert waste.saves is not None
    assert waste.saves.size_bytes > waste.bulk.size_bytes * 0.95
