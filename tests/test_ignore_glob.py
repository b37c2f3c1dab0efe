"""The ``glob`` dialect, one rule a line. What Ruby itself makes of such lines is in ``test_differential_ruby``."""

from __future__ import annotations

import pytest

from slugtrim.errors import RulesError
from slugtrim.files import REGULAR, SYMLINK, Directory, File
from slugtrim.ignore import Outcome, Rule
from slugtrim.ignore.glob import RubyMatcher, parse
from tests.rows import each_row

TREE = (
    *(
        b".DS_Store",
        b".env",
        b".gitignore",
        b"!a",
        b"README.md",
        b"a b",
        b"app.rb",
        b"logo.psd",
        b"[x]",
        b"caf\xc3\xa9",
    ),
    *(b".next/cache/x", b".next/docs/y.md", b".next/logo.psd", b"app/docs/z.md", b"app/.cache/w", b"app/logo.psd"),
    *(b"bin/run", b"docs/.hidden.md", b"docs/api/a.md", b"docs/api/b.txt", b"docs/guide.md", b"foo bar/f", b"foo/g"),
    *(b"spec/a_spec.rb", b"spec/bin/run", b"spec/docs/s.md", b"bad\xe9", b"app/bad\xe9", b"{x,y}", b"back\\slash"),
)
LINKS = {
    b"to-docs": b"docs",
    b"to-api": b"docs/api/",
    b"app/up": b"../docs",
    b"to-file": b"README.md",
    b"to-root": b".",
    b"dangling": b"nowhere",
    b"loop": b"loop",
    b"ping": b"pong",
    b"pong": b"ping",
    b"outside": b"../elsewhere",
    b"absolute": b"/app/docs",
}


def outcome(slugignore: bytes, files: tuple[bytes, ...] = TREE, links: dict[bytes, bytes] | None = None) -> Outcome:
    links = LINKS if links is None else links
    entries = [File(path, 0, REGULAR, None) for path in files] + [File(path, 0, SYMLINK, None) for path in links]
    return RubyMatcher(Directory.from_files(entries), links).decide(parse(slugignore))


def removed(slugignore: bytes) -> set[bytes]:
    return set(outcome(slugignore).removed)


def count(slugignore: bytes) -> int:
    return sum(outcome(slugignore).deletions.values())


NOTHING: set[bytes] = set()

RULES: list[tuple[bytes, set[bytes]]] = [
    # the table of what Ruby changes against git
    (b"spec", {b"spec"}),
    (b"/spec", {b"spec"}),
    (b"**/docs", {b"docs", b"app/docs", b"spec/docs"}),
    (b"docs/*.md", {b"docs/guide.md"}),
    (b"spec/", {b"spec"}),
    (b"bin/", {b"bin"}),
    (b"bin", {b"bin", b"spec/bin"}),
    (b"*.psd", {b"logo.psd", b"app/logo.psd"}),
    (b"docs/*", {b"docs/api", b"docs/guide.md"}),
    (b".next/cache", {b".next/cache"}),
    (b"{docs,spec}", {b"docs", b"spec", b"app/docs"}),
    (b"./docs", {b"docs"}),
    (b"!README.md", NOTHING),
    (b"!a", NOTHING),
    (b"foo bar/", {b"foo bar"}),
    (b"# words", NOTHING),
    (b"foo # words", {b"foo"}),
    (b"foo#bar", {b"foo"}),
    (b".*", {b""}),
    (b"foo\r\n", {b"foo"}),
    (b"\xef\xbb\xbffoo", NOTHING),
    # white space and empty lines
    (b"  \t foo \v\f ", {b"foo"}),
    (b"a b", {b"a b"}),
    (b"\n \n\r\n#\n", NOTHING),
    # names
    (b"README", NOTHING),
    (b"readme.md", NOTHING),
    (b".env", {b".env"}),
    (b".cache", {b"app/.cache"}),
    (b"y.md", NOTHING),
    (b"z.md", {b"app/docs/z.md"}),
    (b"/z.md", NOTHING),
    (b"app/docs", {b"app/docs"}),
    (b"docs/z.md", NOTHING),
    # wildcards
    (b"app.??", {b"app.rb"}),
    (b"caf?", {b"caf\xc3\xa9"}),
    (b"caf??", NOTHING),
    (b"caf[\xc3\xa9]", {b"caf\xc3\xa9"}),
    (b"caf[\xc3\xa0-\xc3\xb0]", {b"caf\xc3\xa9"}),
    (b"caf[\xc3]", {b"caf\xc3\xa9"}),
    (b"bad[\x80]", NOTHING),
    (b"bad[!\x80]", {b"bad\xe9", b"app/bad\xe9"}),
    (b"bad?", {b"bad\xe9", b"app/bad\xe9"}),
    (b"bad\xe9", {b"bad\xe9"}),
    (b"[a-b]pp.rb", {b"app.rb"}),
    (b"[b-a]pp.rb", {b"app.rb"}),
    (b"[!b]pp.rb", {b"app.rb"}),
    (b"[^a]pp.rb", NOTHING),
    (b"[!]pp.rb", {b"app.rb"}),
    (b"[]pp.rb", NOTHING),
    (b"[app.rb", NOTHING),
    (b"[a", NOTHING),
    (b"[a-", NOTHING),
    (b"[a\\", NOTHING),
    (b"[[]x]", {b"[x]"}),
    (b"[\\[]x[\\]]", {b"[x]"}),
    (b"app[+--.]rb", {b"app.rb"}),
    (b"app[.-]rb", {b"app.rb"}),
    (b"[.]env", NOTHING),
    (b"?env", NOTHING),
    (b"*env", NOTHING),
    (b".e*", {b".env"}),
    (b"**.psd", {b"logo.psd", b"app/logo.psd"}),
    (b"a*p*r*", {b"app.rb", b"spec/a_spec.rb"}),
    (b"a*x*b", NOTHING),
    # backslashes
    (b"\\foo", {b"foo"}),
    (b"f\\oo\\", {b"foo"}),
    (b"\\.env", {b".env"}),
    (b"\\[x\\]", {b"[x]"}),
    (b"\\{x,y}", {b"{x,y}"}),
    (b"back\\\\slash", {b"back\\slash"}),
    (b"back?slash", {b"back\\slash"}),
    (b"app\\/docs", {b"app/docs"}),
    (b"*\\/docs", NOTHING),
    (b"README.*\\", {b"README.md"}),
    # braces
    (b"{foo,{bin,nope}}", {b"foo", b"bin", b"spec/bin"}),
    (b"{docs/api,foo/g}", {b"docs/api", b"foo/g"}),
    (b"docs/{api/,guide}*.{md,txt}", {b"docs/api/a.md", b"docs/api/b.txt", b"docs/guide.md"}),
    (b"/**/{api/a,guide}.md", {b"docs/api/a.md", b"docs/guide.md"}),
    (b"{foo", NOTHING),
    (b"foo}", NOTHING),
    (b"{foo,bin]/run}", {b"foo"}),
    (b"/**/{foo,bin]/run}", NOTHING),
    (b"{foo}", {b"foo"}),
    (b"{fo\\,o,foo}", {b"foo"}),
    (b"foo{,bar}", {b"foo"}),
    (b"{,foo}", {b""}),
    (b"docs/{,api}", {b"docs"}),
    (b"{.env,foo}", {b".env", b"foo"}),
    # slashes, dots and stars
    (b"/", {b""}),
    (b".", {b""}),
    (b"./", {b""}),
    (b"..", NOTHING),
    (b"../*", {b""}),
    (b"../**/api", {b"docs/api"}),
    (b"../*/docs", {b"docs"}),
    (b"../../**/docs/z.md", {b"app/docs/z.md"}),
    (b"../build*/docs", NOTHING),
    (b"docs/../**/api", {b"docs/api"}),
    (b"docs/../../*/foo", {b"foo"}),
    (b"../../foo", NOTHING),
    (b"docs/..", {b""}),
    (b"docs/../foo", {b"foo"}),
    (b"nope/../foo", NOTHING),
    (b"README.md/../foo", NOTHING),
    (b"docs/../../foo", NOTHING),
    (b"//foo", {b"foo"}),
    (b"app//docs", {b"app/docs"}),
    (b"app//d*", {b"app/docs"}),
    (b"README.md/", NOTHING),
    (b"docs/.*", {b"docs"}),
    (b"*/g", {b"foo/g"}),
    (b"**g", {b"foo/g", b"dangling", b"ping", b"pong"}),
    (b"docs/**", {b"docs/api", b"docs/guide.md"}),
    (b"docs/**/*.md", {b"docs/api/a.md", b"docs/guide.md"}),
    (b"**/**/bin", {b"bin", b"spec/bin"}),
    (b"**//bin", {b"bin", b"spec/bin"}),
    (b"**/api/**/*.txt", {b"docs/api/b.txt"}),
    (b"**/api/", {b"docs/api"}),
    (b"docs/**/", {b"docs"}),
    (b"**/.cache/*", {b"app/.cache/w"}),
    (b"**/nope/*", NOTHING),
    (b"**/..", NOTHING),
    # symlinks
    (b"to-docs", {b"to-docs"}),
    (b"to-docs/", {b"to-docs"}),
    (b"to-file/", NOTHING),
    (b"to-docs/guide.md", {b"docs/guide.md"}),
    (b"to-docs/*.md", {b"docs/guide.md"}),
    (b"to-root/to-api/a.md", {b"docs/api/a.md"}),
    (b"*/*.txt", {b"docs/api/b.txt"}),
    (b"app/*/api", {b"docs/api"}),
    (b"app/**/api", NOTHING),
    (b"to-api/../foo", NOTHING),
    (b"to-api/../guide.md", NOTHING),
    (b"to-docs/../foo", {b"foo"}),
    (b"to-api/../../foo", NOTHING),
    (b"dangling", {b"dangling"}),
    (b"dangling/", NOTHING),
    (b"dangling/*", NOTHING),
    (b"loop", {b"loop"}),
    (b"loop/", NOTHING),
    (b"{loop,ping}/*", NOTHING),
    (b"outside/*", NOTHING),
    (b"absolute/*", NOTHING),
    (b"{to-docs,to-docs/guide.md}", {b"to-docs"}),
    (b"{to-docs/guide.md,to-docs}", {b"docs/guide.md", b"to-docs"}),
]


@each_row("slugignore, expected", RULES)
def test_a_line_removes(slugignore: bytes, expected: set[bytes]) -> None:
    assert removed(slugignore) == expected


@each_row(
    "slugignore, expected",
    [
        (b"spec", {1: 1}),
        (b"nope", {}),
        (b"bin\nbin", {1: 2}),
        (b"spec\nbin", {1: 1, 2: 1}),
        (b"bin\nspec", {1: 2, 2: 1}),
        (b"\n# x\r\nfoo\r\n\r\nfoo", {3: 1}),
        (b"/**/{api,a.md}", {1: 2}),
        (b"docs/{api,api/a.md}", {1: 2}),
        (b"{docs,docs}/api", {1: 1}),
        (b"{docs,./docs,docs/}/api", {1: 3}),
        (b"{foo,docs/../foo,docs/../../foo}", {1: 2}),
        (b"to-api/../guide.md", {1: 1}),
        (b"docs/**/", {1: 2}),
        (b"docs/.*", {1: 2}),
        (b".\nfoo\n*", {1: 1}),
        (b"docs/api/*\ndocs/api", {1: 2, 2: 1}),
        (b"docs/api/*\ndocs/api/*", {1: 2}),
    ],
)
def test_a_line_counts_what_it_matches_on_what_is_left(slugignore: bytes, expected: dict[int, int]) -> None:
    assert outcome(slugignore).deletions == expected


def test_the_first_line_to_remove_something_gets_the_credit() -> None:
    result = outcome(b"docs/guide.md\n\n/docs\n*.md")
    lines = {path: rule.line for path, rule in result.removed.items()}
    assert lines == {b"docs/guide.md": 1, b"docs": 3, b"README.md": 4, b"app/docs/z.md": 4, b"spec/docs/s.md": 4}


def test_nothing_is_listed_below_what_the_same_line_removes() -> None:
    result = outcome(b"[ab]", files=(b"x/a/b/a", b"x/b/a", b"b/q"), links={})
    assert set(result.removed) == {b"x/a", b"x/b", b"b"}
    assert result.deletions == {1: 6}


def test_rules_keep_the_line_as_it_was_written() -> None:
    assert parse(b"  foo # why\r\n\n!bar\r\n#\n\xef\xbb\xbfx") == (
        Rule(line=1, text=b"  foo # why", pattern=b"foo"),
        Rule(line=3, text=b"!bar", pattern=b"!bar", negated=True),
        Rule(line=5, text=b"\xef\xbb\xbfx", pattern=b"\xef\xbb\xbfx"),
    )


def test_a_chain_of_links_ends_where_the_kernel_gives_up() -> None:
    files, links = (b"f", b"d/f"), {b"l": b"."}
    assert set(outcome(b"l/" * 40 + b"f", files, links).removed) == {b"f"}
    assert set(outcome(b"l/" * 41 + b"f", files, links).removed) == set()


def test_a_target_through_a_removed_link_is_not_found() -> None:
    result = outcome(b"to-root\nto-root/foo\nto-docs/api")
    assert set(result.removed) == {b"to-root", b"docs/api"}
    assert result.deletions == {1: 1, 3: 1}


TOO_MANY = (
    ".slugignore:2: the braces in {} stand for more than 1,000 patterns, "
    "or for too long ones; use fewer of them, or '*'"
)


@pytest.mark.full
@pytest.mark.parametrize(
    "braces", [b"{a,b}" * 10, b"{" + b"a," * 1000 + b"}", b"{a,b}" * 30, b"{" * 9000 + b"}" * 9000]
)
def test_braces_that_stand_for_too_many_patterns_are_an_error(braces: bytes) -> None:
    shown = braces[:60].decode() + "..." if len(braces) > 60 else braces.decode()
    with pytest.raises(RulesError) as error:
        parse(b"foo\n" + braces)
    assert str(error.value) == TOO_MANY.format(shown)


def test_a_thousand_alternatives_are_allowed() -> None:
    names = b",".join(b"x%d" % number for number in range(999))
    assert removed(b"{" + names + b",foo}") == {b"foo"}


@pytest.mark.full
@pytest.mark.parametrize("pattern", [b"*/" * 30 + b"*", b"*/../" * 30 + b"*"])
def test_running_in_circles_is_an_error(pattern: bytes) -> None:
    shown = pattern[:60].decode() + "..."
    files = tuple(b"d%d/f" % number for number in range(9))
    with pytest.raises(RulesError) as error:
        outcome(pattern, files, {b"l": b".", b"m": b"."})
    assert str(error.value) == (
        f".slugignore:1: {shown} comes by the same files on too many ways, by '**/', '..', braces or symlinks; "
        "name the directories themselves"
    )


@pytest.mark.parametrize(
    "pattern",
    [
        *(b"*a" * 20 + b"b", b"*" * 5000, b"?*" * 2000, b"{" * 50000, b"**/" * 5000 + b"x", b"**/*/" * 2000 + b"x"),
        *(
            b"[" * 100000,
            b"[a-b" * 9000,
            b"\\" * 10001,
            b"../" * 5000,
            b"/" * 20000 + b"x",
            b"{[/" * 3000,
            b"a]/{" * 3000,
        ),
    ],
)
def test_a_hostile_pattern_removes_nothing_and_ends(pattern: bytes) -> None:
    assert removed(b"x" + pattern) == NOTHING


@pytest.mark.parametrize("pattern", [b"f", b"**/f", b"**/a/**/f", b"a/" * 3000 + b"f", b"*/" * 3000 + b"f"])
def test_a_path_may_be_thousands_of_directories_deep(pattern: bytes) -> None:
    path = b"a/" * 3000 + b"f"
    assert outcome(pattern, (path,), {}).deletions == {1: 1}
