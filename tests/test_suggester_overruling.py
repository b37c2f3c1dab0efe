"""What the owner decides instead of the graph: patterns to leave out, and patterns to keep."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from slugtrim.errors import UsageError
from slugtrim.lint.findings import lint_tree
from slugtrim.suggester.records import Advice, AdviceTerms, EvidenceKind, Grade, Overrule, Overrules, Tier
from slugtrim.suggester.writing import with_entries
from tests.applications import NODE, Files, memory_tree, suggest_tree

FILES: Files = {
    **NODE,
    "Procfile": "web: node server.js\n",
    "server.js": 'require("fs").readFileSync("tests/data/y.csv"); require("./lib/app");\n',
    "tests/data/y.csv": "1,2\n" * 400,
    "tests/a.test.js": "a();\n" * 400,
    "docs/a.md": "# A\n" * 400,
    "docs/b.md": "# B\n" * 400,
    "docs/c/d.md": "# D\n" * 400,
}


def overruled(files: Files, *, include: tuple[str, ...] = (), exclude: tuple[str, ...] = ()) -> Advice:
    overrules = Overrules(
        include=tuple(Overrule(pattern=each.encode(), origin=f"--include {each}") for each in include),
        exclude=tuple(Overrule(pattern=each.encode(), origin=f"--exclude {each}", reason="ours") for each in exclude),
    )
    return suggest_tree(memory_tree(files), asked=AdviceTerms(min_saving_bytes=0, overrules=overrules))


def patterns(advice: Advice) -> list[str]:
    return sorted(entry.pattern.decode() for entry in advice.suggestions)


def test_an_include_stands_and_says_by_which_chain_the_deploy_reaches_it() -> None:
    assert patterns(overruled(FILES)) == ["/docs", "/tests/a.test.js"]
    advice = overruled(FILES, include=("/tests",))
    assert patterns(advice) == ["/docs", "/tests"]
    (entry,) = [entry for entry in advice.suggestions if entry.pattern == b"/tests"]
    assert (entry.tier, entry.grade, entry.rule, len(entry.files)) == (Tier.SAFE, Grade.READ, "included", 2)
    assert [item.kind for item in entry.evidence] == [EvidenceKind.OVERRULED, EvidenceKind.READER]
    assert entry.evidence[0].text == "left out by --include /tests"
    assert entry.evidence[1].text == (
        "the deploy reaches it all the same: Procfile:1 web → server.js:1 → tests/data/y.csv"
    )
    assert [link.path for link in entry.chain] == [b"Procfile", b"server.js"]
    assert not any(each.path == b"tests" for each in advice.withheld)
    content = with_entries(None, advice.suggestions, advice.comments)
    assert b"# slugtrim: ignore removes-read\n/tests\n" in content


def test_an_include_that_nothing_reaches_needs_no_comment_for_lint() -> None:
    advice = overruled(FILES, include=("/docs/c",))
    (entry,) = [entry for entry in advice.suggestions if entry.pattern == b"/docs/c"]
    assert (entry.grade, entry.silences, [item.kind for item in entry.evidence]) == (
        Grade.UNREACHED,
        "",
        [EvidenceKind.OVERRULED],
    )
    assert patterns(advice) == ["/docs", "/docs/c", "/tests/a.test.js"]
    rest = next(entry for entry in advice.suggestions if entry.pattern == b"/docs")
    assert [file.path for file in rest.files] == [b"docs/a.md", b"docs/b.md"]


def test_tests_that_heroku_ci_would_run_are_included_with_the_comment_that_lint_reads() -> None:
    ci: Files = {**FILES, "app.json": '{"environments": {"test": {}}}'}
    assert patterns(overruled(ci)) == ["/docs"]
    advice = overruled(ci, include=("/tests",))
    (entry,) = [entry for entry in advice.suggestions if entry.pattern == b"/tests"]
    assert entry.silences == "removes-read, tests-left-out"
    assert entry.evidence[-1].kind is EvidenceKind.HEROKU_CI
    content = with_entries(None, advice.suggestions, advice.comments)
    found = lint_tree(memory_tree({**ci, ".slugignore": content}))
    assert [each for each in found.findings if each.path == b".slugignore"] == []
    assert {each.id for each in found.accepted} == {"removes-read", "tests-left-out"}


def test_an_exclude_keeps_what_it_names_and_says_why() -> None:
    assert patterns(overruled(FILES, exclude=("/docs",))) == ["/tests/a.test.js"]
    advice = overruled(FILES, exclude=("/docs/c",))
    assert patterns(advice) == ["/docs/a.md", "/docs/b.md", "/tests/a.test.js"]
    (kept,) = [each for each in advice.withheld if any(file.path == b"docs/c/d.md" for file in each.files)]
    assert (kept.evidence[0].kind, kept.evidence[0].text) == (EvidenceKind.OVERRULED, "kept by --exclude /docs/c: ours")


def test_what_both_name_stays() -> None:
    assert patterns(overruled(FILES, include=("/docs",), exclude=("/docs/c",)))[:2] == ["/docs", "/tests/a.test.js"]
    advice = overruled(FILES, include=("/docs/a.md",), exclude=("/docs",))
    assert patterns(advice) == ["/tests/a.test.js"]


def test_an_include_takes_application_code_as_well() -> None:
    advice = overruled(FILES, include=("/lib",))
    (entry,) = [entry for entry in advice.suggestions if entry.pattern == b"/lib"]
    assert entry.grade is Grade.READ


def test_a_pattern_that_matches_nothing_is_a_note() -> None:
    advice = overruled(FILES, include=("/tets",), exclude=("/dcos",))
    assert [(note.id, note.message) for note in advice.notes] == [
        ("overrule-matches-nothing", "--include /tets: matches no file"),
        ("overrule-matches-nothing", "--exclude /dcos: matches no file"),
    ]
    assert overruled({**FILES, ".slugignore": "/docs\n"}, include=("/docs",)).notes == ()


def test_an_include_that_the_two_dialects_read_differently_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        overruled(FILES, include=("/{docs,tests}",))
    assert str(caught.value) == (
        "--include /{docs,tests}: the two readings of .slugignore differ on this pattern, as for docs/a.md; "
        "name a directory or a file from the root, as /spec"
    )


def test_a_part_of_the_slug_has_the_entries_in_it() -> None:
    asked = AdviceTerms(min_saving_bytes=0, part=b"docs/c")
    assert suggest_tree(memory_tree(FILES), asked=asked).suggestions == ()
    advice = suggest_tree(memory_tree(FILES), asked=replace(asked, part=b"docs"))
    assert (patterns(advice), advice.part) == (["/docs"], b"docs")
    whole = suggest_tree(memory_tree(FILES))
    assert advice.before == whole.before
