"""`mx.nd.histogram`: what it does before the operator is called."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError


def test_without_a_range_all_elements_are_counted():
    counts, edges = mx.nd.histogram(mx.nd.array([[1, 2], [3, 9]]), bins=4)
    assert counts.dtype == edges.dtype == np.float32
    assert counts.asnumpy().tolist() == [2, 1, 0, 1]
    assert edges.asnumpy().tolist() == [1, 3, 5, 7, 9]


@pytest.mark.parametrize("bins", ["auto", 2.5, True, None])
def test_what_are_no_bins(bins):
    with pytest.raises(ParameterError, match="no bins"):
        mx.nd.histogram(mx.nd.ones(3), bins)
