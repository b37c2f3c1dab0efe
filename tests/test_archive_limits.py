"""Limits as users write them."""

from __future__ import annotations

import pytest

from slugtrim.archive.limits import DEFAULT, Limits, limits_from
from slugtrim.errors import UsageError
from tests.rows import each_row


def test_what_is_not_said_stays_as_it_is() -> None:
    assert limits_from([]) == DEFAULT
    assert limits_from(["unpacked=32GB", "entries=2000000", "names=1GiB", "header=4M"]) == Limits(
        unpacked_bytes=32 << 30,
        entries=2_000_000,
        names_bytes=1 << 30,
        header_bytes=4 << 20,
        light_entries=2_000_000,
        light_names_bytes=1 << 30,
        light_holes_bytes=32 << 30,
    )


@each_row(
    "text, message",
    [
        ("unpacked", "--limit unpacked: is not NAME=VALUE; NAME is one of unpacked, entries, names, header"),
        ("files=9", "--limit files=9: unknown limit files; the limits are unpacked, entries, names, header"),
        ("entry=3", "--limit entry=3: unknown limit entry; did you mean entries?"),
        ("entries=9K", "--limit entries=9K: is not a number of entries; write entries=2000000"),
        ("entries=\u0663", "--limit entries=\u0663: is not a number of entries; write entries=2000000"),
        ("unpacked=9", '--limit unpacked=9: "9" has no unit; did you mean 9MB?'),
        ("header=-1M", '--limit header=-1M: "-1M" is not a size; write 300MB or 300MiB'),
    ],
)
def test_a_limit_that_is_none_gets_one_line(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        limits_from([text])
    assert str(caught.value) == message
