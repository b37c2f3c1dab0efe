"""Suggestions as a ``project.toml``, which Cloud Native Buildpacks read instead of ``.slugignore``.

``exclude`` takes gitignore patterns (https://buildpacks.io/docs/reference/config/project-descriptor/).
"""

from __future__ import annotations

import re

from slugtrim.ignore import Dialect, parse
from slugtrim.reports.style import plural
from slugtrim.suggester.record import Advice
from slugtrim.suggester.sections import in_order

_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]')


def render(advice: Advice, *, conditional: bool = False) -> str:
    """Return a whole file: the same patterns as for ``.slugignore``. Lines that this has already are only counted."""
    own = len(parse(advice.slugignore or b"", Dialect.GITIGNORE))
    lines = ["[_]", 'schema-version = "0.2"', "", "[io.buildpacks]"]
    if own:
        lines.append(
            f"# .slugignore leaves out more, in {plural(own, 'line')} that buildpacks do not read: copy what is there."
        )
    lines.append("exclude = [")
    lines += [f"  {_string(entry.pattern)}," for entry in in_order(advice.written(conditional=conditional))]
    return "\n".join([*lines, "]", ""])


def _string(pattern: bytes) -> str:
    """A basic string of TOML (https://toml.io/en/v1.0.0#string)."""
    text = pattern.decode("utf-8", "replace")
    return '"' + _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + '"'
