"""The text report: it fits, it is safe to print, and it says what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from msgspec.structs import replace

from slugtrim.audit import Audit, LimitUse, audit_tree
from slugtrim.files import Note, Unreadable
from slugtrim.ignore import Dialect
from slugtrim.reports import formats
from slugtrim.reports.blocks import figures, row
from slugtrim.reports.blocks import table as columns
from slugtrim.reports.parts import without_repeats
from slugtrim.reports.text import ASCII, BLOCKS, Style, bar, cut, printed, shown_width
from slugtrim.sizer import AverageSide, SizeClass, Status, average_side, classify, table
from slugtrim.sources import open_tree
from slugtrim.units import MIB
from tests.builders import Content, make_repo, make_tree
from tests.rows import each_row

ESCAPE = re.compile(r"\033\[[0-9;]*m")
LONG = "a-rather-long-directory-name/" * 6
AWKWARD: dict[bytes | str, Content] = {
    ".slugignore": (
        b"/spec\n*.md\nspec\n!docs/important.md\n/nothing/" + b"x" * 150 + b"\ndocs/*\n\x1b[31mred\n\xff\n"
        b"/" + "長い名前".encode() * 20 + b"\n"
    ),
    LONG + "file.rb": "x" * 4000,
    LONG + "日本語の長い名前" * 5 + ".rb": "y" * 3000,
    "docs/.hidden" + "h" * 100: "h" * 700,
    "docs/.e\u0301" + "e\u0301" * 60: "h" * 600,
    "new\nline.rb": "n" * 2000,
    "esc\x1b[31m.rb": "e" * 2500,
    "bidi\u202etxt.rb": "b" * 2600,
    b"bad\xff\xfe" + b"\xe9" * 90: b"z" * 2700,
    'quote"back\\slash': "q" * 2800,
    "spec/x_spec.rb": "s" * 500,
    "日本" * 40 + ".txt": "w" * 2900,
}


@pytest.fixture(scope="module")
def awkward(tmp_path_factory: pytest.TempPathFactory) -> Audit:
    root = make_repo(tmp_path_factory.mktemp("a" * 100), AWKWARD)
    long_note = Note(
        id="untracked", message="not tracked by git, so not pushed and not counted", paths=(b"u" * 200, b"\x1b]0;x\x07")
    )
    report = audit_tree(replace(open_tree(bytes(root)), notes=(long_note,)))
    gone = Unreadable(path=b"gone/" + b"g" * 150, reason="its object is missing, and this reason goes on " * 3)
    return replace(report, unreadable=(gone,))


def audited(root: Path, files: dict[bytes | str, Content], dialect: Dialect = Dialect.GITIGNORE) -> Audit:
    return audit_tree(open_tree(bytes(make_tree(root, files)), use_git=False), dialect)


def render(audit: Audit, style: Style) -> str:
    return formats.render("audit", "text", audit, style=style)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("width", [60, 80, 100, 120])
def test_every_line_fits_whatever_the_names(awkward: Audit, width: int, full: bool) -> None:
    lines = render(awkward, Style(width=width, full=full)).splitlines()
    assert [line for line in lines if shown_width(line) > width] == []
    assert [line for line in lines if line != line.rstrip()] == []


def test_every_line_fits_with_sizes_of_all_lengths(awkward: Audit) -> None:
    huge = replace(
        awkward,
        compressed_bytes=1023 * MIB,
        size_class=SizeClass.WEIGHTY,
        directories=tuple(
            replace(weight, files=1_234_567, size_bytes=1023 * MIB + 999_999, compressed_bytes=1023 * MIB)
            for weight in awkward.directories
        ),
        limits=tuple(
            LimitUse(limit=use.limit, used_bytes=use.limit.limit_bytes * 50, status=Status.OVER)
            for use in awkward.limits
        ),
    )
    for width in (60, 80, 120):
        lines = render(huge, Style(width=width)).splitlines()
        assert [line for line in lines if shown_width(line) > width] == []


@pytest.mark.parametrize("full", [False, True])
def test_no_control_character_reaches_the_terminal(awkward: Audit, full: bool) -> None:
    text = render(awkward, Style(full=full))
    assert re.search("[\x00-\x09\x0b-\x1f\x7f\x80-\x9f\u2028-\u202e\u2066-\u2069\udc80-\udc9f]", text) is None


def test_colour_comes_only_when_asked_for_and_changes_no_text(awkward: Audit) -> None:
    plain = render(awkward, Style())
    colored = render(awkward, Style(color=True))
    assert "\033" not in plain
    assert "\033[1m" in colored
    assert ESCAPE.sub("", colored) == plain


@each_row(
    "compressed_bytes, headline, place",
    [
        (0, "0B small", "Small: under 15M. Average starts 15M above this."),
        (15 * MIB - 1, "14.9M small", "Small: under 15M. Average starts 1B above this."),
        (15 * MIB, "15M average", "Average: 15M to 90M. Weighty starts 75M above this."),
        (50 * MIB, "50M average", "Average: 15M to 90M. Weighty starts 40M above this."),
        (90 * MIB - 1, "89.9M average", "Average: 15M to 90M. Weighty starts 1B above this."),
        (90 * MIB, "90M weighty", "Weighty: from 90M. This is 0B above that."),
        (367 * MIB, "367M weighty", "Weighty: from 90M. This is 277M above that."),
    ],
)
def test_the_class_is_explained(tmp_path: Path, compressed_bytes: int, headline: str, place: str) -> None:
    report = replace(
        audited(tmp_path, {"a": "x"}),
        compressed_bytes=compressed_bytes,
        margin_bytes=compressed_bytes // 250,
        size_class=classify(compressed_bytes),
        average_side=average_side(compressed_bytes),
    )
    assert report.average_side in AverageSide
    first, blank, _, second, *_ = render(report, Style()).splitlines()
    assert (first, blank, second.strip()) == (headline, "", place)
    assert render(report, Style(brief=True)) == headline + "\n"


def test_a_directory_says_all_its_files_were_measured(tmp_path: Path) -> None:
    text = render(audited(tmp_path / "app", {"a": "x"}), Style(width=120))
    assert text.splitlines()[2] == f"All files of {tmp_path}/app"


def test_limits_say_what_happens_above_them(tmp_path: Path) -> None:
    report = audited(tmp_path, {"a": "x"})
    uses = [
        LimitUse(limit=limit, used_bytes=used, status=limit.status(used))
        for limit, used in zip(table().limits, (280 * MIB, 0, 1025 * MIB), strict=True)
    ]
    text = render(replace(report, limits=tuple(uses)), Style())
    assert (
        "Platform limits (when exceeded; date of the source)\n"
        "  warn   93% of 300M  slug      build warns (2013)\n"
        "  ok      0% of   1G  slug      push rejected (2026-03-19)\n"
        "  over  100% of   1G  checkout  push rejected (2025-01)\n"
    ) in text
    assert "  - Remove large files from the repository: the checkout limit applies" in text


def test_each_rule_tells_what_it_does(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        ".slugignore": "spec\n/spec\n/nothing\n!x\n",
        "spec/a": "s" * 1000,
        "spec/b": "s" * 24,
        "x": "x",
    }
    text = re.sub(r"~\d{3}B", "~###B", render(audited(tmp_path, files), Style()))
    assert (
        "Rules (.slugignore, read as gitignore; ~ estimated)\n"
        "  saves  raw  files  line\n"
        "                  0     1  spec  (other lines cover it)\n"
        "  ~###B   1K      2     2  /spec\n"
        "                  0     3  /nothing  (matches nothing)\n"
        "                  0     4  !x  (no effect: ! is not supported)\n"
        "\n"
        "Read as glob (as Heroku's published slug compiler does)\n"
        "  Both readings keep the same files.\n"
        "\n"
        "The build log should say (a directory counts as one file)\n"
        "  -----> Deleting 1 files matching .slugignore patterns.\n"
        "\n"
        "To fix (run slugtrim lint for details and more checks)\n"
        "  error  .slugignore:4: !x does nothing: Heroku doesn't support negation\n"
        "  [negation]\n"
    ) in text
    assert (
        "Next\n"
        "  - Run slugtrim suggest to see what could be left out.\n"
        "  - Remove the ! lines: Heroku doesn't support negation.\n"
        "  - Remove or fix the 1 rule that matches nothing.\n"
        "  - slugtrim ls --long lists every file with its size; slugtrim explain FILE\n"
        "    says why it is in or out.\n"
        "\n"
        "  compressed"
    ) in text


def test_the_other_reading_names_the_files_it_treats_differently(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {".slugignore": "docs/*\n{a,b}\n", "docs/.h": "h" * 30, "a": "a" * 9, "b": "b"}
    text = render(audited(tmp_path, files), Style())
    assert "  Leaves out 2 more files (10B raw):\n    a\n    b\n  Keeps 1 more file (30B raw):\n    docs/.h\n" in text
    assert "  - Write rules as /spec (leading slash, no trailing slash): both readings agree" in text


def test_without_rules_the_report_says_what_to_write(tmp_path: Path) -> None:
    text = render(audited(tmp_path / "none", {"a": "x"}), Style())
    assert "Rules\n  There is no .slugignore, so nothing is left out.\n" in text
    assert "\n  - Run slugtrim suggest to see what could be left out.\n" in text
    assert "Deleting" not in text
    text = render(audited(tmp_path / "empty", {"a": "x", ".slugignore": "# nothing yet\n"}), Style())
    assert "  The file has no rules.\n" in text


@pytest.mark.parametrize(
    ("name", "content", "first"),
    [
        (
            "heroku.yml",
            "build: {docker: {web: Dockerfile}}\n",
            "No slug: heroku.yml builds a Docker image (build.docker): on the container stack",
        ),
        (
            "project.toml",
            '[_]\nschema-version = "0.2"\n',
            "Possibly no slug: project.toml configures Cloud Native Buildpacks: on Fir they",
        ),
    ],
)
def test_the_first_line_says_when_no_slug_is_built(tmp_path: Path, name: str, content: str, first: str) -> None:
    text = render(audited(tmp_path, {name: content}), Style())
    assert text.splitlines()[0] == first
    assert "The sizes below assume a slug build." in " ".join(text.split())


def test_an_empty_slug_has_no_heaviest_files(tmp_path: Path) -> None:
    text = render(audited(tmp_path, {".slugignore": "*\n"}), Style())
    assert "Heaviest" not in text
    assert re.search(r"^ +\d+B +0B +0  in the slug$", text, re.MULTILINE)


def test_a_directory_whose_weight_is_all_in_another_gives_way_to_it(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {"a/b/c/x": os.urandom(10_000), "a/y": "", "z/x": os.urandom(9_000)}
    text = render(audited(tmp_path, files), Style())
    assert re.findall(r"^ .* (\S+/)$", text, re.MULTILINE) == ["a/b/c/", "z/"]
    whole = render(audited(tmp_path, files), Style(full=True))
    assert sorted(re.findall(r"^ .* (\S+/)$", whole, re.MULTILINE)) == ["a/", "a/b/", "a/b/c/", "z/"]


def test_long_lists_are_shown_whole_when_asked_for(tmp_path: Path) -> None:
    report = replace(
        audited(tmp_path, {f"f{number:02}": "x" for number in range(15)}),
        unreadable=tuple(Unreadable(path=b"u%d" % number, reason="gone") for number in range(7)),
        notes=(Note(id="untracked", message="untracked: not pushed", paths=tuple(b"n%d" % n for n in range(8))),),
    )
    short, whole = render(report, Style()), render(report, Style(full=True))
    assert (len(re.findall(r" f\d\d$", short, re.M)), len(re.findall(r" f\d\d$", whole, re.M))) == (10, 15)
    assert "    … and 2 more (-v shows all)\n" in short
    assert "    … and 3 more (-v shows all)\n" in short
    assert "more (-v" not in whole
    assert short.splitlines()[0] == whole.splitlines()[0]
    assert short.splitlines()[0].endswith(" small  (at least: not everything could be read)")
    assert "  7 paths could not be read: the totals are too low\n    u0\n      gone\n" in short
    assert "  8 paths: untracked: not pushed\n    n0\n" in short


@each_row(
    "text, width, shown",
    [
        ("short", 10, "short"),
        ("exactly-10", 10, "exactly-10"),
        ("abcdefghijkl", 10, "abc…ghijkl"),
        ("日本語日本語", 12, "日本語日本語"),
        ("日本語日本語", 11, "日…日本語"),
        ("e\u0301" * 10, 10, "e\u0301" * 10),
        ("\udcff" * 12, 10, "\udcff" * 3 + "…" + "\udcff" * 6),
    ],
)
def test_a_name_too_long_loses_its_middle(text: str, width: int, shown: str) -> None:
    assert cut(text, width) == shown
    assert shown_width(cut(text, width)) <= width


def test_columns_are_aligned_right_and_the_last_left() -> None:
    rows = (row("10", "x", "a"), row("9", "yy", "b" * 30))
    shown = columns(figures("n"), figures(), figures("name"), rows=rows)
    assert printed((shown,), Style(width=20)).splitlines() == [
        "   n      name",
        "  10   x  a",
        "   9  yy  bbb…bbbbbb",
    ]


@each_row(
    "weight, blocks, ascii_",
    [
        (100, "██████████", "##########"),
        (50, "█████     ", "#####     "),
        (14, "█▍        ", "#         "),
        (1, "▏         ", "#         "),
        (0, "          ", "          "),
    ],
)
def test_a_bar_has_ten_cells(weight: int, blocks: str, ascii_: str) -> None:
    assert (bar(weight, 100, BLOCKS), bar(weight, 100, ASCII)) == (blocks, ascii_)


def test_rows_have_bars_where_there_is_room(tmp_path: Path) -> None:
    report = audited(tmp_path, {"a/x": b"x" * 50, "b/y": os.urandom(2000), "b/z": os.urandom(1000), "c": b""})
    assert "█" not in render(report, Style())
    text = render(report, Style(bars=BLOCKS))
    assert "  ██████████  b/y\n" in text
    assert re.search(r"  █████. {4}  b/z\n", text)
    assert "  ##########  b/y\n" in render(report, Style(bars=ASCII))
    assert "#" not in render(report, Style(bars=ASCII, width=40))
    assert max(map(shown_width, text.splitlines())) <= 80


def test_a_parent_and_its_child_are_not_both_shown() -> None:
    sizes = {b"a": 100, b"a/b": 60, b"a/b/c": 5, b"a/d": 40, b"e": 80, b"e/f": 20, b"e/g": 7, b"e/h": 1}
    kept = without_repeats(sizes, 2)
    # Most of a is in a/b. e is no one child's; of its children, only small parts are shown as well.
    assert [path for path in sizes if path in kept] == [b"a/b", b"a/b/c", b"a/d", b"e", b"e/g"]
