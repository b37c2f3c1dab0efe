"""``python -m slugtrim``."""

import sys

from slugtrim.cli import main

if __name__ == "__main__":
    sys.exit(main())
