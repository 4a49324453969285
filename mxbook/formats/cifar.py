"""The binary files of CIFAR-10 and CIFAR-100: colour images of 32 x 32 pixels with their labels.

A file is records of one label byte (CIFAR-100: two, coarse and fine) and 3072 bytes: the red, then
the green, then the blue pixels, row by row.
"""

import os

import numpy as np

from mxbook.base.errors import FileFormatError

PIXELS = 3 * 32 * 32


def read_cifar(content: bytes, labels: int, source: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Images (number, 32, 32, 3), uint8, and labels (number, `labels`), int32.

    Raises FileFormatError for what is no whole number of records.

    >>> images, labels = read_cifar(bytes([7]) + bytes(3072), 1)
    >>> images.shape, labels
    ((1, 32, 32, 3), array([[7]], dtype=int32))
    """
    record = labels + PIXELS
    if not content or len(content) % record:
        raise FileFormatError(
            f"a file of {len(content)} bytes holds no images",
            rule=f"{record} bytes for each image: {labels} of labels, {PIXELS} of pixels",
            place=[("file", source)] if source else [],
            hint="a copy or download that stopped early? get the file again",
        )
    rows = np.frombuffer(content, "uint8").reshape(-1, record)
    images = rows[:, labels:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), rows[:, :labels].astype("int32")


def member(archive: str | os.PathLike, name: str) -> bytes | None:
    """The content of a file in a `.tar.gz` archive, whatever its folder; None if it is not there.

    Raises FileFormatError for a damaged archive, OSError for one that cannot be read.
    """
    import tarfile
    import zlib

    try:
        with tarfile.open(archive) as files:
            for info in files:
                if os.path.basename(info.name) == name and info.isfile():
                    stream = files.extractfile(info)
                    return stream.read() if stream else None
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise FileFormatError(
            "the archive is damaged",
            rule=str(error),
            place=[("file", os.fspath(archive))],
            hint="a copy or download that stopped early? get the file again",
        ) from None
    return None
