"""Finding the file with the settings, and reading it as TOML. Whether the settings are right is judged elsewhere."""

from __future__ import annotations

import os
import re
import tomllib

from msgspec.structs import replace

from slugtrim.config.asked import Asked
from slugtrim.config.document import Document
from slugtrim.config.locator import TooDeep, key_lines
from slugtrim.config.place import PYPROJECT, SLUGTRIM, read_named
from slugtrim.errors import ConfigError
from slugtrim.files import quoted

_TOOL = ("tool", "slugtrim")
_POSITION = re.compile(r"(?s)(.*) \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)")


def document_in(directory: bytes, own: bytes | None, other: bytes | None) -> Document | None:
    """The settings that a directory has: in the content of its ``slugtrim.toml``, or in that of its ``pyproject.toml``.

    None where it has neither, or the latter is about other tools. Raises ``ConfigError``.
    """
    document = _document(os.path.join(directory, SLUGTRIM), own) if own is not None else None
    tool = _tool(os.path.join(directory, PYPROJECT), other) if other is not None else None
    if document is None or tool is None:
        return document or tool
    if document.has_settings and tool.has_settings:
        where = f"{tool.name}:{tool.line}"
        raise ConfigError([f"{where}: [tool.slugtrim] has settings, and so has {document.name}; keep one of the two"])
    return tool if tool.has_settings else document


def named_document(named: Asked) -> Document:
    """The settings in a file that somebody names. Raises ``ConfigError``."""
    path = os.fsencode(named.text)
    shown = f"{named.name} {quoted(path)}"
    content = read_named(path, shown)
    if os.path.basename(path) != PYPROJECT:
        return _document(path, content)
    document = _tool(path, content)
    if document is None:
        raise ConfigError([f"{shown}: has no [tool.slugtrim]; add one, or name another file"])
    return document


def _tool(path: bytes, content: bytes) -> Document | None:
    """The part of a ``pyproject.toml`` that is for slugtrim."""
    document = _document(path, content)
    tools = document.settings.get("tool") if isinstance(document.settings, dict) else None
    if not isinstance(tools, dict) or "slugtrim" not in tools:
        return None
    return replace(document, settings=tools["slugtrim"], home=_TOOL)


def _document(path: bytes, content: bytes) -> Document:
    name = quoted(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{name}:{line}: is not UTF-8 text; save it as UTF-8"]) from None
    try:
        lines = key_lines(text)  # before tomllib, which some texts that nest too deep would choke
        settings = tomllib.loads(text)
    except TooDeep as error:
        raise ConfigError([f"{name}:{error.line}: is nested deeper than any setting; write it flat"]) from None
    except ValueError as error:
        raise ConfigError([_not_toml(name, text, str(error))]) from None
    return Document(name=name, path=path, settings=settings, home=(), lines=lines)


def _not_toml(name: str, text: str, message: str) -> str:
    """``tomllib`` says in brackets where, and in which words depends on its version."""
    match = _POSITION.fullmatch(message)
    if match is None:
        return f"{name}: is not TOML ({_on_one_line(message)}); mend it, or use --no-config"
    line = int(match[2]) if match[2] else text.rstrip("\n").count("\n") + 1
    where = f"column {match[3]}" if match[3] else "end of the file"
    return f"{name}:{line}: is not TOML ({_on_one_line(match[1])}, {where}); mend the line, or use --no-config"


def _on_one_line(message: str) -> str:
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in message)
