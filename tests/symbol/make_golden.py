"""Writes golden.json beside this file: every graph of graphs.py as real MXNet 1.6 writes it.

<python with mxnet 1.6> tests/symbol/make_golden.py
"""

import builtins
import json
import sys
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
for old in ("bool", "int", "float", "object", "complex", "str"):  # MXNet 1.6 asks for NumPy < 1.24
    setattr(np, old, getattr(builtins, old))
import mxnet as mx  # noqa: E402

sys.path.insert(0, str(HERE))
from graphs import GRAPHS, without_numbers  # noqa: E402

found = {}
for name, make in GRAPHS.items():
    with mx.name.NameManager():
        found[name] = without_numbers(make(mx).tojson())
(HERE / "golden.json").write_text(json.dumps(found, indent=1) + "\n")
