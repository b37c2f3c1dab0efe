"""Keep what was printed, so that a lean start can print it again. A push that builds nothing imports none of this."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.util import find_spec

from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.installs import installed_state
from slugtrim.lean import Question, Unknown, encode_answer, settings, terminal
from slugtrim.measurement import KeptRecord, Totals
from slugtrim.sizer import codec_name
from slugtrim.sizer.version import FASTEST
from slugtrim.store import open_store, table_key
from slugtrim.suggester.remembered import TABLE

_CODECS = ("deflate", "isal")


def keep_answer(question: Question, asked: Sequence[Found], dialect: Dialect, stream: int, text: str) -> None:
    """Keep the printed text if it is about the trees that ``question`` names, and all of them are known.

    The answer becomes invalid when remembered suggestions or a codec change.
    """
    if question.key is None or not all(KeptRecord(found, dialect).read(Totals) for found in asked):
        return
    store = open_store(question.git_dir)
    table = table_key(TABLE)
    try:
        if _is_about(question, asked) and codec_name() == FASTEST:
            data = text.encode("utf-8", "surrogateescape")
            answer = encode_answer(stream, table, store.state(table), _codec_files(), data)
            if answer is not None:
                store.put(question.key, answer)
    except (OSError, Unknown):
        return


def _is_about(question: Question, asked: Sequence[Found]) -> bool:
    """Return True if nothing has changed since the lean start. Raise ``OSError`` and ``Unknown``."""
    return (
        question.commits == tuple(found.source.rev for found in asked)
        and question.fingerprints == tuple(found.fingerprint for found in asked)
        and all((found.source.root, found.git_dir) == (question.root, question.git_dir) for found in asked)
        and question.untracked == tuple(path for found in asked for note in found.notes for path in note.paths)
        and question.settings == settings(question.root, question.git_dir)
        and question.terminal in ((), terminal())
        and question.installed in (b"", installed_state(question.root, os.environ))
    )


def _codec_files() -> list[bytes]:
    specs = map(find_spec, _CODECS)
    return [os.fsencode(spec.origin) for spec in specs if spec is not None and spec.origin is not None]
