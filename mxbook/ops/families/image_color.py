"""Images changed a little and at random, so that a network sees each one differently.

Images are (h, w, c) with 1 or 3 channels (red, green, blue) and numbers from 0 to 255, of any type.
The random numbers are those of MXNet, from the same generator as its shuffles.  Gradients are
passed on as if the image had not been changed, as in MXNet.
"""

from collections.abc import Callable

import numpy as np

from mxbook.ops import rules
from mxbook.ops.examples import In
from mxbook.ops.operator import Operator
from mxbook.ops.params import Floats, Param
from mxbook.ops.registry import operator, register

from .image_geometry import check_image, flip_left_right, flip_top_bottom
from .random import WHY, NotNegative

GRAY = np.array([0.299, 0.587, 0.114], "float32")  # how bright red, green and blue look
# The directions in which the colours of ImageNet vary, each times its standard deviation.
LIGHT = np.array(
    [[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.814], [-0.5836, -0.6948, 0.4203]], "float32"
) * np.array([55.46, 4.794, 1.148], "float32")
EPSILON = np.float32(1.1920929e-07)


def _shape(p, data):
    check_image(data, (3,), (1, 3))
    return data


def _stored(k, numbers, dtype):
    """Numbers in the image's type: bytes are cut off at 0 and 255, fractions dropped."""
    if dtype == np.uint8:
        numbers = k.xp.clip(numbers, 0, 255)
    return numbers.astype(dtype, copy=False)


def _wide(data):
    return data if data.dtype.itemsize == 8 and data.dtype.kind == "f" else data.astype("float32")


def _between(k, low, high):
    """A random number, low <= x < high, in float32."""
    low, high = np.float32(low), np.float32(high)
    return k.random.single_uniform(())[()] * (high - low) + low


def brighter(k, data, factor):
    """All numbers times the factor."""
    return _stored(k, _wide(data) * float(factor), data.dtype)


def _gray(k, data):
    """How bright each pixel looks: (h, w, 1)."""
    wide = _wide(data)
    if data.shape[2] == 1:
        return wide
    red, green, blue = (wide[..., i : i + 1] * wide.dtype.type(GRAY[i]) for i in range(3))
    red += green  # three long sums are quicker than many sums of three
    red += blue
    return red


def contrasted(k, data, factor):
    """All numbers moved away from the mean brightness of the image, or towards it."""
    mean = _gray(k, data).mean()
    return _stored(k, _wide(data) * float(factor) + mean * float(1 - factor), data.dtype)


def saturated(k, data, factor):
    """Each pixel moved away from the gray of its brightness, or towards it."""
    if data.shape[2] == 1:
        return data.copy()
    gray = _gray(k, data)
    return _stored(k, gray * float(1 - factor) + _wide(data) * float(factor), data.dtype)


def hued(k, data, turns):
    """The colours turned round the colour wheel."""
    if data.shape[2] == 1:
        return data.copy()
    hue, light, colour = _hue_light_saturation(k.xp, _wide(data) / 255)
    found = _red_green_blue(k.xp, hue / 60 + float(turns * np.float32(6)), light, colour)
    return _stored(k, found * 255, data.dtype)


def _hue_light_saturation(xp, image):
    """Hue in degrees, lightness and saturation of each pixel."""
    red, green, blue = image[..., 0], image[..., 1], image[..., 2]
    high, low = image.max(axis=2), image.min(axis=2)
    light, spread = (high + low) / 2, high - low
    gray = spread <= EPSILON
    safe = xp.where(gray, 1, spread)
    colour = spread / xp.where(gray, 1, xp.where(light < 0.5, high + low, 2 - high - low))
    sector = xp.where(
        high == red,
        (green - blue) / safe,
        xp.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    hue = xp.where(gray, 0, sector * 60)
    return xp.where(hue < 0, hue + 360, hue), light, xp.where(gray, 0, colour)


def _red_green_blue(xp, sixths, light, colour):
    """The colour with a hue in sixths of the wheel."""
    high = xp.where(light <= 0.5, light * (1 + colour), light + colour - light * colour)
    low = 2 * light - high
    channels = []
    for shift in (2, 0, -2):
        place = xp.remainder(sixths + shift, 6)  # up, full, down, and nothing
        share = xp.clip(xp.minimum(place, 4 - place), 0, 1)
        channels.append(low + (high - low) * share)
    return xp.stack(channels, axis=2)


def lit(k, data, alpha):
    """Each pixel moved along the directions in which colours vary."""
    if data.shape[2] == 1:
        return data.copy()
    shift = (LIGHT * np.asarray(alpha, "float32")).sum(axis=1, dtype="float32")
    wide = _wide(data)
    return _stored(k, wide + k.to_device(shift.astype(wide.dtype)), data.dtype)


def _image_operator(name: str, params: tuple[Param, ...], kernel: Callable, doc: str) -> Operator:
    """Register an operator that changes an image at random and passes its gradient on."""
    op = register(
        Operator(
            name,
            kernel,
            params,
            doc=doc,
            shape=rules.forward(_shape),
            uses_random=True,
            cost=lambda p, ins, outs: 16 * rules.elementwise_cost(p, ins, outs),
            source=_image_operator,
        )
    )
    op.gradient("data")(lambda F, p, dy: dy)
    return op


FACTORS = (
    NotNegative("min_factor", doc="Smallest factor."),
    NotNegative("max_factor", doc="Largest factor."),
)


def _varied(name: str, change: Callable, sentence: str) -> Operator:
    """Register a change by a random factor."""

    def kernel(k, p, data):
        return change(k, data, _between(k, p.min_factor, p.max_factor))

    return _image_operator(
        f"_image_random_{name}",
        FACTORS,
        kernel,
        f"""{sentence}

        data, output    (h, w, c), 1 or 3 channels, any type

        The factor lies evenly spread between `min_factor` and `max_factor`.  Bytes are cut off at 0
        and 255.  The gradient is passed on unchanged, as in MXNet.

        Raises ShapeError for other shapes.  Source: MXNet 1.6, `mx.nd.image.random_{name}`.
        """,
    )


brightness = _varied("brightness", brighter, "All numbers of an image times a random factor.")
contrast = _varied(
    "contrast",
    contrasted,
    "An image with its distances from the mean brightness times a random factor: 0 is plain gray.",
)
saturation = _varied(
    "saturation",
    saturated,
    "An image with its distances from gray, pixel by pixel, times a random factor: 0 is gray.",
)
hue = _varied(
    "hue",
    hued,
    "An image with its colours turned by a random part of the colour wheel; 1 is once around.",
)


def _turned(op: Operator) -> Operator:
    """Register the random form of a flip."""
    name = op.name.replace("_image_", "_image_random_")

    def kernel(k, p, data):
        turn = k.random.single_words(2)[1] >= 2**31
        return op.kernel(k, p, data) if turn else data.copy()

    return _image_operator(
        name,
        (),
        kernel,
        f"""An image turned over, or left as it is, each with probability 1/2.

        data, output    (h, w, c), 1 or 3 channels, any type

        The gradient is passed on unchanged, as in MXNet.

        Raises ShapeError for other shapes.  Source: MXNet 1.6, `mx.nd.image.{name[7:]}`.
        """,
    )


random_flips = [_turned(op) for op in (flip_left_right, flip_top_bottom)]

JITTER = (
    ("brightness", brighter, "All numbers are multiplied by 1 plus or minus up to this."),
    ("contrast", contrasted, "Distances from the mean brightness, likewise."),
    ("saturation", saturated, "Distances from gray, likewise."),
    ("hue", hued, "Colours are turned by up to this part of the colour wheel, either way."),
)


def _jittered(k, p, data):
    found = data
    for i in k.random.permutation(len(JITTER)):
        name, change, _ = JITTER[i]
        most = getattr(p, name)
        if most > 0:
            factor = _between(k, -most, most)
            found = change(k, found, factor if change is hued else factor + np.float32(1))
    return data.copy() if found is data else found


color_jitter = _image_operator(
    "_image_random_color_jitter",
    tuple(NotNegative(name, doc=doc) for name, _, doc in JITTER),
    _jittered,
    """An image with random brightness, contrast, saturation and hue, changed in random order.

    data, output    (h, w, c), 1 or 3 channels, any type

    What has the limit 0 is left alone.  The gradient is passed on unchanged, as in MXNet.

    Raises ShapeError for other shapes.  Source: MXNet 1.6, `mx.nd.image.random_color_jitter`.
    """,
)


class Three(Floats):
    """Three numbers."""

    kind = "three numbers"

    def convert(self, value):
        """One for each direction."""
        value = super().convert(value)
        if len(value) != 3:
            raise ValueError
        return value


@operator(
    "_image_adjust_lighting",
    Three("alpha", doc="How far to go in each of the three directions."),
    shape=rules.forward(_shape),
)
def adjust_lighting(k, p, data):
    """An image in another light: all colours are moved in the directions in which photos vary.

    `pixel + sum(alpha[i] * deviation[i] * direction[i])`, for the three directions (principal
    components) of the colours in ImageNet

    data, output    (h, w, c), any type; images with 1 channel stay as they are

    Raises ShapeError for other shapes.

    Source: MXNet 1.6, `mx.nd.image.adjust_lighting`; Krizhevsky and others, 2012.
    """
    return lit(k, data, p.alpha)


@adjust_lighting.gradient("data")
def _(F, p, dy):
    return dy


def _random_light(k, p, data):
    return lit(k, data, k.random.single_normal((3,)) * np.float32(p.alpha_std))


random_lighting = _image_operator(
    "_image_random_lighting",
    (NotNegative("alpha_std", 0.05, doc="Standard deviation of the way in each direction."),),
    _random_light,
    """An image in a random light: adjust_lighting with three normal numbers.

    data, output    (h, w, c), any type; images with 1 channel stay as they are

    Raises ShapeError for other shapes.

    Source: MXNet 1.6, `mx.nd.image.random_lighting`; Krizhevsky and others, 2012.
    """,
)


# ---- examples

_PIXELS = In((3, 4, 3), 0, 255)
_BYTES = In((2, 2, 3), 0, 255, "uint8")
_GRAY = np.array([0.299, 0.587, 0.114])


def _turned_colours(x, turns):
    """Python's own conversion of colours, pixel by pixel."""
    import colorsys

    found = np.empty_like(x)
    for place in np.ndindex(x.shape[:2]):
        hue, *rest = colorsys.rgb_to_hls(*x[place] / 255)
        found[place] = np.multiply(colorsys.hls_to_rgb(hue + turns, *rest), 255)
    return found


for operation, factor, value in (
    (brightness, 0.5, lambda x: x / 2),
    (contrast, 0.5, lambda x: x / 2 + (x @ _GRAY).mean() / 2),
    (saturation, 0.25, lambda x: x / 4 + (x @ _GRAY)[..., None] * 3 / 4),
    (hue, 0.25, lambda x: _turned_colours(x, 0.25)),
):
    operation.example(_PIXELS, min_factor=factor, max_factor=factor).gives(value).not_smooth(WHY)
    operation.example(_BYTES, min_factor=0.5, max_factor=1.5).not_smooth(WHY)
    operation.example((2, 3, 1), min_factor=0, max_factor=0.5).not_smooth(WHY)
for operation in random_flips:
    operation.example(_PIXELS).not_smooth(WHY)
color_jitter.example(_PIXELS, brightness=0, contrast=0, saturation=0, hue=0).gives(
    lambda x: x
).not_smooth(WHY)
color_jitter.example(_BYTES, brightness=0.5, contrast=0.5, saturation=0.5, hue=0.5).not_smooth(WHY)
adjust_lighting.example(_PIXELS, alpha=(0.1, 0.2, -0.1)).gives(
    lambda x: x + LIGHT.astype("float64") @ [0.1, 0.2, -0.1]
)
adjust_lighting.example((2, 2, 1), alpha=(1, 1, 1)).gives(lambda x: x)
random_lighting.example(_PIXELS, alpha_std=0).gives(lambda x: x).not_smooth(WHY)
random_lighting.example(_BYTES).not_smooth(WHY)
