"""Memory that a computation needs only while it runs, kept for the next one.

Fresh memory is slow on a processor: the operating system hands it out page by page, each at the
first touch, which takes longer than the arithmetic.  So every thread keeps one buffer for each
purpose.
"""

import math
import threading
from typing import Any

LARGEST = 2**26  # bytes; larger buffers are not kept

_local = threading.local()


def scratch(xp: Any, purpose: str, shape: tuple[int, ...], dtype: Any) -> Any:
    """An array with unset values, for use until this thread asks for the same purpose again.

    >>> import numpy
    >>> a = scratch(numpy, "example", (2, 3), "float32")
    >>> b = scratch(numpy, "example", (3,), "float64")
    >>> b.shape, numpy.may_share_memory(a, b)
    ((3,), True)
    """
    if xp.__name__ != "numpy":  # CuPy keeps its memory in a pool of its own
        return xp.empty(shape, dtype)
    dtype = xp.dtype(dtype)
    count = math.prod(shape)
    nbytes = count * dtype.itemsize
    if nbytes > LARGEST:
        return xp.empty(shape, dtype)
    buffers = _local.__dict__
    buffer = buffers.get(purpose)
    if buffer is None or len(buffer) < nbytes:
        buffer = buffers[purpose] = xp.empty(nbytes, "uint8")
    return buffer[:nbytes].view(dtype).reshape(shape)
