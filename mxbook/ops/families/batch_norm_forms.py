"""Other forms of BatchNorm: MXNet's first one, and the one that several devices share.

Both compute what BatchNorm computes, with its kernels; they have fewer parameters and show the
variance, where BatchNorm shows 1 / standard deviation.
"""

from typing import Any

import numpy as np

from mxbook.ops.examples import In
from mxbook.ops.operator import Operator
from mxbook.ops.params import Bool, Int, Param, Text, Values
from mxbook.ops.registry import register

from .normalization import BATCH_NORM, batch_norm

SHARED = (*BATCH_NORM[:4], Bool("output_mean_var", False, doc="Return mean and variance, too."))
ABOUT = """

    data                     (n, channels, ...)
    gamma, beta              (channels,)
    moving_mean, moving_var  (channels,) auxiliary states, which the backward pass of training moves
    output                   like data
    mean, var                (channels,) with output_mean_var; no gradient flows back from them

    Errors: ShapeError where these do not fit.  """


def _full(p: Values) -> Values:
    """The parameters of BatchNorm that a form's stand for."""
    return batch_norm.values({param.name: getattr(p, param.name) for param in SHARED})


def _form(name: str, params: tuple[Param, ...], doc: str, **fields: Any) -> Operator:
    """Register a form of BatchNorm."""

    def kernel(k, p, data, gamma, beta, moving_mean, moving_var):
        output, mean, inverse = batch_norm.kernel(
            k, _full(p), data, gamma, beta, moving_mean, moving_var
        )
        return output, mean, 1 / (inverse * inverse) - p.eps

    op = register(
        Operator(
            name,
            kernel,
            params,
            outputs=batch_norm.outputs,
            visible=batch_norm.visible,
            aux=batch_norm.aux,
            mutates=batch_norm.mutates,
            uses_train=True,
            shape=lambda p, *ins: batch_norm.shape_rule(_full(p), *ins),
            type=batch_norm.type_rule,
            cost=batch_norm.cost,
            doc=doc,
            source=_form,
            **fields,
        )
    )

    @op.gradient
    def _(F, p, dys, data, gamma, moving_mean, moving_var, mean, var):
        if dys[0] is None:
            return [None]
        inverse = F.rsqrt(var + p.eps)
        states = (mean, inverse, moving_mean, moving_var)
        return list(F._backward_BatchNorm(dys[0], data, gamma, *states, **dict(_full(p).items())))

    return op


batch_norm_v1 = _form(
    "BatchNorm_v1",
    SHARED,
    "BatchNorm in its first form, kept for old models: channels along axis 1, see BatchNorm."
    + ABOUT
    + """The auxiliary states are given by name.

    Source: MXNet 1.6, `mx.sym.BatchNorm_v1`.""",
    aux_by_name=True,
)
sync_batch_norm = _form(
    "_contrib_SyncBatchNorm",
    (
        *SHARED,
        Int(
            "ndev",
            1,
            low=1,
            high=1,
            doc="How many devices share one batch; mxbook takes means over the part of one device.",
        ),
        Text("key", doc="Tells layers apart; any text."),
    ),
    """BatchNorm with mean and variance of the whole batch, also where devices share it.

    Here a batch lies on one device, so that this is BatchNorm with channels along axis 1."""
    + ABOUT
    + "Source: MXNet 1.6, `mx.nd.contrib.SyncBatchNorm`; H. Zhang et al., 2018.",
)


def _by_averages(x, g, b, m, v):
    """Without training, which is how the automatic tests ask for values."""
    return (g * (np.moveaxis(x, 1, -1) - m) / np.sqrt(v + 1e-3) + b).swapaxes(1, -1)


_VECTORS = (In((3,), 0.5, 1.5), (3,), (3,), In((3,), 0.5, 1.5))
for _op, _more in ((batch_norm_v1, {}), (sync_batch_norm, {"key": "bn0"})):
    _op.example((4, 3, 2), *_VECTORS, fix_gamma=False, **_more).gives(_by_averages)
    _op.example((5, 3), *_VECTORS, fix_gamma=False, output_mean_var=True, **_more).gives(
        lambda x, g, b, m, v: [_by_averages(x, g, b, m, v), m, v]
    ).not_smooth("as in MXNet, no gradient flows back from mean and var")
