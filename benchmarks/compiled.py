#!/usr/bin/env python3
"""How near the predicted size of a compiled slug is to what buildpacks really install.

usage: benchmarks/compiled.py install APPLICATIONS.toml DIRECTORY [NAME...]
       benchmarks/compiled.py table DIRECTORY/truth.json [--without-installs] [--json] [--keep FILE]

`install` checks out HEAD of each application twice below DIRECTORY/NAME. In `production`, the package managers install
what a Heroku buildpack leaves in the slug; in `developer`, development packages as well. Scripts of packages and of the
application never run. The production packages are then packed with GNU tar and gzip, and DIRECTORY/truth.json says what
they weigh. Applications marked `held` go to DIRECTORY/truth_held.json instead: nothing may be tuned on those.

`table` compares these sizes with the prediction, made from the lock files and the developer's install; with
`--without-installs` from the lock files alone.

APPLICATIONS.toml has a table for each application:

    [[application]]
    name = "shop"
    repository = "/clones/shop"                # bare or not
    locks = ["package-lock.json", "api/requirements.txt"]
    python = "3.12"                            # optional: a version on PATH
    development = ["requirements-dev.txt"]     # optional: what a developer installs besides
    keeps_development = false                  # optional: its app.json has the buildpack keep development packages
    held = false

Needs git, GNU tar, node with npm 9 or later, and uv. Other package managers come from the npm registry. Bundler and
Composer are asked for nothing from the network: `vendor/cache` has the gems, and `composer.lock` names local archives.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
import yaml
from msgspec import Struct

from slugtrim.buildpacks.installed import InstalledHere
from slugtrim.buildpacks.prediction import plan_of, predict, with_installed
from slugtrim.buildpacks.python_locks import canonical
from slugtrim.ignore import Dialect
from slugtrim.sources import open_tree

TOOLS = {
    "npm": ("npm",),
    "yarn": ("npx", "--yes", "yarn@1.22.22"),
    "yarn-berry": ("npx", "--yes", "@yarnpkg/cli-dist@4"),
    "pnpm 5": ("npx", "--yes", "pnpm@7"),
    "pnpm 6": ("npx", "--yes", "pnpm@8"),
    "pnpm 9": ("npx", "--yes", "pnpm@10"),
    "uv": ("uv",),
    "bundler": ("bundle",),
    "composer": ("composer",),
}

# Files that make a package manager run code of the application, or another version of itself.
UNTRUSTED = (".npmrc", ".yarnrc", ".pnpmfile.cjs", "pnpmfile.cjs", "poetry.toml", "uv.toml")

# No scripts, no questions, no other version of the package manager, no Python from elsewhere.
ENVIRONMENT = {
    "BUNDLE_DISABLE_SHARED_GEMS": "1",
    "BUNDLE_PATH": "vendor/bundle",
    "BUNDLE_SILENCE_ROOT_WARNING": "1",
    "CI": "true",
    "COMPOSER_ALLOW_SUPERUSER": "1",
    "COMPOSER_DISABLE_NETWORK": "1",
    "COREPACK_ENABLE_STRICT": "0",
    "NPM_CONFIG_FETCH_RETRIES": "1",
    "NPM_CONFIG_MANAGE_PACKAGE_MANAGER_VERSIONS": "false",
    "NPM_CONFIG_PACKAGE_MANAGER_STRICT": "false",
    "UV_COMPILE_BYTECODE": "1",
    "UV_LINK_MODE": "copy",
    "UV_NATIVE_TLS": "true",
    "UV_PYTHON_DOWNLOADS": "never",
    "YARN_ENABLE_IMMUTABLE_INSTALLS": "false",
    "YARN_ENABLE_SCRIPTS": "false",
    "YARN_ENABLE_TELEMETRY": "false",
    "YARN_IGNORE_PATH": "1",
}

# These install below `vendor`.
BELOW_VENDOR = frozenset({"bundler", "composer"})

# These prune a developer's install; the others install anew.
PRUNED_IN_PLACE = frozenset({"npm", "yarn"})

SECONDS_PER_COMMAND = 1800


class Application(Struct, kw_only=True, forbid_unknown_fields=True):
    """One application to install, as APPLICATIONS.toml describes it."""

    name: str
    repository: str
    locks: list[str]
    python: str = ""
    development: list[str] = []
    keeps_development: bool = False
    held: bool = False


class Truth(Struct, kw_only=True):
    """What the production packages of one application weigh."""

    name: str
    repository: str
    manager: str
    locks: list[str]
    dir_production: str
    dir_developer: str
    installed: list[str]
    """Directories of packages, relative to `dir_production`."""
    raw_bytes: int
    files: int
    compressed_bytes: int
    developer_raw_bytes: int
    keeps_development: bool = False


class Row(Struct, kw_only=True):
    """One line of the table: a prediction and the truth."""

    name: str
    manager: str
    true_bytes: int
    low: int
    expected: int
    high: int
    error_percent: float
    inside: bool
    spread: float


BUILDPACKS = {
    "npm": "heroku/nodejs",
    "yarn": "heroku/nodejs",
    "yarn-berry": "heroku/nodejs",
    "pnpm": "heroku/nodejs",
    "bundler": "heroku/ruby",
    "composer": "heroku/php",
}


def predicted(truth: Truth, *, uses_installs: bool) -> tuple[int, int, int]:
    """Return low, expected and high compressed bytes of the packages that buildpacks install.

    Each directory with a lock file is an application of its own, with the version of Python that was used.
    """
    parts = []
    for lock in truth.locks:
        directory = Path(lock).parent
        manager = manager_of(Path(truth.dir_production) / lock).split()[0]
        versions = [each.split("python")[1].split("/")[0] for each in truth.installed if "/python" in each]
        with tempfile.TemporaryDirectory() as place:
            checkout = Path(truth.dir_production) / directory
            vendored = ("vendor",) if manager in BELOW_VENDOR else ()
            skipped = shutil.ignore_patterns("node_modules", ".venv", ".git", *vendored)
            shutil.copytree(checkout, place, symlinks=True, ignore=skipped, dirs_exist_ok=True)
            if versions:
                Path(place, ".python-version").write_text(versions[0])
                Path(place, "runtime.txt").unlink(missing_ok=True)
            for other in {"uv.lock", "poetry.lock", "Pipfile.lock", "requirements.txt"} - {Path(lock).name}:
                if manager in ("uv", "poetry", "pipenv", "pip"):
                    Path(place, other).unlink(missing_ok=True)
            tree = open_tree(os.fsencode(place), use_git=False)
            plan = plan_of(tree, Dialect.GITIGNORE, [BUILDPACKS.get(manager, "heroku/python")])
            here = InstalledHere(os.fsencode(Path(truth.dir_developer) / directory), {}) if uses_installs else None
            plan = with_installed(plan, here) if here is not None else plan
            parts += [part.range for part in predict(plan, here).parts if not part.is_runtime]
    return (
        sum(part.low_bytes for part in parts),
        sum(part.expected_bytes for part in parts),
        sum(part.high_bytes for part in parts),
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    install = commands.add_parser("install", help="install applications and weigh them")
    install.add_argument("applications", type=Path, metavar="APPLICATIONS.toml")
    install.add_argument("directory", type=Path, metavar="DIRECTORY")
    install.add_argument("names", nargs="*", metavar="NAME")
    table = commands.add_parser("table", help="compare predictions with what was installed")
    table.add_argument("truth", nargs="+", type=Path, metavar="TRUTH.json")
    table.add_argument("--without-installs", action="store_true", help="predict from lock files alone")
    table.add_argument("--json", action="store_true", help="print JSON")
    table.add_argument("--keep", type=Path, metavar="FILE", help="keep both predictions, for the table of the docs")
    args = parser.parse_args()
    if args.command == "install":
        return installed_all(args.applications, args.directory.absolute(), args.names)
    if args.keep:
        keep(args.truth, args.keep)
        return 0
    return compared_all(args.truth, uses_installs=not args.without_installs, prints_json=args.json)


# Installing


def installed_all(applications: Path, directory: Path, names: Sequence[str]) -> int:
    """Install the named applications (all by default); return 1 if one of them fails."""
    document = msgspec.convert(tomllib.loads(applications.read_text()), dict[str, list[Application]])
    failed = 0
    for application in document["application"]:
        if names and application.name not in names:
            continue
        area = directory / application.name
        shutil.rmtree(area, ignore_errors=True)
        try:
            check_out(Path(application.repository), area / "checkout")
            for developer in (True, False):
                shutil.copytree(area / "checkout", area / folder(developer), symlinks=True)
                for lock in application.locks:
                    install_lock(application, area, lock, developer=developer)
            # Packages that lie in the repository are part of the source.
            committed = {each.relative_to(area / "checkout") for each in package_directories(area / "checkout")}
            shutil.rmtree(area / "checkout")
            truth = weighed(application, area, committed)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            failed = 1
            print(f"{application.name}: {explanation(error)}", file=sys.stderr, flush=True)
            shutil.rmtree(area, ignore_errors=True)
            continue
        record(directory / ("truth_held.json" if application.held else "truth.json"), truth)
        print(
            f"{truth.name[:40]:40} {truth.manager:12} {truth.files:7,} files {truth.raw_bytes:13,} raw "
            f"{truth.compressed_bytes:12,} compressed  {truth.developer_raw_bytes:13,} raw with development",
            flush=True,
        )
    return failed


def folder(developer: bool) -> str:
    return "developer" if developer else "production"


def explanation(error: Exception) -> str:
    """Return what a failed command printed last."""
    if isinstance(error, subprocess.CalledProcessError) and error.stdout:
        return f"{' '.join(error.cmd)}\n{error.stdout.decode(errors='replace')[-1500:]}"
    return str(error)


def check_out(repository: Path, target: Path) -> None:
    """Write the files of HEAD without what makes package managers run code of the application."""
    target.mkdir(parents=True)
    git_dir = repository / ".git" if (repository / ".git").is_dir() else repository
    git = ["git", f"--git-dir={git_dir.absolute()}", f"--work-tree={target}"]
    environment = {**os.environ, "GIT_INDEX_FILE": f"{target}.index"}
    subprocess.run([*git, "read-tree", "HEAD"], env=environment, check=True)
    # A clone may lack large files. They have no part in an install.
    subprocess.run(
        [*git, "checkout-index", "--all"], cwd=target, env=environment, stderr=subprocess.DEVNULL, check=False
    )
    for path in sorted(target.rglob("*")):
        if path.name in UNTRUSTED:
            path.unlink()
        elif path.name == ".yarnrc.yml":
            settings = yaml.safe_load(path.read_text()) or {}
            path.write_text(f"nodeLinker: {settings.get('nodeLinker', 'pnp')}\n")


def manager_of(lock: Path) -> str:
    """Return which package manager wrote a lock file, with the version of its format for pnpm."""
    if lock.name in {"package-lock.json", "npm-shrinkwrap.json"}:
        return "npm"
    if lock.name == "yarn.lock":
        return "yarn-berry" if "\n__metadata:" in lock.read_text() else "yarn"
    if lock.name == "pnpm-lock.yaml":
        version = re.search(r"lockfileVersion: '?(\d+)", lock.read_text())
        return f"pnpm {version[1]}" if version else "pnpm 9"
    managers = {"uv.lock": "uv", "poetry.lock": "poetry", "Pipfile.lock": "pipenv"}
    managers |= {"Gemfile.lock": "bundler", "composer.lock": "composer"}
    return managers.get(lock.name, "pip")


def install_lock(application: Application, area: Path, name: str, *, developer: bool) -> None:
    """Install from a lock file into one of the two trees, the developer's first."""
    lock = area / folder(developer) / name
    manager = manager_of(lock)
    if not developer:
        same = manager == "pip" and not application.development
        if same or manager in PRUNED_IN_PLACE:
            packages = ".venv" if same else "node_modules"
            installed = area / folder(True) / name
            shutil.copytree(installed.with_name(packages), lock.with_name(packages), symlinks=True)
        if same:
            return
    for command in recipe(manager, application, lock, developer=developer):
        subprocess.run(
            command,
            cwd=lock.parent,
            env={**os.environ, **ENVIRONMENT},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=SECONDS_PER_COMMAND,
            check=True,
        )


def recipe(manager: str, application: Application, lock: Path, *, developer: bool) -> Iterator[list[str]]:
    """Yield the commands that install from a lock file as a developer does, or prune as the buildpack does."""
    tool = [*TOOLS.get(manager, ())]
    interpreter = ["--python", application.python] if application.python else []
    if manager == "npm":
        flags = ["--ignore-scripts", "--no-audit", "--no-fund"]
        yield [*tool, "ci", *flags] if developer else [*tool, "prune", "--omit=dev", *flags]
    elif manager == "yarn":
        flags = [
            "--frozen-lockfile",
            "--ignore-engines",
            "--ignore-scripts",
            "--non-interactive",
            "--network-timeout",
            "600000",
        ]
        yield [*tool, "install", *flags, f"--production={str(not developer).lower()}"]
    elif manager == "yarn-berry":
        yield [*tool, "install"] if developer else [*tool, "workspaces", "focus", "--all", "--production"]
    elif manager.startswith("pnpm"):
        flags = ["--frozen-lockfile", "--ignore-scripts", "--ignore-pnpmfile"]
        yield [*tool, "install", *flags, *(() if developer else ("--prod",))]
    elif manager == "uv":
        groups = [] if developer else ["--no-default-groups"]
        yield ["uv", "sync", "--frozen", "--no-install-project", "--no-install-workspace", *interpreter, *groups]
    elif manager in BELOW_VENDOR:
        yield from vendored_recipe(tool, developer=developer)
    else:
        yield ["uv", "venv", "--quiet", "--allow-existing", *interpreter, ".venv"]
        flags = ["--index-strategy", "unsafe-best-match"]
        requirements = [lock.name, *(application.development if developer else ())]
        if manager == "pipenv":
            requirements = [pinned(lock, developer=developer)]
            flags = ["--no-deps"]
        elif manager == "poetry":
            requirements = [asked(lock, developer=developer)]
            flags = ["--constraint", constraints(lock)]
        files = [flag for each in requirements for flag in ("--requirement", each)]
        yield ["uv", "pip", "install", "--quiet", "--python", ".venv", *flags, *files]
        # Poetry installs what is locked and nothing else: older locks leave out setuptools, though packages require it.
        if manager == "poetry" and (surplus := unlocked(lock)):
            yield ["uv", "pip", "uninstall", "--quiet", "--python", ".venv", *surplus]


def vendored_recipe(tool: Sequence[str], *, developer: bool) -> Iterator[list[str]]:
    """Yield the commands of Bundler or Composer."""
    if tool == [*TOOLS["bundler"]]:
        without = [] if developer else ["BUNDLE_WITHOUT=development:test"]
        yield ["env", *without, *tool, "install", "--local", "--no-cache"]
        yield ["sh", "-c", "rm -r vendor/bundle/ruby/*/cache"]  # as the buildpack does
    else:
        flags = ["--no-scripts", "--no-plugins", "--no-interaction", "--no-progress", "--ignore-platform-reqs"]
        yield [*tool, "install", "--optimize-autoloader", *flags, *(() if developer else ("--no-dev",))]


def pinned(lock: Path, *, developer: bool) -> str:
    """Write the packages of a Pipfile.lock as requirements; return the file's name."""
    document = json.loads(lock.read_text())
    packages = {**(document["develop"] if developer else {}), **document["default"]}
    lines = []
    for name, package in packages.items():
        extras = f"[{','.join(package['extras'])}]" if package.get("extras") else ""
        marker = f" ; {package['markers']}" if package.get("markers") else ""
        lines.append(f"{name}{extras}{package['version']}{marker}\n")
    lock.with_name(".pinned.txt").write_text("".join(lines))
    return ".pinned.txt"


def asked(lock: Path, *, developer: bool) -> str:
    """Write what pyproject.toml asks Poetry for, without versions; return the file's name."""
    poetry = tomllib.loads(lock.with_name("pyproject.toml").read_text())["tool"]["poetry"]
    wanted = dict(poetry.get("dependencies", {}))
    if developer:
        wanted |= poetry.get("dev-dependencies", {})
        for group in poetry.get("group", {}).values():
            wanted |= group.get("dependencies", {})
    lines = []
    for name, package in wanted.items():
        options = package if isinstance(package, dict) else {}
        if name != "python" and not options.get("optional"):
            extras = f"[{','.join(options['extras'])}]" if options.get("extras") else ""
            lines.append(f"{name}{extras}\n")
    lock.with_name(".asked.txt").write_text("".join(lines))
    return ".asked.txt"


def unlocked(lock: Path) -> list[str]:
    """Return what is installed beside a poetry.lock without being listed there."""
    locked = {canonical(each["name"]) for each in tomllib.loads(lock.read_text())["package"]}
    metadata = lock.parent.glob(".venv/lib/*/site-packages/*.dist-info")
    return sorted({canonical(each.name.partition("-")[0]) for each in metadata} - locked)


def constraints(lock: Path) -> str:
    """Write the versions in a poetry.lock as constraints; return the file's name."""
    packages = tomllib.loads(lock.read_text())["package"]
    lock.with_name(".constraints.txt").write_text("".join(f"{each['name']}=={each['version']}\n" for each in packages))
    return ".constraints.txt"


# Weighing


def weighed(application: Application, area: Path, committed: Collection[Path]) -> Truth:
    production = area / folder(application.keeps_development)
    found = package_directories(production)
    installed = sorted(each for each in found if each.relative_to(production) not in committed)
    names = [str(each.relative_to(production)) for each in installed]
    files, raw_bytes = counted(installed)
    managers = [manager_of(production / lock).split()[0] for lock in application.locks]
    return Truth(
        name=application.name,
        repository=application.repository,
        manager="+".join(managers),
        locks=application.locks,
        dir_production=str(production),
        dir_developer=str(area / folder(True)),
        installed=names,
        raw_bytes=raw_bytes,
        files=files,
        compressed_bytes=packed_bytes(production, names),
        developer_raw_bytes=counted(list(package_directories(area / folder(True))))[1],
        keeps_development=application.keeps_development,
    )


def package_directories(tree: Path) -> Iterator[Path]:
    """Yield the outermost directories of packages below a tree."""
    for path, directories, _ in os.walk(tree):
        for name in ("node_modules", "site-packages", "vendor"):
            if name in directories and (name != "vendor" or Path(path, name, "composer/installed.json").exists()):
                directories.remove(name)
                yield Path(path, name)
        if "bundle" in directories and Path(path).name == "vendor":
            directories.remove("bundle")
            yield Path(path, "bundle")


def counted(directories: Sequence[Path]) -> tuple[int, int]:
    """Return the number of regular files below directories, and their bytes."""
    sizes = [
        each.stat().st_size
        for directory in directories
        for each in directory.rglob("*")
        if each.is_file() and not each.is_symlink()
    ]
    return len(sizes), sum(sizes)


def packed_bytes(tree: Path, names: Sequence[str]) -> int:
    """Return the size of directories packed as in a slug."""
    # pip is part of the runtime, not one of the application's packages.
    without = ["--exclude=site-packages/pip", "--exclude=site-packages/pip-*"]
    tar = subprocess.Popen(["tar", "cf", "-", "-C", str(tree), *without, "--", *names], stdout=subprocess.PIPE)
    gzip = subprocess.Popen(["gzip", "-6"], stdin=tar.stdout, stdout=subprocess.PIPE)
    assert gzip.stdout is not None
    size = 0
    while chunk := gzip.stdout.read(1 << 20):
        size += len(chunk)
    if tar.wait() or gzip.wait():
        raise ValueError("tar or gzip failed")
    return size


def record(path: Path, truth: Truth) -> None:
    """Put a result into the list in `path`, in place of an older one of the same application."""
    kept = [each for each in results(path) if each.name != truth.name] if path.exists() else []
    ordered = sorted([*kept, truth], key=lambda each: each.name)
    path.write_bytes(msgspec.json.format(msgspec.json.encode(ordered), indent=1) + b"\n")


def results(path: Path) -> list[Truth]:
    return msgspec.json.decode(path.read_bytes(), type=list[Truth])


# Comparing


def compared_all(paths: Sequence[Path], *, uses_installs: bool, prints_json: bool) -> int:
    rows = [compared(truth, uses_installs=uses_installs) for path in paths for truth in results(path)]
    totals = summary(rows)
    if prints_json:
        print(msgspec.json.format(msgspec.json.encode({"rows": rows, "summary": totals})).decode())
        return 0
    print("| application | package manager | true | predicted | low | high | error |  |")
    print("|---|---|---:|---:|---:|---:|---:|---|")
    for row in rows:
        sizes = " | ".join(f"{size / 1e6:.1f}" for size in (row.true_bytes, row.expected, row.low, row.high))
        outside = "" if row.inside else "outside"
        print(f"| {row.name} | {row.manager} | {sizes} | {row.error_percent:+.1f} % | {outside} |")
    print("\n" + ", ".join(f"{name} {value:g}" for name, value in totals.items()))
    return 0


def keep(paths: Sequence[Path], kept: Path) -> None:
    """Write what both predictions say of each application, by package manager and name."""
    rows = [
        {
            "name": truth.name,
            "manager": truth.manager,
            "held": path.stem.endswith("held"),
            "keeps_development": truth.keeps_development,
            "bytes": truth.compressed_bytes,
            "installed": predicted(truth, uses_installs=True),
            "locks": predicted(truth, uses_installs=False),
        }
        for path in paths
        for truth in results(path)
    ]
    rows.sort(key=lambda row: (str(row["manager"]), str(row["name"])))
    kept.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")


def compared(truth: Truth, *, uses_installs: bool) -> Row:
    low, expected, high = predicted(truth, uses_installs=uses_installs)
    return Row(
        name=truth.name,
        manager=truth.manager,
        true_bytes=truth.compressed_bytes,
        low=low,
        expected=expected,
        high=high,
        error_percent=(expected / truth.compressed_bytes - 1) * 100,
        inside=low <= truth.compressed_bytes <= high,
        spread=high / max(1, low),
    )


def summary(rows: Sequence[Row]) -> Mapping[str, float]:
    errors = [row.error_percent for row in rows]
    return {
        "applications": len(rows),
        "median signed error in percent": round(statistics.median(errors), 2),
        "median absolute error in percent": round(statistics.median(map(abs, errors)), 2),
        "within 3 %": sum(abs(error) <= 3 for error in errors),
        "within 12 %": sum(abs(error) <= 12 for error in errors),
        "within 30 %": sum(abs(error) <= 30 for error in errors),
        "inside the range": sum(row.inside for row in rows),
        "high at most 1.5 times low": sum(row.spread <= 1.5 for row in rows),
    }


if __name__ == "__main__":
    sys.exit(main())
