"""Write what an application needs to be rid of safe waste on its next build, in the form that its buildpack runs.

The Node buildpack runs ``heroku-cleanup`` of ``package.json``, the Ruby buildpack the task ``assets:precompile``, the
Python buildpack ``bin/post_compile`` and the PHP buildpack ``compile`` of ``composer.json``. Of several buildpacks, the
one that usually runs last removes all of it, because those before it may build with what goes.
"""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import ExitStack

from msgspec import Struct

from slugtrim.anatomy.removal import Removal, is_within
from slugtrim.archive.entries import APP, Feed
from slugtrim.errors import SourceError, UsageError
from slugtrim.files import File, quoted
from slugtrim.interrupts import Interrupts
from slugtrim.writing import prepared

Read = Callable[[bytes], bytes | None]
"""Returns the content of a file of the application; None if it is missing."""

PACKAGE = b"package.json"
COMPOSER = b"composer.json"
POST_COMPILE = b"bin/post_compile"
RAKEFILE = b"Rakefile"
TASK = b"lib/tasks/slugtrim.rake"
REQUIREMENTS = b"requirements.txt"
FILES = frozenset((PACKAGE, COMPOSER, POST_COMPILE, RAKEFILE, TASK, REQUIREMENTS))
"""All files that may be changed."""

_MARK = " # slugtrim"
_BEGIN = "# slugtrim inspect --cleanup: the running application doesn't need these."
_END = "# End of what slugtrim wrote."
_LONGEST_BYTES = 1 << 20


class FileChange(Struct, frozen=True, kw_only=True):
    """A file to write."""

    path: bytes
    before: bytes | None
    """None for a new file."""
    after: bytes
    is_program: bool = False


class Refusal(Struct, frozen=True, kw_only=True):
    """A file that isn't changed, and what its owner could add."""

    path: bytes
    reason: str
    add: str


class CleanupPlan(Struct, frozen=True, kw_only=True):
    """What would remove the safe waste."""

    removals: tuple[Removal, ...]
    """What goes with these changes, or with what a refusal says to add."""
    changes: tuple[FileChange, ...]
    refusals: tuple[Refusal, ...]
    left: tuple[str, ...]
    """Ids of safe waste of which nothing is removed."""

    @property
    def gone(self) -> frozenset[bytes]:
        """Return the files that go."""
        return frozenset(path for each in self.removals for path in each.paths)


class Cleanup(Struct, frozen=True, kw_only=True):
    """A plan, what it saves, and where it was written."""

    plan: CleanupPlan
    saves_bytes: int
    """Compressed bytes."""
    is_measured: bool
    """False if the slug could not be packed again, because it came from stdin: the shares of the files."""
    directory: str | None
    """The application that was changed; None if it is only shown."""

    @property
    def is_refused(self) -> bool:
        """Return True if there is safe waste to remove, but no file could be changed."""
        return bool(self.plan.removals and self.plan.refusals and not self.plan.changes)


class _Refused(Exception):
    """A file can't be changed. The reason is its text."""


def plan_of(
    removals: Sequence[Removal], paths: Collection[bytes], read: Read, required: Collection[str] = ()
) -> CleanupPlan:
    """Return the plan for a slug with these ``paths``; ``read`` reads the files of the application.

    ``required`` are Python packages that other packages require.
    """
    changes: list[FileChange] = []
    refusals: list[Refusal] = []
    done: list[Removal] = []
    by_script = [each for each in removals if each.commands]
    commands = sorted(dict.fromkeys(command for each in by_script for command in each.commands), key=_is_deletion)
    edits = _edits(paths)
    if commands and edits:
        done += by_script
        for path, edit in edits:
            _try(path, edit, commands, read, changes, refusals)
    for each in removals:
        if each.requirement is not None and (read(REQUIREMENTS) is not None):
            change, add = _REQUIREMENTS[each.requirement]
            count = len(refusals)
            if each.requirement == "opencv-headless" and any(name.startswith("opencv") for name in required):
                change = _required_by_others
            _try(REQUIREMENTS, change, [add], _after(changes, read), changes, refusals)
            if len(refusals) == count:
                done.append(each)
    names = {each.id for each in done}
    return CleanupPlan(
        removals=tuple(done),
        changes=tuple(changes),
        refusals=tuple(refusals),
        left=tuple(each.id for each in removals if each.id not in names),
    )


def _is_deletion(command: str) -> bool:
    """Return False for the command of a package manager. It comes first, because it may need the caches that go."""
    return command.startswith(("rm ", "find "))


def _after(changes: Sequence[FileChange], read: Read) -> Read:
    changed = {change.path: change.after for change in changes}
    return lambda path: changed[path] if path in changed else read(path)


Edit = Callable[[str | None, Sequence[str]], str]
"""Returns the new text of a file (None if it is missing), with these commands. Raises ``_Refused``."""


def _try(
    path: bytes, edit: Edit, commands: Sequence[str], read: Read, changes: list[FileChange], refusals: list[Refusal]
) -> None:
    try:
        before = read(path)
        text = before.decode("utf-8") if before is not None else None
        after = edit(text, commands).encode("utf-8")
    except UnicodeDecodeError:
        refusals.append(Refusal(path=path, reason="it isn't UTF-8", add="; ".join(commands)))
    except _Refused as refused:
        refusals.append(Refusal(path=path, reason=str(refused), add="; ".join(commands)))
    else:
        if after != before:
            changes[:] = [change for change in changes if change.path != path]
            changes.append(FileChange(path=path, before=before, after=after, is_program=path == POST_COMPILE))


def _edits(paths: Collection[bytes]) -> Sequence[tuple[bytes, Edit]]:
    """Return the files that hold commands for the last buildpack; none if it runs no script of the application."""
    if b"Gemfile" in paths:
        loads_tasks = b"config/application.rb" in paths
        return ((TASK, _task),) if loads_tasks else ((TASK, _task), (RAKEFILE, _rakefile))
    if any(path.startswith(b".heroku/python/") for path in paths):
        return ((POST_COMPILE, _post_compile),)
    if COMPOSER in paths:
        return ((COMPOSER, lambda text, commands: _manifest(text, "compile", commands)),)
    if PACKAGE in paths:
        return ((PACKAGE, lambda text, commands: _manifest(text, "heroku-cleanup", commands)),)
    return ()


def _together(before: Iterable[str], commands: Sequence[str]) -> list[str]:
    """Return commands that are there already, and those that are new; none whose files another one deletes."""
    left = dict.fromkeys((*before, *commands))
    for each in tuple(left):
        if any(is_within(each, other) for other in left if other != each):
            del left[each]
    return sorted(left, key=_is_deletion)


def _task(text: str | None, commands: Sequence[str]) -> str:
    if text is not None and not text.startswith(_BEGIN):
        raise _Refused("it exists and isn't slugtrim's")
    found = re.findall(r'^ *sh ("(?:[^"\\]|\\.)*")$', text or "", re.MULTILINE)
    lines = "".join(f"    sh {json.dumps(each)}\n" for each in _together(map(json.loads, found), commands))
    return (
        f"{_BEGIN}\n# They go once the assets are compiled. Heroku sets STACK while it builds.\n"
        f'if ENV["STACK"].to_s.start_with?("heroku-")\n  task "assets:precompile" do\n{lines}  end\nend\n'
    )


def _rakefile(text: str | None, _: Sequence[str]) -> str:
    """Return a Rakefile that loads the tasks, which only Rails does by itself."""
    if text is None:
        raise _Refused("there is none: the buildpack runs assets:precompile of a Rakefile, with the gem rake")
    if "lib/tasks" in text:
        return text
    return f'{text}{"" if text.endswith(chr(10)) else chr(10)}\nload "{TASK.decode()}"\n'


def _post_compile(text: str | None, commands: Sequence[str]) -> str:
    lines = (text if text is not None else "#!/usr/bin/env bash\n").removesuffix("\n").split("\n")
    if not re.match(r"#!.*\b(?:ba|da|k|z)?sh\b", lines[0]):
        raise _Refused("it isn't a shell script")
    begin = lines.index(_BEGIN) if _BEGIN in lines else None
    if begin is None:
        begin = end = len(lines)
        while begin and (not lines[begin - 1].strip() or re.match(r"exit\b", lines[begin - 1])):
            begin -= 1
        if re.match(r"exec\b", lines[begin - 1]):
            raise _Refused("its last line is exec, after which nothing runs")
        end = begin
        known: list[str] = []
    else:
        if _END not in lines[begin:]:
            raise _Refused(f"the line “{_END}” is missing")
        end = lines.index(_END, begin) + 1
        known = lines[begin + 1 : end - 1]
    lines[begin:end] = [_BEGIN, *_together(known, commands), _END]
    return "\n".join(lines) + "\n"


def _manifest(text: str | None, name: str, commands: Sequence[str]) -> str:
    if text is None:
        raise _Refused("there is none")
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        raise _Refused("it isn't valid JSON") from None
    scripts = data.get("scripts", {}) if isinstance(data, dict) else None
    if not isinstance(scripts, dict):
        raise _Refused("its scripts are no object")
    known = scripts.get(name)
    if known is not None and not (isinstance(known, str) and known.endswith(_MARK)):
        raise _Refused(f"it has a script “{name}” already")
    before = known.removesuffix(_MARK).split("; ") if known is not None else ()
    value = "; ".join(_together(before, commands)) + _MARK
    return with_script(text, name, value)


class _Member(Struct, frozen=True):
    """A member of an object in a JSON text: where its key begins, and where its value begins and ends."""

    key: str
    at: int
    begin: int
    end: int


_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+')


def _members(text: str, at: int) -> tuple[list[_Member], int]:
    """Return the members of the object that begins at ``at``, and where it ends. The text is valid JSON."""
    members: list[_Member] = []
    depth = 0
    key: tuple[str, int] | None = None
    begin = end = at
    is_value = False
    for token in _TOKEN.finditer(text, at):
        sign = token[0]
        if depth == 1 and sign in (",", "}"):
            if key is not None:
                members.append(_Member(*key, begin, end))
            key, is_value = None, False
            if sign == "}":
                return members, token.end()
            continue
        if depth == 1 and sign == ":" and not is_value:
            is_value, begin = True, -1
            continue
        if depth == 1 and not is_value:
            key = json.loads(sign), token.start()
        elif begin < 0:
            begin = token.start()
        depth += (sign in "{[") - (sign in "}]")
        end = token.end()
    return members, len(text)


def with_script(text: str, name: str, value: str) -> str:
    """Return a manifest with a script, which replaces one of that name. Its formatting stays.

    ``text`` is a valid JSON object, and its ``scripts``, if any, are an object.
    """
    new = f"{json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}"
    root, end = _members(text, text.index("{"))
    scripts = next((each for each in reversed(root) if each.key == "scripts"), None)
    if scripts is None:
        step = _indent(text, root[0].at) if root else "  "
        block = f'"scripts": {{\n{step}{step}{new}\n{step}}}' if "\n" in text.strip() else f'"scripts": {{{new}}}'
        return _inserted(text, root, end, block)
    found, end = _members(text, scripts.begin)
    same = next((each for each in reversed(found) if each.key == name), None)
    if same is not None:
        return text[: same.begin] + json.dumps(value, ensure_ascii=False) + text[same.end :]
    if not found and "\n" in text.strip():
        step = _indent(text, scripts.at) or "  "
        return f"{text[: scripts.begin]}{{\n{step}{step}{new}\n{step}}}{text[end:]}"
    return _inserted(text, found, end, new)


def _inserted(text: str, members: Sequence[_Member], end: int, new: str) -> str:
    """Return the text with a last member in the object that ends at ``end``."""
    if not members:
        return f"{text[: end - 1].rstrip()}{new}{text[end - 1 :]}"
    last = members[-1]
    indent = _indent(text, last.at)
    between = f",{_newline(text)}{indent}" if _starts_line(text, last.at) else ", "
    return f"{text[: last.end]}{between}{new}{text[last.end :]}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _starts_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip() and "\n" in text[:at]


def _indent(text: str, at: int) -> str:
    return text[text.rfind("\n", 0, at) + 1 : at] if _starts_line(text, at) else ""


_CPU_INDEX = "--extra-index-url https://download.pytorch.org/whl/cpu"
_TORCH = re.compile(r"torch(?:vision|audio)?\b(?![\w.-])", re.IGNORECASE)
_OPENCV = re.compile(r"(opencv[-_.](?:contrib[-_.])?python)(?![\w.-])", re.IGNORECASE)


def _torch_cpu(text: str | None, _: Sequence[str]) -> str:
    lines = _requirements(text)
    if any("download.pytorch.org/whl/cpu" in line for line in lines):
        return text or ""
    at = next((at for at, line in enumerate(lines) if _TORCH.match(line)), 0)
    lines.insert(at, f"{_CPU_INDEX}{_newline(text or '')}")
    return "".join(lines)


def _opencv_headless(text: str | None, _: Sequence[str]) -> str:
    lines = _requirements(text)
    if not any(map(_OPENCV.match, lines)):
        raise _Refused("it doesn't name opencv-python, which another package requires")
    return "".join(_OPENCV.sub(r"\1-headless", line) if _OPENCV.match(line) else line for line in lines)


def _required_by_others(text: str | None, _: Sequence[str]) -> str:
    raise _Refused("another package requires opencv-python, and would bring it again")


def _requirements(text: str | None) -> list[str]:
    lines = (text or "").splitlines(keepends=True)
    if any("--hash" in line for line in lines):
        raise _Refused("it has hashes, so it has to be compiled again")
    return lines


_REQUIREMENTS: dict[str, tuple[Edit, str]] = {
    "torch-cpu": (_torch_cpu, _CPU_INDEX),
    "opencv-headless": (_opencv_headless, "opencv-python-headless instead of opencv-python"),
}
"""Changes of the list of requirements, each with what its owner could do instead."""


def reader_of(directory: str) -> Read:
    """Return what reads the files of the application in ``directory``. Raise ``UsageError`` if it isn't one."""
    root = os.fsencode(directory)
    if not os.path.isdir(root):
        what = "is a file, not a directory" if os.path.lexists(root) else "no such directory"
        raise UsageError(f"--cleanup {quoted(root)}: {what}; name your app's directory, or - to only print the changes")

    def read(path: bytes) -> bytes | None:
        place = os.path.join(root, path)
        try:
            with open(os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise SourceError(f"{quoted(place)}: is not a file; make it one, or use --cleanup -")
                content = file.read(_LONGEST_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise SourceError(f"{quoted(place)}: cannot be read ({error.strerror}); make it a file you own") from error
        if len(content) > _LONGEST_BYTES:
            raise SourceError(f"{quoted(place)}: has more than a megabyte; name another directory, or use --cleanup -")
        return content

    return read


class Texts:
    """Keeps the files that may be changed, while a slug is read."""

    def __init__(self) -> None:
        self._texts: dict[bytes, bytes] = {}

    def __call__(self, file: File) -> Feed | None:
        """Return what receives the content of ``file``; None to ignore it."""
        path = file.path.removeprefix(APP)
        if path not in FILES or file.size_bytes > _LONGEST_BYTES:
            return None
        pieces: list[bytes] = []

        def take(piece: bytes) -> None:
            pieces.append(piece)
            if not piece:
                self._texts[path] = b"".join(pieces)

        return take

    def read(self, path: bytes) -> bytes | None:
        """Return the content of a file of the slug; None if it is missing."""
        return self._texts.get(path)


def write_changes(directory: str, changes: Iterable[FileChange]) -> None:
    """Write all files, or none of them. Raise ``SourceError``."""
    root = os.fsencode(directory)
    place = root
    try:
        with ExitStack() as stack:
            puts = []
            for change in changes:
                place = os.path.join(root, change.path)
                os.makedirs(os.path.dirname(place), exist_ok=True)
                mode = 0o777 if change.is_program and change.before is None else None
                puts.append(stack.enter_context(prepared(place, change.after, mode=mode)))
            with Interrupts():  # so that no file is without the others, and nothing else stays
                for put in puts:
                    put()
                stack.close()
    except OSError as error:
        why = error.strerror or str(error)
        raise SourceError(f"{quoted(place)}: cannot be written ({why}); fix that, or use --cleanup -") from error
