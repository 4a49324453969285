"""Sentences as numbers and batches."""

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError

WORDS = st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), max_size=6)


@given(WORDS, st.integers(-1, 3), st.integers(0, 3))
def test_numbers_and_words_belong_together(sentences, invalid, start):
    coded, vocab = mx.rnn.encode_sentences(
        sentences, invalid_label=invalid, start_label=start, invalid_key="-"
    )
    words = {number: word for word, number in vocab.items()}
    assert len(words) == len(vocab)
    assert vocab["-"] == invalid
    assert [[words[n] for n in sentence] for sentence in coded] == sentences


def test_unknown_words():
    with pytest.raises(ParameterError, match="Unknown token 'z'"):
        mx.rnn.encode_sentences([["a", "z"]], {"a": 5})
    coded, vocab = mx.rnn.encode_sentences([["a", "z", "q"]], {"a": 5, "?": 7}, unknown_token="?")
    assert (coded, vocab) == ([[5, 7, 7]], {"a": 5, "?": 7})


SENTENCES = st.lists(st.lists(st.integers(1, 9), min_size=1, max_size=6), min_size=4, max_size=20)


@given(SENTENCES, st.integers(1, 3), st.sampled_from(["NT", "TN"]))
@pytest.mark.filterwarnings("ignore")
def test_batches(sentences, size, layout):
    random.seed(0)
    np.random.seed(0)
    batches = mx.rnn.BucketSentenceIter(sentences, size, [2, 4, 6], invalid_label=0, layout=layout)
    assert batches.default_bucket_key == 6
    seen = []
    for batch in batches:
        data, label = batch.data[0].asnumpy(), batch.label[0].asnumpy()
        assert batch.provide_data[0].shape == data.shape == label.shape
        if layout == "TN":
            data, label = data.T, label.T
        assert data.shape == (size, batch.bucket_key)
        assert (label[:, :-1] == data[:, 1:]).all()
        assert (label[:, -1] == 0).all()
        seen += [[int(w) for w in row if w] for row in data]
    counts = [sum(low < len(s) <= low + 2 for s in sentences) for low in (0, 2, 4)]
    assert len(seen) == sum(count - count % size for count in counts)
    assert all(s in sentences for s in seen)
    batches.reset()
    assert sum(1 for _ in batches) * size == len(seen)


def test_buckets_where_there_are_enough(caplog):
    batches = mx.rnn.BucketSentenceIter([[1], [2], [1, 2, 3], [1, 2], [2, 1]], 2)
    assert batches.buckets == [1, 2]
    assert "discarded 1" in caplog.text
    assert batches.provide_data[0].name == "data"
    with pytest.raises(ParameterError, match="layout"):
        mx.rnn.BucketSentenceIter([[1]], 1, [1], layout="XY")
