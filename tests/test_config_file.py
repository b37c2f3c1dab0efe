"""Where settings are found, and what is said of a file that cannot hold any."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from slugtrim.budget import Written
from slugtrim.config import load_config
from slugtrim.config.settings import Config, Flags
from slugtrim.errors import ConfigError
from slugtrim.sources import find_tree
from tests.builders import Content, commit_all, copy_bare, git, make_repo, make_tree, unprivileged
from tests.command_line import run, working_in
from tests.rows import each_row

TOTAL = '[budgets]\ntotal = "5MB"\n'
TOOL = '[tool.slugtrim.budgets]\ntotal = "6MB"\n'
BROKEN = "[project\nname = \n"


def loaded(
    root: Path, *, rev: str | None = None, prefix: bytes = b"", use_git: bool = True, file: str | None = None
) -> Config:
    found = find_tree(bytes(root), rev=rev, prefix=prefix, use_git=use_git)
    return load_config(found.source, Flags(file=file), {}, git_dir=found.git_dir)


def total_of(config: Config) -> Written | None:
    total = config.for_target().budgets.total
    return total.written if total is not None else None


def refusal(root: Path, *, rev: str | None = None, use_git: bool = True, file: str | None = None) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(root, rev=rev, use_git=use_git, file=file)
    return str(caught.value)


@pytest.mark.parametrize(
    ("files", "name", "line"),
    [
        ({"slugtrim.toml": TOTAL}, "slugtrim.toml", 2),
        ({"slugtrim.toml": "\ufeff" + TOTAL.replace("\n", "\r\n")}, "slugtrim.toml", 2),
        ({"pyproject.toml": "[project]\nname = 'x'\n" + TOOL}, "pyproject.toml", 4),
        ({"pyproject.toml": "tool.slugtrim.budgets = {total = '6MB'}\n"}, "pyproject.toml", 1),
        ({"pyproject.toml": TOOL, "slugtrim.toml": "# nothing yet\n"}, "pyproject.toml", 2),
        ({"pyproject.toml": "[tool.slugtrim]\n", "slugtrim.toml": TOTAL}, "slugtrim.toml", 2),
        ({"pyproject.toml": BROKEN, "slugtrim.toml": TOTAL}, "slugtrim.toml", 2),
        ({"slugtrim.toml": Path("conf/s"), "conf/s": TOTAL}, "slugtrim.toml", 2),
    ],
)
@pytest.mark.parametrize("rev", [None, "HEAD"])
def test_settings_are_found_in_either_file(
    tmp_path: Path, files: Mapping[bytes | str, Content], name: str, line: int, rev: str | None
) -> None:
    root = make_repo(tmp_path / "app", {**files, "a": "x"})
    copy_bare(root, tmp_path / "bare.git")
    assert total_of(loaded(root, rev=rev)) == Written(name=name, line=line)
    assert total_of(loaded(root, use_git=False)) == Written(name=name, line=line)
    assert total_of(loaded(tmp_path / "bare.git", rev="HEAD")) == Written(name=name, line=line)


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"pyproject.toml": BROKEN},
        {"pyproject.toml": b"\xff\xfe"},
        {"pyproject.toml": "[project]\ndependencies = ['slugtrim']\n"},
        {"pyproject.toml": "tool = 'slugtrim'\n"},
        {"pyproject.toml": Path("nowhere")},
        {"pyproject.toml/slugtrim": "x"},
        {"sub/slugtrim.toml": TOTAL},
    ],
)
def test_without_settings_there_is_no_configuration(tmp_path: Path, files: Mapping[bytes | str, Content]) -> None:
    root = make_repo(tmp_path / "app", {**files, "a": "x"})
    assert loaded(root) == Config()
    assert loaded(root, rev="HEAD") == Config()


def test_the_file_on_disk_counts_also_for_a_commit(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"slugtrim.toml": "dialect = 'glob'\n", "a": "x"})
    (root / "slugtrim.toml").write_text("\n" + TOTAL)
    assert total_of(loaded(root, rev="HEAD")) == Written(name="slugtrim.toml", line=3)
    (root / "slugtrim.toml").unlink()
    assert loaded(root, rev="HEAD") == Config()


def test_of_a_linked_work_tree_its_own_file_counts(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a": "x"})
    copy_bare(root, tmp_path / "bare.git")
    git(tmp_path / "bare.git", "worktree", "add", "-q", str(tmp_path / "linked"))
    make_tree(root, {"slugtrim.toml": "[budgets]\ntotal = '1MB'\n"})
    make_tree(tmp_path / "linked", {"slugtrim.toml": TOTAL})
    assert total_of(loaded(tmp_path / "linked", rev="HEAD")) == Written(name="slugtrim.toml", line=2)


def test_of_a_bare_repository_the_measured_commit_counts(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"slugtrim.toml": TOTAL, "a": "x"})
    (root / "slugtrim.toml").write_text("\n\n" + TOTAL)
    commit_all(root)
    (root / "slugtrim.toml").unlink()
    commit_all(root)
    copy_bare(root, tmp_path / "bare.git")
    lines = [total_of(loaded(tmp_path / "bare.git", rev=rev)) for rev in ("HEAD~2", "HEAD~", "HEAD")]
    assert lines == [Written(name="slugtrim.toml", line=2), Written(name="slugtrim.toml", line=4), None]


@pytest.mark.parametrize("prefix", [b"web", b":web", b"web[1]"])
def test_the_prefix_s_own_file_comes_before_the_root_s(tmp_path: Path, prefix: bytes) -> None:
    name = prefix.decode()
    root = make_repo(tmp_path / "app", {f"{name}/a": "x", "slugtrim.toml": TOTAL})
    git(tmp_path, "clone", "-q", "--bare", "app", "root.git")
    for rev in (None, "HEAD"):
        assert total_of(loaded(root, rev=rev, prefix=prefix)) == Written(name="slugtrim.toml", line=2)
    assert total_of(loaded(tmp_path / "root.git", rev="HEAD", prefix=prefix)) == Written(name="slugtrim.toml", line=2)
    make_tree(root, {f"{name}/pyproject.toml": TOOL})
    commit_all(root)
    git(tmp_path, "clone", "-q", "--bare", "app", "own.git")
    own = Written(name=f"{name}/pyproject.toml", line=2)
    assert total_of(loaded(root, prefix=prefix)) == own
    assert total_of(loaded(root, prefix=prefix, use_git=False)) == own
    assert total_of(loaded(tmp_path / "own.git", rev="HEAD", prefix=prefix)) == own
    assert total_of(loaded(root)) == Written(name="slugtrim.toml", line=2)


def test_an_empty_file_of_the_prefix_keeps_the_root_s_away(tmp_path: Path) -> None:
    root = make_repo(tmp_path, {"web/slugtrim.toml": "", "web/a": "x", "slugtrim.toml": TOTAL})
    assert total_of(loaded(root, prefix=b"web")) is None


MISTAKES: list[tuple[str, Mapping[bytes | str, Content], str]] = [
    (
        "both",
        {"pyproject.toml": "\n" + TOOL, "slugtrim.toml": TOTAL},
        "pyproject.toml:2: [tool.slugtrim] has settings, and so does slugtrim.toml; keep one of the two",
    ),
    (
        "not TOML",
        {"slugtrim.toml": "[budgets]\n\ntotal 5\n"},
        "slugtrim.toml:3: is not TOML (Expected '=' after a key in a key/value pair, column 7); "
        "fix the line, or use --no-config",
    ),
    (
        "ends early",
        {"slugtrim.toml": "[budgets]\npaths = [\n\n"},
        "slugtrim.toml:2: is not TOML (Invalid value, end of the file); fix the line, or use --no-config",
    ),
    (
        "twice",
        {"slugtrim.toml": "[budgets]\n[budgets]\n"},
        "slugtrim.toml:2: is not TOML (Cannot declare ('budgets',) twice, column 9); fix the line, or use --no-config",
    ),
    (
        "pyproject not TOML",
        {"pyproject.toml": "[tool.slugtrim]\n= 1"},
        "pyproject.toml:2: is not TOML (Invalid statement, column 1); fix the line, or use --no-config",
    ),
    ("not UTF-8", {"slugtrim.toml": b"a = 1\n# \xff\n"}, "slugtrim.toml:2: is not UTF-8 text; save it as UTF-8"),
    (
        "UTF-16",
        {"slugtrim.toml": TOTAL.encode("utf-16")},
        "slugtrim.toml:1: is not UTF-8 text; save it as UTF-8",
    ),
    (
        "deep",
        {"slugtrim.toml": "\na = " + "[" * 100_000},
        "slugtrim.toml:2: is nested too deeply; flatten it",
    ),
    (
        "long key",
        {"pyproject.toml": "[tool.slugtrim]\n" + "a." * 100_000 + "a = 1"},
        "pyproject.toml:2: is nested too deeply; flatten it",
    ),
    (
        "large",
        {"slugtrim.toml": b"#" * (1 << 20) + b"\n"},
        "slugtrim.toml: is larger than 1 MB, too large for a settings file; shorten it",
    ),
    (
        "directory",
        {"slugtrim.toml/a": "x"},
        "slugtrim.toml: is not a file; settings must be in a regular file",
    ),
    (
        "no table",
        {"pyproject.toml": "[tool]\nslugtrim = 5\n"},
        "pyproject.toml:2: tool.slugtrim: 5 is not a table; write [tool.slugtrim]",
    ),
]


@pytest.mark.parametrize(("files", "message"), [case[1:] for case in MISTAKES], ids=[case[0] for case in MISTAKES])
def test_a_file_that_holds_no_settings_gets_one_line(
    tmp_path: Path, files: Mapping[bytes | str, Content], message: str
) -> None:
    root = make_repo(tmp_path / "app", {**files, "a": "x"})
    copy_bare(root, tmp_path / "bare.git")
    assert refusal(root) == message
    assert refusal(root, rev="HEAD") == message
    assert refusal(tmp_path / "bare.git", rev="HEAD") == message


def test_a_long_number_is_not_toml(tmp_path: Path) -> None:
    make_tree(tmp_path, {"slugtrim.toml": f"files = {'9' * 5000}\n"})
    message = refusal(tmp_path)
    assert message.startswith("slugtrim.toml: is not TOML (Exceeds the limit (4300")
    assert message.endswith("); fix it, or use --no-config")


@pytest.mark.parametrize(
    ("name", "target", "message"),
    [
        (
            "slugtrim.toml",
            "../outside",
            "slugtrim.toml: is a symlink out of the repository; put the settings into the file itself",
        ),
        (
            "pyproject.toml",
            "../outside",
            "pyproject.toml: is a symlink out of the repository; put the settings into the file itself",
        ),
        (
            "slugtrim.toml",
            "nowhere",
            "slugtrim.toml: cannot be read (No such file or directory); make it a readable file",
        ),
        (
            "slugtrim.toml",
            "slugtrim.toml",
            "slugtrim.toml: cannot be read (Too many levels of symbolic links); make it a readable file",
        ),
    ],
)
def test_a_link_is_not_followed_out_of_the_repository(tmp_path: Path, name: str, target: str, message: str) -> None:
    make_tree(tmp_path, {"outside": TOOL})
    root = make_repo(tmp_path / "app", {name: Path(target), "a": "x"})
    assert refusal(root) == message
    copy_bare(root, tmp_path / "bare.git")
    message = f"{name}: is a symlink to a file missing from this commit; put the settings into the file itself"
    assert refusal(tmp_path / "bare.git", rev="HEAD") == message


def test_a_link_in_a_commit_does_not_lead_out_of_it(tmp_path: Path) -> None:
    for number, target in enumerate(("..", "/etc/passwd", "sub/../../x", "sub", "link", "")):
        links: dict[bytes | str, Content] = {"slugtrim.toml": Path(target)} if target else {}
        make_repo(tmp_path / f"app{number}", {**links, "sub/a": "x", "link": Path("sub/a")})
        git(tmp_path, "clone", "-q", "--bare", f"app{number}", f"{number}.git")
        if not target:
            assert loaded(tmp_path / f"{number}.git", rev="HEAD") == Config()
            continue
        assert refusal(tmp_path / f"{number}.git", rev="HEAD").startswith("slugtrim.toml: is ")


@pytest.mark.parametrize("name", ["slugtrim.toml", "pyproject.toml"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    make_tree(tmp_path, {"a": "x"})
    os.mkfifo(tmp_path / name)
    if name == "pyproject.toml":
        assert loaded(tmp_path) == Config()
    else:
        assert refusal(tmp_path) == "slugtrim.toml: is not a file; settings must be in a regular file"


def test_a_file_that_may_not_be_read_is_named() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as directory:  # pytest's own directories are closed to others
        root = make_tree(Path(directory), {"slugtrim.toml": TOTAL, "a": "x"})
        (root / "slugtrim.toml").chmod(0)
        with unprivileged(root):
            message = refusal(root, use_git=False)
    assert message == "slugtrim.toml: cannot be read (Permission denied); make it a readable file"


def bare_repository(root: Path, files: Mapping[bytes | str, Content]) -> Path:
    """A bare repository whose objects lie loose, each in a file of its own."""
    git_dir = make_repo(root, files) / ".git"
    git(git_dir, "config", "core.bare", "true")
    return git_dir


def object_file(bare: Path, name: str) -> Path:
    id_ = git(bare, "rev-parse", name).decode().strip()
    file = bare / "objects" / id_[:2] / id_[2:]
    file.chmod(0o644)
    return file


def test_an_object_that_is_missing_or_damaged_is_named(tmp_path: Path) -> None:
    comment = "# " + random.Random(0).randbytes(20_000).hex() + "\n"
    bare = bare_repository(tmp_path / "app", {"slugtrim.toml": comment + TOTAL, "a": "x"})
    assert total_of(loaded(bare, rev="HEAD")) == Written(name="slugtrim.toml", line=3)
    file = object_file(bare, "HEAD:slugtrim.toml")
    content = file.read_bytes()
    message = "slugtrim.toml: cannot be read (its object is missing or damaged); fetch it, or use --no-config"
    file.write_bytes(content[: len(content) // 2])
    assert refusal(bare, rev="HEAD") == message
    file.unlink()
    assert refusal(bare, rev="HEAD") == message


def test_a_commit_whose_files_cannot_be_listed_is_an_error_of_one_line(tmp_path: Path) -> None:
    bare = bare_repository(tmp_path / "app", {"slugtrim.toml": TOTAL, "a": "x"})
    object_file(bare, "HEAD^{tree}").unlink()
    message = refusal(bare, rev="HEAD")
    assert message.startswith("slugtrim.toml: git can't tell whether it exists (")
    assert message.endswith("); use --no-config")
    assert "\n" not in message


def test_in_a_commit_only_a_file_holds_settings_for_other_tools(tmp_path: Path) -> None:
    bare = bare_repository(tmp_path / "app", {"pyproject.toml/slugtrim": "x", "a": "x"})
    assert loaded(bare, rev="HEAD") == Config()


def test_a_named_file_takes_the_place_of_what_is_found(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"slugtrim.toml": "dialect = 'glob'\n", "a": "x"})
    make_tree(tmp_path, {"other": "\n" + TOTAL, "py/pyproject.toml": TOOL, "link": Path("other")})
    with working_in(tmp_path):
        for name, line in (("other", 3), ("py/pyproject.toml", 2), ("link", 3), (str(tmp_path / "other"), 3)):
            config = loaded(root, file=name)
            assert total_of(config) == Written(name=name, line=line)
            assert (config.dialect, config.path) == (None, os.fsencode(name))


@each_row(
    "name, message",
    [
        ("nope.toml", "--config nope.toml: does not exist; name a settings file, or use --no-config"),
        ("", "--config : does not exist; name a settings file, or use --no-config"),
        ("a\0", '--config "a\\000": does not exist; name a settings file, or use --no-config'),
        ("app", "--config app: is not a file; settings must be in a regular file"),
        ("/dev/null", "--config /dev/null: is not a file; settings must be in a regular file"),
        ("pipe", "--config pipe: is not a file; settings must be in a regular file"),
        ("pyproject.toml", "--config pyproject.toml: has no [tool.slugtrim]; add one, or name another file"),
        (
            "broken",
            "broken:1: is not TOML (Expected '=' after a key in a key/value pair, column 3); "
            "fix the line, or use --no-config",
        ),
        (
            "wrong",
            "wrong:1: x: unknown key; the keys are platform, dialect, buildpacks, buildpack-overhead, slug-limit, "
            "budgets, targets, suggest, lint",
        ),
    ],
)
def test_a_named_file_must_hold_settings(tmp_path: Path, name: str, message: str) -> None:
    make_tree(tmp_path, {"pyproject.toml": "[project]\n", "broken": "a b", "wrong": "x = 1", "app/a": "x"})
    os.mkfifo(tmp_path / "pipe")
    with working_in(tmp_path):
        assert refusal(tmp_path / "app", file=name) == message


def test_without_a_file_none_is_read(tmp_path: Path) -> None:
    make_tree(tmp_path, {"slugtrim.toml": "broken", "a": "x", "other": "broken"})
    found = find_tree(bytes(tmp_path), use_git=False)
    assert load_config(found.source, Flags(use_file=False), {"SLUGTRIM_CONFIG": "other"}, git_dir=None) == Config()
    assert run("ls", "--no-config", cwd=tmp_path).code == 0
