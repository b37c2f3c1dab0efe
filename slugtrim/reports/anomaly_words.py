"""What is odd about an archive, as sentences without their point."""

from __future__ import annotations

from collections.abc import Sequence

from slugtrim.archive import Anomaly, AnomalyKind
from slugtrim.files import quoted

MESSAGES = {
    AnomalyKind.ABSOLUTE_NAME: "an absolute name, which tar unpacks somewhere else",
    AnomalyKind.DOT_DOT_NAME: "a name with .., which leads out of the archive",
    AnomalyKind.NO_NAME: "an entry without a name",
    AnomalyKind.NAME_TOO_LONG: "a name longer than Linux takes",
    AnomalyKind.NAME_WITH_NUL: "a name with a NUL byte in it",
    AnomalyKind.NAME_NOT_UTF_8: "a name that is not UTF-8",
    AnomalyKind.LINK_OUT: "a link out of the slug",
    AnomalyKind.LINK_WITHOUT_TARGET: "a link without a target",
    AnomalyKind.HARD_LINK_TO_NOTHING: "a hard link to what is not in the archive before it",
    AnomalyKind.PATH_THROUGH_LINK: "a path through a symlink of the archive",
    AnomalyKind.PATH_THROUGH_FILE: "a path through a file of the archive",
    AnomalyKind.DUPLICATE_ENTRY: "a path that is there several times: the last one counts, and all of them weigh",
    AnomalyKind.DEVICE: "a device",
    AnomalyKind.FIFO: "a named pipe",
    AnomalyKind.SET_ID: "a program that would run with the rights of its owner or group",
    AnomalyKind.SPARSE_FILE: "a sparse file, which unpacks to more than is archived of it",
    AnomalyKind.UNKNOWN_TYPE: "an entry of an unknown type",
    AnomalyKind.NO_END: "no end mark, so that some of it may be missing",
    AnomalyKind.TRAILING_DATA: "data behind its end, which weighs",
}


def kinds(anomalies: Sequence[Anomaly]) -> dict[AnomalyKind, list[Anomaly]]:
    """All of a kind together, in the order in which they came up."""
    found: dict[AnomalyKind, list[Anomaly]] = {}
    for anomaly in anomalies:
        found.setdefault(anomaly.kind, []).append(anomaly)
    return found


def shown(anomaly: Anomaly) -> str:
    """The entry, and where it leads."""
    path = quoted(anomaly.path)
    return path if anomaly.detail is None else f"{path} -> {quoted(anomaly.detail)}"
