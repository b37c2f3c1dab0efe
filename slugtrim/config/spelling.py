"""How keys and values of a configuration are spelled in a message, and which right spelling is nearest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from slugtrim.files import quoted

_SHOWN_CHARACTERS = 60
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)


def spelled(text: str) -> str:
    """A name on one line, safe to print: bare where TOML has it bare, else in quotes."""
    return text if _BARE.fullmatch(text) and len(text) <= _SHOWN_CHARACTERS else f'"{inner(text)}"'


def spelled_path(keys: Iterable[str | int]) -> str:
    """A path of keys, as TOML spells it; what stands in an array goes by the array."""
    return ".".join(spelled(key) for key in keys if isinstance(key, str))


def inner(text: str) -> str:
    """What stands between the quotes: control characters escaped, and not too long."""
    name = quoted(text[: _SHOWN_CHARACTERS + 1].encode("utf-8", "surrogateescape"))
    name = name[1:-1] if name.startswith('"') else name
    return name if len(text) <= _SHOWN_CHARACTERS else name[:_SHOWN_CHARACTERS] + "…"


def shown(value: object) -> str:
    """A value of a TOML document as a message names it."""
    match value:
        case str():
            return f'"{inner(value)}"'
        case bool():
            return "true" if value else "false"
        case int() | float():
            return inner(repr(value)) if not isinstance(value, int) or abs(value) < 10**30 else "a huge number"
        case list():
            return "a list"
        case dict():
            return "a table"
        case _:
            return "a date"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The one of ``known`` that was probably meant."""
    if len(word) > _SHOWN_CHARACTERS:
        return None
    from difflib import get_close_matches  # 2 ms that a configuration without mistakes does without

    folded = {_folded(name): name for name in known}
    found = get_close_matches(_folded(word), folded, n=1)
    return folded[found[0]] if found else None


def _folded(word: str) -> str:
    return word.lower().replace("_", "-")


def hint(word: str, known: Mapping[str, str], kind: str) -> str:
    """What to write instead of ``word``; ``known`` maps what may stand there to how it is shown."""
    near = nearest(word, known)
    return f"did you mean {known[near]}?" if near is not None else f"the {kind} are {', '.join(known.values())}"
