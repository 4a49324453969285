"""Densities: they add up to 1, and samples fit to parameters from the left."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.ops.registry import operators

STEP = 0.001
CONTINUOUS = {"uniform": (2, 5), "normal": (4, 0.7), "gamma": (2.5, 1.5), "exponential": (0.9,)}
COUNTS = {
    "poisson": (3.5,),
    "negative_binomial": (2.5, 0.4),
    "generalized_negative_binomial": (3, 0.5),
}


def density(name, sample, *parameters, **options):
    given = [mx.nd.array(np.reshape(p, (1,)), dtype="float64") for p in parameters]
    function = getattr(mx.nd, f"random_pdf_{name}")
    return function(mx.nd.array(sample, dtype="float64"), *given, **options).asnumpy()


@pytest.mark.parametrize("name", CONTINUOUS)
def test_all_together_is_one(name):
    low, high = CONTINUOUS[name] if name == "uniform" else (STEP, 40)
    sample = np.arange(low, high, STEP)[None]
    assert density(name, sample, *CONTINUOUS[name]).sum() * STEP == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("name", COUNTS)
def test_all_counts_together_have_probability_one(name):
    sample = np.arange(200)[None]
    assert density(name, sample, *COUNTS[name]).sum() == pytest.approx(1)
    assert density(name, [[-1.0]], *COUNTS[name]) == 0


def test_two_classes_of_dirichlet_are_beta():
    part = np.arange(STEP / 2, 1, STEP)
    sample = mx.nd.array(np.stack([part, 1 - part], 1)[None], dtype="float64")
    found = mx.nd.random_pdf_dirichlet(sample, mx.nd.array([[2.5, 1.5]], dtype="float64"))
    assert found.shape == (1, len(part))
    assert found.asnumpy().sum() * STEP == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("name", [*CONTINUOUS, *COUNTS])
def test_logarithm(name):
    parameters = (CONTINUOUS | COUNTS)[name]
    sample = [[1.0, 2.0, 4.0]]
    np.testing.assert_allclose(
        np.exp(density(name, sample, *parameters, is_log=True)), density(name, sample, *parameters)
    )


def test_each_row_of_samples_has_its_own_parameters():
    sample = mx.nd.array([[[0, 1], [0, 1]], [[0, 1], [0, 1]]])
    rates = mx.nd.array([[1, 2], [3, 4]])
    found = mx.nd.random_pdf_exponential(sample, rates).asnumpy()
    np.testing.assert_allclose(found[..., 0], rates.asnumpy())
    np.testing.assert_allclose(found[..., 1], rates.asnumpy() * np.exp(-rates.asnumpy()), rtol=1e-6)


@pytest.mark.parametrize("name", [*CONTINUOUS, *COUNTS])
def test_what_does_not_fit(name):
    function = getattr(mx.nd, f"random_pdf_{name}")
    count = len(operators[f"_random_pdf_{name}"].inputs) - 1
    for sample, shape in (((3,), (2,)), ((2, 3), (3,)), ((2,), (2, 1))):
        with pytest.raises(ShapeError, match="do not fit"):
            function(mx.nd.ones(sample), *[mx.nd.ones(shape)] * count)
    with pytest.raises(DTypeError):
        function(mx.nd.ones((2, 3), dtype="int32"), *[mx.nd.ones(2, dtype="int32")] * count)


def test_vectors_that_do_not_fit():
    for sample, alpha in (((2, 3), (2,)), ((2, 4, 3), (4, 3)), ((3,), (1, 3))):
        with pytest.raises(ShapeError, match="vectors"):
            mx.nd.random_pdf_dirichlet(mx.nd.ones(sample), mx.nd.ones(alpha))
