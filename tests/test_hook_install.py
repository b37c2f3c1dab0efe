"""The hook in its place: beside others, found again, taken out."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from slugtrim.hook.installation import CALL
from slugtrim.hook.pushed import total_for
from slugtrim.units import KIB, MIB, parse_size
from tests.builders import Content, commit_all, git, make_repo, make_tree
from tests.command_line import run as run_here
from tests.pushes import URL, Application, make_application

pytestmark = pytest.mark.full

FILES: dict[bytes | str, Content] = {"Rakefile": b"", "app/a.bin": os.urandom(60_000)}
WATCHES = "It checks pushes to main or master of heroku.\n"
WHAT = (
    "The hook is inactive: this clone has no Heroku or Scalingo remote. Add one: heroku git:remote -a APP or "
    "scalingo git-setup --app APP\n"
    "Or name the remote that you push to in slugtrim.toml, in the remotes of a target.\n"
)
NO_BUDGET = """No budget is set: without one, the hook stops only pushes that the platform
would reject. The last commit is 58.9K, without buildpacks. To stop pushes above
1M (that size plus at least 20%, rounded up), add to slugtrim.toml:
  [budgets]
  total = "1MB"
"""
OTHER = b"""#!/bin/sh
# reads all of stdin, as git-lfs does
cat > lines-seen
printf '%s|' "$@" > arguments-seen
exit ${OTHER_STATUS:-0}
"""


@pytest.fixture
def app(tmp_path: Path) -> Application:
    return make_application(tmp_path, FILES)


def write_hook(path: Path, content: bytes = OTHER, mode: int = 0o750) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
    return content


def test_installing_says_what_it_does_and_twice_changes_nothing(app: Application) -> None:
    assert app.slugtrim("hook", "install") == (0, f"{app.hook}: installed.\n{WATCHES}{NO_BUDGET}".encode(), b"")
    first = (app.hook.read_bytes(), app.hook.stat())
    said = f"{app.hook}: already installed; nothing changed.\n{NO_BUDGET}"
    assert app.slugtrim("hook", "install") == (0, said.encode(), b"")
    assert (app.hook.read_bytes(), app.hook.stat()) == first
    assert sorted(path.name for path in app.hook.parent.iterdir() if path.suffix != ".sample") == ["pre-push"]
    assert app.slugtrim("hook", "status") == (0, f"{app.hook}: installed.\n".encode(), b"")
    gone = f"{app.hook}: uninstalled; there was no earlier hook.\n"
    assert app.slugtrim("hook", "uninstall") == (0, gone.encode(), b"")
    assert not app.hook.exists()
    assert app.slugtrim("hook", "uninstall").stdout == f"{app.hook}: not slugtrim's hook; nothing changed.\n".encode()
    none = f"{app.hook}: not installed; run slugtrim hook install.\n"
    assert app.slugtrim("hook", "status").stdout == none.encode()


def test_a_hook_that_reads_stdin_is_kept_runs_first_and_comes_back(app: Application) -> None:
    write_hook(app.hook)
    before = app.hook.stat()
    kept = app.hook.with_name("pre-push.before-slugtrim")
    told = f"{app.hook}: another hook is installed; slugtrim hook install keeps it and runs after it.\n"
    assert app.slugtrim("hook", "status").stdout == told.encode()
    told = f"{app.hook}: installed.\nYour earlier hook runs first, as {kept}.\n{WATCHES}{NO_BUDGET}"
    assert app.slugtrim("hook", "install").stdout == told.encode()
    assert app.slugtrim("hook", "status").stdout == f"{app.hook}: installed; {kept} runs first.\n".encode()
    assert app.push("heroku", "main", "main:feature") == (0, b"", b"slugtrim: main: 58.9K small\n")
    zeros = "0" * 40
    lines = [f"refs/heads/main {app.head()} refs/heads/{branch} {zeros}\n" for branch in ("main", "feature")]
    assert sorted((app.root / "lines-seen").read_text().splitlines(keepends=True)) == sorted(lines)
    assert (app.root / "arguments-seen").read_text() == f"heroku|{URL}|"
    back = f"{app.hook}: uninstalled; the earlier hook is restored.\n"
    assert app.slugtrim("hook", "uninstall").stdout == back.encode()
    assert (app.hook.read_bytes(), app.hook.stat().st_mode, kept.exists()) == (OTHER, before.st_mode, False)
    assert app.hook.stat().st_ino == before.st_ino


def test_the_failure_of_the_hook_before_wins(app: Application) -> None:
    write_hook(app.hook)
    assert app.slugtrim("hook", "install", "--budget", "10KB").code == 0
    stopped = app.push("heroku", "main", env={"OTHER_STATUS": "7"})
    assert stopped == (1, b"", b"error: failed to push some refs to 'heroku.com:app.git'\n")
    lines = f"refs/heads/main {app.head()} refs/heads/main {'0' * 40}\n".encode()
    done = subprocess.run([app.hook, "heroku", URL], cwd=app.root, input=lines, env={"OTHER_STATUS": "7"}, check=False)
    assert done.returncode == 7
    assert b"Blocked: main was not pushed to heroku.\n" in app.push("heroku", "main").stderr


@pytest.mark.parametrize(
    "content", [b"#!/bin/sh\nexit 0\n", b"exit 0\n", b"#!/bin/sh\nread -r line\nexec cat >/dev/null\n"]
)
def test_a_hook_that_reads_nothing_or_has_no_interpreter_does_no_harm(app: Application, content: bytes) -> None:
    write_hook(app.hook, content)
    assert app.slugtrim("hook", "install").code == 0
    # More than a pipe holds, in few lines: each ref costs git time.
    refs = "".join(f"create refs/heads/many-{'x' * 200}-{number} {app.head()}\n" for number in range(140))
    git(app.root, "update-ref", "--stdin", stdin=refs.encode())
    pushed = app.push("heroku", "main", "refs/heads/many-*:refs/heads/many-*")
    assert pushed == (0, b"", b"slugtrim: main: 58.9K small\n")


def test_a_hook_that_git_would_not_run_is_kept_and_not_run(app: Application) -> None:
    write_hook(app.hook, b"#!/bin/sh\nexit 9\n", mode=0o644)
    assert app.slugtrim("hook", "install").code == 0
    assert app.push("heroku", "main").code == 0
    assert app.slugtrim("hook", "uninstall").code == 0
    assert (app.hook.read_bytes(), stat.S_IMODE(app.hook.stat().st_mode)) == (b"#!/bin/sh\nexit 9\n", 0o644)


def test_a_symlinked_hook_is_not_written_through(app: Application) -> None:
    shared = app.root.parent / "shared-hook"
    write_hook(shared)
    app.hook.parent.mkdir(exist_ok=True)
    app.hook.symlink_to("../../../shared-hook")
    assert app.slugtrim("hook", "install").code == 0
    assert not app.hook.is_symlink()
    assert app.push("heroku", "main").code == 0
    assert (app.root / "lines-seen").exists()
    assert shared.read_bytes() == OTHER
    assert app.slugtrim("hook", "uninstall").code == 0
    assert os.readlink(app.hook) == "../../../shared-hook"


def test_an_edited_hook_is_refused(app: Application) -> None:
    write_hook(app.hook)
    assert app.slugtrim("hook", "install").code == 0
    edited = app.hook.read_bytes() + b"echo mine\n"
    app.hook.write_bytes(edited)
    message = (
        f"slugtrim: {app.hook}: was edited after slugtrim wrote it, so it is unchanged; "
        f"the earlier hook is {app.hook}.before-slugtrim\n"
    )
    for action in ("uninstall", "install"):
        assert app.slugtrim("hook", action) == (2, b"", message.encode())
    told = f"{app.hook}: installed, but edited since; the earlier hook is {app.hook}.before-slugtrim.\n"
    assert app.slugtrim("hook", "status") == (0, told.encode(), b"")
    assert app.hook.read_bytes() == edited


def test_a_name_that_is_taken_is_not_overwritten(app: Application) -> None:
    write_hook(app.hook)
    kept = app.hook.with_name("pre-push.before-slugtrim")
    kept.write_bytes(b"older\n")
    refused = app.slugtrim("hook", "install")
    assert (refused.code, refused.stdout) == (2, b"")
    assert refused.stderr.startswith(f"slugtrim: {kept}: exists already".encode())
    assert (app.hook.read_bytes(), kept.read_bytes()) == (OTHER, b"older\n")


def test_an_install_that_was_interrupted_goes_on(app: Application) -> None:
    write_hook(app.hook)
    os.link(app.hook, app.hook.with_name("pre-push.before-slugtrim"))
    assert app.slugtrim("hook", "install").code == 0
    assert app.slugtrim("hook", "uninstall").code == 0
    assert app.hook.read_bytes() == OTHER


def test_a_hooks_path_of_the_repository_is_used(app: Application) -> None:
    git(app.root, "config", "core.hooksPath", "my hooks")
    assert app.slugtrim("hook", "install", "-C", "app").code == 0
    assert (app.root / "my hooks/pre-push").exists()
    assert not app.hook.exists()
    assert app.push("heroku", "main", cwd=app.root / "app") == (0, b"", b"slugtrim: main: 58.9K small\n")


def managed(app: Application, name: str, place: str, line: str, env: Mapping[str, str] | None = None) -> None:
    said = f"slugtrim: hooks are managed by {name} and were not changed; add this line to {place}\n"
    done = app.slugtrim("hook", "install", env=env or {})
    assert (done.code, done.stdout) == (2, f"{line}\n".encode())
    assert re.sub(rb"commit is [\d.]+K", b"commit is 58.9K", done.stderr) == (NO + said).encode()
    status = app.slugtrim("hook", "status", env=env or {})
    assert status == (0, f"{said.removeprefix('slugtrim: ').rstrip()}:\n{line}\n".encode(), b"")
    assert app.slugtrim("hook", "uninstall", env=env or {}).code == 0


NO = "slugtrim: " + NO_BUDGET.replace("platform\n", "platform ").replace("above\n", "above ")


def test_a_global_hooks_path_is_left_alone(app: Application) -> None:
    area = app.root.parent
    (area / "gitconfig").write_text(f"[core]\n\thooksPath = {area}/global\n")
    more = {"HOME": str(area), "GIT_CONFIG_GLOBAL": str(area / "gitconfig")}
    shutil.copy(area / "gitconfig", area / ".gitconfig")
    managed(app, "core.hooksPath of your own git configuration", f"{area}/global/pre-push", CALL, more)
    assert not (area / "global").exists()
    assert not app.hook.exists()
    write_hook(area / "global/pre-push", f"#!/bin/sh\n{CALL}\n".encode())
    said = f"{area}/global/pre-push: not slugtrim's own hook, but it runs slugtrim.\n"
    for action in ("status", "install"):
        done = app.slugtrim("hook", action, env=more)
        assert (done.code, done.stdout.decode().replace(NO_BUDGET, "")) == (0, said)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    assert app.push("heroku", "main", env={"PATH": path, **more}) == (0, b"", b"slugtrim: main: 58.9K small\n")


def test_tracked_hooks_are_left_alone(app: Application) -> None:
    make_tree(app.root, {".githooks/pre-commit*": "#!/bin/sh\n"})
    commit_all(app.root)
    git(app.root, "config", "core.hooksPath", ".githooks")
    managed(app, "this repository, which tracks its hooks", f"{app.root}/.githooks/pre-push", CALL)
    assert os.listdir(app.root / ".githooks") == ["pre-commit"]


def test_husky_is_left_alone(app: Application) -> None:
    make_tree(app.root, {".husky/_/pre-push*": '#!/usr/bin/env sh\n. "$(dirname "$0")/h"', ".husky/_/.gitignore": "*"})
    git(app.root, "config", "core.hooksPath", ".husky/_")
    managed(app, "husky", ".husky/pre-push", CALL)
    assert sorted(os.listdir(app.root / ".husky/_")) == [".gitignore", "pre-push"]
    (app.root / ".husky/pre-push").write_text(f"{CALL}\n")
    assert app.slugtrim("hook", "install").code == 0


@pytest.mark.parametrize(
    ("name", "content", "settings"),
    [
        (
            "pre-commit",
            b"#!/usr/bin/env bash\n# File generated by pre-commit: https://pre-commit.com\n",
            ".pre-commit-config.yaml",
        ),
        ("lefthook", b'#!/bin/sh\ncall_lefthook()\n{\n}\ncall_lefthook run "pre-push" "$@"\n', "lefthook.yml"),
        ("husky 4", b'#!/bin/sh\n# husky\n\n. "$(dirname "$0")/husky.sh"\n', "package.json"),
    ],
)
def test_other_managers_are_left_alone(app: Application, name: str, content: bytes, settings: str) -> None:
    write_hook(app.hook, content)
    done = app.slugtrim("hook", "install")
    assert done.code == 2
    assert done.stderr.decode().startswith(f"{NO}slugtrim: hooks are managed by {name} and were not changed; add ")
    assert done.stdout.count(b"\n") == 1
    assert app.hook.read_bytes() == content
    (app.root / settings).write_text("slugtrim: other\n")
    assert app.slugtrim("hook", "install").code == 2
    (app.root / settings).write_bytes(done.stdout)  # the line that was asked for
    for action in ("install", "status"):
        done = app.slugtrim("hook", action)
        assert done.code == 0
        assert b"runs slugtrim" in done.stdout


def test_the_line_for_pre_commit_is_valid_and_stops_a_push(app: Application) -> None:
    pytest.importorskip("pre_commit", reason="pre-commit is not installed")
    write_hook(app.hook, b"# File generated by pre-commit: https://pre-commit.com\n")
    line = app.slugtrim("hook", "install", "--budget", "10KB").stdout.decode()
    app.hook.unlink()
    make_tree(app.root, {".pre-commit-config.yaml": f"repos:\n{line}"})
    commit_all(app.root)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    env = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(app.root.parent / "home")}
    command = [sys.executable, "-m", "pre_commit", "install", "--hook-type", "pre-push"]
    subprocess.run(command, cwd=app.root, env=env, capture_output=True, check=True)
    stopped = app.push("heroku", "main", env={name: env[name] for name in ("PATH", "PRE_COMMIT_HOME")})
    assert stopped.code == 1
    assert b"over the total of 10KB (slugtrim.toml:2)" in stopped.stdout + stopped.stderr


@pytest.mark.parametrize("name", ["an app", 'it\'s "mine" $HOME `x`', "n\new"])
def test_paths_with_anything_in_them_work(tmp_path: Path, name: str) -> None:
    app = make_application(tmp_path, FILES, name)
    program = tmp_path / name / "bin" / "slugtrim"
    write_hook(program, f"#!/bin/sh\nexec '{Path(sys.executable).parent / 'slugtrim'}' \"$@\"\n".encode())
    write_hook(app.hook)
    done = subprocess.run(
        [sys.executable, "-c", STARTED_AS, str(program), "hook", "install"],
        cwd=app.root,
        capture_output=True,
        check=True,
    )
    assert b": installed.\n" in done.stdout
    assert app.push("heroku", "main") == (0, b"", b"slugtrim: main: 58.9K small\n")
    assert app.slugtrim("hook", "uninstall").code == 0
    assert app.hook.read_bytes() == OTHER


STARTED_AS = "import sys; sys.argv = sys.argv[1:]; from slugtrim.cli import main; sys.exit(main(sys.argv[1:]))"


def installed_from(app: Application, program: Path, content: str) -> None:
    write_hook(program, content.encode())
    command = [sys.executable, "-c", STARTED_AS, str(program), "hook", "install"]
    subprocess.run(command, cwd=app.root, capture_output=True, check=True)


def bare_path(app: Application, *more: Path) -> dict[str, str]:
    """A PATH on which there is git and no slugtrim."""
    tools = app.root.parent / "tools"
    tools.mkdir(exist_ok=True)
    for name in ("git", "cat", "sh"):
        found = shutil.which(name)
        assert found is not None
        if not (tools / name).exists():
            (tools / name).symlink_to(found)
    return {"PATH": ":".join(map(str, (*more, tools))), "HOME": str(app.root.parent / "nobody")}


def test_slugtrim_is_found_again_or_the_push_passes_with_a_line(app: Application, tmp_path: Path) -> None:
    program = tmp_path / "venv/bin/slugtrim"
    real = f"#!/bin/sh\nexec '{Path(sys.executable).parent / 'slugtrim'}' \"$@\"\n"
    installed_from(app, program, real)
    size = b"slugtrim: main: 58.9K small\n"
    assert app.push("heroku", "main", env=bare_path(app)) == (0, b"", size)
    # The environment is there, its Python is not.
    write_hook(program, b"#!/nowhere/python\n")
    gone = f"slugtrim: not at {program} any more, nor on PATH, so the push is not measured; install it again\n"
    assert app.push("heroku", "main:master", env=bare_path(app)) == (0, b"", gone.encode())
    shutil.rmtree(tmp_path / "venv")
    assert app.push("heroku", ":master", env=bare_path(app)) == (0, b"", gone.encode())
    write_hook(tmp_path / "nobody/.local/bin/slugtrim", real.encode())
    assert app.push("heroku", "main:master", env=bare_path(app)).stderr.startswith(b"slugtrim: master: 58.9K small")
    (tmp_path / "nobody/.local/bin/slugtrim").unlink()
    assert app.push("heroku", ":master", env=bare_path(app, Path(sys.executable).parent)) == (0, b"", b"")


@pytest.mark.parametrize("status", [1, 2, 3, 126, 127, 139])
def test_a_broken_slugtrim_stops_no_push(app: Application, tmp_path: Path, status: int) -> None:
    program = tmp_path / "venv/bin/slugtrim"
    installed_from(app, program, f"#!/bin/sh\nexit {status}\n")
    said = f"slugtrim: {program} failed (status {status}), so the push is not measured\n"
    assert app.push("heroku", "main") == (0, b"", said.encode())


@pytest.mark.parametrize("content", [b"#! /bin/sh\nexit 9\n", b"exit 9", b"\n\nexit 9\n"])
def test_any_program_that_can_be_run_counts_as_there(app: Application, tmp_path: Path, content: bytes) -> None:
    program = tmp_path / "venv/bin/slugtrim"
    installed_from(app, program, content.decode())
    said = f"slugtrim: {program} failed (status 9), so the push is not measured\n"
    assert app.push("heroku", "main") == (0, b"", said.encode())


@pytest.mark.parametrize("status", [1, 2])
def test_what_slugtrim_ends_with_stops_a_push(app: Application, tmp_path: Path, status: int) -> None:
    program = tmp_path / "venv/bin/slugtrim"
    installed_from(app, program, f'#!/bin/sh\n[ "$1" = --version ] || exit {status}\n')
    assert app.push("heroku", "main").code == 1
    lines = f"refs/heads/main {app.head()} refs/heads/main {'0' * 40}\n".encode()
    done = subprocess.run([app.hook, "heroku", URL], cwd=app.root, input=lines, check=False)
    assert done.returncode == status


def test_another_program_brings_the_hook_up_to_date(app: Application, tmp_path: Path) -> None:
    installed_from(app, tmp_path / "venv/bin/slugtrim", "#!/bin/sh\n")
    done = app.slugtrim("hook", "install")
    assert done.stdout == f"{app.hook}: updated.\n{NO_BUDGET}".encode()
    assert str(tmp_path).encode() not in app.hook.read_bytes()


def test_outside_a_repository_and_with_a_file_for_hooks(app: Application, tmp_path: Path) -> None:
    outside = app.slugtrim("hook", "status", cwd=tmp_path)
    assert outside == (
        2,
        b"",
        f"slugtrim: {tmp_path}: not in a git repository; run git init first\n".encode(),
    )
    git(app.root, "config", "core.hooksPath", "/dev/null")
    message = b"slugtrim: /dev/null: is where git looks for hooks, but is not a directory; make it one\n"
    assert app.slugtrim("hook", "install") == (2, b"", message)
    misplaced = app.slugtrim("hook", "status", "--budget", "1MB")
    assert (misplaced.code, misplaced.stdout) == (2, b"")
    assert misplaced.stderr.startswith(b"slugtrim: No such option '--budget'.")


@pytest.mark.parametrize("action", ["install", "uninstall", "status"])
def test_every_action_has_its_own_help(app: Application, action: str) -> None:
    shown = app.slugtrim("hook", action, "--help").stdout
    assert shown.startswith(f"Usage: slugtrim hook {action} [OPTIONS]\n".encode())
    assert (b"--budget" in shown) is (action == "install")
    assert app.slugtrim("hook", "--help", action).stdout == shown


@pytest.mark.parametrize(
    ("size_bytes", "total"),
    [
        (0, "1MB"),
        (900 * KIB, "1.5MB"),
        (123 * MIB // 10, "15MB"),
        (5 * MIB, "6MB"),
        (50 * MIB, "60MB"),
        (90 * MIB, "150MB"),
        (410 * MIB, "500MB"),
    ],
)
def test_the_budget_that_is_offered_leaves_room(size_bytes: int, total: str) -> None:
    assert total_for(size_bytes) == parse_size(total)
    assert total_for(900 * MIB) is None  # Heroku's own limit stops it first


def test_the_lines_that_are_offered_end_the_offer(app: Application) -> None:
    make_tree(app.root, {"pyproject.toml": "[tool.slugtrim]\ndialect = 'glob'\n"})
    first = app.slugtrim("hook", "install").stdout.decode()
    assert "add to pyproject.toml:\n" in first
    lines = first.partition("pyproject.toml:\n")[2]
    with (app.root / "pyproject.toml").open("a") as file:
        file.write(lines)
    assert app.slugtrim("hook", "install").stdout == f"{app.hook}: already installed; nothing changed.\n".encode()


def test_a_repository_without_a_commit_gets_a_general_offer(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q")
    done = run_here("hook", "install", cwd=tmp_path)
    assert done.code == 0
    assert b"one with slugtrim hook install --budget 50MB." in done.stdout
    assert b"budget" not in run_here("hook", "install", "-q", cwd=tmp_path).stdout


def test_a_budget_is_written_as_well(app: Application) -> None:
    done = app.slugtrim("hook", "install", "--budget", "50KB", cwd=app.root / "app")
    said = "slugtrim.toml: set the total to 50KB; commit the file to share it.\n"
    assert done == (0, f"{app.hook}: installed.\n{WATCHES}{said}".encode(), b"")
    config = app.root / "slugtrim.toml"
    assert config.read_text() == '[budgets]\ntotal = "50KB"\n'
    assert app.push("heroku", "main").code == 1
    said = f"{app.hook}: already installed; nothing changed.\nslugtrim.toml: the total is already 50KB.\n"
    assert app.slugtrim("hook", "install", "--budget", " 50KB ").stdout == said.encode()
    config.chmod(0o640)
    assert app.slugtrim("hook", "install", "--budget", "average").code == 0
    assert (config.read_text(), stat.S_IMODE(config.stat().st_mode)) == ('[budgets]\ntotal = "average"\n', 0o640)
    assert app.push("heroku", "main").code == 0


@pytest.mark.parametrize(
    ("files", "budget", "message"),
    [
        ({}, "50", '--budget: "50" has no unit; did you mean 50MB?'),
        (
            {},
            "weighty",
            '--budget: "weighty" is the heaviest class, so it would allow everything; write small, average or a size',
        ),
        (
            {"pyproject.toml": "[tool.slugtrim]\ndialect = 'glob'\n"},
            "1MB",
            'pyproject.toml: has the settings; write total = "1MB" below [budgets] of it',
        ),
        ({"slugtrim.toml": "x = 1\n"}, "1MB", "slugtrim.toml:1: x: unknown key; the keys are "),
        (
            {"slugtrim.toml": Path("other.toml"), "other.toml": ""},
            "1MB",
            'slugtrim.toml: is a symlink, and symlinks are not followed; write total = "1MB" below [budgets] of it',
        ),
    ],
)
def test_a_budget_that_cannot_be_written_installs_nothing(
    app: Application, files: dict[bytes | str, Content], budget: str, message: str
) -> None:
    make_tree(app.root, files)
    refused = app.slugtrim("hook", "install", "--budget", budget)
    assert (refused.code, refused.stdout) == (2, b"")
    assert refused.stderr.decode().startswith(f"slugtrim: {message}")
    assert not app.hook.exists()


def test_a_directory_nobody_may_write_to_is_told_of(app: Application) -> None:
    git(app.root, "config", "core.hooksPath", "/proc/self/hooks")
    refused = app.slugtrim("hook", "install")
    assert (refused.code, refused.stdout) == (2, b"")
    assert refused.stderr.startswith(b"slugtrim: /proc/self/hooks/pre-push: cannot be written (")


def test_a_bare_repository_has_its_settings_in_commits(app: Application, tmp_path: Path) -> None:
    bare = tmp_path / "bare.git"
    git(tmp_path, "clone", "-q", "--bare", str(app.root), str(bare))
    refused = app.slugtrim("hook", "install", "--budget", "1MB", cwd=bare)
    message = 'slugtrim: slugtrim.toml: this repository is bare; commit the file: write total = "1MB" below [budgets]\n'
    assert refused == (2, b"", message.encode())
    assert (
        app.slugtrim("hook", "install", cwd=bare).stdout
        == f"{bare}/hooks/pre-push: installed.\n{WHAT}{NO_BUDGET}".encode()
    )


@pytest.mark.parametrize("action", [["install"], ["install", "--budget", "50MB"], ["uninstall"], ["status"]])
def test_a_hook_that_is_a_directory_is_refused(action: list[str], tmp_path: Path) -> None:
    repository = make_repo(tmp_path, {"a": b"x"})
    make_tree(repository, {".git/hooks/pre-push/mine": b"precious\n"})
    before = sorted(os.walk(repository))
    done = run_here("hook", *action, cwd=repository)
    why = "is a directory, and git looks for a hook of this name; rename or remove it"
    assert (done.code, done.stdout) == (2, b"")
    assert done.stderr.decode() == f"slugtrim: {repository}/.git/hooks/pre-push: {why}\n"
    assert sorted(os.walk(repository)) == before
