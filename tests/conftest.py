"""Every test runs away from the machine's own configuration."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A HOME of its own, no git, colour or CI variables from outside."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("GIT_", "GITHUB_", "SLUGTRIM_")) or name in ("NO_COLOR", "FORCE_COLOR", "XDG_CONFIG_HOME"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("SLUGTRIM_CACHE_DIR", str(home / "cache"))
    return home
