"""Transposed convolution: that it is one, what its parameters lead to, and errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.deconvolution import deconvolution as op


def infer(*shapes, **params):
    return op.shape_rule(op.values({"kernel": (3, 3), "num_filter": 4, **params}), *shapes)


@given(st.integers(1, 3), st.integers(1, 4), st.integers(1, 3), st.integers(0, 2), st.data())
def test_it_is_the_transpose_of_a_convolution(axes, kernel, stride, pad, data):
    """`<conv(x), y> = <x, deconv(y)>` for all x and y."""
    groups, dilate = data.draw(st.integers(1, 2)), data.draw(st.integers(1, 2))
    adj = data.draw(st.integers(0, stride - 1))
    lengths = [data.draw(st.integers(3, 4)) for _ in range(axes)]
    whole = [stride * (n - 1) + dilate * (kernel - 1) + 1 - 2 * pad + adj for n in lengths]
    window = {"kernel": (kernel,) * axes, "stride": (stride,) * axes, "dilate": (dilate,) * axes}
    window |= {"pad": (pad,) * axes, "num_group": groups, "no_bias": True}
    random = np.random.default_rng(0)
    y = random.normal(size=(2, 2 * groups, *lengths))
    w = random.normal(size=(2 * groups, 3, *window["kernel"]))
    y, w = (mx.nd.array(a, dtype="float64") for a in (y, w))
    if min(whole) < 1:
        with pytest.raises(ShapeError):
            F.Deconvolution(y, w, num_filter=3 * groups, adj=(adj,) * axes, **window)
        return
    back = F.Deconvolution(y, w, num_filter=3 * groups, adj=(adj,) * axes, **window)
    assert back.shape == (2, 3 * groups, *whole)
    x = mx.nd.array(random.normal(size=back.shape), dtype="float64")
    there = F.Convolution(x, w, num_filter=2 * groups, **window)
    assert (there * y).sum().asscalar() == pytest.approx((x * back).sum().asscalar())


def test_weight_and_bias_follow_from_the_data():
    ins, outs = infer((2, 6, 5, 4), None, None, num_group=2, no_bias=False)
    assert ins == [(2, 6, 5, 4), (6, 2, 3, 3), (4,)]
    assert outs == [(2, 4, 7, 6)]
    ins, outs = infer((2, 5, 4, 6), None, layout="NHWC")
    assert ins[1] == (6, 3, 3, 4)
    assert outs == [(2, 7, 6, 4)]


def test_the_target_shape_decides():
    assert infer((1, 2, 3, 3), None, stride=(2, 2), target_shape=(6, 5))[1] == [(1, 4, 6, 5)]
    assert infer((1, 2, None, 3), None, target_shape=(4, 4))[1] == [(1, 4, 4, 4)]
    ones = (mx.nd.ones((1, 1, 2)), mx.nd.ones((1, 1, 3)))
    cut = F.Deconvolution(*ones, kernel=(3,), stride=(2,), num_filter=1, target_shape=(4,))
    assert cut.asnumpy().ravel().tolist() == [1, 2, 1, 1]  # 1 1 2 1 1: pad 1, adj 1


@pytest.mark.parametrize(
    ("shape", "params", "error"),
    [
        ((2, 4, 5), {}, ShapeError),  # one spatial axis for a window of two
        ((2, 3, 5, 5), {"num_group": 2}, ShapeError),
        ((2, 3, 5, 5), {"stride": (2,)}, ParameterError),
        ((2, 3, 5, 5), {"adj": (1,), "stride": (2, 2)}, ParameterError),
        ((2, 3, 5, 5), {"adj": (2, 0), "stride": (2, 2)}, ParameterError),
        ((2, 3, 5, 5), {"target_shape": (8, 8)}, ShapeError),  # larger than it can be
        ((2, 3, 1, 5), {"pad": (2, 0)}, ShapeError),  # nothing is left
    ],
)
def test_errors(shape, params, error):
    with pytest.raises(error):
        infer(shape, None, **params)


def test_whole_numbers_are_refused():
    ones = (mx.nd.ones((1, 1, 2), dtype="int32"), mx.nd.ones((1, 1, 1), dtype="int32"))
    with pytest.raises(DTypeError):
        F.Deconvolution(*ones, kernel=(1,), num_filter=1)


@given(st.integers(2, 5))
def test_bilinear_weights_make_a_slope_of_steps(scale):
    """A row of numbers that rises evenly rises evenly afterwards, away from the borders."""
    kernel, pad = 2 * scale - scale % 2, scale // 2
    weight = mx.nd.empty((2, 1, kernel, kernel))
    mx.init.Bilinear()(mx.init.InitDesc("up_weight"), weight)
    data = mx.nd.array(np.broadcast_to(np.arange(8.0) * scale, (1, 2, 8, 8)))
    found = F.Deconvolution(
        data, weight, kernel=(kernel, kernel), stride=(scale, scale), pad=(pad, pad), num_filter=2,
        num_group=2,
    )  # fmt: skip
    same = F.UpSampling(data, weight, scale=scale, sample_type="bilinear", num_filter=2)
    np.testing.assert_array_equal(found.asnumpy(), same.asnumpy())
    inside = found.asnumpy()[0, :, 2 * scale : -2 * scale, 2 * scale : -2 * scale]
    np.testing.assert_allclose(np.diff(inside, axis=2), 1, rtol=1e-4)
    np.testing.assert_allclose(np.diff(inside, axis=1), 0, atol=1e-4)
