"""Records of compiled slugs, made by hand: a small one, and one that has something of everything."""

from __future__ import annotations

from msgspec.structs import replace

from slugtrim.anatomy.catalog import Anatomy, Bulk, Group, Lever, Origin, Package, Waste, WastePlace
from slugtrim.archive.entries import Anomaly, AnomalyKind, Format
from slugtrim.audit import LimitUse, PathSize, limit_uses
from slugtrim.files import Note, Source, SourceKind, Unreadable
from slugtrim.inspection import Inspection
from slugtrim.measurement import Total
from slugtrim.sizer import AverageSide, SizeClass
from slugtrim.suggester.records import Tier
from slugtrim.units import KIB, MIB

HOSTILE = b"\xff|`<b>@everyone\x1b[31m\n"


def bulk(files: int, size_bytes: int, compressed_bytes: int) -> Bulk:
    return Bulk(files=files, size_bytes=size_bytes, compressed_bytes=compressed_bytes)


def _group(id_: str, name: str, origin: Origin, weight: Bulk, *packages: Package) -> Group:
    return Group(id=id_, name=name, origin=origin, bulk=weight, packages=packages)


def _package(group: str, name: str, versions: tuple[str, ...], weight: Bulk, *paths: bytes) -> Package:
    return Package(name=name, versions=versions, copies=len(paths), group=group, bulk=weight, paths=paths)


def _limits(compressed_bytes: int) -> tuple[LimitUse, ...]:
    uses = limit_uses(compressed_bytes, Total(files=0, size_bytes=0))
    return tuple(use for use in uses if not use.limit.of_checkout)


SOURCE_ONLY = bulk(2, 3 * KIB, KIB)
MINIMAL = Inspection(
    source=Source(kind=SourceKind.ARCHIVE, root=b"slug.tgz"),
    format=Format.GZIP,
    root=b"./app/",
    slug=Total(files=2, size_bytes=3 * KIB),
    entries=3,
    compressed_bytes=KIB,
    estimated=False,
    structure_bytes=0,
    size_class=SizeClass.SMALL,
    average_side=AverageSide.BELOW,
    anatomy=Anatomy(groups=(_group("application", "Your source", Origin.APPLICATION, SOURCE_ONLY),), waste=()),
    largest=(),
    directories=(),
    limits=_limits(KIB),
    anomalies=(),
    unreadable=(),
    notes=(),
)
"""A slug of two files of source."""

_CACHE = bulk(40, 6 * MIB, 2 * MIB)
_STRIPPED = bulk(1, 12 * MIB, 4 * MIB)
_SMALL = bulk(3, 4 * KIB, KIB)

RICH = replace(
    MINIMAL,
    source=Source(kind=SourceKind.ARCHIVE, root=b"/tmp/" + HOSTILE + b".tgz"),
    slug=Total(files=1543, size_bytes=150 * MIB),
    entries=1700,
    compressed_bytes=60 * MIB,
    structure_bytes=100 * KIB,
    size_class=SizeClass.AVERAGE,
    average_side=AverageSide.AT_OR_ABOVE,
    anatomy=Anatomy(
        groups=(
            _group(
                "node-packages",
                "Node packages",
                Origin.BUILD,
                bulk(1500, 140 * MIB, 55 * MIB),
                _package("node-packages", "next", ("13.4.4",), bulk(900, 90 * MIB, 40 * MIB), b"node_modules/next"),
                _package(
                    "node-packages",
                    "@s/" + HOSTILE.decode("utf-8", "surrogateescape"),
                    ("4.0.0", "3.0.0", "2.0.0", "1.0.0"),
                    bulk(10, MIB, 200 * KIB),
                    *(b"node_modules/%d/node_modules/@s/" % number + HOSTILE for number in range(5)),
                ),
            ),
            _group("caches", "Caches", Origin.BUILD, _CACHE),
            _group("application", "Your source", Origin.APPLICATION, bulk(3, 4 * MIB, 3 * MIB - 100 * KIB)),
        ),
        waste=(
            Waste(
                id="unstripped-node",
                tier=Tier.CONDITIONAL,
                lever=Lever.HOOK,
                reason="Symbols",
                cure="strip them",
                bulk=bulk(1, 90 * MIB, 30 * MIB),
                saves=_STRIPPED,
                places=(WastePlace(path=b".heroku/node/bin/node", saves=_STRIPPED),),
            ),
            Waste(
                id="node-build-caches",
                tier=Tier.SAFE,
                lever=Lever.HOOK,
                reason="Only the next build reads them",
                cure='"heroku-cleanup": "rm -rf x"',
                bulk=_CACHE,
                saves=_CACHE,
                places=tuple(
                    WastePlace(path=b"%d/" % number + HOSTILE, saves=bulk(10, 2 * MIB, MIB // 2)) for number in range(4)
                ),
            ),
            Waste(
                id="type-packages",
                tier=Tier.CONDITIONAL,
                lever=Lever.REQUIREMENT,
                reason="Types",
                cure="Move them",
                bulk=_SMALL,
                saves=_SMALL,
                places=(WastePlace(path=b"node_modules/@types/x", saves=_SMALL),),
            ),
            Waste(
                id="puppeteer",
                tier=Tier.CONDITIONAL,
                lever=Lever.REQUIREMENT,
                reason="It downloads a browser",
                cure="Require puppeteer-core",
                bulk=bulk(5, MIB, 300 * KIB),
                saves=None,
                places=(WastePlace(path=b"node_modules/puppeteer", saves=bulk(5, MIB, 300 * KIB)),),
            ),
        ),
    ),
    largest=(PathSize(path=HOSTILE, files=1, size_bytes=90 * MIB, compressed_bytes=30 * MIB),),
    directories=(PathSize(path=b"node_modules", files=1500, size_bytes=140 * MIB, compressed_bytes=55 * MIB),),
    limits=_limits(60 * MIB),
    anomalies=(
        *(Anomaly(kind=AnomalyKind.LINK_OUT, path=b"%d" % number, detail=b"/etc/" + HOSTILE) for number in range(7)),
        Anomaly(kind=AnomalyKind.NAME_NOT_UTF_8, path=HOSTILE),
        Anomaly(kind=AnomalyKind.NO_END, path=b""),
    ),
    unreadable=(Unreadable(path=HOSTILE, reason="Permission denied"),),
    notes=(Note(id="metadata-too-large", message="too large"),),
)
"""Something of everything, with names that nobody should print as they are."""
