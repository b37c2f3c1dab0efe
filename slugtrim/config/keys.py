"""The keys that a settings file may have, and how the value of each is read: the one place that knows.

Keys of budgets come from the rows of ``budget.BUDGETS``. The tables of ``docs/configuration.md``, the reading
and "did you mean" follow all these rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction

from msgspec import Struct

from slugtrim.budget import BUDGETS, Amount, Notation, Written
from slugtrim.config.settings import Setting
from slugtrim.errors import RulesError, UsageError
from slugtrim.files import quoted
from slugtrim.ignore import Dialect, parse
from slugtrim.platforms import PLATFORM, PLATFORMS, Platform
from slugtrim.sizer import table
from slugtrim.units import parse_size

_SHOWN_CHARACTERS = 60
_BARE = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_PERCENT = re.compile(r"([0-9]{1,20}(?:\.[0-9]{1,20})?) ?%", re.ASCII)
_SIZE_LIKE = re.compile(r"[0-9.]+ ?[A-Za-z]*", re.ASCII)
_MOST_PERCENT = 1000
_MOST = 10**18
"""Files or bytes. No repository has as many."""


class Refused(Exception):
    """A value that is wrong; ``str()`` of it says what is wrong and what to write instead."""


def read_size(value: object, written: Written) -> Amount:
    """Return an amount of bytes."""
    return Amount(value=_size(value, '"300MB"'), text=_text(value), written=written)


def read_total(value: object, written: Written) -> Amount:
    """Return an amount of bytes; for a class, the most that a slug of this class can have."""
    classes = table().classes
    *lighter, heaviest = (size_class.value for _, size_class in classes)
    if value == heaviest:
        raise Refused(
            f'"{heaviest}" is the heaviest class, so it would allow everything; write {", ".join(lighter)} or a size'
        )
    for name, (next_least, _) in zip(lighter, classes[1:], strict=True):
        if value == name:
            return Amount(value=next_least - 1, text=name, written=written)
    near = nearest(value, lighter) if isinstance(value, str) and value.isalpha() else None
    if near is not None:
        raise Refused(f"{shown(value)} is not a size or a class; did you mean {near}?")
    return read_size(value, written)


def read_growth(value: object, written: Written) -> Amount:
    """Return an amount of bytes, or a percentage."""
    if not isinstance(value, str) or _SIZE_LIKE.fullmatch(value.strip()):
        return Amount(value=_size(value, '"2MB" or "5%"'), text=_text(value), written=written)
    match = _PERCENT.fullmatch(value.strip())
    if match is None:
        raise Refused(f"{shown(value)} is not a size or a percentage; write 2MB or 5%")
    percent = Fraction(match[1])
    if percent > _MOST_PERCENT:
        raise Refused(f"{shown(value)} is more than {_MOST_PERCENT}%, which is no limit; write 5%, or a size")
    return Amount(percent=percent, text=_text(value), written=written)


def read_files(value: object, written: Written) -> Amount:
    """Return a number of files."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Refused(f"{shown(value)} is not a number of files; write a whole number such as 5000")
    if value >= _MOST:
        raise Refused(f"{shown(value)} is too large; write a number such as 5000")
    return Amount(value=value, text=str(value), written=written)


def read_dialect(value: object) -> Dialect:
    """Return the dialect of that name."""
    known = [dialect.value for dialect in Dialect]
    if isinstance(value, str) and value in known:
        return Dialect(value)
    near = nearest(value, known) if isinstance(value, str) else None
    advice = f"did you mean {near}?" if near is not None else f"write {', '.join(known[:-1])} or {known[-1]}"
    raise Refused(f"{shown(value)} is not a dialect; {advice}")


def read_platform(value: object) -> Platform:
    """Return the platform of that name."""
    known = {platform.id: platform for platform in PLATFORMS}
    if isinstance(value, str) and value in known:
        return known[value]
    near = nearest(value.lower(), list(known)) if isinstance(value, str) else None
    advice = f"did you mean {near}?" if near is not None else f"write {' or '.join(known)}"
    raise Refused(f"{shown(value)} is not a platform; {advice}")


def read_remote(value: object) -> str:
    """Return the name of a git remote."""
    if not isinstance(value, str) or not value.strip():
        raise Refused(f"{shown(value)} is not a remote name; use one that git remote shows")
    return value


def read_buildpack(value: object) -> str:
    """Return the name or address of a buildpack."""
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise Refused(f'{shown(value)} is not a buildpack; write one as "{PLATFORM.id}/nodejs"')
    return value.strip()


def read_of(value: object) -> bool:
    """Return True for budgets of the compiled slug."""
    known = ("source", "compiled")
    if isinstance(value, str) and value in known:
        return value == "compiled"
    near = nearest(value, known) if isinstance(value, str) else None
    advice = f"did you mean {near}?" if near is not None else f"write {' or '.join(known)}"
    raise Refused(f"{shown(value)} is nothing that budgets count; {advice}")


def read_text(value: object) -> str:
    """Return a text on one line."""
    if not isinstance(value, str) or not value.strip() or "\n" in value or "\r" in value:
        raise Refused(f"{shown(value)} is not single-line text")
    return value.strip()


def read_own_pattern(value: object) -> bytes:
    """Return a pattern in gitignore's language that stands as a value."""
    if not isinstance(value, str):
        raise Refused(f'{shown(value)} is not a pattern; write it as in .slugignore: "/spec"')
    return read_pattern(value)


def read_finding_id(value: object) -> str:
    """Return the id of a finding of ``lint``."""
    from slugtrim.lint.findings import sections  # 12 ms that most configurations do without

    known = sections()
    if isinstance(value, str) and value in known:
        return value
    near = nearest(value, known) if isinstance(value, str) else None
    advice = f"did you mean {near}?" if near is not None else "use one that slugtrim lint shows"
    raise Refused(f"{shown(value)} is not a finding id; {advice}")


def read_pattern(text: str) -> bytes:
    """Return a pattern in gitignore's language."""
    pattern = text.encode()
    if b"\n" in pattern or b"\r" in pattern:
        raise Refused("has several lines; write one pattern for each")
    try:
        rules = parse(pattern, Dialect.GITIGNORE)
    except RulesError:
        raise Refused("has a character that paths cannot contain; write a pattern as in .slugignore") from None
    if pattern.startswith(b"#"):
        raise Refused("is a gitignore comment, so it matches nothing; write \\# for a name that starts with #")
    if not rules or not rules[0].pattern.strip(b"/"):
        raise Refused('matches nothing; write a pattern as in .slugignore: "app/assets/**"')
    if rules[0].negated:
        raise Refused("starts with !, which is not supported here; drop it, or write \\! for a name")
    return pattern


def _size(value: object, example: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST:
        raise Refused(f'{shown(value)} has no unit; write "{shown(value)}MB"')
    if not isinstance(value, str):
        raise Refused(f"{shown(value)} is not a size; write {example}")
    try:
        return parse_size(inner(value))
    except UsageError as error:
        raise Refused(str(error)) from None


def _text(value: object) -> str:
    assert isinstance(value, str)
    return value.strip()


class ValueKind(Struct, frozen=True, kw_only=True):
    """What a key takes."""

    words: str
    """For ``docs/configuration.md``."""
    read: Callable[[object, Written], Amount] | None = None
    """Reads an amount, and raises ``Refused``; None for anything else than an amount."""

    def amount(self, value: object, written: Written) -> Amount:
        """Return what ``read`` makes of a value. Raises ``Refused``."""
        assert self.read is not None
        return self.read(value, written)


SIZE = ValueKind(words="a size", read=read_size)
_PLATFORM = ValueKind(words=" or ".join(f"`{platform.id}`" for platform in PLATFORMS))
_DIALECT = ValueKind(words=" or ".join(f"`{dialect.value}`" for dialect in Dialect))
_REMOTES = ValueKind(words="a list of names")
_BUILDPACKS = ValueKind(words="a list of names or addresses")
_TABLE = ValueKind(words="a table")
_PATTERNS = ValueKind(words="a list of patterns, each as text or as `{ pattern, reason }`")
_IDS = ValueKind(words="a list of ids, each as text or as `{ id, reason }`")
_NOTATIONS: Mapping[Notation, ValueKind] = {
    Notation.SIZE: SIZE,
    Notation.TOTAL: ValueKind(
        words="a size, or a class (`small`, `average`): that class or a lighter one", read=read_total
    ),
    Notation.GROWTH: ValueKind(words="a size, or a percentage of the base (`5%`)", read=read_growth),
    Notation.FILES: ValueKind(words="a whole number", read=read_files),
    Notation.PATTERNS: ValueKind(words="a table of pattern (gitignore's language, from the root of the slug) to size"),
}


class Key(Struct, frozen=True, kw_only=True):
    """One key of a table."""

    name: str
    kind: ValueKind
    says: str
    """What it is about, for ``docs/configuration.md``."""
    setting: Setting | None = None
    """What asks for the same outside a file."""

    @property
    def field(self) -> str:
        """The field of the record that has the value."""
        return self.name.replace("-", "_")


BUDGET_KEYS = tuple(
    Key(
        name=budget.key,
        kind=_NOTATIONS[budget.notation],
        says=budget.says,
        setting=Setting.__members__.get(budget.field.upper()),  # an option of the same name, as `MAX_GROWTH`
    )
    for budget in BUDGETS
)
"""The keys of ``budgets``; the values of all but ``paths`` are fields of ``Budgets``."""
OVERHEAD_KEY = Key(
    name="buildpack-overhead",
    kind=SIZE,
    says="what buildpacks add to the compressed slug",
    setting=Setting.OVERHEAD,
)
BUILDPACKS_KEY = Key(
    name="buildpacks",
    kind=_BUILDPACKS,
    says=f"the buildpacks that are set on the app, in order, as `{PLATFORM.id} buildpacks` lists them",
)
SLUG_LIMIT_KEY = Key(
    name="slug-limit",
    kind=SIZE,
    says=f"the size above which {PLATFORM.name} rejects the slug, where it isn't the published limit: accounts differ",
)
OF_KEY = Key(
    name="of",
    kind=ValueKind(words="`source` or `compiled`"),
    says="what `total`, `warn` and `max-growth` count if nothing is known of buildpacks: your code (`source`, the "
    "default), or the predicted slug (`compiled`)",
)
TARGET_KEYS = (
    Key(name="remotes", kind=_REMOTES, says="the git remotes that a push to this target goes to"),
    BUILDPACKS_KEY,
    OVERHEAD_KEY,
    SLUG_LIMIT_KEY,
    Key(name="budgets", kind=_TABLE, says="budgets of this target; they override the general ones"),
)
SUGGEST_KEYS = (
    Key(name="include", kind=_PATTERNS, says="patterns that `suggest` leaves out even if the deploy uses them"),
    Key(name="exclude", kind=_PATTERNS, says="patterns that `suggest` never suggests"),
)
PATTERN_KEYS = (
    Key(name="pattern", kind=ValueKind(words="a pattern"), says="as in `.slugignore`"),
    Key(name="reason", kind=ValueKind(words="a text"), says="why; reports show it"),
)
LINT_KEYS = (Key(name="ignore", kind=_IDS, says="findings that `lint`, `audit` and `check` ignore"),)
ID_KEYS = (
    Key(name="id", kind=ValueKind(words="an id"), says="of a finding"),
    Key(name="reason", kind=ValueKind(words="a text"), says="why; reports show it"),
)
TOP_KEYS = (
    Key(
        name="platform",
        kind=_PLATFORM,
        says="where the app runs; detected by default",
        setting=Setting.PLATFORM,
    ),
    Key(
        name="dialect",
        kind=_DIALECT,
        says="how `.slugignore` is read; by default as the platform documents it (`gitignore`, `filepath`)",
    ),
    BUILDPACKS_KEY,
    OVERHEAD_KEY,
    SLUG_LIMIT_KEY,
    Key(name="budgets", kind=_TABLE, says="budgets of every target"),
    Key(name="targets", kind=_TABLE, says="a table for each app on the platform, under a name of your choice"),
    Key(name="suggest", kind=_TABLE, says="your decisions that override `suggest`"),
    Key(name="lint", kind=_TABLE, says="the `lint` findings that you accept"),
)
TABLES = (
    ("", TOP_KEYS),
    ("budgets.", (*BUDGET_KEYS, OF_KEY)),
    ("targets.NAME.", TARGET_KEYS),
    ("suggest.", SUGGEST_KEYS),
    ("lint.", LINT_KEYS),
)
"""The path of each table to its keys."""


def elsewhere(name: str) -> str | None:
    """Return where a key of this name does belong, as a path; None if nowhere."""
    return next((home + key.name for home, keys in TABLES for key in keys if key.name == name), None)


def spelled(text: str) -> str:
    """Return a name on one line, safe to print: bare if TOML allows that, else in quotes."""
    return text if _BARE.fullmatch(text) and len(text) <= _SHOWN_CHARACTERS else f'"{inner(text)}"'


def spelled_path(keys: Iterable[str | int]) -> str:
    """Return a path of keys as TOML spells it; for an element of an array, the path of the array."""
    return ".".join(spelled(key) for key in keys if isinstance(key, str))


def inner(text: str) -> str:
    """Return what stands between the quotes: control characters escaped, and not too long."""
    name = quoted(text[: _SHOWN_CHARACTERS + 1].encode("utf-8", "surrogateescape"))
    name = name[1:-1] if name.startswith('"') else name
    return name if len(text) <= _SHOWN_CHARACTERS else name[:_SHOWN_CHARACTERS] + "…"


def shown(value: object) -> str:
    """Return a value of a TOML document as a message names it."""
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
    """Return the one of ``known`` that was probably meant; None if none is near."""
    if len(word) > _SHOWN_CHARACTERS:
        return None
    from difflib import get_close_matches  # 2 ms that a configuration without mistakes does without

    folded = {_folded(name): name for name in known}
    found = get_close_matches(_folded(word), folded, n=1)
    return folded[found[0]] if found else None


def _folded(word: str) -> str:
    return word.lower().replace("_", "-")


def hint(word: str, known: Mapping[str, str], kind: str) -> str:
    """Return what to write instead of ``word``; ``known`` maps what may stand there to how it is shown."""
    near = nearest(word, known)
    return f"did you mean {known[near]}?" if near is not None else f"the {kind} are {', '.join(known.values())}"
