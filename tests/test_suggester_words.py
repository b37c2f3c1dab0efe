"""Which words of a file may name a path."""

from __future__ import annotations

from slugtrim.suggester.references import may_name
from tests.rows import each_row


@each_row(
    "content, words, named",
    [
        (b"open('shop')", [b"shop"], True),
        (b"open('a/shop')", [b"shop"], True),
        (b"shop = open", [b"shop"], False),
        (b"open('shopping')", [b"shop"], False),
        (b"open('shop/list')", [b"shop"], False),
        (b"shop, shop, open('a/shop')", [b"shop"], True),
        (b"shop " * 300 + b"'shop'", [b"shop"], True),
        (b"shop " * 300, [b"shop"], False),
        (b"open(a) + 'z'", [b"open", b"a", b"z"], True),
        (b"a b c d e f g h 'i'", [b"a", b"b", b"c", b"d", b"e", b"f", b"g", b"h", b"i"], True),
        (b"'x@shop'", [b"shop"], False),
        (b"('x') x@shop", [b"shop"], True),
    ],
)
def test_a_word_counts_where_a_string_or_a_part_of_a_path_begins(
    content: bytes, words: list[bytes], named: bool
) -> None:
    assert may_name(b"a.php", content, words) is named
