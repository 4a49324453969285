"""The bytes in which a run travels to the browser and into files.

A frame is: length of the header (unsigned 32 bit, little endian), the header as JSON padded with
spaces to a multiple of eight bytes, then numbers as float64.  Two kinds:

* a *snapshot* holds everything: for each curve `n` buckets, seven columns each (see `series`);
* *rows* hold what is new: curve number, step and value for each point.  `begin` says how many
  points came before, so that the browser notices when something is missing.

The curve after the last one of a snapshot, and number -1 in rows, are the seconds since the start
at which the steps were logged; `zero` is the start itself, on the clock of the timelines.
"""

import json
import math
import struct

import numpy as np

from .run import Run
from .series import group
from .words import headline, sentence

# Buckets of each curve in a snapshot that is sent while training goes on.
COARSE = 2048


def encode(header: dict, numbers: np.ndarray) -> bytes:
    """One frame.

    >>> header, numbers = decode(encode({"kind": "rows"}, np.array([1.0, 2.0])))
    >>> header, numbers.tolist()
    ({'kind': 'rows'}, [1.0, 2.0])
    """
    text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
    text += b" " * (-(4 + len(text)) % 8)
    return struct.pack("<I", len(text)) + text + np.ascontiguousarray(numbers, "<f8").tobytes()


def decode(frame: bytes) -> tuple[dict, np.ndarray]:
    """Header and numbers of a frame."""
    (length,) = struct.unpack_from("<I", frame)
    return json.loads(frame[4 : 4 + length]), np.frombuffer(frame, "<f8", offset=4 + length)


def snapshot(run: Run, limit: int | None = None) -> bytes:
    """Everything about a run; each curve in at most `limit` buckets."""
    with run.reading() as curves:
        every = [*(series for _, series in curves), run.times]
        groups = [-(-len(s.buckets) // limit) if limit else 1 for s in every]
        sent = [group(s.buckets, g) for g, s in zip(groups, every, strict=True)]
        header = {
            "kind": "snapshot",
            "coarse": any(g > 1 for g in groups),
            "sizes": [len(b) for b in sent],
            "every": [s.every * g for g, s in zip(groups, every, strict=True)],
            "totals": [s.total for s in every],
            **status(run, 0),
        }
        numbers = np.concatenate([b.T.ravel() for b in sent]) if sent else np.empty(0)
    return encode(header, numbers)


def rows(run: Run, points: np.ndarray, begin: int, epoch_from: int = 0) -> bytes:
    """New points, shape (n, 3), of which `begin` came before; epochs from number `epoch_from`."""
    return encode({"kind": "rows", "begin": begin, **status(run, epoch_from)}, points)


def status(run: Run, epoch_from: int) -> dict:
    """Everything about a run but its points, as JSON can hold it."""
    with run.reading() as curves:
        looks = [
            {
                **look._asdict(),
                "every": series.every,
                "total": series.total,
                "latest": point(series.latest),
                "best": point(run.best(look.name)),
                "bad": point(series.first_bad),
            }
            for look, series in curves
        ]
        return {
            "rows": run.rows,
            "points": run.points,
            "zero": run.zero,
            "title": run.title,
            "headline": headline(run),
            "sentence": sentence(run),
            "status": run.status,
            "reason": run.reason,
            "step": run.step,
            "total": run.total,
            "progress": run.progress,
            "elapsed": round(run.elapsed, 3),
            "speed": round(run.speed, 3),
            "remaining": run.remaining,
            "cost": round(run.cost, 5),
            "keep": run.keep,
            "curves": looks,
            "epochs_from": epoch_from,
            "epochs": [list(mark) for mark in run.epochs[epoch_from:]],
            "closed": run.closed,
            "alerts": [[a.kind, a.curve, a.step, a.text] for a in run.alerts],
        }


def point(pair: tuple[float, float] | None) -> list | None:
    """Step and value; JSON has no NaN, so what is not finite becomes text."""
    if pair is None:
        return None
    step, value = pair
    return [step, value if math.isfinite(value) else str(value)]
