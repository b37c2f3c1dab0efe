"""Scan a text for what it imports, without parsing it: Python, Ruby, JavaScript and TypeScript."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from msgspec import Struct

from slugtrim.suggester.edges import Anchor, EdgeKind, How, Reference
from slugtrim.suggester.languages import SCRIPTS

MAX_PARSED_BYTES = 512 << 10
"""Of a larger file only the imports and the literals count: a tree takes up to 400 times the bytes of its text."""

RUNS = frozenset(
    "fork spawn spawnSync exec execSync execFile execFileSync execa execaSync Worker SharedWorker Piscina".split()
)
"""Calls and constructors that start another program or file."""
RUN_KEYS = frozenset(
    "entry entries entryPoints input plugins presets loader preset extends script main transform reporters "
    "serverMiddleware buildModules setupFiles setupFilesAfterEnv globalSetup globalTeardown".split()
)
"""Keys of a tool's settings whose paths the tool imports."""

RUN_VALUE = rb"(?:[\"'`\[{(]|[\w.$]{1,80}[ \t\r\n]{0,80}[(+?|&`]|async\b|function\b)"
"""What the value of a key in ``RUN_KEYS`` begins with, if it counts."""
SPACE = rb"[ \t\r\n]{0,80}"
NAME = rb"[\"'`]([^\"'`\n$]{1,300})[\"'`]"


SCRIPT_WORDS = bytes(byte if byte in b"$_" or bytes([byte]).isalnum() else 0x20 for byte in range(256))
"""For ``bytes.translate``: what is in no name becomes a space. A pattern takes ten times as long to find words."""
_WORDS = bytes(0x20 if byte == 0x24 else byte for byte in SCRIPT_WORDS)
"""The same where ``$`` is in no name."""


def _patterns(rows: dict[str, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Return a pattern for each word: the word, and what follows it. Patterns that begin with a literal are fast.

    They are compiled when the first text has the word: `re` remembers them.
    """
    names = [(re.escape(word.encode()), rest) for words, rest in rows.items() for word in words.split()]
    return tuple((word.replace(b"\\", b""), b"%b(?<![\\w$]%b)%b" % (word, word, rest)) for word, rest in names)


_IMPORTS = _patterns(
    {
        "from": SPACE + NAME,
        "import": SPACE + rb"(?:\(" + SPACE + rb")?" + NAME,
        "require": rb"(?:\.resolve)?" + SPACE + rb"\(" + SPACE + NAME,
    }
)
_RUN = rb"\b(?:fork|spawn|spawnSync|execFile|execFileSync|execa|execaSync|popen|Popen|system)"


_SCRIPT_OTHERS = _patterns(
    {
        "require import": rb"(?:\.resolve)?" + SPACE + rb"\((?!" + SPACE + NAME + SPACE + rb"[),])",
        "require.context require.ensure import.meta module.require System.import importScripts requireActual": b"",
        "requirejs define fork spawn spawnSync execFile execFileSync execa execaSync": SPACE + rb"\(",
        "Worker SharedWorker Piscina": SPACE + rb"\(",
        "exec execSync": SPACE + rb"\(" + SPACE + rb"[\"'`]",
        " ".join(sorted(RUN_KEYS)): rb"[\"']?" + SPACE + b":" + SPACE + RUN_VALUE,
    }
)
"""What only the tree tells: names that are put together, calls that run a file, keys of what a tool imports."""
_SCRIPT_NAMES = {word: word.partition(b".")[0] for word, _ in _SCRIPT_OTHERS}
_ANY_SCRIPT_NAME = frozenset(_SCRIPT_NAMES.values())
"""Names with which those begin. To list the names of a file takes a tenth of the time of forty searches."""
_DIRECTIVE = re.compile(
    rb"(?m)^[ \t]*(?://|/?\*|-?#)[ \t]*=[ \t]*(require|require_tree|require_directory|include|link|link_tree|"
    rb"link_directory|depend_on|depend_on_asset)[ \t]+[\"']?([^\s\"';]{1,300})"
)
"""Of Sprockets."""
_TRIPLE_SLASH = re.compile(rb"(?m)^///[ \t]*<reference[ \t]+path=[\"']([^\"'\n]{1,300})[\"']")

_PYTHON_IMPORT = re.compile(
    rb"(?m)(?:^|;|:)[ \t]*(?:from[ \t]+([.\w]{1,200})[ \t]+import[ \t]*"
    rb"(\([^)\n]*(?:\n(?![ \t]*(?:from|import)[ \t])[^)\n]*){0,400}|(?:[^\n\\#]|\\\r?\n){0,2000})"
    rb"|import[ \t]+([\w., \t]{1,1000}))"
)
_PYTHON_DOTTED = re.compile(rb"[\"']([A-Za-z_]\w{0,80}(?:\.[A-Za-z_]\w{0,80}){1,12})[\"']")
"""A string that may name a module which a framework imports."""
_COMMENT = re.compile(rb"#[^\n]*")


class _Others(Struct, frozen=True):
    """What tells that a file may import in ways that a scan cannot follow."""

    words: frozenset[bytes]
    """Whole words, each enough."""
    texts: tuple[bytes, ...]
    """Texts, each enough; or the beginnings of what the pattern finds."""
    pattern: re.Pattern[bytes]
    starts: tuple[bytes, ...]
    """Texts of which the pattern needs one."""

    def are_in(self, content: bytes) -> bool:
        if any(map(content.__contains__, self.texts)):
            return True
        if not self.words.isdisjoint(content.translate(_WORDS).split()):
            return True
        return any(map(content.__contains__, self.starts)) and self.pattern.search(content) is not None


_PYTHON_OTHER = _Others(
    frozenset(b"execv execl execvp execlp execve execle execvpe execlpe uvicorn hypercorn granian waitress".split()),
    tuple(
        b"import_module __import__ import_string import_from_string symbol_by_name load_object from_object "
        b"find_modules autodiscover run_module run_path execfile from_pyfile load_source spec_from_file "
        b"SourceFileLoader check_call check_output getoutput getstatusoutput create_subprocess subprocess MIDDLEWARE "
        b"ENTRY entry_points console_scripts".split()
    ),
    re.compile(rb"APPS\b|\binclude\(|_MODULE\b|\bsudo\(|\blocal\(|" + _RUN + rb"\("),
    tuple(b"APPS include( _MODULE sudo( local( fork( spawn execFile execa popen( Popen( system(".split()),
)
_RUBY_IMPORT = re.compile(rb"\b(require(?:_relative|_dependency)?|load|autoload)\b([^\n\"']{0,100})" + NAME)
_RUBY_OTHER = _Others(
    frozenset(b"Dir glob sh system exec spawn popen capture2 capture2e capture3 import run".split()),
    tuple(b"eval ` %x gemspec railtie".split()),
    re.compile(
        rb"\b(?:require(?:_relative|_dependency)?|load|autoload)\b(?:[ \t(]*+(?![ \t(\"'])[^\s=.,)]|[^\n]{0,300}#\{)"
        rb"|\bpath:"
    ),
    tuple(b"require load path:".split()),
)


def line_counter(content: bytes) -> Callable[[int], int]:
    """Return a function from an offset to its line. It counts on from the last offset, which may only grow."""
    last, line = 0, 1

    def line_at(offset: int) -> int:
        nonlocal last, line
        line += content.count(b"\n", last, offset)
        last = max(last, offset)
        return line

    return line_at


def directives(content: bytes, language: str = "") -> list[Reference]:
    """Return what comments include: directives of Sprockets and TypeScript's triple-slash references.

    In JavaScript the latter are for editors.
    """
    found = []
    line_at = line_counter(content)
    if any(map(content.__contains__, (b"= require", b"=require", b"= link", b"= include", b"= depend"))):
        for match in _DIRECTIVE.finditer(content):
            text = _decoded(match[2])
            is_directory = match[1].endswith((b"_tree", b"_directory"))
            how, line = How.PATH if is_directory else How.MODULE, line_at(match.start())
            found.append(Reference(text, line, how, EdgeKind.EXECUTES, base_of(text), is_directory=is_directory))
    line_at = line_counter(content)
    has_types = language != "javascript" and b"<reference" in content
    for match in _TRIPLE_SLASH.finditer(content) if has_types else ():
        text = _decoded(match[1])
        found.append(Reference(text, line_at(match.start()), How.PATH, EdgeKind.EXECUTES, Anchor.HERE))
    return found


def base_of(module: str) -> Anchor:
    """Return where the name of a module starts from."""
    return Anchor.HERE if module.startswith(".") else Anchor.PACKAGE


def without_query(text: str) -> str:
    """Return a path without ``?raw`` or ``#icon`` at its end; a ``?`` of a glob stays."""
    if "?" in text and "*" not in text:
        text = text.partition("?")[0]
    return text.partition("#")[0] if text.rfind("#") > text.rfind("/") + 1 else text


def imports_otherwise(language: str, content: bytes) -> bool:
    """Return True if a file may import in ways that the scan cannot follow."""
    if language in SCRIPTS:
        names = _ANY_SCRIPT_NAME.intersection(content.translate(SCRIPT_WORDS).split())
        return any(
            _SCRIPT_NAMES[word] in names and word in content and re.search(pattern, content)
            for word, pattern in (_SCRIPT_OTHERS if names else ())
        )
    return (_PYTHON_OTHER if language == "python" else _RUBY_OTHER).are_in(content)


def imports_in(language: str, content: bytes) -> list[Reference]:
    """Return the imports of a text that have the module's name in full; those in comments may be among them."""
    found: dict[str, Reference] = {}
    line_at = line_counter(content)
    for text, offset, how, base in _SCANS[language](content):
        if text and text not in found:
            found[text] = Reference(text, line_at(offset), how, EdgeKind.EXECUTES, base)
    return [*found.values(), *(directives(content, language) if language in SCRIPTS else ())]


_Import = tuple[str, int, How, Anchor]
"""Text, offset, how it names its target, and from where."""


def _script_imports(content: bytes) -> Iterator[_Import]:
    matches = [match for word, pattern in _IMPORTS if word in content for match in re.finditer(pattern, content)]
    for match in sorted(matches, key=re.Match.start):
        for part in _decoded(match[1]).split("!"):
            text = without_query(part)
            how = How.GLOB if "*" in text or "{" in text else How.MODULE
            yield text, match.start(), how, base_of(text)


def _python_imports(content: bytes) -> Iterator[_Import]:
    for match in _PYTHON_IMPORT.finditer(content):
        if match[3]:
            for name in match[3].split(b","):
                yield _decoded(name.split(b" as ")[0].strip()), match.start(), How.MODULE, Anchor.PACKAGE
            continue
        module = _decoded(match[1])
        base = Anchor.HERE if module.startswith(".") else Anchor.PACKAGE
        yield module, match.start(), How.MODULE, base
        for name in _COMMENT.sub(b"", match[2]).strip(b"( \t").replace(b"\\", b" ").split(b","):
            words = name.split()
            if words and words[0] != b"*":
                separator = "" if module.endswith(".") else "."
                yield f"{module}{separator}{_decoded(words[0])}", match.start(), How.MODULE, base
    for match in _PYTHON_DOTTED.finditer(content):
        yield _decoded(match[1]), match.start(), How.MODULE, Anchor.PACKAGE


def _ruby_imports(content: bytes) -> Iterator[_Import]:
    for match in _RUBY_IMPORT.finditer(content):
        is_here = match[1] == b"require_relative" or b"__dir__" in match[2] or b"__FILE__" in match[2]
        yield _decoded(match[3]), match.start(), How.MODULE, Anchor.HERE if is_here else Anchor.PACKAGE


def _decoded(text: bytes) -> str:
    return text.decode("utf-8", "surrogateescape")


_SCANS: dict[str, Callable[[bytes], Iterator[_Import]]] = {
    "python": _python_imports,
    "ruby": _ruby_imports,
    **dict.fromkeys((*SCRIPTS, "component"), _script_imports),
}
