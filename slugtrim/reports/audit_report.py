"""The audit for people who have thirty seconds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from slugtrim.audit import Audit, PathSize, RuleEffect
from slugtrim.ignore import Dialect, RuleState
from slugtrim.notes import Level
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.text import plural, size
from slugtrim.sizer import Status

_NO_SLUG = "no-slug"
"""The id of the findings that stand above all else."""
_DOMINATED = 0.5
"""A directory is left out if one child holds at least this share of it."""
_SMALL_PART = 0.1
"""Below a directory that is shown, only a child with less than this share of it is shown as well."""
_ALL = 0.98
"""A directory that holds so much of the slug says no more than the headline."""
_FEW = 12
"""At most so many rules are all shown."""
_STATES = {
    RuleState.ACTIVE: "",
    RuleState.SHADOWED: "(other lines cover it)",
    RuleState.DEAD: "(matches nothing)",
    RuleState.NEGATED: "(no effect: ! is not supported)",
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
        parts.limits(audit.limits, view),
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
            certain = "No slug" if finding.level is Level.ERROR else "Possibly no slug"
            text = f" {finding.message}. The sizes below assume a slug build."
            look = parts.LEVEL_LOOKS[finding.level]
            told.append(b.Callout(text=(f"{certain}: ", b.path(finding.path), text), look=look))
    return b.Section(blocks=tuple(told))


def _is_certain_of_no_slug(audit: Audit) -> bool:
    """Return True if the platform builds an image, and reads no `.slugignore`."""
    return any(finding.id == _NO_SLUG and finding.level is Level.ERROR for finding in audit.findings)


def _facts(audit: Audit) -> Iterator[b.Block]:
    yield b.Paragraph(text=parts.among_classes(audit.headline_bytes, audit.headline_class))
    if audit.compiled is not None:
        compiled = parts.compiled_sentence(audit.compiled, audit.compressed_bytes)
        yield b.Paragraph(text=f"{compiled}. Your code is predicted to {_margin(audit)}.")
    else:
        predicted = f"≈ {size(audit.compressed_bytes)} {_margin(audit)}"
        yield b.Paragraph(text=f"This is your code, compressed: {predicted}. Buildpacks add more.")
    if audit.part is not None:
        part, files = audit.part, plural(audit.part.files, "file")
        of = f" of it: {files}, {size(part.size_bytes)} raw. The lists below cover this part."
        yield b.Paragraph(text=(b.path(part.path + b"/"), f" is {size(part.compressed_bytes)}", of))
    exact = audit.exact_compressed_bytes
    if exact is not None:
        off = (audit.compressed_bytes - exact) / exact * 100
        both = f"predicted {audit.compressed_bytes:,} bytes ({off:+.2f} %)"
        yield b.Paragraph(text=f"Compressed for real it is {size(exact)}: {exact:,} bytes, {both}.")


def _margin(audit: Audit) -> str:
    """Return how far off the prediction may be, rounded up."""
    per_mille = max(1, -(-audit.margin_bytes * 1000 // max(1, audit.compressed_bytes)))
    return f"± {per_mille / 10:.1f} %"


def _totals(audit: Audit) -> b.Table:
    totals = [
        ("", audit.checkout, "checkout"),
        ("", audit.compiler_removed, "removed by the slug compiler (.git, .DS_Store, tmp/)"),
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
    """Leave out small directories, and those that repeat another: a parent that is mostly one child, else the child."""
    dominated = {weight.path for weight in directories if weight.compressed_bytes >= _ALL * whole_bytes}
    by_path = {weight.path: weight for weight in directories}
    for weight in directories:
        above = by_path.get(weight.path.rpartition(b"/")[0])
        if above is not None and weight.compressed_bytes >= _DOMINATED * above.compressed_bytes:
            dominated.add(above.path)
    least = whole_bytes // 100
    kept: dict[bytes, PathSize] = {}
    for path in sorted(by_path.keys() - dominated):  # a parent comes before its children
        above = _nearest_parent(path, kept)
        weighs = by_path[path].compressed_bytes
        if weighs >= least and (above is None or weighs < _SMALL_PART * above.compressed_bytes):
            kept[path] = by_path[path]
    return [weight for weight in directories if weight.path in kept]


def _nearest_parent(path: bytes, kept: Mapping[bytes, PathSize]) -> PathSize | None:
    while path:
        path = path.rpartition(b"/")[0]
        if path in kept:
            return kept[path]
    return None


def _rules(audit: Audit, view: b.View) -> b.Section:
    """Return a row for each rule; active ones that save next to nothing fold into one line."""
    if not audit.has_slugignore:
        return b.Section(title="Rules", blocks=(b.Paragraph(text="There is no .slugignore, so nothing is left out."),))
    title = f"Rules (.slugignore, read as {audit.dialect.value}; ~ estimated)"
    if not audit.rules:
        return b.Section(title=title, blocks=(b.Paragraph(text="The file has no rules."),))
    shown = audit.rules if view.full else _telling_rules(audit.rules, audit.estimated_saves_bytes)
    columns = (b.figures("saves"), b.figures("raw"), b.figures("files"), b.figures("line"), b.names("rule"))
    more = view.more(len(audit.rules) - len(shown), "more that save less than 1 % each (-v shows all)")
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
        told.append(b.Paragraph(text="Both readings keep the same files."))
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
    told = b.Line(text="The build log should say (a directory counts as one file)", depth=0)
    return b.Section(blocks=(told, b.Verbatim(lines=(log,), depth=1)) if audit.has_slugignore else ())


def _steps(audit: Audit) -> Iterator[str]:
    states = [effect.state for effect in audit.rules]
    if any(use.limit.of_checkout and use.status is not Status.OK for use in audit.limits):
        yield "Remove large files from the repository: the checkout limit applies before .slugignore."
    if not audit.has_slugignore and audit.suggestions:
        yield "Run slugtrim suggest --write to create a .slugignore with these entries."
    if RuleState.NEGATED in states:
        yield "Remove the ! lines: the platform doesn't support negation."
    if RuleState.DEAD in states:
        count = states.count(RuleState.DEAD)
        yield f"Remove or fix the {plural(count, 'rule')} that {'matches' if count == 1 else 'match'} nothing."
    if audit.other.only_here or audit.other.only_there:
        yield "Write rules as /spec (leading slash, no trailing slash): both readings agree on that form."
    yield "slugtrim ls --long lists every file with its size; slugtrim explain FILE says why it is in or out."
