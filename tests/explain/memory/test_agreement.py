"""The browser's tests draw plans from widgets/tests/memory.json; it must be what Python sends.

After an intended change, write the file anew with

    MXBOOK_WRITE_AGREEMENT=1 python -m pytest tests/explain/memory/test_agreement.py
"""

import json
import os
from pathlib import Path

import mxbook as mx
from mxbook.explain.memory import memory
from mxbook.explain.memory.files import data

FILE = Path(__file__).resolve().parents[3] / "widgets" / "tests" / "memory.json"


def small():
    x = mx.sym.var("x")
    hidden = mx.sym.tanh(mx.sym.FullyConnected(x, num_hidden=8, name="fc1"), name="t")
    out = mx.sym.exp(mx.sym.FullyConnected(hidden, num_hidden=8, name="fc2"), name="e")
    return memory(mx.sym.sum(out, name="total"), x=(4, 8), train=True, title="small")


def test_the_browser_is_held_to_the_same_file():
    found = json.loads(json.dumps(data(small())))
    for row in [*found["values"], *found["before"]]:
        row.pop("number")
    if os.environ.get("MXBOOK_WRITE_AGREEMENT"):
        FILE.write_text(json.dumps(found) + "\n")
    assert json.loads(FILE.read_text()) == found
