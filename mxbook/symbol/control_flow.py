"""`mx.sym.contrib.foreach`, `while_loop`, `cond`: loops and branches inside a graph.

The user's function is called once, on fresh variables.  What it made is cut out of the graph and
put into one node (see `loops.py`): whatever it used from outside becomes an input of that node.
"""

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from mxbook.base import attributes, names
from mxbook.base.errors import ParameterError
from mxbook.base.nested import flatten, like
from mxbook.graph.node import Entry, Node, next_order, topological, variable
from mxbook.graph.subgraph import Subgraph
from mxbook.ops.composite import Composite
from mxbook.ops.params import parse

from . import registry as F
from . import tracing
from .front import scoped
from .loops import COND, FOREACH, WHILE_LOOP
from .symbol import Symbol, apply, make_variable, output_name

MARK = "__subgraph_name__"  # the attribute of everything inside
_numbers: Counter[str] = Counter()


class Traced:
    """What a function made of fresh variables: the graph inside, and what it takes.

    `places` tells where the fresh variables are among the inputs of the graph (None: unused),
    `outside` which symbol each input stands for.  The first `slices` fresh variables are parts of
    what is given, along its first axis.
    """

    def __init__(self, function: Callable, given: Sequence[Symbol], name: str, slices: int = 0):
        first = next_order()  # nodes made from now on belong inside
        with attributes.AttrScope(**{MARK: _unique(name)}):
            fresh = [make_variable(_inside(s._entries[0]), scoped(None)) for s in given]
            for i, (inner, outer) in enumerate(zip(fresh, given, strict=True)):
                tracing.stands_for(inner, outer, sliced=i < slices)
            heads = [_operation(s._entries[0], first) for s in function(fresh)]
        variables = [s._entries[0][0] for s in fresh]
        outside = dict(zip(variables, given, strict=True))
        self.graph = Subgraph(_cut(heads, first, outside))
        inputs = self.graph.inputs
        self.places = [inputs.index(v) if v in inputs else None for v in variables]
        self.outside = [outside.get(node, Symbol([(node, 0)])) for node in inputs]


@contextmanager
def kept_numbers() -> Iterator[None]:
    """A `with` block behind which names of graphs inside go on as if it had not been."""
    before = _numbers.copy()
    try:
        yield
    finally:
        _numbers.clear()
        _numbers.update(before)


def _unique(name: str) -> str:
    """A name for a graph inside, below that of the graph around it."""
    outer = attributes.current().get(None).get(MARK)
    name = f"{outer}${name}" if outer else name
    _numbers[name] += 1
    return f"{name}{_numbers[name] - 1}"


def _inside(entry: Entry) -> str:
    """The name of the variable that stands for an output."""
    node, index = entry
    return f"{node.name}-{index}"


def _operation(head: Entry, first: int) -> Entry:
    """The head itself if an operation inside makes it, otherwise a copy that one makes."""
    node = head[0]
    if node.op is not None and node.order >= first:
        return head
    return F.identity(Symbol([head]))._entries[0]


def _cut(heads: list[Entry], first: int, outside: dict[Node, Symbol]) -> list[Entry]:
    """A copy of the operations inside.

    Results of others, and what belongs to a loop around this one, are replaced by variables, which
    are entered in `outside`.
    """
    copies: dict[Node, Node] = {}
    stand_ins: dict[Entry, Node] = {}

    def inner(entry: Entry) -> Entry:
        node, index = entry
        if node in copies:
            return (copies[node], index)
        if node.op is None and (node.order >= first or MARK not in node.attrs):
            return entry
        if entry not in stand_ins:
            stand_ins[entry] = variable(output_name(entry))
            outside[stand_ins[entry]] = Symbol([entry])
        return (stand_ins[entry], 0)

    for node in topological([node for node, _ in heads]):
        if node.op is not None and node.order >= first:
            copy = Node(node.op, node.params, tuple(inner(e) for e in node.inputs if e), node.name)
            copy.attrs = node.attrs
            copies[node] = copy
    return [inner(head) for head in heads]


def _flat(nested: Any, what: str) -> list[Symbol]:
    return flatten(nested, Symbol, what)


def _single(nested: Any) -> Any:
    """The same with a symbol of several outputs written as a list of symbols."""
    if isinstance(nested, Symbol):
        return nested if len(nested._entries) == 1 else list(nested)
    return [_single(n) for n in nested] if isinstance(nested, list | tuple) else nested


def _nesting(nested: Any) -> Any:
    return [_nesting(n) for n in nested] if isinstance(nested, list | tuple) else None


def _pair(result: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(result, list | tuple) or len(result) != 2:
        raise ParameterError(
            f"{what} gives {type(result).__name__}", rule="two things: (outputs, new states)"
        )
    return _single(result[0]), _single(result[1])


def _node(op: Composite, graphs: list[Subgraph], inputs: list[Symbol], **values: Any) -> Symbol:
    """The application of one of the operators; MXNet counts the graphs among the arguments."""
    values["num_args"] = len(inputs) + len(graphs)
    p = parse(op.name, op.values, {**values, "subgraphs": graphs})
    attrs = {**scoped(None), **{name: str(value) for name, value in values.items()}}
    return apply(op, p, inputs, names.current().get(None, op.name), attrs)


def foreach(body: Callable, data: Any, init_states: Any, name: str = "foreach") -> tuple[Any, Any]:
    """A loop as one node: `output, states = body(slice, states)` for each slice of `data`.

    Returns the outputs of all steps, stacked along a new first axis, and the last states.  `data`,
    `init_states` and what the body gives are symbols or nested lists of symbols.  The body is
    called once, on symbols for one slice; it may use any symbol from outside.

    Raises ParameterError for something that is not a symbol, for states in another nesting than
    they came in, and for data or a state that the body does not use.

    >>> import mxbook as mx
    >>> sums, last = foreach(lambda x, s: (x + s, x + s), mx.sym.var("x"), mx.sym.var("s"))
    >>> sums.eval(x=mx.nd.array([1, 2, 3]), s=mx.nd.zeros((1,)))[0].asnumpy().ravel().tolist()
    [1.0, 3.0, 6.0]

    Source: MXNet 1.6, `mxnet.symbol.contrib.foreach`.
    """
    data, init_states = _single(data), _single(init_states)
    slices, states = _flat(data, "foreach: data"), _flat(init_states, "foreach: init_states")
    given: list = []

    def step(fresh: list[Symbol]) -> list[Symbol]:
        inside = like(data, fresh[: len(slices)]), like(init_states, fresh[len(slices) :])
        given[:] = _pair(body(*inside), "foreach: body")
        steps, new = _flat(given[0], "foreach: output"), _flat(given[1], "foreach: states")
        if _nesting(given[1]) != _nesting(init_states):
            raise ParameterError(
                "foreach: the states come back in another form",
                rule="body(slice, states) gives (output, states) with states nested as before",
                values=[("before", repr(init_states)), ("after", repr(given[1]))],
            )
        outputs = {s.name for s in steps}
        return [*steps, *(F.identity(s) if s.name in outputs else s for s in new)]

    traced = Traced(step, [*slices, *states], name, len(slices))
    unused = [s for s, p in zip([*slices, *states], traced.places, strict=True) if p is None]
    if unused:
        raise ParameterError(
            f"foreach: the body does not use {unused[0].name}",
            rule="the body uses all data and all states",
            hint="a state that does not change need not be one: use its symbol from outside",
        )
    remain = [i for i in range(len(traced.outside)) if i not in traced.places]
    results = _node(
        FOREACH,
        [traced.graph],
        [*slices, *states, *(traced.outside[i] for i in remain)],
        num_outputs=len(traced.graph.heads),
        num_out_data=len(traced.graph.heads) - len(states),
        in_state_locs=traced.places[len(slices) :],
        in_data_locs=traced.places[: len(slices)],
        remain_locs=remain,
    )
    return _regrouped(results, given[0], given[1])


def _regrouped(results: Symbol, *forms: Any) -> tuple:
    """The outputs of a node in the nesting of several things, one after the other."""
    outputs = (Symbol([entry]) for entry in results._entries)
    return tuple([like(form, outputs) for form in forms])


def _union(
    traced: list[Traced], key: Callable[[Traced, int], Hashable]
) -> tuple[list[Symbol], list[list[int]]]:
    """The inputs of several graphs, and where those of each one are among them.

    Inputs with equal keys are given once; `key` is asked for the number of an input of a graph.
    """
    inputs: dict[Hashable, Symbol] = {}
    for one in traced:
        for i, symbol in enumerate(one.outside):
            inputs.setdefault(key(one, i), symbol)
    numbers = {k: i for i, k in enumerate(inputs)}
    places = [[numbers[key(one, i)] for i in range(len(one.outside))] for one in traced]
    return list(inputs.values()), places


def while_loop(
    cond: Callable,
    func: Callable,
    loop_vars: Any,
    max_iterations: int | None = None,
    name: str = "while_loop",
) -> tuple[Any, Any]:
    """A loop as one node: `output, loop_vars = func(*loop_vars)` while `cond(*loop_vars)` holds.

    It stops after `max_iterations` steps in any case.  Returns the outputs of all steps, stacked
    along a new first axis of length `max_iterations` (zeros for steps that were not run), and the
    last `loop_vars`.

    Raises ParameterError for a missing `max_iterations`, no `loop_vars`, a condition that is not a
    symbol, and a `func` that gives another number of variables or forgets one.

    >>> import mxbook as mx
    >>> x = mx.sym.var("x")
    >>> powers, last = while_loop(lambda x: x < 50, lambda x: (x, x * 3), x, max_iterations=6)
    >>> mx.sym.Group([powers, last]).eval(x=mx.nd.array([1]))[0].asnumpy().ravel().tolist()
    [1.0, 3.0, 9.0, 27.0, 0.0, 0.0]

    Source: MXNet 1.6, `mxnet.symbol.contrib.while_loop`.
    """
    if max_iterations is None:
        raise ParameterError("while_loop: max_iterations is missing", rule="a whole number")
    loop_vars = _single(loop_vars)
    if not _flat(loop_vars, "while_loop: loop_vars"):
        raise ParameterError("while_loop: loop_vars is empty", rule="at least one symbol")
    test, step, output = _traced_loop(cond, func, loop_vars, name)

    # As in MXNet, the loop variables are given once and everything else once for each graph.
    def key(one: Traced, i: int) -> Hashable:
        return one.places.index(i) if i in one.places else (id(one), i)

    inputs, places = _union([test, step], key)
    results = _node(
        WHILE_LOOP,
        [test.graph, step.graph],
        inputs,
        num_outputs=len(step.graph.heads),
        num_out_data=len(step.graph.heads) - len(step.places),
        max_iterations=max_iterations,
        cond_input_locs=places[0],
        func_input_locs=places[1],
        func_var_locs=step.places,
    )
    return _regrouped(results, output, loop_vars)


def _traced_loop(
    cond: Callable, func: Callable, loop_vars: Any, name: str
) -> tuple[Traced, Traced, Any]:
    """The graphs of the condition and of a step, and the step's outputs in their nesting."""
    variables = _flat(loop_vars, "while_loop: loop_vars")
    given: list = []

    def arguments(fresh: list[Symbol]) -> list:
        return fresh if isinstance(loop_vars, Symbol) else like(loop_vars, fresh)

    def decide(fresh: list[Symbol]) -> list[Symbol]:
        return _flat([cond(*arguments(fresh))], "while_loop: what cond gives")

    def go(fresh: list[Symbol]) -> list[Symbol]:
        output, new = _pair(func(*arguments(fresh)), "while_loop: func")
        given[:] = [[] if output is None else output]
        states = _flat([] if new is None else new, "while_loop: new loop_vars")
        if len(states) != len(variables):
            raise ParameterError(
                "while_loop: func gave another number of loop variables",
                rule="func(*loop_vars) returns (output, new loop_vars)",
                values=[("given", str(len(states))), ("expected", str(len(variables)))],
            )
        return [*_flat(given[0], "while_loop: output"), *states]

    test, step = Traced(decide, variables, f"{name}_cond"), Traced(go, variables, f"{name}_func")
    if None in step.places:
        lost = variables[step.places.index(None)]
        raise ParameterError(f"while_loop: func does not use the loop variable {lost.name}")
    return test, step, given[0]


def cond(pred: Symbol, then_func: Callable, else_func: Callable, name: str = "cond") -> Any:
    """A branch as one node: what `then_func()` gives if the one number `pred` is not 0, else what
    `else_func()` gives.

    Raises ParameterError for a `pred` that is not a symbol, and for branches that give different
    numbers of symbols.

    >>> import mxbook as mx
    >>> a, b = mx.sym.var("a"), mx.sym.var("b")
    >>> either = cond(a < b, lambda: a + 5, lambda: b * 2)
    >>> either.eval(a=mx.nd.array([1]), b=mx.nd.array([2]))[0].asnumpy().tolist()
    [6.0]

    Source: MXNet 1.6, `mxnet.symbol.contrib.cond`.
    """
    given: list = []

    def branch(function: Callable) -> Callable:
        def run(_fresh: list[Symbol]) -> list[Symbol]:
            given.append(_single(function()))
            return _flat(given[-1], "cond: what a branch gives")

        return run

    traced = [
        Traced(lambda _fresh: _flat(pred, "cond: pred"), [], f"{name}_pred"),
        Traced(branch(then_func), [], f"{name}_then"),
        Traced(branch(else_func), [], f"{name}_else"),
    ]
    counts = [len(one.graph.heads) for one in traced[1:]]
    if counts[0] != counts[1]:
        raise ParameterError(
            "cond: the branches give different numbers of symbols",
            values=[("then_func", str(counts[0])), ("else_func", str(counts[1]))],
        )
    inputs, places = _union(traced, lambda one, i: one.outside[i]._entries[0])
    results = _node(
        COND,
        [one.graph for one in traced],
        inputs,
        num_outputs=counts[0],
        cond_input_locs=places[0],
        then_input_locs=places[1],
        else_input_locs=places[2],
    )
    return _regrouped(results, given[0])[0]


def isnan(data: Symbol) -> Symbol:
    """1 where an element is not a number, else 0."""
    return data != data


def isinf(data: Symbol) -> Symbol:
    """1 where an element is infinite, else 0."""
    return data.abs() == float("inf")


def isfinite(data: Symbol) -> Symbol:
    """1 where an element is neither infinite nor not a number, else 0."""
    return (data == data) * (data.abs() != float("inf"))
