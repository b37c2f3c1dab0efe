"""Every git subprocess, hardened: nobody else runs git."""

from slugtrim.git.blobs import BlobReader
from slugtrim.git.command import GitError
from slugtrim.git.ignored import Ignored, ignored_paths
from slugtrim.git.listing import GITLINK, NOT_IN_PARTIAL_CLONE, OBJECT_MISSING, Entry, Listing, Survey, WorktreeChange
from slugtrim.git.repository import Repository

__all__ = [
    "GITLINK",
    "NOT_IN_PARTIAL_CLONE",
    "OBJECT_MISSING",
    "BlobReader",
    "Entry",
    "GitError",
    "Ignored",
    "Listing",
    "Repository",
    "Survey",
    "WorktreeChange",
    "ignored_paths",
]
