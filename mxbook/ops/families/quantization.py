"""Real numbers as whole numbers of 8 bits, and back.

A quantized array is three arrays: the whole numbers, and the real numbers `min_range` and
`max_range` that their limits stand for.  With `largest = max(|min_range|, |max_range|)`:

======= ============ ==========================================================================
int8    -127 .. 127  one unit is `largest / 127`; 0 is 0
uint8   0 .. 255     one unit is `(max_range - min_range) / 255`; 0 is `min_range`
int32   sums         one unit is `largest / (2^31 - 1)`; sums of products before `requantize`
======= ============ ==========================================================================

The operators of layers on such numbers are in `quantized.py`; they take a uint8 0 as the real
number 0.
"""

from typing import Any

import numpy as np

from mxbook.base import shapes
from mxbook.base.dtypes import TYPES
from mxbook.base.errors import DTypeError, ShapeError
from mxbook.ops.examples import In
from mxbook.ops.params import Enum, Real
from mxbook.ops.registry import operator

FLOAT32, INT8, UINT8, INT32 = (TYPES[n] for n in ("float32", "int8", "uint8", "int32"))
SUMS = 2**31 - 1  # the largest int32
STEPS, FIXED = "a step function", "as in MXNet, the ends of a range have no gradient"
TRIPLE = ("output0", "output1", "output2")

OUT_TYPE = Enum(
    "out_type",
    ("auto", "int8", "uint8"),
    "int8",
    doc="Element type of the result; auto: uint8 if min_calib_range is given and not negative, "
    "int8 otherwise.",
)
CALIBRATED = (
    Real("min_calib_range", None, doc="Smallest real number to expect; the data's if left out."),
    Real("max_calib_range", None, doc="Largest real number to expect; the data's if left out."),
)


# ---- what the operators on quantized numbers share


def typed(name: str, dtype: Any, *allowed: np.dtype) -> Any:
    """The element type of an input: the only allowed one where it is unknown.

    Raises DTypeError for one that is not allowed.
    """
    if dtype is None:
        return allowed[0] if len(allowed) == 1 else None
    if dtype not in allowed:
        raise DTypeError(f"{name} is {dtype}", rule=" or ".join(t.name for t in allowed))
    return dtype


def single(*ranges: Any) -> list[shapes.Shape | None]:
    """The shapes of ends of ranges: one number each; raises ShapeError for others."""
    try:
        return [shapes.unify(r, (1,)) for r in ranges]
    except ShapeError:
        given = next(r for r in ranges if r not in (None, (None,), (1,)))
        raise ShapeError(
            f"an end of a range has the shape {shapes.text(given)}", rule="one number, shape (1,)"
        ) from None


def largest_of(xp: Any, low: Any, high: Any) -> Any:
    """The largest absolute value of a range."""
    return xp.maximum(xp.abs(low), xp.abs(high))


def calibrated(k: Any, p: Any) -> tuple[Any, Any] | None:
    """The range that the parameters give, as arrays; None where one end is missing."""
    if p.min_calib_range is None or p.max_calib_range is None:
        return None
    return tuple(k.xp.full(1, end, "float32") for end in (p.min_calib_range, p.max_calib_range))


def chosen_type(p: Any) -> np.dtype:
    """The element type that `out_type` asks for."""
    if p.out_type != "auto":
        return TYPES[p.out_type]
    given = p.min_calib_range is not None and p.max_calib_range is not None
    return UINT8 if given and p.min_calib_range >= 0 else INT8


def to_int8(xp: Any, data: Any, largest: Any) -> Any:
    """Real numbers in units of `largest / 127`, limited to -127 .. 127; NaN becomes 0."""
    size = xp.abs(data) * (127 / largest) + 0.5
    size = xp.where(size < 127, size, 127).astype("int8")
    return size * ((data > 0).astype("int8") - (data < 0).astype("int8"))


def to_uint8(xp: Any, data: Any, low: Any, high: Any) -> Any:
    """Real numbers in units of `(high - low) / 255` above `low`.

    As in MXNet, numbers outside come round again at the other end, like any uint8.
    """
    scale = (255 / (high - low).astype("float64")).astype("float32")
    units = ((data - low) * scale).astype("float64") + 0.5
    return xp.where(xp.abs(units) < 2**31, units, 0).astype("int32").astype("uint8")


def _quantized(xp, data, low, high, dtype):
    """The three arrays for real numbers and a range."""
    if dtype == UINT8:
        return to_uint8(xp, data, low, high), low.copy(), high.copy()
    largest = largest_of(xp, low, high)
    return to_int8(xp, data, largest), -largest, largest


# ---- operators


def _shapes(p, data, *ranges):
    return [data, *single(*ranges)], [data, (1,), (1,)]


@operator(
    "_contrib_quantize",
    Enum("out_type", ("int8", "uint8"), "uint8", doc="Element type of the result."),
    outputs=TRIPLE,
    zero_gradient=True,
    shape=_shapes,
)
def quantize(k, p, data, min_range, max_range):
    """Real numbers as whole numbers of 8 bits, for a given range.

    ====== =========================================================================
    uint8  `trunc((data - min_range) * 255 / (max_range - min_range) + 1/2)`; numbers outside
           the range come round again at the other end
    int8   `sign(data) * min(trunc(|data| * 127 / largest + 1/2), 127)`, where `largest =
           max(|min_range|, |max_range|)`
    ====== =========================================================================

    data                   float32, any shape
    min_range, max_range   float32, (1,)
    output0                like data, of out_type
    output1, output2       (1,): the range that was used; with int8 -largest and largest

    Errors: DTypeError, ShapeError for other inputs.  Source: MXNet 1.6, `mx.nd.contrib.quantize`.
    """
    return _quantized(k.xp, data, min_range, max_range, TYPES[p.out_type])


@quantize.types
def _(p, data, *ranges):
    ins = [typed(n, t, FLOAT32) for n, t in zip(quantize.inputs, (data, *ranges), strict=True)]
    return ins, [TYPES[p.out_type], FLOAT32, FLOAT32]


@operator(
    "_contrib_quantize_v2",
    OUT_TYPE,
    *CALIBRATED,
    outputs=TRIPLE,
    zero_gradient=True,
)
def quantize_v2(k, p, data):
    """Real numbers as whole numbers of 8 bits, for the range of a calibration or of the data.

    The formulas are those of `quantize`, with `min_calib_range` and `max_calib_range` as range, or,
    unless both are given, the smallest and the largest element of data.  Data that is quantized
    already stays as it is, with the calibrated range, or -127, 127 (int8), 0, 255 (uint8).

    data              float32 (or int8, uint8), any shape
    output0           like data, of out_type
    output1, output2  (1,): the range that was used

    Source: MXNet 1.6, `mx.nd.contrib.quantize_v2`.
    """
    xp, dtype, ends = k.xp, chosen_type(p), calibrated(k, p)
    if data.dtype != FLOAT32:
        if ends is None:
            limits = (-127, 127) if data.dtype == INT8 else (0, 255)
            ends = tuple(xp.full(1, limit, "float32") for limit in limits)
        return data.astype(dtype), *ends
    if ends is None:
        ends = data.min().reshape(1), data.max().reshape(1)
    return _quantized(xp, data, *ends, dtype)


@quantize_v2.shapes
def _filled_shapes(p, data, *ranges):
    if data is not None and (p.min_calib_range is None or p.max_calib_range is None):
        shapes.check_filled(data)
    return _shapes(p, data, *ranges)


@quantize_v2.types
def _(p, data):
    return [typed("data", data, FLOAT32, INT8, UINT8)], [chosen_type(p), FLOAT32, FLOAT32]


@operator(
    "_contrib_dequantize",
    Enum("out_type", ("float32",), "float32", doc="Element type of the result."),
    zero_gradient=True,
)
def dequantize(k, _p, data, min_range, max_range):
    """Whole numbers of 8 bits back to real numbers.

    int8:   `data * largest / 127`, where `largest = max(|min_range|, |max_range|)`
    uint8:  `data * (max_range - min_range) / 255 + min_range`

    data                   int8 or uint8, any shape
    min_range, max_range   float32, (1,)
    output                 float32, like data

    Errors: DTypeError, ShapeError for other inputs.  Source: MXNet 1.6, `mx.nd.contrib.dequantize`.
    """
    if data.dtype == INT8:
        return data.astype("float32") * (largest_of(k.xp, min_range, max_range) / 127)
    return data.astype("float32") * ((max_range - min_range) / 255) + min_range


@dequantize.shapes
def _(_p, data, *ranges):
    return [data, *single(*ranges)], [data]


@dequantize.types
def _(_p, data, low, high):
    ends = [typed("min_range", low, FLOAT32), typed("max_range", high, FLOAT32)]
    return [typed("data", data, INT8, UINT8), *ends], [FLOAT32]


@operator(
    "_contrib_requantize",
    OUT_TYPE,
    *CALIBRATED,
    outputs=TRIPLE,
    zero_gradient=True,
)
def requantize(k, p, data, min_range, max_range):
    """Sums of products, int32, as whole numbers of 8 bits for the next layer.

    A unit of data is `max(|min_range|, |max_range|) / (2^31 - 1)`.  The real numbers are quantized
    for the calibrated range or, unless both its ends are given, for that of the data:

    int8:   `sign(x) * min(trunc(|x| * 127 / largest + 1/2), 127)`
    uint8:  `x * 255 / largest`, rounded and limited to 0 .. 255

    data                   int32, any shape
    min_range, max_range   float32, (1,)
    output0                like data, of out_type
    output1, output2       (1,): -largest and largest, with uint8 0 and largest

    Errors: DTypeError, ShapeError for other inputs.  Source: MXNet 1.6, `mx.nd.contrib.requantize`
    (uint8: as in MXNet's builds with MKL-DNN; the others refuse it).
    """
    xp, within = k.xp, largest_of(k.xp, min_range, max_range)
    unit = (within.astype("float64") / SUMS).astype("float32")
    ends = calibrated(k, p) or [
        end.reshape(1).astype("float32") * unit for end in (data.min(), data.max())
    ]
    largest = largest_of(xp, *ends)
    if chosen_type(p) == INT8:
        return to_int8(xp, data.astype("float32") * unit, largest), -largest, largest
    scaled = xp.rint(data.astype("float32") * (within / SUMS * 255 / largest))
    return xp.clip(scaled, 0, 255).astype("uint8"), xp.zeros(1, "float32"), largest


requantize.shapes(_filled_shapes)


@requantize.types
def _(p, data, low, high):
    ends = [typed("min_range", low, FLOAT32), typed("max_range", high, FLOAT32)]
    return [typed("data", data, INT32), *ends], [chosen_type(p), FLOAT32, FLOAT32]


# ---- examples


def _int8(x, largest):
    return np.clip(np.rint(x * 127 / largest), -127, 127)


RANGE = ([-1.0], [2.0])
quantize.example(In((2, 3), -1, 2), *RANGE).not_smooth(STEPS).gives(
    lambda x, a, b: [np.floor((x - a) * 255 / (b - a) + 0.5), a, b]
)
quantize.example(In((2, 3), -3, 3), *RANGE, out_type="int8").not_smooth(STEPS).gives(
    lambda x, a, b: [_int8(x, 2), [-2], [2]]
)
quantize_v2.example((3, 4)).not_smooth(STEPS).gives(
    lambda x: [_int8(x, abs(x).max()), [-abs(x).max()], [abs(x).max()]]
)
quantize_v2.example(
    In((5,), 0, 2), out_type="auto", min_calib_range=0, max_calib_range=2
).not_smooth(STEPS).gives(lambda x: [np.floor(x * 127.5 + 0.5), [0], [2]])
quantize_v2.example(In((5,), 0, 255, "uint8"), out_type="uint8").gives(lambda x: [x, [0], [255]])
dequantize.example(In((2, 3), -127, 127, "int8"), *RANGE).not_smooth(FIXED).gives(
    lambda x, a, b: x * 2 / 127
)
dequantize.example(In((2, 3), 0, 255, "uint8"), *RANGE).not_smooth(FIXED).gives(
    lambda x, a, b: x * 3 / 255 - 1
)
WIDE = In((2, 3), -SUMS, SUMS, "int32")
requantize.example(WIDE, *RANGE, min_calib_range=-1.5, max_calib_range=0.5).not_smooth(FIXED).gives(
    lambda x, a, b: [_int8(x * 2 / SUMS, 1.5), [-1.5], [1.5]]
)
requantize.example(WIDE, *RANGE).not_smooth(FIXED).gives(
    lambda x, a, b: [_int8(x, abs(x).max()), [-abs(x).max() * 2 / SUMS], [abs(x).max() * 2 / SUMS]]
)
requantize.example(
    WIDE, *RANGE, out_type="uint8", min_calib_range=0, max_calib_range=1.5
).not_smooth(FIXED).gives(
    lambda x, a, b: [np.clip(np.rint(x * 2 / SUMS / 1.5 * 255), 0, 255), [0], [1.5]]
)
