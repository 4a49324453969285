"""`mx.sym.random`: symbols that draw random numbers when they are computed.

Where the parameters are numbers, `shape` is the shape of the result; where they are symbols, each
element of theirs gets `shape` numbers.  The distributions stand in `mxbook/ops/distributions.py`.
"""

import math
from typing import Any

from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import DTypeError
from mxbook.base.null import _Null
from mxbook.ops.distributions import DISTRIBUTIONS, LIKE
from mxbook.ops.distributions import function_of as _function_of
from mxbook.ops.registry import operators

from . import front
from . import registry as F
from .symbol import Symbol


def _draw(
    distribution: str,
    values: dict[str, Any],
    /,
    shape: Any = _Null,
    dtype: Any = _Null,
    **extra: Any,
) -> Symbol:
    """Numbers of one distribution: with number parameters, or with a symbol for each."""
    symbols = [isinstance(v, Symbol) for v in values.values()]
    dtype = dtype if dtype is _Null or dtype in (None, "None") else as_dtype(dtype).name
    options = {"shape": shape, "dtype": dtype, **extra}
    options = {k: v for k, v in options.items() if v is not _Null}
    if not any(symbols):
        return getattr(F, f"_random_{distribution}")(**values, **options)
    if not all(symbols) or f"_sample_{distribution}" not in F.functions:
        rule = f"all of {', '.join(values)} are numbers, or all are Symbols"
        raise DTypeError(
            f"{distribution} cannot take these parameters",
            rule=rule if f"_sample_{distribution}" in F.functions else "numbers",
            values=[(n, type(v).__name__) for n, v in values.items()],
        )
    return getattr(F, f"_sample_{distribution}")(*values.values(), **options)


_functions = {d.name: _function_of(d, _draw, {}, __name__) for d in DISTRIBUTIONS}
uniform = _functions["uniform"]
normal = _functions["normal"]
exponential = _functions["exponential"]
gamma = _functions["gamma"]
poisson = _functions["poisson"]
negative_binomial = _functions["negative_binomial"]
generalized_negative_binomial = _functions["generalized_negative_binomial"]
randint = _functions["randint"]

globals().update(
    {f"{n}_like": front.function_of(operators[f"_random_{n}_like"], f"{n}_like") for n in LIKE}
)


def randn(*shape: int, **kwargs: Any) -> Symbol:
    """Normally distributed numbers in the shape given by the arguments.

    >>> randn(2, 3).infer_shape()[1]
    [(2, 3)]
    """
    return normal(kwargs.pop("loc", 0), kwargs.pop("scale", 1), shape=shape, **kwargs)


def multinomial(
    data: Symbol, shape=_Null, get_prob: bool = True, dtype="int32", **kwargs: Any
) -> Symbol:
    """Indices drawn with the probabilities in the last axis of `data`.

    With `get_prob` a second output holds the logarithm of the probability of each draw.
    """
    return F._sample_multinomial(
        data, shape=shape, get_prob=get_prob, dtype=as_dtype(dtype).name, **kwargs
    )


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """The array with its first axis in a random order."""
    return F._shuffle(data, **kwargs)


def rand_zipfian(
    true_classes: Symbol, num_sampled: int, range_max: int
) -> tuple[Symbol, Symbol, Symbol]:
    """Classes drawn with replacement, the small numbers most often, for sampled softmax.

    P(c) = (log(c + 2) - log(c + 1)) / log(range_max + 1)   for c = 0, ..., range_max - 1

    Returns `num_sampled` classes (int64), and how often each of the true and of the sampled
    classes is expected among them (float64).  Source: MXNet 1.6, `mx.sym.contrib.rand_zipfian`.
    """
    log_range = math.log(range_max + 1)

    def expected(classes: Symbol) -> Symbol:
        classes = classes.astype("float64")
        return ((classes + 2.0) / (classes + 1.0)).log() / log_range * num_sampled

    drawn = uniform(0, log_range, shape=(num_sampled,), dtype="float64")
    sampled = (drawn.exp() - 1).astype("int64") % range_max
    return sampled, expected(true_classes), expected(sampled)
