"""The line on which each key of a TOML text is written, which ``tomllib`` does not tell, and changing one such line.

The locator finds its way through tables, strings and arrays and judges nothing: ``tomllib`` says whether a text is
TOML.
"""

from __future__ import annotations

import contextlib
import re
import tomllib
from bisect import bisect_left

from slugtrim.errors import ConfigError

KeyPath = tuple[str | int, ...]
"""The keys from the root down; a number stands for an element of an array."""

MOST_PARTS = 16
"""What one dotted key may have. Some versions of ``tomllib`` take memory by the square of it."""
MOST_LEVELS = 32
"""How deep arrays and inline tables may lie in each other."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*+)*+")
_SPACE = re.compile(r"[ \t]*+")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
_QUOTED_KEY = re.compile(r'"(?:[^"\\\n]|\\[^\n])*+"|' r"'[^'\n]*+'")
_STRING = re.compile(
    r'"""(?:[^"\\]|\\.|"{1,2}(?!"))*+"{3,5}|' r"'''(?:[^']|'{1,2}(?!'))*+'{3,5}|" + _QUOTED_KEY.pattern, re.DOTALL
)
_PLAIN = re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2} (?=[0-9]))?[^\s,\[\]{}#\"'=]++")
_TOTAL = re.compile(r"""([ \t]*(?:budgets[ \t]*\.[ \t]*)?total[ \t]*=[ \t]*)(?:"[^"\\]*"|'[^']*')(.*)""", re.DOTALL)
_TEXT_LINE = re.compile(r"[^\n]*\n|[^\n]+")


class TooDeep(Exception):
    """Deeper than any setting, and perhaps than the parser can bear."""

    def __init__(self, line: int) -> None:
        super().__init__(line)
        self.line = line


class _Lost(Exception):
    """Here the text is no TOML."""


def key_lines(text: str) -> dict[KeyPath, int]:
    """The line, from 1, that first mentions each key, table and element of an array.

    Of a text that is not TOML, what stands before the mistake. Raises ``TooDeep``.
    """
    scan = _Scan(text)
    with contextlib.suppress(_Lost):
        scan.document()
    return scan.lines


class _Scan:
    def __init__(self, text: str) -> None:
        self.lines: dict[KeyPath, int] = {}
        self._text = text
        self._at = 0
        self._ends = [match.start() for match in re.finditer("\n", text)]
        self._tables: dict[KeyPath, int] = {}
        """Path of an array of tables to how many it has so far."""

    def document(self) -> None:
        self._take("\ufeff")
        table: KeyPath = ()
        self._skip(_BLANK)
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table, 0)
            self._skip(_SPACE)
            if self._at < len(self._text) and self._text[self._at] not in "#\r\n":
                raise _Lost
            self._skip(_BLANK)

    def _header(self) -> KeyPath:
        line = self._line()
        brackets = "[[" if self._take("[[") else "["
        if brackets == "[":
            self._need("[")
        path: KeyPath = ()
        for part in self._key():
            if path in self._tables:
                path = (*path, self._tables[path] - 1)
            path = self._mention((*path, part), line)
        if brackets == "[[":
            number = self._tables.get(path, 0)
            self._tables[path] = number + 1
            path = self._mention((*path, number), line)
        self._need("]" * len(brackets))
        return path

    def _pair(self, table: KeyPath, level: int) -> None:
        line = self._line()
        path = table
        for part in self._key():
            path = self._mention((*path, part), line)
        self._need("=")
        self._skip(_SPACE)
        self._value(path, level)

    def _key(self) -> list[str]:
        line = self._line()
        parts = []
        while True:
            self._skip(_SPACE)
            parts.append(self._key_part())
            if len(parts) > MOST_PARTS:
                raise TooDeep(line)
            self._skip(_SPACE)
            if not self._take("."):
                return parts

    def _key_part(self) -> str:
        bare = self._skip(_BARE_KEY)
        if bare:
            return bare
        quoted = self._skip(_QUOTED_KEY)
        if not quoted:
            raise _Lost
        if quoted[0] == "'" or "\\" not in quoted:
            return quoted[1:-1]
        try:
            return str(tomllib.loads(f"key = {quoted}")["key"])
        except ValueError:
            raise _Lost from None

    def _value(self, path: KeyPath, level: int) -> None:
        if level > MOST_LEVELS:
            raise TooDeep(self._line())
        if self._take("["):
            self._array(path, level + 1)
        elif self._take("{"):
            self._inline_table(path, level + 1)
        elif not self._skip(_STRING) and not self._skip(_PLAIN):
            raise _Lost

    def _array(self, path: KeyPath, level: int) -> None:
        number = 0
        while True:
            self._skip(_BLANK)
            if self._take("]"):
                return
            self._value(self._mention((*path, number), self._line()), level)
            number += 1
            self._skip(_BLANK)
            if not self._take(","):
                self._need("]")
                return

    def _inline_table(self, path: KeyPath, level: int) -> None:
        # Line breaks between the pairs, and a comma behind the last: so it may be since TOML 1.1.
        while True:
            self._skip(_BLANK)
            if self._take("}"):
                return
            self._pair(path, level)
            self._skip(_BLANK)
            if not self._take(","):
                self._need("}")
                return

    def _mention(self, path: KeyPath, line: int) -> KeyPath:
        self.lines.setdefault(path, line)
        return path

    def _line(self) -> int:
        return bisect_left(self._ends, self._at) + 1

    def _skip(self, pattern: re.Pattern[str]) -> str:
        match = pattern.match(self._text, self._at)
        if match is None:
            return ""
        self._at = match.end()
        return match[0]

    def _take(self, text: str) -> bool:
        found = self._text.startswith(text, self._at)
        if found:
            self._at += len(text)
        return found

    def _need(self, text: str) -> None:
        if not self._take(text):
            raise _Lost


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
    raise ConfigError([f"slugtrim.toml: is in a form that slugtrim cannot edit; {to_write(total)}"])


def to_write(total: str) -> str:
    """What a user writes by hand."""
    return f'write total = "{total}" below [budgets]'


def _changed(text: str, total: str) -> str:
    """The text with the line of the total changed, or with one more; the caller looks whether that is what it is."""
    lines = _TEXT_LINE.findall(text)
    end = "\r\n" if "\r\n" in text else "\n"
    known = key_lines(text)
    line, table = known.get(("budgets", "total")), known.get(("budgets",))
    if line is not None:
        match = _TOTAL.fullmatch(lines[line - 1])
        return text if match is None else "".join([*lines[: line - 1], f'{match[1]}"{total}"{match[2]}', *lines[line:]])
    if table is not None and lines[table - 1].lstrip().startswith("["):
        header = lines[table - 1]
        return "".join([*lines[: table - 1], header.rstrip("\r\n"), end, f'total = "{total}"{end}', *lines[table:]])
    gap = "" if not text else end if text.endswith("\n") else end * 2
    return f'{text}{gap}[budgets]{end}total = "{total}"{end}'
