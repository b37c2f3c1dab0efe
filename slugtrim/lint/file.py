"""Findings about the ``.slugignore`` as a file, and about others of its name."""

from __future__ import annotations

import re
from collections.abc import Iterator

from slugtrim.errors import RulesError
from slugtrim.files import Tree, quoted
from slugtrim.ignore import check_encoding
from slugtrim.lint.beside import Standing
from slugtrim.lint.view import SLUGIGNORE, Found, View
from slugtrim.notes import Finding, Level

_APART = re.compile(rb"(?i)(?:^|/)(?:tests?|spec|fixtures|examples?|samples?|vendor|node_modules)/")
"""Where such a file is somebody else's, or there to test with."""
_WORD = re.compile(rb"[^\s,;:()'\"`]+")


def encoding_finding(tree: Tree) -> Found | None:
    """Why no reading makes rules of the file; None where it is text."""
    try:
        check_encoding(tree.slugignore or b"")
    except RulesError as error:
        message = str(error).removeprefix(".slugignore").lstrip(":0123456789 ").partition(";")[0]
        return Found(
            finding=_finding("not-text", Level.ERROR, message, "Save it as UTF-8 text, a pattern on each line")
        )
    return None


def file_findings(view: View) -> Iterator[Found]:
    """What is wrong with the file itself."""
    content = view.tree.slugignore
    if content is not None:
        yield from _utf_8(content)
        yield from _standing(view)
        yield from _comments(view, content)
    yield from _nested(view)


def _finding(id_: str, level: Level, message: str, cure: str, line: int | None = None) -> Finding:
    return Finding(id=id_, level=level, path=SLUGIGNORE, line=line, message=message, cure=cure)


def _utf_8(content: bytes) -> Iterator[Found]:
    for number, line in enumerate(content.split(b"\n"), 1):
        try:
            line.decode("utf-8")
        except UnicodeDecodeError:
            message = "is not UTF-8: a name with such bytes is another one than the editor shows"
            yield Found(finding=_finding("not-utf-8", Level.WARNING, message, "Save the file as UTF-8", number))
            return


def _standing(view: View) -> Iterator[Found]:
    match view.beside.standing:
        case Standing.IGNORED:
            message = "git ignores it, so no push sends it, and none of its rules holds on the platform"
            cure = "Take it out of .gitignore (git check-ignore -v .slugignore names the line), and commit it"
            yield Found(finding=_finding("slugignore-not-pushed", Level.ERROR, message, cure))
        case Standing.UNTRACKED:
            message = "is not tracked, so no push sends it, and none of its rules holds on the platform"
            yield Found(finding=_finding("slugignore-not-pushed", Level.ERROR, message, "git add it, and commit it"))
        case Standing.CHANGED:
            message = "has changes that are not committed: a push sends the rules of the commit"
            yield Found(finding=_finding("slugignore-changed", Level.NOTE, message, "Commit it before the push"))
        case Standing.COMMITTED:
            pass


def _comments(view: View, content: bytes) -> Iterator[Found]:
    """A splitting of the whole file on white space, as an old compiler did, makes patterns of a comment's words."""
    kept = {file.path for file in view.slug.kept}
    kept |= {path.partition(b"/")[0] for path in kept}
    for number, line in enumerate(content.split(b"\n"), 1):
        if not line.startswith(b"#"):
            continue
        words = [word.strip(b"/.") for word in _WORD.findall(line.lstrip(b"# "))]
        named = next((word for word in words if word in kept), None)
        if named is not None:
            message = f"a word of the comment, {quoted(named)}, is the name of what the slug has"
            cure = "Nothing today; the compiler of 2014 and before took each word of the file for a pattern"
            yield Found(finding=_finding("comment-names-path", Level.NOTE, message, cure, number))


def _nested(view: View) -> Iterator[Found]:
    nested = [file for file in view.slug.kept if file.path.endswith(b"/" + SLUGIGNORE)]
    roots = {project.root for project in view.projects} if nested else set()
    for file in nested:
        directory = file.path.rpartition(b"/")[0]
        is_own = directory in roots or _APART.search(directory + b"/") is not None
        yield Found(
            finding=Finding(
                id="nested-slugignore",
                level=Level.NOTE if is_own else Level.WARNING,
                path=file.path,
                line=None,
                message="does nothing: the platform reads the one at the root of the slug only",
                cure=f"Deploy {quoted(directory)} on its own (slugtrim --prefix measures that), or move the rules"
                if directory in roots
                else f"Move its rules to the root's .slugignore, each behind /{quoted(directory)}/",
            )
        )
