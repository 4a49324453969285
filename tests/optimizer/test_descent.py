"""SGD and its relatives: what the stored numbers of MXNet do not show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import optimizer as opt

ARRAYS = hnp.arrays("float32", 3, elements=st.floats(-2, 2, width=32))
RUNS = st.lists(ARRAYS, min_size=1, max_size=4)


@given(ARRAYS, RUNS, st.sampled_from([0.0, 0.9]))
def test_delay_compensation(weight, gradients, momentum):
    made = opt.DCASGD(momentum, lamda=0.5, learning_rate=0.1, wd=0.01)
    w, v, before = weight.astype("float64"), 0.0, weight.astype("float64")
    array = mx.nd.array(weight)
    state = made.create_state(0, array)
    for g in gradients:
        made.update(0, array, mx.nd.array(g), state)
        v = momentum * v - 0.1 * (g + 0.01 * w + 0.5 * g * g * (w - before))
        before, w = w, w + v
        np.testing.assert_allclose(array.asnumpy(), w, rtol=1e-4, atol=1e-5)


@given(ARRAYS, ARRAYS)
def test_signs_with_decay(weight, gradient):
    """MXNet 1.6 refuses this: signSGD with the decay outside of the sign."""
    made = opt.Signum(learning_rate=0.1, momentum=0.0, wd=0.2, wd_lh=0.3)
    array = mx.nd.array(weight)
    made.update(0, array, mx.nd.array(gradient), made.create_state(0, array))
    wanted = (1 - 0.1 * 0.5) * weight - 0.1 * np.sign(gradient)
    np.testing.assert_allclose(array.asnumpy(), wanted, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("dtype", ["float32", "float16"])
@pytest.mark.parametrize("momentum", [0.0, 0.9])
@given(st.lists(ARRAYS, min_size=1, max_size=5))
def test_a_list_is_one_after_the_other(dtype, momentum, weights):
    options = {"learning_rate": 0.1, "momentum": momentum, "wd": 0.01, "multi_precision": True}
    results = []
    for together in (True, False):
        made = opt.SGD(param_idx2name={0: "a_bias"}, **options)
        arrays = [mx.nd.array(w, dtype=dtype) for w in weights]
        states = [made.create_state_multi_precision(i, a) for i, a in enumerate(arrays)]
        for _ in range(2):
            grads = [a * 2 for a in arrays]
            if together:
                made.update_multi_precision(list(range(len(arrays))), arrays, grads, states)
            else:
                for i, (a, g, s) in enumerate(zip(arrays, grads, states, strict=True)):
                    made.update_multi_precision(i, a, g, s)
        assert made.num_update == 2
        results.append([a.asnumpy() for a in arrays])
    for one, other in zip(*results, strict=True):
        assert (one == other).all()


def test_a_list_with_sparse_gradients():
    made = opt.SGD(learning_rate=1.0)
    dense, sparse = mx.nd.ones((2, 2)), mx.nd.ones((2, 2))
    rows = mx.nd.sparse.row_sparse_array(([[1, 2]], [1]), shape=(2, 2))
    made.update([0, 1], [dense, sparse], [mx.nd.ones((2, 2)), rows], [None, None])
    assert dense.asnumpy().tolist() == [[0, 0], [0, 0]]
    assert sparse.asnumpy().tolist() == [[1, 1], [0, -1]]


def test_how_many_weights_one_operation_changes(monkeypatch):
    assert opt.SGD().aggregate_num == opt.LARS().aggregate_num == 64
    assert opt.Adam().aggregate_num == 64
    assert opt.Adamax().aggregate_num == 0
    monkeypatch.setenv("MXNET_OPTIMIZER_AGGREGATION_SIZE", "7")
    assert opt.SGD().aggregate_num == 7
