"""What manifests and settings refer to."""

from __future__ import annotations

import time

import pytest

from slugtrim.suggester import settings
from slugtrim.suggester.references import references_of
from tests.references import shown
from tests.rows import each_row

CASES = [
    (
        "package.json",
        """\
{"name":"x","main":"server","files":["dist","docs"],"bin":{"x":"bin/x.js"},
"scripts":{"start":"node server.js","test":"mocha docs/x.js",
"lint":"eslint src && node scripts/a.js","build":"eslint docs/ && webpack --config webpack.config.js",
"seed":"NODE_ENV=x node scripts/seed.js data/x.csv"},
"workspaces":["packages/*","docs"],
"dependencies":{"a":"file:./vendor/a","@b/c":"^1.0"},
"jest":{"roots":["<rootDir>/docs"],"setupFiles":["./tests/setup.js"]},
"nyc":{"exclude":["docs/**"]},"lint-staged":{"docs/*.md":"x"},
"prisma":{"seed":"ts-node prisma/seed.ts"},"directories":{"doc":"docs"}}""",
        [
            "1 server executes here",
            "1 dist loads here guarded",
            "1 docs loads here guarded",
            "1 bin/x.js executes here",
            "5 packages/*/package.json glob loads here",
            "5 docs/package.json loads here",
            "6 ./vendor/a executes here dir",
            "7 /docs tests",
            "7 ./tests/setup.js loads tests",
            "8 docs/** glob loads tests",
            "8 docs/*.md glob watched",
            "9 prisma/seed.ts executes",
            "9 docs here watched",
        ],
    ),
    (
        "tsconfig.json",
        """\
{ // c
"extends":"./base", "include":["src","docs/**/*"],
"exclude":["tests"],"compilerOptions":{"outDir":"dist","paths":{"@t/*":["test/*"]}},
"references":[{"path":"./packages/x"}]}""",
        [
            "2 ./base module executes here",
            "2 src here guarded",
            "2 docs/**/* glob here guarded",
            "3 tests here excluded",
            "3 dist here written",
            "4 ./packages/x/tsconfig.json loads here",
        ],
    ),
    (
        "composer.json",
        r"""{"autoload":{"psr-4":{"App\\":"app/"},"files":["a/b.php"],"classmap":["database"]},
"autoload-dev":{"psr-4":{"Tests\\":"tests/"}},
"scripts":{"post-install-cmd":["php artisan x","@php bin/x.php"]}}""",
        [
            "1 app/ executes here dir",
            "1 a/b.php executes here",
            "1 database executes here dir",
            "2 tests/ executes here tests dir",
            "3 bin/x.php executes here",
        ],
    ),
    (
        "angular.json",
        """\
{"projects":{"x":{"architect":{"build":{"options":{"main":"src/main.ts","assets":["src/assets"]}},
"test":{"options":{"main":"src/test.ts","karmaConfig":"docs/k.js"}},
"e2e":{"options":{"x":"e2e/y.js"}}}}}}""",
        [
            "1 src/main.ts executes",
            "1 src/assets loads",
            "2 src/test.ts executes tests",
            "2 docs/k.js loads tests",
            "3 e2e/y.js tests",
        ],
    ),
    (
        "docker-compose.yml",
        """\
services:
  web:
    build: .
    command: python manage.py runserver
    volumes:
      - ./docs:/docs
      - data:/x
  test:
    volumes: ["./a/b:/c", 'x/y']
# docs/no.md
key: |
  cat docs/x.md
  cp -r docs public
other: "docs/y.md" # comment docs/z.md
""",
        [
            "4 manage.py executes",
            "6 ./docs loads",
            "7 /x",
            "9 ./a/b loads tests",
            "9 x/y loads tests",
            "12 docs/x.md",
            "13 docs word",
            "13 public word",
            "14 docs/y.md",
        ],
    ),
    (
        "mkdocs.yml",
        """\
docs_dir: docs
nav:
  - Home: index.md
  - {a: b/c.md}
""",
        ["1 docs word loads watched", "3 index.md", "4 b/c.md"],
    ),
    (
        "config/x.yml",
        """\
default: &default
  path: <%= Rails.root.join("docs", "x.md") %>
test:
  <<: *default
  file: docs/x.csv
""",
        ["2 docs/x.md", "5 docs/x.csv loads tests"],
    ),
    (
        "pyproject.toml",
        """\
[project]
readme = "README.md"
license = {file = "LICENSE"}
dependencies = ["a/b"]
[project.scripts]
x = "pkg.mod:main"
[tool.poetry]
packages = [{include = "x", from = "src"}]
[tool.poetry.dependencies]
y = {path = "../y"}
[tool.pytest.ini_options]
testpaths = [
  "docs",
  "tests/x",
]
[tool.isort]
skip = "docs/x"
[tool.other]
file = "docs/z.md"
[tool.flit.sdist]
include = ["tests/"]
""",
        [
            "2 README.md loads here",
            "3 LICENSE word loads here",
            "6 pkg.mod module executes package",
            "10 ../y executes here dir",
            "13 docs word loads tests",
            "14 tests/x loads tests",
            "17 docs/x watched",
            "19 docs/z.md loads",
            "21 tests/ here written",
        ],
    ),
    (
        "setup.cfg",
        """\
[metadata]
long_description = file: README.md, CHANGES.md
[options]
packages = find:
[options.packages.find]
exclude = tests
[flake8]
exclude =
    docs/x,
    tests/y
[options.entry_points]
console_scripts =
    x = pkg.mod:main
""",
        [
            "2 README.md loads here",
            "2 CHANGES.md loads here",
            "6 tests word loads excluded",
            "9 docs/x loads watched",
            "10 tests/y loads watched",
            "13 pkg.mod module executes package",
        ],
    ),
    (
        "MANIFEST.in",
        """\
include README.md LICENSE
recursive-include docs *.txt
prune tests
""",
        [
            "1 README.md loads here guarded",
            "1 LICENSE word loads here guarded",
            "2 docs word loads here guarded dir",
            "3 tests word loads here excluded dir",
        ],
    ),
    (
        "requirements.txt",
        """\
-r requirements/base.txt
-e ./pkg
-c c.txt
x==1 # a/b
./y
-e git+https://x/y#egg=z
-e .
z @ file:./zz
""",
        [
            "1 requirements/base.txt executes here",
            "2 ./pkg executes dir",
            "3 c.txt executes here",
            "5 ./y executes dir",
            "8 ./zz executes dir",
        ],
    ),
    (
        "Makefile",
        """\
include a.mk
-include local.mk
DOCS = docs/x
build: src/a.js
	node scripts/build.js && cp -r docs public
test:
	pytest docs/x
docs:
	cd docs && sphinx-build
.PHONY: docs
""",
        [
            "1 a.mk executes here",
            "2 local.mk executes here guarded",
            "3 docs/x",
            "4 src/a.js",
            "5 scripts/build.js executes",
            "5 docs word",
            "5 public word",
            "7 docs/x tests",
            "9 docs word watched",
        ],
    ),
    (
        "Dockerfile",
        r"""FROM x
COPY docs requirements.txt /app/
RUN pip install -r requirements.txt \
 && python scripts/x.py
CMD ["python", "run.py"]
""",
        ["2 docs word", "2 requirements.txt", "2 /app/", "4 scripts/x.py executes", "5 run.py executes"],
    ),
    (
        "bin/x.sh",
        """\
#!/bin/bash
# docs/no.md
echo "see docs/no2.md" > log/x.txt
. ./env.sh
source lib/a
if [ -f docs/a.md ]; then
  cat docs/a.md
fi
rm -rf docs tests
cp "docs/b c.md" $HOME/x || true
python -m pkg.mod --file=data/x.csv
cat <<X
x
X
""",
        [
            "3 log/x.txt written",
            "4 ./env.sh executes",
            "5 lib/a executes",
            "6 docs/a.md guarded",
            "9 docs word written",
            "9 tests word written",
            "10 docs/b c.md guarded",
            "11 pkg.mod module executes package",
            "11 data/x.csv",
        ],
    ),
    (
        "Cargo.toml",
        """\
[workspace]
members = ["a", "b/*"]
[[test]]
path = "docs/t.rs"
[dependencies]
x = { path = "../x" }
""",
        [
            "2 a/Cargo.toml loads here",
            "2 b/*/Cargo.toml glob loads here",
            "4 docs/t.rs loads tests",
            "6 ../x loads",
        ],
    ),
    (
        "go.mod",
        """\
module x
replace a/b => ../b
""",
        ["2 ../b executes here dir"],
    ),
    (
        "nginx.conf.erb",
        "root /app/public;\n",
        ["1 /app/public loads dir"],
    ),
    (
        "nginx.conf",
        """\
  root /app/docs;
  include mime.types; # x
""",
        ["1 /app/docs loads dir"],
    ),
    (
        ".env",
        """\
A=docs/x.md
B=docs
export DATA_DIR=data
""",
        ["1 docs/x.md", "3 data word loads"],
    ),
    (
        "Procfile",
        "web: node docs/x.js\n",
        ["1 docs/x.js executes root"],
    ),
    (
        ".eslintrc",
        """\
{"ignorePatterns":["docs/"]}""",
        ["1 docs/ loads watched"],
    ),
    (
        "firebase.json",
        """\
{"hosting":{"public":"docs","ignore":["**/x"]}}""",
        ["1 docs word loads"],
    ),
    (
        "vercel.json",
        """\
{"builds":[{"src":"docs/x.js","use":"@now/node"}]}""",
        ["1 docs/x.js loads", "1 @now/node loads"],
    ),
    (
        "lerna.json",
        """\
{"packages": ["packages/*", "!packages/docs"]}""",
        ["1 packages/*/package.json glob loads here", "1 packages/docs/package.json loads here excluded"],
    ),
    (
        "pnpm-workspace.yaml",
        """\
packages:
- 'a/*'
- docs
""",
        ["2 a/*/package.json glob loads here", "3 docs/package.json loads here"],
    ),
    (
        "app.json",
        """\
{"description": "docs/no.md", "scripts": {"postdeploy": "node scripts/seed.js"},
"environments": {"test": {"scripts": {"test": "sh scripts/ci.sh"}}}}""",
        ["1 scripts/seed.js executes", "2 scripts/ci.sh executes tests"],
    ),
    (
        "application.properties",
        """\
spring.config.location=classpath:/x/y.yml
# a=docs/no.md
""",
        ["1 x/y.yml loads"],
    ),
    (
        "package-lock.json",
        """\
{"a": "docs/no.md"}""",
        [],
    ),
    (
        ".dockerignore",
        "docs/no.md",
        [],
    ),
    (
        "broken.json",
        """\
{"a": ["docs/a.md", "b: }""",
        ["1 docs/a.md"],
    ),
    (
        "broken.yml",
        """\
a: [docs/a.md, b/c.md
  'd/e.md
""",
        ["1 docs/a.md", "1 b/c.md", "2 d/e.md"],
    ),
    (
        "bin/start",
        """\
#!/bin/sh
exec node server/index.js --dir=data/x
""",
        ["2 server/index.js executes", "2 data/x"],
    ),
    (
        "Procfile.dev",
        "web: bin/x\n",
        ["1 bin/x executes root"],
    ),
    (
        "go.work",
        "use ./a\n",
        ["1 ./a executes here dir"],
    ),
    (
        "database.yml.erb",
        """\
test:
  file: docs/x.md
production:
  file: db/x.sql
""",
        ["2 docs/x.md loads tests", "4 db/x.sql loads"],
    ),
]


@each_row("name, source, expected", CASES)
def test_references(name: str, source: str, expected: list[str]) -> None:
    assert shown(settings.references(name.encode(), source.encode())) == expected


@each_row(
    "path, source, expected",
    [
        ("requirements.txt", "-r docs/a.txt\n", ["1 docs/a.txt executes here"]),
        ("Procfile.web", "web: node a.js\n", ["1 a.js executes root"]),
        ("bin/a.sh", "echo $(cat docs/a.md)\n", ["1 docs/a.md"]),
        ("bin/a", "#!/usr/bin/env bash\ncd docs\n", ["2 docs word"]),
        ("app.json", '{"scripts": {\n"x": "node a.js"\n}}', ["2 a.js executes"]),
    ],
)
def test_files_that_are_settings_by_their_name_or_first_line(path: str, source: str, expected: list[str]) -> None:
    assert shown(list(references_of(path.encode(), source.encode()))) == expected


NAMES = (
    "package.json composer.json tsconfig.json lerna.json a.json a.yml a.toml pyproject.toml setup.cfg a.properties"
    " Cargo.toml MANIFEST.in requirements.txt Makefile Dockerfile a.sh go.mod Procfile nginx.conf .env bin/x"
).split()

SLOW = {
    "deep arrays": b"[" * 50_000,
    "deep objects": b'{"a":' * 50_000,
    "quotes": b'"' * 500_001,
    "escapes": b'"\\' * 50_000,
    "pairs": b"a: b/c\n" * 20_000,
    "flow": b"a: [" + b"a/b, " * 25_000,
    "dashes": b"- " * 50_000,
    "spaces": b"a" + b" " * 100_000 + b"b",
    "commands": b"cp a/b c/d; " * 10_000,
    "substitutions": b"$(" * 50_000,
    "requirements": b"-r a/b.txt\n" * 10_000,
    "redirections": b"<" * 500_000,
    "quotes in one word": b"'a'" * 150_000,
    "stars": b"*" * 500_000,
    "numbers": b'{"a":[1,[2,' * 45_000,
}


@pytest.mark.full
@each_row("case", SLOW)
@each_row("name", ["a.json", "package.json", "a.yml", "pyproject.toml", "a.sh", "Makefile"])
def test_time(name: str, case: str) -> None:
    started = time.process_time()
    settings.references(name.encode(), SLOW[case])
    assert time.process_time() - started < 1


@each_row("name", NAMES)
def test_any_bytes(name: str) -> None:
    for content in (b"", b"\0\xff{[\"'`$(<<-->*/: - |", bytes(range(256)) * 20, b'{"a": "\xff/\xfe", b: [\n- ]\n[x'):
        settings.references(name.encode(), content)
