"""Code of graphs: built with gradients, simplified, its memory planned, on random graphs."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.graph.code import Code, Instruction, verify
from mxbook.graph.memory import last_uses, owners, plan_memory
from mxbook.graph.node import topological
from mxbook.graph.simplify import RESHAPING, simplified, without_repetition
from mxbook.imperative.building import build


@st.composite
def graphs(draw):
    """A random graph of arithmetic on two variables of one shape, some parts repeated."""
    values = [mx.sym.var("a"), mx.sym.var("b")]
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
    return mx.sym.Group(draw(st.lists(st.sampled_from(values[2:]), min_size=1, max_size=3)))


def code_of(symbol, wanted=True):
    heads = symbol._entries
    nodes = topological([n for n, _ in heads])
    variables = [n for n in nodes if n.op is None]
    specs = [mx.nd.zeros((2, 3))._spec] * len(variables)
    kinds = [wanted] * len(variables)
    return build(sorted(nodes, key=lambda n: n.order), heads, variables, specs, True, kinds)


def run(code, inputs, arriving):
    """Interpret code on NumPy arrays, with no thought of memory."""
    values = dict(zip((*code.inputs, *code.arriving), (*inputs, *arriving), strict=True))
    for i in code.instructions:
        found = i.plan.kernel(i.params, *[values[v] for v in i.inputs])
        found = found if isinstance(found, list | tuple) else [found]
        values.update(zip(i.outputs, found, strict=True))
    return [values[v] for v in (*code.results, *code.gradients) if v is not None]


@given(graphs())
def test_simpler_code_gives_the_same(symbol):
    code = code_of(symbol)
    verify(code)
    simple = simplified(code)
    verify(simple)
    assert len(simple.instructions) <= len(code.instructions)
    source = np.random.default_rng(1)
    inputs = [source.normal(size=(2, 3)).astype("f4") for _ in code.inputs]
    arriving = [source.normal(size=(2, 3)).astype("f4") for _ in code.arriving]
    for a, b in zip(run(code, inputs, arriving), run(simple, inputs, arriving), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)


@given(graphs())
def test_values_in_one_buffer_do_not_live_together(symbol):
    code = simplified(code_of(symbol))
    memory = plan_memory(code, lambda i: i.plan.writes_out)
    last, owner = last_uses(code), owners(code)
    born = {v: place for place, i in enumerate(code.instructions) for v in i.outputs}
    lives: dict[int, list] = {}
    for value, number in memory.buffer.items():
        assert value not in owner
        assert memory.sizes[number] >= code.specs[value].nbytes
        lives.setdefault(number, []).append((born[value], last[value], value))
    for spans in lives.values():
        spans.sort()
        for (_, end, _), (start, _, value) in itertools.pairwise(spans):
            in_place = code.instructions[start].op.in_place
            assert end < start or (end == start and in_place and value is not None)
    assert memory.planned <= memory.alone


def test_repetition_is_found():
    a = mx.sym.var("a")
    symbol = mx.sym.tanh(a + 1) * mx.sym.tanh(a + 1)
    code = code_of(symbol, wanted=False)
    assert [i.op.name for i in without_repetition(code).instructions] == [
        "_plus_scalar",
        "tanh",
        "elemwise_mul",
    ]


def test_random_operators_are_not_repetition():
    a = mx.sym.var("a")
    symbol = mx.sym.Dropout(a) + mx.sym.Dropout(a)
    names = [i.op.name for i in simplified(code_of(symbol, wanted=False)).instructions]
    assert names.count("Dropout") == 2


def test_reshaping_operators_keep_their_elements():
    for name in RESHAPING:
        assert name in mx.ops.registry.operators


def test_the_verifier_finds_what_is_broken():
    code = code_of(mx.sym.tanh(mx.sym.var("a")), wanted=False)
    first = code.instructions[0]
    lost = Instruction(first.op, first.params, first.plan, (99,), first.outputs)
    for broken in ([lost], [first, first], []):
        with pytest.raises(ValueError, match=r"99|instruction 1|nothing makes"):
            verify(Code(broken, code.specs, code.inputs, code.results))


def test_a_long_chain_is_planned_in_little_memory():
    x = mx.sym.var("x")
    for _ in range(2000):
        x = mx.sym.tanh(x + 1)
    code = simplified(code_of(x, wanted=False))
    memory = plan_memory(code, lambda i: i.plan.writes_out)
    assert len(code.instructions) == 4000
    assert memory.planned <= 2 * code.specs[0].nbytes
