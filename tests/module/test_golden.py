"""Twenty batches of training end where they end in real MXNet 1.6."""

import json
from pathlib import Path

import numpy as np
import pytest

import mxbook as mx
from tests.module.trainings import TRAININGS

GOLDEN = json.loads((Path(__file__).parent / "golden.json").read_text())


@pytest.mark.parametrize("name", TRAININGS)
def test_training(name):
    with mx.name.NameManager():
        found = TRAININGS[name](mx)
    assert set(found) == set(GOLDEN[name])
    for key, values in GOLDEN[name].items():
        np.testing.assert_allclose(found[key], values, rtol=1e-5, atol=1e-5, err_msg=key)
