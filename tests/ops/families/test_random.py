"""Random operators: the generator's numbers, in order, with checked parameters."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import registry as F
from mxbook.resource import Generator


def test_numbers_are_the_generators_and_go_on():
    mx.random.seed(7)
    generator = Generator(7)
    for name, parameters in (
        ("uniform", {"low": -1.0, "high": 2.0}),
        ("normal", {"loc": 3.0, "scale": 0.5}),
        ("exponential", {"lam": 2.0}),
        ("gamma", {"alpha": 2.0, "beta": 0.5}),
        ("poisson", {"lam": 4.0}),
        ("negative_binomial", {"k": 3, "p": 0.4}),
        ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.3}),
        ("randint", {"low": -5, "high": 5}),
    ):
        found = getattr(F, f"_random_{name}")(shape=(3, 5), **parameters)
        expected = getattr(generator, name)(shape=(3, 5), **parameters)
        np.testing.assert_array_equal(found.asnumpy(), expected)


def test_like_takes_shape_and_type():
    data = mx.nd.zeros((2, 3), dtype="float64")
    mx.random.seed(1)
    found = F._random_normal_like(data, loc=1, scale=2)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found.asnumpy(), Generator(1).normal(1.0, 2.0, (2, 3), "float64"))


def test_sample_draws_for_each_parameter():
    low, high = mx.nd.array([0, 100]), mx.nd.array([1, 200])
    found = F._sample_uniform(low, high, shape=(50,)).asnumpy()
    assert found.shape == (2, 50)
    assert ((found[0] < 1) & (found[1] >= 100)).all()
    with pytest.raises(ShapeError):
        F._sample_uniform(low, mx.nd.ones(3))


def test_shuffle_moves_rows():
    data = mx.nd.array(np.arange(30).reshape(10, 3))
    rows = F._shuffle(data).asnumpy()
    assert sorted(map(tuple, rows)) == sorted(map(tuple, data.asnumpy()))
    assert (rows != data.asnumpy()).any()


def test_multinomial_and_its_log_probability():
    p = mx.nd.array([[0.1, 0.2, 0.7], [0.5, 0.5, 0]])
    p.attach_grad()
    with mx.autograd.record():
        index, log = F._sample_multinomial(p, shape=(40,), get_prob=True)
    index = index.asnumpy()
    assert index.dtype == np.int32
    assert index.shape == (2, 40)
    assert set(index[1]) == {0, 1}
    chosen = np.take_along_axis(p.asnumpy(), index, 1)
    np.testing.assert_allclose(log.asnumpy(), np.log(chosen), rtol=1e-5)
    log.backward()
    counts = np.stack([np.bincount(row, minlength=3) for row in index])
    expected = np.divide(counts, p.asnumpy(), out=np.zeros((2, 3)), where=p.asnumpy() > 0)
    np.testing.assert_allclose(p.grad.asnumpy(), expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("name", "parameters", "error"),
    [
        ("uniform", {}, ShapeError),
        ("uniform", {"shape": (2,), "dtype": "int32"}, DTypeError),
        ("normal", {"shape": (2,), "scale": 0}, ParameterError),
        ("exponential", {"shape": (2,), "lam": -1}, ParameterError),
        ("poisson", {"shape": (2,), "lam": -1}, ParameterError),
        ("randint", {"shape": (2,), "low": 0, "high": 3, "dtype": "float32"}, DTypeError),
        ("randint", {"shape": (2,), "low": 2, "high": 2}, ParameterError),
        ("uniform", {"shape": (2,), "low": 2, "high": 1}, ParameterError),
    ],
)
def test_errors_come_before_anything_is_drawn(name, parameters, error):
    mx.random.seed(3)
    with pytest.raises(error):
        getattr(F, f"_random_{name}")(**parameters)
    np.testing.assert_array_equal(
        F._random_uniform(shape=(3,)).asnumpy(), Generator(3).uniform(shape=(3,))
    )


def test_a_draw_that_fails_does_not_spoil_the_generator():
    mx.random.seed(1)
    expected = mx.nd.random.uniform(shape=3).asnumpy()
    graph = mx.nd.sparse.csr_matrix((2, 2), dtype="int64")
    beyond = mx.nd.contrib.dgl_csr_neighbor_uniform_sample(graph, mx.nd.array([7], dtype="int64"))
    mx.random.seed(1)
    np.testing.assert_array_equal(mx.nd.random.uniform(shape=3).asnumpy(), expected)
    with pytest.raises(mx.MXNetError):
        beyond[0].wait_to_read()
