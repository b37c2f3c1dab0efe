"""References in Ruby: what is required, loaded, globbed, read, rendered or only named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, Reference
from slugtrim.suggester.harmless import excuse_of_name, excuse_of_task, words_of
from slugtrim.suggester.values import (
    ARGUMENT,
    ARGUMENTS,
    GLOBBED,
    GUARD,
    LISTED,
    LOADED,
    MUTED,
    NAMES,
    PLAIN,
    SELF,
    UNKNOWN,
    WRITTEN,
    Evaluated,
    Evaluator,
    Use,
    concatenated_all,
    excuse_of_value,
    interned,
    joined,
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
    references_in,
)

_INTERESTING = [
    re.compile(rb"[\"'`%]"),
    *map(re.compile, b"<< require load import __FILE__ __dir__ root read open render send_file glob".split()),
]
"""Apart, because a pattern that begins with a literal takes a tenth of the time."""

REQUIRED = interned(Use(kind=EXECUTES, is_path=True, is_glob=True))
LOADING_PATHS = interned(Use(kind=EXECUTES, is_path=True, is_directory=True))

_REQUIRES = frozenset("require require_relative require_dependency require_or_load autoload".split())
_LOADS = frozenset("load import eval_gemfile instance_eval_file add_import".split())
_COMMANDS = frozenset("sh system exec spawn ruby capture2 capture2e capture3 popen popen3 run".split())
_GUARDS = frozenset("exist? exists? file? directory? readable? size? zero?".split())
_READING = frozenset("open read readlines foreach file load render template partial binread send_file image".split())
_READERS = frozenset("File IO CSV YAML JSON ERB Tilt Psych Marshal Image Roo Pathname Magick MiniMagick Dotenv".split())
_WRITING = frozenset(
    "write binwrite create_file mkdir mkdir_p makedirs rm rm_f rm_r rm_rf remove_dir remove_entry unlink delete "
    "touch".split()
)
_COPYING = frozenset("cp cp_r copy mv move ln ln_s ln_sf install copy_file template".split())
"""Of two paths the second is an output; `template` and `copy_file` are what generators call."""
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
_SAME = frozenset(
    "to_s to_path to_str expand_path realpath cleanpath absolute_path freeze expand realdirpath dup".split()
)
_APPENDS = frozenset("<< push unshift concat append prepend add".split())
PREVIEWED = interned(Use(excuse=Excuse.WATCHED, is_path=True))
_SPEAKERS = frozenset(("logger", "I18n", "flash", "stdout", "stderr"))
_PARSING = frozenset(("new", "parse"))
_OF_PATHS = _SAME | {"join", "parent", "dirname", "+", "/"}
_ENDINGS = ("raise", "abort", "exit")
_TASKS_OF_CONSTANTS = frozenset("new configure setup define start".split())
_OF_FILE = frozenset("join expand_path absolute_path realpath dirname realdirpath path".split())
_KEEPING = frozenset("sort uniq reject select compact flatten map to_a freeze sort_by split tap".split())
_LABELS = frozenset(("hash_key_symbol", "simple_symbol", "string", "constant", "delimited_symbol", "identifier"))
_VARIABLES = frozenset(("identifier", "constant", "instance_variable", "global_variable"))
_COMPARISONS = frozenset("== != =~ !~ === <=> < > <= >=".split())
_VALUES = _SAME | _OF_FILE | frozenset("root pwd getwd __dir__ new Pathname public_path parent + /".split())
"""Methods that return a path or a text."""
_PLAIN_STRING = re.compile(rb"\"([^\"\\#]*)\"|'([^'\\]*)'")
"""A string whose text is what is written."""
_REQUIRING = re.compile(rb"\b(?:require|require_relative|require_dependency|load|import)\b")


def references(content: bytes) -> list[Reference]:
    """Return the references in a Ruby file. Any bytes will do; the time grows with their number."""
    return references_in(content, _Reader(content))


class _Reader(Walker):
    """Read the syntax tree of a Ruby file."""

    language = "ruby"
    interesting = _INTERESTING
    plain_string = _PLAIN_STRING
    statements = frozenset(
        "call assignment operator_assignment body_statement method if unless if_modifier unless_modifier binary then "
        "do_block block conditional element_reference begin case".split()
    )
    transparent = frozenset(
        "array string_array parenthesized_statements then else splat_argument argument_list hash ERROR".split()
    )

    def __init__(self, content: bytes) -> None:
        """Begin with a file."""
        self.globs: list[int] = []
        self.unknown_requires: list[tuple[Node, Scope]] = []
        super().__init__(content)

    def walk(self, root: Node) -> bool:
        """Look at all nodes, then at what is required without a name that is known."""
        is_whole = super().walk(root)
        if self.unknown_requires and not self.globs:  # it may be any Ruby file
            node, self.scope = self.unknown_requires[0]
            self.emit_import("**/*.rb", node, Anchor.PACKAGE, GLOB)
        for index in self.globs if self.unknown_requires else ():  # it is what this file globs
            self.found[index] = replace(self.found[index], kind=EXECUTES)
        self.found = [found for found in self.found if found.how is not MODULE or found.kind is EXECUTES]
        return is_whole

    # Names

    def dotted(self, node: Node | None) -> str:
        """Return ``Rails.env.test?``; an unknown part at the beginning is left out."""
        parts: list[str] = []
        kind = node.type if node is not None else ""
        while node is not None and kind in ("call", "scope_resolution") and len(parts) < 8:
            name, owner = ("method", "receiver") if kind == "call" else ("name", "scope")
            parts.append(self.text_of(node, name))
            node = self.part(node, owner)
            kind = node.type if node is not None else ""
        if kind in _VARIABLES:
            parts.append(self.text(node)[:100])
        return ".".join(reversed(parts))

    def word_of(self, node: Node | None) -> str:
        """Return the text of a symbol, a key or a plain string."""
        if node is None or node.type not in _LABELS or node.end_byte - node.start_byte > 200:
            return ""
        return self.text(node).strip(":\"'")

    # Statements

    def assignment(self, node: Node, use: Use) -> None:
        left, right = self.part(node, "left"), self.part(node, "right")
        if left is None:
            return
        name = self.target_of(left)
        if left.type in ("identifier", "constant", "instance_variable") and node.type == "assignment":
            self.scope.names[name] = self.value_of(right)
        else:
            self.push(self.part(left, "receiver") or self.part(left, "object"))
        self.push(right, self.use_of_search(_use_of_target(name), right))

    def use_of_search(self, use: Use, value: Node | None) -> Use:
        """Return the use of what is put to a search path: Rails skips previews that are missing."""
        return PREVIEWED if use is LOADING_PATHS and value is not None and "preview" in self.text(value)[:300] else use

    def target_of(self, left: Node | None) -> str:
        """Return the dotted name that is assigned to; for ``a["b"]``, with its key."""
        if left is None or left.type != "element_reference":
            return self.dotted(left)
        keys = [self.word_of(child) for child in left.named_children[1:2]]
        return ".".join([self.dotted(self.part(left, "object")), *filter(None, keys)])

    def excuses_of_atom(self, node: Node) -> Excuses:
        if node.end_byte - node.start_byte > 300:
            return NO_EXCUSES
        text = self.text(node)
        if node.type == "call":
            name = self.text_of(node, "method")
            if name in _GUARDS:
                return Excuse.GUARDED, Excuse.NONE
            if ".env." in text and name.endswith("?") and name != "include?":
                return excuses_of_state(name.rstrip("?"))
        if text.startswith("defined?") and excuse_of_task(text) is Excuse.TESTS:
            return Excuse.TESTS, Excuse.NONE
        is_environment = "_ENV" in text or ".env" in text or 'ENV["CI"]' in text
        is_comparison = is_environment and node.type in ("binary", "call", "element_reference")
        return excuses_of_comparison(text) if is_comparison else NO_EXCUSES

    def body(self, node: Node, use: Use) -> None:
        """Statements with their handlers: what comes before a ``rescue`` is guarded by it."""
        children = node.named_children
        scope = self.scope
        for child in children:
            if child.type == "rescue":
                scope = self.guarded(scope, child)
        for child in reversed(children):
            is_inside = child.type not in ("rescue", "else", "ensure")
            self.push(child, use if len(children) == 1 else PLAIN, scope if is_inside else None)

    def guarded(self, scope: Scope, handler: Node) -> Scope:
        """Return the scope of what a ``rescue`` guards, if it does not end in an error after all."""
        body = self.part(handler, "body")
        statements = body.named_children[:50] if body is not None else ()
        if any(self.text(statement)[:8].startswith(_ENDINGS) for statement in statements):
            return scope
        caught = self.text_of(handler, "exceptions")[:300]
        if "LoadError" in caught or "ScriptError" in caught or re.search(r"(?<!\w)Exception", caught):
            scope = replace(scope, excuse_of_imports=Excuse.GUARDED)
        if "ENOENT" in caught or "SystemCallError" in caught or "IOError" in caught:
            scope = replace(scope, excuse_of_loads=Excuse.GUARDED)
        return scope

    def rescued(self, node: Node, use: Use) -> None:
        self.push(self.part(node, "handler"), use)
        self.push(self.part(node, "body"), use, replace(self.scope, excuse_of_loads=Excuse.GUARDED))

    def handler(self, node: Node, use: Use) -> None:
        self.push(self.part(node, "body"))

    def class_definition(self, node: Node, use: Use) -> None:
        above = self.text_of(node, "superclass")[:200]
        is_test = "test" in words_of(above) and not {"test", "case"}.isdisjoint(words_of(above.rpartition("::")[2]))
        self.push(self.part(node, "body"), PLAIN, self.within(Excuse.TESTS if is_test else Excuse.NONE))

    def parameter(self, node: Node, use: Use) -> None:
        self.push(self.part(node, "value"), _use_of_target(self.text_of(node, "name")))

    # Expressions

    def pair(self, node: Node, use: Use) -> None:
        """A pair of a hash: its key says what the value is for; a single word names a file only at a place."""
        named = self.part(node, "key")
        key = self.word_of(named)
        inner = _use_of_key(key, use)
        if inner.takes_words and _PLACES.isdisjoint(words_of(key)):
            inner = interned(replace(inner, takes_words=False))
        self.push(self.part(node, "value"), inner)
        if named is not None and named.type not in _LABELS:
            self.push(named, MUTED)

    def binary(self, node: Node, use: Use) -> None:
        operator = self.text_of(node, "operator")
        if operator in _COMPARISONS:
            self.push_all(node.named_children, MUTED)
        elif operator == "<<":
            left, right = self.part(node, "left"), self.part(node, "right")
            self.push(right, self.use_of_search(_use_of_target(self.target_of(left)), right))
            self.push(left)
        elif operator in ("||", "or", "&&", "and") or not self.emits_value(node, use):
            self.push_all(self.operands(node), use)

    def element(self, node: Node, use: Use) -> None:
        """``Dir["a/*"]`` is a glob; any other subscript names no file."""
        owner = self.part(node, "object")
        others = [child for child in node.named_children if owner is None or child.start_byte != owner.start_byte]
        if owner is not None and self.text(owner)[:20].rpartition("::")[2] in ("Dir", "FileList"):
            self.glob(others, _use_of_glob(use))
        else:
            self.push(owner)
            self.push_all(others, MUTED)

    def glob(self, patterns: list[Node], use: Use) -> None:
        for node in patterns:
            for item in node.named_children if node.type in ("array", "string_array") else [node]:
                before = len(self.found)
                if not self.emits_value(item, use):
                    self.push(item)
                elif not use.excuse:
                    self.globs.extend(range(before, len(self.found)))

    def subshell(self, node: Node, use: Use) -> None:
        self.emit_command([node], node)

    def call(self, node: Node, use: Use) -> None:
        receiver, block = self.part(node, "receiver"), self.part(node, "block")
        arguments = self.part(node, "arguments")
        name, owner = self.text_of(node, "method")[:100], self.dotted(receiver)
        known = [child for child in arguments.named_children if child.type != "comment"] if arguments else []
        if block is not None:
            self.push(block, PLAIN, self.within(self.excuse_of_block(name, owner, known)))
        if receiver is not None and receiver.type in ("array", "string_array") and self.requires(block):
            self.push(receiver, REQUIRED)
        elif not self.special(name, owner, known, node, use):
            if receiver is not None:
                if self.path_method(name, receiver, known, node, use):
                    return
                self.push(receiver, use if name in _KEEPING or use.kind is EXECUTES else PLAIN)
            if owner[:1].isupper() and excuse_of_task(owner) is Excuse.TESTS:
                self.scope = self.within(Excuse.TESTS)
            self.arguments(name, owner, known, use)

    def requires(self, block: Node | None) -> bool:
        """Return True for the block of a loop that requires something, most likely what it goes over."""
        return block is not None and _REQUIRING.search(self.content, block.start_byte, block.end_byte) is not None

    def excuse_of_block(self, name: str, owner: str, known: list[Node]) -> Excuse:
        """Return the excuse that a call gives its block."""
        if name in _TASKS:
            first = known[0] if known else None
            own = excuse_of_task(self.word_of(self.part(first, "key") if first and first.type == "pair" else first))
            return own or (Excuse.TASK if name != "namespace" and not self.scope.excuse else Excuse.NONE)
        if name in _TASKS_OF_CONSTANTS:
            return (excuse_of_task(owner) or excuse_of_task(owner.lower())) if owner[:1].isupper() else Excuse.NONE
        if name == "generators" and owner:
            return Excuse.TOOL
        if name in _BLOCKS_OF_ENVIRONMENTS and known:
            found = [excuses_of_state(self.word_of(child))[0] for child in known if child.type != "pair"]
            return found[0] if found and all(found) else Excuse.NONE
        return Excuse.NONE

    def special(self, name: str, owner: str, known: list[Node], node: Node, use: Use) -> bool:
        """Emit what a call requires, globs or runs; False for any other call."""
        if not known:
            return False
        if name == "layout" and not owner and self.emits_layout(known[0]):
            self.push_all(known[1:], ARGUMENT)
        elif name in _REQUIRES and owner in ("", "Kernel", "self", "Object"):
            self.require(name, known[1] if name == "autoload" and len(known) > 1 else known[0], node)
        elif name in _LOADS and owner in ("", "Kernel", "Rake", "self"):
            self.load(known[0], node)
        elif name == "glob" and owner.rpartition(".")[2] in ("Dir", "Pathname", "FileList"):
            self.glob([child for child in known if child.type != "pair"], _use_of_glob(use))
        elif name == "new" and owner.endswith("FileList"):
            self.glob(known, GLOBBED)
        elif name in _COMMANDS and owner in ("", "Kernel", "Open3", "IO", "Process"):
            self.emit_command([child for child in known if child.type != "pair"], node)
        else:
            return False
        return True

    def require(self, name: str, argument: Node, node: Node) -> None:
        self.unknown = []
        value = self.value_of(argument)
        self.push_all(self.unknown)
        if value is None or not value.text.strip("*/. "):
            self.unknown_requires.append((node, self.scope))
            if value is None and argument.type not in ("identifier", "constant"):
                self.push(argument)
            return
        text = normal(value) if value.is_path or value.base else value.text
        if SELF in text:
            return
        base = value.base
        if not base:
            is_here = name == "require_relative"
            base = Anchor.HERE if is_here else (Anchor.ROOT if text.startswith(".") else Anchor.PACKAGE)
        if UNKNOWN not in text:
            self.emit_import(text, node, base)
            return
        text = f"**/{text[2:]}" if text.startswith("*/") else text
        self.emit_import(text if text.endswith((UNKNOWN, ".rb")) else f"{text}.rb", node, base, GLOB)

    def load(self, argument: Node, node: Node) -> None:
        if self.dotted(argument).startswith("Gem."):
            return  # `Gem.bin_path`: a program of a gem
        if not self.emits_value(argument, REQUIRED):
            if argument.type in ("identifier", "call"):
                self.unknown_requires.append((node, self.scope))
            self.push(argument, REQUIRED)

    def path_method(self, name: str, receiver: Node, known: list[Node], node: Node, use: Use) -> bool:
        """Emit what a method does with the path that it is called on; False if it is not called on a path."""
        if name in _VALUES and self.emits_value(node, use):
            return True
        path = self.value_of(receiver)
        if path is None or not (path.is_path or path.base):
            return False
        if name == "glob" and known:
            if (full := joined(path, self.value_of(known[0]) or Evaluated(UNKNOWN))) is not None:
                before = len(self.found)
                self.emit(full, node, _use_of_glob(use))
                self.globs.extend(range(before, len(self.found)))
            return True
        rows = ((_GUARDS, GUARD), (_LISTING, LISTED), (_WRITING, WRITTEN), (_READING, LOADED))
        self.emit(path, node, next((does for names, does in rows if name in names), use))
        self.push_all(known)
        return True

    def arguments(self, name: str, owner: str, known: list[Node], use: Use) -> None:
        """Give each argument of a call what the call does with it."""
        at, first, others = self.uses_of(name, owner, known, use)
        for index, child in enumerate(known):
            does = first if at in (index, -1) else others
            if child.type == "pair":
                self.keyword(child, name, does if at == -1 else (MUTED if does.is_muted else ARGUMENT))
            else:
                self.push(child, does)

    def emits_layout(self, node: Node | None) -> bool:
        """Emit the layout of Rails that a string names; False for anything else, and for a name with a directory."""
        name = self.word_of(node)
        if node is None or not name.isidentifier():
            return False
        self.emit(Evaluated(f"layouts/{name}"), node, LOADED)
        return True

    def keyword(self, node: Node, name: str, use: Use) -> None:
        key, value = self.word_of(self.part(node, "key")), self.part(node, "value")
        if name in _DEPENDENCIES and key == "path":
            self.push(value, LISTED)
        elif name == "render" or key in ("template", "partial", "layout"):
            reads = key in ("file", "template", "partial", "layout", "body", "json", "inline")
            is_text = reads and value is not None and value.type == "string"
            if not (key == "layout" and is_text and self.emits_layout(value)):
                self.push(value, LOADED if is_text else PLAIN)
        else:
            self.push(value, MUTED if use.is_muted else _use_of_key(key, use))

    def uses_of(self, name: str, owner: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        """Return the position of the argument that matters, what the call does with it, and with all others."""
        last = owner.rpartition(".")[2]
        if (name in _MESSAGES or last in _SPEAKERS) and last not in _READERS:
            return -1, MUTED, MUTED
        if (name in _ROUTES and last not in ("File", "FileUtils")) or name in _MUTED_WHOLE:
            return -1, MUTED, MUTED
        if name in _MUTED_FIRST:
            return 0, MUTED, use if use.kind is not NAMES else ARGUMENT
        if name in _APPENDS and owner:
            return -1, self.use_of_search(_use_of_target(owner), known[0] if known else None), ARGUMENT
        return self.use_of_file_call(name, last, known, use)

    def use_of_file_call(self, name: str, last: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        if name in _GUARDS:
            return 0, GUARD, PLAIN
        if name in _LISTING and last in _LISTERS:
            return 0, LISTED, PLAIN
        if last in ("File", "FileUtils", "IO", "Dir", "") and (name in _WRITING or name in _COPYING):
            return 0, LOADED if name in _COPYING else WRITTEN, WRITTEN if name in _COPYING else PLAIN
        if name in _READING or not _READING.isdisjoint(words_of(name)) or (last in _READERS and name in _PARSING):
            written = name == "open" and len(known) > 1 and self.text(known[1])[1:2] in ("w", "a")
            return 0, WRITTEN if written else LOADED, PLAIN
        return -1, ARGUMENTS[use.excuse], ARGUMENT

    # Evaluation

    def sum(self, values: Sequence[Evaluated]) -> Evaluated | None:
        is_path = values[0].is_path and values[0].base
        return joined_all(values) if is_path else concatenated_all(values)

    def of_name(self, node: Node) -> Evaluated | None:
        name = self.text(node)
        if name == "__FILE__":
            return Evaluated(SELF, Anchor.HERE, True)
        if name == "__dir__":
            return Evaluated("", Anchor.HERE, True)
        return self.scope.names.get(name) or self.module.get(name)

    def of_call(self, node: Node) -> Evaluated | None:
        method = self.text_of(node, "method")
        if method not in _VALUES:
            return None
        receiver, arguments = self.part(node, "receiver"), self.part(node, "arguments")
        items = [child for child in arguments.named_children if child.type != "pair"] if arguments else []
        owner = "" if receiver is None else (self.text(receiver) if receiver.type == "constant" else "?")
        if method == "root" and receiver is not None and not items:
            return Evaluated("", Anchor.ROOT, True)
        if owner in ("File", "Pathname", "Dir", "") and (value := self.of_file_call(method, owner, items)) is not None:
            return value
        if method == "public_path":
            return Evaluated("public", Anchor.ROOT, True) if owner == "Rails" else None
        path = self.value_of(receiver) if method in _OF_PATHS else None
        if path is None or (not path.is_path and not path.base and method not in ("to_s", "freeze", "dup")):
            return None
        if method in ("parent", "dirname"):
            return parent(path)
        return joined_all([path, *map(self.known, items)]) if items else path

    def of_file_call(self, method: str, owner: str, items: list[Node]) -> Evaluated | None:
        """Return the path that a method of ``File`` or ``Pathname`` puts together."""
        if owner == "Dir":
            return Evaluated("", Anchor.ROOT, True) if method in ("pwd", "getwd") else None
        if method == "__dir__" and not owner:
            return Evaluated("", Anchor.HERE, True)
        is_new = (owner == "Pathname" and method in ("new", "pwd")) or (not owner and method == "Pathname")
        if not items or not (is_new or (owner == "File" and method in _OF_FILE)):
            return None
        before = len(self.unknown)
        values = list(map(self.known, items))
        if all(value.text == UNKNOWN and not value.base for value in values):
            del self.unknown[before:]
            return None
        if method == "dirname":
            return parent(values[0])
        if method in ("expand_path", "absolute_path"):
            values = [values[1] if len(values) > 1 else Evaluated("", Anchor.ROOT), values[0]]
        return joined_all(values)

    handlers: ClassVar[Mapping[str, Handler]] = {
        **dict.fromkeys(("assignment", "operator_assignment"), assignment),
        **dict.fromkeys("if unless elsif if_modifier unless_modifier conditional".split(), Walker.if_statement),
        **dict.fromkeys(("begin", "body_statement"), body),
        "rescue": handler,
        "rescue_modifier": rescued,
        **dict.fromkeys(("method", "singleton_method"), Walker.function),
        "class": class_definition,
        **dict.fromkeys(("optional_parameter", "keyword_parameter"), parameter),
        "pattern": Walker.muted,
        **dict.fromkeys("regex comment simple_symbol delimited_symbol symbol_array".split(), Walker.skipped),
        "pair": pair,
        **dict.fromkeys("string bare_string heredoc_body chained_string".split(), Walker.string),
        "binary": binary,
        **dict.fromkeys(("identifier", "constant"), Walker.name),
        "element_reference": element,
        "subshell": subshell,
        "call": call,
    }
    evaluators: ClassVar[Mapping[str, Evaluator]] = {
        **dict.fromkeys("string bare_string subshell heredoc_body".split(), Walker.of_string),
        "chained_string": Walker.of_strings,
        **dict.fromkeys("identifier constant instance_variable file".split(), of_name),
        "binary": Walker.of_binary,
        "call": of_call,
    }


@lru_cache(maxsize=8192)
def _use_of_target(name: str) -> Use:
    """Return what an assignment target, a receiver of ``<<`` or a key says about its value."""
    last = name.rpartition(".")[2]
    words = frozenset(words_of(name))
    if last in _SEARCHED:
        return LOADING_PATHS
    if words & {"preview", "previews"} and words & {"path", "paths"}:
        return PREVIEWED
    if "factory" in words or "factories" in words:
        return interned(Use(excuse=Excuse.TESTS, takes_words=True))
    if last in ("files", "test_files", "executables", "extra_rdoc_files"):
        owner = name.partition(".")[0]
        is_gem = owner in ("s", "spec", "gem", "gemspec") or last != "files"
        return interned(Use(kind=EdgeKind.LOADS, excuse=Excuse.TESTS if is_gem else Excuse.NONE, takes_words=True))
    if (
        words & {"url", "uri", "href", "host", "route", "description", "summary", "homepage", "email"}
        or last in _MUTED_KEYS
    ):
        return MUTED
    excuse = excuse_of_value(last)
    if excuse is Excuse.NONE and "." in name:
        excuse = Excuse.TESTS if excuse_of_name(name) is Excuse.TESTS and words & {"test", "rspec"} else Excuse.NONE
    if "config" in words and "paths" in words:
        return interned(Use(kind=EdgeKind.LOADS, excuse=excuse, is_path=True, is_directory=True))
    if "load" in words and "path" in words:
        return interned(Use(kind=EdgeKind.LOADS, excuse=excuse, is_path=True))
    return interned(Use(excuse=excuse, takes_words=True))


@lru_cache(maxsize=8192)
def _use_of_key(key: str, use: Use) -> Use:
    """Return what a key says about its value, where the hash is used so."""
    if key in _MUTED_KEYS:
        return MUTED
    named = _use_of_target(key) if key else ARGUMENT
    is_loaded = named.kind is NAMES and use.kind is EdgeKind.LOADS
    return interned(replace(named, kind=use.kind)) if is_loaded else named


def _use_of_glob(use: Use) -> Use:
    kind = EXECUTES if use.kind is EXECUTES else EdgeKind.LOADS
    return interned(replace(GLOBBED, excuse=use.excuse, kind=kind))
