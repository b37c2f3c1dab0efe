"""The published schemas against the structs that documents are: key for key."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any

import msgspec

from slugtrim.reports.documents.checks import CheckDocument
from slugtrim.reports.documents.fields import JsonObject
from slugtrim.reports.documents.histories import BuildsDocument, CacheDocument, HistoryDocument
from slugtrim.reports.documents.slugs import DiffDocument, InspectDocument
from slugtrim.reports.documents.suggestions import SuggestDocument
from slugtrim.reports.documents.trees import AuditDocument, ExplanationDocument, LintDocument, ListingDocument
from slugtrim.reports.formats import FORMATS
from tests.rows import each_row

DOCUMENTS: dict[str, type[JsonObject]] = {
    "audit": AuditDocument,
    "builds": BuildsDocument,
    "cache": CacheDocument,
    "check": CheckDocument,
    "diff": DiffDocument,
    "explain": ExplanationDocument,
    "history": HistoryDocument,
    "inspect": InspectDocument,
    "lint": LintDocument,
    "ls": ListingDocument,
    "suggest": SuggestDocument,
}
FOR_PEOPLE = {"description", "title", "$schema", "$defs"}
OF_TYPE = {
    "object": {"properties", "required", "additionalProperties"},
    "array": {"items", "minItems", "maxItems"},
    "integer": {"minimum"},
    "number": {"minimum", "maximum"},
    "string": {"contentEncoding", "format"},
    "boolean": set(),
    "null": set(),
}


def published(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((resources.files("slugtrim") / "schemas" / f"{name}.json").read_text("utf-8"))
    return loaded


def meant(schema: dict[str, Any], root: dict[str, Any]) -> list[Any]:
    """What a schema allows, however it is put: a sorted list of alternatives, without what is only for people."""
    rest = {key: value for key, value in schema.items() if key not in FOR_PEOPLE}
    if "$ref" in rest:
        assert set(rest) == {"$ref"}
        return meant(root["$defs"][rest["$ref"].removeprefix("#/$defs/")], root)
    if "anyOf" in rest:
        assert set(rest) == {"anyOf"}
        found = [alternative for part in rest["anyOf"] for alternative in meant(part, root)]
        return sorted(found, key=json.dumps)
    if "const" in rest or "enum" in rest:
        assert set(rest) - {"type"} in ({"const"}, {"enum"})
        values = rest.get("enum", [rest.get("const")])
        named = [{"enum": sorted(value for value in values if value is not None)}]
        return [*named, {"type": "null"}] if None in values else named
    types = rest.pop("type")
    types = types if isinstance(types, list) else [types]
    assert set(rest) <= {key for each in types for key in OF_TYPE[each]}, rest
    found = []
    for each in types:
        own = {key: value for key, value in rest.items() if key in OF_TYPE[each]}
        if each == "object":
            own["properties"] = {key: meant(value, root) for key, value in own["properties"].items()}
            own["required"] = sorted(own["required"])
        if each == "array":
            own["items"] = meant(own["items"], root)
        found.append({"type": each, **own})
    return sorted(found, key=json.dumps)


def test_every_command_with_json_has_a_document() -> None:
    assert set(DOCUMENTS) == set(FORMATS["json"].steps)
    files = {path.name for path in (resources.files("slugtrim") / "schemas").iterdir()}
    assert {name.removesuffix(".json") for name in files} == set(DOCUMENTS)


@each_row("name, document", DOCUMENTS.items())
def test_a_published_schema_is_that_of_its_document(name: str, document: type[JsonObject]) -> None:
    ours, generated = published(name), msgspec.json.schema(document)
    assert meant(generated, generated) == meant(ours, ours)


@each_row("name, document", DOCUMENTS.items())
def test_a_published_schema_has_the_keys_in_their_order(name: str, document: type[JsonObject]) -> None:
    assert list(published(name)["properties"]) == list(document.__struct_encode_fields__)
