"""Dropout: in training, elements are set to 0 at random."""

from mxbook.base import shapes
from mxbook.ops import rules
from mxbook.ops.params import Bool, Enum, Real, Shape
from mxbook.ops.registry import operator


class Probability(Real):
    """A number from 0 to 1."""

    kind = "a number from 0 to 1"

    def convert(self, value):
        """Both ends are allowed."""
        value = super().convert(value)
        if not 0 <= value <= 1:
            raise ValueError
        return value


def _drops(p, train):
    return p.p > 0 and (train or p.mode == "always")


def _mask_shape(p, data):
    return tuple(1 if i in p.axes else n for i, n in enumerate(data))


@operator(
    "Dropout",
    Probability("p", 0.5, doc="How likely an element is to be dropped."),
    Enum(
        "mode",
        ("always", "training"),
        "training",
        doc="Whether to drop in training only, or always.",
    ),
    Shape("axes", (), doc="Axes along which elements are dropped together."),
    Bool("cudnn_off", False, optional=True, doc="Has no effect here."),
    aliases=("_npx_dropout",),
    outputs=("output", "mask"),
    visible=lambda p: 1,
    uses_random=True,
    uses_train=True,
    draws=_drops,
    cost=lambda p, ins, outs: 10 * shapes.size(outs[1]) + shapes.size(ins[0]),
)
def dropout(k, p, data, *, outs=None):
    """Each element is 0 with probability `p`, and divided by `1 - p` otherwise; the mean stays.

    Without training (and in mode `training`) a copy.  The hidden second output holds the factors.

    Source: MXNet 1.6, `mx.nd.Dropout`; Srivastava and others, 2014.
    """
    xp, shape = k.xp, _mask_shape(p, data.shape)
    output, mask = outs or (xp.empty(s, data.dtype) for s in (data.shape, shape))
    if not _drops(p, k.is_train):
        xp.copyto(output, data)
        mask.fill(1)
        return output, mask
    kept = k.to_device(k.random.keep(1 - p.p, shape, data.dtype))
    factors = mask if data.dtype.itemsize > 2 else xp.empty(shape, "float32")
    xp.copyto(factors, kept)
    factors /= 1 - p.p
    if factors is not mask:
        xp.copyto(mask, factors)
    xp.multiply(data, mask, out=output)
    return output, mask


@dropout.shapes
@rules.forward
def _(p, data):
    for axis in p.axes:
        shapes.axis_index(axis, len(data))
    return [data, _mask_shape(p, data)]


dropout.types(rules.float_type)


@dropout.gradient("data")
def _(F, p, dy, mask):
    return dy * mask


dropout.example((2, 3), p=0.0).gives(lambda x: x)
dropout.example((2, 3), p=0.5, mode="always").not_smooth("random")
dropout.example((2, 3, 4), p=0.25, axes=(1,)).not_smooth("random")
