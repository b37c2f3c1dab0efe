"""``python -m slugtrim``, and where the ``slugtrim`` command begins."""

import gc
import os
import sys

_RARELY = 100_000
"""New objects between two searches for cycles. A tree of 5,000 files would spend 20 ms on searches that find none."""


def run() -> int:
    """Return the exit code. Ctrl-C may come before there is anything to interrupt."""
    try:
        from slugtrim.lean import answer  # here, so that Ctrl-C while it is imported is caught

        asked = answer(sys.argv[1:])
        if isinstance(asked, int):
            os._exit(asked)  # all is written; taking Python apart would take another 3 ms
        gc.set_threshold(_RARELY)
        # msgspec takes from it what typing has as well: where it is installed that costs 20 ms more.
        sys.modules.setdefault("typing_extensions", None)  # type: ignore[arg-type]  # counts as missing
        from slugtrim.cli import main  # with click and all else that a kept answer does without

        if sys.modules["typing_extensions"] is None:
            del sys.modules["typing_extensions"]
    except KeyboardInterrupt:
        return 130
    code = main(question=asked)
    gc.freeze()  # nor is anything looked for when Python ends: 10 ms
    return code


if __name__ == "__main__":
    sys.exit(run())
