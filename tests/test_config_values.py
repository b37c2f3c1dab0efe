"""What each key takes, and what it is told when it does not."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from slugtrim.budget import Amount, Budgets, PathBudget, Written
from slugtrim.config import load_config
from slugtrim.config.settings import Config, Flags
from slugtrim.errors import ConfigError
from slugtrim.ignore import Dialect
from slugtrim.sources import find_tree
from slugtrim.units import KIB, MIB
from tests.builders import make_tree
from tests.rows import each_row


def config_of(tmp_path: Path, text: str) -> Config:
    make_tree(tmp_path, {"slugtrim.toml": text, "a": "x"})
    return load_config(find_tree(bytes(tmp_path), use_git=False).source, Flags(), {}, git_dir=None)


def amount(text: str, line: int, value: int = 0, percent: Fraction | None = None) -> Amount:
    return Amount(value=value, percent=percent, text=text, written=Written(name="slugtrim.toml", line=line))


WHOLE = """\
dialect = "glob"
buildpack-overhead = "38MB"
[budgets]
total = "50MB"
warn = "45 MiB"
largest-file = "1.5k"
files = 5000
checkout = "500MB"
max-growth = "2.5%"
[budgets.paths]
"app/assets/**" = "8MB"
'\\!x' = "0B"
[targets.production]
remotes = ["heroku", "https://git.heroku.com/app.git"]
buildpack-overhead = "40MB"
[targets.production.budgets]
total = "average"
[targets.production.budgets.paths]
"*.css" = "1MB"
[targets."the other"]
"""


def test_every_key_becomes_a_record_that_knows_its_line(tmp_path: Path) -> None:
    config = config_of(tmp_path, WHOLE)
    assert config.dialect is Dialect.GLOB
    assert config.overhead == amount("38MB", 2, 38 * MIB)
    assert config.budgets == Budgets(
        total=amount("50MB", 4, 50 * MIB),
        warn=amount("45 MiB", 5, 45 * MIB),
        largest_file=amount("1.5k", 6, 3 * KIB // 2),
        files=amount("5000", 7, 5000),
        checkout=amount("500MB", 8, 500 * MIB),
        max_growth=amount("2.5%", 9, percent=Fraction(5, 2)),
        paths=(
            PathBudget(pattern=b"app/assets/**", limit=amount("8MB", 11, 8 * MIB)),
            PathBudget(pattern=b"\\!x", limit=amount("0B", 12)),
        ),
    )
    production, other = config.targets
    assert (production.name, production.remotes) == ("production", ("heroku", "https://git.heroku.com/app.git"))
    assert production.overhead == amount("40MB", 15, 40 * MIB)
    assert production.budgets.total == amount("average", 17, 90 * MIB - 1)
    assert production.budgets.paths == (PathBudget(pattern=b"*.css", limit=amount("1MB", 19, MIB)),)
    assert (other.name, other.remotes, other.overhead, other.budgets) == ("the other", (), None, Budgets())
    assert config.path == b"slugtrim.toml"


@each_row(
    "setting, expected",
    [
        ('total = "small"', amount("small", 2, 15 * MIB - 1)),
        ('total = "average"', amount("average", 2, 90 * MIB - 1)),
        ('total = " 5MB "', amount("5MB", 2, 5 * MIB)),
        ("total = '''1G'''", amount("1G", 2, 1024 * MIB)),
    ],
)
def test_a_total_is_a_size_or_the_most_of_a_class(tmp_path: Path, setting: str, expected: Amount) -> None:
    assert config_of(tmp_path, f"[budgets]\n{setting}\n").for_target().budgets == Budgets(total=expected)


@each_row(
    "text, percent",
    [("5%", Fraction(5)), ("0%", Fraction(0)), ("1000 %", Fraction(1000)), (" 0.1%", Fraction("0.1"))],
)
def test_growth_may_be_a_percentage(tmp_path: Path, text: str, percent: Fraction) -> None:
    growth = config_of(tmp_path, f'[budgets]\nmax-growth = "{text}"\n').for_target().budgets.max_growth
    assert growth == amount(text.strip(), 2, percent=percent)


MISTAKES = [
    ("dialect = 5", "dialect: 5 is not a dialect; write gitignore, glob, filepath or filepath-root"),
    ('dialect = "Gitignor"', 'dialect: "Gitignor" is not a dialect; did you mean gitignore?'),
    ('dialect = ""', 'dialect: "" is not a dialect; write gitignore, glob, filepath or filepath-root'),
    ('budgets.total = "5X"', 'budgets.total: "5X" is not a size; write 300MB or 300MiB'),
    ('budgets.total = ""', 'budgets.total: "" is not a size; write 300MB or 300MiB'),
    ('budgets.total = "50"', 'budgets.total: "50" has no unit; did you mean 50MB?'),
    ('budgets.total = "-5MB"', 'budgets.total: "-5MB" is not a size; write 300MB or 300MiB'),
    ("budgets.total = 50", 'budgets.total: 50 has no unit; write "50MB"'),
    ("budgets.total = -50", 'budgets.total: -50 is not a size; write "300MB"'),
    ("budgets.total = 1.5", 'budgets.total: 1.5 is not a size; write "300MB"'),
    ("budgets.total = inf", 'budgets.total: inf is not a size; write "300MB"'),
    ("budgets.total = true", 'budgets.total: true is not a size; write "300MB"'),
    ("budgets.total = 2026-01-02", 'budgets.total: a date is not a size; write "300MB"'),
    ('budgets.total = ["5MB"]', 'budgets.total: a list is not a size; write "300MB"'),
    (
        'budgets.total = "weighty"',
        'budgets.total: "weighty" is the heaviest class, so it would allow everything; write small, average or a size',
    ),
    ('budgets.total = "Average"', 'budgets.total: "Average" is not a size or a class; did you mean average?'),
    ('budgets.total = "smal"', 'budgets.total: "smal" is not a size or a class; did you mean small?'),
    ('budgets.warn = "average"', 'budgets.warn: "average" is not a size; write 300MB or 300MiB'),
    ("budgets.files = 1.0", "budgets.files: 1.0 is not a number of files; write a whole number such as 5000"),
    ("budgets.files = true", "budgets.files: true is not a number of files; write a whole number such as 5000"),
    ("budgets.files = -1", "budgets.files: -1 is not a number of files; write a whole number such as 5000"),
    ('budgets.files = "5"', 'budgets.files: "5" is not a number of files; write a whole number such as 5000'),
    (
        f"budgets.files = 0x{'f' * 9000}",
        "budgets.files: a huge number is too large; write a number such as 5000",
    ),
    ('budgets.max-growth = "five"', 'budgets.max-growth: "five" is not a size or a percentage; write 2MB or 5%'),
    ('budgets.max-growth = "-5%"', 'budgets.max-growth: "-5%" is not a size or a percentage; write 2MB or 5%'),
    ('budgets.max-growth = "%"', 'budgets.max-growth: "%" is not a size or a percentage; write 2MB or 5%'),
    ('budgets.max-growth = "5"', 'budgets.max-growth: "5" has no unit; did you mean 5MB?'),
    ("budgets.max-growth = 5", 'budgets.max-growth: 5 has no unit; write "5MB"'),
    ("budgets.max-growth = false", 'budgets.max-growth: false is not a size; write "2MB" or "5%"'),
    (
        'budgets.max-growth = "1000.1%"',
        'budgets.max-growth: "1000.1%" is more than 1000%, which is no limit; write 5%, or a size',
    ),
    (
        'budgets.paths."!x" = "1MB"',
        'budgets.paths."!x": starts with !, which is not supported here; drop it, or write \\! for a name',
    ),
    (
        'budgets.paths."#x" = "1MB"',
        'budgets.paths."#x": is a gitignore comment, so it matches nothing; write \\# for a name that starts with #',
    ),
    (
        'budgets.paths."" = "1MB"',
        'budgets.paths."": matches nothing; write a pattern as in .slugignore: "app/assets/**"',
    ),
    (
        'budgets.paths."/" = "1MB"',
        'budgets.paths."/": matches nothing; write a pattern as in .slugignore: "app/assets/**"',
    ),
    (
        'budgets.paths."  " = "1MB"',
        'budgets.paths."  ": matches nothing; write a pattern as in .slugignore: "app/assets/**"',
    ),
    ('budgets.paths."a\\nb" = "1MB"', 'budgets.paths."a\\nb": has several lines; write one pattern for each'),
    (
        'budgets.paths."a\\u0000" = "1MB"',
        'budgets.paths."a\\000": has a character that paths cannot contain; write a pattern as in .slugignore',
    ),
    ("budgets.paths.a = 5", 'budgets.paths.a: 5 has no unit; write "5MB"'),
    ("budgets.paths.a.b = 5", 'budgets.paths.a: a table is not a size; write "300MB"'),
    ("budgets.paths = 5", "budgets.paths: 5 is not a table; write [budgets.paths]"),
    ("budgets = true", "budgets: true is not a table; write [budgets]"),
    ("[[targets]]", "targets: a list is not a table; write [targets]"),
    ('targets.production = "x"', 'targets.production: "x" is not a table; write [targets.production]'),
    ('targets."" = {}', 'targets."": is not a name; write the name of the app'),
    ('targets.a.remotes = "heroku"', 'targets.a.remotes: "heroku" is not a list of remotes; write ["heroku"]'),
    ("targets.a.remotes = 5", 'targets.a.remotes: 5 is not a list of remotes; write ["heroku"]'),
    ("targets.a.remotes = [5]", "targets.a.remotes: 5 is not a remote name; use one that git remote shows"),
    (
        'targets.a.remotes = [" "]',
        'targets.a.remotes: " " is not a remote name; use one that git remote shows',
    ),
    ('targets.a.remotes = ["x", "x"]', 'targets.a.remotes: "x" is named twice; name each remote once'),
    ("buildpack-overhead = 38", 'buildpack-overhead: 38 has no unit; write "38MB"'),
    ("targets.a.budgets.total = 5", 'targets.a.budgets.total: 5 has no unit; write "5MB"'),
    # keys
    ("budgets.totl = 1", "budgets.totl: unknown key; did you mean total?"),
    ("budgets.Total = 1", "budgets.Total: unknown key; did you mean total?"),
    ("budgets.largest_file = 1", "budgets.largest_file: unknown key; did you mean largest-file?"),
    ("budget = 1", "budget: unknown key; did you mean budgets?"),
    ("total = 1", "total: unknown key; did you mean budgets.total?"),
    ("remotes = []", "remotes: unknown key; did you mean targets.NAME.remotes?"),
    ("budgets.dialect = 1", "budgets.dialect: unknown key; did you mean dialect?"),
    (
        "xyz = 1",
        "xyz: unknown key; the keys are platform, dialect, buildpacks, buildpack-overhead, slug-limit, budgets, "
        "targets, suggest, lint",
    ),
    (
        "targets.a.x = 1",
        "targets.a.x: unknown key; the keys are remotes, buildpacks, buildpack-overhead, slug-limit, budgets",
    ),
    (
        '"x y\\u001b" = 1',
        '"x y\\033": unknown key; the keys are platform, dialect, buildpacks, buildpack-overhead, slug-limit, '
        "budgets, targets, suggest, lint",
    ),
    (
        f"{'x' * 99} = 1",
        f'"{"x" * 60}…": unknown key; the keys are platform, dialect, buildpacks, buildpack-overhead, slug-limit, '
        "budgets, targets, suggest, lint",
    ),
    (f'budgets.warn = "{"9" * 5000}MB"', f'budgets.warn: "{"9" * 60}…" is not a size; write 300MB or 300MiB'),
    ('budgets.warn = "5\\u001b[2J\\n"', 'budgets.warn: "5\\033[2J\\n" is not a size; write 300MB or 300MiB'),
]


@each_row("setting, message", MISTAKES)
def test_a_mistake_is_told_with_its_line_and_what_to_write(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, f"# settings\n\n{setting}\n")
    assert str(caught.value) == f"slugtrim.toml:3: {message}"


DECIDED = """\
[suggest]
include = ["/tests", { pattern = "/db/dump.sql", reason = "it is loaded by hand" }]
exclude = [
  "/docs",
]
[lint]
ignore = ["dead-rule", { id = "removes-read", reason = "CI runs elsewhere" }]
"""


def test_what_its_owner_decides_knows_its_line_and_reason(tmp_path: Path) -> None:
    config = config_of(tmp_path, DECIDED)
    assert [(each.pattern, each.words) for each in config.include] == [
        (b"/tests", "slugtrim.toml:2"),
        (b"/db/dump.sql", "slugtrim.toml:2: it is loaded by hand"),
    ]
    assert [(each.pattern, each.words) for each in config.exclude] == [(b"/docs", "slugtrim.toml:4")]
    assert [(each.id, each.words) for each in config.ignored] == [
        ("dead-rule", "slugtrim.toml:7"),
        ("removes-read", "slugtrim.toml:7: CI runs elsewhere"),
    ]


@each_row(
    "setting, message",
    [
        ("suggest = 1", "suggest: 1 is not a table; write [suggest]"),
        ("[suggest]\ninclud = []", "suggest.includ: unknown key; did you mean include?"),
        ('[suggest]\ninclude = "/spec"', 'suggest.include: "/spec" is not a list; write ["/spec"]'),
        ("[suggest]\ninclude = [1]", 'suggest.include: 1 is not a pattern; write it as in .slugignore: "/spec"'),
        (
            '[suggest]\nexclude = ["!/a"]',
            "suggest.exclude: starts with !, which is not supported here; drop it, or write \\! for a name",
        ),
        (
            '[suggest]\nexclude = [{ reason = "x" }]',
            'suggest.exclude: has no pattern; write { pattern = "…", reason = "…" }',
        ),
        (
            '[suggest]\nexclude = [{ pattern = "/a", reason = 1 }]',
            "suggest.exclude: 1 is not single-line text",
        ),
        ('[lint]\nignore = ["dead-rul"]', 'lint.ignore: "dead-rul" is not a finding id; did you mean dead-rule?'),
        (
            "[lint]\nignore = [{ id = 2 }]",
            "lint.ignore: 2 is not a finding id; use one that slugtrim lint shows",
        ),
    ],
)
def test_a_mistake_in_what_its_owner_decides_is_told(tmp_path: Path, setting: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, f"{setting}\n")
    assert str(caught.value).partition(": ")[2] == message


def test_each_target_may_have_a_limit_of_its_own(tmp_path: Path) -> None:
    config = config_of(tmp_path, 'slug-limit = "500MB"\n[targets.a]\nslug-limit = "600MB"\n[targets.b]\n')
    assert config.for_target("a").budgets.slug_limit == amount("600MB", 3, 600 * MIB)
    assert config.for_target("b").budgets.slug_limit == amount("500MB", 1, 500 * MIB)


def test_a_remote_goes_to_one_target(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, '[targets.a]\nremotes = ["x"]\n[targets."b c"]\nremotes = ["y",\n  "x"]\n')
    message = 'slugtrim.toml:5: targets."b c".remotes: "x" is a remote of a already; name each remote once'
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("".join(f"x{number} = 1\n" for number in range(20_000)), "slugtrim.toml:1: x0: "),
        ("targets.a.remotes = [" + "'r', " * 20_000 + "]", "slugtrim.toml:1: targets.a.remotes: "),
    ],
)
def test_a_file_made_to_annoy_is_told_of_a_hundred_mistakes(tmp_path: Path, text: str, first: str) -> None:
    with pytest.raises(ConfigError) as caught:
        config_of(tmp_path, text)
    lines = str(caught.value).split("\n")
    assert len(lines) == 101
    assert lines[0].startswith(first)
    assert lines[-1] == "… and more"
