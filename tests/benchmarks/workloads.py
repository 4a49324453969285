"""mxbook's side of the benchmarks; with real MXNet in place of mxbook it measures that."""

import importlib
import sys
import time

import numpy as np

PACKAGE = sys.argv[1]
if PACKAGE == "mxnet":  # MXNet was written for NumPy's old names
    for name in ("bool", "int", "float", "object", "complex", "str"):
        setattr(np, name, getattr(__import__("builtins"), name))
sys.path.insert(0, __file__.rsplit("/", 1)[0])

import networks  # noqa: E402
from timing import fastest, importing, report  # noqa: E402

mx = importlib.import_module(PACKAGE)
nd, autograd = mx.nd, mx.autograd
LOOP = 1000


def arrays(n=10):
    return [nd.array(np.random.RandomState(i).randn(n)) for i in range(2)]


def add(seconds):
    """`a + b` of 10 elements, us."""
    a, b = arrays()

    def step():
        for _ in range(LOOP):
            a + b
        nd.waitall()

    return fastest(step, seconds) / LOOP * 1e6


def add_recorded(seconds):
    """The same, recorded, us."""
    a, b = arrays()
    a.attach_grad()

    def step():
        with autograd.record():
            for _ in range(LOOP):
                a + b
        nd.waitall()

    return fastest(step, seconds) / LOOP * 1e6


def chain(seconds):
    """A chain of 1000 additions, forward and backward, us an operation."""
    a, b = arrays()
    a.attach_grad()

    def step():
        with autograd.record():
            x = a
            for _ in range(LOOP):
                x = x + b
            y = x.sum()
        y.backward()
        nd.waitall()

    return fastest(step, seconds) / LOOP * 1e6


def large_chain(seconds):
    """A chain of 30 additions of a million elements, us an operation."""
    a, b = arrays(1_000_000)

    def step():
        x = a
        for _ in range(30):
            x = x + b
        x.wait_to_read()

    return fastest(step, seconds) / 30 * 1e6


def trainer_step(seconds):
    """`Trainer.step` of 60 small parameters with SGD and momentum, us."""
    net = mx.gluon.nn.Sequential()
    for _ in range(30):
        net.add(mx.gluon.nn.Dense(16, in_units=16))
    net.initialize()
    trainer = mx.gluon.Trainer(
        net.collect_params(), "sgd", {"learning_rate": 1e-3, "momentum": 0.9}
    )
    x, times = nd.ones((4, 16)), []

    def step():
        with autograd.record():
            y = net(x)
        y.backward()
        nd.waitall()
        start = time.perf_counter()
        trainer.step(4)
        nd.waitall()
        times.append(time.perf_counter() - start)

    fastest(step, seconds)
    return min(times) * 1e6


def accuracy(seconds):
    """`metric.Accuracy.update` for 128 predictions of 10 classes, us."""
    metric = mx.metric.Accuracy()
    label, scores = nd.ones((128,)), nd.array(np.random.RandomState(0).rand(128, 10))
    return fastest(lambda: metric.update([label], [scores]), seconds) * 1e6


ROWS = {
    "add, us": add,
    "add recorded, us": add_recorded,
    "chain of 1000, us": chain,
    "large chain, us": large_chain,
    "trainer step, us": trainer_step,
    "accuracy, us": accuracy,
}
ROWS |= networks.rows(mx)
if PACKAGE == "mxbook":
    ROWS |= {"import, ms": importing(PACKAGE, 0), "import, MB": importing(PACKAGE, 1)}
report(ROWS)
