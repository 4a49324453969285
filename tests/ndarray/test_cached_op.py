"""A symbol as a function of arrays."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError

A, B = mx.sym.var("a"), mx.sym.var("b")


def arrays(*values):
    return [mx.nd.array(v) for v in values]


def test_inputs_are_in_the_order_of_the_symbol():
    symbol = B * 2 + A
    assert symbol.list_inputs() == ["b", "a"]
    found = mx.nd.CachedOp(symbol, [("static_alloc", True)])(*arrays([1, 2], [10, 20]))
    np.testing.assert_array_equal(found.asnumpy(), [12, 24])


def test_several_results_and_where_they_go():
    double = mx.nd.CachedOp(mx.sym.Group([A * 2, A + 1]))
    inputs = arrays([1, 2])
    found = double(*inputs)
    assert [f.asnumpy().tolist() for f in found] == [[2, 4], [2, 3]]
    out = [mx.nd.zeros(2), mx.nd.zeros(2)]
    assert double(*inputs, out=out) is out
    np.testing.assert_array_equal(out[1].asnumpy(), [2, 3])
    with pytest.raises(ParameterError, match="2 results"):
        double(*inputs, out=out[0])


def test_it_is_recorded():
    a, b = arrays([1, 2], [3, 4])
    a.attach_grad()
    product = mx.nd.CachedOp(A * A * B)
    with mx.autograd.record():
        y = product(a, b)
    y.backward()
    np.testing.assert_array_equal(a.grad.asnumpy(), [6, 16])


def test_moving_averages_are_kept_where_they_are():
    norm = mx.nd.CachedOp(mx.sym.BatchNorm(A, name="bn", momentum=0.5, fix_gamma=False))
    inputs = arrays([[0], [2]], [1], [0], [5], [5])
    inputs[0].attach_grad()
    with mx.autograd.record():
        y = norm(*inputs)
    y.backward()
    assert inputs[3].asscalar() == 3  # half of 5 and half of the batch's mean
    np.testing.assert_allclose(y.asnumpy(), [[-1], [1]], rtol=1e-2)


def test_what_it_cannot_be_called_with():
    double = mx.nd.CachedOp(A * 2)
    with pytest.raises(ParameterError, match=r"2 input\(s\)"):
        double(*arrays([1], [2]))
    with pytest.raises(DTypeError, match="a is a list"):
        double([1])
    with pytest.raises(ParameterError, match="static_alloc"):
        mx.nd.CachedOp(A, [("static_aloc", True)])
