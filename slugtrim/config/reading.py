"""Reading a settings file, and merging it with what was asked for. All mistakes are told at once, each with its line.

``msgspec.convert`` ends at the first mistake, so the keys are read by the rows of ``keys``.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.budget import Amount, Budgets, PathBudget, Written
from slugtrim.config import PYPROJECT, SLUGTRIM, read_named
from slugtrim.config.keys import (
    BUDGET_KEYS,
    BUILDPACKS_KEY,
    ID_KEYS,
    LINT_KEYS,
    OF_KEY,
    OVERHEAD_KEY,
    PATTERN_KEYS,
    SIZE,
    SLUG_LIMIT_KEY,
    SUGGEST_KEYS,
    TARGET_KEYS,
    TOP_KEYS,
    Key,
    Refused,
    ValueKind,
    elsewhere,
    hint,
    read_buildpack,
    read_dialect,
    read_finding_id,
    read_of,
    read_own_pattern,
    read_pattern,
    read_platform,
    read_remote,
    read_text,
    shown,
    spelled_path,
)
from slugtrim.config.locator import KeyPath, TooDeep, key_lines
from slugtrim.config.settings import Config, DeployTarget, IgnoredFinding, Setting, Terms, TypedSetting
from slugtrim.errors import ConfigError
from slugtrim.files import quoted
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM, Platform, platform_of

T = TypeVar("T")
V = TypeVar("V")

_Table = Mapping[str, object]

_TOOL = ("tool", "slugtrim")
_POSITION = re.compile(r"(?s)(.*) \(at (?:line ([0-9]+), column ([0-9]+)|end of document)\)")
_MOST_PROBLEMS = 100
"""No person mends more at once, and a file made to annoy has thousands."""
_AT_THE_END = 1 << 62


class SettingsFile(Struct, frozen=True, kw_only=True):
    """The settings in one file, not judged yet."""

    name: str
    """The file, as messages show it."""
    path: bytes
    settings: object
    """As ``tomllib`` read them."""
    home: tuple[str, ...]
    """The table of the file that they are: empty for all of it."""
    lines: Mapping[KeyPath, int]

    @property
    def has_settings(self) -> bool:
        """Whether there is anything in it."""
        return self.settings != {}

    @property
    def line(self) -> int | None:
        """Where they begin."""
        return self.lines.get(self.home)


def document_in(directory: bytes, own: bytes | None, other: bytes | None) -> SettingsFile | None:
    """Return the settings of a directory, given the content of its ``slugtrim.toml`` and its ``pyproject.toml``.

    None if it has neither, or if the latter is about other tools. Raises ``ConfigError``.
    """
    document = _settings_file(os.path.join(directory, SLUGTRIM), own) if own is not None else None
    tool = _tool(os.path.join(directory, PYPROJECT), other) if other is not None else None
    if document is None or tool is None:
        return document or tool
    if document.has_settings and tool.has_settings:
        where = f"{tool.name}:{tool.line}"
        raise ConfigError([f"{where}: [tool.slugtrim] has settings, and so does {document.name}; keep one of the two"])
    return tool if tool.has_settings else document


def named_document(named: TypedSetting) -> SettingsFile:
    """Return the settings in a file that somebody names. Raises ``ConfigError``."""
    path = os.fsencode(named.text)
    where = f"{named.name} {quoted(path)}"
    content = read_named(path, where)
    if os.path.basename(path) != PYPROJECT:
        return _settings_file(path, content)
    document = _tool(path, content)
    if document is None:
        raise ConfigError([f"{where}: has no [tool.slugtrim]; add one, or name another file"])
    return document


def _tool(path: bytes, content: bytes) -> SettingsFile | None:
    """Return the part of a ``pyproject.toml`` that is for slugtrim; None if it has none."""
    document = _settings_file(path, content)
    tools = document.settings.get("tool") if isinstance(document.settings, dict) else None
    if not isinstance(tools, dict) or "slugtrim" not in tools:
        return None
    return replace(document, settings=tools["slugtrim"], home=_TOOL)


def _settings_file(path: bytes, content: bytes) -> SettingsFile:
    name = quoted(path)
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ConfigError([f"{name}:{line}: is not UTF-8 text; save it as UTF-8"]) from None
    try:
        lines = key_lines(text)  # before tomllib, which some texts that nest too deep would choke
        settings = tomllib.loads(text)
    except TooDeep as error:
        raise ConfigError([f"{name}:{error.line}: is nested too deeply; flatten it"]) from None
    except ValueError as error:
        raise ConfigError([_not_toml(name, text, str(error))]) from None
    return SettingsFile(name=name, path=path, settings=settings, home=(), lines=lines)


def _not_toml(name: str, text: str, message: str) -> str:
    """``tomllib`` says in brackets where, and in which words depends on its version."""
    match = _POSITION.fullmatch(message)
    if match is None:
        return f"{name}: is not TOML ({_on_one_line(message)}); fix it, or use --no-config"
    line = int(match[2]) if match[2] else text.rstrip("\n").count("\n") + 1
    where = f"column {match[3]}" if match[3] else "end of the file"
    return f"{name}:{line}: is not TOML ({_on_one_line(match[1])}, {where}); fix the line, or use --no-config"


def _on_one_line(message: str) -> str:
    return "".join(char if char.isprintable() else f"\\u{ord(char):04x}" for char in message)


class _Problems:
    """Lines for people, each with a place to sort it by."""

    def __init__(self) -> None:
        self._found: list[tuple[int, str]] = []

    @property
    def too_many(self) -> bool:
        """Whether there are enough of them to look no further."""
        return len(self._found) >= _MOST_PROBLEMS

    def add(self, message: str, line: int = 0) -> None:
        """One more; those that are in no file have no line, and come last in the order in which they were found."""
        if not self.too_many:
            self._found.append((line, message))

    def trying(self, read: Callable[[V], T], value: V, where: str, line: int = 0) -> T | None:
        """What ``read`` makes of ``value``; None where it refuses, which is one more mistake."""
        try:
            return read(value)
        except Refused as refused:
            self.add(f"{where}: {refused}", line)
            return None

    def tell(self) -> None:
        """Raises ``ConfigError`` if there is any."""
        if self._found:
            self._found.sort(key=lambda problem: problem[0] or _AT_THE_END)
            more = ["… and more"] if self.too_many else []
            raise ConfigError([*(message for _, message in self._found), *more])


def merge(document: SettingsFile | None, asked: Mapping[Setting, TypedSetting], seen: tuple[Platform, ...]) -> Config:
    """Return the file's settings under those that were asked for: the one place where they meet.

    ``seen`` are the platforms that the repository shows signs of, at least one.

    Raises ``ConfigError`` with the mistakes of both.
    """
    problems = _Problems()
    read = _Reading(document, problems) if document is not None else None
    config = read.config() if read is not None else Config()

    def amount(key: Key) -> Amount | None:
        typed = asked.get(key.setting) if key.setting is not None else None
        if typed is None:
            return None
        written = Written(name=typed.name)
        return problems.trying(lambda text: key.kind.amount(text, written), typed.text, typed.name)

    budgets = replace(Budgets(), **{key.field: amount(key) for key in BUDGET_KEYS if key.setting is not None})
    overhead = amount(OVERHEAD_KEY)
    platform, dialect = _platform_and_dialect(
        read.platform if read is not None else None, config.dialect, asked, problems
    )
    problems.tell()
    return replace(
        config,
        platform=platform or seen[0],
        beside=seen[1:] if platform is None else (),
        dialect=dialect,
        target=asked.get(Setting.TARGET),
        asked=Terms(target=None, budgets=budgets, overhead=overhead),
    )


def _platform_and_dialect(
    configured: Platform | None,
    configured_dialect: Dialect | None,
    asked: Mapping[Setting, TypedSetting],
    problems: _Problems,
) -> tuple[Platform | None, Dialect | None]:
    """What was asked for, else what the file says. A dialect alone says the platform as well."""
    typed = asked.get(Setting.PLATFORM)
    asked_platform = problems.trying(read_platform, typed.text, typed.name) if typed is not None else None
    said = asked.get(Setting.DIALECT)
    dialect = problems.trying(read_dialect, said.text, said.name) if said is not None else None
    platform = asked_platform or (configured if dialect is None else None)
    if said is not None and dialect is not None:
        if platform is not None and platform_of(dialect) is not platform:
            problems.add(f"{said.name}: {_foreign(dialect, platform)}")
    elif configured_dialect is not None and (platform is None or platform_of(configured_dialect) is platform):
        dialect = configured_dialect
    return platform or (platform_of(dialect) if dialect is not None else None), dialect


def _foreign(dialect: Dialect, platform: Platform) -> str:
    own = " or ".join(each.value for each in platform.ignore_file.dialects)
    return f"{dialect.value} is no reading of {platform.name}; write {own}"


class _Reading:
    """Reads one document. A path of keys begins below the document's own table."""

    def __init__(self, document: SettingsFile, problems: _Problems) -> None:
        self._document = document
        self._problems = problems
        self._owners: dict[str, str] = {}
        """Remote to the target that has it."""
        self.platform: Platform | None = None
        """The one that the document names."""

    def config(self) -> Config:
        top = self._table((), self._document.settings, TOP_KEYS)
        dialect, platform = self._dialect(top), self._platform(top)
        self.platform = platform
        if dialect is not None and platform is not None and platform_of(dialect) is not platform:
            self._refuse(("dialect",), _foreign(dialect, platform))
        return Config(
            dialect=dialect,
            overhead=self._amount((), top, OVERHEAD_KEY),
            budgets=self._budgets((), top),
            targets=self._targets(top.get("targets", {})),
            buildpacks=self._buildpacks((), top),
            **self._decided(top),
            path=self._document.path,
        )

    def _platform(self, top: _Table) -> Platform | None:
        return self._value(("platform",), read_platform, top["platform"]) if "platform" in top else None

    def _dialect(self, top: _Table) -> Dialect | None:
        if "dialect" not in top:
            return None
        return self._value(("dialect",), read_dialect, top["dialect"])

    def _budgets(self, above: KeyPath, settings: _Table) -> Budgets:
        slug_limit = self._amount(above, settings, SLUG_LIMIT_KEY)
        at = (*above, "budgets")
        table = self._table(at, settings.get("budgets", {}), (*BUDGET_KEYS, OF_KEY))
        of_compiled = self._value((*at, OF_KEY.name), read_of, table[OF_KEY.name]) if OF_KEY.name in table else None
        amounts = {key.field: self._amount(at, table, key) for key in BUDGET_KEYS if key.kind.read is not None}
        paths = tuple(self._path_budgets((*at, "paths"), table.get("paths", {})))
        return replace(Budgets(paths=paths, slug_limit=slug_limit, of_compiled=of_compiled), **amounts)

    def _path_budgets(self, at: KeyPath, value: object) -> Iterable[PathBudget]:
        table = self._table(at, value)
        for text in table:
            path = (*at, text)
            pattern = self._value(path, read_pattern, text)
            limit = self._limit(path, table[text], SIZE)
            if pattern is not None and limit is not None:
                yield PathBudget(pattern=pattern, limit=limit)

    def _decided(self, top: _Table) -> Mapping[str, Any]:
        """What its owner decides instead of ``suggest`` and ``lint``."""
        found: dict[str, Any] = {}
        if "suggest" in top:
            from slugtrim.suggester.records import Overrule  # 10 ms that most configurations do without

            table = self._table(("suggest",), top["suggest"], SUGGEST_KEYS)
            for key in SUGGEST_KEYS:
                listed = self._listed(("suggest", key.name), table.get(key.name, []), PATTERN_KEYS, read_own_pattern)
                found[key.name] = tuple(
                    Overrule(pattern=pattern, origin=origin, reason=reason) for pattern, origin, reason in listed
                )
        if "lint" in top:
            table = self._table(("lint",), top["lint"], LINT_KEYS)
            listed_ids = self._listed(("lint", "ignore"), table.get("ignore", []), ID_KEYS, read_finding_id)
            found["ignored"] = tuple(
                IgnoredFinding(id=id_, origin=origin, reason=reason) for id_, origin, reason in listed_ids
            )
        return found

    def _listed(
        self, at: KeyPath, value: object, keys: Sequence[Key], read: Callable[[object], T]
    ) -> Iterator[tuple[T, str, str]]:
        """Yield each element of a list, with where it is and the reason that it gives."""
        if not isinstance(value, list):
            self._refuse(at, f"{shown(value)} is not a list; write [{shown(value)}]")
            return
        main, reason = keys
        for number, element in enumerate(value):
            path = (*at, number)
            table: _Table = self._table(path, element, keys) if isinstance(element, dict) else {main.name: element}
            if main.name not in table:
                self._refuse(path, f'has no {main.name}; write {{ {main.name} = "…", reason = "…" }}')
                continue
            item = self._value(path, read, table[main.name])
            why = self._value(path, read_text, table[reason.name]) if reason.name in table else ""
            if item is not None and why is not None:
                yield item, str(Written(name=self._document.name, line=self._line(path) or self._line(at))), why

    def _targets(self, value: object) -> tuple[DeployTarget, ...]:
        return tuple(self._target(name, target) for name, target in self._table(("targets",), value).items())

    def _target(self, name: str, value: object) -> DeployTarget:
        at = ("targets", name)
        if not name:
            self._refuse(at, "is not a name; write the name of the app")
        table = self._table(at, value, TARGET_KEYS)
        return DeployTarget(
            name=name,
            remotes=self._remotes(name, (*at, "remotes"), table.get("remotes", [])),
            overhead=self._amount(at, table, OVERHEAD_KEY),
            budgets=self._budgets(at, table),
            buildpacks=self._buildpacks(at, table),
        )

    def _buildpacks(self, at: KeyPath, table: _Table) -> tuple[str, ...]:
        path, value = (*at, BUILDPACKS_KEY.name), table.get(BUILDPACKS_KEY.name, [])
        if not isinstance(value, list):
            self._refuse(path, f"{shown(value)} is not a list of buildpacks; write [{shown(value)}]")
            return ()
        read = (self._value((*path, number), read_buildpack, element) for number, element in enumerate(value))
        return tuple(name for name in read if name is not None)

    def _remotes(self, target: str, at: KeyPath, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            example = shown(value) if isinstance(value, str) else f'"{PLATFORM.remote}"'
            self._refuse(at, f"{shown(value)} is not a list of remotes; write [{example}]")
            return ()
        remotes = []
        for number, element in enumerate(value):
            remote = self._value((*at, number), read_remote, element)
            if remote is None:
                continue
            remotes.append(remote)
            owner = self._owners.get(remote)
            if owner is not None:
                whose = "named twice" if owner == target else f"a remote of {spelled_path([owner])} already"
                self._refuse((*at, number), f"{shown(remote)} is {whose}; name each remote once")
            self._owners[remote] = target
        return tuple(remotes)

    def _amount(self, at: KeyPath, table: _Table, key: Key) -> Amount | None:
        return self._limit((*at, key.name), table[key.name], key.kind) if key.name in table else None

    def _limit(self, path: KeyPath, value: object, kind: ValueKind) -> Amount | None:
        written = Written(name=self._document.name, line=self._line(path))
        return self._value(path, lambda each: kind.amount(each, written), value)

    def _table(self, at: KeyPath, value: object, keys: Sequence[Key] | None = None) -> _Table:
        """A table with these keys, or with any; without what it may not have."""
        if not isinstance(value, dict):
            header = spelled_path((*self._document.home, *at))
            self._refuse(at, f"{shown(value)} is not a table; write [{header}]")
            return {}
        if keys is None:
            return value
        known = {key.name: key.name for key in keys}
        for name in value:
            if self._problems.too_many:
                break
            if name not in known:
                home = elsewhere(name)
                advice = f"did you mean {home}?" if home is not None else hint(name, known, "keys")
                self._refuse((*at, name), f"unknown key; {advice}")
        return {name: setting for name, setting in value.items() if name in known}

    def _value(self, path: KeyPath, read: Callable[[V], T], value: V) -> T | None:
        return self._problems.trying(read, value, self._where(path), self._line(path) or 0)

    def _refuse(self, path: KeyPath, message: str) -> None:
        self._problems.add(f"{self._where(path)}: {message}", self._line(path) or 0)

    def _where(self, path: KeyPath) -> str:
        written = Written(name=self._document.name, line=self._line(path))
        return f"{written}: {spelled_path((*self._document.home, *path))}"

    def _line(self, path: KeyPath) -> int | None:
        return self._document.lines.get((*self._document.home, *path))
