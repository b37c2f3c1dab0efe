"""The ``glob`` dialect against Ruby itself: random patterns on random trees, made for real."""

from __future__ import annotations

import base64
import json
import os
import random
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

import pytest

from slugtrim.files import REGULAR, SYMLINK, Directory, File
from slugtrim.ignore import Rule
from slugtrim.ignore.glob import RubyMatcher, parse
from slugtrim.ignore.ruby_search import BuildDirectory, GlobSearch, unknown_name
from tests.fuzzing import rounds
from tests.test_ignore_glob import LINKS, RULES, TREE

pytestmark = [pytest.mark.full, pytest.mark.skipif(shutil.which("ruby") is None, reason="ruby is not on PATH")]

SEED = 20260101

# What the published compiler does with a .slugignore, one line after the other. Ruby refuses to strip bytes that are
# not UTF-8, so lines are cut and stripped as bytes. A dry case lists what Dir[] matches for each line and deletes
# nothing, so that one tree serves many patterns. The build directory and those above it are alone in theirs, and a
# match that names one of them says so: `above`.
DRIVER = r"""
require "json"
require "fileutils"

def b64(text)
  [text.b].pack("m0")
end

def above?(path, root)
  path[root.size..].b.match?(/TheBuild|Above/)
end

def left(root)
  return [] unless File.directory?(root)
  found = []
  stack = [""]
  while (path = stack.pop)
    found << b64(path)
    full = root + path
    next if File.symlink?(full) || !File.directory?(full)
    Dir.children(full).each { |name| stack << path + "/" + name }
  end
  found
end

# Deleting a directory through a symlink that lies in it stops once that symlink is gone: what is left then depends on
# the order of names on the disk.
def undermined?(path, root)
  return false if File.symlink?(path) || !File.directory?(path)
  real = File.realpath(path)
  parts = path[root.size..].split("/").drop(1)
  parts.each_index.any? do |last|
    way = root + "/" + parts[0..last].join("/")
    File.symlink?(way) && (File.realpath(File.dirname(way)) + "/").start_with?(real + "/")
  end
end

def delete(matches, root)
  doomed = matches.uniq.map { |path| File.expand_path(path) }.select { |path| path.start_with?(root) }
  doomed.each do |path|
    return { "error" => "undermined" } if undermined?(path, root)
    FileUtils.rm_rf(path)
  end
  { "count" => doomed.size, "left" => left(root) }
end

$stdout.sync = true
STDIN.each_line do |request|
  request = JSON.parse(request)
  root = request["root"]
  answers = []
  request["slugignore"].unpack1("m0").split("\n").each_with_index do |line, index|
    line = line.sub(/#.*/mn, "").strip.force_encoding("UTF-8")
    next if line.empty?
    globs = [File.join(root, line)]
    globs << File.join(root, "**", line) unless line.include?("/")
    answer = { "line" => index + 1 }
    begin
      matches = Dir[*globs]
    rescue SystemCallError, ArgumentError => error
      answers << answer.merge("error" => error.class.name)
      request["dry"] ? next : break
    end
    answer["above"] = matches.any? { |path| above?(path, root) }
    if request["dry"]
      answers << answer.merge("matches" => matches.map { |path| b64(path[root.size..]) })
    else
      answers << answer.merge(delete(matches, root))
      break if answers.last["error"]
    end
  end
  puts JSON.generate(answers)
end
"""

NAMES = [
    *[
        b"a",
        b"b",
        b"c",
        b"ab",
        b"ba",
        b"a.b",
        b"b.c",
        b"abc",
        b".a",
        b".b",
        b".a.b",
        b"..a",
        b"...",
        b"A",
        b"-",
        b"a-c",
    ],
    *[b"a b", b"!a", b"[a]", b"{a,b}", b"a\\b", b"\\", b"*", b"?", b"]", b"a]", b"{", b"}", b"a,b", b",", b"~", b"^"],
    *["é".encode(), "aé".encode(), "éa".encode(), "日本".encode(), b"\xe9", b"a\xe9", b"\xc3", b"\xa9a"],
]
DIRECTORY_NAMES = [b"a", b"b", b"c", b"ab", b".a", b".b", "é".encode(), b"[a]", b"a.b"]
ATOMS = [
    *[b"a", b"b", b"c", b"a", b"b", b".", b".", b"ab", b"-", b",", b"!", b"^", b"A", b"~"],
    *[b"*", b"*", b"*", b"**", b"?", b"?", b"[a]", b"[a-b]", b"[!a]", b"[^b]", b"[a-", b"[]", b"[!]", b"[.]", b"[b-a]"],
    *[b"[a", b"]", b"[\\]a]", b"[a\\-c]", b"[--a]", b"[a-]", b"[!a-b]", b"[a/b]", b"[\\\\]", b"[[]", b"[*?]"],
    *[b"\\", b"\\*", b"\\a", b"\\.", b"\\?", b"\\[", b"\\{", b"\\\\", b"\\/"],
    *[b"{", b"}", b",", b"{a,b}", b"{a,}", b"{,a}", b"{}", b"{a,{b,c}}", b"{a/b,c}", b"{*,?}", b"{.a,b}", b"{a\\,b}"],
    *[
        "é".encode(),
        b"\\" + "é".encode(),
        "[é日]".encode(),
        "[a-ü]".encode(),
        "[!é]".encode(),
        b"\xe9",
        b"[\xc3]",
        b"\xc3",
    ],
]
WHOLE_PARTS = [
    *[b"a", b"b", b"c", b"ab", b".a", b"*", b"*", b"**", b"**", b"**", b".", b"..", b"", b".*", b"?", b"a*", b"*b"],
    *[
        b"{a,b}",
        b"{a,b/c}",
        b"{*/a,b}",
        b"{a,**/b}",
        b"{.,a}",
        b"{..,a}",
        b"{,a}",
        b"[ab]",
        b"l",
        b"m",
        b"k",
        b"{l,a}/b",
    ],
]

Tree = dict[bytes, bytes | None]
"""Path of every file; for a symlink its target."""


def random_tree(rng: random.Random, loops: bool) -> Tree:
    directories = [b""]
    for _ in range(rng.randrange(8)):
        directories.append(rng.choice(directories) + rng.choice(DIRECTORY_NAMES) + b"/")
    tree: Tree = {}
    for directory in directories:
        tree[directory + rng.choice(NAMES)] = None
    for _ in range(rng.randrange(12)):
        tree[rng.choice(directories) + rng.choice(NAMES)] = None
    for _ in range(rng.randrange(4)):
        tree[rng.choice(directories) + rng.choice([b"l", b"m", b"k", b"a", b".l"])] = random_target(
            rng, directories, loops
        )
    return {path: target for path, target in tree.items() if not any(other.startswith(path + b"/") for other in tree)}


def random_target(rng: random.Random, directories: Sequence[bytes], loops: bool) -> bytes:
    choices = [
        rng.choice(directories).removesuffix(b"/") or b".",
        b"../" + rng.choice(directories).removesuffix(b"/"),
        rng.choice(directories) or b"./",
        rng.choice(directories) + rng.choice(NAMES),
        rng.choice([b".", b"..", b"a", b"b/", b"a/..", b"../a", b"nowhere", b"l", b"m"]),
    ]
    if loops:
        choices.append(rng.choice([b"l", b"m", b"k", b"l/a", b"./l"]))
    return rng.choice(choices)


def random_pattern(rng: random.Random) -> bytes:
    parts = []
    for _ in range(rng.choice([1, 1, 1, 2, 2, 3, 4])):
        if rng.random() < 0.5:
            parts.append(rng.choice(WHOLE_PARTS))
        else:
            parts.append(b"".join(rng.choice(ATOMS) for _ in range(rng.choice([1, 1, 2, 2, 3, 4]))))
    pattern = b"/".join(parts)
    if rng.random() < 0.1:
        pattern = b"/" + pattern
    if rng.random() < 0.15:
        pattern += b"/"
    return pattern


def make_tree(root: Path, tree: Tree) -> None:
    root.mkdir(parents=True)
    for path, target in tree.items():
        full = os.path.join(os.fsencode(root), path)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        if target is None:
            os.close(os.open(full, os.O_CREAT | os.O_WRONLY))
        else:
            os.symlink(target, full)


def in_memory(tree: Tree) -> tuple[Directory, dict[bytes, bytes]]:
    links = {path: target for path, target in tree.items() if target is not None}
    files = [File(path, 0, REGULAR if target is None else SYMLINK, None) for path, target in tree.items()]
    return Directory.from_files(files), links


class Ruby:
    """One Ruby that answers case after case."""

    def __init__(self) -> None:
        environment = {**os.environ, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
        self._process = subprocess.Popen(
            ["ruby", "-E", "UTF-8", "-e", DRIVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
        )

    def ask(self, root: Path, slugignore: bytes, *, dry: bool) -> list[dict[str, object]]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        text = base64.b64encode(slugignore).decode()
        request = {"root": str(root), "slugignore": text, "dry": dry}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answers: list[dict[str, object]] = json.loads(self._process.stdout.readline())
        return answers

    def close(self) -> None:
        self._process.communicate()

    @cached_property
    def loses_braces(self) -> bool:
        """Whether this Ruby passes over alternatives with a slash behind ``**/``, as 3.1.2 does and 3.1.7 does not."""
        with tempfile.TemporaryDirectory() as scratch:
            root = Path(scratch) / "TheBuild"
            make_tree(root, {b"a/b/c.md": None})
            (answer,) = self.ask(root, b"**/{b/c,d}.md", dry=True)
        return decoded(answer["matches"]) == []

    def is_sound(self, pattern: bytes) -> bool:
        """Whether what this Ruby answers to a pattern is what a Ruby without that fault does."""
        return not (self.loses_braces and _SLASH_IN_BRACES.search(pattern))


_SLASH_IN_BRACES = re.compile(rb"\*\*/.*\{.*/|\{.*\*\*/")


@pytest.fixture(scope="module")
def ruby() -> Iterator[Ruby]:
    process = Ruby()
    yield process
    process.close()


def decoded(value: object) -> list[bytes]:
    assert isinstance(value, list)
    return [base64.b64decode(text) for text in value]


def shows(tree: Tree, slugignore: bytes) -> str:
    return f"\ntree: {tree!r}\nslugignore: {slugignore!r}\n"


LEVELS = 6
"""How many directories lie above the build directory, each alone in the one above it."""


def place_for(directory: Path) -> Path:
    """Where a build directory goes that is to be made below ``directory``."""
    return directory.joinpath(*(f"Above{level}" for level in range(LEVELS, 0, -1)), "TheBuild")


def with_unknown_names(path: bytes) -> bytes:
    """A path of Ruby's, with the names that slugtrim does not know as it spells them."""
    return re.sub(rb"TheBuild|Above([0-9])", lambda match: unknown_name(int(match[1] or b"0")), path)


def names_the_unknown(answer: Mapping[str, object], pattern: bytes) -> bool:
    """Whether a pattern matches a name above the root by more than a star: slugtrim does not know those names."""
    return bool(answer.get("above")) and re.search(rb"[?\[]", pattern) is not None


def compare_matches(ruby: Ruby, root: Path, rng: random.Random, patterns: int) -> int:
    """How many patterns were compared, on one tree: all that Ruby has an answer for."""
    tree = random_tree(rng, loops=rng.random() < 0.2)
    make_tree(root, tree)
    directory, links = in_memory(tree)
    rules = parse(b"\n".join(random_pattern(rng) for _ in range(patterns)))
    answers = {answer["line"]: answer for answer in ruby.ask(root, b"\n".join(rule.text for rule in rules), dry=True)}
    compared = 0
    for line, rule in enumerate(rules, 1):
        answer = answers[line]
        if rule.negated or "error" in answer or not ruby.is_sound(rule.pattern):
            continue
        if names_the_unknown(answer, rule.pattern):
            continue
        expected = [with_unknown_names(path) for path in decoded(answer["matches"])]
        build = BuildDirectory(directory, links)
        globs = [rule.pattern] if b"/" in rule.pattern else [rule.pattern, b"**/" + rule.pattern]
        found = [path for glob in globs for path in GlobSearch(build).matches(glob)]
        assert found == expected, shows(tree, rule.text)
        compared += 1
    return compared


def compare_deletions(ruby: Ruby, root: Path, rng: random.Random, patterns: int) -> int:
    """How many lines of one ``.slugignore`` were compared: those before the first that Ruby breaks off at."""
    tree = random_tree(rng, loops=rng.random() < 0.2)
    make_tree(root, tree)
    lines = [random_pattern(rng) for _ in range(patterns)]
    slugignore = b"\n".join(line for line in lines if not line.strip().startswith(b"!"))
    rules = parse(slugignore)
    answers = ruby.ask(root, slugignore, dry=False)
    for number, answer in enumerate(answers):
        if "error" in answer or not ruby.is_sound(rules[number].pattern):
            return number
        if names_the_unknown(answer, rules[number].pattern):
            return number
        directory, links = in_memory(tree)
        outcome = RubyMatcher(directory, links).decide(rules[: number + 1])
        shown = shows(tree, b"\n".join(rule.text for rule in rules[: number + 1]))
        assert answer["line"] == rules[number].line
        assert outcome.deletions.get(rules[number].line, 0) == answer["count"], shown
        assert paths_left(directory, outcome.removed) == set(decoded(answer["left"])), shown
    return len(answers)


def paths_left(root: Directory, removed: Mapping[bytes, Rule]) -> set[bytes]:
    if b"" in removed:
        return set()
    left = {b""}
    stack = [root]
    while stack:
        directory = stack.pop()
        for path in (entry.path for entry in directory.files.values()):
            if path not in removed:
                left.add(b"/" + path)
        for child in directory.directories.values():
            if child.path not in removed:
                left.add(b"/" + child.path)
                stack.append(child)
    return left


def run(ruby: Ruby, tmp_path: Path, seed: int, trees: int) -> None:
    rng = random.Random(seed)
    matched = deleted = 0
    try:
        for number in range(trees):
            place = tmp_path / f"tree{number}"
            matched += compare_matches(ruby, place_for(place / "dry"), rng, 80)
            for sequence in range(4):
                deleted += compare_deletions(ruby, place_for(place / f"wet{sequence}"), rng, 6)
            shutil.rmtree(place)
    except AssertionError as error:
        error.add_note(f"seed {seed}, tree {number}")
        raise
    assert matched > 50 * trees
    assert deleted > 10 * trees


def test_patterns_match_what_ruby_matches_and_lines_delete_what_ruby_deletes(ruby: Ruby, tmp_path: Path) -> None:
    run(ruby, tmp_path, SEED, 40)


NOT_ASKED = [b"*/*.txt", b"{loop,ping}/*"]
"""Rows that Ruby breaks off at when it comes to a link to itself."""


def test_the_table_of_the_dialect_is_what_ruby_does(ruby: Ruby, tmp_path: Path) -> None:
    tree: Tree = {**dict.fromkeys(TREE), **LINKS}
    skipped = []
    faulty = 0
    for number, (slugignore, expected) in enumerate(RULES):
        root = place_for(tmp_path / str(number))
        make_tree(root, tree)
        answers = ruby.ask(root, slugignore, dry=False)
        if any("error" in answer for answer in answers):
            skipped.append(slugignore)
        elif not ruby.is_sound(slugignore):
            faulty += 1
        elif answers and not slugignore.startswith(b"!"):
            directory, _ = in_memory(tree)
            (answer,) = answers
            removed = dict.fromkeys(expected, parse(slugignore)[0])
            assert paths_left(directory, removed) == set(decoded(answer["left"])), slugignore
    assert skipped == NOT_ASKED
    assert faulty < (5 if ruby.loses_braces else 1)


@pytest.mark.long
def test_ruby_agrees_on_many_more_patterns(ruby: Ruby, tmp_path: Path) -> None:
    for rng in rounds(100, least_cases=5000):
        run(ruby, tmp_path, rng.getrandbits(32), 100)
