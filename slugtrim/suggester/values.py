"""Partly evaluated paths and what a string literal may name: shared by the languages that are parsed."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct
from msgspec.structs import astuple, replace

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, words_of

MAX_TEXT = 1000
NAMES = EdgeKind.NAMES
"""A member of an enumeration is found slowly."""

UNKNOWN = "*"
_MAX_REMEMBERED = 200
SELF = "\0"
"""The last component of the referring file's own path."""

_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\Z")
_MODULE_AND_NAME = re.compile(r"(?:[\w.-]+ *= *)?([A-Za-z_][\w.]*):[A-Za-z_][\w.]*(?:\(\))?\Z")
_TOKEN = re.compile(r"[\w.@+~*/-]+")
_PLAIN_PATH = re.compile(r"[\w.@+~*/?\[\]{},!#&= -]+\Z")
_WORD = re.compile(r"[\w@+.-]*[A-Za-z][\w@+.-]*\Z")
_EXTENSION = re.compile(r"[A-Za-z0-9]{1,9}\Z")
_HOLE = re.compile(r"%(?:\(\w{1,40}\))?[-+#0-9.]{0,9}[sdrif]|\{[\w.!:\[\]]{0,60}\}")
_LIST = re.compile(r"\{[^{}]*,[^{}]*\}")
FORMATTED = re.compile(r"%(?:\(\w{1,40}\)|<\w{1,40}>)?[-+#0-9.]{0,9}[sdrif]|%\{\w{1,40}\}")
"""What a value is put into, in Python or Ruby."""
_SCHEME_OF_FILES = re.compile(r"(?:sqlite[\w+]{0,20}|file|jdbc:\w{1,20}):(?:///?)")
_SUFFIXES = frozenset(mimetypes.MimeTypes(()).types_map[True]) | {".md", ".yml", ".yaml", ".toml", ".ini", ".cfg"}
_AMBIGUOUS = frozenset(
    "spec specs story stories docs documentation out report reports local guard artifact dump clean without reject "
    "except skip preview previews emit destination dest output".split()
)
"""Words that are also about the subject of an application: ``report = "docs/report.docx"``."""
_OUTPUTS = frozenset(("outdir", "outfile", "output_dir", "output_path", "output_file"))


class Evaluated(Struct, frozen=True, gc=False):
    """A string or path as far as the text of one file tells it. ``*`` stands for the unknown."""

    text: str
    base: Anchor = Anchor.ANY
    is_path: bool = False


class Use(Struct, frozen=True, gc=False, eq=False):
    """What the code does with the value at one place. Compared by identity, which takes no time."""

    kind: EdgeKind = EdgeKind.NAMES
    excuse: Excuse = Excuse.NONE
    is_muted: bool = False
    """A literal here names no file: a key, a message, a route."""
    takes_words: bool = False
    """A single word may name a file or directory."""
    is_path: bool = False
    """Every string here is a path."""
    is_directory: bool = False
    is_registry: bool = False
    """A dotted string here is a module that the framework imports."""
    is_glob: bool = False
    is_module: bool = False
    """Every string here is a module of JavaScript."""
    is_address: bool = False
    """What begins with a slash here, and has no extension, names no file."""


_USES: dict[tuple[object, ...], Use] = {}


def interned(use: Use) -> Use:
    """Return the one record with these fields."""
    return _USES.setdefault(astuple(use), use)


PLAIN = interned(Use())
MUTED = interned(Use(is_muted=True))
ARGUMENT = interned(Use(takes_words=True))
LOADED = interned(Use(kind=EdgeKind.LOADS, is_path=True))
LISTED = interned(Use(kind=EdgeKind.LOADS, is_path=True, is_directory=True))
EXECUTED = interned(Use(kind=EdgeKind.EXECUTES, is_path=True))
COMMAND = interned(Use(kind=EdgeKind.EXECUTES))
GUARD = interned(Use(excuse=Excuse.GUARDED, is_path=True))
WRITTEN = interned(Use(excuse=Excuse.WRITTEN, is_path=True))
GLOBBED = interned(Use(kind=EdgeKind.LOADS, is_path=True, is_glob=True))


@lru_cache(maxsize=8192)
def excuse_of_value(name: str) -> Excuse:
    """Return what a keyword or an assignment target says about its value, without words of an application's subject."""
    if name.lower() in _OUTPUTS:
        return Excuse.WRITTEN
    words = words_of(name)
    plain = [word for word in words if word not in _AMBIGUOUS]
    if plain != list(words) and "dir" in plain and excuse_of_name(name) is Excuse.WRITTEN:
        return Excuse.WRITTEN
    if any(word.startswith(("testpath", "testdir", "testmatch")) for word in plain):
        return Excuse.TESTS
    return excuse_of_name(" ".join(plain))


def joined(left: Evaluated, right: Evaluated) -> Evaluated | None:
    """Return a path joined to another; a later absolute part does not start anew, as most code means it."""
    if right.base is not Anchor.ANY:
        return right
    text = f"{left.text.rstrip('/')}/{right.text.lstrip('/')}" if left.text else right.text
    return Evaluated(text, left.base, True) if len(text) <= MAX_TEXT else None


def concatenated(left: Evaluated, right: Evaluated) -> Evaluated | None:
    """Return one text after the other."""
    if right.base is not Anchor.ANY and not left.text.strip(UNKNOWN):
        return right
    if len(left.text) + len(right.text) > MAX_TEXT:
        return None
    return Evaluated(left.text + right.text, left.base, left.is_path)


def joined_all(values: Sequence[Evaluated]) -> Evaluated | None:
    """Return the path of all values, one below the other."""
    result: Evaluated | None = replace(values[0], is_path=True) if values else None
    for value in values[1:]:
        result = joined(result, value) if result is not None else None
    return result


def concatenated_all(values: Iterable[Evaluated]) -> Evaluated | None:
    """Return the text of all values, one after the other."""
    result: Evaluated | None = Evaluated("")
    for value in values:
        result = concatenated(result, value) if result is not None and (result.text or result.base) else value
        if result is None:
            return None
    return result


def parent(value: Evaluated, count: int = 1) -> Evaluated:
    """Return the directory above, ``count`` times."""
    above = [".."] * min(count, 50)
    return replace(value, text="/".join([value.text, *above] if value.text else above), is_path=True)


def normal(value: Evaluated) -> str:
    """Return the text without ``.``, and without ``..`` where a component is known before it."""
    parts: list[str] = []
    for part in value.text.split("/"):
        if part in ("", "."):
            continue
        if part == ".." and parts and parts[-1] not in ("..", UNKNOWN, "**"):
            parts.pop()
        else:
            parts.append(part)
    is_absolute = value.text.startswith("/") and value.base is Anchor.ANY
    ends = "/" if value.text.endswith("/") and parts else ""
    return ("/" if is_absolute else "") + "/".join(parts) + ends


def references_of_value(value: Evaluated, use: Use, line: int) -> list[Reference]:
    """Return what a value names at a place that is used so. Short texts are remembered: the same names come often."""
    if use.is_muted or not value.text:
        return []
    references = _references if len(value.text) > _MAX_REMEMBERED else _remembered_references
    found = references(value.text, value.base, value.is_path, use)
    return [replace(reference, line=line + reference.line) for reference in found]


def _references(text: str, base: Anchor, is_path: bool, use: Use) -> tuple[Reference, ...]:
    """Return what a value names, with lines from the first of the value."""
    if use.is_path or is_path or base:
        return tuple(_of_path(Evaluated(text, base, is_path), use, 0))
    return tuple(_of_literal(text, use, 0))


_remembered_references = lru_cache(maxsize=8192)(_references)


def _of_path(value: Evaluated, use: Use, line: int) -> Iterator[Reference]:
    text = normal(value) if value.is_path or value.base is not Anchor.ANY else value.text.strip()
    while text.startswith("*/") and value.base is Anchor.ANY and not use.is_glob:
        text = text[2:]
    rooted = _rooted(text) if ":" in text else text
    if not rooted and use.is_directory and value.base is not Anchor.ANY:
        yield Reference(".", line, How.PATH, use.kind, value.base, use.excuse, is_directory=True)
    if not rooted or SELF in rooted or "\n" in rooted or len(rooted) > MAX_TEXT:
        return
    has_name = any(c.isalnum() for c in rooted)
    if (
        not has_name
        and not (use.is_directory and value.base is not Anchor.ANY)
        and not (use.is_glob and value.base is Anchor.HERE)
    ):
        return
    text = _HOLE.sub(UNKNOWN, rooted)
    is_glob = UNKNOWN in text or _LIST.search(text) is not None or (use.is_glob and any(c in text for c in "?["))
    how = How.GLOB if is_glob else How.PATH
    if how is How.GLOB and use.kind is EdgeKind.NAMES and not any(c.isalnum() for c in text.rpartition("/")[0]):
        return
    yield Reference(text, line, how, use.kind, value.base, use.excuse, use.is_directory)


def _rooted(text: str) -> str:
    """Return the path in an address of a file; empty for any other address."""
    found = _SCHEME_OF_FILES.match(text)
    if found:
        return text[found.end() :].partition("?")[0]
    return "" if "://" in text else text


def _of_literal(text: str, use: Use, line: int) -> Iterator[Reference]:
    text = text.strip()
    if "." not in text and "/" not in text and ":" not in text:  # a word, or else prose
        yield from _of_word(text, use, line)
        return
    if len(text) > MAX_TEXT or "\n" in text or not _PLAIN_PATH.match(text.replace("%", "").replace(":", "")):
        yield from _of_tokens(text, use, line)
        return
    if "://" in text or ":/" in text:
        text = _rooted(text)
    if not text:
        return
    if found := _MODULE_AND_NAME.match(text):
        yield from _of_module(found[1], use, line, is_surely_module=True)
        return
    if " " in text:
        yield from _of_tokens(text, use, line)
        if not _has_suffix(text) or text.count(" ") > 4:
            return
    yield from _of_name(_HOLE.sub(UNKNOWN, text), use, line)


def _of_name(text: str, use: Use, line: int) -> Iterator[Reference]:
    """Yield what a literal without blanks names: a module, a path, a word."""
    if _DOTTED.match(text):
        yield from _of_module(text, use, line)
    elif "/" in text or _has_suffix(text):
        yield from _of_path(Evaluated(text), use, line)
    else:
        yield from _of_word(text, use, line)


def _of_word(text: str, use: Use, line: int) -> Iterator[Reference]:
    if use.is_registry and use.is_directory and text.isidentifier():
        yield Reference(text, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE, use.excuse, True)
    elif use.takes_words and _WORD.match(text) and len(text) > 1:
        yield Reference(text, line, How.WORD, use.kind, Anchor.ANY, use.excuse, use.is_directory)


def _of_module(text: str, use: Use, line: int, *, is_surely_module: bool = False) -> Iterator[Reference]:
    """A dotted string is a module, or a file's name: ``app.urls``, ``data.csv``."""
    suffix = "." + text.rpartition(".")[2]  # not in lower case: `a.b.C` is a class
    if not is_surely_module and suffix in _SUFFIXES:
        yield Reference(text, line, How.PATH, use.kind, Anchor.ANY, use.excuse, use.is_directory)
        return
    if use.is_registry:
        yield Reference(text, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE, use.excuse, use.is_directory)
        package, _, last = text.rpartition(".")
        if use.is_directory and package and last[:1].isupper():
            package = package.removesuffix(".apps")
            yield Reference(package, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE, use.excuse, True)
        return
    if "." in text or is_surely_module:
        yield Reference(text, line, How.MODULE, use.kind, Anchor.ANY, use.excuse)
    if not is_surely_module and text.count(".") <= 2 and len(suffix) <= 9:
        yield Reference(text, line, How.PATH, use.kind, Anchor.ANY, use.excuse)


def _of_tokens(text: str, use: Use, line: int) -> Iterator[Reference]:
    """Yield the paths with an extension in a text: a template, a query, a document."""
    seen: set[str] = set()
    for found in _TOKEN.finditer(text):
        token = found[0].rstrip(".")
        if not _has_suffix(token) or len(token) > MAX_TEXT or token in seen or token.startswith("//"):
            continue
        if not any(c.isalpha() for c in token) or token.replace(".", "").isdigit():
            continue
        seen.add(token)
        at = line + text.count("\n", 0, found.start()) if len(seen) < 200 else line
        how = How.GLOB if UNKNOWN in token else How.PATH
        if how is How.PATH or any(c.isalnum() for c in token.rpartition("/")[0]):
            yield Reference(token, at, how, use.kind, Anchor.ANY, use.excuse)


def _has_suffix(text: str) -> bool:
    stem, dot, suffix = text.rpartition("/")[2].rpartition(".")
    return bool(dot and stem.strip(".")) and _EXTENSION.match(suffix) is not None and not suffix.isdigit()


def references_of_command(words: Iterable[str], use: Use, line: int) -> Iterator[Reference]:
    """Yield what a command runs and reads. ``git`` only reads the index."""
    is_git = False
    before = ""
    for word in words:
        if not before:
            is_git = word == "git"
        if word in ("&&", "||", ";", "|"):
            before = ""
            continue
        before, previous = word or "x", before
        if not is_git:
            yield from _of_word_of_command(previous, word, use, line)


def _of_word_of_command(before: str, word: str, use: Use, line: int) -> Iterator[Reference]:
    if word:
        text = word.partition("=")[2] if word.startswith("-") else ("" if ">" in word else word)
        if before == "-m" and text.replace(".", "").replace("_", "").isalnum():
            yield Reference(text, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE, use.excuse)
        elif text and ("/" in text or _has_suffix(text)):
            base = Anchor.ANY if text[0] in "/*~" else Anchor.ROOT
            yield from _of_path(Evaluated(text, base), replace(use, kind=EdgeKind.EXECUTES, is_path=True), line)
        elif text and word is text and before and _WORD.match(text) and len(text) > 1:
            yield Reference(text, line, How.WORD, EdgeKind.NAMES, Anchor.ROOT, use.excuse)
