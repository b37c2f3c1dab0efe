"""Findings about the lines of a ``.slugignore``: what they say, what they do, why one does nothing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from slugtrim.files import SortedPaths, quoted
from slugtrim.findings import Level
from slugtrim.ignore import Dialect, Rule, RuleState
from slugtrim.lint.view import Fix, FixableFinding, LintView, on_line, shown
from slugtrim.platforms import PLATFORMS
from slugtrim.scanner import is_removed_by_compiler

if TYPE_CHECKING:
    from slugtrim.suggester.places import Project

_MAX_LINES = 20
"""How many other lines a finding names."""


def line_findings(view: LintView, *, thorough: bool = True) -> Iterator[FixableFinding]:
    """What is wrong with each line, in the order of the lines.

    Without ``thorough``, rules that match nothing are only looked at for a form that the dialect does not have.
    """
    takes_all = _takes_everything(view)
    differing = _differing(view)
    first: dict[bytes, int] = {}
    for rule in view.slug.rules:
        state = view.states[rule.line]
        before = first.setdefault(rule.pattern, rule.line)
        if rule.negated or (state is RuleState.DEAD and rule.pattern.startswith(b"!")):
            yield _negation(view, rule)
        elif before != rule.line:
            yield _duplicate(rule, before)
        elif rule.line in takes_all:
            yield _whole_slug(view, rule, takes_all[rule.line])
        elif state is RuleState.DEAD:
            found = dead_rule(view, rule, thorough=thorough)
            # What it takes in the other reading says more than that it takes nothing in this one.
            if rule.line in differing and (found is None or found.finding.id == "dead-rule"):
                yield _differs(view, rule, differing[rule.line])
            elif found is not None:
                yield found
        elif rule.line in differing:
            yield _differs(view, rule, differing[rule.line])
        elif state is RuleState.SHADOWED and thorough:
            yield _shadowed(view, rule)
    yield from _only_in_the_other(view, differing, {rule.line for rule in view.slug.rules})


def _negation(view: LintView, rule: Rule) -> FixableFinding:
    meant = rule.pattern.removeprefix(b"!")
    lost = sorted(view.alone(rule, meant) & view.left_out) if meant else []
    message = f"{shown(rule.text)} does nothing: {view.platform.name} doesn't support negation"
    if lost:
        message += f", and {quoted(lost[0])} stays out of the slug"
    cure = "Remove the line, and write rules that match only what should be left out"
    fix = Fix(line=rule.line, text=None)
    return on_line("negation", Level.ERROR, rule.line, message, cure, paths=lost, fix=fix)


def _duplicate(rule: Rule, before: int) -> FixableFinding:
    message = f"{shown(rule.pattern)} is already on line {before}"
    fix = Fix(line=rule.line, text=None)
    return on_line("duplicate-rule", Level.NOTE, rule.line, message, "Remove one of them", fix=fix)


def _shadowed(view: LintView, rule: Rule) -> FixableFinding:
    credited: set[int] = set()
    for row in view.paths.covered(view.alone(rule)):
        credited.update(view.credits[row.start : row.stop])
    others = sorted(credited - {0, rule.line})
    lines = ("line " if len(others) == 1 else "lines ") + ", ".join(map(str, others[:_MAX_LINES]))
    if len(others) > _MAX_LINES:
        lines += f" and {len(others) - _MAX_LINES:,} more"
    elif not others:
        lines = "other lines"
    covers = "covers" if len(others) == 1 else "cover"
    message = f"{lines[:1].upper()}{lines[1:]} already {covers} {shown(rule.pattern)}"
    return on_line("shadowed-rule", Level.NOTE, rule.line, message, "Remove one of them")


def _takes_everything(view: LintView) -> Mapping[int, Dialect]:
    """Line to the dialect in which its rule alone leaves nothing of the slug; the chosen one where both do."""
    found: dict[int, Dialect] = {}
    for slug in (view.other, view.slug):
        if slug.kept or len(slug.left_out) < 2:
            continue
        left_out = SortedPaths(left.file.path for left in slug.left_out)
        everything = [range(len(left_out.paths))]
        for rule in slug.rules:
            if not rule.negated and left_out.covered(view.alone(rule, slug=slug)) == everything:
                found[rule.line] = slug.dialect
    return found


def _whole_slug(view: LintView, rule: Rule, dialect: Dialect) -> FixableFinding:
    how = view.platform.ignore_file.how(dialect)
    reading = "" if dialect is view.slug.dialect else f", read {how} ({dialect.value})"
    message = f"{shown(rule.pattern)} leaves out every file{reading}"
    cure = "Name the files and directories to leave out, each from the root: /spec"
    return on_line("whole-slug", Level.ERROR, rule.line, message, cure)


def _differing(view: LintView) -> Mapping[int, tuple[Sequence[bytes], Sequence[bytes]]]:
    """Line to the paths that only the chosen reading leaves out by it, and those that only the other one does."""
    if view.slug.kept == view.other.kept:
        return {}
    here = {file.path for file in view.slug.kept}
    there = {file.path for file in view.other.kept}
    found: dict[int, tuple[list[bytes], list[bytes]]] = defaultdict(lambda: ([], []))
    for left in view.slug.left_out:
        if left.file.path in there:
            found[left.rule.line][0].append(left.file.path)
    for left in view.other.left_out:
        if left.file.path in here:
            found[left.rule.line][1].append(left.file.path)
    return found


def _differs(view: LintView, rule: Rule, differing: tuple[Sequence[bytes], Sequence[bytes]]) -> FixableFinding:
    only_here, only_there = differing
    chosen, other = view.slug.dialect.value, view.other.dialect.value
    parts = []
    if only_here:
        parts.append(f"leaves out {_counted(only_here)} as {chosen} only")
    if only_there:
        parts.append(f"leaves out {_counted(only_there)} as {other} only")
    text = _agreed(view, rule)
    message = f"{shown(rule.pattern)} {' and '.join(parts)}: the two readings differ"
    cure = "Anchor the pattern at the root, as /spec: both readings agree on that form"
    fix = None
    if text is not None:
        cure = f"Write {shown(text)}, which both read the same way"
        fix = Fix(line=rule.line, text=text)
    paths = [*only_here, *only_there]
    return on_line("dialects-differ", Level.WARNING, rule.line, message, cure, paths=paths, fix=fix)


def _counted(paths: Sequence[bytes]) -> str:
    return quoted(paths[0]) if len(paths) == 1 else f"{len(paths):,} files"


def _agreed(view: LintView, rule: Rule) -> bytes | None:
    """A pattern that both dialects read alike, and that takes what the rule takes in the chosen one; None if none is
    at hand.
    """
    taken = view.alone(rule)
    body = rule.pattern.strip(b"/")
    for text in (b"/" + body, body):
        if b"/" in text.strip(b"/") and not text.startswith(b"/"):
            continue
        both = (view.alone(rule, text), view.alone(rule, text, view.other))
        if taken and view.paths.covered(both[0]) == view.paths.covered(both[1]) == view.paths.covered(taken):
            return text
    return None


def _only_in_the_other(
    view: LintView, differing: Mapping[int, tuple[Sequence[bytes], Sequence[bytes]]], lines: set[int]
) -> Iterator[FixableFinding]:
    """Lines that only the other dialect takes for rules."""
    for rule in view.other.rules:
        if rule.line not in lines and rule.line in differing:
            yield _differs(view, rule, differing[rule.line])


# Rules that match nothing.


_COMMENT = rb"\s#"
_LITERAL = rb"[^*?\[\\{]+"
_LEAST_TYPO = 4
_CODE_ENDINGS = (b".py", b".rb", b".rake", b".js", b".jsx", b".ts", b".tsx", b".mjs", b".cjs", b".vue", b".php", b".ex")

_BUILT = frozenset(each.build_directory for each in PLATFORMS if each.build_directory) | frozenset(
    b"node_modules bower_components vendor/bundle .bundle .next .nuxt .output .svelte-kit .astro dist build out target "
    b"staticfiles static_root public/assets public/packs public/packs-test public/webpack public/build .cache "
    b".parcel-cache .sass-cache tmp/cache __pycache__ _build deps priv/static .turbo .angular storage log logs "
    b"coverage .nyc_output htmlcov .pytest_cache .mypy_cache .tox venv .venv env virtualenv bin obj .gradle "
    b".yarn/cache site-packages node_modules/.cache .eggs egg-info pip-log.txt npm-debug.log yarn-error.log".split()
)
"""What a build or a run writes: there is none of it yet when the platform applies the rules."""
_BUILT_ENDINGS = tuple(b".pyc .pyo .log .class .egg-info .map .o .so .tsbuildinfo $py.class".split())


def dead_rule(view: LintView, rule: Rule, *, thorough: bool) -> FixableFinding | None:
    """The finding on a rule that matches nothing in the chosen dialect; ``thorough`` takes a look at every name.

    Nothing is explained any more once the view is spent. None where the rule may name what a build leaves behind.
    """
    mistakes, reasons = (_by_spelling, _by_case, _by_typo), (_by_platform, _by_git, _by_build)
    explanations = (_by_spelling, *reasons, _by_case, _by_typo) if not view.may_name_build_output else mistakes
    for explain in explanations[: None if thorough else 1] if not view.is_spent else ():
        found = explain(view, rule)
        if found is not None:
            return found
    if view.may_name_build_output:
        return None
    return _harmless(rule, "no file in the slug has that name", "Remove it, unless you plan to add such a file")


def _harmless(rule: Rule, why: str, cure: str) -> FixableFinding:
    return on_line("dead-rule", Level.NOTE, rule.line, f"{shown(rule.pattern)} matches nothing: {why}", cure)


def _misspelt(id_: str, rule: Rule, why: str, meant: bytes, taken: frozenset[bytes]) -> FixableFinding:
    cure = f"Write {shown(meant)}, which leaves out {quoted(min(taken))}"
    return _mistaken(id_, rule, rule.text, f": {why}", cure, taken)


def _mistaken(id_: str, rule: Rule, text: bytes, why: str, cure: str, taken: Iterable[bytes]) -> FixableFinding:
    message = f"{shown(text)} matches nothing{why}"
    return on_line(id_, Level.WARNING, rule.line, message, cure, paths=taken)


def _by_spelling(view: LintView, rule: Rule) -> FixableFinding | None:
    """A form that the dialect does not have, and that would match something without it."""
    text = rule.text.removesuffix(b"\r")
    if text.startswith(b"./") and (taken := view.alone(rule, text[1:])):
        return _misspelt("leading-dot", rule, "a leading ./ is part of the pattern", text[1:], taken)
    comment = re.search(_COMMENT, text)
    plain = text[: comment.start()].strip() if comment is not None else b""
    if plain and (taken := view.alone(rule, plain)):
        why = "a # starts a comment only at the start of a line"
        return _misspelt("inline-comment", rule, why, plain, taken)
    if text.strip() != text and text.strip() and (taken := view.alone(rule, text.strip())):
        return _misspelt(
            "white-space", rule, "leading and trailing white space is part of the pattern", text.strip(), taken
        )
    words = dict.fromkeys(text.split())
    if len(words) > 1 and (taken := frozenset().union(*(view.alone(rule, word) for word in words))):
        why = ": the line is one pattern, spaces included"
        return _mistaken("white-space", rule, text, why, "Put each pattern on its own line", taken)
    for sign, meaning in view.platform.ignore_file.lacks:
        others = view.elsewhere if sign in text else ()
        if taken := frozenset().union(*(view.tried(each, rule.pattern) for each in others)):
            cure = "Write one line for each path that it is meant for"
            return _mistaken("foreign-sign", rule, text, f": {view.platform.name} {meaning}", cure, taken)
    if b"{" in text and view.slug.dialect is Dialect.GITIGNORE:
        state = view.other_states.get(rule.line)
        if state in (RuleState.ACTIVE, RuleState.SHADOWED):
            taken = view.alone(rule, slug=view.other)
            why = " as documented: only the published compiler supports braces"
            return _mistaken("braces", rule, text, why, "Write one line per alternative", taken)
    return None


def _by_platform(view: LintView, rule: Rule) -> FixableFinding | None:
    body = rule.pattern.strip(b"/")
    if body.startswith(b"**/"):
        body = body[3:]
    if is_removed_by_compiler(body, view.platform):
        why = f"{view.platform.name} removes it anyway, before any rule"
        return _harmless(rule, why, "Remove the line, or leave it: it is harmless")
    return None


def _by_git(view: LintView, rule: Rule) -> FixableFinding | None:
    for paths, on, why in (
        (view.beside.ignored, view.ignored, "git ignores it, so a push doesn't send it"),
        (view.beside.untracked, view.untracked, "it is not tracked, so a push doesn't send it"),
    ):
        if paths and view.tried(on, rule.pattern):
            return _harmless(rule, why, "Leave it, or remove it: a slug has only committed files")
    return None


def _by_build(view: LintView, rule: Rule) -> FixableFinding | None:
    body = rule.pattern.strip(b"/*").removeprefix(b"**/").lower()
    if body not in _BUILT and body.rpartition(b"/")[2] not in _BUILT and not body.endswith(_BUILT_ENDINGS):
        return None
    why = f"if a build creates it, that is after {view.platform.name} applies the rules, so it stays in the slug"
    end = view.platform.end_of_build
    cure = (
        f"Keep or remove the line. To leave out build output, delete it at the end of the build, for example in {end}"
    )
    return _harmless(rule, why, cure)


def _by_case(view: LintView, rule: Rule) -> FixableFinding | None:
    lower = rule.pattern.lower()
    if not view.has_capitals and lower == rule.pattern:
        return None
    taken = view.tried(view.lower_kept, lower)
    if not taken:
        return None
    paths = frozenset(view.lower_names.get(path, path) for path in taken)
    why = f": case matters, and the slug has {quoted(min(paths))}"
    return _mistaken("wrong-case", rule, rule.pattern, why, "Write the name as committed", paths)


def _by_typo(view: LintView, rule: Rule) -> FixableFinding | None:
    body = rule.pattern.strip(b"/").removeprefix(b"**/")
    if len(body) < _LEAST_TYPO or not re.fullmatch(_LITERAL, body):
        return None
    near = view.spellings.nearest(body)
    if near is None or body.rstrip(b"0123456789") == near.rstrip(b"0123456789") or _is_usual(body, view.projects):
        return None
    meant = rule.pattern.replace(body, near)
    taken = view.alone(rule, meant) - view.slug.outcome.removed.keys()
    if not taken or _is_needed_by_deploy(view, taken):
        return None
    return _misspelt("typo", rule, f"{quoted(near)} is similar", meant, taken)


def _is_needed_by_deploy(view: LintView, paths: Collection[bytes]) -> bool:
    """Return True if a deploy uses any of the files, or of the files below them: no owner means to leave those out."""
    files = (path for row in view.paths.covered(paths) for path in view.paths.paths[row.start : row.stop])
    if not view.asks_graph:
        return any(path.endswith(_CODE_ENDINGS) for path in files)
    return any(view.explored.is_live(path) for path in files)


def _is_usual(body: bytes, projects: Sequence[Project]) -> bool:
    """Whether the catalog knows the name: whoever writes it means it, though there is none."""
    from slugtrim.suggester.places import Grounds  # with the catalog: 40 ms that an audit does without

    grounds = Grounds(projects)
    if b"." in body.lstrip(b"."):
        return False  # an extension tells nothing of the name
    directory, _, name = body.rpartition(b"/")
    place = grounds.at(directory)
    return bool(grounds.entries(place, name)) or bool(grounds.enter(place, name).entries)
