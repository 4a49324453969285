"""Optimizer steps with row_sparse gradients: rows with a gradient change as in the dense step."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import SparseFallbackWarning

ROWS = [1, 4]
FTRL = "ftrl_update"
STEPS = {
    "sgd_update": (0, {"wd": 0.1}),
    "sgd_mom_update": (1, {"wd": 0.1, "momentum": 0.9}),
    "adam_update": (2, {"wd": 0.1}),
    FTRL: (2, {"wd": 0.1}),
    "_sparse_adagrad_update": (1, {"wd": 0.1}),
    "_contrib_group_adagrad_update": (1, {}),
}
LAZY = [n for n in STEPS if n.startswith(("sgd", "adam"))]


def arrays(name, count):
    source = np.random.default_rng(2)
    width = 1 if name == "_contrib_group_adagrad_update" else 3
    gradient = np.zeros((6, 3))
    gradient[ROWS] = source.random((2, 3))
    states = [source.random((6, width)) + 0.1 for _ in range(count)]
    return source.random((6, 3)) + 0.1, gradient, *states


def step(name, stypes, **params):
    count, fixed = STEPS[name]
    hosts = arrays(name, count)
    found = [mx.nd.array(h).tostype(s) for h, s in zip(hosts, stypes, strict=False)]
    function = getattr(mx.nd, name, None) or mx.nd.registry.functions[name]
    function(*found, lr=0.1, **fixed, **params, out=found[0])
    return hosts, [found[0], *found[2:]]


# MXNet has only the dense step where ftrl_update's weight is dense.
KINDS = [(n, s) for n in STEPS for s in ("default", "row_sparse") if (n, s) != (FTRL, "default")]


@pytest.mark.parametrize(("name", "stype"), KINDS)
def test_only_rows_with_a_gradient_change(name, stype):
    count = STEPS[name][0]
    (weight, _, *states), lazy = step(name, [stype, "row_sparse", *[stype] * count])
    _, dense = step(name, ["default"] * 4)
    for before, found, expected in zip((weight, *states), lazy, dense, strict=True):
        assert found.stype == stype
        still = before.astype("float32")
        still[ROWS] = expected.asnumpy()[ROWS]
        np.testing.assert_allclose(found.asnumpy(), still, rtol=1e-6)


@pytest.mark.parametrize("name", LAZY)
def test_all_rows_change_when_not_lazy(name):
    count = STEPS[name][0]
    kinds = ["default", "row_sparse", *["default"] * count]
    _, found = step(name, kinds, lazy_update=False)
    _, dense = step(name, ["default"] * 4)
    for a, b in zip(found, dense, strict=True):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("sgd_mom_update", ["default", "row_sparse", "row_sparse"]),
        (FTRL, ["default", "row_sparse", "default", "default"]),
    ],
)
def test_mixtures_are_made_dense(name, kinds):
    with pytest.warns(SparseFallbackWarning, match=name):
        _, found = step(name, kinds)
    _, dense = step(name, ["default"] * 4)
    for a, b, kind in zip(found, dense, (kinds[0], *kinds[2:]), strict=True):
        assert a.stype == kind
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6)


def test_rows_that_a_weight_does_not_store_yet():
    weight = mx.nd.sparse.row_sparse_array(([[1, 1, 1]], [2]), shape=(6, 3))
    gradient = mx.nd.sparse.row_sparse_array(([[1, 1, 1]] * 2, ROWS), shape=(6, 3))
    mx.nd.sgd_update(weight, gradient, lr=0.5, out=weight)
    assert weight.indices.asnumpy().tolist() == [1, 2, 4]
    assert weight.asnumpy()[:, 0].tolist() == [0, -0.5, 1, 0, -0.5, 0]


def test_a_new_result_leaves_the_weight_alone():
    weight = mx.nd.ones((6, 3))
    gradient = mx.nd.sparse.row_sparse_array(([[1, 1, 1]] * 2, ROWS), shape=(6, 3))
    stepped = mx.nd.sgd_update(weight, gradient, lr=0.5)
    other = mx.nd.zeros((6, 3))
    mx.nd.sgd_update(weight, gradient, lr=0.5, out=other)
    assert (weight.asnumpy() == 1).all()
    assert stepped.asnumpy()[:, 0].tolist() == other.asnumpy()[:, 0].tolist()
    assert stepped.asnumpy()[:, 0].tolist() == [1, 0.5, 1, 1, 0.5, 1]
