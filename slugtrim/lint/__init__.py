"""What is wrong with a ``.slugignore``, and with what ships."""

from slugtrim.lint.compose import lint_tree, quick_findings
from slugtrim.lint.fixing import Mended, mend
from slugtrim.lint.page import sections
from slugtrim.lint.record import Lint

__all__ = ["Lint", "Mended", "lint_tree", "mend", "quick_findings", "sections"]
