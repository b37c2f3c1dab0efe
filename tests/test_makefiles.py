"""Which recipes a call of make runs."""

from time import process_time

import pytest

from slugtrim.suggester.makefiles import called_recipes
from tests.rows import each_row

MAKEFILE = """.PHONY: all test
all: build | dirs
build: assets \\
  styles
	npm run build
assets styles:
	node $@.js
dirs:
	mkdir out
test: build
	pytest
again:
	$(MAKE) -C . dirs
odd: $(LIST)
	echo
"""
EVERY = ("npm run build", "node $@.js", "mkdir out", "pytest", "$(MAKE) -C . dirs", "echo")


def recipes(text: str, *names: str) -> tuple[str, ...]:
    return tuple(line.strip() for _, line in called_recipes(enumerate(text.split("\n"), 1), names))


@each_row(
    "names, expected",
    [
        ((), ("npm run build", "node $@.js", "mkdir out")),
        (("dirs",), ("mkdir out",)),
        (("DEBUG=1", "dirs"), ("mkdir out",)),
        (("test",), ("npm run build", "node $@.js", "pytest")),
        (("again",), ("mkdir out", "$(MAKE) -C . dirs")),
        (("odd",), EVERY),
        (("unknown",), EVERY),
        (("dirs", "4"), EVERY),
    ],
)
def test_make_runs_the_recipes_of_the_targets_and_of_what_they_depend_on(
    names: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert recipes(MAKEFILE, *names) == expected


@each_row("line", ["include more.mk", "-include more.mk", "define x", ".DEFAULT_GOAL := test", "%.css: %.scss"])
def test_all_recipes_count_where_a_line_may_change_them(line: str) -> None:
    assert recipes(f"{line}\n{MAKEFILE}", "dirs") == EVERY


def test_the_first_target_is_no_special_one() -> None:
    assert recipes(".SILENT:\nrun: ;\n\tgo\nother:\n\tstop\n") == ("go",)
    assert recipes("") == ()


@pytest.mark.full
@each_row(
    "text, name",
    [
        ("a\\\n" * 250_000, "a"),
        (" ".join(f"t{i}" for i in range(150)) + ": " + "x " * 250_000 + "\n" + "\t$(MAKE) y\n" * 50_000, "t1"),
        ("\n".join(f"t{i}: t{i + 1}\n\t$(MAKE) t{i} t{i + 1}" for i in range(20_000)), "t0"),
        ("a:" * 500_000, "a"),
    ],
)
def test_time_is_linear_in_a_makefile(text: str, name: str) -> None:
    begin = process_time()
    recipes(text, name)
    assert process_time() - begin < 2
