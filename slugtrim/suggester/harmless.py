"""Whether a reference keeps a file that may go: is it about that file, and does anything break if the file is absent?

What is harmless is judged by the words of the names around the reference.

A key, a call, a task or a condition says what its value is for: ``testMatch``, ``exclude``, ``outDir``. Names are split
into words, so that ``testPathIgnorePatterns``, ``test_path_ignore_patterns`` and ``test-path-ignore-patterns`` are one.
"""

from __future__ import annotations

import re
from functools import lru_cache

from slugtrim.files import is_within
from slugtrim.suggester.catalog import form_regex
from slugtrim.suggester.edges import Edge, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.languages import language_of
from slugtrim.suggester.records import Candidate

_WORD = re.compile(r"(?:e2e|E2E)(?![a-z])|[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")

_TESTS = frozenset(
    "test tests testing tester spec specs jest vitest mocha karma cypress playwright jasmine ava nightwatch protractor "
    "rspec minitest cucumber pytest unittest nose tox phpunit codeception behat exunit coverage istanbul nyc blanket "
    "e2e storybook stories story".split()
)
"""Not "fixtures": applications load theirs as well."""
_DOUBLES = frozenset("test tests spec specs fake fakes mock mocks stub stubs dummy karma jasmine".split())
"""Words with which the name of a file for tests begins or ends."""
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


def is_double(path: bytes) -> bool:
    """Return True for a file that is called a test, or what stands in for something in tests: ``fake_storage.ex``."""
    stem = path.rpartition(b"/")[2].partition(b".")[0]
    words = words_of(stem.decode("utf-8", "replace"))
    return bool(words) and not _DOUBLES.isdisjoint((words[0], words[-1]))


def excuse_of_file(path: bytes) -> Excuse:
    """Return what the name of a file says about the globs in it; NONE if nothing."""
    return Excuse.WATCHED if _LINTER_SETTINGS.search(path) else Excuse.NONE


_IF_TEST = re.compile(rb"(?:-|<%-?)?[ \t]*if[ \t]+Rails\.env\.test\?[ \t]*(?:-?%>|#|\r?\Z)")


def lines_of_tests(content: bytes) -> set[int]:
    """Return the lines of Ruby or of a template that run in the environment of tests only, by their indentation."""
    found: set[int] = set()
    depth = None
    for number, line in enumerate(content.split(b"\n"), 1) if b"Rails.env.test?" in content else ():
        text = line.lstrip()
        own = len(line) - len(text)
        if depth is not None and text and own <= depth:
            depth = None
        if depth is not None:
            found.add(number)
        elif _IF_TEST.match(text):
            depth = own
    return found


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


# Whether a reference is about the file that it leads to

_SUB_PROJECTS = "sub-projects"
_DESIGN = "design"
_FEW_LETTERS = 2
"""A name put together, as `s*/`, says too little with so few of its letters."""
_SETS = ("data", "models", "media")
"""Categories of which a directory above the candidate may be loaded whole."""
_OF_LOADDATA = "initial-data"
"""Rule of data that Django finds by its name, so that a directory above says nothing of it."""
OLD_BUILD = "old-build"
"""Rule of files whose names have a digest that nothing names."""
_MINIFIED = (b".min.js", b".min.mjs", b".bundle.js", b".chunk.js")


def is_mere_word(reference: Reference) -> bool:
    """Return True for a single word that may be the name of a file, or anything else."""
    return reference.how is How.WORD and reference.kind is EdgeKind.NAMES


def counts(edge: Edge, candidate: Candidate) -> bool:
    """Return True if a reference to a file of a candidate is about that file.

    A single word that equals the name of tests means something else, and so does the bare name of a file that is
    somewhere in them. A directory above a candidate is loaded for what else is in it, unless it is data. Tests that are
    code of another language never are: the address ``/shop`` in a script of the browser is no use of
    ``shop/models_test.py``. An import of anything is of a name that is written elsewhere, as a reference.
    """
    reference, through = edge.reference, edge.through
    executes, is_glob = reference.kind is EdgeKind.EXECUTES, reference.how is How.GLOB
    if candidate.rule == OLD_BUILD and through is not None and not is_glob:
        return False  # who serves or copies the directory sends what a page asks for, and none asks for these
    is_of_tests = candidate.category == "tests"
    # Importing a package runs no tests in it. The deploy makes what is rebuilt before anything uses it.
    is_of_package = reference.how is How.MODULE and not reference.is_directory and is_of_tests
    if candidate.is_rebuilt or (through is not None and is_of_package):
        return False
    if executes and is_glob and not reference.text.rpartition("*")[0].strip("*/."):
        return False
    is_sure = executes and (not is_glob or edge.is_exact)
    if not is_sure and _means_something_else(edge, candidate):
        return False
    if through is None or executes or _is_plain_below(reference):
        return True
    if is_of_tests and (
        (not candidate.path and _is_foreign(edge)) or (not is_glob and _is_beside(through, edge.target, candidate))
    ):
        return False
    if is_within(through, candidate.path):
        return True
    is_set = candidate.category in _SETS and candidate.rule != _OF_LOADDATA
    return is_set or edge.target.rpartition(b"/")[0] == through


def _is_beside(through: bytes, path: bytes, candidate: Candidate) -> bool:
    """Return True for what is of its kind by its name, in a directory that is named for the other files in it."""
    parts = path[len(through) :].strip(b"/").split(b"/")
    forms = (*candidate.forms, *candidate.near_forms)
    return any(form_regex(form).fullmatch(part) for form in forms for part in parts)


def _is_foreign(edge: Edge) -> bool:
    own, other = language_of(edge.source), language_of(edge.target)
    return own is not None and other is not None and own != other


def _means_something_else(edge: Edge, candidate: Candidate) -> bool:
    """Return True if a name is too short to mean a file of tests, docs or other things for developers.

    Words in minified code are names of its own: a path in it has a slash or an extension.
    """
    reference, is_exact = edge.reference, edge.is_exact
    is_mere = is_mere_word(reference)
    if is_mere and edge.source.endswith(_MINIFIED):
        return True
    is_word = reference.how is How.WORD or (reference.how is How.GLOB and "/" not in reference.text.strip("*/"))
    if reference.how is How.PATH and reference.text.startswith("/") and "/" not in reference.text.strip("/"):
        is_word = True  # an address: `/orders` is no `docs/orders`
    is_unread = is_for_developers(candidate.category) or candidate.category == _DESIGN
    is_part = reference.how is How.GLOB and len(reference.text.strip("*/")) <= _FEW_LETTERS
    if is_word and (is_part or not is_exact) and is_unread:
        return True
    if is_for_developers(candidate.category) and (_is_another_path(edge, candidate) or _is_label(edge)):
        return True
    if candidate.category == _SUB_PROJECTS and not is_exact and _is_another_path(edge, candidate):
        return True  # `index.html` is no file of another application
    if not candidate.is_code:
        return False
    if is_mere or not is_exact:
        return True
    directory = edge.target.rpartition(b"/")[0]
    is_elsewhere = directory != edge.source.rpartition(b"/")[0] and is_within(directory, candidate.path)
    is_bare = edge.through is None and reference.how is not How.MODULE and "/" not in reference.text.strip("/")
    return bool(candidate.path) and is_elsewhere and is_bare


def _is_another_path(edge: Edge, candidate: Candidate) -> bool:
    """Return True if a path outside a directory does not have its name: it only ends like one in there."""
    directory = candidate.path
    is_outside = bool(directory) and candidate.is_named and not is_within(edge.source, directory)
    if edge.reference.how is How.MODULE or not is_outside:
        return False
    return directory.rpartition(b"/")[2].decode("utf-8", "surrogateescape") not in edge.reference.text


def _is_label(edge: Edge) -> bool:
    """Return True for a name without an extension that only the end of a path has, as a route or a label may be.

    What is loaded by such a name counts if the name has a directory.
    """
    reference, path = edge.reference, edge.target
    name = reference.text.strip("/")
    if edge.through is not None or reference.how not in (How.PATH, How.WORD) or "." in name:
        return False
    if reference.kind is EdgeKind.LOADS and "/" in name:
        return False
    parts = name.count("/") + 1
    above = path.rsplit(b"/", parts)[0] if path.count(b"/") >= parts else b""
    return not is_within(edge.source, above)


def _is_plain_below(reference: Reference) -> bool:
    """Return True for ``packages/*/package.json`` or ``packages/*/config/*``: a name stands below what is unknown."""
    if reference.how is not How.GLOB:
        return False
    parts = reference.text.rstrip("/").split("/")
    wild = [any(sign in part for sign in "*?[{") for part in parts]
    return not wild[-1] or (not wild[0] and False in wild[wild.index(True) :])


def is_of_browser(edge: Edge) -> bool:
    """Return True for one name in a script below `public/` and a file that is not: a browser gets what is served only.

    The caller knows whether something else than a page starts the script.
    """
    reference = edge.reference
    if reference.how is not How.WORD and (reference.how is not How.PATH or "/" in reference.text.strip("/")):
        return False
    before, served, _ = (b"/" + edge.source).partition(b"/public/")
    public = (before + served).strip(b"/")
    return bool(served) and language_of(edge.source) == "javascript" and not is_within(edge.target, public)
