"""Recording: every result remembers the node that made it, and `backward` walks the nodes."""

from collections.abc import Sequence
from typing import Any

from mxbook import engine
from mxbook.base import scopes
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.graph.gradient import gradient
from mxbook.graph.node import Node, next_order, variable
from mxbook.ops.operator import INPUT, INPUTS, Operator

from .arrays import alias, plain, site_of
from .mode import local, set_recording, set_training
from .plan import Plan

_new = object.__new__
GRAD_REQS = ("write", "add", "null")


def record(plan: Plan, p: Any, arrays: Sequence[Any], results: Sequence[Any]) -> None:
    """Make the node of a call, unless no gradient can reach its inputs."""
    entries = tuple([a._entry for a in arrays])
    if all(e is None for e in entries):
        for result in results:
            unrecorded(result)
        return
    node = make_node(plan, p, arrays, entries, results)
    for i, result in enumerate(results):
        result._entry = (node, i)


def unrecorded(result: Any) -> None:
    """Note on a result why it has no place in the graph, for the error message."""
    mark = "constant" if local.recording else "paused" if local.depth else ""
    if mark and not result._origin[3]:
        result._origin = (*result._origin[:3], mark)


def mark(array: Any, grad: Any, grad_req: str) -> None:
    """Make an array a variable of the graph whose gradient goes to `grad`."""
    if grad_req not in GRAD_REQS:
        raise ParameterError(f"grad_req cannot be {grad_req!r}", rule="write, add or null")
    node = variable()
    node.grad, node.grad_req = grad, grad_req
    array._entry = (node, 0)


def make_node(plan: Plan, p: Any, arrays: Sequence, entries: tuple, results: Sequence) -> Node:
    """The node of a call with what its gradient rules need; set up without the constructor."""
    node = _new(Node)
    node.op = plan.op
    node.params = p
    node.inputs = entries
    node.order = next_order()
    node.plan = plan
    node.saved = () if plan.saves_nothing else kept(plan, arrays, entries, results)
    return node


def kept(plan: Plan, arrays: Sequence, entries: tuple, results: Sequence) -> tuple:
    """The arrays that the rules named, as ((kind, index), array) pairs.

    Inputs are kept as they are.  An output is kept as an alias outside the graph: the node must
    not hold the handle that holds the node.
    """
    wanted = tuple([e is not None for e in entries])
    return tuple(
        [
            (pair, arrays[pair[1]] if pair[0] == INPUT else alias(results[pair[1]]))
            for pair in plan.to_save(wanted)
        ]
    )


def check_writable(name: str, outs: Sequence[Any], arrays: Sequence[Any]) -> None:
    """Raise when recording would be corrupted by writing into an array that is part of the
    graph."""
    if not local.recording:
        return
    tracked = any(a._entry is not None for a in arrays)
    for out in outs:
        if out._entry is not None and (tracked or out._entry[0].op is not None):
            raise overwritten(name, out)


def overwritten(name: str, array: Any) -> MXNetError:
    """The error about writing into an array whose value the backward pass needs."""
    node, site = array._entry[0], site_of(array)
    made_by = node.op.name if node.op else "a variable with attach_grad"
    return MXNetError(
        f"{name} would overwrite an array while recording",
        rule="an array of the recorded graph keeps its value until backward",
        values=[("array", repr(array._spec)), ("it is", made_by)],
        place=[("made", str(site))] if site else [],
        hint="make a new array (x = x + y), or write inside autograd.pause()",
    )


def backward(
    heads: Sequence[Any],
    head_grads: Sequence[Any],
    F: Any,
    *,
    retain: bool,
    train: bool,
    create_graph: bool = False,
) -> dict[Node, Any]:
    """Gradients of the heads for every variable node they depend on."""
    for head in heads:
        if head._entry is None:
            raise not_recorded(head)
    values = with_entries if create_graph else saved_value
    finish = _keep if retain else free
    recording, training = set_recording(create_graph), set_training(train)
    local.retaining, retained = retain, local.retaining
    begin = _tell_layer if engine.state.tracing else None
    try:
        pairs = [(h._entry, plain(g)) for h, g in zip(heads, head_grads, strict=True)]
        return gradient(pairs, F, values, finish, begin)
    except MXNetError as error:
        error.place = error.place or places_of(heads)
        raise
    finally:
        set_recording(recording)
        set_training(training)
        local.retaining = retained
        scopes.local.layer = ""


def name_layer(results: Sequence[Any]) -> None:
    """Give the node that made the results the name of the running block, for `_tell_layer`."""
    entry = results[0]._entry if results else None
    if entry is not None:
        entry[0].layer = scopes.layer()


def _tell_layer(node: Node) -> None:
    """The operations that follow are the backward pass of the block that made this node."""
    scopes.local.layer = scopes.backward_of(getattr(node, "layer", ""))


def places_of(heads: Sequence[Any]) -> tuple[tuple[str, str], ...]:
    """Where the heads of a backward pass were made, for an error message."""
    sites = [site_of(head) for head in heads]
    return tuple(("made", str(site)) for site in sites if site is not None)


def saved_value(node: Node, kind: int, index: int) -> Any:
    """What a rule of a node named, as the array that was kept (or a list of all inputs)."""
    if kind == INPUTS:
        saved = dict(node.saved)
        return [plain(saved.get((INPUT, i))) for i in range(len(node.inputs))]
    for pair, array in node.saved:
        if pair == (kind, index):
            return plain(array)
    return None


def with_entries(node: Node, kind: int, index: int) -> Any:
    """Like `saved_value`, with the array placed in the graph, so that it can be differentiated."""
    found = saved_value(node, kind, index)
    if kind == INPUTS:
        pairs = zip(found, node.inputs, strict=True)
        return [None if a is None else alias(a, entry) for a, entry in pairs]
    if found is None:
        return None
    return alias(found, node.inputs[index] if kind == INPUT else (node, index))


def free(node: Node) -> None:
    """Let go of what a node saved; its operator is from now on one that refuses."""
    node.params, node.op = node.op, FREED
    node.saved = node.inputs = ()


def _keep(node: Node) -> None:
    """Leave the node as it is (retain_graph=True)."""


def _refuse(_F: Any, was: Any) -> list:
    """The gradient rule of a freed node."""
    raise MXNetError(
        "cannot differentiate: this graph was already freed by an earlier backward",
        rule="backward frees what it used, unless retain_graph=True",
        values=[("node", was.name)],
        hint="call the first backward with retain_graph=True, or record again",
    )


FREED = Operator("_Freed", lambda k, p: None, (), doc="Stands where backward has been already.")
FREED.gradient(_refuse)


# Why an array has no place in the graph, by the mark of its origin: the cause and what to do.
CAUSES = {
    "": (
        "it was never recorded",
        "compute it inside `with autograd.record():` from arrays with attach_grad()",
    ),
    "constant": (
        "it was recorded, but made from arrays without a gradient only",
        "call x.attach_grad() on an input before recording",
    ),
    "detached": (
        "it was recorded and then detached",
        "call backward on the array before detach()",
    ),
    "paused": ("it was made under autograd.pause()", "compute it outside the pause block"),
    "host": (
        "it was made from host data, and the way through asnumpy() or copyto() is not recorded",
        "stay on NDArrays; x.as_in_context(ctx) moves an array to another device and is recorded",
    ),
    "written": (
        "it was written in place while nothing was recorded",
        "make a new array (x = x + y) inside `with autograd.record():`",
    ),
}


def not_recorded(array: Any) -> MXNetError:
    """The error about an array that is not in a computational graph: says which of the causes it
    is."""
    origin, site = array._origin, site_of(array)
    cause, hint = CAUSES[origin[3] if origin else ""]
    return MXNetError(
        f"cannot differentiate: the array is not in a computational graph; {cause}",
        rule="backward needs an array that was computed under autograd.record() from variables",
        values=[("array", repr(array._spec))],
        place=[("made", str(site))] if site else [],
        hint=hint,
    )
