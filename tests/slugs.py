"""Applications as buildpacks leave them, built by real package managers, and slugs of them.

A function installs into a directory and returns it; ``make_slug`` (in ``builders``) packs it. Where a package manager
is missing or cannot install, the test skips and says so.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.builders import make_repo, make_slug, make_tree

PYTHON_REQUIREMENTS = ("greenlet==3.1.1", "six==1.16.0", "pycodestyle==2.11.1")
"""One with an extension, headers and tests; one of a single module; one that only development needs, with a script."""

NODE_DEPENDENCIES = {
    "@jridgewell/sourcemap-codec": "1.5.0",
    "@types/ms": "0.7.34",
    "bufferutil": "4.0.8",
    "string-width": "4.2.3",
    "strip-ansi": "7.1.0",
    "wrap-ansi": "7.0.0",
}
"""One with a scope and source maps, types, one compiled beforehand, two that need an older strip-ansi than it is."""

NODE_DEVELOPMENT = {"mkdirp": "0.5.6"}
"""It needs minimist, and has a link in ``.bin``."""

SITE_PACKAGES = f".heroku/python/lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"


class Built(NamedTuple):
    """An application and the slug of it."""

    app: Path
    slug: Path


def pack(app: Path) -> Built:
    """The slug stands beside the application."""
    return Built(app, make_slug(app.with_suffix(".tgz"), app, root="./app/"))


def run_tool(*command: str | Path, cwd: Path, **environment: str) -> bytes:
    """What a tool prints. Skips the test where it is missing."""
    done = _run(*command, cwd=cwd, **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def build_with(*command: str | Path, cwd: Path, **environment: str) -> None:
    """Has a tool install something. Skips the test where it is missing or cannot: there may be no network."""
    done = _run(*command, cwd=cwd, **environment)
    if done.returncode:
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        pytest.skip(f"{Path(command[0]).name} could not do its work: {said[-1] if said else done.returncode}")


def _run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[bytes]:
    name = str(command[0])
    if shutil.which(name) is None:
        pytest.skip(f"{name} is not installed")
    env = {key: value for key, value in os.environ.items() if not key.startswith(("BUNDLE_", "GEM_"))} | environment
    return subprocess.run(list(map(str, command)), cwd=cwd, env=env, capture_output=True, check=False)


def build_python_application(app: Path, requirements: Sequence[str] = PYTHON_REQUIREMENTS) -> Path:
    """A Flask-like application with what the Python buildpack leaves: packages below ``.heroku/python``."""
    make_tree(
        app,
        {
            "Procfile": "web: python app.py\n",
            "app.py": "import six\nprint(six.__version__)\n",
            "requirements.txt": "".join(f"{line}\n" for line in requirements),
            "tests/test_app.py": "import app\n",
            ".profile.d/python.sh": "export PATH=$HOME/.heroku/python/bin:$PATH\n",
        },
    )
    options = ("--no-deps", "--ignore-installed", "--no-warn-script-location", "--disable-pip-version-check", "-q")
    build_with(
        sys.executable, "-m", "pip", "install", *options, "--prefix", app / ".heroku/python", *requirements, cwd=app
    )
    return app


def build_node_application(
    app: Path, dependencies: Mapping[str, str] | None = None, development: Mapping[str, str] | None = None
) -> Path:
    """An application with ``node_modules`` that nobody pruned."""
    manifest = {
        "name": "shop",
        "version": "1.0.0",
        "private": True,
        "scripts": {"start": "node index.js"},
        "dependencies": dict(NODE_DEPENDENCIES if dependencies is None else dependencies),
        "devDependencies": dict(NODE_DEVELOPMENT if development is None else development),
    }
    make_tree(
        app,
        {
            "Procfile": "web: node index.js\n",
            "package.json": json.dumps(manifest, indent=2),
            "index.js": "require('string-width')\n",
        },
    )
    options = ("--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", "--install-strategy=hoisted")
    build_with("npm", "install", *options, cwd=app)
    return app


def build_ruby_application(app: Path, work: Path) -> Path:
    """An application whose gems bundler has installed: Debian's, two of our own, and one out of a git repository.

    ``work``: a directory for what is only needed to build it.
    """
    cache = app / "vendor/cache"
    cache.mkdir(parents=True)
    script = make_tree(work, {"pack.rb": _PACK_INSTALLED}) / "pack.rb"
    build_with("ruby", script, "rack,rake", cache, cwd=work)
    _own_gem(work / "rspec-tiny", cache, _TINY, {"spec/tiny_spec.rb": "it\n", "ext/tiny/tiny.c": "int tiny;\n"})
    _own_gem(work / "native", cache, _NATIVE, {"lib/native/1.so": "\x7fELF"})
    greet = make_repo(work / "greet", {"greet.gemspec": _GREET, "lib/greet.rb": "module Greet; end\n"})
    gemfile = (
        'source "https://rubygems.org"\n\ngem "rack"\ngem "rake"\ngem "native"\n'
        f'gem "greet", git: "file://{greet}"\ngem "rspec-tiny"\n'
    )
    make_tree(app, {"Gemfile": gemfile, "config.ru": "run Rack::Lint\n", "Procfile": "web: rackup\n"})
    bundle = shutil.which("bundle") or "bundle3.1"
    settings = {"BUNDLE_PATH": "vendor/bundle", "BUNDLE_SILENCE_ROOT_WARNING": "1", "BUNDLE_CACHE_ALL": "false"}
    build_with(bundle, "install", "--local", cwd=app, BUNDLE_DISABLE_SHARED_GEMS="1", HOME=str(work), **settings)
    return app


def compile_library(path: Path, *options: str) -> Path:
    """A shared object of a few functions, with what debuggers read if ``options`` say so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    source = make_tree(
        path.parent / "of", {"code.c": "".join(f"int f{n}(int x) {{ return x * {n}; }}\n" for n in range(400))}
    )
    build_with("gcc", "-shared", "-fPIC", *options, "-o", path, source / "code.c", cwd=path.parent)
    shutil.rmtree(source)
    return path


def _own_gem(directory: Path, cache: Path, gemspec: str, files: Mapping[bytes | str, str]) -> None:
    make_tree(directory, {"gem.gemspec": gemspec, **files})
    build_with("gem", "build", "-q", "gem.gemspec", cwd=directory)
    for built in directory.glob("*.gem"):
        built.rename(cache / built.name)


_PACK_INSTALLED = """\
require "rubygems/package"
names, into = ARGV
names.split(",").each do |name|
  installed = Gem::Specification.find_by_name(name)
  gem = installed.dup
  Dir.chdir(installed.full_gem_path) do
    gem.files = Dir["**/*"].select { |path| File.file?(path) }
    gem.executables = []
    Gem::Package.build(gem, true, false, File.join(into, installed.full_name + ".gem"))
  end
end
"""
"""Makes gem files again of gems that Debian has unpacked."""

_ABOUT = 's.summary = "x"; s.authors = ["x"]; s.homepage = "https://example.com"; s.license = "MIT"'
_TINY = f"""\
Gem::Specification.new do |s|
  s.name = "rspec-tiny"; s.version = "1.0.0"; {_ABOUT}
  s.files = ["spec/tiny_spec.rb", "ext/tiny/tiny.c"]
end
"""
_NATIVE = f"""\
Gem::Specification.new do |s|
  s.name = "native"; s.version = "2.1.0"; s.platform = Gem::Platform::CURRENT; {_ABOUT}
  s.files = ["lib/native/1.so"]
end
"""
_GREET = f"""\
Gem::Specification.new do |s|
  s.name = "greet"; s.version = "0.1.0"; {_ABOUT}
  s.files = ["lib/greet.rb"]
end
"""
