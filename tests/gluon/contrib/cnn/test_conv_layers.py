"""Convolutions that look beside their window."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, nd
from mxbook.base.errors import ParameterError
from mxbook.gluon import nn
from mxbook.gluon.contrib.cnn import DeformableConvolution
from tests import oracle

X = np.random.RandomState(1).rand(2, 4, 7, 6).astype("float32")


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize(
    "kwargs",
    [{}, {"groups": 2, "use_bias": False}, {"strides": 2, "dilation": (1, 2), "padding": 2}],
)
def test_it_begins_as_a_convolution(kwargs, hybridize):
    ours = DeformableConvolution(4, kernel_size=3, activation="tanh", **kwargs)
    theirs = nn.Conv2D(4, kernel_size=3, activation="tanh", **kwargs)
    theirs.initialize(mx.init.Xavier())
    expected = theirs(nd.array(X))
    ours.initialize()
    if hybridize:
        ours.hybridize()
    ours(nd.array(X))
    ours.deformable_conv_weight.set_data(theirs.weight.data())
    np.testing.assert_allclose(ours(nd.array(X)).asnumpy(), expected.asnumpy(), atol=1e-5)


def test_the_places_are_learned():
    """All offsets (0, 1): every window looks one column further right."""
    layer = DeformableConvolution(1, kernel_size=1, use_bias=False)
    layer.initialize(mx.init.One())
    layer.hybridize()
    x = nd.array(X[:, :1])
    with autograd.record():
        y = layer(x)
    y.backward()
    assert (layer.offset_weight.grad().asnumpy() != 0).any()
    layer.offset_bias.set_data(nd.array([0, 1]))
    y = layer(x).asnumpy()
    np.testing.assert_allclose(y[..., :-1], X[:, :1, :, 1:], rtol=1e-6)


def test_parameters():
    layer = DeformableConvolution(8, (3, 2), num_deformable_group=2, prefix="d_")
    shapes = {name: p.shape for name, p in layer.collect_params().items()}
    assert shapes == {
        "d_offset_weight": (24, 0, 3, 2),
        "d_offset_bias": (24,),
        "d_deformable_conv_weight": (8, 0, 3, 2),
        "d_deformable_conv_bias": (8,),
    }
    bare = DeformableConvolution(8, use_bias=False, offset_use_bias=False)
    assert len(bare.collect_params()) == 2


def test_what_it_refuses():
    with pytest.raises(ParameterError, match="layout cannot be 'NHWC'"):
        DeformableConvolution(2, layout="NHWC")
    with pytest.raises(ParameterError, match="kernel_size cannot be"):
        DeformableConvolution(2, (3, 3, 3))
    layer = DeformableConvolution(2, adj=1)
    layer.initialize()
    with pytest.raises(ValueError, match="adj"):
        layer(nd.array(X))


BOTH = """
import json
x = mx.nd.array(np.random.RandomState(1).rand(2, 4, 7, 6))
for i, kwargs in enumerate((
    {}, {"kernel_size": 3, "padding": 1, "in_channels": 4, "activation": "relu"},
    {"kernel_size": (3, 2), "groups": 2, "num_deformable_group": 2, "use_bias": False},
    {"kernel_size": (2, 2), "strides": (2, 1), "dilation": (1, 2), "offset_use_bias": False},
)):
    mx.random.seed(5)
    layer = mx.gluon.contrib.cnn.DeformableConvolution(
        6, offset_weight_initializer=mx.init.Uniform(0.5), prefix="d%d_" % i, **kwargs)
    before = repr(layer)
    layer.initialize()
    with mx.autograd.record():
        y = layer(x)
    y.backward()
    found["~%d y" % i] = y
    for name, p in layer.collect_params().items():
        found["~%d %s" % (i, name)] = [p.data(), p.grad()]
    found["%d looks" % i] = [before, repr(layer)]
    nodes = json.loads(layer(mx.sym.var("x")).tojson())["nodes"]
    found["%d graph" % i] = [[n["op"], n["name"], n["inputs"]] for n in nodes]
    found["%d attributes" % i] = [n["attrs"] for n in nodes if n["op"] != "null"]
"""


@oracle.marks
def test_the_answers_of_real_mxnet(tmp_path):
    oracle.both(BOTH, tmp_path, atol=1e-4, rtol=1e-4)
