"""What reading suggestions on real applications showed to be wrong, each with its counterpart."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.test_suggester_incidents import DJANGO, ELIXIR, FLASK, IMAGE, NODE, RAILS, Files, advise, suggested

MODEL = b"\x80\x04" + bytes(9000)

SERVED: Files = {**NODE, "package.json": '{"scripts": {"start": "node server.js", "serve": "node scripts/serve.js"}}'}

KIT: Files = {**FLASK, "kit/models/__init__.py": "", "kit/models/base.py": "x = 1\n"}

READ: list[tuple[Files, str, str, str]] = [
    # application, path that is read, reader, text
    (FLASK, "services/train_prices.py", "shop/web.py", 'sys.path.append("services")\nfrom train_prices import run\n'),
    (FLASK, "models/model_goals.pkl", "shop/web.py", 'load(f"models/model_{name}.pkl")\n'),
    (FLASK, "models/model_goals.pkl", "shop/web.py", 'load(f"./models/model_{name}.pkl")\n'),
    (FLASK, "models/model_goals.pkl", "shop/web.py", 'load("models/model_{}.pkl".format(name))\n'),
    (FLASK, "models/model_goals.pkl", "shop/web.py", 'load("models/model_" + name + ".pkl")\n'),
    (FLASK, "models/model_goals.pkl", "shop/web.py", 'store.load(f"model_{name}.pkl")\n'),
    (RAILS, "files/report_may.pdf", "lib/a.rb", 'File.open("files/report_#{month}.pdf")\n'),
    (FLASK, "instance/app.db", "shop/web.py", 'uri = env.get("DATABASE_URL", "sqlite:///app.db")\n'),
    (RAILS, "experiments/price.rb", "Gemfile", 'gem "rails"\ngem "vanity"\n'),
    (SERVED, "scripts/serve.js", "Procfile", "web: npm run --silent serve\n"),
    (SERVED, "scripts/serve.js", "app.json", '{"scripts": {"postdeploy": "yarn serve"}}'),
    (SERVED, "scripts/serve.js", "bin/begin", "#!/bin/sh\nexec pnpm serve\n"),
    (RAILS, "docs/terms.md", "lib/a.rb", 'system("pandoc docs/terms.md -o out")\n'),
    (KIT, "kit/models/de/weights.pkl", "shop/web.py", 'load(Path("kit/models") / language / name)\n'),
    (NODE, "tools/a.helpers.js", "lib/app.js", 'const a = require("../tools/a.helpers");\n'),
    (NODE, "tools/price.service.ts", "lib/app.ts", 'import { Price } from "../tools/price.service";\n'),
    (NODE, "tools/__a.js", "lib/app.js", 'const a = require("../tools/__a");\n'),
    (NODE, "tools/_a.js", "lib/app.js", 'const a = require("../tools/_a");\n'),
    (NODE, ".env.example", "lib/app.js", 'require("dotenv-safe").config();\n'),
    (RAILS, ".env.sample", "Gemfile", 'gem "rails"\ngem "dotenv_validator"\n'),
    (RAILS, "docs/a.md", "bin/start.sh", "echo $(cat docs/a.md)\n"),
    (RAILS, "docs/a.md", "bin/start.sh", "printf %s x | cat - docs/a.md\n"),
    (RAILS, "docs/a.md", "data.json", '{"from": "docs"}\n'),
    (NODE, "img/hero.png", "lib/pages.json", '{"img/hero.png": {"wide": true}}\n'),
    (RAILS, "docs/a.md", "lib/a.rb", 'Dir["docs"]\n'),
    (NODE, "docs/a.md", "lib/pages.json", '{"first": "docs\\/a.md"}\n'),
    (RAILS, "LICENSE", "lib/a.rb", 'File.read("LICENSE")\n'),
    (DJANGO, "staticfiles/a.css", "app.json", '{"env": {"DISABLE_COLLECTSTATIC": {"value": "1"}}}\n'),
]


@pytest.mark.parametrize(("application", "path", "reader", "text"), READ)
def test_what_is_read_in_a_roundabout_way_stays(
    tmp_path: Path, application: Files, path: str, reader: str, text: str
) -> None:
    files: Files = {**application, path: MODEL if path.endswith((".pkl", ".pdf", ".db")) else "x = 1\n"}
    assert path in suggested(advise(tmp_path / "unread", files))
    assert path not in suggested(advise(tmp_path / "read", {**files, reader: text}))


def test_a_script_that_is_called_by_what_a_process_starts_stays(tmp_path: Path) -> None:
    manifest = (
        '{"scripts": {"start": "node server.js", "serve": "node scripts/serve.js", "lint": "node scripts/lint.js"}}'
    )
    begin = "#!/bin/sh\nnpm run serve\n"
    files: Files = {
        **NODE,
        "package.json": manifest,
        "scripts/serve.js": "x\n",
        "scripts/lint.js": "y\n",
        "scripts/begin.sh": begin,
    }
    gone = suggested(advise(tmp_path / "unread", files))
    assert {"scripts/serve.js", "scripts/lint.js", "scripts/begin.sh"} <= gone
    stays = suggested(advise(tmp_path / "read", {**files, "Procfile": "web: sh scripts/begin.sh\n"}))
    assert stays & {"scripts/serve.js", "scripts/lint.js", "scripts/begin.sh"} == {"scripts/lint.js"}


def test_what_the_linter_of_a_build_reads_stays(tmp_path: Path) -> None:
    config = 'export default [includeIgnoreFile(new URL(".gitignore", import.meta.url))];\n'
    files: Files = {**NODE, ".gitignore": "dist\n", "eslint.config.mjs": config}
    assert {".gitignore", "eslint.config.mjs"} <= suggested(advise(tmp_path / "not-run", files))
    run: Files = {**files, "server.js": 'new ESLint({ overrideConfigFile: "eslint.config.mjs" });\n'}
    assert not {".gitignore", "eslint.config.mjs"} & suggested(advise(tmp_path / "run", run))


def test_the_name_of_a_process_is_no_path(tmp_path: Path) -> None:
    files: Files = {**NODE, "web/index.html": "<p>\n", "web/photo.png": IMAGE}
    assert "web/photo.png" in suggested(advise(tmp_path / "a", {**files, "Procfile": "web: node server.js\n"}))
    assert "web/photo.png" not in suggested(advise(tmp_path / "b", {**files, "Procfile": "web: serve web/\n"}))


@pytest.mark.parametrize(
    ("application", "path"),
    [
        (RAILS, "buildpack-run.sh"),
        (DJANGO, "till/templates/modeltranslation_copy.html"),
        (FLASK, "shop/screens/__init__.py"),
    ],
)
def test_a_name_that_means_something_else_does_not_make_a_candidate(
    tmp_path: Path, application: Files, path: str
) -> None:
    assert path not in suggested(advise(tmp_path, {**application, path: "x\n"}))


NOT_READ: list[tuple[Files, str, str, str]] = [
    (FLASK, "tests/test_a.py", "shop/web.py", '@router.get("/tests/{test_id}")\ndef show(test_id): ...\n'),
    (NODE, "docs/a.md", "lib/app.js", 'app.get("/docs/a.md", show);\n'),
    (NODE, "test/a.js", ".autocorrectignore", "test/**/*\n"),
    (RAILS, "test/models/a_test.rb", "bin/test", "#!/bin/sh\nrails test test/models/a_test.rb\n"),
    (RAILS, "test/models/a_test.rb", "Rakefile", 'Rails::TestUnit::Runner.rake_run(["test/models/a_test.rb"])\n'),
    (
        DJANGO,
        "till/tests/runner.py",
        "shop/settings.py",
        'INSTALLED_APPS = ["till"]\nTEST_RUNNER = "till.tests.runner.R"\n',
    ),
    (ELIXIR, "test/fixtures/key.pem", "config/test.exs", 'config :shop, key: "./test/fixtures/key.pem"\n'),
    (ELIXIR, "test/shop_test.exs", "mix.exs", '  test: ["ecto.create", "test/shop_test.exs"]\n'),
    (ELIXIR, "test/shop_test.exs", "mix.exs", '  t: ["test"]\n'),
    (RAILS, "spec/models/a_spec.rb", "config/initializers/vcr.rb", 'if Rails.env.test?\n  at "spec/models"\nend\n'),
    (RAILS, ".env.sample", "bin/setup", "#!/bin/sh\ncp .env.sample .env\n"),
    (NODE, "README.md", "lib/app.js", 'throw new Error("see README.md for what to do");\n'),
    (NODE, "LICENSE", "lib/app.lua", "x = [[\n  MIT LICENSE\n]]\n"),
    (RAILS, "docs/a.md", "lib/a.rb", 'SKIPPED = ["(^|\\/)docs\\/(?!api)"]\n'),
    (RAILS, "docs/a.md", "bin/start.sh", "echo 'see docs/a.md'\nexec puma\n"),
    (RAILS, "docs/a.md", "crowdin.yml", "files:\n  - source: docs/a.md\n"),
    (RAILS, "docs/a.md", "locale/de.po", '#: docs/a.md:7\nmsgid "a"\n'),
    (RAILS, "docs/a.md", "contribute.json", '{"docs": "here"}\n'),
    (RAILS, "doc/a.md", "app/views/a.html.erb", "<%= kinds ['csv', 'doc', 'pdf'] %>\n"),
    (RAILS, "docs/index.md", "app/pages/a.html", '<a href="/index.md">\n'),
    (RAILS, "docker/production/a.conf", "config/env.rb", 'ENV.fetch("STAGE", "production")\n'),
    (RAILS, "doc/a.md", "bin/make_docs.rb", 'File.write("doc/a.md", all)\n'),
    (NODE, "test/index.js", "lib/bundle.js", 'require.alias("emitter/index.js", "component/index.js");\n'),
]


@pytest.mark.parametrize(("application", "path", "reader", "text"), NOT_READ)
def test_what_only_tests_or_addresses_name_goes(
    tmp_path: Path, application: Files, path: str, reader: str, text: str
) -> None:
    assert path in suggested(advise(tmp_path, {**application, path: "x = 1\n", reader: text}))


def test_a_query_that_takes_all_columns_reads_no_file(tmp_path: Path) -> None:
    files: Files = {**RAILS, "db/views.sql": "SELECT course.* FROM course\n", "spec/factories/course.rb": "factory\n"}
    assert "spec/factories/course.rb" in suggested(advise(tmp_path, files))


def test_a_module_of_python_itself_is_no_file_of_that_name(tmp_path: Path) -> None:
    files: Files = {**FLASK, "tools/logging.py": "x = 1\n", "shop/web.py": "import logging\napp = 1\n"}
    assert "tools/logging.py" in suggested(advise(tmp_path, files))


def test_a_name_put_together_keeps_all_that_it_may_stand_for(tmp_path: Path) -> None:
    files: Files = {**FLASK, "img/shop_a.png": IMAGE, "img/shop_b.png": IMAGE + b"b", "img/other.png": IMAGE + b"c"}
    gone = suggested(advise(tmp_path, {**files, "shop/web.py": 'send(f"shop_{kind}.png")\n'}))
    assert gone == {"img/other.png"}


def test_a_tool_of_developers_reads_only_where_it_is_called(tmp_path: Path) -> None:
    files: Files = {**RAILS, "bin/setup": "#!/bin/sh\ncp .env.sample .env\n", ".env.sample": "A=1\n"}
    called: list[tuple[str, str]] = [
        ("Procfile", "web: bin/setup && bundle exec puma\n"),
        ("app.json", '{"scripts": {"postdeploy": "bin/setup"}}'),
        ("lib/tasks/begin.rake", 'task(:begin) { sh "./bin/setup" }\n'),
        ("bin/post_compile", "#!/bin/sh\nexec bin/setup\n"),
        ("heroku.yml", "build:\n  docker:\n    web: Dockerfile\n"),
    ]
    container: Files = {"Dockerfile": "FROM ruby\nRUN bin/setup\n"}
    assert ".env.sample" in suggested(advise(tmp_path / "idle", {**files, **container}))
    for number, (path, text) in enumerate(called):
        gone = suggested(advise(tmp_path / str(number), {**files, **container, path: text}))
        assert ".env.sample" not in gone, path


def test_what_a_nested_project_has_of_a_kind_leaves_the_rest_of_it_at_the_root(tmp_path: Path) -> None:
    nested: Files = {"admin/package.json": "{}", "admin/src/a.js": "x\n" * 900}
    of_a_kind: Files = {
        f"{place}{name}": f"{place} {name}\n" for place in ("", "admin/") for name in ("README.md", "LICENSE")
    }
    assert {*nested, *of_a_kind} <= suggested(advise(tmp_path, {**FLASK, **nested, **of_a_kind}))


def test_what_git_reads_goes_unless_it_is_all_that_keeps_its_directory(tmp_path: Path) -> None:
    files: Files = {
        **NODE,
        ".gitignore": "dist\n",
        "shop/package.json": "{}",
        "shop/.gitignore": "dist\n",
        "stock/package.json": "{}",
        "stock/.gitignore": "*\n",
        "lib/app.js": 'require("../shop/package.json");\n',
        "tmp2/.keep": "",
    }
    gone = suggested(advise(tmp_path, files))
    assert {".gitignore", "shop/.gitignore"} <= gone
    assert "tmp2/.keep" not in gone


def test_the_source_of_a_design_goes_from_what_is_served_unless_a_page_offers_it(tmp_path: Path) -> None:
    files: Files = {**NODE, "public/logo.psd": IMAGE, "public/kit.ai": IMAGE + b"2", "public/logo.png": IMAGE + b"3"}
    gone = suggested(advise(tmp_path, {**files, "public/press.html": '<a href="/kit.ai">Our logo</a>\n'}))
    assert gone == {"public/logo.psd"}


def test_pictures_beside_code_go_where_no_code_takes_them_but_angular_copies_all(tmp_path: Path) -> None:
    files: Files = {
        **NODE,
        "src/assets/a.png": IMAGE,
        "src/assets/b.png": IMAGE + b"2",
        "src/a.js": 'import "./assets/a.png";\n',
    }
    assert suggested(advise(tmp_path / "bundled", files)) == {"src/assets/b.png"}
    assert not suggested(advise(tmp_path / "copied", {**files, "angular.json": "{}"}))


def test_a_sample_of_the_environment_starts_nothing(tmp_path: Path) -> None:
    files: Files = {**FLASK, ".env.example": "DATABASE_URL=postgres://x\n", "Makefile": "run:\n\tpython manage.py go\n"}
    docker = "#!/bin/sh\ndocker compose run web python manage.py go\n"
    scripts: Files = {"scripts/dev.sh": docker, "scripts/go.sh": "#!/bin/sh\npython manage.py go\n"}
    gone = suggested(advise(tmp_path, {**files, **scripts}))
    assert gone == {".env.example", "Makefile", "scripts/dev.sh"}


def test_a_module_is_imported_from_whatever_directory_the_command_changes_to(tmp_path: Path) -> None:
    files: Files = {
        "Procfile": "web: gunicorn --chdir cloud wsgi:app\n",
        "requirements.txt": "flask\n",
        "cloud/wsgi.py": "from kit.web import app\n",
        "cloud/kit/__init__.py": "",
        "cloud/kit/pages/__init__.py": "",
        "cloud/kit/web.py": "import kit.pages.home\n",
        "cloud/kit/tools/setup.py": "def set_up(): ...\n",
        "cloud/kit/tools/registry.py": "x = 1\n",
    }
    tools = {"cloud/kit/tools/setup.py", "cloud/kit/tools/registry.py"}
    home: Files = {"cloud/kit/pages/home.py": "from kit.tools.registry import x\n"}
    assert tools <= suggested(advise(tmp_path / "unread", {**files, "cloud/kit/pages/home.py": "x = 1\n"}))
    assert not tools & suggested(advise(tmp_path / "read", {**files, **home}))


def test_what_django_finds_in_an_application_by_its_name_stays(tmp_path: Path) -> None:
    found = {
        f"{app}/{path}"
        for app in ("results", "demo")
        for path in ("locale/de/x.po", "templates/a.html", "static/a.svg")
    }
    files: Files = {**DJANGO, **dict.fromkeys(found, "x\n"), "results/__init__.py": "", "demo/__init__.py": ""}
    installed: Files = {"shop/settings.py": 'INSTALLED_APPS = ["django.contrib.admin", "results", "demo"]\n'}
    assert found & suggested(advise(tmp_path / "unread", files))
    assert not found & suggested(advise(tmp_path / "installed", {**files, **installed}))


def test_an_application_with_its_environment_beside_itself_is_none(tmp_path: Path) -> None:
    made = {
        "bin/activate.csh": "x\n",
        "pyvenv.cfg": "home = x\n",
        "lib/python3.11/site-packages/a.py": "x\n" * 99,
    }
    files: Files = {**FLASK, "Procfile": "web: gunicorn --chdir cloud wsgi:app\n"}
    environment: Files = {f"old/{path}": text for path, text in made.items()}
    mixed: Files = {f"cloud/{path}": text for path, text in made.items()}
    gone = suggested(advise(tmp_path, {**files, **environment, **mixed, "cloud/wsgi.py": "app = 1\n"}))
    assert set(environment) <= gone
    assert not {"cloud/wsgi.py", "cloud/bin/activate.csh", "cloud/pyvenv.cfg"} & gone
