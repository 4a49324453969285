"""Code of random graphs, and its values without any thought of memory."""

from hypothesis import strategies as st

import mxbook as mx
from mxbook.graph.node import topological
from mxbook.imperative.building import build


@st.composite
def graphs(draw):
    """A random graph of arithmetic on two variables of one shape, some parts repeated, some
    constant."""
    values = [mx.sym.var("a"), mx.sym.var("b"), mx.sym.arange(6).reshape((2, 3))]
    for _ in range(draw(st.integers(1, 12))):
        x, y = (draw(st.sampled_from(values)) for _ in "xy")
        made = draw(
            st.sampled_from(
                [
                    lambda x, y: x + y,
                    lambda x, y: x * y,
                    lambda x, y: mx.sym.tanh(x),
                    lambda x, y: mx.sym.reshape(mx.sym.reshape(x, shape=(-1,)), shape=(2, 3)),
                    lambda x, y: x - 0.5,
                ]
            )
        )
        values.append(made(x, y))
    return mx.sym.Group(draw(st.lists(st.sampled_from(values[3:]), min_size=1, max_size=3)))


def code_of(symbol, wanted=True, shape=(2, 3), train=True):
    """The code of a symbol all of whose variables have one shape."""
    heads = symbol._entries
    nodes = topological([n for n, _ in heads])
    variables = [n for n in nodes if n.op is None]
    spec = mx.nd.zeros(shape)._spec
    kinds = [wanted] * len(variables)
    nodes.sort(key=lambda n: n.order)
    return build(nodes, heads, variables, [spec] * len(variables), train, kinds)


def names(code):
    """The operators of the instructions."""
    return [i.op.name for i in code.instructions]


def run(code, inputs, arriving, once=()):
    """Interpret code on NumPy arrays."""
    given = (*code.inputs[: len(inputs)], *code.arriving)
    values = dict(zip(given, (*inputs, *arriving), strict=True))
    for i in (*once, *code.instructions):
        found = i.plan.kernel(i.params, *[values[v] for v in i.inputs])
        found = found if isinstance(found, list | tuple) else [found]
        values.update(zip(i.outputs, found, strict=True))
    return [values[v] for v in (*code.results, *code.gradients) if v is not None]
