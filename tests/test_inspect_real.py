"""Slugs of applications that pip, npm and bundler have built: sums, packages, all findings against other tools."""

from __future__ import annotations

import filecmp
import importlib.metadata
import importlib.util
import json
import re
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest

from slugtrim.anatomy.catalog import Anatomy, Origin, Package, Waste
from slugtrim.inspection import Inspection, inspect_slug
from tests.builders import git
from tests.slugs import SITE_PACKAGES, Built, run_tool

pytestmark = pytest.mark.full

SLUGS = ["python_slug", "node_slug", "ruby_slug"]


@pytest.fixture(params=SLUGS)
def built(request: pytest.FixtureRequest) -> Built:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, Built)
    return found


def inspected(built: Built) -> Inspection:
    return inspect_slug(str(built.slug))


def named(anatomy: Anatomy, id_: str) -> Waste:
    (waste,) = [waste for waste in anatomy.waste if waste.id == id_]
    return waste


def packages(anatomy: Anatomy, group: str) -> dict[str, Package]:
    return {package.name: package for each in anatomy.groups if each.id == group for package in each.packages}


def places(waste: Waste) -> set[str]:
    return {place.path.decode() for place in waste.places}


def below(app: Path, *patterns: str) -> list[Path]:
    return [path for pattern in patterns for path in app.glob(pattern) if path.is_file() and not path.is_symlink()]


def weigh(paths: list[Path]) -> tuple[int, int]:
    return len(paths), sum(path.stat().st_size for path in paths)


def saved(waste: Waste) -> tuple[int, int]:
    assert waste.saves is not None
    return waste.saves.files, waste.saves.size_bytes


def test_totals_agree_with_tar_and_the_file(built: Built) -> None:
    found = inspected(built)
    lines = run_tool("tar", "tvf", built.slug, cwd=built.slug.parent).decode().splitlines()
    files = [line for line in lines if not line.startswith("d")]
    assert found.entries == len(lines)
    assert found.slug.files == len(files)
    regular = sum(int(line.split()[2]) for line in files if line.startswith("-"))
    links = sum(len(line.rpartition(" -> ")[2]) for line in files if line.startswith("l"))
    assert found.slug.size_bytes == regular + links
    assert (found.compressed_bytes, found.estimated) == (built.slug.stat().st_size, False)
    assert found.anomalies == ()


def test_groups_hold_every_byte_once(built: Built) -> None:
    found = inspected(built)
    bulks = [group.bulk for group in found.anatomy.groups]
    assert sum(bulk.files for bulk in bulks) == found.slug.files
    assert sum(bulk.size_bytes for bulk in bulks) == found.slug.size_bytes
    assert sum(bulk.compressed_bytes for bulk in bulks) + found.structure_bytes == found.compressed_bytes
    for group in found.anatomy.groups:
        assert sum(package.bulk.size_bytes for package in group.packages) <= group.bulk.size_bytes


def test_waste_is_no_more_than_there_is(built: Built) -> None:
    found = inspected(built)
    known = [waste.saves for waste in found.anatomy.waste if waste.saves is not None]
    assert 0 < sum(bulk.size_bytes for bulk in known) < found.slug.size_bytes
    assert 0 < sum(bulk.compressed_bytes for bulk in known) < found.compressed_bytes
    for waste in found.anatomy.waste:
        if waste.saves is not None:
            assert sum(place.saves.compressed_bytes for place in waste.places) == waste.saves.compressed_bytes


def test_a_directory_is_the_same_slug_but_predicted(built: Built) -> None:
    packed, loose = inspected(built), inspect_slug(str(built.app))
    assert loose.estimated
    assert loose.slug == packed.slug
    assert loose.compressed_bytes == pytest.approx(packed.compressed_bytes, rel=0.03)
    assert [(waste.id, saved(waste)) for waste in sorted(packed.anatomy.waste, key=lambda waste: waste.id)] == [
        (waste.id, saved(waste)) for waste in sorted(loose.anatomy.waste, key=lambda waste: waste.id)
    ]


def test_what_was_pushed_is_the_source(python_slug: Built) -> None:
    own = inspected(python_slug).anatomy.of_origin(Origin.APPLICATION)
    assert (own.files, own.size_bytes) == weigh(below(python_slug.app, "*", "tests/*"))


def test_distributions_have_the_files_that_pip_wrote(python_slug: Built) -> None:
    found = packages(inspected(python_slug).anatomy, "python-packages")
    site = python_slug.app / SITE_PACKAGES
    installed = list(importlib.metadata.distributions(path=[str(site)]))
    assert {each.metadata["Name"]: each.version for each in installed} == {
        name: package.versions[0] for name, package in found.items()
    }
    for each in installed:
        listed = [Path(str(each.locate_file(file))).resolve() for file in each.files or ()]
        package = found[each.metadata["Name"]]
        assert (package.bulk.files, package.bulk.size_bytes) == weigh([path for path in listed if path.exists()])


def test_python_waste_is_waste(python_slug: Built) -> None:
    anatomy, app = inspected(python_slug).anatomy, python_slug.app
    assert {waste.id for waste in anatomy.waste} == {
        "unstripped-python",
        "python-package-tests",
        "python-dev-packages",
        "headers",
        "bytecode-doubles",
        "source-leftovers",
    }
    site = app / SITE_PACKAGES
    assert saved(named(anatomy, "python-package-tests")) == weigh(below(site, "greenlet/tests/**/*"))
    headers = below(app, ".heroku/**/*.h", ".heroku/**/*.hpp")
    assert saved(named(anatomy, "headers")) == weigh([path for path in headers if "tests" not in path.parts])
    script = app / ".heroku/python/bin/pycodestyle"
    tool = [*below(site, "pycodestyle*", "pycodestyle*/*", "__pycache__/pycodestyle*"), script]
    assert saved(named(anatomy, "python-dev-packages")) == weigh(tool)
    assert places(named(anatomy, "source-leftovers")) == {"tests"}
    compiled = [path for path in below(site, "**/*.pyc") if "tests" not in path.parts and path not in tool]
    assert all(Path(importlib.util.source_from_cache(path)).exists() for path in compiled)
    assert saved(named(anatomy, "bytecode-doubles")) == weigh(compiled)


def test_strip_takes_out_what_was_said(python_slug: Built, tmp_path: Path) -> None:
    waste = named(inspected(python_slug).anatomy, "unstripped-python")
    for place in waste.places:
        library = python_slug.app / place.path.decode()
        sections = run_tool("readelf", "-SW", library, cwd=tmp_path).decode()
        gone = re.findall(r"\] (?:\.debug\S*|\.symtab|\.strtab) +\S+ +\S+ +\S+ +(\S+)", sections)
        assert place.saves.size_bytes == sum(int(size, 16) for size in gone) > 0
        stripped = tmp_path / "stripped.so"
        run_tool("strip", "--strip-unneeded", "-o", stripped, library, cwd=tmp_path)
        before, after = library.stat().st_size, stripped.stat().st_size
        assert before - after == pytest.approx(place.saves.size_bytes, rel=0.05)


def test_node_packages_are_those_of_npm(node_slug: Built) -> None:
    found = packages(inspected(node_slug).anatomy, "node-packages")
    everything = json.loads(run_tool("npm", "ls", "--all", "--json", "--long", cwd=node_slug.app))
    versions: dict[str, set[str]] = {}
    stack = list(everything["dependencies"].items())
    while stack:
        name, about = stack.pop()
        versions.setdefault(name, set()).add(about["version"])
        stack.extend(about.get("dependencies", {}).items())
    assert {name: set(package.versions) for name, package in found.items()} == versions
    assert found["ansi-regex"].copies == 3
    assert len(found["ansi-regex"].versions) == 2
    assert "@jridgewell/sourcemap-codec" in found
    size = sum(weigh(below(node_slug.app, "node_modules/**/ansi-regex/*"))[1:])
    assert found["ansi-regex"].bulk.size_bytes == size


def test_npm_calls_the_same_packages_development(node_slug: Built, tmp_path: Path) -> None:
    listed = [
        set(run_tool("npm", "ls", "--all", "--parseable", *options, cwd=node_slug.app).decode().splitlines())
        for options in ((), ("--omit=dev",))
    ]
    development = {str(Path(path).relative_to(node_slug.app)) for path in listed[0] - listed[1]}
    assert len(development) == 2
    assert places(named(inspected(node_slug).anatomy, "node-dev-dependencies")) == development
    # Without npm's marks, as after yarn: what package.json asks for is followed.
    copy = shutil.copytree(node_slug.app, tmp_path / "app", symlinks=True)
    (copy / "node_modules/.package-lock.json").unlink()
    assert places(named(inspect_slug(str(copy)).anatomy, "node-dev-dependencies")) == development


def test_nothing_is_for_development_once_npm_has_pruned(node_slug: Built, tmp_path: Path) -> None:
    copy = shutil.copytree(node_slug.app, tmp_path / "app", symlinks=True)
    run_tool("npm", "prune", "--omit=dev", "--no-audit", "--no-fund", "--ignore-scripts", cwd=copy)
    assert "node-dev-dependencies" not in {waste.id for waste in inspect_slug(str(copy)).anatomy.waste}


def test_node_waste_is_waste(node_slug: Built) -> None:
    anatomy, app = inspected(node_slug).anatomy, node_slug.app
    assert {waste.id for waste in anatomy.waste} == {
        "foreign-prebuilds",
        "node-dev-dependencies",
        "package-source-maps",
        "node-package-docs",
        "type-declarations",
        "node-package-copies",
        "type-packages",
    }
    for place in places(named(anatomy, "foreign-prebuilds")):
        for program in below(app / place, "*"):
            assert not program.read_bytes().startswith(b"\x7fELF")
    maps = below(app, "node_modules/**/*.map")
    assert all("mappings" in json.loads(path.read_text()) for path in maps)
    assert saved(named(anatomy, "package-source-maps")) == weigh(maps)
    copies = places(named(anatomy, "node-package-copies"))
    assert copies == {
        "node_modules/wrap-ansi/node_modules/strip-ansi",
        "node_modules/wrap-ansi/node_modules/ansi-regex",
    }
    for copy in copies:
        compared = filecmp.dircmp(app / copy, app / copy.replace("wrap-ansi", "string-width"))
        assert compared.left_list == compared.right_list == compared.same_files
    assert places(named(anatomy, "type-packages")) == {"node_modules/@types/ms"}


def test_links_of_npm_are_no_anomalies(node_slug: Built) -> None:
    assert (node_slug.app / "node_modules/.bin/mkdirp").is_symlink()
    with tarfile.open(node_slug.slug) as tar:
        assert tar.getmember("./app/node_modules/.bin/mkdirp").linkname == "../mkdirp/bin/cmd.js"
    assert inspected(node_slug).anomalies == ()


def test_gems_are_those_that_rubygems_finds(ruby_slug: Built) -> None:
    found = packages(inspected(ruby_slug).anatomy, "ruby-gems")
    (home,) = ruby_slug.app.glob("vendor/bundle/ruby/*")
    load = "s = Gem::Specification.load(path); puts s.name, s.version"
    script = f'Dir[ARGV[0] + "/specifications/*.gemspec"].each {{ |path| {load} }}'
    names = run_tool("ruby", "-e", script, home, cwd=ruby_slug.app).decode().split()
    listed = dict(zip(names[::2], names[1::2], strict=True))
    (checkout,) = home.glob("bundler/gems/greet-*")
    listed["greet"] = f"git {git(checkout, 'rev-parse', 'HEAD').decode()[:12]}"
    assert {name: package.versions for name, package in found.items()} == {
        name: (version,) for name, version in listed.items()
    }
    rack = [path for path in below(home, "*/rack-2*", "*/rack-2*/**/*") if "bundler" not in path.parts]
    assert (found["rack"].bulk.files, found["rack"].bulk.size_bytes) == weigh(rack)
    assert found["native"].copies == 1  # its platform is part of its directory's name, not of its version


def test_ruby_waste_is_waste(ruby_slug: Built) -> None:
    anatomy, app = inspected(ruby_slug).anatomy, ruby_slug.app
    assert {waste.id for waste in anatomy.waste} == {
        "vendored-gem-cache",
        "gem-cache",
        "gem-tests-and-docs",
        "bundler-git-cache",
        "git-directories",
        "ruby-dev-gems",
    }
    for gem in places(named(anatomy, "gem-cache")):
        with tarfile.open(app / gem) as tar:
            assert "data.tar.gz" in tar.getnames()
    assert saved(named(anatomy, "gem-cache")) == weigh(below(app, "vendor/bundle/ruby/*/cache/*.gem"))
    assert saved(named(anatomy, "vendored-gem-cache")) == weigh(below(app, "vendor/cache/*"))
    (history,) = places(named(anatomy, "git-directories"))
    assert git(app / history, "rev-parse", "--is-inside-git-dir") == b"true\n"
    (clones,) = places(named(anatomy, "bundler-git-cache"))
    (clone,) = (app / clones).iterdir()
    assert git(clone, "rev-parse", "--is-bare-repository") == b"true\n"
    assert saved(named(anatomy, "bundler-git-cache")) == weigh(below(clone, "**/*"))
    documents = below(app, "vendor/bundle/ruby/*/gems/rake-*/doc/**/*", "vendor/bundle/ruby/*/gems/rack-*/example/**/*")
    assert saved(named(anatomy, "gem-tests-and-docs")) == weigh(documents)
    assert {place.rpartition("/")[2] for place in places(named(anatomy, "ruby-dev-gems"))} == {"rspec-tiny-1.0.0"}


def test_optimized_bytecode_is_what_python_o_writes(python_slug: Built, tmp_path: Path) -> None:
    copy = shutil.copytree(python_slug.app, tmp_path / "app", symlinks=True)
    site = copy / SITE_PACKAGES
    command = [sys.executable, "-OO", "-m", "compileall", "-q", str(site / "six.py")]
    subprocess.run(command, check=True)
    (site / "greenlet/_leftover.py").write_text("x = 1\n")
    subprocess.run([sys.executable, "-m", "compileall", "-q", str(site / "greenlet/_leftover.py")], check=True)
    (site / "greenlet/_leftover.py").unlink()
    anatomy = inspect_slug(str(copy)).anatomy
    assert saved(named(anatomy, "optimized-bytecode")) == weigh(below(site, "__pycache__/six.*.opt-2.pyc"))
    assert saved(named(anatomy, "foreign-bytecode")) == weigh(below(site, "greenlet/__pycache__/_leftover.*"))


def test_a_link_of_an_archive_is_no_second_file(tmp_path: Path) -> None:
    """GNU tar stores a second name of a file as a link, unless it is told to dereference: it takes no room."""
    app = tmp_path / "app"
    app.mkdir()
    (app / "a.bin").write_bytes(bytes(range(256)) * 400)
    (app / "b.bin").hardlink_to(app / "a.bin")
    for option, expected in (("", []), ("--hard-dereference", ["b.bin"])):
        slug = tmp_path / f"{option}.tar"
        subprocess.run(["tar", "-cf", slug, *filter(None, [option]), "-C", app, "."], check=True)
        anatomy = inspect_slug(str(slug)).anatomy
        found = [
            place.path.decode() for waste in anatomy.waste for place in waste.places if waste.id == "duplicate-files"
        ]
        assert len(found) == len(expected)
