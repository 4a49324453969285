"""Candidates without repetition, drawn as MXNet draws them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F


@given(st.integers(1, 50), st.integers(0, 50), st.integers(1, 3), st.integers(0, 2**31))
def test_each_class_comes_once(range_max, count, rows, seed):
    count = min(count, range_max)
    mx.random.seed(seed)
    classes, tries = F._sample_unique_zipfian(range_max=range_max, shape=(rows, count))
    assert (classes.dtype, tries.dtype, tries.shape) == (np.int64, np.int64, (rows,))
    for row, drawn in zip(classes.asnumpy(), tries.asnumpy(), strict=True):
        assert len(set(row.tolist())) == count
        assert drawn >= count
        assert all(0 <= c < range_max for c in row)


def test_the_numbers_are_those_of_mxnet():
    mx.random.seed(3)
    classes, tries = F._sample_unique_zipfian(range_max=20, shape=(2, 6))
    assert classes.asnumpy().tolist() == [[3, 2, 1, 13, 4, 5], [4, 1, 0, 3, 5, 12]]
    assert tries.asnumpy().tolist() == [10, 8]


def test_small_numbers_come_most_often():
    mx.random.seed(0)
    first = F._sample_unique_zipfian(range_max=1000, shape=(4000, 1))[0].asnumpy()
    share = np.mean(first < 31)
    assert share == pytest.approx(np.log(31.5) / np.log(1000), abs=0.03)


def test_impossible_draws():
    for shape in ((3,), (2, 3, 4), None):
        with pytest.raises(ShapeError, match="classes in a row"):
            F._sample_unique_zipfian(range_max=20, shape=shape)
    with pytest.raises(ParameterError, match="different classes"):
        F._sample_unique_zipfian(range_max=2, shape=(1, 3))
