"""References in Ruby: what is required, loaded, globbed, read, rendered or only named."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache

from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task, words_of
from slugtrim.suggester.syntax import line_of
from slugtrim.suggester.values import (
    ARGUMENT,
    EXECUTED,
    LISTED,
    LOADED,
    MUTED,
    PLAIN,
    SELF,
    UNKNOWN,
    Evaluated,
    Use,
    concatenated,
    excuse_of_value,
    joined,
    merged,
    normal,
    parent,
    references_of_command,
)
from slugtrim.suggester.walking import MAX_DEPTH, Handler, Scope, Walker, references_of_rest, tree_of, within

_REQUIRE = re.compile(
    rb"(?m)^[ \t]*+(require|require_relative|load|require_dependency)[ \t(]++[\"']([^\"'\n]{1,300})[\"']"
)
_INTERESTING = re.compile(rb"[\"'`%]|<<|require|load|import|__FILE__|__dir__|root|read|open|render|send_file|glob")
_HOLE = re.compile(r"%(?:<\w{1,40}>)?[-+#0-9.]{0,9}[sdif]|%\{\w{1,40}\}")
_TEST_LIBRARY = re.compile(
    r"\bdefined\?[ (]{0,3}(?:::)?(?:FactoryBot|FactoryGirl|RSpec|Spec|Minitest|MiniTest|Test|Cucumber|Capybara"
    r"|SimpleCov|Konacha|Jasmine)\b"
)
"""A question for a library that only tests have: no deploy installs the gems of that group."""
_NAMES_TEST = re.compile(r"\btest\b")

GUARD = Use(excuse=Excuse.GUARDED, is_path=True)
WRITTEN = Use(excuse=Excuse.WRITTEN, is_path=True)
GLOBBED = Use(kind=EdgeKind.LOADS, is_path=True, is_glob=True)
REQUIRED = Use(kind=EdgeKind.EXECUTES, is_path=True, is_glob=True)
LOOPED = Use(kind=EdgeKind.EXECUTES, is_path=True)
"""What a loop goes over whose body requires files."""
LOADING_PATHS = Use(kind=EdgeKind.EXECUTES, is_path=True, is_directory=True)

_REQUIRES = frozenset("require require_relative require_dependency require_or_load autoload".split())
_LOADS = frozenset("load import eval_gemfile instance_eval_file add_import".split())
_COMMANDS = frozenset("sh system exec spawn ruby capture2 capture2e capture3 popen popen3 run".split())
_GUARDS = frozenset("exist? exists? file? directory? readable? size? zero?".split())
_READING = frozenset("open read readlines foreach file load render template partial binread send_file image".split())
_READERS = frozenset("File IO CSV YAML JSON ERB Tilt Psych Marshal Image Roo Pathname Magick MiniMagick Dotenv".split())
_WRITING = frozenset(
    "write binwrite mkdir mkdir_p makedirs rm rm_f rm_r rm_rf remove_dir remove_entry unlink delete touch".split()
)
_COPYING = frozenset("cp cp_r copy mv move ln ln_s ln_sf install".split())
_LISTING = frozenset("entries children each_child find".split())
_LISTERS = frozenset(("Dir", "Find"))
_MESSAGES = frozenset(
    "puts print p pp warn raise abort fail say desc debug info error fatal notice alert t translate l localize "
    "describe it context specify scenario feature long_desc banner log banner= flash success".split()
)
_ROUTES = frozenset(
    "get post put patch delete head options match resources resource namespace scope root mount redirect_to redirect "
    "link_to button_to form_for url_for devise_for visit concern direct".split()
)
_MUTED_WHOLE = frozenset(
    "key? has_key? start_with? end_with? include? split gsub gsub! sub sub! tr match? match scan delete_prefix "
    "delete_suffix strftime send public_send respond_to? instance_variable_get instance_variable_set define_method "
    "alias_method attr_accessor gem source ruby platform add_dependency add_development_dependency "
    "add_runtime_dependency helper_method before_action after_action casecmp? casecmp index ljust rjust "
    "validates belongs_to has_many has_one scope enum ".split()
)
_MUTED_FIRST = frozenset("fetch dig set_default option on".split())
_MUTED_KEYS = frozenset(
    "to as controller action class_name class id title label notice alert description desc help message only except "
    "name text placeholder method via format type style href url path_names encoding mode disposition filename".split()
)
_DEPENDENCIES = frozenset(("gem", "gemspec"))
_PLACES = frozenset(
    "dir dirs directory directories root folder file files template layout partial glob pattern".split()
)
_TASKS = frozenset("task namespace multitask".split())
_BLOCKS_OF_ENVIRONMENTS = frozenset(("configure", "group", "environment"))
_SEARCHED = frozenset(("autoload_paths", "eager_load_paths", "autoload_once_paths", "autoload_lib"))
_ENVIRONMENTS = {
    "test": Excuse.TESTS,
    "testing": Excuse.TESTS,
    "ci": Excuse.TESTS,
    "development": Excuse.DEVELOPMENT,
    "dev": Excuse.DEVELOPMENT,
    "local": Excuse.DEVELOPMENT,
}
_SAME = frozenset(
    "to_s to_path to_str expand_path realpath cleanpath absolute_path freeze expand realdirpath dup".split()
)
_APPENDS = frozenset("<< push unshift concat append prepend add".split())


def references(content: bytes) -> list[Reference]:
    """Return the references in a Ruby file. Any bytes will do; the time grows with their number."""
    root = tree_of(content, "ruby")
    reader = _Reader(content)
    end = reader.read(root) if root is not None else 0
    return list(dict.fromkeys([*reader.found, *references_of_rest(content, end, _REQUIRE, b"require_relative")]))


class _Reader(Walker):
    """Walk the syntax tree of a Ruby file."""

    def read(self, root: Node) -> int:
        """Find the references below a node; return the first byte that is not looked at."""
        self.globs: list[int] = []
        self.looped: set[str] = set()
        self.unknown_requires: list[tuple[Node, Scope]] = []
        self.handlers = _HANDLERS
        end = self.walk(root, _INTERESTING, _STATEMENTS, _TRANSPARENT)
        self.resolve_unknown_requires()
        self.found = [found for found in self.found if found.how is not How.MODULE or found.kind is EdgeKind.EXECUTES]
        return end

    def resolve_unknown_requires(self) -> None:
        """What is required by an unknown name is what this file globs, or else may be any Ruby file."""
        if not self.unknown_requires:
            return
        if self.globs:
            for index in self.globs:
                self.found[index] = replace(self.found[index], kind=EdgeKind.EXECUTES)
            return
        for node, scope in self.unknown_requires[:1]:
            self.emit_import(Reference("**/*.rb", line_of(node), How.GLOB, EdgeKind.EXECUTES, Anchor.PACKAGE), scope)

    # Names

    def dotted(self, node: Node | None) -> str:
        """Return ``Rails.env.test?``; an unknown part at the beginning is left out."""
        parts: list[str] = []
        while node is not None and len(parts) < 8:
            if node.type == "call":
                parts.append(self.text(node.child_by_field_name("method")))
                node = node.child_by_field_name("receiver")
            elif node.type == "scope_resolution":
                parts.append(self.text(node.child_by_field_name("name")))
                node = node.child_by_field_name("scope")
            else:
                break
        if node is not None and node.type in ("identifier", "constant", "instance_variable", "global_variable"):
            parts.append(self.text(node)[:100])
        return ".".join(reversed(parts))

    def word_of(self, node: Node | None) -> str:
        """Return the text of a symbol, a key or a plain string."""
        if node is None or node.end_byte - node.start_byte > 200:
            return ""
        return self.text(node).strip(":\"'") if node.type in _LABELS else ""

    # Statements

    def assignment(self, node: Node, scope: Scope, use: Use) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        name = self.target_of(left)
        if (
            left is not None
            and left.type in ("identifier", "constant", "instance_variable")
            and node.type == "assignment"
        ):
            scope.names[name] = self.value_of(right, scope, [], 0)
        elif left is not None:
            self.push(left.child_by_field_name("receiver") or left.child_by_field_name("object"), scope, PLAIN)
        self.push(right, scope, _use_of_target(name))

    def target_of(self, left: Node | None) -> str:
        """Return the dotted name that is assigned to; for ``a["b"]``, with its key."""
        if left is None:
            return ""
        if left.type == "element_reference":
            keys = [self.word_of(child) for child in left.named_children[1:2]]
            return ".".join([self.dotted(left.child_by_field_name("object")), *filter(None, keys)])
        return self.dotted(left)

    def if_statement(self, node: Node, scope: Scope, use: Use) -> None:
        yes, no = self.excuses_of_condition(node.child_by_field_name("condition"))
        if node.type.startswith("unless"):
            yes, no = no, yes
        self.push(node.child_by_field_name("condition"), scope, MUTED)
        body = node.child_by_field_name("consequence") or node.child_by_field_name("body")
        self.push(node.child_by_field_name("alternative"), within(scope, no), use)
        self.push(body, within(scope, yes), use)

    def excuses_of_condition(self, node: Node | None) -> tuple[Excuse, Excuse]:
        """Return the excuses of what runs if the condition is true, and if it is false."""
        swapped = False
        for _ in range(MAX_DEPTH):
            if node is None:
                return Excuse.NONE, Excuse.NONE
            if node.type == "unary" and self.text(node.child_by_field_name("operator")) in ("!", "not"):
                node, swapped = node.child_by_field_name("operand"), not swapped
            elif node.type == "parenthesized_statements" and node.named_child_count == 1:
                node = node.named_children[0]
            else:
                break
        if node is None:
            return Excuse.NONE, Excuse.NONE
        pair = self.excuses_of_parts(node)
        return (pair[1], pair[0]) if swapped else pair

    def excuses_of_parts(self, node: Node) -> tuple[Excuse, Excuse]:
        """Return the same for a chain of one operator: all parts agree, or one is enough."""
        operator = self.text(node.child_by_field_name("operator")) if node.type == "binary" else ""
        if operator not in ("&&", "and", "||", "or"):
            return self.excuses_of_atom(node)
        pairs: list[tuple[Excuse, Excuse]] = []
        current: Node | None = node
        while current is not None and current.type == "binary" and len(pairs) < 16:
            if self.text(current.child_by_field_name("operator")) != operator:
                break
            pairs.append(self.excuses_of_negated(current.child_by_field_name("right")))
            current = current.child_by_field_name("left")
        pairs.append(self.excuses_of_negated(current))
        yes, no = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        if operator in ("&&", "and"):
            return max(yes), (min(no) if all(no) else Excuse.NONE)
        return (min(yes) if all(yes) else Excuse.NONE), max(no)

    def excuses_of_negated(self, node: Node | None) -> tuple[Excuse, Excuse]:
        if node is not None and node.type == "unary":
            yes, no = self.excuses_of_atom(node.child_by_field_name("operand"))
            return no, yes
        return self.excuses_of_atom(node)

    def excuses_of_atom(self, node: Node | None) -> tuple[Excuse, Excuse]:
        if node is None or node.end_byte - node.start_byte > 300:
            return Excuse.NONE, Excuse.NONE
        text = self.text(node)
        if node.type == "call":
            name = self.text(node.child_by_field_name("method"))
            if name in _GUARDS:
                return Excuse.GUARDED, Excuse.NONE
            if ".env." in text and name.endswith("?") and name.strip("?").isidentifier():
                if name == "production?":
                    return Excuse.NONE, Excuse.DEVELOPMENT
                return _ENVIRONMENTS.get(name.rstrip("?"), Excuse.NONE), Excuse.NONE
        if _TEST_LIBRARY.search(text):
            return Excuse.TESTS, Excuse.NONE
        is_environment = "_ENV" in text or ".env" in text or 'ENV["CI"]' in text
        if not is_environment or node.type not in ("binary", "call", "element_reference"):
            return Excuse.NONE, Excuse.NONE
        return self.excuses_of_comparison(text)

    @staticmethod
    def excuses_of_comparison(text: str) -> tuple[Excuse, Excuse]:
        """Return the excuses of a comparison with the name of the environment."""
        is_negated = "!=" in text or text.startswith("!")
        if re.search(r"\bproduction\b", text):
            pair = (Excuse.NONE, Excuse.DEVELOPMENT if "==" in text or "include" not in text else Excuse.NONE)
        elif "staging" in text:
            pair = (Excuse.NONE, Excuse.NONE)
        else:
            is_test, is_development = _NAMES_TEST.search(text), "development" in text
            excuse = Excuse.DEVELOPMENT if is_development else (Excuse.TESTS if is_test else Excuse.NONE)
            pair = (excuse, Excuse.NONE)
        return (pair[1], pair[0]) if is_negated else pair

    def body(self, node: Node, scope: Scope, use: Use) -> None:
        """Statements with their handlers: what comes before a ``rescue`` is guarded by it."""
        children = node.named_children
        handlers = [child for child in children if child.type == "rescue"]
        inner = scope
        for handler in handlers:
            inner = self.guarded(inner, handler)
        for child in reversed(children):
            is_inside = child.type not in ("rescue", "else", "ensure")
            self.push(child, inner if is_inside else scope, use if len(children) == 1 else PLAIN)

    def guarded(self, scope: Scope, handler: Node) -> Scope:
        body = handler.child_by_field_name("body")
        for statement in body.named_children[:50] if body is not None else ():
            if self.text(statement)[:8].startswith(("raise", "abort", "exit")):
                return scope
        caught = self.text(handler.child_by_field_name("exceptions"))[:300]
        if "LoadError" in caught or "ScriptError" in caught or re.search(r"(?<!\w)Exception", caught):
            scope = replace(scope, excuse_of_imports=Excuse.GUARDED)
        if "ENOENT" in caught or "SystemCallError" in caught or "IOError" in caught:
            scope = replace(scope, excuse_of_loads=Excuse.GUARDED)
        return scope

    def rescued(self, node: Node, scope: Scope, use: Use) -> None:
        inner = replace(scope, excuse_of_loads=Excuse.GUARDED)
        self.push(node.child_by_field_name("handler"), scope, use)
        self.push(node.child_by_field_name("body"), inner, use)

    def handler(self, node: Node, scope: Scope, use: Use) -> None:
        self.push(node.child_by_field_name("body"), scope, PLAIN)

    def method(self, node: Node, scope: Scope, use: Use) -> None:
        name = self.text(node.child_by_field_name("name"))
        if name.startswith("test_"):
            scope = within(scope, Excuse.TESTS)
        inner = replace(scope, names={})
        self.push(node.child_by_field_name("body"), inner, PLAIN)
        self.push(node.child_by_field_name("parameters"), inner, PLAIN)

    def class_definition(self, node: Node, scope: Scope, use: Use) -> None:
        above = self.text(node.child_by_field_name("superclass"))[:200]
        words = words_of(above.rpartition("::")[2])
        if above and "test" in words_of(above) and frozenset(words) & {"test", "case"}:
            scope = within(scope, Excuse.TESTS)
        self.push(node.child_by_field_name("body"), scope, PLAIN)

    def parameter(self, node: Node, scope: Scope, use: Use) -> None:
        self.push(node.child_by_field_name("value"), scope, _use_of_target(self.text(node.child_by_field_name("name"))))

    def muted(self, node: Node, scope: Scope, use: Use) -> None:
        self.push_all(node.named_children, scope, MUTED)

    def skipped(self, node: Node, scope: Scope, use: Use) -> None:
        """Comments, symbols, regular expressions."""

    # Expressions

    def pair(self, node: Node, scope: Scope, use: Use) -> None:
        """A pair of a hash: its key says what the value is for; a single word names a file only at a place."""
        key = self.word_of(node.child_by_field_name("key"))
        inner = self.use_of_key(key, use)
        if inner is not MUTED and not frozenset(words_of(key)) & _PLACES:
            inner = replace(inner, takes_words=False)
        self.push(node.child_by_field_name("value"), scope, inner)
        named = node.child_by_field_name("key")
        if named is not None and named.type not in _LABELS:
            self.push(named, scope, MUTED)

    @staticmethod
    def use_of_key(key: str, use: Use) -> Use:
        if key in _MUTED_KEYS:
            return MUTED
        named = _use_of_target(key) if key else ARGUMENT
        return replace(named, kind=use.kind) if named.kind is EdgeKind.NAMES and use.kind is EdgeKind.LOADS else named

    def string(self, node: Node, scope: Scope, use: Use) -> None:
        if use is LOOPED and (value := self.value_of(node, scope, [], 0)) is not None and value.text.strip("*./"):
            how = How.GLOB if UNKNOWN in value.text else How.MODULE
            self.emit_import(Reference(normal(value), line_of(node), how, EdgeKind.EXECUTES, value.base), scope)
            return
        if not self.evaluated(node, scope, use):
            self.push_all(node.named_children, scope, use)

    def binary(self, node: Node, scope: Scope, use: Use) -> None:
        operator = self.text(node.child_by_field_name("operator"))
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if operator in ("==", "!=", "=~", "!~", "===", "<=>", "<", ">", "<=", ">="):
            self.push_all(node.named_children, scope, MUTED)
        elif operator == "<<":
            self.push(right, scope, _use_of_target(self.target_of(left)))
            self.push(left, scope, PLAIN)
        elif operator in ("||", "or", "&&", "and") or not self.evaluated(node, scope, use):
            self.push_all(self.operands(node), scope, use)

    def operands(self, node: Node) -> list[Node]:
        """Return the operands of a chain of one operator, however long."""
        operator = self.text(node.child_by_field_name("operator"))
        operands: list[Node] = []
        current: Node | None = node
        while (
            current is not None
            and current.type == "binary"
            and self.text(current.child_by_field_name("operator")) == operator
        ):
            if (right := current.child_by_field_name("right")) is not None:
                operands.append(right)
            current = current.child_by_field_name("left")
        if current is not None:
            operands.append(current)
        return operands[::-1]

    def name(self, node: Node, scope: Scope, use: Use) -> None:
        if use.kind is not EdgeKind.NAMES and (value := self.value_of(node, scope, [], 0)) is not None:
            self.emit(value, node, scope, use)

    def element(self, node: Node, scope: Scope, use: Use) -> None:
        """``Dir["a/*"]`` is a glob; any other subscript names no file."""
        owner = node.child_by_field_name("object")
        others = [child for child in node.named_children if owner is None or child.start_byte != owner.start_byte]
        if owner is not None and self.text(owner)[:20].rpartition("::")[2] in ("Dir", "FileList"):
            for child in others:
                self.glob(child, scope, self.use_of_glob(use))
            return
        self.push(owner, scope, PLAIN)
        self.push_all(others, scope, MUTED)

    @staticmethod
    def use_of_glob(use: Use) -> Use:
        return replace(
            GLOBBED, excuse=use.excuse, kind=EdgeKind.EXECUTES if use.kind is EdgeKind.EXECUTES else EdgeKind.LOADS
        )

    def glob(self, node: Node, scope: Scope, use: Use) -> None:
        items = node.named_children if node.type in ("array", "string_array") else [node]
        for item in items:
            unknown: list[Node] = []
            value = self.value_of(item, scope, unknown, 0)
            if value is None:
                self.push(item, scope, PLAIN)
                continue
            before = len(self.found)
            self.emit(value, item, scope, use)
            if use.excuse is Excuse.NONE:
                self.globs.extend(range(before, len(self.found)))
            self.push_all(unknown, scope, PLAIN)

    def evaluated(self, node: Node, scope: Scope, use: Use) -> bool:
        """Emit the value of an expression, if it has one, and look at the parts that are unknown."""
        unknown: list[Node] = []
        value = self.value_of(node, scope, unknown, 0)
        if value is None:
            return False
        self.emit(value, node, scope, use)
        self.push_all(unknown, scope, MUTED if use.is_muted else PLAIN)
        return True

    def subshell(self, node: Node, scope: Scope, use: Use) -> None:
        self.command([node], node, scope)

    def command(self, items: Sequence[Node], node: Node, scope: Scope) -> None:
        """Emit what a command runs: one string, or words."""
        words: list[str] = []
        for item in items[:200]:
            if item.type == "pair":
                continue
            value = self.value_of(item, scope, [], 0)
            if value is None:
                words.append("x")
                self.push(item, scope, PLAIN) if item is not node else None
            elif value.base is not Anchor.ANY:
                words.append("x")
                self.emit(value, item, scope, EXECUTED)
            else:
                words.extend(value.text.split())
        self.found.extend(references_of_command(words, Use(kind=EdgeKind.EXECUTES, excuse=scope.excuse), line_of(node)))

    def call(self, node: Node, scope: Scope, use: Use) -> None:
        method, receiver = node.child_by_field_name("method"), node.child_by_field_name("receiver")
        arguments, block = node.child_by_field_name("arguments"), node.child_by_field_name("block")
        name, owner = self.text(method)[:100], self.dotted(receiver)
        known = (
            [child for child in arguments.named_children if child.type != "comment"] if arguments is not None else []
        )
        if block is not None:
            self.block(name, owner, known, block, scope)
        if self.is_loop(name, block, known):
            self.loop(receiver, block, node, scope)
            return
        if self.special(name, owner, known, node, scope, use):
            return
        if receiver is not None:
            if self.path_method(name, receiver, known, node, scope, use):
                return
            is_transparent = name in _KEEPING or use.kind is EdgeKind.EXECUTES
            self.push(receiver, scope, use if is_transparent else PLAIN)
        if owner[:1].isupper() and excuse_of_task(owner) is Excuse.TESTS:
            scope = within(scope, Excuse.TESTS)
        self.arguments(name, owner, known, scope, use)

    @staticmethod
    def is_loop(name: str, block: Node | None, known: list[Node]) -> bool:
        return name in ("each", "map", "each_with_index", "flat_map") and (block is not None or bool(known))

    def loop(self, receiver: Node | None, block: Node | None, node: Node, scope: Scope) -> None:
        """Look at what a loop goes over: files that its body requires, if it does."""
        if not self.requires(block or node):
            self.push(receiver, scope, PLAIN)
            return
        if receiver is not None and receiver.type != "identifier" and block is not None:
            parameters = block.child_by_field_name("parameters")
            self.looped.update(self.text(child) for child in (parameters.named_children if parameters else ()))
        self.push(receiver, scope, LOOPED)

    def requires(self, block: Node) -> bool:
        """Return True if the body of a loop requires files."""
        text = self.text(block)[-2000:]
        return re.search(r"\b(?:require|require_relative|require_dependency|load|import)\b", text) is not None

    def block(self, name: str, owner: str, known: list[Node], block: Node, scope: Scope) -> None:
        """Look at the block of a call, with the excuse that the call gives."""
        excuse = Excuse.NONE
        if name in _TASKS or name == "file":
            excuse = excuse_of_task(self.name_of_task(known)) if name != "file" else Excuse.NONE
        elif name in ("new", "configure", "setup", "define", "start"):
            excuse = (
                merged(excuse_of_task(owner), excuse_of_task(owner.lower())) if owner[:1].isupper() else Excuse.NONE
            )
        elif name == "generators" and owner:
            excuse = Excuse.DEVELOPMENT
        elif name in _BLOCKS_OF_ENVIRONMENTS and known:
            found = [_ENVIRONMENTS.get(self.word_of(child), Excuse.NONE) for child in known if child.type != "pair"]
            excuse = found[0] if found and all(found) else Excuse.NONE
        self.push(block, within(scope, excuse), PLAIN)

    def name_of_task(self, known: list[Node]) -> str:
        first = known[0] if known else None
        return self.word_of(first.child_by_field_name("key") if first is not None and first.type == "pair" else first)

    def special(self, name: str, owner: str, known: list[Node], node: Node, scope: Scope, use: Use) -> bool:
        """Emit what a call requires, globs or runs; False for any other call."""
        if name in _REQUIRES and known and owner in ("", "Kernel", "self", "Object"):
            self.require(name, known[1] if name == "autoload" and len(known) > 1 else known[0], node, scope)
        elif name in _LOADS and known and owner in ("", "Kernel", "Rake", "self"):
            self.load(known[0], node, scope)
        elif name == "glob" and owner.rpartition(".")[2] in ("Dir", "Pathname", "FileList") and known:
            for child in known:
                if child.type != "pair":
                    self.glob(child, scope, self.use_of_glob(use))
        elif name == "new" and owner.endswith("FileList"):
            for child in known:
                self.glob(child, scope, GLOBBED)
        elif name in _COMMANDS and known and (not owner or owner in ("Kernel", "Open3", "IO", "Process")):
            self.command(known, node, scope)
        else:
            return False
        return True

    def require(self, name: str, argument: Node, node: Node, scope: Scope) -> None:
        unknown: list[Node] = []
        value = self.value_of(argument, scope, unknown, 0)
        self.push_all(unknown, scope, PLAIN)
        if argument.type == "identifier" and self.text(argument) in self.looped:
            return
        if value is None or not value.text.strip("*/. "):
            self.unknown_requires.append((node, scope))
            if value is None and argument.type not in ("identifier", "constant"):
                self.push(argument, scope, PLAIN)
            return
        base = value.base
        text = normal(value) if value.is_path or base is not Anchor.ANY else value.text
        if base is Anchor.ANY:
            base = (
                Anchor.HERE if name == "require_relative" else (Anchor.ROOT if text.startswith(".") else Anchor.PACKAGE)
            )
        if SELF in text:
            return
        if UNKNOWN not in text:
            self.emit_import(Reference(text, line_of(node), How.MODULE, EdgeKind.EXECUTES, base), scope)
            return
        while text.startswith("*/"):
            text = f"**/{text[2:]}"
            break
        if not text.endswith((UNKNOWN, ".rb")):
            text += ".rb"
        self.emit_import(Reference(text, line_of(node), How.GLOB, EdgeKind.EXECUTES, base), scope)

    def load(self, argument: Node, node: Node, scope: Scope) -> None:
        if self.evaluated(argument, scope, REQUIRED):
            return
        if argument.type in ("identifier", "call") and self.text(argument) not in self.looped:
            self.unknown_requires.append((node, scope))
        self.push(argument, scope, REQUIRED)

    def path_method(self, name: str, receiver: Node, known: list[Node], node: Node, scope: Scope, use: Use) -> bool:
        """Emit what a method does with the path that it is called on; False if it is not called on a path."""
        if self.evaluated(node, scope, use):
            return True
        path = self.value_of(receiver, scope, [], 0)
        if path is None or not (path.is_path or path.base):
            return False
        if name == "glob" and known:
            pattern = self.value_of(known[0], scope, [], 0) or Evaluated(UNKNOWN)
            if (full := joined(path, pattern)) is not None:
                before = len(self.found)
                self.emit(full, node, scope, self.use_of_glob(use))
                self.globs.extend(range(before, len(self.found)))
            return True
        if name in _GUARDS:
            self.emit(path, node, scope, GUARD)
        elif name in _LISTING:
            self.emit(path, node, scope, LISTED)
        elif name in _WRITING:
            self.emit(path, node, scope, WRITTEN)
        elif name in _READING:
            self.emit(path, node, scope, LOADED)
        else:
            self.emit(path, node, scope, use)
        self.push_all(known, scope, PLAIN)
        return True

    def arguments(self, name: str, owner: str, known: list[Node], scope: Scope, use: Use) -> None:
        """Give each argument of a call what the call does with it."""
        at, first, others = self.uses_of(name, owner, known, use)
        for index, child in enumerate(known):
            does = first if at in (index, -1) else others
            if child.type == "pair":
                self.keyword(child, name, scope, does if at == -1 else (MUTED if does.is_muted else ARGUMENT))
            else:
                self.push(child, scope, does)

    def keyword(self, node: Node, name: str, scope: Scope, use: Use) -> None:
        """An argument with a name."""
        key = self.word_of(node.child_by_field_name("key"))
        value = node.child_by_field_name("value")
        if name in _DEPENDENCIES and key == "path":
            self.push(value, scope, LISTED)
        elif name == "render" or key in ("template", "partial", "layout"):
            reads = key in ("file", "template", "partial", "layout", "body", "json", "inline")
            self.push(value, scope, LOADED if reads and value is not None and value.type == "string" else PLAIN)
        elif use.is_muted:
            self.push(value, scope, MUTED)
        else:
            self.push(value, scope, self.use_of_key(key, use))

    def uses_of(self, name: str, owner: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        """Return the position of the argument that matters, what the call does with it, and with all others."""
        last = owner.rpartition(".")[2]
        if (name in _MESSAGES or last in ("logger", "I18n", "flash", "stdout", "stderr")) and last not in _READERS:
            return -1, MUTED, MUTED
        if (name in _ROUTES and last not in ("File", "FileUtils")) or name in _MUTED_WHOLE:
            return -1, MUTED, MUTED
        if name in _MUTED_FIRST:
            return 0, MUTED, use if use.kind is not EdgeKind.NAMES else ARGUMENT
        if name in _APPENDS and owner:
            return -1, _use_of_target(owner), ARGUMENT
        return self.use_of_file_call(name, last, known, use)

    def use_of_file_call(self, name: str, last: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        if name in _GUARDS:
            return 0, GUARD, PLAIN
        if name in _LISTING and last in _LISTERS:
            return 0, LISTED, PLAIN
        if last in ("File", "FileUtils", "IO", "Dir", "") and (name in _WRITING or name in _COPYING):
            return 0, LOADED if name in _COPYING else WRITTEN, WRITTEN if name in _COPYING else PLAIN
        words = frozenset(words_of(name))
        if words & _READING or name in _READING or (last in _READERS and name in ("new", "parse")):
            written = name == "open" and len(known) > 1 and self.text(known[1])[1:2] in ("w", "a")
            return 0, WRITTEN if written else LOADED, PLAIN
        if name.startswith("preview_path"):
            return -1, Use(excuse=Excuse.WATCHED, is_path=True), PLAIN
        return -1, replace(ARGUMENT, excuse=use.excuse) if use.excuse else ARGUMENT, ARGUMENT

    # Evaluation

    def value_of(self, node: Node | None, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        """Return the value of an expression, None if unknown. Collect the parts that are unknown."""
        evaluate = _EVALUATORS.get(node.type) if node is not None else None
        if node is None or evaluate is None or depth > MAX_DEPTH:
            return None
        return evaluate(self, node, scope, unknown, depth + 1)

    def known(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated:
        """Return the value of an expression, ``*`` if unknown."""
        value = self.value_of(node, scope, unknown, depth)
        if value is None:
            unknown.append(node)
            return Evaluated(UNKNOWN)
        return value

    def of_string(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        value = Evaluated("")
        for child in node.named_children:
            if child.type in ("string_content", "heredoc_content"):
                piece = Evaluated(self.text(child))
            elif child.type == "interpolation":
                inner = child.named_children
                piece = self.known(inner[0], scope, unknown, depth) if len(inner) == 1 else Evaluated(UNKNOWN)
            elif child.type == "escape_sequence":
                piece = Evaluated("\n" if self.text(child)[1:2] in ("n", "t", "r") else self.text(child)[1:2])
            else:
                continue
            empty = not value.text and value.base is Anchor.ANY
            longer = piece if empty else concatenated(value, piece)
            if longer is None:
                return Evaluated(self.text(node)[1:-1])  # a long text: its words count
            value = longer
        return value

    def of_strings(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        return self.sum([self.known(child, scope, unknown, depth) for child in node.named_children[:64]])

    @staticmethod
    def sum(values: Sequence[Evaluated]) -> Evaluated | None:
        result: Evaluated | None = values[0] if values else None
        for value in values[1:]:
            result = concatenated(result, value) if result is not None else None
        return result

    @staticmethod
    def join(values: Sequence[Evaluated]) -> Evaluated | None:
        result: Evaluated | None = replace(values[0], is_path=True) if values else None
        for value in values[1:]:
            result = joined(result, value) if result is not None else None
        return result

    def of_name(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        name = self.text(node)
        if name == "__FILE__":
            return Evaluated(SELF, Anchor.HERE, True)
        if name == "__dir__":
            return Evaluated("", Anchor.HERE, True)
        return scope.names.get(name) or self.module.get(name)

    def of_binary(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        operator = self.text(node.child_by_field_name("operator"))
        operands = self.operands(node) if operator in ("+", "/", "%") else []
        if not 1 < len(operands) <= 64:
            return None
        mine: list[Node] = []
        values = [self.value_of(operand, scope, mine, depth) for operand in operands]
        first = values[0]
        if all(value is None for value in values) or (operator == "/" and not (first and first.is_path)):
            return None
        if operator == "%":
            return replace(first, text=_HOLE.sub(UNKNOWN, first.text)) if first is not None else None
        unknown.extend(mine)
        unknown.extend(operand for operand, value in zip(operands, values, strict=True) if value is None)
        full = [value if value is not None else Evaluated(UNKNOWN) for value in values]
        return self.join(full) if operator == "/" or (first and first.is_path and first.base) else self.sum(full)

    def of_call(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        method, receiver = self.text(node.child_by_field_name("method"))[:50], node.child_by_field_name("receiver")
        arguments = node.child_by_field_name("arguments")
        items = [child for child in arguments.named_children if child.type != "pair"] if arguments is not None else []
        owner = "" if receiver is None else (self.text(receiver) if receiver.type == "constant" else "?")
        if method == "root" and receiver is not None and not items:
            return Evaluated("", Anchor.ROOT, True)
        if owner in ("File", "Pathname", "Dir", "") and (
            value := self.of_file_call(method, owner, items, scope, unknown, depth)
        ):
            return value
        if owner == "Rails" and method == "public_path":
            return Evaluated("public", Anchor.ROOT, True)
        if method not in _SAME and method not in ("join", "parent", "dirname", "+", "/"):
            return None
        path = self.value_of(receiver, scope, unknown, depth)
        if path is None or (not path.is_path and not path.base and method not in ("to_s", "freeze", "dup")):
            return None
        if method in ("parent", "dirname"):
            return parent(path)
        return self.join([path, *(self.known(item, scope, unknown, depth) for item in items)]) if items else path

    def of_file_call(
        self, method: str, owner: str, items: list[Node], scope: Scope, unknown: list[Node], depth: int
    ) -> Evaluated | None:
        """Return the path that a method of ``File`` or ``Pathname`` puts together."""
        if owner == "Dir":
            return Evaluated("", Anchor.ROOT, True) if method in ("pwd", "getwd") else None
        if method in ("__dir__", "__FILE__") and not owner:
            return Evaluated("", Anchor.HERE, True) if method == "__dir__" else None
        is_new = (owner == "Pathname" and method in ("new", "pwd")) or (not owner and method == "Pathname")
        if not items or not (is_new or (owner == "File" and method in _OF_FILE)):
            return None
        mine: list[Node] = []
        values = [self.known(item, scope, mine, depth) for item in items]
        if all(value.text == UNKNOWN and not value.base for value in values):
            return None
        unknown.extend(mine)
        if method == "dirname":
            return parent(values[0])
        if method in ("expand_path", "absolute_path"):
            return (
                self.join([values[1], values[0]])
                if len(values) > 1
                else self.join([Evaluated("", Anchor.ROOT), values[0]])
            )
        return self.join(values)


@lru_cache(maxsize=2048)
def _use_of_target(name: str) -> Use:
    """Return what an assignment target, a receiver of ``<<`` or a key says about its value."""
    last = name.rpartition(".")[2]
    words = frozenset(words_of(name))
    if last in _SEARCHED:
        return LOADING_PATHS
    if last.startswith("preview_path"):
        return Use(excuse=Excuse.WATCHED, is_path=True)
    if "factory" in words or "factories" in words:
        return Use(excuse=Excuse.TESTS, takes_words=True)
    if last in ("files", "test_files", "executables", "extra_rdoc_files"):
        owner = name.partition(".")[0]
        is_gem = owner in ("s", "spec", "gem", "gemspec") or last != "files"
        return Use(kind=EdgeKind.LOADS, excuse=Excuse.TESTS if is_gem else Excuse.NONE, takes_words=True)
    if (
        words & {"url", "uri", "href", "host", "route", "description", "summary", "homepage", "email"}
        or last in _MUTED_KEYS
    ):
        return MUTED
    excuse = excuse_of_value(last)
    if excuse is Excuse.NONE and "." in name:
        excuse = Excuse.TESTS if excuse_of_name(name) is Excuse.TESTS and words & {"test", "rspec"} else Excuse.NONE
    if "config" in words and "paths" in words:
        return Use(kind=EdgeKind.LOADS, excuse=excuse, is_path=True, is_directory=True)
    if "load" in words and "path" in words:
        return Use(kind=EdgeKind.LOADS, excuse=excuse, is_path=True)
    return Use(excuse=excuse, takes_words=True)


_OF_FILE = frozenset("join expand_path absolute_path realpath dirname realdirpath path".split())
_KEEPING = frozenset("sort uniq reject select compact flatten map to_a freeze sort_by split tap".split())
_LABELS = frozenset(("hash_key_symbol", "simple_symbol", "string", "constant", "delimited_symbol", "identifier"))
_STATEMENTS = frozenset(
    "call assignment operator_assignment body_statement method if unless if_modifier unless_modifier binary then "
    "do_block block conditional element_reference begin case".split()
)
_TRANSPARENT = frozenset(
    "array string_array parenthesized_statements then else splat_argument argument_list hash ERROR".split()
)
_HANDLERS: dict[str, Handler] = {
    "assignment": _Reader.assignment,
    "operator_assignment": _Reader.assignment,
    "if": _Reader.if_statement,
    "unless": _Reader.if_statement,
    "elsif": _Reader.if_statement,
    "if_modifier": _Reader.if_statement,
    "unless_modifier": _Reader.if_statement,
    "conditional": _Reader.if_statement,
    "begin": _Reader.body,
    "body_statement": _Reader.body,
    "rescue": _Reader.handler,
    "rescue_modifier": _Reader.rescued,
    "method": _Reader.method,
    "singleton_method": _Reader.method,
    "class": _Reader.class_definition,
    "optional_parameter": _Reader.parameter,
    "keyword_parameter": _Reader.parameter,
    "pattern": _Reader.muted,
    "regex": _Reader.skipped,
    "comment": _Reader.skipped,
    "simple_symbol": _Reader.skipped,
    "delimited_symbol": _Reader.skipped,
    "symbol_array": _Reader.skipped,
    "pair": _Reader.pair,
    "string": _Reader.string,
    "bare_string": _Reader.string,
    "heredoc_body": _Reader.string,
    "chained_string": _Reader.string,
    "binary": _Reader.binary,
    "identifier": _Reader.name,
    "constant": _Reader.name,
    "element_reference": _Reader.element,
    "subshell": _Reader.subshell,
    "call": _Reader.call,
}
_Evaluator = Callable[[_Reader, Node, Scope, list[Node], int], Evaluated | None]
_EVALUATORS: dict[str, _Evaluator] = {
    "string": _Reader.of_string,
    "bare_string": _Reader.of_string,
    "subshell": _Reader.of_string,
    "heredoc_body": _Reader.of_string,
    "chained_string": _Reader.of_strings,
    "identifier": _Reader.of_name,
    "constant": _Reader.of_name,
    "instance_variable": _Reader.of_name,
    "file": _Reader.of_name,
    "binary": _Reader.of_binary,
    "call": _Reader.of_call,
}
