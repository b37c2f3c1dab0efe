"""The comparison in every format: what it says, and that any name in it is only a name."""

from __future__ import annotations

import json
import re

from hypothesis import given, settings
from jsonschema import Draft202012Validator
from msgspec.structs import replace

from slugtrim.diff.difference import ChangeKind, Diff
from slugtrim.files import SourceKind
from slugtrim.measurement import Total
from slugtrim.reports.diff_report import renamed
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style, shown_width
from tests.diffs import BEFORE, SLUGS, diff, file, hostile, listed
from tests.rows import each_row
from tests.test_reports_json import schema
from tests.test_reports_markdown import pages, tables
from tests.test_reports_tools import HOSTILE

SLUGS_TEXT = """\
+1.5M (+10.7%): 14M small → 15.5M average
  Mostly django 4.2.1 → 4.2.7 +1.5M
  2 grew +1.5M, 1 moved; 1 file unchanged

  from  slug before.tgz, 4 files, 28M raw
  to    slug after.tgz, 4 files, 31M raw
  Compressed sizes of compiled slugs.

Groups that changed most
  change    now  files
   +1.5M  15.5M      0  Python packages

Packages that changed most
  change    now  files
   +1.5M  15.5M      0  django 4.2.1 → 4.2.7

Directories that changed most
  change    raw  files
   +1.5M    +3M      1  .heroku/site-packages/django/
   +200B  +400B      1  .heroku/site-packages/django-4.2.7.dist-info/

Files that changed most
  change    raw  what
   +1.5M    +3M  grew  .heroku/site-packages/django/db.py
   +200B  +400B  grew  .heroku/site-packa…ngo-{4.2.1 → 4.2.7}.dist-info/METADATA

Moved, with the same content
  1 file  {app → lib}/old name.py

Notes
  1 path: sockets, pipes and devices are not counted
    run/x
"""

SLUGS_MARKDOWN = """\
### +1.5M (+10.7%): 14M small → 15.5M average

Mostly `django 4.2.1 → 4.2.7` +1.5M.

2 grew +1.5M, 1 moved; 1 file unchanged.

|  | slug | class | files | raw | compressed |
| :-- | :-- | :-- | --: | --: | --: |
| before | `before.tgz` | small | 4 | 28M | 14M |
| after | `after.tgz` | average | 4 | 31M | 15.5M |

Compressed sizes of compiled slugs.

<details open><summary>1 group changed</summary>

| group | before | after | change | files |
| :-- | --: | --: | --: | --: |
| Python packages | 14M | 15.5M | +1.5M | 0 |

</details>

<details open><summary>1 package changed</summary>

| package | before | after | change | files |
| :-- | --: | --: | --: | --: |
| `django 4.2.1 → 4.2.7` | 14M | 15.5M | +1.5M | 0 |

</details>

<details><summary>2 files changed</summary>

| file | what | raw | compressed |
| :-- | :-- | --: | --: |
| `.heroku/site-packages/django/db.py` | grew | +3M | +1.5M |
| `.heroku/site-packages/django-{4.2.1 → 4.2.7}.dist-info/METADATA` | grew | +400B | +200B |

</details>

<details><summary>5 directories with changes</summary>

| directory | files | raw | compressed |
| :-- | --: | --: | --: |
| `.heroku/` | 2 | +3M | +1.5M |
| `.heroku/site-packages/` | 2 | +3M | +1.5M |
| `.heroku/site-packages/django/` | 1 | +3M | +1.5M |
| `.heroku/site-packages/django-4.2.7.dist-info/` | 1 | +400B | +200B |
| `lib/` | 1 | 0 | 0 |

</details>

<details><summary>1 file moved</summary>

| files | moved with the same content |
| --: | :-- |
| 1 | `{app → lib}/old name.py` |

</details>

<details><summary>Platform limits</summary>

|  | before | after | of | limit | date of the source |
| :-- | --: | --: | --: | :-- | :-- |
| ok | 5% | 5% | 300M | slug: build warns | 2013 |
| ok | 1% | 2% | 1G | slug: push rejected | 2026-03-19 |

</details>
"""

ESCAPE = re.compile(r"\033\[[0-9;]*m")
LONG = b"a-rather-long-name/" * 9 + "長い名前".encode() * 20 + b"\x1b[31m\xff\n"


def as_text(diff: Diff, style: Style) -> str:
    return render("diff", "text", diff, style=style)


def as_markdown(diff: Diff) -> str:
    return render("diff", "markdown", diff)


def test_the_text_on_two_slugs() -> None:
    assert as_text(SLUGS, Style()) == SLUGS_TEXT


def test_the_answer_comes_first_and_the_brief_report_is_its_first_line() -> None:
    text = as_text(SLUGS, Style())
    assert as_text(SLUGS, Style(brief=True)) == text.splitlines()[0] + "\n"


def test_the_markdown_on_two_slugs() -> None:
    assert as_markdown(SLUGS) == SLUGS_MARKDOWN


def test_no_difference_is_told_in_as_many_words() -> None:
    side = listed(file("a", "1"))
    assert as_text(diff(side, side), Style()).splitlines()[:2] == [
        "No file differs: 8B small",
        "  1 file unchanged",
    ]
    other = listed(file("b", "1"))
    text = as_text(diff(side, other), Style())
    assert text.splitlines()[:2] == ["No change in size: 8B small", "  1 moved; 0 files unchanged"]
    assert "  1 file  a → b\n" in text


def test_long_lists_end_with_what_is_left_and_are_whole_when_asked() -> None:
    old = [file(f"d{number}/a", "1", 1000 * number) for number in range(30)]
    moved = [file(f"m{number}/x", f"m{number}") for number in range(9)]
    new = [each._replace(path=each.path.replace(b"m", b"n")) for each in moved]
    report = diff(listed(*old, *moved), listed(*new))
    text = as_text(report, Style())
    assert "  … and 20 more, -18.6K together (-v shows all)\n" in text
    assert "  … and 19 more (-v shows all)\n" in text  # d0/ weighs nothing
    assert "  … and 4 files more (-v shows all)\n" in text
    full = as_text(report, Style(full=True))
    assert "…" not in full
    assert full.count("removed  d") == 30
    markdown = as_markdown(report)
    assert "… and 10 more." in markdown
    tables(markdown)


def test_many_kinds_in_one_place_are_one_number() -> None:
    old = [file("lib/a", "1", 9000), file("lib/b", "2", 9000), file("lib/c", "3", 10)]
    new = [file("lib/a", "4", 10), file("lib/c", "5", 10), file("lib/d", "6", 10)]
    assert "  lib/ -1.8K (4 files)\n" in as_text(diff(listed(*old), listed(*new)), Style())


def test_each_basis_is_told() -> None:
    commit = listed(file("a", "1"))
    slug = listed(file("a", "2"), is_compiled=True)
    assert "  Your code, compressed (predicted). Buildpacks add more.\n" in as_text(diff(commit, commit), Style())
    assert "the slug is a finished build" in as_text(diff(commit, slug), Style(width=120))
    assert "those of an unpacked one predicted" in as_text(diff(slug, slug), Style(width=120))
    assert "of your code + 20M of buildpacks (slugtrim.toml:9) =" in as_text(hostile(b"x"), Style(width=120))


@each_row(
    "kind, words",
    [
        (SourceKind.COMMIT, "commit ffffffffff (x), 1 file, 10B raw"),
        (SourceKind.WORKTREE, "tracked files of /app, 1 file, 10B raw"),
        (SourceKind.DIRECTORY, "directory x, 1 file, 10B raw"),
        (SourceKind.ARCHIVE, "slug x, 1 file, 10B raw"),
    ],
)
def test_a_side_is_called_what_it_is(kind: SourceKind, words: str) -> None:
    report = diff(listed(file("a", "1")), listed(file("a", "1")))
    side = replace(report.after, source=replace(report.after.source, kind=kind))
    assert f"  to    {words}\n" in as_text(replace(report, after=side), Style())


def test_a_commit_named_by_its_id_is_named_once() -> None:
    report = diff(listed(file("a", "1")), listed(file("a", "1")))
    side = replace(report.after, name="ffff")
    assert "  to    commit ffffffffff, 1 file" in as_text(replace(report, after=side), Style())
    assert "| after | ffffffffff | small |" in as_markdown(replace(report, after=side))


def test_what_was_compared_by_size_only_is_told() -> None:
    one = file("a", "1")
    report = diff(listed(one), listed(one._replace(blob=b"0" * 64)))
    assert "1 file compared by size only" in as_text(report, Style(width=120))
    assert "1 file compared by size only" in as_markdown(report)


def test_the_compiler_and_what_is_new_or_gone_have_their_words() -> None:
    gone = diff(BEFORE, listed())
    assert "django 4.2.1 (gone)" in as_text(gone, Style())
    assert "  -14M  gone     -2  Python packages\n" in as_text(gone, Style())
    assert "django 4.2.1 (new)" in as_text(diff(listed(), BEFORE), Style())
    by_compiler = replace(hostile(b"x").rules[0], rule=None)
    text = as_text(replace(hostile(b"x"), rules=(by_compiler,)), Style())
    assert "   -300B      1  left out  the slug compiler (.git, .DS_Store, tmp/)\n" in text


NAMES = [
    (b"vendor/rails-7.0.1/a.rb", b"vendor/rails-7.0.2/a.rb", "vendor/rails-{7.0.1 → 7.0.2}/a.rb"),
    (b"vendor/cache/dd-0.44.0.gem", b"vendor/cache/dd-0.51.0.gem", "vendor/cache/dd-{0.44.0 → 0.51.0}.gem"),
    (b"src/a.js", b"lib/a.js", "{src → lib}/a.js"),
    (b"lib/x/a.js", b"lib/a.js", "lib/{x/a → a}.js"),
    (b"a.js", b"lib/a.js", "a.js → lib/a.js"),
    (b"x", b"y", "x → y"),
    (b"./", b"app/", "./ → app/"),
    (b"lib/x-1.0/", b"lib/x-2.0/", "lib/x-{1.0 → 2.0}/"),
    (b"lib/a\n", b"lib/b", '"lib/a\\n" → lib/b'),
]


@each_row("was, now, words", NAMES)
def test_two_names_are_told_as_one(was: bytes, now: bytes, words: str) -> None:
    assert renamed(was, now) == words


@each_row("full", [False, True])
@each_row("width", [60, 80, 120])
@each_row("report", [SLUGS, hostile(LONG)])
def test_every_line_fits_whatever_the_names(report: Diff, width: int, full: bool) -> None:
    lines = as_text(report, Style(width=width, full=full)).splitlines()
    assert [line for line in lines if shown_width(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_colour_changes_no_text() -> None:
    for report in (SLUGS, hostile(b"x"), diff(listed(file("a", "1", 99)), listed())):
        colored = as_text(report, Style(color=True))
        assert "\033[1" in colored
        assert ESCAPE.sub("", colored) == as_text(report, Style())


@settings(deadline=None, max_examples=30)
@given(name=HOSTILE)
def test_any_name_is_safe_in_every_format(name: bytes) -> None:
    report = hostile(name)
    text = as_text(report, Style(full=True))
    assert re.search("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u2028-\u202e\u2066-\u2069\udc80-\udc9f]", text) is None
    assert {len(row) for row in tables(as_markdown(report))} <= {2, 3, 4, 5, 6}
    document = json.loads(render("diff", "json", report))
    Draft202012Validator(schema("diff")).validate(document)


def test_the_markdown_of_a_comparison_is_what_is_rendered() -> None:
    for report in (SLUGS, hostile(b"a|b"), diff(listed(), listed())):
        pages(as_markdown(report))


def test_the_numbers_of_the_json_are_those_of_the_record() -> None:
    data = json.loads(render("diff", "json", SLUGS))
    Draft202012Validator(schema("diff")).validate(data)
    assert data["schema"] == 1
    changed = sum(item["grown_compressed_bytes"] for item in data["files"])
    assert changed == sum(item["grown_compressed_bytes"] for item in data["changes"])
    assert data["grown_compressed_bytes"] == changed + data["unchanged"]["grown_compressed_bytes"]
    assert data["grown_bytes"] == data["after"]["bytes"] - data["before"]["bytes"]
    assert [(item["package"], item["versions_before"], item["versions_after"]) for item in data["packages"]] == [
        ("django", ["4.2.1"], ["4.2.7"])
    ]
    assert (data["reasons"][0]["package"], data["reasons"][0]["path"]) == ("django", None)
    moved = next(item for item in data["files"] if item["what"] == "moved")
    assert (moved["before"]["path"], moved["after"]["path"]) == ("app/old name.py", "lib/old name.py")
    assert (moved["before"]["mode"], data["before"]["checkout"]) == ("100644", None)
    assert [item["id"] for item in data["after"]["limits"]] == ["soft", "hard"]


def test_every_kind_has_a_word_and_a_place_in_the_schema() -> None:
    assert schema("diff")["$defs"]["what"]["enum"] == [kind.value for kind in ChangeKind]
    assert SLUGS.unchanged == Total(files=1, size_bytes=1000)
