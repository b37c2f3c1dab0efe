"""What the suggester found, in every format."""

from __future__ import annotations

import base64
import os
import re
import tomllib
from pathlib import Path

import pytest
from msgspec.structs import replace

from slugtrim.files import REGULAR, File, Note, Source, SourceKind, Unreadable, quoted
from slugtrim.ignore import Dialect
from slugtrim.reports import suggest_report
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style, shown_width
from slugtrim.sizer import SizeClass
from slugtrim.suggester.records import (
    Advice,
    Evidence,
    EvidenceKind,
    PersonalData,
    SlugSize,
    SmallEntries,
    Suggestion,
    Tier,
    UnusedAssets,
    Withheld,
)
from slugtrim.suggester.writing import in_order
from slugtrim.units import MIB
from tests.builders import Content, git, make_repo
from tests.rows import each_row
from tests.test_reports_json import checked, objects, schema

ESCAPE = re.compile(r"\033\[[0-9;]*m")


def slug(files: int, compressed_bytes: int, size_class: SizeClass) -> SlugSize:
    return SlugSize(
        files=files, size_bytes=compressed_bytes * 3, compressed_bytes=compressed_bytes, size_class=size_class
    )


def suggestion(pattern: bytes, *paths: bytes, saves_mib: int = 1, **fields: object) -> Suggestion:
    suggested = Suggestion(
        pattern=pattern,
        rule="tests",
        tier=Tier.SAFE,
        category="tests",
        files=tuple(File(path, 2 * MIB, REGULAR, None) for path in paths),
        saves_compressed_bytes=saves_mib * MIB,
        reason="The running application does not run its tests",
        evidence=(),
    )
    return replace(suggested, **fields)


READERS = tuple(
    Evidence(kind=EvidenceKind.READER, text="names docs/guide.md", path=b"app/%d.rb" % line, line=line)
    for line in range(1, 6)
)
ADVICE = Advice(
    source=Source(kind=SourceKind.WORKTREE, root=b"/home/you/app", rev="88ebd1a820" * 4),
    dialect=Dialect.GITIGNORE,
    before=slug(100, 20 * MIB, SizeClass.AVERAGE),
    after=slug(98, 14 * MIB, SizeClass.SMALL),
    after_all=slug(97, 11 * MIB, SizeClass.SMALL),
    suggestions=(
        suggestion(b"/spec", b"spec/a", b"spec/b", saves_mib=6),
        suggestion(
            b"/film.mp4",
            b"film.mp4",
            saves_mib=3,
            tier=Tier.CONDITIONAL,
            reason="film that no file that stays names",
            evidence=(
                Evidence(kind=EvidenceKind.COMMITTED, text="it should not be in git: git rm --cached film.mp4"),
                Evidence(kind=EvidenceKind.UNREAD, text="nothing that the deploy reaches uses it"),
                Evidence(kind=EvidenceKind.SAME_BYTES, text="a file that stays has the same bytes", path=b"b.mp4"),
            ),
        ),
    ),
    withheld=(
        Withheld(
            path=b"docs",
            rule="docs",
            tier=Tier.CONDITIONAL,
            category="docs",
            files=(File(b"docs/guide.md", 4000, REGULAR, None),),
            compressed_bytes=2048,
            reason="Documentation",
            evidence=READERS,
            is_whole=True,
        ),
    ),
    searched_files=94,
    unsearched=(),
    unreadable=(),
    notes=(),
    slugignore=b"/log\n",
    small=SmallEntries(entries=2, compressed_bytes=1024, min_saving_bytes=1024),
)
NOTHING = replace(
    ADVICE, suggestions=(), withheld=(), after=ADVICE.before, after_all=ADVICE.before, small=SmallEntries()
)

LONG = b"a-rather-long-directory-name/" * 6
WIDE = "長い名前".encode() * 30
AWKWARD = replace(
    ADVICE,
    source=Source(kind=SourceKind.COMMIT, root=b"/" + LONG, rev="a" * 40),
    suggestions=(
        suggestion(
            b"/" + LONG + b"x", LONG + b"x", evidence=(Evidence(kind=EvidenceKind.READER, text="t", path=LONG),)
        ),
        suggestion(b"/" + WIDE, WIDE, reason="長い" * 50),
        suggestion(b"/esc??31m", b"esc\x1b[31m", b"bad\xff", reason="It \x1b[31m is \u202e odd"),
        suggestion(b'/quo"te', b'quo"te'),
    ),
    withheld=tuple(
        replace(ADVICE.withheld[0], path=path, evidence=(replace(READERS[0], path=path),))
        for path in (LONG, WIDE, b"new\nline\xff")
    ),
    unsearched=(Unreadable(path=b"big" * 50, reason="larger than 4M, " * 9),),
    unreadable=(Unreadable(path=b"gone\n", reason="its object is missing"),),
    notes=(Note(id="lfs-pointers", message="pointers", paths=(WIDE, b"x")), Note(id="a", message="about the whole")),
)


def as_text(advice: Advice, style: Style, **asked: bool) -> str:
    return render("suggest", "text", advice, style=style, **asked)


def test_the_text_tells_it_in_thirty_seconds() -> None:
    assert (
        as_text(ADVICE, Style())
        == """\
20M average → 14M small

Tracked files, at 88ebd1a820, of /home/you/app
  1 safe entry would leave out 2 files and save 6M (30%).
  1 conditional entry would leave out 1 file and save 3M (15%).
  None of the 94 files that the deploy uses needs these.
  Sizes are predictions for your code only; buildpacks add more.

Next
  - Run slugtrim suggest --diff to see the lines, then --write, and commit
    .slugignore.
  - Review the conditional entries: a deploy may use them in ways that code
    analysis can't see. --verify 'COMMAND' tests them with your own build or
    smoke test. --write --conditional adds them too.

Safe: --write adds these (savings add up; largest first)
  saves  raw  files  pattern
     6M   4M      2  /spec
      The running application does not run its tests.

Conditional: review these; --write --conditional adds them
  saves  raw  files  pattern
     3M   2M      1  /film.mp4
      Film that no file that stays names.
      It should not be in git: git rm --cached film.mp4.
      b.mp4: a file that stays has the same bytes

2 more entries save less than 1K each (--min-saving 0 shows them).

Kept 1 candidate (2K) that something may need (--all shows it).
"""
    )


def test_the_text_shows_what_stays_and_who_reads_it_when_asked() -> None:
    text = as_text(ADVICE, Style(), with_withheld=True)
    block = text.partition("Kept because something may need it\n")[2].partition("\n\n")[0].rstrip("\n")
    assert (
        block
        == """\
  compressed   raw  files
          2K  3.9K      1  docs
      app/1.rb:1: names docs/guide.md [read]
      app/2.rb:2: names docs/guide.md
      app/3.rb:3: names docs/guide.md
      … and 2 more (-v shows all)
  [read]: the deploy uses the file that mentions it. ← leads from that file back
  to what starts it."""
    )
    assert "app/5.rb:5: names docs/guide.md\n" in as_text(ADVICE, Style(full=True), with_withheld=True)


def test_the_next_step_depends_on_where_it_stands() -> None:
    assert "  - Run git add .slugignore, and commit it: a push sends only commits.\n" in as_text(
        ADVICE, Style(), is_written=True
    )
    commit = replace(ADVICE, source=Source(kind=SourceKind.COMMIT, root=b"/x", rev="a" * 40))
    text = as_text(commit, Style(width=120))
    assert "  - Run slugtrim suggest --diff to see the lines. To add them, use --write without --rev.\n" in text
    safe = replace(ADVICE, suggestions=ADVICE.suggestions[:1])
    assert "Review the conditional entries" not in as_text(safe, Style())
    conditional = as_text(replace(ADVICE, suggestions=ADVICE.suggestions[1:]), Style(width=120))
    step = "  - Run slugtrim suggest --diff --conditional to see the lines, then --write --conditional, and commit"
    assert step in conditional


def test_the_screen_has_the_largest_first_and_with_all_lists_the_order_of_the_file() -> None:
    small = replace(ADVICE.suggestions[0], pattern=b"/docs", category="docs", saves_compressed_bytes=1)
    both = (replace(small, saves_compressed_bytes=9 * MIB), ADVICE.suggestions[0])
    for full, order in ((False, ["/docs", "/spec"]), (True, ["/spec", "/docs"])):
        text = as_text(replace(ADVICE, suggestions=both), Style(full=full))
        assert [word for word in text.split() if word in ("/docs", "/spec")] == order
        assert ("in file order" if full else "largest first") in text


def test_where_nothing_is_to_be_suggested_the_text_says_so() -> None:
    assert (
        as_text(NOTHING, Style())
        == """\
20M average

Tracked files, at 88ebd1a820, of /home/you/app
  Nothing to suggest: everything else is needed, or already left out.
"""
    )
    assert as_text(NOTHING, Style(), with_withheld=True) == as_text(NOTHING, Style())


def test_one_small_entry_is_told_in_the_singular() -> None:
    one = replace(NOTHING, small=SmallEntries(entries=1, compressed_bytes=300, min_saving_bytes=1024))
    assert "\n1 more entry saves less than 1K (--min-saving 0 shows it).\n" in as_text(one, Style())


def test_an_empty_slug_has_no_share_to_save() -> None:
    nothing = slug(0, 0, SizeClass.SMALL)
    empty = replace(
        ADVICE, before=slug(1, 0, SizeClass.SMALL), after=nothing, after_all=nothing, suggestions=ADVICE.suggestions[:1]
    )
    assert "  1 safe entry would leave out 1 file and save 0B.\n" in as_text(empty, Style())


def test_unused_assets_are_one_finding() -> None:
    files = tuple(File(b"app/assets/%d.png" % number, MIB, REGULAR, None) for number in range(5))
    advice = replace(NOTHING, assets=UnusedAssets(files=files, compressed_bytes=3 * MIB))
    told = "\n5 unused assets, 3M: git rm them\n  Images, icons and fonts that no deployed file refers to.\n"
    text = as_text(advice, Style())
    assert told in text
    assert text.count(".png") == 3
    assert "    … and 2 more (-v lists them)\n" in text
    assert as_text(advice, Style(full=True)).count(".png") == 5
    data = checked(render("suggest", "json", advice), "suggest")["unused_assets"]
    assert (data["files"], data["bytes"], data["compressed_bytes"]) == (5, 5 * MIB, 3 * MIB)
    assert [item["path"] for item in data["paths"]] == [file.path.decode() for file in files]


def test_data_of_people_is_said_loudly() -> None:
    files = (File(b"db/dump.sql", 3 * MIB, REGULAR, None), File(b"log/a.log", MIB, REGULAR, None))
    text = as_text(replace(NOTHING, personal=PersonalData(files=files)), Style())
    assert (
        text.partition("already left out.\n\n")[2]
        == """\
Personal data may be in git: 2 dumps, logs or backups (db/dump.sql, log/a.log,
4M). git rm them: .slugignore only keeps them out of the slug. The history and
every clone still have what was committed; git filter-repo rewrites the history.
"""
    )


def test_what_a_build_makes_again_and_is_much_of_the_slug_comes_first() -> None:
    committed = Evidence(kind=EvidenceKind.COMMITTED, text="remove it from git: git rm -r --cached staticfiles")
    entry = suggestion(
        b"/staticfiles",
        b"staticfiles/a",
        saves_mib=12,
        tier=Tier.CONDITIONAL,
        category="build-output",
        reason="collectstatic makes it again",
        evidence=(committed,),
    )
    text = as_text(replace(ADVICE, suggestions=(entry,)), Style(width=100))
    told = "staticfiles/ is 60% of the slug. Collectstatic makes it again: git rm -r --cached staticfiles\n"
    assert f"\n\n{told}\n" in text
    assert text.index(told) < text.index("Conditional: ")


def test_what_stays_is_named_where_it_is_large() -> None:
    reader = Evidence(kind=EvidenceKind.READER, text="names tests/data/y (← web)", path=b"bin/x", line=12)
    large = replace(ADVICE.withheld[0], path=b"tests", compressed_bytes=16 * MIB, evidence=(reader,), is_whole=True)
    text = as_text(replace(ADVICE, withheld=(large,)), Style(width=120))
    told = "Kept /tests (16M of 20M): bin/x:12 (web) names tests/data/y; --include /tests overrules.\n"
    assert told in text
    text = as_text(replace(ADVICE, withheld=(replace(large, is_deployed=True),)), Style(width=120))
    assert "Kept /tests (16M of 20M): bin/x:12 (web) names tests/data/y.\n" in text
    text = as_text(replace(ADVICE, withheld=(replace(large, is_whole=False),)), Style(width=120))
    assert "Kept 1 file in /tests (16M of 20M): bin/x:12 (web) names tests/data/y.\n" in text
    through = replace(reader, text="names tests/data/y (← a.py:1 ← b.py:2 ← web)")
    text = as_text(replace(ADVICE, withheld=(replace(large, evidence=(through,)),)), Style(width=120))
    assert "Kept /tests (16M of 20M): bin/x:12 (← b.py:2 ← web) names tests/data/y; --include" in text
    served = Evidence(kind=EvidenceKind.SERVED, text="it is in public/: what is in public/ is sent to browsers")
    text = as_text(replace(ADVICE, withheld=(replace(large, evidence=(served,)),)), Style(width=120))
    assert "Kept /tests (16M of 20M), because it is in public/: what is in public/ is sent to browsers.\n" in text
    several = replace(large, evidence=(served,), is_whole=False, files=(large.files[0],) * 2)
    text = as_text(replace(ADVICE, withheld=(several,)), Style(width=120))
    assert "Kept 2 files in /tests (16M of 20M), because they are in public/: what is" in text
    owner = Evidence(kind=EvidenceKind.OVERRULED, text="kept by --exclude /tests")
    text = as_text(replace(ADVICE, withheld=(replace(large, evidence=(owner, reader)),)), Style(width=120))
    assert "Kept /tests (16M of 20M): kept by --exclude /tests.\n" in text


def test_a_part_is_said_to_be_one() -> None:
    text = as_text(replace(NOTHING, part=b"app"), Style(width=100))
    assert "  Only app/ is searched; sizes are for the whole slug.\n" in text
    assert checked(render("suggest", "json", replace(NOTHING, part=b"app")), "suggest")["part"] == {"path": "app"}


def test_names_are_whole_where_nothing_is_cut() -> None:
    text = as_text(AWKWARD, Style(cuts=False), with_withheld=True)
    assert "…" not in text.replace("more (-v", "")
    assert text.count(LONG.decode()) == 5


def test_brief_is_the_headline() -> None:
    assert as_text(ADVICE, Style(brief=True)) == "20M average → 14M small\n"
    assert as_text(NOTHING, Style(brief=True)) == "20M average\n"


def test_what_was_not_read_or_searched_is_said() -> None:
    text = as_text(AWKWARD, Style(width=100))
    assert "20M average → 14M small  (incomplete)\n" in text
    assert "1 file could not be searched: references may be hidden there\n" in text
    assert '  1 path could not be read: the totals are too low\n    "gone\\n"\n      its object is missing\n' in text
    assert "\n  2 paths: pointers\n" in text
    assert "\n  about the whole\n" in text


@each_row("full", [False, True])
@each_row("width", [60, 80, 120])
def test_every_line_fits_and_is_safe_whatever_the_names(width: int, full: bool) -> None:
    text = as_text(AWKWARD, Style(width=width, full=full), with_withheld=True)
    patterns = tuple(quoted(entry.pattern) for entry in AWKWARD.suggestions)  # never cut, for whoever copies them
    assert [line for line in text.splitlines() if shown_width(line) > width and not line.endswith(patterns)] == []
    assert re.search("[\x00-\x09\x0b-\x1f\x7f\u202e]", text) is None
    text.encode("utf-8", "surrogateescape")


def test_colour_adds_nothing_but_colour() -> None:
    colored = as_text(AWKWARD, Style(color=True), with_withheld=True)
    assert ESCAPE.search(colored)
    assert ESCAPE.sub("", colored) == as_text(AWKWARD, Style(), with_withheld=True)


def test_the_schema_is_one_and_closed() -> None:
    for item in objects(schema("suggest")):
        assert item["additionalProperties"] is False
        assert set(item["properties"]) - set(item["required"]) <= {"path_b64"}


def test_the_json_has_it_all() -> None:
    data = checked(render("suggest", "json", ADVICE, with_withheld=True), "suggest")
    assert data["schema"] == 2
    assert (data["complete"], data["dialect"], data["searched_files"]) == (True, "gitignore", 94)
    assert data["slug"] == {
        "files": 100,
        "bytes": 60 * MIB,
        "compressed_bytes": 20 * MIB,
        "estimated": True,
        "class": "average",
    }
    assert (data["after"]["compressed_bytes"], data["after"]["class"]) == (14 * MIB, "small")
    assert data["after_all"]["compressed_bytes"] == 11 * MIB
    assert data["small"] == {"entries": 2, "compressed_bytes": 1024, "min_saving_bytes": 1024}
    assert data["part"] is None
    assert data["suggestions"][0] == {
        "pattern": "/spec",
        "rule": "tests",
        "category": "tests",
        "tier": "safe",
        "grade": "unreached",
        "files": 2,
        "bytes": 4 * MIB,
        "saves_compressed_bytes": 6 * MIB,
        "reason": "The running application does not run its tests",
        "evidence": [],
        "chain": [],
        "paths": [{"path": "spec/a"}, {"path": "spec/b"}],
    }
    assert data["suggestions"][1]["evidence"][0] == {
        "kind": "committed",
        "text": "it should not be in git: git rm --cached film.mp4",
        "path": None,
        "line": None,
    }
    assert data["withheld"][0]["evidence"][4] == {
        "kind": "reader",
        "text": "names docs/guide.md",
        "path": "app/5.rb",
        "line": 5,
    }


def test_the_json_shows_what_stays_only_when_asked() -> None:
    assert checked(render("suggest", "json", ADVICE), "suggest")["withheld"] is None
    assert checked(render("suggest", "json", NOTHING, with_withheld=True), "suggest")["withheld"] == []


def test_the_json_is_unicode_whatever_the_names() -> None:
    told = Evidence(kind=EvidenceKind.READER, text="names \udcff", path=b"\xfe")
    advice = replace(AWKWARD, suggestions=(suggestion(b"/bad?", b"bad\xff", evidence=(told,)),))
    data = checked(render("suggest", "json", advice, with_withheld=True), "suggest")
    assert data["complete"] is False
    assert data["suggestions"][0]["paths"] == [{"path": "bad\ufffd", "path_b64": base64.b64encode(b"bad\xff").decode()}]
    assert data["suggestions"][0]["evidence"] == [
        {"kind": "reader", "text": "names \ufffd", "path": "\ufffd", "path_b64": "/g==", "line": None}
    ]
    assert [item["path"] for item in data["withheld"]][2] == "new\nline\ufffd"
    assert data["withheld"][2]["path_b64"] == base64.b64encode(b"new\nline\xff").decode()


def test_every_kind_of_evidence_is_in_the_schema() -> None:
    assert schema("suggest")["$defs"]["evidence"]["properties"]["kind"]["enum"] == [kind.value for kind in EvidenceKind]


def test_the_project_toml_reads_back_as_the_same_patterns() -> None:
    text = suggest_report.as_project_toml(AWKWARD)
    assert tomllib.loads(text) == {
        "_": {"schema-version": "0.2"},
        "io": {"buildpacks": {"exclude": [entry.pattern.decode() for entry in in_order(AWKWARD.suggestions)]}},
    }
    odd = replace(ADVICE, suggestions=(suggestion(b'/a"b\\c\x1b\x7f\n', b"x"),))
    assert tomllib.loads(suggest_report.as_project_toml(odd))["io"]["buildpacks"]["exclude"] == ['/a"b\\c\x1b\x7f\n']


def test_the_project_toml_says_that_the_slugignore_is_not_in_it() -> None:
    assert (
        suggest_report.as_project_toml(ADVICE)
        == """\
[_]
schema-version = "0.2"

[io.buildpacks]
# .slugignore has 1 rule that Cloud Native Buildpacks don't read: copy them here.
exclude = [
  "/spec",
]
"""
    )
    assert '  "/spec",\n  "/film.mp4",\n]' in suggest_report.as_project_toml(ADVICE, conditional=True)
    without = suggest_report.as_project_toml(replace(NOTHING, slugignore=None))
    assert without == '[_]\nschema-version = "0.2"\n\n[io.buildpacks]\nexclude = [\n]\n'


DIFFS = [
    (None, b"# c\n/spec\n"),
    (b"", b"# c\n/spec\n"),
    (b"/log", b"/log\n\n# c\n/spec\n"),
    (b"\xef\xbb\xbf/log\r\n\xff\xfe\r\n", b"\xef\xbb\xbf/log\r\n\xff\xfe\r\n\r\n# c\r\n/spec\r\n"),
    (b"a\nb\nc\nd\ne\nf\ng\n# c 1\n/x\n\nlast\rone", b"a\nb\nc\nd\ne\nf\ng\n# c 2\n/x\n/y\n\nlast\rone"),
    (b"-- a\n++ b\n", b"-- a\n++ b\n\n# c\n/-- spec\n"),
]


@each_row("before, after", DIFFS)
@each_row("prefix", [b"", b"web", 'we \u00e9\t"b'.encode()])
def test_git_can_apply_the_diff(before: bytes | None, after: bytes, prefix: bytes, tmp_path: Path) -> None:
    path = prefix + b"/.slugignore" if prefix else b".slugignore"
    files: dict[bytes | str, Content] = {os.path.join(prefix, b"keep"): b"x"}
    if before is not None:
        files[path] = before
    repo = make_repo(tmp_path, files)
    patch = suggest_report.as_diff(before, after, prefix, Style()).encode("utf-8", "surrogateescape")
    git(repo, "apply", "--index", "-", stdin=patch)
    assert git(repo, "show", b":" + path) == after
    assert patch.startswith(b"diff --git ")


def test_the_diff_is_coloured_like_one() -> None:
    plain = suggest_report.as_diff(b"/log", b"/log\n/spec\n", b"", Style())
    assert plain == (
        "diff --git a/.slugignore b/.slugignore\n--- a/.slugignore\n+++ b/.slugignore\n@@ -1 +1,2 @@\n"
        "-/log\n\\ No newline at end of file\n+/log\n+/spec\n"
    )
    colored = suggest_report.as_diff(b"/log", b"/log\n/spec\n", b"", Style(color=True))
    assert "\033[31m-/log\033[0m\n\\ No newline" in colored
    assert "\033[32m+/spec\033[0m\n" in colored
    assert ESCAPE.sub("", colored) == plain


@pytest.mark.parametrize("content", [None, b"", b"/log"])
def test_where_nothing_changes_the_diff_is_empty(content: bytes | None) -> None:
    assert suggest_report.as_diff(content, content or b"", b"", Style()) == ""
