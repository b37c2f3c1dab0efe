"""Every kind of waste on a small slug of its own: what is named, and what beside it is not."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from slugtrim.anatomy.catalog import Anatomy, Waste, waste_rules
from slugtrim.inspection import inspect_slug
from tests.builders import Content, make_slug, make_tree
from tests.rows import each_row
from tests.slugs import compile_library

Files = dict[bytes | str, Content]

SITE = ".heroku/python/lib/python3.11/site-packages"
GEMS = "vendor/bundle/ruby/3.2.0"
NOKOGIRI = f"{GEMS}/gems/nokogiri-1.16.0-x86_64-linux"
BLOB = os.urandom(9000)


def inspected(root: Path, files: Files) -> Anatomy:
    return inspect_slug(str(make_tree(root, files))).anatomy


def found(anatomy: Anatomy, id_: str) -> list[str]:
    return sorted(place.path.decode() for waste in anatomy.waste if waste.id == id_ for place in waste.places)


def only(anatomy: Anatomy, id_: str) -> Waste:
    (waste,) = [waste for waste in anatomy.waste if waste.id == id_]
    return waste


def manifest(name: str = "x", **fields: object) -> str:
    import json

    return json.dumps({"name": name, "version": "1.0.0", **fields})


def metadata(name: str, version: str) -> Files:
    return {
        f"{SITE}/{name}-{version}.dist-info/METADATA": f"Name: {name}\nVersion: {version}\n\nText\n",
        f"{SITE}/{name}-{version}.dist-info/RECORD": f"{name}/__init__.py,,\n",
        f"{SITE}/{name}/__init__.py": "x = 1\n",
    }


def png(width: int, height: int, size: int) -> bytes:
    header = b"\x89PNG\r\n\x1a\n" + (13).to_bytes(4, "big") + b"IHDR"
    return (header + width.to_bytes(4, "big") + height.to_bytes(4, "big")).ljust(size, b"x")


CASES: dict[str, tuple[Files, list[str]]] = {
    "git-directories": (
        {".heroku/src/dep/.git/HEAD": "ref", ".heroku/src/dep/a.py": "", ".github/x": "x", ".gitignore": "x"},
        [".heroku/src/dep/.git"],
    ),
    "bundler-git-cache": ({f"{GEMS}/cache/bundler/git/a-0123/HEAD": "x"}, [f"{GEMS}/cache/bundler/git"]),
    "gem-cache": (
        {f"{GEMS}/cache/rack-2.2.gem": "x", f"{GEMS}/gems/rack-2.2/lib/rack.rb": "x", "fixtures/a.gem": "x"},
        [f"{GEMS}/cache/rack-2.2.gem"],
    ),
    "vendored-gem-cache": ({"vendor/cache/rack-2.2.gem": "x", "lib/vendor/cache/a": "x"}, ["vendor/cache"]),
    "yarn-cache": ({".yarn/cache/a-npm-1.0.0-0123456789-1.zip": "x", ".yarn/releases/yarn.cjs": "x"}, [".yarn/cache"]),
    "node-build-caches": (
        {
            "node_modules/.cache/babel/a.json": "x",
            "web/.next/cache/webpack/0.pack": "x",
            "web/.next/cache/fetch-cache/a": "x",
            "web/.next/server/a.js": "x",
        },
        ["node_modules/.cache", "web/.next/cache"],
    ),
    "asset-caches": (
        {"tmp/cache/assets/sprockets/a": "x", "tmp/cache/bootsnap/load-path": "x"},
        ["tmp/cache/assets"],
    ),
    "test-browsers": ({".cache/Cypress/13/a": "x", ".cache/puppeteer/chrome/a": "x"}, [".cache/Cypress"]),
    "package-manager-caches": ({".npm/_cacache/a": "x", ".cache/pip/http/a": "x"}, [".cache/pip", ".npm"]),
    "next-standalone-packages": (
        {
            "Procfile": "web: node .next/standalone/server.js\n",
            ".next/standalone/server.js": "x",
            ".next/standalone/node_modules/a/index.js": "x",
            "node_modules/a/index.js": "x",
        },
        ["node_modules"],
    ),
    "build-only-node-packages": (
        {
            "Gemfile": "x",
            "Procfile": "web: bundle exec puma\n",
            "node_modules/a/index.js": "x",
            "client/node_modules/b/c": "",
        },
        ["client/node_modules", "node_modules"],
    ),
    "composer-dev-packages": (
        {
            "vendor/composer/installed.json": '{"packages": [{"name": "phpunit/phpunit", "version": "9.6"}, '
            '{"name": "a/b"}], "dev-package-names": ["phpunit/phpunit"]}',
            "vendor/phpunit/phpunit/src/a.php": "x",
            "vendor/a/b/src/a.php": "x",
        },
        ["vendor/phpunit/phpunit"],
    ),
    "python-dev-packages": (
        metadata("pytest_cov", "4.1") | metadata("Django", "4.2") | metadata("types_six", "1"),
        [f"{SITE}/pytest_cov-4.1.dist-info", f"{SITE}/types_six-1.dist-info"],
    ),
    "ruby-dev-gems": (
        {f"{GEMS}/gems/rspec-core-3.12.0/lib/a.rb": "x", f"{GEMS}/gems/respec-1.0/lib/a.rb": "x"},
        [f"{GEMS}/gems/rspec-core-3.12.0"],
    ),
    "cuda": (
        metadata("torch", "2.6") | metadata("nvidia_cublas_cu12", "12.4") | metadata("triton", "3.2"),
        [f"{SITE}/nvidia_cublas_cu12-12.4.dist-info", f"{SITE}/triton-3.2.dist-info"],
    ),
    "foreign-binaries": (
        {
            "node_modules/@next/swc-linux-x64-musl/a.node": "x",
            "node_modules/@next/swc-linux-x64-gnu/a.node": "x",
            "node_modules/@img/sharp-linuxmusl-x64/a.node": "x",
            "node_modules/is-darwin/a.js": "x",
        },
        ["node_modules/@img/sharp-linuxmusl-x64", "node_modules/@next/swc-linux-x64-musl"],
    ),
    "foreign-prebuilds": (
        {"node_modules/a/prebuilds/darwin-arm64/a.node": "x", "node_modules/a/prebuilds/linux-x64/a.node": "x"},
        ["node_modules/a/prebuilds/darwin-arm64"],
    ),
    "type-packages": (
        {
            "node_modules/@types/node/index.d.ts": "x",
            "node_modules/typescript/lib/tsc.js": "x",
            "node_modules/types/a.js": "",
        },
        ["node_modules/@types/node", "node_modules/typescript"],
    ),
    "node-package-copies": (
        {
            "node_modules/a/package.json": manifest("a"),
            "node_modules/b/node_modules/a/package.json": manifest("a"),
            "node_modules/c/node_modules/a/package.json": manifest("a", version="2.0.0"),
        },
        ["node_modules/b/node_modules/a"],
    ),
    "foreign-bytecode": (
        {
            f"{SITE}/a/__init__.py": "x",
            f"{SITE}/a/__pycache__/__init__.cpython-311.pyc": "x",
            f"{SITE}/a/__pycache__/__init__.cpython-39.pyc": "x",
            f"{SITE}/b/__pycache__/gone.cpython-311.pyc": "x",
            "old.py": "x",
            "old.pyc": "x",
            "alone.pyc": "x",
        },
        [f"{SITE}/a", f"{SITE}/b", "old.pyc"],
    ),
    "optimized-bytecode": (
        {f"{SITE}/a/b.py": "x", f"{SITE}/a/__pycache__/b.cpython-311.opt-2.pyc": "x"},
        [f"{SITE}/a"],
    ),
    "bytecode-doubles": (
        {
            "app.py": "x",
            "__pycache__/app.cpython-311.pyc": "x",
            f"{SITE}/six.py": "",
            f"{SITE}/__pycache__/six.cpython-311.pyc": "",
        },
        [f"{SITE}/__pycache__", "__pycache__"],
    ),
    "runtime-docs": (
        {
            ".heroku/node/share/man/man1/node.1": "x",
            "vendor/ruby-3.2.2/share/ri/a": "x",
            ".apt/usr/share/doc/x/copyright": "x",
        },
        [".apt/usr/share/doc", ".heroku/node/share/man", "vendor/ruby-3.2.2/share/ri"],
    ),
    "python-runtime-parts": (
        {".heroku/python/lib/python3.11/test/a.py": "x", ".heroku/python/lib/python3.11/os.py": "x"},
        [".heroku/python/lib/python3.11/test"],
    ),
    "java-modules": ({".jdk/jmods/java.base.jmod": "x", ".jdk/lib/modules": "x"}, [".jdk/jmods"]),
    "rust-build-files": (
        {"Cargo.toml": "", "target/release/deps/a.rlib": "x", "target/release/app": "x"},
        ["target/release/deps"],
    ),
    "jvm-build-files": (
        {"pom.xml": "", "target/test-classes/A.class": "x", "target/app.jar": "x", "target/classes/A.class": "x"},
        ["target/test-classes"],
    ),
    "static-libraries": (
        {".heroku/python/lib/libpython3.11.a": "x", f"{SITE}/numpy/lib/libnpymath.a": "x", "my.a": "x"},
        [".heroku/python/lib/libpython3.11.a", f"{SITE}/numpy"],
    ),
    "gem-build-files": (
        {f"{GEMS}/gems/a-1.0/ext/a/a.o": "x", f"{GEMS}/extensions/x86_64-linux/3.2.0/a-1.0/gem_make.out": "x"},
        [f"{GEMS}/extensions/x86_64-linux/3.2.0/a-1.0/gem_make.out", f"{GEMS}/gems/a-1.0"],
    ),
    "node-build-files": (
        {"node_modules/a/build/Release/obj.target/a/a.o": "x", "node_modules/a/build/Release/a.node": "x"},
        ["node_modules/a", "node_modules/a/build/Release/obj.target"][1:],
    ),
    "headers": (
        {f"{SITE}/numpy/core/include/a.h": "x", ".heroku/node/include/node/node.h": "x", "src/a.h": "x"},
        [".heroku/node/include", f"{SITE}/numpy"],
    ),
    "gem-extension-sources": (
        {f"{GEMS}/gems/a-1.0/ext/a/a.c": "x", f"{GEMS}/gems/a-1.0/lib/ext/a.rb": "x"},
        [f"{GEMS}/gems/a-1.0/ext"],
    ),
    "python-package-tests": (
        {f"{SITE}/a/b/tests/c.py": "x", f"{SITE}/django/test/client.py": "x", "tests/a.py": "x"},
        [f"{SITE}/a/b/tests"],
    ),
    "python-package-docs": ({f"{SITE}/a/docs/b.rst": "x", f"{SITE}/a/doc.py": "x"}, [f"{SITE}/a/docs"]),
    "node-package-tests": (
        {"node_modules/a/test/b.js": "x", "node_modules/a/lib/test/b.js": "x", "node_modules/@s/b/examples/c.js": "x"},
        ["node_modules/@s/b/examples", "node_modules/a/test"],
    ),
    "node-package-docs": (
        {"node_modules/yaml/dist/doc/a.js": "x", "node_modules/yaml/README.md": "x", "README.md": "x"},
        ["node_modules/yaml"],
    ),
    "type-declarations": ({"node_modules/a/b.d.ts": "x", "src/b.d.ts": "x"}, ["node_modules/a"]),
    "gem-tests-and-docs": (
        {f"{GEMS}/gems/a-1.0/spec/b.rb": "x", f"{GEMS}/gems/a-1.0/lib/a/spec/b.rb": "x"},
        [f"{GEMS}/gems/a-1.0/spec"],
    ),
    "php-package-tests": (
        {
            "vendor/composer/installed.json": '{"packages": [{"name": "a/b", "version": "1.0"}]}',
            "vendor/a/b/Tests/c.php": "x",
            "vendor/a/b/src/c.php": "x",
        },
        ["vendor/a/b/Tests"],
    ),
    "asset-source-maps": ({"public/packs/a.js.map": "x", "app/a.js.map": "x"}, ["public/packs/a.js.map"]),
    "package-source-maps": ({"node_modules/a/b.js.map": "x"}, ["node_modules/a"]),
    "asset-doubles": (
        {"staticfiles/a.js": BLOB, "staticfiles/a.0123.js": BLOB, "static/a.js": BLOB},
        ["staticfiles/a.js"],
    ),
    "duplicate-files": ({"data/a.bin": BLOB, "data/b.bin": BLOB, "small": "x", "tiny": "x"}, ["data/b.bin"]),
    "node-lock-files": (
        {"package-lock.json": "{}", "yarn.lock": "", "client/yarn.lock": ""},
        ["package-lock.json", "yarn.lock"],
    ),
    "python-lock-files": ({"requirements.txt": "", "Pipfile.lock": "{}"}, ["Pipfile.lock", "requirements.txt"]),
    "tensorflow": (metadata("tensorflow", "2.15") | metadata("six", "1"), [f"{SITE}/tensorflow-2.15.dist-info"]),
    "opencv-with-windows": (
        {
            f"{SITE}/opencv_python.libs/libQt5Core-0123.so.5": "x",
            f"{SITE}/opencv_python.libs/libxcb-shm-0123.so.0": "x",
            f"{SITE}/opencv_python.libs/libavcodec-0123.so.59": "x",
            f"{SITE}/cv2/qt/plugins/platforms/libqxcb.so": "x",
            f"{SITE}/cv2/cv2.abi3.so": "x",
        },
        [f"{SITE}/cv2/qt", f"{SITE}/opencv_python.libs"],
    ),
    "cuda-in-torch": (
        {f"{SITE}/torch/lib/libtorch_cuda.so": "x", f"{SITE}/torch/lib/libtorch_cpu.so": "x"},
        [f"{SITE}/torch"],
    ),
    "second-browser": (
        {
            ".chrome-for-testing/chrome-linux64/chrome": "x",
            ".cache/puppeteer/chrome/linux-126/chrome": "x",
            ".cache/ms-playwright/chromium-1124/a": "x",
            "node_modules/puppeteer/.local-chromium/linux-1/chrome": "x",
        },
        [".cache/ms-playwright", ".cache/puppeteer", "node_modules/puppeteer/.local-chromium"],
    ),
    "own-browser": ({".cache/puppeteer/chrome/linux-126/chrome": "x", ".cache/a": "x"}, [".cache/puppeteer"]),
    "bootsnap-cache": ({"tmp/cache/bootsnap/compile-cache-iseq/a": "x", "tmp/cache/a": "x"}, ["tmp/cache/bootsnap"]),
    # In the layout of the gem's own files: there is no public registry of gems to install it from.
    "foreign-gem-binaries": (
        {
            f"{GEMS}/gems/wkhtmltopdf-binary-0.12.6.8/bin/wkhtmltopdf_macos_cocoa.gz": "x",
            f"{GEMS}/gems/wkhtmltopdf-binary-0.12.6.8/bin/wkhtmltopdf_debian_12_amd64.gz": "x",
            f"{GEMS}/gems/wkhtmltopdf-binary-0.12.6.8/bin/wkhtmltopdf_ubuntu_22.04_arm64.gz": "x",
            f"{GEMS}/gems/wkhtmltopdf-binary-0.12.6.8/bin/wkhtmltopdf_ubuntu_22.04_amd64.gz": "x",
            f"{GEMS}/gems/wkhtmltopdf-binary-0.12.6.8/bin/wkhtmltopdf": "x",
        },
        [f"{GEMS}/gems/wkhtmltopdf-binary-0.12.6.8"],
    ),
    "foreign-gem-libraries": (
        {
            **{f"{NOKOGIRI}/lib/nokogiri/{abi}/nokogiri.so": "x" for abi in ("3.0", "3.1", "3.2")},
            f"{GEMS}/gems/a-1.0/lib/a/2.0/a.so": "x",
        },
        [f"{NOKOGIRI}/lib/nokogiri/{abi}" for abi in ("3.0", "3.1")],
    ),
    "unpacked-archives": (
        {
            ".heroku/python/nltk_data/corpora/stopwords.zip": "x",
            ".heroku/python/nltk_data/corpora/stopwords/english": "x",
            ".heroku/python/nltk_data/corpora/wordnet.zip": "x",
            "data/a.zip": "x",
            "data/a/b": "x",
        },
        [".heroku/python/nltk_data/corpora/stopwords.zip"],
    ),
    "sbt-build-files": (
        {
            "build.sbt": "",
            "target/universal/stage/bin/app": "x",
            "target/scala-2.13/classes/A.class": "x",
        },
        ["target/scala-2.13"],
    ),
    "package-fonts": ({"node_modules/a/b.woff2": "x", "public/b.woff2": "x"}, ["node_modules/a"]),
    "old-font-formats": (
        {
            "public/assets/a-0123456789abcdef.woff2": "x",
            "public/assets/a-fedcba9876543210.ttf": "x",
            "public/assets/b.ttf": "x",
        },
        ["public/assets/a-fedcba9876543210.ttf"],
    ),
    "heavy-images": (
        {"public/a.png": png(400, 300, 300_000), "public/b.png": png(2000, 1500, 300_000), "public/c.png": BLOB * 40},
        ["public/a.png"],
    ),
    "unexplained-apt": ({".apt/usr/lib/a.so": "x", "app.rb": "x"}, [".apt"]),
    "unexplained-node": ({".heroku/node/bin/node": "x", "Gemfile": "x"}, [".heroku/node"]),
    "unexplained-python": ({".heroku/python/bin/python": "x", "Gemfile": "x"}, [".heroku/python"]),
    "puppeteer": (
        {"node_modules/puppeteer/a.js": "x", "node_modules/puppeteer-core/a.js": "x"},
        ["node_modules/puppeteer"],
    ),
    "whole-sdks": (
        {
            "node_modules/googleapis/a.js": "x",
            f"{GEMS}/gems/aws-sdk-3.1/a.rb": "x",
            f"{GEMS}/gems/aws-sdk-s3-1.1/a.rb": "x",
        },
        ["node_modules/googleapis", f"{GEMS}/gems/aws-sdk-3.1"],
    ),
    "service-descriptions": (
        {f"{SITE}/botocore/data/ec2/a.json": "x", f"{SITE}/botocore/session.py": "x"},
        [f"{SITE}/botocore/data"],
    ),
    "source-leftovers": (
        {"Gemfile": "", "spec/a_spec.rb": "x", "a.psd": "x", "lib/a.rb": "x", "node_modules/a/.travis.yml": "x"},
        ["a.psd", "spec"],
    ),
}
"""Id to files, and the places in which it is found."""

ELSEWHERE = {
    "node-dev-dependencies": "tests/test_anatomy_development.py",
    "unstripped-python": "below",
    "unstripped-gems": "below",
    "unstripped-node": "below",
    "unstripped-programs": "below",
}


def test_every_kind_has_a_case() -> None:
    assert {rule.id for rule in waste_rules()} == {*CASES, *ELSEWHERE}


@each_row("id_, files, places", [(id_, *case) for id_, case in CASES.items()])
def test_waste_is_found_where_it_is(tmp_path: Path, id_: str, files: Files, places: list[str]) -> None:
    assert found(inspected(tmp_path, files), id_) == sorted(places)


@pytest.fixture(scope="module")
def libraries(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, bytes]:
    """The same shared object with what debuggers read and without."""
    made = tmp_path_factory.mktemp("libraries")
    return compile_library(made / "full", "-g").read_bytes(), compile_library(made / "bare", "-s").read_bytes()


@pytest.mark.parametrize(
    ("path", "id_"),
    [
        (f"{SITE}/a/_a.so", "unstripped-python"),
        (f"{GEMS}/gems/a-1.0/lib/a.so", "unstripped-gems"),
        ("node_modules/a/build/Release/a.node", "unstripped-node"),
        ("bin/app", "unstripped-programs"),
    ],
)
def test_symbols_are_found(tmp_path: Path, libraries: tuple[bytes, bytes], path: str, id_: str) -> None:
    full, bare = libraries
    app = make_tree(tmp_path / "app", {f"{path}*": full, f"{path}2*": bare, "go.mod": "module a\n"})
    waste = only(inspect_slug(str(app)).anatomy, id_)
    assert waste.saves is not None
    assert [place.path.decode() for place in waste.places] == [path]
    assert 0 < waste.saves.size_bytes < waste.bulk.size_bytes == len(full)
    assert 0 < waste.saves.compressed_bytes < waste.bulk.compressed_bytes


def test_node_runs_where_a_process_starts_it(tmp_path: Path) -> None:
    files: Files = {"Gemfile": "", "node_modules/a/index.js": "x"}
    for number, (procfile, is_waste) in enumerate(
        [("web: puma\n", True), ("web: puma\nssr: node ssr.js\n", False), ("web: ./node_modules/.bin/next\n", False)]
    ):
        anatomy = inspected(tmp_path / str(number), files | {"Procfile": procfile})
        assert bool(found(anatomy, "build-only-node-packages")) is is_waste
    without_procfile = inspected(tmp_path / "none", files)
    assert not found(without_procfile, "build-only-node-packages")
    of_node = inspected(tmp_path / "node", {"Procfile": "web: ./start\n", "node_modules/a/index.js": "x"})
    assert not found(of_node, "build-only-node-packages")


STANDALONE: Files = {
    "package.json": manifest("front", scripts={"start": "node .next/standalone/server.js"}),
    ".next/standalone/server.js": "x",
    ".next/standalone/node_modules/a/package.json": manifest("a"),
    ".next/standalone/node_modules/a/index.js": BLOB,
    "node_modules/a/package.json": manifest("a"),
    "node_modules/a/index.js": BLOB,
}


@each_row(
    "procfile, goes",
    [
        (None, True),
        ("web: npm start\n", True),
        ("web: node ./.next/standalone/server.js\nworker: sidekiq\n", True),
        ("web: node .next/standalone/server.js\nrelease: npx prisma migrate deploy\n", False),
        ("web: node .next/standalone/server.js\nworker: node worker.js\n", False),
        ("web: next start\n", False),
    ],
)
def test_the_standalone_copy_of_next_stays_and_the_other_one_goes(
    tmp_path: Path, procfile: str | None, goes: bool
) -> None:
    files = STANDALONE | {"worker.js": "x"} | ({"Procfile": procfile} if procfile is not None else {})
    anatomy = inspected(tmp_path, files)
    assert found(anatomy, "next-standalone-packages") == (["node_modules"] if goes else [])
    named = {place.path.decode() for waste in anatomy.waste for place in waste.places}
    if procfile != "web: next start\n":  # what is started has its copies
        assert not [path for path in named if path.startswith(".next/standalone")]


@each_row(
    "path, code, goes",
    [
        ("lib/app.js", "express.static(root + '/node_modules/.cache/shop/public')", ["node_modules/.cache/babel"]),
        ("lib/app.ts", "join('node_modules', '.cache', name)", []),
        ("babel.config.js", "module.exports = { cacheDirectory: 'node_modules/.cache/shop' }", ["node_modules/.cache"]),
        ("node_modules/a/index.js", "join('node_modules/.cache/shop')", ["node_modules/.cache"]),
        ("lib/app.js", "// node_modules and .cache", ["node_modules/.cache"]),
    ],
)
def test_a_cache_that_the_application_reads_is_no_waste(tmp_path: Path, path: str, code: str, goes: list[str]) -> None:
    files: Files = {"node_modules/.cache/shop/public/a.js": "x", "node_modules/.cache/babel/b": "x", path: code}
    assert found(inspected(tmp_path, files), "node-build-caches") == goes


def test_what_explains_a_part_of_a_buildpack(tmp_path: Path) -> None:
    for number, (path, explained, id_) in enumerate(
        [
            (".apt/usr/lib/a.so", "Aptfile", "unexplained-apt"),
            (".apt/usr/lib/a.so", ".apt/opt/google/chrome/chrome", "unexplained-apt"),
            (".heroku/node/bin/node", "package.json", "unexplained-node"),
            (".heroku/python/bin/python", "uv.lock", "unexplained-python"),
        ]
    ):
        assert not found(inspected(tmp_path / str(number), {path: "x", explained: "x"}), id_)


def test_cuda_is_needed_without_torch(tmp_path: Path) -> None:
    assert not found(inspected(tmp_path, metadata("nvidia_cublas_cu12", "12.4")), "cuda")


def test_a_file_is_waste_once(tmp_path: Path) -> None:
    """It is of a package for development, a test, compiled, and there twice."""
    files: Files = {
        **metadata("pytest", "8.0"),
        f"{SITE}/pytest/tests/a.py": BLOB,
        f"{SITE}/pytest/tests/b.py": BLOB,
        f"{SITE}/pytest/tests/__pycache__/a.cpython-311.pyc": BLOB,
    }
    anatomy = inspected(tmp_path, files)
    assert [waste.id for waste in anatomy.waste] == ["python-dev-packages"]
    (waste,) = anatomy.waste
    assert waste.saves == waste.bulk
    assert waste.bulk.files == len(files)


def test_a_fat_package_takes_nothing_from_what_is_known_to_go(tmp_path: Path) -> None:
    files: Files = {**metadata("tensorflow", "2.15"), f"{SITE}/tensorflow/include/a.h": BLOB}
    anatomy = inspected(tmp_path, files)
    assert [(waste.id, waste.saves is None) for waste in anatomy.waste] == [("headers", False), ("tensorflow", True)]
    assert only(anatomy, "tensorflow").bulk.files == len(files)


def test_the_kept_one_of_duplicates_is_the_first(tmp_path: Path) -> None:
    app = make_tree(tmp_path / "app", {"b.bin": BLOB, "a.bin": BLOB, "c/d.bin": BLOB})
    anatomy = inspect_slug(str(make_slug(tmp_path / "slug.tgz", app))).anatomy
    assert found(anatomy, "duplicate-files") == ["b.bin", "c/d.bin"]


def test_an_empty_slug_of_one_file_has_no_waste(tmp_path: Path) -> None:
    anatomy = inspected(tmp_path, {"app.py": "x\n"})
    assert anatomy.waste == ()
    assert [group.id for group in anatomy.groups] == ["application"]
