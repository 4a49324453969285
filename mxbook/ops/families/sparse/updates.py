"""Optimizer steps with row_sparse gradients: only the rows change that have a gradient.

Weight and states may all be row_sparse, too; for a mixture, as in MXNet, there is only the dense
step, in which every row changes. So it is for `ftrl_update` of a dense weight. With
`lazy_update=False` rows without a gradient change as if theirs were zero: momentum moves them on,
weight decay draws them in; then the states of a row_sparse weight may be dense.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from mxbook.base.sparse import SparseParts
from mxbook.ops import sparse
from mxbook.ops.examples import In
from mxbook.ops.families.optimizer import CLIP, LR, RESCALE, STEP, WD, WHY, rescaled
from mxbook.ops.kernels.blocks import in_blocks
from mxbook.ops.params import Single
from mxbook.ops.registry import operator, operators

from .storage import rows_at


def adagrad(xp, p, out, weight, grad, history, g, t):
    """`history += g^2`, then `weight - lr * (g / sqrt(history + epsilon) + wd * weight)`."""
    g = rescaled(xp, p, grad, g)
    history += xp.square(g, out=t)
    xp.sqrt(xp.add(history, p.epsilon, out=t), out=t)
    g /= t
    if p.wd:
        g += xp.multiply(weight, p.wd, out=t)
    g *= p.lr
    xp.subtract(weight, g, out=out)


@operator(
    "_sparse_adagrad_update",
    LR,
    Single("epsilon", 1e-7, doc="Keeps the divisor away from 0."),
    WD,
    RESCALE,
    CLIP,
    mutates=("history",),
    **STEP,
)
def adagrad_update(k, p, weight, grad, history, *, out=None):
    """A step of AdaGrad: `history = history + g^2`, `weight - lr * g / sqrt(history + epsilon)`.

    `g` is `rescale_grad * grad`, clipped; weight decay is taken from the weight directly.  MXNet
    1.6 has only the form for row_sparse gradients; for dense ones it is the same with all rows.

    Source: MXNet 1.6, `mx.nd.sparse.adagrad_update`; Duchi et al., Adaptive Subgradient Methods,
    2011.
    """
    return in_blocks(k, p, adagrad, 2, out, weight, grad, history)


adagrad_update.example((2, 3), (2, 3), In((2, 3), 0.1, 1), lr=0.1, wd=0.01, rescale_grad=0.5).gives(
    lambda w, g, h: w - 0.1 * (0.5 * g / np.sqrt(h + (0.5 * g) ** 2 + 1e-7) + 0.01 * w)
).not_smooth(WHY)


def put_rows(xp: Any, target: Any, rows: Any, values: Any) -> None:
    """Overwrite rows of a dense or row_sparse array."""
    if not isinstance(target, SparseParts):
        target[rows] = values
        return
    known = len(target.indices)
    place = xp.searchsorted(target.indices, rows)
    if known and bool((target.indices[xp.clip(place, 0, known - 1)] == rows).all()):
        target.data[place] = values
        return
    union = xp.unique(xp.concatenate([target.indices, rows]))
    data = rows_at(xp, target, union)
    data[xp.searchsorted(union, rows)] = values
    target.assign(SparseParts("row_sparse", data, union, None, target.shape))


def rows_of_any(xp: Any, array: Any, rows: Any) -> Any:
    """Rows of a dense or row_sparse array, as a new dense one."""
    return rows_at(xp, array, rows) if isinstance(array, SparseParts) else array[rows]


def _match(*kinds: str) -> Callable:
    """A match for a row_sparse gradient, weight and states all of one of these kinds.

    In the step that is not lazy the states may be dense in any case.
    """

    def match(p: Any, found: tuple[str, ...]) -> tuple[str, ...] | None:
        weight, gradient, *states = found
        allowed = {weight} if getattr(p, "lazy_update", True) else {weight, "default"}
        fits = gradient == "row_sparse" and weight in kinds and set(states) <= allowed
        return (weight,) if fits else None

    return match


def _lazily(kernel: Callable) -> Callable:
    """A step on the rows that have a gradient, by the kernel of the step on all."""

    def sparse_kernel(k, p, weight, grad, *states, out=None):
        xp = k.xp
        if out is None:
            out = sparse.copied(weight)
        elif out is not weight:
            sparse.store(xp, out, weight)
        if not getattr(p, "lazy_update", True):
            grad = SparseParts(
                "row_sparse", sparse.to_dense(xp, grad), xp.arange(grad.shape[0]), None, grad.shape
            )
        rows = grad.indices
        changed = [rows_of_any(xp, a, rows) for a in (weight, *states)]
        kernel(k, p, changed[0], grad.data, *changed[1:], out=changed[0])
        for array, values in zip((out, *states), changed, strict=True):
            put_rows(xp, array, rows, values)
        return out

    return sparse_kernel


BOTH = ("default", "row_sparse")
for name, kinds in {
    "sgd_update": BOTH,
    "sgd_mom_update": BOTH,
    "adam_update": BOTH,
    "ftrl_update": ("row_sparse",),
    "_contrib_group_adagrad_update": BOTH,
    "_sparse_adagrad_update": BOTH,
}.items():
    operators[name].sparse(match=_match(*kinds))(_lazily(operators[name].kernel))
