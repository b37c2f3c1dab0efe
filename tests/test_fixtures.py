"""End to end: ``fixtures/<case>/tree`` measured with ``args``, against what ``expected.json`` says.

``stdout`` is a text, or an object for JSON; ``$ROOT`` stands for the absolute path of the tree. After a change that is
meant, ``python -m tests.test_fixtures`` writes the files anew; read the difference before committing it.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.command_line import run_process

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.glob("*/expected.json"))


def outcome(case: Path, args: list[str]) -> dict[str, Any]:
    """What the command does, with the codec that every Python has: sizes differ a little from one to the next."""
    # Text reports cut a root that does not fit their width, so the tree must not lie deep.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="slug") as directory:
        place = Path(directory).resolve()
        shutil.copytree(case / "tree", place / "tree", symlinks=True)
        (place / "deflate.py").write_text("raise ImportError('not in this test')\n")
        run = run_process(*args, cwd=place / "tree", PYTHONPATH=str(place))
        stdout, stderr = (part.decode().replace(str(place / "tree"), "$ROOT") for part in (run.stdout, run.stderr))
    is_json = "json" in args
    return {
        "args": args,
        "exit_code": run.code,
        "stdout": json.loads(stdout) if is_json else stdout,
        "stderr": stderr,
    }


def test_there_are_cases() -> None:
    assert len(CASES) >= 8
    assert {path.parent for path in FIXTURES.glob("*/tree")} == set(CASES)


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng compresses to other sizes than zlib")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_does_as_expected(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text("utf-8"))
    assert set(expected) == {"args", "exit_code", "stdout", "stderr"}
    assert outcome(case, expected["args"]) == expected


if __name__ == "__main__":
    for each in CASES:
        file = each / "expected.json"
        known_args = json.loads(file.read_text("utf-8"))["args"]
        file.write_text(json.dumps(outcome(each, known_args), indent=2, ensure_ascii=False) + "\n", "utf-8")
