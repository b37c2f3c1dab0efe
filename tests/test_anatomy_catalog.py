"""The data files of anatomy: every row is sound."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

import slugtrim.anatomy
from slugtrim.anatomy.catalog import Lever, Origin, Sign, from_data, group_rules, groups_from_data, waste_rules
from slugtrim.anatomy.waste import SIGNS
from slugtrim.suggester.records import Tier

HERE = Path(slugtrim.anatomy.__file__).parent
WASTE = tomllib.loads((HERE / "waste.toml").read_text("utf-8"))
GROUPS = tomllib.loads((HERE / "groups.toml").read_text("utf-8"))
GROUP_IDS = {row["id"] for row in GROUPS["group"]}

MUST = {"id", "sign", "tier", "lever", "reason", "cure"}
MAY = {"remove", "requirement", "groups", "saves", "minimum_bytes"}
OWN = {
    Sign.NAMES: ({"patterns"}, {"exceptions", "unless_mentioned", "beside", "lacks"}),
    Sign.RUBY_ABIS: ({"groups"}, set()),
    Sign.UNPACKED: ({"names"}, set()),
    Sign.OLD_FONTS: ({"groups"}, set()),
    Sign.PACKAGES: ({"packages", "groups"}, {"needs"}),
    Sign.BUILD_ONLY: ({"names", "packages", "groups"}, set()),
    Sign.RIVALS: ({"names"}, set()),
    Sign.DEVELOPMENT: ({"groups"}, set()),
    Sign.COPIES: ({"groups"}, set()),
    Sign.BESIDE_STANDALONE: ({"packages", "groups"}, set()),
}
"""Further keys that a row of a sign must and may have."""

ROWS: list[dict[str, Any]] = WASTE["waste"]


def test_the_tables_are_the_known_ones() -> None:
    assert set(WASTE) == {"waste"}
    assert set(GROUPS) == {"group"}


def test_a_row_has_its_keys() -> None:
    for row in ROWS:
        must, may = OWN.get(Sign(row["sign"]), (set(), set()))
        assert MUST | must <= set(row), f"{row['id']} misses a key"
        assert set(row) <= MUST | MAY | must | may, f"{row['id']} has an unknown key"


def test_a_row_names_what_is_known() -> None:
    for row in ROWS:
        assert set(row.get("groups", ())) <= GROUP_IDS, row["id"]
        assert row["tier"] in {tier.value for tier in Tier}, row["id"]
        assert row["lever"] in {lever.value for lever in Lever}, row["id"]
        for key in ("groups", "patterns", "exceptions", "packages", "needs", "names"):
            listed = row.get(key, ())
            assert len(listed) == len(set(listed)), f"{row['id']}: {key} has something twice"
        for name in (*row.get("packages", ()), *row.get("needs", ())):
            assert name == name.lower(), row["id"]


def test_a_sentence_has_no_point_at_its_end() -> None:
    for row in ROWS:
        for key, most in (("reason", 110), ("cure", 130)):
            assert re.fullmatch(r"\S.*[^\s.]", row[key]), row["id"]
            assert len(row[key]) <= most, row["id"]
        assert row["reason"][0].isupper(), row["id"]


def test_slugignore_is_no_cure_for_what_buildpacks_bring() -> None:
    """It is read before they run. A vendored cache and the source were pushed."""
    origins = {group["id"]: group["origin"] for group in GROUPS["group"]}
    for row in ROWS:
        if row["lever"] == Lever.SLUGIGNORE.value and row["sign"] != Sign.RIVALS.value:
            assert all(
                origins[id_] == Origin.APPLICATION.value or row["patterns"] == ["/vendor/cache/"]
                for id_ in row["groups"]
            ), row["id"]


def test_ids_are_unique_and_kebab_case() -> None:
    ids = [row["id"] for row in WASTE["waste"]]
    assert len(ids) == len(set(ids))
    assert [each for each in [*ids, *GROUP_IDS] if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each)] == []


def test_a_group_has_one_name_and_origin() -> None:
    for id_ in GROUP_IDS:
        rows = [row for row in GROUPS["group"] if row["id"] == id_]
        assert len({(row["name"], row["origin"], row.get("packages")) for row in rows}) == 1
    assert {key for row in GROUPS["group"] for key in row} == {
        *("id", "name", "origin", "patterns", "packages", "beside", "without")
    }


def test_the_last_group_has_the_rest() -> None:
    assert [rule.id for rule in group_rules() if not rule.patterns] == ["application"]
    assert group_rules()[-1].id == "application"


def test_every_sign_is_looked_for() -> None:
    assert {*SIGNS, Sign.NAMES} == set(Sign)
    assert {rule.sign for rule in waste_rules()} == set(Sign)


def test_an_unknown_key_is_refused() -> None:
    with pytest.raises(TypeError, match="colour"):
        from_data({"waste": [{**WASTE["waste"][0], "colour": "red"}]})
    with pytest.raises(TypeError, match="colour"):
        groups_from_data({"group": [{**GROUPS["group"][0], "colour": "red"}]})
