"""Suggestions divided by what the runs showed: what is suggested still, and what stays for which reason."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from msgspec.structs import replace

from slugtrim.suggester.record import Advice, Evidence, EvidenceKind, Suggestion, Withheld
from slugtrim.suggester.verification import Failure
from slugtrim.verifier.terms import VerifyTerms
from slugtrim.verifier.verify import VerifyResult


class Sifted:
    """The suggestions by what came of them."""

    def __init__(
        self, advice: Advice, verdict: VerifyResult, reaches: Sequence[frozenset[bytes]], terms: VerifyTerms
    ) -> None:
        self._entries = advice.suggestions
        self._verdict = verdict
        self._reaches = reaches
        self._terms = terms
        self._gone = frozenset[bytes]().union(*(reaches[number] for number in verdict.verified))

    def verified(self) -> list[Suggestion]:
        """What is left. An entry also has those files of the others that its pattern takes: a run passed without them.

        So ``*.psd`` has what is in ``/design`` when that is not suggested any more.
        """
        free = {
            file.path: file
            for number, entry in enumerate(self._entries)
            if number not in self._verdict.verified
            for file in entry.files
        }
        passed = Evidence(kind=EvidenceKind.VERIFIED, text="the command passed without it")
        found = []
        for number in sorted(self._verdict.verified):
            entry = self._entries[number]
            more = [free.pop(path) for path in sorted(self._reaches[number]) if path in free]
            found.append(replace(entry, files=tuple(sorted((*entry.files, *more))), evidence=(*entry.evidence, passed)))
        return found

    def withheld(self, shares: Mapping[bytes, int]) -> Iterator[Withheld]:
        """The others, with what speaks against each; ``shares`` are what the files weigh in the slug."""
        for culprits in self._verdict.culprits:
            for number in culprits.numbers:
                others = len(culprits.numbers) - 1
                beside = f" and {others} more {'entry' if others == 1 else 'entries'}" if others else ""
                how = culprits.ending.told(self._terms.limit_seconds)
                against = Evidence(kind=EvidenceKind.FAILED, text=f"the command failed without it{beside}: {how}")
                yield self._withheld(self._entries[number], against, shares)
        for number in sorted(self._verdict.unverified):
            text = f"not verified: none of {self._terms.most_runs} runs was left for it"
            against = Evidence(kind=EvidenceKind.UNVERIFIED, text=text)
            yield self._withheld(self._entries[number], against, shares)

    def _withheld(self, entry: Suggestion, against: Evidence, shares: Mapping[bytes, int]) -> Withheld:
        files = tuple(file for file in entry.files if file.path not in self._gone)
        whole = entry.pattern.removeprefix(b"/")
        is_plain = all(file.path == whole or file.path.startswith(whole + b"/") for file in entry.files)
        return Withheld(
            path=whole if is_plain else b"",
            rule=entry.rule,
            tier=entry.tier,
            category=entry.category,
            files=files,
            compressed_bytes=sum(shares[file.path] for file in files),
            reason=entry.reason,
            evidence=(against, *(item for item in entry.evidence if item.kind is not EvidenceKind.UNREAD)),
            pattern=entry.pattern,
        )

    def failures(self) -> tuple[Failure, ...]:
        """What the command failed without, and how."""
        return tuple(
            Failure(patterns=tuple(self._entries[number].pattern for number in found.numbers), ending=found.ending)
            for found in self._verdict.culprits
        )

    def unverified(self) -> tuple[bytes, ...]:
        """The patterns for which no run was left."""
        return tuple(self._entries[number].pattern for number in sorted(self._verdict.unverified))
