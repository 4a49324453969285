import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mxbook.base.errors import ParameterError
from mxbook.gluon.data import (
    BatchSampler,
    FilterSampler,
    RandomSampler,
    Sampler,
    SequentialSampler,
)

lengths = st.integers(0, 30)
sizes = st.integers(1, 8)


@settings(deadline=None)
@given(lengths, st.integers(-5, 5))
def test_sequential(length, start):
    sampler = SequentialSampler(length, start)
    assert list(sampler) == list(sampler) == list(range(start, start + length))
    assert len(sampler) == length


@settings(deadline=None)
@given(lengths, st.integers(0, 2**31))
def test_random_is_a_permutation_by_numpy(length, seed):
    sampler = RandomSampler(length)
    np.random.seed(seed)
    first, second = list(sampler), list(sampler)
    assert sorted(first) == sorted(second) == list(range(length))
    assert len(sampler) == length
    np.random.seed(seed)
    assert list(sampler) == first


def test_random_order_is_that_of_mxnet():
    np.random.seed(3)
    batches = BatchSampler(RandomSampler(10), 4, "discard")
    assert [[int(i) for i in batch] for batch in batches] == [[5, 4, 1, 2], [9, 6, 7, 0]]


@settings(deadline=None)
@given(lengths, sizes, st.sampled_from(["keep", "discard"]))
def test_batches(length, size, last):
    sampler = BatchSampler(SequentialSampler(length), size, last)
    batches = list(sampler)
    assert len(sampler) == len(batches)
    assert all(len(b) == size for b in batches[:-1])
    flat = [i for b in batches for i in b]
    kept = length if last == "keep" else length - length % size
    assert flat == list(range(kept))
    assert list(sampler) == batches


@settings(deadline=None)
@given(lengths, sizes, st.integers(1, 5))
def test_rollover_loses_nothing(length, size, passes):
    sampler = BatchSampler(SequentialSampler(length), size, "rollover")
    flat = []
    for _ in range(passes):
        expected = len(sampler)
        batches = list(sampler)
        assert len(batches) == expected
        assert all(len(b) == size for b in batches)
        flat += [i for b in batches for i in b]
    whole = list(range(length)) * passes
    assert flat == whole[: len(flat)]
    assert len(whole) - len(flat) < size


@settings(deadline=None)
@given(st.lists(st.integers(0, 9), max_size=20))
def test_filter(data):
    sampler = FilterSampler(lambda x: x > 4, data)
    assert [data[i] for i in sampler] == [x for x in data if x > 4]
    assert len(sampler) == len(list(sampler))


@pytest.mark.parametrize(("size", "last"), [(0, "keep"), (2, "drop")])
def test_impossible_batches(size, last):
    with pytest.raises(ParameterError):
        BatchSampler(SequentialSampler(4), size, last)


def test_own_samplers_must_say_what_they_yield():
    with pytest.raises(TypeError, match="Sampler must define __iter__"):
        iter(Sampler())
    with pytest.raises(TypeError, match="__len__"):
        len(Sampler())
