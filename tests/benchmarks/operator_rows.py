"""The rows of `python -m tests.benchmarks operators`: operators, their inputs, and their rivals.

A row says what is called in `mx.nd`, and what does the same with NumPy's functions and those of
`by_hand`.  In both, a, b, ... are the inputs, once as NDArrays and once as NumPy's arrays.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import mxbook as mx

# isort: split
import numpy as np

from . import by_hand

nd = mx.nd


class Row(NamedTuple):
    """An operator and its rival, two expressions of the same inputs."""

    inputs: Callable[[int], list[np.ndarray]]  # for a number of elements, about
    ours: str
    by_hand: str
    agree: bool = True  # random numbers do not
    train: bool = False  # in training mode

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        """The two expressions as functions of the inputs."""
        theirs = {**vars(np), **vars(by_hand), **SHARED}
        return _function(self.ours, {**vars(nd), **SHARED}), _function(self.by_hand, theirs)


def _function(text: str, names: dict[str, Any]) -> Callable[..., Any]:
    return eval(f"lambda a, b=None, c=None, d=None, e=None: {text}", dict(names))


SHARED = {
    "CONVOLUTION": {"kernel": (3, 3), "pad": (1, 1), "num_filter": 32},
    "POOLING": {"kernel": (2, 2), "stride": (2, 2)},
    "AROUND": (0, 0, 0, 0, 1, 1, 1, 1),
    "ALL": slice(None),
}


# ---- shapes with about n elements


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


def side(n):
    return square(n)[:1]


def images(n):
    return (-(-n // (32 * 28 * 28)), 32, 28, 28)


def pictures(n):
    return (-(-n // (32 * 32 * 32)), 3, 32, 32)


def batches(n):
    return (-(-n // (64 * 64)), 64, 64)


def sequences(n):
    return (10, -(-n // 640), 64)


def examples(n):
    return sequences(n)[1:2]


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
WITH_ROW, WITH_COLUMN = numbers(matrix, row, low=0.5), numbers(matrix, column)
SQUARES, BATCHES = numbers(square, square), numbers(batches, batches)
HALF, IMAGES = numbers(half), numbers(images)
CLASSES = both(ONE, positions(lines, 256))
ROWS_OF = both(ONE, positions(lines))
PLACES = both(ONE, positions(lambda n: (1, *lines(n))))
TABLE = both(positions(lines, 1000), numbers(exactly(1000, 256)))
SEQUENCES = both(numbers(sequences), positions(examples, 11, low=1))
DENSE = numbers(matrix, exactly(256, 256), exactly(256))
INNER = numbers(images, exactly(32, 32, 3, 3), exactly(32))
FIRST = numbers(pictures, exactly(32, 3, 3, 3), exactly(32))
CHANNELS = numbers(images, *[exactly(32)] * 4, low=0.5)
FEATURES = numbers(matrix, exactly(256), exactly(256))

# ---- operators in the order in which programs use them

COMMON = [
    Row(ONE, "zeros(a.shape)", 'full(a.shape, 0, "float32")'),
    Row(SQUARES, "dot(a, b)", "dot(a, b)"),
    Row(SQUARES, "dot(a, b, transpose_b=True)", "dot(a, b.T)"),
    Row(ONE, "expand_dims(a, axis=1)", "a[:, None].copy()"),
    Row(TWO, "concat(a, b)", "concatenate([a, b], 1)"),
    Row(TWO, "concat(a, b, dim=0)", "concatenate([a, b])"),
    Row(ONE, "sum(a)", "sum(a)"),
    Row(ONE, "sum(a, axis=0)", "a.sum(0)"),
    Row(ONE, "sum(a, axis=1)", "a.sum(1)"),
    Row(IMAGES, "sum(a, axis=(0, 2, 3))", "a.sum((0, 2, 3))"),
    Row(ONE, "reshape(a, shape=(-1, 16))", "a.reshape(-1, 16).copy()"),
    Row(positions(lines, 256), "one_hot(a, 256)", "one_hot(a, 256)"),
    Row(WITH_ROW, "broadcast_mul(a, b)", "a * b"),
    Row(WITH_COLUMN, "broadcast_mul(a, b)", "a * b"),
    Row(POSITIVE, "log(a)", "log(a)"),
    Row(ONE, "zeros_like(a)", 'full(a.shape, 0, "float32")'),
    Row(ONE, "mean(a)", "a.mean()"),
    Row(ONE, "mean(a, axis=1)", "a.mean(1)"),
    Row(ONE, "softmax(a)", "softmax(a)"),
    Row(ONE, "softmax(a, axis=0)", "softmax(a, 0)"),
    Row(ONE, "transpose(a)", "a.T.copy()"),
    Row(IMAGES, "transpose(a, axes=(0, 2, 3, 1))", "a.transpose(0, 2, 3, 1).copy()"),
    Row(POSITIVE, "sqrt(a)", "sqrt(a)"),
    Row(ONE, "exp(a)", "exp(a)"),
    Row(both(positions(matrix, 2), TWO), "where(a, b, c)", "where(a != 0, b, c)"),
    Row(TWO, "stack(a, b)", "stack([a, b])"),
    Row(TWO, "stack(a, b, axis=1)", "stack([a, b], 1)"),
    Row(WITH_ROW, "broadcast_div(a, b)", "a / b"),
    Row(ONE, 'Activation(a, act_type="sigmoid")', "sigmoid(a)"),
    Row(ONE, 'Activation(a, act_type="softrelu")', "softrelu(a)"),
    Row(TWO, "maximum(a, b)", "maximum(a, b)"),
    Row(ONE, "maximum(a, 0.5)", "maximum(a, float32(0.5))"),
    Row(ONE, "ones(a.shape)", 'full(a.shape, 1, "float32")'),
    Row(ONE, "arange(a.size)", 'arange(a.size, dtype="float32")'),
    Row(ROWS_OF, "take(a, b)", "take(a, b)"),
    Row(ONE, "relu(a)", "maximum(a, 0)"),
    Row(ONE, "ones_like(a)", 'full(a.shape, 1, "float32")'),
    Row(WITH_ROW, "broadcast_add(a, b)", "a + b"),
    Row(ONE, "square(a)", "square(a)"),
    Row(ONE, "max(a)", "max(a)"),
    Row(ONE, "max(a, axis=1)", "a.max(1)"),
    Row(ONE, "norm(a)", "norm(a)"),
    Row(ONE, "norm(a, axis=1)", "norm(a, 1)"),
    Row(ONE, "slice_axis(a, axis=1, begin=3, end=250)", "a[:, 3:250].copy()"),
    Row(BATCHES, "batch_dot(a, b)", "a @ b"),
    Row(ONE, "clip(a, -1, 1)", "clip(a, -1, 1)"),
    Row(ONE, "Dropout(a, p=0.5)", "dropout(a)", agree=False, train=True),
    Row(WITH_COLUMN, "broadcast_minus(a, b)", "a - b"),
    Row(ONE, "random.uniform(shape=a.shape)", "uniform(a.shape)", agree=False),
    Row(ONE, "log_softmax(a)", "log_softmax(a)"),
    Row(TWO, "minimum(a, b)", "minimum(a, b)"),
    Row(ONE, "abs(a)", "abs(a)"),
    Row(ONE, "squeeze(a)", "squeeze(a).copy()"),
    Row(ONE, "split(a, num_outputs=4)", "[part.copy() for part in split(a, 4, 1)]"),
    Row(ONE, "full(a.shape, 1.5)", 'full(a.shape, 1.5, "float32")'),
    Row(HALF, "repeat(a, repeats=2, axis=1)", "a.repeat(2, 1)"),
    Row(CLASSES, "pick(a, b)", "pick(a, b)"),
    Row(ONE, "argmax(a, axis=1)", 'a.argmax(1).astype("float32")'),
    Row(ONE, "BlockGrad(a)", "a.copy()"),
    Row(ONE, "min(a, axis=0)", "a.min(0)"),
    Row(DENSE, "FullyConnected(a, b, c, num_hidden=256)", "a @ b.T + c"),
    Row(WITH_ROW, "broadcast_sub(a, b)", "a - b"),
    Row(numbers(side), "diag(a)", "diag(a)"),
    Row(ONE, 'cast(a, dtype="float64")', 'a.astype("float64")'),
    Row(ONE, 'cast(a, dtype="int32")', 'a.astype("int32")'),
    Row(ONE, "topk(a, k=5)", "topk(a, 5)"),
    Row(ONE, "L2Normalization(a)", "normalize(a)"),
    Row(ONE, "cos(a)", "cos(a)"),
]

# ---- and others that are used much, or behind the scenes

FURTHER = [
    Row(TWO, "a + b", "a + b"),
    Row(TWO, "a - b", "a - b"),
    Row(TWO, "a * b", "a * b"),
    Row(TWO_POSITIVE, "a / b", "a / b"),
    Row(ONE, "a * 2.5", "a * float32(2.5)"),
    Row(ONE, "1 - a", "1 - a"),
    Row(ONE, "a**2", "a**2"),
    Row(TWO_POSITIVE, "a**b", "a**b"),
    Row(TWO, "a.__iadd__(b)", "a.__iadd__(b)", agree=False),
    Row(ONE, "-a", "-a"),
    Row(TWO, "a > b", '(a > b).astype("float32")'),
    Row(ONE, "a == 1", '(a == 1).astype("float32")'),
    Row(ONE, "a[3:] + 1", "a[3:] + 1"),
    Row(ONE, "a[:, 3:250]", "a[:, 3:250].copy()"),
    Row(ONE, "a.__setitem__(ALL, 0)", "a.fill(0)", agree=False),
    Row(numbers(square), "eye(len(a))", 'eye(len(a), dtype="float32")'),
    Row(numbers(row, matrix), "broadcast_like(a, b)", "broadcast_to(a, b.shape).copy()"),
    Row(HALF, "tile(a, reps=(1, 2))", "tile(a, (1, 2))"),
    Row(IMAGES, "swapaxes(a, dim1=1, dim2=2)", "a.swapaxes(1, 2).copy()"),
    Row(WITH_ROW, "broadcast_greater(a, b)", '(a > b).astype("float32")'),
    Row(THREE, "add_n(a, b, c)", "a + b + c"),
    Row(SEQUENCES, "SequenceMask(a, b, use_sequence_length=True)", "sequence_mask(a, b)"),
    Row(ONE, "sign(a)", "sign(a)"),
    Row(ONE, "prod(a, axis=1)", "a.prod(1)"),
    Row(ONE, "sin(a)", "sin(a)"),
    Row(BATCHES, "linalg.gemm2(a, b)", "a @ b"),
    Row(ONE, "sigmoid(a)", "sigmoid(a)"),
    Row(PLACES, "gather_nd(a, b)", "gather_nd(a, b)"),
    Row(PLACES, "scatter_nd(a, b, shape=a.shape)", "scatter_nd(a, b, a.shape)", agree=False),
    Row(
        numbers(column), "broadcast_to(a, shape=(0, 256))", "broadcast_to(a, (len(a), 256)).copy()"
    ),
    Row(ONE, "sort(a)", "sort(a)"),
    Row(ONE, "argsort(a)", "argsort(a)"),
    Row(ONE, "tanh(a)", "tanh(a)"),
    Row(ONE, "random.normal(shape=a.shape)", "normal(a.shape)", agree=False),
    Row(TABLE, "Embedding(a, b, input_dim=1000, output_dim=256)", "take(b, a)"),
    Row(IMAGES, 'pad(a, mode="constant", pad_width=AROUND)', "pad(a, AROUND)"),
    Row(ONE, "slice(a, begin=(2, 3), end=(None, 250))", "a[2:, 3:250].copy()"),
    Row(POSITIVE, "log1p(a)", "log1p(a)"),
    Row(ONE, "LeakyReLU(a)", "leaky(a)"),
    Row(INNER, "Convolution(a, b, c, **CONVOLUTION)", "convolution(a, b, c)"),
    Row(FIRST, "Convolution(a, b, c, **CONVOLUTION)", "convolution(a, b, c)"),
    Row(IMAGES, 'Pooling(a, pool_type="max", **POOLING)', "max_pool(a)"),
    Row(IMAGES, 'Pooling(a, pool_type="avg", **POOLING)', "mean_pool(a)"),
    Row(IMAGES, 'Pooling(a, pool_type="avg", global_pool=True)', "a.mean((2, 3), keepdims=True)"),
    Row(ONE, "cumsum(a, axis=1)", "a.cumsum(1)"),
    Row(SEQUENCES, "SequenceLast(a, b, use_sequence_length=True)", "sequence_last(a, b)"),
    Row(SEQUENCES, "SequenceReverse(a, b, use_sequence_length=True)", "sequence_reverse(a, b)"),
    Row(FEATURES, "LayerNorm(a, b, c)", "layer_norm(a, b, c)"),
    Row(CHANNELS, "BatchNorm(a, b, c, d, e, fix_gamma=False)", "batch_norm(a, b, c, d, e)"),
    Row(
        CHANNELS,
        "BatchNorm(a, b, c, d, e, fix_gamma=False)",
        "batch_norm_in_training(a, b, c)",
        train=True,
    ),
]

ROWS = [*COMMON, *FURTHER]
