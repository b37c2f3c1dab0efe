"""What the buildpacks of Ruby, PHP and Go install, by their lock files."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct

from slugtrim.buildpacks.formats import decoded, environment, json_object, mapping, tables, text
from slugtrim.buildpacks.packages import Dependencies, LockedPackage, PackageEcosystem, Read

_UNREADABLE = "{} can't be read, so the packages that it lists are not counted."

MAX_LINE = 500
"""Part of a line of a Gemfile that is looked at: patterns search it from several places."""

# -- Ruby -------------------------------------------------------------------------------------------------------------

_SPEC = re.compile(r"    ([^\s(]+) \(([0-9][\w.]*)(?:-([^)\s]+))?\)")
_LINUX = ("x86_64-linux-gnu", "x86_64-linux", "")
"""The platforms whose gems Bundler takes, the best one first."""
NOT_DEPLOYED = frozenset({"development", "test"})
"""Groups of a Gemfile that the buildpack leaves out."""
GEM = re.compile(r"""gem[\s(]\s*["']([^"'\s]+)["']""")
_GROUPS = re.compile(r"group(?:s)?(?::|\s*=>|[\s(])\s*(\[[^\]\n]*\]|%i\[[^\]\n]*\]|:\w+|[\"']\w+[\"'])")
_BLOCK_GROUPS = re.compile(r"group[\s(]([^\n]*?)\)?\s+do\b")
_WORD = re.compile(r"[A-Za-z_]\w*")
_PLATFORMS = re.compile(r"platforms?(?::|\s*=>|[\s(])\s*(\[[^\]\n]*\]|%i\[[^\]\n]*\]|:\w+)")
_BLOCK_PLATFORMS = re.compile(r"platforms?[\s(]([^\n]*?)\)?\s+do\b")
_OPENS = re.compile(r"(?:if|unless|case|begin|def|while|class|module)\b|.*\bdo(?:\s*\|[^|\n]*\|)?$")
_ON_LINUX = re.compile(r"(?:ruby|mri|x64_linux)(?:_\d+)?")


class _Gem(Struct):
    version: str
    platform: str
    section: str
    """GEM, GIT or PATH."""
    needs: list[str] = []


class Gemfile(Struct):
    """Which gems a Gemfile names, and for what."""

    named: set[str] = set()
    installed: set[str] = set()
    has_gemspec: bool = False


def ruby_dependencies(paths: Collection[bytes], read: Read) -> Dependencies | None:
    """Return the gems that Bundler installs without the groups development and test, or None without a Gemfile.lock."""
    if b"Gemfile.lock" not in paths:
        return None
    whole = decoded(read(b"Gemfile.lock"))
    notes = []
    if whole is None:
        notes.append(_UNREADABLE.format("Gemfile.lock"))
    gems, wanted = locked_gems(whole or "")
    variables = environment(json_object(read(b"app.json")))
    without = frozenset(_WORD.findall(variables["BUNDLE_WITHOUT"])) if "BUNDLE_WITHOUT" in variables else NOT_DEPLOYED
    if without != NOT_DEPLOYED:
        notes.append("app.json sets BUNDLE_WITHOUT, so the buildpack leaves out other groups than usual.")
    gemfile = decoded(read(b"Gemfile"))
    if gemfile is None:
        notes.append("Gemfile can't be read, so the gems of every group count.")
    said = gems_of_gemfile(gemfile or "", without)
    kept = _needed((name for name in wanted if _is_installed(name, gems, said)), gems)
    elsewhere = sum(gem.section == "GIT" for name, gem in gems.items() if name in kept)
    if elsewhere:
        gems_ = "1 gem comes" if elsewhere == 1 else f"{elsewhere:,} gems come"
        notes.append(f"{gems_} from git, with a size that isn't known.")
    packages = {name: _gem(name, gem) for name, gem in gems.items() if gem.section != "PATH"}
    return Dependencies(
        ecosystem=PackageEcosystem.RUBYGEMS,
        manager="bundler",
        lock=b"Gemfile.lock",
        packages=tuple(package for name, package in packages.items() if name in kept),
        development=tuple(package for name, package in packages.items() if name not in kept),
        notes=tuple(notes),
    )


def _gem(name: str, gem: _Gem) -> LockedPackage:
    full = "-".join(filter(None, (name, gem.version, gem.platform)))
    return LockedPackage(
        ecosystem=PackageEcosystem.RUBYGEMS,
        name=name,
        version=gem.version,
        place=f"bundler/gems/{name}" if gem.section == "GIT" else f"gems/{full}",
    )


def locked_gems(whole: str) -> tuple[dict[str, _Gem], list[str]]:
    """Return the gems of a Gemfile.lock for Linux, and the names of its DEPENDENCIES."""
    gems: dict[str, _Gem] = {}
    wanted: list[str] = []
    section = ""
    needs: list[str] = []
    for line in whole.split("\n"):
        if line and line[0] not in " <=>":
            section = line.strip()
        elif section == "DEPENDENCIES":
            name = text(line.strip().partition(" ")[0].rstrip("!"))
            if name:
                wanted.append(name)
        elif line.startswith("      "):
            needs.append(line.strip().partition(" ")[0])
        elif line.startswith("    "):
            match = _SPEC.match(line)
            needs = []  # of a spec for another platform: nobody asks for it
            if match and text(match[1]) and text(match[2]) and (match[3] or "") in _LINUX:
                known = gems.get(match[1])
                gem = _Gem(match[2], match[3] or "", section, needs)
                if known is None or _LINUX.index(gem.platform) < _LINUX.index(known.platform):
                    gems[match[1]] = gem
    return gems, wanted


def _is_installed(name: str, gems: Mapping[str, _Gem], said: Gemfile) -> bool:
    if name in said.named:
        return name in said.installed
    is_own = name in gems and gems[name].section == "PATH"
    return is_own or not said.has_gemspec  # what a gemspec needs for development stands in the lock file only


def _needed(start: Iterator[str], gems: Mapping[str, _Gem]) -> set[str]:
    seen: set[str] = set()
    stack = list(start)
    while stack:
        name = stack.pop()
        if name in gems and name not in seen:
            seen.add(name)
            stack.extend(gems[name].needs)
    return seen


def gems_of_gemfile(whole: str, without: Collection[str]) -> Gemfile:
    """Return what a Gemfile says, line by line: the groups of each gem, by its options and the blocks around it."""
    said = Gemfile()
    blocks: list[tuple[bool, bool]] = [(False, True)]  # left out by group, and installed on this platform
    for line in whole.split("\n"):
        line = line.partition(" #")[0].strip()[:MAX_LINE]
        left_out, here = blocks[-1]
        gem = GEM.match(line)
        if gem:
            name = text(gem[1])
            groups, platforms = _GROUPS.search(line), _PLATFORMS.search(line)
            left_out = left_out or (groups is not None and _all_in(groups[1], without))
            here = here and (platforms is None or _names_linux(platforms[1]))
            said.named.add(name)
            if here and not left_out:
                said.installed.add(name)
        elif re.match(r"gemspec\b", line):
            said.has_gemspec = True
        elif line == "end" and len(blocks) > 1:
            blocks.pop()
        elif _OPENS.match(line):
            groups, platforms = _BLOCK_GROUPS.match(line), _BLOCK_PLATFORMS.match(line)
            left_out = left_out or (groups is not None and _all_in(groups[1], without))
            here = here and (platforms is None or _names_linux(platforms[1]))
            blocks.append((left_out, here))
    return said


def _all_in(groups: str, without: Collection[str]) -> bool:
    named = [word for word in _WORD.findall(groups.removeprefix("%i")) if word not in ("optional", "true")]
    return bool(named) and all(name in without for name in named)


def _names_linux(platforms: str) -> bool:
    named = _WORD.findall(platforms.removeprefix("%i"))
    return not named or any(_ON_LINUX.fullmatch(name) for name in named)


# -- PHP --------------------------------------------------------------------------------------------------------------


def php_dependencies(paths: Collection[bytes], read: Read) -> Dependencies | None:
    """Return what Composer installs, or None without its files."""
    lock = b"composer.lock" if b"composer.lock" in paths else b"composer.json"
    if lock not in paths:
        return None
    found = json_object(read(lock))
    variables = environment(json_object(read(b"app.json")))
    notes = []
    if found is None:
        notes.append(_UNREADABLE.format(lock.decode()))
    if "HEROKU_PHP_INSTALL_DEV" in variables:
        notes.append("app.json sets HEROKU_PHP_INSTALL_DEV, so the buildpack keeps development packages.")
    said = mapping(found)
    if lock == b"composer.json":
        notes.append("No composer.lock: only the direct dependencies of composer.json are known.")
        packages, development = _of_composer_json(said.get("require")), _of_composer_json(said.get("require-dev"))
    else:
        packages, development = _of_composer_lock(said.get("packages")), _of_composer_lock(said.get("packages-dev"))
    return Dependencies(
        ecosystem=PackageEcosystem.PACKAGIST,
        manager="composer",
        lock=lock,
        packages=tuple(packages),
        development=tuple(development),
        is_pruned="HEROKU_PHP_INSTALL_DEV" not in variables,
        pinned=lock == b"composer.lock" and found is not None,
        notes=tuple(notes),
    )


def _of_composer_lock(section: object) -> Iterator[LockedPackage]:
    for entry in tables(section):
        name = text(entry.get("name"))
        if name and entry.get("type") != "metapackage":  # which has no files
            version = composer_version(text(entry.get("version")))
            yield LockedPackage(ecosystem=PackageEcosystem.PACKAGIST, name=name.lower(), version=version)


def composer_version(version: str) -> str:
    """Return a version as Composer writes it, without the letter that many tags begin with."""
    return version[1:] if re.match(r"v\d", version) else version


def _of_composer_json(section: object) -> Iterator[LockedPackage]:
    for name in mapping(section):
        if text(name) and "/" in name:  # the others are PHP and its extensions
            yield LockedPackage(ecosystem=PackageEcosystem.PACKAGIST, name=name.lower(), version="")


# -- Go ---------------------------------------------------------------------------------------------------------------


def go_dependencies(paths: Collection[bytes]) -> Dependencies | None:
    """Return that Go leaves no packages: they become a part of the program."""
    lock = next((name for name in (b"go.mod", b"Gopkg.lock", b"Godeps/Godeps.json") if name in paths), None)
    if lock is None:
        return None
    return Dependencies(
        ecosystem=PackageEcosystem.GO,
        manager="go",
        lock=lock,
        notes=("Go compiles its packages into the program, whose size no file tells.",),
    )
