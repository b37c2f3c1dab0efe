"""Find the entry points of an application: the files that Heroku, buildpacks, frameworks and developers start from.

Procfile, ``app.json``, ``heroku.yml`` and the scripts of manifests are read as commands (``started``). ``roots.toml``
says what is loaded by its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from slugtrim.files import File, Note, Tree
from slugtrim.platforms import PLATFORM, PLATFORMS
from slugtrim.suggester.commands import Call
from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Phase, Reference, Root
from slugtrim.suggester.harmless import excuse_of_task, words_of
from slugtrim.suggester.languages import STARTED_BY, is_script, language_of
from slugtrim.suggester.manifests import LIMIT_BYTES, Manifests, compiled_files, is_manifest, scripts_of
from slugtrim.suggester.modules import encoded, is_setting, load_json
from slugtrim.suggester.path_index import PathIndex, follow, join, parent, project_of, up
from slugtrim.suggester.places import Project, is_no_reader, is_project
from slugtrim.suggester.resolve import Resolver
from slugtrim.suggester.root_table import PlacedRoots, RootRow, root_table
from slugtrim.suggester.started import INSTALLS, MAKEFILES, MAX_COMMANDS, OF_TESTS, SCRIPT_BYTES, Started, Task

_YAML_VALUE = re.compile(r"(?:[ \t]*-)?[ \t]*(?:([\w.-]+)[ \t]*:(?=\s|$))?[ \t]*(.*)")
_PATH_WORD = re.compile(r"[\w./@+-]{2,500}")
_NAMED_WORD = re.compile(rb"[\w.@+/-]+")
_MAX_WORD = 500

_SETTINGS = re.compile(rb"settings[^/]*\.py\Z|(?:\A|/)settings/[^/]+\.py\Z")
_DOTTED_STRING = re.compile(rb"[\"']([A-Za-z_]\w{0,100}(?:\.[A-Za-z_]\w{0,100}){0,10})[\"']")

_PROCFILE_VARIABLES = ("PROCFILE", "PROCFILE_PATH")
_BUILD_SCRIPTS = ("heroku-prebuild", *INSTALLS, "heroku-cleanup")
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
_COMPILES_MESSAGES = re.compile(rb"compile_?messages|compile_catalog|msgfmt|gettext")
_READ_MESSAGES = frozenset(
    "django-rosetta rosetta weblate polib translate-toolkit odoo po-loader po2json gettext-parser easygettext".split()
)
"""Packages that read or write the sources of gettext's messages."""
_OPERATED = frozenset("migrate migration migrations".split())
"""Words of scripts that change the tables of a database; what does is never left out."""
_ON_A_DYNO = re.compile(rb"\b(?:heroku[ \t]+run|rails[ \t]+r(?:unner)?)\b[^\n]{1,200}")
_MAX_OPERATED = 200
"""Scripts of which the usage is looked for."""
_RUN_OF_SCRIPT = re.compile(rb"(?m)^def run\(")
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
    compiled: frozenset[bytes] = frozenset()
    """Files that the build compiles because its settings include them."""
    lacks_libraries: bool = False
    """Whether the libraries for tests that read files by their place are gems which no deploy installs."""
    uses_messages: bool = False
    """Whether a deploy compiles, reads or edits the sources of gettext's messages."""

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
        if language is None:
            return True
        if (project, language) in self.undirected:  # what only tests import is in a directory of tests
            return OF_TESTS.search(parent(path)) is None
        return language == "javascript" and not _SERVED.isdisjoint(path.split(b"/")[:-1])


def entry_points(
    tree: Tree, kept: Sequence[File], projects: Sequence[Project], app_file: bytes = PLATFORM.app_file
) -> EntryPoints:
    """Return the entry points among the files that are kept. Reads manifests, and the scripts that commands call.

    ``app_file`` describes the application on its platform, in the form of ``app.json``, and is read beside that.
    """
    return _Finder(tree, kept, projects, app_file).find()


class _Finder:
    def __init__(self, tree: Tree, kept: Sequence[File], projects: Sequence[Project], app_file: bytes) -> None:
        self._app_files = tuple(dict.fromkeys((app_file, PLATFORM.app_file)))
        self._kept = kept
        self._files = {file.path: file for file in kept}
        self._given_projects = projects
        self._projects = {project.root: project.ecosystems for project in projects}
        self._projects.setdefault(b"", frozenset())
        self._index = PathIndex(self._files)
        self._manifests = Manifests(tree, self._files)
        self._read_manifests()
        settings = {path: text for path, text in self._manifests.texts.items() if is_setting(path)}
        given = [Project(root=root, ecosystems=ids) for root, ids in self._projects.items()]
        self._resolver = Resolver(self._index, given, (), settings)
        self._started = Started(self._index, self._manifests, self._resolver, projects, self._projects)
        self._deployed = self._deployed_projects()

    def find(self) -> EntryPoints:
        started = self._started
        self._read_packages()
        for directory in self._deployed:
            self._deploy(directory)
        started.work()
        self._add_unreadable()
        self._enter_dependencies()
        started.work()
        self._operators_scripts()
        rows = {root: self._rows_of(root) for root in self._projects}
        idle = self._idle_projects(rows[b""]) if len(self._projects) > 1 else set()
        self._placed(rows, idle)
        self._run_scripts_of_django()
        self._development_scripts()
        return EntryPoints(
            roots=tuple(sorted(started.found.values(), key=lambda root: root.path)),
            notes=tuple(started.notes),
            search_paths=tuple(started.search_paths),
            idle_projects=tuple(sorted(idle)),
            resolver=self._resolver.with_search_paths(started.search_paths),
            undirected=frozenset(self._undirected()),
            project_roots=frozenset(self._projects),
            build_commands={directory: tuple(texts) for directory, texts in started.build_commands.items()},
            called_task_files=frozenset(started.task_files()),
            started_directories=started.directories(),
            compiled=self._compiled(),
            lacks_libraries=self._manifests.lacks_gems({gem for row in root_table().implied for gem in row.gems}),
            uses_messages=self._uses_messages(),
        )

    def _compiled(self) -> frozenset[bytes]:
        """Return the files that settings include for a compiler, and the scripts that a command of the build takes."""
        taken = (root.path for root in self._started.found.values() if root.is_taken)
        return compiled_files(
            self._files,
            self._started.build_commands,
            self._checked_projects(),
            tuple(self._started.search_paths),
            self._resolver.settings,
        ).union(path for path in taken if language_of(path) == "javascript")

    def _checked_projects(self) -> Iterator[bytes]:
        """Yield the projects whose bundler has a plugin that checks types."""
        for directory in self._manifests.packages:
            packages = self._manifests.npm_packages_of(directory)
            if directory in self._started.entered and not _CHECKERS.isdisjoint(packages):
                yield directory

    def _uses_messages(self) -> bool:
        """Return True if a command, a buildpack or a package compiles, reads or edits ``.po`` files."""
        names = {*self._app_files, b".buildpacks", b"setup.py"}
        texts = [text for path, text in self._manifests.texts.items() if path.rpartition(b"/")[2] in names]
        return (
            self._started.compiles_messages
            or any(map(_COMPILES_MESSAGES.search, texts))
            or any(_READ_MESSAGES & self._manifests.depends_of(root, self._index) for root in self._projects)
        )

    # Reading

    def _read_manifests(self) -> None:
        names = {b"Procfile", *self._app_files, b"heroku.yml", b"composer.json", b"package.json", *MAKEFILES}
        near: dict[bytes, list[bytes]] = {}
        wanted = []
        for path in self._files:
            directory, _, name = path.rpartition(b"/")
            if directory not in near:
                near[directory] = [above for above in {directory, parent(directory)} if above in self._projects]
            if name in names or is_setting(path) or any(is_manifest(path, above) for above in near[directory]):
                wanted.append(path)
        self._manifests.read(wanted)

    def _read_packages(self) -> None:
        for path, text in self._manifests.texts.items():
            is_package = path.rpartition(b"/")[2] == b"package.json" and b"node_modules/" not in path
            if not is_package or self._manifests.add_package(path):
                continue
            self._started.note("unreadable-manifest", "is not a JSON object, so every script in it may run", path)
            self._started.unknown.add((self._started.project_of(path), "javascript"))
            if b"/" not in path:
                self._started.unreadable.append((path, 1, text.decode("utf-8", "surrogateescape")))

    # What a deploy starts

    def _deployed_projects(self) -> list[bytes]:
        """Return the slug's root; without a manifest there, a buildpack deploys a directory, and any may be meant."""
        if is_project(self._kept) or not {b"Procfile", *self._app_files, b"heroku.yml"}.isdisjoint(self._files):
            return [b""]
        return sorted(self._projects)

    def _deploy(self, directory: bytes) -> None:
        started = self._started
        started.entered.add(directory)
        procfile = join(directory, b"Procfile")
        if procfile in self._files:
            started.procfile(procfile, directory, Phase.RUN)
        for app_file in self._app_files:
            self._app_json(join(directory, app_file), directory)
        self._heroku_yml(join(directory, b"heroku.yml"), directory)
        self._hooks(directory)
        self._phoenix(directory)
        started.composer_scripts(directory, _COMPOSER_SCRIPTS)
        scripts = self._manifests.scripts.get(directory, {})
        builds = "heroku-postbuild" if "heroku-postbuild" in scripts else "build"
        for name in (*_BUILD_SCRIPTS, "prebuild" if builds == "build" else "", builds, "postbuild"):
            started.package_script(directory, name, Phase.BUILD)
        if procfile not in self._files:
            for name in ("prestart", "start", "poststart"):
                started.package_script(directory, name, Phase.RUN)
            if "start" not in scripts and directory in self._manifests.packages:
                server = Reference("server.js", 1, How.PATH, EdgeKind.EXECUTES, Anchor.ANY)
                started.call(Call(directory, server), Task("", directory, b"", 1, Phase.RUN, "npm start"))

    def _phoenix(self, directory: bytes) -> None:
        """Enter what the buildpacks for Elixir and Phoenix run and build, as their settings say."""
        places: dict[bytes, int] = {}
        settings = join(directory, b"phoenix_static_buildpack.config")
        if settings in self._files:
            places[b"assets"] = 1
        both = [settings, join(directory, b"elixir_buildpack.config")]
        self._manifests.read(both)
        for path in both:
            for line, text in self._manifests.lines(path):
                name, _, value = text.partition("=")
                said = value.strip().strip("\"'")
                if name.strip() == "assets_path":
                    places[encoded(said)] = line
                elif name.strip() == "compile" or name.startswith("hook_"):
                    self._started.queue(Task(said, directory, path, line, Phase.BUILD, name.strip()))
        for place, line in places.items():
            at = follow(directory, place.split(b"/"))
            if not at or at == directory or not self._index.is_directory(at):
                continue
            self._started.entered.add(at)
            for path in self._index.below(at):
                self._started.add(Root(path, Phase.BUILD, "the buildpack for Phoenix builds it", settings, line))

    def _app_json(self, path: bytes, directory: bytes) -> None:
        if path not in self._manifests.texts:
            return
        data = load_json(self._manifests.texts[path])
        if data is None:
            self._started.note("unreadable-manifest", "is not a JSON object, so the scripts in it are unknown", path)
            return
        environments = data.get("environments")
        others = environments.items() if isinstance(environments, dict) else ()
        for part in (data, *(value for name, value in others if name != "test")):
            for name, command in scripts_of(part).items():
                line = self._manifests.line_of(path, command)
                self._started.queue(Task(command, directory, path, line, Phase.RUN, f"{path.decode()} {name}"))
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
            line = self._manifests.line_of(source, text)
            self._started.add(Root(path, Phase.BUILD, "app.json env", source, line, executes=False))
            self._started.procfile(path, directory, Phase.RUN)

    def _heroku_yml(self, path: bytes, directory: bytes) -> None:
        """Read each value as a command: of images it is the name of a Dockerfile."""
        for line, text in self._manifests.lines(path) if path in self._manifests.texts else ():
            match = _YAML_VALUE.fullmatch(text)
            value = match[2].strip("\"' ") if match else ""
            if not value or text.lstrip().startswith("#"):
                continue
            task = Task(value, directory, path, line, Phase.RUN, "heroku.yml")
            named = follow(directory, encoded(value).split(b"/"))
            if named in self._files:
                self._started.add(Root(named, Phase.BUILD, "heroku.yml", path, line))
                self._started.follow(named, directory, task)
            self._started.queue(task)

    def _hooks(self, directory: bytes) -> None:
        """Queue the scripts that buildpacks and dynos run by their names."""
        for row in root_table().rows:
            if row.id not in ("hooks", "heroku"):
                continue
            for phase, pattern in row.patterns:
                at = join(directory, b"/".join(pattern.parts))
                for path in (at, *self._index.files_in(at)):
                    if path in self._files and path not in self._manifests.packages:
                        self._started.shell_script(path, directory, phase, row.why)
        binaries = self._index.files_in(join(directory, b"bin"))
        inside = [path for path in binaries if not is_no_reader(path, self._given_projects)]
        self._manifests.read(inside, SCRIPT_BYTES)
        for path in inside:
            self._started.guess(path, directory, "a process may start what is in bin/")

    def _add_unreadable(self) -> None:
        """Add all files that an unreadable text names: what it would have told of them is unknown."""
        for path, line, text in self._started.unreadable:
            why = f"{path.decode('utf-8', 'replace')} cannot be read"
            words = dict.fromkeys(word.rstrip(".") for word in _PATH_WORD.findall(text[:LIMIT_BYTES]))
            for word in [word for word in words if "/" in word.strip("/") or "." in word][:MAX_COMMANDS]:
                found = self._resolver.resolve(Reference(word, line, How.PATH, EdgeKind.LOADS, Anchor.ROOT), path)
                for each in found.files if found.is_exact else ():
                    self._started.add(Root(each, Phase.RUN, why, path, line, language_of(each) is not None))

    def _operators_scripts(self) -> None:
        """Add the scripts by which operators change the tables of a database: `heroku run npm run migrate`.

        So are those that say of themselves how to start them on a dyno: `heroku run python scripts/report.py`.
        """
        for directory in self._deployed:
            for name in self._manifests.scripts.get(directory, {}):
                if not _OPERATED.isdisjoint(words_of(name)) and excuse_of_task(name) is Excuse.NONE:
                    self._started.package_script(directory, name, Phase.RUN)
        self._started.work(is_by_hand=True)
        near = [
            path
            for project in self._deployed
            for name in (b"script", b"scripts")
            for path in self._index.below(join(project, name))
            if language_of(path) is not None
        ][:_MAX_OPERATED]
        why = "its own text says how to start it on a dyno"
        self._add_saying(near, _ON_A_DYNO, why, lambda path, words: path.rpartition(b"/")[2] in words)

    def _run_scripts_of_django(self) -> None:
        """Add the scripts that django-extensions starts by their names: ``manage.py runscript NAME``."""
        for root in self._projects:
            if {"django-extensions", "django_extensions"} & self._manifests.depends_of(root, self._index):
                near = [path for path in self._index.files_in(join(root, b"scripts")) if path.endswith(b".py")]
                self._add_saying(near, _RUN_OF_SCRIPT, "runscript of django-extensions")

    def _add_saying(
        self,
        paths: Collection[bytes],
        pattern: re.Pattern[bytes],
        why: str,
        is_meant: Callable[[bytes, bytes], bool] = lambda path, words: True,
    ) -> None:
        """Add the scripts whose own text says that they are started."""
        self._manifests.read(paths, SCRIPT_BYTES)
        for path in paths:
            text = self._manifests.texts.get(path, b"")
            at = next((found.start() for found in pattern.finditer(text) if is_meant(path, found[0])), None)
            if at is not None:
                self._started.add(Root(path, Phase.RUN, why, path, text.count(b"\n", 0, at) + 1))

    # Projects that nothing enters

    def _enter_dependencies(self) -> None:
        """Enter the workspaces that entered ones depend on, and what other manifests name by its path."""
        waiting = [path for path in self._manifests.packages if path in self._started.entered]
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
                        self._started.run_scripts(at, INSTALLS, Phase.BUILD)
                        self._started.languages.add((at, "javascript"))  # by who imports it
        self._started.entered |= seen
        if len(self._projects) == 1:
            return
        named = self._named_paths()
        for project in self._projects:
            if project in named or any(above + b"/" in named for above in up(project) if above):
                self._started.entered.add(project)

    def _named_paths(self) -> set[bytes]:
        found: set[bytes] = set()
        for path, text in self._manifests.texts.items():
            is_called = path.rpartition(b"/")[2] not in MAKEFILES or path in self._started.found
            if not is_setting(path) and is_called and self._started.project_of(path) in self._started.entered:
                for word in _NAMED_WORD.findall(text):
                    if len(word) < _MAX_WORD:
                        found |= {word.removeprefix(b"./"), word.strip(b"./")}
        return found

    def _idle_projects(self, rows: Sequence[RootRow]) -> set[bytes]:
        placed = PlacedRoots({b"": rows})
        return {
            root
            for root, ecosystems in self._projects.items()
            if root
            and ecosystems <= _ENTERED_BY_COMMANDS
            and root not in self._started.entered
            and all(phase is Phase.DEV for _, phase in placed.marks(join(root, b"-")))
            and not any(self._has_code(above) for above in up(parent(root)) if above)
            and join(root, b"__init__.py") not in self._files
        }

    def _has_code(self, directory: bytes) -> bool:
        """Return True if a directory has code of its own: a manifest below is then of a part of that code."""
        return any(language_of(path) is not None for path in self._index.files_in(directory))

    # What frameworks load

    def _placed(self, rows: Mapping[bytes, Sequence[RootRow]], idle: Collection[bytes]) -> None:
        found = self._started.found
        started = {project.root for project in self._given_projects if project.is_started}
        placed = PlacedRoots(rows, self._registered_applications(rows) | started)
        for path in self._files:
            marks = placed.marks(path)
            if not marks:
                continue
            project = self._started.project_of(path)
            phases = [(self._phase(row, phase, is_idle=project in idle), row) for row, phase in marks]
            phase, row = min(phases, key=lambda each: (each[0], not each[1].executes))
            known = found.get(path)
            if known is None:
                found[path] = Root(path, phase, row.why, executes=row.executes)
            elif phase < known.phase:
                found[path] = replace(known, phase=phase, why=row.why, executes=row.executes)
            language = language_of(path)
            if row.starts and language is not None and phase is not Phase.DEV:
                self._started.languages.add((project, language))

    def _registered_applications(self, rows: Mapping[bytes, Sequence[RootRow]]) -> set[bytes]:
        """Return the packages that Django's settings name, but for the settings of tests."""
        if not any(row.id == "django" for held in rows.values() for row in held):
            return set()
        settings = [path for path in self._files if _SETTINGS.search(path) and not OF_TESTS.search(path)]
        self._manifests.read(settings)
        found: set[bytes] = set()
        for path in settings:
            for name in set(_DOTTED_STRING.findall(self._manifests.texts.get(path, b""))):
                package = name.replace(b".", b"/") + b"/__init__.py"
                reference = Reference(name.decode("ascii"), 1, How.MODULE, EdgeKind.EXECUTES)
                files = self._resolver.resolve(reference, path).files
                found.update(parent(each) for each in files if each == package or each.endswith(b"/" + package))
        return found

    def _phase(self, row: RootRow, phase: Phase, *, is_idle: bool) -> Phase:
        if is_idle or (phase is Phase.BUILD and row.tools and row.tools.isdisjoint(self._started.tools)):
            return Phase.DEV
        return phase

    def _rows_of(self, root: bytes) -> tuple[RootRow, ...]:
        packages = self._manifests.depends_of(root, self._index)
        npm_packages = self._manifests.npm_packages_of(root)
        if "rails" in packages:  # the Ruby buildpack calls its rake tasks
            self._started.tools.add("rails")
        found = []
        for row in root_table().rows:
            existing = [path for path in row.files if join(root, path) in self._files]
            if row.holds_in(self._projects[root], packages, npm_packages, existing):
                found.append(row)
        return tuple(found)

    # What only development runs

    def _development_scripts(self) -> None:
        """Add what other scripts of manifests run: only developers do, as far as any file says."""
        for task in (*self._other_scripts(), *self._other_platforms()):
            if not self._started.read_for_developers(task):
                return

    def _other_scripts(self) -> Iterator[Task]:
        for directory, scripts in self._manifests.scripts.items():
            for name in scripts:
                task = self._started.task_of(directory, name, Phase.DEV)
                if task is not None and not self._started.is_deployed(directory, name):
                    yield task

    def _other_platforms(self) -> Iterator[Task]:
        for path in _OTHER_PLATFORMS:
            if path in self._files and path not in self._app_files:
                self._manifests.read([path])
                for line, text in self._manifests.lines(path):
                    match = _YAML_VALUE.fullmatch(text)
                    if match is not None and match[2]:
                        yield Task(match[2].strip("\"' "), b"", path, line, Phase.DEV, path.decode())

    def _undirected(self) -> Iterable[tuple[bytes, str]]:
        """Return the projects with the languages in which nothing is known to start."""
        every = {(project, language) for project in self._projects for language in STARTED_BY}
        return (every - self._started.languages) | self._started.unknown
