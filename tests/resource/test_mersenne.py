import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mxbook.resource.mersenne import Twisters, seeded, tempered, unit

SINGLE, DOUBLE = np.dtype(np.float32), np.dtype(np.float64)
seeds = st.integers(0, 2**32 - 1)


def numpy_words(seed, count):
    return np.frombuffer(np.random.RandomState(seed).bytes(4 * count), np.uint32)


def test_the_ten_thousandth_number_is_the_one_in_the_standard():
    assert Twisters(np.array([5489])).take(0, 1, 10_000)[0, -1] == 4123659995


@given(st.lists(seeds, min_size=1, max_size=4), st.integers(1, 2000))
def test_each_row_is_the_twister_of_its_seed(some_seeds, count):
    words = Twisters(np.array(some_seeds)).take(0, len(some_seeds), count)
    for seed, row in zip(some_seeds, words, strict=True):
        np.testing.assert_array_equal(row, numpy_words(seed, count))


def test_many_rows_are_seeded_like_few():
    some = np.arange(40) * 100_003
    one_by_one = np.concatenate([seeded(some[i : i + 1]) for i in range(40)])
    np.testing.assert_array_equal(seeded(some), one_by_one)
    assert seeded(some[:0]).shape == (0, 624)


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(1, 3), st.integers(0, 1500)), max_size=8))
def test_words_come_in_order_however_they_are_asked_for(steps):
    twisters = Twisters(np.arange(5))
    expected = [numpy_words(seed, 20_000) for seed in range(5)]
    used = [0] * 5
    for first, rows, count in steps:
        shown = twisters.look(first, first + rows, count)
        np.testing.assert_array_equal(shown, twisters.look(first, first + rows, count))
        # Row i uses up only a part of what it was shown, a different part in each row.
        counts = np.array([count // (i + 1) for i in range(rows)])
        twisters.move(first, first + rows, counts)
        for i in range(rows):
            start = used[first + i]
            np.testing.assert_array_equal(shown[i], expected[first + i][start : start + count])
            used[first + i] += int(counts[i])


@given(st.integers(0, 3), st.integers(0, 1300), st.integers(1, 700))
def test_a_saved_state_goes_on_with_the_same_words(rows, before, after):
    twisters = Twisters(np.arange(3) + 7)
    if rows:
        twisters.take(0, rows, before)
    state = twisters.get_state()
    words = twisters.take(0, 3, after)
    other = Twisters(np.arange(3))
    other.take(0, 3, 5)
    other.set_state(**state)
    np.testing.assert_array_equal(other.take(0, 3, after), words)
    twisters.set_state(**state)
    np.testing.assert_array_equal(twisters.take(0, 3, after), words)


def test_tempering_loses_nothing():
    words = np.arange(0, 2**32, 65_537, dtype=np.uint32)
    assert len(np.unique(tempered(words.copy()))) == len(words)


@pytest.mark.parametrize("real", [SINGLE, DOUBLE])
def test_unit_numbers_never_reach_one(real):
    top = unit(np.full((1, 2), 2**32 - 1, np.uint32), real)
    assert top.dtype == real
    assert (top < 1).all()
    assert (unit(np.zeros((1, 2), np.uint32), real) == 0).all()


@given(seeds, seeds)
def test_unit_numbers_are_the_words_over_their_range(low, high):
    words = np.array([[low, high]], np.uint32)
    below = np.nextafter(1.0, 0.0)
    assert unit(words, DOUBLE)[0, 0] == min((low + (high << 32)) / 2**64, below)
    singles = unit(words, SINGLE)[0]
    below = np.nextafter(np.float32(1), np.float32(0))
    assert singles[0] == min(np.float32(low / 2**32), below)
    assert singles[1] == min(np.float32(high / 2**32), below)
