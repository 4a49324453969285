"""How modules choose and use a store."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook.kvstore import exchange

SMALL = {"w": mx.nd.zeros(3)}


@pytest.mark.parametrize(
    ("kvstore", "devices", "kind", "on_store"),
    [
        (None, 2, None, False),
        ("local", 1, None, False),
        ("local", 2, "local", True),
        ("device", 2, "device", True),
        (mx.kv.create("device"), 1, "device", True),
    ],
)
def test_the_choice(kvstore, devices, kind, on_store, monkeypatch):
    store, update = exchange.create_for(kvstore, devices, SMALL)
    assert (store and store.type, update) == (kind, on_store)
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", "0")
    assert exchange.create_for(kvstore, devices, SMALL)[1] is False


def test_large_arrays_and_other_things(monkeypatch):
    monkeypatch.setattr(exchange, "LARGE", 2)
    assert exchange.create_for("local", 2, SMALL)[1] is False
    assert exchange.create_for("device", 2, SMALL)[1] is True
    with pytest.raises(TypeError, match="kvstore"):
        exchange.create_for(3, 1, SMALL)


@given(st.integers(1, 3), st.booleans(), st.booleans())
def test_all_ways_end_in_the_same_place(devices, with_store, on_store):
    contexts = [mx.cpu(i) for i in range(devices)]
    names = ["a", "b", "still"]
    params = {name: mx.nd.ones(2) * (i + 1) for i, name in enumerate(names)}
    arrays = [[params[n].copyto(c) for c in contexts] for n in names]
    grads = [[mx.nd.ones(2, ctx=c) * (i + 1) for i, c in enumerate(contexts)] for _ in "ab"]
    grads.append([None] * devices)
    optimizer = mx.optimizer.SGD(learning_rate=0.5)
    store = mx.kv.create() if with_store else None
    if store is not None:
        if on_store:
            store.set_optimizer(optimizer)
        exchange.fill(store, arrays, params, names, on_store)
    if store is not None and on_store:
        exchange.update_on_store(arrays, grads, store, names)
    else:
        updater = mx.optimizer.get_updater(optimizer)
        exchange.update_on_devices(arrays, grads, updater, devices, store, names)
        assert sorted(updater.states) == list(range(2 * devices))
    total = sum(range(1, devices + 1))
    for i, block in enumerate(arrays):
        for k, array in enumerate(block):
            step = 0 if i == 2 else 0.5 * (total if with_store else k + 1)
            assert array.asnumpy().tolist() == [i + 1 - step] * 2
