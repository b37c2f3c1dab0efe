"""Adding entries to a .slugignore: what is there stays, and nothing is half done."""

from __future__ import annotations

import gzip
import json
import os
import resource
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from msgspec.structs import replace

from slugtrim.errors import SourceError, UsageError
from slugtrim.files import REGULAR, File, Source, SourceKind
from slugtrim.ignore import Dialect, parse
from slugtrim.lint.findings import file_findings
from slugtrim.lint.view import LintView
from slugtrim.suggester.catalog import catalog
from slugtrim.suggester.records import Suggestion
from slugtrim.suggester.writing import SECTIONS, check_writable, comments_for, in_order, with_entries, write_slugignore
from tests.applications import Files, memory_tree
from tests.builders import make_tree, unprivileged
from tests.rows import each_row
from tests.suggested import suggestion

BOM = b"\xef\xbb\xbf"
TESTS, DESIGN, DOCS = b"# Tests", b"# Design", b"# Docs"
COMMENTS = {"tests": "Tests", "design": "Design", "docs": "Docs", "data": "", "included": ""}
CATEGORIES = {b"/spec": "tests", b"*.psd": "design", b"/docs": "docs"}


def entries(*patterns: bytes) -> list[Suggestion]:
    return [replace(suggestion(pattern), category=CATEGORIES.get(pattern, "data"), files=()) for pattern in patterns]


def added(content: bytes | None, *patterns: bytes) -> bytes:
    return with_entries(content, entries(*patterns), COMMENTS)


@each_row(
    "content, expected",
    [
        (None, TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"", TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"\n", b"\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"/log\n", b"/log\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"/log\n\n", b"/log\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"/log", b"/log\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"/log \n  \n", b"/log \n  \n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"/log\r\n/tmp", b"/log\r\n/tmp\r\n\r\n" + TESTS + b"\r\n/spec\r\n" + DESIGN + b"\r\n*.psd\r\n"),
        (b"/a\r\n/tmp\r", b"/a\r\n/tmp\r\n\r\n" + TESTS + b"\r\n/spec\r\n" + DESIGN + b"\r\n*.psd\r\n"),
        (b"/a\r\n/b\n/c\n", b"/a\r\n/b\n/c\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (BOM, BOM + b"\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"\xff\xfe\x80\n", b"\xff\xfe\x80\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"/spec\n", b"/spec\n\n" + DESIGN + b"\n*.psd\n"),
        (b"/spec  \r\n/x\r\n", b"/spec  \r\n/x\r\n\r\n" + DESIGN + b"\r\n*.psd\r\n"),
        (b" /spec\n*.psd\t\n", b" /spec\n*.psd\t\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        # The glob dialect takes the mark for a part of the name, so that the line is another one to it.
        (BOM + b"/spec", BOM + b"/spec\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
        (b"/spec # tests\n", b"/spec # tests\n\n" + TESTS + b"\n/spec\n" + DESIGN + b"\n*.psd\n"),
    ],
)
def test_entries_come_after_what_is_there_in_sections(content: bytes | None, expected: bytes) -> None:
    assert added(content, b"*.psd", b"/spec", b"*.psd") == expected


def test_a_later_call_adds_to_the_same_sections() -> None:
    first = added(b"/log\r\n", b"/spec") + b"\r\n# mine\r\n/own\r\n"
    more = [replace(each, category="tests") for each in entries(b"/test")]
    assert with_entries(first, [*more, *entries(b"/docs", b"/own")], COMMENTS) == (
        b"/log\r\n\r\n# Tests\r\n/spec\r\n/test\r\n\r\n# mine\r\n/own\r\n\r\n# Docs\r\n/docs\r\n"
    )


@each_row(
    "content, expected",
    [
        (DOCS, b"# Docs\n/docs\n"),
        (BOM + DOCS + b"  \n/spec", BOM + b"# Docs  \n/spec\n/docs\n"),
        (DOCS + b"\n# mine\n/x\n", b"# Docs\n/docs\n# mine\n/x\n"),
        (
            DOCS + b"\n# slugtrim: ignore removes-read\n/x\n# mine\n",
            DOCS + b"\n# slugtrim: ignore removes-read\n/x\n/docs\n# mine\n",
        ),
        (b"#" + DOCS + b"\n", b"#" + DOCS + b"\n\n# Docs\n/docs\n"),
    ],
)
def test_its_comment_is_found_wherever_it_is(content: bytes, expected: bytes) -> None:
    assert added(content, b"/docs") == expected


def test_what_has_no_comment_stands_apart() -> None:
    assert added(b"/log\n", b"/docs", b"/x") == b"/log\n\n# Docs\n/docs\n\n/x\n"


def test_what_its_owner_includes_although_it_is_used_carries_the_comment_that_lint_reads() -> None:
    wanted = replace(entries(b"/spec")[0], category="included", silences="removes-read")
    assert with_entries(None, [wanted], COMMENTS) == b"# slugtrim: ignore removes-read\n/spec\n"


CONTENT = st.none() | st.lists(
    st.sampled_from([b"/spec", b"/log", b" /spec ", b"", b"# c", DOCS, b"\n", b"\r\n", b"\n", b"\r", b"\xff", BOM]),
    max_size=12,
).map(b"".join)
PATTERNS = st.lists(st.sampled_from([b"/spec", b"/docs", b"*.psd", b"/a b", b"/log"]), max_size=5)


@given(CONTENT, PATTERNS, PATTERNS)
@example(b"\n\xef\xbb\xbf# Docs", [], [b"/docs"])
def test_whatever_is_there_stays_and_the_same_again_changes_nothing(
    content: bytes | None, patterns: list[bytes], more: list[bytes]
) -> None:
    once = added(content, *patterns)
    assert added(once, *patterns) == once
    both = added(once, *more)
    for dialect in Dialect.GITIGNORE.pair:
        before = [rule.pattern for rule in parse(content or b"", dialect)]
        after = [rule.pattern for rule in parse(both, dialect)]
        assert set(after) == {*before, *patterns, *more}
        assert len(after) <= len(before) + len({*patterns, *more})
    kept = iter(line.removesuffix(b"\r") for line in both.split(b"\n"))
    assert all(line.removesuffix(b"\r") in kept for line in (content or b"").split(b"\n"))


# Sections


def listed(*paths: str) -> list[File]:
    return [File(path.encode(), 1, REGULAR, None) for path in paths]


def entry(pattern: str, category: str, *paths: str) -> Suggestion:
    return replace(suggestion(pattern.encode()), category=category, files=tuple(listed(*paths)))


def test_entries_stand_by_section_directories_first_then_by_path() -> None:
    mixed = [
        entry("/README.md", "docs", "README.md"),
        entry("/.rubocop.yml", "lint", ".rubocop.yml"),
        entry("/web/docs/*.pdf", "docs", "web/docs/a.pdf"),
        entry("/spec", "tests", "spec/a.rb"),
        entry("/docs", "docs", "docs/a.md"),
        entry("/examples", "examples", "examples/a/b.rb"),
        entry("*.psd", "design", "a.psd", "b/c.psd"),
        entry("__tests__", "tests", "a/__tests__/b.js"),
        entry("tests.py", "tests", "a/tests.py"),
        entry("/.github", "ci", ".github/a.yml"),
    ]
    assert [each.pattern.decode() for each in in_order(mixed)] == (
        "/spec __tests__ tests.py /docs /examples /README.md /web/docs/*.pdf *.psd /.github /.rubocop.yml"
    ).split()


def test_no_word_of_a_comment_is_a_path() -> None:
    plain = comments_for(listed("app/a.rb"))
    assert plain["tests"] == "Tests: only developers and CI run them"
    for word in "Tests CI developers".split():
        assert comments_for(listed(f"{word}/a.rb"))["tests"] == "Specs and checks, not used on dynos"
    assert comments_for(listed("Tests/a.rb", "Specs/a.rb"))["tests"] == ""
    # A name below the root is only avoided if there is another wording.
    assert comments_for(listed("Tests/a.rb", "a/Specs/b.rb"))["tests"].startswith("Specs")


def test_every_section_has_categories_of_its_own_and_harmless_comments() -> None:
    every = [category for section in SECTIONS for category in section.categories]
    assert len(every) == len(set(every))
    assert {category.id for category in catalog().categories} <= set(every)
    for section in SECTIONS:
        assert len(section.comments) == 2
        for comment in section.comments:
            assert (
                parse(f"# {comment}\n".encode(), Dialect.GITIGNORE)
                == parse(f"# {comment}\n".encode(), Dialect.GLOB)
                == ()
            )


CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "cases.jsonl.gz"


@pytest.mark.skipif(not CORPUS.exists(), reason="needs the shared corpus")
def test_lint_has_nothing_to_say_about_the_comments_on_any_real_list_of_files() -> None:
    every = [entry(f"/x{number}", section.categories[0]) for number, section in enumerate(SECTIONS)]
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        cases = [json.loads(line) for line in lines]
    assert len(cases) > 50
    for case in cases:
        files: Files = {os.fsencode(path): b"" for path, *_ in case["files"] if path != ".slugignore"}
        comments = comments_for(memory_tree(files).files)
        assert all(comments.values()), case["name"]
        content = with_entries(None, every, comments)
        view = LintView.of(memory_tree({**files, ".slugignore": content}), Dialect.GITIGNORE)
        assert [each.finding.id for each in file_findings(view) if each.finding.path == b".slugignore"] == []
        paths = {file.path for file in view.tree.files} | view.names
        for line in content.splitlines():
            assert paths.isdisjoint(line.split()) or not line.startswith(b"#"), case["name"]


def worktree(root: Path, prefix: bytes = b"") -> Source:
    return Source(kind=SourceKind.WORKTREE, root=bytes(root), prefix=prefix)


def test_a_new_file_is_as_the_user_makes_them(tmp_path: Path) -> None:
    before = os.umask(0o027)
    write_slugignore(worktree(tmp_path), None, b"/spec\n")
    os.umask(before)
    (file,) = tmp_path.iterdir()
    assert (file.name, file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (".slugignore", b"/spec\n", 0o640)


@each_row("mode", [0o600, 0o664, 0o755, 0o444])
def test_a_file_keeps_its_mode(mode: int, tmp_path: Path) -> None:
    file = make_tree(tmp_path, {".slugignore": b"/log\n"}) / ".slugignore"
    file.chmod(mode)
    write_slugignore(worktree(tmp_path), b"/log\n", b"/spec\n")
    assert (file.read_bytes(), stat.S_IMODE(file.stat().st_mode)) == (b"/spec\n", mode)
    assert list(tmp_path.iterdir()) == [file]


@pytest.fixture
def shared() -> Iterator[Path]:
    """A directory that every user can reach, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as directory:
        os.chmod(directory, 0o755)
        yield Path(directory)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_keeps_its_owner_where_that_is_permitted(shared: Path) -> None:
    file = make_tree(shared, {".slugignore": b"/log\n"}) / ".slugignore"
    file.chmod(0o644)
    os.chown(file, 1234, 4321)
    write_slugignore(worktree(shared), b"/log\n", b"/spec\n")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 4321)
    with unprivileged(shared):
        os.seteuid(0)
        os.chown(file, 1234, 4321)
        os.seteuid(65534)
        write_slugignore(worktree(shared), b"/spec\n", b"/docs\n")
    assert (file.read_bytes(), file.stat().st_uid, stat.S_IMODE(file.stat().st_mode)) == (b"/docs\n", 65534, 0o644)


def test_with_a_prefix_it_is_the_file_of_that_directory(tmp_path: Path) -> None:
    make_tree(tmp_path, {"web/.slugignore": b"/log\n"})
    write_slugignore(worktree(tmp_path, b"web"), b"/log\n", b"/spec\n")
    assert (tmp_path / "web/.slugignore").read_bytes() == b"/spec\n"
    assert not (tmp_path / ".slugignore").exists()


def refused(source: Source, before: bytes | None = None) -> str:
    with pytest.raises((SourceError, UsageError)) as caught:
        write_slugignore(source, before, b"/spec\n")
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_a_commit_is_not_written_to(tmp_path: Path) -> None:
    source = Source(kind=SourceKind.COMMIT, root=bytes(tmp_path), rev="a" * 40)
    with pytest.raises(UsageError) as caught:
        check_writable(source)
    assert str(caught.value) == (
        "--write: changes the .slugignore on disk, and --rev measures a commit; drop one of them"
    )


def test_a_symlink_is_not_followed(tmp_path: Path) -> None:
    make_tree(tmp_path, {"rules": b"/log\n", ".slugignore": Path("rules")})
    assert refused(worktree(tmp_path), b"/log\n") == (
        f"{tmp_path}/.slugignore: is a symlink, which --write does not follow; make it a file"
    )
    assert (tmp_path / "rules").read_bytes() == b"/log\n"
    assert (tmp_path / ".slugignore").is_symlink()


def test_a_directory_is_not_written_to(tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore/x": b""})
    assert refused(worktree(tmp_path)) == (
        f"{tmp_path}/.slugignore: is not a file, so --write cannot change it; make it one"
    )


def test_a_prefix_that_became_a_symlink_is_not_followed(tmp_path: Path) -> None:
    make_tree(tmp_path, {"elsewhere/.slugignore": b"/log\n", "repo/web": Path("../elsewhere")})
    assert refused(worktree(tmp_path / "repo", b"web"), b"/log\n") == (
        f"{tmp_path}/repo/web: is reached through a symlink; name the directory it leads to"
    )
    assert (tmp_path / "elsewhere/.slugignore").read_bytes() == b"/log\n"


def test_the_root_may_be_reached_through_a_symlink(tmp_path: Path) -> None:
    make_tree(tmp_path, {"repo/web/x": b"", "link": Path("repo")})
    write_slugignore(worktree(tmp_path / "link", b"web"), None, b"/spec\n")
    assert (tmp_path / "repo/web/.slugignore").read_bytes() == b"/spec\n"


@pytest.mark.parametrize("before", [None, b"/other\n"])
def test_what_somebody_else_wrote_meanwhile_stays(before: bytes | None, tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore": b"/log\n"})
    assert refused(worktree(tmp_path), before) == (
        f"{tmp_path}/.slugignore: was changed meanwhile, and is left as it is; run the command again"
    )
    assert (tmp_path / ".slugignore").read_bytes() == b"/log\n"


def test_a_directory_that_nobody_may_write_to_is_one_line(shared: Path) -> None:
    file = make_tree(shared / "repo", {".slugignore": b"/log\n"}) / ".slugignore"
    file.chmod(0o644)
    file.parent.chmod(0o555)
    with unprivileged(shared):
        message = refused(worktree(file.parent), b"/log\n")
    assert message == f"{file}: cannot be written (Permission denied) and is unchanged; fix that, or use --diff"
    assert (file.read_bytes(), os.listdir(file.parent)) == (b"/log\n", [".slugignore"])


def test_a_disk_without_room_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    make_tree(tmp_path, {".slugignore": b"/log\n"})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))
    try:
        message = refused(worktree(tmp_path), b"/log\n")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert message == (
        f"{tmp_path}/.slugignore: cannot be written (File too large) and is unchanged; fix that, or use --diff"
    )
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [(".slugignore", b"/log\n")]


def test_a_reader_sees_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """While it is written again and again, another process never reads anything else."""
    old, new = b"/a\n" * 20_000, b"/b\n" * 20_000
    file = make_tree(tmp_path, {".slugignore": old}) / ".slugignore"
    script = (
        "import sys\n"
        f"seen = {{open({str(file)!r}, 'rb').read() for _ in range(2000)}}\n"
        f"sys.exit(not seen <= {{b'/a\\n' * 20_000, b'/b\\n' * 20_000}})"
    )
    reader = subprocess.Popen([sys.executable, "-c", script])
    before, after = old, new
    while reader.poll() is None:
        write_slugignore(worktree(tmp_path), before, after)
        before, after = after, before
    assert reader.returncode == 0
