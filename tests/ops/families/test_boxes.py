"""Boxes: overlaps, what non-maximum suppression keeps, matching, offsets and back."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import mxbook as mx
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ndarray import contrib

# Whole numbers, so that overlaps equal to a threshold are exact.
CORNERS = st.tuples(*[st.integers(0, 8)] * 2, *[st.integers(0, 5)] * 2).map(
    lambda b: [b[0], b[1], b[0] + b[2], b[1] + b[3]]
)
BOXES = st.lists(CORNERS, min_size=1, max_size=9)


def iou(a, b):
    """Pixel by pixel."""
    grids = []
    for left, top, right, bottom in (a, b):
        grid = np.zeros((14, 14), bool)
        grid[int(top) : int(bottom), int(left) : int(right)] = True
        grids.append(grid)
    either = (grids[0] | grids[1]).sum()
    return (grids[0] & grids[1]).sum() / either if either else 0


@settings(deadline=None)
@given(BOXES, BOXES)
def test_overlap_counts_pixels(left, right):
    found = contrib.box_iou(mx.nd.array(left), mx.nd.array(right)).asnumpy()
    np.testing.assert_allclose(found, [[iou(a, b) for b in right] for a in left], rtol=1e-6)


@settings(deadline=None)
@given(BOXES)
def test_centers_and_corners_give_the_same_overlap(boxes):
    boxes = np.array(boxes, "float32")
    sides = boxes[:, 2:] - boxes[:, :2]
    centers = np.concatenate([boxes[:, :2] + sides / 2, sides], axis=1)
    a, b = mx.nd.array(boxes), mx.nd.array(centers)
    np.testing.assert_allclose(
        contrib.box_iou(a, a).asnumpy(), contrib.box_iou(b, b, format="center").asnumpy(), rtol=1e-5
    )


def plain_nms(rows, threshold, topk, force):
    """One box after the other."""
    order = [r for r in sorted(rows, key=lambda r: -r[1]) if r[1] > 0][: topk if topk > 0 else None]
    kept = []
    for row in order:
        if all(iou(row[2:], k[2:]) <= threshold or (row[0] != k[0] and not force) for k in kept):
            kept.append(row)
    return kept


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 1), CORNERS), min_size=1, max_size=9),
    st.sampled_from([0.0, 0.25, 0.5]),
    st.sampled_from([-1, 2, 4]),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_suppression_keeps_the_best(given_rows, threshold, topk, force, source):
    scores = source.sample(range(-1, len(given_rows) - 1), len(given_rows))
    rows = [[c, s / 10, *box] for (c, box), s in zip(given_rows, scores, strict=True)]
    data = mx.nd.array([rows])
    data.attach_grad()
    with mx.autograd.record():
        found = contrib.box_nms(
            data, overlap_thresh=threshold, topk=topk, id_index=0, force_suppress=force
        )
    kept = plain_nms(rows, threshold, topk, force)
    np.testing.assert_allclose(
        found.asnumpy()[0, : len(kept)], np.reshape(kept, (-1, 6)), rtol=1e-6
    )
    assert (found.asnumpy()[0, len(kept) :] == -1).all()
    found.backward(mx.nd.ones_like(found))
    assert data.grad.asnumpy()[0].sum(1).tolist() == [6.0 if r in kept else 0.0 for r in rows]


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"coord_start": 3}, ParameterError, "from 0 to 5"),
        ({"score_index": 3}, ParameterError, "different places"),
        ({"id_index": 6}, ParameterError, "from 0 to 5"),
        ({"id_index": 1}, ParameterError, "different places"),
    ],
)
def test_positions_in_a_row(options, error, words):
    with pytest.raises(error, match=words):
        contrib.box_nms(mx.nd.ones((4, 6)), **options)


def test_boxes_of_whole_numbers_are_refused():
    with pytest.raises(DTypeError, match="float"):
        contrib.box_nms(mx.nd.ones((4, 6), dtype="int32"))
    with pytest.raises(ShapeError, match="two axes"):
        contrib.box_iou(mx.nd.ones(4), mx.nd.ones((2, 4)))


@settings(deadline=None)
@given(
    arrays("int64", st.tuples(st.integers(1, 4), st.integers(1, 4)), elements=st.integers(0, 5)),
    st.booleans(),
    st.integers(0, 5),
)
def test_matching_takes_the_best_pair_left(scores, ascend, threshold):
    rows, columns = contrib.bipartite_matching(
        mx.nd.array(scores), is_ascend=ascend, threshold=threshold
    )
    left = {(i, j): s for (i, j), s in np.ndenumerate(-scores if ascend else scores)}
    limit, expected = -threshold if ascend else threshold, np.full(len(scores), -1.0)
    while left and max(left.values()) > limit:
        best = max(left, key=left.get)
        expected[best[0]] = best[1]
        left = {p: s for p, s in left.items() if p[0] != best[0] and p[1] != best[1]}
    np.testing.assert_array_equal(rows.asnumpy(), expected)
    for j, i in enumerate(columns.asnumpy()):
        assert rows.asnumpy()[int(i)] == j if i >= 0 else j not in expected


@settings(deadline=None)
@given(arrays("float64", (3, 4), elements=st.floats(0.5, 4)), st.integers(0, 99))
def test_decoding_is_the_reverse_of_encoding(numbers, seed):
    source = np.random.default_rng(seed)
    boxes = np.concatenate([numbers[:, :2], numbers[:, :2] + numbers[:, 2:]], axis=1)[None]
    near = source.uniform(-2, 2, (1, 3, 2))
    anchors = np.concatenate([near, near + source.uniform(0.5, 3, (1, 3, 2))], axis=2)
    stds = source.uniform(0.1, 1, 4)
    numbers = [np.ones((1, 3)), [[0, 1, 2]], anchors, boxes, np.zeros(4), stds]
    offsets, _ = contrib.box_encode(*[mx.nd.array(x, dtype="float64") for x in numbers])
    options = {f"std{i}": s for i, s in enumerate(stds)}
    anchors = mx.nd.array(anchors, dtype="float64")
    found = contrib.box_decode(offsets, anchors, format="corner", **options)
    np.testing.assert_allclose(found.asnumpy(), boxes, rtol=1e-9, atol=1e-9)


def test_encoding_wants_boxes_that_exist():
    one = mx.nd.ones
    inputs = [one((1, 2)), mx.nd.array([[0, 3]]), one((1, 2, 4)), one((1, 3, 4)), one(4), one(4)]
    with pytest.raises(mx.MXNetError, match="from 0 to 2"):
        contrib.box_encode(*inputs)[0].asnumpy()
    inputs[0] = mx.nd.array([[1, 0]])  # the second anchor does not take part
    contrib.box_encode(*inputs)[0].asnumpy()
