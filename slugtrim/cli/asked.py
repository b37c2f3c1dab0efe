"""What the options of a command line ask for, one record for each group of them. A lean start fills them in as well."""

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
    dialect: str | None
    """None: as configured."""
    config: str | None
    """The file to read settings from; None for the one that is found."""
    use_config: bool
    most_files: int
    """Files and directories that a tree may have."""


class OutputOptions(Struct, frozen=True, kw_only=True):
    """Where the report goes, in which formats."""

    format: str
    output: str
    reports: tuple[tuple[str, str], ...]
    """Further reports: format and file."""
    color: str
    quiet: bool
    verbose: bool

    @property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Every report to write, as format and file, ``-`` being stdout; last, so that it is empty if a file fails."""
        return (*self.reports, (self.format, self.output))

    def colored(self, target: str) -> bool:
        """Whether what goes to ``target`` may have colour. ``auto``: on a terminal; the environment has its say."""
        if self.color != "auto":
            return self.color == "always"
        if target != "-" or os.environ.get("NO_COLOR"):
            return False
        return bool(os.environ.get("FORCE_COLOR")) or _is_terminal()

    def width(self, target: str) -> int:
        """Columns to fill: the terminal's, at least 40; 80 if it is none."""
        if target != "-" or not _is_terminal():
            return 80
        import shutil

        return max(shutil.get_terminal_size().columns, 40)

    def style(self, target: str) -> Style:
        """How text that goes to ``target`` looks."""
        from slugtrim.reports.text import Style  # JSON does without

        return Style(
            width=self.width(target),
            color=self.colored(target),
            full=self.verbose,
            brief=self.quiet,
            cuts=target == "-" and _is_terminal() and not self.verbose,
        )


def _is_terminal() -> bool:
    return sys.stdout is not None and sys.stdout.isatty()
