"""Find the references of JavaScript, JSX, TypeScript and TSX in their syntax trees.

One walk over the tree carries a context: which guard, key or call stands around a string, and what is done with it.
Paths are partly evaluated: ``path.join(__dirname, "views", name)`` is ``views/*``, seen from the file's directory.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task
from slugtrim.suggester.javascript_conditions import excuses_of
from slugtrim.suggester.javascript_values import Evaluator, ScriptValue, called, string_of
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
_WHOLE_DIRECTORIES = frozenset(["require.context"])

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

_CALLS = sorted(
    name.encode()
    for name in RUNS | _LOADS | _LOADS_DIRECTORY | _MAY_LOAD | {"__dirname", "__filename", "cwd", "require", "import"}
)
SPACE = rb"[ \t\r\n]{0,80}"
NAME = rb"[\"'`]([^\"'`\n$]{1,300})[\"'`]"


def patterns(rows: dict[str, bytes]) -> tuple[tuple[bytes, re.Pattern[bytes]], ...]:
    """Return a pattern for each word: the word, and what follows it. Patterns that begin with a literal are fast."""
    return tuple(
        (word.encode(), re.compile(b"%b(?<![\\w$]%b)%b" % (re.escape(word.encode()), re.escape(word.encode()), rest)))
        for words, rest in rows.items()
        for word in words.split()
    )


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
_TRANSPARENT = frozenset(
    "parenthesized_expression await_expression as_expression satisfies_expression non_null_expression spread_element "
    "sequence_expression".split()
)
_FUNCTIONS = frozenset(
    "function_declaration function_expression arrow_function method_definition generator_function "
    "generator_function_declaration".split()
)


class _Context(NamedTuple):
    """What stands around a node."""

    guard: Excuse = Excuse.NONE
    """Of a condition, a try block or a task: it holds for all that runs within."""
    named: Excuse = Excuse.NONE
    """Of a key, a variable or a call: it holds for names, until another call reads the file."""
    kind: EdgeKind = EdgeKind.NAMES
    is_value: bool = False
    """Single words count."""
    is_sure: bool = False
    """Single words are paths."""
    is_module: bool = False
    is_directory: bool = False
    is_address: bool = False
    """What begins with a slash and has no extension names no file."""
    is_muted: bool = False
    """Names no file: an event, a message, what is compared."""


_Handler = Callable[["_Walk", Node, _Context], None]


def references(content: bytes, language: str = "javascript", first_line: int = 1) -> list[Reference]:
    """Return the references of a script. ``language`` is javascript, typescript or tsx.

    ``first_line`` is the line that the script begins on, for scripts within other files.
    """
    found = directives(content)
    root = parse(content, language)
    if root is not None:
        found += _Walk(content, root).references()
    if root is None or root.has_error:
        known = {reference.text for reference in found}
        found += [reference for reference in imports(content) if reference.text not in known]
        known |= {reference.text for reference in found}
        found += [reference for reference in literal_references(content) if reference.text not in known]
    if first_line == 1:
        return found
    return [_moved(reference, first_line - 1) for reference in found]


def imports(content: bytes) -> list[Reference]:
    """Return the imports whose module's name stands there in full, each name once, in the order of the text."""
    line_at = line_counter(content)
    matches = [match for word, pattern in _IMPORTS if word in content for match in pattern.finditer(content)]
    found: dict[str, Reference] = {}
    for match in sorted(matches, key=re.Match.start):
        for part in match[1].decode("utf-8", "surrogateescape").split("!"):
            text = without_query(part)
            if text and text not in found:
                how = How.GLOB if "*" in text or "{" in text else How.MODULE
                base = Anchor.HERE if text.startswith(".") else Anchor.PACKAGE
                found[text] = Reference(text, line_at(match.start()), how, EdgeKind.EXECUTES, base)
    return list(found.values())


def directives(content: bytes) -> list[Reference]:
    """Return what comments include: directives of Sprockets and TypeScript's triple-slash references."""
    found = []
    if b"= require" in content or b"= link" in content or b"= include" in content or b"= depend" in content:
        for match in _DIRECTIVE.finditer(content):
            text = match[2].decode("utf-8", "surrogateescape").strip("\"'")
            is_directory = match[1].endswith((b"_tree", b"_directory"))
            base = Anchor.HERE if text.startswith(".") else Anchor.PACKAGE
            how = How.PATH if is_directory else How.MODULE
            line = content.count(b"\n", 0, match.start()) + 1
            found.append(Reference(text, line, how, EdgeKind.EXECUTES, base, is_directory=is_directory))
    if b"<reference" in content:
        for match in _TRIPLE_SLASH.finditer(content):
            line = content.count(b"\n", 0, match.start()) + 1
            text = match[1].decode("utf-8", "surrogateescape")
            found.append(Reference(text, line, How.PATH, EdgeKind.EXECUTES, Anchor.HERE))
    return found


def _moved(reference: Reference, lines: int) -> Reference:
    values = {name: getattr(reference, name) for name in reference.__struct_fields__}
    return Reference(**(values | {"line": reference.line + lines}))


class _Walk:
    """One walk over a tree, in the order of the text, with a stack of nodes to visit."""

    def __init__(self, content: bytes, root: Node) -> None:
        self._root = root
        self._evaluator = Evaluator(content, root)
        self._found: dict[Reference, None] = {}
        self._evidence = _evidence_in(content)
        self._unknown: list[tuple[int, Excuse]] = []
        """Lines that require a module whose name nothing in the file narrows."""
        self._stack: list[tuple[Node, _Context]] = []

    def references(self) -> list[Reference]:
        self._stack = [(self._root, _Context())]
        evidence = self._evidence
        while self._stack:
            node, context = self._stack.pop()
            if evidence[bisect_left(evidence, node.start_byte)] >= node.end_byte and node.type != "identifier":
                continue
            _HANDLERS.get(node.type, _Walk._default)(self, node, context)
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

    def _push(self, nodes: Sequence[Node], context: _Context) -> None:
        self._stack.extend((node, context) for node in reversed(nodes))

    # What a string becomes

    def _emit(self, value: ScriptValue, node: Node, context: _Context) -> None:
        if context.is_muted:
            return
        if context.is_module:
            self._emit_modules(value, line_of(node), context)
            return
        text, base = _rooted(value)
        is_excluded = text.startswith("!")
        text = text.removeprefix("!")
        is_address = base is Anchor.ANY and context.is_address and _is_address(text)
        if is_address or not (value.is_plain or _is_narrow(text, base, context)):
            return
        excuse = context.guard or context.named or (Excuse.EXCLUDED if is_excluded else Excuse.NONE)
        for path, how in _named_in(text, base, context):
            is_directory = context.is_directory or path.endswith("/")
            self._add(Reference(without_query(path), line_of(node), how, context.kind, base, excuse, is_directory))

    def _emit_modules(self, value: ScriptValue, line: int, context: _Context) -> None:
        for part in value.text.split("!"):  # webpack's inline loaders
            text = without_query(part)
            is_unknown = "*" in text and not text.strip("*./") and value.base is Anchor.ANY
            if is_unknown:
                self._unknown.append((line, context.guard))
            if is_unknown or not text:
                continue
            guessed = Anchor.HERE if text.startswith(".") else Anchor.PACKAGE
            base = guessed if value.base is Anchor.ANY else value.base
            how = How.GLOB if "*" in text or "{" in text else How.PATH if context.is_directory else How.MODULE
            self._add(Reference(text, line, how, EdgeKind.EXECUTES, base, context.guard, context.is_directory))

    # Nodes

    def _default(self, node: Node, context: _Context) -> None:
        self._push(node.named_children, _plain(context))

    def _transparent(self, node: Node, context: _Context) -> None:
        self._push(node.named_children, context)

    def _string(self, node: Node, context: _Context) -> None:
        text = string_of(node, self._evaluator.content)
        if text:
            self._emit(ScriptValue(text), node, context)

    def _evaluated(self, node: Node, context: _Context) -> bool:
        """Emit a node that evaluates to more than a wildcard; return False if it does not."""
        value = self._evaluator.value_of(node)
        if not value.is_known:
            if context.is_module:
                self._emit(value, node, context)
            return False
        self._emit(value, node, context)
        self._push(value.rest, _plain(context))
        return True

    def _template(self, node: Node, context: _Context) -> None:
        if not self._evaluated(node, context):
            self._push(node.named_children, _plain(context))

    def _identifier(self, node: Node, context: _Context) -> None:
        if context.kind is not EdgeKind.NAMES:
            self._evaluated(node, context)

    def _member(self, node: Node, context: _Context) -> None:
        if context.kind is not EdgeKind.NAMES and self._evaluated(node, context):
            return
        self._push(node.named_children, _plain(context))

    def _subscript(self, node: Node, context: _Context) -> None:
        if context.is_module:
            self._evaluated(node, context)
        self._push(node.named_children, _plain(context))

    def _import(self, node: Node, context: _Context) -> None:
        source = node.child_by_field_name("source")
        if source is not None:
            text = string_of(source, self._evaluator.content)
            self._emit(ScriptValue(text), source, _Context(guard=context.guard, kind=EdgeKind.EXECUTES, is_module=True))
            return
        self._push(node.named_children, _plain(context))

    def _binary(self, node: Node, context: _Context) -> None:
        operator = node.child_by_field_name("operator")
        sign = operator.type if operator is not None else ""
        if sign == "+":
            if not self._evaluated(node, context):
                self._push(self._evaluator.terms_of(node), _plain(context))
        elif sign in ("&&", "||", "??"):
            self._guarded_right(node, sign, context)
        elif sign in ("==", "===", "!=", "!=="):
            self._push(node.named_children, _plain(context)._replace(is_muted=True))
        else:
            self._push(node.named_children, _plain(context))

    def _guarded_right(self, node: Node, sign: str, context: _Context) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        if_true, if_false = excuses_of(left, self._evaluator.content)
        excuse = if_true if sign == "&&" else if_false if sign == "||" else Excuse.NONE
        self._stack.append((right, _guarded(context, excuse)))
        self._stack.append((left, _plain(context) if sign == "&&" else context))

    def _if(self, node: Node, context: _Context) -> None:
        condition = node.child_by_field_name("condition")
        if condition is None:
            self._default(node, context)
            return
        if_true, if_false = excuses_of(condition, self._evaluator.content)
        inner = context if node.type == "ternary_expression" else _plain(context)
        alternative, consequence = node.child_by_field_name("alternative"), node.child_by_field_name("consequence")
        if alternative is not None:
            self._stack.append((alternative, _guarded(inner, if_false)))
        if consequence is not None:
            self._stack.append((consequence, _guarded(inner, if_true)))
        self._stack.append((condition, _plain(context)))

    def _try(self, node: Node, context: _Context) -> None:
        handler = node.child_by_field_name("handler")
        content = self._evaluator.content
        is_handled = handler is not None and not _stops(content[handler.start_byte : handler.end_byte])
        for child in reversed(node.named_children):
            is_body = child == node.child_by_field_name("body")
            excuse = Excuse.GUARDED if is_handled and is_body else Excuse.NONE
            self._stack.append((child, _guarded(_plain(context), excuse)))

    def _function(self, node: Node, context: _Context) -> None:
        self._evaluator.forget(node)
        inner = _Context(guard=context.guard)
        name = node.child_by_field_name("name")
        # `exports.test = function () {…}` of a task runner, or a method: the guard comes from its key.
        body = node.child_by_field_name("body")
        for child in reversed(node.named_children):
            if child != name or child == body:
                is_result = child == body and child.type != "statement_block"
                self._stack.append((child, context._replace(is_address=False) if is_result else inner))

    def _pair(self, node: Node, context: _Context) -> None:
        key = (
            node.child_by_field_name("key") or node.child_by_field_name("property") or node.child_by_field_name("name")
        )
        value = node.child_by_field_name("value")
        if key is None or value is None:
            self._default(node, context)
            return
        name = self._evaluator.name_of(key)
        inner = self._named(name, context)
        if (
            name in RUN_KEYS
            and context.kind is EdgeKind.NAMES
            and _RUN_VALUE.match(self._evaluator.content, value.start_byte)
        ):
            inner = inner._replace(kind=EdgeKind.EXECUTES, is_address=False)
        self._stack.append((value, inner))
        if key.type == "string" and is_path(name):  # `{"./docs/a.md": …}`
            self._emit(ScriptValue(name), key, _plain(context)._replace(is_address=True))

    def _named(self, name: str, context: _Context) -> _Context:
        """Return the context of the value of a key, a variable or a property."""
        excuse = context.named or excuse_of_name(name)
        return context._replace(named=excuse, is_value=True, is_address=name in _ADDRESS_NAMES)

    def _declarator(self, node: Node, context: _Context) -> None:
        name, value = node.child_by_field_name("name"), node.child_by_field_name("value")
        if name is None or value is None:
            return
        if name.type == "identifier":
            self._evaluator.remember(name, value)
            self._stack.append((value, self._named(self._evaluator.name_of(name), _plain(context))))
        else:
            self._push([name, value], _plain(context))

    def _assignment(self, node: Node, context: _Context) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if left is None or right is None:
            return
        name = self._evaluator.name_of(left)
        self._stack.append((right, self._named(name, _plain(context))))
        if left.type != "identifier":
            self._stack.append((left, _plain(context)))

    def _array(self, node: Node, context: _Context) -> None:
        self._push(node.named_children, context._replace(is_value=True))

    def _switch(self, node: Node, context: _Context) -> None:
        """Skip the values of the cases: they are compared."""
        for child in reversed(node.named_children):
            if child != node.child_by_field_name("value"):
                self._stack.append((child, _plain(context)))

    # Markup

    def _attribute(self, node: Node, context: _Context) -> None:
        children = node.named_children
        name = self._evaluator.name_of(children[0]) if children else ""
        if name in _NO_PATH_ATTRIBUTES or len(children) < 2:
            return
        kind = EdgeKind.LOADS if name in _LOADED_ATTRIBUTES else EdgeKind.NAMES
        excuse = context.guard
        self._push(children[1:], _Context(guard=excuse, kind=kind, is_address=name in _ADDRESS_NAMES))

    # Calls

    def _call(self, node: Node, context: _Context) -> None:
        name, full = called(node, self._evaluator.content)
        arguments = node.child_by_field_name("arguments")
        function = node.child_by_field_name("function") or node.child_by_field_name("constructor")
        if arguments is None or function is None:
            self._default(node, context)
            return
        is_path_call = full not in _REQUIRES and self._evaluator.is_path_call(node)
        if is_path_call and self._evaluated(node, context._replace(is_value=True, is_sure=True)):
            return
        if name == "catch" and function.type == "member_expression":
            self._stack.append((function, _guarded(context, Excuse.GUARDED)))
            self._push(arguments.named_children, _Context(guard=context.guard))
            return
        self._arguments(name, full, arguments, context)
        if function.type not in ("identifier", "import"):
            self._stack.append((function, _plain(context)))

    def _arguments(self, name: str, full: str, arguments: Node, context: _Context) -> None:
        given = [child for child in arguments.named_children if child.type != "comment"]
        if arguments.type == "template_string":  # a tag
            self._stack.append((arguments, _plain(context)))
            return
        if not given:
            return
        if full in _REQUIRES:
            self._required(full, given, context)
        elif name in _TASKS:
            self._task(given, context)
        else:
            for argument, inner in zip(given, self._contexts(name, given, context), strict=True):
                if argument != given[0] or not self._is_served(name, full, given):
                    self._stack.append((argument, inner))

    def _is_served(self, name: str, full: str, given: Sequence[Node]) -> bool:
        """Return True if the first argument is an address that a route of a server answers to."""
        start = given[0].start_byte + 1
        is_address = self._evaluator.content[start : start + 1] == b"/"
        return is_address and name in _ROUTES and len(given) > 1 and _SERVERS.search(full) is not None

    def _required(self, full: str, given: Sequence[Node], context: _Context) -> None:
        inner = _Context(guard=context.guard, kind=EdgeKind.EXECUTES, is_module=True)
        self._push(given[2:] if full == "define" else given[1:], _plain(context))
        if full == "define" and given[0].type == "string" and len(given) > 1:  # a module's own name
            self._stack.append((given[1], inner if given[1].type == "array" else _plain(context)))
            return
        if full == "define":
            self._push(given[1:2], _plain(context))
        if given[0].type in _FUNCTIONS or given[0].type == "object":
            self._stack.append((given[0], _plain(context)))
            return
        is_directory = full in _WHOLE_DIRECTORIES
        self._stack.append((given[0], inner._replace(is_directory=is_directory)))

    def _task(self, given: Sequence[Node], context: _Context) -> None:
        """Visit a task of gulp, grunt or jake: its name says what its body is for."""
        name = string_of(given[0], self._evaluator.content) if given[0].type == "string" else ""
        inner = _guarded(_Context(guard=context.guard), excuse_of_task(name))
        self._push([argument for argument in given if argument.type not in ("string", "array")], inner)

    def _contexts(self, name: str, given: Sequence[Node], context: _Context) -> list[_Context]:
        """Return the contexts of the arguments of a call."""
        plain = _plain(context)._replace(is_value=True)
        if name in RUNS and (name not in _COMMANDS or self._evaluator.content[given[0].start_byte] in b"\"'`"):
            return [_Context(guard=context.guard, kind=EdgeKind.EXECUTES, is_value=True)] * len(given)
        if name in _ASKS:
            return [plain._replace(named=context.named or Excuse.GUARDED)] * len(given)
        if name in _LOADS or name in _LOADS_DIRECTORY:
            is_directory = name in _LOADS_DIRECTORY
            first = _Context(context.guard, Excuse.NONE, EdgeKind.LOADS, True, True, False, is_directory)
            return [first, *[plain] * (len(given) - 1)]
        excuse = excuse_of_name(name)
        if excuse is not Excuse.NONE:
            plain = plain._replace(named=context.named or excuse)
        if name in _NO_FILE:
            return [_Context(guard=context.guard, is_muted=True), *[plain] * (len(given) - 1)]
        contexts = [plain] * len(given)
        if name in _MAY_LOAD:
            loads = _Context(guard=context.guard, named=excuse, kind=EdgeKind.LOADS, is_value=True)
            contexts = [plain if argument.type == "object" else loads for argument in given]
        if name in _ROUTES:
            contexts[0] = contexts[0]._replace(is_address=True)
        return contexts


def _evidence_in(content: bytes) -> list[int]:
    """Return where quotes and names of calls stand. A part of the text without any has no reference."""
    pattern = _evidence(tuple(name for name in _CALLS if name in content))
    return [*(match.start() for match in pattern.finditer(content)), len(content) + 1]


@lru_cache(maxsize=256)
def _evidence(names: tuple[bytes, ...]) -> re.Pattern[bytes]:
    return re.compile(b"|".join([rb"[\"'`]", *names]))


@lru_cache(maxsize=1024)
def _plain(context: _Context) -> _Context:
    """Return the context of what is not the value itself."""
    return _Context(guard=context.guard, named=context.named)


def _guarded(context: _Context, excuse: Excuse) -> _Context:
    return context if excuse is Excuse.NONE or context.guard else context._replace(guard=excuse)


def _stops(handler: bytes) -> bool:
    """Return True if a handler ends the program or passes the error on."""
    return b"throw" in handler or b"process.exit" in handler or b"reject(" in handler or b"next(" in handler


def _is_address(text: str) -> bool:
    last = text.split("?", 1)[0].split("#", 1)[0].rpartition("/")[2]
    return text.startswith(("/", "./", "../", "#", "?")) and "." not in last.strip(".")


def _is_narrow(text: str, base: Anchor, context: _Context) -> bool:
    """Return True if a path that was put together says enough to be of use."""
    if not text.strip("*./"):
        return (base is Anchor.HERE and "*" in text) or context.is_directory
    return base is not Anchor.ANY or "/" in text or context.kind is not EdgeKind.NAMES or "*" not in text


def _rooted(value: ScriptValue) -> tuple[str, Anchor]:
    if value.base is Anchor.ANY and value.text.startswith("<rootDir>"):
        return value.text.removeprefix("<rootDir>").lstrip("/") or ".", Anchor.ROOT
    return value.text, value.base


@lru_cache(maxsize=4096)
def _named_in(text: str, base: Anchor, context: _Context) -> Sequence[tuple[str, How]]:
    """Return the paths that a string may name: itself, if it can be a path, and the words of a longer text."""
    found = []
    is_command = context.kind is EdgeKind.EXECUTES and " " in text
    if (base is not Anchor.ANY and text) or (is_path(text) and not is_command):
        found.append((text, _how_of(text, context.kind)))
    elif is_word(text):
        return [(text, How.PATH if context.is_sure else How.WORD)] if context.is_value else []
    if base is Anchor.ANY and (" " in text or not found):
        found += [(path, _how_of(path, context.kind)) for path in paths_within(text)]
    return found


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


_HANDLERS: dict[str, _Handler] = {
    "string": _Walk._string,
    "template_string": _Walk._template,
    "identifier": _Walk._identifier,
    "member_expression": _Walk._member,
    "subscript_expression": _Walk._subscript,
    "import_statement": _Walk._import,
    "export_statement": _Walk._import,
    "import_require_clause": _Walk._import,
    "binary_expression": _Walk._binary,
    "if_statement": _Walk._if,
    "ternary_expression": _Walk._if,
    "try_statement": _Walk._try,
    "pair": _Walk._pair,
    "field_definition": _Walk._pair,
    "public_field_definition": _Walk._pair,
    "variable_declarator": _Walk._declarator,
    "assignment_expression": _Walk._assignment,
    "assignment_pattern": _Walk._assignment,
    "augmented_assignment_expression": _Walk._assignment,
    "array": _Walk._array,
    "object": _Walk._transparent,
    "switch_case": _Walk._switch,
    "jsx_attribute": _Walk._attribute,
    "jsx_expression": _Walk._transparent,
    "call_expression": _Walk._call,
    "new_expression": _Walk._call,
    **dict.fromkeys(_TRANSPARENT, _Walk._transparent),
    **dict.fromkeys(_FUNCTIONS, _Walk._function),
}
