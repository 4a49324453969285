"""Compiled non-maximum suppression against NumPy's."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("numba")

from mxbook.ops.kernels import boxes as plain
from mxbook.ops.kernels.cpu import boxes as twins

FLAGS = st.tuples(st.booleans(), st.integers(0, 1), st.booleans())  # center, pixel, inclusive


@given(st.integers(0, 99), st.integers(1, 60), st.integers(1, 60), st.booleans(), FLAGS)
def test_the_same_boxes_are_kept(seed, count, most, by_class, flags):
    rng = np.random.default_rng(seed)
    boxes = rng.integers(0, 6, (2, count, 4)).astype("float32")  # many equal overlaps
    boxes[..., 2:] += boxes[..., :2]
    boxes[rng.random(boxes.shape) < 0.02] = np.nan
    classes = rng.integers(0, 2, (2, count)).astype("float32") if by_class else None
    waiting = np.arange(count) < rng.integers(1, count + 1, (2, 1))
    before = waiting.copy()
    args = np, boxes, waiting, 0.25, most, classes, *flags
    np.testing.assert_array_equal(twins.kept(*args), plain.kept.__wrapped__(*args))
    np.testing.assert_array_equal(waiting, before)
