"""Layers that pass their data on: what they add to the gradient."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd
from mxbook.base.errors import DTypeError, ShapeError

POSITIVE = st.floats(0.1, 3)


def gradient(layer, x, head=None):
    """The gradient of an array after a layer; the result must be the array itself."""
    x.attach_grad()
    with autograd.record():
        y = layer(x)
    y.backward(head)
    np.testing.assert_array_equal(y.asnumpy(), x.asnumpy())
    return x.grad.asnumpy()


def hinges(x, label, margin, power):
    """How far each score is on the wrong side, to a power, all together."""
    side = np.where(np.arange(x.shape[-1]) == label[..., None], 1, -1)
    return (np.maximum(margin - side * x, 0) ** power).sum()


@given(POSITIVE, POSITIVE, st.booleans(), st.sampled_from([(4, 3), (2, 2, 5)]))
def test_the_gradient_of_a_support_vector_machine(margin, coefficient, linear, shape):
    draw = np.random.default_rng(0)
    x, label = draw.normal(size=shape), draw.integers(0, shape[-1], shape[:-1])
    options = {"regularization_coefficient": coefficient, "use_linear": linear, "margin": margin}
    found = gradient(
        lambda a: mx.nd.SVMOutput(a, mx.nd.array(label, dtype="float64"), **options),
        mx.nd.array(x, dtype="float64"),
        mx.nd.array(draw.normal(size=shape), dtype="float64"),  # does not matter
    )
    step, power = 1e-6, 1 if linear else 2
    for at in np.ndindex(*shape):
        there, back = x.copy(), x.copy()
        there[at] += step
        back[at] -= step
        slope = hinges(there, label, margin, power) - hinges(back, label, margin, power)
        assert found[at] == pytest.approx(coefficient * slope / (2 * step), abs=1e-5)


def test_a_class_that_does_not_exist_fits_no_score():
    x = mx.nd.array([[0.5, -0.5]])
    found = [
        gradient(lambda a, n=n: mx.nd.SVMOutput(a, mx.nd.array([n]), use_linear=True), x).tolist()
        for n in (0, 1, 2, -1)
    ]
    assert found == [[[-1, 1]], [[1, -1]], [[1, 1]], [[1, 1]]]


def test_labels_that_do_not_fit():
    for data, label in (((3, 4), (2,)), ((3, 4), (3, 1)), ((3,), (3,))):
        with pytest.raises(ShapeError):
            mx.nd.SVMOutput(mx.nd.ones(data), mx.nd.ones(label))
    with pytest.raises(DTypeError):
        mx.nd.SVMOutput(mx.nd.ones((3, 4)), mx.nd.ones(3, dtype="int32"))
    node = mx.sym.SVMOutput(mx.sym.var("x"), name="svm")
    assert node.infer_shape(x=(3, 4, 2)) == ([(3, 4, 2), (3, 4)], [(3, 4, 2)], [])


def sparse(x, average, **options):
    return mx.nd.IdentityAttachKLSparseReg(x, moving_avg=average, **options)


def test_units_that_are_on_too_often_are_held_down():
    x, average = mx.nd.array([[0.9, 0.1, 0.5]] * 2), mx.nd.array([0.5, 0.5, 0.5])
    found = gradient(lambda a: sparse(a, average, sparseness_target=0.5, momentum=0.5), x)
    assert (np.sign(found - 1) == [1, -1, 0]).all()
    np.testing.assert_allclose(average.asnumpy(), [0.7, 0.3, 0.5], rtol=1e-6)


def test_the_average_moves_only_in_the_backward_pass():
    x, average = mx.nd.full((2, 3), 0.9), mx.nd.full(3, 0.5)
    with autograd.record():
        sparse(x, average)
    assert (average.asnumpy() == 0.5).all()


def test_sparseness_needs_a_table():
    with pytest.raises(ShapeError, match="units"):
        sparse(mx.nd.ones((2, 3, 4)), mx.nd.ones(3))
    with pytest.raises(ShapeError):
        sparse(mx.nd.ones((2, 3)), mx.nd.ones(2))
    node = mx.sym.IdentityAttachKLSparseReg(mx.sym.var("x"), name="kl")
    assert (node.list_arguments(), node.list_auxiliary_states()) == (["x"], ["kl_moving_avg"])
    assert node.infer_shape(x=(2, 3))[2] == [(3,)]
