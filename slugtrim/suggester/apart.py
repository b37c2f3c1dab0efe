"""Findings that no line of a ``.slugignore`` settles: unused assets, and data of people."""

from __future__ import annotations

import re
from collections.abc import Iterable

from slugtrim.files import File
from slugtrim.suggester.record import Suggestion, Withheld

_ASSETS = frozenset(b"png jpg jpeg gif webp avif bmp tif tiff heic svg ico eot ttf otf woff woff2".split())
"""Extensions of pictures, icons and fonts."""
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
_APART = re.compile(rb"(?i)(?:\A|/)(?:tests?|specs?|__tests__|fixtures|testdata|examples?|node_modules|vendor)/")
"""Directories of data that somebody made up, or of other people's code."""


def without_assets(entries: Iterable[Suggestion], slug_bytes: int) -> tuple[list[Suggestion], list[File]]:
    """Return the entries for ``.slugignore``, and the unused pictures, icons and fonts that are not worth a line each.

    A directory is one line whatever it holds. Of single files the heaviest few have lines, and what is a hundredth of
    the slug of ``slug_bytes``, compressed.
    """
    given = list(entries)
    single = [entry for entry in given if _is_single_asset(entry)]
    single.sort(key=lambda entry: (-entry.saves_compressed_bytes, entry.pattern))
    heavy = [entry for entry in single if entry.saves_compressed_bytes >= _HEAVY_BYTES][:_MOST_LINES]
    worth_bytes = max(_HEAVY_BYTES, slug_bytes // 100)
    heavy += [entry for entry in single[_MOST_LINES:_MOST_HEAVY_LINES] if entry.saves_compressed_bytes >= worth_bytes]
    apart = {entry.pattern for entry in single} - {entry.pattern for entry in heavy}
    found = [entry for entry in given if entry.pattern not in apart]
    return found, sorted(file for entry in given if entry.pattern in apart for file in entry.files)


def _is_single_asset(entry: Suggestion) -> bool:
    return (
        entry.category == _ASSET_CATEGORY
        and len(entry.files) == 1
        and entry.pattern == b"/" + entry.files[0].path
        and _is_asset(entry.files[0])
    )


def _is_asset(file: File) -> bool:
    return file.path.rpartition(b".")[2].lower() in _ASSETS


def personal_data(
    kept: Iterable[File], entries: Iterable[Suggestion], withheld: Iterable[Withheld]
) -> tuple[File, ...]:
    """Return the files that may hold data of people, the heaviest first: dumps, databases, logs, backups."""
    lots = [*((each.category, each.files) for each in entries), *((each.category, each.files) for each in withheld)]
    named = [file for category, files in lots if category in _PERSONAL_CATEGORIES for file in files]
    found = {
        file
        for file in named
        if _PERSONAL.search(file.path) and (file.size_bytes >= _SCRIPT_BYTES or not _SCRIPT.search(file.path))
    }
    found |= {file for file in kept if _SURELY_PERSONAL.search(file.path)}
    told = (file for file in found if file.size_bytes >= _LEAST_PERSONAL_BYTES and not _APART.search(file.path))
    return tuple(sorted(told, key=lambda file: (-file.size_bytes, file.path)))
