"""Module: its states, files and what it computes."""

import logging
import warnings

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import DTypeError, MXNetError, ParameterError, ShapeError
from tests.module.networks import X, Y, batches, network, ready, same, values


def batch(count=4, start=0):
    rows = slice(start, start + count)
    return mx.io.DataBatch([mx.nd.array(X[rows])], [mx.nd.array(Y[rows])])


def test_what_a_module_says_about_itself():
    module = ready()
    assert (module.data_names, module.label_names) == (["data"], ["softmax_label"])
    assert module.output_names == ["softmax_output"]
    assert [tuple(d) for d in module.data_shapes] == [("data", (4, 5))]
    assert [tuple(d) for d in module.label_shapes] == [("softmax_label", (4,))]
    assert module.output_shapes == [("softmax_output", (4, 3))]
    assert (module.binded, module.params_initialized, module.optimizer_initialized) == (True,) * 3
    assert module.symbol.list_outputs() == ["softmax_output"]


@pytest.mark.parametrize(
    "use",
    [
        lambda m: m.get_params(),
        lambda m: m.init_params(),
        lambda m: m.init_optimizer(),
        lambda m: m.forward(batch()),
        lambda m: m.backward(),
        lambda m: m.update(),
        lambda m: m.get_outputs(),
        lambda m: m.get_input_grads(),
        lambda m: m.get_states(),
        lambda m: m.set_states(value=0),
        lambda m: m.data_shapes,
        lambda m: m.label_shapes,
        lambda m: m.output_shapes,
        lambda m: m.save_optimizer_states("x"),
        lambda m: m.load_optimizer_states("x"),
        lambda m: m.predict(batches()),
        lambda m: m.score(batches(), "acc"),
        lambda m: m.install_monitor(None),
        lambda m: m.prepare(batch()),
        lambda m: m.borrow_optimizer(mx.mod.Module(network())),
        lambda m: mx.mod.Module(network()).bind([("data", (1, 5))], shared_module=m),
    ],
)
@pytest.mark.filterwarnings("ignore:Data provided")
def test_too_early(use):
    with pytest.raises(MXNetError, match="not ready"):
        use(mx.mod.Module(network()))


@pytest.mark.parametrize("names", ["data", "state", "fixed_param"])
def test_names_that_are_no_arguments(names):
    with pytest.raises(ParameterError, match="nowhere"):
        mx.mod.Module(network(), **{f"{names}_names": ["nowhere"]})


def test_binding_again(caplog):
    module = ready()
    module.bind([("data", (2, 5))], [("softmax_label", (2,))])
    assert "Already bound" in caplog.text
    assert module.data_shapes[0].shape == (4, 5)
    module.bind([("data", (2, 5))], [("softmax_label", (2,))], force_rebind=True)
    assert module.data_shapes[0].shape == (2, 5)
    assert module.params_initialized


def test_initial_values():
    module = mx.mod.Module(network())
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    given = {"fc1_bias": mx.nd.ones(4)}
    with pytest.raises(RuntimeError, match="not presented"):
        module.init_params(mx.init.Zero(), given, {})
    module.init_params(mx.init.Zero(), given, {}, allow_missing=True)
    assert values(module)["fc1_bias"].tolist() == [1, 1, 1, 1]
    assert values(module)["bn_moving_var"].tolist() == [1, 1, 1, 1]
    with pytest.warns(UserWarning, match="already initialized"):
        module.init_params()
    with pytest.raises(ParameterError, match="q"):
        module.init_params(mx.init.Zero(), {"q": given["fc1_bias"]}, {}, True, force_init=True)
    module.init_params(mx.init.One(), {"q": given["fc1_bias"]}, {}, True, True, allow_extra=True)
    assert values(module)["fc2_weight"].sum() == 12


def test_attributes_choose_initializers():
    weight = mx.sym.var("fc_weight", init=mx.init.Constant(3))
    net = mx.sym.FullyConnected(mx.sym.var("data"), weight=weight, num_hidden=2, name="fc")
    module = mx.mod.Module(net, label_names=None)
    module.bind([("data", (1, 2))])
    module.init_params(mx.init.One())
    assert values(module)["fc_weight"].tolist() == [[3, 3], [3, 3]]


def test_setting_parameters():
    module, other = ready(), ready()
    module.set_params(*other.get_params())
    same(values(module), values(other))
    module.set_params({"fc1_bias": mx.nd.ones(4)}, {}, allow_missing=True)
    module.forward(batch())
    assert values(module)["fc1_bias"].tolist() == [1, 1, 1, 1]
    with pytest.raises(ParameterError):
        module.set_params({"q": mx.nd.ones(4)}, {}, allow_missing=True)
    module.set_params({"q": mx.nd.ones(4)}, {}, allow_missing=True, allow_extra=True)
    with pytest.warns(UserWarning, match="ignored"):
        module.set_params({}, {}, allow_missing=True, force_init=False)


def test_the_optimizer(caplog):
    module = ready()
    assert module._optimizer.rescale_grad == 0.25
    assert module._optimizer.wd_mult == {"fc1_bias": 0, "bn_beta": 0, "fc2_bias": 0}
    module.init_optimizer()
    assert "already initialized" in caplog.text
    with pytest.warns(UserWarning, match="rescale_grad"):
        module.init_optimizer(optimizer=mx.optimizer.SGD(), force_init=True)
    assert module._optimizer.idx2name[0] == "fc1_weight"
    own = mx.optimizer.SGD(rescale_grad=0.25)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        module.init_optimizer(optimizer=own, force_init=True)
    for wrong in ({"optimizer": 3}, {"kvstore": 3}):
        with pytest.raises((DTypeError, TypeError)):
            module.init_optimizer(force_init=True, **wrong)


@pytest.mark.parametrize("kvstore", ["local", "device", None, mx.kv.create()])
@pytest.mark.parametrize("on_store", ["0", "1"])
def test_stores(kvstore, on_store, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", on_store)
    module = mx.mod.Module(network(), context=[mx.cpu(0), mx.cpu(1)])
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    module.init_params(mx.init.One())
    store = mx.kv.create() if isinstance(kvstore, mx.kv.KVStore) else kvstore
    module.init_optimizer(kvstore=store)
    module.forward_backward(batch())
    module.update()
    assert module._update_on_kvstore == (kvstore is not None and on_store == "1")
    assert (values(module)["fc2_bias"] != 0).any()


@pytest.mark.parametrize("devices", [1, 2])
def test_there_and_back(devices, tmp_path):
    context = [mx.cpu(i) for i in range(devices)]
    module, prefix = ready(context=context), str(tmp_path / "net")
    for b in batches():
        module.forward_backward(b)
        module.update()
    module.save_checkpoint(prefix, 3, save_optimizer_states=True)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["net-0003.params", "net-0003.states", "net-symbol.json"]
    again = mx.mod.Module.load(prefix, 3, load_optimizer_states=True, context=context)
    again.bind(module.data_shapes, module.label_shapes)
    again.init_optimizer(optimizer_params={"learning_rate": 0.1, "momentum": 0.9})
    same(values(module), values(again))
    for both in (module, again):
        both.forward_backward(batch())
        both.update()
    same(values(module), values(again))


def test_a_checkpoint_that_lacks_a_parameter(tmp_path):
    prefix = str(tmp_path / "net")
    mx.model.save_checkpoint(prefix, 1, network(), {"fc1_bias": mx.nd.ones(4)}, {})
    module = mx.mod.Module.load(prefix, 1)
    with pytest.raises(MXNetError, match="checkpoint"):
        module.bind([("data", (4, 5))], [("softmax_label", (4,))])


def test_sharing_parameters_and_optimizer():
    module = ready()
    other = mx.mod.Module(network())
    other.bind([("data", (2, 5))], [("softmax_label", (2,))], shared_module=module)
    assert other.optimizer_initialized
    other.forward_backward(batch(2))
    other.update()
    module._params_dirty = True
    same(values(module), values(other))
    with pytest.raises(DTypeError):
        again = mx.mod.Module(network())
        again.bind(other.data_shapes, other.label_shapes, shared_module=mx.mod.BaseModule())


@pytest.mark.parametrize("devices", [1, 2])
def test_batches_of_other_shapes(devices):
    module = ready(context=[mx.cpu(i) for i in range(devices)])
    for count in (4, 2, 6, 4):
        module.forward_backward(batch(count))
        module.update()
        assert module.get_outputs()[0].shape == (count, 3)
        assert module.output_shapes == [("softmax_output", (count, 3))]
    module.reshape([("data", (3, 5))], [("softmax_label", (3,))])
    assert module.data_shapes[0].shape == (3, 5)
    with pytest.raises(ShapeError):
        module.forward(mx.io.DataBatch([mx.nd.ones((3, 7))], [mx.nd.ones(3)]))


def test_one_batch_for_each_device():
    module = ready(context=[mx.cpu(0), mx.cpu(1)])
    alone = ready(context=[mx.cpu(0), mx.cpu(1)])
    alone.set_params(*module.get_params())
    module.forward([batch(2), batch(2, 2)], is_train=True)
    alone.forward(batch(4), is_train=True)
    one, other = (m.get_outputs()[0].asnumpy() for m in (module, alone))
    np.testing.assert_allclose(one, other, rtol=1e-5)


def test_gradients_of_the_data():
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, no_bias=True, name="fc")
    module = mx.mod.Module(net, label_names=None)
    module.bind([("data", (2, 3))], inputs_need_grad=True)
    module.init_params(mx.init.One())
    module.forward(mx.io.DataBatch([mx.nd.ones((2, 3))]), is_train=True)
    module.backward([mx.nd.array([[1, 2], [3, 4]])])
    assert module.get_input_grads()[0].asnumpy().tolist() == [[3, 3, 3], [7, 7, 7]]
    with pytest.raises(ParameterError, match="for_training"):
        mx.mod.Module(net, label_names=None).bind(
            [("data", (2, 3))], for_training=False, inputs_need_grad=True
        )


def test_rows_of_a_batch_that_comes_next():
    module = ready()
    with pytest.warns(UserWarning, match="KVStore"):
        module.prepare(batch(), sparse_row_id_fn=lambda b: {"fc1_weight": mx.nd.ones(1)})


def test_groups_of_devices_and_loads():
    module = mx.mod.Module(network(), group2ctxs={"g": mx.cpu(1)})
    assert module._group2ctxs == [{"g": mx.cpu(1)}]
    with pytest.raises(ParameterError, match="work loads"):
        mx.mod.Module(network(), context=[mx.cpu(0)], work_load_list=[1, 2])


def test_compression():
    module = mx.mod.Module(
        network(),
        context=[mx.cpu(0), mx.cpu(1)],
        compression_params={"type": "2bit", "threshold": 0.5},
    )
    module.bind([("data", (4, 5))], [("softmax_label", (4,))])
    module.init_params(mx.init.One())
    module.init_optimizer("device")
    assert module._kvstore._compression.threshold == 0.5


def test_messages_go_to_the_logger():
    class Listener(logging.Logger):
        lines = []

        def warning(self, message, *args):
            self.lines.append(message)

    module = ready(logger=Listener("test"))
    module.init_optimizer()
    assert Listener.lines == ["optimizer already initialized, ignoring..."]
