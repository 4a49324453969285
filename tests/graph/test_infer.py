"""Completing shapes and types over a graph."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError


def test_weights_follow_from_data_and_data_from_weights():
    net = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=5, name="fc")
    assert net.infer_shape(x=(2, 3)) == ([(2, 3), (5, 3), (5,)], [(2, 5)], [])
    args, outs, _ = net.infer_shape_partial(fc_weight=(5, 7))
    assert args[2] == (5,) and outs in ([(0, 5)], [()])
    assert net.infer_shape(fc_weight=(5, 7)) == (None, None, None)


def test_a_contradiction_names_the_node_and_its_inputs():
    x, y = mx.sym.var("x"), mx.sym.var("y")
    z = mx.sym.elemwise_add(x, y, name="sum_of_both")
    with pytest.raises(ShapeError, match="sum_of_both") as caught:
        z.infer_shape(x=(2, 3), y=(2, 4))
    assert "from x" in str(caught.value) and "from y" in str(caught.value)


def test_types():
    x, y = mx.sym.var("x"), mx.sym.var("y")
    z = mx.sym.cast(x + y, dtype="float16")
    assert z.infer_type(x="float64") == ([np.float64, np.float64], [np.float16], [])
    with pytest.raises(DTypeError):
        (x + y).infer_type(x="float32", y="int32")


def test_attributes_of_variables_count():
    x = mx.sym.Variable("x", shape=(4, 2), dtype="float64")
    assert (x * 2).infer_shape()[1] == [(4, 2)]
    assert (x * 2).infer_type()[1] == [np.float64]


def test_parts_of_a_vector_follow_from_the_whole():
    """As in recurrent layers: the first weights of all directions are of one size."""
    first, second = (mx.sym.var(n, shape=(4, 0)) for n in "ab")
    parts = [mx.sym.reshape(s, shape=(-1,)) for s in (first, second, mx.sym.var("c"))]
    whole = mx.sym._internal._rnn_param_concat(*parts, dim=0)
    net = whole + mx.sym.var("other", shape=(30,))
    args, _, _ = net.infer_shape_partial(c=(6,))
    assert args[:2] == [(4, 3), (4, 3)]


@pytest.mark.parametrize("watched", [False, True])
def test_arrays_in_shapes_that_follow_from_their_use(watched):
    """A length of 0 is that of the array it meets, in a program as well as node by node."""
    data = mx.sym.var("x")
    state = mx.sym.FullyConnected(mx.sym.zeros((0, 4)), num_hidden=3, name="h")
    net = mx.sym.FullyConnected(data, num_hidden=3, name="i") + state
    picture = mx.sym.Convolution(mx.sym.ones((0, 1, 3, 3)), kernel=(3, 3), num_filter=3, name="c")
    net = mx.sym.elemwise_add(net, mx.sym.reshape(picture, shape=(-1, 3)))
    executor = net.simple_bind(mx.cpu(), x=(2, 5))
    executor.arg_dict["h_bias"][:] = 7
    executor.arg_dict["c_weight"][:] = 1
    if watched:
        executor.set_monitor_callback(lambda name, array: None)
    assert executor.forward()[0].asnumpy().tolist() == [[16] * 3] * 2
