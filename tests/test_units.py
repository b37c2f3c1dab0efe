"""Sizes and times: what people may type, and what every report prints."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.errors import UsageError
from slugtrim.units import GIB, KIB, MIB, format_duration, format_size, parse_duration, parse_size
from tests.rows import each_row

MARKS = (15 * MIB, 50 * MIB, 90 * MIB, 300 * MIB, 1024 * MIB)
UP_TO_A_TERABYTE = st.integers(min_value=0, max_value=1024 * GIB - 1)


@each_row(
    "text, size_bytes",
    [
        ("0B", 0),
        ("12B", 12),
        ("1K", KIB),
        ("1k", KIB),
        ("1KB", KIB),
        ("1 kib", KIB),
        ("50M", 50 * MIB),
        ("50MB", 50 * MIB),
        ("50 MiB", 50 * MIB),
        ("50mb", 50 * MIB),
        ("1G", GIB),
        ("1gb", GIB),
        ("1 GiB", GIB),
        ("1.5M", 3 * MIB // 2),
        ("0.5k", 512),
        ("50.3M", 52743373),
        (" 8MB ", 8 * MIB),
        ("007MB", 7 * MIB),
    ],
)
def test_a_size_is_read_as_1024_based(text: str, size_bytes: int) -> None:
    assert parse_size(text) == size_bytes


@each_row(
    "text, message",
    [
        ("50", '"50" has no unit; did you mean 50MB?'),
        ("1.5", '"1.5" has no unit; did you mean 1.5MB?'),
        ("5X", '"5X" is not a size; write 300MB or 300MiB'),
        ("", '"" is not a size; write 300MB or 300MiB'),
        ("MB", '"MB" is not a size; write 300MB or 300MiB'),
        ("-5MB", '"-5MB" is not a size; write 300MB or 300MiB'),
        ("+5MB", '"+5MB" is not a size; write 300MB or 300MiB'),
        ("5  MB", '"5  MB" is not a size; write 300MB or 300MiB'),
        ("5\tMB", '"5\tMB" is not a size; write 300MB or 300MiB'),
        ("1e3MB", '"1e3MB" is not a size; write 300MB or 300MiB'),
        (".5MB", '".5MB" is not a size; write 300MB or 300MiB'),
        ("5.MB", '"5.MB" is not a size; write 300MB or 300MiB'),
        ("1,5MB", '"1,5MB" is not a size; write 300MB or 300MiB'),
        ("9" * 5000 + "MB", f'"{"9" * 5000}MB" is not a size; write 300MB or 300MiB'),
        ("5TB", '"5TB" is not a size; write 300MB or 300MiB'),
        ("5Mb/s", '"5Mb/s" is not a size; write 300MB or 300MiB'),
        ("\u0665MB", '"\u0665MB" is not a size; write 300MB or 300MiB'),
        ("5 M B", '"5 M B" is not a size; write 300MB or 300MiB'),
    ],
)
def test_what_is_no_size_is_refused_with_what_to_write(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_size(text)
    assert str(caught.value) == message


@each_row(
    "size_bytes, text",
    [
        (0, "0B"),
        (1, "1B"),
        (1023, "1023B"),
        (KIB, "1K"),
        (KIB + 51, "1K"),
        (KIB + 52, "1.1K"),
        (688 * KIB, "688K"),
        (999 * KIB + 921, "999.9K"),
        (1000 * KIB + 200, "1M"),
        (MIB - 1, "1M"),
        (MIB, "1M"),
        (52743373, "50.3M"),
        (102 * MIB, "102M"),
        (100 * MIB, "100M"),
        (GIB - 1, "1G"),
        (GIB, "1G"),
        (1024 * GIB - 1, "1023.9G"),
        (1024 * GIB, "1T"),
    ],
)
def test_a_size_prints_as_the_build_log_has_it(size_bytes: int, text: str) -> None:
    assert format_size(size_bytes) == text


@each_row(
    "size_bytes, text",
    [
        (15 * MIB - 1, "14.9M"),
        (15 * MIB - 50_000, "14.9M"),
        (15 * MIB, "15M"),
        (15 * MIB + 1, "15M"),
        (90 * MIB - 1, "89.9M"),
        (90 * MIB, "90M"),
        (GIB - 1, "1023.9M"),
        (14 * MIB - 1, "14M"),
    ],
)
def test_a_size_is_never_rounded_up_onto_a_mark_it_has_not_reached(size_bytes: int, text: str) -> None:
    assert format_size(size_bytes, MARKS) == text


@given(UP_TO_A_TERABYTE)
def test_what_is_printed_can_be_read_and_prints_the_same(size_bytes: int) -> None:
    text = format_size(size_bytes)
    assert format_size(parse_size(text)) == text


@given(UP_TO_A_TERABYTE)
def test_what_is_printed_is_within_a_tenth_of_its_unit(size_bytes: int) -> None:
    text = format_size(size_bytes, MARKS)
    unit = parse_size("1" + text[-1])
    assert abs(parse_size(text) - size_bytes) <= unit / 10 + 1


@given(UP_TO_A_TERABYTE, UP_TO_A_TERABYTE)
def test_a_larger_size_never_reads_smaller(one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert parse_size(format_size(small, MARKS)) <= parse_size(format_size(large, MARKS))


@given(st.sampled_from(MARKS), st.integers(min_value=1, max_value=2 * MIB))
def test_a_size_under_a_mark_never_prints_as_the_mark(mark: int, less: int) -> None:
    assert format_size(mark - less, MARKS) != format_size(mark, MARKS)


@each_row(
    "text, seconds",
    [
        ("90s", 90),
        ("90 s", 90),
        ("15m", 900),
        ("15min", 900),
        ("15 MIN", 900),
        ("1h", 3600),
        ("1.5h", 5400),
        ("0.5s", 0.5),
        (" 10sec ", 10),
    ],
)
def test_a_time_may_be_written_so(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@each_row(
    "text, message",
    [
        ("15", '"15" has no unit; did you mean 15m?'),
        ("1.5", '"1.5" has no unit; did you mean 1.5m?'),
        ("", '"" is not a time; write 90s, 15m or 1h'),
        ("-5s", '"-5s" is not a time; write 90s, 15m or 1h'),
        ("5d", '"5d" is not a time; write 90s, 15m or 1h'),
        ("1e3s", '"1e3s" is not a time; write 90s, 15m or 1h'),
        ("9999999s", '"9999999s" is not a time; write 90s, 15m or 1h'),
        ("0s", '"0s" leaves no time at all; write 90s, 15m or 1h'),
    ],
)
def test_what_is_no_time_is_refused(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_duration(text)
    assert str(caught.value) == message


@each_row(
    "seconds, text",
    [
        (0, "0s"),
        (0.04, "0s"),
        (4.19, "4.1s"),
        (59.99, "59.9s"),
        (60, "1m"),
        (312.9, "5m12s"),
        (900, "15m"),
        (3599, "59m59s"),
        (3600, "1h"),
        (3725, "1h02m"),
    ],
)
def test_a_time_is_printed_so(seconds: float, text: str) -> None:
    assert format_duration(seconds) == text
