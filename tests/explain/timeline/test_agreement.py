"""Python and the browser must answer the same: both are held to widgets/tests/timeline.json.

After an intended change, write the file anew with

    MXBOOK_WRITE_AGREEMENT=1 python -m pytest tests/explain/timeline/test_agreement.py
"""

import base64
import json
import os
import random
from pathlib import Path

from mxbook.engine.failures import duration
from mxbook.explain.shapes import THEMES
from mxbook.explain.timeline import Timeline
from mxbook.explain.timeline.area import sums
from mxbook.explain.timeline.chart import palette
from mxbook.explain.timeline.columns import COLOURED, columns
from mxbook.explain.timeline.counters import counters
from mxbook.explain.timeline.frame import frames
from mxbook.explain.timeline.whatif import reschedule

from .records import ran

FILE = Path(__file__).resolve().parents[3] / "widgets" / "tests" / "timeline.json"
PLANS = [("NaiveEngine", 1), ("ThreadedEngine", 1), ("ThreadedEngine", 3), ("HybridEngine", 2)]
TIMES = [0, 950, 1900, 430_000, 99_999_999, 2_100_000_000, 12e9]


def program(seed: int, count: int) -> Timeline:
    """Random operations on four variables, as two workers would have run them."""
    chance = random.Random(seed)
    rows = [
        (
            set(chance.sample(range(4), chance.randrange(3))),
            {chance.randrange(4)},
            1000 * chance.randrange(30),
            1000 * chance.randrange(4),
            chance.choice(("dot", "tanh", "sum", "Convolution")),
        )
        for _ in range(count)
    ]
    return ran(rows, wait=True).what_if(2)


def answers(t: Timeline) -> dict:
    """A timeline as the browser gets it, and what it has to find out."""
    boxes, details = frames(columns(t))
    steps = t.queues()
    at = [len(steps) * k // 7 for k in range(8)]
    span = t.end - t.start
    part = sums(t, span // 4, span // 2)
    return {
        "boxes": base64.b64encode(boxes).decode(),
        "details": base64.b64encode(details).decode(),
        "plans": [[engine, n, plan(t, engine, n)] for engine, n in PLANS],
        "queues": [[k, queues(steps, k)] for k in at],
        "counters": [[c.title, c.time.tolist(), c.value.tolist()] for c in counters(columns(t))],
        "sums": {
            "area": [span // 4, span // 2],
            "operators": [list(row) for row in part.operators],
            "lanes": sorted([row.name, row.took] for row in part.lanes if row.took),
        },
    }


def plan(t: Timeline, engine: str, workers: int) -> list:
    found = reschedule(t, workers, engine=engine)
    return [
        [e.number, "" if e.lane == "MainThread" else e.lane, e.pushed, e.ready, e.started, e.ended]
        for e in found.events
    ]


def queues(steps, step: int) -> list:
    return [
        [q.key, q.version, [[e.number, e.writes, e.state] for e in q.entries]]
        for q in steps.at(step)
    ]


def colours(theme: str) -> list:
    """All looks of boxes on one kind of paper."""
    slots = range(COLOURED + 1)
    names = [f"n{i:02}" for i in slots]
    t = ran([({0}, {1}, 100 - i, 0, names[i]) for i in slots])
    return [list(paint) for paint in palette(columns(t), "operator", THEMES[theme])]


def found() -> dict:
    return {
        "timelines": [answers(program(seed, count)) for seed, count in ((1, 6), (2, 30), (3, 60))],
        "durations": [[t, duration(t)] for t in TIMES],
        "colours": [colours("light"), colours("dark")],
    }


def test_python_agrees_with_the_file():
    now = json.loads(json.dumps(found()))
    if os.environ.get("MXBOOK_WRITE_AGREEMENT"):
        FILE.write_text(json.dumps(now, separators=(",", ":")) + "\n")
    assert now == json.loads(FILE.read_text())
