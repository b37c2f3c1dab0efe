#!/usr/bin/env python3
"""The figures of benchmarks, as rows of Markdown tables.

usage: benchmarks/releases.py

Reads what `benchmarks/run.py --json benchmarks/results/VERSION.json` has kept for each release. The table stands in
`docs/sizes.md`, where `python -m tests.examples` writes it. So it does with the predictions of compiled slugs in
`docs/prediction.md`, which `benchmarks/compiled.py table --keep benchmarks/compiled.json` has kept.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

RESULTS = Path(__file__).with_name("results")
COMPILED = Path(__file__).with_name("compiled.json")
_AGAINST = "git archive | gzip -6"
_RATIOS = ("cold", "suggest, cold")
"""Commands whose time follows the size of the application, so that only a ratio says anything."""
_TIMES = (
    "known tree",
    "work tree, known, as text",
    "work tree, one file changed",
    "hook, known tree",
    "suggest, again",
)


class Figures(Struct, frozen=True, kw_only=True):
    """What one command took."""

    seconds: float
    cpu_seconds: float
    peak_bytes: int


class Predicted(Struct, frozen=True, kw_only=True):
    """What the packages of one application weigh, and how far they were predicted."""

    name: str
    manager: str
    held: bool
    keeps_development: bool
    bytes: int
    installed: tuple[int, int, int]
    """Low, expected, high."""
    locks: tuple[int, int, int]


def main() -> int:
    for row in rows():
        print(row)
    return 0


def rows(directory: Path = RESULTS) -> list[str]:
    """Return a row for each release and application, the oldest release first."""
    return [row for path in sorted(directory.glob("*.json"), key=_version) for row in _rows_of(path)]


def predictions(kept: Path = COMPILED) -> list[str]:
    """Return a row for each application whose packages were really installed."""
    rows = []
    for each in msgspec.json.decode(kept.read_bytes(), type=list[Predicted]):
        marks = [mark for mark, holds in (("all", each.keeps_development), ("held", each.held)) if holds]
        manager = f"{each.manager} ({', '.join(marks)})" if marks else each.manager
        rows.append(
            f"| {manager} | {each.bytes / 1e6:.1f} | {_told(each.installed, each)} | {_told(each.locks, each)} |"
        )
    return rows


def _told(prediction: tuple[int, int, int], truth: Predicted) -> str:
    low, expected, high = prediction
    outside = "" if low <= truth.bytes <= high else ", outside"
    percent = round((expected / truth.bytes - 1) * 100)
    error = f"{percent:+}%" if percent else "0%"
    return f"{error} ({low / 1e6:.1f} to {high / 1e6:.1f}{outside})"


def _version(path: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in path.stem.split(".") if part.isdigit())


def _rows_of(path: Path) -> Iterator[str]:
    kept = msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Figures]])
    for application, commands in kept.items():
        cells = [path.stem, application, *_cells(commands)]
        yield f"| {' | '.join(cells)} |"


def _cells(commands: Mapping[str, Figures]) -> Iterator[str]:
    for name in _RATIOS:
        yield f"{commands[name].seconds / commands[_AGAINST].seconds:.2f}"
    for name in _TIMES:
        yield f"{commands[name].seconds * 1000:.0f}"
    yield f"{max(figures.peak_bytes for name, figures in commands.items() if name in _RATIOS) / 2**20:.0f}"


if __name__ == "__main__":
    sys.exit(main())
