"""Region proposals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import ShapeError
from mxbook.ndarray import contrib
from mxbook.ops.families.proposals import anchors

OPTIONS = {"feature_stride": 4, "scales": (1, 2), "ratios": (1,), "rpn_min_size": 1}


def inputs(seed, n=1):
    source = np.random.default_rng(seed)
    scores, offsets = source.random((n, 4, 3, 3)), source.uniform(-0.3, 0.3, (n, 8, 3, 3))
    return [mx.nd.array(x) for x in (scores, offsets, [[12, 12, 1]] * n)]


def test_anchors_of_the_paper():
    assert anchors(16, (0.5, 1, 2), (8, 16, 32))[:4].tolist() == [
        [-84, -40, 99, 55],
        [-176, -88, 191, 103],
        [-360, -184, 375, 199],
        [-56, -56, 71, 71],
    ]


@settings(deadline=None)
@given(st.integers(0, 200), st.floats(0.1, 0.9))
def test_proposals_lie_inside_and_apart(seed, threshold):
    boxes, scores = contrib.Proposal(
        *inputs(seed), rpn_post_nms_top_n=18, threshold=threshold, output_score=True, **OPTIONS
    )
    boxes, scores = boxes.asnumpy()[:, 1:], scores.asnumpy()[:, 0]
    assert boxes.min() >= 0
    assert boxes.max() <= 11
    count = len(np.unique(boxes, axis=0))  # those behind are repeated
    np.testing.assert_array_equal(boxes[count:], boxes[: 18 - count])
    assert (np.diff(scores[:count]) <= 0).all()
    ends = mx.nd.array(np.add(boxes[:count], [0, 0, 1, 1]))  # right and bottom belong to a box
    overlaps = contrib.box_iou(ends, ends).asnumpy() - np.eye(count)
    assert overlaps.max() <= threshold + 1e-5


def test_several_pictures_are_one_after_the_other():
    both = inputs(3, n=2)
    found = contrib.MultiProposal(*both, rpn_post_nms_top_n=4, **OPTIONS).asnumpy()
    for i in range(2):
        one = contrib.Proposal(*[x[i : i + 1] for x in both], rpn_post_nms_top_n=4, **OPTIONS)
        np.testing.assert_array_equal(found[4 * i : 4 * i + 4, 1:], one.asnumpy()[:, 1:])
        assert (found[4 * i : 4 * i + 4, 0] == i).all()
    with pytest.raises(ShapeError, match="one picture"):
        contrib.Proposal(*both, **OPTIONS)


def test_anchors_and_channels_go_together():
    with pytest.raises(ShapeError, match="differ"):
        contrib.Proposal(*inputs(0), **{**OPTIONS, "scales": (1,)})
