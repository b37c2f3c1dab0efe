"""What each file refers to, read once and remembered by content."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from hashlib import blake2b
from urllib.parse import unquote_to_bytes

import msgspec
from msgspec import Struct

from slugtrim import __version__
from slugtrim.files import SYMLINK, File, Reader, Unreadable
from slugtrim.store import KEY_BYTES, CacheTable, open_store
from slugtrim.suggester.edges import Reference
from slugtrim.suggester.references import imports_of, may_name, references_of
from slugtrim.suggester.root_table import implied_references

READ_BYTES = 8 << 20
"""A larger file is not read, and named in the report."""

_FORMAT = "references-1"
"""Raise it whenever the extraction of references changes, or what is kept of them."""
_KEPT_DIGESTS = 3
"""Sets of sought words for which a file is known to have none."""
_MOST_ENCODED = 100_000
"""A text with more percent signs holds no addresses of files."""
_BINARY_BYTES = 8000
"""Git's own measure: a NUL in the first 8,000 bytes makes a file binary."""
_BINARY = frozenset(
    b"png jpg jpeg gif webp avif ico bmp tif tiff psd ai mp3 mp4 m4a m4v mov avi webm ogg wav flac woff woff2 ttf otf "
    b"eot zip gz tgz bz2 xz 7z rar jar war class so dylib dll exe o a pyc pdf doc docx xls xlsx ppt pptx pkl pickle h5 "
    b"hdf5 pt pth onnx npy npz parquet feather joblib tflite pb bin dat db sqlite sqlite3 wasm node mo".split()
)
_SILENT = re.compile(
    rb"(?i)(?:\A|/)(?:[^/]*\.(?:log|csv|tsv|patch|diff|out|err|lock)|(?![^/]*(?:requirements|constraints))[^/]*\.txt"
    rb"|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|licen[cs]e[^/]*)\Z"
)
"""Names of files that record something, and refer to no file at run time."""
_APART = bytes(byte if byte in b"-._" or byte >= 128 or bytes([byte]).isalnum() else 0x20 for byte in range(256))
_DOTTED = re.compile(rb"(?m)^[ \t]*+(?:from|import)[ \t]++([\w.]++)|[\"']([A-Za-z_]\w{0,80}+\.[\w.]{1,200}+)")
"""Modules of Python are dotted names, imported or in a string; each of their parts may be a directory."""
_LOADS_DIRECTORIES = re.compile(
    rb"static|listdir|scandir|readdir|[Gg]lob|\bwalk|Dir[.\[]|iterdir|send_from_directory|require\.context"
    rb"|sendFile|require_all|autoload|eager_load|\broot\b|sourceDir|require\(\s*[`\w]|import\(\s*[`\w]|import_module"
)
"""Calls that may load a whole directory without writing the name of any file in it."""
_OF_LOADS = (
    b"static listdir scandir readdir lob walk Dir iterdir send_from_directory require.context sendFile require_all "
    b"autoload eager_load root sourceDir require( import( import_module"
).split()
"""Each of those calls has one of these. To find none of them takes a tenth of the time of the pattern."""


class Facts(Struct, frozen=True, array_like=True):
    """What one file refers to."""

    imports: tuple[Reference, ...]
    """What it executes, by the fast scan."""
    references: tuple[Reference, ...] | None
    """All references; None if the file was not parsed, because it has none of the words that were sought."""
    dull_for: bytes = b""
    """Digests of the words that were sought, the newest first, if ``references`` is None: `suggest` and `lint` seek
    others."""


_NO_FACTS = Facts((), ())
_facts = msgspec.msgpack.Decoder(Facts)


def may_refer(file: File) -> bool:
    """Return True if the file's name and size allow that it refers to others."""
    extension = file.path.rpartition(b"/")[2].rpartition(b".")[2].lower()
    return (
        file.size_bytes <= READ_BYTES
        and file.mode != SYMLINK
        and extension not in _BINARY
        and not _SILENT.search(file.path)
    )


def open_evidence_cache(git_dir: bytes | None) -> CacheTable:
    """Return what is kept for the repository with this (common) git directory; for None, nothing that lasts."""
    return CacheTable(open_store(git_dir), _FORMAT)


class FactReader:
    """Reads facts about files while its ``reader`` is open."""

    def __init__(self, reader: Reader, table: CacheTable, sought: Collection[bytes]) -> None:
        """``sought`` are the words without which a file refers to no candidate; see ``words_of_path``."""
        self._reader = reader
        self._table = table
        self._sought = frozenset(sought)
        self._digest = blake2b(b"\0".join(sorted(self._sought)), digest_size=KEY_BYTES).digest()
        self._known: dict[bytes, Facts] = {}
        self.read_files = 0

    @property
    def unreadable(self) -> Sequence[Unreadable]:
        """The files that could not be read so far."""
        return self._reader.unreadable

    def all(self, files: Iterable[File]) -> Iterator[tuple[File, Facts]]:
        """Yield the facts of each file that can be read, the known ones first. Each file is read once at most."""
        unknown = []
        for file in files:
            facts = self._known.get(file.path) or self._remembered(file)
            if facts is None:
                unknown.append(file)
            else:
                self._known[file.path] = facts
                yield file, facts
        for file, content in zip(unknown, self._reader.batch(unknown), strict=True):
            if content is not None:
                facts = self._read(file.path, content)
                self._known[file.path] = facts
                self._remember(file, facts)
                yield file, facts

    def _read(self, path: bytes, content: bytes) -> Facts:
        self.read_files += 1
        if b"\0" in content[:_BINARY_BYTES]:
            return _NO_FACTS
        implied = tuple(implied_references(path, content))
        if not implied and self._is_dull(path, content):
            return Facts(imports_of(path, content), None, self._digest)
        return Facts((), (*references_of(path, content), *implied))

    def _is_dull(self, path: bytes, content: bytes) -> bool:
        """Return True if a file has none of the words that are sought where it could mean a path by them."""
        decoded = _decoded(content)
        words = self._sought.intersection(decoded.translate(_APART).split())
        if words and may_name(path, decoded, words):
            return False
        if path.endswith(b".py") and self._has_part(content):
            return False
        return not (any(map(content.__contains__, _OF_LOADS)) and _LOADS_DIRECTORIES.search(content))

    def _has_part(self, content: bytes) -> bool:
        names = {one or other for one, other in _DOTTED.findall(content)}
        return any(not self._sought.isdisjoint(name.split(b".")) for name in names)

    def _remembered(self, file: File) -> Facts | None:
        facts = self._kept(file)
        if facts is None or facts.references is not None:
            return facts
        digests = (facts.dull_for[at : at + KEY_BYTES] for at in range(0, len(facts.dull_for), KEY_BYTES))
        return facts if self._digest in digests else None

    def _kept(self, file: File) -> Facts | None:
        """Return what the table has of the file, for whatever words."""
        entry = self._table.get(_key(file)) if file.blob is not None else None
        try:
            return _facts.decode(entry) if entry is not None else None
        except (msgspec.DecodeError, ValueError):
            return None  # another program wrote it

    def _remember(self, file: File, facts: Facts) -> None:
        if file.blob is not None:
            kept = self._kept(file) if facts.references is None else None
            if kept is not None:
                digests = (facts.dull_for + kept.dull_for)[: _KEPT_DIGESTS * KEY_BYTES]
                facts = Facts(facts.imports, None, digests)
            with contextlib.suppress(UnicodeEncodeError):  # a name that is not UTF-8: it is read again next time
                self._table.put(_key(file), msgspec.msgpack.encode(facts))


def _decoded(content: bytes) -> bytes:
    """Return a text with the names in its addresses as files have them: ``a%20photo.png``."""
    return unquote_to_bytes(content) if 0 < content.count(b"%") < _MOST_ENCODED else content


def words_of_path(path: bytes) -> Iterator[bytes]:
    """Yield the words of which a file has one if it refers to the file ``path`` by its name.

    These are the name, the name without its extension, and the extension with its dot (``name + ".csv"``).
    """
    name = path.rpartition(b"/")[2].translate(_APART).split()[-1:]
    for word in name:
        yield word
        stem, dot, extension = word.rpartition(b".")
        if stem and dot:
            yield stem
            yield stem.partition(b".")[0].removeprefix(b"_")
            yield dot + extension


def _key(file: File) -> bytes:
    about = b"\0".join((__version__.encode(), _FORMAT.encode(), file.path, file.blob or b""))
    return blake2b(about, digest_size=KEY_BYTES).digest()
