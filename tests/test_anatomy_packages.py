"""Which group and package a path is of, and what packages say of themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slugtrim.anatomy.catalog import Anatomy, Groups, Package
from slugtrim.anatomy.looks import (
    Looks,
    distribution,
    gem_of,
    jar,
    node_package_directory,
    node_package_name,
    read_composer,
    read_hidden_lock,
    read_manifest,
    read_metadata,
    read_record,
    yarn_zip,
)
from slugtrim.files import REGULAR, File
from slugtrim.inspection import inspect_slug
from tests.builders import Content, make_tree
from tests.rows import each_row

Files = dict[bytes | str, Content]
SITE = ".heroku/python/lib/python3.11/site-packages"
GEMS = "vendor/bundle/ruby/3.2.0"

GROUPS = [
    ("app.py", "", "application"),
    ("bin/run", "", "application"),
    ("bin/app", "go.mod", "go-binaries"),
    (".heroku/python/bin/python3", "", "python-runtime"),
    (f"{SITE}/six.py", "", "python-packages"),
    ("venv/lib/python3.9/site-packages/six.py", "", "python-packages"),
    (".heroku/src/dep/a.py", "", "python-packages"),
    (".heroku/node/lib/node_modules/npm/index.js", "", "node-runtime"),
    ("node_modules/a/index.js", "", "node-packages"),
    ("client/node_modules/a/index.js", "", "node-packages"),
    ("node_modules/.cache/a", "", "caches"),
    (".yarn/cache/a.zip", "", "caches"),
    (".yarn/cache/a.zip", ".pnp.cjs", "node-packages"),
    ("vendor/ruby-3.2.2/lib/ruby/gems/3.2.0/gems/a-1/b", "", "ruby-runtime"),
    (f"{GEMS}/gems/a-1.0/lib/a.rb", "", "ruby-gems"),
    ("vendor/assets/a.js", "", "application"),
    ("vendor/a/b/c.php", "vendor/composer/installed.json", "php-packages"),
    ("vendor/a/b/c.go", "go.mod", "application"),
    (".heroku/php/bin/php", "", "php-runtime"),
    (".jdk/lib/modules", "", "java-runtime"),
    (".jdk/lib/jrt-fs.jar", "", "java-runtime"),
    ("target/app.jar", "pom.xml", "jars"),
    ("target/classes/A.class", "pom.xml", "build-output"),
    ("target/classes/A.class", "", "application"),
    ("build/libs/a.txt", "build.gradle", "build-output"),
    ("deps/phoenix/a.ex", "mix.exs", "elixir-packages"),
    (".platform_tools/erlang/a", "", "elixir-runtime"),
    (".apt/usr/bin/a", "", "apt-packages"),
    (".profile.d/a.sh", "", "buildpacks"),
    (".heroku/vendor/lib/a", "", "buildpacks"),
    ("public/assets/a.js", "", "assets"),
    ("public/logo.png", "", "application"),
    ("client/build/a.js", "client/package.json", "assets"),
    ("client/build/a.js", "package.json", "application"),
    ("tmp/cache/assets/a", "", "caches"),
]


@each_row("path, beside, group", GROUPS)
def test_a_path_is_in_its_group(path: str, beside: str, group: str) -> None:
    paths = {path.encode(), beside.encode()}
    assert Groups(paths).of(path.encode()).id == group


def test_a_path_deeper_than_python_recurses_has_a_group() -> None:
    path = b"a/" * 2000 + b"node_modules/b/c.js"
    assert Groups({path}).of(path).id == "node-packages"


@each_row(
    "path, directory, name",
    [
        (b"node_modules/a/b.js", b"node_modules/a", b"a"),
        (b"node_modules/@s/a/b.js", b"node_modules/@s/a", b"@s/a"),
        (b"x/node_modules/a/node_modules/b/c/d.js", b"x/node_modules/a/node_modules/b", b"b"),
        (
            b"node_modules/.pnpm/a@1.0.0/node_modules/@s/a/b.js",
            b"node_modules/.pnpm/a@1.0.0/node_modules/@s/a",
            b"@s/a",
        ),
    ],
)
def test_a_package_of_node_is_its_innermost_directory(path: bytes, directory: bytes, name: bytes) -> None:
    assert node_package_directory(path) == directory
    assert node_package_name(directory) == name


@each_row(
    "path",
    [b"node_modules/.bin/a", b"node_modules/link", b"node_modules/@s/link", b"a/b.js", b"my_node_modules/a/b.js"],
)
def test_what_is_of_no_package_of_node(path: bytes) -> None:
    assert node_package_directory(path) is None


@each_row(
    "path, name, version, root",
    [
        ("gems/rack-2.2.8/lib/a.rb", b"rack", b"2.2.8", "gems/rack-2.2.8"),
        ("gems/aws-sdk-s3-1.2.3/a", b"aws-sdk-s3", b"1.2.3", "gems/aws-sdk-s3-1.2.3"),
        ("gems/nokogiri-1.15.4-x86_64-linux/a", b"nokogiri", b"1.15.4", "gems/nokogiri-1.15.4-x86_64-linux"),
        ("gems/foo-3d-1.0.0.pre.1/a", b"foo-3d", b"1.0.0.pre.1", "gems/foo-3d-1.0.0.pre.1"),
        ("extensions/x86_64-linux/3.2.0/bcrypt-3.1.19/a.so", b"bcrypt", b"3.1.19", "gems/bcrypt-3.1.19"),
        ("specifications/rack-2.2.8.gemspec", b"rack", b"2.2.8", "gems/rack-2.2.8"),
        ("cache/rack-2.2.8.gem", b"rack", b"2.2.8", "gems/rack-2.2.8"),
        ("build_info/pg-1.5.info", b"pg", b"1.5", "gems/pg-1.5"),
        ("doc/rack-2.2.8/ri/a", b"rack", b"2.2.8", "gems/rack-2.2.8"),
        ("bundler/gems/greet-1b65285dac76/a", b"greet", b"git 1b65285dac76", "bundler/gems/greet-1b65285dac76"),
        ("bundler/gems/odd/a", b"odd", b"", "bundler/gems/odd"),
        (
            "bundler/gems/extensions/x86_64-linux/3.2.0/greet-1b65285dac76/a.so",
            b"greet",
            b"git 1b65285dac76",
            "bundler/gems/greet-1b65285dac76",
        ),
        ("gems/unversioned/a", b"unversioned", b"", "gems/unversioned"),
    ],
)
def test_a_gem_is_found_in_all_its_parts(path: str, name: bytes, version: bytes, root: str) -> None:
    assert gem_of(f"{GEMS}/{path}".encode()) == ((name, version), f"{GEMS}/{root}".encode())


@pytest.mark.parametrize("path", [f"{GEMS}/bin/rackup", f"{GEMS}/cache/bundler/git/a-01/HEAD", "vendor/bundle/config"])
def test_what_is_of_no_gem(path: str) -> None:
    assert gem_of(path.encode()) is None


@each_row(
    "name, expected",
    [
        (b"spring-core-5.3.1.jar", (b"spring-core", b"5.3.1")),
        (b"log4j-api-2.20.0-tests.jar", (b"log4j-api", b"2.20.0-tests")),
        (b"guava-32.1.2-jre.jar", (b"guava", b"32.1.2-jre")),
        (b"app.jar", (b"app", b"")),
        (b"a" * 300 + b"-1.jar", (b"a" * 300 + b"-1", b"")),
    ],
)
def test_jars_have_their_versions_in_their_names(name: bytes, expected: tuple[bytes, bytes]) -> None:
    assert jar(name) == expected


@each_row(
    "name, expected",
    [
        (b"Django-4.2.dist-info", (b"Django", b"4.2")),
        (b"six-1.16.0-py3.9.egg-info", (b"six", b"1.16.0")),
        (b"a_b-1.0-py3.9-linux_x86_64.egg", (b"a_b", b"1.0")),
        (b"zope.interface-6.0.dist-info", (b"zope.interface", b"6.0")),
        (b"odd.egg-info", (b"odd", b"")),
    ],
)
def test_distributions_have_their_versions_in_their_names(name: bytes, expected: tuple[bytes, bytes]) -> None:
    assert distribution(name) == expected


def test_packages_that_yarn_keeps_zipped() -> None:
    assert yarn_zip(b"lodash-npm-4.17.21-6382451519-eb835a2e51.zip") == (b"lodash", b"4.17.21")
    assert yarn_zip(b"@babel-core-npm-7.1.2-0123456789-10c0.zip") == (b"@babel/core", b"7.1.2")
    assert yarn_zip(b"a-patch-1.zip") is None


def inspected(root: Path, files: Files) -> Anatomy:
    return inspect_slug(str(make_tree(root, files))).anatomy


def packages(anatomy: Anatomy) -> dict[str, Package]:
    return {package.name: package for group in anatomy.groups for package in group.packages}


def test_python_files_are_whose_lists_say_so(tmp_path: Path) -> None:
    info = f"{SITE}/Foo.Bar-1.0.dist-info"
    files: Files = {
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0\n\nName: not this\n",
        f"{info}/RECORD": 'foo/__init__.py,sha256=x,1\nns/foo.py,,\n"a,b.py",,\n../../../bin/foo,,\n/etc/passwd,,\n\n',
        f"{SITE}/foo/__init__.py": "x",
        f"{SITE}/foo/__pycache__/__init__.cpython-311.pyc": "x",
        f"{SITE}/foo/made/later.txt": "x",
        f"{SITE}/ns/foo.py": "x",
        f"{SITE}/a,b.py": "x",
        ".heroku/python/bin/foo": "x",
        ".heroku/python/bin/python": "x",
        # Without a list: what can be imported, then the names of directories.
        f"{SITE}/Old-2.0-py3.11.egg-info/PKG-INFO": "Name: Old\nVersion: 2.0\n",
        f"{SITE}/Old-2.0-py3.11.egg-info/top_level.txt": "old\nsingle\n",
        f"{SITE}/old/a.py": "x",
        f"{SITE}/single.py": "x",
        f"{SITE}/__pycache__/single.cpython-311.pyc": "x",
        f"{SITE}/listed-3.0.egg-info/installed-files.txt": "../listed/a.py\nPKG-INFO\n",
        f"{SITE}/listed-3.0.egg-info/PKG-INFO": "no fields",
        f"{SITE}/listed/a.py": "x",
        f"{SITE}/file-4.0.egg-info": "Name: file\nVersion: 4.0\n",
        f"{SITE}/egg-5.0-py3.11.egg/EGG-INFO/PKG-INFO": "Name: egg\nVersion: 5.0\n",
        f"{SITE}/egg-5.0-py3.11.egg/egg/a.py": "x",
        f"{SITE}/nobody/a.py": "x",
        f"{SITE}/nobody.pth": "x",
    }
    found = packages(inspected(tmp_path, files))
    assert {name: (package.versions, package.bulk.files) for name, package in found.items()} == {
        "Foo.Bar": (("1.0",), 8),
        "Old": (("2.0",), 5),
        "listed": (("3.0",), 3),
        "file": (("4.0",), 1),
        "egg": (("5.0",), 2),
        "nobody": ((), 1),
    }


def test_a_distribution_cannot_claim_the_application(tmp_path: Path) -> None:
    files: Files = {
        f"{SITE}/a-1.dist-info/METADATA": "Name: a\nVersion: 1\n",
        f"{SITE}/a-1.dist-info/RECORD": "../../../../../app.py,,\n",
        "app.py": "x",
    }
    groups = {group.id: group.bulk.files for group in inspected(tmp_path, files).groups}
    assert groups == {"python-packages": 2, "application": 1}


def test_copies_of_a_package_are_added_up(tmp_path: Path) -> None:
    def manifest(name: str, version: str) -> str:
        return json.dumps({"name": name, "version": version})

    files: Files = {
        "node_modules/a/package.json": manifest("a", "2.0.0"),
        "node_modules/a/dist/esm/package.json": manifest("wrong", "9"),
        "node_modules/b/node_modules/a/package.json": manifest("a", "1.0.0"),
        "node_modules/b/index.js": "x" * 10,
        "node_modules/alias/package.json": manifest("a", "2.0.0"),
        "node_modules/broken/package.json": "{",
    }
    found = packages(inspected(tmp_path, files))
    assert set(found) == {"a", "b", "broken"}
    assert (found["a"].versions, found["a"].copies) == (("2.0.0", "1.0.0"), 3)
    assert found["a"].paths == (b"node_modules/a", b"node_modules/alias", b"node_modules/b/node_modules/a")
    assert found["b"].bulk.size_bytes == 10


def test_packages_of_other_languages(tmp_path: Path) -> None:
    files: Files = {
        "vendor/composer/installed.json": '{"packages": [{"name": "Monolog/monolog", "version": "3.4.0"}, 1, {}]}',
        "vendor/monolog/monolog/src/a.php": "x",
        "vendor/autoload.php": "x",
        "mix.exs": "",
        "deps/phoenix/lib/a.ex": "x",
        "_build/prod/lib/phoenix/ebin/a.beam": "x",
        "_build/prod/.mix": "x",
        "lib/a-1.0.jar": "x",
        ".pnp.cjs": "",
        ".yarn/cache/left-npm-1.3.0-0123456789-0123.zip": "x",
        ".yarn/cache/odd.zip": "x",
    }
    found = packages(inspected(tmp_path, files))
    assert {name: (each.group, each.versions, each.copies) for name, each in found.items()} == {
        "monolog/monolog": ("php-packages", ("3.4.0",), 1),
        "phoenix": ("elixir-packages", (), 2),
        "a": ("jars", ("1.0",), 1),
        "left": ("node-packages", ("1.3.0",), 1),
    }


@each_row("content", [b"", b"[]", b"1", b"{", b"\xff", b"[" * 100_000, b'{"packages": 1}', b'{"a": ' + b"9" * 9999])
def test_documents_of_strangers_are_read_or_left(content: bytes) -> None:
    for read in (read_hidden_lock, read_composer):
        assert read(content) is None
    manifest = read_manifest(content)
    assert manifest is None or (manifest.name, manifest.version, manifest.runs_with) == (None, None, frozenset())


def test_odd_fields_are_as_none() -> None:
    odd = b'{"name": 1, "version": "", "dependencies": ["a"], "devDependencies": {"b": 1}}'
    manifest = read_manifest(odd)
    assert manifest is not None
    assert (manifest.name, manifest.version) == (None, None)
    assert (manifest.runs_with, manifest.developed_with) == (frozenset(), frozenset({"b"}))
    assert read_hidden_lock(b'{"packages": {"a": 1, "b": {"dev": 1}, "c": {"dev": true}}}') == frozenset({b"c"})
    assert read_metadata(b"Version: 1\n\nName: a\n") is None
    assert read_record(b'"unclosed\na,,\n') is not None
    assert read_record(b"a" * 200_000) is None


def test_what_is_too_large_is_not_read() -> None:
    looks = Looks()
    assert looks(File(b"package.json", 2 << 20, REGULAR, None)) is None
    assert looks.seen(bytes).is_incomplete
    fresh = Looks()
    assert all(fresh(File(b"%d/package.json" % n, 1 << 20, REGULAR, None)) is not None for n in range(128))
    assert fresh(File(b"last/package.json", 1, REGULAR, None)) is None
    assert fresh.seen(bytes).is_incomplete


def test_the_report_says_that_metadata_is_too_large(tmp_path: Path) -> None:
    app = make_tree(tmp_path / "app", {"node_modules/a/package.json": b" " * (1 << 20) + b"{}"})
    found = inspect_slug(str(app))
    assert [note.id for note in found.notes] == ["metadata-too-large"]
    assert packages(found.anatomy)["a"].versions == ()


def test_looks_have_the_root_of_the_archive_in_front() -> None:
    looks = Looks()
    for path, content in ((b"app/Procfile", b"web: a\n"), (b"app/x/Procfile", b"no"), (b"app/package.json", b"{}")):
        feed = looks(File(path, len(content), REGULAR, None))
        assert feed is not None
        feed(content)
        feed(b"")
    seen = looks.seen(lambda path: path.removeprefix(b"app/"))
    assert (seen.procfile, list(seen.manifests)) == (b"web: a\n", [b""])


@each_row("name", [b"METADATA", b"RECORD", b"top_level.txt", b"installed.json", b"WHEEL", b"a.py"])
def test_of_most_files_nothing_is_wanted(name: bytes) -> None:
    looks = Looks()
    assert looks(File(b"lib/" + name, 100, REGULAR, None)) is None
    assert looks(File(b"a.dist-info/WHEEL", 100, REGULAR, None)) is None
