"""What a Ruby file refers to, how, and with which excuse."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.suggester.edges import Anchor, Excuse, Reference
from slugtrim.suggester.syntax_ruby import references
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
        ("require 'a/b'", ["MODULE EXECUTES a/b PACKAGE"]),
        ("require './a'", ["MODULE EXECUTES ./a ROOT"]),
        ("require_relative '../a'", ["MODULE EXECUTES ../a HERE"]),
        ("require_dependency 'a'", ["MODULE EXECUTES a PACKAGE"]),
        ("autoload :A, 'a/b'", ["MODULE EXECUTES a/b PACKAGE"]),
        ("load 'a.rb'", ["PATH EXECUTES a.rb"]),
        ("import 'tasks/a.rake'", ["PATH EXECUTES tasks/a.rake"]),
        ("load Rails.root.join('db', 'a.rb')", ["PATH EXECUTES db/a.rb ROOT"]),
        ("require File.expand_path('../config/a', __FILE__)", ["MODULE EXECUTES config/a HERE"]),
        ("require File.join(__dir__, '..', 'a')", ["MODULE EXECUTES ../a HERE"]),
        ('require_relative "x/#{name}"', ["GLOB EXECUTES x/* HERE"]),
        ("require name", ["GLOB EXECUTES **/*.rb PACKAGE"]),
        ("Dir['a/*.rb'].each { |f| require f }", ["GLOB EXECUTES a/*.rb"]),
        ("Dir.glob(Rails.root.join('a/*.rb')).sort.each do |f| load f end", ["GLOB EXECUTES a/*.rb ROOT"]),
        ("files = Dir['a/*.rb']\nfiles.each { |f| require f }", ["GLOB EXECUTES a/*.rb"]),
        ("%w(a b).each { |x| require x }", ["PATH EXECUTES a", "PATH EXECUTES b", "GLOB EXECUTES **/*.rb PACKAGE"]),
        ("Dir['a/*'].each { |f| f.upcase }", ["GLOB LOADS a/*"]),
        ("x = Rails.root.join('a')", ["PATH NAMES a ROOT"]),
        ("x = Rails.root + 'a'", ["PATH NAMES a ROOT"]),
        ('x = "#{Rails.root}/a/b"', ["PATH NAMES a/b ROOT"]),
        ("x = Pathname.new(__FILE__).dirname.join('a')", ["PATH NAMES a HERE"]),
        ("D = 'data'\nFile.read(File.join(D, 'a.csv'))", ["WORD NAMES data", "PATH LOADS data/a.csv"]),
        ("File.read('a')", ["PATH LOADS a"]),
        ("File.open('a.txt', 'w')", ["PATH NAMES a.txt WRITTEN"]),
        ("YAML.load_file('a.yml')", ["PATH LOADS a.yml"]),
        ("CSV.foreach('a.csv') { |r| r }", ["PATH LOADS a.csv"]),
        ("send_file 'docs/a.pdf'", ["PATH LOADS docs/a.pdf"]),
        ("render file: 'public/404.html'", ["PATH LOADS public/404.html"]),
        ("render 'shared/nav'", ["PATH LOADS shared/nav"]),
        ("Tilt.new('a/b.erb')", ["PATH LOADS a/b.erb"]),
        ('File.read("data/#{x}.json")', ["GLOB LOADS data/*.json"]),
        ("Rails.root.join('a').glob('*.md')", ["GLOB LOADS a/*.md ROOT"]),
        ("Dir.entries('a')", ["PATH LOADS a DIRECTORY"]),
        ("config.autoload_paths += %W(#{config.root}/a)", ["PATH EXECUTES a ROOT DIRECTORY"]),
        ("config.eager_load_paths << Rails.root.join('a')", ["PATH EXECUTES a ROOT DIRECTORY"]),
        ("config.autoload_paths.push('a/b')", ["PATH EXECUTES a/b DIRECTORY"]),
        ("config.paths['app/views'] << 'a/b'", ["PATH LOADS a/b DIRECTORY"]),
        ("config.i18n.load_path += Dir['a/*.yml']", ["GLOB LOADS a/*.yml"]),
        ("system('bash', 'script/a.sh')", ["WORD NAMES bash ROOT", "PATH EXECUTES script/a.sh ROOT"][1:]),
        ("`script/a.sh x.csv`", ["PATH EXECUTES script/a.sh ROOT", "PATH EXECUTES x.csv ROOT"]),
        ("gem 'a', path: 'vendor/a'", ["PATH LOADS vendor/a DIRECTORY"]),
        ("f('docs')", ["WORD NAMES docs"]),
        ("x = ENV.fetch('DOCS', 'docs')", ["WORD NAMES docs"]),
        ("f(dir: 'docs')", ["WORD NAMES docs"]),
        ("x = <<~X\n  <a href='docs/a.pdf'>\nX\n", ["PATH NAMES docs/a.pdf"]),
    ],
)
def test_what_is_named(source: str, expected: list[str]) -> None:
    assert [shown(reference) for reference in references(source.encode())] == expected


@each_row(
    "source",
    [
        "# docs/x.md",
        "=begin\ndocs/x.md\n=end\n",
        "x = h['docs']",
        "x = { 'docs' => 1 }",
        "y if x == 'docs'",
        "case x\nwhen 'docs' then 1\nend",
        "get '/docs', to: 'docs#index'",
        "puts 'docs/x.md'",
        "Rails.logger.info 'docs/x.md'",
        "raise 'docs/x.md'",
        "x.start_with?('docs')",
        "f(:docs)",
        "f(/docs/)",
        "redirect_to '/docs'",
        "gem 'docs'",
        "s.files = `git ls-files docs/x.md`.split",
        "x = 'https://example.org/docs/x.md'",
    ],
)
def test_what_names_nothing(source: str) -> None:
    assert references(source.encode()) == []


@each_row(
    "source, excuse",
    [
        ("s.files = Dir['spec/**/*']", Excuse.TESTS),
        ("s.test_files = ['spec/a.rb']", Excuse.TESTS),
        ("task :test do\n  f 'spec/a'\nend", Excuse.TESTS),
        ("namespace :spec do\n  task(:x) { f 'spec/a' }\nend", Excuse.TESTS),
        ("task test: :environment do\n  f 'spec/a'\nend", Excuse.TESTS),
        ("task :build do\n  f 'spec/a'\nend", Excuse.TASK),
        ("RSpec::Core::RakeTask.new(:x) { |t| t.pattern = 'spec/**/*.rb' }", Excuse.TESTS),
        ("Rake::TestTask.new { |t| t.libs << 'test' }", Excuse.TESTS),
        ("RuboCop::RakeTask.new { |t| t.patterns = ['spec/a'] }", Excuse.WATCHED),
        ("if Rails.env.test?\n  f 'spec/a'\nend", Excuse.TESTS),
        ("f 'spec/a' if Rails.env.development?", Excuse.DEVELOPMENT),
        ("if Rails.env.test? || x\n  f 'spec/a'\nend", Excuse.NONE),
        ("if Rails.env.test? || Rails.env.local?\n  f 'spec/a'\nend", Excuse.TESTS),
        ("unless Rails.env.production?\n  f 'spec/a'\nend", Excuse.DEVELOPMENT),
        ("f 'spec/a' if !Rails.env.production?", Excuse.DEVELOPMENT),
        ("f 'spec/a' if ENV['RACK_ENV'] == 'test'", Excuse.TESTS),
        ("f 'spec/a' if ENV['RACK_ENV'] != 'production'", Excuse.DEVELOPMENT),
        ("if Rails.env.test?\n  x\nelse\n  f 'spec/a'\nend", Excuse.NONE),
        ("group :development, :test do\n  gem 'x', path: 'spec/x'\nend", Excuse.DEVELOPMENT),
        ("load 'spec/a.rb' if File.exist?('spec/a.rb')", Excuse.GUARDED),
        ("begin\n  require 'a'\nrescue LoadError\nend", Excuse.GUARDED),
        ("begin\n  require 'a'\nrescue LoadError\n  raise 'x'\nend", Excuse.NONE),
        ("begin\n  File.read('docs/a')\nrescue Errno::ENOENT\nend", Excuse.GUARDED),
        ("x = File.read('docs/a') rescue nil", Excuse.GUARDED),
        ("config.action_mailer.preview_path = 'spec/a'", Excuse.WATCHED),
        ("config.action_mailer.preview_paths << 'spec/a'", Excuse.WATCHED),
        ("FactoryBot.definition_file_paths = ['spec/a']", Excuse.TESTS),
        ("FileUtils.mkdir_p('docs/a')", Excuse.WRITTEN),
        ("class T < Minitest::Test\n  def a\n    f 'test/a'\n  end\nend", Excuse.TESTS),
    ],
)
def test_an_excuse(source: str, excuse: Excuse) -> None:
    found = references(source.encode())
    assert found
    assert {reference.excuse for reference in found} == {excuse}


def test_a_file_without_a_tree_keeps_what_it_requires_and_its_strings() -> None:
    found = [shown(reference) for reference in references(b"require 'a'\nx = 'b/c.d'\n" + b"[" * 5000)]
    assert found == ["MODULE EXECUTES a PACKAGE", "PATH NAMES b/c.d"]


@pytest.mark.full
@pytest.mark.parametrize(
    "source",
    [
        b" # " * 33_000 + b'"a"',
        b'x="' + b'\\"' * 50_000 + b'"',
        b"[" * 50_000,
        b"x = " + b"f(" * 50_000,
        b"x = " + b" + ".join([b'"a"'] * 10_000),
        b"x" + b".a('b')" * 10_000,
        b"x = 'a/b'" + b".to_s" * 10_000,
        b"begin\n" * 900 + b"require 'a'\n" + b"end\n" * 900,
        b"if a\n" + b'elsif b == "x"\n' * 5_000 + b"end",
        b'f("data/x.csv")\n' * 500_000,
        b"`" * 500_000,
        b"%q" * 250_000,
        b"try:\n" * 100_000,
        b"<<~A\n" * 100_000,
        b'"#{' * 170_000,
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
    references(b"File.read(" + content + b")")
