"""The graph of a program: the instructions that run, forward and backward; and what the passes over
a graph changed.
"""

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

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
    """The graph of a bound executor, with the gradients that it was bound for."""
    arrays = executor._all()
    found = executor._cached
    names = [v.name for v in found.variables]
    wanted = [
        executor.grad_dict.get(n) is not None and executor._reqs.get(n) != "null" for n in names
    ]
    specs = [arrays[v.name]._spec for v in found.variables]
    code = build(found.nodes, found.heads, found.variables, specs, any(wanted), wanted)
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
    read = {v for x in code.instructions for v in x.inputs}.union(code.wanted)
    writer = _Writer(code, read)
    for i, value in enumerate(code.inputs):
        known = i < len(names)
        role = roles[i] if i < len(roles) else "input" if known else "state"
        writer.give(value, names[i] if known else f"constant {i}", role)
    for i, value in enumerate(v for x in constants for v in x.outputs):
        writer.give(value, f"constant {i}", "state")
    layers = [x.layer.removesuffix(" (backward)") for x in code.instructions]
    groups = paths([layer or "none" for layer in layers])
    for place, x in enumerate(code.instructions):
        if place == code.forward:
            for i, value in enumerate(code.arriving):
                writer.give(value, f"gradient of output {i}", "gradient", True)
        half = "backward" if place >= code.forward else "forward"
        inner = (*groups[place], layers[place]) if layers[place] else groups[place]
        writer.add(x, (half, *inner) if code.arriving else inner, half == "backward")
    return writer.finished(title, names)


class _Writer:
    """Collects the nodes of code; `made` says which output of which node a value is."""

    def __init__(self, code: Code, read: set[int]):
        self.code, self.read = code, read
        self.nodes: list[Node] = []
        self.made: dict[int, tuple[int, int]] = {}
        self.taken: Counter = Counter()

    def give(self, value: int, name: str, role: str, backward: bool = False) -> None:
        """A node for a value that comes from outside, if anybody reads it."""
        if value in self.read and value not in self.made:
            number = len(self.nodes)
            self.made[value] = (number, 0)
            given = (_value(self.code, value),)
            self.nodes.append(Node(number, name, "", role, (), (), given, backward=backward))

    def add(self, x: Instruction, path: tuple[str, ...], backward: bool) -> None:
        """A node for an instruction."""
        code = self.code
        base = x.layer.removesuffix(" (backward)") or x.op.name.strip("_").lower()
        self.taken[base] += 1
        name = base if self.taken[base] == 1 else f"{base} {self.taken[base]}"
        names = [] if x.op is FUSED else list(x.op.input_names(x.params))
        names += [f"input{i}" for i in range(len(names), len(x.inputs))]
        pairs = zip(x.inputs, names, strict=False)
        several = x.params.instructions if x.op is FUSED else [x]
        number = len(self.nodes)
        node = Node(
            *(number, name, title(x), "operator", path),
            tuple(Input(*self.made[v], n) for v, n in pairs),
            tuple(_value(code, v) for v in x.outputs),
            {} if x.op is FUSED else {k: str(v) for k, v in x.params.items() if v is not None},
            sum(_flops(code, part) for part in several),
            x.layer,
            backward=backward,
        )
        self.nodes.append(node)
        self.made.update({value: (number, i) for i, value in enumerate(x.outputs)})

    def finished(self, what: str, names: Sequence[str]) -> Graph:
        """The graph, whose outputs are named where they are gradients."""
        labels = {
            self.made[value]: f"gradient of {names[i] if i < len(names) else f'input {i}'}"
            for i, value in enumerate(self.code.gradients)
            if value is not None
        }
        heads = dict.fromkeys([*(self.made[v] for v in self.code.results), *labels])
        found = Graph(what, self.nodes, list(heads))
        found.labels = labels
        return found


def _value(code: Code, number: int) -> Value:
    spec = code.specs[number]
    return Value(spec.shape, spec.dtype.name)


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
    from mxbook.explain.memory.plan import _specs

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
