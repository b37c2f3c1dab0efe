"""References in Python: imports, dotted names that frameworks import, paths that are opened, served or only named."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, How, Reference
from slugtrim.suggester.harmless import excuse_of_task, words_of
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
    parent,
    references_of_command,
)
from slugtrim.suggester.walking import (
    MAX_DEPTH,
    Handler,
    Scope,
    Walker,
    references_of_rest,
    tree_of,
    within,
)

_IMPORT = re.compile(rb"(?m)^[ \t]*+(from|import)[ \t]++([\w.]++(?:[ \t]*+,[ \t]*+[\w.]++)*+)")
_IMPORTED = re.compile(
    rb"(?m)^[ \t]*+from[ \t]++([\w.]++)[ \t]++import[ \t(]++(\w++(?:[ \t]++as[ \t]++\w++)?(?:[ \t]*+,[ \t]*+\w++)*+)"
)
MAX_LOST = 1000
"""Imports of a broken file whose lines are counted."""
_INTERESTING = re.compile(
    rb"[\"']|import|__file__|autodiscover|(?:open|load|read|send|render|listdir|walk|glob)\w{0,30}\("
)
_LITERAL = re.compile(r"""["']([^"'\n\\]{2,200})["']""")
_HOLE = re.compile(r"\{[^{}]{0,60}\}")
_FORMAT = re.compile(r"%(?:\(\w{1,40}\))?[-+#0-9.]{0,9}[sdrif]")

REGISTERED = Use(kind=EdgeKind.EXECUTES, is_registry=True)
APPS = Use(kind=EdgeKind.EXECUTES, is_registry=True, is_directory=True)
COMMAND = Use(kind=EdgeKind.EXECUTES)
GUARD = Use(excuse=Excuse.GUARDED, is_path=True)
WRITTEN = Use(excuse=Excuse.WRITTEN, is_path=True)
GLOBBED = Use(kind=EdgeKind.LOADS, is_path=True, is_glob=True)


def _table(rows: dict[str, Use | tuple[int, Use]]) -> dict[str, tuple[int, Use]]:
    """Return calls by each of their names, with the position of the argument and what the call does with it."""
    return {
        name: row if isinstance(row, tuple) else (0, row)  # the first argument, if the row does not say which
        for names, row in rows.items()
        for name in names.split()
    }


_CALLS = _table(
    {
        "import_module __import__ import_string import_from_string symbol_by_name include run_module load_object "
        "config_from_object from_object find_modules autodiscover_packages": REGISTERED,
        "run_path execfile from_pyfile": EXECUTED,
        "spec_from_file_location load_source SourceFileLoader": (1, EXECUTED),
        "Popen check_call check_output system popen getoutput getstatusoutput sudo local execv execvp execl execlp "
        "create_subprocess_exec create_subprocess_shell spawn": COMMAND,
        "send_from_directory StaticFiles FileSystemLoader FileSystemStorage WhiteNoise copytree add_files listdir "
        "walk scandir make_archive": LISTED,
        "PackageLoader add_static add_static_route": (1, LISTED),
        "glob iglob rglob": GLOBBED,
        "render TemplateResponse": (1, LOADED),
        "FileResponse get_template select_template FileSystemBytecodeCache url_for static truetype fileConfig "
        "loadtxt genfromtxt fromfile imread connect ExcelFile ZipFile copy copyfile copy2 move symlink": LOADED,
        "exists isfile isdir lexists access": GUARD,
        "makedirs mkdir rmtree remove unlink rmdir savefig to_csv to_excel to_json to_pickle to_parquet "
        "urlretrieve": WRITTEN,
        "find_spec": (0, Use(excuse=Excuse.GUARDED)),
    }
)
_LOADING = frozenset("open read load parse send render template".split())
"""Words in the name of a call that takes a path first: ``read_csv``, ``load_model``, ``Image.open``."""
_METHODS = _table(
    {
        "open read_text read_bytes": LOADED,
        "iterdir walk": LISTED,
        "exists is_file is_dir": GUARD,
        "write_text write_bytes mkdir touch unlink rmdir": WRITTEN,
    }
)
"""What a method does with the path that it is called on."""
_MESSAGES = frozenset(
    "print debug info warning warn error exception critical log echo secho fail abort exit success gettext _ "
    "ugettext gettext_lazy ugettext_lazy ngettext pgettext pprint notice".split()
)
_SPEAKERS = frozenset(("messages", "stdout", "stderr", "warnings"))
_MUTED_WHOLE = frozenset(
    "startswith endswith split rsplit strip lstrip rstrip replace encode decode partition rpartition strptime strftime "
    "compile match fullmatch search findall finditer sub subn isinstance hasattr delattr head options redirect "
    "reverse reverse_lazy index count TypeVar NewType namedtuple has_perm filterwarnings skip skipif".split()
)
_MUTED_FIRST = frozenset(
    "get getattr setattr pop setdefault getenv add_argument add_option option argument Column Field Blueprint "
    "APIRouter Router path re_path url route add_url_rule mount add_route add_api_route Route Mount websocket register "
    "post put patch delete add_resource add_parser config env getlist call_command render_template_string".split()
)
_MUTED_KEYWORDS = frozenset(
    "help description verbose_name verbose_name_plural message msg label title name related_name summary text doc "
    "epilog usage placeholder tags tag encoding mode method methods content_type mimetype media_type id namespace "
    "app_name prefix url_prefix url_path url uri href link endpoint route license author author_email classifiers "
    "keywords long_description_content_type version".split()
)
_REGISTRIES = frozenset(
    "include includes imports module modules settings settings_module default_app_config console_scripts "
    "entry_points gui_scripts worker_class cmdclass".split()
)
_PLACES = frozenset("dirs directories folders".split())
_SERVED = frozenset("directory static_folder template_folder document_root searchpath media_root static_path".split())
_ROOTS = frozenset("BASE_DIR ROOT_DIR PROJECT_ROOT PROJECT_DIR BASEDIR ROOT_PATH SITE_ROOT REPO_ROOT".split())
_SAME = frozenset(
    "Path PurePath PosixPath PurePosixPath abspath realpath normpath normcase expanduser expandvars resolve absolute "
    "str fspath as_posix safe_join unicode".split()
)
_JOINS = frozenset("joinpath child path safe_join".split())
_NO_MODULE = frozenset(("ImportError", "ModuleNotFoundError", "Exception", "BaseException"))
_NO_FILE = frozenset(
    ("FileNotFoundError", "OSError", "IOError", "EnvironmentError", "TemplateDoesNotExist", "TemplateNotFound")
)
_TASKS = frozenset("command task session cli fixture".split())
_ENVIRONMENTS = {
    "test": Excuse.TESTS,
    "tests": Excuse.TESTS,
    "testing": Excuse.TESTS,
    "ci": Excuse.TESTS,
} | dict.fromkeys(("dev", "development", "local", "debug"), Excuse.DEVELOPMENT)
_FILLERS = frozenset("is in running run mode env environment django flask app under settings".split())
_DISCOVERED = {"autodiscover_tasks": "tasks", "autodiscover": "admin"}


def references(content: bytes) -> list[Reference]:
    """Return the references in a Python file. Any bytes will do; the time grows with their number."""
    root = tree_of(content, "python")
    reader = _Reader(content)
    end = reader.read(root) if root is not None else 0
    found = [*reader.found]
    if root is not None and root.has_error:  # what the tree lost: imports, strings
        end = 0
        for match in _IMPORTED.finditer(content):
            module = match[1].decode("utf-8", "surrogateescape")
            base = Anchor.HERE if module.startswith(".") else Anchor.PACKAGE
            line = content.count(b"\n", 0, match.start()) + 1 if len(found) < MAX_LOST else 1
            for name in match[2].decode("utf-8", "surrogateescape").split(","):
                text = module + ("" if module.endswith(".") else ".") + name.split(" as ")[0].strip()
                found.append(Reference(text, line, How.MODULE, EdgeKind.EXECUTES, base))
    known = {reference.text for reference in found} if end == 0 else set()
    rest = references_of_rest(content, end, _IMPORT, b"")
    return list(dict.fromkeys([*found, *(reference for reference in rest if reference.text not in known)]))


@lru_cache(maxsize=2048)
def _use_of_name(name: str) -> Use:
    """Return what a keyword, a key of a dictionary or an assignment target says about its value."""
    words = frozenset(words_of(name))
    if name in _MUTED_KEYWORDS or (words & {"url", "urls", "uri", "href", "route", "email"} and "paths" not in words):
        return MUTED
    excuse = excuse_of_value(name)
    is_constant = name.isupper()
    if "apps" in words and is_constant:
        return Use(kind=EdgeKind.EXECUTES, excuse=excuse, is_registry=True, is_directory=True, takes_words=True)
    if name in _REGISTRIES:
        return Use(kind=EdgeKind.NAMES, excuse=excuse, is_registry=True, takes_words=True)
    if words & _PLACES or name.lower() in _SERVED:
        return Use(kind=EdgeKind.LOADS, excuse=excuse, is_path=True, is_directory=True)
    if words & {"template", "templates"}:
        return Use(kind=EdgeKind.LOADS, excuse=excuse, takes_words=True, is_registry=is_constant)
    return Use(excuse=excuse, takes_words=True, is_registry=is_constant)


class _Reader(Walker):
    """Walk a syntax tree from the top, with a stack; a context goes down with each node."""

    def read(self, root: Node) -> int:
        """Find the references below a node; return the first byte that is not looked at."""
        self.handlers = _HANDLERS
        return self.walk(root, _INTERESTING, _STATEMENTS, _TRANSPARENT)

    def emit_module(self, text: str, node: Node, scope: Scope, base: Anchor) -> None:
        self.emit_import(Reference(text, line_of(node), How.MODULE, EdgeKind.EXECUTES, base), scope)

    def emit_pattern(self, pattern: str, node: Node, scope: Scope, base: Anchor) -> None:
        """Emit a module of which a part is unknown, as a glob over its files."""
        for text in (pattern,) if pattern.endswith("**") else (f"{pattern}.py", f"{pattern}/__init__.py"):
            self.emit_import(Reference(text, line_of(node), How.GLOB, EdgeKind.EXECUTES, base), scope)

    # Statements

    def import_statement(self, node: Node, scope: Scope, use: Use) -> None:
        for name in node.children_by_field_name("name"):
            text = self.text(name.child_by_field_name("name") if name.type == "aliased_import" else name)
            self.emit_module("".join(text.split()), node, scope, Anchor.PACKAGE)

    def import_from(self, node: Node, scope: Scope, use: Use) -> None:
        module = "".join(self.text(node.child_by_field_name("module_name")).split())
        if not module:
            return
        base = Anchor.HERE if module.startswith(".") else Anchor.PACKAGE
        self.emit_module(module, node, scope, base)
        for name in node.children_by_field_name("name"):
            text = self.text(name.child_by_field_name("name") if name.type == "aliased_import" else name)
            self.emit_module(module + ("" if module.endswith(".") else ".") + text, node, scope, base)

    def expression_statement(self, node: Node, scope: Scope, use: Use) -> None:
        children = node.named_children
        if len(children) == 1 and children[0].type in ("string", "concatenated_string"):
            return  # a docstring
        self.push_all(children, scope, PLAIN)

    def assignment(self, node: Node, scope: Scope, use: Use) -> None:
        left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
        if right is None:
            return
        name = self.target_of(left)
        inner = _use_of_name(name)
        if use.excuse is not Excuse.NONE and inner.excuse is Excuse.NONE:
            inner = replace(inner, excuse=use.excuse)
        if name == "__all__":
            inner = MUTED
        if left is not None and left.type == "identifier" and node.type == "assignment":
            value = self.value_of(right, scope, [], 0)
            scope.names[name] = value
        elif left is not None and left.type in ("pattern_list", "tuple_pattern"):
            inner = ARGUMENT
        if left is not None and left.type == "subscript":
            self.push(left.child_by_field_name("value"), scope, PLAIN)
        self.push(right, scope, inner)

    def target_of(self, left: Node | None) -> str:
        if left is None:
            return ""
        if left.type == "subscript":
            key = left.child_by_field_name("subscript")
            return self.key_of(key) or self.dotted(left.child_by_field_name("value")).rpartition(".")[2]
        return self.dotted(left).rpartition(".")[2]

    def key_of(self, node: Node | None) -> str:
        return self.text(node).strip("\"'") if node is not None and node.type == "string" else ""

    def if_statement(self, node: Node, scope: Scope, use: Use) -> None:
        condition = node.child_by_field_name("condition")
        yes, no = self.excuses_of_condition(condition)
        self.push(condition, scope, MUTED)
        self.push(node.child_by_field_name("consequence"), within(scope, yes), PLAIN)
        alternatives = node.children_by_field_name("alternative")
        self.push_all(alternatives, within(scope, no), PLAIN)

    def conditional_expression(self, node: Node, scope: Scope, use: Use) -> None:
        parts = node.named_children
        if len(parts) != 3:
            self.push_all(parts, scope, use)
            return
        yes, no = self.excuses_of_condition(parts[1])
        self.push(parts[1], scope, MUTED)
        self.push(parts[0], within(scope, yes), use)
        self.push(parts[2], within(scope, no), use)

    def excuses_of_condition(self, node: Node | None) -> tuple[Excuse, Excuse]:
        """Return the excuses of what runs if the condition is true, and if it is false."""
        swapped = False
        for _ in range(MAX_DEPTH):
            if node is None:
                return Excuse.NONE, Excuse.NONE
            if node.type == "not_operator":
                node, swapped = node.child_by_field_name("argument"), not swapped
            elif node.type == "parenthesized_expression" and node.named_child_count == 1:
                node = node.named_children[0]
            else:
                break
        if node is None:
            return Excuse.NONE, Excuse.NONE
        pair = self._excuses_of_parts(node) if node.type == "boolean_operator" else self._excuses_of_atom(node)
        return (pair[1], pair[0]) if swapped else pair

    def _excuses_of_parts(self, node: Node) -> tuple[Excuse, Excuse]:
        operator = self.text(node.child_by_field_name("operator"))
        pairs: list[tuple[Excuse, Excuse]] = []
        current: Node | None = node
        while current is not None and current.type == "boolean_operator" and len(pairs) < 16:
            if self.text(current.child_by_field_name("operator")) != operator:
                break
            right = current.child_by_field_name("right")
            if right is not None and right.type != "boolean_operator":
                pairs.append(self._excuses_of_negated(right))
            else:
                pairs.append((Excuse.NONE, Excuse.NONE))
            current = current.child_by_field_name("left")
        if current is not None:
            pairs.append(
                self._excuses_of_negated(current) if current.type != "boolean_operator" else (Excuse.NONE,) * 2
            )
        yes, no = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
        if operator == "and":
            return max(yes), (min(no) if all(no) else Excuse.NONE)
        return (min(yes) if all(yes) else Excuse.NONE), max(no)

    def _excuses_of_negated(self, node: Node) -> tuple[Excuse, Excuse]:
        if node.type == "not_operator":
            argument = node.child_by_field_name("argument")
            yes, no = self._excuses_of_atom(argument) if argument is not None else (Excuse.NONE, Excuse.NONE)
            return no, yes
        return self._excuses_of_atom(node)

    def _excuses_of_atom(self, node: Node) -> tuple[Excuse, Excuse]:
        if node.type == "call":
            name = self.dotted(node.child_by_field_name("function")).rpartition(".")[2]
            if _CALLS.get(name, (0, PLAIN))[1] is GUARD or name in ("is_file", "is_dir", "find_spec"):
                return Excuse.GUARDED, Excuse.NONE
            first = self.first_literal(node.child_by_field_name("arguments"))
            return _environment(first or name), Excuse.NONE
        if node.type in ("identifier", "attribute"):
            return _environment(self.dotted(node).rpartition(".")[2]), Excuse.NONE
        if node.type == "subscript":
            return _environment(self.key_of(node.child_by_field_name("subscript"))), Excuse.NONE
        if node.type == "comparison_operator":
            return self._excuses_of_comparison(node)
        return Excuse.NONE, Excuse.NONE

    def _excuses_of_comparison(self, node: Node) -> tuple[Excuse, Excuse]:
        text = self.text(node)
        if len(text) > 200:
            return Excuse.NONE, Excuse.NONE
        literals = [literal[1].lower() for literal in _LITERAL.finditer(text)]
        is_environment = "argv" in text or bool(
            frozenset(words_of(text)) & {"env", "environ", "environment", "settings"}
        )
        if not is_environment or not literals:
            return Excuse.NONE, Excuse.NONE
        found = [_ENVIRONMENTS.get(literal, Excuse.NONE) for literal in literals]
        known = [excuse for excuse in found if excuse is not Excuse.NONE]
        excuse = known[0] if known and (len(known) == len(found) or len(known) == 1) else Excuse.NONE
        if "prod" in text:
            excuse = Excuse.DEVELOPMENT if "!=" in text or "not in" in text else Excuse.NONE
            return excuse, (Excuse.DEVELOPMENT if excuse is Excuse.NONE and "==" in text else Excuse.NONE)
        return (Excuse.NONE, excuse) if "!=" in text or "not in" in text else (excuse, Excuse.NONE)

    def first_literal(self, arguments: Node | None) -> str:
        for child in arguments.named_children[:1] if arguments is not None else ():
            return self.key_of(child)
        return ""

    def try_statement(self, node: Node, scope: Scope, use: Use) -> None:
        caught: set[str] = set()
        for child in node.named_children:
            if child.type == "except_clause" and not self.raises(child):
                caught |= self.caught(child)
        body = scope
        if caught & _NO_MODULE or "" in caught:
            body = replace(body, excuse_of_imports=Excuse.GUARDED)
        if caught & _NO_FILE:
            body = replace(body, excuse_of_loads=Excuse.GUARDED)
        for child in reversed(node.named_children):
            self.push(child, body if child.type == "block" else scope, PLAIN)

    def except_clause(self, node: Node, scope: Scope, use: Use) -> None:
        self.push_all([child for child in node.named_children if child.type == "block"], scope, PLAIN)

    def decorated(self, node: Node, scope: Scope, use: Use) -> None:
        is_task = False
        for child in node.named_children:
            if child.type == "decorator":
                words = words_of(self.text(child)[:200].partition("(")[0])
                is_task = is_task or bool(frozenset(words) & _TASKS)
                self.push(child, scope, PLAIN)
        definition = node.child_by_field_name("definition")
        if definition is not None and is_task:
            name = self.text(definition.child_by_field_name("name"))
            scope = within(scope, excuse_of_task(name))
        self.push(definition, scope, PLAIN)

    def function(self, node: Node, scope: Scope, use: Use) -> None:
        name = self.text(node.child_by_field_name("name"))
        if name.startswith("test_"):
            scope = within(scope, Excuse.TESTS)
        inner = replace(scope, names={})
        parameters = node.child_by_field_name("parameters")
        for child in parameters.named_children if parameters is not None else ():
            named = child.child_by_field_name("name") or child
            if named.type == "identifier":
                inner.names[self.text(named)] = None
        self.push(node.child_by_field_name("body"), inner, PLAIN)
        self.push(parameters, scope, PLAIN)

    def class_definition(self, node: Node, scope: Scope, use: Use) -> None:
        name = self.text(node.child_by_field_name("name"))
        bases = node.child_by_field_name("superclasses")
        if self.runs_tests(name, bases):
            scope = within(scope, Excuse.TESTS)
        self.push(node.child_by_field_name("body"), scope, PLAIN)
        self.push(bases, scope, PLAIN)

    def parameter(self, node: Node, scope: Scope, use: Use) -> None:
        name = self.text(node.child_by_field_name("name"))
        self.push(node.child_by_field_name("value"), scope, _use_of_name(name))

    def raised(self, node: Node, scope: Scope, use: Use) -> None:
        for child in node.named_children:
            self.push(child.child_by_field_name("arguments") if child.type == "call" else child, scope, MUTED)

    def compared(self, node: Node, scope: Scope, use: Use) -> None:
        self.push_all(node.named_children, scope, MUTED)

    def skipped(self, node: Node, scope: Scope, use: Use) -> None:
        """Types, patterns of ``match``, comments."""

    # Expressions

    def pair(self, node: Node, scope: Scope, use: Use) -> None:
        key = self.key_of(node.child_by_field_name("key"))
        named = _use_of_name(key) if key else PLAIN
        excuse = merged(named.excuse, use.excuse)
        if named.is_muted:
            inner = named
        elif named.kind is not EdgeKind.NAMES or use.kind is EdgeKind.NAMES:
            words = named.is_directory or use.is_directory or "dir" in words_of(key)
            inner = replace(named, excuse=excuse, takes_words=words, is_registry=named.is_registry or use.is_registry)
        else:
            inner = replace(use, excuse=excuse)
        self.push(node.child_by_field_name("value"), scope, inner)

    def keyword(self, node: Node, scope: Scope, use: Use) -> None:
        name = self.text(node.child_by_field_name("name"))
        named = _use_of_name(name)
        if use.is_muted and not named.is_directory:
            named = MUTED
        elif use.kind is not EdgeKind.NAMES and named.kind is EdgeKind.NAMES and not named.is_muted:
            named = replace(named, kind=use.kind if use.kind is EdgeKind.LOADS else EdgeKind.NAMES)
        self.push(node.child_by_field_name("value"), scope, named)

    def subscript(self, node: Node, scope: Scope, use: Use) -> None:
        if self.evaluated(node, scope, use):
            return
        self.push(node.child_by_field_name("value"), scope, PLAIN)
        self.push_all(node.children_by_field_name("subscript"), scope, MUTED)

    def expression(self, node: Node, scope: Scope, use: Use) -> None:
        if not self.evaluated(node, scope, use):
            self.push_all(self.operands(node), scope, use)

    def attribute(self, node: Node, scope: Scope, use: Use) -> None:
        if not self.evaluated(node, scope, use):
            self.push(node.child_by_field_name("object"), scope, PLAIN)

    def name(self, node: Node, scope: Scope, use: Use) -> None:
        if use.kind is not EdgeKind.NAMES and (value := self.value_of(node, scope, [], 0)) is not None:
            self.emit(value, node, scope, use)

    def evaluated(self, node: Node, scope: Scope, use: Use) -> bool:
        """Emit the value of an expression, if it has one, and look at the parts that are unknown."""
        unknown: list[Node] = []
        value = self.value_of(node, scope, unknown, 0)
        if value is None:
            return False
        self.emit(value, node, scope, use)
        self.push_all(unknown, scope, MUTED if use.is_muted else PLAIN)
        return True

    def call(self, node: Node, scope: Scope, use: Use) -> None:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        if arguments is None or function is None:
            self.push_all(node.named_children, scope, PLAIN)
            return
        dotted = self.dotted(function)
        receiver, _, last = dotted.rpartition(".")
        if function.type == "attribute":
            path = self.value_of(function.child_by_field_name("object"), scope, [], 0)
            if path is not None and (path.is_path or path.base is not Anchor.ANY) and last not in _SAME | _JOINS:
                self.method(path, last, node, scope, use)
                return
        if self.is_value(last, receiver) and self.evaluated(node, scope, use):
            return
        if function.type != "identifier":
            self.push(function.child_by_field_name("object") or function, scope, PLAIN)
        self.arguments(last, receiver, node, arguments, scope, use)

    @staticmethod
    def is_value(last: str, receiver: str) -> bool:
        return last in _VALUES or not last or (last == "join" and "path" in receiver) or last in _ROOTS

    def method(self, path: Evaluated, last: str, node: Node, scope: Scope, use: Use) -> None:
        """Emit what a method does with the path that it is called on."""
        arguments = node.child_by_field_name("arguments")
        known = [child for child in arguments.named_children if child.type != "comment"] if arguments else []
        function = node.child_by_field_name("function")
        line = function if function is not None else node
        if last in ("glob", "rglob") and known:
            pattern = self.value_of(known[0], scope, [], 0) or Evaluated(UNKNOWN)
            full = joined(path, Evaluated(f"**/{pattern.text}" if last == "rglob" else pattern.text))
            if full is not None:
                self.emit(full, line, scope, GLOBBED)
            return
        if (value := self.value_of(node, scope, [], 0)) is not None:
            self.emit(value, line, scope, use)
            return
        does = _METHODS.get(last, (0, use))[1]
        if last == "open" and self.writes([node, *known]):
            does = WRITTEN
        self.emit(path, line, scope, does)
        self.push_all(known, scope, PLAIN if last in _METHODS else ARGUMENT)

    def arguments(self, last: str, receiver: str, node: Node, arguments: Node, scope: Scope, use: Use) -> None:
        """Give each argument of a call what the call does with it."""
        known = [child for child in arguments.named_children if child.type != "comment"]
        if last in ("import_module", "__import__"):
            self.dynamic_import(known, node, scope)
            return
        if self.discovers(last, known, node, scope) or self.sends(last, known, node, scope):
            return
        at, first, others = self.uses_of(last, receiver, known, use)
        positional = 0
        later: list[tuple[Node, Scope, Use]] = []
        for child in known:
            if child.type == "keyword_argument":
                later.append((child, scope, others if others.is_muted or first.kind is EdgeKind.NAMES else first))
                continue
            does = first if positional == at else others
            positional += 1
            if does is COMMAND or (first is COMMAND and positional > at):
                self.command(child, scope)
            else:
                later.append((child, scope, does))
        self.stack.extend(reversed(later))

    def uses_of(self, last: str, receiver: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        """Return the position of the argument that matters, what the call does with it, and with all others."""
        where = receiver.rpartition(".")[2].lower()
        if last in _MESSAGES or where in _SPEAKERS or "log" in words_of(where)[-1:] or last in _MUTED_WHOLE:
            return 0, MUTED, MUTED
        if last in ("run", "call") and ("subprocess" in receiver or where in ("c", "ctx", "context", "conn", "")):
            return 0, COMMAND, ARGUMENT
        if last == "run":
            return 0, REGISTERED, ARGUMENT
        if last in _CALLS and not (last in ("glob", "iglob", "rglob") and receiver and where != "glob"):
            at, does = _CALLS[last]
            return at, does, ARGUMENT if does.kind is EdgeKind.NAMES else PLAIN
        if last in _MUTED_FIRST:
            if last in ("setdefault", "getenv", "get") and known and "MODULE" in self.key_of(known[0]):
                return 0, MUTED, REGISTERED
            return 0, MUTED, use if use.kind is not EdgeKind.NAMES else ARGUMENT
        return self.use_by_words(last, known, use)

    def use_by_words(self, last: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        """Return the same for a call that no table has, by the words of its name."""
        words = frozenset(words_of(last))
        if words & _LOADING:
            written = last == "open" and self.writes(known)
            return 0, WRITTEN if written else LOADED, PLAIN
        if excuse_of_value(last) is Excuse.WRITTEN or words & {"save", "write"}:
            return 0, WRITTEN, ARGUMENT
        return -1, ARGUMENT, replace(ARGUMENT, excuse=use.excuse) if use.excuse else ARGUMENT

    def command(self, node: Node, scope: Scope) -> None:
        """Emit what a command runs: a string, or a list of words."""
        items = node.named_children if node.type in ("list", "tuple") else [node]
        words: list[str] = []
        for item in items[:200]:
            if item.type == "keyword_argument" or (value := self.value_of(item, scope, [], 0)) is None:
                words.append("")
                self.push(item, scope, PLAIN)
            elif value.base is not Anchor.ANY:
                self.emit(value, item, scope, EXECUTED)
                words.append("x")
            else:
                words.extend([value.text] if node.type in ("list", "tuple") else value.text.split())
        if words and any(words):
            self.found.extend(references_of_command(words, replace(COMMAND, excuse=scope.excuse), line_of(node)))

    def dynamic_import(self, known: list[Node], node: Node, scope: Scope) -> None:
        """Emit the module that is imported by name, or all that it may be."""
        name = self.value_of(known[0], scope, [], 0) if known else None
        text = name.text if name is not None else UNKNOWN
        package = self.value_of(known[1], scope, [], 0) if len(known) > 1 and text.startswith(".") else None
        if package is not None and not package.is_path:
            text = package.text + text
        base = Anchor.HERE if text.startswith(".") else Anchor.PACKAGE
        if UNKNOWN not in text:
            self.emit_module(text, node, scope, base)
            return
        path = text.lstrip(".").replace(".", "/")
        head, _, end = path.rpartition("/")
        if UNKNOWN in end:
            pattern = (
                f"{head}/**" if head else ("**" if end.startswith(UNKNOWN) else f"{end.partition(UNKNOWN)[0]}*/**")
            )
            if not end.startswith(UNKNOWN) and head:
                pattern = path.rstrip(UNKNOWN) + "*"
        else:
            pattern = "**" + path.lstrip(UNKNOWN) if path.startswith(UNKNOWN) else path
        self.emit_pattern(pattern, node, scope, base)
        self.push_all(known[1:], scope, PLAIN)

    def discovers(self, last: str, known: list[Node], node: Node, scope: Scope) -> bool:
        """Emit what a framework imports from every package: ``tasks.py``, ``admin.py``."""
        if last == "autodiscover_modules":
            modules = [text for child in known if (text := self.key_of(child))]
        elif last in _DISCOVERED:
            modules = [_DISCOVERED[last]]
            if known and known[0].type == "list":
                self.push(known[0], scope, APPS)
        else:
            return False
        for module in modules:
            self.emit_pattern(f"**/{module}", node, scope, Anchor.PACKAGE)
        return True

    def sends(self, last: str, known: list[Node], node: Node, scope: Scope) -> bool:
        """Emit the file that is sent from a directory; all of the directory if the file is unknown."""
        if last != "send_from_directory" or len(known) < 2:
            return False
        directory, file = (self.value_of(child, scope, [], 0) for child in known[:2])
        if directory is None or file is None or UNKNOWN in file.text:
            if directory is not None:
                self.emit(directory, node, scope, LISTED)
            elif file is not None:
                self.emit(file, node, scope, LOADED)
            return True
        if (full := joined(directory, file)) is not None:
            self.emit(full, node, scope, LOADED)
        return True

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
        value: Evaluated | None = Evaluated("")
        for child in node.named_children:
            if child.type == "string_content":
                piece = Evaluated(self.unescaped(child))
            elif child.type == "interpolation":
                inner = child.child_by_field_name("expression")
                piece = self.known(inner, scope, unknown, depth) if inner is not None else Evaluated(UNKNOWN)
            else:
                continue
            value = (
                (concatenated(value, piece) if value.text or value.base is not Anchor.ANY else piece) if value else None
            )
            if value is None:
                return (
                    Evaluated(self.text(node)[3:-3]) if len(self.text(node)) > 8 else None
                )  # a long text: its words count
        return value

    def of_strings(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        return self.sum(
            [self.known(child, scope, unknown, depth) for child in node.named_children if child.type == "string"]
        )

    @staticmethod
    def sum(values: Iterable[Evaluated]) -> Evaluated | None:
        result: Evaluated | None = Evaluated("")
        for value in values:
            result = concatenated(result, value) if result is not None and (result.text or result.base) else value
            if result is None:
                return None
        return result

    def of_name(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        name = self.text(node)
        if name == "__file__":
            return Evaluated(SELF, Anchor.HERE, True)
        if name in scope.names:
            return scope.names[name]
        if scope.names is not self.module and name in self.module:
            return self.module[name]
        return Evaluated("", Anchor.ROOT, True) if name in _ROOTS else None

    def of_attribute(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        attribute = self.text(node.child_by_field_name("attribute"))
        if attribute == "parent":
            value = self.value_of(node.child_by_field_name("object"), scope, unknown, depth)
            return parent(value) if value is not None else None
        if attribute in _ROOTS:
            return Evaluated("", Anchor.ROOT, True)
        return {
            "os.curdir": Evaluated("", Anchor.ROOT, True),
            "os.sep": Evaluated("/"),
            "os.path.sep": Evaluated("/"),
            "os.pardir": Evaluated(".."),
        }.get(self.dotted(node))

    def of_subscript(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        owner, key = node.child_by_field_name("value"), self.text(node.child_by_field_name("subscript"))
        if owner is None or owner.type != "attribute" or self.text(owner.child_by_field_name("attribute")) != "parents":
            return None
        value = self.value_of(owner.child_by_field_name("object"), scope, unknown, depth)
        return parent(value, int(key) + 1) if value is not None and len(key) < 3 and key.isdecimal() else None

    def of_binary(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        operator = self.text(node.child_by_field_name("operator"))
        if operator not in ("+", "/", "%", "-"):
            return None
        operands = self.operands(node)
        if len(operands) > 64:
            return None
        mine: list[Node] = []
        values = [self.value_of(operand, scope, mine, depth) for operand in operands]
        if all(value is None for value in values):
            return None
        if operator == "-":
            return self.climbed(values[0], self.text(operands[1]))
        first = values[0]
        if (
            operator == "/"
            and not (first and (first.is_path or first.base))
            and not any(v and v.text for v in values[1:])
        ):
            return None
        unknown.extend(mine)
        unknown.extend(operand for operand, value in zip(operands, values, strict=True) if value is None)
        full = [value if value is not None else Evaluated(UNKNOWN) for value in values]
        if operator == "%":
            return replace(full[0], text=_FORMAT.sub(UNKNOWN, full[0].text)) if first is not None else None
        if operator == "+":
            return self.sum(full)
        return self.join(full)

    @staticmethod
    def climbed(value: Evaluated | None, count: str) -> Evaluated | None:
        """``environ.Path(__file__) - 2`` is the directory two levels above."""
        return parent(value, int(count)) if value and value.is_path and len(count) == 1 and count.isdecimal() else None

    @staticmethod
    def join(values: Sequence[Evaluated]) -> Evaluated | None:
        result: Evaluated | None = replace(values[0], is_path=True) if values else None
        for value in values[1:]:
            result = joined(result, value) if result is not None else None
        return result

    def of_parentheses(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        children = node.named_children
        return self.value_of(children[0], scope, unknown, depth) if len(children) == 1 else None

    def of_call(self, node: Node, scope: Scope, unknown: list[Node], depth: int) -> Evaluated | None:
        function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
        receiver, _, last = self.dotted(function).rpartition(".")
        if function is None or arguments is None or (last not in _VALUES and last not in _ROOTS):
            return None
        items = [child for child in arguments.named_children if child.type not in ("keyword_argument", "comment")]
        owner = function.child_by_field_name("object") if function.type == "attribute" else None
        if last == "format":
            value = self.value_of(owner, scope, unknown, depth)
            unknown.extend(items)
            return replace(value, text=_HOLE.sub(UNKNOWN, value.text)) if value is not None else None
        if last in ("getcwd", "cwd"):
            return Evaluated("", Anchor.ROOT, True)
        if last in ("files", "resource_filename"):
            return self.join(
                [Evaluated("", Anchor.HERE), *(self.known(item, scope, unknown, depth) for item in items[1:])]
            )
        if last in ("dirname", "ancestor"):
            value = self.value_of(items[0] if last == "dirname" and items else owner, scope, unknown, depth)
            return parent(value) if value is not None else None
        return self.of_joining_call(last, receiver, owner, items, scope, unknown, depth)

    def of_joining_call(
        self,
        last: str,
        receiver: str,
        owner: Node | None,
        items: list[Node],
        scope: Scope,
        unknown: list[Node],
        depth: int,
    ) -> Evaluated | None:
        """Return the path that a call puts together from its receiver and its arguments."""
        mine: list[Node] = []
        parts: list[Evaluated] = []
        if last in _ROOTS:
            parts.append(Evaluated("", Anchor.ROOT))
        elif last == "join" and not receiver.endswith("path"):
            return None
        elif last != "safe_join" and (last in _JOINS or (last in _SAME and not items)):
            head = self.value_of(owner, scope, mine, depth)
            if head is None or not (head.is_path or head.base):
                return Evaluated("", Anchor.ROOT, True) if last.endswith("Path") and not items else None
            parts.append(head)
        parts.extend(self.known(item, scope, mine, depth) for item in items)
        if all(part.text == UNKNOWN and part.base is Anchor.ANY for part in parts):
            return None
        unknown.extend(mine)
        full = self.join(parts)
        is_text = full is not None and full.base is Anchor.ANY and last in ("str", "unicode")
        return replace(full, is_path=False) if full is not None and is_text else full

    # Helpers

    def dotted(self, node: Node | None) -> str:
        """Return ``a.b.c``; an unknown part at the beginning is left out: ``f().b.c`` is ``.b.c``."""
        parts: list[str] = []
        while node is not None and node.type == "attribute" and len(parts) < 8:
            parts.append(self.text(node.child_by_field_name("attribute")))
            node = node.child_by_field_name("object")
        parts.append(self.text(node) if node is not None and node.type == "identifier" else "")
        return ".".join(reversed(parts))

    def operands(self, node: Node) -> list[Node]:
        """Return the operands of a chain of one operator, however long: ``a + b + c``."""
        if node.type != "binary_operator":
            return node.named_children
        operator = self.text(node.child_by_field_name("operator"))
        operands: list[Node] = []
        current: Node | None = node
        while (
            current is not None
            and current.type == "binary_operator"
            and self.text(current.child_by_field_name("operator")) == operator
        ):
            if (right := current.child_by_field_name("right")) is not None:
                operands.append(right)
            current = current.child_by_field_name("left")
        if current is not None:
            operands.append(current)
        return operands[::-1]

    def unescaped(self, content: Node) -> str:
        """Return the text of a part of a string; a backslash and its character are that character or a blank."""
        text = self.text(content)
        if "\\" not in text or content.child_count == 0:
            return text
        return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nrt" else found[1], text, flags=re.DOTALL)

    def writes(self, arguments: list[Node]) -> bool:
        """Return True if the mode of ``open`` creates the file."""
        for child in arguments[1:4]:
            text = self.text(child.child_by_field_name("value") if child.type == "keyword_argument" else child)
            if len(text) <= 6 and text[:1] in "\"'" and text[1:2] in ("w", "a", "x") and text.strip("\"'wabxt+") == "":
                return True
        return False

    def raises(self, clause: Node) -> bool:
        """Return True if a handler ends in an error after all."""
        for block in clause.named_children:
            if block.type == "block":
                for statement in block.named_children[:50]:
                    if statement.type == "raise_statement" or self.text(statement)[:20].startswith(
                        ("sys.exit(", "exit(")
                    ):
                        return True
        return False

    def caught(self, clause: Node) -> set[str]:
        """Return the names of the exceptions that a handler catches; the empty name is any exception."""
        head = self.text(clause)[:300].partition(":")[0].removeprefix("except")
        return {name.rpartition(".")[2] for name in re.findall(r"[\w.]+", head.partition(" as ")[0])} or {""}

    def runs_tests(self, name: str, bases: Node | None) -> bool:
        """Return True for a class of tests, or a command that runs them."""
        for base in bases.named_children[:10] if bases is not None else ():
            words = words_of(self.dotted(base).rpartition(".")[2])
            if "test" in words and frozenset(words) & {"case", "command", "runner", "suite"}:
                return True
        return words_of(name)[:1] == ("test",) and bool(words_of(name)[1:]) and bases is None


@lru_cache(maxsize=1024)
def _environment(name: str) -> Excuse:
    """Return what a variable that is true says about the environment: ``TESTING``, ``settings.DEBUG``, ``is_test``."""
    if name == "TYPE_CHECKING":
        return Excuse.DEVELOPMENT
    if name in ("test", "local", "ci", "tests", "dev"):
        return Excuse.NONE
    words = [word for word in words_of(name) if word not in _FILLERS]
    return _ENVIRONMENTS.get(words[0], Excuse.NONE) if len(words) == 1 else Excuse.NONE


_VALUES = _SAME | _JOINS | frozenset("join dirname format getcwd cwd files resource_filename ancestor".split())
_STATEMENTS = frozenset(
    "expression_statement return_statement block function_definition if_statement elif_clause for_statement call list "
    "while_statement binary_operator attribute comparison_operator subscript boolean_operator not_operator".split()
)
_TRANSPARENT = frozenset(
    "list tuple set dictionary parenthesized_expression list_splat argument_list boolean_operator await "
    "expression_list list_comprehension named_expression as_pattern ERROR".split()
)
_HANDLERS: dict[str, Handler] = {
    "import_statement": _Reader.import_statement,
    "import_from_statement": _Reader.import_from,
    "future_import_statement": _Reader.skipped,
    "expression_statement": _Reader.expression_statement,
    "assignment": _Reader.assignment,
    "augmented_assignment": _Reader.assignment,
    "if_statement": _Reader.if_statement,
    "elif_clause": _Reader.if_statement,
    "conditional_expression": _Reader.conditional_expression,
    "try_statement": _Reader.try_statement,
    "except_clause": _Reader.except_clause,
    "decorated_definition": _Reader.decorated,
    "function_definition": _Reader.function,
    "class_definition": _Reader.class_definition,
    "default_parameter": _Reader.parameter,
    "typed_default_parameter": _Reader.parameter,
    "raise_statement": _Reader.raised,
    "assert_statement": _Reader.compared,
    "comparison_operator": _Reader.compared,
    "case_pattern": _Reader.skipped,
    "type": _Reader.skipped,
    "comment": _Reader.skipped,
    "integer": _Reader.skipped,
    "pair": _Reader.pair,
    "keyword_argument": _Reader.keyword,
    "subscript": _Reader.subscript,
    "string": _Reader.expression,
    "concatenated_string": _Reader.expression,
    "binary_operator": _Reader.expression,
    "attribute": _Reader.attribute,
    "identifier": _Reader.name,
    "call": _Reader.call,
}
_Evaluator = Callable[[_Reader, Node, Scope, list[Node], int], Evaluated | None]
_EVALUATORS: dict[str, _Evaluator] = {
    "string": _Reader.of_string,
    "concatenated_string": _Reader.of_strings,
    "identifier": _Reader.of_name,
    "attribute": _Reader.of_attribute,
    "subscript": _Reader.of_subscript,
    "binary_operator": _Reader.of_binary,
    "parenthesized_expression": _Reader.of_parentheses,
    "call": _Reader.of_call,
}
