"""What the catalog's rules name in a tree, and what they leave alone."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from slugtrim.files import REGULAR, Directory, File
from slugtrim.ignore import Dialect, decide, parse
from slugtrim.scanner import scan
from slugtrim.sources import open_tree
from slugtrim.suggester.candidates import catalog_candidates
from slugtrim.suggester.catalog import Node, Pattern, catalog
from slugtrim.suggester.places import Project, find_projects, is_needed, is_no_reader, served
from slugtrim.suggester.records import Candidate, EvidenceKind, Tier
from tests.builders import make_repo
from tests.rows import each_row

SMALL = 100
LARGE = 2 << 20


def files_of(names: str, size_bytes: int = LARGE) -> list[File]:
    return [File(name.replace("·", " ").encode(), size_bytes, REGULAR, None) for name in names.split()]


def candidates_of(names: str, size_bytes: int = LARGE) -> tuple[Candidate, ...]:
    files = files_of(names, size_bytes)
    return catalog_candidates(files, find_projects(files))


def brief(candidates: Sequence[Candidate]) -> dict[str, set[str]]:
    """Rule and path to the files, without the candidates that something served stands against."""
    return {
        f"{each.rule} {each.path.decode()}".rstrip(): {file.path.decode() for file in each.files}
        for each in candidates
        if not is_served(each)
    }


def is_served(candidate: Candidate) -> bool:
    return any(evidence.kind is EvidenceKind.SERVED for evidence in candidate.evidence)


@each_row(
    "names, expected",
    [
        # A directory goes as one, with what other rules name in it.
        ("Gemfile spec/a_spec.rb spec/x.psd", ["ruby-specs spec"]),
        # Capitals do not count, nor do spaces surprise.
        ("package.json Docs/a.html", ["docs-directory Docs"]),
        ("package.json Screenshots/a.html", ["screenshots Screenshots"]),
        ("package.json Screen·Shots/a.html", ["screenshots Screen Shots"]),
        # A safe rule takes its files out of a conditional directory.
        ("package.json docs/a.html docs/b.psd", ["design-sources docs/b.psd", "docs-directory docs"]),
        # Files of a kind: the directory that all are in, but for directories that hold nothing else.
        ("package.json a/1.psd a/x.py b/2.psd b/x.py", ["design-sources"]),
        ("package.json x/a/1.psd x/a/y.py x/b/2.psd x/b/y.py", ["design-sources x"]),
        ("package.json a/1.psd a/b/2.psd a/c/3.psd x/4.psd x/y.py", ["design-sources a", "design-sources x/4.psd"]),
        # A file alone is named itself, not the directory that happens to hold nothing else.
        ("package.json a/1.psd", ["design-sources a/1.psd"]),
        # An exception stays, and what is beside it is given in the largest directories that go whole.
        (
            "Gemfile data/a/1.txt data/a/2.txt data/b/3.txt data/c/x.rb data/c/4.txt data/5.txt",
            ["data-directory data", "data-directory data/a"],
        ),
        # A rule for any depth holds in projects of its ecosystem only.
        ("go.mod package.json x/a_test.go", ["go-tests x/a_test.go"]),
        ("package.json x/a_test.go", []),
        # The root of a nested project is a root; a directory without a manifest is none.
        ("package.json api/Gemfile api/spec/a_spec.rb", ["ruby-specs api/spec"]),
        ("Gemfile api/main.rb api/doc/x.html", []),
        # Nothing is needed by a project in a test or an example.
        ("Gemfile test/dummy/Gemfile test/dummy/config/a.rb", ["test-directory test"]),
        ("package.json examples/x/package.json examples/x/src/a.js", ["examples examples"]),
    ],
)
def test_what_is_one_candidate(names: str, expected: list[str]) -> None:
    assert sorted(brief(candidates_of(names))) == expected


def test_a_directory_that_holds_an_exception_is_split() -> None:
    found = brief(candidates_of("Gemfile data/a/1.txt data/a/2.txt data/c/x.rb data/c/4.txt data/5.txt"))
    assert found == {
        "data-directory data": {"data/5.txt", "data/c/4.txt"},
        "data-directory data/a": {"data/a/1.txt", "data/a/2.txt"},
    }


def test_a_directory_that_holds_what_the_root_needs_is_split() -> None:
    found = brief(candidates_of("Gemfile script/a.sh script/rails script/b/c.sh script/b/d.sh"))
    assert found == {
        "developer-scripts script/a.sh": {"script/a.sh"},
        "developer-scripts script/b": {"script/b/c.sh", "script/b/d.sh"},
    }


def test_every_file_is_in_one_candidate_at_most() -> None:
    names = "Gemfile docs/a.psd docs/node_modules/x/LICENSE docs/b.md spec/support/a.rb spec/docs/a.mp4 x/a.mp4 x/a.md"
    paths = [file.path for candidate in candidates_of(names) for file in candidate.files]
    assert len(paths) == len(set(paths))


def test_candidates_come_by_path() -> None:
    paths = [candidate.path for candidate in candidates_of("Gemfile z.psd test/a.rb docs/b.md doc/x .github/y")]
    assert paths == sorted(paths)


@pytest.mark.parametrize(
    ("directory", "is_one"),
    [
        ("foo/pyvenv.cfg foo/lib/x.py", True),
        ("foo/bin/activate.csh foo/lib/x.py", True),
        ("foo/Scripts/python.exe foo/Lib/x.py", True),
        ("foo/bin/activate foo/lib/x.py", False),
        ("foo/lib/x.py", False),
    ],
)
def test_a_virtual_environment_is_known_by_what_it_holds(directory: str, *, is_one: bool) -> None:
    found = {each.path: each for each in candidates_of(f"app.py requirements.txt {directory}")}
    assert (b"foo" in found) is is_one
    if is_one:
        assert found[b"foo"].tier is Tier.SAFE
        (evidence,) = found[b"foo"].evidence
        assert evidence.kind is EvidenceKind.COMMITTED
        assert evidence.text.startswith("remove from git: ")


@pytest.mark.parametrize("name", ["venv", "foo"])
def test_a_virtual_environment_goes_whole_with_the_migrations_in_it(name: str) -> None:
    files = f"manage.py {name}/pyvenv.cfg {name}/lib/django/migrations/1.py {name}/lib/x/package.json"
    assert set(brief(candidates_of(files))) == {f"virtualenv {name}"}


@each_row(
    "directory",
    [
        "shop/migrations",
        "Migrations",
        "src/migration",
        "server/database/migrations",
        "db/migrate",
        "engines/a/db/post_migrate",
        "src/main/resources/db/migration",
        "store/alembic/versions",
        "apps/a/priv/repo/migrations",
    ],
)
def test_migrations_are_needed_whatever_their_names(directory: str) -> None:
    names = [f"{directory}/{name}" for name in ("1_test.py", "test_2.py", "a_spec.rb", "b.test.js", "dump.sql")]
    assert candidates_of(f"app.x {' '.join(names)}", LARGE) == ()
    (tests,) = candidates_of(f"app.x tests/{directory}/0001.py tests/a.py")
    assert tests.path == b"tests"


@each_row(
    "names, size_bytes, tier",
    [
        ("x/a.mp4", LARGE, Tier.SAFE),
        ("x/a.mp4", SMALL, Tier.CONDITIONAL),
        ("x/a.zip", LARGE, Tier.SAFE),
        ("x/a.zip", SMALL, Tier.CONDITIONAL),
        ("x/a.sql", LARGE, Tier.SAFE),
        ("x/a.sql", 70_000, Tier.CONDITIONAL),
        ("x/a.sql", SMALL, None),
        ("x/a.png", LARGE, Tier.CONDITIONAL),
        ("x/a.png", SMALL, None),
        ("x/a.woff2", SMALL, None),
        ("db/structure.sql", LARGE, None),
        ("x/migrations/0001.sql", LARGE, None),
        (".yarn/offline-mirror/a.tgz", LARGE, None),
    ],
)
def test_size_decides_where_the_name_does_not(names: str, size_bytes: int, tier: Tier | None) -> None:
    found = candidates_of(names, size_bytes)
    assert [each.tier for each in found] == ([] if tier is None else [tier])


SERVED = [
    ("Gemfile", "public/a.mp4", b"public"),
    ("Gemfile", "app/assets/images/a.png", b"app/assets"),
    ("Gemfile", "vendor/assets/a.mp4", b"vendor/assets"),
    ("Gemfile", "app/javascript/a.svg", b"app/javascript"),
    ("manage.py", "shop/static/a.mp4", b"shop/static"),
    ("manage.py", "shop/static/docs/a.pdf", b"shop/static"),
    ("package.json angular.json", "src/assets/a.mp4", b"src/assets"),
    ("package.json", "src/docs/a.md", b"src"),
    ("composer.json", "images/a.png", b"images"),
    ("pom.xml", "src/main/resources/a.csv", b"src/main/resources"),
    ("go.mod", "static/a.png", b"static"),
]


@each_row("manifest, name, directory", SERVED)
def test_what_is_served_whole_counts_as_read(manifest: str, name: str, directory: bytes) -> None:
    projects = find_projects(files_of(f"{manifest} {name}"))
    (candidate,) = candidates_of(f"{manifest} {name}")
    assert candidate.tier is Tier.CONDITIONAL
    assert [evidence.kind for evidence in candidate.evidence] == [EvidenceKind.SERVED]
    assert candidate.evidence[0].text.startswith(f"it is in {directory.decode()}/: ")
    for path in (name.encode(), directory, directory + b"/x/y"):
        found = served(path, projects)
        assert found is not None
        assert found.directory == directory
    assert served(b"x", projects) is None


@each_row(
    "manifest, name, rule",
    [
        ("package.json", "src/a.test.js", "javascript-tests"),
        ("package.json", "src/__tests__/a.js", "javascript-tests"),
        ("package.json", "src/a.stories.tsx", "stories"),
        ("package.json", "src/video.mov", "large-videos"),
        ("Gemfile", "app/models/a.rb.orig", "backup-files"),
        ("manage.py", "shop/static/.DS_Store", "os-leftovers"),
    ],
)
def test_some_things_are_waste_even_where_all_is_served_or_loaded(manifest: str, name: str, rule: str) -> None:
    (candidate,) = candidates_of(f"{manifest} {name}")
    assert candidate.rule == rule
    assert candidate.tier is Tier.CONDITIONAL
    assert not is_served(candidate)


def test_a_nested_project_has_code_directories_of_its_own() -> None:
    # To the project above, api/ is code; in it, tests/ is what it is in any project.
    files = files_of("package.json api/package.json api/tests/a.js api/src/docs/a.md")
    projects = find_projects(files)
    assert served(b"api/tests/a.js", projects) is None
    assert served(b"api/src/docs/a.md", projects) is not None
    assert [(each.path, each.tier) for each in catalog_candidates(files, projects) if not is_served(each)] == [
        (b"api/tests", Tier.SAFE)
    ]


@each_row(
    "names, roots",
    [
        ("", {b"": ""}),
        ("package.json Gemfile", {b"": "node ruby"}),
        ("Gemfile web/package.json", {b"": "ruby", b"web": "node"}),
        ("b/Gemfile a/package.json", {b"": "node ruby", b"a": "node", b"b": "ruby"}),
        ("Gemfile notes/a.ipynb", {b"": "ruby ml"}),
        ("x.csproj", {b"": "dotnet"}),
        # Not of this application.
        ("Gemfile node_modules/a/package.json", {b"": "ruby"}),
        ("Gemfile venv/lib/a/setup.py", {b"": "ruby"}),
        ("Gemfile vendor/bundle/ruby/a/Gemfile", {b"": "ruby"}),
        ("Gemfile spec/fixtures/a/package.json", {b"": "ruby"}),
    ],
)
def test_where_projects_begin(names: str, roots: dict[bytes, str]) -> None:
    found = {project.root: set(project.ecosystems) for project in find_projects(files_of(names))}
    assert found == {root: set(ids.split()) for root, ids in roots.items()}


def test_the_root_comes_first_then_the_others_by_path() -> None:
    assert [project.root for project in find_projects(files_of("c/go.mod a/go.mod b/go.mod"))] == [
        b"",
        b"a",
        b"b",
        b"c",
    ]


INCIDENTS = [
    # The path that was left out, what stands beside it, and the incident.
    ("config/settings.py", "manage.py package.json", "MuckRock/documentcloud#342: swept up by a pattern"),
    ("config/database.yml", "Gemfile", "the same for Rails"),
    ("yarn.lock", "package.json", "SFDigitalServices/sf-dahlia-web#1531: a lock file"),
    ("package-lock.json", "package.json", "a lock file"),
    ("package.json", "Procfile", "the Node buildpack has an error for it"),
    (".babelrc", "package.json", "cofacts/rumors-api#383: build configuration"),
    ("babel.config.js", "package.json", "cofacts/rumors-api#383"),
    ("webpack.config.js", "package.json", "cynicaloptimist/improved-initiative#375"),
    ("webpack.dev.js", "package.json", "cynicaloptimist/improved-initiative#375"),
    ("bin/post_compile", "requirements.txt", "deardurham/dear-petition#229"),
    ("bin/x.log", "Procfile", "bin/ whatever is in it"),
    ("requirements.txt", "Procfile", "12 of 112 owners left out what a build needs"),
    ("Procfile", "package.json", "12 of 112 owners left out what a build needs"),
    ("vendor/cache/a.gem", "Gemfile", "packed on purpose"),
    (".yarn/cache/a.zip", "package.json", "packed on purpose"),
]


@each_row("path, beside, incident", INCIDENTS)
def test_what_broke_an_application_is_needed(path: str, beside: str, incident: str) -> None:
    files = files_of(f"{path} {beside}")
    projects = find_projects(files)
    assert is_needed(path.encode(), projects) is not None, incident
    assert not any(path.encode() == file.path for each in catalog_candidates(files, projects) for file in each.files)


CONDITIONAL_INCIDENTS = [
    ("docs/index.html", "OWASP/OpenCRE#998: docs served at run time"),
    ("README.md", "marcosstefani/sucuri#60: read by the package build"),
    ("LICENSE", "microsoft/vscode-docker#1331"),
    ("build/index.js", "deardurham/dear-petition#229: it held the build's configuration"),
    (".eslintrc.json", "next build runs eslint"),
    ("images/a.png", "tuananh/node-prune#5"),
]


@each_row("path, incident", CONDITIONAL_INCIDENTS)
def test_what_broke_an_application_when_read_is_conditional(path: str, incident: str) -> None:
    found = {file.path: each for each in candidates_of(f"Gemfile package.json {path}") for file in each.files}
    assert found[path.encode()].tier is Tier.CONDITIONAL, incident


@pytest.mark.parametrize("directory", ["spec", "test"])
def test_what_supports_the_tests_goes_with_them(directory: str) -> None:
    # openSUSE/osem#1325, Simon-Initiative/oli-torus#2507: the graph keeps what a task or the seeds require of it.
    paths = [f"{directory}/a_test.rb", f"{directory}/support/a.rb", f"{directory}/factories/users.rb"]
    (found,) = candidates_of(f"Gemfile {' '.join(paths)}")
    assert (found.path.decode(), {file.path.decode() for file in found.files}) == (directory, set(paths))


@each_row(
    "path",
    [
        "lib/doc/index.js",  # eemeli/yaml#384: `doc` in a dependency
        "lib/docs/render.rb",
        "app/controllers/docs/a_controller.rb",
        "src/images/index.ts",  # tuananh/node-prune#5
        "lib/test/runner.js",
        "lib/spec/parser.rb",
        "x/design/theme.css",
        "src/data/index.js",
        "security/roles.py",
        "history.js",
        "todos/index.js",
        "changes.rb",
        "licenses/check.py",
        "support.rb",
    ],
)
def test_names_that_also_mean_code_are_anchored(path: str) -> None:
    candidates = candidates_of(f"Gemfile package.json requirements.txt {path}", SMALL)
    assert path.encode() not in {file.path for each in candidates for file in each.files}


@each_row(
    "path, is_one",
    [
        ("README.md", True),
        ("lib/README.md", True),
        ("CHANGELOG.md", True),
        (".gitignore", True),
        ("web/.eslintrc.json", True),
        (".github/workflows/ci.yml", True),
        (".vscode/settings.json", True),
        ("yarn.lock", True),
        ("docker-compose.yml", True),
        ("jest.config.js", True),
        ("content/post.md", False),
        ("readme.js", False),
        ("todo.js", False),
        ("license.rb", False),
        ("app.json", False),
        ("package.json", False),
        ("pyproject.toml", False),
        ("MANIFEST.in", False),
        ("Dockerfile", False),
        ("Rakefile", False),
        ("next.config.js", False),
        ("eslint.config.js", False),
        ("app/a.py", False),
    ],
)
def test_who_mentions_a_path_without_reading_it(path: str, *, is_one: bool) -> None:
    assert is_no_reader(path.encode(), find_projects(files_of(f"package.json {path}"))) is is_one


def test_needed_is_what_the_project_above_needs_not_one_in_a_candidate() -> None:
    projects = find_projects(files_of("package.json web/package.json docs/package.json"))
    assert is_needed(b"web/package.json", projects) is not None
    assert is_needed(b"web/x/package.json", projects) is None
    assert is_needed(b"docs/package.json", projects) is None
    assert is_needed(b"config", (Project(root=b"", ecosystems=frozenset({"ruby"})),)) is not None


def test_another_set_of_projects_is_not_taken_for_the_last_one() -> None:
    ruby = (Project(root=b"", ecosystems=frozenset({"ruby"})),)
    go = (Project(root=b"", ecosystems=frozenset({"go"})),)
    assert [is_needed(b"Rakefile", each) is not None for each in (ruby, go, ruby)] == [True, False, True]


def patterns() -> list[str]:
    everything = catalog()
    found = [*(each.patterns for each in everything.rules.values()), *(each.patterns for each in everything.needed)]
    found += [*(each.patterns for each in everything.served), *(each.patterns for each in everything.not_a_reader)]
    found += [each.exceptions for each in everything.rules.values()]
    return sorted({pattern.text.decode().lower() for some in found for pattern in some})


def around(text: str) -> list[File]:
    """Paths that the pattern names, and some that it nearly does."""
    body = text.strip("/").removeprefix("**/")
    starred = body.replace("[0-9]", "7").replace("[jt]", "j").replace("[cm]", "c")
    plain = starred.replace("*", "").replace("?", "x")
    full = starred.replace("*", "y.z").replace("?", "x")
    names = {plain, full, full + "q", "q" + full, full.replace(".", "-")}
    paths = {f"{above}{name}{below}" for name in names for above in ("", "up/", "a/b/") for below in ("/in/f", "/f")}
    paths |= {f"{above}{name}" for name in names if "/" not in name for above in ("file/", "top-")}
    return [File(path.encode(), SMALL, REGULAR, None) for path in sorted(paths) if "//" not in path and path[0] != "/"]


def taken(pattern: Pattern, files: Sequence[File]) -> set[bytes]:
    """The files that the pattern, at the root, takes by the catalog's own matcher."""
    node: Node[bool] = Node()
    node.add(pattern, True)
    found = set()
    for file in files:
        parts = file.path.split(b"/")
        nodes = [node]
        for depth, part in enumerate(parts):
            nodes = [after for each in nodes for after in each.after(part)]
            is_directory = depth < len(parts) - 1
            if any(is_directory or not only for each in nodes for _, only in each.marks):
                found.add(file.path)
            if not pattern.anchored:
                nodes.append(node)
    return found


@pytest.mark.full
def test_patterns_mean_what_they_mean_in_a_slugignore() -> None:
    differing = []
    for text in patterns():
        files = around(text)
        rules = parse(text.encode(), Dialect.GITIGNORE)
        removed = decide(rules, Dialect.GITIGNORE, Directory.from_files(files), {}).removed
        below = tuple(path + b"/" for path in removed)
        expected = {file.path for file in files if file.path in removed or file.path.startswith(below)}
        assert expected, text
        if taken(Pattern.parse(text), files) != expected:
            differing.append(text)
    assert differing == []


def test_a_real_repository(tmp_path: Path) -> None:
    make_repo(
        tmp_path,
        {
            "Gemfile": "",
            "Procfile": "web: rackup\n",
            "app/models/user.rb": "",
            "design/logo.psd": b"8BPS" + bytes(100),
            "spec/user_spec.rb": "",
            b"docs/caf\xe9.md": "",
            "tmp/x": "",
        },
    )
    kept = scan(open_tree(bytes(tmp_path))).kept
    candidates = catalog_candidates(kept, find_projects(kept))
    assert [(each.path, each.rule, each.category, len(each.files)) for each in candidates] == [
        (b"design/logo.psd", "design-sources", "design", 1),
        (b"docs", "docs-directory", "docs", 1),
        (b"spec", "ruby-specs", "tests", 1),
    ]
