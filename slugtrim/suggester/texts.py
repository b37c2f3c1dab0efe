"""References in languages without a grammar, in templates, style sheets, markup and Markdown.

String literals and the syntax for including count; what is unsure is kept.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache

from slugtrim.suggester import syntax_javascript
from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name
from slugtrim.suggester.imports import directives
from slugtrim.suggester.literals import (
    DASHES,
    ELIXIR,
    GO,
    HASH,
    PHP,
    SEMICOLON,
    SLASHES,
    SLASHES_BOTH,
    Collector,
    Literals,
    Syntax,
    decoded,
)

_MAX_BYTES = 4 << 20
"""More of a file is not read."""

_Reader = Callable[[bytes, Collector], None]


def references(path: bytes, content: bytes) -> list[Reference]:
    """Return the references of a file; for an extension that is not known, its string literals."""
    reader = _reader(path)
    if reader is None:
        return []
    content = content[:_MAX_BYTES]
    found = Collector(content)
    reader(content, found)
    return found.references


def _reader(path: bytes) -> _Reader | None:
    name = path.rpartition(b"/")[2].lower()
    extensions = name.split(b".")[:0:-1]
    if not extensions:
        return _plain
    if extensions[0] == b"php" and b"blade" in extensions:
        return _blade
    if name.endswith(b".gradle.kts"):
        return _READERS[b"gradle"]
    # `page.html.erb` is a template first of all, `style.css.map` is nothing.
    return _READERS.get(extensions[0], _plain)


# Code


def _code(grammar: Syntax, includes: _Reader | None = None) -> _Reader:
    def read(content: bytes, found: Collector) -> None:
        Literals(content, grammar).add_to(found)
        if includes is not None:
            includes(content, found)

    return read


def _plain(content: bytes, found: Collector) -> None:
    if b"\0" not in content[:8000]:
        Literals(content, HASH).add_to(found)


def _matches(pattern: re.Pattern[bytes], content: bytes, *marks: bytes) -> Iterator[re.Match[bytes]]:
    """Yield what a pattern finds at the start of a line, or after one of these marks there.

    The pattern begins with a fixed text: to look for that takes a tenth of the time that ``^`` takes.
    """
    for match in pattern.finditer(content):
        before = _before(content, match.start()).strip(b" \t")
        if not before or before in marks:
            yield match


def _before(content: bytes, offset: int) -> bytes:
    """Return what stands before an offset on its line, at most 200 bytes."""
    return content[max(offset - 200, 0) : offset].rpartition(b"\n")[2]


def _included(pattern: bytes, base: Anchor = Anchor.ANY, how: How | None = None, separator: bytes = b"") -> _Reader:
    """Return a reader of what group 1 of a pattern imports; ``separator`` stands between the parts of its path."""
    compiled = re.compile(pattern)

    def read(content: bytes, found: Collector) -> None:
        for match in _matches(compiled, content):
            text = match[1].replace(separator, b"/") if separator else match[1]
            found.add(decoded(text), match.start(1), EdgeKind.EXECUTES, base, how=how, words=True)

    return read


_PHP_USE = _included(rb"use[ \t]+(?:function[ \t]+)?\\?([A-Za-z]\w*+(?:\\\w++)+)", separator=b"\\")
_JVM_IMPORT = _included(rb"import[ \t]+(?:static[ \t]+)?([A-Za-z_]\w*+(?:\.\w++)+(?:\.\*)?)", separator=b".")
_C_INCLUDE = _included(rb"#[ \t]*(?:include|import)[ \t]*\"([^\"\n]{1,300})\"", Anchor.HERE, How.PATH)
_SQL = re.compile(
    rb"(?mi)^[ \t]*\\(?:ir?|include(?:_relative)?)[ \t]+'?([^'\s;]{1,300})|^[ \t]*(?:source|@@?)[ \t]+([^'\s;]{1,300})"
    rb"|\b(?:from|infile)[ \t\n]+'([^'\n]{1,300})'"
)
_RUST_INCLUDES = re.compile(rb"\binclude(_str|_bytes)?!\s{0,9}\(\s{0,9}\"([^\"\n]{1,300})\"")
_RUST_MODULE = re.compile(rb"(?m)^[ \t]*(?:pub(?:\([a-z]{1,9}\))?[ \t]+)?mod[ \t]+(\w++)[ \t]*;")
_GO_EMBED = re.compile(rb"//go:embed[ \t]+([^\n]{1,2000})")
_GO_IMPORT = re.compile(rb"\bimport[ \t]*(\(|(?:[\w.]{1,60}[ \t]+)?\"[^\"\n]{1,300}\")")
_GO_WORD = re.compile(rb"\"([^\"\n]{1,300})\"|`([^`\n]{1,300})`|([^\s\"`]{1,300})")
_QUOTED = re.compile(rb"\"([^\"\n]{1,400})\"|'([^'\n]{1,400})'")


def _sql(content: bytes, found: Collector) -> None:
    for match in _SQL.finditer(content):
        text = decoded(match[1] or match[2] or match[3])
        found.add(text, match.start(), EdgeKind.LOADS if match[3] else EdgeKind.EXECUTES)


def _rust(content: bytes, found: Collector) -> None:
    for match in _RUST_INCLUDES.finditer(content):
        kind = EdgeKind.LOADS if match[1] else EdgeKind.EXECUTES
        found.add(decoded(match[2]), match.start(), kind, Anchor.HERE, words=True)
    for match in _RUST_MODULE.finditer(content):
        found.add(decoded(match[1]), match.start(1), EdgeKind.EXECUTES, Anchor.HERE, how=How.MODULE)


def _go(content: bytes, found: Collector) -> None:
    for match in _matches(_GO_EMBED, content):
        place = match.start()
        for quoted, raw, bare in _GO_WORD.findall(match[1]):
            text = decoded(quoted or raw or bare).removeprefix("all:")
            how = How.GLOB if "*" in text or "?" in text else How.PATH
            is_directory = how is How.PATH and "." not in text.rpartition("/")[2]
            found.add(text, place, EdgeKind.LOADS, Anchor.HERE, how=how, is_directory=is_directory)
    end = 0
    for match in _GO_IMPORT.finditer(content):
        if match.start() < end:
            continue
        end = content.find(b")", match.end()) if match[1] == b"(" else match.end()
        if end < 0:
            return
        for quoted in _QUOTED.finditer(content, match.start(1), end):
            found.add(decoded(quoted[1] or b""), quoted.start(), EdgeKind.EXECUTES, Anchor.PACKAGE, how=How.MODULE)


_ELIXIR_CLAUSE = re.compile(rb"(?m)^[ \t]*defp?[ \t]+[\w?!]{1,80}\(([^()\n]{1,300})\)([^\n]{0,300})")
_ELIXIR_NEXT = re.compile(rb"(?m)^[ \t]*(?:(?:defp?|defmodule|end)\b|@)")
_ELIXIR_TESTED = re.compile(rb":test\b")


def _elixir(content: bytes, found: Collector) -> None:
    """Read Elixir. A clause for the test environment only, `defp elixirc_paths(:test)`, runs in no deploy."""
    at = 0
    for match in _ELIXIR_CLAUSE.finditer(content):
        head = match[1] + match[2].partition(b"do")[0]
        if match.start() < at or b":prod" in head or not _ELIXIR_TESTED.search(head):
            continue
        Literals(content, ELIXIR, at, match.start()).add_to(found)
        after = _ELIXIR_NEXT.search(content, match.end())
        at = after.start() if after is not None else len(content)
        Literals(content, ELIXIR, match.start(), at).add_to(found, excuse=Excuse.TESTS)
    Literals(content, ELIXIR, at, len(content)).add_to(found)
    _elixir_modules(content, found)


def _gradle(content: bytes, found: Collector) -> None:
    for match in re.finditer(rb"(?m)^[ \t]*include(?:Build|Flat)?[ \t(]+([^\n)]{1,2000})", content):
        place = match.start()
        for one, other in _QUOTED.findall(match[1]):
            text = decoded(one or other).lstrip(":").replace(":", "/")
            found.add(text, place, EdgeKind.EXECUTES, Anchor.ROOT, how=How.PATH, is_directory=True)


_ELIXIR_MODULE = re.compile(
    rb"(?m)^[ \t]*(?:import|alias|use|require)[ \t]+([A-Z]\w*+(?:\.[A-Z]\w*+)*+)(?:\.\{([^{}]{1,500})\})?"
)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def _elixir_modules(content: bytes, found: Collector) -> None:
    """Add modules by the names that their files have: ``Shop.UserFactory`` is in ``user_factory.ex``."""
    for match in _ELIXIR_MODULE.finditer(content):
        names = match[2].split(b",") if match[2] else [match[1]]
        for name in names:
            last = decoded(name.strip().rpartition(b".")[2])
            if last.isidentifier():
                file_name = _HUMP.sub("_", last).lower() + ".ex"
                found.add(file_name, match.start(1), EdgeKind.EXECUTES, how=How.PATH)


# Templates and markup

_Segment = tuple[int, int]
"""Where a piece of code begins and ends in a template."""


class _Pages:
    """A page without its comments; with a star for each piece of code in it."""

    def __init__(
        self, content: bytes, comments: tuple[tuple[bytes, bytes], ...], code: tuple[tuple[bytes, bytes], ...]
    ):
        self.code: list[_Segment] = []
        self.text = content
        for opening, closing in comments:
            self.text = _replaced(self.text, opening, closing, b" ", [])
        self.commented = self.text
        for opening, closing in code:
            self.text = _replaced(self.text, opening, closing, b"*", self.code, may_end=opening == b"<?")


def _replaced(
    text: bytes, opening: bytes, closing: bytes, sign: bytes, cut: list[_Segment], *, may_end: bool = False
) -> bytes:
    """Blank what stands between two marks, so that offsets and lines stay; ``sign`` stands for it."""
    pieces = []
    end = 0
    while (start := text.find(opening, end)) >= 0:
        close = text.find(closing, start + len(opening))
        if close < 0 and not may_end:
            break
        pieces.append(text[end:start])
        end = close + len(closing) if close >= 0 else len(text)
        cut.append((start + len(opening), close if close >= 0 else len(text)))
        blank = text[start:end].translate(_BLANK)
        pieces.append(sign + blank[1:])
    if not pieces:
        return text
    return b"".join([*pieces, text[end:]])


_BLANK = bytes(byte if byte == 0x0A else 0 for byte in range(256))
_HTML_COMMENT = (b"<!--", b"-->")
_ATTRIBUTE = re.compile(
    rb"=\s{0,9}+(?![\"']https?://[^\s\"',`]*+[\"'])"
    rb"(?:\"([^\"<>/.]{0,2000}+[/.][^\"<>]{0,2000}+)\"|'([^'<>/.]{0,2000}+[/.][^'<>]{0,2000}+)')"
)
"""A value with a slash or a dot that is no address; most of a page's attributes have none."""
_ATTRIBUTE_NAME = re.compile(rb"\s{0,9}([\w:@.-]{1,60})")
_BARE_ATTRIBUTE = re.compile(rb"=([^\s\"'<>{}]{1,400}+)")
_BARE_NAME = re.compile(rb"(?:crs|ferh)\b")
"""The names that count without quotes, read backwards."""
_URL = re.compile(
    rb"\((?:(?<=url\()|(?<=path\())\s{0,9}"
    rb"(?:\"([^\"\n]{0,2000}+)\"|'([^'\n]{0,2000}+)'|([^\s\"')(]{1,2000}+))"
)
_STYLE_IMPORT = re.compile(rb"@(?:import|use|forward|config|plugin|reference|require)[ \t]([^;\n{}]{1,1000})")
_STYLE_WORD = re.compile(rb"\"([^\"\n]{1,400})\"|'([^'\n]{1,400})'|([\w~@./-]{1,400})")
_PARTIAL = re.compile(rb"\{\{\{?~?#?>\s{0,9}[\"']?([\w@./-]{1,300})")
_INDENTED_INCLUDE = re.compile(rb"(?m)^[ \t]*(?:include|extends|import)(?::[\w-]{1,30})?[ \t]+([^\s(]{1,300})")
_SOURCES = frozenset(b"src srcset href poster data-src data-srcset data-main xlink:href data background".split())
_NOT_FILES = frozenset(b"class id alt title type rel name style placeholder d points viewbox charset lang".split())
_CALL = re.compile(
    rb"\b([\w.]++)([ \t(:]*+)((?:(?:partial|template|layout):)?)[ \t(\[]*+(?=\"([^\"\n]{1,300}+)\"|'([^'\n]{1,300}+)')"
)
"""A name and the first string that it is called with."""
_INCLUDES = frozenset(
    b"include extends import from embed component layout each includeIf includeWhen livewire use render partial"
    b" template inertia parent insert".split()
)
_ASSET = re.compile(
    rb"(?:static|asset|image|img|picture|icon|svg|stylesheet|javascript|css|font|video|audio|mix|pack|vite)\w{0,30}\Z"
)


def _sprockets(content: bytes, found: Collector) -> None:
    found.include(directives(content))


def _style(content: bytes, found: Collector) -> None:
    page = _styled(content, found, Anchor.ANY)
    Literals(page, SLASHES_BOTH).add_to(found, words=False)


def _plain_style(content: bytes, found: Collector) -> None:
    """Read CSS: its addresses start from the file itself, and its other strings are no paths."""
    _styled(content, found, Anchor.HERE)


def _styled(content: bytes, found: Collector, base: Anchor) -> bytes:
    """Read what all languages of styles share; return the text without its comments."""
    page = _replaced(content, b"/*", b"*/", b" ", []) if b"/*" in content else content
    _sprockets(content, found)
    _style_text(page, found, base)
    return page


def _style_text(page: bytes, found: Collector, base: Anchor = Anchor.ANY) -> None:
    for match in _STYLE_IMPORT.finditer(page):
        if _before(page, match.start()).lstrip().startswith(b"//"):
            continue
        place = match.start()
        rest = match[1].partition(b" with")[0].partition(b" as ")[0]
        for double, single, bare in _STYLE_WORD.findall(rest):
            if bare and b")" in rest:
                continue
            text = decoded(double or single or bare).removeprefix("~")
            if "://" not in text and not text.startswith("//"):
                found.add(text, place, EdgeKind.EXECUTES, how=How.GLOB if "*" in text else How.MODULE)
    for match in _URL.finditer(page):
        text = decoded(match[1] or match[2] or match[3] or b"").replace("\0", "")
        found.add(text.removeprefix("~"), match.start(), EdgeKind.LOADS, Anchor.ANY if text[:1] == "/" else base)


def _markup(text: bytes, found: Collector) -> None:
    seen: set[tuple[bytes, bytes]] = set()
    for match in _ATTRIBUTE.finditer(text):
        named = _ATTRIBUTE_NAME.match(text[max(match.start() - 70, 0) : match.start()][::-1])
        name = named[1][::-1] if named else b""
        kind = _kind_of_attribute(name)
        value = match[1] or match[2]
        if kind is None or (name, value) in seen:
            continue
        seen.add((name, value))
        value = value.replace(b"\0", b"")
        if name.endswith((b"srcset", b"SRCSET")):
            for each in decoded(value).split(","):
                found.add(each.strip().partition(" ")[0], match.start(), kind)
        else:
            _attribute(value, found, match.start(), kind, is_page=name.endswith((b"href", b"HREF")))
    for match in _BARE_ATTRIBUTE.finditer(text):
        if _BARE_NAME.match(text[max(match.start() - 5, 0) : match.start()][::-1]):
            _attribute(match[1].replace(b"\0", b""), found, match.start(), EdgeKind.LOADS)
    if b"url(" in text:
        _style_text(text, found)


@lru_cache(maxsize=4096)
def _kind_of_attribute(name: bytes) -> EdgeKind | None:
    """Return what a page does with the file that an attribute names; None if the attribute names no file."""
    name = name.lower()
    plain = name.lstrip(b":@").removeprefix(b"v-bind:").removeprefix(b"data-") or name
    if plain in _NOT_FILES or plain.startswith((b"aria-", b"on")):
        return None
    return EdgeKind.LOADS if plain in _SOURCES or name in _SOURCES else EdgeKind.NAMES


def _attribute(value: bytes, found: Collector, place: int, kind: EdgeKind, *, is_page: bool = False) -> None:
    """Add what an attribute names. An address without an extension is a page, not a file."""
    if b"'" in value or b'"' in value or b"`" in value:
        for double, single in _QUOTED.findall(value):
            found.add(decoded(double or single), place, kind)
        return
    text = decoded(value)
    if kind is EdgeKind.NAMES or is_page:
        last = text.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
        if "." not in last.lstrip("."):
            return
    found.add(text, place, kind)


def _template(
    comments: tuple[tuple[bytes, bytes], ...],
    code: tuple[tuple[bytes, bytes], ...],
    grammar: Syntax,
    *also: _Reader,
) -> _Reader:
    """Return a reader of pages with code between these marks."""

    def read(content: bytes, found: Collector) -> None:
        page = _Pages(content, (_HTML_COMMENT, *comments), code)
        _markup(page.text, found)
        for start, end in page.code:
            _segment(page.commented, start, end, grammar, found)
        spaced = page.text.replace(b"\0", b" ")
        for match, end in _elements(spaced, _SCRIPT_OPENS, b"</script"):
            _segment(spaced, match.end(), end, SLASHES_BOTH, found)
        for each in also:
            each(page.commented, found)

    return read


_QUOTE = re.compile(rb"[\"'`]")


def _segment(content: bytes, start: int, end: int, grammar: Syntax, found: Collector) -> None:
    """Read code in a template: what it includes and renders, its assets and other strings that are paths."""
    if _QUOTE.search(content, start, end) is None:
        return
    _calls(content, start, end, found)
    Literals(content, grammar, start, end).add_to(found, words=False)


def _calls(content: bytes, start: int, end: int, found: Collector) -> None:
    for match in _CALL.finditer(content, start, end):
        name, gap, key, double, single = match.groups()
        text = decoded(double or single)
        if name.rpartition(b".")[2] in _INCLUDES:
            found.add(_view(text), match.start(), EdgeKind.EXECUTES, words=True)
        if not key and b":" not in gap and gap.count(b"(") < 2 and _ASSET.search(name):
            found.add(text, match.start(), EdgeKind.LOADS, words=True)


def _view(text: str) -> str:
    """Return the path of a view: without the namespace before it."""
    if text.startswith("@") and "/" in text:
        return text.partition("/")[2]
    return text.rpartition("::")[2].replace(":", "/").lstrip("/")


def _blade(content: bytes, found: Collector) -> None:
    """Read Laravel's templates, where a view is called by a dotted name."""
    _BLADE_MARKUP(content, found)
    for match in re.finditer(rb"@([A-Za-z]{2,30})\s{0,9}\(([^\n)]{0,400})", content):
        place = match.start()
        for double, single in _QUOTED.findall(match[2]):
            text = decoded(double or single)
            if match[1] == b"vite" or "/" in text:
                found.add(text, place, EdgeKind.LOADS)
            elif match[1].lower().startswith((b"include", b"extends", b"component", b"each", b"livewire")):
                view = text.rpartition("::")[2].replace(".", "/")
                found.add(view, place, EdgeKind.EXECUTES, words=True)
    for match in re.finditer(rb"<x-([\w.-]{1,100})", content):
        text = "components/" + decoded(match[1]).replace(".", "/")
        found.add(text, match.start(), EdgeKind.EXECUTES)


def _indented(content: bytes, found: Collector) -> None:
    """Read Haml, Slim or Pug: code without marks, one line each."""
    text = re.sub(rb"(?m)^[ \t]*(?:-#|//|/(?![\w=])|-//)[^\n]*", b"", content)
    _sprockets(content, found)
    _calls(text, 0, len(text), found)
    Literals(text, SLASHES_BOTH).add_to(found, words=False)
    for match in _INDENTED_INCLUDE.finditer(text):
        found.add(decoded(match[1]), match.start(), EdgeKind.EXECUTES, words=True)
    _style_text(text, found)


_SCRIPT_OPENS = re.compile(rb"<script\b([^<>]{0,1000})>")
_STYLE_OPENS = re.compile(rb"<style\b[^<>]{0,1000}>")
_BRACES = re.compile(rb"=\{([^{}\n]{1,400})\}")


def _component(content: bytes, found: Collector) -> None:
    """Read Vue, Svelte or Astro: scripts by the grammar, the rest as a page."""
    text = _replaced(content, *_HTML_COMMENT, b" ", [])
    scripts = _scripts(text)
    for language, spans in scripts.items():
        found.include(syntax_javascript.references(_only(text, spans), language))
    text = _without(text, sorted(span for spans in scripts.values() for span in spans))
    styles = _only(text, [(match.end(), end) for match, end in _elements(text, _STYLE_OPENS, b"</style")])
    inner = Collector(styles)
    _style(styles, inner)
    found.include(inner.references)
    segments: list[_Segment] = []
    page = _replaced(text, b"{{", b"}}", b"*", segments)
    _markup(page, found)
    for code in (_only(text, segments), _only(page, [match.span(1) for match in _BRACES.finditer(page)])):
        inner = Collector(code)
        Literals(code, SLASHES_BOTH).add_to(inner, words=False)
        found.include(inner.references)


def _scripts(text: bytes) -> dict[str, list[_Segment]]:
    scripts: dict[str, list[_Segment]] = {}
    start = text.find(b"---") + 3
    end = text.find(b"\n---", start)
    has_front = text.lstrip().startswith(b"---") and end >= 0  # of Astro
    if has_front:
        scripts["typescript"] = [(start, end)]
    for match, closing in _elements(text, _SCRIPT_OPENS, b"</script", end if has_front else 0):
        is_typed = b"ts" in match[1]
        language = ("tsx" if b"tsx" in match[1] else "typescript") if is_typed else "javascript"
        scripts.setdefault(language, []).append((match.end(), closing))
    return scripts


def _elements(
    text: bytes, opening: re.Pattern[bytes], closing: bytes, at: int = 0
) -> Iterator[tuple[re.Match[bytes], int]]:
    """Yield the opening tags of elements that are closed, with the offset where each closes."""
    while (match := opening.search(text, at)) is not None and (at := text.find(closing, match.end())) >= 0:
        yield match, at


def _only(text: bytes, spans: Iterable[_Segment]) -> bytes:
    """Return the parts of a text between these offsets, each on the line that it has there."""
    pieces = []
    at = 0
    for start, end in spans:
        pieces += [b"\n" * text.count(b"\n", at, start), text[start:end], b";"]
        at = end
    return b"".join(pieces)


def _without(text: bytes, spans: Iterable[_Segment]) -> bytes:
    """Return a text with what is between these offsets blanked."""
    pieces = []
    at = 0
    for start, end in spans:
        pieces += [text[at:start], text[start:end].translate(_BLANK)]
        at = end
    return b"".join([*pieces, text[at:]])


# Markup for people, and data

_LINK = re.compile(rb"\]\(\s{0,5}<?([^)(\s<>]{1,1000})|(?m:^[ ]{0,3}\[[^\]\n]{1,200}\]:[ \t]{1,9}<?([^\s<>]{1,1000}))")
_MDX_IMPORT = re.compile(rb"(?m)^import\b[^\n\"']{0,500}[\"']([^\"'\n]{1,300})[\"']")


def _markdown(content: bytes, found: Collector) -> None:
    """Read Markdown: only links and images."""
    for match in _LINK.finditer(content):
        found.add(decoded(match[1] or match[2]), match.start())
    text = _replaced(content, *_HTML_COMMENT, b" ", [])
    for match in re.finditer(rb"\b(?:src|href)=[\"']([^\"'<>\n]{1,1000})[\"']", text):
        found.add(decoded(match[1]), match.start())


def _mdx(content: bytes, found: Collector) -> None:
    _markdown(content, found)
    for match in _MDX_IMPORT.finditer(content):
        found.add(decoded(match[1]), match.start(), EdgeKind.EXECUTES, Anchor.HERE, how=How.MODULE)


_ELEMENT = re.compile(rb"<(/?)([\w:.-]{1,100}+)([^<>]*+)>([^<]{0,400}+)")


def _xml(content: bytes, found: Collector) -> None:
    """Read XML: attributes, and the text of elements with what the names of those around it say."""
    text = _replaced(content, *_HTML_COMMENT, b" ", [])
    _markup(text, found)
    stack: list[Excuse] = []
    for match in _ELEMENT.finditer(text):
        if match[1]:
            del stack[-1:]
            continue
        excuse, is_place = _about_element(match[2])
        if stack:
            excuse = stack[-1] or excuse
        if not match[3].endswith(b"/"):
            stack.append(excuse)
        if (value := match[4].strip()) and (is_place or b"/" in value or b"." in value or b"\\" in value):
            _element(match[2], decoded(value), found, match.start(4), excuse, is_place)


@lru_cache(maxsize=4096)
def _about_element(name: bytes) -> tuple[Excuse, bool]:
    """Return what the name of an element says about its text, and whether that names a place."""
    places = (b"dir", b"directory", b"path", b"file", b"source", b"include", b"folder")
    return excuse_of_name(decoded(name)), name == b"module" or name.lower().endswith(places)


def _element(name: bytes, text: str, found: Collector, place: int, excuse: Excuse, is_place: bool) -> None:
    if name == b"module":  # Maven's: a directory with a project
        found.add(text, place, EdgeKind.EXECUTES, Anchor.HERE, excuse, how=How.PATH, is_directory=True)
    elif not found.add(text, place, EdgeKind.NAMES, Anchor.ANY, excuse, words=is_place):
        found.add_words(text, place, excuse=excuse)


_JINJA = (((b"{#", b"#}"), (b"{% comment %}", b"{% endcomment %}")), ((b"{{", b"}}"), (b"{%", b"%}")), SLASHES_BOTH)
_STASH = (((b"{{!--", b"--}}"), (b"{{!", b"}}")), ((b"{{", b"}}"),), SLASHES_BOTH)


def _partials(content: bytes, found: Collector) -> None:
    for match in _PARTIAL.finditer(content):
        found.add(decoded(match[1]), match.start(), EdgeKind.EXECUTES, words=True)


_BLADE_MARKUP = _template(((b"{{--", b"--}}"),), ((b"{{", b"}}"), (b"{!!", b"!!}"), (b"<?", b"?>")), PHP)


def _php(content: bytes, found: Collector) -> None:
    """Read PHP: pages with code between ``<?php`` and ``?>``."""
    page = _Pages(content, (), ((b"<?", b"?>"),))
    _markup(_replaced(page.text, *_HTML_COMMENT, b" ", []), found)
    for start, end in page.code:
        Literals(content, PHP, start, end).add_to(found)
    _PHP_USE(content, found)


def _nothing(content: bytes, found: Collector) -> None:
    """Read nothing: text for people, data in rows, what is generated."""


_READERS: dict[bytes, _Reader] = {}
EXTENSIONS = _READERS.keys()


def _register(extensions: str, reader: _Reader) -> None:
    _READERS.update(dict.fromkeys(extensions.encode().split(), reader))


_register("java kt kts scala sc groovy", _code(SLASHES, _JVM_IMPORT))
_register("gradle", _code(SLASHES_BOTH, _gradle))
_register("sbt", _code(SLASHES))
_register("cs fs vb swift sol proto zig", _code(SLASHES))
_register("c cc cpp h hpp hh cxx m mm ino", _code(SLASHES, _C_INCLUDE))
_register("rs", _code(SLASHES, _rust))
_register("go", _code(GO, _go))
_register("dart js jsx mjs cjs ts tsx mts cts es6 prisma graphql gql", _code(SLASHES_BOTH))
_register("php php5 phtml inc module theme install", _php)
_register("ex exs", _elixir)
_register("r rmd jl pl pm t cr nim tcl py pyi rb rake", _code(HASH))
_register("coffee litcoffee", _code(HASH, _sprockets))
_register("lua hs elm", _code(DASHES))
_register("clj cljs cljc edn lisp scm", _code(SEMICOLON))
_register("sql psql ddl", _sql)
_register("css", _plain_style)
_register("scss sass less styl stylus pcss postcss", _style)
_register(
    "erb ejs rhtml jsp jspx asp aspx gsp eex leex heex ect eco",
    _template(((b"<%#", b"%>"), (b"<%--", b"--%>")), ((b"<%", b"%>"),), SLASHES_BOTH, _sprockets),
)
_register(
    "html htm xhtml shtml jinja jinja2 j2 twig njk nunjucks liquid dtl tpl tmpl gohtml mako cshtml", _template(*_JINJA)
)
_register("hbs handlebars mustache", _template(*_STASH, _partials))
_register("haml slim pug jade", _indented)
_register("vue svelte astro", _component)
_register("xml svg xsd xsl xslt wsdl plist config csproj fsproj vbproj props targets resx jrxml xaml storyboard", _xml)
_register("md markdown mkd mdown", _markdown)
_register("mdx", _mdx)
_register(
    "txt text log csv tsv lock patch diff po pot mo map snap ics vcf srt vtt tex bib rst adoc asciidoc org rtf pem crt"
    " key pub asc sum out dump bak orig rej ipynb geojson ndjson jsonl tab dat ged",
    _nothing,
)
