"""Applications of three languages that boot and answer a request: what only a run can tell is told by one.

Each has a directory that nothing names: the code asks a method for the plural of a word to find it. So it is suggested,
and the boot fails without it.
"""

from __future__ import annotations

import json
import os
import random
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.builders import Content, make_repo, make_tree
from tests.command_line import run

pytestmark = [pytest.mark.full, pytest.mark.usefixtures("quick_python")]

NOISE = random.Random(11)
BESIDE: dict[bytes | str, Content] = {
    "design/logo.psd": NOISE.randbytes(60_000),
    "media/tour.mp4": NOISE.randbytes(40_000),
    "README.md": "# An application\n" * 30,
}

PYTHON: dict[bytes | str, Content] = BESIDE | {
    "Procfile": "web: python3 -m shop.server\n",
    "requirements.txt": "",
    "shop/__init__.py": "",
    "shop/pages.py": """\
from pathlib import Path

ROOT = Path(__file__).parent.parent


def plural(word: str) -> str:
    return f"{word}s"


def page(kind: str, name: str) -> bytes:
    return (ROOT / plural(kind) / plural(name)).read_bytes()
""",
    "shop/server.py": """\
from wsgiref.simple_server import make_server

from shop.pages import page


def application(environ, start_response):
    body = page("doc", "note")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [body]


if __name__ == "__main__":
    make_server("", 8000, application).serve_forever()
""",
    "docs/notes": "Welcome\n" * 200,
    "tests/test_shop.py": "def test_shop():\n    assert True\n" * 40,
}

NODE: dict[bytes | str, Content] = BESIDE | {
    "Procfile": "web: node server.js\n",
    "package.json": json.dumps(
        {"name": "shop", "version": "1.0.0", "main": "server.js", "scripts": {"start": "node ."}}
    ),
    "server.js": """\
const http = require('http');
const { page } = require('./lib/pages');

const server = http.createServer((request, response) => response.end(page('doc', 'note')));
module.exports = server;
if (require.main === module) server.listen(process.env.PORT || 8000);
""",
    "lib/pages.js": """\
const fs = require('fs');
const path = require('path');

const plural = (word) => word + 's';
exports.page = (kind, name) => fs.readFileSync(path.join(__dirname, '..', plural(kind), plural(name)));
""",
    "docs/notes": "Welcome\n" * 200,
    "test/shop.test.js": "test('shop', () => {});\n" * 40,
}

RUBY: dict[bytes | str, Content] = BESIDE | {
    "Procfile": "web: bundle exec rackup\n",
    "Gemfile": 'source "https://rubygems.org"\ngem "sinatra"\n',
    "Gemfile.lock": "GEM\n  remote: https://rubygems.org/\n  specs:\n    sinatra (3.0.5)\n",
    "config.ru": 'require_relative "app"\nrun Shop\n',
    "app.rb": """\
require "sinatra/base"

class Shop < Sinatra::Base
  def plural(word) = "#{word}s"

  def page(kind, name)
    File.read(File.join(__dir__, plural(kind), plural(name)))
  end

  get("/") { page("doc", "note") }
end
""",
    "docs/notes": "Welcome\n" * 200,
    "spec/shop_spec.rb": "RSpec.describe('shop') {}\n" * 40,
}

SMOKE_PYTHON = """\
import threading
import urllib.request
from wsgiref.simple_server import make_server

from shop.server import application

with make_server("127.0.0.1", 0, application) as server:
    threading.Thread(target=server.handle_request, daemon=True).start()
    print(urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/", timeout=5).read())
"""
SMOKE_NODE = """\
const http = require('http');
const server = require(process.cwd() + '/server');

server.listen(0, '127.0.0.1', () => {
  http.get({ port: server.address().port, host: '127.0.0.1' }, (response) => {
    response.resume();
    response.on('end', () => process.exit(response.statusCode === 200 ? 0 : 1));
  });
});
"""
SMOKE_RUBY = """\
require "rack"

app, = Rack::Builder.parse_file("config.ru")
response = Rack::MockRequest.new(app).get("/")
abort response.body unless response.ok?
"""
"""They lie outside the applications: in one of them they would be scripts that nothing starts, so suggested as well."""


def have_sinatra() -> bool:
    ruby = shutil.which("ruby")
    return (
        ruby is not None
        and not subprocess.run([ruby, "-rsinatra/base", "-e", ""], capture_output=True, check=False).returncode
    )


APPLICATIONS = [
    pytest.param(PYTHON, SMOKE_PYTHON, "python3 -m compileall -q shop && PYTHONPATH=. python3", "/tests", id="python"),
    pytest.param(
        NODE,
        SMOKE_NODE,
        "node",
        "/test",
        id="node",
        marks=pytest.mark.skipif(shutil.which("node") is None, reason="needs node"),
    ),
    pytest.param(RUBY, SMOKE_RUBY, "ruby", "/spec", id="ruby"),
]


@pytest.mark.parametrize(("files", "script", "command", "tests"), APPLICATIONS)
def test_what_only_a_boot_can_tell_is_withheld(
    files: dict[bytes | str, Content], script: str, command: str, tests: str, tmp_path: Path
) -> None:
    if command == "ruby" and not have_sinatra():
        pytest.skip("needs ruby with Sinatra (Debian: ruby-sinatra)")
    make_tree(tmp_path, {"smoke": script})
    smoke = f"{command} {shlex.quote(str(tmp_path / 'smoke'))}"
    root = make_repo(tmp_path / "app", files)
    plain = json.loads(run("suggest", "--format", "json", "--min-saving", "0", cwd=root).stdout)
    assert "/docs" in [entry["pattern"] for entry in plain["suggestions"]], "the scan sees what it should not"
    more = ("--min-saving", "0", "--conditional")
    code, stdout, stderr = run("suggest", "-q", "--format", "json", "--write", *more, "--verify", smoke, cwd=root)
    assert (code, stderr) == (0, b"")
    data = json.loads(stdout)
    assert [failure["patterns"] for failure in data["verification"]["failures"]] == [["/docs"]]
    suggested = {entry["pattern"] for entry in data["suggestions"]}
    assert {"/design", "/media", tests} <= suggested | {pattern.rpartition("/")[0] for pattern in suggested}
    # It boots from what the written .slugignore leaves, and from what the plain suggestions leave it does not.
    assert boots(root, smoke, tmp_path / "verified")
    with open(root / ".slugignore", "ab") as rules:
        rules.write(b"/docs\n")
    assert not boots(root, smoke, tmp_path / "plain")


def boots(root: Path, smoke: str, target: Path) -> bool:
    """Whether the command passes on a copy of what is in the slug."""
    for path in run("ls", "-0", cwd=root).stdout.split(b"\0")[:-1]:
        copy = target / os.fsdecode(path)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / os.fsdecode(path), copy)
    return not subprocess.run(["sh", "-c", smoke], cwd=target, capture_output=True, check=False).returncode
