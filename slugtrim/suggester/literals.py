"""String literals of any language as references: what they name, how, and what the code around them says.

For languages without a grammar. One scan, in which every token consumes what it has looked at: linear for any bytes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property, lru_cache
from operator import attrgetter

from msgspec import Struct

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task

_MAX_CHARACTERS = 400
"""A longer string is no path."""
MAX_BYTES = 256 << 10
"""What comes later in a file is searched for strings that are paths, without what stands around them."""
_LINKS = frozenset(b"link_to button_to redirect_to url_for form_with form_for link_to_if link_to_unless".split())
"""Helpers of Rails whose first string may be an address."""
_Key = tuple[str, How, EdgeKind, Anchor, Excuse, bool]
_MAX_LINES_ASKED = 12
"""So far below a question whether a file exists, the same path stands in the answer."""

_PUT_IN = re.compile(
    r"[#$]\{[^{}]{0,200}\}|\{\{[^{}]{0,200}\}\}|<%.{0,200}?%>|\{[$\w.\[\]()>'-]{0,60}\}|%[sd@]|%\(\w{1,60}\)s"
    r"|%[\w.]{1,60}%|(?<!\\)\$\w{1,60}|\\\([\w.]{1,60}\)"
)
_ESCAPED_SLASH = re.compile(r"\\\\|\\/|\\(?=[A-Z])")
_LETTER = re.compile(r"\w")
_LETTERS = re.compile(r"\w\w|\w\.\w|\A[^\W\d]/")
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
    """Collects the references of one file. Each is kept once, at the first place that has it.

    A place is an offset in the content. Without content it is a line.
    """

    def __init__(self, content: bytes | None, first_line: int = 1) -> None:
        self._content = content
        self._first_line = first_line
        self._line_ends: list[int] | None = None
        self._places: dict[_Key, int] = {}
        self._included: dict[_Key, Reference] = {}
        self._asked: dict[str, int] = {}

    @property
    def references(self) -> list[Reference]:
        """Return what was collected, by line; of one text on one line only what says most of it."""
        lines: dict[int, int] = {}
        line, counted = self._first_line, 0
        for place in sorted(self._places.values()):
            line = place if self._content is None else line + self._content.count(b"\n", counted, place)
            counted, lines[place] = place, line
        found = list(self._included.values())
        found += (Reference(key[0], lines[place], *key[1:]) for key, place in self._places.items())
        strongest: dict[tuple[str, int], EdgeKind] = {}
        for each in found:
            at = each.text, each.line
            if strongest.setdefault(at, each.kind) > each.kind:
                strongest[at] = each.kind
        if len(strongest) < len(found):
            found = [each for each in found if each.kind is strongest[each.text, each.line]]
        return sorted(found, key=attrgetter("line"))

    def line(self, place: int) -> int:
        """Return the line of a place."""
        if self._content is None:
            return place
        if self._line_ends is None:
            self._line_ends = [match.start() for match in re.finditer(rb"\n", self._content)]
        return bisect_left(self._line_ends, place) + self._first_line

    def add(
        self,
        text: str,
        place: int,
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
            if text.startswith("!"):  # of a list of globs, what the others do not take
                text, excuse = text[1:], Excuse.EXCLUDED
            named = written(text)
            if named is None:
                return False
            text, how = named
        if how is How.WORD and not words:
            return False
        # Code that asks whether a file exists does without it: so does a use of the same text in the lines below.
        if excuse is Excuse.GUARDED:
            self._asked[text] = self.line(place)
        elif text in self._asked and not excuse and self.line(place) - self._asked[text] < _MAX_LINES_ASKED:
            excuse = Excuse.GUARDED
        key = (text, how, kind, base, excuse, is_directory)
        if key not in self._included:
            self._places.setdefault(key, place)
        return True

    def add_words(self, text: str, place: int, kind: EdgeKind = EdgeKind.NAMES, excuse: Excuse = Excuse.NONE) -> None:
        """Add the words of a sentence or command that are written as paths."""
        if "/" not in text and "." not in text:
            return
        for word in _WORDS.findall(text[: 20 * _MAX_CHARACTERS]):
            if ("/" in word or "." in word) and ("/" in (word := word.rstrip(".!?")) or "." in word):
                self.add(word, place, kind, excuse=excuse)

    def include(self, references: list[Reference]) -> None:
        """Add references that something else found."""
        for each in references:
            key = (each.text, each.how, each.kind, each.base, each.excuse, each.is_directory)
            if key not in self._places:
                self._included.setdefault(key, each)


_PATH_IN_QUOTES = re.compile(rb"(?<=[\"'`])[\w@~$#{}%*+()-]{0,200}+[./][^\s\"'`<>;=\\|\x00-\x1f]{1,300}+(?=[\"'`])")


def add_strings(
    found: Collector, content: bytes, start: int = 0, end: int | None = None, known: Collection[str] = ()
) -> None:
    """Add what stands in quotes and is written as a path, but for texts that are known."""
    first: dict[bytes, int] = {}
    for match in _PATH_IN_QUOTES.finditer(content, start, len(content) if end is None else end):
        first.setdefault(match[0], match.start())
    for quoted, offset in first.items():
        if (text := decoded(quoted)) not in known:
            found.add(text, offset)


class Syntax:
    """What a language's tokens look like. Its patterns are compiled for the first file of the language."""

    def __init__(
        self, skipped: Sequence[bytes], strings: Sequence[bytes], plus: bytes = b"+", executes: str = ""
    ) -> None:
        """Take patterns of comments and of strings, each of which takes at least the byte that it begins with.

        ``plus`` is the operator that puts strings together; ``executes`` has the names of what imports or runs a file.
        """
        self.plus = plus
        self.executes = frozenset(executes.encode().split())
        self._skipped = skipped
        self._strings = strings

    @cached_property
    def token(self) -> re.Pattern[bytes]:
        """What has no string in it, and then a bracket or a string."""
        firsts = b"".join(re.escape(each[:1]) for each in (*self._skipped, *self._strings))
        plain = rb"[^()\[\]{}%b]" % firsts
        pairs = [rb"\(%b*+\)" % plain, rb"\[%b*+\]" % plain, rb"\{%b*+\}" % plain]
        skipped = b"|".join([*pairs, *self._skipped, _LONG])
        return re.compile(
            rb"(?:%b++|%b)*+(?:([(\[{])|([)\]}])|\Z|(%b)" % (plain, skipped, b"|".join(self._strings))
            + rb"(?:(?=\s{0,14}+(=>|->|:(?!:)|[=!]==?|\?\?))|(?=\s{0,80}+(%b|[,/])))?)" % re.escape(self.plus)
        )

    @cached_property
    def together(self) -> re.Pattern[bytes]:
        """What stands between two strings that are put together; group 1 is there if a variable is one of them."""
        operator = re.escape(self.plus)
        return re.compile(rb"\s*%b\s*(%b\s*%b\s*)?" % (operator, _VARIABLE, operator))


_HASH = rb"#[^\n]*+"
_DASHES = rb"--[^\n]*+|-"
_SEMICOLON = rb";[^\n]*+"
_SLASHES = rb"//[^\n]*+|/\*(?s:.*?)(?:\*/|\Z)|/"
_CHARACTER = rb"'(?:\\[^'\n]{1,10}|[^'\\\n]{1,4})'|'"
_LONG = rb'"""(?s:.*?)(?:"""|\Z)'
_DOUBLE = rb'"[^"\\\n]*+(?:\\.[^"\\\n]*+)*+"?'
_SINGLE = rb"'[^'\\\n]*+(?:\\.[^'\\\n]*+)*+'?"
_BACKTICK = rb"`[^`]*+`?"
_VARIABLE = rb"[\w$>.:()\[\]?-]{1,80}"
_OPEN, _CLOSE, _STRING, _KEY, _JOINED = range(1, 6)
"""Groups of a token. After a string there may be a sign that it is a key, or one that may put another string to it."""


SLASHES = Syntax([_SLASHES, _CHARACTER], [_DOUBLE], executes="include! apply from")
"""Java, Kotlin, Scala, Rust, C#, C, Swift."""
SLASHES_BOTH = Syntax(
    [_SLASHES], [_DOUBLE, _SINGLE, _BACKTICK], executes="import require export part from apply include"
)
"""Dart, Groovy, JavaScript where it is not parsed, SCSS."""
GO = Syntax([_SLASHES, _CHARACTER], [_DOUBLE, _BACKTICK])
PHP = Syntax([_SLASHES, _HASH], [_DOUBLE, _SINGLE], b".", "include include_once require require_once")
HASH = Syntax(
    [_HASH],
    [_DOUBLE, _SINGLE],
    executes="source sys.source import_config Code.require_file Code.eval_file require load do",
)
"""R, Perl, CoffeeScript, Python and Ruby where they are not parsed."""
ELIXIR = Syntax([_HASH], [_DOUBLE, _SINGLE], b"<>", "import_config Code.require_file Code.eval_file Code.compile_file")
DASHES = Syntax([_DASHES], [_DOUBLE, _SINGLE], b"..", "require dofile loadfile")
"""Lua, Haskell."""
SEMICOLON = Syntax([_SEMICOLON], [_DOUBLE], executes="load-file load")
"""Clojure."""

_BEFORE = re.compile(rb"[ \t\r\n]*([(\[{,=>:+.<|&!~?-]*)[ \t\r\n]*[)\]]{0,3}([\w.$!?@-]*)(['\"]?)[ \t]*([(=]?)")
"""What stands before a string, read backwards: an operator, and the name before that."""
_BEFORE_BYTES = 72
_GAP_BYTES = 90
"""Strings farther apart are not put together."""
_MAY_NAME = re.compile(rb"([\w-]++\Z)|[^\s./]*+(?:[./]|\Z)|[^./]{0,400}/|[^./]*+\.\w")
"""A plain word (group 1), another word, or something with a slash or an extension."""
_KEYED = frozenset([b"=", b":", b">="])
_NAMED = _KEYED | {b"", b"("}
_JOINS = re.compile(rb"(?i)join|combine|path|here|resolve|dir\b")
_LOADS = re.compile(
    rb"(?i)open|read|load|file|render|view|template|partial|layout|include|extends|asset|static|image|img|icon|svg|font"
    rb"|resource|slurp|contents|serve|send|stylesheet|javascript|script|css|style|picture|embed|parse|import|source"
)
_ASKS = re.compile(rb"(?i)exist|is_?file|is_?dir|is_?readable|\bstat\b|file_?test")
_NOT_A_VALUE = frozenset([b"case", b"when", b"in", b"is", b"if", b"elsif", b"elif", b"unless", b"and", b"or", b"not"])
_OWNER = re.compile(rb"[ \t]*(?:[>=:]{1,2}[ \t]*)?['\"]?([\w.$!?@-]{0,60})")
_HEADER = re.compile(rb"\b(?:function|fun|func|fn|def|defp|class|task|object|mod|trait)\s{1,5}([\w!?]+)")
_HERE = re.compile(rb"(?:__DIR__|dirname\(\s?__FILE__\s?\)|plugin_dir_path\(\s?__FILE__\s?\))\s*\.\s*\Z")
_ABOVE = re.compile(rb"dirname\(\s?(?:__DIR__|dirname\(\s?__FILE__\s?\))\s?(?:,\s?([1-9])\s?)?\)\s*\.\s*\Z")


class _Name(Struct, frozen=True):
    """What the name of a call, a key or a block says about the strings in it."""

    excuse: Excuse
    of_block: Excuse
    joins: bool
    asks: bool
    loads: bool


@lru_cache(maxsize=4096)
def _about(name: bytes) -> _Name:
    text = name.decode("utf-8", "replace")
    excuse = excuse_of_name(text)
    says = (pattern.search(name) is not None for pattern in (_JOINS, _ASKS, _LOADS))
    return _Name(excuse, excuse or excuse_of_task(text), *says)


class _Bracket(Struct):
    """An open bracket; what the name before it says is looked for once, and only if a string asks."""

    offset: int
    name: bytes = b""
    excuse: Excuse | None = None


class _Literal(Struct):
    """Strings put together, with what stands around the first."""

    text: bytes
    start: int
    end: int
    operator: bytes
    name: bytes
    called: bytes
    excuse: Excuse
    is_value: bool


def _inner(string: bytes) -> bytes | None:
    """Return what stands between the quotes; None if the closing one is missing."""
    return string[1:-1] if len(string) > 1 and string[-1] == string[0] else None


class Literals:
    """The string literals of a piece of code, as references."""

    def __init__(self, content: bytes, grammar: Syntax, start: int = 0, end: int | None = None) -> None:
        self._content = content
        self._grammar = grammar
        self._start, self._end = start, len(content) if end is None else end
        self._stack: list[_Bracket] = []
        self._last_key: tuple[int, bytes] = (-1, b"")

    def add_to(self, found: Collector, *, words: bool = True, excuse: Excuse = Excuse.NONE) -> None:
        """Add the references; single words only in places of values, and only if ``words``."""
        for literal in self._literals(words):
            self._add(found, literal, words, excuse)
        if self._end > self._start + MAX_BYTES:
            add_strings(found, self._content, self._start + MAX_BYTES, self._end)

    def _literals(self, words: bool) -> Iterator[_Literal]:
        stack = self._stack
        pending: _Literal | None = None
        limit = min(self._end, self._start + MAX_BYTES)
        for token in self._grammar.token.finditer(self._content, self._start, limit):
            group = token.lastindex
            if group == _OPEN:
                stack.append(_Bracket(token.end() - 1))
            elif group == _CLOSE:
                del stack[-1:]
            elif group is not None:
                text = _inner(token[_STRING])
                if pending is not None and text is not None:
                    if self._continues(pending, text, *token.span(_STRING)):
                        continue
                    yield pending
                    pending = None
                literal = self._read(text, *token.span(_STRING), group, words) if text else None
                if group == _JOINED:
                    pending = literal or pending
                elif literal is not None:
                    yield literal
        if pending is not None:
            yield pending

    def _continues(self, literal: _Literal, text: bytes, start: int, end: int) -> bool:
        """Put a string to the one before it, if an operator or a call says that they are one path."""
        if start - literal.end >= _GAP_BYTES or len(literal.text) > 8 * _MAX_CHARACTERS:
            return False
        gap = self._content[literal.end : start]
        together = self._grammar.together.fullmatch(gap)
        if together is not None:
            literal.text += (b"*" if together[1] else b"") + text
        elif gap.strip() == b"/" or (gap.strip() == b"," and _about(literal.called).joins):
            literal.text = literal.text.rstrip(b"/") + b"/" + text.lstrip(b"/")
        else:
            return False
        literal.end = end
        return True

    def _read(self, text: bytes, start: int, end: int, group: int, words: bool) -> _Literal | None:
        """Return a string with what stands around it; None if it names nothing."""
        named = _MAY_NAME.match(text)
        if named is None or len(text) >= 8 * _MAX_CHARACTERS:
            return None
        last_key = self._last_key
        if group == _KEY:
            self._last_key = (end, text)
        is_word = group != _JOINED and named.lastindex is not None
        if is_word and (group == _KEY or not words):
            return None
        before = _BEFORE.match(self._content[max(start - _BEFORE_BYTES, self._start) : start][::-1])
        assert before is not None
        operator, name = before[1], before[2][::-1]
        is_value = group != _KEY and _is_value(operator, name)
        if is_word and not is_value:
            return None
        key = last_key[1] if before[3] and start - last_key[0] < 12 else name
        excuse = self._excuse()
        if excuse is Excuse.NONE and operator in _NAMED:
            excuse = _about(key).excuse
        called = name if operator in (b"(", b"") else b""
        if not called and self._stack:
            called = self._stack[-1].name
        if called and _about(called).asks:
            excuse = Excuse.GUARDED
        return _Literal(text, start, end, operator, key, called, excuse, is_value)

    def _excuse(self) -> Excuse:
        """Return what the names before the open brackets say, the outermost first."""
        at = len(self._stack)
        if at and self._stack[-1].excuse is not None:
            return self._stack[-1].excuse
        while at and self._stack[at - 1].excuse is None:
            at -= 1
        before = self._stack[at - 1] if at else None
        excuse = (before.excuse if before else None) or Excuse.NONE
        for bracket in self._stack[at:]:
            is_block = self._content[bracket.offset] == 0x7B
            bracket.name = self._owner(bracket.offset, is_block)
            if not bracket.name and before is not None and bracket.offset - before.offset < 4:
                bracket.name = before.name  # `join(["a", "b"])`
            if not excuse:
                about = _about(bracket.name)
                excuse = about.of_block if is_block else about.excuse
            bracket.excuse = excuse
            before = bracket
        return excuse

    def _owner(self, offset: int, is_block: bool) -> bytes:
        if is_block:
            line = self._content[max(offset - 200, self._start) : offset]
            header = _HEADER.search(line, max(line.rfind(b"{"), line.rfind(b"}"), line.rfind(b";")) + 1)
            if header is not None:
                return header[1]
        owner = _OWNER.match(self._content[max(offset - _BEFORE_BYTES, self._start) : offset][::-1])
        return owner[1][::-1] if owner else b""

    def _add(self, found: Collector, literal: _Literal, words: bool, excuse: Excuse) -> None:
        grammar, text, start = self._grammar, literal.text, literal.start
        if literal.called in _LINKS and _is_page(text):
            return
        kind, base = EdgeKind.NAMES, Anchor.ANY
        is_included = literal.called in grammar.executes or literal.name in grammar.executes
        if is_included and self._content.endswith((b"@include ", b"@include_once "), 0, start):
            literal.excuse = Excuse.GUARDED
        if self._content[literal.end : literal.end + 8].lstrip().startswith(grammar.plus):
            text += b"*"
        if literal.operator.startswith(grammar.plus[::-1]):
            before = self._content[max(start - 120, self._start) : start]
            is_included = is_included or any(word in before.rpartition(b"\n")[2] for word in grammar.executes)
            base, text = _based(text, before)
        if is_included:
            kind = EdgeKind.EXECUTES
        elif _about(literal.called).loads or (literal.operator in _KEYED and _about(literal.name).loads):
            kind = EdgeKind.LOADS
        as_text = decoded(text)
        excuse = literal.excuse or excuse
        is_path = found.add(as_text, start, kind, base, excuse, words=words and literal.is_value)
        if not is_path and (b" " in text or b"=" in text):
            found.add_words(as_text, start, excuse=excuse)


def _is_page(text: bytes) -> bool:
    """Return True for the address of a page: without an extension, it is a route and no file."""
    return text.startswith(b"/") and b"." not in text.rstrip(b"/").rpartition(b"/")[2]


def _based(text: bytes, before: bytes) -> tuple[Anchor, bytes]:
    """Return where a path starts that is put to another, and the path from there."""
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
