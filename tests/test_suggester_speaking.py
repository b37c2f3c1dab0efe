"""What of a text speaks at build and run time."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.suggester.mentions import (
    import_statements,
    imported_modules,
    joined_strings,
    joined_words,
    mentions,
    names_in_full,
    starred_words,
    with_stars,
)
from slugtrim.suggester.speaking import speaking
from slugtrim.suggester.words import last_word, parts, stem, words


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (b"a.py", b"x = 1  # see docs/x.md\n"),
        (b"a.py", b"# docs/x.md\n"),
        (b"a.py", b'def f():\n    """Reads docs/x.md\n    and more."""\n'),
        (b"a.py", b"def f():\n    r'''\n    Reads docs/x.md\n    '''\n"),
        (b"a.py", b'# """ is\n"""\nReads docs/x.md\n"""\nx = "\'\'\'"\n'),
        (b"a.rb", b"  # docs/x.md\n"),
        (b"a.rb", b"f(x) # it is a # docs/x.md\n"),
        (b"a.rake", b"RSpec::Core::RakeTask.new { |t| t.pattern = 'docs/x.md' }\n"),
        (b"Rakefile", b"  t.pattern = 'docs/x.md'\n"),
        (b"a.yml", b"a: b # docs/x.md\n"),
        (b"a.js", b"// docs/x.md\n"),
        (b"a.js", b"f(); // docs/x.md\n"),
        (b"a.js", b"/* docs/x.md\n docs/x.md */\n"),
        (b"a.css", b"a { /* docs/x.md */ }\n"),
        (b"a.js", b"/* a = b\n docs/x.md */ // docs/x.md\n"),
        (b"a.js", b"f() // docs/x.md /*\n"),
        (b"a.html", b"<!-- docs/x.md\n-->\n"),
        (b"a.erb", b"<%# docs/x.md %>\n"),
        (b"a.py", b'u = "https://example.org/docs/x.md"\n'),
        (b"tsconfig.json", b'{"exclude": ["docs/x.md"]}\n'),
        (b"a.config.js", b"ignorePatterns: [\n 'docs/x.md',\n]\n"),
        (b"pyproject.toml", b'[tool.pytest.ini_options]\ntestpaths = ["docs/x.md"]\n'),
        (b"setup.cfg", b"[tool:pytest]\ntestpaths = docs/x.md\n[flake8]\nexclude = docs/x.md\n"),
        (b"mix.exs", b'  defp elixirc_paths(:test), do: ["lib", "docs/x.md"]\n'),
        (b"package.json", b'{"scripts": {"test": "jest docs/x.md"}, "jest": {"roots": ["docs/x.md"]}}\n'),
        (b"package.json", b'{"description": "docs/x.md", "files": ["docs/x.md"]}\n'),
        (b"app.json", b'{"environments": {"test": {"scripts": {"test": "ls docs/x.md"}}}}\n'),
        (b"composer.json", b'{"autoload-dev": {"psr-4": {"T\\\\": "docs/x.md"}}}\n'),
        (b"content/a.md", b"Open docs/x.md by hand.\n"),
        (b"a.rs", b"f(); // docs/x.md\n"),
        (b"a.frag", b"/* docs/x.md */ void main() {}\n"),
        (b"a.rake", b"unless Rails.env.production?\n  sh 'rspec docs/x.md'\nend\n"),
        (b"a.rb", b"if Rails.env.test?\n  c.at = 'docs/x.md'\nelse\n  c.at = 'y'\nend\n"),
        (b"a.rb", b"if Rails.env.test? || Rails.env.development?\n  if x\n    f('docs/x.md')\n  end\nend\nx\n"),
        (b"a.rb", b"a = 1\nif !Rails.env.production?\n  f('docs/x.md')\nend\n"),
        (b"a.rb", b"unless Rails.env.production? || ENV['X']\n  f('docs/x.md')\nend\n"),
    ],
)
def test_what_does_not_speak_is_blanked(path: bytes, text: bytes) -> None:
    assert b"docs/x.md" not in speaking(path, text)


@pytest.mark.parametrize(
    ("path", "text", "line"),
    [
        (b"a.py", b'\nopen("docs/x.md")\n', 2),
        (b"a.py", b'# one\n"""two\nthree"""\nopen("docs/x.md")  # four\n', 4),
        (b"a.py", b'Q = """\nSELECT\n"""\nopen("docs/x.md")\nW = """\n"""\n', 4),
        (b"a.py", b'f("""\na""", open("docs/x.md"))\n', 2),
        (b"a.py", b'"""open\n\nopen("docs/x.md")\n', 3),
        (b"a.py", b'x = "# " + "docs/x.md"\n', 1),
        (b"a.py", b'x = "sqlite:///docs/x.md"\n', 1),
        (b"a.css", b"/*\n * All.\n *\n *= require docs/x.md\n */\n", 4),
        (b"a.js", b"a('{/*', read('docs/x.md'))\n", 1),
        (b"a.hbs", b"<!-- a -->{{#if b}}\n<img src='docs/x.md'>{{/if}}\n", 2),
        (b"a.rb", b'puts "#{a}/docs/x.md"\n', 1),
        (b"a.js", b"/* one\n*/ read('docs/x.md')\n", 2),
        (b"a.js", b"glob('src/**/*.js', 'docs/x.md', 'lib/**/*.js')\n", 1),
        (b"a.go", b"//go:embed docs/x.md\n", 1),
        (b"a.js", b"//= require docs/x.md\n", 1),
        (b"a.html", b"<!-- a --><img src=docs/x.md>\n", 1),
        (b"pyproject.toml", b'[tool.pytest.ini_options]\nx = 1\n[project]\nreadme = "docs/x.md"\n', 4),
        (b"package.json", b'{\n"scripts": {"build": "npm run copy",\n"copy": "cp docs/x.md ."}}\n', 3),
        (b"package.json", b'{\n"scripts": {"postbuild": "cp docs/x.md ."}}\n', 2),
        (b"package.json", b'{\n"dependencies":\n{"x": "file:docs/x.md"}}\n', 3),
        (b"package.json", b"{not json, docs/x.md}\n", 1),
        (b"app.json", b'{"scripts": {"postdeploy": "cat docs/x.md"}}\n', 1),
        (b"composer.json", b'{"autoload": {"files":\n["docs/x.md"]}}\n', 2),
        (b"Procfile", b"web: serve docs/x.md\n", 1),
        (b"content/a.md", b"text\n![a](docs/x.md)\n", 2),
        (b"mix.exs", b'  defp elixirc_paths(:dev), do: ["lib", "docs/x.md"]\n', 1),
        (b"a.rb", b"if Rails.env.test?\n  c\nend\nopen('docs/x.md')\n", 4),
        (b"a.rb", b"if Rails.env.test?\n  c\nelse\n  open('docs/x.md')\nend\n", 4),
        (b"a.rb", b"if Rails.env.test? || ENV['X']\n  open('docs/x.md')\nend\n", 2),
        (b"a.rb", b"if Rails.env.test?\n  open('docs/x.md')\n", 2),
        (b"a.rake", b"unless Rails.env.production?\n  require 'docs/x.md'\nend\n", 2),
        (b"a.rb", b"unless Rails.env.production? && x\n  f('docs/x.md')\nend\n", 2),
        (b"a.rb", b"unless Rails.env.test?\n  f('docs/x.md')\nend\n", 2),
    ],
)
def test_what_speaks_stays_on_its_line(path: bytes, text: bytes, line: int) -> None:
    assert b"docs/x.md" in speaking(path, text).splitlines()[line - 1]


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        (b"./a/b.c", [b"a", b"b.c"]),
        (b"../a", [b"..", b"a"]),
        (b"@/a/b", [b"a", b"b"]),
        (b"~/a", [b"a"]),
        (b"a\\b", [b"a", b"b"]),
        (b"a%20b.png", [b"a b.png"]),
        (b"docs/x.md.", [b"docs", b"x.md"]),
        (b"/", []),
    ],
)
def test_parts_of_a_word(word: bytes, expected: list[bytes]) -> None:
    assert parts(word) == expected


def test_names_and_stems() -> None:
    assert stem(b"_form.html.erb") == b"form"
    assert stem(b".env") == b".env"
    assert last_word(b"a photo (1).png") == b".png"
    assert words(b"a('b/c.d', \"e-f\")") == {b"a", b"b/c.d", b"e-f"}


@pytest.mark.parametrize(
    ("path", "text", "alone"),
    [
        (b"a.py", b'f("data")', [True]),
        (b"a.py", b"f('data', 1)", [True]),
        (b"a.py", b"f(data)", [False]),
        (b"a.py", b'f("the data is")', [False]),
        (b"a.yml", b"path: data\n", [True]),
        (b"a.yml", b"- data\n", [True]),
        (b"pom.xml", b"<module>data</module>", [True]),
        (b"Procfile", b"web: cd data && run", [True]),
        (b"bin/start", b"cp -r data /x", [True]),
        (b"a.py", b"database metadata data/x", []),
        (b"a.py", b"data\n'data'\n'data' data", [False, True]),
    ],
)
def test_a_word_stands_alone_or_not(path: bytes, text: bytes, alone: list[bool]) -> None:
    assert [mention.alone for mention in mentions(path, text, b"data")] == alone


def test_strings_put_together_are_a_path() -> None:
    assert b'"spec/support/x.rb"' in joined_strings(b'join("spec", "support" , "x.rb")')
    assert b'"a/b"' in joined_strings(b'BASE / "a" / "b"')


def test_a_name_of_several_words_must_be_there_in_full() -> None:
    assert names_in_full(b"x.png", b"")
    assert names_in_full(b"a photo.png", b"src='a%20photo.png'")
    assert not names_in_full(b"a photo.png", b"photo.png")


def test_python_imports() -> None:
    text = b"import os, a.b as c\nfrom .x import (y,\n  z)\nfrom . import w  # v\nfrom ..p.q import r as s\n"
    assert [
        (text.count(b"\n", 0, at) + 1, list(imported_modules(statement))) for at, statement in import_statements(text)
    ] == [
        (1, [b"os", b"a.b"]),
        (2, [b".x", b".x.y", b".x.z"]),
        (4, [b".", b".w"]),
        (5, [b"..p.q", b"..p.q.r"]),
    ]


_SNIPPETS = st.lists(
    st.sampled_from([b"'", b'"', b"a", b"b.py", b"m_", b"{", b"}", b"#{", b", ", b" / ", b" + ", b"\n"])
)


@given(_SNIPPETS.map(b"".join))
def test_words_that_are_made_are_those_of_the_text_made(text: bytes) -> None:
    assert joined_words(text) - words(text) == words(joined_strings(text)) - words(text)
    for path in (b"a.py", b"a.js"):
        assert starred_words(path, text) - words(text) == words(with_stars(path, text)) - words(text)


def test_a_long_run_of_letters_is_gone_through_once() -> None:
    run = b"a" * 500_000
    assert starred_words(b"a.js", b"'" + run + b"-' + x") == {run + b"-*"}
