"""Find the entry points of an application: the files that Heroku, buildpacks, frameworks and developers start from.

Procfile, ``app.json``, ``heroku.yml`` and the scripts of manifests are read as commands, and the scripts that they call
in turn. ``roots.toml`` says what is loaded by its place.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct

from slugtrim.files import File, Note, Tree
from slugtrim.platforms import PLATFORM, PLATFORMS
from slugtrim.suggester.commands import MANAGERS, Call, Commands, ScriptCall, read_commands
from slugtrim.suggester.edges import (
    STARTED_BY,
    Anchor,
    EdgeKind,
    Excuse,
    How,
    Phase,
    Reference,
    Root,
    is_script,
    language_of,
)
from slugtrim.suggester.harmless import excuse_of_task, words_of
from slugtrim.suggester.manifests import LIMIT_BYTES, Manifests, scripts_of
from slugtrim.suggester.modules import encoded, is_setting, load_json
from slugtrim.suggester.path_index import PathIndex, follow, join, parent, project_of, up
from slugtrim.suggester.places import Project, is_no_reader, is_project
from slugtrim.suggester.resolve import Resolution, Resolver
from slugtrim.suggester.root_table import PlacedRoots, RootRow, is_manifest, root_table

_SCRIPT_BYTES = 256 << 10
_MAX_COMMANDS = 3_000
"""Commands that are read in all: generated manifests have more, hostile ones any number."""
_MAX_COMPARED = 300_000
"""Names of scripts and workspaces that are compared with those in commands, in all."""
_MAX_SEARCHED = 50
"""Directories to search: of all commands, and a fraction of it for each."""

_PROCESS = re.compile(r"[ \t]*([A-Za-z0-9_.-]+)[ \t]*:[ \t]*(\S.*)")
_YAML_VALUE = re.compile(r"(?:[ \t]*-)?[ \t]*(?:([\w.-]+)[ \t]*:(?=\s|$))?[ \t]*(.*)")
_DOCKER_COMMAND = re.compile(r"[ \t]*(?:RUN|CMD|ENTRYPOINT|COPY|ADD)[ \t]+(.*)", re.IGNORECASE)
_TASK_RUNNERS = ("rake", "gulp", "grunt", "just", "task")
_TASK_FILE = re.compile(rb"(?:\A|/)(?:Rakefile|gulpfile[^/]*|Gruntfile[^/]*|[^/]*\.rake)\Z")
_RAILS_NAMESPACES = frozenset(["", "app", "assets", "db", "log", "tmp"])
"""No task of these runs others that it finds by their namespace."""
_MAX_NAMES = 50
_PATH_WORD = re.compile(r"[\w./@+-]{2,500}")
_SHEBANG = re.compile(rb"#![^\n]{0,100}\b(?:ba|z|da|k)?sh\b")

_SETTINGS = re.compile(rb"settings[^/]*\.py\Z|(?:\A|/)settings/[^/]+\.py\Z")
_OF_TESTS = re.compile(rb"(?:\A|[/_.-])(?:tests?|testing|ci)(?:[/_.-]|\Z)")
_DOTTED_STRING = re.compile(rb"[\"']([A-Za-z_]\w{0,100}(?:\.[A-Za-z_]\w{0,100}){0,10})[\"']")

_INSTALLS = ("preinstall", "install", "postinstall", "prepare", "preprepare", "postprepare")
SKIPPED_LINE = "skipped-line"
"""Id of the note on a line that starts nothing: unlike the others, it leaves nothing unknown."""
_PROCFILE_VARIABLES = ("PROCFILE", "PROCFILE_PATH")
_BUILD_SCRIPTS = ("heroku-prebuild", *_INSTALLS, "heroku-cleanup")
_COMPOSER_SCRIPTS = (
    "pre-install-cmd post-install-cmd post-update-cmd pre-autoload-dump post-autoload-dump post-root-package-install "
    "compile auto-scripts symfony-scripts".split()
)
_OTHER_PLATFORMS = (
    b".aptible.yml",
    b"render.yaml",
    b"fly.toml",
    b"railway.toml",
    b".do/app.yaml",
    b".platform.app.yaml",
    b"manifest.yml",
    b"dokku.yml",
    b"app.yaml",
    b".clever.json",
    *(platform.app_file for platform in PLATFORMS),
)
"""What says how other platforms deploy: developers' commands, as seen from this one. Its own is not among them."""
_CHECKERS = frozenset(["fork-ts-checker-webpack-plugin", "vite-plugin-checker"])
"""Plugins of bundlers that check the types of all that the settings of TypeScript include."""
_OPERATED = frozenset("migrate migration migrations".split())
"""Words of scripts that change the tables of a database; what does is never left out."""
_ON_A_DYNO = re.compile(rb"\b(?:heroku[ \t]+run|rails[ \t]+r(?:unner)?)\b[^\n]{1,200}")
_MAX_OPERATED = 200
"""Scripts of which the usage is looked for."""
_RUN_OF_SCRIPT = re.compile(rb"(?m)^def run\(")
_MAKEFILES = (b"Makefile", b"makefile", b"GNUmakefile")
_ENTERED_BY_COMMANDS = frozenset(["python", "node", "ruby", "php", "angular", "ml"])
"""Ecosystems in which a nested project runs only if something enters it; others build all that is nested."""
_SERVED = frozenset([b"public", b"static", b"assets", b"www", b"wwwroot", b"htdocs", b"webroot", b"javascripts", b"js"])


class EntryPoints(Struct, frozen=True, kw_only=True):
    """Where an application starts."""

    roots: tuple[Root, ...]
    """By path, the earliest phase first."""
    notes: tuple[Note, ...]
    """What could not be read, so that all that it may start counts as started."""
    search_paths: tuple[bytes, ...]
    """Directories that commands change to, or look for modules in."""
    idle_projects: tuple[bytes, ...]
    """Nested projects that no command, no manifest and no framework enters."""
    resolver: Resolver
    """With the search paths and all settings of modules."""
    undirected: frozenset[tuple[bytes, str]]
    """Projects, by their root, with the languages in which nothing says what starts: all of their files may run."""
    project_roots: frozenset[bytes]
    build_commands: Mapping[bytes, tuple[str, ...]]
    """Directory to the commands that the build runs there."""
    called_task_files: frozenset[bytes]
    """Files of rake or gulp tasks of which a deploy calls one by its name."""
    started_directories: frozenset[bytes]
    """The directories at the root inside which the processes of the Procfile start; none if one starts at the root."""
    checked_projects: frozenset[bytes] = frozenset()
    """Projects whose bundler has a plugin that checks types."""
    lacks_libraries: bool = False
    """Whether the libraries for tests that read files by their place are gems which no deploy installs."""

    def default_live(self, path: bytes) -> bool:
        """Return True if the file counts as used although nothing is known to reach it.

        Python, JavaScript and Ruby count only if their import graph reaches them, unless their project has no entry
        point in that language. Scripts of the shell count if something calls them, unless nothing says what starts.
        The caller leaves candidates and development roots out.
        """
        project = project_of(path, self.project_roots)
        if project in self.idle_projects:
            return False
        if is_script(path):
            return all((project, language) in self.undirected for language in STARTED_BY)
        language = language_of(path)
        if language is None or (project, language) in self.undirected:
            return True
        return language == "javascript" and not _SERVED.isdisjoint(path.split(b"/")[:-1])


def entry_points(
    tree: Tree, kept: Sequence[File], projects: Sequence[Project], app_file: bytes = PLATFORM.app_file
) -> EntryPoints:
    """Return the entry points among the files that are kept. Reads manifests, and the scripts that commands call.

    ``app_file`` describes the application on its platform, in the form of ``app.json``, and is read beside that.
    """
    return _Finder(tree, kept, projects, app_file).find()


class _Task(Struct, frozen=True):
    """Shell text that is still to be read."""

    text: str
    directory: bytes
    source: bytes
    line: int
    phase: Phase
    why: str


class _Finder:
    def __init__(self, tree: Tree, kept: Sequence[File], projects: Sequence[Project], app_file: bytes) -> None:
        self._app_files = tuple(dict.fromkeys((app_file, PLATFORM.app_file)))
        self._kept = kept
        self._files = {file.path: file for file in kept}
        self._given_projects = projects
        self._projects = {project.root: project.ecosystems for project in projects}
        self._projects.setdefault(b"", frozenset())
        self._started_projects = {project.root for project in projects if project.is_started}
        self._index = PathIndex(self._files)
        self._manifests = Manifests(tree, self._files)
        self._found: dict[bytes, Root] = {}
        self._notes: list[Note] = []
        self._tasks: list[_Task] = []
        self._tools: set[str] = set()
        self._search_paths: dict[bytes, None] = {}
        self._entered = set(self._started_projects)
        self._done: set[tuple[bytes, str, bool]] = set()
        self._scripts_read: set[bytes] = set()
        self._sites_done: set[bytes] = set()
        self._guessed: set[bytes] = set()
        """Scripts that a process may start, though nothing says so."""
        self._is_by_hand = False
        """Whether the commands at work are those of people: nothing follows where it is unknown what they start."""
        self._started: set[tuple[bytes, str]] = set()
        self._unknown: set[tuple[bytes, str]] = set()
        self._done_calls: set[tuple[bytes, str, bool, bool]] = set()
        self._commands = self._compared = 0
        self._unreadable: list[tuple[bytes, int, str]] = []
        """Texts that may hold commands, in no form that is known, with the file and line of each."""
        self._build_commands: dict[bytes, list[str]] = defaultdict(list)
        self._called_tasks: set[str] = set()
        self._process_starts: list[list[bytes]] = []

    def find(self) -> EntryPoints:
        self._read_manifests()
        settings = {path: text for path, text in self._manifests.texts.items() if is_setting(path)}
        resolver = self._resolver = Resolver(self._index, self._project_list(), (), settings)
        self._deployed = self._deployed_projects()
        for directory in self._deployed:
            self._deploy(directory)
        self._work()
        self._add_unreadable()
        self._enter_dependencies()
        self._work()
        self._operators_scripts()
        rows = {root: self._rows_of(root) for root in self._projects}
        idle = self._idle_projects(rows[b""]) if len(self._projects) > 1 else set()
        self._placed(rows, idle)
        self._run_scripts_of_django()
        self._development_scripts()
        roots = sorted(self._found.values(), key=lambda root: root.path)
        return EntryPoints(
            roots=tuple(roots),
            notes=tuple(self._notes),
            search_paths=tuple(self._search_paths),
            idle_projects=tuple(sorted(idle)),
            resolver=resolver.with_search_paths(self._search_paths),
            undirected=frozenset(self._undirected()),
            project_roots=frozenset(self._projects),
            build_commands={directory: tuple(texts) for directory, texts in self._build_commands.items()},
            called_task_files=frozenset(self._called_task_files()),
            started_directories=self._started_directories(),
            checked_projects=frozenset(self._checked_projects()),
            lacks_libraries=self._manifests.lacks_gems({gem for row in root_table().implied for gem in row.gems}),
        )

    def _checked_projects(self) -> Iterator[bytes]:
        for directory in self._manifests.packages:
            if directory in self._entered and not _CHECKERS.isdisjoint(self._manifests.npm_packages_of(directory)):
                yield directory

    def _started_directories(self) -> frozenset[bytes]:
        tops = [{path.partition(b"/")[0] if b"/" in path else b"" for path in paths} for paths in self._process_starts]
        known = frozenset().union(*tops) if all(tops) else frozenset()
        return known if b"" not in known else frozenset()

    def _called_task_files(self) -> Iterator[bytes]:
        """Yield the files that define a task which a command of the deploy calls by its name.

        The buildpack precompiles assets, and a task may be made a part of that. A gem's task may run all tasks of its
        namespace: ``after_party:run``.
        """
        names = {name.rpartition(":")[2].partition("[")[0] for name in self._called_tasks} - {""}
        spaces = {name.partition(":")[0] for name in self._called_tasks if ":" in name} - _RAILS_NAMESPACES
        ways = [rb"assets:precompile\b"]
        for word, found in ((b"task", names), (b"namespace", spaces)):
            if found:
                either = b"|".join(re.escape(each.encode()) for each in sorted(found))
                ways.append(rb"\b%b\b[ \t(]{0,10}[:\"']?(?:%b)\b" % (word, either))
        defined = re.compile(b"|".join(ways))
        wanted = [path for path in self._files if _TASK_FILE.search(path)]
        self._manifests.read(wanted, _SCRIPT_BYTES)
        yield from (path for path in wanted if defined.search(self._manifests.texts.get(path, b"")))

    def _project_list(self) -> list[Project]:
        return [Project(root=root, ecosystems=ids) for root, ids in self._projects.items()]

    # Reading

    def _read_manifests(self) -> None:
        names = {b"Procfile", *self._app_files, b"heroku.yml", b"composer.json", b"package.json", *_MAKEFILES}
        near: dict[bytes, list[bytes]] = {}
        wanted = []
        for path in self._files:
            directory, _, name = path.rpartition(b"/")
            if directory not in near:
                near[directory] = [above for above in {directory, parent(directory)} if above in self._projects]
            if name in names or is_setting(path) or any(is_manifest(path, above) for above in near[directory]):
                wanted.append(path)
        self._manifests.read(wanted)
        for path, text in self._manifests.texts.items():
            if path.rpartition(b"/")[2] == b"package.json" and b"node_modules/" not in path:
                self._read_package_json(path, text)

    def _read_package_json(self, path: bytes, text: bytes) -> None:
        if self._manifests.add_package(path):
            return
        self._note("unreadable-manifest", "is not a JSON object, so every script in it may run", path)
        self._unknown.add((self._project_of(path), "javascript"))
        if b"/" not in path:
            self._unreadable.append((path, 1, text.decode("utf-8", "surrogateescape")))

    def _note(self, kind: str, message: str, path: bytes) -> None:
        self._notes.append(Note(id=kind, message=f"{path.decode('utf-8', 'replace')} {message}", paths=(path,)))

    def _project_of(self, path: bytes) -> bytes:
        return project_of(path, self._projects)

    # What a deploy starts

    def _deployed_projects(self) -> list[bytes]:
        """Return the slug's root; without a manifest there, a buildpack deploys a directory, and any may be meant."""
        if is_project(self._kept) or not {b"Procfile", *self._app_files, b"heroku.yml"}.isdisjoint(self._files):
            return [b""]
        return sorted(self._projects)

    def _deploy(self, directory: bytes) -> None:
        self._entered.add(directory)
        has_procfile = self._procfile(join(directory, b"Procfile"), directory, Phase.RUN)
        for app_file in self._app_files:
            self._app_json(join(directory, app_file), directory)
        self._heroku_yml(join(directory, b"heroku.yml"), directory)
        self._hooks(directory)
        self._phoenix_assets(directory)
        self._composer_scripts(directory, _COMPOSER_SCRIPTS)
        scripts = self._manifests.scripts.get(directory, {})
        builds = "heroku-postbuild" if "heroku-postbuild" in scripts else "build"
        for name in (*_BUILD_SCRIPTS, "prebuild" if builds == "build" else "", builds, "postbuild"):
            self._package_script(directory, name, Phase.BUILD)
        if not has_procfile:
            for name in ("prestart", "start", "poststart"):
                self._package_script(directory, name, Phase.RUN)
            if "start" not in scripts and directory in self._manifests.packages:
                self._call(
                    Call(directory, _path("server.js")), _Task("", directory, b"", 1, Phase.RUN, "npm start"), ()
                )

    def _phoenix_assets(self, directory: bytes) -> None:
        """Enter what the buildpack for Phoenix builds; its settings say that it is used, and where the assets are."""
        settings = join(directory, b"phoenix_static_buildpack.config")
        if settings not in self._files:
            return
        self._manifests.read([settings])
        places = {b"assets": 1}
        for line, text in self._manifests.lines(settings):
            name, _, value = text.partition("=")
            if name.strip() == "assets_path":
                places[encoded(value.strip().strip("\"'"))] = line
        for place, line in places.items():
            at = follow(directory, place.split(b"/"))
            if not at or at == directory or not self._index.is_directory(at):
                continue
            self._entered.add(at)
            for path in self._index.below(at):
                self._add(Root(path, Phase.BUILD, "the buildpack for Phoenix builds it", settings, line))

    def _procfile(self, path: bytes, directory: bytes, phase: Phase) -> bool:
        """Read a Procfile; return False if there is none."""
        if path not in self._files:
            return False
        skipped: list[int] = []
        is_known = False
        for line, text in self._manifests.lines(path):
            process = _PROCESS.fullmatch(text)
            if process is not None:
                is_known = True
                why = f"{path.rpartition(b'/')[2].decode('utf-8', 'replace')} {process[1]}"
                self._tasks.append(_Task(process[2], directory, path, line, phase, why))
            elif text.strip() and not text.lstrip().startswith("#"):
                skipped.append(line)
                if not text.lstrip().startswith("//"):
                    self._unreadable.append((path, line, text))
        if not is_known and (skipped or path not in self._manifests.texts):
            line = skipped[0] if skipped else 1
            self._note("unreadable-procfile", f"has no process type on line {line}, so any code may run", path)
            self._anything_may_run()
        elif skipped:
            self._note(SKIPPED_LINE, f"has no process type on line {skipped[0]}, so Heroku skips the line", path)
        return True

    def _anything_may_run(self) -> None:
        self._unknown |= {(project, name) for project in self._projects for name in STARTED_BY}

    def _app_json(self, path: bytes, directory: bytes) -> None:
        if path not in self._manifests.texts:
            return
        data = load_json(self._manifests.texts[path])
        if data is None:
            self._note("unreadable-manifest", "is not a JSON object, so the scripts in it are unknown", path)
            return
        environments = data.get("environments")
        others = environments.items() if isinstance(environments, dict) else ()
        for part in (data, *(value for name, value in others if name != "test")):
            for name, command in scripts_of(part).items():
                line = self._manifests.line_of(path, command)
                self._tasks.append(_Task(command, directory, path, line, Phase.RUN, f"{path.decode()} {name}"))
        variables = data.get("env")
        for name, value in variables.items() if isinstance(variables, dict) else ():
            text = value.get("value") if isinstance(value, dict) else value
            if name in _PROCFILE_VARIABLES and isinstance(text, str):
                self._other_procfile(text, directory, path)

    def _other_procfile(self, text: str, directory: bytes, source: bytes) -> None:
        """Read the Procfile that a variable names: a buildpack puts it in the place of the other."""
        path = follow(directory, encoded(text).split(b"/"))
        if path in self._files:
            self._manifests.read([path])
            self._add(
                Root(path, Phase.BUILD, "app.json env", source, self._manifests.line_of(source, text), executes=False)
            )
            self._procfile(path, directory, Phase.RUN)

    def _heroku_yml(self, path: bytes, directory: bytes) -> None:
        """Read each value as a command: of images it is the name of a Dockerfile."""
        for line, text in self._manifests.lines(path) if path in self._manifests.texts else ():
            match = _YAML_VALUE.fullmatch(text)
            value = match[2].strip("\"' ") if match else ""
            if not value or text.lstrip().startswith("#"):
                continue
            task = _Task(value, directory, path, line, Phase.RUN, "heroku.yml")
            named = follow(directory, encoded(value).split(b"/"))
            if named in self._files:
                self._add(Root(named, Phase.BUILD, "heroku.yml", path, line))
                self._follow_script(named, directory, task)
            self._tasks.append(task)

    def _hooks(self, directory: bytes) -> None:
        """Queue the scripts that buildpacks and dynos run by their names."""
        for row in root_table().rows:
            if row.id not in ("hooks", "heroku"):
                continue
            for phase, pattern in row.patterns:
                at = join(directory, b"/".join(pattern.parts))
                for path in (at, *self._index.files_in(at)):
                    if path in self._files and path not in self._manifests.packages:
                        self._shell_script(path, directory, phase, row.why)
        binaries = self._index.files_in(join(directory, b"bin"))
        inside = [path for path in binaries if not is_no_reader(path, self._given_projects)]
        self._manifests.read(inside, _SCRIPT_BYTES)
        for path in inside:
            if path not in self._scripts_read:
                self._guessed.add(path)
                self._shell_script(path, directory, Phase.RUN, "a process may start what is in bin/")

    def _composer_scripts(self, directory: bytes, names: Sequence[str]) -> bool:
        path = join(directory, b"composer.json")
        scripts = self._manifests.composer(path).get("scripts")
        waiting = [*names]
        while waiting and isinstance(scripts, dict):
            name = waiting.pop()
            value = scripts.get(name)
            if (path, name, True) in self._done:
                continue
            self._done.add((path, name, True))
            for command in [value] if isinstance(value, str) else value if isinstance(value, list | dict) else ():
                if isinstance(command, str):
                    waiting.append(command.removeprefix("@"))
                    text = command.removeprefix("@composer ").removeprefix("@")
                    why = f"composer.json {name}"
                    self._tasks.append(
                        _Task(text, directory, path, self._manifests.line_of(path, command), Phase.BUILD, why)
                    )
        return isinstance(scripts, dict) and not scripts.keys().isdisjoint(names)

    def _package_script(self, directory: bytes, name: str, phase: Phase) -> None:
        command = self._manifests.scripts.get(directory, {}).get(name)
        key = (directory, name, phase is Phase.RUN)
        if command is None or key in self._done:
            return
        self._done.add(key)
        path = join(directory, b"package.json")
        why = f"package.json scripts.{name}"
        self._tasks.append(_Task(command, directory, path, self._manifests.line_of(path, command), phase, why))

    def _add_unreadable(self) -> None:
        """Add all files that an unreadable text names: what it would have told of them is unknown."""
        for path, line, text in self._unreadable:
            why = f"{path.decode('utf-8', 'replace')} cannot be read"
            words = dict.fromkeys(word.rstrip(".") for word in _PATH_WORD.findall(text[:LIMIT_BYTES]))
            for word in [word for word in words if "/" in word.strip("/") or "." in word][:_MAX_COMMANDS]:
                found = self._resolver.resolve(Reference(word, line, How.PATH, EdgeKind.LOADS, Anchor.ROOT), path)
                for each in found.files if found.is_exact else ():
                    self._add(Root(each, Phase.RUN, why, path, line, language_of(each) is not None))

    # Commands

    def _work(self) -> None:
        """Read commands until none is left: those of a generation first, then those of the files that they call."""
        while self._tasks:
            tasks, self._tasks = self._tasks, []
            for task in tasks:
                self._commands += 1
                if self._commands > _MAX_COMMANDS or self._compared > _MAX_COMPARED:
                    self._anything_may_run()
                    self._tasks = []
                    return
                self._command(task)

    def _command(self, task: _Task) -> None:
        said = read_commands(task.text, task.directory, task.line)
        searched = [path for path in said.search_paths if self._index.is_directory(path)]
        if task.phase is not Phase.DEV:
            self._tools |= said.tools
            self._search_paths.update(dict.fromkeys(searched[: _MAX_SEARCHED - len(self._search_paths)]))
            self._entered.update(searched)
            if task.phase is Phase.BUILD:
                self._build_commands[task.directory].append(task.text)
            for script in said.scripts:
                if script.runner in _TASK_RUNNERS:
                    self._called_tasks.update(script.names[:_MAX_NAMES])
            self._sites(task, said)
        searched = searched[: _MAX_SEARCHED // 5]
        found = [self._call(call, task, searched) for call in said.calls]
        if task.source.rpartition(b"/")[2] == b"Procfile" and task.phase is Phase.RUN:
            starting = [call for call, is_found in zip(said.calls, found, strict=True) if is_found]
            starts = [path for call in starting if not call.is_setting for path in self._starts_of(call, searched)]
            scripts = [join(each.directory, b"-") for each in said.scripts if self._index.is_directory(each.directory)]
            # Of a program that the build makes, only the directory is known.
            self._process_starts.append([*starts, *scripts] or [join(path, b"-") for path in searched])
        called = [self._script_call(call, task) for call in said.scripts]
        is_sure = task.phase is Phase.RUN and task.source not in self._guessed and not self._is_by_hand
        if is_sure and not any(found) and not any(called):
            self._unresolved(task, said)

    def _sites(self, task: _Task, said: Commands) -> None:
        """Add all of a nested directory of which a command makes a site, but for tests and what speaks to people.

        At the slug's root the places of pages are known by convention, and the rest of it is more than the site.
        """
        for program, directory, line in said.runs:
            if program not in root_table().generators or not directory or directory in self._sites_done:
                continue
            self._sites_done.add(directory)
            for path in self._index.below(directory):
                inside = path[len(directory) :].lower()
                if _OF_TESTS.search(inside) or is_no_reader(path, self._given_projects):
                    continue
                self._add(Root(path, task.phase, task.why, task.source, line))

    def _starts_of(self, call: Call, searched: Sequence[bytes]) -> list[bytes]:
        """Return the files that a process starts; what a script of the shell starts depends on where it is called."""
        paths = self._paths_of(call, searched)
        return [path if language_of(path) is not None else join(call.directory, b"-") for path in paths]

    def _paths_of(self, call: Call, searched: Sequence[bytes]) -> tuple[bytes, ...]:
        for directory in dict.fromkeys([call.directory, *searched, b""]):
            found = self._resolved(call, directory)
            if found.files:
                return found.files
        return ()

    def _resolved(self, call: Call, directory: bytes) -> Resolution:
        """Return what a command means that runs in a directory."""
        if call.is_program:
            at = follow(directory, encoded(call.reference.text).split(b"/"))
            program = self._resolver.program_in(at) if at is not None else ()
            if program:
                return Resolution(program, at)
        return self._resolver.resolve(call.reference, join(directory, b"-.py" if call.is_python else b"-"))

    def _unresolved(self, task: _Task, said: Commands) -> None:
        """Note the languages that a command starts, although nobody knows which file."""
        for language, programs in STARTED_BY.items():
            if not programs.isdisjoint(said.tools):
                self._unknown |= {(project, language) for project in {self._project_of(task.source), b""}}

    def _call(self, call: Call, task: _Task, searched: Sequence[bytes]) -> bool:
        """Add what a command names as roots; return True if it executes a file of the slug."""
        executes = call.reference.kind is EdgeKind.EXECUTES
        for directory in dict.fromkeys([call.directory, *searched, b""]):
            found = self._resolved(call, directory)
            if not _is_meant(call.reference, found, directory) or not (executes or task.phase is not Phase.DEV):
                continue
            is_source = any(language_of(path) for path in found.files)
            for path in found.files:
                why, line = task.why, call.reference.line
                self._add(Root(path, task.phase, why, task.source or None, line if task.source else None, executes))
                if task.phase is not Phase.DEV:
                    self._follow_script(path, call.directory, task)
            if executes and is_source and task.phase is not Phase.DEV:
                self._started |= {
                    (self._project_of(path), language) for path in found.files if (language := language_of(path))
                }
            return executes
        return False

    def _add(self, root: Root) -> None:
        known = self._found.get(root.path)
        if known is None or (root.phase, not root.executes) < (known.phase, not known.executes):
            self._found[root.path] = root
        if root.phase is not Phase.DEV:
            self._entered.add(self._project_of(root.path))

    def _follow_script(self, path: bytes, directory: bytes, task: _Task) -> None:
        name = path.rpartition(b"/")[2]
        if name.startswith(b"Procfile") and path not in self._scripts_read:
            self._scripts_read.add(path)
            self._manifests.read([path])
            self._procfile(path, directory, task.phase)
        elif name.startswith(b"Dockerfile") or name.endswith(b".Dockerfile"):
            self._dockerfile(path, directory)
        elif language_of(path) is None:
            self._shell_script(path, directory, task.phase, task.why)

    def _shell_script(self, path: bytes, directory: bytes, phase: Phase, why: str) -> None:
        name = path.rpartition(b"/")[2]
        if path in self._scripts_read or (b"." in name.strip(b".") and not name.endswith((b".sh", b".bash"))):
            return
        self._scripts_read.add(path)
        self._manifests.read([path], _SCRIPT_BYTES)
        content = self._manifests.texts.get(path, b"")
        is_profile = name == b".profile" or b"/.profile.d/" in b"/" + path
        if _SHEBANG.match(content) or name.endswith((b".sh", b".bash")) or is_profile:
            text = content.decode("utf-8", "surrogateescape")
            called = why if why.startswith("package.json") else path.decode("utf-8", "replace")
            self._tasks.append(_Task(text, directory, path, 1, phase, called))

    def _dockerfile(self, path: bytes, directory: bytes) -> None:
        if path in self._scripts_read:
            return
        self._scripts_read.add(path)
        self._manifests.read([path])
        for line, text in self._manifests.lines(path):
            match = _DOCKER_COMMAND.fullmatch(text)
            if match is not None:
                command = re.sub(r'[\["\],]', " ", match[1]) if match[1].startswith("[") else match[1]
                self._tasks.append(_Task(command, directory, path, line, Phase.RUN, "Dockerfile"))

    # Scripts of manifests

    def _script_call(self, call: ScriptCall, task: _Task) -> bool:
        if task.phase is Phase.DEV:
            return False
        key = (call.directory, " ".join(call.names), call.is_everywhere, task.phase is Phase.RUN)
        if call.runner in MANAGERS and key in self._done_calls:
            return True
        self._done_calls.add(key)
        if call.runner in ("make", "gmake"):
            return self._make(call, task)
        if call.runner == "composer":
            return self._composer_scripts(call.directory, call.names)
        if call.runner not in MANAGERS:
            return False
        return self._package_scripts(call, task)

    def _package_scripts(self, call: ScriptCall, task: _Task) -> bool:
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
            names |= {*_INSTALLS} & scripts.keys()
        self._run_scripts(directory, names, task.phase)
        entered = [each for each in self._called_workspaces(call) if each != directory]
        for workspace in entered:
            self._entered.add(workspace)
            self._run_scripts(workspace, set(call.names), task.phase)
        return bool(names or entered)

    def _run_scripts(self, directory: bytes, names: Collection[str], phase: Phase) -> None:
        self._entered.add(directory)
        self._compared += len(names)
        for name in sorted(names) if self._compared <= _MAX_COMPARED else ():
            for each in (f"pre{name}", name, f"post{name}"):
                self._package_script(directory, each, phase)

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

    def _make(self, call: ScriptCall, task: _Task) -> bool:
        path = next((at for name in _MAKEFILES if (at := join(call.directory, name)) in self._manifests.texts), None)
        if path is None:
            return False
        self._add(Root(path, task.phase, task.why, task.source, call.line))
        for line, text in self._manifests.lines(path) if path not in self._scripts_read else ():
            if text.startswith("\t"):
                self._tasks.append(_Task(text.strip().lstrip("@-+ "), call.directory, path, line, task.phase, "make"))
        self._scripts_read.add(path)
        return True

    # Projects that nothing enters

    def _enter_dependencies(self) -> None:
        """Enter the workspaces that entered ones depend on, and what other manifests name by its path."""
        waiting = [path for path in self._manifests.packages if path in self._entered]
        seen = set(waiting)
        while waiting:
            manifest = self._manifests.packages[waiting.pop()]
            for key in ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies"):
                needed = manifest.get(key)
                for name in needed if isinstance(needed, dict) else ():
                    at = self._manifests.workspaces.get(name)
                    if at is not None and at not in seen:
                        seen.add(at)
                        waiting.append(at)
                        self._run_scripts(at, _INSTALLS, Phase.BUILD)
                        self._started.add((at, "javascript"))  # by who imports it
        self._entered |= seen
        if len(self._projects) == 1:
            return
        named = self._named_paths()
        for project in self._projects:
            if project in named or any(above + b"/" in named for above in up(project) if above):
                self._entered.add(project)

    def _named_paths(self) -> set[bytes]:
        found: set[bytes] = set()
        for path, text in self._manifests.texts.items():
            is_read = not is_setting(path) and (path.rpartition(b"/")[2] not in _MAKEFILES or path in self._found)
            if is_read and self._project_of(path) in self._entered:
                words = re.findall(rb"[\w.@+/-]+", text)
                found.update(word.removeprefix(b"./") for word in words if len(word) < 500)
                found.update(word.strip(b"./") for word in words if len(word) < 500)
        return found

    def _idle_projects(self, rows: Sequence[RootRow]) -> set[bytes]:
        placed = PlacedRoots({b"": rows})
        return {
            root
            for root, ecosystems in self._projects.items()
            if root
            and ecosystems <= _ENTERED_BY_COMMANDS
            and root not in self._entered
            and all(phase is Phase.DEV for _, phase in placed.marks(join(root, b"-")))
            and not any(self._has_code(above) for above in up(parent(root)) if above)
            and join(root, b"__init__.py") not in self._files
        }

    def _has_code(self, directory: bytes) -> bool:
        """Return True if a directory has code of its own: a manifest below is then of a part of that code."""
        return any(language_of(path) is not None for path in self._index.files_in(directory))

    # What frameworks load

    def _placed(self, rows: Mapping[bytes, Sequence[RootRow]], idle: Collection[bytes]) -> None:
        placed = PlacedRoots(rows, self._registered_applications(rows) | self._started_projects)
        for path in self._files:
            marks = placed.marks(path)
            if not marks:
                continue
            project = self._project_of(path)
            phases = [(self._phase(row, phase, is_idle=project in idle), row) for row, phase in marks]
            phase, row = min(phases, key=lambda each: (each[0], not each[1].executes))
            if phase is Phase.DEV and path in self._found:
                continue
            self._add_placed(path, phase, row, project)

    def _registered_applications(self, rows: Mapping[bytes, Sequence[RootRow]]) -> set[bytes]:
        """Return the packages that Django's settings name, but for the settings of tests."""
        if not any(row.id == "django" for held in rows.values() for row in held):
            return set()
        settings = [path for path in self._files if _SETTINGS.search(path) and not _OF_TESTS.search(path)]
        self._manifests.read(settings)
        found: set[bytes] = set()
        for path in settings:
            for name in set(_DOTTED_STRING.findall(self._manifests.texts.get(path, b""))):
                package = name.replace(b".", b"/") + b"/__init__.py"
                reference = Reference(name.decode("ascii"), 1, How.MODULE, EdgeKind.EXECUTES)
                files = self._resolver.resolve(reference, path).files
                found.update(parent(each) for each in files if each == package or each.endswith(b"/" + package))
        return found

    def _add_placed(self, path: bytes, phase: Phase, row: RootRow, project: bytes) -> None:
        known = self._found.get(path)
        if known is None or phase < known.phase:
            named = (known.source, known.line) if known is not None else (None, None)
            self._found[path] = Root(path, phase, row.why, *named, executes=row.executes)
        language = language_of(path)
        if row.starts and language is not None and phase is not Phase.DEV:
            self._started.add((project, language))

    def _phase(self, row: RootRow, phase: Phase, *, is_idle: bool) -> Phase:
        if is_idle or (phase is Phase.BUILD and row.tools and row.tools.isdisjoint(self._tools)):
            return Phase.DEV
        return phase

    def _rows_of(self, root: bytes) -> tuple[RootRow, ...]:
        packages = self._manifests.depends_of(root, self._index)
        npm_packages = self._manifests.npm_packages_of(root)
        if "rails" in packages:  # the Ruby buildpack calls its rake tasks
            self._tools.add("rails")
        found = []
        for row in root_table().rows:
            existing = [path for path in row.files if join(root, path) in self._files]
            if row.holds_in(self._projects[root], packages, npm_packages, existing):
                found.append(row)
        return tuple(found)

    def _operators_scripts(self) -> None:
        """Add the scripts by which operators change the tables of a database: `heroku run npm run migrate`."""
        for directory in self._deployed:
            for name in self._manifests.scripts.get(directory, {}):
                if not _OPERATED.isdisjoint(words_of(name)) and excuse_of_task(name) is Excuse.NONE:
                    self._package_script(directory, name, Phase.RUN)
        self._is_by_hand = True
        self._work()
        self._is_by_hand = False
        self._scripts_with_usage()

    def _scripts_with_usage(self) -> None:
        """Add the scripts that say of themselves how to start them on a dyno: `heroku run python scripts/report.py`."""
        near = [
            path
            for project in self._deployed
            for name in (b"script", b"scripts")
            for path in self._index.below(join(project, name))
            if language_of(path) is not None
        ][:_MAX_OPERATED]
        self._manifests.read(near, _SCRIPT_BYTES)
        for path in near:
            name = path.rpartition(b"/")[2]
            for match in _ON_A_DYNO.finditer(self._manifests.texts.get(path, b"")):
                if name in match[0]:
                    line = match.string.count(b"\n", 0, match.start()) + 1
                    self._add(Root(path, Phase.RUN, "its own text says how to start it on a dyno", path, line))
                    break

    # What only development runs

    def _development_scripts(self) -> None:
        """Add what other scripts of manifests run: only developers do, as far as any file says."""
        for directory, scripts in self._manifests.scripts.items():
            path = join(directory, b"package.json")
            for name, command in scripts.items():
                if (directory, name, True) in self._done or (directory, name, False) in self._done:
                    continue
                self._commands += 1
                if self._commands > 2 * _MAX_COMMANDS:
                    return
                why = f"package.json scripts.{name}"
                self._command(_Task(command, directory, path, self._manifests.line_of(path, command), Phase.DEV, why))

        others = [path for path in _OTHER_PLATFORMS if path in self._files and path not in self._app_files]
        for path in others:
            self._manifests.read([path])
            for line, text in self._manifests.lines(path):
                match = _YAML_VALUE.fullmatch(text)
                self._commands += 1
                if match is not None and match[2] and self._commands <= 2 * _MAX_COMMANDS:
                    why = path.decode()
                    self._command(_Task(match[2].strip("\"' "), b"", path, line, Phase.DEV, why))

    def _run_scripts_of_django(self) -> None:
        """Add the scripts that django-extensions starts by their names: ``manage.py runscript NAME``."""
        for root in self._projects:
            if not {"django-extensions", "django_extensions"} & self._manifests.depends_of(root, self._index):
                continue
            near = [path for path in self._index.files_in(join(root, b"scripts")) if path.endswith(b".py")]
            self._manifests.read(near, _SCRIPT_BYTES)
            for path in near:
                match = _RUN_OF_SCRIPT.search(self._manifests.texts.get(path, b""))
                if match is not None:
                    line = match.string.count(b"\n", 0, match.start()) + 1
                    self._add(Root(path, Phase.RUN, "runscript of django-extensions", path, line))

    def _undirected(self) -> Iterator[tuple[bytes, str]]:
        yield from self._unknown
        by_project: dict[bytes, set[str]] = defaultdict(set)
        for project, language in self._started:
            by_project[project].add(language)
        for project in self._projects:
            for language in STARTED_BY:
                if language not in by_project[project]:
                    yield project, language


def _may_be_script(call: ScriptCall) -> bool:
    """Return True if an unknown word may be a script's name, and not a value for another command of npm."""
    return call.runner != "npm" or not {"run", "run-script"}.isdisjoint(call.names) or "*" in call.names[0]


def _is_meant(reference: Reference, found: Resolution, directory: bytes) -> bool:
    """Return True if a command means the files: a plain word names what is in its own directory, or something else."""
    if reference.how is How.MODULE or "/" in reference.text or "." in reference.text:
        return bool(found.files) and (found.is_exact or reference.kind is EdgeKind.EXECUTES)
    here = found.through if found.through is not None else (found.files[0] if found.files else None)
    return here is not None and parent(here) == directory


def _path(text: str) -> Reference:
    return Reference(text, 1, How.PATH, EdgeKind.EXECUTES, Anchor.ANY)
