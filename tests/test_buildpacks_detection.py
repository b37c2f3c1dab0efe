"""Which buildpacks run, and the versions of their runtimes.

The rules are those of ``bin/detect`` in github.com/heroku/heroku-buildpack-LANGUAGE, read on 2026-11-29 at commits of
2026-05 to 2026-08; their order is that of devcenter.heroku.com/articles/buildpacks (2024-08).
"""

from __future__ import annotations

from slugtrim.buildpacks.detection import normalized
from tests.locks import Files, detect
from tests.rows import each_row


@each_row(
    "path, buildpack",
    [
        ("Gemfile", "heroku/ruby"),
        ("package.json", "heroku/nodejs"),
        ("project.clj", "heroku/clojure"),
        ("requirements.txt", "heroku/python"),
        ("Pipfile", "heroku/python"),
        ("poetry.lock", "heroku/python"),
        ("uv.lock", "heroku/python"),
        ("setup.py", "heroku/python"),
        ("pyproject.toml", "heroku/python"),
        ("manage.py", "heroku/python"),
        ("requirements/base.txt", "heroku/python"),
        ("venv/pyvenv.cfg", "heroku/python"),
        ("pom.xml", "heroku/java"),
        ("pom.yml", "heroku/java"),
        ("gradlew", "heroku/gradle"),
        ("build.gradle.kts", "heroku/gradle"),
        ("settings.gradle", "heroku/gradle"),
        ("build.sbt", "heroku/scala"),
        ("project/Build.scala", "heroku/scala"),
        ("project/build.properties", "heroku/scala"),
        ("composer.json", "heroku/php"),
        ("index.php", "heroku/php"),
        ("go.mod", "heroku/go"),
        ("Gopkg.lock", "heroku/go"),
        ("Godeps/Godeps.json", "heroku/go"),
        ("vendor/vendor.json", "heroku/go"),
        ("src/app/main.go", "heroku/go"),
        ("App.sln", "heroku/dotnet"),
        ("app.cs", "heroku/dotnet"),
    ],
)
def test_one_file_decides(path: str, buildpack: str) -> None:
    found = detect({path: ""})
    assert [found.id for found in found.buildpacks] == [buildpack]
    assert found.origin == "detected"
    assert path.startswith(found.buildpacks[0].decided_by)


@each_row(
    "path",
    [
        "server/package.json",
        "Gemfile.lock",
        "gemfile",
        "project/deep/Build.scala",
        "project/.hidden.scala",
        "src/main.go",
        "vendor/modules.txt",
        "lib/index.php",
        "tools/a.sbt",
        "README.md",
    ],
)
def test_other_files_decide_nothing(path: str) -> None:
    found = detect({path: ""})
    assert (found.buildpacks, found.others, found.runtimes) == ((), (), ())


def test_the_first_of_several_runs_in_the_order_of_heroku() -> None:
    found = detect(dict.fromkeys(("go.mod", "package.json", "requirements.txt", "composer.json", "pom.xml"), ""))
    assert [buildpack.id for buildpack in found.buildpacks] == ["heroku/nodejs"]
    assert [other.id for other in found.others] == ["heroku/python", "heroku/java", "heroku/php", "heroku/go"]


LISTED = {"buildpacks": [{"url": "heroku/nodejs"}, {"url": "https://github.com/heroku/heroku-buildpack-python.git#v1"}]}
MULTI = "https://github.com/heroku/heroku-buildpack-multi"
COMPOSED = "# these two\nhttps://github.com/heroku/heroku-buildpack-nodejs\n\nhttps://github.com/acme/tools.git\n"


@each_row(
    "files, configured, origin, expected",
    [
        ({"Gemfile": ""}, ["heroku/python"], "configured", ["heroku/python"]),
        ({"Gemfile": "", "app.json": LISTED}, ["heroku/ruby"], "configured", ["heroku/ruby"]),
        ({"Gemfile": "", "app.json": LISTED}, [], "app.json", ["heroku/nodejs", "heroku/python"]),
        (
            {"Gemfile": "", "app.json": LISTED, ".buildpacks": COMPOSED},
            [],
            "app.json",
            ["heroku/nodejs", "heroku/python"],
        ),
        ({"Gemfile": "", ".buildpacks": COMPOSED}, [], ".buildpacks", ["heroku/nodejs", "acme/tools"]),
        ({"Gemfile": "", ".buildpacks": COMPOSED}, [MULTI], "configured", ["heroku/nodejs", "acme/tools"]),
        ({"Gemfile": "", "app.json": {"buildpacks": "no"}}, [], "detected", ["heroku/ruby"]),
        ({"Gemfile": "", "app.json": "{"}, [], "detected", ["heroku/ruby"]),
        ({"Gemfile": "", "app.json": {"buildpacks": [{"url": 7}, [], None]}}, [], "detected", ["heroku/ruby"]),
    ],
)
def test_what_is_set_goes_before_what_is_detected(
    files: Files, configured: list[str], origin: str, expected: list[str]
) -> None:
    found = detect(files, configured)
    assert found.origin == origin
    assert [buildpack.id for buildpack in found.buildpacks] == expected


BUILT = {"scripts": {"build": "vite build"}}


@each_row(
    "files, procfile, expected",
    [
        ({"package.json": "{}", "app.py": ""}, "web: gunicorn shop.wsgi\n", ["heroku/python: Procfile: gunicorn"]),
        (
            {"package.json": BUILT, "app.py": ""},
            "web: newrelic-admin run-program gunicorn shop.wsgi\n",
            ["heroku/nodejs: package.json", "heroku/python: Procfile: gunicorn"],
        ),
        (
            {"package.json": "{}", "app.py": ""},
            "web: node server.js\nworker: python3 worker.py\n",
            ["heroku/nodejs: package.json", "heroku/python: Procfile: python3"],
        ),
        (
            {"package.json": "{}", "composer.json": "{}"},
            "web: vendor/bin/heroku-php-nginx -C nginx.conf public/\n",
            ["heroku/php: Procfile: heroku-php-nginx"],
        ),
        (
            {"Gemfile": "", "app.py": ""},
            "web: gunicorn x\n",
            ["heroku/ruby: Gemfile", "heroku/python: Procfile: gunicorn"],
        ),
        ({"Gemfile": "", "package.json": "{}"}, "web: bundle exec puma\n", ["heroku/ruby: Gemfile"]),
        ({"package.json": "{}", "app.py": ""}, "web: bin/start\n", ["heroku/nodejs: package.json"]),
        ({"package.json": "{}"}, "web: gunicorn shop.wsgi\n", ["heroku/nodejs: package.json"]),
        ({"package.json": "{}", "app.py": ""}, b"\xff: gunicorn\n# web: gunicorn\n", ["heroku/nodejs: package.json"]),
    ],
)
def test_the_processes_say_which_buildpacks_somebody_must_have_set(
    files: Files, procfile: str | bytes, expected: list[str]
) -> None:
    found = detect({**files, "Procfile": procfile})
    assert found.origin == "detected"
    assert [f"{each.id}: {each.decided_by}" for each in found.buildpacks] == expected


EXECJS = "GEM\n  specs:\n    execjs (2.10.0)\n    webpacker-react (1.0)\n"


@each_row(
    "files, configured, expected",
    [
        ({"Gemfile": ""}, [], []),
        ({"Gemfile": "", "package.json": "{}"}, [], ["node-alone"]),
        ({"Gemfile": "", "Gemfile.lock": EXECJS}, [], ["node-alone"]),
        ({"Gemfile": "", "package.json": "{}", "yarn.lock": ""}, [], ["node-with-yarn"]),
        ({"Gemfile": "", "Gemfile.lock": EXECJS.replace("execjs", "webpacker")}, [], ["node-with-yarn"]),
        ({"Gemfile": "", "Gemfile.lock": "GEM\n  specs:\n    uglifier (4.2)\n      execjs (>= 0.3)\n"}, [], []),
        ({"Gemfile": "", "package.json": "{}"}, ["heroku/nodejs", "heroku/ruby"], ["node"]),
        ({"Gemfile": "", "package.json": "{}"}, ["heroku/ruby", "heroku/nodejs"], ["node", "node-alone"]),
        ({"package.json": "{}", "requirements.txt": ""}, ["heroku/python"], []),
    ],
)
def test_the_buildpack_of_ruby_brings_node_where_no_other_does(
    files: Files, configured: list[str], expected: list[str]
) -> None:
    runtimes = [runtime.language for runtime in detect(files, configured).runtimes]
    assert [language for language in runtimes if language.startswith("node")] == expected


@each_row(
    "name, expected",
    [
        ("heroku/nodejs", "heroku/nodejs"),
        ("nodejs", "heroku/nodejs"),
        ("urn:buildpack:heroku/ruby", "heroku/ruby"),
        ("https://github.com/heroku/heroku-buildpack-php", "heroku/php"),
        ("https://github.com/heroku/heroku-buildpack-php.git#main", "heroku/php"),
        ("git@github.com:heroku/heroku-buildpack-go.git", "heroku/go"),
        ("https://buildpack-registry.s3.amazonaws.com/buildpacks/heroku/python.tgz", "heroku/python"),
        ("https://codon-buildpacks.s3.amazonaws.com/buildpacks/heroku/python.tgz", "heroku/python"),
        ("heroku-community/apt", "heroku-community/apt"),
        ("https://github.com/jontewks/puppeteer-heroku-buildpack.git", "jontewks/puppeteer-heroku-buildpack"),
    ],
)
def test_a_buildpack_has_one_name(name: str, expected: str) -> None:
    assert normalized(name) == expected


@each_row(
    "files, expected",
    [
        (
            {"package.json": {"engines": {"node": "22.x"}}, ".node-version": "18"},
            ("node", "22.x", "package.json engines"),
        ),
        ({"package.json": {}, ".node-version": "18", ".nvmrc": "18"}, ("node", "24", "default")),
        ({"package.json": "["}, ("node", "24", "default")),
        ({"runtime.txt": "python-3.11.4\n", ".python-version": "3.12"}, ("python", "3.11.4", "runtime.txt")),
        ({".python-version": "# ours\n\n 3.12 \n"}, ("python", "3.12", ".python-version")),
        ({"Pipfile.lock": {"_meta": {"requires": {"python_version": "3.10"}}}}, ("python", "3.10", "Pipfile.lock")),
        ({"requirements.txt": ""}, ("python", "3.14", "default")),
        ({"Gemfile": "", "Gemfile.lock": "RUBY VERSION\n   ruby 3.1.2p20\n"}, ("ruby", "3.1.2", "Gemfile.lock")),
        ({"Gemfile": "", ".ruby-version": "3.2"}, ("ruby", "3.3.9", "default")),
        ({"composer.json": {"require": {"php": "^8.2"}}}, ("php", "^8.2", "composer.json require")),
        ({"index.php": ""}, ("php", "", "default")),
        ({"go.mod": "module x\n\ngo 1.22.3\n"}, ("go", "1.22.3", "go.mod")),
        ({"go.mod": "module x\ngo 1.22\n// +heroku goVersion go1.23\n"}, ("go", "1.23", "go.mod")),
        ({"pom.xml": "", "system.properties": "java.runtime.version=21\n"}, ("java", "21", "system.properties")),
        ({"gradlew": ""}, ("java", "", "default")),
    ],
)
def test_the_version_of_a_runtime_is_what_its_buildpack_reads(files: Files, expected: tuple[str, str, str]) -> None:
    (runtime,) = detect(files).runtimes
    assert (runtime.language, runtime.version, runtime.said_by) == expected
