"""Python and the browser code must draw the same: both are held to widgets/tests/agreement.json.

After an intended change, write the file anew with

    MXBOOK_WRITE_AGREEMENT=1 python -m pytest tests/explain/test_agreement.py
"""

import base64
import json
import math
import os
from pathlib import Path

import numpy as np
import pytest

from mxbook.explain import Run, frames
from mxbook.explain.chart import spread
from mxbook.explain.curve import columns, dense, smooth, step_axis, value_axis
from mxbook.explain.series import Series
from mxbook.explain.shapes import THEMES
from mxbook.explain.ticks import linear_ticks, log_ticks, number, tick_labels

FILE = Path(__file__).resolve().parents[2] / "widgets" / "tests" / "agreement.json"
NUMBERS = [0.0, 0.034125, -2.302585, 12345.6, 999.96, 1e-5, 0.00012, 1.5e7, -1e4, 7.0, 0.1 + 0.2]
RANGES = [(0, 1), (0.013, 2.4), (-3, 40), (1, 1000), (0.5, 3), (1e-6, 5e-6), (2e5, 9e6)]
CASES = [
    {"points": 30, "keep": 65536, "columns": 100, "log": False, "width": 0.02},
    {"points": 240, "keep": 65536, "columns": 120, "log": False, "width": 0.05},
    {"points": 240, "keep": 64, "columns": 50, "log": True, "width": 0.1},
    {"points": 130, "keep": 65536, "columns": 300, "log": True, "width": 0.02},
]


def found() -> dict:
    """Everything that both sides compute."""
    return plain(
        {
            "numbers": [[v, number(v)] for v in NUMBERS],
            "ticks": [ticks(low, high) for low, high in RANGES],
            "curves": [curve(i, case) for i, case in enumerate(CASES)],
            "spread": [[p, spread(p, 16, 2, 168)] for p in ([5, 6, 90], [160, 165, 167], [50])],
            "themes": [dict(theme._asdict()) for theme in THEMES.values()],
            "run": run(),
        }
    )


def ticks(low: float, high: float) -> dict:
    linear = linear_ticks(low, high, 5)
    logs = log_ticks(low, high, 5) if low > 0 else []
    labels = [tick_labels(linear), tick_labels(logs)]
    return {"low": low, "high": high, "linear": linear, "log": logs, "labels": labels}


def values(seed: int, count: int) -> np.ndarray:
    chance = np.random.default_rng(seed)
    noisy = 2 * np.exp(-np.arange(count) / (count / 4)) + 0.05 * chance.normal(size=count)
    noisy[count // 3 : count // 3 + 4] = math.nan
    return np.round(noisy, 6)


def curve(seed: int, case: dict) -> dict:
    series = Series(case["keep"])
    raw = values(seed, case["points"])
    series.append(np.arange(1, len(raw) + 1), raw)
    x = step_axis([series.buckets], case["log"])
    cut = columns(series.buckets, x, case["columns"])
    line = smooth(cut, case["width"])
    logs = smooth(cut, case["width"], log=True)
    y = value_axis([(line, cut)], case["log"])
    return {
        **case,
        "values": raw,
        "every": series.every,
        "buckets": series.buckets if series.every > 1 else [],
        "cut": cut._asdict(),
        "line": line,
        "logs": logs,
        "dense": dense(cut),
        "y": list(y),
    }


def run() -> dict:
    """A run as frames, and what the browser must make of it."""
    run = Run("digits", total=60, clock=lambda: 0.0)
    told: list[bytes] = []
    run.watch(lambda r, points: told.append(frames.rows(r, points, r.rows - len(points))))
    for epoch in range(1, 4):
        for _ in range(20):
            run.log(loss=1 / (run.step + 1), accuracy=0.5)
        run.log(val_loss=math.nan if epoch == 2 else 1 / epoch, epoch=epoch)
        run.flush()
    run.finish()
    return {
        "rows": [base64.b64encode(frame).decode() for frame in told],
        "snapshot": base64.b64encode(frames.snapshot(run)).decode(),
        "coarse": base64.b64encode(frames.snapshot(run, limit=16)).decode(),
        "names": run.names,
        "totals": [run[name].total for name in run.names],
        "buckets": [run[name].buckets for name in run.names],
        "epochs": [list(mark) for mark in run.epochs],
    }


def plain(value):
    """As JSON can hold it; NaN is null."""
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    if isinstance(value, list | tuple | np.ndarray):
        return [plain(v) for v in value]
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    return value


def compare(path: str, left, right) -> None:
    if isinstance(left, dict):
        assert left.keys() == right.keys(), path
        for key in left:
            compare(f"{path}.{key}", left[key], right[key])
    elif isinstance(left, list):
        assert len(left) == len(right), path
        for i, (a, b) in enumerate(zip(left, right, strict=True)):
            compare(f"{path}[{i}]", a, b)
    elif isinstance(left, float):
        assert left == pytest.approx(right, rel=1e-9, abs=1e-12), path
    else:
        assert left == right, path


def test_python_agrees_with_the_file():
    if os.environ.get("MXBOOK_WRITE_AGREEMENT"):
        FILE.write_text(json.dumps(found(), separators=(",", ":")) + "\n")
    compare("", json.loads(FILE.read_text()), found())
