"""Words and their numbers."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.base.errors import DTypeError, ParameterError
from mxbook.contrib.text.vocab import Vocabulary

counters = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(1, 4)).map(Counter)


@given(counters, st.none() | st.integers(0, 9), st.integers(1, 4), st.sets(st.sampled_from("abz")))
def test_which_words_are_known(counter, most, least, reserved):
    reserved = sorted(reserved)
    vocabulary = Vocabulary(counter, most, least, "?", reserved)
    words = vocabulary.idx_to_token
    assert words[: len(reserved) + 1] == ["?", *reserved]
    rest = words[len(reserved) + 1 :]
    ranked = sorted((-n, w) for w, n in counter.items() if n >= least and w not in reserved)
    assert rest == [word for _, word in ranked][:most]
    assert len(vocabulary) == len(words)
    assert vocabulary.to_indices(words) == list(range(len(words)))
    assert vocabulary.to_tokens(list(range(len(words)))) == words
    assert vocabulary.token_to_idx == {word: i for i, word in enumerate(words)}
    assert (vocabulary.unknown_token, vocabulary.reserved_tokens) == ("?", reserved)


def test_unknown_words_and_numbers():
    vocabulary = Vocabulary(Counter("aab"))
    assert vocabulary.to_indices("x") == 0
    assert vocabulary.to_indices(["b", "x", "<unk>"]) == [2, 0, 0]
    for wrong in (3, -1, 1.5, [0, 3]):
        with pytest.raises(ValueError, match="Token index"):
            vocabulary.to_tokens(wrong)
    assert Vocabulary().idx_to_token == ["<unk>"]


def test_what_it_refuses():
    for kwargs in (
        {"min_freq": 0},
        {"reserved_tokens": ["a", "a"]},
        {"reserved_tokens": ["<unk>"]},
    ):
        with pytest.raises(ParameterError):
            Vocabulary(**kwargs)
    with pytest.raises(DTypeError, match=r"a collections\.Counter"):
        Vocabulary({"a": 1})
