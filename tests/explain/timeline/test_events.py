"""Events one by one and column by column, their dependencies and the critical path."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import mxbook as mx
from mxbook import engine
from mxbook.base.sites import here
from mxbook.engine.core import Operation, Variable, conflict
from mxbook.engine.log import OperationRecord
from mxbook.explain.timeline import Event, dependencies, event_of
from mxbook.explain.timeline.events import (
    Events,
    Table,
    in_order,
    indexed,
    indexed_sites,
    lists_of,
    longest,
    table_of,
)
from mxbook.explain.timeline.record import of_log

from .records import timelines

# Reads and writes of some operations on a few variables.
places = st.integers(0, 3)
programs = st.lists(
    st.tuples(st.sets(places, max_size=2), st.sets(places, min_size=1, max_size=2)), max_size=8
)


def log_of(program):
    """The log of an engine that ran these reads and writes, and its variables."""
    variables = [Variable() for _ in range(4)]
    own = engine.scheduler.Engine(mx.config)
    own.behave_as("NaiveEngine")
    for reads, writes in program:
        own.push(lambda: None, [variables[i] for i in reads], [variables[i] for i in writes])
    return own.log, variables


# ---- dependencies


def closure(pairs):
    found = set(pairs)
    while True:
        more = {(a, d) for a, b in found for c, d in found if b == c} - found
        if not more:
            return found
        found |= more


@given(programs)
def test_dependencies_order_exactly_what_conflicts(program):
    log, variables = log_of(program)
    records = log.operations()
    found = {(n, r.number) for r, after in zip(records, dependencies(records), strict=True)
             for n in after}  # fmt: skip
    ops = [Operation(None, [variables[i] for i in r], [variables[i] for i in w])
           for r, w in program]  # fmt: skip
    wanted = {(i + 1, j + 1) for j in range(len(ops)) for i in range(j) if conflict(ops[i], ops[j])}
    assert closure(found) == closure(wanted)
    assert found <= wanted


def test_what_is_not_among_the_records_is_no_dependency():
    times = (0, 0, 0, 1, "main", False, "done")
    alone = OperationRecord(5, "op", None, ((1, 3),), ((2, 1),), *times)
    assert dependencies([alone]) == [()]


def test_a_large_key_and_a_late_version_are_told_apart():
    times = (0, 0, 0, 1, "main", False, "done")
    records = [
        OperationRecord(1, "make", None, (), ((2**30, 70_000),), *times),
        OperationRecord(2, "other", None, (), ((2**30 + 1, 1),), *times),
        OperationRecord(3, "read", None, ((2**30, 70_000),), ((5, 1),), *times),
        OperationRecord(4, "make again", None, (), ((2**30, 70_001),), *times),
    ]
    assert dependencies(records) == [(), (), (1,), (1, 3)]


# ---- the critical path


graphs = st.integers(1, 8).flatmap(
    lambda n: st.tuples(
        st.lists(st.integers(0, 9), min_size=n, max_size=n),
        st.tuples(*[st.sets(st.integers(0, i - 1)) if i else st.just(set()) for i in range(n)]),
    )
)


@given(graphs)
def test_no_chain_is_longer_than_the_critical_path(graph):
    took, after = graph
    path = longest(lists_of([sorted(a) for a in after]), np.array(took))
    assert all(a in after[b] for a, b in pairwise(path))
    total = []  # of the longest chain that ends with each
    for own, before in zip(took, after, strict=True):
        total.append(own + max([total[i] for i in before], default=0))
    assert sum(took[i] for i in path) == max(total)


# ---- events and columns


@given(programs)
def test_a_log_read_at_once_says_what_its_records_say(program):
    log, _ = log_of(program)
    records = log.operations()
    wanted = [event_of(r, after) for r, after in zip(records, dependencies(records), strict=True)]
    found = of_log(log).events
    assert [found[i] for i in range(len(found))] == wanted  # one by one
    assert found == wanted  # all at once
    assert found[-2:] == wanted[-2:]


@given(timelines)
def test_a_table_of_events_is_the_table_of_their_records(t):
    recorded, held = t.events.table, table_of(list(t.events))
    assert table_of(t.events) is recorded
    for field in ("number", "pushed", "ready", "started", "ended", "nbytes"):
        assert recorded.numbers(field).tolist() == held.numbers(field).tolist()
    for field in ("name", "layer", "lane", "outcome"):
        (texts, index), (others, other) = recorded.texts(field), held.texts(field)
        assert [texts[i] for i in index] == [others[i] for i in other]
        assert [texts[i] for i in index] == [getattr(e, field) for e in t.events]
    for a, b in zip(recorded.after, held.after, strict=True):
        assert a.tolist() == b.tolist()


def test_what_a_file_says_of_others_counts_only_as_far_as_they_are_there():
    row = ("op", "", "main", 0, 0, 0, 1, "done", 0, (), ())
    events = [event_row(2, row, (1, 7)), event_row(3, row, (2, 3, 9))]
    assert [table_of(events).after.of(i).tolist() for i in range(2)] == [[], [0]]


def event_row(number, row, after):
    return Event(number, *row, after, None, "train.py, line 3")


def test_records_in_the_order_of_their_ends_are_put_in_order():
    rows = [(2, "b"), (1, "a"), (3, "done"), (4, "d"), (3, "cancelled")]
    assert in_order(rows) == [(1, "a"), (2, "b"), (3, "cancelled"), (4, "d")]
    assert in_order([]) == []


def test_lines_are_found_for_sites_of_every_kind():
    site = here(0)
    texts, index = indexed_sites([None, site, tuple(site), lambda: site, None])
    assert [texts[i] for i in index] == ["", *[str(site)] * 3, ""]
    texts, index = indexed_sites([tuple(site), site])
    assert (texts, index.tolist()) == ([str(site)], [0, 0])


def test_a_place_in_words_stands_where_there_is_no_site():
    site = here(0)
    row = ("op", "", "main", 0, 0, 0, 1, "done", 0, (), ())
    events = [event_row(1, row, ()), event_row(2, row, ())._replace(site=site)]
    texts, index = table_of(events).places
    assert [texts[i] for i in index] == ["train.py, line 3", str(site)]


@given(st.lists(st.sampled_from(["dot", "tanh", ""])))
def test_indices_give_the_texts_back(texts):
    different, index = indexed(texts)
    assert [different[i] for i in index] == texts
    assert len(set(different)) == len(different)


def test_no_operations_have_columns_too():
    table = Table([], OperationRecord._fields)
    assert len(table.after.items) == len(table.numbers("ready")) == len(table.find(np.array([])))
    assert table.texts("layer") == ([], table.texts("layer")[1])
    assert table.critical() == []
    assert list(Events(table)) == []
