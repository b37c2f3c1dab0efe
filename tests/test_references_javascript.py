"""What scripts refer to: source text, and the references expected of it."""

from __future__ import annotations

import time

import pytest

from slugtrim.suggester.edges import Anchor, Excuse, Reference
from slugtrim.suggester.imports import MAX_PARSED_BYTES
from slugtrim.suggester.languages import syntax_of
from slugtrim.suggester.references import imports_of, references_of
from tests.rows import each_row


def said(reference: Reference) -> str:
    """Return a reference in a line: ``EXECUTES MODULE HERE ./a``; what is not by default follows."""
    words = [reference.kind.name, reference.how.name]
    words += [reference.base.name] if reference.base is not Anchor.ANY else []
    words += [reference.text]
    words += [reference.excuse.name] if reference.excuse is not Excuse.NONE else []
    words += ["directory"] if reference.is_directory else []
    return " ".join(words)


def found(source: str, path: bytes = b"a.js") -> list[str]:
    return sorted({said(reference) for reference in references_of(path, source.encode("utf-8", "surrogateescape"))})


@each_row(
    "source, expected",
    [
        ('import a, {b} from "./a"', ["EXECUTES MODULE HERE ./a"]),
        ('import "side-effect"', ["EXECUTES MODULE PACKAGE side-effect"]),
        ('export * from "../q"; export {x} from "@/r"', ["EXECUTES MODULE HERE ../q", "EXECUTES MODULE PACKAGE @/r"]),
        ("const a = require('./lib/a')", ["EXECUTES MODULE HERE ./lib/a"]),
        ("require.resolve('./b')", ["EXECUTES MODULE HERE ./b"]),
        ("import('./c')", ["EXECUTES MODULE HERE ./c"]),
        ("import(/* webpackChunkName: 'q' */ './c')", ["EXECUTES MODULE HERE ./c"]),
        ("import(`./d/${x}.js`)", ["EXECUTES GLOB HERE ./d/**/*.js"]),
        ("require('./handlers/' + name)", ["EXECUTES GLOB HERE ./handlers/*"]),
        ("require(`lib/${name}`)", ["EXECUTES GLOB PACKAGE lib/*"]),
        ("const NAME = './e'; require(NAME)", ["EXECUTES MODULE HERE ./e", "NAMES PATH ./e"]),
        ("function load(n) { return require(n) }", ["EXECUTES GLOB HERE **"]),
        (
            "fs.readdirSync('./routes').forEach(f => require(f))",
            ["EXECUTES GLOB ./routes/**", "LOADS PATH ./routes directory"],
        ),
        (
            "fs.readdirSync(__dirname).forEach(f => { if (f !== 'index.js') require(path.join(__dirname, f)) })",
            ["EXECUTES GLOB HERE *", "LOADS PATH HERE . directory"],
        ),
        ("define(['./a', 'b'], f)", ["EXECUTES MODULE HERE ./a", "EXECUTES MODULE PACKAGE b"]),
        ("define('name', ['./a'], f)", ["EXECUTES MODULE HERE ./a"]),
        ("require.context('./dir', true, /x/)", ["EXECUTES PATH HERE ./dir directory"]),
        ("import.meta.glob('./pages/*.vue')", ["EXECUTES GLOB HERE ./pages/*.vue"]),
        ("require('css!./x.css?raw')", ["EXECUTES MODULE HERE ./x.css", "EXECUTES MODULE PACKAGE css"]),
        ("new Worker('./w.js')", ["EXECUTES PATH ./w.js"]),
        ("new Worker(new URL('./w.js', import.meta.url))", ["EXECUTES PATH HERE w.js"]),
        ("fork(path.join(__dirname, 'child'))", ["EXECUTES MODULE HERE child"]),
        ("spawn('node', ['scripts/x.js'])", ["EXECUTES PATH scripts/x.js", "EXECUTES WORD node"]),
        ("exec('node scripts/x.js --y')", ["EXECUTES PATH scripts/x.js"]),
        ("/a/.exec(text)", []),
        ("module.exports = {entry: {app: './src/a.js'}}", ["EXECUTES PATH ./src/a.js"]),
        ("//= require_tree ./x", ["EXECUTES PATH HERE ./x directory"]),
        ('/// <reference path="t.d.ts" />', []),
    ],
)
def test_what_executes(source: str, expected: list[str]) -> None:
    got = found(source)
    assert got == expected
    scanned = {reference.text for reference in imports_of(b"a.js", source.encode())}
    assert {line.split()[-1] for line in got if line.startswith("EXECUTES") and "directory" not in line} <= scanned


@each_row(
    "source, expected",
    [
        ("fs.readFileSync(path.join(__dirname, '..', 'data', 'x.csv'))", ["LOADS PATH HERE ../data/x.csv"]),
        ("fs.readFile(`${__dirname}/a/${name}.json`)", ["LOADS GLOB HERE a/**/*.json"]),
        ("fs.readFile(process.env.X || path.resolve('data', 'x.csv'))", ["LOADS PATH data/x.csv"]),
        ("fs.readFile(`${root}/docs/x.md`)", ["LOADS PATH docs/x.md"]),
        ("fs.readFile(path.join(process.cwd(), 'docs', 'x.md'))", ["LOADS PATH ROOT docs/x.md"]),
        ("fs.readFile([__dirname, 'a', 'b.txt'].join('/'))", ["LOADS PATH HERE a/b.txt"]),
        (
            "const here = path.dirname(fileURLToPath(import.meta.url)); fs.readFile(path.join(here, 'a.md'))",
            ["LOADS PATH HERE a.md"],
        ),
        (
            "const DIR = path.join(__dirname, 'pages'); app.use(express.static(DIR))",
            ["LOADS PATH HERE pages directory", "NAMES PATH HERE pages"],
        ),
        ("const p = {src: 'lib'}; gulp.src(p.src + '/**/*.js')", ["LOADS GLOB lib/**/*.js", "NAMES WORD lib"]),
        ("express.static('docs')", ["LOADS PATH docs directory"]),
        ("res.sendFile(path.resolve('docs/x.html'))", ["LOADS PATH docs/x.html"]),
        ("res.render('docs/index')", ["LOADS PATH docs/index"]),
        ("<img src='/img/a.png'/>", ["LOADS PATH /img/a.png"]),
        ("f('docs')", ["NAMES WORD docs"]),
        (
            "x = 'docs'; y = ['test']; function g(z = 'spec') {}",
            ["NAMES WORD docs", "NAMES WORD spec", "NAMES WORD test"],
        ),
        ("const html = \"<img src='/img/b.png'> text\"", ["NAMES PATH /img/b.png"]),
    ],
)
def test_what_is_loaded_or_named(source: str, expected: list[str]) -> None:
    assert found(source) == expected


@each_row(
    "source",
    [
        "app.get('/docs', f); router.use('/tests', g); redirect('/docs')",
        "<Link to='/docs'/>",
        "<Link to='./tests'/>",
        "<p className='docs/x'>docs tests</p>",
        "emitter.on('test', f); emitter.emit('docs/x')",
        "if (name === 'docs' || url === '/docs/x.md') {}",
        "a['docs']; const b = {docs: 1, 'tests': 2}",
        "console.log('see docs/x.md')",
        "switch (x) { case 'docs': }",
        "// require('./a')\n/* 'docs/x.md' */",
        "fetch('https://example.org/docs/a.md')",
    ],
)
def test_what_names_no_file(source: str) -> None:
    assert found(source) == []


@each_row(
    "source, excuse",
    [
        ("module.exports = {jest: {roots: ['<rootDir>/X']}}", Excuse.TESTS),
        ("module.exports = {setupFiles: ['X/a.js']}", Excuse.TESTS),
        ("module.exports = {exclude: [path.resolve('X')]}", Excuse.EXCLUDED),
        ("module.exports = {watchOptions: {ignored: ['X/**']}}", Excuse.WATCHED),
        ("gulp.src(['src/**', '!X/**'])", Excuse.EXCLUDED),
        ("gulp.src('src/**').pipe(gulp.dest('X/a'))", Excuse.WRITTEN),
        ("module.exports = {output: {path: path.resolve(__dirname, 'X')}}", Excuse.WRITTEN),
        ("del(['X/**']); ", Excuse.WRITTEN),
        ("rimraf('X/a')", Excuse.WRITTEN),
        ("fs.writeFileSync('X/a.html', 1)", Excuse.WRITTEN),
        ("fs.createWriteStream('X/a.html')", Excuse.WRITTEN),
        ("module.exports = {devServer: {contentBase: 'X/a'}}", Excuse.DEVELOPMENT),
        ("gulp.watch('X/**', f)", Excuse.WATCHED),
        ("gulp.task('test', () => gulp.src('X/**'))", Excuse.TESTS),
        ("grunt.registerTask('lint', function () { run('X/a.js') })", Excuse.WATCHED),
        ("if (process.env.NODE_ENV === 'test') require('./X')", Excuse.TESTS),
        ("if (process.env.NODE_ENV !== 'production') { require('./X') }", Excuse.DEVELOPMENT),
        ("if (process.env.NODE_ENV === 'production') {} else { require('./X') }", Excuse.DEVELOPMENT),
        ("process.env.NODE_ENV !== 'production' && require('./X')", Excuse.DEVELOPMENT),
        ("process.env.NODE_ENV === 'production' || require('./X')", Excuse.DEVELOPMENT),
        ("const a = isDev ? require('./X') : null", Excuse.DEVELOPMENT),
        ("if (!isProduction && ready) require('./X')", Excuse.DEVELOPMENT),
        ("if (fs.existsSync(p)) require('./X')", Excuse.GUARDED),
        ("fs.existsSync('X/a')", Excuse.GUARDED),
        ("try { require('./X') } catch (error) {}", Excuse.GUARDED),
        ("import('./X').catch(() => {})", Excuse.GUARDED),
        ("try { require('./X') } catch (error) { throw error }", Excuse.NONE),
        ("try {} catch (error) { require('./X') }", Excuse.NONE),
        ("if (process.env.NODE_ENV === 'production') require('./X')", Excuse.NONE),
        ("if (isDev) {} else require('./X')", Excuse.NONE),
        ("const test = require('./X')", Excuse.NONE),
        ("const tests = fs.readFileSync('X/a')", Excuse.NONE),
        ("clean(fs.readFileSync('X/a'))", Excuse.NONE),
        ("fs.writeFileSync('b', fs.readFileSync('X/a'))", Excuse.NONE),
    ],
)
def test_why_a_reference_is_harmless(source: str, excuse: Excuse) -> None:
    excuses = [reference.excuse for reference in references_of(b"a.js", source.encode()) if "X" in reference.text]
    assert excuses == [excuse]


def test_only_typescript_reads_its_references() -> None:
    assert found('/// <reference path="t.d.ts" />', b"a.ts") == ["EXECUTES PATH HERE t.d.ts"]


def test_typescript() -> None:
    source = (
        'import x = require("./m"); type A = "docs"; import type {B} from "./t"; class Z { dir = "tests" as string }'
    )
    expected = ["EXECUTES MODULE HERE ./m", "EXECUTES MODULE HERE ./t", "NAMES WORD tests"]
    assert found(source, b"a.ts") == expected
    assert found("const a = <A<B> b={require('./c')} />", b"a.tsx") == ["EXECUTES MODULE HERE ./c"]


def test_a_file_that_does_not_parse_keeps_its_strings() -> None:
    assert "NAMES PATH docs/x.md" in found("const a = ; } ) 'docs/x.md' (")
    assert "EXECUTES MODULE HERE ./b" in found("import a from './b'\n" + "{a:" * 2000)


def test_a_file_that_is_too_large_keeps_imports_and_strings() -> None:
    source = "require('./a'); f('docs/x.md');" + " " * MAX_PARSED_BYTES
    assert found(source) == ["EXECUTES MODULE HERE ./a", "NAMES PATH docs/x.md"]


def test_lines_are_those_of_the_file_around_the_scripts() -> None:
    source = (
        b"<script>\nimport './a'\n</script>\n<p/>\n<script lang=ts>\nimport './b'</script><script>import './c'</script>"
    )
    lines = {(reference.text, reference.line) for reference in references_of(b"a.vue", source)}
    assert lines == {("./a", 2), ("./b", 6), ("./c", 6)}


@each_row(
    "path, language",
    [
        (b"a/b.mjs", "javascript"),
        (b"a.d.ts", "typescript"),
        (b"a.tsx", "tsx"),
        (b"Rakefile", "ruby"),
        (b"config.ru", "ruby"),
        (b"a.py", "python"),
        (b"a.vue", "component"),
        (b"package.json", "settings"),
        (b"Dockerfile.dev", "settings"),
        (b"a.php", None),
        (b"LICENSE", None),
        (b"\xff.js", "javascript"),
    ],
)
def test_the_language_of_a_file(path: bytes, language: str | None) -> None:
    assert syntax_of(path) == language


def slow() -> dict[str, bytes]:
    """Return contents that once took long. Made here, and not at the import, because that takes a second."""
    return {
        "camel case": b"x = a" + b"Ignorea" * 140_000,
        "blanks": b"del(" + b" " * 100_000,
        "minified, 8 MB": b'e.exports=n("abc/def"),t.a={b:"cc",d:function(e){return"x"+e}};' * 130_000,
        "minified, small": b'e.exports=n("abc/def"),t.a={b:"cc",d:function(e){return"x"+e}};' * 8_000,
        "minified, 4 MB of different strings": b"".join(
            b'e%d.exports=n("abc/def%d"),t.a={b:"c%d",d:function(e){return require("./x%d")}};' % (i, i, i, i)
            for i in range(50_000)
        ),
        "random": bytes((i * 7919 + i * i) % 94 + 32 for i in range(400_000)),
        "deep": b"{a:" * 170_000,
        "a long sum": b"'a/b'+" * 80_000,
        "a long chain": b"a" + b".b('x/y')" * 50_000,
        "constants": b"".join(b"const a%d=a%d+a%d;" % (i + 1, i, i) for i in range(20_000)) + b"require(a19999)",
        "alternatives": b"if(isTest){require('./a')}else " * 15_000 + b"{}",
        "not not": b"if(" + b"!" * 100_000 + b"a)b",
        "quotes": b"'\"" * 200_000,
        "back quotes": b"`" * 200_000,
        "comments": b"/*" * 500_000,
        "escapes": b"'\\'" * 300_000,
        "calls": b"require(" * 60_000,
        "not text": b"\xff\xfe'\xff/a'\0" * 60_000,
    }


@pytest.mark.full
def test_no_script_takes_long() -> None:
    for name, content in slow().items():
        for find in (references_of, imports_of):
            start = time.thread_time()
            find(b"a.js", content)
            assert time.thread_time() - start < 2, name
