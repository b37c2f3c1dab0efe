"""What files in languages without a grammar, templates, pages and Markdown refer to."""

from __future__ import annotations

import time

import pytest

from slugtrim.suggester import texts
from tests.references import shown
from tests.rows import each_row

CASES = [
    (
        "a.php",
        r"""<img src="img/a.png"><?php
// "docs/no.md"
require_once __DIR__ . '/../vendor/autoload.php';
require ABSPATH . 'wp-x.php';
include(dirname(__DIR__, 2) . "/x/" . $name . '.php');
if (file_exists(__DIR__.'/old.php')) { require __DIR__.'/old.php'; }
$x = ['exclude' => ['docs', 'tests'], 'path' => 'docs'];
use App\Models\User;
if ($x == 'docs') { foo($y['docs']); echo "hello docs"; }
function testThing() { readfile('docs/x.md'); }
""",
        [
            "1 img/a.png loads",
            "3 ../vendor/autoload.php executes here",
            "4 wp-x.php executes",
            "5 ../../x/*.php glob executes here",
            "6 old.php executes here guarded",
            "7 docs word excluded",
            "7 tests word excluded",
            "7 docs word",
            "8 App/Models/User executes",
            "10 docs/x.md loads tests",
        ],
    ),
    (
        "a.go",
        """\
package x
import (
  "fmt"
  t "example.com/x/docs"
)
//go:embed docs "a b/*.html" all:static
var f embed.FS
func main() { os.ReadFile(filepath.Join("data", "a.csv")); http.Dir("docs") ; c := 'x' + "s" }
""",
        [
            "3 fmt module executes package",
            "4 example.com/x/docs module executes package",
            "6 docs loads here dir",
            "6 a b/*.html glob loads here",
            "6 static loads here dir",
            "8 data/a.csv loads",
            "8 docs word",
        ],
    ),
    (
        "a.rs",
        """\
#[cfg(test)]
mod tests;
mod docs;
const X: &'static str = include_str!("../README.md");
""",
        [
            "2 tests module executes here",
            "3 docs module executes here",
            "4 ../README.md loads",
            "4 ../README.md loads here",
        ],
    ),
    (
        "a.ex",
        """\
def x do
  Path.join([:code.priv_dir(:app), "docs", "x.md"])
  File.read!("docs/a.md")
  import_config "#{Mix.env()}.exs"
end""",
        ["2 docs/x.md", "3 docs/a.md loads", "4 *.exs glob executes"],
    ),
    (
        "a.exs",
        """\
import Shop.UserFactory
  alias Shop.{Repo, HTTPClient}""",
        ["1 user_factory.ex executes", "2 repo.ex executes", "2 http_client.ex executes"],
    ),
    (
        "A.java",
        """\
import com.foo.Bar;
class A { @Test void x() { new File("docs/" + name + ".md"); load("docs"); String s = "x says docs"; } }""",
        ["1 com/foo/Bar executes", "2 docs/*.md glob loads", "2 docs word loads"],
    ),
    (
        "a.R",
        """\
source("R/x.R"); read.csv(file.path("data", "x.csv"))""",
        ["1 R/x.R executes", "1 data/x.csv loads"],
    ),
    (
        "a.scss",
        """\
// @import "no";
@import "base/reset", 'b';
@use "~pkg/x" as y;
.a { background: url("../img/a.png?v=1"); b: image-url('b.png') url(data:x) url(#{$p}/c.png) }
$p: "../fonts";
""",
        [
            "2 base/reset module executes",
            "2 b module executes",
            "3 pkg/x module executes",
            "3 ~pkg/x",
            "4 ../img/a.png loads",
            "4 b.png loads",
            "4 */c.png glob loads",
            "5 ../fonts",
        ],
    ),
    (
        "a.css",
        """\
/*
 *= require_tree .
 *= require a/b
 */
@import url(x.css);""",
        ["2 . executes here dir", "3 a/b module executes package", "5 x.css loads here"],
    ),
    ("b.css", "/*\n * = require a/b.css\n*/\n", ["2 a/b.css module executes package"]),
    ("c.coffee", "#=require a/b\n", ["1 a/b module executes package"]),
    (
        "x.html.erb",
        """\
<!-- <img src="no.png"> --><a href="/docs">docs</a>
<a href="/docs/a.pdf">x</a>
<%= image_tag "logo" %><%= render "form" %><%= render partial: 'shared/nav' %>
<img src="/img/<%= x %>.png" srcset="a.png 1x, b.png 2x">
<%= link_to "docs", "/docs" %><script src=x.js></script><script>fetch("data/x.json")</script>""",
        [
            "2 /docs/a.pdf loads",
            "3 logo word loads",
            "3 form word executes",
            "3 shared/nav executes",
            "4 /img/*.png glob loads",
            "4 a.png loads",
            "4 b.png loads",
            "5 x.js loads",
            "5 /docs",
            "5 data/x.json",
        ],
    ),
    (
        "x.html",
        """\
{% extends "base.html" %}{% include 'a/b.html' %}<link href="{% static 'css/x.css' %}">
<img src="{{ url_for('static', filename='y.png') }}">{# "no.html" #}
<div style="background: url(z.png)">tests/x.py</div>""",
        ["1 base.html executes", "1 a/b.html executes", "1 css/x.css loads", "2 y.png loads", "3 z.png loads"],
    ),
    (
        "x.hbs",
        """\
{{> nav}}{{> "a/b"}}{{!-- {{> no}} --}}""",
        ["1 nav word executes", "1 a/b executes"],
    ),
    (
        "x.blade.php",
        """\
@extends('layouts.app') @include("a.b") {{ asset('x.css') }} @vite(['resources/js/app.js']) <x-alert/>""",
        [
            "1 x.css loads",
            "1 layouts/app executes",
            "1 a/b executes",
            "1 resources/js/app.js loads",
            "1 components/alert executes",
        ],
    ),
    (
        "x.pug",
        """\
extends layout
include a/b.pug
img(src="a.png")
""",
        ["1 layout word executes", "2 a/b.pug executes", "3 a.png loads"],
    ),
    (
        "x.haml",
        """\
= render "form"
%img{src: "a.png"}
-# "no.png"
= image_tag("x.png")""",
        ["1 form word executes", "2 a.png loads", "3 x.png loads"],
    ),
    (
        "x.md",
        """\
see docs/x.md [a](docs/a.md) ![x](img/x.png "t") <img src="b.png">
[r]: c.md
""",
        ["1 docs/a.md", "1 img/x.png", "1 b.png", "2 c.md"],
    ),
    (
        "x.svg",
        """\
<svg><image xlink:href="a.png"/></svg>""",
        ["1 a.png loads"],
    ),
    (
        "pom.xml",
        """\
<project><modules><module>core</module></modules><testResources><directory>docs</directory></testResources>
<directory>src/x</directory></project>""",
        ["1 core executes here dir", "1 docs word tests", "2 src/x"],
    ),
    (
        "build.gradle",
        """\
apply from: 'x.gradle'
include ':a:b', ':c'
sourceSets { test { resources { srcDir 'docs' } } main { srcDir 'x/y' } }""",
        ["1 x.gradle executes", "2 a/b executes root dir", "2 c executes root dir", "3 docs word tests", "3 x/y"],
    ),
    (
        "x.sql",
        r"""\i a/b.sql
COPY x FROM 'data/a.csv';
INSERT INTO x VALUES ('docs/x.md');""",
        ["1 a/b.sql executes", "2 data/a.csv loads"],
    ),
    (
        "x.dart",
        """\
import 'package:app/x.dart';
import 'y.dart';""",
        ["1 package:app/x.dart executes", "2 y.dart executes"],
    ),
    (
        "x.clj",
        """\
(slurp "docs/x.md") ; "no/x.md"
""",
        ["1 docs/x.md loads"],
    ),
    (
        "x.cs",
        r"""[Fact] var x = Path.Combine("docs", "a.md"); using (File.OpenRead(@"data\\x.csv")) {}""",
        ["1 docs/a.md", "1 data/x.csv"],
    ),
    (
        "x.mdx",
        """\
import A from './a'

[x](y.md)
""",
        ["1 ./a module executes here", "3 y.md"],
    ),
    (
        "x.c",
        """\
#include "a/b.h"
#include <stdio.h>
""",
        ["1 a/b.h executes here"],
    ),
    (
        "x.swift",
        r"""load(named: "a/\(name).png")
""",
        ["1 a/*.png glob loads"],
    ),
    (
        "notes.txt",
        "see docs/no.md",
        [],
    ),
    (
        "x.csv",
        "docs/no.md,1",
        [],
    ),
    (
        "x.kt",
        """\
import com.app.*
val x = "docs/$name.md"
""",
        ["1 com/app/* glob executes", "2 docs/*.md glob"],
    ),
    (
        "views.twig",
        "{{ include('@App/x/y.html.twig') }}{% embed 'a:b:c.html.twig' %}",
        [
            "1 x/y.html.twig executes",
            "1 @App/x/y.html.twig executes",
            "1 a/b/c.html.twig executes",
            "1 a:b:c.html.twig loads",
        ],
    ),
    (
        "x.ejs",
        "<%- include('partials/head') %>",
        ["1 partials/head executes"],
    ),
    (
        "x.lua",
        """\
-- "no/a.lua"
dofile("lib/a.lua")
""",
        ["2 lib/a.lua executes"],
    ),
]


@each_row("name, source, expected", CASES)
def test_references(name: str, source: str, expected: list[str]) -> None:
    assert shown(texts.references(name.encode(), source.encode())) == expected


def test_components() -> None:
    source = """\
<template><img src="@/assets/a.png" :src="require('./b.png')"></template>
<script>
import X from "./x.vue"
</script>
<style lang="scss">
@import "c";
</style>
"""
    found = texts.references(b"x.vue", source.encode())
    assert {(each.text, each.line) for each in found} >= {
        ("@/assets/a.png", 1),
        ("./b.png", 1),
        ("./x.vue", 3),
        ("c", 6),
    }


def test_front_matter() -> None:
    found = texts.references(b"x.astro", b"---\nimport A from './a.astro';\n---\n<img src={asset('b/c.png')} />\n")
    assert {(each.text, each.line) for each in found} >= {("./a.astro", 2), ("b/c.png", 4)}


SLOW = {
    "links opened": ("a.md", b"[a](" * 25_000),
    "links": ("a.md", b"[a](docs/a.md) " * 70_000),
    "comments opened": ("a.html", b"<!--" * 100_000),
    "urls opened": ("a.css", b"url(" * 100_000),
    "double quotes": ("a.php", b"<?php " + b'"' * 1_000_001),
    "single quotes": ("a.dart", b"'" * 1_000_001),
    "escaped quotes": ("a.java", b'"\\' * 200_000),
    "brackets": ("a.java", b"[" * 300_000),
    "calls": ("a.rs", b'f(g{"a/b", ' * 30_000),
    "templates": ("a.erb", b"<%" * 100_000),
    "partials": ("a.hbs", b"{{> a/b }}" * 30_000),
    "scripts opened": ("a.vue", b"<script>" * 30_000),
    "components: expressions": ("a.vue", b"{{ 'a/b' }}" * 70_000),
    "components: values": ("a.svelte", b"={'a/b'}" * 90_000),
    "components: styles": ("a.vue", b"<style>a{b:url('c/d')}</style>" * 25_000),
    "components: styles opened": ("a.vue", b"<style>" * 100_000 + b"</style>"),
    "components: scripts": ("a.vue", b"<script></script><script lang=ts></script><script lang=tsx></script>" * 12_000),
    "components: front matter": ("a.astro", b"---\n" * 200_000),
    "scripts": ("a.html", b"<script></script>" * 60_000),
    "pairs of brackets": ("a.php", b"<?php " + b"([{}])(x" * 60_000),
    "words called": ("a.haml", b'render(a("b/c", ' * 30_000),
    "questions": ("a.php", b"<?php " + b'file_exists("a/b.c"); x("a/b.c");\n' * 9_000),
    "Go imports": ("a.go", b"import (" * 30_000),
    "elements": ("a.xml", b"<a><b>c/d</b>" * 30_000),
}


@pytest.mark.full
@each_row("case", SLOW)
def test_time(case: str) -> None:
    name, content = SLOW[case]
    started = time.process_time()
    texts.references(name.encode(), content)
    assert time.process_time() - started < 2


@each_row("name", sorted(f"a.{extension.decode()}" for extension in texts.EXTENSIONS))
def test_any_bytes(name: str) -> None:
    for content in (b"", b"\0\xff<%\"'`{{{%}}-->*/url(", bytes(range(256)) * 20, b"<?php include '\xff/\xfe.php';"):
        texts.references(name.encode(), content)
