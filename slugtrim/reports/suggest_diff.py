"""What ``--write`` would change in ``.slugignore``, as ``git diff`` shows it."""

from __future__ import annotations

from difflib import diff_bytes, unified_diff

from slugtrim.files import quoted
from slugtrim.reports.blocks import Look
from slugtrim.reports.style import Style
from slugtrim.reports.text import painted

_LOOKS = {"-": (Look.RED,), "+": (Look.GREEN,)}
_NO_NEWLINE = "\n\\ No newline at end of file\n"


def render(before: bytes | None, after: bytes, prefix: bytes, style: Style) -> str:
    """A patch for ``git apply`` at the top of the repository; nothing where nothing changes.

    ``before`` is None where there is no file, ``prefix`` the directory that it is in. Bytes that are not UTF-8 come as
    surrogates.
    """
    if after == (before or b""):
        return ""
    path = prefix + b"/.slugignore" if prefix else b".slugignore"
    old, new = quoted(b"a/" + path), quoted(b"b/" + path)
    head = [f"diff --git {old} {new}\n"]
    if before is None:
        head.append("new file mode 100644\n")
        old = "/dev/null"
    head += [f"--- {old}\n", f"+++ {new}\n"]
    diff = diff_bytes(unified_diff, _lines(before or b""), _lines(after), lineterm=b"\n")
    hunks = [line.decode("utf-8", "surrogateescape") for line in list(diff)[2:]]
    return "".join(_painted(line, style) for line in [*head, *hunks])


def _lines(content: bytes) -> list[bytes]:
    """Each with its newline, the last one maybe without: a lone carriage return does not end a line, as in git."""
    lines = [line + b"\n" for line in content.split(b"\n")]
    lines[-1] = lines[-1].removesuffix(b"\n")
    return lines if lines[-1] else lines[:-1]


def _painted(line: str, style: Style) -> str:
    ended = line if line.endswith("\n") else line + _NO_NEWLINE
    if line.startswith(("+++ ", "--- ", "diff ")):
        return ended
    text, newline, rest = ended.partition("\n")
    return painted(text, _LOOKS.get(line[0], ()), style) + newline + rest
