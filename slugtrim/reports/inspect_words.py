"""What every format says of a compiled slug."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.anatomy import Origin, Package, Waste
from slugtrim.archive import Format
from slugtrim.inspection import Inspection
from slugtrim.reports.blocks import safe
from slugtrim.reports.style import plural, size
from slugtrim.suggester.record import Tier

_LITTLE_BYTES = 64 << 10
_LITTLE_SHARE = 100
_VERSIONS = 3


def measured_as(inspection: Inspection) -> str:
    """What the size is that of."""
    match inspection.format:
        case Format.GZIP:
            return "The archive's own size, with what buildpacks brought"
        case Format.TAR:
            return "Estimated: as gzip would make it of this tar"
        case Format.DIRECTORY:
            return "Estimated: as tar and gzip would make it of this directory"


def share(part_bytes: int, whole_bytes: int) -> str:
    """``44 %``, ``<1 %``."""
    percent = part_bytes * 100 // max(whole_bytes, 1)
    return f"{percent} %" if percent or not part_bytes else "<1 %"


def origins(inspection: Inspection) -> str:
    """Yours against the build's, as one sentence."""
    own = inspection.anatomy.of_origin(Origin.APPLICATION).compressed_bytes
    built = inspection.anatomy.of_origin(Origin.BUILD).compressed_bytes
    whole = inspection.compressed_bytes
    brought = f"{size(built)} ({share(built, whole)}) what the build brought"
    return f"{size(own)} ({share(own, whole)}) is your source, {brought}"


def package_name(package: Package) -> str:
    """Name, versions, and how many copies there are if there are several."""
    versions = ", ".join(package.versions[:_VERSIONS])
    more = len(package.versions) - _VERSIONS
    versions += f" and {more} more" if more > 0 else ""
    copies = f" ({package.copies} copies)" if package.copies > 1 else ""
    return safe(f"{package.name} {versions}".rstrip()) + copies


def savings(inspection: Inspection) -> str:
    """What all waste of a known saving comes to, as one sentence; empty where nobody knows of any."""
    sums = [
        (inspection.anatomy.saves(Tier.SAFE).compressed_bytes, "that no running application needs"),
        (inspection.anatomy.saves(Tier.CONDITIONAL).compressed_bytes, "on condition"),
    ]
    whole = inspection.compressed_bytes
    return ", ".join(f"{size(saved)} ({share(saved, whole)}) {what}" for saved, what in sums if saved)


def telling(inspection: Inspection) -> tuple[list[Waste], list[Waste]]:
    """The kinds of waste to show, and those that save next to nothing."""
    shown: list[Waste] = []
    little: list[Waste] = []
    for waste in inspection.anatomy.waste:
        saves = (waste.saves if waste.saves is not None else waste.bulk).compressed_bytes
        is_little = saves < _LITTLE_BYTES and saves * _LITTLE_SHARE < inspection.compressed_bytes
        (little if is_little and waste.saves is not None else shown).append(waste)
    return shown, little


def rest(waste: Sequence[Waste], flag: str) -> str:
    """A line for those that are not shown; ``flag`` shows them."""
    together = sum(each.saves.compressed_bytes for each in waste if each.saves is not None)
    return f"… and {plural(len(waste), 'smaller kind')}, {size(together)} together ({flag})"
