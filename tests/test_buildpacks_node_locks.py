"""What the Node.js buildpack installs: a small lock file of each format."""

from __future__ import annotations

import pytest

from tests.locks import Files, dropped, install, kept
from tests.rows import each_row

LINUX = {"os": ["linux"], "cpu": ["x64"]}
MANIFEST = {
    "dependencies": {"a": "^1.0.0", "native": "^1.0.0"},
    "devDependencies": {"tool": "^2.0.0"},
}
KEPT = ["a@1.2.0", "b@1.0.0", "native-linux-x64@1.0.0", "native@1.0.0"]
DROPPED = ["b@2.0.0", "tool@2.1.0"]

NPM_3 = {
    "lockfileVersion": 3,
    "packages": {
        "": MANIFEST,
        "node_modules/a": {"version": "1.2.0", "dependencies": {"b": "^1.0.0"}},
        "node_modules/b": {"version": "1.0.0"},
        "node_modules/native": {"version": "1.0.0", "optionalDependencies": {"native-linux-x64": "1.0.0"}},
        "node_modules/native-darwin-arm64": {"version": "1.0.0", "optional": True, "os": ["darwin"], "cpu": ["arm64"]},
        "node_modules/native-linux-x64": {"version": "1.0.0", "optional": True, **LINUX},
        "node_modules/native-linux-x64-musl": {"version": "1.0.0", "optional": True, **LINUX, "libc": ["musl"]},
        "node_modules/tool": {"version": "2.1.0", "dev": True, "dependencies": {"b": "^2.0.0"}},
        "node_modules/tool/node_modules/b": {"version": "2.0.0", "dev": True},
    },
}
NPM_1 = {
    "lockfileVersion": 1,
    "dependencies": {
        "a": {"version": "1.2.0", "requires": {"b": "^1.0.0"}},
        "b": {"version": "1.0.0"},
        "native": {"version": "1.0.0"},
        "native-darwin-arm64": {"version": "1.0.0", "optional": True},
        "native-linux-x64": {"version": "1.0.0", "optional": True},
        "tool": {"version": "2.1.0", "dev": True, "dependencies": {"b": {"version": "2.0.0", "dev": True}}},
    },
}
YARN_1 = """\
# yarn lockfile v1


a@^1.0.0:
  version "1.2.0"
  resolved "https://registry.yarnpkg.com/a/-/a-1.2.0.tgz#0"
  dependencies:
    b "^1.0.0"

b@^1.0.0, "b@>= 1.0, < 2":
  version "1.0.0"

b@^2.0.0:
  version "2.0.0"

native-darwin-arm64@1.0.0:
  version "1.0.0"

native-linux-x64@1.0.0:
  version "1.0.0"

native@^1.0.0:
  version "1.0.0"
  optionalDependencies:
    native-darwin-arm64 "1.0.0"
    native-linux-x64 "1.0.0"

tool@^2.0.0:
  version "2.1.0"
  dependencies:
    b "^2.0.0"
"""
BERRY = """\
__metadata:
  version: 8
  cacheKey: 10

"a@npm:^1.0.0":
  version: 1.2.0
  resolution: "a@npm:1.2.0"
  dependencies:
    b: "npm:^1.0.0"
  languageName: node
  linkType: hard

"app@workspace:.":
  version: 0.0.0-use.local
  resolution: "app@workspace:."
  dependencies:
    a: "npm:^1.0.0"
    native: "npm:^1.0.0"
    tool: "npm:^2.0.0"
  languageName: unknown
  linkType: soft

"b@npm:>= 1.0 < 2, b@npm:^1.0.0":
  version: 1.0.0
  resolution: "b@npm:1.0.0"

"b@npm:^2.0.0":
  version: 2.0.0
  resolution: "b@npm:2.0.0"

"native-darwin-arm64@npm:1.0.0":
  version: 1.0.0
  resolution: "native-darwin-arm64@npm:1.0.0"
  conditions: os=darwin & cpu=arm64

"native-linux-x64-musl@npm:1.0.0":
  version: 1.0.0
  resolution: "native-linux-x64-musl@npm:1.0.0"
  conditions: os=linux & cpu=x64 & libc=musl

"native-linux-x64@npm:1.0.0":
  version: 1.0.0
  resolution: "native-linux-x64@npm:1.0.0"
  conditions: (os=linux | os=freebsd) & cpu=x64 & libc=glibc

"native@npm:^1.0.0":
  version: 1.0.0
  resolution: "native@npm:1.0.0"
  dependencies:
    native-darwin-arm64: "npm:1.0.0"
    native-linux-x64: "npm:1.0.0"
    native-linux-x64-musl: "npm:1.0.0"
  dependenciesMeta:
    native-darwin-arm64:
      optional: true
    native-linux-x64:
      optional: true
    native-linux-x64-musl:
      optional: true

"tool@npm:^2.0.0":
  version: 2.1.0
  resolution: "tool@npm:2.1.0"
  dependencies:
    b: "npm:^2.0.0"
"""
PNPM_5 = """\
lockfileVersion: 5.4

specifiers:
  a: ^1.0.0

dependencies:
  a: 1.2.0
  native: 1.0.0

devDependencies:
  tool: 2.1.0_b@2.0.0

packages:

  /a/1.2.0:
    resolution: {integrity: sha512-x}
    dependencies:
      b: 1.0.0
    dev: false

  /b/1.0.0:
    resolution: {integrity: sha512-x}

  /b/2.0.0:
    resolution: {integrity: sha512-x}

  /native-darwin-arm64/1.0.0:
    resolution: {integrity: sha512-x}
    cpu: [arm64]
    os: [darwin]
    optional: true

  /native-linux-x64/1.0.0:
    resolution: {integrity: sha512-x}
    cpu: [x64]
    os: [linux]
    optional: true

  /native/1.0.0:
    resolution: {integrity: sha512-x}
    optionalDependencies:
      native-darwin-arm64: 1.0.0
      native-linux-x64: 1.0.0

  /tool/2.1.0_b@2.0.0:
    resolution: {integrity: sha512-x}
    deprecated: >-
      b: is
      old
    dependencies:
      b: 2.0.0
"""
PNPM_6 = """\
lockfileVersion: '6.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.2.0
      native:
        specifier: ^1.0.0
        version: 1.0.0
    devDependencies:
      tool:
        specifier: ^2.0.0
        version: 2.1.0(b@2.0.0)

packages:

  /a@1.2.0:
    dependencies:
      b: 1.0.0

  /b@1.0.0:
    resolution: {integrity: sha512-x}

  /b@2.0.0:
    resolution: {integrity: sha512-x}

  /native-darwin-arm64@1.0.0:
    os: [darwin]

  /native-linux-x64@1.0.0:
    os: [linux]

  /native@1.0.0:
    optionalDependencies:
      native-darwin-arm64: 1.0.0
      native-linux-x64: 1.0.0

  ? /tool@2.1.0(b@2.0.0)
  : dependencies:
      b: 2.0.0
"""
PNPM_9 = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      a:
        specifier: ^1.0.0
        version: 1.2.0
      native:
        specifier: ^1.0.0
        version: 1.0.0
    devDependencies:
      tool:
        specifier: ^2.0.0
        version: 2.1.0(b@2.0.0)

packages:

  a@1.2.0:
    resolution: {integrity: sha512-x}

  native-darwin-arm64@1.0.0:
    os: [darwin]

  native-linux-x64@1.0.0:
    cpu: [x64]
    libc: [glibc]
    os: [linux]

  native-linux-x64-musl@1.0.0:
    libc: [musl]

snapshots:

  a@1.2.0:
    dependencies:
      b: 1.0.0

  b@1.0.0: {}

  b@2.0.0: {}

  native-darwin-arm64@1.0.0:
    optional: true

  native-linux-x64-musl@1.0.0:
    optional: true

  native-linux-x64@1.0.0:
    optional: true

  native@1.0.0:
    optionalDependencies:
      native-darwin-arm64: 1.0.0
      native-linux-x64: 1.0.0
      native-linux-x64-musl: 1.0.0

  tool@2.1.0(b@2.0.0):
    dependencies:
      b: 2.0.0
"""
BUN = """\
{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "app",
      "dependencies": { "a": "^1.0.0", "native": "^1.0.0", },
      "devDependencies": { "tool": "^2.0.0", },
    },
  },
  "packages": {
    "a": ["a@1.2.0", "", { "dependencies": { "b": "^1.0.0" } }, "sha512-,]"],
    "b": ["b@1.0.0", "", {}, "sha512-"],
    "native": ["native@1.0.0", "", { "optionalDependencies": { "native-darwin": "1", "native-linux-x64": "1" } }],
    "native-darwin": ["native-darwin@1.0.0", "", { "os": "darwin", "cpu": "arm64" }, "sha512-"],
    "native-linux-x64": ["native-linux-x64@1.0.0", "", { "os": "linux", "cpu": "x64" }, "sha512-"],
    "tool": ["tool@2.1.0", "", { "dependencies": { "b": "^2.0.0" } }, "sha512-"],
    "tool/b": ["b@2.0.0", "", {}, "sha512-"],
  },
}
"""


@each_row(
    "name, content, manager",
    [
        ("package-lock.json", NPM_3, "npm"),
        ("package-lock.json", {**NPM_3, "lockfileVersion": 2, "dependencies": {}}, "npm"),
        ("npm-shrinkwrap.json", NPM_3, "npm"),
        ("package-lock.json", NPM_1, "npm"),
        ("yarn.lock", YARN_1, "yarn"),
        ("yarn.lock", YARN_1.replace("\n", "\r\n"), "yarn"),
        ("yarn.lock", BERRY, "yarn-berry"),
        ("pnpm-lock.yaml", PNPM_5, "pnpm"),
        ("pnpm-lock.yaml", PNPM_6, "pnpm"),
        ("pnpm-lock.yaml", PNPM_9, "pnpm"),
        ("pnpm-lock.yaml", f"---\nlockfileVersion: '9.0'\n\n---\n{PNPM_9}", "pnpm"),
        ("bun.lock", BUN, "bun"),
    ],
)
def test_production_packages_of_this_platform_are_kept(
    name: str, content: str | dict[str, object], manager: str
) -> None:
    found = install({"package.json": MANIFEST, name: content, ".yarnrc.yml": "nodeLinker: node-modules\n"})
    assert (kept(found), dropped(found)) == (KEPT, DROPPED)
    assert (found.manager, found.lock, found.is_pruned, found.pinned) == (manager, name.encode(), True, True)
    assert [note for note in found.notes if "bun.lock" not in note] == []


def test_npm_says_where_each_package_lies() -> None:
    found = install({"package.json": MANIFEST, "package-lock.json": NPM_3})
    assert {package.place for package in found.development} == {"node_modules/tool", "node_modules/tool/node_modules/b"}


def test_what_only_a_package_for_another_platform_needs_is_not_installed() -> None:
    packages = {
        "": {"optionalDependencies": {"wasm": "1"}},
        "node_modules/wasm": {"version": "1.0.0", "optional": True, "cpu": ["wasm32"], "dependencies": {"rt": "1"}},
        "node_modules/rt": {"version": "1.0.0", "optional": True},
    }
    assert kept(install({"package.json": {}, "package-lock.json": {"packages": packages}})) == []


def test_packages_of_a_workspace_count_and_its_members_do_not() -> None:
    packages = {
        "": {"workspaces": ["web"]},
        "web": {"dependencies": {"a": "1"}},
        "node_modules/web": {"resolved": "web", "link": True},
        "node_modules/a": {"version": "1.0.0"},
        "web/node_modules/b": {"version": "1.0.0"},
        "node_modules/alias": {"name": "real", "version": "3.0.0"},
    }
    found = install({"package.json": {}, "package-lock.json": {"packages": packages}})
    assert kept(found) == ["a@1.0.0", "b@1.0.0", "real@3.0.0"]
    assert found.notes == ("The workspace has 2 members. The buildpack installs the packages of all of them.",)


def test_yarn_1_installs_for_each_member_of_the_workspace() -> None:
    files: Files = {
        "package.json": {"workspaces": {"packages": ["packages/*"]}},
        "packages/web/package.json": {"dependencies": {"a": "^1.0.0"}},
        "packages/web/deep/package.json": {"dependencies": {"tool": "^2.0.0"}},
        "yarn.lock": YARN_1,
    }
    found = install(files)
    assert kept(found) == ["a@1.2.0", "b@1.0.0"]
    assert found.notes == ("The workspace has 2 members. The buildpack installs the packages of all of them.",)


def test_yarn_installs_a_version_once() -> None:
    lock = YARN_1 + '\nb@~1.0.0:\n  version "1.0.0"\n'
    manifest = {"dependencies": {"a": "^1.0.0", "b": "~1.0.0"}}
    assert kept(install({"package.json": manifest, "yarn.lock": lock})) == ["a@1.2.0", "b@1.0.0"]


def test_yarn_puts_a_version_below_each_package_that_needs_it() -> None:
    """The version at the top is the one that most packages ask for."""
    needs = {"one": "x 1", "two": "x 1", "three": "x 1", "low": "x 2\n    deep 1", "deep": "x 2", "other": "x 2"}
    lock = "".join(f'{name}@1:\n  version "1.0.0"\n  dependencies:\n    {wanted}\n\n' for name, wanted in needs.items())
    lock += 'x@1:\n  version "1.0.0"\n\nx@2:\n  version "2.0.0"\n'
    manifest = {"dependencies": dict.fromkeys(("one", "two", "three", "low", "other"), "1")}
    found = install({"package.json": manifest, "yarn.lock": lock})
    assert sorted(package.place for package in found.packages if package.name == "x") == [
        "node_modules/deep/node_modules/x",
        "node_modules/low/node_modules/x",
        "node_modules/other/node_modules/x",
        "node_modules/x",
    ]
    assert {package.version for package in found.packages if package.place == "node_modules/x"} == {"1.0.0"}


def test_a_range_that_is_forced_or_missing_falls_back_on_the_name() -> None:
    manifest = {"dependencies": {"a": "^1.1.0", "al": "npm:b@^2.0.0"}, "resolutions": {"**/b": "^1.0.0"}}
    lock = YARN_1 + '\n"al@npm:b@^2.0.0":\n  version "2.0.0"\n'
    assert kept(install({"package.json": manifest, "yarn.lock": lock})) == ["a@1.2.0", "b@1.0.0", "b@2.0.0"]


def test_pnpm_keeps_a_copy_for_each_set_of_peers_and_follows_aliases() -> None:
    lock = """\
lockfileVersion: '9.0'
importers:
  .:
    dependencies:
      alias:
        specifier: npm:real@1
        version: real@1.0.0
      web:
        specifier: workspace:*
        version: link:web
  web:
    dependencies:
      ui:
        specifier: '1'
        version: 1.0.0(react@18.0.0)
      ui2:
        specifier: npm:ui@1
        version: ui@1.0.0(react@17.0.0)
snapshots:
  real@1.0.0: {}
  'ui@1.0.0(react@17.0.0)': {}
  ui@1.0.0(react@18.0.0): {}
"""
    found = install({"package.json": {}, "pnpm-lock.yaml": lock})
    assert kept(found) == ["real@1.0.0", "ui@1.0.0", "ui@1.0.0"]


@each_row(
    "lock, content, variables, is_pruned",
    [
        ("package-lock.json", NPM_3, {"NPM_CONFIG_PRODUCTION": "false"}, False),
        ("package-lock.json", NPM_3, {"NPM_CONFIG_PRODUCTION": {"value": "true"}}, True),
        ("package-lock.json", NPM_3, {"YARN_PRODUCTION": "false"}, True),
        ("package-lock.json", NPM_3, {"NODE_ENV": {"value": "staging"}}, False),
        ("package-lock.json", NPM_3, {"NODE_ENV": {"required": True}}, True),
        ("yarn.lock", YARN_1, {"YARN_PRODUCTION": "false"}, False),
        ("yarn.lock", YARN_1, {"YARN2_SKIP_PRUNING": "true"}, True),
        ("yarn.lock", BERRY, {"YARN2_SKIP_PRUNING": "true"}, False),
        ("pnpm-lock.yaml", PNPM_9, {"PNPM_SKIP_PRUNING": "true"}, False),
        ("pnpm-lock.yaml", PNPM_9, {"PNPM_SKIP_PRUNING": "1"}, True),
    ],
)
def test_variables_of_app_json_turn_pruning_off(
    lock: str, content: str | dict[str, object], variables: dict[str, object], *, is_pruned: bool
) -> None:
    found = install({"package.json": MANIFEST, lock: content, "app.json": {"env": variables}})
    assert found.is_pruned is is_pruned
    assert is_pruned or any(note.startswith("app.json sets ") for note in found.notes)


def test_an_install_script_may_stop_pnpm_from_pruning() -> None:
    manifest = {**MANIFEST, "scripts": {"postinstall": "node setup"}}
    files: Files = {"package.json": manifest, "pnpm-lock.yaml": PNPM_9}
    assert install(files).is_pruned
    assert install({**files, "package.json": {**manifest, "packageManager": "pnpm@9.1.0"}}).is_pruned
    assert not install({**files, "package.json": {**manifest, "packageManager": "pnpm@8.15.5+sha512.0"}}).is_pruned
    assert install({**files, "pnpm-workspace.yaml": "onlyBuiltDependencies:\n  - sharp\n"}).is_pruned
    found = install({**files, "pnpm-workspace.yaml": "packages:\n  - .\n"})
    assert not found.is_pruned
    assert found.notes == ("package.json has an install script, so the buildpack doesn't prune development packages.",)


def test_without_a_lock_file_only_direct_dependencies_are_known() -> None:
    found = install({"package.json": MANIFEST})
    assert (kept(found), dropped(found), found.pinned) == (["a@", "native@"], ["tool@"], False)
    assert found.notes == ("No lock file: only the direct dependencies of package.json are known.",)


def test_a_lock_file_that_cannot_be_read_is_a_gap_that_is_said() -> None:
    for name in ("package-lock.json", "yarn.lock", "pnpm-lock.yaml", "bun.lock"):
        found = install({"package.json": MANIFEST, name: b"\xff{"})
        assert (kept(found), found.pinned) == (["a@", "native@"], False)
        assert f"{name} can't be read, so the packages that it lists are not counted." in found.notes


def test_several_lock_files_are_said() -> None:
    found = install({"package.json": MANIFEST, "package-lock.json": NPM_3, "yarn.lock": YARN_1})
    assert found.manager == "yarn"
    assert found.notes == ("There are several lock files. The buildpack refuses to build until one is left.",)


def test_packages_that_yarn_keeps_zipped_are_said() -> None:
    (note,) = install({"package.json": MANIFEST, "yarn.lock": BERRY}).notes
    assert "zip archives" in note


NPM_WORKSPACE = {
    "lockfileVersion": 3,
    "packages": {
        "": {"workspaces": ["packages/*"], "dependencies": {"root": "1"}},
        "packages/api": {"name": "@our/api", "dependencies": {"a": "1", "@our/lib": "*"}},
        "packages/lib": {"name": "@our/lib", "dependencies": {"b": "1"}, "devDependencies": {"d": "1"}},
        "packages/web": {"name": "@our/web", "dependencies": {"c": "1"}},
        "node_modules/@our/api": {"resolved": "packages/api", "link": True},
        "node_modules/@our/lib": {"resolved": "packages/lib", "link": True},
        "node_modules/@our/web": {"resolved": "packages/web", "link": True},
        "node_modules/a": {"version": "1.0.0", "dependencies": {"inner": "1"}},
        "node_modules/b": {"version": "1.0.0"},
        "node_modules/c": {"version": "1.0.0"},
        "node_modules/d": {"version": "1.0.0", "dev": True},
        "node_modules/inner": {"version": "1.0.0"},
        "node_modules/root": {"version": "1.0.0"},
    },
}
YARN_WORKSPACE = """
a@1:
  version "1.0.0"
  dependencies:
    inner "1"

root@1:
  version "1.0.0"

b@1:
  version "1.0.0"

c@1:
  version "1.0.0"

inner@1:
  version "1.0.0"
"""
PNPM_WORKSPACE = """
lockfileVersion: '9.0'

importers:
  .:
    dependencies:
      root:
        specifier: '1'
        version: 1.0.0
  packages/api:
    dependencies:
      '@our/lib':
        specifier: workspace:*
        version: link:../lib
      a:
        specifier: '1'
        version: 1.0.0
  packages/lib:
    dependencies:
      b:
        specifier: '1'
        version: 1.0.0
  packages/web:
    dependencies:
      c:
        specifier: '1'
        version: 1.0.0

packages:
  a@1.0.0: {}
  b@1.0.0: {}
  c@1.0.0: {}
  inner@1.0.0: {}
  root@1.0.0: {}

snapshots:
  a@1.0.0:
    dependencies:
      inner: 1.0.0
  b@1.0.0: {}
  c@1.0.0: {}
  inner@1.0.0: {}
  root@1.0.0: {}
"""


def started(command: str, lock: Files) -> tuple[tuple[str, ...], list[str]]:
    """Return which members of a workspace are started, and the packages that they need."""
    members = {place: said for place, said in NPM_WORKSPACE["packages"].items() if place.startswith("packages/")}  # type: ignore[attr-defined]
    manifests = {f"{place}/package.json": said for place, said in members.items()}
    root = {"workspaces": ["packages/*"], "dependencies": {"root": "1"}, "scripts": {"start": "node packages/api"}}
    found = install({"package.json": root, "Procfile": f"web: {command}\n", **manifests, **lock})
    assert len(found.packages) == 5
    return found.started, sorted(package.name for package in found.needed_by_started)


@pytest.mark.parametrize(
    "lock",
    [{"package-lock.json": NPM_WORKSPACE}, {"yarn.lock": YARN_WORKSPACE}, {"pnpm-lock.yaml": PNPM_WORKSPACE}],
    ids=["npm", "yarn", "pnpm"],
)
def test_what_the_started_member_of_a_workspace_needs(lock: Files) -> None:
    assert started("npm start", lock) == (("packages/api", "packages/lib"), ["a", "b", "inner"])
    assert started("node packages/web/server.js", lock) == (("packages/web",), ["c"])


@each_row(
    "command",
    [
        "yarn workspace @our/web start",
        "npm start -w packages/web",
        "npm start --workspace=@our/web",
        "pnpm --filter @our/web... start",
        "cd ./packages/web && npm start",
        "sh -c 'node packages/web/dist/index.js'",
    ],
)
def test_commands_that_start_a_member(command: str) -> None:
    assert started(command, {"package-lock.json": NPM_WORKSPACE})[0] == ("packages/web",)


@pytest.mark.parametrize("command", ["node server.js", "node packages/api | node packages/web"])
def test_nothing_is_said_if_no_member_or_every_member_is_started(command: str) -> None:
    assert started(command, {"package-lock.json": NPM_WORKSPACE}) == ((), [])
