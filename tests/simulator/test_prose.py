from __future__ import annotations

import itertools

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from headgate.simulator import prose


def text(pieces: list[bytes]) -> str:
    return msgspec.json.decode(b'"' + b"".join(pieces) + b'"', type=str)


@given(st.integers(0, 2**32), st.integers(0, 400))
def test_prose_has_exactly_the_pieces_asked_for_and_is_a_json_string(seed: int, count: int) -> None:
    pieces = list(prose.pieces(seed, count))
    assert len(pieces) == count
    assert not text(pieces).startswith(" ")


def test_the_same_seed_says_the_same_and_another_something_else() -> None:
    assert list(prose.pieces(1, 50)) == list(prose.pieces(1, 50)) != list(prose.pieces(2**20, 50))


def test_a_shorter_answer_is_the_beginning_of_a_longer_one() -> None:
    assert list(prose.pieces(9, 500))[:60] == list(prose.pieces(9, 60))


def test_any_length_begins_at_once() -> None:
    assert len(list(itertools.islice(prose.pieces(3, 10**12), 5))) == 5


def test_sentences_are_whole() -> None:
    assert any(text(list(prose.pieces(4, 60))).startswith(sentence.strip()) for sentence in prose.SENTENCES)


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
def test_text_cut_into_pieces_loses_nothing(given_text: str) -> None:
    assert text(prose.pieces_of(given_text)) == given_text


def test_four_characters_count_as_a_token() -> None:
    assert [prose.tokens(chars) for chars in (0, 1, 4, 5)] == [0, 1, 1, 2]


def test_an_unsaid_length_is_moderate() -> None:
    assert {24 <= prose.natural_length(prose.seed_of(str(number), 0)) <= 87 for number in range(200)} == {True}
