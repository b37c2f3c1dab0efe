"""``hook install --budget``: one line of a file changes, or none."""

from __future__ import annotations

import tomllib

import pytest

from slugtrim.config.locator import with_total
from slugtrim.errors import ConfigError
from tests.rows import each_row


@each_row(
    "before, after",
    [
        (None, '[budgets]\ntotal = "50MB"\n'),
        ("", '[budgets]\ntotal = "50MB"\n'),
        ('dialect = "glob"', 'dialect = "glob"\n\n[budgets]\ntotal = "50MB"\n'),
        ('dialect = "glob"\n', 'dialect = "glob"\n\n[budgets]\ntotal = "50MB"\n'),
        ("[budgets] # ours\nfiles = 9\n", '[budgets] # ours\ntotal = "50MB"\nfiles = 9\n'),
        ("[budgets]", '[budgets]\ntotal = "50MB"\n'),
        ("[budgets]\r\nfiles = 9\r\n", '[budgets]\r\ntotal = "50MB"\r\nfiles = 9\r\n'),
        ('[budgets]\n  total  = "9MB" # much\n', '[budgets]\n  total  = "50MB" # much\n'),
        ("[budgets]\ntotal='small'\r\n", '[budgets]\ntotal="50MB"\r\n'),
        ('budgets.total = "9MB"\n[targets.a]\n', 'budgets.total = "50MB"\n[targets.a]\n'),
        ('\ufeff[budgets]\ntotal = "9MB"\n', '\ufeff[budgets]\ntotal = "50MB"\n'),
        ('[budgets]\n# \u2028\x85\ntotal = "9MB"\n', '[budgets]\n# \u2028\x85\ntotal = "50MB"\n'),
        (
            '[targets.a.budgets]\ntotal = "1MB"\n[budgets]\n',
            '[targets.a.budgets]\ntotal = "1MB"\n[budgets]\ntotal = "50MB"\n',
        ),
        ('[budgets]\ntotal = "50MB"\n', '[budgets]\ntotal = "50MB"\n'),
    ],
)
def test_every_other_byte_stays(before: str | None, after: str) -> None:
    written = with_total(before.encode() if before is not None else None, "50MB").decode()
    assert written == after
    assert tomllib.loads(written.removeprefix("\ufeff"))["budgets"]["total"] == "50MB"


@each_row(
    "before",
    [
        'budgets = { total = "9MB" }\n',
        "budgets.files = 9\n",
        '[budgets.paths]\n"a" = "1MB"\n',
        '[budgets]\ntotal = """9MB"""\n',
        "budgets = 7\n",
        "[broken\n",
        b"\xff",
    ],
)
def test_what_takes_more_than_a_line_is_left_to_the_user(before: str | bytes) -> None:
    content = before.encode() if isinstance(before, str) else before
    with pytest.raises(ConfigError) as raised:
        with_total(content, "50MB")
    message = 'slugtrim.toml: is in a form that slugtrim cannot edit; write total = "50MB" below [budgets]'
    assert str(raised.value) == message
