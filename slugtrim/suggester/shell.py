"""References in shell commands: what a file mentions, by what the command does with each word.

``commands`` finds what a deploy starts: entry points, with the scripts of manifests that they lead to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from slugtrim.suggester.commands import simple_commands
from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How
from slugtrim.suggester.harmless import excuse_of_task
from slugtrim.suggester.literals import Collector

_ASSIGNMENT = re.compile(r"[A-Za-z_]\w{0,60}=")
_OPTION = re.compile(r"--?[\w-]{1,60}=")

_LEADS = frozenset(
    "sudo exec env time nohup command then do else if elif while until ! npx bunx yarn pnpm bundle poetry pipenv uv run"
    " dotenv cross-env heroku rtk xargs nice timeout".split()
)
"""Words before the command itself."""
_SAYS = frozenset("echo printf read export: cd: Write-Host".split())
_RUNS = frozenset(
    "node nodejs python python2 python3 ruby perl php bash sh zsh source . deno bun tsx ts-node babel-node coffee rake"
    " Rscript elixir java go make uvicorn nodemon pm2 forever require load".split()
)
"""Commands whose first path is run."""
_CODE = re.compile(r"\.(?:[cm]?[jt]sx?|py|rb|sh|bash|php|pl|exs?|coffee|R|go|mk)\Z")
_TAKES_PATHS = frozenset(
    "cp mv cat cd pushd ls tar rsync zip unzip ln chmod chown find du head tail grep sed sort source . COPY ADD"
    " include gzip install scp diff wc xcopy copy psql mysql".split()
)
"""Commands whose single words are paths."""
_WRITES = frozenset("rm rmdir mkdir touch rimraf del unlink tee mkdirp".split())
_ASKS = frozenset(["[", "[[", "test"])
_TESTS = frozenset("pytest rspec jest mocha tox nox eslint flake8 phpunit".split())


def starts_command(text: str) -> bool:
    """Return True if the first word is a command that runs, takes or writes files."""
    first = text.split(None, 1)[0] if text.strip() else ""
    return first in _RUNS or first in _TAKES_PATHS or first in _WRITES or first in _ASKS


def add_commands(
    found: Collector,
    text: str,
    line: int,
    excuse: Excuse = Excuse.NONE,
    base: Anchor = Anchor.ANY,
    prefix: str = "",
) -> None:
    """Add what commands name; ``prefix`` stands before the first (an instruction of a Dockerfile)."""
    for end, words, outputs, first_line in simple_commands(f"{prefix} {text}" if prefix else text, line):
        known = [*((word, False) for word in words), *((word, True) for word in outputs)]
        _add_command(found, known, first_line, excuse, base, is_tolerated=end == "||")


def excuse_of_command(words: Sequence[str]) -> Excuse:
    """Return what a command does for tests only: by the program's name, or the script's that a runner runs."""
    name = words[0].rpartition("/")[2] if words else ""
    if name in ("npm", "yarn", "pnpm", "make", "rake", "composer") and len(words) > 1:
        name = words[2] if words[1] in ("run", "run-script") and len(words) > 2 else words[1]
    if name in _TESTS:
        return Excuse.TESTS
    return excuse_of_task(name) if name not in _ASKS and "." not in name else Excuse.NONE


def _add_command(
    found: Collector, words: list[tuple[str, bool]], line: int, excuse: Excuse, base: Anchor, *, is_tolerated: bool
) -> None:
    words = _without_leads(found, words, line, excuse, base)
    if not words:
        return
    name = words[0][0].rpartition("/")[2].lstrip("@-")
    if name in _SAYS:
        words = [(word, is_output) for word, is_output in words if is_output]
    excuse = excuse or excuse_of_command([word for word, _ in words])
    if excuse is Excuse.NONE:
        if name in _ASKS or is_tolerated:
            excuse = Excuse.GUARDED
        elif name in _WRITES:
            excuse = Excuse.WRITTEN
    is_run = name in _RUNS
    takes_words = name in _TAKES_PATHS or name in _WRITES or name in _ASKS
    for number, (word, is_output) in enumerate(words):
        if is_run and number and words[number - 1][0] == "-m":
            found.add(word, line, EdgeKind.EXECUTES, Anchor.PACKAGE, excuse, how=How.MODULE)
            is_run = False
            continue
        option = _OPTION.match(word)
        if word.startswith("-") and option is None:
            continue
        word = word[option.end() :] if option else word
        runs = not is_output and (number == 0 or (is_run and option is None) or _CODE.search(word) is not None)
        reason = Excuse.WRITTEN if is_output and not excuse else excuse
        kind = EdgeKind.EXECUTES if runs else EdgeKind.NAMES
        if _add_word(found, word, line, kind, base, reason, words=number > 0 and (takes_words or is_output)) and number:
            is_run = False


def _add_word(
    found: Collector, word: str, line: int, kind: EdgeKind, base: Anchor, excuse: Excuse, *, words: bool
) -> bool:
    """Add a word of a command; of ``a:b`` the first part. Return True if it is a path."""
    if ":" in word and "://" not in word:
        word = word.partition(":")[0]
    if found.add(word, line, kind, base, excuse, words=words):
        return True
    if " " in word or "," in word:
        found.add_words(word, line, excuse=excuse)
    return False


def _without_leads(
    found: Collector, words: list[tuple[str, bool]], line: int, excuse: Excuse, base: Anchor
) -> list[tuple[str, bool]]:
    """Return a command from its program on; what is assigned before counts as named."""
    at = 0
    while at < len(words):
        word = words[at][0]
        assigned = _ASSIGNMENT.match(word)
        if assigned is not None:
            found.add(word[assigned.end() :], line, EdgeKind.NAMES, base, excuse)
        elif word not in _LEADS:
            break
        at += 1
    return words[at:]
