"""End to end: ``fixtures/<case>/tree`` measured with ``args``, against what ``expected.json`` says.

``stdout`` is a text, or an object for JSON; ``$ROOT`` stands for the absolute path of the tree. After a change that is
meant, ``python -m tests.test_fixtures`` writes the files anew; read the difference before committing it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path
from typing import Any

import pytest

FIXTURES = Path(__file__).parent.parent / "fixtures"
CASES = sorted(path.parent for path in FIXTURES.glob("*/expected.json"))


SCRIPT = """
import json, sys
from pathlib import Path
sys.modules["deflate"] = None
from tests.command_line import run
for line in sys.stdin:
    args, root = json.loads(line)
    code, stdout, stderr = run(*args, cwd=Path(root))
    print(json.dumps([code, *(part.decode().replace(root, "$ROOT") for part in (stdout, stderr))]))
"""


def outcomes() -> dict[str, dict[str, Any]]:
    """What the commands do, by case, with the codec that every Python has: sizes differ a little between codecs.

    A process without the other codec runs them all.
    """
    asked = {case.name: expected_of(case)["args"] for case in CASES}
    # Text reports cut a root that does not fit their width, so the tree must not lie deep.
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="s") as directory:
        roots = {name: Path(directory).resolve() / str(number) / "tree" for number, name in enumerate(asked)}
        for name, root in roots.items():
            shutil.copytree(FIXTURES / name / "tree", root, symlinks=True)
        lines = "".join(json.dumps([args, str(roots[name])]) + "\n" for name, args in asked.items())
        command = [sys.executable, "-W", "error", "-c", SCRIPT]
        env = os.environ | {"HOME": directory, "SLUGTRIM_CACHE_DIR": f"{directory}/cache"}
        done = subprocess.run(
            command, cwd=FIXTURES.parent, env=env, input=lines.encode(), stdout=subprocess.PIPE, check=True
        )
    found = zip(asked.items(), map(json.loads, done.stdout.splitlines()), strict=True)
    return {
        name: {
            "args": args,
            "exit_code": code,
            "stdout": json.loads(stdout) if "json" in args else stdout,
            "stderr": stderr,
        }
        for (name, args), (code, stdout, stderr) in found
    }


def expected_of(case: Path) -> dict[str, Any]:
    """What a case says."""
    expected: dict[str, Any] = json.loads((case / "expected.json").read_text("utf-8"))
    return expected


@pytest.fixture(scope="module")
def found() -> dict[str, dict[str, Any]]:
    """What all of them do."""
    return outcomes()


def test_there_are_cases() -> None:
    assert len(CASES) >= 8
    assert {path.parent for path in FIXTURES.glob("*/tree")} == set(CASES)


@pytest.mark.skipif("ng" in zlib.ZLIB_RUNTIME_VERSION, reason="zlib-ng compresses to other sizes than zlib")
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_case_does_as_expected(case: Path, found: dict[str, dict[str, Any]]) -> None:
    assert found[case.name] == expected_of(case)


if __name__ == "__main__":
    for name, outcome in outcomes().items():
        text = json.dumps(outcome, indent=2, ensure_ascii=False) + "\n"
        (FIXTURES / name / "expected.json").write_text(text, "utf-8")
