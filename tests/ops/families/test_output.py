"""Outputs that are losses: their gradients are those of the loss, whatever arrives."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.ndarray import registry as F

DATA = np.array([[1, 2, 3], [1, 1, 1]], "float32")


def gradient(op, label, data=DATA, head=None, **params):
    x = mx.nd.array(data)
    x.attach_grad()
    with mx.autograd.record():
        out = op(x, mx.nd.array(label), **params)
    out.backward(None if head is None else mx.nd.array(head))
    return out.asnumpy(), x.grad.asnumpy()


def test_softmax_output():
    p, dx = gradient(F.SoftmaxOutput, [1, 2])
    chosen = np.eye(3)[[1, 2]]
    np.testing.assert_allclose(dx, p - chosen, atol=1e-6)
    _, other = gradient(F.SoftmaxOutput, [1, 2], head=np.full((2, 3), 7))
    np.testing.assert_array_equal(other, dx)
    label = [[0.2, 0.3, 0.5], [1, 0, 0]]
    np.testing.assert_allclose(gradient(F.SoftmaxOutput, label)[1], p - np.array(label), atol=1e-6)


def test_softmax_output_normalization():
    p, dx = gradient(F.SoftmaxOutput, [1, 2])
    ignoring = {"use_ignore": True, "ignore_label": 1}
    _, batch = gradient(F.SoftmaxOutput, [1, 2], normalization="batch", **ignoring)
    np.testing.assert_allclose(batch, dx * [[0], [0.5]], atol=1e-6)
    _, valid = gradient(F.SoftmaxOutput, [1, 2], normalization="valid", **ignoring)
    np.testing.assert_allclose(valid, dx * [[0], [1]], atol=1e-6)
    _, smooth = gradient(F.SoftmaxOutput, [1, 2], smooth_alpha=0.1)
    target = np.full((2, 3), 0.05) + 0.85 * np.eye(3)[[1, 2]]
    np.testing.assert_allclose(smooth, p - target, atol=1e-6)


@pytest.mark.parametrize("label", [5, -3])
def test_labels_of_no_class_choose_nothing(label):
    p, dx = gradient(F.SoftmaxOutput, [1, label])
    np.testing.assert_allclose(dx[1], p[1])


def test_many_positions():
    data = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    label = np.random.default_rng(1).integers(0, 3, (2, 4, 5)).astype("float32")
    p, dx = gradient(F.SoftmaxOutput, label, data, multi_output=True)
    chosen = np.moveaxis(np.eye(3)[label.astype(int)], -1, 1)
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-5)
    np.testing.assert_allclose(dx, (p - chosen) / 20, atol=1e-6)
    with pytest.raises(ShapeError):
        gradient(F.SoftmaxOutput, label[:, 0], data, multi_output=True)


def test_regression():
    label = np.array([[0, 4, 3], [1, 2, 0]], "float32")
    out, dx = gradient(F.LinearRegressionOutput, label)
    np.testing.assert_array_equal(out, DATA)
    np.testing.assert_allclose(dx, (DATA - label) / 3)
    _, dx = gradient(F.MAERegressionOutput, label, grad_scale=6)
    np.testing.assert_array_equal(dx, 2 * np.sign(DATA - label))
    out, dx = gradient(F.LogisticRegressionOutput, label)
    np.testing.assert_allclose(dx, (out - label) / 3, rtol=1e-5)
    with pytest.raises(ShapeError, match="one label for each element"):
        gradient(F.LinearRegressionOutput, [1, 2])


def test_make_loss():
    x = mx.nd.array(DATA)
    x.attach_grad()
    for params, expected in (
        ({"grad_scale": 2}, 2),
        ({"normalization": "batch"}, 0.5),
        ({"normalization": "valid", "valid_thresh": 1.5}, 0.5),  # two elements are above
    ):
        with mx.autograd.record():
            loss = F.MakeLoss(x, **params)
        loss.backward(mx.nd.ones((2, 3)) * 9)
        assert (x.grad.asnumpy() == expected).all()
