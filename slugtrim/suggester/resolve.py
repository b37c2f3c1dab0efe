"""Where a path that a program writes may lead, seen from the directory of the file it is written in."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slugtrim.files import directories_above
from slugtrim.suggester.paths import Paths, joined
from slugtrim.suggester.sought import Sought
from slugtrim.suggester.words import is_wild, parts

_COMPILED = re.compile(rb"\.[cm]?jsx?\Z")
"""TypeScript imports what its files become."""
_FOUND_BY_NAME = (b"locale", b"templates", b"static", b"jinja2")
_FEW = 3
"""A bare name that more files than this bear stands for the one beside the reader, or for none."""


class Target(NamedTuple):
    """A path of the slug that something may read."""

    path: bytes
    is_directory: bool
    """All that is in it."""
    extension: bytes
    """Only files with this extension (``.csv``); empty for any."""
    is_sure: bool
    """Written as a path; else a single word, which may mean something else."""
    is_exact: bool = True
    """It leads there from the reader's directory or from a project's root, or names the candidate's own directory; else
    only its end agrees."""


class Resolver:
    """Resolves what the files of one directory write, to what could go."""

    def __init__(
        self, paths: Paths, sought: Sought, here: bytes, roots: Sequence[bytes], modules: Mapping[bytes, bytes]
    ) -> None:
        """``roots`` are the directories that a relative path may start from beside the reader's own.

        ``modules`` are names of Go modules with the directories they stand for.
        """
        self._modules = modules
        self._paths = paths
        self._sought = sought
        self._here = here
        above = [root for root in roots if not root or self._here == root or self._here.startswith(root + b"/")]
        self._bases = list(dict.fromkeys([*above, b"", self._here]))
        self._project = max(above, key=len, default=b"")
        self._near = list(dict.fromkeys([self._project, self._here]))
        self._known: dict[bytes, list[Target]] = {}

    def targets(self, word: bytes) -> list[Target]:
        """What a word of the text leads to, of what could go: the nearest readings only."""
        known = self._known.get(word)
        if known is None:
            known = self._known[word] = self._sought_only(self._targets(word))
        return known

    def _sought_only(self, targets: list[Target]) -> list[Target]:
        return [target for target in targets if self._sought.holds(target.path, is_directory=target.is_directory)]

    def _targets(self, word: bytes) -> list[Target]:
        for module, root in self._modules.items():
            if word.startswith(module + b"/"):
                return list(self._exact(parts(word[len(module) + 1 :]), b"./", is_slashed=False, bases=[root]))
        path = parts(word)
        wild = next((at for at, part in enumerate(path) if is_wild(part)), None)
        if wild is not None:
            return self._wild(path[:wild], path[-1], starts_here=word.startswith(b"."))
        is_slashed = word.endswith((b"/", b"\\"))
        exact = list(self._exact(path, word, is_slashed)) if path else []
        if exact:
            return exact
        path = [part for part in path if part != b".."]
        return list(self._by_end(path, is_slashed)) if path else []

    def is_path(self, word: bytes) -> bool:
        """Whether a word leads to a file or directory from one of the places that it may start from."""
        path = parts(word)
        if not path or not self._paths.has_name(path[-1]):
            return False
        found = (joined(base, path) for base in self._bases)
        return any(at in self._paths.files or at in self._paths.directories for at in found if at)

    def module(self, name: bytes) -> list[Target]:
        """What a Python module leads to, of what could go: ``a.b``, or ``..a.b`` from the reader's package."""
        key = b"import " + name
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._sought_only(self._module(name))
        return known

    def package(self, name: bytes) -> list[Target]:
        """What a dotted name in quotes leads to: a module, or a package that a framework loads all of."""
        key = b"package " + name
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._sought_only(list(self._packages(name.split(b"."))))
        return known

    def _packages(self, path: list[bytes]) -> Iterator[Target]:
        """From each base the longest beginning of a dotted name that there is."""
        for base in self._bases if all(path) and not any(b"/" in part for part in path) else ():
            for length in range(len(path), 0, -1):
                at = joined(base, path[:length])
                found = list(self._loaded(at)) if at else []
                if found:
                    yield from found
                    break

    def _loaded(self, at: bytes) -> Iterator[Target]:
        if at + b".py" in self._paths.files:
            yield Target(at + b".py", False, b"", True)
        elif at + b"/__init__.py" in self._paths.files or at + b"/apps.py" in self._paths.files:
            yield from self.application(Target(at, True, b"", True))

    def application(self, directory: Target) -> Iterator[Target]:
        """What Django reads of a directory that is named as an application: its modules, and what it finds by name."""
        yield directory._replace(extension=b".py")
        for name in _FOUND_BY_NAME:
            path = directory.path + b"/" + name
            if path in self._paths.directories and self._sought.holds(path, is_directory=True):
                yield directory._replace(path=path)

    def _module(self, name: bytes) -> list[Target]:
        bare = name.lstrip(b".")
        dots = len(name) - len(bare)
        bases = [joined(self._here, [b".."] * (dots - 1))] if dots else [*self._bases, *directories_above(self._here)]
        path = [part for part in bare.split(b".") if part]
        for base in bases:
            for length in range(len(path), 0, -1) if base is not None else ():
                at = joined(base or b"", path[:length])
                if at is None:
                    continue
                if at + b".py" in self._paths.files:
                    return [Target(at + b".py", False, b"", True)]
                if at + b"/__init__.py" in self._paths.files:
                    return [Target(at + b"/__init__.py", False, b"", True)]
        # From a directory that is put on sys.path while the program runs.
        if dots or not path or path[0].decode("ascii", "replace") in sys.stdlib_module_names:
            return []
        depth, files = self._paths.ending([path[0] + b".py"])
        return [Target(file, False, b"", True) for file in files] if depth and len(files) <= _FEW else []

    def _wild(self, before: list[bytes], last: bytes, *, starts_here: bool) -> list[Target]:
        """A glob, or a name put together at run time: all of the directory that it is looked for in."""
        extension = b"." + last.rpartition(b".")[2] if b"." in last and not is_wild(last.rpartition(b".")[2]) else b""
        if not before:
            here = [Target(self._here, True, extension, True)] if starts_here and extension else []
            return here or [Target(path, False, b"", True) for path in self._sought.called(last)]
        found = []
        for base in self._bases:
            path = joined(base, before)
            if path and path in self._paths.directories:
                found.append(Target(path, True, extension, True))
        if not found:
            names = [part for part in before if part != b".."]
            depth, directories = self._paths.directories_ending(names) if names else (0, [])
            if depth > 1:
                found = [Target(path, True, extension, True, False) for path in directories]
        return found

    def _exact(self, path: list[bytes], word: bytes, is_slashed: bool, bases: Sequence[bytes] = ()) -> Iterator[Target]:
        is_sure = len(path) > 1 or is_slashed or word.startswith((b"./", b"../"))
        for base in bases or (self._bases if is_sure or b"." in path[-1] else self._near):
            at = joined(base, path)
            if not at:
                continue
            if not is_slashed:
                named = self._paths.at(at) or self._paths.at(_COMPILED.sub(b"", at))
                for file in named:
                    yield Target(file, False, b"", is_sure or file.endswith(b"/" + path[-1]) or file == path[-1])
                if named:
                    continue
            if at in self._paths.directories:
                yield Target(at, True, b"", is_sure)

    def _by_end(self, path: list[bytes], is_slashed: bool) -> Iterator[Target]:
        """By the last parts of the path: it may begin in a directory that a framework looks in."""
        if not is_slashed:
            depth, files = self._paths.ending(path)
            named_whole = [file for file in files if file.endswith(path[-1])]
            if depth == 1 and len(path) > 1:  # of code another directory has its own
                files = [file for file in files if not self._sought.is_code(file)]
            if depth > 1 or (named_whole and b"." in path[-1].strip(b".") and len(named_whole) <= _FEW):
                for file in files:
                    yield Target(file, False, b"", True, self._sought.is_within(file, path[-depth]))
                return
            if len(path) == 1 and len(files) <= _FEW:
                yield from (Target(file, False, b"", False, False) for file in files)
        depth, directories = self._paths.directories_ending(path)
        if depth > 1:
            for found in directories:
                yield Target(found, True, b"", True, self._sought.is_within(found, path[-depth]))
        elif depth == 1 and len(path) == 1:
            within = self._project + b"/" if self._project else b""
            near = [found for found in directories if found.startswith(within)]
            if len(near) == 1:  # a word that names several directories is more likely a label
                yield Target(near[0], True, b"", is_slashed, False)
