"""Measure the slug of each commit of a range. What was measured before is taken from the store."""

from __future__ import annotations

import contextlib
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

import msgspec
from msgspec import Struct, field

from slugtrim import __version__
from slugtrim.diff.changes import moves
from slugtrim.errors import RulesError, SourceError
from slugtrim.files import MAX_FILES, Directory, File, FileCount, SortedPaths, quoted
from slugtrim.git import GITLINK, GitError, Repository
from slugtrim.git.history import Commit, TreeChange, empty_tree, missing_blobs, tree_changes, trees_at
from slugtrim.history.growth import PathChange, SlugStep
from slugtrim.history.walk import TreeWalk
from slugtrim.ignore import Dialect, matcher
from slugtrim.sizer import is_codec_whole, open_size_cache
from slugtrim.sizer.codec import GZIP_FRAME_BYTES
from slugtrim.sizer.course import Course
from slugtrim.sizer.measure import HEADER_BYTES, Ratios
from slugtrim.sizer.progress import Progress
from slugtrim.sizer.stream import is_large
from slugtrim.sizer.version import MODEL_VERSION, codec_name
from slugtrim.store import CacheTable, digest, open_store

_FORMAT = 2
"""Raised whenever what is kept of a commit changes."""

_AT_ONCE = 100
"""Commits whose changes are asked for together: two or three processes for so many."""
_MOST_CHANGES = 8 * MAX_FILES
"""Paths that so many commits may change, before it is no history that a person has made."""
_SAVE_SECONDS = 20


class HistoryTerms(Struct, frozen=True, kw_only=True):
    """What every step depends on, beside the trees."""

    dialect: Dialect
    prefix: bytes
    part: bytes | None
    """Measure only what this pattern of a gitignore names."""
    is_estimated: bool
    all_parents: bool


class Stop(Struct, frozen=True, kw_only=True):
    """A commit to measure, and what to compare it with."""

    commit: Commit
    base: str | None
    """The commit before; None if that is not known."""
    is_first: bool = False
    """Nothing was before: all of it is new."""
    others: tuple[str, ...] = ()
    """Further parents of a merge. What the merge has in common with one of them is not its own change."""


class Measured(Struct, frozen=True, kw_only=True):
    """What came of a stop."""

    step: SlugStep | None
    problem: str = ""


class _Pair(Struct, frozen=True, kw_only=True):
    """The trees that a step is about."""

    before: str | None
    after: str
    others: tuple[str, ...]


class _Claims(Struct, frozen=True, kw_only=True, array_like=True):
    """What git's packs said of large files when commits were measured, which their sizes rest on."""

    token: bytes
    """Stands in the keys of these commits."""
    packs: bytes
    """The packs that were looked at last."""
    deflated: Mapping[bytes, int]
    """Size of each large blob; below 0 if no pack has it whole."""


_CLAIMS_KEY = digest(b"claims")


class Measurer:
    """Measures stops in their order, each behind its base."""

    def __init__(
        self,
        repository: Repository,
        terms: HistoryTerms,
        stops: Sequence[Stop],
        *,
        use_cache: bool,
        progress: Progress,
    ) -> None:
        self._repository = repository
        self._terms = terms
        self._stops = stops
        self._progress = progress
        self._empty = empty_tree(repository)
        self._git_dir = repository.common_dir if use_cache else None
        self._kept = CacheTable(
            open_store(None if terms.is_estimated else self._git_dir),
            f"history {__version__} {_FORMAT} m{MODEL_VERSION} {codec_name()} {terms.dialect.value}",
        )
        self._claims = self._same_claims()
        about = (self._claims.token, terms.prefix, b"-" if terms.part is None else b"=" + terms.part)
        self._about = b"\0".join(map(digest, about))
        self._saved_seconds = time.monotonic()
        commit_ids = {each for stop in stops for each in (stop.commit.id, stop.base, *stop.others) if each}
        if terms.prefix:
            self._trees = trees_at(repository, sorted(commit_ids), terms.prefix)
        else:
            self._trees = {stop.commit.id: stop.commit.tree for stop in stops}
            self._trees |= trees_at(repository, sorted(commit_ids - set(self._trees)))
        self._measured_tree: dict[str, str | None] = {}
        """Commit to the tree that the next one is compared with: its own, or an earlier one if that has no size."""
        self._changes: dict[tuple[str, str], list[TreeChange]] = {}
        self._sizes: dict[bytes, int] = {}
        self._claimed: dict[bytes, int] = {}
        self._missing: frozenset[bytes] | None = None
        self._state: _State | None = None

    def __enter__(self) -> Measurer:
        return self

    def __exit__(self, *exc: object) -> None:
        self._save()
        self._end()

    def _same_claims(self) -> _Claims:
        """Return what is kept of the packs if it still holds: a fetch adds packs, and changes nothing else."""
        packs = b"" if self._terms.is_estimated else digest(self._repository.packs())
        data = self._kept.get(_CLAIMS_KEY)
        with contextlib.suppress(msgspec.DecodeError):
            known = msgspec.msgpack.decode(data, type=_Claims) if data is not None else None
            if known is not None and known.packs != packs:
                now = self._repository.deflated_bytes(known.deflated)
                is_same = all(now.get(blob, -1) == size for blob, size in known.deflated.items())
                known = _Claims(token=known.token, packs=packs, deflated=known.deflated) if is_same else None
            if known is not None:
                return known
        return _Claims(token=packs, packs=packs, deflated={})

    def _save(self) -> None:
        if not self._terms.is_estimated:
            self._kept.put(_CLAIMS_KEY, msgspec.msgpack.encode(self._claims))
        self._kept.save()

    def measured(self) -> Iterator[Measured]:
        """Yield what comes of each stop. Raise ``SourceError`` if a tree can't be read."""
        for index, stop in enumerate(self._stops):
            yield self._measured(index, stop)
            if time.monotonic() - self._saved_seconds > _SAVE_SECONDS:
                self._save()
                self._saved_seconds = time.monotonic()

    def _measured(self, index: int, stop: Stop) -> Measured:
        before = self._before(stop)
        pair = self._pair(stop)
        if pair is None:
            self._measured_tree[stop.commit.id] = self._empty if self._terms.prefix else before
            return Measured(step=None, problem=self._without_tree(stop))
        key = self._pair_key(pair)
        found = self._known(key)
        if found is None:
            found = self._new(index, stop, pair)
            # Where a submodule is, and what its packs hold, is no part of the key.
            is_whole = self._state is not None and self._state.is_whole and is_codec_whole()
            if is_whole and found.step is not None and not found.step.unreadable and not self._terms.is_estimated:
                self._kept.put(key, zlib.compress(msgspec.msgpack.encode(found), 1))
        self._measured_tree[stop.commit.id] = pair.after if found.step is not None else before
        return found

    def _pair(self, stop: Stop) -> _Pair | None:
        """Return the trees of a stop; None if its own is missing."""
        after = self._trees.get(stop.commit.id)
        if after is None:
            return None
        others = tuple(sorted(self._trees.get(other, self._empty) for other in stop.others))
        return _Pair(before=self._before(stop), after=after, others=others)

    def _pair_key(self, pair: _Pair) -> bytes:
        trees = (pair.before or "", pair.after, *pair.others)
        return digest(b"\0".join((self._about, *map(str.encode, trees))))

    def unmeasured(self) -> int:
        """Return about how many commits the cache lacks: one without a size changes the key of the next."""
        pairs = filter(None, map(self._pair, self._stops))
        return sum(self._kept.get(self._pair_key(pair)) is None for pair in pairs)

    def _before(self, stop: Stop) -> str | None:
        if stop.is_first:
            return self._empty
        if stop.base is None:
            return None
        if stop.base in self._measured_tree:
            return self._measured_tree[stop.base]
        return self._trees.get(stop.base) or (self._empty if self._terms.prefix else None)

    def _without_tree(self, stop: Stop) -> str:
        if self._terms.prefix:
            return f"{quoted(self._terms.prefix)}: is no directory of this commit"
        return "its list of files is missing or damaged; git fsck says which"

    def _known(self, key: bytes) -> Measured | None:
        data = self._kept.get(key)
        try:
            return msgspec.msgpack.decode(zlib.decompress(data), type=Measured) if data is not None else None
        except (msgspec.DecodeError, UnicodeDecodeError, zlib.error):
            return None  # somebody else wrote it

    def _new(self, index: int, stop: Stop, pair: _Pair) -> Measured:
        shown = stop.commit.id[:10]
        try:
            base = pair.before
            if self._state is None:
                self._state = self._begun()
            if base is not None and base != self._state.tree:
                try:
                    self._go(self._state, index, base, shown)
                except RulesError:
                    base = None
            # Nothing at all, and not what the archive of an empty directory weighs.
            before_bytes = self._size(self._state) if self._state.tree != self._empty else 0
            changes = self._go(self._state, index, pair.after, shown)
            return Measured(
                step=self._step(self._state, index, pair, changes, before_bytes if base is not None else None)
            )
        except RulesError as error:
            return Measured(step=None, problem=str(error))
        except SourceError as error:
            # The walk is at no tree that exists. The next one begins anew.
            self._end()
            return Measured(step=None, problem=str(error))

    def _step(
        self, state: _State, index: int, pair: _Pair, changes: list[PathChange], before_bytes: int | None
    ) -> SlugStep:
        size_bytes = self._size(state)
        grown = size_bytes - before_bytes if before_bytes is not None else None
        if pair.others:
            own = set.intersection(
                *({change.path for change in self._differences(index, other, pair.after)} for other in pair.others)
            )
            changes = [change for change in changes if change.path in own]
            grown = sum(change.grown_bytes for change in changes) if before_bytes is not None else None
        has_part = self._terms.part is not None
        files = [state.walk.kept[path] for path in state.parted] if has_part else state.walk.kept.values()
        return SlugStep(
            compressed_bytes=size_bytes,
            margin_bytes=None if has_part else state.course.margin_bytes,
            files=len(files),
            size_bytes=sum(file.size_bytes for file in files),
            change_bytes=grown,
            changes=tuple(sorted(changes, key=_by_growth)) if before_bytes is not None else (),
            unreadable=len(state.walk.unreadable.union(state.course.unreadable)),
        )

    def _go(self, state: _State, index: int, tree: str, shown: str) -> list[PathChange]:
        """Move to a tree, and return what that changes in the slug. Raise ``RulesError`` and ``SourceError``."""
        changes = self._differences(index, state.tree, tree)
        state.tree, had_submodules = tree, state.walk.has_submodules
        before = state.walk.move(changes, self._sizes, shown)
        state.is_whole = not had_submodules and not state.walk.has_submodules
        gone = [file for file in before.values() if file is not None]
        come = [state.walk.kept[path] for path in before if path in state.walk.kept]
        weighed = {file.path: state.course.share(file.path) for file in gone}
        state.course.step(gone, come, self._claimed)
        is_of_part = set(before) if self._terms.part is None else self._matching((*gone, *come), self._terms.part)
        if self._terms.part is not None:
            state.parted -= set(before)
            state.parted.update(file.path for file in come if file.path in is_of_part)
        left_out = {file.path for file in gone if state.walk.has(file.path)}
        return list(_path_changes(gone, come, weighed, is_of_part, left_out, state.course))

    def _matching(self, files: Sequence[File], pattern: bytes) -> set[bytes]:
        paths = SortedPaths({file.path for file in files})
        taken = matcher(Dialect.GITIGNORE, Directory.from_files(files), {}).alone(pattern)
        return {paths.paths[at] for row in paths.covered(taken) for at in row}

    def _size(self, state: _State) -> int:
        if self._terms.part is None:
            return state.course.compressed_bytes
        shares = state.course.shares()
        return sum(shares[path] for path in state.parted)

    def shares(self) -> Mapping[bytes, int]:
        """Return the compressed bytes of each file in the newest slug that could be measured, by path."""
        trees = (self._measured_tree.get(stop.commit.id) for stop in reversed(self._stops))
        tree = next(filter(None, trees), self._empty)
        key = digest(self._about + b"shares " + tree.encode())
        store = open_store(None if self._terms.is_estimated else self._git_dir)
        data = store.get(key)
        if data is not None:
            with contextlib.suppress(msgspec.DecodeError, zlib.error):
                return msgspec.msgpack.decode(zlib.decompress(data), type=dict[bytes, int])
        if self._state is None:
            self._state = self._begun()
        if self._state.tree != tree:
            self._go(self._state, len(self._stops), tree, tree[:10])
        shares = self._state.course.shares()
        if self._terms.part is not None:
            shares = {path: shares[path] for path in self._state.parted}
        if self._state.is_whole:
            store.put(key, zlib.compress(msgspec.msgpack.encode(shares), 1))
        return shares

    def _begun(self) -> _State:
        walk = TreeWalk(self._repository, self._terms.dialect, self._terms.prefix, MAX_FILES)
        course: Course | Estimate
        if self._terms.is_estimated:
            # How well extensions compress is a matter of the newest tree, so that no number depends on the range.
            newest = self._trees.get(self._stops[-1].commit.id, self._empty)
            found = self._differences(len(self._stops), self._empty, newest)
            files = [
                File(each.path, self._sizes[each.id], each.mode, each.id) for each in found if each.id in self._sizes
            ]
            course = Estimate(files, self._claimed)
        else:
            course = Course(walk.contents, cache=open_size_cache(self._git_dir), progress=self._progress)
        return _State(walk=walk, course=course, tree=self._empty)

    def _end(self) -> None:
        if self._state is not None:
            self._state.walk.close()
            self._state = None

    def _differences(self, index: int, before: str, after: str) -> list[TreeChange]:
        """Return what differs between two trees. Ask for that of the next stops as well. Raise ``SourceError``."""
        if (before, after) not in self._changes:
            try:
                self._ask({(before, after), *self._next_pairs(index)})
            except GitError:
                try:
                    self._ask({(before, after)})
                except GitError:
                    self._changes = {}
        found = self._changes.get((before, after))
        if found is None:
            raise SourceError("a list of files is missing or damaged; git fsck says which")
        return found

    def _next_pairs(self, index: int) -> Iterator[tuple[str, str]]:
        last: str | None = None
        for stop in islice(self._stops, index, index + _AT_ONCE):
            tree = self._trees.get(stop.commit.id, self._empty)
            base = self._before(stop)
            if base is not None:
                yield base, tree
                if last is not None:
                    yield last, base
            yield from ((self._trees.get(other, self._empty), tree) for other in stop.others)
            last = tree

    def _ask(self, pairs: set[tuple[str, str]]) -> None:
        shown = f"{len(pairs)} commits in a row" if len(pairs) > 1 else "a commit"
        self._changes = tree_changes(self._repository, pairs, FileCount(shown, _MOST_CHANGES))
        blobs = {
            change.id: change.mode
            for changes in self._changes.values()
            for change in changes
            if change.mode not in (0, GITLINK)
        }
        if self._missing is None:
            self._missing = missing_blobs(self._repository, [stop.commit.id for stop in self._stops])
        self._sizes = self._repository.sizes(blobs, self._missing)
        if self._terms.is_estimated:
            self._claimed = self._repository.deflated_bytes(self._sizes)
            return
        large = [id_ for id_, size in self._sizes.items() if is_large(File(b"", size, blobs[id_], id_))]
        if large:
            found = self._repository.deflated_bytes(large)
            self._claimed |= found
            deflated = {**self._claims.deflated, **{id_: found.get(id_, -1) for id_ in large}}
            self._claims = _Claims(token=self._claims.token, packs=self._claims.packs, deflated=deflated)


class _State(Struct, kw_only=True):
    """Where the walk is."""

    walk: TreeWalk
    course: Course | Estimate
    tree: str
    is_whole: bool = True
    """No other repository holds any of the files, before or after the last move."""
    parted: set[bytes] = field(default_factory=set)
    """Paths in the slug that are of the part."""


def _by_growth(change: PathChange) -> tuple[int, bytes]:
    return -abs(change.grown_bytes), change.path


def _path_changes(
    gone: Sequence[File],
    come: Sequence[File],
    weighed: Mapping[bytes, int],
    of_part: Collection[bytes],
    left_out: Collection[bytes],
    course: Course | Estimate,
) -> Iterator[PathChange]:
    """Yield each path that changed; one that only moved once, with the path before."""
    old = {file.path: file for file in gone if file.path in of_part}
    new = {file.path: file for file in come if file.path in of_part}
    moved = moves(
        [file for path, file in old.items() if path not in new], [file for path, file in new.items() if path not in old]
    )
    for path in new:
        was = moved.get(path)
        yield PathChange(path, weighed[was or path] if was or path in old else None, course.share(path), was)
    left = set(moved.values())
    for path in old:
        if path not in new and path not in left:
            yield PathChange(path, weighed[path], None, is_left_out=path in left_out)


class Estimate:
    """The size of a slug by what git keeps of each file, without reading any, in place of a ``Course``.

    A file that git keeps as a delta counts by its raw size and its extension.
    """

    def __init__(self, files: Iterable[File], deflated: Mapping[bytes, int]) -> None:
        """``files`` are those that say how well each extension compresses, by their ``deflated`` sizes."""
        known = [file for file in files if file.blob in deflated]
        self._ratios = Ratios(known, {file.path: deflated[file.blob or b""] + HEADER_BYTES for file in known})
        self._shares: dict[bytes, int] = {}
        self.compressed_bytes = GZIP_FRAME_BYTES
        self.margin_bytes = None
        self.unreadable: Sequence[bytes] = ()

    def step(self, gone: Sequence[File], come: Sequence[File], claimed: Mapping[bytes, int]) -> None:
        """Change the slug. A file that is replaced is in both."""
        for file in gone:
            self.compressed_bytes -= self._shares.pop(file.path)
        for file in come:
            deflated = claimed.get(file.blob or b"")
            share = deflated + HEADER_BYTES if deflated is not None else self._ratios.compressed_bytes(file)
            self._shares[file.path] = share
            self.compressed_bytes += share

    def share(self, path: bytes) -> int:
        """Return about what one file takes."""
        return self._shares[path]

    def shares(self) -> dict[bytes, int]:
        """Return the same for every file."""
        return dict(self._shares)
