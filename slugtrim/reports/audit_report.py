"""The audit for people who have thirty seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.audit import Audit, RuleEffect, Weight
from slugtrim.ignore import Dialect, RuleState
from slugtrim.notes import Level
from slugtrim.reports.blocks import (
    Block,
    Callout,
    Holds,
    Line,
    Look,
    Paragraph,
    Report,
    Row,
    Section,
    Steps,
    Table,
    Verbatim,
    View,
    column,
    path,
    row,
)
from slugtrim.reports.parts import (
    BEFORE_BUILDPACKS,
    HEAVIEST,
    LEVEL_LOOKS,
    among_classes,
    compiled_sentence,
    findings,
    headline,
    heaviest_files,
    limits,
    measured,
    notes,
    some_paths,
    suggestions,
)
from slugtrim.reports.style import plural, size
from slugtrim.sizer import Status

_NO_SLUG = "no-slug"
"""The id of the findings that stand above all else."""
_DOMINATED = 0.9
"""A directory in which one other holds so much is left to that one."""
_ALL = 0.98
"""A directory that holds so much of the slug says no more than the headline."""
_FEW = 12
"""At most so many rules are all shown."""
_STATES = {
    RuleState.ACTIVE: "",
    RuleState.SHADOWED: "(decided by other lines)",
    RuleState.DEAD: "(matches nothing)",
    RuleState.NEGATED: "(inert: ! does not work here)",
}


def report(audit: Audit, view: View) -> Report:
    """Return all that there is to say; a brief report is the headline."""
    answer = headline(audit.headline_bytes, audit.headline_class, view, complete=audit.complete)
    if view.brief:
        return (answer,)
    return (
        *_no_slug(audit),
        measured(audit.source),
        Section(blocks=(answer, *_facts(audit))),
        _totals(audit),
        limits(audit.limits),
        *_heaviest_directories(audit, view),
        *heaviest_files(audit.largest, view),
        _rules(audit, view),
        *_other_reading(audit, view),
        *_predicted_log(audit),
        *findings([finding for finding in audit.findings if finding.id != _NO_SLUG], view),
        *suggestions(audit.suggestions, view),
        *notes(audit.notes, audit.unreadable, view),
        Steps(steps=tuple(_steps(audit))),
    )


def _no_slug(audit: Audit) -> Iterator[Block]:
    told = []
    for finding in audit.findings:
        if finding.id == _NO_SLUG:
            certain = "No slug" if finding.level is Level.ERROR else "Maybe no slug"
            what = f" {finding.message}. The sizes below are those of a slug build."
            told.append(Callout(text=(f"{certain}: ", path(finding.path), what), look=LEVEL_LOOKS[finding.level]))
    yield Section(blocks=tuple(told))


def _facts(audit: Audit) -> Iterator[Block]:
    yield Paragraph(text=among_classes(audit.headline_bytes, audit.headline_class))
    if audit.compiled is not None:
        yield Paragraph(text=f"{compiled_sentence(audit.compiled, audit.compressed_bytes)}.")
    else:
        yield Paragraph(text=BEFORE_BUILDPACKS)
    exact = audit.exact_compressed_bytes
    if exact is not None:
        off = (audit.compressed_bytes - exact) / exact * 100
        both = f"predicted {audit.compressed_bytes:,} bytes ({off:+.2f} %)"
        yield Paragraph(text=f"Compressed for real it is {size(exact)}: {exact:,} bytes, {both}.")


def _totals(audit: Audit) -> Table:
    totals = [
        ("", audit.checkout, "checkout"),
        ("", audit.compiler_removed, "removed by the compiler itself (.git, .DS_Store, tmp/)"),
        (f"~{size(audit.estimated_saves_bytes)}", audit.left_out, "left out by .slugignore (~ estimated)"),
        (size(audit.compressed_bytes), audit.slug, "in the slug"),
    ]
    rows = tuple(
        row(compressed, size(total.size_bytes), f"{total.files:,}", label)
        for compressed, total, label in totals
        if total.files or label in ("checkout", "in the slug")
    )
    columns = (column("compressed"), column("raw"), column("files"), column(holds=Holds.NAMES))
    return Table(columns=columns, rows=rows)


def _heaviest_directories(audit: Audit, view: View) -> Iterator[Block]:
    wanted = audit.directories if view.full else _telling(audit.directories, audit.compressed_bytes)
    rows = tuple(
        row(size(each.compressed_bytes), size(each.size_bytes), f"{each.files:,}", path(each.path + b"/"))
        for each in view.some(wanted, HEAVIEST)
    )
    if rows:
        columns = (column("compressed"), column("raw"), column("files"), column(page="directory", holds=Holds.NAMES))
        yield Section(title="Heaviest directories", blocks=(Table(columns=columns, rows=rows),))


def _telling(directories: Sequence[Weight], whole_bytes: int) -> list[Weight]:
    """Leave out those that weigh next to nothing, and those that say no more than one below or above them."""
    dominated = {weight.path for weight in directories if weight.compressed_bytes >= _ALL * whole_bytes}
    by_path = {weight.path: weight for weight in directories}
    for weight in directories:
        above = by_path.get(weight.path.rpartition(b"/")[0])
        if above is not None and weight.compressed_bytes >= _DOMINATED * above.compressed_bytes:
            dominated.add(above.path)
    least = whole_bytes // 100
    return [weight for weight in directories if weight.path not in dominated and weight.compressed_bytes >= least]


def _rules(audit: Audit, view: View) -> Section:
    """Return a row for each rule; active ones that save next to nothing fold into one line."""
    if not audit.has_slugignore:
        return Section(title="Rules", blocks=(Paragraph(text="There is no .slugignore: nothing is left out."),))
    title = f"Rules (.slugignore, read as {audit.dialect.value}; ~ estimated)"
    if not audit.rules:
        return Section(title=title, blocks=(Paragraph(text="The file has no rules."),))
    shown = audit.rules if view.full else _telling_rules(audit.rules, audit.estimated_saves_bytes)
    columns = (
        column("saves"),
        column("raw"),
        column("files"),
        column("line"),
        column(page="rule", holds=Holds.NAMES),
    )
    folded = "more that save less than 1 % of it each (-v shows all)"
    rows = tuple(map(_rule_row, shown))
    more = view.more(len(audit.rules) - len(shown), folded)
    return Section(title=title, blocks=(Table(columns=columns, rows=rows), *more))


def _telling_rules(effects: Sequence[RuleEffect], all_bytes: int) -> Sequence[RuleEffect]:
    """Return all of a few; of many, those that save something, and those that do not work."""
    if len(effects) <= _FEW:
        return effects
    return [
        effect
        for effect in effects
        if effect.state is not RuleState.ACTIVE or effect.estimated_saves_bytes * 100 >= all_bytes
    ]


def _rule_row(effect: RuleEffect) -> Row:
    text, line = path(effect.rule.text), str(effect.rule.line)
    look = None if effect.state is RuleState.ACTIVE else Look.YELLOW
    if not effect.total.files:
        return row("", "", "0", line, (text, f"  {_STATES[effect.state]}".rstrip()), look=look)
    saves = f"~{size(effect.estimated_saves_bytes)}"
    return row(saves, size(effect.total.size_bytes), f"{effect.total.files:,}", line, text, look=look)


def _other_reading(audit: Audit, view: View) -> Iterator[Block]:
    """Yield what the other dialect would change."""
    other = audit.other
    if not audit.rules:
        return
    told: list[Block] = []
    if not other.only_here and not other.only_there:
        told.append(Paragraph(text="The same files stay."))
    else:
        files = plural(other.total.files, "file")
        told.append(Paragraph(text=f"The slug would be {size(other.compressed_bytes)} in {files}."))
    for verb, different in (("Leaves out", other.only_here), ("Keeps", other.only_there)):
        if different:
            total = sum(file.size_bytes for file in different)
            told.append(Paragraph(text=f"{verb} {plural(len(different), 'file')} more, {size(total)} raw:"))
            heaviest_first = sorted(different, key=lambda file: -file.size_bytes)
            told += some_paths([file.path for file in heaviest_first], view)
    whose = "as the published compiler does" if other.dialect is Dialect.GLOB else "as git does"
    yield Section(title=f"Read as {other.dialect.value} ({whose})", blocks=tuple(told))


def _predicted_log(audit: Audit) -> Iterator[Block]:
    """Yield what the build log should say, to be held against it."""
    if audit.has_slugignore:
        told = Line(text="The build log should say (a directory counts as one)", depth=0)
        log = f"-----> Deleting {audit.deleting} files matching .slugignore patterns."
        yield Section(blocks=(told, Verbatim(lines=(log,), depth=1)))


def _steps(audit: Audit) -> Iterator[str]:
    states = [effect.state for effect in audit.rules]
    if any(use.limit.of_checkout and use.status is not Status.OK for use in audit.limits):
        yield "Take large files out of the repository: the checkout limit counts them before .slugignore does."
    if not audit.has_slugignore and not any(finding.id == _NO_SLUG for finding in audit.findings):
        yield (
            "slugtrim suggest looks for what the running app never opens (tests, docs, design files) and who reads it; "
            "with --write it makes a .slugignore of that."
        )
    if RuleState.NEGATED in states:
        yield "Remove the ! lines: the platform has no negation, they bring nothing back."
    if RuleState.DEAD in states:
        count = states.count(RuleState.DEAD)
        yield f"Remove or mend the {plural(count, 'line')} that {'matches' if count == 1 else 'match'} nothing."
    if audit.other.only_here or audit.other.only_there:
        yield "Write rules as /spec (leading slash, none at the end): both readings agree on that form."
    yield "slugtrim ls --long lists every file with its weight; slugtrim explain FILE says why it is in or out."
