"""Read commands of the shell: what those run that a deploy starts, and what a file mentions in others.

No command is ever executed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, pairwise

from msgspec import Struct

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_task
from slugtrim.suggester.literals import Collector
from slugtrim.suggester.path_index import follow

_LIMIT = 64 << 10
_MAX_WORDS = 10_000
_MAX_NESTING = 6
_MAX_PATH = 512

_TOKEN = re.compile(
    r"""(?P<space>(?:[ \t\r]|\\\r?\n)+)
    |(?P<comment>(?:(?<=\s)|\A)\#[^\n]*)
    |(?P<operator>\n|&&|\|\||[;|&()`]|\$\(|(?:(?<=\s)|\A)[{}](?=[\s;]|\Z))
    |(?P<redirect>\d?[<>]+&?\d?)
    |(?P<single>'[^']*+'?)
    |(?P<double>"(?:[^"\\]|\\.)*+"?)
    |(?P<variable>\$\{[^{}\n]{0,200}\}|\$\w+)
    |(?P<escaped>\\.)
    |(?P<plain>[^\s\\'"`$;|&(){}<>]+|.)""",
    re.VERBOSE | re.DOTALL,
)
_DEFAULT = re.compile(r"\$\{\w+:?[-=]([^{}$]*)\}")
_VARIABLE = re.compile(r"\$(?:\{[^{}\n]{0,200}\}|\w+|\()")
_ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)
_HOME = re.compile(r"(?:\$\{?(?:PWD|HOME|BUILD_DIR|STACK_DIR|APP_HOME)\}?|/app|/usr/src/app|~)/")
_DOTTED = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[\w.]+(?:\([^()]*\))?)?")
_PLACE_OPTION = re.compile(
    r"--?(?:[\w-]{0,60}-)?(?:dir|directory|path|root|folder|data|file|static|public|input|source)"
)
"""Options whose words are paths."""
_PATH_LIKE = re.compile(r"[\w.@+~*-][\w./@+~*\-]*")

_PROGRAM = re.compile(r"\.(?:[cm]?[jt]sx?|py|rb|rake|ru|sh|bash|php|pl|exs?|coffee|R|jl|go|mk)\Z")
_OPTION = re.compile(r"--?[\w-]{1,60}=")

_PREFIXES = frozenset(
    "exec env nohup time sudo command eval nice builtin if then else elif do while until ! cross-env cross-env-shell "
    "dotenv env-cmd newrelic-admin run-program ddtrace-run opentelemetry-instrument xvfb-run start-nginx "
    "start-pgbouncer start-stunnel with_jmx timeout bundle poetry pipenv uv pdm rye hatch npx pnpx bunx dotenvx "
    "wait-for-it.sh catchsegv heroku rtk xargs".split()
)
"""Words that run the command behind them."""
_LEADS = _PREFIXES | {"yarn", "pnpm", "run"}
"""The same where the scripts of manifests do not count."""
_SETTING_OPTIONS = frozenset("-c -C --config --conf --config-file".split())
_AFTER_PREFIX = frozenset("exec run dlx --".split())
MANAGERS = frozenset(
    "npm yarn pnpm bun npm-run-all npm-run-all2 run-s run-p run-z lerna turbo nx wsrun rush concurrently".split()
)
_EVERYWHERE = frozenset("lerna turbo nx wsrun rush -r --recursive --workspaces -ws workspaces".split())
_TASK_RUNNERS = frozenset(
    "make gmake composer just task rake rails grunt gulp invoke inv fab mix flask artisan manage.py django-admin thor "
    "gradlew gradle mvn mvnw sbt lein console".split()
)
_INTERPRETERS = frozenset(
    "python python2 python3 pypy pypy3 node nodejs ruby perl php java deno bun ts-node tsx ts-node-dev babel-node "
    "nodemon pm2 forever Rscript R julia sh bash zsh dash source . streamlit coffee micro swift lua racket elixir iex "
    "thin rackup puma unicorn sidekiq clockwork resque-pool jruby".split()
)
_RUNS = _INTERPRETERS | {"rake", "go", "make", "uvicorn", "require", "load", "*"}
"""Commands whose first path is run; ``*`` is one that is not known."""
_STARTS_DIRECTORIES = frozenset("node nodejs ts-node ts-node-dev tsx babel-node nodemon pm2 forever bun".split())
"""Interpreters that start a directory by what its manifest names."""
_SHELLS = frozenset("sh bash zsh dash su".split())
_MODULES = re.compile(
    r"(?:python|pypy|gunicorn|uvicorn|hypercorn|daphne|waitress|celery|flask|rq|dramatiq|huey|uwsgi|quart|sanic|faust|arq"
    r"|taskiq|procrastinate|django-admin|pytest|chalice|litestar|granian|fastapi|alembic|mod_wsgi|manage\.py)"
)
_DIRECTORY_OPTIONS = frozenset(
    "--chdir --prefix --cwd -C --dir --directory --pythonpath --app-dir --project --cwd --base --root -I --path "
    "--working-dir --workdir -d".split()
)
_SETTINGS_OPTIONS = frozenset("-C -c --config --conf --config-file --ini --require -r".split())
_MODULE_VARIABLES = frozenset("FLASK_APP DJANGO_SETTINGS_MODULE CELERY_APP APP_MODULE SETTINGS_MODULE".split())
_PATH_VARIABLES = frozenset("PYTHONPATH NODE_PATH RUBYLIB GOPATH CLASSPATH".split())
_HANDLES_FILES = frozenset(
    "cp mv ln cat ls tar rsync zip unzip chmod chown find du head tail grep sed sort gzip scp diff wc xcopy copy psql "
    "mysql".split()
)
_RESTORES = frozenset("pg_restore mongorestore sqlite3".split())
_DUMP = re.compile(r"dump|backup", re.IGNORECASE)
"""What a file is called that those programs read; other words of theirs are databases."""
_TAKES_PATHS = _HANDLES_FILES | frozenset("cd pushd source . COPY ADD include install".split())
"""Commands whose single words are paths."""
_READERS = _HANDLES_FILES | frozenset(
    "serve http-server static-server live-server copyfiles cpx cpy ncp sass node-sass babel eslint tslint stylelint "
    "lessc postcss uglifyjs terser tailwindcss swc php heroku-php-apache2 heroku-php-nginx".split()
)
"""Programs whose plain words are paths that they read; to most others such a word is a command of theirs."""
_LOADERS = frozenset(["loaddata"])
"""Commands of frameworks that find files by names without an extension."""
_SAYS = frozenset("echo printf read export: cd: Write-Host git".split())
"""Commands that read no file by the words behind them; git reads its index."""
_UNPACKED_INTO = {
    **dict.fromkeys(["tar", "bsdtar", "gtar"], frozenset(["-C", "--directory"])),
    "unzip": frozenset(["-d"]),
}
"""Programs that unpack archives, with the options of the directory that they write to."""
_EXTRACTS = re.compile(r"-[A-Za-z]{0,20}x[A-Za-z]{0,20}|--extract|--get")
"""What tells tar to unpack; the dash is missing only before its first word."""
_EXCLUDES = frozenset("--ignore --exclude --ignore-pattern --exclude-pattern --exclude-dir --exclude-path".split())
"""Options whose value is what a command leaves out."""
_WRITES = frozenset("rm rmdir mkdir touch rimraf del unlink tee mkdirp".split())
_ASKS = frozenset(["[", "[[", "test"])
_HARMLESS = _SAYS | _WRITES | frozenset("curl wget export unset set sleep kill true false".split())
"""Commands that read no file of the slug by the words behind them."""
_TESTS = frozenset("pytest rspec jest mocha tox nox eslint flake8 phpunit".split())


class Call(Struct, frozen=True):
    """A reference that a command makes, and the directory that the command runs in."""

    directory: bytes
    reference: Reference
    is_python: bool = False
    """The reference is the dotted name of a Python module."""
    is_setting: bool = False
    """It is the value of an option for settings: ``puma -C config/puma.rb`` starts what is in its own directory."""
    is_program: bool = False
    """An interpreter of JavaScript starts it: of a directory, that is what its manifest names, or its index."""


class ScriptCall(Struct, frozen=True):
    """A call of scripts or tasks: ``npm run build``, ``make assets``, ``rake db:migrate``, ``manage.py migrate``."""

    runner: str
    """The name of the program."""
    directory: bytes
    names: tuple[str, ...]
    """What may be names of scripts, and of workspaces to run them in."""
    line: int
    is_everywhere: bool = False
    """In all workspaces."""


class Commands(Struct, frozen=True):
    """What a line of shell runs."""

    calls: tuple[Call, ...] = ()
    scripts: tuple[ScriptCall, ...] = ()
    tools: frozenset[str] = frozenset()
    """Names of the programs."""
    runs: tuple[tuple[str, bytes, int], ...] = ()
    """Each program, or what a package manager may run, with the directory that it runs in and its line."""
    search_paths: tuple[bytes, ...] = ()
    """Directories that commands change to, or look for modules in; they need not exist."""


def read_commands(text: str, directory: bytes = b"", first_line: int = 1) -> Commands:
    """Return what the commands of a shell text run, started in ``directory``. Takes time linear in the text."""
    reader = _Reader(directory)
    waiting = [(text[:_LIMIT], first_line, directory, 0)]
    while waiting:
        text, line, start, nesting = waiting.pop()
        reader.directory = start
        for inner, at in reader.read(text, line):
            if nesting < _MAX_NESTING:
                waiting.append((inner, at, reader.directory, nesting + 1))
    return Commands(
        tuple(dict.fromkeys(reader.calls)),
        tuple(dict.fromkeys(reader.scripts)),
        frozenset(reader.tools),
        tuple(dict.fromkeys(reader.runs)),
        tuple(dict.fromkeys(reader.search_paths)),
    )


def simple_commands(text: str, first_line: int) -> Iterator[tuple[str, list[str], list[str], int]]:
    """Yield each operator with the words before it, the files that those write to, and the line where they begin."""
    words: list[str] = []
    outputs: list[str] = []
    word: list[str] = []
    is_output = False
    line = start = first_line
    for match in _TOKEN.finditer(text):
        kind, token = match.lastgroup, match[0]
        if kind in ("space", "comment", "operator", "redirect"):
            if word:
                (outputs if is_output else words).append("".join(word))
            is_output = (kind == "redirect" and ">" in token) or (is_output and not word and kind == "space")
            word = []
            if kind == "operator":
                yield token, words, outputs, start
                words, outputs = [], []
        else:
            if not words and not word:
                start = line
            word.append(_value(kind, token))
        line += token.count("\n")
    if word:
        (outputs if is_output else words).append("".join(word))
    yield "", words, outputs, start


def _value(kind: str | None, token: str) -> str:
    match kind:
        case "single":
            return token.strip("'")
        case "double":
            return re.sub(r'\\(["\\$`])', r"\1", token.removeprefix('"').removesuffix('"'))
        case "escaped":
            return token[1:]
    return token


class _Reader:
    """Collects what commands run, with the directory that ``cd`` changes."""

    def __init__(self, directory: bytes) -> None:
        self.directory = directory
        self.calls: list[Call] = []
        self.scripts: list[ScriptCall] = []
        self.tools: set[str] = set()
        self.runs: list[tuple[str, bytes, int]] = []
        self.search_paths: list[bytes] = []
        self._words = 0

    def read(self, text: str, first_line: int) -> Iterator[tuple[str, int]]:
        """Read one text; yield the texts in it that are commands in their turn, with their lines."""
        above: list[bytes] = []
        for operator, words, _, line in simple_commands(text, first_line):
            self._words += len(words)
            if self._words > _MAX_WORDS:
                return
            yield from self._command(words, line)
            if operator in ("(", "$("):
                above.append(self.directory)
            elif operator == ")" and above:
                self.directory = above.pop()

    def _command(self, words: list[str], line: int) -> Iterator[tuple[str, int]]:
        nested = [word for word in words if " " in word]
        words = self._without_prefixes([_plain(word) for word in words], line)
        if not words:
            return
        program = words[0].rpartition("/")[2]
        self.tools.add(program)
        if program in ("cd", "pushd"):
            self._change_directory(words[1:])
            return
        if program in _HARMLESS:
            return
        if program in _SHELLS or program in MANAGERS or program in _INTERPRETERS or len(nested) > 1 or "-c" in words:
            yield from ((word, line) for word in nested)
        words = _without_unread(words)
        before = self.directory
        self._enter(words, program)
        self.runs.append((program, self.directory, line))
        if program in MANAGERS:
            self.runs += [(word, self.directory, line) for word in words[1:3]]
            self._scripts(program, words[1:], line)
        elif runner := next((word for word in words[:3] if word.rpartition("/")[2] in _TASK_RUNNERS), None):
            names = tuple(word.partition("[")[0] for word in words[1:] if not word.startswith("-"))
            self.scripts.append(ScriptCall(runner.rpartition("/")[2], self.directory, names, line))
        self._paths(program, words, line)
        self.directory = before

    def _without_prefixes(self, words: list[str], line: int) -> list[str]:
        at = 0
        is_prefixed = False
        while at < len(words):
            word = words[at]
            name = word.rpartition("/")[2]
            assignment = _ASSIGNMENT.fullmatch(word)
            if assignment is not None:
                self._assignment(assignment[1], assignment[2], line)
            elif name in _PREFIXES:
                is_prefixed = True
                self.tools.add(name)
                if "/" in word:
                    self._call(word, How.PATH, EdgeKind.EXECUTES, line)
            elif not (is_prefixed and (word in _AFTER_PREFIX or word.startswith("-") or word.isdigit())):
                break
            at += 1
        return words[at:]

    def _assignment(self, name: str, value: str, line: int) -> None:
        if name in _MODULE_VARIABLES:
            self._call(value, How.PATH, EdgeKind.EXECUTES, line)
            self._module(value, line)
        elif name in _PATH_VARIABLES:
            for part in value.split(":"):
                self._search(part)

    def _change_directory(self, words: Sequence[str]) -> None:
        target = next((word for word in words if not word.startswith("-")), "")
        at = self._search(target)
        if at is not None:
            self.directory = at

    def _search(self, text: str) -> bytes | None:
        """Note a directory to search; None if it is not in the slug, or not known before the command runs."""
        if not text or "*" in text or text.startswith("/"):
            return None
        at = follow(self.directory, text.encode("utf-8", "surrogateescape").split(b"/"))
        if at is None or len(at) > _MAX_PATH:
            return None
        self.search_paths.append(at)
        return at

    def _enter(self, words: Sequence[str], program: str) -> None:
        """Note the directories that options give; package managers and make run in them."""
        for option, value in _options(words):
            if option in _DIRECTORY_OPTIONS and _PATH_LIKE.fullmatch(value):
                at = self._search(value)
                if at is not None and (program in MANAGERS or program in ("make", "composer", "--chdir")):
                    self.directory = at

    def _scripts(self, program: str, words: Sequence[str], line: int) -> None:
        names = [word.removeprefix("npm:") for word in words if not word.startswith("-")]
        names += [
            value for option, value in _options(words) if option in ("-w", "--workspace", "--filter", "-F", "--scope")
        ]
        names += [part for word in words if " " in word for part in word.split()]
        is_everywhere = program in _EVERYWHERE or any(word in _EVERYWHERE for word in words)
        self.scripts.append(ScriptCall(program, self.directory, tuple(dict.fromkeys(names)), line, is_everywhere))

    def _paths(self, program: str, words: Sequence[str], line: int) -> None:
        first = words[0]
        if "/" in first or "." in first.strip("."):
            self._call(first, How.PATH, EdgeKind.EXECUTES, line)
        is_python = _MODULES.match(program) is not None or any(word.endswith("manage.py") for word in words[:3])
        is_started = program in _INTERPRETERS
        is_loading = not _LOADERS.isdisjoint(words[:4])
        may_be_program = program in _STARTS_DIRECTORIES
        for before, word in pairwise(words):
            option, equals, value = word.partition("=")
            if word.startswith("-") and not equals:
                continue
            is_setting = (option if equals else before) in _SETTINGS_OPTIONS
            value = value if equals and option.startswith("-") else word
            value = value.partition("@")[2] if value.startswith("@") else value
            if not value.strip("*") or " " in value or (program in MANAGERS and "/" not in value and "." not in value):
                continue
            if is_python and _DOTTED.fullmatch(value):
                self._module(value, line)
            if "/" in value or "." in value.strip("."):
                kind = EdgeKind.EXECUTES if is_started or _PROGRAM.search(value) else EdgeKind.LOADS
                is_setting = (option if equals else before) in _SETTING_OPTIONS
                is_program = may_be_program and value == word and not before.startswith("-")
                self._call(value, How.PATH, kind, line, is_setting=is_setting, is_program=is_program)
                may_be_program = may_be_program and not is_program
            elif is_started and _PATH_LIKE.fullmatch(value):
                self._call(value, How.PATH, EdgeKind.EXECUTES, line, is_program=may_be_program)
                is_started = may_be_program = False
            elif is_loading and _PATH_LIKE.fullmatch(value):
                self._call(value, How.PATH, EdgeKind.LOADS, line)
                of_applications = Reference(f"**/fixtures/{value}.*", line, How.GLOB, EdgeKind.LOADS, Anchor.ANY)
                self.calls.append(Call(self.directory, of_applications))
            elif (program in _READERS or _PLACE_OPTION.fullmatch(option)) and _PATH_LIKE.fullmatch(value):
                self._call(value, How.WORD, EdgeKind.LOADS, line)

    def _call(
        self,
        text: str,
        how: How,
        kind: EdgeKind,
        line: int,
        *,
        is_setting: bool = False,
        is_program: bool = False,
    ) -> None:
        if text.startswith("/") or not (text.strip("*./") or (is_program and text == ".")):
            return
        if "*" in text:
            how = How.GLOB
            if text.startswith("*"):
                return
        reference = Reference(text, line, how, kind, Anchor.ANY)
        self.calls.append(Call(self.directory, reference, is_setting=is_setting, is_program=is_program))

    def _module(self, text: str, line: int) -> None:
        name = text.partition(":")[0]
        if name and "*" not in name:
            reference = Reference(name, line, How.MODULE, EdgeKind.EXECUTES, Anchor.PACKAGE)
            self.calls.append(Call(self.directory, reference, is_python=True))


# Settings of uWSGI: each key is an option of its command line.

_UWSGI_PAIR = re.compile(r"[ \t]*([a-z0-9-]{2,40})[ \t]*=[ \t]*(\S.*)")
_UWSGI_PLACE = re.compile(r"%\(([\w-]{1,60})\)")
_UWSGI_VARIABLE = re.compile(r"\$\(\w{1,60}\)")
_UWSGI_LOADS = frozenset(
    "wsgi-file file module wsgi mount pyrun import shared-import spooler-import mule rack psgi ini include chdir chdir2"
    " pythonpath python-path pp venv".split()
)
"""Keys whose values are code, directories in which it is, or more settings."""
_UWSGI_STATIC = frozenset("static-map static-map2 check-static static-index docroot".split())
_UWSGI_DAEMONS = re.compile(r"attach-daemon2?|smart-attach-daemon2?|legion-.*attach-daemon|exec-[a-z-]+")
_UWSGI_LINES = 2_000
_UWSGI_DEPTH = 4
"""Values that stand in one another are put in so many times."""
UWSGI_CODE = re.compile(r"--(?:wsgi-file|file|module|wsgi|mount|pyrun|rack|psgi|ini|include)\b")
"""An option of uWSGI that says which code it runs, or where that is said."""


def uwsgi_commands(lines: Iterable[tuple[int, str]], path: bytes) -> tuple[str, str]:
    """Return the settings of uWSGI as calls of it with options, and the commands that it starts beside, line for line.

    ``path`` is where they are. What is only known on the dyno becomes ``*``.
    """
    values: dict[str, str] = {}
    calls: list[str] = []
    daemons: list[str] = []
    here = path.rpartition(b"/")[0].decode("utf-8", "surrogateescape")
    for _, line in islice(lines, _UWSGI_LINES):
        pair = _UWSGI_PAIR.fullmatch(line)
        key, value = (pair[1], pair[2].strip(" \t\"'")) if pair is not None else ("", "")
        for _ in range(_UWSGI_DEPTH):
            value = _UWSGI_PLACE.sub(lambda place: values.get(place[1], "*"), value)[:_MAX_PATH]
        value = _UWSGI_VARIABLE.sub("*", value.replace("%d", f"{here}/" if here else ""))
        values[key] = value
        is_daemon = _UWSGI_DAEMONS.fullmatch(key) is not None
        daemons.append(value.rpartition("cmd=")[2] if is_daemon else "")
        place = value.rpartition("=")[2]
        if key in ("pythonpath", "python-path", "pp"):
            calls.append(f"PYTHONPATH={value} uwsgi")
        elif key == "env":
            calls.append(f"{value} uwsgi")
        elif key in _UWSGI_LOADS:
            calls.append(f"uwsgi --{key} {place}")
        else:
            calls.append(f"uwsgi --static-dir {place}" if key in _UWSGI_STATIC else "")
    return "\n".join(calls), "\n".join(daemons)


def _plain(word: str) -> str:
    """Return a word with the defaults of its variables, with ``*`` for other variables, relative to the slug's root."""
    word = _HOME.sub("", word, count=1) if _HOME.match(word) else word
    word = _VARIABLE.sub("*", _DEFAULT.sub(r"\1", word))
    return word.removeprefix("./")


def _without_unread(words: Sequence[str]) -> list[str]:
    """Return a command without the directory that it unpacks an archive into, and without what it leaves out."""
    targets = _UNPACKED_INTO.get(words[0].rpartition("/")[2], frozenset())
    options = [f"-{words[1].lstrip('-')}", *words[2:]] if len(words) > 1 and not words[1].startswith("--") else words
    if "-C" in targets and not any(map(_EXTRACTS.fullmatch, options)):
        targets = frozenset()
    unread = _EXCLUDES | targets
    if unread.isdisjoint(word.partition("=")[0] for word in words):
        return [*words]
    return [
        word for before, word in pairwise(["", *words]) if before not in unread and word.partition("=")[0] not in unread
    ]


def _options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    for at, word in enumerate(words):
        if not word.startswith("-"):
            continue
        option, equals, value = word.partition("=")
        if equals:
            yield option, value
        elif at + 1 < len(words):
            yield option, words[at + 1]


# What a file mentions


def starts_command(text: str) -> bool:
    """Return True if the first word is a command that runs, takes or writes files."""
    first = text.split(None, 1)[0] if text.strip() else ""
    return first in _RUNS or first in _TAKES_PATHS or first in _WRITES or first in _ASKS


def add_commands(
    found: Collector,
    text: str,
    line: int,
    excuse: Excuse = Excuse.NONE,
    base: Anchor = Anchor.ANY,
    kind: EdgeKind = EdgeKind.NAMES,
    prefix: str = "",
) -> None:
    """Add what commands name.

    ``kind`` is what a program does with a path that it neither runs nor writes, unless it is known; ``prefix`` stands
    before the first command (an instruction of a Dockerfile).
    """
    for end, words, outputs, first_line in simple_commands(f"{prefix} {text}" if prefix else text, line):
        read = _without_unread(words) if words else []
        known = [*((word, False) for word in read), *((word, True) for word in outputs)]
        _add_command(found, known, first_line, excuse, base, kind, is_tolerated=end == "||")


def _excuse_of_command(words: Sequence[str], *, is_tolerated: bool) -> Excuse:
    """Return why nothing breaks if what a command names is absent: by its program, or the script that a runner runs."""
    name = first = words[0].rpartition("/")[2]
    if name in ("npm", "yarn", "pnpm", "make", "rake", "composer") and len(words) > 1:
        name = words[2] if words[1] in ("run", "run-script") and len(words) > 2 else words[1]
    if name in _TESTS:
        return Excuse.TESTS
    excuse = excuse_of_task(name) if name not in _ASKS and "." not in name else Excuse.NONE
    if excuse:
        return excuse
    if first.lstrip("@-") in _ASKS or is_tolerated:
        return Excuse.GUARDED
    return Excuse.WRITTEN if first.lstrip("@-") in _WRITES else Excuse.NONE


def _add_command(
    found: Collector,
    words: list[tuple[str, bool]],
    line: int,
    excuse: Excuse,
    base: Anchor,
    kind: EdgeKind,
    *,
    is_tolerated: bool,
) -> None:
    words = _without_leads(found, words, line, excuse, base)
    if not words:
        return
    name = words[0][0].rpartition("/")[2].lstrip("@-")
    excuse = excuse or _excuse_of_command([word for word, _ in words], is_tolerated=is_tolerated)
    if name in _SAYS:
        words = [(word, is_output) for word, is_output in words if is_output]
    is_run = name in _RUNS
    takes_words = name in _TAKES_PATHS or name in _WRITES or name in _ASKS
    for number, (word, is_output) in enumerate(words):
        if is_run and number and words[number - 1][0] == "-m":
            found.add(word, line, EdgeKind.EXECUTES, Anchor.PACKAGE, excuse, how=How.MODULE)
            is_run = False
            continue
        option = _OPTION.match(word)
        if word.startswith("-") and option is None:
            continue
        word = word[option.end() :] if option else word
        runs = not is_output and (number == 0 or (is_run and option is None) or _PROGRAM.search(word) is not None)
        reason = Excuse.WRITTEN if is_output and not excuse else excuse
        if ":" in word and "://" not in word:
            word = word.partition(":")[0]
        is_path = takes_words or is_output or (name in _RESTORES and _DUMP.search(word) is not None)
        does = EdgeKind.EXECUTES if runs else EdgeKind.NAMES if is_path else kind
        if found.add(word, line, does, base, reason, words=number > 0 and is_path):
            is_run = is_run and number == 0
        elif " " in word or "," in word:
            found.add_words(word, line, excuse=reason)


def _without_leads(
    found: Collector, words: list[tuple[str, bool]], line: int, excuse: Excuse, base: Anchor
) -> list[tuple[str, bool]]:
    """Return a command from its program on; what is assigned before counts as named."""
    at = 0
    while at < len(words):
        word = words[at][0]
        assigned = _ASSIGNMENT.fullmatch(word)
        if assigned is not None:
            found.add(assigned[2], line, EdgeKind.NAMES, base, excuse)
        elif word not in _LEADS:
            break
        at += 1
    return words[at:]
