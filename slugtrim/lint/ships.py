"""What ships and should not, and what no slug is made of: as far as names and a few small files tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from slugtrim.buildpacks.images import no_slug_builds
from slugtrim.files import SYMLINK, File, SourceKind, Tree, between_nuls, quoted
from slugtrim.findings import Finding, Level
from slugtrim.lint.view import SLUGIGNORE, FixableFinding, LintView, named
from slugtrim.platforms import Platform
from slugtrim.sizer import Status, table

_KEY_LIMIT_BYTES = 64 * 1024
# Patterns are compiled by `re` when they are first used: most trees have no suspect.
_KEYS = rb"(?i)(?:^|/)(?:id_(?:rsa|dsa|ecdsa|ed25519)|[^/]*\.(?:pem|key|p12|pfx|jks|keystore|ppk))\Z"
_PRIVATE = rb"(?m)-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|^PuTTY-User-Key-File"
_SEALED = (b".p12", b".pfx", b".jks", b".keystore", b".ppk")
"""Binary containers of keys; their name is all that can be told."""
_ENVIRONMENT = (
    rb"(?:^|/)\.env(?:\.(?!(?:[^/]*\.)?(?:example|sample|template|dist|schema|test|ci|defaults?|vault)\Z)[^/]+)?\Z"
)
_SECRET = (
    rb"(?im)^[ \t]*(?:export[ \t]+)?(\w*(?:SECRET|TOKEN|PASSWORD|PASSWD|API_?KEY|PRIVATE|DATABASE_URL)\w*)[ \t]*=[ \t]*"
    rb"[\"']?(?!\1\b|your|my[_-]|change|example|x{3}|test|dummy|fake|placeholder|replace|insert|secret\b|password\b|develop"
    rb"|[^\s\"']*(?:localhost|127\.0\.0\.1))[^\s\"'#<$]{6,}"
)
"""An assignment of what is no obvious stand-in and no address of the machine itself."""
_CREDENTIALS = rb"(?:^|/)(?:\.netrc|\.pgpass|\.htpasswd|master\.key|(?>[^/]*?service[_-]?account)[^/]*\.json)\Z"
_DATABASES = rb"(?i)(?:(?<!humbs)\.db|\.sqlite3?|\.sqlite3-journal|\.db3|\.dump|\.pgdump|\.sql\.gz|\.rdb)\Z"
_SUSPECT_ENDINGS = (
    *(b".pem", b".key", b".p12", b".pfx", b".jks", b".keystore", b".ppk", b".sqlite", b".sqlite3", b".db", b".db3"),
    *(b".dump", b".pgdump", b".gz", b".rdb", b".json", b"-journal"),
)
_SUSPECT_BEGINNINGS = (b"id_", b".env", b".netrc", b".pgpass", b".htpasswd")
_APART = (
    rb"(?i)(?:^|/)(?:tests?|spec|__tests__|fixtures|testdata|examples?|mocks?|samples?|vendor|node_modules|venv"
    rb"|\.[^/]+)/"
)
"""Where names mean less: tests, other people's code, hidden directories."""
_INSTALLED = {"node-modules": Level.WARNING, "virtualenv": Level.ERROR, "vendored-gems": Level.WARNING}
_READ_THERE = (b"/collectstatic_disabled",)
"""Files of the build directory that are no remains: the buildpack of Python reads this one."""
_INSTALLED_IN = (b"node_modules/", b"vendor/bundle/", b"pyvenv.cfg\0", b"bin/activate")


def shipping_findings(view: LintView) -> Iterator[FixableFinding]:
    """What ships and should not, as far as names and a few small files tell."""
    suspects = _suspects(view)
    yield from _keys(view, suspects)
    yield from _environments(view, suspects)
    yield from _databases(view, suspects)
    yield from _installed(view)
    note = view.lfs_pointers
    if note is not None:
        cure = "Fetch the files during the build (with a Git LFS buildpack), or serve them from object storage"
        yield _found("lfs-pointers", Level.WARNING, note.paths, note.message, cure)
    keep = (b".keep", b".gitkeep", b".gitignore")
    kept = {file.path for file in view.slug.kept}
    tracked = [
        path for path in view.beside.tracked_though_ignored if path in kept and path.rpartition(b"/")[2] not in keep
    ]
    if tracked:
        message = f"{_counted(tracked)} tracked although .gitignore names {'it' if len(tracked) == 1 else 'them'}"
        cure = "Run git rm --cached on files that should not be tracked"
        yield _found("tracked-though-ignored", Level.NOTE, tracked, message, cure)
    yield from _checkout(view)


def _found(id_: str, level: Level, paths: Sequence[bytes], message: str, cure: str) -> FixableFinding:
    path = paths[0] if paths else SLUGIGNORE
    return FixableFinding(
        finding=Finding(id=id_, level=level, path=path, line=None, message=message, cure=cure, paths=named(paths))
    )


def _counted(paths: Sequence[bytes]) -> str:
    return "1 file is" if len(paths) == 1 else f"{len(paths):,} files are"


def _suspects(view: LintView) -> tuple[File, ...]:
    """The files whose names may be those of secrets or databases: few, and found in one look at each."""
    kept = view.slug.kept
    paths = between_nuls(kept).lower()
    begins = any(b"\0" + name in paths or b"/" + name in paths for name in _SUSPECT_BEGINNINGS)
    return tuple(
        file
        for file, path in zip(kept, paths[1:].split(b"\0"), strict=False)
        if (path.endswith(_SUSPECT_ENDINGS) or (begins and path.rpartition(b"/")[2].startswith(_SUSPECT_BEGINNINGS)))
        and file.mode != SYMLINK
        and not re.search(_APART, file.path)
    )


def _small(suspects: Sequence[File], pattern: bytes) -> list[File]:
    return [file for file in suspects if file.size_bytes <= _KEY_LIMIT_BYTES and re.search(pattern, file.path)]


def _keys(view: LintView, all_suspects: Sequence[File]) -> Iterator[FixableFinding]:
    suspects = _small(all_suspects, _KEYS)
    texts = view.tree.read([file for file in suspects if not file.path.lower().endswith(_SEALED)])
    for file in suspects:
        if file.path.lower().endswith(_SEALED):
            yield _secret(view, Level.WARNING, file.path, "a key store ships")
        elif re.search(_PRIVATE, texts.get(file.path, b"")):
            yield _secret(view, Level.ERROR, file.path, "a private key ships")
    for file in _small(all_suspects, _CREDENTIALS):
        yield _secret(view, Level.WARNING, file.path, "credentials ship")


def _secret(view: LintView, level: Level, path: bytes, what: str, line: int | None = None) -> FixableFinding:
    finding = Finding(
        id="secret-ships",
        level=level,
        path=path,
        line=line,
        message=f"{what} with every {view.platform.machine}",
        cure=f"Move it to {view.platform.config_variables}, remove it from git, and replace it: git history keeps the "
        "old one",
        paths=(path,),
    )
    return FixableFinding(finding=finding)


def _environments(view: LintView, suspects: Sequence[File]) -> Iterator[FixableFinding]:
    for path, text in sorted(view.tree.read(_small(suspects, _ENVIRONMENT)).items()):
        match = re.search(_SECRET, text)
        if match is not None:
            line = text.count(b"\n", 0, match.start()) + 1
            yield _secret(view, Level.WARNING, path, "a likely secret ships", line)


def _databases(view: LintView, suspects: Sequence[File]) -> Iterator[FixableFinding]:
    paths = [
        file.path
        for file in suspects
        if re.search(_DATABASES, file.path) and file.size_bytes and b"/.env" not in b"/" + file.path
    ]
    if paths:
        message = (
            f"{quoted(paths[0])}{f' and {len(paths) - 1:,} more' if len(paths) > 1 else ''}: a database in the slug"
        )
        message += f" is the same at every start, and what a {view.platform.machine} writes to it is lost"
        cure = f"Use an add-on for changing data ({view.platform.database}), and leave out unused files"
        yield _found("database-ships", Level.WARNING, paths, message, cure)


def _installed(view: LintView) -> Iterator[FixableFinding]:
    names = between_nuls(view.slug.kept)
    yield from _by_catalog(view) if any(sign in names for sign in _INSTALLED_IN) else ()
    own = view.platform.build_directory
    if own and b"\0" + own + b"/" in names:
        inside = [
            file.path
            for file in view.slug.kept
            if file.path.startswith(own + b"/") and file.path.removeprefix(own) not in _READ_THERE
        ]
        if not inside:
            return
        directory = quoted(own)
        message = f"{_counted(inside)} in {directory}/, where buildpacks install their files"
        cure = (
            _deletion(own)
            if view.tree.source.kind is SourceKind.DIRECTORY
            else f"Run git rm -r --cached {directory} and commit"
        )
        yield _found("committed-dependencies", Level.WARNING, inside, message, cure)


def _by_catalog(view: LintView) -> Iterator[FixableFinding]:
    from slugtrim.suggester.candidates import catalog_candidates  # with the catalog: 40 ms that most do without
    from slugtrim.suggester.catalog import catalog

    for candidate in catalog_candidates(view.slug.kept, view.projects):
        level = _INSTALLED.get(candidate.rule)
        if level is None:
            continue
        advice = catalog().rules[candidate.rule].advice or ""
        is_committed = view.tree.source.kind is not SourceKind.DIRECTORY
        count = len(candidate.files)
        verb = ("is" if count == 1 else "are") + " committed" if is_committed else "would be in the slug"
        files = f"{count:,} {'file' if count == 1 else 'files'} of installed dependencies"
        message = f"{files} {verb}: {_uncapped(candidate.reason)}"
        cure = advice[:1].upper() + advice[1:] if is_committed else _deletion(candidate.path)
        yield _found("committed-dependencies", level, [candidate.path], message, cure)


def _deletion(path: bytes) -> str:
    """Return the advice for a directory without git."""
    return f"Delete {quoted(path)} before you deploy"


def _uncapped(text: str) -> str:
    """A sentence's beginning in small letters, as it goes on behind a colon."""
    return text[:1].lower() + text[1:]


def _checkout(view: LintView) -> Iterator[FixableFinding]:
    used_bytes = sum(file.size_bytes for file in view.slug.checkout)
    for limit in table(view.platform).limits:
        if limit.of_checkout and limit.status(used_bytes) is not Status.OK:
            is_over = limit.status(used_bytes) is Status.OVER
            percent = used_bytes * 100 // limit.limit_bytes
            message = f"the checkout is {percent}% of the platform's limit, and .slugignore doesn't reduce it"
            heaviest = max(view.slug.checkout, key=lambda file: (file.size_bytes, file.path))
            cure = "Remove the largest files from git and put them in object storage"
            yield _found("checkout-limit", Level.ERROR if is_over else Level.WARNING, [heaviest.path], message, cure)


def no_slug_findings(tree: Tree, platform: Platform) -> tuple[Finding, ...]:
    """Why the platform would build no slug of this tree: a Docker build, Cloud Native Buildpacks."""
    return tuple(
        Finding(
            id="no-slug",
            level=Level.ERROR if build.is_certain else Level.WARNING,
            path=build.file,
            line=None,
            message=build.message,
            cure=build.cure,
        )
        for build in no_slug_builds(tree, platform)
    )
