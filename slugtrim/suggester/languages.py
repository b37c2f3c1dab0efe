"""Languages in which what a file imports says what runs, and the programs that start them."""

from __future__ import annotations

_SHELL = frozenset(b"sh bash zsh ksh fish bat cmd ps1".split())
_COMMANDS = frozenset([b"bin", b"script", b"scripts"])
"""Directories of commands."""
_LANGUAGES: dict[bytes, str] = {
    **dict.fromkeys(b"py pyx".split(), "python"),
    **dict.fromkeys(b"js jsx ts tsx mjs cjs mts cts vue svelte coffee".split(), "javascript"),
    **dict.fromkeys(b"rb rake ru".split(), "ruby"),
}
STARTED_BY = {
    "python": frozenset(
        "python python2 python3 gunicorn uvicorn hypercorn daphne celery flask waitress-serve uwsgi streamlit".split()
    ),
    "javascript": frozenset("node npm yarn pnpm bun ts-node tsx pm2 forever nodemon deno babel-node coffee".split()),
    "ruby": frozenset("ruby clockwork".split()),
}


def language_of(path: bytes) -> str | None:
    """Return the language of a file if what it imports says what runs: Python, JavaScript or Ruby."""
    return _LANGUAGES.get(path.rpartition(b".")[2]) if b"." in path else None


def is_script(path: bytes) -> bool:
    """Return True for a script of the shell, and for what has no extension where commands lie."""
    directory, _, name = path.rpartition(b"/")
    if b"." in name:
        return name.rpartition(b".")[2] in _SHELL
    return directory.rpartition(b"/")[2] in _COMMANDS
