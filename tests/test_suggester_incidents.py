"""What looked safe to leave out and broke an application, end to end on trees that look like that application.

Each incident comes with its counterpart: the same thing may go where nobody reads it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from slugtrim.files import Directory
from slugtrim.ignore import Dialect, decide, parse
from slugtrim.reports.formats import render
from slugtrim.reports.style import Style
from slugtrim.sources.directory import read_directory
from slugtrim.suggester.compose import suggest_tree
from slugtrim.suggester.record import Advice, EvidenceKind, Withheld
from tests.builders import Content, make_tree
from tests.test_reports_suggest import as_text

Files = Mapping[bytes | str, Content]

LARGE = bytes(2 << 20)
"""Large enough for every rule, and read as binary: it mentions nothing."""
IMAGE = b"\x89PNG\0" + bytes(200_000)

RAILS: Files = {
    ".ruby-version": "3.3.0\n",
    "Gemfile": 'source "https://rubygems.org"\ngem "rails"\ngem "puma"\n',
    "Gemfile.lock": "GEM\n",
    "Procfile": "web: bundle exec puma -C config/puma.rb\n",
    "Rakefile": 'require_relative "config/application"\nRails.application.load_tasks\n',
    "app/controllers/homes_controller.rb": "class HomesController < ApplicationController; end\n",
    "app/models/user.rb": "class User < ApplicationRecord; end\n",
    "config.ru": 'require_relative "config/environment"\nrun Rails.application\n',
    "config/application.rb": 'require_relative "boot"\nmodule Shop; end\n',
    "config/boot.rb": 'require "bundler/setup"\n',
    "config/environment.rb": 'require_relative "application"\n',
    "config/puma.rb": 'port ENV.fetch("PORT", 3000)\n',
    "db/schema.rb": "ActiveRecord::Schema.define {}\n",
    "db/seeds.rb": 'User.create!(name: "First")\n',
    "spec/models/user_spec.rb": 'require "rails_helper"\n',
    "spec/rails_helper.rb": 'require "spec_helper"\n',
    "spec/spec_helper.rb": "RSpec.configure {}\n",
}
DJANGO: Files = {
    "Procfile": "web: gunicorn shop.wsgi\n",
    "manage.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "requirements.txt": "django\ngunicorn\n",
    "runtime.txt": "python-3.12.1\n",
    "shop/__init__.py": "",
    "shop/settings.py": 'INSTALLED_APPS = ["till"]\nROOT_URLCONF = "shop.urls"\n',
    "shop/urls.py": "urlpatterns = []\n",
    "shop/wsgi.py": 'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")\n',
    "till/__init__.py": "",
    "till/models.py": "from django.db import models\n",
}
FLASK: Files = {
    "Procfile": "web: gunicorn shop.web:app\n",
    "requirements.txt": "flask\ngunicorn\n",
    "shop/__init__.py": "",
    "shop/web.py": "from flask import Flask\n\napp = Flask(__name__)\n",
}
NODE: Files = {
    "Procfile": "web: node server.js\n",
    "package.json": '{"name": "shop", "scripts": {"start": "node server.js", "test": "jest"}}\n',
    "package-lock.json": '{"lockfileVersion": 3}\n',
    "server.js": 'const app = require("./lib/app");\napp.listen(process.env.PORT);\n',
    "lib/app.js": 'const express = require("express");\nmodule.exports = express();\n',
}
ELIXIR: Files = {
    "Procfile": "web: mix phx.server\n",
    "config/config.exs": "import Config\n",
    "elixir_buildpack.config": "elixir_version=1.16\n",
    "lib/shop.ex": "defmodule Shop do\nend\n",
    "mix.exs": "defmodule Shop.MixProject do\n  use Mix.Project\nend\n",
    "mix.lock": "%{}\n",
    "priv/repo/seeds.exs": "Shop.Repo.insert!(%Shop.User{})\n",
    "test/shop_test.exs": "defmodule ShopTest do\nend\n",
    "test/test_helper.exs": "ExUnit.start()\n",
}
PHP: Files = {
    "Procfile": "web: vendor/bin/heroku-php-apache2 public/\n",
    "app/Models/User.php": "<?php namespace App\\Models;\n",
    "artisan": "#!/usr/bin/env php\n<?php\n",
    "bootstrap/app.php": "<?php return 1;\n",
    "composer.json": '{"require": {"laravel/framework": "^11"}, "autoload": {"psr-4": {"App\\\\": "app/"}}}\n',
    "composer.lock": "{}\n",
    "public/index.php": "<?php require __DIR__ . '/../bootstrap/app.php';\n",
    "tests/UserTest.php": "<?php\n",
}


def advise(root: Path, files: Files, dialect: Dialect = Dialect.GITIGNORE) -> Advice:
    """The advice on a directory with these files."""
    return suggest_tree(read_directory(bytes(make_tree(root, files))), dialect)


def suggested(advice: Advice) -> set[str]:
    """The paths of all files that would go."""
    return {file.path.decode() for entry in advice.suggestions for file in entry.files}


def withheld(advice: Advice, path: str) -> list[Withheld]:
    """The candidates that stay and that the file or the files below ``path`` are of."""
    names = path.encode()
    return [
        each
        for each in advice.withheld
        if any(file.path == names or file.path.startswith(names + b"/") for file in each.files)
    ]


def against(advice: Advice, path: str) -> list[tuple[str, str | None, int | None]]:
    """What speaks for keeping it: kind, file and line."""
    return [
        (item.kind.value, item.path.decode() if item.path is not None else None, item.line)
        for each in withheld(advice, path)
        for item in each.evidence
    ]


class Incident(NamedTuple):
    """Something that looks as if it could go, and what of the application needs it."""

    name: str
    application: Files
    looks_safe: Files
    reader: str
    text: str
    line: int


INCIDENTS = [
    # docs/ served at run time: OWASP/OpenCRE#998
    Incident(
        "docs served by Flask",
        FLASK,
        {"docs/index.html": "<h1>Docs</h1>", "docs/css/site.css": "h1 {}"},
        "shop/docs.py",
        'from shop.web import app\n\n@app.route("/docs/<path:name>")\ndef docs(name):\n'
        '    return send_from_directory("../docs", name)\n',
        5,
    ),
    Incident(
        "docs served by Express",
        NODE,
        {"docs/index.html": "<h1>Docs</h1>", "docs/api/users.html": "<h1>Users</h1>"},
        "lib/routes.js",
        'const app = require("./app");\napp.use("/docs", express.static("docs"));\n',
        2,
    ),
    Incident(
        "docs served by Express from a joined path",
        NODE,
        {"docs/index.html": "<h1>Docs</h1>", "docs/api/users.html": "<h1>Users</h1>"},
        "lib/routes.js",
        'const app = require("./app");\n\napp.use(express.static(path.join(__dirname, "..", "docs")));\n',
        3,
    ),
    Incident(
        "docs sent by Rails",
        RAILS,
        {"docs/terms.pdf": LARGE},
        "app/controllers/docs_controller.rb",
        'class DocsController\n  def show = send_file(Rails.root.join("docs", "terms.pdf"))\nend\n',
        2,
    ),
    Incident(
        "docs served by Django",
        DJANGO,
        {"docs/_build/html/index.html": "<h1>Docs</h1>", "docs/_build/html/api.html": "<h1>API</h1>"},
        "shop/extra.py",
        'DOCS_ROOT = os.path.join(BASE_DIR, "docs/_build/html")\n',
        1,
    ),
    # a rake task requires spec/support: openSUSE/osem#1325
    Incident(
        "support of specs required by a rake task",
        RAILS,
        {"spec/support/users.rb": "module Users; end\n"},
        "lib/tasks/demo.rake",
        'namespace :demo do\n  require "./spec/support/users"\nend\n',
        2,
    ),
    Incident(
        "support of specs required by a rake task, all of it",
        RAILS,
        {"spec/support/users.rb": "module Users; end\n", "spec/support/shops.rb": "module Shops; end\n"},
        "lib/tasks/demo.rake",
        'Dir[Rails.root.join("spec/support/**/*.rb")].each { |file| require file }\n',
        1,
    ),
    # factories used by seeds: ackama/rails-template#252, Simon-Initiative/oli-torus#2507
    Incident(
        "factories of specs used by seeds",
        RAILS,
        {"spec/factories/users.rb": "FactoryBot.define { factory(:user) }\n"},
        "db/seeds/demo.rb",
        'require "factory_bot_rails"\nFactoryBot.create(:user)\n',
        2,
    ),
    Incident(
        "factories of tests used by a rake task",
        RAILS,
        {"test/factories.rb": "FactoryBot.define { factory(:user) }\n"},
        "lib/tasks/demo.rake",
        "task(:demo) { FactoryBot.create(:user) }\n",
        1,
    ),
    Incident(
        "factory of tests used by seeds in Elixir",
        ELIXIR,
        {"test/support/factory.ex": "defmodule Shop.Factory do\nend\n"},
        "priv/repo/demo.exs",
        "alias Shop.Repo\nimport Shop.Factory\n",
        2,
    ),
    # README read by the package build: marcosstefani/sucuri#60; LICENSE: microsoft/vscode-docker#1331
    Incident(
        "README read by pyproject.toml",
        {**FLASK, "requirements.txt": "-e .\n"},
        {"README.md": "# Shop\n"},
        "pyproject.toml",
        '[project]\nname = "shop"\nreadme = "README.md"\n',
        3,
    ),
    Incident(
        "README read by setup.py",
        {**FLASK, "requirements.txt": "-e .\n"},
        {"README.md": "# Shop\n"},
        "setup.py",
        'from setuptools import setup\nsetup(long_description=open("README.md").read())\n',
        2,
    ),
    Incident(
        "README read by setup.cfg",
        {**FLASK, "requirements.txt": "-e .\n"},
        {"README.rst": "Shop\n"},
        "setup.cfg",
        "[metadata]\nlong_description = file: README.rst\n",
        2,
    ),
    Incident(
        "LICENSE read by pyproject.toml",
        {**FLASK, "requirements.txt": "-e .\n"},
        {"LICENSE": "MIT\n"},
        "pyproject.toml",
        '[project]\nname = "shop"\nlicense = {file = "LICENSE"}\n',
        3,
    ),
    Incident(
        "LICENSE packed by MANIFEST.in",
        {**FLASK, "setup.py": "from setuptools import setup\nsetup()\n"},
        {"LICENSE": "MIT\n"},
        "MANIFEST.in",
        "include LICENSE\n",
        1,
    ),
    Incident(
        "LICENSE put on top of the bundle",
        NODE,
        {"LICENSE": "MIT\n"},
        "webpack.config.js",
        'const fs = require("fs");\nconst banner = fs.readFileSync("LICENSE", "utf8");\n',
        2,
    ),
    # build configuration, bin and build: deardurham/dear-petition#229
    Incident(
        "scripts in build/ that the build runs",
        {**NODE, "package.json": '{"name": "shop"}\n'},
        {"build/build.js": "build();\n", "build/check.js": "check();\n"},
        "package.json",
        '{\n  "scripts": {\n    "heroku-postbuild": "node build/build.js && node build/check.js"\n  }\n}\n',
        3,
    ),
    Incident(
        "settings in a file of lint that Babel starts from",
        NODE,
        {".eslintrc.js": "module.exports = {};\n"},
        "babel.config.js",
        '\nconst lint = require("./.eslintrc.js");\n',
        2,
    ),
]


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_what_the_application_reads_stays(tmp_path: Path, incident: Incident) -> None:
    advice = advise(tmp_path, {**incident.application, **incident.looks_safe, incident.reader: incident.text})
    assert suggested(advice).isdisjoint(map(str, incident.looks_safe))
    for path in incident.looks_safe:
        assert ("reader", incident.reader, incident.line) in against(advice, str(path))


@pytest.mark.parametrize("incident", INCIDENTS, ids=lambda incident: incident.name)
def test_what_nobody_reads_goes(tmp_path: Path, incident: Incident) -> None:
    advice = advise(tmp_path, {**incident.application, **incident.looks_safe})
    assert suggested(advice) >= set(map(str, incident.looks_safe))


# `!` lines did nothing: OWASP/OpenCRE#999


@pytest.mark.parametrize("dialect", Dialect)
def test_what_is_read_is_never_taken_back_with_an_exclamation_mark(tmp_path: Path, dialect: Dialect) -> None:
    pages: Files = {f"docs/{name}.md": "# Page\n" for name in ("api", "guide", "intro")}
    reader: Files = {"shop/api.py": 'TEXT = open("docs/api.md").read()\n'}
    advice = advise(tmp_path, {**FLASK, **pages, **reader}, dialect)
    assert [entry.pattern for entry in advice.suggestions] == [b"/docs/guide.md", b"/docs/intro.md"]
    assert against(advice, "docs/api.md") == [("reader", "shop/api.py", 1)]


def test_a_line_with_an_exclamation_mark_keeps_nothing(tmp_path: Path) -> None:
    files: Files = {
        **FLASK,
        ".slugignore": "/docs\n!/docs/api.md\n",
        "docs/api.md": "# API\n",
        "docs/guide.md": "# Guide\n",
        "notes/api.md": "# Notes\n",
    }
    advice = advise(tmp_path, files)
    assert advice.before.files == len(files) - 2
    assert suggested(advice) == {"notes/api.md"}


# Tests ignored under Heroku CI: heroku/heroku-ci#39

CI = '{\n  "name": "shop",\n  "environments": {\n    "test": {"addons": ["heroku-postgresql"]}\n  }\n}\n'
REVIEW = '{\n  "name": "test",\n  "environments": {\n    "review": {"addons": ["test"]}\n  }\n}\n'
TESTED = [
    (RAILS, {"spec/support/a.rb": "x\n", ".rspec": "--color\n"}, "spec/models/user_spec.rb"),
    (DJANGO, {"tests/test_a.py": "x = 1\n", "pytest.ini": "[pytest]\n"}, "tests/test_a.py"),
    (NODE, {"__tests__/a.js": "x();\n", "lib/start.test.js": "x();\n", "cypress/a.js": "x();\n"}, "lib/start.test.js"),
    (ELIXIR, {"test/support/a.ex": "x\n"}, "test/shop_test.exs"),
    (PHP, {"phpunit.xml": "<phpunit/>\n"}, "tests/UserTest.php"),
]


@pytest.mark.parametrize(("application", "tests", "path"), TESTED)
def test_tests_stay_under_heroku_ci(tmp_path: Path, application: Files, tests: Files, path: str) -> None:
    spare: Files = {"design/logo.psd": LARGE}
    advice = advise(tmp_path / "ci", {**application, **tests, **spare, "app.json": CI})
    assert suggested(advice) == {"design/logo.psd"}
    assert against(advice, path) == [("heroku-ci", "app.json", 4)]
    advice = advise(tmp_path / "review", {**application, **tests, **spare, "app.json": REVIEW})
    assert suggested(advice) >= {path, "design/logo.psd", *map(str, tests)}


def test_reports_say_that_heroku_ci_needs_the_tests(tmp_path: Path) -> None:
    advice = advise(tmp_path, {**RAILS, "app.json": CI})
    text = "has a test environment: Heroku CI applies .slugignore before it runs the tests"
    assert f"      app.json:4: {text}\n" in as_text(advice, Style(width=120), with_withheld=True)
    (spec,) = json.loads(render("suggest", "json", advice, with_withheld=True))["withheld"]
    assert (spec["path"], spec["evidence"]) == (
        "spec",
        [{"kind": "heroku-ci", "text": text, "path": "app.json", "line": 4}],
    )


# `config` swept up: MuckRock/documentcloud#342; package.json: the Node buildpack has an error for it; build
# configuration: cofacts/rumors-api#383, cynicaloptimist/improved-initiative#375, deardurham/dear-petition#229

NEVER = [
    (RAILS, "config/settings/mail.yml"),
    (RAILS, "config/locales/en.yml"),
    (DJANGO, "config/settings/base.py"),
    (NODE, "config/default.json"),
    (PHP, "config/database.php"),
    (ELIXIR, "config/prod.secret.exs"),
    (NODE, "package.json"),
    (RAILS, "package.json"),
    (DJANGO, "package.json"),
    (NODE, "web/package.json"),
    (NODE, ".babelrc"),
    (NODE, "babel.config.js"),
    (NODE, "babel.config.json"),
    (NODE, "webpack.config.js"),
    (NODE, "webpack.prod.js"),
    (NODE, "webpack/common.js"),
    (NODE, "postcss.config.js"),
    (RAILS, "babel.config.js"),
    (RAILS, "bin/rails"),
    (NODE, "bin/build"),
    (DJANGO, "bin/post_compile"),
    (PHP, "bin/console"),
    (RAILS, "Gemfile.lock"),
    (NODE, "package-lock.json"),
    (NODE, "npm-shrinkwrap.json"),
    (PHP, "composer.lock"),
    (ELIXIR, "mix.lock"),
    (DJANGO, "poetry.lock"),
    (DJANGO, "Pipfile.lock"),
    (DJANGO, "uv.lock"),
    (RAILS, "yarn.lock"),
]


@pytest.mark.parametrize(("application", "path"), NEVER)
def test_what_a_build_or_a_start_needs_never_goes(tmp_path: Path, application: Files, path: str) -> None:
    beside: Files = {
        "docs/config/guide.md": "# Guide\n",
        "docs/bin/guide.md": "# Guide\n",
        "docs/build.md": "# Build\n",
    }
    advice = advise(tmp_path, {**application, path: "{}\n", **beside})
    assert path not in suggested(advice)
    assert suggested(advice) >= set(map(str, beside))


@pytest.mark.parametrize("path", ["build/old.min.js", "dist-old/app.js", ".prettierrc", ".eslintrc.json"])
def test_output_and_settings_that_no_build_reads_go(tmp_path: Path, path: str) -> None:
    assert path in suggested(advise(tmp_path, {**NODE, path: "{}\n"}))


# A lock file: SFDigitalServices/sf-dahlia-web#1531; the second one: electron/electronjs.org-old#826


@pytest.mark.parametrize("lock", ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"])
def test_the_only_lock_file_stays(tmp_path: Path, lock: str) -> None:
    files = {path: content for path, content in NODE.items() if path != "package-lock.json"}
    assert lock not in suggested(advise(tmp_path, {**files, lock: "x\n" * 50_000}))


def test_a_second_lock_file_goes(tmp_path: Path) -> None:
    manager = '{"name": "shop", "packageManager": "yarn@1.22.22", "scripts": {"start": "node server.js"}}\n'
    files: Files = {**NODE, "package.json": manager, "package-lock.json": "{}\n" * 50_000, "yarn.lock": "# yarn\n"}
    assert suggested(advise(tmp_path, files)) == {"package-lock.json"}


# Unanchored names that also hit dependencies: eemeli/yaml#384, verdaccio/verdaccio#1883, tuananh/node-prune#5

VENDORED = [
    "vendor/yaml/doc/compose.js",
    "vendor/yaml/readme.js",
    "vendor/gallery/images/load.js",
    "packages/ui/readme.js",
    "packages/ui/lib/doc/index.js",
    "packages/ui/lib/docs/index.js",
    "packages/ui/lib/images/index.js",
    "lib/test/runner.js",
    "lib/spec/runner.js",
]
OWN = [
    "README.md",
    "readme.txt",
    "doc/guide.md",
    "docs/guide.md",
    "images/logo.png",
    "test/app.js",
    "packages/ui/readme.md",
    "vendor/gallery/film.psd",
    "lib/sketch.psd",
    "lib/start.test.js",
    "lib/deep/__tests__/app.js",
    "lib/other/__tests__/app.js",
]


def taken(root: Path, patterns: Iterable[bytes], dialect: Dialect) -> set[str]:
    """What these lines leave out, all by themselves."""
    tree = read_directory(bytes(root))
    removed = decide(
        parse(b"\n".join(patterns), dialect), dialect, Directory.from_files(tree.files), tree.links
    ).removed
    return {
        file.path.decode()
        for file in tree.files
        if file.path in removed or any(file.path.startswith(above + b"/") for above in removed)
    }


@pytest.mark.parametrize("dialect", Dialect)
def test_no_pattern_takes_more_than_was_shown(tmp_path: Path, dialect: Dialect) -> None:
    manifests: Files = {
        "package.json": '{"name": "shop", "workspaces": ["packages/*"]}\n',
        "packages/ui/package.json": '{"name": "ui"}\n',
    }
    files: Files = {**NODE, **manifests, **dict.fromkeys(VENDORED, "load();\n"), **dict.fromkeys(OWN, IMAGE)}
    advice = advise(tmp_path, files, dialect)
    assert suggested(advice) == set(OWN)
    for reading in Dialect:
        assert taken(tmp_path, [entry.pattern for entry in advice.suggestions], reading) == set(OWN)
        for entry in advice.suggestions:
            shown = {file.path.decode() for file in entry.files}
            assert shown <= taken(tmp_path, [entry.pattern], reading) <= set(OWN)


# Tests that were kept and import what production has not: TheOdinProject/theodinproject#1529


@pytest.mark.parametrize(
    ("application", "path"),
    [
        (NODE, "lib/app.test.js"),
        (NODE, "src/components/button.test.jsx"),
        (NODE, "src/components/__tests__/button.js"),
        (NODE, "src/components/button.spec.ts"),
        (NODE, "src/components/button.stories.js"),
        (RAILS, "app/javascript/components/button.test.js"),
        (RAILS, "app/javascript/components/__tests__/button.js"),
        (DJANGO, "till/test_models.py"),
        (DJANGO, "till/tests/test_models.py"),
    ],
)
def test_tests_beside_the_code_go(tmp_path: Path, application: Files, path: str) -> None:
    text = 'import { render } from "@testing-library/react";\nimport "./button";\n'
    files: Files = {**application, path: text, path.rpartition("/")[0] + "/button_other.rb": "x\n"}
    assert path in suggested(advise(tmp_path, files))


# What the knowledge base calls needed, safe, and safe only without a reader, ecosystem by ecosystem


def large(paths: str) -> Files:
    """Large files that mention nothing."""
    return dict.fromkeys(paths.split(), LARGE)


NEEDED_EVERYWHERE = "Procfile app.json .profile .buildpacks bin/run bin/data/large.bin"
NEEDED = {
    "ruby": """Gemfile Gemfile.lock .ruby-version Rakefile config.ru config/application.rb config/storage.yml
        config/master.pem db/schema.rb db/structure.sql db/migrate/1_users.rb db/seeds.rb db/seeds/users.csv
        lib/tasks/nightly.rake lib/shop.rb public/film.mp4 public/docs/terms.pdf vendor/assets/images/logo.png
        vendor/assets/fonts/a.ttf app/models/user.rb app/assets/images/logo.png app/assets/fonts/a.ttf
        app/views/homes/show.html.erb""",
    "python": """requirements.txt requirements/base.txt requirements-prod.txt Pipfile Pipfile.lock poetry.lock uv.lock
        pyproject.toml setup.py .python-version runtime.txt manage.py nltk.txt bin/pre_compile bin/post_compile
        static/logo.png static/film.webm shop/static/shop/logo.png shop/templates/shop/home.html templates/home.html
        shop/models.py shop/migrations/0001_initial.py""",
    "node": """package.json package-lock.json .npmrc .yarnrc.yml .yarn/releases/yarn.cjs tsconfig.json
        tsconfig.build.json next.config.js vite.config.ts webpack.config.js babel.config.js postcss.config.js
        tailwind.config.ts
        src/index.ts src/pages/home.tsx public/film.mp4 public/docs/terms.pdf prisma/schema.prisma
        prisma/migrations/1/migration.sql patches/react.patch""",
    "java": """gradlew gradlew.bat gradle/wrapper/gradle-wrapper.jar gradle/wrapper/gradle-wrapper.properties mvnw
        .mvn/wrapper/maven-wrapper.jar pom.xml build.gradle settings.gradle.kts build.gradle.kts gradle.properties
        system.properties src/main/java/App.java src/main/resources/data.csv src/main/resources/static/logo.png""",
    "scala": """build.sbt project/plugins.sbt project/build.properties project/Dependencies.scala system.properties
        conf/routes app/controllers/Home.scala src/main/scala/App.scala""",
    "php": """composer.json composer.lock artisan public/index.php public/film.mp4 bootstrap/app.php
        database/factories/UserFactory.php database/seeders/UserSeeder.php database/seeders/users.csv app/User.php""",
    "go": """go.mod go.sum vendor/modules.txt vendor/github.com/x/y/y.go vendor/github.com/x/y/data.csv
        templates/home.tmpl migrations/1_users.sql main.go""",
    "elixir": """mix.exs mix.lock config/runtime.exs priv/static/film.mp4 priv/repo/migrations/1_users.exs
        priv/repo/users.csv assets/js/app.js assets/static/logo.png elixir_buildpack.config
        phoenix_static_buildpack.config lib/shop.ex""",
}


@pytest.mark.parametrize("ecosystem", NEEDED)
def test_what_is_needed_never_goes_however_large_and_unmentioned(tmp_path: Path, ecosystem: str) -> None:
    files = large(NEEDED_EVERYWHERE + " design/logo.psd " + NEEDED[ecosystem])
    assert suggested(advise(tmp_path, files)) == {"design/logo.psd"}


@pytest.mark.parametrize(
    "paths",
    [
        "wp-admin/index.php wp-admin/menu.php wp-includes/index.php wp-includes/post.php",
        "wp-content/index.php wp-content/themes/index.php wp-content/themes/shop/index.php",
        "about/index.php till/index.php till/pay.php",
    ],
)
def test_directories_of_pages_never_go(tmp_path: Path, paths: str) -> None:
    files: Files = {
        "Procfile": "web: vendor/bin/heroku-php-apache2\n",
        "composer.json": "{}\n",
        "composer.lock": "{}\n",
        "index.php": "<?php echo 1;\n",
        **dict.fromkeys(paths.split(), "<?php echo 2;\n"),
    }
    assert suggested(advise(tmp_path, files)) == set()


def test_a_model_that_code_names_stays(tmp_path: Path) -> None:
    text = 'import pickle\n\nmodel = pickle.load(open("models/price.pkl", "rb"))\n'
    models = large("models/price.pkl models/price-2019.pkl old.h5")
    advice = advise(tmp_path, {**FLASK, **models, "shop/price.py": text})
    assert suggested(advice) == {"models/price-2019.pkl", "old.h5"}
    assert against(advice, "models/price.pkl") == [("reader", "shop/price.py", 3)]


SAFE_EVERYWHERE = """.github/workflows/test.yml .circleci/config.yml .gitlab-ci.yml .travis.yml .buildkite/pipeline.yml
    .idea/workspace.xml .vscode/settings.json .devcontainer/devcontainer.json .editorconfig docker-compose.yml
    docker-compose.test.yml CODEOWNERS art/a.psd art/a.ai art/a.sketch art/a.fig art/a.xd art/a.blend film/a.mp4
    film/a.mov old/a.zip old/a.tar.gz old/a.sql old/a.dump old/a.bak old/a.log"""
SAFE: dict[str, tuple[Files, str]] = {
    "ruby": (
        RAILS,
        """spec/a_spec.rb test/a_test.rb features/a.feature .rspec .rubocop.yml .rubocop_todo.yml coverage/index.html
        spec/fixtures/vcr_cassettes/a.yml fixtures/vcr_cassettes/a.yml""",
    ),
    "python": (DJANGO, "tests/test_a.py test/test_a.py tox.ini a.ipynb work/a.ipynb notebooks/a.ipynb notebooks/a.csv"),
    "node": (
        NODE,
        """cypress/e2e/a.js e2e/a.js playwright.config.ts playwright/a.ts .storybook/main.js coverage/lcov.info
        node_modules/a/index.js .next/cache/a.pack""",
    ),
    "java": ({"pom.xml": "<project/>\n", "src/main/java/App.java": "class App {}\n"}, "src/test/java/AppTest.java"),
    "kotlin": ({"build.gradle.kts": "plugins {}\n"}, "src/test/kotlin/AppTest.kt target/App.class"),
    "scala": ({"build.sbt": 'name := "shop"\n'}, "src/test/scala/AppTest.scala target/App.class"),
    "php": (PHP, "tests/Feature/ATest.php phpunit.xml phpunit.xml.dist"),
    "go": ({"go.mod": "module shop\n", "main.go": "package main\n"}, "testdata/a.json till/testdata/a.json"),
    "elixir": (ELIXIR, "test/a_test.exs _build/a.beam deps/a/mix.exs"),
    "ml": (FLASK, "train.ipynb checkpoints/a.ckpt model.ckpt venv/pyvenv.cfg venv/lib/a.py shop/__pycache__/web.pyc"),
}


@pytest.mark.parametrize("ecosystem", SAFE)
def test_what_is_safe_goes(tmp_path: Path, ecosystem: str) -> None:
    application, own = SAFE[ecosystem]
    safe = large(SAFE_EVERYWHERE + " " + own)
    advice = advise(tmp_path, {**application, **safe})
    assert suggested(advice) >= set(map(str, safe))
    assert {entry.tier.value for entry in advice.suggestions} == {"safe"}


@pytest.mark.parametrize("path", ["venv/lib/a.py", "node_modules/a.js", "shop/__pycache__/web.pyc", "coverage/a.html"])
def test_what_was_committed_by_mistake_comes_with_the_advice_to_take_it_out_of_git(tmp_path: Path, path: str) -> None:
    files: Files = {**FLASK, "package.json": "{}\n", "venv/pyvenv.cfg": "home = /usr/bin\n"}
    advice = advise(tmp_path, {**files, path: LARGE})
    (entry,) = [entry for entry in advice.suggestions if any(file.path == path.encode() for file in entry.files)]
    (committed,) = [item for item in entry.evidence if item.kind is EvidenceKind.COMMITTED]
    assert committed.text.startswith("remove from git")


class Read(NamedTuple):
    """A place where readers hide: what stands there, on which line, and what it reads."""

    reader: str
    text: str
    line: int
    path: str
    application: Files = NODE


GO: Files = {"go.mod": "module example.org/shop\n\ngo 1.22\n", "Procfile": "web: shop\n"}
DOCKER: Files = {**NODE, "heroku.yml": "build:\n  docker:\n    web: Dockerfile\n"}
POM = "<project>\n  <modules>\n    <module>integration-tests</module>\n  </modules>\n</project>\n"
READS = [
    # What the platform reads
    Read("Procfile", "web: node server.js\nworker: node scripts/worker.js\n", 2, "scripts/worker.js"),
    Read("Procfile", "release: sh tools/release.sh\nweb: node server.js\n", 1, "tools/release.sh"),
    Read("app.json", '{\n  "scripts": {"postdeploy": "node scripts/seed.js"}\n}\n', 2, "scripts/seed.js"),
    Read("heroku.yml", "build:\n  docker:\n    web: docker/Dockerfile\n", 3, "docker/Dockerfile"),
    Read("Dockerfile", "FROM node\nCOPY data/towns.csv /app/\n", 2, "data/towns.csv", DOCKER),
    Read("bin/post_compile", "#!/bin/sh\npython scripts/fetch.py\n", 2, "scripts/fetch.py", DJANGO),
    # Manifests
    Read("package.json", '{\n  "scripts": {\n    "build": "node scripts/build.js"\n  }\n}\n', 3, "scripts/build.js"),
    Read("package.json", '{\n  "main": "tools/start.js"\n}\n', 2, "tools/start.js"),
    Read("package.json", '{\n  "exports": {"./a": "./tools/a.js"}\n}\n', 2, "tools/a.js"),
    Read("package.json", '{\n  "bin": {"shop": "tools/shop.js"}\n}\n', 2, "tools/shop.js"),
    Read("setup.py", 'setup(\n  data_files=[("", ["data/towns.csv"])],\n)\n', 2, "data/towns.csv", DJANGO),
    Read("pyproject.toml", '[project]\nreadme = "docs/index.md"\n', 2, "docs/index.md", DJANGO),
    Read("pyproject.toml", '[tool.poetry]\ninclude = ["data/*.csv"]\n', 2, "data/towns.csv", DJANGO),
    Read("composer.json", '{\n  "autoload": {"files": ["scripts/start.php"]}\n}\n', 2, "scripts/start.php", PHP),
    Read("mix.exs", '\ndef elixirc_paths(_), do: ["lib", "test/support"]\n', 2, "test/support/a.ex", ELIXIR),
    Read("build.gradle", '\napply from: "tools/release.gradle.kts"\n', 2, "tools/release.gradle.kts", {}),
    Read("till/till.go", "package till\n\n//go:embed testdata/a.json\n", 3, "till/testdata/a.json", {"go.mod": ""}),
    # Ruby's places
    Read("Rakefile", '\nload "scripts/nightly.rake"\n', 2, "scripts/nightly.rake", RAILS),
    Read("lib/tasks/a.rake", 'require_relative "../../scripts/nightly"\n', 1, "scripts/nightly.rb", RAILS),
    Read("config/initializers/a.rb", '\nYAML.load_file("data/towns.yml")\n', 2, "data/towns.yml", RAILS),
    Read("config/storage.yml", "local:\n  root: data/store\n", 2, "data/store/a.csv", RAILS),
    Read("db/seeds.rb", 'CSV.foreach("data/towns.csv")\n', 1, "data/towns.csv", RAILS),
    Read("db/seeds.rb", 'require Rails.root.join("spec", "support", "a")\n', 1, "spec/support/a.rb", RAILS),
    # Django's settings
    Read("shop/settings.py", '\nSTATICFILES_DIRS = [BASE_DIR / "media"]\n', 2, "media/logo.png", DJANGO),
    Read("shop/settings.py", 'FIXTURE_DIRS = ["data/first"]\n', 1, "data/first/users.json", DJANGO),
    # What JavaScript is built by
    Read("next.config.js", '\nrequire("./scripts/redirects");\n', 2, "scripts/redirects.js"),
    Read("nuxt.config.js", '\nexport default { dir: { assets: "media" } };\n', 2, "media/logo.png"),
    Read("vite.config.js", '\nexport default { publicDir: "media" };\n', 2, "media/logo.png"),
    Read("webpack.config.js", '\nmodule.exports = { entry: "./scripts/a.js" };\n', 2, "scripts/a.js"),
    Read("tsconfig.json", '{\n  "files": ["tools/deep/a.ts"]\n}\n', 2, "tools/deep/a.ts"),
    Read("tsconfig.json", '{\n  "extends": "./tools/tsconfig.base.json"\n}\n', 2, "tools/tsconfig.base.json"),
    Read("babel.config.js", '\nmodule.exports = { plugins: ["./scripts/babel.js"] };\n', 2, "scripts/babel.js"),
    Read("postcss.config.js", '\nmodule.exports = { plugins: { "./tools/css.js": {} } };\n', 2, "tools/css.js"),
    Read("tailwind.config.js", '\nmodule.exports = { content: ["./stories/**/*.js"] };\n', 2, "stories/a.js"),
    # Sources
    Read("lib/a.js", '\nimport a from "../scripts/a";\n', 2, "scripts/a.js"),
    Read("lib/a.js", '\nconst a = require("../data/a.json");\n', 2, "data/a.json"),
    Read("lib/a.ts", '\nconst a = await import("../tools/a");\n', 2, "tools/a.ts"),
    Read("lib/a.js", '\nimport { user } from "./user.test.js";\n', 2, "lib/user.test.js"),
    Read("lib/a.js", '\nimport { user } from "./__mocks__/user";\n', 2, "lib/__mocks__/user.js"),
    Read("till/a.py", "\nfrom tests.factories import UserFactory\n", 2, "tests/factories.py", DJANGO),
    Read("till/a.py", "\nimport scripts.nightly\n", 2, "scripts/nightly.py", DJANGO),
    Read("till/a.py", "\nfrom .tests import helpers\n", 2, "till/tests/helpers.py", DJANGO),
    Read("till/a.py", '\nopen("data/towns.csv")\n', 2, "data/towns.csv", DJANGO),
    Read("till/a.py", '\nopen(os.path.join(BASE, "data", "towns.csv"))\n', 2, "data/towns.csv", DJANGO),
    Read("till/a.py", '\npd.read_parquet(BASE / "data" / "towns.parquet")\n', 2, "data/towns.parquet", DJANGO),
    Read("till/a.py", '\nrender(request, "docs/terms.html")\n', 2, "docs/terms.html", DJANGO),
    Read("till/a.py", '\nmodel = load_model("weights/price.h5")\n', 2, "weights/price.h5", FLASK),
    Read("app/a.rb", '\nsend_file "docs/terms.pdf"\n', 2, "docs/terms.pdf", RAILS),
    Read("app/a.rb", '\nrender file: "docs/terms.html"\n', 2, "docs/terms.html", RAILS),
    Read("app/a.css", "a {\n  background: url(/media/logo.png);\n}\n", 2, "media/logo.png"),
    Read("app/a.scss", '\n@import "../docs/theme";\n', 2, "docs/_theme.scss"),
    Read("views/a.html", '<body>\n<img src="/media/logo.png">\n', 2, "media/logo.png"),
    Read("views/a.html", '<body>\n<a href="/docs/terms.pdf">Terms</a>\n', 2, "docs/terms.pdf"),
    Read("views/a.ejs", '<body>\n<video src="/media/film.webm">\n', 2, "media/film.webm"),
    Read("lib/a.js", '\napp.use("/media", express.static("media"));\n', 2, "media/logo.png"),
    Read("till/urls.py", '\nstatic("/media/", document_root="media")\n', 2, "media/logo.png", DJANGO),
    Read("lib/shop.ex", '\nplug Plug.Static, from: "docs"\n', 2, "docs/terms.html", ELIXIR),
    Read("app/a.php", '<?php\nreadfile("docs/terms.pdf");\n', 2, "docs/terms.pdf", PHP),
    Read("package.json", '{\n  "workspaces": ["tools/*"]\n}\n', 2, "tools/ui/package.json"),
    Read("package.json", '{\n  "dependencies": {"ui": "file:tools/ui"}\n}\n', 2, "tools/ui/index.js"),
    Read("pyproject.toml", '[tool.setuptools]\npackages = ["tools"]\n', 2, "tools/a.py", DJANGO),
    Read("composer.json", '{\n  "autoload": {"psr-4": {"T\\\\": "tools/"}}\n}\n', 2, "tools/T.php", PHP),
    Read("pom.xml", POM, 3, "integration-tests/pom.xml", {"src/main/java/A.java": "class A {}\n"}),
    Read(
        "settings.gradle",
        "\ninclude ':integration-tests'\n",
        2,
        "integration-tests/src/A.java",
        {"build.gradle": ""},
    ),
    Read("shop/settings.py", 'INSTALLED_APPS = [\n  "tools",\n]\n', 2, "tools/a.py", DJANGO),
    Read("MANIFEST.in", "include setup.py\nrecursive-include data *.csv\n", 2, "data/towns.csv", DJANGO),
    Read("shop/settings.py", 'INSTALLED_APPS = [\n  "tools.apps.ToolsConfig",\n]\n', 2, "tools/apps.py", DJANGO),
    Read("main.go", 'package main\n\nimport _ "example.org/shop/docs"\n', 3, "docs/docs.go", GO),
]


"""Readers that are not seen, and why."""


@pytest.mark.parametrize(
    "read",
    READS,
    ids=lambda read: f"{read.reader} {read.path} {read.line}",
)
def test_what_a_reader_names_stays_and_the_reader_is_named(tmp_path: Path, read: Read) -> None:
    quiet: Files = {read.reader: "\n", **read.application, read.path: IMAGE}
    assert read.path in suggested(advise(tmp_path / "quiet", quiet))
    advice = advise(tmp_path / "read", {**quiet, read.reader: read.text})
    assert read.path not in suggested(advice)
    found = [
        item for each in withheld(advice, read.path) for item in each.evidence if item.path == read.reader.encode()
    ]
    assert {(item.kind, item.line) for item in found} == {(EvidenceKind.READER, read.line)}


SERVED: list[tuple[Files, str, str]] = [
    (RAILS, "public/old/film.mp4", "public"),
    (RAILS, "app/assets/images/large.png", "app/assets"),
    (RAILS, "vendor/assets/fonts/large.ttf", "vendor/assets"),
    (DJANGO, "till/static/till/large.png", "till/static"),
    (FLASK, "shop/static/large.png", "shop/static"),
    (NODE, "public/large.png", "public"),
    (PHP, "public/images/large.png", "public"),
]


@pytest.mark.parametrize(("application", "path", "directory"), SERVED)
def test_what_is_served_whole_counts_as_read(tmp_path: Path, application: Files, path: str, directory: str) -> None:
    advice = advise(tmp_path, {**application, path: LARGE, "pictures/large.png": LARGE})
    assert path not in suggested(advice)
    assert "pictures/large.png" in suggested(advice)
    served = [item.text for each in withheld(advice, path) for item in each.evidence if item.path is None]
    assert [text.partition(": ")[0] for text in served] == [f"it is in {directory}/"]
