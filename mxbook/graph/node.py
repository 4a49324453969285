"""The node: one thing, used by the autograd tape, symbols, hybridized nets and files alike."""

from itertools import count
from typing import Any

from mxbook.base import scopes

Entry = tuple["Node", int]  # an output of a node

next_order = count().__next__


class Node:
    """An application of an operator, or a variable (`op` is None).

    `inputs` are entries, i.e. pairs of a node and the number of its output; on the tape None stands
    for an array that no gradient flows to.  `order` grows with creation: a node comes after its
    inputs.  `layer` is the block that made it, for people who measure.

    On the tape a node also has the `plan` it ran by (shapes) and the `saved` arrays its gradient
    rules named; a variable has `grad`, the array that receives the gradient, `grad_req`, and
    `fresh`: what the gradient is of, from backward until a trainer has used it.
    """

    __slots__ = (
        "__weakref__",
        "attrs",
        "fresh",
        "grad",
        "grad_req",
        "inputs",
        "layer",
        "name",
        "op",
        "order",
        "params",
        "plan",
        "saved",
    )

    def __init__(self, op: Any, params: Any = None, inputs: tuple = (), name: str = ""):
        self.op = op
        self.params = params
        self.inputs: tuple[Entry | None, ...] = inputs
        self.name = name
        self.layer = scopes.layer()
        self.attrs: dict[str, str] = {}
        self.order = next_order()
        self.plan: Any = None
        self.saved: tuple = ()
        self.grad: Any = None
        self.grad_req = "null"
        self.fresh = ""

    def __repr__(self) -> str:
        name = getattr(self, "name", "") or self.order  # nodes of the tape have no name
        return f"<Node {name}: {self.op.name if self.op else 'variable'}>"


def variable(name: str = "") -> Node:
    """A node that stands for an array that somebody else provides."""
    return Node(None, name=name)


def topological(heads: list[Node]) -> list[Node]:
    """All nodes that the heads depend on, inputs before their readers.

    >>> a = variable("a"); b = Node(None, inputs=((a, 0), (a, 0)), name="b")
    >>> [n.name for n in topological([b])]
    ['a', 'b']
    """
    done: set[int] = set()
    result: list[Node] = []
    stack: list[tuple[Node, bool]] = [(n, False) for n in reversed(heads)]
    while stack:
        node, expanded = stack.pop()
        if expanded:
            result.append(node)
            continue
        if id(node) in done:
            continue
        done.add(id(node))
        stack.append((node, True))
        stack.extend((e[0], False) for e in reversed(node.inputs) if e is not None)
    return result
