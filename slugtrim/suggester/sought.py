"""What could go, as a search looks for it: by its names first, cheap enough for every word of every file."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from slugtrim.files import File, directories_above
from slugtrim.suggester.record import Candidate
from slugtrim.suggester.words import is_wild, last_word, parts, stem

_PLAIN = re.compile(rb"[\w.-]*")
_PLACEHOLDER = re.compile(rb"[*$%]+")
_LEAST_LETTERS = 6
"""Of a name with a placeholder in it: with fewer it may stand for anything."""


class Sought:
    """The files that could go, and the directories that stand for them."""

    def __init__(self, candidates: Sequence[Candidate], kept: Iterable[File]) -> None:
        self.files: Mapping[bytes, Candidate] = {file.path: each for each in candidates for file in each.files}
        self.whole, self.directories = _meant(self.files, [file.path for file in kept])
        """Directories of which all could go; and those that whoever names them means what could: most of the files
        directly in them."""
        self._parents: dict[bytes, Candidate] = {}
        for path, candidate in self.files.items():
            for parent in _above(path):
                self._parents.setdefault(parent, candidate)
        plain = [path for path, candidate in self.files.items() if not candidate.is_code]
        holding_plain = {parent for path in plain for parent in _above(path)}
        self._names = {_name(path) for path in self.files}
        self._names |= {last_word(name) for name in self._names}
        self._words = {stem(_name(path)) for path in plain}
        self._words |= {_name(path) for path in self.directories & holding_plain}
        self._ends = {stem(name) for name in self._names} | {
            _name(path) for path in self.directories | set(self._parents)
        }
        self._by_extension: dict[bytes, list[bytes]] = defaultdict(list)
        for path in sorted(plain):
            self._by_extension[path.rpartition(b".")[2]].append(path)
        self._called: dict[bytes, list[bytes]] = {}
        self._modules = {_module(path) for path in self.files if path.endswith(b".py")}
        self._modules |= {(b"", name) for _, name in self._modules}
        self._module_names = {name for _, name in self._modules}
        self._packages = self._module_names | {_name(path) for path in self._parents}

    def may_name(self, word: bytes) -> bool:
        """Whether a word may name one of the files or directories.

        A single word names a file by its whole name; by less, only what is not code.
        """
        if _PLAIN.fullmatch(word):  # nearly all are
            last = word.rstrip(b".")
            called = last.removeprefix(b"_") if b"." not in last else stem(last)
            return bool(last) and (last in self._names or last in self._words or called in self._words)
        path = parts(word)
        if not path:
            return False
        last = path[-1]
        if last in self._names or last in self._words or stem(last) in self._words:
            return True
        is_path = len(path) > 1 or word.startswith((b"./", b"../")) or word.endswith((b"/", b"\\"))
        if any(is_wild(part) for part in path):
            return is_path or b"." in last
        return is_path and (last in self._ends or stem(last) in self._ends)

    def has_part(self, found: set[bytes]) -> bool:
        """Whether one of the words may be the end of a path that is written in parts."""
        return not self._names.isdisjoint(found) or not self._ends.isdisjoint(found)

    def may_import(self, name: bytes) -> bool:
        """Whether a dotted name may lead to a Python module among them."""
        path = name.lstrip(b".").split(b".")
        return not self._modules.isdisjoint(zip([b"", *path], path, strict=False))

    def has_module(self, name: bytes) -> bool:
        """Whether a part of a dotted name is the last one of a Python module's among them."""
        return not self._module_names.isdisjoint(name.split(b"."))

    def may_load(self, name: bytes) -> bool:
        """Whether a dotted name may lead to a Python module or package among them."""
        return not self._packages.isdisjoint(name.split(b"."))

    def holds(self, path: bytes, *, is_directory: bool) -> bool:
        """Whether something at or in ``path`` could go."""
        return path in (self._parents if is_directory else self.files)

    def called(self, name: bytes) -> list[bytes]:
        """The files whose names a name with placeholders (``model_*.pkl``) may stand for; none for a vague one."""
        pieces = _PLACEHOLDER.split(name)
        extension = pieces[-1].rpartition(b".")[2]
        if b"." not in pieces[-1] or not extension or sum(map(len, pieces)) < _LEAST_LETTERS:  # SQL has `course.*`
            return []
        known = self._called.get(name)
        if known is None:
            form = re.compile(b".+".join(map(re.escape, pieces)))
            known = self._called[name] = [
                path for path in self._by_extension.get(extension, ()) if form.fullmatch(_name(path))
            ]
        return known

    def is_code(self, path: bytes) -> bool:
        """Whether the file is code that could go."""
        candidate = self.files.get(path)
        return candidate is not None and candidate.is_code

    def is_within(self, path: bytes, part: bytes) -> bool:
        """Whether ``part`` is one of the directories that lead to the candidate which ``path`` is of."""
        candidate = self.files.get(path) or self._parents.get(path)
        return candidate is not None and part in candidate.path.split(b"/")


def _meant(gone: Iterable[bytes], kept: Iterable[bytes]) -> tuple[set[bytes], set[bytes]]:
    inside, every = Counter[bytes](), Counter[bytes]()
    directly, beside = Counter[bytes](), Counter[bytes]()
    for paths, below, direct in ((gone, inside, directly), (kept, every, beside)):
        for path in paths:
            above = _above(path)
            below.update(above)
            direct.update(above[:1])
    whole = {path for path in inside if path and inside[path] == every[path]}
    return whole, whole | {path for path in directly if path and 2 * directly[path] > beside[path]}


def _above(path: bytes) -> list[bytes]:
    """The directories that ``path`` is in, the nearest first; the root last."""
    return [*directories_above(path), b""]


def _name(path: bytes) -> bytes:
    return path.rpartition(b"/")[2]


def _module(path: bytes) -> tuple[bytes, bytes]:
    """The last two parts of a Python module's dotted name."""
    parent, name = path.removesuffix(b"/__init__.py").removesuffix(b".py").rpartition(b"/")[::2]
    return _name(parent), name
