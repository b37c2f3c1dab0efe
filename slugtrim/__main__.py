"""``python -m slugtrim``, and where the ``slugtrim`` command begins."""

import os
import sys


def run() -> int:
    """Return the exit code. Ctrl-C may come before there is anything to interrupt."""
    try:
        from slugtrim.lean import answer  # here, so that Ctrl-C while it is imported is caught

        asked = answer(sys.argv[1:])
        if isinstance(asked, int):
            os._exit(asked)  # all is written; taking Python apart would take another 3 ms
        from slugtrim.cli import main  # with click and all else that a kept answer does without
    except KeyboardInterrupt:
        return 130
    return main(question=asked)


if __name__ == "__main__":
    sys.exit(run())
