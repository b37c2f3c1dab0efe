"""References in Python: imports, dotted names that frameworks import, paths that are opened, served or only named."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import ClassVar

from msgspec.structs import replace
from tree_sitter import Node

from slugtrim.suggester.edges import Anchor, EdgeKind, Excuse, Reference
from slugtrim.suggester.harmless import excuse_of_task, words_of
from slugtrim.suggester.values import (
    ARGUMENT,
    ARGUMENTS,
    COMMAND,
    EXECUTED,
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
    excuse_of_value,
    interned,
    joined,
    joined_all,
    parent,
)
from slugtrim.suggester.walking import (
    EXECUTES,
    GLOB,
    NO_EXCUSES,
    Excuses,
    Handler,
    Walker,
    excuses_of_comparison,
    excuses_of_state,
    references_in,
)

_CALLS_OF_INTEREST = b"open load read send render listdir walk glob"
_INTERESTING = [
    re.compile(rb"[\"']"),
    *map(re.compile, (b"import", b"__file__", b"autodiscover")),
    *(re.compile(word + rb"\w{0,30}\(") for word in _CALLS_OF_INTEREST.split()),
]
"""Apart, because a pattern that begins with a literal takes a tenth of the time."""
_PLAIN_STRING = re.compile(rb"[bBuUrR]{0,2}(?:\"\"\"([^\\]*)\"\"\"|'''([^\\]*)'''|\"([^\"\\]*)\"|'([^'\\]*)')")
"""A string whose text is what is written."""
_REPLACED = re.compile(r"\{[^{}]{0,60}\}")

REGISTERED = interned(Use(kind=EXECUTES, is_registry=True))
APPS = interned(Use(kind=EXECUTES, is_registry=True, is_directory=True))


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
    "reverse reverse_lazy index count TypeVar NewType namedtuple has_perm filterwarnings skip skipif "
    "coverage Coverage".split()
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
_OF_PATHS = frozenset("dir directory path root folder".split())
"""``APPS_DIR`` is where applications are, and no list of them."""
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
_FILLERS = frozenset("is in running run mode env environment django flask app under settings".split())
_DISCOVERED = {"autodiscover_tasks": "tasks", "autodiscover": "admin"}
_VALUES = _SAME | _JOINS | frozenset("join dirname format getcwd cwd files resource_filename ancestor".split())
_OF_TESTS = frozenset("case command runner suite".split())
_OF_ENVIRONMENTS = frozenset("env environ environment settings".split())
_OF_SYSTEM = {
    "os.curdir": Evaluated("", Anchor.ROOT, True),
    "os.sep": Evaluated("/"),
    "os.path.sep": Evaluated("/"),
    "os.pardir": Evaluated(".."),
}
_NAMES_OF_SYSTEM = frozenset(("curdir", "sep", "pardir"))
_MODE = re.compile(r"[\"'][waxbt+]{1,4}[\"']")


def references(content: bytes) -> list[Reference]:
    """Return the references in a Python file. Any bytes will do; the time grows with their number."""
    return references_in(content, _Reader(content))


@lru_cache(maxsize=8192)
def _use_of_name(name: str) -> Use:
    """Return what a keyword, a key of a dictionary or an assignment target says about its value."""
    words = frozenset(words_of(name))
    if name in _MUTED_KEYWORDS or (
        words & {"url", "urls", "uri", "href", "route", "email"} and not words & {"paths", "database", "db"}
    ):
        return MUTED
    excuse = excuse_of_value(name)
    is_constant = name.isupper()
    if "apps" in words and is_constant and not words & _OF_PATHS:
        return interned(Use(kind=EXECUTES, excuse=excuse, is_registry=True, is_directory=True, takes_words=True))
    if name in _REGISTRIES:
        return interned(Use(kind=NAMES, excuse=excuse, is_registry=True, takes_words=True))
    if words & _PLACES or name.lower() in _SERVED:
        return interned(Use(kind=EdgeKind.LOADS, excuse=excuse, is_path=True, is_directory=True))
    if words & {"template", "templates"}:
        return interned(Use(kind=EdgeKind.LOADS, excuse=excuse, takes_words=True, is_registry=is_constant))
    return interned(Use(excuse=excuse, takes_words=True, is_registry=is_constant))


class _Reader(Walker):
    """Read the syntax tree of a Python file."""

    language = "python"
    interesting = _INTERESTING
    plain_string = _PLAIN_STRING
    statements = frozenset(
        "expression_statement return_statement block function_definition if_statement elif_clause for_statement call "
        "list while_statement binary_operator attribute comparison_operator subscript boolean_operator "
        "not_operator".split()
    )
    transparent = frozenset(
        "list tuple set dictionary parenthesized_expression list_splat argument_list boolean_operator await "
        "expression_list list_comprehension named_expression as_pattern ERROR".split()
    )

    # Statements

    def import_statement(self, node: Node, use: Use) -> None:
        for name in self.names_of(node):
            self.emit_import(name, node, Anchor.PACKAGE)

    def import_from(self, node: Node, use: Use) -> None:
        module = "".join(self.text_of(node, "module_name").split())
        if module:
            base = Anchor.HERE if module.startswith(".") else Anchor.PACKAGE
            self.emit_import(module, node, base)
            for name in self.names_of(node):
                self.emit_import(module + ("" if module.endswith(".") else ".") + name, node, base)

    def names_of(self, node: Node) -> list[str]:
        """Return what is imported, without blanks and without another name for it."""
        names = self.parts(node, "name")
        names = [(self.part(name, "name") or name) if name.type == "aliased_import" else name for name in names]
        return ["".join(self.text(name).split()) for name in names]

    def expression_statement(self, node: Node, use: Use) -> None:
        children = node.named_children
        if len(children) != 1 or children[0].type not in ("string", "concatenated_string"):  # a docstring
            self.push_all(children)

    def assignment(self, node: Node, use: Use) -> None:
        left, right = self.part(node, "left"), self.part(node, "right")
        if right is None or left is None:
            return
        name, kind = self.target_of(left), left.type
        inner = _use_of_name(name)
        if use.excuse and not inner.excuse:
            inner = interned(replace(inner, excuse=use.excuse))
        if name == "__all__":
            inner = MUTED
        if kind == "identifier" and node.type == "assignment":
            self.scope.names[name] = self.value_of(right)
        elif kind in ("pattern_list", "tuple_pattern"):
            inner = ARGUMENT
        elif kind == "subscript":
            self.push(self.part(left, "value"))
        self.push(right, inner)

    def target_of(self, left: Node) -> str:
        """Return the name that is assigned to: of ``a.b`` or ``a["b"]`` it is ``b``."""
        if left.type != "subscript":
            return self.dotted(left).rpartition(".")[2]
        return self.key_of(self.part(left, "subscript")) or self.dotted(self.part(left, "value")).rpartition(".")[2]

    def key_of(self, node: Node | None) -> str:
        return self.text(node).strip("\"'") if node is not None and node.type == "string" else ""

    def conditional_expression(self, node: Node, use: Use) -> None:
        parts = node.named_children
        if len(parts) != 3:
            self.push_all(parts, use)
            return
        yes, no = self.excuses_of_condition(parts[1])
        self.push(parts[1], MUTED)
        self.push(parts[0], use, self.within(yes))
        self.push(parts[2], use, self.within(no))

    def excuses_of_atom(self, node: Node) -> Excuses:
        kind = node.type
        if kind == "call":
            name = self.dotted(self.part(node, "function")).rpartition(".")[2]
            if _CALLS.get(name, (0, PLAIN))[1] is GUARD or name in ("is_file", "is_dir", "find_spec"):
                return Excuse.GUARDED, Excuse.NONE
            arguments = self.part(node, "arguments")
            first = self.key_of(arguments.named_children[0]) if arguments and arguments.named_child_count else ""
            return _environment(first or name), Excuse.NONE
        if kind in ("identifier", "attribute"):
            return _environment(self.dotted(node).rpartition(".")[2]), Excuse.NONE
        if kind == "subscript":
            return _environment(self.key_of(self.part(node, "subscript"))), Excuse.NONE
        text = self.text(node) if kind == "comparison_operator" else ""
        is_environment = "argv" in text or not _OF_ENVIRONMENTS.isdisjoint(words_of(text))
        return excuses_of_comparison(text) if is_environment else NO_EXCUSES

    def try_statement(self, node: Node, use: Use) -> None:
        caught: set[str] = set()
        for child in node.named_children:
            if child.type == "except_clause" and not self.raises(child):
                caught |= self.caught(child)
        scope = self.scope
        if caught & _NO_MODULE or "" in caught:
            scope = replace(scope, excuse_of_imports=Excuse.GUARDED)
        if caught & _NO_FILE:
            scope = replace(scope, excuse_of_loads=Excuse.GUARDED)
        for child in reversed(node.named_children):
            self.push(child, PLAIN, scope if child.type == "block" else None)

    def raises(self, clause: Node) -> bool:
        """Return True if a handler ends in an error after all."""
        statements = [each for block in clause.named_children if block.type == "block" for each in block.named_children]
        return any(self.text(each)[:20].startswith(("raise", "sys.exit(", "exit(")) for each in statements[:50])

    def caught(self, clause: Node) -> set[str]:
        """Return the names of the exceptions that a handler catches; the empty name is any exception."""
        head = self.text(clause)[:300].partition(":")[0].removeprefix("except")
        return {name.rpartition(".")[2] for name in re.findall(r"[\w.]+", head.partition(" as ")[0])} or {""}

    def except_clause(self, node: Node, use: Use) -> None:
        self.push_all([child for child in node.named_children if child.type == "block"])

    def decorated(self, node: Node, use: Use) -> None:
        is_task = False
        for child in node.named_children:
            if child.type == "decorator":
                words = words_of(self.text(child)[:200].partition("(")[0])
                is_task = is_task or bool(frozenset(words) & _TASKS)
                self.push(child)
        definition = self.part(node, "definition")
        excuse = excuse_of_task(self.text_of(definition, "name")) if definition and is_task else Excuse.NONE
        self.push(definition, PLAIN, self.within(excuse))

    def class_definition(self, node: Node, use: Use) -> None:
        bases = self.part(node, "superclasses")
        is_test = self.runs_tests(self.text_of(node, "name"), bases)
        scope = self.within(Excuse.TESTS if is_test else Excuse.NONE)
        self.push(self.part(node, "body"), PLAIN, scope)
        self.push(bases, PLAIN, scope)

    def runs_tests(self, name: str, bases: Node | None) -> bool:
        """Return True for a class of tests, or a command that runs them."""
        for base in bases.named_children[:10] if bases is not None else ():
            words = words_of(self.dotted(base).rpartition(".")[2])
            if "test" in words and not _OF_TESTS.isdisjoint(words):
                return True
        return words_of(name)[:1] == ("test",) and len(words_of(name)) > 1 and bases is None

    def parameter(self, node: Node, use: Use) -> None:
        self.push(self.part(node, "value"), _use_of_name(self.text_of(node, "name")))

    def raised(self, node: Node, use: Use) -> None:
        for child in node.named_children:
            self.push(self.part(child, "arguments") if child.type == "call" else child, MUTED)

    # Expressions

    def pair(self, node: Node, use: Use) -> None:
        key = self.key_of(self.part(node, "key"))
        self.push(self.part(node, "value"), _use_of_pair(key, use))

    def keyword(self, node: Node, use: Use) -> None:
        named = _use_of_name(self.text_of(node, "name"))
        if use.is_muted and not named.is_directory:
            named = MUTED
        elif use.kind is EdgeKind.LOADS and named.kind is NAMES and not named.is_muted:
            named = interned(replace(named, kind=EdgeKind.LOADS))
        self.push(self.part(node, "value"), named)

    def subscript(self, node: Node, use: Use) -> None:
        if not self.emits_value(node, use):
            self.push(self.part(node, "value"))
            self.push_all(self.parts(node, "subscript"), MUTED)

    def attribute(self, node: Node, use: Use) -> None:
        if not self.emits_value(node, use):
            self.push(self.part(node, "object"))

    def call(self, node: Node, use: Use) -> None:
        function, arguments = self.part(node, "function"), self.part(node, "arguments")
        if arguments is None or function is None:
            self.push_all(node.named_children)
            return
        receiver, _, last = self.dotted(function).rpartition(".")
        known = [child for child in arguments.named_children if child.type != "comment"]
        if function.type == "attribute":
            path = self.value_of(self.part(function, "object"))
            if path is not None and (path.is_path or path.base) and last not in _SAME | _JOINS:
                self.method(path, last, node, known, use)
                return
        is_value = not last or last in _VALUES or last in _ROOTS or (last == "join" and "path" in receiver)
        if is_value and self.emits_value(node, use):
            return
        if function.type != "identifier":
            self.push(self.part(function, "object") or function)
        if not self.special(last, known, node):
            self.arguments(last, receiver, known, use)

    def method(self, path: Evaluated, last: str, node: Node, known: list[Node], use: Use) -> None:
        """Emit what a method does with the path that it is called on."""
        if last in ("glob", "rglob") and known:
            pattern = self.value_of(known[0]) or Evaluated(UNKNOWN)
            full = joined(path, Evaluated(f"**/{pattern.text}" if last == "rglob" else pattern.text))
            if full is not None:
                self.emit(full, node, GLOBBED)
            return
        if (value := self.value_of(node)) is not None:
            self.emit(value, node, use)
            return
        does = _METHODS.get(last, (0, use))[1]
        self.emit(path, node, WRITTEN if last == "open" and self.writes(known) else does)
        self.push_all(known, PLAIN if last in _METHODS else ARGUMENT)

    def writes(self, arguments: list[Node]) -> bool:
        texts = [self.text(child).removeprefix("mode").lstrip(" =") for child in arguments[:4]]
        return any(text[1:2] in ("w", "a", "x") and _MODE.fullmatch(text) for text in texts)

    def special(self, last: str, known: list[Node], node: Node) -> bool:
        """Emit what a call imports or sends; False for any other call."""
        if last in ("import_module", "__import__"):
            self.dynamic_import(known, node)
        elif last == "autodiscover_modules":
            self.discovers([key for child in known if (key := self.key_of(child))], node)
        elif last in _DISCOVERED:
            self.discovers([_DISCOVERED[last]], node)
            self.push(known[0] if known and known[0].type == "list" else None, APPS)
        else:
            return False
        return True

    def arguments(self, last: str, receiver: str, known: list[Node], use: Use) -> None:
        """Give each argument of a call what the call does with it."""
        at, first, others = self.uses_of(last, receiver, known, use)
        keywords = others if others.is_muted or first.kind is NAMES else first
        used: list[tuple[Node, Use]] = []
        positional = 0
        for child in known:
            if child.type == "keyword_argument":
                used.append((child, keywords))
                continue
            if first is COMMAND and positional >= at:
                is_list = child.type in ("list", "tuple")
                self.emit_command(child.named_children if is_list else [child], child, are_words=is_list)
            else:
                used.append((child, first if positional == at else others))
            positional += 1
        for child, does in reversed(used):
            self.push(child, does)

    def uses_of(self, last: str, receiver: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        """Return the position of the argument that matters, what the call does with it, and with all others."""
        where = receiver.rpartition(".")[2].lower()
        if last in _MESSAGES or last in _MUTED_WHOLE or where in _SPEAKERS or "log" in words_of(where)[-1:]:
            return 0, MUTED, MUTED
        if last in ("run", "call") and ("subprocess" in receiver or where in ("c", "ctx", "context", "conn", "")):
            return 0, COMMAND, ARGUMENT
        if last == "run":
            return 0, REGISTERED, ARGUMENT
        if last in _CALLS and not (last in ("glob", "iglob", "rglob") and receiver and where != "glob"):
            at, does = _CALLS[last]
            return at, does, ARGUMENT if does.kind is NAMES else PLAIN
        if last in _MUTED_FIRST:
            if last in ("setdefault", "getenv", "get") and known and "MODULE" in self.key_of(known[0]):
                return 0, MUTED, REGISTERED
            return 0, MUTED, use if use.kind is not NAMES else ARGUMENT
        return self.use_by_words(last, known, use)

    def use_by_words(self, last: str, known: list[Node], use: Use) -> tuple[int, Use, Use]:
        """Return the same for a call that no table has, by the words of its name."""
        words = words_of(last)
        if not _LOADING.isdisjoint(words):
            return 0, WRITTEN if last == "open" and self.writes(known[1:]) else LOADED, PLAIN
        if excuse_of_value(last) is Excuse.WRITTEN or "save" in words or "write" in words:
            return 0, WRITTEN, ARGUMENT
        return -1, ARGUMENT, ARGUMENTS[use.excuse]

    def dynamic_import(self, known: list[Node], node: Node) -> None:
        """Emit the module that is imported by name, or all that it may be."""
        name = self.value_of(known[0]) if known else None
        text = name.text if name is not None else UNKNOWN
        package = self.value_of(known[1]) if len(known) > 1 and text.startswith(".") else None
        if package is not None and not package.is_path:
            text = package.text + text
        base = Anchor.HERE if text.startswith(".") else Anchor.PACKAGE
        if UNKNOWN not in text:
            self.emit_import(text, node, base)
            return
        head, _, end = text.lstrip(".").replace(".", "/").rpartition("/")
        if UNKNOWN in end:
            self.emit_import(f"{head}/**" if head.strip(UNKNOWN) else "**", node, base, GLOB)
        else:
            self.emit_modules(f"{'**' if head.startswith(UNKNOWN) else ''}{head.lstrip(UNKNOWN)}/{end}", node, base)
        self.push_all(known[1:])

    def discovers(self, modules: Sequence[str], node: Node) -> None:
        """Emit what a framework imports from every package: ``tasks.py``, ``admin.py``."""
        for module in modules:
            self.emit_modules(f"**/{module}", node, Anchor.PACKAGE)

    def emit_modules(self, pattern: str, node: Node, base: Anchor) -> None:
        """Emit a module of which a part is unknown, as globs over its files."""
        self.emit_import(f"{pattern}.py", node, base, GLOB)
        self.emit_import(f"{pattern}/__init__.py", node, base, GLOB)

    # Evaluation

    def of_name(self, node: Node) -> Evaluated | None:
        name = self.text(node)
        if name == "__file__":
            return Evaluated(SELF, Anchor.HERE, True)
        for names in (self.scope.names, self.module):
            if name in names:
                return names[name]
        return Evaluated("", Anchor.ROOT, True) if name in _ROOTS else None

    def of_attribute(self, node: Node) -> Evaluated | None:
        attribute = self.text_of(node, "attribute")
        if attribute == "parent":
            return parent(self.value_of(self.part(node, "object")))
        if attribute in _ROOTS:
            return Evaluated("", Anchor.ROOT, True)
        return _OF_SYSTEM.get(self.dotted(node)) if attribute in _NAMES_OF_SYSTEM else None

    def of_subscript(self, node: Node) -> Evaluated | None:
        owner, key = self.part(node, "value"), self.text_of(node, "subscript")
        if owner is None or owner.type != "attribute" or self.text_of(owner, "attribute") != "parents":
            return None
        is_number = len(key) < 3 and key.isdecimal()
        return parent(self.value_of(self.part(owner, "object")), int(key) + 1) if is_number else None

    def divides(self, values: Sequence[Evaluated | None]) -> bool:
        return any(value is not None and value.text for value in values[1:])

    def of_call(self, node: Node) -> Evaluated | None:
        function = self.part(node, "function")
        receiver, _, last = self.dotted(function).rpartition(".")
        arguments = self.part(node, "arguments") if last in _VALUES or last in _ROOTS else None
        if function is None or arguments is None:
            return None
        items = [child for child in arguments.named_children if child.type not in ("keyword_argument", "comment")]
        owner = self.part(function, "object") if function.type == "attribute" else None
        if last == "format":
            value = self.value_of(owner)
            self.unknown.extend(items)
            return replace(value, text=_REPLACED.sub(UNKNOWN, value.text)) if value is not None else None
        if last in ("getcwd", "cwd"):
            return Evaluated("", Anchor.ROOT, True)
        if last in ("files", "resource_filename"):
            return joined_all([Evaluated("", Anchor.HERE), *map(self.known, items[1:])])
        if last in ("dirname", "ancestor"):
            return parent(self.value_of(items[0] if last == "dirname" and items else owner))
        return self.of_joining_call(last, receiver, owner, items)

    def of_joining_call(self, last: str, receiver: str, owner: Node | None, items: list[Node]) -> Evaluated | None:
        """Return the path that a call puts together from its receiver and its arguments."""
        parts: list[Evaluated] = []
        if last in _ROOTS:
            parts.append(Evaluated("", Anchor.ROOT))
        elif last == "join" and not receiver.endswith("path"):
            return None
        elif last != "safe_join" and (last in _JOINS or (last in _SAME and not items)):
            head = self.value_of(owner)
            if head is None or not (head.is_path or head.base):
                return Evaluated("", Anchor.ROOT, True) if last.endswith("Path") and not items else None
            parts.append(head)
        parts.extend(map(self.known, items))
        if all(part.text == UNKNOWN and not part.base for part in parts):
            return None
        full = joined_all(parts)
        is_text = full is not None and not full.base and last in ("str", "unicode")
        return replace(full, is_path=False) if full is not None and is_text else full

    def dotted(self, node: Node | None) -> str:
        """Return ``a.b.c``; an unknown part at the beginning is left out: ``f().b.c`` is ``.b.c``."""
        parts: list[str] = []
        while node is not None and node.type == "attribute" and len(parts) < 8:
            parts.append(self.text_of(node, "attribute"))
            node = self.part(node, "object")
        parts.append(self.text(node) if node is not None and node.type == "identifier" else "")
        return ".".join(reversed(parts))

    handlers: ClassVar[Mapping[str, Handler]] = {
        "import_statement": import_statement,
        "import_from_statement": import_from,
        "expression_statement": expression_statement,
        **dict.fromkeys(("assignment", "augmented_assignment"), assignment),
        **dict.fromkeys(("if_statement", "elif_clause"), Walker.if_statement),
        "conditional_expression": conditional_expression,
        "try_statement": try_statement,
        "except_clause": except_clause,
        "decorated_definition": decorated,
        "function_definition": Walker.function,
        "class_definition": class_definition,
        **dict.fromkeys(("default_parameter", "typed_default_parameter"), parameter),
        "raise_statement": raised,
        **dict.fromkeys(("assert_statement", "comparison_operator"), Walker.muted),
        **dict.fromkeys("future_import_statement case_pattern type comment integer".split(), Walker.skipped),
        "pair": pair,
        "keyword_argument": keyword,
        "subscript": subscript,
        "string": Walker.string,
        **dict.fromkeys(("concatenated_string", "binary_operator"), Walker.expression),
        "attribute": attribute,
        "identifier": Walker.name,
        "call": call,
    }
    evaluators: ClassVar[Mapping[str, Evaluator]] = {
        "string": Walker.of_string,
        "concatenated_string": Walker.of_strings,
        "identifier": of_name,
        "attribute": of_attribute,
        "subscript": of_subscript,
        "binary_operator": Walker.of_binary,
        "parenthesized_expression": Walker.of_first,
        "call": of_call,
    }


@lru_cache(maxsize=8192)
def _use_of_pair(key: str, use: Use) -> Use:
    """Return what a key of a dictionary says about its value, where the dictionary is used so."""
    named = _use_of_name(key) if key else PLAIN
    if named.is_muted:
        return named
    excuse = named.excuse or use.excuse
    if named.kind is NAMES and use.kind is not NAMES:
        return interned(replace(use, excuse=excuse))
    is_directory = named.is_directory or use.is_directory or "dir" in words_of(key)
    is_registry = named.is_registry or use.is_registry
    return interned(replace(named, excuse=excuse, takes_words=is_directory, is_registry=is_registry))


@lru_cache(maxsize=1024)
def _environment(name: str) -> Excuse:
    """Return what a variable that is true says about the environment: ``TESTING``, ``settings.DEBUG``, ``is_test``."""
    if name == "TYPE_CHECKING":
        return Excuse.DEVELOPMENT
    if name in ("test", "local", "ci", "tests", "dev"):
        return Excuse.NONE
    words = [word for word in words_of(name) if word not in _FILLERS]
    return excuses_of_state(words[0])[0] if len(words) == 1 else Excuse.NONE
