"""Every test runs away from the machine's own configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.slugs import Built, build_node_application, build_python_application, build_ruby_application, pack


@pytest.fixture(scope="session")
def python_slug(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Packages that pip has installed as the Python buildpack has it."""
    return pack(build_python_application(tmp_path_factory.mktemp("python") / "app"))


@pytest.fixture(scope="session")
def node_slug(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Packages that npm has installed, and nobody has pruned."""
    return pack(build_node_application(tmp_path_factory.mktemp("node") / "app"))


@pytest.fixture(scope="session")
def ruby_slug(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """Gems that bundler has installed."""
    work = tmp_path_factory.mktemp("ruby")
    return pack(build_ruby_application(work / "app", work / "parts"))


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME of its own, no git, colour or CI variables from outside."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        is_ours = name.startswith("SLUGTRIM_") and not name.startswith("SLUGTRIM_FUZZ_")  # those are for the tests
        if is_ours or name.startswith(("GIT_", "GITHUB_")) or name in ("NO_COLOR", "FORCE_COLOR", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(home / "cache"))
    return home
