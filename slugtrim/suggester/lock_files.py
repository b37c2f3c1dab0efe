"""A second lock file of Node: the build installs by one of them, and stops where it finds two.

Dropping the second was fine for electron/electronjs.org-old#826; dropping the only one broke others, and is never
suggested.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from msgspec.structs import replace

from slugtrim.files import File, Tree
from slugtrim.suggester.record import Candidate, Evidence, EvidenceKind, Tier

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
