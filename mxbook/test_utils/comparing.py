"""Assertions on arrays: equal within a tolerance, with words about the worst places.

Two elements agree when `|a - b| <= atol + rtol * |b|`.  How far they are apart is told as a
multiple of what is allowed: an error of 2 is twice the tolerance.  Arguments are NumPy arrays,
dense or sparse NDArrays, numbers or lists.

Source: MXNet 1.6, `mxnet.test_utils`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ndarray.ndarray import NDArray
from mxbook.symbol.symbol import Symbol

RTOL, ATOL, ETOL = 1e-5, 1e-20, 0
SMALLEST = 1e-20  # what differences are measured by where the tolerance is 0


def host(array: Any) -> np.ndarray:
    """An array in host memory, dense; waits for it.

    >>> host([1, 2])
    array([1, 2])
    """
    return array.asnumpy() if isinstance(array, NDArray) else np.asarray(array)


# ---- tolerances


def get_rtol(rtol: float | None = None) -> float:
    """The relative tolerance: the given one, or 1e-5."""
    return RTOL if rtol is None else rtol


def get_atol(atol: float | None = None) -> float:
    """The absolute tolerance: the given one, or 1e-20, which is as good as none."""
    return ATOL if atol is None else atol


def get_etol(etol: float | None = None) -> float:
    """The share of elements that may be wrong: the given one, or 0."""
    return ETOL if etol is None else etol


def get_tolerance(rtol: float, ctx: dict) -> float:
    """The absolute tolerance that goes with a relative one: `ctx["atol"]`, or `ctx["atol_mult"]`
    times `rtol`, or `rtol`.

    >>> get_tolerance(0.5, {"atol_mult": 4})
    2.0
    """
    return ctx.get("atol", ctx.get("atol_mult", 1) * rtol)


# ---- comparing


def same(a: Any, b: Any) -> bool:
    """Whether two arrays have the same shape and equal elements (NaN equals nothing).

    >>> same([1, 2], np.array([1.0, 2.0]))
    True
    """
    return np.array_equal(host(a), host(b))


def almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Whether all elements agree within the tolerance; see `assert_almost_equal`.

    >>> almost_equal(np.array([1.0]), np.array([1.0001]), rtol=1e-3)
    True
    """
    return bool((violations(a, b, rtol, atol, equal_nan, use_broadcast) <= 1).all())


def violations(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> np.ndarray:
    """How many times the tolerance each element of `a` is away from that of `b`.

    Infinite where one of them is not a number, or infinite and the other is not.  Raises
    AssertionError for shapes that do not fit.

    >>> violations(np.array([1.0, 2.0]), np.array([1.0, 2.5]), rtol=0.1, atol=0)
    array([0., 2.])
    """
    a, b = _as_wide(host(a)), _as_wide(host(b))
    if not use_broadcast:
        checkShapes(a, b)
    try:
        a, b = np.broadcast_arrays(a, b)
    except ValueError:
        raise AssertionError(_shapes_differ(a, b)) from None
    with np.errstate(invalid="ignore", over="ignore"):
        allowed = get_atol(atol) + get_rtol(rtol) * np.abs(b)
        found = np.abs(a - b) / np.where(allowed > 0, allowed, SMALLEST) + (allowed == 0)
    equal = a == b  # infinite ones, too
    if equal_nan:
        equal |= np.isnan(a) & np.isnan(b)
    return np.where(equal, 0.0, np.where(np.isfinite(a) & np.isfinite(b), found, np.inf))


def _as_wide(array: np.ndarray) -> np.ndarray:
    """Numbers as float64 (or complex128), so that the comparison itself does not round."""
    return array.astype(np.result_type(array, np.float64), copy=False)


def find_max_violation(
    a: Any, b: Any, rtol: float | None = None, atol: float | None = None
) -> tuple[tuple[int, ...], float]:
    """Where two arrays differ most, and how many times the tolerance that is.

    >>> find_max_violation([1.0, 2.0], [1.0, 2.5], rtol=0.1, atol=0)
    ((1,), 2.0)
    """
    found = violations(a, b, rtol, atol)
    place = np.unravel_index(np.argmax(found), found.shape)
    return tuple(int(i) for i in place), float(found[place])


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Raise AssertionError unless all elements agree: `|a - b| <= atol + rtol * |b|`.

    The message tells the worst `mismatches[0]` places with their values.  With `equal_nan` NaN
    agrees with NaN; with `use_broadcast` off the shapes must be equal.  (All mismatches are
    counted, so `mismatches[1]`, where MXNet stops counting, means nothing.)

    >>> assert_almost_equal(np.array([1.0, 2.0]), np.array([1.0, 2.5]), rtol=0.1)
    Traceback (most recent call last):
    AssertionError: Items are not equal:
    Error 2.000000 exceeds tolerance rtol=1.000000e-01, atol=1.000000e-20 (mismatch 50.000000%).
    Location of maximum error: (1,), a=2.00000000, b=2.50000000
     ACTUAL: array([1., 2.])
     DESIRED: array([1. , 2.5])
    Maximum errors of 2 elements:
      1: Error 2.000000  Location of error: (1,), a=2.00000000, b=2.50000000
    """
    found = violations(a, b, rtol, atol, equal_nan, use_broadcast)
    wrong = found > 1
    if not wrong.any():
        return
    a, b = host(a), host(b)
    places = [_Place(a, b, found, i, names) for i in _worst(found, max(1, mismatches[0]))]
    tolerance = f"rtol={get_rtol(rtol):e}, atol={get_atol(atol):e}"
    lines = [
        "Items are not equal:",
        f"Error {places[0].error:f} exceeds tolerance {tolerance} (mismatch {wrong.mean():%}).",
        f"Location of maximum error: {places[0].values}",
        *_both(a, b),
    ]
    if mismatches[0]:
        lines.append(f"Maximum errors of {found.size} elements:")
    for number, place in enumerate(places[: mismatches[0]], start=1):
        lines.append(f"{number:3}: Error {place.error:f}  Location of error: {place.values}")
    raise AssertionError("\n".join(lines))


class _Place:
    """An element of two arrays in words."""

    def __init__(
        self, a: np.ndarray, b: np.ndarray, found: np.ndarray, number: int, names: Sequence[str]
    ):
        index = np.unravel_index(number, found.shape)
        self.error = float(found[index])
        pair = [np.broadcast_to(x, found.shape)[index] for x in (a, b)]
        shown = ", ".join(f"{n}={x:.8f}" for n, x in zip(names, pair, strict=True))
        self.values = f"{tuple(int(i) for i in index)}, {shown}"


def _worst(found: np.ndarray, count: int) -> list[int]:
    """The flat positions of the largest violations, at most so many, largest first."""
    order = np.argsort(-found, axis=None, kind="stable")[:count]
    return [int(i) for i in order if found.flat[i] > 1]


def _both(a: np.ndarray, b: np.ndarray) -> list[str]:
    """Two arrays in a few lines each."""
    shown = []
    for label, array in ((" ACTUAL: ", a), (" DESIRED: ", b)):
        lines = repr(array).split("\n")
        more = "..." if len(lines) > 3 else ""
        shown.append(label + "\n".join(lines[:3]) + more)
    return shown


def assert_allclose(
    a: Any, b: Any, rtol: float = 1e-7, atol: float = 0, equal_nan: bool = True
) -> None:
    """`assert_almost_equal` with the tolerances and the rule for NaN of NumPy's function."""
    assert_almost_equal(a, b, rtol, atol, equal_nan=equal_nan)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    etol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
) -> None:
    """`assert_almost_equal` that lets a share `etol` of the elements be wrong.

    >>> assert_almost_equal_with_err([1, 2, 3, 4], [1, 2, 3, 5], etol=0.25)
    """
    wrong = violations(a, b, rtol, atol, equal_nan) > 1
    if wrong.mean() > get_etol(etol):
        try:
            assert_almost_equal(a, b, rtol, atol, names, equal_nan)
        except AssertionError as error:
            rates = f"Error_rate={wrong.mean():f}, etol={get_etol(etol):f}."
            raise AssertionError(f"{error}\n{rates}") from None


def _without_nan(a: Any, b: Any) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays with 0 in both where one of them is NaN."""
    a, b = np.array(host(a)), np.array(host(b))
    skipped = np.isnan(a) | np.isnan(b)
    a[skipped] = b[skipped] = 0
    return a, b


def almost_equal_ignore_nan(
    a: Any, b: Any, rtol: float | None = None, atol: float | None = None
) -> bool:
    """`almost_equal` where NaN agrees with everything.

    >>> almost_equal_ignore_nan(np.array([1, np.nan]), np.array([1.0, 2.0]))
    True
    """
    return almost_equal(*_without_nan(a, b), rtol, atol)


def assert_almost_equal_ignore_nan(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
) -> None:
    """`assert_almost_equal` where NaN agrees with everything."""
    assert_almost_equal(*_without_nan(a, b), rtol, atol, names)


def checkShapes(a: Any, b: Any) -> None:  # noqa: N802 - MXNet's name
    """Raise AssertionError unless two arrays have the same shape."""
    if np.shape(a) != np.shape(b):
        raise AssertionError(_shapes_differ(host(a), host(b)))


def _shapes_differ(a: np.ndarray, b: np.ndarray) -> str:
    shapes = f"a.shape = {a.shape} and b.shape = {b.shape} are not equal"
    return "\n".join([f"Items are not equal: {shapes}", *_both(a, b)])


def assert_exception(f: Callable, exception_type: type, *args: Any, **kwargs: Any) -> None:
    """Raise AssertionError unless `f(*args, **kwargs)` raises an exception of this type.

    >>> assert_exception(int, ValueError, "one")
    """
    try:
        f(*args, **kwargs)
    except exception_type:
        return
    raise AssertionError(f"{f} did not raise {exception_type.__name__}")


def compare_ndarray_tuple(
    t1: Any, t2: Any, rtol: float | None = None, atol: float | None = None
) -> None:
    """`assert_almost_equal` for arrays in tuples in tuples; None agrees with everything."""
    if t1 is None or t2 is None:
        return
    if isinstance(t1, tuple):
        for a, b in zip(t1, t2, strict=True):
            compare_ndarray_tuple(a, b, rtol, atol)
    else:
        assert_almost_equal(t1, t2, rtol, atol)


# ---- memory and structure


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Whether two arrays are the same memory: a change of one is a change of the other.

    Both are as before afterwards.

    >>> from mxbook import nd
    >>> x = nd.ones((2, 3))
    >>> same_array(x, x[:]), same_array(x, x.copy())
    (True, False)
    """
    array1[:] += 1
    changed = same(array1, array2)
    array1[:] -= 1
    return changed and same(array1, array2)


def same_symbol_structure(sym1: Symbol, sym2: Symbol) -> bool:
    """Whether two symbols are the same operators on the same inputs, whatever their names.

    >>> from mxbook import sym
    >>> x, y = sym.var("x"), sym.var("y")
    >>> same_symbol_structure(x + y, y + x), same_symbol_structure(x + y, x * y)
    (True, False)
    """
    return _structure(sym1) == _structure(sym2)


def _structure(symbol: Symbol) -> tuple:
    import json

    graph = json.loads(symbol.tojson())
    return [(node["op"], node["inputs"]) for node in graph["nodes"]], graph["heads"]


# ---- summing up


def collapse_sum_like(a: Any, shape: Sequence[int]) -> np.ndarray:
    """The sum over the axes along which `shape` would be stretched to that of `a`.

    That is the gradient of broadcasting.  Raises ShapeError where it cannot be stretched.

    >>> collapse_sum_like(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    """
    a, shape = host(a), tuple(shape)
    extra = a.ndim - len(shape)
    padded = (1,) * extra + shape
    if extra < 0 or any(s not in (1, n) for s, n in zip(padded, a.shape, strict=True)):
        raise ShapeError(f"an array of the shape {shape} cannot be stretched to {a.shape}")
    axes = tuple(i for i, s in enumerate(padded) if s != a.shape[i] or i < extra)
    return a.sum(axes, keepdims=True).reshape(shape)


def np_reduce(
    dat: Any, axis: int | Sequence[int] | None, keepdims: bool, numpy_reduce_func: Callable
) -> np.ndarray:
    """Apply a NumPy function such as `np.sum`, which knows one axis, along several, one by one.

    >>> np_reduce(np.ones((2, 3, 4)), (0, 2), True, np.sum).shape
    (1, 3, 1)
    """
    dat = host(dat)
    axes = range(dat.ndim) if axis is None else np.atleast_1d(axis)
    if any(not -dat.ndim <= i < dat.ndim for i in axes):
        raise ParameterError(f"an array of the shape {dat.shape} has no axis {axis}")
    places = {int(i) % dat.ndim for i in axes}
    found = dat
    for place in sorted(places, reverse=True):
        found = numpy_reduce_func(found, axis=place)
    shape = [1 if i in places else n for i, n in enumerate(dat.shape)]
    return np.reshape(found, shape) if keepdims else found
