"""The search for readers: which candidates nothing that stays reads.

All candidates begin as gone. Every file that stays is searched; what it reads stays as well, and is searched in its
turn, until nothing more is read. So a data set that only a notebook reads goes with the notebook.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct, field

from slugtrim.files import Contents, File, Reader, Unreadable
from slugtrim.store import CacheTable
from slugtrim.suggester.counting import counts
from slugtrim.suggester.implied import elixir_modules, go_modules
from slugtrim.suggester.manifests import called_scripts, is_package_json, may_call
from slugtrim.suggester.paths import Paths, joined
from slugtrim.suggester.reading import Hit, Reading
from slugtrim.suggester.record import Candidate, Evidence, EvidenceKind
from slugtrim.suggester.remembered import Remembered
from slugtrim.suggester.resolve import Target
from slugtrim.suggester.sought import Sought

SEARCHED_BYTES = 8 << 20
"""A larger file is not searched, and named."""

_EVIDENCE_LIMIT = 12
"""So many readers of one candidate are remembered."""
_BINARY = frozenset(
    b"png jpg jpeg gif webp avif ico bmp tif tiff psd ai mp3 mp4 m4a m4v mov avi webm ogg wav flac woff woff2 ttf otf "
    b"eot zip gz tgz bz2 xz 7z rar jar war class so dylib dll exe o a pyc pdf doc docx xls xlsx ppt pptx pkl pickle h5 "
    b"hdf5 pt pth onnx npy npz parquet feather joblib tflite pb bin dat db sqlite sqlite3 wasm node mo".split()
)
_SILENT = re.compile(rb"(?i)(?<!requirements)(?<!constraints)\.(?:txt|log|csv|tsv|patch|diff|out|err|lock)\Z")
"""Names of files that hold what somebody wrote down, and read nothing."""
_SETS = {"data", "models"}
"""Categories whose files are read as a set, where most are named."""
_FAMILIES = (
    frozenset(b"shp shx dbf prj cpg qpj qix sbn sbx".split()),
    frozenset(b"onnx onnx_data data".split()),
    frozenset(b"index meta data-00000-of-00001".split()),
    frozenset(b"xml bin mapping".split()),
    frozenset(b"prototxt caffemodel".split()),
    frozenset(b"cfg weights names".split()),
)


class Lot(Struct):
    """A candidate while its readers are looked for."""

    candidate: Candidate
    gone: dict[bytes, File]
    """What of it nothing reads so far."""
    readers: list[Evidence] = field(default_factory=list)


class Searched(Struct, frozen=True, kw_only=True):
    """What the search found."""

    lots: tuple[Lot, ...]
    files: int
    """How many files were searched."""
    unsearched: tuple[Unreadable, ...]


class Search:
    """One search over the files of a slug."""

    def __init__(
        self,
        kept: Sequence[File],
        candidates: Iterable[Candidate],
        *,
        roots: Sequence[bytes],
        is_no_reader: Callable[[bytes], bool],
        links: Mapping[bytes, bytes],
        contents: Contents,
        cache: CacheTable | None = None,
        telling: Sequence[bytes] = (),
    ) -> None:
        """``roots`` are the projects' directories; what ``is_no_reader`` names mentions paths without reading them.

        A file without any of the words in ``telling`` reads nothing of what is sought; empty for no such words.
        """
        self._kept = kept
        self._is_no_reader = is_no_reader
        self._links = links
        self.lots = [Lot(candidate, {file.path: file for file in candidate.files}) for candidate in candidates]
        self._gone = {path: lot for lot in self.lots for path in lot.gone}
        self._sorted = sorted(self._gone)
        self._sought = Sought([lot.candidate for lot in self.lots], kept)
        self.paths = Paths(kept)
        self._contents = contents
        self._telling = telling
        elixir = elixir_modules(self._contents_of(path for path in self._gone if path.endswith(b".ex")))
        go = go_modules(self._contents_of(path for path in self.paths.files if path.endswith(b"go.mod")))
        self._reading = Reading(self.paths, self._sought, roots, elixir, go)
        self._cache = cache if cache is not None else CacheTable()
        self._remembered = Remembered(self._cache, self.paths, self._sorted, roots)
        self._callers: frozenset[bytes] = frozenset()
        self._find_calls()

    def run(self) -> Searched:
        """Searches until nothing more is found to be read."""
        if not self._gone:
            return Searched(lots=tuple(self.lots), files=0, unsearched=())
        waiting = deque(file for file in self._kept if file.path not in self._gone)
        for path, target in sorted(self._links.items()):
            waiting.extend(self._followed(path, target))
        searched = 0
        with self._contents.open() as reader:
            while waiting:
                files = [file for file in waiting if self._speaks(file)]
                waiting.clear()
                searched += len(files)
                for file, hits in self._read(files, reader):
                    for hit in hits:
                        waiting.extend(self._apply(hit, file.path))
                if not waiting:
                    waiting.extend(self._neighbours())
                if not waiting and self._find_calls():
                    waiting.extend(file for file in self._kept if is_package_json(file.path))
            failed = reader.unreadable
        large = [
            Unreadable(path=file.path, reason="too large to be searched for readers")
            for file in self._kept
            if file.path not in self._gone and file.size_bytes > SEARCHED_BYTES and not _is_binary(file.path)
        ]
        return Searched(lots=tuple(self.lots), files=searched, unsearched=(*failed, *large))

    def direct_hits(self, staying: Collection[bytes]) -> Iterator[tuple[bytes, Hit, bytes]]:
        """What the files ``staying`` read of the candidates themselves: path, how, and by which file."""
        files = [file for file in self._kept if file.path in staying and self._speaks(file)]
        with self._contents.open() as reader:
            for file, hits in self._read(files, reader):
                for hit in hits:
                    for path in self._meant(hit):
                        if counts(hit, self._gone[path].candidate, file.path, self._sought.whole):
                            yield path, hit, file.path

    def _read(self, files: Sequence[File], reader: Reader) -> Iterator[tuple[File, list[Hit]]]:
        unknown = []
        for file in files:
            hits = self._remembered.get(file)
            if hits is None:
                unknown.append(file)
            else:
                yield file, hits
        for file, content in zip(unknown, reader.batch(unknown), strict=True):
            if content is not None:
                is_dull = self._telling and not any(word in content for word in self._telling)
                hits = self._reading.hits(file.path, content) if not is_dull else []
                self._remembered.put(file, hits)
                yield file, hits

    def _find_calls(self) -> bool:
        """Finds the scripts that what stays calls by name, and returns whether there are others than before."""
        callers = frozenset(path for path in self.paths.files if may_call(path) and self._calls(path))
        if callers == self._callers:
            return False
        self._callers = callers
        called = called_scripts(self._contents_of(callers))
        if called == self._reading.called:
            return False
        self._reading.called = called
        self._remembered = self._remembered.about(called)
        return True

    def _calls(self, path: bytes) -> bool:
        return path not in self._gone and not self._is_no_reader(path)

    def _contents_of(self, paths: Iterable[bytes]) -> dict[bytes, bytes]:
        files = [self.paths.files[path] for path in paths]
        small = [file for file in files if file.size_bytes <= SEARCHED_BYTES]
        if not small:
            return {}
        with self._contents.open() as reader:
            contents = zip(small, reader.batch(small), strict=True)
            return {file.path: content for file, content in contents if content is not None}

    def _followed(self, link: bytes, target: bytes) -> Iterator[File]:
        """A link that stays reads what it points to."""
        path = None if target.startswith(b"/") else joined(link.rpartition(b"/")[0], target.split(b"/"))
        if path and link in self.paths.files and link not in self._gone:
            is_directory = path not in self.paths.files
            yield from self._apply(Hit(Target(path, is_directory, b"", True), 0, alone=True), link)

    def _speaks(self, file: File) -> bool:
        return may_read(file) and not self._is_no_reader(file.path)

    def _apply(self, hit: Hit, reader: bytes) -> Iterator[File]:
        """Takes back what the hit reads, and yields the files that so stay."""
        for path in self._meant(hit):
            lot = self._gone.get(path)
            if lot is None or not counts(hit, lot.candidate, reader, self._sought.whole):
                continue
            evidence = _reader(hit, reader)
            if len(lot.readers) < _EVIDENCE_LIMIT and evidence not in lot.readers:
                lot.readers.append(evidence)
            for back in list(lot.gone) if lot.candidate.is_whole else [path, *self._beside(path)]:
                yield self._gone.pop(back).gone.pop(back)

    def _neighbours(self) -> Iterator[File]:
        """Data of which the most is read by name is read as a set: what is left of it stays as well."""
        for lot in self.lots:
            if lot.candidate.category not in _SETS or not lot.readers or not lot.gone:
                continue
            every = Counter(_set_of(file.path) for file in lot.candidate.files)
            left = Counter(map(_set_of, lot.gone))
            for path in [path for path in lot.gone if 2 * left[_set_of(path)] < every[_set_of(path)]]:
                del self._gone[path]
                yield lot.gone.pop(path)

    def _beside(self, path: bytes) -> list[bytes]:
        """The files that are read along with one: the parts of a shape file, of a checkpoint, of a split model."""
        whole, _, extension = path.rpartition(b".")
        family = next((family for family in _FAMILIES if extension.lower() in family), None)
        if family is None:
            return []
        first = bisect_left(self._sorted, whole + b".")
        last = bisect_left(self._sorted, whole + b"/")
        beside = [other for other in self._sorted[first:last] if other.rpartition(b".")[2].lower() in family]
        return [other for other in beside if other in self._gone and other != path]

    def _meant(self, hit: Hit) -> list[bytes]:
        target = hit.target
        if not target.is_directory:
            return [target.path] if target.path in self._gone else []
        below = self._below(target.path)
        if target.path not in self._sought.directories:
            # Most of what is in it stays anyway: whoever reads the directory means that, or files directly in it, or
            # one data set, one model of several below.
            depth = target.path.count(b"/") + 1
            below = [path for path in below if self._is_reached(path, depth, target)] if target.is_sure else []
        return [path for path in below if path.endswith(target.extension)]

    def _is_reached(self, path: bytes, depth: int, target: Target) -> bool:
        in_set = target.is_exact and self._gone[path].candidate.category in _SETS
        return bool(target.extension) or path.count(b"/") == depth or in_set

    def _below(self, directory: bytes) -> list[bytes]:
        first = bisect_left(self._sorted, directory + b"/")
        last = bisect_left(self._sorted, directory + b"0")  # "0" follows "/"
        return [path for path in self._sorted[first:last] if path in self._gone]


def _set_of(path: bytes) -> tuple[bytes, bytes]:
    return path.rpartition(b"/")[0], path.rpartition(b".")[2]


def may_read(file: File) -> bool:
    """Whether the file is searched, going by its size and name."""
    return file.size_bytes <= SEARCHED_BYTES and not _is_binary(file.path) and not _SILENT.search(file.path)


def _reader(hit: Hit, reader: bytes) -> Evidence:
    text = f"names {hit.target.path.decode('utf-8', 'surrogateescape')}"
    return Evidence(kind=EvidenceKind.READER, text=text, path=reader, line=hit.line or None)


def _is_binary(path: bytes) -> bool:
    return path.rpartition(b".")[2].lower() in _BINARY
