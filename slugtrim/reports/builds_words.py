"""What is said of a build in words, in every report."""

from __future__ import annotations

from typing import assert_never

from slugtrim.builds.record import Build, BuildOutcome, CommitOrigin, Fit, Told
from slugtrim.builds.remember import RecordResult
from slugtrim.ignore import Dialect
from slugtrim.reports.blocks import safe
from slugtrim.reports.budget_words import signed
from slugtrim.reports.style import plural, size
from slugtrim.sizer import classify


def remembered_line(done: RecordResult) -> str:
    """The size, of what it consists, and the change: one line."""
    build = done.build
    weight = f"{size(build.slug.size_bytes)} {classify(build.slug.size_bytes).value}"
    return f"{outcome(build)}{safe(build.name)}: {weight}{_parts(build)}{_change(done)}; remembered"


def outcome(build: Build) -> str:
    """What to put before the name of a build that was not released; empty for one that was."""
    match build.outcome:
        case BuildOutcome.RELEASED | BuildOutcome.BUILT:
            return ""
        case BuildOutcome.TOO_LARGE:
            return "too large: "
        case BuildOutcome.FAILED:
            return "failed: "
        case _:
            assert_never(build.outcome)


def _parts(build: Build) -> str:
    overhead = build.overhead_bytes(build.dialect)
    if overhead is None:
        return ""
    source = size(build.sources[build.dialect].compressed_bytes)
    if overhead < 0:
        return f", {size(-overhead)} less than your code ({source}): buildpacks take out more than they add"
    return f", {source} of your code + {size(overhead)} of buildpacks"


def _change(done: RecordResult) -> str:
    if done.before is None:
        return ""
    grown = done.build.slug.size_bytes - done.before.slug.size_bytes
    since = f"since {safe(done.before.name)}"
    return f", {signed(grown)} {since}" if grown else f", no change {since}"


def assumption(build: Build) -> str:
    """That the commit may be another; empty where it is known."""
    if not build.is_assumed:
        return ""
    if build.commit is None:
        return "its log names no commit; name it with --commit"
    how = "what its branch is here" if build.commit_origin is CommitOrigin.REF else "HEAD"
    return f"its log has no id of a commit, so {build.commit[:10]} is assumed ({how}); name it with --commit"


def difference(build: Build) -> str:
    """Where a build deleted other than predicted, and which dialect explains it; empty where all is as predicted."""
    fit = build.fit
    if fit in (None, Fit.BOTH) or build.deleting is None:
        return ""
    if fit is Fit.GLOB and build.dialect is Dialect.GLOB:
        return ""  # as the audit says that the log should
    counts = {dialect: build.sources[dialect].deleting for dialect in Dialect}
    said = f"the build deleted {plural(build.deleting, 'file')} by .slugignore, "
    predicted = ", ".join(f"{count:,} read as {dialect.value}" for dialect, count in counts.items())
    match fit:
        case Fit.GLOB | Fit.GITIGNORE:
            matching = Dialect(fit.value)
            advice = "" if matching is build.dialect else f'; dialect = "{matching.value}" in slugtrim.toml reads it so'
            return f"{said}as predicted for {matching.value} ({predicted}){advice}"
        case _:
            doubt = "; the commit is assumed, it may be another" if build.is_assumed else ""
            return f"{said}which neither reading predicts ({predicted}){doubt}"


def nothing_told(told: Told) -> str:
    """Why there is no build to remember."""
    if told.is_up_to_date:
        return "everything was up to date, so there is no build to remember"
    if told.is_built and told.is_failed:
        return "the build failed before a slug was packed, so there is no size to remember"
    if told.is_failed:
        return "the push failed before anything was built, so there is nothing to remember"
    if told.is_built:
        return "the log has no size of a slug, so there is nothing to remember"
    return "no build in the log, so there is nothing to remember"
