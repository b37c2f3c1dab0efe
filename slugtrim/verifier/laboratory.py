"""Where the runs take place: a private directory, which holds one fresh checkout at a time."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.interrupts import Interrupts
from slugtrim.scanner import Slug
from slugtrim.suggester.verification import Ending
from slugtrim.verifier.checkout import lay_out, remove
from slugtrim.verifier.terms import VerifyTerms, Watcher
from slugtrim.verifier.trial import run

_CHECKOUT = b"app"


class Laboratory:
    """Runs the command on the files that a slug keeps, less those of some entries."""

    def __init__(
        self,
        slug: Slug,
        reaches: Sequence[frozenset[bytes]],
        terms: VerifyTerms,
        watcher: Watcher,
        *,
        root: bytes,
        interrupts: Interrupts,
    ) -> None:
        self._slug = slug
        self._reaches = reaches
        self._terms = terms
        self._watcher = watcher
        self._path = os.path.join(root, _CHECKOUT)
        self._interrupts = interrupts
        self._runs = 0

    def run(self, without: frozenset[int]) -> Ending:
        """One run without the entries of these numbers. In a fresh checkout: a build leaves things behind."""
        self._runs += 1
        self._watcher.begin(self._runs, len(without))
        gone = frozenset[bytes]().union(*(self._reaches[number] for number in without))
        files = [file for file in self._slug.kept if file.path not in gone]
        lay_out(self._slug.tree.contents, files, self._path, self._interrupts.check)
        ending = run(self._terms.command, self._path, self._terms.limit_seconds, self._interrupts.check)
        _remove(self._path)
        self._watcher.end(ending)
        return ending


@contextmanager
def laboratory(
    slug: Slug, reaches: Sequence[frozenset[bytes]], terms: VerifyTerms, watcher: Watcher
) -> Iterator[Laboratory]:
    """A laboratory of which nothing is left at the end, whatever ends it: Ctrl-C counts once all is cleaned up.

    ``reaches`` are the paths that each entry takes out. Raises ``SourceError``.
    """
    with Interrupts() as interrupts:
        try:
            root = os.path.realpath(os.fsencode(tempfile.mkdtemp(prefix="slugtrim-")))
        except OSError as error:
            raise SourceError(
                f"--verify: no temporary directory can be made ({error.strerror}); make room, or set TMPDIR"
            ) from error
        try:
            yield Laboratory(slug, reaches, terms, watcher, root=root, interrupts=interrupts)
        finally:
            _remove(root)


def _remove(path: bytes) -> None:
    try:
        remove(path)
    except OSError as error:
        raise SourceError(
            f"{quoted(path)}: the command left what cannot be deleted ({error.strerror}); delete it by hand"
        ) from error
