"""How long the long random tests go on."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator


def rounds(cases_a_round: int, least_cases: int) -> Iterator[random.Random]:
    """Yield one generator of a fresh seed again and again, each time for a round of ``cases_a_round`` cases.

    Stop after ``least_cases``; with ``SLUGTRIM_FUZZ_SECONDS`` set, after that many seconds. Print the seed first and
    the number of cases last.
    """
    seed = int.from_bytes(os.urandom(4), "big")
    print("seed", seed)
    rng, cases = random.Random(seed), 0
    seconds = float(os.environ.get("SLUGTRIM_FUZZ_SECONDS") or 0)
    end = time.monotonic() + seconds
    while time.monotonic() < end or not cases or (not seconds and cases < least_cases):
        yield rng
        cases += cases_a_round
    print("cases", cases)
