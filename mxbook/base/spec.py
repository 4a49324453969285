"""The signature of an array: shape, element type and context as one interned object.

Two arrays of the same kind share the *same* Spec, so a plan is found by identity, without
comparing.
"""

import numpy as np

from . import context, shapes
from .dtypes import DEFAULT


class Spec:
    """Shape, dtype and context; made by `spec_of` only.

    >>> spec_of((2, 3)) is spec_of((2, 3))
    True
    """

    __slots__ = ("ctx", "dtype", "nbytes", "shape", "size")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, ctx: context.Context):
        self.shape, self.dtype, self.ctx = shape, dtype, ctx
        self.size = shapes.size(shape)
        self.nbytes = self.size * dtype.itemsize

    def __repr__(self) -> str:
        return f"{shapes.text(self.shape)}  {self.dtype}  {self.ctx}"


_specs: dict[tuple, Spec] = {}
_FORGET_ABOVE = 100_000  # a program with ever new shapes must not fill the memory


def spec_of(
    shape: tuple[int, ...],
    dtype: np.dtype = DEFAULT,
    ctx: context.Context | None = None,
) -> Spec:
    """The one Spec of these three (the current context when none is given)."""
    ctx = context.current_context() if ctx is None else ctx
    key = (shape, dtype, ctx)
    spec = _specs.get(key)
    if spec is None:
        if len(_specs) > _FORGET_ABOVE:
            _specs.clear()
        spec = _specs[key] = Spec(shape, dtype, context.intern(ctx))
    return spec
