"""The part of the audit that is about ``.slugignore``: its rules, the other reading, the line in the build log."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.audit import Audit, RuleEffect
from slugtrim.files import quoted
from slugtrim.ignore import Dialect, RuleState
from slugtrim.reports.style import Style, columns, cut, plural, size

SOME = 5
"""Paths shown of a long list."""
_FEW = 12
"""So many rules are all shown."""
_STATES = {
    RuleState.ACTIVE: "",
    RuleState.SHADOWED: "(decided by other lines)",
    RuleState.DEAD: "(matches nothing)",
    RuleState.NEGATED: "(inert: ! does not work here)",
}


def rules(audit: Audit, style: Style) -> Iterator[str]:
    """A row for each rule; active ones that save next to nothing fold into one line."""
    if not audit.has_slugignore:
        yield style.paint("Rules", "bold")
        yield "  There is no .slugignore: nothing is left out."
        return
    yield style.paint(f"Rules (.slugignore, read as {audit.dialect.value}; ~ estimated)", "bold")
    if not audit.rules:
        yield "  The file has no rules."
        return
    shown = audit.rules if style.full else _telling(audit.rules, audit.estimated_saves_bytes)
    header, *lines = columns([["saves", "raw", "files", "line", ""], *map(_rule_row, shown)], style.width)
    yield header
    for effect, line in zip(shown, lines, strict=True):
        yield line if effect.state is RuleState.ACTIVE else style.paint(line, "yellow")
    folded = len(audit.rules) - len(shown)
    if folded:
        yield f"  … and {folded:,} more that save less than 1 % of it each (-v shows all)"


def _telling(effects: Sequence[RuleEffect], all_bytes: int) -> Sequence[RuleEffect]:
    """All of a few; of many, those that save something, and those that do not work."""
    if len(effects) <= _FEW:
        return effects
    return [
        effect
        for effect in effects
        if effect.state is not RuleState.ACTIVE or effect.estimated_saves_bytes * 100 >= all_bytes
    ]


def _rule_row(effect: RuleEffect) -> list[str]:
    text = quoted(effect.rule.text)
    if not effect.total.files:
        return ["", "", "0", str(effect.rule.line), f"{text}  {_STATES[effect.state]}".rstrip()]
    saves = f"~{size(effect.estimated_saves_bytes)}"
    return [saves, size(effect.total.size_bytes), f"{effect.total.files:,}", str(effect.rule.line), text]


def other_reading(audit: Audit, style: Style) -> Iterator[str]:
    """What the other dialect would change."""
    other = audit.other
    if not audit.rules:
        return
    whose = "as the published compiler does" if other.dialect is Dialect.GLOB else "as git does"
    yield style.paint(f"Read as {other.dialect.value} ({whose})", "bold")
    if not other.only_here and not other.only_there:
        yield "  The same files stay."
        return
    yield f"  The slug would be {size(other.compressed_bytes)} in {plural(other.total.files, 'file')}."
    for verb, files in (("Leaves out", other.only_here), ("Keeps", other.only_there)):
        if files:
            total = sum(file.size_bytes for file in files)
            yield f"  {verb} {plural(len(files), 'file')} more, {size(total)} raw:"
            yield from some_paths([file.path for file in sorted(files, key=lambda file: -file.size_bytes)], style)


def some_paths(paths: Sequence[bytes], style: Style) -> Iterator[str]:
    """The first few of them, or all."""
    shown = paths if style.full else paths[:SOME]
    for path in shown:
        yield "    " + cut(quoted(path), style.width - 4)
    if len(shown) < len(paths):
        yield f"    … and {len(paths) - len(shown):,} more (-v shows all)"


def predicted_log(audit: Audit) -> Iterator[str]:
    """What the build log should say, to be held against it."""
    if audit.has_slugignore:
        yield "The build log should say (a directory counts as one)"
        yield f"  -----> Deleting {audit.deleting} files matching .slugignore patterns."
