"""What the profiler sees of operations, and that it changes nothing."""

import json
import threading

import numpy as np
import pytest

import mxbook as mx
from mxbook import engine, profiler
from mxbook.base.errors import MXNetError, OperationError
from mxbook.gluon import nn
from mxbook.imperative.mode import mode
from mxbook.profiler.session import session
from tests.profiler.looking import counts, small_net, step, trace


@pytest.mark.parametrize("kind", ["HybridEngine", "ThreadedEngine", "NaiveEngine"])
@pytest.mark.parametrize("hybrid", [False, True])
def test_profiling_changes_no_result(hybrid, kind):
    before = mx.config.engine_type
    mx.config.engine_type = kind
    try:
        plain = step(small_net(hybrid))
        profiler.set_state("run")
        seen = step(small_net(hybrid))
        profiler.set_state("stop")
    finally:
        mx.config.engine_type = before
    for name, value in plain.items():
        np.testing.assert_array_equal(seen[name], value, err_msg=name)
    assert counts()["FullyConnected"] == 2


def test_every_operation_is_counted():
    profiler.set_state("run")
    x = mx.nd.ones((2, 2))
    for _ in range(3):
        x = x + 1
    x[0] = 5
    y = mx.nd.dot(x, x)
    y += 1
    profiler.set_state("stop")
    found = counts()
    assert (found["_ones"], found["dot"], found["_plus_scalar"]) == (1, 1, 4)
    assert sum(found.values()) == len(profiler.timeline().events) == 7
    mx.nd.ones(2) + 1
    assert counts() == found


@pytest.mark.parametrize("hybrid", [False, True])
def test_layers_forward_and_backward(hybrid):
    net = small_net(hybrid)
    step(net)
    profiler.set_state("run")
    step(net)
    profiler.set_state("stop")
    found = json.loads(profiler.by_layer(format="json"))
    layers = ["net_dense0", "net_dense0_relu", "net_dense1"]
    for layer in layers:
        assert found[layer]["Count"] == 1
        assert found[f"{layer} (backward)"]["Count"] >= 1
    assert set(found) == {*layers, *(f"{n} (backward)" for n in layers), "(no block)"}
    assert sum(row["Share"] for row in found.values()) == pytest.approx(1)
    assert counts("program") == ({"net": 2} if hybrid else {})


def test_instructions_lie_inside_their_program():
    net = small_net(hybrid=True)
    x = mx.nd.ones((2, 3))
    net(x)
    profiler.set_state("run")
    net(x).wait_to_read()
    profiler.set_state("stop")
    found = profiler.timeline()
    (program,) = found.events
    assert [p.name for p in found.parts] == ["FullyConnected", "Activation", "FullyConnected"]
    assert [p.nbytes for p in found.parts] == [32, 32, 16]
    times = [t for p in found.parts for t in (p.started, p.ended)]
    assert times == sorted(times)
    assert program.started <= times[0]
    assert times[-1] <= program.ended
    assert all(p.number == program.number for p in found.parts)


def test_fused_instructions_tell_what_they_do():
    net = nn.HybridLambda(lambda F, x: F.exp(x * 2) + 1)
    net.hybridize()
    x = mx.nd.ones((300, 300))
    net(x)
    profiler.set_state("run")
    net(x).wait_to_read()
    assert [p.name for p in profiler.timeline().parts] == ["_mul_scalar+exp+_plus_scalar"]


def test_nodes_that_no_block_made_are_their_own_layers():
    data = mx.sym.var("data")
    out = mx.sym.FullyConnected(data, num_hidden=2, name="fc1")
    executor = out.simple_bind(mx.cpu(), data=(2, 3))
    profiler.set_state("run")
    executor.forward()
    assert set(json.loads(profiler.by_layer(format="json"))) == {"fc1"}


def test_lines_are_those_of_the_program():
    profiler.set_state("run")
    mx.nd.ones(2)
    for _ in range(3):
        mx.nd.zeros(2)
    profiler.set_state("stop")
    found = json.loads(profiler.by_line(format="json", sort_by="count"))
    assert [row["Count"] for row in found.values()] == [3, 1]
    first, second = found
    assert first.startswith("test_session.py, line ")
    assert first.endswith("mx.nd.zeros(2)")
    assert second.endswith("mx.nd.ones(2)")
    assert profiler.by_line().count("\n") == 2


@pytest.mark.parametrize(("left_out", "names"), [
    ("profile_symbolic", {"_ones"}),
    ("profile_imperative", {"FullyConnected", "Activation"}),
])  # fmt: skip
def test_kinds_can_be_left_out(left_out, names):
    profiler.set_config(**{left_out: False}, aggregate_stats=True)
    net = small_net(hybrid=True)
    profiler.set_state("run")
    net(mx.nd.ones((2, 3))).wait_to_read()
    profiler.set_state("stop")
    assert set(counts()) == names


def test_a_paused_profiler_sees_nothing_and_slows_nothing():
    profiler.set_state("run")
    assert not mode.inline
    assert not mode.plain
    profiler.pause()
    assert mode.plain
    mx.nd.ones(2)
    profiler.resume()
    mx.nd.zeros(2)
    profiler.set_state("stop")
    assert mode.inline
    assert not mode.traced
    assert not engine.state.tracing
    assert counts() == {"_zeros": 1}


def test_states_may_be_set_twice():
    for _ in range(2):
        profiler.set_state("run")
    profiler.pause()
    profiler.pause()
    profiler.set_state("stop")
    profiler.set_state("stop")
    profiler.resume()
    assert mode.plain
    assert not engine.state.tracing


def test_runs_add_up_until_a_reset_or_a_finished_dump():
    for expected in (1, 2):
        profiler.set_state("run")
        mx.nd.ones(2)
        profiler.set_state("stop")
        assert counts() == {"_ones": expected}
    assert "_ones" in profiler.dumps(reset=True)
    assert "_ones" not in profiler.dumps()
    for _ in range(2):
        profiler.set_state("run")
        mx.nd.ones(2)
        profiler.dump()
        assert counts() == {"_ones": 1}


def test_the_log_forgets_nothing_while_it_is_held():
    before, mx.config.log_events = mx.config.log_events, 4
    try:
        profiler.set_state("run")
        for _ in range(9):
            mx.nd.ones(2)
        profiler.set_state("stop")
        assert counts() == {"_ones": 9}
        assert len(engine.log.operations()) == 4
        assert not session.lost
    finally:
        mx.config.log_events = before


def test_a_failure_is_the_same_and_is_seen():
    def bad():
        mx.nd.take(mx.nd.ones((2, 2)), mx.nd.array([5]), mode="raise").wait_to_read()

    with pytest.raises(MXNetError) as plain:
        bad()
    profiler.set_state("run")
    with pytest.raises(type(plain.value)) as seen:
        bad()
    profiler.set_state("stop")
    texts = [str(e.value.message).partition(" take")[2] for e in (plain, seen)]
    assert texts[0] == texts[1] != ""
    assert isinstance(seen.value, OperationError)
    assert [e.outcome for e in profiler.timeline().events if e.name == "take"] == ["failed"]


def test_operators_whose_shapes_depend_on_values():
    x, keep = mx.nd.array([[1, 2], [3, 4], [5, 6]]), mx.nd.array([1, 0, 1])
    profiler.set_state("run")
    found = mx.nd.contrib.boolean_mask(x, keep)
    profiler.set_state("stop")
    np.testing.assert_array_equal(found.asnumpy(), [[1, 2], [5, 6]])
    assert counts() == {"_contrib_boolean_mask": 1}


def test_memory_is_sampled():
    size = 2**20
    profiler.set_state("run")
    x = mx.nd.ones((size,)) + 1
    x.wait_to_read()
    profiler.set_state("stop")
    row = json.loads(profiler.dumps(format="json"))["Memory"]["Device Storage"]["Memory: cpu/0"]
    assert row["Max"] - row["Min"] >= 4 * size / 1000
    assert any(e["ph"] == "C" and e["cat"] == "memory" for e in trace())


def test_threads_are_lanes():
    profiler.set_state("run")
    threads = [threading.Thread(target=mx.nd.ones, args=(2,), name=f"user {i}") for i in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    events = trace()
    lanes = {e["tid"] for e in events if e["name"] == "_ones"}
    named = {e["tid"]: e["args"]["name"] for e in events if e["name"] == "thread_name"
             and e["pid"] == 0}  # fmt: skip
    assert {named[lane] for lane in lanes} == {"user 0", "user 1", "user 2"}


def test_on_a_gpu(strict_gpu):
    profiler.set_state("run")
    with mx.gpu(1):
        y = mx.nd.ones((2, 2)) + 1
    net = small_net(hybrid=True)
    net.collect_params().reset_ctx(mx.gpu(0))
    net(mx.nd.ones((2, 3), ctx=mx.gpu(0))).wait_to_read()
    profiler.set_state("stop")
    np.testing.assert_array_equal(y.asnumpy(), np.full((2, 2), 2))
    assert counts()["FullyConnected"] == 2
    memory = json.loads(profiler.dumps(format="json"))["Memory"]["Device Storage"]
    assert {"Memory: gpu/0", "Memory: gpu/1"} <= set(memory)
