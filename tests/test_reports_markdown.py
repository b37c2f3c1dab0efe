"""The check as Markdown: what a comment says, and that no name in it is more than a name.

It is rendered by GitHub's own parser (cmark-gfm) and by markdown-it, which reads tables a little differently.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from slugtrim.budget import Written
from slugtrim.check import Check
from slugtrim.files import Unreadable, printable, quoted
from slugtrim.lint.view import FixableFinding
from slugtrim.reports.blocks import Inline, figures, path, row, table
from slugtrim.reports.formats import render, render_summary
from slugtrim.reports.markdown import printed
from tests.checks import INCOMPLETE, MINIMAL, RICH
from tests.test_reports_tools import CLEAN, HOSTILE, LINT

RICH_MARKDOWN = """\
<!-- slugtrim check target=production prefix=apps/web -->

### ❌ Over: 52.1M is 2.1M over the total of 50MB (slugtrim.toml:3), and 5 more

|  | base | now | change |
| :-- | --: | --: | --: |
| slug, average | 48.9M | 52.1M | +3.2M |
| files | 2,200 | 2,310 | +110 |

+3.2M (+6.5%) since 1a2b3c4d5e (merge-base with origin/main).

14.1M of your code + 38M of buildpacks (slugtrim.toml:14, 3 days old) = 52.1M (estimated).

Target: `production`

|  | what | used | allowed | over | set in |
| :-- | :-- | --: | --: | --: | :-- |
| ❌ | `total` | 52.1M | 50MB | 2.1M | `slugtrim.toml:3` |
| ❌ | `growth` | +3.2M | 2.4M | 773.1K | `5%; --max-growth` |
| ❌ | `` /caf\ufffd\\|`@everyone` `` | 1.5M | 1MB | 512K | `slugtrim.toml:10` |
| ❌ | `largest file` | 12M | 10MB | 2M | `slugtrim.toml:5` |
| ❌ | `files` | 2,310 | 2000 | 310 | `slugtrim.toml:6` |
| ⚠️ | `warn` | 52.1M | 45MB | 7.1M | `slugtrim.toml:4` |

- Next: Make the slug smaller (slugtrim suggest shows what to leave out), or raise the limit (slugtrim.toml:3, --max-growth, slugtrim.toml:4).
- Next: Leave out files that the app doesn't need (slugtrim ls --long lists sizes), or raise the limit (slugtrim.toml:10, slugtrim.toml:5, slugtrim.toml:6).

<details><summary>5 limits kept</summary>

|  | what | used | allowed | over | set in |
| :-- | :-- | --: | --: | --: | :-- |
| ✅ | `app/assets/**` | 7M | 8MB |  | `slugtrim.toml:9` |
| ✅ | `checkout` | 150M | 200MB |  | `SLUGTRIM_BUDGET_CHECKOUT` |
| ✅ | `platform: soft limit` | 52.1M | 300M |  | `Heroku Dev Center, Slug Compiler: the build warns above it (2013)` |
| ✅ | `platform: hard limit` | 52.1M | 1G |  | `Heroku blog, 2026-03-19: raised from 500 MB (2026-03-19)` |
| ✅ | `platform: checkout limit` | 150M | 1G |  | `Heroku Dev Center, Limits: HEAD and submodules, before .slugignore (2025-01)` |

</details>

<details open><summary>3 files that grew or shrank most; 2,190 files unchanged</summary>

| file | base | now | change | commit |
| :-- | --: | --: | --: | :-- |
| `public/intro.mp4` | new | 2.1M | +2.1M | 0dec0de123 `Show the intro \\| closes #12, thanks @everyone` |
| ``"new\\nline\\|`x`.js"`` | 1M | 2.1M | +1.1M | in no commit since the base |
| `old.zip` | 40K | gone | -40K | badc0ffee0 `Tidy up` |

</details>

<details open><summary>What could also be left out</summary>

| saves | files | entry for .slugignore | why |
| --: | --: | :-- | :-- |
| ~3.5M | 10 | `/design` | Design source; pages use exported copies |
| ~900B | 1 | `*.psd` | A design source |

</details>

<details><summary>2 findings of slugtrim lint</summary>

|  | where | finding | what |
| :-- | :-- | :-- | :-- |
| ❌ | `apps/web/.slugignore:2` | negation | \\!README.md does nothing: \
Heroku doesn't support negation. Remove the line. |
| ⚠️ | `apps/web/caf\ufffd: <b>@me</b>.pem` | secret-ships | holds a private key. Take it out of the repository. |

</details>
"""  # noqa: E501 - a row is a line

MINIMAL_MARKDOWN = """\
<!-- slugtrim check -->

### ✅ OK: 120B. No budget is set; slugtrim warns from 90M (weighty)

|  | size |
| :-- | --: |
| slug, small | 120B |
| files | 1 |

This is your code, compressed (predicted). Buildpacks add more.

<details><summary>4 limits kept</summary>

|  | what | used | allowed | over | set in |
| :-- | :-- | --: | --: | --: | :-- |
| ✅ | `default warning` | 120B | \\<90M |  | `no budget is set` |
| ✅ | `platform: soft limit` | 120B | 300M |  | `Heroku Dev Center, Slug Compiler: the build warns above it (2013)` |
| ✅ | `platform: hard limit` | 120B | 1G |  | `Heroku blog, 2026-03-19: raised from 500 MB (2026-03-19)` |
| ✅ | `platform: checkout limit` | 4B | 1G |  | `Heroku Dev Center, Limits: HEAD and submodules, before .slugignore (2025-01)` |

</details>
"""  # noqa: E501 - a row is a line

OURS = {
    "h3",
    "h4",
    "pre",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "code",
    "details",
    "summary",
    "p",
    "ul",
    "li",
    "blockquote",
}
"""Tags of our own."""


def as_github(markdown: str) -> str:
    return str(github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE))


def as_others(markdown: str) -> str:
    return str(MarkdownIt("commonmark", {"html": True}).enable("table").render(markdown))


RENDERERS = (as_github, as_others)


class Page(HTMLParser):
    """What a browser would make of it."""

    def __init__(self, markdown: str, render: Callable[[str], str]) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.comments: list[str] = []
        self.rows: list[list[str]] = []
        self.codes: list[str] = []
        self.prose: list[str] = []
        self._within: list[str] = []
        self.feed(render(markdown))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._within.append(tag)
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")
        elif tag == "code":
            self.codes.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self._within.pop() == tag

    def handle_data(self, data: str) -> None:
        if "code" in self._within:
            self.codes[-1] += data
        else:
            self.prose.append(data)
        if {"td", "th"} & set(self._within):
            self.rows[-1][-1] += data

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def pages(markdown: str) -> list[Page]:
    """As each renderer shows it, with nothing in it but what we put there."""
    markdown.encode("utf-8")
    assert len(markdown) < 65_536
    assert "\r" not in markdown
    found = [Page(markdown, render) for render in RENDERERS]
    for page in found:
        assert page.tags <= OURS
        assert len(page.comments) <= 1
        # Nobody is told, no issue is referred to, and nothing becomes a link by itself.
        for prose in page.prose:
            assert re.search(r"[@#][\w-]|https?://|www\.", prose) is None, prose
    return found


def tables(markdown: str) -> list[list[str]]:
    """The rows, each with as many cells as its header: lines of a table in the source, rows on the page."""
    lines = [line for line in markdown.splitlines() if line.startswith("| ") and not re.fullmatch(r"[| :-]+", line)]
    github, others = pages(markdown)
    assert len(github.rows) == len(lines)
    assert github.rows == others.rows
    return github.rows


def as_markdown(check: Check) -> str:
    return render("check", "markdown", check)


def marker(check: Check) -> str:
    return as_markdown(check).splitlines()[0]


def of_cells(*cells: Inline) -> str:
    """A table of one row."""
    return printed((table(figures("first"), figures("next"), rows=(row(*cells),)),))


def test_the_comment() -> None:
    assert as_markdown(RICH) == RICH_MARKDOWN


def test_the_comment_on_next_to_nothing() -> None:
    assert as_markdown(MINIMAL) == MINIMAL_MARKDOWN


@pytest.mark.parametrize("check", [RICH, MINIMAL, INCOMPLETE])
def test_the_comment_is_what_is_rendered(check: Check) -> None:
    rows = tables(as_markdown(check))
    assert {len(row) for row in rows} <= {2, 4, 5, 6}
    for page in pages(as_markdown(check)):
        (comment,) = page.comments
        assert comment.startswith(" slugtrim check")


def test_a_row_says_what_a_reader_wants() -> None:
    rows = tables(as_markdown(RICH))
    assert ["slug, average", "48.9M", "52.1M", "+3.2M"] in rows
    assert ["❌", "/caf\ufffd|`@everyone`", "1.5M", "1MB", "512K", "slugtrim.toml:10"] in rows
    assert ["old.zip", "40K", "gone", "-40K", "badc0ffee0 Tidy up"] in rows
    assert ["~3.5M", "10", "/design", "Design source; pages use exported copies"] in rows


def test_the_marker_is_the_same_for_every_check_of_a_target_and_tells_targets_apart() -> None:
    assert marker(MINIMAL) == "<!-- slugtrim check -->"
    assert marker(RICH) == "<!-- slugtrim check target=production prefix=apps/web -->"
    assert as_markdown(RICH).splitlines()[0] == marker(replace(RICH, results=()))


def test_a_target_cannot_end_the_marker() -> None:
    check = replace(MINIMAL, target='--><script x="y">\n@everyone')
    assert marker(check) == ("<!-- slugtrim check target=--%3E%3Cscript%20x%3D%22y%22%3E%0A%40everyone -->")
    pages(as_markdown(check))


def test_what_did_not_change_says_so() -> None:
    assert RICH.base is not None
    base = replace(RICH.base, compressed_bytes=RICH.compressed_bytes, files=RICH.files, grown=())
    markdown = as_markdown(replace(RICH, base=base))
    assert ["slug, average", "52.1M", "52.1M", "unchanged"] in tables(markdown)
    assert ["files", "2,310", "2,310", "unchanged"] in tables(markdown)
    assert "\n2,190 files unchanged.\n" in markdown


def test_limits_that_are_kept_fold_away_where_there_are_any() -> None:
    assert "<details><summary>4 limits kept</summary>" in as_markdown(MINIMAL)
    assert "details" not in as_markdown(replace(MINIMAL, results=()))


def test_an_incomplete_check_says_so_loudly() -> None:
    markdown = as_markdown(INCOMPLETE)
    assert "### ❓ Incomplete: 5 paths could not be read; the slug is at least 120B\n" in markdown
    assert "> [!WARNING]\n> 5 paths could not be read: all sizes here are too low.\n" in markdown
    assert ["a\ufffd", "its object is missing or damaged"] in tables(markdown)


def test_long_lists_end_and_the_comment_fits() -> None:
    assert RICH.base is not None
    long = b"|" * 2000 + b"`" * 2000
    check = replace(
        RICH,
        findings=RICH.findings * 200,
        results=RICH.results * 40,
        suggestions=(RICH.suggestions or ()) * 40,
        unreadable=tuple(Unreadable(path=long, reason="r" * 3000) for _ in range(100)),
        base=replace(
            RICH.base, grown=tuple(replace(RICH.base.grown[0], path=long, subject="|" * 999) for _ in "x" * 20)
        ),
    )
    markdown = as_markdown(check)
    tables(markdown)
    assert markdown.count("… and 380 more.") == 1
    assert "… and 80 more." in markdown


def test_the_summary_is_the_comment_without_its_marker() -> None:
    assert render_summary("check", RICH) == RICH_MARKDOWN.partition("\n\n")[2] + "\n"


LINT_SUMMARY = """\
### slugtrim lint: 1 error, 1 warning

|  | where | finding | what |
| :-- | :-- | :-- | :-- |
| ❌ | `apps/web/.slugignore:2` | negation | \\!README.md does nothing: \
Heroku doesn't support negation. Remove the line. |
| ⚠️ | `apps/web/caf�: <b>@me</b>.pem` | secret-ships | holds a private key. Take it out of the repository. |

"""


def test_the_summary_of_lint() -> None:
    assert render_summary("lint", LINT) == LINT_SUMMARY
    assert render_summary("lint", CLEAN) == "### slugtrim lint: 0 errors, 0 warnings\n\n"
    many = replace(LINT, found=tuple(FixableFinding(finding=RICH.findings[0]) for _ in range(60)))
    assert render_summary("lint", many).endswith("\n\n… and 10 more.\n\n")


@settings(deadline=None)
@given(name=HOSTILE)
@example(name=b"a|b")
@example(name=b"a\\|b")
@example(name=b"\\" * 121 + b"|x")
@example(name=b"`")
@example(name=b"``` `")
@example(name=b" a ")
@example(name=b"`" * 79 + b"@everyone")
@example(name=b"`" * 80 + b"@everyone | <b>")
@example(name=b"   ")
@example(name=b"@everyone")
@example(name=b"x\n| y | z |")
@example(name=b"</code><script>")
@example(name=b"[a](http://b.c)")
@example(name=b"http://b.c/@d www.e.f g@h.ij #1")
def test_any_name_is_one_cell_and_says_itself(name: bytes) -> None:
    shown = quoted(name).encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    (header, row) = tables(of_cells(path(name), "z"))
    assert (header, row[1:]) == (["first", "next"], ["z"])
    if len(shown) <= 60 and shown.strip() and shown.splitlines() == [shown] and "\\" not in shown:
        assert row[0] == shown


@settings(deadline=None)
@given(sentence=st.one_of(HOSTILE.map(lambda name: name.decode("utf-8", "surrogateescape")), st.text(max_size=40)))
@example(sentence="a\\|b")
@example(sentence="a | b @everyone <b>x</b> `c` **d** [e](http://f.g) #1 &lt; $x$ ~~y~~")
@example(sentence="x\r\n\r\n# y")
@example(sentence="a@b.cd http://e.f WWW.g.h www.i.j")
def test_any_sentence_is_one_cell_and_says_itself(sentence: str) -> None:
    (_, row) = tables(of_cells(f"x{sentence}x", "z"))
    assert row[1:] == ["z"]
    words = f"x{sentence}x".encode("utf-8", "surrogateescape").decode("utf-8", "replace").split()
    plain = printable(" ".join(words))
    if "\u200b" not in plain:
        assert row[0].replace("\u200b", "") == plain


@settings(deadline=None, max_examples=50)
@given(name=HOSTILE, subject=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_names_make_a_comment_that_holds(name: bytes, subject: str) -> None:
    assert RICH.base is not None
    word = name.decode("utf-8", "surrogateescape")
    check = replace(
        RICH,
        target=word,
        source=replace(RICH.source, prefix=name),
        base=replace(
            RICH.base,
            name=word,
            grown=tuple(replace(growth, path=name, subject=subject) for growth in RICH.base.grown),
        ),
        results=tuple(
            replace(result, written=Written(name=word), text=word, pattern=name if result.pattern else None)
            for result in RICH.results
        ),
        findings=tuple(replace(finding, path=name, message=f"{quoted(name)} ships") for finding in RICH.findings),
        unreadable=(Unreadable(path=name, reason="permission denied"),),
    )
    assert {len(row) for row in tables(as_markdown(check))} == {2, 4, 5, 6}
