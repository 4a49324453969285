"""`mx.nd.random`: random numbers, MXNet's own to the last bit (see `mxbook/resource`).

Where the parameters are numbers, `shape` is the shape of the result; where they are arrays, each
of their elements gets `shape` numbers.
"""

import math
from collections.abc import Callable
from typing import Any

from mxbook.base.context import current_context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import DTypeError
from mxbook.base.null import _Null

from . import registry as F
from .ndarray import NDArray


def _draw(
    name: str, values: dict[str, Any], shape: Any, dtype: Any, ctx: Any, out: Any, extra: dict
) -> NDArray:
    """Numbers of one distribution: with number parameters, or with an array for each."""
    arrays = [isinstance(v, NDArray) for v in values.values()]
    options = {**extra, "shape": shape, "dtype": _Null if dtype is _Null else _name(dtype)}
    if any(arrays):
        if not all(arrays):
            raise DTypeError(
                f"{name}: either all of {', '.join(values)} are NDArrays or none",
                values=[(n, type(v).__name__) for n, v in values.items()],
            )
        options = {k: v for k, v in options.items() if v is not _Null and k != "ctx"}
        return getattr(F, f"_sample_{name}")(*values.values(), out=out, **options)
    if options["shape"] is _Null and out is None:
        options["shape"] = (1,)
    if out is not None:
        options["shape"] = out.shape if options["shape"] is _Null else options["shape"]
        options["dtype"] = _name(out.dtype) if options["dtype"] is _Null else options["dtype"]
    place = str(ctx or (out.context if out is not None else current_context()))
    options = {k: v for k, v in options.items() if v is not _Null}
    return getattr(F, f"_random_{name}")(**values, ctx=place, out=out, **options)


def _name(dtype: Any) -> str:
    return "None" if dtype in (None, "None") else as_dtype(dtype).name


def uniform(low=0, high=1, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any) -> NDArray:
    """Evenly distributed numbers from `low` to below `high`.

    >>> uniform(0, 1, shape=(2,)).shape
    (2,)
    """
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, ctx, out, kwargs)


def normal(loc=0, scale=1, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any) -> NDArray:
    """Normally distributed numbers with mean `loc` and standard deviation `scale`."""
    return _draw("normal", {"loc": loc, "scale": scale}, shape, dtype, ctx, out, kwargs)


def randn(*shape: int, **kwargs: Any) -> NDArray:
    """Normally distributed numbers in the shape given by the arguments.

    >>> randn(2, 3).shape
    (2, 3)
    """
    return normal(kwargs.pop("loc", 0), kwargs.pop("scale", 1), shape=shape or _Null, **kwargs)


def exponential(scale=1, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any) -> NDArray:
    """Exponentially distributed numbers with mean `scale`."""
    lam = 1.0 / scale
    return _draw("exponential", {"lam": lam}, shape, dtype, ctx, out, kwargs)


def gamma(alpha=1, beta=1, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any) -> NDArray:
    """Gamma distributed numbers with shape parameter `alpha` and scale `beta`."""
    return _draw("gamma", {"alpha": alpha, "beta": beta}, shape, dtype, ctx, out, kwargs)


def poisson(lam=1, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any) -> NDArray:
    """Poisson distributed numbers with mean `lam`."""
    return _draw("poisson", {"lam": lam}, shape, dtype, ctx, out, kwargs)


def negative_binomial(
    k=1, p=1, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any
) -> NDArray:
    """Number of failures before the `k`-th success, where each try succeeds with probability
    `p`."""
    return _draw("negative_binomial", {"k": k, "p": p}, shape, dtype, ctx, out, kwargs)


def generalized_negative_binomial(
    mu=1, alpha=1, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any
) -> NDArray:
    """Negative binomial numbers given by mean `mu` and dispersion `alpha`."""
    values = {"mu": mu, "alpha": alpha}
    return _draw("generalized_negative_binomial", values, shape, dtype, ctx, out, kwargs)


def randint(low, high, shape=_Null, dtype=_Null, ctx=None, out=None, **kwargs: Any) -> NDArray:
    """Whole numbers from `low` to below `high`, int32 unless `dtype` says int64."""
    return _draw("randint", {"low": low, "high": high}, shape, dtype, ctx, out, kwargs)


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
    def function(data=None, *args, out=None, name=None, **kwargs):
        return getattr(F, registered)(data, *args, out=out, **kwargs)

    registered = f"_random_{name}_like"
    function.__name__ = function.__qualname__ = f"{name}_like"
    function.__doc__ = f"Like `{name}`, in the shape, type and place of `data`."
    return function


uniform_like = _like("uniform")
normal_like = _like("normal")
exponential_like = _like("exponential")
gamma_like = _like("gamma")
poisson_like = _like("poisson")
negative_binomial_like = _like("negative_binomial")
generalized_negative_binomial_like = _like("generalized_negative_binomial")
