"""Files that a build compiles although nothing names them: which those are, and what goes with them."""

from __future__ import annotations

from slugtrim.suggester.advice import suggest_tree
from slugtrim.suggester.entry_points import entry_points
from slugtrim.suggester.places import find_projects
from slugtrim.suggester.records import AdviceTerms, Tier
from tests.applications import memory_tree
from tests.builders import Content
from tests.rows import each_row

LARGE = "".join(f"export const user{number**3} = {number**5};\n" for number in range(300))


@each_row(
    "build, settings, expected",
    [
        ("next build", {"tsconfig.json": "{}"}, "src/a.ts src/a.test.ts e2e/b.ts"),
        ("vite build", {"tsconfig.json": "{}"}, ""),
        ("tsc --noEmit && vite build", {"tsconfig.json": '{"include": ["src"]}'}, "src/a.ts src/a.test.ts"),
        ("node_modules/.bin/tsc", {"tsconfig.json": '{"files": ["src/a.ts"]}'}, "src/a.ts"),
        ("tsc", {"tsconfig.json": '{"exclude": ["**/*.test.ts", "e2e/"]}'}, "src/a.ts"),
        ("tsc", {"tsconfig.json": '{"include": ["**/../src/*.test.*"]}'}, ""),
        (
            "tsc -p tsconfig.app.json",
            {
                "tsconfig.json": "{}",
                "tsconfig.base.json": '{"exclude": ["e2e"]}',
                "tsconfig.app.json": '{"extends": "./tsconfig.base"}',
            },
            "src/a.ts src/a.test.ts",
        ),
        (
            "tsc -b",
            {"tsconfig.json": '{"files": [], "references": [{"path": "./e2e"}]}', "e2e/tsconfig.json": "{}"},
            "e2e/b.ts",
        ),
        (
            "nest build",
            {"tsconfig.json": "{}", "tsconfig.build.json": '{"include": ["src"]}'},
            "src/a.ts src/a.test.ts",
        ),
        ("tsc", {"tsconfig.json": '{"extends": "./tsconfig.json"}'}, "src/a.ts src/a.test.ts e2e/b.ts"),
        ("tsc", {"tsconfig.json": "[1"}, "src/a.ts src/a.test.ts e2e/b.ts"),
        (
            "tsc",
            {"tsconfig.json": '{"include": [7, null, ""], "references": [1], "files": {}}'},
            "src/a.ts src/a.test.ts e2e/b.ts",
        ),
        ("tsc", {}, ""),
    ],
)
def test_a_build_compiles_what_its_settings_include(build: str, settings: dict[str, str], expected: str) -> None:
    files: dict[bytes | str, Content] = {}
    files.update(settings)
    tree = memory_tree(
        {
            "package.json": f'{{"scripts": {{"build": "{build}", "start": "node dist"}}}}',
            "src/a.ts": "a",
            "src/a.test.ts": "a",
            "e2e/b.ts": "b",
            "e2e/b.js": "b",
            **files,
        }
    )
    found = entry_points(tree, tree.files, find_projects(tree.files)).compiled
    assert found == {path.encode() for path in expected.split()}


def test_a_small_entry_goes_with_the_one_that_its_file_imports() -> None:
    tree = memory_tree(
        {
            "package.json": '{"scripts": {"build": "next build", "start": "next start"}}',
            "package-lock.json": "{}",
            "tsconfig.json": "{}",
            "pages/index.tsx": "export default () => null\n",
            "pages/a.test.ts": 'import { user } from "../e2e/user";\n',
            "docs/b.md": "text\n",
            "e2e/user.ts": LARGE,
        }
    )
    advice = suggest_tree(tree, asked=AdviceTerms())
    assert [(each.pattern, each.tier) for each in advice.suggestions] == [
        (b"/e2e", Tier.SAFE),
        (b"/pages/a.test.ts", Tier.SAFE),
    ]
    assert advice.small.entries == 1


def test_a_small_conditional_entry_goes_with_the_one_that_its_file_imports() -> None:
    tree = memory_tree(
        {
            "package.json": """{
                "scripts": {"build": "webpack", "start": "node dist"},
                "devDependencies": {"fork-ts-checker-webpack-plugin": "6"}
            }""",
            "package-lock.json": "{}",
            "src/index.ts": "export default 1;\n",
            "tsconfig.json": '{"include": ["./docs/**/*"]}',
            "docs/events/shop/index.ts": LARGE,
            "docs/events/first.ts": 'import type { user1 } from "./shop";\n',
            "docs/events/second.ts": "export default 2;\n",
            "src/page.ts": 'import second from "../docs/events/second";\n',
            "webpack.config.js": "module.exports = { entry: ['./src/index.ts', './src/page.ts'] };\n",
        }
    )
    advice = suggest_tree(tree, asked=AdviceTerms())
    assert [(each.pattern, each.tier) for each in advice.suggestions] == [
        (b"/docs/events/shop/index.ts", Tier.CONDITIONAL),
        (b"/docs/events/first.ts", Tier.CONDITIONAL),
    ]


def test_an_entry_stays_that_a_compiled_file_imports_which_no_entry_takes() -> None:
    tree = memory_tree(
        {
            "package.json": """{
                "scripts": {"build": "next build", "start": "next start"},
                "dependencies": {"next": "14"}
            }""",
            "package-lock.json": "{}",
            "tsconfig.json": "{}",
            "pages/index.tsx": "export default () => null\n",
            "lib/unused.ts": 'import { user1 } from "../e2e/user";\n',
            "e2e/user.ts": LARGE,
        }
    )
    advice = suggest_tree(tree, asked=AdviceTerms())
    assert not advice.suggestions
    (withheld,) = (each for each in advice.withheld if each.path == b"e2e/user.ts")
    assert [(each.path, each.line) for each in withheld.evidence][:1] == [(b"lib/unused.ts", 1)]
