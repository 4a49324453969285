"""Blocks beside each other, pixels out of channels, means of a batch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, nd
from mxbook.base.errors import ContextError, ParameterError, ShapeError
from mxbook.gluon import nn
from mxbook.gluon.contrib.nn import (
    Concurrent,
    HybridConcurrent,
    Identity,
    PixelShuffle1D,
    PixelShuffle2D,
    PixelShuffle3D,
    SyncBatchNorm,
)
from tests import oracle


@given(st.integers(1, 3), st.integers(0, 1), st.sampled_from([Concurrent, HybridConcurrent]))
def test_outputs_are_joined_along_an_axis(count, axis, kind):
    net = kind(axis=axis)
    net.add(*[nn.HybridLambda(lambda F, x, i=i: x * i) for i in range(count)])
    x = nd.array(np.arange(6).reshape(2, 3))
    expected = np.concatenate([x.asnumpy() * i for i in range(count)], axis=axis)
    assert (net(x).asnumpy() == expected).all()


@pytest.mark.parametrize("kind", [Concurrent, HybridConcurrent])
def test_names_and_text(kind):
    net = kind(prefix="both_")
    with net.name_scope():
        net.add(nn.Dense(2), Identity())
    assert list(net.collect_params()) == ["both_dense0_weight", "both_dense0_bias"]
    assert repr(net).startswith(f"{kind.__name__}(\n  (0): Dense(None -> 2, linear)")
    assert net.axis == -1


def test_hybridized():
    net = HybridConcurrent(axis=1)
    net.add(Identity(), nn.Dense(2))
    net.initialize()
    assert net.check_hybrid(nd.ones((3, 4)))
    assert Identity()(nd.ones((2,))).shape == (2,)


# ---- pixels out of channels

SHUFFLES = {1: PixelShuffle1D, 2: PixelShuffle2D, 3: PixelShuffle3D}


def shuffled(x, factors):
    """By definition, element by element."""
    n, channels, *lengths = x.shape
    out = np.empty((n, channels // np.prod(factors), *np.multiply(lengths, factors)), x.dtype)
    for place in np.ndindex(*out.shape):
        example, channel, *spatial = place
        inside = np.ravel_multi_index(np.remainder(spatial, factors), factors)
        source = channel * np.prod(factors) + inside
        out[place] = x[(example, source, *np.floor_divide(spatial, factors))]
    return out


@st.composite
def to_shuffle(draw):
    axes = draw(st.integers(1, 3))
    factors = tuple(draw(st.lists(st.integers(1, 3), min_size=axes, max_size=axes)))
    lengths = draw(st.lists(st.integers(1, 3), min_size=axes, max_size=axes))
    return factors, (draw(st.integers(1, 2)), draw(st.integers(1, 2)) * np.prod(factors), *lengths)


@given(to_shuffle(), st.booleans())
def test_pixel_shuffle(case, hybridize):
    factors, shape = case
    layer = SHUFFLES[len(factors)](factors)
    if hybridize:
        layer.hybridize()
    x = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    assert (layer(nd.array(x)).asnumpy() == shuffled(x, factors)).all()


def test_one_factor_for_all_axes():
    texts = [repr(make(np.int32(2))) for make in SHUFFLES.values()]
    assert texts == ["PixelShuffle1D(2)", "PixelShuffle2D((2, 2))", "PixelShuffle3D((2, 2, 2))"]
    assert repr(PixelShuffle2D([2, 3])) == "PixelShuffle2D((2, 3))"


@pytest.mark.parametrize("factor", [0, -1, 1.5, "2", None, (2, 3, 4, 5), (2, 0)])
@pytest.mark.parametrize("axes", SHUFFLES)
def test_factors_that_cannot_be(axes, factor):
    with pytest.raises(ParameterError, match="a whole number above 0"):
        SHUFFLES[axes](factor)


def test_channels_that_are_too_few():
    with pytest.raises(ShapeError):
        PixelShuffle2D(2)(nd.ones((1, 3, 2, 2)))


# ---- SyncBatchNorm


@pytest.mark.parametrize("training", [True, False])
def test_on_one_device_it_is_batch_norm(training):
    x = nd.random.normal(shape=(4, 3, 2))
    found = []
    for layer in (nn.BatchNorm(), SyncBatchNorm(num_devices=1)):
        layer.initialize()
        layer.hybridize()
        for _ in range(2):
            with autograd.record():
                y = layer(x)
            y.backward()
        with autograd.record(training):
            y = layer(x)
        found.append([y.asnumpy(), layer.running_var.data().asnumpy()])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_devices_cannot_share_a_batch():
    x = nd.ones((2, 3))
    together = SyncBatchNorm(num_devices=2)
    together.initialize()
    several = SyncBatchNorm(in_channels=3)
    several.initialize(ctx=[mx.cpu(0), mx.cpu(1)])
    outer = nn.HybridSequential()
    outer.add(several)
    outer.hybridize()
    for net in (together, several, outer):
        with autograd.record(), pytest.raises(ContextError, match="cannot train on 2 devices"):
            net(x)
    with pytest.warns(UserWarning, match="BatchNorm is used in prediction mode"):
        assert several(x).shape == together(x).shape == (2, 3)


def test_how_it_looks():
    layer = SyncBatchNorm(prefix="sync_", num_devices=4, scale=False)
    assert repr(layer) == (
        "SyncBatchNorm(eps=1e-05, momentum=0.9, fix_gamma=True, use_global_stats=False, ndev=4, "
        "key='sync_', in_channels=None)"
    )


BOTH = """
import json
C = mx.gluon.contrib.nn
x = mx.nd.array(np.arange(2 * 12 * 2 * 3 * 2).reshape(2, 12, 2, 3, 2))
for layer, data in (
    (C.PixelShuffle1D(3, ), x.reshape((2, 12, 12))),
    (C.PixelShuffle2D((2, 3)), x.reshape((2, 12, 6, 2))),
    (C.PixelShuffle3D((1, 2, 3)), x),
    (C.SyncBatchNorm(prefix="sync_", in_channels=12), x.reshape((2, 12, 6, 2))),
):
    layer.initialize()
    name = type(layer).__name__
    found[name] = layer(data)
    nodes = json.loads(layer(mx.sym.var("x")).tojson())["nodes"]
    found[name + " graph"] = [[n["op"], n["name"], n["inputs"]] for n in nodes]
    found[name + " attributes"] = [n.get("attrs") for n in nodes if n["op"] != "null"]
    found[name + " looks"] = repr(layer)
"""


@oracle.marks
def test_the_answers_of_real_mxnet(tmp_path):
    oracle.both(BOTH, tmp_path, rtol=1e-5)
