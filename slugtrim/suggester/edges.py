"""The records of the reachability graph: entry points, references as they are written, and edges between files."""

from __future__ import annotations

from enum import IntEnum

from msgspec import Struct


class Phase(IntEnum):
    """When a file is used; the earlier phase wins."""

    RUN = 0
    """A dyno of the deployed application uses it, or the release phase does."""
    BUILD = 1
    """The buildpacks use it while they build the slug."""
    DEV = 2
    """Only developers and their tools use it."""


class How(IntEnum):
    """How a reference names its target."""

    MODULE = 0
    """By a module's name, as the language resolves it: ``pkg.mod``, ``./lib/app``, ``@/lib/app``, ``json/add/core``."""
    PATH = 1
    """By a path: with a slash, with an extension, or put together from parts."""
    GLOB = 2
    """By a path with wildcards: ``*``, ``**``, ``?``, ``[a-z]``, ``{a,b}``; ``*`` also stands for a value put in."""
    WORD = 3
    """By a single word that may be the name of a file or directory, or anything else."""


class EdgeKind(IntEnum):
    """What the referring file does with the target."""

    EXECUTES = 0
    """Imports, requires, runs or registers it. The search goes on from there; of other targets only from pages."""
    LOADS = 1
    """Opens, renders, serves, lists or globs it."""
    NAMES = 2
    """Nothing that is known: the name stands in a string."""


class Anchor(IntEnum):
    """The directory that a relative path starts from."""

    ANY = 0
    """Unknown: the project's root, the referring file's directory, the slug's root, or wherever the end agrees."""
    HERE = 1
    """The referring file's own directory."""
    ROOT = 2
    """The root of the project: ``Rails.root``, Django's ``BASE_DIR``, the working directory of a command."""
    PACKAGE = 3
    """The source root of the language: ``sys.path`` for Python, ``$LOAD_PATH`` for Ruby, ``baseUrl`` for TypeScript."""


class Excuse(IntEnum):
    """Why nothing breaks if the target of a reference is absent. ``harmless.py`` says for which targets it holds."""

    NONE = 0
    TESTS = 1
    """Only tests read this: a test runner's settings, a task or command that runs tests, a test environment."""
    EXCLUDED = 2
    """The name stands in a list of what to exclude or to ignore."""
    WATCHED = 3
    """A watcher, a preview path, a formatter or a linter looks there."""
    WRITTEN = 4
    """The target is only written to or deleted: the output of a generator, of a report."""
    GUARDED = 5
    """The code asks first whether it exists, or handles the error."""
    DEVELOPMENT = 6
    """The code runs in the development environment only."""
    TOOL = 7
    """It is a setting of a tool that no deploy starts, as of a generator of code."""
    TASK = 8
    """It stands in a task. The graph knows which tasks a deploy calls; others are run by hand, if at all."""
    LIBRARY = 9
    """A library for tests reads it. The graph knows whether a deploy installs that; if it does, this is no excuse."""


class Reference(Struct, frozen=True, array_like=True, gc=False):
    """One mention of a path or a module in a file, as it is written. Depends on the file's name and content only."""

    text: str
    """Partly evaluated: ``join(__dirname, "a", "b.csv")`` is ``a/b.csv`` with base HERE. Undecodable bytes are
    surrogate escapes. A leading ``/`` is kept as written."""
    line: int
    """From 1."""
    how: How
    kind: EdgeKind
    base: Anchor = Anchor.ANY
    excuse: Excuse = Excuse.NONE
    is_directory: bool = False
    """All files below the target are meant: a served or listed directory."""
    is_implied: bool = False
    """A library loads it, and the line writes something else: ``roots.toml`` says why."""


class Root(Struct, frozen=True):
    """An entry point: a file that something outside the repository's own code uses."""

    path: bytes
    phase: Phase
    why: str
    """In a few words: ``Rails loads app/``, ``package.json scripts.build``, ``Procfile web``."""
    source: bytes | None = None
    """The file that says so; None if a framework or buildpack does by convention."""
    line: int | None = None
    """In ``source``, from 1."""
    executes: bool = True
    """False for what is used without being run: served, read as data."""
    named: str | None = None
    """What is written there; None if nothing of the kind is."""
    is_part: bool = False
    """What is written is a directory or a glob, and the file is one of many."""
    is_taken: bool = False
    """A command of the build takes whatever is in that directory or fits that glob, and it is not about tests."""


class Edge(Struct, frozen=True):
    """A reference with both its ends."""

    source: bytes
    target: bytes
    reference: Reference
    is_exact: bool = True
    through: bytes | None = None
    """The directory, if the reference names a directory or a glob rather than the file itself."""
