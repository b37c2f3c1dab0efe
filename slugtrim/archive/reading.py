"""One pass over an archive."""

from __future__ import annotations

import os
import posixpath
import tarfile
from collections.abc import Sequence
from hashlib import sha1
from pathlib import Path

from slugtrim.archive.contents import PassedContents
from slugtrim.archive.limits import DEFAULT, Limits
from slugtrim.archive.record import Anomaly, Extraction, Format, Look, Packed
from slugtrim.errors import SlugError
from slugtrim.files import EXECUTABLE, REGULAR, SYMLINK, File, Source, SourceKind, Tree, quoted


def open_slug(path: str, *, limits: Limits = DEFAULT, looks: Sequence[Look] = ()) -> Packed:
    """What is in the slug at ``path``: a gzip or tar file, ``-`` for stdin, or a directory.

    Raises ``SlugError`` for what is no slug, damaged or beyond a limit, ``SourceError`` for a directory it cannot read.
    """
    if path != "-" and os.path.isdir(path):
        from slugtrim.archive.directory import open_directory

        return open_directory(os.fsencode(path), looks)
    try:
        return _read(path, looks)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise SlugError(f"{quoted(os.fsencode(path))}: is no slug ({error}); name a slug") from error


def _read(path: str, looks: Sequence[Look]) -> Packed:
    size = Path(path).stat().st_size
    files: dict[bytes, File] = {}
    links: dict[bytes, bytes] = {}
    hard: dict[bytes, bytes] = {}
    raw: dict[bytes, int] = {}
    names: list[bytes] = []
    listed = directories = entries = 0
    with tarfile.open(path, "r|*") as tar:
        for member in tar:
            entries += 1
            names.append(os.fsencode(member.name))
            name = posixpath.normpath(names[-1]).lstrip(b"/")
            if member.isdir():
                directories += 1
                continue
            mode = SYMLINK if member.issym() else EXECUTABLE if member.mode & 0o100 else REGULAR
            file = File(name, member.size, mode, None)
            content = os.fsencode(member.linkname)
            if member.issym():
                links[name] = content
                file = file._replace(size_bytes=len(content))
            elif member.islnk():
                hard[name] = posixpath.normpath(content).lstrip(b"/")
                files[name] = file._replace(blob=files[hard[name]].blob)
                raw[name] = 512
                continue
            else:
                feeds = [feed for feed in (look(file) for look in looks) if feed is not None]
                stream = tar.extractfile(member)
                content = stream.read() if stream else b""
                listed += len(content)
                for feed in feeds:
                    feed(content)
                    feed(b"")
            blob = sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest().encode()
            files[name] = file._replace(blob=blob)
            raw[name] = raw.get(name, 0) + 512 + member.size
    app = b"app/" if all(name.startswith(b"app/") for name in files) else b""
    total = sum(raw.values())
    shares = {name.removeprefix(app): size * weight // total for name, weight in raw.items()}
    tree = Tree(
        source=Source(kind=SourceKind.ARCHIVE, root=os.fsencode(path)),
        files=tuple(sorted(file._replace(path=file.path.removeprefix(app)) for file in files.values())),
        contents=PassedContents(),
        links={name.removeprefix(app): target for name, target in links.items()},
    )
    return Packed(
        tree=tree,
        root=(b"./" if names[0].startswith(b".") else b"/" if names[0].startswith(b"/") else b"") + app,
        format=Format.GZIP,
        compressed_bytes=size,
        estimated=False,
        shares=shares,
        structure_bytes=size - sum(shares.values()),
        hard_links={name.removeprefix(app): target.removeprefix(app) for name, target in hard.items()},
        directories=directories,
        entries=entries,
        listed_bytes=listed,
        anomalies=(),
    )


def extract_slug(path: str, destination: str, *, limits: Limits = DEFAULT) -> Extraction:
    """Unpacks the slug at ``path`` into ``destination``, which is empty or new."""
    raise NotImplementedError


__all__ = ["Anomaly", "extract_slug", "open_slug"]
