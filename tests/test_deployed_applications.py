"""Applications of four languages, built and started as a deploy would, with and without what is suggested.

Each runs code with a test-like name, migrations, files opened by joined paths, templates, and a served directory. Each
also has tests, documents and designs that only development names. The same requests must get the same answers.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from msgspec import Struct

from tests.builders import Content, make_repo
from tests.command_line import run

pytestmark = pytest.mark.long

Files = Mapping[bytes | str, Content]

NOISE = random.Random(18)
BESIDE: Files = {
    "design/logo.psd": NOISE.randbytes(60_000),
    "README.md": "# A shop\n\nRun the tests in tests, test or spec.\n" * 30,
    "docs/guide.md": "See data/prices.csv.\n" * 200,
    ".github/workflows/ci.yml": "on: push\njobs: {}\n",
}
PRICES = "tea,4\ncoffee,5\n"
START_SECONDS = 30


class Application(Struct):
    """An application and how Heroku would build and start it."""

    files: Files
    build: str
    """A shell command. It fails if the build would."""
    start: str
    """A shell command. It listens on `$PORT` of the loopback interface."""
    requests: tuple[str, ...]
    tests: str
    """A path below the directory of tests, which must be among what is suggested."""
    needs: str
    """A shell command that fails if the interpreter or a package is missing."""


PYTHON = Application(
    files={
        **BESIDE,
        "Procfile": "release: python manage.py\nweb: python -m shop.server\n",
        "requirements.txt": "./vendored/greeting\n",
        "runtime.txt": "python-3.11.9\n",
        "vendored/greeting/pyproject.toml": """\
[build-system]
requires = []
build-backend = "backend"
backend-path = ["."]
""",
        "vendored/greeting/backend.py": """\
import zipfile

NAME = "greeting-1.0"


def build_wheel(directory, config_settings=None, metadata_directory=None):
    wheel = f"{NAME}-py3-none-any.whl"
    info = f"{NAME}.dist-info"
    with zipfile.ZipFile(f"{directory}/{wheel}", "w") as archive:
        archive.write("greeting.py")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: greeting\\nVersion: 1.0\\n")
        tags = "Generator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\n" + tags)
        archive.writestr(f"{info}/RECORD", "")
    return wheel
""",
        "vendored/greeting/greeting.py": "def greet(name):\n    return f'Hello, {name}!'\n",
        "manage.py": """\
import sqlite3
from pathlib import Path

if __name__ == "__main__":
    with sqlite3.connect("shop.db") as database:
        for migration in sorted((Path(__file__).parent / "shop" / "migrations").glob("*.sql")):
            database.executescript(migration.read_text())
""",
        "shop/__init__.py": "",
        "shop/migrations/0001_initial.sql": "CREATE TABLE drive (name TEXT);\n",
        "shop/migrations/0002_drive_test.sql": "INSERT INTO drive VALUES ('saloon');\n",
        "shop/test_drive.py": """\
import sqlite3


def drives():
    with sqlite3.connect("shop.db") as database:
        return [name for (name,) in database.execute("SELECT name FROM drive")]
""",
        "shop/templates/page.html": "<h1>$greeting</h1><p>$prices</p>\n",
        "shop/static/site.css": "h1 { color: green }\n",
        "shop/server.py": """\
import os
from string import Template
from wsgiref.simple_server import make_server

from greeting import greet

from shop.test_drive import drives

HERE = os.path.dirname(os.path.abspath(__file__))
BASE_DIR = os.path.dirname(HERE)


def read(*parts):
    with open(os.path.join(*parts)) as file:
        return file.read()


def application(environ, start_response):
    path = environ["PATH_INFO"]
    start_response("200 OK", [("Content-Type", "text/html")])
    if path.startswith("/static/"):
        return [read(HERE, "static", path.rpartition("/")[2]).encode()]
    if path == "/drives":
        return [", ".join(drives()).encode()]
    prices = read(BASE_DIR, "data", "prices.csv")
    page = Template(read(HERE, "templates", "page.html"))
    return [page.substitute(greeting=greet("you"), prices=prices).encode()]


if __name__ == "__main__":
    make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()
""",
        "data/prices.csv": PRICES,
        "tests/__init__.py": "",
        "tests/test_shop.py": "from shop.server import application\n\n\ndef test_shop():\n    assert application\n"
        * 40,
        "conftest.py": "collect_ignore = ['docs']\n",
        "tox.ini": "[testenv]\ncommands = pytest tests\n",
    },
    build=f"{sys.executable} -m venv .heroku && .heroku/bin/pip install -q --no-index -r requirements.txt"
    " && .heroku/bin/python -m compileall -q shop && .heroku/bin/python manage.py",
    start="exec .heroku/bin/python -m shop.server",
    requests=("/", "/drives", "/static/site.css"),
    tests="tests/test_shop.py",
    needs=f"{sys.executable} -m pip --version && {sys.executable} -c 'import ensurepip, sqlite3'",
)

NODE = Application(
    files={
        **BESIDE,
        "Procfile": "web: npm start\n",
        "package.json": json.dumps(
            {
                "name": "shop",
                "version": "1.0.0",
                "private": True,
                "workspaces": ["packages/*"],
                "scripts": {
                    "build": "node tools/build.js",
                    "start": "node server.js",
                    "test": "jest test",
                    "lint": "eslint lib test",
                },
                "jest": {"roots": ["<rootDir>/test"], "testRegex": "test/.*\\.test\\.js$"},
                "dependencies": {"greeting": "1.0.0"},
            },
            indent=2,
        ),
        "packages/greeting/package.json": json.dumps({"name": "greeting", "version": "1.0.0", "main": "lib/index.js"}),
        "packages/greeting/lib/index.js": "exports.greet = (name) => `Hello, ${name}!`;\n",
        "packages/greeting/test/greeting.test.js": "test('greets', () => {});\n" * 30,
        "tools/build.js": """\
const fs = require('fs');
const path = require('path');

const source = path.join(__dirname, '..', 'src', 'site.css');
fs.mkdirSync('public/build', { recursive: true });
fs.writeFileSync('public/build/site.css', fs.readFileSync(source, 'utf8').replace(/\\s+/g, ' '));
""",
        "src/site.css": "h1 {\n  color: green;\n}\n",
        "migrations/001_initial.js": "exports.up = (drives) => drives.push('saloon');\n",
        "migrations/002_drive.test.js": "exports.up = (drives) => drives.push('estate');\n",
        "lib/drive_test.js": """\
const fs = require('fs');
const path = require('path');

const directory = path.join(__dirname, '..', 'migrations');
const drives = [];
for (const name of fs.readdirSync(directory).sort()) require(path.join(directory, name)).up(drives);
module.exports = drives;
""",
        "server.js": """\
const fs = require('fs');
const http = require('http');
const path = require('path');
const { greet } = require('greeting');
const drives = require('./lib/drive_test');

const prices = fs.readFileSync(path.resolve(__dirname, 'data', 'prices.csv'), 'utf8');
const page = (name) => fs.readFileSync(`${__dirname}/views/${name}.html`, 'utf8');

http.createServer((request, response) => {
  if (request.url.startsWith('/static/')) {
    return fs.createReadStream(path.join(__dirname, 'public', request.url.slice(8))).pipe(response);
  }
  if (request.url === '/drives') return response.end(drives.join());
  return response.end(page('home').replace('GREETING', greet('you')).replace('PRICES', prices));
}).listen(process.env.PORT, '127.0.0.1');
""",
        "views/home.html": "<h1>GREETING</h1><p>PRICES</p>\n",
        "public/robots.txt": "User-agent: *\n",
        "data/prices.csv": PRICES,
        "test/shop.test.js": "const drives = require('../lib/drive_test');\ntest('shop', () => drives);\n" * 40,
        ".eslintrc.json": "{}\n",
    },
    build="npm install --offline --no-audit --no-fund --loglevel=error --cache .npm && npm run build",
    start="exec node server.js",
    requests=("/", "/drives", "/static/build/site.css", "/static/robots.txt"),
    tests="test/shop.test.js",
    needs="node --version && npm --version",
)

RUBY = Application(
    files={
        **BESIDE,
        "Procfile": "release: ruby -S rake migrate\nweb: ruby -S rackup\n",
        "Gemfile": 'source "https://rubygems.org"\ngem "sinatra"\ngem "webrick"\ngem "rspec", group: :test\n',
        "Gemfile.lock": "GEM\n  remote: https://rubygems.org/\n  specs:\n    sinatra (3.0.5)\n    webrick (1.8.1)\n",
        "Rakefile": """\
task :migrate do
  require_relative "lib/migrator"
  Migrator.run
end

task :spec do
  sh "rspec spec"
end
""",
        "lib/migrator.rb": """\
module Migrator
  def self.run
    File.write("drives.txt", "")
    Dir[File.join(__dir__, "..", "db", "migrate", "*.rb")].sort.each { |file| load file }
  end
end
""",
        "db/migrate/001_initial.rb": 'File.write("drives.txt", "saloon\\n", mode: "a")\n',
        "db/migrate/002_drive_spec.rb": 'File.write("drives.txt", "estate\\n", mode: "a")\n',
        "lib/test_drive.rb": 'def drives\n  File.read("drives.txt")\nend\n',
        "config.ru": 'require_relative "app"\nrun Shop\n',
        "app.rb": """\
require "sinatra/base"
require_relative "lib/test_drive"

class Shop < Sinatra::Base
  set :public_folder, File.join(__dir__, "assets")

  get("/") do
    @prices = File.read(File.expand_path("data/prices.csv", __dir__))
    erb :home
  end
  get("/drives") { drives }
end
""",
        "views/layout.erb": "<title>Shop</title><%= yield %>\n",
        "views/home.erb": "<h1>Hello</h1><p><%= @prices %></p><%= erb :_footer, layout: false %>\n",
        "views/_footer.erb": "<hr>\n",
        "assets/site.css": "h1 { color: green }\n",
        "data/prices.csv": PRICES,
        "spec/spec_helper.rb": "RSpec.configure {}\n",
        "spec/shop_spec.rb": "require_relative 'spec_helper'\nRSpec.describe('shop') {}\n" * 40,
        ".rspec": "--require spec_helper\n",
    },
    build="ruby -c app.rb lib/*.rb >/dev/null && ruby -S rake migrate",
    start="exec ruby -S rackup -s webrick -E production -o 127.0.0.1 -p $PORT",
    requests=("/", "/drives", "/site.css"),
    tests="spec/shop_spec.rb",
    needs="ruby -rsinatra/base -rwebrick -e '' && ruby -S rackup --version && ruby -S rake --version",
)

PHP = Application(
    files={
        **BESIDE,
        "Procfile": "release: php bin/migrate.php\nweb: heroku-php-apache2 public/\n",
        "composer.json": json.dumps(
            {
                "require": {"php": "^8.0"},
                "autoload": {"psr-4": {"Shop\\": "src/"}},
                "autoload-dev": {"psr-4": {"Shop\\Tests\\": "tests/"}},
                "scripts": {"test": "phpunit tests"},
            }
        ),
        "composer.lock": "{}\n",
        "phpunit.xml": "<phpunit><testsuite><directory>tests</directory></testsuite></phpunit>\n",
        "bin/migrate.php": """\
<?php
file_put_contents('drives.txt', '');
foreach (glob(__DIR__ . '/../database/migrations/*.php') as $migration) {
    require $migration;
}
""",
        "database/migrations/001_initial.php": "<?php file_put_contents('drives.txt', 'saloon', FILE_APPEND);\n",
        "database/migrations/002_drive_test.php": "<?php file_put_contents('drives.txt', 'estate', FILE_APPEND);\n",
        "public/index.php": """\
<?php
spl_autoload_register(function (string $name): void {
    require dirname(__DIR__) . '/src/' . str_replace('\\\\', '/', substr($name, strlen('Shop\\\\'))) . '.php';
});
$path = parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH);
if ($path === '/drives') {
    echo (new Shop\\TestDrive())->names();
    return;
}
if (is_file(__DIR__ . $path)) {
    return false;
}
echo (new Shop\\Page())->render('home', file_get_contents(__DIR__ . '/../data/prices.csv'));
""",
        "public/site.css": "h1 { color: green }\n",
        "src/TestDrive.php": """\
<?php
namespace Shop;

class TestDrive
{
    public function names(): string
    {
        return file_get_contents(dirname(__DIR__) . '/drives.txt');
    }
}
""",
        "src/Page.php": """\
<?php
namespace Shop;

class Page
{
    public function render(string $name, string $prices): string
    {
        ob_start();
        include __DIR__ . "/../templates/$name.php";
        return ob_get_clean();
    }
}
""",
        "templates/home.php": "<?php include __DIR__ . '/header.php' ?><p><?= $prices ?></p>\n",
        "templates/header.php": "<h1>Hello</h1>\n",
        "data/prices.csv": PRICES,
        "tests/ShopTest.php": "<?php\n// A test of Shop\\Page.\n" * 40,
    },
    build="find . -name '*.php' -exec php -l {} + >/dev/null && php bin/migrate.php",
    start="exec php -S 127.0.0.1:$PORT -t public public/index.php",
    requests=("/", "/drives", "/site.css"),
    tests="tests/ShopTest.php",
    needs="php --version",
)

APPLICATIONS = {"python": PYTHON, "node": NODE, "ruby": RUBY, "php": PHP}


@pytest.mark.parametrize("name", APPLICATIONS)
def test_what_is_suggested_changes_no_answer(name: str, tmp_path: Path) -> None:
    application = APPLICATIONS[name]
    if subprocess.run(application.needs, shell=True, capture_output=True, check=False).returncode:  # noqa: S602
        pytest.skip(f"needs: {application.needs}")
    root = make_repo(tmp_path / "app", application.files)
    whole = answers(application, copied(root, tmp_path / "whole"))

    data = json.loads(run("suggest", "--min-saving", "0", "--format", "json", cwd=root).stdout)
    rules = "".join(f"{entry['pattern']}\n" for entry in data["suggestions"])
    (root / ".slugignore").write_text(rules)
    kept = copied(root, tmp_path / "kept")
    gone = {path for path in application.files if not (kept / os.fsdecode(path)).exists()}
    assert {application.tests, "design/logo.psd", "docs/guide.md"} <= gone, rules
    assert answers(application, kept) == whole, rules


def copied(root: Path, target: Path) -> Path:
    """Return a copy of what is in the slug."""
    for path in run("ls", "-0", cwd=root).stdout.split(b"\0")[:-1]:
        copy = target / os.fsdecode(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / os.fsdecode(path), copy)
    return target


def answers(application: Application, directory: Path) -> list[bytes]:
    """Return what the application answers to its requests, once it is built and started in this directory."""
    built = subprocess.run(["sh", "-ec", application.build], cwd=directory, capture_output=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    with started(application.start, directory) as address:
        return [urllib.request.urlopen(address + path, timeout=5).read() for path in application.requests]  # noqa: S310


@contextlib.contextmanager
def started(command: str, directory: Path) -> Iterator[str]:
    """Yield the address of a server while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = directory.with_suffix(".log")
    with open(log, "wb") as output:
        environment = {**os.environ, "PORT": str(port)}
        server = subprocess.Popen(
            ["sh", "-c", command], cwd=directory, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        wait_for(port, server, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def wait_for(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    """Return once something listens on the port. Fail if the server ends first."""
    for _ in range(START_SECONDS * 20):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        assert server.poll() is None, log.read_text()
        time.sleep(0.05)
    pytest.fail(f"nothing listens: {log.read_text()}")
