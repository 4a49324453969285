"""How the memory of a graph is planned, as plain data: which value lives in which buffer, and from
which instruction to which.

    print(mx.explain.memory(net, (1, 3, 224, 224)))

The same on the command line: `python -m mxbook.explain memory resnet18_v1 --shape 1,3,224,224`.
"""

from typing import Any, NamedTuple

import numpy as np

from mxbook import ndarray as nd
from mxbook.base.context import Context
from mxbook.base.dtypes import as_dtype
from mxbook.base.errors import MXNetError, ShapeError
from mxbook.base.spec import Spec, spec_of
from mxbook.gluon import HybridBlock, tracing
from mxbook.graph.code import Code, Instruction
from mxbook.graph.memory import last_uses, reshapes
from mxbook.imperative.fusion import title
from mxbook.imperative.program import Program
from mxbook.symbol.evaluate import cached
from mxbook.symbol.symbol import Symbol

CPU = Context("cpu", 0)


class Value(NamedTuple):
    """A value between: what makes it and whose it is, its kind, and where and how long it lives.

    `buffer` is the number of a shared buffer, or None for memory of its own; `first` and `last`
    are the numbers of the instructions that make it and that use it last.
    """

    number: int
    operator: str
    layer: str
    spec: Spec
    buffer: int | None
    first: int
    last: int


class MemoryPlan(NamedTuple):
    """The memory for the values between inputs and results of a program.

    `buffers` are the bytes of the shared buffers, `nodes` the bytes that the values would take if
    every node of the graph had a buffer of its own.  Parameters and their gradients, inputs and
    results are not counted: they belong to others.
    """

    train: bool
    values: list[Value]
    buffers: list[int]
    nodes: int

    @property
    def peak(self) -> int:
        """Bytes of all buffers, and of the values that have none."""
        return sum(self.buffers) + sum(v.spec.nbytes for v in self.values if v.buffer is None)

    @property
    def share(self) -> float:
        """The peak as a part of what a buffer for each node would take."""
        return self.peak / self.nodes if self.nodes else 1.0

    def __str__(self) -> str:
        own = [v for v in self.values if v.buffer is None]
        lines = [
            f"{'training' if self.train else 'prediction'}: {len(self.values)} values between",
            f"  one buffer for each node  {self.nodes:>15,} bytes",
            f"  {f'in {len(self.buffers)} shared buffers':<24}  {sum(self.buffers):>15,} bytes",
        ]
        if own:
            nbytes = sum(v.spec.nbytes for v in own)
            lines.append(f"  {f'{len(own)} with memory of their own':<24}  {nbytes:>15,} bytes")
        return "\n".join([*lines, f"  that is {self.share:.1%}"])

    def data(self) -> dict[str, Any]:
        """Everything as texts and numbers, ready for JSON."""
        rows = [
            {
                **{k: v for k, v in value._asdict().items() if k != "spec"},
                "shape": list(value.spec.shape),
                "dtype": value.spec.dtype.name,
                "bytes": value.spec.nbytes,
            }
            for value in self.values
        ]
        totals = {"peak": self.peak, "nodes": self.nodes, "train": self.train}
        return {**totals, "buffers": self.buffers, "values": rows}


def memory(net: Any, *shapes: tuple, train: bool = False, **named: tuple) -> MemoryPlan:
    """The memory plan of a HybridBlock or a Symbol for inputs of these shapes.

    Nothing is computed.  Shapes are given in the order of the inputs, or by name for a Symbol.  In
    training the gradients of everything else are computed, too.  Raises ShapeError where a shape
    does not follow, MXNetError for a graph that does not run as one program.

    >>> import mxbook as mx
    >>> x = mx.sym.var("x")
    >>> memory(mx.sym.exp(mx.sym.sin(mx.sym.tanh(x))), x=(1000,)).share
    0.5
    """
    graph = net
    if isinstance(net, HybridBlock):
        graph = tracing.only_trace(net, tuple([nd.zeros(s) for s in shapes])).graph
        names = [f"data{i}" for i in range(len(shapes))] if len(shapes) > 1 else ["data"]
        named = dict(zip(names, shapes, strict=True))
    elif shapes:
        named = dict(zip(graph.list_arguments(), shapes, strict=False))
    return plan_of(program_of(graph, named, train))


def program_of(graph: Symbol, shapes: dict[str, tuple], train: bool) -> Program:
    """The program of a symbol for inputs of these shapes; in training with all other gradients."""
    found = cached(graph._entries, "explain")
    if not found.plannable:
        raise MXNetError(
            "this graph does not run as one program",
            rule="loops, branches and operators of one's own are computed node by node",
        )
    spec_by_name = _specs(graph, shapes)
    specs = tuple([spec_by_name[v.name] for v in found.variables])
    own = {*shapes, *graph.list_auxiliary_states()}
    wanted = tuple([train and v.name not in own for v in found.variables])
    return found.program(specs, train, wanted)


def _specs(graph: Symbol, shapes: dict[str, tuple]) -> dict[str, Spec]:
    """Shape and type of every variable."""
    arguments, _, states = graph.infer_shape_partial(**shapes)
    types, _, state_types = graph.infer_type_partial()
    names = [*graph.list_arguments(), *graph.list_auxiliary_states()]
    rows = list(zip(names, [*arguments, *states], [*types, *state_types], strict=True))
    unknown = [name for name, shape, _ in rows if not shape or 0 in shape]
    if unknown:
        raise ShapeError(
            f"the shape of {', '.join(unknown)} does not follow", rule="give those of the inputs"
        )
    return {n: spec_of(s, as_dtype(t or np.float32), CPU) for n, s, t in rows}


def plan_of(program: Program) -> MemoryPlan:
    """The plan of a program, as plain data."""
    steps, buffer = program.steps, program.memory.buffer
    last = last_uses(steps)
    values = [
        Value(v, title(x), x.layer, steps.specs[v], buffer.get(v), place, last[v])
        for place, x, v in _between(steps)
    ]
    nodes = sum(program.code.specs[v].nbytes for _, _, v in _between(program.code))
    return MemoryPlan(program.train, values, list(program.memory.sizes), nodes)


def _between(code: Code) -> list[tuple[int, Instruction, int]]:
    """The values that need memory and do not come out, with the instructions that make them."""
    out = code.wanted
    rows = [(i, x) for i, x in enumerate(code.instructions) if not reshapes(x)]
    return [(i, x, v) for i, x in rows for v in x.outputs if v not in out]
