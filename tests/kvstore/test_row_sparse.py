"""Row-sparse values in a store: sums by row, and rows fetched by number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError

stores = pytest.mark.parametrize("name", ["local", "device"])
SHAPE = (6, 2)
tables = st.lists(st.integers(0, 3), min_size=12, max_size=12).map(
    lambda values: np.array(values, "float32").reshape(SHAPE)
)


def rows(table, ctx=None):
    return mx.nd.array(table, ctx).tostype("row_sparse")


def store(name, table, stype="row_sparse"):
    kv = mx.kv.create(name)
    kv.init("w", mx.nd.array(table).tostype(stype))
    return kv


@stores
@settings(deadline=None)
@given(tables, st.lists(st.integers(0, 5), max_size=8), st.sampled_from(["float32", "int64"]))
def test_rows_by_number(name, table, numbers, dtype):
    out = mx.nd.sparse.zeros("row_sparse", SHAPE)
    row_ids = mx.nd.array(numbers, dtype=dtype)
    store(name, table).row_sparse_pull("w", out=out, row_ids=row_ids)
    out.check_format()
    assert out.indices.asnumpy().tolist() == sorted(set(numbers))
    expected = np.zeros(SHAPE)
    expected[numbers] = table[numbers]
    np.testing.assert_array_equal(out.asnumpy(), expected)


@stores
def test_each_device_has_its_rows(name):
    table = np.arange(12).reshape(SHAPE) + 1
    kv = store(name, table)
    outs = [mx.nd.sparse.zeros("row_sparse", SHAPE, ctx=mx.cpu(i)) for i in range(2)]
    kv.row_sparse_pull("w", out=outs, row_ids=[mx.nd.array([1]), mx.nd.array([[4, 0]])])
    assert [o.indices.asnumpy().tolist() for o in outs] == [[1], [0, 4]]
    kv.row_sparse_pull("w", out=outs, row_ids=mx.nd.array([5]))  # one for both
    assert [o.indices.asnumpy().tolist() for o in outs] == [[5], [5]]


@stores
@settings(deadline=None)
@given(st.lists(tables, min_size=1, max_size=6))
def test_sums(name, tables):
    kv = store(name, np.zeros(SHAPE))
    kv.push("w", [rows(t, mx.cpu(i)) for i, t in enumerate(tables)])
    assert kv._stored["w"].stype == "row_sparse"
    out = mx.nd.zeros(SHAPE)
    kv.pull("w", out=out)
    np.testing.assert_array_equal(out.asnumpy(), sum(tables))


@stores
@pytest.mark.parametrize("stypes", [("row_sparse", "default"), ("default", "row_sparse")])
def test_a_mixture_is_dense(name, stypes):
    kv = store(name, np.zeros(SHAPE))
    kv.push("w", [mx.nd.ones(SHAPE).tostype(s) for s in stypes])
    assert kv._stored["w"].stype == "default"
    out = mx.nd.zeros(SHAPE)
    kv.pull("w", out=out)
    assert (out.asnumpy() == 2).all()


@stores
def test_the_updater_gets_the_sparse_sum(name):
    kv = store(name, np.ones(SHAPE), "default")
    seen = []

    def update(key, pushed, stored):
        seen.append(pushed.stype)
        stored += pushed

    kv._set_updater(update)
    kv.push("w", [rows(np.eye(6, 2))] * 2)
    out = mx.nd.zeros(SHAPE)
    kv.pull("w", out=out)
    np.testing.assert_array_equal(out.asnumpy(), 1 + 2 * np.eye(6, 2))
    assert seen == ["row_sparse"]


@stores
@pytest.mark.parametrize("stype", ["row_sparse", "default"])
def test_pull_leaves_sparse_arrays_alone_unless_told(name, stype):
    kv = store(name, np.ones(SHAPE), stype)
    out = mx.nd.sparse.zeros("row_sparse", SHAPE)
    dense = mx.nd.zeros(SHAPE)
    with pytest.warns(UserWarning, match="row_sparse_pull"):
        kv.pull("w", out=[out, dense])
    assert out.indices.shape == (0,)
    assert (dense.asnumpy() == 1).all()
    kv.pull("w", out=out, ignore_sparse=False)
    assert (out.asnumpy() == 1).all()
    assert out.stype == "row_sparse"


def test_the_element_type_may_differ():
    out = mx.nd.sparse.zeros("row_sparse", SHAPE, dtype="float64")
    kv = store("local", np.ones(SHAPE))
    kv.row_sparse_pull("w", out=out, row_ids=mx.nd.array([2]))
    assert out.data.asnumpy().tolist() == [[1, 1]]
    assert out.dtype == np.float64


def test_several_keys():
    kv = mx.kv.create()
    kv.init([3, 5], [rows(np.ones(SHAPE)), rows(np.full(SHAPE, 2))])
    outs = [mx.nd.sparse.zeros("row_sparse", SHAPE) for _ in range(2)]
    kv.row_sparse_pull([5, 3], out=outs, row_ids=[mx.nd.array([1]), mx.nd.array([4])])
    assert [o.asnumpy().sum() for o in outs] == [4, 2]
    assert [o.indices.asnumpy().tolist() for o in outs] == [[1], [4]]


OUT = mx.nd.sparse.zeros("row_sparse", SHAPE)
ONE = mx.nd.array([1])


@pytest.mark.parametrize(
    ("stype", "arguments", "words"),
    [
        ("row_sparse", {"out": mx.nd.zeros(SHAPE), "row_ids": ONE}, "are row_sparse"),
        ("default", {"out": OUT, "row_ids": ONE}, "are row_sparse"),
        ("row_sparse", {"out": [OUT, OUT, OUT], "row_ids": [ONE, ONE]}, "does not match"),
        ("row_sparse", {"out": OUT}, "needs out="),
        ("row_sparse", {"row_ids": ONE}, "needs out="),
    ],
)
def test_what_does_not_fit(stype, arguments, words):
    with pytest.raises(ParameterError, match=words):
        store("local", np.ones(SHAPE), stype).row_sparse_pull("w", **arguments)


def test_a_row_that_does_not_exist():
    out = mx.nd.sparse.zeros("row_sparse", SHAPE)
    store("local", np.ones(SHAPE)).row_sparse_pull("w", out=out, row_ids=mx.nd.array([6]))
    with pytest.raises(MXNetError, match="0 to 5"):
        out.wait_to_read()


def test_sparse_values_are_not_compressed():
    kv = store("device", np.ones(SHAPE))
    kv.set_gradient_compression({"type": "2bit"})
    with pytest.raises(ParameterError, match="only dense"):
        kv.push("w", rows(np.ones(SHAPE)))
