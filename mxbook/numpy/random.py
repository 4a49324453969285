"""`mx.np.random`: random numbers as arrays of `mx.np`.  Source: MXNet 1.6, `mx.np.random`."""

from typing import Any

import numpy as np

from mxbook.base.context import current_context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import ParameterError
from mxbook.symbol import Symbol

from .front import NUMBERS, front
from .multiarray import ndarray

ARRAYS = (ndarray, Symbol)


def _place(ctx: Any, *arrays: Any) -> str:
    own = next((a.context for a in arrays if isinstance(a, ndarray)), None)
    return str(ctx or own or current_context())


def _size(size: Any, *arrays: Any) -> Any:
    """The shape; without arrays and size a single number."""
    return () if size is None and not arrays else size


def _of_two(name: str, numbers: dict[str, Any], size, dtype, ctx, out) -> Any:
    """A distribution whose two parameters are numbers or arrays."""
    arrays = [v for v in numbers.values() if isinstance(v, ARRAYS)]
    given = {n: None if isinstance(v, ARRAYS) else v for n, v in numbers.items()}
    F = front(*arrays)
    return getattr(F, name)(
        *arrays,
        **given,
        size=_size(size, *arrays),
        ctx=_place(ctx, *arrays),
        dtype=as_dtype(dtype).name,
        out=out,
    )


def uniform(low=0.0, high=1.0, size=None, dtype=None, ctx=None, out=None) -> Any:
    """Numbers from `low` to below `high`; either may be an array.

    >>> uniform(size=(2, 3)).shape
    (2, 3)
    """
    return _of_two("_npi_uniform", {"low": low, "high": high}, size, dtype, ctx, out)


def normal(loc=0.0, scale=1.0, size=None, dtype=None, ctx=None, out=None) -> Any:
    """Normally distributed numbers; mean and standard deviation may be arrays."""
    return _of_two("_npi_normal", {"loc": loc, "scale": scale}, size, dtype, ctx, out)


def rand(*size, **kwargs) -> Any:
    """Numbers from 0 to below 1, in the shape of the arguments."""
    return uniform(0, 1, size=size, **kwargs)


def randint(low, high=None, size=None, dtype=None, ctx=None, out=None) -> Any:
    """Whole numbers from `low` to below `high`, from 0 to below `low` when only one is given."""
    if high is None:
        low, high = 0, low
    name = "int64" if dtype in (None, int, "int") else as_dtype(dtype).name
    single = size in (None, ())
    found = front()._npi_random_randint(
        low=low, high=high, shape=(1,) if single else size, ctx=_place(ctx), dtype=name, out=out
    )
    return found.reshape(()) if single and out is None else found


def choice(a, size=None, replace=True, p=None, ctx=None, out=None) -> Any:
    """Elements of a vector (or numbers below `a`) chosen at random, by the probabilities `p`."""
    weights = [] if p is None else [p]
    given = {"size": size, "replace": replace, "weighted": p is not None, "ctx": _place(ctx)}
    if isinstance(a, NUMBERS):
        return front(*weights)._npi_choice(*weights, a=int(a), **given, out=out)
    F = front(a, *weights)
    found = F._npi_choice(a, *weights, a=None, **given)
    return F._npi_take(a, found, axis=0, out=out)


def multinomial(n, pvals, size=None, **kwargs) -> Any:
    """How often each outcome comes in `n` draws with the probabilities `pvals`."""
    if kwargs:
        raise TypeError(f"multinomial got unknown arguments {', '.join(kwargs)}")
    if isinstance(pvals, ARRAYS):
        return front(pvals)._npi_multinomial(pvals, n=n, pvals=None, size=size)
    if any(not isinstance(v, NUMBERS) for v in pvals):
        raise ParameterError("pvals are numbers, or an array of mx.np")
    return front()._npi_multinomial(n=n, pvals=tuple(np.asarray(pvals, float)), size=size)


def shuffle(x) -> None:
    """Put the parts of an array along its first axis into random order, in place."""
    front()._np__random_shuffle(x, out=x)
