"""How expected references are written in tests: compact, with only what is not the default."""

from __future__ import annotations

from collections.abc import Iterable

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference


def shown(references: Iterable[Reference]) -> list[str]:
    """Return each as ``LINE TEXT`` and what else there is: ``3 docs/x.md loads here tests dir``."""
    return [_shown(reference) for reference in references]


def _shown(reference: Reference) -> str:
    says = [
        (reference.how, How.PATH),
        (reference.kind, EdgeKind.NAMES),
        (reference.base, Anchor.ANY),
        (reference.excuse, Excuse.NONE),
    ]
    words = [value.name.lower() for value, default in says if value is not default]
    return " ".join([str(reference.line), reference.text, *words, *(["dir"] if reference.is_directory else [])])
