"""Files that a build compiles although nothing names them: which those are, and what goes with them."""

from __future__ import annotations

import pytest

from slugtrim.suggester.advice import suggest_tree
from slugtrim.suggester.compiled import compiled_files
from slugtrim.suggester.entry import AdviceTerms, Tier
from slugtrim.suggester.entry_points import entry_points
from slugtrim.suggester.places import find_projects
from tests.applications import memory_tree
from tests.builders import Content


@pytest.mark.parametrize(
    ("build", "settings", "expected"),
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
    found = compiled_files(
        [file.path for file in tree.files], entry_points(tree, tree.files, find_projects(tree.files))
    )
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
            "e2e/user.ts": "".join(f"export const user{number**3} = {number**5};\n" for number in range(300)),
        }
    )
    advice = suggest_tree(tree, asked=AdviceTerms())
    assert [(each.pattern, each.tier) for each in advice.suggestions] == [
        (b"/e2e", Tier.SAFE),
        (b"/pages/a.test.ts", Tier.SAFE),
    ]
    assert advice.small.entries == 1
