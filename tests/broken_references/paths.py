"""Paths that code puts together: joined parts, a base and a word, interpolated values, globs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from msgspec.structs import replace

from tests.broken_references.reference import Kind, Lines, Reference, References
from tests.broken_references.repository import Repository, above, joined

_PART = r"""(?:'[^'"\n\\`]{1,120}'|"[^'"\n\\`]{1,120}"|`[^'"\n\\`$]{1,120}`)"""
_NEXT = rf"\s{{0,40}}(?:,|/|\+|\.)\s{{0,40}}{_PART}"
_JOINED = re.compile(rf"{_PART}(?:{_NEXT}){{1,6}}")
_BASE = re.compile(
    r"(?:\b__dirname\b|\bprocess\.cwd\(\)|\b\w*(?:BASE|ROOT|base|root|HERE|here|PROJECT|project|parent|APP|app)(?:_?(?:DIR|dir|PATH|path))?\b"
    rf"|\bparents\[\d\]|\b__DIR__\b|\b__file__\b\)*|\bcwd\(\))[)\]]{{0,3}}\s{{0,9}}(?:,|/|\+|\.|\.joinpath\(|\.join\()\s{{0,9}}({_PART})"
)
_OPENS = re.compile(
    r"(?:\b(?:open|read|readFile|readFileSync|createReadStream|readdir|readdirSync|opendir|listdir|scandir|walk|Path|iterdir"
    r"|File\.(?:open|read|readlines|foreach|new)|Dir\.(?:entries|children|each_child|foreach|new)|YAML\.load_file|load_file"
    r"|IO\.read|CSV\.(?:foreach|read|open)|send_file|sendFile|sendfile|sendFromDirectory|send_from_directory|FileResponse"
    r"|read_(?:csv|excel|json|parquet|pickle|feather)|loadtxt|genfromtxt|load_model|from_pretrained|load_workbook|imread"
    r"|ReadFile|ReadDir|ParseFiles|ParseGlob|file_get_contents|fopen|scandir|base_path|resource_path|database_path|public_path"
    rf"|storage_path|app_path|config_path|DocxTemplate|ImageFont\.truetype|Image\.open)\s?\(?\s?)({_PART})"
)
_FILLED = re.compile(
    r"""`(?P<js>[^`\n\\]{0,200}\$\{[^`\n]{1,200})` | \bf(?P<q>['"])(?P<py>[^'"\n]{0,200}\{[^'"\n]{1,200})(?P=q)
    | "(?P<rb>[^"\n]{0,200}\#\{[^"\n]{1,200})" | (?P<q2>['"])(?P<plus>[^'"\n]{2,200}/)(?P=q2)\s?\+\s?[\w.\[\]()]{1,60}
      (?:\s?\+\s?(?P<q3>['"])(?P<end>[^'"\n]{1,40})(?P=q3))?""",
    re.VERBOSE,
)
_VALUE = re.compile(r"\$\{[^{}]*\}|#\{[^{}]*\}|\{[^{}]*\}")
_GLOB = re.compile(r"(['\"`])([\w./@~-]{1,80}/[\w./*?@{},!-]{0,120}\*[\w./*?{},-]{0,60})\1")
_OF_TESTS = re.compile(
    r"(?i)(^|/)(tests?|__\w+__|specs?|stories)/|[._-](test|spec|stories)\.\w+$|\.(psd|sketch|map|orig)$"
)
_COMMENTED = re.compile(r"^\s*(//|#(?!\{)|\*|/\*|--|<!--)|(^|\s)(//|#)\s")
_HARMLESS = re.compile(
    r"""(?ix) \b(exists?\??|isfile|isdir|is_file|is_dir|existsSync|file_exists|file\?|directory\?|exist\?|pathExists
    |accessSync) \s*[(\s] | \b(mkdir\w*|makedirs|mkdir_p|writeFile\w*|to_csv|rmtree|rm_rf|unlink\w*|outDir|outputDir
    |output|outfile|STATIC_ROOT|dest|ignored?|exclude[sd]?|except|watch\w*|coverage\w*|setupFiles\w*|testMatch|testRegex
    |fixture_replacement|test_framework
    |testPathIgnorePatterns|globalSetup|spec_dir|preview_paths?)\b | ,\s*["'][wa]b?\+?["'] | elixirc_paths\(:test\)"""
)
"""On the same line: it asks first, only writes, or says what tests, watchers and exclusions take."""


def is_harmless(line: str) -> bool:
    """Whether nothing breaks at deploy if what this line names is absent."""
    return bool(_HARMLESS.search(line[:4000]))


def line_around(text: str, position: int) -> str:
    """The line that a position of the text is in, as far as it reaches 2,000 characters to either side."""
    start = text.rfind("\n", max(0, position - 2000), position) + 1 or max(0, position - 2000)
    end = text.find("\n", position, position + 2000)
    return text[start : end if end >= 0 else position + 2000]


def path_references(repository: Repository, path: str) -> References:
    """Everything that is put together on one line."""
    text = repository.text(path)
    lines = Lines(text, Kind.LITERAL)
    for position, written, targets in _each(repository, path, text):
        line = line_around(text, position)
        start = text.rfind("\n", max(0, position - 2000), position) + 1
        if not _COMMENTED.search(text[start : position + 1][:2000]):
            yield replace(lines.at(position, written, targets), at_deploy=not is_harmless(line))
    yield from _filled(repository, path, lines)


def _each(repository: Repository, path: str, text: str) -> Iterator[tuple[int, str, list[str]]]:
    for match in _JOINED.finditer(text):
        parts = re.findall(_PART, match[0])
        written = "/".join(part[1:-1].strip("/") for part in parts)
        if there := _places(repository, path, written):
            yield match.start(), written, there
    for pattern in (_BASE, _OPENS):
        for match in pattern.finditer(text):
            written = match[1][1:-1]
            if there := _places(repository, path, written):
                yield match.start(1), written, there
    for match in _GLOB.finditer(text):
        if there := _matching(repository, path, match[2]):
            yield match.start(), match[2], there


def _places(repository: Repository, reader: str, written: str) -> list[str]:
    """Files and directories that it may be, from any directory above the reader."""
    written = written.lstrip("/")
    found = [joined(directory, written) for directory in above(reader)] if re.search(r"\w", written) else []
    return [target for target in found if target and target in repository]


def _matching(repository: Repository, reader: str, pattern: str) -> list[str]:
    fixed = posixpath.dirname(re.split(r"[*?{]", pattern)[0])
    if not re.search(r"\w", fixed):
        return []
    found: list[str] = []
    for directory in above(reader):
        start = joined(directory, fixed)
        if start and start in repository.directories:
            found += repository.below(start)
    ends = re.search(r"\.(\w+)$", pattern)
    return [target for target in found if not ends or target.endswith(ends[0])]


def _filled(repository: Repository, path: str, lines: Lines) -> Iterator[Reference]:
    """Each file that a path with values in it may be: `./pages/${name}.md`."""
    for match in _FILLED.finditer(lines.text):
        written = match["js"] or match["py"] or match["rb"] or f"{match['plus']}{{}}{match['end'] or ''}"
        pattern = _VALUE.sub("\0", written)
        if re.search(r"[<>\s|;=(),]", pattern) or "://" in pattern:
            continue
        pattern = re.sub(r"^\0/?", "", pattern)
        fixed = posixpath.dirname(pattern.partition("\0")[0])
        if not re.search(r"\w", fixed):
            continue
        line = line_around(lines.text, match.start())
        expression = re.compile(re.escape(pattern.lstrip("./")).replace("\0", r"[^\s]*"))
        for directory in above(path):
            start = joined(directory, fixed.lstrip("/"))
            if not start or start not in repository.directories or _COMMENTED.search(line.partition(written)[0]):
                continue
            for target in repository.below(start):
                if expression.search(target) and not _OF_TESTS.search(target):
                    yield replace(lines.at(match.start(), written, [target]), at_deploy=not is_harmless(line))
