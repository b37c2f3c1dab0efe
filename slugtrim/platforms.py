"""The platforms that build slugs: all that slugtrim knows of each one, in one row. Another platform is another row.

The size classes and limits of a platform are its part of ``sizer/limits.toml``, which is read when a size is judged.
"""

from __future__ import annotations

from msgspec import Struct

from slugtrim.ignore import Dialect


class IgnoreFile(Struct, frozen=True, kw_only=True):
    """The file whose lines leave files out of the slug."""

    name: bytes
    dialects: tuple[Dialect, ...]
    """How its lines may be read, the documented way first."""
    readings: tuple[str, ...]
    """How each dialect reads the lines, as it goes on behind "read"."""
    precedes_build: bool
    """True if it is applied to what was pushed, False if it is applied to what the build made of that."""
    lacks: tuple[tuple[bytes, str], ...]
    """Signs that have a meaning elsewhere, and what they are here. A pattern that has one may be meant otherwise."""

    def how(self, dialect: Dialect) -> str:
        """Return how a dialect reads the lines."""
        return self.readings[self.dialects.index(dialect)]


NO_SLUG = "no-slug"
"""The kind of findings and notes about a build that makes no slug."""


class NoSlugBuild(Struct, frozen=True, kw_only=True):
    """A kind of build that makes no slug, and the file in the root that asks for it."""

    file: bytes
    keys: tuple[tuple[str, ...], ...]
    """Paths of keys in that file, YAML or TOML. Any of them asks for this kind of build."""
    is_certain: bool
    """False if some applications with that file are built as a slug all the same."""
    message: str
    cure: str


class BuildOutput(Struct, frozen=True, kw_only=True):
    """What a build leaves behind that no process needs, on a platform that applies its ignore file after the build."""

    pattern: bytes
    made_by: tuple[bytes, ...]
    """Files in the root; any of them says that the build makes it."""
    unless: bytes
    """A pattern for the commands of processes that need it; empty if none does."""
    reason: str


class BuildLog(Struct, frozen=True, kw_only=True):
    """Patterns for the lines of a build log. A pattern has ``> `` where the log has the arrow of a step."""

    telling: bytes
    """Found in each line that one of the other patterns matches: a cheap first look."""
    may_matter: bytes
    """Found in each line that changes what is known, and fast to search in many lines at once.

    Each alternative begins with a letter or mark that is rare, and looks back from there.
    """
    begin: bytes
    using_buildpack: bytes
    """Group 1 is the buildpack; without it a numbered list follows."""
    listed_buildpack: bytes
    detected: bytes
    framework: bytes
    deleting: bytes
    compressing: bytes
    done: bytes
    """The end of compressing. Group 1 is the size, here and in the next two."""
    compiled: bytes
    """Group 2 says that the slug is too large."""
    soft_limit: bytes
    released: bytes
    """Group 1 or 2 is the number of the release."""
    deployed: bytes
    """Group 1 is the address of the application."""
    failed: bytes
    address: str
    """The address of an application that has no domain of its own. Group 1 is its name, perhaps with a suffix."""
    address_suffix: str


class RunningLog(Struct, frozen=True, kw_only=True):
    """Patterns for the lines that the platform writes into the log of a running application, without their time."""

    command: str
    """What prints such a log."""
    may_matter: bytes
    """Found in each line that one of the other patterns matches, and fast to search in many lines at once."""
    begins: tuple[bytes, ...]
    """One of these stands before each such line."""
    starting: bytes
    """Group 1 is the process type, group 2 the number, here and in the next."""
    changed: bytes
    """Group 3 is the state before, group 4 the state now."""
    created: bytes
    """A release is there. Group 1 is its number, here and in the next."""
    declared: bytes
    """A release runs its own commands before it is there."""
    deployed: bytes
    """A release has a new slug. Group 1 is its commit, or another name."""
    rolled_back: bytes
    """A release has the slug of an older one, whose number is group 1."""
    one_off: tuple[str, ...]
    """Processes that run once: no scaling starts them."""
    serving: str
    """The process type that is up once it takes requests. Others are up as soon as they run."""


class Platform(Struct, frozen=True, kw_only=True):
    """What is known of one platform."""

    id: str
    """Its part of ``limits.toml``."""
    name: str
    """As it is printed."""
    sign_files: tuple[bytes, ...]
    """Files in the root that only applications on this platform have."""
    ignore_file: IgnoreFile
    compiler_removes_roots: tuple[bytes, ...]
    """What the compiler deletes from the root before it reads any rule."""
    compiler_removes_name: bytes
    """What it deletes everywhere; empty for nothing."""
    has_known_buildpacks: bool
    """True if ``buildpacks/`` knows what its builds add to a slug."""
    build_output: tuple[BuildOutput, ...]
    """Empty on a platform that applies the ignore file before the build."""
    no_slug: tuple[NoSlugBuild, ...]
    process_file: bytes
    """It says how each process of the application starts."""
    app_file: bytes
    """It describes the application, its add-ons and its test environment."""
    build_directory: bytes
    """Where buildpacks put what they install, in the root of the application; empty if unknown."""
    root: bytes
    """Where the application lies in a slug, and on the machine that runs it."""
    machine: str
    """What runs a slug, in the platform's own word."""
    config_variables: str
    """How an application gets settings that are not in its slug: the term, and the command."""
    database: str
    end_of_build: str
    """Scripts that run last in a build, by language."""
    clear_cache: str
    """The command that empties the build cache."""
    build_minutes: int | None
    """The longest that a build may take; None if unknown."""
    branches: tuple[bytes, ...]
    """A push to one of these starts a build; a push to any other branch doesn't."""
    remote: str
    """What the platform's own command line calls the git remote."""
    add_remote: str
    """The command that adds it to a clone."""
    host: str
    """git remotes are on this host or on a subdomain of it."""
    app_address: str
    """The address of such a remote. Group ``app`` is the name of the application."""
    ci: str
    """The name of its CI; empty if it has none."""
    ci_variable: str
    """Set in a run of its CI; empty likewise."""
    log: BuildLog | None
    """None if it has not been looked into, as with the next."""
    running: RunningLog | None

    @property
    def push_command(self) -> str:
        """The command that deploys, as an example."""
        return f"git push {self.remote} {self.branches[0].decode('ascii')}"


_PROCESS = rb"heroku\[([A-Za-z0-9_-]{1,64})\.(\d{1,9})\]: (?:- )?"
_API = rb"(?:app|heroku)\[api\]: (?:- )?"
_SIZE = rb"(\d{1,12}(?:\.\d{1,6})? ?[KMG]?(?:i?B)?)"

HEROKU = Platform(
    id="heroku",
    name="Heroku",
    sign_files=(b"app.json", b"heroku.yml"),
    # https://devcenter.heroku.com/articles/slug-compiler: gitignore's patterns without negation. The published compiler
    # (github.com/heroku/slug-compiler) reads them by Ruby's Dir[].
    ignore_file=IgnoreFile(
        name=b".slugignore",
        dialects=(Dialect.GITIGNORE, Dialect.GLOB),
        readings=("as git does", "as Heroku's published slug compiler does"),
        precedes_build=True,
        lacks=(),
    ),
    compiler_removes_roots=(b".git", b"tmp"),
    compiler_removes_name=b".DS_Store",
    has_known_buildpacks=True,
    build_output=(),
    no_slug=(
        NoSlugBuild(
            file=b"heroku.yml",
            keys=(("build", "docker"),),
            is_certain=True,
            message="builds a Docker image (build.docker): on the container stack no slug is made, and .slugignore is "
            "not read",
            cure="List in .dockerignore what the image should leave out",
        ),
        # Cedar ignores the file and builds a slug all the same.
        NoSlugBuild(
            file=b"project.toml",
            keys=(("_", "schema-version"), ("io", "buildpacks")),
            is_certain=False,
            message="configures Cloud Native Buildpacks: on Fir they build an image, no slug, and .slugignore is not "
            "read",
            cure="On Fir, exclude in project.toml: slugtrim suggest --format project-toml prints what",
        ),
    ),
    process_file=b"Procfile",
    app_file=b"app.json",
    build_directory=b".heroku",
    root=b"app",
    machine="dyno",
    config_variables="a config var (heroku config:set)",
    database="Heroku Postgres",
    end_of_build="heroku-postbuild (Node) or bin/post_compile (Python)",
    clear_cache="heroku builds:cache:purge",  # https://devcenter.heroku.com/articles/slug-compiler
    build_minutes=25,  # Dev Center, Slug Compiler, 2026-03-06
    branches=(b"main", b"master"),  # https://devcenter.heroku.com/articles/git
    remote="heroku",
    add_remote="heroku git:remote -a APP",  # https://devcenter.heroku.com/articles/git
    host="heroku.com",
    app_address=(
        r"(?:https?://(?:[^/@\s]*@)?git\.heroku\.com/|(?:ssh://)?(?:[^/@\s]+@)?heroku\.com[:/])"
        r"(?P<app>[a-z0-9][a-z0-9-]{0,62})(?:\.git)?/?"
    ),
    ci="Heroku CI",
    ci_variable="HEROKU_TEST_RUN_ID",
    log=BuildLog(
        telling=(
            rb"Compressing|Building|receiving push|[Bb]uildpack|\d\. |detected|Detected|Deleting|one[:,] |slug size"
            rb"|Released v|Launching|deployed to|Push "
        ),
        may_matter=(
            rb">[ \t\f\v]|:(?<=one:)|,(?<=one,)|C(?:ompressing source|ompiled slug)|Building source|Heroku receiving|"
            rb"Heroku(?<=deployed to Heroku)|Your slug|Released v|Push "
        ),
        begin=(
            rb"Compressing source files\.\.\.|Building source:|(?:> )?Heroku receiving push|> Building on the .* stack"
        ),
        using_buildpack=rb"> Using buildpacks?:(?:\s+(\S.*))?$",
        listed_buildpack=rb"\d{1,3}\.\s+(\S+)$",
        detected=rb"> (\S.*?) app detected",
        framework=rb"> Detected Framework:\s+(\S.*)",
        deleting=rb"> Deleting (\d{1,9}) files? matching \.slugignore patterns",
        compressing=rb"> Compressing\.\.\.",
        done=rb"[Dd]one[:,]\s+" + _SIZE + rb"$",
        compiled=rb"(?:> |!\s+)?Compiled slug size(?: is|:)\s+" + _SIZE + rb"( is too large)?",
        soft_limit=rb"!\s+Warning: Your slug size \(" + _SIZE + rb"\) exceeds our soft limit",
        released=rb"Released v(\d{1,9})\b|> Launching\.\.\. done, v(\d{1,9})\b",
        deployed=rb"(\S+) deployed to Heroku\b",
        failed=rb"!\s+Push (?:failed|rejected)",
        address=r"https?://([a-z0-9][a-z0-9-]{0,62})\.heroku(?:app)?\.com/?",
        address_suffix=r"-[0-9a-f]{12}$",  # addresses of later years have one
    ),
    # https://devcenter.heroku.com/articles/logging, https://devcenter.heroku.com/articles/releases
    running=RunningLog(
        command="heroku logs",
        may_matter=(
            rb"\]: (?:- )?(?:Starting process|State changed|Release v|Running release v|Deploy|Promote |Rollback to v)"
        ),
        begins=(b"heroku[", b"app[api]"),
        starting=_PROCESS + rb"Starting process with command",
        changed=_PROCESS + rb"State changed from ([a-z]+) to ([a-z]+)\b",
        created=_API + rb"Release v(\d{1,9}) created\b",
        declared=_API + rb"Running release v(\d{1,9}) commands\b",
        deployed=_API + rb"(?:Deploy(?:ed)?|Promote \S+ v\d{1,9}) (\S+)",
        rolled_back=_API + rb"Rollback to v(\d{1,9})\b",
        one_off=("run", "release", "scheduler"),
        serving="web",
    ),
)

SCALINGO = Platform(
    id="scalingo",
    name="Scalingo",
    sign_files=(b"scalingo.json",),
    # https://doc.scalingo.com/platform/app/slugignore, read 2026-11-30: each line is what Go's filepath.Match takes.
    # What it is compared with is not said. Examples: spec, doc, /node_modules, /tmp/cache, /.cache/yarn, [a-f]*.log.
    ignore_file=IgnoreFile(
        name=b".slugignore",
        dialects=(Dialect.FILEPATH, Dialect.FILEPATH_ROOT),
        readings=("with names anywhere", "with paths from the root"),
        precedes_build=False,
        lacks=((b"**", "reads ** as *, which stops at a slash"), (b"{", "takes braces for themselves")),
    ),
    compiler_removes_roots=(b".git",),
    compiler_removes_name=b"",
    has_known_buildpacks=False,
    # The examples of the documentation, for applications of Ruby and PHP.
    build_output=(
        BuildOutput(
            pattern=b"/node_modules",
            made_by=(b"package.json",),
            unless=rb"\b(?:node|nodejs|npm|npx|yarn|pnpm|bun|next|nuxt|ts-node|pm2)\b",
            reason="Packages of an asset build: no process starts Node. Keep it if one runs JavaScript",
        ),
        BuildOutput(
            pattern=b"/.cache",
            made_by=(b"yarn.lock", b"package-lock.json", b"pnpm-lock.yaml", b"requirements.txt", b"Pipfile.lock"),
            unless=b"",
            reason="Caches of package managers; only the build uses them",
        ),
        BuildOutput(
            pattern=b"/tmp/cache",
            made_by=(b"Gemfile.lock",),
            unless=b"",
            reason="Caches of an asset build. Keep it if bootsnap's cache in it makes your app start faster",
        ),
    ),
    no_slug=(),
    process_file=b"Procfile",
    app_file=b"scalingo.json",  # https://developers.scalingo.com/one-click, read 2026-11-30: also app.json
    build_directory=b"",
    root=b"app",
    machine="container",
    config_variables="an environment variable (scalingo env-set)",
    database="a Scalingo database",
    end_of_build=".slugignore, which is applied after the build",
    clear_cache="scalingo deployment-delete-cache",
    build_minutes=None,
    branches=(b"main", b"master"),
    remote="scalingo",
    add_remote="scalingo git-setup --app APP",
    host="scalingo.com",
    app_address=(
        r"(?:ssh://)?git@(?:ssh\.[a-z0-9-]{1,40}\.)?scalingo\.com[:/](?P<app>[a-z0-9][a-z0-9-]{0,62})(?:\.git)?/?"
    ),
    ci="",
    ci_variable="",
    log=None,
    running=None,
)

PLATFORMS = (HEROKU, SCALINGO)
NAMES = " or ".join(each.name for each in PLATFORMS)

PLATFORM = HEROKU
"""The platform of what is known of one only: compiled slugs, logs of builds, buildpacks."""


def platform_of(dialect: Dialect) -> Platform:
    """Return the platform whose ignore file is read in a dialect."""
    return next(each for each in PLATFORMS if dialect in each.ignore_file.dialects)


assert HEROKU.log is not None
assert HEROKU.running is not None
BUILD_LOG, RUNNING_LOG = HEROKU.log, HEROKU.running
"""Those of the only platform whose logs are read."""
