"""Many names compared with one pattern at once: as if each were compared by itself."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from slugtrim.ignore import at_once
from slugtrim.ignore.at_once import Block, Token, Wildcard, blocks
from slugtrim.ignore.gitignore import Bytes, name_regex, name_tokens

if TYPE_CHECKING:
    import pytest

REGEXES = {Wildcard.STAR: "[^/]*", Wildcard.ANYTHING: ".*", Wildcard.DIRECTORIES: "(?:.*/)?"}
AB = Bytes(0b11 << 97)
TOKENS = st.lists(st.one_of(st.sampled_from("ab/.\n"), st.sampled_from(Wildcard), st.just(AB)), max_size=6)
TEXTS = st.lists(st.text("abc/.\n\0\xff", min_size=1, max_size=6), min_size=1, max_size=8, unique=True)


def regex(tokens: Sequence[Token]) -> re.Pattern[str]:
    parts = []
    for token in tokens:
        if isinstance(token, Wildcard):
            parts.append(REGEXES[token])
        else:
            parts.append(re.escape(token) if isinstance(token, str) else "[ab]")
    return re.compile("".join(parts), re.DOTALL)


def found(block: Block, tokens: Sequence[Token]) -> list[str]:
    return [text for _, text in block.texts_at(block.find(tokens))]


@given(TOKENS, TEXTS)
def test_what_matches_is_what_a_regular_expression_matches(tokens: list[Token], texts: list[str]) -> None:
    assert found(Block(texts), tokens) == [text for text in texts if regex(tokens).fullmatch(text)]


@given(TEXTS)
def test_hidden_texts_are_left_out_on_demand(texts: list[str]) -> None:
    block = Block(texts)
    visible = [text for _, text in block.texts_at(block.find([Wildcard.ANYTHING], hidden=False))]
    assert visible == [text for text in texts if not text.startswith(".")]


@given(st.text("ab*?[]!^-\\.", max_size=8), st.lists(st.text("ab*[]\\.-", min_size=1, max_size=5), min_size=1))
def test_tokens_say_what_the_regular_expression_of_a_name_says(pattern: str, names: list[str]) -> None:
    names = sorted(set(names))
    tokens, expected = name_tokens(pattern.encode()), name_regex(pattern.encode())
    assert found(Block(names), tokens) == [name for name in names if expected.fullmatch(name.encode())]


def test_many_texts_are_divided_into_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "_BLOCK_CHARACTERS", 10)
    texts = [f"name{number}" for number in range(20)]
    divided = blocks(texts)
    assert len(divided) == 10
    assert [text for block in divided for text in found(block, [Wildcard.STAR])] == texts
    assert blocks([]) == []


def test_masks_of_sets_are_forgotten_when_there_are_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(at_once, "_MAX_KEPT_MASKS", 3)
    block = Block(["abc", "b"])
    for byte in b"abcabc":
        expected = [text for text in ("abc", "b") if text.startswith(chr(byte))]
        assert found(block, [Bytes(1 << byte), Wildcard.STAR]) == expected
