"""Choosing between two arrays, element by element."""

from typing import Any

MANY = 2**12  # elements from which on the passes below are sooner done than NumPy's own one


def choose(xp: Any, mask: Any, x: Any, y: Any) -> Any:
    """`xp.where(mask, x, y)` for x and y of one shape and type, to which the mask stretches.

    NumPy asks for each element where to take it from.  In a mask without order the processor
    guesses wrong every second time, which takes ten times as long as computing with the bits of
    both: `y ^ ((x ^ y) & m)`, where m is -1, all ones in bits, where the mask is True.

    >>> import numpy as np
    >>> choose(np, np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, np.nan]))
    array([ 1., nan])
    """
    if xp.__name__ != "numpy" or x.size < MANY or x.itemsize > 8:
        return xp.where(mask, x, y)
    bits = f"i{x.itemsize}"
    m = mask.astype(bits)
    xp.negative(m, out=m)
    found = xp.bitwise_xor(x.view(bits), y.view(bits))
    found &= m
    found ^= y.view(bits)
    return found.view(x.dtype)
