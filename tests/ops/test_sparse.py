"""Kernels for sparse arrays give what the dense ones give, in the promised storage type."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.sparse import SparseParts
from mxbook.ops import sparse
from mxbook.ops.registry import operators
from mxbook.testing.cases import Case
from mxbook.testing.comparing import assert_agree

# Their results differ from the dense ones by design: only what is stored changes.  The optimizer
# steps have tests of their own, in families/sparse.
ON_STORED_ONLY = {
    "_contrib_group_adagrad_update",
    "_scatter_elemwise_div",
    "_scatter_minus_scalar",
    "_scatter_plus_scalar",
    "_sparse_adagrad_update",
    "adam_update",
    "ftrl_update",
    "sgd_mom_update",
    "sgd_update",
}


def stypes_of(array):
    return {1: ("default", "row_sparse"), 2: ("default", "csr", "row_sparse")}.get(
        array.ndim, ("default",)
    )


def sparse_calls():
    """Every example of an operator with storage types for which it has a kernel."""
    for op in {o.name: o for o in operators.values() if o.storage_rules}.values():
        for number, example in enumerate(op.examples):
            case = Case(op, number, example)
            for found in itertools.product(*map(stypes_of, case.inputs)):
                gives = next(
                    filter(None, (r.match(case.values, found) for r in op.storage_rules)), 0
                )
                if gives:
                    yield pytest.param(case, found, gives, id=f"{case}-{'-'.join(found)}")


def thinned(case, stypes):
    """The inputs, with zeros in those that are to be sparse."""
    source = np.random.default_rng(5)
    return [
        x * (source.random(x.shape) < 0.5).astype(x.dtype) if s != "default" else x
        for x, s in zip(case.host(), stypes, strict=True)
    ]


CALLS = list(sparse_calls())


def test_there_are_many():
    assert len(CALLS) > 150


def check(case, stypes, gives, ctx):
    hosts = thinned(case, stypes)
    dense = [mx.nd.array(h, ctx, h.dtype) for h in hosts]
    arrays = [a.tostype(s) for a, s in zip(dense, stypes, strict=True)]
    if case.op.name in ON_STORED_ONLY:
        found = case.call(*arrays)
        assert [f.stype for f in found] == list(gives)
        return
    expected, found = case.call(*dense), case.call(*arrays)
    for e, f, stype in zip(expected, found, gives, strict=True):
        assert f.stype == stype
        assert f.dtype == e.dtype
        assert f.context == e.context
        assert_agree(f.asnumpy(), e.asnumpy(), "the sparse result")
        if stype != "default":
            f.check_format()


@pytest.mark.parametrize(("case", "stypes", "gives"), CALLS)
@pytest.mark.filterwarnings("error::mxbook.base.errors.SparseFallbackWarning")
def test_as_dense(case, stypes, gives):
    check(case, stypes, gives, mx.cpu())


# Copies between devices need the name of the other one: tests/ndarray/test_sparse_ndarray.py
ON_ONE_DEVICE = [c for c in CALLS if c.values[0].op.name != "_CrossDeviceCopy"]


@pytest.mark.parametrize(("case", "stypes", "gives"), ON_ONE_DEVICE)
def test_on_a_gpu(strict_gpu, case, stypes, gives):
    check(case, stypes, gives, mx.gpu(1))


def test_scattering_changes_what_is_stored():
    a = mx.nd.sparse.csr_matrix(np.array([[0, 2.0], [3, 0]]))
    assert mx.nd._internal._scatter_plus_scalar(a, scalar=1).asnumpy().tolist() == [[0, 3], [4, 0]]
    r = mx.nd.sparse.row_sparse_array(([[1.0, 2]], [1]), shape=(2, 2))
    halves = mx.nd._internal._scatter_elemwise_div(r, mx.nd.array([[0, 0], [2, 2]]))
    assert halves.asnumpy().tolist() == [[0, 0], [0.5, 1]]


@st.composite
def matrices(draw, rows=None):
    shape = (rows or draw(st.integers(1, 9)), draw(st.integers(1, 9)))
    cells = st.one_of(st.just(0.0), st.integers(-4, 4).map(float))
    values = draw(st.lists(cells, min_size=shape[0] * shape[1], max_size=shape[0] * shape[1]))
    return np.array(values, "float64").reshape(shape)


@given(matrices(), st.sampled_from(["csr", "row_sparse"]))
def test_there_and_back(matrix, stype):
    parts = sparse.to_sparse(np, matrix, stype)
    assert parts.broken_rule() == ""
    np.testing.assert_array_equal(sparse.to_dense(np, parts), matrix)
    target = np.full_like(matrix, 7)
    sparse.store(np, target, parts)
    np.testing.assert_array_equal(target, matrix)
    other = sparse.empty(np, stype, matrix.shape, matrix.dtype)
    sparse.store(np, other, target)
    assert isinstance(other, SparseParts)
    np.testing.assert_array_equal(sparse.to_dense(np, other), matrix)


@given(st.data(), st.booleans(), st.sampled_from(["float32", "float64", "float16"]))
def test_products(data, turned, dtype):
    lhs = data.draw(matrices())
    rhs = data.draw(matrices(rows=lhs.shape[0] if turned else lhs.shape[1]))
    expected = (lhs.T if turned else lhs) @ rhs
    csr = mx.nd.sparse.csr_matrix(lhs, dtype=dtype)
    for stype in ("default", "row_sparse"):
        factor = mx.nd.array(rhs, dtype=dtype).tostype(stype)
        found = mx.nd.sparse.dot(csr, factor, transpose_a=turned)
        assert found.stype == ("row_sparse" if turned else "default")
        np.testing.assert_allclose(found.asnumpy(), expected, rtol=2e-3)
    left = mx.nd.array(rhs.T, dtype=dtype)
    found = mx.nd.sparse.dot(left, csr, transpose_b=not turned)
    assert found.stype == "csr"
    np.testing.assert_allclose(found.asnumpy(), expected.T, rtol=2e-3)


def test_a_product_in_many_blocks(monkeypatch):
    from mxbook.ops.families.sparse import dot

    lhs = np.random.default_rng(0).integers(0, 3, (40, 30)) * 1.0
    lhs[7] = lhs[39] = 0
    rhs = np.arange(90.0).reshape(30, 3)
    monkeypatch.setattr(dot, "BLOCK", 20)
    found = mx.nd.sparse.dot(mx.nd.sparse.csr_matrix(lhs), mx.nd.array(rhs, dtype="float64"))
    np.testing.assert_allclose(found.asnumpy(), lhs @ rhs)
