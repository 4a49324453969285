"""Operators written by hand with NumPy, in the plainest way that is good: what mxbook's are
measured with.

Positions come as float32, MXNet's usual type, on both sides.
"""

import numpy as np

STREAM = np.random.Generator(np.random.MT19937(0))  # a Mersenne Twister, as in MXNet
POLAR = np.random.RandomState(0)  # makes normal numbers by the polar method, as MXNet does


def whole(index):
    return index.astype("int64")


def uniform(shape):
    return STREAM.random(shape, "float32")


def normal(shape):
    # Of the two numbers that a point in the circle gives MXNet uses one.
    return POLAR.standard_normal((*shape, 2))[..., 0].astype("float32")


def pad(x, widths):
    return np.pad(x, np.reshape(widths, (-1, 2)))


def take(table, index):
    return np.take(table, whole(index), axis=0, mode="clip")


def pick(x, index):
    index = np.clip(whole(index), 0, x.shape[1] - 1)
    return x[np.arange(len(x)), index]


def one_hot(index, depth):
    result = np.zeros((len(index), depth), "float32")
    result[np.arange(len(index)), whole(index)] = 1
    return result


def gather_nd(x, index):
    return x[tuple(whole(index))]


def scatter_nd(values, index, shape):
    result = np.zeros(shape, values.dtype)
    result[tuple(whole(index))] = values
    return result


def norm(x, axis=None):
    return np.sqrt(np.square(x).sum(axis))


def normalize(x):
    return x / np.sqrt(np.square(x).sum(1, keepdims=True) + np.float32(1e-10))


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    e /= e.sum(axis, keepdims=True)
    return e


def log_softmax(x):
    shifted = x - x.max(-1, keepdims=True)
    shifted -= np.log(np.exp(shifted).sum(-1, keepdims=True))
    return shifted


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softrelu(x):
    return np.log1p(np.exp(-np.abs(x))) + np.maximum(x, 0)


def leaky(x):
    return np.maximum(x, x * np.float32(0.25))


def layer_norm(x, gamma, beta):
    centred = x - x.mean(-1, keepdims=True)
    std = np.sqrt(np.square(centred).mean(-1, keepdims=True) + np.float32(1e-5))
    return centred / std * gamma + beta


def batch_norm(x, gamma, beta, mean, variance):
    factor = gamma / np.sqrt(variance + np.float32(1e-3))
    shift = beta - mean * factor
    return x * factor[:, None, None] + shift[:, None, None]


def batch_norm_in_training(x, gamma, beta):
    return batch_norm(x, gamma, beta, x.mean((0, 2, 3)), x.var((0, 2, 3)))


def dropout(x):
    kept = STREAM.random(x.shape, "float32") < 0.5
    return x * kept * np.float32(2)


def convolution(x, weight, bias):
    """Windows as rows of a matrix, and one product."""
    k = weight.shape[-1]
    around = ((0, 0), (0, 0), (k // 2, k // 2), (k // 2, k // 2))
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(x, around), (k, k), (2, 3))
    n, _, h, w = windows.shape[:4]
    rows = windows.transpose(0, 2, 3, 1, 4, 5).reshape(n * h * w, -1)
    out = rows @ weight.reshape(len(weight), -1).T + bias
    return np.ascontiguousarray(out.reshape(n, h, w, -1).transpose(0, 3, 1, 2))


def _corners(x):
    return (x[:, :, i::2, j::2] for i in (0, 1) for j in (0, 1))


def max_pool(x):
    a, b, c, d = _corners(x)
    return np.maximum(np.maximum(a, b), np.maximum(c, d))


def mean_pool(x):
    a, b, c, d = _corners(x)
    return (a + b + c + d) * np.float32(0.25)


def argsort(x):
    return np.argsort(x, kind="stable").astype("float32")


def topk(x, k):
    """The k largest of each row in descending order: chosen first, then sorted."""
    chosen = np.argpartition(x, -k)[:, -k:]
    order = np.argsort(-np.take_along_axis(x, chosen, 1), kind="stable")
    return np.take_along_axis(chosen, order, 1).astype("float32")


def sequence_mask(x, lengths):
    behind = np.arange(len(x))[:, None] >= lengths
    return np.where(behind[:, :, None], np.float32(0), x)


def sequence_last(x, lengths):
    return x[whole(lengths) - 1, np.arange(x.shape[1])]


def sequence_reverse(x, lengths):
    steps, lengths = np.arange(len(x))[:, None], whole(lengths)
    source = np.where(steps < lengths, lengths - 1 - steps, steps)
    return x[source, np.arange(x.shape[1])]
