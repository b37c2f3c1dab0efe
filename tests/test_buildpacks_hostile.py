"""Hostile lock files: whatever the bytes, buildpacks and packages come out, and in linear time."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from time import process_time

import pytest
import yaml

from slugtrim.buildpacks.detection import dependencies, detected
from slugtrim.buildpacks.formats import indented, json_object, toml_table
from tests import test_buildpacks_node_locks as node
from tests import test_buildpacks_other_locks as other
from tests import test_buildpacks_python_locks as python
from tests.fuzzing import rounds
from tests.locks import contents
from tests.rows import each_row

PACKAGES = ["heroku/nodejs", "heroku/python", "heroku/ruby", "heroku/php", "heroku/go"]
GOOD = contents(
    {
        "package.json": node.MANIFEST,
        "package-lock.json": node.NPM_3,
        "npm-shrinkwrap.json": node.NPM_1,
        "yarn.lock": node.YARN_1,
        "berry": node.BERRY,
        "pnpm5": node.PNPM_5,
        "pnpm-lock.yaml": node.PNPM_9,
        "bun.lock": node.BUN,
        "app.json": {"env": {"NODE_ENV": {"value": "x"}}, "buildpacks": [{"url": "heroku/nodejs"}]},
        "requirements.txt": "-r requirements.txt\n-c b.txt\na==1; python_version > '3'\nb[x]>=2\n",
        "b.txt": "-r requirements.txt\n",
        "Pipfile.lock": {"_meta": {"requires": {"python_version": "3.12"}}, "default": {"a": {"version": "==1"}}},
        "poetry.lock": python.POETRY,
        "pyproject.toml": "[tool.poetry.dependencies]\nflask = {version = '*', extras = ['async']}\n",
        "uv.lock": python.UV,
        "Gemfile": "group :test do\n  gem 'rspec', platforms: [:ruby]\nend\n",
        "Gemfile.lock": other.LOCK,
        "composer.json": {"require": {"a/b": "1"}},
        "composer.lock": {"packages": [{"name": "a/b", "version": "1"}], "packages-dev": []},
        "go.mod": "module x\ngo 1.2\n",
        "system.properties": "java.runtime.version=21",
        ".python-version": "3.12",
        "runtime.txt": "python-3.11",
    }
)
LOCKS = [name for name in GOOD if name.endswith((b"lock", b".yaml", b"-lock.json", b"wrap.json", b".txt"))]


def looked_at(files: dict[bytes, bytes]) -> None:
    """Check that every lock file comes out as packages with sensible names, alone and with the others."""
    for lock in (None, *LOCKS):
        there = {name: content for name, content in files.items() if lock is None or name == lock or name not in LOCKS}
        for found in dependencies(detected(there, there.get, PACKAGES), there, there.get):
            for package in (*found.packages, *found.development):
                assert package.name
                assert len(package.name) <= 300
                assert len(package.version) <= 300
            assert all(note.endswith(".") and len(note) < 300 for note in found.notes)
    detected(files, files.get)


def damaged(content: bytes, chance: random.Random) -> bytes:
    """Return a lock file with bytes dropped, doubled, changed, or values of other types in their place."""
    for _ in range(chance.choice([1, 1, 3, 20])):
        at, end = sorted(chance.choices(range(len(content) + 1), k=2))
        end = min(end, at + chance.choice([0, 1, 5, 60, len(content)]))
        new = chance.choice(
            [b"", b"\xff", b"\0", b"{", b"[", b'"', b"'", b":", b"\n", b"    ", b"- ", b"? ", b"&a ", b"*a"]
        )
        new = chance.choice(
            [new, new * 3, content[at:end] * 2, b"null", b"7", b"[]", b"{}", b"true", b'"x"', "é".encode()]
        )
        content = content[:at] + new + content[end:]
    return content


def retyped(value: object, chance: random.Random) -> object:
    if chance.random() < 0.05:
        return chance.choice([None, True, 0, -1, 1.5, "", "x", [], {}, [[]], [{}], {"": {}}, ["a"], {"a": {"b": 1}}])
    if isinstance(value, dict):
        return {key: retyped(inner, chance) for key, inner in value.items()}
    return [retyped(inner, chance) for inner in value] if isinstance(value, list) else value


@each_row("seed", range(12))
def test_damaged_files_never_raise(seed: int) -> None:
    chance = random.Random(seed)
    files = {name: damaged(content, chance) if chance.random() < 0.6 else content for name, content in GOOD.items()}
    looked_at({**files, b"yarn.lock": files[chance.choice([b"yarn.lock", b"berry"])]})


@each_row("seed", range(12))
def test_values_of_other_types_never_raise(seed: int) -> None:
    chance = random.Random(seed)
    looked_at(
        {
            name: json.dumps(retyped(json.loads(content), chance)).encode()
            if content[:1] == b"{" and name != b"bun.lock"
            else content
            for name, content in GOOD.items()
        }
    )


@pytest.mark.long
def test_damaged_files_never_raise_for_minutes() -> None:
    for chance in rounds(1, 300):
        looked_at({name: damaged(content, chance) for name, content in GOOD.items()})


def deep(count: int) -> dict[bytes, bytes]:
    return {
        b"package.json": b'{"a":' * count,
        b"package-lock.json": b'{"dependencies":{"a":' * count + b"1" + b"}}" * count,
        b"poetry.lock": b"a = " + b"[" * count,
        b"uv.lock": b"a" + b".a" * count + b" = 1",
        b"bun.lock": b'{"packages":' + b"[" * count,
        b"pnpm-lock.yaml": b"\n".join(b" " * depth + b"a:" for depth in range(min(count, 3000))),
        b"requirements.txt": b"a; " + b"(" * count + b"python_version > '3'",
        b"Pipfile.lock": b'{"default":{"a":{"markers":"' + b"(" * count + b'"}}}',
        b"Gemfile": b"if x do\n" * count,
        b"Gemfile.lock": b"GEM\n  specs:\n",
        b"composer.lock": b'{"packages":' + b"[" * count,
    }


def many(count: int) -> dict[bytes, bytes]:
    """Return lock files whose packages need each other, or have many keys, or keys that are long."""
    ring = [(f"p{number}", f"p{(number + 1) % count}") for number in range(count)]
    return {
        b"package.json": json.dumps({"dependencies": {"p0": "1"}, "workspaces": ["*" * 200] * 200}).encode(),
        b"package-lock.json": json.dumps(
            {
                "packages": {
                    "node_modules/w": {"optional": True, "os": ["win32"], "dependencies": {"p0": "1"}},
                    **{
                        f"node_modules/{name}": {"optional": True, "dependencies": {next_: "1"}} for name, next_ in ring
                    },
                }
            }
        ).encode(),
        b"yarn.lock": b", ".join(b"p%d@1" % number for number in range(count))
        + b":\n  version 1\n  dependencies:\n"
        + b"".join(b"    p%d 1\n" % number for number in range(count)),
        b"pnpm-lock.yaml": b"dependencies:\n  p0: 1\npackages:\n"
        + "".join(f"  /{name}/1:\n    dependencies:\n      {next_}: 1\n" for name, next_ in ring).encode(),
        b"bun.lock": b'{"packages": {"a": ["' + b'\\"' * count + b"," + b", " * count,
        b"poetry.lock": "".join(
            f'[[package]]\nname = "{name}"\n[package.dependencies]\n{next_} = "1"\n' for name, next_ in ring
        ).encode(),
        b"pyproject.toml": b'[tool.poetry.dependencies]\np0 = "1"\n',
        b"requirements.txt": b"a " * count + b"\n" + b"\\\n" * count + b"a==1 #" * count,
        b"Gemfile.lock": b"GEM\n" + "".join(f"    {name} (1)\n      {next_}\n" for name, next_ in ring).encode(),
        b"Gemfile": b'gem "a", groups: [' + b":test, " * count + b"\n" + b"do |" * count,
        b"composer.lock": json.dumps({"packages": [{"name": name} for name, _ in ring]}).encode(),
        b".buildpacks": b"https://" + b"a/" * count,
        b"go.mod": b"go " * count,
        b"runtime.txt": b"#\n" * count + b"python-" * count,
    }


@pytest.mark.parametrize("make", [deep, many])
def test_depth_and_cycles_end(make: Callable[[int], dict[bytes, bytes]]) -> None:
    looked_at({**GOOD, **make(2000)})


@pytest.mark.full
@pytest.mark.parametrize("make", [deep, many])
def test_lock_files_ten_times_as_large_take_ten_times_as_long(make: Callable[[int], dict[bytes, bytes]]) -> None:
    """Twice as long is allowed: quadratic time would be a hundred times."""

    def seconds(count: int) -> float:
        files = make(count)
        start = process_time()
        looked_at(files)
        return process_time() - start

    small, large = min(seconds(1_000) for _ in range(2)), seconds(10_000)
    assert large < 20 * small + 1


def test_aliases_are_text_and_never_grow() -> None:
    bomb = "a: &a [x,x]\n" + "".join(
        f"k{number}: &k{number} [*k{number - 1},*k{number - 1}]\n" for number in range(1, 60)
    )
    found = indented(bomb.encode())
    assert found is not None
    assert found["k59"] == "&k59 [*k58,*k58]"


@each_row("lock", [node.BERRY, node.PNPM_5, node.PNPM_6, node.PNPM_9, f"a: 1\n---\n{node.PNPM_9}"])
def test_indented_text_reads_as_yaml_does(lock: str) -> None:
    """But for values in brackets, which stay text, and block scalars, which are skipped."""
    whole = list(yaml.load_all(lock, yaml.CBaseLoader))[-1]
    waiting: list[tuple[object, object]] = [(whole, indented(lock.encode()))]
    while waiting:
        theirs, ours = waiting.pop()
        if isinstance(theirs, dict) and isinstance(ours, dict):
            assert list(theirs) == list(ours)
            waiting += [(theirs[key], ours[key]) for key in theirs]
        elif isinstance(theirs, str):
            assert ours in (theirs, "")
        else:
            assert isinstance(ours, str)
            assert next(yaml.load_all(ours, yaml.CBaseLoader)) == theirs


def test_keys_of_many_parts_and_documents_that_are_too_large_are_not_read() -> None:
    assert toml_table(b"a" + b".a" * 5000 + b" = 1") is None
    assert json_object(b" " * 32_000_001) is None
    assert json_object(b"[]") is None
    assert indented(b"\xff") is None
