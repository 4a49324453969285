"""`mx.nd.imdecode`: an encoded image as an array of numbers."""

from mxbook.base.errors import ParameterError

from . import registry as F
from .creation import zeros
from .ndarray import NDArray


def imdecode(
    str_img: bytes,
    clip_rect: tuple[int, int, int, int] = (0, 0, 0, 0),
    out: NDArray | None = None,
    index: int = 0,
    channels: int = 3,
    mean: NDArray | None = None,
) -> NDArray:
    """Decode an image (PNG, JPEG, ...), cut a part out, and subtract a mean image.

    str_img     the bytes of the file
    clip_rect   (x0, y0, x1, y1), the part to keep; (0, 0, 0, 0) keeps all
    out         (c, h, w), or (n, c, h, w) for a batch, where the image is put at `index`
    channels    3: red, green, blue; 1: brightness
    mean        subtracted; (c, h, w) or anything that can be stretched to it

    Returns `out`, or a new array (c, h, w) of float32.

    Errors: FileFormatError for bytes that are no image, ParameterError, ShapeError; MXNetError
    where Pillow is missing.  Source: MXNet 1.6, `mx.nd.imdecode`, deprecated there in favour of
    `mx.image.imdecode`.
    """
    if channels not in (1, 3):
        raise ParameterError(f"an image has no {channels} channels", rule="1 or 3")
    mean = zeros((1, 1, 1)) if mean is None else mean
    edges = dict(zip(("x0", "y0", "x1", "y1"), clip_rect, strict=True))
    image = F._imdecode(mean, index=index, c=channels, size=len(str_img), str_img=str_img, **edges)
    if out is None:
        return image
    if out.ndim == 4:
        out[index] = image
    else:
        out[:] = image
    return out
