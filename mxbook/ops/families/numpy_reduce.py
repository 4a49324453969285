"""Sums, products, means, extremes and spread over axes, as NumPy has them.

Over all axes the result has no axes; `dtype` is the type of the result.  Means of whole numbers
are float32.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import DEFAULT, FLOATS, TYPES
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.ops.examples import In
from mxbook.ops.params import Bool, DType, Int, Param, Real, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward

AXIS = Shape("axis", None, doc="Axes to reduce; all when None.")
DTYPE = DType("dtype", None, doc="Type of the result.", optional=True)
KEEPDIMS = Bool("keepdims", False, doc="Leave the reduced axes as axes of length 1.")
INITIAL = Real("initial", None, doc="A number that takes part, too.")
DDOF = Int("ddof", 0, doc="What is taken off the number of elements before dividing by it.")
BOOL, INT64 = TYPES["bool"], TYPES["int64"]


def axes_of(p: Any, ndim: int) -> tuple[int, ...]:
    """The axes to reduce, none of them twice; raises ShapeError."""
    if p.axis is None:
        return tuple(range(ndim))
    given = p.axis if isinstance(p.axis, tuple) else (p.axis,)
    axes = tuple(shapes.axis_index(a, ndim) for a in given)
    if len(set(axes)) < len(axes):
        raise ShapeError(f"axis={p.axis} names an axis twice", rule="each axis once")
    return axes


def reduced_shape(p: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the result, which may be `()`."""
    axes = axes_of(p, len(shape))
    if p.keepdims:
        return _kept(p, shape)
    return tuple(n for i, n in enumerate(shape) if i not in axes)


def _kept(p, shape):
    axes = axes_of(p, len(shape))
    return tuple(1 if i in axes else n for i, n in enumerate(shape))


def _count(p, shape):
    return shapes.size(shape[a] for a in axes_of(p, len(shape)))


def _nonempty_shape(p, shape):
    if not _count(p, shape) and getattr(p, "initial", None) is None:
        raise ShapeError(
            f"there is nothing to choose from in an array of shape {shapes.text(shape)}",
            rule="the reduced axes have at least one element",
        )
    return reduced_shape(p, shape)


def _spread(F, p, value, shape):
    """A reduced value stretched to the shape before the reduction."""
    kept = value if p.keepdims else F._np_reshape(value, newshape=_kept(p, shape))
    return F._np_broadcast_to(kept, shape=shape)


def _cast(F, value, dtype, wanted):
    return value if dtype == wanted else F.Cast(value, dtype=wanted)


def _sum_type(p, dtype):
    return p.dtype or (INT64 if dtype == BOOL else dtype)


def _mean_type(p, dtype):
    return p.dtype or (dtype if dtype in FLOATS else DEFAULT)


def _spread_type(p, dtype):
    return p.dtype or dtype


def _own_type(p, dtype):
    return dtype


def _reduction(
    name: str, *params: Param, type: Callable, nonempty: bool = False, **fields: Any
) -> Callable:
    """Decorator: an operator that reduces axes; `type` gives the type of its result."""
    shape = forward(_nonempty_shape if nonempty else reduced_shape)
    types = lambda p, dtype: ([dtype], [dtype and type(p, dtype)])  # noqa: E731
    return operator(name, *params, shape=shape, type=types, **fields)


def _shaped(p, found, shape):
    """The result of a reduction that kept its axes, in the shape asked for."""
    return found.reshape(reduced_shape(p, shape))


def _wide(dtype: np.dtype) -> np.dtype:
    """The type in which numbers of `dtype` are added up."""
    return DEFAULT if dtype == TYPES["float16"] else dtype


def _with(function, found, p, dtype):
    """The result with `initial`, which takes part in it."""
    return function(found, dtype.type(p.initial), out=found).astype(dtype, copy=False)


TOTAL = (AXIS, DTYPE, KEEPDIMS, INITIAL)


@_reduction("_np_sum", *TOTAL, type=_sum_type, bools=True)
def np_sum(k, p, a):
    """The sum over the given axes, and of `initial`; bool is counted in int64.

    Source: MXNet 1.6, `mx.np.sum`.
    """
    dtype = _sum_type(p, a.dtype)
    axes = axes_of(p, a.ndim)
    found = _shaped(p, k.xp.sum(a, axis=axes, dtype=_wide(dtype), keepdims=True), a.shape)
    return (
        found.astype(dtype, copy=False) if p.initial is None else _with(k.xp.add, found, p, dtype)
    )


@np_sum.gradient("a")
def _(F, p, dy, a_shape, a_dtype):
    return _cast(F, _spread(F, p, dy, a_shape), _sum_type(p, a_dtype), a_dtype)


@_reduction("_np_prod", *TOTAL, type=_sum_type, bools=True)
def np_prod(k, p, a):
    """The product over the given axes, and of `initial`.  Its gradient is `dy * product / a`."""
    dtype = _sum_type(p, a.dtype)
    axes = axes_of(p, a.ndim)
    found = _shaped(p, k.xp.prod(a, axis=axes, dtype=_wide(dtype), keepdims=True), a.shape)
    return (
        found.astype(dtype, copy=False)
        if p.initial is None
        else _with(k.xp.multiply, found, p, dtype)
    )


@np_prod.gradient("a")
def _(F, p, dy, a, out, a_shape, a_dtype):
    dtype = _sum_type(p, a_dtype)
    found = _spread(F, p, dy * out, a_shape) / _cast(F, a, a_dtype, dtype)
    return _cast(F, found, dtype, a_dtype)


@_reduction("_npi_mean", *TOTAL, type=_mean_type, bools=True)
def np_mean(k, p, a):
    """The mean over the given axes: the sum divided by the number of elements."""
    dtype = _mean_type(p, a.dtype)
    axes = axes_of(p, a.ndim)
    inner = _wide(dtype) if dtype in FLOATS else np.dtype("float64")
    found = k.xp.sum(a, axis=axes, dtype=inner, keepdims=True)
    return _shaped(p, found / inner.type(_count(p, a.shape)), a.shape).astype(dtype, copy=False)


@np_mean.gradient("a")
def _(F, p, dy, a_shape, a_dtype):
    found = _spread(F, p, dy / _count(p, a_shape), a_shape)
    return _cast(F, found, _mean_type(p, a_dtype), a_dtype)


SPREAD = (AXIS, DTYPE, DDOF, KEEPDIMS)


def _variance(k, p, a, function):
    dtype = _spread_type(p, a.dtype)
    inner = dtype if dtype in (TYPES["float32"], TYPES["float64"]) else np.dtype("float64")
    axes = axes_of(p, a.ndim)
    found = getattr(k.xp, function)(a, axis=axes, dtype=inner, ddof=p.ddof, keepdims=True)
    return _shaped(p, found, a.shape).astype(dtype, copy=False)


@_reduction("_npi_var", *SPREAD, type=_spread_type)
def np_var(k, p, a):
    """The mean of the squared distances from the mean (over the count less `ddof`)."""
    return _variance(k, p, a, "var")


@_reduction("_npi_std", *SPREAD, type=_spread_type)
def np_std(k, p, a):
    """The square root of the variance."""
    return _variance(k, p, a, "std")


def _distances(F, p, a, shape):
    """How far each element is from the mean."""
    count = _count(p, shape)
    total = F._np_sum(a, axis=axes_of(p, len(shape)), keepdims=True)
    return a - F._np_broadcast_to(total / count, shape=shape), count - p.ddof


@np_var.gradient("a")
def _(F, p, dy, a, a_shape, a_dtype):
    far, count = _distances(F, p, a, a_shape)
    return (
        _cast(F, _spread(F, p, dy, a_shape), _spread_type(p, a_dtype), a_dtype) * far * (2 / count)
    )


@np_std.gradient("a")
def _(F, p, dy, a, out, a_shape, a_dtype):
    far, count = _distances(F, p, a, a_shape)
    slope = _cast(F, _spread(F, p, dy / out, a_shape), _spread_type(p, a_dtype), a_dtype)
    return slope * far * (1 / count)


@_reduction("_np_max", AXIS, KEEPDIMS, INITIAL, type=_own_type, nonempty=True, bools=True)
def np_max(k, p, a):
    """The largest element over the given axes (and `initial`)."""
    found = k.xp.max(a, axis=axes_of(p, a.ndim), keepdims=True, **_from(p))
    return _shaped(p, found, a.shape).astype(a.dtype, copy=False)


@_reduction("_np_min", AXIS, KEEPDIMS, INITIAL, type=_own_type, nonempty=True, bools=True)
def np_min(k, p, a):
    """The smallest element over the given axes (and `initial`)."""
    found = k.xp.min(a, axis=axes_of(p, a.ndim), keepdims=True, **_from(p))
    return _shaped(p, found, a.shape).astype(a.dtype, copy=False)


def _from(p):
    return {} if p.initial is None else {"initial": p.initial}


@np_max.gradient("a")
@np_min.gradient("a")
def _(F, p, dy, a, out, a_shape):
    return _spread(F, p, dy, a_shape) * (a == _spread(F, p, out, a_shape))


WHERE = (
    Int("axis", None, doc="The axis to search; the flat array when None."),
    Bool("keepdims", False, doc="Leave the axis as one of length 1."),
)


def _fractions_only(p, dtype):
    if dtype not in FLOATS:
        raise DTypeError(
            f"{dtype} holds whole numbers only",
            rule="positions are given in the type of the data: float16, float32 or float64",
            hint='convert with astype("float32")',
        )
    return dtype


def _position(k, p, data, function):
    """Where `function` finds its element, in the type of the data."""
    lines, axis = (data.reshape(-1), 0) if p.axis is None else (data, p.axis)
    found = k.xp.asarray(function(lines, axis=axis)).astype(data.dtype)
    return found.reshape(reduced_shape(p, data.shape))


POSITION: dict[str, Any] = {"type": _fractions_only, "nonempty": True, "zero_gradient": True}


@_reduction("_npi_argmax", *WHERE, **POSITION)
def np_argmax(k, p, data):
    """The position of the largest element along an axis, the first one of equals."""
    return _position(k, p, data, k.xp.argmax)


@_reduction("_npi_argmin", *WHERE, **POSITION)
def np_argmin(k, p, data):
    """The position of the smallest element along an axis, the first one of equals."""
    return _position(k, p, data, k.xp.argmin)


DISTINCT = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]])
for reducing, reference in (
    (np_sum, np.sum),
    (np_prod, np.prod),
    (np_mean, np.mean),
    (np_var, np.var),
    (np_std, np.std),
):
    reducing.example(In((2, 3, 4), 0.5, 1.5)).gives(reference)
    reducing.example(In((2, 3, 2), 0.5, 1.5), axis=(0, -1), keepdims=True).gives(
        lambda x, f=reference: f(x, axis=(0, 2), keepdims=True)
    )
np_sum.example((2, 3), dtype="float64", axis=1, initial=2.0).gives(lambda x: x.sum(1) + 2)
np_prod.example(In((2, 3), 0.5, 1.5), initial=2.0).gives(lambda x: x.prod() * 2)
np_mean.example([1, 2, 4]).gives(np.mean)
np_var.example((3, 4), axis=1, ddof=1).gives(lambda x: x.var(1, ddof=1))
np_std.example((3, 4), axis=1, ddof=1).gives(lambda x: x.std(1, ddof=1))
np_max.example(DISTINCT).gives(np.max)
np_max.example(DISTINCT, axis=0, keepdims=True).gives(lambda x: x.max(0, keepdims=True))
np_min.example(DISTINCT, axis=1).gives(lambda x: x.min(1))
np_argmax.example(DISTINCT, axis=1).gives(lambda x: x.argmax(1)).not_smooth("positions")
np_argmin.example(DISTINCT).gives(np.argmin).not_smooth("positions")
