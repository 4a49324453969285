"""Dropout: when, how often, and together along axes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F


@given(st.floats(0.05, 0.95), st.sampled_from([(), (0,), (1,), (0, 1)]))
def test_kept_elements_are_scaled_and_gradients_follow(p, axes):
    x = mx.nd.ones((20, 30))
    x.attach_grad()
    with mx.autograd.record():
        y = F.Dropout(x, p=p, axes=axes)
    y.backward()
    found = y.asnumpy()
    np.testing.assert_allclose(found, np.where(found == 0, 0, 1 / (1 - p)), rtol=1e-6)
    np.testing.assert_array_equal(x.grad.asnumpy(), found)
    for axis in axes:
        assert (np.ptp(found, axis=axis) == 0).all()


def test_about_p_are_dropped():
    with mx.autograd.train_mode():
        y = F.Dropout(mx.nd.ones((100, 100)), p=0.3).asnumpy()
    assert (y == 0).mean() == pytest.approx(0.3, abs=0.02)


def test_only_in_training_unless_always():
    x = mx.nd.ones((100,))
    assert (F.Dropout(x).asnumpy() == 1).all()
    assert (F.Dropout(x, mode="always").asnumpy() == 0).any()


def test_errors():
    with pytest.raises(ParameterError, match="from 0 to 1"):
        F.Dropout(mx.nd.ones(3), p=1.5)
    with pytest.raises(DTypeError):
        F.Dropout(mx.nd.ones(3, dtype="int32"))
    with pytest.raises(ShapeError):
        F.Dropout(mx.nd.ones(3), axes=(1,))
