"""Sums over an area."""

from hypothesis import given
from hypothesis import strategies as st

from mxbook.explain.timeline import covered
from mxbook.explain.timeline.area import exclusive, own_time, sums

from .records import ran, timelines

spans = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 9)), max_size=8)


def nested(pairs):
    program = [(set(), {0}, took, 0, "op") for _, took in pairs]
    t = ran(program)
    return [
        e._replace(started=start, ended=start + took)
        for e, (start, took) in zip(t.events, pairs, strict=True)
    ]


@given(spans)
def test_every_moment_belongs_to_one_operation(pairs):
    events = nested(pairs)
    found = exclusive(events)
    assert sorted(e.number for e, _ in found) == [e.number for e in events]
    pieces = [piece for _, own in found for piece in own]
    if all(a.ended <= b.started or b.ended <= a.ended for a in events for b in events
           if (a.started, -a.ended) < (b.started, -b.ended)):  # fmt: skip
        assert sum(b - a for a, b in pieces) == covered((e.started, e.ended) for e in events)


def test_what_runs_inside_another_operation_is_its_own():
    assert own_time(nested([(0, 10), (2, 3), (6, 1)])) == {1: 6, 2: 3, 3: 1}


@given(timelines, st.integers(0, 100), st.integers(0, 100))
def test_two_halves_make_the_whole(t, low, more):
    t = t.what_if(2)
    end = t.end - t.start
    cut = min(low, end)
    whole, first, second = sums(t), sums(t, 0, cut), sums(t, cut, end)
    for kind in ("operators", "blocks", "lanes"):
        tables = [{r.name: r.took for r in getattr(s, kind)} for s in (whole, first, second)]
        for name, took in tables[0].items():
            assert took == tables[1].get(name, 0) + tables[2].get(name, 0)
    assert sum(r.took for r in whole.operators) == sum(e.duration for e in t.events)


def test_lanes_can_be_chosen_and_the_text_is_complete():
    t = ran([({0}, {1}, 10, 0, "dot"), ({0}, {1}, 10, 0, "KVStoreReduce")])
    chosen = sums(t, lanes=["kvstore"])
    assert [(r.name, r.count, r.took) for r in chosen.operators] == [("KVStoreReduce", 1, 10)]
    assert chosen.utilisation == 0.5
    text = str(sums(t))
    assert "by operator:" in text and "by block:" in text and "50% busy  kvstore" in text
