"""The first versions of Convolution and Pooling: where they differ from the second ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F


@given(st.integers(1, 3), st.integers(1, 3), st.integers(0, 2), st.booleans())
def test_convolution_is_the_same(kernel, stride, pad, bias):
    random = np.random.default_rng(0)
    shapes = [(2, 4, 6, 5), (6, 2, kernel, kernel), (6,)][: 2 + bias]
    arrays = [mx.nd.array(random.normal(size=s)) for s in shapes]
    options = {"kernel": (kernel,) * 2, "stride": (stride,) * 2, "pad": (pad,) * 2}
    options |= {"num_filter": 6, "num_group": 2, "no_bias": not bias}
    found, expected = F.Convolution_v1(*arrays, **options), F.Convolution(*arrays, **options)
    np.testing.assert_array_equal(found.asnumpy(), expected.asnumpy())


def pooled(data, **params):
    return F.Pooling_v1(mx.nd.array(data), **{"kernel": (2, 2), **params}).asnumpy()[0, 0].tolist()


def test_padding_is_zeros_for_max_as_well():
    below = -np.arange(1.0, 5).reshape(1, 1, 2, 2)
    assert pooled(below, pad=(1, 1)) == [[0, 0, 0], [0, -1, 0], [0, 0, 0]]
    row = -np.arange(1.0, 4).reshape(1, 1, 1, 3)
    beyond = pooled(row, kernel=(1, 2), stride=(1, 2), pooling_convention="full")
    assert beyond == [[-1, -3]]  # what lies behind the padding does not count


def test_means_always_divide_by_the_window():
    ones = np.ones((1, 1, 3, 3))
    full = pooled(ones, stride=(2, 2), pool_type="avg", pooling_convention="full")
    assert full == [[1, 0.5], [0.5, 0.25]]


def test_the_gradient_goes_to_all_largest():
    data = mx.nd.array([[[[1, 2, 2], [2, 0, 1]]]])
    data.attach_grad()
    with mx.autograd.record():
        out = F.Pooling_v1(data, kernel=(2, 2))
    out.backward(mx.nd.array([[[[10, 1]]]]))
    assert data.grad.asnumpy()[0, 0].tolist() == [[0, 11, 1], [10, 0, 0]]


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (lambda x: F.Pooling_v1(x, kernel=(5, 1)), ShapeError),
        (lambda x: F.Pooling_v1(x, kernel=(2,)), ParameterError),
        (lambda x: F.Pooling_v1(x, kernel=(2, 2), stride=(1,)), ParameterError),
        (lambda x: F.Pooling_v1(x[0], kernel=(2, 2)), ShapeError),
        (lambda x: F.Pooling_v1(x.astype("int32"), kernel=(2, 2)), DTypeError),
        (lambda x: F.Convolution_v1(x[0], x[0], kernel=(2,), num_filter=1), ParameterError),
        (
            lambda x: F.Convolution_v1(
                x, x, kernel=(2, 2), num_filter=1, layout="NHWC", no_bias=True
            ),
            ParameterError,
        ),
    ],
)
def test_errors(call, error):
    with pytest.raises(error):
        call(mx.nd.ones((1, 1, 3, 3)))
