"""Settings changed at random, most of them valid: a ``Config`` or lines that name the file, never anything else."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from unicodedata import bidirectional, category

import pytest

from slugtrim.config import load_config
from slugtrim.config.settings import Config, Flags
from slugtrim.errors import ConfigError
from slugtrim.sources import find_tree
from tests.builders import make_tree
from tests.fuzzing import rounds

pytestmark = pytest.mark.full

CASES_AT_ONCE = 200
MOST_MESSAGE_CHARACTERS = 2000
MORE = "… and more"
"""What stands below a hundred mistakes."""

REORDERING = frozenset("LRE RLE LRO RLO PDF LRI RLI FSI PDI".split())

Values = dict[str, "Values | str"]
"""A document: tables, and values as TOML spells them."""

SIZES = ['"300MB"', '"1.5 GiB"', '"5MB"', '"0B"', '"2K"', '"999GB"', '"12 mb"', "'7MB'", '"""9MB"""', "'''8MB'''"]
GOOD: dict[str, list[str]] = {
    "dialect": ['"glob"', '"gitignore"'],
    "buildpack-overhead": SIZES,
    "total": [*SIZES, '"small"', '"average"'],
    "warn": SIZES,
    "max-growth": [*SIZES, '"5%"', '"0.5 %"'],
    "files": ["5000", "0", "1_000", "0x1f"],
    "remotes": ['["heroku"]', "[]", '["a", "b",]', "[\n  'staging', # ours\n]"],
}
ODD = [
    *[
        '""',
        '" "',
        '"small "',
        '"weighty"',
        '"5 %%"',
        '"-5MB"',
        '"5e3MB"',
        '"nan%"',
        '"1001%"',
        '"MB"',
        '"٣MB"',
        '"½MB"',
    ],
    *["true", "0", "-1", "1.5", "inf", "-nan", "1e400", "0b101", "9" * 30, "9" * 4299, "9" * 4301, "-" + "9" * 5000],
    *[
        "0x" + "f" * 5000,
        "0." + "3" * 5000,
        '"' + "9" * 5000 + 'MB"',
        '"' + "9" * 25 + '%"',
        '"0.' + "0" * 400 + '1MB"',
    ],
    *["1979-05-27", "07:32:00", "1979-05-27T07:32:00Z", "1979-05-27 07:32:00.999-07:00", "2026-13-45", "0000-00-00"],
    *[
        "[]",
        "[[]]",
        "[1, 'a', {}]",
        "{}",
        "{ a = 1 }",
        "{ total = '5MB', files = 7 }",
        "{ 'x/**' = '1MB' }",
        "['a', 'a']",
    ],
    *["[" * 30 + "]" * 30, "[" * 5000, "{a=" * 33 + "1" + "}" * 33, "[" + "1," * 3000 + "]", "['" + "x" * 9000 + "']"],
    *[
        '"\\u0000"',
        '"\\u001b[31m"',
        '"\\u2028x"',
        '"\\u0085"',
        '"\\ud800"',
        '"\\U0010ffff"',
        '"\\n\\r\\t"',
        '"\\q"',
        '"\\x41"',
    ],
    *[
        '"é日本"',
        '"\U0001f600"',
        '"\u202eLMX"',
        '"' + "é" * 5000 + '"',
        '"' + " " * 50_000 + '"',
        '"a\x7f"',
        '"a\x00"',
        '"a',
    ],
    *[
        "'''a\nb'''",
        '"""\n\\\n  5MB"""',
        '"""a""""',
        "''''''",
        "'''",
        "",
        "=",
        "glob",
        "5MB",
        "+",
        "_1",
        "1__0",
        "]",
        "}",
    ],
]
KEYS = [
    *GOOD,
    *[
        "budgets",
        "targets",
        "paths",
        "tool",
        "slugtrim",
        "Dialect",
        "max_growth",
        "totals",
        "buildpack_overhead",
        "x",
        "1",
    ],
    *['""', '"é"', '"a b"', "'a\"b'", '"\\u0000"', '"\\n"', '"\\u001b"', '"\\u2028"', '"\\ud800"', "é", "x" * 5000],
    *[
        "a.b",
        "budgets.total",
        "targets.a.budgets.total",
        "paths.'*'",
        ".",
        "a..b",
        "a." * 15 + "b",
        "a." * 40 + "b",
        "-",
    ],
]
PATTERNS = [
    *[
        "'*.pdf'",
        "'/docs/'",
        "'**'",
        "'a/**/b'",
        "'!x'",
        "'#x'",
        "''",
        "'/'",
        "' '",
        "'[a'",
        "'\\'",
        "'é/日本'",
        '"\\u0000"',
    ],
    *[
        '"a\\nb"',
        '"\\r"',
        "'" + "a/" * 3000 + "'",
        "'" + "*" * 3000 + "'",
        "'" + "[a" * 3000 + "'",
        "'a" + " " * 9000 + "b'",
    ],
]
NAMES = [
    "production",
    "staging",
    "a",
    "'b c'",
    '"é"',
    '""',
    '"a.b"',
    "1",
    "budgets",
    '"\\u0000"',
    "'" + "x" * 300 + "'",
]


def budgets(rng: random.Random) -> Values:
    table: Values = {
        key: rng.choice(GOOD[key]) for key in ("total", "warn", "max-growth", "files") if rng.random() < 0.5
    }
    if rng.random() < 0.4:
        table["paths"] = {rng.choice(PATTERNS[:4]): rng.choice(SIZES) for _ in range(rng.randint(0, 3))}
    return table


def valid(rng: random.Random) -> Values:
    """Return a document without mistakes."""
    document: Values = {key: rng.choice(GOOD[key]) for key in ("dialect", "buildpack-overhead") if rng.random() < 0.6}
    if rng.random() < 0.8:
        document["budgets"] = budgets(rng)
    if rng.random() < 0.6:
        targets: Values = {}
        for name in rng.sample(NAMES[:4], rng.randint(0, 3)):
            targets[name] = {"remotes": f"['r{len(targets)}']", "budgets": budgets(rng)}
        document["targets"] = targets
    return document


def tables(document: Values) -> list[Values]:
    return [document, *(table for value in document.values() if isinstance(value, dict) for table in tables(value))]


def change(rng: random.Random, document: Values) -> None:
    """Change one key or value of a document, in place."""
    table = rng.choice(tables(document))
    key = rng.choice([*table, rng.choice(KEYS)])
    match rng.randrange(6):
        case 0:
            table[key] = rng.choice(ODD)
        case 1:
            table[key] = rng.choice(GOOD.get(key) or rng.choice(list(GOOD.values())))
        case 2:
            table[rng.choice([*KEYS, *PATTERNS, *NAMES])] = table.pop(key, rng.choice(SIZES))
        case 3:
            table.setdefault("paths", {})
            if isinstance(paths := table["paths"], dict):
                paths[rng.choice(PATTERNS)] = rng.choice([*SIZES, *ODD])
        case 4:
            table[key] = valid(rng) if rng.random() < 0.5 else budgets(rng)
        case _:
            many: Values = {f"k{number}": "1" for number in range(rng.choice([5, 99, 100, 101, 2000]))}
            table[key] = many


def inline(table: Values) -> str:
    pairs = (f"{key} = {inline(value) if isinstance(value, dict) else value}" for key, value in table.items())
    return "{ " + ", ".join(pairs) + " }"


def written(rng: random.Random, table: Values, path: str = "") -> str:
    """Return a table as TOML: with headers, dotted keys or inline tables."""
    lines, below = [], []
    for key, value in table.items():
        full = f"{path}.{key}" if path else key
        if not isinstance(value, dict):
            lines.append(f"{key}{rng.choice(['=', ' = ', chr(9) + '= '])}{value}{rng.choice(['', '', ' # why', ' '])}")
        elif (kind := rng.random()) < 0.2:
            lines.append(f"{key} = {inline(value)}")
        elif kind < 0.3:
            lines += [f"{key}.{name} = {inline(v) if isinstance(v, dict) else v}" for name, v in value.items()]
        else:
            brackets = ("[[", "]]") if rng.random() < 0.03 else ("[", "]")
            below.append(f"{brackets[0]}{full}{brackets[1]}\n" + written(rng, value, full))
    rng.shuffle(below)
    return "\n".join([*lines, *below]) + "\n"


def damaged(rng: random.Random, content: bytes) -> bytes:
    """Return the text with lines twice, moved or missing, or with other bytes."""
    lines = content.splitlines(keepends=True) or [b"\n"]
    at = rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            lines.insert(rng.randrange(len(lines) + 1), lines[at])
        case 1:
            del lines[at]
        case 2:
            lines[at : at + 1] = [lines[at]] * rng.choice([2, 50])
        case 3:
            return content.replace(b"\n", b"\r\n")
        case 4:
            return b"\xef\xbb\xbf" + content
        case _:
            place = rng.randrange(len(content) + 1)
            put = rng.choice(
                [b"\xff", b"\0", b"\x1b[2J", b"\r", b"\x0b", b'"', b"'''", b"\xc2\x85", b"\xe2\x80\xa8", b"#", b"[["]
            )
            return content[:place] + put + content[place + rng.randrange(3) :]
    return b"".join(lines)


def random_settings(rng: random.Random) -> bytes:
    document = valid(rng)
    for _ in range(rng.choice([0, 1, 1, 1, 1, 2])):
        change(rng, document)
    content = written(rng, document).encode("utf-8", "surrogatepass")
    return damaged(rng, content) if rng.random() < 0.25 else content


def refusal(load: Callable[[], Config]) -> str | None:
    """Return the lines of the error, or None if there is a configuration that every target can have."""
    try:
        config = load()
    except ConfigError as error:
        return str(error)
    assert isinstance(config, Config)
    for name in [None, *(target.name for target in config.targets)]:
        config.for_target(name)
    return None


def is_harmless(char: str) -> bool:
    """Return True if a terminal shows the character where it stands, though perhaps as an empty box."""
    return category(char) not in ("Cc", "Cs", "Zl", "Zp") and bidirectional(char) not in REORDERING


def names_the_file(message: str, name: str) -> bool:
    lines = message.split("\n")
    if lines[-1] == MORE:
        lines.pop()
    return bool(lines) and all(
        line.startswith(f"{name}:") and all(map(is_harmless, line)) and len(line) < MOST_MESSAGE_CHARACTERS
        for line in lines
    )


def fuzz(place: Path, rng: random.Random, cases: int) -> dict[str, int]:
    counts = {"read": 0, "refused": 0}
    make_tree(place, {"a": ""})
    source = find_tree(bytes(place), use_git=False).source
    for _ in range(cases):
        content = random_settings(rng)
        (place / "slugtrim.toml").write_bytes(content)
        try:
            message = refusal(lambda: load_config(source, Flags(), {}, git_dir=None))
        except Exception as error:
            error.add_note(f"settings: {content!r}")
            raise
        assert message is None or names_the_file(message, "slugtrim.toml"), (message, content)
        counts["read" if message is None else "refused"] += 1
    return counts


def test_random_settings_are_read_or_refused(tmp_path: Path) -> None:
    counts = fuzz(tmp_path, random.Random(20261129), CASES_AT_ONCE)
    assert min(counts.values()) > CASES_AT_ONCE // 8, counts  # both ends are reached


@pytest.mark.long
def test_many_more_random_settings_are_read_or_refused(tmp_path: Path) -> None:
    """With ``SLUGTRIM_FUZZ_SECONDS`` set, for as many seconds, else 20,000 of them."""
    for rng in rounds(CASES_AT_ONCE, least_cases=20_000):
        fuzz(tmp_path, rng, CASES_AT_ONCE)
