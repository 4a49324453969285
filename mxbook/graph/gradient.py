"""The one gradient pass.

It walks the nodes from the last made to the first, asks every operator for its rules, and adds up
what arrives at each output.  It does not know whether the values are arrays or symbols: rules are
written in `F` and arithmetic, and `values(node, kind, index)` gives the values that a rule named.
"""

from collections.abc import Callable, Iterable
from heapq import heappop, heappush
from typing import Any

from mxbook.base.errors import MXNetError
from mxbook.ops.operator import (
    DY,
    DYS,
    INPUT,
    INPUT_DTYPES,
    INPUT_SHAPE,
    INPUT_SHAPES,
    INPUTS,
    OUTPUT,
    OUTPUT_SHAPE,
    GradientRule,
)

from .node import Entry, Node

Values = Callable[[Node, int, int], Any]
Step = Callable[[Any, Node, list, Values], Any]


def gradient(
    heads: Iterable[tuple[Entry, Any]],
    F: Any,
    values: Values,
    finish: Callable[[Node], None],
    begin: Callable[[Node], None] | None = None,
) -> dict[Node, Any]:
    """Gradients of the sum of the heads, weighted by the value beside each, for all variables
    reached.

    `finish(node)` is called when a node's gradient has been passed on (the tape then forgets what
    it saved).  A node is visited after all its readers: nodes are taken in the reverse order of
    creation.  `begin(node)` is called before a node's rules are.
    """
    arriving: dict[Node, list] = {}
    queue: list[tuple[int, Node]] = []
    for head, value in dict(heads).items():  # as in MXNet, the last one counts for equal heads
        add(arriving, queue, head, value)
    variables: dict[Node, Any] = {}
    while queue:
        node = heappop(queue)[1]
        if begin is not None:
            begin(node)
        dys = arriving.pop(node)
        op = node.op
        if op is None:
            variables[node] = dys[0]
        elif op.joint_rule is None:
            steps = node.plan.steps
            for i, entry in enumerate(node.inputs):
                if entry is not None:
                    step = steps.get(i) or make_step(node, i)
                    add(arriving, queue, entry, step(F, node, dys, values))
            finish(node)
        else:
            rule = op.joint_rule
            found = rule.function(F, node.params, *arguments(rule, node, dys, values))
            for entry, value in zip(node.inputs, found, strict=False):
                add(arriving, queue, entry, value)
            finish(node)
    return variables


def add(arriving: dict, queue: list, entry: Entry | None, value: Any) -> None:
    """Let a value arrive at an output; values that meet there are added up."""
    if value is None or entry is None:
        return
    node, index = entry
    slots = arriving.get(node)
    if slots is None:
        slots = arriving[node] = [None] * index + [value]
        heappush(queue, (-node.order, node))
    elif index < len(slots):
        before = slots[index]
        slots[index] = value if before is None else before + value
    else:
        slots += [None] * (index - len(slots)) + [value]


def make_step(node: Node, index: int) -> Step:
    """The rule of one input, with the shapes it names filled in: they are the same for all nodes
    of a plan."""
    op, plan = node.op, node.plan
    rule = op.rules.get(index)
    if rule is None and not op.rules and not op.zero_gradient:
        raise no_rule(op)
    if rule is not None and plan.inputs[index].shape == plan.outputs[0].shape:
        rule = rule.unstretched or rule
    step: Step = _nothing if rule is None else _step(rule)
    plan.steps[index] = step
    return step


def _nothing(_F: Any, _node: Node, _dys: list, _values: Values) -> None:
    return None


def _step(rule: GradientRule) -> Step:
    function, needs = rule.function, rule.needs
    if needs == ((DY, 0),):  # by far the most frequent kind, and worth a short way
        return lambda F, node, dys, _values: (
            None if dys[0] is None else function(F, node.params, dys[0])
        )

    def step(F: Any, node: Node, dys: list, values: Values) -> Any:
        if dys[0] is None and needs[0][0] == DY:
            return None
        return function(F, node.params, *arguments(rule, node, dys, values))

    return step


def arguments(rule: GradientRule, node: Node, dys: list, values: Values) -> list:
    """The values of what a rule named."""
    return [argument(need, node, dys, values) for need in rule.needs]


def argument(need: tuple[int, int], node: Node, dys: list, values: Values) -> Any:
    """One thing that a rule named; an input that was not given is None."""
    kind, index = need
    if kind == DY:
        return dys[0]
    if kind == DYS:
        return dys + [None] * (len(node.op.output_names(node.params)) - len(dys))
    if kind in (INPUT, OUTPUT, INPUTS):
        return values(node, kind, index)
    plan = node.plan
    if kind == OUTPUT_SHAPE:
        return plan.outputs[index].shape
    if kind == INPUT_SHAPES:
        return [spec.shape for spec in plan.inputs]
    if kind == INPUT_DTYPES:
        return [spec.dtype for spec in plan.inputs]
    if index >= len(plan.inputs):
        return None
    return plan.inputs[index].shape if kind == INPUT_SHAPE else plan.inputs[index].dtype


def no_rule(op: Any) -> MXNetError:
    """The error about an operator through which no gradient can flow."""
    return MXNetError(
        f"{op.name} has no gradient",
        rule="every operator between the loss and a variable must be differentiable",
        hint="take it out of the recorded part, e.g. with autograd.pause() or BlockGrad",
    )
