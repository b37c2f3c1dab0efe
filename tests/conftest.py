"""Every test runs away from the machine's own configuration."""

from __future__ import annotations

import fcntl
import itertools
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.slugs import Built, build_node_application, build_python_application, build_ruby_application, pack


@pytest.fixture(scope="session")
def python_slug(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Packages that pip has installed as the Python buildpack has it."""
    return _built_once(tmp_path_factory, "python", lambda work: build_python_application(work / "app"))


@pytest.fixture(scope="session")
def node_slug(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Packages that npm has installed, and nobody has pruned."""
    return _built_once(tmp_path_factory, "node", lambda work: build_node_application(work / "app"))


@pytest.fixture(scope="session")
def ruby_slug(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Gems that bundler has installed."""
    return _built_once(tmp_path_factory, "ruby", lambda work: build_ruby_application(work / "app", work / "parts"))


def _built_once(factory: pytest.TempPathFactory, name: str, build: Callable[[Path], Path]) -> Built:
    """An application that one process of the tests builds, and the others wait for."""
    base = factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    work = shared / f"built-{name}"
    with open(shared / f"built-{name}.lock", "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        packed = Built(work / "app", work / "app.tgz")
        if not (work / "done").exists():
            shutil.rmtree(work, ignore_errors=True)  # another process may have come as far as a skipped test
            work.mkdir()
            packed = pack(build(work))
            (work / "done").touch()
        return packed


# In the background of a script, or under nohup, they are ignored: so would all do that tests start and send them to.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
for number in (signal.SIGQUIT, signal.SIGHUP):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.SIG_DFL)

settings.register_profile("any machine", deadline=None)  # a busy one takes any time
settings.load_profile("any machine")

_NUMBERS: Iterator[int] = itertools.count()


@pytest.fixture(scope="session")
def homes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory that the home of each test is in."""
    return tmp_path_factory.mktemp("homes")


@pytest.fixture
def tmp_path(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty directory for one test. pytest's own fixture lists all those before it, which takes 4 ms at the end."""
    name = re.sub(r"\W", "_", request.node.name)[:30]
    path = tmp_path_factory.getbasetemp() / f"{name}-{next(_NUMBERS)}"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture(scope="session", autouse=True)
def no_variables_from_outside() -> None:
    """No git, colour or CI variables, nor settings of slugtrim."""
    for name in list(os.environ):
        is_ours = name.startswith("SLUGTRIM_") and not name.startswith("SLUGTRIM_FUZZ_")  # those are for the tests
        if is_ours or name.startswith(("GIT_", "GITHUB_")) or name in ("NO_COLOR", "FORCE_COLOR", "XDG_CONFIG_HOME"):
            del os.environ[name]
    # Without bytecode each process of slugtrim compiles all of it, which doubles its start.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture
def quick_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make this Python the ``python3`` of commands. Another may be a script that takes long to find the real one."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")


@pytest.fixture(autouse=True)
def clean_environment(homes: Path) -> Iterator[Path]:
    """A HOME of its own. Package managers, which are run once for all tests, keep the machine's."""
    outside = os.environ.get("HOME", "/")
    home = homes / str(next(_NUMBERS))
    home.mkdir()
    os.environ.update(HOME=str(home), SLUGTRIM_CACHE_DIR=str(home / "cache"))
    yield home
    os.environ["HOME"] = outside
    del os.environ["SLUGTRIM_CACHE_DIR"]
