"""Report on an audit: the answer, then what to do, then tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from slugtrim.audit import Audit, PathSize, RuleEffect
from slugtrim.buildpacks.packages import WeightOrigin
from slugtrim.findings import Level
from slugtrim.ignore import RuleState
from slugtrim.platforms import NO_SLUG, platform_of
from slugtrim.reports import blocks as b
from slugtrim.reports import parts
from slugtrim.reports.text import plural, share, size
from slugtrim.sizer import Status

_ALL = 0.98
"""A directory with this share of the slug adds nothing to the headline."""
_FEW = 12
"""A list of at most this many rules is shown in full."""
_BRANCHES = 30
"""So many directories and files are in a tree."""
_PACKAGES = 5
"""So many packages are named."""
_ORIGINS = {
    WeightOrigin.INSTALLED: "measured here",
    WeightOrigin.LOCK: "lock file",
    WeightOrigin.KNOWN: "known",
    WeightOrigin.ESTIMATED: "estimated",
}
_STATES = {
    RuleState.ACTIVE: "",
    RuleState.SHADOWED: "(other lines cover it)",
    RuleState.DEAD: "(matches nothing)",
    RuleState.NEGATED: "(no effect: ! is not supported)",
}


def report(audit: Audit, view: b.View, *, tree: bool = False) -> b.Report:
    """Return the whole report; a brief one is the headline. With ``tree``, the branches stand for all lists."""
    headline = _headline(audit)
    if view.brief:
        return (headline,)
    if tree:
        return (headline, b.Section(blocks=(parts.measured(audit.source, audit.dialect),)), _branches(audit, view))
    return (
        _no_slug(audit),
        headline,
        b.Section(blocks=(parts.measured(audit.source, audit.dialect), *_facts(audit))),
        b.Steps(steps=tuple(_steps(audit))),
        _totals(audit),
        _buildpacks(audit, view),
        parts.limits(audit.limits, view, only_code=audit.prediction is not None),
        _heaviest_directories(audit, view),
        parts.heaviest_files(audit.largest, view),
        _rules(audit, view),
        _other_reading(audit, view),
        _platforms(audit),
        _predicted_log(audit),
        parts.findings([finding for finding in audit.findings if finding.id != NO_SLUG], view),
        parts.suggestions(audit.suggestions or (), view) if not audit.makes_no_slug else b.Section(blocks=()),
        parts.notes(audit.notes, audit.unreadable, view),
    )


def _headline(audit: Audit) -> b.Headline:
    if audit.compiled is not None and audit.prediction is not None:
        return parts.predicted_headline(audit.compiled, audit.prediction, complete=audit.complete)
    if audit.compiled is None and not platform_of(audit.dialect).has_known_buildpacks:
        return parts.source_headline(audit.compressed_bytes, complete=audit.complete)
    return parts.headline(audit.headline_bytes, audit.headline_class, complete=audit.complete)


def _about(files: int) -> str:
    """Return an estimated number of files, without digits that nobody knows."""
    return f"≈ {round(files, 2 - len(str(files))) if files >= 100 else files:,}"


def _buildpacks(audit: Audit, view: b.View) -> b.Section:
    """Return what buildpacks are predicted to add, part by part, and the heaviest packages."""
    prediction = audit.prediction
    if prediction is None:
        return b.Section(blocks=())
    rows = []
    for part in prediction.parts:
        low, high = size(part.range.low_bytes), size(part.range.high_bytes)
        what = part.what if part.is_runtime else f"{parts.packages_of(part)} ({part.what})"
        weights = (f"≈ {size(part.range.expected_bytes)}", f"{low} to {high}", size(part.raw_bytes))
        rows.append(b.row(*weights, _about(part.files) if part.files else "", b.name(b.safe(what))))
        if part.started:
            compressed, raw = map(size, part.started_bytes)
            rows.append(b.row(f"≈ {compressed}", "of it", raw, "", b.name(b.safe(f"  needed by {part.started}"))))
    for package in view.some(prediction.heaviest, _PACKAGES):
        weight = package.weight
        name = b.name(b.safe(f"  {package.name} {package.version}".rstrip()))
        origin = "published" if weight.table == "published" else _ORIGINS[weight.origin]
        weights = (size(weight.compressed_bytes), origin, size(weight.raw_bytes))
        rows.append(b.row(*weights, f"{weight.files:,}" if weight.is_counted else _about(weight.files), name))
    columns = (b.figures("compressed"), b.words("range"), b.figures("raw"), b.figures("files"), b.names())
    told: list[b.Block] = [b.table(*columns, rows=rows)]
    if prediction.unknown_names and view.full:
        names = ", ".join(map(b.safe, prediction.unknown_names))
        told.append(b.Paragraph(text=f"Not in slugtrim's table, so estimated: {names}.", keeps_names=True))
    told += [b.Paragraph(text=b.safe(note)) for note in prediction.notes]
    return b.Section(title="What buildpacks will add (predicted)", blocks=tuple(told))


def _no_slug(audit: Audit) -> b.Section:
    told = []
    for finding in audit.findings:
        if finding.id == NO_SLUG:
            certain = "No slug" if finding.level is Level.ERROR else "Possibly no slug"
            text = f" {finding.message}. The sizes below assume a slug build."
            look = parts.LEVEL_LOOKS[finding.level]
            told.append(b.Callout(text=(f"{certain}: ", b.path(finding.path), text), look=look))
    return b.Section(blocks=tuple(told))


def _facts(audit: Audit) -> Iterator[b.Block]:
    compiled = audit.compiled
    is_known = platform_of(audit.dialect).has_known_buildpacks or compiled is not None
    if is_known and (audit.prediction is None or compiled is None or len(audit.prediction.classes(compiled)) == 1):
        yield b.Paragraph(text=parts.among_classes(audit.headline_bytes, audit.headline_class))
    if audit.prediction is not None and compiled is not None:
        for sentence in parts.over_limits(compiled):
            yield b.Callout(text=sentence, look=b.Look.RED, depth=1)
        made = parts.prediction_sentence(audit.prediction, audit.compressed_bytes)
        yield b.Paragraph(text=f"{made}. Your code's size is accurate to {_margin(audit)}.")
        yield b.Paragraph(text=parts.buildpacks_sentence(audit.prediction))
        raw = size(audit.slug.size_bytes + audit.prediction.raw_bytes)
        runtimes = sum(part.is_runtime for part in audit.prediction.parts)
        runtime = f" and {'a runtime' if runtimes == 1 else f'{runtimes} runtimes'}" if runtimes else ""
        count = audit.slug.files + audit.prediction.files
        counted = f"{_about(count)} files" if audit.prediction.files else plural(count, "file")
        copied = size(compiled.compressed_bytes)
        yield b.Paragraph(text=f"A new dyno copies ≈ {copied} and unpacks ≈ {raw}: {counted}{runtime}.")
    elif compiled is not None:
        made = parts.compiled_sentence(compiled, audit.compressed_bytes)
        yield b.Paragraph(text=f"{made}. Your code's size is accurate to {_margin(audit)}.")
    else:
        predicted = f"≈ {size(audit.compressed_bytes)} {_margin(audit)}"
        yield b.Paragraph(text=f"This is your code, compressed: {predicted}. Buildpacks add more.")
        if not platform_of(audit.dialect).ignore_file.precedes_build:
            name = platform_of(audit.dialect).name
            yield b.Paragraph(text=f"{name} applies .slugignore after the build, so rules may also name build output.")
    if audit.part is not None:
        part, files = audit.part, plural(audit.part.files, "file")
        of = f" of it: {files}, {size(part.size_bytes)} raw. The lists below cover this part."
        yield b.Paragraph(text=(b.path(part.path + b"/"), f" is {size(part.compressed_bytes)}", of))
    exact = audit.exact_compressed_bytes
    if exact is not None:
        off = (audit.compressed_bytes - exact) / exact * 100
        both = f"predicted {audit.compressed_bytes:,} bytes ({off:+.2f}%)"
        yield b.Paragraph(text=f"Compressed for real it is {size(exact)}: {exact:,} bytes, {both}.")


def _margin(audit: Audit) -> str:
    """Return how far off the prediction may be, rounded up."""
    per_mille = max(1, -(-audit.margin_bytes * 1000 // max(1, audit.compressed_bytes)))
    return f"± {per_mille / 10:.1f}%"


def _totals(audit: Audit) -> b.Table:
    platform = platform_of(audit.dialect)
    names = (*platform.compiler_removes_roots, platform.compiler_removes_name)
    removed = ", ".join(name.decode("ascii") for name in filter(None, names))
    totals = [
        ("", audit.checkout, "checkout"),
        ("", audit.compiler_removed, f"removed by the slug compiler ({removed})"),
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
        b.row(
            *(size(each.compressed_bytes), size(each.size_bytes), f"{each.files:,}", b.path(each.path + b"/")),
            weight=each.compressed_bytes,
        )
        for each in view.some(wanted, parts.HEAVIEST)
    ]
    columns = (b.figures("compressed"), b.figures("raw"), b.figures("files"), b.names("directory"))
    title = "Heaviest directories" if view.full else "Heaviest directories (parents hidden; -v shows all)"
    return b.Section(title=title, blocks=(b.table(*columns, rows=rows),) if rows else ())


def _branches(audit: Audit, view: b.View) -> b.Section:
    """Return the heaviest directories and files as a tree, each below the directory that it is in."""
    whole = audit.part.compressed_bytes if audit.part is not None else audit.compressed_bytes
    root = audit.part.path if audit.part is not None else b""
    nodes = [*((each.path + b"/", each) for each in audit.directories), *((each.path, each) for each in audit.largest)]
    heaviest = sorted(nodes, key=lambda node: (-node[1].compressed_bytes, node[0]))
    shown = (
        heaviest if view.full else [node for node in heaviest if node[1].compressed_bytes * 100 >= whole][:_BRANCHES]
    )
    # Whatever is shown, the directories above it weigh as much or more, so they are shown too.
    below: dict[bytes, list[tuple[bytes, PathSize]]] = {}
    for path, each in shown:
        below.setdefault(each.path.rpartition(b"/")[0], []).append((path, each))
    rows = []
    open_ = [(path, each, 0) for path, each in reversed(below.get(root, []))]
    while open_:
        path, each, depth = open_.pop()
        name = b.path(path[len(each.path.rpartition(b"/")[0]) :].lstrip(b"/"))
        weights = (size(each.compressed_bytes), share(each.compressed_bytes, whole), f"{each.files:,}")
        rows.append(b.row(*weights, (b.literal("  " * depth), name), weight=each.compressed_bytes))
        open_ += [(*node, depth + 1) for node in reversed(below.get(each.path, [])) if path.endswith(b"/")]
    columns = (b.figures("compressed"), b.figures("share"), b.figures("files"), b.names("branch"))
    more = view.more(len(nodes) - len(shown), "lighter files and directories (-v shows them)")
    what = "Your code" if audit.part is None else "This directory"
    said = b.Paragraph(text=f"{what}: {size(whole)} before buildpacks; shares are of this.")
    return b.Section(blocks=(said, b.table(*columns, rows=rows), *more) if rows else ())


def _telling(directories: Sequence[PathSize], whole_bytes: int) -> list[PathSize]:
    """Return the directories without small ones, without one that is all of the slug, and without those that repeat."""
    sizes = {each.path: each.compressed_bytes for each in directories if each.compressed_bytes < _ALL * whole_bytes}
    kept = parts.without_repeats(sizes, whole_bytes // 100)
    return [each for each in directories if each.path in kept]


def _rules(audit: Audit, view: b.View) -> b.Section:
    """Return a row for each rule; active ones that save next to nothing fold into one line."""
    if not audit.has_slugignore:
        return b.Section(title="Rules", blocks=(b.Paragraph(text="There is no .slugignore, so nothing is left out."),))
    title = f"Rules (.slugignore, read as {audit.dialect.value}; ~ estimated)"
    if not audit.rules:
        return b.Section(title=title, blocks=(b.Paragraph(text="The file has no rules."),))
    shown = audit.rules if view.full else _telling_rules(audit.rules, audit.estimated_saves_bytes)
    columns = (b.figures("saves"), b.figures("raw"), b.figures("files"), b.figures("line"), b.names("rule"))
    more = view.more(len(audit.rules) - len(shown), "more that save less than 1% each (-v shows all)")
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
                told.append(b.Paragraph(text=f"{verb} {_more(len(different))} ({size(total)} raw):"))
                largest_first = sorted(different, key=lambda file: -file.size_bytes)
                told += parts.some_paths([file.path for file in largest_first], view)
    how = platform_of(other.dialect).ignore_file.how(other.dialect)
    return b.Section(title=f"Read as {other.dialect.value} ({how})", blocks=tuple(told))


def _platforms(audit: Audit) -> b.Section:
    """Return a row for each reading of each platform that the repository deploys to."""
    rows = [
        b.row(size(each.compressed_bytes), f"{each.files:,}", each.platform, each.dialect.value)
        for each in audit.platforms
    ]
    columns = (b.figures("compressed"), b.figures("files"), b.words("platform"), b.names("read as"))
    return b.Section(title="Your code on each platform", blocks=(b.table(*columns, rows=rows),) if rows else ())


def _more(files: int) -> str:
    return f"{files:,} more {'file' if files == 1 else 'files'}"


def _predicted_log(audit: Audit) -> b.Section:
    """Return what the build log should say, for comparison."""
    log = f"-----> Deleting {audit.deleting} files matching .slugignore patterns."
    told = b.Line(text="The build log should say (a directory counts as one file)", depth=0)
    is_told = audit.has_slugignore and audit.deleting is not None
    return b.Section(blocks=(told, b.Verbatim(lines=(log,), depth=1)) if is_told else ())


def _steps(audit: Audit) -> Iterator[str]:
    if audit.prediction is not None:
        yield from parts.teaching_steps(audit.prediction)
    states = [effect.state for effect in audit.rules]
    if any(use.limit.of_checkout and use.status is not Status.OK for use in audit.limits):
        yield "Remove large files from the repository: the checkout limit applies before .slugignore."
    if audit.suggestions is None and not audit.makes_no_slug:
        yield parts.RUN_SUGGEST
    if not audit.has_slugignore and audit.suggestions:
        yield "Run slugtrim suggest --write to create a .slugignore with the entries below."
    if RuleState.NEGATED in states:
        yield f"Remove the ! lines: {platform_of(audit.dialect).name} doesn't support negation."
    if RuleState.DEAD in states and platform_of(audit.dialect).ignore_file.precedes_build:
        count = states.count(RuleState.DEAD)
        yield f"Remove or fix the {plural(count, 'rule')} that {'matches' if count == 1 else 'match'} nothing."
    if audit.other.only_here or audit.other.only_there:
        yield "Write rules as /spec (leading slash, no trailing slash): both readings agree on that form."
    yield "slugtrim ls --long lists every file with its size; slugtrim explain FILE says why it is in or out."
