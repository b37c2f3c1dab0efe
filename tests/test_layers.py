"""Each room imports only from rooms before it, and each third-party library has one home."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import pytest

import slugtrim

PACKAGE = Path(slugtrim.__file__).parent
LAYERS = [
    {"installs"},
    {"lean"},
    {"errors"},
    {"units"},
    {"interrupts"},
    {"files"},
    {"writing"},
    {"store"},
    {"git"},
    {"ignore"},
    {"platforms"},
    {"sources"},
    {"scanner"},
    {"sizer"},
    {"measurement"},
    {"buildpacks"},
    {"archive"},
    {"findings"},
    {"suggester"},
    {"lint", "anatomy"},
    {"verifier"},
    {"budget"},
    {"config"},
    {"builds"},
    {"audit", "cleanup"},
    {"diff"},
    {"listing"},
    {"check", "history", "inspection"},
    {"hook"},
    {"reports"},
    {"cli"},
]
RANKS = {room: rank for rank, rooms in enumerate(LAYERS) for room in rooms}
APART = {frozenset({"git", "ignore"})}
HOMES = {
    "humanize": "units",
    "packaging": "buildpacks",
    "click": "cli",
    "yaml": "buildpacks",
    "isal": "sizer",
    "tree_sitter": "suggester",
    "deflate": "sizer",
    "tarsafe": "archive",
}
STARTERS = {"git", "verifier", "builds"}
"""Rooms that start a process: git, the user's own command, and the push that the user has recorded."""
MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@cache
def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text("utf-8"))


@cache
def imported(path: Path) -> Sequence[str]:
    return list(_imported(path))


def _imported(path: Path) -> Iterator[str]:
    for node in statements(parsed(path).body):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: a relative import"
            assert node.module is not None
            yield node.module
            if node.module == "slugtrim":
                yield from (f"slugtrim.{alias.name}" for alias in node.names if alias.name in RANKS)


def statements(nodes: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Each statement and those inside it. To look at expressions as well takes ten times as long."""
    for node in nodes:
        yield node
        for block in blocks(node):
            yield from statements(block)


def blocks(node: ast.AST) -> Iterator[Sequence[ast.stmt]]:
    """The blocks of statements directly in a statement, a handler or a case."""
    for field in ("body", "orelse", "finalbody"):
        yield getattr(node, field, [])
    for part in (*getattr(node, "handlers", []), *getattr(node, "cases", [])):
        yield from blocks(part)


def test_every_room_has_its_place() -> None:
    assert {room_of(path) for path in MODULES} == {*RANKS, "__init__", "__main__"}


def test_a_room_imports_only_from_rooms_before_it() -> None:
    wrong = [
        f"{path}: {name}"
        for path in MODULES
        if (room := room_of(path)) in RANKS
        for name in imported(path)
        if name.startswith("slugtrim.") and (other := name.split(".")[1]) != room
        if RANKS[other] >= RANKS[room] or frozenset({room, other}) in APART
    ]
    assert wrong == []


def test_a_library_is_imported_in_its_home_only() -> None:
    homeless = {*sys.stdlib_module_names, "slugtrim", "msgspec"} - {"subprocess"}  # records are structs everywhere
    for path in MODULES:
        for top in {name.partition(".")[0] for name in imported(path)} - homeless:
            homes = STARTERS if top == "subprocess" else {HOMES[top]}
            assert room_of(path) in homes, f"{path}: {top} is at home in {homes}"


def inner_imports(nodes: Sequence[ast.stmt], *, inside: bool) -> Iterator[Sequence[ast.stmt]]:
    """Runs of imports that follow each other inside a function, but for those that only the type checker sees."""
    run: list[ast.stmt] = []
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            run.append(node)
            continue
        if run and inside:
            yield run
        run = []
        within = inside or isinstance(node, ast.FunctionDef)
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            for block in blocks(node):
                yield from inner_imports(block, inside=within)
    if run and inside:
        yield run


APART_FROM_THE_TOP = {"cli": "a command imports what it alone needs"}


def test_an_import_inside_a_function_says_why() -> None:
    """The reason is a comment on the line, or on that of the first of several imports in a row."""
    for path in (path for path in MODULES if room_of(path) not in APART_FROM_THE_TOP):
        lines = path.read_text("utf-8").splitlines()
        for run in inner_imports(parsed(path).body, inside=False):
            assert "  # " in lines[run[0].lineno - 1], f"{path}:{run[0].lineno}: why is it not at the top?"


def test_the_command_line_is_imported_by_the_entry_point_only() -> None:
    importers = {room_of(path) for path in MODULES if any(name.startswith("slugtrim.cli") for name in imported(path))}
    assert importers == {"cli", "__main__"}


def test_no_two_public_classes_share_a_name() -> None:
    homes = defaultdict(list)
    for path in MODULES:
        for node in parsed(path).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                homes[node.name].append(path.relative_to(PACKAGE).as_posix())
    shared = {name: paths for name, paths in homes.items() if len(paths) > 1}
    assert shared == {}


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import slugtrim", ["click", "humanize", "yaml", "subprocess", "slugtrim.errors"]),
        ("import slugtrim; slugtrim.format_size", ["click", "yaml", "humanize"]),
        ("import slugtrim; slugtrim.open_tree", ["click", "yaml", "humanize"]),
        ("import slugtrim; slugtrim.audit_tree", ["click", "yaml", "humanize"]),
        ("import slugtrim.cli", ["yaml", "humanize", "subprocess"]),
    ],
)
def test_what_is_not_needed_is_not_loaded(statement: str, absent: list[str]) -> None:
    script = f"{statement}\nimport sys\nprint(*sorted(set({absent!r}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True)
    assert (done.stdout, done.stderr) == (b"\n", b"")
