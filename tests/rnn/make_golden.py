"""Writes golden.json beside this file: every graph of graphs.py as real MXNet 1.6 makes it.

<python with mxnet 1.6> tests/rnn/make_golden.py
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
import graphs  # noqa: E402

warnings.simplefilter("ignore")
found = {key: graphs.graph_of(mx, *way) for key, way in graphs.ways()}
(HERE / "golden.json").write_text(json.dumps(found, indent=1) + "\n")
