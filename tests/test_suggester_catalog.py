"""The catalog's data file: every row is sound, and the knowledge it stands for is in it."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

import slugtrim.suggester
from slugtrim.files import REGULAR, File
from slugtrim.suggester.candidates import catalog_candidates
from slugtrim.suggester.catalog import ALL, CatalogRule, Delivery, Needed, Node, Pattern, catalog, from_data
from slugtrim.suggester.places import find_projects, is_needed, served
from slugtrim.suggester.records import EvidenceKind, Tier
from tests.rows import each_row

DATA = tomllib.loads(Path(slugtrim.suggester.__file__).with_name("catalog.toml").read_text("utf-8"))

KEYS = {
    "ecosystem": ({"id", "name", "detected_by"}, {"anywhere", "detected_at_root_by"}),
    "category": ({"id", "name"}, {"settled"}),
    "rule": (
        {"id", "ecosystems", "patterns", "tier", "category", "reason"},
        {"exceptions", "minimum_bytes", "inside", "advice", "holds", "settled", "only_files", "never_needed"},
    ),
    "needed": ({"ecosystems", "patterns", "reason"}, {"only_at_root", "unless_named"}),
    "served": ({"ecosystems", "patterns", "delivery", "reason"}, set()),
    "not_a_reader": ({"ecosystems", "patterns", "reason"}, {"unless_called", "only_files"}),
}
"""Table to the keys that a row must and may have."""


def rows() -> Iterator[tuple[str, int, dict[str, Any]]]:
    for table in KEYS:
        for number, row in enumerate(DATA[table], 1):
            yield table, number, row


ROWS = [(table, row, f"{table} {row.get('id', number)}") for table, number, row in rows()]
"""Each row with its table, and what it is called in messages."""


def test_the_tables_are_the_known_ones() -> None:
    assert set(DATA) == {*KEYS, "foreign"}


def test_a_row_has_the_keys_of_its_table() -> None:
    for table, row, name in ROWS:
        must, may = KEYS[table]
        assert must <= set(row), f"{name} misses a key"
        assert set(row) <= must | may, f"{name} has an unknown key"


def test_a_row_names_what_is_known() -> None:
    ecosystems = {each["id"] for each in DATA["ecosystem"]} | {ALL}
    for _, row, name in ROWS:
        assert set(row.get("ecosystems", ())) <= ecosystems, name
        assert row.get("category", "tests") in {each["id"] for each in DATA["category"]}, name
        assert row.get("tier", "safe") in {tier.value for tier in Tier}, name
        deliveries = {row.get("delivery", "served"), *row.get("inside", ())}
        assert deliveries <= {delivery.value for delivery in Delivery}, name


def test_a_row_has_patterns_that_parse() -> None:
    for table, row, name in ROWS:
        for key in ("patterns", "exceptions", "detected_by"):
            for text in row.get(key, ()):
                pattern = Pattern.parse(text)
                assert len(pattern.parts) > 1 or not re.fullmatch(rb"[*?.]*", pattern.parts[0]), (
                    f"{name}: {text} takes everything"
                )
                if table != "rule":
                    assert not pattern.only_directories, (
                        f"{name}: {text}: whether a path is a directory is not always known"
                    )
                if table == "needed":
                    assert pattern.anchored or row.get("unless_named"), (
                        f"{name}: {text}: would be needed inside dependencies and tests as well"
                    )
                if key == "detected_by":
                    assert not pattern.anchored, f"{name}: {text}: is the name of a file"
                    assert len(pattern.parts) == 1, f"{name}: {text}: is the name of a file"


def test_a_row_has_each_pattern_once() -> None:
    for _, row, name in ROWS:
        for key in ("patterns", "exceptions", "holds"):
            twice = [text for text, count in Counter(row.get(key, ())).items() if count > 1]
            assert not twice, name


def test_a_reason_is_one_sentence_without_its_point() -> None:
    for table, row, name in ROWS:
        if "reason" in KEYS[table][0]:
            assert re.fullmatch(r"[^\s.](?:[^.]|\.(?! |$))*", row["reason"]), name
            assert len(row["reason"]) <= 100, name
            assert (
                row["reason"][0].isupper() == (table == "rule") or not row["reason"][0].isalpha() or table != "rule"
            ), name


def test_ids_are_unique_and_kebab_case() -> None:
    for table in ("ecosystem", "category", "rule"):
        ids = [row["id"] for row in DATA[table]]
        assert len(ids) == len(set(ids))
        assert [each for each in ids if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", each)] == []


def test_safe_rules_rank_before_conditional_ones() -> None:
    tiers = [rule.tier for rule in sorted(catalog().rules.values(), key=lambda rule: rule.rank)]
    assert tiers == sorted(tiers, key=lambda tier: tier is not Tier.SAFE)


@each_row(
    "text, message",
    [
        ("a/b", "'a/b': begin it with `/` (from a project's root) or `**/` (at any depth)"),
        ("/a/**/b", "'/a/**/b': `**` stands only at the beginning, as `**/`"),
        ("", "'': has an empty part"),
        ("/", "'/': has an empty part"),
        ("!a", "'!a': '!' has no meaning in the catalog's patterns"),
        ("{a,b}", "'{a,b}': '{' has no meaning in the catalog's patterns"),
        ("é", "'é': 'é' has no meaning in the catalog's patterns"),
    ],
)
def test_a_bad_pattern_is_told_apart(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        Pattern.parse(text)


def test_an_unknown_key_is_refused() -> None:
    rows = [{**DATA["category"][0], "colour": "red"}]
    with pytest.raises(TypeError, match="colour"):
        from_data({**DATA, "category": rows})


def sample(text: str) -> bytes:
    """A path that the pattern names."""
    path = text.strip("/").replace("**/", "")
    return re.sub(r"\[(.).*?\]", r"\1", path).replace("*", "x").encode()


def matches(patterns: Sequence[Pattern], path: bytes, *, at_root: bool = True) -> bool:
    """Whether one of them names the path or a directory above it."""
    anywhere: Node[bool] = Node()
    for pattern in patterns:
        anywhere.add(pattern, True)
    nodes = [anywhere]
    for part in path.lower().split(b"/"):
        nodes = [after for node in nodes for after in node.after(part)]
        if any(node.marks for node in nodes):
            return True
    return False


def meet(rule: CatalogRule, needed: Needed) -> bool:
    """Whether every project that one of them is for is the other's as well. Where they meet by chance, needed wins."""
    return ALL in needed.ecosystems or not set(rule.ecosystems).isdisjoint(needed.ecosystems)


@each_row("rule", [pytest.param(rule, id=id_) for id_, rule in catalog().rules.items()])
def test_no_rule_names_a_needed_path_of_its_own_ecosystem(rule: CatalogRule) -> None:
    for needed in catalog().needed:
        # Build output in bin/ is of nested projects: in the slug's root, bin/ is needed whatever is in it.
        if not meet(rule, needed) or needed.only_at_root:
            continue
        for pattern in needed.patterns:
            path = sample(pattern.text.decode())
            assert not matches(rule.patterns, path) or matches(rule.exceptions, path), path
            hit = [each for each in rule.patterns if each.anchored and matches([pattern], sample(each.text.decode()))]
            assert not hit, f"{hit[0].text!r} is below {pattern.text!r}"


# The knowledge that the catalog has to hold: per ecosystem its manifest, then what can go, what can go when nothing
# reads it, and what is needed or served whole.
KNOWN: dict[str, tuple[str, str, str, str]] = {
    "all": (
        "Gemfile",
        """.github/ci.yml .circleci/config.yml .gitlab-ci.yml .travis.yml .buildkite/x .idea/x .vscode/x .devcontainer/x
        .editorconfig docker-compose.yml docker-compose.dev.yml CODEOWNERS x/a.psd x/a.ai x/a.sketch x/a.fig x/a.xd
        x/a.blend x/a.mp4 x/a.mov x/a.zip x/a.tar.gz x/a.sql x/a.dump x/a.bak x/a.log""",
        """docs/a.html doc/a.html NOTES.md LICENSE LICENSE.txt x/a.pdf design/a.html scripts/a.sh terraform/a.tf
        k8s/a.yml x/a.png x/a.ttf""",
        "Procfile app.json .profile bin/run .buildpacks .slugignore",
    ),
    "ruby": (
        "Gemfile",
        """spec/a_spec.rb test/a_test.rb features/a.feature .rspec .rubocop.yml .rubocop_todo.yml coverage/index.html
        x/vcr_cassettes/a.yml spec/factories/a.rb""",
        "doc/a.txt storybook/a.js",
        """Gemfile Gemfile.lock .ruby-version Rakefile config.ru config/a.rb db/schema.rb db/structure.sql
        db/migrate/1.rb db/seeds.rb db/seeds/a.rb lib/tasks/a.rake public/a.png vendor/assets/a.js app/a.rb""",
    ),
    "python": (
        "requirements.txt",
        "tests/a.py test/a.py tox.ini x/a.ipynb notebooks/a.txt",
        "x/tests/a.py x/fixtures/a.json data/a.txt README.md",
        """requirements.txt requirements-dev.txt requirements/base.txt Pipfile Pipfile.lock poetry.lock uv.lock
        pyproject.toml setup.py .python-version runtime.txt manage.py nltk.txt bin/pre_compile bin/post_compile
        x/static/a.css x/templates/a.html""",
    ),
    "node": (
        "package.json",
        """cypress/a.js e2e/a.ts playwright/a.ts playwright.config.ts .storybook/main.js coverage/a.html""",
        """x/__tests__/a.js x/a.test.js x/a.spec.ts x/a.test.tsx x/a.snap x/a.stories.tsx .eslintrc .eslintrc.json
        jest.config.js src/a.test.js""",
        """package.json package-lock.json .npmrc .yarnrc .yarnrc.yml .yarn/releases/yarn.cjs tsconfig.json
        tsconfig.build.json next.config.js vite.config.ts webpack.config.js babel.config.js .babelrc postcss.config.js
        tailwind.config.js src/a.js public/a.png prisma/schema.prisma patches/a.patch""",
    ),
    "java": (
        "pom.xml",
        "src/test/java/A.java",
        "docs/a.txt integration-tests/A.java",
        """gradlew gradle/wrapper/gradle-wrapper.jar mvnw .mvn/x pom.xml build.gradle system.properties""",
    ),
    "scala": ("build.sbt", "src/test/A.scala", "docs/a.txt", "build.sbt project/plugins.sbt project/build.properties"),
    "php": (
        "composer.json",
        "tests/A.php phpunit.xml phpunit.xml.dist",
        "docs/a.txt",
        "composer.json composer.lock artisan public/index.php bootstrap/app.php database/seeders/A.php",
    ),
    "go": (
        "go.mod",
        "x/testdata/a.json",
        "x/a_test.go",
        "go.mod go.sum vendor/x/x.go templates/a.tmpl migrations/1.sql",
    ),
    "elixir": (
        "mix.exs",
        "test/a_test.exs test/support/a.ex",
        "",
        "mix.exs mix.lock config/a.exs priv/a.sql assets/a.js elixir_buildpack.config phoenix_static_buildpack.config",
    ),
    "ml": (
        "requirements.txt model.h5",
        "a.ipynb checkpoints/a.bin x/a.ckpt",
        "x/a.h5 x/a.pt x/a.onnx x/a.pkl x/a.csv x/a.parquet",
        "",  # the models that code names: a matter of the search for readers
    ),
    "committed by mistake": (
        "package.json requirements.txt Cargo.toml",
        """foo/pyvenv.cfg foo/bin/python node_modules/a/index.js x/__pycache__/a.pyc .next/cache/a target/debug/a
        coverage/a.html""",
        "client/node_modules/a.js",
        "",
    ),
}


@pytest.mark.parametrize(("manifests", "safe", "conditional", "needed"), KNOWN.values(), ids=KNOWN)
def test_the_knowledge_is_in_the_catalog(manifests: str, safe: str, conditional: str, needed: str) -> None:
    names = dict.fromkeys(f"{manifests} {safe} {conditional} {needed}".split())
    files = [File(name.encode(), 2 << 20, REGULAR, None) for name in names]
    projects = find_projects(files)
    tiers = {
        file.path.decode(): candidate.tier
        for candidate in catalog_candidates(files, projects)
        for file in candidate.files
        if all(evidence.kind is not EvidenceKind.SERVED for evidence in candidate.evidence)
    }
    assert {name for name in safe.split() if tiers.get(name) is not Tier.SAFE} == set()
    assert {name for name in conditional.split() if tiers.get(name) is not Tier.CONDITIONAL} == set()
    assert {name for name in needed.split() if name in tiers and ".test." not in name} == set()
    unknown = {
        name
        for name in needed.split()
        if is_needed(name.encode(), projects) is None and served(name.encode(), projects) is None
    }
    assert unknown == set()
