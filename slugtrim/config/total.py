"""Setting ``budgets.total`` in a ``slugtrim.toml``, with every other byte of it left as it is."""

from __future__ import annotations

import re
import tomllib

from slugtrim.config.locator import key_lines
from slugtrim.errors import ConfigError

_VALUE = re.compile(r"""([ \t]*(?:budgets[ \t]*\.[ \t]*)?total[ \t]*=[ \t]*)(?:"[^"\\]*"|'[^']*')(.*)""", re.DOTALL)

_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def with_total(content: bytes | None, total: str) -> bytes:
    """The content of a ``slugtrim.toml`` (None: there is none) with this total: a size or a class, sound already.

    Raises ``ConfigError`` where that cannot be written without touching more than one line.
    """
    if content is None:
        return f'[budgets]\ntotal = "{total}"\n'.encode()
    try:
        text = content.decode("utf-8")
        settings = tomllib.loads(text.removeprefix("\ufeff"))
        changed = _changed(text, total)
        budgets = {**settings.get("budgets", {}), "total": total}
        if tomllib.loads(changed.removeprefix("\ufeff")) == {**settings, "budgets": budgets}:
            return changed.encode()
    except (ValueError, TypeError):
        pass
    raise ConfigError([f"slugtrim.toml: is written in a way that is not changed by itself; {to_write(total)}"])


def to_write(total: str) -> str:
    """What a user writes by hand."""
    return f'write total = "{total}" below [budgets]'


def _changed(text: str, total: str) -> str:
    """The text with the line of the total changed, or with one more; the caller looks whether that is what it is."""
    lines = _LINE.findall(text)
    end = "\r\n" if "\r\n" in text else "\n"
    known = key_lines(text)
    line, table = known.get(("budgets", "total")), known.get(("budgets",))
    if line is not None:
        match = _VALUE.fullmatch(lines[line - 1])
        return text if match is None else "".join([*lines[: line - 1], f'{match[1]}"{total}"{match[2]}', *lines[line:]])
    if table is not None and lines[table - 1].lstrip().startswith("["):
        header = lines[table - 1]
        return "".join([*lines[: table - 1], header.rstrip("\r\n"), end, f'total = "{total}"{end}', *lines[table:]])
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return f'{text}{gap}[budgets]{end}total = "{total}"{end}'
