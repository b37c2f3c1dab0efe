"""Run, compare and rewrite the examples of the README and of the pages under ``docs/``.

A console block below ``<!-- example: NAME -->`` shows commands, in lines that begin with ``$``, and their output. The
commands run in the application NAME of ``APPLICATIONS``. Blocks of one page with the same NAME share it, in order.

The comment may cut paragraphs: ``; Heaviest files=3`` keeps three lines of the paragraph that begins with these words,
and ``=0`` drops it. ``#`` stands for any figure there.

``python -m tests.examples`` rewrites all blocks and tables from real runs. It rewrites runs on public repositories only
if you give it a clone: ``python -m tests.examples errbit=PATH``.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from random import Random
from types import MappingProxyType
from typing import Any

from msgspec import Struct

from benchmarks import releases
from slugtrim.config.keys import TABLES
from slugtrim.config.settings import VARIABLES
from slugtrim.platforms import PLATFORM
from slugtrim.sizer.limits import table_content
from tests.builders import Content, commit_all, git, make_repo, make_slug, make_tree
from tests.command_line import run
from tests.deploys import build_log, make_deployed, remember, says
from tests.diffs import distribution
from tests.pushes import PROGRAM, environment

TOP = Path(__file__).resolve().parent.parent
PAGES = (TOP / "README.md", *sorted((TOP / "docs").glob("*.md")))

_EXAMPLE = re.compile(r"<!-- example: ([\w-]+)([^\n]*) -->\n+```console\n(.*?)```\n", re.DOTALL)
_TABLE = re.compile(r"(<!-- table: (\w+) -->\n\n\|.*\n\|.*\n)((?:\|.*\n)*)")
_PLAIN_COMMAND = re.compile(r"slugtrim [^|&;<>$*\\]*")
_VOLATILE = re.compile(r"\b\d+(?:\.\d+)?s\b|\b\d{4}-\d\d-\d\d\b")
_UNIT = r"(?: ?(?:[KMG](?:i?B)?|B)\b| ?%|s\b)?"
_FIGURE = re.compile(rf"\b(?=[0-9a-f]*\d)[0-9a-f]{{7,40}}\b|[~<+-]?(?<![\w/])\d[\d.,]*{_UNIT}(?: ?%)?")
_BAR = re.compile("[\u2580-\u259f]+")

Files = dict[bytes | str, Content]
Application = Callable[[Path], Path]
"""Makes an application in a directory of its own, and returns the application's root."""


class Example(Struct, frozen=True, kw_only=True):
    """A console block of a page."""

    page: Path
    application: str
    lines_kept: dict[str, int]
    """By the beginning of a paragraph, how many of its lines are shown."""
    text: str
    start: int
    """Offset of ``text`` in the page."""

    @property
    def is_public(self) -> bool:
        """True if it shows a public repository, which no test has."""
        return self.application in PUBLIC

    @property
    def commands(self) -> list[str]:
        """The commands, each with its continued lines."""
        return re.findall(r"^\$ (.*(?<!\\)(?:\\\n.*)*)$", self.text, re.MULTILINE)


def examples(page: Path) -> list[Example]:
    """Return the console blocks of ``page`` that are run."""
    found = []
    for match in _EXAMPLE.finditer(page.read_text()):
        kept = [part.rpartition("=") for part in match[2].split(";") if part.strip()]
        found.append(
            Example(
                page=page,
                application=match[1],
                lines_kept={title.strip(): int(count) for title, _, count in kept},
                text=match[3],
                start=match.start(3),
            )
        )
    return found


def replayed(
    page: Path, area: Path, clones: Mapping[str, Path] = MappingProxyType({})
) -> Iterator[tuple[Example, str]]:
    """Run the examples of ``page``; yield each with the text that its commands print now.

    Without a clone, a public repository is replaced by an application with files of the same names.
    """
    roots: dict[str, Path] = {}
    for example in examples(page):
        name = example.application
        if name not in roots:
            place = area / f"{page.stem}-{name}"
            place.mkdir()
            roots[name] = _cloned(clones[name], place, name) if name in clones else APPLICATIONS[name](place)
        # Paragraphs of the application that stands in are not the same ones, so all of them are shown.
        kept = {} if example.is_public and name not in clones else example.lines_kept
        shown = (f"$ {command}\n" + _cut(_printed(command, roots[name]), kept) for command in example.commands)
        yield example, "".join(shown)


def tables(text: str) -> Iterator[tuple[re.Match[str], list[str]]]:
    """Yield the tables of a page that are made of the code, as a match and the rows that it should have."""
    for match in _TABLE.finditer(text):
        yield match, _ROWS[match[2]]()


def without_figures(text: str) -> list[str]:
    """Return lines in which every figure, date and commit id is a ``#``, and spaces are single."""
    lines = (" ".join(_FIGURE.sub("#", _BAR.sub("#", line)).split()) for line in text.splitlines())
    return [line for line in lines if line]


def rewrite(page: Path, area: Path, clones: dict[str, Path]) -> bool:
    """Write the examples and tables of ``page`` anew; return True if it changed."""
    before = text = page.read_text()
    shift = 0
    for example, new in replayed(page, area, clones):
        if example.is_public and example.application not in clones:
            continue
        if _VOLATILE.sub("#", new) == _VOLATILE.sub("#", example.text):
            continue
        start = example.start + shift
        text = text[:start] + new + text[start + len(example.text) :]
        shift += len(new) - len(example.text)
    text = _TABLE.sub(lambda match: match[1] + "".join(f"{row}\n" for row in _ROWS[match[2]]()), text)
    page.write_text(text)
    return text != before


def _cloned(clone: Path, place: Path, name: str) -> Path:
    root = place / name
    git(place, "clone", "-q", str(clone), str(root))
    git(root, "checkout", "-q", "-B", "main", PUBLIC[name])
    git(root, "remote", "remove", "origin")
    return root


def _printed(command: str, root: Path) -> str:
    """What a terminal would show, stderr first, with the root as in somebody's home."""
    if _PLAIN_COMMAND.fullmatch(command + " ") and "git push" not in command:
        done = run(*shlex.split(command)[1:], cwd=root)
        raw = done.stderr + done.stdout
    else:
        env = environment(root.parent)
        env["PATH"] = f"{PROGRAM.parent}:{env['PATH']}"
        # -q hides lines that depend on the version of git, but a build is recorded with git's line on the commits.
        quiet = command if "builds record" in command else command.replace("git push ", "git push -q ")
        raw = subprocess.run(
            ["sh", "-c", quiet], cwd=root, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False
        ).stdout
    text = raw.decode().replace(str(root), f"/home/you/{root.name}")
    return "".join(f"{line.rstrip()}\n" for line in text.splitlines())


def _cut(text: str, lines_kept: dict[str, int]) -> str:
    """Cut paragraphs; one ``…`` stands for what is left out in a row."""
    shown: list[str] = []
    for paragraph in text.split("\n\n"):
        lines = paragraph.rstrip("\n").split("\n")
        begin = _FIGURE.sub("#", paragraph.lstrip())
        count = next((kept for title, kept in lines_kept.items() if begin.startswith(title)), len(lines))
        if count == 0 and shown[-1:] != ["…"]:
            shown.append("…")
        elif count:
            shown.append("\n".join(lines[:count] + (["  …"] if count < len(lines) else [])))
    if shown[-1] == "…" and shown[-2:-1] and shown[-2].endswith("…"):
        shown.pop()
    joined = "\n\n".join(shown).replace("\n\n…", "\n…").replace("\n…\n\n", "\n…\n")
    return joined.rstrip("\n") + "\n" if text else ""


def _settings() -> list[str]:
    return [f"| `{at}{key.name}` | {key.kind.words} | {key.says} |" for at, keys in TABLES for key in keys]


def _variables() -> list[str]:
    return [f"| `{variable.name}` | {variable.says} |" for variable in VARIABLES]


def _classes() -> list[str]:
    return [f"| {row['id']} | {_mb(row['mb'])} | {row['date']} | {row['source']} |" for row in _limits()["class"]]


def _platform_limits() -> list[str]:
    effects = {"warn": "warning at build", "reject": "push rejected"}
    return [
        f"| {row['of']} | {_mb(row['mb'])} | {effects[row['kind']]} | {row['date']} | {row['source']} |"
        for row in _limits()["limit"]
    ]


def _limits() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = tomllib.loads(table_content().decode())[PLATFORM.id]
    return found


def _mb(size: int) -> str:
    return f"{size // 1024} GB" if size and not size % 1024 else f"{size} MB"


_ROWS: dict[str, Callable[[], list[str]]] = {
    "settings": _settings,
    "variables": _variables,
    "classes": _classes,
    "limits": _platform_limits,
    "releases": releases.rows,
    "predictions": releases.predictions,
}


SHOP: Files = {
    "Procfile": "web: gunicorn shop.wsgi\n",
    "requirements.txt": "django\ngunicorn\n",
    "manage.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "shop.settings"\n',
    "shop/__init__.py": "",
    "shop/settings.py": 'INSTALLED_APPS = ["shop"]\nROOT_URLCONF = "shop.urls"\nSTATIC_URL = "/static/"\n',
    "shop/urls.py": "from shop import views\nurlpatterns = []\n",
    "shop/views.py": 'def home(request):\n    return render(request, "home.html")\n',
    "shop/wsgi.py": "from django.core.wsgi import get_wsgi_application\napplication = get_wsgi_application()\n",
    "shop/templates/home.html": '<img src="{% static "shop/logo.png" %}">\n',
    "shop/static/shop/logo.png": Random(1).randbytes(290_000),
    "design/start.psd": Random(2).randbytes(1_300_000),
    "docs/orders.md": Random(3).randbytes(20_000).hex(),
    "tests/test_orders.py": "import json\nORDERS = json.load(open('tests/orders.json'))\n",
    "tests/orders.json": '["' + Random(4).randbytes(900_000).hex() + '"]',
    "README.md": "# Shop\n" + Random(5).randbytes(2_000).hex(),
}
BUDGET = '[budgets]\ntotal = "2MB"\nmax-growth = "500KB"\n'


def _shop(area: Path) -> Path:
    return make_repo(area / "shop", SHOP)


def _trimmed(area: Path) -> Path:
    """Rules of several kinds: good ones, one that matches nothing, one that the readings take differently."""
    rules = "/design\n/docs\ntests/\n/spec\n*.md\n!README.md\n"
    return make_repo(area / "shop", SHOP | {".slugignore": rules, "shop/tests/test_views.py": "x = 1\n" * 300})


def _video(area: Path) -> Path:
    """A branch that adds a film, with budgets."""
    root = make_repo(area / "shop", SHOP | {"slugtrim.toml": BUDGET, ".slugignore": "/design\n/tests\n"})
    git(root, "checkout", "-q", "-b", "video")
    make_tree(root, {"shop/static/shop/start.mp4": Random(6).randbytes(2_000_000)})
    commit_all(root, "Add a film to the start page")
    return root


def _pushed(area: Path) -> Path:
    return make_deployed(area, SHOP, "shop").root


RUNNING_LOG = """\
2026-11-29T10:02:11.204381+00:00 app[api]: Release v25 created by user dev@example.com
2026-11-29T10:02:11.204381+00:00 app[api]: Deploy b6683571 by user dev@example.com
2026-11-29T10:02:20.100000+00:00 heroku[web.1]: Starting process with command `gunicorn shop.wsgi`
2026-11-29T10:02:20.400000+00:00 heroku[worker.1]: Starting process with command `celery worker`
2026-11-29T10:02:21.000000+00:00 heroku[worker.1]: State changed from starting to up
2026-11-29T10:02:28.200000+00:00 heroku[web.1]: State changed from starting to up
2026-11-29T10:40:07.000000+00:00 heroku[web.2]: Starting process with command `gunicorn shop.wsgi`
2026-11-29T10:40:15.300000+00:00 heroku[web.2]: State changed from starting to up
"""


def _built(area: Path) -> Path:
    """One build is recorded; the next push is another."""
    app = make_deployed(area, SHOP, "shop")
    app.push("heroku", "main")
    remember(app, _with_python("3.12.1", build_log("50.3M", release=24, app="app")), "--commit", "HEAD")
    make_tree(app.root, {"shop/static/shop/hero.png": Random(7).randbytes(1_230_000)})
    commit_all(app.root, "Add a hero image")
    says(app, _with_python("3.13.5", build_log("51.5M", release=25, app="app")))
    (app.root.parent / "app.log").write_text(RUNNING_LOG)
    return app.root


def _with_python(version: str, log: str) -> str:
    return log.replace("app detected\n", f"app detected\n-----> Installing Python {version}\n")


def _grown(area: Path) -> Path:
    """A branch of half a year: a film comes, and goes into a directory of its own; docs come, and are left out."""
    root = make_repo(area / "shop", {path: content for path, content in SHOP.items() if not str(path).startswith("d")})
    film = root / "shop/static/start.mp4"
    changes: list[tuple[str, str, Files]] = [
        ("2026-06-02", "Describe the orders", {"docs/orders.md": SHOP["docs/orders.md"]}),
        ("2026-07-14", "Add a film to the start page", {"shop/static/start.mp4": Random(6).randbytes(2_000_000)}),
        ("2026-08-01", "Leave the docs and tests out", {".slugignore": "/docs\n/tests\n"}),
        ("2026-09-20", "Put films into a directory", {"shop/static/films/start.mp4": Random(6).randbytes(2_000_000)}),
        ("2026-11-05", "Show prices in euros", {"shop/prices.py": "EURO = 1.0\n" * 40}),
    ]
    for date, message, files in changes:
        make_tree(root, files)
        if "shop/static/films/start.mp4" in files:
            film.unlink()
        git(root, "add", "-A")
        git(root, "commit", "-q", "-m", message, "--date", f"{date}T10:00:00Z")
    return root


def _hidden(area: Path) -> Path:
    """A file that the application reads by a name that no search finds."""
    check = 'NAME = "READ" + "ME.md"\nprint(len(open(NAME).read()))\n'
    return make_repo(area / "shop", SHOP | {"shop/check.py": check})


def _compiled(area: Path) -> Path:
    """A slug of a Node application, as a build left it."""
    files: Files = {
        "package.json": '{"name": "shop", "dependencies": {"next": "13.4.4"}}',
        "server.js": Random(8).randbytes(8_000),
        ".heroku/node/bin/node": Random(9).randbytes(900_000),
        "node_modules/.cache/build/a": Random(10).randbytes(90_000),
    }
    for name, size in (("@next/swc-linux-x64-gnu", 400_000), ("@next/swc-linux-x64-musl", 390_000)):
        files[f"node_modules/{name}/package.json"] = f'{{"name": "{name}", "version": "13.4.4"}}'
        files[f"node_modules/{name}/a.node"] = Random(name).randbytes(size)
    (area / "slugs").mkdir()
    make_slug(area / "slugs/slug.tgz", make_tree(area / "app", files), options=("--sort=name", "--mtime=@0"))
    old = {**distribution("django", "4.2.1", 0), **_module("django", 40_000)}
    new = {**distribution("django", "4.2.7", 0), **_module("django", 52_000)}
    new |= {**distribution("pillow", "10.4.0", 0), **_module("pillow", 90_000)}
    for name, tree in (("v41", old | {"manage.py": "x"}), ("v42", new | {"manage.py": "x"})):
        made = make_tree(area / name, tree)
        make_slug(area / f"slugs/{name}.tgz", made, options=("--sort=name", "--mtime=@0"))
    return area / "slugs"


def _module(name: str, size: int) -> Files:
    return {f".heroku/python/lib/python3.11/site-packages/{name}/__init__.py": Random(name).randbytes(size)}


def _errbit(area: Path) -> Path:
    """Files with the names that the runs on errbit show; their sizes are small."""
    random = Random(13)
    files: Files = {
        "Gemfile": 'ruby "4.0.0"\ngem "rack"\ngem "unheard-of"\n',
        "Gemfile.lock": "GEM\n  specs:\n    rack (3.2.6)\n    unheard-of (1.0)\n    unheard-of-too (1.0)\n\n"
        "DEPENDENCIES\n  rack\n  unheard-of\n  unheard-of-too\n\nRUBY VERSION\n   ruby 4.0.0p0\n",
        "package.json": '{"name": "errbit"}\n',
        "Procfile": "web: bundle exec puma\n",
        "config.ru": "",
        "app/assets/stylesheets/a.css": random.randbytes(9_000).hex(),
        "app/assets/images/a.png": random.randbytes(4_000),
        "app/assets/stylesheets/bootstrap.css.map": random.randbytes(80_000).hex(),
        "app/assets/config/manifest.js": "//= link_tree ../stylesheets\n//= link_tree ../../../vendor/javascript .js\n",
        "vendor/javascript/a.js.map": random.randbytes(1_000).hex(),
        "lib/tasks/errbit/demo.rake": "\n" * 7 + "task(:demo) { FactoryBot.create(:app) }\n",
        ".rubocop.yml": random.randbytes(2_000).hex(),
        "README.md": random.randbytes(2_000).hex(),
        "CONTRIBUTING.md": random.randbytes(1_000).hex(),
        "CHANGELOG.md": random.randbytes(1_000).hex(),
        "docs/deployment/example/a.png": random.randbytes(30_000),
        "docs/notifications/slack/a.png": random.randbytes(20_000),
        "Dockerfile": random.randbytes(500).hex(),
        "LICENSE": random.randbytes(300).hex(),
        ".rspec": "--color\n",
        ".editorconfig": "root = true\n",
        ".dockerignore": "tmp\n",
        "spec/factories/app.rb": "FactoryBot.define { factory(:app) }\n",
        "spec/models/a_spec.rb": random.randbytes(2_000).hex(),
    }
    return make_repo(area / "errbit", files)


def _webshop(area: Path) -> Path:
    """An application of Node with a lock file, and packages of it that the table of known packages has."""
    return make_repo(area / "webshop", _locked({"express": "4.21.2", "sharp": "0.33.5", "stripe": "17.5.0"}))


def _torch(area: Path) -> Path:
    """An application of Python whose last commit adds torch."""
    root = make_repo(area / "oracle", {"app.py": "import flask\n", "requirements.txt": "flask==3.1.0\n"})
    more = "torch==2.5.1\nnvidia-cublas-cu12==12.4.5.8\nnvidia-cudnn-cu12==9.1.0.70\n"
    (root / "requirements.txt").write_text("flask==3.1.0\n" + more)
    commit_all(root, "Ask the oracle")
    return root


def _locked(versions: Mapping[str, str]) -> Files:
    rows: dict[str, Any] = {"": {"name": "webshop"}}
    rows |= {f"node_modules/{name}": {"version": version} for name, version in versions.items()}
    lock = {"name": "webshop", "lockfileVersion": 3, "packages": rows}
    package = {"name": "webshop", "engines": {"node": "22.x"}, "dependencies": versions}
    return {
        "Procfile": "web: node server.js\n",
        "server.js": 'require("express")().listen(process.env.PORT);\n',
        "package.json": json.dumps(package, indent=2),
        "package-lock.json": json.dumps(lock, indent=2),
    }


def _nothing(area: Path) -> Path:
    return make_tree(area / "here", {})


APPLICATIONS: dict[str, Application] = {
    "shop": _shop,
    "trimmed": _trimmed,
    "video": _video,
    "offered": _pushed,
    "pushed": _pushed,
    "built": _built,
    "grown": _grown,
    "hidden": _hidden,
    "compiled": _compiled,
    "errbit": _errbit,
    "webshop": _webshop,
    "torch": _torch,
    "nothing": _nothing,
}
PUBLIC = {"errbit": "d21d0d34b3"}
"""Public repositories, by the name of the application that stands in for each, with the commit that is shown."""


def main(arguments: list[str]) -> None:
    """Write every page anew, away from the machine's own configuration."""
    clones = {name: Path(path).resolve() for name, _, path in (argument.partition("=") for argument in arguments)}
    with tempfile.TemporaryDirectory(prefix="x", dir="/tmp") as directory:
        area = Path(directory).resolve()
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
        os.environ.clear()
        os.environ.update(kept, HOME=str(area), SLUGTRIM_CACHE_DIR=str(area / "cache"))
        for page in PAGES:
            if rewrite(page, area, clones):
                sys.stdout.write(f"{page.relative_to(TOP)}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
