"""Pictures in another size: enlarged, shrunk, or cut out."""

import math

import numpy as np

from mxbook.base import shapes
from mxbook.base.errors import ParameterError, ShapeError
from mxbook.ops import rules
from mxbook.ops.params import Bool, Enum, Int, Real, Shape
from mxbook.ops.registry import operator

from .deconvolution import data_gradient, deconvolution, reference, weight_gradient
from .joining import NUM_ARGS
from .shape import copied, result_cost


def picture(shape, what="data"):
    """The shape, which must be (n, c, h, w); raises ShapeError otherwise."""
    if len(shape) != 4:
        raise ShapeError(f"{what} has the shape {shapes.text(shape)}", rule="(n, c, h, w)")
    shapes.check_filled(shape[2:], "a picture")
    return shape


# ---- UpSampling


def _bilinear(p):
    """UpSampling with weights as the parameters of a Deconvolution, a window for each channel."""
    kernel, pad = 2 * p.scale - p.scale % 2, p.scale // 2
    return deconvolution.values(
        {
            "kernel": (kernel, kernel),
            "stride": (p.scale, p.scale),
            "pad": (pad, pad),
            "num_filter": p.num_filter,
            "num_group": p.num_filter,
        }
    )


def _upsampling_inputs(p):
    if p.sample_type == "bilinear":
        return ("data", "weight")
    return [f"arg{i}" for i in range(p.num_args)]


def _upsampling_cost(p, ins, outs):
    if p.sample_type == "bilinear":
        return deconvolution.cost(p, ins, outs)
    return result_cost(p, ins, outs)


@operator(
    "UpSampling",
    Int("scale", low=1, high=1000, doc="How many times larger the (first) picture becomes."),
    Int("num_filter", 0, low=0, doc="With bilinear: the number of channels."),
    Enum("sample_type", ("bilinear", "nearest"), doc="How the new pixels are found."),
    Enum(
        "multi_input_mode",
        ("concat", "sum"),
        "concat",
        doc="With nearest: whether the channels of several inputs are joined or added.",
    ),
    NUM_ARGS,
    Int("workspace", 512, low=0, doc="Has no effect here; in MXNet megabytes of scratch memory."),
    variadic="num_args",
    takes=_upsampling_inputs,
    type=rules.float_type,
    cost=_upsampling_cost,
)
def upsampling(k, p, *data, out=None):
    """Pictures made `scale` times as high and wide.

    ========= ============================ =====================================================
    nearest   data (n, c, h, w), ...       every pixel is repeated; further pictures are enlarged
                                           to the same size, which must be a multiple of theirs
    bilinear  data (n, c, h, w),           a Deconvolution with stride `scale`, one window for
              weight (c, 1, kernel,        each channel and `kernel = 2 * scale - scale % 2`; with
              kernel)                      weights of `initializer.Bilinear` it interpolates
    output    (n, c', scale * h, scale * w)
    ========= ============================ =====================================================

    c' is c for one picture and in mode sum, the sum of all c in mode concat.

    Raises ShapeError for pictures that do not fit together.

    Source: MXNet 1.6, `mx.nd.UpSampling`; Long, Shelhamer and Darrell, 2015.
    """
    if p.sample_type == "bilinear":
        return deconvolution.kernel(k, _bilinear(p), *data, out=out)
    shape = _upsampled_shape(p, *(x.shape for x in data))
    found = k.xp.empty(shape, data[0].dtype) if out is None else out
    for i, (part, scale) in enumerate(_upsampled_parts(p, [x.shape for x in data])):
        n, c, h, w = data[i].shape
        blocks = found[:, part].reshape(n, c, h, scale, w, scale)
        if i == 0 or p.multi_input_mode == "concat":
            blocks[...] = data[i][:, :, :, None, :, None]
        else:
            blocks += data[i][:, :, :, None, :, None]
    return found


def _upsampled_parts(p, ins):
    """For each input its channels of the output, and how many times it is enlarged."""
    height, first = ins[0][2] * p.scale, 0
    for shape in ins:
        stop = first + shape[1]
        yield slice(first, stop), height // shape[2]
        first = stop if p.multi_input_mode == "concat" else 0


def _upsampled_shape(p, *ins):
    n, c, h, w = picture(ins[0])
    size = (h * p.scale, w * p.scale)
    for shape in ins:
        times = size[0] // picture(shape)[2]
        if (shape[0], shape[2] * times, shape[3] * times) != (n, *size):
            raise ShapeError(
                f"a picture of {shapes.text(shape)} cannot be enlarged to {size}",
                rule=f"{n} examples; height and width divide those of the result equally often",
            )
    if p.multi_input_mode == "concat":
        return (n, sum(s[1] for s in ins), *size)
    if any(s[1] != c for s in ins):
        raise ShapeError("the pictures cannot be added", rule="with sum, equally many channels")
    return (n, c, *size)


@upsampling.shapes
def _(p, *ins):
    if p.sample_type == "nearest":
        return rules.forward(_upsampled_shape)(p, *ins)
    data = ins[0]
    channels = p.num_filter if data is None else picture(data)[1] or p.num_filter
    if not channels == p.num_filter > 0:
        raise ShapeError(
            f"num_filter={p.num_filter}", rule="with bilinear, the number of channels of data"
        )
    return deconvolution.shape_rule(_bilinear(p), *ins)


@upsampling.gradient
def _(F, p, dy, data, data_shape):
    if p.sample_type == "bilinear":
        options = _bilinear(p)
        return [
            data_gradient(F, options, dy, data[1], data_shape[0]),
            weight_gradient(F, options, dy, data[0], data_shape[0]),
        ]
    found = []
    for part, scale in _upsampled_parts(p, data_shape):
        own = dy
        if len(data_shape) > 1 and p.multi_input_mode == "concat":
            own = F.slice_axis(dy, axis=1, begin=part.start, end=part.stop)
        blocks = {"kernel": (scale, scale), "stride": (scale, scale), "pool_type": "sum"}
        found.append(F.Pooling(own, **blocks))
    return found


# ---- Sizes chosen freely: every row of the result is a weighted sum of rows, and so for columns


def bilinear_weights(length: int, places: int):
    """Weights (places, length) of linear interpolation; the first and the last element stay.

    Places are found in single precision whatever the data, as in MXNet.
    """
    step = np.float32((length - 1) / (places - 1) if places > 1 else 0)
    where = np.arange(places, dtype="float32") * step
    low = np.minimum(where.astype(int), length - 1)
    share = where - low
    weights = np.zeros((places, length))
    weights[np.arange(places), low] = 1 - share
    weights[np.arange(places), np.minimum(low + 1, length - 1)] += share
    return weights


def mean_weights(length: int, places: int):
    """Weights (places, length) of the means of `places` equal parts, rounded to whole elements."""
    begin = np.arange(places)[:, None] * length // places
    end = -(-np.arange(1, places + 1)[:, None] * length // places)
    index = np.arange(length)
    return ((index >= begin) & (index < end)) / (end - begin)


WEIGHTS = {"bilinear": bilinear_weights, "mean": mean_weights}


def _weighted(k, rows, columns, data, out):
    """`rows @ picture @ columns.T` for all pictures; `rows` and `columns` are host arrays."""
    xp, (n, c, h, w) = k.xp, data.shape
    wide = data.astype("float32") if data.dtype.itemsize == 2 else data
    rows, columns = (k.to_device(m.astype(wide.dtype)) for m in (rows, columns))
    narrow = xp.matmul(wide.reshape(-1, w), columns.T).reshape(n, c, h, -1)
    target = out if out is not None and out.dtype == wide.dtype else None
    return xp.matmul(rows, narrow, out=target).astype(data.dtype, copy=False)


def _weighted_cost(_p, ins, outs):
    (n, c, h, w), (height, width) = ins[0], outs[0][2:]
    return n * c * (rules.matrix_cost(h, width, w) + rules.matrix_cost(height, width, h))


_SIZES = {  # modes that need no numbers: an even (odd) length stays, another one changes by 1
    "to_even_down": lambda n: n - n % 2,
    "to_even_up": lambda n: n + n % 2,
    "to_odd_down": lambda n: n - 1 + n % 2,
    "to_odd_up": lambda n: n + 1 - n % 2,
}


@operator(
    "_contrib_BilinearResize2D",
    Int("height", 1, low=1, high=10000, doc="Height of the result, in mode size without scales."),
    Int("width", 1, low=1, high=10000, doc="Width of the result, in mode size without scales."),
    Real("scale_height", None, doc="In the modes size and odd_scale: factor of the height."),
    Real("scale_width", None, doc="In the modes size and odd_scale: factor of the width."),
    Enum(
        "mode",
        ("like", "odd_scale", *("size", *_SIZES)),
        "size",
        doc="size: as given; odd_scale: scaled, `(length - 1) * scale + 1` for odd lengths; like: "
        "that of the second input; to_even_down, ...: the nearest such length.",
    ),
    takes=lambda p: ("data", "like") if p.mode == "like" else ("data",),
    type=rules.float_type,
    cost=_weighted_cost,
    bools=("like",),
)
def bilinear_resize(k, p, data, like=None, *, out=None):
    """Pictures in another size, by linear interpolation; corners stay corners.

    Row i of the result lies at `i * (h - 1) / (h' - 1)` between the rows of the data, and columns
    likewise.

    data    (n, c, h, w)
    like    (.., .., h', w'), only in the mode like
    output  (n, c, h', w')

    Raises ParameterError where one of the scales is missing.

    Source: MXNet 1.6, `mx.nd.contrib.BilinearResize2D`.
    """
    height, width = _resized(p, data.shape, like.shape if like is not None else None)[2:]
    rows, columns = map(bilinear_weights, data.shape[2:], (height, width))
    return _weighted(k, rows, columns, data, out)


def _resized(p, data, like=None):
    lengths = picture(data)[2:]
    scales = (p.scale_height, p.scale_width)
    if p.mode == "like":
        found = picture(like, "like")[2:]
    elif p.mode in _SIZES:
        found = map(_SIZES[p.mode], lengths)
    elif p.mode == "size" and p.scale_height is None:
        found = (p.height, p.width)
    elif None in scales:
        raise ParameterError(
            f"scale_height={scales[0]}, scale_width={scales[1]}",
            rule="both of them in mode odd_scale; in mode size both, or height and width",
        )
    else:
        odd = [p.mode == "odd_scale" and n % 2 for n in lengths]
        factors = map(np.float32, scales)
        found = [int((n - o) * f) + o for n, o, f in zip(lengths, odd, factors, strict=True)]
    shape = (*data[:2], *found)
    if min(shape[2:]) < 1:
        raise ShapeError(f"nothing would be left of {shapes.text(data)}", rule="at least 1 by 1")
    return shape


bilinear_resize.shapes(rules.forward(_resized))


@bilinear_resize.gradient("data")
def _(F, p, dy, data_shape):
    return F._backward_resize(dy, weights="bilinear", shape=data_shape)


@operator(
    "_contrib_AdaptiveAvgPooling2D",
    Shape("output_size", (), doc="Height and width of the result, or one number for both; 1."),
    type=rules.float_type,
    cost=_weighted_cost,
)
def adaptive_pooling(k, p, data, *, out=None):
    """The means of as many parts of each picture as the result shall have pixels.

    `out[n, c, i, j]` is the mean of the rows from `floor(i * h / h')` up to `ceil((i + 1) * h /
    h')` and the columns from `floor(j * w / w')` up to `ceil((j + 1) * w / w')`.

    data    (n, c, h, w)
    output  (n, c, h', w')

    Source: MXNet 1.6, `mx.nd.contrib.AdaptiveAvgPooling2D`; He and others, Spatial pyramid
    pooling, 2014.
    """
    rows, columns = map(mean_weights, data.shape[2:], _adapted(p, data.shape)[2:])
    return _weighted(k, rows, columns, data, out)


def _adapted(p, data):
    size = p.output_size * 2 if len(p.output_size) == 1 else p.output_size
    if len(size) != 2:  # as in MXNet, whatever it is
        size = (1, 1)
    if min(size) < 1:
        raise ParameterError(f"output_size={p.output_size}", rule="at least 1 by 1")
    return (*picture(data)[:2], *size)


adaptive_pooling.shapes(rules.forward(_adapted))


@adaptive_pooling.gradient("data")
def _(F, p, dy, data_shape):
    return F._backward_resize(dy, weights="mean", shape=data_shape)


@operator(
    "_backward_resize",
    Enum("weights", tuple(WEIGHTS), doc="Whose gradient: BilinearResize2D's, or that of means."),
    Shape("shape", doc="Shape of the data."),
    type=rules.float_type,
    cost=_weighted_cost,
)
def backward_resize(k, p, delta, *, out=None):
    """The gradient of changing the size: numbers go back to where they came from."""
    rows, columns = map(WEIGHTS[p.weights], p.shape[2:], delta.shape[2:])
    return _weighted(k, rows.T, columns.T, delta, out)


@backward_resize.shapes
@rules.forward
def _(p, delta):
    shapes.check_fits(picture(p.shape)[:2], picture(delta)[:2], "the data")
    return p.shape


@backward_resize.gradient("delta")
def _(F, p, dy, delta_shape):
    height, width = delta_shape[2:]
    if p.weights == "mean":
        return F._contrib_AdaptiveAvgPooling2D(dy, output_size=(height, width))
    return F._contrib_BilinearResize2D(dy, height=height, width=width)


# ---- Crop


@operator(
    "Crop",
    Int("num_args", low=1, high=2, doc="1: the size is h_w; 2: it is that of the second input."),
    Shape("offset", (0, 0), doc="Row and column where the part begins."),
    Shape("h_w", (0, 0), doc="Height and width of the part, when there is one input."),
    Bool("center_crop", False, doc="Take the middle, whatever offset says."),
    variadic="num_args",
    cost=result_cost,
)
def crop(k, p, *data, out=None):
    """A part of each picture, of a given size or of that of another picture.

    data    (n, c, h, w); a second input (.., .., h', w') only says how large the part is
    output  (n, c, h', w')

    Raises ShapeError for a part that is not within the picture.

    Source: MXNet 1.6, `mx.nd.Crop` (the function `crop` is another one: `slice`).
    """
    return copied(k, data[0][_part(p, [x.shape for x in data])], out)


def _part(p, ins) -> tuple:
    """Index of the part within the first input."""
    lengths = picture(ins[0])[2:]
    size = p.h_w if len(ins) == 1 else picture(ins[1], "the second input")[2:]
    offset = p.offset
    if p.center_crop:
        offset = [(n - m) // 2 for n, m in zip(lengths, size, strict=False)]
    if (
        len(size) != 2
        or len(offset) != 2
        or min(size) < 1
        or min(offset) < 0
        or any(a + m > n for a, m, n in zip(offset, size, lengths, strict=True))
    ):
        raise ShapeError(
            f"the part of {size} at {tuple(offset)} does not lie within {lengths}",
            rule="two numbers each; at least 1 by 1, and no larger than the picture",
        )
    return (..., *(slice(a, a + m) for a, m in zip(offset, size, strict=True)))


@crop.shapes
@rules.forward
def _(p, *ins):
    return (*ins[0][:2], *(s.stop - s.start for s in _part(p, ins)[1:]))


@crop.gradient
def _(F, p, dy, data_shape):
    rows, columns = _part(p, data_shape)[1:]
    free = (None, None)
    region = {
        "begin": (*free, rows.start, columns.start),
        "end": (*free, rows.stop, columns.stop),
    }
    return [F._backward_slice(dy, shape=data_shape[0], **region)]


# ---- examples


def _repeated(x, scale):
    return x.repeat(scale, 2).repeat(scale, 3)


def _interpolated(height, width):
    """Line by line with NumPy's function."""

    def along(axis, length, x):
        n = x.shape[axis]
        where = np.linspace(0, n - 1, length) if length > 1 else [0]
        return np.apply_along_axis(lambda line: np.interp(where, range(n), line), axis, x)

    return lambda x, *_: along(3, width, along(2, height, x))


def _part_means(height, width):
    def value(x):
        h, w = x.shape[2:]
        found = [
            x[
                :, :, i * h // height : math.ceil((i + 1) * h / height),
                j * w // width : math.ceil((j + 1) * w / width),
            ].mean((2, 3))
            for i in range(height)
            for j in range(width)
        ]  # fmt: skip
        return np.stack(found, -1).reshape(*x.shape[:2], height, width)

    return value


upsampling.example((2, 2, 2, 3), scale=2, sample_type="nearest").gives(lambda x: _repeated(x, 2))
upsampling.example((1, 2, 2, 3), (1, 1, 4, 6), scale=2, sample_type="nearest").gives(
    lambda x, y: np.concatenate([_repeated(x, 2), y], 1)
)
upsampling.example(
    (2, 2, 2, 2), (2, 2, 1, 1), scale=3, sample_type="nearest", multi_input_mode="sum"
).gives(lambda x, y: _repeated(x, 3) + _repeated(y, 6))
upsampling.example((2, 2, 3, 2), (2, 1, 4, 4), scale=2, sample_type="bilinear", num_filter=2).gives(
    reference(stride=2, pad=1, groups=2)
)
bilinear_resize.example((2, 2, 3, 4), height=5, width=3).gives(_interpolated(5, 3))
bilinear_resize.example((1, 2, 3, 4), scale_height=2.0, scale_width=1.5, mode="odd_scale").gives(
    _interpolated(5, 6)
)
bilinear_resize.example((1, 1, 3, 4), (1, 2, 2, 1), mode="like").gives(_interpolated(2, 1))
bilinear_resize.example((1, 1, 3, 4), mode="to_even_up").gives(_interpolated(4, 4))
bilinear_resize.example((1, 1, 3, 4), mode="to_even_down").gives(_interpolated(2, 4))
bilinear_resize.example((1, 1, 3, 4), mode="to_odd_up").gives(_interpolated(3, 5))
bilinear_resize.example((1, 1, 3, 4), mode="to_odd_down").gives(_interpolated(3, 3))
adaptive_pooling.example((2, 2, 5, 4)).gives(_part_means(1, 1))
adaptive_pooling.example((1, 2, 5, 4), output_size=(2, 3)).gives(_part_means(2, 3))
adaptive_pooling.example((1, 2, 3, 2), output_size=4).gives(_part_means(4, 4))
backward_resize.example((1, 2, 2, 3), weights="mean", shape=(1, 2, 5, 4))
backward_resize.example((1, 2, 5, 2), weights="bilinear", shape=(1, 2, 3, 4))
crop.example((2, 2, 4, 5), h_w=(2, 3), offset=(1, 2)).gives(lambda x: x[:, :, 1:3, 2:])
crop.example((1, 2, 4, 5), (2, 1, 3, 2), center_crop=True).gives(lambda x, y: x[:, :, :3, 1:3])
