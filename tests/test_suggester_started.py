"""What only a developer starts: directories beside those of the processes, and scripts that nothing names."""

from __future__ import annotations

from pathlib import Path

import pytest

from slugtrim.sources.directory import read_directory
from slugtrim.suggester.record import Tier
from slugtrim.suggester.started import commands
from tests.builders import make_tree
from tests.test_suggester_incidents import DJANGO, FLASK, IMAGE, NODE, RAILS, Files, advise, against, suggested

BACKEND: Files = {
    "Procfile": "web: cd backend && uvicorn src.main:app --port $PORT\n",
    "backend/src/main.py": "import fastapi\n",
    "requirements.txt": "fastapi\nuvicorn\n",
}
STALL: Files = {"stall/page.html": "<h1>Stall</h1>\n", "stall/page.css": "h1 { color: red }\n", "stall/a.js": "a();\n"}


def read(root: Path, files: Files) -> tuple[bytes, ...]:
    tree = read_directory(bytes(make_tree(root, files)))
    return commands(tree, tree.files)


def test_the_commands_are_those_of_the_processes(tmp_path: Path) -> None:
    procfile = "# web: not this\nrelease: cd tasks && ./migrate\nweb: node a.js \r\n  clock : node b.js\nnothing\n"
    assert read(tmp_path, {"Procfile": procfile}) == (b"node a.js", b"node b.js")
    assert read(tmp_path / "none", {"a/Procfile": procfile}) == ()


STARTED_IN_A_DIRECTORY = [
    "web: cd backend && uvicorn src.main:app\n",
    'web: cd "backend" && npm start\n',
    "web: cd ./backend; python src/main.py\n",
    "web: gunicorn --chdir backend src.main:app\n",
    "web: npm --prefix backend start\n",
    "web: yarn --cwd=backend start\n",
    "web: uvicorn src.main:app --app-dir backend\n",
    "web: python backend/src/main.py\n",
    "web: python ./backend/src/main.py\n",
    "web: gunicorn backend.src.main:app\nworker: python -m backend.src.main\n",
    "release: ./migrate\nweb: cd backend && npm start\n",
]


@pytest.mark.parametrize("procfile", STARTED_IN_A_DIRECTORY)
def test_a_directory_beside_that_of_all_processes_goes_as_a_whole(tmp_path: Path, procfile: str) -> None:
    advice = advise(tmp_path, {**BACKEND, "Procfile": procfile, **STALL})
    assert suggested(advice) == set(STALL)
    (entry,) = advice.suggestions
    assert (entry.pattern, entry.rule, entry.tier) == (b"/stall", "other-directory", Tier.CONDITIONAL)
    assert entry.reason == "The Procfile starts backend/, and nothing there names this directory"


NOT_STARTED_IN_A_DIRECTORY = [
    "web: npm start\n",
    "web: cd backend && npm start\nworker: npm run work\n",
    "web: bundle exec puma -C backend/puma.rb\n",
    "web: vendor/bin/heroku-php-apache2 backend/\n",
    "web: bin/start\n",
    "web: python main.py backend\n",
    "web: cd elsewhere && npm start\n",
    "web: java -jar build/libs/shop.jar\n",
]


@pytest.mark.parametrize("procfile", NOT_STARTED_IN_A_DIRECTORY)
def test_a_process_started_at_the_root_may_use_any_directory(tmp_path: Path, procfile: str) -> None:
    extra: Files = {"main.py": "run()\n", "bin/start": "#!/bin/sh\n", "backend/puma.rb": "port 3000\n"}
    assert suggested(advise(tmp_path, {**BACKEND, **extra, "Procfile": procfile, **STALL})) == set()


STALL_READERS = [
    ("backend/src/main.py", 'import fastapi\nmount("../../stall/page.html")\n', 2),
    ("backend/src/main.py", 'from pathlib import Path\nroot = Path(__file__).parents[2] / "stall" / "a.js"\n', 2),
    ("backend/src/main.py", '\n\nserve(directory="stall")\n', 3),
    ("package.json", '{\n"scripts": {"heroku-postbuild": "cd stall && npm run build"}}\n', 2),
    ("app.json", '{"scripts": {\n"postdeploy": "cp stall/page.html /tmp"}}\n', 2),
    ("bin/release", "#!/bin/sh\ncp stall/page.css .\n", 2),
]


@pytest.mark.parametrize(("reader", "text", "line"), STALL_READERS)
def test_a_directory_that_what_is_started_names_stays_as_a_whole(
    tmp_path: Path, reader: str, text: str, line: int
) -> None:
    advice = advise(tmp_path, {**BACKEND, **STALL, reader: text})
    assert suggested(advice).isdisjoint(STALL)
    assert ("reader", reader, line) in against(advice, "stall/a.js")


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("backend/icon.svg", '<svg><glyph glyph-name="stall"/></svg>\n'),
        ("backend/src/main.py", 'route("/blog/page.html")\n'),
        ("deploy.sh", "#!/bin/sh\nssh shop.example.org\ncp stall/page.html www\n"),
    ],
)
def test_a_word_that_means_something_else_does_not_keep_a_directory(tmp_path: Path, reader: str, text: str) -> None:
    assert suggested(advise(tmp_path, {**BACKEND, **STALL, reader: text})) >= set(STALL)


@pytest.mark.parametrize("name", ["bin", "config", "public", "static", ".hidden", "migrations"])
def test_a_directory_that_something_else_than_a_process_reads_stays(tmp_path: Path, name: str) -> None:
    files: Files = {f"{name}/page.css": "h1 { color: red }\n", "package.json": "{}\n"}
    assert suggested(advise(tmp_path, {**BACKEND, **files})) == set()


def test_a_package_beside_that_of_a_module_may_be_named_by_a_config_var(tmp_path: Path) -> None:
    files: Files = {**DJANGO, "settings/production.py": "DEBUG = False\n", **STALL}
    assert suggested(advise(tmp_path, files)) == set(STALL)


# Scripts


@pytest.mark.parametrize(
    ("application", "name", "text"),
    [
        (FLASK, "build_segments.py", "import pandas\n"),
        (FLASK, "make_charts.r", "library(ggplot2)\n"),
        (RAILS, "cassette_explorer.rb", 'puts File.read("a.yml")\n'),
        (NODE, "convert-icons.mjs", "convert();\n"),
        (NODE, "make-pages.ts", "make();\n"),
        (NODE, "publish.sh", "#!/bin/sh\nsudo systemctl restart shop\n"),
        (NODE, "update-server.sh", "#!/bin/sh\nssh shop.example.org git pull\n"),
    ],
)
def test_a_script_at_the_root_that_nothing_names_goes(tmp_path: Path, application: Files, name: str, text: str) -> None:
    advice = advise(tmp_path, {**application, name: text})
    (entry,) = [entry for entry in advice.suggestions if entry.pattern == b"/" + name.encode()]
    assert (entry.rule, entry.tier, entry.category) == ("loose-script", Tier.CONDITIONAL, "scripts")


SCRIPT_READERS = [
    ("Procfile", "web: gunicorn shop.web:app\nworker: python -m charts\n"),
    ("Procfile", "web: gunicorn charts:app\n"),
    ("app.json", '{"scripts": {"postdeploy": "python charts.py"}}\n'),
    ("bin/post_compile", "#!/bin/sh\npython charts.py\n"),
    ("shop/web.py", "import charts\n"),
    ("shop/web.py", "from charts import draw\n"),
    ("shop/web.py", 'import subprocess\nsubprocess.run(["python", "charts.py"])\n'),
    ("run.py", 'uvicorn.run("charts:app")\n'),
    ("main.py", '__import__("charts")\n'),
]


@pytest.mark.parametrize(("reader", "text"), SCRIPT_READERS)
def test_a_script_that_somebody_names_stays(tmp_path: Path, reader: str, text: str) -> None:
    assert suggested(advise(tmp_path, {**FLASK, "charts.py": "draw()\n", reader: text})) == set()


@pytest.mark.parametrize(
    "name",
    [
        "send_digest.py",
        "cron.py",
        "import_users.py",
        "seed.py",
        "app.py",
        "settings.py",
        "worker.py",
        "nightly_sync.py",
    ],
)
def test_a_script_that_a_scheduler_or_somebody_by_hand_may_start_stays(tmp_path: Path, name: str) -> None:
    assert suggested(advise(tmp_path, {**FLASK, name: "run()\n"})) == set()


def test_a_script_that_starts_the_application_stays(tmp_path: Path) -> None:
    files: Files = {**DJANGO, "recount.py": "import django\n\ndjango.setup()\n"}
    advice = advise(tmp_path, files)
    assert suggested(advice) == set()
    assert against(advice, "recount.py") == [("needed", "recount.py", 3)]


@pytest.mark.parametrize("name", ["site.config.js", "jest.setup.ts", ".prettierrc.js", "next-env.d.ts", "a.test.js"])
def test_the_settings_of_a_tool_are_no_script(tmp_path: Path, name: str) -> None:
    entries = advise(tmp_path, {**NODE, name: "module.exports = {};\n"}).suggestions
    assert [entry for entry in entries if entry.rule == "loose-script"] == []


def test_without_a_manifest_no_script_is_loose(tmp_path: Path) -> None:
    assert suggested(advise(tmp_path, {"charts.py": "draw()\n", "a.rb": "a\n", "b.js": "b();\n"})) == set()


def test_scripts_that_only_name_each_other_go_with_what_only_they_read(tmp_path: Path) -> None:
    files: Files = {
        **FLASK,
        "charts.py": 'import drawing\n\ndrawing.draw("pictures/a.png")\n',
        "drawing.py": "def draw(path): ...\n",
        "pictures/a.png": IMAGE,
    }
    assert suggested(advise(tmp_path, files)) == {"charts.py", "drawing.py", "pictures/a.png"}


def test_what_a_script_that_stays_names_stays_as_well(tmp_path: Path) -> None:
    files: Files = {**FLASK, "main.py": "import charts\n", "charts.py": "import drawing\n", "drawing.py": "draw()\n"}
    assert suggested(advise(tmp_path, files)) == set()


# Results of a build


BUILT_READERS = [
    (FLASK, "dist", "shop/web.py", 'app.mount("/", StaticFiles(directory="dist"))\n'),
    (FLASK, "dist", "shop/web.py", 'app = Flask(__name__, static_folder="dist")\n'),
    (FLASK, "build", "shop/web.py", 'os.path.join(here, "..", "build")\n'),
    (FLASK, "site", "shop/web.py", 'serve("site")\n'),
    (NODE, "dist", "lib/app.js", 'app.use(express.static("dist"));\n'),
    (NODE, "build", "lib/app.js", 'app.use(express.static(path.join(__dirname, "..", "build")));\n'),
    (NODE, "out", "lib/app.js", 'app.use(express.static("./out"));\n'),
]


@pytest.mark.parametrize(("application", "directory", "reader", "text"), BUILT_READERS)
def test_a_committed_build_that_code_serves_stays(
    tmp_path: Path, application: Files, directory: str, reader: str, text: str
) -> None:
    assert suggested(advise(tmp_path, {**application, reader: text, f"{directory}/index.html": "<h1>\n"})) == set()


def test_what_collectstatic_writes_anew_goes(tmp_path: Path) -> None:
    settings = '\nINSTALLED_APPS = ["till"]\nSTATIC_ROOT = os.path.join(BASE_DIR, "staticfiles")\n'
    files: Files = {**DJANGO, "shop/settings.py": settings, "staticfiles/a.css": "a { color: red }\n"}
    assert suggested(advise(tmp_path, files)) == {"staticfiles/a.css"}


@pytest.mark.parametrize(
    ("reader", "text"),
    [
        ("webpack.config.js", 'module.exports = { output: { path: path.resolve(__dirname, "dist") } };\n'),
        ("vite.config.js", 'export default { build: { outDir: "dist" } };\n'),
        ("tsconfig.json", '{"compilerOptions": {"outDir": "dist"}}\n'),
    ],
)
def test_what_builds_it_does_not_read_a_build(tmp_path: Path, reader: str, text: str) -> None:
    advice = advise(tmp_path, {**NODE, reader: text, "dist/index.html": "<h1>\n"})
    assert suggested(advice) == {"dist/index.html"}


# What a mention is not


@pytest.mark.parametrize(
    "text",
    [
        'doc.on("data", (chunk) => chunks.push(chunk));\n',
        'emitter.emit("data");\n',
        'gulp.src("a.js").pipe(gulp.dest("data"));\n',
        'del(["data"]);\n',
        'fs.rmSync("data", { recursive: true });\n',
        'app.use(express.static(path.join(path.dirname(here), "data", "public")));\n',
    ],
)
def test_an_event_what_is_written_and_a_part_of_a_path_are_no_readers(tmp_path: Path, text: str) -> None:
    files: Files = {**NODE, "data/a.csv": "1,2\n" * 5000, "data/public/index.html": "<h1>\n"}
    gone = suggested(advise(tmp_path, {**files, "lib/app.js": text}))
    assert "data/a.csv" in gone
    assert ("data/public/index.html" in gone) == ("public" not in text)


def test_dash_sends_the_assets_beside_the_application(tmp_path: Path) -> None:
    image: Files = {"assets/a.png": IMAGE, "assets/more/b.png": IMAGE}
    page: Files = {"Procfile": "web: gunicorn shop.web:server\n", "shop/web.py": "import dash\napp = dash.Dash()\n"}
    assert suggested(advise(tmp_path / "dash", {**FLASK, **page, **image})) == set()
    assert suggested(advise(tmp_path / "flask", {**FLASK, **image})) == set(image)
