"""Trainer: steps, stores, stale gradients, states."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, gluon, init, nd
from mxbook.base.errors import DTypeError, FileFormatError, MXNetError, ParameterError
from mxbook.gluon import DeferredInitializationError, Trainer, nn
from mxbook.gluon.trainer import StaleGradientError

TWO = [mx.cpu(0), mx.cpu(1)]


def dense(ctx=None, **kwargs):
    net = nn.Dense(2, in_units=3, **kwargs)
    net.initialize(init.One(), ctx=ctx)
    return net


def backward(net, ctx=None, batch=1):
    """Gradients of the sum of the outputs for a batch of ones on each device."""
    with autograd.record():
        losses = [net(nd.ones((batch, 3), ctx=c)).sum() for c in ctx or [mx.cpu()]]
    autograd.backward(losses)


# ---- which store


CHOICES = [
    # kvstore, devices, update_on_kvstore -> type of the store, updated on it (None: no store)
    (None, 1, None, None, None),
    (None, 2, True, None, None),
    ("local", 1, True, None, None),
    ("device", 1, None, None, None),
    ("local", 2, None, "local", True),
    ("local", 2, False, "local", False),
    ("device", 2, None, "device", True),
    ("device", 2, False, "device", False),
    (mx.kv.create("local"), 1, None, "local", True),
    (mx.kv.create("local"), 1, False, "local", False),
]


@pytest.mark.parametrize(("kvstore", "devices", "wanted", "kind", "on_store"), CHOICES)
def test_the_store_is_chosen_as_in_mxnet(kvstore, devices, wanted, kind, on_store):
    ctx = [mx.cpu(i) for i in range(devices)]
    net = dense(ctx)
    trainer = Trainer(net.collect_params(), "sgd", kvstore=kvstore, update_on_kvstore=wanted)
    backward(net, ctx)
    trainer.step(2)
    assert (trainer._kvstore and trainer._kvstore.type) == kind
    assert trainer._update_on_kvstore == on_store
    # Each device has one example; the gradients are added up only by a store.
    expected = 1 - 0.01 * (devices if kind else 1) / 2
    for array in net.weight.list_data():
        assert array.asnumpy()[0, 0] == pytest.approx(expected)
    if on_store:
        for ask in (trainer.allreduce_grads, lambda: trainer.update(1)):
            with pytest.raises(MXNetError, match="does not go with"):
                ask()
    else:
        backward(net, ctx)
        trainer.allreduce_grads()
        trainer.update(2)
        assert net.weight.data(ctx[0]).asnumpy()[0, 0] == pytest.approx(2 * expected - 1)


def test_large_arrays_are_not_updated_on_a_local_store(monkeypatch):
    monkeypatch.setattr(gluon.trainer, "LARGE", 4)
    for kind, on_store in (("local", False), ("device", True)):
        net = dense(TWO)
        trainer = Trainer(net.collect_params(), "sgd", kvstore=kind)
        backward(net, TWO)
        trainer.step(1)
        assert trainer._update_on_kvstore == on_store


def test_the_environment_can_forbid_updates_on_the_store(monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    net = dense(TWO)
    trainer = Trainer(net.collect_params(), "sgd")
    backward(net, TWO)
    trainer.step(1)
    assert trainer._update_on_kvstore is False


@given(st.integers(1, 8), st.sampled_from([None, "device"]), st.booleans())
def test_devices_together_are_one_large_batch(batch, kvstore, on_store):
    one, two = dense(), dense(TWO)
    trainers = [
        Trainer(one.collect_params(), "sgd", {"momentum": 0.9}),
        Trainer(two.collect_params(), "sgd", {"momentum": 0.9}, "device", None, on_store),
    ]
    for _ in range(2):
        backward(one, batch=2 * batch)
        backward(two, TWO, batch)
        for trainer in trainers:
            trainer.step(2 * batch)
    for array in two.weight.list_data():
        np.testing.assert_allclose(array.asnumpy(), one.weight.data().asnumpy(), rtol=1e-6)


# ---- what it is made from


def test_what_a_trainer_is_made_from():
    net = dense()
    for params in (net.collect_params(), dict(net.collect_params().items())):
        names = [p.name for p in Trainer(params, "sgd")._params]
        assert names == sorted(names)  # bias before weight
    assert Trainer([net.weight, net.bias], "sgd")._params == [net.weight, net.bias]
    for wrong in (net, 3, [3], "net"):
        with pytest.raises(DTypeError):
            Trainer(wrong, "sgd")
    with pytest.raises(ParameterError, match="no optimizer"):
        Trainer(net.collect_params(), "sdg")
    with pytest.raises(ParameterError, match="optimizer_params"):
        Trainer(net.collect_params(), mx.optimizer.SGD(), {"wd": 1})
    with pytest.raises(DTypeError, match="kvstore"):
        backward(net)
        Trainer(net.collect_params(), "sgd", kvstore=3).step(1)
    with pytest.raises(RuntimeError, match="has not been initialized"):
        Trainer(nn.Dense(2).collect_params(), "sgd")
    other = dense(TWO)
    with pytest.raises(ParameterError, match="same devices"):
        Trainer([net.weight, other.weight], "sgd")


def test_multipliers_of_parameters_count():
    net = dense()
    net.bias.lr_mult = 0
    net.weight.grad_req = "null"
    trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 1})
    backward(net)
    trainer.step(1)
    assert (net.weight.data().asnumpy() == 1).all()
    assert (net.bias.data().asnumpy() == 0).all()


def test_learning_rate():
    trainer = Trainer(dense().collect_params(), "adam")
    assert trainer.learning_rate == 0.001
    trainer.set_learning_rate(0.5)
    assert trainer.learning_rate == trainer.optimizer.learning_rate == 0.5


# ---- gradients that are not there


def test_blocks_that_never_ran():
    net = nn.Sequential()
    net.add(nn.Dense(2), nn.Dense(3))
    net.initialize()
    trainer = Trainer(net.collect_params(), "sgd")
    with pytest.raises(DeferredInitializationError) as caught:
        trainer.step(1)
    text = str(caught.value)
    assert text.count("never ran") == 2
    assert "net.add(nn.Dense(2), nn.Dense(3))" in text
    assert "in_units" in text


@pytest.mark.parametrize("ctx", [None, TWO])
def test_no_backward_since_the_last_step(ctx):
    net = dense(ctx)
    trainer = Trainer(net.collect_params(), "sgd", kvstore=None)
    with pytest.raises(StaleGradientError, match="backward was not called"):
        trainer.step(1)
    backward(net, ctx)
    trainer.step(1)
    with pytest.raises(UserWarning, match="was not called"):  # MXNet's type
        trainer.step(1)
    before = net.weight.list_data()[0].asnumpy()
    trainer.step(1, ignore_stale_grad=True)
    assert (net.weight.list_data()[0].asnumpy() == before).all()


def test_parameters_that_backward_did_not_reach():
    net = nn.Sequential()
    net.add(nn.Dense(3, in_units=3), nn.Dense(3, in_units=3))
    net.initialize()
    trainer = Trainer(net.collect_params(), "sgd")
    backward(net[0])
    with pytest.raises(StaleGradientError) as caught:
        trainer.step(1)
    text = str(caught.value)
    assert "2 of 4 gradients" in text
    assert "does not depend on them" in text
    assert net[1].weight.name in text
    assert net[0].weight.name not in text
    before = [p.data().asnumpy() for p in net.collect_params().values()]
    trainer.step(1, ignore_stale_grad=True)
    after = [p.data().asnumpy() for p in net.collect_params().values()]
    assert [bool((a == b).all()) for a, b in zip(before, after, strict=True)] == [0, 0, 1, 1]


def test_a_mean_divided_again_is_warned_about_once():
    net = dense()
    trainer = Trainer(net.collect_params(), "sgd")
    for step in range(2):
        with autograd.record():
            loss = net(nd.ones((4, 3))).mean()
        loss.backward()
        if step == 0:
            with pytest.warns(UserWarning, match=r"Call step\(1\)"):
                trainer.step(4)
        else:
            trainer.step(4)
    with autograd.record():
        loss = net(nd.ones((4, 3))).mean()
    loss.backward()
    Trainer(net.collect_params(), "sgd").step(1)


def test_the_losses_of_one_example_on_each_device_are_no_mean():
    net = dense(TWO)
    trainer = Trainer(net.collect_params(), "sgd")
    with autograd.record():
        losses = [gluon.loss.L2Loss()(net(nd.ones((1, 3), c)), nd.ones((1, 2), c)) for c in TWO]
    autograd.backward(losses)
    trainer.step(2)


# ---- states and explanation


@pytest.mark.parametrize("devices", [1, 2])
@pytest.mark.parametrize("on_store", [True, False])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_states_go_on_where_they_stood(tmp_path, devices, on_store, optimizer):
    ctx = [mx.cpu(i) for i in range(devices)]
    path, options = str(tmp_path / "a.states"), {"learning_rate": 0.1}
    if optimizer == "sgd":
        options["momentum"] = 0.9

    def made():
        net = dense(ctx)
        return net, Trainer(net.collect_params(), optimizer, options, update_on_kvstore=on_store)

    (first, trainer), (second, other) = made(), made()
    for _ in range(3):
        backward(first, ctx)
        trainer.step(1)
    trainer.save_states(path)
    for parameter, same in zip(
        second.collect_params().values(), first.collect_params().values(), strict=True
    ):
        parameter.set_data(same.data(ctx[0]))
    other.load_states(path)
    for net, t in ((first, trainer), (second, other)):
        backward(net, ctx)
        t.step(1)
    assert (second.weight.data(ctx[0]).asnumpy() == first.weight.data(ctx[0]).asnumpy()).all()
    assert other._optimizer.num_update == trainer._optimizer.num_update
    assert other._optimizer.param_dict[0] is other._params[0]


def test_other_files_are_no_states(tmp_path):
    path = tmp_path / "a.states"
    path.write_bytes(b"no pickle")
    with pytest.raises(FileFormatError):
        Trainer(dense().collect_params(), "sgd").load_states(str(path))


def test_set_data_reaches_the_store():
    net = dense(TWO)
    trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 1})
    backward(net, TWO)
    trainer.step(2)
    net.weight.set_data(nd.full((2, 3), 5))
    backward(net, TWO)
    trainer.step(2)
    assert (net.weight.data(TWO[0]).asnumpy() == 4).all()


@pytest.mark.parametrize("contexts", [[mx.cpu(0)], TWO])
def test_an_optimizer_gets_all_weights_of_a_device_at_once(contexts):
    seen = []

    class Watching(mx.optimizer.LARS):
        def update_multi_precision(self, index, weight, grad, state):
            seen.append((index, {w.context for w in weight}))
            super().update_multi_precision(index, weight, grad, state)

    net = dense(contexts)
    made = Watching(learning_rate=0.1, momentum=0.9)
    trainer = Trainer(net.collect_params(), made, update_on_kvstore=False)
    backward(net, contexts)
    trainer.step(2)
    assert seen == [([0, 1], {ctx}) for ctx in contexts]


def test_explain(capsys):
    net = dense(TWO, prefix="net_")
    net.bias.wd_mult = 0
    net.collect_params().get("frozen", shape=(1,))
    trainer = Trainer(net.collect_params(), "adam", {"wd": 0.5, "clip_gradient": 2})
    backward(net, TWO)
    trainer.step(8)
    net.bias.grad_req = "null"
    trainer.explain()
    text = capsys.readouterr().out
    assert "Trainer: Adam, 2 parameters on cpu(0), cpu(1)" in text
    assert "at the last step 1 / 8 = 0.125" in text
    assert "Adam divides by the size of past gradients" in text
    assert "clipped   then at +-2" in text
    assert "by the optimizer on the store 'device'" in text
    assert "net_bias    not learned" in text
    assert "net_weight  0.001          0.5" in text
