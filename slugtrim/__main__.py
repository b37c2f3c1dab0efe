"""``python -m slugtrim``, and where the ``slugtrim`` command begins."""

import sys


def run() -> int:
    """The exit code. Ctrl-C may come before there is anything to be interrupted."""
    try:
        from slugtrim.cli import main  # here, so that Ctrl-C while it is imported is caught
    except KeyboardInterrupt:
        return 130
    return main()


if __name__ == "__main__":
    sys.exit(run())
