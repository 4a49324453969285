"""Random orders: MXNet's, and fair."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.io.order import Orders, below

# What ImageRecordIter of MXNet 1.6 gives for 23 records and seed 0: two passes.
MXNET = [
    [13, 11, 22, 2, 17, 6, 19, 0, 5, 14, 16, 4, 9, 18, 8, 7, 1, 10, 3, 20, 15, 21, 12],
    [3, 15, 9, 16, 12, 11, 5, 10, 4, 14, 22, 2, 7, 8, 18, 19, 17, 1, 21, 13, 20, 0, 6],
]


def test_the_orders_of_mxnet():
    orders = Orders(111)
    assert [orders.order(23, i) for i in (0, 1)] == MXNET
    assert Orders(111).order(23, 1) == MXNET[1]
    assert orders.order(23, 0) == MXNET[0]  # going back is slow, but possible
    assert Orders(1).order(11, 0)[:8] == [6, 9, 10, 2, 4, 1, 5, 3]


@given(st.integers(0, 300), st.integers(-5, 2**33))
def test_all_things_once(count, seed):
    orders = Orders(seed)
    assert sorted(orders.order(count, 0)) == list(range(count))
    assert orders.order(count, 0) == Orders(seed).order(count, 0)
    assert sorted(orders.order(count, 3)) == list(range(count))


@pytest.mark.parametrize("limit", [1, 2, 3, 7, 2**31, 2**32 - 5])
def test_words_in_the_rest_are_thrown_away(limit):
    """With a limit that leaves a large rest, too, numbers are below it and evenly spread."""
    found = below(np.random.RandomState(0), np.full(4000, limit, "uint64"))
    assert found.max() < limit
    assert abs(found.mean() / limit - (0.5 - 0.5 / limit)) < 0.03


def test_a_thrown_away_word_shifts_those_behind_it():
    limit = np.uint64(2**31 + 1)  # nearly half of all words are thrown away
    words = np.random.RandomState(3).randint(0, 2**32, 50, dtype=np.uint32)
    good = [w for w in words.tolist() if w < limit]
    found = below(np.random.RandomState(3), np.full(10, limit))
    assert found.tolist() == good[:10]
