"""Resolve references to files of the slug: modules as each language does, paths by their base, then by their end."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from msgspec import Struct

from slugtrim.ignore.gitignore import name_regex
from slugtrim.suggester.edges import Anchor, EdgeKind, How, Reference
from slugtrim.suggester.languages import is_code, language_of
from slugtrim.suggester.modules import Modules, encoded
from slugtrim.suggester.path_index import PathIndex, follow, join, parent, stems, up
from slugtrim.suggester.places import Project

_FEW = 3
"""A bare name that more files have means the one that a base leads to, or no file."""
_MANY = 50
"""More files than this with the same ending: only those nearest to the referring file are meant."""
_MOST_ALTERNATIVES = 64
_MOST_PARTS = 64
_STEPS = 5_000_000
"""Names compared with the parts of globs in all. Beyond, a glob is all of its directory."""

_REMOTE = re.compile(
    r"(?i)(?:https?|wss?|ftp|git|ssh|data|mailto|tel|javascript|s3|redis|postgres\w*|mysql\w*|mongodb):"
)
_SCHEME = re.compile(r"[A-Za-z][\w+.-]{1,30}:/{2,}|(?:file|classpath\*?|sqlite\d?|jdbc:\w+):")
_QUERY = re.compile(rb"[?#].*", re.DOTALL)
_ENCODED = re.compile(rb"%[0-9A-Fa-f]{2}")
_BRACES = re.compile(rb"\{([^{}]*)\}")
_WILD = re.compile(rb"[*?\[{]")

_COMPILED = tuple(b".js .jsx .mjs .mjsx .cjs .cjsx".split())
"""Extensions of scripts that a compiler writes: a module of TypeScript is imported by such a name."""
_LOOKED_IN = frozenset(
    b"public static assets templates views jinja2 partials layouts images img fonts media javascripts stylesheets css "
    b"js locale locales fixtures priv resources webapp www wwwroot htdocs web dist build src lib app helpers includes "
    b"_includes _layouts data config content docs sass scss styles icons files uploads".split()
)
"""Names of directories that frameworks look for a path in, without the program's naming them."""
_SERVED = frozenset(b"public static www wwwroot htdocs webroot webapp priv".split())
"""Names of directories that servers send files from, by the path below them."""
PAGES = tuple(b".html .htm .css .erb .haml .slim .jinja .jinja2 .j2 .ejs .pug .hbs .mustache .njk .twig".split())
"""Extensions of files that browsers or template engines get."""


class Resolution(Struct, frozen=True):
    """What a reference leads to."""

    files: tuple[bytes, ...] = ()
    through: bytes | None = None
    """The directory, if the reference names one (or a glob in it) rather than the files themselves."""
    is_exact: bool = True
    """The base and the whole path agree; False if only the end of the path does."""


_NOTHING = Resolution()


class Resolver:
    """Resolves the references of one slug's files. What many files write alike is resolved once."""

    def __init__(
        self,
        paths: Collection[bytes] | PathIndex,
        projects: Sequence[Project] = (),
        search_paths: Iterable[bytes] = (),
        settings: Mapping[bytes, bytes] | None = None,
    ) -> None:
        """Prepare to resolve.

        ``search_paths`` are directories that commands start in or search for modules. ``settings`` are the contents,
        by path, of the files that ``modules.is_setting`` accepts.
        """
        self.index = paths if isinstance(paths, PathIndex) else PathIndex(paths)
        self._projects = tuple(projects)
        self.settings = settings or {}
        self._search_paths = tuple(dict.fromkeys(search_paths))
        self._modules = Modules(self.index, [project.root for project in projects], self._search_paths, self.settings)
        self._known: dict[tuple[bytes, bytes, str, int], Resolution] = {}
        self._below_known: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
        self._matching_of: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}
        self._of_extension: dict[bytes, tuple[bytes, ...]] = {}
        self._steps = 0

    def with_search_paths(self, search_paths: Iterable[bytes]) -> Resolver:
        """Return the same resolver, with more directories to search."""
        return Resolver(self.index, self._projects, (*self._search_paths, *search_paths), self.settings)

    def program_in(self, directory: bytes) -> tuple[bytes, ...]:
        """Return what Node starts if it is given a directory; nothing for another path."""
        if directory and not self.index.is_directory(directory):
            return ()
        found = self._modules.script_at(directory)
        return tuple(found) if any(language_of(path) == "javascript" for path in found) else ()

    def resolve(self, reference: Reference, source: bytes) -> Resolution:
        """Return the files that a reference leads to, and the directory or glob that they are found through.

        ``source`` may be among them. References to the same directory share one tuple.
        """
        # What it leads to depends on the referring file's directory and language only.
        language = source[source.rfind(b".") :] if reference.how in (How.MODULE, How.GLOB) else b""
        here = parent(source)
        # As one number: members of an enumeration take long to hash.
        manner = reference.how << 5 | reference.kind << 3 | reference.base << 1 | reference.is_directory
        key = (here, language, reference.text, manner)
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = self._resolved(reference, source, here)
        return known

    def _resolved(self, reference: Reference, source: bytes, here: bytes) -> Resolution:
        text = reference.text.strip()
        if not text or "\0" in text or _REMOTE.match(text):
            return _NOTHING
        if reference.how is How.MODULE and reference.base is not Anchor.HERE:
            return self._module(text, source)
        if scheme := _SCHEME.match(text):
            text = text[scheme.end() :]
        path = encoded(text).replace(b"\\", b"/")
        if reference.how is How.GLOB:
            return self._glob(path, reference, source)
        if reference.how is How.WORD and b"/" not in path:
            return self._word(path, reference, here)
        if reference.how is How.MODULE:  # relative to the file, whatever the language: require_relative
            found = self._module("./" + text.removeprefix("./"), source)
            return found if found.files else self._module(text, source)
        if source.endswith(PAGES) and reference.base is Anchor.ANY and not path.startswith(b"."):
            address = self._address(path, reference, here)
            if address is not None:
                return address
        return self._path(path, reference, here)

    def _address(self, path: bytes, reference: Reference, here: bytes) -> Resolution | None:
        """Resolve what a page writes; None if it may be any path."""
        beside = join(here, _QUERY.sub(b"", path).lstrip(b"/"))
        if path.startswith(b"/") and reference.kind is EdgeKind.LOADS and beside in self.index.files:
            return Resolution((beside,))  # a page that a build wrote at the top of its output
        served = self._served(path)
        if served.files:
            return served
        if path.startswith(b"/") and path.count(b"/") == 1:  # a page of the site, not any file of that name
            parts = [part for part in path.split(b"/") if part]
            return self._exact(parts, self._bases(reference.base, here), reference, path) if parts else _NOTHING
        return None

    def _served(self, path: bytes) -> Resolution:
        """Resolve the address that a page writes, below the directories that servers send files from."""
        parts = [part for part in _QUERY.sub(b"", path).split(b"/") if part not in (b"", b".")]
        depth, files = self.index.files_by_end.best(parts[-_MOST_PARTS:])
        if not parts or depth < len(parts):
            return _NOTHING
        above = ((found, found.rsplit(b"/", depth)[0] if found.count(b"/") >= depth else b"") for found in files)
        return Resolution(
            tuple(found for found, directory in above if directory.rpartition(b"/")[2] in _SERVED)[:_MANY]
        )

    def _module(self, text: str, source: bytes) -> Resolution:
        files, through = self._modules.resolve(text, source)
        return Resolution(tuple(dict.fromkeys(files)), through)

    # Paths

    def _path(self, path: bytes, reference: Reference, here: bytes) -> Resolution:
        for written in _spellings(path):
            parts = [part for part in written.split(b"/") if part not in (b"", b".")]
            if not parts:
                return self._directory_itself(written, reference, here)
            if len(parts) > _MOST_PARTS:
                return _NOTHING
            if not (self.index.has_last_part(parts[-1]) or parts[-1] == b".." or parts[-1].endswith(_COMPILED)):
                continue  # most strings name nothing, so that no base leads anywhere
            if parts[0] in (b"~", b"@"):
                parts = parts[1:] or parts
            found = self._exact(parts, self._bases(reference.base, here), reference, written)
            if not found.files:
                found = self._by_end([part for part in parts if part != b".."], reference, here)
            if not found.files and len(parts) == 1 and written.endswith(b"/"):
                found = self._only_directory(parts[0], here)
            if found.files:
                return found
        return _NOTHING

    def _only_directory(self, name: bytes, here: bytes) -> Resolution:
        """Resolve the bare name of a directory: a word that names several in the project is more likely a label."""
        _, directories = self.index.directories_by_end.best([name])
        within = _within(directories, self._modules.roots_above(here)[0])
        return Resolution(self._below(within[0]), within[0], is_exact=False) if len(within) == 1 else _NOTHING

    def _directory_itself(self, path: bytes, reference: Reference, here: bytes) -> Resolution:
        """Resolve ``.`` and ``/``, which mean something only if all in a directory is used."""
        if not reference.is_directory or b"." not in path:
            return _NOTHING
        directory = here if reference.base is Anchor.HERE else self._modules.roots_above(here)[0]
        return Resolution(self._below(directory), directory)

    def _bases(self, base: Anchor, here: bytes) -> list[bytes]:
        """Return where a relative path may start, the likeliest first."""
        roots = self._modules.roots_above(here)
        if base is Anchor.HERE:
            return [here]
        searched = self._search_paths
        if roots[0] and roots[0] in searched:  # commands start in the file's own project, so not in the others
            searched = tuple(path for path in searched if path == roots[0] or path.startswith(roots[0] + b"/"))
        if base is Anchor.ROOT:
            return list(dict.fromkeys([*roots, *searched, *up(here)]))
        if base is Anchor.PACKAGE:
            return list(dict.fromkeys([*searched, *(join(root, b"lib") for root in roots), *roots, here]))
        return list(dict.fromkeys([here, *roots, *searched]))

    def _exact(self, parts: Sequence[bytes], bases: Sequence[bytes], reference: Reference, text: bytes) -> Resolution:
        """Resolve from each base. An unknown base may be any of them, a known one is the first that leads anywhere."""
        found: dict[bytes, Sequence[bytes]] = {}
        through = None
        for base in bases:
            at = follow(base, parts)
            if not at:
                continue
            files = self._at(at, only_directories=text.endswith(b"/"))
            if not files and self.index.is_directory(at):
                files, through = self._below(at), at
            if files:
                found[at] = files
                if reference.base is not Anchor.ANY:
                    break
        if len(found) == 1:
            return Resolution(tuple(*found.values()), through)
        return Resolution(tuple(dict.fromkeys(path for files in found.values() for path in files)), through)

    def _below(self, *directories: bytes) -> tuple[bytes, ...]:
        if directories not in self._below_known:
            self._below_known[directories] = tuple(path for each in directories for path in self.index.below(each))
        return self._below_known[directories]

    def _at(self, path: bytes, *, only_directories: bool) -> Sequence[bytes]:
        if only_directories:
            return ()
        if path in self.index.files:
            return [path]
        if self.index.is_directory(path):
            return ()
        return self.index.without_extension(path) or self._modules.script_at(path)

    def _by_end(self, parts: Sequence[bytes], reference: Reference, here: bytes) -> Resolution:
        """Resolve to the files whose paths agree with the most of the last parts, or else to such directories."""
        if not parts:
            return _NOTHING
        depth, files = self.index.files_by_end.best(parts)
        has_extension = b"." in parts[-1].strip(b".")
        if not depth and not has_extension:
            depth, files = self.index.stems_by_end.best(parts)
        directory_depth, directories = self.index.directories_by_end.best(parts)
        if directory_depth > depth and directory_depth > 1:
            near = _nearest(directories, here)
            is_exact = self._is_looked_in(near, parts, directory_depth)
            return Resolution(self._below(*near), near[0], is_exact) if near else _NOTHING
        near = _nearest(files, here)
        if depth < len(parts):  # code of another directory has its own files of that name
            near = [path for path in near if not is_code(path)]
        if depth == 1:
            if len(parts) > 1 and not has_extension:
                return _NOTHING
            near = self._few_of_a_name(near, reference)
        return Resolution(tuple(near), None, bool(near) and self._is_looked_in(near, parts, depth))

    def _few_of_a_name(self, files: list[bytes], reference: Reference) -> list[bytes]:
        if reference.how is How.WORD and reference.kind is not EdgeKind.EXECUTES:
            files = [path for path in files if not is_code(path)]
        if len(files) <= _FEW:
            return files
        if reference.kind is not EdgeKind.LOADS:
            return []
        found = [path for path in files if parent(path).rpartition(b"/")[2] in _LOOKED_IN]
        return found if len(found) <= _FEW else []

    def _is_looked_in(self, paths: Sequence[bytes], parts: Sequence[bytes], depth: int) -> bool:
        """Return True if the whole path agrees, below a directory that frameworks look in."""
        if depth < len(parts):
            return False
        above = [path.rsplit(b"/", depth)[0] if path.count(b"/") >= depth else b"" for path in paths]
        return all(not directory or directory.rpartition(b"/")[2] in _LOOKED_IN for directory in above)

    # Words

    def _word(self, word: bytes, reference: Reference, here: bytes) -> Resolution:
        if not self.index.has_last_part(word):
            return _NOTHING
        root = self._modules.roots_above(here)[0]
        bases = list(dict.fromkeys([*self._bases(reference.base, here)[:1], root, *self._search_paths, b""]))
        for base in bases:
            at = join(base, word)
            if at in self.index.files:
                return Resolution((at,))
            if self.index.is_directory(at):
                return Resolution(self._below(at), at)
        for base in bases:
            stemmed = self.index.without_extension(join(base, word))
            named = [path for path in stemmed if reference.kind is EdgeKind.EXECUTES or not is_code(path)]
            if named:
                return Resolution(tuple(named))
        found = self._by_end([word], reference, here)
        if (
            found.files or reference.kind is EdgeKind.NAMES
        ):  # in any string, the name of a directory elsewhere is a word
            return found
        return self._only_directory(word, here)

    # Globs

    def _glob(self, path: bytes, reference: Reference, source: bytes) -> Resolution:
        found = [self._one_glob(pattern, reference, source) for pattern in _alternatives(path)]
        found = [each for each in found if each.files]
        if len(found) <= 1:
            return found[0] if found else _NOTHING
        files = dict.fromkeys(path for each in found for path in each.files)
        return Resolution(tuple(files), found[0].through, all(each.is_exact for each in found))

    def _one_glob(self, pattern: bytes, reference: Reference, source: bytes) -> Resolution:
        parts = [part for part in pattern.split(b"/") if part not in (b"", b".")]
        wild = next((at for at, part in enumerate(parts) if _WILD.search(part)), None)
        here = parent(source)
        if wild is None or len(parts) > _MOST_PARTS:
            return self._path(pattern, reference, here) if len(parts) <= _MOST_PARTS else _NOTHING
        before, rest = parts[:wild], parts[wild:]
        if before and before[0] in (b"~", b"@"):
            del before[0]
        is_here = reference.base is not Anchor.ROOT and pattern.startswith((b"./", b"../"))
        base = Anchor.HERE if is_here else reference.base
        bases = [at for each in self._bases(base, here) if (at := follow(each, before)) is not None]
        directories = [at for at in dict.fromkeys(bases) if self.index.is_directory(at)]
        names = [part for part in before if part != b".."]
        is_exact = True
        if not directories and names:
            depth, found = self.index.directories_by_end.best(names)
            directories = _nearest(found, here) if depth > 1 or len(found) == len(names) == 1 else []
            is_exact = False
        elif not names and (base in (Anchor.HERE, Anchor.ROOT) or rest == [b"**"]) and base is not Anchor.ANY:
            directories = directories[:1]
        for directory in directories:
            files = self._matching_known(directory, rest)
            if not names and rest[0].strip(b"*") == b"" and len(rest) == 1:
                files = _of_one_language(files, source)
            if files:
                return Resolution(files, directory, is_exact)
        return self._named_anywhere(rest[0]) if base is Anchor.ANY and not names and len(rest) == 1 else _NOTHING

    def _named_anywhere(self, part: bytes) -> Resolution:
        """Resolve a name that is put together, ``f"shop_{kind}.png"``: to the files of that form, in any directory."""
        stem, _, extension = part.rpartition(b".")
        if _WILD.search(extension) or not stem.strip(b"*?-_."):
            return _NOTHING
        if extension not in self._of_extension:
            self._of_extension[extension] = tuple(
                path for path in self.index.by_extension.get(extension, ()) if not is_code(path)
            )
        paths = self._of_extension[extension]
        self._steps += len(paths)
        if self._steps > _STEPS:
            return Resolution(paths, is_exact=False)
        fits = part_regex(part)
        return Resolution(tuple(path for path in paths if fits.fullmatch(path.rpartition(b"/")[2])), is_exact=False)

    def _matching_known(self, directory: bytes, parts: Sequence[bytes]) -> tuple[bytes, ...]:
        key = (directory, *parts)
        if key not in self._matching_of:
            self._matching_of[key] = tuple(self._matching(directory, parts))
        return self._matching_of[key]

    def _matching(self, directory: bytes, parts: Sequence[bytes]) -> list[bytes]:
        """Return the files below a directory that a glob matches: part by part, so that only what fits is looked at."""
        found: dict[bytes, None] = {}
        waiting = [(directory, 0)]
        seen = set(waiting)
        while waiting:
            at, count = waiting.pop()
            for child, after in self._steps_from(at, count, parts):
                if child in self.index.files:
                    if after >= len(parts):
                        found[child] = None
                elif after >= len(parts):
                    found.update(dict.fromkeys(self.index.below(child)))
                elif (child, after) not in seen:
                    seen.add((child, after))
                    waiting.append((child, after))
            if self._steps > _STEPS:
                return self.index.below(directory)
        return list(found)

    def _steps_from(self, at: bytes, count: int, parts: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
        """Yield what is in ``at`` and fits part ``count``, with the number of the part that follows."""
        children = self.index.children(at)
        self._steps += len(children)
        part = parts[count]
        if part == b"**":
            for child in children:
                if child not in self.index.files:
                    yield child, count
                elif count + 1 == len(parts):
                    yield child, count + 1
            if count + 1 < len(parts):
                yield from self._steps_from_next(at, count + 1, parts)
            return
        fits = part_regex(part)
        is_last = count + 1 == len(parts)
        for child in children:
            name = child.rpartition(b"/")[2]
            if fits.fullmatch(name) or (is_last and any(fits.fullmatch(stem) for stem in stems(name))):
                yield child, count + 1

    def _steps_from_next(self, at: bytes, count: int, parts: Sequence[bytes]) -> Iterator[tuple[bytes, int]]:
        while count + 1 < len(parts) and parts[count] == b"**":
            count += 1
        yield from self._steps_from(at, count, parts)


@lru_cache(maxsize=4096)
def part_regex(part: bytes) -> re.Pattern[bytes]:
    """Return the pattern of one part of a glob, without a slash."""
    return name_regex(part.replace(b"\\", b""))


def _spellings(path: bytes) -> Iterator[bytes]:
    """Yield a path as it is written, then decoded, then without what follows it in an address."""
    yield path
    if b"%" in path and _ENCODED.search(path):
        path = unquote_to_bytes(path)
        yield path
    if _QUERY.search(path):
        yield _QUERY.sub(b"", path)


def _alternatives(pattern: bytes) -> list[bytes]:
    """Return the patterns that braces stand for; beyond some number, what is in braces may be anything."""
    found = [pattern]
    while any(_BRACES.search(each) for each in found):
        spelled = []
        for each in found:
            match = _BRACES.search(each)
            inner = match[1].split(b",") if match else []
            if match is None:
                spelled.append(each)
            elif len(inner) < 2 or len(inner) * len(found) > _MOST_ALTERNATIVES:
                spelled.append(each[: match.start()] + b"*" + each[match.end() :])
            else:
                spelled += [each[: match.start()] + word + each[match.end() :] for word in inner]
        found = spelled
    return list(dict.fromkeys(found))


def _of_one_language(files: tuple[bytes, ...], source: bytes) -> tuple[bytes, ...]:
    """Return the files that a module of any name, loaded by ``source``, may be in."""
    language = language_of(source)
    ends = b".json" if language == "javascript" else b".pyi"
    return (
        files
        if language is None
        else tuple(path for path in files if language_of(path) == language or path.endswith(ends))
    )


def _nearest(paths: Sequence[bytes], here: bytes) -> list[bytes]:
    """Return the paths, which are in order; of very many, those in the nearest directory above ``here`` with any."""
    if len(paths) <= _MANY:
        return list(paths)
    near = next((within for above in up(here) if (within := _within(paths, above))), ())
    return list(near) if len(near) <= _MANY else []


def _within(paths: Sequence[bytes], directory: bytes) -> Sequence[bytes]:
    """Return those of the paths, which are in order, that are below a directory."""
    if not directory:
        return paths
    return paths[bisect_left(paths, directory + b"/") : bisect_left(paths, directory + b"0")]
