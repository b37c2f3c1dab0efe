"""The independent checker of broken references: one line per way in which a file can refer to another."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.broken_references import Break, Kind, broken
from tests.broken_references.__main__ import main
from tests.builders import commit_all, make_repo, make_tree
from tests.rows import each_row

BREAKS = [
    # Python
    ("from . import prices", "shop/models.py", "shop/prices.py", Kind.IMPORT),
    ("from .prices import vat", "shop/models.py", "shop/prices.py", Kind.IMPORT),
    ("from ..money import round_up", "shop/till/drawer.py", "shop/money.py", Kind.IMPORT),
    ("import shop.prices", "wsgi.py", "shop/prices.py", Kind.IMPORT),
    ("from shop import prices", "wsgi.py", "shop/prices.py", Kind.IMPORT),
    ("from shop.prices import vat", "src/cli.py", "src/shop/prices.py", Kind.IMPORT),
    ("import tests.factories", "manage.py", "tests/factories.py", Kind.IMPORT),
    ("import test", "app.py", "test/__init__.py", Kind.IMPORT),
    ("import prices", "jobs/nightly.py", "jobs/prices.py", Kind.IMPORT),
    ("def f():\n    from docs import render", "app.py", "docs/render.py", Kind.IMPORT),
    ("INSTALLED_APPS = ['shop']", "site/settings.py", "shop/__init__.py", Kind.IMPORT),
    ("ROOT_URLCONF = 'shop.urls'", "settings.py", "shop/urls.py", Kind.LITERAL),
    ("path('', include('shop.urls'))", "settings.py", "shop/urls.py", Kind.LITERAL),
    # JavaScript and TypeScript
    ("import x from './prices'", "lib/index.js", "lib/prices.js", Kind.IMPORT),
    ("import './prices.js'", "lib/index.ts", "lib/prices.ts", Kind.IMPORT),
    ("export * from './prices'", "lib/index.ts", "lib/prices/index.tsx", Kind.IMPORT),
    ("import {\n  a,\n  b\n} from '../prices'", "lib/a/index.mjs", "lib/prices.mjs", Kind.IMPORT),
    ("const x = require('./prices')", "server.js", "prices/index.js", Kind.IMPORT),
    ("const x = require('./data')", "server.js", "data.json", Kind.IMPORT),
    ("const x = require('..')", "cli/run.js", "index.js", Kind.IMPORT),
    ("const x = await import('./prices')", "a.js", "prices.js", Kind.IMPORT),
    ("const x = require.resolve(`./prices`)", "a.js", "prices.js", Kind.IMPORT),
    ("new URL('./shop.png', import.meta.url)", "src/a.js", "src/shop.png", Kind.IMPORT),
    ("path.join(__dirname, 'data/x.json')", "a/b.js", "a/data/x.json", Kind.IMPORT),
    ("import x from '@/prices'", "components/a.tsx", "src/prices.ts", Kind.IMPORT),
    ('<script>import x from "./Price.vue"</script>', "src/App.vue", "src/Price.vue", Kind.IMPORT),
    ("import raw from './a.txt?raw'", "src/a.js", "src/a.txt", Kind.IMPORT),
    ("import fs = require('./fs')", "a.ts", "fs.ts", Kind.IMPORT),
    # Ruby
    ("require_relative 'prices'", "lib/shop.rb", "lib/prices.rb", Kind.IMPORT),
    ("require 'shop/prices'", "config/application.rb", "lib/shop/prices.rb", Kind.IMPORT),
    ("require './prices'", "config.ru", "prices.rb", Kind.IMPORT),
    ("load 'tasks/x.rake'", "Rakefile", "tasks/x.rake", Kind.IMPORT),
    ("autoload :Prices, 'shop/prices'", "lib/shop.rb", "lib/shop/prices.rb", Kind.IMPORT),
    ("require File.expand_path('../prices', __FILE__)", "lib/x.rb", "lib/prices.rb", Kind.IMPORT),
    ("require Rails.root.join('spec', 'support', 'cards')", "lib/tasks/x.rake", "spec/support/cards.rb", Kind.IMPORT),
    ("gem 'pay', path: 'engines/pay'", "Gemfile", "engines/pay/pay.gemspec", Kind.IMPORT),
    ("eval_gemfile 'Gemfile.shared'", "Gemfile", "Gemfile.shared", Kind.IMPORT),
    ("//= require shop", "app/assets/javascripts/application.js", "app/assets/javascripts/shop.js", Kind.ASSET),
    ("//= link_tree ../images", "app/assets/config/manifest.js", "app/assets/images/a.png", Kind.ASSET),
    # Pages and templates
    ("<img src='img/a.png'>", "index.html", "img/a.png", Kind.ASSET),
    ('<a href="docs/terms.pdf">', "index.html", "docs/terms.pdf", Kind.ASSET),
    ('<img src="/img/a%20b.png?v=1">', "views/a.ejs", "public/img/a b.png", Kind.ASSET),
    ('<img srcset="a.png 1x, b.png 2x">', "index.html", "b.png", Kind.ASSET),
    ('return <img src="/a.png" />', "src/App.jsx", "public/a.png", Kind.ASSET),
    ("{% static 'img/a.png' %}", "shop/templates/a.html", "shop/static/img/a.png", Kind.ASSET),
    ("{{ url_for('static', filename='a.png') }}", "templates/a.html", "static/a.png", Kind.ASSET),
    ("<%= image_tag 'a.png' %>", "app/views/x/_a.html.erb", "app/assets/images/a.png", Kind.ASSET),
    ('<div style="background: url(a.png)">', "index.html", "a.png", Kind.ASSET),
    ("![](a.png)", "content/posts/first.md", "content/posts/a.png", Kind.ASSET),
    ("{% include 'parts/a.html' %}", "templates/x.html", "templates/parts/a.html", Kind.TEMPLATE),
    ("return render(request, 'shop/a.html')", "shop/views.py", "shop/templates/shop/a.html", Kind.TEMPLATE),
    ("render_template('a.html')", "app.py", "templates/a.html", Kind.TEMPLATE),
    ("<%= render 'shared/a' %>", "app/views/x/y.html.erb", "app/views/shared/_a.html.erb", Kind.TEMPLATE),
    ("<%= render partial: 'a' %>", "app/views/x/y.html.erb", "app/views/x/_a.html.erb", Kind.TEMPLATE),
    ("<%- include('parts/a') %>", "views/x.ejs", "views/parts/a.ejs", Kind.TEMPLATE),
    ("@include('parts.a')", "resources/views/x.blade.php", "resources/views/parts/a.blade.php", Kind.TEMPLATE),
    ("res.render('home')", "app.js", "views/home.hbs", Kind.TEMPLATE),
    ("include parts/a", "views/x.pug", "views/parts/a.pug", Kind.TEMPLATE),
    # Style sheets
    ("a { background: url('../img/a.png') }", "css/a.css", "img/a.png", Kind.ASSET),
    ("a { background: url(/img/a.png) }", "css/a.css", "public/img/a.png", Kind.ASSET),
    ('a { background: image-url("a.png") }', "app/assets/stylesheets/a.scss", "app/assets/images/a.png", Kind.ASSET),
    ("@import 'b';", "css/a.css", "css/b.css", Kind.ASSET),
    ("@import 'parts/b', 'c';", "css/a.scss", "css/_c.scss", Kind.ASSET),
    ("@use 'parts';", "css/a.scss", "css/parts/_index.scss", Kind.ASSET),
    ("@import (reference) 'b';", "css/a.less", "css/b.less", Kind.ASSET),
    # Manifests
    ('{"main": "server"}', "package.json", "server.js", Kind.MANIFEST),
    ('{"bin": {"x": "cli/x.js"}}', "package.json", "cli/x.js", Kind.MANIFEST),
    ('{"dependencies": {"pay": "file:vendor/pay"}}', "package.json", "vendor/pay/index.js", Kind.MANIFEST),
    ("-r requirements/base.txt", "requirements.txt", "requirements/base.txt", Kind.MANIFEST),
    ("-c base.txt", "requirements/prod.txt", "requirements/base.txt", Kind.MANIFEST),
    ("-e ./vendor/pay", "requirements.txt", "vendor/pay/setup.py", Kind.MANIFEST),
    ('[project]\nreadme = "READ.rst"', "pyproject.toml", "READ.rst", Kind.MANIFEST),
    ('[project]\nlicense = {file = "COPYING"}', "pyproject.toml", "COPYING", Kind.MANIFEST),
    ('[tool.poetry.dependencies]\npay = {path = "pay"}', "pyproject.toml", "pay/a.py", Kind.MANIFEST),
    ("[metadata]\nlong_description = file: READ.md", "setup.cfg", "READ.md", Kind.MANIFEST),
    ("setup(long_description=open('READ.md').read())", "setup.py", "READ.md", Kind.LITERAL),
    ('{"extends": "./base.json", // why\n}', "tsconfig.json", "base.json", Kind.MANIFEST),
    ('{"references": [{"path": "./pay"}]}', "tsconfig.json", "pay/tsconfig.json", Kind.MANIFEST),
    ('{"autoload": {"psr-4": {"App\\\\": "app/"}}}', "composer.json", "app/A.php", Kind.MANIFEST),
    ("<modules><module>pay</module></modules>", "pom.xml", "pay/pom.xml", Kind.MANIFEST),
    ("include ':pay', ':shop:till'", "settings.gradle", "shop/till/build.gradle", Kind.MANIFEST),
    ("apply from: 'gradle/x.gradle'", "build.gradle", "gradle/x.gradle", Kind.MANIFEST),
    ('{:pay, path: "../pay"}', "apps/shop/mix.exs", "apps/pay/mix.exs", Kind.MANIFEST),
    ("replace x.org/pay => ./pay", "go.mod", "pay/go.mod", Kind.MANIFEST),
    ("//go:embed all:pages/*.html", "web/web.go", "web/pages/a.html", Kind.IMPORT),
    ('pay = { path = "crates/pay" }', "Cargo.toml", "crates/pay/Cargo.toml", Kind.MANIFEST),
    ('[[bench]]\nname = "speed"', "Cargo.toml", "benches/speed.rs", Kind.MANIFEST),
    ('.testTarget(\n    name: "AppTests")', "Package.swift", "Tests/AppTests/A.swift", Kind.MANIFEST),
    ("<?php require __DIR__ . '/../vendor.php';", "public/index.php", "vendor.php", Kind.MANIFEST),
    # Commands
    ("web: gunicorn -c conf/g.py shop.wsgi:app", "Procfile", "conf/g.py", Kind.COMMAND),
    ("web: gunicorn shop.wsgi:app", "Procfile", "shop/wsgi.py", Kind.COMMAND),
    ("web: cd backend && python run.py", "Procfile", "backend/run.py", Kind.COMMAND),
    ("release: ./release.sh", "Procfile", "release.sh", Kind.COMMAND),
    ("web: node dist/server", "Procfile", "dist/server.js", Kind.COMMAND),
    ('{"scripts": {"postdeploy": "python seed.py"}}', "app.json", "seed.py", Kind.COMMAND),
    ('{"scripts": {"build": "node tools/b.js"}}', "package.json", "tools/b.js", Kind.COMMAND),
    ('{"scripts": {"build": "npm run css", "css": "node c.js"}}', "package.json", "c.js", Kind.COMMAND),
    ("#!/bin/sh\npython scripts/x.py\n", "bin/post_compile", "scripts/x.py", Kind.COMMAND),
    # Conventions of frameworks
    ('{"dependencies": {"next": "14"}}', "package.json", "app/shop/opengraph-image.png", Kind.CONVENTION),
    ('{"dependencies": {"next": "14"}}', "web/package.json", "web/src/pages/index.tsx", Kind.CONVENTION),
    ('{"dependencies": {"vite": "5"}}', "package.json", "public/robots.png", Kind.CONVENTION),
    ("gem 'rails'", "Gemfile", "app/models/price.rb", Kind.CONVENTION),
    ("import django", "manage.py", "shop/migrations/0001_initial.py", Kind.CONVENTION),
    ("<?php", "artisan", "resources/views/home.blade.php", Kind.CONVENTION),
    ("<project/>", "pay/pom.xml", "pay/src/main/resources/a.properties", Kind.CONVENTION),
    # Strings of code
    ("open('data/towns.csv')", "shop/a.py", "data/towns.csv", Kind.LITERAL),
    ("pd.read_csv('towns.csv')", "shop/a.py", "shop/towns.csv", Kind.LITERAL),
    ('File.read("db/x.sql")', "db/seeds.rb", "db/x.sql", Kind.LITERAL),
    ("path.join(__dirname, '..', 'data', 'a.csv')", "lib/a.js", "data/a.csv", Kind.LITERAL),
    ("fs.readdirSync('docs')", "server.js", "docs/a.md", Kind.LITERAL),
    ("os.path.join(BASE_DIR, 'data', 'a.csv')", "shop/a.py", "data/a.csv", Kind.LITERAL),
    ("x = BASE_DIR / 'docs' / 'a.md'", "shop/a.py", "docs/a.md", Kind.LITERAL),
    ("x = Path(__file__).parent / 'docs'", "shop/a.py", "shop/docs/a.md", Kind.LITERAL),
    ("os.listdir('docs')", "a.py", "docs/a.md", Kind.LITERAL),
    ("open(f'docs/{name}.md')", "a.py", "docs/a.md", Kind.LITERAL),
    ("fs.readFileSync(`${root}/docs/${name}.md`)", "a.js", "docs/a.md", Kind.LITERAL),
    ("require('./handlers/' + name)", "a.js", "handlers/pay.js", Kind.LITERAL),
    ('File.read("docs/#{name}.md")', "lib/a.rb", "docs/a.md", Kind.LITERAL),
    ('Dir["docs/*.md"]', "lib/a.rb", "docs/a.md", Kind.LITERAL),
    ('File.join(root, "docs", "a.md")', "lib/a.rb", "docs/a.md", Kind.LITERAL),
    ('send_file Rails.root.join("docs/a.md")', "lib/a.rb", "docs/a.md", Kind.LITERAL),
    ("<?php readfile(__DIR__ . '/docs/a.md');", "a.php", "docs/a.md", Kind.LITERAL),
    ('Path.join([:code.priv_dir(:a), "..", "docs", "a.md"])', "lib/a.ex", "docs/a.md", Kind.LITERAL),
    # Served directories
    ("Flask(__name__, static_folder='docs')", "app.py", "docs/img/a.png", Kind.SERVED),
    ("STATICFILES_DIRS = [BASE_DIR / 'web' / 'docs']", "site/settings.py", "web/docs/a.png", Kind.SERVED),
    ("app.use('/docs', express.static(path.join(__dirname, 'docs')))", "server.js", "docs/a/b.html", Kind.SERVED),
    ("app.mount('/', StaticFiles(directory='docs'))", "main.py", "docs/a.html", Kind.SERVED),
    ('set :public_folder, File.join(__dir__, "docs")', "app.rb", "docs/a.html", Kind.SERVED),
    ('http.FileServer(http.Dir("docs"))', "main.go", "docs/a.html", Kind.SERVED),
    ("web: vendor/bin/heroku-php-apache2 docs/", "Procfile", "docs/index.php", Kind.SERVED),
    ("web: npx serve -s docs", "Procfile", "docs/index.html", Kind.SERVED),
    ('{"root": "docs/"}', "static.json", "docs/a.html", Kind.SERVED),
    # Workspaces
    ('{"workspaces": ["packages/*"]}', "package.json", "packages/pay/package.json", Kind.MANIFEST),
    ('{"workspaces": {"packages": ["client"]}}', "package.json", "client/package.json", Kind.MANIFEST),
    ("packages:\n  - 'packages/*'\n", "pnpm-workspace.yaml", "packages/pay/package.json", Kind.MANIFEST),
    ('{"packages": ["packages/*"]}', "lerna.json", "packages/pay/package.json", Kind.MANIFEST),
    ('[workspace]\nmembers = ["crates/*"]', "Cargo.toml", "crates/pay/Cargo.toml", Kind.MANIFEST),
    ('[tool.uv.workspace]\nmembers = ["libs/*"]', "pyproject.toml", "libs/pay/pyproject.toml", Kind.MANIFEST),
    ("go 1.21\nuse (\n\t./pay\n)\n", "go.work", "pay/go.mod", Kind.MANIFEST),
    ('[apps_path: "apps"]', "mix.exs", "apps/pay/mix.exs", Kind.MANIFEST),
    ("web: npm -w api start", "Procfile", "api/package.json", Kind.COMMAND),
    # Migrations
    ("import django", "manage.py", "shop/migrations/0001_add_test.py", Kind.CONVENTION),
    ("gem 'rails'", "Gemfile", "db/migrate/20200101_create_spec.rb", Kind.CONVENTION),
    ("{}", "package.json", "server/migrations/01-a.test.js", Kind.CONVENTION),
    ("flask", "requirements.txt", "migrations/versions/ab_test.py", Kind.CONVENTION),
    ("[alembic]", "alembic.ini", "alembic/versions/ab.py", Kind.CONVENTION),
    ("x", "mix.exs", "priv/repo/migrations/1_a.exs", Kind.CONVENTION),
    ("module a", "go.mod", "db/migrations/1_test.sql", Kind.CONVENTION),
    ("x", "pom.xml", "db/changelog/1.xml", Kind.CONVENTION),
    ("app.use(express.static('client/dist'))", "server.js", "client/dist/a.html", Kind.SERVED),
]


@each_row("text, reader, target, kind", BREAKS)
def test_a_reference_to_what_was_left_out_is_found(text: str, reader: str, target: str, kind: Kind) -> None:
    files = {reader.encode(): text.encode(), target.encode(): b"{}", b"other.txt": b""}
    assert broken(files, set()) == []
    assert broken(files, {b"other.txt"}) == []
    found = broken(files, {target.encode()})
    assert kind in {each.kind for each in found if each.at_deploy}
    assert {each.path for each in found} == {reader.encode()}
    assert all(target.encode().startswith(each.target) for each in found)


def test_a_break_says_where_it_is() -> None:
    files = {b"a.js": b"// first\nconst x = require('./lib')\n", b"lib/index.js": b""}
    assert broken(files, {b"lib/index.js"}) == [
        Break(path=b"a.js", line=2, reference="./lib", target=b"lib/index.js", kind=Kind.IMPORT, at_deploy=True)
    ]


WHOLE = [
    ("import os.path, json", "app.py", "docs/os.md"),  # a library
    ("import missing", "app.py", "other/missing.py"),  # out of reach
    ("import email", "jobs/till/x.py", "jobs/email.py"),  # the standard library comes first
    ("import x from 'react'", "a.js", "react.js"),  # a package
    ("// const x = require('./old')", "a.js", "old.js"),
    ("/*\n * import x from './old'\n */", "a.js", "old.js"),
    ("<img src='https://x.org/a.png'>", "index.html", "a.png"),
    ("<img src='{{ picture }}'>", "index.html", "picture"),
    ("<a href='#top'>", "index.html", "top"),
    ("# require_relative 'prices'", "lib/shop.rb", "lib/prices.rb"),
    ("x = 'docs'", "app.py", "docs/a.md"),  # one word says nothing
    ("entry: {\n  // ios: './ios/ios.js'\n}", "webpack.config.js", "ios/ios.js"),
    ("x = 1  # see 'docs/a.csv'", "app.py", "docs/a.csv"),
    ('{"scripts": {"prepare": "git config core.hooksPath .githooks"}}', "package.json", ".githooks/pre-commit"),
    ("gem 'rails'", "Gemfile", "app/assets/images/logo.psd"),
    ("import pay", "packages/web/a.py", "packages/pay/pay/__init__.py"),
    ("import pay", "packages/web/a.py", "packages/pay/setup.py"),
    ("log('train.log')", "logger.py", "train.py"),
    ("import django", "manage.py", "shop/migrations/__pycache__/0001_initial.cpython-38.pyc"),
    ('{"directories": {"test": "test"}}', "package.json", "test/a.js"),
    ("{not json", "package.json", "not"),
    ("<%= javascript_include_tag 'a.js' %>", "app/views/x/y.html.erb", "spec/javascripts/a.js"),
    ("{not json", "static.json", "public_html"),
    ("[broken", "Cargo.toml", "a/Cargo.toml"),
    ("x = ('docs', 'a')", "a.py", "a/b.md"),  # no such path
    ("open(f'{docs}/a.md')", "a.py", "other/a.csv"),
    ("# os.listdir('docs')", "a.py", "docs/a.md"),
    ("import django", "manage.py", "shop/tests/migrations/0001.py"),
    ("import django", "manage.py", "shop/migrations/README.md"),
    ("def broken(:\n", "app.py", "a.py"),
    ("[broken", "pyproject.toml", "README.md"),
]


@each_row("text, reader, target", WHOLE)
def test_what_refers_to_nothing_here_breaks_nothing(text: str, reader: str, target: str) -> None:
    assert broken({reader.encode(): text.encode(), target.encode(): b""}, {target.encode()}) == []


APART = [
    ("![](docs/a.png)", "README.md", "docs/a.png"),
    ("![](a.png)", "docs/guide.md", "docs/a.png"),
    ("require('./helper')", "test/a.js", "test/helper.js"),
    ("import x from './a'", "src/a.test.ts", "src/a.ts"),
    ("module.exports = { setup: require('./setup') }", "jest.config.js", "setup.js"),
    ("from .factories import x", "shop/tests/test_a.py", "shop/tests/factories.py"),
    ("require_relative 'helper'", "spec/a_spec.rb", "spec/helper.rb"),
    ('{"scripts": {"lint": "node tools/lint.js"}}', "package.json", "tools/lint.js"),
    ("include docs/guide.rst", "MANIFEST.in", "docs/guide.rst"),
    ('defp elixirc_paths(:test), do: ["lib", "test/support"]', "mix.exs", "test/support/case.ex"),
    ("paths << Rails.root.join('spec/previews')", "config/environments/development.rb", "spec/previews/a.rb"),
    ("if os.path.exists('docs/a.md'):", "a.py", "docs/a.md"),
    ("with open('docs/a.md', 'w') as file:", "a.py", "docs/a.md"),
    ("test: { setupFiles: ['./src/setup.ts'] }", "vite.config.ts", "src/setup.ts"),
    ("# a\n\nreturn unless Rails.env.test?\nx = 'doc/a.yaml'", "config/initializers/a.rb", "doc/a.yaml"),
    ("g.fixture_replacement :factory_bot, dir: 'spec/factories'", "config/application.rb", "spec/factories/a.rb"),
    ("if Rails.env.test?\n  x = 'doc/a.yaml'\nend", "config/initializers/a.rb", "doc/a.yaml"),
    ("cp docs/a.md b", "scripts/copy.sh", "docs/a.md"),
    ('{"autoload-dev": {"psr-4": {"Tests\\\\": "tests/"}}}', "composer.json", "tests/A.php"),
]


@each_row("text, reader, target", APART)
def test_readers_that_do_not_run_at_deployment_are_classed_apart(text: str, reader: str, target: str) -> None:
    found = broken({reader.encode(): text.encode(), target.encode(): b""}, {target.encode()})
    assert found
    assert not any(each.at_deploy for each in found)


def test_a_reader_that_goes_too_breaks_nothing() -> None:
    files = {b"lib/a.js": b"require('./b')", b"lib/b.js": b"", b"index.js": b""}
    assert broken(files, {b"lib/a.js", b"lib/b.js"}) == []


def test_a_reference_that_another_file_meets_is_not_broken() -> None:
    page = b"{% static 'a.png' %}"
    files = {b"shop/templates/a.html": page, b"shop/static/a.png": b"", b"static/a.png": b""}
    assert broken(files, {b"static/a.png"}) == []
    assert broken(files, {b"static/a.png", b"shop/static/a.png"}) != []


def test_a_script_that_is_started_runs_at_deploy() -> None:
    files = {b"scripts/a.py": b"open('docs/a.md')", b"docs/a.md": b"", b"Procfile": b"web: python -m scripts.a\n"}
    assert [each.at_deploy for each in broken(files, {b"docs/a.md"})] == [True]


def test_the_checker_shares_nothing_with_slugtrim() -> None:
    modules = [path for path in Path(__file__).parent.glob("broken_references/*.py") if path.name != "__main__.py"]
    assert len(modules) > 10
    assert [path for path in modules if re.search(r"^\s*(import|from) slugtrim", path.read_text(), re.MULTILINE)] == []


def test_flags_are_listed_for_what_is_suggested(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    root = make_repo(tmp_path, {"a.py": "import glob\nopen(glob.escape('spec') + '/a.md')\n", ".slugignore": "/lib\n"})
    make_tree(root, {"lib/b.py": "", "main.py": "from lib import b\n"})
    commit_all(root)
    assert main([str(root), "--with-suggestions", "--entries"]) == 0
    assert capsys.readouterr().out.startswith(f"== {root}: 4 files, ")
    assert main([str(root)]) == 0
    assert "main.py:1 [import] 'lib.b' -> lib/b.py removed" in capsys.readouterr().out
    assert main([str(tmp_path / "missing")]) == 1


def test_an_import_means_the_first_file_that_node_tries() -> None:
    files = {b"a.js": b"require('./b')", b"b.js": b"", b"b/index.js": b""}
    assert [each.target for each in broken(files, {b"b.js"})] == [b"b.js"]
    assert broken(files, {b"b/index.js"}) == []


def test_a_package_of_the_same_repository_is_known_by_its_name() -> None:
    files = {
        b"package.json": b'{"workspaces": ["packages/*"]}',
        b"packages/web/package.json": b'{"name": "web", "dependencies": {"@shop/ui": "workspace:*"}}',
        b"packages/web/index.js": b"import { Button } from '@shop/ui'\nimport '@shop/ui/theme'\n",
        b"packages/ui/package.json": b'{"name": "@shop/ui"}',
        b"packages/ui/theme.js": b"",
    }
    found = broken(files, {b"packages/ui/package.json", b"packages/ui/theme.js"})
    assert [(each.path, each.line, each.kind) for each in found] == [
        (b"package.json", 1, Kind.MANIFEST),
        (b"packages/web/index.js", 1, Kind.IMPORT),
        (b"packages/web/index.js", 2, Kind.IMPORT),
        (b"packages/web/package.json", 1, Kind.MANIFEST),
    ]


def test_a_package_of_the_own_go_module_is_a_directory() -> None:
    files = {b"go.mod": b"module x.org/shop\n", b"main.go": b'import "x.org/shop/pay"\n', b"pay/pay.go": b"package pay"}
    assert [each.target for each in broken(files, {b"pay/pay.go"})] == [b"pay"]


def test_names_that_are_no_utf8_and_binary_readers_do_no_harm() -> None:
    files = {b"caf\xe9.py": b"import a", b"a.py": b"", b"b.html": b"\0<img src='c.png'>", b"c.png": b"\0"}
    found = broken(files, {b"a.py", b"c.png"})
    assert [(each.path, each.target) for each in found] == [(b"caf\xe9.py", b"a.py")]
