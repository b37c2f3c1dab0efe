"""Find the references of JavaScript, JSX, TypeScript and TSX in their syntax trees.

One walk over the tree carries a context: which guard, key or call stands around a string, and what is done with it.
Paths are partly evaluated: ``path.join(__dirname, "views", name)`` is ``views/*``, seen from the file's directory.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task
from slugtrim.suggester.javascript_values import (
    PATH_CALLS,
    Evaluator,
    ScriptValue,
    called,
    excuses_of,
    field,
    is_path_call,
    nodes_within,
    terms_of,
)
from slugtrim.suggester.syntax import (
    how_of,
    is_path,
    is_word,
    line_counter,
    line_of,
    literal_references,
    parse,
    paths_within,
)

_REQUIRES = frozenset(
    "require import require.resolve require.ensure require.context module.require System.import importScripts "
    "requirejs define import.meta.glob import.meta.globEager import.meta.resolve jest.requireActual".split()
)
"""Calls whose strings name modules. Only the first argument counts."""

RUNS = frozenset(
    "fork spawn spawnSync exec execSync execFile execFileSync execa execaSync Worker SharedWorker Piscina".split()
)
"""Calls and constructors that start another program or file."""
RUN_KEYS = frozenset(
    "entry entries entryPoints input plugins presets loader preset extends script main transform reporters "
    "serverMiddleware buildModules setupFiles setupFilesAfterEnv globalSetup globalTeardown".split()
)
"""Keys of a tool's settings whose paths the tool imports."""

_LOADS = frozenset(
    "readFile readFileSync createReadStream openSync readJson readJsonSync readJSON readJSONSync sendFile sendfile "
    "download attachment loadFile loadSync readlink copyFile copyFileSync copy copySync cp cpSync openAsBlob".split()
)
"""Calls whose strings are files for sure, even single words."""
_LOADS_DIRECTORY = frozenset(
    "static serveStatic serve readdir readdirSync opendir opendirSync scandir addTemplateDir configure".split()
)
_MAY_LOAD = frozenset(
    "open load render renderFile src glob globSync globby sync fetch get getJSON json csv tsv text xml image audio "
    "set view sendView compileFile parse from file readStream import loadImage registerFont".split()
)
"""Calls that read what looks like a path, and mean anything else with other strings."""

_ROUTES = frozenset(
    "get post put patch delete head options all use route request fetch ajax redirect push replace navigate visit "
    "location linkTo prefetch mount Get Post Put Patch Delete Controller".split()
)
"""Calls whose first string, if it begins with a slash and has no extension, is an address."""
_SERVERS = re.compile(r"(?i)(?:app|router|server|express\(\))\.\w{1,20}\Z")
"""What routes belong to: ``app.get("/x.md", show)`` answers to an address, whatever it looks like."""
_NO_FILE = frozenset(
    "on once off emit trigger addEventListener removeEventListener removeListener addListener dispatch dispatchEvent "
    "getElementById getElementsByClassName getElementsByTagName querySelector querySelectorAll createElement closest "
    "getAttribute setAttribute hasAttribute getItem setItem removeItem addClass removeClass toggleClass hasClass $ "
    "log info warn error debug trace Error TypeError model getContext describe it header setHeader append "
    "startsWith endsWith includes indexOf split createServer Symbol t i18n".split()
)
"""Calls whose first string is an event, a selector, a message or a key."""
_ASKS = frozenset("existsSync exists access accessSync pathExists pathExistsSync statSync lstatSync".split())
_TASKS = frozenset("task registerTask registerMultiTask".split())

RUN_VALUE = rb"(?:[\"'`\[{(]|[\w.$]{1,80}[ \t\r\n]{0,80}[(+?|&`]|async\b|function\b)"
"""What the value of a key in ``RUN_KEYS`` begins with, if it counts."""
_RUN_VALUE = re.compile(RUN_VALUE)
_COMMANDS = frozenset(["exec", "execSync"])
"""Regular expressions have methods of these names; only a command in quotes counts."""

_ADDRESS_NAMES = frozenset(
    "to href url path pathname route redirect redirectTo as source destination action endpoint baseURL".split()
)
_LOADED_ATTRIBUTES = frozenset("src href poster data srcSet xlinkHref".split())
_NO_PATH_ATTRIBUTES = frozenset("className class tw style key id d".split())

SPACE = rb"[ \t\r\n]{0,80}"
NAME = rb"[\"'`]([^\"'`\n$]{1,300})[\"'`]"


def patterns(rows: dict[str, bytes]) -> tuple[tuple[bytes, bytes], ...]:
    """Return a pattern for each word: the word, and what follows it. Patterns that begin with a literal are fast.

    They are compiled when the first text has the word: `re` remembers them.
    """
    names = [(re.escape(word.encode()), rest) for words, rest in rows.items() for word in words.split()]
    return tuple((word.replace(b"\\", b""), b"%b(?<![\\w$]%b)%b" % (word, word, rest)) for word, rest in names)


_IMPORTS = patterns(
    {
        "from": SPACE + NAME,
        "import": SPACE + rb"(?:\(" + SPACE + rb")?" + NAME,
        "require": rb"(?:\.resolve)?" + SPACE + rb"\(" + SPACE + NAME,
    }
)
_DIRECTIVE = re.compile(
    rb"(?m)^[ \t]*(?://|\*|#)=[ \t]*(require|require_tree|require_directory|include|link|link_tree|link_directory|"
    rb"depend_on|depend_on_asset)[ \t]+([^\s]{1,300})"
)
"""Of Sprockets."""
_TRIPLE_SLASH = re.compile(rb"(?m)^///[ \t]*<reference[ \t]+path=[\"']([^\"'\n]{1,300})[\"']")

_QUOTE = re.compile(rb"[\"'`]")
_DYNAMIC = re.compile(rb"__(?:dir|file)name|cwd|require|import|(?:src|href|poster|data|srcSet|xlinkHref)=\{")
# The first set is all that may begin it, so that the search is fast. What is compared to a word is passed over whole.
_MARK = re.compile(
    rb"[\"'`(=!](?:(?<=[\"'`])|(?<=\()(?:(?![)\"'`])|(?:\"[^\"'`\\\n]*+\"|'[^\"'`\\\n]*+')(?=[,)]))"
    rb"|(?<=[=!])= ?(?:\"[\w -]*+\"|'[\w -]*+'))"
)
_OPENERS = frozenset(name.encode() for name in RUNS | _LOADS | _LOADS_DIRECTORY | _MAY_LOAD | PATH_CALLS)
_SILENT = frozenset(name.encode() for name in _NO_FILE)
_WORDS = bytes(byte if byte in b"$_" or bytes([byte]).isalnum() else 0x20 for byte in range(256))
"""For ``bytes.translate``: what is in no name becomes a space."""

# What is done with a node: bits, because most of what stands around it goes on to the nodes within.
_VALUE = 1
"""Single words count."""
_SURE = 2
"""Single words are paths."""
_DIRECTORY = 4
_ADDRESS = 8
"""What begins with a slash and has no extension names no file."""
_MUTED = 16
"""Names no file: an event, a message, what is compared."""
_MODULE = 32
_LOADING = 64
_EXECUTING = 128

_Context = tuple[Excuse, Excuse, int]
"""What stands around a node.

First the guard, of a condition, a try block or a task: it holds for all that runs within. Then the excuse of a key, a
variable or a call: it holds for names, until another call reads the file. Last the bits above.
"""
_Handler = Callable[["_Walk", Node, _Context], None]


def references(content: bytes, language: str = "javascript") -> list[Reference]:
    """Return the references of a script. ``language`` is javascript, typescript or tsx."""
    found = directives(content)
    root = parse(content, language)
    if root is not None:
        found += _Walk(content, root).references()
    if root is None or root.has_error:
        known = {reference.text for reference in found}
        found += [reference for reference in imports(content) if reference.text not in known]
        known |= {reference.text for reference in found}
        found += [reference for reference in literal_references(content) if reference.text not in known]
    return found


def names(content: bytes) -> list[bytes]:
    """Return the names and words of a script, each as often as it is there."""
    return content.translate(_WORDS).split()


def imports(content: bytes) -> list[Reference]:
    """Return the imports whose module's name stands there in full, each name once, in the order of the text."""
    line_at = line_counter(content)
    matches = [match for word, pattern in _IMPORTS if word in content for match in re.finditer(pattern, content)]
    found: dict[str, Reference] = {}
    for match in sorted(matches, key=re.Match.start):
        for part in match[1].decode("utf-8", "surrogateescape").split("!"):
            text = without_query(part)
            if text and text not in found:
                how = How.GLOB if "*" in text or "{" in text else How.MODULE
                found[text] = Reference(text, line_at(match.start()), how, EdgeKind.EXECUTES, _base_of(text))
    return list(found.values())


def directives(content: bytes) -> list[Reference]:
    """Return what comments include: directives of Sprockets and TypeScript's triple-slash references."""
    found = []
    line_at = line_counter(content)
    if any(map(content.__contains__, (b"= require", b"= link", b"= include", b"= depend"))):
        for match in _DIRECTIVE.finditer(content):
            text = match[2].decode("utf-8", "surrogateescape").strip("\"'")
            is_directory = match[1].endswith((b"_tree", b"_directory"))
            how, line = How.PATH if is_directory else How.MODULE, line_at(match.start())
            found.append(Reference(text, line, how, EdgeKind.EXECUTES, _base_of(text), is_directory=is_directory))
    line_at = line_counter(content)
    for match in _TRIPLE_SLASH.finditer(content) if b"<reference" in content else ():
        text = match[1].decode("utf-8", "surrogateescape")
        found.append(Reference(text, line_at(match.start()), How.PATH, EdgeKind.EXECUTES, Anchor.HERE))
    return found


def _base_of(module: str) -> Anchor:
    return Anchor.HERE if module.startswith(".") else Anchor.PACKAGE


def _evidence_in(content: bytes) -> list[int]:
    """Return where quotes and calls that open something stand, and the end of the text.

    A part of the text without any has no reference. The strings of calls like ``log("…")`` name no file.
    """
    found = [match.start() for match in _DYNAMIC.finditer(content)]
    for match in _MARK.finditer(content):
        at, end = match.span()
        if content[at] == 0x28:  # a parenthesis
            name = content[max(at - 24, 0) : at].translate(_WORDS)
            if end > at + 1:
                is_evidence = name.rpartition(b" ")[2] not in _SILENT
            else:
                is_evidence = name.rstrip().rpartition(b" ")[2] in _OPENERS or name.endswith(b">")
            if is_evidence:
                found.append(end - 1)
        elif end == at + 1:
            found.append(at)
    found.sort()
    found.append(len(content) + 1)
    return found


_MAX_BEGINNINGS = 50
"""Paths of one file of which all uses are looked for."""


class _Walk:
    """One walk over a tree, in the order of the text, with a stack of nodes to visit."""

    def __init__(self, content: bytes, root: Node) -> None:
        self._content = content
        self._evidence = _evidence_in(content)
        self._evaluator = Evaluator(content, root)
        self._found: dict[Reference, None] = {}
        self._beginnings = 0
        self._unknown: list[tuple[int, Excuse]] = []
        """Lines that require a module whose name nothing in the file narrows."""
        self._stack: list[tuple[Node, _Context]] = [(root, (Excuse.NONE, Excuse.NONE, 0))]

    def references(self) -> list[Reference]:
        evidence, stack, handlers = self._evidence, self._stack, _HANDLERS
        while stack:
            node, context = stack.pop()
            if evidence[bisect_left(evidence, node.start_byte)] >= node.end_byte and not (
                context[2] >= _LOADING and node.type in _UNQUOTED
            ):
                continue
            handler = handlers.get(node.type)
            if handler is not None:
                handler(self, node, context)
                continue
            if context[2]:
                context = (context[0], context[1], 0)
            stack.extend([(child, context) for child in reversed(node.named_children)])
        self._add_unknown()
        return list(self._found)

    def _add_unknown(self) -> None:
        """Add what a required variable may mean: the directories that the file lists, else all beside and below it."""
        listed = [
            reference
            for reference in self._found
            if reference.kind is EdgeKind.LOADS and (reference.is_directory or reference.how is How.GLOB)
        ]
        for line, excuse in self._unknown[:1]:
            for reference in listed:
                text = reference.text if reference.how is How.GLOB else f"{reference.text.rstrip('/')}/**"
                self._add(Reference(text, line, How.GLOB, EdgeKind.EXECUTES, reference.base, excuse))
            if not listed:
                self._add(Reference("**", line, How.GLOB, EdgeKind.EXECUTES, Anchor.HERE, excuse))

    def _add(self, reference: Reference) -> None:
        self._found[reference] = None

    def _push(self, nodes: Iterable[Node], context: _Context) -> None:
        self._stack.extend([(node, context) for node in nodes][::-1])

    # What a string becomes

    def _emit(self, value: ScriptValue, node: Node, context: _Context) -> None:
        guard, named, role = context
        if role & _MUTED:
            return
        if role & _MODULE:
            self._emit_modules(value, node, context)
            return
        text, base = value.text, value.base
        if base is Anchor.ANY and text.startswith("<rootDir>"):
            text, base = text.removeprefix("<rootDir>").lstrip("/") or ".", Anchor.ROOT
        is_excluded = text.startswith("!")
        text = text.removeprefix("!")
        is_address = base is Anchor.ANY and role & _ADDRESS and _is_address(text)
        if is_address or not (value.is_plain or _is_narrow(text, base, role)):
            return
        paths = _named_in(text, base is not Anchor.ANY, role)
        if paths:
            excuse = guard or named or (Excuse.EXCLUDED if is_excluded else Excuse.NONE)
            line = line_of(node)
            for path, how, is_directory in paths:
                self._add(Reference(path, line, how, _kind_of(role), base, excuse, is_directory))

    def _emit_modules(self, value: ScriptValue, node: Node, context: _Context) -> None:
        guard, is_directory = context[0], bool(context[2] & _DIRECTORY)
        for part in value.text.split("!"):  # webpack's inline loaders
            text = without_query(part)
            if "*" in text and not text.strip("*./") and value.base is Anchor.ANY:
                self._unknown.append((line_of(node), guard))
            elif text:
                base = _base_of(text) if value.base is Anchor.ANY else value.base
                how = How.GLOB if "*" in text or "{" in text else How.PATH if is_directory else How.MODULE
                self._add(Reference(text, line_of(node), how, EdgeKind.EXECUTES, base, guard, is_directory))

    # Nodes

    def _default(self, node: Node, context: _Context) -> None:
        self._push(node.named_children, _plain(context))

    def _transparent(self, node: Node, context: _Context) -> None:
        self._push(node.named_children, context)

    def _string(self, node: Node, context: _Context) -> None:
        guard, named, role = context
        if role & _MUTED:
            return
        text = self._evaluator.string_of(node)
        if role >= _LOADING or "/" in text or "." in text or text.startswith("!"):
            self._emit(ScriptValue(text), node, context)
        elif role & _VALUE and is_word(text):  # most strings, and nothing else is possible
            self._add(Reference(text, line_of(node), How.WORD, EdgeKind.NAMES, Anchor.ANY, guard or named))

    def _evaluated(self, node: Node, context: _Context) -> bool:
        """Emit a node that evaluates to more than a wildcard; return False if it does not."""
        value = self._evaluator.value_of(node)
        if value.is_known:
            self._emit(value, node, context)
            self._push(value.rest, _plain(context))
        elif context[2] & _MODULE:
            self._emit(value, node, context)
        return value.is_known

    def _template(self, node: Node, context: _Context) -> None:
        if not self._evaluated(node, context):
            self._default(node, context)

    def _name(self, node: Node, context: _Context) -> None:
        if not (context[2] >= _LOADING and self._evaluated(node, context)):
            self._default(node, context)

    def _subscript(self, node: Node, context: _Context) -> None:
        if context[2] & _MODULE:
            self._evaluated(node, context)
        self._default(node, context)

    def _import(self, node: Node, context: _Context) -> None:
        source = field(node, "source")
        if source is not None:
            value = ScriptValue(self._evaluator.string_of(source))
            self._emit(value, source, (context[0], Excuse.NONE, _EXECUTING | _MODULE))
        else:
            self._default(node, context)

    def _binary(self, node: Node, context: _Context) -> None:
        operator, left, right = field(node, "operator"), field(node, "left"), field(node, "right")
        sign = operator.type if operator is not None else ""
        if sign == "+":
            if not self._evaluated(node, context):
                self._push(terms_of(node), _plain(context))
        elif sign in ("&&", "||", "??") and left is not None and right is not None:
            if_true, if_false = excuses_of(left, self._content)
            excuse = if_true if sign == "&&" else if_false if sign == "||" else Excuse.NONE
            self._stack.append((right, _guarded(context, excuse)))
            self._stack.append((left, _plain(context) if sign == "&&" else context))
        elif sign in ("==", "===", "!=", "!=="):
            self._push(node.named_children, (context[0], context[1], _MUTED))
        else:
            self._default(node, context)

    def _if(self, node: Node, context: _Context) -> None:
        condition, alternative = field(node, "condition"), field(node, "alternative")
        consequence = field(node, "consequence")
        if condition is None:
            self._default(node, context)
            return
        if_true, if_false = excuses_of(condition, self._content)
        inner = context if node.type == "ternary_expression" else _plain(context)
        if alternative is not None:
            self._stack.append((alternative, _guarded(inner, if_false)))
        if consequence is not None:
            self._stack.append((consequence, _guarded(inner, if_true)))
        self._stack.append((condition, _plain(context)))

    def _try(self, node: Node, context: _Context) -> None:
        handler, body = field(node, "handler"), field(node, "body")
        is_handled = handler is not None and not _stops(self._content[handler.start_byte : handler.end_byte])
        plain = _plain(context)
        for child in reversed(node.named_children):
            is_guarded = is_handled and child == body
            self._stack.append((child, _guarded(plain, Excuse.GUARDED) if is_guarded else plain))

    def _function(self, node: Node, context: _Context) -> None:
        guard, named, role = context
        self._evaluator.forget(node)
        # `exports.test = function () {…}` of a task runner, or a method: the guard comes from its key.
        name, body = field(node, "name"), field(node, "body")
        inner = (guard, Excuse.NONE, 0)
        for child in reversed(node.named_children):
            if child == body and body.type != "statement_block":
                self._stack.append((child, (guard, named, role & ~_ADDRESS)))
            elif child != name:
                self._stack.append((child, inner))

    def _pair(self, node: Node, context: _Context) -> None:
        key, value = field(node, "key") or field(node, "property") or field(node, "name"), field(node, "value")
        if key is None or value is None:
            self._default(node, context)
            return
        name = self._evaluator.name_of(key)
        guard, named, role = self._of_name(name, context)
        if name in RUN_KEYS and role < _LOADING and _RUN_VALUE.match(self._content, value.start_byte):
            role = role & ~_ADDRESS | _EXECUTING
        self._stack.append((value, (guard, named, role)))
        if key.type == "string" and is_path(name):  # `{"./docs/a.md": …}`
            self._emit(ScriptValue(name), key, (context[0], context[1], _ADDRESS))

    def _of_name(self, name: str, context: _Context) -> _Context:
        """Return the context of the value of a key, a variable or a property."""
        role = context[2] & ~_ADDRESS | _VALUE | (_ADDRESS if name in _ADDRESS_NAMES else 0)
        return context[0], context[1] or excuse_of_name(name), role

    def _declarator(self, node: Node, context: _Context) -> None:
        name, value = field(node, "name"), field(node, "value")
        if name is None or value is None:
            return
        plain = _plain(context)
        if name.type == "identifier":
            self._evaluator.remember(name, value)
            known = self._evaluator.name_of(name)
            if not self._is_beginning(known, value):
                self._stack.append((value, self._of_name(known, plain)))
        else:
            self._push([name, value], plain)

    def _is_beginning(self, name: str, value: Node) -> bool:
        """Return True for a path to which the file joins others wherever it has its name: only those are used."""
        path = self._evaluator.value_of(value)
        if not path.is_known or path.base is Anchor.ANY or path.rest:
            return False
        self._beginnings += 1
        if self._beginnings > _MAX_BEGINNINGS:
            return False
        word = re.escape(name.encode("utf-8", "surrogateescape"))
        joined = re.findall(rb"(?:\b(?:join|resolve)\(\s*+|\$\{)%b(?:\s*+,|\}/)" % word, self._content)
        return bool(joined) and len(joined) + 1 == len(
            re.findall(rb"(?<![\w$./\"'`])%b(?![\w$])" % word, self._content)
        )

    def _assignment(self, node: Node, context: _Context) -> None:
        left, right = field(node, "left"), field(node, "right")
        if left is None or right is None:
            return
        plain = _plain(context)
        self._stack.append((right, self._of_name(self._evaluator.name_of(left), plain)))
        self._stack.append((left, plain))

    def _array(self, node: Node, context: _Context) -> None:
        self._push(node.named_children, (context[0], context[1], context[2] | _VALUE))

    def _switch_case(self, node: Node, context: _Context) -> None:
        """Skip the value of the case: it is compared."""
        value = field(node, "value")
        self._push([child for child in node.named_children if child != value], _plain(context))

    def _attribute(self, node: Node, context: _Context) -> None:
        children = node.named_children
        name = self._evaluator.name_of(children[0]) if children else ""
        if name not in _NO_PATH_ATTRIBUTES:
            role = (_LOADING if name in _LOADED_ATTRIBUTES else 0) | (_ADDRESS if name in _ADDRESS_NAMES else 0)
            self._push(children[1:], (context[0], Excuse.NONE, role))

    # Calls

    def _call(self, node: Node, context: _Context) -> None:
        function, arguments = field(node, "function") or field(node, "constructor"), field(node, "arguments")
        if arguments is None or function is None:
            self._default(node, context)
            return
        name, full = called(function, self._content)
        is_path = is_path_call(node, name, full) and full not in _REQUIRES
        if is_path and self._evaluated(node, (context[0], context[1], context[2] | _VALUE | _SURE)):
            return
        kind = function.type
        if name == "catch" and kind == "member_expression":
            self._stack.append((function, _guarded(context, Excuse.GUARDED)))
            self._push(arguments.named_children, (context[0], Excuse.NONE, 0))
            return
        evidence = self._evidence
        if evidence[bisect_left(evidence, arguments.start_byte)] < arguments.end_byte or full in _REQUIRES:
            self._arguments(name, full, arguments, context)
        if kind not in ("identifier", "import"):
            self._stack.append((function, _plain(context)))

    def _arguments(self, name: str, full: str, arguments: Node, context: _Context) -> None:
        if arguments.type == "template_string":  # a tag
            self._stack.append((arguments, _plain(context)))
            return
        given = nodes_within(arguments)
        if not given:
            return
        if full in _REQUIRES:
            self._required(full, given, context)
        elif name in _TASKS:  # of gulp, grunt or jake: its name says what its body is for
            task = self._evaluator.string_of(given[0]) if given[0].type == "string" else ""
            inner = _guarded((context[0], Excuse.NONE, 0), excuse_of_task(task))
            self._push([argument for argument in given if argument.type not in ("string", "array")], inner)
        else:
            pushed = list(zip(given, self._contexts(name, given, context), strict=True))
            self._stack.extend(pushed[: 0 if self._is_served(name, full, given) else None : -1])

    def _is_served(self, name: str, full: str, given: Sequence[Node]) -> bool:
        """Return True if the first argument is an address that a route of a server answers to."""
        if name not in _ROUTES or len(given) < 2 or not self._content.startswith(b"/", given[0].start_byte + 1):
            return False
        return _SERVERS.search(full) is not None

    def _required(self, full: str, given: Sequence[Node], context: _Context) -> None:
        plain = _plain(context)
        inner = (context[0], Excuse.NONE, _EXECUTING | _MODULE | (_DIRECTORY if full == "require.context" else 0))
        kind = given[0].type
        if full == "define" and kind == "string" and len(given) > 1:  # a module's own name
            self._push(given[2:], plain)
            self._stack.append((given[1], inner if given[1].type == "array" else plain))
        else:
            self._push(given[1:], plain)
            self._stack.append((given[0], plain if kind in _FUNCTIONS or kind == "object" else inner))

    def _contexts(self, name: str, given: Sequence[Node], context: _Context) -> list[_Context]:
        """Return the contexts of the arguments of a call."""
        guard, named, _ = context
        others = len(given) - 1
        plain = guard, named, _VALUE
        if name in RUNS and (name not in _COMMANDS or _QUOTE.match(self._content, given[0].start_byte)):
            return [(guard, Excuse.NONE, _EXECUTING | _VALUE)] * len(given)
        if name in _ASKS:
            return [(guard, named or Excuse.GUARDED, _VALUE)] * len(given)
        if name in _LOADS or name in _LOADS_DIRECTORY:
            is_directory = _DIRECTORY if name in _LOADS_DIRECTORY else 0
            return [(guard, Excuse.NONE, _LOADING | _VALUE | _SURE | is_directory), *[plain] * others]
        excuse = excuse_of_name(name)
        if excuse is not Excuse.NONE:
            plain = guard, named or excuse, _VALUE
        if name in _NO_FILE:
            return [(guard, Excuse.NONE, _MUTED), *[plain] * others]
        contexts = [plain] * len(given)
        if name in _MAY_LOAD:
            loads = guard, excuse, _LOADING | _VALUE
            contexts = [plain if argument.type == "object" else loads for argument in given]
        if name in _ROUTES:
            contexts[0] = (*contexts[0][:2], contexts[0][2] | _ADDRESS)
        return contexts


def _plain(context: _Context) -> _Context:
    """Return the context of what is not the value itself."""
    return (context[0], context[1], 0) if context[2] else context


def _guarded(context: _Context, excuse: Excuse) -> _Context:
    return context if excuse is Excuse.NONE or context[0] else (excuse, *context[1:])


def _stops(handler: bytes) -> bool:
    """Return True if a handler ends the program or passes the error on."""
    return b"throw" in handler or b"process.exit" in handler or b"reject(" in handler or b"next(" in handler


def _is_address(text: str) -> bool:
    last = text.split("?", 1)[0].split("#", 1)[0].rpartition("/")[2]
    return text.startswith(("/", "./", "../", "#", "?")) and "." not in last.strip(".")


def _is_narrow(text: str, base: Anchor, role: int) -> bool:
    """Return True if a path that was put together says enough to be of use."""
    if not text.strip("*./"):
        return (base is Anchor.HERE and "*" in text) or role & _DIRECTORY != 0
    return base is not Anchor.ANY or "/" in text or role >= _LOADING or "*" not in text


def _kind_of(role: int) -> EdgeKind:
    return EdgeKind.NAMES if role < _LOADING else EdgeKind.EXECUTES if role & _EXECUTING else EdgeKind.LOADS


@lru_cache(maxsize=4096)
def _named_in(text: str, is_based: bool, role: int) -> Sequence[tuple[str, How, bool]]:
    """Return the paths that a string may name: itself, if it can be a path, and the words of a longer text."""
    is_directory = role & _DIRECTORY != 0
    if "/" not in text and "." not in text and not is_based:
        if not (role & _VALUE and is_word(text)):
            return ()
        return [(text, How.PATH if role & _SURE else How.WORD, is_directory)]
    found = []
    kind = _kind_of(role)
    is_command = kind is EdgeKind.EXECUTES and " " in text
    if (is_based and text) or (is_path(text) and not is_command):
        found.append(text)
    elif is_word(text):
        return [(text, How.PATH if role & _SURE else How.WORD, is_directory)] if role & _VALUE else ()
    if not is_based and (" " in text or not found):
        found += paths_within(text)
    return [(without_query(path), _how_of(path, kind), is_directory or path.endswith("/")) for path in found]


def _how_of(text: str, kind: EdgeKind) -> How:
    how = how_of(without_query(text))
    if kind is EdgeKind.EXECUTES and how is How.PATH and "." not in text.rpartition("/")[2]:
        return How.MODULE
    return how


def without_query(text: str) -> str:
    """Return a path without ``?raw`` or ``#icon`` at its end; a ``?`` of a glob stays."""
    if "?" in text and "*" not in text:
        text = text.partition("?")[0]
    return text.partition("#")[0] if text.rfind("#") > text.rfind("/") + 1 else text


_UNQUOTED = frozenset(["identifier", "member_expression", "jsx_expression"])
"""What may mean a constant."""
_FUNCTIONS = frozenset(
    "function_declaration function_expression arrow_function method_definition generator_function "
    "generator_function_declaration".split()
)
_HANDLERS: dict[str, _Handler] = {
    kind: handler
    for kinds, handler in {
        "string": _Walk._string,
        "template_string": _Walk._template,
        "identifier member_expression": _Walk._name,
        "subscript_expression": _Walk._subscript,
        "import_statement export_statement import_require_clause": _Walk._import,
        "binary_expression": _Walk._binary,
        "if_statement ternary_expression": _Walk._if,
        "try_statement": _Walk._try,
        " ".join(_FUNCTIONS): _Walk._function,
        "pair field_definition public_field_definition": _Walk._pair,
        "variable_declarator": _Walk._declarator,
        "assignment_expression assignment_pattern augmented_assignment_expression": _Walk._assignment,
        "array": _Walk._array,
        "switch_case": _Walk._switch_case,
        "jsx_attribute": _Walk._attribute,
        "call_expression new_expression": _Walk._call,
        "object jsx_expression parenthesized_expression await_expression as_expression satisfies_expression "
        "non_null_expression spread_element sequence_expression": _Walk._transparent,
    }.items()
    for kind in kinds.split()
}
