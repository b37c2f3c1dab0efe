"""Reports on trees that were measured before: the same numbers, at once, and only while they are true."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from array import array
from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from slugtrim.audit import Audit, audit_found, audit_tree
from slugtrim.files import Found, Tree
from slugtrim.ignore import Dialect
from slugtrim.measurement import KeptRecord, Totals, totals_of
from slugtrim.sources import find_tree, open_tree
from slugtrim.store import Store, cache_directory
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import run
from tests.real_files import real_files

FILES: dict[bytes | str, Content] = {
    ".slugignore": "# comment\n/spec\n*.psd\nnothing\n!keep\ndocs/{a,b}\n",
    "app/a.rb": "puts 1\n" * 50,
    b"app/\xff\n\x1b.rb": "odd",
    "spec/a_spec.rb": "it\n" * 90,
    "design/x.psd": b"8BPS" * 900,
    "docs/a/1.md": "# a",
    "docs/c.md": "# c",
    "heroku.yml": "build:\n  docker:\n    web: Dockerfile\n",
    "tmp/x": "x",
    ".gitattributes": "*.bin filter=lfs\n",
    "p.bin": "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 9\n",
    "link": Path("app/a.rb"),
}


def unread(found: Found) -> Found:
    """The same source, which must not be read."""

    def load() -> Tree:
        raise AssertionError("a known tree should not be read")

    return replace(found, load=load)


def is_kept(found: Found) -> bool:
    return KeptRecord(found, Dialect.GITIGNORE).read(Totals) is not None


def comparable(report: Audit) -> Audit:
    """Without what only a reading of the tree tells and no report shows: modes and blobs of single files."""
    there = tuple(file._replace(mode=0, blob=None) for file in report.other.only_there)
    here = tuple(file._replace(mode=0, blob=None) for file in report.other.only_here)
    return replace(report, other=replace(report.other, only_here=here, only_there=there))


@pytest.mark.parametrize("dialect", list(Dialect))
@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_a_known_tree_gives_the_same_report_unread(tmp_path: Path, dialect: Dialect, rev: str | None) -> None:
    make_repo(tmp_path, FILES)
    found = find_tree(bytes(tmp_path), rev=rev)
    first = audit_found(found, dialect)
    again = audit_found(unread(find_tree(bytes(tmp_path), rev=rev)), dialect)
    assert comparable(again) == comparable(first)
    assert comparable(first) == comparable(audit_tree(open_tree(bytes(tmp_path), rev=rev), dialect))
    assert len(first.rules) == 5
    assert first.findings
    assert first.notes


def test_a_dirty_work_tree_is_known_by_what_changed_in_it(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    clean = audit_found(find_tree(bytes(tmp_path)))
    (tmp_path / "app/a.rb").write_text("puts 2\n" * 70)
    (tmp_path / "docs/c.md").unlink()
    dirty = audit_found(find_tree(bytes(tmp_path)))
    assert dirty.slug.size_bytes != clean.slug.size_bytes
    assert comparable(audit_found(unread(find_tree(bytes(tmp_path))))) == comparable(dirty)
    git(tmp_path, "checkout", "-q", ".")
    assert comparable(audit_found(find_tree(bytes(tmp_path)))) == comparable(clean)


@pytest.mark.parametrize("tracked", [True, False])
def test_an_edit_of_the_rules_shows_at_once(tmp_path: Path, tracked: bool) -> None:
    files = dict(FILES)
    rules = files.pop(".slugignore")
    make_repo(tmp_path, {**files, ".slugignore": rules} if tracked else files)
    make_tree(tmp_path, {".slugignore": rules})
    before = audit_found(find_tree(bytes(tmp_path)))
    (tmp_path / ".slugignore").write_text("/app\n")
    after = audit_found(find_tree(bytes(tmp_path)))
    assert [effect.rule.text for effect in after.rules] == [b"/app"]
    assert [effect.rule.line for effect in before.rules] == [2, 3, 4, 5, 6]
    assert before.slug.size_bytes != after.slug.size_bytes


def test_untracked_files_and_the_commit_are_looked_at_anew(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x"})
    assert audit_found(find_tree(bytes(tmp_path))).notes == ()
    (tmp_path / "new").touch()
    known = audit_found(unread(find_tree(bytes(tmp_path))))
    assert [note.paths for note in known.notes] == [(b"new",)]
    (tmp_path / "new").unlink()
    commit = commit_all(tmp_path, "the same tree")
    assert audit_found(unread(find_tree(bytes(tmp_path)))).source.rev == commit


def test_an_incomplete_report_is_not_kept(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x" * 100, "b": "y"})
    (id_,) = git(root, "rev-parse", "HEAD:a").split()
    (root / ".git/objects" / os.fsdecode(id_[:2]) / os.fsdecode(id_[2:])).unlink()
    found = find_tree(bytes(root), rev="HEAD")
    assert not audit_found(found).complete
    assert totals_of(found, Dialect.GITIGNORE).unreadable
    assert not is_kept(found)


def test_a_report_on_submodules_is_not_kept(tmp_path: Path) -> None:
    make_repo(tmp_path / "lib", {"l": "x"})
    root = make_repo(tmp_path / "app", {"a": "x"})
    git(root, "submodule", "add", "-q", str(tmp_path / "lib"), "lib")
    commit_all(root)
    assert audit_found(find_tree(bytes(root))).slug.files == 3
    assert totals_of(find_tree(bytes(root)), Dialect.GITIGNORE).slug.files == 3
    assert not is_kept(find_tree(bytes(root)))


def test_a_directory_is_read_every_time(tmp_path: Path) -> None:
    make_tree(tmp_path, {"a": "x"})
    assert find_tree(bytes(tmp_path)).fingerprint is None
    assert audit_found(find_tree(bytes(tmp_path))).slug.files == 1
    assert not is_kept(find_tree(bytes(tmp_path)))


def test_without_the_cache_nothing_is_kept(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    audit_found(find_tree(bytes(tmp_path)), use_cache=False)
    assert not Path(cache_directory()).exists()


STRANGE = msgspec.msgpack.encode({"compressed_bytes": -1, "slug": [1], "dialect": "gitignore"})


@pytest.mark.parametrize("damage", [b"", b"{}", b"nonsense", b"\xa1\xff", msgspec.msgpack.encode([1, 2]), STRANGE])
def test_a_damaged_report_is_composed_anew(tmp_path: Path, damage: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    make_repo(tmp_path, FILES)
    first = audit_found(find_tree(bytes(tmp_path)))
    with monkeypatch.context() as patch:
        patch.setattr(Store, "get", lambda self, key: damage)
        assert comparable(audit_found(find_tree(bytes(tmp_path)))) == comparable(first)
        assert totals_of(find_tree(bytes(tmp_path)), Dialect.GITIGNORE).compressed_bytes == first.compressed_bytes
    assert comparable(audit_found(find_tree(bytes(tmp_path)))) == comparable(first)
    assert comparable(audit_found(unread(find_tree(bytes(tmp_path))))) == comparable(first)


def test_texts_that_no_version_writes_are_not_believed(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    found = find_tree(bytes(tmp_path))
    first = audit_found(found)
    strange = replace(first, findings=(replace(first.findings[0], message="\N{SNOWMAN}"),))
    KeptRecord(found, Dialect.GITIGNORE).keep(strange, found.load())
    assert comparable(audit_found(found)) == comparable(first)


def test_totals_are_read_out_of_a_report_and_serve_no_report(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    found = find_tree(bytes(tmp_path))
    totals = totals_of(found, Dialect.GITIGNORE)
    assert totals_of(unread(found), Dialect.GITIGNORE) == totals
    report = audit_found(found)
    assert comparable(audit_found(unread(found))) == comparable(report)
    assert totals_of(unread(found), Dialect.GITIGNORE) == totals
    assert totals == Totals(
        compressed_bytes=report.compressed_bytes,
        slug=report.slug,
        checkout=report.checkout,
        largest_file_bytes=max(file.size_bytes for file in found.load().files if file.path in (b"app/a.rb", b"p.bin")),
    )


def test_a_name_that_is_not_utf_8_in_a_finding_comes_back_as_it_was(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x", b"id_rsa/\xff.sqlite3": b"SQLite", b"db/\xfe.sqlite3": b"SQLite"})
    found = find_tree(bytes(tmp_path), rev="HEAD")
    first = audit_found(found)
    assert any("\udcfe" in finding.message for finding in first.findings)
    assert audit_found(unread(found)).findings == first.findings


def damaged(value: object) -> Iterator[object]:
    """Values with one thing in them that is of another type, and with one left out."""
    if isinstance(value, dict):
        for key in value:
            yield {name: each for name, each in value.items() if name != key}
            yield from ({**value, key: other} for other in damaged(value[key]))
    elif isinstance(value, list):
        for at in range(min(len(value), 2)):
            yield value[:at] + value[at + 1 :] if len(value) > 2 else [*value, 0]
            yield from ([*value[:at], other, *value[at + 1 :]] for other in damaged(value[at]))
    yield {"x": 1.5} if not isinstance(value, dict) else [None]


@pytest.mark.full
def test_no_damage_to_a_kept_report_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is in it, with a checksum that holds: the report is that one, another, or made anew."""
    make_repo(tmp_path, FILES)
    run(cwd=tmp_path)
    whole: list[bytes] = []
    get = Store.get

    def remembered(self: Store, key: bytes) -> bytes | None:
        payload = get(self, key)
        whole.extend([payload] if payload is not None else [])
        return payload

    with monkeypatch.context() as patch:
        patch.setattr(Store, "get", remembered)
        run(cwd=tmp_path)
    payloads = [
        b"\x91" * 100_000,
        *(msgspec.msgpack.encode(data) for data in damaged(msgspec.msgpack.decode(whole[0]))),
    ]
    assert len(payloads) > 50
    for payload in (payloads[0], *payloads[1::3]):  # another third of every kind of damage says no more
        with monkeypatch.context() as patch:
            patch.setattr(Store, "get", lambda self, key, payload=payload: payload)
            done = run("--format", "json", cwd=tmp_path)
        assert (done.code, done.stderr) == (0, b""), payload


STRANGE_ENTRIES = [
    b"",
    b"\xff" * 7,
    b"\x91" * 100_000,
    *(msgspec.msgpack.encode(numbers) for numbers in ([], [1], [*range(9)], [2**64 - 1] * 3, ["x"])),
    *(numbers.tobytes() for numbers in (array("Q", [1]), array("Q", range(9)), array("Q", [2**64 - 1] * 3))),
]


@pytest.mark.full
def test_table_entries_that_no_version_writes_are_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes and what files read, each kept under its own key."""
    make_repo(tmp_path, {**FILES, "large.bin": b"x" * 3_000_000, "app.py": "open('lib/a.txt')\n", "lib/a.txt": "x"})
    for command in ("audit", "suggest"):
        run(command, cwd=tmp_path)
    load = Store.load
    monkeypatch.setattr(Store, "get", lambda self, key: None)
    for entry, command in product(STRANGE_ENTRIES, ("audit", "suggest")):
        tables: list[dict[bytes, bytes]] = []

        def strange(self: Store, table: bytes, entry: bytes = entry, tables: list[dict[bytes, bytes]] = tables) -> Any:
            tables.append(dict.fromkeys(load(self, table), entry))
            return tables[-1]

        monkeypatch.setattr(Store, "load", strange)
        done = run(command, cwd=tmp_path)
        assert (done.code, done.stderr) == (0, b""), entry
        assert any(tables), "no entry was replaced"


def test_repacking_makes_a_report_anew(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    before = find_tree(bytes(tmp_path), rev="HEAD").fingerprint
    git(tmp_path, "gc", "-q")
    assert find_tree(bytes(tmp_path), rev="HEAD").fingerprint != before


def test_exact_is_measured_every_time_and_never_kept(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    first = audit_found(find_tree(bytes(tmp_path)), exact=True)
    assert first.exact_compressed_bytes is not None
    assert audit_found(find_tree(bytes(tmp_path))).exact_compressed_bytes is None
    again = audit_found(find_tree(bytes(tmp_path)), exact=True)
    assert again.exact_compressed_bytes == first.exact_compressed_bytes


LOADED = """
import sys
from slugtrim.cli import main
code = main(sys.argv[1:])
print(*sorted(sys.modules), file=sys.stderr)
sys.exit(code)
"""


def modules_after(*arguments: str, cwd: Path) -> set[str]:
    command = [sys.executable, "-c", LOADED, *arguments]
    # Coverage starts itself in every child, and imports tomllib for its own settings.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, check=True)
    return set(done.stderr.decode().split())


def test_a_known_tree_imports_only_what_it_needs(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    cold = modules_after("--format", "json", cwd=tmp_path)
    assert {"slugtrim.ignore.gitignore", "yaml"} <= cold
    known = modules_after("--format", "json", cwd=tmp_path)
    unneeded = {
        "slugtrim.ignore.gitignore",
        "tarfile",
        "humanize",
        "yaml",
        "deflate",
        "isal",
        "concurrent.futures",
        "importlib.resources",
    }
    assert known & unneeded == set()
    assert modules_after(cwd=tmp_path) & (unneeded - {"humanize"}) == set()


def test_the_json_of_a_known_tree_is_that_of_one_measured_anew(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    arguments = ("--format", "json", "--report", f"json={tmp_path / '.git/report'}")
    first = run(*arguments, cwd=tmp_path)
    known = modules_after("--format", "json", cwd=tmp_path)
    measuring = {"slugtrim.scanner", "slugtrim.sizer.measure", "slugtrim.lint.findings", "slugtrim.suggester.facts"}
    assert (measuring | {"slugtrim.reports.audit_report", "tomllib"}) & known == set()
    (tmp_path / "untracked").touch()
    again = run(*arguments, cwd=tmp_path)
    assert again.stdout != first.stdout
    assert again.stdout == (tmp_path / ".git/report").read_bytes() == run(*arguments, "--no-cache", cwd=tmp_path).stdout


def test_what_was_compressed_for_real_is_kept_without_that(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x" * 100, "b": "y"})
    exact = run("--format", "json", "--exact", cwd=root)
    known = run("--format", "json", cwd=root)
    assert known.stdout != exact.stdout
    assert known.stdout == run("--format", "json", "--no-cache", cwd=root).stdout


@pytest.mark.full
def test_a_changed_file_costs_one_or_two_segments(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", dict(real_files(500)))
    audit_found(find_tree(bytes(root), rev="HEAD"))
    target = next(path for path in sorted(root.rglob("*.py")) if 2000 < path.stat().st_size < 60_000)
    target.write_bytes(target.read_bytes() + b"# one more line\n")
    commit_all(root)
    found = find_tree(bytes(root), rev="HEAD")
    read: list[bytes] = []
    tree = found.load()

    class Counting:
        def open(self) -> object:
            reader = tree.contents.open()
            batch = reader.batch

            def counted(files: list[object]) -> object:
                read.extend(file.path for file in files)  # type: ignore[attr-defined]
                return batch(files)  # type: ignore[arg-type]

            reader.batch = counted  # type: ignore[method-assign, assignment]
            return reader

        def deflated_bytes(self, files: object) -> object:
            return tree.contents.deflated_bytes(files)  # type: ignore[arg-type]

    audit_found(replace(found, load=lambda: replace(tree, contents=Counting())))
    assert target.relative_to(root).as_posix().encode() in read
    assert len(read) < len(tree.files) * 0.5


def test_two_clones_do_not_disturb_each_other(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", FILES)
    first = audit_found(find_tree(bytes(root)))
    shutil.copytree(root, tmp_path / "copy", symlinks=True)
    second = audit_found(find_tree(bytes(tmp_path / "copy")))
    assert second.compressed_bytes == first.compressed_bytes


@pytest.mark.full
def test_whatever_happens_to_a_repository_a_kept_report_is_true(tmp_path: Path) -> None:
    """Many changes in a random order, each followed by both: the report with the cache, and one without."""
    rng = random.Random(20261123)
    root = make_repo(tmp_path / "app", {**FILES, "target": "/docs\n", "run*": "#!\n"})
    git(root, "worktree", "add", "-q", "--detach", str(tmp_path / "linked"))
    names = ["app/a.rb", "spec/a_spec.rb", "docs/c.md", "p.bin", "run", "new.rb", ".gitattributes", ".slugignore"]

    def write(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(rng.choice(["/spec\n", "*.md\n", "* text eol=crlf\n", "x" * rng.randrange(300)]))

    def link(path: Path) -> None:
        path.unlink(missing_ok=True)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.symlink_to(rng.choice(["target", "docs/c.md", "nowhere"]))

    def chmod(path: Path) -> None:
        if path.is_file():
            path.chmod(rng.choice([0o644, 0o755]))

    changes: list[Callable[[Path], object]] = [
        write,
        write,
        link,
        chmod,
        lambda path: path.unlink(missing_ok=True),
        lambda path: path.touch() if path.exists() else None,
        lambda _: git(root, "add", "-A"),
        lambda _: git(root, "commit", "-q", "--allow-empty", "-m", "more"),
        lambda _: git(root, "commit", "-q", "--amend", "--allow-empty", "-m", "again"),
        lambda _: git(root, "reset", "-q"),
        lambda _: git(root, "checkout", "-q", "-f", "HEAD"),
        lambda _: git(root, "config", "core.fileMode", rng.choice(["true", "false"])),
        lambda _: git(root, "config", "core.autocrlf", rng.choice(["true", "false", "input"])),
    ]
    for _ in range(40):
        rng.choice(changes)(root / rng.choice(names))
        for path in (root, tmp_path / "linked"):
            arguments = ("--format", "json", "--dialect", rng.choice(["gitignore", "glob"]))
            with_cache = run(*arguments, cwd=path)
            assert with_cache == run(*arguments, "--no-cache", cwd=path)


def test_the_prefix_is_part_of_what_is_known(tmp_path: Path) -> None:
    make_repo(tmp_path, {"app/tmp/x": "x" * 5000, "app/m": "y"})
    make_tree(tmp_path, {".slugignore": "/tmp\n", "app/.slugignore": "/tmp\n"})
    assert audit_found(find_tree(bytes(tmp_path))).slug.files == 2
    assert audit_found(find_tree(bytes(tmp_path), prefix=b"app")).slug.files == 1


def test_rules_saved_while_a_tree_is_measured_poison_nothing(tmp_path: Path) -> None:
    make_repo(tmp_path, {"app/a": "x" * 500, "spec/a": "y"})
    rules = tmp_path / ".slugignore"
    rules.write_text("/spec\n")
    found = find_tree(bytes(tmp_path))
    rules.write_text("/app\n")
    audit_found(found)
    rules.write_text("/spec\n")
    assert [effect.rule.text for effect in audit_found(find_tree(bytes(tmp_path))).rules] == [b"/spec"]


def test_notes_come_in_the_same_order_known_or_not(tmp_path: Path) -> None:
    make_repo(tmp_path, FILES)
    (tmp_path / "untracked").touch()
    first = audit_found(find_tree(bytes(tmp_path)))
    assert [note.id for note in first.notes] == ["lfs-pointers", "untracked"]
    assert audit_found(unread(find_tree(bytes(tmp_path)))).notes == first.notes


def test_loose_copies_of_packed_objects_change_nothing(tmp_path: Path) -> None:
    texts: dict[bytes | str, Content] = {
        f"{n}.txt": random.Random(n).randbytes(90_000).hex().encode() for n in range(8)
    }
    make_repo(tmp_path, texts)
    git(tmp_path, "repack", "-a", "-q")
    before = audit_found(find_tree(bytes(tmp_path), rev="HEAD"), use_cache=False)
    git(tmp_path, "prune-packed", "-q")
    assert audit_found(find_tree(bytes(tmp_path), rev="HEAD"), use_cache=False) == before


def test_a_large_file_written_to_while_it_is_read_is_not_believed(tmp_path: Path) -> None:
    make_repo(tmp_path, {"large": b"a" * 3_000_000})
    tree = open_tree(bytes(tmp_path))
    with tree.contents.open() as reader:
        pieces = reader.pieces(tree.files[0], 1 << 20)
        next(pieces)
        (tmp_path / "large").write_bytes(b"b" * 3_000_000)
        list(pieces)
        assert [gone.reason for gone in reader.unreadable] == ["it changed while it was read"]


def test_a_push_of_a_known_commit_imports_neither_check_nor_codec(tmp_path: Path) -> None:
    make_repo(tmp_path, {"a": "x" * 900})
    head = git(tmp_path, "rev-parse", "HEAD").decode().strip()
    lines = f"refs/heads/main {head} refs/heads/main {'0' * 40}\n".encode()

    def modules(url: str) -> set[str]:
        command = [sys.executable, "-c", LOADED, "pre-push", "heroku", url]
        done = subprocess.run(command, cwd=tmp_path, input=lines, capture_output=True, check=True)
        return set(done.stderr.decode().split())

    assert "slugtrim.scanner" in modules("git@heroku.com:app.git")
    known = modules("git@heroku.com:app.git")
    unneeded = {"slugtrim.ignore.gitignore", "yaml", "deflate", "isal", "slugtrim.check", "slugtrim.scanner"}
    unneeded |= {"slugtrim.sizer.measure"}
    assert known & (unneeded | {"slugtrim.suggester.advice", "slugtrim.config.reading"}) == set()
    elsewhere = modules("git@example.com:app.git")
    assert elsewhere & (unneeded | {"slugtrim.budget", "slugtrim.git.command", "subprocess", "humanize"}) == set()
