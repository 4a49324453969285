"""Single shot detection: the boxes a network starts from, what it should answer, what it found.

Liu and others, SSD: Single Shot MultiBox Detector, 2016.  All coordinates are fractions of the
image's width and height: left, top, right, bottom.
"""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import DEFAULT
from mxbook.base.errors import DTypeError, ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import boxes as kernels
from mxbook.ops.params import Bool, Float, Floats, Int, Real
from mxbook.ops.registry import operator

VARIANCES = Floats(
    "variances",
    (0.1, 0.1, 0.2, 0.2),
    doc="Four numbers by which offsets are divided, so that they are about as large as each other.",
)


def single_type(_p, *ins):
    """All inputs and outputs are float32, as in MXNet."""
    for dtype in ins:
        if dtype is not None and dtype != DEFAULT:
            raise DTypeError(
                f"{dtype} is not supported", rule="float32", hint='convert with astype("float32")'
            )
    return [DEFAULT] * len(ins), [DEFAULT]


def _pair(name, values):
    if len(values) != 2:
        raise ParameterError(f"{name} has {len(values)} numbers", rule="two: y, then x")
    return values


def _variances(p):
    if len(p.variances) != 4:
        raise ParameterError(f"variances has {len(p.variances)} numbers", rule="four numbers")
    return np.array(p.variances, DEFAULT)


def _anchor_count(p):
    if not p.sizes or not p.ratios:
        raise ParameterError("there are no sizes or no ratios", rule="one of each, or more")
    return len(p.sizes) + len(p.ratios) - 1


@operator(
    "_contrib_MultiBoxPrior",
    Floats("sizes", (1.0,), doc="Sizes of boxes as fractions of the image's height."),
    Floats("ratios", (1.0,), doc="Width divided by height, in pixels of a square image."),
    Bool("clip", False, doc="Whether to cut off what lies outside the image."),
    Floats(
        "steps", (-1.0, -1.0), doc="Distances of the places (y, x); 1 / rows, 1 / columns if <= 0."
    ),
    Floats("offsets", (0.5, 0.5), doc="Where in its cell a place lies (y, x)."),
    type=single_type,
    zero_gradient=True,
)
def multibox_prior(k, p, data):
    """Anchors: boxes of several sizes and shapes around each place of a feature map.

    ======== =================================================================
    data     (n, c, rows, columns); only the shape matters
    output   (1, rows * columns * (len(sizes) + len(ratios) - 1), 4), corners
    ======== =================================================================

    Around each place first the boxes of all sizes in the first ratio, then the first size in the
    other ratios.  A box of size s and ratio r is `s sqrt(r) rows / columns` wide and `s / sqrt(r)`
    high; the centers are `((column + offsets[1]) steps[1], (row + offsets[0]) steps[0])`.

    Raises ShapeError unless data has four axes, ParameterError where steps or offsets are not two
    numbers.

    Source: MXNet 1.6, `mx.nd.contrib.MultiBoxPrior`; Liu and others, 2016.
    """
    rows, columns = data.shape[2:4]
    given = [(s, p.ratios[0]) for s in p.sizes] + [(p.sizes[0], r) for r in p.ratios[1:]]
    size, ratio = np.array(given, DEFAULT).T
    root = np.sqrt(ratio)
    half = np.stack([size * rows / columns * root / 2, size / root / 2], axis=-1)
    steps = p.steps if min(p.steps) > 0 else (1 / rows, 1 / columns)
    y, x = (
        ((np.arange(n, dtype=DEFAULT) + np.float32(o)) * np.float32(s))
        for n, o, s in zip((rows, columns), p.offsets, steps, strict=True)
    )
    center = np.stack(np.meshgrid(x, y), axis=-1)[:, :, None, :]
    anchors = np.concatenate([center - half, center + half], axis=-1).reshape(1, -1, 4)
    return k.to_device(np.clip(anchors, 0, 1) if p.clip else anchors)


@multibox_prior.shapes
@rules.forward
def _(p, data):
    if len(data) < 4:
        raise ShapeError(f"data has the shape {shapes.text(data)}", rule="(n, c, rows, columns)")
    step_y, step_x = _pair("steps", p.steps)
    if step_y * step_x < 0:
        raise ParameterError(f"steps={p.steps} names one step only", rule="both, or none")
    _pair("offsets", p.offsets)
    return (1, data[2] * data[3] * _anchor_count(p), 4)


def _matched_inputs(p, anchor, label, cls_pred):
    _variances(p)
    label = shapes.unify(label, (None,) * 3)
    if label[2] is not None and label[2] < 5:
        raise ShapeError(
            f"label has the shape {shapes.text(label)}",
            rule="(n, objects, 5 or more): class, left, top, right, bottom",
        )
    anchor = shapes.unify(anchor, (1, None, 4))
    cls_pred = shapes.unify(cls_pred, (label[0], None, anchor[1]))
    shapes.check_filled(label[1:], "a list of objects")
    shapes.check_filled(cls_pred[1:2], "a list of classes")
    n, count = cls_pred[0], cls_pred[2]
    ins = [(1, count, 4), (n, *label[1:]), cls_pred]
    wide = None if count is None else 4 * count
    return ins, [(n, wide), (n, wide), (n, count)]


@operator(
    "_contrib_MultiBoxTarget",
    Float("overlap_threshold", 0.5, doc="An anchor that overlaps an object more than this is its."),
    Float("ignore_label", -1.0, doc="Class of anchors that do not count in the loss."),
    Float(
        "negative_mining_ratio",
        -1.0,
        doc="Background anchors for each anchor with an object; all of them count when 0 or less.",
    ),
    Float(
        "negative_mining_thresh",
        0.5,
        doc="With mining: only anchors that overlap all objects less than this are background.",
    ),
    Int("minimum_negative_samples", 0, doc="Has no effect here, as in MXNet 1.6."),
    VARIANCES,
    outputs=("loc_target", "loc_mask", "cls_target"),
    type=single_type,
    zero_gradient=True,
    shape=_matched_inputs,
    cost=lambda p, ins, outs: 20 * ins[0][1] * shapes.size(ins[1][:2]),
)
def multibox_target(k, p, anchor, label, cls_pred):
    """What a network should answer at each anchor: a class, and the way to the object's box.

    =========== ===================================================================================
    anchor      (1, anchors, 4), corners
    label       (n, objects, 5 or more): class and corners of each object; the first row with class
                -1 and all behind it are padding
    cls_pred    (n, classes + 1, anchors): scores; used to find the worst mistakes
    loc_target  (n, 4 anchors): offsets to the object's box as in box_encode, over `variances`
    loc_mask    (n, 4 anchors): 1 where the anchor has an object
    cls_target  (n, anchors): class + 1, 0 for background, or `ignore_label`
    =========== ===================================================================================

    Each object gets the anchor that overlaps it most, the best pair first; then each anchor left
    goes to the object it overlaps most, if by more than `overlap_threshold`.  Of the others those
    with the lowest score for background become background ("hard negatives").  In an image without
    objects nothing counts.

    Raises ShapeError where the inputs do not fit.

    Source: MXNet 1.6, `mx.nd.contrib.MultiBoxTarget`; Liu and others, 2016.
    """
    xp, n = k.xp, len(label)
    real = xp.cumsum(label[..., 0] == -1, axis=1) == 0
    overlap = kernels.overlap(xp, anchor[:, :, None], label[:, None, :, 1:5])
    overlap = xp.where(real[:, None, :], overlap, -1)
    sure, _ = kernels.match(
        xp, xp.where(kernels.above(overlap, 1e-6), overlap, -xp.inf), min(overlap.shape[1:])
    )
    likely, best = overlap.argmax(axis=2), overlap.max(axis=2)
    positive = sure >= 0
    if p.overlap_threshold > 0:
        positive |= kernels.above(best, p.overlap_threshold)
    matched = xp.where(sure >= 0, sure, likely)
    objects = kernels.rows_at(xp, label, matched)
    negative = ~positive
    if p.negative_mining_ratio > 0:
        negative &= _hard(xp, p, cls_pred, best, positive)
    classes = xp.where(negative, 0, xp.where(positive, objects[..., 0] + 1, p.ignore_label))
    classes = xp.where(real[:, :1], classes, p.ignore_label)
    offsets = kernels.offsets(xp, objects[..., 1:5], anchor) / k.to_device(_variances(p))
    mask = (positive & real[:, :1])[..., None]
    target = xp.where(mask, offsets, 0).reshape(n, -1)
    mask = xp.repeat(mask, 4, axis=2).reshape(n, -1)
    return target.astype(DEFAULT), mask.astype(DEFAULT), classes.astype(DEFAULT)


def _hard(xp, p, scores, best, positive):
    """The background anchors that count: those that look least like background."""
    candidates = ~positive & (best < np.float32(p.negative_mining_thresh))
    shifted = xp.exp(scores - scores.max(axis=1, keepdims=True))
    background = shifted[:, 0] / shifted.sum(axis=1)
    order = kernels.best_first(xp, -background, candidates)
    rank = xp.argsort(order, axis=1)
    positives = positive.sum(axis=1, keepdims=True)
    return candidates & (rank < (positives * np.float32(p.negative_mining_ratio)).astype("int64"))


@operator(
    "_contrib_MultiBoxDetection",
    Bool("clip", True, doc="Whether to cut off what lies outside the image."),
    Float("threshold", 0.01, doc="Anchors whose best class has a probability below this are none."),
    Int("background_id", 0, doc="Has no effect here, as in MXNet 1.6: background is class 0."),
    Real(
        "nms_threshold",
        0.5,
        doc="Boxes that overlap so much or more are one; not asked if <= 0 or > 1.",
    ),
    Bool(
        "force_suppress", False, doc="Whether boxes of different classes get in each other's way."
    ),
    VARIANCES,
    Int("nms_topk", -1, doc="How many boxes, the best ones, are looked at; all when 0 or less."),
    type=single_type,
    zero_gradient=True,
    cost=lambda p, ins, outs: 500 * shapes.size(outs[0][:2]),
)
def multibox_detection(k, p, cls_prob, loc_pred, anchor):
    """What a network found: a class, a probability and a box for each anchor, the best ones first.

    ========= ====================================================================================
    cls_prob  (n, classes + 1, anchors): probabilities, class 0 is background
    loc_pred  (n, 4 anchors): offsets as in box_decode, over `variances`
    anchor    (1, anchors, 4), corners
    output    (n, anchors, 6): class (from 0), probability, left, top, right, bottom
    ========= ====================================================================================

    Rows of -1 fill up the result.  A row with class -1 but a probability stands for a box that was
    dropped: because it overlaps a better one, or is not among the best `nms_topk`.

    Raises ShapeError where the inputs do not fit.

    Source: MXNet 1.6, `mx.nd.contrib.MultiBoxDetection`; Liu and others, 2016.
    """
    xp, count = k.xp, anchor.shape[1]
    found = cls_prob[:, 1:]
    scores, classes = found.max(axis=1), found.argmax(axis=1)
    there = scores >= np.float32(p.threshold)
    d = loc_pred.reshape(-1, count, 4) * k.to_device(_variances(p))
    boxes = kernels.moved(xp, kernels.parts(d), kernels.centers(anchor))
    if p.clip:
        boxes = xp.clip(boxes, 0, 1)
    rows = xp.concatenate([xp.stack([classes.astype(DEFAULT), scores], axis=-1), boxes], axis=-1)
    front = xp.argsort(~there, axis=1, kind="stable")
    rows, there = kernels.rows_at(xp, rows, front), xp.take_along_axis(there, front, axis=1)
    if 0 < p.nms_threshold <= 1:
        rows = _suppressed(xp, p, rows, there)
    return xp.where(there[..., None], rows, -1).astype(DEFAULT)


def _suppressed(xp, p, rows, there):
    """The rows in descending order of their scores, with class -1 for those that are dropped."""
    count = rows.shape[1]
    order = kernels.best_first(xp, rows[..., 1], there)
    most = count if p.nms_topk <= 0 else min(p.nms_topk, count)
    looked_at = (xp.arange(count) < most) & there
    rows = xp.where(looked_at[..., None], kernels.rows_at(xp, rows, order), rows)  # as in MXNet
    classes = None if p.force_suppress else xp.ascontiguousarray(rows[..., 0])
    limit, boxes = float(np.float32(p.nms_threshold)), xp.ascontiguousarray(rows[..., 2:])
    kept = kernels.kept(xp, boxes, looked_at, limit, most, classes, False, 0, True)
    rows[..., 0] = xp.where(kept, rows[..., 0], -1)
    return rows


@multibox_detection.shapes
def _(p, cls_prob, loc_pred, anchor):
    _variances(p)
    cls_prob = shapes.unify(cls_prob, (None,) * 3)
    if cls_prob[1] in (0, 1):
        raise ShapeError(f"{cls_prob[1]} classes", rule="background and at least one other")
    anchor = shapes.unify(anchor, (1, cls_prob[2], 4))
    n, count = cls_prob[0], anchor[1]
    loc_pred = shapes.unify(loc_pred, (n, None if count is None else 4 * count))
    n = loc_pred[0]
    return [(n, cls_prob[1], count), loc_pred, anchor], [(n, count, 6)]


# ---- examples


def _around(data):
    """Anchors of a 2 x 3 feature map, one after the other."""
    found = []
    for row, column in np.ndindex(2, 3):
        x, y = (column + 0.5) / 3, (row + 0.5) / 2
        for size, ratio in ((0.5, 1), (0.25, 1), (0.5, 4)):
            w, h = size * np.sqrt(ratio) * 2 / 3, size / np.sqrt(ratio)
            found.append([x - w / 2, y - h / 2, x + w / 2, y + h / 2])
    return np.array([found])


_WHY = "no gradient flows back"
multibox_prior.example((1, 2, 2, 3), sizes=(0.5, 0.25), ratios=(1, 4)).gives(_around)
multibox_prior.example((2, 1, 1, 1), clip=True, steps=(0.5, 0.25), offsets=(0, 1)).gives(
    lambda x: np.array([[[0, 0, 0.75, 0.5]]])
)

_ANCHORS = [[[0, 0, 0.5, 0.5], [0.5, 0.5, 1, 1], [0, 0, 0.5, 0.625], [0.75, 0, 1, 0.25]]]
_LABELS = [[[1, 0, 0, 0.5, 0.5], [0, 0.5, 0.25, 1, 1]], [[-1] * 5] * 2]
_MATCHED = [[0, 0, 0, 0], [0, -0.25, 0, np.log(1.5)], [0, -0.1, 0, np.log(0.8)], [0, 0, 0, 0]]
_SLOPES = [0.1, 0.1, 0.2, 0.2]


def _target(third):
    """Targets of the two images; the second has no objects."""
    location = np.stack([np.divide(_MATCHED, _SLOPES).ravel(), np.zeros(16)])
    mask = np.stack([np.repeat([1, 1, 1, 0], 4), np.zeros(16)])
    return lambda *_: [location, mask, np.array([[2, 1, 2, third], [-1] * 4])]


multibox_target.example(_ANCHORS, _LABELS, (2, 3, 4)).gives(_target(0)).not_smooth(_WHY)
multibox_target.example(_ANCHORS, _LABELS, (2, 3, 4), negative_mining_ratio=0.25).gives(
    _target(-1)
).not_smooth(_WHY)

_PROBABILITIES = [[[0.25, 0.5, 0.25, 1], [0.75, 0.375, 0.125, 0], [0, 0.125, 0.625, 0]]]
multibox_detection.example(
    _PROBABILITIES, np.zeros((1, 16), DEFAULT), _ANCHORS, force_suppress=True
).gives(
    lambda p, d, anchors: np.concatenate(
        [
            [[[0, 0.75], [-1, 0.625], [0, 0.375], [-1, -1]]],
            np.concatenate([anchors[:, [0, 2, 1]], -np.ones((1, 1, 4))], axis=1),
        ],
        axis=2,
    )
).not_smooth(_WHY)
multibox_detection.example(
    _PROBABILITIES, np.full((1, 16), 0.5, DEFAULT), _ANCHORS, nms_threshold=0, clip=False
).not_smooth(_WHY)
