"""Run git, hardened: no other module does.

``blobs``, which reads contents, is not imported here, because a known tree does not need it.
"""

from slugtrim.git.command import GitError
from slugtrim.git.listing import (
    GITLINK,
    NOT_IN_PARTIAL_CLONE,
    OBJECT_MISSING,
    GitEntry,
    Listing,
    Survey,
    WorktreeChange,
)
from slugtrim.git.repository import Repository

__all__ = [
    "GITLINK",
    "NOT_IN_PARTIAL_CLONE",
    "OBJECT_MISSING",
    "GitEntry",
    "GitError",
    "Listing",
    "Repository",
    "Survey",
    "WorktreeChange",
]
