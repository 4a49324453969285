"""Updater: an optimizer with the states of all parameters."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import optimizer as opt


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.floats(-1, 1)), max_size=8))
def test_each_index_has_its_own_state(updates):
    update = opt.get_updater(opt.SGD(momentum=0.9, learning_rate=0.1))
    weights = {k: mx.nd.zeros(2) for k in "ab"}
    for key, gradient in updates:
        update(key, mx.nd.full(2, gradient), weights[key])
    for key in "ab":
        alone, weight = opt.get_updater(opt.SGD(momentum=0.9, learning_rate=0.1)), mx.nd.zeros(2)
        for k, gradient in updates:
            if k == key:
                alone(0, mx.nd.full(2, gradient), weight)
        assert (weight.asnumpy() == weights[key].asnumpy()).all()


def test_lists_are_updated_one_by_one():
    update, weights = opt.get_updater(opt.SGD(learning_rate=1)), [mx.nd.ones(2), mx.nd.ones(3)]
    update([0, 1], [mx.nd.ones(2), mx.nd.zeros(3)], weights)
    assert [w.asnumpy().tolist() for w in weights] == [[0, 0], [1, 1, 1]]
    assert update.optimizer.num_update == 1


def test_states_of_another_updater():
    first, w = opt.get_updater(opt.Adam()), mx.nd.ones(2)
    for _ in range(3):
        first(0, w, w)
    second, v = opt.get_updater(opt.SGD()), w.copy()
    second.set_states(first.get_states(dump_optimizer=True))
    assert second.states_synced == {0: False}
    first(0, mx.nd.ones(2), w)
    second(0, mx.nd.ones(2), v)
    assert second.states_synced == {0: True}
    assert (w.asnumpy() == v.asnumpy()).all()


def test_states_follow_the_weight_to_its_device():
    first, w = opt.get_updater(opt.SGD(momentum=0.5)), mx.nd.ones(2)
    first(0, w, w)
    second = opt.get_updater(opt.SGD(momentum=0.5))
    second.set_states(first.get_states())
    second(0, mx.nd.ones(2, ctx=mx.cpu(3)), mx.nd.ones(2, ctx=mx.cpu(3)))
    assert second.states[0].context == mx.cpu(3)
    assert np.isfinite(second.states[0].asnumpy()).all()


def test_weights_are_updated_in_groups_of_one_type():
    seen = []

    class Watching(opt.SGD):
        def update_multi_precision(self, index, weight, grad, state):
            seen.append(index)
            super().update_multi_precision(index, weight, grad, state)

    made = Watching(learning_rate=1)
    made.aggregate_num = 2
    update = opt.get_updater(made)
    assert update.aggregate_updates
    types = ["float32", "float64", "float32", "float32", "float64"]
    weights = [mx.nd.ones(2, dtype=t) for t in types]
    update(list(range(5)), [w.copy() for w in weights], weights)
    assert seen == [[0, 2], [3], [1, 4]]
    assert all((w.asnumpy() == 0).all() for w in weights)


def test_what_the_optimizer_of_a_file_can_do_counts():
    update = opt.get_updater(opt.Adam())
    update.set_states(opt.get_updater(opt.SGD()).get_states(dump_optimizer=True))
    assert update.aggregate_updates
