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
        for name, rows in document[ecosystem].items():
            majors = [int(major or 0) for major, *_ in rows]
            assert majors == sorted(set(majors)), name
            for _, raw, compressed, files, source in rows:
                assert raw >= 0
                assert compressed > 0, name
                assert files >= 0
                assert document["sources"][source] in {"measured", "published"}


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
    held = [sum(each[how][0] <= each["bytes"] <= each[how][2] for each in kept) for how in ("installed", "locks")]
    page = " ".join((root / "docs/prediction.md").read_text("utf-8").split())
    assert f"Of {len(kept)} real applications below, the range held for {held[0]} with an install nearby" in page
    assert f"and for {held[1]} from the lock file alone" in page
