"""What a Python file refers to, how, and with which excuse."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.suggester.edges import Anchor, Excuse, Reference
from slugtrim.suggester.syntax_python import references
from tests.rows import each_row


def shown(reference: Reference) -> str:
    """Return a reference in one line, without its defaults."""
    parts = [reference.how.name, reference.kind.name, reference.text]
    parts += [reference.base.name] if reference.base is not Anchor.ANY else []
    parts += [reference.excuse.name] if reference.excuse is not Excuse.NONE else []
    return " ".join([*parts, *(["DIRECTORY"] if reference.is_directory else [])])


@each_row(
    "source, expected",
    [
        ("import a.b, c as d", ["MODULE EXECUTES a.b PACKAGE", "MODULE EXECUTES c PACKAGE"]),
        ("from a import b", ["MODULE EXECUTES a PACKAGE", "MODULE EXECUTES a.b PACKAGE"]),
        ("from ..a import (b,\n c)", [f"MODULE EXECUTES ..a{end} HERE" for end in ("", ".b", ".c")]),
        ("from . import b", ["MODULE EXECUTES . HERE", "MODULE EXECUTES .b HERE"]),
        ("from __future__ import annotations", []),
        ("import_module('a.b')", ["MODULE EXECUTES a.b PACKAGE"]),
        ("__import__('a')", ["MODULE EXECUTES a PACKAGE"]),
        ("import_module(name)", ["GLOB EXECUTES ** PACKAGE"]),
        ("import_module('handlers.' + name)", ["GLOB EXECUTES handlers/** PACKAGE"]),
        ("import_module(f'.{name}', __name__)", ["GLOB EXECUTES ** HERE"]),
        (
            "import_module(f'apps.{x}.urls')",
            ["GLOB EXECUTES apps/*/urls.py PACKAGE", "GLOB EXECUTES apps/*/urls/__init__.py PACKAGE"],
        ),
        ("path('docs/', include('app.urls'))", ["MODULE EXECUTES app.urls PACKAGE"]),
        ("INSTALLED_APPS = ['core']", ["MODULE EXECUTES core PACKAGE DIRECTORY"]),
        (
            "LOCAL_APPS += ['a.apps.AConfig']",
            ["MODULE EXECUTES a.apps.AConfig PACKAGE DIRECTORY", "MODULE EXECUTES a PACKAGE DIRECTORY"],
        ),
        ("MIDDLEWARE = ['a.b.C']", ["MODULE EXECUTES a.b.C PACKAGE"]),
        ("ROOT_URLCONF = 'p.urls'", ["MODULE EXECUTES p.urls PACKAGE"]),
        ("CACHES = {'default': {'BACKEND': 'p.c.C'}}", ["MODULE EXECUTES p.c.C PACKAGE"]),
        ("os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'p.s')", ["MODULE EXECUTES p.s PACKAGE"]),
        ("Celery('x', include=['p.tasks'])", ["WORD NAMES x", "MODULE EXECUTES p.tasks PACKAGE"][1:]),
        (
            "app.autodiscover_tasks()",
            ["GLOB EXECUTES **/tasks.py PACKAGE", "GLOB EXECUTES **/tasks/__init__.py PACKAGE"],
        ),
        ("uvicorn.run('main:app')", ["MODULE EXECUTES main PACKAGE"]),
        ("setup(entry_points={'console_scripts': ['x=p.m:main']})", ["MODULE EXECUTES p.m PACKAGE"]),
        ("f('p.mod')", ["MODULE NAMES p.mod", "PATH NAMES p.mod"]),
        ("f('data.csv')", ["PATH NAMES data.csv"]),
        ("open('a')", ["PATH LOADS a"]),
        ("open('a.txt', 'w')", ["PATH NAMES a.txt WRITTEN"]),
        ("open('a.txt', mode='a')", ["PATH NAMES a.txt WRITTEN"]),
        ("pd.read_csv('data/a.csv', sep='x')", ["PATH LOADS data/a.csv"]),
        ("joblib.load('m.joblib')", ["PATH LOADS m.joblib"]),
        ("render(request, 'x.html')", ["PATH LOADS x.html"]),
        ("render_template('a/x.html', y='z.html')", ["PATH LOADS a/x.html", "PATH LOADS z.html"]),
        ("send_from_directory('docs', 'a.pdf')", ["PATH LOADS docs DIRECTORY", "PATH NAMES a.pdf"]),
        ("send_from_directory('docs', name)", ["PATH LOADS docs DIRECTORY"]),
        ("app.mount('/docs', StaticFiles(directory='docs'))", ["PATH LOADS docs DIRECTORY"]),
        ("Flask(__name__, static_folder='docs')", ["PATH LOADS docs DIRECTORY"]),
        ("logging.config.fileConfig('logging.ini')", ["PATH LOADS logging.ini"]),
        ("open(os.path.join(os.path.dirname(__file__), 'a', 'b.c'))", ["PATH LOADS a/b.c HERE"]),
        ("open(os.path.join(os.path.dirname(__file__), '..', 'b.c'))", ["PATH LOADS ../b.c HERE"]),
        ("open(Path(__file__).resolve().parent.parent / 'b.c')", ["PATH LOADS ../b.c HERE"]),
        ("open(Path(__file__).parents[1] / 'b.c')", ["PATH LOADS ../b.c HERE"]),
        ("x = BASE_DIR / 'data'", ["PATH NAMES data ROOT"]),
        ("x = os.path.join(settings.BASE_DIR, 'data')", ["PATH NAMES data ROOT"]),
        ("D = 'data'\nopen(D + '/a.csv')", ["WORD NAMES data", "PATH LOADS data/a.csv"]),
        ("D = BASE_DIR / 'd'\n(D / 'a.csv').read_text()", ["PATH NAMES d ROOT", "PATH LOADS d/a.csv ROOT"]),
        ("open(f'data/{x}.json')", ["GLOB LOADS data/*.json"]),
        ("open('data/%s.json' % x)", ["GLOB LOADS data/*.json"]),
        ("open('data/{}.json'.format(x))", ["GLOB LOADS data/*.json"]),
        ("open(os.path.join(root, 'data', 'a.csv'))", ["PATH LOADS data/a.csv"]),
        ("glob.glob('docs/*.md')", ["GLOB LOADS docs/*.md"]),
        ("Path('docs').rglob('*.md')", ["GLOB LOADS docs/**/*.md"]),
        ("os.listdir('docs')", ["PATH LOADS docs DIRECTORY"]),
        ("subprocess.run(['python', 'scripts/x.py'])", ["PATH EXECUTES scripts/x.py ROOT"]),
        ("os.system('bash tools/a.sh')", ["PATH EXECUTES tools/a.sh ROOT"]),
        ("subprocess.run(['git', 'ls-files', 'docs/x.md'])", []),
        ("TEMPLATES = [{'DIRS': ['templates']}]", ["PATH LOADS templates DIRECTORY"]),
        ("f('docs')", ["WORD NAMES docs"]),
        ("f(x='docs')", ["WORD NAMES docs"]),
        ("def f(x='docs'): pass", ["WORD NAMES docs"]),
        ("x = ['docs']", ["WORD NAMES docs"]),
        ("x = os.environ.get('DOCS', 'docs')", ["WORD NAMES docs"]),
        ("x = '<a href=\"docs/a.pdf\">text</a>'", ["PATH NAMES docs/a.pdf"]),
    ],
)
def test_what_is_named(source: str, expected: list[str]) -> None:
    found = [shown(reference) for reference in references(source.encode())]
    assert [line for line in found if line != "WORD NAMES x"] == expected


@each_row(
    "source",
    [
        "'''docs/x.md'''",
        "def f():\n    '''See docs/x.md'''",
        "# docs/x.md",
        "x = {'docs/x.md': 1}",
        "if x == 'docs': pass",
        "x = d['docs']",
        "if x in ('docs', 'tests'): pass",
        "print('docs/x.md')",
        "logger.info('see docs/x.md')",
        "raise ValueError('docs/x.md')",
        "add_argument('docs', help='docs/x.md')",
        "path('docs/', view)",
        "@app.route('/docs')\ndef f(): pass",
        "app.get('/docs')",
        "x.startswith('docs')",
        "STATIC_URL = '/docs/'",
        "x = 'https://example.org/docs/x.md'",
        "re.compile('docs/x')",
        "x: 'docs' = 1",
        "match x:\n    case 'docs': pass",
    ],
)
def test_what_names_nothing(source: str) -> None:
    assert references(source.encode()) == []


@each_row(
    "source, excuse",
    [
        ("find_packages(exclude=['tests'])", Excuse.EXCLUDED),
        ("setup(test_suite='tests')", Excuse.TESTS),
        ("testpaths = ['tests']", Excuse.TESTS),
        ("TEST_RUNNER = 'p.runner.R'", Excuse.TESTS),
        ("STATIC_ROOT = BASE_DIR / 'static'", Excuse.NONE),
        ("class PyTest(TestCommand):\n    def run(self): f('tests')", Excuse.TESTS),
        ("def test_a():\n    open('tests/a')", Excuse.TESTS),
        ("@app.cli.command()\ndef test(): f('tests')", Excuse.TESTS),
        ("if settings.TESTING:\n    f('tests')", Excuse.TESTS),
        ("if 'test' in sys.argv:\n    f('tests')", Excuse.TESTS),
        ("if not settings.DEBUG: pass\nelse:\n    f('tests')", Excuse.DEVELOPMENT),
        ("if TESTING and x:\n    f('tests')", Excuse.TESTS),
        ("if TESTING or x:\n    f('tests')", Excuse.NONE),
        ("if os.environ.get('ENV') == 'development':\n    f('tests')", Excuse.DEVELOPMENT),
        ("if os.path.exists('docs/a'):\n    open('docs/a')", Excuse.GUARDED),
        ("if Path('docs/a').is_file():\n    open('docs/a')", Excuse.GUARDED),
        ("try:\n    import a\nexcept ImportError:\n    pass", Excuse.GUARDED),
        ("try:\n    import a\nexcept ImportError:\n    raise X()", Excuse.NONE),
        ("try:\n    open('docs/a')\nexcept FileNotFoundError:\n    pass", Excuse.GUARDED),
        ("try:\n    open('docs/a')\nexcept ImportError:\n    pass", Excuse.NONE),
        ("os.makedirs('docs/a')", Excuse.WRITTEN),
        ("df.to_csv('docs/a.csv')", Excuse.WRITTEN),
        ("report = 'docs/report.docx'", Excuse.NONE),
        ("def f():\n    open('docs/a')", Excuse.NONE),
    ],
)
def test_an_excuse(source: str, excuse: Excuse) -> None:
    found = references(source.encode())
    assert found
    assert {reference.excuse for reference in found} == {excuse}


def test_a_line_is_where_the_expression_begins() -> None:
    assert [reference.line for reference in references(b"\n\nimport a\nf(\n  'b/c')\n")] == [3, 5]


def test_a_file_without_a_tree_keeps_its_imports_and_strings() -> None:
    found = [shown(reference) for reference in references(b"import a\nx = 'b/c.d'\n" + b"[" * 5000)]
    assert found == ["MODULE EXECUTES a PACKAGE", "PATH NAMES b/c.d"]


@pytest.mark.full
@pytest.mark.parametrize(
    "source",
    [
        b" # " * 33_000 + b'"a"',
        b'"""a"""' * 20_000,
        b'x="' + b'\\"' * 50_000 + b'"',
        b"[" * 50_000,
        b"x = " + b"f(" * 50_000,
        b"x = " + b" + ".join([b'"a"'] * 10_000),
        b"x" + b".a('b')" * 10_000,
        b"x = Path(__file__)" + b".parent" * 10_000,
        b'x = "a"\n' + b"x = x + x\n" * 5_000,
        b"if a: pass\n" + b'elif b == "x": pass\n' * 5_000,
        b'f("data/x.csv")\n' * 500_000,
        b"x do\n" * 100_000,
        b"case x\nwhen " * 40_000,
        b'f"{' * 170_000,
        b"if x:\n" * 80_000,
    ],
    ids=range(15),
)
def test_no_file_takes_long(source: bytes) -> None:
    begun = time.thread_time()
    references(source)
    assert time.thread_time() - begun < 4  # half of it on a machine that has nothing else to do


@given(st.binary(max_size=300))
def test_any_bytes_will_do(content: bytes) -> None:
    references(content)
    references(b"open(" + content + b")")
