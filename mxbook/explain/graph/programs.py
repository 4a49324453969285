"""The graph of a program: the instructions that run, forward and backward; and what the passes over
a graph changed.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mxbook.executor import Executor
from mxbook.graph.code import Code, Instruction
from mxbook.imperative.building import build
from mxbook.imperative.fusion import FUSED, title
from mxbook.imperative.program import Program
from mxbook.symbol.evaluate import cached
from mxbook.symbol.symbol import Symbol

from .building import roles_by_name
from .costs import flops
from .model import Graph, Input, Node, Value
from .scopes import paths


def of_executor(executor: Executor) -> Graph:
    """The graph of a bound executor, with the computation of the gradients that it was bound for."""
    arrays = executor._all()
    found = executor._cached
    wanted = [executor.grad_dict.get(v.name) is not None for v in found.variables]
    wanted = [w and executor._reqs.get(v.name) != "null" for w, v in zip(wanted, found.variables)]
    specs = [arrays[v.name]._spec for v in found.variables]
    code = build(found.nodes, found.heads, found.variables, specs, any(wanted), wanted)
    names = [v.name for v in found.variables]
    by_name = roles_by_name(found.nodes)
    roles = [by_name.get(v, "input") for v in found.variables]
    what = "executor with gradients" if any(wanted) else "executor"
    return of_code(code, f"{executor._symbol.name or 'symbol'}: {what}", names, roles)


def of_program(program: Program, title: str = "program", names: Sequence[str] = ()) -> Graph:
    """The instructions that a program runs after all passes."""
    return of_code(program.steps, title, names, constants=program.folded)


def of_code(
    code: Code,
    title: str,
    names: Sequence[str] = (),
    roles: Sequence[str] = (),
    constants: Sequence[Instruction] = (),
) -> Graph:
    """Code as a graph: a node for each instruction and for each value that comes from outside.

    `names` and `roles` are those of the inputs.
    """
    nodes: list[Node] = []
    made: dict[int, tuple[int, int]] = {}

    def give(value: int, name: str, role: str, backward: bool = False) -> None:
        spec = code.specs[value]
        made[value] = (len(nodes), 0)
        given = (Value(spec.shape, spec.dtype.name),)
        nodes.append(Node(len(nodes), name, "", role, (), (), given, backward=backward))

    for i, value in enumerate(code.inputs):
        name = names[i] if i < len(names) else f"input{i}"
        give(value, name, roles[i] if i < len(roles) else "input")
    for i, value in enumerate(v for x in constants for v in x.outputs):
        give(value, f"constant{i}", "state")
    layers = [x.layer.removesuffix(" (backward)") for x in code.instructions]
    groups = paths([layer or "none" for layer in layers])
    taken: Counter = Counter()
    for place, x in enumerate(code.instructions):
        backward = place >= code.forward
        if place == code.forward:
            read = {v for later in code.instructions[place:] for v in later.inputs}
            for i, value in enumerate(code.arriving):
                if value in read:
                    give(value, f"gradient of output {i}", "gradient", True)
        path = (("backward",) if backward else ("forward",)) if code.arriving else ()
        inner = (*groups[place], layers[place]) if layers[place] else groups[place]
        nodes.append(_node(code, x, len(nodes), (*path, *inner), made, taken, backward))
        for i, value in enumerate(x.outputs):
            made[value] = (nodes[-1].number, i)
    labels = {}
    for i, value in enumerate(code.gradients):
        if value is not None:
            labels[made[value]] = f"gradient of {names[i] if i < len(names) else f'input{i}'}"
    heads = list(dict.fromkeys([*(made[v] for v in code.results), *labels]))
    found = Graph(title, nodes, heads)
    found.labels = labels
    return found


def _node(
    code: Code, x: Instruction, number: int, path: tuple, made: Mapping, taken: Counter, back: bool
) -> Node:
    base = x.layer.removesuffix(" (backward)") or x.op.name.strip("_").lower()
    taken[base] += 1
    name = base if taken[base] == 1 else f"{base} {taken[base]}"
    names = [] if x.op is FUSED else list(x.op.input_names(x.params))
    names += [f"input{i}" for i in range(len(names), len(x.inputs))]
    inputs = tuple(Input(*made[v], n) for v, n in zip(x.inputs, names, strict=False))
    outputs = tuple(Value(code.specs[v].shape, code.specs[v].dtype.name) for v in x.outputs)
    several = x.params.instructions if x.op is FUSED else [x]
    return Node(
        *(number, name, title(x), "operator", path, inputs, outputs),
        {} if x.op is FUSED else {k: str(v) for k, v in x.params.items() if v is not None},
        sum(_flops(code, part) for part in several),
        x.layer,
        backward=back,
    )


def _flops(code: Code, x: Instruction) -> int:
    ins = [code.specs[v].shape for v in x.inputs]
    return int(flops(x.op.name, x.params, ins, [code.specs[v].shape for v in x.outputs]))


class Passes(NamedTuple):
    """A graph before and after the passes that make it a program, and what each pass did."""

    before: Graph
    after: Graph
    rows: list[tuple[str, str]]

    def __str__(self) -> str:
        counts = [len([n for n in g.nodes if n.role == "operator"]) for g in self[:2]]
        head = f"{counts[0]} operators before, {counts[1]} instructions after"
        return "\n".join([head, *(f"  {name:<10} {what}" for name, what in self.rows)])


def passes(symbol: Symbol, train: bool = False, **shapes: tuple) -> Passes:
    """What merging, pruning, folding and fusing make of a symbol's graph.

    >>> import mxbook as mx
    >>> x = mx.sym.var("x")
    >>> found = passes(mx.sym.exp(x) + mx.sym.exp(x), x=(4,))
    >>> [len([n for n in g.nodes if n.role == "operator"]) for g in found[:2]]
    [3, 2]
    """
    from ..memory import _specs

    found = cached(symbol._entries, "explain")
    by_name = _specs(symbol, shapes)
    specs = [by_name[v.name] for v in found.variables]
    names = [v.name for v in found.variables]
    own = {*shapes, *symbol.list_auxiliary_states()}
    wanted = [train and name not in own for name in names]
    code = build(found.nodes, found.heads, found.variables, specs, train, wanted)
    program = found.program(tuple(specs), train, tuple(wanted))
    roles = ["input" if n in shapes else "parameter" for n in names]
    before = of_code(code, "before the passes", names, roles)
    after = of_code(program.steps, "after the passes", names, roles, program.folded)
    return Passes(before, after, program.passes)


def names_of(found: Any) -> list[str]:
    """The names of the inputs of a cached graph, in their order."""
    return [v.name for v in found.variables]
