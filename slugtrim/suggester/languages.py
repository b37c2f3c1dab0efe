"""The language of a file: by its extension, by its name, or by the first line of a script; whether it may refer to
others at all.
"""

from __future__ import annotations

import re

from msgspec import Struct

from slugtrim.files import SYMLINK, File

SCRIPTS = ("javascript", "typescript", "tsx")


class _Row(Struct, frozen=True):
    """Files with these extensions."""

    language: str | None
    """What they are written in, if what such a file imports says what runs."""
    syntax: str | None
    """What reads them, if string literals are not all that counts."""
    extensions: str


_ROWS = (
    _Row("python", "python", "py pyw pyi"),
    _Row("python", None, "pyx"),
    _Row("ruby", "ruby", "rb rake ru"),
    _Row(None, "ruby", "gemspec jbuilder builder arb thor podspec"),
    _Row("javascript", "javascript", "js mjs cjs jsx es6"),
    _Row("javascript", "typescript", "ts mts cts"),
    _Row("javascript", "tsx", "tsx"),
    _Row("javascript", "component", "vue svelte astro"),
    _Row("javascript", None, "coffee"),
    _Row(
        None,
        "settings",
        "json json5 jsonc yml yaml toml ini cfg conf properties env in lock mk mak dockerfile mod editorconfig "
        "webmanifest sh bash zsh ksh bat cmd ps1 fish command nginx vhost htaccess service",
    ),
)
_BY_EXTENSION = {extension: row for row in _ROWS for extension in row.extensions.encode().split()}
_BY_NAME = {
    **dict.fromkeys(b"gemfile rakefile guardfile capfile vagrantfile brewfile appraisals thorfile".split(), "ruby"),
    **dict.fromkeys(b"jakefile cakefile".split(), "javascript"),
    **dict.fromkeys(
        b"procfile makefile gnumakefile dockerfile justfile aptfile codeowners pipfile manifest.in .env .buildpacks "
        b".npmrc .yarnrc .babelrc .eslintrc .prettierrc .stylelintrc .swcrc .nycrc .mocharc .dockerignore .npmignore "
        b".gitignore .slugignore .gitattributes .profile .rspec .yardopts .coveragerc .flake8".split(),
        "settings",
    ),
}
"""By the whole name, in lower case."""
_OF_SETTINGS = re.compile(
    rb"(?:dockerfile|containerfile|procfile|makefile)\.|[\w.-]{0,80}(?:requirements|constraints)[\w.-]{0,80}\.(?:txt|in|pip)\Z"
)
_INTERPRETERS = (
    (re.compile(rb"\A#![^\n]{0,100}\b(?:node|nodejs|bun|deno|tsx|ts-node)\b"), "javascript"),
    (re.compile(rb"\A#![^\n]{0,100}\bpython[0-9.]*\b"), "python"),
    (re.compile(rb"\A#![^\n]{0,100}\bruby\b"), "ruby"),
    (re.compile(rb"\A#![^\n]{0,100}\b(?:ba|z|da|k)?sh\b"), "settings"),
)
SCRIPT_EXTENSIONS = frozenset(
    extension for extension, row in _BY_EXTENSION.items() if row.language == "javascript" and row.syntax is not None
)
_CODE = frozenset(b"go java kt scala rs cs ex exs php".split()).union(
    extension for extension, row in _BY_EXTENSION.items() if row.language is not None
)
STYLES = frozenset(b"css scss sass less pcss postcss styl".split())

_SHELL = frozenset(b"sh bash zsh ksh fish bat cmd ps1".split())
_COMMANDS = frozenset([b"bin", b"script", b"scripts"])
"""Directories of commands."""
STARTED_BY = {
    "python": frozenset(
        "python python2 python3 gunicorn uvicorn hypercorn daphne celery flask waitress-serve uwsgi streamlit".split()
    ),
    "javascript": frozenset("node npm yarn pnpm bun ts-node tsx pm2 forever nodemon deno babel-node coffee".split()),
    "ruby": frozenset("ruby clockwork".split()),
}


def extension_of(path: bytes) -> bytes:
    """Return the extension in lower case, without the dot."""
    return path.rpartition(b".")[2].lower()


def language_of(path: bytes) -> str | None:
    """Return the language of a file if what it imports says what runs: Python, JavaScript or Ruby."""
    row = _BY_EXTENSION.get(path.rpartition(b".")[2]) if b"." in path else None
    return row.language if row is not None else None


def is_code(path: bytes) -> bool:
    """Return True for program code, of which each directory has its own files of the same names."""
    return extension_of(path) in _CODE


def syntax_of(path: bytes) -> str | None:
    """Return what reads a file: python, ruby, javascript, typescript, tsx, component, settings; None for others.

    A component is a file of Vue, Svelte or Astro with scripts in it.
    """
    name = path.rpartition(b"/")[2].lower()
    known = _BY_NAME.get(name)
    if known is not None or _OF_SETTINGS.match(name):
        return known or "settings"
    stem, dot, extension = name.rpartition(b".")
    row = _BY_EXTENSION.get(extension) if dot and (stem or extension == b"env") else None
    return row.syntax if row is not None else None


def syntax_in(path: bytes, content: bytes) -> str | None:
    """Return what reads a file by its name, or by the first line of a script without an extension."""
    syntax = syntax_of(path)
    if syntax is None and content.startswith(b"#!") and b"." not in path.rpartition(b"/")[2]:
        return next((name for pattern, name in _INTERPRETERS if pattern.match(content)), None)
    return syntax


def is_script(path: bytes) -> bool:
    """Return True for a script of the shell, and for what has no extension below a directory of commands."""
    directory, _, name = path.rpartition(b"/")
    if b"." in name:
        return name.rpartition(b".")[2] in _SHELL
    return any(is_command_directory(part) for part in directory.split(b"/"))


def is_command_directory(path: bytes) -> bool:
    """Return True for a directory of commands."""
    return path.rpartition(b"/")[2] in _COMMANDS


READ_BYTES = 8 << 20
"""A larger file is not read, and named in the report."""
_BINARY = frozenset(
    b"png jpg jpeg gif webp avif ico bmp tif tiff psd ai mp3 mp4 m4a m4v mov avi webm ogg wav flac woff woff2 ttf otf "
    b"eot zip gz tgz bz2 xz 7z rar jar war class so dylib dll exe o a pyc pdf doc docx xls xlsx ppt pptx pkl pickle h5 "
    b"hdf5 pt pth onnx npy npz parquet feather joblib tflite pb bin dat db sqlite sqlite3 wasm node mo".split()
)
_SILENT = re.compile(
    rb".*\.(?:log|csv|tsv|patch|diff|out|err|lock)|(?!.*(?:requirements|constraints)).*\.txt"
    rb"|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|licen[cs]e.*",
    re.DOTALL,
)
"""Names, in lower case, of files that record something, and refer to no file at run time."""


def may_refer(file: File) -> bool:
    """Return True if the file's name and size allow that it refers to others."""
    name = file.path.rpartition(b"/")[2].lower()
    return (
        file.size_bytes <= READ_BYTES
        and file.mode != SYMLINK
        and name.rpartition(b".")[2] not in _BINARY
        and not _SILENT.fullmatch(name)
    )
