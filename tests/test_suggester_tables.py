"""The JSON that the suggester reads at its start says what the TOML files say.

``python -m tests.test_suggester_tables`` makes it anew.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

import slugtrim.suggester
from slugtrim.suggester import catalog, root_table, tables

T = TypeVar("T")

ROOM = Path(slugtrim.suggester.__file__).parent
TABLES: dict[str, tuple[type[tables.Made[Any]], Callable[[Mapping[str, Any]], Any]]] = {
    "catalog": (tables.Made[catalog.Catalog], catalog.from_data),
    "roots": (tables.Made[root_table.RootTable], root_table.from_data),
    "kinds": (tables.Made[catalog.KindTable], catalog.kinds_from_data),
}


def made_of(name: str) -> str:
    """The text of the JSON file for the TOML file as it is now."""
    source = (ROOM / f"{name}.toml").read_bytes()
    table = TABLES[name][1](tomllib.loads(source.decode("utf-8")))
    made = tables.Made(digest=tables.table_digest(source), table=table)
    data = msgspec.to_builtins(made, order="deterministic")
    if isinstance(table, catalog.Catalog):  # only sets are to be sorted
        data["table"]["rules"] = {id_: data["table"]["rules"][id_] for id_ in table.rules}
    return json.dumps(data, separators=(",", ":")) + "\n"


@pytest.mark.parametrize("name", TABLES)
def test_the_json_is_made_of_the_toml(name: str) -> None:
    assert (ROOM / f"{name}.json").read_text("utf-8") == made_of(name), "run python -m tests.test_suggester_tables"


@pytest.mark.parametrize("name", TABLES)
def test_both_hold_the_same_table(name: str) -> None:
    kind, from_data = TABLES[name]
    data = tomllib.loads((ROOM / f"{name}.toml").read_text("utf-8"))
    assert tables.read_table(name, kind, lambda _: pytest.fail("the TOML file is read")) == from_data(data)


@pytest.mark.parametrize("json_text", [None, "", "{", '{"digest": "", "table": {}}', '{"digest": "", "table": 5}'])
def test_a_toml_file_without_its_json_is_read_itself(
    json_text: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "few.toml").write_text("number = 5\n")
    if json_text is not None:
        (tmp_path / "few.json").write_text(json_text)
    monkeypatch.setattr(tables, "__file__", str(tmp_path / "tables.py"))
    assert tables.read_table("few", tables.Made[int], lambda data: int(data["number"])) == 5


if __name__ == "__main__":
    for each in TABLES:
        (ROOM / f"{each}.json").write_text(made_of(each), "utf-8")
