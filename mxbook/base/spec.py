"""The signature of an array: shape, element type, context and storage type as one interned object.

Two arrays of the same kind share the *same* Spec, so a plan is found by identity, without
comparing.
"""

import numpy as np

from . import context, shapes
from .dtypes import DEFAULT


class Spec:
    """Shape, dtype, context and storage type; made by `spec_of` only.

    `nbytes` is that of a dense array, and 0 for a sparse one, whose size depends on its values.

    >>> spec_of((2, 3)) is spec_of((2, 3))
    True
    """

    __slots__ = ("ctx", "dtype", "nbytes", "shape", "size", "stype")

    def __init__(self, shape: tuple[int, ...], dtype: np.dtype, ctx: context.Context, stype: str):
        self.shape, self.dtype, self.ctx, self.stype = shape, dtype, ctx, stype
        self.size = shapes.size(shape)
        self.nbytes = self.size * dtype.itemsize if stype == "default" else 0

    def __repr__(self) -> str:
        stype = "" if self.stype == "default" else f"  {self.stype}"
        return f"{shapes.text(self.shape)}  {self.dtype}  {self.ctx}{stype}"

    def stored_as(self, stype: str) -> "Spec":
        """The same array in another storage type."""
        return spec_of(self.shape, self.dtype, self.ctx, stype)


_specs: dict[tuple, Spec] = {}
_FORGET_ABOVE = 100_000  # a program with ever new shapes must not fill the memory


def spec_of(
    shape: tuple[int, ...],
    dtype: np.dtype = DEFAULT,
    ctx: context.Context | None = None,
    stype: str = "default",
) -> Spec:
    """The one Spec of these four (the current context when none is given)."""
    ctx = context.current_context() if ctx is None else ctx
    key = (shape, dtype, ctx, stype)
    spec = _specs.get(key)
    if spec is None:
        if len(_specs) > _FORGET_ABOVE:
            _specs.clear()
        spec = _specs[key] = Spec(shape, dtype, context.intern(ctx), stype)
    return spec
