"""Where to cut numbers off before they are quantized."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ShapeError

calibrate = mx.nd.contrib.calibrate_entropy


def histogram(numbers, limit, bins=255):
    counts, edges = np.histogram(numbers, bins, (-limit, limit))
    return mx.nd.array(counts), mx.nd.array(edges)


@pytest.mark.parametrize("seed", range(3))
def test_an_outlier_is_cut_off(seed):
    numbers = np.random.default_rng(seed).standard_normal(20_000)
    threshold, divergence = calibrate(*histogram([*numbers, 60], 64, 2001), num_quantized_bins=31)
    assert 3 < threshold.asscalar() < 5
    assert divergence.asscalar() < 0.01


def test_what_no_levels_can_show():
    threshold, divergence = calibrate(*histogram([], 1, 31), num_quantized_bins=15)
    assert divergence.asscalar() == np.finfo("float32").max
    assert threshold.asscalar() == mx.nd.array(np.linspace(-1, 1, 32))[15 + 8].asscalar()


def test_bins_levels_and_edges_go_together():
    hist, edges = histogram([1], 2, 31)
    with pytest.raises(ShapeError, match="31 bins"):
        calibrate(hist, edges, num_quantized_bins=33)
    with pytest.raises(ShapeError, match="one edge more"):
        calibrate(hist, edges[:-1], num_quantized_bins=15)
