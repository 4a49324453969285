"""Showing small grey pictures side by side, with words below each."""

import base64
import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook.base.errors import DeviceError, ShapeError

ZOOM = 4  # pixels of the file for each pixel of a picture; the page shows them at half the size
GAP = 12  # around each picture, in pixels of the file
LINE = 36  # height of the words below
SIZE = 24  # of the letters
PAPER, INK = 255, 40


class Pictures:
    """Pictures in rows; in words for those who cannot see them.  Made by `show_pictures`."""

    def __init__(self, values: np.ndarray, captions: Sequence[str], columns: int):
        self.values, self.captions, self.columns = values, list(captions), columns

    def __repr__(self) -> str:
        count = len(self.values)
        words = f": {', '.join(self.captions)}" if self.captions else ""
        return f"{count} picture{'s' * (count != 1)}{words}"

    def png(self) -> bytes:
        """The pictures as one PNG file.  Raises DeviceError when Pillow is not installed."""
        try:
            from PIL import Image, ImageDraw, ImageFont
        except ImportError as error:
            raise DeviceError(
                "a picture needs the package Pillow", hint='pip install "mxbook[widgets]"'
            ) from error
        high, wide = (ZOOM * n for n in self.values.shape[1:])
        step_x, step_y = wide + GAP, high + GAP + LINE * bool(self.captions)
        columns = min(self.columns, len(self.values))
        rows = -(-len(self.values) // columns)
        sheet = Image.new("L", (GAP + columns * step_x, GAP + rows * step_y), PAPER)
        pen = ImageDraw.Draw(sheet)
        font = ImageFont.load_default(SIZE)
        for number, value in enumerate(self.values):
            row, column = divmod(number, columns)
            x, y = GAP + column * step_x, GAP + row * step_y
            tile = Image.fromarray(np.uint8(PAPER - value))
            sheet.paste(tile.resize((wide, high), Image.Resampling.NEAREST), (x, y))
            if self.captions:
                pen.text(
                    (x + wide / 2, y + high + LINE / 2), self.captions[number], INK, font, "mm"
                )
        file = io.BytesIO()
        sheet.quantize(32).save(file, "PNG", optimize=True)
        return file.getvalue()

    def _repr_mimebundle_(self, **_wanted):
        png = self.png()
        width = int.from_bytes(png[16:20], "big") // 2  # where a PNG file keeps it
        data = {"image/png": base64.b64encode(png).decode(), "text/plain": repr(self)}
        return data, {"image/png": {"width": width, "alt": repr(self)}}


def show_pictures(pictures: Any, captions: Sequence[Any] = (), columns: int = 10) -> Pictures:
    """Grey pictures, dark on white, `columns` in a row, with a caption below each.

    `pictures` is an array (number, height, width), with an axis of length 1 for the channel
    anywhere behind the first; values from 0 (white) to 1, or to 255 for whole numbers (black).
    Raises ShapeError for other shapes and for more or fewer captions than pictures.

    >>> show_pictures(np.zeros((2, 1, 28, 28)), ["seven", "two"])
    2 pictures: seven, two
    """
    values = pictures.asnumpy() if hasattr(pictures, "asnumpy") else np.asarray(pictures)
    shape = values.shape
    if values.ndim == 4 and 1 in (shape[1], shape[3]):
        values = values.squeeze(1 if shape[1] == 1 else 3)
    if values.ndim != 3 or 0 in values.shape:
        raise ShapeError(
            f"an array of shape {shape} is no row of grey pictures",
            rule="(number, height, width), or with a channel axis of length 1",
            hint="one picture alone: picture.expand_dims(0)",
        )
    if len(captions) not in (0, len(values)):
        raise ShapeError(f"{len(captions)} captions for {len(values)} pictures")
    full = 1 if values.dtype.kind in "fb" else 255
    grey = np.clip(values / full, 0, 1) * 255
    return Pictures(grey, [str(c) for c in captions], columns)
