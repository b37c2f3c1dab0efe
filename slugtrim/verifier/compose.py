"""Advice of which only what the user's command passes without is left."""

from __future__ import annotations

from msgspec.structs import replace

from slugtrim.errors import SourceError, VerifyError
from slugtrim.files import Found
from slugtrim.ignore import Dialect
from slugtrim.scanner import scan
from slugtrim.sizer import Progress, Sizer, open_size_cache
from slugtrim.suggester.advice import suggest_tree
from slugtrim.suggester.facts import open_evidence_cache
from slugtrim.suggester.record import DEFAULT_TERMS, Advice, AdviceTerms
from slugtrim.suggester.remembered import open_suggestion_cache, remember
from slugtrim.suggester.verification import Ending, Failure, Verification
from slugtrim.suggester.weighing import weigh
from slugtrim.verifier.checkout import unreadable
from slugtrim.verifier.laboratory import laboratory
from slugtrim.verifier.ledger import BASELINE, Ledger
from slugtrim.verifier.reach import Reach
from slugtrim.verifier.sifting import Sifted
from slugtrim.verifier.terms import VerifyTerms, Watcher
from slugtrim.verifier.verify import verify


def verified_advice(
    found: Found,
    terms: VerifyTerms,
    watcher: Watcher,
    dialect: Dialect = Dialect.GITIGNORE,
    *,
    use_cache: bool = True,
    progress: Progress | None = None,
    asked: AdviceTerms = DEFAULT_TERMS,
) -> Advice:
    """The advice on what was found, verified. Raises ``RulesError``, ``SourceError``, and ``VerifyError``.

    The last where the command fails with everything there.
    """
    tree = found.load()
    git_dir = found.git_dir if use_cache else None
    cache, evidence, known = open_size_cache(git_dir), open_evidence_cache(git_dir), open_suggestion_cache(git_dir)
    advice = suggest_tree(
        tree,
        dialect,
        cache=cache,
        evidence=evidence,
        known=known,
        progress=progress,
        asked=asked,
    )
    for table in (cache, evidence, known):
        table.save()
    if not advice.suggestions:
        return replace(advice, verification=_verification(terms))
    for gone in advice.unreadable:
        raise SourceError(unreadable(gone.path, gone.reason))
    slug = scan(tree, dialect)
    reach = Reach(slug)
    reaches = [reach.of(entry.pattern) for entry in advice.suggestions]
    with laboratory(slug, reaches, terms, watcher) as laboratory_:
        watcher.plan(terms, len(reaches))
        ledger = Ledger(laboratory_.run, terms.most_runs)
        baseline = ledger.ending(BASELINE)
        assert baseline is not None
        if not baseline.passed:
            raise VerifyError(_baseline_fails(terms, baseline))
        verdict = verify([entry.saves_compressed_bytes for entry in advice.suggestions], ledger)
    sizer = Sizer(tree.contents, cache=cache, progress=progress)
    sifted = Sifted(advice, verdict, reaches, terms)
    weighed = weigh(sizer, slug.kept, sifted.verified(), asked.min_saving_bytes)
    withheld = (*advice.withheld, *sifted.withheld(sizer.measure(slug.kept).shares))
    remember(slug.kept, weighed.suggestions, known)
    cache.save()
    known.save()
    return replace(
        advice,
        suggestions=weighed.suggestions,
        after=weighed.after,
        after_all=weighed.after_all,
        withheld=tuple(sorted(withheld, key=lambda each: (-each.compressed_bytes, each.path, each.rule))),
        verification=_verification(
            terms, runs=ledger.runs, baseline=baseline, failures=sifted.failures(), unverified=sifted.unverified()
        ),
    )


def _verification(
    terms: VerifyTerms,
    *,
    runs: int = 0,
    baseline: Ending | None = None,
    failures: tuple[Failure, ...] = (),
    unverified: tuple[bytes, ...] = (),
) -> Verification:
    return Verification(
        command=terms.command,
        limit_seconds=terms.limit_seconds,
        most_runs=terms.most_runs,
        runs=runs,
        baseline=baseline,
        failures=failures,
        unverified=unverified,
    )


def _baseline_fails(terms: VerifyTerms, ending: Ending) -> str:
    how = ending.told(terms.limit_seconds)
    todo = "it must install what it needs"
    if ending.timed_out:
        todo = "allow it more with --verify-timeout, or name a quicker one"
    line = f"--verify: the command fails in a checkout with everything there ({how}); {todo}"
    return "\n  ".join((line, *ending.lines))
