"""Elementwise formulas of several steps, worked off block by block.

Every step of a formula (`mom *= momentum`, `mom -= step`, ...) is a pass over its arrays.  Large
arrays do not stay in the processor's cache from one pass to the next; parts of them do.  So all
steps are done on the first part, then all on the second, and so on.  What a step needs beside its
arrays is memory that every part uses again.
"""

from collections.abc import Callable
from typing import Any

from .scratch import scratch

# Numbers in a part.  A few arrays of so many stay in a processor's cache, the last level included;
# with smaller parts the many calls cost more than a nearer cache brings.
BLOCK = 2**18
SMALL = 2**12  # up to so many, fresh memory costs less than looking for used one


def in_blocks(k: Any, p: Any, formula: Callable, spare: int, out: Any, *arrays: Any) -> Any:
    """Call `formula(xp, p, out, *arrays, *spare arrays)` for all parts; returns `out`.

    `out` is a new array like the first one where it is None.  All are in C order, of one size.
    There are `spare` spare arrays, with unset values, of the last array's type.  As `out` may be
    one of the arrays, a formula writes it last.

    >>> import numpy
    >>> from types import SimpleNamespace
    >>> def squared_sum(xp, p, out, a, b, t):
    ...     xp.add(a, b, out=t)
    ...     xp.multiply(t, t, out=out)
    >>> k = SimpleNamespace(xp=numpy)
    >>> in_blocks(k, None, squared_sum, 1, None, numpy.arange(3.0), numpy.ones(3))
    array([1., 4., 9.])
    """
    xp, first = k.xp, arrays[0]
    if out is None:
        out = xp.empty(first.shape, first.dtype)
    size, dtype, shape = first.size, arrays[-1].dtype, (spare, *first.shape)
    if size <= SMALL:  # too small for a compiled twin as well: it need not be asked for
        plain = getattr(formula, "__wrapped__", formula)
        plain(xp, p, out, *arrays, *xp.empty(shape, dtype))
        return out
    # A processor's cache is the reason for blocks; a GPU wants all at once.
    length = BLOCK if xp.__name__ == "numpy" else size
    if size <= length:
        formula(xp, p, out, *arrays, *scratch(xp, "spare", shape, dtype))
        return out
    flat = [a.reshape(-1) for a in (out, *arrays)]

    def some(begin: int, end: int) -> None:
        memory = scratch(xp, "spare", (spare, length), dtype)
        for at in range(begin, end, length):
            to = min(at + length, end)
            formula(xp, p, *[a[at:to] for a in flat], *memory[:, : to - at])

    k.share(size, size * len(flat), some)
    return out
