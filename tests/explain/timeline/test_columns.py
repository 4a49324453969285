"""Columns: all boxes, row by row, and what is known of each."""

import numpy as np
from hypothesis import given

from mxbook.engine.log import PartRecord
from mxbook.explain.timeline.columns import OPERATION, PART, WAIT, columns
from mxbook.explain.timeline.tracks import depths, ordered

from .records import ran, timelines


@given(timelines)
def test_every_event_is_one_box_with_its_details(t):
    t = t.what_if(2)
    found = columns(t)
    operations = np.flatnonzero(found.what == OPERATION).tolist()
    assert len(operations) == len(t.events)
    assert found.count == len(t.events) + len(t.waits)
    of = {e.number: e for e in t.events}
    details = found.details
    for i in operations:
        event = of[found.number[i]]
        assert (found.start[i], found.length[i]) == (event.started - t.start, event.duration)
        assert found.names[found.name[i]] == event.name
        assert details.pushed[i] == event.started - event.pushed
        assert details.ready[i] == event.started - event.ready
        assert details.layer[i] < len(found.layers)
        assert found.layers[details.layer[i]] == event.layer
        for lists, wanted in (
            (details.after, event.after),
            (details.reads, [x for mark in event.reads for x in mark]),
            (details.writes, [x for mark in event.writes for x in mark]),
        ):
            assert lists.items[lists.offsets[i] : lists.offsets[i + 1]].tolist() == list(wanted)


@given(timelines)
def test_boxes_of_a_row_follow_each_other(t):
    found = columns(t.what_if(2))
    assert [row.begin for row in found.rows] == [0, *(row.end for row in found.rows)][:-1]
    assert (found.rows[-1].end if found.rows else 0) == found.count
    for row in found.rows:
        start = found.start[row.begin : row.end]
        stop = start + found.length[row.begin : row.end]
        assert (stop[:-1] <= start[1:]).all()


@given(timelines)
def test_boxes_can_come_before_their_details(t):
    t = t.what_if(2)
    early, late = columns(t, details=False), columns(t)
    assert early.details is None and early.critical == []
    assert "critical path" not in early.sentence
    for field in ("start", "length", "name", "what", "number"):
        assert getattr(early, field).tolist() == getattr(late, field).tolist()
    assert early.rows == late.rows and early.titles == late.titles
    assert late.critical == [e.number for e in t.critical_path()]
    assert late.sentence.partition(";")[2] == t.sentence().partition(";")[2]


def test_instructions_lie_below_their_operation():
    t = ran([({0}, {1}, 10, 0, "net")])
    part = PartRecord(1, "dot", "dense0", 102, 105, "MainThread", 8)
    found = columns(t._replace(parts=[part]))
    assert [(row.lane, row.end - row.begin) for row in found.rows] == [(0, 1), (0, 1)]
    assert found.what.tolist() == [OPERATION, PART]
    assert found.names == ["net", "dot"]


def test_stores_and_copies_have_lanes_of_their_own():
    t = ran([({0}, {1}, 3, 0, name) for name in ("dot", "_copyto", "KVStoreReduce")], wait=True)
    found = columns(t)
    assert found.titles == ["Python", "copies", "kvstore"]
    assert found.kinds == ["python", "copy", "kvstore"]
    assert (found.what == WAIT).sum() == 1


def test_the_largest_names_have_colours():
    program = [({0}, {1}, took, 0, f"op{took}") for took in range(1, 15)]
    slots = columns(ran(program)).slots()
    assert slots.tolist() == [min(10, 14 - took) for took in range(1, 15)]


def test_lanes_are_counted_as_numbers():
    lanes = ["worker 10", "worker 2", "kvstore", "user", "copies", "MainThread"]
    assert ordered(lanes, {"user"}) == [
        "MainThread", "user", "worker 2", "worker 10", "copies", "kvstore",
    ]  # fmt: skip


def test_what_overlaps_gets_another_row():
    assert depths([(0, 4), (1, 5), (4, 6), (5, 7)]) == [0, 1, 0, 1]
