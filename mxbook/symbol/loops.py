"""The operators `_foreach`, `_while_loop` and `_cond`: graphs that run other graphs.

Shapes and types are inferred through the graph inside, in both directions.  They are computed by
the functions of `mx.nd.contrib` of the same names, step by step on arrays, and so are gradients:
the steps are recorded like any other operations.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mxbook.base import shapes
from mxbook.graph.infer import infer_shapes, infer_types
from mxbook.graph.subgraph import Subgraph, Subgraphs
from mxbook.ndarray import control_flow as arrays
from mxbook.ndarray.creation import zeros
from mxbook.ops.composite import Composite, readers
from mxbook.ops.params import Int, Shape, parse

from .evaluate import compute


class _Kind:
    """What differs between inferring shapes and types."""

    def __init__(self, infer: Callable, unify: Callable, slice: Callable, stack: Callable):
        self.infer = infer
        self.unify = unify
        self.slice = slice  # of what comes in, the part that one step sees
        self.stack = stack  # (length, what one step gives) -> what all steps give

    def through(self, graph: Subgraph, known: Sequence) -> tuple[list, list]:
        """What follows for inputs and outputs of a graph from what is known of its inputs."""
        given = {n: v for n, v in zip(graph.inputs, known, strict=True) if v is not None}
        of = self.infer(graph.heads, given)
        return [of((node, 0)) for node in graph.inputs], [of(head) for head in graph.heads]


def _slice(shape: shapes.Shape | None) -> shapes.Shape | None:
    return None if shape is None else shape[1:] or (1,)  # MXNet 1.6 has no arrays without axes


def _stack(length: int | None, shape: shapes.Shape | None) -> shapes.Shape | None:
    return None if shape is None else (length, *shape)


def _either(a: Any, b: Any) -> Any:
    return b if a is None else a


SHAPES = _Kind(infer_shapes, shapes.unify, _slice, _stack)
TYPES = _Kind(infer_types, _either, lambda t: t, lambda _length, t: t)


# ---- foreach


def _foreach_places(p: Any) -> tuple[int, ...]:
    """Where each input of the node goes among the inputs of the body."""
    return (*p.in_data_locs, *p.in_state_locs, *p.remain_locs)


def _foreach_rule(kind: _Kind) -> Callable:
    def rule(p: Any, *ins: Any) -> tuple[list, list]:
        (body,), places = p.subgraphs, _foreach_places(p)
        count, found = len(p.in_data_locs), list(ins)
        known: list = [None] * len(places)
        for i, place in enumerate(places):
            known[place] = kind.slice(ins[i]) if i < count else ins[i]
        inner, outs = kind.through(body, known)
        length = next((s[0] for s in ins[:count] if isinstance(s, tuple)), None)
        for i, place in enumerate(places):
            if i >= count:
                found[i] = inner[place]
            elif ins[i] is None or len(known[place]) == len(ins[i]) - 1:
                found[i] = kind.stack(length, inner[place])
        steps, states = outs[: p.num_out_data], outs[p.num_out_data :]
        for i, state in enumerate(states, count):
            found[i] = kind.unify(found[i], state)
        return found, [*(kind.stack(length, s) for s in steps), *found[count : count + len(states)]]

    return rule


def _run_foreach(p: Any, inputs: list, memory: dict) -> list:
    (body,), places = p.subgraphs, _foreach_places(p)
    count, states = len(p.in_data_locs), len(p.in_state_locs)
    rest = inputs[count + states :]

    def step(slices: list, state: list) -> tuple[list, list]:
        values = zip(places, [*slices, *state, *rest], strict=True)
        given = {body.inputs[place]: value for place, value in values}
        outs = compute(body.nodes, body.heads, given, memory)
        return outs[: p.num_out_data], outs[p.num_out_data :]

    outs, last = arrays.foreach(step, inputs[:count], inputs[count : count + states])
    return [*outs, *last]


# ---- while_loop


def _place(kind: _Kind, graph: Subgraph, places: Sequence[int], found: list) -> list:
    """Infer through a graph whose inputs are at `places` of `found`, which is completed."""
    inner, outs = kind.through(graph, [found[place] for place in places])
    for place, value in zip(places, inner, strict=True):
        found[place] = kind.unify(found[place], value)
    return outs


def _while_rule(kind: _Kind) -> Callable:
    def rule(p: Any, *ins: Any) -> tuple[list, list]:
        (cond, func), found = p.subgraphs, list(ins)
        _place(kind, cond, p.cond_input_locs, found)
        outs = _place(kind, func, p.func_input_locs, found)
        steps, variables = outs[: p.num_out_data], outs[p.num_out_data :]
        places = [p.func_input_locs[i] for i in p.func_var_locs]
        for place, value in zip(places, variables, strict=True):
            found[place] = kind.unify(found[place], value)
        return found, [
            *(kind.stack(p.max_iterations, s) for s in steps),
            *(found[place] for place in places),
        ]

    return rule


def _call(graph: Subgraph, places: Sequence[int], inputs: list, memory: dict) -> list:
    given = {node: inputs[place] for node, place in zip(graph.inputs, places, strict=True)}
    return compute(graph.nodes, graph.heads, given, memory)


def _run_while(p: Any, inputs: list, memory: dict) -> list:
    cond, func = p.subgraphs
    places = [p.func_input_locs[i] for i in p.func_var_locs]

    def filled(variables: Sequence) -> list:
        now = list(inputs)
        for place, value in zip(places, variables, strict=True):
            now[place] = value
        return now

    def go_on(*variables: Any) -> Any:
        return _call(cond, p.cond_input_locs, filled(variables), memory)[0]

    def step(*variables: Any) -> tuple[list, list]:
        outs = _call(func, p.func_input_locs, filled(variables), memory)
        return outs[: p.num_out_data], outs[p.num_out_data :]

    start = [inputs[place] for place in places]
    outs, last = arrays.while_loop(go_on, step, start, p.max_iterations)
    return [*(outs or _nothing(p, inputs)), *last]


def _nothing(p: Any, inputs: list) -> list:
    """The outputs of a loop without any step: zeros in the inferred shapes."""
    _, found = _while_rule(SHAPES)(p, *[a.shape for a in inputs])
    _, types = _while_rule(TYPES)(p, *[a.dtype for a in inputs])
    ctx = inputs[0].context
    return [zeros(found[i], ctx=ctx, dtype=types[i]) for i in range(p.num_out_data)]


# ---- cond


def _cond_rule(kind: _Kind) -> Callable:
    def rule(p: Any, *ins: Any) -> tuple[list, list]:
        (pred, then, other), found = p.subgraphs, list(ins)
        _place(kind, pred, p.cond_input_locs, found)
        first = _place(kind, then, p.then_input_locs, found)
        second = _place(kind, other, p.else_input_locs, found)
        return found, [kind.unify(a, b) for a, b in zip(first, second, strict=True)]

    return rule


def _run_cond(p: Any, inputs: list, memory: dict) -> list:
    pred, then, other = p.subgraphs
    return arrays.cond(
        _call(pred, p.cond_input_locs, inputs, memory)[0],
        lambda: _call(then, p.then_input_locs, inputs, memory),
        lambda: _call(other, p.else_input_locs, inputs, memory),
    )


# ---- the operators


def _make(name: str, run: Callable, rule: Callable, graphs: int, *params: Any) -> Composite:
    """One of them; MXNet counts the graphs among the arguments."""
    op = Composite(
        name,
        run,
        (Subgraphs(), Int("num_args"), Int("num_outputs"), *params),
        inputs=("data",),
        variadic="num_args",
        takes=lambda p: [f"data{i}" for i in range(p.num_args - graphs)],
        outputs=_output_names,
        shape=rule(SHAPES),
        type=rule(TYPES),
        doc=f"`mx.sym.contrib.{name[1:]}` as a node, with {graphs} graph(s) inside.",
    )
    readers[name] = lambda texts, inside: (
        op,
        parse(name, op.values, {**texts, "subgraphs": inside}),
    )
    return op


def _output_names(p: Any) -> list[str]:
    count = p.num_outputs
    return ["output"] if count == 1 else [f"output{i}" for i in range(count)]


FOREACH = _make(
    "_foreach",
    _run_foreach,
    _foreach_rule,
    1,
    Int("num_out_data", doc="How many outputs of the body are stacked."),
    Shape("in_state_locs", doc="Where the states are among the inputs of the body."),
    Shape("in_data_locs", doc="Where the slices are."),
    Shape("remain_locs", doc="Where everything else is."),
)
WHILE_LOOP = _make(
    "_while_loop",
    _run_while,
    _while_rule,
    2,
    Int("num_out_data", doc="How many outputs of a step are stacked."),
    Int("max_iterations", low=0, doc="The largest number of steps."),
    Shape("cond_input_locs", doc="Which inputs of the node the condition uses."),
    Shape("func_input_locs", doc="Which inputs of the node a step uses."),
    Shape("func_var_locs", doc="Where the loop variables are among the inputs of a step."),
)
COND = _make(
    "_cond",
    _run_cond,
    _cond_rule,
    3,
    Shape("cond_input_locs", doc="Which inputs of the node the condition uses."),
    Shape("then_input_locs", doc="Which inputs the one branch uses."),
    Shape("else_input_locs", doc="Which inputs the other branch uses."),
)
