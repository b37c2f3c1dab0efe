"""What is in the slug and should not be."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

from slugtrim.files import REGULAR, File, Source, SourceKind, Tree
from slugtrim.findings import Finding, Level
from slugtrim.lint.findings import lint_tree
from slugtrim.sizer import table
from slugtrim.sources import open_tree
from slugtrim.sources.directory import DiskContents
from tests.builders import commit_all, make_repo, make_tree
from tests.rows import each_row
from tests.test_lint import Files, ids

KEY = "-----BEGIN RSA PRIVATE KEY-----\nMII\n-----END RSA PRIVATE KEY-----\n"
CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMII\n-----END CERTIFICATE-----\n"


def findings(root: Path, files: Files) -> Sequence[Finding]:
    return lint_tree(open_tree(bytes(make_tree(root, files)), use_git=False)).findings


SHIPS: list[tuple[str, str | bytes, str, str, int | None]] = [
    ("config/server.pem", KEY, "secret-ships", "error", None),
    ("id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3\n", "secret-ships", "error", None),
    ("keys/a.key", KEY, "secret-ships", "error", None),
    ("shop.keystore", b"\xfe\xed", "secret-ships", "warning", None),
    ("putty.ppk", "PuTTY-User-Key-File-2: ssh-rsa\n", "secret-ships", "warning", None),
    (".netrc", "machine a login b password c\n", "secret-ships", "warning", None),
    ("config/master.key", "0123456789abcdef\n", "secret-ships", "warning", None),
    ("service-account.json", "{}\n", "secret-ships", "warning", None),
    (".env", "DEBUG=1\nSECRET_KEY=abcdef123456\n", "secret-ships", "warning", 2),
    (".env", "TOKEN=token4711abc\n", "secret-ships", "warning", 1),
    (".env.production", 'export STRIPE_TOKEN="sk_live_1234"\n', "secret-ships", "warning", 1),
    ("db/development.sqlite3", b"SQLite format 3\0", "database-ships", "warning", None),
    ("dev.db", b"SQLite format 3\0", "database-ships", "warning", None),
    ("backup/latest.dump", b"PGDMP", "database-ships", "warning", None),
]


@each_row("path, content, id_, level, line", SHIPS)
def test_what_should_not_ship_is_told_by_its_name(
    tmp_path: Path, path: str, content: str | bytes, id_: str, level: str, line: int | None
) -> None:
    (found,) = findings(tmp_path, {"app.rb": "a\n", path: content})
    assert (found.id, found.level.value, found.path, found.line) == (id_, level, path.encode(), line)


FINE: list[tuple[str, str | bytes]] = [
    ("config/ca.pem", CERTIFICATE),
    ("config/rds-combined-ca-bundle.pem", CERTIFICATE * 100),
    ("public.key", "-----BEGIN PUBLIC KEY-----\nMII\n"),
    ("id_rsa.pub", "ssh-rsa AAAA\n"),
    ("spec/fixtures/server.key", KEY),
    ("tests/certs/server.pem", KEY),
    (".env.example", "SECRET_KEY=abcdef123456\n"),
    (".env.test", "SECRET_KEY=abcdef123456\n"),
    (".env", "REACT_APP_NAME=Shop\nPORT=3000\nAPI_KEY=\nTOKEN=$OTHER\n"),
    (".env", "DATABASE_URL=postgres://localhost/shop\nSECRET_KEY=changeme123\nAPI_TOKEN=your-token-here\n"),
    (".env", "GITHUB_CLIENT_SECRET=github_client_secret\n"),
    (".env.private.sample", "SECRET_KEY=abcdef123456\n"),
    (".env.sqlite", "SQLite format 3\n"),
    (".github/workflows/server.pem", KEY),
    ("vendor/grpc/server1.pem", KEY),
    ("keyboard.json", "{}\n"),
    ("test/fixtures/a.sqlite3", b"SQLite format 3\0"),
    ("db/empty.sqlite3", b""),
    ("Thumbs.db", b"\0"),
    ("monkey.js", "key\n"),
    (".heroku/collectstatic_disabled", ""),
]


@each_row("path, content", FINE)
def test_what_may_ship_is_no_finding(tmp_path: Path, path: str, content: str | bytes) -> None:
    assert findings(tmp_path, {"app.rb": "a\n", path: content}) == ()


def test_what_is_left_out_does_not_ship(tmp_path: Path) -> None:
    assert findings(tmp_path, {"app.rb": "a\n", "server.pem": KEY, ".slugignore": "*.pem\n"}) == ()


@each_row(
    "files, level, path",
    [
        ({"package.json": "{}\n", "node_modules/a/index.js": "a\n"}, "warning", b"node_modules"),
        ({"requirements.txt": "a\n", "env/pyvenv.cfg": "a\n", "env/lib/a.py": "a\n"}, "error", b"env"),
        ({"Gemfile": "a\n", "vendor/bundle/ruby/3.3.0/a.rb": "a\n"}, "warning", b"vendor/bundle"),
        ({"app.py": "a\n", ".heroku/python/bin/python": "a\n"}, "warning", b".heroku/python/bin/python"),
    ],
)
def test_committed_dependencies(tmp_path: Path, files: Files, level: str, path: bytes) -> None:
    (found,) = findings(tmp_path, files)
    assert (found.id, found.level.value, found.path) == ("committed-dependencies", level, path)
    assert " 1 files" not in f" {found.message}"
    assert found.cure


def test_a_real_virtual_environment_is_an_error(tmp_path: Path) -> None:
    subprocess.run(["python3", "-m", "venv", "--without-pip", str(tmp_path / "odd name")], check=True)
    (found,) = findings(tmp_path, {"requirements.txt": "a\n"})
    assert (found.id, found.level, found.path) == ("committed-dependencies", Level.ERROR, b"odd name")


def test_pointers_of_git_lfs(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "a" * 64 + "\nsize 12345\n"
    (found,) = findings(tmp_path, {".gitattributes": "*.h5 filter=lfs\n", "a.h5": pointer})
    assert (found.id, found.level, found.path) == ("lfs-pointers", Level.WARNING, b"a.h5")


def test_tracked_files_that_git_would_ignore(tmp_path: Path) -> None:
    files: Files = {".gitignore": "/log/*\n*.o\n", "log/.keep": "", "log/a.log": "a\n", "b.o": "b", "out.o": "o"}
    repository = make_repo(tmp_path, {**files, ".slugignore": "/out.o\n"})
    (found,) = lint_tree(open_tree(bytes(repository))).findings
    assert ids([found]) == [("tracked-though-ignored", "note", None)]
    assert (found.message, found.paths) == (
        "2 files are tracked although .gitignore names them",
        (b"b.o", b"log/a.log"),
    )
    head = commit_all(repository)
    assert lint_tree(open_tree(bytes(repository), rev=head)).findings == ()


@each_row("percent, level", [(89, None), (90, Level.WARNING), (100, Level.WARNING), (101, Level.ERROR)])
def test_a_checkout_near_the_limit(tmp_path: Path, percent: int, level: Level | None) -> None:
    (limit,) = [limit for limit in table().limits if limit.of_checkout]
    files = (File(b"a.bin", -(-limit.limit_bytes * percent // 100) - 1, REGULAR, None), File(b"b", 1, REGULAR, None))
    source = Source(kind=SourceKind.DIRECTORY, root=bytes(tmp_path))
    found = lint_tree(Tree(source=source, files=files, contents=DiskContents(root=bytes(tmp_path)))).findings
    assert [(each.id, each.level, each.path) for each in found] == (
        [("checkout-limit", level, b"a.bin")] if level is not None else []
    )
