"""Thirty steps of every optimizer end where they end in real MXNet 1.6."""

import json
from pathlib import Path

import numpy as np
import pytest

import mxbook as mx
from tests.optimizer import runs

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())
# MXNet's LAMB never changes the float32 copy of a float16 weight, so its weights stand still.
FIXED = {"lamb-half"}


@pytest.mark.parametrize("name", sorted(set(runs.cases()) - FIXED))
def test_thirty_steps(name):
    case = runs.cases()[name]
    found = runs.run(mx, *case)
    tolerance = 5e-3 if case[2] == "float16" else 1e-5
    for got, wanted in zip(found, GOLDEN[name], strict=True):
        np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance)


def test_every_optimizer_has_a_run():
    known = set(mx.optimizer.Optimizer.opt_registry.values())
    tried = {mx.optimizer.Optimizer.opt_registry[name] for name in runs.OPTIONS}
    ours = {klass for klass in known if klass.__module__.startswith("mxbook.")}
    assert ours - tried == {mx.optimizer.ccSGD}
