"""What pages, templates and Markdown load: assets, and other templates."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from tests.broken_references.reference import Kind, Lines, References
from tests.broken_references.repository import Repository, joined

_ATTRIBUTE = re.compile(
    r"""\b(?:src|href|poster|srcset|data-src|data-background|content|data)\s*=\s*\{?\s*(['"`])([^'"`\n]+)\1"""
)
_STATIC = re.compile(
    r"""\{%-?\s*static\s+(?P<q1>['"])(?P<django>[^'"\n]+)(?P=q1)
    | \burl_for\(\s*['"][\w.]*static['"]\s*,\s*(?:filename|path)\s*=\s*(?P<q2>['"])(?P<flask>[^'"\n]+)(?P=q2)
    | (?:Routes\.)?static_(?:path|url)\([^'"\n)]*(?P<q3>['"])(?P<phoenix>[^'"\n]+)(?P=q3)
    | \b(?:asset|mix|elixir|Vite::asset)\(\s*(?P<q4>['"])(?P<laravel>[^'"\n]+)(?P=q4)""",
    re.VERBOSE,
)
_RAILS = re.compile(
    r"\b(?:image_tag|image_path|image_url|asset_path|asset_url|font_path|video_tag|audio_tag|asset_pack_path|image_pack_tag"
    r"|inline_svg(?:_tag)?|favicon_link_tag|stylesheet_link_tag|javascript_include_tag)[\s(]+(['\"])([^'\"\n#{]+)\1"
)
_TEMPLATE = re.compile(
    r"""\{%-?\s*(?:include|extends|import|from|embed)\s+(?P<q1>['"])(?P<jinja>[^'"\n]+)(?P=q1)
    | <%-?\s*include\(?\s*(?P<q2>['"])(?P<ejs>[^'"\n]+)(?P=q2)
    | @(?:include|extends|includeIf|component|each)\(\s*(?P<q3>['"])(?P<blade>[^'"\n]+)(?P=q3)
    | \brender(?:_to_string)?[\s(]+(?:(?:partial|template|layout):\s*|:(?:partial|template)\s*=>\s*)?
      (?P<q4>['"])(?P<rails>[\w./-]+)(?P=q4)
    | \b(?:render_template|get_template|render_to_string|template_name\s*=|(?:TemplateResponse|render)\(\s*\w+\s*,)
      \s*\(?\s*(?P<q5>['"])(?P<python>[\w./-]+\.\w+)(?P=q5)
    | \b(?:View::make|view|res\.render)\(\s*(?P<q6>['"])(?P<view>[\w./-]+)(?P=q6)
    | ^[ \t]*(?:include|extends)[ \t]+(?P<pug>[\w./-]+)[ \t]*$""",
    re.VERBOSE | re.MULTILINE,
)
_IMAGE = re.compile(r"!\[[^\]\n]*\]\(\s*<?([^)\s>]+)")
_PIPELINE_DIRECTORIES = ("images", "fonts", "stylesheets", "javascripts", "videos", "audios", "media", "packs")


def asset_references(repository: Repository, path: str) -> References:
    """Attributes of elements, and the helpers of the frameworks."""
    text = repository.text(path)
    lines = Lines(text, Kind.ASSET)
    for match in _ATTRIBUTE.finditer(text):
        for written in _each(match[0], match[2]):
            yield lines.at(match.start(), written, repository.linked(written, path))
    for match in _STATIC.finditer(text):
        written = str(match[match.lastgroup or 0])
        yield lines.at(match.start(), written, repository.ending(written))
    for match in _RAILS.finditer(text):
        yield lines.at(match.start(), match[2], _in_pipeline(repository, match[2]))


def markdown_references(repository: Repository, path: str) -> References:
    """Images, in either notation."""
    text = repository.text(path)
    lines = Lines(text, Kind.ASSET)
    for match in (*_IMAGE.finditer(text), *re.finditer(r"<img\b[^>\n]*?\bsrc=['\"]([^'\"\n]+)", text)):
        yield lines.at(match.start(), match[1], repository.linked(match[1], path))


def template_references(repository: Repository, path: str) -> References:
    """Templates that are included, extended or rendered."""
    text = repository.text(path)
    lines = Lines(text, Kind.TEMPLATE)
    for match in _TEMPLATE.finditer(text):
        group = match.lastgroup or ""
        if group == "pug" and not path.endswith((".pug", ".jade")):
            continue
        yield lines.at(match.start(), match[group], _templates(repository, path, group, match[group]))


def _each(attribute: str, value: str) -> Iterator[str]:
    if attribute.startswith("srcset"):
        yield from (part.split()[0] for part in value.split(",") if part.strip())
    else:
        yield value


def _in_pipeline(repository: Repository, written: str) -> list[str]:
    if written.startswith("/"):
        return repository.served(written, "")
    endings = [written, *(f"{written}.{ext}" for ext in ("css", "scss", "sass", "js", "coffee", "css.scss", "js.erb"))]
    found = [path for end in endings for path in repository.ending(end)]
    return [
        path
        for path in found
        if any(f"/{directory}/{written}" in f"/{path}" for directory in _PIPELINE_DIRECTORIES)
        and not re.match(r"(spec|test|tests|features)/", path)
    ]


def _templates(repository: Repository, reader: str, group: str, written: str) -> list[str]:
    here = posixpath.dirname(reader)
    if group in ("jinja", "python"):
        beside = joined(here, written)
        return [*([beside] if beside else []), *repository.ending(written)]
    if group in ("blade", "view"):
        name = written.replace(".", "/") if reader.endswith(".php") else written
        views = sorted(path for path in repository.directories if posixpath.basename(path) == "views")
        return [found for root in views for found in repository.with_stem(posixpath.join(root, name))]
    if group == "rails":
        directory, name = posixpath.split(written)
        partials = [posixpath.join(directory, each) for each in ("_" + name.lstrip("_"), name)]
        stems = [
            posixpath.join(root, each) for root in (["app/views", here] if directory else [here]) for each in partials
        ]
        return [found for stem in stems for found in repository.with_stem(stem)]
    base = joined(here, written)
    return [base, *repository.with_stem(base)] if base else []
