import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import (
    DeviceError,
    DTypeError,
    MXNetError,
    ParameterError,
    ShapeError,
)
from mxbook.imperative.arrays import variable_of

LOCAL = ("local", "local_update_cpu", "local_allreduce_cpu")
DEVICE = ("device", "local_allreduce_device")
stores = pytest.mark.parametrize("name", LOCAL + DEVICE)
whole = st.integers(-1000, 1000).map(float)


def pulled(kv, key, shape=(2,), **kwargs):
    out = mx.nd.zeros(shape, **kwargs)
    kv.pull(key, out=out)
    return out.asnumpy()


def on_devices(values):
    return [mx.nd.array([v, v], ctx=mx.cpu(i)) for i, v in enumerate(values)]


@stores
@settings(deadline=None)
@given(rounds=st.lists(st.lists(whole, min_size=1, max_size=10), min_size=1, max_size=4))
def test_without_updater_the_last_sum_is_stored(name, rounds):
    kv = mx.kv.create(name)
    kv.init("w", mx.nd.ones(2))
    for values in rounds:
        kv.push("w", on_devices(values))
    assert (pulled(kv, "w") == sum(rounds[-1])).all()


@stores
@settings(deadline=None)
@given(rounds=st.lists(st.lists(whole, min_size=1, max_size=5), max_size=4))
def test_with_updater_every_sum_counts(name, rounds):
    kv = mx.kv.create(name)
    kv.init(7, mx.nd.ones(2))
    seen = []

    def update(key, pushed, stored):
        seen.append(key)
        stored += pushed * 2

    kv._set_updater(update)
    for values in rounds:
        kv.push(7, on_devices(values))
    assert (pulled(kv, 7) == 1 + 2 * sum(map(sum, rounds))).all()
    assert seen == [7] * len(rounds)


@settings(deadline=None)
@given(
    keys=st.lists(st.integers(-5, 5), min_size=1, max_size=8),
    devices=st.integers(1, 3),
    text=st.booleans(),
)
def test_lists_of_keys_are_like_single_keys(keys, devices, text):
    keys = [str(k) for k in keys] if text else keys
    unique = list(dict.fromkeys(keys))
    kv = mx.kv.create("local")
    kv.init(unique, [mx.nd.zeros(2) for _ in unique])
    kv.push(keys, [on_devices([i] * devices) for i in range(len(keys))])
    outs = [[mx.nd.zeros(2) for _ in range(devices)] for _ in unique]
    kv.pull(unique, out=outs)
    for key, out in zip(unique, outs, strict=True):
        expected = sum(i * devices for i, k in enumerate(keys) if k == key)
        assert all((o.asnumpy() == expected).all() for o in out)


# Real MXNet 1.6 gives these: `local` adds four at a time, `device` one after the other.
@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("local", [2.0**24, 1, 1, 1, 1], 2.0**24 + 4),
        ("device", [2.0**24, 1, 1, 1, 1], 2.0**24),
        ("local", [2.0**24, 1, 1, 1, 1, 1], 2.0**24 + 4),
        ("local", [1, 1, 1, 1, 2.0**24], 2.0**24 + 4),
        ("device", [1, 1, 1, 1, 2.0**24], 2.0**24 + 4),
    ],
)
def test_order_of_the_sum(name, values, expected):
    kv = mx.kv.create(name)
    kv.init(0, mx.nd.zeros(2))
    kv.push(0, on_devices(values))
    assert (pulled(kv, 0) == np.float32(expected)).all()


@pytest.mark.parametrize(
    ("keys", "pushed", "expected"),
    [([9, 5, 7], [9, 5, 7], [5, 7, 9]), (["z", "a", "m"], ["a", "z", "m"], ["z", "a", "m"])],
)
def test_order_of_updates_is_that_of_mxnet(keys, pushed, expected):
    kv, seen = mx.kv.create(), []
    kv._set_updater(lambda key, pushed, stored: seen.append(key))
    kv.init(keys, [mx.nd.ones(1)] * 3)
    kv.push(pushed, [mx.nd.ones(1)] * 3)
    assert seen == expected


@stores
def test_the_store_shares_no_memory_with_the_arrays_given(name):
    kv = mx.kv.create(name)
    a = mx.nd.array([1, 2])
    kv.init(0, a)
    a[:] = 9
    assert pulled(kv, 0).tolist() == [1, 2]
    a[:] = 5
    kv.push(0, a)
    a[:] = 9
    out = mx.nd.zeros(2)
    kv.pull(0, out=out)
    out[:] = 7
    assert pulled(kv, 0).tolist() == [5, 5]


def test_pushpull_writes_into_the_values_when_there_is_no_out():
    kv = mx.kv.create("device")
    kv.init(1, mx.nd.ones(2))
    a, b = mx.nd.array([5, 6]), mx.nd.array([1, 1])
    kv.pushpull(1, [a, b], priority=-1)
    assert a.asnumpy().tolist() == b.asnumpy().tolist() == [6, 7]
    out = mx.nd.zeros(2)
    kv.pushpull(1, [a, b], out=out)
    assert out.asnumpy().tolist() == [12, 14]
    assert a.asnumpy().tolist() == [6, 7]


@settings(deadline=None)
@given(
    stored=st.sampled_from(["float16", "float32", "float64", "int32"]),
    wanted=st.sampled_from(["float16", "float32", "float64", "int32", "uint8"]),
)
def test_pull_converts_the_element_type(stored, wanted):
    kv = mx.kv.create()
    kv.init(0, mx.nd.array([1, 3], dtype=stored))
    found = pulled(kv, 0, dtype=wanted)
    assert found.dtype == wanted
    assert found.tolist() == [1, 3]


def test_device_store_adds_up_where_it_was_pushed_first():
    kv, seen = mx.kv.create("device"), []
    kv._set_updater(lambda key, pushed, stored: seen.append((pushed.context, stored.context)))
    kv.init(1, mx.nd.ones(2, ctx=mx.cpu(3)))
    kv.push(1, [mx.nd.ones(2, ctx=mx.cpu(i)) for i in (2, 1)])
    kv.push(1, mx.nd.ones(2, ctx=mx.cpu(1)))
    assert seen == [(mx.cpu(2), mx.cpu(2))] * 2


def test_nothing_is_recorded_for_gradients():
    x = mx.nd.ones(2)
    x.attach_grad()
    kv = mx.kv.create("device")
    with mx.autograd.record():
        y = x * 2
        kv.init(1, y)
        kv.push(1, [y, y])
        out = mx.nd.zeros(2)
        kv.pull(1, out=out)
    assert out.asnumpy().tolist() == [4, 4]
    with pytest.raises(MXNetError, match="computational graph"):
        out.backward()


def test_an_error_in_the_updater_reaches_the_push():
    kv = mx.kv.create()
    kv.init(1, mx.nd.ones(2))

    def update(key, pushed, stored):
        raise KeyError("from the updater")

    kv._set_updater(update)
    with pytest.raises(KeyError, match="from the updater"):
        kv.push(1, mx.nd.ones(2))
    assert pulled(kv, 1).tolist() == [1, 1]


# The rows were taken from real MXNet 1.6.
def test_compression_is_that_of_mxnet():
    kv = mx.kv.create("device")
    kv.set_gradient_compression({"type": "2bit", "threshold": 0.5})
    kv.init(1, mx.nd.zeros(6))
    gradient = [0.1, 0.3, 0.5, 0.7, -0.4, -1.6]
    expected = [[0, 0, 1, 1, 0, -1], [0, 1, 1, 1, -1, -1], [0, 0, 1, 1, -1, -1]]
    for row in expected:
        kv.push(1, [mx.nd.array(gradient, ctx=mx.cpu(i)) for i in range(2)])
        assert pulled(kv, 1, (6,)).tolist() == row


@settings(deadline=None)
@given(st.lists(st.floats(-2, 2, width=32), min_size=1, max_size=20))
def test_compression_loses_nothing_for_ever(gradients):
    # All but the residual has arrived, and that stays below one threshold.
    kv = mx.kv.create("device")
    kv.set_gradient_compression({"type": "2bit", "threshold": 2.0})
    kv.init(1, mx.nd.zeros(2))
    arrived = 0.0
    for g in gradients:
        kv.push(1, mx.nd.array([g, -g]))
        first, second = pulled(kv, 1)
        assert first in (-2, 0, 2)
        assert second == -first
        arrived += first
    assert abs(arrived - sum(gradients)) <= 2 + 1e-4


def test_what_it_is():
    kv = mx.kv.create("Device")
    assert (kv.type, kv.rank, kv.num_workers) == ("device", 0, 1)
    assert mx.kv is mx.kvstore


@pytest.mark.parametrize("name", ["nccl", "dist_sync", "dist_async_device", "dist"])
def test_types_for_several_processes_say_so(name):
    with pytest.raises(DeviceError, match="no sense in one process") as info:
        mx.kv.create(name)
    assert "mxbook.distributed" in str(info.value)


@pytest.mark.parametrize(("name", "error"), [("devise", ParameterError), (3, TypeError)])
def test_unknown_types(name, error):
    with pytest.raises(error):
        mx.kv.create(name)


def store_with_one_key():
    kv = mx.kv.create("device")
    kv.init(3, mx.nd.ones(2))
    return kv


one = mx.nd.ones(2)


@pytest.mark.parametrize(
    ("use", "error", "text"),
    [
        (lambda kv: kv.init(3, one), MXNetError, "key 3 cannot be initialised"),
        (lambda kv: kv.init(4, [one, one]), MXNetError, "one value, once"),
        (lambda kv: kv.init("a", one), ParameterError, "another kind"),
        (lambda kv: kv.push("a", one), ParameterError, "another kind"),
        (lambda kv: kv.push([3, "a"], [one, one]), ParameterError, "both kinds"),
        (lambda kv: kv.push(9, one), MXNetError, "key 9 has no value"),
        (lambda kv: kv.pull(9, out=one), MXNetError, "key 9 has no value"),
        (lambda kv: kv.pull(3), ParameterError, "pull needs out="),
        (lambda kv: kv.push(3, mx.nd.ones(3)), ShapeError, "another shape"),
        (lambda kv: kv.pull(3, out=mx.nd.ones(3)), ShapeError, "another shape"),
        (lambda kv: kv.push(3, [one, one.astype("float64")]), DTypeError, "element types"),
        (lambda kv: kv.push(3, 5), DTypeError, "cannot be a int"),
        (lambda kv: kv.push(3.5, one), DTypeError, "cannot be a key"),
        (lambda kv: kv.push([3, 3], one), ParameterError, "one value for each"),
        (lambda kv: kv.push([3, 3], [one]), ParameterError, "one value for each"),
        (lambda kv: kv._set_updater(3), ParameterError, "a function"),
        (lambda kv: kv.save_optimizer_states("x"), MXNetError, "set_optimizer first"),
        (lambda kv: kv.set_gradient_compression(None), ParameterError, "a dict"),
        (lambda kv: kv.set_gradient_compression({"type": "3bit"}), ParameterError, "2bit"),
        (lambda kv: kv.set_gradient_compression({"threshold": 1}), ParameterError, "2bit"),
        (
            lambda kv: kv.set_gradient_compression({"type": "2bit", "threshold": "x"}),
            ParameterError,
            "above 0",
        ),
        (
            lambda kv: mx.kv.create("local").set_gradient_compression({"type": "2bit"}),
            ParameterError,
            "of type 'device'",
        ),
    ],
)
def test_bad_input_changes_nothing(use, error, text):
    kv = store_with_one_key()
    with pytest.raises(error, match=text):
        use(kv)
    assert pulled(kv, 3).tolist() == [1, 1]


def test_a_bad_pair_in_a_list_leaves_the_others_alone():
    kv = mx.kv.create()
    kv.init([1, 2], [mx.nd.zeros(2), mx.nd.zeros(2)])
    with pytest.raises(ShapeError):
        kv.push([1, 2], [mx.nd.ones(2), mx.nd.ones(3)])
    assert pulled(kv, 1).tolist() == [0, 0]


def explained(kv, capsys):
    kv.explain()
    return capsys.readouterr().out


def test_explain_draws_the_active_choice(capsys):
    kv = mx.kv.create("device")
    kv.init("w", mx.nd.ones(2))
    text = explained(kv, capsys)
    steps = [text.index(step) for step in ("push", "reduce", "update", "pull")]
    assert steps == sorted(steps)
    assert "no updater" in text
    assert "'w'" in text
    assert "none yet" in text

    def my_rule(key, pushed, stored):
        stored += pushed

    kv._set_updater(my_rule)
    kv.set_gradient_compression({"type": "2bit", "threshold": 0.25})
    kv.push("w", mx.nd.ones(2, ctx=mx.cpu(1)))
    text = explained(kv, capsys)
    assert "my_rule(" in text
    assert "threshold 0.25" in text
    assert "cpu(1)" in text
    assert "added up on cpu(0)" in explained(mx.kv.create("local"), capsys)


@stores
def test_on_gpus(strict_gpu, name):
    kv = mx.kv.create(name)
    kv.init(0, mx.nd.array([1, 2]))
    kv.push(0, [mx.nd.array([i, 4], ctx=mx.gpu(i)) for i in (1, 0)])
    out = [mx.nd.zeros(2, ctx=c) for c in (mx.gpu(0), mx.gpu(1), mx.cpu(0))]
    kv.pull(0, out=out)
    assert [o.asnumpy().tolist() for o in out] == [[1, 8]] * 3
    places = []
    kv._set_updater(lambda key, pushed, stored: places.append((pushed.context, stored.context)))
    kv.push(0, mx.nd.ones(2, ctx=mx.gpu(0)))
    mx.waitall()  # while the stand-in is there
    assert places == [(mx.gpu(1), mx.gpu(1)) if name in DEVICE else (mx.cpu(0), mx.cpu(0))]


@pytest.fixture(params=["NaiveEngine", "ThreadedEngine", "HybridEngine"])
def engine_type(request):
    mx.config.engine_type = request.param
    yield request.param
    mx.waitall()
    mx.config.reset("engine_type")


def test_under_every_engine(engine_type):
    kv = mx.kv.create("local")
    kv.init("w", mx.nd.zeros((300, 300)))

    def update(key, pushed, stored):
        stored += pushed

    kv._set_updater(update)
    outs = [mx.nd.zeros((300, 300), ctx=mx.cpu(i)) for i in range(3)]
    for _ in range(5):
        kv.push("w", [o + 1 for o in outs])
        kv.pull("w", out=outs)
    # w <- w + 3 (w + 1), five times: w + 1 grows fourfold
    assert all((o.asnumpy() == 4**5 - 1).all() for o in outs)


def test_a_failed_value_poisons_what_is_pulled():
    kv = mx.kv.create()
    kv.init([1, 2], [mx.nd.zeros(2)] * 2)
    bad = mx.nd.zeros(2)
    mx.engine.push(lambda: 1 / 0, [], [variable_of(bad)], name="breaks")
    kv.push([1, 2], [bad, mx.nd.ones(2)])
    assert pulled(kv, 2).tolist() == [1, 1]
    with pytest.raises(MXNetError, match="division by zero"):
        pulled(kv, 1)
    kv.push(1, mx.nd.ones(2))
    assert pulled(kv, 1).tolist() == [1, 1]


def test_priority_reaches_the_engine(monkeypatch):
    kv = mx.kv.create()
    kv.init(0, mx.nd.ones(2))
    given, push = [], mx.engine.push

    def noted(*args, **kwargs):
        given.append((kwargs["name"], kwargs["priority"]))
        push(*args, **kwargs)

    monkeypatch.setattr(mx.engine, "push", noted)
    kv.pushpull(0, mx.nd.ones(2), priority=-3)
    assert given == [("KVStoreReduce", -3), ("KVStoreBroadcast", -3)]


def momentum_store():
    kv = mx.kv.create("device")
    kv.set_optimizer(mx.optimizer.SGD(learning_rate=0.5, momentum=0.5))
    kv.init(["w", "v"], [mx.nd.ones(2), mx.nd.zeros(2)])
    return kv


def test_an_optimizer_changes_the_stored_values(capsys):
    kv = mx.kv.create()
    kv.set_optimizer(mx.optimizer.SGD(learning_rate=0.5))
    kv.init(1, mx.nd.ones(2))
    kv.push(1, [mx.nd.ones(2), mx.nd.ones(2)])
    assert pulled(kv, 1).tolist() == [0, 0]
    assert "SGD changes the stored weight" in explained(kv, capsys)


@settings(deadline=None)
@given(before=st.integers(1, 3), after=st.integers(1, 3), dump=st.booleans())
def test_states_of_the_optimizer_survive_a_file(tmp_path_factory, before, after, dump):
    path = tmp_path_factory.mktemp("kv") / "x.states"
    kv = momentum_store()
    for _ in range(before):
        kv.push(["w", "v"], [mx.nd.ones(2)] * 2)
    kv.save_optimizer_states(path, dump_optimizer=dump)
    other = momentum_store()
    other.load_optimizer_states(path)
    # the weights are the program's affair, so here the new store starts from where the old one is
    steps = [pulled(kv, "w")], [pulled(other, "w")]
    for store, found in zip((kv, other), steps, strict=True):
        for _ in range(after):
            store.push("w", mx.nd.ones(2))
            found.append(pulled(store, "w"))
    assert np.diff(steps[0], axis=0) == pytest.approx(np.diff(steps[1], axis=0))
