"""What the settings of one file say: its TOML, read by the schema."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from slugtrim.budget import Amount, Budgets, PathBudget, Written
from slugtrim.config import values
from slugtrim.config.locator import KeyPath
from slugtrim.config.problems import Problems
from slugtrim.config.record import Config, DeployTarget
from slugtrim.config.schema import BUDGETS, TARGET, TOP, Key, elsewhere
from slugtrim.config.spelling import hint, shown, spelled_path
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM

T = TypeVar("T")
V = TypeVar("V")

_Table = Mapping[str, object]
_ReadAmount = Callable[[object, Written], Amount]


class Document(Struct, frozen=True, kw_only=True):
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


def read_document(document: Document, problems: Problems) -> Config:
    """The configuration that the file makes. What is wrong with it goes to ``problems`` and is left out."""
    return _Reading(document, problems).config()


class _Reading:
    """Reads one document. A path of keys begins below the document's own table."""

    def __init__(self, document: Document, problems: Problems) -> None:
        self._document = document
        self._problems = problems
        self._owners: dict[str, str] = {}
        """Remote to the target that has it."""

    def config(self) -> Config:
        top = self._table((), self._document.settings, TOP)
        return Config(
            dialect=self._dialect(top),
            overhead=self._overhead((), top),
            budgets=self._budgets(("budgets",), top.get("budgets", {})),
            targets=self._targets(top.get("targets", {})),
            path=self._document.path,
        )

    def _dialect(self, top: _Table) -> Dialect | None:
        if "dialect" not in top:
            return None
        return self._value(("dialect",), values.read_dialect, top["dialect"])

    def _overhead(self, at: KeyPath, table: _Table) -> Amount | None:
        return self._amount((*at, "buildpack-overhead"), table, values.read_size)

    def _budgets(self, at: KeyPath, value: object) -> Budgets:
        table = self._table(at, value, BUDGETS)

        def amount(name: str, read: _ReadAmount) -> Amount | None:
            return self._amount((*at, name), table, read)

        return Budgets(
            total=amount("total", values.read_total),
            warn=amount("warn", values.read_size),
            largest_file=amount("largest-file", values.read_size),
            files=amount("files", values.read_files),
            checkout=amount("checkout", values.read_size),
            max_growth=amount("max-growth", values.read_growth),
            paths=tuple(self._path_budgets((*at, "paths"), table.get("paths", {}))),
        )

    def _path_budgets(self, at: KeyPath, value: object) -> Iterable[PathBudget]:
        table = self._table(at, value)
        for text in table:
            path = (*at, text)
            pattern = self._value(path, values.read_pattern, text)
            limit = self._amount(path, table, values.read_size)
            if pattern is not None and limit is not None:
                yield PathBudget(pattern=pattern, limit=limit)

    def _targets(self, value: object) -> tuple[DeployTarget, ...]:
        return tuple(self._target(name, target) for name, target in self._table(("targets",), value).items())

    def _target(self, name: str, value: object) -> DeployTarget:
        at = ("targets", name)
        if not name:
            self._refuse(at, "is no name; call it as the application is called")
        table = self._table(at, value, TARGET)
        return DeployTarget(
            name=name,
            remotes=self._remotes(name, (*at, "remotes"), table.get("remotes", [])),
            overhead=self._overhead(at, table),
            budgets=self._budgets((*at, "budgets"), table.get("budgets", {})),
        )

    def _remotes(self, target: str, at: KeyPath, value: object) -> tuple[str, ...]:
        if not isinstance(value, list):
            example = shown(value) if isinstance(value, str) else f'"{PLATFORM.remote}"'
            self._refuse(at, f"{shown(value)} is not a list of remotes; write [{example}]")
            return ()
        remotes = []
        for number, element in enumerate(value):
            remote = self._value((*at, number), values.read_remote, element)
            if remote is None:
                continue
            remotes.append(remote)
            owner = self._owners.get(remote)
            if owner is not None:
                whose = "named twice" if owner == target else f"a remote of {spelled_path([owner])} already"
                self._refuse((*at, number), f"{shown(remote)} is {whose}; name each remote once")
            self._owners[remote] = target
        return tuple(remotes)

    def _amount(self, path: KeyPath, table: _Table, read: _ReadAmount) -> Amount | None:
        name = path[-1]
        assert isinstance(name, str)
        if name not in table:
            return None
        written = Written(name=self._document.name, line=self._line(path))
        return self._value(path, lambda value: read(value, written), table[name])

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
                self._refuse((*at, name), f"is no key here; {advice}")
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
