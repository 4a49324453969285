"""Writes golden.json beside this file: every run of runs.py with real MXNet 1.6.

<python with mxnet 1.6> tests/optimizer/make_golden.py
"""

import builtins
import json
import sys
import warnings
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent
for old in ("bool", "int", "float", "object", "complex", "str"):  # MXNet 1.6 asks for NumPy < 1.24
    setattr(np, old, getattr(builtins, old))
import mxnet as mx  # noqa: E402

sys.path.insert(0, str(HERE))
import runs  # noqa: E402

warnings.simplefilter("ignore")
found = {name: runs.run(mx, *case) for name, case in runs.cases().items()}
lines = [f"{json.dumps(name)}: {json.dumps(weights)}" for name, weights in found.items()]
(HERE / "golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
