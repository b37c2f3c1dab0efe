"""What can go wrong that a user can mend.

Every message is one line that says where, what, and what to do; of a configuration there is one for each mistake in it,
and below that of ``VerifyError`` stands what a command printed. The exit codes live in ``cli``: none of these classes
knows about the command line.
"""

from __future__ import annotations

from collections.abc import Sequence


class SlugtrimError(Exception):
    """Something the user can mend; ``str()`` of it is one line, unless its class says otherwise."""


class ConfigError(SlugtrimError):
    """The configuration cannot be used; ``str()`` of it is a line for each mistake."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))


class UsageError(SlugtrimError):
    """The call asks for something that cannot be: options that exclude each other, a size that is not one."""


class SourceError(SlugtrimError):
    """The tree to measure cannot be read as a whole: no repository, no such revision, no git."""


class RulesError(SlugtrimError):
    """The ``.slugignore`` cannot be read: a directory, a link out of the tree, UTF-16, NUL bytes."""


class VerifyError(SlugtrimError):
    """The command that is to verify fails with everything there, so that its failing proves nothing.

    The command's last lines follow the line of the message, each indented.
    """


class SlugError(SlugtrimError):
    """A compiled slug cannot be read or unpacked: cut off, damaged, no archive, beyond a limit."""
