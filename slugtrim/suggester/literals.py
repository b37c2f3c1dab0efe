"""String literals of any language as references: what they name, how, and what the code around them says.

For languages without a grammar. One scan, in which every token consumes what it has looked at: linear for any bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task

_MAX_CHARACTERS = 400
"""A longer string is no path."""
MAX_BYTES = 256 << 10
"""What comes later in a file is searched for strings that are paths, without what stands around them."""
_MAX_LINES_ASKED = 12
"""So far below a question whether a file exists, the same path stands in the answer."""

_PUT_IN = re.compile(
    r"[#$]\{[^{}]{0,200}\}|\{\{[^{}]{0,200}\}\}|<%.{0,200}?%>|\{[$\w.\[\]()>'-]{0,60}\}|%[sd@]|%\(\w{1,60}\)s"
    r"|%[\w.]{1,60}%|(?<!\\)\$\w{1,60}|\\\([\w.]{1,60}\)"
)
_ESCAPED_SLASH = re.compile(r"\\\\|\\/|\\(?=[A-Z])")
_LETTERS = re.compile(r"\w\w|\w\.\w")
_LETTER = re.compile(r"\w")
_EXTENSION = re.compile(r"\.[A-Za-z0-9_-]{1,14}\Z")
_IS_WORD = re.compile(r"(?=.*[^\W\d])[\w@][\w@+-]{1,79}\Z")
_NOT_IN_PATHS = re.compile(r"[\x00-\x1f<>|\"'`;=^\\]")
_LIST = re.compile(r"\{[^{}]*,[^{}]*\}")
_WORDS = re.compile(r"[^\s,;:|&<>()\"'`=]+")
_SCHEMES = ("//", "data:", "mailto:", "javascript:", "tel:", "urn:", "about:")
_STORED = re.compile(
    r"(?:(?:file|sqlite3?|classpath|resource|asset|package)://?/?|(?:classpath\*?|file|link|portal):)(?=\S)"
)


@lru_cache(maxsize=16384)
def written(text: str) -> tuple[str, How] | None:
    """Return what a string names, and how, with ``*`` for each value put in; None if it can be no name of a file."""
    text = text.strip()
    if not text or len(text) > _MAX_CHARACTERS or text.startswith(_SCHEMES):
        return None
    if text[0] == "#" and text[1:2] != "{":
        return None
    text = _STORED.sub("", text, count=1) if ":" in text else text
    if "://" in text:
        return None
    if "\\" in text:
        text = _ESCAPED_SLASH.sub("/", text)
    if "{" in text or "$" in text or "%" in text or "\\" in text:
        text = _PUT_IN.sub("*", text)
    text = _without_query(text)
    if _NOT_IN_PATHS.search(text) or (text.count("{") and not _LIST.search(text)):
        return None
    plain = text.rstrip("/")
    is_path = "/" in text or text.startswith(".") or _EXTENSION.search(text) is not None
    if " " in text and (text.count(" ") > 5 or not _EXTENSION.search(text)):
        return None
    if "*" in text or "?" in text or "{" in text:
        return (text, How.GLOB) if is_path and _LETTERS.search(text) else None
    if is_path:
        return (text, How.PATH) if _LETTER.search(plain) else None
    return (text, How.WORD) if _IS_WORD.match(text) else None


def _without_query(text: str) -> str:
    """Cut what follows a file's name in an address: ``?v=1``, ``#icon``."""
    for mark in "?#":
        at = text.find(mark)
        if at > 0 and _EXTENSION.search(text[:at]):
            text = text[:at]
    return text


def decoded(content: bytes) -> str:
    """Return the text with surrogate escapes for what is not UTF-8."""
    return content.decode("utf-8", "surrogateescape")


class Collector:
    """Collects the references of one file. Each is kept once, on the first line that has it."""

    def __init__(self, content: bytes, first_line: int = 1) -> None:
        self._content = content
        self._first_line = first_line
        self._line_ends: list[int] | None = None
        self._references: dict[tuple[str, How, EdgeKind, Anchor, Excuse, bool], Reference] = {}
        self._asked: dict[str, int] = {}

    @property
    def references(self) -> list[Reference]:
        """Return what was collected, by line; of one text on one line only what says most of it."""
        strongest: dict[tuple[str, int], EdgeKind] = {}
        for each in self._references.values():
            at = each.text, each.line
            strongest[at] = min(strongest.get(at, each.kind), each.kind)
        kept = [each for each in self._references.values() if each.kind is strongest[each.text, each.line]]
        return sorted(kept, key=lambda reference: reference.line)

    def line(self, offset: int) -> int:
        """Return the line of an offset in the content."""
        if self._line_ends is None:
            self._line_ends = [match.start() for match in re.finditer(rb"\n", self._content)]
        return bisect_left(self._line_ends, offset) + self._first_line

    def add(
        self,
        text: str,
        line: int,
        kind: EdgeKind = EdgeKind.NAMES,
        base: Anchor = Anchor.ANY,
        excuse: Excuse = Excuse.NONE,
        *,
        how: How | None = None,
        words: bool = False,
        is_directory: bool = False,
    ) -> bool:
        """Add what ``text`` names, if it can name a file; single words only if ``words``. Return True if added."""
        if how is None:
            named = written(text)
            if named is None:
                return False
            text, how = named
        if how is How.WORD and not words:
            return False
        if excuse is Excuse.GUARDED:
            self._asked[text] = line
        elif excuse is Excuse.NONE and line - self._asked.get(text, -_MAX_LINES_ASKED) < _MAX_LINES_ASKED:
            excuse = Excuse.GUARDED
        key = (text, how, kind, base, excuse, is_directory)
        if key not in self._references:
            self._references[key] = Reference(text, line, how, kind, base, excuse, is_directory)
        return True

    def add_words(self, text: str, line: int, kind: EdgeKind = EdgeKind.NAMES, excuse: Excuse = Excuse.NONE) -> None:
        """Add the words of a sentence or command that are written as paths."""
        for word in _WORDS.findall(text[: 20 * _MAX_CHARACTERS]):
            if "/" in word or "." in word:
                self.add(word.rstrip(".!?"), line, kind, excuse=excuse)

    def include(self, references: list[Reference]) -> None:
        """Add references that something else found."""
        for each in references:
            key = (each.text, each.how, each.kind, each.base, each.excuse, each.is_directory)
            self._references.setdefault(key, each)


_PATH_IN_QUOTES = re.compile(rb"(?<=[\"'`])[\w@~$#{}%*+()-]{0,200}+[./][^\s\"'`<>;=\\|\x00-\x1f]{1,300}+(?=[\"'`])")


def add_strings(found: Collector, content: bytes, start: int = 0, end: int | None = None) -> None:
    """Add what stands in quotes and is written as a path."""
    first: dict[bytes, int] = {}
    for match in _PATH_IN_QUOTES.finditer(content, start, len(content) if end is None else end):
        first.setdefault(match[0], match.start())
    for text, offset in first.items():
        found.add(decoded(text), found.line(offset))


class Syntax(Struct, frozen=True):
    """What a language's tokens look like."""

    token: re.Pattern[bytes]
    """Comments, strings (group ``s``) and brackets (groups ``o`` and ``c``)."""
    plus: bytes
    """The operator that puts strings together."""
    executes: frozenset[bytes] = frozenset()
    """Names of what imports or runs the file that follows."""


_HASH = rb"#[^\n]*+"
_DASHES = rb"--[^\n]*+"
_SEMICOLON = rb";[^\n]*+"
_SLASHES = rb"//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)"
_CHARACTER = rb"'(?:\\[^'\n]{1,10}|[^'\\\n]{1,4})'"
_LONG = rb'(?P<l>"""(?s:.*?)(?:"""|\Z))'
_DOUBLE = rb'"(?:[^"\\\n]|\\.)*+"?'
_SINGLE = rb"'(?:[^'\\\n]|\\.)*+'?"
_BACKTICK = rb"`[^`]*+`?"
_BRACKETS = rb"(?P<o>[(\[{])|(?P<c>[)\]}])"


def syntax(comment: bytes, *strings: bytes, plus: bytes = b"+", executes: str = "", skips: bytes = b"") -> Syntax:
    """Return the syntax with these comments and strings."""
    pieces = [comment, *([skips] if skips else []), _LONG, b"(?P<s>" + b"|".join(strings) + b")", _BRACKETS]
    return Syntax(re.compile(b"|".join(pieces)), plus, frozenset(executes.encode().split()))


SLASHES = syntax(_SLASHES, _DOUBLE, skips=_CHARACTER, executes="include! apply from")
"""Java, Kotlin, Scala, Rust, C#, C, Swift, Go."""
SLASHES_BOTH = syntax(_SLASHES, _DOUBLE, _SINGLE, _BACKTICK, executes="import require export part from apply include")
"""Dart, Groovy, JavaScript where it is not parsed, SCSS."""
GO = syntax(_SLASHES, _DOUBLE, _BACKTICK, skips=_CHARACTER)
PHP = syntax(_SLASHES + b"|" + _HASH, _DOUBLE, _SINGLE, plus=b".", executes="include include_once require require_once")
HASH = syntax(
    _HASH, _DOUBLE, _SINGLE, executes="source sys.source import_config Code.require_file Code.eval_file require load do"
)
"""R, Perl, CoffeeScript, Python and Ruby where they are not parsed."""
ELIXIR = syntax(
    _HASH, _DOUBLE, _SINGLE, plus=b"<>", executes="import_config Code.require_file Code.eval_file Code.compile_file"
)
DASHES = syntax(_DASHES, _DOUBLE, _SINGLE, plus=b"..", executes="require dofile loadfile")
"""Lua, Haskell."""
SEMICOLON = syntax(_SEMICOLON, _DOUBLE, executes="load-file load")
"""Clojure."""

_BEFORE = re.compile(rb"[ \t\r\n]*([(\[{,=>:+.<|&!~?-]*)[ \t\r\n]*[)\]]{0,3}([\w.$!?@-]*)(['\"]?)[ \t]*([(=]?)")
"""What stands before a string, read backwards: an operator, and the name before that."""
_BEFORE_BYTES = 72
_GAP_BYTES = 90
"""Strings farther apart are not put together."""
_MAY_NAME = re.compile(rb"[^\s./]*+(?:[./]|\Z)|[^./]{0,400}/|[^./]*+\.\w")
"""A word, or something with a slash or an extension."""
_KEYED = frozenset([b"=", b":", b">="])
_JOINS = re.compile(rb"(?i)join|combine|path|here|resolve|dir\b")
_LOADS = re.compile(
    rb"(?i)open|read|load|file|render|view|template|partial|layout|include|extends|asset|static|image|img|icon|svg|font"
    rb"|resource|slurp|contents|serve|send|stylesheet|javascript|script|css|style|picture|embed|parse|import|source"
)
_ASKS = re.compile(rb"(?i)exist|is_?file|is_?dir|is_?readable|\bstat\b|file_?test")
_NOT_A_VALUE = frozenset([b"case", b"when", b"in", b"is", b"if", b"elsif", b"elif", b"unless", b"and", b"or", b"not"])
_AFTER_KEY = re.compile(rb"\s*(?:=>|->|:(?!:)|[=!]==?|\?\?)")
_VARIABLE = rb"[\w$>.:()\[\]?-]{1,80}"
_OWNER = re.compile(rb"[ \t]*(?:[>=:]{1,2}[ \t]*)?['\"]?([\w.$!?@-]{0,60})")
_HEADER = re.compile(rb"\b(?:function|fun|func|fn|def|defp|class|task|object|mod|trait)\s{1,5}([\w!?]+)")
_HERE = re.compile(rb"(?:__DIR__|dirname\(\s?__FILE__\s?\)|plugin_dir_path\(\s?__FILE__\s?\))\s*\.\s*\Z")
_ABOVE = re.compile(rb"dirname\(\s?(?:__DIR__|dirname\(\s?__FILE__\s?\))\s?(?:,\s?([1-9])\s?)?\)\s*\.\s*\Z")


@lru_cache(maxsize=4096)
def _joins(name: bytes) -> bool:
    return _JOINS.search(name) is not None


@lru_cache(maxsize=4096)
def _asks(name: bytes) -> bool:
    return _ASKS.search(name) is not None


@lru_cache(maxsize=4096)
def _loads(name: bytes) -> bool:
    return _LOADS.search(name) is not None


@lru_cache(maxsize=4096)
def _excuse_of(name: bytes) -> Excuse:
    return excuse_of_name(name.decode("utf-8", "replace"))


class _Bracket:
    """An open bracket; what the name before it says is looked for once, and only if a string asks."""

    __slots__ = ("excuse", "name", "offset")

    def __init__(self, offset: int) -> None:
        self.offset = offset
        self.excuse: Excuse | None = None
        self.name = b""


class _Literal(Struct):
    """Strings put together, with what stands around the first."""

    text: bytes
    start: int
    end: int
    operator: bytes
    name: bytes
    bracket: bytes
    excuse: Excuse
    is_value: bool


class Literals:
    """The string literals of a piece of code, as references."""

    def __init__(self, content: bytes, grammar: Syntax, start: int = 0, end: int | None = None) -> None:
        self._content = content
        self._grammar = grammar
        self._start, self._end = start, len(content) if end is None else end
        self._stack: list[_Bracket] = []
        self._pending: _Literal | None = None
        plus = re.escape(grammar.plus)
        self._together = re.compile(rb"\s*%b\s*(%b\s*%b\s*)?" % (plus, _VARIABLE, plus))
        self._last_key: tuple[int, bytes] = (-1, b"")

    def add_to(self, found: Collector, *, words: bool = True, excuse: Excuse = Excuse.NONE) -> None:
        """Add the references; single words only in places of values, and only if ``words``."""
        for literal in self._literals():
            self._add(found, literal, words, excuse)
        if self._end > self._start + MAX_BYTES:
            add_strings(found, self._content, self._start + MAX_BYTES, self._end)

    def _literals(self) -> Iterator[_Literal]:
        stack = self._stack
        limit = min(self._end, self._start + MAX_BYTES)
        for token in self._grammar.token.finditer(self._content, self._start, limit):
            kind = token.lastgroup
            if kind == "o":
                stack.append(_Bracket(token.start()))
            elif kind == "c":
                if stack:
                    stack.pop()
            elif kind == "s" and (done := self._string(token)) is not None:
                yield done
        if self._pending is not None:
            yield self._pending

    def _string(self, token: re.Match[bytes]) -> _Literal | None:
        """Take a string; return the one before it if that is complete."""
        text = token[0]
        if len(text) < 2 or text[-1] != text[0]:
            return None
        text = text[1:-1]
        start, end = token.span()
        done = self._pending
        if done is not None:
            if start - done.end < _GAP_BYTES and self._continues(text, start, end):
                return None
            self._pending = None
        if text and _MAY_NAME.match(text) and len(text) < 8 * _MAX_CHARACTERS:
            self._pending = self._read(text, start, end)
        return done

    def _continues(self, text: bytes, start: int, end: int) -> bool:
        """Put a string to the one before it, if an operator or a call says that they are one path."""
        literal = self._pending
        assert literal is not None
        if len(literal.text) > 8 * _MAX_CHARACTERS:
            return False
        gap = self._content[literal.end : start]
        together = self._together.fullmatch(gap)
        if together is not None:
            literal.text += (b"*" if together[1] else b"") + text
        elif gap.strip() == b"/" or (gap.strip() == b"," and _joins(literal.bracket)):
            literal.text = literal.text.rstrip(b"/") + b"/" + text.lstrip(b"/")
        else:
            return False
        literal.end = end
        return True

    def _read(self, text: bytes, start: int, end: int) -> _Literal:
        before = _BEFORE.match(self._content[max(start - _BEFORE_BYTES, self._start) : start][::-1])
        assert before is not None
        operator, name = before[1], before[2][::-1]
        is_key = _AFTER_KEY.match(self._content, end, min(end + 16, self._end)) is not None
        if is_key:
            self._last_key = (end, text)
        bracket = self._stack[-1] if self._stack else None
        excuse = self._excuse()
        key = name
        if before[3] and start - self._last_key[0] < 12:
            key = self._last_key[1]
        if excuse is Excuse.NONE and operator in (*_KEYED, b"", b"("):
            excuse = _excuse_of(key)
        called = name if operator in (b"(", b"") and name else b""
        asks = called or (bracket.name if bracket else b"")
        if asks and _asks(asks):
            excuse = Excuse.GUARDED
        is_value = not is_key and _is_value(operator, name)
        return _Literal(text, start, end, operator, key, asks, excuse, is_value)

    def _excuse(self) -> Excuse:
        """Return what the names before the open brackets say, the outermost first."""
        at = len(self._stack)
        while at and self._stack[at - 1].excuse is None:
            at -= 1
        outer = (self._stack[at - 1].excuse if at else None) or Excuse.NONE
        before = self._stack[at - 1] if at else None
        for bracket in self._stack[at:]:
            bracket.name = self._owner(bracket.offset)
            if not bracket.name and before is not None and bracket.offset - before.offset < 4:
                bracket.name = before.name  # `join(["a", "b"])`
            before = bracket
            outer = outer or self._excuse_of(bracket)
            bracket.excuse = outer
        return outer

    def _owner(self, offset: int) -> bytes:
        before = self._content[max(offset - _BEFORE_BYTES, self._start) : offset]
        if self._content[offset : offset + 1] == b"{":
            line = self._content[max(offset - 200, self._start) : offset]
            header = _HEADER.search(line, max(line.rfind(b"{"), line.rfind(b"}"), line.rfind(b";")) + 1)
            if header is not None:
                return header[1]
        owner = _OWNER.match(before[::-1])
        return owner[1][::-1] if owner else b""

    def _excuse_of(self, bracket: _Bracket) -> Excuse:
        excuse = _excuse_of(bracket.name)
        if excuse is Excuse.NONE and self._content[bracket.offset : bracket.offset + 1] == b"{":
            excuse = excuse_of_task(bracket.name.decode("utf-8", "replace"))
        return excuse

    def _add(self, found: Collector, literal: _Literal, words: bool, excuse: Excuse) -> None:
        base, text = self._based(literal)
        executes = literal.bracket in self._grammar.executes or literal.name in self._grammar.executes
        if executes and self._content.endswith((b"@include ", b"@include_once "), 0, literal.start):
            literal.excuse = Excuse.GUARDED
        kind = EdgeKind.NAMES
        if executes or (literal.operator.startswith(self._grammar.plus[::-1]) and self._is_included(literal)):
            kind = EdgeKind.EXECUTES
        elif _loads(literal.bracket) or (literal.operator in _KEYED and _loads(literal.name)):
            kind = EdgeKind.LOADS
        line = found.line(literal.start)
        as_text = decoded(text)
        excuse = literal.excuse or excuse
        is_word = words and literal.is_value
        if not found.add(as_text, line, kind, base, excuse, words=is_word) and (b" " in text or b"=" in text):
            found.add_words(as_text, line, excuse=excuse)

    def _is_included(self, literal: _Literal) -> bool:
        line = self._content[max(literal.start - 120, 0) : literal.start].rpartition(b"\n")[2]
        return any(word in line for word in self._grammar.executes)

    def _based(self, literal: _Literal) -> tuple[Anchor, bytes]:
        """Return where a path starts that is put to another, and the path with what follows it."""
        text = literal.text
        plus = self._grammar.plus
        if self._content[literal.end : literal.end + 8].lstrip().startswith(plus):
            text += b"*"
        if not literal.operator.startswith(plus[::-1]):
            return Anchor.ANY, text
        before = self._content[max(literal.start - 80, self._start) : literal.start]
        if _HERE.search(before):
            return Anchor.HERE, text.lstrip(b"/")
        above = _ABOVE.search(before)
        if above is not None:
            return Anchor.HERE, b"../" * int(above[1] or 1) + text.lstrip(b"/")
        return Anchor.ANY, text.lstrip(b"/")


def _is_value(operator: bytes, name: bytes) -> bool:
    """Return True for an argument, an assigned value or an element of a list; ``operator`` is read backwards."""
    if operator == b"":
        return name != b"" and name not in _NOT_A_VALUE
    if operator[:1] == b"[":
        return name == b""
    return operator[:1] in (b"(", b",", b"{", b":") or operator in (b"=", b">=")
