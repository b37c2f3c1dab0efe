"""Order and cutting of the stream."""

from __future__ import annotations

import random
from itertools import pairwise

from slugtrim.files import REGULAR, SYMLINK, File
from slugtrim.sizer.stream import LARGE_BYTES, Member, Segment, is_large, ordered, segments


def made_files(count: int, seed: int = 3) -> list[File]:
    rng = random.Random(seed)
    return [
        File(b"d%d/e%d/f%d.rb" % (rng.randrange(9), rng.randrange(5), n), rng.randrange(9000), REGULAR, b"%040x" % n)
        for n in range(count)
    ]


def path_of(member: Member) -> bytes:
    return member if isinstance(member, bytes) else member.path


def test_a_directory_comes_before_what_is_in_it_and_all_of_it_in_a_row() -> None:
    members = [path_of(member) for member in ordered(made_files(500))]
    assert members[0] == b""
    for index, path in enumerate(members[1:], 1):
        parent = path.rpartition(b"/")[0]
        above = members.index(parent)
        assert above < index
        assert all(other.startswith(parent) for other in members[above + 1 : index])


def test_the_order_depends_on_names_alone() -> None:
    files = made_files(300)
    shuffled = random.Random(1).sample(files, len(files))
    grown = [file._replace(size_bytes=file.size_bytes * 2, blob=None) for file in files]
    order = [path_of(member) for member in ordered(files)]
    assert [path_of(member) for member in ordered(shuffled)] == order
    assert [path_of(member) for member in ordered(grown)] == order


def test_files_and_subdirectories_are_interleaved() -> None:
    files = [File(b"x%d" % n, 1, REGULAR, None) for n in range(50)]
    files += [File(b"y%d/z" % n, 1, REGULAR, None) for n in range(50)]
    kinds = [isinstance(member, bytes) for member in ordered(files) if b"z" not in path_of(member)][1:]
    changes = sum(here != there for here, there in pairwise(kinds))
    assert changes > 20


def test_segments_hold_every_member_once_and_are_about_a_megabyte() -> None:
    files = made_files(3000)
    cut = list(segments(files))
    assert [member for segment in cut for member in segment.members] == list(ordered(files))
    assert [segment.last for segment in cut] == [False] * (len(cut) - 1) + [True]
    for segment in cut[:-1]:
        size = sum(512 + (file.size_bytes + 511) // 512 * 512 for file in segment.files())
        assert 600 * 1024 < size < 2 * 1024 * 1024


def test_a_changed_file_leaves_the_cuts_elsewhere_where_they_were() -> None:
    files = made_files(6000)
    before = {segment.members for segment in segments(files)}
    changed = 0
    for number in range(0, 6000, 300):
        other = list(files)
        other[number] = files[number]._replace(size_bytes=files[number].size_bytes + 700, blob=b"%040x" % 9999999)
        changed += len({segment.members for segment in segments(other)} - before)
    assert changed / 20 <= 3


def test_no_files_still_make_an_archive() -> None:
    assert list(segments([])) == [Segment(members=(b"",), small_files=(), has_large=False, last=True)]


def test_large_files_are_measured_apart_and_links_never() -> None:
    assert is_large(File(b"a", LARGE_BYTES, REGULAR, None))
    assert not is_large(File(b"a", LARGE_BYTES - 1, REGULAR, None))
    assert not is_large(File(b"a", LARGE_BYTES, SYMLINK, None))


def test_a_thousand_directories_deep_is_no_problem() -> None:
    path = b"/".join([b"d"] * 3000)
    assert sum(1 for _ in ordered([File(path, 1, REGULAR, None)])) == 3001
