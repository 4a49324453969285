"""Which range should a quantized array have?  The one whose few levels tell most of the data."""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ShapeError
from mxbook.ops.params import Int
from mxbook.ops.registry import operator

from .quantization import FLOAT32, typed

SMALL = 1e-4  # what empty bins get, so that no logarithm is that of 0
WORST = np.finfo("float32").max


def _cost(p, ins, _outs):
    bins = shapes.size(ins[0])
    return 10 * bins * max(1, (bins - p.num_quantized_bins) // 2)


@operator(
    "_contrib_calibrate_entropy",
    Int("num_quantized_bins", 255, low=1, doc="How many levels the quantized numbers will have."),
    outputs=("threshold", "divergence"),
    cost=_cost,
)
def calibrate_entropy(k, p, hist, hist_edges):
    """The threshold at which numbers should be cut off before they are quantized.

    `hist` counts the numbers in bins that lie around 0.  For each symmetric part of it with at
    least `num_quantized_bins` bins: P is the part, with all numbers outside added to its outermost
    bins; Q is the part in only `num_quantized_bins` levels, each spread evenly over the bins of it
    that are not empty.  The threshold is the upper edge of the part for which Q says most about P,
    that is with the smallest divergence `sum P ln(P / Q)` (Kullback and Leibler).

    hist         (bins,) float32
    hist_edges   (bins + 1,) float32
    threshold    (1,) float32
    divergence   (1,) float32; the largest float32 where no part has one

    Errors: ShapeError for fewer bins than levels.  Sources: MXNet 1.6,
    `mx.nd.contrib.calibrate_entropy`; Migacz, 8-bit inference with TensorRT, 2017.
    """
    counts, middle = hist.ravel(), hist.size // 2
    widths = range(p.num_quantized_bins // 2, middle + 1)
    found = [_divergence(k.xp, counts, middle, width, p.num_quantized_bins) for width in widths]
    found = k.xp.concatenate(found)
    best = found.argmin().reshape(1)
    edge = k.xp.minimum(middle + widths[0] + best + 1, hist.size)
    return hist_edges.ravel()[edge], found[best]


def _divergence(xp: Any, counts: Any, middle: int, width: int, levels: int) -> Any:
    """The divergence of a part in fewer levels from the part itself, (1,)."""
    first, last = middle - width, min(middle + width + 1, counts.size)
    part = xp.trunc(counts[first:last])  # as in MXNet, whole counts ...
    part[0] = 0  # ... and none for the first bin
    true = counts[first:last].copy()
    true[0] = counts[: first + 1].sum()
    true[-1] += counts[last:].sum()
    level = xp.minimum(xp.arange(part.size) // (part.size // levels), levels - 1)
    total = xp.bincount(level, weights=part, minlength=levels)
    filled = xp.bincount(level, weights=(part != 0).astype("float32"), minlength=levels)
    even = (total / xp.maximum(filled, 1)).astype("float32")
    coarse = xp.where(true != 0, even[level], 0)
    (p, p_valid), (q, q_valid) = _distribution(xp, true), _distribution(xp, coarse)
    # Added up one by one in float32, as MXNet does: many parts come out nearly equal.
    terms = p * xp.log((p / q).astype("float64")).astype("float32")
    return xp.where(p_valid & q_valid, xp.cumsum(terms)[-1:], WORST)


def _distribution(xp: Any, counts: Any) -> tuple[Any, Any]:
    """The shares of the bins, where empty ones get a little of what the others have.

    Also whether that can be done.
    """
    empty = counts == 0
    zeros = empty.sum(keepdims=True)
    taken = (SMALL * zeros.astype("float32") / (counts.size - zeros)).astype("float32")
    smooth = xp.where(empty, SMALL, counts - taken).astype("float32")
    return smooth / xp.cumsum(smooth)[-1:], taken < 1


@calibrate_entropy.shapes
def _(p, hist, hist_edges):
    if shapes.known(hist):
        bins = shapes.size(hist)
        if bins < p.num_quantized_bins:
            raise ShapeError(
                f"hist has {bins} bins",
                rule=f"at least num_quantized_bins={p.num_quantized_bins}",
                hint="a finer histogram",
            )
        if shapes.known(hist_edges) and shapes.size(hist_edges) != bins + 1:
            raise ShapeError(
                f"hist has {bins} bins and {shapes.size(hist_edges)} edges",
                rule="one edge more than bins",
            )
    return [hist, hist_edges], [(1,), (1,)]


@calibrate_entropy.types
def _(_p, hist, edges):
    ins = [typed("hist", hist, FLOAT32), typed("hist_edges", edges, FLOAT32)]
    return ins, [FLOAT32, FLOAT32]


def _value(counts, edges):
    """The definition, bin by bin, for three levels."""
    middle, found = len(counts) // 2, []
    for width in range(1, middle + 1):
        first, last = middle - width, middle + width + 1
        true = counts[first:last].copy()
        true[0], true[-1] = sum(counts[: first + 1]), sum(counts[last - 1 :])
        bins = [0, *counts[first + 1 : last]]
        coarse, step = np.zeros(len(bins)), len(bins) // 3
        for a, b in ((0, step), (step, 2 * step), (2 * step, len(bins))):
            filled = max(np.count_nonzero(bins[a:b]), 1)
            coarse[a:b] = [sum(bins[a:b]) / filled if true[i] else 0 for i in range(a, b)]
        shares = []
        for x in (true, coarse):
            zeros = np.count_nonzero(x == 0)
            smooth = np.where(x == 0, SMALL, x - SMALL * zeros / (len(x) - zeros))
            shares.append(smooth / smooth.sum())
        found.append((sum(shares[0] * np.log(shares[0] / shares[1])), edges[last]))
    divergence, threshold = min(found)
    return [[threshold], [divergence]]


calibrate_entropy.example(
    [1.0, 0.0, 2.0, 5.0, 30.0, 52.0, 40.0, 7.0, 3.0, 0.0, 1.0],
    np.arange(-6, 6, dtype="float32"),
    num_quantized_bins=3,
).gives(_value).not_smooth("a search")
