"""Every git subprocess, hardened: nobody else runs git.

Reading contents (``blobs``) is not imported here: a known tree does without.
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
