"""The text of an array, to the letter as MXNet writes it."""

from typing import Any


def text_of(array: Any) -> str:
    """The values as NumPy prints them, then class, shape and device.

    >>> import mxbook as mx
    >>> print(mx.nd.zeros((1, 2)))
    <BLANKLINE>
    [[0. 0.]]
    <NDArray 1x2 @cpu(0)>
    """
    shape = "x".join(map(str, array.shape))
    return f"\n{array.asnumpy()!s}\n<{type(array).__name__} {shape} @{array.context}>"
