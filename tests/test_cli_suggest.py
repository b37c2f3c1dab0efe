"""``slugtrim suggest``: what it prints, what it writes, and what it refuses."""

from __future__ import annotations

import json
import os
import random
import resource
import tomllib
from pathlib import Path
from typing import Any

import pytest

from slugtrim.cli.group import with_command
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import Run, run, run_process
from tests.test_reports_json import checked

NOISE = random.Random(7)
FILES: dict[bytes | str, Content] = {
    ".rspec": "--color\n",
    ".slugignore": "/log\r\n*.tmp\r\n",
    "Gemfile": 'source "https://rubygems.org"\ngem "rails"\n',
    "Gemfile.lock": "GEM\n",
    "app/models/user.rb": "class User; end\n" * 300,
    "config.ru": "run App\n",
    "config/application.rb": "module App; end\n",
    "design/logo.psd": NOISE.randbytes(300_000),
    "docs/guide.md": NOISE.randbytes(1000).hex(),
    "lib/help.rb": 'def help = File.read("docs/guide.md")\ndef poster = File.read("media/poster.png")\n',
    "media/[promo] film.mp4": NOISE.randbytes(200_000),
    "media/poster.png": NOISE.randbytes(500),
    "spec/models/user_spec.rb": NOISE.randbytes(60_000).hex(),
    "spec/spec_helper.rb": NOISE.randbytes(10_000).hex(),
}


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    return make_repo(tmp_path / "repo", FILES)


def suggested(cwd: Path, *arguments: str) -> dict[str, Any]:
    code, stdout, stderr = run("suggest", "--format", "json", *arguments, cwd=cwd)
    assert (code, stderr) == (0, b"")
    return checked(stdout.decode(), "suggest")


def patterns(cwd: Path, *arguments: str) -> list[str]:
    return [entry["pattern"] for entry in suggested(cwd, *arguments)["suggestions"]]


def snapshot(root: Path) -> dict[str, tuple[int, bytes]]:
    return {
        str(path.relative_to(root)): (path.lstat().st_mode, path.read_bytes() if path.is_file() else b"")
        for path in root.rglob("*")
    }


def test_it_suggests_what_nothing_reads_and_says_what_it_saves(repository: Path) -> None:
    before = snapshot(repository)
    code, stdout, stderr = run("suggest", cwd=repository)
    assert (code, stderr) == (0, b"")
    text = stdout.decode()
    assert text.splitlines()[2].startswith("Tracked files, at ")
    for pattern in ("/design/logo.psd", "/media/[[]promo] film.mp4", "/spec"):
        assert any(line.endswith(f"  {pattern}") for line in text.splitlines()), pattern
    assert "guide.md" not in text
    assert snapshot(repository) == before
    assert run_process("suggest", str(repository), cwd=repository.parent) == (0, stdout, b"")


def test_what_stays_and_who_reads_it_is_shown_when_asked(repository: Path) -> None:
    assert suggested(repository)["withheld"] is None
    withheld = suggested(repository, "--all")["withheld"]
    (docs,) = [item for item in withheld if item["path"] in ("docs", "docs/guide.md")]
    assert [(item["kind"], item["path"], item["line"]) for item in docs["evidence"]] == [("reader", "lib/help.rb", 1)]
    text = run("suggest", "--all", cwd=repository).stdout.decode()
    assert '      lib/help.rb:1: names "docs/guide.md" (← Rails loads it) [read]\n' in text


def test_brief_is_one_line(repository: Path) -> None:
    code, stdout, stderr = run("suggest", "-q", cwd=repository)
    assert (code, stderr, stdout.count(b"\n")) == (0, b"", 1)
    assert stdout.decode().count(" small → ") == 1


def test_entries_below_what_was_asked_are_only_counted(repository: Path) -> None:
    large = suggested(repository, "--min-saving", "100 KB")
    assert [entry["pattern"] for entry in large["suggestions"]] == ["/design/logo.psd", "/media/[[]promo] film.mp4"]
    assert (large["small"]["entries"], large["small"]["min_saving_bytes"]) == (2, 102_400)
    assert "/.rspec" in patterns(repository, "--min-saving=0")
    assert "/.rspec" not in patterns(repository)
    text = run("suggest", "--min-saving", "100KB", cwd=repository).stdout
    assert b"  /spec\n" not in text
    assert b"\n2 more entries save less than 100K each (--min-saving 0 shows them).\n" in text
    assert b"/spec" not in run("suggest", "--min-saving", "100KB", "--diff", cwd=repository).stdout
    assert run("--min-saving", "100KB", "suggest", "-q", cwd=repository).code == 0
    assert with_command(["--min-saving", "ls", "suggest"]) == ["suggest", "--min-saving", "ls"]


CONDITIONAL = "slugtrim: 1 conditional entry not written (195.7K); review it and add --conditional\n"


def test_writing_adds_the_safe_entries_and_keeps_the_rest(repository: Path) -> None:
    expected = suggested(repository)
    (repository / ".slugignore").chmod(0o600)
    code, stdout, stderr = run("suggest", "--write", cwd=repository / "app")
    assert stderr.decode() == (
        f"slugtrim: {repository}/.slugignore: added 2 entries; commit it, since a push sends only commits\n"
        + CONDITIONAL
    )
    assert (code, b"  - Run git add .slugignore, and commit it: a push sends only commits.\n" in stdout) == (0, True)
    content = (repository / ".slugignore").read_bytes()
    lines = [
        "# Tests: only developers and CI run them",
        "/spec",
        "# Design sources: only their exports are served",
        "/design/logo.psd",
    ]
    assert content == b"/log\r\n*.tmp\r\n\r\n" + "".join(f"{line}\r\n" for line in lines).encode()
    assert (repository / ".slugignore").stat().st_mode & 0o777 == 0o600
    for dialect in ("gitignore", "glob"):
        measured = json.loads(run("--format", "json", "--dialect", dialect, cwd=repository).stdout)
        assert measured["slug"]["files"] == expected["after"]["files"]
        assert [item["state"] for item in measured["rules"][2:]] == ["active"] * 2


def test_conditional_entries_are_written_when_asked(repository: Path) -> None:
    code, _, stderr = run("suggest", "--write", "--conditional", cwd=repository)
    assert (code, stderr.decode()) == (
        0,
        f"slugtrim: {repository}/.slugignore: added 3 entries; commit it, since a push sends only commits\n",
    )
    assert (
        (repository / ".slugignore")
        .read_bytes()
        .endswith(b"\r\n# Media that nothing uses\r\n/media/[[]promo] film.mp4\r\n")
    )


def test_writing_again_changes_nothing(repository: Path) -> None:
    run("suggest", "--write", "--conditional", "-q", cwd=repository)
    before = snapshot(repository)
    info = (repository / ".slugignore").stat()
    code, stdout, stderr = run("suggest", "--write", cwd=repository)
    assert stderr.decode() == f"slugtrim: {repository}/.slugignore: nothing to add\n"
    assert (code, b"Nothing to suggest" in stdout) == (0, True)
    assert snapshot(repository) == before
    assert (repository / ".slugignore").stat().st_ino == info.st_ino


def test_where_there_is_nothing_to_add_no_file_is_made(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "repo", {"app.rb": "puts 1\n"})
    code, _, stderr = run("suggest", "--write", cwd=root)
    assert (code, stderr.decode()) == (0, f"slugtrim: {root}/.slugignore: nothing to add\n")
    assert not (root / ".slugignore").exists()


def test_the_diff_is_what_writing_does(repository: Path) -> None:
    code, diff, stderr = run("suggest", "--diff", cwd=repository)
    assert (code, stderr.decode()) == (0, CONDITIONAL)
    assert git(repository, "status", "--porcelain") == b""
    both = run("suggest", "--diff", "--write", "-q", cwd=repository)
    assert both == Run(0, diff, b"")
    written = (repository / ".slugignore").read_bytes()
    git(repository, "checkout", "-q", ".slugignore")
    git(repository, "apply", "-", stdin=diff)
    assert (repository / ".slugignore").read_bytes() == written
    git(repository, "checkout", "-q", ".slugignore")
    git(repository, "rm", "-q", ".slugignore")
    commit_all(repository)
    assert run("suggest", "--diff", cwd=repository).stdout.startswith(
        b"diff --git a/.slugignore b/.slugignore\nnew file mode 100644\n--- /dev/null\n+++ b/.slugignore\n@@ -0,0 +1,"
    )


def test_every_format_has_the_same_patterns(repository: Path, tmp_path: Path) -> None:
    expected = patterns(repository)
    some = run("suggest", "--format", "project-toml", cwd=repository)
    assert (some.code, some.stderr.decode()) == (0, CONDITIONAL)
    assert tomllib.loads(some.stdout.decode())["io"]["buildpacks"]["exclude"] == ["/spec", "/design/logo.psd"]
    toml = run("suggest", "--format", "project-toml", "--conditional", cwd=repository)
    assert (toml.code, toml.stderr) == (0, b"")
    assert sorted(tomllib.loads(toml.stdout.decode())["io"]["buildpacks"]["exclude"]) == sorted(expected)
    reports = ("--report", f"json={tmp_path}/s.json", f"--report=project-toml={tmp_path}/p.toml")
    assert run("suggest", "--diff", *reports, cwd=repository) == run("suggest", "--diff", cwd=repository)
    assert (tmp_path / "p.toml").read_bytes() == some.stdout
    assert [entry["pattern"] for entry in json.loads((tmp_path / "s.json").read_bytes())["suggestions"]] == expected


def test_both_dialects_and_every_source_say_the_same(repository: Path) -> None:
    expected = patterns(repository)
    assert patterns(repository, "--dialect", "glob") == expected
    assert patterns(repository, "--rev", "HEAD") == expected
    assert patterns(repository, "--no-cache") == expected
    assert sorted(patterns(repository, "--no-git")) == sorted(expected)


def test_a_prefix_has_a_slugignore_of_its_own(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "repo", {f"web/{os.fsdecode(path)}": content for path, content in FILES.items()})
    diff = run("suggest", "--prefix", "web", "--diff", cwd=root).stdout
    assert diff.startswith(b"diff --git a/web/.slugignore b/web/.slugignore\n")
    assert run("suggest", "--prefix", "web", "--write", "-q", cwd=root).code == 0
    assert b"\r\n/spec\r\n" in (root / "web/.slugignore").read_bytes()
    assert not (root / ".slugignore").exists()


def test_a_plain_directory_may_be_written_to(tmp_path: Path) -> None:
    root = make_tree(tmp_path / "app", FILES)
    assert run("suggest", "app", "--no-git", "--write", "-q", cwd=tmp_path).code == 0
    assert b"\r\n/spec\r\n" in (root / ".slugignore").read_bytes()


def test_a_commit_is_only_looked_at(repository: Path) -> None:
    assert run("suggest", "--write", "--rev", "HEAD", cwd=repository) == Run(
        2,
        b"",
        b"slugtrim: --write: changes the .slugignore on disk, and --rev measures a commit; drop one of them\n",
    )
    text = run("suggest", "--rev", "HEAD", cwd=repository).stdout
    assert b"To add them, use --write" in text


def test_a_bare_repository_has_nothing_to_write_to(repository: Path, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository), "bare")
    code, stdout, stderr = run("suggest", "--write", "bare", cwd=tmp_path)
    assert (code, stdout) == (2, b"")
    assert stderr.decode().endswith("is a bare repository; name the commit to measure with --rev\n")


def test_a_symlink_is_not_written_through(tmp_path: Path) -> None:
    files = FILES | {"config/slugignore": "/log\n", ".slugignore": Path("config/slugignore")}
    root = make_repo(tmp_path / "repo", files)
    before = snapshot(root)
    why = "is a symlink, which --write does not follow; make it a file"
    assert run("suggest", "--write", cwd=root) == Run(2, b"", f"slugtrim: {root}/.slugignore: {why}\n".encode())
    assert snapshot(root) == before
    assert run("suggest", "--diff", cwd=root).code == 0


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--min-saving", "5"], '--min-saving: "5" has no unit; did you mean 5MB?'),
        (["--min-saving", "much"], '--min-saving: "much" is not a size; write 300MB or 300MiB'),
        (["--min-saving"], "Option '--min-saving' requires an argument; see slugtrim suggest --help"),
        (["--diff", "--format", "json"], "--diff: conflicts with --format json; drop one of them"),
        (["--diff", "--format=project-toml"], "--diff: conflicts with --format project-toml; drop one of them"),
        (["absent"], "absent: does not exist; name a directory to measure"),
        (
            ["--report", "diff=x"],
            "--report diff=x: expected FORMAT=FILE; FORMAT is one of text, json, html, project-toml",
        ),
    ],
)
def test_bad_input_is_one_line(arguments: list[str], line: str, repository: Path) -> None:
    assert run("suggest", *arguments, cwd=repository) == Run(2, b"", f"slugtrim: {line}\n".encode())


def test_without_room_on_the_disk_nothing_is_lost(repository: Path) -> None:
    """A limit on the size of files stands for the full disk."""
    before = snapshot(repository)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20, hard))
    try:
        done = run("suggest", "--write", "--no-cache", cwd=repository)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    why = "cannot be written (File too large) and is unchanged; fix that, or use --diff"
    assert done == Run(2, b"", f"slugtrim: {repository}/.slugignore: {why}\n".encode())
    assert snapshot(repository) == before


def test_a_directory_below_the_top_is_a_part(repository: Path) -> None:
    part = suggested(repository, "design")
    assert [entry["pattern"] for entry in part["suggestions"]] == ["/design/logo.psd"]
    assert (part["part"], part["slug"]) == ({"path": "design"}, suggested(repository)["slug"])
    assert b"Only design/ is searched" in run("suggest", "design/", cwd=repository).stdout
    assert suggested(repository / "design", str(repository / "spec"))["part"] == {"path": "spec"}
    assert suggested(repository / "design")["part"] is None
    code, _, stderr = run("suggest", "spec", "--write", "-q", cwd=repository)
    assert (code, stderr) == (0, b"")
    assert (repository / ".slugignore").read_bytes().endswith(b"\r\n/spec\r\n")
    (repository / "empty").mkdir()
    line = b"slugtrim: empty: nothing in it is pushed; name a directory that git tracks files in\n"
    for command in ("suggest", "ls", "audit"):
        assert run(command, "empty", cwd=repository) == Run(2, b"", line)


def test_ls_and_audit_speak_of_a_part_as_well(repository: Path) -> None:
    assert run("ls", "spec", cwd=repository).stdout == b"spec/models/user_spec.rb\nspec/spec_helper.rb\n"
    listed = checked(run("ls", "spec", "--format", "json", cwd=repository).stdout.decode(), "ls")
    assert (listed["part"], len(listed["files"])) == ({"path": "spec"}, 2)
    for _ in range(2):  # the second one is looked up
        audited = checked(run("audit", "spec", "--format", "json", cwd=repository).stdout.decode(), "audit")
        assert (audited["part"]["path"], audited["part"]["files"]) == ("spec", 2)
        assert [item["path"] for item in audited["directories"]] == ["spec/models"]
        assert {item["path"] for item in audited["largest"]} == {"spec/models/user_spec.rb", "spec/spec_helper.rb"}
    text = run("audit", "spec", cwd=repository).stdout.decode()
    assert "spec/ is " in text
    assert "of it: 2 files, " in text
    assert checked(run("--format", "json", cwd=repository).stdout.decode(), "audit")["part"] is None


def test_what_its_owner_decides_stands_in_the_configuration(repository: Path) -> None:
    settings = '[suggest]\ninclude = [{ pattern = "/docs", reason = "the help page is gone" }]\nexclude = ["/spec"]\n'
    (repository / "slugtrim.toml").write_text(settings)
    commit_all(repository)
    text = run("suggest", "--all", cwd=repository).stdout.decode()
    assert "  /docs\n      The help page is gone.\n" in text
    assert "Left out by slugtrim.toml:2: the help page is gone.\n" in text
    assert "lib/help.rb:1: the deploy reaches it all the same: " in text
    assert "Kept by slugtrim.toml:3.\n" in text
    assert run("suggest", "--write", "-q", cwd=repository).code == 0
    written = (repository / ".slugignore").read_bytes()
    assert written.endswith(b"\r\n# Left out on purpose\r\n# slugtrim: ignore removes-read\r\n/docs\r\n")
    commit_all(repository)
    assert run("lint", "--strict", cwd=repository).code == 0
    assert run("suggest", "--write", "-q", cwd=repository).code == 0
    assert (repository / ".slugignore").read_bytes() == written


def test_options_overrule_for_one_run(repository: Path) -> None:
    assert patterns(repository, "--exclude", "/spec", "--exclude", "*.psd") == ["/media/[[]promo] film.mp4"]
    assert "/docs" in patterns(repository, "--include", "/docs")
    assert "/docs" not in patterns(repository)
    for option in ("--include", "--exclude"):
        code, _, stderr = run("suggest", option, "!/docs", cwd=repository)
        assert (code, stderr.count(b"\n")) == (2, 1)
        assert f"slugtrim: {option} !/docs: starts with !".encode() in stderr
