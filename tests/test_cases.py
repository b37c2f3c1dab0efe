r"""What is suggested for whole applications, and what is not: the cases in ``tests/cases/*.toml``.

A case is a small application and what is expected of its suggestions:

```toml
[[case]]
name = "docs served by Express"              # unique in its file
why = "docs/ served at run time: OWASP/OpenCRE#998"  # one sentence
base = "node"                                # optional: starts from an application of applications.toml
without = ["package-lock.json"]              # optional: files of the base that are missing
small = ["docs/a.md", "docs/b.md"]           # optional: files with a line of text that names nothing
images = ["docs/a.png"]                      # optional: files of 200 KB in a binary format
large = ["film/intro.mov"]                   # optional: files of 1.1 MB in a binary format
dialect = "glob"                             # optional: how the rules are read; else "gitignore"
suggested = ["docs"]                         # files that go, or directories of which every file goes
kept = ["data/a.csv"]                        # files that stay, or directories of which every file stays
entries = ["/docs conditional", "/*.md"]     # some of the entries, with their tiers or without
nothing_else = true                          # `entries` are all there are; without them, `suggested` is all that goes
held_by = { "data/a.csv" = "lib/app.js:3" }  # what is withheld, and a file, place or text in its evidence
notes = ["Procfile"]                         # texts that notes or evidence contain

[case.files]                                 # they replace those of the base
"docs/a.md" = "text"
"docs/a.png" = { bytes = 200000 }            # a binary format; each path has other bytes
"docs/copy.png" = { bytes = 200000, like = "docs/a.png" }  # the same bytes as that path
"docs/b.md" = { link = "a.md" }
"bin/run" = { text = "#!/bin/sh\n", executable = true }

[case.raw_files]                             # optional: paths with bytes as \xNN, as in what is expected
'docs/caf\xe9.md' = "text"

[case.reader]                                # optional: more files. Without them, all that is `kept` goes
"lib/routes.js" = 'app.use(express.static("docs"));'
```

For every case, each entry takes what it shows, in both dialects, and savings add up.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from zlib import crc32

import msgspec
import pytest
from msgspec import Struct

from slugtrim.files import Directory, Tree
from slugtrim.ignore import Dialect, decide, parse
from slugtrim.suggester.records import Advice, Evidence
from tests.applications import APPLICATIONS, CASES, memory_tree, suggest_tree, suggested, withheld
from tests.builders import Content
from tests.rows import each_row


class Special(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that is more than its text."""

    text: str = ""
    bytes: int = 0
    like: str = ""
    link: str = ""
    executable: bool = False


Written = str | Special


class Case(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One case of a file, as it is written."""

    name: str
    why: str
    base: str | None = None
    without: tuple[str, ...] = ()
    files: dict[str, Written] = {}
    raw_files: dict[str, Written] = {}
    small: tuple[str, ...] = ()
    images: tuple[str, ...] = ()
    large: tuple[str, ...] = ()
    reader: dict[str, Written] = {}
    dialect: Dialect = Dialect.GITIGNORE
    suggested: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    nothing_else: bool = False
    entries: tuple[str, ...] = ()
    held_by: dict[str, str] = {}
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check what the types do not say. Raises ``ValueError``."""
        if self.base is not None and self.base not in APPLICATIONS:
            raise ValueError(f"{self.name}: no application {self.base} in applications.toml")
        if unknown := set(self.without) - set(map(str, APPLICATIONS.get(self.base or "", ()))):
            raise ValueError(f"{self.name}: not in the base: {', '.join(sorted(unknown))}")
        if not (self.suggested or self.kept or self.nothing_else or self.entries or self.held_by):
            raise ValueError(f"{self.name}: expects nothing")
        if self.reader and not self.kept:
            raise ValueError(f"{self.name}: has a reader, and nothing that is kept")


class CaseFile(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of cases."""

    case: tuple[Case, ...]


def read_cases(path: Path) -> tuple[Case, ...]:
    """Return the cases of a file. Raises ``msgspec.ValidationError``."""
    read = msgspec.convert(tomllib.loads(path.read_text("utf-8")), CaseFile)
    names = [case.name for case in read.case]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise msgspec.ValidationError(f"more than one case is called: {', '.join(twice)}")
    return read.case


def paths_of_cases() -> Iterable[Path]:
    """Return the files of cases."""
    return sorted(path for path in CASES.glob("*.toml") if path.stem != "applications")


ALL = {f"{path.stem}: {case.name}": case for path in paths_of_cases() for case in read_cases(path)}

IMAGE_BYTES = 200_000
LARGE_BYTES = 1_100_000
"""Large enough for every rule."""

_ESCAPE = re.compile(rb"\\x([0-9a-f]{2})")


def tree_of(case: Case, *, with_reader: bool = True) -> Tree:
    """Return the application of a case as a tree."""
    files: dict[bytes | str, Content] = dict(APPLICATIONS.get(case.base or "", {}))
    for path in case.without:
        del files[path]
    files.update({path: f"x = {crc32(path.encode())}\n" for path in case.small})
    files.update({path: binary(path, IMAGE_BYTES) for path in case.images})
    files.update({path: binary(path, LARGE_BYTES) for path in case.large})
    written = {**case.files, **(case.reader if with_reader else {})}
    files.update({path: content_of(path, file) for path, file in written.items()})
    executable = {path for path, file in written.items() if isinstance(file, Special) and file.executable}
    files = {f"{path}*" if path in executable else path: content for path, content in files.items()}
    for path, file in case.raw_files.items():
        files[raw_path(path)] = content_of(path, file)
    return memory_tree(files)


def raw_path(path: str) -> bytes:
    r"""Return the path that a case writes with \xNN."""
    return _ESCAPE.sub(lambda found: bytes([int(found[1], 16)]), path.encode())


def content_of(path: str, written: Written) -> Content:
    """Return the content of a file as a case writes it."""
    if not isinstance(written, Special):
        return written
    if written.link:
        return Path(written.link)
    return binary(written.like or path, written.bytes) if written.bytes else written.text


def binary(seed: str, size_bytes: int) -> bytes:
    """Return bytes that mention nothing and differ from those of another seed."""
    return (b"\0%d" % crc32(seed.encode())).ljust(size_bytes, b"\0")


def advice_on(case: Case, *, with_reader: bool = True) -> tuple[Tree, Advice]:
    """Return the tree of a case and the advice on it."""
    tree = tree_of(case, with_reader=with_reader)
    return tree, suggest_tree(tree, case.dialect)


def files_below(tree: Tree, paths: Iterable[str]) -> set[str]:
    """Return the files that these paths name, and those in the directories that they name."""
    names = [file.path.decode(errors="surrogateescape") for file in tree.files]
    found: set[str] = set()
    for path in (raw_path(path).decode(errors="surrogateescape") for path in paths):
        named = {name for name in names if name == path or name.startswith(f"{path}/")}
        assert named, f"the case has no {path}"
        found |= named
    return found


def told(item: Evidence) -> set[str]:
    """Return the ways in which a case may name a piece of evidence."""
    if item.path is None:
        return {item.text}
    path = item.path.decode(errors="surrogateescape")
    return {path, f"{path}:{item.line}"}


FILES = sorted({name.partition(":")[0] for name in ALL})


@pytest.mark.parametrize("file", FILES)
def test_the_cases_of_a_file_are_as_expected(file: str) -> None:
    each_row("name", [name for name in ALL if name.startswith(f"{file}: ")])(is_as_expected)()


def is_as_expected(name: str) -> None:
    case = ALL[name]
    tree, advice = advice_on(case)
    check_the_entries(tree, advice, case.dialect)
    gone = suggested(advice)
    expected = files_below(tree, case.suggested)
    assert sorted(expected - gone) == [], case.why
    assert sorted(files_below(tree, case.kept) & gone) == [], case.why
    lines = [f"{entry.pattern.decode()} {entry.tier.value}" for entry in advice.suggestions]
    missing = [
        entry for entry in case.entries if not any(line in (entry, f"{entry} {line.split()[-1]}") for line in lines)
    ]
    assert missing == [], lines
    if case.nothing_else:
        assert (len(lines) if case.entries else sorted(gone)) == (len(case.entries) or sorted(expected)), lines
    for path, holder in case.held_by.items():
        told_of_it = set(chain.from_iterable(told(item) for each in withheld(advice, path) for item in each.evidence))
        assert any(text == holder or text.startswith(f"{holder}: ") for text in told_of_it), told_of_it
    texts = [note.message for note in advice.notes]
    texts += [item.text for each in advice.withheld for item in each.evidence]
    for part in case.notes:
        assert any(part in text for text in texts), texts


@each_row("name", [name for name, case in ALL.items() if case.reader])
def test_without_its_reader_it_goes(name: str) -> None:
    tree, advice = advice_on(ALL[name], with_reader=False)
    assert sorted(files_below(tree, ALL[name].kept) - suggested(advice)) == [], ALL[name].why


def taken(tree: Tree, patterns: Iterable[bytes], dialect: Dialect) -> set[bytes]:
    """Return the files that these lines leave out."""
    rules = parse(b"\n".join(patterns), dialect)
    removed = decide(rules, dialect, Directory.from_files(tree.files), tree.links).removed
    below = tuple(path + b"/" for path in removed)
    return {file.path for file in tree.files if file.path in removed or file.path.startswith(below)}


def check_the_entries(tree: Tree, advice: Advice, read_as: Dialect) -> None:
    """Check that each entry takes what it shows, in both dialects, and that savings add up."""
    entries = advice.suggestions
    shown = {file.path for entry in entries for file in entry.files}
    out = taken(tree, [tree.slugignore or b""], read_as)
    for dialect in Dialect.GITIGNORE.pair:
        assert taken(tree, [entry.pattern for entry in entries], dialect) - out == shown
    assert not any(entry.pattern.startswith(b"!") for entry in entries)
    assert shown.isdisjoint(file.path for each in advice.withheld for file in each.files)
    for left, after in ((advice.written(), advice.after), (entries, advice.after_all)):
        saved = advice.before.compressed_bytes - after.compressed_bytes
        assert sum(entry.saves_compressed_bytes for entry in left) == saved
        assert sum(len(entry.files) for entry in left) == advice.before.files - after.files


# The format


@each_row(
    "text, message",
    [
        ('name = "a"\nwhy = "b"\nkept = ["c"]\nkepd = []\n', "unknown field `kepd`"),
        ('name = "a"\nwhy = "b"\nkept = ["c"]\nfiles = { d = { byte = 1 } }\n', "unknown field `byte`"),
        ('name = "a"\nwhy = "b"\nkept = "c"\n', r"Expected `array`, got `str` - at `\$.case\[0\].kept`"),
        ('name = "a"\nkept = ["c"]\n', "missing required field `why`"),
        ('name = "a"\nwhy = "b"\n', "a: expects nothing"),
        ('name = "a"\nwhy = "b"\nkept = ["c"]\nbase = "perl"\n', "a: no application perl"),
        ('name = "a"\nwhy = "b"\nkept = ["c"]\nbase = "node"\nwithout = ["x.js"]\n', "not in the base: x.js"),
        ('name = "a"\nwhy = "b"\nsuggested = ["c"]\nreader = { d = "e" }\n', "has a reader"),
        ('name = "a"\nwhy = "b"\nkept = ["c"]\n[[case]]\nname = "a"\nwhy = "b"\nkept = ["c"]\n', "is called: a"),
    ],
)
def test_what_is_wrong_with_a_case_is_said(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.toml"
    path.write_text("[[case]]\n" + text, "utf-8")
    with pytest.raises(msgspec.ValidationError, match=message):
        read_cases(path)


def test_a_path_that_the_case_does_not_have_is_an_error() -> None:
    with pytest.raises(AssertionError, match="the case has no docs"):
        files_below(memory_tree({"doc/a.md": "x"}), ["docs"])
