"""Parts that several reports share: what was measured, budgets, limits, heavy files, suggestions, notes."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import assert_never

from slugtrim.audit import LimitUse, PathSize
from slugtrim.budget import Measure, Remedy, Result, Verdict
from slugtrim.buildpacks.packages import PackageChange, PackageGrowth, PredictedPart, Prediction
from slugtrim.files import Note, Source, SourceKind, Unreadable, quoted
from slugtrim.findings import Finding, Level
from slugtrim.ignore import Dialect
from slugtrim.platforms import PLATFORM, platform_of
from slugtrim.reports import blocks as b
from slugtrim.reports.blocks import safe
from slugtrim.reports.text import plural, signed, size, used_share
from slugtrim.sizer import Compiled, Overhead, SizeClass, Status, table
from slugtrim.suggester.records import Advised


def origin(overhead: Overhead) -> str:
    """Return where an overhead comes from, and how old it is."""
    name = overhead.origin
    shown = name if name.isprintable() else quoted(name.encode("utf-8", "surrogateescape"))
    days = overhead.age_days
    if days is None:
        return shown
    age = f"{days:,} {'day' if days == 1 else 'days'} old" if days else "less than a day old"
    return f"{shown}, {age}"


def doubt(overhead: Overhead) -> str:
    """Return why the overhead may have changed; empty if there is no reason."""
    if not overhead.changed:
        return ""
    first, more = quoted(overhead.changed[0]), len(overhead.changed) - 1
    return f"{first}{f' and {more:,} more' if more else ''} changed since"


def name(result: Result) -> str:
    """Return what is limited, in a word or two."""
    if result.kind is None:
        return f"platform: {result.text} limit"
    if result.is_default:
        return "default warning"
    return result.kind.name or quoted(result.pattern or b"")


def amount(result: Result, value: int) -> str:
    """Return ``value`` as a number of files or a size, as the result has it."""
    return f"{value:,}" if result.counts_files else size(value)


def used(result: Result) -> str:
    """Return the used amount; growth has a sign."""
    return signed(result.used) if result.measure is Measure.GROWTH else amount(result, result.used)


def allowed(result: Result) -> str:
    """Return the limit as the user wrote it, or its bytes if that is a word or a share."""
    return safe(result.text) if _is_number(result) else amount(result, result.limit)


def where(result: Result) -> str:
    """Return where the limit is written, after the limit itself if ``allowed`` shows only its bytes."""
    if result.is_default:
        return "no budget is set"
    at = safe(str(result.written))
    return at if _is_number(result) or result.measure is Measure.PLATFORM else f"{safe(result.text)}; {at}"


def _is_number(result: Result) -> bool:
    return result.text[:1].isdigit() and not result.text.endswith("%")


_LEAST_CHANGE = 0.0005
"""A smaller change rounds to 0.0%."""


def change_percent(share: float) -> str:
    """Return a change as a percentage with its sign, or ``<0.1%`` if it would round to zero."""
    return f"{share * 100:+.1f}%" if abs(share) >= _LEAST_CHANGE else "<0.1%"


def sentence(result: Result) -> str:
    """Return a sentence about an exceeded limit: the size, the excess, the limit, and where it is written."""
    over, limit = amount(result, result.over), f"{allowed(result)} ({where(result)})"
    if result.kind is None:
        what = "a checkout" if result.remedy is Remedy.CHECKOUT else "a slug"
        effect = "the push is rejected" if result.verdict is Verdict.FAIL else "the build warns"
        return f"{used(result)} is {over} over the platform's limit for {what}, so {effect}: {limit}"
    count = plural(result.used, "file")
    return result.kind.sentence.format(used=used(result), count=count, over=over, limit=limit, name=name(result))


def cure(results: Sequence[Result]) -> str:
    """Return what to do about similar exceeded limits, without a full stop."""
    written = list(dict.fromkeys(safe(str(result.written)) for result in results if not _is_fixed(result)))
    raising = f", or raise the limit ({', '.join(written)})" if written else ""
    return _REMEDIES[results[0].remedy] + raising


def cures(results: Sequence[Result]) -> Iterator[str]:
    """Yield what to do about all of them, each step once."""
    alike: dict[Remedy, list[Result]] = {}
    for result in results:
        alike.setdefault(result.remedy, []).append(result)
    yield from map(cure, alike.values())


_REMEDIES = {
    Remedy.SMALLER: "Make the slug smaller (slugtrim suggest shows what to leave out)",
    Remedy.FEWER: "Leave out files that the app doesn't need (slugtrim ls --long lists sizes)",
    Remedy.CHECKOUT: "Remove large files from the repository (.slugignore doesn't shrink the checkout)",
}


def _is_fixed(result: Result) -> bool:
    return result.measure is Measure.PLATFORM


SOME = 5
"""Paths shown of a long list."""
HEAVIEST = 10
"""Rows shown of a list by size."""
BEFORE_BUILDPACKS = "This is your code, compressed (predicted). Buildpacks add more."
RUN_SUGGEST = "Run slugtrim suggest to see what could be left out."
CLASS_LOOKS = {SizeClass.SMALL: b.Look.GREEN, SizeClass.AVERAGE: b.Look.YELLOW, SizeClass.WEIGHTY: b.Look.RED}
STATUS_LOOKS = {Status.OK: b.Look.GREEN, Status.WARN: b.Look.YELLOW, Status.OVER: b.Look.RED}
LEVEL_LOOKS = {Level.ERROR: b.Look.RED, Level.WARNING: b.Look.YELLOW, Level.NOTE: b.Look.YELLOW}


def measured(source: Source, dialect: Dialect = Dialect.GITIGNORE) -> b.Line:
    """Return which tree the report is about, in one line; also the platform, unless it is the usual one."""
    platform = platform_of(dialect)
    where = f", on {platform.name}" if platform is not PLATFORM else ""
    rev = (source.rev or "")[:10]
    match source.kind:
        case SourceKind.COMMIT:
            what = f"Commit {rev} of"
        case SourceKind.WORKTREE:
            what = f"Tracked files, at {rev}, of" if rev else "Tracked files, before a first commit, of"
        case SourceKind.ARCHIVE if source.path == b"-":
            return b.Line(text="Compiled slug from stdin", depth=0)
        case SourceKind.ARCHIVE:
            what = "Compiled slug"
        case _:
            what = "All files of"
    return b.Line(text=(f"{what} ", b.path(source.path), where), depth=0, shortens=True)


def weight(compressed_bytes: int, size_class: SizeClass) -> tuple[b.Span, ...]:
    """Return a size and its class, as a headline has them."""
    class_ = b.marked(size_class.value, b.Look.BOLD, CLASS_LOOKS[size_class])
    return b.marked(size(compressed_bytes), b.Look.BOLD), b.literal(" "), class_


def source_headline(compressed_bytes: int, *, complete: bool) -> b.Headline:
    """Return the size alone, where nobody knows what buildpacks add: the class is that of the whole."""
    return b.Headline(text=(size(compressed_bytes), b.literal(" of your code"), *_short(complete)))


def headline(compressed_bytes: int, size_class: SizeClass, *, complete: bool) -> b.Headline:
    """Return the size and its class as the headline of a report."""
    return b.Headline(text=(*weight(compressed_bytes, size_class), *_short(complete)))


def _short(complete: bool) -> tuple[b.Span, ...]:
    return () if complete else (b.marked("  (at least: not everything could be read)", b.Look.YELLOW),)


def among_classes(compressed_bytes: int, size_class: SizeClass) -> str:
    """Return where the size lies among the book's marks."""
    *_, average, weighty = (least for least, _ in table().classes)
    to_weighty = size(abs(weighty - compressed_bytes))
    match size_class:
        case SizeClass.SMALL:
            return f"Small: under {size(average)}. Average starts {size(average - compressed_bytes)} above this."
        case SizeClass.AVERAGE:
            return f"Average: {size(average)} to {size(weighty)}. Weighty starts {to_weighty} above this."
        case SizeClass.WEIGHTY:
            return f"Weighty: from {size(weighty)}. This is {to_weighty} above that."
        case _:
            assert_never(size_class)


def to_soft_limit(compressed_bytes: int) -> str:
    """Return how far a compiled slug is from the limit at which a build warns; above it, also from the next one."""
    said: list[str] = []
    for limit in table().limits:
        if limit.of_checkout or (said and compressed_bytes <= table().limits[0].limit_bytes):
            continue
        far = limit.limit_bytes - compressed_bytes
        effect = "rejects the push" if limit.rejects else "warns"
        where = f"{size(abs(far))} {'under' if far >= 0 else 'over'} the {limit.id} limit"
        said.append(f"{where} of {size(limit.limit_bytes)}, above which {PLATFORM.name} {effect}")
    return f"{'; '.join(said)}."


def compiled_sentence(compiled: Compiled, source_bytes: int) -> str:
    """Return how the size of the compiled slug comes about, without the point."""
    overhead = compiled.overhead
    sign, what = ("+", "of buildpacks") if overhead.size_bytes >= 0 else ("-", "that buildpacks remove")
    added = f"{sign} {size(abs(overhead.size_bytes))} {what} ({origin(overhead)})"
    estimate = f"{size(source_bytes)} of your code {added} = {size(compiled.compressed_bytes)} (estimated)"
    why = doubt(overhead)
    return f"{estimate}; {why}, so it may be out of date" if why else estimate


def predicted_headline(compiled: Compiled, prediction: Prediction, *, complete: bool) -> b.Headline:
    """Return the size of a compiled slug that is predicted, with its range and class, as the headline of a report."""
    short = () if complete else (b.marked("  (at least: not everything could be read)", b.Look.YELLOW),)
    shown = prediction.classes(compiled)
    first, *more = (b.marked(each.value, b.Look.BOLD, CLASS_LOOKS[each]) for each in shown)
    class_ = (first, *(span for each in more for span in (b.literal(" to "), each)))
    range_ = b.literal(f" (likely {size(compiled.low_bytes)} to {size(compiled.high_bytes)}) ")
    weight_ = b.marked(f"≈ {size(compiled.compressed_bytes)}", b.Look.BOLD)
    return b.Headline(text=(weight_, range_, *class_, *short))


def predicted_words(compiled: Compiled, prediction: Prediction) -> str:
    """Return the size of a predicted slug with its range and class, in words."""
    class_ = " to ".join(each.value for each in prediction.classes(compiled))
    range_ = f"likely {size(compiled.low_bytes)} to {size(compiled.high_bytes)}"
    return f"≈ {size(compiled.compressed_bytes)} ({range_}) {class_}"


def growth_sentences(growth: PackageGrowth) -> Iterator[str]:
    """Yield what changed lock files bring, and how to have less of it."""
    named = [safe(f"{change.name} {change.after or 'removed'}") for change in growth.changes[:_NAMED]]
    more = len(growth.changes) - len(named)
    packages = ", ".join(named) + (f" and {plural(more, 'more package')}" if more else "")
    where_ = ", ".join(quoted(lock) for lock in growth.locks) or "the buildpacks"
    grown = f"≈ {signed(growth.compressed_bytes)} compressed, {signed(growth.raw_bytes)} raw"
    yield f"{where_}: {grown}: {packages}."
    if growth.cuda_bytes is not None:
        compressed, raw = growth.cuda_bytes
        yield (
            f"Packages for graphics cards are ≈ {size(compressed)} of it ({size(raw)} raw), and no dyno has one: "
            "install the CPU build (for torch: --extra-index-url https://download.pytorch.org/whl/cpu)."
        )


def package_changes(growth: PackageGrowth | None, view: b.View) -> b.Section:
    """Return a row for each package that changed lock files bring or drop."""
    if growth is None:
        return b.Section(blocks=())
    sized = [change for change in growth.changes if change.compressed_bytes or change.raw_bytes]
    rows = [
        b.row(
            f"≈ {signed(change.compressed_bytes) if change.compressed_bytes else 0}",
            signed(change.raw_bytes) if change.raw_bytes else "0",
            safe(_versions(change)),
            b.name(safe(change.name)),
        )
        for change in view.some(sized, HEAVIEST)
    ]
    columns = (b.figures("compressed"), b.figures("raw"), b.words("version"), b.names("package"))
    listed = (b.table(*columns, rows=rows),) if rows else ()
    title = "Packages that the lock files change (predicted)"
    more = view.more(len(sized) - len(rows), "more (-v shows all)")
    same = len(growth.changes) - len(sized)
    unsized = f"{plural(same, 'package')} changed only in version, with no known difference in size."
    told = (b.Paragraph(text=unsized),) if same else ()
    return b.Section(title=title, summary=title, blocks=(*listed, *more, *told))


def _versions(change: PackageChange) -> str:
    if not change.before:
        return f"new {change.after}".rstrip()
    return f"{change.before} → {change.after}" if change.after else f"{change.before} removed"


def over_limits(compiled: Compiled) -> Iterator[str]:
    """Yield a sentence for each limit of the platform that even the low end of a prediction exceeds."""
    for limit in table().limits:
        if not limit.of_checkout and compiled.low_bytes > limit.limit_bytes:
            effect = "reject the push" if limit.rejects else "warn at the build"
            over = f"Even the low end, {size(compiled.low_bytes)}, is over the limit of {size(limit.limit_bytes)}"
            yield f"{over} (as of {limit.date}): {PLATFORM.name} would {effect}."


def prediction_sentence(prediction: Prediction, source_bytes: int) -> str:
    """Return what a predicted slug is made of, without the point."""
    packages = sum(part.range.expected_bytes for part in prediction.parts if not part.is_runtime)
    added = [f"{size(source_bytes)} of your code"]
    if prediction.packages:
        added.append(f"{size(packages)} of {_packages(prediction)}")
    added += [f"{size(part.range.expected_bytes)} of {part.what}" for part in prediction.parts if part.is_runtime]
    return " + ".join(added) + _unknown_words(prediction)


_NPM, _PYTHON = ("npm package", "npm packages"), ("Python package", "Python packages")
_MANAGERS = {
    "npm": ("npm ci", *_NPM),
    "yarn": ("yarn install", *_NPM),
    "yarn-berry": ("yarn install", *_NPM),
    "pnpm": ("pnpm install", *_NPM),
    "bun": ("bun install", *_NPM),
    "pip": ("pip install -r requirements.txt in a virtual environment", *_PYTHON),
    "poetry": ("poetry install", *_PYTHON),
    "uv": ("uv sync", *_PYTHON),
    "pipenv": ("pipenv install", *_PYTHON),
    "bundler": ("bundle install", "gem", "gems"),
    "composer": ("composer install", "Composer package", "Composer packages"),
}
"""What installs an application's packages on a developer's machine, and what they are called: one, and several."""


def packages_of(part: PredictedPart) -> str:
    """Return how many packages a part has, and of what kind."""
    return plural(part.packages, *_MANAGERS.get(part.what, ("", "package", "packages"))[1:])


def _packages(prediction: Prediction) -> str:
    """Return the packages of all parts, as many kinds as there are."""
    return " and ".join(packages_of(part) for part in prediction.parts if not part.is_runtime)


def _unknown_words(prediction: Prediction) -> str:
    if not prediction.unknown:
        return ""
    if prediction.unknown == prediction.packages:
        return "; slugtrim's table has none of the packages, so their sizes are estimated"
    are, is_ = ("isn't", "its size is") if prediction.unknown == 1 else ("aren't", "their sizes are")
    return f"; {prediction.unknown:,} of the packages {are} in slugtrim's table, so {is_} estimated"


def buildpacks_sentence(prediction: Prediction) -> str:
    """Return which buildpacks run and who says so."""
    names = ", ".join(f"{safe(each.id)} ({safe(each.decided_by)})" for each in prediction.buildpacks)
    said = "Buildpack" if len(prediction.buildpacks) == 1 else "Buildpacks"
    if prediction.buildpacks_origin != "detected":
        return f"{said}: {names}."
    also = " and ".join(safe(each.id) for each in prediction.others)
    runs = "runs" if len(prediction.others) == 1 else "run"
    more = f" {also} {runs} only if you add {'it' if runs == 'runs' else 'them'}." if also else ""
    listed = f"If {PLATFORM.id} buildpacks shows others, list them in slugtrim.toml as buildpacks."
    return f"{said}: {names}, detected.{more} {listed}"


_NAMED = 3
"""So many packages are named in a sentence."""


def teaching_steps(prediction: Prediction) -> Iterator[str]:
    """Yield how to make a prediction surer."""
    unknown = [part.what for part in prediction.parts if part.unknown]
    commands = [_MANAGERS[manager][0] for manager in dict.fromkeys(unknown) if manager in _MANAGERS]
    record = f"slugtrim builds record -- {PLATFORM.push_command}"
    if commands and not prediction.is_sure:
        yield f"Run {' and '.join(commands)}, then slugtrim again, to measure what is only estimated; or run {record}."
    elif not prediction.is_installed:
        yield f"Run {record} to learn exactly what buildpacks add."


def limit_words(use: LimitUse) -> tuple[str, str]:
    """Return what a limit of the platform is about, and what happens above it."""
    return "checkout" if use.limit.of_checkout else "slug", "push rejected" if use.limit.rejects else "build warns"


def is_near(use: LimitUse) -> bool:
    """Return True if at least half of the limit is used."""
    return use.used_bytes * 2 >= use.limit.limit_bytes


def limits(uses: Sequence[LimitUse], view: b.View, *, only_code: bool = False) -> b.Section:
    """Return a line for each limit of the platform, if any limit is at least half used or ``view`` is full.

    With ``only_code``, a note says that the sizes lack what buildpacks add.
    """
    if not (view.full or view.is_page or any(map(is_near, uses))):
        return b.Section(blocks=())
    columns = (
        b.MARKS,
        b.figures(page="used"),
        b.words(page="of what"),
        b.words(page="when exceeded (date of the source)"),
    )
    rows = []
    for use in uses:
        what, effect = limit_words(use)
        status = b.marked(f"{use.status.value:<4}", STATUS_LOOKS[use.status])
        used = f"{used_share(use):>4} of {size(use.limit.limit_bytes):>4}"
        rows.append(b.row(status, used, f"{what:<8}", f"{effect} ({use.limit.date})"))
    title = "Platform limits (when exceeded; date of the source)"
    note = (b.Paragraph(text="Only your code counts here, without what buildpacks add."),) if only_code else ()
    return b.Section(title=title, blocks=(b.table(*columns, rows=rows), *note))


_DOMINATED = 0.5
"""A directory is left out if one child holds at least this share of it."""
_SMALL_PART = 0.1
"""Below a directory that is shown, only a child with less than this share of it is shown as well."""


def without_repeats(sizes: Mapping[bytes, int], least_bytes: int = 0) -> Container[bytes]:
    """Return the paths of the directories that say something new: a parent without its children, or the children.

    ``sizes`` are bytes by path, without slashes at the end. A parent gives way to a child that is half of it.
    """
    dominated = set()
    for path, size_bytes in sizes.items():
        above = path.rpartition(b"/")[0]
        if above in sizes and size_bytes >= _DOMINATED * sizes[above]:
            dominated.add(above)
    kept: dict[bytes, int] = {}
    for path in sorted(sizes.keys() - dominated):  # a parent comes before its children
        above = path
        while above and above not in kept:
            above = above.rpartition(b"/")[0]
        is_small_part = above not in kept or sizes[path] < _SMALL_PART * kept[above]
        if sizes[path] >= least_bytes and is_small_part:
            kept[path] = sizes[path]
    return kept


def heaviest_files(largest: Sequence[PathSize], view: b.View) -> b.Section:
    """Return a row for each; nothing if there are none."""
    rows = [
        b.row(*(size(each.compressed_bytes), size(each.size_bytes)), b.path(each.path), weight=each.compressed_bytes)
        for each in view.some(largest, HEAVIEST)
    ]
    shown = b.table(b.figures("compressed"), b.figures("raw"), b.names("file"), rows=rows)
    return b.Section(title="Heaviest files", blocks=(shown,) if rows else ())


def place(finding: Finding) -> b.Span:
    """Return the file, and the line if there is one."""
    return b.name(quoted(finding.path) + (f":{finding.line}" if finding.line is not None else ""))


def findings(shown: Sequence[Finding], view: b.View) -> b.Section:
    """Return the first of each kind with how many more there are; all of them if long lists are shown whole."""
    kinds: dict[str, list[Finding]] = {}
    for finding in shown:
        kinds.setdefault(finding.id, []).append(finding)
    told = []
    for id_, found in kinds.items():
        more = f", and {len(found) - 1:,} more" if len(found) > 1 and not view.full else ""
        for finding in found if view.full else found[:1]:
            level = b.marked(finding.level.value, LEVEL_LOOKS[finding.level])
            told.append(b.Paragraph(text=(level, "  ", place(finding), f": {finding.message} [{id_}{more}]")))
    return b.Section(title="To fix (run slugtrim lint for details and more checks)", blocks=tuple(told))


def suggestions(entries: Sequence[Advised] | None, view: b.View) -> b.Section:
    """Return a row for each entry that `.slugignore` could have; if nothing is known of them, who looks for them."""
    if entries is None:
        return b.Section(blocks=(b.Paragraph(text=RUN_SUGGEST, depth=0),))
    rows = []
    for entry in view.some(entries, len(entries)):
        saves, files = b.literal(f"~{size(entry.saves_compressed_bytes)}"), f"{entry.files:,}"
        rows.append(b.row(saves, files, b.path(entry.pattern), entry.reason))
    columns = (b.figures("saves"), b.figures("files"), b.names("entry for .slugignore"), b.words(page="why"))
    return b.Section(
        title="Could also be left out (slugtrim suggest shows all)",
        summary="What could also be left out",
        is_open=True,
        blocks=(b.table(*columns, rows=rows, screen=(0, 1, 2)),) if rows else (),
    )


def some_paths(paths: Sequence[bytes], view: b.View) -> Iterator[b.Block]:
    """Yield the first few of them, or all."""
    shown = view.some(paths, SOME)
    if shown:
        yield b.Items(items=tuple(map(b.path, shown)))
    yield from view.more(len(paths) - len(shown), depth=2)


def reasons(unreadable: Sequence[Unreadable], view: b.View) -> Iterator[b.Block]:
    """Yield the first few paths that could not be read, or all, each with its reason below it."""
    shown = view.some(unreadable, SOME)
    for each in shown:
        yield b.Items(items=(b.path(each.path),))
        yield b.Paragraph(text=each.reason, depth=3)
    yield from view.more(len(unreadable) - len(shown), depth=2)


def notes(all_notes: Sequence[Note], unreadable: Sequence[Unreadable], view: b.View) -> b.Section:
    """Return what a reader of the totals should know; nothing if there is nothing."""
    told: list[b.Block] = []
    if unreadable:
        count = plural(len(unreadable), "path")
        told.append(b.Callout(text=f"{count} could not be read: the totals are too low", depth=1))
        told += reasons(unreadable, view)
    for note in all_notes:
        if note.id == "missing-submodule":
            continue  # those are unreadable paths already
        about = f"{plural(len(note.paths), 'path')}: " if note.paths else ""
        told.append(b.Paragraph(text=f"{about}{note.message}"))
        told += some_paths(note.paths, view)
    return b.Section(title="Notes", blocks=tuple(told))
