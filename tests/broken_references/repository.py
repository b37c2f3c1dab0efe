"""The files of a repository, and the usual ways in which a written path leads to one of them."""

from __future__ import annotations

import json
import posixpath
import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cached_property
from urllib.parse import unquote

WEB_ROOTS = frozenset("public static www dist build assets html site htdocs web webroot wwwroot media".split())
"""Names of directories that are commonly served as ``/``."""

NEVER_LOADED = re.compile(
    r"(?i)(^|/)(\.[^/]+|README[^/]*|[^/]*\.(psd|ai|sketch|fig|xd|xcf|md|bak|orig|map|log|swp|zip|example|sample|txt))$"
    r"|(^|/)(tests?|__tests__|__snapshots__|specs?|stories)/|[._-](test|spec|stories)\.\w+$|(^|/)tests?\.py$|(^|/)__pycache__/"
)
"""Files of a directory that is loaded whole which nobody asks for."""


def named(path: bytes) -> str:
    """A path as text; bytes that are no UTF-8 survive."""
    return path.decode("utf-8", "surrogateescape")


def joined(directory: str, written: str) -> str | None:
    """``written``, taken from ``directory``; empty is the root, None is outside of the repository."""
    path = posixpath.normpath(posixpath.join(directory, written)).lstrip("/")
    return None if path == ".." or path.startswith("../") else "" if path == "." else path


def above(path: str) -> Iterator[str]:
    """The directories a path is in, the nearest first, the root (empty) last."""
    while path:
        path = posixpath.dirname(path)
        yield path


class Repository:
    """Paths with their contents."""

    def __init__(self, files: Mapping[bytes, bytes]) -> None:
        self.contents = {named(path): content for path, content in files.items()}
        self.directories = {parent for path in self.contents for parent in above(path)}
        self._by_name: dict[str, list[str]] = defaultdict(list)
        self._by_stem: dict[str, list[str]] = defaultdict(list)
        for path in sorted(self.contents):
            directory, name = posixpath.split(path)
            self._by_name[name].append(path)
            self._by_stem[posixpath.join(directory, name.partition(".")[0])].append(path)

    def __contains__(self, path: str) -> bool:
        return path in self.contents or path in self.directories

    def text(self, path: str) -> str:
        """Content as text; what is no UTF-8 is replaced."""
        return self.contents[path].decode("utf-8", "replace")

    def json(self, path: str) -> dict[str, object]:
        """A JSON object, comments and trailing commas allowed; empty when it is none."""
        text = re.sub(r'("(?:\\.|[^"\\])*")|//[^\n]*|/\*.*?\*/', lambda m: m[1] or "", self.text(path), flags=re.DOTALL)
        try:
            found = json.loads(re.sub(r",(\s*[]}])", r"\1", text))
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def has_module(self, directory: str) -> bool:
        """Whether Python files are in the directory itself, and it is no project that has to be installed."""
        return directory in self._of_modules

    def ending(self, end: str) -> list[str]:
        """Files whose path ends in these parts."""
        end = end.strip("/")
        return [
            path for path in self._by_name.get(posixpath.basename(end), ()) if path == end or path.endswith("/" + end)
        ]

    def below(self, directory: str) -> list[str]:
        """Files in a directory, however deep."""
        first, last = bisect_left(self._sorted, directory + "/"), bisect_left(self._sorted, directory + "0")
        return self._sorted[first:last]

    @cached_property
    def _sorted(self) -> list[str]:
        return sorted(self.contents)

    def named(self, name: str) -> list[str]:
        """Files of this name, in any directory."""
        return self._by_name.get(name, [])

    def with_stem(self, stem: str) -> list[str]:
        """Files at this path with any extension, or none."""
        return self._by_stem.get(stem, [])

    def served(self, url: str, reader: str) -> list[str]:
        """What ``/url`` may be: from the root, or from a directory whose name says that it is served."""
        found = []
        for path in self.ending(url):
            top = path[: -len(url.strip("/"))].rstrip("/")
            if not top or posixpath.basename(top) in WEB_ROOTS or reader.startswith(top + "/"):
                found.append(path)
        return found

    def linked(self, written: str, reader: str) -> list[str]:
        """What a reference of a page or style sheet leads to."""
        written = re.split(r"[?#]", written.strip())[0]
        if (
            not written
            or re.match(r"[a-zA-Z][\w+.-]*:|//", written)
            or any(mark in written for mark in ("{{", "<%", "${"))
        ):
            return []
        found = []
        for each in {written, unquote(written)}:
            if each.startswith("/"):
                found += self.served(each, reader)
            elif (path := joined(posixpath.dirname(reader), each)) and path in self.contents:
                found.append(path)
        return found

    @cached_property
    def _of_modules(self) -> set[str]:
        projects = {posixpath.dirname(path) for name in ("setup.py", "pyproject.toml") for path in self._by_name[name]}
        return {posixpath.dirname(path) for path in self.contents if path.endswith(".py")} - projects

    @cached_property
    def packages(self) -> dict[str, str]:
        """Name to directory of the JavaScript packages that are developed here."""
        found: dict[str, str] = {}
        for path in self._by_name.get("package.json", ()):
            name = "" if "node_modules/" in path else self.json(path).get("name")
            if isinstance(name, str) and name:
                found.setdefault(name, posixpath.dirname(path))
        return found
