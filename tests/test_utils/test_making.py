import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import test_utils as tu
from tests.oracle import both, marks

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6))
DENSITY = st.floats(0, 1)


@given(st.integers(0, 5), st.integers(1, 4), st.booleans())
def test_shapes(axes, longest, allow_zero_size):
    shape = tu.rand_shape_nd(axes, longest, allow_zero_size)
    assert len(shape) == axes
    assert all(type(n) is int and 1 - allow_zero_size <= n <= longest for n in shape)
    assert all(1 <= n <= high for n, high in zip(tu.rand_shape_2d(2, 3), (2, 3), strict=True))
    assert len(tu.rand_shape_3d()) == 3
    x, y = tu.rand_coord_2d(1, 3, 7, 9)
    assert x in (1, 2)
    assert y in (7, 8)


def test_dense_arrays():
    assert tu.random_arrays() == []
    assert tu.random_arrays((2, 3)).dtype == "float32"
    assert [a.shape for a in tu.random_arrays((2, 3), ())] == [(2, 3), ()]
    assert tu.rand_ndarray((2, 3), dtype="float64", ctx=mx.cpu(1)).context == mx.cpu(1)
    assert tu.create_vector(4, "float32").asnumpy().tolist() == [0, 1, 2, 3]
    assert tu.create_2d_tensor(3, 2).asnumpy().tolist() == [[0, 0], [1, 1], [2, 2]]


@given(st.lists(st.integers(), max_size=6), st.integers(0, 6))
def test_samples(population, k):
    found = tu.random_sample(population, k)
    assert len(found) == min(k, len(population))
    assert not [x for x in found if found.count(x) > population.count(x)]


@given(SHAPES, DENSITY, st.sampled_from(["float32", "float64"]))
def test_csr(shape, density, dtype):
    array, (indptr, indices, data) = tu.rand_sparse_ndarray(shape, "csr", density, dtype)
    assert array.stype == "csr"
    assert np.dtype(array.dtype) == dtype
    assert array.shape == shape
    array.check_format()
    assert data.size == round(density * shape[0] * shape[1]) == indices.size
    assert tu.same(array.indptr, indptr)
    assert ((data.asnumpy() >= 0) & (data.asnumpy() < 1)).all()


@given(SHAPES, DENSITY, st.sampled_from(["float32", "float64"]))
def test_row_sparse(shape, density, dtype):
    array, (values, rows) = tu.rand_sparse_ndarray(shape, "row_sparse", density, dtype)
    array.check_format()
    assert np.dtype(array.dtype) == values.dtype == dtype
    assert tu.same(array.asnumpy()[rows], values)
    assert not np.delete(array.asnumpy(), rows, 0).any()


@given(st.integers(1, 8), st.integers(2, 40), DENSITY)
def test_power_law(rows, columns, density):
    total = int(rows * columns * density)
    most = sum(min(columns, 2 ** (i + 1)) for i in range(rows))
    if 2 * rows <= total <= most:
        array, (indptr, _, data) = tu.rand_sparse_ndarray(
            (rows, columns), "csr", density, distribution="powerlaw"
        )
        array.check_format()
        lengths = np.diff(indptr.asnumpy())
        assert data.size == total
        full = [min(columns, 2 ** (i + 1)) for i in range(rows)]
        assert all(1 <= n <= m for n, m in zip(lengths, full, strict=True))
        assert data.asnumpy().min() >= 1
    else:
        with pytest.raises(ValueError, match="not supported for this density"):
            tu.rand_sparse_ndarray((rows, columns), "csr", density, distribution="powerlaw")


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_given_values(stype):
    made = tu.create_sparse_array((5, 4), stype, 2, modifier_func=lambda x: x + 1, density=1)
    assert tu.same(made, np.full((5, 4), 3))
    assert not tu.create_sparse_array_zd((5, 4), stype, 0).asnumpy().any()


def test_given_rows():
    made = tu.create_sparse_array_zd((5, 2), "row_sparse", 0.9, rsp_indices=[1, 3])
    assert made.indices.asnumpy().tolist() == [1, 3]
    assert not tu.create_sparse_array_zd((5, 2), "row_sparse", 0.9).indices.size


def test_columns_in_random_order():
    np.random.seed(0)
    array, (indptr, indices, _) = tu.rand_sparse_ndarray(
        (3, 30), "csr", 0.8, shuffle_csr_indices=True
    )
    columns = np.split(indices.asnumpy(), indptr.asnumpy()[1:-1])
    assert any(np.any(np.diff(part) < 0) for part in columns)
    assert all(len(set(part)) == len(part) for part in columns)
    with pytest.raises(TypeError):
        tu.shuffle_csr_column_indices(array)


@pytest.mark.parametrize(
    ("shape", "stype", "options"),
    [
        ((2, 3), "coo", {}),
        ((2, 3), "csr", {"density": 1.5}),
        ((2, 3), "csr", {"distribution": "normal"}),
        ((2, 3), "row_sparse", {"distribution": "powerlaw"}),
        ((2, 3, 4), "csr", {}),
    ],
)
def test_impossible(shape, stype, options):
    with pytest.raises(ValueError):
        tu.rand_sparse_ndarray(shape, stype, **options)


def test_element_by_element():
    a = np.array([[1, 2], [3, 4]])
    assert tu.same(tu.assign_each(a, lambda x: x / 2), a / 2)
    assert tu.same(tu.assign_each2(a, a.T, lambda x, y: x - y), a - a.T)
    copy = tu.assign_each(a, None)
    copy[0, 0] = 9
    assert a[0, 0] == 1
    assert tu.assign_each(np.array(3.0), lambda x: x + 1) == 4
    assert tu.assign_each(np.zeros((0, 2)), lambda x: 1 / 0).shape == (0, 2)


SCRIPT = """
import sys
t = mx.test_utils
def draw(name, function):
    np.random.seed(3)
    found[name] = function()
draw("arrays", lambda: t.random_arrays((2, 3), (2,)))
draw("ndarray", lambda: t.rand_ndarray((2, 3), dtype="float64"))
draw("rows", lambda: t.rand_sparse_ndarray((4, 3), "row_sparse")[1])
draw("half", lambda: t.rand_sparse_ndarray((4, 3), "row_sparse", .5, dtype="float64")[0])
draw("given rows", lambda: t.create_sparse_array((4, 3), "row_sparse", rsp_indices=(1,)))
draw("powerlaw", lambda: t.rand_ndarray((5, 32), "csr", density=.3, distribution="powerlaw"))
draw("sample", lambda: t.random_sample(list(range(9)), 4))
draw("shape", lambda: [int(n) for n in t.rand_shape_nd(4)])
draw("2d", lambda: [int(n) for n in t.rand_shape_2d(3, 4, True)])
draw("coordinates", lambda: [int(n) for n in t.rand_coord_2d(0, 5, 2, 9)])
draw("tensor", lambda: t.create_2d_tensor(3, 2))
"""


@marks
def test_the_same_numbers_as_mxnet(tmp_path):
    both(SCRIPT, tmp_path)
