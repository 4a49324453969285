"""Shapes and axes: `mx.np.reshape`, `stack`, `split`, ...  Source: MXNet 1.6, `mx.np`."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook.base.errors import ParameterError, ShapeError
from mxbook.symbol import Symbol

from .front import front
from .multiarray import _only_c, ndarray


def shape(a: Any) -> tuple[int, ...]:
    """The lengths along the axes."""
    return a.shape if hasattr(a, "shape") else np.shape(a)


def reshape(a, newshape, order="C", out=None) -> Any:
    """The same elements in another shape; one length may be -1."""
    _only_c(order)
    return front(a)._np_reshape(a, newshape=newshape, out=out)


def ravel(x, order="C") -> Any:
    """The elements along one axis."""
    _only_c(order)
    return front(x)._np_reshape(x, newshape=-1)


def transpose(a, axes=None) -> Any:
    """The axes in another order, reversed when None."""
    return front(a)._np_transpose(a, axes=axes)


def moveaxis(a, source, destination) -> Any:
    """Axes in other places; the order of the others stays."""
    return front(a)._np_moveaxis(a, source=source, destination=destination)


def swapaxes(a, axis1, axis2) -> Any:
    """Two axes in each other's place."""
    return front(a)._npi_swapaxes(a, dim1=axis1, dim2=axis2)


def expand_dims(a, axis) -> Any:
    """An axis of length 1 inserted."""
    return front(a)._npi_expand_dims(a, axis=axis)


def squeeze(a, axis=None, out=None) -> Any:
    """The array without axes of length 1, or without those given."""
    return front(a)._np_squeeze(a, axis=axis, out=out)


def broadcast_to(array, shape, out=None) -> Any:
    """The array stretched to a shape."""
    return front(array)._np_broadcast_to(array, shape=shape, out=out)


def broadcast_arrays(*args) -> list:
    """All arrays stretched to one shape."""
    common = np.broadcast_shapes(*[a.shape for a in args])
    return [broadcast_to(a, common) for a in args]


def meshgrid(*xi, **kwargs) -> list:
    """The coordinates of a grid, one array for each axis; `indexing` "xy" turns the first two.

    `sparse=True` leaves axes of length 1, and `copy=False` is not supported.
    """
    indexing, sparse = kwargs.pop("indexing", "xy"), kwargs.pop("sparse", False)
    if not kwargs.pop("copy", True) or kwargs or indexing not in ("xy", "ij"):
        raise ParameterError("meshgrid takes indexing='xy' or 'ij' and sparse")
    lead = len(xi)
    places = list(range(lead))
    if indexing == "xy" and lead > 1:
        places[:2] = [1, 0]
    shaped = [
        reshape(x, tuple(-1 if i == places[n] else 1 for i in range(lead)))
        for n, x in enumerate(xi)
    ]
    return shaped if sparse else broadcast_arrays(*shaped)


def roll(a, shift, axis=None) -> Any:
    """The elements moved along axes; what falls off one end comes in at the other."""
    return front(a)._np_roll(a, shift=shift, axis=axis)


def rot90(m, k=1, axes=(0, 1)) -> Any:
    """Quarter turns in the plane of two axes."""
    return front(m)._npi_rot90(m, k=k, axes=axes)


def flip(m, axis=None, out=None) -> Any:
    """The elements in reverse order along axes, all of them when None."""
    if axis is None:
        axis = tuple(range(m.ndim))
    return front(m)._npi_flip(m, axis=axis, out=out)


def tile(A, reps) -> Any:
    """The array repeated along axes."""
    return front(A)._npi_tile(A, reps=reps)


def repeat(a, repeats, axis=None) -> Any:
    """Each element (or part along an axis) several times."""
    return front(a)._np_repeat(a, repeats=repeats, axis=axis)


def tril(m, k=0) -> Any:
    """The matrices in the last two axes with zeros above a diagonal."""
    return front(m)._npi_tril(m, k=k)


def concatenate(seq, axis=0, out=None) -> Any:
    """Arrays put together along an axis; as flat arrays when None."""
    F = front(*seq)
    if axis is None:
        seq, axis = [F._np_reshape(a, newshape=-1) for a in seq], 0
    return F._npi_concatenate(*seq, dim=axis, out=out)


def append(arr, values, axis=None) -> Any:
    """`values` behind `arr`, along an axis or as flat arrays."""
    return concatenate([arr, values], axis)


def stack(arrays, axis=0, out=None) -> Any:
    """Arrays of one shape put together along a new axis."""
    return front(*arrays)._npi_stack(*arrays, axis=axis, out=out)


def vstack(arrays, out=None) -> Any:
    """Arrays one below the other; vectors are rows."""
    return front(*arrays)._npi_vstack(*arrays, out=out)


def column_stack(tup) -> Any:
    """Arrays side by side; vectors are columns."""
    return front(*tup)._npi_column_stack(*tup)


def dstack(arrays) -> Any:
    """Arrays one behind the other, along a third axis."""
    return front(*arrays)._npi_dstack(*arrays)


def _cut(indices_or_sections, length) -> dict[str, Any]:
    """The parameters of an operator that cuts: equal parts, or where they begin."""
    if isinstance(indices_or_sections, Sequence):
        return {"indices": (0, *indices_or_sections), "sections": 0}
    if length is not None and length % indices_or_sections:
        raise ShapeError("array split does not result in an equal division")
    return {"indices": (), "sections": indices_or_sections}


def _list(found: Any) -> list:
    if isinstance(found, list | tuple):
        return list(found)
    return found if isinstance(found, Symbol) and len(found) > 1 else [found]


def split(ary, indices_or_sections, axis=0) -> list:
    """The array cut along an axis: into equal parts, or at given places."""
    length = ary.shape[axis] if isinstance(ary, ndarray) else None
    cut = _cut(indices_or_sections, length)
    return _list(front(ary)._npi_split(ary, axis=axis, squeeze_axis=False, **cut))


def hsplit(ary, indices_or_sections) -> list:
    """The array cut along its second axis, a vector along its only one."""
    if isinstance(ary, ndarray) and not ary.ndim:
        raise ShapeError("hsplit only works on arrays of 1 or more dimensions")
    length = ary.shape[min(1, ary.ndim - 1)] if isinstance(ary, ndarray) else None
    return _list(front(ary)._npi_hsplit(ary, axis=1, **_cut(indices_or_sections, length)))


def vsplit(ary, indices_or_sections) -> list:
    """The array cut along its first axis; it needs two axes."""
    if isinstance(ary, ndarray) and ary.ndim < 2:
        raise ShapeError("vsplit only works on arrays of 2 or more dimensions")
    return split(ary, indices_or_sections, 0)
