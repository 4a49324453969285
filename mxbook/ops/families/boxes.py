"""Boxes around objects: how much they overlap, which to keep, which belong together, and how
networks write them down."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import IndexingError, ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.kernels import boxes as kernels
from mxbook.ops.params import Bool, Enum, Float, Int
from mxbook.ops.registry import operator

FORMATS = ("center", "corner")
IN_WORDS = "corner: (left, top, right, bottom); center: (x, y, width, height)"


def pairs_cost(_p, _ins, outs):
    """An overlap is about 16 elementwise operations."""
    return 16 * shapes.size(outs[0])


@operator(
    "_contrib_box_iou",
    Enum("format", FORMATS, "corner", doc=f"{IN_WORDS}."),
    type=rules.float_type,
    zero_gradient=True,
    cost=pairs_cost,
)
def box_iou(k, p, lhs, rhs):
    """Intersection over union of all pairs of boxes: from 0 (apart) to 1 (the same).

    `common area / (area + area - common area)`

    ======== ================================
    lhs      (..., 4), two axes or more
    rhs      (..., 4), two axes or more
    output   `lhs.shape[:-1] + rhs.shape[:-1]`
    ======== ================================

    No gradient flows to the boxes.

    Source: MXNet 1.6, `mx.nd.contrib.box_iou`.
    """
    a, b = lhs.reshape(-1, 1, 4), rhs.reshape(1, -1, 4)
    found = kernels.overlap(k.xp, a, b, p.format == "center")
    return found.reshape(*lhs.shape[:-1], *rhs.shape[:-1])


@box_iou.shapes
@rules.forward
def _(p, lhs, rhs):
    for name, shape in (("lhs", lhs), ("rhs", rhs)):
        if len(shape) < 2 or shape[-1] != 4:
            raise ShapeError(
                f"{name} has the shape {shapes.text(shape)}", rule="(..., 4), two axes or more"
            )
    return (*lhs[:-1], *rhs[:-1])


@operator(
    "_contrib_box_nms",
    Float("overlap_thresh", 0.5, doc="Boxes that overlap more than this are near each other."),
    Float("valid_thresh", 0.0, doc="Only boxes with a score above this are looked at."),
    Int("topk", -1, doc="How many boxes, the best ones, are looked at; all when negative."),
    Int("coord_start", 2, doc="Where in a row the four coordinates begin."),
    Int("score_index", 1, doc="Where in a row the score is."),
    Int("id_index", -1, doc="Where in a row the class is; rows have none when negative."),
    Int("background_id", -1, doc="Class of boxes that are left out; none when negative."),
    Bool(
        "force_suppress", False, doc="Whether boxes of different classes get in each other's way."
    ),
    Enum("in_format", FORMATS, "corner", doc=f"Coordinates in `data`: {IN_WORDS}."),
    Enum("out_format", FORMATS, "corner", doc="Coordinates in the result."),
    aliases=("_contrib_box_non_maximum_suppression",),
    outputs=("output", "places"),
    visible=lambda p: 1,
    cost=lambda p, ins, outs: 500 * shapes.size(ins[0][:-1]),
)
def box_nms(k, p, data):
    """Non-maximum suppression: the best box is kept, boxes near it go, and so on with the rest.

    ======== =====================================================================================
    data     (..., n, width): n boxes an image, each a row with a score and four coordinates
    output   the same shape: the rows kept, in descending order of their scores, then rows of -1
    ======== =====================================================================================

    Two boxes are near each other when intersection over union is above `overlap_thresh` and they
    are of one class, or `force_suppress` is set.  With `topk=0` the result is the data.
    The gradient goes back to the rows that were kept, as if coordinates were not converted.
    The hidden second output says where in the (flattened) result each row went, or -1.

    Raises ShapeError for less than two axes, ParameterError for positions outside a row.

    Source: MXNet 1.6, `mx.nd.contrib.box_nms`.
    """
    xp = k.xp
    if p.topk == 0:
        return data.copy(), xp.arange(shapes.size(data.shape[:-1])).reshape(data.shape[:-1])
    rows = data.reshape(-1, *data.shape[-2:])
    images, count, _ = rows.shape
    scores = rows[..., p.score_index]
    valid = kernels.above(scores, p.valid_thresh)
    if p.id_index >= 0 and p.background_id >= 0:
        valid &= rows[..., p.id_index] != p.background_id
    order = kernels.best_first(xp, scores, valid)
    kept = _kept(xp, p, kernels.rows_at(xp, rows, order), xp.take_along_axis(valid, order, axis=1))
    front = xp.argsort(~kept, axis=1, kind="stable")
    order, kept = (xp.take_along_axis(x, front, axis=1) for x in (order, kept))
    found = xp.where(kept[..., None], _converted(xp, p, kernels.rows_at(xp, rows, order)), -1)
    places = xp.where(kept, xp.arange(images * count).reshape(images, count), -1)
    places = xp.take_along_axis(places, xp.argsort(order, axis=1), axis=1)
    return found.astype(data.dtype, copy=False).reshape(data.shape), places.reshape(data.shape[:-1])


def _kept(xp, p, rows, waiting):
    """Which of the rows of each image, the best ones first, are kept."""
    count = rows.shape[1]
    most = count if p.topk < 0 else min(p.topk, count)
    waiting[:, most:] = False
    boxes, classes = xp.ascontiguousarray(rows[..., p.coord_start : p.coord_start + 4]), None
    if p.id_index >= 0 and not p.force_suppress:
        classes = xp.ascontiguousarray(rows[..., p.id_index])
    limit = float(np.float32(p.overlap_thresh))
    return kernels.kept(xp, boxes, waiting, limit, most, classes, p.in_format == "center")


def _converted(xp, p, rows):
    """The rows with coordinates in `out_format`."""
    if p.in_format == p.out_format:
        return rows
    there = slice(p.coord_start, p.coord_start + 4)
    convert = kernels.centers if p.out_format == "center" else kernels.corners
    rows[..., there] = xp.stack(convert(rows[..., there]), axis=-1)
    return rows


@box_nms.shapes
@rules.forward
def _(p, data):
    if len(data) < 2:
        raise ShapeError(f"data has the shape {shapes.text(data)}", rule="(..., boxes, width)")
    width, last = data[-1], p.coord_start + 3
    positions = {"coord_start": p.coord_start, "its last coordinate": last}
    positions["score_index"] = p.score_index
    if p.id_index >= 0:
        positions["id_index"] = p.id_index
    for name, position in positions.items():
        if not 0 <= position < width:
            raise ParameterError(
                f"{name} is {position} in rows of {width} numbers", rule=f"from 0 to {width - 1}"
            )
    for name in ("score_index", "id_index"):
        if p.coord_start <= getattr(p, name) <= last or (name, p.id_index) == (
            "id_index",
            p.score_index,
        ):
            raise ParameterError(
                f"{name}={getattr(p, name)} is taken",
                rule="score, class and the four coordinates stand at different places of a row",
            )
    return [data, data[:-1]]


@box_nms.types
def _(p, data):
    found, _ = rules.float_type(p, data)
    return found, [found[0], np.dtype("int64")]


@box_nms.gradient("data")
def _(F, p, dy, places, data_shape, data_dtype):
    rows = F.take(F._np_reshape(dy, newshape=(-1, data_shape[-1])), places, axis=0)
    return rows * F.expand_dims(F.Cast(places >= 0, dtype=data_dtype), axis=-1)


@operator(
    "_contrib_box_encode",
    outputs=("output0", "output1"),
    type=rules.float_type,
    zero_gradient=True,
    cost=lambda p, ins, outs: 20 * shapes.size(outs[0]),
)
def box_encode(k, _p, samples, matches, anchors, refs, means, stds):
    """What a network should answer at each anchor: offsets to the true box matched with it.

    `((x - ax) / aw, (y - ay) / ah, log(w / aw), log(h / ah))`, minus `means`, divided by `stds`;
    x, y, w, h are center, width and height of the true box, ax, ay, aw, ah those of the anchor

    ========= ==================================================================
    samples   (images, n): above 0.5 where an anchor takes part
    matches   (images, n): the number of the true box of each anchor
    anchors   (images, n, 4), corners
    refs      (images, m, 4), corners of the true boxes
    means     (4,)
    stds      (4,)
    output0   (images, n, 4): the offsets, 0 where an anchor does not take part
    output1   (images, n, 4): 1 where it does, 0 elsewhere
    ========= ==================================================================

    Errors: ShapeError where the inputs do not fit; IndexingError when an anchor that takes part is
    matched with a box that does not exist.

    Source: MXNet 1.6, `mx.nd.contrib.box_encode`; Girshick and others, 2014.
    """
    xp, counts = k.xp, samples > 0.5
    index = xp.where(counts, matches, 0).astype("int64")
    outside = index[(index < 0) | (index >= refs.shape[1])]
    if outside.size:
        raise IndexingError(
            f"an anchor is matched with box {int(outside[0])}",
            rule=f"from 0 to {refs.shape[1] - 1}, as there are {refs.shape[1]} boxes",
        )
    offsets = kernels.offsets(xp, kernels.rows_at(xp, refs, index), anchors)
    mask = xp.repeat(counts[..., None].astype(samples.dtype), 4, axis=-1)
    return xp.where(counts[..., None], (offsets - means) / stds, 0).astype(samples.dtype), mask


@box_encode.shapes
def _(p, samples, matches, anchors, refs, means, stds):
    samples = shapes.unify(shapes.unify(samples, matches), (None, None))
    anchors = shapes.unify(anchors, (*samples, 4))
    refs = shapes.unify(refs, (anchors[0], None, 4))
    each, boxes = (refs[0], anchors[1]), (refs[0], anchors[1], 4)
    ins = [each, each, boxes, refs, shapes.unify(means, (4,)), shapes.unify(stds, (4,))]
    return ins, [boxes, boxes]


@operator(
    "_contrib_box_decode",
    Float("std0", 1.0, doc="Factor of the horizontal offset."),
    Float("std1", 1.0, doc="Factor of the vertical offset."),
    Float("std2", 1.0, doc="Factor of the logarithm of the width."),
    Float("std3", 1.0, doc="Factor of the logarithm of the height."),
    Float("clip", -1.0, doc="Upper limit of both logarithms; none when 0 or less."),
    Enum("format", FORMATS, "center", doc=f"How the anchors are given: {IN_WORDS}."),
    type=rules.float_type,
    zero_gradient=True,
    cost=lambda p, ins, outs: 20 * shapes.size(outs[0]),
)
def box_decode(k, p, data, anchors):
    """Boxes from a network's answers at anchors; the reverse of box_encode.

    `x = ax + aw std0 d0, y = ay + ah std1 d1, w = aw exp(std2 d2), h = ah exp(std3 d3)`;
    ax, ay, aw, ah are center, width and height of the anchor, x, y, w, h those of the box

    ======== ==============================
    data     (images, n, 4): d0, d1, d2, d3
    anchors  (1, n, 4)
    output   (images, n, 4), corners
    ======== ==============================

    No gradient flows back.

    Source: MXNet 1.6, `mx.nd.contrib.box_decode`; Girshick and others, 2014.
    """
    factors = (p.std0, p.std1, p.std2, p.std3)
    offsets = [d * f for d, f in zip(kernels.parts(data), factors, strict=True)]
    if p.clip > 0:
        offsets[2:] = [k.xp.minimum(log, p.clip) for log in offsets[2:]]
    anchor = (kernels.parts if p.format == "center" else kernels.centers)(anchors)
    return kernels.moved(k.xp, offsets, anchor)


@box_decode.shapes
def _(p, data, anchors):
    data = shapes.unify(data, (None, None, 4))
    anchors = shapes.unify(anchors, (1, data[1], 4))
    data = (data[0], anchors[1], 4)
    return [data, anchors], [data]


@operator(
    "_contrib_bipartite_matching",
    Bool("is_ascend", False, doc="Whether small scores are good, and not large ones."),
    Float("threshold", doc="Pairs whose score is not better than this are not matched."),
    Int("topk", -1, doc="Stop after this number of pairs, plus one; never when 0 or less."),
    outputs=("output0", "output1"),
    type=rules.float_type,
    zero_gradient=True,
    cost=lambda p, ins, outs: 4 * shapes.size(ins[0]) * min(ins[0][-2:]),
)
def bipartite_matching(k, p, data):
    """Matches rows with columns: the pair with the best score first, then the best of what is left.

    ======== =======================================================
    data     (..., rows, columns): a score for each pair
    output0  (..., rows): the column of each row, or -1
    output1  (..., columns): the row of each column, or -1
    ======== =======================================================

    Of equal scores the first one in the order of memory counts.

    Raises ShapeError for data with less than two axes.

    Source: MXNet 1.6, `mx.nd.contrib.bipartite_matching`.
    """
    xp, (rows, columns) = k.xp, data.shape[-2:]
    scores = data.reshape(-1, rows, columns).astype(
        "float32" if data.dtype == "float16" else data.dtype
    )
    limit = -p.threshold if p.is_ascend else p.threshold
    scores = -scores if p.is_ascend else scores
    scores = xp.where(kernels.above(scores, limit), scores, -xp.inf)
    steps = min(rows, columns, p.topk + 1 if p.topk > 0 else rows)
    found = kernels.match(xp, scores, steps)
    return tuple(
        x.astype(data.dtype).reshape(*data.shape[:-2], n)
        for x, n in zip(found, (rows, columns), strict=True)
    )


@bipartite_matching.shapes
@rules.forward
def _(p, data):
    if len(data) < 2:
        raise ShapeError(f"data has the shape {shapes.text(data)}", rule="(..., rows, columns)")
    shapes.check_filled(data[-2:], "a matrix of scores")
    return [data[:-1], (*data[:-2], data[-1])]


# ---- examples

_WHY = "no gradient flows to the boxes, as in MXNet"
_LEFT, _RIGHT = [[0, 0, 2, 2], [1, 1, 3, 3], [0, 0, 0, 1]], [[1, 1, 2, 2], [0, 0, 2, 1]]
box_iou.example(_LEFT, _RIGHT).gives(
    lambda a, b: np.array([[1 / 4, 1 / 2], [1 / 4, 0], [0, 0]])
).not_smooth(_WHY)
box_iou.example([[[1, 1, 2, 2]]], [[1.5, 1.5, 1, 1], [1, 1, 2, 2]], format="center").gives(
    lambda a, b: np.array([[[1 / 4, 1]]])
).not_smooth(_WHY)

_ROWS = [
    [0, 0.5, 0.1, 0.1, 0.2, 0.2],
    [1, 0.4, 0.1, 0.1, 0.2, 0.2],
    [0, 0.3, 0.1, 0.1, 0.14, 0.14],
    [2, 0.6, 0.5, 0.5, 0.7, 0.8],
]
_NOTHING = np.full((4, 6), -1.0)


def _first(*rows):
    """A function that gives these rows of its input, and -1 below them."""
    return lambda x: np.concatenate([x.reshape(4, 6)[list(rows)], _NOTHING[len(rows) :]])


box_nms.example(_ROWS, overlap_thresh=0.1).gives(_first(3, 0))
box_nms.example(_ROWS, overlap_thresh=0.5, topk=3, valid_thresh=0.35).gives(_first(3, 0))
box_nms.example(_ROWS, topk=0).gives(lambda x: x)
box_nms.example([_ROWS], overlap_thresh=0.1, id_index=0).gives(
    lambda x: _first(3, 0, 1)(x)[None]
).not_smooth("classes are whole numbers")
box_nms.example(_ROWS, id_index=0, background_id=2, out_format="center").gives(
    lambda x: np.concatenate(
        [
            [[0, 0.5, 0.15, 0.15, 0.1, 0.1], [1, 0.4, 0.15, 0.15, 0.1, 0.1]],
            [[0, 0.3, 0.12, 0.12, 0.04, 0.04]],
            _NOTHING[3:],
        ]
    )
).not_smooth("the gradient leaves out the conversion of coordinates, as in MXNet")

_ANCHORS, _OBJECTS = [[[0, 0, 2, 4], [1, 1, 3, 3], [0, 1, 4, 2]]], [[[0, 0, 2, 2], [1, 0, 4, 4]]]
box_encode.example(
    [[1, 0, 1]], [[1, 0, 0]], _ANCHORS, _OBJECTS, [0, 0, 0.5, 0], [0.5, 1, 1, 2]
).gives(
    lambda *_: [
        np.array(
            [
                [
                    [1.5, 0, np.log(1.5) - 0.5, 0],
                    [0, 0, 0, 0],
                    [-0.5, -0.5, np.log(0.5) - 0.5, np.log(2) / 2],
                ]
            ]
        ),
        np.repeat([[[1.0], [0.0], [1.0]]], 4, axis=2),
    ]
).not_smooth(_WHY)


def _decoded(d, anchors, stds=(1, 1, 1, 1), clip=np.inf):
    ax, ay, aw, ah = np.moveaxis(anchors, -1, 0)
    x, y = d[..., 0] * stds[0] * aw + ax, d[..., 1] * stds[1] * ah + ay
    w, h = (np.exp(np.minimum(d[..., i] * stds[i], clip)) * a for i, a in ((2, aw), (3, ah)))
    return np.stack([x - w / 2, y - h / 2, x + w / 2, y + h / 2], axis=-1)


box_decode.example((2, 3, 4), [[[1, 2, 2, 3], [0, 0, 1, 1], [2, 1, 3, 0.5]]]).gives(
    _decoded
).not_smooth(_WHY)
box_decode.example(
    (2, 3, 4), _ANCHORS, std0=0.5, std1=0.1, std2=2, std3=0.2, clip=0.1, format="corner"
).gives(
    lambda d, _: _decoded(
        d, np.array([[[1, 2, 2, 4], [2, 2, 2, 2], [2, 1.5, 4, 1]]]), (0.5, 0.1, 2, 0.2), 0.1
    )
).not_smooth(_WHY)

_SCORES = [[0.5, 0.625], [0.125, 0.25], [0.375, 0.4375]]
_STEPS = "positions are whole numbers"
bipartite_matching.example(_SCORES, threshold=0.01).gives(
    lambda x: [np.array([1, -1, 0]), np.array([2, 0])]
).not_smooth(_STEPS)
bipartite_matching.example([_SCORES, _SCORES], threshold=0.3, is_ascend=True, topk=1).gives(
    lambda x: [np.array([[-1, 0, -1]] * 2), np.array([[1, -1]] * 2)]
).not_smooth(_STEPS)
