"""What the packages of lock files weigh by the table: versions, extras, pip, gems; and how the table is made."""

from __future__ import annotations

import importlib.util
import json
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from jsonschema import validate

from slugtrim.buildpacks.installed import InstalledHere
from slugtrim.buildpacks.packages import LockedPackage, PackageEcosystem, PackageWeight, WeightOrigin
from slugtrim.buildpacks.prediction import plan_of, predict, with_installed
from slugtrim.buildpacks.weights import KnownRow, known_table, looked_up
from slugtrim.ignore import Dialect
from tests.applications import Files, memory_tree
from tests.builders import make_repo, make_tree
from tests.command_line import run
from tests.rows import each_row

TOP = Path(__file__).parent.parent
AUDIT = json.loads((TOP / "slugtrim/schemas/audit.json").read_text())


def weights(files: Files) -> dict[str, PackageWeight]:
    """Return the weight of each package that a build of these files installs."""
    return {package.name: looked_up(package) for package in plan_of(memory_tree(files), Dialect.GITIGNORE).packages()}


def rows(ecosystem: PackageEcosystem, name: str) -> list[KnownRow]:
    return known_table().rows(LockedPackage(ecosystem=ecosystem, name=name, version=""))


def minor_rows() -> list[tuple[str, KnownRow, KnownRow]]:
    """Return neighbouring minor versions of one major version, with the distribution that they are of."""
    return [
        (name, older, newer)
        for name in known_table().pypi
        for older, newer in pairwise(rows(PackageEcosystem.PYPI, name))
        if "." in older.version and newer.version.startswith(older.version.partition(".")[0] + ".")
    ]


# Versions.


def test_a_minor_version_with_its_own_row_has_its_weight() -> None:
    pairs = minor_rows()
    assert len(pairs) > 20
    # One file has one version of a distribution.
    for wanted in ({name: row for name, row, _ in pairs}, {name: row for name, _, row in pairs}):
        lines = [f"{name}=={row.version}.1\n" for name, row in wanted.items()]
        found = weights({"requirements.txt": "".join(lines)})
        sizes = {name: found[name].compressed_bytes for name in wanted}
        assert sizes == {name: row.compressed_bytes for name, row in wanted.items()}


def test_between_two_minor_versions_the_number_tells_how_far_it_is() -> None:
    tried = 0
    for name, older, newer in minor_rows():
        major, first = map(int, older.version.split("."))
        last = int(newer.version.split(".")[1])
        low, high = older.compressed_bytes, newer.compressed_bytes
        if last - first < 3 or abs(low - high) < 1000:
            continue
        tried += 1
        lines = (f"{name}=={major}.{minor}.0\n" for minor in (first + 1, last - 1))
        found = [weights({"requirements.txt": line})[name].compressed_bytes for line in lines]
        assert [low, *found, high] == sorted({low, *found, high}, reverse=low > high), name
    assert tried > 10


# What packages bring.


@pytest.mark.parametrize(
    "line", ["pyjwt[crypto]==2.9.0", "PyJWT [Crypto]", "pyjwt[crypto] >= 2 ; sys_platform == 'linux'"]
)
def test_an_extra_brings_what_it_requires(line: str) -> None:
    assert {"cryptography", "cffi"} <= weights({"requirements.txt": line}).keys()
    assert "cryptography" not in weights({"requirements.txt": "pyjwt==2.9.0\n"})
    project = f'[project]\nname = "app"\nversion = "1"\ndependencies = ["{line}"]\n'
    assert "cryptography" in weights({"pyproject.toml": project, "requirements.txt": "."})


PIPFILE_LOCK = """\
{
    "_meta": {"hash": {"sha256": "0"}, "pipfile-spec": 6, "requires": {}, "sources": []},
    "default": {
        "httpie": {"hashes": [], "version": "==3.2.4"},
        "pip": {"hashes": [], "version": "==26.0"}
    },
    "develop": {}
}
"""
POETRY_LOCK = """\
[[package]]
name = "httpie"
version = "3.2.4"
groups = ["main"]

[package.dependencies]
pip = "*"

[[package]]
name = "pip"
version = "26.0"
groups = ["main"]
"""
PROJECT = '[project]\nname = "app"\nversion = "1"\ndependencies = ["httpie"]\n'


@each_row(
    "files, of_runtime, of_packages",
    [
        ({"requirements.txt": "httpie==3.2.4\n"}, True, False),
        ({"requirements.txt": "httpie==3.2.4\npip==26.0\n"}, True, False),
        ({"Pipfile.lock": PIPFILE_LOCK}, True, False),
        ({"poetry.lock": POETRY_LOCK, "pyproject.toml": PROJECT}, False, True),
    ],
)
def test_pip_counts_once(files: Files, *, of_runtime: bool, of_packages: bool) -> None:
    plan = plan_of(memory_tree(files), Dialect.GITIGNORE)
    names = [package.name for package in plan.packages()]
    assert "httpie" in names
    assert names.count("pip") == of_packages
    (runtime,) = [part.what for part in predict(plan).parts if part.is_runtime]
    assert ("pip" in runtime.split()) is of_runtime


def test_pip_that_is_installed_here_counts_with_the_runtime(tmp_path: Path) -> None:
    home = "venv/lib/python3.12/site-packages"
    make_tree(
        tmp_path,
        {
            "venv/pyvenv.cfg": "home = /usr\n",
            f"{home}/shop-1.0.dist-info/METADATA": "Name: shop\nRequires-Dist: pip\nRequires-Dist: words\n",
            f"{home}/words-1.0.dist-info/METADATA": "Name: words\n",
            f"{home}/pip-26.0.dist-info/METADATA": "Name: pip\n",
        },
    )
    plan = plan_of(memory_tree({"requirements.txt": "shop==1.0\n"}), Dialect.GITIGNORE)
    names = [package.name for package in with_installed(plan, InstalledHere(bytes(tmp_path), {})).packages()]
    assert names == ["shop", "words"]


def test_files_that_nobody_counted_are_estimated() -> None:
    found = weights({"requirements.txt": "django==5.0.4\nnetworkx==3.3\nno-such-thing==1.0\n"})
    # Wheels have 3,655 and 582 files, bytecode comes on top. Other versions of Django are counted in the table.
    assert 3655 < found["django"].files < 5000
    assert 500 < found["networkx"].files < 1200
    assert not any(found[name].is_counted for name in ("django", "networkx", "no-such-thing"))
    assert weights({"requirements.txt": "django==3.2.25\n"})["django"].is_counted


# Gems, and packages of Composer.


def gemfile_lock(*gems: str) -> Files:
    specs = "".join(f"    {gem}\n" for gem in gems)
    asked = "".join(f"  {gem.partition(' ')[0]}\n" for gem in gems)
    lock = f"GEM\n  remote: https://rubygems.org/\n  specs:\n{specs}\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n{asked}"
    names = "".join(f'gem "{gem.partition(" ")[0]}"\n' for gem in gems)
    return {"Gemfile": f'source "https://rubygems.org"\n{names}', "Gemfile.lock": lock}


def composer_lock(**versions: str) -> Files:
    packages = [
        {"name": name.replace("__", "/").replace("_", "-"), "version": version} for name, version in versions.items()
    ]
    return {
        "composer.json": json.dumps({"require": {package["name"]: "*" for package in packages}}),
        "composer.lock": json.dumps({"packages": packages, "packages-dev": [], "platform": {}}),
    }


def test_a_gem_with_a_program_for_one_platform_is_estimated() -> None:
    source = weights(gemfile_lock("ffi (1.16.0)"))["ffi"]
    binary = weights(gemfile_lock("ffi (1.16.0-x86_64-linux)"))["ffi"]
    other = weights(gemfile_lock("no-such-gem (1.16.0)"))["no-such-gem"]
    assert (source.origin, binary.origin) == (WeightOrigin.KNOWN, WeightOrigin.ESTIMATED)
    assert binary.compressed_bytes > 10 * other.compressed_bytes


def test_gems_with_programs_weigh_what_rubygems_publishes() -> None:
    gems = ("nokogiri (1.16.4-x86_64-linux)", "tailwindcss-ruby (4.1.18-x86_64-linux-gnu)", "sassc (2.4.0)")
    found = weights(gemfile_lock(*gems))
    assert {each.table for each in found.values()} == {"published"}
    # Megabytes of the archives; of sassc, what owners found in their slugs, compressed.
    assert [round(each.compressed_bytes / 1e6) for each in found.values()] == [4, 44, 40]
    assert found["sassc"].spread == 0.3
    older = weights(gemfile_lock("nokogiri (1.10.4)"))["nokogiri"]
    assert older.compressed_bytes == pytest.approx(9_000_000, rel=0.05), "it brings the sources of two libraries"


@pytest.mark.parametrize(
    "files",
    [
        gemfile_lock("puma (5.6.5)", "pg (1.4.5)", "sqlite3 (1.4.2)"),
        composer_lock(brick__math="0.10.0", egulias__email_validator="3.2.5"),
    ],
)
def test_what_is_known_of_debian_is_known_with_a_wide_range(tmp_path: Path, files: Files) -> None:
    document = run("audit", "--json", "--no-installed", cwd=make_repo(tmp_path, files))
    report: dict[str, Any] = json.loads(document.stdout)
    validate(report, AUDIT)
    prediction = report["compiled"]["prediction"]
    assert prediction["coverage"] == 1
    assert prediction["unknown"] == 0
    assert {each["origin"] for each in prediction["heaviest"]} == {"known"}
    assert {each["table"] for each in prediction["heaviest"]} == {"debian"}
    # Two deviations of 40 % each, for each package by itself.
    sizes = [each["compressed_bytes"] for each in prediction["heaviest"]]
    up = 2 * 0.4 * sum(size**2 for size in sizes) ** 0.5
    (part,) = [part for part in prediction["parts"] if part["kind"] == "packages"]
    of_composer = 14_000 + 23 * part["files"] if "composer.lock" in files else 0  # its own files
    assert part["compressed_bytes"] == sum(sizes) + of_composer
    assert part["high_bytes"] >= part["compressed_bytes"] + up


def test_gems_and_composer_packages_weigh_what_their_own_files_do() -> None:
    # As made of their repositories at the tag, by the files of the gemspec or without `export-ignore`.
    found = weights({**gemfile_lock("activerecord (7.0.8)", "capybara (3.39.0)", "haml (6.3.0)")})
    assert {each.table for each in found.values()} == {"measured"}
    assert found["activerecord"].compressed_bytes == pytest.approx(531_000, rel=0.02)
    found = weights(composer_lock(laravel__framework="v11.2.0", dompdf__dompdf="v2.0.3"))
    assert {each.table for each in found.values()} == {"measured"}
    assert found["laravel/framework"].compressed_bytes == pytest.approx(1_178_000, rel=0.02)


# How the table is made.


def package_sizes() -> Any:
    spec = importlib.util.spec_from_file_location("package_sizes", TOP / "tools/package_sizes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


UV_LOCK = """\
version = 1

[[package]]
name = "shop"
version = "1.0"
wheels = [{ url = "https://files.example/shop-1.0-py3-none-any.whl", hash = "sha256:0", size = 1000 }]

[[package]]
name = "shop"
version = "2.0"
wheels = [{ url = "https://files.example/shop-2.0-py3-none-any.whl", hash = "sha256:0", size = 3000 }]

[[package]]
name = "other"
version = "1.0"
wheels = [{ url = "https://files.example/other-1.0-py3-none-any.whl", hash = "sha256:0", size = 50000 }]

[[package]]
name = "till"
version = "1.0"
dependencies = [{ name = "shop" }, { name = "other", extra = ["all"] }]
wheels = [{ url = "https://files.example/till-1.0-py3-none-any.whl", hash = "sha256:0", size = 4000 }]

[package.optional-dependencies]
fast = [{ name = "other" }]
"""


def test_a_wheel_is_scaled_as_another_version_of_it_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = "lib/python3.12/site-packages"
    info = f"{home}/shop-1.0.dist-info"
    text = " ".join(f"word{number % 700}" for number in range(9000))
    make_tree(
        tmp_path,
        {
            f"{home}/shop/data.txt": text,
            f"{info}/METADATA": "Name: shop\nVersion: 1.0\n",
            f"{info}/RECORD": "shop/data.txt,,\n",
            "uv.lock": UV_LOCK,
        },
    )
    output = tmp_path / "known.json"
    monkeypatch.setattr(
        sys, "argv", ["package_sizes", "-o", str(output), str(tmp_path / "lib"), "--locks", str(tmp_path / "uv.lock")]
    )
    assert package_sizes().main() == 0
    table = json.loads(output.read_text())
    first, second = (row.split(" ") for row in table["pypi"]["shop"].split(","))
    assert (first[0], first[4:]) == ("1", [])
    assert (second[0], table["sources"][second[4]]) == ("2", "scaled")
    assert [int(size) for size in second[1:3]] == pytest.approx([3 * int(size) for size in first[1:3]], abs=3)
    assert second[3] == first[3] == "1"
    assert table["sources"][table["pypi"]["other"].split(" ")[4]] == "published"
    assert table["requires"]["pypi"] == {"till": "other[all] shop", "till[fast]": "other"}
