"""The command line: parse, call, render, exit. Exit codes are decided here and nowhere else."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from slugtrim.cli.output import OutputClosed, say, say_bug
from slugtrim.errors import SlugtrimError
from slugtrim.interrupts import Raised, Terminated
from slugtrim.lean import Question

EXIT_FINE = 0
EXIT_USAGE = 2
EXIT_BUG = 3
EXIT_SIGNAL = 128
"""Added to the number of a signal, as a shell does."""
EXIT_INTERRUPTED = EXIT_SIGNAL + signal.SIGINT

COMMANDS = {
    "audit": "audit.command",
    "suggest": "suggest.command",
    "lint": "lint.command",
    "check": "check.command",
    "inspect": "inspect.command",
    "diff": "diff.command",
    "history": "history.command",
    "hook": "hook.command",
    "pre-push": "pre_push.command",
    "builds": "builds.command",
    "ls": "listing.ls_command",
    "explain": "listing.explain_command",
    "cache": "cache.command",
}
"""Name of each command to the module below this one that has it, and the function."""


def main(args: Sequence[str] | None = None, question: Question | None = None) -> int:
    """Run the command line and return the exit code. ``question`` is what the lean start made of it.

    SIGTERM and SIGHUP end the process once all is cleaned up.
    """
    try:
        with Raised():
            return _run(sys.argv[1:] if args is None else args, question)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except Terminated as end:
        # With the handler of before: by default this is the end, and the parent process sees the signal.
        signal.raise_signal(end.number)
        return EXIT_SIGNAL + end.number


def _run(args: Sequence[str], question: Question | None) -> int:
    try:
        if question is not None and question.line is not None:
            from slugtrim.cli.auditing import audit_line

            audit_line(question.line, question)
            return EXIT_FINE
        if question is not None and question.push is not None:
            from slugtrim.cli.pushing import push

            return push(*question.push, question)
        from slugtrim.cli.group import run  # with click: 30 ms that the lines of a lean start do without

        return run(args, question)
    except SlugtrimError as error:
        say(str(error))
        return EXIT_USAGE
    except OutputClosed:
        return EXIT_FINE
    except Exception:
        say_bug()
        return EXIT_BUG
