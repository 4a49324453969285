"""Triangles and diagonals: what is put in comes out again, and nothing else is touched."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ShapeError

linalg = mx.nd.linalg
batches = st.sampled_from([(), (2,), (1, 2)])


def filled(shape):
    """An array without zeros."""
    return mx.nd.array(np.arange(np.prod(shape)).reshape(shape) + 1, dtype="float64")


@given(batches, st.integers(1, 4), st.integers(-3, 3))
def test_a_diagonal_comes_out_again(batch, n, offset):
    x = filled((*batch, n))
    made = linalg.makediag(x, offset=offset)
    assert made.shape == (*batch, n + abs(offset), n + abs(offset))
    assert (made.asnumpy() != 0).sum() == x.size
    found = linalg.extractdiag(made, offset=offset).asnumpy()
    np.testing.assert_array_equal(found, x.asnumpy())
    np.testing.assert_array_equal(found, np.diagonal(made.asnumpy(), offset, -2, -1))


@given(batches, st.integers(1, 4), st.integers(-3, 3), st.booleans())
def test_a_triangle_comes_out_again(batch, m, offset, lower):
    x = filled((*batch, m * (m + 1) // 2))
    made = linalg.maketrian(x, offset=offset, lower=lower)
    upper = offset > 0 or (offset == 0 and not lower)
    side = (np.triu if upper else np.tril)(made.asnumpy(), offset)
    np.testing.assert_array_equal(made.asnumpy(), side)
    assert (side != 0).sum() == x.size
    found = linalg.extracttrian(made, offset=offset, lower=lower).asnumpy()
    np.testing.assert_array_equal(found, x.asnumpy())


def test_a_lower_triangle_is_read_by_rows_and_an_upper_one_by_columns():
    x = filled((3, 3))
    assert linalg.extracttrian(x).asnumpy().tolist() == [1, 4, 5, 7, 8, 9]
    assert linalg.extracttrian(x, lower=False).asnumpy().tolist() == [1, 2, 5, 3, 6, 9]


def test_the_logarithms_of_diagonals():
    x = mx.nd.array([[np.e, 5], [7, 1]])
    np.testing.assert_allclose(linalg.sumlogdiag(x).asnumpy(), [1], rtol=1e-6)
    assert np.isnan(linalg.sumlogdiag(-x).asnumpy()).all()


@pytest.mark.parametrize(
    ("name", "shape", "options"),
    [
        ("extractdiag", (3, 3), {"offset": 3}),
        ("extractdiag", (2, 3), {}),
        ("extracttrian", (3, 3), {"offset": -3}),
        ("maketrian", (4,), {}),
        ("sumlogdiag", (3,), {}),
    ],
)
def test_what_does_not_fit(name, shape, options):
    with pytest.raises(ShapeError):
        getattr(linalg, name)(mx.nd.ones(shape), **options)


@pytest.mark.parametrize("dtype", ["float16", "int32"])
def test_linear_algebra_needs_real_numbers(dtype):
    with pytest.raises(DTypeError, match=dtype):
        linalg.extractdiag(mx.nd.ones((2, 2), dtype=dtype))
