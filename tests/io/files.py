"""Record files of small pictures for tests."""

import numpy as np

from mxbook.formats import pictures
from mxbook.recordio import IRHeader, MXIndexedRecordIO, pack


def plain(value, shape=(10, 12, 3)):
    """A picture of one colour."""
    return np.full(shape, value, "uint8")


def noise(seed, shape=(40, 50, 3)):
    """A picture of random pixels."""
    return np.random.default_rng(seed).integers(0, 256, shape).astype("uint8")


def photo(seed, height=90, width=120):
    """A picture with something like objects: smooth, with edges."""
    y, x = np.mgrid[:height, :width]
    rng = np.random.default_rng(seed)
    waves = [np.sin(x / rng.uniform(5, 30) + y / rng.uniform(5, 30)) for _ in range(3)]
    return ((np.stack(waves, axis=2) + 1) * 127).astype("uint8")


def write(base, images, labels=None, ending=".png"):
    """`base`.rec and `base`.idx of pictures, with the labels 0, 1, 2, ... or others."""
    with MXIndexedRecordIO(f"{base}.idx", f"{base}.rec", "w") as out:
        for i, image in enumerate(images):
            label = float(i) if labels is None else labels[i]
            content = pictures.encode(image, ending, 3 if ending == ".png" else 95)
            out.write_idx(i, pack(IRHeader(0, label, i, 0), content))
    return f"{base}.rec"
