"""Shorter code with the same results."""

import mxbook as mx


def test_equal_gradients_are_two_arrays():
    net = mx.sym.var("x") + mx.sym.var("y")
    executor = net.simple_bind(mx.cpu(), x=(2,), y=(2,))
    executor.forward(is_train=True)
    executor.backward([mx.nd.array([1, 2])])
    found = {name: grad.asnumpy().tolist() for name, grad in executor.grad_dict.items()}
    assert found == {"x": [1, 2], "y": [1, 2]}


def test_equal_gradients_that_are_computed():
    x = mx.sym.var("x")
    net = mx.sym.FullyConnected(x, num_hidden=2, name="a")
    net = net + mx.sym.FullyConnected(x, num_hidden=2, name="b")
    executor = net.simple_bind(mx.cpu(), x=(3, 4))
    executor.forward(is_train=True)
    executor.backward([mx.nd.ones((3, 2))])
    for name in ("a_bias", "b_bias"):
        assert executor.grad_dict[name].asnumpy().tolist() == [3, 3]
