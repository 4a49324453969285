"""The gradient pass, on plain numbers: it must not know what the values are."""

import random

from hypothesis import given
from hypothesis import strategies as st

from mxbook.graph.gradient import gradient
from mxbook.graph.node import Node, topological, variable
from mxbook.ops.operator import Operator


class _Spec:
    shape = (1,)


class _Plan:
    def __init__(self, inputs):
        self.inputs, self.outputs, self.steps = [_Spec()] * inputs, [_Spec()], {}


def product():
    """An operator on two numbers with the gradient of a product."""

    def kernel(k, p, lhs, rhs):
        return lhs * rhs

    op = Operator("product", kernel, ())
    op.gradient("lhs")(lambda F, p, dy, rhs: dy * rhs)
    op.gradient("rhs")(lambda F, p, dy, lhs: dy * lhs)
    return op


@given(st.integers(1, 6), st.integers(1, 30), st.integers(0, 2**32))
def test_products_of_products(leaves, nodes, seed):
    """The derivative of any product of powers is known in closed form."""
    draw = random.Random(seed)
    op = product()
    variables = [variable(f"x{i}") for i in range(leaves)]
    value = {v: draw.uniform(0.8, 1.25) for v in variables}
    powers = {v: [int(v is w) for w in variables] for v in variables}
    made = list(variables)
    for _ in range(nodes):
        a, b = draw.choice(made[-6:]), draw.choice(made[-6:])
        node = Node(op, None, ((a, 0), (b, 0)))
        node.plan = _Plan(2)
        value[node] = value[a] * value[b]
        powers[node] = [p + q for p, q in zip(powers[a], powers[b], strict=True)]
        made.append(node)
    head, visited = made[-1], []

    def values(node, kind, index):
        return value[node.inputs[index][0]]

    found = gradient([((head, 0), 1.0)], None, values, visited.append)
    for i, v in enumerate(variables):
        expected = powers[head][i] * value[head] / value[v]
        assert abs(found.get(v, 0.0) - expected) <= 1e-9 * max(1, abs(expected))
    assert len(visited) == len(set(visited))
    assert set(visited) == {n for n in topological([head]) if n.op}


def test_a_deep_chain_needs_no_recursion():
    op, node = product(), variable("x")
    start, one = node, variable("one")
    for _ in range(100_000):
        node = Node(op, None, ((node, 0), (one, 0)))
        node.plan = _Plan(2)
    found = gradient([((node, 0), 2.0)], None, lambda *_: 1.0, lambda _node: None)
    assert found[start] == 2.0
    assert len(topological([node])) == 100_002


def test_equal_heads_count_once_as_in_mxnet():
    x = variable("x")
    assert gradient([((x, 0), 1.0), ((x, 0), 5.0)], None, None, None) == {x: 5.0}
