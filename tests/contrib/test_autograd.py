import numpy as np
import pytest

import mxbook as mx
from mxbook.contrib import autograd as old


def test_sections():
    assert not mx.autograd.is_recording()
    with old.train_section():
        assert mx.autograd.is_recording()
        assert mx.autograd.is_training()
        with old.test_section():
            assert not mx.autograd.is_recording()
            assert not mx.autograd.is_training()
        assert mx.autograd.is_recording()
    assert not mx.autograd.is_recording()
    assert old.set_is_training(True) is False
    assert old.set_is_training(False) is True


def test_backward():
    x, grad = mx.nd.array([1, 2]), mx.nd.zeros(2)
    old.mark_variables([x], [grad], "add")
    for expected in ([2, 4], [4, 8]):
        with old.train_section():
            y = x * x
        old.compute_gradient([y])
        assert grad.asnumpy().tolist() == expected
    with old.train_section():
        y = x * 3
    old.backward([y], [mx.nd.array([1, 10])])
    assert grad.asnumpy().tolist() == [7, 38]


@pytest.mark.parametrize("argnum", [None, 1, [1, 0]])
def test_functions(argnum):
    def f(x, y):
        return x * y

    x, y = mx.nd.array([2, 3]), mx.nd.array([5, 7])
    wanted = {None: [y, x], 1: [x]}.get(argnum if not isinstance(argnum, list) else 0, [x, y])
    gradients, result = old.grad_and_loss(f, argnum)(x, y)
    assert result.asnumpy().tolist() == [10, 21]
    assert len(gradients) == len(wanted)
    for found in (gradients, old.grad(f, argnum)(x, y)):
        for a, b in zip(found, wanted, strict=True):
            np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())
    assert old.grad(f).__name__ == "f"
    with pytest.raises(TypeError):
        old.grad(f)(x, 3)
