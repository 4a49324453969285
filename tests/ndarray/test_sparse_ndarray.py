"""CSRNDArray and RowSparseNDArray: making, reading, writing, saving, gradients, refusals."""

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import (
    DTypeError,
    IndexingError,
    MXNetError,
    NotSupportedForSparseNDArray,
    ParameterError,
    ShapeError,
)
from mxbook.ndarray.sparse_ndarray import to_parts

sparse = mx.nd.sparse
M = np.array([[0, 2, 0, 1], [0, 0, 0, 0], [3, 0, 0, 4]], "float32")
STYPES = ["csr", "row_sparse"]


def made(stype, matrix=M):
    return mx.nd.array(matrix, dtype=matrix.dtype).tostype(stype)


@pytest.mark.parametrize(
    "source",
    [
        M,
        M.tolist(),
        mx.nd.array(M),
        sparse.csr_matrix(M),
        (np.array([2, 1, 3, 4], "float32"), [1, 3, 0, 3], [0, 2, 2, 4]),
        (np.array([4, 3, 1, 1, 1], "float32"), ([2, 2, 0, 0, 0], [3, 0, 1, 3, 1])),
    ],
    ids=["numpy", "lists", "dense", "csr", "definition", "places"],
)
def test_csr_from(source):
    a = sparse.csr_matrix(source, shape=(3, 4))
    np.testing.assert_array_equal(a.asnumpy(), M)
    assert (a.dtype, a.shape, a.stype, a.context) == (np.float32, (3, 4), "csr", mx.cpu())
    assert a.data.asnumpy().tolist() == [2, 1, 3, 4]
    assert a.indices.asnumpy().tolist() == [1, 3, 0, 3]
    assert a.indptr.asnumpy().tolist() == [0, 2, 2, 4]
    assert a.indices.dtype == a.indptr.dtype == np.int64
    assert repr(a) == "\n<CSRNDArray 3x4 @cpu(0)>"
    a.check_format()


@pytest.mark.parametrize(
    "source",
    [M, M.tolist(), sparse.row_sparse_array(M), (M[[2, 0]], [2, 0])],
    ids=["numpy", "lists", "row_sparse", "definition"],
)
def test_row_sparse_from(source):
    a = sparse.row_sparse_array(source, shape=(3, 4))
    np.testing.assert_array_equal(a.asnumpy(), M)
    assert a.stype == "row_sparse"
    assert a.indices.asnumpy().tolist() == [0, 2]
    np.testing.assert_array_equal(a.data.asnumpy(), M[[0, 2]])
    assert repr(a) == "\n<RowSparseNDArray 3x4 @cpu(0)>"
    a.check_format()


def test_scipy_both_ways():
    scipy_sparse = pytest.importorskip("scipy.sparse")
    for kind in (scipy_sparse.csr_matrix, scipy_sparse.coo_matrix, scipy_sparse.csc_matrix):
        a = sparse.array(kind(M))
        np.testing.assert_array_equal(a.asnumpy(), M)
    np.testing.assert_array_equal(a.asscipy().toarray(), M)


def test_types_and_shapes_follow():
    assert sparse.csr_matrix([[1, 0]]).dtype == np.float32
    assert sparse.csr_matrix(M.astype("int8")).dtype == np.int8
    assert sparse.csr_matrix(M, dtype="float64").dtype == np.float64
    assert sparse.csr_matrix((3, 4)).shape == (3, 4)
    assert sparse.row_sparse_array((3, 4, 5)).shape == (3, 4, 5)
    assert sparse.csr_matrix(([1.0], [5], [0, 1])).shape == (1, 6)
    assert sparse.row_sparse_array(([[1.0, 2]], [5])).shape == (6, 2)
    assert mx.nd.zeros((2, 3), stype="csr").stype == "csr"
    assert sparse.zeros("default", (2, 3)).stype == "default"
    assert sparse.empty("row_sparse", (2, 3), dtype="int32").dtype == np.int32


@pytest.mark.parametrize(
    "call",
    [
        lambda: sparse.csr_matrix(([1.0], [4], [0, 1]), shape=(1, 4)),
        lambda: sparse.csr_matrix(([1.0, 2], [0], [0, 1]), shape=(1, 4)),
        lambda: sparse.csr_matrix(([1.0], [0], [0, 2]), shape=(1, 4)),
        lambda: sparse.csr_matrix(([1.0], ([3], [0])), shape=(2, 2)),
        lambda: sparse.csr_matrix(([1.0], ([0, 1], [0])), shape=(2, 2)),
        lambda: sparse.csr_matrix(M, shape=(4, 4)),
        lambda: sparse.row_sparse_array(([[1.0]], [7]), shape=(2, 1)),
        lambda: sparse.row_sparse_array(([[1.0]], [0, 1]), shape=(2, 1)),
        lambda: sparse.csr_matrix((2, 3), shape=(3, 2)),
    ],
)
def test_what_does_not_fit_together(call):
    with pytest.raises(ShapeError):
        call()


def test_other_nonsense():
    with pytest.raises(ParameterError, match="two axes"):
        sparse.zeros("csr", (2, 3, 4))
    with pytest.raises(ParameterError, match="storage type"):
        sparse.zeros("coo", (2, 3))
    with pytest.raises(ParameterError, match="4 things"):
        sparse.csr_matrix(([1], [1], [1], [1]))
    with pytest.raises(DTypeError, match="not sparse"):
        sparse.array(M)
    with pytest.raises(ValueError, match="not supported"):
        made("csr").tostype("row_sparse")


@pytest.mark.parametrize(
    ("parts", "rule"),
    [
        (([1.0, 2], [1, 0], [0, 2]), "rise strictly"),
        (([1.0, 2], [1, 1], [0, 2]), "rise strictly"),
    ],
)
def test_check_format(parts, rule):
    a = sparse.csr_matrix(parts, shape=(1, 4))
    a.check_format(full_check=False)
    with pytest.raises(MXNetError, match=rule):
        a.check_format()


@given(st.integers(-4, 3), st.integers(-5, 5))
def test_rows(begin, end):
    a = made("csr")
    part = a[begin:end]
    assert part.stype == "csr"
    np.testing.assert_array_equal(part.asnumpy(), M[begin:end])
    if -3 <= begin < 3:
        np.testing.assert_array_equal(a[begin].asnumpy(), M[begin : begin + 1 or None])
    else:
        with pytest.raises(IndexingError):
            a[begin]


@pytest.mark.parametrize("stype", STYPES)
def test_writing_all_of_it(stype):
    a = mx.nd.zeros((3, 4), stype=stype)
    for value in (made(stype), mx.nd.array(M), M):
        a[:] = 0 * M
        assert a.data.size == 0
        a[:] = value
        assert a.stype == stype
        np.testing.assert_array_equal(a.asnumpy(), M)
    dense = mx.nd.ones((3, 4))
    dense[:] = a
    np.testing.assert_array_equal(dense.asnumpy(), M)
    np.testing.assert_array_equal(a.copyto(mx.nd.ones((3, 4))).asnumpy(), M)
    with pytest.raises(NotSupportedForSparseNDArray, match="writing to a part"):
        a[1:2] = 0


def test_numbers_fill_rows_only():
    a = made("row_sparse")
    a[:] = 2
    assert (a.asnumpy() == 2).all()
    with pytest.raises(ValueError, match="numeric types"):
        made("csr")[:] = 2


def test_arrays_do_not_share_what_is_stored():
    a = made("row_sparse")
    b = a.copy()
    b *= 3
    np.testing.assert_array_equal(a.asnumpy(), M)
    np.testing.assert_array_equal(b.asnumpy(), 3 * M)


@pytest.mark.filterwarnings("ignore::mxbook.base.errors.SparseFallbackWarning")
@pytest.mark.parametrize("stype", STYPES)
def test_arithmetic_and_what_stays_sparse(stype):
    a, d = made(stype), mx.nd.array(M)
    for found, expected, kept in (
        (a + a, 2 * M, True),
        (a - a * 2, -M, True),
        (a * a, M * M, True),
        (a * 3, 3 * M, True),
        (3 * a, 3 * M, True),
        (a / 2, M / 2, True),
        (-a, -M, True),
        (a * d, M * M, True),
        (a + d, 2 * M, False),
        (d - a, 0 * M, False),
        (a + 1, M + 1, False),
        (1 - a, 1 - M, False),
    ):
        np.testing.assert_allclose(found.asnumpy(), expected)
        assert found.stype == (stype if kept else "default")
    a += a
    a *= 2
    assert a.stype == stype
    np.testing.assert_array_equal(a.asnumpy(), 4 * M)


def test_retain():
    kept = made("row_sparse").retain(mx.nd.array([1, 2]))
    assert kept.indices.asnumpy().tolist() == [1, 2]
    np.testing.assert_array_equal(kept.asnumpy(), M * [[0], [1], [1]])


@pytest.mark.parametrize("stype", STYPES)
def test_what_sparse_arrays_refuse(stype):
    a = made(stype)
    for call in (
        lambda: a.reshape(2, 6),
        lambda: a.size,
        lambda: a._at(0),
        lambda: a._slice(0, 1),
        a.to_dlpack_for_read,
        lambda: setattr(a, "data", a.data),
    ):
        with pytest.raises(NotSupportedForSparseNDArray, match="does not support"):
            call()
    with pytest.raises(ValueError, match="scalar"):
        a.asscalar()
    with pytest.raises(ValueError, match="ambiguous"):
        bool(a)


@pytest.mark.parametrize("stype", STYPES)
def test_pickled_saved_and_loaded(stype, tmp_path):
    a = made(stype)
    mx.nd.save(str(tmp_path / "a"), {"a": a, "d": mx.nd.array(M)})
    loaded = mx.nd.load(str(tmp_path / "a"))
    for other in (pickle.loads(pickle.dumps(a)), loaded["a"]):
        assert other.stype == stype
        for x, y in zip(*(vars_of(to_parts(v)) for v in (a, other)), strict=True):
            np.testing.assert_array_equal(x, y)
    assert loaded["d"].stype == "default"


def vars_of(parts):
    return [p for p in (parts.data, parts.indices, parts.indptr) if p is not None]


@pytest.mark.parametrize("stype", STYPES)
def test_to_another_device_and_type(stype, strict_gpu):
    a = made(stype).as_in_context(mx.gpu(1))
    assert (a.stype, a.context) == (stype, mx.gpu(1))
    np.testing.assert_array_equal((a + a).asnumpy(), 2 * M)
    b = a.astype("int32")
    assert (b.stype, b.dtype) == (stype, np.int32)


def test_the_gradient_of_an_embedding_names_the_rows_that_were_read():
    weight = mx.nd.ones((6, 2))
    weight.attach_grad(stype="row_sparse")
    rows = mx.nd.array([[1, 4], [4, 4]])
    with mx.autograd.record():
        y = mx.nd.Embedding(rows, weight, input_dim=6, output_dim=2, sparse_grad=True)
    y.backward()
    assert weight.grad.stype == "row_sparse"
    assert weight.grad.indices.asnumpy().tolist() == [1, 4]
    assert weight.grad.data.asnumpy().tolist() == [[1, 1], [3, 3]]


def test_gradients_are_added_up_sparse():
    weight = mx.nd.ones((6, 2))
    weight.attach_grad("add", stype="row_sparse")
    for row in (1, 4, 1):
        with mx.autograd.record():
            y = mx.nd.contrib.SparseEmbedding(mx.nd.array([row]), weight, input_dim=6, output_dim=2)
        y.backward()
    assert weight.grad.stype == "row_sparse"
    assert weight.grad.asnumpy()[:, 0].tolist() == [0, 2, 0, 0, 1, 0]


@pytest.mark.parametrize("grad_stype", ["default", "row_sparse"])
def test_a_linear_model_on_sparse_data(grad_stype):
    data, weight = made("csr"), mx.nd.ones((4, 2))
    weight.attach_grad(stype=grad_stype)
    with mx.autograd.record():
        y = mx.nd.sparse.dot(data, weight)
    y.backward()
    assert weight.grad.stype == grad_stype
    np.testing.assert_array_equal(weight.grad.asnumpy(), M.T @ np.ones((3, 2)))


def test_queued_operations_take_their_turn():
    kind = mx.engine.engine_type()
    mx.engine.set_engine_type("ThreadedEngine")
    try:
        a = mx.nd.array(M)
        for _ in range(20):
            a = (a.tostype("row_sparse") + a.tostype("row_sparse")).tostype("default") / 2
        np.testing.assert_array_equal(a.asnumpy(), M)
    finally:
        mx.engine.set_engine_type(kind)
