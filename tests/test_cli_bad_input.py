"""Every mistake gets one line on stderr that names the thing and the remedy, exit code 2, and changes nothing."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from tests.builders import git, make_repo, make_tree
from tests.command_line import run, run_process


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trees and repositories to be wrong about."""
    root = tmp_path_factory.mktemp("place")
    make_repo(root / "repo", {"web/a.rb": "x", "b.rb": "y"})
    make_tree(root / "repo", {"untracked/c": "z"})
    make_repo(root / "staged", {"a": "x"}, commit=False)
    git(root, "init", "-q", "empty")
    git(root, "init", "-q", "--bare", "bare.git")
    make_tree(root / "plain", {"a.rb": "x"})
    make_tree(root / "is-directory", {".slugignore/x": "y"})
    make_tree(root / "leads-out", {".slugignore": Path("../plain/a.rb")})
    make_tree(root / "leads-nowhere", {".slugignore": Path("nowhere")})
    make_tree(root / "utf-16", {".slugignore": "spec\n".encode("utf-16")})
    make_tree(root / "nul", {".slugignore": b"spec\nd\0cs\n"})
    make_tree(root / "braces", {".slugignore": "{a,b}" * 40 + "\n"})
    make_repo(root / "committed-link", {".slugignore": Path("../plain/a.rb"), "a": "x"})
    return root


def everything(root: Path) -> dict[str, tuple[int, int, str]]:
    """Each path with its time stamp, mode and content."""
    found = {}
    for directory, names, files in os.walk(root):
        for name in [*names, *files]:
            path = Path(directory, name)
            info = path.lstat()
            content = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            found[str(path)] = (info.st_mtime_ns, info.st_mode, content)
    return found


MISTAKES = [
    # the source
    ("plain --rev HEAD", "plain: is in no git repository, so it has no commit HEAD; drop --rev"),
    (
        "staged --rev HEAD",
        "HEAD: the repository has no commits yet; make one, or measure the working tree without --rev",
    ),
    ("empty", "{place}/empty: no commits yet and nothing is tracked; git add your files, or use --no-git"),
    ("repo --rev nope", "nope: not a commit in this repository; run git log to find one"),
    ("repo --rev=--all", "--all: not a commit in this repository; run git log to find one"),
    ("repo --rev HEAD:b.rb", "HEAD:b.rb: not a commit in this repository; run git log to find one"),
    ("bare.git", "{place}/bare.git: is a bare repository; name the commit to measure with --rev"),
    ("plain --no-git --rev HEAD", "--rev: names a commit, which --no-git rules out; drop one of them"),
    ("plain/a.rb", "plain/a.rb: is not a directory; name the directory to measure, not a file in it"),
    ("ls ./missing", "./missing: does not exist; name a directory to measure"),
    ("audit mis/sing", "mis/sing: does not exist; name a directory to measure"),
    ("chekc", "chekc: unknown command, and no such directory; did you mean check?"),
    ("nothing", "nothing: unknown command, and no such directory; see slugtrim --help"),
    # the prefix
    ("repo --prefix ../plain", "--prefix ../plain: is not below the root; name a directory relative to the root"),
    ("repo --prefix /etc", "--prefix /etc: is not below the root; name a directory relative to the root"),
    ("repo --prefix nope", "nope: git tracks nothing below it; name a tracked directory for --prefix"),
    ("repo --prefix untracked", "untracked: git tracks nothing below it; name a tracked directory for --prefix"),
    (
        "repo --rev HEAD --prefix nope",
        "nope: is no directory of HEAD; name one for --prefix that git ls-tree shows",
    ),
    (
        "repo --rev HEAD --prefix b.rb",
        "b.rb: is no directory of HEAD; name one for --prefix that git ls-tree shows",
    ),
    (
        "plain --no-git --prefix nope",
        "{place}/plain/nope: cannot be read (No such file or directory); name a directory you may read",
    ),
    # the rules
    ("is-directory", ".slugignore: is not a file; the platform reads rules from a file of that name only"),
    ("leads-out", ".slugignore: is a symlink out of the tree; put the rules themselves into the file"),
    ("leads-nowhere", ".slugignore: cannot be read (No such file or directory); make it a readable file"),
    ("utf-16", ".slugignore: is UTF-16, which the platform reads as noise; save it as UTF-8"),
    ("nul", ".slugignore:2: has a NUL byte, so it is not a text file; save it as UTF-8 text"),
    ("ls nul --dialect glob", ".slugignore:2: has a NUL byte, so it is not a text file; save it as UTF-8 text"),
    (
        "committed-link --rev HEAD",
        ".slugignore: is a symlink to no file of this commit; put the rules themselves into the file",
    ),
    # the options
    ("plain --report json", "--report json: expected FORMAT=FILE; FORMAT is one of text, json, html"),
    ("plain --report json=", "--report json=: expected FORMAT=FILE; FORMAT is one of text, json, html"),
    ("plain --report xml=out", "--report xml=out: expected FORMAT=FILE; FORMAT is one of text, json, html"),
    ("plain -o missing/out", "missing/out: cannot be written (No such file or directory); name a writable file"),
    ("plain -o repo", "repo: cannot be written (Is a directory); name a writable file"),
    (
        "plain --report json=missing/out",
        "missing/out: cannot be written (No such file or directory); name a writable file",
    ),
    ("-C missing ls", "-C missing: No such file or directory; name a directory to run in"),
    ("-C plain/a.rb", "-C plain/a.rb: Not a directory; name a directory to run in"),
    ("explain -C repo ../plain/a.rb", "../plain/a.rb: is outside {place}/repo; name a path below it"),
    ("explain -C repo ..", "..: is outside {place}/repo; name a path below it"),
    ("explain -C repo --prefix web b.rb", "b.rb: is outside {place}/repo/web; name a path below it"),
    ("explain -C nul x", ".slugignore:2: has a NUL byte, so it is not a text file; save it as UTF-8 text"),
    ("explain -C empty x", "{place}/empty: no commits yet and nothing is tracked; git add your files, or use --no-git"),
]


@pytest.mark.parametrize(("arguments", "message"), MISTAKES, ids=[arguments for arguments, _ in MISTAKES])
def test_a_mistake_gets_one_line(place: Path, arguments: str, message: str) -> None:
    before = everything(place)
    code, stdout, stderr = run(*arguments.split(), cwd=place)
    assert stderr.decode() == "slugtrim: " + message.replace("{place}", str(place)) + "\n"
    assert (code, stdout) == (2, b"")
    assert everything(place) == before


@pytest.mark.parametrize(
    ("arguments", "named", "remedy"),
    [
        ("--nope", ["--nope"], "; see slugtrim audit --help\n"),
        ("ls --formt json", ["--formt", "--format"], "; see slugtrim ls --help\n"),
        ("ls plain --format xml", ["--format", "xml", "text", "json"], "; see slugtrim ls --help\n"),
        ("plain --color red", ["--color", "red", "auto", "always", "never"], "; see slugtrim audit --help\n"),
        ("ls plain repo", ["repo"], "; see slugtrim ls --help\n"),
        ("explain", ["FILE..."], "; see slugtrim explain --help\n"),
        ("plain --rev", ["--rev"], " --help\n"),
    ],
)
def test_a_mistake_that_click_words_gets_one_line(place: Path, arguments: str, named: list[str], remedy: str) -> None:
    """Its words change from version to version; what they name and the remedy do not."""
    code, stdout, stderr = run(*arguments.split(), cwd=place)
    text = stderr.decode()
    assert (code, stdout, text.count("\n")) == (2, b"", 1)
    assert text.startswith("slugtrim: ")
    assert text.endswith(remedy)
    assert [word for word in named if word not in text] == []


def test_rules_that_would_never_end_get_one_line(place: Path) -> None:
    code, stdout, stderr = run("braces", cwd=place)
    assert (code, stdout) == (2, b"")
    assert stderr.startswith(b"slugtrim: .slugignore:1: the braces in ")
    assert stderr.count(b"\n") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["pl\nain"], rb'slugtrim: "pl\nain": unknown command, and no such directory; see slugtrim --help'),
        (["a/\x1b[2J"], rb'slugtrim: "a/\033[2J": does not exist; name a directory to measure'),
        ([b"./\xff"], b"slugtrim: ./\xff: does not exist; name a directory to measure"),
        (["-C", "\u202e"], rb'slugtrim: -C "\342\200\256": No such file or directory; name a directory to run in'),
        (
            ["plain", "-o", "no/\n"],
            rb'slugtrim: "no/\n": cannot be written (No such file or directory); name a writable file',
        ),
    ],
)
def test_a_name_in_a_message_is_quoted(place: Path, arguments: list[str | bytes], message: bytes) -> None:
    code, stdout, stderr = run_process(*arguments, cwd=place)
    assert (code, stdout, stderr.count(b"\n")) == (2, b"", 1)
    assert stderr.startswith(message)


def test_git_is_not_there(place: Path, tmp_path: Path) -> None:
    message = b"slugtrim: git: not found on PATH; install git, or measure a plain directory with --no-git\n"
    assert run_process("plain", cwd=place, PATH=str(tmp_path)) == (2, b"", message)
    assert run_process("ls", "plain", "--no-git", cwd=place, PATH=str(tmp_path)) == (0, b"a.rb\n", b"")


def test_git_is_not_executable(place: Path, tmp_path: Path) -> None:
    make_tree(tmp_path, {"git": "#!/bin/sh\n"})
    message = (
        b"slugtrim: git: cannot be run (Permission denied); fix that, or measure a plain directory with --no-git\n"
    )
    assert run_process("plain", cwd=place, PATH=str(tmp_path)) == (2, b"", message)


def test_git_is_too_old(place: Path, tmp_path: Path) -> None:
    """An old rev-parse prints the options that it does not know."""
    script = '#!/bin/sh\ncase "$*" in version) echo git version 2.20.1;; *) echo --path-format=absolute;; esac\n'
    make_tree(tmp_path, {"git*": script})
    message = b"slugtrim: git: version 2.20.1 is too old; install git 2.31 or newer\n"
    assert run_process("plain", cwd=place, PATH=f"{tmp_path}:/usr/bin:/bin") == (2, b"", message)


def test_a_slugignore_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore": "spec\n", "a": "x"})
    (tmp_path / ".slugignore").chmod(0)
    if os.access(tmp_path / ".slugignore", os.R_OK):
        pytest.skip("root may read everything")
    message = b"slugtrim: .slugignore: cannot be read (Permission denied); make it a readable file\n"
    assert run("--no-git", cwd=tmp_path) == (2, b"", message)


@pytest.mark.parametrize("command", [["audit"], ["ls"], ["explain", "a.rb"]])
def test_every_command_refuses_a_tree_it_cannot_open(place: Path, command: list[str]) -> None:
    message = b"slugtrim: nope: not a commit in this repository; run git log to find one\n"
    assert run(*command, "-C", "repo", "--rev", "nope", cwd=place) == (2, b"", message)
