"""What each file refers to, read once and remembered by content."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import accumulate

import msgspec
from msgspec import Struct

from slugtrim import __version__
from slugtrim.files import Contents, File, Reader, Unreadable
from slugtrim.store import KEY_BYTES, CacheTable, digest, open_store
from slugtrim.suggester.edges import Reference
from slugtrim.suggester.languages import may_refer
from slugtrim.suggester.references import Seeker, Sought, imports_of, load_readers, references_of
from slugtrim.suggester.root_table import implied_references
from slugtrim.suggester.second_process import SecondProcess, may_fork
from slugtrim.suggester.tables import table_content, table_digest

_FORMAT = "references-17"
"""Raise it whenever code changes the extraction of references, or what is kept of them."""
_ABOUT = f"{__version__}\0{_FORMAT}\0{table_digest(table_content('roots.toml'))}".encode()  # for `[[implied]]`
_SHARED_BYTES = 1 << 19
"""Less is read faster here than by two processes."""
_SHARE_BYTES = 1 << 16
_FILE_BYTES = 512
"""A file takes as long as so many bytes do, be it empty."""
_AHEAD = 3
"""Shares that the second process has in hand, so that it never waits for the next."""
_KEPT_DIGESTS = 3
"""Sets of sought words for which a file is known to have none."""
_BINARY_BYTES = 8000
"""Git's own measure: a NUL in the first 8,000 bytes makes a file binary."""


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


def open_evidence_cache(git_dir: bytes | None) -> CacheTable:
    """Return what is kept for the repository with this (common) git directory; for None, nothing that lasts."""
    return CacheTable(open_store(git_dir), _FORMAT)


class FactReader:
    """Reads facts about files while its ``reader`` is open."""

    def __init__(self, reader: Reader, table: CacheTable, sought: Sought, second: SecondReader | None = None) -> None:
        """Begin with what ``table`` remembers; a file that has none of the words of ``sought`` is not parsed.

        ``second`` takes a share of the work.
        """
        self._reader = reader
        self._table = table
        self._seeker = Seeker(sought)
        self._second = second
        if second is not None:
            second.seek(sought)
        self._known: dict[bytes, Facts] = {}
        self._dull_for: dict[bytes, bytes] = {}
        """For what other words a file is remembered to be dull."""

    @property
    def unreadable(self) -> Sequence[Unreadable]:
        """The files that could not be read so far."""
        return self._reader.unreadable

    def all(self, files: Iterable[File]) -> Iterator[tuple[File, Facts]]:
        """Yield the facts of each file that can be read, the known ones first. Each file is read once at most."""
        unknown = []
        for file in files:
            facts = self._known.get(file.path) or self._valid(file)
            if facts is None:
                unknown.append(file)
            else:
                self._known[file.path] = facts
                yield file, facts
        for file, facts in self._read(unknown):
            self._known[file.path] = facts
            yield file, facts

    def _read(self, files: Sequence[File]) -> Iterator[tuple[File, Facts]]:
        """Yield the facts of each file that can be read, in the order of ``files``."""
        second = self._second
        if second is None or sum(file.size_bytes for file in files) < _SHARED_BYTES:
            yield from self._read_here(files)
            return
        shares = list(_shares(files))
        first, last = 0, len(shares)
        while first < last:
            while last - first > 1 and second.wants_more:
                last -= 1
                second.ask(shares[last])
            yield from self._read_here(shares[first])
            first += 1
        answers = [second.answer(len(share)) for share in reversed(shares[last:])]
        for share, answer in zip(shares[last:], reversed(answers), strict=True):
            for file, facts in zip(share, answer, strict=True):
                if facts is None:
                    yield from self._read_here([file])
                else:
                    self._remember(file, facts)
                    yield file, facts

    def _read_here(self, files: Sequence[File]) -> Iterator[tuple[File, Facts]]:
        for file, content in zip(files, self._reader.batch(files), strict=True):
            if content is not None:
                facts = facts_of(file.path, content, self._seeker)
                self._remember(file, facts)
                yield file, facts

    def _valid(self, file: File) -> Facts | None:
        """Return what the table has of the file, if it holds for the words that are sought."""
        facts = self._kept(file)
        if facts is None or facts.references is not None:
            return facts
        digests = (facts.dull_for[at : at + KEY_BYTES] for at in range(0, len(facts.dull_for), KEY_BYTES))
        if self._seeker.digest(file.path) in digests:
            return facts
        self._dull_for[file.path] = facts.dull_for
        return None

    def _kept(self, file: File) -> Facts | None:
        entry = self._table.get(_key(file)) if file.blob is not None else None
        try:
            return _facts.decode(entry) if entry is not None else None
        except (msgspec.DecodeError, ValueError):
            return None  # another program wrote it

    def _remember(self, file: File, facts: Facts) -> None:
        if file.blob is not None:
            before = self._dull_for.get(file.path)
            if before is not None and facts.references is None:
                facts = Facts(facts.imports, None, (facts.dull_for + before)[: _KEPT_DIGESTS * KEY_BYTES])
            with contextlib.suppress(UnicodeEncodeError):  # a name that is not UTF-8: it is read again next time
                self._table.put(_key(file), msgspec.msgpack.encode(facts))


class _Request(Struct, frozen=True, array_like=True):
    """What a second reader is asked."""

    numbers: tuple[int, ...]
    """Of the files that it reads."""
    sought: Sought | None
    """What is sought from now on; None if that is as before."""


_request = msgspec.msgpack.Decoder(_Request)
_answer = msgspec.msgpack.Decoder(tuple[Facts | None, ...])


class SecondReader:
    """Reads facts about a share of the files in a second process."""

    def __init__(self, files: Sequence[File], contents: Contents) -> None:
        """Start the process. It knows these files, and reads them from ``contents``."""
        self._numbers = {file.path: number for number, file in enumerate(files)}
        self._sought: Sought | None = None
        load_readers()  # both need them
        self._process = SecondProcess(_Answering(files, contents).answer)

    def __enter__(self) -> SecondReader:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._process.__exit__(kind, error, trace)

    def seek(self, sought: Sought) -> None:
        """Say what a file must have to be parsed, of those that are asked for from now on."""
        self._sought = sought

    @property
    def wants_more(self) -> bool:
        """Whether the process would be idle soon."""
        self._process.collect()
        return self._process.is_alive and self._process.owed < _AHEAD

    def ask(self, files: Sequence[File]) -> None:
        """Ask for the facts of these files."""
        numbers = tuple(self._numbers[file.path] for file in files)
        self._process.ask(msgspec.msgpack.encode(_Request(numbers, self._sought)))
        self._sought = None

    def answer(self, count: int) -> Sequence[Facts | None]:
        """Wait for the facts of the next ``count`` files that were asked for; None for one that is to be read here."""
        try:
            answer = _answer.decode(self._process.next_answer() or b"")
        except (msgspec.DecodeError, ValueError):
            answer = ()
        return answer if len(answer) == count else (None,) * count


def second_reader(files: Sequence[File], contents: Contents) -> AbstractContextManager[SecondReader | None]:
    """Return a second reader, to be used in a ``with`` statement; None where it would be no gain."""
    sizes = accumulate(file.size_bytes for file in files if may_refer(file))
    if not any(size >= _SHARED_BYTES for size in sizes) or not may_fork():
        return contextlib.nullcontext()
    return SecondReader(files, contents)


class _Answering:
    """What the second process does."""

    def __init__(self, files: Sequence[File], contents: Contents) -> None:
        self._files = files
        self._contents = contents
        self._reader: Reader | None = None
        self._seeker = Seeker(Sought(frozenset()))

    def answer(self, asked: bytes) -> bytes:
        """Return the facts of the files that are asked for, None for one that cannot be read or told."""
        request = _request.decode(asked)
        if request.sought is not None:
            self._seeker = Seeker(request.sought)
        if self._reader is None:
            self._reader = self._contents.open()
        files = [self._files[number] for number in request.numbers]
        read = zip(files, self._reader.batch(files), strict=True)
        return msgspec.msgpack.encode([self._facts(file, content) for file, content in read])

    def _facts(self, file: File, content: bytes | None) -> msgspec.Raw:
        with contextlib.suppress(UnicodeEncodeError):  # a name that is not UTF-8 cannot be told
            if content is not None:
                return msgspec.Raw(msgspec.msgpack.encode(facts_of(file.path, content, self._seeker)))
        return msgspec.Raw(msgspec.msgpack.encode(None))


def facts_of(path: bytes, content: bytes, seeker: Seeker) -> Facts:
    """Return what a file refers to. It is parsed unless it has nothing that is sought."""
    if b"\0" in content[:_BINARY_BYTES]:
        return _NO_FACTS
    implied = tuple(implied_references(path, content))
    if not implied and seeker.is_dull(path, content):
        return Facts(imports_of(path, content), None, seeker.digest(path))
    return Facts((), (*references_of(path, content), *implied))


def _shares(files: Sequence[File]) -> Iterator[Sequence[File]]:
    """Split files into shares of about the same weight, in their order."""
    share: list[File] = []
    size = 0
    for file in files:
        share.append(file)
        size += file.size_bytes + _FILE_BYTES
        if size >= _SHARE_BYTES:
            yield share
            share, size = [], 0
    if share:
        yield share


def _key(file: File) -> bytes:
    return digest(b"%b\0%b\0%b" % (_ABOUT, file.path, file.blob or b""))
