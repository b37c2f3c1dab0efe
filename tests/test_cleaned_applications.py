"""Applications built as buildpacks do, cured by `inspect --cleanup`, built and started again.

The same request must get the same answer, and the slug must shrink by as much as was said. Gems are those of Debian,
and PHP packages are directories in the layout of Composer, since their registries are out of reach.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.builders import Content, make_slug, make_tree
from tests.command_line import run
from tests.slugs import build_with
from tests.test_deployed_applications import started

pytestmark = pytest.mark.long

Files = Mapping[bytes | str, Content]

PYTHON = "{python} -m venv .heroku/python"
SERVE = """\
import os
from wsgiref.simple_server import make_server

{code}

def application(environ, start_response):
    start_response("200 OK", [])
    return [answer().encode()]

make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()
"""
NODE_SERVER = """\
const http = require('http');
const width = require('string-width');
http.createServer((_, response) => response.end(`width ${width('abc')} ${require('bufferutil').mask.length}`))
  .listen(process.env.PORT, '127.0.0.1');
"""
NODE_CACHE = "mkdir -p node_modules/.cache/babel && head -c 200000 /dev/urandom > node_modules/.cache/babel/a"
DEPENDENCIES = {"string-width": "4.2.3", "bufferutil": "4.0.8", "node-gyp-build": "4.8.0"}
DEVELOPMENT = {"mkdirp": "0.5.6", "lodash": "4.17.21"}


def manifest(**fields: object) -> str:
    return json.dumps({"name": "shop", "version": "1.0.0", "private": True, **fields}, indent=2) + "\n"


class Deployed(Struct):
    """An application, how its buildpack builds it, the script that the buildpack runs last, and how it starts."""

    files: Files
    build: str
    last: str
    start: str
    kinds: tuple[str, ...]
    """Safe waste that it has and that goes."""
    tools: tuple[str, ...] = ()
    """npm packages with programs that the build needs."""
    gems: str = ""
    """Gems of Debian that the application names."""


BUNDLE = "BUNDLE_PATH=vendor/bundle BUNDLE_DISABLE_SHARED_GEMS=1 bundle3.1"
ASSETS = f"{BUNDLE} exec ruby -rrake -e 'Rake.application.run([\"assets:precompile\"])'"
RAILS_ENV = "RAILS_ENV=production SECRET_KEY_BASE=secret RAILS_LOG_TO_STDOUT=1"
RAILS_GEMS = "rails,puma,sqlite3,sprockets-rails,google-protobuf"
PRICES_CONTROLLER = """\
require "google/protobuf"
class PricesController < ActionController::Base
  def index
    page = Nokogiri::HTML("<p>4</p>")
    render plain: [page.text, Google::Protobuf::Map.new(:string, :int32).size, helpers.asset_path("application.css")]
  end
end
"""
# As the gem is compiled beforehand: a library for each version of Ruby, of which it loads its own.
PRECOMPILED = (
    "cd vendor/bundle/ruby/3.1.0/gems/google-protobuf-*/lib/google && mkdir 2.7 3.0 3.1"
    " && cp protobuf_c.so 2.7 && cp protobuf_c.so 3.0 && mv protobuf_c.so 3.1 && cd -"
)
RUN_SCRIPT = "npm run --silent heroku-cleanup"
APPLICATIONS = {
    "npm": Deployed(
        files={
            "package.json": manifest(
                scripts={"start": "node index.js"}, dependencies=DEPENDENCIES, devDependencies=DEVELOPMENT
            ),
            "Procfile": "web: node index.js\n",
            "index.js": NODE_SERVER,
        },
        build=f"npm install --ignore-scripts --no-audit --no-fund --loglevel=error && {NODE_CACHE}",
        last=RUN_SCRIPT,
        start="exec node index.js",
        kinds=("node-dev-dependencies", "node-build-caches", "foreign-prebuilds"),
    ),
    "yarn": Deployed(
        files={
            "package.json": manifest(dependencies=DEPENDENCIES, devDependencies=DEVELOPMENT),
            "Procfile": "web: node index.js\n",
            "index.js": NODE_SERVER,
        },
        build=f"yarn install --ignore-scripts --silent --cache-folder .yarn-cache && {NODE_CACHE}",
        last=RUN_SCRIPT,
        start="exec node index.js",
        kinds=("node-dev-dependencies", "node-build-caches", "package-manager-caches"),
        tools=("yarn@1.22.22",),
    ),
    "yarn 4": Deployed(
        files={
            "package.json": manifest(dependencies=DEPENDENCIES, devDependencies=DEVELOPMENT),
            ".yarnrc.yml": "nodeLinker: node-modules\nenableGlobalCache: false\nenableTelemetry: false\n",
            "yarn.lock": "",
            "Procfile": "web: node index.js\n",
            "index.js": NODE_SERVER,
        },
        build=f"yarn install --no-immutable && {NODE_CACHE}",
        last=RUN_SCRIPT,
        start="exec node index.js",
        kinds=("node-dev-dependencies", "yarn-cache", "node-build-caches", "foreign-prebuilds"),
        tools=("@yarnpkg/cli-dist@4.5.3",),
    ),
    "python and node": Deployed(
        files={
            "requirements.txt": "\n",
            "package.json": manifest(dependencies=DEPENDENCIES),
            "Procfile": "web: python app.py\nworker: node index.js\n",
            "index.js": NODE_SERVER,
            "app.py": SERVE.format(code="def answer():\n    return str(sum(range(9)))\n"),
        },
        build=f"npm install --ignore-scripts --no-audit --no-fund --loglevel=error && {NODE_CACHE} && {PYTHON}",
        last="bin/post_compile",
        start="exec .heroku/python/bin/python app.py",
        kinds=("node-build-caches", "foreign-prebuilds"),
    ),
    "pnpm workspace": Deployed(
        files={
            "package.json": manifest(devDependencies=DEVELOPMENT),
            "pnpm-workspace.yaml": "packages:\n  - packages/*\n",
            "packages/web/package.json": json.dumps(
                {"name": "web", "version": "1.0.0", "dependencies": {**DEPENDENCIES, "words": "workspace:*"}}
            ),
            "packages/web/index.js": NODE_SERVER.replace("`width", "require('words') + `"),
            "packages/words/package.json": json.dumps({"name": "words", "version": "1.0.0"}),
            "packages/words/index.js": "module.exports = 'width ';\n",
            "Procfile": "web: node packages/web/index.js\n",
        },
        build="pnpm install --ignore-scripts --silent --store-dir .pnpm-store",
        last=RUN_SCRIPT,
        start="exec node packages/web/index.js",
        kinds=("node-dev-dependencies", "package-manager-caches", "foreign-prebuilds"),
        tools=("pnpm@9.15.0",),
    ),
    "next standalone": Deployed(
        files={
            "package.json": manifest(
                scripts={"build": "next build", "start": "node .next/standalone/server.js"},
                dependencies={"next": "14.2.15", "react": "18.3.1", "react-dom": "18.3.1"},
            ),
            "next.config.js": "module.exports = { output: 'standalone', generateBuildId: () => 'one' };\n",
            "pages/index.jsx": "export default function Home() { return <h1>Hello</h1>; }\n",
        },
        build="npm install --no-audit --no-fund --loglevel=error && NEXT_TELEMETRY_DISABLED=1 npx next build",
        last=RUN_SCRIPT,
        start="exec env HOSTNAME=127.0.0.1 node .next/standalone/server.js",
        kinds=("next-standalone-packages", "node-build-caches"),
    ),
    "pip": Deployed(
        files={
            "requirements.txt": "numpy==1.26.4\nopencv-python==4.10.0.84\n",
            "Procfile": "web: python app.py\n",
            "app.py": SERVE.format(
                code="import cv2\nimport numpy\n\n\ndef answer():\n"
                "    return str(cv2.resize(numpy.ones((8, 8)), (2, 2)).sum())\n"
            ),
        },
        build=f"{PYTHON} && .heroku/python/bin/pip install -q -r requirements.txt",
        last="bin/post_compile",
        start="exec .heroku/python/bin/python app.py",
        kinds=("opencv-with-windows", "static-libraries"),
    ),
    # From a file: Poetry asks the network's index in ways that a mirror may not answer.
    "poetry": Deployed(
        files={
            "pyproject.toml": '[tool.poetry]\nname = "shop"\nversion = "1"\ndescription = ""\nauthors = []\n'
            'package-mode = false\n[tool.poetry.dependencies]\npython = "^3.11"\n',
            "Procfile": "web: python app.py\n",
            "app.py": SERVE.format(code="import numpy\n\n\ndef answer():\n    return str(numpy.ones(3).sum())\n"),
        },
        build=f"{PYTHON} && {{python}} -m venv ../poetry && ../poetry/bin/pip install -q 'poetry<2'"
        " && ../poetry/bin/pip download -q --no-deps -d ../wheels numpy==1.26.4"
        " && . .heroku/python/bin/activate && ../poetry/bin/poetry add -q ../wheels/*.whl",
        last="bin/post_compile",
        start="exec .heroku/python/bin/python app.py",
        kinds=("static-libraries",),
    ),
    "sinatra": Deployed(
        files={
            "Gemfile": 'source "https://rubygems.org"\ngem "sinatra"\ngem "webrick"\ngem "rake"\n',
            "Rakefile": "task :default\n",
            "Procfile": "web: bundle exec rackup\n",
            "config.ru": 'require "sinatra/base"\nclass Shop < Sinatra::Base\n  get("/") { "Hello" }\nend\nrun Shop\n',
        },
        gems="sinatra,webrick,rake",
        build="true",
        last=f"STACK=heroku-24 {ASSETS}",
        start=f'{BUNDLE} exec ruby -rrack -e \'Rack::Server.start(config: "config.ru", server: "webrick",'
        ' Host: "127.0.0.1", Port: ENV.fetch("PORT").to_i)\'',
        kinds=("gem-cache",),
    ),
    "rails": Deployed(
        files={
            "Gemfile": 'source "https://rubygems.org"\n'
            + "".join(f'gem "{name}"\n' for name in (*RAILS_GEMS.split(","), "rake")),
            "Procfile": "web: bundle exec puma\n",
            "config/routes.rb": 'Rails.application.routes.draw { root "prices#index" }\n',
            "app/controllers/prices_controller.rb": PRICES_CONTROLLER,
            "app/assets/config/manifest.js": "//= link_directory ../stylesheets .css\n",
            "app/assets/stylesheets/application.css": "body { color: teal }\n" * 400,
        },
        gems=f"{RAILS_GEMS},rake",
        build=f"rails new . --skip --minimal --skip-bundle --skip-git --quiet && {PRECOMPILED} && {RAILS_ENV} {ASSETS}",
        last=f"STACK=heroku-24 {RAILS_ENV} {ASSETS}",
        start=f"exec env {RAILS_ENV} {BUNDLE} exec ruby -rpuma/cli -e"
        """ 'Puma::CLI.new(["-b", "tcp://127.0.0.1:#{ENV["PORT"]}", "-t", "1:1"]).run'""",
        kinds=("gem-cache", "foreign-gem-libraries", "asset-caches"),
    ),
    "php": Deployed(
        files={
            "composer.json": json.dumps({"require": {"a/b": "*"}}, indent=4) + "\n",
            "composer.lock": "{}\n",
            "Procfile": "web: heroku-php-apache2\n",
            "index.php": "<?php\nrequire __DIR__ . '/vendor/autoload.php';\necho greet();\n",
            "vendor/composer/installed.json": '{"packages": [{"name": "a/b", "version": "1.0"}]}',
            "vendor/autoload.php": "<?php require __DIR__ . '/a/b/src/greet.php';\n",
            "vendor/a/b/src/greet.php": "<?php function greet() { return 'Hello'; }\n",
            "vendor/a/b/.git/objects/pack/a.pack": os.urandom(300_000),
            "vendor/a/b/.git/HEAD": "ref: refs/heads/main\n",
        },
        build="php -l index.php",
        last='sh -c "$(php -r \'echo json_decode(file_get_contents("composer.json"))->scripts->compile;\')"',
        start="exec php -S 127.0.0.1:$PORT index.php",
        kinds=("git-directories",),
    ),
}


PACK = """\
require "fileutils"
require "rubygems/package"
names, into = ARGV
wanted, gems = names.split(","), {}
while (name = wanted.shift)
  next if gems[name]
  gems[name] = Gem::Specification.find_by_name(name)
  wanted.concat(gems[name].runtime_dependencies.map(&:name))
end
gems.each_value.reject(&:default_gem?).each do |found|
  home = File.join(into, "..", "of", found.full_name)
  FileUtils.mkdir_p("#{home}/lib")
  if File.directory?(found.full_gem_path)
    FileUtils.cp_r("#{found.full_gem_path}/.", home, dereference_root: true)
    FileUtils.cp_r("#{found.extension_dir}/.", "#{home}/lib") if File.directory?(found.extension_dir)
  else # Debian has some gems among Ruby's own libraries
    `dpkg -L ruby-#{found.name.tr("_", "-")}`.lines(chomp: true).each do |path|
      inside = path[%r{/vendor_ruby/(?:\\d+\\.\\d+\\.\\d+/)?(.+)}, 1]
      next unless inside && File.file?(path)
      FileUtils.mkdir_p(File.dirname("#{home}/lib/#{inside}"))
      FileUtils.cp(path, "#{home}/lib/#{inside}")
    end
  end
  Dir.chdir(home) do
    gem = found.dup
    gem.files = Dir["**/*"].select { |path| File.file?(path) }
    gem.executables = gem.test_files = gem.extra_rdoc_files = []
    gem.extensions = []
    gem.require_paths = found.require_paths.reject { |path| path.start_with?("/") }
    Gem::Package.build(gem, true, false, File.join(into, gem.full_name + ".gem"))
  end
end
"""
"""Makes gem files of Debian's gems and of those that they need, each as if it were compiled beforehand."""


@pytest.fixture
def tools(tmp_path: Path) -> Path:
    return make_tree(tmp_path / "tools", {"package.json": "{}"})


@pytest.mark.parametrize("name", APPLICATIONS)
def test_a_cured_application_starts_and_shrinks_as_said(name: str, tmp_path: Path, tools: Path) -> None:
    application = APPLICATIONS[name]
    if application.tools:
        build_with("npm", "install", "--no-audit", "--no-fund", "--loglevel=error", *application.tools, cwd=tools)
    environment = {"PATH": f"{tools / 'node_modules/.bin'}:{os.environ['PATH']}", "HOME": str(tmp_path)}
    source = make_tree(tmp_path / "source", application.files)
    first = built(application, source, tmp_path / "first", environment)
    answer = asked(application, first)
    slug = packed(first)

    said = cleaned(slug, source)
    assert {each["id"] for each in said["removals"]} >= set(application.kinds), said
    assert said["files"]
    assert all(each["what"] != "refused" for each in said["files"]), said

    for lock in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "Gemfile.lock"):
        if (first / lock).exists():
            shutil.copy(first / lock, source / lock)  # a build has what was committed
    second = built(application, source, tmp_path / "second", environment)
    shell(application.last, second, environment)
    assert asked(application, second) == answer
    again = packed(second)
    saved = slug.stat().st_size - again.stat().st_size
    figures = (
        f"{name}: {slug.stat().st_size} → {again.stat().st_size}, saves {saved}, said {said['saves_compressed_bytes']}"
    )
    print(figures)
    assert said["saves_compressed_bytes"] == pytest.approx(saved, rel=0.05), figures

    before = {path: path.read_bytes() for path in source.rglob("*") if path.is_file()}
    assert cleaned(again, source)["files"] == []
    assert {path: path.read_bytes() for path in source.rglob("*") if path.is_file()} == before


def built(application: Deployed, source: Path, directory: Path, environment: Mapping[str, str]) -> Path:
    shutil.copytree(source, directory)
    if application.gems:
        build_gems(directory, application.gems)
    shell(application.build.format(python=sys.executable), directory, environment, may_skip=True)
    return directory


def build_gems(app: Path, names: str) -> None:
    """Install Debian's gems as Bundler does from a registry, with the packed gems that it keeps."""
    cache = app / "vendor/cache"
    cache.mkdir(parents=True)
    script = make_tree(app.parent / f"{app.name}-pack", {"pack.rb": PACK}) / "pack.rb"
    build_with("ruby", script, names, cache, cwd=app)
    settings = {"BUNDLE_PATH": "vendor/bundle", "BUNDLE_SILENCE_ROOT_WARNING": "1", "BUNDLE_DISABLE_SHARED_GEMS": "1"}
    build_with("bundle3.1", "install", "--local", "--no-cache", cwd=app, HOME=str(app.parent), **settings)
    for made in ("cache", "of"):
        shutil.rmtree(app / "vendor" / made)


def shell(command: str, directory: Path, environment: Mapping[str, str], *, may_skip: bool = False) -> None:
    done = subprocess.run(
        ["sh", "-ec", command], cwd=directory, env=os.environ | environment, capture_output=True, check=False
    )
    said = (done.stdout + done.stderr).decode("utf-8", "replace")
    if done.returncode and may_skip:
        pytest.skip(f"cannot be built here: {said.strip().splitlines()[-1:]}")
    assert done.returncode == 0, said


def packed(app: Path) -> Path:
    return make_slug(app.with_suffix(".tgz"), app, root="./app/", options=("--owner=root", "--hard-dereference"))


def cleaned(slug: Path, source: Path) -> dict[str, Any]:
    done = run("inspect", str(slug), "--cleanup", str(source), "--format", "json", cwd=slug.parent)
    assert done.code == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)["cleanup"]
    return found


def asked(application: Deployed, directory: Path) -> bytes:
    with started(application.start, directory) as address:
        answer: bytes = urllib.request.urlopen(address, timeout=20).read()  # noqa: S310
        return answer
