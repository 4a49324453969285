"""Images as the input of networks: from pixels to tensors."""

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import DEFAULT
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.params import Floats
from mxbook.ops.registry import operator


@operator("_image_to_tensor", aliases=("_npx__image_to_tensor",))
def image_to_tensor(k, _p, data):
    """Pixels from 0 to 255 as numbers from 0 to 1, with the channels in front.

    data    (h, w, c) or (n, h, w, c), any type
    output  (c, h, w) or (n, c, h, w), float32

    Source: MXNet 1.6, `mx.nd.image.to_tensor`.
    """
    front = (2, 0, 1) if data.ndim == 3 else (0, 3, 1, 2)
    return k.xp.ascontiguousarray(data.transpose(front).astype(DEFAULT)) / 255


@image_to_tensor.shapes
@rules.forward
def _(p, data):
    if len(data) not in (3, 4):
        raise ShapeError(
            f"an image has the shape {shapes.text(data)}", rule="(h, w, c) or (n, h, w, c)"
        )
    return (*data[:-3], data[-1], *data[-3:-1])


@image_to_tensor.types
def _(p, dtype):
    return [dtype], [DEFAULT]


@image_to_tensor.gradient("data")
def _(F, p, dy, data_shape, data_dtype):
    back = (1, 2, 0) if len(data_shape) == 3 else (0, 2, 3, 1)
    return F.Cast(F.transpose(dy, axes=back) / 255, dtype=data_dtype)


@operator(
    "_image_normalize",
    Floats("mean", (0, 0, 0, 0), doc="Mean of each channel, or one for all."),
    Floats("std", (1, 1, 1, 1), doc="Standard deviation of each channel, or one for all."),
    shape=rules.same_shape,
    aliases=("_npx__image_normalize",),
)
def image_normalize(k, p, data):
    """Each channel with its mean subtracted and divided by its standard deviation.

    data, output    (c, h, w) or (n, c, h, w)

    Raises ParameterError unless there are one or c numbers in `mean` and in `std`.

    Source: MXNet 1.6, `mx.nd.image.normalize`.
    """
    wide = "float64" if data.dtype.itemsize == 8 else "float32"
    mean, std = (k.to_device(np.reshape(v, (-1, 1, 1)).astype(wide)) for v in (p.mean, p.std))
    return ((data - mean) / std).astype(data.dtype, copy=False)


@image_normalize.shapes
@rules.forward
def _(p, data):
    if len(data) not in (3, 4):
        raise ShapeError(
            f"an image has the shape {shapes.text(data)}", rule="(c, h, w) or (n, c, h, w)"
        )
    for name, value in (("mean", p.mean), ("std", p.std)):
        if len(value) not in (1, data[-3]):
            raise ParameterError(
                f"{name} has {len(value)} numbers for {data[-3]} channels",
                rule="one number for each channel, or one for all",
            )
    return data


@image_normalize.gradient("data")
def _(F, p, dy, data_shape):
    channels = data_shape[-3]
    std = np.broadcast_to(p.std, channels)
    parts = [F.slice_axis(dy, axis=-3, begin=i, end=i + 1) / float(std[i]) for i in range(channels)]
    return parts[0] if channels == 1 else F.Concat(*parts, dim=len(data_shape) - 3)


image_to_tensor.example(In((2, 3, 3), 0, 255, "uint8")).gives(lambda x: x.transpose(2, 0, 1) / 255)
image_to_tensor.example((2, 2, 3, 1)).gives(lambda x: x.transpose(0, 3, 1, 2) / 255)
image_normalize.example((3, 2, 2), mean=(0.1, 0.2, 0.3), std=(0.5, 1, 2)).gives(
    lambda x: (x - np.reshape([0.1, 0.2, 0.3], (3, 1, 1))) / np.reshape([0.5, 1, 2], (3, 1, 1))
)
image_normalize.example((2, 3, 2, 2), mean=0.5, std=2.0).gives(lambda x: (x - 0.5) / 2)
