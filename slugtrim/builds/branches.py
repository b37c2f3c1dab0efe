"""Which branches are built."""

from __future__ import annotations

BUILDING_BRANCHES = (b"main", b"master")
"""The platform builds what is pushed to these, and nothing else (https://devcenter.heroku.com/articles/git)."""
