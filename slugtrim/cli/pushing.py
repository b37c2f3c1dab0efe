"""Run ``slugtrim pre-push`` without click, which a lean start avoids."""

from __future__ import annotations

import os
import sys

from slugtrim.cli.output import said, say, tell
from slugtrim.errors import SourceError, UsageError
from slugtrim.hook import Update, building_updates
from slugtrim.lean import STDERR, Question

EXIT_OVER = 1


def push(remote: str, url: str, question: Question) -> int:
    """Check a push against its budgets, and return the exit code. Raise ``SlugtrimError``."""
    updates = building_updates(_stdin() if question.stdin is None else question.stdin)
    if not updates:
        return 0
    from slugtrim.hook import pushed_platform

    is_platform = pushed_platform(url) is not None
    if os.environ.get("SLUGTRIM_SKIP"):
        if is_platform:
            say("not measured: SLUGTRIM_SKIP is set")
        return 0
    if is_platform or _is_configured(remote, url):
        try:
            return _hold(updates, remote, url, question)
        except SourceError as error:
            bypass = "git push --no-verify skips the check"
            raise SourceError(f"{error}; the push was not measured, and {bypass}") from error
    return 0


def _stdin() -> bytes:
    if sys.stdin is None or sys.stdin.isatty():
        raise UsageError("stdin: has no push lines from git; let git push call this")
    return sys.stdin.buffer.read()


def _is_configured(remote: str, url: str) -> bool:
    """Return True if a target in the file on disk names the remote, without opening the repository."""
    if not os.environ.get("GIT_WORK_TREE") and os.path.isfile("HEAD") and os.path.isdir("objects"):
        return True  # probably bare, so that the commit has the settings
    from slugtrim.config import load_config
    from slugtrim.config.settings import Flags
    from slugtrim.files import Source, SourceKind
    from slugtrim.hook import pushed_target

    # git runs hooks in the top of the work tree, unless GIT_WORK_TREE names another.
    top = os.path.abspath(os.fsencode(os.environ.get("GIT_WORK_TREE") or "."))
    source = Source(kind=SourceKind.WORKTREE, root=top)
    return pushed_target(load_config(source, Flags(), os.environ, git_dir=None), remote, url) is not None


def _hold(updates: tuple[Update, ...], remote: str, url: str, question: Question) -> int:
    """Return the exit code."""
    from slugtrim.builds import has_journal
    from slugtrim.cli.answers import keep_answer
    from slugtrim.cli.output import ProgressLine
    from slugtrim.config import load_config
    from slugtrim.config.settings import Flags
    from slugtrim.git import Repository
    from slugtrim.hook import pushed_platform, pushed_target
    from slugtrim.hook.pushed import hold
    from slugtrim.reports import hook_report
    from slugtrim.sources import find_in_repository

    repository = Repository.of_hook(os.environ)
    if repository is None:
        raise UsageError("pre-push: not in a git repository; let git push call this")
    is_over = False
    for update in updates:
        found = find_in_repository(repository, update.local)
        config = load_config(found.source, Flags(), os.environ, git_dir=found.git_dir).on(pushed_platform(url))
        target = pushed_target(config, remote, url)
        if target is None and pushed_platform(url) is None:
            continue
        terms = config.for_target(target.name if target is not None else None)
        name = remote if remote != url else None
        overhead = terms.known_overhead
        if overhead is None and has_journal(found.git_dir):
            from slugtrim.builds.build import app_of_url
            from slugtrim.builds.learned import BuildQuery, overhead_of_found

            wanted = BuildQuery(target=target, app=app_of_url(url), remote=name)
            overhead = overhead_of_found(found, config.reading, wanted)
        with ProgressLine(shown=None) as line:
            pushed = hold(
                repository, found, update, name, dialect=config.reading, terms=terms, overhead=overhead, progress=line
            )
        if not pushed.is_over:
            text = said(hook_report.line(pushed))
            tell(text)
            if pushed.before is not None:
                keep_answer(question, [found, pushed.before.found], config.reading, STDERR, text)
            continue
        is_over = True
        from slugtrim.hook.pushed import checked
        from slugtrim.reports.formats import printed
        from slugtrim.reports.text import Style

        tell(
            printed(
                "text", hook_report.blocked(checked(pushed, config.ignored_ids), pushed, name or "the remote"), Style()
            )
        )
    return EXIT_OVER if is_over else 0
