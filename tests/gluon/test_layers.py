"""Every layer gives the same outputs and gradients operation by operation, hybridized, and bound
to an executor, with random options and shapes.
"""

import inspect

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook import gluon, nd
from mxbook.gluon import loss, nn, rnn
from mxbook.gluon.contrib import cnn
from mxbook.gluon.contrib import nn as contrib_nn
from mxbook.gluon.contrib import rnn as contrib_rnn

from .ways import Net, all_ways_agree

pytestmark = pytest.mark.slow

LAYERS = {}
COUNT = st.integers(1, 4)
SWITCH = st.booleans()


def layer(*classes):
    """Register a maker of (block, inputs) for each of some classes."""

    def note(function):
        for cls in classes:
            LAYERS[cls.__name__] = cls, function
        return function

    return note


def numbers(draw, *shape, low=-1.0, high=1.0):
    seed = draw(st.integers(0, 2**16))
    return nd.array(np.random.default_rng(seed).uniform(low, high, shape))


def image(draw, axes, channels=None, low=5, high=7):
    """Examples of so many axes."""
    lengths = [draw(st.integers(low, high)) for _ in range(axes)]
    return numbers(draw, draw(st.integers(1, 3)), channels or draw(COUNT), *lengths)


def axes_of(cls):
    return int(next(c for c in cls.__name__ if c in "123"))


def tuple_of(draw, axes, low, high):
    return tuple([draw(st.integers(low, high)) for _ in range(axes)])


# ---- dense, convolutions, pooling


@layer(nn.Dense)
def _(draw, cls):
    options = {
        "activation": draw(st.sampled_from([None, "relu", "tanh", "sigmoid", "softrelu"])),
        "use_bias": draw(SWITCH),
        "flatten": draw(SWITCH),
    }
    shape = draw(st.lists(COUNT, min_size=2, max_size=4))
    return cls(draw(COUNT), **options), [numbers(draw, *shape)]


@layer(nn.Conv1D, nn.Conv2D, nn.Conv3D)
def _(draw, cls):
    axes, groups = axes_of(cls), draw(st.integers(1, 2))
    options = {
        "strides": tuple_of(draw, axes, 1, 2),
        "padding": tuple_of(draw, axes, 0, 1),
        "dilation": tuple_of(draw, axes, 1, 2),
        "groups": groups,
        "use_bias": draw(SWITCH),
        "activation": draw(st.sampled_from([None, "relu"])),
    }
    kernel = tuple_of(draw, axes, 1, 3)
    x = image(draw, axes, groups * draw(st.integers(1, 2)))
    return cls(groups * draw(st.integers(1, 2)), kernel, **options), [x]


@layer(nn.Conv1DTranspose, nn.Conv2DTranspose, nn.Conv3DTranspose)
def _(draw, cls):
    axes, groups = axes_of(cls), draw(st.integers(1, 2))
    strides = tuple_of(draw, axes, 1, 2)
    options = {
        "strides": strides,
        "padding": tuple_of(draw, axes, 0, 1),
        "output_padding": tuple([draw(st.integers(0, s - 1)) for s in strides]),
        "groups": groups,
        "use_bias": draw(SWITCH),
    }
    kernel = tuple_of(draw, axes, 2, 3)
    x = image(draw, axes, groups * draw(st.integers(1, 2)), 3, 5)
    return cls(groups * draw(st.integers(1, 2)), kernel, **options), [x]


@layer(cnn.DeformableConvolution)
def _(draw, cls):
    kernel = tuple_of(draw, 2, 1, 3)
    options = {"strides": tuple_of(draw, 2, 1, 2), "padding": tuple_of(draw, 2, 0, 1)}
    net = cls(draw(COUNT), kernel, offset_use_bias=draw(SWITCH), use_bias=draw(SWITCH), **options)
    return net, [image(draw, 2)]


@layer(nn.MaxPool1D, nn.MaxPool2D, nn.MaxPool3D, nn.AvgPool1D, nn.AvgPool2D, nn.AvgPool3D)
def _(draw, cls):
    axes = axes_of(cls)
    size = tuple_of(draw, axes, 1, 3)
    options = {
        "strides": draw(st.sampled_from([None, (2,) * axes, (1,) * axes])),
        "padding": tuple([draw(st.integers(0, k // 2)) for k in size]),
        "ceil_mode": draw(SWITCH),
    }
    if cls.__name__.startswith("Avg"):
        options["count_include_pad"] = draw(SWITCH)
    return cls(size, **options), [image(draw, axes)]


@layer(
    *(nn.GlobalMaxPool1D, nn.GlobalMaxPool2D, nn.GlobalMaxPool3D),
    *(nn.GlobalAvgPool1D, nn.GlobalAvgPool2D, nn.GlobalAvgPool3D),
)
def _(draw, cls):
    return cls(), [image(draw, axes_of(cls), low=1)]


@layer(nn.ReflectionPad2D)
def _(draw, cls):
    return cls(draw(st.integers(1, 3))), [image(draw, 2)]


@layer(contrib_nn.PixelShuffle1D, contrib_nn.PixelShuffle2D, contrib_nn.PixelShuffle3D)
def _(draw, cls):
    axes = axes_of(cls)
    factors = tuple_of(draw, axes, 1, 3)
    channels = int(np.prod(factors)) * draw(st.integers(1, 2))
    return cls(factors if axes > 1 else factors[0]), [image(draw, axes, channels, 1, 3)]


# ---- normalisation, activations, and others on arrays of any shape


def any_array(draw, least=1):
    return numbers(draw, *draw(st.lists(COUNT, min_size=least, max_size=4)))


@layer(nn.BatchNorm, contrib_nn.SyncBatchNorm)
def _(draw, cls):
    options = {"scale": draw(SWITCH), "center": draw(SWITCH), "use_global_stats": draw(SWITCH)}
    x = numbers(draw, draw(st.integers(2, 4)), *draw(st.lists(COUNT, min_size=1, max_size=3)))
    if cls is nn.BatchNorm:
        options["axis"] = draw(st.integers(1, x.ndim - 1))
    return cls(**options), [x]


@layer(nn.LayerNorm)
def _(draw, cls):
    x = any_array(draw, 2)
    options = {"scale": draw(SWITCH), "center": draw(SWITCH)}
    return cls(axis=draw(st.integers(-1, x.ndim - 1)), epsilon=0.1, **options), [x]


@layer(nn.InstanceNorm)
def _(draw, cls):
    x = any_array(draw, 3)
    options = {"scale": draw(SWITCH), "center": draw(SWITCH)}
    return cls(axis=draw(st.integers(1, x.ndim - 1)), epsilon=0.1, **options), [x]


@layer(nn.GroupNorm)
def _(draw, cls):
    groups = draw(st.integers(1, 2))
    x = image(draw, draw(st.integers(1, 2)), groups * draw(st.integers(1, 2)), 2, 4)
    options = {"scale": draw(SWITCH), "center": draw(SWITCH)}
    return cls(num_groups=groups, epsilon=0.1, **options), [x]


@layer(nn.Activation)
def _(draw, cls):
    kinds = ["relu", "sigmoid", "tanh", "softrelu", "softsign"]
    return cls(draw(st.sampled_from(kinds))), [any_array(draw)]


@layer(nn.LeakyReLU, nn.ELU)
def _(draw, cls):
    return cls(draw(st.floats(0.125, 2, width=32))), [any_array(draw)]


@layer(nn.PReLU)
def _(draw, cls):
    return cls(), [any_array(draw, 2)]


@layer(nn.SELU, nn.GELU, nn.Flatten, contrib_nn.Identity)
def _(draw, cls):
    return cls(), [any_array(draw)]


@layer(nn.Swish)
def _(draw, cls):
    return cls(draw(st.floats(0.5, 2, width=32))), [any_array(draw)]


@layer(nn.Dropout)
def _(draw, cls):
    x = any_array(draw, 2)
    axes = draw(st.lists(st.integers(0, x.ndim - 1), unique=True, max_size=1))
    return cls(draw(st.sampled_from([0.0, 0.3, 0.9])), axes=tuple(axes)), [x]


@layer(nn.Embedding)
def _(draw, cls):
    rows = draw(COUNT)
    shape = draw(st.lists(COUNT, min_size=1, max_size=3))
    words = nd.array(np.random.default_rng(rows).integers(0, rows, shape))
    return cls(rows, draw(COUNT)), [words]


@layer(nn.HybridLambda)
def _(draw, cls):
    named = draw(st.sampled_from(["tanh", "relu", "exp"]))
    return cls(draw(st.sampled_from([named, lambda F, x: F.sin(x) * x]))), [any_array(draw)]


@layer(nn.HybridSequential, contrib_nn.HybridConcurrent)
def _(draw, cls):
    net = cls()
    net.add(nn.Dense(draw(COUNT)), nn.Activation("tanh"), nn.Dense(draw(COUNT), use_bias=False))
    return net, [numbers(draw, draw(COUNT), draw(COUNT))]


# ---- sequences


@layer(rnn.RNN, rnn.LSTM, rnn.GRU)
def _(draw, cls):
    options = {
        "num_layers": draw(st.integers(1, 2)),
        "layout": draw(st.sampled_from(["TNC", "NTC"])),
        "bidirectional": draw(SWITCH),
        "dropout": draw(st.sampled_from([0, 0.4])),
    }
    if cls is rnn.RNN:
        options["activation"] = draw(st.sampled_from(["relu", "tanh"]))
    net = cls(draw(COUNT), **options)
    x = numbers(draw, draw(COUNT), draw(COUNT), draw(COUNT))
    if draw(SWITCH):
        return net, [x]
    batch = x.shape[options["layout"].index("N")]
    states = [numbers(draw, *info["shape"]) for info in net.state_info(batch)]
    return net, [x, states]


def unrolled(cell, x, steps):
    """A network that reads a sequence with a cell."""

    def compute(F, net, x):
        net.cell.reset()
        return net.cell.unroll(steps, x, layout="NTC", merge_outputs=True)

    return Net(compute, cell=cell), [x]


def sequence(draw, features):
    return numbers(draw, draw(st.integers(1, 3)), draw(st.integers(1, 3)), features)


@layer(rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell)
def _(draw, cls):
    x = sequence(draw, draw(COUNT))
    return unrolled(cls(draw(COUNT)), x, x.shape[1])


@layer(contrib_rnn.LSTMPCell)
def _(draw, cls):
    x = sequence(draw, draw(COUNT))
    return unrolled(cls(draw(COUNT), draw(COUNT)), x, x.shape[1])


@layer(rnn.DropoutCell)
def _(draw, cls):
    x = sequence(draw, draw(COUNT))
    return unrolled(cls(0.5, axes=draw(st.sampled_from([(), (1,)]))), x, x.shape[1])


@layer(rnn.ZoneoutCell, contrib_rnn.VariationalDropoutCell)
def _(draw, cls):
    x = sequence(draw, draw(COUNT))
    rates = [draw(st.sampled_from([0.0, 0.4])) for _ in range(2)]
    return unrolled(cls(rnn.LSTMCell(draw(COUNT)), *rates), x, x.shape[1])


@layer(rnn.ResidualCell)
def _(draw, cls):
    x = sequence(draw, draw(COUNT))
    return unrolled(cls(rnn.GRUCell(x.shape[2])), x, x.shape[1])


@layer(rnn.HybridSequentialRNNCell)
def _(draw, cls):
    x, cell = sequence(draw, draw(COUNT)), cls()
    for part in (rnn.LSTMCell(draw(COUNT)), rnn.DropoutCell(0.3), rnn.GRUCell(draw(COUNT))):
        cell.add(part)
    return unrolled(cell, x, x.shape[1])


@layer(rnn.BidirectionalCell)
def _(draw, cls):
    x = sequence(draw, draw(COUNT))
    return unrolled(cls(rnn.LSTMCell(draw(COUNT)), rnn.GRUCell(draw(COUNT))), x, x.shape[1])


CONVOLVING = [
    getattr(contrib_rnn, f"Conv{axes}D{kind}Cell")
    for axes in (1, 2, 3)
    for kind in ("RNN", "LSTM", "GRU")
]


@layer(*CONVOLVING)
def _(draw, cls):
    axes = axes_of(cls)
    shape = (draw(st.integers(1, 2)), *tuple_of(draw, axes, 3, 4))
    kernels = {"i2h_kernel": tuple_of(draw, axes, 1, 3), "h2h_kernel": (3,) * axes}
    steps = draw(st.integers(1, 2))
    x = numbers(draw, draw(st.integers(1, 2)), steps, *shape)
    padding = tuple([k // 2 for k in kernels["i2h_kernel"]])
    return unrolled(cls(shape, draw(st.integers(1, 2)), i2h_pad=padding, **kernels), x, steps)


# ---- losses


@layer(
    *(loss.L1Loss, loss.L2Loss, loss.HuberLoss, loss.HingeLoss, loss.SquaredHingeLoss),
    *(loss.LogisticLoss, loss.SigmoidBCELoss, loss.PoissonNLLLoss, loss.KLDivLoss),
)
def _(draw, cls):
    x = numbers(draw, *draw(st.lists(COUNT, min_size=2, max_size=3)))
    label = numbers(draw, *x.shape, low=0.1)
    given = [x, label, numbers(draw, x.shape[0], *(1,) * (x.ndim - 1), low=0.5)]
    return cls(weight=0.5), given[: draw(st.integers(2, 3))]


@layer(loss.SoftmaxCELoss)
def _(draw, cls):
    sparse, n, classes = draw(SWITCH), draw(COUNT), draw(COUNT)
    label = nd.array(np.arange(n) % classes) if sparse else numbers(draw, n, classes, low=0)
    return cls(sparse_label=sparse), [numbers(draw, n, classes), label]


@layer(loss.TripletLoss)
def _(draw, cls):
    shape = draw(st.lists(COUNT, min_size=2, max_size=3))
    return cls(), [numbers(draw, *shape) for _ in range(3)]


@layer(loss.CosineEmbeddingLoss)
def _(draw, cls):
    n, m = draw(COUNT), draw(st.integers(2, 4))
    label = nd.array(np.arange(n) % 2 * 2 - 1)
    return cls(margin=0.1), [numbers(draw, n, m), numbers(draw, n, m), label]


@layer(loss.CTCLoss)
def _(draw, cls):
    n, steps, classes = draw(st.integers(1, 3)), draw(st.integers(4, 6)), draw(st.integers(2, 4))
    label = np.random.default_rng(n).integers(0, classes - 1, (n, 2))
    return cls(), [numbers(draw, n, steps, classes), nd.array(label)]


# ---- the test


@pytest.mark.parametrize("name", LAYERS)
@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_all_ways_agree(name, data):
    cls, make = LAYERS[name]
    net, inputs = make(data.draw, cls)
    net.initialize(mx.init.Uniform(0.7))
    all_ways_agree(net, inputs)


# What they derive from; graphs as blocks have tests of their own.
BASES = {"HybridBlock", "HybridRecurrentCell", "ModifierCell", "Loss", "SymbolBlock"}


@pytest.mark.parametrize("module", [nn, rnn, loss, contrib_nn, contrib_rnn, cnn])
def test_no_layer_is_missing(module):
    found = {
        cls.__name__
        for name, cls in vars(module).items()
        if inspect.isclass(cls) and issubclass(cls, gluon.HybridBlock) and name[0] != "_"
    }
    assert found - BASES <= set(LAYERS)
