"""A page as a file: its policy, its size, and the data that the script takes. A browser opens it elsewhere."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from slugtrim.reports import html
from slugtrim.reports.html import HistoryPoint, chart_page, printed
from tests.builders import Content, commit_all, make_repo, make_tree
from tests.command_line import run, run_process

NAME = st.binary(min_size=1, max_size=6).filter(lambda name: b"/" not in name and b"\0" not in name)
PATH = st.lists(NAME, min_size=1, max_size=5).map(b"/".join)


def data_of(page: str) -> dict[str, Any]:
    (data,) = re.findall(r'<script type="application/json" id="data">(.*)</script>\n<script>', page)
    assert "<" not in data
    found: dict[str, Any] = json.loads(data)
    return found


def page_of(root: Path, command: str = "audit", *arguments: str) -> str:
    done = run(command, *arguments, "--format", "html", cwd=root)
    assert done.code in (0, 1), done.stderr
    return done.stdout.decode()  # it is UTF-8 whatever names are


def test_the_policy_allows_what_is_there_and_nothing_else(tmp_path: Path) -> None:
    page = page_of(make_repo(tmp_path, {"a.js": "1\n"}))
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="(.*)">', page)
    for name, pattern in (("script", r"<script>(.*?)</script>"), ("style", r"<style>(.*?)</style>")):
        (text,) = re.findall(pattern, page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{name}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert page.count("<script") == 2
    assert re.findall(r'(?:src|href)="(.*?)"', page) == ["data:,"]
    assert re.findall(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|import|innerHTML|outerHTML|eval)\b", page) == []
    assert len(page) < 300_000


def test_data_adds_up_to_the_json(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        ".slugignore": "/out\n",
        "Procfile": "web: x\n",
        "a/b/c.txt": "x" * 4000,
        "a/d.txt": b"y" * 3000,
        "out/f": "w" * 1000,
        "spec/e_spec.rb": os.urandom(9000),
    }
    root = make_repo(tmp_path, files)
    done = run("audit", "--json", "--report", f"html={tmp_path}.html", cwd=root)
    document = json.loads(done.stdout)
    data = data_of(Path(f"{tmp_path}.html").read_text())
    assert data["head"]["source_bytes"] == document["slug"]["compressed_bytes"]
    assert data["head"]["files"] == document["slug"]["files"]
    tree = data["tree"]
    assert tree["names"] == ["", ".slugignore", "Procfile", "a", "b", "c.txt", "d.txt", "out", "f", "spec", "e_spec.rb"]
    assert tree["counts"] == [5, 0, 0, 2, 1, 0, 0, 1, 0, 1, 0]
    assert tree["fates"] == [["kept", "", 0, ""], ["left-out", "/out", 1, ""]]
    assert tree["runs"] == [0, 4, 1, 1, 0, 1]
    kept, out = [*tree["packed"][:4], tree["packed"][5]], tree["packed"][4]
    assert sum(kept) == document["slug"]["compressed_bytes"]
    assert out == document["left_out"]["saves_compressed_bytes"]
    assert sum(tree["raw"]) == document["checkout"]["bytes"]
    entries = {entry["pattern"]: entry["runs"] for entry in data["entries"]}
    assert entries["/spec"] == [5, 1]


def steps_of(tree: dict[str, Any]) -> list[list[int]]:
    """Grade, file before and line or start of each file."""
    runs = zip(*(tree["steps"][at::4] for at in range(4)), strict=True)
    return [list(step) for *step, count in runs for _ in range(count)]


def test_each_file_has_the_step_that_leads_to_it(tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        ".slugignore": "/out\n",
        "Procfile": "web: node server.js\n",
        "lib/a.js": "\nrequire('./b')\n",
        "lib/b.js": "1\n",
        "lib/c.js": "1\n",
        "out/d.js": "1\n",
        "package.json": "{}",
        "server.js": "require('./lib/a')\n",
    }
    root = make_repo(tmp_path, files)
    for command in ("audit", "suggest"):  # the second one finds it kept
        tree = data_of(page_of(root, command))["tree"]
        steps = steps_of(tree)
        assert steps[2:6] == [[0, 7, 1], [0, 2, 2], [4, -2, 0], [4, -2, 0]]
        assert steps[7][:2] == [0, -1]
        assert tree["starts"][steps[7][2]] == ["Procfile:1", "web"]
    part = data_of(page_of(root, "suggest", "lib"))["tree"]
    assert steps_of(part) == [[0, -1, 0], [0, 0, 2], [4, -2, 0]]
    assert part["starts"] == [["server.js:1", ""]]


@settings(max_examples=40)
@given(st.sets(PATH, max_size=12))
def test_columns_are_the_tree(paths: set[bytes]) -> None:
    """No path may be a directory of another, as in any tree."""
    files = sorted(path for path in paths if not any(other.startswith(path + b"/") for other in paths))
    names, counts = html._nodes(files)
    found, above, left = [], [""], [counts[0]]
    for name, count in zip(names[1:], counts[1:], strict=True):
        while not left[-1]:
            left.pop()
            above.pop()
        left[-1] -= 1
        path = above[-1] + name
        if count:
            left.append(count)
            above.append(path + "/")
        else:
            found.append(path)
    assert found == ["/".join(map(html._shown, path.split(b"/"))) for path in files]


def test_names_are_valid_and_cannot_deceive(tmp_path: Path) -> None:
    names = [b"<script><b>", b"\xff\xfe", b"a\nb", b'quo"te', "\u202ertl".encode(), b"back\\slash", "é".encode()]
    root = make_repo(tmp_path, dict.fromkeys(names, b"x"))
    data = data_of(page_of(root))
    assert set(data["tree"]["names"][1:]) == {
        "<script><b>",
        "\\377\\376",
        "a\\nb",
        'quo\\"te',
        "\\342\\200\\256rtl",
        "back\\\\slash",
        "é",
    }


def test_a_check_has_its_budgets(tmp_path: Path) -> None:
    settings = (
        '[budgets]\ntotal = "2KB"\nfiles = 9\nlargest-file = "1KB"\n[budgets.paths]\n"/lib" = "1KB"\n"*.bin" = "1KB"\n'
    )
    files: dict[bytes | str, Content] = {
        ".slugignore": "/lib/b.bin\n",
        "a.bin": os.urandom(3000),
        "lib/a.bin": b"1",
        "lib/b.bin": b"1",
        "lib/c": b"1",
        "slugtrim.toml": settings,
    }
    gauges = {
        each["name"]: each
        for each in data_of(page_of(make_repo(tmp_path, files), "check", "--no-base"))["head"]["gauges"]
    }
    assert gauges["total"]["limit"] == 2048
    assert "moves" not in gauges["total"]
    assert {name: each["moves"] for name, each in gauges.items() if "moves" in each} == {
        "/lib": "paths",
        "*.bin": "paths",
        "largest file": "largest",
        "files": "files",
        "platform: checkout limit": "never",
    }
    assert gauges["/lib"]["runs"] == [2, 1, 4, 1]
    assert gauges["*.bin"]["runs"] == [1, 2]


def test_a_history_takes_plain_points() -> None:
    points = [
        HistoryPoint(commit="c0", date="2026-01-01", subject="<b>\udcff", compressed_bytes=10, grown_bytes=0),
        HistoryPoint(
            commit="c1", date="2026-01-02", subject="", compressed_bytes=30, grown_bytes=20, paths=((b"a\xff", 20),)
        ),
    ]
    data = data_of(printed(chart_page(points, title="app", about="2 commits")))
    assert [point["bytes"] for point in data["chart"]] == [10, 30]
    assert data["chart"][1]["paths"] == [["a\\377", 20]]
    assert data["head"]["before_bytes"] == 10
    assert data_of(printed(chart_page([], title="app", about="no commits")))["kind"] == "history"


def test_open_writes_a_file_and_starts_a_browser(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a.js": "1\n"})
    script = make_tree(tmp_path, {"browser*": '#!/bin/sh\necho "$1" > "$OPENED"\n'}) / "browser"
    opened, place = tmp_path / "opened", tmp_path / "tmp"
    place.mkdir()
    done = run_process("audit", "-q", "--open", cwd=root, BROWSER=str(script), OPENED=str(opened), TMPDIR=str(place))
    assert done.code == 0, done.stderr
    (page,) = place.glob("slugtrim-*.html")
    assert opened.read_text() == f"file://{page}\n"
    assert done.stderr.decode() == f"slugtrim: {page}: opened\n"
    assert data_of(page.read_text())["kind"] == "audit"
    assert page.stat().st_mode & 0o077 == 0


def test_a_tree_has_each_branch_below_its_directory(tmp_path: Path) -> None:
    root = make_repo(
        tmp_path,
        {
            "a/b/c.bin": os.urandom(9000),
            "a/d.bin": os.urandom(5000),
            "e/f.bin": os.urandom(2000),
            **{f"small/{number}": "x" for number in range(9)},
        },
    )
    lines = run("audit", "--tree", cwd=root).stdout.decode().splitlines()
    table = lines[lines.index("  compressed  share  files") + 1 :]
    shown = [line[28:] for line in table if not line.startswith("  …")]
    assert shown[:6] == ["a/", "  b/", "    c.bin", "  d.bin", "e/", "  f.bin"]
    sizes = [float(line.split()[0].removesuffix("K")) for line in table[:6]]
    assert sizes[0] > sizes[1] >= sizes[2] > sizes[3] > sizes[4]
    assert not any(first == second for first, second in pairwise(shown))
    done = run("audit", "--tree", "--json", cwd=root)
    assert (done.code, done.stderr) == (
        2,
        b"slugtrim: --tree: works only with --format text; drop one of them\n",
    )


def test_the_page_of_a_history_has_the_sizes_of_its_document(tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a.rb": "puts 1\n", "slugtrim.toml": '[budgets]\ntotal = "1MB"\n'})
    (root / "b.rb").write_text("<b>\n" * 500)
    commit_all(root, "<img onerror=1>")
    data = data_of(page_of(root, "history"))
    told = json.loads(run("history", "--json", cwd=root).stdout)["commits"]
    assert [point["bytes"] for point in data["chart"]] == [commit["compressed_bytes"] for commit in reversed(told)]
    assert [point["subject"] for point in data["chart"]][-1] == "<img onerror=1>"
    assert data["chart"][-1]["paths"][0][0] == "b.rb"
    assert [(gauge["name"], gauge["limit"]) for gauge in data["head"]["gauges"]] == [("budget 1MB", 1 << 20)]
