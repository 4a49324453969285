"""Pooling: all kinds against windows taken one by one, conventions, errors."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F

KINDS = ("max", "avg", "sum", "lp")
LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


@st.composite
def windows(draw):
    """Lengths of spatial axes and parameters of windows all of which have something under them."""
    axes = draw(st.integers(1, 3))
    convention = draw(st.sampled_from(["valid", "full", "same"]))
    lengths, kernel, stride, pad = [], [], [], []
    for _ in range(axes):
        k, s = draw(st.integers(1, 3)), draw(st.integers(1, 3))
        p = 0 if convention == "same" else draw(st.integers(0, k // 2))
        n = draw(st.integers(max(1, k - 2 * p), 6))
        for numbers, number in zip((lengths, kernel, stride, pad), (n, k, s, p), strict=True):
            numbers.append(number)
    window = {"kernel": kernel, "stride": stride, "pad": pad, "pooling_convention": convention}
    ends = zip(places(lengths, window), lengths, strict=True)
    assume(all(windows[-1][0] < n for windows, n in ends))
    return lengths, window


def places(lengths, window):
    """Where windows begin and end along each axis."""
    rows = zip(lengths, window["kernel"], window["stride"], window["pad"], strict=True)
    for n, k, s, p in rows:
        free = n + 2 * p - k
        count = {"valid": free // s + 1, "full": -(-free // s) + 1, "same": -(-n // s)}
        begins = [i * s - p for i in range(count[window["pooling_convention"]])]
        yield [(b, min(b + k, n + p)) for b in begins]


def kept(kind, part, size, power):
    """What is kept of windows (examples, channels, elements); `size` counts padding, too."""
    if kind == "max":
        return part.max(-1)
    if kind == "lp":
        return (part**power).sum(-1) ** (1 / power)
    return part.sum(-1) / (size if kind == "avg" else 1)


@given(windows(), st.sampled_from(KINDS), st.booleans(), st.integers(1, 3), st.booleans())
def test_every_window_by_itself(shape, kind, padded, power, last):
    lengths, window = shape
    x = np.random.default_rng(0).uniform(0.5 if kind == "lp" else -2, 2, (2, 3, *lengths))
    every = list(places(lengths, window))
    expected = np.empty((2, 3, *map(len, every)))
    for place in np.ndindex(expected.shape[2:]):
        bounds = [ends[i] for ends, i in zip(every, place, strict=True)]
        inside = [slice(max(0, a), min(b, n)) for (a, b), n in zip(bounds, lengths, strict=True)]
        part = x[(..., *inside)].reshape(2, 3, -1)
        size = np.prod([b - a for a, b in bounds]) if padded else part.shape[-1]
        expected[(..., *place)] = kept(kind, part, size, power)
    data = mx.nd.array(np.moveaxis(x, 1, -1) if last else x, dtype="float64")
    options = {"count_include_pad": padded, "p_value": power, "layout": LAYOUTS[len(lengths)][last]}
    found = F.Pooling(data, pool_type=kind, **window, **options).asnumpy()
    np.testing.assert_allclose(np.moveaxis(found, -1, 1) if last else found, expected, 1e-12)


@given(st.lists(st.integers(1, 5), min_size=1, max_size=3), st.sampled_from(KINDS[:3]))
def test_the_whole_image(lengths, kind):
    x = np.random.default_rng(0).normal(size=(2, 3, *lengths))
    found = F.Pooling(mx.nd.array(x, dtype="float64"), pool_type=kind, global_pool=True).asnumpy()
    assert found.shape == (2, 3, *(1,) * len(lengths))
    expected = kept(kind, x.reshape(2, 3, -1), np.prod(lengths), 1)
    np.testing.assert_allclose(found.reshape(2, 3), expected, 1e-9, 1e-12)


LINE = np.arange(1, 10, dtype="float32").reshape(1, 1, 9)


def pooled(**params):
    params = {"kernel": (4,), "stride": (3,), "pad": (1,), **params}
    return F.Pooling(mx.nd.array(LINE), **params).asnumpy().ravel().tolist()


def test_a_window_outside_of_the_image_has_the_mean_0():
    """As in MXNet 1.6 with two axes; with one or three it gives NaN there."""
    options = {"pool_type": "avg", "pooling_convention": "full", "count_include_pad": False}
    found = mx.nd.Pooling(mx.nd.ones((1, 1, 5)), kernel=2, pad=1, stride=2, **options)
    assert found.asnumpy().tolist() == [[[1, 1, 1, 0]]]


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
