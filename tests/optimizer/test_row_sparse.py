"""Storage types of optimizer states, and their files."""

import numpy as np
import pytest

import mxbook as mx
from mxbook import nd
from mxbook.optimizer import states


def stypes(state):
    if state is None:
        return []
    if isinstance(state, nd.NDArray):
        return [state.stype]
    return [s for part in state for s in stypes(part)]


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("sgd", {}, []),
        ("sgd", {"momentum": 0.9}, ["row_sparse"]),
        ("sgd", {"momentum": 0.9, "lazy_update": False}, ["default"]),
        ("adam", {}, ["row_sparse"] * 2),
        ("adam", {"lazy_update": False}, ["default"] * 2),
        ("adagrad", {}, ["row_sparse"]),
        ("ftrl", {}, ["row_sparse"] * 2),
        ("groupadagrad", {}, ["row_sparse"]),
        ("rmsprop", {"centered": True}, ["row_sparse"] * 3),
        ("nag", {"momentum": 0.9}, ["default"]),
        ("adadelta", {}, ["default"] * 2),
        ("adamax", {}, ["default"] * 2),
        ("nadam", {}, ["default"] * 2),
    ],
)
def test_states_of_sparse_weights(name, options, expected):
    optimizer = mx.optimizer.create(name, **options)
    weight = nd.ones((3, 2), dtype="float64")
    assert stypes(optimizer.create_state(0, weight.tostype("row_sparse"))) == expected
    assert stypes(optimizer.create_state(0, weight)) == ["default"] * len(expected)


@pytest.mark.filterwarnings("error::mxbook.base.errors.SparseFallbackWarning")
@pytest.mark.parametrize("lazy", [True, False])
@pytest.mark.parametrize("name", ["sgd", "adam"])
@pytest.mark.parametrize("stype", ["default", "row_sparse"])
def test_lazy_or_not(name, lazy, stype):
    options = {"momentum": 0.9} if name == "sgd" else {}
    optimizer = mx.optimizer.create(name, wd=0.1, lazy_update=lazy, **options)
    weight = nd.ones((4, 2)).tostype(stype)
    gradient = nd.array([[0, 0], [1, 2], [0, 0], [0, 0]]).tostype("row_sparse")
    optimizer.update(0, weight, gradient, optimizer.create_state(0, weight))
    changed = (weight.asnumpy() != 1).all(axis=1)
    assert changed.tolist() == [not lazy, True, not lazy, not lazy]


@pytest.mark.parametrize("stype", ["row_sparse", "csr"])
def test_files_keep_the_storage_type(stype):
    state = nd.array([[0, 0], [1, 2], [0, 0]]).tostype(stype)
    found, _ = states.loads(states.dumps({0: (state, None)}))
    assert found[0][0].stype == stype
    np.testing.assert_array_equal(found[0][0].asnumpy(), state.asnumpy())


def test_files_have_all_rows_or_none():
    """So MXNet expects it of the states of its lazy steps."""
    some = nd.array([[0, 0], [1, 2], [0, 0]]).tostype("row_sparse")
    none = nd.sparse.zeros("row_sparse", (3, 2))
    found, _ = states.loads(states.dumps({0: some, 1: none}))
    assert found[0].indices.asnumpy().tolist() == [0, 1, 2]
    assert found[1].indices.asnumpy().tolist() == []
