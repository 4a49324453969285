"""Pooling of regions with maps of their own: which map, which place, and errors."""

import numpy as np
import pytest

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.ndarray import registry as F

OPTIONS = {"spatial_scale": 1.0, "output_dim": 2, "group_size": 2, "pooled_size": 2}
REGION = mx.nd.array([[0, 0, 0, 3, 3]])


def pooled(*arrays, **params):
    return F._contrib_DeformablePSROIPooling(*arrays, **{**OPTIONS, **params}).asnumpy()


def test_every_part_has_its_own_map():
    maps = np.broadcast_to(np.arange(8.0).reshape(1, 8, 1, 1), (1, 8, 4, 4))
    found = pooled(mx.nd.array(maps), REGION, no_trans=True)
    assert found[0].tolist() == [[[0, 1], [2, 3]], [[4, 5], [6, 7]]]


def test_trans_moves_the_parts():
    """A region of 4 by 4 pixels; each class of channels has moves of its own."""
    slope = np.broadcast_to(np.arange(12.0), (1, 8, 12, 12))  # rises by 1 for each column
    region = mx.nd.array([[0, 4, 4, 7, 7]])
    trans = np.zeros((1, 4, 2, 2))
    trans[0, 0] = 1  # class 0 along x, by 0.25 times the width
    trans[0, 3] = 1  # class 1 along y
    still = pooled(mx.nd.array(slope), region, no_trans=True)
    found = pooled(mx.nd.array(slope), region, mx.nd.array(trans), trans_std=0.25)
    np.testing.assert_allclose(found - still, np.reshape([1, 0], (1, 2, 1, 1)) * np.ones((2, 2)))


def test_a_region_beside_the_picture_is_empty():
    outside = mx.nd.array([[0, 20, 20, 23, 23]])
    assert not pooled(mx.nd.ones((1, 8, 4, 4)), outside, no_trans=True).any()


@pytest.mark.parametrize(
    ("data", "rois", "trans"),
    [
        ((1, 7, 4, 4), (1, 5), (1, 2, 2, 2)),
        ((1, 8, 4, 4), (1, 4), (1, 2, 2, 2)),
        ((1, 8, 4, 4), (1, 5), (2, 2, 2, 2)),
        ((1, 8, 4, 4), (1, 5), (1, 2, 2, 3)),
        ((1, 8, 4, 4), (1, 5), (1, 6, 2, 2)),
    ],
)
def test_errors(data, rois, trans):
    with pytest.raises(ShapeError):
        pooled(*map(mx.nd.ones, (data, rois, trans)))
