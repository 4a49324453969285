"""Taking exact numbers of bytes from a file that may be damaged."""

import io
import math
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np

from mxbook.base.errors import FileFormatError

MAX_NDIM = 64  # NumPy's limit
_STEP = 1 << 20  # bytes asked for at once


class Reader:
    """A binary stream that knows how far it was read, and that never believes a size.

    Memory grows with the bytes that are really there.  What is missing or wrong raises a
    FileFormatError with the file, the offset and the pairs in `place` (such as the record).

    >>> Reader(io.BytesIO(bytes([7, 0, 9])), "x").unpack("<H", "the count")
    (7,)
    """

    __slots__ = ("offset", "place", "size", "source", "stream")

    def __init__(self, stream: io.BufferedIOBase, source: str, size: int | None = None):
        self.stream = stream
        self.source = source
        self.size = size  # None: only reading will tell, as with compressed files
        self.offset = 0
        self.place: list[tuple[str, str]] = []

    def take(self, count: int, what: str) -> bytearray:
        """Exactly the next `count` bytes; `what` names them in the error if they are not there."""
        if self.size is not None and count > self.size - self.offset:
            raise self._cut(count, self.size - self.offset, what)
        taken = bytearray()
        while len(taken) < count:
            piece = self.stream.read(min(count - len(taken), _STEP))
            if not piece:
                raise self._cut(count, len(taken), what)
            taken += piece
        self.offset += count
        return taken

    def unpack(self, layout: str, what: str) -> tuple:
        """The next numbers, in the notation of `struct`."""
        return struct.unpack(layout, self.take(struct.calcsize(layout), what))

    def array(self, shape: tuple[int, ...], dtype: np.dtype, what: str) -> np.ndarray:
        """The next elements as a writable array in the machine's byte order."""
        # NumPy counts the axes of length 0 as 1 when it checks that an array is not too big.
        if math.prod(max(n, 1) for n in shape) * dtype.itemsize > sys.maxsize:
            raise self.error(f"{what} cannot have the shape {shape}", "an array fits memory")
        data = self.take(math.prod(shape) * dtype.itemsize, what)
        return np.frombuffer(data, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)

    def finish(self) -> None:
        """Raise FileFormatError if anything is left."""
        if self.stream.read(1):
            raise self.error("there are bytes after the end", "the file ends after its last entry")

    def error(
        self,
        message: str,
        rule: str,
        *,
        at: int | None = None,
        values: Iterable[tuple[str, str]] = (),
        hint: str = "the file is damaged here or shortly before: get it again",
    ) -> FileFormatError:
        """A FileFormatError about the byte `at` (default: the next one), to be raised."""
        offset = self.offset if at is None else at
        place = [("file", self.source)] if self.source else []
        place += [("offset", f"byte {offset}"), *self.place]
        return FileFormatError(message, rule=rule, values=values, place=place, hint=hint)

    def _cut(self, count: int, left: int, what: str) -> FileFormatError:
        return self.error(
            f"the file ends inside {what}",
            "a file holds all the bytes that its sizes announce",
            values=[("announced", f"{count} bytes"), ("left", f"{left} bytes")],
            hint="a copy or download that stopped early, or a damaged size: get the file again",
        )


@contextmanager
def reading(where: str | os.PathLike | bytes, source: str = "") -> Iterator[Reader]:
    """A Reader on a path or on the bytes of a file, closed at the end of the `with` block."""
    if isinstance(where, str | os.PathLike):
        source = source or os.fspath(where)
        stream: io.BufferedIOBase = open(where, "rb")  # noqa: SIM115 (closed below)
    else:
        stream = io.BytesIO(where)
    with stream:
        size = None
        if stream.seekable():
            size = stream.seek(0, os.SEEK_END)
            stream.seek(0)
        yield Reader(stream, source, size)
