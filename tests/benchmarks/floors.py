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
        "import, ms": importing("numpy", 0),
        "import, MB": importing("numpy", 1),
    }
)
