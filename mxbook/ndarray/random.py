"""`mx.nd.random`: random numbers, MXNet's own to the last bit (see `mxbook/resource`).

Where the parameters are numbers, `shape` is the shape of the result; where they are arrays, each
of their elements gets `shape` numbers.  The distributions stand in `mxbook/ops/distributions.py`.

>>> uniform(0, 1, shape=(2,)).shape
(2,)
"""

import math
from collections.abc import Callable
from typing import Any

from mxbook.base.context import current_context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import DTypeError
from mxbook.base.null import _Null
from mxbook.imperative import front
from mxbook.ops.distributions import DISTRIBUTIONS, function_of
from mxbook.ops.registry import operators

from . import registry as F
from .ndarray import NDArray


def _draw(
    distribution: str,
    values: dict[str, Any],
    /,
    shape: Any = _Null,
    dtype: Any = _Null,
    ctx: Any = None,
    out: Any = None,
    **extra: Any,
) -> NDArray:
    """Numbers of one distribution: with number parameters, or with an array for each."""
    arrays = [isinstance(v, NDArray) for v in values.values()]
    options = {**extra, "shape": shape, "dtype": _Null if dtype is _Null else _name(dtype)}
    if any(arrays):
        if not all(arrays):
            raise DTypeError(
                f"{distribution}: either all of {', '.join(values)} are NDArrays or none",
                values=[(n, type(v).__name__) for n, v in values.items()],
            )
        options = {k: v for k, v in options.items() if v is not _Null and k != "ctx"}
        return getattr(F, f"_sample_{distribution}")(*values.values(), out=out, **options)
    if options["shape"] is _Null and out is None:
        options["shape"] = (1,)
    if out is not None:
        options["shape"] = out.shape if options["shape"] is _Null else options["shape"]
        options["dtype"] = _name(out.dtype) if options["dtype"] is _Null else options["dtype"]
    place = str(ctx or (out.context if out is not None else current_context()))
    options = {k: v for k, v in options.items() if v is not _Null}
    return getattr(F, f"_random_{distribution}")(**values, ctx=place, out=out, **options)


def _name(dtype: Any) -> str:
    return "None" if dtype in (None, "None") else as_dtype(dtype).name


_functions = {
    d.name: function_of(d, _draw, {"ctx": None, "out": None}, __name__) for d in DISTRIBUTIONS
}
uniform = _functions["uniform"]
normal = _functions["normal"]
exponential = _functions["exponential"]
gamma = _functions["gamma"]
poisson = _functions["poisson"]
negative_binomial = _functions["negative_binomial"]
generalized_negative_binomial = _functions["generalized_negative_binomial"]
randint = _functions["randint"]


def randn(*shape: int, **kwargs: Any) -> NDArray:
    """Normally distributed numbers in the shape given by the arguments.

    >>> randn(2, 3).shape
    (2, 3)
    """
    return normal(kwargs.pop("loc", 0), kwargs.pop("scale", 1), shape=shape or _Null, **kwargs)


def shuffle(data: NDArray, **kwargs: Any) -> NDArray:
    """The array with its first axis in a random order.

    >>> import mxbook as mx
    >>> sorted(shuffle(mx.nd.array([1, 2, 3])).asnumpy().tolist())
    [1.0, 2.0, 3.0]
    """
    return F._shuffle(data, **kwargs)


def multinomial(
    data: NDArray, shape=_Null, get_prob: bool = False, out=None, dtype="int32", **kwargs: Any
):
    """Indices drawn with the probabilities in the last axis of `data`.

    With `get_prob` also the logarithm of the probability of each draw (for policy gradients).
    """
    return F._sample_multinomial(
        data, shape=shape, get_prob=get_prob, out=out, dtype=_name(dtype), **kwargs
    )


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx=None
) -> tuple[NDArray, NDArray, NDArray]:
    """Classes drawn with replacement, the small numbers most often, for sampled softmax.

    P(c) = (log(c + 2) - log(c + 1)) / log(range_max + 1)   for c = 0, ..., range_max - 1

    fits a dictionary sorted by falling frequency.  Returns `num_sampled` classes (int64), and how
    often each of the true and of the sampled classes is expected among them (float64).

    >>> import mxbook as mx
    >>> classes, of_true, of_sampled = rand_zipfian(mx.nd.array([2]), 3, 4)
    >>> of_true.asnumpy().round(4).tolist(), classes.shape, of_sampled.dtype.__name__
    ([0.5362], (3,), 'float64')

    Source: MXNet 1.6, `mxnet.ndarray.contrib.rand_zipfian`.
    """
    ctx = ctx or current_context()
    log_range = math.log(range_max + 1)

    def expected(classes: NDArray) -> NDArray:
        classes = classes.astype("float64")
        return ((classes + 2) / (classes + 1)).log() / log_range * num_sampled

    drawn = uniform(0, log_range, shape=(num_sampled,), dtype="float64", ctx=ctx)
    sampled = (drawn.exp() - 1).astype("int64") % range_max
    return sampled, expected(true_classes.as_in_context(ctx)), expected(sampled)


def _like(name: str) -> Callable:
    """The operator of a distribution in the shape, type and place of an array."""
    return front.function_of(operators[f"_random_{name}_like"], f"{name}_like", __name__)


uniform_like = _like("uniform")
normal_like = _like("normal")
exponential_like = _like("exponential")
gamma_like = _like("gamma")
poisson_like = _like("poisson")
negative_binomial_like = _like("negative_binomial")
generalized_negative_binomial_like = _like("generalized_negative_binomial")
