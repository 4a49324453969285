"""`mx.npx`: what arrays of `mx.np` need beyond NumPy: layers, semantics, files, devices.

The functions are made from the operators `_npx_...`; `set_np()` switches NumPy's semantics on for
Gluon.
"""

import functools as _functools
from collections.abc import Callable as _Callable
from typing import Any as _Any

from mxbook.context import Context, cpu, cpu_pinned, current_context, gpu, gpu_memory_info, num_gpus
from mxbook.ndarray.ndarray import waitall
from mxbook.numpy import registry as _registry
from mxbook.numpy.front import front as _front
from mxbook.util import (
    get_cuda_compute_capability,
    is_np_array,
    is_np_shape,
    reset_np,
    set_np,
)

from . import random
from .files import load, save


def _function(registered: str, function: _Callable) -> _Callable:
    """The function on arrays, or on symbols if it is given some."""

    @_functools.wraps(function)
    def call(*args: _Any, **kwargs: _Any) -> _Any:
        return getattr(_front(*args, *kwargs.values()), registered)(*args, **kwargs)

    call.__module__ = "mxbook.numpy_extension"
    call.__name__ = call.__qualname__ = registered.removeprefix("_npx__image_").removeprefix(
        "_npx_"
    )
    return call


_FUNCTIONS = {
    name: _function(name, function)
    for name, function in _registry.functions.items()
    if name.startswith("_npx_")
}
globals().update({f.__name__: f for n, f in _FUNCTIONS.items() if not n.startswith("_npx__")})


def reshape(a: _Any, newshape: _Any, reverse: bool = False, order: str = "C") -> _Any:
    """The same elements in another shape, with codes from -6 to -1 among the lengths.

    -1 what is left, -2 the same length, -3 without this axis of length 1, -4 all axes that are
    left, -5 two axes put together, -6 an axis cut into the two lengths that follow.

    >>> import mxbook as mx
    >>> reshape(mx.np.ones((2, 3, 4)), (-5, 4)).shape
    (6, 4)
    """
    return _front(a)._npx_reshape(a, newshape=newshape, reverse=reverse, order=order)


from . import image  # noqa: E402 - it shows some of the functions
