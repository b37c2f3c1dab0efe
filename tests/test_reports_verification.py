"""What a verification showed, in text and JSON."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from slugtrim.files import quoted
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style, shown_width
from slugtrim.suggester.records import Ending, Evidence, EvidenceKind, Failure, Verification
from tests.test_reports_json import checked
from tests.test_reports_suggest import ADVICE, AWKWARD, ESCAPE, LONG, NOTHING, WIDE, as_text

FAILED = Ending(status=1, signal=None, seconds=4.2, lines=tuple(f"line {number}" for number in range(12)))
VERIFICATION = Verification(
    command="make test",
    limit_seconds=900,
    most_runs=30,
    runs=9,
    baseline=Ending(status=0, signal=None, seconds=3.1415, lines=()),
    failures=(
        Failure(patterns=(b"/config", b"/docs"), ending=FAILED),
        Failure(patterns=(b"/slow",), ending=Ending(status=None, signal=None, seconds=901.5, lines=())),
        Failure(patterns=(b"/hard",), ending=Ending(status=None, signal=11, seconds=75, lines=("core dumped",))),
    ),
    unverified=(b"/later", b"*.psd"),
)
WITHHELD = replace(
    ADVICE.withheld[0],
    path=b"",
    pattern=b"*.psd",
    evidence=(Evidence(kind=EvidenceKind.UNVERIFIED, text="not verified: none of 30 runs was left for it"),),
)
VERIFIED = replace(ADVICE, verification=VERIFICATION, withheld=(*ADVICE.withheld, WITHHELD))


def test_the_text_says_what_the_command_passed_without_and_what_it_fails_without() -> None:
    text = as_text(VERIFIED, Style())
    assert (
        "  Verified in 9 runs: this command passes without all 2 entries below together:\n  make test\n"
        "  Not verified: anything that the command doesn't exercise, such as other pages,\n"
        "  tasks and config vars; and 2 entries that no run was left for.\n"
    ) in text
    assert (
        text.partition("\n\nWithheld: ")[2].rstrip("\n")
        == """\
the command fails without
  /config
  /docs
      Exit status 1 after 4.2s, but only when all of these are missing:
        line 4
        line 5
        line 6
        line 7
        line 8
        line 9
        line 10
        line 11
  /slow
      No end within 15m; it printed nothing.
  /hard
      Ended by signal 11 (SIGSEGV) after 1m15s:
        core dumped
Withheld: not verified in 30 runs (see --verify-runs)
  /later
  *.psd

Kept 1 candidate (2K) that something may need (--all shows it)."""
    )
    assert "--verify 'COMMAND'" not in text
    assert "Add --write to verify again" in text


def test_the_text_has_more_lines_and_reasons_when_asked() -> None:
    text = as_text(VERIFIED, Style(full=True), with_withheld=True)
    assert "        line 0\n" in text
    assert "  *.psd\n      Not verified: none of 30 runs was left for it.\n" in text


def test_where_nothing_is_left_what_is_withheld_is_named() -> None:
    text = as_text(replace(NOTHING, verification=VERIFICATION), Style())
    assert "Proved" not in text
    assert "  Nothing to suggest: everything else is needed, or already left out.\n\nWithheld: " in text
    assert as_text(VERIFIED, Style(brief=True)) == "20M average → 14M small\n"


@pytest.mark.parametrize("width", [60, 80, 120])
def test_every_line_fits_and_is_safe_whatever_the_command_and_its_output(width: int) -> None:
    ending = replace(FAILED, lines=("x" * 300, WIDE.decode(), "?[31m"))
    failure = Failure(patterns=(b"/" + LONG, b"/esc??31m"), ending=ending)
    command = "printf '\x1b[31m\u202e' \udcff; " + "make " * 40
    verification = replace(VERIFICATION, command=command, failures=(failure,), unverified=(b"/" + WIDE,))
    text = as_text(replace(AWKWARD, verification=verification), Style(width=width))
    patterns = tuple(quoted(b"/" + name) for name in (LONG, WIDE, LONG + b"x"))
    assert [line for line in text.splitlines() if shown_width(line) > width and not line.endswith(patterns)] == []
    assert re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text) is None
    text.encode("utf-8", "surrogateescape")
    colored = as_text(replace(AWKWARD, verification=verification), Style(width=width, color=True))
    assert ESCAPE.sub("", colored) == text


def test_the_json_has_it_all() -> None:
    data = checked(render("suggest", "json", VERIFIED, with_withheld=True), "suggest")
    verification = data["verification"]
    failures = verification.pop("failures")
    assert verification == {
        "command": "make test",
        "complete": False,
        "runs": 9,
        "max_runs": 30,
        "limit_seconds": 900,
        "baseline_seconds": 3.142,
        "unverified": ["/later", "*.psd"],
        "withheld": ["/config", "/docs", "/slow", "/hard", "/later", "*.psd"],
    }
    assert failures[0] == {
        "patterns": ["/config", "/docs"],
        "status": 1,
        "signal": None,
        "timed_out": False,
        "seconds": 4.2,
        "lines": list(FAILED.lines),
    }
    assert [(item["status"], item["signal"], item["timed_out"]) for item in failures[1:]] == [
        (None, None, True),
        (None, 11, False),
    ]
    assert [(item["path"], item["pattern"]) for item in data["withheld"]] == [("docs", None), ("", "*.psd")]


def test_the_json_is_unicode_whatever_the_command() -> None:
    odd = replace(VERIFICATION, command="printf \udcff")
    data = checked(render("suggest", "json", replace(ADVICE, verification=odd)), "suggest")
    assert data["verification"]["command"] == "printf \ufffd"
