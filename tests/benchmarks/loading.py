"""Loading images: a DataLoader with two worker processes, and ImageRecordIter with two threads.

    python -m tests.benchmarks loading [--quick] [--only NAME ...] [--mxnet PYTHON]

The record file (JPEG images of about 270 x 270) is written first; mxbook and MXNet then take turns
with the same file, pass by pass.  The fastest pass of each counts, in images a second.
"""

import contextlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mxbook import image, recordio

HERE = Path(__file__).parent
TURNS = 8  # of each side, after one to get going


def write(path: str, count: int) -> None:
    """A record file with images that look like photographs to a decoder: soft, with some noise."""
    source = np.random.default_rng(0)
    with recordio.MXIndexedRecordIO(f"{path}.idx", f"{path}.rec", "w") as out:
        for i in range(count):
            height, width = source.integers(220, 320, 2)
            coarse = source.integers(0, 256, (height // 16 + 2, width // 16 + 2, 3))
            soft = np.kron(coarse, np.ones((16, 16, 1)))[:height, :width]
            pixels = np.clip(soft + source.normal(0, 6, soft.shape), 0, 255).astype("uint8")
            header = recordio.IRHeader(0, float(i % 10), i, 0)
            out.write_idx(i, recordio.pack(header, image.imencode(pixels, ".jpg", 90)))


def started(python: str, package: str, path: str, count: int, row: str) -> subprocess.Popen:
    """A process that loads all images whenever it is sent a line."""
    command = [python, str(HERE / "loading_rows.py"), package, path, str(count), row]
    env = {**os.environ, "PYTHONPATH": str(HERE.parents[1])}
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=env)


def one_pass(process: subprocess.Popen) -> float:
    """Images a second in one pass."""
    assert process.stdin
    assert process.stdout
    process.stdin.write("go\n")
    process.stdin.flush()
    return float(process.stdout.readline())


ROWS = (
    *("loader, training", "loader, training, colours", "loader, validation"),
    *("iterator, plain", "iterator, crop", "iterator, any part", "iterator, any part, colours"),
)


def run(only: Sequence[str], quick: bool, mxnet: str | None) -> None:
    """Measure and print the table."""
    count, turns = (64, 1) if quick else (640, TURNS)
    pythons = {"mxbook": sys.executable} | ({"mxnet": mxnet} if mxnet else {})
    print(f"{'images a second':32} " + " ".join(f"{name:>10}" for name in pythons) + "  ratio")
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "images")
        write(path, count)
        for row in ROWS:
            if only and row not in only:
                continue
            with contextlib.ExitStack() as stack:
                sides = {
                    name: stack.enter_context(started(python, name, path, count, row))
                    for name, python in pythons.items()
                }
                found = [[one_pass(side) for side in sides.values()] for _ in range(turns + 1)]
            best = [max(column) for column in zip(*(found[1:] or found), strict=True)]
            ratio = f"{best[0] / best[1]:>7.2f}" if mxnet else ""
            print(f"{row:32} " + " ".join(f"{v:>10.0f}" for v in best) + ratio, flush=True)
