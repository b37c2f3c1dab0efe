"""What commands start: the files that they execute, the scripts that they call, and what those scripts call in turn."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Hashable, Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import Note
from slugtrim.suggester.commands import (
    MANAGERS,
    UWSGI_CODE,
    Call,
    Commands,
    ScriptCall,
    read_commands,
    uwsgi_commands,
)
from slugtrim.suggester.edges import EdgeKind, Excuse, How, Phase, Reference, Root
from slugtrim.suggester.harmless import excuse_of_task
from slugtrim.suggester.languages import STARTED_BY, language_of
from slugtrim.suggester.makefiles import called_recipes
from slugtrim.suggester.manifests import Manifests
from slugtrim.suggester.modules import encoded
from slugtrim.suggester.path_index import PathIndex, follow, join, parent, project_of, up
from slugtrim.suggester.places import Project, is_no_reader
from slugtrim.suggester.resolve import Resolution, Resolver
from slugtrim.suggester.root_table import root_table

SCRIPT_BYTES = 256 << 10
"""A larger script is not read."""
MAKEFILES = (b"Makefile", b"makefile", b"GNUmakefile")
INSTALLS = ("preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare")
"""Scripts of a ``package.json`` that an installation runs."""
SKIPPED_LINE = "skipped-line"
"""Id of the note on a line that starts nothing: unlike the others, it leaves nothing unknown."""
OF_TESTS = re.compile(rb"(?:\A|[/_.-])(?:tests?|testing|ci)(?:[/_.-]|\Z)")

MAX_COMMANDS = 3_000
"""Commands that are read in all: generated manifests have more, hostile ones any number."""
_MAX_COMPARED = 300_000
"""Names of scripts and workspaces that are compared with those in commands, in all."""
_MAX_SEARCHED = 50
"""Directories to search: of all commands, and a fraction of it for each."""
_MAX_NAMES = 50
_MAX_COMMAND = 500

_PROCESS = re.compile(r"[ \t]*([A-Za-z0-9_.-]+)[ \t]*:[ \t]*(\S.*)")
_DOCKER_COMMAND = re.compile(r"[ \t]*(?:RUN|CMD|ENTRYPOINT|COPY|ADD)[ \t]+(.*)", re.IGNORECASE)
_MESSAGES = re.compile(
    r"compilemessages|compile[_-](?:catalog|messages|translations)|\bmsgfmt\b|\bbabel[ \t]+compile\b|\bpo2(?:json|mo)\b"
)
"""Commands that compile the messages of gettext."""
_SHEBANG = re.compile(rb"#![^\n]{0,100}\b(?:ba|z|da|k)?sh\b")
_TASK_RUNNERS = ("rake", "gulp", "grunt", "just", "task")
_JOINED = re.compile(rb"assets:precompile\b[^\n]{0,40}?(?:enhance|=>)([^\n]{0,400})")
"""Where tasks are made a part of the precompilation of assets."""
_TASK_NAME = re.compile(rb"[a-z_][\w:]{0,80}")
_TASK_FILE = re.compile(rb"(?:\A|/)(?:Rakefile|gulpfile[^/]*|Gruntfile[^/]*|[^/]*\.rake)\Z")
_RAILS_NAMESPACES = frozenset(["", "app", "assets", "db", "log", "tmp"])
"""No task of these runs others that it finds by their namespace."""


class Task(Struct, frozen=True):
    """Shell text that is still to be read."""

    text: str
    directory: bytes
    source: bytes
    line: int
    phase: Phase
    why: str


class Started:
    """The files that commands start, as far as the commands are read."""

    def __init__(
        self,
        index: PathIndex,
        manifests: Manifests,
        resolver: Resolver,
        projects: Sequence[Project],
        roots: Collection[bytes],
    ) -> None:
        """``roots`` are the directories of the projects; the slug's own is among them."""
        self._index = index
        self._manifests = manifests
        self._projects = projects
        self._roots = roots
        self._resolver = resolver
        self.found: dict[bytes, Root] = {}
        """Each file that a command names, with the earliest phase in which one does."""
        self.entered = {project.root for project in projects if project.is_started}
        """Directories of projects in which a command runs."""
        self.languages: set[tuple[bytes, str]] = set()
        """Projects, with the languages of what a command starts there."""
        self.unknown: set[tuple[bytes, str]] = set()
        """The same where nobody knows which file a command starts."""
        self.tools: set[str] = set()
        self.compiles_messages = False
        """Whether a command of the deploy compiles the messages of gettext."""
        self.search_paths: dict[bytes, None] = {}
        self.build_commands: dict[bytes, list[str]] = defaultdict(list)
        self.notes: list[Note] = []
        self.unreadable: list[tuple[bytes, int, str]] = []
        """Texts that may hold commands, in no form that is known, with the file and line of each."""
        self._tasks: list[Task] = []
        self._seen: set[Hashable] = set()
        self._guessed: set[bytes] = set()
        """Scripts that a process may start, though nothing says so."""
        self._is_by_hand = False
        self._commands = self._compared = 0
        self._called_tasks: set[str] = set()
        self._process_starts: list[list[bytes]] = []

    def project_of(self, path: bytes) -> bytes:
        """Return the directory of the project that a file is in."""
        return project_of(path, self._roots)

    def note(self, kind: str, message: str, path: bytes) -> None:
        """Note what could not be read of a file."""
        self.notes.append(Note(id=kind, message=f"{path.decode('utf-8', 'replace')} {message}", paths=(path,)))

    def anything_may_run(self) -> None:
        """Count all code of the slug as started."""
        self.unknown |= {(project, name) for project in self._roots for name in STARTED_BY}

    def add(self, root: Root) -> None:
        """Add an entry point; of two for one file, the one of the earlier phase counts."""
        known = self.found.get(root.path)
        if known is None or root.phase < known.phase:
            self.found[root.path] = root
        elif root.phase is known.phase:
            is_clearer = (root.is_taken, not root.executes) < (known.is_taken, not known.executes)
            first, executes = root if is_clearer else known, root.executes or known.executes
            self.found[root.path] = first if first.executes is executes else replace(first, executes=executes)
        if root.phase is not Phase.DEV:
            self.entered.add(self.project_of(root.path))

    def _is_first(self, *key: Hashable) -> bool:
        """Return True if nobody asked for this key before."""
        is_first = key not in self._seen
        self._seen.add(key)
        return is_first

    # What the processes of a Procfile and the directories of a slug show

    def directories(self) -> frozenset[bytes]:
        """Return the directories at the root inside which processes start; none if one starts at the root."""
        tops = [{path.partition(b"/")[0] if b"/" in path else b"" for path in paths} for paths in self._process_starts]
        known = frozenset().union(*tops) if all(tops) else frozenset()
        return known if b"" not in known else frozenset()

    def task_files(self) -> Iterator[bytes]:
        """Yield the files that define a task which a command of the deploy calls by its name.

        The buildpack precompiles assets, and a task may be made a part of that. A gem's task may run all tasks of its
        namespace: ``after_party:run``.
        """
        wanted = [path for path in self._manifests.files if _TASK_FILE.search(path)]
        self._manifests.read(wanted, SCRIPT_BYTES)
        texts = [self._manifests.texts.get(path, b"") for path in wanted]
        joined = {
            name.decode() for text in texts for line in _JOINED.findall(text) for name in _TASK_NAME.findall(line)
        }
        called = self._called_tasks | joined
        names = {name.rpartition(":")[2].partition("[")[0] for name in called} - {""}
        spaces = {name.partition(":")[0] for name in called if ":" in name} - _RAILS_NAMESPACES
        ways = [rb"assets:precompile\b"]
        for word, found in ((b"task", names), (b"namespace", spaces)):
            if found:
                either = b"|".join(re.escape(each.encode()) for each in sorted(found))
                ways.append(rb"\b%b\b[ \t(]{0,10}[:\"']?(?:%b)\b" % (word, either))
        defined = re.compile(b"|".join(ways))
        yield from (path for path, text in zip(wanted, texts, strict=True) if defined.search(text))

    # Commands

    def queue(self, task: Task) -> None:
        """Have a command read by the next ``work``."""
        self._tasks.append(task)

    def work(self, *, is_by_hand: bool = False) -> None:
        """Read commands until none is left: those of a generation first, then those of the files that they call.

        Those of people (``is_by_hand``) leave nothing unknown, whatever they start.
        """
        self._is_by_hand = is_by_hand
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            for task in tasks:
                self._commands += 1
                if self._commands > MAX_COMMANDS or self._compared > _MAX_COMPARED:
                    self.anything_may_run()
                    self._tasks = []
                    return
                self._read(task)

    def read_for_developers(self, task: Task) -> bool:
        """Read a command that only developers run; return False if too many were read."""
        self._commands += 1
        if self._commands > 2 * MAX_COMMANDS:
            return False
        self._read(task)
        return True

    def _read(self, task: Task) -> None:
        said = read_commands(task.text, task.directory, task.line)
        searched = [path for path in said.search_paths if self._index.is_directory(path)]
        if task.phase is not Phase.DEV:
            self.tools |= said.tools
            self.compiles_messages = self.compiles_messages or _MESSAGES.search(task.text) is not None
            self.search_paths.update(dict.fromkeys(searched[: _MAX_SEARCHED - len(self.search_paths)]))
            self.entered.update(searched)
            if task.phase is Phase.BUILD:
                self.build_commands[task.directory].append(task.text)
            for script in said.scripts:
                if script.runner in _TASK_RUNNERS:
                    self._called_tasks.update(script.names[:_MAX_NAMES])
            self._sites(task, said)
        searched = searched[: _MAX_SEARCHED // 5]
        found = [self.call(call, task, searched) for call in said.calls]
        if task.source.rpartition(b"/")[2] == b"Procfile" and task.phase is Phase.RUN:
            starting = [call for call, is_found in zip(said.calls, found, strict=True) if is_found]
            starts = [path for call in starting if not call.is_setting for path in self._starts_of(call, searched)]
            scripts = [join(each.directory, b"-") for each in said.scripts if self._index.is_directory(each.directory)]
            # Of a program that the build makes, only the directory is known.
            self._process_starts.append([*starts, *scripts] or [join(path, b"-") for path in searched])
        called = [self._script_call(call, task) for call in said.scripts]
        is_sure = task.phase is Phase.RUN and task.source not in self._guessed and not self._is_by_hand
        if is_sure and not any(found) and not any(called):  # of the languages that it starts, nobody knows which file
            for language, programs in STARTED_BY.items():
                if not programs.isdisjoint(said.tools):
                    self.unknown |= {(project, language) for project in (self.project_of(task.source), b"")}

    def _sites(self, task: Task, said: Commands) -> None:
        """Add all of a nested directory of which a command makes a site, but for tests and what speaks to people.

        At the slug's root the places of pages are known by convention, and the rest of it is more than the site.
        """
        for program, directory, line in said.runs:
            if program in root_table().generators and directory and self._is_first("site", directory):
                for path in self._index.below(directory):
                    inside = path[len(directory) :].lower()
                    if not OF_TESTS.search(inside) and not is_no_reader(path, self._projects):
                        self.add(Root(path, task.phase, task.why, task.source, line))

    def _starts_of(self, call: Call, searched: Sequence[bytes]) -> list[bytes]:
        """Return the files that a process starts; what a script of the shell starts depends on where it is called."""
        for directory in dict.fromkeys([call.directory, *searched, b""]):
            files = self._resolved(call, directory).files
            if files:
                return [path if language_of(path) is not None else join(call.directory, b"-") for path in files]
        return []

    def _resolved(self, call: Call, directory: bytes) -> Resolution:
        """Return what a command means that runs in a directory."""
        if call.is_program:
            at = follow(directory, encoded(call.reference.text).split(b"/"))
            program = self._resolver.program_in(at) if at is not None else ()
            if program:
                return Resolution(program, at)
        return self._resolver.resolve(call.reference, join(directory, b"-.py" if call.is_python else b"-"))

    def call(self, call: Call, task: Task, searched: Sequence[bytes] = ()) -> bool:
        """Add what a command names as entry points; return True if it executes a file of the slug."""
        executes = call.reference.kind is EdgeKind.EXECUTES
        is_deployed = task.phase is not Phase.DEV
        for directory in dict.fromkeys([call.directory, *searched, b""]):
            found = self._resolved(call, directory)
            if not _is_meant(call.reference, found, directory) or not (executes or is_deployed):
                continue
            source, line = (task.source, call.reference.line) if task.source else (None, None)
            starts_more = False
            named, is_part = call.reference.text, found.through is not None
            is_taken = is_part and task.phase is Phase.BUILD and not _is_of_tests(call, task)
            for path in found.files:
                self.add(Root(path, task.phase, task.why, source, line, executes, named, is_part, is_taken))
                if is_deployed:
                    starts_more = self.follow(path, call.directory, task) or starts_more
                    if executes and (language := language_of(path)) is not None:
                        self.languages.add((self.project_of(path), language))
            return executes or starts_more
        return False

    # Scripts that commands call

    def follow(self, path: bytes, directory: bytes, task: Task) -> bool:
        """Queue the commands of a file that a task names, if it has any; return True if it says what a server runs."""
        name = path.rpartition(b"/")[2]
        if name.endswith(b".ini") and "uwsgi" in task.text:
            return self._uwsgi(path, directory, task)
        if name.startswith(b"Procfile"):
            if self._is_first("script", path):
                self._manifests.read([path])
                self.procfile(path, directory, task.phase)
        elif name.startswith(b"Dockerfile") or name.endswith(b".Dockerfile"):
            self._dockerfile(path, directory)
        elif language_of(path) is None:
            self.shell_script(path, directory, task.phase, task.why)
        return False

    def _uwsgi(self, path: bytes, directory: bytes, task: Task) -> bool:
        """Queue what the settings of uWSGI say as options of its command line; return True if they name the code.

        ``attach-daemon`` starts other commands. Settings may include others, and each is read once.
        """
        self._manifests.read([path])
        application, daemons = uwsgi_commands(self._manifests.lines(path), path)
        if self._is_first("uwsgi", path, directory):
            for text in (application, daemons):
                self.queue(Task(text, directory, path, 1, task.phase, task.why))
        return UWSGI_CODE.search(application) is not None

    def procfile(self, path: bytes, directory: bytes, phase: Phase) -> None:
        """Queue the processes of a Procfile."""
        skipped: list[int] = []
        is_known = False
        for line, text in self._manifests.lines(path):
            process = _PROCESS.fullmatch(text)
            if process is not None:
                is_known = True
                why = f"{path.rpartition(b'/')[2].decode('utf-8', 'replace')} {process[1]}"
                self.queue(Task(process[2], directory, path, line, phase, why))
            elif text.strip() and not text.lstrip().startswith("#"):
                skipped.append(line)
                if not text.lstrip().startswith("//"):
                    self.unreadable.append((path, line, text))
        if not is_known and (skipped or path not in self._manifests.texts):
            line = skipped[0] if skipped else 1
            self.note("unreadable-procfile", f"has no process type on line {line}, so any code may run", path)
            self.anything_may_run()
        elif skipped:
            self.note(SKIPPED_LINE, f"has no process type on line {skipped[0]}, so Heroku skips the line", path)

    def guess(self, path: bytes, directory: bytes, why: str) -> None:
        """Queue a script that a process may start, though nothing says so."""
        if ("script", path) not in self._seen:
            self._guessed.add(path)
            self.shell_script(path, directory, Phase.RUN, why)

    def shell_script(self, path: bytes, directory: bytes, phase: Phase, why: str) -> None:
        """Queue the text of a script of the shell, if the file is one."""
        name = path.rpartition(b"/")[2]
        is_named_so = name.endswith((b".sh", b".bash"))
        if (b"." in name.strip(b".") and not is_named_so) or not self._is_first("script", path):
            return
        self._manifests.read([path], SCRIPT_BYTES)
        content = self._manifests.texts.get(path, b"")
        if _SHEBANG.match(content) or is_named_so or name == b".profile" or b"/.profile.d/" in b"/" + path:
            text = content.decode("utf-8", "surrogateescape")
            called = why if why.startswith("package.json") else path.decode("utf-8", "replace")
            self.queue(Task(text, directory, path, 1, phase, called))

    def _dockerfile(self, path: bytes, directory: bytes) -> None:
        if not self._is_first("script", path):
            return
        self._manifests.read([path])
        for line, text in self._manifests.lines(path):
            match = _DOCKER_COMMAND.fullmatch(text)
            if match is not None:
                command = re.sub(r'[\["\],]', " ", match[1]) if match[1].startswith("[") else match[1]
                self.queue(Task(command, directory, path, line, Phase.RUN, "Dockerfile"))

    # Scripts of manifests

    def _script_call(self, call: ScriptCall, task: Task) -> bool:
        """Follow a call of scripts by their names; return True if there are any."""
        if task.phase is Phase.DEV:
            return False
        if call.runner in ("make", "gmake"):
            return self._make(call, task)
        if call.runner == "composer":
            return self.composer_scripts(call.directory, call.names)
        if call.runner not in MANAGERS:
            return False
        key = (call.directory, " ".join(call.names), call.is_everywhere, task.phase is Phase.RUN)
        return not self._is_first("call", *key) or self._package_scripts(call, task)

    def _package_scripts(self, call: ScriptCall, task: Task) -> bool:
        directory = next((above for above in up(call.directory) if above in self._manifests.packages), None)
        if directory is None:
            return False
        scripts = self._manifests.scripts[directory]
        names = set(call.names) & scripts.keys()
        for pattern in (name for name in call.names if "*" in name and _may_be_script(call)):
            self._compared += len(scripts)
            if self._compared > _MAX_COMPARED:
                break
            names |= {name for name in scripts if fnmatchcase(name, pattern[:200])}
        if not call.names or not {"install", "ci", "i", "add"}.isdisjoint(call.names):
            names |= {*INSTALLS} & scripts.keys()
        self.run_scripts(directory, names, task.phase)
        entered = [each for each in self._called_workspaces(call) if each != directory]
        for workspace in entered:
            self.run_scripts(workspace, set(call.names), task.phase)
        return bool(names or entered)

    def run_scripts(self, directory: bytes, names: Collection[str], phase: Phase) -> None:
        """Queue scripts of a ``package.json``, each with those that npm runs before and after it."""
        self.entered.add(directory)
        self._compared += len(names)
        for name in sorted(names) if self._compared <= _MAX_COMPARED else ():
            for each in (f"pre{name}", name, f"post{name}"):
                self.package_script(directory, each, phase)

    def package_script(self, directory: bytes, name: str, phase: Phase) -> None:
        """Queue a script of a ``package.json``, if there is one of this name."""
        task = self.task_of(directory, name, phase)
        if task is not None and self._is_first("package", directory, name, phase is Phase.RUN):
            self.queue(task)

    def task_of(self, directory: bytes, name: str, phase: Phase) -> Task | None:
        """Return a script of a ``package.json``; None if there is none of this name."""
        command = self._manifests.scripts.get(directory, {}).get(name)
        if command is None:
            return None
        path = join(directory, b"package.json")
        why = f"package.json scripts.{name}"
        return Task(command, directory, path, self._manifests.line_of(path, command), phase, why)

    def is_deployed(self, directory: bytes, name: str) -> bool:
        """Return True if a deploy runs this script of a ``package.json``."""
        return any(("package", directory, name, is_run) in self._seen for is_run in (True, False))

    def _called_workspaces(self, call: ScriptCall) -> list[bytes]:
        if call.is_everywhere:
            names = set(call.names)
            self._compared += len(self._manifests.packages)
            return [path for path in self._manifests.packages if names & self._manifests.scripts[path].keys()]
        found = [self._manifests.workspaces[name] for name in call.names if name in self._manifests.workspaces]
        for name in call.names:
            at = follow(call.directory, encoded(name).split(b"/"))
            if at in self._manifests.packages:
                found.append(at)
        return found

    def composer_scripts(self, directory: bytes, names: Sequence[str]) -> bool:
        """Queue scripts of a ``composer.json``; return True if it has any of these names."""
        path = join(directory, b"composer.json")
        scripts = self._manifests.composer(path).get("scripts")
        if not isinstance(scripts, dict):
            return False
        waiting = [*names]
        while waiting:
            name = waiting.pop()
            if not self._is_first("composer", path, name):
                continue
            value = scripts.get(name)
            for command in [value] if isinstance(value, str) else value if isinstance(value, list | dict) else ():
                if isinstance(command, str):
                    waiting.append(command.removeprefix("@"))
                    text = command.removeprefix("@composer ").removeprefix("@")
                    line = self._manifests.line_of(path, command)
                    self.queue(Task(text, directory, path, line, Phase.BUILD, f"composer.json {name}"))
        return not scripts.keys().isdisjoint(names)

    def _make(self, call: ScriptCall, task: Task) -> bool:
        path = next((at for name in MAKEFILES if (at := join(call.directory, name)) in self._manifests.texts), None)
        if path is None:
            return False
        self.add(Root(path, task.phase, task.why, task.source, call.line))
        for line, text in called_recipes(self._manifests.lines(path), call.names):
            if self._is_first("recipe", path, line):
                self.queue(Task(text.strip().lstrip("@-+ "), call.directory, path, line, task.phase, "make"))
        return True


def _is_of_tests(call: Call, task: Task) -> bool:
    """Return True if a path, or the line of the command that has it, speaks of tests."""
    lines = task.text.split("\n")
    at = call.reference.line - task.line
    command = lines[at] if 0 <= at < len(lines) else task.text
    return any(excuse_of_task(word) is Excuse.TESTS for word in (call.reference.text, *command[:_MAX_COMMAND].split()))


def _may_be_script(call: ScriptCall) -> bool:
    """Return True if an unknown word may be a script's name, and not a value for another command of npm."""
    return call.runner != "npm" or not {"run", "run-script"}.isdisjoint(call.names) or "*" in call.names[0]


def _is_meant(reference: Reference, found: Resolution, directory: bytes) -> bool:
    """Return True if a command means the files: a plain word names what is in its own directory, or something else."""
    if reference.how is How.MODULE or "/" in reference.text or "." in reference.text:
        return bool(found.files) and (found.is_exact or reference.kind is EdgeKind.EXECUTES)
    here = found.through if found.through is not None else (found.files[0] if found.files else None)
    return here is not None and parent(here) == directory
