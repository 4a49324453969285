"""The lives of values as rectangles: instructions to the right, bytes upwards."""

from collections.abc import Sequence
from itertools import accumulate
from string import ascii_uppercase
from typing import NamedTuple

from .plan import MemoryPlan, Value


class Life(NamedTuple):
    """The rectangle of a value: from `first` to before `end`, from byte `base` on, `nbytes` high.

    `lane` is the number of the buffer; those for one value each come after the shared ones.
    `over` is the place of the life that it is written over, -1 for none: an operation that works
    in place takes the memory of its input while it still reads it.
    """

    base: int
    nbytes: int
    first: int
    end: int
    lane: int
    over: int


def shared(plan: MemoryPlan) -> tuple[list[Life], list[int]]:
    """Rectangles for the values of a plan, and the bytes of all lanes, from below.

    >>> import mxbook as mx
    >>> x = mx.sym.var("x")
    >>> plan = mx.explain.memory(mx.sym.exp(mx.sym.sin(mx.sym.tanh(x))), x=(1000,))
    >>> [(life.lane, life.first, life.end, life.over) for life in shared(plan)[0]]
    [(0, 0, 1, -1), (0, 1, 3, 0)]
    """
    sizes = list(plan.buffers)
    lanes = [_lane(value, sizes) for value in plan.values]
    return _placed(plan.values, lanes, sizes), sizes


def _lane(value: Value, sizes: list[int]) -> int:
    """The lane of a value; a new one for memory of its own."""
    if value.buffer is not None:
        return value.buffer
    sizes.append(value.spec.nbytes)
    return len(sizes) - 1


def apart(plan: MemoryPlan) -> tuple[list[Life], list[int]]:
    """The same if every node of the graph had a buffer of its own."""
    sizes = [value.spec.nbytes for value in plan.before]
    return _placed(plan.before, range(len(sizes)), sizes), sizes


def _placed(values: Sequence[Value], lanes: Sequence[int], sizes: Sequence[int]) -> list[Life]:
    bases = [0, *accumulate(sizes)]
    found: list[Life] = []
    latest: dict[int, int] = {}  # by lane
    for place, (value, lane) in enumerate(zip(values, lanes, strict=True)):
        before = latest.get(lane, -1)
        # Only an operation in place begins in a buffer at the instruction that reads it last.
        over = before if before >= 0 and values[before].last == value.first else -1
        if over >= 0:
            found[over] = found[over]._replace(end=value.first)
        latest[lane] = place
        nbytes = value.spec.nbytes
        found.append(Life(bases[lane], nbytes, value.first, value.last + 1, lane, over))
    return found


def letters(lane: int) -> str:
    """The name of a buffer: A to Z, then AA, AB and so on.

    >>> letters(0), letters(25), letters(26), letters(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    name = ""
    lane += 1
    while lane:
        lane, digit = divmod(lane - 1, 26)
        name = ascii_uppercase[digit] + name
    return name
