"""Modules behind each other."""

import pytest

import mxbook as mx
from mxbook.base.errors import MXNetError, ParameterError
from tests.module.networks import X, Y, batches, same, values


def parts(auto=False):
    """A network in two halves; what the second reads has the name of what the first gives."""
    first = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc1")
    given = "anything" if auto else "fc1_output"
    last = mx.sym.FullyConnected(mx.sym.var(given), num_hidden=3, name="fc2")
    last = mx.sym.SoftmaxOutput(last, name="softmax")
    return mx.mod.Module(first, label_names=None), mx.mod.Module(last, [given])


def joined(auto=False):
    whole = mx.mod.SequentialModule()
    first, last = parts(auto)
    return whole.add(first).add(last, take_labels=True, auto_wiring=auto)


def trained(module, initial=None, epochs=2):
    module.fit(
        batches(),
        num_epoch=epochs,
        initializer=mx.init.Xavier(),
        arg_params=initial,
        aux_params=initial and {},
        optimizer_params={"learning_rate": 0.1},
    )
    return module


@pytest.mark.parametrize("auto", [False, True])
def test_it_learns_like_the_whole_network(auto):
    first = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc1")
    last = mx.sym.FullyConnected(first, num_hidden=3, name="fc2")
    whole = mx.mod.Module(mx.sym.SoftmaxOutput(last, name="softmax"))
    data = batches()
    whole.bind(data.provide_data, data.provide_label)
    whole.init_params(mx.init.Xavier())
    initial = {name: a.copy() for name, a in whole.get_params()[0].items()}
    whole.init_optimizer(optimizer_params={"learning_rate": 0.1})
    for _ in range(2):
        data.reset()
        for batch in data:
            whole.forward_backward(batch)
            whole.update()
    same(values(trained(joined(auto), initial)), values(whole))


def test_what_it_says_about_itself():
    whole = mx.mod.SequentialModule()
    assert (whole.data_names, whole.output_names) == ([], [])
    whole = joined()
    assert (whole.data_names, whole.output_names) == (["data"], ["softmax_output"])
    with pytest.raises(MXNetError, match="not ready"):
        whole.data_shapes
    trained(whole)
    assert [tuple(d) for d in whole.data_shapes] == [("data", (4, 5))]
    assert [tuple(d) for d in whole.label_shapes] == [("softmax_label", (4,))]
    assert whole.output_shapes == [("softmax_output", (4, 3))]
    assert whole.predict(batches()).shape == (12, 3)
    assert whole.score(batches(), "acc")[0][0] == "accuracy"


def test_what_cannot_be(caplog):
    with pytest.raises(ParameterError, match="Unknown meta"):
        mx.mod.SequentialModule().add(parts()[0], take_label=True)
    with pytest.raises(MXNetError, match="empty"):
        mx.mod.SequentialModule().bind([("data", (4, 5))])
    whole = joined()
    data = batches()
    with pytest.raises(ParameterError, match="Shared"):
        whole.bind(data.provide_data, data.provide_label, shared_module=whole)
    whole.bind(data.provide_data, data.provide_label)
    whole.bind(data.provide_data, data.provide_label)
    assert "Already bound" in caplog.text


def test_two_parameters_of_one_name():
    layer = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=5, name="fc")
    whole = mx.mod.SequentialModule()
    for _ in range(2):
        whole.add(mx.mod.Module(layer, label_names=None), auto_wiring=True)
    whole.bind([("data", (2, 5))])
    with pytest.raises(ParameterError, match="Duplicated"):
        whole.init_params()


def test_gradients_of_the_data_and_a_monitor():
    whole = joined()
    data = batches()
    whole.bind(data.provide_data, data.provide_label, inputs_need_grad=True)
    whole.init_params(mx.init.Xavier())
    monitor = mx.mon.Monitor(1, pattern=".*output")
    whole.install_monitor(monitor)
    monitor.tic()
    batch = mx.io.DataBatch([mx.nd.array(X[:4])], [mx.nd.array(Y[:4])])
    whole.forward_backward(batch)
    assert batch.data[0].shape == (4, 5)
    assert whole.get_input_grads()[0].shape == (4, 5)
    names = [name for _, name, _ in monitor.toc()]
    assert {"fc1_output", "fc2_output", "softmax_output"} <= set(names)
