"""Operators that are computed by calling other operators: loops, branches, a user's own functions.

They have no kernel.  Whoever computes a graph calls `run(p, inputs, memory)` on arrays, and what
that calls is recorded as usual, so gradients need no rule of their own.  They stand in no table:
each front end makes its own functions for them.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base.errors import MXNetError

from .operator import Operator
from .params import Param, Values


class Composite(Operator):
    """An operator with `run(p, inputs, memory)` in place of a kernel; returns all outputs.

    `memory` is a dict that stays with the node as long as the graph is bound (custom operators
    keep their state there).
    """

    def __init__(self, name: str, run: Callable, params: Sequence[Param] = (), **fields: Any):
        self.what: str = fields.pop("what", name)  # how errors name it
        super().__init__(name, _no_kernel, tuple(params), source=run, bools=True, **fields)
        self.run = run


def _no_kernel(_k: Any, _p: Any, *_data: Any) -> Any:
    raise MXNetError("this operator is computed by others", hint="use mx.sym or a bound executor")


# How a file's node is understood: (attributes as text, subgraphs) -> operator and parameters.
Reader = Callable[[dict[str, str], list], tuple[Operator, Values]]
readers: dict[str, Reader] = {}
