"""Name what could go: the catalog's rules applied to the files of a slug, one candidate for each thing."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from slugtrim.files import Directory, File, quoted
from slugtrim.suggester.catalog import CatalogRule, Needed, catalog, spelled_out
from slugtrim.suggester.outline import counts_below
from slugtrim.suggester.places import (
    Entry,
    Kept,
    Place,
    Project,
    Served,
    first,
    grounds_of,
    is_never_needed,
)
from slugtrim.suggester.records import Candidate, Evidence, EvidenceKind, Tier

_MADE = frozenset(
    b"bin scripts lib lib64 libs include share etc local man pyvenv.cfg pip-selfcheck.json .gitignore .python "
    b".ds_store conda-meta dlls tcl tools licenses license.txt news.txt __pycache__".split()
)
"""What is in a virtual environment at its top."""


_CODE = frozenset(["tests", "dependencies", "caches", "scripts", "examples", "lint", "ci", "editor"])
"""Categories of code, but for the rules in ``_DATA``."""
_DATA = frozenset(["fixtures", "recorded-cassettes", "visual-references"])
_REBUILT = frozenset(["dependencies", "build-output", "caches"])


class Weight(NamedTuple):
    """What is in a directory, at any depth."""

    files: int
    size_bytes: int


class Claim:
    """A rule's claim to a directory, or to the files of a kind."""

    __slots__ = ("broken", "directory", "files", "rule", "served", "tier", "within")

    def __init__(self, rule: CatalogRule, place: Place, directory: bytes | None) -> None:
        self.rule = rule
        self.tier, self.served = _standing(rule, place)
        self.within = dict[Served, None]()
        """The directories, served or loaded whole, in spite of which it holds."""
        self.add_place(place)
        self.directory = directory
        """None for files of a kind."""
        self.files: list[File] = []
        self.broken: set[bytes] = set()
        """Of its directory and those below: where some file is nobody's."""

    def add_place(self, place: Place) -> None:
        """Note where files of it lie."""
        if self.served is None and self.tier is not self.rule.tier and place.served is not None:
            self.within[place.served] = None

    @property
    def weakness(self) -> int:
        """The less the better, where several claims name a file."""
        return 2 if self.served is not None else int(self.tier is not Tier.SAFE)

    def breaks(self, directory: bytes) -> None:
        """Some file in ``directory`` stays, so that neither it nor those above it go whole."""
        while directory not in self.broken:
            self.broken.add(directory)
            if directory == self.directory:
                break
            directory = directory.rpartition(b"/")[0]


def _standing(rule: CatalogRule, place: Place) -> tuple[Tier, Served | None]:
    """How sure the rule is in this place, and what is served there in spite of it."""
    if place.delivery is None or rule.never_needed:
        return rule.tier, None
    return Tier.CONDITIONAL, None if place.delivery in rule.inside else place.served


class _Spot(NamedTuple):
    """A directory on the walk."""

    directory: Directory
    place: Place
    in_force: tuple[Claim, ...] = ()
    """The claims to it; the first has its files."""
    above: tuple[Claim, ...] = ()
    """All claims to it and above, those that an exception ended as well: a file that stays breaks them."""
    excepted: frozenset[str] = frozenset()
    """Ids of the rules that do not hold here."""


def all_claims(kept: Sequence[File], projects: Sequence[Project]) -> tuple[list[Claim], dict[bytes, Weight]]:
    """The claims, with each file of at most one; and what each directory weighs."""
    root = Directory.from_files(kept)
    walk = _Walk(projects, _weigh(root))
    walk.run(root)
    return walk.claims, walk.weights


class _Walk:
    def __init__(self, projects: Sequence[Project], weights: dict[bytes, Weight]) -> None:
        self.claims: list[Claim] = []
        self.weights = weights
        self._grounds = grounds_of(projects)
        self._of_kind: dict[tuple[str, Tier, Served | None], Claim] = {}
        self._holding = [(rule, path.split(b"/")) for rule in catalog().rules.values() for path in rule.holds]

    def run(self, root: Directory) -> None:
        stack = [_Spot(root, self._grounds.at(root.path))]
        while stack:
            spot = stack.pop()
            for name, file in spot.directory.files.items():
                self._claim_file(file, name, spot)
            for child in spot.directory.directories.values():
                place = self._grounds.below(spot.place, child.path)
                if place.needed is None and not self._grounds.is_started(place):
                    stack.append(self._claim_directory(child, place, spot))
                else:
                    _break(spot)
                    stack.append(_Spot(child, place))

    def _claim_directory(self, directory: Directory, place: Place, spot: _Spot) -> _Spot:
        excepted = _excepted(place.entries, spot.excepted)
        in_force, above = spot.in_force, spot.above
        if excepted is not spot.excepted:
            in_force = tuple(claim for claim in in_force if claim.rule.id not in excepted)
        rules = _rules(place.entries, self.weights[directory.path].size_bytes, excepted)
        rules += [rule for rule, parts in self._holding if _holds(directory, parts) and _is_made(directory)]
        if rules:
            place = place._replace(is_named=True)  # also where it is what the directory holds that names it
            claim = Claim(_best(rules, place), place, directory.path)
            if not in_force or claim.weakness < in_force[0].weakness:
                self.claims.append(claim)
                in_force = (claim, *in_force)
                above = (*above, claim)
        return _Spot(directory, place, in_force, above, excepted)

    def _claim_file(self, file: File, name: bytes, spot: _Spot) -> None:
        entries = self._grounds.entries(spot.place, name)
        claim = spot.in_force[0] if spot.in_force else None
        if spot.place.needed is not None and not is_never_needed(entries):
            return
        if entries:
            claim = self._decide(file, entries, spot)
        if claim is not None:
            claim.files.append(file)
        elif spot.above:
            _break(spot)

    def _decide(self, file: File, entries: Sequence[Entry], spot: _Spot) -> Claim | None:
        if first(entries, Needed) is not None:
            return None
        excepted = _excepted(entries, spot.excepted)
        above = next((claim for claim in spot.in_force if claim.rule.id not in excepted), None)
        rules = _rules(entries, file.size_bytes, excepted)
        if not rules or (above is not None and not above.weakness):
            return above
        own = self._kind(_best(rules, spot.place), spot.place)
        return own if above is None or own.weakness < above.weakness else above

    def _kind(self, rule: CatalogRule, place: Place) -> Claim:
        key = (rule.id, *_standing(rule, place))
        if key not in self._of_kind:
            self._of_kind[key] = Claim(rule, place, None)
            self.claims.append(self._of_kind[key])
        self._of_kind[key].add_place(place)
        return self._of_kind[key]


def _break(spot: _Spot) -> None:
    for claim in spot.above:
        claim.breaks(spot.directory.path)


def _weigh(root: Directory) -> dict[bytes, Weight]:
    weights: dict[bytes, Weight] = {}
    for directory in reversed(list(root.walk())):
        files = len(directory.files)
        size_bytes = sum(file.size_bytes for file in directory.files.values())
        for child in directory.directories.values():
            files += weights[child.path].files
            size_bytes += weights[child.path].size_bytes
        weights[directory.path] = Weight(files, size_bytes)
    return weights


def _excepted(entries: Iterable[Entry], above: frozenset[str]) -> frozenset[str]:
    here = [entry.rule.id for entry in entries if isinstance(entry, Kept)]
    return above.union(here) if here else above


def _rules(entries: Iterable[Entry], size_bytes: int, excepted: frozenset[str]) -> list[CatalogRule]:
    return [
        entry
        for entry in entries
        if isinstance(entry, CatalogRule) and entry.minimum_bytes <= size_bytes and entry.id not in excepted
    ]


def _best(rules: Iterable[CatalogRule], place: Place) -> CatalogRule:
    return min(rules, key=lambda rule: (_standing(rule, place)[1] is not None, rule.rank))


def _is_made(directory: Directory) -> bool:
    """Whether it holds what a tool has made and nothing else: an application may have its environment beside itself."""
    names = {name.lower() for name in (*directory.files, *directory.directories)}
    return all(name in _MADE or name.endswith((b".exe", b".dll", b".pyd")) for name in names)


def _holds(directory: Directory, parts: Sequence[bytes]) -> bool:
    """Whether the file that these are the path of is in it."""
    for part in parts[:-1]:
        if part not in directory.directories:
            return False
        directory = directory.directories[part]
    return parts[-1] in directory.files


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
    if claim.directory is not None:
        below = claim.directory + b"/"
        return lambda path: path not in claim.broken and path.startswith(below)
    counts = counts_below(file.path for file in claim.files)
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
        evidence.append(Evidence(kind=EvidenceKind.SERVED, text=_words(claim.served)))
    evidence += [
        Evidence(kind=EvidenceKind.INSIDE, text=_words(place))
        for place in claim.within
        if any(file.path.startswith(place.directory + b"/") for file in files)
    ]
    if claim.rule.advice is not None:
        evidence.append(Evidence(kind=EvidenceKind.COMMITTED, text=claim.rule.advice))
    rule, first_path = claim.rule, min(files).path
    # A form also takes files that are added later, so only what is of its kind without doubt is written as `*.psd`.
    is_plain = claim.tier is Tier.SAFE or rule.category == "tests"
    forms = _forms(rule)
    return Candidate(
        path=path,
        files=tuple(sorted(files)),
        rule=rule.id,
        tier=claim.tier,
        category=rule.category,
        reason=rule.reason,
        evidence=tuple(evidence),
        is_code=rule.category in _CODE and rule.id not in _DATA,
        is_whole=rule.category in _REBUILT,
        is_named=path != first_path and any(pattern.only_directories for pattern in rule.patterns),
        is_rebuilt=rule.category in _REBUILT and claim.tier is Tier.SAFE,
        forms=forms if is_plain else (),
        near_forms=() if is_plain else forms,
    )


def _words(served: Served) -> str:
    return f"it is in {quoted(served.directory)}/: {served.reason}"


@cache
def _forms(rule: CatalogRule) -> tuple[bytes, ...]:
    """Return the patterns of a rule that are one name at any depth, as names are written."""
    single = (pattern.text for pattern in rule.patterns if not pattern.anchored and len(pattern.parts) == 1)
    return tuple(form for text in single for form in spelled_out(text.rstrip(b"/")))
