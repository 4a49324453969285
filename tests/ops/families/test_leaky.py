"""LeakyReLU: random slopes, learned slopes."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F


def test_random_slopes_in_training_their_mean_otherwise():
    x = mx.nd.ones((50, 40)) * -1
    bounds = {"act_type": "rrelu", "lower_bound": 0.25, "upper_bound": 0.5}
    out, _ = F.LeakyReLU(x, **bounds)
    assert (out.asnumpy() == -0.375).all()
    x.attach_grad()
    with mx.autograd.record():
        out, slopes = F.LeakyReLU(x, **bounds)
    out.backward()
    slope = -out.asnumpy()
    assert (slope >= 0.25).all()
    assert (slope <= 0.5).all()
    assert slope.std() == pytest.approx(0.25 / np.sqrt(12), rel=0.1)
    np.testing.assert_array_equal(slope, slopes.asnumpy())
    np.testing.assert_array_equal(x.grad.asnumpy(), slope)


def test_prelu_infers_and_checks_gamma():
    with pytest.raises(ParameterError):
        F.LeakyReLU(mx.nd.ones((2, 3)), act_type="prelu")
    with pytest.raises(ShapeError, match="one for each channel"):
        F.LeakyReLU(mx.nd.ones((2, 3, 4)), mx.nd.ones(4), act_type="prelu")
