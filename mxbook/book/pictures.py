"""Showing small grey pictures side by side, with words below each."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np

from mxbook.base.errors import DeviceError, ShapeError

ZOOM = 4  # pixels of the file for each pixel of a picture; half as many on the page
GAP = 16  # around each picture, in pixels of the file
WORDS = 36  # height of the line of words
INK, PAPER = 40, 255


class Pictures:
    """A row of pictures; text for those who cannot see them."""

    def __init__(self, values: np.ndarray, captions: Sequence[str], columns: int):
        self.values, self.captions, self.columns = values, captions, columns

    def __repr__(self) -> str:
        count = len(self.values)
        words = f": {', '.join(self.captions)}" if self.captions else ""
        return f"{count} picture{'s' if count != 1 else ''}{words}"

    def png(self) -> bytes:
        """The row as a PNG file.  Raises DeviceError when Pillow is not installed."""
        image, pen, font = _canvas, _pen, _font
        raise NotImplementedError
