"""Keep one comment on a pull request up to date, with a part for each target that is checked.

``comment.py FILE...`` adds the reports in these files (``check --report markdown=FILE``) to the comment, each in place
of its own earlier part. It runs GitHub's ``gh`` with the variables ``GH_TOKEN``, ``REPOSITORY`` (owner/name) and
``NUMBER``. A token that may not comment, as that of a fork, is a warning and no failure.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Mapping

_MARK = "<!-- slugtrim -->"
_PART = re.compile(r"^<!-- slugtrim check[^\n]*?-->$", re.MULTILINE)
_MOST_CHARACTERS = 65_000
"""GitHub takes 65,536."""
_TRIES = 4
"""Jobs for several targets may write at the same time, and one of them may then miss the part of another."""


def parts_of(body: str) -> dict[str, str]:
    """Return the parts of a comment or report, by the mark that each begins with."""
    marks = list(_PART.finditer(body))
    ends = (*(mark.start() for mark in marks[1:]), len(body))
    return {mark[0]: body[mark.start() : end].strip() for mark, end in zip(marks, ends, strict=False)}


def together(body: str, new: Mapping[str, str]) -> str:
    """Return a comment with these parts in place of earlier ones, sorted by mark."""
    parts = {**parts_of(body), **new}
    most = (_MOST_CHARACTERS - len(_MARK)) // max(len(parts), 1) - 2
    return "\n\n".join([_MARK, *(parts[mark][:most] for mark in sorted(parts))]) + "\n"


def main(names: Iterable[str]) -> int:
    """Write the comment. Return the exit status, which is 0 if the token may not."""
    new: dict[str, str] = {}
    for name in names:
        with open(name, encoding="utf-8") as file:
            new |= parts_of(file.read())
    place = f"repos/{os.environ['REPOSITORY']}/issues"
    try:
        for _ in range(_TRIES):
            id_, body = _found(f"{place}/{os.environ['NUMBER']}/comments")
            wanted = together(body, new)
            if body.strip() == wanted.strip():
                break
            _write(place, id_, wanted)
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["gh failed"])[-1]
        print(f"::warning::slugtrim: the pull request gets no comment, because this token may not write one: {reason}")
    return 0


def _found(comments: str) -> tuple[int | None, str]:
    """Return the first comment with our mark; none gives None and an empty body."""
    query = f'[.[] | select(.body | startswith("{_MARK}")) | {{id, body}}] | .[]'
    lines = _gh("--paginate", f"{comments}?per_page=100", "--jq", query).splitlines()
    if not lines:
        return None, ""
    comment = json.loads(lines[0])
    return comment["id"], comment["body"].replace("\r\n", "\n")


def _write(place: str, id_: int | None, body: str) -> None:
    where = ("--method", "POST", f"{place}/{os.environ['NUMBER']}/comments")
    if id_ is not None:
        where = ("--method", "PATCH", f"{place}/comments/{id_}")
    _gh(*where, "--input", "-", given=json.dumps({"body": body}))


def _gh(*arguments: str, given: str | None = None) -> str:
    done = subprocess.run(["gh", "api", *arguments], input=given, capture_output=True, text=True, check=True)
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
