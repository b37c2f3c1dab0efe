"""The lean start: answers the most common command lines from what an earlier run printed, before click is imported.

It parses the lines that it knows exactly. Everything else goes to click, and so does a line without a kept answer.
The key of an answer covers all that the answer depends on: options, slugtrim itself, files, rules, settings, terminal.
``cli.answers`` keeps one, if it is about the same tree as the key.

A lean start takes one git process, or three for a work tree, and no module that Python doesn't load anyway. So this
module imports nothing of slugtrim but ``installs``, and holds what it shares with ``store`` and ``git``.
"""

from __future__ import annotations

import os
import stat
import struct
import sys
from _blake2 import blake2b  # where hashlib has it from, which loads OpenSSL beside it: 5 ms of a known tree
from zlib import crc32

from slugtrim.installs import installed_state

TYPE_CHECKING = False  # what typing has takes 5 ms to import
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

KEY_BYTES = 16
STDOUT, STDERR = 1, 2


def digest(data: bytes, size: int = KEY_BYTES) -> bytes:
    """Return ``size`` bytes that tell this data from any other: a key by content."""
    return blake2b(data, digest_size=size).digest()


def digest_of(fields: Sequence[bytes]) -> bytes:
    """Return the digest of several fields, whatever is in them."""
    return digest(b"".join(b"%d:%b" % (len(field), field) for field in fields))


class Unknown(Exception):
    """Only the whole of slugtrim can tell."""


# What was asked.


class CommandLine:
    """A command line that is known exactly: ``audit``, of the work tree or of a commit, printed to stdout."""

    __slots__ = ("color", "format", "path", "progress", "quiet", "rev", "verbose")

    def __init__(self) -> None:
        self.path = "."
        self.rev: str | None = None
        self.format = "text"
        self.color = "auto"
        self.progress: bool | None = None
        self.quiet = self.verbose = False


class Question:
    """What was asked, for an answer to be kept."""

    __slots__ = (
        "commits",
        "fingerprints",
        "git_dir",
        "installed",
        "key",
        "learnt",
        "line",
        "push",
        "root",
        "settings",
        "stdin",
        "terminal",
        "untracked",
    )

    def __init__(self) -> None:
        self.line: CommandLine | None = None
        self.push: tuple[str, str] | None = None
        """Remote and address of a push; at most one of both is known."""
        self.key: bytes | None = None
        """The answer's key in the store; None if no answer can be kept."""
        self.stdin: bytes | None = None
        """What was read of stdin already."""
        self.git_dir = self.root = b""
        self.commits: tuple[str, ...] = ()
        self.fingerprints: tuple[bytes, ...] = ()
        """Of the trees that the answer is about, as ``Found`` has them; so are the commits."""
        self.untracked: tuple[bytes, ...] = ()
        self.settings: tuple[bytes, ...] = ()
        self.terminal: tuple[bytes, ...] = ()
        self.installed = b""
        """What tells the packages that are installed here from others; empty for what doesn't depend on them."""
        self.learnt: Learnt | None = None


class Learnt:
    """What git said of a place where an audit begins: without a kept answer, nobody asks again."""

    __slots__ = ("filters", "listed", "listing", "place")

    def __init__(self, place: _Place) -> None:
        self.place = place
        self.filters: bytes | None = None
        """What it says of ``FILTERS_ASKED``; None if it was not asked."""
        self.listed: bytes | None = None
        """Of a work tree: untracked files, the index, and what is no more as the index has it."""
        self.listing: Process | None = None
        """A process that lists the commit with sizes, begun before the rest of slugtrim is imported."""

    @property
    def arguments(self) -> tuple[bytes, ...]:
        """The arguments that name the repository to git."""
        place = self.place
        named = (b"--work-tree=" + place.top,) if place.top is not None else ()
        return (b"-C", place.top or place.git_dir, b"--git-dir=" + place.git_dir, *named)

    def begin_listing(self) -> None:
        """Have git list the commit. Raises ``Unknown`` and ``OSError``."""
        if self.filters is None:
            asked = Process([*self.arguments, "config", "-z", "--get-regexp", FILTERS_ASKED], environment())
            self.filters = asked.output(ok=(0, 1))
        if not is_promisor(self.filters):  # there git would go and fetch what it shall tell the size of
            listing: list[str | bytes] = [*self.arguments, "ls-tree", "-l", "-r", "-t", "-z", "--full-tree"]
            listing.append(self.place.ids[0])
            self.listing = Process(listing, environment(emptied(self.filters)))
            self.listing.widen()

    def stop(self) -> None:
        """End what nobody has read."""
        if self.listing is not None:
            self.listing.stop()


_FORMATS = ("text", "json")
_COLORS = ("auto", "always", "never")
_FLAGS = {
    "--json": ("format", "json"),
    "-q": ("quiet", True),
    "--quiet": ("quiet", True),
    "-v": ("verbose", True),
    "--verbose": ("verbose", True),
    "--progress": ("progress", True),
    "--no-progress": ("progress", False),
}
_REVISION = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/~-")
_LONGEST_REVISION = 200


def parse(arguments: Sequence[str]) -> CommandLine | None:
    """Return what a command line asks for; None if click has to read it."""
    line = CommandLine()
    words = list(arguments[::-1])
    if words and words[-1] == "audit":
        words.pop()
    seen: set[str] = set()
    while words:
        word = words.pop()
        name, equals, value = word.partition("=")
        if name in ("--rev", "--format", "--color"):
            if not equals:
                if not words:
                    return None
                value = words.pop()
            if not _is_known(name, value):
                return None
            setattr(line, name[2:], value)
        elif word in _FLAGS:
            name, given = _FLAGS[word]
            setattr(line, name, given)
        elif not word.startswith("-") and (word == "." or "/" in word):  # any other may be the name of a command
            name, line.path = "path", word
        else:
            return None
        if name.lstrip("-") in seen:
            return None
        seen.add(name.lstrip("-"))
    return line


def _is_known(option: str, value: str) -> bool:
    if option == "--format":
        return value in _FORMATS
    if option == "--color":
        return value in _COLORS
    # No range, no path in a commit, no search: those are more than one object, or take git longer to find.
    is_plain = not value.startswith("-") and ".." not in value and _REVISION.issuperset(value)
    return is_plain and 0 < len(value) <= _LONGEST_REVISION


def parse_push(arguments: Sequence[str]) -> tuple[str, str] | None:
    """Return remote and address of a push, as the hook passes them; None if click has to read it."""
    name, *words = arguments or ("",)
    words = words[1:] if words[:1] == ["--"] else words
    if name != "pre-push" or len(words) != 2 or any(word.startswith("-") for word in words):
        return None
    return words[0], words[1]


def answer(arguments: Sequence[str]) -> int | Question:
    """Print the kept answer and return the exit code; without one return what was asked."""
    question = Question()
    if None in (sys.stdin, sys.stdout, sys.stderr):
        return question  # a pipe would get their numbers
    question.line, question.push = parse(arguments), parse_push(arguments)
    if any(os.environ[name] for name in os.environ if name.startswith("SLUGTRIM_") and name != _CACHE_VARIABLE):
        return question
    try:
        if question.line is not None:
            _audit(question.line, question)
        elif question.push is None:
            return question
        elif not _push(question.push, question):
            return 0
    except (Unknown, OSError, ValueError):
        question.key = None
    printed = _kept_answer(question) if question.key is not None else None
    if printed is not None and _print(*printed):
        return 0
    if question.line is not None and question.learnt is not None:
        try:
            question.learnt.begin_listing()
        except (Unknown, OSError):
            question.learnt = None
    return question


def _audit(line: CommandLine, question: Question) -> None:
    """Fill in what an audit is about. Raises ``Unknown``, ``OSError`` and ``ValueError``."""
    path = os.fsencode(line.path)
    rev = os.fsencode(line.rev) if line.rev is not None else None
    question.terminal = terminal() if line.format == "text" else ()
    at = (b"-C", path)
    if rev is not None:
        place = _Place(path, at, [rev + b"^{commit}", rev + b"^{tree}"])
        question.learnt = Learnt(place)
        question.fingerprints = (place.ids[1] + b" " + digest(pack_names(place.common_dir)),)
    else:
        asked = Process([*at, "config", "-z", "--get-regexp", FILTERS_ASKED], environment())
        try:
            place = _Place(path, at, [b"HEAD^{commit}"])
        except BaseException:
            asked.stop()
            raise
        question.learnt = Learnt(place)
        question.learnt.filters = asked.output(ok=(0, 1))
        question.fingerprints = (_work_tree(question.learnt, question),)
    root = place.top or place.git_dir
    if line.path != "." and os.path.realpath(path) != os.path.realpath(root):
        raise Unknown  # a part of it
    _finish(question, place, root)
    question.installed = installed_state(root, os.environ)
    options = (line.format, line.color, str(line.progress), str(line.quiet), str(line.verbose), str(rev is None))
    question.key = digest_of((b"audit", *map(os.fsencode, options), *_parts(question, place)))


def _work_tree(learnt: Learnt, question: Question) -> bytes:
    """Return the fingerprint of a work tree in which every tracked file is as the index has it."""
    place = learnt.place
    if place.top is None:
        raise Unknown
    kinds = ["--cached", "--stage", "--modified", "--deleted", "--others", "--directory", "--no-empty-directory"]
    asked = Process(
        [*learnt.arguments, "ls-files", "-t", "-z", "--exclude-standard", *kinds],
        environment(emptied(learnt.filters or b"")),
    )
    listed = learnt.listed = asked.output()
    # Untracked paths come first. A tracked one has a record of its own if it was changed or is not there.
    begin = 0
    while listed.startswith(b"? ", begin):
        begin = listed.index(b"\0", begin) + 1
    question.untracked = tuple(record[2:] for record in listed[:begin].split(b"\0")[:-1])
    index = (b"\0" + listed[begin:]).replace(b"\0S ", b"\0H ")
    if len(index) == 1 or index.count(b"\0H ") != index.count(b"\0") - 1:
        raise Unknown
    rules = _content(place.top, RULES)
    parts = (b"", index.replace(b"\0H ", b"\0")[1:], b"", b"", b"", b"", b"none" if rules is None else b"=" + rules)
    return b"".join(map(digest, (*parts, pack_names(place.common_dir))))


SIGNS = (
    (b"heroku", (b"app.json", b"heroku.yml"), b"heroku.com"),
    (b"scalingo", (b"scalingo.json",), b"scalingo.com"),
)
"""Of each platform its id, which is also what its remote is called, files in the root of its applications, its host."""
HOSTS = tuple(host.decode() for _, _, host in SIGNS)
BUILDING_REFS = (b"refs/heads/main", b"refs/heads/master")


def _push(words: Sequence[str], question: Question) -> bool:
    """Fill in what a push is about; return False if it builds nothing. Raises as ``_audit`` does."""
    if sys.stdin.isatty():
        raise Unknown
    question.stdin = sys.stdin.buffer.read()
    if not question.stdin:
        return False
    updates = {update for update in map(_update, question.stdin.removesuffix(b"\n").split(b"\n")) if update}
    if not updates or _is_elsewhere(words[1]):
        return False
    ((ref, local, remote),) = updates
    if not remote.strip(b"0"):
        raise Unknown
    git_dir, work_tree = os.environ.get("GIT_DIR"), os.environ.get("GIT_WORK_TREE")
    path = b"."
    at: tuple[bytes, ...] = (b"-C", path)
    if git_dir:
        path = os.path.abspath(os.fsencode(work_tree or "."))
        named = (b"--work-tree=" + path,) if work_tree else ()
        at = (b"-C", path, b"--git-dir=" + os.path.abspath(os.fsencode(git_dir)), *named)
    names = [id_ + kind for id_ in (local, remote) for kind in (b"^{commit}", b"^{tree}")]
    place = _Place(path, at, names)
    packs = b" " + digest(pack_names(place.common_dir))
    question.fingerprints = (place.ids[1] + packs, place.ids[3] + packs)
    _finish(question, place, place.top or place.git_dir)
    question.key = digest_of((b"push", *map(os.fsencode, words), ref, local, remote, *_parts(question, place)))
    return True


def _is_elsewhere(url: str) -> bool:
    """Return True if an address has no platform's name in it, and there are no settings to name it."""
    work_tree = os.environ.get("GIT_WORK_TREE")
    if any(host in url.lower() for host in HOSTS) or (not work_tree and os.path.isfile("HEAD")):
        return False
    top = os.path.abspath(os.fsencode(work_tree or "."))
    own, other = (_content(top, name) for name in _SETTINGS)
    return own is None and b"slugtrim" not in (other or b"")


def _update(line: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Return ref and ids of a line that git tells the hook; None if it builds nothing."""
    name, *fields = line.rsplit(b" ", 3)
    if not name or b"\0" in name or len(fields) != 3:
        raise Unknown
    local, ref, remote = fields
    if not is_id(local) or not is_id(remote) or len(local) != len(remote) or not ref:
        raise Unknown
    if ref in BUILDING_REFS and local.strip(b"0"):
        return ref, local, remote
    if ref.translate(None, _CONTROLS) != ref:
        raise Unknown
    return None


_CONTROLS = bytes(range(0x21)) + b"\x7f"


def is_id(text: bytes) -> bool:
    """Return True for the id of an object in full."""
    return len(text) in (40, 64) and not text.strip(b"0123456789abcdef")


def _finish(question: Question, place: _Place, root: bytes) -> None:
    question.commits = tuple(id_.decode() for id_ in place.ids[::2])
    if os.path.lexists(os.path.join(place.common_dir, JOURNAL)):
        raise Unknown  # how old a recorded build is changes every day
    question.root, question.git_dir = root, place.common_dir
    question.settings = settings(root, place.common_dir)


def _parts(question: Question, place: _Place) -> tuple[bytes, ...]:
    lists = (question.fingerprints, question.untracked, question.settings, question.terminal)
    return question.root, question.git_dir, question.installed, *map(digest_of, lists), *place.ids, place.slugtrim


_SETTINGS = (b"slugtrim.toml", b"pyproject.toml")
RULES = b".slugignore"
JOURNAL = b"slugtrim/builds.jsonl"
_LIMIT_BYTES = 1 << 20


def settings(root: bytes, common_dir: bytes) -> tuple[bytes, ...]:
    """Return what the files with settings say; of a bare repository nothing, for the commit has them.

    Raises ``Unknown`` and ``OSError`` for a file that takes more than reading it.
    """
    marks = platform_marks(root, common_dir)
    if os.path.realpath(root) == common_dir:
        return (marks,)
    contents = (_content(root, name) for name in _SETTINGS)
    return (marks, *(b"none" if content is None else b"=" + content for content in contents))


def platform_marks(root: bytes, git_dir: bytes) -> bytes:
    """Return the ids of the platforms that a repository shows signs of, in the order of ``SIGNS``, between spaces.

    A sign is a file in the root, or a remote of that name or at that host. What other files git's settings include is
    not looked at.
    """
    remotes = _remotes(git_dir)
    found = [
        id_
        for id_, files, host in SIGNS
        if any(os.path.lexists(os.path.join(root, name)) for name in files)
        or any(host in line or b'[remote "%b"]' % id_ in line for line in remotes)
    ]
    return b" ".join(found)


def _remotes(git_dir: bytes) -> list[bytes]:
    """The lines of git's settings that name a remote or its address."""
    try:
        with open(os.path.join(git_dir, b"config"), "rb") as file:
            lines = file.read(_LIMIT_BYTES).splitlines()
    except OSError:
        return []
    return [line.lower() for line in lines if b"[remote" in line or b"url" in line]


def _content(root: bytes, name: bytes) -> bytes | None:
    """Return what a regular file says; None if there is no such file."""
    path = os.path.join(root, name)
    if not os.path.lexists(path):
        return None
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(file).st_mode):
            raise Unknown
        content = os.read(file, _LIMIT_BYTES)
        if os.read(file, 1):
            raise Unknown
        return content
    finally:
        os.close(file)


def terminal() -> tuple[bytes, ...]:
    """Return all that decides on the look of what goes to stdout: colour, width, and the characters of bars."""
    variables = tuple(os.fsencode(os.environ.get(name, "")) for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS"))
    if not os.isatty(1):
        return variables[:2]
    return (*variables, b"%d" % os.get_terminal_size(1).columns, os.fsencode(sys.stdout.encoding or ""))


def _own_digest() -> bytes:
    """Return what tells this slugtrim from any other: the time stamps of its files, beside the version of Python."""
    parts = [b"%d" % sys.hexversion]
    directories = [os.path.dirname(os.path.abspath(__file__))]
    while directories:
        with os.scandir(directories.pop()) as entries:
            for entry in sorted(entries, key=lambda each: each.name):
                if entry.is_dir():
                    directories += [entry.path] if entry.name != "__pycache__" else []
                else:
                    info = entry.stat()
                    parts.append(b"%b %d %d" % (os.fsencode(entry.path), info.st_mtime_ns, info.st_size))
    return digest_of(parts)


# git, hardened.

_CONFIGURATION = {"core.fsmonitor": "false", "core.hooksPath": "/dev/null", "core.ignorecase": "false"}
_ENVIRONMENT = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_LITERAL_PATHSPECS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",
}
FILTERS_ASKED = r"^(filter|remote|extensions)\."
"""What is asked of the configuration: filters, and whether it is a partial clone."""
PLACE_ASKED = (
    "rev-parse",
    "--path-format=absolute",
    "--is-bare-repository",
    "--is-inside-work-tree",
    "--show-object-format",
    "--show-cdup",
    "--git-dir",
)
"""The git directory comes last: only it can hold a newline."""


def environment(configuration: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return what git is run with: the caller's environment without any ``GIT_*``, and the hardening on top.

    ``configuration`` goes in as ``GIT_CONFIG_KEY_n``, which takes any key as it is, where ``-c`` ends it at a ``=``.
    """
    clean = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    clean.update(_ENVIRONMENT)
    all_settings = {**_CONFIGURATION, **(configuration or {})}
    clean["GIT_CONFIG_COUNT"] = str(len(all_settings))
    for number, (key, value) in enumerate(all_settings.items()):
        clean[f"GIT_CONFIG_KEY_{number}"] = key
        clean[f"GIT_CONFIG_VALUE_{number}"] = value
    return clean


def emptied(listed: bytes) -> dict[str, str]:
    """Return settings that turn off every filter, from what ``config -z --get-regexp`` prints.

    git compares a file whose time stamp is as young as the index by content, and would run the clean filter that the
    repository's configuration names. An empty command is none.
    """
    found = {}
    for record in listed.split(b"\0"):
        key = record.partition(b"\n")[0]
        variable = key.rpartition(b".")[2]
        if key.startswith(b"filter.") and variable in (b"clean", b"smudge", b"process", b"required"):
            found[os.fsdecode(key)] = "false" if variable == b"required" else ""
    return found


def is_promisor(listed: bytes) -> bool:
    """Return True for a partial clone, where objects are missing on purpose, by what git says of ``FILTERS_ASKED``."""
    last = {key: value for key, _, value in (record.partition(b"\n") for record in listed.split(b"\0")[:-1])}
    return any(
        (key.endswith(b".promisor") and value != b"false") or key == b"extensions.partialclone"
        for key, value in last.items()
    )


_PIPE_BYTES = 1 << 20


class Process:
    """A git process, read to its end."""

    def __init__(self, arguments: Sequence[str | bytes], env: Mapping[str, str]) -> None:
        self._file, theirs = os.pipe()
        try:
            actions = [
                (os.POSIX_SPAWN_DUP2, theirs, 1),
                (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 2, os.devnull, os.O_WRONLY, 0),
            ]
            # SIGPIPE as git expects it: Python ignores it.
            self._id = os.posix_spawnp("git", ("git", *arguments), env, file_actions=actions, setsigdef=(13,))
        except BaseException:
            os.close(self._file)
            raise
        finally:
            os.close(theirs)

    def widen(self) -> None:
        """Have it print a megabyte before anybody reads, where the system lets it."""
        import fcntl  # half a millisecond that a kept answer does without

        if hasattr(fcntl, "F_SETPIPE_SZ"):
            try:
                fcntl.fcntl(self._file, fcntl.F_SETPIPE_SZ, _PIPE_BYTES)
            except OSError:
                return  # users have a limit of such pipes

    def output(self, ok: tuple[int, ...] = (0,)) -> bytes:
        """Return what it prints. Raises ``Unknown`` if it ends with a status not in ``ok``."""
        return b"".join(self.pieces(ok))

    def pieces(self, ok: tuple[int, ...] = (0,)) -> Iterator[bytes]:
        """Yield what it prints, while it prints. Raises ``Unknown`` if it ends with a status not in ``ok``."""
        try:
            while piece := os.read(self._file, _PIPE_BYTES):
                yield piece
            status = os.waitpid(self._id, 0)[1]
            self._id = 0
        finally:
            self.stop()
        if os.waitstatus_to_exitcode(status) not in ok:
            raise Unknown

    def stop(self) -> None:
        """End it, whatever it does. It may have ended."""
        file, self._file = self._file, -1
        id_, self._id = self._id, 0
        if file >= 0:
            os.close(file)
        if id_:
            os.kill(id_, 9)
            os.waitpid(id_, 0)


class _Place:
    """Where the repository of ``path`` is, and the ids of objects. ``at`` is what tells git where to look."""

    def __init__(self, path: bytes, at: Sequence[bytes], names: Sequence[bytes]) -> None:
        asked = Process([*at, *PLACE_ASKED, *names], environment())
        try:
            self.slugtrim = _own_digest()  # meanwhile
        except BaseException:
            asked.stop()
            raise
        printed = asked.output()
        rest, *self.ids = printed.removesuffix(b"\n").rsplit(b"\n", len(names))
        if len(self.ids) != len(names) or not all(map(is_id, self.ids)):
            raise Unknown
        is_bare, inside, object_format, *left = rest.split(b"\n", 3)
        self.object_format = object_format.decode("ascii")
        up, _, self.git_dir = left[0].partition(b"\n") if inside == b"true" else (b"", b"", left[0].lstrip(b"\n"))
        if inside != b"true" and is_bare != b"true":
            raise Unknown
        self.top = os.path.realpath(os.path.join(path, up)) if inside == b"true" else None
        self.common_dir = common_dir(self.git_dir)


def common_dir(git_dir: bytes) -> bytes:
    """Return what linked work trees share: the git directory of the main one."""
    try:
        with open(os.path.join(git_dir, b"commondir"), "rb") as file:
            shared = file.read().removesuffix(b"\n")
    except OSError:
        shared = b"."
    return os.path.realpath(os.path.join(git_dir, shared))


def object_directories(common_dir: bytes) -> list[bytes]:
    """Return where objects are: the repository's own directory, and those it borrows from."""
    found = [os.path.join(common_dir, b"objects")]
    for objects in found:  # grows while it is walked: what is borrowed from may borrow in turn
        try:
            with open(os.path.join(objects, b"info", b"alternates"), "rb") as file:
                lines = file.read().splitlines()
        except OSError:
            continue
        paths = (os.path.normpath(os.path.join(objects, line)) for line in lines if line[:1] not in (b"", b"#"))
        found += [path for path in paths if path not in found]
    return found


def pack_names(common_dir: bytes) -> bytes:
    """Return the names of all packs: while they stay, so do the sizes that objects are stored in."""
    names: list[bytes] = []
    for objects in object_directories(common_dir):
        try:
            names += (name for name in os.listdir(os.path.join(objects, b"pack")) if name.endswith(b".idx"))
        except OSError:
            continue
    return b"\0".join(sorted(names))


# The store, as far as it is read.

_CACHE_VARIABLE = "SLUGTRIM_CACHE_DIR"
STORE_NAME = "store"
STORE_HEADER = b"slugtrim store 1\n"
HEAD = struct.Struct(f"<?II{KEY_BYTES}s")
"""Whether it is a part of a table, bytes of the payload that follows, CRC-32 of that, and the key."""
CHECK = struct.Struct("<I")
"""CRC-32 of the head."""
HEAD_BYTES = HEAD.size + CHECK.size
MAX_STORE_BYTES = 48 << 20
FOLDER_PREFIX = "slugtrim-"
FOLDER_DIGITS = 24
READ_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER_FLAGS = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


class Record:
    """One record of the store; ``at`` is where its payload begins. No struct: msgspec takes 30 ms to import."""

    __slots__ = ("at", "checksum", "is_table", "key", "length")

    def __init__(self, is_table: bool, key: bytes, at: int, length: int, checksum: int) -> None:
        self.is_table = is_table
        self.key = key
        self.at = at
        self.length = length
        self.checksum = checksum


def read_records(file: int) -> tuple[list[Record], bool]:
    """Return the records up to the first damaged head, and whether that is the end. Raises ``OSError``."""
    records: list[Record] = []
    info = os.fstat(file)
    size = info.st_size
    is_store = stat.S_ISREG(info.st_mode) and size <= MAX_STORE_BYTES
    if not is_store or os.pread(file, len(STORE_HEADER), 0) != STORE_HEADER:
        return records, False
    at = len(STORE_HEADER)
    while at < size:
        head = os.pread(file, HEAD_BYTES, at)
        if len(head) < HEAD_BYTES or crc32(head[: HEAD.size]) != CHECK.unpack_from(head, HEAD.size)[0]:
            return records, False
        is_table, length, checksum, key = HEAD.unpack_from(head)
        at += HEAD_BYTES
        if at + length > size:
            return records, False
        records.append(Record(is_table, key, at, length, checksum))
        at += length
    return records, True


def read_payload(file: int, record: Record) -> bytes | None:
    """Return the payload of a record; None if damaged."""
    try:
        payload = os.pread(file, record.length, record.at)
    except OSError:
        return None
    return payload if len(payload) == record.length and crc32(payload) == record.checksum else None


def cache_directory() -> str:
    """Return where the folders of all repositories are: ``SLUGTRIM_CACHE_DIR``, else the user's cache directory."""
    named = os.environ.get(_CACHE_VARIABLE)
    if named:
        return os.path.abspath(named)
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return os.path.join(base, "slugtrim")


def repository_folder(git_dir: bytes) -> str:
    """Return the folder for the repository with this (common) git directory."""
    return os.path.join(cache_directory(), FOLDER_PREFIX + digest(git_dir, FOLDER_DIGITS // 2).hex())


def table_state(records: Sequence[Record], table: bytes) -> bytes:
    """Return what changes with every change of a table."""
    heads = (record for record in records if record.is_table and record.key == table)
    return digest(b" ".join(b"%d %d" % (record.length, record.checksum) for record in heads))


# Answers.


def encode_answer(stream: int, table: bytes, state: bytes, witnesses: Sequence[bytes], data: bytes) -> bytes | None:
    """Return an answer as it is kept: for a stream, while a table and files of other packages stay as they are.

    None if it can't be kept.
    """
    words = [b"%d" % stream, table.hex().encode(), state.hex().encode()]
    for path in witnesses:
        words += (path, _stamp(path))
    head = b"\0".join(words)
    return head + b"\n" + data if b"\n" not in head else None


def _stamp(path: bytes) -> bytes:
    info = os.stat(path)
    return b"%d %d" % (info.st_mtime_ns, info.st_size)


def _kept_answer(question: Question) -> tuple[int, bytes] | None:
    """Return the stream and the bytes that an earlier run wrote there; None if they aren't kept or may be old."""
    folder = file = -1
    try:
        folder = os.open(repository_folder(question.git_dir), FOLDER_FLAGS)
        file = os.open(STORE_NAME, READ_FLAGS, dir_fd=folder)
        if os.fstat(file).st_uid != os.geteuid():
            return None
        records, _ = read_records(file)
        record = next((each for each in reversed(records) if each.key == question.key and not each.is_table), None)
        payload = read_payload(file, record) if record is not None else None
        if payload is None:
            return None
        head, _, data = payload.partition(b"\n")
        stream, table, state, *witnesses = head.split(b"\0")
        if table_state(records, bytes.fromhex(table.decode())) != bytes.fromhex(state.decode()):
            return None
        if any(_stamp(path) != before for path, before in zip(witnesses[::2], witnesses[1::2], strict=True)):
            return None
        _use(folder)
        return (int(stream), data) if int(stream) in (STDOUT, STDERR) else None
    except (OSError, ValueError):
        return None
    finally:
        for descriptor in (file, folder):
            if descriptor >= 0:
                os.close(descriptor)


def _use(folder: int) -> None:
    """Mark a folder as used, so that it is not the first to be pruned."""
    try:
        os.utime(folder)
    except OSError:
        return  # somebody else's, or read-only


def _print(stream: int, data: bytes) -> bool:
    """Return True if that was all that there is to do."""
    try:
        while data:
            data = data[os.write(stream, data) :]
    except BrokenPipeError:
        return True  # the reader has seen enough
    except OSError:
        return stream == STDERR  # nobody reads it; for stdout click's way finds words for that
    return True
