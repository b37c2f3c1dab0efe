"""The search for readers: which candidates nothing that stays reads.

All candidates begin as gone. Every file that stays is searched; what it reads stays as well, and is searched in its
turn, until nothing more is read. So a data set that only a notebook reads goes with the notebook.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from slugtrim.cache import SizeCache
from slugtrim.files import Contents, File, Reader, Unreadable
from slugtrim.suggester.implied import elixir_modules
from slugtrim.suggester.paths import Paths, joined
from slugtrim.suggester.reading import Hit, Reading
from slugtrim.suggester.record import Candidate, Evidence, EvidenceKind, Tier
from slugtrim.suggester.remembered import Remembered
from slugtrim.suggester.resolve import Target
from slugtrim.suggester.sought import Sought
from slugtrim.suggester.words import stem

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
_CALLED_BY_STEM = frozenset(
    b"png jpg jpeg gif svg webp ico mp3 mp4 wav ogg json yml yaml csv tsv sql xml txt html erb haml slim hbs".split()
)
_FAMILIES = (
    frozenset(b"shp shx dbf prj cpg qpj qix sbn sbx".split()),
    frozenset(b"onnx onnx_data data".split()),
    frozenset(b"index meta data-00000-of-00001".split()),
    frozenset(b"xml bin mapping".split()),
    frozenset(b"prototxt caffemodel".split()),
    frozenset(b"cfg weights names".split()),
)
_TELLING = (b".json", b".md", b".markdown", b".rst", b".xml", b".svg", b".sample", b".example")
"""Files that list code without running it, but for those a build reads."""
_MANIFESTS = {b"package.json", b"app.json", b"composer.json", b"tsconfig.json", b"pom.xml", b"deno.json", b"nx.json"}
_LEAST_STEM = 4
"""A shorter word in quotes is no name of a file."""


@dataclass(slots=True)
class Lot:
    """A candidate while its readers are looked for."""

    candidate: Candidate
    gone: dict[bytes, File]
    """What of it nothing reads so far."""
    readers: list[Evidence] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
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
        cache: SizeCache | None = None,
    ) -> None:
        """``roots`` are the projects' directories; what ``is_no_reader`` names mentions paths without reading them."""
        self._kept = kept
        self._is_no_reader = is_no_reader
        self._links = links
        self.lots = [Lot(candidate, {file.path: file for file in candidate.files}) for candidate in candidates]
        self._gone = {path: lot for lot in self.lots for path in lot.gone}
        self._sorted = sorted(self._gone)
        self._sought = Sought([lot.candidate for lot in self.lots], kept)
        self.paths = Paths(kept)
        self._contents = contents
        self._reading = Reading(self.paths, self._sought, roots, elixir_modules(self._elixir()))
        self._remembered = Remembered(cache if cache is not None else SizeCache(), self.paths, self._sorted, roots)

    def unknown_bytes(self) -> int:
        """How much text the search would have to read and look through: what is not remembered."""
        stays = (file for file in self._kept if file.path not in self._gone and self._speaks(file))
        return sum(file.size_bytes for file in stays if self._remembered.get(file) is None)

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
            failed = reader.unreadable
        large = [
            Unreadable(path=file.path, reason="too large to be searched for readers")
            for file in self._kept
            if file.path not in self._gone and file.size_bytes > SEARCHED_BYTES and not _is_binary(file.path)
        ]
        return Searched(lots=tuple(self.lots), files=searched, unsearched=(*failed, *large))

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
                hits = self._reading.hits(file.path, content)
                self._remembered.put(file, hits)
                yield file, hits

    def _elixir(self) -> dict[bytes, bytes]:
        files = [file for path, file in self.paths.files.items() if path in self._gone and path.endswith(b".ex")]
        small = [file for file in files if file.size_bytes <= SEARCHED_BYTES]
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
            if lot is None or not self._counts(hit, lot.candidate, reader):
                continue
            evidence = _reader(hit, reader)
            if len(lot.readers) < _EVIDENCE_LIMIT and evidence not in lot.readers:
                lot.readers.append(evidence)
            for back in list(lot.gone) if lot.candidate.is_whole else [path, *self._beside(path)]:
                yield self._gone.pop(back).gone.pop(back)

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

    def _counts(self, hit: Hit, candidate: Candidate, reader: bytes) -> bool:
        """Whether the hit is a reader of this candidate, and not a word that means something else."""
        target = hit.target
        # Beside its code or its pages a directory has tests and notes that whoever names it does not mean.
        is_beside = candidate.is_code or candidate.category == "docs"
        if candidate.is_rebuilt or (target.is_directory and is_beside and target.path not in self._sought.whole):
            return False
        if candidate.is_code:
            return _runs(hit, reader)
        if candidate.tier is Tier.SAFE or target.is_sure:
            return target.is_sure
        return hit.alone and (target.is_directory or _is_called(target.path))

    def _meant(self, hit: Hit) -> list[bytes]:
        target = hit.target
        if not target.is_directory:
            return [target.path] if target.path in self._gone else []
        below = self._below(target.path)
        if target.path not in self._sought.directories:
            # Most of what is in it stays anyway: whoever reads the directory means that, or files directly in it.
            depth = target.path.count(b"/") + 1
            below = [path for path in below if target.extension or path.count(b"/") == depth] if target.is_sure else []
        return [path for path in below if path.endswith(target.extension)]

    def _below(self, directory: bytes) -> list[bytes]:
        first = bisect_left(self._sorted, directory + b"/")
        last = bisect_left(self._sorted, directory + b"0")  # "0" follows "/"
        return [path for path in self._sorted[first:last] if path in self._gone]


def may_read(file: File) -> bool:
    """Whether the file is searched, going by its size and name."""
    return file.size_bytes <= SEARCHED_BYTES and not _is_binary(file.path) and not _SILENT.search(file.path)


def _reader(hit: Hit, reader: bytes) -> Evidence:
    text = f"names {hit.target.path.decode('utf-8', 'surrogateescape')}"
    return Evidence(kind=EvidenceKind.READER, text=text, path=reader, line=hit.line or None)


def _is_binary(path: bytes) -> bool:
    return path.rpartition(b".")[2].lower() in _BINARY


def _runs(hit: Hit, reader: bytes) -> bool:
    """Whether the hit runs or loads code: by its path from a root, or by an import."""
    target = hit.target
    if reader.endswith(_TELLING) and reader.rpartition(b"/")[2] not in _MANIFESTS:
        return False
    is_setting = reader.endswith((b".json", b".toml", b".cfg", b".ini", b".yml", b".yaml"))
    is_hidden = target.is_directory and hit.alone and target.path.rpartition(b"/")[2].startswith(b".")
    is_meant = target.is_exact or hit.imported
    return (target.is_sure or is_hidden) and is_meant and not (target.is_directory and is_setting)


def _is_called(path: bytes) -> bool:
    """Whether a single word may stand for the file: its whole name at the root, or a stem that names something."""
    name = path.rpartition(b"/")[2]
    called = stem(name)
    by_stem = name.rpartition(b".")[2].lower() in _CALLED_BY_STEM
    return name == path or (by_stem and len(called) >= _LEAST_STEM and not called.isdigit())
