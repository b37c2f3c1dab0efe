"""The table of formats: each line leads to a function that takes what the line says."""

from __future__ import annotations

import inspect
from importlib import import_module
from pathlib import Path

from slugtrim.cli import COMMANDS
from slugtrim.reports.formats import FORMATS, SUMMARIES, Rendering, formats_of, parsed
from tests.command_line import run
from tests.rows import each_row

STEPS = sorted(
    {
        step
        for rendering in (*FORMATS.values(), SUMMARIES)
        for step in (*rendering.steps.values(), rendering.printer)
        if step is not None
    }
)


@each_row("step", STEPS)
def test_a_step_is_a_function_that_takes_those_names(step: str) -> None:
    module, function, names = parsed(step)
    record, *rest = inspect.signature(getattr(import_module(f"slugtrim.reports.{module}"), function)).parameters
    assert record not in names
    assert set(names) <= set(rest)


@each_row("name, rendering", [*FORMATS.items(), ("summary", SUMMARIES)])
def test_a_format_is_one_of_commands(name: str, rendering: Rendering) -> None:
    assert rendering.steps, name
    assert set(rendering.steps) <= set(COMMANDS)


@each_row("command", sorted(FORMATS["text"].steps))
def test_help_lists_the_formats_of_a_command(tmp_path: Path, command: str) -> None:
    assert formats_of(command)[:2] == ("text", "json")
    action = {"builds": ["list"], "cache": ["info"]}.get(command, [])
    shown = run(command, *action, "--help", cwd=tmp_path).stdout.decode()
    assert f"[{'|'.join(formats_of(command))}]" in "".join(shown.split())
