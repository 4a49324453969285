"""One network for each length."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from tests.module.networks import X, Y, same, values

LABEL = [("softmax_label", (4,))]


def network(length):
    """The class of a row follows from the sum of its elements."""
    total = mx.sym.sum(mx.sym.var("data"), axis=1, keepdims=True)
    out = mx.sym.FullyConnected(total, num_hidden=3, name="fc")
    return mx.sym.SoftmaxOutput(out, name="softmax"), ("data",), ("softmax_label",)


def ready(**kwargs):
    module = mx.mod.BucketingModule(network, default_bucket_key=5, **kwargs)
    module.bind([("data", (4, 5))], LABEL)
    module.init_params(mx.init.One())
    module.init_optimizer()
    return module


def batch(length):
    return mx.io.DataBatch(
        [mx.nd.array(X[:4, :length])],
        [mx.nd.array(Y[:4])],
        bucket_key=length,
        provide_data=[("data", (4, length))],
        provide_label=LABEL,
    )


@pytest.mark.parametrize("devices", [1, 2])
def test_all_buckets_train_the_same_parameters(devices):
    module = ready(context=[mx.cpu(i) for i in range(devices)])
    plain = mx.mod.Module(network(5)[0], context=[mx.cpu(i) for i in range(devices)])
    plain.bind([("data", (4, 5))], LABEL)
    plain.init_params(mx.init.One())
    plain.init_optimizer()
    for length in (5, 3, 5, 2, 3):
        for m in (module, plain):
            m.forward_backward(batch(length))
            m.update()
        assert module.data_shapes[0][1] == (4, length)
        same(values(module), values(plain))
    assert sorted(module._buckets) == [2, 3, 5]


def test_what_it_says_about_itself():
    module = mx.mod.BucketingModule(network, default_bucket_key=5)
    assert (module.data_names, module.output_names) == (["data"], ["softmax_output"])
    module = ready()
    module.forward(batch(3))
    assert module.output_shapes == [("softmax_output", (4, 3))]
    assert [tuple(d) for d in module.label_shapes] == LABEL
    assert module.symbol.list_arguments()[0] == "data"
    with pytest.raises(ParameterError, match="default_bucket_key"):
        mx.mod.BucketingModule(network)
    for early in (lambda m: m.symbol, lambda m: m.get_params(), lambda m: m.switch_bucket(3, [])):
        with pytest.raises(MXNetError, match="not ready"):
            early(mx.mod.BucketingModule(network, 5))


def test_a_batch_that_comes_next_does_not_change_the_bucket():
    module = ready()
    module.forward(batch(5))
    module.prepare(batch(2))
    assert module.data_shapes[0][1] == (4, 5)
    assert sorted(module._buckets) == [2, 5]


def test_a_monitor_watches_all_buckets():
    module, monitor = ready(), mx.mon.Monitor(1, pattern="fc_output")
    module.forward(batch(3))
    module.install_monitor(monitor)
    for length in (3, 2):
        monitor.tic()
        module.forward(batch(length))
        assert len(monitor.toc()) == 1


def test_there_and_back(tmp_path):
    module, prefix = ready(), str(tmp_path / "net")
    module.forward_backward(batch(3))
    module.update()
    module.save_checkpoint(prefix, 2)
    names = ["net-0002.params", "net-3-symbol.json", "net-5-symbol.json", "net.buckets"]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    again = mx.mod.BucketingModule.load(prefix, 2, network, 5)
    again.bind([("data", (4, 5))], LABEL, for_training=False)
    same(values(module), values(again))
    again.forward(batch(2), is_train=False)
    assert again.get_outputs()[0].shape == (4, 3)
    with pytest.raises(ParameterError, match="sym_gen"):
        mx.mod.BucketingModule.load(prefix, 2)


def test_stored_symbols_take_the_place_of_new_ones():
    other = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=3, name="fc")
    other = mx.sym.SoftmaxOutput(other, mx.sym.var("softmax_label"), name="stored")
    params = {"fc_weight": mx.nd.ones((3, 5)), "fc_bias": mx.nd.zeros(3)}
    module = mx.mod.BucketingModule.load_dict({5: other}, network, 5, params, {})
    assert module.params_initialized
    module.bind([("data", (4, 5))], LABEL)
    assert module.output_names == ["stored_output"]
    same(values(module), {n: a.asnumpy() for n, a in params.items()})


def test_binding_again_keeps_the_parameters(caplog):
    module = ready()
    before = values(module)
    module.bind([("data", (4, 5))], LABEL)
    assert "Already bound" in caplog.text
    module.bind([("data", (2, 5))], [("softmax_label", (2,))], force_rebind=True)
    same(values(module), before)
    with pytest.raises(ParameterError, match="shared_module"):
        module.bind([("data", (4, 5))], LABEL, shared_module=module)


def test_gradients_and_states():
    module = mx.mod.BucketingModule(network, 5)
    module.bind([("data", (4, 5))], LABEL, inputs_need_grad=True)
    module.init_params(mx.init.Xavier())
    module.forward(batch(3), is_train=True)
    module.backward()
    gradient = module.get_input_grads()[0].asnumpy()
    assert gradient.shape == (4, 3)
    np.testing.assert_allclose(gradient, gradient[:, :1] * np.ones((1, 3)), rtol=1e-5)
    assert module.get_states(merge_multi_context=False) == []
    metric = mx.metric.Accuracy()
    module.update_metric(metric, [mx.nd.array(Y[:4])])
    assert metric.num_inst == 4


@pytest.mark.filterwarnings("error")
def test_setting_parameters():
    module = ready()
    module.set_params({"fc_bias": mx.nd.ones(3)}, {}, allow_missing=True)
    module.forward(batch(3))
    assert values(module)["fc_bias"].tolist() == [1, 1, 1]
    with pytest.warns(UserWarning, match="ignored"):
        module.set_params({}, {}, force_init=False)
