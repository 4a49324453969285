"""Writes golden.json beside this file: every training of trainings.py with real MXNet 1.6.

<python with mxnet 1.6> tests/module/make_golden.py
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
from trainings import TRAININGS  # noqa: E402

warnings.simplefilter("ignore")
lines = []
for name, run in TRAININGS.items():
    with mx.name.NameManager():
        found = {k: [float(f"{v:.7g}") for v in values] for k, values in run(mx).items()}
    lines.append(f"{json.dumps(name)}: {json.dumps(found)}")
(HERE / "golden.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
