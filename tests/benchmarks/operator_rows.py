"""The rows of `python -m tests.benchmarks operators`: an operator, its inputs, and its rival."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import mxbook as mx

# isort: split
import numpy as np

from . import by_hand as np_

nd = mx.nd
F32 = np.float32
LARGE = 3 * 10**38


class Row(NamedTuple):
    """An operator and its rival, two functions of the same inputs."""

    name: str
    inputs: Callable[[int], list[np.ndarray]]  # for a number of elements, about
    ours: Callable[..., Any]
    by_hand: Callable[..., Any]
    random: bool = False  # the two sides do not agree


# ---- shapes with about n elements


def flat(n):
    return (n,)


def matrix(n):
    return (-(-n // 256), 256)


def half(n):
    return (matrix(n)[0] // 2, 256)


def column(n):
    return (matrix(n)[0], 1)


def lines(n):
    return matrix(n)[:1]


def row(_n):
    return (1, 256)


def square(n):
    return (math.isqrt(n - 1) + 1,) * 2


def images(n):
    return (-(-n // (32 * 28 * 28)), 32, 28, 28)


def batches(n):
    return (-(-n // (64 * 64)), 64, 64)


def sequences(n):
    return (10, -(-n // 640), 64)


def exactly(*shape):
    return lambda n: shape


# ---- inputs


def numbers(*shapes: Callable[[int], tuple], low: float = -2.0, high: float = 2.0) -> Callable:
    """Random numbers of these shapes."""

    def make(n):
        source = np.random.default_rng(0)
        return [source.uniform(low, high, shape(n)).astype("float32") for shape in shapes]

    return make


def positions(shape: Callable[[int], tuple], below: int | None = None, low: int = 0) -> Callable:
    """Whole numbers as float32, below a limit or below the number of rows of a matrix."""

    def make(n):
        source = np.random.default_rng(1)
        return [source.integers(low, below or matrix(n)[0], shape(n)).astype("float32")]

    return make


def both(*makers: Callable) -> Callable:
    """The inputs of several makers."""
    return lambda n: [a for make in makers for a in make(n)]


ONE, TWO, THREE = (numbers(*[matrix] * i) for i in (1, 2, 3))
POSITIVE, TWO_POSITIVE = (numbers(*[matrix] * i, low=0.5) for i in (1, 2))
IMAGES = numbers(images)
NORMED = numbers(images, *[exactly(32)] * 4, low=0.5)
SEQUENCES = both(numbers(sequences), positions(lambda n: sequences(n)[1:2], 11, low=1))

CONV = {"kernel": (3, 3), "pad": (1, 1), "num_filter": 32}
POOL = {"kernel": (2, 2), "stride": (2, 2)}
COUNTED = {"use_sequence_length": True}


def _constant(value):
    return lambda x: np.full(x.shape, value, "float32")


def _hidden(x, w, b, **params):
    return nd.FullyConnected(x, w, b, num_hidden=256, **params)


def _in_training(function):
    def call(*args):
        with mx.autograd.train_mode():
            return function(*args)

    return call


# ---- the table, in the order in which programs use the operators; those of no program's come last

COMMON = [
    Row("zeros", ONE, lambda x: nd.zeros(x.shape), _constant(0)),
    Row("dot", numbers(square, square), nd.dot, np.dot),
    Row("dot transpose_b", numbers(square, square), lambda a, b: nd.dot(a, b, transpose_b=True), lambda a, b: np.dot(a, b.T)),
    Row("expand_dims", ONE, lambda x: nd.expand_dims(x, axis=1), lambda x: x[:, None].copy()),
    Row("concat", TWO, lambda a, b: nd.concat(a, b), lambda a, b: np.concatenate([a, b], 1)),
    Row("concat dim=0", TWO, lambda a, b: nd.concat(a, b, dim=0), lambda *a: np.concatenate(a)),
    Row("sum", ONE, nd.sum, np.sum),
    Row("sum axis=0", ONE, lambda x: nd.sum(x, axis=0), lambda x: x.sum(0)),
    Row("sum axis=1", ONE, lambda x: nd.sum(x, axis=1), lambda x: x.sum(1)),
    Row("sum axis=(0, 2, 3)", IMAGES, lambda x: nd.sum(x, axis=(0, 2, 3)), lambda x: x.sum((0, 2, 3))),
    Row("reshape", ONE, lambda x: nd.reshape(x, shape=(-1, 16)), lambda x: x.reshape(-1, 16).copy()),
    Row("one_hot", positions(lines, 256), lambda i: nd.one_hot(i, 256), lambda i: np_.one_hot(i, 256)),
    Row("broadcast_mul row", numbers(matrix, row), nd.broadcast_mul, np.multiply),
    Row("broadcast_mul column", numbers(matrix, column), nd.broadcast_mul, np.multiply),
    Row("log", POSITIVE, nd.log, np.log),
    Row("zeros_like", ONE, nd.zeros_like, _constant(0)),
    Row("mean", ONE, nd.mean, np.mean),
    Row("mean axis=1", ONE, lambda x: nd.mean(x, axis=1), lambda x: x.mean(1)),
    Row("softmax", ONE, nd.softmax, np_.softmax),
    Row("softmax axis=0", ONE, lambda x: nd.softmax(x, axis=0), lambda x: np_.softmax(x, 0)),
    Row("transpose", ONE, nd.transpose, lambda x: x.T.copy()),
    Row("transpose (0, 2, 3, 1)", IMAGES, lambda x: nd.transpose(x, axes=(0, 2, 3, 1)), lambda x: x.transpose(0, 2, 3, 1).copy()),
    Row("sqrt", POSITIVE, nd.sqrt, np.sqrt),
    Row("exp", ONE, nd.exp, np.exp),
    Row("where", both(positions(matrix, 2), TWO), nd.where, lambda c, x, y: np.where(c != 0, x, y)),
    Row("stack", TWO, lambda a, b: nd.stack(a, b), lambda *a: np.stack(a)),
    Row("stack axis=1", TWO, lambda a, b: nd.stack(a, b, axis=1), lambda *a: np.stack(a, 1)),
    Row("broadcast_div row", numbers(matrix, row, low=0.5), nd.broadcast_div, np.divide),
    Row("Activation sigmoid", ONE, lambda x: nd.Activation(x, act_type="sigmoid"), np_.sigmoid),
    Row("Activation softrelu", ONE, lambda x: nd.Activation(x, act_type="softrelu"), np_.softrelu),
    Row("maximum", TWO, nd.maximum, np.maximum),
    Row("maximum number", ONE, lambda x: nd.maximum(x, 0.5), lambda x: np.maximum(x, F32(0.5))),
    Row("ones", ONE, lambda x: nd.ones(x.shape), _constant(1)),
    Row("arange", ONE, lambda x: nd.arange(x.size), lambda x: np.arange(x.size, dtype="float32")),
    Row("take", both(ONE, positions(lines)), nd.take, np_.take),
    Row("relu", ONE, nd.relu, lambda x: np.maximum(x, 0)),
    Row("ones_like", ONE, nd.ones_like, _constant(1)),
    Row("broadcast_add row", numbers(matrix, row), nd.broadcast_add, np.add),
    Row("square", ONE, nd.square, np.square),
    Row("max", ONE, nd.max, np.max),
    Row("max axis=1", ONE, lambda x: nd.max(x, axis=1), lambda x: x.max(1)),
    Row("norm", ONE, nd.norm, np_.norm),
    Row("norm axis=1", ONE, lambda x: nd.norm(x, axis=1), lambda x: np_.norm(x, 1)),
    Row("slice_axis", ONE, lambda x: nd.slice_axis(x, axis=1, begin=3, end=250), lambda x: x[:, 3:250].copy()),
    Row("batch_dot", numbers(batches, batches), nd.batch_dot, np.matmul),
    Row("clip", ONE, lambda x: nd.clip(x, -1, 1), lambda x: np.clip(x, -1, 1)),
    Row("Dropout", ONE, _in_training(lambda x: nd.Dropout(x, p=0.5)), np_.dropout, random=True),
    Row("Dropout p=0.3", ONE, _in_training(lambda x: nd.Dropout(x, p=0.3)), np_.dropout, random=True),
    Row("broadcast_minus column", numbers(matrix, column), nd.broadcast_minus, np.subtract),
    Row("random.uniform", ONE, lambda x: nd.random.uniform(shape=x.shape), lambda x: np_.STREAM.random(x.shape, "float32"), random=True),
    Row("log_softmax", ONE, nd.log_softmax, np_.log_softmax),
    Row("minimum", TWO, nd.minimum, np.minimum),
    Row("abs", ONE, nd.abs, np.abs),
    Row("squeeze", ONE, lambda x: nd.squeeze(x), lambda x: np.squeeze(x).copy()),
    Row("split", ONE, lambda x: nd.split(x, num_outputs=4), lambda x: [a.copy() for a in np.split(x, 4, 1)]),
    Row("full", ONE, lambda x: nd.full(x.shape, 1.5), _constant(1.5)),
    Row("repeat", numbers(half), lambda x: nd.repeat(x, repeats=2, axis=1), lambda x: x.repeat(2, 1)),
    Row("pick", both(ONE, positions(lines, 256)), nd.pick, np_.pick),
    Row("argmax", ONE, lambda x: nd.argmax(x, axis=1), lambda x: x.argmax(1).astype("float32")),
    Row("BlockGrad", ONE, nd.BlockGrad, np.copy),
    Row("min axis=0", ONE, lambda x: nd.min(x, axis=0), lambda x: x.min(0)),
    Row("FullyConnected", numbers(matrix, exactly(256, 256), exactly(256)), _hidden, lambda x, w, b: x @ w.T + b),
    Row("broadcast_sub row", numbers(matrix, row), nd.broadcast_sub, np.subtract),
    Row("diag", numbers(lambda n: square(n)[:1]), nd.diag, np.diag),
    Row("cast float64", ONE, lambda x: nd.cast(x, dtype="float64"), lambda x: x.astype("float64")),
    Row("cast int32", ONE, lambda x: nd.cast(x, dtype="int32"), lambda x: x.astype("int32")),
    Row("topk k=5", ONE, lambda x: nd.topk(x, k=5), lambda x: np_.topk(x, 5)),
    Row("L2Normalization", ONE, nd.L2Normalization, np_.normalize),
    Row("cos", ONE, nd.cos, np.cos),
]  # fmt: skip

FURTHER = [
    Row("a + b", TWO, lambda a, b: a + b, np.add),
    Row("a - b", TWO, lambda a, b: a - b, np.subtract),
    Row("a * b", TWO, lambda a, b: a * b, np.multiply),
    Row("a / b", TWO_POSITIVE, lambda a, b: a / b, np.divide),
    Row("a * 2.5", ONE, lambda a: a * 2.5, lambda a: a * F32(2.5)),
    Row("1 - a", ONE, lambda a: 1 - a, lambda a: 1 - a),
    Row("a ** 2", ONE, lambda a: a**2, lambda a: a**2),
    Row("a ** b", TWO_POSITIVE, lambda a, b: a**b, np.power),
    Row("a += b", TWO, lambda a, b: a.__iadd__(b), lambda a, b: a.__iadd__(b), random=True),
    Row("-a", ONE, lambda a: -a, np.negative),
    Row("a > b", TWO, lambda a, b: a > b, lambda a, b: (a > b).astype("float32")),
    Row("a == 1", ONE, lambda a: a == 1, lambda a: (a == 1).astype("float32")),
    Row("a[3:] + 1", ONE, lambda a: a[3:] + 1, lambda a: a[3:] + 1),
    Row("a[:, 3:250]", ONE, lambda a: a[:, 3:250], lambda a: a[:, 3:250].copy()),
    Row("a[:] = 0", ONE, lambda a: a.__setitem__(slice(None), 0), lambda a: a.fill(0), random=True),
    Row("eye", numbers(square), lambda x: nd.eye(len(x)), lambda x: np.eye(len(x), dtype="float32")),
    Row("broadcast_like", numbers(row, matrix), nd.broadcast_like, lambda a, b: np.broadcast_to(a, b.shape).copy()),
    Row("tile", numbers(half), lambda x: nd.tile(x, reps=(1, 2)), lambda x: np.tile(x, (1, 2))),
    Row("swapaxes", IMAGES, lambda x: nd.swapaxes(x, dim1=1, dim2=2), lambda x: x.swapaxes(1, 2).copy()),
    Row("broadcast_greater", numbers(matrix, row), nd.broadcast_greater, lambda a, b: (a > b).astype("float32")),
    Row("add_n", THREE, lambda *a: nd.add_n(*a), lambda a, b, c: a + b + c),
    Row("SequenceMask", SEQUENCES, lambda x, n: nd.SequenceMask(x, n, **COUNTED), np_.sequence_mask),
    Row("sign", ONE, nd.sign, np.sign),
    Row("prod axis=1", ONE, lambda x: nd.prod(x, axis=1), lambda x: x.prod(1)),
    Row("sin", ONE, nd.sin, np.sin),
    Row("linalg.gemm2", numbers(batches, batches), nd.linalg.gemm2, np.matmul),
    Row("sigmoid", ONE, nd.sigmoid, np_.sigmoid),
    Row("gather_nd", both(ONE, positions(lambda n: (1, *lines(n)))), nd.gather_nd, np_.gather_nd),
    Row("scatter_nd", both(ONE, positions(lambda n: (1, *lines(n)))), lambda x, i: nd.scatter_nd(x, i, shape=x.shape), lambda x, i: np_.scatter_nd(x, i, x.shape), random=True),
    Row("broadcast_to", numbers(column), lambda x: nd.broadcast_to(x, shape=(0, 256)), lambda x: np.broadcast_to(x, (len(x), 256)).copy()),
    Row("sort", ONE, nd.sort, lambda x: np.sort(x)),
    Row("argsort", ONE, nd.argsort, np_.argsort),
    Row("tanh", ONE, nd.tanh, np.tanh),
    Row("random.normal", ONE, lambda x: nd.random.normal(shape=x.shape), lambda x: np_.POLAR.standard_normal(x.shape).astype("float32"), random=True),
    Row("Embedding", both(positions(lines, 1000), numbers(exactly(1000, 256))), lambda i, w: nd.Embedding(i, w, input_dim=1000, output_dim=256), lambda i, w: np_.take(w, i)),
    Row("pad", numbers(images), lambda x: nd.pad(x, mode="constant", pad_width=(0, 0, 0, 0, 1, 1, 1, 1)), lambda x: np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))),
    Row("slice", ONE, lambda x: nd.slice(x, begin=(2, 3), end=(None, 250)), lambda x: x[2:, 3:250].copy()),
    Row("slice step=2", ONE, lambda x: nd.slice(x, begin=(None, None), end=(None, None), step=(1, 2)), lambda x: x[:, ::2].copy()),
    Row("log1p", POSITIVE, nd.log1p, np.log1p),
    Row("LeakyReLU", ONE, nd.LeakyReLU, np_.leaky),
    Row("Convolution 32 -> 32", numbers(images, exactly(32, 32, 3, 3), exactly(32)), lambda *a: nd.Convolution(*a, **CONV), np_.convolution),
    Row("Convolution 3 -> 32", numbers(lambda n: (-(-n // (32 * 32 * 32)), 3, 32, 32), exactly(32, 3, 3, 3), exactly(32)), lambda *a: nd.Convolution(*a, **CONV), np_.convolution),
    Row("Pooling max", IMAGES, lambda x: nd.Pooling(x, pool_type="max", **POOL), np_.max_pool),
    Row("Pooling avg", IMAGES, lambda x: nd.Pooling(x, pool_type="avg", **POOL), np_.mean_pool),
    Row("Pooling avg global", IMAGES, lambda x: nd.Pooling(x, pool_type="avg", global_pool=True), lambda x: x.mean((2, 3), keepdims=True)),
    Row("cumsum", ONE, lambda x: nd.cumsum(x, axis=1), lambda x: x.cumsum(1)),
    Row("SequenceLast", SEQUENCES, lambda x, n: nd.SequenceLast(x, n, **COUNTED), np_.sequence_last),
    Row("SequenceReverse", SEQUENCES, lambda x, n: nd.SequenceReverse(x, n, **COUNTED), np_.sequence_reverse),
    Row("LayerNorm", numbers(matrix, exactly(256), exactly(256)), nd.LayerNorm, np_.layer_norm),
    Row("BatchNorm", NORMED, lambda *a: nd.BatchNorm(*a, fix_gamma=False), np_.batch_norm),
    Row("BatchNorm training", NORMED, _in_training(lambda *a: nd.BatchNorm(*a, fix_gamma=False)), np_.batch_norm_in_training),
]  # fmt: skip

ROWS = [*COMMON, *FURTHER]
