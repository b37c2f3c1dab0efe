"""Where in a text a word stands, and whether it stands there like a path."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from slugtrim.suggester.words import WORD_BYTES, last_word, split_words, words_around

_APART = bytes(byte for byte in range(256) if byte not in WORD_BYTES)
_QUOTES = frozenset(b"\"'`")
_JOINED = re.compile(rb"""(["'`])[ \t]*[,/][ \t]*["'`]""")
_INTERPOLATING = (b".py", b".rb", b".rake", b".erb", b".ex", b".exs", b".php", b".kt", b".rs", b".cs")
_PUT_IN = re.compile(rb"\{[^{}\n\"']{0,80}\}")
_CONTINUED = re.compile(rb"""["'](?<=[\w-]{2}[_-]["'])(?=[ \t]*\+)""")
_CONTINUES = (b'_" +', b"_' +", b'-" +', b"-' +", b'_"+', b"_'+", b'-"+', b"-'+")
_KEY = re.compile(rb"\"[ \t\n]*:")
_KINDS = re.compile(rb"""(["'])(?:docx|pdf|pptx?|xlsx?|txt|csv|rtf|odt)\1""")
_NEAR_BYTES = 60
_LINE_BYTES = 200
"""So much of a line before a word says what the line does: a bundle is one line, with thousands of words."""
_CALLS = re.compile(rb"(?i)exec|spawn|system|popen|subprocess|command|run|shell|`|%x|\$\(|\b(?:cat|cp|mv|tar|zip)\b")
_IMPORTS = re.compile(rb"\b(?:import|from|require|require_relative|require_dependency|load|autoload)\b")
_PYTHON_IMPORT = re.compile(
    rb"\n[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]*)|import[ \t]+([\w., \t]+))"
)
_SHELL_NAMES = frozenset(
    b"Procfile Makefile Dockerfile Jenkinsfile package.json app.json composer.json MANIFEST.in .profile".split()
)
_LISTING = frozenset(
    b"composer.json pyproject.toml setup.cfg setup.py pom.xml settings.gradle settings.gradle.kts Cargo.toml mix.exs "
    b"pnpm-workspace.yaml lerna.json MANIFEST.in".split()
)
"""Manifests that list directories by single words."""
_SHELL_EXTENSIONS = (b".sh", b".bash", b".zsh", b".mk", b".bat", b".ps1")


class Mention(NamedTuple):
    """A word on a line."""

    word: bytes
    line: int
    alone: bool
    """It is all of a string, or of a value: ``"data"``, ``path: data``, and any word of a command line."""
    imported: bool
    """The line imports or requires it."""
    told: bool = False
    """It stands in a sentence, between words: a message to people, unless the line starts a program."""


def mentions(path: bytes, text: bytes, word: bytes) -> Iterator[Mention]:
    """The first places in the text of the file ``path`` where ``word`` stands by itself: one alone, one not, and one
    told where it stands nowhere else.
    """
    is_shell = speaks_shell(path)
    seen: set[bool] = set()
    told: Mention | None = None
    at = -1
    while len(seen) < (1 if is_shell else 2) and (at := text.find(word, at + 1)) >= 0:
        end = at + len(word)
        if text[at - 1 : at].translate(None, _APART) or text[end : end + 1].translate(None, _APART):
            continue
        alone = is_shell or (_is_alone(text, at, end) and not _is_label(path, text, at, end))
        if alone in seen:
            continue
        line = text[max(text.rfind(b"\n", max(at - _LINE_BYTES, 0), at) + 1, at - _LINE_BYTES, 0) : at]
        is_told = not alone and _is_told(text, at, end, line)
        if is_told and told is not None:
            continue
        mention = Mention(word, text.count(b"\n", 0, at) + 1, alone, _IMPORTS.search(line) is not None, is_told)
        if is_told:
            told = mention
        else:
            seen.add(alone)
            yield mention
    if told is not None and not seen:
        yield told


def speaks_shell(path: bytes) -> bool:
    """Whether any word of the file may be a path: a script, a list of commands."""
    name = path.rpartition(b"/")[2]
    in_bin = path.startswith(b"bin/") and b"." not in name
    return name in _SHELL_NAMES or name.endswith(_SHELL_EXTENSIONS) or in_bin


def lists_directories(path: bytes) -> bool:
    """Whether a single word of the file may be a directory of code."""
    return path.rpartition(b"/")[2] in _LISTING


def _is_alone(text: bytes, start: int, end: int) -> bool:
    before = text[start - 1 : start]
    after = text[end : end + 1]
    if before and before[0] in _QUOTES:
        return before == after
    if before == b":" and text[start - 2 : start - 1] == after and after in (b'"', b"'"):
        return True  # Gradle's ':module'
    if before == b">":
        return after == b"<"
    if after not in (b"", b"\n", b"\r"):
        return False
    return text[max(start - 2, 0) : start] in (b": ", b"- ", b"= ") or before == b"="


def _is_label(path: bytes, text: bytes, start: int, end: int) -> bool:
    """Whether a word in quotes is no path: a key in JSON, or a kind of file among others (``["doc", "pdf"]``)."""
    word = text[start:end]
    if path.endswith(b".json"):
        return _KEY.match(text, end) is not None and word.translate(None, b"./") == word
    return word == b"doc" and _KINDS.search(text, max(start - _NEAR_BYTES, 0), end + _NEAR_BYTES) is not None


def _is_told(text: bytes, start: int, end: int, line: bytes) -> bool:
    """Whether a word stands in a sentence: between a word and a word, on a line that calls no program."""
    before, after = text[start - 1 : start], text[end : end + 1]
    between = (before == b" " and after in (b" ", b",", b";", b":", b")", b"!")) or (before == b"(" and after == b" ")
    return between and _CALLS.search(line) is None


def joined_strings(text: bytes) -> bytes:
    """``"a", "b"`` and ``"a" / "b"`` as ``"a/b"``: how programs put paths together."""
    return _JOINED.sub(b"/", text)


def joined_words(text: bytes) -> set[bytes]:
    """The words that ``joined_strings`` makes: a NUL marks where they are joined, until they are cut out."""
    joined, count = _JOINED.subn(b"\0", text)
    return {word.replace(b"\0", b"/") for word in words_around(split_words(joined), b"\0")} if count else set()


def with_stars(path: bytes, text: bytes) -> bytes:
    """``model_{name}.pkl`` as ``model_*.pkl``: what is put in while the program runs stands for anything."""
    return _with_placeholders(path, text, b"*")


def starred_words(path: bytes, text: bytes) -> set[bytes]:
    """The words that ``with_stars`` makes."""
    marked = _with_placeholders(path, text, b"\0")
    return {word.replace(b"\0", b"*") for word in words_around(split_words(marked), b"\0")} if marked != text else set()


def _with_placeholders(path: bytes, text: bytes, placeholder: bytes) -> bytes:
    if path.endswith(_INTERPOLATING) and b"{" in text:
        text = _PUT_IN.sub(partial(_placed, placeholder), text.replace(b"#{", b"{"))
    if any(end in text for end in _CONTINUES):
        text = _CONTINUED.sub(lambda quote: placeholder + quote[0], text)
    return text


def _placed(placeholder: bytes, match: re.Match[bytes]) -> bytes:
    """The placeholder for what is put into a word; braces that touch none stay."""
    text, start, end = match.string, match.start(), match.end()
    touches = text[start - 1 : start].translate(None, _APART) or text[end : end + 1].translate(None, _APART)
    return placeholder if touches else match[0]


def names_in_full(name: bytes, text: bytes) -> bool:
    """Whether a name that is more than one word stands in a text, as it is or as a URL has it."""
    if last_word(name) == name:
        return True
    return any(form in text for form in (name, name.replace(b" ", b"%20"), name.replace(b" ", b"\\ ")))


def import_statements(text: bytes) -> Iterator[tuple[int, re.Match[bytes]]]:
    """The import statements of a Python text, each with where its line begins."""
    # An expression that begins with a literal is looked for three times as fast.
    return ((statement.start(), statement) for statement in _PYTHON_IMPORT.finditer(b"\n" + text))


def imported_modules(statement: re.Match[bytes]) -> Iterator[bytes]:
    """The modules that an import statement names, with every name it takes out of one: ``..a`` and ``..a.b``."""
    if statement[3] is not None:
        yield from (module.split()[0] for module in statement[3].split(b",") if module.split())
        return
    yield statement[1]
    dot = b"" if statement[1].endswith(b".") else b"."
    for name in statement[2].strip(b"()").replace(b"\n", b",").split(b","):
        if name.split():
            yield statement[1] + dot + name.split()[0]
