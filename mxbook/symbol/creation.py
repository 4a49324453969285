"""Symbols that make arrays, and functions whose result is found by several operators."""

from collections.abc import Sequence
from typing import Any

from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import ParameterError

from . import registry as F
from .symbol import Symbol


def _name(dtype: Any) -> str:
    return "float32" if dtype is None else as_dtype(dtype).name


def zeros(shape, dtype=None, **kwargs: Any) -> Symbol:
    """An array of zeros.

    >>> zeros((2, 3)).infer_shape()[1]
    [(2, 3)]
    """
    return F._zeros(shape=shape, dtype=_name(dtype), **kwargs)


def ones(shape, dtype=None, **kwargs: Any) -> Symbol:
    """An array of ones."""
    return F._ones(shape=shape, dtype=_name(dtype), **kwargs)


def full(shape, val: float, dtype=None, **kwargs: Any) -> Symbol:
    """An array with the same value everywhere."""
    return F._full(shape=shape, dtype=_name(dtype), value=float(val), **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype=None,
) -> Symbol:
    """Evenly spaced numbers from `start` (0 when only one is given) to below `stop`, each
    `repeat` times.

    >>> arange(1, 4).eval()[0].asnumpy()
    array([1., 2., 3.], dtype=float32)
    """
    return F._arange(
        start=start,
        stop=stop,
        step=step,
        repeat=repeat,
        infer_range=infer_range,
        name=name,
        dtype=_name(dtype),
    )


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, name: str | None = None, dtype=None
) -> Symbol:
    """`num` evenly spaced numbers from `start` to `stop` (to below it without `endpoint`)."""
    return F._linspace(
        start=start, stop=stop, num=num, endpoint=endpoint, name=name, dtype=_name(dtype)
    )


def eye(N: int, M: int = 0, k: int = 0, dtype=None, **kwargs: Any) -> Symbol:
    """Ones on the `k`-th diagonal of an N by M matrix (square when M is 0), zeros elsewhere."""
    return F._eye(N=N, M=M, k=k, dtype=_name(dtype), **kwargs)


def histogram(
    a: Symbol, bins: int | Symbol = 10, range: Sequence[float] | None = None, **kwargs: Any
) -> Symbol:
    """How many elements lie in each bin, and the edges of the bins: two outputs.

    `bins` is the number of bins of one width in `range`, or a symbol for the edges.  Raises
    ParameterError for a number of bins without a range, which depends on values.
    """
    if isinstance(bins, Symbol):
        return F._histogram(data=a, bins=bins, **kwargs)
    if not isinstance(bins, int) or range is None:
        raise ParameterError(
            f"histogram: bins={bins!r}, range={range!r}",
            rule="a whole number of bins and a range, or a Symbol of the edges",
        )
    return F._histogram(data=a, bin_cnt=bins, range=range, **kwargs)


def split_v2(
    ary: Symbol,
    indices_or_sections: int | Sequence[int],
    axis: int = 0,
    squeeze_axis: bool = False,
) -> Symbol:
    """An array cut into equal parts (a number) or at given positions (a tuple), along an axis.

    >>> len(split_v2(zeros((4, 2)), (1, 3)))
    3
    """
    if isinstance(indices_or_sections, int):
        indices, sections = [], indices_or_sections
    else:
        indices, sections = [0, *indices_or_sections], 0
    return F._split_v2(
        ary, indices=indices, axis=axis, squeeze_axis=squeeze_axis, sections=sections
    )
