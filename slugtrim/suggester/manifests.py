"""The manifests of a slug: their texts, and what they say of scripts, workspaces and packages."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from slugtrim.files import SYMLINK, File, Tree
from slugtrim.suggester.modules import encoded, load_json
from slugtrim.suggester.path_index import PathIndex, join, parent
from slugtrim.suggester.root_table import is_manifest, packages_in

LIMIT_BYTES = 1 << 20
"""A larger file is not read."""

_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"?')

_GEM = re.compile(r"[ \t]*gem[ \t(]+[\"']([\w.-]{1,100})[\"'](.{0,500})")
_GROUP = re.compile(r"[ \t]*group\b(.{0,300})")
_GROUPS_OF_GEM = re.compile(r"\bgroups?(?::|[ \t]*=>)[ \t]*(\[[^\]]{0,200}\]|:\w+)")
_SYMBOL = re.compile(r":(\w+)")
_BLOCK = re.compile(r"[ \t]*(?:if|unless|case|begin|def)\b|.{0,500}\bdo[ \t]*(?:\|[^|]{0,100}\|[ \t]*)?\Z")
_OTHER_GEMS = re.compile(rb"\beval_gemfile\b|\bgemspec\b|\bBUNDLE_WITHOUT\b")
"""What says that gems are named elsewhere, or that other groups are installed."""
_UNINSTALLED = frozenset(["development", "test"])
"""Groups of a Gemfile that the Ruby buildpack leaves out."""


class Manifests:
    """What was read of a slug's manifests and scripts, each file once."""

    def __init__(self, tree: Tree, files: Mapping[bytes, File]) -> None:
        self._tree = tree
        self._files = files
        self.texts: dict[bytes, bytes] = {}
        """Path to content, of all that was read."""
        self.packages: dict[bytes, dict[str, Any]] = {}
        """Directory to the data of its ``package.json``."""
        self.scripts: dict[bytes, dict[str, str]] = {}
        """Directory to the scripts in its ``package.json``, by name."""
        self.workspaces: dict[str, bytes] = {}
        """Name of a package to the directory of its ``package.json``."""
        self._composer: dict[bytes, dict[str, Any] | None] = {}
        self._lines_of: dict[bytes, dict[bytes, int]] = {}

    def read(self, paths: Collection[bytes], limit: int = LIMIT_BYTES) -> None:
        """Read files that are not read yet, but for symbolic links and those that are too large."""
        new = [self._files[path] for path in paths if path in self._files and path not in self.texts]
        self.texts |= self._tree.read([file for file in new if file.size_bytes <= limit and file.mode != SYMLINK])

    def lines(self, path: bytes) -> Iterator[tuple[int, str]]:
        """Yield the lines of a file that was read, with their numbers."""
        text = self.texts.get(path, b"").decode("utf-8", "surrogateescape").removeprefix("\ufeff")
        for number, line in enumerate(text.split("\n"), 1):
            yield number, line.rstrip("\r")

    def add_package(self, path: bytes) -> bool:
        """Take in a ``package.json`` that was read; return False if it is none."""
        data = load_json(self.texts[path])
        if data is None:
            return False
        directory = parent(path)
        self.packages[directory] = data
        self.scripts[directory] = scripts_of(data)
        if isinstance(data.get("name"), str):
            self.workspaces.setdefault(data["name"], directory)
        return True

    def composer(self, path: bytes) -> dict[str, Any]:
        """Return the data of a ``composer.json``; nothing if there is none that can be read."""
        if path not in self._composer:
            self._composer[path] = load_json(self.texts[path]) if path in self.texts else None
        return self._composer[path] or {}

    def line_of(self, path: bytes, text: str) -> int:
        """Return the line where a string of a JSON file stands; 1 if it is written in another way."""
        lines = self._lines_of.get(path)
        if lines is None:
            lines = self._lines_of[path] = {}
            for number, line in enumerate(self.texts.get(path, b"").split(b"\n"), 1):
                for literal in _STRING.findall(line):
                    lines.setdefault(literal, number)
        return lines.get(encoded(json.dumps(text, ensure_ascii=False)), 1)

    def lacks_gems(self, names: Collection[str]) -> bool:
        """Return True if the Gemfile at the root has some of the gems, and only for development and tests."""
        self.read([b"Gemfile", b"Gemfile.lock", b"app.json", b".bundle/config"])
        texts = [self.texts.get(path, b"") for path in (b"Gemfile", b"app.json", b".bundle/config")]
        if any(map(_OTHER_GEMS.search, texts)) or self._needs_gems(names):
            return False
        found = []
        blocks = [False]
        for _, line in self.lines(b"Gemfile"):
            text = line.partition("#")[0].rstrip()
            if text.strip() == "end":
                del blocks[max(len(blocks) - 1, 1) :]
            elif gem := _GEM.match(text):
                inline = _GROUPS_OF_GEM.search(gem[2])
                if gem[1] in names:
                    found.append(blocks[-1] or (inline is not None and _is_uninstalled(inline[1])))
            elif any(name in text for name in names):
                return False
            elif _BLOCK.match(text):
                group = _GROUP.match(text)
                blocks.append(blocks[-1] or (group is not None and _is_uninstalled(group[1])))
        return bool(found) and all(found)

    def _needs_gems(self, names: Collection[str]) -> bool:
        """Return True if other gems depend on these."""
        above = ""
        for _, line in self.lines(b"Gemfile.lock"):
            name = line.strip().partition(" ")[0].rstrip("!")
            if line.startswith("      ") and name in names and above not in names:
                return True
            if line.startswith("    ") and not line.startswith("     "):
                above = name
        return False

    def depends_of(self, root: bytes, index: PathIndex) -> set[str]:
        """Return the names of the packages that the manifests of a project may name."""
        found = self.npm_packages_of(root)
        near = [*index.files_in(root), *index.files_in(join(root, b"requirements"))]
        for path in near:
            if path in self.texts and is_manifest(path, root) and not path.endswith(b"package.json"):
                found.update(packages_in(path, self.texts[path]))
        return found

    def npm_packages_of(self, root: bytes) -> set[str]:
        """Return the names of the packages that the ``package.json`` of a project depends on."""
        keys = ("dependencies", "devDependencies", "peerDependencies")
        values = (self.packages.get(root, {}).get(key) for key in keys)
        return {name for value in values if isinstance(value, dict) for name in value}


def _is_uninstalled(groups: str) -> bool:
    """Return True if a deploy installs no gem of these groups, written as symbols."""
    found = _SYMBOL.findall(groups)
    return bool(found) and _UNINSTALLED.issuperset(found)


def scripts_of(manifest: object) -> dict[str, str]:
    """Return the scripts of a manifest by name, those that are texts."""
    scripts = manifest.get("scripts") if isinstance(manifest, dict) else None
    if not isinstance(scripts, dict):
        return {}
    return {name: command for name, command in scripts.items() if isinstance(command, str)}
