"""Compiled Python: whose it is, and whether anything loads it.

(PEP 3147, https://peps.python.org/pep-3147/; PEP 488, https://peps.python.org/pep-0488/)
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from enum import Enum

_COMPILED = re.compile(rb"(.*/)?__pycache__/([^/]+?)\.([a-z]+)-([0-9]+)(\.opt-[12])?\.pyc", re.DOTALL)
_LIBRARY = re.compile(rb"(?:.*/)?lib/python([0-9])\.([0-9]+)/", re.DOTALL)


class Bytecode(Enum):
    """What a ``.pyc`` is."""

    FOREIGN = "foreign"
    """No interpreter loads it: it is of another version, or where Python 3 does not look, or its source is gone."""
    OPTIMIZED = "optimized"
    """For ``python -O`` only."""
    DOUBLE = "double"
    """Its source is there."""
    ALONE = "alone"
    """Outside ``__pycache__``, and loaded instead of a source."""


def bytecode_of(path: bytes, paths: AbstractSet[bytes]) -> Bytecode:
    """What the ``.pyc`` at ``path`` is, in a slug with these ``paths``."""
    compiled = _COMPILED.fullmatch(path)
    if compiled is None:
        return Bytecode.FOREIGN if path[:-1] in paths else Bytecode.ALONE
    above, module, interpreter, version, level = compiled.groups()
    if (above or b"") + module + b".py" not in paths:
        return Bytecode.FOREIGN
    library = _LIBRARY.match(path)
    if library is not None and (interpreter, version) != (b"cpython", library[1] + library[2]):
        return Bytecode.FOREIGN
    return Bytecode.OPTIMIZED if level else Bytecode.DOUBLE
