"""What the Python buildpack installs: a small lock file of each format."""

from __future__ import annotations

from slugtrim.buildpacks.packages import Dependencies
from slugtrim.buildpacks.python_locks import wheel_rank
from tests.locks import Files, dropped, install, kept
from tests.rows import each_row


def pip(requirements: str, **files: str) -> Dependencies:
    others = {name.replace("__", "/") + ".txt": content for name, content in files.items()}
    return install({"requirements.txt": requirements, ".python-version": "3.12", **others})


@each_row(
    "line, expected",
    [
        ("Flask==3.0.0", ["flask@3.0.0"]),
        ("zope.interface == 6.1  # why", ["zope-interface@6.1"]),
        ("uvicorn[standard]==0.30.1", ["uvicorn@0.30.1"]),
        ("django>=4,<5", ["django@"]),
        ("numpy==1.26.*", ["numpy@"]),
        ("requests", ["requests@"]),
        ("torch==2.1.0+cpu", ["torch@2.1.0+cpu"]),
        ("pywin32==306; sys_platform == 'win32'", []),
        ('tomli==2.0.1 ; python_version < "3.11"', []),
        ('uvloop==0.19 ; platform_machine == "x86_64" and implementation_name == "cpython"', ["uvloop@0.19"]),
        ('nope==1; extra == "dev"', []),
        ("a==1.0 --hash=sha256:00 \\\n  --hash=sha256:11", ["a@1.0"]),
        ("--index-url https://pypi.org/simple", []),
        ("#a==1", []),
        ("", []),
        ("a==1\nA==2", ["a@2"]),
    ],
)
def test_a_line_of_requirements(line: str, expected: list[str]) -> None:
    found = pip(line + "\n")
    assert kept(found) == expected
    assert found.pinned is all(not name.endswith("@") for name in expected)


def test_requirements_include_others_once_and_constraints_only_pin() -> None:
    found = pip(
        "-r requirements/base.txt\n-c limits.txt\n",
        requirements__base="-r base.txt\n-r ../more.txt\na\n",
        more="b==2",
        limits="a==1\nz==9",
    )
    assert kept(found) == ["a@1", "b@2"]


def test_what_requirements_cannot_tell_is_said() -> None:
    found = pip("-r gone.txt\n-e .\ngit+https://github.com/a/b@main\nc @ https://x/c.whl\n./d.whl\n== 4\na==1\n")
    assert kept(found) == ["a@1"]
    assert found.notes == (
        "1 of the requirements files can't be read.",
        "4 requirements are URLs or paths, so their sizes aren't known.",
        "1 lines of the requirements can't be read.",
        "The requirements may not list every dependency of these packages.",
    )
    assert pip("a==1\n    # via b\n").notes == ()


PROJECT = """
[project]
name = "app"
dependencies = ["click>=8", "msgspec==0.18.6", "pywin32; sys_platform == 'win32'"]
"""


def test_without_a_lock_file_the_project_says_what_it_asks_for() -> None:
    found = install({"pyproject.toml": PROJECT})
    assert kept(found) == ["click@", "msgspec@0.18.6"]
    assert found.lock == b"pyproject.toml"
    assert found.notes[0].startswith("No lock file")
    locked = install({"pyproject.toml": PROJECT, "requirements.txt": "a==1"})
    assert (kept(locked), len(locked.notes)) == (["a@1"], 1)


@each_row("line", [".", "-e .", "--editable=.", "-e .[web]", "./"])
def test_requirements_may_name_the_project_itself(line: str) -> None:
    assert kept(install({"pyproject.toml": PROJECT, "requirements.txt": f"{line}\na==1"})) == [
        "a@1",
        "click@",
        "msgspec@0.18.6",
    ]


def test_pipfile_lock() -> None:
    lock = {
        "default": {
            "Flask": {"version": "==3.0.0", "markers": "python_version >= '3.8'"},
            "colorama": {"version": "==0.4", "markers": "sys_platform == 'win32'"},
            "mine": {"editable": True, "path": "."},
        },
        "develop": {"pytest": {"version": "==8.0"}, "flask": {"version": "==3.0.0"}},
    }
    found = install({"Pipfile.lock": lock})
    assert (found.manager, kept(found), dropped(found)) == ("pipenv", ["flask@3.0.0"], ["pytest@8.0"])


POETRY = """
[[package]]
name = "Flask"
version = "3.0.0"
python-versions = ">=3.8"
files = [
    {file = "flask-3.0.0-py3-none-any.whl", hash = "sha256:00"},
]

[package.dependencies]
click = ">=8"
colorama = {version = "*", markers = "sys_platform == 'win32'"}
importlib-metadata = [
    {version = "1", markers = "python_version < '3.9'"},
    {version = "2", markers = "python_version < '3.10'"},
]
asgiref = {version = ">=3", optional = true}

[package.extras]
async = ["asgiref (>=3)"]
dotenv = ["python-dotenv"]

[[package]]
name = "asgiref"
version = "3.7"
optional = true

[[package]]
name = "click"
version = "8.1"

[[package]]
name = "colorama"
version = "0.4"

[[package]]
name = "importlib-metadata"
version = "2.0"

[[package]]
name = "pytest"
version = "8.0"
category = "dev"
groups = ["dev"]

[package.dependencies]
click = "*"
"""


@each_row(
    "project, expected",
    [
        ('[tool.poetry.dependencies]\npython = "^3.12"\nflask = "^3"\n', ["click@8.1", "flask@3.0.0"]),
        (
            '[tool.poetry.dependencies]\nflask = {version = "^3", extras = ["async"]}',
            ["asgiref@3.7", "click@8.1", "flask@3.0.0"],
        ),
        ('[project]\ndependencies = ["flask[async] (>=3)"]', ["asgiref@3.7", "click@8.1", "flask@3.0.0"]),
        ('[tool.poetry.dependencies]\nclick = "*"\nflask = {version = "*", optional = true}', ["click@8.1"]),
        ("[project]\n", []),
    ],
)
def test_poetry_installs_what_the_main_group_reaches(project: str, expected: list[str]) -> None:
    found = install({"poetry.lock": POETRY, "pyproject.toml": project, ".python-version": "3.12"})
    assert (found.manager, kept(found)) == ("poetry", expected)
    assert "pytest@8.0" in dropped(found)
    assert found.notes == ()


def test_poetry_without_a_project_file_takes_the_groups_of_the_lock() -> None:
    found = install({"poetry.lock": POETRY, ".python-version": "3.12"})
    assert kept(found) == ["click@8.1", "colorama@0.4", "flask@3.0.0", "importlib-metadata@2.0"]
    assert dropped(found) == ["pytest@8.0"]
    assert len(found.notes) == 1


UV = """
version = 1
requires-python = ">=3.12"

[[package]]
name = "app"
version = "0.1.0"
source = { virtual = "." }
dependencies = [
    { name = "numpy" },
    { name = "uvicorn", extra = ["standard"] },
    { name = "colorama", marker = "sys_platform == 'win32'" },
]

[package.dev-dependencies]
dev = [
    { name = "pytest" },
]

[[package]]
name = "numpy"
version = "2.0.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/numpy-2.0.0.tar.gz", hash = "sha256:0", size = 18 }
wheels = [
    { url = "https://x/numpy-2.0.0-cp312-cp312-macosx_11_0_arm64.whl", hash = "sha256:0", size = 13 },
    { url = "https://x/numpy-2.0.0-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", size = 19 },
    { url = "https://x/numpy-2.0.0-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", size = 20 },
    { url = "https://x/numpy-2.0.0-cp312-cp312-musllinux_1_1_x86_64.whl", hash = "sha256:0", size = 17 },
]

[[package]]
name = "uvicorn"
version = "0.30"
source = { registry = "https://pypi.org/simple" }
dependencies = [
    { name = "click", version = "8.1", source = { registry = "https://pypi.org/simple" } },
]
wheels = [{ url = "https://x/uvicorn-0.30-py3-none-any.whl", size = 62 }]

[package.optional-dependencies]
standard = [
    { name = "uvloop", marker = "implementation_name == 'cpython'" },
]

[[package]]
name = "uvloop"
version = "0.19"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/uvloop.tar.gz", size = 2 }

[[package]]
name = "click"
version = "7.0"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "click"
version = "8.1"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "colorama"
version = "0.4"
source = { registry = "https://pypi.org/simple" }

[[package]]
name = "pytest"
version = "8.0"
source = { registry = "https://pypi.org/simple" }
"""


def test_uv_walks_from_the_application_and_knows_the_size_of_each_wheel() -> None:
    found = install({"uv.lock": UV, ".python-version": "3.12"})
    assert kept(found) == ["click@8.1", "numpy@2.0.0", "uvicorn@0.30", "uvloop@0.19"]
    assert dropped(found) == ["colorama@0.4", "pytest@8.0"]
    sizes = {package.name: package.compressed_bytes for package in found.packages}
    assert sizes == {"click": None, "numpy": 19, "uvicorn": 62, "uvloop": None}
    assert install({"uv.lock": UV, ".python-version": "3.13"}).packages[1].compressed_bytes == 20


def test_uv_chooses_between_versions_by_their_markers() -> None:
    lock = """
[[package]]
name = "app"
source = { editable = "." }
dependencies = [{ name = "numpy" }]

[[package]]
name = "numpy"
version = "1.0"
source = { registry = "x" }
resolution-markers = ["python_full_version < '3.12'"]

[[package]]
name = "numpy"
version = "2.0"
source = { registry = "x" }
resolution-markers = ["python_full_version >= '3.12' and sys_platform == 'linux'", "sys_platform == 'darwin'"]
"""
    assert kept(install({"uv.lock": lock, ".python-version": "3.12.1"})) == ["numpy@2.0"]
    assert kept(install({"uv.lock": lock, ".python-version": "3.11"})) == ["numpy@1.0"]


@each_row(
    "filename, fits",
    [
        ("a-1-py3-none-any.whl", True),
        ("a-1-py2.py3-none-any.whl", True),
        ("a-1-py2-none-any.whl", False),
        ("a-1-1build-cp312-cp312-manylinux_2_28_x86_64.whl", True),
        ("a-1-cp312-cp312t-manylinux_2_28_x86_64.whl", False),
        ("a-1-cp313-cp313-manylinux_2_28_x86_64.whl", False),
        ("a-1-cp37-abi3-manylinux2014_x86_64.whl", True),
        ("a-1-cp313-abi3-manylinux2014_x86_64.whl", False),
        ("a-1-cp312-cp312-manylinux_2_99_x86_64.whl", False),
        ("a-1-cp312-cp312-win_amd64.whl", False),
        ("a-1-cp312-cp312-manylinux2014_aarch64.whl", False),
        ("a-1-py3-none-manylinux1_x86_64.whl", True),
        ("a.tar.gz", False),
    ],
)
def test_a_wheel_fits_one_python_on_linux(filename: str, *, fits: bool) -> None:
    assert (wheel_rank(filename, 12) is not None) is fits


def test_a_native_wheel_goes_before_a_general_one() -> None:
    names = ["a-1-cp312-cp312-linux_x86_64.whl", "a-1-cp38-abi3-manylinux2014_x86_64.whl", "a-1-py3-none-any.whl"]
    assert sorted(names, key=lambda name: wheel_rank(name, 12) or (0, 0), reverse=True) == names


def test_of_several_managers_the_one_that_says_most_counts() -> None:
    files: Files = {"requirements.txt": "a==1", "uv.lock": UV, "poetry.lock": POETRY, ".python-version": "3.12"}
    found = install(files)
    assert found.manager == "uv"
    assert "several package managers" in found.notes[-1]


def test_a_lock_file_that_cannot_be_read_is_a_gap_that_is_said() -> None:
    for name in ("Pipfile.lock", "poetry.lock", "uv.lock"):
        found = install({name: b"\xff[["})
        assert (found.packages, found.pinned) == ((), False)
        assert found.notes == (f"{name} can't be read, so the packages that it lists are not counted.",)


def test_a_marker_that_cannot_be_read_holds_and_is_said() -> None:
    found = install({"Pipfile.lock": {"default": {"a": {"version": "==1", "markers": "what"}}}})
    assert kept(found) == ["a@1"]
    assert found.notes == ("Not every marker could be read: 1 were taken to hold.",)
