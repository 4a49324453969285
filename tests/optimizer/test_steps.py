"""The steps of the optimizers against their formulas, and against numbers of MXNet 1.6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import optimizer as opt

ARRAYS = hnp.arrays("float32", 3, elements=st.floats(-2, 2, width=32))
RUNS = st.lists(ARRAYS, min_size=1, max_size=4)


def run(made, weight, gradients):
    """The weight after each step."""
    w = mx.nd.array(weight)
    state = made.create_state_multi_precision(0, w)
    for g in gradients:
        made.update_multi_precision(0, w, mx.nd.array(g), state)
        yield w.asnumpy().astype("float64")


@given(ARRAYS, RUNS, st.sampled_from([0.0, 0.9]))
def test_sgd(weight, gradients, momentum):
    made = opt.SGD(momentum, learning_rate=0.1, wd=0.01, rescale_grad=0.5, clip_gradient=0.3)
    w, v = weight.astype("float64"), 0.0
    for g, found in zip(gradients, run(made, weight, gradients), strict=True):
        v = momentum * v - 0.1 * (np.clip(0.5 * g, -0.3, 0.3) + 0.01 * w)
        w = w + v
        np.testing.assert_allclose(found, w, rtol=1e-4, atol=1e-5)


@given(ARRAYS, RUNS)
def test_adam(weight, gradients):
    made = opt.Adam(learning_rate=0.1, wd=0.01)
    w, m, v = weight.astype("float64"), 0.0, 0.0
    for t, (g, found) in enumerate(zip(gradients, run(made, weight, gradients), strict=True), 1):
        g = g + 0.01 * w
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        w = w - 0.1 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-7)
        big = np.abs(g) > 1e-3  # epsilon stands at slightly different places
        np.testing.assert_allclose(found[big], w[big], rtol=1e-3, atol=1e-3)
        w = found


# The weights after four steps in real MXNet 1.6, from (0.5, -1, 2) with the gradients below.
GRADIENTS = [np.array([0.1, -0.2, 0.3], "float32") * (i + 1) * (-1) ** i for i in range(4)]
DECAY = {"learning_rate": 0.1, "wd": 0.1, "clip_gradient": 0.3}
MXNET = [
    ("sgd", {"learning_rate": 0.1}, [0.52, -1.04, 2.06]),
    ("sgd", {"momentum": 0.9, "rescale_grad": 0.5, **DECAY}, [0.4570678, -0.9041356, 1.8249967]),
    ("nag", {"learning_rate": 0.1, "wd": 0.1}, [0.500497, -1.0009941, 1.981789]),
    ("adam", DECAY, [0.3668863, -0.8769463, 1.8769462]),
    ("rmsprop", {"learning_rate": 0.1, "wd": 0.1}, [0.3888449, -0.8713986, 1.8289572]),
    (
        "rmsprop",
        {"centered": True, "clip_weights": 1.9, **DECAY},
        [-0.2591954, -0.2754649, 1.275465],
    ),
    ("rmsprop", {"learning_rate": 0.1, "clip_weights": 1.5}, [0.4491757, -0.9491746, 1.4796879]),
    ("adagrad", DECAY, [0.454109, -0.9356764, 1.886308]),
    ("adadelta", {"wd": 0.1, "clip_gradient": 0.3}, [0.3327827, -0.6598378, 1.3144011]),
    ("adamax", DECAY, [0.3789614, -0.8769469, 1.876947]),
    ("nadam", DECAY, [0.4488002, -0.9571923, 1.9571923]),
    ("sgld", {"learning_rate": 0.1, "wd": 0.1}, [-0.0481263, -2.4651973, 1.4627016]),
    ("test", {"learning_rate": 0.1, "rescale_grad": 2}, [0.1, -0.2, 0.8]),
]


@pytest.mark.parametrize(("name", "options", "last"), MXNET)
def test_numbers_of_mxnet(name, options, last):
    mx.random.seed(3)
    steps = list(run(opt.create(name, **options), [0.5, -1.0, 2.0], GRADIENTS))
    np.testing.assert_allclose(steps[-1], last, rtol=1e-5, atol=1e-6)


@given(ARRAYS, RUNS, st.sampled_from([0.0, 0.9]))
def test_nesterov(weight, gradients, momentum):
    made = opt.NAG(momentum, learning_rate=0.1)
    w, v = weight.astype("float64"), 0.0
    for g, found in zip(gradients, run(made, weight, gradients), strict=True):
        v = momentum * v + g
        w = w - 0.1 * (g + momentum * v)
        np.testing.assert_allclose(found, w, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", sorted({r[0] for r in MXNET} - {"sgld"}))  # that one is noisy
def test_every_optimizer_goes_downhill(name):
    options = {} if name == "adadelta" else {"learning_rate": 0.05}
    made = opt.create(name, **options)
    if name == "test":  # adds gradients, to make updaters visible
        made.rescale_grad = -0.05
    w = mx.nd.array([1.0, -2.0])
    state = made.create_state(0, w)
    start = mx.nd.sum(w * w).asscalar()
    for _ in range(200):
        made.update(0, w, 2 * w, state)
    assert mx.nd.sum(w * w).asscalar() < start / 2


def test_adam_of_several_weights_is_adam_of_each():
    source = np.random.default_rng(0)
    shapes = [(3, 4), (5,), (2, 2, 2), (300, 200)]
    together, alone = opt.Adam(learning_rate=0.1, wd=0.01, clip_gradient=0.5), []
    update = opt.get_updater(together)
    weights = [mx.nd.array(source.normal(size=s)) for s in shapes]
    copies = [w.copy() for w in weights]
    alone = [
        opt.get_updater(opt.Adam(learning_rate=0.1, wd=0.01, clip_gradient=0.5)) for _ in shapes
    ]
    for step in range(3):
        grads = [mx.nd.array(source.normal(size=s)) for s in shapes]
        if step == 1:  # one of them is not used in every step
            update([0, 1, 3], [grads[i] for i in (0, 1, 3)], [weights[i] for i in (0, 1, 3)])
        else:
            update([*range(4)], grads, weights)
        for i, (one, w, g) in enumerate(zip(alone, copies, grads, strict=True)):
            if step != 1 or i != 2:
                one(i, g, w)
    for w, c in zip(weights, copies, strict=True):
        np.testing.assert_array_equal(w.asnumpy(), c.asnumpy())


def test_a_subclass_of_adam_sees_each_weight():
    class Halving(opt.Adam):
        seen = 0

        def update(self, index, weight, grad, state):
            type(self).seen += 1
            super().update(index, weight, grad / 2, state)

    update = opt.get_updater(Halving())
    update([0, 1], [mx.nd.ones(2), mx.nd.ones(3)], [mx.nd.ones(2), mx.nd.ones(3)])
    assert Halving.seen == 2
