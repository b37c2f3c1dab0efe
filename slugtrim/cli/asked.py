"""Records of the options on a command line, one for each group. A lean start makes them as well."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from slugtrim.reports.text import Style


class TreeOptions(Struct, frozen=True, kw_only=True):
    """Which tree to measure, how its rules are read, and where its settings are."""

    rev: str | None
    prefix: bytes
    use_git: bool
    platform: str | None
    """None: as configured, else as the repository shows; so with the dialect."""
    dialect: str | None
    config: str | None
    """The settings file; None to search for one."""
    use_config: bool
    most_files: int
    """Maximum number of files and directories."""


class OutputOptions(Struct, frozen=True, kw_only=True):
    """Where the reports go, and in which formats."""

    format: str
    output: str
    reports: tuple[tuple[str, str], ...]
    """Further reports: format and file."""
    color: str
    quiet: bool
    verbose: bool

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Return every report to write, as format and file. Stdout is last, so that it is empty if a file fails."""
        return (*self.reports, (self.format, self.output))

    def has(self, name: str) -> bool:
        """Return True if one of the reports is in this format."""
        return any(each == name for each, _ in self.targets)

    def colored(self, target: str) -> bool:
        """Return True if what goes to ``target`` may have colour: as ``--color`` says, else on a terminal.

        The environment may set NO_COLOR or FORCE_COLOR.
        """
        if self.color != "auto":
            return self.color == "always"
        if target != "-" or os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or _is_terminal()

    def width(self, target: str) -> int:
        """Return the columns to fill: those of the terminal, at least 40; 80 for anything else."""
        if target != "-" or not _is_terminal():
            return 80
        import shutil

        return max(shutil.get_terminal_size().columns, 40)

    def style(self, target: str) -> Style:
        """Return how text that goes to ``target`` looks. Only a terminal gets bars, and names cut to its width."""
        from slugtrim.reports.text import ASCII, BLOCKS, Style  # JSON does without

        is_terminal = target == "-" and _is_terminal()
        has_blocks = is_terminal and (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
        return Style(
            width=self.width(target),
            color=self.colored(target),
            full=self.verbose,
            brief=self.quiet,
            bars="" if not is_terminal else BLOCKS if has_blocks else ASCII,
            cuts=is_terminal and not self.verbose,
        )


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
