"""Findings that no line of a ``.slugignore`` settles: assets that no file mentions, and data of people."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from urllib.parse import unquote_to_bytes

from slugtrim.files import Contents, File
from slugtrim.suggester.facts import may_refer
from slugtrim.suggester.path_index import parent
from slugtrim.suggester.records import Grade, Suggestion, Withheld

_ASSETS = frozenset(b"png jpg jpeg gif webp avif bmp tif tiff heic svg ico eot ttf otf woff woff2".split())
"""Extensions of pictures, icons and fonts."""
_WRITTEN = re.compile(rb"[\w./%~@+\x80-\xff-]++")
"""What may be a path; names with spaces and other signs are sought as they are."""


def is_asset(path: bytes) -> bool:
    """Return True for pictures, icons and fonts."""
    return path.rpartition(b".")[2].lower() in _ASSETS


def mentioned(
    assets: Iterable[bytes],
    kept: Iterable[File],
    names: Mapping[bytes, Collection[bytes]],
    reached: Collection[bytes],
) -> Mapping[bytes, bool]:
    """Return the assets that a file of the slug mentions, and whether a deploy reaches one that does.

    A mention is the name of the file; with a directory before it, that must be the file's as well, unless the name is
    the only one of its kind. ``names`` are the result of ``asset_names``.
    """
    by_name: dict[bytes, list[bytes]] = defaultdict(list)
    for path in assets:
        by_name[_name(path)].append(path)
    others = {_name(file.path) for file in kept if file.path not in by_name.get(_name(file.path), ())}
    found: dict[bytes, bool] = {}
    for reader, mentions in names.items():
        for mention in mentions:
            for path in _meant(mention, by_name, others):
                if path != reader:
                    found[path] = found.get(path, False) or reader in reached
    return found


def asset_names(assets: Collection[bytes], kept: Sequence[File], contents: Contents) -> dict[bytes, Collection[bytes]]:
    """Return what may be the path of one of ``assets`` in each file of the slug, in lower case, by the file's path.

    Each file is read that may refer to others, if there are any assets.
    """
    names = {_name(path) for path in assets}
    ends = {b"." + name.rpartition(b".")[2] for name in names}
    odd = [name for name in names if not _WRITTEN.fullmatch(name)]
    files = [file for file in kept if may_refer(file)] if names else []
    with contents.open() as reader:
        found = (
            (file.path, _mentions((content or b"").lower(), ends, odd))
            for file, content in zip(files, reader.batch(files), strict=True)
        )
        return {path: mentions for path, mentions in found if mentions}


def _mentions(content: bytes, ends: Collection[bytes], odd: Iterable[bytes]) -> set[bytes]:
    """Return what may be the path of a file with one of the ends, and those of the ``odd`` names that there are."""
    if not any(end in content for end in ends):
        return set()
    written = {each.rstrip(b".-") for each in _WRITTEN.findall(content)}
    found = {unquote_to_bytes(each) for each in written if b"." + each.rpartition(b".")[2] in ends}
    return found.union(name for name in odd if name in content)


def _meant(mention: bytes, by_name: Mapping[bytes, list[bytes]], others: Collection[bytes]) -> Iterator[bytes]:
    name, directory = _name(mention), _name(parent(mention))
    is_only = len(by_name.get(name, ())) == 1 and name not in others
    for path in by_name.get(name, ()):
        if is_only or directory in (b"", b".", b"..", _name(parent(path))):
            yield path


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2].lower()


_ASSET_CATEGORY = "media"
_LEAST_PERSONAL_BYTES = 512
"""A smaller one is a statement, and no dump."""
_MOST_LINES = 5
_MOST_HEAVY_LINES = 20
_HEAVY_BYTES = 64 * 1024
_PERSONAL_CATEGORIES = frozenset(["dumps", "backups", "logs", "data"])
_PERSONAL = re.compile(
    rb"(?i)\.(?:sql|dump|pgdump|sqlite3?|db3?|mdb|accdb|rdb|log)(?:\.(?:gz|bz2|xz|zip))?\Z"
    rb"|(?:\A|[/_.-])(?:backups?|dumps?|exports?)(?=[/_.-])[^/]*\.(?:json|csv|ya?ml|xml|xlsx?|zip|t?gz|bak)\Z"
)
"""Names of databases, dumps and logs, and of data that is a backup or an export: of a candidate."""
_SURELY_PERSONAL = re.compile(
    rb"(?i)\.(?:dump|pgdump)\Z|(?:\A|[/_.-])(?:backups?|dumps?)(?:[_.-]\w{0,40}){0,3}\.(?:sql|json|csv|gz|zip)\Z"
)
"""The same of any file."""
_SCRIPT = re.compile(rb"(?i)\.sql\Z")
_SCRIPT_BYTES = 64 * 1024
"""SQL of fewer bytes is a query or a script, unless its name says otherwise."""
_READ_BYTES = 4 << 20
"""Larger SQL is data without being read."""
_ROWS = re.compile(
    rb"(?i)\bINSERT\s{1,20}(?:IGNORE\s{1,20})?INTO\b|\bFROM\s{1,20}stdin\b"
    rb"|\b(?:PostgreSQL database|MySQL|MariaDB) dump\b"
)
_STATEMENT = re.compile(rb"(?i)\b(?:SELECT|CREATE|ALTER|DROP|UPDATE|DELETE|GRANT)\s")
_APART = re.compile(rb"(?i)(?:\A|/)(?:tests?|specs?|__tests__|fixtures|testdata|examples?|node_modules|vendor)/")
"""Directories of data that somebody made up, or of other people's code."""


def without_assets(
    entries: Iterable[Suggestion], slug_bytes: int, mentions: Mapping[bytes, bool] | None = None
) -> tuple[list[Suggestion], list[File]]:
    """Return the entries for ``.slugignore``, and the unused pictures, icons and fonts that are not worth a line each.

    A directory is one line whatever it holds. Of single files the heaviest few have lines, and what is a hundredth of
    the slug of ``slug_bytes``, compressed. One that a file mentions stays in git; if a deploy reaches that file, it
    stays in the slug as well. ``mentions`` are those, and whether a deploy does.
    """
    mentions = mentions or {}
    given = [each for each in entries if not (_is_single_asset(each) and mentions.get(each.files[0].path))]
    single = [entry for entry in given if _is_single_asset(entry)]
    single.sort(key=lambda entry: (-entry.saves_compressed_bytes, entry.pattern))
    heavy = [entry for entry in single if entry.saves_compressed_bytes >= _HEAVY_BYTES][:_MOST_LINES]
    worth_bytes = max(_HEAVY_BYTES, slug_bytes // 100)
    heavy += [entry for entry in single[_MOST_LINES:_MOST_HEAVY_LINES] if entry.saves_compressed_bytes >= worth_bytes]
    apart = {entry.pattern for entry in single} - {entry.pattern for entry in heavy}
    found = [entry for entry in given if entry.pattern not in apart]
    files = (file for entry in given if entry.pattern in apart for file in entry.files)
    return found, sorted(file for file in files if file.path not in mentions)


def _is_single_asset(entry: Suggestion) -> bool:
    return (
        entry.category == _ASSET_CATEGORY
        and len(entry.files) == 1
        and entry.pattern == b"/" + entry.files[0].path
        and is_asset(entry.files[0].path)
    )


def personal_data(
    kept: Iterable[File], entries: Collection[Suggestion], withheld: Collection[Withheld], contents: Contents
) -> tuple[File, ...]:
    """Return the files that may hold data of people, the heaviest first: dumps, databases, logs, backups.

    SQL that a file names is a script, and so is SQL without any rows.
    """
    lots = [*((each.category, each.files) for each in entries), *((each.category, each.files) for each in withheld)]
    named = [file for category, files in lots if category in _PERSONAL_CATEGORIES for file in files]
    found = {
        file
        for file in named
        if _PERSONAL.search(file.path) and (file.size_bytes >= _SCRIPT_BYTES or not _SCRIPT.search(file.path))
    }
    found |= {file for file in kept if _SURELY_PERSONAL.search(file.path)}
    told = [file for file in found if file.size_bytes >= _LEAST_PERSONAL_BYTES and not _APART.search(file.path)]
    called = {file for each in entries if each.grade is not Grade.UNREACHED for file in each.files}
    called.update(file for each in withheld if each.chain for file in each.files)
    told = [file for file in told if not (_SCRIPT.search(file.path) and file in called)]
    scripts = [file for file in told if _SCRIPT.search(file.path) and file.size_bytes <= _READ_BYTES]
    if scripts:
        with contents.open() as reader:
            read = zip(scripts, reader.batch(scripts), strict=True)
            empty = {file for file, content in read if content is not None and _is_script(content)}
        told = [file for file in told if file not in empty]
    return tuple(sorted(told, key=lambda file: (-file.size_bytes, file.path)))


def _is_script(content: bytes) -> bool:
    return _STATEMENT.search(content) is not None and _ROWS.search(content) is None
