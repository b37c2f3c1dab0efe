"""What changed from one build to the next, by what their logs name."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from slugtrim.builds.build import Build, SourcePart, Tool
from slugtrim.builds.journal import decode, encode
from slugtrim.builds.log import LogReader
from slugtrim.builds.tools import ToolReader, difference
from slugtrim.ignore import Dialect
from slugtrim.reports.formats import render
from slugtrim.reports.text import Style
from slugtrim.units import MIB
from tests.builders import make_repo
from tests.command_line import run
from tests.deploys import build_log
from tests.rows import each_row
from tests.test_builds_journal import build, history

NODE = (Tool("stack", "Heroku-24"), Tool("Node", "20.11.0"), Tool("cache", "restored"))


@each_row(
    "line, tool",
    [
        ("-----> Building on the Heroku-24 stack", ("stack", "Heroku-24")),
        ("       Downloading and installing node 20.19.0...", ("Node", "20.19.0")),
        ("-----> Installing node-v20.9.0-linux-x64", ("Node", "20.9.0")),
        ("       Using default npm version: 10.5.0", ("npm", "10.5.0")),
        ("       Downloading and installing pnpm (9.5.0)", ("pnpm", "9.5.0")),
        ("-----> Installing python-3.10.4", ("Python", "3.10.4")),
        ("-----> Using cached install of Python 3.12.3", ("Python", "3.12.3")),
        ("-----> Using Python 3.12 specified in .python-version", None),
        ("-----> Using cached Poetry 2.1.0", ("Poetry", "2.1.0")),
        ("-----> Installing pip 23.3.2, setuptools 68.2.2 and wheel 0.42.0", ("pip", "23.3.2")),
        ("-----> Using Ruby version: ruby-3.2.2", ("Ruby", "3.2.2")),
        ("       - php (8.3.1)", ("PHP", "8.3.1")),
        ("-----> Using go1.21.3", ("Go", "1.21.3")),
        ("-----> Installing Azul Zulu OpenJDK 21.0.1...", ("JDK", "21.0.1")),
        ("-----> Installing OpenJDK 11... done", ("JDK", "11")),
        ("-----> Installing Erlang 20.1 (changed)", ("Erlang", "20.1")),
        ("-----> Installing Elixir v1.5.0", ("Elixir", "1.5.0")),
        ("-----> Using cached Erlang 18.0", ("Erlang", "18.0")),
        ("-----> Using cached Elixir v1.2.4", ("Elixir", "1.2.4")),
        ("-----> Installing runtime (python-3.4.1)", ("Python", "3.4.1")),
        ("-----> Installing Maven 3.6.2... done", ("Maven", "3.6.2")),
        ("       Downloading: leiningen-2.6.1-standalone.jar", ("Leiningen", "2.6.1")),
        ("       Resolved .NET SDK version `8.0.401` (linux-amd64)", (".NET", "8.0.401")),
        ("       stable-x86_64-unknown-linux-gnu updated - rustc 1.65.0 (897e37553 2022-11-02)", ("Rust", "1.65.0")),
        ("-----> Caching build", ("cache", "saved")),
        (
            " !     Pruning skipped due to presence of lifecycle scripts",
            ("pruning", "off as there are lifecycle scripts"),
        ),
        ("       Fetching node 20", None),
    ],
)
def test_a_line_names_a_tool(line: str, tool: tuple[str, str] | None) -> None:
    reader = LogReader()
    reader.feed(f"noise\n{line}\nnoise\n".encode())
    assert reader.end().tools == (() if tool is None else (Tool(*tool),))


def test_what_the_cache_keeps_is_listed_and_nothing_else() -> None:
    reader = LogReader()
    reader.feed(
        b"-----> Caching build\n       - npm cache (nothing to cache)\n       Saving cacheDirectories (package.json):\n"
        b"       - dist\n       - lib (skipping because pnpm is used)\n       \n-----> Build succeeded!\n  - x\n"
    )
    assert reader.end().tools == (Tool("cache", "saved"), Tool("cached", "dist"))


def test_tools_are_bounded() -> None:
    reader = ToolReader()
    for number in range(1000):
        reader.take(b"> Installing Python 3.12.%d" % number)
        reader.take(b"Skipping because X is " + b"y" * number)
    assert len(reader.end()) == 40
    assert all(len(tool.value) < 100 for tool in reader.end())


def test_the_journal_keeps_them_and_reads_lines_without() -> None:
    line = encode(build(tools=NODE))
    assert decode(line).tools == NODE
    data = json.loads(line)
    del data["tools"]
    assert decode(json.dumps(data).encode()).tools == ()


def sized(overhead: float, code: float = 14, **changes: Any) -> Build:
    part = SourcePart(compressed_bytes=round(code * MIB), deleting=3)
    return build(overhead + code, sources=dict.fromkeys(Dialect, part), **{"tools": NODE, "deleting": None, **changes})


def why(*builds: Build) -> str:
    text = render("builds", "text", history(*builds), style=Style(), most=None, why=True)
    return " ".join(text.partition("What changed since the build before")[2].split())


NEWER = (Tool("stack", "Heroku-24"), Tool("Node", "22.3.0"), Tool("cache", "discarded"))


@each_row(
    "before, after, said",
    [
        (sized(40), sized(55, tools=NEWER, release=25), "(+15M): Node 20.11.0 → 22.3.0; cache restored → discarded."),
        (sized(40), sized(55, release=25), "(+15M): the same commit."),
        (sized(40, tools=()), sized(55, release=25), "(+15M): the same commit; at least one log has no versions."),
        (sized(40), sized(55, 15, commit="2" * 40), "(+16M): your code +1M."),
        (sized(40), sized(40, locks={b"Gemfile.lock": b"b" * 40}), "(no change): Gemfile.lock, "),
        (sized(40), sized(41, buildpacks=("a/b", "c/d")), "(+1M): buildpacks heroku/ruby → a/b, c/d."),
        (sized(40), sized(41, tools=NODE[1:]), "(+1M): stack Heroku-24 (gone)."),
        (sized(40), sized(41, tools=(*NODE, Tool("npm", "10"))), "(+1M): npm 10 (new)."),
    ],
)
def test_what_changed_is_said(before: Build, after: Build, said: str) -> None:
    assert said in why(before, after)


def test_of_a_commit_that_is_not_here_nothing_is_said() -> None:
    assert "(+15M): nothing that is known changed." in why(
        sized(40), build(69, sources={}, locks={}, commit="1" * 40, tools=NODE)
    )


def test_the_same_commit_explains_no_code() -> None:
    assert difference(sized(40, 14), sized(40, 15)).is_same_commit
    assert "your code" not in why(sized(40, 14), sized(40, 15))


def test_a_cache_that_grows() -> None:
    text = "The last 3 builds of shop grew by 20M with the same lock files, so the build cache may grow."
    assert text in why(sized(40), sized(50), sized(60))
    assert "heroku builds:cache:purge -a shop empties it" in why(sized(40), sized(50), sized(60))
    for builds in (
        (sized(40), sized(50)),
        (sized(40), sized(50), sized(50)),
        (sized(40), sized(50), sized(60, locks={})),
        (sized(40), sized(50), sized(60, tools=NEWER)),
        (sized(40), sized(50), sized(60, app="other")),
    ):
        assert "may grow" not in why(*builds)


def test_the_command(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    root = make_repo(tmp_path / "shop", {"a.rb": "x\n"})
    for release, version in ((1, "3.12.1"), (2, "3.13.5")):
        log = build_log("50.3M", release=release).replace("detected", f"detected\n-----> Installing Python {version}")
        (tmp_path / "build.log").write_text(log)
        assert run("builds", "record", "-q", "../build.log", cwd=root).code == 0
    text = run("builds", "list", "--why", cwd=root).stdout.decode()
    assert "v2 of shop (no change): Python 3.12.1 → 3.13.5." in " ".join(text.split())
    assert "What changed" not in run("builds", "list", cwd=root).stdout.decode()
    newest = json.loads(run("builds", "list", "--json", cwd=root).stdout)["builds"][0]
    assert newest["tools"] == [{"topic": "stack", "value": "Heroku-24"}, {"topic": "Python", "value": "3.13.5"}]
    assert run("builds", "record", "--why", "../build.log", cwd=root).code == 2


def test_two_recorded_builds_are_compared(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    root = make_repo(tmp_path / "shop", {"a.rb": "x\n"})
    for release, version, weight in ((1, "3.12.1", "50.3M"), (2, "3.13.5", "60.3M")):
        log = build_log(weight, release=release).replace("detected", f"detected\n-----> Installing Python {version}")
        (tmp_path / "build.log").write_text(log)
        assert run("builds", "record", "-q", "../build.log", cwd=root).code == 0
    text = " ".join(run("diff", "v1", "v2", cwd=root).stdout.decode().split())
    assert "Recorded builds v1 of shop → v2 of shop: 50.3M → 60.3M (+10M): Python 3.12.1 → 3.13.5." in text
    document = json.loads(run("diff", "--json", "v1", "v2", cwd=root).stdout)["builds"]
    assert document["tools"] == [{"topic": "Python", "before": "3.12.1", "after": "3.13.5"}]
    assert (document["before"]["release"], document["after"]["release"]) == (1, 2)
    assert "Recorded builds" not in run("diff", "HEAD", "HEAD", cwd=root).stdout.decode()
    assert run("diff", "v1", "v3", cwd=root).code == 2


def test_what_the_cache_keeps_is_named() -> None:
    kept = (*NODE, Tool("cached", "node_modules"), Tool("cached", ".next/cache"))
    text = why(*(sized(40 + 10 * number, tools=kept) for number in range(3)))
    assert "the build cache may grow. It keeps node_modules, .next/cache. heroku builds:cache:purge" in text
