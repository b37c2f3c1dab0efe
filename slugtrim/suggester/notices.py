"""What is said beside the entries: two lock files, builds without a slug, Heroku CI."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from slugtrim.files import File, Note, Tree
from slugtrim.platforms import NoSlugBuild, Platform
from slugtrim.suggester.records import Candidate, Evidence, EvidenceKind, Tier

_LOCK_FILES = {
    b"yarn.lock": "yarn",
    b"pnpm-lock.yaml": "pnpm",
    b"bun.lock": "bun",
    b"bun.lockb": "bun",
    b"npm-shrinkwrap.json": "npm",
    b"package-lock.json": "npm",
}
"""Name to the manager that reads it; of two that nothing decides between, the one further up is taken."""
_LIMIT_BYTES = 1 << 20
"""A larger manifest is not read."""
_UNLOCKED = Evidence(
    kind=EvidenceKind.NEEDED,
    text="without a lock file these are the versions that work: commit one first, then let the buildpack install",
)
_QUESTION = Evidence(
    kind=EvidenceKind.NEEDED,
    text="one of the two lock files has to go, and which one is your decision: git rm it",
)


def second_lock_files(tree: Tree, kept: Sequence[File]) -> tuple[Candidate, ...]:
    """The lock files at the root that the build does not install by, where there are several."""
    roots = {file.path: file for file in kept if b"/" not in file.path}
    found = [name for name in _LOCK_FILES if name in roots]
    if len({_LOCK_FILES[name] for name in found}) < 2:
        return ()
    manager = _manager(tree, roots) or _LOCK_FILES[found[0]]
    if manager not in {_LOCK_FILES[name] for name in found}:
        return ()
    taken = next(name for name in found if _LOCK_FILES[name] == manager)
    return tuple(
        Candidate(
            path=name,
            files=(roots[name],),
            rule="second-lock-file",
            tier=Tier.CONDITIONAL,
            category="duplicates",
            reason=f"Heroku's Node buildpack fails on two lock files; {taken.decode()} seems to be the one in use",
            evidence=(_QUESTION,),
        )
        for name in found
        if _LOCK_FILES[name] != manager
    )


def _manager(tree: Tree, roots: dict[bytes, File]) -> str | None:
    """The package manager that `package.json` names; None where it names none."""
    import json  # 4 ms that an audit does without

    manifest = [file for path, file in roots.items() if path == b"package.json" and file.size_bytes <= _LIMIT_BYTES]
    try:
        data = json.loads(tree.read(manifest).get(b"package.json", b""))
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    named = data.get("packageManager")
    if isinstance(named, str):
        return named.partition("@")[0]
    engines = data.get("engines")
    chosen = [name for name in ("yarn", "pnpm", "bun") if isinstance(engines, dict) and name in engines]
    return chosen[0] if len(chosen) == 1 else None


def unlocked_modules(candidate: Candidate, paths: Collection[bytes]) -> Candidate:
    """Return committed modules as needed if no lock file says which versions the build would install instead."""
    if candidate.rule != "node-modules":
        return candidate
    project = candidate.path.rpartition(b"node_modules")[0]
    if any(project + name in paths for name in _LOCK_FILES):
        return candidate
    return replace(candidate, evidence=(*candidate.evidence, _UNLOCKED))


NO_SLUG = "no-slug"
"""The kind of such a note."""


def no_slug_notes(tree: Tree, platform: Platform) -> tuple[Note, ...]:
    """Return what makes all advice idle: a build that reads no ignore file."""
    return tuple(
        Note(id=NO_SLUG, message=f"{build.file.decode()} {build.message}", paths=(build.file,))
        for build in no_slug_builds(tree, platform)
        if build.is_certain
    )


def no_slug_builds(tree: Tree, platform: Platform) -> tuple[NoSlugBuild, ...]:
    """Return the kinds of builds without a slug that files in the root ask for."""
    asking = {build.file for build in platform.no_slug}
    files = [file for file in tree.files if file.path in asking and file.size_bytes <= _LIMIT_BYTES]
    texts = tree.read(files)
    return tuple(build for build in platform.no_slug if build.file in texts and _has_any(texts[build.file], build))


def _has_any(text: bytes, build: NoSlugBuild) -> bool:
    return _yaml_has(text, build.keys) if build.file.endswith(b".yml") else _toml_has(text, build.keys)


def _yaml_has(text: bytes, paths: Sequence[Sequence[str]]) -> bool:
    """Return True if one of the paths of keys leads to a table with something in it."""
    import yaml  # 15 ms that only a repository with such a file pays

    try:
        # Nodes, not values: constructing those raises half a dozen kinds of error on odd tags, and merge keys multiply.
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return False
    for path in paths:
        node = root
        for wanted in path:
            pairs = node.value if isinstance(node, yaml.MappingNode) else []
            node = next((value for key, value in pairs if key.value == wanted), None)
        if isinstance(node, yaml.MappingNode) and node.value:
            return True
    return False


def _toml_has(text: bytes, paths: Sequence[Sequence[str]]) -> bool:
    """Return True if one of the paths of keys leads to anything."""
    import tomllib  # 4 ms that only a repository with such a file pays

    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError):
        return False
    for *tables, last in paths:
        table: object = data
        for name in tables:
            table = table.get(name) if isinstance(table, dict) else None
        if isinstance(table, dict) and last in table:
            return True
    return False


_TOKEN = re.compile(rb'[{}\[\]]|"((?:[^"\\]|\\.)*)"')


def heroku_ci_evidence(tree: Tree, kept: Sequence[File]) -> Evidence | None:
    """Return what keeps the tests in the slug: a test environment or script in ``app.json``; None if there is none."""
    manifest = [file for file in kept if file.path == b"app.json" and file.size_bytes <= _LIMIT_BYTES]
    if not manifest:
        return None
    import json  # 4 ms that an application without the file does without

    text = tree.read(manifest).get(b"app.json", b"")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(data, dict):
        return None
    environments, scripts = data.get("environments"), data.get("scripts")
    if isinstance(environments, dict) and isinstance(environments.get("test"), dict):
        return _evidence("a test environment", text, _test_key(text))
    if isinstance(scripts, dict) and isinstance(scripts.get("test"), str):
        # The test environment inherits what stands outside of it, and nothing else runs that script.
        return _evidence("a test script", text, text.find(b'"test"'))
    return None


def _evidence(found: str, text: bytes, offset: int) -> Evidence:
    return Evidence(
        kind=EvidenceKind.HEROKU_CI,
        text=f"has {found}: Heroku CI applies .slugignore before it runs the tests",
        path=b"app.json",
        line=text.count(b"\n", 0, max(offset, 0)) + 1,
    )


def _test_key(text: bytes) -> int:
    """Where the key of the test environment stands: directly in the object of the environments."""
    depth = 0
    for match in _TOKEN.finditer(text, max(text.find(b'"environments"'), 0)):
        if match[0] in b"{[":
            depth += 1
        elif match[0] in b"}]":
            depth -= 1
        elif depth == 1 and match[1] == b"test":
            return match.start()
    return 0
