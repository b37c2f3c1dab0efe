"""Every key is found on its line, whatever stands around it."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from slugtrim.config.locator import MOST_LEVELS, MOST_PARTS, KeyPath, TooDeep, key_lines
from tests.rows import each_row

CASES: list[tuple[str, dict[KeyPath, int]]] = [
    ("", {}),
    ("# a = 1\n\n", {}),
    ("a = 1", {("a",): 1}),
    ("\ufeffa = 1\nb = 2\n", {("a",): 1, ("b",): 2}),
    ("a = 1\r\n\r\nb = 2 # c = 3\r\n", {("a",): 1, ("b",): 3}),
    ("[t]\na = 1\n[t.u]\nb = 2\n", {("t",): 1, ("t", "a"): 2, ("t", "u"): 3, ("t", "u", "b"): 4}),
    ("[ t . 'u.v' ] # x\na=1\n", {("t",): 1, ("t", "u.v"): 1, ("t", "u.v", "a"): 2}),
    ("\n[t.u]\n[t]\n", {("t",): 2, ("t", "u"): 2}),
    ("a.b = 1\na.c = 2\n", {("a",): 1, ("a", "b"): 1, ("a", "c"): 2}),
    ('"a b" . "\\u0063\\"" = 1\n', {("a b",): 1, ("a b", 'c"'): 1}),
    ("'' = 1\n", {("",): 1}),
    ("3.14 = 1\n", {("3",): 1, ("3", "14"): 1}),
    ('a = """\nb = 1\n[c]\n"""\nd = 2\n', {("a",): 1, ("d",): 5}),
    ("a = '''\nb = 1\n'''''\nd = 2\n", {("a",): 1, ("d",): 4}),
    ('a = """""x"" \\""" y\nb = 1"""""\nd = 2\n', {("a",): 1, ("d",): 3}),
    ('a = """\\\\"""\nd = 2\n', {("a",): 1, ("d",): 2}),
    ('a = ""\nb = \'\'\nc = "\\"#"\n', {("a",): 1, ("b",): 2, ("c",): 3}),
    (
        "a = [ # b = 1\n  1,\n  [2],\n] # c\nd = 2\n",
        {("a",): 1, ("a", 0): 2, ("a", 1): 3, ("a", 1, 0): 3, ("d",): 5},
    ),
    ("a = { b = 1, c.d = '}' }\n", {("a",): 1, ("a", "b"): 1, ("a", "c"): 1, ("a", "c", "d"): 1}),
    (
        "[[t]]\na = 1\n[[t]]\na = 2\n[t.u]\nb = 3\n[[t.v]]\n[[t.v]]\n",
        {
            ("t",): 1,
            ("t", 0): 1,
            ("t", 0, "a"): 2,
            ("t", 1): 3,
            ("t", 1, "a"): 4,
            ("t", 1, "u"): 5,
            ("t", 1, "u", "b"): 6,
            ("t", 1, "v"): 7,
            ("t", 1, "v", 0): 7,
            ("t", 1, "v", 1): 8,
        },
    ),
    ("a = 1979-05-27 07:32:00Z # x\nb = -inf\n", {("a",): 1, ("b",): 2}),
]


@each_row("text, lines", CASES)
def test_each_key_has_the_line_that_first_mentions_it(text: str, lines: dict[KeyPath, int]) -> None:
    tomllib.loads(text.removeprefix("\ufeff"))
    assert key_lines(text) == lines


@each_row(
    "text, lines",
    [
        ("a = 1 b = 2\n", {("a",): 1}),
        ("a = \nb = 2\n", {("a",): 1}),
        ("a = 1\n[b\nc = 1\n", {("a",): 1, ("b",): 2}),
        ('a = """x\nb = 1\n', {("a",): 1}),
        ('"\\q" = 1\n', {}),
        ("= 1\n", {}),
        ("a = [1 2]\nb = 1", {("a",): 1, ("a", 0): 1}),
        ("a = {b = 1 c = 2}\n", {("a",): 1, ("a", "b"): 1}),
    ],
)
def test_behind_a_mistake_nothing_is_found(text: str, lines: dict[KeyPath, int]) -> None:
    with pytest.raises(tomllib.TOMLDecodeError):
        tomllib.loads(text)
    assert key_lines(text) == lines


def test_a_table_over_several_lines_as_toml_1_1_has_it() -> None:
    assert key_lines("a = {\n  b = 1, # x\n  c = 2,\n}\nd = 3\n") == {
        ("a",): 1,
        ("a", "b"): 2,
        ("a", "c"): 3,
        ("d",): 5,
    }


@each_row(
    "text, line",
    [
        ("a = 1\n" + ".".join("a" * (MOST_PARTS + 1)) + " = 1", 2),
        ("[" + ".".join("a" * 100_000) + "]", 1),
        ("a = [\n" + "[" * 100_000, 2),
        ("a = " + "{a=" * (MOST_LEVELS + 2), 1),
    ],
)
def test_what_is_nested_too_deep_is_refused_in_time(text: str, line: int) -> None:
    with pytest.raises(TooDeep) as caught:
        key_lines(text)
    assert caught.value.line == line


NAMES = st.sampled_from(["a", "b-c", "total", "0", "x.y", "a b", '"', "é", "[t]", "#", "", "\t", "'"])
VALUES = st.sampled_from(
    [
        "1",
        "true",
        "2026-01-02 03:04:05",
        '"a = 1"',
        '"\\"#"',
        "'[x]'",
        '"""\n[fake]\nkey = 1\n"""',
        '"""a""b"""""',
        "'''\n# x\n'''''",
        "[]",
        "[ # total = 5\n  1, '#',\n\n]",
        "[{a = 1, b = '''\n'''}, {a = 2}]",
        "{}",
        '{ total = 1, \'x.y\' = { a = """\n}\n""" } }',
    ]
)
FILLERS = st.sampled_from(["", "", "\n", "# key = 1\n", "  \n# [t]\n"])
TAILS = st.sampled_from(["", " # a = 1", "\t"])


def spelled(draw: st.DrawFn, name: str) -> str:
    forms = []
    if name.replace("-", "").isalnum() and name.isascii():
        forms.append(name)
    if "'" not in name and name.isprintable():
        forms.append(f"'{name}'")
    forms.append('"' + "".join(f"\\u{ord(char):04x}" if char in '"\\\t' else char for char in name) + '"')
    return draw(st.sampled_from(forms))


@st.composite
def documents(draw: st.DrawFn) -> tuple[str, dict[KeyPath, int]]:
    """A document, and the line of each of its keys, noted as it is written."""
    text = ""
    lines: dict[KeyPath, int] = {}
    counts: dict[str, int] = {}

    def note(path: KeyPath) -> None:
        for end in range(1, len(path) + 1):
            lines.setdefault(path[:end], text.count("\n") + 1)

    def key(path: KeyPath, names: list[str]) -> str:
        note((*path, *names))
        return draw(st.sampled_from([".", " . "])).join(spelled(draw, name) for name in names)

    def pairs(path: KeyPath, taken: list[str]) -> None:
        nonlocal text
        for name in draw(st.lists(NAMES, unique=True, max_size=4)):
            if name not in taken:
                text += draw(FILLERS)
                names = [name, *draw(st.lists(NAMES, max_size=2))]
                text += f"{draw(TAILS).split('#')[0]}{key(path, names)} = {draw(VALUES)}{draw(TAILS)}\n"

    tables = draw(st.lists(st.tuples(st.booleans(), NAMES, st.lists(NAMES, max_size=1)), max_size=5))
    arrays = {name for is_array, name, _ in tables if is_array}
    seen: set[tuple[str, ...]] = set()
    pairs((), [name for _, name, _ in tables])
    for _, name, rest in tables:
        text += draw(FILLERS)
        if name in arrays:
            number = counts[name] = counts.get(name, -1) + 1
            note((name, number))
            text += f"[[ {spelled(draw, name)} ]]{draw(TAILS)}\n"
            pairs((name, number), [])
        elif (name, *rest) not in seen and (rest or not any(known[0] == name for known in seen)):
            seen.add((name, *rest))
            text += f"[{key((), [name, *rest])}]{draw(TAILS)}\n"
            below = {known[1] for known in seen if known[0] == name and len(known) > 1} if not rest else ()
            pairs((name, *rest), [*below, *(other for _, _, more in tables for other in more)])
    ending = draw(st.sampled_from(["\n", "\r\n"]))
    return draw(st.sampled_from(["", "\ufeff"])) + text.replace("\n", ending), lines


def walked(value: object, path: KeyPath = ()) -> Iterator[KeyPath]:
    if path:
        yield path
    items: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        items = list(value.items())
    elif isinstance(value, list):
        items = list(enumerate(value))
    for key, below in items:
        yield from walked(below, (*path, key))


@given(documents())
def test_the_lines_are_those_where_the_keys_were_written(written: tuple[str, dict[KeyPath, int]]) -> None:
    text, lines = written
    found = key_lines(text)
    assert set(walked(tomllib.loads(text.removeprefix("\ufeff")))) == set(found)
    assert {path: found[path] for path in lines} == lines


PIECES = st.sampled_from([*"ab.=,[]{}\"'#\\ \t\n\r01-", '"""', "'''", "\r\n", "a = 1\n", "[t]\n", "[[t]]\n", "\ufeff"])


@example("a = '''\r'''")
@given(st.one_of(st.text(), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_is_gone_through_and_of_toml_every_key_is_found(text: str) -> None:
    try:
        found = key_lines(text)
    except TooDeep:
        return
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert set(walked(data)) == set(found)
