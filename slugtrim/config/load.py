"""From what was found, the options and the environment to the one ``Config``.

Where nothing is configured this is a look at two names, and nothing is imported that it takes to read settings.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from slugtrim.config.asked import Asked, Flags, Setting
from slugtrim.config.environment import asked_of
from slugtrim.config.place import PYPROJECT, SLUGTRIM, directories, reading
from slugtrim.config.record import Config
from slugtrim.files import Found
from slugtrim.platforms import PLATFORM

if TYPE_CHECKING:
    from slugtrim.config.document import Document

_DIALECTS = {dialect.value: dialect for dialect in PLATFORM.ignore_file.dialects}


def load_config(found: Found, flags: Flags, environ: Mapping[str, str]) -> Config:
    """What is configured for what was found: options over environment over file.

    Raises ``ConfigError`` with every mistake in it.
    """
    asked = {**asked_of(environ), **flags.asked()}
    named = asked.pop(Setting.FILE, None)
    document = _document(found, named) if flags.use_file else None
    dialect = asked.get(Setting.DIALECT)
    if document is None and asked.keys() <= {Setting.DIALECT} and (dialect is None or dialect.text in _DIALECTS):
        return Config(dialect=_DIALECTS[dialect.text] if dialect is not None else None)
    from slugtrim.config.merge import merge

    return merge(document, asked)


def _document(found: Found, named: Asked | None) -> Document | None:
    if named is not None:
        from slugtrim.config.file import named_document

        return named_document(named)
    read = reading(found)
    for directory in directories(found):
        own, other = (read(os.path.join(directory, name)) for name in (SLUGTRIM, PYPROJECT))
        if own is not None or other is not None:
            from slugtrim.config.file import document_in

            document = document_in(directory, own, other)
            if document is not None:
                return document
    return None
