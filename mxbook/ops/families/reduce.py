"""Sums, means, products, extremes and norms over axes."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import FLOATS, TYPES
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops.examples import In
from mxbook.ops.kernels.scratch import scratch
from mxbook.ops.params import Bool, DType, Int, Param, Shape
from mxbook.ops.registry import operator
from mxbook.ops.rules import forward
from mxbook.ops.tables import ROUNDED_UP_TO

AXIS = Shape("axis", None, doc="Axes to reduce; all when None or empty.")
KEEPDIMS = Bool("keepdims", False, doc="Leave the reduced axes as axes of length 1.")
EXCLUDE = Bool("exclude", False, doc="Reduce all axes but those in `axis`.")
HALF = TYPES["float16"]
LEAST_SQUARES, MOST_SQUARES = 1e-30, 1e38  # sums of squares that float32 holds exactly enough


def reduced_axes(p: Any, ndim: int) -> tuple[int, ...]:
    """The axes to reduce, in order; raises ShapeError for axes that do not exist or come twice."""
    return _axes(p.axis, getattr(p, "exclude", False), ndim)


# Kernels ask for these at every call, for few kinds of calls; working them out takes longer than
# adding up a small array.


@lru_cache(maxsize=1024)
def _axes(axis, exclude, ndim):
    if not axis:
        return tuple(range(ndim))
    given = sorted(shapes.axis_index(a, ndim) for a in axis)
    if len(set(given)) < len(given):
        raise ShapeError(f"axis={axis} names an axis twice", rule="each axis once")
    if exclude:
        return tuple(a for a in range(ndim) if a not in given)
    return tuple(given)


@lru_cache(maxsize=1024)
def _layout(axis, exclude, keepdims, shape):
    """The axes to reduce, the shape with them as axes of length 1, and the shape of the result."""
    axes = _axes(axis, exclude, len(shape))
    kept = tuple(1 if i in axes else n for i, n in enumerate(shape))
    left = tuple(n for i, n in enumerate(shape) if i not in axes) or (1,)
    return axes, kept, kept if keepdims else left


def kept_shape(p: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the result with the reduced axes as axes of length 1."""
    return _layout(p.axis, getattr(p, "exclude", False), p.keepdims, shape)[1]


def reduced_shape(p: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of the result; (1,) where nothing is left, as arrays have at least one axis."""
    return _layout(p.axis, getattr(p, "exclude", False), p.keepdims, shape)[2]


def chosen_shape(p: Any, shape: tuple[int, ...]) -> tuple[int, ...]:
    """`reduced_shape` for reductions that need at least one element."""
    if 0 in (shape[a] for a in reduced_axes(p, len(shape))):
        raise ShapeError(
            f"there is nothing to choose from in an array of shape {shapes.text(shape)}",
            rule="the reduced axes have at least one element",
        )
    return reduced_shape(p, shape)


def reduced(p: Any, method: str, data: Any, out: Any = None, dtype: Any = None) -> Any:
    """`data.method(axis=...)` in the shape of the result, written to `out` if given.

    `dtype` is the type to accumulate in; the result has the type of the data.  float16 is
    accumulated in float32, which is as exact as MXNet's compensated sums.
    """
    exclude = getattr(p, "exclude", False)
    axes, kept, shape = _layout(p.axis, exclude, p.keepdims, data.shape)
    function = getattr(data, method)
    if dtype is not None and dtype != data.dtype:
        return function(axis=axes, dtype=dtype).astype(data.dtype).reshape(shape)
    options = {} if dtype is None else {"dtype": dtype}
    if out is None:
        return function(axis=axes, keepdims=True, **options).reshape(shape)
    function(axis=axes, keepdims=True, out=out.reshape(kept), **options)
    return out


def accumulator(dtype: np.dtype) -> np.dtype:
    """The type in which sums of elements of `dtype` are added up."""
    return TYPES["float32"] if dtype == HALF else dtype


def spread(F: Any, p: Any, value: Any, shape: tuple[int, ...]) -> Any:
    """A reduced value stretched to the shape before the reduction."""
    kept = value if p.keepdims else F._np_reshape(value, newshape=kept_shape(p, shape))
    return F._np_broadcast_to(kept, shape=shape)


def _along(function):
    """The expected value of an example: MXNet's parameters for a NumPy function."""

    def value(axis=None, keepdims=False):
        return lambda x: np.atleast_1d(function(x, axis=axis, keepdims=keepdims))

    return value


def reduction(
    name: str, *params: Param, aliases: tuple[str, ...] = (), nonempty: bool = False
) -> Callable:
    """Decorator: a reducing operator with MXNet's parameters `axis`, `keepdims` and `exclude`."""
    every = params or (AXIS, KEEPDIMS, EXCLUDE)
    shape = forward(chosen_shape if nonempty else reduced_shape)
    return operator(name, *every, aliases=aliases, shape=shape, bools=True)


@reduction("sum", aliases=("sum_axis",))
def sum_(k, p, data, *, out=None):
    """The sum over the given axes, in the type of the input (whole numbers wrap around).

    `(2, 3, 4)` with `axis=1` gives `(2, 4)`, with `keepdims` `(2, 1, 4)`; over all axes `(1,)`.

    Errors: ShapeError for axes that do not exist.  Source: MXNet 1.6, `mx.nd.sum`.
    """
    return reduced(p, "sum", data, out, accumulator(data.dtype))


@sum_.gradient("data")
def _(F, p, dy, data_shape):
    return spread(F, p, dy, data_shape)


SUM = _along(np.sum)
sum_.example((2, 3, 4)).gives(SUM())
sum_.example((2, 3, 4), axis=1).gives(SUM(1))
sum_.example((2, 3, 4), axis=(0, -1), keepdims=True).gives(SUM((0, 2), True))
sum_.example((2, 3, 4), axis=1, exclude=True).gives(SUM((0, 2)))


def _count(p, shape):
    """How many elements go into each result."""
    return shapes.size(shape[a] for a in reduced_axes(p, len(shape)))


@reduction("mean")
def mean(k, p, data, *, out=None):
    """The mean over the given axes: the sum divided by the number of elements.

    The mean of whole numbers is cut off to a whole number.  Source: MXNet 1.6, `mx.nd.mean`.
    """
    count = _count(p, data.shape)
    if data.dtype == HALF:
        return reduced(p, "mean", data, out, accumulator(data.dtype))
    if data.dtype in FLOATS:
        total = reduced(p, "sum", data, out)
        total /= count
        return total
    total = reduced(p, "sum", data, None, data.dtype)
    mean = total / count
    return (mean if data.dtype == TYPES["bool"] else k.xp.trunc(mean)).astype(data.dtype)


@mean.gradient("data")
def _(F, p, dy, data_shape):
    return spread(F, p, dy / _count(p, data_shape), data_shape)


MEAN = _along(np.mean)
mean.example((2, 3, 4)).gives(MEAN())
mean.example((2, 3, 4), axis=(1, 2)).gives(MEAN((1, 2)))
mean.example((2, 3), axis=0, keepdims=True).gives(MEAN(0, True))


@reduction("prod")
def prod(k, p, data, *, out=None):
    """The product over the given axes, in the type of the input.

    Its gradient is `dy * product / x`, which is NaN where an element is 0.
    Source: MXNet 1.6, `mx.nd.prod`.
    """
    return reduced(p, "prod", data, out, data.dtype)


@prod.gradient("data")
def _(F, p, dy, data, out, data_shape):
    return spread(F, p, dy * out, data_shape) / data


PROD = _along(np.prod)
prod.example(In((2, 3, 2), 0.5, 1.5)).gives(PROD())
prod.example(In((2, 3, 2), 0.5, 1.5), axis=1, keepdims=True).gives(PROD(1, True))


def _without_nan(k, data, neutral):
    """The data with a neutral number in place of NaN."""
    return k.xp.where(k.xp.equal(data, data), data, data.dtype.type(neutral))


def _where_number(F, data, value):
    """A gradient, with 0 where the data is NaN."""
    return F.where(data == data, value, F.zeros_like(value))


@reduction("nansum")
def nansum(k, p, data, *, out=None):
    """The sum over the given axes; NaN counts as 0."""
    return reduced(p, "sum", _without_nan(k, data, 0), out, accumulator(data.dtype))


@nansum.gradient("data")
def _(F, p, dy, data, data_shape):
    return _where_number(F, data, spread(F, p, dy, data_shape))


@reduction("nanprod")
def nanprod(k, p, data, *, out=None):
    """The product over the given axes; NaN counts as 1."""
    return reduced(p, "prod", _without_nan(k, data, 1), out, data.dtype)


@nanprod.gradient("data")
def _(F, p, dy, data, out, data_shape):
    return _where_number(F, data, spread(F, p, dy * out, data_shape) / data)


HOLES = [[1.0, np.nan, 3.0], [np.nan, 0.5, -2.0]]
nansum.example((2, 3), axis=1).gives(SUM(1))
nansum.example(HOLES, axis=1).gives(_along(np.nansum)(1)).not_smooth("NaN among the numbers")
nanprod.example(In((2, 3), 0.5, 1.5), axis=0).gives(PROD(0))
nanprod.example(HOLES).gives(_along(np.nanprod)()).not_smooth("NaN among the numbers")


@reduction("max", aliases=("max_axis",), nonempty=True)
def max_(k, p, data, *, out=None):
    """The largest element over the given axes; NaN where there is one.

    Every element that equals the maximum receives the whole gradient.
    """
    return reduced(p, "max", data, out)


@reduction("min", aliases=("min_axis",), nonempty=True)
def min_(k, p, data, *, out=None):
    """The smallest element over the given axes; NaN where there is one.

    Every element that equals the minimum receives the whole gradient.
    """
    return reduced(p, "min", data, out)


@max_.gradient("data")
@min_.gradient("data")
def _(F, p, dy, data, out, data_shape):
    return spread(F, p, dy, data_shape) * (data == spread(F, p, out, data_shape))


DISTINCT = np.array([[3.0, -1.0, 2.0], [0.5, 4.0, -2.0]])
max_.example(DISTINCT).gives(_along(np.max)())
max_.example(DISTINCT, axis=0, keepdims=True).gives(_along(np.max)(0, True))
min_.example(DISTINCT, axis=1).gives(_along(np.min)(1))
min_.example(DISTINCT, axis=1, exclude=True).gives(_along(np.min)(0))


@reduction(
    "norm",
    Int("ord", 2, doc="1 for the sum of absolute values, 2 for the length."),
    AXIS,
    DType("out_dtype", None, doc="Element type of the result; the input's when None."),
    KEEPDIMS,
)
def norm(k, p, data):
    """The norm over the given axes.

    `ord=2`: `sqrt(sum(x^2))`, whose gradient at 0 is NaN; `ord=1`: `sum(|x|)`.

    Errors: ParameterError for other orders.  Source: MXNet 1.6, `mx.nd.norm`.
    """
    if p.ord == 1:
        found = reduced(p, "sum", k.xp.abs(data), None, accumulator(data.dtype))
    else:
        total = _squares_in_single(k, p, data)
        if total is None:
            squares = k.xp.square(data, dtype="float64")
            total = reduced(p, "sum", squares, None, squares.dtype)
        found = k.xp.sqrt(total)
    return found.astype(p.out_dtype or data.dtype, copy=False)


def _squares_in_single(k, p, data):
    """The sum of squares in float32; None where float64 is better, or squares are out of range."""
    xp = k.xp
    wanted = p.out_dtype or data.dtype
    large = xp.__name__ == "numpy" and data.size > ROUNDED_UP_TO
    if not large or data.dtype != TYPES["float32"] or wanted != data.dtype:
        return None
    squares = xp.square(data, out=scratch(xp, "squares", data.shape, data.dtype))
    total = reduced(p, "sum", squares)
    outside = total.min() < LEAST_SQUARES or total.max() > MOST_SQUARES
    return None if outside else total


@norm.types
def _(p, dtype):
    if p.ord not in (1, 2):
        raise ParameterError(f"ord={p.ord} is not a norm", rule="ord is 1 or 2")
    return [dtype], [p.out_dtype or dtype]


@norm.gradient("data")
def _(F, p, dy, data, out, data_shape, data_dtype):
    ratio = dy if p.ord == 1 else dy / out
    ratio = F.Cast(ratio, dtype=data_dtype) if p.out_dtype else ratio
    direction = F.sign(data) if p.ord == 1 else data
    return direction * spread(F, p, ratio, data_shape)


norm.example((2, 3)).gives(lambda x: np.sqrt((x * x).sum()).reshape(1))
norm.example((2, 3, 4), axis=(1, 2), keepdims=True).gives(
    lambda x: np.sqrt((x * x).sum((1, 2), keepdims=True))
)
norm.example((2, 3), axis=0, out_dtype="float64").gives(lambda x: np.sqrt((x * x).sum(0)))
norm.example(DISTINCT, ord=1, axis=1).gives(lambda x: np.abs(x).sum(1))
