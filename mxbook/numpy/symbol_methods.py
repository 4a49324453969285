"""Methods of `mx.sym.np._Symbol`: those of `mx.np.ndarray` that need no values."""

from collections.abc import Callable
from typing import Any

from . import choosing, elementwise, products, reducing, shaping
from .front import front
from .symbols import _Symbol

SAME = {
    **{n: getattr(reducing, n) for n in ("sum", "prod", "mean", "std", "var", "max", "min")},
    **{n: getattr(reducing, n) for n in ("cumsum", "argmax", "argmin")},
    **{n: getattr(shaping, n) for n in ("squeeze", "swapaxes", "broadcast_to", "repeat")},
    "take": choosing.take,
    "clip": elementwise.clip,
    "dot": products.dot,
}


def install() -> None:
    """Give `_Symbol` its methods."""
    for name, function in SAME.items():
        setattr(_Symbol, name, _method(name, function))
    for method in (reshape, transpose, flatten, astype):
        method.__qualname__ = f"_Symbol.{method.__name__}"
        setattr(_Symbol, method.__name__, method)
    _Symbol.T = property(transpose, doc="The axes in reverse order.")


def _method(name: str, function: Callable) -> Callable:
    def method(self, *args: Any, **kwargs: Any) -> Any:
        return function(self, *args, **kwargs)

    method.__name__, method.__qualname__ = name, f"_Symbol.{name}"
    method.__doc__ = function.__doc__
    return method


def reshape(self, *shape: Any, **kwargs: Any) -> _Symbol:
    """The same elements in another shape; one length may be -1."""
    newshape = kwargs.get("newshape", shape[0] if len(shape) == 1 else shape)
    return front(self)._np_reshape(self, newshape=newshape)


def transpose(self, *axes: Any) -> _Symbol:
    """The axes in another order, reversed when none is given."""
    order = axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes
    return front(self)._np_transpose(self, axes=tuple(order) if order else None)


def flatten(self, order: str = "C") -> _Symbol:
    """The elements along one axis."""
    return shaping.ravel(self, order)


def astype(self, dtype: Any, **kwargs: Any) -> _Symbol:
    """The values in another element type."""
    return front(self)._npi_cast(self, dtype=dtype)
