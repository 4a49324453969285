"""Numbers over time: at each moment they are what one counts then."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain.timeline.columns import columns
from mxbook.explain.timeline.counters import counters
from mxbook.explain.timeline.strips import words

from .records import ran, timelines


def at(counter, time):
    """The value of a counter right after a moment."""
    place = int(np.searchsorted(counter.time, time, side="right")) - 1
    return counter.value[place] if place >= 0 else 0


def alive(t, time):
    """Bytes that were written before a moment and are still to be read after it."""
    total = 0
    for e in t.events:
        for mark in e.writes:
            readers = [r.ended for r in t.events if mark in r.reads]
            if e.started - t.start <= time < max([e.ended, *readers]) - t.start:
                total += e.nbytes / len(e.writes)
    return total


@given(timelines, st.integers(1, 3))
def test_counters_count(t, workers):
    t = t.what_if(workers)
    found = {c.title: c for c in counters(columns(t))}
    zero = t.start
    for time in range(t.end - zero + 1):
        queue = sum(e.pushed - zero <= time < e.ended - zero for e in t.events)
        ready = sum(e.ready - zero <= time < e.started - zero for e in t.events)
        for title, wanted in (("in the queue", queue), ("ready, waiting", ready)):
            assert wanted <= 1 if title not in found else at(found[title], time) == wanted
        counter = found.get("bytes alive")
        assert alive(t, time) == (0 if counter is None else at(counter, time))


@given(timelines, st.integers(1, 7))
def test_no_column_of_a_strip_misses_a_peak(t, count):
    t = t.what_if(2)
    edges = np.linspace(0, max(1, t.end - t.start), count + 1)
    for counter in counters(columns(t)):
        highest = counter.highest(edges)
        for low, high, value in zip(edges, edges[1:], highest, strict=False):
            inside = counter.value[(counter.time > low) & (counter.time < high)]
            assert value == max([at(counter, low), *inside])
        assert highest.max() == counter.most


def test_without_details_there_are_none():
    t = ran([({0}, {1}, 5, 0, "dot")])
    assert counters(columns(t, details=False)) == []
    assert [c.title for c in counters(columns(t))] == ["bytes alive"]


def test_the_picture_tells_the_largest_values():
    t = ran([({0}, {n}, 500, 0, "dot") for n in (1, 2, 3)])
    t = t.what_if(1, python=False)
    picture = t.svg()
    for text in ("in the queue", "3", "ready, waiting", "2", "bytes alive", "8 B"):
        assert f">{text}<" in picture
    assert [words(c) for c in counters(t.columns())] == ["3", "2", "8 B"]
