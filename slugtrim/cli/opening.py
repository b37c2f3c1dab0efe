"""Open a report in a browser."""

from __future__ import annotations

import os

from slugtrim.cli.output import say
from slugtrim.errors import UsageError
from slugtrim.files import quoted


def new_page() -> str:
    """Return the name of a new temporary file, readable only by its owner. Raise ``UsageError`` if there is no room."""
    import tempfile

    try:
        descriptor, name = tempfile.mkstemp(prefix="slugtrim-", suffix=".html")
    except OSError as error:
        raise UsageError(f"--open: no temporary file can be made ({error.strerror}); use --report html=FILE") from error
    os.close(descriptor)
    return name


def open_page(name: str) -> None:
    """Open the file in the user's browser, and say where it is. It stays, since the browser may read it later."""
    import webbrowser
    from pathlib import Path

    is_open = webbrowser.open(Path(name).absolute().as_uri())
    say(
        f"{quoted(os.fsencode(name))}: {'opened' if is_open else 'written, but no browser was found; open it yourself'}"
    )
