"""The profiler: what it counts, by construction; its files; and that it changes nothing."""

import json
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import autograd, engine, profiler
from mxbook.base.errors import MXNetError, OperationError, ParameterError
from mxbook.gluon import nn
from mxbook.imperative.mode import mode
from mxbook.profiler import tables, writer
from mxbook.profiler.__main__ import main
from mxbook.profiler.session import Session, session


class Clock:
    """Milliseconds that pass only when somebody says so, as nanoseconds."""

    def __init__(self):
        self.now = 0

    def __call__(self):
        return self.now * 1_000_000


@pytest.fixture(autouse=True)
def clean(tmp_path):
    """Every test begins with nothing seen, and leaves nothing running."""
    profiler.set_config(filename=str(tmp_path / "profile.json"), aggregate_stats=True)
    session.forget()
    yield
    profiler.set_state("stop")
    session.forget()
    profiler.set_config()


@pytest.fixture
def clock(monkeypatch):
    found = Clock()
    monkeypatch.setattr(session, "clock", found)
    return found


def stats(category):
    return json.loads(profiler.dumps(format="json"))["Time"].get(category, {})


def counts(category="operator"):
    return {name: row["Count"] for name, row in stats(category).items()}


def trace():
    profiler.dump(finished=False)
    with open(session.options.filename) as file:
        return json.load(file)["traceEvents"]


# ---- settings


@pytest.mark.parametrize(
    "given",
    [
        {"profile_al": True},
        {"profile_all": "x"},
        {"aggregate_stats": 3},
        {"profile_memory": None},
        {"dump_period": -1},
        {"dump_period": "soon"},
        {"dump_period": float("nan")},
        {"filename": ""},
        {"filename": 3},
        {"profile_process": "nobody"},
        {"profile_process": "server"},
    ],
)
def test_bad_settings(given):
    before = session.options
    with pytest.raises(ParameterError):
        profiler.set_config(**given)
    assert session.options is before


def test_an_unknown_setting_is_answered_with_the_nearest_one():
    with pytest.raises(ParameterError, match="did you mean profile_all"):
        profiler.set_config(profile_al=True)


def test_what_is_not_named_goes_back_to_its_default():
    profiler.set_config(profile_symbolic=False, dump_period="2")
    assert (session.options.profile_symbolic, session.options.dump_period) == (False, 2.0)
    profiler.set_config(profile_memory="0")
    assert session.options.profile_symbolic
    assert not session.options.profile_memory


@pytest.mark.parametrize(
    "call",
    [
        lambda: profiler.set_state("go"),
        lambda: profiler.set_state(1),
        lambda: profiler.set_state("run", profile_process="x"),
        lambda: profiler.pause("x"),
        lambda: profiler.resume("server"),
        lambda: profiler.dump(profile_process="x"),
        lambda: profiler.dumps(format="xml"),
        lambda: profiler.dumps(sort_by="name"),
        lambda: profiler.dumps(ascending="no"),
        lambda: profiler.dumps(reset=2),
        lambda: profiler.by_line(format="xml"),
        lambda: profiler.by_layer(sort_by="x"),
        lambda: profiler.Domain(3),
        lambda: profiler.Task("domain", "name"),
        lambda: profiler.Domain("d").new_counter("c", "five"),
        lambda: profiler.Domain("d").new_marker("m").mark("everywhere"),
        lambda: profiler.measure("expp"),
        lambda: profiler.measure("exp", elements=0),
    ],
)
def test_bad_arguments(call):
    with pytest.raises(ParameterError):
        call()
    assert not session.running


def test_without_aggregate_stats_there_is_nothing_to_say():
    profiler.set_config(aggregate_stats=False)
    assert profiler.dumps() == profiler.dumps(format="json") == ""


def test_the_older_names(tmp_path):
    with pytest.warns(UserWarning, match="deprecated"):
        profiler.profiler_set_config("all", str(tmp_path / "old.json"))
    assert session.options.profile_all
    with pytest.warns(UserWarning, match="deprecated"):
        profiler.profiler_set_state("run")
    assert session.running
    with pytest.warns(UserWarning, match="deprecated"):
        profiler.dump_profile()
    assert not session.running
    assert (tmp_path / "old.json").exists()
    profiler.set_kvstore_handle("handle")
    assert profiler.profiler_kvstore_handle == "handle"
    profiler.set_kvstore_handle(None)


# ---- what users mark


def test_spans_nest_and_add_up(clock):
    domain = profiler.Domain("data")
    outer, inner = domain.new_task("outer"), domain.new_task("inner")
    frame, event = domain.new_frame("step"), profiler.Event("load")
    profiler.set_state("run")
    for length in (1, 5):
        with outer:
            clock.now += 1
            inner.start()
            clock.now += length
            inner.stop()
    with frame, event:
        clock.now += 7
    profiler.set_state("stop")
    assert stats("data") == {
        "outer": {"Count": 2, "Total": 8.0, "Min": 2.0, "Max": 6.0, "Avg": 4.0},
        "inner": {"Count": 2, "Total": 6.0, "Min": 1.0, "Max": 5.0, "Avg": 3.0},
    }
    assert stats("data,frame")["step"]["Total"] == stats("event")["load"]["Total"] == 7.0
    spans = {(e["name"], e["ts"]): e["dur"] for e in trace() if e.get("cat") == "data"}
    assert spans == {
        ("outer", 0): 2000, ("inner", 1000): 1000, ("outer", 2000): 6000, ("inner", 3000): 5000,
        ("step", 8000): 7000,
    }  # fmt: skip
    assert (str(domain), str(outer), str(event)) == ("data", "outer", "load")


def test_a_span_needs_a_start():
    task = profiler.Domain("d").new_task("t")
    with pytest.raises(MXNetError, match="not started"):
        task.stop()
    task.start()
    task.stop()
    with pytest.raises(MXNetError, match="not started"):
        task.stop()


def test_one_task_in_two_threads(clock):
    task = profiler.Domain("d").new_task("t")
    profiler.set_state("run")
    task.start()
    clock.now += 1
    thread = threading.Thread(target=lambda: (task.start(), task.stop()), name="other")
    thread.start()
    thread.join()
    clock.now += 1
    task.stop()
    times = {m.lane: (m.started // 1_000_000, m.ended // 1_000_000) for m in session.marks}
    assert times == {"other": (1, 1), threading.current_thread().name: (0, 2)}


def test_counters_and_markers(clock):
    domain = profiler.Domain("d")
    profiler.set_state("run")
    counter = domain.new_counter("queued", 5)
    counter += 3
    counter -= 1
    counter.increment()
    counter.decrement(0.5)
    clock.now += 1
    domain.new_marker("half").mark("thread")
    found = json.loads(profiler.dumps(format="json"))["Counter"]["d,counter"]["queued"]
    assert (found["Count"], found["Last"], found["Min"], found["Max"]) == (5, 7.5, 5, 8)
    events = trace()
    assert [e["args"]["queued"] for e in events if e["ph"] == "C" and e["cat"] == "d"] == [
        5, 8, 7, 8, 7.5,
    ]  # fmt: skip
    (moment,) = (e for e in events if e["ph"] == "i")
    assert (moment["name"], moment["s"], moment["ts"]) == ("half", "t", 1000)
    assert str(counter) == "queued"


def test_nothing_is_noted_while_nobody_looks(clock):
    task, counter = profiler.Domain("d").new_task("t"), profiler.Domain("d").new_counter("c")
    with task:
        counter += 1
    profiler.set_state("run")
    profiler.pause()
    with task:
        counter += 1
    profiler.resume()
    with task:
        clock.now += 2
    task.start()
    profiler.pause()
    task.stop()
    profiler.set_state("stop")
    assert [(m.kind, m.ended) for m in session.marks] == [("task", 2_000_000)]
    assert counter.value == 2


@given(st.lists(st.integers(1, 9), max_size=7), st.integers(0, 60))
def test_windows(lengths, time):
    """Running, paused, running, ... for so many milliseconds each."""
    clock = Clock()
    found = Session(clock)
    found.run()
    looking, inside = True, []
    try:
        for length in lengths:
            inside += [looking] * length
            clock.now += length
            looking = not looking
            found.pause(not looking)
        inside += [looking] * 100
        assert found.within(time * 1_000_000 + 1) == inside[time]
        assert not found.within(-1)
    finally:
        found.stop()


# ---- operations


def small_net(hybrid):
    net = nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(nn.Dense(4, activation="relu", in_units=3), nn.Dense(2, in_units=4))
    net.initialize(mx.init.One())
    if hybrid:
        net.hybridize()
    return net


def step(net):
    x = mx.nd.array([[1, 2, 3], [4, 5, 6]])
    with autograd.record():
        loss = (net(x) ** 2).sum()
    loss.backward()
    grads = {n: p.grad().asnumpy() for n, p in net.collect_params().items()}
    return {"loss": loss.asnumpy(), **grads}


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
    net = nn.HybridLambda(lambda F, x: F.exp(F.relu(x) * 2))
    net.hybridize()
    x = mx.nd.ones((300, 300))
    net(x)
    profiler.set_state("run")
    net(x).wait_to_read()
    assert [p.name for p in profiler.timeline().parts] == ["relu+_mul_scalar+exp"]


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
    assert first.startswith("test_profiler.py, line ")
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
    assert seen.value.message == plain.value.message
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
    x = mx.nd.ones((size,))
    x.wait_to_read()
    mx.nd.ones(2)
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


# ---- tables and files


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 99))),
    st.sampled_from(["total", "avg", "min", "max", "count"]),
    st.booleans(),
)
def test_rows(pairs, sort_by, ascending):
    rows = tables.rows_of(pairs, sort_by, ascending)
    for row in rows:
        values = [v for n, v in pairs if n == row.name]
        assert (row.count, row.total, row.min, row.max, row.last) == (
            len(values), sum(values), min(values), max(values), values[-1],
        )  # fmt: skip
        assert row.avg == sum(values) / len(values)
    keys = [getattr(row, sort_by) for row in rows]
    assert keys == sorted(keys, reverse=not ascending)
    assert {row.name for row in rows} == {n for n, _ in pairs}


def test_the_table_looks_like_that_of_mxnet():
    rows = [tables.Row("dot", 1, 1.583, 1.583, 1.583, 1.583)]
    memory = [tables.Row("Memory: cpu/0", 4, 1440.0, 360.0, 1080.0, 360.0)]
    text = tables.table([
        tables.Section("Device Storage", "kB", memory), tables.Section("operator", "ms", rows),
    ])  # fmt: skip
    assert text.splitlines() == [
        "",
        "Profile Statistics:",
        "\tNote the difference in units for different entries.",
        "Device Storage",
        "=================",
        "Name                          Total Count    Min Use  (kB)    Max Use  (kB)    Avg Use  (kB)",
        "----                          -----------    -------------    -------------    -------------",
        "Memory: cpu/0                           4         360.0000        1080.0000         360.0000",
        "",
        "operator",
        "=================",
        "Name                          Total Count        Time (ms)    Min Time (ms)    Max Time (ms)"
        "    Avg Time (ms)",
        "----                          -----------        ---------    -------------    -------------"
        "    -------------",
        "dot                                     1           1.5830           1.5830           1.5830"
        "           1.5830",
        "",
    ]  # fmt: skip


def test_a_trace_is_what_chrome_expects():
    net = small_net(hybrid=True)
    profiler.set_state("run")
    step(net)
    profiler.Domain("d").new_marker("m").mark()
    profiler.dump()
    assert not session.running
    with open(session.options.filename) as file:
        found = json.load(file)
    lanes = {(e["pid"], e["tid"]) for e in found["traceEvents"] if e["name"] == "thread_name"}
    for event in found["traceEvents"]:
        assert isinstance(event["name"], str)
        assert event["ph"] in "XCiMsf"
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        if event["ph"] != "M":
            assert event["ts"] >= 0
            assert (event["pid"], event["tid"]) in lanes
        if event["ph"] == "X":
            assert event["dur"] >= 0


def test_dump_may_leave_it_running():
    profiler.set_state("run")
    mx.nd.ones(2)
    assert [e["name"] for e in trace() if e["ph"] == "X"] == ["_ones"]
    assert session.running
    mx.nd.zeros(2)
    assert [e["name"] for e in trace() if e["ph"] == "X"] == ["_ones", "_zeros"]


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "kept.json"
    path.write_text("old")
    profiler.set_config(filename=str(path))
    profiler.set_state("run")

    def fail(*_args):
        raise OSError("no space left")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="no space"):
        profiler.dump()
    monkeypatch.undo()
    assert path.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["kept.json"]
    profiler.dump()
    assert json.loads(path.read_text())["traceEvents"]


def test_a_folder_that_does_not_exist(tmp_path):
    profiler.set_config(filename=str(tmp_path / "none" / "p.json"))
    with pytest.raises(FileNotFoundError, match="no folder"):
        profiler.dump()


def test_continuous_dump(monkeypatch):
    written = threading.Event()
    monkeypatch.setattr(writer.trace, "write", lambda _session: written.set())
    profiler.set_config(continuous_dump=True, dump_period=0.001)
    assert not written.wait(0)
    profiler.set_state("run")
    assert written.wait(30)
    profiler.set_state("stop")
    assert not any(t.name == "profile writer" for t in threading.enumerate())


def test_autostart(tmp_path):
    code = "import mxbook as mx\nx = mx.nd.ones(2)\nprint((x + 1).asnumpy())"
    env = {**os.environ, "MXNET_PROFILER_AUTOSTART": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], cwd=tmp_path, env=env, check=True, timeout=120)
    events = json.loads((tmp_path / "profile.json").read_text())["traceEvents"]
    assert [e["name"] for e in events if e["ph"] == "X"] == ["_ones", "_plus_scalar"]


# ---- speed of operators


def test_measure_scales_examples():
    found = profiler.measure("exp", elements=600, rounds=1)
    assert found[0].call == "exp(float32[20, 30])"
    assert 0 < found[0].quickest <= found[0].forward
    assert found[0].backward > 0


def test_parameters_that_fix_shapes_leave_the_first_axis():
    calls = [s.call for s in profiler.measure("FullyConnected", elements=600, rounds=1)]
    assert "FullyConnected(float32[200, 3], float32[4, 3], float32[4], num_hidden=4)" in calls


def test_the_command(capsys):
    main(["argmax", "dot", "--elements", "10", "--rounds", "1"])
    printed = capsys.readouterr().out
    assert "argmax(" in printed
    assert "dot(" in printed
    assert "backward" in printed
