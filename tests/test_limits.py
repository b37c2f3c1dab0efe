"""The dated table of size classes and platform limits, and the JSON that is made of it.

``python -m tests.test_limits`` makes it anew.
"""

from __future__ import annotations

import re
import tomllib
from importlib import resources
from pathlib import Path

import msgspec

from slugtrim.platforms import PLATFORMS
from slugtrim.sizer import AverageSide, SizeClass, Status, average_side, classify, table
from slugtrim.sizer.limits import MadeTable, from_data, table_digest
from slugtrim.units import MIB
from tests.rows import each_row

PLATFORMS_DATA = tomllib.loads((resources.files("slugtrim.sizer") / "limits.toml").read_text("utf-8"))
DATA = PLATFORMS_DATA["heroku"]
MADE = Path(str(resources.files("slugtrim.sizer") / "limits.json"))
DATE = re.compile(r"20\d\d(-\d\d(-\d\d)?)?")


@each_row("row", [*DATA["class"], *DATA["limit"], DATA["average"]])
def test_every_row_has_its_size_date_and_source(row: dict[str, object]) -> None:
    assert isinstance(row["mb"], int)
    assert DATE.fullmatch(str(row["date"]))
    assert str(row["source"]).startswith(("Heroku: Up and Running, chapter 6", "Heroku Dev Center", "Heroku blog"))


def test_the_table_has_no_other_keys() -> None:
    assert set(PLATFORMS_DATA) <= {platform.id for platform in PLATFORMS}
    assert all(table(each).limits == () for each in PLATFORMS if each.id not in PLATFORMS_DATA)
    assert set(DATA) == {"class", "limit", "average"}
    assert [set(row) for row in DATA["class"]] == [{"id", "mb", "date", "source"}] * 3
    assert [set(row) for row in DATA["limit"]] == [{"id", "of", "kind", "mb", "date", "source"}] * 3
    assert {row["of"] for row in DATA["limit"]} == {"slug", "checkout"}
    assert {row["kind"] for row in DATA["limit"]} == {"warn", "reject"}


def made_of_the_table() -> bytes:
    platforms = {id_: from_data(data) for id_, data in PLATFORMS_DATA.items()}
    return msgspec.json.encode(MadeTable(digest=table_digest(), platforms=platforms), order="deterministic") + b"\n"


def test_the_json_is_made_of_the_toml() -> None:
    assert MADE.read_bytes() == made_of_the_table(), "run python -m tests.test_limits"
    assert table() == from_data(DATA)


def test_the_classes_are_those_of_the_book() -> None:
    assert table().classes == (
        (0, SizeClass.SMALL),
        (15 * MIB, SizeClass.AVERAGE),
        (90 * MIB, SizeClass.WEIGHTY),
    )
    assert table().average_bytes == 50 * MIB


def test_the_limits_are_the_platform_s() -> None:
    limits = [(limit.id, limit.limit_bytes // MIB, limit.of_checkout, limit.rejects) for limit in table().limits]
    assert limits == [("soft", 300, False, False), ("hard", 1024, False, True), ("checkout", 1024, True, True)]


@each_row(
    "size_bytes, size_class, side",
    [
        (0, SizeClass.SMALL, AverageSide.BELOW),
        (15 * MIB - 1, SizeClass.SMALL, AverageSide.BELOW),
        (15 * MIB, SizeClass.AVERAGE, AverageSide.BELOW),
        (50 * MIB - 1, SizeClass.AVERAGE, AverageSide.BELOW),
        (50 * MIB, SizeClass.AVERAGE, AverageSide.AT_OR_ABOVE),
        (90 * MIB - 1, SizeClass.AVERAGE, AverageSide.AT_OR_ABOVE),
        (90 * MIB, SizeClass.WEIGHTY, AverageSide.AT_OR_ABOVE),
        (5000 * MIB, SizeClass.WEIGHTY, AverageSide.AT_OR_ABOVE),
    ],
)
def test_a_class_begins_exactly_at_its_size(size_bytes: int, size_class: SizeClass, side: AverageSide) -> None:
    assert (classify(size_bytes), average_side(size_bytes)) == (size_class, side)


@each_row(
    "limit_id, used_bytes, status",
    [
        ("soft", 270 * MIB - 1, Status.OK),
        ("soft", 270 * MIB, Status.WARN),
        ("soft", 300 * MIB + 1, Status.WARN),
        ("hard", 1024 * MIB * 9 // 10, Status.OK),
        ("hard", 1024 * MIB * 9 // 10 + 1, Status.WARN),
        ("hard", 1024 * MIB, Status.WARN),
        ("hard", 1024 * MIB + 1, Status.OVER),
        ("checkout", 0, Status.OK),
        ("checkout", 1024 * MIB, Status.WARN),
        ("checkout", 1024 * MIB + 1, Status.OVER),
    ],
)
def test_only_strictly_above_a_limit_is_over(limit_id: str, used_bytes: int, status: Status) -> None:
    limit = next(limit for limit in table().limits if limit.id == limit_id)
    assert limit.status(used_bytes) is status


if __name__ == "__main__":
    MADE.write_bytes(made_of_the_table())
