"""Why a reference is harmless when its target is absent: judged by the words of the names around it.

A key, a call, a task or a condition says what its value is for: ``testMatch``, ``exclude``, ``outDir``. Names are split
into words, so that ``testPathIgnorePatterns``, ``test_path_ignore_patterns`` and ``test-path-ignore-patterns`` are one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from slugtrim.suggester.edges import Excuse

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_TESTS = frozenset(
    "test tests testing tester spec specs jest vitest mocha karma cypress playwright jasmine ava nightwatch protractor "
    "rspec minitest cucumber pytest unittest nose tox phpunit codeception behat exunit coverage istanbul nyc blanket "
    "e2e storybook stories story".split()
)
"""Not "fixtures": applications load theirs as well."""
_EXCLUDED = frozenset(
    "exclude excludes excluded excluding exclusion exclusions ignore ignores ignored omit omits skip skips except "
    "blacklist blocklist denylist disallow reject without noparse".split()
)
_WATCHED = frozenset(
    "watch watches watcher watchers watching watchman preview previews livereload browsersync nodemon guard lint "
    "linter linting eslint stylelint tslint rubocop flake8 mypy pylint prettier formatter typecheck docs documentation "
    "jsdoc typedoc yard sphinx".split()
)
_LINTER_SETTINGS = re.compile(rb"(?:\A|/)\.?(?:eslint|oxlint|stylelint|tslint|prettier)(?:\.config\.|rc\b)")
_WRITTEN = frozenset(
    "output outputs out outfile outdir dest destination emit report reports clean cleanup rimraf del rm rmdir unlink "
    "rmtree rmsync unlinksync rmdirsync mkdir mkdirp makedirs write append ensure empty dump artifact artifacts".split()
)
_DEVELOPMENT = frozenset("dev develop development local staging".split())

_FOR_DEVELOPERS = frozenset(
    "tests docs lint ci editor examples scripts infrastructure logs caches notebooks backups".split()
)
"""Categories of the catalog that an application runs without if the reference itself says so."""


@lru_cache(maxsize=8192)
def words_of(name: str) -> tuple[str, ...]:
    """Return the words of a name, in lower case: ``setupFilesAfterEnv`` is ``setup files after env``."""
    return tuple(word.lower() for word in _WORD.findall(name[:200]))


@lru_cache(maxsize=8192)
def excuse_of_name(name: str) -> Excuse:
    """Return what the name of a key, option, variable or call says about its value; NONE if nothing."""
    found = frozenset(words_of(name))
    if (found & _EXCLUDED or name.lower() in _EXCLUDED) and "file" not in found:  # such a file is a list, and is read
        return Excuse.EXCLUDED
    if found & _TESTS or name in ("setupFiles", "setupFilesAfterEnv", "globalSetup", "globalTeardown"):
        return Excuse.TESTS
    if found & _WATCHED:
        return Excuse.WATCHED
    if found & _WRITTEN or name.lower() in _WRITTEN:
        return Excuse.WRITTEN
    return Excuse.DEVELOPMENT if found & {"dev", "development"} else Excuse.NONE


@lru_cache(maxsize=8192)
def excuse_of_task(name: str) -> Excuse:
    """Return what the name of a task, target, command, class or function says about its body; NONE if nothing."""
    found = frozenset(words_of(name))
    if found & _TESTS:
        return Excuse.TESTS
    if found & _WATCHED:
        return Excuse.WATCHED
    if found & _DEVELOPMENT:
        return Excuse.DEVELOPMENT
    return Excuse.NONE


def excuse_of_file(path: bytes) -> Excuse:
    """Return what the name of a file says about the globs in it; NONE if nothing."""
    return Excuse.WATCHED if _LINTER_SETTINGS.search(path) else Excuse.NONE


def holds(excuse: Excuse, category: str) -> bool:
    """Return True if the excuse holds for a target of this category of the catalog.

    Both ends must agree: an application may read data, models, media or templates from within any task. What a build
    writes, it does not read.
    """
    if excuse is Excuse.WRITTEN and category == "build-output":
        return True
    return excuse is not Excuse.NONE and is_for_developers(category)


def is_for_developers(category: str) -> bool:
    """Return True for a category of the catalog that applications hardly ever read."""
    return category in _FOR_DEVELOPERS
