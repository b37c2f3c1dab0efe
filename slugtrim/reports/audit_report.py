"""The audit for people who have thirty seconds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.audit import Audit, PathSize, RuleEffect
from slugtrim.ignore import Dialect, RuleState
from slugtrim.notes import Level
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
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


def report(audit: Audit, view: b.View) -> b.Report:
    """Return all that there is to say; a brief report is the headline."""
    headline = parts.headline(audit.headline_bytes, audit.headline_class, view, complete=audit.complete)
    if view.brief:
        return (headline,)
    return (
        _no_slug(audit),
        parts.measured(audit.source),
        b.Section(blocks=(headline, *_facts(audit))),
        _totals(audit),
        parts.limits(audit.limits),
        _heaviest_directories(audit, view),
        parts.heaviest_files(audit.largest, view),
        _rules(audit, view),
        _other_reading(audit, view),
        _predicted_log(audit),
        parts.findings([finding for finding in audit.findings if finding.id != _NO_SLUG], view),
        parts.suggestions(audit.suggestions, view) if not _is_certain_of_no_slug(audit) else b.Section(blocks=()),
        parts.notes(audit.notes, audit.unreadable, view),
        b.Steps(steps=tuple(_steps(audit))),
    )


def _no_slug(audit: Audit) -> b.Section:
    told = []
    for finding in audit.findings:
        if finding.id == _NO_SLUG:
            certain = "No slug" if finding.level is Level.ERROR else "Maybe no slug"
            text = f" {finding.message}. The sizes below are those of a slug build."
            look = parts.LEVEL_LOOKS[finding.level]
            told.append(b.Callout(text=(f"{certain}: ", b.path(finding.path), text), look=look))
    return b.Section(blocks=tuple(told))


def _is_certain_of_no_slug(audit: Audit) -> bool:
    """Return True if the platform builds an image, and reads no `.slugignore`."""
    return any(finding.id == _NO_SLUG and finding.level is Level.ERROR for finding in audit.findings)


def _facts(audit: Audit) -> Iterator[b.Block]:
    yield b.Paragraph(text=parts.among_classes(audit.headline_bytes, audit.headline_class))
    if audit.compiled is not None:
        yield b.Paragraph(text=f"{parts.compiled_sentence(audit.compiled, audit.compressed_bytes)}.")
    else:
        yield b.Paragraph(text=parts.BEFORE_BUILDPACKS)
    if audit.part is not None:
        part, files = audit.part, plural(audit.part.files, "file")
        of = f" of it: {files}, {size(part.size_bytes)} raw. The lists below are about this part."
        yield b.Paragraph(text=(b.path(part.path + b"/"), f" is {size(part.compressed_bytes)}", of))
    exact = audit.exact_compressed_bytes
    if exact is not None:
        off = (audit.compressed_bytes - exact) / exact * 100
        both = f"predicted {audit.compressed_bytes:,} bytes ({off:+.2f} %)"
        yield b.Paragraph(text=f"Compressed for real it is {size(exact)}: {exact:,} bytes, {both}.")


def _totals(audit: Audit) -> b.Table:
    totals = [
        ("", audit.checkout, "checkout"),
        ("", audit.compiler_removed, "removed by the compiler itself (.git, .DS_Store, tmp/)"),
        (f"~{size(audit.estimated_saves_bytes)}", audit.left_out, "left out by .slugignore (~ estimated)"),
        (size(audit.compressed_bytes), audit.slug, "in the slug"),
    ]
    rows = [
        b.row(compressed, size(total.size_bytes), f"{total.files:,}", label)
        for compressed, total, label in totals
        if total.files or label in ("checkout", "in the slug")
    ]
    return b.table(b.figures("compressed"), b.figures("raw"), b.figures("files"), b.names(), rows=rows)


def _heaviest_directories(audit: Audit, view: b.View) -> b.Section:
    wanted = audit.directories if view.full else _telling(audit.directories, audit.compressed_bytes)
    rows = [
        b.row(size(each.compressed_bytes), size(each.size_bytes), f"{each.files:,}", b.path(each.path + b"/"))
        for each in view.some(wanted, parts.HEAVIEST)
    ]
    columns = (b.figures("compressed"), b.figures("raw"), b.figures("files"), b.names("directory"))
    return b.Section(title="Heaviest directories", blocks=(b.table(*columns, rows=rows),) if rows else ())


def _telling(directories: Sequence[PathSize], whole_bytes: int) -> list[PathSize]:
    """Leave out those that weigh next to nothing, and those that say no more than one below or above them."""
    dominated = {weight.path for weight in directories if weight.compressed_bytes >= _ALL * whole_bytes}
    by_path = {weight.path: weight for weight in directories}
    for weight in directories:
        above = by_path.get(weight.path.rpartition(b"/")[0])
        if above is not None and weight.compressed_bytes >= _DOMINATED * above.compressed_bytes:
            dominated.add(above.path)
    least = whole_bytes // 100
    return [weight for weight in directories if weight.path not in dominated and weight.compressed_bytes >= least]


def _rules(audit: Audit, view: b.View) -> b.Section:
    """Return a row for each rule; active ones that save next to nothing fold into one line."""
    if not audit.has_slugignore:
        return b.Section(title="Rules", blocks=(b.Paragraph(text="There is no .slugignore: nothing is left out."),))
    title = f"Rules (.slugignore, read as {audit.dialect.value}; ~ estimated)"
    if not audit.rules:
        return b.Section(title=title, blocks=(b.Paragraph(text="The file has no rules."),))
    shown = audit.rules if view.full else _telling_rules(audit.rules, audit.estimated_saves_bytes)
    columns = (b.figures("saves"), b.figures("raw"), b.figures("files"), b.figures("line"), b.names("rule"))
    more = view.more(len(audit.rules) - len(shown), "more that save less than 1 % of it each (-v shows all)")
    return b.Section(title=title, blocks=(b.table(*columns, rows=map(_rule_row, shown)), *more))


def _telling_rules(effects: Sequence[RuleEffect], all_bytes: int) -> Sequence[RuleEffect]:
    """Return all of a few; of many, those that save something, and those that do not work."""
    if len(effects) <= _FEW:
        return effects
    return [
        effect
        for effect in effects
        if effect.state is not RuleState.ACTIVE or effect.estimated_saves_bytes * 100 >= all_bytes
    ]


def _rule_row(effect: RuleEffect) -> b.Row:
    text, line = b.path(effect.rule.text), str(effect.rule.line)
    look = None if effect.state is RuleState.ACTIVE else b.Look.YELLOW
    if not effect.total.files:
        return b.row("", "", "0", line, (text, f"  {_STATES[effect.state]}".rstrip()), look=look)
    saves = f"~{size(effect.estimated_saves_bytes)}"
    return b.row(saves, size(effect.total.size_bytes), f"{effect.total.files:,}", line, text, look=look)


def _other_reading(audit: Audit, view: b.View) -> b.Section:
    """Return what the other dialect would change."""
    other = audit.other
    told: list[b.Block] = []
    if audit.rules and not other.only_here and not other.only_there:
        told.append(b.Paragraph(text="The same files stay."))
    elif audit.rules:
        files = plural(other.total.files, "file")
        told.append(b.Paragraph(text=f"The slug would be {size(other.compressed_bytes)} in {files}."))
        for verb, different in (("Leaves out", other.only_here), ("Keeps", other.only_there)):
            if different:
                total = sum(file.size_bytes for file in different)
                told.append(b.Paragraph(text=f"{verb} {plural(len(different), 'file')} more, {size(total)} raw:"))
                largest_first = sorted(different, key=lambda file: -file.size_bytes)
                told += parts.some_paths([file.path for file in largest_first], view)
    whose = "as the published compiler does" if other.dialect is Dialect.GLOB else "as git does"
    return b.Section(title=f"Read as {other.dialect.value} ({whose})", blocks=tuple(told))


def _predicted_log(audit: Audit) -> b.Section:
    """Return what the build log should say, to be held against it."""
    log = f"-----> Deleting {audit.deleting} files matching .slugignore patterns."
    told = b.Line(text="The build log should say (a directory counts as one)", depth=0)
    return b.Section(blocks=(told, b.Verbatim(lines=(log,), depth=1)) if audit.has_slugignore else ())


def _steps(audit: Audit) -> Iterator[str]:
    states = [effect.state for effect in audit.rules]
    if any(use.limit.of_checkout and use.status is not Status.OK for use in audit.limits):
        yield "Take large files out of the repository: the checkout limit counts them before .slugignore does."
    if not audit.has_slugignore and audit.suggestions:
        yield "slugtrim suggest --write makes a .slugignore of what could be left out."
    if RuleState.NEGATED in states:
        yield "Remove the ! lines: the platform has no negation, they bring nothing back."
    if RuleState.DEAD in states:
        count = states.count(RuleState.DEAD)
        yield f"Remove or mend the {plural(count, 'line')} that {'matches' if count == 1 else 'match'} nothing."
    if audit.other.only_here or audit.other.only_there:
        yield "Write rules as /spec (leading slash, none at the end): both readings agree on that form."
    yield "slugtrim ls --long lists every file with its weight; slugtrim explain FILE says why it is in or out."
