"""Where packages may be installed on this machine: the places that package managers use, found without running one.

A lean start imports this module, so it imports nothing but what Python has loaded anyway.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping

_VARIABLES = ("VIRTUAL_ENV", "GEM_HOME", "GEM_PATH", "BUNDLE_PATH")
_VIRTUAL_ENVIRONMENTS = (b".venv", b"venv", b"env", b".env")
_NODE_MARKS = (b".package-lock.json", b".yarn-integrity", b".modules.yaml", b".yarn-state.yml")
_GEM_HOMES = (
    b"/var/lib/gems/*",
    b"/usr/share/rubygems-integration/*",
    b"/usr/lib/ruby/gems/*",
    b"/usr/local/lib/ruby/gems/*",
    b"~/.gem/ruby/*",
    b"~/.local/share/gem/ruby/*",
    b"~/.rbenv/versions/*/lib/ruby/gems/*",
    b"~/.asdf/installs/ruby/*/lib/ruby/gems/*",
    b"~/.local/share/mise/installs/ruby/*/lib/ruby/gems/*",
    b"~/.rvm/gems/*",
)
_MOST = 64
"""Directories that one star stands for."""


def site_packages(root: bytes, environ: Mapping[str, str]) -> list[bytes]:
    """Return the ``site-packages`` of virtual environments in ``root``, and of the active one."""
    homes = [os.path.join(root, name) for name in _VIRTUAL_ENVIRONMENTS]
    if environ.get("VIRTUAL_ENV"):
        homes.append(os.fsencode(environ["VIRTUAL_ENV"]))
    marked = [home for home in homes if os.path.isfile(os.path.join(home, b"pyvenv.cfg"))]
    return [found for home in marked for found in _expanded(os.path.join(home, b"lib/*/site-packages"))]


def gem_homes(root: bytes, environ: Mapping[str, str]) -> list[bytes]:
    """Return the directories with a ``gems`` directory: the application's own first, then those of the machine."""
    patterns = [os.path.join(root, b"vendor/bundle/ruby/*")]
    for place in _listed(environ, "BUNDLE_PATH"):
        patterns += [place, os.path.join(place, b"ruby/*")]
    patterns += [*_listed(environ, "GEM_HOME"), *_listed(environ, "GEM_PATH")]
    patterns += [os.path.expanduser(pattern) for pattern in _GEM_HOMES]
    found = [home for pattern in patterns for home in _expanded(pattern)]
    return [home for home in dict.fromkeys(found) if os.path.isdir(os.path.join(home, b"gems"))]


def npm_caches(environ: Mapping[str, str]) -> list[bytes]:
    """Return the directories in which npm keeps what it has downloaded."""
    named = [environ[name] for name in ("npm_config_cache", "NPM_CONFIG_CACHE") if environ.get(name)]
    if not named and environ.get("HOME"):
        named.append(os.path.join(environ["HOME"], ".npm"))
    return [os.path.join(os.fsencode(name), b"_cacache") for name in named]


def installed_state(root: bytes, environ: Mapping[str, str]) -> bytes:
    """Return what changes when packages are installed or removed, as far as time stamps of directories tell."""
    modules = os.path.join(root, b"node_modules")
    places = [modules, *(os.path.join(modules, mark) for mark in _NODE_MARKS)]
    places.append(os.path.join(root, b"vendor/composer/installed.json"))
    places += site_packages(root, environ)
    places += [os.path.join(home, b"gems") for home in gem_homes(root, environ)]
    # Whatever npm writes into its cache, it writes into `tmp` first.
    places += [os.path.join(cache, name) for cache in npm_caches(environ) for name in (b"tmp", b"index-v5")]
    parts = [os.fsencode(environ.get(name, "")) for name in _VARIABLES]
    for place in places:
        try:
            info = os.stat(place)
        except OSError:
            continue
        parts.append(b"%b %d %d" % (place, info.st_mtime_ns, info.st_ino))
    return b"\0".join(parts)


def _listed(environ: Mapping[str, str], name: str) -> list[bytes]:
    return [place for place in os.fsencode(environ.get(name, "")).split(b":") if place]


def _expanded(pattern: bytes) -> list[bytes]:
    """Return the directories that a path names, where a part of it may be a star."""
    head, star, tail = pattern.partition(b"/*")
    if not star:
        return [head] if os.path.isdir(head) else []
    try:
        names = sorted(os.listdir(head))[:_MOST]
    except OSError:
        return []
    return [found for name in names for found in _expanded(os.path.join(head, name) + tail)][:_MOST]
