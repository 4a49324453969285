"""Single shot detection: anchors, targets and detections."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import contrib


@settings(deadline=None)
@given(
    st.integers(1, 4),
    st.integers(1, 4),
    st.lists(st.floats(0.1, 1), min_size=1, max_size=3),
    st.lists(st.floats(0.25, 4), min_size=1, max_size=3),
)
def test_anchors_have_their_sizes_and_ratios(rows, columns, sizes, ratios):
    data = mx.nd.zeros((2, 3, rows, columns))
    found = contrib.MultiBoxPrior(data, sizes=sizes, ratios=ratios).asnumpy()
    count = len(sizes) + len(ratios) - 1
    assert found.shape == (1, rows * columns * count, 4)
    boxes = found.reshape(rows, columns, count, 4)
    width, height = (boxes[..., 2:] - boxes[..., :2]).transpose(3, 0, 1, 2)
    shape = width * columns / (height * rows)  # in pixels of a picture of this shape
    size = np.sqrt(width * height * columns / rows)
    np.testing.assert_allclose(shape[0, 0], [ratios[0]] * len(sizes) + ratios[1:], rtol=1e-4)
    np.testing.assert_allclose(size[0, 0], [*sizes, *[sizes[0]] * (len(ratios) - 1)], rtol=1e-4)
    middle = (boxes[..., :2] + boxes[..., 2:]) / 2
    np.testing.assert_allclose(middle[-1, -1, 0], [1 - 0.5 / columns, 1 - 0.5 / rows], rtol=1e-4)


@settings(deadline=None)
@given(st.integers(0, 500), st.integers(1, 8), st.integers(0, 3))
def test_every_object_gets_an_anchor(seed, count, objects):
    source = np.random.default_rng(seed)
    corner = source.uniform(0, 0.4, (1, count, 2))
    anchors = np.concatenate([corner, corner + source.uniform(0.2, 0.6, (1, count, 2))], axis=2)
    label = np.full((1, 4, 5), -1.0)
    label[0, :objects, 0] = source.integers(0, 5, objects)
    label[0, :objects, 1:] = [0.3, 0.3, 0.6, 0.6]  # all overlap all anchors or nearly so
    arrays = [mx.nd.array(x) for x in (anchors, label, np.zeros((1, 6, count)))]
    offsets, mask, classes = (x.asnumpy() for x in contrib.MultiBoxTarget(*arrays))
    positive = mask.reshape(count, 4)[:, 0] > 0
    assert (offsets.reshape(count, 4)[~positive] == 0).all()
    if objects == 0:
        assert (classes == -1).all()
        return
    assert (classes[0, ~positive] == 0).all()
    overlaps = contrib.box_iou(arrays[0][0], mx.nd.array(label[0, :1, 1:])).asnumpy()[:, 0]
    assert positive.sum() >= min(objects, (overlaps > 1e-6).sum())
    assert positive[overlaps > 0.5].all()
    assert set(classes[0, positive]) <= set(label[0, :objects, 0] + 1)


def test_hard_negatives_look_least_like_background():
    anchors = mx.nd.array([[[0, 0, 1, 1], [2, 2, 3, 3], [4, 4, 5, 5], [6, 6, 7, 7]]])
    label = mx.nd.array([[[0, 0, 0, 1, 1]]])
    scores = mx.nd.array([[[0, 3, 1, 2], [0, 0, 0, 0]]])  # those of background first
    for ratio, expected in ((1, [1, -1, 0, -1]), (2, [1, -1, 0, 0]), (-1, [1, 0, 0, 0])):
        *_, classes = contrib.MultiBoxTarget(anchors, label, scores, negative_mining_ratio=ratio)
        assert classes.asnumpy().tolist() == [expected]


def test_detections_are_sorted_and_dropped_ones_keep_their_numbers():
    anchors = mx.nd.array([[[0, 0, 0.5, 0.5], [0, 0, 0.5, 0.45], [0.5, 0.5, 1, 1]]])
    probabilities = mx.nd.array([[[0.3, 0.2, 0.995], [0.7, 0.8, 0.005]]])
    found = contrib.MultiBoxDetection(probabilities, mx.nd.zeros((1, 12)), anchors).asnumpy()[0]
    np.testing.assert_allclose(found[:, :2], [[0, 0.8], [-1, 0.7], [-1, -1]], rtol=1e-6)
    np.testing.assert_allclose(found[1, 2:], [0, 0, 0.5, 0.5])


def test_what_does_not_fit():
    with pytest.raises(ShapeError, match="rows, columns"):
        contrib.MultiBoxPrior(mx.nd.ones((2, 3)))
    with pytest.raises(ParameterError, match="both, or none"):
        contrib.MultiBoxPrior(mx.nd.ones((1, 1, 2, 2)), steps=(0.5, -1))
    with pytest.raises(DTypeError, match="float32"):
        contrib.MultiBoxPrior(mx.nd.ones((1, 1, 2, 2), dtype="float64"))
    anchors, label = mx.nd.ones((1, 3, 4)), mx.nd.ones((2, 1, 5))
    with pytest.raises(ShapeError, match="differ"):
        contrib.MultiBoxTarget(anchors, label, mx.nd.ones((2, 2, 4)))
    with pytest.raises(ShapeError, match="5 or more"):
        contrib.MultiBoxTarget(anchors, mx.nd.ones((2, 1, 4)), mx.nd.ones((2, 2, 3)))
    with pytest.raises(ParameterError, match="four numbers"):
        contrib.MultiBoxDetection(
            mx.nd.ones((2, 2, 3)), mx.nd.ones((2, 12)), anchors, variances=(1, 1)
        )
