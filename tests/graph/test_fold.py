"""What depends on no input is computed once."""

import numpy as np
from hypothesis import given

import mxbook as mx
from mxbook.graph.fold import folded
from mxbook.graph.verify import verify, verify_same

from .codes import code_of, graphs, names, run

A = mx.sym.var("a")


@given(graphs())
def test_the_same_comes_out(symbol):
    code = code_of(symbol)
    short, once = folded(code)
    verify(short)
    verify_same(code, short, once)
    assert len(short.instructions) + len(once) == len(code.instructions)
    source = np.random.default_rng(1)
    inputs = [source.normal(size=(2, 3)).astype("f4") for _ in code.inputs]
    arriving = [source.normal(size=(2, 3)).astype("f4") for _ in code.arriving]
    for a, b in zip(run(code, inputs, arriving), run(short, inputs, arriving, once), strict=True):
        np.testing.assert_array_equal(a, b)


def test_constants_are_found_and_random_numbers_are_none():
    fixed = mx.sym.sqrt(mx.sym.arange(1, 7).reshape((2, 3)))
    drawn = mx.sym.random.uniform(shape=(2, 3))
    short, once = folded(code_of(A * fixed + drawn, wanted=False))
    assert [i.op.name for i in once] == ["_arange", "Reshape", "sqrt"]
    assert names(short) == ["_random_uniform", "elemwise_mul", "elemwise_add"]
    assert len(short.inputs) == 2  # `a` and the constant


def test_a_constant_that_comes_out_is_new_each_time():
    short, once = folded(code_of(mx.sym.Group([mx.sym.ones((2, 3)), A * 2]), wanted=False))
    assert once == []
    assert names(short) == ["_ones", "_mul_scalar"]
