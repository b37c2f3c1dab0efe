"""Which references of files that stay lead to files that were left out.

Written to judge slugtrim's suggestions, so it shares nothing with slugtrim: not its scan, not its ideas of a reader.
"""

from tests.broken_references.check import Break, Checker, broken
from tests.broken_references.reference import Kind

__all__ = ["Break", "Checker", "Kind", "broken"]
