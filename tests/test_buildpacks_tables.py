"""The tables of what packages and runtimes weigh: their form, their bounds, their size."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import slugtrim

TABLES = Path(slugtrim.__file__).parent / "buildpacks"
ECOSYSTEMS = ("npm", "pypi", "rubygems", "packagist")


def known() -> dict[str, Any]:
    document = json.loads((TABLES / "known.json").read_bytes())
    assert isinstance(document, dict)
    return document


def test_the_table_of_packages_stays_small() -> None:
    assert (TABLES / "known.json").stat().st_size < 500_000


def test_rows_of_packages_are_sorted_and_whole() -> None:
    document = known()
    for ecosystem in ECOSYSTEMS:
        names = list(document[ecosystem])
        assert names == sorted(names)
        for name, text in document[ecosystem].items():
            rows = [row.split(" ") for row in text.split(",")]
            versions = [tuple(int(number or 0) for number in row[0].split(".")) for row in rows]
            assert versions == sorted(set(versions)), name
            for _, raw, compressed, files, *mark in rows:
                assert int(raw) >= 0
                assert int(compressed) > 0, name
                assert int(files) >= 0
                assert "".join(mark) in document["sources"]


def test_what_packages_require_is_of_packages_in_the_table() -> None:
    document = known()
    for ecosystem, required in document["requires"].items():
        assert {name.partition("[")[0] for name in required} <= set(document[ecosystem])
        assert all(needs.split() for needs in required.values())


def test_rows_of_runtimes_have_bounds_and_a_source() -> None:
    rows = tomllib.loads((TABLES / "runtimes.toml").read_text())["runtime"]
    languages = {row["language"] for row in rows}
    assert languages >= {"node", "npm", "yarn", "pnpm", "python", "pip", "ruby", "php", "go", "jdk"}
    for row in rows:
        assert row["low"] <= row["compressed_bytes"] <= row["high"]
        assert row["source"] in {"measured", "build logs", "estimated"}
    for language in languages:
        versions = [version for row in rows if row["language"] == language for version in row["versions"]]
        assert versions[-1] == "*"
        assert len(versions) == len(set(versions))


def test_the_page_says_how_often_the_range_held() -> None:
    root = Path(__file__).parent.parent
    kept = json.loads((root / "benchmarks/compiled.json").read_text())
    page = " ".join((root / "docs/prediction.md").read_text("utf-8").split())
    for rows, name, installed in (
        (kept, "real applications below", "with the packages installed"),
        ([each for each in kept if each["held"]], "held back", "with an install"),
    ):
        held = [sum(each[how][0] <= each["bytes"] <= each[how][2] for each in rows) for how in ("installed", "locks")]
        told = f"Of the {len(rows)} {name}, the true size was in the range for {held[0]} {installed}"
        assert f"{told}, and for {held[1]} from the lock file alone" in page


def test_the_page_says_how_many_packages_are_known() -> None:
    document = known()
    page = (TABLES.parent.parent / "docs/prediction.md").read_text("utf-8")
    assert f"some {round(sum(len(document[each]) for each in ECOSYSTEMS), -3):,} packages" in page
