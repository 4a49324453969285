"""Whole networks give the same outputs and gradients operation by operation, hybridized, and bound
to an executor; also for a second shape of the inputs, and when the first one comes back.
"""

import warnings

import numpy as np
import pytest

import mxbook as mx
from mxbook import gluon, nd
from mxbook.gluon import nn, rnn
from mxbook.gluon.model_zoo import vision
from mxbook.gluon.model_zoo.vision import inception

from .ways import Net, all_ways_agree, by_block, check

pytestmark = pytest.mark.slow

NETS = {}


def case(function):
    """Register a maker of (network, inputs, inputs of other shapes)."""
    NETS[function.__name__] = function
    return function


def stack(*blocks):
    net = nn.HybridSequential()
    net.add(*blocks)
    return net


def numbers(*shape, low=-1.0, high=1.0):
    return nd.random.uniform(low, high, shape=shape)


def words(*shape, count=11):
    return nd.array(np.random.RandomState(len(shape)).randint(0, count, shape))


# ---- pictures


def pictures(net, size=32, other=48):
    return net, [numbers(2, 3, size, size)], [numbers(1, 3, other, other)]


@case
def resnet18_v1():
    return pictures(vision.resnet18_v1(classes=5, thumbnail=True), 16, 24)


@case
def resnet18_v2():
    return pictures(vision.resnet18_v2(classes=5))


@case
def resnet_of_bottlenecks():
    net = vision.ResNetV1(vision.BottleneckV1, [1, 2], [8, 16, 32], classes=5)
    return pictures(net)


@case
def mobilenet():
    return pictures(vision.mobilenet0_25(classes=5))


@case
def mobilenet_v2():
    return pictures(vision.mobilenet_v2_0_25(classes=5))


@case
def squeezenet():
    net = vision.squeezenet1_1(classes=5)
    return net, [numbers(1, 3, 224, 224)], [numbers(2, 3, 210, 224)]


@case
def densenet():
    net = vision.DenseNet(8, 4, [2, 3, 2], dropout=0.2, classes=5)
    return net, [numbers(1, 3, 112, 112)], [numbers(2, 3, 112, 120)]


@case
def vgg_with_dropout():
    net = vision.VGG([1, 2], [4, 8], classes=5, batch_norm=True)
    return net, [numbers(2, 3, 8, 8)], [numbers(3, 3, 8, 8)]


@case
def inception_blocks():
    net = stack(inception._a(4, "A_"), inception._c(8, "C_"), inception._e("E_"))
    return net, [numbers(1, 3, 9, 9)], [numbers(2, 3, 5, 7)]


@case
def unet():
    def compute(F, net, x):
        wide = F.relu(net.first(x))
        deep = F.relu(net.down(F.Pooling(wide, kernel=(2, 2), stride=(2, 2), pool_type="max")))
        return net.last(F.concat(net.up(deep), wide, dim=1))

    blocks = {
        "first": nn.Conv2D(4, 3, padding=1),
        "down": nn.Conv2D(8, 3, padding=1),
        "up": nn.Conv2DTranspose(4, 2, strides=2),
        "last": nn.Conv2D(2, 1),
    }
    return Net(compute, **blocks), [numbers(2, 3, 8, 8)], [numbers(1, 3, 12, 6)]


# ---- sequences


@case
def lstm_language_model():
    def compute(F, net, tokens, h, c):
        out, states = net.lstm(net.embed(tokens), [h, c])
        return net.decode(net.drop(out)), states

    blocks = {
        "embed": nn.Embedding(11, 6),
        "drop": nn.Dropout(0.3),
        "lstm": rnn.LSTM(6, num_layers=2, dropout=0.2),
    }
    blocks["decode"] = nn.Dense(11, flatten=False, params=blocks["embed"].params)
    first = [words(5, 3), numbers(2, 3, 6), numbers(2, 3, 6)]
    return Net(compute, **blocks), first, [words(8, 2), numbers(2, 2, 6), numbers(2, 2, 6)]


@case
def bidirectional_gru():
    net = stack(rnn.GRU(5, bidirectional=True, layout="NTC"), nn.Dense(3, flatten=False))
    return net, [numbers(2, 4, 3)], [numbers(3, 7, 3)]


@case
def buckets_of_unrolled_cells():
    def compute(F, net, x):
        outputs, states = net.cell.unroll(x.shape[1], x, layout="NTC", merge_outputs=True)
        return net.dense(outputs), states

    blocks = {"cell": rnn.LSTMCell(4), "dense": nn.Dense(3, flatten=False)}
    return Net(compute, **blocks), [numbers(2, 3, 5)], [numbers(2, 6, 5)]


@case
def sequences_of_different_lengths():
    def compute(F, net, x, lengths):
        steps = F.SequenceMask(net.dense(x), lengths, use_sequence_length=True, axis=0)
        last = F.SequenceLast(F.tanh(steps), lengths, use_sequence_length=True)
        return last, F.sum(steps, axis=0)

    net = Net(compute, dense=nn.Dense(4, flatten=False))
    first = [numbers(5, 3, 2), nd.array([1, 5, 2])]
    return net, first, [numbers(7, 2, 2), nd.array([7, 3])]


@case
def foreach():
    def compute(F, net, x, state):
        def step(row, before):
            after = F.tanh(net.inner(row) + net.outer(before))
            return after * 2, after

        return F.contrib.foreach(step, x, state)

    net = Net(compute, inner=nn.Dense(4), outer=nn.Dense(4, use_bias=False))
    return net, [numbers(3, 2, 5), numbers(2, 4)], [numbers(6, 1, 5), numbers(1, 4)]


@case
def while_loop_and_branch():
    def compute(F, net, x, count):
        def step(value, left):
            return value, (F.tanh(net.dense(value)), left - 1)

        values, (last, _) = F.contrib.while_loop(
            lambda value, left: left > 0, step, [x, count], max_iterations=4
        )
        either = F.contrib.cond(F.sum(last) > 0, lambda: last * 2, lambda: last * last)
        return F.sum(values, axis=0), either

    net = Net(compute, dense=nn.Dense(3))
    return net, [numbers(2, 3), nd.array([4])], [numbers(5, 3), nd.array([4])]


# ---- others


@case
def attention():
    def compute(F, net, x):
        n, length, features = x.shape
        normal = net.norm(x)

        def heads(block):
            split = F.reshape(block(normal), (n, length, 2, features // 2))
            return F.reshape(F.transpose(split, (0, 2, 1, 3)), (-3, 0, 0))

        q, k, v = map(heads, (net.q, net.k, net.v))
        weights = net.drop(F.softmax(F.batch_dot(q, k, transpose_b=True) / features**0.5))
        mixed = F.reshape(F.batch_dot(weights, v), (-4, -1, 2, 0, 0))
        mixed = F.reshape(F.transpose(mixed, (0, 2, 1, 3)), (0, 0, -1))
        return x + net.out(mixed), weights

    dense = {name: nn.Dense(6, flatten=False) for name in ("q", "k", "v", "out")}
    net = Net(compute, norm=nn.LayerNorm(), drop=nn.Dropout(0.4), **dense)
    return net, [numbers(2, 4, 6)], [numbers(3, 5, 6)]


@case
def several_nested_outputs():
    def compute(F, net, x, pair):
        parts = F.split(net.dense(x), num_outputs=3, axis=1)
        return parts[0], [parts[1] * pair[0], (parts[2], x)], F.max(pair[1], axis=0)

    net = Net(compute, dense=nn.Dense(6))
    first = [numbers(4, 3), [numbers(4, 2), numbers(2, 2)]]
    return net, first, [numbers(1, 3), [numbers(1, 2), numbers(5, 2)]]


@case
def shared_parameters():
    def compute(F, net, a, b):
        left, right = net.tower(a), net.tower(b)
        return F.sum(F.square(net.again(left) - right), axis=1)

    tower = stack(nn.Dense(4, activation="tanh"), nn.Dense(4, in_units=4))
    net = Net(compute, tower=tower, again=nn.Dense(4, in_units=4, params=tower[1].params))
    return net, [numbers(3, 5), numbers(3, 5)], [numbers(6, 5), numbers(6, 5)]


@case
def dropout():
    net = stack(nn.Dense(20, activation="relu"), nn.Dropout(0.5), nn.Dense(3), nn.Dropout(0.2))
    return net, [numbers(4, 5)], [numbers(7, 5)]


@case
def normalisations():
    net = stack(
        nn.Conv2D(4, 3),
        nn.BatchNorm(),
        nn.InstanceNorm(),
        nn.Conv2D(4, 1),
        nn.GroupNorm(2),
        nn.LayerNorm(),
        nn.Dense(3),
    )
    return net, [numbers(2, 2, 5, 5)], [numbers(4, 2, 5, 5)]


@case
def activations():
    names = [nn.PReLU(), nn.ELU(), nn.SELU(), nn.GELU(), nn.Swish(), nn.LeakyReLU(0.2)]
    layers = [layer for name in names for layer in (nn.Dense(6), name)]
    return stack(*layers, nn.Activation("softsign")), [numbers(3, 4)], [numbers(5, 4)]


@case
def a_custom_operator():
    class Twice(mx.operator.CustomOp):
        def forward(self, is_train, req, in_data, out_data, aux):
            self.assign(out_data[0], req[0], in_data[0] * 2)

        def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
            self.assign(in_grad[0], req[0], out_grad[0] * 2)

    class TwiceProp(mx.operator.CustomOpProp):
        def create_operator(self, ctx, shapes, dtypes):
            return Twice()

    mx.operator.register("twice_of_whole_nets")(TwiceProp)
    net = Net(
        lambda F, net, x: net.b(F.Custom(net.a(x), op_type="twice_of_whole_nets")),
        a=nn.Dense(3),
        b=nn.Dense(2),
    )
    return net, [numbers(2, 4)], [numbers(3, 4)]


# ---- the three ways


@pytest.mark.parametrize("name", NETS)
def test_all_ways_agree(name):
    mx.random.seed(1)
    net, first, second = NETS[name]()
    net.initialize(mx.init.Xavier(magnitude=2))
    all_ways_agree(net, first, second, first)


def test_hybridized_blocks_inside_a_plain_one():
    """A Block that looks at values runs as it is; what is hybrid inside runs as graphs."""

    class Early(gluon.Block):
        def __init__(self):
            super().__init__()
            self.first = stack(nn.Dense(4, activation="tanh"), nn.BatchNorm())
            self.second = rnn.GRU(3)
            self.third = nn.Dense(3)

        def forward(self, x):
            hidden = self.first(x)
            if hidden.sum().asscalar() > 1e6:
                return hidden
            out = self.second(hidden.expand_dims(0))[0]
            return out + self.third(hidden), hidden

    net, x = Early(), numbers(5, 6)
    net.initialize()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # averages that have not moved
        net(x)
    parameters = net.collect_params()
    start = {name: p.data().copy() for name, p in parameters.items()}
    plain = by_block(net, [x])
    for name, p in parameters.items():
        p.set_data(start[name])
    net.hybridize()
    check(by_block(net, [x]), plain, "hybridized inside")
    assert net.first._cached_op is not None
    assert net.second._cached_op is not None
