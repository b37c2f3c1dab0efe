"""What is said beside the entries: two lock files, builds without a slug, Heroku CI, data of people."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence

from msgspec.structs import replace

from slugtrim.buildpacks.formats import json_object, mapping
from slugtrim.buildpacks.images import no_slug_builds
from slugtrim.files import Contents, File, Note, Tree
from slugtrim.platforms import NO_SLUG, Platform
from slugtrim.suggester.records import Candidate, Evidence, EvidenceKind, Grade, Suggestion, Tier, Withheld

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
    manager = _manager(tree, kept) or _LOCK_FILES[found[0]]
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


def _manager(tree: Tree, kept: Iterable[File]) -> str | None:
    """The package manager that `package.json` names; None where it names none."""
    data = mapping(json_object(_content(tree, kept, b"package.json")))
    named = data.get("packageManager")
    if isinstance(named, str):
        return named.partition("@")[0]
    engines = mapping(data.get("engines"))
    chosen = [name for name in ("yarn", "pnpm", "bun") if name in engines]
    return chosen[0] if len(chosen) == 1 else None


def _content(tree: Tree, kept: Iterable[File], path: bytes) -> bytes | None:
    """Return the content of a manifest; None if there is none, or a large one."""
    return tree.read([file for file in kept if file.path == path and file.size_bytes <= _LIMIT_BYTES]).get(path)


def unlocked_modules(candidate: Candidate, paths: Collection[bytes]) -> Candidate:
    """Return committed modules as needed if no lock file says which versions the build would install instead."""
    if candidate.rule != "node-modules":
        return candidate
    project = candidate.path.rpartition(b"node_modules")[0]
    if any(project + name in paths for name in _LOCK_FILES):
        return candidate
    return replace(candidate, evidence=(*candidate.evidence, _UNLOCKED))


def no_slug_notes(tree: Tree, platform: Platform) -> tuple[Note, ...]:
    """Return what makes all advice idle: a build that reads no ignore file."""
    return tuple(
        Note(id=NO_SLUG, message=f"{build.file.decode()} {build.message}", paths=(build.file,))
        for build in no_slug_builds(tree, platform)
        if build.is_certain
    )


_TOKEN = rb'[{}\[\]]|"((?:[^"\\]|\\.)*)"'


def heroku_ci_evidence(tree: Tree, kept: Sequence[File]) -> Evidence | None:
    """Return what keeps the tests in the slug: a test environment or script in ``app.json``; None if there is none."""
    text = _content(tree, kept, b"app.json") or b""
    data = mapping(json_object(text))
    if isinstance(mapping(data.get("environments")).get("test"), dict):
        return _evidence("a test environment", text, _test_key(text))
    if isinstance(mapping(data.get("scripts")).get("test"), str):
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
    for match in re.compile(_TOKEN).finditer(text, max(text.find(b'"environments"'), 0)):
        if match[0] in b"{[":
            depth += 1
        elif match[0] in b"}]":
            depth -= 1
        elif depth == 1 and match[1] == b"test":
            return match.start()
    return 0


_LEAST_PERSONAL_BYTES = 512
"""A smaller one is a statement, and no dump."""
_PERSONAL_CATEGORIES = frozenset(["dumps", "backups", "logs", "data"])
_PERSONAL = (
    rb"\.(?:sql|dump|pgdump|sqlite3?|db3?|mdb|accdb|rdb|log)(?:\.(?:gz|bz2|xz|zip))?\Z"
    rb"|(?:\A|[/_.-])(?:backups?|dumps?|exports?)(?=[/_.-])[^/]*\.(?:json|csv|ya?ml|xml|xlsx?|zip|t?gz|bak)\Z"
)
"""Names of databases, dumps and logs, and of data that is a backup or an export: of a candidate."""
_SURELY_PERSONAL = (
    rb"\.(?:dump|pgdump)\Z|(?:\A|[/_.-])(?:backups?|dumps?)(?:[_.-]\w{0,40}){0,3}\.(?:sql|json|csv|gz|zip)\Z"
)
"""The same of any file."""
_SCRIPT = rb"\.sql\Z"
_SCRIPT_BYTES = 64 * 1024
"""SQL of fewer bytes is a query or a script, unless its name says otherwise."""
_READ_BYTES = 4 << 20
"""Larger SQL is data without being read."""
_ROWS = (
    rb"\bINSERT\s{1,20}(?:IGNORE\s{1,20})?INTO\b|\bFROM\s{1,20}stdin\b"
    rb"|\b(?:PostgreSQL database|MySQL|MariaDB) dump\b"
)
_STATEMENT = rb"\b(?:SELECT|CREATE|ALTER|DROP|UPDATE|DELETE|GRANT)\s"
_APART = rb"(?:\A|/)(?:tests?|specs?|__tests__|fixtures|testdata|examples?|node_modules|vendor)/"
"""Directories of data that somebody made up, or of other people's code."""


def personal_data(
    kept: Iterable[File], entries: Collection[Suggestion], withheld: Collection[Withheld], contents: Contents
) -> tuple[File, ...]:
    """Return the files that may hold data of people, the heaviest first: dumps, databases, logs, backups.

    SQL that a file names is a script, and so is SQL without any rows.
    """
    # Compiled here: an audit imports this module and asks for none of it.
    may_be, surely_is, is_sql, is_made_up = (
        re.compile(b"(?i)" + each).search for each in (_PERSONAL, _SURELY_PERSONAL, _SCRIPT, _APART)
    )
    lots = [*((each.category, each.files) for each in entries), *((each.category, each.files) for each in withheld)]
    named = [file for category, files in lots if category in _PERSONAL_CATEGORIES for file in files]
    found = {
        file for file in named if may_be(file.path) and (file.size_bytes >= _SCRIPT_BYTES or not is_sql(file.path))
    }
    found |= {file for file in kept if surely_is(file.path)}
    told = [file for file in found if file.size_bytes >= _LEAST_PERSONAL_BYTES and not is_made_up(file.path)]
    called = {file for each in entries if each.grade is not Grade.UNREACHED for file in each.files}
    called.update(file for each in withheld if each.chain for file in each.files)
    told = [file for file in told if not (is_sql(file.path) and file in called)]
    scripts = [file for file in told if is_sql(file.path) and file.size_bytes <= _READ_BYTES]
    if scripts:
        with contents.open() as reader:
            read = zip(scripts, reader.batch(scripts), strict=True)
            empty = {file for file, content in read if content is not None and _has_no_rows(content)}
        told = [file for file in told if file not in empty]
    return tuple(sorted(told, key=lambda file: (-file.size_bytes, file.path)))


def _has_no_rows(content: bytes) -> bool:
    return re.search(b"(?i)" + _STATEMENT, content) is not None and re.search(b"(?i)" + _ROWS, content) is None
