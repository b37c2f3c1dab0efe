"""Say how a build removes waste that is safe: shell commands, and exactly the files that they take.

A row of ``waste.toml`` names its commands by ``remove``: paths from the root of the application. ``*`` stands for
anything but a slash, and ``a//b`` for ``b`` at any depth below ``a``. ``PLACES`` stands for the places that were found,
``PRUNE`` for the package manager's own command.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from shlex import quote

from msgspec import Struct

from slugtrim.anatomy.catalog import Bulk, WasteRule
from slugtrim.suggester.records import Tier

PLACES = "places"
PRUNE = "prune"

_PRUNING = (
    (b"pnpm-lock.yaml", "CI=true pnpm install --prod --frozen-lockfile --ignore-scripts --prefer-offline || exit 1"),
    (b".yarnrc.yml", "yarn workspaces focus --all --production || exit 1"),
    (
        b"yarn.lock",
        "yarn install --production=true --frozen-lockfile --ignore-engines --ignore-scripts --prefer-offline || exit 1",
    ),
    # NPM_CONFIG_PRODUCTION=false, which keeps these packages for the build, overrules --omit.
    (
        b"package.json",
        "NPM_CONFIG_PRODUCTION=true npm prune --omit=dev --ignore-scripts --no-audit --no-fund || exit 1",
    ),
)
"""A file in the root, and how its package manager removes what only development needs. The first one counts."""
_PRUNED = re.compile(rb"(?:[^/]+/)*?node_modules/")

_PLAIN = re.compile(r"[\w@%+=:,./*-]+", re.ASCII)
"""What a shell takes as it is, but for the star."""
_VERSIONS = (
    (re.compile(r"(/\.pnpm/@?[^/@]+)@[^/]+"), r"\1@*"),
    (re.compile(r"(/(?:gems|extensions/[^/]+/[^/]+)/[^/]+?)-\d[^/]*"), r"\1-*"),
)
"""Where a path has a version that an update changes. The version of Ruby stays: what is foreign depends on it."""
_MOST_COMMANDS = 40
"""Commands of one kind of waste. What more would take stays."""


class Removal(Struct, frozen=True, kw_only=True):
    """How a kind of safe waste goes, and which files go with it."""

    id: str
    commands: tuple[str, ...]
    """For a shell in the root of the application. None of them fails if there is nothing to remove, but a package
    manager ends the build if it fails."""
    requirement: str | None
    """Instead of commands: the id of a change in the list of requirements."""
    paths: frozenset[bytes]
    """The files that go."""
    left: Bulk
    """Files of this kind that stay, because no command takes exactly them."""


class Claimed(Struct, frozen=True, kw_only=True):
    """The files of a kind of waste that are waste as a whole."""

    rule: WasteRule
    places: Mapping[bytes, bytes]
    """Path to the place that is shown for it."""


def removals(
    claimed: Iterable[Claimed], paths: frozenset[bytes], weigh: Callable[[Collection[bytes]], Bulk]
) -> Iterator[Removal]:
    """Yield how safe waste goes. ``paths`` are all files of the slug, and ``weigh`` returns the size of some of them.

    No command takes a file that is not safe waste.
    """
    safe = [each for each in claimed if each.rule.tier is Tier.SAFE and each.places]
    allowed = frozenset(path for each in safe for path in each.places)
    chosen: list[tuple[Claimed, list[str], set[bytes]]] = []
    takes: dict[str, set[bytes]] = {}
    for each in safe:
        commands: list[str] = []
        gone: set[bytes] = set(each.places) if each.rule.requirement is not None else set()
        for command, taken in _commands(each, paths):
            if taken - gone and taken <= allowed and len(commands) < _MOST_COMMANDS:
                commands.append(command)
                takes[command] = taken
                gone |= taken
        chosen.append((each, commands, gone))
    widest = sorted(takes, key=lambda command: -len(takes[command]))
    for each, commands, gone in chosen:
        # A command that takes all of another replaces it, also that of another kind of waste.
        wide = (next(other for other in widest if takes[command] <= takes[other]) for command in commands)
        yield Removal(
            id=each.rule.id,
            commands=tuple(dict.fromkeys(wide)),
            requirement=each.rule.requirement,
            paths=frozenset(gone),
            left=weigh(each.places.keys() - gone),
        )


def _commands(claimed: Claimed, paths: frozenset[bytes]) -> Iterator[tuple[str, set[bytes]]]:
    """Yield commands, each with all files that it takes."""
    for entry in claimed.rule.remove:
        if entry == PRUNE:
            command = next((command for file, command in _PRUNING if file in paths), None)
            if command is not None:
                yield command, {path for path in claimed.places if _PRUNED.match(path)}
            continue
        for text in _generalized(claimed.places.values()) if entry == PLACES else (entry,):
            command, form = command_of(text)
            yield command, {path for path in paths if form.match(path)}


def _generalized(places: Iterable[bytes]) -> Iterator[str]:
    """Yield each place without versions, then as it is: the first of these may take more than is waste."""
    for place in sorted(set(places)):
        text = general = place.decode("utf-8", "surrogateescape")
        for form, instead in _VERSIONS:
            general = form.sub(instead, general)
        yield from (each for each in dict.fromkeys((general, text)) if _PLAIN.fullmatch(each) and each[0] != "-")


def command_of(entry: str) -> tuple[str, re.Pattern[bytes]]:
    """Return the shell's command for an entry of ``remove``, and a pattern that matches each path that it takes."""
    above, is_deep, name = entry.partition("//")
    if not is_deep:
        return f"rm -rf {entry}", re.compile(_form(entry) + rb"(?:/|\Z)", re.DOTALL)
    test = f"-path {quote(f'*/{name}')}" if "/" in name else f"-name {quote(name)}"
    # The directory may be missing in another build, and a command that fails would end it.
    command = f"find {above} {test} -prune -exec rm -rf {{}} + || true"
    root = b"" if above == "." else _form(above) + b"/"
    return command, re.compile(root + rb"(?:[^/]+/)*?" + _form(name, deep=True) + rb"(?:/|\Z)", re.DOTALL)


def is_within(command: str, other: str) -> bool:
    """Return True if ``other`` deletes a directory or file and ``command`` only what is below it, or the same."""
    below = re.match(r"(?:rm -rf|find) (\S+)(?: -|\Z)", command)
    above = re.match(r"rm -rf (\S+)\Z", other)
    return bool(below and above and command_of(above[1])[1].match(below[1].encode()))


def _form(text: str, *, deep: bool = False) -> bytes:
    """Return a pattern for a path with stars. The shell's own star matches no dot at the beginning of a name."""
    parts = []
    for part in text.encode().split(b"/"):
        first = rb"(?!\.)" if part.startswith(b"*") and not deep else b""
        parts.append(first + rb"[^/]*".join(re.escape(piece) for piece in part.split(b"*")))
    return b"/".join(parts)
