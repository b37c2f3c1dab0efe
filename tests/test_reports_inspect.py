"""The report on a compiled slug in its formats."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from slugtrim.anatomy.catalog import Anatomy, Package, waste_rules
from slugtrim.archive.entries import AnomalyKind, Format
from slugtrim.files import Source, SourceKind
from slugtrim.inspection import Inspection, inspect_slug
from slugtrim.reports.formats import render
from slugtrim.reports.inspect_report import MESSAGES
from slugtrim.reports.text import Style, shown_width
from slugtrim.units import MIB
from tests.archives import PROCFILE, entry, packed
from tests.inspections import HOSTILE, MINIMAL, RICH, bulk
from tests.rows import each_row
from tests.slugs import Built
from tests.test_reports_markdown import pages, tables

MINIMAL_TEXT = """\
1K small

Compiled slug slug.tgz
  299.9M under the soft limit of 300M, above which Heroku warns.
  Small: under 15M. Average starts 14.9M above this.
  The archive's actual size, including buildpacks: 2 files, 3K raw.
  1K (100%) is your source, 0B (0%) added by the build.

Next
  - Run slugtrim suggest in the repository to find source files that the running
    app doesn't need.
  - slugtrim inspect -v lists every package and place; use --format json in
    scripts.

Where the space goes
  compressed  share  raw  files
          1K   100%   3K      2  Your source
"""

RICH_WASTE = """\
Waste (savings are compressed and add up; ~ estimated)
  2M (3%) that no running app needs, 4M (7%) conditional.
    saves  raw  files         tier
      ~2M   6M     40         safe  node-build-caches
      Only the next build reads them.
      → "heroku-cleanup": "rm -rf x".
        512K  "0/\udcff|`<b>@everyone\\033[31m\\n"
        512K  "1/\udcff|`<b>@everyone\\033[31m\\n"
        512K  "2/\udcff|`<b>@everyone\\033[31m\\n"
        … and 1 more
      ~4M  12M      1  conditional  unstripped-node
      Symbols.
      → strip them.
        4M  .heroku/node/bin/node
  of 300K   1M      5  conditional  puppeteer
      It downloads a browser.
      → Require puppeteer-core.
        300K  node_modules/puppeteer
  … and 1 smaller kind, 1K together (-v lists them)
"""

RICH_ODD = """\
Anomalies in the archive
  a link that leads out of the slug [link-out, 7 times]
    0 -> "/etc/\udcff|`<b>@everyone\\033[31m\\n"
    1 -> "/etc/\udcff|`<b>@everyone\\033[31m\\n"
    2 -> "/etc/\udcff|`<b>@everyone\\033[31m\\n"
    3 -> "/etc/\udcff|`<b>@everyone\\033[31m\\n"
    4 -> "/etc/\udcff|`<b>@everyone\\033[31m\\n"
    … and 2 more (-v shows all)
  a name that is not UTF-8 [name-not-utf-8]
    "\udcff|`<b>@everyone\\033[31m\\n"
  no end marker, so part of the archive may be missing [no-end]
"""


def schema() -> Draft202012Validator:
    loaded: dict[str, Any] = json.loads((resources.files("slugtrim") / "schemas/inspect.json").read_text("utf-8"))
    Draft202012Validator.check_schema(loaded)
    return Draft202012Validator(loaded)


def as_text(inspection: Inspection, style: Style) -> str:
    return render("inspect", "text", inspection, style=style)


def as_markdown(inspection: Inspection) -> str:
    return render("inspect", "markdown", inspection)


def test_the_text_on_next_to_nothing() -> None:
    assert as_text(MINIMAL, Style()) == MINIMAL_TEXT


def test_the_text_says_what_goes_and_what_is_odd() -> None:
    blocks = as_text(RICH, Style()).split("\n\n")
    assert RICH_WASTE.rstrip("\n") in blocks
    assert RICH_ODD.rstrip("\n") in blocks
    assert blocks[0] == "60M average  (at least: not everything could be read)"
    assert blocks[1].startswith('Compiled slug "/tmp/')
    assert blocks[2].startswith("Next\n  - Start with the safe entries: ")


@each_row("width", [60, 80, 120])
@each_row("full", [False, True])
def test_no_line_is_wider_than_the_screen_or_deceives(width: int, full: bool) -> None:
    text = as_text(RICH, Style(width=width, full=full))
    for line in text.splitlines():
        assert shown_width(line) <= width
        assert "\033" not in line


def test_all_is_shown_on_demand() -> None:
    text = as_text(RICH, Style(full=True))
    for line in ("~1K   4K      3  conditional  type-packages", '512K  "3/', '    6 -> "/etc/', "more (-v"):
        assert (line in text) is (line != "more (-v")


def test_brief_is_the_headline() -> None:
    assert as_text(replace(RICH, unreadable=()), Style(brief=True)) == "60M average\n"


def test_colour_marks_what_is_safe() -> None:
    text = as_text(RICH, Style(color=True))
    assert "\033[33m      ~2M   6M     40         safe  node-build-caches\033[0m" in text
    assert "\033[1mWhere the space goes\033[0m" in text


def test_long_lists_of_packages_fold() -> None:
    (group, *rest) = RICH.anatomy.groups
    many = tuple(
        Package(name=f"p{n:02}", versions=(), copies=1, group=group.id, bulk=bulk(1, n, n), paths=(b"p",))
        for n in range(30)
    )
    inspection = replace(RICH, anatomy=Anatomy(groups=(replace(group, packages=many), *rest), waste=()))
    text = as_text(inspection, Style())
    assert "p29\n" in text
    assert "p19\n" not in text
    assert "  … and 20 more (-v lists them)\n" in text
    assert "p00\n" in as_text(inspection, Style(full=True))
    assert "Waste" not in text
    markdown = as_markdown(inspection)
    assert "30 packages, heaviest first" in markdown
    assert "… and 10 more." in markdown


@pytest.mark.parametrize(
    ("format_", "says"),
    [
        (Format.TAR, "Estimated size of this tar after gzip"),
        (Format.DIRECTORY, "Estimated size of this directory after tar and gzip"),
    ],
)
def test_an_estimate_says_so(format_: Format, says: str) -> None:
    inspection = replace(MINIMAL, format=format_, estimated=True)
    assert says in as_text(inspection, Style())
    assert says in as_markdown(inspection)


def test_stdin_has_no_name() -> None:
    inspection = replace(MINIMAL, source=Source(kind=SourceKind.ARCHIVE, root=b"-"))
    assert as_text(inspection, Style()).startswith("1K small\n\nCompiled slug from stdin\n")


@pytest.mark.parametrize("inspection", [MINIMAL, RICH], ids=["minimal", "rich"])
def test_json_follows_its_schema(inspection: Inspection) -> None:
    document = json.loads(render("inspect", "json", inspection))
    schema().validate(document)
    assert document["slug"]["compressed_bytes"] == inspection.compressed_bytes
    assert document["slug"]["class"] == inspection.size_class.value


def test_json_has_the_keys_of_audit_where_they_mean_the_same() -> None:
    audit = json.loads((resources.files("slugtrim") / "schemas/audit.json").read_text("utf-8"))
    here = json.loads((resources.files("slugtrim") / "schemas/inspect.json").read_text("utf-8"))
    same = {
        "schema",
        "complete",
        "source",
        "slug",
        "largest",
        "directories",
        "limits",
        "findings",
        "unreadable",
        "notes",
    }
    assert same <= set(audit["properties"]) & set(here["properties"])
    slug = {"files", "bytes", "compressed_bytes", "estimated", "class", "average_side", "includes_buildpacks"}
    assert slug <= set(audit["properties"]["slug"]["required"]) & set(here["properties"]["slug"]["required"])
    finding = {"id", "level", "path", "line", "message", "cure"}
    assert finding <= set(audit["$defs"]["finding"]["required"]) & set(here["$defs"]["finding"]["required"])
    for name in ("weight", "directory", "limit"):
        assert audit["$defs"][name]["required"] == here["$defs"][name]["required"]


def test_json_says_what_is_known_of_a_saving() -> None:
    findings = {row["id"]: row for row in json.loads(render("inspect", "json", RICH))["findings"]}
    assert findings["puppeteer"]["saves_bytes"] is None
    assert findings["puppeteer"]["bytes"] == MIB
    stripped = findings["unstripped-node"]
    assert (stripped["saves_bytes"], stripped["bytes"], stripped["level"]) == (12 * MIB, 90 * MIB, "note")
    assert findings["node-build-caches"]["level"] == "warning"
    assert findings["node-build-caches"]["places"][0]["path"] == "0/\ufffd" + HOSTILE[1:].decode()


@pytest.mark.full
def test_real_slugs_follow_the_schema(python_slug: Built, node_slug: Built, ruby_slug: Built) -> None:
    for built in (python_slug, node_slug, ruby_slug):
        document = json.loads(render("inspect", "json", inspect_slug(str(built.slug))))
        schema().validate(document)
        parts = sum(group["compressed_bytes"] for group in document["groups"])
        assert parts + document["slug"]["structure_compressed_bytes"] == document["slug"]["compressed_bytes"]
        assert {row["id"] for row in document["findings"]} <= {rule.id for rule in waste_rules()}


def test_hostile_archives_are_reported_in_every_format(tmp_path: Path) -> None:
    slug = tmp_path / "slug.tgz"
    odd = [entry(b"./app/" + HOSTILE, b"x"), entry("./app/dev", kind=b"3"), entry("./app/../../etc/x", b"x")]
    slug.write_bytes(packed(PROCFILE, *odd))
    inspection = inspect_slug(str(slug))
    kinds = {anomaly.kind for anomaly in inspection.anomalies}
    assert {AnomalyKind.NAME_NOT_UTF_8, AnomalyKind.DEVICE, AnomalyKind.DOT_DOT_NAME} <= kinds
    document = json.loads(render("inspect", "json", inspection))
    schema().validate(document)
    assert {row["id"] for row in document["anomalies"]} == {kind.value for kind in kinds}
    assert "\033" not in as_text(inspection, Style())
    tables(as_markdown(inspection))


def test_every_anomaly_has_its_sentence() -> None:
    assert set(MESSAGES) == set(AnomalyKind)
    assert all(message[-1] not in ". " for message in MESSAGES.values())


@pytest.mark.parametrize("inspection", [MINIMAL, RICH], ids=["minimal", "rich"])
def test_markdown_is_what_is_rendered(inspection: Inspection) -> None:
    markdown = as_markdown(inspection)
    rows = tables(markdown)
    assert {len(row) for row in rows} <= {3, 4, 5}
    pages(markdown)
    assert markdown.startswith(f"### Compiled slug: {'1K, small' if inspection is MINIMAL else '60M, average'}\n")


def test_markdown_says_what_a_reader_wants() -> None:
    rows = tables(as_markdown(RICH))
    assert ["Node packages (2)", "55M", "92%", "140M", "1,500"] in rows
    assert ["next 13.4.4", "40M", "90M"] in rows
    assert [
        "~4M",
        "unstripped-node (conditional)",
        "Symbols. → strip them.",
        ".heroku/node/bin/node",
    ] in rows
    assert ["of 300K", "puppeteer (conditional)"] in [row[:2] for row in rows]


def test_every_kind_of_waste_together_fits_into_a_comment() -> None:
    (first, *_) = RICH.anatomy.waste
    everything = tuple(
        replace(
            first,
            id=rule.id,
            reason=rule.reason,
            cure=rule.cure,
            places=tuple(replace(first.places[0], path=b"x/" * 200 + b"%d" % n) for n in range(9)),
        )
        for rule in waste_rules()
    )
    pages(as_markdown(replace(RICH, anatomy=replace(RICH.anatomy, waste=everything))))
