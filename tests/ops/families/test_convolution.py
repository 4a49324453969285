"""Convolution: against the formula written out, inference, errors, float16."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.ops.families.convolution import convolution as op

LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


@st.composite
def windows(draw):
    """Lengths of spatial axes, parameters of a window that fits there, and groups."""
    axes = draw(st.integers(1, 3))

    def numbers(low, high):
        return tuple(draw(st.integers(low, high)) for _ in range(axes))

    window = {"kernel": numbers(1, 3), "stride": numbers(1, 3), "dilate": numbers(1, 2)}
    window |= {"pad": numbers(0, 2), "num_group": draw(st.integers(1, 3))}
    rows = zip(window["kernel"], window["dilate"], window["pad"], strict=True)
    lengths = [max(1, d * (k - 1) + 1 - 2 * p) + draw(st.integers(0, 3)) for k, d, p in rows]
    return lengths, window


def written_out(x, w, b, dy, window):
    """The convolution of (n, c, ...) by its formula, place by place, and its gradients."""
    axes, groups = x.ndim - 2, window["num_group"]
    k, s, d, p = (window[name] for name in ("kernel", "stride", "dilate", "pad"))
    padded = np.pad(x, [(0, 0), (0, 0), *zip(p, p, strict=True)])
    dx, dw, y = np.zeros_like(padded), np.zeros_like(w), np.empty(dy.shape)
    inputs, outputs, all_of = x.shape[1] // groups, len(w) // groups, range(1, axes + 2)
    for place in np.ndindex(dy.shape[2:]):
        rows = zip(place, k, s, d, strict=True)
        seen = [slice(i * step, i * step + m * (n - 1) + 1, m) for i, n, step, m in rows]
        for g in range(groups):
            under = (slice(None), slice(g * inputs, (g + 1) * inputs), *seen)
            made = slice(g * outputs, (g + 1) * outputs)
            y[(slice(None), made, *place)] = np.tensordot(padded[under], w[made], (all_of, all_of))
            part = dy[(slice(None), made, *place)]
            dx[under] += np.tensordot(part, w[made], 1)
            dw[made] += np.tensordot(part.T, padded[under], 1)
    inside = tuple(slice(n, n + m) for n, m in zip(p, x.shape[2:], strict=True))
    y += b.reshape(-1, *(1,) * axes)
    return y, dx[(..., *inside)], dw, dy.sum((0, *range(2, axes + 2)))


@given(windows(), st.integers(1, 3), st.integers(1, 2), st.booleans())
def test_it_is_its_formula_and_so_are_its_gradients(shape, inputs, outputs, last):
    lengths, window = shape
    source, groups = np.random.default_rng(0), window["num_group"]
    x = source.normal(size=(2, inputs * groups, *lengths))
    w = source.normal(size=(outputs * groups, inputs, *window["kernel"]))
    b = source.normal(size=len(w))

    def turned(array, way):  # to the layout of the operator, or back
        return np.moveaxis(array, *((1, -1) if way else (-1, 1))) if last else array

    arrays = [mx.nd.array(turned(a, True), dtype="float64") for a in (x, w)]
    arrays.append(mx.nd.array(b, dtype="float64"))
    for a in arrays:
        a.attach_grad()
    params = {**window, "num_filter": len(w), "layout": LAYOUTS[len(lengths)][last]}
    with mx.autograd.record():
        y = F.Convolution(*arrays, **params)
    found = turned(y.asnumpy(), False)
    dy = source.normal(size=found.shape)
    y.backward(mx.nd.array(turned(dy, True), dtype="float64"))
    expected = written_out(x, w, b, dy, window)
    gradients = [turned(a.grad.asnumpy(), False) for a in arrays[:2]]
    for a, e in zip([found, *gradients, arrays[2].grad.asnumpy()], expected, strict=True):
        np.testing.assert_allclose(a, e, 1e-9, 1e-9)


def infer(*shapes, **params):
    return op.shape_rule(op.values({"kernel": (3, 3), "num_filter": 8, **params}), *shapes)


def test_weight_and_bias_follow_from_the_data():
    ins, outs = infer((2, 6, 9, 8), None, None, num_group=2, stride=(2, 1), pad=(1, 0))
    assert ins == [(2, 6, 9, 8), (8, 3, 3, 3), (8,)]
    assert outs == [(2, 8, 5, 6)]
    ins, outs = infer((2, 9, 8, 6), None, no_bias=True, layout="NHWC")
    assert ins == [(2, 9, 8, 6), (8, 3, 3, 6)]
    assert outs == [(2, 7, 6, 8)]


def test_what_is_unknown_stays_unknown():
    assert infer(None, None, None) == ([None, (8, None, 3, 3), (8,)], [None])
    ins, outs = infer((None, 3, None, 9), None, None)
    assert ins[1] == (8, 3, 3, 3)
    assert outs == [(None, 8, None, None)]


@pytest.mark.parametrize(
    ("shape", "params", "error"),
    [
        ((2, 3, 2, 9), {}, ShapeError),  # the window is too large
        ((2, 3, 9), {}, ShapeError),  # one spatial axis for a window of two
        ((2, 3, 9, 9), {"num_group": 2}, ShapeError),
        ((2, 3, 9, 9), {"stride": (1,)}, ParameterError),
        ((2, 3, 9, 9), {"stride": (0, 1)}, ParameterError),
        ((2, 3, 9, 9), {"layout": "NCW"}, ParameterError),
        ((2, 3, 9, 9), {"kernel": ()}, ParameterError),
    ],
)
def test_errors(shape, params, error):
    with pytest.raises(error):
        infer(shape, None, None, **params)


def test_half_precision_sums_in_single():
    data, weight = mx.nd.ones((1, 4096, 1, 1), dtype="float16"), mx.nd.ones((1, 4096, 1, 1))
    found = F.Convolution(data, weight.astype("float16"), kernel=(1, 1), num_filter=1, no_bias=True)
    assert found.dtype == np.float16
    assert found.asscalar() == 4096  # in float16 2048 + 1 is 2048
