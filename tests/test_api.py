"""The library's own names, as a script uses them."""

from __future__ import annotations

import pkgutil
from pathlib import Path

import pytest

import slugtrim
from tests.builders import make_tree


def test_every_public_name_resolves_and_is_listed() -> None:
    for name in slugtrim.__all__:
        assert getattr(slugtrim, name).__name__ == name
    assert dir(slugtrim) == sorted(slugtrim.__all__)


def test_no_public_name_is_a_module_s() -> None:
    """Importing ``slugtrim.audit`` puts the module itself under that name, over whatever was exported."""
    modules = {module.name for module in pkgutil.iter_modules(slugtrim.__path__)}
    assert not modules & set(slugtrim.__all__)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match=r"^module 'slugtrim' has no attribute 'nothing'$"):
        _ = slugtrim.nothing


def test_a_script_opens_scans_measures_and_classifies(tmp_path: Path) -> None:
    make_tree(tmp_path, {".slugignore": "/spec\n", "app.rb": "puts 1\n", "spec/app_spec.rb": "expect\n" * 100})
    tree = slugtrim.open_tree(bytes(tmp_path), use_git=False)
    slug = slugtrim.scan(tree)
    assert [file.path for file in slug.kept] == [b".slugignore", b"app.rb"]
    sizing = slugtrim.Sizer(tree.contents).measure(slug.kept)
    assert sizing.compressed_bytes == slugtrim.audit_tree(tree).compressed_bytes
    assert slugtrim.classify(sizing.compressed_bytes) is slugtrim.SizeClass.SMALL
    assert slugtrim.format_size(sizing.compressed_bytes).endswith("B")
