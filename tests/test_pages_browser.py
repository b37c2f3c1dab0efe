"""Reports in HTML, opened in a real browser: what they show, what a keyboard does, what they ask a network for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from itertools import islice, pairwise
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from slugtrim.reports.html import Gauge, HistoryPoint, chart_page, printed
from slugtrim.sizer import table
from slugtrim.units import format_size
from tests.builders import Content, commit_all, git, make_repo, make_slug, make_tree
from tests.command_line import run

pytestmark = pytest.mark.full
sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

HOSTILE: dict[bytes | str, Content] = {
    "<img src=x onerror=alert(1)>.js": "x" * 900,
    "</script><script>document.title='no'</script>/a.js": "y" * 800,
    "quo\"te's &amp; <b>.txt": "z" * 700,
    "line\nbreak\ttab.txt": "w" * 600,
    "\u202egnp.exe": "v" * 500,
    b"caf\xe9\xff.txt": "u" * 400,
    "שלום/日本語/👩‍🚀.txt": "t" * 300,
    "__proto__/constructor": "s" * 200,
    "web/server.js": "require('http')\n" * 40,
    "Procfile": "web: node web/server.js\n",
}


class Opened(NamedTuple):
    """A page in a browser, with what it said and asked for beside its own address."""

    page: Any
    said: list[str]
    asked: list[str]

    def number(self, selector: str, attribute: str) -> int:
        return int(self.page.locator(selector).get_attribute(attribute))

    def check_quiet(self) -> None:
        assert (self.said, self.asked[1:]) == ([], [])


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("chromium is not installed")
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


def opened(browser: Any, path: Path, **options: Any) -> Opened:
    page = browser.new_page(viewport={"width": 1300, "height": 900}, **options)
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.locator("footer").wait_for()
    return Opened(page, said, asked)


def rows(it: Opened) -> list[list[str]]:
    """The first two cells of each row of the table."""
    cells = "row => [row.cells[0].textContent, row.cells[1].textContent]"
    found: list[list[str]] = it.page.evaluate(f"[...document.querySelectorAll('.files tbody tr')].map({cells})")
    return found


class Reported(NamedTuple):
    """A page, and the JSON of the same run."""

    page: Path
    document: dict[str, Any]


def reported(place: Path, *arguments: str, cwd: Path) -> Reported:
    page = place / f"{arguments[0]}.html"
    done = run(*arguments, "--json", "--report", f"html={page}", cwd=cwd)
    assert done.code == 0, done.stderr
    return Reported(page, json.loads(done.stdout))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with rules, something to suggest, and a budget."""
    root = tmp_path_factory.mktemp("shop")
    files: dict[bytes | str, Content] = {
        ".slugignore": "/design\n",
        "Procfile": "web: node server.js\n",
        "package.json": '{"scripts": {"test": "mocha"}}',
        "server.js": "require('./lib/cart')\nrequire('http').createServer().listen(80)\n",
        "lib/cart.js": "module.exports = [" + ",".join(map(str, range(900))) + "]\n",
        "slugtrim.toml": '[budgets]\ntotal = "100KB"\n',
        "design/logo.psd": os.urandom(30_000),
        "old/scan.pdf": os.urandom(9000),
        "public/photo.jpg": os.urandom(60_000),
        ".DS_Store": b"x" * 100,
    }
    files |= {f"test/cart{number}_test.js": os.urandom(3000) for number in range(20)}
    return make_repo(root, files)


@pytest.fixture(scope="module")
def audit(shop: Path, tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The audit of the shop."""
    return reported(tmp_path_factory.mktemp("audit"), "audit", cwd=shop)


def test_numbers_are_those_of_the_json(browser: Any, audit: Reported) -> None:
    it = opened(browser, audit.page)
    slug, left_out = audit.document["slug"], audit.document["left_out"]
    data = it.page.evaluate("JSON.parse(document.getElementById('data').textContent)")
    kinds = [fate[0] for fate in data["tree"]["fates"] for _ in [0]]
    fates = [kinds[index] for index, count in zip(*[iter(data["tree"]["runs"])] * 2, strict=True) for _ in range(count)]
    for column, kind, expected in (
        ("packed", "kept", slug["compressed_bytes"]),
        ("raw", "kept", slug["bytes"]),
        ("packed", "left-out", left_out["saves_compressed_bytes"]),
        ("raw", "left-out", left_out["bytes"]),
        ("raw", "compiler", audit.document["compiler_removed"]["bytes"]),
    ):
        assert expected == sum(size for size, fate in zip(data["tree"][column], fates, strict=True) if fate == kind), (
            column,
            kind,
        )
    assert fates.count("kept") == slug["files"]
    headline = (audit.document["compiled"] or slug)["compressed_bytes"]
    assert it.number("#size", "data-bytes") == headline
    shown = dict(rows(it))
    for each in audit.document["directories"]:
        if "/" not in each["path"]:
            assert shown[each["path"] + "/"] == format_size(each["compressed_bytes"], table().thresholds_bytes)
    it.check_quiet()


def test_sizes_are_printed_as_everywhere(browser: Any, tmp_path: Path) -> None:
    """The script has its own code for it."""
    limits = [15 << 20, 50 << 20, 90 << 20, 300 << 20, 1 << 30]
    sizes = [0, 1, 999, 1000, 1023, 1024, 1075, 1076, 10188, 1023 << 10, (1 << 20) - 1, 1 << 20, 1048 << 10]
    sizes += [limit + more for limit in limits for more in (-60_000, -1, 0, 1)] + [3**power for power in range(28)]
    sizes += [52429, 104858, 157286, 1 << 40, (1000 << 10) - 1, 1000 << 10, 1000 << 20]
    points = [HistoryPoint(commit="c", date="", subject="", compressed_bytes=size, grown_bytes=0) for size in sizes]
    page = tmp_path / "sizes.html"
    page.write_text(printed(chart_page(points, title="sizes", about="")))
    it = opened(browser, page)
    shown = "[...document.querySelectorAll('.files tbody tr')].map(row => row.cells[2].textContent).reverse()"
    assert it.page.evaluate(shown) == [format_size(size, table().thresholds_bytes) for size in sizes]
    it.check_quiet()


def test_zoom_search_and_keyboard(browser: Any, audit: Reported) -> None:
    it = opened(browser, audit.page)
    page = it.page
    page.locator(".tile[aria-label^='test/, ']").first.click(position={"x": 5, "y": 5})
    assert page.locator(".crumbs [aria-current]").inner_text() == "test"
    assert page.locator(".files tbody tr").count() == 20
    page.locator(".crumbs button").click()
    assert page.locator(".crumbs [aria-current]").inner_text() == "All files"

    page.keyboard.press("/")
    page.keyboard.type("CART")
    page.locator("#found:text('21 files')").wait_for()
    assert page.locator(".files tbody tr").count() == 21
    assert page.locator(".tile.dim[aria-label^='public/photo.jpg']").count() == 1
    assert page.locator(".tile.hit[aria-label^='lib/cart.js']").count() == 1
    page.get_by_label("Only matches").check()
    assert page.locator(".tile[aria-label^='public/']").count() == 0
    page.get_by_label("Only matches").uncheck()
    page.locator("#search").fill("")
    page.locator("#found:empty").wait_for(state="attached")

    page.locator(".tile[tabindex='0']").focus()
    seen = []
    for key in ("ArrowDown", "ArrowRight", "ArrowLeft", "ArrowUp", "End", "Home"):
        page.keyboard.press(key)
        seen.append(page.evaluate("document.activeElement.getAttribute('aria-label')"))
    assert None not in seen
    assert seen[0] == seen[2] != seen[1]
    assert seen[3] == seen[5]
    page.keyboard.press("Enter")
    inside = page.locator(".crumbs [aria-current]").inner_text()
    assert inside in {"test", "public"}
    assert page.evaluate("document.activeElement.classList.contains('tile')")
    page.keyboard.press("Backspace")
    assert page.locator(".crumbs [aria-current]").inner_text() == "All files"
    assert page.evaluate("document.activeElement.getAttribute('aria-label')").startswith(inside)

    page.locator(".tile[aria-label^='design/']").first.focus()
    page.locator(".tile[aria-label^='design/logo.psd']").hover()
    assert ".slugignore:1: /design" in page.locator(".details").inner_text()
    assert "left out" in page.locator(".tip").inner_text()
    it.check_quiet()


def test_every_file_says_how_a_deploy_comes_to_it(browser: Any, tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        "Procfile": "web: node server.js\n",
        "package.json": '{"scripts": {"test": "mocha"}}',
        "server.js": "require('./lib/f0')\n",
        "data/rows.csv": "a,b\n" * 90,
        "lib/idle.js": "1\n",
        **{f"lib/f{number}.js": f"\nrequire('./f{number + 1}')\n" for number in range(20)},
        "lib/f20.js": "fs.readFileSync('data/rows.csv')\n",
    }
    it = opened(browser, reported(tmp_path, "audit", cwd=make_repo(tmp_path / "app", files)).page)

    def why(name: str) -> str:
        it.page.locator(f".tile[aria-label^='{name}, ']").focus()
        text: str = it.page.locator(".details .why").inner_text()
        return text

    assert why("lib/f0.js") == "The deploy uses it: Procfile:1 web → server.js:1 → lib/f0.js"
    assert why("lib/f1.js").endswith("server.js:1 → lib/f0.js:2 → lib/f1.js")
    far = why("data/rows.csv").splitlines()[-1]
    assert far.startswith("The deploy uses it: Procfile:1 web → server.js:1 → … → lib/f12.js:2 → ")
    assert far.endswith(" → lib/f19.js:2 → lib/f20.js:1 → data/rows.csv")
    assert why("lib/idle.js") == "Nothing that runs is known to name it, and no suggestion covers it."
    it.check_quiet()


def test_suggestions_move_size_class_and_budget(browser: Any, shop: Path, tmp_path: Path) -> None:
    suggest = reported(tmp_path, "suggest", cwd=shop)
    it = opened(browser, suggest.page)
    document = suggest.document
    assert it.number("#size", "data-bytes") == document["slug"]["compressed_bytes"]
    boxes = it.page.locator(".entries input")
    assert boxes.count() == len(document["suggestions"]) >= 2
    for number in range(boxes.count()):
        boxes.nth(number).check()
    assert it.number("#size", "data-bytes") == document["after_all"]["compressed_bytes"]
    lines = it.page.locator("#lines").input_value().split()
    assert sorted(lines) == sorted(entry["pattern"] for entry in document["suggestions"])
    it.page.get_by_role("button", name="all safe").click()
    assert it.number("#size", "data-bytes") == document["after"]["compressed_bytes"]
    assert it.page.locator(".tile.chosen").count() > 0
    it.page.get_by_role("button", name="none").click()
    assert it.page.locator("#lines").input_value() == ""
    it.check_quiet()

    check = tmp_path / "check.html"
    done = run("check", "--json", "--no-base", "--report", f"html={check}", cwd=shop)
    assert done.code == 1, done.stdout
    it = opened(browser, check)
    total = it.page.locator(".gauges li", has_text="total")
    budgets = {each["measure"]: each for each in json.loads(done.stdout)["results"]}
    assert int(total.locator(".gauge-text").get_attribute("data-used")) == budgets["total"]["used"]
    assert "over" in total.inner_text()
    it.page.get_by_role("button", name="all safe").click()
    assert "over" not in total.inner_text()
    it.check_quiet()


def test_every_budget_moves_as_a_check_with_the_lines_tells(browser: Any, tmp_path: Path) -> None:
    root = make_repo(
        tmp_path / "app",
        {
            "Procfile": "web: node server.js\n",
            "package.json": "{}",
            "server.js": "1\n",
            "design/logo.psd": os.urandom(30_000),
            "design/notes.txt": os.urandom(2000),
            "slugtrim.toml": '[budgets]\ntotal = "9MB"\nfiles = 5\nlargest-file = "9KB"\ncheckout = "8KB"\n'
            '[budgets.paths]\n"/design" = "10KB"\n',
        },
    )
    page = tmp_path / "check.html"
    assert run("check", "--no-base", "--report", f"html={page}", cwd=root).code == 1
    it = opened(browser, page)

    def used() -> dict[str, int]:
        pair = "li => [li.children[0].textContent, +li.children[2].dataset.used]"
        found: dict[str, int] = dict(it.page.evaluate(f"[...document.querySelectorAll('.gauges li')].map({pair})"))
        return found

    before = used()
    it.page.locator(".entries input").first.check()
    after = used()
    assert "no rule changes it" in it.page.locator(".gauges li", has_text="checkout").first.inner_text()
    (root / ".slugignore").write_text(it.page.locator("#lines").input_value())
    commit_all(root)
    done = run("check", "--no-base", "--json", cwd=root)
    told = {each["pattern"] or each["measure"]: each["used"] for each in json.loads(done.stdout)["results"]}
    assert after["files"] == told["files"] - 1 < before["files"]  # the new file itself
    assert after["largest file"] == told["largest-file"] < before["largest file"]
    assert abs(after["/design"] - told["/design"]) < 60 < before["/design"] - after["/design"]
    assert after["checkout"] == before["checkout"]
    assert after["total"] < before["total"]
    it.page.get_by_role("button", name="none").click()
    assert used() == before
    it.check_quiet()


def test_a_comparison_has_what_was_removed(browser: Any, tmp_path: Path) -> None:
    root = make_repo(tmp_path / "app", {"a.txt": os.urandom(5000), "b/gone.txt": os.urandom(9000), "c.txt": b"1"})
    (root / "b/gone.txt").unlink()
    make_tree(root, {"a.txt": os.urandom(9000), "d/new.txt": os.urandom(20_000)})
    commit_all(root)
    diff = reported(tmp_path, "diff", "HEAD~1", "HEAD", cwd=root)
    it = opened(browser, diff.page)
    assert rows(it) == [["d/new.txt", "added"], ["b/gone.txt", "removed"], ["a.txt", "grew"]]
    grown = [each["grown_compressed_bytes"] for each in diff.document["files"]]
    data = it.page.evaluate("JSON.parse(document.getElementById('data').textContent).tree")
    assert sorted(grown) == sorted(now - was for now, was in zip(data["packed"], data["packed_before"], strict=True))
    assert it.page.locator("svg.map").is_visible() is False
    it.page.get_by_role("button", name="Map").click()
    assert it.page.locator(".tile.removed").count() == 1
    it.check_quiet()


def test_hostile_names_are_text(browser: Any, tmp_path: Path) -> None:
    root = make_repo(tmp_path / "<b>app", HOSTILE)
    it = opened(browser, reported(tmp_path, "audit", cwd=root).page)
    assert it.page.title() == "<b>app · slugtrim audit"
    assert (
        it.page.evaluate("document.querySelectorAll('img, b, iframe, script:not([type]), meta[http-equiv]').length")
        == 2
    )
    it.page.get_by_label("Every file").check()
    shown = it.page.locator(".files tbody th").all_inner_texts()
    assert len(shown) == len(HOSTILE)
    assert {
        "<img src=x onerror=alert(1)>.js",
        "</script><script>document.title='no'</script>/a.js",
        "quo\\\"te's &amp; <b>.txt",
        "line\\nbreak\\ttab.txt",
        "\\342\\200\\256gnp.exe",
        "caf\\351\\377.txt",
        "__proto__/constructor",
    } <= set(shown)
    assert "\u202e" not in it.page.locator("body").inner_text()
    it.check_quiet()


def packed_repository(place: Path, files: int) -> Path:
    """A bare repository with so many files of a few hundred contents, which git makes in a second."""
    subprocess.run(["git", "init", "-q", "--bare", str(place)], check=True)
    lines = [b"feature done\n"]
    for number in range(200):
        body = b"".join(b"line %d of %d\n" % (line * number, number) for line in range(number % 7 + 1))
        lines.append(b"blob\nmark :%d\ndata %d\n%b\n" % (number + 1, len(body), body))
    lines.append(b"commit refs/heads/main\ncommitter A <a@example.com> 1700000000 +0000\ndata 1\nx\n")
    lines += [
        b"M 100644 :%d part%d/area%d/file%d.txt\n" % (number % 200 + 1, number % 13, number % 401, number)
        for number in range(files)
    ]
    lines.append(b"M 100644 inline Procfile\ndata 14\nweb: sleep 900\ndone\n")
    git(place, "fast-import", "--quiet", stdin=b"".join(lines))
    git(place, "symbolic-ref", "HEAD", "refs/heads/main")
    return place


@pytest.mark.parametrize("files", [5_000, pytest.param(50_000, marks=pytest.mark.long)])
def test_many_files_stay_fluid(browser: Any, tmp_path: Path, files: int) -> None:
    root = packed_repository(tmp_path / "large.git", files)
    audit = reported(tmp_path, "audit", "--rev", "HEAD", cwd=root)
    assert audit.document["slug"]["files"] == files + 1
    assert audit.page.stat().st_size < 300_000 + 40 * files
    it = opened(browser, audit.page)
    packed = it.page.evaluate("JSON.parse(document.getElementById('data').textContent).tree.packed")
    assert sum(packed) == audit.document["slug"]["compressed_bytes"]
    assert 500 < it.page.locator("svg.map *").count() <= 3000
    it.page.locator("#search").fill("area7/")
    it.page.locator("#found:text('files')").wait_for()
    found = int(it.page.locator("#found").inner_text().split()[0].replace(",", ""))
    assert found == len([number for number in range(files) if number % 401 == 7])
    it.page.locator("#search").fill("")
    it.page.locator("#found:empty").wait_for(state="attached")
    it.page.locator(".files tbody th button").first.click()
    assert it.page.locator(".crumbs [aria-current]").inner_text().startswith("part")
    it.page.locator(".crumbs button").first.click()
    assert it.page.locator(".crumbs [aria-current]").inner_text() == "All files"
    assert it.page.locator(".files tbody tr").count() <= 200
    it.check_quiet()


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Reported:
    """The report on a compiled slug."""
    place = tmp_path_factory.mktemp("compiled")
    package = ".heroku/python/lib/python3.12/site-packages"
    tree = make_tree(
        place / "app",
        {
            "web.py": os.urandom(3000),
            f"{package}/django/__init__.py": os.urandom(40_000),
            f"{package}/django/urls.py": os.urandom(20_000),
            f"{package}/Django-5.0.dist-info/METADATA": "Name: Django\nVersion: 5.0\n",
            f"{package}/Django-5.0.dist-info/RECORD": "django/__init__.py,,\ndjango/urls.py,,\n",
            ".heroku/python/bin/python3*": os.urandom(90_000),
        },
    )
    slug = make_slug(place / "slug.tgz", tree, root="./app/")
    return reported(place, "inspect", str(slug), cwd=place)


def test_a_compiled_slug_is_coloured_by_group(browser: Any, compiled: Reported) -> None:
    it = opened(browser, compiled.page)
    legend = it.page.locator(".legend li").all_inner_texts()
    names = [group["name"] for group in compiled.document["groups"]]
    assert [text.rpartition(" ")[0] for text in legend[:-1]] == names
    assert legend[-1] == "shades: directories inside a group"
    assert it.number("#size", "data-bytes") == compiled.document["slug"]["compressed_bytes"]
    packed = it.page.evaluate("JSON.parse(document.getElementById('data').textContent).tree.packed")
    assert sum(packed) == sum(group["compressed_bytes"] for group in compiled.document["groups"])
    it.page.locator(".tile[aria-label*='django/urls.py']").hover()
    assert "Django 5.0" in it.page.locator(".details").inner_text().replace("django", "Django")
    it.check_quiet()


COLORS = """() => {
    const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    const linear = c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const light = color => {
        pen.fillStyle = color;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map(c => linear(c / 255));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const shown = (name, look) => {
        const node = document.createElementNS('http://www.w3.org/2000/svg', name);
        node.setAttribute('class', look);
        document.querySelector('svg.map').appendChild(node);
        const found = light(getComputedStyle(node).fill);
        node.remove();
        return found;
    };
    const looks = [...Array(8).keys()].map(at => [0, 1, 2, 3].map(tone => `group g${at}` + (tone ? ` s${tone}` : '')));
    looks.push(...['added', 'grew', 'shrank', 'changed'].map(name => [name, name + ' s1']));
    return looks.map(tones => tones.map(look => [shown('rect', look), shown('text', 'label ' + look)]));
}"""
"""The luminance of each shade, and of a name on it, by the definition of WCAG."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_shades_of_a_group_are_told_apart_and_leave_names_readable(
    browser: Any, compiled: Reported, scheme: str
) -> None:
    it = opened(browser, compiled.page, color_scheme=scheme)
    for tones in it.page.evaluate(COLORS):
        for ground, ink in tones:
            assert (max(ground, ink) + 0.05) / (min(ground, ink) + 0.05) > 4.4
        steps = sorted(ground + 0.05 for ground, _ in tones)
        assert min(more / less for less, more in pairwise(steps)) > 1.1
    looks = {
        name: it.page.locator(f".tile[aria-label^='{name}']").last.get_attribute("class")
        for name in (
            "web.py",
            ".heroku/python/bin/python3",
            ".heroku/python/lib/python3.12/site-packages/django/urls.py",
        )
    }
    assert len(set(looks.values())) == 3
    it.check_quiet()


def test_directories_of_a_group_have_shades_where_the_view_is(browser: Any, tmp_path: Path) -> None:
    files: dict[bytes | str, Content] = {
        f"node_modules/{name}/{part}/{number}.js": os.urandom(size)
        for name, size in (("a", 4000), ("b", 3000), ("c", 2000))
        for part in ("lib", "src")
        for number in range(3)
    }
    slug = make_slug(tmp_path / "slug.tgz", make_tree(tmp_path / "app", files), root="./app/")
    it = opened(browser, reported(tmp_path, "inspect", str(slug), cwd=tmp_path).page)

    def looks(directory: str) -> set[str]:
        classes = "tiles => tiles.filter(tile => /js, /.test(tile.ariaLabel)).map(tile => tile.getAttribute('class'))"
        found = it.page.locator(f".tile[aria-label^='node_modules/{directory}/']").evaluate_all(classes)
        return set(found)

    whole = [looks(name) for name in "abc"]
    assert [len(each) for each in whole] == [1, 1, 1]
    assert len(set.union(*whole)) == 3
    it.page.locator(".tile[aria-label^='node_modules/a/, ']").first.click(position={"x": 5, "y": 5})
    assert looks("a/lib") != looks("a/src")
    it.check_quiet()


def history(place: Path) -> Path:
    points = [
        HistoryPoint(
            commit=f"{number:040x}",
            date=f"2026-01-{number + 1:02}",
            subject=f"Change <b>{number}</b>",
            compressed_bytes=14_000_000 + number * number * 9_000,
            grown_bytes=(2 * number - 1) * 9_000 if number else 0,
            paths=((b"public/<i>photo.jpg", 9_000),),
            recorded_bytes=40_000_000 if number == 20 else None,
        )
        for number in range(30)
    ]
    gauges = [Gauge(name="budget 20MB", used=0, limit=20 << 20)]
    page = place / "history.html"
    page.write_text(printed(chart_page(points, title="shop", about="30 commits of main", gauges=gauges)))
    return page


def test_a_history_is_a_line(browser: Any, tmp_path: Path) -> None:
    it = opened(browser, history(tmp_path))
    assert it.page.locator(".map .point").count() == it.page.locator(".files tbody tr").count() == 30
    assert it.page.locator(".limit").count() == 2
    it.page.locator(".point.on").focus()
    it.page.keyboard.press("ArrowLeft")
    details = it.page.locator(".details").inner_text()
    assert "Change <b>28</b>" in details
    assert "public/<i>photo.jpg" in details
    it.check_quiet()


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The script of axe-core, out of npm."""
    if shutil.which("npm") is None:
        pytest.skip("npm is not installed")
    place = tmp_path_factory.mktemp("axe")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", "--ignore-scripts", "axe-core@4"]
    done = subprocess.run(command, cwd=place, capture_output=True, check=False)
    if done.returncode:
        pytest.skip("npm could not fetch axe-core")
    return (place / "node_modules/axe-core/axe.min.js").read_text()


def test_axe_finds_nothing_serious(browser: Any, axe: str, audit: Reported, compiled: Reported, tmp_path: Path) -> None:
    for page, scheme in ((audit.page, "light"), (compiled.page, "dark"), (history(tmp_path), "light")):
        it = opened(browser, page, color_scheme=scheme)
        it.page.evaluate(axe)
        tags = ["wcag2a", "wcag2aa", "wcag21aa", "best-practice"]
        found = it.page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", tags)
        assert len(found["passes"]) > 15
        bad = [
            (each["id"], each["impact"], [node["html"][:120] for node in islice(each["nodes"], 3)])
            for each in found["violations"]
        ]
        assert bad == [], (page.name, scheme)


def test_a_narrow_screen_needs_no_scrolling_sideways(browser: Any, audit: Reported) -> None:
    it = opened(browser, audit.page)
    it.page.set_viewport_size({"width": 360, "height": 700})
    assert it.page.evaluate("document.documentElement.scrollWidth") <= 360
    it.page.get_by_role("button", name="Switch between light and dark colours").click()
    background = "getComputedStyle(document.body).backgroundColor"
    assert it.page.evaluate(background) == "rgb(16, 21, 28)"
    it.page.emulate_media(media="print")
    assert it.page.evaluate(background) == "rgb(255, 255, 255)"
    assert it.page.locator(".tools").is_visible() is False
    assert it.page.locator(".files").first.is_visible()
    it.check_quiet()
