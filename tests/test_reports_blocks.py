"""The document model: every report is blocks that any printer prints, whoever reads it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from slugtrim.audit import audit_tree
from slugtrim.files import Unreadable
from slugtrim.ignore import Dialect
from slugtrim.listing import explain
from slugtrim.reports import (
    audit_report,
    builds_report,
    check_report,
    diff_report,
    inspect_report,
    lint_report,
    markdown,
    plain,
    suggest_report,
    text,
)
from slugtrim.reports import blocks as b
from slugtrim.reports.text import Style
from slugtrim.sources import open_tree
from slugtrim.store import CacheInfo
from tests.builders import make_tree
from tests.checks import INCOMPLETE, RICH
from tests.diffs import hostile
from tests.inspections import RICH as SLUG
from tests.rows import each_row
from tests.test_builds_journal import SOME
from tests.test_reports_markdown import pages
from tests.test_reports_suggest import AWKWARD
from tests.test_reports_text import AWKWARD as FILES
from tests.test_reports_tools import LINT
from tests.test_reports_verification import VERIFIED

SCREEN = b.View(full=True)
REPORTS: dict[str, Callable[[b.View], b.Report]] = {
    "builds": lambda view: builds_report.report(SOME, view, None),
    "check": lambda view: check_report.comment(RICH, view),
    "check-incomplete": lambda view: check_report.comment(INCOMPLETE, view),
    "diff": lambda view: diff_report.report(hostile(b"a|`<b>@you\xff"), view),
    "inspect": lambda view: inspect_report.report(SLUG, view),
    "lint": lambda view: lint_report.report(LINT, view),
    "suggest": lambda view: suggest_report.report(AWKWARD, view, with_withheld=True),
    "verification": lambda view: suggest_report.report(VERIFIED, view, with_withheld=True),
}


@each_row("view", [b.PAGE, b.View(), SCREEN, b.View(brief=True)])
@each_row("name", REPORTS)
def test_every_report_is_a_page_and_a_text_whoever_it_was_built_for(name: str, view: b.View) -> None:
    report = REPORTS[name](view)
    pages(markdown.printed(report))
    lines = text.printed(report, Style()).splitlines()
    assert lines
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("view", [b.PAGE, SCREEN])
def test_reports_on_a_tree_are_pages_as_well(tmp_path: Path, view: b.View) -> None:
    tree = open_tree(bytes(make_tree(tmp_path, {**FILES, "heroku.yml": "build: {docker: {web: D}}\n"})), use_git=False)
    audit = replace(audit_tree(tree), unreadable=(Unreadable(path=b"a|b", reason="*gone*"),))
    explained = plain.of_explanations(explain(tree, [b"docs", b"`x|"], Dialect.GITIGNORE), view)
    info = CacheInfo(directory="/c/<b>", repositories=1, files=2, size_bytes=3)
    for report in (audit_report.report(audit, view), explained, plain.of_cache(info, view, cleared=False)):
        pages(markdown.printed(report))


def test_a_section_folds_behind_its_summary_or_has_a_heading() -> None:
    line = b.Line(text="x")
    assert markdown.printed((b.Section(title="A_b", blocks=(line,)),)) == "#### A\\_b\n\nx\n"
    folded = b.Section(title="t", summary="s", blocks=(line,))
    assert markdown.printed((folded,)) == "<details><summary>s</summary>\n\nx\n\n</details>\n"
    assert text.printed((folded,), Style()) == "t\n  x\n"


def test_a_section_without_blocks_is_not_shown() -> None:
    report = (b.Section(title="t", summary="s", blocks=()), b.Line(text="x", depth=0))
    assert (text.printed(report), markdown.printed(report)) == ("x\n", "x\n")


def test_a_table_without_rows_has_its_header() -> None:
    assert text.printed((b.table(b.figures("a"), b.names("b")),)) == "  a\n"
    assert text.printed((b.table(b.MARKS, b.names("b")),)) == ""
    assert markdown.printed((b.table(b.MARKS, b.names("b")),)) == "|  | b |\n| :-- | :-- |\n"


def test_what_is_below_a_row_is_a_cell_on_a_page_if_the_table_names_it() -> None:
    row = b.row("1", "n", below=(b.Paragraph(text="why", depth=3), b.Paragraph(text="so", depth=3)))
    table = b.Table(columns=(b.figures("f"), b.names("name")), rows=(row,), below="why")
    assert text.printed((table,)) == "  f\n  1  n\n      why\n      so\n"
    assert markdown.printed((table,)).splitlines()[::2] == ["| f | name | why |", "| 1 | n | why so |"]
    assert "why" not in markdown.printed((replace(table, below=None),))


def test_output_of_others_is_a_fence_that_none_of_it_ends() -> None:
    verbatim = b.Verbatim(lines=("a", "```", "\udcff\nb", ""), depth=1)
    assert markdown.printed((verbatim,)) == "````\na\n```\n\ufffd\nb\n\n````\n"
    assert text.printed((b.Verbatim(lines=("a  b",), depth=1),)) == "  a  b\n"


def test_a_word_stands_out_where_it_stands_also_in_wrapped_lines() -> None:
    error = b.marked("error", b.Look.RED)
    paragraph = b.Paragraph(text=(error, "  some error that goes on and on and is an ", error, " again"))
    red = "\033[31merror\033[0m"
    assert text.printed((paragraph,), Style(width=24, color=True)).splitlines() == [
        f"  {red}  some error that",
        "  goes on and on and is",
        f"  an {red} again",
    ]
    wide = b.Paragraph(text=(b.marked("error", b.Look.RED), "\n" + "長" * 30))
    cut, rest = text.printed((wide,), Style(width=24, color=True)).splitlines()
    assert (cut, rest) == (f"  {red}…長長長長長長長長", "  長長…長長長長長長長長")
    tab = b.Paragraph(text=(b.marked("error", b.Look.RED), "\tx"))
    assert text.printed((tab,), Style(color=True)) == "  error   x\n"
