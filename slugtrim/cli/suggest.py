"""``slugtrim suggest``."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from typing import Any

import click
from msgspec import Struct
from msgspec.structs import replace

from slugtrim.cli.configured import configured, named_tree, part_of
from slugtrim.cli.options import OutputOptions, TreeOptions, measuring_options, output_options, tree_options
from slugtrim.cli.output import say, write
from slugtrim.cli.progress import ProgressLine
from slugtrim.cli.verifying import RunLines, to_verify, verify_options
from slugtrim.errors import UsageError
from slugtrim.files import Found, quoted
from slugtrim.interrupts import Interrupts
from slugtrim.reports.formats import formats_of, render
from slugtrim.reports.style import plural, size
from slugtrim.sources.slugignore import slugignore_on_disk
from slugtrim.suggester.found import suggest_found
from slugtrim.suggester.record import MIN_SAVING_BYTES, Advice, AdviceTerms, Overrule, Overrules, Tier
from slugtrim.suggester.writing import check_writable, with_entries, write_slugignore
from slugtrim.units import parse_size
from slugtrim.verifier.terms import VerifyTerms


class _Wish(Struct, frozen=True, kw_only=True):
    """What is to be shown, and what is to be done."""

    with_withheld: bool
    diff: bool
    write: bool
    conditional: bool
    """Conditional entries are written as well."""
    asked: AdviceTerms


def _wish_options(command: Callable[..., None]) -> Callable[..., None]:
    @functools.wraps(command)
    def wrapped(
        *,
        with_withheld: bool,
        diff: bool,
        write: bool,
        conditional: bool,
        min_saving: str | None,
        include: Sequence[str],
        exclude: Sequence[str],
        **rest: Any,
    ) -> None:
        asked = AdviceTerms(
            min_saving_bytes=MIN_SAVING_BYTES if min_saving is None else _size(min_saving),
            overrules=Overrules(
                include=tuple(_overrule("--include", text) for text in include),
                exclude=tuple(_overrule("--exclude", text) for text in exclude),
            ),
        )
        wish = _Wish(with_withheld=with_withheld, diff=diff, write=write, conditional=conditional, asked=asked)
        command(wish=wish, **rest)

    decorated: Callable[..., None] = wrapped
    for option in reversed(_WISH_OPTIONS):
        decorated = option(decorated)
    return decorated


_WISH_OPTIONS = (
    click.option("--all", "with_withheld", is_flag=True, help="Show what stays as well, and who needs it."),
    click.option("--diff", is_flag=True, help="Show what --write would change in .slugignore."),
    click.option("--write", is_flag=True, help="Add the safe entries to .slugignore."),
    click.option(
        "--conditional",
        is_flag=True,
        help="Write the conditional entries as well: with --write, --diff, project-toml.",
    ),
    click.option(
        "--include", metavar="PATTERN", multiple=True, help="Leave this out, even if the deploy uses it; repeatable."
    ),
    click.option("--exclude", metavar="PATTERN", multiple=True, help="Never suggest this; repeatable."),
    click.option(
        "--min-saving", metavar="SIZE", help="Leave away entries that save less; 1KB by default, 0 keeps all."
    ),
)


@click.command("suggest", short_help="What else could be left out, and what that saves.")
@click.argument("path", default=".", metavar="[PATH]")
@_wish_options
@verify_options
@tree_options
@measuring_options
@output_options(*formats_of("suggest"))
def command(
    path: str,
    wish: _Wish,
    terms: VerifyTerms | None,
    use_cache: bool,
    progress: bool | None,
    tree_options: TreeOptions,
    output_options: OutputOptions,
) -> None:
    """What else could be left out of the slug, what each entry saves, and what speaks for it.

    Nothing is changed without --write, which adds the safe entries to .slugignore and leaves the rest of it as it is;
    --conditional adds the others. --format project-toml prints them for Cloud Native Buildpacks. In a repository, PATH
    may be a directory below the top: then the entries in it are shown.

    With --verify, COMMAND has the last word: a build, a boot check, a smoke test. It runs with everything there, then
    without what is suggested, each time in a fresh temporary checkout of the committed files. There it must install
    what it needs: nothing ignored or untracked is in it. What it fails without is not suggested. It runs as you, with
    your environment; nothing in your tree is touched.
    """
    if wish.diff and output_options.format != "text":
        raise UsageError(f"--diff: takes the place of --format {output_options.format}; drop one of them")
    found = named_tree(path, tree_options)
    config = configured(tree_options, found.source, found.git_dir)
    dialect = config.reading
    if wish.write:
        check_writable(found.source)
    own = wish.asked.overrules
    overrules = Overrules(include=(*own.include, *config.include), exclude=(*own.exclude, *config.exclude))
    asked = replace(wish.asked, overrules=overrules, part=part_of(path, found))
    with ProgressLine(shown=progress) as line:
        if terms is None:
            advice = suggest_found(found, dialect, use_cache=use_cache, progress=line, asked=asked)
        else:
            from slugtrim.verifier.compose import verified_advice

            with RunLines(line, quiet=output_options.quiet, shown=progress is not False) as lines:
                advice = verified_advice(
                    to_verify(found, quiet=output_options.quiet),
                    terms,
                    lines,
                    dialect,
                    use_cache=use_cache,
                    progress=line,
                    asked=asked,
                )
    advice = _with_slugignore_on_disk(advice, found)
    entries = advice.written(conditional=wish.conditional)
    content = with_entries(advice.slugignore, entries, advice.comments)
    is_written = wish.write and content != (advice.slugignore or b"")
    if is_written:
        with Interrupts():
            write_slugignore(found.source, advice.slugignore, content)
    for name, target in _targets(output_options, wish):
        style = output_options.style(target)
        if name == "diff":
            from slugtrim.reports import suggest_diff

            text = suggest_diff.render(advice.slugignore, content, advice.source.prefix, style)
        else:
            text = render(
                "suggest",
                name,
                advice,
                style=style,
                with_withheld=wish.with_withheld,
                is_written=is_written,
                conditional=wish.conditional,
            )
        write(text, target)
    if output_options.quiet:
        return
    if wish.write:
        _tell(advice, len(entries) if is_written else 0)
    if wish.write or wish.diff or any(name == "project-toml" for name, _ in _targets(output_options, wish)):
        _tell_of_conditional(advice, len(entries))


def _with_slugignore_on_disk(advice: Advice, found: Found) -> Advice:
    """For a commit tried in place of its work tree, whose ``.slugignore`` is what is to be changed."""
    if advice.source.kind is found.source.kind:
        return advice
    return replace(advice, slugignore=slugignore_on_disk(found.source.path))


def _overrule(option: str, text: str) -> Overrule:
    from slugtrim.config.keys import Refused, read_pattern  # only an overruling needs them

    origin = f"{option} {quoted(os.fsencode(text))}"
    try:
        return Overrule(pattern=read_pattern(text), origin=origin)
    except Refused as refused:
        raise UsageError(f"{origin}: {refused}") from None


def _size(text: str) -> int:
    if text.strip() == "0":
        return 0
    try:
        return parse_size(text)
    except UsageError as error:
        raise UsageError(f"--min-saving: {error}") from error


def _targets(options: OutputOptions, wish: _Wish) -> tuple[tuple[str, str], ...]:
    """Every report to write, with the diff in the place of the main one where it is asked for."""
    return (*options.reports, ("diff" if wish.diff else options.format, options.output))


def _tell(advice: Advice, count: int) -> None:
    path = quoted(os.path.join(advice.source.path, b".slugignore"))
    if count:
        entries = plural(count, "entry", "entries")
        say(f"{path}: added {entries}; commit it, for a push sends what is committed")
    else:
        say(f"{path}: nothing to add")


def _tell_of_conditional(advice: Advice, written: int) -> None:
    left = [entry for entry in advice.suggestions if entry.tier is Tier.CONDITIONAL]
    if left and written < len(advice.suggestions):
        count = plural(len(left), "conditional entry", "conditional entries")
        saved = size(sum(entry.saves_compressed_bytes for entry in left))
        it = "it" if len(left) == 1 else "them"
        say(f"{count} not written ({saved}); review {it} and add --conditional")
