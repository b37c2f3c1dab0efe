"""What the processes of a slug start, as its Procfile says, and so what only a developer does.

Two kinds of candidates come of it. Where every process is started out of some directories, the others beside them may
belong to something else. And a script at the root that neither a command nor another file names was run by hand; of
those that Heroku Scheduler or `heroku run` may be told of, the names give most away, and they stay.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence

from slugtrim.files import SYMLINK, File, Tree
from slugtrim.suggester.operators import runs_elsewhere
from slugtrim.suggester.places import Grounds, is_needed
from slugtrim.suggester.projects import Project
from slugtrim.suggester.record import Candidate, Tier
from slugtrim.suggester.words import stem

_LIMIT_BYTES = 1 << 20
_PROCESS = re.compile(rb"(?m)^[ \t]*[A-Za-z0-9_-]+[ \t]*:[ \t]*(\S.*?)[ \t]*\r?$")
_CHANGED_TO = re.compile(rb"(?:\bcd|--(?:chdir|prefix|cwd|pythonpath|app-dir)|(?<=\s)-C)[ \t=]+[\"']?(?:\./)?([\w.-]+)")
_MODULE = re.compile(rb"(?<![\w./-])([A-Za-z_]\w*)\.[\w.]+(?::\w+)?(?=[\s\"'()]|\Z)")
_PATH = re.compile(rb"(?<![\w./:-])(?:\./)?([\w.-]+)/[\w./-]+")
_BY_CONVENTION = re.compile(rb"^(?:bundle|rails|rake|bin/|vendor/|php|heroku-php|\$\(composer|hivemind|foreman)")
"""A command that starts whatever lies at the root."""

_SCRIPTS = (b".py", b".rb", b".js", b".mjs", b".cjs", b".ts", b".sh", b".r", b".jl")
_PYTHON, _RUBY, _NODE, _SHELL = b".py", b".rb", (b".js", b".mjs", b".cjs", b".ts"), b".sh"
_TEXTS = (*_SCRIPTS, b".ru", b".rake", b".toml", b".cfg", b".ini", b".yml", b".yaml", b".json", b".in", b".gemspec")
_ENTRIES = frozenset(
    b"app main wsgi asgi server run index application manage bot worker start web api clock celery celery_app "
    b"celeryconfig settings config configuration urls models views routes router forms admin apps signals setup "
    b"conftest tasks fabfile streamlit_app home __init__ __main__ sitecustomize usercustomize database db "
    b"extensions utils helpers constants schemas init boot release entrypoint build prestart compile serve install "
    b"deploy setup_env gunicorn instrumentation middleware proxy sw service-worker serviceworker preload polyfills "
    b"environment env hubconf handler lambda_function function_app".split()
)
"""Names that a platform or a framework looks for."""
_OPERATED = re.compile(
    rb"(?i)cron|job|sched|clock|daily|hourly|nightly|weekly|monthly|send|mail|notif|remind|sync|updat|fetch|import|poll"
    rb"|crawl|work|task|digest|clean|purge|refresh|backfill|seed|migrat|create_?(?:admin|user|super|db|table)|reset|user"
    rb"|init|console|shell|backup|restore|promote|password"
)
"""Names of what somebody may run on a dyno, by hand or by a scheduler."""
_HEROKU = re.compile(rb"(?m)^[^#\n]*\bheroku\b[ \t]")
"""Who calls its command line sits at another machine."""
_SET_UP = re.compile(rb"config|(?:^|[.-])rc\b|\brc\.|setup|plugin|\.d\.ts\Z|^[.]|file\.|\.(?:test|spec)\.")


def commands(tree: Tree, kept: Sequence[File]) -> tuple[bytes, ...]:
    """The commands of the Procfile at the root, without its release phase's; empty where there is none."""
    files = [file for file in kept if file.path == b"Procfile" and file.size_bytes <= _LIMIT_BYTES]
    text = tree.read(files).get(b"Procfile", b"")
    found = (match for match in _PROCESS.finditer(text) if not match[0].lstrip().startswith((b"#", b"release")))
    return tuple(match[1] for match in found)


def other_directories(tree: Tree, kept: Sequence[File], projects: Sequence[Project]) -> tuple[Candidate, ...]:
    """The directories at the root beside those that all processes are started out of; none where one is started at the
    root.
    """
    by_top: Mapping[bytes, list[File]] = defaultdict(list)
    for file in kept:
        top, slash, _ = file.path.partition(b"/")
        if slash:
            by_top[top].append(file)
    found = commands(tree, kept)
    started = _started(found, by_top, {file.path for file in kept})
    if not started:
        return ()
    grounds = Grounds(projects)
    # Where modules are named from the root, a config var may name others: DJANGO_SETTINGS_MODULE.
    if any(top in started for command in found for top in _modules(command, by_top)):
        by_top = {top: files for top, files in by_top.items() if top in started or not _has_python(files)}
    return tuple(
        Candidate(
            path=top,
            files=tuple(files),
            rule="other-directory",
            tier=Tier.CONDITIONAL,
            category="sub-projects",
            reason=f"The Procfile starts {_listed(started)}, and nothing there names this directory",
            is_whole=True,
        )
        for top, files in sorted(by_top.items())
        if top not in started and _may_be_apart(top, grounds, projects)
    )


def _may_be_apart(top: bytes, grounds: Grounds, projects: Sequence[Project]) -> bool:
    place = grounds.at(top)
    is_usual = top.startswith(b".") or place.is_named or place.delivery is not None
    return not is_usual and is_needed(top, projects) is None


def _started(
    found: Sequence[bytes], by_top: Mapping[bytes, Collection[File]], paths: Collection[bytes]
) -> frozenset[bytes]:
    """The directories at the root that the commands name; empty where one of them names none."""
    started: set[bytes] = set()
    for command in found:
        named = {top for top in _named(command, by_top, paths) if top in by_top} - {b"bin", b"config"}
        if not named or _BY_CONVENTION.match(command):
            return frozenset()
        started |= named
    return frozenset(started)


def _named(command: bytes, by_top: Mapping[bytes, Collection[File]], paths: Collection[bytes]) -> Iterator[bytes]:
    for match in _CHANGED_TO.finditer(command):
        yield match[1].rstrip(b"/")
    for match in _PATH.finditer(command):
        if match[0].removeprefix(b"./").rstrip(b"/") in paths:
            yield match[1]
    # `app.main:app` is a package at the root; `app.py` a file there.
    yield from (top for top in _modules(command, by_top) if top + _PYTHON not in paths)


def _modules(command: bytes, by_top: Mapping[bytes, Collection[File]]) -> Iterator[bytes]:
    yield from (match[1] for match in _MODULE.finditer(command) if _has_python(by_top.get(match[1], ())))


def _has_python(files: Collection[File]) -> bool:
    return any(file.path.endswith(_PYTHON) for file in files)


def _listed(tops: Collection[bytes]) -> str:
    return " and ".join(f"{top.decode('utf-8', 'replace')}/" for top in sorted(tops))


def loose_scripts(tree: Tree, kept: Sequence[File], projects: Sequence[Project]) -> tuple[Candidate, ...]:
    """Scripts at the root that no command and no other file there names, each by itself."""
    roots = [file for file in kept if b"/" not in file.path and file.size_bytes <= _LIMIT_BYTES]
    names = {file.path for file in roots}
    if not names & {b"Procfile", b"package.json", b"config.ru", b"app.json"}:
        return ()
    texts = tree.read([file for file in roots if file.path.lower().endswith(_TEXTS) or b"." not in file.path])
    loose = {
        file.path: file
        for file in roots
        if file.path in texts and _is_loose(file, texts[file.path], names) and is_needed(file.path, projects) is None
    }
    if not loose:
        return ()
    texts |= tree.read([file for file in kept if file.path.startswith(b"bin/") and file.size_bytes <= _LIMIT_BYTES])
    waiting = [path for path in texts if path not in loose]
    while waiting and loose:
        said = texts[waiting.pop()]
        named = [path for path in loose if _names(said, path)]
        for path in named:
            del loose[path]
        waiting += [path for path in named if path in texts]
    return tuple(
        Candidate(
            path=path,
            files=(file,),
            rule="loose-script",
            tier=Tier.CONDITIONAL,
            category="scripts",
            reason="A script that no process and no other file starts",
            is_code=True,
        )
        for path, file in sorted(loose.items())
    )


def _is_loose(file: File, text: bytes, names: Collection[bytes]) -> bool:
    """Whether it is a script that only somebody at a keyboard runs, at another machine than a dyno."""
    path = file.path.lower()
    called = path.partition(b".")[0]
    if file.mode == SYMLINK or not path.endswith(_SCRIPTS):
        return False
    if path.endswith(_SHELL) and (runs_elsewhere(text) or _HEROKU.search(text)):
        return True
    if called in _ENTRIES or _OPERATED.search(called):
        return False
    if path.endswith((_PYTHON, b".r", b".jl")):
        return b"Procfile" in names
    if path.endswith(_NODE):
        return b"package.json" in names and not _SET_UP.search(path)
    if path.endswith(_RUBY):
        return b"config.ru" in names or b"Procfile" in names
    return path.endswith(_SHELL)


def _names(text: bytes, path: bytes) -> bool:
    """Whether a text has the script's name as a word, with or without its extension."""
    return re.search(rb"(?<![\w-])" + re.escape(stem(path)) + rb"(?![\w-])", text) is not None
