"""Names and versions that the paths of packages hold."""

from __future__ import annotations

import re
from typing import NamedTuple

_GEM = re.compile(rb"(.+?)-([0-9]+(?:\.[0-9A-Za-z]+)*)(?:-(.+))?", re.DOTALL)
_GIT_GEM = re.compile(rb"(.+)-([0-9a-f]{12}|[0-9a-f]{40})", re.DOTALL)
_JAR = re.compile(rb"(.+?)-v?([0-9][0-9A-Za-z.+_-]*)", re.DOTALL)
_YARN_ZIP = re.compile(rb"(?:(@[^-]+)-)?(.+)-npm-([0-9][^/]*?)-[0-9a-f]{10}-[0-9a-z]+\.zip", re.DOTALL)
_DISTRIBUTION = re.compile(rb"(.+?)-([0-9][^-]*)(?:-py[0-9.]+)?(?:-[^-]+)?", re.DOTALL)
_GEM_PARTS = re.compile(
    rb"""
    (?P<base>(?:.*?/)?(?:j?ruby|truffleruby|rbx)/[0-9][^/]*/)(?:
        (?:gems|doc|build_info)/(?P<gem>[^/]+)
      | extensions/[^/]+/[^/]+/(?P<extension>[^/]+)
      | specifications/(?P<specification>[^/]+)\.gemspec
      | cache/(?P<cached>[^/]+)\.gem
      | bundler/gems/extensions/[^/]+/[^/]+/(?P<git_extension>[^/]+)
      | bundler/gems/(?P<git>[^/]+)
    )(?:/.*)?
    """,
    re.VERBOSE | re.DOTALL,
)

_LONGEST = 255
"""Bytes in a name that a file system takes; in what is longer nothing is looked for."""


class PackageName(NamedTuple):
    """What a path says of a package."""

    name: bytes
    version: bytes


def node_package_directory(path: bytes) -> bytes | None:
    """The directory of the innermost package in ``node_modules`` that ``path`` is a file of; None for no package."""
    at = path.rfind(b"/node_modules/")
    begin = (
        at + len(b"/node_modules/") if at >= 0 else len(b"node_modules/") if path.startswith(b"node_modules/") else 0
    )
    if not begin or path[begin : begin + 1] == b".":
        return None
    end = path.find(b"/", begin)
    if path[begin : begin + 1] == b"@" and end >= 0:
        end = path.find(b"/", end + 1)
    return path[:end] if end >= 0 else None


def node_package_name(directory: bytes) -> bytes:
    """The name under which a directory in ``node_modules`` is found, with its scope."""
    above, _, name = directory.rpartition(b"/")
    scope = above.rpartition(b"/")[2]
    return scope + b"/" + name if scope.startswith(b"@") else name


def yarn_zip(name: bytes) -> PackageName | None:
    """The package in a file of ``.yarn/cache``: ``@babel-core-npm-7.1.2-0123456789-0123.zip``."""
    match = _match(_YARN_ZIP, name)
    if match is None:
        return None
    scope = match[1] + b"/" if match[1] else b""
    return PackageName(scope + match[2], match[3])


def gem_of(path: bytes) -> tuple[PackageName, bytes] | None:
    """The gem that a path below ``vendor/bundle`` belongs to, and the directory it is unpacked in.

    What is compiled, its specification and the file it came in are parts of it. None for what belongs to no gem, as
    the clones that bundler keeps: they are named for an address, not for a commit.
    """
    match = _GEM_PARTS.fullmatch(path)
    if match is None:
        return None
    kind = match.lastgroup
    assert kind is not None
    full = match[kind].removesuffix(b".info")
    base = match["base"]
    if kind.startswith("git"):
        git = _match(_GIT_GEM, full)
        if git is None:
            return PackageName(full, b""), base + b"bundler/gems/" + full
        commit = git[2][:12]
        return PackageName(git[1], b"git " + commit), base + b"bundler/gems/" + git[1] + b"-" + commit
    gem = _match(_GEM, full)
    return PackageName(gem[1], gem[2]) if gem is not None else PackageName(full, b""), base + b"gems/" + full


def jar(name: bytes) -> PackageName:
    """Name and version of ``spring-core-5.3.1.jar``."""
    stem = name.rpartition(b".")[0]
    match = _match(_JAR, stem)
    return PackageName(match[1], match[2]) if match is not None else PackageName(stem, b"")


def distribution(name: bytes) -> PackageName:
    """Name and version of ``Django-4.2.dist-info``, ``six-1.16.0-py3.9.egg-info``, ``a-1.0-py3.9-linux-x86_64.egg``."""
    stem = name.rpartition(b".")[0]
    match = _match(_DISTRIBUTION, stem)
    return PackageName(match[1], match[2]) if match is not None else PackageName(stem, b"")


def _match(form: re.Pattern[bytes], name: bytes) -> re.Match[bytes] | None:
    return form.fullmatch(name) if len(name) <= _LONGEST else None


def normalized(name: str) -> str:
    """A distribution's name as names are compared (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()
