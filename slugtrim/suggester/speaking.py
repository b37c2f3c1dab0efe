"""What of a file's text speaks at build and run time: without comments, and without what only development reads.

Everything else is blanked; line numbers stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from functools import partial

from slugtrim.suggester.manifests import MANIFESTS

_HASH = frozenset(
    b"py rb rake gemspec ru erb yml yaml toml sh bash zsh ex exs pl r cfg ini conf env mk tf properties in po".split()
)
_SLASH = frozenset(
    b"js jsx ts tsx mjs cjs vue svelte java kt kts gradle groovy scala sbt go rs swift dart cs c h cc cpp hpp m mm css "
    b"scss sass less php glsl frag vert proto ino".split()
)
_MARKUP = frozenset(b"html htm xml vue svelte erb ejs hbs haml pug slim jinja jinja2 j2 twig php md mdx".split())
_MARKDOWN = frozenset(b"md markdown mdx rst".split())

# What Go embeds and what Sprockets requires is written in comments. Each begins with what stands there literally: so
# they are looked for ten times as fast.
_HASH_LINE = re.compile(rb"\n[ \t]*#(?![=!])[^\n]*")
_HASH_BEHIND = tuple(re.compile(rb"(?m)%b#[ \t][^'\"\n]*$" % blank) for blank in (b" ", b"\t"))
_SLASH_COMMENT = re.compile(rb"/(?:/(?<![^\s;,{}()]//)(?!go:embed|=)[^\n]*|\*(?<![^\s;,{(]/\*)(?s:.*?)\*/)")
_SLASH_LINE = re.compile(rb"//(?<![^\s;,{}()]//)(?!go:embed|=)[^\n]*")
_DIRECTIVE = re.compile(rb"(?m)^(?:/\*)?[ \t]*\*?=")
_MARKUP_COMMENTS = ((b"<!--", b"-->"), (b"<%#", b"%>"), (b"{#", b"#}"))
_STRING = re.compile(rb"""(?s)(\"\"\"|''')(?:[^\\]|\\.)*?\1|#[^\n]*|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
"""Python's strings, the long ones with a group; and comments, in which a quote opens nothing."""
_NOTHING_BEFORE = re.compile(rb"[ \t]*[rRuUbB]?")
_PROCESS_NAME = re.compile(rb"(?m)^[ \t]*[\w-]+[ \t]*:")
_ADDRESS = re.compile(rb"://[^\s\"'<>)`]+")
_SCHEME = re.compile(rb"\b(?!sqlite\Z)[A-Za-z]+\Z")
_SCHEME_BYTES = 20
_LINK = re.compile(rb"\]\([^)\n]*\)|\b(?:src|href|include|image|figure)\s*=?:?:?\s*[\"']?[^\s\"'>]+|^import .*$", re.M)
_LEFT_ASIDE = re.compile(
    rb"""["']?\b(?:exclude\w*|ignore\w*|\w+Ignore\w*|\w*_ignore\w*|omit)["']?\s*[:=]\s*(?:\[[^\]]*\]|\{[^}]*\})"""
)
_COLLECTED = re.compile(rb"(?m)^[ \t]*(?:STATIC_ROOT|TEST_RUNNER)[ \t]*=.*$")
_ROUTE = re.compile(
    rb"""(?:@\w+\.|\b(?:app|router|server|fastify|api|Route::|bp|blueprint)(?:\.|(?<=::)))"""
    rb"""(?:get|post|put|patch|delete|route|websocket|api_route|all|head|options)\([ \t\n]*(["'`])/[^"'`\n]*\1"""
)
"""A path of the application's own address, not of a file."""
_EVENT = re.compile(
    rb"""\.(?:on|once|off|emit|trigger|(?:add|remove)(?:Event)?Listener|dispatch)\([ \t\n]*(["'`])[\w:.-]+\1"""
)
_WRITTEN = re.compile(
    rb"""(?:\.dest|\bdel(?:\.sync)?|\brimraf(?:\.sync)?|\b(?:rmdir|rm|unlink)Sync|\brmtree|\brm_rf?|\bos\.remove)"""
    rb"""\([ \t\n]*\[?(?:[ \t\n]*(["'`])[^"'`\n]*\1[ \t\n]*,?)+"""
)
"""What is only written to, or taken away."""
_TAKEN_AWAY = (
    b".dest(",
    b"del(",
    b"del.sync(",
    b"rimraf",
    b"rmdirSync",
    b"rmSync",
    b"unlinkSync",
    b"rmtree",
    b"rm_r",
    b"os.remove(",
)
_SHELL = frozenset(b"sh bash zsh mk ps1 bat cmd".split()) | {b""}
_SAID = re.compile(rb"(?m)^[ \t]*[@-]?(?:echo|printf|Write-Host|Write-Output)\b(?:(?!\$\()[^\n|>`;&])*$")
"""A message of a script that goes nowhere but to the terminal."""
_SETTINGS = frozenset(b"json json5 jsonc js cjs mjs ts toml yml yaml".split())
_TASKS = frozenset([b"rake", b"rb", b"exs", b""])
_SECTION = re.compile(rb"(?m)^\[+[ \t]*([^\]\n]+?)[ \t]*\]+.*$")
_TOOL = re.compile(
    rb"(?:tool[.:])?(?:pytest|ruff|mypy|coverage|black|isort|flake8|pylint|pycodestyle|pydocstyle|tox|bandit|pyright"
    rb"|commitizen|bumpversion|aliases|semantic_release|towncrier|codespell|slugtrim|djlint|vulture|nose)\b"
)
_TEST_ONLY = re.compile(
    rb"elixirc_paths\(:test\)|TestTask|RSpec::Core::RakeTask|\.pattern\s*=|test_files\b|\bg\.\w+|TestUnit::Runner"
    rb"|\brake_run\b"
)
_OF_TESTS = (
    b"elixirc_paths(:test)",
    b"TestTask",
    b"RSpec::Core::RakeTask",
    b".pattern",
    b"test_files",
    b"g.",
    b"TestUnit::Runner",
    b"rake_run",
)
_TEST_ALIAS = re.compile(rb"\n[ \t]*(?:\"?test(?:\.\w+)?\"?:[ \t]*\[[^\n]*|\"?\w+\"?:[ \t]*\[\"test\"\])")
_UNDEPLOYED = rb"Rails\.env\.(?:test|development|local)\?"
_NOT_DEPLOYED = re.compile(
    rb"\n(?:unless +Rails\.env\.production\?(?: *(?:\|\||or) [^\n]*)?"
    rb"|if +(?:!Rails\.env\.production\?|%b(?: *(?:\|\||or) *%b)*))[ \t]*(?=\n)" % (_UNDEPLOYED, _UNDEPLOYED)
)
"""What begins a block at the margin that no deployed application runs."""
_READS = re.compile(rb"require|load|import|Factory|Fabricat|Dir\b|File\b|Rails\.root|Pathname|YAML|CSV|JSON")
_BLOCK_END = re.compile(rb"\n(?:end|else|elsif)\b")

_SCRIPTS = frozenset(b"js jsx ts tsx mjs cjs vue svelte".split())
_ANY = frozenset([b"", b"rst"]) | _HASH | _SLASH | _MARKUP | _SETTINGS


def speaking(path: bytes, text: bytes, called: Collection[str] = ()) -> bytes:
    """``text`` with what does not speak blanked; ``path`` tells the language.

    ``called`` are the scripts of a ``package.json`` that are run beside those which every deploy runs.
    """
    name = path.rpartition(b"/")[2]
    manifest = MANIFESTS.get(name)
    if manifest is not None:
        return _without_urls(manifest(text, called))
    extension = name.rpartition(b".")[2].lower() if b"." in name else b""
    if name.startswith(b".env"):
        extension = b"env"
    if extension in _MARKDOWN:
        return _without_urls(_only(_LINK, text))
    if name == b"Procfile":
        text = _PROCESS_NAME.sub(b"", text)
    if extension in (b"toml", b"cfg", b"ini"):
        text = _without_tools(text)
    for kinds, marks, without in _SILENT:
        # A look for the marks is ten times as fast as the expression.
        if extension in kinds and any(mark in text for mark in marks):
            text = without(text)
    return text


def _blank(match: re.Match[bytes]) -> bytes:
    return b"\n" * match[0].count(b"\n")


def _without(what: re.Pattern[bytes]) -> Callable[[bytes], bytes]:
    return partial(what.sub, _blank)


def _without_docstrings(text: bytes) -> bytes:
    """Without the long strings that are statements by themselves."""
    return _STRING.sub(_unless_used, text)


def _unless_used(string: re.Match[bytes]) -> bytes:
    if string[1] is None:
        return string[0]
    text, start, end = string.string, string.start(), string.end()
    line_end = text.find(b"\n", end)
    behind = text[end : line_end if line_end >= 0 else len(text)]
    before = text[text.rfind(b"\n", 0, start) + 1 : start]
    return string[0] if behind.strip() or not _NOTHING_BEFORE.fullmatch(before) else _blank(string)


def _without_markup_comments(text: bytes) -> bytes:
    for opening, closing in _MARKUP_COMMENTS:
        pieces = []
        end = 0
        while (start := text.find(opening, end)) >= 0 and (close := text.find(closing, start + len(opening))) >= 0:
            pieces += [text[end:start], b"\n" * text.count(b"\n", start, close)]
            end = close + len(closing)
        text = b"".join([*pieces, text[end:]])
    return text


def _without_hashes(text: bytes) -> bytes:
    """Without comments that begin with ``#``: on lines of their own, and behind code where no quote follows."""
    text = _HASH_LINE.sub(b"\n", b"\n" + text)[1:]
    for behind in _HASH_BEHIND:
        text = behind.sub(b"", text)
    return text


def _without_slashes(text: bytes) -> bytes:
    """Without comments that begin with ``//`` or stand between ``/*`` and ``*/``, but for Sprockets' directives."""
    end = text.rfind(b"*/") + 2  # behind it nothing closes what opens, and to look would be to look again and again
    end = end if end > 1 else 0
    return _SLASH_COMMENT.sub(_without_directives, text[:end]) + _SLASH_LINE.sub(b"", text[end:])


def _without_directives(comment: re.Match[bytes]) -> bytes:
    return comment[0] if comment[0].startswith(b"/*") and _DIRECTIVE.search(comment[0]) else _blank(comment)


def _without_urls(text: bytes) -> bytes:
    """Without addresses elsewhere. Looked for from their middle, which is ten times as fast."""
    pieces = []
    end = 0
    for rest in _ADDRESS.finditer(text):
        scheme = _SCHEME.search(text, max(end, rest.start() - _SCHEME_BYTES), rest.start())
        if scheme is not None:
            pieces.append(text[end : scheme.start()])
            end = rest.end()
    return b"".join([*pieces, text[end:]])


def _without_tests(text: bytes) -> bytes:
    """Without the lines of a build's tasks that are about tests only."""
    text = _TEST_ALIAS.sub(b"\n", b"\n" + text)[1:]
    for mark in _OF_TESTS:
        at = text.find(mark)
        while at >= 0:
            start, end = text.rfind(b"\n", 0, at) + 1, text.find(b"\n", at)
            end = end if end >= 0 else len(text)
            if _TEST_ONLY.search(text, start, end):
                text = text[:start] + text[end:]
                end = start
            at = text.find(mark, end)
    return text


def _without_undeployed(text: bytes) -> bytes:
    """Without blocks at the margin that hold for tests and development only."""
    text = b"\n" + text
    pieces = []
    at = 0
    while (start := _NOT_DEPLOYED.search(text, at)) and (end := _BLOCK_END.search(text, start.end() - 1)):
        block = text[start.start() : end.start()]
        # What is not production may be staging.
        speaks = b"production" in start[0] and _READS.search(block)
        pieces += [text[at : start.start()], block if speaks else b"\n" * block.count(b"\n")]
        at = end.start()
    return b"".join([*pieces, text[at:]])[1:]


def _only(kept: re.Pattern[bytes], text: bytes) -> bytes:
    """What matches, each on the line where it stands."""
    lines: list[bytes] = []
    for match in kept.finditer(text):
        line = text.count(b"\n", 0, match.start())
        lines.extend(b"" for _ in range(line - len(lines) + 1))
        lines[line] += b" " + match[0].replace(b"\n", b" ")
    return b"\n".join(lines)


def _without_tools(text: bytes) -> bytes:
    """A settings file without the sections of tools that no deploy runs."""
    headers = [*_SECTION.finditer(text)]
    if not headers:
        return text
    ends = [*(header.start() for header in headers[1:]), len(text)]
    for header, end in reversed(list(zip(headers, ends, strict=True))):
        if _TOOL.match(header[1]):
            text = text[: header.start()] + b"\n" * text.count(b"\n", header.start(), end) + text[end:]
    return text


_SILENT = (
    (frozenset([b"py", b"pyi"]), (b'"""', b"'''"), _without_docstrings),
    (frozenset([b"py"]), (b"STATIC_ROOT", b"TEST_RUNNER"), _without(_COLLECTED)),  # collectstatic writes there
    (_ANY, (b"://",), _without_urls),
    (_HASH | {b""}, (b"#",), _without_hashes),
    (_SLASH, (b"//", b"/*"), _without_slashes),
    (_MARKUP, tuple(opening for opening, _ in _MARKUP_COMMENTS), _without_markup_comments),
    (_SCRIPTS | {b"py", b"php"}, (b".get(", b".post(", b".route(", b".delete(", b".put(", b"::get("), _without(_ROUTE)),
    (_SCRIPTS, (b".on", b".off", b".emit", b".trigger", b"istener(", b".dispatch("), _without(_EVENT)),
    (_SCRIPTS | _TASKS | {b"py"}, _TAKEN_AWAY, _without(_WRITTEN)),
    (_SETTINGS, (b"xclude", b"gnore", b"omit"), _without(_LEFT_ASIDE)),
    (_SHELL, (b"echo", b"printf", b"Write-"), _without(_SAID)),
    (_TASKS, (*_OF_TESTS, b"test"), _without_tests),
    (_TASKS, (b"Rails.env.",), _without_undeployed),
)
"""Extensions, what has to be in the text, and how what it is about is blanked then, in this order."""
