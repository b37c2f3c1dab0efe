"""Sections of programs, against `readelf`; and files that only say that they are programs."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slugtrim.anatomy.binaries import ElfLook
from tests.rows import each_row
from tests.slugs import compile_library, run_tool

NAMES = b"\0.debug_x\0.comment\0"


def looked(content: bytes, piece_bytes: int = 65536) -> list[int]:
    found: list[int] = []
    look = ElfLook(len(content), found.append)
    for at in range(0, len(content), piece_bytes):
        look(content[at : at + piece_bytes])
    look(b"")
    return found


def listed(path: Path) -> int:
    """Bytes of the sections for debuggers and linkers, as `readelf` has them."""
    text = run_tool("readelf", "-SW", path, cwd=path.parent).decode()
    sizes = re.findall(r"\] (?:\.z?debug\S*|\.symtab|\.strtab) +\S+ +\S+ +\S+ +(\S+)", text)
    return sum(int(size, 16) for size in sizes)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compile_library(tmp_path_factory.mktemp("elf") / "a.so", "-g")


@pytest.mark.parametrize("piece_bytes", [1, 100, 1 << 20])
def test_the_sections_are_those_of_readelf(library: Path, piece_bytes: int) -> None:
    assert looked(library.read_bytes(), piece_bytes) == [listed(library)]


@pytest.mark.parametrize(("option", "least"), [("--strip-debug", 1), ("--strip-all", 0)])
def test_what_is_stripped_is_gone(library: Path, tmp_path: Path, option: str, least: int) -> None:
    run_tool("strip", option, "-o", tmp_path / "b.so", library, cwd=tmp_path)
    (found,) = looked((tmp_path / "b.so").read_bytes())
    assert found == listed(tmp_path / "b.so") >= least
    assert bool(found) is bool(least)


def test_an_object_file_needs_its_symbols(tmp_path: Path) -> None:
    (tmp_path / "a.c").write_text("int f(void) { return 1; }\n")
    run_tool("gcc", "-g", "-c", "a.c", cwd=tmp_path)
    assert looked((tmp_path / "a.o").read_bytes()) == []


def program(sections: list[tuple[int, int, int, int]], *, bits: int = 64, order: str = "<", gap: int = 0) -> bytes:
    """A program of sections (name, type, size, link) and their names; ``gap`` bytes lie between those and the table."""
    word, size, entry_form = ("Q", 64, "IIQ8xQQI") if bits == 64 else ("I", 40, "III4xIII")
    header_bytes = 64 if bits == 64 else 52
    entries = [(name, kind, 0, 0, length, link) for name, kind, length, link in sections]
    entries.append((0, 3, 0, header_bytes, len(NAMES), 0))
    table = b"".join(struct.pack(order + entry_form, *entry).ljust(size, b"\0") for entry in entries)
    ident = b"\x7fELF" + bytes([2 if bits == 64 else 1, 1 if order == "<" else 2, 1]).ljust(12, b"\0")
    begin = header_bytes + len(NAMES) + gap
    fields = (3, 62, 1, 0, 0, begin, 0, header_bytes, 0, 0, size, len(entries), len(entries) - 1)
    header = ident + struct.pack(f"{order}HHI{word}{word}{word}IHHHHHH", *fields)
    return header + NAMES + bytes(gap) + table + bytes(sum(length for _, _, length, _ in sections))


@each_row("bits", [32, 64])
@each_row("order", ["<", ">"])
def test_both_widths_and_orders_are_read(bits: int, order: str) -> None:
    sections = [(1, 1, 500, 0), (10, 1, 70, 0), (0, 2, 300, 3), (0, 3, 200, 0), (0, 8, 9000, 0)]
    assert looked(program(sections, bits=bits, order=order)) == [500 + 300 + 200]


def test_names_too_far_away_are_done_without() -> None:
    """Then what is not loaded counts as for debuggers, the comment of the compiler included."""
    assert looked(program([(1, 1, 500, 0), (10, 1, 70, 0)], gap=5 << 20)) == [570]


def test_a_table_far_before_the_end_is_read(library: Path) -> None:
    content = library.read_bytes()
    assert looked(content + bytes(8 << 20)) == looked(content)


def test_a_section_cannot_be_larger_than_its_file() -> None:
    content = program([(1, 1, 10, 0)])
    lying = content.replace(struct.pack("<Q", 10), struct.pack("<Q", 1 << 60))
    assert looked(lying) == [len(lying)]


@each_row(
    "content",
    [
        b"",
        b"\x7fELF",
        b"#!/bin/sh\n" * 100,
        b"\x7fELF" + bytes(100),
        b"\x7fELF\x02\x01" + b"\xff" * 100,
        program([(1, 1, 10, 0)])[:150],
    ],
)
def test_what_is_no_whole_program_is_none(content: bytes) -> None:
    assert looked(content) == []


@given(st.data())
def test_nothing_in_a_file_is_believed(data: st.DataObject) -> None:
    content = bytearray(program([(1, 1, 50, 0), (0, 2, 30, 2), (0, 3, 20, 0)], gap=data.draw(st.integers(0, 300))))
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(4, len(content) - 1))] = data.draw(st.integers(0, 255))
    for found in looked(bytes(content), data.draw(st.integers(1, 400))):
        assert 0 <= found <= len(content)
