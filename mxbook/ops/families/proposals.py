"""Region proposals: where in a picture there may be objects, as a first network sees it.

Ren and others, Faster R-CNN, 2015.  Coordinates are pixels of the picture: left, top, right and
bottom, where right and bottom name the last column and row of a box.
"""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import DEFAULT
from mxbook.base.errors import ShapeError
from mxbook.ops.kernels import boxes as kernels
from mxbook.ops.params import Bool, Float, Floats, Int
from mxbook.ops.registry import operator

from .multibox import single_type

PROPOSAL = (
    Int("rpn_pre_nms_top_n", 6000, doc="How many of the best boxes are looked at; all if <= 0."),
    Int("rpn_post_nms_top_n", 300, low=1, doc="How many boxes an image there are in the result."),
    Float("threshold", 0.7, doc="Boxes that overlap more than this are near each other."),
    Int("rpn_min_size", 16, doc="Smallest side of a box, times the scale of the picture."),
    Floats("scales", (4.0, 8.0, 16.0, 32.0), doc="Sizes of anchors as multiples of the stride."),
    Floats("ratios", (0.5, 1.0, 2.0), doc="Height divided by width of anchors."),
    Int("feature_stride", 16, low=1, doc="Pixels of the picture for one of the feature map."),
    Bool("output_score", False, doc="Whether to give the scores as a second result."),
    Bool("iou_loss", False, doc="Whether `bbox_pred` are differences of corners."),
)
FIELDS = {
    "outputs": ("output", "score"),
    "visible": lambda p: 2 if p.output_score else 1,
    "type": single_type,
    "zero_gradient": True,
    "cost": lambda p, ins, outs: 500 * shapes.size(ins[0]),
}


def anchors(stride: int, ratios: tuple[float, ...], scales: tuple[float, ...]) -> np.ndarray:
    """The boxes (anchors, 4) around the first place: for each ratio one of each scale.

    Sides are rounded before they are scaled.
    """
    center, area = (stride - 1) / 2, stride * stride
    found = []
    for ratio in ratios:
        width = np.floor(np.sqrt(np.floor(area / np.float32(ratio))) + 0.5)
        height = np.floor(width * np.float32(ratio) + 0.5)
        half = np.outer(scales, (width, height)) / 2 - 0.5
        found.append(np.concatenate([center - half, center + half], axis=1))
    return np.concatenate(found).astype(DEFAULT)


def _boxes(k, p, cls_prob, bbox_pred, im_info):
    """All boxes (n, places * anchors, 4) and their scores, -1 for those that do not count."""
    xp, (n, _, rows, columns) = k.xp, cls_prob.shape
    base = anchors(p.feature_stride, p.ratios, p.scales)
    y, x = (p.feature_stride * np.arange(m, dtype=DEFAULT) for m in (rows, columns))
    shift = np.stack(np.meshgrid(x, y), axis=-1)
    places = (np.tile(shift, 2)[:, :, None] + base).reshape(1, -1, 4)
    change = bbox_pred.reshape(n, len(base), 4, rows, columns).transpose(0, 3, 4, 1, 2)
    boxes = _moved(xp, p, change.reshape(n, -1, 4), k.to_device(places))
    sizes = im_info[:, None, :2]  # height and width
    most = xp.concatenate([sizes[..., ::-1], sizes[..., ::-1]], axis=-1) - 1
    boxes = xp.minimum(xp.maximum(boxes, 0), most)
    scores = cls_prob[:, len(base) :].transpose(0, 2, 3, 1)
    counted = (im_info / p.feature_stride).astype("int64")  # places within the picture
    outside = xp.arange(rows)[:, None] >= counted[:, 0, None, None]
    outside = outside | (xp.arange(columns) >= counted[:, 1, None, None])
    scores = xp.where(outside[..., None], -1, scores).reshape(n, -1)
    least = (p.rpn_min_size * im_info[:, 2])[:, None]
    left, top, right, bottom = kernels.parts(boxes)
    small = (right - left + 1 < least) | (bottom - top + 1 < least)
    margin = (small * least / 2)[..., None] * k.to_device(np.array([-1, -1, 1, 1], DEFAULT))
    return (boxes + margin).astype(DEFAULT), xp.where(small, -1, scores)


def _moved(xp, p, change, places):
    """Anchors moved as the network says."""
    if p.iou_loss:
        return places + change
    left, top, right, bottom = kernels.parts(places)
    width, height = right - left + 1, bottom - top + 1
    center = left + (width - 1) / 2, top + (height - 1) / 2
    dx, dy, dw, dh = kernels.parts(change)
    x, y = dx * width + center[0], dy * height + center[1]
    half_width, half_height = (xp.exp(dw) * width - 1) / 2, (xp.exp(dh) * height - 1) / 2
    return xp.stack([x - half_width, y - half_height, x + half_width, y + half_height], axis=-1)


@operator("_contrib_MultiProposal", *PROPOSAL, **FIELDS)
def multi_proposal(k, p, cls_prob, bbox_pred, im_info):
    """Where there may be objects: the best boxes of a first network, without near duplicates.

    ========= ==================================================================================
    cls_prob  (n, 2 * anchors, rows, columns): first how sure each anchor is background, then
              how sure it is an object
    bbox_pred (n, 4 * anchors, rows, columns): offsets of each anchor as in box_decode
    im_info   (n, 3): height, width and scale of each picture
    output    (n * rpn_post_nms_top_n, 5): image, left, top, right, bottom
    score     (n * rpn_post_nms_top_n, 1), with `output_score`
    ========= ==================================================================================

    There are `len(ratios) * len(scales)` anchors at each place of the feature map.  Boxes are cut
    at the picture's borders.  Those that are too small, or start outside the picture, get the score
    -1; the former are made larger by `rpn_min_size` times the scale.  The `rpn_pre_nms_top_n` best
    ones go through non-maximum suppression, see box_nms.  If too few are left, they are repeated
    from the first one.

    Raises ShapeError where the inputs do not fit.

    Source: MXNet 1.6, `mx.nd.contrib.MultiProposal`; Ren and others, Faster R-CNN, 2015.
    """
    xp, n = k.xp, len(cls_prob)
    boxes, scores = _boxes(k, p, cls_prob, bbox_pred, im_info)
    total, wanted = boxes.shape[1], p.rpn_post_nms_top_n
    most = min(total, p.rpn_pre_nms_top_n) if p.rpn_pre_nms_top_n > 0 else total
    order = kernels.best_first(xp, scores, xp.ones_like(scores, dtype=bool))[:, :most]
    boxes, scores = kernels.rows_at(xp, boxes, order), xp.take_along_axis(scores, order, axis=1)

    limit = float(np.float32(p.threshold))
    kept = kernels.kept(xp, boxes, xp.ones((n, most), bool), limit, wanted, None, False, 1)
    front = xp.argsort(~kept, axis=1, kind="stable")
    chosen = xp.arange(wanted) % kept.sum(axis=1, keepdims=True)
    chosen = xp.take_along_axis(front, chosen, axis=1)
    image = xp.repeat(xp.arange(n), wanted).astype(DEFAULT)[:, None]
    found = xp.concatenate([image, kernels.rows_at(xp, boxes, chosen).reshape(-1, 4)], axis=1)
    return found, xp.take_along_axis(scores, chosen, axis=1).reshape(-1, 1)


@multi_proposal.shapes
def _(p, cls_prob, bbox_pred, im_info):
    count = len(p.scales) * len(p.ratios)
    im_info = shapes.unify(im_info, (None, 3))
    cls_prob = shapes.unify(cls_prob, (im_info[0], 2 * count, None, None))
    bbox_pred = shapes.unify(bbox_pred, (cls_prob[0], 4 * count, *cls_prob[2:]))
    n = bbox_pred[0]
    rows = None if n is None else n * p.rpn_post_nms_top_n
    cls_prob = (n, 2 * count, *bbox_pred[2:])
    return [cls_prob, bbox_pred, (n, 3)], [(rows, 5), (rows, 1)]


@operator("_contrib_Proposal", *PROPOSAL, **FIELDS)
def proposal(k, p, cls_prob, bbox_pred, im_info):
    """MultiProposal for one picture.

    ========= ====================================
    cls_prob  (1, 2 * anchors, rows, columns)
    bbox_pred (1, 4 * anchors, rows, columns)
    im_info   (1, 3): height, width, scale
    output    (rpn_post_nms_top_n, 5)
    score     (rpn_post_nms_top_n, 1)
    ========= ====================================

    Raises ShapeError for more than one picture, and where the inputs do not fit.

    Source: MXNet 1.6, `mx.nd.contrib.Proposal`; Ren and others, Faster R-CNN, 2015.
    """
    return multi_proposal.kernel(k, p, cls_prob, bbox_pred, im_info)


@proposal.shapes
def _(p, cls_prob, bbox_pred, im_info):
    if cls_prob and cls_prob[0] not in (None, 1):
        raise ShapeError(
            f"cls_prob has the shape {shapes.text(cls_prob)}",
            rule="one picture",
            hint="MultiProposal takes several",
        )
    cls_prob = shapes.unify(cls_prob, (1, None, None, None))
    return multi_proposal.shape_rule(p, cls_prob, bbox_pred, im_info)


# ---- examples


def _transposed(x):
    """(1, c, rows, columns) as (places, c)."""
    return x[0].transpose(1, 2, 0).reshape(-1, x.shape[1])


def _two_best(cls_prob, bbox_pred, im_info):
    """Anchors of 4 x 4 pixels at each of 2 x 2 places, far enough from each other to be kept."""
    first = np.argsort(-_transposed(cls_prob)[:, 1])[:2]
    corner = np.stack([first % 2 * 4, first // 2 * 4], axis=1)
    moved = np.concatenate([corner, corner + 3], axis=1) + _transposed(bbox_pred)[first]
    return np.concatenate([[[0], [0]], np.clip(moved, 0, 7)], axis=1)


_SURE = np.reshape([0.6, 0.4, 0.1, 0.8, 0.4, 0.6, 0.9, 0.2], (1, 2, 2, 2)).astype(DEFAULT)
_CELLS = [(0, 0, 3, 3), (4, 0, 7, 3), (0, 4, 3, 7), (4, 4, 7, 7)]
_PICTURE = [[8.0, 8.0, 1.0]]
_SMALL = {"scales": (1,), "ratios": (1,), "feature_stride": 4, "rpn_min_size": 1}
_WHY = "no gradient flows through the choice of boxes"
proposal.example(
    _SURE, (1, 4, 2, 2), _PICTURE, rpn_post_nms_top_n=2, iou_loss=True, **_SMALL
).gives(_two_best).not_smooth(_WHY)
multi_proposal.example(
    np.concatenate([_SURE, 1 - _SURE]),
    np.zeros((2, 4, 2, 2), DEFAULT),
    _PICTURE * 2,
    rpn_post_nms_top_n=5,
    output_score=True,
    **_SMALL,
).gives(
    lambda cls_prob, *_: [
        np.array(
            [[0, *_CELLS[i]] for i in (2, 1, 0, 3, 2)] + [[1, *_CELLS[i]] for i in (3, 0, 1, 2, 3)]
        ),
        np.concatenate(
            [cls_prob[0, 1].flat[[2, 1, 0, 3, 2]], cls_prob[1, 1].flat[[3, 0, 1, 2, 3]]]
        )[:, None],
    ]
).not_smooth(_WHY)
