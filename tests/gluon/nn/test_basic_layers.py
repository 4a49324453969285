"""Containers, Dense, Dropout, normalisation, Embedding, functions as blocks."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import mxbook as mx
from mxbook import autograd, init, nd
from mxbook.base.errors import DTypeError, MXNetError, ParameterError
from mxbook.gluon import nn

ROWS = hnp.arrays("float32", (4, 3), elements=st.floats(-5, 5, width=32))


# ---- containers


@given(st.lists(st.integers(1, 4), max_size=5), st.integers(0, 5), st.integers(0, 5))
def test_sequences_behave_like_lists(units, start, stop):
    for kind in (nn.Sequential, nn.HybridSequential):
        net = kind()
        net.add(*[nn.Dense(n) for n in units])
        blocks = list(net)
        assert len(net) == len(units)
        assert [b._units for b in blocks] == units
        assert list(net[start:stop]) == blocks[start:stop]
        assert type(net[start:stop]) is kind
        if units:
            assert net[-1] is blocks[-1]
        with pytest.raises(IndexError):
            net[len(units)]


def test_blocks_run_in_order():
    for kind in (nn.Sequential, nn.HybridSequential):
        net = kind()
        net.add(nn.HybridLambda(lambda F, x: x + 1), nn.HybridLambda(lambda F, x: x * 2))
        assert net(nd.array([3])).asscalar() == 8


def test_a_sequential_of_hybrid_blocks_could_be_hybrid():
    net = nn.Sequential()
    net.add(nn.Dense(1))
    with pytest.warns(UserWarning, match="HybridSequential"):
        net.hybridize()
    assert net[0]._active
    net.add(nn.Lambda("relu"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.hybridize(False)
    assert not net[0]._active


def test_hybridize_notes_its_flags():
    net = nn.HybridSequential()
    net.add(nn.Dense(1))
    net.hybridize(static_alloc=True, static_shape=True)
    assert net[0]._flags == [("static_alloc", True), ("static_shape", True)]


# ---- Dense


@given(ROWS, st.booleans(), st.sampled_from([None, "relu", "tanh"]))
def test_dense(rows, use_bias, activation):
    layer = nn.Dense(2, activation, use_bias=use_bias, bias_initializer="ones")
    layer.initialize(init.Uniform(1))
    found = layer(nd.array(rows)).asnumpy()
    expected = rows @ layer.weight.data().asnumpy().T + use_bias
    expected = {None: lambda x: x, "relu": lambda x: np.maximum(x, 0), "tanh": np.tanh}[activation](
        expected
    )
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert (layer.bias is not None) == use_bias


@pytest.mark.parametrize(
    ("flatten", "out", "weight"), [(True, (2, 5), (5, 12)), (False, (2, 3, 5), (5, 4))]
)
def test_flatten_decides_which_axes_count(flatten, out, weight):
    layer = nn.Dense(5, flatten=flatten)
    layer.initialize()
    assert layer(nd.ones((2, 3, 4))).shape == out
    assert layer.weight.shape == weight


# ---- Dropout


@given(st.floats(0.1, 0.9))
def test_dropout_keeps_a_share_and_the_mean(rate):
    layer, x = nn.Dropout(rate), nd.ones((100, 100))
    assert (layer(x).asnumpy() == 1).all()
    with autograd.record():
        y = layer(x).asnumpy()
    assert set(np.unique(y)) <= {np.float32(0), y.max()}
    assert y.max() == pytest.approx(1 / (1 - rate), rel=1e-5)
    assert y.mean() == pytest.approx(1, abs=0.2)


def test_dropout_of_nothing_and_along_axes():
    with autograd.record():
        assert (nn.Dropout(0)(nd.ones(9)).asnumpy() == 1).all()
        y = nn.Dropout(0.5, axes=(1,))(nd.ones((50, 4))).asnumpy()
    assert (y == y[:, :1]).all()


# ---- BatchNorm


def test_batch_norm_in_training_uses_the_batch_and_moves_the_averages():
    layer, x = nn.BatchNorm(momentum=0.75), nd.random.normal(3, 2, shape=(50, 4))
    layer.initialize()
    with autograd.record():
        y = layer(x)
    y.backward()  # MXNet moves the averages here
    np.testing.assert_allclose(y.asnumpy().mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(y.asnumpy().std(0), 1, atol=1e-3)
    mean = layer.running_mean.data().asnumpy()
    np.testing.assert_allclose(mean, 0.25 * x.asnumpy().mean(0), rtol=1e-4)


def test_batch_norm_in_prediction_uses_the_averages():
    layer = nn.BatchNorm(epsilon=0, in_channels=2)
    layer.initialize()
    layer.running_mean.set_data(nd.array([1, 2]))
    layer.running_var.set_data(nd.array([4, 9]))
    assert layer(nd.array([[3, 8]])).asnumpy().tolist() == [[1, 2]]


def test_which_parameters_of_batch_norm_are_learned():
    layer = nn.BatchNorm(center=False, scale=False)
    reqs = {n: p.grad_req for n, p in layer._reg_params.items()}
    assert reqs == dict.fromkeys(["gamma", "beta", "running_mean", "running_var"], "null")
    assert [p.grad_req for p in nn.BatchNorm()._reg_params.values()] == ["write"] * 2 + ["null"] * 2


def test_batch_norm_stays_float32_for_float16():
    layer = nn.BatchNorm()
    layer.cast("float16")
    assert np.dtype(layer.gamma.dtype) == "float32"
    layer.cast("float64")
    assert np.dtype(layer.gamma.dtype) == "float64"


def trained(layer, x):
    with autograd.record():
        layer(x)


def loaded(layer, x):
    layer.running_mean.set_data(nd.zeros(3))


def test_averages_that_never_moved_are_warned_about_once():
    layer, x = nn.BatchNorm(in_channels=3), nd.ones((2, 3))
    layer.initialize()
    with pytest.warns(UserWarning, match="still the initial ones"):
        layer(x)
    layer(x)


@pytest.mark.parametrize("before", [trained, loaded])
def test_averages_that_moved_are_not(before):
    layer, x = nn.BatchNorm(in_channels=3), nd.ones((2, 3))
    layer.initialize()
    before(layer, x)
    layer(x)


def test_the_first_pass_that_tells_the_shapes_is_not_warned_about():
    layer = nn.BatchNorm()
    layer.initialize()
    layer(nd.ones((2, 3)))
    with pytest.warns(UserWarning, match="still the initial ones"):
        layer(nd.ones((2, 3)))


# ---- the others


def test_layer_norm():
    x = nd.random.normal(3, 2, shape=(5, 4))
    for axis in (-1, 0):
        layer = nn.LayerNorm(axis=axis)
        layer.initialize()
        y = layer(x).asnumpy()
        np.testing.assert_allclose(y.mean(axis), 0, atol=1e-5)
        np.testing.assert_allclose(y.std(axis), 1, atol=1e-3)
    assert nn.LayerNorm(center=False).beta.grad_req == "null"


@given(st.sampled_from([1, 2, 3, -1]))
def test_instance_norm(axis):
    x = nd.random.normal(3, 2, shape=(2, 3, 4, 5))
    layer = nn.InstanceNorm(axis=axis)
    layer.initialize()
    y = layer(x)
    assert y.shape == x.shape and layer.gamma.shape == (x.shape[axis],)
    others = tuple(i for i in (1, 2, 3) if i != axis % 4)
    np.testing.assert_allclose(y.asnumpy().mean(others), 0, atol=1e-5)
    np.testing.assert_allclose(y.asnumpy().std(others), 1, atol=1e-3)


def test_group_norm():
    x = nd.random.normal(3, 2, shape=(2, 6, 5))
    layer = nn.GroupNorm(3)
    layer.initialize()
    groups = layer(x).asnumpy().reshape(2, 3, -1)
    np.testing.assert_allclose(groups.mean(2), 0, atol=1e-5)
    np.testing.assert_allclose(groups.std(2), 1, atol=1e-3)


def test_which_parameters_of_normalisation_are_learned():
    reqs = [
        [p.grad_req for p in layer._reg_params.values()]
        for layer in (
            nn.InstanceNorm(),
            nn.InstanceNorm(center=False, scale=True),
            nn.GroupNorm(),
            nn.GroupNorm(center=False, scale=False),
        )
    ]
    assert reqs == [["null", "write"], ["write", "null"], ["write"] * 2, ["null"] * 2]


def test_embedding():
    layer = nn.Embedding(5, 3)
    layer.initialize()
    found = layer(nd.array([[0, 4], [2, 2]]))
    assert found.shape == (2, 2, 3)
    assert (found.asnumpy() == layer.weight.data().asnumpy()[[[0, 4], [2, 2]]]).all()


@pytest.mark.parametrize("hybridized", [False, True])
def test_embedding_with_sparse_gradient(hybridized):
    dense, sparse = (nn.Embedding(5, 3, sparse_grad=s) for s in (False, True))
    found = []
    for layer in (dense, sparse):
        layer.initialize("ones")
        layer.hybridize(hybridized)
        with autograd.record():
            y = (layer(nd.array([[0, 4], [4, 2]])) * nd.array([[[1]], [[2]]])).sum()
        y.backward()
        found.append(layer.weight.grad())
    assert [g.stype for g in found] == ["default", "row_sparse"]
    assert found[1].indices.asnumpy().tolist() == [0, 2, 4]
    assert (found[0].asnumpy() == found[1].asnumpy()).all()


@given(hnp.array_shapes(min_dims=1, max_dims=4, max_side=3))
def test_flatten(shape):
    expected = (shape[0], int(np.prod(shape[1:])))
    assert nn.Flatten()(nd.ones(shape)).shape == expected


def test_functions_as_blocks():
    x = nd.array([-1, 2])
    for block in (nn.Lambda("relu"), nn.HybridLambda("relu"), nn.Lambda(nd.relu)):
        assert block(x).asnumpy().tolist() == [0, 2]
    both = nn.HybridLambda(lambda F, a, b: F.broadcast_add(a, b))
    assert both(x, x).asnumpy().tolist() == [-2, 4]
    for wrong, error in (("nonsense", ParameterError), (3, DTypeError)):
        for kind in (nn.Lambda, nn.HybridLambda):
            with pytest.raises(error):
                kind(wrong)


TEXTS = [
    (nn.Dense(3), "Dense(None -> 3, linear)"),
    (nn.Dense(3, "relu", in_units=2), "Dense(2 -> 3, Activation(relu))"),
    (nn.Dropout(0.3), "Dropout(p = 0.3, axes=())"),
    (
        nn.BatchNorm(in_channels=3),
        (
            "BatchNorm(axis=1, eps=1e-05, momentum=0.9, fix_gamma=False, use_global_stats=False, "
            "in_channels=3)"
        ),
    ),
    (nn.Embedding(3, 4), "Embedding(3 -> 4, float32)"),
    (nn.Flatten(), "Flatten"),
    (nn.LayerNorm(), "LayerNorm(eps=1e-05, axis=-1, center=True, scale=True, in_channels=0)"),
    (
        nn.InstanceNorm(axis=2, in_channels=3),
        "InstanceNorm(eps=1e-05, axis=2, center=True, scale=False, in_channels=3)",
    ),
    (nn.GroupNorm(3), "GroupNorm(eps=1e-05, num_groups=3, center=True, scale=True)"),
    (nn.Lambda("relu"), "Lambda(relu)"),
    (nn.HybridLambda(lambda F, x: x), "HybridLambda(<lambda>)"),
    (nn.Sequential(), "Sequential(\n\n)"),
]


@pytest.mark.parametrize(("block", "text"), TEXTS, ids=[t[1].split("(")[0] for t in TEXTS])
def test_texts(block, text):
    assert repr(block) == text


def test_an_nd_function_inside_hybrid_forward_is_explained():
    class Mixed(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return mx.nd.relu(x)

    with pytest.raises(MXNetError, match=r"F\.relu"):
        Mixed()(mx.sym.var("x"))
