"""Planning memory: values that do not live at the same time share a buffer.

A value lives from the instruction that makes it to the last one that uses it.  Buffers of dead
values are taken again, the smallest one that is large enough first; an operator that may write over
its input gets the input's own buffer where that dies there.
"""

from bisect import bisect_left, insort
from collections.abc import Callable

from .code import Code, Instruction

# Operators that only give the elements another shape ...
RESHAPING = frozenset(
    "Reshape Flatten expand_dims squeeze _np_reshape _copy BlockGrad make_loss".split()
)
# ... do nothing else where there are as many before and after ...
STRETCHING = frozenset(
    "broadcast_to _np_broadcast_to broadcast_axis broadcast_like sum mean max min prod".split()
)
# ... or with the number 1.
SCALING = frozenset(("_mul_scalar", "_div_scalar"))


def reshapes(instruction: Instruction) -> bool:
    """Whether the result is the (first) input in another shape, which needs no memory of its
    own."""
    name, plan = instruction.op.name, instruction.plan
    if name in RESHAPING:
        return True
    if name not in STRETCHING and (name not in SCALING or instruction.params.scalar != 1):
        return False
    given, made = plan.inputs[0], plan.outputs[0]
    return (given.size, given.dtype, given.stype) == (made.size, made.dtype, made.stype)


class Memory:
    """A plan: `buffer[v]` is the number of the buffer of value v, `sizes` their bytes.

    `alone` is what the same values would take with a buffer each.
    """

    __slots__ = ("alone", "buffer", "sizes")

    def __init__(self):
        self.buffer: dict[int, int] = {}
        self.sizes: list[int] = []
        self.alone = 0

    @property
    def planned(self) -> int:
        """Bytes of all buffers."""
        return sum(self.sizes)


def owners(code: Code) -> dict[int, int]:
    """For each value that only is another one in another shape: that other one."""
    found: dict[int, int] = {}
    for instruction in code.instructions:
        if reshapes(instruction):
            source = instruction.inputs[0]
            found[instruction.outputs[0]] = found.get(source, source)
    return found


def last_uses(code: Code) -> dict[int, int]:
    """The last instruction that uses each value, in whatever shape."""
    owner = owners(code)
    last: dict[int, int] = {}
    for place, instruction in enumerate(code.instructions):
        for value in (*instruction.inputs, *instruction.outputs):
            last[owner.get(value, value)] = place
    return last


def plan_memory(code: Code, plannable: Callable[[Instruction], bool]) -> Memory:
    """Buffers for the results of the instructions for which `plannable` says so.

    What comes out of the code has no buffer: it belongs to whoever asked for it.
    """
    memory, owner, last = Memory(), owners(code), last_uses(code)
    out = {owner.get(v, v) for v in code.wanted}
    dying: dict[int, list[int]] = {}
    for value, place in last.items():
        dying.setdefault(place, []).append(value)
    free: list[tuple[int, int]] = []  # (bytes, buffer), rising
    for place, instruction in enumerate(code.instructions):
        dead = [v for v in dying.get(place, ()) if v in memory.buffer]
        if plannable(instruction) and not reshapes(instruction):
            for value in instruction.outputs:
                if value not in out:
                    _place(memory, code, instruction, value, free, dead)
        for value in dead:
            number = memory.buffer[value]
            insort(free, (memory.sizes[number], number))
        for value in instruction.outputs:  # hidden outputs that nobody uses
            if last.get(value) == place and value in memory.buffer and value not in dead:
                insort(free, (memory.sizes[memory.buffer[value]], memory.buffer[value]))
    return memory


def _place(memory: Memory, code: Code, instruction: Instruction, value: int, free, dead) -> None:
    """Find a buffer for a value: its input's, a free one, or a new one."""
    nbytes = code.specs[value].nbytes
    memory.alone += nbytes
    if instruction.op.in_place:
        for source in dead:
            same = code.specs[source].nbytes == nbytes
            if source in instruction.inputs and same:
                memory.buffer[value] = memory.buffer[source]
                dead.remove(source)
                return
    i = bisect_left(free, (nbytes, -1))
    if i < len(free) and free[i][0] <= 8 * nbytes + 4096:
        memory.buffer[value] = free.pop(i)[1]
        return
    if free and free[-1][0] >= nbytes // 8:  # the largest one grows
        number = free.pop()[1]
        memory.sizes[number] = max(memory.sizes[number], nbytes)
        memory.buffer[value] = number
        return
    memory.buffer[value] = len(memory.sizes)
    memory.sizes.append(nbytes)
