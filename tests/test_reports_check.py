"""The check as text and as JSON."""

from __future__ import annotations

import json
import re
from fractions import Fraction

import pytest
from msgspec.structs import replace

from slugtrim.budget import Amount, Budgets, PathBudget, Sizes, Written, judge
from slugtrim.check import Check
from slugtrim.reports.check_report import change, headline
from slugtrim.reports.formats import render
from slugtrim.reports.parts import cure, sentence
from slugtrim.reports.text import Style, shown_width
from slugtrim.units import MIB
from tests.checks import HEAD_REV, INCOMPLETE, MINIMAL, RICH, in_file, mib
from tests.rows import each_row
from tests.test_reports_json import checked

RICH_TEXT = """\
Over: 52.1M is 2.1M over the total of 50MB (slugtrim.toml:3), and 5 more

Tracked files, at ffffffffff, of /home/you/mono/apps/web

  52.1M average: 2,310 files, 61M raw, of target production
  +3.2M (+6.5%) since 1a2b3c4d5e (merge-base with origin/main)
  14.1M of your code + 38M of buildpacks (slugtrim.toml:14, 3 days old) = 52.1M
  (estimated)

Next
  - Make the slug smaller (slugtrim suggest shows what to leave out), or raise
    the limit (slugtrim.toml:3, --max-growth, slugtrim.toml:4).
  - Leave out files that the app doesn't need (slugtrim ls --long lists sizes),
    or raise the limit (slugtrim.toml:10, slugtrim.toml:5, slugtrim.toml:6).
  - Run slugtrim suggest --write to add the safe entries below to .slugignore,
    then commit it.

Limits
         used  allowed    over
  over  52.1M     50MB    2.1M  total  (slugtrim.toml:3)
  over  +3.2M     2.4M  773.1K  growth  (5%; --max-growth)
  over   1.5M      1MB    512K  /caf\udce9|`@everyone`  (slugtrim.toml:10)
  over    12M     10MB      2M  largest file  (slugtrim.toml:5)
  over  2,310     2000     310  files  (slugtrim.toml:6)
  warn  52.1M     45MB    7.1M  warn  (slugtrim.toml:4)
  ok       7M      8MB          app/assets/**  (slugtrim.toml:9)
  ok     150M    200MB          checkout  (SLUGTRIM_BUDGET_CHECKOUT)

Grew most since the base (3 changed, 2,190 files unchanged)
   grew   now
  +2.1M  2.1M  public/intro.mp4
      0dec0de123 Show the intro | closes #12, thanks @everyone
  +1.1M  2.1M  "new\\nline|`x`.js"
      in no commit since the base
  … and 1 more changed (-v shows the largest)

Could also be left out (slugtrim suggest shows all)
  saves  files
  ~3.5M     10  /design
  ~900B      1  *.psd

To fix (run slugtrim lint for details and more checks)
  error  .slugignore:2: !README.md does nothing: Heroku doesn't support negation
  [negation]
  warning  caf\udce9: <b>@me</b>.pem: holds a private key [secret-ships]

Notes
  1 path: not tracked by git, so not pushed and not counted
    notes.txt
"""

MINIMAL_TEXT = """\
OK: 120B. No budget is set; slugtrim warns from 90M (weighty)

All files of /home/you/app

  120B small: 1 file, 4B raw
  This is your code, compressed (predicted). Buildpacks add more.

Limits
        used  allowed  over
  ok    120B     <90M        default warning  (no budget is set)
"""


def as_text(check: Check, style: Style) -> str:
    return render("check", "text", check, style=style)


def test_the_text_says_the_verdict_then_what_it_rests_on_then_what_to_do() -> None:
    assert as_text(RICH, Style()) == RICH_TEXT


def test_the_text_of_next_to_nothing() -> None:
    assert as_text(MINIMAL, Style()) == MINIMAL_TEXT


@each_row(
    "check, line",
    [
        (RICH, "Over: 52.1M is 2.1M over the total of 50MB (slugtrim.toml:3), and 5 more"),
        (INCOMPLETE, "Incomplete: 5 paths could not be read; the slug is at least 120B"),
        (replace(MINIMAL, results=()), "OK: 120B is within all limits"),
        (
            replace(RICH, unreadable=INCOMPLETE.unreadable),
            "Over: 52.1M is 2.1M over the total of 50MB (slugtrim.toml:3), and 5 more (at least; not everything "
            "could be read)",
        ),
        (
            replace(RICH, results=tuple(result for result in RICH.results if result.verdict.value != "fail")),
            "Warning: 52.1M is 7.1M over the warning level of 45MB (slugtrim.toml:4)",
        ),
    ],
)
def test_quiet_is_the_verdict_in_one_line(check: Check, line: str) -> None:
    assert as_text(check, Style(brief=True)) == f"{line}\n"
    assert headline(check) == line


def test_a_check_without_a_limit_has_no_table_of_them() -> None:
    assert "Limits" not in as_text(replace(MINIMAL, results=()), Style())


def test_an_incomplete_check_says_so_first_and_last() -> None:
    text = as_text(INCOMPLETE, Style())
    assert text.startswith("Incomplete: 5 paths could not be read; the slug is at least 120B\n")
    assert "  120B small, at least: 1 file, 4B raw\n" in text
    assert "    a\udcff\n      its object is missing or damaged\n" in text
    assert "  - Make the unreadable paths readable, and check again: the sizes are too low.\n" in text


def test_verbose_shows_every_file_that_changed_and_every_limit() -> None:
    assert RICH.base is not None
    many = tuple(
        PathBudget(pattern=b"/%d" % number, limit=Amount(value=MIB, text="1MB", written=in_file(number + 1)))
        for number in range(20)
    )
    sizes = Sizes(
        total_bytes=0, checkout_bytes=0, largest_file_bytes=0, files=0, path_bytes={each.pattern: 0 for each in many}
    )
    check = replace(RICH, results=judge(sizes, Budgets(paths=many)))
    short, whole = as_text(check, Style()), as_text(check, Style(full=True))
    assert "  … and 10 more within their limits (-v shows all)\n" in short
    assert whole.count("/1") > short.count("/1")
    assert "   -40K  gone  old.zip\n      badc0ffee0 Tidy up\n" in whole
    assert "more that" not in whole


def test_a_base_in_which_nothing_grew() -> None:
    assert RICH.base is not None
    only_shrank = replace(RICH.base, grown=RICH.base.grown[-1:])
    text = as_text(replace(RICH, base=only_shrank), Style())
    assert "\nNo file grew, 3 changed (-v shows them); 2,190 files unchanged.\n" in text
    text = as_text(replace(RICH, base=replace(RICH.base, grown=())), Style(full=True))
    assert "\nNo file grew; 2,190 files unchanged.\n" in text


def test_how_the_slug_changed() -> None:
    assert RICH.base is not None
    base = replace(RICH.base, compressed_bytes=1000)
    since = "since 1a2b3c4d5e (merge-base with origin/main)"
    assert change(base, 1000) == f"No change in size {since}"
    assert change(base, 900) == f"-100B (-10.0%) {since}"
    assert change(replace(base, compressed_bytes=0), 900) == f"+900B {since}"
    assert change(replace(base, complete=False), 900) == f"-100B (-10.0%) {since}, which could not be read completely"


OVER = Sizes(
    total_bytes=1100 * MIB,
    checkout_bytes=1200 * MIB,
    largest_file_bytes=12 * MIB,
    files=1,
    path_bytes={b"a b": 2 * MIB},
    base_bytes=1000 * MIB,
)


def amount(value: int, text: str) -> Amount:
    return Amount(value=value, text=text, written=in_file(3))


@each_row(
    "budgets, says",
    [
        (
            Budgets(total=amount(90 * MIB - 1, "average")),
            "1.1G is 1010M over the total of 89.9M (average; slugtrim.toml:3)",
        ),
        (Budgets(files=amount(0, "0")), "1 file in the slug, 1 over the limit of 0 (slugtrim.toml:3)"),
        (
            Budgets(largest_file=amount(10 * MIB, "10 MB")),
            "the largest file is 12M, 2M over the limit for one file: 10 MB (slugtrim.toml:3)",
        ),
        (
            Budgets(checkout=amount(1000 * MIB, "1000MB")),
            "the checkout is 1.2G, 200M over its limit of 1000MB (slugtrim.toml:3)",
        ),
        (
            Budgets(paths=(PathBudget(pattern=b"a b", limit=amount(MIB, "1MB")),)),
            "a b is 2M, 1M over its limit of 1MB (slugtrim.toml:3)",
        ),
        (
            Budgets(max_growth=Amount(percent=Fraction(5), text="5%", written=Written(name="--max-growth"))),
            "+100M since the base is 50M over the allowed growth of 50M (5%; --max-growth)",
        ),
    ],
)
def test_a_message_names_the_size_the_overrun_the_limit_and_its_place(budgets: Budgets, says: str) -> None:
    result, *_ = judge(OVER, budgets)
    assert sentence(result) == says
    assert cure([result]).endswith(f", or raise the limit ({result.written})")


def test_the_limits_of_the_platform_say_what_happens() -> None:
    soft, hard, checkout = judge(OVER, Budgets(total=amount(2000 * MIB, "2000MB")))[1:]
    assert sentence(soft) == (
        "1.1G is 800M over the platform's limit for a slug, so the build warns: 300M "
        "(Heroku Dev Center, Slug Compiler: the build warns above it (2013))"
    )
    assert sentence(hard).startswith(
        "1.1G is 76M over the platform's limit for a slug, so the push is rejected: 1G (Heroku blog"
    )
    assert sentence(checkout).startswith("1.2G is 176M over the platform's limit for a checkout, so the push is re")
    assert cure([soft, hard]) == "Make the slug smaller (slugtrim suggest shows what to leave out)"
    assert cure([checkout]) == "Remove large files from the repository (.slugignore doesn't shrink the checkout)"


LONG = "a-rather-long-name/" * 30
AWKWARD = replace(
    RICH,
    target="t\x1b[31m" + "t" * 200,
    base=replace(
        RICH.base,
        name="origin/" + "b" * 150,
        grown=tuple(
            replace(growth, path=LONG.encode() + b"\xff\x1b]0;x\x07", subject="s\x1b[2J\u202e" + "日本" * 90)
            for growth in RICH.base.grown
        ),
    )
    if RICH.base is not None
    else None,
    results=tuple(
        replace(result, written=Written(name="\x1b" + LONG, line=3), pattern=LONG.encode() if result.pattern else None)
        for result in RICH.results
    ),
)


@each_row("full", [False, True])
@each_row("width", [60, 80, 120])
@each_row("check", [RICH, MINIMAL, INCOMPLETE, AWKWARD])
def test_every_line_fits_and_is_safe_to_print(check: Check, width: int, full: bool) -> None:
    text = as_text(check, Style(width=width, full=full))
    lines = text.splitlines()
    assert [line for line in lines if shown_width(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []
    assert re.search("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u2028-\u202e\u2066-\u2069\udc80-\udc9f]", text) is None


@pytest.mark.parametrize("check", [RICH, MINIMAL, INCOMPLETE])
def test_colour_changes_no_text(check: Check) -> None:
    colored = as_text(check, Style(color=True))
    assert colored.startswith("\033[1;")
    assert re.sub(r"\033\[[0-9;]*m", "", colored) == as_text(check, Style())


@each_row("check", [RICH, MINIMAL, INCOMPLETE, AWKWARD])
def test_the_json_is_valid(check: Check) -> None:
    data = checked(render("check", "json", check), "check")
    assert data["verdict"] == check.verdict.value
    assert data["complete"] is check.complete
    assert len(data["results"]) == len(check.results)


def test_the_json_of_next_to_nothing() -> None:
    results = json.loads(render("check", "json", MINIMAL))["results"]
    assert json.loads(render("check", "json", MINIMAL)) == {
        "schema": 2,
        "complete": True,
        "verdict": "pass",
        "source": {"kind": "directory", "rev": None, "path": "/home/you/app"},
        "dialect": "gitignore",
        "target": None,
        "compressed_bytes": 120,
        "class": "small",
        "slug": {
            "files": 1,
            "bytes": 4,
            "compressed_bytes": 120,
            "estimated": True,
            "class": "small",
            "includes_buildpacks": False,
        },
        "compiled": None,
        "base": None,
        "results": results,
        "findings": [],
        "suggestions": [],
        "unreadable": [],
        "notes": [],
        "packages": None,
    }
    assert results[0] == {
        "measure": "total",
        "verdict": "pass",
        "used": 120,
        "limit": 90 * MIB - 1,
        "over": 0,
        "text": "lighter than weighty",
        "written": {"name": "the default if no budget is set", "line": None},
        "pattern": None,
        "message": None,
    }


def test_the_json_of_everything() -> None:
    data = checked(render("check", "json", RICH), "check")
    assert data["source"] == {"kind": "worktree", "rev": HEAD_REV, "path": "/home/you/mono/apps/web"}
    assert (data["target"], data["compressed_bytes"], data["class"]) == ("production", 54630810, "average")
    assert (data["slug"]["compressed_bytes"], data["slug"]["class"]) == (14784922, "small")
    assert data["compiled"] == {
        "compressed_bytes": 54630810,
        "overhead_bytes": 38 * MIB,
        "low_bytes": mib(52.1),
        "high_bytes": mib(52.1),
        "prediction": None,
        "origin": "slugtrim.toml:14",
        "age_days": 3,
        "changed": [],
        "class": "average",
        "estimated": True,
    }
    assert data["base"]["grown_bytes"] == 54630810 - data["base"]["compressed_bytes"]
    assert data["base"]["grown"][1] == {
        "path": "new\nline|`x`.js",
        "before_bytes": MIB,
        "after_bytes": 2202010,
        "grown_bytes": 1153434,
        "commit": None,
        "subject": "",
    }
    assert [(each["measure"], each["verdict"], each["pattern"]) for each in data["results"]][3:5] == [
        ("paths", "pass", "app/assets/**"),
        ("paths", "fail", "/caf\ufffd|`@everyone`"),
    ]
    assert data["results"][0]["written"] == {"name": "slugtrim.toml", "line": 3}
    assert [each["id"] for each in data["findings"]] == ["negation", "secret-ships"]
    assert data["findings"][1]["path_b64"]
    assert [each["pattern"] for each in data["suggestions"]] == ["/design", "*.psd"]
    assert json.loads(render("check", "json", replace(RICH, suggestions=None)))["suggestions"] is None


@pytest.mark.parametrize("format_", ["text", "markdown"])
def test_without_suggestions_it_says_who_looks_for_them(format_: str) -> None:
    line = "Run slugtrim suggest to see what could be left out.\n"
    assert render("check", format_, replace(RICH, suggestions=None)).count(line) == 1
    assert line not in render("check", format_, RICH)
    assert line not in render("check", format_, MINIMAL)
