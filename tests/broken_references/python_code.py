"""Imports of Python, and the dotted names that Django and others import."""

from __future__ import annotations

import ast
import posixpath
import re
import sys
import warnings
from collections.abc import Iterator

from tests.broken_references.reference import Kind, Reference, References
from tests.broken_references.repository import Repository, above, joined

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+(:\w+)?")


def python_references(repository: Repository, path: str) -> References:
    """Imports, dotted names in strings, applications by name."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(repository.contents[path])
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _found(repository, node.lineno, path, alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield from _imported_from(repository, path, node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _DOTTED.fullmatch(node.value):
            yield _longest(repository, node.lineno, path, node.value.partition(":")[0])
        elif isinstance(node, ast.Assign | ast.AugAssign):
            yield from _applications(repository, path, node)


def module_files(repository: Repository, reader: str, name: str) -> list[str]:
    """Files and bare directories that ``import name`` may mean."""
    top, found = name.partition(".")[0], []
    for root in dict.fromkeys(["", "src", *above(reader)]):
        base = posixpath.join(root, name.replace(".", "/"))
        is_shadow = root not in ("", "src", posixpath.dirname(reader))
        if top in sys.stdlib_module_names and is_shadow:
            continue
        found += [f"{base}.py", f"{base}/__init__.py"]
        is_bare = f"{base}/__init__.py" not in repository and repository.has_module(base)
        if top not in sys.stdlib_module_names and is_bare:
            found.append(base)
    return found


def _found(repository: Repository, line: int, reader: str, name: str) -> Reference:
    targets = tuple(module_files(repository, reader, name))
    return Reference(line=line, kind=Kind.IMPORT, written=name, targets=targets)


def _imported_from(repository: Repository, path: str, node: ast.ImportFrom) -> References:
    name = node.module or ""
    if not node.level:
        yield _found(repository, node.lineno, path, name)
        for alias in node.names:
            yield _found(repository, node.lineno, path, f"{name}.{alias.name}")
        return
    directory = posixpath.dirname(path) or "."
    base = joined(directory, "../" * (node.level - 1) + name.replace(".", "/"))
    if base is None:
        return
    dots = "." * node.level
    if name:
        yield _relative(node.lineno, dots + name, base)
    for alias in node.names:
        inner = posixpath.normpath(posixpath.join(base, alias.name))
        yield _relative(node.lineno, f"{dots}{name} {alias.name}", inner)


def _relative(line: int, written: str, base: str) -> Reference:
    targets = (f"{base}.py", f"{base}/__init__.py", base)
    return Reference(line=line, kind=Kind.IMPORT, written=written, targets=targets, in_order=True)


def _longest(repository: Repository, line: int, reader: str, name: str) -> Reference:
    """A dotted name ends in a module, or in something inside of one; one of the root alone may be a file's name."""
    parts = name.split(".")
    for count in range(len(parts), 1, -1):
        there = [
            target
            for target in module_files(repository, reader, ".".join(parts[:count]))
            if target in repository.contents
        ]
        if there:
            return Reference(line=line, kind=Kind.LITERAL, written=name, targets=tuple(there))
    return Reference(line=line, kind=Kind.LITERAL, written=name, targets=())


def _applications(repository: Repository, path: str, node: ast.Assign | ast.AugAssign) -> References:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    if any(isinstance(target, ast.Name) and target.id.endswith("_APPS") for target in targets):
        for word in _words(node.value):
            yield _found(repository, node.lineno, path, word)


def _words(node: ast.expr) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Constant) and isinstance(inner.value, str) and inner.value.isidentifier():
            yield inner.value
