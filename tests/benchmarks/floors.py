"""The floors: the same work by NumPy alone."""

import sys

import numpy as np

sys.path.insert(0, __file__.rsplit("/", 1)[0])

from timing import fastest, importing, report


def add(seconds):
    a, b = (np.random.RandomState(i).randn(10).astype("float32") for i in range(2))

    def step():
        for _ in range(1000):
            a + b

    return fastest(step, seconds) / 1000 * 1e6


def products(examples):
    """The matrix products of a step of an MLP 784-256-128-10, ms."""
    source = np.random.RandomState(0)

    def matrix(*shape):
        return source.randn(*shape).astype("float32")

    layers = []
    for inputs, outputs in ((784, 256), (256, 128), (128, 10)):
        x, w, dy = matrix(examples, inputs), matrix(outputs, inputs), matrix(examples, outputs)
        layers.append((x, w, dy, np.empty_like(dy), np.empty_like(w), np.empty_like(x)))

    def step():
        for i, (x, w, dy, y, dw, dx) in enumerate(layers):
            np.matmul(x, w.T, out=y)
            np.matmul(dy.T, x, out=dw)
            if i:
                np.matmul(dy, w, out=dx)

    return lambda seconds: fastest(step, seconds) * 1e3


def large_chain(seconds):
    a, b = (np.ones(1_000_000, "float32") for _ in range(2))
    x, y = np.empty_like(a), np.empty_like(a)

    def step():
        np.add(a, b, out=x)
        for _ in range(14):
            np.add(x, b, out=y)
            np.add(y, b, out=x)

    return fastest(step, seconds) / 29 * 1e6


report(
    {
        "add, us": add,
        "large chain, us": large_chain,
        "MLP 64, ms": products(64),
        "MLP 256, ms": products(256),
        "import, ms": importing("numpy", 0),
        "import, MB": importing("numpy", 1),
    }
)
