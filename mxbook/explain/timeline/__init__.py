"""The engine's log as a timeline: who did what when, what had to wait for what, and why it took so
long.

    with mx.engine.trace():
        net(x).wait_to_read()
    t = mx.explain.timeline()
    print(t)                         # bars of characters and the critical path
    t.save("step.png")               # or .svg .html .csv .txt, .json.gz for Perfetto
    t.what_if(workers=4)             # the same work, scheduled on four workers
    t.compare(other)                 # which operation became slower, which is new

| file | what it is |
|---|---|
| `record.py` | operations, waits and parts of graphs as plain data: what is asked for first |
| `events.py` | operations one by one and column by column; dependencies, the critical path |
| `tracks.py` | lanes and their order; what is drawn in which row |
| `columns.py` | the same as NumPy arrays, ready to be drawn or sent |
| `counters.py`, `strips.py` | what is in the queue, ready, alive; the same as strips |
| `area.py` | sums over a stretch of time |
| `queues.py` | the queue of every variable, step by step |
| `whatif.py` | a pure scheduler: the same record on other engines |
| `compare.py` | two records of nearly the same program, operation by operation |
| `joint.py`, `differences.py` | the two in one picture; the table below it |
| `chart.py`, `files.py` | the picture; files, and what a notebook stores |
| `frame.py` | the bytes that travel to the browser |
| `reading.py` | Chrome traces of this and other programs (they are written by `../chrome.py`) |
| `live.py` | watches the engine while it runs |

Times are nanoseconds of `time.perf_counter_ns`.
"""

from .events import Event, Mark, dependencies, event_of
from .record import Timeline, covered, timeline

__all__ = ["Event", "Mark", "Timeline", "covered", "dependencies", "event_of", "timeline"]
