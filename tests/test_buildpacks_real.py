"""What lock files say against what npm and pip really install."""

from __future__ import annotations

import json
import platform
import re
import sys
from pathlib import Path

import pytest

from slugtrim.buildpacks.node_locks import node_dependencies
from tests.locks import install
from tests.slugs import build_node_application, build_with, run_tool

pytestmark = pytest.mark.full

ON_LINUX = platform.machine() == "x86_64" and platform.libc_ver()[0] == "glibc"


def installed(modules: Path) -> set[str]:
    """Return ``place@version`` of every package below a node_modules directory."""
    found = set()
    for manifest in modules.rglob("package.json"):
        place = manifest.parent
        above = place.parent.parent if place.parent.name.startswith("@") else place.parent
        if above.name == "node_modules" and not place.name.startswith("."):
            found.add(f"{place.relative_to(modules.parent)}@{json.loads(manifest.read_bytes())['version']}")
    return found


@pytest.mark.skipif(not ON_LINUX, reason="the platform of Heroku: Linux on x86-64 with glibc")
def test_npm_leaves_the_packages_that_its_lock_file_names(tmp_path: Path) -> None:
    app = build_node_application(
        tmp_path / "app",
        {"@parcel/watcher": "2.4.1", "string-width": "4.2.3"},
        {"string-width-2": "npm:string-width@2.1.1", "chokidar": "3.5.3", "wrap-ansi": "7.0.0"},
    )
    files = {name.encode(): (app / name).read_bytes() for name in ("package.json", "package-lock.json")}
    found = node_dependencies(files, files.get)
    before = {f"{package.place}@{package.version}" for package in (*found.packages, *found.development)}
    assert before == installed(app / "node_modules")
    build_with("npm", "prune", "--omit=dev", "--no-audit", "--ignore-scripts", cwd=app)
    after = {f"{package.place}@{package.version}" for package in found.packages}
    assert after == installed(app / "node_modules")
    assert any("linux-x64" in name for name in after)
    assert len(after) < len(before)


def test_pip_takes_the_requirements_whose_markers_hold(tmp_path: Path) -> None:
    lines = [
        "six==1.16.0",
        "Jinja2==3.1.2 ; python_version >= '3.8' and sys_platform != 'win32'",
        "colorama==0.4.6 ; sys_platform == 'win32'",
        "MarkupSafe==2.1.5 ; implementation_name == 'cpython'",
        "tomli==2.0.1 ; python_full_version < '3.11'",
        "idna==3.7 ; extra == 'dev' or platform_machine == 'no-such-machine'",
    ]
    (tmp_path / "requirements.txt").write_text("\n".join(lines))
    options = (
        "--dry-run",
        "--no-deps",
        "--ignore-installed",
        "--disable-pip-version-check",
        "-q",
        "--report",
        "report.json",
    )
    build_with(sys.executable, "-m", "pip", "install", *options, "-r", "requirements.txt", cwd=tmp_path)
    report = json.loads((tmp_path / "report.json").read_bytes())
    taken = {f"{item['metadata']['name'].lower()}@{item['metadata']['version']}" for item in report["install"]}
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    found = install({"requirements.txt": "\n".join(lines), ".python-version": version})
    assert {f"{package.name}@{package.version}" for package in found.packages} == taken


def test_npm_lists_as_production_what_the_lock_file_of_a_workspace_keeps(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    root = {"name": "shop", "version": "1.0.0", "workspaces": ["web"], "devDependencies": {"wrap-ansi": "7.0.0"}}
    member = {
        "name": "web",
        "version": "1.0.0",
        "dependencies": {"string-width": "2.1.1"},
        "devDependencies": {"ms": "2.1.3"},
    }
    (tmp_path / "package.json").write_text(json.dumps(root))
    (tmp_path / "web/package.json").write_text(json.dumps(member))
    build_with("npm", "install", "--package-lock-only", "--no-audit", "--no-fund", cwd=tmp_path)
    listed = run_tool("npm", "ls", "--package-lock-only", "--omit=dev", "--all", "--parseable", cwd=tmp_path).decode()
    inside = [Path(line).relative_to(tmp_path.resolve()).as_posix() for line in listed.split()]
    files = {name.encode(): (tmp_path / name).read_bytes() for name in ("package.json", "package-lock.json")}
    found = node_dependencies(files, files.get)
    assert {package.place for package in found.packages} == set(inside) - {".", "web", "node_modules/web"}
    assert "node_modules/ms" in {package.place for package in found.development}


GEMFILE = """\
source "https://rubygems.org"
gem "plain"
gem 'versioned', '~> 1.0', '>= 1.0.1' # group: :test
gem("in-parentheses", require: false)
gem "dev", group: :development
gem "dev-and-test", groups: [:development, :test]
gem "old-hash", "1", :group => [:test, :development]
gem "words", groups: %i[development test]
gem "string-group", group: "test"
gem "also-production", groups: [:test, :production]
gem "windows", platforms: %i[mingw mswin x64_mingw jruby]
gem "one-platform", platform: :jruby
gem "on-mri", platforms: [:ruby, :jruby]
group :development, :test do
  gem "in-group"
  platforms :mri do
    gem "in-both"
  end
  [1].each do |_number|
    if true
      gem "in-block"
    end
  end
end
group :test, :assets do
  gem "in-other-group"
end
platforms :jruby do
  gem "in-jruby"
end
source "https://gems.example.com" do
  gem "elsewhere"
end
unless false
  gem "conditional"
end
gem "last"
"""
DIRECT = """
require "bundler"
definition = Bundler::Definition.build("Gemfile", "Gemfile.lock", nil)
direct = definition.dependencies.reject { |gem| (gem.groups - %i[development test]).empty? }
puts direct.select(&:should_include?).map(&:name)
"""


def test_gems_that_bundler_installs_in_production(tmp_path: Path) -> None:
    (tmp_path / "Gemfile").write_text(GEMFILE)
    (tmp_path / "Gemfile.lock").write_text("")
    wanted = run_tool("ruby", "-e", DIRECT, cwd=tmp_path).decode().split()
    names = re.findall(r"gem[ (][\"']([^\"']+)", GEMFILE)
    lock = "GEM\n  specs:\n" + "".join(f"    {name} (1)\n" for name in names)
    lock += "\nDEPENDENCIES\n" + "".join(f"  {name}\n" for name in names)
    found = install({"Gemfile": GEMFILE, "Gemfile.lock": lock})
    assert [package.name for package in found.packages] == wanted
    assert "plain" in wanted
