"""Attention with many heads on interleaved projections, as fast implementations store them.

The projections of a position lie side by side: for each head its query, key and value (self
attention), or its key and value (attention of a decoder to an encoder).  That is one large matrix
product for all projections, and the products below take their heads out of it without copying.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import FLOATS
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Int
from mxbook.ops.registry import operator
from mxbook.ops.tables import as_scalar

from .dot import product

HEADS = Int("heads", low=1, doc="Number of heads.")
SELF, CROSS = ("query", "key", "value"), ("key", "value")  # what lies side by side for each head


@operator("_contrib_div_sqrt_dim", shape=rules.same_shape)
def div_sqrt_dim(k, _p, data, *, out=None):
    """The data divided by the square root of the length of its last axis.

    So are scaled the products of queries and keys: sums of many products are large, and softmax of
    large numbers is nearly 0 or 1.  Whole numbers are divided by the root without its fraction.

    Source: MXNet 1.6, `mx.nd.contrib.div_sqrt_dim`; Vaswani et al., 2017.
    """
    root = as_scalar(math.sqrt(data.shape[-1]), data.dtype)
    if data.dtype in FLOATS:
        return k.xp.true_divide(data, root, out=out)
    return k.xp.trunc(data / root).astype(data.dtype)


@div_sqrt_dim.gradient("data")
def _(F, p, dy):
    return F._contrib_div_sqrt_dim(dy)


def _parts(xp_array: Any, heads: int, count: int) -> list[Any]:
    """Views (batch, heads, length, size) of what is interleaved in (length, batch, projections)."""
    length, batch, width = xp_array.shape
    view = xp_array.reshape(length, batch, heads, count, width // heads // count)
    return [view[:, :, :, i].transpose(1, 2, 0, 3) for i in range(count)]


def _split(F: Any, data: Any, shape: tuple, heads: int, count: int) -> list[Any]:
    """The parts as arrays (batch * heads, length, size), for gradient rules."""
    length, batch, width = shape
    size = width // heads // count
    data = F.Reshape(data, shape=(length, batch, heads, count, size))
    data = F.Reshape(
        F.transpose(data, axes=(3, 1, 2, 0, 4)), shape=(count, batch * heads, length, size)
    )
    if count == 1:
        return [F.Reshape(data, shape=(batch * heads, length, size))]
    return list(F.SliceChannel(data, num_outputs=count, axis=0, squeeze_axis=True))


def _interleave(F: Any, parts: Sequence[Any], shape: tuple, heads: int) -> Any:
    """The parts in one array of the given shape: the opposite of `_split`."""
    length, batch, width = shape
    size = width // heads // len(parts)
    data = F.Reshape(F.stack(*parts, axis=0), shape=(len(parts), batch, heads, length, size))
    return F.Reshape(F.transpose(data, axes=(3, 1, 2, 0, 4)), shape=shape)


def _scores(k: Any, queries: Any, keys: Any) -> Any:
    """`queries @ keys^T / sqrt(size)` for each example and head, which share the first axis."""
    result = product(k, queries, keys.swapaxes(-1, -2))
    result *= 1 / math.sqrt(queries.shape[-1])
    return result.reshape(-1, *result.shape[2:])


def _mixed(k: Any, attention: Any, values: Any) -> Any:
    """`attention @ values` for each example and head, heads side by side."""
    batch, heads, length, size = values.shape
    result = product(k, attention.reshape(batch, heads, -1, length), values)
    result = result.transpose(2, 0, 1, 3).copy(order="C")
    return result.reshape(len(result), batch, heads * size)


def _check_interleaved(name: str, shape: tuple, heads: int, parts: Sequence[str]) -> int:
    """The length of the last axis that one of the parts has; raises ShapeError unless it fits."""
    if len(shape) != 3 or shape[2] % (heads * len(parts)) or not shape[2]:
        raise ShapeError(
            f"{name} has the shape {shapes.text(shape)}",
            rule=f"(length, batch, heads * {len(parts)} * size): for each of {heads} head(s) its "
            + ", ".join(parts),
        )
    return shape[2] // len(parts)


def _check_attention(p: Any, attention: tuple, projections: tuple) -> None:
    length, batch, _ = projections
    if len(attention) != 3 or (attention[0], attention[2]) != (batch * p.heads, length):
        raise ShapeError(
            f"attention has the shape {shapes.text(attention)}",
            rule="(batch * heads, length, length of the values), here "
            f"({batch * p.heads}, ..., {length})",
        )


def _cost(scores: tuple, width: int) -> int:
    """Work of a product that has, or is added up with, `scores` (batch * heads, length, length)."""
    return rules.matrix_cost(shapes.size(scores[:2]), scores[2], width)


@operator(
    "_contrib_interleaved_matmul_selfatt_qk",
    HEADS,
    type=rules.float_type,
    cost=lambda p, ins, outs: _cost(outs[0], ins[0][2] // p.heads // 3),
)
def selfatt_qk(k, p, queries_keys_values):
    """How well each query fits each key in self attention: `Q K^T / sqrt(size)` for each head.

    queries_keys_values  (length, batch, heads * 3 * size): for each head query, key, value
    output               (batch * heads, length, length): a row for each query; softmax comes next

    Errors: ShapeError where the last axis cannot be divided so.
    Source: MXNet 1.6, `mx.nd.contrib.interleaved_matmul_selfatt_qk`; Vaswani et al., 2017.
    """
    queries, keys, _ = _parts(queries_keys_values, p.heads, 3)
    return _scores(k, queries, keys)


@selfatt_qk.shapes
@rules.forward
def _(p, projections):
    _check_interleaved("queries_keys_values", projections, p.heads, SELF)
    length, batch, _ = projections
    return (batch * p.heads, length, length)


@selfatt_qk.gradient("queries_keys_values")
def _(F, p, dy, queries_keys_values, queries_keys_values_shape):
    shape = queries_keys_values_shape
    queries, keys, values = _split(F, queries_keys_values, shape, p.heads, 3)
    dy = dy / math.sqrt(shape[2] // p.heads // 3)
    parts = [F.batch_dot(dy, keys), F.batch_dot(dy, queries, transpose_a=True)]
    return _interleave(F, [*parts, F.zeros_like(values)], shape, p.heads)


@operator(
    "_contrib_interleaved_matmul_selfatt_valatt",
    HEADS,
    type=rules.float_type,
    cost=lambda p, ins, outs: _cost(ins[1], ins[0][2] // p.heads // 3),
)
def selfatt_valatt(k, p, queries_keys_values, attention):
    """The values of self attention, mixed with the weights that each position gives to them.

    queries_keys_values  (length, batch, heads * 3 * size): for each head query, key, value
    attention            (batch * heads, length, length): a row of weights for each position
    output               (length, batch, heads * size)

    Errors: ShapeError where these do not fit.
    Source: MXNet 1.6, `mx.nd.contrib.interleaved_matmul_selfatt_valatt`; Vaswani et al., 2017.
    """
    return _mixed(k, attention, _parts(queries_keys_values, p.heads, 3)[2])


@selfatt_valatt.shapes
@rules.forward
def _(p, projections, attention):
    width = _check_interleaved("queries_keys_values", projections, p.heads, SELF)
    _check_attention(p, attention, projections)
    return (attention[1], projections[1], width)


@selfatt_valatt.gradient("queries_keys_values")
def _(F, p, dy, attention, queries_keys_values_shape, output_shape):
    values = F.batch_dot(attention, _split(F, dy, output_shape, p.heads, 1)[0], transpose_a=True)
    zero = F.zeros_like(values)
    return _interleave(F, [zero, zero, values], queries_keys_values_shape, p.heads)


@selfatt_valatt.gradient("attention")
def _(F, p, dy, queries_keys_values, queries_keys_values_shape, output_shape):
    values = _split(F, queries_keys_values, queries_keys_values_shape, p.heads, 3)[2]
    return F.batch_dot(_split(F, dy, output_shape, p.heads, 1)[0], values, transpose_b=True)


@operator(
    "_contrib_interleaved_matmul_encdec_qk",
    HEADS,
    type=rules.float_type,
    cost=lambda p, ins, outs: _cost(outs[0], ins[0][2] // p.heads),
)
def encdec_qk(k, p, queries, keys_values):
    """How well each query of a decoder fits each key of an encoder: `Q K^T / sqrt(size)`.

    queries      (length of the queries, batch, heads * size)
    keys_values  (length of the keys, batch, heads * 2 * size): for each head key, value
    output       (batch * heads, length of the queries, length of the keys)

    Errors: ShapeError where these do not fit.
    Source: MXNet 1.6, `mx.nd.contrib.interleaved_matmul_encdec_qk`; Vaswani et al., 2017.
    """
    keys, _ = _parts(keys_values, p.heads, 2)
    return _scores(k, _parts(queries, p.heads, 1)[0], keys)


@encdec_qk.shapes
@rules.forward
def _(p, queries, keys_values):
    _check_interleaved("queries", queries, p.heads, SELF[:1])
    width = _check_interleaved("keys_values", keys_values, p.heads, CROSS)
    if queries[1:] != (keys_values[1], width):
        raise ShapeError(
            f"queries {shapes.text(queries)} and keys_values {shapes.text(keys_values)} do not fit",
            rule="the same batch, and the last axis of keys_values twice that of queries",
        )
    return (queries[1] * p.heads, queries[0], keys_values[0])


@encdec_qk.gradient("queries")
def _(F, p, dy, keys_values, queries_shape, keys_values_shape):
    keys, _ = _split(F, keys_values, keys_values_shape, p.heads, 2)
    found = F.batch_dot(dy, keys) / math.sqrt(queries_shape[2] // p.heads)
    return _interleave(F, [found], queries_shape, p.heads)


@encdec_qk.gradient("keys_values")
def _(F, p, dy, queries, queries_shape, keys_values_shape):
    (queries,) = _split(F, queries, queries_shape, p.heads, 1)
    found = F.batch_dot(dy, queries, transpose_a=True) / math.sqrt(queries_shape[2] // p.heads)
    return _interleave(F, [found, F.zeros_like(found)], keys_values_shape, p.heads)


@operator(
    "_contrib_interleaved_matmul_encdec_valatt",
    HEADS,
    type=rules.float_type,
    cost=lambda p, ins, outs: _cost(ins[1], ins[0][2] // p.heads // 2),
)
def encdec_valatt(k, p, keys_values, attention):
    """The values of an encoder, mixed with the weights that a decoder's positions give to them.

    keys_values  (length of the keys, batch, heads * 2 * size): for each head key, value
    attention    (batch * heads, length of the queries, length of the keys): rows of weights
    output       (length of the queries, batch, heads * size)

    Errors: ShapeError where these do not fit.
    Source: MXNet 1.6, `mx.nd.contrib.interleaved_matmul_encdec_valatt`; Vaswani et al., 2017.
    """
    return _mixed(k, attention, _parts(keys_values, p.heads, 2)[1])


@encdec_valatt.shapes
@rules.forward
def _(p, projections, attention):
    width = _check_interleaved("keys_values", projections, p.heads, CROSS)
    _check_attention(p, attention, projections)
    return (attention[1], projections[1], width)


@encdec_valatt.gradient("keys_values")
def _(F, p, dy, attention, keys_values_shape, output_shape):
    values = F.batch_dot(attention, _split(F, dy, output_shape, p.heads, 1)[0], transpose_a=True)
    return _interleave(F, [F.zeros_like(values), values], keys_values_shape, p.heads)


@encdec_valatt.gradient("attention")
def _(F, p, dy, keys_values, keys_values_shape, output_shape):
    values = _split(F, keys_values, keys_values_shape, p.heads, 2)[1]
    return F.batch_dot(_split(F, dy, output_shape, p.heads, 1)[0], values, transpose_b=True)


# ---- examples: the same with axes in another order, by einsum


def _seen(x, count, heads=2):
    """(length, batch, heads, parts, size)."""
    return x.reshape(*x.shape[:2], heads, count, -1)


def _fits(q, k):
    """Scores of q and k (length, batch, heads, size)."""
    found = np.einsum("ibhd,jbhd->bhij", q, k) / np.sqrt(q.shape[-1])
    return found.reshape(-1, *found.shape[2:])


def _weighted(weights, v):
    weights = weights.reshape(v.shape[1], v.shape[2], -1, len(v))
    found = np.einsum("bhij,jbhd->ibhd", weights, v)
    return found.reshape(*found.shape[:2], -1)


div_sqrt_dim.example((2, 3)).gives(lambda x: x / np.sqrt(3))
div_sqrt_dim.example(np.array([[-7, 9, 2, 4, 5]], "int32")).gives(lambda x: np.trunc(x / 2))
selfatt_qk.example((3, 2, 12), heads=2).gives(
    lambda x: _fits(_seen(x, 3)[:, :, :, 0], _seen(x, 3)[:, :, :, 1])
)
selfatt_valatt.example((3, 2, 12), (4, 3, 3), heads=2).gives(
    lambda x, w: _weighted(w, _seen(x, 3)[:, :, :, 2])
)
encdec_qk.example((4, 2, 4), (3, 2, 8), heads=2).gives(
    lambda q, x: _fits(_seen(q, 1)[:, :, :, 0], _seen(x, 2)[:, :, :, 0])
)
encdec_valatt.example((3, 2, 8), (4, 5, 3), heads=2).gives(
    lambda x, w: _weighted(w, _seen(x, 2)[:, :, :, 1])
)
