"""Every id of a finding has a section with cause and fix, and every section an id in the code."""

from __future__ import annotations

import re
from pathlib import Path

import slugtrim
from slugtrim.findings import Level
from slugtrim.lint.findings import sections

PACKAGE = Path(slugtrim.__file__).parent


def test_ids_page_and_code_agree() -> None:
    code = "".join(path.read_text() for path in [*(PACKAGE / "lint").glob("*.py"), PACKAGE / "findings.py"])
    named = set(re.findall(r'(?:id=|on_line\(|_found\(|_misspelt\(\s*|_mistaken\(\s*)"([a-z0-9-]+)"', code))
    named |= set(re.findall(r'^\s+"([a-z]+-[a-z-]+)",$', code, re.MULTILINE)) & set(sections())
    assert named == set(sections())


def test_each_section_has_levels_a_cause_and_a_cure() -> None:
    assert len(sections()) > 20
    for id_, section in sections().items():
        levels, cause, cure = section.split("\n\n", 2)
        assert re.match("|".join(level.value for level in Level), levels), id_
        assert cause.startswith("Cause: "), id_
        assert cure.startswith("Fix: "), id_


def test_each_section_names_the_levels_that_the_tests_have_seen() -> None:
    assert "fixed by `--fix`" in sections()["negation"]
    assert "fixed by `--fix`" in sections()["duplicate-rule"]
