"""What was measured before, kept by content only: deleting any of it costs time and changes no number.

It lives in the user's cache directory, not in the repository's git directory: it serves read-only checkouts, it is no
business of anyone who copies a repository, and one `cache clear` finds all of it. A folder for each repository holds

- ``sizes-…``: a flat file of keys with a few numbers each, appended to in checksummed blocks. One for each codec and
  version of the model, so that no other ever reads it.
- ``results/``: finished reports by the tree and rules they are about.

Nothing here raises for a file that is damaged, unwritable or from another version: it counts as not there. So does a
symlink in place of a folder or file below the cache directory; ``cache info`` names it.
"""

from slugtrim.cache.place import CacheInfo, cache_directory, cache_info, clear_cache, prune, repository_folder
from slugtrim.cache.results import ResultCache
from slugtrim.cache.sizes import KEY_BYTES, SizeCache

__all__ = [
    "KEY_BYTES",
    "CacheInfo",
    "ResultCache",
    "SizeCache",
    "cache_directory",
    "cache_info",
    "clear_cache",
    "prune",
    "repository_folder",
]
