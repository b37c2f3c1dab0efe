"""Why a rule matches nothing, where that can be known."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from slugtrim.files import REGULAR, Directory, File, quoted
from slugtrim.ignore import Dialect, Rule, RuleState, decide
from slugtrim.lint.view import SLUGIGNORE, Found, View, named, shown
from slugtrim.notes import Finding, Level
from slugtrim.platforms import PLATFORM
from slugtrim.scanner import is_removed_by_compiler

if TYPE_CHECKING:
    from slugtrim.suggester.projects import Project

_COMMENT = re.compile(rb"\s+#.*")
_LITERAL = re.compile(rb"[^*?\[\\{]+")
_PLACEHOLDER = b"\0"
"""Name of a file that stands for the content of a directory whose files nobody listed."""
_LEAST_TYPO = 4
_NEAR = 0.8
"""How alike a name must be to be the one that was meant, by difflib's measure."""

_BUILT = frozenset((PLATFORM.build_directory,)) | frozenset(
    b"node_modules bower_components vendor/bundle .bundle .next .nuxt .output .svelte-kit .astro dist build out target "
    b"staticfiles static_root public/assets public/packs public/packs-test public/webpack public/build .cache "
    b".parcel-cache .sass-cache tmp/cache __pycache__ _build deps priv/static .turbo .angular storage log logs "
    b"coverage .nyc_output htmlcov .pytest_cache .mypy_cache .tox venv .venv env virtualenv bin obj .gradle "
    b".yarn/cache site-packages node_modules/.cache .eggs egg-info pip-log.txt npm-debug.log yarn-error.log".split()
)
"""What a build or a run writes: there is none of it yet when the platform applies the rules."""
_BUILT_ENDINGS = (
    b".pyc",
    b".pyo",
    b".log",
    b".class",
    b".egg-info",
    b".map",
    b".o",
    b".so",
    b".tsbuildinfo",
    b"$py.class",
)


def dead_rule(view: View, rule: Rule, *, thorough: bool) -> Found:
    """The finding on a rule that matches nothing in the chosen dialect; ``thorough`` takes a look at every name."""
    for explain in (_by_spelling, _by_platform, _by_git, _by_build, _by_case, _by_typo)[: None if thorough else 1]:
        finding = explain(view, rule)
        if finding is not None:
            return Found(finding=finding)
    return Found(
        finding=_harmless(rule, "no file of the slug has that name", "Remove it, unless such a file is to come")
    )


def _harmless(rule: Rule, why: str, cure: str) -> Finding:
    return Finding(
        id="dead-rule",
        level=Level.NOTE,
        path=SLUGIGNORE,
        line=rule.line,
        message=f"{shown(rule.pattern)} matches nothing: {why}",
        cure=cure,
    )


def _misspelt(id_: str, rule: Rule, why: str, meant: bytes, taken: frozenset[bytes]) -> Finding:
    return Finding(
        id=id_,
        level=Level.WARNING,
        path=SLUGIGNORE,
        line=rule.line,
        message=f"{shown(rule.text)} matches nothing: {why}",
        cure=f"Write {shown(meant)}, which leaves out {quoted(min(taken))}",
        paths=named(taken),
    )


def _by_spelling(view: View, rule: Rule) -> Finding | None:
    """A form that the dialect does not have, and that would match something without it."""
    text = rule.text.removesuffix(b"\r")
    if text.startswith(b"./") and (taken := view.alone(rule, text[1:])):
        return _misspelt("leading-dot", rule, "git knows no leading ./", text[1:], taken)
    plain = _COMMENT.sub(b"", text)
    if plain != text and plain.strip() and (taken := view.alone(rule, plain.strip())):
        why = "a # begins a comment at the beginning of a line only (the published compiler cuts it off)"
        return _misspelt("inline-comment", rule, why, plain.strip(), taken)
    if text.strip() != text and text.strip() and (taken := view.alone(rule, text.strip())):
        return _misspelt(
            "white-space", rule, "white space before or behind it is part of the pattern", text.strip(), taken
        )
    words = text.split()
    if len(words) > 1 and (taken := frozenset().union(*(view.alone(rule, word) for word in words))):
        return Finding(
            id="white-space",
            level=Level.WARNING,
            path=SLUGIGNORE,
            line=rule.line,
            message=f"{shown(text)} matches nothing: it is one pattern, with its spaces",
            cure="Write each pattern on a line of its own",
            paths=named(taken),
        )
    if b"{" in text and view.slug.dialect is Dialect.GITIGNORE:
        state = view.other_states.get(rule.line)
        if state in (RuleState.ACTIVE, RuleState.SHADOWED):
            taken = view.alone(rule, slug=view.other)
            return Finding(
                id="braces",
                level=Level.WARNING,
                path=SLUGIGNORE,
                line=rule.line,
                message=f"{shown(text)} matches nothing as documented: only the published compiler knows braces",
                cure="Write a line for each of the alternatives",
                paths=named(taken),
            )
    return None


def _by_platform(view: View, rule: Rule) -> Finding | None:
    body = rule.pattern.strip(b"/")
    if body.startswith(b"**/"):
        body = body[3:]
    if is_removed_by_compiler(body):
        why = "the platform removes it by itself, before any rule"
        return _harmless(rule, why, "Remove the line, or leave it: it does no harm")
    return None


def _by_git(view: View, rule: Rule) -> Finding | None:
    for paths, why in (
        (view.beside.ignored, "git ignores it, so no push sends it"),
        (view.beside.untracked, "it is not tracked, so no push sends it"),
    ):
        if paths and _matches(view, rule, paths):
            return _harmless(rule, why, "Leave it, or remove it: only what is committed is in a slug")
    return None


def _matches(view: View, rule: Rule, paths: Sequence[bytes]) -> bool:
    """Whether the rule takes one of the paths, or would take one of them that is a directory with all in it."""
    files = [File(path + _PLACEHOLDER if path.endswith(b"/") else path, 0, REGULAR, None) for path in paths]
    return bool(decide([rule], view.slug.dialect, Directory.from_files(files), {}).removed)


def _by_build(view: View, rule: Rule) -> Finding | None:
    body = rule.pattern.strip(b"/*").removeprefix(b"**/").lower()
    if body not in _BUILT and body.rpartition(b"/")[2] not in _BUILT and not body.endswith(_BUILT_ENDINGS):
        return None
    why = "what a build writes is not there yet when the platform applies the rules, and stays in the slug"
    cure = f"Leave it, or remove it; what a build leaves behind is deleted at its end, as in {PLATFORM.end_of_build}"
    return _harmless(rule, why, cure)


def _by_case(view: View, rule: Rule) -> Finding | None:
    lower = {name.lower(): name for name in sorted(view.names, reverse=True)}
    if all(key == name for key, name in lower.items()) and rule.pattern.lower() == rule.pattern:
        return None
    files = [File(file.path.lower(), 0, REGULAR, None) for file in view.slug.kept]
    tried = Rule(line=rule.line, text=rule.text, pattern=rule.pattern.lower())
    taken = decide([tried], view.slug.dialect, Directory.from_files(files), {}).removed
    if not taken:
        return None
    paths = frozenset(lower.get(path, path) for path in taken)
    return Finding(
        id="wrong-case",
        level=Level.WARNING,
        path=SLUGIGNORE,
        line=rule.line,
        message=f"{shown(rule.pattern)} matches nothing: capitals count, and the slug has {quoted(min(paths))}",
        cure="Write the name as it is committed",
        paths=named(paths),
    )


def _by_typo(view: View, rule: Rule) -> Finding | None:
    body = rule.pattern.strip(b"/").removeprefix(b"**/")
    if len(body) < _LEAST_TYPO or not _LITERAL.fullmatch(body) or _is_usual(body, view.projects):
        return None
    is_path = b"/" in rule.pattern.rstrip(b"/")
    kept = {path for path in view.names if is_path or b"/" not in path}
    kept |= {path.rpartition(b"/")[2] for path in view.names} if not is_path else set()
    from difflib import get_close_matches  # 2 ms that a file without dead rules does without

    known = {os_text(name): name for name in kept}
    for near in get_close_matches(os_text(body), known, n=1, cutoff=_NEAR):
        meant = rule.pattern.replace(body, known[near])
        taken = view.alone(rule, meant) - view.slug.outcome.removed.keys()
        if taken and os_text(body).rstrip("0123456789") != near.rstrip("0123456789"):
            return _misspelt("typo", rule, f"{quoted(known[near])} may be meant", meant, taken)
    return None


def os_text(name: bytes) -> str:
    """A name as difflib compares it."""
    return name.decode("utf-8", "surrogateescape")


def _is_usual(body: bytes, projects: Sequence[Project]) -> bool:
    """Whether the catalog knows the name: whoever writes it means it, though there is none."""
    from slugtrim.suggester.places import Grounds  # with the catalog: 40 ms that an audit does without

    grounds = Grounds(projects)
    if b"." in body.lstrip(b"."):
        return False  # an extension tells nothing of the name
    directory, _, name = body.rpartition(b"/")
    place = grounds.at(directory)
    return bool(grounds.entries(place, name)) or bool(grounds.enter(place, name).entries)
