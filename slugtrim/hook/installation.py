"""Putting the hook in its place, taking it out again, and how it stands.

Nothing is written through a symlink, and no hook is lost: what is there is kept beside ours under another name, with
its bytes and its mode, and comes back from there.
"""

from __future__ import annotations

import os
import re
from enum import Enum

from msgspec import Struct

from slugtrim.errors import SourceError
from slugtrim.files import quoted
from slugtrim.git import Repository
from slugtrim.git.hooks import hooks_directory
from slugtrim.hook.manager import Manager, manager_of
from slugtrim.hook.script import Script, recognised, script
from slugtrim.writing import prepared

_HOOK = b"pre-push"
_BEFORE = b"pre-push.before-slugtrim"
_LIMIT_BYTES = 1 << 20
_CALL = re.compile(rb"slugtrim[ -](?:pre-push|check)\b")


class State(Enum):
    """How the hook stands."""

    ABSENT = "absent"
    FOREIGN = "foreign"
    """Somebody else's is there, and can be kept beside ours."""
    INSTALLED = "installed"
    EDITED = "edited"
    MANAGED = "managed"
    """Hooks are looked after by something else, which has to run slugtrim."""


class Installation(Struct, frozen=True, kw_only=True):
    """What is found where git looks for the hook."""

    state: State
    path: bytes
    """Of the hook, absolute."""
    before: bytes | None
    """Of the hook that was there before ours, and is run by it; None where there is none."""
    manager: Manager | None
    """None unless it is managed."""
    calls_slugtrim: bool
    """Whether the hook that is there mentions slugtrim, or the file that its manager runs hooks from does."""


def look(repository: Repository) -> Installation:
    """How the hook of a repository stands. Raises ``SourceError`` and ``GitError``."""
    directory = hooks_directory(repository)
    if os.path.lexists(directory.path) and not os.path.isdir(directory.path):
        raise SourceError(f"{quoted(directory.path)}: is where git looks for hooks, and is no directory; make it one")
    path, before = os.path.join(directory.path, _HOOK), os.path.join(directory.path, _BEFORE)
    if os.path.isdir(path):
        raise SourceError(f"{quoted(path)}: is a directory, and git looks for a hook of this name; rename or remove it")
    content = _content(path)
    known = recognised(content) if content is not None and not os.path.islink(path) else Script.FOREIGN
    manager = manager_of(directory, content) if known is Script.FOREIGN else None
    if manager is not None:
        state = State.MANAGED
    elif content is None and not os.path.lexists(path):
        state = State.ABSENT
    else:
        state = {Script.OURS: State.INSTALLED, Script.EDITED: State.EDITED, Script.FOREIGN: State.FOREIGN}[known]
    calls = b"slugtrim" in (content or b"")
    if manager is not None and manager.file is not None and repository.top is not None:
        settings = _content(os.path.join(repository.top, manager.file)) or b""
        calls = calls or _CALL.search(settings) is not None
    return Installation(
        state=state,
        path=path,
        before=before if os.path.lexists(before) else None,
        manager=manager,
        calls_slugtrim=calls,
    )


def _content(path: bytes) -> bytes | None:
    """What a hook says; None where there is none, or nothing that can be read."""
    try:
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            return file.read(_LIMIT_BYTES)
    except OSError:
        return None


def check_installable(found: Installation) -> None:
    """Whether ``install`` would do. Raises ``SourceError``."""
    if found.state is State.EDITED:
        raise SourceError(f"{quoted(found.path)}: {_edited(found)}")
    if found.state is State.FOREIGN and found.before is not None and not _is_same(found.path, found.before):
        raise SourceError(
            f"{quoted(found.before)}: is in the way: the hook that is there now would be kept under this name; move it"
        )


def install(found: Installation, recorded: bytes) -> bool:
    """Writes the hook, which looks for slugtrim at ``recorded`` first; False where all was there already.

    Raises ``SourceError``, and has changed nothing then.
    """
    check_installable(found)
    content = script(recorded)
    if found.state is State.INSTALLED and _content(found.path) == content:
        return False
    directory = os.path.dirname(found.path)
    try:
        os.makedirs(directory, exist_ok=True)
        with prepared(found.path, content, mode=0o777) as put:
            if found.state is State.FOREIGN:
                _keep(found.path, os.path.join(directory, _BEFORE))
            put()
    except OSError as error:
        raise SourceError(f"{quoted(found.path)}: cannot be written ({error.strerror}); mend that") from error
    return True


def _keep(path: bytes, before: bytes) -> None:
    """Gives a hook its other name. A second name first, so that at no time there is no hook."""
    if os.path.lexists(before):
        return  # see _is_same
    try:
        os.link(path, before, follow_symlinks=False)
    except (OSError, NotImplementedError):
        os.rename(path, before)


def uninstall(found: Installation) -> bool:
    """Takes the hook out, and gives the one before it its name back; False where it is not there.

    Raises ``SourceError`` where it was edited, and has changed nothing then.
    """
    if found.state is State.EDITED:
        raise SourceError(f"{quoted(found.path)}: {_edited(found)}")
    if found.state is not State.INSTALLED:
        return False
    try:
        if found.before is not None:
            os.rename(found.before, found.path)
        else:
            os.unlink(found.path)
    except OSError as error:
        raise SourceError(f"{quoted(found.path)}: cannot be taken out ({error.strerror}); mend that") from error
    return True


def _is_same(path: bytes, before: bytes) -> bool:
    """Whether both are names of one file: an earlier run that got no further than that."""
    return os.path.samestat(os.lstat(path), os.lstat(before))


def _edited(found: Installation) -> str:
    if found.before is None:
        return "was edited since slugtrim wrote it, and is left as it is; there was no hook before, so delete it"
    return f"was edited since slugtrim wrote it, and is left as it is; the hook before it is {quoted(found.before)}"
