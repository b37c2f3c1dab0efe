"""Sides of a comparison to compare, and comparisons to render."""

from __future__ import annotations

import os
from collections.abc import Mapping

from msgspec.structs import replace

from slugtrim.diff.comparison import compare
from slugtrim.diff.difference import Aside, Diff, Listed, Part, Side
from slugtrim.files import REGULAR, File, Note, Source, SourceKind, Unreadable
from slugtrim.ignore import Dialect, Rule
from slugtrim.measurement import Total
from slugtrim.sizer import Overhead, with_overhead
from slugtrim.units import MIB
from tests.builders import Content
from tests.checks import in_file

RULE = Rule(line=3, text=b"/design", pattern=b"/design")
SHA1, SHA256 = 40, 64


def file(path: str, content: str = "", size: int = 10, mode: int = REGULAR) -> File:
    return File(path.encode(), size, mode, content.encode().hex().zfill(SHA1).encode() if content else None)


def listed(
    *files: File,
    shares: Mapping[bytes, int] | None = None,
    left_out: tuple[File, ...] = (),
    unread: tuple[bytes, ...] = (),
    parts: Mapping[bytes, Part] | None = None,
    is_compiled: bool = False,
) -> Listed:
    """A side with these files; a file weighs a tenth of its size unless ``shares`` says otherwise."""
    weights = {each.path: each.size_bytes // 10 for each in files} | dict(shares or {})
    side = Side(
        name="x",
        source=Source(kind=SourceKind.COMMIT, root=b"/app", rev="f" * 40),
        total=Total.of(files),
        compressed_bytes=sum(weights.values()) + 7,
        estimated=True,
        includes_buildpacks=is_compiled,
        unreadable=tuple(Unreadable(path=path, reason="gone") for path in unread),
    )
    return Listed(
        side=side,
        files=files,
        shares=weights,
        left_out={each.path: Aside(each, RULE) for each in left_out},
        parts=parts or {},
        unread=frozenset(unread),
    )


def diff(before: Listed, after: Listed) -> Diff:
    return compare(before, after, Dialect.GITIGNORE)


def _slug(name: str, version: str, *files: File) -> Listed:
    """A compiled slug with a package or two."""
    parts = {each.path: Part("Application") for each in files}
    parts |= {each.path: Part("Python packages", "django", version) for each in files if b"django" in each.path}
    shares = {each.path: each.size_bytes // 2 for each in files}
    side = Side(
        name=name,
        source=Source(kind=SourceKind.ARCHIVE, root=name.encode()),
        total=Total.of(files),
        compressed_bytes=sum(shares.values()) + 9000 + len(version),
        estimated=False,
        includes_buildpacks=True,
        notes=(Note(id="special-files", message="sockets, pipes and devices are not counted", paths=(b"run/x",)),),
    )
    return Listed(side=side, files=files, shares=shares, parts=parts)


BEFORE = _slug(
    "before.tgz",
    "4.2.1",
    file(".heroku/site-packages/django/db.py", "1", 28 * MIB),
    file(".heroku/site-packages/django-4.2.1.dist-info/METADATA", "m", 2000),
    file("app/same.py", "s", 1000),
    file("app/old name.py", "o", 1000),
)
AFTER = _slug(
    "after.tgz",
    "4.2.7",
    file(".heroku/site-packages/django/db.py", "2", 31 * MIB),
    file(".heroku/site-packages/django-4.2.7.dist-info/METADATA", "n", 2400),
    file("app/same.py", "s", 1000),
    file("lib/old name.py", "o", 1000),
)
SLUGS = diff(BEFORE, AFTER)
"""Two slugs that differ in the version of a package, and a file that moved."""


def _commit(listed_side: Listed, name: str, rev: str, compressed: int, overhead: Overhead | None = None) -> Listed:
    """The side under another name, and with what buildpacks add."""
    side = listed_side.side
    compiled = with_overhead(compressed, overhead) if overhead is not None else None
    return replace(
        listed_side,
        side=replace(
            side,
            name=name,
            source=Source(kind=SourceKind.COMMIT, root=b"/home/you/app", rev=rev),
            compressed_bytes=compressed,
            compiled=compiled,
            checkout=Total(files=900, size_bytes=150 * MIB),
        ),
    )


def hostile(name: bytes) -> Diff:
    """Commits with everything in them that a report has a place for, and this name wherever a name can stand."""
    word = name.decode("utf-8", "surrogateescape")
    rule = Rule(line=3, text=name, pattern=name)
    at = [File(prefix + name, 3000, REGULAR, b"%040d" % number) for number, prefix in enumerate((b"a/", b"b/", b"c/"))]
    moved = File(b"old-1.0/" + name, 3000, REGULAR, b"7" * 40)
    grown = File(b"lib-1.0/" + name, 3000, REGULAR, b"8" * 40)
    before = listed(*at[:2], moved, grown, unread=(b"gone/" + name,))
    before = replace(before, parts={at[0].path: Part(word, word, word)})
    after = listed(
        at[2],
        moved._replace(path=b"new/" + name),
        File(b"lib-2.0/" + name, 9000, REGULAR, b"9" * 40),
        File(b"gone/" + name + b"/x", 10, REGULAR, b"5" * 40),
    )
    after = replace(after, left_out={at[1].path: Aside(at[1], rule)}, parts={at[2].path: Part(word, word, word + "2")})
    overhead = Overhead(size_bytes=20 * MIB, origin=str(in_file(9)))
    return diff(
        _commit(before, word, "a" * 40, 2 * MIB, overhead),
        _commit(after, word, "b" * 40, 3 * MIB, overhead),
    )


def distribution(name: str, version: str, size: int) -> dict[bytes | str, Content]:
    """What pip leaves of a package of one file."""
    home = ".heroku/python/lib/python3.11/site-packages"
    record = f"{name}/__init__.py,,\n{name}-{version}.dist-info/METADATA,,\n{name}-{version}.dist-info/RECORD,,\n"
    return {
        f"{home}/{name}/__init__.py": os.urandom(size),
        f"{home}/{name}-{version}.dist-info/METADATA": f"Name: {name}\nVersion: {version}\n\n",
        f"{home}/{name}-{version}.dist-info/RECORD": record,
    }
