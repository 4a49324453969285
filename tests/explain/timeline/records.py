"""Random timelines for the tests in this folder."""

from hypothesis import strategies as st

from mxbook.engine.log import OperationRecord, WaitRecord
from mxbook.explain.timeline import Timeline, timeline

NAMES = ("dot", "tanh", "_copyto", "KVStoreReduce")
LANES = ("MainThread", "mxbook-worker-1", "mxbook-worker-2")
places = st.integers(0, 3)
rows = st.lists(
    st.tuples(
        st.sets(places, max_size=2),
        st.sets(places, min_size=1, max_size=2),
        st.integers(0, 20),  # how long it takes
        st.integers(0, 3),  # what Python does before
        st.sampled_from(NAMES),
    ),
    max_size=12,
)


def ran(program, wait: bool = False) -> Timeline:
    """What a naive engine's log says of operations: all in one thread, one after the other."""
    versions, found, at = dict.fromkeys(range(4), 0), [], 100
    for number, (reads, writes, took, own, name) in enumerate(program, 1):
        seen = tuple((key, versions[key]) for key in sorted(reads - writes))
        for key in writes:
            versions[key] += 1
        made = tuple((key, versions[key]) for key in sorted(writes))
        at += own
        times = (at, at, at, at + took)
        record = (number, name, None, seen, made, *times, "MainThread", True, "done", 8, f"b{took}")
        found.append(OperationRecord._make(record))
        at += took
    waits = [WaitRecord(None, "all", None, at, at, "MainThread", 0, "", None)] if wait else []
    return timeline(found, [], waits)


timelines = st.builds(ran, rows, st.booleans())
