"""List files (`.lst`): for each image a line of key, label and path, separated by tabulators."""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from mxbook.base.errors import FileFormatError


class Entry(NamedTuple):
    """A line: `key`, `label` (float32, one number or more), `path` below the folder of images."""

    key: int
    label: np.ndarray
    path: str


def read_list(path: str) -> Iterator[Entry]:
    """The entries of a list file.  Raises FileFormatError with the number of the line, OSError."""
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            parts = line.strip().split("\t")
            if parts == [""]:
                continue
            try:
                if len(parts) < 3:
                    raise ValueError
                yield Entry(int(parts[0]), np.array(parts[1:-1], "float32"), parts[-1])
            except ValueError:
                raise FileFormatError(
                    f"line {number} of an image list cannot be read",
                    rule="a key, one or more numbers and a path, with tabulators between them",
                    values=[("found", repr(line.rstrip(chr(10))))],
                    place=[("file", path), ("line", str(number))],
                ) from None
