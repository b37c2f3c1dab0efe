"""What the buildpacks of Ruby, PHP and Go install."""

from __future__ import annotations

import pytest

from tests.locks import Files, detect, dropped, install, kept

LOCK = """\
GIT
  remote: https://github.com/acme/forked.git
  revision: 0
  specs:
    forked (0.1)

PATH
  remote: .
  specs:
    own (1.0)
      rack

GEM
  remote: https://rubygems.org/
  specs:
    debug (1.9)
      irb
    irb (1.0)
    nokogiri (1.16.0)
      mini_portile2 (~> 2.8)
      racc
    nokogiri (1.16.0-arm64-darwin)
      racc
    nokogiri (1.16.0-x86_64-linux)
      racc
    mini_portile2 (2.8.5)
    racc (1.7)
    rack (3.0)
    rspec (3.13)
      rack
    tzinfo-data (1.2)

PLATFORMS
  ruby
  x86_64-linux

DEPENDENCIES
  debug
  forked!
  nokogiri (~> 1.16)
  own!
  rspec
  tzinfo-data

RUBY VERSION
   ruby 3.3.0p0

BUNDLED WITH
   2.5.3
"""
ALL = ["debug@1.9", "forked@0.1", "irb@1.0", "nokogiri@1.16.0", "racc@1.7", "rack@3.0", "rspec@3.13", "tzinfo-data@1.2"]
PRODUCTION = ["forked@0.1", "nokogiri@1.16.0", "racc@1.7", "rack@3.0"]


@pytest.mark.parametrize(
    "gemfile",
    [
        """
gem "nokogiri"
gem "forked", git: "https://github.com/acme/forked.git"
gem "own", path: "."
group :development, :test do
  gem "debug"
  if ENV["X"]
    gem 'rspec'
  end
end
gem "tzinfo-data", platforms: %i[windows jruby]
""",
        """
gem("nokogiri") # one
gem "debug", group: :development
gem "rspec", "~> 3", :groups => [:development, :test], require: false
platforms :mingw, :jruby do
  gem "tzinfo-data"
end
group :test do end
""",
    ],
)
def test_gems_of_development_and_test_and_of_other_platforms_are_left_out(gemfile: str) -> None:
    found = install({"Gemfile": gemfile, "Gemfile.lock": LOCK})
    assert kept(found) == PRODUCTION
    assert dropped(found) == ["debug@1.9", "irb@1.0", "mini_portile2@2.8.5", "rspec@3.13", "tzinfo-data@1.2"]
    assert found.notes == ("1 gem comes from git, with a size that isn't known.",)


def test_a_gem_of_this_platform_goes_before_the_general_one() -> None:
    found = install({"Gemfile": "", "Gemfile.lock": LOCK})
    places = {package.name: package.place for package in found.packages}
    assert places["nokogiri"] == "gems/nokogiri-1.16.0-x86_64-linux"
    assert places["forked"] == "bundler/gems/forked"
    assert kept(found) == ALL


@pytest.mark.parametrize(
    "gemfile",
    [
        """
group :production do
  gem "rspec"
end
gem "debug", groups: [:development, :staging]
gem "tzinfo-data", platforms: :ruby
""",
        """
source "https://a" do
  gem "rspec"
end
group :test, :staging do
  gem "debug"
end
""",
    ],
)
def test_gems_that_another_group_needs_are_kept(gemfile: str) -> None:
    assert kept(install({"Gemfile": gemfile, "Gemfile.lock": LOCK})) == ALL


def test_what_a_gemspec_needs_for_development_is_left_out() -> None:
    found = install({"Gemfile": "gemspec\ngem 'nokogiri'\ngem 'forked'\n", "Gemfile.lock": LOCK})
    assert kept(found) == PRODUCTION


def test_other_groups_may_be_left_out() -> None:
    files: Files = {"Gemfile": "gem 'rspec', group: :test", "Gemfile.lock": LOCK}
    found = install({**files, "app.json": {"env": {"BUNDLE_WITHOUT": "development"}}})
    assert "rspec@3.13" in kept(found)
    assert "BUNDLE_WITHOUT" in found.notes[0]


def test_composer_lock() -> None:
    lock = {
        "packages": [
            {"name": "Symfony/Console", "version": "v7.0.1"},
            {"name": "a/meta", "version": "1.0", "type": "metapackage"},
            {"name": 7},
            "x",
        ],
        "packages-dev": [{"name": "phpunit/phpunit", "version": "11.0.0"}],
    }
    found = install({"composer.json": {}, "composer.lock": lock})
    assert (kept(found), dropped(found)) == (["symfony/console@7.0.1"], ["phpunit/phpunit@11.0.0"])
    assert (found.manager, found.lock, found.pinned, found.is_pruned) == ("composer", b"composer.lock", True, True)
    found = install({"composer.json": {}, "composer.lock": lock, "app.json": {"env": {"HEROKU_PHP_INSTALL_DEV": ""}}})
    assert not found.is_pruned


def test_composer_without_a_lock() -> None:
    found = install(
        {"composer.json": {"require": {"php": "8", "ext-gd": "*", "a/b": "^1"}, "require-dev": {"c/d": "1"}}}
    )
    assert (kept(found), dropped(found), found.pinned) == (["a/b@"], ["c/d@"], False)


def test_go_leaves_no_packages() -> None:
    found = install({"go.mod": "module x\nrequire example.com/a v1.0.0\n"})
    assert (found.manager, found.packages) == ("go", ())
    assert len(found.notes) == 1


def test_lock_files_that_cannot_be_read_are_a_gap_that_is_said() -> None:
    assert "Gemfile.lock can't be read" in install({"Gemfile": "", "Gemfile.lock": b"\xff"}).notes[0]
    assert "composer.lock can't be read" in install({"composer.json": {}, "composer.lock": "{"}).notes[0]
    assert detect({"Gemfile": "", "Gemfile.lock": b"\xff"}).runtimes[0].said_by == "default"
