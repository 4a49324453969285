"""Losses against their formulas and against numbers of MXNet 1.6."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.base.errors import DTypeError, ParameterError
from mxbook.gluon import loss as L

PRED = nd.array([[0.2, 0.5], [0.7, 0.1]])
LABEL = nd.array([[1, 0], [0, 1]])
SIGNS = nd.array([[1, -1], [-1, 1]])
WEIGHT = nd.array([[1], [2]])
POSITIVE = nd.array([2, 3])
# Computed by real MXNet 1.6.
MXNET = [
    (L.L2Loss(), (PRED, LABEL, WEIGHT), [0.2225, 0.65]),
    (L.L1Loss(), (PRED, LABEL, WEIGHT), [0.65, 1.6]),
    (L.SigmoidBCELoss(), (PRED, LABEL, WEIGHT), [0.7861079, 1.7475827]),
    (L.SigmoidBCELoss(), (PRED, LABEL, None, POSITIVE), [1.0851774, 1.518188]),
    (L.SigmoidBCELoss(True), (PRED, LABEL, None, POSITIVE), [1.9560115, 4.0558643]),
    (L.SoftmaxCELoss(), (PRED, nd.array([0, 1]), WEIGHT), [0.8543553, 2.074976]),
    (L.KLDivLoss(), (PRED, LABEL, WEIGHT), [-0.1, -0.1]),
    (L.KLDivLoss(from_logits=False), (PRED, LABEL), [0.42717764, 0.518744]),
    (L.HuberLoss(), (PRED, LABEL, WEIGHT), [0.2225, 0.65]),
    (L.HuberLoss(rho=0.1), (PRED, LABEL), [0.6, 0.75]),
    (L.HingeLoss(), (PRED, SIGNS, WEIGHT), [1.15, 2.6]),
    (L.SquaredHingeLoss(), (PRED, SIGNS, WEIGHT), [1.445, 3.7]),
    (L.LogisticLoss(), (PRED, SIGNS, WEIGHT), [0.7861079, 1.7475827]),
    (L.LogisticLoss(label_format="binary"), (PRED, LABEL), [0.7861079, 0.8737913]),
    (L.TripletLoss(margin=3), (PRED, LABEL, SIGNS), [1.0, 0.6]),
    (L.PoissonNLLLoss(), (PRED, LABEL, WEIGHT), [2.1769929]),
    (
        L.CosineEmbeddingLoss(margin=0.3, weight=2),
        (PRED, LABEL, nd.array([1, -1]), WEIGHT),
        [[1.2572186], [0.0]],
    ),
]


@pytest.mark.parametrize(("loss", "inputs", "expected"), MXNET)
def test_numbers_of_mxnet(loss, inputs, expected):
    np.testing.assert_allclose(loss(*inputs).asnumpy(), expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize(("loss", "inputs", "expected"), MXNET)
def test_on_symbols(loss, inputs, expected):
    names = [f"x{i}" for i in range(len(inputs))]
    symbols = [mx.sym.var(n) if a is not None else None for n, a in zip(names, inputs, strict=True)]
    values = {n: a for n, a in zip(names, inputs, strict=True) if a is not None}
    found = loss(*symbols).eval(**values)[0].asnumpy()
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


@given(
    hnp.arrays("float32", (3, 4), elements=st.floats(-3, 3, width=32)),
    hnp.arrays("float32", 3, elements=st.integers(0, 3)),
    st.sampled_from([None, 2.0]),
)
def test_softmax_cross_entropy(pred, label, weight):
    e = np.exp(pred.astype("float64"))
    p = (e / e.sum(1, keepdims=True))[np.arange(3), label.astype(int)]
    expected = -np.log(p) * (weight or 1)
    sparse = L.SoftmaxCrossEntropyLoss(weight=weight)
    dense = L.SoftmaxCrossEntropyLoss(weight=weight, sparse_label=False)
    logits = L.SoftmaxCrossEntropyLoss(weight=weight, from_logits=True)
    x, y = nd.array(pred), nd.array(label)
    one_hot = nd.one_hot(y, depth=4)
    for found in (sparse(x, y), dense(x, one_hot), logits(nd.log_softmax(x), y)):
        np.testing.assert_allclose(found.asnumpy(), expected, rtol=1e-4, atol=1e-5)


def test_the_gradient_of_softmax_cross_entropy_is_probability_minus_label():
    x, y = nd.array([[1, 2, 3]]), nd.array([0])
    x.attach_grad()
    with autograd.record():
        value = L.SoftmaxCrossEntropyLoss()(x, y)
    value.backward()
    expected = nd.softmax(x).asnumpy() - [[1, 0, 0]]
    np.testing.assert_allclose(x.grad.asnumpy(), expected, rtol=1e-5)


@given(st.integers(0, 1))
def test_the_batch_axis_is_kept(axis):
    assert L.L2Loss(batch_axis=axis)(nd.ones((2, 3)), nd.zeros((2, 3))).shape == ((2, 3)[axis],)


def test_labels_take_the_shape_of_predictions():
    assert L.L1Loss()(nd.ones((3, 1)), nd.zeros(3)).asnumpy().tolist() == [1, 1, 1]


def test_saturated_scores_have_finite_losses():
    value = L.SigmoidBCELoss()(nd.array([[1000], [-1000]]), nd.array([[0], [1]]))
    assert value.asnumpy().tolist() == [1000, 1000]


def test_poisson_with_stirling():
    pred, target = np.array([2.0, 5.0]), np.array([3.0, 7.0])
    full = L.PoissonNLLLoss(from_logits=False, compute_full=True)(nd.array(pred), nd.array(target))
    stirling = target * np.log(target) - target + 0.5 * np.log(2 * np.pi * target)
    expected = (pred - target * np.log(pred) + stirling).mean()
    assert full.asscalar() == pytest.approx(expected, rel=1e-5)


def test_bad_arguments():
    with pytest.raises(ParameterError):
        L.LogisticLoss(label_format="both")
    with pytest.raises(DTypeError, match="weight"):
        L.L1Loss(weight="heavy")(PRED, LABEL)


def test_texts_and_private_names():
    assert repr(L.L2Loss()) == "L2Loss(batch_axis=0, w=1.0)"
    assert repr(L.SoftmaxCELoss()) == "SoftmaxCrossEntropyLoss(batch_axis=0, w=None)"
    assert gluon.loss._apply_weighting(nd, PRED, 2.0, WEIGHT).asnumpy()[1, 0] == pytest.approx(2.8)
    assert L.SoftmaxCELoss(axis=1)._axis == 1


def test_ctc_in_all_layouts():
    scores = mx.nd.array(np.random.default_rng(0).normal(size=(2, 5, 4)))
    labels = mx.nd.array([[0, 1, -1], [2, 2, 1]])
    expected = L.CTCLoss(weight=2)(scores, labels).asnumpy()
    turned = L.CTCLoss("TNC", "TN", weight=2)
    found = turned(scores.swapaxes(0, 1), labels.T).asnumpy()
    np.testing.assert_allclose(found, expected)
    operator = mx.nd.CTCLoss(scores.swapaxes(0, 1), labels, blank_label="last").asnumpy()
    np.testing.assert_allclose(expected, 2 * operator, rtol=1e-6)
    lengths = mx.nd.array([2, 3])
    given = L.CTCLoss(weight=2)(scores, labels, None, lengths).asnumpy()
    np.testing.assert_allclose(given, expected)
    with pytest.raises(ParameterError):
        L.CTCLoss("CTN")
