"""Parameters whose values or gradients are row_sparse, and their training.

That 100 steps end where real MXNet's end is checked by hand; here, that sparse training is what
dense training is for the rows that take part.
"""

import numpy as np
import pytest

import mxbook as mx
from mxbook import autograd, gluon, nd
from mxbook.base.errors import ParameterError
from mxbook.gluon.contrib.nn import SparseEmbedding

ROWS, WIDTH = 12, 3
TWO = [mx.cpu(0), mx.cpu(1)]


def parameter(ctx=None, **kwargs):
    options = {"stype": "row_sparse", "grad_stype": "row_sparse", "init": "ones", **kwargs}
    made = gluon.Parameter("w", shape=(4, 2), **options)
    made.initialize(ctx=ctx)
    return made


def trainer(made, optimizer="sgd", **kwargs):
    return gluon.Trainer([made], optimizer, {"learning_rate": 1}, **kwargs)


def test_arrays_have_the_storage_types():
    made = parameter(grad_stype="default")
    assert made._data[0].stype == "row_sparse"
    assert made.grad().stype == "default"
    made = parameter(stype="default")
    assert made.data().stype == "default"
    assert made.grad().stype == "row_sparse"
    assert made.var().attr("__storage_type__") == "0"


def test_rows_come_from_the_trainer():
    made = parameter(TWO)
    with pytest.raises(RuntimeError, match="no Trainer"):
        made.row_sparse_data(nd.array([1]))
    trainer(made)
    ids = nd.array([3, 1, 1])
    assert made.row_sparse_data(ids).indices.asnumpy().tolist() == [1, 3]
    assert made.row_sparse_data(ids.as_in_context(mx.cpu(1))).context == mx.cpu(1)
    found = made.list_row_sparse_data(ids)
    assert [f.indices.asnumpy().tolist() for f in found] == [[1, 3]] * 2
    assert made.row_sparse_data(ids) is made._data[0]


@pytest.mark.parametrize("method", ["data", "list_data"])
def test_the_whole_is_not_at_hand(method):
    with pytest.raises(RuntimeError, match="row_sparse_data"):
        getattr(parameter(), method)()


def test_one_trainer_only():
    made = parameter()
    trainer(made)
    with pytest.raises(RuntimeError, match="More than one trainers"):
        trainer(made)


@pytest.mark.parametrize(
    ("kwargs", "error"),
    [({"update_on_kvstore": False}, ValueError), ({"kvstore": None}, TypeError)],
)
def test_sparse_weights_need_a_store(kwargs, error):
    made = parameter()
    trainer(made, **kwargs)
    with pytest.raises(error, match="sparse"):
        made.row_sparse_data(nd.array([0]))


def test_where_sparse_gradients_are_used():
    dense = parameter(TWO, stype="default")
    by_hand = trainer(dense)
    by_hand._init_kvstore()
    assert not by_hand._update_on_kvstore
    whole = trainer(parameter())
    whole._init_kvstore()
    assert whole._update_on_kvstore
    assert whole._kvstore.type == "device"


def test_gradients_become_zero():
    made = parameter()
    made.grad()[:] = nd.ones((4, 2))
    made.zero_grad()
    assert made.grad().indices.shape == (0,)


def test_initializers():
    for init in ("zeros", "uniform", "xavier", mx.init.Orthogonal(), mx.init.Constant(3)):
        arrays = []
        for stype in ("default", "row_sparse"):
            mx.random.seed(3)
            np.random.seed(3)
            made = gluon.Parameter("w_weight", shape=(4, 2), stype=stype)
            made.initialize(init)
            arrays.append(made._data[0])
        np.testing.assert_array_equal(arrays[0].asnumpy(), arrays[1].asnumpy())
    table = nd.sparse.zeros("row_sparse", (4, 2))
    mixed = mx.init.Mixed(["bias", ".*"], [mx.init.Zero(), mx.init.One()])
    mixed(mx.init.InitDesc("table_weight"), table)
    assert (table.asnumpy() == 1).all()


VALUES = np.array([[1, 2], [0, 0], [3, 4], [5, 6]], "float32")


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
@pytest.mark.parametrize("with_trainer", [False, True])
def test_set_data(stype, with_trainer):
    made, other = parameter(TWO), parameter(TWO)
    other.name = "other"
    if with_trainer:
        store = gluon.Trainer([made, other], "sgd")
        for p in (made, other):
            p.row_sparse_data(nd.array([1]))  # other rows are on the store only
        assert store._kv_initialized
    made.set_data(nd.array(VALUES).tostype(stype))
    np.testing.assert_array_equal(made._reduce().asnumpy(), VALUES)
    np.testing.assert_array_equal(other._reduce().asnumpy(), np.ones((4, 2)))


def test_files(tmp_path):
    path = str(tmp_path / "w.params")
    layer = SparseEmbedding(4, 2)
    layer.initialize()
    gluon.Trainer(layer.collect_params(), "sgd")
    layer.weight.set_data(nd.array(VALUES))
    layer(nd.array([2]))
    layer.save_parameters(path)
    assert nd.load(path)["weight"].stype == "row_sparse"
    again, dense = SparseEmbedding(4, 2), gluon.nn.Embedding(4, 2)
    for target in (again, dense):
        target.load_parameters(path)
        np.testing.assert_array_equal(target.weight._reduce().asnumpy(), VALUES)
    dense.save_parameters(path)
    again.load_parameters(path)
    assert again.weight._data[0].stype == "row_sparse"
    np.testing.assert_array_equal(again.weight._reduce().asnumpy(), VALUES)


def test_moved_and_cast():
    made = parameter()
    trainer(made)
    made.row_sparse_data(nd.array([1]))
    made.reset_ctx(mx.cpu(1))
    assert made._data[0].context == mx.cpu(1)
    assert (made._data[0].asnumpy() == 1).all()
    made.cast("float64")
    assert (made._data[0].dtype, made.grad().stype) == (np.float64, "row_sparse")


# ---- training


def steps(layer, optimizer, options, ctx, seed, count=6, **store):
    """The table after some steps; the first batches look up the first half only."""
    random = np.random.default_rng(seed)
    layer.initialize(ctx=ctx)
    layer.weight.set_data(nd.array(random.standard_normal((ROWS, WIDTH))))
    teach = gluon.Trainer(layer.collect_params(), optimizer, dict(options), **store)
    for i in range(count):
        ids = random.integers(0, ROWS if i > 2 else ROWS // 2, (len(ctx), 5))
        with autograd.record():
            losses = []
            for x, c in zip(ids, ctx, strict=True):
                y = layer(nd.array(x, ctx=c))
                losses.append((y * y * y).sum())
        autograd.backward(losses)
        teach.step(5)
    return layer.weight._reduce().asnumpy()


OPTIMIZERS = [
    ("sgd", {"learning_rate": 0.1}),
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.01, "lazy_update": False}),
    ("adam", {"learning_rate": 0.1, "wd": 0.01, "lazy_update": False}),
    ("adagrad", {"learning_rate": 0.1}),
    ("groupadagrad", {"learning_rate": 0.1}),
    ("ftrl", {"learning_rate": 0.1}),
]
LAZY = [
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "wd": 0.01}),
    ("adam", {"learning_rate": 0.1, "wd": 0.01}),
]
on_devices = pytest.mark.parametrize("ctx", [TWO[:1], TWO], ids=["one", "two"])


@on_devices
@pytest.mark.filterwarnings("ignore:ftrl_update makes sparse arrays dense")
@pytest.mark.parametrize(("optimizer", "options"), OPTIMIZERS)
def test_as_dense_training(optimizer, options, ctx):
    """Where steps are not lazy, or a gradient of zero changes nothing."""
    dense = steps(gluon.nn.Embedding(ROWS, WIDTH), optimizer, options, ctx, 1)
    tables = [gluon.nn.Embedding(ROWS, WIDTH, sparse_grad=True)]
    if optimizer != "ftrl":  # of a row_sparse weight, it makes only steps of rows
        tables.append(SparseEmbedding(ROWS, WIDTH))
    for layer in tables:
        np.testing.assert_allclose(
            steps(layer, optimizer, options, ctx, 1), dense, rtol=2e-5, atol=1e-6
        )


@on_devices
@pytest.mark.parametrize(("optimizer", "options"), LAZY)
def test_lazy_training_leaves_rows_alone(optimizer, options, ctx):
    found = [
        steps(layer, optimizer, options, ctx, 2, count=3)
        for layer in (
            gluon.nn.Embedding(ROWS, WIDTH, sparse_grad=True),
            SparseEmbedding(ROWS, WIDTH),
        )
    ]
    start = np.random.default_rng(2).standard_normal((ROWS, WIDTH)).astype("float32")
    np.testing.assert_array_equal(found[0][ROWS // 2 :], start[ROWS // 2 :])
    assert (found[0][: ROWS // 2] != start[: ROWS // 2]).any()
    np.testing.assert_allclose(found[1], found[0], rtol=2e-5, atol=1e-6)


def test_on_the_store_with_dense_weights():
    options = {"learning_rate": 0.1}
    found = [
        steps(
            gluon.nn.Embedding(ROWS, WIDTH, sparse_grad=True),
            "sgd",
            options,
            TWO,
            3,
            update_on_kvstore=on_store,
        )
        for on_store in (True, False)
    ]
    np.testing.assert_allclose(*found, rtol=2e-5, atol=1e-6)


def test_added_gradients():
    layer = gluon.nn.Embedding(4, 2, sparse_grad=True)
    layer.initialize("ones")
    layer.weight.grad_req = "add"
    for ids in ([0, 1], [1, 3]):
        with autograd.record():
            y = layer(nd.array(ids)).sum()
        y.backward()
    found = layer.weight.grad()
    assert found.stype == "row_sparse"
    assert found.asnumpy()[:, 0].tolist() == [1, 2, 0, 1]


def test_group_adagrad_refuses_weight_decay():
    layer = gluon.nn.Embedding(ROWS, WIDTH, sparse_grad=True)
    with pytest.raises(ParameterError, match="Weight decay"):
        steps(layer, "groupadagrad", {"learning_rate": 0.1, "wd": 0.1}, TWO[:1], 1)
