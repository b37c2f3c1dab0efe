"""What the catalog's rules name among the files of a slug, as one thing to its owner each."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from slugtrim.files import File, quoted
from slugtrim.suggester.claims import Claim, Weight, all_claims
from slugtrim.suggester.places import Served, is_needed, is_no_reader, served
from slugtrim.suggester.projects import Project
from slugtrim.suggester.record import Candidate, Evidence, EvidenceKind

__all__ = ["Served", "catalog_candidates", "common_path", "is_needed", "is_no_reader", "served"]


def catalog_candidates(kept: Sequence[File], projects: Sequence[Project]) -> tuple[Candidate, ...]:
    """By path. Each file is in one at most.

    A directory in which some file stays is given as the largest directories in it that go whole, and the files beside
    them as one more. Files of a kind are one candidate, but for directories that hold nothing else.
    """
    claims, weights = all_claims(kept, projects)
    candidates = (candidate for claim in claims for candidate in _candidates(claim, weights))
    return tuple(sorted(candidates, key=lambda candidate: (candidate.path, candidate.rule, candidate.tier.value)))


def _candidates(claim: Claim, weights: Mapping[bytes, Weight]) -> Iterator[Candidate]:
    """The largest directories that go whole, and one for the files beside them."""
    if claim.directory is not None and not claim.broken:
        if claim.files:
            yield _candidate(claim, claim.directory, claim.files)
        return
    is_whole = _is_whole(claim, weights)
    homes: dict[bytes, bytes | None] = {}
    groups: dict[bytes | None, list[File]] = defaultdict(list)
    for file in claim.files:
        directory = file.path.rpartition(b"/")[0]
        if directory not in homes:
            home = _home(directory, is_whole)
            # A file alone in its directory is named itself: what comes to stand beside it need not be of its kind.
            homes[directory] = home if home is not None and weights[home].files > 1 else None
        groups[homes[directory]].append(file)
    for home, files in groups.items():
        yield _candidate(claim, common_path(files) if home is None else home, files)


def _is_whole(claim: Claim, weights: Mapping[bytes, Weight]) -> Callable[[bytes], bool]:
    """Tells whether all of a directory goes by this claim."""
    if claim.directory is not None:
        below = claim.directory + b"/"
        return lambda path: path not in claim.broken and path.startswith(below)
    counts: Counter[bytes] = Counter()
    for file in claim.files:
        path = file.path
        while path:
            path = path.rpartition(b"/")[0]
            counts[path] += 1
    return lambda path: bool(path) and counts[path] == weights[path].files


def _home(directory: bytes, is_whole: Callable[[bytes], bool]) -> bytes | None:
    """The topmost directory from here up that goes whole; None where this one does not."""
    home = None
    while is_whole(directory):
        home = directory
        directory = directory.rpartition(b"/")[0]
    return home


def common_path(files: Sequence[File]) -> bytes:
    """The path of a single file, otherwise the deepest directory that all of them are in."""
    if len(files) == 1:
        return files[0].path
    directories = [file.path.rpartition(b"/")[0] for file in files]
    return os.path.commonpath([min(directories), max(directories)])


def _candidate(claim: Claim, path: bytes, files: Sequence[File]) -> Candidate:
    evidence = []
    if claim.served is not None:
        text = f"it is in {quoted(claim.served.directory)}/: {claim.served.reason}"
        evidence.append(Evidence(kind=EvidenceKind.SERVED, text=text))
    if claim.rule.advice is not None:
        evidence.append(Evidence(kind=EvidenceKind.COMMITTED, text=claim.rule.advice))
    return Candidate(
        path=path,
        files=tuple(sorted(files)),
        rule=claim.rule.id,
        tier=claim.tier,
        category=claim.rule.category,
        reason=claim.rule.reason,
        evidence=tuple(evidence),
    )
