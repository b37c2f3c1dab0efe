"""Look for slowness: doubling an input must not quadruple the CPU time of a regular expression or a file reader.

``SLUGTRIM_FUZZ_SECONDS`` sets the time for each of the two tests (60 by default). A failure prints the seed.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import itertools
import os
import pkgutil
import random
import re
import resource
import signal
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from types import FrameType, ModuleType
from typing import Any, NamedTuple

import pytest
from msgspec.structs import replace

import slugtrim
from slugtrim.builds.build import app_of_url
from slugtrim.builds.log import LogReader
from slugtrim.config.locator import key_lines, with_total
from slugtrim.config.reading import document_in
from slugtrim.errors import SlugtrimError
from slugtrim.files import REGULAR, Directory, File, Tree, printable, quoted
from slugtrim.git import listing
from slugtrim.ignore import Dialect, decide, matcher, parse
from slugtrim.lint.findings import lint_tree
from slugtrim.lint.view import lfs_note
from slugtrim.sources import open_tree
from tests.builders import make_repo, make_tree

SECONDS = float(os.environ.get("SLUGTRIM_FUZZ_SECONDS") or 60)
SIGNIFICANT_SECONDS = 0.005
"""Shorter times are not compared."""
MAX_RATIO = 3.2
"""Of the times of an input and of half of it. Quadratic growth has 4, and n log n less than 2.3."""
MAX_BYTES = 256 * 1024
MAX_BOUNDED_SECONDS = 0.1
"""For an expression that gets short inputs only."""
TIMEOUT_SECONDS = 10.0
"""CPU seconds after which a call is interrupted. It counts as infinitely slow."""
REPETITIONS = 3

LINE_BYTES = 2000
NAME_BYTES = 255
BOUNDED = {
    "slugtrim.builds.log": LINE_BYTES,
    "slugtrim.builds.build": LINE_BYTES,
    "slugtrim.anatomy.looks._GEM": NAME_BYTES,
    "slugtrim.anatomy.looks._GIT_GEM": NAME_BYTES,
    "slugtrim.anatomy.looks._JAR": NAME_BYTES,
    "slugtrim.anatomy.looks._YARN_ZIP": NAME_BYTES,
    "slugtrim.anatomy.looks._DISTRIBUTION": NAME_BYTES,
}
"""Modules and expressions that get no longer input than this: the callers check the length."""
UNBOUNDED = {"slugtrim.builds.log._MAY_MATTER"}
"""Exceptions from ``BOUNDED``: searched for in everything that comes at once."""

METHODS = ("search", "match", "fullmatch", "sub", "subn", "split", "findall", "finditer")
MODULE_CALLS = frozenset(("compile", *METHODS))
ALPHABET = "ab1Z \t\n\r\x1b\0/\\.,:;-_+*?![](){}<>=#'\"`|~@%&^$é"
PARSER = importlib.import_module("re._parser")
FLAGS = re.ASCII | re.IGNORECASE | re.MULTILINE | re.DOTALL | re.VERBOSE

Work = Callable[[], object]
Reader = Callable[[bytes], object]


class Expression(NamedTuple):
    """A regular expression of the package, and the methods that the package calls on it."""

    where: str
    pattern: re.Pattern[Any]
    methods: tuple[str, ...]
    max_bytes: int | None
    """The longest input that it gets; None if any."""


# Collecting.


def modules() -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(slugtrim.__path__, "slugtrim."):
        if not found.name.startswith("slugtrim.suggester") and not found.name.endswith("__main__"):
            yield importlib.import_module(found.name)


def patterns_in(value: object, depth: int = 2) -> Iterator[re.Pattern[Any]]:
    """Yield the patterns that are a value, or that a container or record of the package holds."""
    if isinstance(value, re.Pattern):
        yield value
    elif depth:
        inner: Iterable[object] = ()
        if isinstance(value, tuple | list | set | frozenset):
            inner = value
        elif isinstance(value, dict):
            inner = value.values()
        elif type(value).__module__.startswith("slugtrim."):
            inner = [getattr(value, name, None) for name in getattr(value, "__struct_fields__", ())]
        for each in inner:
            yield from patterns_in(each, depth - 1)


def calls_in(tree: ast.AST) -> Iterator[tuple[str, str, ast.Call]]:
    """Yield every call ``name.method(...)`` with its name and its method."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of = node.func.value
            name = of.id if isinstance(of, ast.Name) else of.attr if isinstance(of, ast.Attribute) else ""
            yield name, node.func.attr, node


def literals_in(tree: ast.AST) -> Iterator[tuple[int, str, re.Pattern[Any]]]:
    """Yield line, method and pattern of each call of ``re`` with a literal in the body of a function."""
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            for name, method, call in calls_in(function):
                if name == "re" and method in MODULE_CALLS and call.args and isinstance(call.args[0], ast.Constant):
                    value = call.args[0].value
                    if isinstance(value, str | bytes):
                        yield call.lineno, method, re.compile(value)


def bound_of(where: str, module: str) -> int | None:
    return None if where in UNBOUNDED else BOUNDED.get(where, BOUNDED.get(module))


def expressions() -> list[Expression]:
    found: dict[tuple[str, object, int], Expression] = {}
    for module in modules():
        source = ast.parse(inspect.getsource(module))
        methods: dict[str, set[str]] = defaultdict(set)
        for name, method, _ in calls_in(source):
            if method in METHODS:
                methods[name].add(method)
        passed = {
            argument.arg
            for argument in ast.walk(source)
            if isinstance(argument, ast.arg)
            and argument.annotation
            and "re.Pattern" in ast.unparse(argument.annotation)
        }
        # A pattern without calls of its own is an argument of a function that makes them.
        elsewhere = sorted(set().union(*(methods[name] for name in passed))) or ["search", "match", "fullmatch"]
        classes = [
            (f"{name}.{key}", value)
            for name, kind in vars(module).items()
            if inspect.isclass(kind) and kind.__module__ == module.__name__
            for key, value in vars(kind).items()
        ]
        for name, value in [*vars(module).items(), *classes]:
            if name.startswith("__"):
                continue
            if hasattr(value, "cache_clear") and not inspect.signature(value).parameters:
                returned = str(value.__annotations__.get("return"))
                value = value() if returned.startswith("re.Pattern") else value
            for pattern in patterns_in(value):
                used = tuple(sorted(methods[name.rpartition(".")[2]]) or elsewhere)
                where = f"{module.__name__}.{name}"
                known = Expression(where, pattern, used, bound_of(where, module.__name__))
                found.setdefault((module.__name__, pattern.pattern, pattern.flags), known)
        for line, method, pattern in literals_in(source):
            used = ("search", "match", "fullmatch") if method == "compile" else (method,)
            where = f"{module.__name__}:{line}"
            known = Expression(where, pattern, used, bound_of(where, module.__name__))
            found.setdefault((module.__name__, pattern.pattern, pattern.flags), known)
    return list(found.values())


# Making inputs.


def is_member(char: str, items: Sequence[tuple[Any, Any]]) -> bool:
    """Return True if a parsed class, without its negation, has a character."""
    for op, value in items:
        match str(op):
            case "LITERAL":
                is_in = ord(char) == value
            case "RANGE":
                is_in = value[0] <= ord(char) <= value[1]
            case "CATEGORY":
                _, *negation, kind = str(value).split("_")
                kinds = {"DIGIT": char.isdigit(), "SPACE": char.isspace(), "WORD": char.isalnum() or char == "_"}
                is_in = kinds[kind] != bool(negation)
            case _:
                is_in = False
        if is_in:
            return True
    return False


def member(rng: random.Random, items: Sequence[tuple[Any, Any]], own: str) -> str:
    negated = str(items[0][0]) == "NEGATE"
    ranged = [chr(rng.randint(*value)) for op, value in items if str(op) == "RANGE"]
    chosen = [char for char in [*ALPHABET, *own, *ranged] if is_member(char, items) != negated]
    return rng.choice(chosen) if chosen else "a"


def sample(rng: random.Random, nodes: Iterable[tuple[Any, Any]], own: str) -> str:
    """Return a text that these parsed nodes match, apart from their assertions.

    ``own`` has the characters of the whole expression.
    """
    out = ""
    for op, value in nodes:
        match str(op):
            case "LITERAL":
                out += chr(value)
            case "NOT_LITERAL":
                out += rng.choice([char for char in ALPHABET + own if ord(char) != value])
            case "ANY":
                out += rng.choice("a/ -.1" + own)
            case "IN":
                out += member(rng, value, own)
            case "BRANCH":
                out += sample(rng, rng.choice(value[1]), own)
            case "SUBPATTERN":
                out += sample(rng, value[-1], own)
            case "ATOMIC_GROUP":
                out += sample(rng, value, own)
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                least, most, inner = value
                out += "".join(sample(rng, inner, own) for _ in range(min(int(most), int(least) + rng.randrange(2))))
    return out


def repeats(nodes: Sequence[tuple[Any, Any]], before: Sequence[Any] = ()) -> Iterator[tuple[list[Any], list[Any]]]:
    """Yield what precedes each repeated part and assertion of an expression, and that part."""
    nodes = list(nodes)
    for at, (op, value) in enumerate(nodes):
        prefix = [*before, *nodes[:at]]
        inner: list[Any] = []
        match str(op):
            case "BRANCH":
                inner = value[1]
            case "SUBPATTERN":
                inner = [value[-1]]
            case "ATOMIC_GROUP":
                inner = [value]
            case "ASSERT" | "ASSERT_NOT":
                inner = [value[1]]
                yield prefix, list(value[1])
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                inner = [value[2]]
                yield prefix, list(value[2])
        for each in inner:
            yield from repeats(each, prefix)


class Input(NamedTuple):
    prefix: str
    pump: str
    suffix: str


class Inputs:
    """Make adversarial inputs for one expression."""

    def __init__(self, rng: random.Random, pattern: re.Pattern[Any]) -> None:
        self.rng = rng
        text = pattern.pattern
        self.own = text.decode("latin-1") if isinstance(text, bytes) else text
        self.nodes = list(PARSER.parse(pattern.pattern, pattern.flags & FLAGS))
        self.repeats = list(repeats(self.nodes))

    def sample(self, nodes: Sequence[tuple[Any, Any]]) -> str:
        return sample(self.rng, nodes, self.own)

    def next(self) -> Input:
        rng = self.rng
        prefix, pump = "", ""
        if self.repeats and rng.random() < 0.6:
            before, body = rng.choice(self.repeats)
            prefix, pump = self.sample(before), self.sample(body)
            if rng.random() < 0.3:
                pump += self.sample(rng.choice(self.repeats)[1])
        elif rng.random() < 0.6:
            start = rng.randrange(len(self.nodes) + 1)
            pump = self.sample(self.nodes[start : rng.randint(start, len(self.nodes))])
        pump = pump or "".join(rng.choices(ALPHABET + self.own, k=rng.randint(1, 2)))
        if rng.random() < 0.2:
            prefix = ""
        suffix = rng.choice(["", "!", "\0", "\n", "x", " ", "\n!", "\\", rng.choice(ALPHABET), self.sample(self.nodes)])
        return Input(prefix, pump, suffix)


# Measuring.


class TooSlow(Exception):
    """A call took ``TIMEOUT_SECONDS``."""


@contextmanager
def timeout() -> Iterator[None]:
    def stop(signum: int, frame: FrameType | None) -> None:
        raise TooSlow

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, TIMEOUT_SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def clock() -> float:
    """Return the CPU seconds of this process and of its ended children."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


def seconds(work: Work, repetitions: int = 1) -> float:
    """Return the shortest time of several calls; infinity if one does not end."""
    least = float("inf")
    for _ in range(repetitions):
        start = clock()
        try:
            with timeout():
                work()
        except TooSlow:
            return float("inf")
        least = min(least, clock() - start)
    return least


def slow_times(work_of: Callable[[int], Work], max_n: int) -> list[float] | None:
    """Return the times of n, 2n and 4n if they grow like a square, else None.

    ``work_of`` makes the input of size n, and returns the call to measure.
    """
    n = min(16, max_n // 4)
    # What a call costs anyway would hide how the rest grows.
    significant = SIGNIFICANT_SECONDS + 4 * seconds(work_of(1), REPETITIONS)
    while n and seconds(work_of(n)) < significant:
        n *= 2
        if n > max_n // 4:
            return None
    times = [seconds(work_of(n), REPETITIONS)]
    for doubling in (2, 4):
        if times[-1] < float("inf"):
            times.append(seconds(work_of(n * doubling), REPETITIONS))
            if times[-1] < times[-2] * MAX_RATIO:
                return None
    return times if times[0] >= significant else None


def slow_bounded_time(work: Work) -> list[float] | None:
    """Return the time of an input of the largest size if it is too long, else None."""
    if seconds(work) < MAX_BOUNDED_SECONDS or (time_ := seconds(work, REPETITIONS)) < MAX_BOUNDED_SECONDS:
        return None
    return [time_]


def text_for(pattern: re.Pattern[Any], made: Input, pumps: int) -> Any:
    text = made.prefix + made.pump * pumps + made.suffix
    return text if isinstance(pattern.pattern, str) else text.encode("latin-1", "replace")


def apply(pattern: re.Pattern[Any], method: str, text: Any) -> Work:
    if method in ("sub", "subn"):
        return lambda: getattr(pattern, method)(text[:0], text)
    if method == "finditer":
        return lambda: sum(1 for _ in pattern.finditer(text))
    return lambda: getattr(pattern, method)(text)


def slow(expression: Expression, method: str, made: Input) -> list[float] | None:
    def work_of(pumps: int) -> Work:
        return apply(expression.pattern, method, text_for(expression.pattern, made, pumps))

    if expression.max_bytes is not None:
        text = text_for(expression.pattern, made, expression.max_bytes // len(made.pump))
        # A suffix makes the match fail, so the pumps are cut, and not the end.
        cut = len(text) - expression.max_bytes
        begin = len(made.prefix)
        text = text[:begin] + text[begin + max(cut, 0) :]
        return slow_bounded_time(apply(expression.pattern, method, text))
    return slow_times(work_of, MAX_BYTES // len(made.pump))


@pytest.mark.long
def test_no_regular_expression_is_quadratic() -> None:
    seed = int(os.environ.get("SLUGTRIM_FUZZ_SEED") or random.randrange(1 << 32))
    rng = random.Random(seed)
    jobs = [(each, method, Inputs(rng, each.pattern)) for each in expressions() for method in each.methods]
    found: dict[tuple[str, str], str] = {}
    cases, until = 0, time.monotonic() + SECONDS
    for expression, method, inputs in itertools.cycle(jobs):
        if time.monotonic() > until:
            break
        if (expression.where, method) in found:
            continue
        made = inputs.next()
        cases += 1
        times = slow(expression, method, made)
        if times is not None:
            found[expression.where, method] = (
                f"{expression.where}.{method} {expression.pattern.pattern!r}: {made}, seconds {times}"
            )
    print("seed", seed, "expressions", len({job[0].where for job in jobs}), "cases", cases)
    assert not found, "\n".join([f"seed {seed}", *found.values()])


# Readers of files.


def lines_of(rng: random.Random) -> Callable[[int], bytes]:
    """Return what makes n lines, or one line of n pumps."""
    char = rng.choice(
        [*ALPHABET, "**/", "*a", "[a", "{a,", "a/", "../", "./", "\\ ", "?", "[[:", "{", "é", "\x85", '\\"']
    )
    end = rng.choice(["", "b", "\n", "*", "]", "}", "/", '"', "="])
    start = rng.choice(["", "a", "!", "/", "[", "{", '"', "a = ", 'a = "', "a = [", "# ", "remote: ", "-----> "])
    line = start + char * rng.randint(1, 3) + end
    words = rng.choice(
        ["total", "log", "*.rb", "app/", "docs/a.md", "x", "a = 1", "-----> Compressing...", "[a]", "[[a]]"]
    )
    text: dict[str, Callable[[int], str]] = {
        "one": lambda n: start + char * n + end,
        "equal": lambda n: (line.replace("\n", "") + "\n") * n,
        "negated": lambda n: "".join(f"!{words}{i}\n" for i in range(n)),
        "equal negated": lambda n: f"!{words}\n" * n,
        "distinct": lambda n: "".join(f"{words}{i}\n" for i in range(n)),
        "numbered first": lambda n: "".join(f"{i}{line}\n" for i in range(n)),
        "assigned": lambda n: "".join(f"a{i} = '{char}'\n".replace("\\", "") for i in range(n)),
        "tables": lambda n: "".join(f"[a.b{i}]\nc = 1\n" for i in range(n)),
        "submodules": lambda n: "".join(f'[submodule "a{i}"]\n\tpath = b{i}\n\turl = c\n' for i in range(n)),
        "steps": lambda n: f"-----> {words}\nremote:  1. {words}\r\n" * n,
        "blank": lambda n: "\n" * n,
        "returns": lambda n: f"{words}\r" * n,
        "attributes": lambda n: "".join(f"*.x{i} filter=lfs diff=lfs\n" for i in range(n)),
        "deep": lambda n: words + f"/{char}".replace("\n", "") * n,
    }
    make = text[rng.choice(list(text))]
    return lambda n: make(n).encode()


def read_log(text: bytes, piece_bytes: int) -> None:
    reader = LogReader()
    for at in range(0, len(text), piece_bytes):
        reader.feed(text[at : at + piece_bytes])
    reader.end()


def rule_readers(tree: Tree, dialect: Dialect) -> dict[str, Reader]:
    root = Directory.from_files(tree.files)

    def decided(text: bytes) -> object:
        return decide(parse(text, dialect), dialect, root, {b"link": b"app"})

    def each_alone(text: bytes) -> None:
        tried = matcher(dialect, root, {})
        for rule in parse(text, dialect):
            tried.takes_any(rule.pattern)

    def linted(text: bytes) -> object:
        return lint_tree(replace(tree, slugignore=text), dialect)

    name = dialect.value
    return {f"{name} rules": decided, f"{name} rules, each alone": each_alone, f"{name} lint": linted}


def text_readers() -> dict[str, Reader]:
    def directories(text: bytes) -> None:
        names = [name for name in text.split(b"\n") if name and not name.startswith(b"/")]
        list(Directory.from_files([File(name, 1, REGULAR, None) for name in names]).walk())

    def settings(text: bytes) -> None:
        for key in listing.settings(text.replace(b"\n", b"\0")):
            listing.key_parts(key)

    return {
        "slugtrim.toml": lambda text: document_in(b"", text, None),
        "pyproject.toml": lambda text: document_in(b"", None, text),
        "key_lines": lambda text: key_lines(text.decode()),
        "with_total": lambda text: with_total(text, "100M"),
        "log": lambda text: read_log(text, MAX_BYTES),
        "log in pieces": lambda text: read_log(text, 4096),
        "app_of_url": lambda text: app_of_url(text.decode()[:1000]),
        "quoted": quoted,
        "printable": lambda text: printable(text.decode()),
        "directories": directories,
        "git settings": settings,
    }


def file_readers(directory: Path, repository: Path) -> dict[str, Reader]:
    def linted(name: str, text: bytes) -> object:
        (directory / name).write_bytes(text)
        return lint_tree(open_tree(bytes(directory), use_git=False))

    def attributes(text: bytes) -> object:
        (directory / ".gitattributes").write_bytes(text)
        tree = open_tree(bytes(directory), use_git=False)
        return lfs_note(tree, tree.files)

    def submodules(text: bytes) -> object:
        (repository / ".gitmodules").write_bytes(text)
        return open_tree(bytes(repository)).has_submodules

    return {
        ".gitattributes": attributes,
        ".gitmodules": submodules,
        ".env, linted": partial(linted, ".env"),
        "Procfile, linted": partial(linted, "Procfile"),
    }


@pytest.mark.long
def test_no_reader_of_a_file_is_quadratic(tmp_path: Path) -> None:
    seed = int(os.environ.get("SLUGTRIM_FUZZ_SEED") or random.randrange(1 << 32))
    rng = random.Random(seed)
    names = [f"{top}/{i}/{name}" for top in ("app", "docs", "log") for i in range(10) for name in ("a.rb", "b.md", "x")]
    where = make_tree(tmp_path / "tree", {"Procfile": "web: x\n", **dict.fromkeys(names, "x\n")})
    tree = open_tree(bytes(where), use_git=False)
    readers = text_readers() | file_readers(where, make_repo(tmp_path / "repository", {"a": "a\n", ".gitmodules": ""}))
    for dialect in Dialect.GITIGNORE.pair:
        readers |= rule_readers(tree, dialect)
    found: dict[str, str] = {}
    cases, until = 0, time.monotonic() + SECONDS
    for name, read in itertools.cycle(readers.items()):
        if time.monotonic() > until:
            break
        if name in found:
            continue
        make = lines_of(rng)
        cases += 1

        def work_of(n: int, make: Callable[[int], bytes] = make, read: Reader = read) -> Work:
            text = make(n)

            def work() -> None:
                with suppress(SlugtrimError, UnicodeError):
                    read(text)

            return work

        unit = max(1, (len(make(64)) - len(make(32))) // 32)
        times = slow_times(work_of, MAX_BYTES // unit)
        if times is not None:
            found[name] = f"{name}: {make(3)!r} and so on, seconds {times}"
    print("seed", seed, "readers", len(readers), "cases", cases)
    assert not found, "\n".join([f"seed {seed}", *found.values()])
