"""References in JavaScript, JSX, TypeScript and TSX: what is imported, run, opened, served or only named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task, words_of
from slugtrim.suggester.imports import RUN_KEYS, RUN_VALUE, RUNS, SCRIPT_WORDS, base_of, directives, without_query
from slugtrim.suggester.values import (
    ARGUMENTS,
    LISTED,
    LOADED,
    MAX_OPERANDS,
    MUTED,
    NAMES,
    PLAIN,
    SELF,
    Evaluated,
    Evaluator,
    Use,
    interned,
    joined_all,
    normal,
    parent,
)
from slugtrim.suggester.walking import (
    EXECUTES,
    GLOB,
    MODULE,
    NO_EXCUSES,
    Excuses,
    Handler,
    Scope,
    Walker,
    excuses_of_comparison,
    excuses_of_state,
    line_of,
    references_in,
)

_REQUIRES = frozenset(
    "require import require.resolve require.ensure require.context module.require System.import importScripts "
    "requirejs define import.meta.glob import.meta.globEager import.meta.resolve jest.requireActual".split()
)
"""Calls whose strings name modules. Only the first argument counts."""

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

_RUN_VALUE = re.compile(RUN_VALUE)
_COMMANDS = frozenset(["exec", "execSync"])
"""Regular expressions have methods of these names; only a command in quotes counts."""

_ADDRESS_NAMES = frozenset(
    "to href url path pathname route redirect redirectTo as source destination action endpoint baseURL".split()
)
_LABELS = frozenset("alias aliases keyword keywords tag tags synonym synonyms label labels".split())
"""Words in a key whose list of plain words is for people to search."""
_PATH_SIGN = re.compile(r"[./\\(){}$]")
_LOADED_ATTRIBUTES = frozenset("src href poster data srcSet xlinkHref".split())
_NO_PATH_ATTRIBUTES = frozenset("className class tw style key id d".split())

_QUOTE = re.compile(rb"[\"'`]")
_DYNAMIC = re.compile(rb"__(?:dir|file)name|cwd|require|import|(?:src|href|poster|data|srcSet|xlinkHref)=\{")
# The first set is all that may begin it, so that the search is fast. What is compared to a word is passed over whole.
_MARK = re.compile(
    rb"[\"'`(=!](?:(?<=[\"'`])|(?<=\()(?:(?![)\"'`])|(?:\"[^\"'`\\\n]*+\"|'[^\"'`\\\n]*+')(?=[,)]))"
    rb"|(?<=[=!])= ?(?:\"[\w -]*+\"|'[\w -]*+'))"
)

_JOINS = frozenset(("join", "resolve"))
_PASSES = frozenset(
    "normalize fileURLToPath pathToFileURL String encodeURI slash toPath normalizePath realpathSync relative".split()
)
"""Calls that return the path of an argument: the last one."""
_PATH_CALLS = _JOINS | _PASSES | {"dirname", "cwd", "URL"}
_HERE, _ROOT = Evaluated(".", Anchor.HERE, True), Evaluated(".", Anchor.ROOT, True)
_PLACES = {
    **dict.fromkeys(("__dirname", "import.meta.dirname"), _HERE),
    **dict.fromkeys(
        ("__filename", "import.meta.url", "import.meta.filename", "module.filename"), Evaluated(SELF, Anchor.HERE, True)
    ),
    **dict.fromkeys(("process.env.PWD", "process.env.INIT_CWD", "process.env.HOME", "require.main.path"), _ROOT),
}
_OPENERS = frozenset(name.encode() for name in RUNS | _LOADS | _LOADS_DIRECTORY | _MAY_LOAD | _PATH_CALLS)
_SILENT = frozenset(name.encode() for name in _NO_FILE)
_MAX_NAME_BYTES = 120
_PLAIN_STRING = re.compile(rb"\"([^\"\\]*)\"|'([^'\\]*)'|`([^`\\$]*)`")

_MAX_CONDITION_BYTES = 400
"""A longer condition says nothing."""
_ENVIRONMENT = re.compile(r"(?i)env|mode\b|stage\b")
_ASKING = re.compile(
    r"\b(?:existsSync|exists|pathExists|pathExistsSync|accessSync|statSync|lstatSync|isFile|isDirectory|file\.exists)\("
)
_TELLING = re.compile(rb"(?i)test|jest|cypress|e2e|dev|local|prod|exists|access|stat|isFile|isDirectory")
"""What every condition has that tells anything."""
_FILLING = frozenset("is in mode env environment node process import meta app config running".split())
_STOPS = re.compile(r"throw|process\.exit|reject\(|next\(")
"""A handler with any of these ends the program, or passes the error on."""
_COMPARISONS = frozenset(("==", "===", "!=", "!=="))
_FUNCTIONS = frozenset(
    "function_declaration function_expression arrow_function method_definition generator_function "
    "generator_function_declaration".split()
)

IMPORTED = interned(Use(kind=EXECUTES, is_module=True))
IMPORTED_WHOLE = interned(Use(kind=EXECUTES, is_module=True, is_directory=True))
RUN = interned(Use(kind=EXECUTES, takes_words=True))
MAY_LOAD = interned(Use(kind=EdgeKind.LOADS))
_BESIDE = [interned(replace(PLAIN, excuse=excuse)) for excuse in Excuse]


def references(content: bytes, language: str = "javascript") -> list[Reference]:
    """Return the references of a script. ``language`` is javascript, typescript or tsx."""
    return [*directives(content, language), *references_in(content, _Reader(content, language))]


class _Reader(Walker):
    """Read the syntax tree of a script."""

    plain_string = _PLAIN_STRING
    statements = frozenset(
        "expression_statement statement_block lexical_declaration variable_declaration variable_declarator pair object "
        "array arguments call_expression new_expression arrow_function function_declaration function_expression "
        "method_definition class_declaration class_body if_statement else_clause return_statement try_statement "
        "for_in_statement for_statement switch_statement switch_case binary_expression ternary_expression string "
        "assignment_expression template_string jsx_element jsx_self_closing_element jsx_opening_element jsx_attribute "
        "import_statement export_statement parenthesized_expression await_expression subscript_expression "
        "formal_parameters interface_declaration type_alias_declaration".split()
    )
    transparent = frozenset(
        "object jsx_expression parenthesized_expression await_expression as_expression satisfies_expression "
        "non_null_expression spread_element sequence_expression".split()
    )

    def __init__(self, content: bytes, language: str) -> None:
        """Begin with a script in this language."""
        self.language = language
        self.unknown_requires: list[tuple[Node, Scope]] = []
        super().__init__(content)

    def places(self, end: int) -> list[int]:
        """Return where quotes and calls that open something stand, but for the strings of calls like ``log("…")``."""
        content = self.content
        found = [match.start() for match in _DYNAMIC.finditer(content)]
        for match in _MARK.finditer(content):
            at, end = match.span()
            if content[at] == 0x28:  # a parenthesis
                name = content[max(at - 24, 0) : at].translate(SCRIPT_WORDS)
                if end > at + 1:
                    is_evidence = name.rpartition(b" ")[2] not in _SILENT
                else:
                    is_evidence = name.rstrip().rpartition(b" ")[2] in _OPENERS or name.endswith(b">")
                if is_evidence:
                    found.append(end - 1)
            elif end == at + 1:
                found.append(at)
        return found

    def walk(self, root: Node) -> bool:
        """Look at the constants of the module first: functions before them use them as well."""
        for statement in root.named_children:
            declared = self.part(statement, "declaration") or statement
            if declared.type in ("lexical_declaration", "variable_declaration"):
                for child in declared.named_children:
                    self.remember(child)
        is_whole = super().walk(root)
        if self.unknown_requires:
            self.add_unknown(*self.unknown_requires[0])
        self.found = [_as_module(found) for found in self.found if found.how is not MODULE or found.kind is EXECUTES]
        return is_whole

    def add_unknown(self, node: Node, scope: Scope) -> None:
        """Add what a required variable may mean: the directories that the file lists, else all beside and below it."""
        listed = [
            replace(found, text=found.text if found.how is GLOB else f"{found.text.rstrip('/')}/**")
            for found in self.found
            if found.kind is EdgeKind.LOADS and (found.is_directory or found.how is GLOB)
        ]
        beside = Reference("**", 1, GLOB, EXECUTES, Anchor.HERE)
        for each in listed or [beside]:
            self.found.append(Reference(each.text, line_of(node), GLOB, EXECUTES, each.base, scope.excuse))

    def beside(self, use: Use) -> Use:
        return PLAIN if use is PLAIN else _BESIDE[use.excuse]

    def emit(self, value: Evaluated, node: Node, use: Use) -> None:
        text = value.text
        if use.is_module:
            self.emit_module(value, node, use)
            return
        if text.startswith("<rootDir>"):
            value = Evaluated(text.removeprefix("<rootDir>").lstrip("/") or ".", Anchor.ROOT, True)
        elif text.startswith("!"):
            value, use = replace(value, text=text[1:]), interned(replace(use, excuse=use.excuse or Excuse.EXCLUDED))
        if not (use.is_address and not value.base and _is_address(value.text)):
            super().emit(value, node, use)

    def emit_module(self, value: Evaluated, node: Node, use: Use) -> None:
        """Add the modules of a name, which may be behind loaders of a bundler: ``css!./a.css``.

        A glob that begins with ``!`` says what others are not to take.
        """
        if value.text.startswith("!") and "*" in value.text:
            return
        for part in (normal(value) if value.is_path or value.base else value.text).split("!"):
            text = without_query(part)
            if "*" in text and not text.strip("*./") and not value.base:
                self.unknown_requires.append((node, self.scope))
            elif text:
                how = GLOB if "*" in text or "{" in text else How.PATH if use.is_directory else MODULE
                base, excuse = value.base or base_of(text), self.scope.excuse
                self.found.append(Reference(text, line_of(node), how, EXECUTES, base, excuse, use.is_directory))

    def emits_value(self, node: Node, use: Use) -> bool:
        is_known = super().emits_value(node, use)
        if use.is_module and not is_known:
            self.unknown_requires.append((node, self.scope))
        return is_known

    def name_of(self, node: Node | None) -> str:
        """Return the name of a key, a variable or the last property of a member expression."""
        if node is not None and node.type == "member_expression":
            node = self.part(node, "property")
        if node is None or node.type == "computed_property_name" or node.end_byte - node.start_byte > _MAX_NAME_BYTES:
            return ""
        return self.text(node).strip("\"'") if node.type == "string" else self.text(node)

    def remember(self, declarator: Node) -> None:
        """Remember what a name stands for from here on, and what the keys of an object do."""
        name, value = self.part(declarator, "name"), self.part(declarator, "value")
        if name is None or value is None or name.type != "identifier":
            return
        known, names = self.text(name), self.scope.names
        names[known] = self.value_of(value)
        for pair in value.named_children[:MAX_OPERANDS] if value.type == "object" else ():
            if (inner := self.part(pair, "value")) is not None:
                names[f"{known}.{self.name_of(self.part(pair, 'key'))}"] = self.value_of(inner)
        self.unknown = []

    # Statements

    def imported(self, node: Node, use: Use) -> None:
        source = self.part(node, "source")
        if source is not None:
            self.push(source, IMPORTED)
        else:
            self.push_all(node.named_children, self.beside(use))

    def declarator(self, node: Node, use: Use) -> None:
        name, value = self.part(node, "name"), self.part(node, "value")
        if name is None or value is None:
            return
        if name.type != "identifier":
            self.push_all([name, value], self.beside(use))
            return
        known = self.text(name)
        if self.scope.names is not self.module or known not in self.module:
            self.remember(node)
        self.push(value, _named(known, self.beside(use)))

    def assignment(self, node: Node, use: Use) -> None:
        left = self.part(node, "left")
        self.push(self.part(node, "right"), _named(self.name_of(left), self.beside(use)))
        self.push(left, self.beside(use))

    def try_statement(self, node: Node, use: Use) -> None:
        handler, body = self.part(node, "handler"), self.part(node, "body")
        is_handled = handler is not None and not _STOPS.search(self.text(handler))
        for child in reversed(node.named_children):
            scope = self.within(Excuse.GUARDED) if is_handled and child == body else None
            self.push(child, self.beside(use), scope)

    def function(self, node: Node, use: Use) -> None:
        """A function sees the names around it, but for those that its parameters hide."""
        names = {} if self.scope.names is self.module else dict(self.scope.names)
        parameters = self.part(node, "parameters")
        for child in parameters.named_children if parameters is not None else [self.part(node, "parameter")]:
            hidden = (self.part(child, "pattern") or child) if child is not None else None
            if hidden is not None and hidden.type == "identifier":
                names[self.text(hidden)] = None
        scope = replace(self.scope, names=names)
        name, body = self.part(node, "name"), self.part(node, "body")
        for child in reversed(node.named_children):
            if child == body and child.type != "statement_block":
                self.push(child, interned(replace(use, is_address=False)), scope)
            elif child != name:
                self.push(child, PLAIN, scope)

    def switch_case(self, node: Node, use: Use) -> None:
        """Skip the value of the case: it is compared."""
        value = self.part(node, "value")
        self.push_all([child for child in node.named_children if child != value], self.beside(use))

    # Expressions

    def named(self, node: Node, use: Use) -> None:
        """A constant counts where it is opened or run; its value counts where it is declared."""
        if use.kind is NAMES or not self.emits_value(node, use):
            self.push_all(node.named_children, self.beside(use))

    def binary(self, node: Node, use: Use) -> None:
        operator, left = self.text_of(node, "operator"), self.part(node, "left")
        if operator == "+":
            self.expression(node, use)
        elif operator in _COMPARISONS:
            self.push_all(node.named_children, MUTED)
        elif operator in ("&&", "||", "??"):
            yes, no = self.excuses_of_condition(left)
            excuse = yes if operator == "&&" else no if operator == "||" else Excuse.NONE
            self.push(self.part(node, "right"), use, self.within(excuse))
            self.push(left, self.beside(use) if operator == "&&" else use)
        else:
            self.push_all(node.named_children, self.beside(use))

    def pair(self, node: Node, use: Use) -> None:
        key = self.part(node, "key") or self.part(node, "property") or self.part(node, "name")
        value = self.part(node, "value")
        if key is None or value is None:
            self.push_all(node.named_children, self.beside(use))
            return
        name = self.name_of(key)
        if value.type == "array" and not _LABELS.isdisjoint(words_of(name)) and not _PATH_SIGN.search(self.text(value)):
            return  # `aliases: ["help", "docs"]`: words for people to find something by
        inner = _named(name, use)
        if name in RUN_KEYS and use.kind is NAMES and _RUN_VALUE.match(self.content, value.start_byte):
            inner = interned(replace(inner, kind=EXECUTES, is_address=False))
        self.push(value, inner)
        if key.type == "string":  # `{"./docs/a.md": …}`
            self.emit(Evaluated(name), key, interned(Use(excuse=use.excuse, is_address=True)))

    def array(self, node: Node, use: Use) -> None:
        self.push_all(node.named_children, interned(replace(use, takes_words=True)))

    def attribute(self, node: Node, use: Use) -> None:
        children = node.named_children
        name = self.name_of(children[0]) if children else ""
        if name not in _NO_PATH_ATTRIBUTES:
            does = MAY_LOAD if name in _LOADED_ATTRIBUTES else PLAIN
            self.push_all(children[1:], interned(replace(does, is_address=name in _ADDRESS_NAMES)))

    # Calls

    def called(self, node: Node) -> tuple[str, str]:
        """Return the last name of what is called, and the whole name if it is short: ``readFile``, ``fs.readFile``."""
        function = self.part(node, "function") or self.part(node, "constructor")
        if function is None:
            return "", ""
        start, end = function.start_byte, function.end_byte
        full = self.content[max(start, end - _MAX_NAME_BYTES) : end].decode("utf-8", "replace").replace("?.", ".")
        name = full.rpartition(".")[2].lstrip() if function.type == "member_expression" else full
        is_short = end - start <= _MAX_NAME_BYTES
        return (name if is_short or name is not full else ""), (full if is_short else "")

    def call(self, node: Node, use: Use) -> None:
        function = self.part(node, "function") or self.part(node, "constructor")
        arguments = self.part(node, "arguments")
        if arguments is None or function is None:
            self.push_all(node.named_children, self.beside(use))
            return
        name, full = self.called(node)
        is_path_call = name in _PATH_CALLS and full not in _REQUIRES
        if is_path_call and self.emits_value(node, interned(replace(use, takes_words=True))):
            return
        if name == "catch" and function.type == "member_expression":
            self.push(function, use, self.within(Excuse.GUARDED))
            self.push_all(arguments.named_children)
            return
        if full in _REQUIRES or not self.is_dull(arguments):
            self.arguments(name, full, arguments, use)
        if function.type not in ("identifier", "import"):
            self.push(function, self.beside(use))

    def arguments(self, name: str, full: str, arguments: Node, use: Use) -> None:
        """Give each argument of a call what the call does with it."""
        given = [child for child in arguments.named_children if child.type != "comment"]
        if arguments.type == "template_string":  # a tag
            self.push(arguments, self.beside(use))
        elif given and full in _REQUIRES:
            self.required(full, given, use)
        elif given and name in _TASKS:  # of gulp, grunt or jake: its name says what its body is for
            scope = self.within(excuse_of_task(self.name_of(given[0]) if given[0].type == "string" else ""))
            self.push_all([child for child in given if child.type not in ("string", "array")], PLAIN, scope)
        elif given:
            pushed = list(zip(given, self.uses_of(name, given, use), strict=True))
            for child, does in reversed(pushed[1 if self.is_served(name, full, given) else 0 :]):
                self.push(child, does)

    def is_served(self, name: str, full: str, given: Sequence[Node]) -> bool:
        """Return True if the first argument is an address that a route of a server answers to."""
        if name not in _ROUTES or len(given) < 2 or not self.content.startswith(b"/", given[0].start_byte + 1):
            return False
        return _SERVERS.search(full) is not None

    def required(self, full: str, given: Sequence[Node], use: Use) -> None:
        plain = self.beside(use)
        inner = IMPORTED_WHOLE if full == "require.context" else IMPORTED
        first, others = given[0], given[1:]
        if full == "define" and first.type == "string" and others:  # a module's own name
            first, others = others[0], others[1:]
            inner = inner if first.type == "array" else plain
        self.push_all(others, plain)
        self.push(first, plain if first.type in _FUNCTIONS or first.type == "object" else inner)

    def uses_of(self, name: str, given: Sequence[Node], use: Use) -> list[Use]:
        """Return what a call does with each of its arguments."""
        if name in RUNS and (name not in _COMMANDS or _QUOTE.match(self.content, given[0].start_byte)):
            return [RUN] * len(given)
        if name in _ASKS:
            return [ARGUMENTS[use.excuse or Excuse.GUARDED]] * len(given)
        excuse = excuse_of_name(name)
        others = [ARGUMENTS[use.excuse or excuse]] * len(given)
        if name in _LOADS or name in _LOADS_DIRECTORY:
            return [LISTED if name in _LOADS_DIRECTORY else LOADED, *others[1:]]
        if name in _NO_FILE:
            return [MUTED, *others[1:]]
        if name in _MAY_LOAD:
            loads = interned(replace(MAY_LOAD, excuse=excuse, takes_words=True))
            others = [plain if child.type == "object" else loads for child, plain in zip(given, others, strict=True)]
        if name in _ROUTES:
            others[0] = interned(replace(others[0], is_address=True))
        return others

    # Conditions

    def excuses_of_condition(self, node: Node | None) -> Excuses:
        if node is None or node.end_byte - node.start_byte > _MAX_CONDITION_BYTES:
            return NO_EXCUSES
        if not _TELLING.search(self.content, node.start_byte, node.end_byte):
            return NO_EXCUSES
        return super().excuses_of_condition(node)

    def excuses_of_atom(self, node: Node) -> Excuses:
        kind, text = node.type, self.text(node)
        if kind in ("call_expression", "await_expression"):
            return (Excuse.GUARDED, Excuse.NONE) if _ASKING.search(text) else NO_EXCUSES
        if kind in ("identifier", "member_expression"):  # `isTest`, `config.isProduction`, `__DEV__`
            words = set(words_of(text)) - _FILLING
            return excuses_of_state(words.pop()) if len(words) == 1 else NO_EXCUSES
        operator = self.text_of(node, "operator") if kind == "binary_expression" else ""
        if operator not in _COMPARISONS:
            return NO_EXCUSES
        return excuses_of_comparison(text) if _ENVIRONMENT.search(text) else NO_EXCUSES

    # Evaluation

    def of_name(self, node: Node) -> Evaluated | None:
        if node.end_byte - node.start_byte > _MAX_NAME_BYTES:
            return None
        name = self.text(node)
        for names in (_PLACES, self.scope.names, self.module):
            if name in names:
                return names[name]
        return self.value_of(self.part(node, "object")) if name.endswith((".href", ".pathname")) else None

    def of_alternative(self, node: Node) -> Evaluated | None:
        """Evaluate a sum, or the first of two alternatives that is known."""
        if self.text_of(node, "operator") not in ("||", "??"):
            return self.of_binary(node)
        return self.value_of(self.part(node, "left")) or self.value_of(self.part(node, "right"))

    def of_call(self, node: Node) -> Evaluated | None:
        name, full = self.called(node)
        arguments = self.part(node, "arguments")
        if name not in _PATH_CALLS or arguments is None:
            return None
        if name == "cwd":
            return _ROOT if full == "process.cwd" else None
        function = self.part(node, "function")
        array = self.part(function, "object") if function is not None and name == "join" else None
        items = array if array is not None and array.type == "array" else arguments
        given = [child for child in items.named_children if child.type != "comment"]
        if not given or len(given) > MAX_OPERANDS:
            return None
        if name in _PASSES:
            return self.value_of(given[-1])
        if name == "URL":
            value = self.value_of(given[0])
            above = self.value_of(given[1]) if len(given) > 1 else None
            is_here = value is not None and above is not None and above.base is Anchor.HERE
            return Evaluated(value.text, Anchor.HERE, True) if value is not None and is_here else value
        if name == "dirname":
            return parent(self.value_of(given[0]))
        values = list(map(self.known, given))
        return joined_all(values) if any(value.text.strip("*./") or value.base for value in values) else None

    handlers: ClassVar[Mapping[str, Handler]] = {
        "string": Walker.string,
        "template_string": Walker.string,
        **dict.fromkeys(("identifier", "member_expression", "subscript_expression"), named),
        **dict.fromkeys(("import_statement", "export_statement", "import_require_clause"), imported),
        "binary_expression": binary,
        **dict.fromkeys(("if_statement", "ternary_expression"), Walker.if_statement),
        "try_statement": try_statement,
        **dict.fromkeys(_FUNCTIONS, function),
        **dict.fromkeys(("pair", "field_definition", "public_field_definition"), pair),
        "variable_declarator": declarator,
        **dict.fromkeys(("assignment_expression", "assignment_pattern", "augmented_assignment_expression"), assignment),
        "array": array,
        "switch_case": switch_case,
        "jsx_attribute": attribute,
        **dict.fromkeys(("call_expression", "new_expression"), call),
        "comment": Walker.skipped,
    }
    evaluators: ClassVar[Mapping[str, Evaluator]] = {
        **dict.fromkeys(("string", "template_string"), Walker.of_string),
        **dict.fromkeys(("identifier", "member_expression"), of_name),
        "binary_expression": of_alternative,
        **dict.fromkeys(("call_expression", "new_expression"), of_call),
        **dict.fromkeys(
            "parenthesized_expression await_expression as_expression satisfies_expression non_null_expression".split(),
            Walker.of_first,
        ),
    }


@lru_cache(maxsize=8192)
def _named(name: str, use: Use) -> Use:
    excuse = use.excuse or excuse_of_name(name)
    return interned(replace(use, excuse=excuse, takes_words=True, is_address=name in _ADDRESS_NAMES))


def _as_module(found: Reference) -> Reference:
    """Return what is run by a path without an extension as a module."""
    is_module = found.kind is EXECUTES and found.how is How.PATH and not found.is_directory
    return replace(found, how=MODULE) if is_module and "." not in found.text.rpartition("/")[2] else found


def _is_address(text: str) -> bool:
    """Return True for what begins with a slash and has no extension."""
    last = text.split("?", 1)[0].split("#", 1)[0].rpartition("/")[2]
    return text.startswith(("/", "./", "../", "#", "?")) and "." not in last.strip(".")
