"""Scripts that start the application: somebody may run them with `heroku run`, or a scheduler with no file to tell."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec.structs import replace

from slugtrim.files import File, Tree
from slugtrim.suggester.record import Candidate, Evidence, EvidenceKind

_LIMIT_BYTES = 256 << 10
_STARTS = re.compile(
    rb"config/environment\b|config/application\b|\brails runner\b|\bdjango\.setup\(|\bDJANGO_SETTINGS_MODULE\b"
    rb"|\bmanage\.py\b|\bcreate_app\(|\bfrom app import\b|\bheroku (?:run|pg|config)\b|\bMix\.Task\b|\bmix run\b"
    rb"|\bartisan\b|\bbootstrap/app\.php\b|\bprisma\b|\bmongoose\.connect\(|\bDATABASE_URL\b"
)
_NOT_RUN = re.compile(
    rb"(?i)(?:\A|/)(?:gnumakefile|makefile|justfile|taskfile\.ya?ml|\.env[^/]*|[^/]*\.env|[^/]*env\.(?:example|sample))\Z"
    rb"|\.(?:ps1|bat|cmd|command|md)\Z"
)
"""What is run in a checkout, or not at all: dynos have neither Windows nor such tools."""
_ELSEWHERE = re.compile(
    rb"(?m)^[^#\n]*\b(?:sudo|ssh|scp|rsync|systemctl|docker|docker-compose|brew|apt(?:-get)?|yum|kubectl"
    rb"|git push|git commit|pm2|gcloud|aws|minikube|vagrant)\b[ \t]"
)
"""What no dyno has: a shell script that calls it runs on another machine."""


def runs_elsewhere(text: bytes) -> bool:
    """Whether a shell script calls what no dyno has."""
    return _ELSEWHERE.search(text) is not None


def without_operators(candidate: Candidate, tree: Tree) -> tuple[Candidate, tuple[File, ...], tuple[Evidence, ...]]:
    """The candidate without the scripts in it that start the application; those, and where they do."""
    small = [file for file in candidate.files if file.size_bytes <= _LIMIT_BYTES and not _NOT_RUN.search(file.path)]
    starting = {
        path: match
        for path, text in tree.read(small).items()
        if (match := _STARTS.search(text)) and not (path.endswith(b".sh") and runs_elsewhere(text))
    }
    evidence = tuple(
        Evidence(
            kind=EvidenceKind.NEEDED,
            text="starts the application or its database, as somebody may by hand",
            path=path,
            line=match.string.count(b"\n", 0, match.start()) + 1,
        )
        for path, match in sorted(starting.items())
    )
    stays = tuple(file for file in candidate.files if file.path in starting)
    return replace(candidate, files=_others(candidate.files, starting)), stays, evidence


def _others(files: Sequence[File], starting: dict[bytes, re.Match[bytes]]) -> tuple[File, ...]:
    return tuple(file for file in files if file.path not in starting)
