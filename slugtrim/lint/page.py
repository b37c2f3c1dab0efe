"""The page that explains every finding (``findings.md``)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources

_SECTION = re.compile(r"^### `([a-z0-9-]+)`\n\n(.*?)(?=^##|\Z)", re.MULTILINE | re.DOTALL)


@cache
def sections() -> Mapping[str, str]:
    """Id to its section, without the heading: levels, cause and cure."""
    text = resources.files("slugtrim.lint").joinpath("findings.md").read_text("utf-8")
    return {match[1]: match[2].strip() for match in _SECTION.finditer(text)}
