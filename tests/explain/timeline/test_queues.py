"""Stepping through the queues: the pure engine core must agree after every event."""

from hypothesis import given

from mxbook.engine.core import RUNNING, WAITING, Core, Operation, Variable
from mxbook.explain.timeline.queues import ENDED, MAY_RUN, PUSHED, RUNS, STARTED, WAITS, Steps

from .records import ran, timelines


@given(timelines)
def test_queues_agree_with_the_engine(t):
    steps = Steps(t.what_if(2))
    core, variables, operations = Core(), {}, {}
    states = {WAITING: WAITS, RUNNING: RUNS}
    for k, change in enumerate(steps.changes, 1):
        event, number = change.event, change.event.number
        if change.what == PUSHED:
            reads, writes = ([variables.setdefault(key, Variable()) for key, _ in marks]
                             for marks in (event.reads, event.writes))  # fmt: skip
            operations[number] = op = Operation(None, reads, writes)
            core.push(op, 1)
        elif change.what == STARTED:
            core.ready = [entry for entry in core.ready if entry[2] is not operations[number]]
            operations[number].state = RUNNING
        else:
            operations[number].end(1)
            core.complete(operations[number], None)
        queues = {q.key: q for q in steps.at(k)}
        for key, variable in variables.items():
            entries = queues[key].entries
            live = [(n, op) for n, op in sorted(operations.items()) if op.number in core.live]
            users = [(n, variable in op.outputs) for n, op in live
                     if variable in (*op.inputs, *op.outputs)]  # fmt: skip
            assert [(e.number, e.writes) for e in entries] == users
            assert queues[key].version == variable.version
            for entry in entries:
                state = operations[entry.number].state
                assert entry.state == states.get(state, MAY_RUN)


@given(timelines)
def test_every_operation_is_pushed_starts_and_ends_in_this_order(t):
    steps = Steps(t.what_if(3))
    order = {}
    for change in steps.changes:
        order.setdefault(change.event.number, []).append(change.what)
    assert all(found == [PUSHED, STARTED, ENDED] for found in order.values())
    assert not any(queue.entries for queue in steps.at(len(steps)))
    assert not any(queue.entries for queue in steps.at(0))


def test_text_tells_who_stands_where():
    t = ran([(set(), {0}, 5, 0, "dot"), ({0}, {1}, 5, 0, "tanh")])
    steps = Steps(t.what_if(2), {0: "weight"})
    assert steps.text(0) == "0 of 6: at the beginning\nall idle"
    line = next(x for x in steps.text(3).splitlines() if x.startswith("weight"))
    assert line == "weight v0: ●W#1 dot  ·R#2 tanh"
    assert str(Steps(t.what_if(2))) == "0 of 6: at the beginning\nall idle"
