"""Ask real MXNet 1.6 for random numbers; run with its Python, from any folder.

Writes random_golden.npz beside this file.  A key is the JSON text of
[method, parameters, type of the parameters or null, shape, dtype, every]; the value holds every
so many-th element, counted from the end, of three draws in a row after `mx.random.seed(SEED)`.
Parameters with a type are arrays.
"""

import json
import os

import numpy as np

for name in ("bool", "int", "float", "object", "complex", "str"):  # gone from newer NumPy
    if name not in np.__dict__:
        setattr(np, name, __builtins__.__dict__[name])

import mxnet as mx  # noqa: E402

SEED = 9
DRAWS = 3
KEPT = 60  # numbers kept of a draw, about
SIZES = (1, 63, 64, 65, 1000, 65537, 100000)
FEW_SIZES = (65, 1000)
FLOATS = ("float16", "float32", "float64")
SCALARS = {
    "uniform": ((0, 1), (-1.3, 2.1)),
    "normal": ((0, 1), (0.7, 2.1)),
    "exponential": ((1.7,),),
    "gamma": ((2.3, 1.7), (0.4, 3.3)),
    "poisson": ((0.3,), (4.7,), (11.99,), (12,), (55.5,)),
    "negative_binomial": ((3, 0.4), (40, 0.5)),
    "generalized_negative_binomial": ((2, 0.3), (3, 0), (20, 2.5)),
}
ARRAYS = {
    "uniform": ([[-1.5, 0.1], [2, 300]], [[-1, 7.3], [2, 1e3]]),
    "normal": ([[-1.5, 0.1], [2, 300]], [[1, 7.3], [0.2, 1e3]]),
    "exponential": ([[0.3, 2.5], [14, 33.3]],),
    "gamma": ([[0.3, 2.5], [14, 33.3]], [[0.9, 0.1], [0.5, 0.33]]),
    "poisson": ([[0.3, 2.5], [14, 33.3]],),
    "negative_binomial": ([[3, 2], [14, 33]], [[0.9, 0.1], [0.5, 0.33]]),
    "generalized_negative_binomial": ([[0.3, 2.5], [14, 33.3]], [[0.9, 0.1], [0, 0.33]]),
}
RANGES = ((0, 1000), (-5, 7), (-(2**31), 2**31 - 1))
WIDE_RANGES = ((-(2**62), 2**62), (0, 2**40))
CHANCES = [[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.5, 0], [0, 0, 0.125, 0.875]]


def call(method, params, kind, shape, dtype):
    """One draw, as a NumPy array."""
    nd, random = mx.nd, mx.nd.random
    if method == "keep":
        with mx.autograd.record():
            return nd.Dropout(nd.ones(shape, dtype=dtype), p=1 - params[0]).asnumpy() != 0
    if method == "permutation":
        count, rows = params
        data = nd.arange(count, dtype="int32")
        return random.shuffle(data.reshape((count, 1)) if rows else data).asnumpy().ravel()
    if method == "single_uniform":
        return mx.np.random.uniform(size=shape).asnumpy()
    if method == "single_normal":
        return mx.np.random.normal(size=shape).asnumpy()
    if kind:
        params = [nd.array(np.array(p), dtype=kind) for p in params]
    if method == "multinomial":
        return random.multinomial(*params, shape=shape, dtype=dtype).asnumpy()
    scope = nd if kind else random
    names = "sample_" + method if kind else method
    if method == "exponential" and not kind:
        params = [1 / params[0]]  # this front end takes the mean
    return getattr(scope, names)(*params, shape=shape, dtype=dtype).asnumpy()


def cases():
    """All keys but their last entry."""
    numbers = [(method, params) for method, choices in SCALARS.items() for params in choices]
    numbers = [(*number, None) for number in numbers]
    yield from ((*n, (size,), dtype) for n in numbers for dtype in FLOATS for size in FEW_SIZES)
    yield from ((*n, (size,), "float32") for n in numbers for size in SIZES)
    arrays = [(method, params, kind) for method, params in ARRAYS.items() for kind in FLOATS]
    yield from ((*a, (50, 2), dtype) for a in arrays for dtype in FLOATS)
    yield from (("keep", (0.5,), None, (1000,), dtype) for dtype in FLOATS)
    yield from (("randint", limits, None, (1000,), "int64") for limits in RANGES + WIDE_RANGES)
    yield from (("randint", limits, None, (1000,), "int32") for limits in RANGES)
    choices = [(shape, kind) for shape in ((), (1,), (2, 3), (1000,)) for kind in FLOATS[1:]]
    yield from (("multinomial", (CHANCES,), kind, shape, "int32") for shape, kind in choices)
    for size in SIZES:
        yield "randint", (0, 6), None, (size,), "int32"
        yield "permutation", (size, False), None, (), "int64"
        yield "permutation", (size, True), None, (), "int64"
        yield "single_uniform", (), None, (size,), "float32"
        yield "single_normal", (), None, (size,), "float32"


def main():
    """Write the file."""
    found = {}
    for method, params, kind, shape, dtype in cases():
        mx.random.seed(SEED)
        draws = [call(method, params, kind, shape, dtype).ravel() for _ in range(DRAWS)]
        every = max(1, draws[0].size // KEPT)
        key = json.dumps([method, params, kind, shape, dtype, every])
        found[key] = np.stack([draw[::-every] for draw in draws])
    here = os.path.dirname(os.path.abspath(__file__))
    np.savez_compressed(os.path.join(here, "random_golden.npz"), **found)


if __name__ == "__main__":
    main()
