"""Passes cut into batches."""

from itertools import chain, cycle, islice

from hypothesis import given
from hypothesis import strategies as st

from mxbook.io.passes import Passes


def all_of(passes):
    return [(list(batch), pad) for batch, pad in passes.batches()]


@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 4))
def test_rounded_batches_are_the_examples_over_and_over(count, size, number):
    passes = Passes(lambda n: iter(range(count)), size)
    found = [all_of(passes) for _ in range(number)]
    together = list(chain.from_iterable(batch for one in found for batch, _ in one))
    assert together == list(islice(cycle(range(count)), len(together)))
    for one in found:
        assert one
        assert all(len(batch) == size for batch, _ in one)
        assert [pad for _, pad in one[:-1]] == [0] * (len(one) - 1)


@given(st.integers(0, 20), st.integers(1, 20))
def test_without_rounding_each_pass_is_the_same(count, size):
    passes = Passes(lambda n: iter(range(count)), size, round_batch=False)
    for _ in range(2):
        found = all_of(passes)
        assert list(chain.from_iterable(batch for batch, _ in found)) == list(range(count))
        assert [pad for _, pad in found] == [0] * (count // size) + (
            [size - count % size] if count % size else []
        )


def test_the_number_of_the_pass():
    numbers = []
    passes = Passes(lambda n: numbers.append(n) or iter("abc"), 2)
    for _ in range(3):
        all_of(passes)
    assert numbers == [0, 1, 1, 2, 3]
    passes = Passes(lambda n: iter([n] * 3), 2)
    assert [all_of(passes)[-1] for _ in range(3)] == [([0, 1], 1), ([1, 1], 0), ([2, 3], 1)]


def test_a_pass_that_is_left_starts_again():
    passes = Passes(lambda n: iter("abcde"), 3)
    assert [batch for batch, _ in passes.batches()] == [["a", "b", "c"], ["d", "e", "a"]]
    passes.abandon()
    assert next(passes.batches())[0] == ["a", "b", "c"]
