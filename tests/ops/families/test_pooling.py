"""Pooling: conventions, errors."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F

LINE = np.arange(1, 10, dtype="float32").reshape(1, 1, 9)


def pooled(**params):
    params = {"kernel": (4,), "stride": (3,), "pad": (1,), **params}
    return F.Pooling(mx.nd.array(LINE), **params).asnumpy().ravel().tolist()


def test_conventions():
    """Windows start at -1, 2, 5 and, in the convention full, 8."""
    assert pooled() == [3, 6, 9]
    assert pooled(pooling_convention="full") == [3, 6, 9, 9]
    assert pooled(pool_type="avg") == [1.5, 4.5, 7.5]
    assert pooled(pool_type="avg", count_include_pad=False) == [2, 4.5, 7.5]
    # The padding behind the data counts, what lies beyond it does not.
    assert pooled(pool_type="avg", pooling_convention="full") == [1.5, 4.5, 7.5, 4.5]
    assert pooled(pooling_convention="same", pad=(0,)) == [4, 7, 9]


def test_global_pooling_needs_no_kernel():
    assert F.Pooling(mx.nd.array(LINE), global_pool=True).asscalar() == 9
    mean = F.Pooling(mx.nd.array(LINE), global_pool=True, pool_type="avg", kernel=(2,), pad=(1,))
    assert mean.asscalar() == 5


@pytest.mark.parametrize(
    ("params", "error"),
    [
        ({"kernel": (12,)}, ShapeError),
        ({"kernel": (2, 2)}, ShapeError),
        ({"kernel": ()}, ShapeError),
        ({"stride": (0,)}, ParameterError),
        ({"pooling_convention": "same"}, ParameterError),
        ({"pool_type": "lp"}, ParameterError),
    ],
)
def test_errors(params, error):
    with pytest.raises(error):
        pooled(**params)


def test_whole_numbers_are_refused():
    with pytest.raises(DTypeError):
        F.Pooling(mx.nd.ones((1, 1, 4), dtype="int32"), kernel=(2,))
