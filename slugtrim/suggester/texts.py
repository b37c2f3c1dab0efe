"""References in languages without a grammar, in templates, style sheets, markup and Markdown.

String literals and the syntax for including count; what is unsure is kept.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name
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


def _included(pattern: bytes, base: Anchor = Anchor.ANY, how: How | None = None, separator: bytes = b"") -> _Reader:
    """Return a reader of what group 1 of a pattern imports; ``separator`` stands between the parts of its path."""
    compiled = re.compile(pattern)

    def read(content: bytes, found: Collector) -> None:
        for match in compiled.finditer(content):
            text = match[1].replace(separator, b"/") if separator else match[1]
            found.add(decoded(text), found.line(match.start(1)), EdgeKind.EXECUTES, base, how=how, words=True)

    return read


_PHP_USE = _included(rb"(?m)^[ \t]*use[ \t]+(?:function[ \t]+)?\\?([A-Za-z]\w*+(?:\\\w++)+)", separator=b"\\")
_JVM_IMPORT = _included(rb"(?m)^[ \t]*import[ \t]+(?:static[ \t]+)?([A-Za-z_]\w*+(?:\.\w++)+(?:\.\*)?)", separator=b".")
_C_INCLUDE = _included(rb"(?m)^[ \t]*#[ \t]*(?:include|import)[ \t]*\"([^\"\n]{1,300})\"", Anchor.HERE, How.PATH)
_SQL = re.compile(
    rb"(?mi)^[ \t]*\\(?:ir?|include(?:_relative)?)[ \t]+'?([^'\s;]{1,300})|^[ \t]*(?:source|@@?)[ \t]+([^'\s;]{1,300})"
    rb"|\b(?:from|infile)[ \t\n]+'([^'\n]{1,300})'"
)
_RUST_INCLUDES = re.compile(rb"\binclude(_str|_bytes)?!\s{0,9}\(\s{0,9}\"([^\"\n]{1,300})\"")
_RUST_MODULE = re.compile(
    rb"(?m)(#\[cfg\(test\)\]\s{1,20})?^[ \t]*(?:pub(?:\([a-z]{1,9}\))?[ \t]+)?mod[ \t]+(\w++)[ \t]*;"
)
_GO_EMBED = re.compile(rb"(?m)^[ \t]*//go:embed[ \t]+([^\n]{1,2000})")
_GO_IMPORT = re.compile(rb"\bimport[ \t]*(\(|(?:[\w.]{1,60}[ \t]+)?\"[^\"\n]{1,300}\")")
_GO_WORD = re.compile(rb"\"([^\"\n]{1,300})\"|`([^`\n]{1,300})`|([^\s\"`]{1,300})")
_QUOTED = re.compile(rb"\"([^\"\n]{1,400})\"|'([^'\n]{1,400})'")


def _sql(content: bytes, found: Collector) -> None:
    for match in _SQL.finditer(content):
        text = decoded(match[1] or match[2] or match[3])
        found.add(text, found.line(match.start()), EdgeKind.LOADS if match[3] else EdgeKind.EXECUTES)


def _rust(content: bytes, found: Collector) -> None:
    for match in _RUST_INCLUDES.finditer(content):
        kind = EdgeKind.LOADS if match[1] else EdgeKind.EXECUTES
        found.add(decoded(match[2]), found.line(match.start()), kind, Anchor.HERE, words=True)
    for match in _RUST_MODULE.finditer(content):
        excuse = Excuse.TESTS if match[1] else Excuse.NONE
        found.add(decoded(match[2]), found.line(match.start(2)), EdgeKind.EXECUTES, Anchor.HERE, excuse, how=How.MODULE)


def _go(content: bytes, found: Collector) -> None:
    for match in _GO_EMBED.finditer(content):
        line = found.line(match.start())
        for quoted, raw, bare in _GO_WORD.findall(match[1]):
            text = decoded(quoted or raw or bare).removeprefix("all:")
            how = How.GLOB if "*" in text or "?" in text else How.PATH
            is_directory = how is How.PATH and "." not in text.rpartition("/")[2]
            found.add(text, line, EdgeKind.LOADS, Anchor.HERE, how=how, is_directory=is_directory)
    end = 0
    for match in _GO_IMPORT.finditer(content):
        if match.start() < end:
            continue
        end = content.find(b")", match.end()) if match[1] == b"(" else match.end()
        if end < 0:
            return
        for quoted in _QUOTED.finditer(content, match.start(1), end):
            found.add(
                decoded(quoted[1] or b""), found.line(quoted.start()), EdgeKind.EXECUTES, Anchor.PACKAGE, how=How.MODULE
            )


_DART_PACKAGE = re.compile(rb"[\"']package:\w{1,80}+/([^\"'\n]{1,300})")


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


def _dart(content: bytes, found: Collector) -> None:
    for match in _DART_PACKAGE.finditer(content):
        found.add("lib/" + decoded(match[1]), found.line(match.start()), EdgeKind.EXECUTES)


def _gradle(content: bytes, found: Collector) -> None:
    for match in re.finditer(rb"(?m)^[ \t]*include(?:Build|Flat)?[ \t(]+([^\n)]{1,2000})", content):
        line = found.line(match.start())
        for one, other in _QUOTED.findall(match[1]):
            text = decoded(one or other).lstrip(":").replace(":", "/")
            found.add(text, line, EdgeKind.EXECUTES, Anchor.ROOT, how=How.PATH, is_directory=True)


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
                found.add(file_name, found.line(match.start(1)), EdgeKind.EXECUTES, how=How.PATH)


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
    return b"".join([*pieces, text[end:]])


_BLANK = bytes(byte if byte == 0x0A else 0 for byte in range(256))
_HTML_COMMENT = (b"<!--", b"-->")
_ATTRIBUTE = re.compile(
    rb"=\s{0,9}(?:\"([^\"<>/.]{0,2000}[/.][^\"<>]{0,2000})\"|'([^'<>/.]{0,2000}[/.][^'<>]{0,2000})')"
)
"""A value with a slash or a dot; most of a page's attributes have none."""
_ATTRIBUTE_NAME = re.compile(rb"\s{0,9}([\w:@.-]{1,60})")
_BARE_ATTRIBUTE = re.compile(rb"\b(?:src|href)=([^\s\"'<>{}]{1,400})")
_URL = re.compile(rb"(?:url|path)\(\s{0,9}(?:\"([^\"\n]{0,2000})\"|'([^'\n]{0,2000})'|([^\s\"')(]{1,2000}))")
_STYLE_IMPORT = re.compile(rb"@(?:import|use|forward|config|plugin|reference|require)[ \t]([^;\n{}]{1,1000})")
_STYLE_WORD = re.compile(rb"\"([^\"\n]{1,400})\"|'([^'\n]{1,400})'|([\w~@./-]{1,400})")
_SPROCKETS = re.compile(
    rb"(?m)^[ \t]*+(?://|\*|#|/\*|-#)?[ \t]*=[ \t]*"
    rb"(require|require_tree|require_directory|link|link_tree|link_directory|depend_on|depend_on_asset|stub)"
    rb"[ \t]+[\"']?([^\s\"';]{1,300})"
)
_PARTIAL = re.compile(rb"\{\{\{?~?#?>\s{0,9}[\"']?([\w@./-]{1,300})")
_INDENTED_INCLUDE = re.compile(rb"(?m)^[ \t]*(?:include|extends|import)(?::[\w-]{1,30})?[ \t]+([^\s(]{1,300})")
_SOURCES = frozenset(b"src srcset href poster data-src data-srcset data-main xlink:href data background".split())
_NOT_FILES = frozenset(b"class id alt title type rel name style placeholder d points viewbox charset lang".split())
_TEMPLATE_CALL = re.compile(
    rb"\b(include|extends|import|from|embed|component|layout|each|includeIf|includeWhen|livewire|use|render|partial"
    rb"|template|inertia|Inertia::render|parent|insert)\b[ \t(:]*(?:partial:|template:|layout:)?[ \t(\[]*"
    rb"(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})')"
)
_ASSET_CALL = re.compile(
    rb"\b([\w.]{0,40}(?:static|asset|image|img|picture|icon|svg|stylesheet|javascript|css|font|video|audio|mix|pack"
    rb"|vite)\w{0,30})\b[ \t]*\(?[ \t\[]*(?:\"([^\"\n]{1,300})\"|'([^'\n]{1,300})')"
)


def _style(content: bytes, found: Collector) -> None:
    """Read CSS, SCSS, Sass, Less or Stylus."""
    page = _replaced(content, b"/*", b"*/", b" ", []) if b"/*" in content else content
    _sprockets(content, found)
    _style_text(page, found)
    Literals(page, SLASHES_BOTH).add_to(found, words=False)


def _plain_style(content: bytes, found: Collector) -> None:
    """Read CSS: its addresses start from the file itself, and its other strings are no paths."""
    page = _replaced(content, b"/*", b"*/", b" ", []) if b"/*" in content else content
    _sprockets(content, found)
    _style_text(page, found, Anchor.HERE)


def _style_text(page: bytes, found: Collector, base: Anchor = Anchor.ANY) -> None:
    for match in _STYLE_IMPORT.finditer(page):
        if _is_comment(page, match.start()):
            continue
        line = found.line(match.start())
        rest = match[1].partition(b" with")[0].partition(b" as ")[0]
        for double, single, bare in _STYLE_WORD.findall(rest):
            if bare and b")" in rest:
                continue
            text = decoded(double or single or bare).removeprefix("~")
            if "://" not in text and not text.startswith("//"):
                found.add(text, line, EdgeKind.EXECUTES, how=How.GLOB if "*" in text else How.MODULE)
    for match in _URL.finditer(page):
        text = decoded(match[1] or match[2] or match[3] or b"").replace("\0", "")
        found.add(
            text.removeprefix("~"), found.line(match.start()), EdgeKind.LOADS, Anchor.ANY if text[:1] == "/" else base
        )


def _is_comment(page: bytes, offset: int) -> bool:
    return page[max(offset - 200, 0) : offset].rpartition(b"\n")[2].lstrip().startswith(b"//")


def _sprockets(content: bytes, found: Collector) -> None:
    for match in _SPROCKETS.finditer(content):
        text, line = decoded(match[2]), found.line(match.start(2))
        is_directory = match[1].endswith((b"tree", b"directory"))
        base = Anchor.HERE if text.startswith(".") else Anchor.ANY
        how = How.PATH if is_directory else How.MODULE
        if match[1] != b"stub":
            found.add(text, line, EdgeKind.EXECUTES, base, how=how, is_directory=is_directory)


def _markup(text: bytes, found: Collector) -> None:
    """Read attributes and ``url()``."""
    seen: set[tuple[bytes, bytes]] = set()
    for match in _ATTRIBUTE.finditer(text):
        named = _ATTRIBUTE_NAME.match(text[max(match.start() - 70, 0) : match.start()][::-1])
        name = named[1][::-1].lower() if named else b""
        value = match[1] or match[2]
        if (name, value) not in seen:
            seen.add((name, value))
            _attribute(name, value.replace(b"\0", b""), found, match.start())
    for match in _BARE_ATTRIBUTE.finditer(text):
        _attribute(b"src", match[1].replace(b"\0", b""), found, match.start())
    if b"url(" in text:
        _style_text(text, found)


def _attribute(name: bytes, value: bytes, found: Collector, offset: int) -> None:
    plain = name.lstrip(b":@").removeprefix(b"v-bind:").removeprefix(b"data-") or name
    if plain in _NOT_FILES or plain.startswith((b"aria-", b"on")):
        return
    line = found.line(offset)
    kind = EdgeKind.LOADS if plain in _SOURCES or name in _SOURCES else EdgeKind.NAMES
    if plain.endswith(b"srcset"):
        for each in decoded(value).split(","):
            found.add(each.split()[0] if each.split() else "", line, kind)
        return
    text = decoded(value)
    if "'" in text or '"' in text or "`" in text:
        for double, single in _QUOTED.findall(value):
            found.add(decoded(double or single), line, kind)
        return
    if kind is EdgeKind.NAMES or plain == b"href":  # an address without an extension names a page, not a file
        last = text.partition("?")[0].partition("#")[0].rstrip("/").rpartition("/")[2]
        if "." not in last.lstrip("."):
            return
    found.add(text, line, kind)


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
        for match in _SCRIPT.finditer(page.text):
            end = page.text.find(b"</script", match.end())
            if end < 0:
                break
            _segment(page.text.replace(b"\0", b" "), match.end(), end, SLASHES_BOTH, found)
        for each in also:
            each(page.commented, found)

    return read


_SCRIPT = re.compile(rb"<script\b[^<>]{0,1000}>")


def _segment(content: bytes, start: int, end: int, grammar: Syntax, found: Collector) -> None:
    """Read code in a template: what it includes and renders, its assets and other strings that are paths."""
    _calls(content, start, end, found)
    Literals(content, grammar, start, end).add_to(found, words=False)


def _calls(content: bytes, start: int, end: int, found: Collector) -> None:
    for pattern, kind in ((_TEMPLATE_CALL, EdgeKind.EXECUTES), (_ASSET_CALL, EdgeKind.LOADS)):
        for match in pattern.finditer(content, start, end):
            text = decoded(match[2] or match[3])
            if kind is EdgeKind.EXECUTES:
                text = _view(text)
            found.add(text, found.line(match.start()), kind, words=True)


def _view(text: str) -> str:
    """Return the path of a view: without the namespace before it."""
    if text.startswith("@") and "/" in text:
        return text.partition("/")[2]
    return text.rpartition("::")[2].replace(":", "/").lstrip("/")


def _blade(content: bytes, found: Collector) -> None:
    """Read Laravel's templates, where a view is called by a dotted name."""
    _BLADE_MARKUP(content, found)
    for match in re.finditer(rb"@([A-Za-z]{2,30})\s{0,9}\(([^\n)]{0,400})", content):
        line = found.line(match.start())
        for double, single in _QUOTED.findall(match[2]):
            text = decoded(double or single)
            if match[1] == b"vite" or "/" in text:
                found.add(text, line, EdgeKind.LOADS)
            elif match[1].lower().startswith((b"include", b"extends", b"component", b"each", b"livewire")):
                view = text.rpartition("::")[2].replace(".", "/")
                found.add(view, line, EdgeKind.EXECUTES, words=True)
    for match in re.finditer(rb"<x-([\w.-]{1,100})", content):
        text = "components/" + decoded(match[1]).replace(".", "/")
        found.add(text, found.line(match.start()), EdgeKind.EXECUTES)


def _indented(content: bytes, found: Collector) -> None:
    """Read Haml, Slim or Pug: code without marks, one line each."""
    text = re.sub(rb"(?m)^[ \t]*(?:-#|//|/(?![\w=])|-//)[^\n]*", b"", content)
    _sprockets(content, found)
    _calls(text, 0, len(text), found)
    Literals(text, SLASHES_BOTH).add_to(found, words=False)
    for match in _INDENTED_INCLUDE.finditer(text):
        found.add(decoded(match[1]), found.line(match.start()), EdgeKind.EXECUTES, words=True)
    _style_text(text, found)


def _parsed(language: str) -> Callable[[bytes, int, Collector], None]:
    """Return a reader of a script in a page, by the grammar of JavaScript."""

    def read(script: bytes, first_line: int, found: Collector) -> None:
        try:
            module = importlib.import_module("slugtrim.suggester.syntax_javascript")
        except ImportError:
            inner = Collector(script, first_line)
            Literals(script, SLASHES_BOTH).add_to(inner)
            found.include(inner.references)
            return
        found.include(module.references(script, language, first_line=first_line))

    return read


_SCRIPT_OPENS = re.compile(rb"<script\b([^<>]{0,1000})>")
_STYLE_OPENS = re.compile(rb"<style\b[^<>]{0,1000}>")


def _component(content: bytes, found: Collector) -> None:
    """Read Vue, Svelte or Astro: scripts by the grammar, the rest as a page."""
    text = _replaced(content, *_HTML_COMMENT, b" ", [])
    text = _scripts(text, found)
    if text.lstrip().startswith(b"---"):
        start = text.find(b"---") + 3
        end = text.find(b"\n---", start)
        if end >= 0:
            _parsed("typescript")(text[start:end], found.line(start), found)
            text = text[:start] + text[start:end].translate(_BLANK) + text[end:]
    for match in _STYLE_OPENS.finditer(text):
        end = text.find(b"</style", match.end())
        if end < 0:
            break
        style = text[match.end() : end]
        inner = Collector(style, found.line(match.end()))
        _style(style, inner)
        found.include(inner.references)
    segments: list[_Segment] = []
    page = _replaced(text, b"{{", b"}}", b"*", segments)
    _markup(page, found)
    for start, end in segments:
        Literals(text, SLASHES_BOTH, start, end).add_to(found, words=False)
    for match in re.finditer(rb"=\{([^{}\n]{1,400})\}", page):
        Literals(page, SLASHES_BOTH, match.start(1), match.end(1)).add_to(found, words=False)


def _scripts(text: bytes, found: Collector) -> bytes:
    """Read the scripts of a page by the grammar; return the page without them."""
    pieces = []
    at = 0
    while (match := _SCRIPT_OPENS.search(text, at)) is not None:
        end = text.find(b"</script", match.end())
        if end < 0:
            break
        is_typed = b"ts" in match[1]
        language = ("tsx" if b"tsx" in match[1] else "typescript") if is_typed else "javascript"
        _parsed(language)(text[match.end() : end], found.line(match.end()), found)
        pieces += [text[at : match.end()], text[match.end() : end].translate(_BLANK)]
        at = end
    return b"".join([*pieces, text[at:]])


# Markup for people, and data

_LINK = re.compile(rb"\]\(\s{0,5}<?([^)(\s<>]{1,1000})|(?m:^[ ]{0,3}\[[^\]\n]{1,200}\]:[ \t]{1,9}<?([^\s<>]{1,1000}))")
_RST = re.compile(
    rb"(?m)^[ \t]*\.\.[ \t]+(?:\|[^|\n]{1,100}\|[ \t]+)?"
    rb"(?:image|figure|include|literalinclude|csv-table|download|_[^:\n]{1,100}):{1,2}[ \t]+([^\s]{1,500})"
)
_MDX_IMPORT = re.compile(rb"(?m)^import\b[^\n\"']{0,500}[\"']([^\"'\n]{1,300})[\"']")


def _markdown(content: bytes, found: Collector) -> None:
    """Read Markdown: only links and images."""
    for match in _LINK.finditer(content):
        _named(match[1] or match[2], found, match.start())
    text = _replaced(content, *_HTML_COMMENT, b" ", [])
    for match in re.finditer(rb"\b(?:src|href)=[\"']([^\"'<>\n]{1,1000})[\"']", text):
        _named(match[1], found, match.start())


def _mdx(content: bytes, found: Collector) -> None:
    _markdown(content, found)
    for match in _MDX_IMPORT.finditer(content):
        found.add(decoded(match[1]), found.line(match.start()), EdgeKind.EXECUTES, Anchor.HERE, how=How.MODULE)


def _rst(content: bytes, found: Collector) -> None:
    for match in _RST.finditer(content):
        _named(match[1], found, match.start())


def _named(text: bytes, found: Collector, offset: int) -> None:
    found.add(decoded(text), found.line(offset), EdgeKind.NAMES, words=False)


_ELEMENT = re.compile(rb"<(/?)([\w:.-]{1,100}+)([^<>]*+)>([^<]{0,400}+)")
_MAX_DEPTH = 64


def _xml(content: bytes, found: Collector) -> None:
    """Read XML: attributes, and the text of elements with what the names of those around it say."""
    text = _replaced(content, *_HTML_COMMENT, b" ", [])
    _markup(text, found)
    stack: list[Excuse] = []
    for match in _ELEMENT.finditer(text):
        if match[1]:
            del stack[-1:]
            continue
        name = decoded(match[2])
        excuse = (stack[-1] if stack else Excuse.NONE) or excuse_of_name(name)
        if not match[3].endswith(b"/"):
            stack.append(excuse)
        value = decoded(match[4]).strip()
        if value:
            _element(name, value, found, found.line(match.start(4)), excuse)


def _element(name: str, value: str, found: Collector, line: int, excuse: Excuse) -> None:
    if name == "module":  # Maven's: a directory with a project
        found.add(value, line, EdgeKind.EXECUTES, Anchor.HERE, excuse, how=How.PATH, is_directory=True)
        return
    is_place = name.lower().endswith(("dir", "directory", "path", "file", "source", "include", "folder"))
    if not found.add(value, line, EdgeKind.NAMES, Anchor.ANY, excuse, words=is_place):
        found.add_words(value, line, excuse=excuse)


_JINJA = (((b"{#", b"#}"), (b"{% comment %}", b"{% endcomment %}")), ((b"{{", b"}}"), (b"{%", b"%}")), SLASHES_BOTH)
_STASH = (((b"{{!--", b"--}}"), (b"{{!", b"}}")), ((b"{{", b"}}"),), SLASHES_BOTH)


def _partials(content: bytes, found: Collector) -> None:
    for match in _PARTIAL.finditer(content):
        found.add(decoded(match[1]), found.line(match.start()), EdgeKind.EXECUTES, words=True)


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
_register("dart", _code(SLASHES_BOTH, _dart))
_register("js jsx mjs cjs ts tsx mts cts es6 prisma graphql gql", _code(SLASHES_BOTH))
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
_register("rst", _rst)
_register(
    "txt text log csv tsv lock patch diff po pot mo map snap ics vcf srt vtt tex bib adoc asciidoc org rtf pem crt key"
    " pub asc sum out dump bak orig rej ipynb geojson ndjson jsonl tab dat ged",
    _nothing,
)
