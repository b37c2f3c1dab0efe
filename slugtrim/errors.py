"""What can go wrong that a user can mend.

Every message is one line that says where, what, and what to do; below that of ``VerifyError`` stands what a command
printed. The exit codes live in ``cli``: none of these classes
knows about the command line.
"""


class SlugtrimError(Exception):
    """Something the user can mend; ``str()`` of it is one line, but for ``VerifyError``."""


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
