"""Arrays that `mx.np` makes from numbers alone: unit matrices, indices, windows, ranges."""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.dtypes import FLOATS
from mxbook.base.errors import ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, DType, Int, Real, Shape
from mxbook.ops.registry import operator

from .creation import CTX, DTYPE, SHAPE

CREATION: dict[str, Any] = {"type": rules.parameter_type}


@operator(
    "_npi_eye",
    Int("N", low=0, doc="Rows."),
    Int("M", None, low=0, doc="Columns; as many as rows when None."),
    Int("k", 0, doc="Which diagonal; above 0 upper ones."),
    CTX,
    DTYPE,
    shape=lambda p: ([], [(p.N, p.N if p.M is None else p.M)]),
    **CREATION,
)
def np_eye(k, p):
    """Ones on a diagonal, zeros elsewhere."""
    return k.xp.eye(p.N, p.M, p.k, dtype=p.dtype)


np_eye.example(N=3, M=4, k=1).gives(lambda: np.eye(3, 4, 1))


@operator("_npi_identity", SHAPE, CTX, DTYPE, **CREATION)
def np_identity(k, p):
    """A unit matrix of the shape `(n, n)`."""
    return k.xp.eye(*p.shape, dtype=p.dtype)


@np_identity.shapes
def _(p):
    if len(p.shape) != 2 or p.shape[0] != p.shape[1]:
        raise ShapeError(f"shape={p.shape} of a unit matrix", rule="(n, n)")
    return [], [p.shape]


np_identity.example(shape=(3, 3)).gives(lambda: np.eye(3))


@operator(
    "_npi_indices",
    Shape("dimensions", doc="Lengths of the grid."),
    DType("dtype", "int32", doc="Element type of the result."),
    CTX,
    shape=lambda p: ([], [(len(p.dimensions), *p.dimensions)]),
    **CREATION,
)
def np_indices(k, p):
    """The indices of a grid: `out[i]` holds at each place its index along axis `i`."""
    return k.xp.indices(p.dimensions, dtype=p.dtype)


np_indices.example(dimensions=(2, 3)).gives(lambda: np.indices((2, 3)))


def _window(name: str, doc: str) -> None:
    """Register a window function: weights that fade towards both ends."""

    def kernel(k, p):
        return k.to_device(getattr(np, name)(p.M or 0).astype(p.dtype))

    params = (Int("M", None, doc="How many weights."), CTX, DTYPE)
    shape: Callable = lambda p: ([], [(max(0, p.M or 0),)])  # noqa: E731
    op = operator(f"_npi_{name}", *params, shape=shape, doc=doc, source=_window, **CREATION)(kernel)
    op.example(M=5).gives(lambda: getattr(np, name)(5))


_window("hanning", "`0.5 - 0.5 cos(2 pi i / (M - 1))`, for i from 0 to M - 1.")
_window("hamming", "`0.54 - 0.46 cos(2 pi i / (M - 1))`, for i from 0 to M - 1.")
_window("blackman", "`0.42 - 0.5 cos(2 pi i / (M - 1)) + 0.08 cos(4 pi i / (M - 1))`.")


@operator(
    "_npi_logspace",
    Real("start", doc="The first exponent."),
    Real("stop", doc="The last exponent."),
    Int("num", low=0, doc="How many numbers."),
    Bool("endpoint", True, doc="Whether `stop` is the last one; else it would come next."),
    Real("base", 10.0, doc="The number that is raised."),
    CTX,
    DTYPE,
    shape=lambda p: ([], [(p.num,)]),
    **CREATION,
)
def np_logspace(k, p):
    """Powers of `base` whose exponents are evenly spaced."""
    values = np.logspace(p.start, p.stop, p.num, p.endpoint, p.base)
    return k.to_device((values if p.dtype in FLOATS else np.trunc(values)).astype(p.dtype))


np_logspace.example(start=0, stop=2, num=3).gives(lambda: np.logspace(0, 2, 3))
