#!/usr/bin/env python3
"""Which modules a tree passes through on its way from the source to the report.

usage: benchmarks/walk.py [COMMAND [OPTIONS...]]

Builds a small application with three commits, runs a command on it in this process, and lists in order the modules that
the tree's data enters. Without a command it runs `audit` and `check --base HEAD~1`. The cache begins empty.

The data are the values in ``VALUES`` and non-empty sequences of files. A module is entered when a function of it is
called from another module of slugtrim with one of them as an argument, or returns one. Repeated neighbours count once.
It is a return when that module was entered before, and left. Three calls are no entry:

- a method or constructor of one of these values, of its contents or of a reader of those: it asks the value itself;
- what one module of the suggester calls in another, as long as the command is inside the suggester;
- what is called again to go on, as a generator is.

Counted so, the code before the first measurement shared by all commands entered 27 modules and came back 11 times for
`audit`, 26 and 22 for `check --base`. At most 15 and 5 are wanted.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from inspect import CO_GENERATOR
from pathlib import Path
from types import FrameType

from msgspec import Struct

from slugtrim.cli import main as slugtrim

VALUES = frozenset(
    "Found Tree Slug LintView Measurement ToSize Sized Sizing Total Totals Audit Lint Check Base Listed Compared Diff "
    "Advice Pushed".split()
)
"""Names of the records that are the tree, what it was divided into, what it was sized as, and what is said of it."""
PARTS = frozenset({"File", "LeftOut"})
COMMANDS = (("audit",), ("check", "--base", "HEAD~1"))

FILES = {
    ".slugignore": "/spec\n*.psd\n/docs/old\n",
    ".gitattributes": "*.png binary\n",
    "Gemfile": "source 'https://rubygems.org'\ngem 'sinatra'\n",
    "Gemfile.lock": "GEM\n",
    "Procfile": "web: bundle exec ruby app/web.rb\n",
    "README.md": "# An application\n" * 40,
    "app/web.rb": "require 'sinatra'\nget('/') { send_file 'public/index.html' }\n" * 9,
    "public/index.html": "<p>hello</p>\n" * 30,
    "public/film.bin": "0123456789abcdef" * 9000,
    "spec/web_spec.rb": "it { true }\n" * 50,
    "design/logo.psd": "8BPS" * 900,
    "docs/guide.md": "# guide\n" * 90,
}


class Entry(Struct):
    """One call from one module into another."""

    module: str
    function: str
    has_data: bool


class Walk:
    """Records every call between modules while it is used in a ``with`` statement."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self._open: dict[FrameType, Entry] = {}
        self._running: set[FrameType] = set()

    def __enter__(self) -> Walk:
        sys.setprofile(self._profile)
        return self

    def __exit__(self, *exc: object) -> None:
        sys.setprofile(None)

    def _profile(self, frame: FrameType, event: str, value: object) -> None:
        if event == "call":
            self._call(frame)
        elif event == "return" and frame in self._open and not frame.f_code.co_flags & CO_GENERATOR:
            entry = self._open.pop(frame)
            entry.has_data = entry.has_data or is_data(value)

    def _call(self, frame: FrameType) -> None:
        module, caller = module_of(frame), calling_module(frame)
        if not module or not caller or module == caller or frame in self._running:
            return
        if module.startswith("slugtrim.suggester") and caller.startswith("slugtrim.suggester"):
            return
        code = frame.f_code
        if code.co_flags & CO_GENERATOR:
            self._running.add(frame)
        names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        values = [frame.f_locals.get(name) for name in names]
        if names[:1] in (("self",), ("cls",)) and is_own(values[0]):
            return
        entry = Entry(module, code.co_name, any(map(is_data, values)))
        self.entries.append(entry)
        self._open[frame] = entry

    def steps(self) -> Iterator[Entry]:
        """The entries with data, repeated neighbours folded."""
        last = ""
        for entry in self.entries:
            if entry.has_data and entry.module != last:
                last = entry.module
                yield entry


def is_data(value: object, depth: int = 2) -> bool:
    """Return True for one of ``VALUES``, a sequence of them or of files, or of pairs that begin with one."""
    name = type(value).__name__
    if name in VALUES and type(value).__module__.startswith("slugtrim"):
        return True
    is_sequence = name in ("tuple", "list") and isinstance(value, Sequence) and bool(value)
    return is_sequence and depth > 0 and (type(value[0]).__name__ in PARTS or is_data(value[0], depth - 1))


def is_own(value: object) -> bool:
    """Return True for what answers about itself: a value or its class, contents and their readers, a directory."""
    kind = value if isinstance(value, type) else type(value)
    own = kind.__name__ in VALUES | PARTS | {"Directory"}
    return own or hasattr(kind, "deflated_bytes") or hasattr(kind, "batch")


def module_of(frame: FrameType) -> str:
    """Return the module of slugtrim that the frame is in; empty for any other."""
    name = str(frame.f_globals.get("__name__", ""))
    return name if name.startswith("slugtrim.") else ""


def calling_module(frame: FrameType) -> str:
    """Return the module of slugtrim that the call came from, with whatever else between; empty if none."""
    above = frame.f_back
    while above is not None and not module_of(above):
        above = above.f_back
    return module_of(above) if above is not None else ""


def git(*arguments: str) -> None:
    who = ["-c", "user.name=walk", "-c", "user.email=walk@example.com"]
    subprocess.run(["git", *who, *arguments], check=True, capture_output=True)


def build() -> None:
    """Commit the application in the current directory, then two changes of it."""
    for name, content in FILES.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(content)
    git("init", "-q", "-b", "main")
    for number in range(3):
        with open("app/web.rb", "a") as file:
            file.write(f"# change {number}\n")
        git("add", "-A")
        git("commit", "-q", "-m", f"change {number}")


def show(arguments: tuple[str, ...]) -> None:
    out = io.TextIOWrapper(io.BytesIO())
    with contextlib.redirect_stdout(out), Walk() as walk:
        slugtrim(arguments)
    print(f"\nslugtrim {' '.join(arguments)}")
    seen: list[str] = []
    returns = 0
    for step in walk.steps():
        is_return = step.module in seen
        returns += is_return
        seen += [] if is_return else [step.module]
        print(f"  {'<- ' if is_return else '   '}{step.module.removeprefix('slugtrim.')}: {step.function}")
    print(f"  {len(seen)} modules, {returns} returns")


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="slugtrim-walk-") as area:
        os.environ["SLUGTRIM_CACHE_DIR"] = os.path.join(area, "cache")
        os.mkdir(os.path.join(area, "app"))
        os.chdir(os.path.join(area, "app"))
        build()
        for number, arguments in enumerate([tuple(sys.argv[1:])] if sys.argv[1:] else COMMANDS):
            os.environ["SLUGTRIM_CACHE_DIR"] = os.path.join(area, f"cache-{number}")
            show(arguments)
        os.chdir(area)
    return 0


if __name__ == "__main__":
    sys.exit(main())
