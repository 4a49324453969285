"""`mx.nd.Custom`: operators written in Python, called on arrays.

The user's code runs at once, in the thread that calls, and may wait for any array: no worker of the
engine is ever kept busy by it, so it cannot block what it waits for.  Each call leaves one node on
the tape, whose gradient is the user's `backward`.
"""

from collections.abc import Sequence
from typing import Any

from mxbook.base.dtypes import CODES
from mxbook.base.errors import MXNetError, ParameterError
from mxbook.graph.node import Node
from mxbook.imperative import arrays as _arrays
from mxbook.imperative import mode, tape
from mxbook.imperative.plan import device_of, infer_outputs
from mxbook.ops import custom
from mxbook.ops.composite import Composite, readers
from mxbook.ops.operator import DYS, INPUT, OUTPUT, Operator

from .creation import empty, zeros
from .ndarray import NDArray


def Custom(*data: NDArray, **kwargs: Any) -> Any:  # noqa: N802 - MXNet's name
    """Apply the operator that was registered under `op_type`; see `mx.operator.CustomOp`.

    The arrays are its arguments and then its auxiliary states, by position or by name; everything
    else goes to its property as text.  Returns its output, or the list of its outputs.

    Raises ParameterError for an unknown `op_type` or a wrong number of arrays, OperationError for
    an error in the user's code, which is its cause.  Source: MXNet 1.6, `mx.nd.Custom`.
    """
    out = kwargs.pop("out", None)
    kwargs.pop("name", None)
    named = {key: value for key, value in kwargs.items() if isinstance(value, NDArray)}
    texts = {key: str(value) for key, value in kwargs.items() if key not in named}
    op, p = custom.bind(texts, run)
    given = {**dict(zip(op.inputs, data, strict=False)), **named}
    if set(given) != set(op.inputs) or len(data) + len(named) != len(op.inputs):
        raise ParameterError(
            f"the custom operator {op.what} got {len(data) + len(named)} array(s)",
            rule=f"{len(op.inputs)} array(s): {', '.join(op.inputs)}",
        )
    results = op.run(p, [given[name] for name in op.inputs], {})
    if out is not None:
        outs = [out] if isinstance(out, NDArray) else list(out)
        for target, result in zip(outs, results, strict=True):
            result.copyto(target)
        return out
    return results[0] if len(results) == 1 else results


readers["Custom"] = lambda texts, _subgraphs: custom.bind(texts, run)


def run(op: Composite, prop: Any, inputs: list[NDArray], memory: dict) -> list[NDArray]:
    """Compute a custom operator; `memory` keeps the user's object while shapes and types stay."""
    count = len(op.inputs) - len(op.aux)
    ins = [a._spec for a in inputs]
    outs = infer_outputs(op, None, ins, device_of(op, None, ins))
    if memory.get("for") != (*ins, *outs):
        made = custom.guarded(
            op.what,
            "create_operator",
            prop.create_operator,
            outs[0].ctx,
            [list(spec.shape) for spec in ins],
            [CODES[spec.dtype.name] for spec in ins],
        )
        memory.update({"for": (*ins, *outs), "operator": made})
    call = Call(op, prop, memory["operator"], ins[:count], outs)
    call.aux = [_plain(a) for a in inputs[count:]]
    results = call.forward([_plain(a) for a in inputs[:count]])
    entries = tuple(a._entry for a in inputs[:count])
    if mode.local.recording and any(e is not None for e in entries):
        _record(call, entries, inputs, results)
    else:
        for result in results:
            tape.unrecorded(result)
    return results


def _plain(array: NDArray) -> NDArray:
    """A second handle outside the graph, in order with the first one."""
    _arrays.variable_of(array)
    return _arrays.alias(array)


def _record(call: "Call", entries: tuple, inputs: list[NDArray], results: list[NDArray]) -> None:
    """Leave a node for the call, which keeps what the property declares."""
    op = call.op
    if op.joint_rule is None:
        op.gradient(_gradients)
        numbered = [(INPUT, i) for i in range(len(call.ins))]
        numbered += [(OUTPUT, i) for i in range(len(call.outs))]
        op.joint_rule.needs = ((DYS, 0), *numbered)
    node = Node(op, call, entries)
    node.saved = call.kept(inputs, results)
    call.entries = entries
    for i, result in enumerate(results):
        result._entry = (node, i)


def _gradients(_F: Any, call: "Call", dys: list, *saved: NDArray | None) -> list:
    """The gradient rule of a custom operator."""
    return call.backward(dys, saved[: len(call.ins)], saved[len(call.ins) :])


class Call:
    """One use of a custom operator, and what its backward needs besides arrays."""

    def __init__(self, op: Composite, prop: Any, operator: Any, ins: Sequence, outs: Sequence):
        self.op, self.prop, self.operator = op, prop, operator
        self.ins, self.outs = ins, outs  # specs
        self.aux: list[NDArray] = []
        self.entries: tuple = ()  # of the arguments in the graph; None where no gradient is wanted

    def forward(self, data: list[NDArray]) -> list[NDArray]:
        """Call the user's forward; nothing in it is recorded."""
        outs = [empty(spec.shape, spec.ctx, spec.dtype) for spec in self.outs]
        recording = mode.set_recording(False)
        try:
            custom.guarded(
                self.op.what,
                "forward",
                self.operator.forward,
                is_train=mode.local.training,
                req=["write"] * len(outs),
                in_data=data,
                out_data=outs,
                aux=self.aux,
            )
        finally:
            mode.set_recording(recording)
        return [_plain(out) for out in outs]  # the user's object may hold on to its own handles

    def kept(self, inputs: list[NDArray], results: list[NDArray]) -> tuple:
        """The arrays that backward needs, as the tape keeps them.

        The property is asked with a number for every gradient, input and output.
        """
        outs, ins = len(self.outs), len(self.ins)
        numbers = list(range(outs + ins + outs))
        parts = numbers[:outs], numbers[outs : outs + ins], numbers[outs + ins :]
        declare = self.prop.declare_backward_dependency
        needed = set(custom.guarded(self.op.what, "declare_backward_dependency", declare, *parts))
        data = [((INPUT, i), inputs[i]) for i in range(ins) if parts[1][i] in needed]
        made = [((OUTPUT, i), _plain(results[i])) for i in range(outs) if parts[2][i] in needed]
        return (*data, *made)

    def backward(self, dys: list, inputs: Sequence, outs: Sequence) -> list:
        """Call the user's backward; the gradients of the inputs, None where none is wanted.

        Inputs and outputs that were not declared are None.  Where the gradients are recorded
        themselves (create_graph), those made by operators can be differentiated again.
        """
        again = mode.local.recording
        wanted = [entry is not None for entry in self.entries]
        found = [zeros(s.shape, ctx=s.ctx, dtype=s.dtype) for s in self.ins]
        custom.guarded(
            self.op.what,
            "backward",
            self.operator.backward,
            req=["write" if w else "null" for w in wanted],
            out_grad=[
                zeros(s.shape, ctx=s.ctx, dtype=s.dtype) if dy is None else dy
                for s, dy in zip(self.outs, dys, strict=True)
            ],
            in_data=[a if again or a is None else _plain(a) for a in inputs],
            out_data=[a if again or a is None else _plain(a) for a in outs],
            in_grad=found,
            aux=self.aux,
        )
        if again:
            for grad in found:
                if grad._entry is None:
                    grad._entry = (Node(WRITTEN, None, self.entries), 0)
        return [grad if w else None for grad, w in zip(found, wanted, strict=True)]


def _refuse(_F: Any, _p: Any, dys: list) -> list:
    raise MXNetError(
        "the gradient of a custom operator cannot be differentiated",
        rule="its backward uses operators only, and sets whole gradients",
    )


WRITTEN = Operator(
    "_backward_Custom", lambda k, p: None, (), doc="Stands where a gradient was set."
)
WRITTEN.gradient(_refuse)
