"""Real MXNet, as a program that answers.

A test gives a script; it runs in a folder, in which it finds and leaves files.  `both` runs the
same script under mxbook, too, and compares what the two have put into the dictionary `found`.
"""

import os
import pickle
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

PYTHON = os.environ.get("MXBOOK_ORACLE_PYTHON", "")

# MXNet 1.6 asks for NumPy < 1.24.
_OLD_NAMES = """
import builtins, os, pickle, random
import numpy as np
for old in ("bool", "int", "float", "object", "complex", "str"):
    if old not in np.__dict__:
        setattr(np, old, getattr(builtins, old))
import {package} as mx
found = {{}}
kept = []  # MXNet crashes now and then when it frees an iterator

def plain(value):
    if hasattr(value, "asnumpy"):
        return value.asnumpy()
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, dict):
        return {{k: plain(v) for k, v in value.items()}}
    if value is None or isinstance(value, (bool, int, float, str, bytes, np.ndarray, np.generic)):
        return value
    return str(value)
"""
_KEEP = """
with open("found.pickle", "wb") as file:
    pickle.dump(plain(found), file)
if mx.__name__ == "mxnet":
    os._exit(0)  # on its way out it crashes now and then
"""


def marks(function):
    """The marks of a test that needs real MXNet."""
    reason = "MXBOOK_ORACLE_PYTHON names no interpreter with MXNet"
    return pytest.mark.oracle(pytest.mark.skipif(not PYTHON, reason=reason)(function))


def ask(script: str, folder: Path, package: str = "mxnet") -> dict:
    """Run a script in a folder, under real MXNet or under mxbook; what it put into `found`."""
    python = PYTHON if package == "mxnet" else sys.executable
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path) if package == "mxbook" else ""}
    code = _OLD_NAMES.format(package=package) + script + _KEEP
    done = subprocess.run(
        [python, "-c", code], cwd=folder, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{package} ended with {done.returncode}: {done.stderr[-3000:]}"
    with open(folder / "found.pickle", "rb") as file:
        return pickle.load(file)  # written by the script above


def both(script: str, folder: Path, atol: float = 0, rtol: float = 1e-6) -> None:
    """Assert that mxbook finds what real MXNet finds; `atol` is for names that begin with `~`."""
    theirs = ask(script, folder)
    ours = ask(script, folder, "mxbook")
    assert ours.keys() == theirs.keys()
    for name, want in theirs.items():
        compare(ours[name], want, name, atol if name.startswith("~") else 0, rtol)


def compare(got, want, where: str, atol: float = 0, rtol: float = 1e-6) -> None:
    """Assert that two values agree, numbers within a tolerance."""
    if isinstance(want, np.ndarray):
        assert got.shape == want.shape, where
        assert got.dtype == want.dtype, where
        exact = want.dtype.kind not in "fc" and not atol
        np.testing.assert_allclose(
            got.astype("float64"), want.astype("float64"), 0 if exact else rtol, atol, err_msg=where
        )
    elif isinstance(want, list):
        assert len(got) == len(want), where
        for i, pair in enumerate(zip(got, want, strict=True)):
            compare(*pair, f"{where}[{i}]", atol, rtol)
    elif isinstance(want, float):
        np.testing.assert_allclose(got, want, rtol, atol, err_msg=where)
    else:
        assert got == want, where
