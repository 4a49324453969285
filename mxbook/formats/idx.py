"""The idx files of the MNIST data sets: one array each, plain or compressed with gzip.

All numbers are big-endian:

    uint8 0, uint8 0, uint8 element type, uint8 number of axes
    uint32 for each axis          its length
    elements                      the last axis varies fastest
"""

import os
import struct

import numpy as np

from mxbook.base.errors import DTypeError, FileFormatError, ShapeError

from . import atomic
from .reader import MAX_NDIM, Reader, reading

TYPES: dict[int, np.dtype] = {
    0x08: np.dtype("u1"),
    0x09: np.dtype("i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}
_RULE = ", ".join(f"{code} {dtype.name}" for code, dtype in TYPES.items())
_GZIP = b"\x1f\x8b"


def read_idx(where: str | os.PathLike | bytes) -> np.ndarray:
    """The array in an idx file, given by its path or its bytes.

    Raises FileFormatError for a damaged file, OSError for one that cannot be read.

    >>> read_idx(bytes([0, 0, 8, 1, 0, 0, 0, 3, 5, 6, 7]))
    array([5, 6, 7], dtype=uint8)
    """
    with reading(where) as reader:
        first = reader.stream.read(2)
        reader.stream.seek(0)
        return _read_compressed(reader) if first == _GZIP else _read(reader)


def write_idx(path: str | os.PathLike, array: np.ndarray) -> None:
    """Write an idx file; compressed if the path ends in `.gz`.

    Raises DTypeError and ShapeError for arrays that the format cannot hold, and OSError.
    """
    array = np.asarray(array)
    code = next((c for c, t in TYPES.items() if t == array.dtype.newbyteorder(">")), None)
    if code is None:
        raise DTypeError(f"an idx file cannot hold {array.dtype}", rule=_RULE)
    if max(array.shape, default=0) >= 1 << 32:
        raise ShapeError(f"an idx file cannot hold the shape {array.shape}", rule="below 2**32")
    head = struct.pack(f">BBBB{array.ndim}I", 0, 0, code, array.ndim, *array.shape)
    data = head + array.astype(TYPES[code], copy=False).tobytes()
    if os.fspath(path).endswith(".gz"):
        import gzip

        data = gzip.compress(data, mtime=0)  # the same array gives the same file
    atomic.write(path, [data])


def _read_compressed(outer: Reader) -> np.ndarray:
    import gzip
    import zlib

    with gzip.GzipFile(fileobj=outer.stream) as stream:
        try:
            return _read(Reader(stream, outer.source))
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise FileFormatError(
                "the gzip layer of an idx file is damaged",
                rule=str(error),
                place=[("file", outer.source)] if outer.source else [],
                hint="a copy or download that stopped early? get the file again",
            ) from None


def _read(reader: Reader) -> np.ndarray:
    zeros, code, ndim = reader.unpack(">HBB", "the head of an idx file")
    if zeros or code not in TYPES:
        raise reader.error(
            "this is not an idx file",
            "two zero bytes, then an element type: " + _RULE,
            values=[("found", f"{zeros >> 8} {zeros & 255} {code}")],
            at=0,
        )
    if ndim > MAX_NDIM:
        raise reader.error(f"an array cannot have {ndim} axes", f"at most {MAX_NDIM}", at=3)
    shape = reader.unpack(f">{ndim}I", "the shape")
    array = reader.array(shape, TYPES[code], "the elements")
    reader.finish()
    return array
